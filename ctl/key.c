/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl key: the key of permits as devices pin it, and the signed acts by which another one takes its place. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

typedef struct Wanted {
        const char *by, *reason;
        char *kid; /* of accept, when it looks like an option: see take_kid() */
        bool jwk, compromised;
} Wanted;

enum {
        KID_CHARS = 43, /* base64url of a SHA-256: RFC 7638 section 3 */
};

static void print_help(void) {
        printf("asepsisctl key              the key of permits and checkpoints, and the next\n"
               "asepsisctl key --jwk        its public half as a JWK: devices pin it when paired\n"
               "asepsisctl key prepare --by=OFFICER --reason=TEXT\n"
               "asepsisctl key statement    this key's word for the next one, for each device\n"
               "asepsisctl key rotate --by=OFFICER --reason=TEXT [--compromised]\n"
               "asepsisctl key accept KID --by=OFFICER --reason=TEXT\n\n"
               "Prepare a key, give each device that verifies permits its statement, then\n"
               "rotate: the new key signs, and the old one is destroyed. Devices that have not\n"
               "heard of the new one stay locked until they are paired again. --compromised:\n"
               "others may have the old key. Nothing that it signed counts from then on, and no\n"
               "statement of it either: pair each device by hand. accept: the key file was\n"
               "exchanged, and you know why. A device never takes a key from the broker.\n"
               "An act is signed: who, what was meant, why and when stay in the record.\n");
}

static int usage(const char *text) {
        return ctl_usage("key", text);
}

static int read_options(Ctl *c, Wanted *w, int argc, char **argv) {
        static const struct option options[] = {
                { "by", required_argument, NULL, 'b' },   { "reason", required_argument, NULL, 'r' },
                { "jwk", no_argument, NULL, 'k' },        { "compromised", no_argument, NULL, 'c' },
                { "json", no_argument, NULL, 'j' },       { "socket", required_argument, NULL, 's' },
                { "help", no_argument, NULL, 'h' },       {},
        };
        int o, r;

        optind = 0; /* glibc: from the beginning */
        while ((o = getopt_long(argc, argv, "b:r:kcjs:h", options, NULL)) >= 0)
                switch (o) {
                case 'b':
                        w->by = optarg;
                        break;
                case 'r':
                        w->reason = optarg;
                        break;
                case 'k':
                        w->jwk = true;
                        break;
                case 'c':
                        w->compromised = true;
                        break;
                default:
                        r = ctl_option(c, o, print_help);
                        if (r >= 0)
                                return r;
                }
        return -1;
}

/* One key in 64 has a name that begins with a dash. What stands behind `accept` and has the length of a name is one. */
static void take_kid(Wanted *w, int *argc, char **argv) {
        if (*argc < 3 || !streq(argv[1], "accept") || argv[2][0] != '-' || strlen(argv[2]) != KID_CHARS)
                return;
        w->kid = argv[2];
        for (int i = 2; i < *argc; i++) /* the closing NULL too */
                argv[i] = argv[i + 1];
        (*argc)--;
}

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

static int look(Ctl *c, const Wanted *w, bool statement) {
        json_t *key = NULL;
        int r;

        if (w->by || w->reason || w->compromised)
                return usage("looking is not signed");
        r = ctl_call(c, &key, "GetKey", NULL);
        if (r != CTL_YES)
                return r;
        if (statement)
                return print_statement(c, key);
        if (w->jwk)
                return print_jwk(key);
        if (c->json)
                return ctl_print_json(key);
        print_key(key);
        print_others(key);
        json_decref(key);
        return CTL_YES;
}

/* --- acts --- */

static int act(Ctl *c, const Wanted *w, int argc, char **argv) {
        const char *what = argv[0];
        const bool accept = streq(what, "accept");

        if (!accept && !streq(what, "prepare") && !streq(what, "rotate") && !streq(what, "statement"))
                return usage("it can be: prepare, statement, rotate, accept KID");
        if (streq(what, "statement") || argc != 1 + (accept && !w->kid))
                return usage(accept ? "say which key: accept KID" : "nothing more is to be named");
        if (!w->by || !w->by[0] || !w->reason || !w->reason[0])
                return usage("this is signed: say --by=OFFICER and --reason=TEXT");
        if (w->jwk || (w->compromised && !streq(what, "rotate")))
                return usage("that option does not go with it");
        if (accept)
                return ctl_act(c, "AcceptKey", "sss", w->kid ? w->kid : argv[1], w->by, w->reason);
        if (streq(what, "prepare"))
                return ctl_act(c, "PrepareKey", "ss", w->by, w->reason);
        return ctl_act(c, "RotateKey", "bss", (int)w->compromised, w->by, w->reason);
}

int verb_key(Ctl *c, int argc, char **argv) {
        Wanted w = {};
        int r;

        take_kid(&w, &argc, argv);
        r = read_options(c, &w, argc, argv);
        if (r >= 0)
                return r;
        argc -= optind;
        argv += optind;
        if (argc == 0 || (streq(argv[0], "statement") && argc == 1))
                return look(c, &w, argc == 1);
        return act(c, &w, argc, argv);
}
