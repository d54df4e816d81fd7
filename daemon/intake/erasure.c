/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an erasure does, in the order of ErasureStage: sessions with their questions, overrides and forms; items; words on
 * injuries; what was refused; what devices said, all of it from the first message on, since a question that was denied
 * left no session; then the write-ahead log. Each slice is one transaction with a record of what it erased, so nothing is
 * done twice and nothing unrecorded. Bytes are erased where they name the patient; the pseudonym itself is the last to go.
 */
#include "intake/erasure.h"

#include <errno.h>
#include <stdio.h>

#include "codec/jsonr.h"
#include "core/naming.h"
#include "store/exposures.h"

#define PAUSE_US (20 * US_PER_MS)   /* between two slices: others have their turn... */
#define LOOK_US (5 * US_PER_MS)     /* ...and between two that mostly read: half a millisecond each */
#define HELD_US US_PER_S            /* until a message that still waits for others, or a full disk, is looked at again */
#define SLICE_ROWS 100
#define SLICE_BYTES 65536           /* of messages, in one slice */
#define SLICE_HITS 32
#define SAVE_ROWS 50000             /* looked at between two notes of how far it is */
#define TO_DISCARD "it belonged to a patient whose data were erased; discard it"

/* What one slice erased. */
typedef struct Slice {
        const char *what; /* table */
        size_t n;
        int64_t ids[SLICE_HITS];
} Slice;

/* --- does it name the patient? --- */

static bool value_names(const JsonrValue *v, const char *patient) {
        if (v->key && naming(v->key, v->n_key, patient))
                return true;
        return v->type == JSONR_STRING && (naming(v->string, v->n, patient) ||
                                           (v->key && streq(v->key, "patient") && streq(v->string, patient)));
}

/* Whatever the text hides behind escapes. What is no JSON is looked through as it is. 1, 0, or -ENOMEM. */
static int bytes_name(const void *raw, size_t n, const char *patient) {
        JsonReader reader = {};
        JsonrError error;
        int r;

        if (n == 0 || (!memmem(raw, n, patient, strlen(patient)) && !memchr(raw, '\\', n)))
                return 0;
        r = jsonr_read(&reader, raw, n, &error);
        if (r == -ENOMEM)
                return r;
        if (r != 0)
                r = naming(raw, n, patient);
        for (size_t i = 0; r == 0 && i < reader.n_values; i++)
                r = value_names(reader.values + i, patient);
        jsonr_done(&reader);
        return r;
}

/* --- slices --- */

static int slice_record(Intake *in, const Slice *slice) {
        const bool messages = streq(slice->what, "message");

        record_begin(in, "erased");
        jsonw_member_int(&in->w, "erasure", in->erasing.row.id);
        jsonw_key(&in->w, messages ? "messages" : "rows");
        jsonw_array(&in->w);
        for (size_t i = 0; i < slice->n; i++) {
                if (!messages) {
                        jsonw_array(&in->w);
                        jsonw_string(&in->w, slice->what);
                }
                jsonw_int(&in->w, slice->ids[i]);
                if (!messages)
                        jsonw_array_end(&in->w);
        }
        jsonw_array_end(&in->w);
        return record_end(in, NULL);
}

static void enter_stage(ErasureRow *e, ErasureStage stage) {
        e->stage = (int)stage;
        e->at = 0;
}

/* Sessions, or items: the next of them, until there is none. */
static int one_by_one(Intake *in, ErasureRow *e) {
        const bool sessions = e->stage == ERASURE_SESSIONS;
        Slice slice = { .what = sessions ? "session" : "item", .n = 1 };
        int r = change_begin(in);

        if (r == 0)
                r = sessions ? erase_session(in->store, e, slice.ids) : erase_item(in->store, e, TO_DISCARD, slice.ids);
        if (r < 0)
                return r;
        if (r == 0) {
                enter_stage(e, sessions ? ERASURE_ITEMS : ERASURE_EXPOSURES);
                return erasure_save(in->store, e);
        }
        *(sessions ? &e->sessions : &e->items) += 1;
        r = slice_record(in, &slice);
        return r < 0 ? r : erasure_save(in->store, e);
}

