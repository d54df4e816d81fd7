/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fitness of autoclaves: gathering what core/fitness.h judges, for a load that is to be released and for the alerts
 * that come before something is due. Days are clinic days; a load belongs to the day on which its cycle started.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/sterile.h"
#include "store/fitness.h"

#define LOOK_EVERY_US (60 * US_PER_S)
#define UNREAD_LOOK_DAYS 60 /* an older spore test is not asked for any more */

typedef struct Gathered {
        FitnessFacts facts;
        FitnessDuty *duties;
        int64_t until_us; /* the end of the load's cycle */
        char out[FITNESS_TEXT_MAX];
} Gathered;

static Gathered *gathered_free(Gathered *g) {
        if (g)
                free(g->duties);
        free(g);
        return NULL;
}
DEFINE_CLEANUP(Gathered, gathered_free)

static int32_t day_of(const Intake *in, int64_t t_us) {
        return clinic_day(t_us, in->config->site.day_start_us);
}

/* --- facts --- */

/*
 * Has none passed since the last that failed? One stamped by a clock that was set back since counts by when it was told: a
 * failure then does not stand for years, and a pass then takes no later failure back.
 */
static int facts_of_failure(Intake *in, const ConfigAutoclave *c, TestType first, TestType second, bool *ret) {
        const int64_t now_us = in->now.wall_us;
        TestRow passed = {}, failed = {};
        int r = test_last(in->store, c->id, first, second, TEST_PASSED, now_us, &passed);

        if (r >= 0)
                r = test_last(in->store, c->id, first, second, TEST_FAILED, INT64_MAX, &failed);
        if (r > 0 && failed.run_us > now_us && failed.id < passed.id) {
                failed = (TestRow){};
                r = test_last(in->store, c->id, first, second, TEST_FAILED, now_us, &failed);
        }
        *ret = failed.id && (!passed.id || failed.run_us > now_us || passed.run_us <= failed.run_us);
        return r < 0 ? r : 0;
}

static int facts_of_penetration(Intake *in, const ConfigAutoclave *c, FitnessFacts *f) {
        const int64_t start_us = clinic_day_start(f->day, in->config->site.day_start_us);
        TestRow passed = {};
        int r = facts_of_failure(in, c, TEST_BOWIE_DICK, TEST_HELIX, &f->penetration_failed);

        if (r >= 0)
                r = test_last(in->store, c->id, TEST_BOWIE_DICK, TEST_HELIX, TEST_PASSED, f->load_us - 1, &passed);
        if (r > 0) {
                f->penetration_us = passed.run_us;
                f->penetration_day = day_of(in, passed.run_us);
        }
        if (r >= 0 && f->penetration_day != f->day)
                r = test_unread(in->store, c->id, start_us, f->load_us, &f->penetration_unread);
        return r < 0 ? r : 0;
}

static int facts_of_leak(Intake *in, const ConfigAutoclave *c, FitnessFacts *f) {
        TestRow passed = {};
        int r = facts_of_failure(in, c, TEST_VACUUM_LEAK, TEST_VACUUM_LEAK, &f->leak_failed);

        if (r >= 0)
                r = test_last(in->store, c->id, TEST_VACUUM_LEAK, TEST_VACUUM_LEAK, TEST_PASSED, f->load_us - 1,
                              &passed);
        if (r > 0)
                f->leak_day = day_of(in, passed.run_us);
        return r < 0 ? r : 0;
}

/* The last negative and the last pending spore test whose cycle started with the load or before it, and is good. */
static int facts_of_spore(Intake *in, const ConfigAutoclave *c, FitnessFacts *f) {
        const int32_t oldest = f->day - f->spore_days - FITNESS_PENDING_GRACE_DAYS;
        int64_t id = INT64_MAX;
        int r = 0;

        while (f->spore != FITNESS_OFF && (r = indicator_spore_before(in->store, c->id, id, &id)) > 0) {
                SporeOutcome outcome;
                AttemptRow a;
                int32_t day;

                r = attempt_get_id(in->store, id, &a);
                if (r > 0)
                        r = spore_outcome(in, &a, &outcome);
                if (r < 0)
                        return r;
                day = day_of(in, a.started_us);
                if (a.started_us > f->load_us || (a.verdict >= 0 && a.verdict != CYCLE_VERIFIED))
                        continue;
                if (outcome == SPORE_PENDING)
                        f->spore_pending_day = MAX_OF(f->spore_pending_day, day);
                if (outcome == SPORE_NEGATIVE)
                        f->spore_day = MAX_OF(f->spore_day, day);
                if (f->spore_day != FITNESS_NEVER || day < oldest)
                        break;
        }
        return r < 0 ? r : 0;
}

