/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker knows: whether it was away, what others published in our name, and answers it still must get. */
#include <sodium.h>
#include <stdio.h>

#include "codec/jsonr.h"
#include "intake/sterile.h"

int intake_publish_outbox(Intake *in) {
        int64_t id = 0;
        int r;

        run_close(in);
        for (;;) {
                _cleanup_(freep) char *topic = NULL, *payload = NULL;
                Outgoing *out;
                bool retain;

                r = ledger_outbox_next(in->store, id, &id, &topic, &payload, &retain);
                if (r <= 0)
                        return r;
                r = batch_publish(&in->batch, topic, payload, strlen(payload), &out);
                if (r < 0)
                        return r;
                out->qos = 1;
                out->retain = retain;
                out->outbox = id;
        }
}

int intake_outbox_settled(Intake *in, int64_t id) {
        int r = change_begin(in);

        return r < 0 ? r : ledger_outbox_delete(in->store, id);
}

int intake_broker_lost(Intake *in, const Now *now, const char *why) {
        in->now = *now;
        in->lost_us = now->boot_us;
        return intake_alert(in, now, "broker-lost", "broker", ALERT_WARNING, why);
}

void intake_stopped(Intake *in, const Now *now) {
        run_close(in);
        in->listening_us = now->boot_us;
}

int intake_broker_found(Intake *in, const Now *now, bool session_present) {
        int r = change_begin(in);

        if (r == 0)
                r = intake_alert_resolve(in, now, "broker-lost", "broker");
        if (r < 0)
                return r;
        in->now = *now;
        r = running_away(in, in->lost_us ? now->boot_us - in->lost_us : 0);
        if (r < 0)
                return r;
        watch_away(in, in->lost_us ? now->boot_us - in->lost_us : 0);
        in->lost_us = 0;
        in->listening_us = now->boot_us;
        record_begin(in, "broker");
        jsonw_member_bool(&in->w, "session_present", session_present);
        jsonw_member_string(&in->w, "gap", session_present ? "none" : "possible");
        return record_end(in, NULL);
}

/* --- what others may have done --- */

/* NULL: there is no such member of this type. */
static const JsonrValue *member(const JsonReader *json, const char *name, JsonrType type) {
        const JsonrValue *v = jsonr_member(json, jsonr_root(json), name);

        return v && v->type == type ? v : NULL;
}

/* Is this, which bears our signature, on our chain? 1 yes, 0 no; NOT_A_CHECKPOINT: a permit, say. */
#define NOT_A_CHECKPOINT 2
typedef struct Seen {
        char head[LABEL_MAX + 1], boot[LABEL_MAX + 1]; /* of the daemon that signed it */
} Seen;

