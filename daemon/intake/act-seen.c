/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a signature is about, looked at twice: when the person is asked for their password, and when it is there. Each
 * thing that they would have to know of is said as a sentence; its mark is kept, and a sentence that has no mark then is
 * news, which nobody has looked into. What has gone meanwhile is none: the act itself says that there is nothing to do.
 * By marks and not by times: they hold whatever becomes of the clock, and the one who sets it is the one to be told.
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include "intake/people.h"
#include "intake/session.h"
#include "intake/sterile.h"

#define CLOCK_MOVED_US US_PER_S
#define SENTENCE_SIZE (TEXT_MAX - 80)
#define NOTED_MAX 1000 /* words of others, told apart one by one; of more the number of those */

typedef struct Look {
        Intake *in;
        const Act *act;
        ActSeen *keeps;      /* the first look */
        const ActSeen *kept; /* the second */
        char *text;
        bool news;
} Look;

static uint64_t mark_of(const char *sentence, int64_t stamp) {
        uint8_t hash[crypto_hash_sha256_BYTES];
        crypto_hash_sha256_state h;
        uint64_t mark;

        crypto_hash_sha256_init(&h);
        crypto_hash_sha256_update(&h, (const uint8_t *)&stamp, sizeof(stamp));
        crypto_hash_sha256_update(&h, (const uint8_t *)sentence, strlen(sentence));
        crypto_hash_sha256_final(&h, hash);
        memcpy(&mark, hash, sizeof(mark));
        return mark;
}

static void tell(Look *l, const char *sentence) {
        act_refuse(l->text, "%s This is new since you were asked. Look into it, then do it again.", sentence);
        l->news = true;
}

/* A text that fills its place was cut, perhaps in the middle of a letter. */
static void cut_whole(char text[static SENTENCE_SIZE]) {
        size_t n = strlen(text);

        if (n < SENTENCE_SIZE - 1)
                return;
        while (n > 0 && (unsigned char)text[n - 1] >= 0x80)
                text[--n] = '\0';
}

/* The stamp is what the sentence does not say: which of several, or which time. Of too many to be kept one is news. */
static void _printf_(3, 4) there_is(Look *l, int64_t stamp, const char *format, ...) {
        char sentence[SENTENCE_SIZE];
        uint64_t mark;
        va_list ap;

        va_start(ap, format);
        vsnprintf(sentence, sizeof(sentence), format, ap);
        va_end(ap);
        cut_whole(sentence);
        mark = mark_of(sentence, stamp);
        if (l->keeps && l->keeps->n < ACT_SEEN_MAX)
                l->keeps->marks[l->keeps->n++] = mark;
        if (l->keeps || l->news)
                return;
        for (size_t i = 0; i < l->kept->n; i++)
                if (l->kept->marks[i] == mark)
                        return;
        tell(l, sentence);
}

/* --- what stands; each 0 or the store's error --- */

static int locks(Look *l) {
        RoomLockRow lock = {};
        int r;

        while ((r = room_lock_next(l->in->store, l->act->subject, lock.rule, &lock)) > 0)
                there_is(l, lock.at_us, "Room %.64s was locked again while you signed: %s (%" PRId64 "): %s", l->act->subject,
                         lock.rule, lock.count, lock.text);
        return r;
}

static int doubts(Look *l) {
        static const Doubt all[] = { DOUBT_CLOCK, DOUBT_STORE, DOUBT_AUDIT, DOUBT_RESTORE, DOUBT_SECOND, DOUBT_KEY };

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                const char *text = intake_doubted(l->in, all[i]);

                if (text)
                        there_is(l, all[i], "%s", text);
        }
        return 0;
}

/* The officer has looked at a clock that shows another time by now. */
static int clock_and_doubts(Look *l) {
        const int64_t clock_us = l->in->now.wall_us - l->in->now.boot_us;

        if (l->keeps)
                l->keeps->clock_us = clock_us;
        else if (llabs(clock_us - l->kept->clock_us) > CLOCK_MOVED_US)
                tell(l, "The clock was set while you signed.");
        return doubts(l);
}

/* What other ledgers and daemons said, which all is accepted at once. */
static int words_and_doubts(Look *l) {
        char what[16] = "", value[LABEL_MAX + 1] = "";
        uint64_t all = 0;
        int n = 0, r = 0;

        for (; n < NOTED_MAX && (r = accepted_noted_next(l->in->store, what, value)) > 0; n++)
                all += mark_of(value, 0);
        if (r >= 0 && n > 0)
                there_is(l, (int64_t)all, "Something was seen of another ledger, or of another daemon (%d words by now).", n);
        return r < 0 ? r : doubts(l);
}

