/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life: how an intake begins, what a batch is, and what is due by the clock. The batch is the one transaction; whatever
 * is kept in memory beside it is forgotten with it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "intake/erasure.h"
#include "intake/people.h"
#include "intake/retention.h"
#include "intake/session.h"
#include "intake/sterile.h"

/* --- the batch --- */

/* At most one receipt a device in RECEIPT_WAIT_US; what is owed meanwhile goes with the next. */
static int publish_receipts(Intake *in) {
        for (size_t i = 0; i < in->n_used; i++) {
                Slot *s = in->used[i];
                int r;

                if (!s->receipt_owed || !s->stream.id || in->now.boot_us - s->receipt_last_us < RECEIPT_WAIT_US)
                        continue;
                r = receipt_publish(in, s->kind, s->device, &s->stream);
                if (r < 0)
                        return r;
                s->receipt_owed = false;
                s->receipt_last_us = in->now.boot_us;
        }
        return 0;
}

void intake_rollback(Intake *in) {
        store_rollback(in->store);
        run_forget(in);
        in->settling = (Settling){};
        batch_clear(&in->batch);
        slots_forget(in);
        running_lost(in);
        in->head = in->committed;
        if (in->alerts_after != ALERTS_TOLD)
                in->alerts_after = 0;
        /* What the lost batch had put off is looked at again, but not in a circle while the disk fails. */
        in->next_due_us = in->now.boot_us + US_PER_S;
        in->recall_due_us = in->now.wall_us + US_PER_S;
        in->next_fitness_us = in->now.boot_us + US_PER_S;
        in->next_after_us = in->now.boot_us + US_PER_S;
        in->next_people_us = in->now.boot_us + US_PER_S;
        in->people_at = 0;
        erasure_undo(in);
        in->next_trim_us = in->now.boot_us + US_PER_S;
        in->after_all = true;
        watch_undo(in);
}

static int write_back(Intake *in) {
        int r = slots_flush(in);

        if (r == 0)
                r = clock_since_save(in);
        if (r == 0 && in->now.wall_us > in->mark_us + US_PER_S && !intake_doubted(in, DOUBT_CLOCK)) {
                r = store_meta_int_set(in->store, "wall_mark_us", in->now.wall_us);
                if (r == 0)
                        in->mark_us = in->now.wall_us;
                if (r == 0)
                        r = clock_save(in);
        }
        return r;
}

/* What acts have put in force. */
static void settle(Intake *in) {
        for (size_t i = 0; i < _DOUBT_MAX; i++)
                if (in->settling.doubts & 1U << i)
                        intake_doubt(in, (Doubt)i, NULL);
        if (in->settling.clock)
                clock_committed(in);
        in->settling = (Settling){};
}

int intake_commit(Intake *in, const Now *now) {
        int r = run_end(in);

        in->now = *now;
        if (r == 0 && store_in_batch(in->store)) {
                r = running_settle(in);
                if (r == 0)
                        r = fitness_settle(in);
                if (r == 0)
                        r = state_settle(in);
                if (r == 0)
                        r = write_back(in);
                if (r == 0)
                        r = record_changes(in);
                if (r == 0)
                        r = store_commit(in->store);
                if (r == 0) {
                        in->committed = in->head;
                        in->clock_since_saved_us = in->clock_since_us;
                        in->batches++;
                        settle(in);
                        keys_settle(in);
                }
        }
        if (r == 0)
                r = publish_receipts(in);
        if (r < 0)
                intake_rollback(in);
        return r;
}

Batch *intake_batch(Intake *in) {
        return &in->batch;
}

/* --- by the clock --- */

static bool holes_due(const Intake *in) {
        for (size_t i = 0; i < in->n_used; i++)
                if (in->used[i]->loaded &&
                    order_deadline_us(&in->used[i]->stream.order, in->config->gate.hole_wait_us) <= in->now.boot_us)
                        return true;
        return false;
}

static int pass_holes(Intake *in) {
        for (size_t i = 0; i < in->n_used; i++) {
                Slot *s = in->used[i];
                int64_t lost;
                int r = s->loaded ? 0 : slot_load(in, s); /* unloaded: a batch was lost */

                if (r < 0)
                        return r;
                if (order_deadline_us(&s->stream.order, in->config->gate.hole_wait_us) > in->now.boot_us)
                        continue;
                lost = order_pass(&s->stream.order, in->now.boot_us, in->config->gate.hole_wait_us);
                s->dirty = true;
                r = evidence_gap(in, s->kind, s->device, lost, "they did not come in time");
                if (r == 0)
                        r = drain(in, s);
                if (r < 0)
                        return r;
        }
        return 0;
}

