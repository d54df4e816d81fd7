/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl key: the key of permits as devices pin it, and the signed acts by which another one takes its place. */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* --- looking --- */

static int print_jwk(json_t *key) {
        json_t *jwk = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "alg", "EdDSA", "crv", "Ed25519", "kid", text_of(key, "kid"),
                                "kty", "OKP", "use", "sig", "x", text_of(key, "public_key"));

        json_decref(key);
        return jwk ? ctl_print_json(jwk) : CTL_TROUBLE;
}

static int print_statement(Ctl *c, json_t *key) {
        const json_t *next = json_object_get(key, "next");
        const char *statement = text_of(next, "statement");
        int r = statement[0] ? CTL_YES : CTL_NO;

        if (r == CTL_NO && c->json)
                ctl_print_json(json_pack("{s:s, s:s}", "error", "not-found", "text", "No key is prepared."));
        else if (r == CTL_NO)
                fprintf(stderr, "asepsisctl: no key is prepared; see asepsisctl key --help\n");
        else if (c->json)
                r = ctl_print_json(json_pack("{s:s, s:s}", "kid", text_of(next, "kid"), "statement", statement));
        else
                printf("%s\n", statement);
        json_decref(key);
        return r;
}

static void print_key(const json_t *key) {
        const char *state = text_of(key, "state");
        const bool good = streq(state, "current");

        out_painted(BOLD, "%s", text_of(key, "kid"));
        printf("  ");
        out_painted(good ? GREEN : RED, "%s", state);
        printf("\n");
        out_field("public key", PLAIN, text_of(key, "public_key"));
        print_event(key, "signs since", "since", "", PLAIN);
        out_field("expected", RED, text_of(key, "expected_kid"));
        if (!good)
                out_field("", RED, "The key file was exchanged: no session starts. Put the right one back, or accept this.");
}

static void print_others(const json_t *key) {
        static const Column columns[] = { { "KEY", false }, { "STATE", false }, { "SINCE", false }, { "UNTIL", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *next = json_object_get(key, "next"), *before = json_object_get(key, "before"), *k;
        size_t i;

        if (next) {
                out_field("next", YELLOW, text_of(next, "kid"));
                print_event(next, "prepared", "made_at", "not signing yet: see asepsisctl key statement", PLAIN);
        }
        if (json_array_size(before) == 0)
                return;
        json_array_foreach(before, i, k) {
                Line since = {}, until = {};

                line_add_time(&since, "", number_of(k, "since"));
                line_add_time(&until, "", number_of(k, "retired_at"));
                table_cell(t, PLAIN, "%s", text_of(k, "kid"));
                table_cell(t, streq(text_of(k, "state"), "compromised") ? RED : PLAIN, "%s", text_of(k, "state"));
                table_cell(t, PLAIN, "%s", since.text);
                table_cell(t, PLAIN, "%s", until.text);
        }
        printf("\n");
        table_print(t);
}

static void print_keys(const json_t *key) {
        print_key(key);
        print_others(key);
}

static int run_key(Ctl *c, int argc, char **argv) {
        json_t *key = NULL;
        int r = ctl_call(c, &key, "GetKey", NULL);

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        if (c->value[OPT_JWK])
                return print_jwk(key);
        return ctl_show(c, key, print_keys);
}

static int run_statement(Ctl *c, int argc, char **argv) {
        json_t *key = NULL;
        int r = ctl_call(c, &key, "GetKey", NULL);

        (void)argc;
        (void)argv;
        return r == CTL_YES ? print_statement(c, key) : r;
}

/* --- acts --- */

static int prepare(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return ctl_act(c, "PrepareKey", "ss", c->value[OPT_BY], c->value[OPT_REASON]);
}

static int rotate(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return ctl_act(c, "RotateKey", "bss", c->value[OPT_COMPROMISED] != NULL, c->value[OPT_BY], c->value[OPT_REASON]);
}

static int accept_key(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "AcceptKey", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_key = {
        .name = "key",
        .group = GROUP_SETUP,
        .brief = "signs permits and heads; and: prepare, statement, rotate, accept",
        .ways = { { .text = "the key of permits and checkpoints, and the next", .options = OPT(JWK), .paged = true,
                    .run = run_key },
                  { .word = "prepare", .text = "the key that follows", .signer = "OFFICER", .run = prepare },
                  { .word = "statement", .text = "this key's word for the next one, for each device", .run = run_statement },
                  { .word = "rotate", .text = "the next key signs, and the old one is destroyed", .options = OPT(COMPROMISED),
                    .signer = "OFFICER", .run = rotate },
                  { .word = "accept", .arguments = "KID", .text = "the key file was exchanged, and you know why",
                    .signer = "OFFICER", .run = accept_key } },
        .help = "Prepare, give each device that verifies permits the statement, rotate. Devices\n"
                "that have not heard of the new key stay locked until they are paired again; of a\n"
                "compromised one no statement counts: pair each by hand, never from the broker.\n",
        .example = "asepsisctl key --jwk >room-1.jwk\n",
};