static int alerts(Look *l) {
        AlertRow row;
        int r = 0;

        for (size_t i = 0; i < l->act->n_alerts && r >= 0; i++) {
                r = alert_get_id(l->in->store, l->act->alerts[i], &row);
                if (r > 0)
                        there_is(l, row.severity, "Alert %" PRId64 " (%s) has come again, %" PRId64 " times by now: %s", row.id,
                                 row.rule, row.count, row.text);
        }
        return r < 0 ? r : 0;
}

static int denial(Look *l) {
        OverrideRow row;
        int r = override_last(l->in->store, l->act->subject, l->act->cause ?: "", &row);

        if (r <= 0)
                return r;
        there_is(l, row.i, "Session %s was denied anew by %s, for what came up meanwhile.", row.session, row.rule);
        if (row.first_us)
                there_is(l, row.first_us, "%s has signed it while you did: with your signature it takes effect.", row.first_by);
        return 0;
}

static int out_of_service(Look *l) {
        ServiceRow row = {};
        int r;

        while ((r = service_out_next(l->in->store, l->act->subject, row.id, &row)) > 0)
                there_is(l, row.last_us, "Autoclave %s is out of service for %s: %s", row.autoclave,
                         fitness_cause_id((ServiceCause)row.cause), row.text);
        return r;
}

static int recall(Look *l) {
        RecallInfo x;
        int r = recall_get(l->in->store, l->act->recall, &x);

        if (r > 0 && x.confirmed_us)
                there_is(l, x.id, "%s has confirmed it as a recall.", x.confirmed_by);
        return r < 0 ? r : 0;
}

/* The quarantines that end with it, and what became of the piece. */
static int piece(Look *l) {
        char code[CODE_MAX + 1];
        RecallInfo x = {};
        ItemRow item;
        int r;

        recalled_item(l->in, l->act->subject, code);
        while ((r = recall_by_hand_next(l->in->store, code, x.id, &x)) > 0)
                there_is(l, x.id, "%.130s was put into quarantine %" PRId64 " by %s.", code, x.id, x.by);
        if (r == 0)
                r = item_get(l->in->store, code, &item);
        if (r > 0)
                there_is(l, 0, "%.130s is %s by now%s%s%s%s.", item.code, item_state_name((ItemState)item.state),
                         item.used_us ? ", and used" : "", item.damaged_us ? ", and damaged" : "",
                         item.dropped_us ? ", and thrown away" : "", item.cloned_us ? ", and seen twice" : "");
        return r < 0 ? r : 0;
}

/* Each was looked at, whoever says that they are dry; so one that is named now was not. */
static int packs(Look *l) {
        PackRow pack = {};
        uint64_t all = 0;
        AttemptRow a;
        int n = 0, r = attempt_get(l->in->store, l->act->subject, &a);

        if (r <= 0)
                return r;
        for (; (r = pack_in_attempt_next(l->in->store, a.id, pack.id, &pack)) > 0; n++)
                all += mark_of(pack.label, pack.id);
        if (r == 0)
                there_is(l, (int64_t)all, "Other packs are in load %.64s: %d by now.", a.label, n);
        return r;
}

static int (*const looks[_ACT_MAX])(Look *l) = {
        [ACT_ROOM_UNLOCK] = locks,
        [ACT_CLOCK_CONFIRM] = clock_and_doubts,
        [ACT_RESTORE_CONFIRM] = words_and_doubts,
        [ACT_AUDIT_ACCEPT] = words_and_doubts,
        [ACT_KEY_ACCEPT] = doubts,
        [ACT_ALERT_RESOLVE] = alerts,
        [ACT_OVERRIDE] = denial,
        [ACT_AUTOCLAVE_RETURN] = out_of_service,
        [ACT_RECALL_CONFIRM] = recall,
        [ACT_RECALL_END] = recall,
        [ACT_ITEM_RETURN] = piece,
        [ACT_LOAD_RELEASE] = packs,
};

int act_look(Intake *in, const Act *act, ActSeen *ret) {
        Look l = { .in = in, .act = act, .keeps = ret };

        ret->n = 0;
        return looks[act->type] ? looks[act->type](&l) : 0;
}

int act_unseen(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        Look l = { .in = in, .act = act, .kept = act->seen, .text = ret_text };
        int r = act->seen && looks[act->type] ? looks[act->type](&l) : 0;

        return r < 0 ? r : l.news ? ACT_REFUSED : 0;
}
