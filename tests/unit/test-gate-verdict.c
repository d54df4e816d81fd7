/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's verdict as a whole: over any facts, with many reasons at once, in its words; and the table of its rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>

#include "gate-case.h"

static void zeroed_facts_are_denied(void **state) {
        (void)state;
        memset(&f, 0, sizeof(f));
        gate_judge(&f, &v);
        assert_false(v.allow);
        f.n_items = 1;
        gate_judge(&f, &v);
        assert_false(v.allow);
        assert_non_null(find_reason("item-unidentifiable"));
        assert_string_equal(find_reason("item-unidentifiable")->item, "");
        assert_null(find_reason("item-not-sterile"));
        for (size_t k = 0; k < v.n; k++)
                assert_sentence(v.reasons[k].text);
}

/* Each fact that is still zero in an otherwise good session denies by itself where zero means "not known". */
static void a_zeroed_item_denies_a_good_session(void **state) {
        (void)state;
        set_good();
        gate_judge(&f, &v);
        assert_true(v.allow);
        f.items[f.n_items++] = (ItemFacts){ 0 };
        gate_judge(&f, &v);
        assert_false(v.allow);
        assert_int_equal(v.n, 1);
}

static void all_reasons_come_at_once_in_the_order_of_the_table(void **state) {
        static const char *const expected[] = { "item-unidentifiable", "item-unknown",      "item-used",
                                                "item-expired",        "item-recalled",     "item-damaged",
                                                "item-cloned",         "barrier-missing",   "kit-incomplete",
                                                "practitioner-unknown", "patient-missing",  "room-busy",
                                                "exposure-open",       "session-over",      "store-degraded" };

        (void)state;
        set_good();
        f.items[4] = (ItemFacts){ .code = "?", .parse_error = "no code" };
        f.n_items = 5;
        sleeve->known = false;
        needle->used = needle->cloned = true;
        extractor->expires = 20261121;
        extractor->recall_reason = "lot";
        extractor->damaged = true;
        f.practitioner_known = false;
        f.patient = "";
        f.room_busy_session = "s";
        f.exposure = "x";
        f.session_over = "ended";
        f.store_doubt = "x";
        gate_judge(&f, &v);
        assert_int_equal(v.n, ELEMENTSOF(expected));
        for (size_t k = 0; k < v.n; k++)
                assert_string_equal(v.reasons[k].rule, expected[k]);
}

static void reasons_beyond_the_room_for_them_are_counted(void **state) {
        (void)state;
        set_good();
        for (size_t k = 4; k < ITEMS_MAX; k++) {
                f.items[k] = *extractor;
                f.items[k].cloned = f.items[k].damaged = f.items[k].pack_opened = true;
                f.items[k].recall_reason = f.items[k].claim_session = "x";
                f.items[k].load = LOAD_RECALLED;
        }
        f.n_items = ITEMS_MAX;
        gate_judge(&f, &v);
        assert_false(v.allow);
        assert_int_equal(v.n, 60 * 6);
        assert_true(v.n > GATE_REASONS_MAX);
}

static void only_the_agreed_rules_may_be_overridden_or_loosened(void **state) {
        static const char *const override[] = { "practitioner-unknown", "practitioner-not-qualified",
                                                "room-not-disinfected", "exposure-open" };
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules), n_override = 0, n_loosen = 0;

        (void)state;
        for (size_t k = 0; k < n; k++) {
                n_override += rules[k].may == MAY_OVERRIDE;
                n_loosen += rules[k].may == MAY_LOOSEN;
        }
        for (size_t k = 0; k < ELEMENTSOF(override); k++)
                assert_int_equal(rules[rule_index(override[k])].may, MAY_OVERRIDE);
        assert_int_equal(n_override, ELEMENTSOF(override));
        assert_int_equal(n_loosen, 1);
        assert_int_equal(rules[rule_index("shelf-life-over")].may, MAY_LOOSEN);
        set_good();
        f.practitioner_known = false;
        needle->used = true;
        gate_judge(&f, &v);
        assert_true(find_reason("practitioner-unknown")->override);
        assert_false(find_reason("item-used")->override);
}

