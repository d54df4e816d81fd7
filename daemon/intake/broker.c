/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker knows: whether it was away, what others published in our name, and answers it still must get. */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

#include "intake/internal.h"

int intake_publish_outbox(Intake *in) {
        int64_t id = 0;
        int r;

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
        int r = store_begin(in->store);

        return r < 0 ? r : ledger_outbox_delete(in->store, id);
}

int intake_broker_lost(Intake *in, const Now *now, const char *why) {
        in->now = *now;
        in->lost_us = now->boot_us;
        return intake_alert(in, now, "broker-lost", "broker", ALERT_WARNING, why);
}

int intake_broker_found(Intake *in, const Now *now, bool session_present) {
        int r = intake_alert_resolve(in, now, "broker-lost", "broker");

        if (r < 0)
                return r;
        running_away(in, in->lost_us ? now->boot_us - in->lost_us : 0);
        in->lost_us = 0;
        record_begin(in, "broker");
        jsonw_member_bool(&in->w, "session_present", session_present);
        jsonw_member_string(&in->w, "gap", session_present ? "none" : "possible");
        return record_end(in, NULL);
}

/* --- what others may have done
 * ---------------------------------------------------------------------------------------- */

/* Ours and not on our chain: this ledger is older than what the world has seen, or another one signs with our key. */
static int doubt_audit(Intake *in, const Now *now, const char *text) {
        intake_doubt(in, DOUBT_AUDIT, text);
        return intake_alert(in, now, "audit-inconsistent", "ledger", ALERT_CRITICAL, text);
}

int intake_check_checkpoint(Intake *in, const Now *now, const char *jws, size_t n) {
        _cleanup_(freep) char *payload = NULL;
        uint8_t head[HASH_SIZE], mine[HASH_SIZE];
        const char *log, *text;
        json_int_t size;
        json_t *json;
        size_t n_head = 0;
        int r = signer_verify(in->signer, jws, n, &payload), on_chain;

        if (r < 0)
                return r;
        if (r == 0)
                return intake_alert(
                        in, now, "audit-inconsistent", "checkpoint", ALERT_WARNING,
                        "The broker holds a checkpoint that this ledger's key did not sign. Remove it if you do "
                        "not know where it comes from.");
        json = json_loads(payload, 0, NULL);
        log = json_string_value(json_object_get(json, "log")) ?: "";
        size = json_integer_value(json_object_get(json, "size"));
        text = json_string_value(json_object_get(json, "head")) ?: "";
        sodium_base642bin(head, sizeof(head), text, strlen(text), NULL, &n_head, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        on_chain = streq(log, in->log) && n_head == HASH_SIZE ? ledger_hash_at(in->store, size, mine) : 0;
        json_decref(json);
        if (on_chain < 0)
                return on_chain;
        if (on_chain && memcmp(head, mine, HASH_SIZE) == 0)
                return 0;
        return doubt_audit(in, now,
                           "The broker holds a checkpoint of ours that this ledger does not know: it was restored or "
                           "replaced. Find the right ledger, or let an officer confirm this one.");
}

int intake_check_daemon(Intake *in, const Now *now, const char *payload, size_t n) {
        json_t *json = json_loadb(payload, n, 0, NULL);
        const char *boot = json_string_value(json_object_get(json, "boot")) ?: "";
        int r = streq(boot, in->boot) ? 1 : ledger_daemon_boot_known(in->store, boot);
        const char *text =
                "Another daemon spoke as this one. Two daemons must never serve one site: find the other and stop "
                "it, then restart this one.";

        json_decref(json);
        if (r != 0)
                return r;
        intake_doubt(in, DOUBT_SECOND, text);
        r = intake_alert(in, now, "second-daemon", "daemon", ALERT_CRITICAL, text);
        return r < 0 ? r : 0;
}
