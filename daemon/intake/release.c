/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Release: a named person's decision on a load, after the verdict. It is the one way in which packs become sterile
 * here. The facts are gathered in the transaction in which the packs change; the core judges; whatever was answered
 * stays in the ledger. Anybody may reject, at any time: that locks.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "intake/sterile.h"

/* All of one decision; large. */
typedef struct Releasing {
        ReleaseFacts facts;
        int64_t packs[RELEASE_PACKS_MAX]; /* their ids, as in the facts */
        Reasons verdict, fitness, reasons;
        char recall[TEXT_MAX + 1];
        Transcribed transcribed;
        bool on_manual; /* released, and on transcribed readings */
        size_t n_withheld;
        struct {
                const char *pack;
                Reason reason;
        } withheld[ITEMS_MAX];
} Releasing;

/* --- facts --- */

/* What the verdict found; the ids are static strings of the core. An unreadable text leaves none, which refuses too. */
static void facts_of_verdict(const AttemptRow *a, Reasons *ret) {
        AttemptReasons read;

        if (attempt_reasons_read(a->reasons, &read) < 0)
                return;
        for (size_t i = 0; i < read.n; i++)
                for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++)
                        if (streq(read.v[i].rule, cycle_rule_id((CycleRule)rule)))
                                reasons_add(ret, cycle_rule_id((CycleRule)rule), "%s", read.v[i].text);
}

/* The verdict knows of packs that were named in time. Named later, they must not make a load of what was none. */
static void facts_of_purpose(const AttemptRow *a, Reasons *ret) {
        const char *id = cycle_rule_id(CYCLE_TEST_CYCLE_IN_LOAD);

        if (a->purpose != PURPOSE_LOAD && !reasons_has(ret, id))
                reasons_add(ret, id, "This cycle was announced as a test, an empty one or a warm-up, so nothing in it "
                                     "counts as sterilized. Pack and sterilize the items anew.");
}

/* A class that is no longer configured says nothing, so the worst is taken; the gate lets nothing of it pass anyway. */
static int facts_of_items(Intake *in, int64_t pack, ReleasePack *p) {
        ItemRow item = {};
        int r;

        while ((r = item_in_pack_next(in->store, pack, item.id, &item)) > 0) {
                const ConfigClass *c = item_class(in, &item);

                p->hollow |= !c || c->hollow;
                p->single_use |= c && c->single_use && !c->sterilize_before_use;
                p->needs_biological |= c && c->needs_biological;
                p->critical |= !c || c->critical;
        }
        return r;
}

static int facts_of_pack(Intake *in, const Event *e, const PackRow *row, ReleasePack *p) {
        *p = (ReleasePack){ .wrap = row->wrap,
                            .late = row->late,
                            .wet = row->wet || list_has(&e->release.wet_packs, row->label),
                            .damaged = row->damaged_us != 0,
                            .opened = row->opened_us || row->opened_session,
                            .inside = row->inside == INSIDE_FAILED ? INDICATOR_FAILED : INDICATOR_UNREAD };
        snprintf(p->label, sizeof(p->label), "%s", row->label);
        return facts_of_items(in, row->id, p);
}

static int facts_of_packs(Intake *in, const Event *e, const AttemptRow *a, Releasing *x) {
        ReleaseFacts *f = &x->facts;
        PackRow row = {};
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, row.id, &row)) > 0) {
                if (f->n_packs++ >= RELEASE_PACKS_MAX)
                        continue;
                x->packs[f->n_packs - 1] = row.id;
                r = facts_of_pack(in, e, &row, f->packs + f->n_packs - 1);
                if (r < 0)
                        return r;
        }
        return r;
}

static const char *wet_stranger(const Event *e, const ReleaseFacts *f) {
        for (size_t i = 0; i < e->release.wet_packs.n; i++) {
                const char *label = e->release.wet_packs.v[i];
                size_t k = 0, n = MIN_OF(f->n_packs, (size_t)RELEASE_PACKS_MAX);

                while (k < n && !streq(f->packs[k].label, label))
                        k++;
                if (k == n)
                        return label;
        }
        return NULL;
}