static void long_words_are_cut_between_two_characters(void **state) {
        char reason[400] = "";

        (void)state;
        for (int shift = 0; shift < 4; shift++) {
                set_good();
                memset(reason, 'a', (size_t)shift);
                for (size_t k = (size_t)shift; k + 4 < sizeof(reason); k += 3)
                        memcpy(reason + k, "\u20ac", 4);
                needle->recall_reason = reason;
                gate_judge(&f, &v);
                assert_sentence(v.reasons[0].text);
                assert_non_null(strstr(v.reasons[0].text, "\u20ac\u2026. Put it aside"));
        }
}

static void control_characters_do_not_reach_the_sentence(void **state) {
        (void)state;
        set_good();
        needle->parse_error = "bad\nchar\x1d" "acter";
        gate_judge(&f, &v);
        assert_non_null(strstr(v.reasons[0].text, "bad char acter"));
        assert_sentence(v.reasons[0].text);
}

/* Any facts: the plain conditions, none silenced, against the gate's verdict. */

static uint64_t seed_x;

static int64_t below(int64_t n) {
        seed_x ^= seed_x << 13;
        seed_x ^= seed_x >> 7;
        seed_x ^= seed_x << 17;
        return (int64_t)(seed_x % (uint64_t)n);
}

static bool coin(void) {
        return below(2) == 0;
}

static const char *maybe(const char *s) {
        return coin() ? s : NULL;
}

static void scramble_ledger(ItemFacts *i) {
        switch (below(14)) {
        case 0: i->parse_error = maybe("x"); break;
        case 1: i->single_piece = coin(); break;
        case 2: i->known = coin(); break;
        case 3: i->repeated = coin(); break;
        case 4: i->class_known = coin(); break;
        case 5: i->single_use = coin(); i->used = coin(); break;
        case 6: i->used_session = maybe("s-1"); break;
        case 7: i->claim_session = maybe("s-2"); break;
        case 8: i->expires = TODAY - 1 + (int32_t)below(3); break;
        case 9: i->recall_reason = maybe("x"); break;
        case 10: i->damaged = coin(); break;
        case 11: i->dropped = coin(); break;
        case 12: i->cloned = coin(); break;
        default: i->patient = maybe(coin() ? "p-1" : "p-2"); break;
        }
}

static void scramble_process(ItemFacts *i) {
        switch (below(14)) {
        case 0: i->role = (Role)below(_ROLE_MAX); break;
        case 1: i->required = (RequiredState)below(3); break;
        case 2:
        case 3: i->state = (ItemState)below(_ITEM_STATE_MAX); break;
        case 4: i->pack_opened = coin(); break;
        case 5: i->inside = (InsideIndicator)below(4); i->inside_required = coin(); break;
        case 6:
        case 7: i->load = (LoadState)below(5); i->attempt = maybe("ac"); break;
        case 8:
                i->unwrapped = coin();
                i->immediate_use = coin();
                i->critical = coin();
                i->for_session = coin() ? f.session : maybe("s-9");
                break;
        case 9: i->event_related = coin(); i->sterile_us = below(2); break;
        case 10: i->good_until_us = coin() ? 0 : NOW - 1 + below(3); break;
        case 11: i->process_suitable = coin(); i->cycles = 49 + below(3); i->cycles_max = coin() ? 0 : 50; break;
        case 12: i->needs_label = coin(); i->blood_until_us = coin() ? 0 : NOW - 1 + below(3); break;
        default: i->needs_sleeve = coin(); i->vial_until_us = coin() ? 0 : NOW - 1 + below(3); break;
        }
}

static void scramble_session(void) {
        switch (below(17)) {
        case 16: f.key_doubt = maybe("x"); break;
        case 0: f.clock_doubt = maybe("x"); break;
        case 1: f.store_doubt = maybe("x"); break;
        case 2: f.audit_doubt = maybe("x"); break;
        case 3: f.restore_doubt = maybe("x"); break;
        case 4: f.second_daemon = maybe("x"); break;
        case 5: f.room_known = coin(); break;
        case 6:
                f.room_busy_session = maybe("s-3");
                f.room_held_s = (int64_t)below(2);
                f.room_lock = below(3) ? NULL : "x";
                f.room_relay = below(3) ? NULL : "x";
                break;
        case 7: f.room_disinfected_us = f.room_session_end_us - 1 + below(3); break;
        case 8: f.room_never_used = coin(); f.room_session_end_us = coin() ? 0 : NOW; break;
        case 9: f.exposure = maybe("x"); break;
        case 10: f.practitioner_known = coin(); break;
        case 11:
                f.practitioner_qualified = coin();
                f.qualified_until = coin() ? 0 : TODAY - 1 + (int32_t)below(3);
                break;
        case 12: f.procedure_known = coin(); f.patient = coin() ? "p-1" : maybe(""); break;
        case 13: f.session_over = maybe("x"); f.sharps_session = maybe("s-2"); break;
        case 14: f.adding = coin(); break;
        default: f.n_items = (size_t)below(6); f.n_ways = (size_t)below(3); break;
        }
}

