/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of core/treatment.c, firing and silent; and random sessions against an account that is kept differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/treatment.h"
#include "util.h"

#define MM(x) (int64_t)((x)*1000)
#define RANDOM_SESSIONS 400

typedef struct Session {
        Treatment t;
        TreatmentProfile p;
        int64_t i;
        TreatmentFound found;
        char fired[256]; /* ids of the last judgement, apart by blanks */
} Session;

static const TreatmentProfile shipped = {
        .steps = 1U << STEP_SCREENED | 1U << STEP_ANAESTHETIC | 1U << STEP_WASH | 1U << STEP_SERUM |
                 1U << STEP_CLEANSE | 1U << STEP_AFTERCARE,
        .form_hash = true,
        .cleanse_between = true,
        .limits = { 6, 10, 1500, 3, 1800 * US_PER_S },
};

static int setup(void **state) {
        Session *s = calloc(1, sizeof(*s));

        s->p = shipped;
        *state = s;
        return 0;
}

static int teardown(void **state) {
        free(*state);
        return 0;
}

static const char *judge(Session *s, TreatmentCase *c) {
        c->account = &s->t;
        c->profile = &s->p;
        c->session = "s-1";
        treatment_judge(c, &s->found);
        s->fired[0] = '\0';
        for (size_t k = 0; k < s->found.n; k++)
                snprintf(s->fired + strlen(s->fired), sizeof(s->fired) - strlen(s->fired), "%s%s", k ? " " : "",
                         s->found.v[k].rule->id);
        return s->fired;
}

static const char *at(Session *s, TreatmentWhen when) {
        return judge(s, &(TreatmentCase){ .when = when });
}

static void step(Session *s, Step what, bool counts, const char *form) {
        TreatmentStep row = { .i = ++s->i, .step = (int)what, .counts = counts };

        snprintf(row.form_hash, sizeof(row.form_hash), "%s", form ?: "");
        assert_true(treatment_step(&s->t, &row) >= 0);
}

static int feed(Session *s, TreatmentReport *r) {
        r->i = ++s->i;
        return treatment_report(&s->t, r);
}

static const char *report(Session *s, TreatmentReport r) {
        int k = feed(s, &r);

        assert_true(k >= 0);
        return judge(s, &(TreatmentCase){ .when = TREATMENT_ROUND, .round = (size_t)k });
}

/* One report of a round. */
static const char *round_of(Session *s, const char *area, int64_t round, int64_t passes) {
        return report(s, (TreatmentReport){ .item = "N1",
                                            .area = area,
                                            .event = USAGE_ROUND,
                                            .round = round,
                                            .has_passes = passes >= 0,
                                            .passes = passes });
}

static void cleanse(Session *s) {
        step(s, STEP_CLEANSE, true, NULL);
}

/* --- screening and the rest of the steps --- */

static void screening_missing_fires_without_the_step_and_without_the_forms_hash(void **state) {
        Session *s = *state;
        assert_string_equal(at(s, TREATMENT_BEGAN), "screening-missing");
        assert_non_null(strstr(s->found.v[0].text, "without a screening step"));
        step(s, STEP_SCREENED, true, NULL);
        assert_string_equal(at(s, TREATMENT_BEGAN), "screening-missing");
        assert_non_null(strstr(s->found.v[0].text, "without the hash"));
        step(s, STEP_SCREENED, false, "5f2b");
        assert_string_equal(at(s, TREATMENT_BEGAN), "screening-missing");
}

static void screening_missing_is_silent_with_it_or_where_nobody_asks(void **state) {
        Session *s = *state;
        s->p.form_hash = false;
        step(s, STEP_SCREENED, true, NULL);
        assert_string_equal(at(s, TREATMENT_BEGAN), "");
        s->p.form_hash = true;
        step(s, STEP_SCREENED, true, "5f2b");
        assert_string_equal(at(s, TREATMENT_BEGAN), "");
        s->t.n_steps = 0;
        s->p.steps = 0;
        assert_string_equal(at(s, TREATMENT_BEGAN), "");
}