static int facts_of_indicators(Intake *in, const AttemptRow *a, Releasing *x) {
        ReleaseFacts *f = &x->facts;
        IndicatorRow row = {};
        int r;

        while ((r = indicator_next(in->store, a->id, row.id, &row)) > 0) {
                const ReleaseReading reading = { .where = (IndicatorWhere)row.place,
                                                 .type = row.type,
                                                 .result = (Result)row.result,
                                                 .expires = row.expires_on };
                ReleasePack *pack = NULL;

                for (size_t i = 0; row.pack && i < MIN_OF(f->n_packs, (size_t)RELEASE_PACKS_MAX); i++)
                        if (x->packs[i] == row.pack)
                                pack = f->packs + i;
                if (row.kind == INDICATOR_CHEMICAL)
                        release_read(f, pack, &reading);
        }
        return r < 0 ? r : spore_outcome(in, a, &f->biological);
}

static void facts_of_process(const Intake *in, const AttemptRow *a, ReleaseFacts *f) {
        const ConfigAutoclave *autoclave = config_autoclave(in->config, a->autoclave);
        const ConfigProgram *program = autoclave ? config_program(autoclave, a->program) : NULL;

        f->machine = autoclave ? (MachineType)autoclave->machine : MACHINE_N;
        f->suits_hollow = program && program->suits_hollow;
        f->wraps = program ? program->wraps : 0;
        f->asked = (LoadChallenge)in->config->policy.load_challenge;
}

static int facts_of_release(Intake *in, const Event *e, const AttemptRow *a, Releasing *x) {
        const ConfigPractitioner *by = config_practitioner(in->config, e->release.by);
        ReleaseFacts *f = &x->facts;
        int r;

        f->ended = a->verdict >= 0;
        f->verified = a->verdict == CYCLE_VERIFIED;
        f->verdict = &x->verdict;
        f->clock_doubt = intake_doubted(in, DOUBT_CLOCK);
        f->cycle_date = date_of(a->started_us);
        f->grade = (Grade)a->grade;
        f->releaser = by && config_person_is(by, PERSON_RELEASER);
        f->state = (LoadState)a->released;
        facts_of_verdict(a, &x->verdict);
        facts_of_purpose(a, &x->verdict);
        facts_of_process(in, a, f);
        r = load_said_wet(in->store, a->id);
        f->dry = r == 0 && e->release.dry;
        if (r >= 0)
                r = fitness_refusals(in, a, &x->fitness);
        if (r == 0)
                f->fitness = &x->fitness;
        if (r >= 0)
                r = load_recall(in->store, a, x->recall);
        if (r > 0)
                f->recall = x->recall;
        if (r >= 0)
                r = facts_of_packs(in, e, a, x);
        if (r >= 0)
                r = transcript_facts(in, a, e->release.by, &x->transcribed);
        if (r > 0)
                f->manual = &x->transcribed.facts;
        if (r < 0)
                return r;
        f->wet_unknown = wet_stranger(e, f);
        return facts_of_indicators(in, a, x);
}

/* --- what it does --- */

static int items_become_sterile(Intake *in, int64_t pack) {
        ItemRow item = {};
        int r;

        while ((r = item_in_pack_next(in->store, pack, item.id, &item)) > 0) {
                if (item.state != ITEM_PACKED)
                        continue;
                r = item_enter_state(in, &item, ITEM_STERILE);
                if (r >= 0)
                        r = item_save(in->store, &item);
                if (r < 0)
                        return r;
        }
        return r;
}

static void withhold(Releasing *x, const char *pack, const Reason *why) {
        if (x->n_withheld == ELEMENTSOF(x->withheld))
                return;
        x->withheld[x->n_withheld].pack = pack;
        x->withheld[x->n_withheld++].reason = *why;
}