static int exposures(Intake *in, ErasureRow *e) {
        Slice slice = { .what = "exposure" };
        ExposureRow x;
        int r = 1;

        for (size_t n = 0; n < SLICE_ROWS && slice.n < SLICE_HITS && (r = exposure_next(in->store, e->at, true, &x)) > 0; n++) {
                e->at = x.id;
                if (naming(x.detail, strlen(x.detail), e->patient) || streq(x.detail, e->patient))
                        slice.ids[slice.n++] = x.id;
        }
        if (r == 0)
                enter_stage(e, ERASURE_DEAD_LETTERS);
        if (r >= 0)
                r = change_begin(in);
        for (size_t i = 0; i < slice.n && r == 0; i++)
                r = erase_exposure(in->store, slice.ids[i]);
        e->others += (int64_t)slice.n;
        if (r == 0 && slice.n)
                r = slice_record(in, &slice);
        return r < 0 ? r : erasure_save(in->store, e);
}

/* A question of a room, that its answer is kept under: its hash goes, too. 1: it is for this patient; 0; or an error. */
static int question(Intake *in, const RawRow *row, const char *patient) {
        const Event *e = &in->decoded->event;
        DecodeError error;
        Topic topic;
        int r;

        if (topic_parse(row->topic, in->config->site.id, &topic) != TOPIC_OK || !streq(topic.message, "session-request"))
                return 0;
        r = decode(topic.kind, topic.device, topic.message, row->raw, row->n, in->decoded, &error);
        if (r != 0)
                return r == -ENOMEM ? r : 0;
        if (!e->session_request.patient || !streq(e->session_request.patient, patient))
                return 0;
        r = erase_request(in->store, topic.device, e->session_request.nonce, e->session_request.session);
        return r < 0 ? r : 1;
}

/* Looks at so many rows. held: one that waits for others names the patient; it is looked at again. */
static int look(Intake *in, ErasureRow *e, bool dead, Slice *slice, bool *ret_held) {
        size_t rows = 0, bytes = 0;
        RawRow row;
        int r = raw_first(in->store, dead, e->at, e->i, &row), hit = 0;

        while (r > 0) {
                hit = bytes_name(row.raw, row.n, e->patient);
                *ret_held = hit > 0 && row.held;
                if (hit < 0 || *ret_held)
                        break;
                e->at = row.id;
                if (hit > 0)
                        slice->ids[slice->n++] = row.id;
                bytes += row.n;
                if (++rows >= SLICE_ROWS || bytes >= SLICE_BYTES || slice->n == SLICE_HITS)
                        break;
                r = raw_next(in->store, dead, &row);
        }
        if (r > 0)
                raw_done(in->store, dead);
        return hit < 0 ? hit : r;
}

/* Each row that was found is read again, since its bytes were borrowed. */
static int erase_raw(Intake *in, const ErasureRow *e, bool dead, const Slice *slice) {
        int r = change_begin(in);

        for (size_t i = 0; i < slice->n && r >= 0; i++) {
                RawRow row;

                r = dead ? 0 : raw_first(in->store, false, slice->ids[i] - 1, slice->ids[i], &row);
                if (r > 0) {
                        r = question(in, &row, e->patient);
                        raw_done(in->store, false);
                }
                if (r >= 0)
                        r = raw_erase(in->store, dead, slice->ids[i]);
        }
        return r < 0 ? r : 0;
}

/* What people and devices wrote as a reason stands in the chain for good: whoever signed is told how often it names the
 * patient. Records and messages bear the same numbers. */