int intake_tick(Intake *in, const Now *now) {
        int r;

        run_close(in);
        in->now = *now;
        if (in->next_due_us <= now->boot_us || in->recall_due_us <= now->wall_us || holes_due(in)) {
                r = change_begin(in);
                if (r == 0)
                        r = sessions_tick(in);
                if (r == 0 && in->recall_due_us <= now->wall_us)
                        r = recalls_tick(in);
                if (r == 0)
                        r = pass_holes(in);
                if (r < 0)
                        return r;
        }
        r = in->next_after_us <= now->boot_us ? after_tick(in) : 0;
        if (r == 0)
                r = watch_tick(in);
        if (r == 0)
                r = fitness_tick(in);
        if (r == 0)
                r = people_tick(in);
        if (r == 0)
                r = erasure_tick(in);
        if (r == 0)
                r = retention_tick(in);
        return r < 0 || in->alerts_after == ALERTS_TOLD ? r : state_alerts(in);
}

int64_t intake_deadline_us(const Intake *in) {
        int64_t due = in->alerts_after == ALERTS_TOLD ? MIN_OF(in->next_due_us, in->next_fitness_us) : in->now.boot_us;

        due = MIN_OF(due, in->next_after_us);
        due = MIN_OF(due, in->next_watch_us);
        due = MIN_OF(due, in->next_people_us);
        due = MIN_OF(due, in->erasing.next_us);
        due = MIN_OF(due, in->next_trim_us);
        if (in->recall_due_us <= in->now.wall_us)
                due = MIN_OF(due, in->now.boot_us);
        else if (in->recall_due_us != INT64_MAX)
                due = MIN_OF(due, in->now.boot_us + (in->recall_due_us - in->now.wall_us));
        for (size_t i = 0; i < in->n_used; i++) {
                const Slot *s = in->used[i];

                if (s->loaded)
                        due = MIN_OF(due, order_deadline_us(&s->stream.order, in->config->gate.hole_wait_us));
                if (s->receipt_owed)
                        due = MIN_OF(due, s->receipt_last_us + RECEIPT_WAIT_US);
        }
        return due;
}

/* --- life --- */

/* A running cycle is judged by the new one too, as it would be after a restart. */
void intake_configure(Intake *in, const Config *config) {
        run_close(in);
        in->config = config;
        running_forget(in);
        /* All are looked at again. */
        free(TAKE(in->fitness_stale));
        free(TAKE(in->state_stale));
        in->next_fitness_us = in->now.boot_us;
        in->fitness_at = in->people_at = 0;
        in->next_people_us = in->now.boot_us;
        watch_forget(in);
        after_take_up(in);
}

Intake *intake_free(Intake *in) {
        if (!in)
                return NULL;
        batch_done(&in->batch);
        jsonw_done(&in->w);
        decoded_free(in->decoded);
        slots_free(in);
        running_free(in);
        accounts_free(in);
        free(in->fitness_stale);
        free(in->state_stale);
        free(in->watch);
        free(in->facts);
        free(in->verdict);
        free(in->texts);
        free(in->samples);
        free(in->chunk);
        free(in->backup_checkpoint);
        free(in);
        return NULL;
}

/* A ledger's name for life, made at its first start. */
static int name_log(Intake *in) {
        uint8_t random[16];
        int r = store_meta_text_get(in->store, "log", in->log, sizeof(in->log));

        if (r != 0)
                return r < 0 ? r : 0;
        randombytes_buf(random, sizeof(random));
        to_base64(random, sizeof(random), in->log, sizeof(in->log));
        return store_meta_text_set(in->store, "log", in->log);
}

/*
 * CLOCK_BOOTTIME starts anew with the machine. Nobody knows how long it was off, so every lease is taken as fresh: that
 * is until when a room could still be released, and no ground for a permit (relay.c).
 */
