/* SPDX-License-Identifier: Apache-2.0 */
/* The state topics: retained, from the ledger as it stands in this transaction, never with a patient in them. */
#include <errno.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "intake/session.h"
#include "intake/sterile.h"

static int publish_retained(Intake *in, const char *topic, uint32_t expiry_s) {
        Outgoing *out;
        int r = publish_w(in, topic, &out);

        if (r < 0)
                return r;
        out->qos = 1;
        out->retain = true;
        out->expiry_s = expiry_s;
        return 0;
}

/*
 * For displays only: it goes at QoS 0, fresh or not at all, and expires with the lease. A session whose lease has run out
 * is named all the same: it may come back.
 */
int state_room(Intake *in, const RoomLook *look) {
        const int64_t left_us = look->facts.lease_until_us - in->now.boot_us;
        const bool leased = look->state == INTERLOCK_AUTHORISED || look->state == INTERLOCK_RUNNING;
        char topic[TOPIC_MAX];
        int64_t left_s = -1;
        int r = topic_state(in->config->site.id, "room", look->room.id, "interlock", topic);

        if (r < 0)
                return r;
        if (leased)
                left_s = (left_us + US_PER_S - 1) / US_PER_S;
        else if (look->live && look->state == INTERLOCK_LOCKED)
                left_s = 0;
        r = encode_interlock(&in->w, interlock_name((int)look->state), look->live ? look->session.label : NULL, left_s);
        if (r == 0)
                r = publish_retained(in, topic, left_s > 0 ? (uint32_t)left_s : 0);
        if (r == 0)
                in->batch.out[in->batch.n_out - 1].qos = 0;
        return r;
}

static int attempt_state(const AttemptRow *last, EncodeAutoclaveState *state, AttemptReasons *reasons, EncodeReason *v,
                         AttemptFigures *figures) {
        int r = attempt_reasons_read(last->reasons, reasons);

        if (r == 0)
                r = attempt_figures_read(last->figures, figures);
        if (r < 0)
                return r;
        for (size_t i = 0; i < reasons->n; i++)
                v[i] = (EncodeReason){ .rule = reasons->v[i].rule, .text = reasons->v[i].text };
        state->last_attempt = last->label;
        state->last_cycle = last->cycle;
        state->last_verdict = cycle_verdict_id((CycleVerdictKind)last->verdict);
        state->last_reasons = (EncodeReasons){ reasons->n, v };
        state->last_figures = figures;
        return 0;
}

static int publish_autoclave(Intake *in, const char *autoclave) {
        static const char *const phases[] = { "before-hold", "hold", "after-hold" };
        EncodeAutoclaveState state = { .in_service = true };
        AttemptReasons last_reasons;
        AttemptFigures figures;
        EncodeReason reasons[_CYCLE_RULE_MAX], out[REASONS_MAX];
        _cleanup_(freep) Reasons *why = calloc(1, sizeof(*why));
        AttemptRow last;
        char topic[TOPIC_MAX];
        Running *running;
        int r = why ? topic_state(in->config->site.id, "autoclave", autoclave, NULL, topic) : -ENOMEM, is;

        if (r == 0)
                r = fitness_service(in, autoclave, why);
        if (r < 0)
                return r;
        for (size_t i = 0; i < why->n; i++)
                out[i] = (EncodeReason){ .rule = why->v[i].rule, .text = why->v[i].text };
        state.in_service = why->n == 0;
        state.reasons = (EncodeReasons){ why->n, out };
        is = running_get(in, autoclave, &running);
        if (is < 0)
                return is;
        if (is) {
                state.attempt = running->attempt.label;
                state.cycle = running->attempt.cycle;
                state.phase = phases[cycle_phase(&running->cycle)];
        }
        is = attempt_last(in->store, autoclave, &last);
        if (is < 0)
                return is;
        if (is) {
                r = attempt_state(&last, &state, &last_reasons, reasons, &figures);
                if (r < 0)
                        return r;
        }
        r = encode_autoclave_state(&in->w, &state);
        return r < 0 ? r : publish_retained(in, topic, 0);
}

int state_autoclave(Intake *in, const char *autoclave) {
        const ConfigAutoclave *c = config_autoclave(in->config, autoclave);

        if (!c)
                return publish_autoclave(in, autoclave);
        if (!in->state_stale)
                in->state_stale = calloc(in->config->n_autoclaves, sizeof(*in->state_stale));
        if (!in->state_stale)
                return -ENOMEM;
        in->state_stale[c - in->config->autoclaves] = true;
        return 0;
}