/* What stays behind stays as it is: packed, and not sterile. Its items are cleaned and packed anew. */
static int make_sterile(Intake *in, const AttemptRow *a, Releasing *x) {
        int r = 0;

        for (size_t i = 0; i < x->facts.n_packs && r >= 0; i++) {
                const ReleasePack *p = x->facts.packs + i;
                Reason why;
                PackRow row;

                r = pack_get_id(in->store, x->packs[i], &row);
                if (r <= 0)
                        return r < 0 ? r : -ENOENT;
                row.wet = p->wet;
                if (release_withholds(p, &why))
                        withhold(x, p->label, &why);
                else
                        row.sterile_us = a->ended_us;
                r = pack_save(in->store, &row);
                if (r == 0 && row.sterile_us)
                        r = items_become_sterile(in, row.id);
        }
        return r < 0 ? r : 0;
}

/* The attempt may be the one that runs. */
static int attempt_change(Intake *in, const AttemptRow *a) {
        Running *running;
        int r = running_get(in, a->autoclave, &running);

        if (r > 0 && running->attempt.id == a->id) {
                running->attempt = *a;
                running->touched = true;
        }
        return r < 0 ? r : attempt_save(in->store, a);
}

/*
 * Said once, a pack stays wet: the next try may come from somebody who did not look. One that is found wet after its
 * release is no longer sterile: what is wet lets germs through.
 */
static int keep_wet(Intake *in, const Releasing *x) {
        int r = 0;

        for (size_t i = 0; i < MIN_OF(x->facts.n_packs, (size_t)RELEASE_PACKS_MAX) && r >= 0; i++) {
                PackRow row;

                if (!x->facts.packs[i].wet)
                        continue;
                r = pack_get_id(in->store, x->packs[i], &row);
                if (r <= 0)
                        return r < 0 ? r : -ENOENT;
                row.wet = true;
                if (row.sterile_us && !row.damaged_us) {
                        row.damaged_us = in->now.wall_us;
                        snprintf(row.damage_reason, sizeof(row.damage_reason), "it was found wet after its release");
                }
                r = pack_save(in->store, &row);
        }
        return r < 0 ? r : 0;
}

static int load_release(Intake *in, const Event *e, AttemptRow *a, Releasing *x, LoadWord *ret) {
        int r = facts_of_release(in, e, a, x);

        if (r < 0)
                return r;
        release_judge(&x->facts, &x->reasons);
        *ret = x->reasons.total ? LOAD_WORD_REFUSED : LOAD_WORD_RELEASED;
        if (x->reasons.total)
                return keep_wet(in, x);
        x->on_manual = release_on_manual_evidence(&x->facts);
        a->released = LOAD_RELEASED;
        a->released_us = in->now.wall_us;
        snprintf(a->released_by, sizeof(a->released_by), "%s", e->release.by);
        r = make_sterile(in, a, x);
        return r < 0 ? r : attempt_change(in, a);
}

int load_quarantine(Intake *in, int64_t attempt, const char *cause, const char *by, const char *format, ...) {
        char reason[TEXT_MAX + 1];
        RecallRow row = { .kind = RECALL_QUARANTINE, .cause = cause, .reason = reason, .by = by, .attempt = attempt };
        va_list ap;

        va_start(ap, format);
        vsnprintf(reason, sizeof(reason), format, ap);
        va_end(ap);
        return recall_begin(in, &row);
}

/*
 * Its packs may have gone out, so that is a recall, also beside another one: that one may end before this. Who had
 * released it stays on the attempt.
 */
static int load_withdraw(Intake *in, const Event *e, const AttemptRow *a) {
        const int already = load_withdrawn(in->store, a->id);
        char reason[TEXT_MAX + 1];
        RecallRow recall = {
                .kind = RECALL_FINAL, .cause = "load-recalled", .reason = reason, .by = e->release.by, .attempt = a->id
        };

        if (already != 0)
                return already < 0 ? already : 0;
        snprintf(reason, sizeof(reason), "its release was withdrawn%s%s", e->release.reason ? ": " : "",
                 e->release.reason ?: "");
        return recall_begin(in, &recall);
}