static int note_machine_boot(Intake *in, const char *machine_boot) {
        char before[64] = "";
        int r = store_meta_text_get(in->store, "machine_boot", before, sizeof(before));

        snprintf(in->machine_boot, sizeof(in->machine_boot), "%s", machine_boot);
        if (r >= 0)
                r = store_meta_int_get(in->store, "epoch", &in->epoch);
        if (r >= 0)
                r = store_meta_int_get(in->store, "leases_restarted_us", &in->restarted_until_us);
        if (r < 0 || streq(before, machine_boot))
                return r < 0 ? r : 0;
        in->epoch++;
        in->restarted_until_us = before[0] ? in->now.boot_us + in->config->gate.lease_us : 0;
        r = store_meta_text_set(in->store, "machine_boot", machine_boot);
        if (r == 0)
                r = store_meta_int_set(in->store, "epoch", in->epoch);
        if (r == 0)
                r = store_meta_int_set(in->store, "leases_restarted_us", in->restarted_until_us);
        if (r == 0)
                r = session_leases_restart(in->store, in->now.boot_us + in->config->gate.lease_us);
        return r < 0 ? r : rooms_restart(in->store, in->now.boot_us + in->config->gate.lease_us);
}

static int take_up(Intake *in, const IntakeOptions *o) {
        int r = change_begin(in);

        if (r == 0)
                r = record_state(in);
        if (r == 0)
                r = name_log(in);
        if (r == 0)
                r = note_machine_boot(in, o->machine_boot);
        if (r == 0)
                r = ledger_daemon_boot_add(in->store, in->boot, in->now.wall_us);
        if (r == 0)
                r = store_meta_int_get(in->store, "wall_mark_us", &in->mark_us);
        if (r >= 0)
                r = clock_take_up(in);
        if (r < 0)
                return r;
        watch_away(in, in->now.wall_us - in->mark_us);
        record_begin(in, "start");
        jsonw_member_string(&in->w, "boot", in->boot);
        jsonw_member_string(&in->w, "version", VERSION);
        jsonw_member_string(&in->w, "site", in->config->site.id);
        r = record_end(in, NULL);
        if (r == 0)
                r = keys_take_up(in);
        if (r == 0)
                r = slots_take_up(in);
        if (r == 0)
                r = sessions_tick(in);
        if (r == 0)
                r = recalls_tick(in);
        if (r == 0)
                r = running_take_up(in);
        if (r == 0)
                r = restore_take_up(in, o->machine);
        if (r == 0)
                r = backup_take_up(in);
        return r;
}

int intake_new(Intake **ret, const IntakeOptions *o, const Now *now) {
        _cleanup_(intake_freep) Intake *in = calloc(1, sizeof(*in));
        int r;

        if (!in)
                return -ENOMEM;
        in->store = o->store;
        in->signer = o->signer;
        in->config = o->config;
        in->now = *now;
        in->since_us = now->wall_us;
        in->next_due_us = INT64_MAX;
        in->lost_us = in->listening_us = now->boot_us; /* until it is found */
        in->next_fitness_us = in->next_people_us = in->erasing.next_us = in->next_trim_us = now->boot_us + US_PER_S;
        in->alerts_after = ALERTS_TOLD;
        in->watch_from_us = INT64_MIN;
        watch_forget(in);
        after_take_up(in);
        snprintf(in->boot, sizeof(in->boot), "%s", o->boot);
        in->decoded = decoded_new();
        in->facts = calloc(1, sizeof(*in->facts));
        in->verdict = calloc(1, sizeof(*in->verdict));
        in->texts = calloc(1, sizeof(*in->texts));
        in->samples = calloc(SAMPLES_MAX, sizeof(*in->samples));
        in->chunk = malloc(CHUNK_MAX);
        if (!in->decoded || !in->facts || !in->verdict || !in->texts || !in->samples || !in->chunk)
                return -ENOMEM;
        r = ledger_head(in->store, &in->head);
        if (r < 0)
                return r;
        in->committed = in->head;
        r = take_up(in, o);
        /* Nobody has judged the clock yet, so its mark does not move with this commit. */
        if (r == 0)
                r = slots_flush(in);
        if (r == 0)
                r = record_changes(in);
        if (r == 0)
                r = store_commit(in->store);
        if (r < 0)
                return r;
        in->committed = in->head;
        batch_clear(&in->batch);
        *ret = TAKE(in);
        return 0;
}
