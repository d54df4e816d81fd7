/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that is not the newest: how it is noticed at start, how the doubt stays over restarts, and what an officer's
 * word for it costs. (What the broker and the devices know of a newer one is in broker.c.)
 *
 * Noticed by the mark of a backup; by the witness beside it, which knows more or another history, or is missing
 * although one was written; and by its place: machine and path. A copy with its witness can run well elsewhere beside
 * the original, so a ledger that was moved is in doubt too. While it is in doubt the witness stays as it is: the right
 * ledger may yet be put back.
 *
 * Whoever goes on with such a ledger does not know what was used after it. So each single-use piece that was received
 * before is to be received again, unopened; rooms are to be disinfected; what was live gets no permit; and numbers that
 * must not be given twice (of permits, of clinic labels) jump.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "intake/internal.h"
#include "store/witness.h"

#define PERMITS_LOST 1000000 /* numbers, more than can have been given to a room in what was lost */
#define LABELS_LOST 1000000

static const struct {
        const char *cause, *text;
} causes[] = {
        { "copy-mark", "This ledger was restored from a backup." },
        { "set-back", "The ledger's file knows less than its witness file: it was set back or replaced." },
        { "other-ledger", "The witness file is of another ledger than the one that lies beside it." },
        { "no-witness", "The ledger lies here without its witness file: it was copied, or the file was deleted." },
        { "bad-witness", "The ledger's witness file cannot be read." },
        { "moved", "The ledger was brought here from another machine or another folder." },
};

static const char *text_of(const char *cause) {
        for (size_t i = 0; i < ELEMENTSOF(causes); i++)
                if (streq(causes[i].cause, cause))
                        return causes[i].text;
        return "This ledger is in doubt.";
}

/* --- noticing --- */

static void place_here(const Intake *in, char *ret, size_t size) {
        snprintf(ret, size, "%s %s", in->machine, store_path(in->store));
}

/* NULL: it speaks for this ledger. */
static int judge_witness(Intake *in, const char **ret_cause) {
        uint8_t hash[HASH_SIZE];
        int64_t written = 0;
        Witness w;
        int is = witness_read(in->store, &w), r = store_meta_int_get(in->store, "witnessed", &written);

        *ret_cause = NULL;
        if (r < 0 || (is < 0 && is != -EBADMSG))
                return r < 0 ? r : is;
        if (is <= 0) {
                *ret_cause = !written ? NULL : is ? "bad-witness" : "no-witness";
                return 0;
        }
        if (!streq(w.log, in->log)) {
                *ret_cause = "other-ledger";
                return 0;
        }
        r = w.head.size > in->committed.size ? 0 : ledger_hash_at(in->store, w.head.size, hash);
        if (r == 0 || (r > 0 && memcmp(hash, w.head.hash, HASH_SIZE) != 0))
                *ret_cause = "set-back";
        return r < 0 ? r : 0;
}

static int judge_place(Intake *in, const char **ret_cause) {
        char here[PATH_MAX + 64], kept[PATH_MAX + 64] = "";
        int r;

        *ret_cause = NULL;
        if (!in->placed)
                return 0;
        place_here(in, here, sizeof(here));
        r = store_meta_text_get(in->store, "place", kept, sizeof(kept));
        if (r > 0 && !streq(here, kept))
                *ret_cause = "moved";
        return r < 0 ? r : 0;
}

static int judge(Intake *in, const char **ret_cause) {
        int64_t copied_us;
        int r = store_meta_int_get(in->store, META_COPY, &copied_us);

        *ret_cause = r > 0 ? "copy-mark" : NULL;
        if (r == 0)
                r = judge_witness(in, ret_cause);
        if (r == 0 && !*ret_cause)
                r = judge_place(in, ret_cause);
        return r < 0 ? r : 0;
}