static void aftercare_and_other_steps_are_missed_at_the_end(void **state) {
        Session *s = *state;
        step(s, STEP_SCREENED, true, "5f2b");
        assert_string_equal(at(s, TREATMENT_END), "aftercare-missing step-missing step-missing step-missing");
        assert_int_equal(s->found.v[0].rule->weight, TREATMENT_INFO);
        assert_int_equal(s->found.v[1].rule->weight, TREATMENT_RECORDED);
        assert_string_equal(s->found.v[1].cause, "anaesthetic");
        s->p.cleanse_between = false;
        assert_string_equal(at(s, TREATMENT_END),
                            "aftercare-missing step-missing step-missing step-missing step-missing");
        for (int k = STEP_ANAESTHETIC; k <= STEP_AFTERCARE; k++)
                step(s, (Step)k, true, NULL);
        assert_string_equal(at(s, TREATMENT_END), "");
}

static void a_step_that_does_not_count_is_a_step_that_is_missing(void **state) {
        Session *s = *state;
        step(s, STEP_SCREENED, true, "5f2b");
        for (int k = STEP_ANAESTHETIC; k <= STEP_AFTERCARE; k++)
                step(s, (Step)k, false, NULL);
        assert_string_equal(at(s, TREATMENT_END), "aftercare-missing step-missing step-missing step-missing");
}

/* --- passes --- */

static void passes_exceeded_fires_above_and_not_at_the_number(void **state) {
        Session *s = *state;
        assert_string_equal(round_of(s, "cheek", 1, 10), "");
        assert_string_equal(round_of(s, "chin", 1, 11), "passes-exceeded");
        assert_string_equal(s->found.v[0].cause, "chin/1");
        s->p.limits.passes_max = 0;
        assert_string_equal(round_of(s, "chin", 1, 100), "");
}

static void reports_of_one_round_add_up_and_with_a_second_needle_too(void **state) {
        Session *s = *state;
        assert_string_equal(round_of(s, "cheek", 1, 6), "");
        assert_string_equal(round_of(s, "cheek", 1, 4), "");
        assert_int_equal(s->t.n_rounds, 1);
        assert_string_equal(report(s, (TreatmentReport){ .item = "N2",
                                                         .area = "cheek",
                                                         .event = USAGE_ROUND,
                                                         .round = 1,
                                                         .has_passes = true,
                                                         .passes = 1 }),
                            "passes-exceeded");
        assert_int_equal(s->t.n_rounds, 2);
}

static void passes_below_is_recorded_at_the_end_once_a_round(void **state) {
        Session *s = *state;
        round_of(s, "cheek", 1, 5);
        report(s, (TreatmentReport){ .item = "N2", .area = "cheek", .event = USAGE_ROUND, .round = 1 });
        cleanse(s);
        round_of(s, "cheek", 2, 6);
        round_of(s, "chin", 2, -1);
        assert_string_equal(judge(s, &(TreatmentCase){ .when = TREATMENT_ROUND_END, .round = 0 }), "passes-below");
        assert_int_equal(s->found.v[0].rule->weight, TREATMENT_RECORDED);
        for (size_t k = 1; k < s->t.n_rounds; k++)
                assert_string_equal(judge(s, &(TreatmentCase){ .when = TREATMENT_ROUND_END, .round = k }), "");
}

/* --- depth, time, rounds --- */

static void depth_exceeded_fires_above_and_not_at_the_number(void **state) {
        Session *s = *state;
        TreatmentReport r = {
                .item = "N1", .area = "brow", .event = USAGE_CONTACT, .has_depth = true, .depth_um = MM(1.5)
        };
        assert_string_equal(report(s, r), "");
        r.depth_um = MM(1.75);
        assert_string_equal(report(s, r), "depth-exceeded");
        assert_non_null(strstr(s->found.v[0].text, "needles at 1.75 mm, and at most 1.5 mm"));
        r.depth_um = MM(0.5);
        assert_string_equal(report(s, r), "depth-exceeded"); /* it was */
        s->p.limits.depth_max_um = 0;
        assert_string_equal(report(s, r), "");
}

