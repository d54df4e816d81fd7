/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codec for a test in another language.
 *   decode-driver            reads "<kind> <message> <bytes>\n" and so many bytes, again and again; answers each with
 *                            "ok" or "<reason> <member>"
 *   decode-driver --list     prints "<kind> <message> <member>..." for every message that the decoder knows; a member is
 *                            its name, "!" where it is required, and "=a|b|c" where it is one of these
 *   decode-driver --encode   prints "<schema> <payload>" for everything that the encoder writes
 */
#include <stdio.h>

#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/topic.h"
#include "util.h"

#define NOON_US INT64_C(1795338843120000)
#define JWS "eyJhbGciOiJFZERTQSJ9.e30.c2ln"

static void print_fields(const Field *fields, const char *parent) {
        for (const Field *f = fields; f->name; f++) {
                printf(" %s%s%s%s", parent ? parent : "", parent ? "." : "", f->name, f->required ? "!" : "");
                for (const EnumName *e = f->names; e && e->name; e++)
                        printf("%s%s", e == f->names ? "=" : "|", e->name);
                if (f->members)
                        print_fields(f->members, f->name);
        }
}

static void print_message(Kind kind, const char *name) {
        const Message *m = message_find(kind, name);

        if (!m)
                return;
        printf("%s %s", kind_name(kind), name);
        print_fields(m->fields, NULL);
        puts("");
}

static int list(void) {
        for (unsigned k = 0; k < _KIND_MAX; k++)
                for (unsigned t = 0; t < _EVENT_TYPE_MAX; t++)
                        print_message((Kind) k, event_type_name((EventType) t));
        return 0;
}

static void show(const char *schema, JsonWriter *w, int r) {
        if (r < 0)
                exit(1);
        printf("%s %s\n", schema, w->buf);
}

static const uint8_t nonce[NONCE_SIZE] = { 0xFB, 0xEF, 0xBE, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xFF };
static const EncodeReason reason_list[] = {
        { "item-used", "]d2\x1D\"\\\xC3\xA9", "Already used. Take a new one.", false },
        { "room-not-disinfected", NULL, "Turn the room over.", true },
};
static const EncodeReasons reasons = { ELEMENTSOF(reason_list), reason_list };

static void show_decisions(JsonWriter *w) {
        const char *overridden[] = { "exposure-open" };
        EncodeDecision deny = { .session = "s-81", .nonce = nonce, .decided_at_us = NOON_US, .reasons = reasons };
        EncodeDecision allow = { .session = "s-81", .nonce = nonce, .allow = true, .decided_at_us = NOON_US,
                                 .overridden = overridden, .n_overridden = 1, .permit = JWS };
        EncodePermit permit = { "clinic", "r-1", "s-81", nonce, 12, 90000, "us-1", 345, "00ff" };
        EncodeCheckpoint checkpoint = { "log-1", "b-1", 346, "00ff", NOON_US };
        EncodeNextKey next = { "clinic", "k2", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", NOON_US };

        show("down-decision", w, encode_decision(w, &deny));
        show("down-decision", w, encode_decision(w, &allow));
        show("down-permit", w, encode_decision(w, &allow));
        deny.session = NULL;
        show("down-permit", w, encode_decision(w, &deny));
        show("jws-permit", w, encode_permit_payload(w, &permit));
        show("jws-next-key", w, encode_next_key(w, &next));
        show("jws-checkpoint", w, encode_checkpoint_payload(w, &checkpoint));
}

static void show_answers(JsonWriter *w) {
        const int64_t missing[] = { 42, 44 };
        const char *labels[] = { "CL-1", "CL-2" };
        EncodeReleased refused = { .autoclave = "ac-1", .reasons = reasons };
        EncodeReleased released = { .autoclave = "ac-1", .has_cycle = true, .cycle = 7, .attempt = "a-7", .released = true,
                                    .transcribed_by = "clara" };
        const EncodeWithheld wet = { "P-1", "wet-pack", "Why." };
        EncodeReleased partly = { .autoclave = "ac-1", .released = true, .withheld = &wet, .n_withheld = 1 };

        show("down-receipt", w, encode_receipt(w, "b-1", 0, NULL, 0));
        show("down-receipt", w, encode_receipt(w, "b-1", 41, missing, ELEMENTSOF(missing)));
        for (unsigned r = REJECT_NONE + 1; r < _REJECT_MAX; r++)
                show("down-rejected", w, encode_rejected(w, (Reject) r, "Why.", r % 2 ? "cycle" : "", r % 3 ? "b" : "", 7));
        show("down-released", w, encode_released(w, &refused));
        show("down-released", w, encode_released(w, &released));
        show("down-released", w, encode_released(w, &partly));
        show("down-labels", w, encode_labels(w, "(01)00844588003288", labels, ELEMENTSOF(labels)));
}

static void show_states(JsonWriter *w) {
        EncodeDaemonState daemon = { "degraded", "b-1", "0.1.0", NOON_US, reasons };
        const AttemptFigures figures = { .has = (UINT32_C(1) << _FIGURE_MAX) - 1, .v = { [FIGURE_WORST] = -1500 } };
        EncodeAutoclaveState idle = { .in_service = true };
        EncodeAutoclaveState busy = { .reasons = reasons, .attempt = "a-8", .cycle = 8, .phase = "hold", .last_attempt = "a-7",
                                      .last_cycle = 7, .last_verdict = "unverified", .last_reasons = reasons,
                                      .last_figures = &figures };
        EncodeAlert alert = { "7", "reuse-detected", "critical", "acknowledged", "Used twice.", "SN0042", NOON_US, 2, "maria", 0 };

        show("state-daemon", w, encode_daemon_state(w, &daemon));
        show("state-interlock", w, encode_interlock(w, "locked", NULL, -1));
        show("state-interlock", w, encode_interlock(w, "running", "s-81", 61));
        show("state-autoclave", w, encode_autoclave_state(w, &idle));
        show("state-autoclave", w, encode_autoclave_state(w, &busy));
        show("state-alert", w, encode_alert(w, &alert));
        show("down-deliver", w, encode_deliver(w, "d-9", 3, &alert));
}

static int encode(void) {
        JsonWriter w = { 0 };

        show_decisions(&w);
        show_answers(&w);
        show_states(&w);
        jsonw_done(&w);
        return 0;
}

static int answer(const char *kind_text, const char *message, size_t n, Decoded *d) {
        char *payload = malloc(n + 1);
        DecodeError error;
        Kind kind;
        int r = -1;

        if (payload && fread(payload, 1, n, stdin) == n && kind_from_name(kind_text, &kind))
                r = decode(kind, "dev-1", message, payload, n, d, &error);
        free(payload);
        if (r == 0)
                puts("ok");
        else if (r == 1)
                printf("%s %s\n", reject_id(error.reason), error.member);
        return r < 0 ? 1 : 0;
}

static int decode_all(void) {
        char kind[LABEL_MAX + 1], message[LABEL_MAX + 1];
        Decoded *d = decoded_new();
        size_t n;
        int r = d ? 0 : 1;

        while (r == 0 && scanf("%64s %64s %zu", kind, message, &n) == 3 && getchar() == '\n')
                r = answer(kind, message, n, d);
        decoded_free(d);
        return r;
}

int main(int argc, char **argv) {
        if (argc == 2 && streq(argv[1], "--list"))
                return list();
        if (argc == 2 && streq(argv[1], "--encode"))
                return encode();
        return decode_all();
}