static bool duty_is_for(const ConfigDuty *d, const char *autoclave) {
        return d->autoclave_ids.n == 0 || list_has(&d->autoclave_ids, autoclave);
}

static int facts_of_duties(Intake *in, const ConfigAutoclave *c, Gathered *g) {
        g->duties = calloc(in->config->n_duties + 1, sizeof(*g->duties));
        if (!g->duties)
                return -ENOMEM;
        g->facts.duties = g->duties;
        for (size_t i = 0; i < in->config->n_duties; i++) {
                const ConfigDuty *d = in->config->duties + i;
                const char *subject = d->per == DUTY_PER_AUTOCLAVE ? c->id : "";
                FitnessDuty *to = g->duties + g->facts.n_duties;
                DutyRow last = { .passed = true }, good;
                int r;

                if (!duty_is_for(d, c->id))
                        continue;
                r = duty_last(in->store, d->id, subject, false, INT64_MAX, &last);
                *to = (FitnessDuty){ .id = d->id,
                                     .name = d->name,
                                     .done_day = FITNESS_NEVER,
                                     .failed = !last.passed,
                                     .interval_days = d->interval_days,
                                     .effect = d->effect == DUTY_ALERT ? FITNESS_ALERT : FITNESS_BLOCK };
                if (r >= 0)
                        r = duty_last(in->store, d->id, subject, true, in->now.wall_us, &good);
                if (r > 0)
                        to->done_day = day_of(in, good.at_us);
                /* One that went badly while the clock was ahead does not stand for years: what is said later counts. */
                if (r > 0 && good.id > last.id)
                        to->failed = false;
                if (r < 0)
                        return r;
                g->facts.n_duties++;
        }
        return 0;
}

/* Commissioned by the configuration's word, or by the first act in the ledger; the later of the two. */
static int facts_of_commissioning(Intake *in, const ConfigAutoclave *c, FitnessFacts *f) {
        int64_t at_us;
        int r = reference_first(in->store, c->id, &at_us);

        if (c->commissioned)
                f->commissioned_day = day_of_date(c->commissioned);
        if (r > 0)
                f->commissioned_day = MAX_OF(f->commissioned_day, day_of(in, at_us));
        return r < 0 ? r : 0;
}

static int facts_of_service(Intake *in, const ConfigAutoclave *c, Gathered *g) {
        _cleanup_(freep) Reasons *why = calloc(1, sizeof(*why));
        ServiceRow row;
        int r = why ? fitness_service(in, c->id, why) : -ENOMEM;

        if (r < 0)
                return r;
        g->facts.spore_positive = reasons_has(why, "spore-test-positive");
        for (size_t i = 0; i < why->n && !g->facts.out; i++)
                if (streq(why->v[i].rule, "out-of-service"))
                        g->facts.out = memcpy(g->out, why->v[i].text, sizeof(g->out));
        if (g->facts.out || !g->facts.load)
                return 0;
        r = service_was_out(in->store, c->id, g->facts.load_us, g->until_us, &row);
        if (r > 0) {
                snprintf(g->out, sizeof(g->out), "%s was out of service when this load ran. Sterilize it again.",
                         c->name);
                g->facts.out = g->out;
        }
        return r < 0 ? r : 0;
}

