/* SPDX-License-Identifier: Apache-2.0 */
/* Section 3 of the rules over facts: each rule firing, silent, and at its boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/release.h"
#include "util.h"

#define DAY 20261122

static ReleaseFacts f; /* large */
static Reasons none, reasons;

static ReleasePack *pack(const char *label) {
        ReleasePack *p = f.packs + f.n_packs++;

        *p = (ReleasePack){ .wrap = WRAP_POUCH, .outside = INDICATOR_PASSED };
        snprintf(p->label, sizeof(p->label), "%s", label);
        return p;
}

/* Nothing stands against it. */
static int good(void **state) {
        (void)state;
        memset(&f, 0, sizeof(f));
        f.ended = f.verified = f.releaser = f.dry = f.suits_hollow = true;
        f.verdict = f.fitness = &none;
        f.cycle_date = DAY;
        f.state = LOAD_OPEN;
        f.machine = MACHINE_B;
        f.wraps = 1U << WRAP_POUCH;
        pack("P-1");
        pack("P-2");
        return 0;
}

static const char *rules(void) {
        static char text[1024];
        size_t n = 0;

        memset(&reasons, 0, sizeof(reasons));
        release_judge(&f, &reasons);
        text[0] = '\0';
        for (size_t i = 0; i < reasons.n; i++) {
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", reasons.v[i].rule);
                assert_true(strlen(reasons.v[i].text) > 20);
                assert_true(strlen(reasons.v[i].text) < REASON_TEXT_MAX - 1);
        }
        return text;
}

#define silent() assert_string_equal(rules(), "")
#define fires(what) assert_string_equal(rules(), what)
#define says(what) assert_non_null(strstr(reasons.v[0].text, what))

static void read_one(ReleasePack *p, IndicatorWhere where, int64_t type, Result result, int32_t expires) {
        release_read(&f, p, &(ReleaseReading){ where, type, result, expires });
}

static void a_good_load_may_be_released(void **state) {
        (void)state;
        silent();
}

static void of_facts_that_are_missing_every_one_refuses(void **state) {
        (void)state;
        memset(&f, 0, sizeof(f));
        fires("samples-missing clock-untrusted out-of-service releaser-unknown manifest-missing wet-pack");
        f.n_packs = 1;
        snprintf(f.packs[0].label, sizeof(f.packs[0].label), "P-1");
        fires("samples-missing clock-untrusted out-of-service releaser-unknown type-unsuitable wet-pack "
              "indicator-missing");
}

static void reasons_of_verdict_and_fitness_pass_through_in_full(void **state) {
        static Reasons verdict, fitness;
        (void)state;
        memset(&verdict, 0, sizeof(verdict));
        memset(&fitness, 0, sizeof(fitness));
        reasons_add(&verdict, "hold-too-short", "Held too short, by far too short. 100 %% sure.");
        reasons_add(&fitness, "leak-test-overdue", "No leak test within 7 days. Do one.");
        reasons_add(&fitness, "duty-overdue", "The door seal is due. Look at it.");
        f.verified = false;
        f.verdict = &verdict;
        f.fitness = &fitness;
        fires("hold-too-short leak-test-overdue duty-overdue");
        assert_string_equal(reasons.v[0].text, verdict.v[0].text);
}

static void samples_missing_where_a_bad_verdict_names_no_reason(void **state) {
        (void)state;
        f.verified = false;
        fires("samples-missing");
        f.ended = false;
        fires("samples-missing");
        says("not ended");
}

static void clock_untrusted(void **state) {
        (void)state;
        f.clock_doubt = "it was set back by 3 s";
        fires("clock-untrusted");
        says("set back by 3 s");
}

static void a_load_that_was_decided_on_is_not_released_again(void **state) {
        (void)state;
        f.state = LOAD_RELEASED;
        fires("load-released");
        f.state = LOAD_REJECTED;
        fires("load-rejected");
        f.state = LOAD_RECALLED;
        fires("load-recalled");
        f.state = LOAD_OPEN;
        f.recall = "lot 7 of the filters";
        fires("load-recalled");
        says("lot 7 of the filters");
}