static int load_reject(Intake *in, const Event *e, AttemptRow *a, Releasing *x, LoadWord *ret) {
        if (a->released == LOAD_RELEASED || a->released == LOAD_RECALLED) {
                *ret = a->released == LOAD_RELEASED ? LOAD_WORD_WITHDRAWN : LOAD_WORD_RECALLED;
                reasons_add(&x->reasons, "load-recalled",
                            "Its release is withdrawn. Take its packs off the shelves, keep them apart and ask an "
                            "officer.");
                return load_withdraw(in, e, a);
        }
        *ret = LOAD_WORD_REJECTED;
        reasons_add(&x->reasons, "load-rejected",
                    "It was rejected. Its items must be cleaned, packed and sterilized again.");
        a->released = LOAD_REJECTED;
        a->released_us = in->now.wall_us;
        snprintf(a->released_by, sizeof(a->released_by), "%s", e->release.by);
        return attempt_change(in, a);
}

/* --- the answer, the record, the journal --- */

static int release_answer(Intake *in, const Event *e, const AttemptRow *a, const Releasing *x) {
        EncodeReason reasons[REASONS_MAX];
        EncodeWithheld withheld[ITEMS_MAX];
        EncodeReleased answer = { .autoclave = e->release.autoclave,
                                  .has_cycle = a || e->release.has_cycle,
                                  .cycle = a ? a->cycle : e->release.cycle,
                                  .attempt = a ? a->label : e->release.attempt,
                                  .transcribed_by = x->on_manual ? x->transcribed.by : NULL,
                                  .released = x->reasons.total == 0,
                                  .reasons = { x->reasons.n, reasons },
                                  .withheld = withheld,
                                  .n_withheld = x->n_withheld };
        char topic[TOPIC_MAX];
        int r = topic_down(in->config->site.id, e->kind, e->device, "released", topic);

        for (size_t i = 0; i < x->reasons.n; i++)
                reasons[i] = (EncodeReason){ .rule = x->reasons.v[i].rule, .text = x->reasons.v[i].text };
        for (size_t i = 0; i < x->n_withheld; i++)
                withheld[i] =
                        (EncodeWithheld){ x->withheld[i].pack, x->withheld[i].reason.rule, x->withheld[i].reason.text };
        if (r == 0)
                r = encode_released(&in->w, &answer);
        return r < 0 ? r : publish_durable(in, topic, false);
}

static int release_record(Intake *in, const Event *e, const AttemptRow *a, const Releasing *x, LoadWord word,
                          int64_t *ret_i) {
        record_begin(in, "release");
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_string(&in->w, "by", e->release.by);
        jsonw_member_string(&in->w, "what", load_word_name(word));
        jsonw_member_bool(&in->w, "dry", e->release.dry);
        jsonw_member_optional(&in->w, "reason", e->release.reason);
        jsonw_member_optional(&in->w, "transcribed_by", x->on_manual ? x->transcribed.by : NULL);
        jsonw_key(&in->w, "rules");
        jsonw_array(&in->w);
        for (size_t i = 0; i < x->reasons.n; i++)
                jsonw_string(&in->w, x->reasons.v[i].rule);
        jsonw_array_end(&in->w);
        jsonw_key(&in->w, "withheld");
        jsonw_array(&in->w);
        for (size_t i = 0; i < x->n_withheld; i++)
                jsonw_string(&in->w, x->withheld[i].pack);
        jsonw_array_end(&in->w);
        return record_end(in, ret_i);
}