static bool plain_ready(const ItemFacts *i) {
        static const int rank[] = { [ITEM_CONTAMINATED] = 0, [ITEM_CLEAN] = 1,       [ITEM_PACKED] = 1,
                                    [ITEM_DISINFECTED] = 2,  [ITEM_STERILE] = 3,     [ITEM_DISCARDED] = -1 };
        static const int needs[] = { [REQUIRED_CLEAN] = 1, [REQUIRED_DISINFECTED] = 2, [REQUIRED_STERILE] = 3 };
        bool life = i->good_until_us != 0 ? f.clock_doubt || NOW < i->good_until_us :
                                            !i->unwrapped && (i->event_related || i->sterile_us == 0);

        if (rank[i->state] < needs[i->required])
                return false;
        if (i->required == REQUIRED_CLEAN || i->state != ITEM_STERILE)
                return true;
        return !i->pack_opened && i->inside != INSIDE_FAILED && (!i->inside_required || i->inside == INSIDE_PASSED) &&
               (i->load == LOAD_RELEASED || (i->load == LOAD_NONE && !i->attempt)) && life &&
               !(i->critical && i->unwrapped && !(i->immediate_use && i->for_session)) &&
               !(i->unwrapped && i->for_session && strcmp(i->for_session, f.session) != 0) && i->process_suitable;
}

/* An unread indicator is missed whatever the state; the state then denies anyway. */
static bool plain_item_good(const ItemFacts *i) {
        bool clock = !f.clock_doubt;

        return !i->parse_error && i->single_piece && i->known && !i->repeated && i->class_known &&
               !(i->single_use && (i->used || i->used_session)) && !i->claim_session && !i->claim_room &&
               !(clock && i->expires && TODAY > i->expires) && !i->recall_reason && !i->damaged && !i->dropped &&
               !i->cloned && i->load != LOAD_RECALLED && plain_ready(i) &&
               !(i->cycles_max && i->cycles > i->cycles_max) && !(i->patient && strcmp(i->patient, "p-1") != 0) &&
               !i->needs_label && !(clock && i->blood_until_us && NOW > i->blood_until_us) &&
               !(clock && i->vial_until_us && NOW > i->vial_until_us);
}

static bool plain_way_there(const KitWay *way) {
        for (size_t r = 0; r < way->n_roles; r++) {
                bool there = false;

                for (size_t k = 0; k < f.n_items; k++)
                        there = there || f.items[k].role == way->roles[r];
                if (!there)
                        return false;
        }
        return way->n_roles > 0;
}

/* All that no override can mend. */
static bool plain_hard_good(void) {
        size_t bare = 0, sleeves = 0;
        bool kit = f.adding || f.n_ways == 0;

        for (size_t k = 0; k < f.n_items; k++) {
                if (!plain_item_good(f.items + k))
                        return false;
                bare += f.items[k].needs_sleeve;
                sleeves += f.items[k].role == ROLE_SLEEVE;
        }
        for (size_t k = 0; k < f.n_ways; k++)
                kit = kit || plain_way_there(f.ways + k);
        return kit && f.n_items > 0 && bare <= sleeves && f.patient && *f.patient && f.procedure_known &&
               (f.adding || (f.room_known && !f.room_busy_session && f.room_held_s <= 0 && !f.sharps_session)) &&
               !f.room_lock && !f.room_relay && !f.session_over && !f.clock_doubt &&
               !f.store_doubt && !f.audit_doubt && !f.restore_doubt && !f.second_daemon && !f.key_doubt;
}

static bool plain_soft_good(void) {
        bool fresh = f.room_disinfected_us > 0 && f.room_disinfected_us > f.room_session_end_us &&
                     f.room_disinfected_us <= NOW;

        return f.practitioner_known && f.practitioner_qualified &&
               !(f.qualified_until && TODAY > f.qualified_until) && !f.exposure &&
               (f.adding || fresh || (f.room_never_used && f.room_session_end_us == 0));
}