static void releaser_unknown(void **state) {
        (void)state;
        f.releaser = false;
        fires("releaser-unknown");
}

static void manifest_missing_without_packs_and_with_far_too_many(void **state) {
        (void)state;
        f.n_packs = 0;
        fires("manifest-missing");
        for (size_t i = 0; i < RELEASE_PACKS_MAX; i++)
                pack("P");
        silent();
        f.n_packs++;
        fires("manifest-missing");
        says("256");
}

static void manifest_missing_late_counts_only_with_every_inside_indicator(void **state) {
        (void)state;
        f.packs[0].late = f.packs[1].late = true;
        fires("manifest-missing");
        says("packs P-1, P-2");
        read_one(f.packs, WHERE_INSIDE, 4, RESULT_PASS, 0);
        fires("manifest-missing");
        says("pack P-2");
        read_one(f.packs + 1, WHERE_INSIDE, 4, RESULT_PASS, DAY - 1);
        fires("manifest-missing"); /* expired: it shows nothing */
        read_one(f.packs + 1, WHERE_INSIDE, 4, RESULT_PASS, DAY);
        silent();
}

static void a_late_pack_among_others_stays_behind_unless_shown(void **state) {
        Reason why;
        (void)state;
        f.packs[1].late = true;
        silent();
        assert_int_equal(release_withholds(f.packs, &why), 0);
        assert_int_equal(release_withholds(f.packs + 1, &why), 1);
        assert_string_equal(why.rule, "manifest-missing");
        read_one(f.packs + 1, WHERE_INSIDE, 0, RESULT_PASS, 0);
        assert_int_equal(release_withholds(f.packs + 1, &why), 0);
}

static void wet_damaged_and_opened_packs_stay_behind(void **state) {
        Reason why;
        (void)state;
        f.packs[0].wet = true;
        assert_int_equal(release_withholds(f.packs, &why), 1);
        assert_string_equal(why.rule, "wet-pack");
        f.packs[0].opened = true;
        assert_int_equal(release_withholds(f.packs, &why), 1);
        assert_string_equal(why.rule, "pack-opened");
        f.packs[0].damaged = true;
        assert_int_equal(release_withholds(f.packs, &why), 1);
        assert_string_equal(why.rule, "item-damaged");
}

static void wet_pack_one_is_that_pack_two_are_the_load(void **state) {
        (void)state;
        f.packs[0].wet = true;
        silent();
        f.packs[1].wet = true;
        fires("wet-pack");
        pack("P-3");
        fires("wet-pack");
        f.packs[0].wet = false;
        silent();
        f.dry = false;
        fires("wet-pack");
}

static void wet_pack_where_the_only_one_is_wet_or_nobody_knows_which(void **state) {
        (void)state;
        f.n_packs = 1;
        f.packs[0].wet = true;
        fires("wet-pack");
        f.packs[0].wet = false;
        silent();
        f.wet_unknown = "P-9";
        fires("wet-pack");
        says("P-9");
}

static void single_use_in_load(void **state) {
        (void)state;
        f.packs[1].single_use = true;
        fires("single-use-in-load");
        says("pack P-2");
}

static void type_unsuitable_in_type_n_for_whatever_is_wrapped_or_hollow(void **state) {
        (void)state;
        f.machine = MACHINE_N;
        fires("type-unsuitable");
        says("packs P-1, P-2");
        f.packs[0].wrap = f.packs[1].wrap = WRAP_NONE;
        silent();
        f.packs[1].hollow = true;
        fires("type-unsuitable");
        says("pack P-2");
        f.machine = MACHINE_B;
        silent();
}

static void type_unsuitable_in_type_s_by_what_the_program_suits(void **state) {
        (void)state;
        f.machine = MACHINE_S;
        silent();
        f.packs[1].wrap = WRAP_CONTAINER;
        fires("type-unsuitable");
        f.wraps |= 1U << WRAP_CONTAINER;
        silent();
        f.packs[1].hollow = true;
        silent();
        f.suits_hollow = false;
        fires("type-unsuitable");
        f.packs[1].hollow = false;
        silent();
        f.wraps = 0; /* the program is not known */
        fires("type-unsuitable");
}