static int checkpoint_on_chain(Intake *in, const JsonReader *json, Seen *seen) {
        const JsonrValue *log = member(json, "log", JSONR_STRING), *text = member(json, "head", JSONR_STRING),
                         *size = member(json, "size", JSONR_INTEGER), *boot = member(json, "boot", JSONR_STRING);
        uint8_t head[HASH_SIZE], mine[HASH_SIZE];
        size_t n = 0;
        int r = 0;

        if (!log || !text || !size)
                return NOT_A_CHECKPOINT;
        snprintf(seen->head, sizeof(seen->head), "%s", text->string);
        snprintf(seen->boot, sizeof(seen->boot), "%s", boot ? boot->string : "");
        sodium_base642bin(head, sizeof(head), text->string, text->n, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        if (n == HASH_SIZE && streq(log->string, in->log))
                r = ledger_hash_at(in->store, size->integer, mine);
        return r == 1 ? memcmp(head, mine, HASH_SIZE) == 0 : r;
}

static int on_chain(Intake *in, const char *payload, Seen *seen) {
        JsonReader json = {};
        JsonrError error;
        int r = jsonr_read(&json, payload, strlen(payload), &error);

        if (r >= 0)
                r = r ? NOT_A_CHECKPOINT : checkpoint_on_chain(in, &json, seen);
        jsonr_done(&json);
        return r;
}

const char audit_doubt_text[] = "A checkpoint of ours has been seen that this ledger does not know: it was restored or "
                                "replaced. Find the right ledger, or let an officer accept what is lost.";

/*
 * Ours and not on our chain: this ledger is older than what the world has seen, or another one signs with our key. The
 * doubt is kept over restarts, and so is what was seen, for an officer to accept. Our own boot is never accepted: what it
 * signs must be on our chain.
 */
static int doubt_audit(Intake *in, const Now *now, const Seen *seen) {
        int r = change_begin(in);

        intake_doubt(in, DOUBT_AUDIT, audit_doubt_text);
        if (r == 0)
                r = store_meta_int_set(in->store, "doubt_audit", 1);
        if (r == 0)
                r = accepted_note(in->store, "head", seen->head, in->head.size);
        if (r == 0 && seen->boot[0] && !streq(seen->boot, in->boot))
                r = accepted_note(in->store, "boot", seen->boot, in->head.size);
        return r < 0 ? r
                     : intake_alert_once(in, now, "audit-inconsistent", "ledger", ALERT_CRITICAL, audit_doubt_text);
}

/* Devices may hold any head of what was lost; on state/audit only that one can still stand. */
static int head_accepted(Intake *in, const Seen *seen, bool by_boot) {
        int r = accepted_is(in->store, "head", seen->head);

        return r != 0 || !by_boot ? r : accepted_is(in->store, "boot", seen->boot);
}

static int unknown_head(Intake *in, const Now *now, const Seen *seen, bool by_boot) {
        int r = head_accepted(in, seen, by_boot);

        return r < 0 ? r : r ? 0 : doubt_audit(in, now, seen);
}

int head_seen(Intake *in, const char *device, const char *jws) {
        _cleanup_(freep) char *payload = NULL;
        const Now at = in->now;
        char text[TEXT_MAX];
        Seen seen = {};
        int r = signer_verify(in->signer, jws, strlen(jws), &payload);
        const bool compromised = r == SIGNER_COMPROMISED;

        if (r >= 0)
                r = r ? on_chain(in, payload, &seen) : NOT_A_CHECKPOINT;
        if (r != NOT_A_CHECKPOINT && (r != 0 || !compromised))
                return r < 0 ? r : r ? 0 : unknown_head(in, &at, &seen, true);
        snprintf(text, sizeof(text),
                 "%s hands back something that is no checkpoint of this ledger's key. Check the device.", device);
        return intake_alert_once(in, &at, "audit-inconsistent", device, ALERT_WARNING, text);
}

/* What stands on a state topic, by its hash: only the very same is known again. */
static void word_of(const void *payload, size_t n, char ret[static LABEL_MAX + 1]) {
        uint8_t hash[crypto_hash_sha256_BYTES];

        crypto_hash_sha256(hash, payload, n);
        to_base64(hash, sizeof(hash), ret, LABEL_MAX + 1);
}

/* 1: an officer has accepted these very bytes; 0: nobody has, and DOUBT_SECOND is set. */
static int foreign(Intake *in, const Now *now, const void *payload, size_t n) {
        static const char text[] = "Another daemon spoke as this one. Two must never serve one site: find the other and "
                                   "stop it, then let an officer accept that it is gone.";
        char word[LABEL_MAX + 1];
        int r;

        word_of(payload, n, word);
        r = accepted_is(in->store, "word", word);
        if (r != 0)
                return r;
        intake_doubt(in, DOUBT_SECOND, text);
        r = change_begin(in);
        if (r == 0)
                r = accepted_note(in->store, "word", word, in->head.size);
        if (r == 0)
                r = intake_alert_once(in, now, "second-daemon", "daemon", ALERT_CRITICAL, text);
        return r;
}

/* A key that was retired because others may have it is nobody's word, but for what is on our chain anyway. */
static int checkpoint_ours(Intake *in, int signed_by, const char *payload, Seen *seen, int *ret_on) {
        *ret_on = signed_by > 0 ? on_chain(in, payload, seen) : 0;
        if (*ret_on < 0)
                return *ret_on;
        return signed_by == SIGNER_OURS || (signed_by == SIGNER_COMPROMISED && *ret_on == 1);
}

int intake_check_checkpoint(Intake *in, const Now *now, const char *jws, size_t n) {
        _cleanup_(freep) char *payload = NULL;
        Seen seen = {};
        int r = signer_verify(in->signer, jws, n, &payload), ours, on;

        in->now = *now;
        ours = r < 0 ? r : checkpoint_ours(in, r, payload, &seen, &on);
        if (ours <= 0)
                return ours < 0 ? ours : foreign(in, now, jws, n);
        r = 0;
        if (on == NOT_A_CHECKPOINT)
                r = intake_alert_once(in, now, "audit-inconsistent", "checkpoint", ALERT_WARNING,
                                      "What stands on state/audit is no checkpoint. Clear it.");
        else if (on == 0)
                r = unknown_head(in, now, &seen, false);
        return r < 0 ? r : 1;
}

/* 1: a start of this daemon said so; 0: somebody else, or nothing that can be read. */
static int ours(Intake *in, const char *payload, size_t n) {
        JsonReader json = {};
        JsonrError error;
        int r = jsonr_read(&json, payload, n, &error);
        const JsonrValue *boot = r == 0 ? member(&json, "boot", JSONR_STRING) : NULL;

        if (r >= 0)
                r = !boot ? 0 : streq(boot->string, in->boot) ? 1 : ledger_daemon_boot_known(in->store, boot->string);
        jsonr_done(&json);
        return r;
}

int intake_check_daemon(Intake *in, const Now *now, const char *payload, size_t n) {
        int r = ours(in, payload, n);

        if (r != 0)
                return r;
        in->now = *now;
        return foreign(in, now, payload, n);
}