static void any_facts_are_allowed_exactly_where_no_plain_condition_is_broken(void **state) {
        const char *given = getenv("SEED");
        uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
        size_t allowed = 0, only_soft = 0;

        (void)state;
        print_message("SEED=%llu\n", (unsigned long long)seed);
        seed_x = seed * 2654435761U + 1;
        for (int run = 0; run < 200000; run++) {
                bool soft = true;

                set_good();
                f.items[4] = *extractor;
                for (int64_t k = below(7); k > 0; k--) {
                        if (below(3) == 0)
                                scramble_session();
                        else if (coin())
                                scramble_ledger(f.items + below(5));
                        else
                                scramble_process(f.items + below(5));
                }
                gate_judge(&f, &v);
                for (size_t k = 0; k < MIN_OF(v.n, (size_t)GATE_REASONS_MAX); k++)
                        soft = soft && v.reasons[k].override;
                assert_int_equal(v.allow, v.n == 0);
                if (v.allow != (plain_hard_good() && plain_soft_good()) || soft != plain_hard_good())
                        fail_msg("run %d: allow %d (%s), hard %d, soft %d", run, v.allow, v.n ? v.reasons[0].rule : "",
                                 plain_hard_good(), plain_soft_good());
                allowed += v.allow;
                only_soft += soft && !v.allow;
        }
        assert_true(allowed > 10000);
        assert_true(only_soft > 1000);
}

static void every_rule_is_whole_and_has_an_id_of_its_own(void **state) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        (void)state;
        assert_int_equal(n, 47);
        for (size_t k = 0; k < n; k++) {
                assert_true(*rules[k].source && *rules[k].sentence);
                assert_int_equal(rules[k].sentence[strlen(rules[k].sentence) - 1], '.');
                assert_int_equal(rules[k].per_item, rules[k].test_item != NULL);
                assert_int_equal(!rules[k].per_item, rules[k].test_session != NULL);
                for (size_t l = 0; l < k; l++)
                        assert_true(rules[k].per_item != rules[l].per_item || !streq(rules[k].id, rules[l].id));
        }
}

/* A row of doc/rules.md: | `id` | when | what happens | source | may | decided | */
static void every_rule_stands_in_the_catalogue_with_its_source_and_may(void **state) {
        static const char *const may[] = { [MAY_NOT] = "| no |", [MAY_NEVER] = "| never |",
                                           [MAY_OVERRIDE] = "| override |", [MAY_LOOSEN] = "| loosen |" };
        static char doc[131072];
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules), len;
        FILE *file = fopen("doc/rules.md", "re");

        (void)state;
        assert_non_null(file); /* tests are run from the top of the tree */
        len = fread(doc, 1, sizeof(doc) - 1, file);
        assert_int_equal(fclose(file), 0);
        assert_in_range(len, 1, sizeof(doc) - 2);
        for (size_t k = 0; k < n; k++) {
                char start[80], *row, *end;

                snprintf(start, sizeof(start), "\n| `%s` |", rules[k].id);
                row = strstr(doc, start);
                if (!row)
                        fail_msg("doc/rules.md has no row for %s", rules[k].id);
                end = strchr(row + 1, '\n');
                assert_non_null(end);
                *end = '\0';
                if (!strstr(row, may[rules[k].may]) || !strstr(row, rules[k].source) || !strstr(row, "| today |"))
                        fail_msg("doc/rules.md says something else about %s", rules[k].id);
                *end = '\n';
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(zeroed_facts_are_denied),
                cmocka_unit_test(a_zeroed_item_denies_a_good_session),
                cmocka_unit_test(all_reasons_come_at_once_in_the_order_of_the_table),
                cmocka_unit_test(reasons_beyond_the_room_for_them_are_counted),
                cmocka_unit_test(only_the_agreed_rules_may_be_overridden_or_loosened),
                cmocka_unit_test(long_words_are_cut_between_two_characters),
                cmocka_unit_test(control_characters_do_not_reach_the_sentence),
                cmocka_unit_test(any_facts_are_allowed_exactly_where_no_plain_condition_is_broken),
                cmocka_unit_test(every_rule_is_whole_and_has_an_id_of_its_own),
                cmocka_unit_test(every_rule_stands_in_the_catalogue_with_its_source_and_may),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