/* The load's cycle, from its start to its end; load_us 0: as if a load started next. */
static int gather(Intake *in, const ConfigAutoclave *c, int64_t load_us, int64_t until_us, Gathered **ret) {
        _cleanup_(gathered_freep) Gathered *g = calloc(1, sizeof(*g));
        const ConfigPolicy *p = &in->config->policy;
        int r;

        if (!g)
                return -ENOMEM;
        g->facts = (FitnessFacts){
                .name = c->name,
                .load = load_us != 0,
                .vacuum = c->machine != MACHINE_N,
                .load_us = load_us ?: in->now.wall_us + 1,
                .commissioned_day = FITNESS_NEVER,
                .penetration_day = FITNESS_NEVER,
                .leak_day = FITNESS_NEVER,
                .leak_days = p->leak_days,
                .spore = (FitnessEffect)p->spore_effect,
                .spore_day = FITNESS_NEVER,
                .spore_pending_day = FITNESS_NEVER,
                .spore_days = p->spore_days,
                .calibration = (FitnessEffect)c->calibration_effect,
                .calibration_day = c->calibration_due ? day_of_date(c->calibration_due) : FITNESS_NEVER,
        };
        g->facts.day = day_of(in, g->facts.load_us);
        g->until_us = MAX_OF(until_us, load_us);
        r = facts_of_penetration(in, c, &g->facts);
        if (r == 0)
                r = facts_of_leak(in, c, &g->facts);
        if (r == 0)
                r = facts_of_spore(in, c, &g->facts);
        if (r == 0)
                r = facts_of_commissioning(in, c, &g->facts);
        if (r == 0)
                r = facts_of_duties(in, c, g);
        if (r == 0)
                r = facts_of_service(in, c, g);
        if (r == 0)
                *ret = TAKE(g);
        return r;
}

int fitness_refusals(Intake *in, const AttemptRow *a, Reasons *ret) {
        _cleanup_(gathered_freep) Gathered *g = NULL;
        const ConfigAutoclave *c = config_autoclave(in->config, a->autoclave);
        int r;

        if (!c) {
                reasons_add(ret, "out-of-service", "Autoclave %s is not configured any more.", a->autoclave);
                return 0;
        }
        r = gather(in, c, a->started_us, a->ended_us, &g);
        if (r == 0)
                fitness_judge(&g->facts, FITNESS_BLOCK, ret);
        return r;
}

/* --- as people look at it --- */

static int32_t date_or_none(int32_t day) {
        return day == FITNESS_NEVER ? 0 : date_of_day(day);
}

static void show_duties(const FitnessFacts *f, AutoclaveStatus *ret) {
        for (size_t i = 0; i < f->n_duties && i < STATUS_DUTIES_MAX; i++) {
                const FitnessDuty *d = f->duties + i;

                ret->duties[ret->n_duties].id = d->id;
                ret->duties[ret->n_duties].name = d->name;
                ret->duties[ret->n_duties].done_on = date_or_none(d->done_day);
                ret->duties[ret->n_duties].until = date_or_none(fitness_duty_until(f, d));
                ret->duties[ret->n_duties].failed = d->failed;
                ret->duties[ret->n_duties].blocks = d->effect == FITNESS_BLOCK;
                ret->n_duties++;
        }
}

int intake_autoclave_status(Intake *in, const Now *now, const char *autoclave, AutoclaveStatus *ret) {
        _cleanup_(gathered_freep) Gathered *g = NULL;
        const ConfigAutoclave *c = config_autoclave(in->config, autoclave);
        int r;

        if (!c)
                return 0;
        in->now = *now;
        *ret = (AutoclaveStatus){};
        r = gather(in, c, 0, 0, &g);
        if (r == 0)
                r = fitness_service(in, autoclave, &ret->service);
        if (r < 0)
                return r;
        fitness_judge(&g->facts, FITNESS_BLOCK, &ret->refusals);
        fitness_judge(&g->facts, FITNESS_ALERT, &ret->notices);
        ret->penetration_on = date_or_none(g->facts.penetration_day);
        ret->leak_until = date_or_none(fitness_leak_until(&g->facts));
        ret->spore_until = date_or_none(fitness_spore_until(&g->facts));
        ret->calibration_until = date_or_none(g->facts.calibration_day);
        show_duties(&g->facts, ret);
        return 1;
}

/* --- alerts --- */

static int alert_set(Intake *in, const char *rule, const char *subject, AlertSeverity severity, const char *device,
                     const char *text) {
        const Now now = in->now;
        AlertRow row;
        int r;

        if (!text)
                return intake_alert_resolve(in, &now, rule, subject);
        r = alert_get(in->store, rule, subject, &row);
        if (r == 0)
                r = alert_raise(
                        in, &(AlertAbout){ .rule = rule, .subject = subject, .severity = severity, .device = device },
                        "%s", text);
        return r < 0 ? r : 0;
}