/* The reasons in full, for whoever looks at the load years later. */
static int release_keep(Intake *in, const Event *e, const AttemptRow *a, const Releasing *x, LoadWord word, int64_t i) {
        DecisionRow row = { .i = i, .at_us = in->now.wall_us, .what = (int)word, .dry = e->release.dry };
        char on_manual[TRANSCRIBERS_MAX + 64];
        const char *text;
        size_t n;
        int r;

        snprintf(row.by, sizeof(row.by), "%s", e->release.by);
        snprintf(row.reason, sizeof(row.reason), "%s", e->release.reason ?: "");
        jsonw_reset(&in->w);
        jsonw_array(&in->w);
        for (size_t k = 0; k < x->reasons.n; k++) {
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, "rule", x->reasons.v[k].rule);
                jsonw_member_string(&in->w, "text", x->reasons.v[k].text);
                jsonw_object_end(&in->w);
        }
        if (x->on_manual) {
                snprintf(on_manual, sizeof(on_manual), "Released on readings transcribed by %s.", x->transcribed.by);
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, "rule", "manual-evidence");
                jsonw_member_string(&in->w, "text", on_manual);
                jsonw_object_end(&in->w);
        }
        jsonw_array_end(&in->w);
        r = jsonw_finish(&in->w, &text, &n);
        return r < 0 ? r
                     : decision_add(in->store, a->id,
                                    (x->reasons.n || x->on_manual) && n < DECISION_JSON_MAX ? text : NULL, &row);
}

/* One line for the decision and one for each reason, so that each is found by its rule. */
static int release_log(Intake *in, const Event *e, const AttemptRow *a, const Releasing *x, LoadWord word) {
        const bool released = word == LOAD_WORD_RELEASED;
        const LogSubject subject = { .device = a->autoclave, .cycle = a->label };
        int r = batch_log(&in->batch, released ? LOG_LOAD_RELEASED_KIND : LOG_LOAD_REFUSED_KIND,
                          released && !x->on_manual ? LOG_INFO : LOG_WARNING, &subject, "load %s %s by %s%s%s", a->label,
                          load_word_name(word), e->release.by, x->on_manual ? ", on readings transcribed by " : "",
                          x->on_manual ? x->transcribed.by : "");

        for (size_t i = 0; i < x->reasons.n && r == 0; i++) {
                const LogSubject why = { .rule = x->reasons.v[i].rule, .device = a->autoclave, .cycle = a->label };

                r = batch_log(&in->batch, LOG_LOAD_REFUSED_KIND, LOG_WARNING, &why, "load %s: %s: %s", a->label,
                              x->reasons.v[i].rule, x->reasons.v[i].text);
        }
        for (size_t i = 0; i < x->n_withheld && r == 0; i++) {
                const Reason *w = &x->withheld[i].reason;
                const LogSubject why = { .rule = w->rule, .device = a->autoclave, .cycle = a->label };

                r = batch_log(&in->batch, LOG_LOAD_REFUSED_KIND, LOG_WARNING, &why,
                              "load %s: pack %s is left out: %s: %s", a->label, x->withheld[i].pack, w->rule, w->text);
        }
        return r;
}

/* --- which load, and the message --- */

/* Which attempt is meant: 1; 0 and *ret_why where that is not clear. */
static int release_which(Intake *in, const Event *e, AttemptRow *ret, const char **ret_why) {
        int r = e->release.attempt ? attempt_get(in->store, e->release.attempt, ret)
                                   : attempt_by_cycle(in->store, e->release.autoclave, e->release.cycle, ret);
        const bool other = r == 1 && e->release.has_cycle && ret->cycle != e->release.cycle;

        *ret_why = r > 1    ? "More than one attempt bears this cycle number. Name the attempt."
                   : r == 0 ? "No such cycle is known here. Look at the number on the autoclave."
                   : other  ? "That attempt bears another cycle number. Look which load is meant."
                            : "That attempt was made in another autoclave. Look which load is meant.";
        return r < 0 ? r : r == 1 && !other && streq(ret->autoclave, e->release.autoclave);
}

/* The decision on it, on record and in the journal. */
static int load_decide(Intake *in, const Event *e, AttemptRow *a, Releasing *x, LoadWord *ret) {
        int64_t i;
        int r = e->release.decision == DECISION_REJECT ? load_reject(in, e, a, x, ret) : load_release(in, e, a, x, ret);

        if (r == 0)
                r = release_record(in, e, a, x, *ret, &i);
        if (r == 0)
                r = release_keep(in, e, a, x, *ret, i);
        return r < 0 ? r : release_log(in, e, a, x, *ret);
}