static void indicator_missing_until_every_pack_is_read_outside(void **state) {
        (void)state;
        f.packs[0].outside = f.packs[1].outside = INDICATOR_UNREAD;
        fires("indicator-missing");
        says("packs P-1, P-2");
        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, 0);
        fires("indicator-missing");
        says("pack P-2");
        read_one(NULL, WHERE_OUTSIDE, 1, RESULT_PASS, 0); /* which pack? */
        read_one(f.packs + 1, WHERE_UNSAID, 1, RESULT_PASS, 0);
        read_one(f.packs + 1, WHERE_INSIDE, 1, RESULT_PASS, 0);
        read_one(f.packs + 1, WHERE_OUTSIDE, 1, RESULT_PENDING, 0);
        fires("indicator-missing");
        read_one(f.packs + 1, WHERE_OUTSIDE, 1, RESULT_PASS, 0);
        silent();
}

static void a_bare_tray_is_read_where_the_indicator_lies(void **state) {
        (void)state;
        f.packs[1].wrap = WRAP_NONE;
        f.packs[1].outside = INDICATOR_UNREAD;
        fires("indicator-missing");
        read_one(f.packs + 1, WHERE_INSIDE, 4, RESULT_PASS, 0);
        silent();
}

static void an_expired_indicator_gives_way_to_a_good_one_in_plain_sight_only(void **state) {
        (void)state;
        f.packs[1].outside = INDICATOR_UNREAD;
        read_one(f.packs + 1, WHERE_OUTSIDE, 1, RESULT_PASS, f.cycle_date - 1);
        read_one(f.packs + 1, WHERE_INSIDE, 4, RESULT_PASS, 0);
        fires("indicator-expired");
        f.packs[1].wrap = WRAP_NONE;
        silent();
        read_one(f.packs + 1, WHERE_INSIDE, 4, RESULT_FAIL, 0);
        fires("indicator-failed");
}

static void indicator_missing_for_the_type_5_that_policy_asks_for(void **state) {
        (void)state;
        f.asked = CHALLENGE_TYPE_5;
        fires("indicator-missing");
        read_one(NULL, WHERE_CHALLENGE, 4, RESULT_PASS, 0);
        read_one(NULL, WHERE_CHALLENGE, 0, RESULT_PASS, 0);
        read_one(f.packs, WHERE_OUTSIDE, 5, RESULT_PASS, 0);
        read_one(NULL, WHERE_INSIDE, 5, RESULT_PASS, 0);
        read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PENDING, 0);
        fires("indicator-missing");
        read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PASS, 0);
        silent();
        good(state);
        f.asked = CHALLENGE_TYPE_5;
        read_one(f.packs, WHERE_INSIDE, 6, RESULT_PASS, 0);
        silent();
}

static void indicator_missing_for_a_printout_whatever_the_policy(void **state) {
        (void)state;
        f.grade = GRADE_PRINTOUT;
        fires("indicator-missing");
        says("printout");
        read_one(NULL, WHERE_CHALLENGE, 2, RESULT_PASS, 0);
        fires("indicator-missing");
        read_one(f.packs, WHERE_INSIDE, 5, RESULT_PASS, 0);
        silent();
}

static void indicator_missing_for_the_helix_that_policy_asks_for(void **state) {
        (void)state;
        f.asked = CHALLENGE_HELIX;
        fires("indicator-missing");
        read_one(f.packs, WHERE_INSIDE, 5, RESULT_PASS, 0); /* no challenge */
        read_one(NULL, WHERE_CHALLENGE, 1, RESULT_PASS, 0);
        fires("indicator-missing");
        read_one(NULL, WHERE_CHALLENGE, 2, RESULT_PASS, 0);
        silent();
}