static int count_records(Intake *in, ErasureRow *e, int64_t after, int64_t to) {
        int r;

        do {
                _cleanup_(freep) char *record = NULL;

                r = record_naming(in->store, &after, to, e->patient, &record);
                e->records += r > 0 && naming(record, strlen(record), e->patient);
        } while (r > 0);
        return r;
}

static int raws(Intake *in, ErasureRow *e) {
        const bool dead = e->stage == ERASURE_DEAD_LETTERS;
        const int64_t before = e->at;
        Slice slice = { .what = dead ? "dead_letter" : "message" };
        bool held = false;
        int more = look(in, e, dead, &slice, &held), r = 0;

        if (more < 0)
                return more;
        if (!dead)
                r = count_records(in, e, before, more ? e->at : e->i);
        if (r == 0 && slice.n)
                r = erase_raw(in, e, dead, &slice);
        *(dead ? &e->others : &e->messages) += (int64_t)slice.n;
        if (r == 0 && slice.n)
                r = slice_record(in, &slice);
        if (held)
                in->erasing.next_us = in->now.boot_us + HELD_US;
        if (r == 0 && more == 0) {
                enter_stage(e, dead ? ERASURE_MESSAGES : ERASURE_SCRUB);
                if (e->stage == ERASURE_SCRUB)
                        e->patient[0] = '\0';
        } else if (r == 0 && slice.n == 0 && e->at / SAVE_ROWS == before / SAVE_ROWS) {
                return 0;
        }
        if (r == 0)
                r = change_begin(in);
        return r < 0 ? r : erasure_save(in->store, e);
}

/* The pseudonym stands nowhere any more but in the log of what was written; that must be nobody's transaction. */
static int scrub(Intake *in, ErasureRow *e) {
        int r = store_in_batch(in->store) ? -EBUSY : store_scrub(in->store);

        if (r < 0)
                return r == -EBUSY ? 0 : r;
        r = change_begin(in);
        if (r < 0)
                return r;
        e->stage = ERASURE_DONE;
        e->done_us = in->now.wall_us;
        record_begin(in, "erased");
        jsonw_member_int(&in->w, "erasure", e->id);
        jsonw_member_bool(&in->w, "done", true);
        jsonw_member_int(&in->w, "sessions", e->sessions);
        jsonw_member_int(&in->w, "items", e->items);
        jsonw_member_int(&in->w, "messages", e->messages);
        jsonw_member_int(&in->w, "records", e->records);
        r = record_end(in, NULL);
        if (r == 0)
                r = erasure_save(in->store, e);
        in->erasing.known = false;
        return r < 0 ? r
                     : batch_log(&in->batch, LOG_ACT_KIND, LOG_NOTICE, NULL,
                                 "erasure %lld by %s is done: %lld sessions, %lld items, %lld messages", (long long)e->id,
                                 e->by, (long long)e->sessions, (long long)e->items, (long long)e->messages);
}

static int go_on(Intake *in, ErasureRow *e) {
        switch ((ErasureStage)e->stage) {
        case ERASURE_SESSIONS:
        case ERASURE_ITEMS:
                return one_by_one(in, e);
        case ERASURE_EXPOSURES:
                return exposures(in, e);
        case ERASURE_DEAD_LETTERS:
        case ERASURE_MESSAGES:
                return raws(in, e);
        case ERASURE_SCRUB:
                return scrub(in, e);
        case ERASURE_DONE:
                break;
        }
        return 0;
}

void erasure_undo(Intake *in) {
        in->erasing.known = false;
        in->erasing.next_us = in->now.boot_us + US_PER_S;
}