static void needle_time_exceeded_adds_up_over_areas_and_by_needle(void **state) {
        Session *s = *state;
        TreatmentReport r = { .item = "N1",
                              .area = "brow",
                              .event = USAGE_ROUND,
                              .round = 1,
                              .has_motor = true,
                              .motor_us = 1000 * US_PER_S };
        assert_string_equal(report(s, r), "");
        r.area = "chin";
        r.motor_us = 800 * US_PER_S;
        assert_string_equal(report(s, r), "");
        r.item = "N2";
        assert_string_equal(report(s, r), "");
        /* On taking it off, outside any round. */
        r = (TreatmentReport){ .item = "N1", .event = USAGE_DETACHED, .has_motor = true, .motor_us = 1 };
        assert_string_equal(report(s, r), "needle-time-exceeded");
        assert_string_equal(s->found.v[0].cause, "N1");
        assert_int_equal(treatment_motor_us(&s->t, "N1"), 1800 * US_PER_S + 1);
        assert_int_equal(treatment_motor_us(&s->t, "N2"), 800 * US_PER_S);
}

static void rounds_exceeded_counts_by_area(void **state) {
        Session *s = *state;
        for (int n = 1; n <= 3; n++) {
                assert_string_equal(round_of(s, "cheek", n, 6), "");
                assert_string_equal(round_of(s, "chin", n, 6), "");
                cleanse(s);
        }
        assert_string_equal(round_of(s, "cheek", 4, 6), "rounds-exceeded");
        assert_string_equal(s->found.v[0].cause, "cheek");
        assert_string_equal(round_of(s, "brow", 4, 6), "");
}

static void a_number_that_goes_through_all_areas_is_no_round_too_many(void **state) {
        Session *s = *state;
        char area[8];
        for (int n = 1; n <= 6; n++) {
                snprintf(area, sizeof(area), "a%d", n);
                assert_string_equal(round_of(s, area, n, 6), "");
                cleanse(s);
        }
}

/* --- cleanse --- */

static void cleanse_missing_fires_where_the_next_round_of_an_area_begins_without_one(void **state) {
        Session *s = *state;
        assert_string_equal(round_of(s, "cheek", 1, 6), "");
        assert_string_equal(round_of(s, "chin", 1, 6), "");
        assert_string_equal(round_of(s, "cheek", 2, 6), "cleanse-missing");
        assert_string_equal(s->found.v[0].cause, "cheek/2");
        /* The round goes on: nothing new. */
        assert_string_equal(round_of(s, "cheek", 2, 1), "");
        assert_string_equal(round_of(s, "chin", 2, 6), "cleanse-missing");
}

static void cleanse_missing_is_silent_with_one_between(void **state) {
        Session *s = *state;
        round_of(s, "cheek", 1, 6);
        round_of(s, "chin", 1, 6);
        cleanse(s);
        assert_string_equal(round_of(s, "cheek", 2, 6), "");
        assert_string_equal(round_of(s, "chin", 2, 6), "");
        s->p.cleanse_between = false;
        assert_string_equal(round_of(s, "chin", 3, 6), "");
}

/* Areas one after the other, each with all its rounds; and rounds numbered through. */
static void cleanse_missing_follows_either_way_of_numbering(void **state) {
        Session *s = *state;
        round_of(s, "cheek", 1, 6);
        cleanse(s);
        round_of(s, "cheek", 2, 6);
        assert_string_equal(round_of(s, "chin", 1, 6), "");
        assert_string_equal(round_of(s, "chin", 2, 6), "cleanse-missing");
        assert_string_equal(round_of(s, "brow", 3, 6), "cleanse-missing");
}

/* Only what was done since: one before the round went on is none; and none that does not count. */
static void a_cleanse_must_lie_between(void **state) {
        Session *s = *state;
        round_of(s, "cheek", 1, 6);
        cleanse(s);
        round_of(s, "cheek", 1, 1);
        step(s, STEP_CLEANSE, false, NULL);
        assert_string_equal(round_of(s, "cheek", 2, 6), "cleanse-missing");
}