/* What cannot be told must not keep the batch's messages from being committed. */
int state_settle(Intake *in) {
        int r = 0;

        for (size_t i = 0; in->state_stale && i < in->config->n_autoclaves && r == 0; i++) {
                if (!in->state_stale[i])
                        continue;
                in->state_stale[i] = false;
                r = publish_autoclave(in, in->config->autoclaves[i].id);
                if (survivable(r))
                        r = 0;
        }
        return r;
}

static const char *const doubt_rules[_DOUBT_MAX] = {
        [DOUBT_CLOCK] = "clock-untrusted",       [DOUBT_STORE] = "store-degraded",
        [DOUBT_AUDIT] = "audit-inconsistent",    [DOUBT_ARMING] = "audit-inconsistent",
        [DOUBT_RESTORE] = "restore-unconfirmed", [DOUBT_SECOND] = "second-daemon",
        [DOUBT_KEY] = "key-changed",
};

/* What a person types to end it; NULL: nothing, it ends when its cause is gone. */
static const char *const doubt_ways_out[_DOUBT_MAX] = {
        [DOUBT_CLOCK] = "asepsisctl clock confirm --by=OFFICER --reason=TEXT",
        [DOUBT_AUDIT] = "asepsisctl audit accept --by=OFFICER --reason=TEXT",
        [DOUBT_RESTORE] = "asepsisctl restore confirm --by=OFFICER --reason=TEXT",
        [DOUBT_SECOND] = "asepsisctl audit accept --by=OFFICER --reason=TEXT",
        [DOUBT_KEY] = "the right key file and a restart; or asepsisctl key accept KID --by=OFFICER --reason=TEXT",
};

static int state_daemon(Intake *in) {
        EncodeReason reasons[_DOUBT_MAX];
        char topic[TOPIC_MAX];
        size_t n = 0;
        int r = topic_state(in->config->site.id, "daemon", NULL, NULL, topic);

        for (size_t i = 0; i < _DOUBT_MAX; i++)
                if (in->doubts[i][0])
                        reasons[n++] = (EncodeReason){ .rule = doubt_rules[i], .text = in->doubts[i] };
        if (r == 0)
                r = encode_daemon_state(&in->w, &(EncodeDaemonState){ .state = n ? "degraded" : "online",
                                                                      .boot = in->boot,
                                                                      .version = VERSION,
                                                                      .since_us = in->since_us,
                                                                      .reasons = { n, reasons } });
        return r < 0 ? r : publish_retained(in, topic, 0);
}

int state_alert(Intake *in, const AlertRow *row) {
        static const char *const severities[] = { "info", "warning", "critical" };
        static const char *const states[] = { "open", "acknowledged", "resolved" };
        char topic[TOPIC_MAX], id[24];
        int r;

        snprintf(id, sizeof(id), "a-%lld", (long long)row->id);
        r = topic_state(in->config->site.id, "alert", id, NULL, topic);
        if (r == 0 && row->state != ALERT_RESOLVED)
                r = encode_alert(&in->w, &(EncodeAlert){ .alert = id,
                                                         .rule = row->rule,
                                                         .severity = severities[row->severity],
                                                         .state = states[row->state],
                                                         .text = row->text,
                                                         .subject = row->subject,
                                                         .raised_at_us = row->raised_us,
                                                         .count = row->count,
                                                         .by = row->acknowledged_us ? row->acknowledged_by : NULL,
                                                         .silenced_until_us = row->silenced_until_us });
        if (r < 0)
                return r;
        if (row->state != ALERT_RESOLVED)
                return publish_retained(in, topic, 0);
        jsonw_reset(&in->w);
        return publish_durable(in, topic, true);
}

/* A slice of the open alerts; the next tick goes on where this one ended. */
int state_alerts(Intake *in) {
        AlertRow alert = { .id = in->alerts_after };
        int r = 0;

        for (int n = 0; n < ALERTS_SLICE; n++) {
                r = alert_next(in->store, alert.id, false, &alert);
                if (r > 0)
                        r = state_alert(in, &alert);
                else
                        alert.id = r < 0 ? alert.id : ALERTS_TOLD;
                if (r < 0 || alert.id == ALERTS_TOLD)
                        break;
        }
        in->alerts_after = alert.id;
        return r;
}

int intake_publish_state(Intake *in, const Now *now) {
        int r;

        run_close(in);
        in->now = *now;
        r = state_daemon(in);
        for (size_t i = 0; i < in->config->n_rooms && r == 0; i++)
                r = room_tell(in, in->config->rooms[i].id);
        for (size_t i = 0; i < in->config->n_autoclaves && r == 0; i++)
                r = publish_autoclave(in, in->config->autoclaves[i].id);
        if (r == 0)
                r = running_tell(in);
        in->alerts_after = 0;
        in->published = (Head){};
        return r;
}

