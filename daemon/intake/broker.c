/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker knows: whether it was away, what others published in our name, and answers it still must get. */
#include <sodium.h>
#include <stdio.h>

#include "codec/jsonr.h"
#include "intake/internal.h"

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
        in->lost_us = 0;
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
static int checkpoint_on_chain(Intake *in, const JsonReader *json) {
        const JsonrValue *log = member(json, "log", JSONR_STRING), *text = member(json, "head", JSONR_STRING),
                         *size = member(json, "size", JSONR_INTEGER);
        uint8_t head[HASH_SIZE], mine[HASH_SIZE];
        size_t n = 0;
        int r = 0;

        if (!log || !text || !size)
                return NOT_A_CHECKPOINT;
        sodium_base642bin(head, sizeof(head), text->string, text->n, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        if (n == HASH_SIZE && streq(log->string, in->log))
                r = ledger_hash_at(in->store, size->integer, mine);
        return r == 1 ? memcmp(head, mine, HASH_SIZE) == 0 : r;
}

static int on_chain(Intake *in, const char *payload) {
        JsonReader json = {};
        JsonrError error;
        int r = jsonr_read(&json, payload, strlen(payload), &error);

        if (r >= 0)
                r = r ? NOT_A_CHECKPOINT : checkpoint_on_chain(in, &json);
        jsonr_done(&json);
        return r;
}

/* Ours and not on our chain: this ledger is older than what the world has seen, or another one signs with our key. */
static int doubt_audit(Intake *in, const Now *now) {
        static const char text[] =
                "A checkpoint of ours has been seen that this ledger does not know: it was restored or "
                "replaced. Find the right ledger, or let an officer confirm this one.";

        intake_doubt(in, DOUBT_AUDIT, text);
        return intake_alert_once(in, now, "audit-inconsistent", "ledger", ALERT_CRITICAL, text);
}

int head_seen(Intake *in, const char *device, const char *jws) {
        _cleanup_(freep) char *payload = NULL;
        const Now at = in->now;
        char text[TEXT_MAX];
        int r = signer_verify(in->signer, jws, strlen(jws), &payload);

        if (r >= 0)
                r = r ? on_chain(in, payload) : NOT_A_CHECKPOINT;
        if (r != NOT_A_CHECKPOINT)
                return r < 0 ? r : r ? 0 : doubt_audit(in, &at);
        snprintf(text, sizeof(text),
                 "%s hands back something that is no checkpoint of this ledger's key. Check the device.", device);
        return intake_alert_once(in, &at, "audit-inconsistent", device, ALERT_WARNING, text);
}

static int doubt_second(Intake *in, const Now *now) {
        static const char text[] =
                "Another daemon spoke as this one. Two must never serve one site: find the other and stop "
                "it. If this ledger is new on purpose, clear the retained state/daemon and state/audit. "
                "Then restart this one.";

        intake_doubt(in, DOUBT_SECOND, text);
        return intake_alert_once(in, now, "second-daemon", "daemon", ALERT_CRITICAL, text);
}

int intake_check_checkpoint(Intake *in, const Now *now, const char *jws, size_t n) {
        _cleanup_(freep) char *payload = NULL;
        int r = signer_verify(in->signer, jws, n, &payload);

        in->now = *now;
        if (r == 0)
                r = doubt_second(in, now);
        else if (r > 0) {
                r = on_chain(in, payload);
                if (r == NOT_A_CHECKPOINT)
                        r = intake_alert_once(in, now, "audit-inconsistent", "checkpoint", ALERT_WARNING,
                                              "What stands on state/audit is no checkpoint. Clear it.");
                else if (r == 0)
                        r = doubt_audit(in, now);
                return r < 0 ? r : 1;
        }
        return r < 0 ? r : 0;
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
        r = doubt_second(in, now);
        return r < 0 ? r : 0;
}