static void a_second_needle_in_a_round_begins_none(void **state) {
        Session *s = *state;
        round_of(s, "cheek", 1, 3);
        cleanse(s);
        round_of(s, "cheek", 2, 3);
        assert_string_equal(
                report(s, (TreatmentReport){ .item = "N2", .area = "cheek", .event = USAGE_ROUND, .round = 2 }), "");
        assert_int_equal(treatment_rounds(&s->t, "cheek"), 2);
}

/* --- what was not said --- */

static void rounds_without_a_number_count_up_in_their_area(void **state) {
        Session *s = *state;
        assert_string_equal(round_of(s, "cheek", 0, 6), "");
        cleanse(s);
        assert_string_equal(round_of(s, "cheek", 0, 6), "");
        assert_int_equal(treatment_rounds(&s->t, "cheek"), 2);
        assert_string_equal(round_of(s, NULL, 0, 11), "passes-exceeded");
        assert_string_equal(s->found.v[0].cause, "/1");
        assert_non_null(strstr(s->found.v[0].text, "not named"));
}

static void contact_and_detaching_belong_to_no_round_and_attaching_to_nothing(void **state) {
        Session *s = *state;
        TreatmentReport r = { .item = "N1", .area = "cheek", .event = USAGE_CONTACT };
        assert_int_equal(feed(s, &r), TREATMENT_NOTHING);
        r.event = USAGE_ATTACHED;
        r.has_depth = r.has_passes = true;
        r.depth_um = r.passes = 5000;
        assert_int_equal(feed(s, &r), TREATMENT_NOTHING);
        r.event = USAGE_CONTACT;
        r.has_depth = r.has_passes = false;
        r.round = 2; /* the round begins here */
        assert_int_equal(feed(s, &r), 0);
        assert_int_equal(s->t.rounds[0].round, 2);
}

/* --- items and sessions --- */

static void items_of_another_patient_of_nobody_or_too_old_are_told(void **state) {
        Session *s = *state;
        TreatmentItem item = { .code = "B1" };
        TreatmentCase c = { .when = TREATMENT_STEP, .step_item = &item };
        assert_string_equal(judge(s, &c), "");
        item.too_old = true;
        assert_string_equal(judge(s, &c), "blood-expired");
        item.other_patient = true;
        assert_string_equal(judge(s, &c), "item-other-patient blood-expired");
        assert_int_equal(s->found.v[0].rule->weight, TREATMENT_CRITICAL);
        item = (TreatmentItem){ .code = "B1", .unlabelled = true };
        assert_string_equal(judge(s, &c), "blood-unlabelled");
        assert_string_equal(s->found.v[0].cause, "B1");
        c.step_item = NULL;
        assert_string_equal(judge(s, &c), "");
}

static void a_report_for_another_session_is_recorded(void **state) {
        Session *s = *state;
        TreatmentCase c = { .when = TREATMENT_REPORT, .item = "N1", .named = "s-1" };
        assert_string_equal(judge(s, &c), "");
        c.named = NULL;
        assert_string_equal(judge(s, &c), "");
        c.named = "s-2";
        assert_string_equal(judge(s, &c), "session-misnamed");
        assert_int_equal(s->found.v[0].rule->weight, TREATMENT_RECORDED);
}

/* --- bounds --- */

static void a_full_account_says_so_and_stays_as_it_is(void **state) {
        Session *s = *state;
        TreatmentReport r = { .item = "N1", .area = "cheek", .event = USAGE_ROUND, .has_passes = true, .passes = 1 };
        TreatmentStep row = { .step = STEP_WASH };
        for (int n = 0; n < TREATMENT_ROUNDS_MAX; n++)
                assert_int_equal(feed(s, &r), n);
        assert_int_equal(feed(s, &r), TREATMENT_FULL);
        for (int n = 0; n < TREATMENT_STEPS_MAX; n++)
                assert_int_equal(treatment_step(&s->t, &row), n);
        assert_int_equal(treatment_step(&s->t, &row), TREATMENT_FULL);
        assert_string_equal(at(s, TREATMENT_NO_ROOM), "protocol-full");
        r.round = 5; /* one that is there takes more */
        assert_int_equal(feed(s, &r), 4);
        assert_int_equal(s->t.rounds[4].passes, 2);
}