/* Still good, and not for long any more: NULL, or the sentence. */
static const char *due_text(const Intake *in, const FitnessFacts *f, int32_t until, const char *what,
                            char text[static FITNESS_TEXT_MAX]) {
        const int64_t left = (int64_t)until - f->day;
        const int32_t date = until == FITNESS_NEVER ? 0 : date_of_day(until);

        if (until == FITNESS_NEVER || left < 0 || left > in->config->policy.due_soon_days)
                return NULL;
        snprintf(text, FITNESS_TEXT_MAX, "%s: %.200s is due. The last is good until the end of %04d-%02d-%02d.",
                 f->name, what, date / 10000, date / 100 % 100, date % 100);
        return text;
}

static int alerts_of_duties(Intake *in, const char *autoclave, const FitnessFacts *f) {
        int r = 0;

        for (size_t i = 0; i < f->n_duties && r == 0; i++) {
                const FitnessDuty *d = f->duties + i;
                char subject[CODE_MAX + 1], overdue[FITNESS_TEXT_MAX], due[FITNESS_TEXT_MAX];

                snprintf(subject, sizeof(subject), "%.63s/%.64s", autoclave, d->id);
                r = alert_set(in, "duty-overdue", subject, ALERT_WARNING, autoclave,
                              fitness_duty_overdue(f, d, overdue) ? overdue : NULL);
                if (r == 0)
                        r = alert_set(in, "duty-due", subject, ALERT_INFO, autoclave,
                                      d->interval_days > in->config->policy.due_soon_days
                                              ? due_text(in, f, fitness_duty_until(f, d), d->name, due)
                                              : NULL);
        }
        return r;
}

static int alerts_of_due(Intake *in, const char *autoclave, const FitnessFacts *f) {
        const struct {
                const char *rule, *what;
                int32_t until;
        } due[] = {
                { "leak-test-due", "the leak test", fitness_leak_until(f) },
                { "spore-test-due", "the spore test", fitness_spore_until(f) },
                { "calibration-due", "the calibration", f->calibration_day },
        };
        char text[FITNESS_TEXT_MAX];
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(due) && r == 0; i++)
                r = alert_set(in, due[i].rule, autoclave, ALERT_INFO, autoclave,
                              due_text(in, f, due[i].until, due[i].what, text));
        return r;
}

/* Each spore test that has been pending for too long, by its attempt; how long that is, the gate's grace says. */
static int alerts_of_unread(Intake *in, const char *autoclave, const FitnessFacts *f) {
        const int32_t late = f->day - f->spore_days - FITNESS_PENDING_GRACE_DAYS;
        int64_t id = INT64_MAX;
        int r;

        while ((r = indicator_spore_before(in->store, autoclave, id, &id)) > 0) {
                char text[FITNESS_TEXT_MAX];
                SporeOutcome outcome;
                AttemptRow a;
                int32_t day;

                r = attempt_get_id(in->store, id, &a);
                if (r < 0 || (day = day_of(in, a.started_us)) < f->day - UNREAD_LOOK_DAYS)
                        break;
                if (day >= late)
                        continue;
                snprintf(text, sizeof(text),
                         "%s: the spore test of cycle %lld is not read after %d days. Read it with its control, and "
                         "report "
                         "both.",
                         f->name, (long long)a.cycle, (int)(f->day - day));
                r = spore_outcome(in, &a, &outcome);
                if (r == 0)
                        r = alert_set(in, "spore-test-unread", a.label, ALERT_WARNING, autoclave,
                                      outcome == SPORE_PENDING ? text : NULL);
                if (r < 0)
                        break;
        }
        return r < 0 ? r : 0;
}

/* Told anew when the days are others, so that each period stands on record. */
static int alert_of_manual(Intake *in, const ConfigAutoclave *c) {
        static const char rule[] = "manual-evidence";
        char text[TEXT_MAX + 1];
        AlertRow row;
        int on = transcript_alert_text(in, c, text), r = on < 0 ? on : alert_get(in->store, rule, c->id, &row);

        if (r > 0 && (!on || !streq(row.text, text)))
                r = alert_set(in, rule, c->id, ALERT_WARNING, c->id, NULL);
        if (r >= 0 && on)
                r = alert_set(in, rule, c->id, ALERT_WARNING, c->id, text);
        return r < 0 ? r : 0;
}

