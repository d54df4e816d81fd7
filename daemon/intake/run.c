/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs: a savepoint is dear (SQLite copies each page that is first touched after it), and hardly a message is refused.
 * So the messages of a run share one. Each is kept until the run ends; when one is refused all of the run is undone, in
 * the ledger and beside it, and its messages are taken again, each under a savepoint of its own. What comes of them is
 * the same: they meet the same ledger, the same slots, the same clock. Whatever else changes something first ends the
 * run, so that nothing but messages is ever undone with it.
 */
#include <errno.h>

#include "intake/internal.h"

int run_begin(Intake *in) {
        Run *run = &in->run;
        int r = run_end(in);

        if (r == 0)
                r = store_savepoint(in->store);
        if (r < 0)
                return r;
        run->open = run->standing = true;
        run->n = run->used = run->n_slots = 0;
        run->head = in->head;
        run->mark = batch_mark(&in->batch);
        run->decisions = in->decisions;
        memcpy(run->doubts, in->doubts, sizeof(run->doubts));
        running_mark(in);
        return 0;
}

void run_close(Intake *in) {
        in->run.open &= in->run.busy;
}

int run_end(Intake *in) {
        const bool standing = in->run.standing;

        if (in->run.busy)
                return 0;
        in->run.open = in->run.standing = false;
        if (standing) {
                int r = store_savepoint_release(in->store);

                if (r < 0)
                        return r;
        }
        return record_changes_if_many(in);
}

void run_forget(Intake *in) {
        in->run.open = in->run.standing = in->run.busy = false;
}

int change_begin(Intake *in) {
        int r = run_end(in);

        if (r == 0)
                r = running_settle(in);
        return r < 0 ? r : store_begin(in->store);
}

static size_t bytes_of(const Incoming *m) {
        return strlen(m->topic) + 1 + m->size + m->n_correlation;
}

bool run_takes(Intake *in, const Incoming *m) {
        if (in->run.alone > 0) {
                in->run.alone--;
                return false;
        }
        return bytes_of(m) <= RUN_BYTES;
}

bool run_has_room(const Intake *in, const Incoming *m) {
        return in->run.open && in->run.n < RUN_MAX && bytes_of(m) <= RUN_BYTES - in->run.used;
}

void run_keep_slot(Intake *in, Slot *slot) {
        Run *run = &in->run;

        for (size_t i = 0; i < run->n_slots; i++)
                if (run->slots[i].slot == slot)
                        return;
        run->slots[run->n_slots++] = (RunSlot){ slot, *slot };
}

static const void *keep(Run *run, const void *from, size_t n) {
        uint8_t *at = run->bytes + run->used;

        if (n > 0)
                memcpy(at, from, n);
        run->used += n;
        return at;
}

void run_keep(Intake *in, const Incoming *m) {
        Run *run = &in->run;
        RunMessage *kept = run->messages + run->n++;

        *kept = (RunMessage){ in->now, *m };
        kept->m.topic = keep(run, m->topic, strlen(m->topic) + 1);
        kept->m.payload = keep(run, m->payload, m->size);
        kept->m.correlation = keep(run, m->correlation, m->n_correlation);
}

int run_undo(Intake *in) {
        Run *run = &in->run;

        in->head = run->head;
        batch_undo(&in->batch, run->mark);
        in->decisions = run->decisions;
        memcpy(in->doubts, run->doubts, sizeof(run->doubts));
        running_undo(in);
        for (size_t i = 0; i < run->n_slots; i++)
                *run->slots[i].slot = run->slots[i].before;
        run->open = run->standing = false;
        run->alone = RUN_ALONE;
        return store_savepoint_rollback(in->store);
}