static int doubt(Intake *in, const char *cause) {
        int r = store_meta_text_set(in->store, "doubt_restore", cause);

        if (r < 0)
                return r;
        record_begin(in, "doubt");
        jsonw_member_string(&in->w, "rule", "restore-unconfirmed");
        jsonw_member_string(&in->w, "cause", cause);
        r = record_end(in, NULL);
        return r < 0 ? r
                     : alert_raise(
                               in,
                               &(AlertAbout){
                                       .rule = "restore-unconfirmed", .subject = "ledger", .severity = ALERT_CRITICAL },
                               "%s Put the right ledger back, or have an officer confirm this one (asepsisctl restore "
                               "confirm).",
                               text_of(cause));
}

/* This is the ledger, here and now: from now on its witness and its place say so. */
static int take_place(Intake *in) {
        char here[PATH_MAX + 64];
        int r = store_meta_int_set(in->store, "witnessed", 1);

        if (r < 0 || !in->placed)
                return r;
        place_here(in, here, sizeof(here));
        return store_meta_text_set(in->store, "place", here);
}

int restore_take_up(Intake *in, const char *machine) {
        char kept[32] = "";
        const char *cause = NULL;
        int64_t audit = 0;
        int r = store_meta_text_get(in->store, "doubt_restore", kept, sizeof(kept));

        in->witnessed = -1;
        if (machine)
                snprintf(in->machine, sizeof(in->machine), "%s", machine);
        in->placed = machine != NULL;
        if (r == 0)
                r = judge(in, &cause);
        if (r >= 0 && cause)
                r = doubt(in, cause);
        if (r >= 0)
                r = store_meta_int_get(in->store, "doubt_audit", &audit);
        /* What stands on the broker's state topics is read again. */
        if (r >= 0)
                r = accepted_forget_noted(in->store, "word");
        if (r < 0)
                return r;
        if (audit)
                intake_doubt(in, DOUBT_AUDIT, audit_doubt_text);
        if (kept[0] || cause)
                intake_doubt(in, DOUBT_RESTORE, text_of(kept[0] ? kept : cause));
        if (kept[0] || cause)
                return 0;
        r = intake_witness(in); /* there before the ledger says that it is */
        return r < 0 ? r : take_place(in);
}

int intake_witness(Intake *in) {
        Witness w = { .head = in->committed };
        int r;

        if (in->witnessed == in->committed.size || intake_doubted(in, DOUBT_RESTORE))
                return 0;
        snprintf(w.log, sizeof(w.log), "%s", in->log);
        r = witness_write(in->store, &w);
        if (r == 0)
                in->witnessed = in->committed.size;
        return r;
}

/* --- an officer's word --- */

static int labels_jump(Intake *in) {
        int64_t number = 0;
        int r = store_meta_int_get(in->store, "label_number", &number);

        return r < 0 ? r : store_meta_int_set(in->store, "label_number", number + LABELS_LOST);
}