static void sums_do_not_run_over(void **state) {
        Session *s = *state;
        TreatmentReport r = {
                .item = "N1", .area = "a", .event = USAGE_ROUND, .round = 1, .has_motor = true, .motor_us = INT64_MAX
        };
        feed(s, &r);
        assert_int_equal(feed(s, &r), 0);
        assert_true(s->t.rounds[0].motor_us == INT64_MAX);
        r.area = "b";
        feed(s, &r);
        assert_true(treatment_motor_us(&s->t, "N1") == INT64_MAX);
}

static void the_longest_names_fit_into_cause_and_sentence(void **state) {
        Session *s = *state;
        char area[TREATMENT_AREA_MAX + 1], item[CODE_MAX + 1];
        memset(area, 'a', sizeof(area) - 1);
        memset(item, 'i', sizeof(item) - 1);
        area[sizeof(area) - 1] = item[sizeof(item) - 1] = '\0';
        TreatmentReport r = { .item = item,
                              .area = area,
                              .event = USAGE_ROUND,
                              .round = 100000,
                              .has_passes = true,
                              .passes = 100000,
                              .has_motor = true,
                              .motor_us = 99999 * US_PER_S,
                              .has_depth = true,
                              .depth_um = 19999 };
        s->p.limits.rounds_max = 1;
        round_of(s, area, 1, 6);
        assert_string_equal(report(s, r),
                            "cleanse-missing passes-exceeded depth-exceeded needle-time-exceeded rounds-exceeded");
        TreatmentItem about = { .code = item, .other_patient = true, .unlabelled = true, .too_old = true };
        for (size_t k = 0; k < s->found.n; k++)
                assert_int_equal(s->found.v[k].text[strlen(s->found.v[k].text) - 1], '.');
        assert_string_equal(judge(s, &(TreatmentCase){ .when = TREATMENT_STEP, .step_item = &about }),
                            "item-other-patient blood-unlabelled blood-expired");
        for (size_t k = 0; k < s->found.n; k++)
                assert_int_equal(s->found.v[k].text[strlen(s->found.v[k].text) - 1], '.');
        assert_string_equal(judge(s, &(TreatmentCase){ .when = TREATMENT_REPORT, .item = item, .named = area }),
                            "session-misnamed");
        assert_int_equal(s->found.v[0].text[strlen(s->found.v[0].text) - 1], '.');
}

static void every_rule_says_where_it_comes_from(void **state) {
        const TreatmentRule *rules;
        size_t n = treatment_rules(&rules);

        (void)state;
        for (size_t k = 0; k < n; k++) {
                assert_true(rules[k].id[0] && rules[k].sentence[0] && rules[k].source[0] && rules[k].when &&
                            rules[k].test);
                assert_string_not_equal(rules[k].sentence, k + 1 < n ? rules[k + 1].sentence : "");
        }
}

/* --- at random: sums kept by (area, round) and by needle in plain arrays; every judgement against them --- */

#define AREAS 3
#define NEEDLES 2
#define ROUNDS 6

typedef struct Plain {
        int64_t passes[AREAS][ROUNDS], motor[NEEDLES], depth[AREAS][ROUNDS][NEEDLES], last[AREAS][ROUNDS], cleansed;
} Plain;

static bool wants_cleanse(const Plain *p, int area, int round) {
        bool number_new = true;
        int64_t before = 0;

        if (p->last[area][round])
                return false;
        for (int a = 0; a < AREAS; a++)
                number_new &= p->last[a][round] == 0;
        for (int a = 0; a < AREAS; a++)
                for (int r = 1; r < ROUNDS; r++)
                        if (r != round && (number_new || a == area))
                                before = MAX_OF(before, p->last[a][r]);
        return before && p->cleansed < before;
}