static void indicator_failed_wins_wherever_it_is(void **state) {
        (void)state;
        for (int n = 0; n < 8; n++) {
                good(state);
                read_one(f.packs, WHERE_INSIDE, 5, RESULT_PASS, 0);
                read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PASS, 0);
                switch (n) {
                case 0:
                        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_FAIL, 0);
                        break;
                case 1:
                        read_one(f.packs, WHERE_INSIDE, 5, RESULT_FAIL, 0);
                        break;
                case 2:
                        read_one(f.packs, WHERE_UNSAID, 0, RESULT_FAIL, 0);
                        break;
                case 3:
                        read_one(NULL, WHERE_OUTSIDE, 1, RESULT_FAIL, 0);
                        break;
                case 4:
                        read_one(NULL, WHERE_CHALLENGE, 0, RESULT_FAIL, 0);
                        break;
                case 5:
                        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_FAIL, DAY - 1); /* expired ones fail too */
                        break;
                case 6:
                        f.biological = SPORE_POSITIVE;
                        break;
                case 7:
                        f.packs[1].inside = INDICATOR_FAILED; /* as read on opening */
                        break;
                }
                fires("indicator-failed");
                read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, 0); /* a second reader does not undo it */
                read_one(f.packs, WHERE_INSIDE, 5, RESULT_PASS, 0);
                read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PASS, 0);
                fires("indicator-failed");
        }
}

static void indicator_expired_on_the_day_after_its_expiry_day(void **state) {
        (void)state;
        f.packs[0].outside = INDICATOR_UNREAD;
        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, DAY - 1);
        fires("indicator-expired");
        says("pack P-1");
        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, DAY);
        silent();
        f.packs[0].outside = INDICATOR_UNREAD;
        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, 20261100); /* the end of this month */
        silent();
        f.packs[0].outside = INDICATOR_UNREAD;
        read_one(f.packs, WHERE_OUTSIDE, 1, RESULT_PASS, 20261000);
        fires("indicator-expired");
}

static void indicator_expired_for_what_policy_asks_for(void **state) {
        (void)state;
        read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PASS, DAY - 1);
        silent(); /* nobody asked for it */
        f.asked = CHALLENGE_TYPE_5;
        fires("indicator-expired");
        f.asked = CHALLENGE_HELIX;
        fires("indicator-expired");
        f.asked = CHALLENGE_NONE;
        f.grade = GRADE_PRINTOUT;
        fires("indicator-expired");
        read_one(NULL, WHERE_CHALLENGE, 5, RESULT_PASS, DAY);
        silent();
}

static void biological_pending_where_a_class_asks_for_it(void **state) {
        (void)state;
        f.biological = SPORE_PENDING;
        silent();
        f.packs[1].needs_biological = true;
        fires("biological-pending");
        says("not read yet");
        f.biological = SPORE_NONE;
        fires("biological-pending");
        says("none is recorded");
        f.biological = SPORE_INVALID;
        fires("biological-pending");
        says("control");
        f.biological = SPORE_NEGATIVE;
        silent();
        f.biological = SPORE_POSITIVE;
        fires("indicator-failed");
}

static void many_packs_are_named_in_one_sentence_that_fits(void **state) {
        (void)state;
        f.n_packs = 0;
        for (size_t i = 0; i < 100; i++) {
                char label[LABEL_MAX + 1];

                snprintf(label, sizeof(label), "%060zu", i);
                pack(label)->outside = INDICATOR_UNREAD;
        }
        fires("indicator-missing");
        says("and 97 more");
}

/* --- transcribed readings --- */

static ReleaseManual manual;
static Reasons unseen, lacks;

/* Nothing was measured, and somebody read it off; all is well with that. */
static void transcribed(void) {
        memset(&unseen, 0, sizeof(unseen));
        memset(&lacks, 0, sizeof(lacks));
        reasons_add(&unseen, "samples-missing", "Messages with measurements are missing.");
        reasons_add(&unseen, "samples-too-sparse", "The measurements do not show the whole hold.");
        f.verified = false;
        f.verdict = &unseen;
        manual = (ReleaseManual){ .on = true, .registered = true, .other = true, .lacks = &lacks };
        f.manual = &manual;
        for (size_t i = 0; i < f.n_packs; i++)
                f.packs[i].inside = f.packs[i].inside_integrating = INDICATOR_PASSED;
}

#define held() fires("samples-missing samples-too-sparse manual-evidence")