/* One that this ledger never saw may have been used, and given permits, in what is lost. */
static int rooms_known(Intake *in) {
        for (size_t i = 0; i < in->config->n_rooms; i++) {
                RoomRow room;
                int r = room_get(in->store, in->config->rooms[i].id, &room);

                if (r >= 0)
                        r = room_save(in->store, &room);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Something of this ledger is lost, and it goes on all the same. */
static int restored(Intake *in, const char *cause, const char *by, const char *reason) {
        RestoredRow row = { .at_us = in->now.wall_us, .cause = cause, .by = by, .reason = reason };
        int r;

        record_begin(in, "restored");
        jsonw_member_string(&in->w, "cause", cause);
        r = record_end(in, &row.i);
        if (r == 0)
                r = restored_add(in->store, &row);
        if (r == 0)
                r = rooms_known(in);
        if (r == 0)
                r = room_doubt_all(in->store, in->now.wall_us, PERMITS_LOST);
        if (r == 0)
                r = override_end_all(in->store);
        return r < 0 ? r : labels_jump(in);
}

#define RESTORED_TEXT                                                                                                  \
        "Every single-use item that was in it is blocked until a station receives it again, unopened. Every room "     \
        "needs disinfection. Sessions that were live get no permit any more: end them. Reprocess whatever lies open. "  \
        "Locks, injuries, recalls and faults of the lost time are not known here: say them again."

int intake_restore_confirm(Intake *in, const Now *now, const char *by, const char *reason,
                           char ret_text[static ACT_TEXT_MAX]) {
        char cause[32] = "";
        int r = store_meta_text_get(in->store, "doubt_restore", cause, sizeof(cause));

        if (r == 0) {
                snprintf(ret_text, ACT_TEXT_MAX,
                         "This ledger is not in doubt as a restored one. There is nothing to confirm.");
                return 1;
        }
        if (r > 0)
                r = restored(in, cause, by, reason);
        if (r == 0)
                r = store_meta_delete(in->store, META_COPY);
        if (r == 0)
                r = store_meta_delete(in->store, "doubt_restore");
        /* Its witness is written once this is committed. A crash in between asks for the officer's word again. */
        if (r == 0)
                r = take_place(in);
        if (r == 0)
                r = intake_alert_resolve(in, now, "restore-unconfirmed", "ledger");
        if (r < 0)
                return r;
        in->settling.doubts |= 1U << DOUBT_RESTORE;
        snprintf(ret_text, ACT_TEXT_MAX, "The ledger goes on from here. " RESTORED_TEXT);
        return 0;
}

static int record_noted(Intake *in) {
        char what[16] = "", value[LABEL_MAX + 1] = "";
        int n = 0, r;

        record_begin(in, "accepted");
        jsonw_key(&in->w, "seen");
        jsonw_array(&in->w);
        while (n++ < ACCEPTED_TOLD && (r = accepted_noted_next(in->store, what, value)) > 0) {
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, what, value);
                jsonw_object_end(&in->w);
        }
        jsonw_array_end(&in->w);
        return r < 0 ? r : record_end(in, NULL);
}

int intake_audit_accept(Intake *in, const Now *now, const char *by, const char *reason,
                        char ret_text[static ACT_TEXT_MAX]) {
        const bool lost = intake_doubted(in, DOUBT_AUDIT), second = intake_doubted(in, DOUBT_SECOND);
        int r;

        if (!lost && !second) {
                snprintf(ret_text, ACT_TEXT_MAX,
                         "Neither a checkpoint nor another daemon is in doubt. There is nothing to accept.");
                return 1;
        }
        r = record_noted(in);
        if (r == 0)
                r = accepted_all(in->store, in->head.size);
        if (r == 0 && lost)
                r = restored(in, "audit", by, reason);
        if (r == 0 && lost)
                r = store_meta_delete(in->store, "doubt_audit");
        if (r == 0 && lost)
                r = intake_alert_resolve(in, now, "audit-inconsistent", "ledger");
        if (r == 0 && second)
                r = intake_alert_resolve(in, now, "second-daemon", "daemon");
        if (r < 0)
                return r;
        in->settling.doubts |= (lost ? 1U << DOUBT_AUDIT : 0) | (second ? 1U << DOUBT_SECOND : 0);
        snprintf(ret_text, ACT_TEXT_MAX, "%s%s",
                 second ? "What another daemon has said is accepted as gone; this one takes over, and locks again "
                          "should the "
                          "other speak. "
                        : "",
                 lost ? "What was seen of a newer ledger is accepted as lost. " RESTORED_TEXT : "");
        return 0;
}

/* --- received again --- */

int restore_blocks(const ItemRow *item, int64_t restored_i) {
        return MAX_OF(item->received_i, item->vouched_i) < restored_i;
}

int restore_receive(Intake *in, const Origin *o, const ItemRow *known, const char *class_id) {
        int64_t last;
        int r = restored_last(in->store, &last);

        if (r < 0 || !restore_blocks(known, last) || !item_single_use(in, known) || !o->sequenced || o->late)
                return r;
        if (!streq(known->class_id, class_id))
                return reject(in, REJECT_BAD_MEMBER, "class",
                              "%.100s was received as class %s. Receive it again as that.", known->code,
                              known->class_id);
        r = item_vouch(in->store, known->id, last, o->i);
        if (r != 0)
                return r < 0 ? r : 0;
        return reject(
                in, REJECT_BAD_MEMBER, "item",
                "%.100s cannot be received again: it was given to a session, used, opened, dropped or damaged. Discard "
                "it.",
                known->code);
}