int erasure_tick(Intake *in) {
        int r = 0;

        if (in->erasing.next_us > in->now.boot_us)
                return 0;
        if (!in->erasing.known) {
                in->erasing.row.id = 0;
                r = erasure_standing(in->store, &in->erasing.row);
                if (r < 0)
                        return r;
                in->erasing.known = true;
        }
        in->erasing.next_us = !in->erasing.row.id                            ? INT64_MAX
                              : in->erasing.row.stage == ERASURE_MESSAGES ? in->now.boot_us + LOOK_US
                                                                          : in->now.boot_us + PAUSE_US;
        if (in->erasing.row.id && intake_doubted(in, DOUBT_STORE)) {
                in->erasing.next_us = in->now.boot_us + HELD_US;
                return 0;
        }
        return in->erasing.row.id ? go_on(in, &in->erasing.row) : 0;
}

/* --- the act --- */

/* An injury whose follow-up may need to know whose blood it was. */
static int open_exposure(Intake *in, const char *patient, char *ret_text) {
        ExposureRow x = {};
        SessionRow s;
        int r;

        while ((r = exposure_next(in->store, x.id, false, &x)) > 0) {
                r = x.session[0] ? session_get(in->store, x.session, &s) : 0;
                if (r < 0)
                        return r;
                if (r > 0 && streq(s.patient, patient))
                        return act_refuse(ret_text, "Injury %lld happened in a session of this patient and is open. Close "
                                          "it first: somebody may need to know whose blood it was.", (long long)x.id);
        }
        return r;
}

/* The day until which the last session is to be kept, as a date; 0: there is no session. */
static int kept_until(Intake *in, const char *patient, int32_t *ret) {
        PatientSession s;
        int r = patient_session_before(in->store, patient, INT64_MAX, INT64_MAX, &s);

        if (r >= 0)
                *ret = r ? date_of(MAX_OF(s.allowed_us, s.ended_us)) + in->config->retention.patients * 10000 : 0;
        return r < 0 ? r : 0;
}

static int may_erase(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const char *patient = act->patient ?: "";
        char live[LABEL_MAX + 1];
        ErasureRow other;
        int32_t until = 0;
        int r;

        if (!patient[0] || strlen(patient) > LABEL_MAX)
                return act_refuse(ret_text, "Say which patient, by a pseudonym of up to %d bytes.", LABEL_MAX);
        if (naming(act->reason, strlen(act->reason), patient))
                return act_refuse(ret_text, "The reason is kept, so it must not name the patient. Say it without.");
        if ((r = erasure_standing(in->store, &other)) > 0)
                return act_refuse(ret_text, "Erasure %lld is still under way. Sign again when it is done.",
                                  (long long)other.id);
        if (r == 0 && (r = patient_session_live(in->store, patient, live)) > 0)
                return act_refuse(ret_text, "Session %s of this patient is live. End it first.", live);
        if (r == 0)
                r = kept_until(in, patient, &until);
        if (r != 0)
                return r;
        if (until && date_of(MAX_OF(in->now.wall_us, in->floor_us)) <= until)
                return act_refuse(ret_text,
                                  "Who was treated is kept for %d years after the last session ([retention] "
                                  "patients-years), so that somebody can still be warned: until %04d-%02d-%02d. Nobody can "
                                  "shorten that by signing.",
                                  (int)in->config->retention.patients, until / 10000, until / 100 % 100, until % 100);
        return open_exposure(in, patient, ret_text);
}

int patient_erase(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        ErasureRow row = { .i = in->head.size, .at_us = in->now.wall_us };
        int r = may_erase(in, act, ret_text);

        if (r != 0)
                return r;
        snprintf(row.by, sizeof(row.by), "%s", act->by);
        snprintf(row.reason, sizeof(row.reason), "%s", act->reason);
        snprintf(row.patient, sizeof(row.patient), "%s", act->patient);
        r = erasure_add(in->store, &row);
        in->erasing.known = false;
        in->erasing.next_us = in->now.boot_us;
        snprintf(ret_text, ACT_TEXT_MAX,
                 "Erasure %lld is under way, and goes on by itself, after a restart too: asepsisctl patient erasures says "
                 "how far it is. Copies of the ledger that were made before still hold the patient: they are yours to "
                 "erase.", (long long)row.id);
        return r;
}