bool intake_vouches(const Intake *in) {
        return !intake_doubted(in, DOUBT_AUDIT) && !intake_doubted(in, DOUBT_RESTORE) &&
               !intake_doubted(in, DOUBT_SECOND) && !intake_doubted(in, DOUBT_KEY);
}

bool intake_checkpoint_due(const Intake *in) {
        return in->published.size != in->committed.size && intake_vouches(in);
}

int intake_checkpoint_of(Intake *in, const Now *now, int64_t size, char **ret_jws) {
        Head of = { .size = size ?: in->committed.size };
        int r;

        run_close(in);
        r = of.size > in->committed.size ? 0 : ledger_hash_at(in->store, of.size, of.hash);
        if (r <= 0)
                return r;
        r = intake_vouches(in) ? checkpoint_sign(in, now->wall_us, &of, ret_jws) : -EPERM;
        return r < 0 ? r : 1;
}

int checkpoint_sign(Intake *in, int64_t at_us, const Head *head, char **ret) {
        char hash[64];
        const char *text;
        size_t n;
        int r;

        to_base64(head->hash, HASH_SIZE, hash, sizeof(hash));
        r = encode_checkpoint_payload(
                &in->w, &(EncodeCheckpoint){
                                .log = in->log, .boot = in->boot, .size = head->size, .head = hash, .at_us = at_us });
        if (r == 0)
                r = jsonw_finish(&in->w, &text, &n);
        return r < 0 ? r : signer_jws(in->signer, text, n, ret);
}

int intake_checkpoint(Intake *in, const Now *now, char **ret_jws) {
        _cleanup_(freep) char *jws = NULL;
        char topic[TOPIC_MAX];
        Outgoing *out;
        int r = topic_state(in->config->site.id, "audit", NULL, NULL, topic);

        run_close(in);
        if (r == 0)
                r = checkpoint_sign(in, now->wall_us, &in->committed, &jws);
        if (r == 0)
                r = batch_publish(&in->batch, topic, jws, strlen(jws), &out);
        if (r < 0)
                return r;
        out->qos = 1;
        out->retain = true;
        in->published = in->committed;
        *ret_jws = TAKE(jws);
        return 0;
}

int intake_checkpoint_record(Intake *in, const Now *now, const char *jws) {
        int r = change_begin(in);

        if (r < 0 || in->head.size != in->committed.size)
                return r;
        in->now = *now;
        record_begin(in, "checkpoint");
        jsonw_member_string(&in->w, "jws", jws);
        return record_end(in, NULL);
}

void intake_doubt(Intake *in, Doubt doubt, const char *sentence) {
        run_close(in);
        /* What waited for the clock to be believed need not wait any longer. */
        if (doubt == DOUBT_CLOCK && !sentence && intake_doubted(in, doubt))
                in->next_after_us = in->next_watch_us = in->now.boot_us;
        snprintf(in->doubts[doubt], sizeof(in->doubts[doubt]), "%s", sentence ?: "");
}

const char *intake_doubted(const Intake *in, Doubt doubt) {
        return in->doubts[doubt][0] ? in->doubts[doubt] : NULL;
}

bool intake_doubted_any(const Intake *in) {
        for (size_t i = 0; i < _DOUBT_MAX; i++)
                if (in->doubts[i][0])
                        return true;
        return false;
}

void intake_status(Intake *in, Status *ret) {
        for (size_t i = 0; i < _DOUBT_MAX; i++)
                if (in->doubts[i][0])
                        ret->doubts[ret->n_doubts++] =
                                (StatusDoubt){ doubt_rules[i], in->doubts[i], doubt_ways_out[i] };
        ret->clock_doubt = clock_doubt_id(in->clock_doubt);
        ret->clock_mark_us = in->mark_us;
        ret->clock_floor_us = in->floor_us;
        ret->clock_synchronised = in->clock_synchronised;
        ret->clock_believed = in->clock_believed;
        ret->boot = in->boot;
        ret->log = in->log;
        ret->since_us = in->since_us;
        ret->kid = signer_kid(in->signer);
        ret->public_key = signer_public_key(in->signer);
        ret->audit_size = in->committed.size;
        to_base64(in->committed.hash, HASH_SIZE, ret->audit_head, sizeof(ret->audit_head));
        ret->messages = in->messages;
        ret->rejected = in->rejected;
        ret->batches = in->batches;
        ret->decisions = in->decisions;
        item_count(in->store, &ret->items);
        session_count_live(in->store, &ret->sessions_live);
        alert_count_open(in->store, ret->alerts);
}