static void readings_stand_in_for_samples_and_for_nothing_else(void **state) {
        (void)state;
        transcribed();
        silent();
        reasons_add(&unseen, "air-removal-short", "Air removal shows 0 pulses below 30 kPa.");
        silent();
        manual.sampled = true;
        fires("air-removal-short");
        unseen.n = unseen.total = 0;
        reasons_add(&unseen, "hold-too-short", "The hold lasted 10 s; that is not enough.");
        fires("hold-too-short");
        unseen.n = unseen.total = 0;
        fires("samples-missing");
}

static void each_thing_that_readings_need_holds_the_load(void **state) {
        (void)state;
        transcribed();
        manual.on = false;
        held();
        transcribed();
        manual.registered = false;
        held();
        transcribed();
        manual.other = false;
        held();
        transcribed();
        manual.lacks = NULL;
        held();
        transcribed();
        reasons_add(&lacks, "manual-evidence", "The transcribed hold is far too short.");
        held();
        transcribed();
        f.packs[1].late = true;
        held();
        f.packs[1].late = false;
        f.packs[1].critical = true;
        held();
        f.packs[1].critical = false;
        f.packs[1].inside_integrating = INDICATOR_EXPIRED;
        held();
        f.packs[1].inside_integrating = INDICATOR_PASSED;
        silent();
}

static void all_that_readings_need_is_told_at_once(void **state) {
        (void)state;
        transcribed();
        manual = (ReleaseManual){};
        f.packs[0].critical = f.packs[0].late = true;
        f.packs[0].inside_integrating = INDICATOR_UNREAD;
        fires("samples-missing samples-too-sparse manual-evidence manual-evidence manual-evidence manual-evidence "
              "manual-evidence manual-evidence");
}

static void every_rule_has_its_id_once_and_a_source(void **state) {
        const ReleaseRuleInfo *table;
        const size_t n = release_rules(&table);
        (void)state;
        assert_int_equal(n, 16);
        for (size_t i = 0; i < n; i++) {
                assert_true(table[i].source[0]);
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(table[i].id, table[j].id);
        }
}

#define T(name) cmocka_unit_test_setup(name, good)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_good_load_may_be_released),
                T(of_facts_that_are_missing_every_one_refuses),
                T(reasons_of_verdict_and_fitness_pass_through_in_full),
                T(readings_stand_in_for_samples_and_for_nothing_else),
                T(each_thing_that_readings_need_holds_the_load),
                T(all_that_readings_need_is_told_at_once),
                T(samples_missing_where_a_bad_verdict_names_no_reason),
                T(clock_untrusted),
                T(a_load_that_was_decided_on_is_not_released_again),
                T(releaser_unknown),
                T(manifest_missing_without_packs_and_with_far_too_many),
                T(manifest_missing_late_counts_only_with_every_inside_indicator),
                T(a_late_pack_among_others_stays_behind_unless_shown),
                T(wet_damaged_and_opened_packs_stay_behind),
                T(wet_pack_one_is_that_pack_two_are_the_load),
                T(wet_pack_where_the_only_one_is_wet_or_nobody_knows_which),
                T(single_use_in_load),
                T(type_unsuitable_in_type_n_for_whatever_is_wrapped_or_hollow),
                T(type_unsuitable_in_type_s_by_what_the_program_suits),
                T(indicator_missing_until_every_pack_is_read_outside),
                T(a_bare_tray_is_read_where_the_indicator_lies),
                T(an_expired_indicator_gives_way_to_a_good_one_in_plain_sight_only),
                T(indicator_missing_for_the_type_5_that_policy_asks_for),
                T(indicator_missing_for_a_printout_whatever_the_policy),
                T(indicator_missing_for_the_helix_that_policy_asks_for),
                T(indicator_failed_wins_wherever_it_is),
                T(indicator_expired_on_the_day_after_its_expiry_day),
                T(indicator_expired_for_what_policy_asks_for),
                T(biological_pending_where_a_class_asks_for_it),
                T(many_packs_are_named_in_one_sentence_that_fits),
                T(every_rule_has_its_id_once_and_a_source),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