/* Nobody is asked for a test in the night, or of a machine that is out of service. */
static bool asked_for(const Intake *in, const FitnessFacts *f, const FitnessRule *rule) {
        const int64_t start_us = clinic_day_start(f->day, in->config->site.day_start_us);

        if (rule->effect(f) == FITNESS_OFF)
                return false;
        return !streq(rule->id, "penetration-test-missing") ||
               (!f->out && in->now.wall_us >= start_us + in->config->policy.penetration_alert_us);
}

/* What was failed or taken out is told when it happens, and here only when it is over. */
static bool told_elsewhere(const char *id) {
        return streq(id, "penetration-test-failed") || streq(id, "leak-test-failed") ||
               streq(id, "spore-test-positive") || streq(id, "out-of-service");
}

static int look(Intake *in, const ConfigAutoclave *c) {
        _cleanup_(gathered_freep) Gathered *g = NULL;
        const char *autoclave = c->id;
        const FitnessRule *rules;
        size_t n = fitness_rules(&rules);
        const bool judged = !intake_doubted(in, DOUBT_CLOCK);
        int r = judged ? service_not_ahead(in->store, autoclave, in->now.wall_us) : 0;

        if (r == 0 && judged)
                r = gather(in, c, 0, 0, &g);
        if (r < 0 || !g)
                return r;
        for (size_t i = 0; i < n && r == 0; i++) {
                char text[FITNESS_TEXT_MAX];
                bool fires = rules[i].test && asked_for(in, &g->facts, rules + i) && rules[i].test(&g->facts, text);

                if (rules[i].test && (!fires || !told_elsewhere(rules[i].id)))
                        r = alert_set(in, rules[i].id, autoclave, ALERT_WARNING, autoclave, fires ? text : NULL);
        }
        if (r == 0)
                r = alerts_of_due(in, autoclave, &g->facts);
        if (r == 0)
                r = alerts_of_unread(in, autoclave, &g->facts);
        if (r == 0)
                r = alert_of_manual(in, c);
        return r < 0 ? r : alerts_of_duties(in, autoclave, &g->facts);
}

int fitness_changed(Intake *in, const char *autoclave) {
        const ConfigAutoclave *c = config_autoclave(in->config, autoclave);

        if (c && !in->fitness_stale)
                in->fitness_stale = calloc(in->config->n_autoclaves, sizeof(*in->fitness_stale));
        if (c && !in->fitness_stale)
                return -ENOMEM;
        if (c)
                in->fitness_stale[c - in->config->autoclaves] = true;
        return 0;
}

/* What cannot be told must not keep the batch's messages from being committed. */
static int look_or_leave(Intake *in, const ConfigAutoclave *c) {
        const Head head = in->head;
        const BatchMark mark = batch_mark(&in->batch);
        int r = store_savepoint(in->store), told;

        if (r < 0)
                return r;
        told = look(in, c);
        if (told < 0 && !survivable(told))
                return told;
        if (told == 0)
                return store_savepoint_release(in->store);
        in->head = head;
        batch_undo(&in->batch, mark);
        return store_savepoint_rollback(in->store);
}

int fitness_settle(Intake *in) {
        int r = 0;

        for (size_t i = 0; in->fitness_stale && i < in->config->n_autoclaves && r == 0; i++) {
                if (!in->fitness_stale[i])
                        continue;
                in->fitness_stale[i] = false;
                r = look_or_leave(in, in->config->autoclaves + i);
        }
        return r;
}

/* One autoclave a turn, so that many do not hold up a decision; each once a minute. */
int fitness_tick(Intake *in) {
        const size_t n = in->config->n_autoclaves;
        int r = 0;

        if (in->next_fitness_us > in->now.boot_us)
                return 0;
        if (in->fitness_at < n) {
                r = change_begin(in);
                if (r == 0)
                        r = look(in, in->config->autoclaves + in->fitness_at);
        }
        if (++in->fitness_at < n)
                return r;
        in->fitness_at = 0;
        in->next_fitness_us = in->now.boot_us + LOOK_EVERY_US;
        return r;
}