int on_release(Intake *in, const Event *e, const Origin *o) {
        _cleanup_(freep) Releasing *x = calloc(1, sizeof(*x));
        const char *why;
        AttemptRow a;
        LoadWord word;
        int r = x ? release_which(in, e, &a, &why) : -ENOMEM;

        (void)o;
        if (r < 0)
                return r;
        if (r == 0) {
                reasons_add(&x->reasons, "manifest-missing", "%s", why);
                return release_answer(in, e, NULL, x);
        }
        r = load_decide(in, e, &a, x, &word);
        return r < 0 ? r : release_answer(in, e, &a, x);
}

/* --- by hand --- */

/* Of those that do not fit, the rule. */
static void text_add(char text[static ACT_TEXT_MAX], char apart, const char *subject, const Reason *why) {
        const size_t n = strlen(text);
        const int more = snprintf(text + n, ACT_TEXT_MAX - n, "%c%s: %s", apart, subject, why->text);

        if (more >= 0 && (size_t)more < ACT_TEXT_MAX - n)
                return;
        snprintf(text + n, ACT_TEXT_MAX - n, "%c%s", apart, subject);
}

/* What speaks against a release, a line each. */
static void release_text(const AttemptRow *a, const Releasing *x, LoadWord word, char ret[static ACT_TEXT_MAX]) {
        const char apart = word == LOAD_WORD_REFUSED ? '\n' : ' ';

        snprintf(ret, ACT_TEXT_MAX, "Load %s is %s%s%s.%s", a->label,
                 word == LOAD_WORD_REFUSED     ? "not released"
                 : word == LOAD_WORD_WITHDRAWN ? "recalled"
                                               : load_word_name(word),
                 x->on_manual ? ", on readings transcribed by " : "", x->on_manual ? x->transcribed.by : "",
                 x->n_withheld ? " Left out, and not sterile:" : "");
        for (size_t i = 0; i < x->reasons.n; i++)
                text_add(ret, apart, x->reasons.v[i].rule, x->reasons.v + i);
        for (size_t i = 0; i < x->n_withheld; i++)
                text_add(ret, apart, x->withheld[i].pack, &x->withheld[i].reason);
}

/* There must be a release that can be taken back. Sets ret_text where there is none. */
static int may_withdraw(Intake *in, const AttemptRow *a, char ret_text[static ACT_TEXT_MAX]) {
        int already;

        if (a->released != LOAD_RELEASED && a->released != LOAD_RECALLED)
                return act_refuse(ret_text, "Load %s is not released, so there is nothing to take back. To keep it from "
                                            "being released, reject it: asepsisctl reject %s.",
                                  a->label, a->label);
        already = load_withdrawn(in->store, a->id);
        return already > 0 ? act_refuse(ret_text, "The release of load %s was taken back already.", a->label) : already;
}

static void event_of_act(const Act *act, const AttemptRow *a, Event *ret) {
        *ret = (Event){ .release = { .autoclave = a->autoclave,
                                     .attempt = a->label,
                                     .by = act->by,
                                     .reason = act->reason && act->reason[0] ? act->reason : NULL,
                                     .dry = act->dry,
                                     .wet_packs = { act->n_wet_packs, act->wet_packs },
                                     .decision = act->type == ACT_LOAD_RELEASE ? DECISION_RELEASE : DECISION_REJECT } };
}

int load_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        _cleanup_(freep) Releasing *x = calloc(1, sizeof(*x));
        AttemptRow a;
        LoadWord word;
        Event e;
        int r = x ? attempt_get(in->store, act->subject, &a) : -ENOMEM;

        if (r == 0)
                return act_refuse(ret_text, "There is no load %s. See asepsisctl load --all.", act->subject);
        if (r > 0)
                r = act->type == ACT_LOAD_WITHDRAW ? may_withdraw(in, &a, ret_text) : 0;
        if (r != 0)
                return r;
        event_of_act(act, &a, &e);
        r = load_decide(in, &e, &a, x, &word);
        if (r < 0)
                return r;
        release_text(&a, x, word, ret_text);
        return word == LOAD_WORD_REFUSED ? ACT_DENIED : 0;
}