static void expect(const Plain *p, const TreatmentProfile *profile, int area, int round, int needle,
                   bool cleanse_missing, char *ret) {
        const TreatmentLimits *l = &profile->limits;
        int rounds = 0;

        for (int r = 1; r < ROUNDS; r++)
                rounds += p->last[area][r] != 0;
        snprintf(ret, 256, "%s%s%s%s%s", cleanse_missing ? "cleanse-missing " : "",
                 p->passes[area][round] > l->passes_max ? "passes-exceeded " : "",
                 p->depth[area][round][needle] > l->depth_max_um ? "depth-exceeded " : "",
                 p->motor[needle] > l->needle_time_max_us ? "needle-time-exceeded " : "",
                 rounds > l->rounds_max ? "rounds-exceeded " : "");
        if (ret[0])
                ret[strlen(ret) - 1] = '\0';
}

static void one_random_report(Session *s, Plain *p) {
        static const char *const areas[] = { "cheek", "chin", "brow" }, *const needles[] = { "N1", "N2" };
        const int area = rand() % AREAS, round = 1 + rand() % (ROUNDS - 1), needle = rand() % NEEDLES;
        TreatmentReport r = { .item = needles[needle],
                              .area = areas[area],
                              .event = rand() % 2 ? USAGE_ROUND : USAGE_CONTACT,
                              .round = round,
                              .has_passes = rand() % 2,
                              .has_depth = rand() % 2,
                              .has_motor = rand() % 2,
                              .passes = rand() % 8,
                              .depth_um = rand() % 1600,
                              .motor_us = (rand() % 600) * US_PER_S };
        const bool missing = wants_cleanse(p, area, round);
        char wanted[256];

        if (r.has_passes)
                p->passes[area][round] += r.passes;
        if (r.has_depth)
                p->depth[area][round][needle] = MAX_OF(p->depth[area][round][needle], r.depth_um);
        if (r.has_motor)
                p->motor[needle] += r.motor_us;
        p->last[area][round] = s->i + 1;
        expect(p, &s->p, area, round, needle, missing, wanted);
        assert_string_equal(report(s, r), wanted);
}

static void random_sessions_are_judged_as_a_plain_account_says(void **state) {
        Session *s = *state;

        srand(4);
        for (int n = 0; n < RANDOM_SESSIONS; n++) {
                Plain p = {};

                s->t.n_steps = s->t.n_rounds = 0;
                s->i = 0;
                for (int k = 0; k < 40; k++) {
                        if (rand() % 4) {
                                one_random_report(s, &p);
                                continue;
                        }
                        step(s, STEP_CLEANSE, rand() % 4, NULL);
                        if (s->t.steps[s->t.n_steps - 1].counts)
                                p.cleansed = s->i;
                }
        }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(screening_missing_fires_without_the_step_and_without_the_forms_hash),
                TEST(screening_missing_is_silent_with_it_or_where_nobody_asks),
                TEST(aftercare_and_other_steps_are_missed_at_the_end),
                TEST(a_step_that_does_not_count_is_a_step_that_is_missing),
                TEST(passes_exceeded_fires_above_and_not_at_the_number),
                TEST(reports_of_one_round_add_up_and_with_a_second_needle_too),
                TEST(passes_below_is_recorded_at_the_end_once_a_round),
                TEST(depth_exceeded_fires_above_and_not_at_the_number),
                TEST(needle_time_exceeded_adds_up_over_areas_and_by_needle),
                TEST(rounds_exceeded_counts_by_area),
                TEST(a_number_that_goes_through_all_areas_is_no_round_too_many),
                TEST(cleanse_missing_fires_where_the_next_round_of_an_area_begins_without_one),
                TEST(cleanse_missing_is_silent_with_one_between),
                TEST(cleanse_missing_follows_either_way_of_numbering),
                TEST(a_cleanse_must_lie_between),
                TEST(a_second_needle_in_a_round_begins_none),
                TEST(rounds_without_a_number_count_up_in_their_area),
                TEST(contact_and_detaching_belong_to_no_round_and_attaching_to_nothing),
                TEST(items_of_another_patient_of_nobody_or_too_old_are_told),
                TEST(a_report_for_another_session_is_recorded),
                TEST(a_full_account_says_so_and_stays_as_it_is),
                TEST(sums_do_not_run_over),
                TEST(the_longest_names_fit_into_cause_and_sentence),
                TEST(every_rule_says_where_it_comes_from),
                TEST(random_sessions_are_judged_as_a_plain_account_says),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
