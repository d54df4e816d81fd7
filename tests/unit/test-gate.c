/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "core/gate.h"
#include "util.h"

#define NOW (INT64_C(1795348110) * US_PER_S)
#define TODAY 20261122
#define HOUR (3600 * US_PER_S)

/* A session that may start: cartridge, handpiece with its sleeve, and an extractor from our own autoclave. */
static GateFacts f;
static GateVerdict v;
static ItemFacts *const needle = f.items, *const handpiece = f.items + 1, *const sleeve = f.items + 2,
                        *const extractor = f.items + 3;

#define RULES_BOUND 64
static bool fires_shown[RULES_BOUND], silence_shown[RULES_BOUND];

static ItemFacts plain_item(const char *code, Role role, RequiredState required, ItemState state) {
        return (ItemFacts){ .code = code,
                            .single_piece = true,
                            .known = true,
                            .class_known = true,
                            .class_name = "class",
                            .role = role,
                            .required = required,
                            .state = state,
                            .process_suitable = true };
}

static void set_good(void) {
        memset(&f, 0, sizeof(f));
        f.now_us = NOW;
        f.today = TODAY;
        f.session = "s-81";
        f.room = "room-1";
        f.practitioner = "maria";
        f.patient = "p-1";
        f.procedure = "skin-needling";
        f.room_known = f.practitioner_known = f.practitioner_qualified = f.procedure_known = true;
        f.qualified_until = TODAY;
        f.room_session_end_us = NOW - 2 * HOUR;
        f.room_disinfected_us = NOW - HOUR;
        f.n_ways = 2;
        f.ways[0] = (KitWay){ 3, { ROLE_NEEDLE, ROLE_HANDPIECE, ROLE_SLEEVE } };
        f.ways[1] = (KitWay){ 1, { ROLE_MANUAL_ROLLER } };
        f.n_items = 4;
        *needle = plain_item("n", ROLE_NEEDLE, REQUIRED_STERILE, ITEM_STERILE);
        *handpiece = plain_item("h", ROLE_HANDPIECE, REQUIRED_DISINFECTED, ITEM_DISINFECTED);
        *sleeve = plain_item("s", ROLE_SLEEVE, REQUIRED_CLEAN, ITEM_CLEAN);
        *extractor = plain_item("e", ROLE_EXTRACTOR, REQUIRED_STERILE, ITEM_STERILE);
        needle->single_use = sleeve->single_use = handpiece->needs_sleeve = true;
        needle->expires = TODAY;
        extractor->attempt = "ac1-17";
        extractor->pack = "pack-9";
        extractor->load = LOAD_RELEASED;
        extractor->sterile_us = NOW - 24 * HOUR;
        extractor->good_until_us = NOW + 1;
        extractor->cycles = extractor->cycles_max = 50;
}

static size_t rule_index(const char *id) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        for (size_t k = 0; k < n; k++)
                if (streq(rules[k].id, id))
                        return k;
        fail_msg("no rule %s", id);
        return 0;
}

/* A rule may be about the session and, in a row of its own, about its items. */
static void mark_shown(bool *shown, const char *id, bool session, bool items) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        for (size_t k = rule_index(id); k < n; k++)
                shown[k] |= streq(rules[k].id, id) && (rules[k].per_item ? items : session);
}

static const GateReason *find_reason(const char *id) {
        for (size_t k = 0; k < v.n && k < GATE_REASONS_MAX; k++)
                if (streq(v.reasons[k].rule, id))
                        return v.reasons + k;
        return NULL;
}

static void assert_utf8(const char *s) {
        for (size_t k = 0; s[k];) {
                unsigned char c = (unsigned char)s[k++];
                int more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;

                assert_true(c < 0x80 || c >= 0xc2);
                assert_true(c >= 0x20);
                for (; more > 0; more--)
                        assert_int_equal((unsigned char)s[k++] & 0xc0, 0x80);
        }
}

/* Whole: nothing of the sentence was cut off, and it says what to do. */
static void assert_sentence(const char *text) {
        size_t len = strnlen(text, GATE_TEXT_MAX);

        assert_in_range(len, 20, GATE_TEXT_MAX - 1);
        assert_int_equal(text[len - 1], '.');
        assert_null(strstr(text, ".."));
        assert_null(strstr(text, "  "));
        assert_utf8(text);
}

static void lengthen(const char **s, bool prose) {
        static char labels[LABEL_MAX + 1], texts[TEXT_MAX + 1];

        memset(labels, 'x', LABEL_MAX);
        memset(texts, 'x', TEXT_MAX);
        for (size_t k = 3; k + 3 < TEXT_MAX; k += 2)
                memcpy(texts + k, "\u00e4", 2);
        if (*s)
                *s = prose ? texts : labels;
}

static void lengthen_all(void) {
        const char **facts[] = { &f.clock_doubt, &f.store_doubt,   &f.audit_doubt, &f.restore_doubt,
                                 &f.exposure,    &f.second_daemon, &f.session_over, &f.key_doubt };

        for (size_t k = 0; k < ELEMENTSOF(facts); k++)
                lengthen(facts[k], true);
        lengthen(&f.session, false);
        lengthen(&f.room, false);
        lengthen(&f.practitioner, false);
        lengthen(&f.procedure, false);
        lengthen(&f.room_busy_session, false);
        lengthen(&f.room_lock, true);
        lengthen(&f.room_relay, true);
        for (size_t k = 0; k < f.n_items && k < ITEMS_MAX; k++) {
                ItemFacts *i = f.items + k;
                const char **labels[] = { &i->class_name, &i->used_session, &i->claim_session,
                                          &i->claim_room, &i->pack,         &i->attempt };

                lengthen(&i->parse_error, true);
                lengthen(&i->recall_reason, true);
                lengthen(&i->damage_reason, true);
                lengthen(&i->process_wanted, true);
                for (size_t l = 0; l < ELEMENTSOF(labels); l++)
                        lengthen(labels[l], false);
        }
}

/* Judges f: the rule fires, about that item, and is the only one to speak. */
static void expect_fires(const char *id, const char *item, const char *words) {
        const GateReason *r;

        gate_judge(&f, &v);
        for (size_t k = 0; k < v.n; k++)
                if (!streq(v.reasons[k].rule, id))
                        fail_msg("besides %s: %s", id, v.reasons[k].rule);
        r = find_reason(id);
        assert_non_null(r);
        assert_int_equal(v.n, 1);
        assert_false(v.allow);
        assert_true(streq_ptr(r->item, item));
        if (!strstr(r->text, words))
                fail_msg("not said: %s\nsaid: %s", words, r->text);
        assert_sentence(r->text);
        lengthen_all();
        gate_judge(&f, &v);
        assert_non_null(find_reason(id));
        assert_sentence(find_reason(id)->text);
        mark_shown(fires_shown, id, !item, item);
}

static void expect_silent(const char *id) {
        gate_judge(&f, &v);
        assert_null(find_reason(id));
        mark_shown(silence_shown, id, true, true);
}

static void expect_allowed(const char *id) {
        expect_silent(id);
        assert_int_equal(v.n, 0);
        assert_true(v.allow);
}

#define FIRES(name, id, item, words, ...)          \
        static void name(void **state) {           \
                (void)state;                       \
                set_good();                        \
                __VA_ARGS__;                       \
                expect_fires(id, item, words);     \
        }
#define SILENT(name, id, ...)                      \
        static void name(void **state) {           \
                (void)state;                       \
                set_good();                        \
                __VA_ARGS__;                       \
                expect_silent(id);                 \
        }
#define ALLOWED(name, id, ...)                     \
        static void name(void **state) {           \
                (void)state;                       \
                set_good();                        \
                __VA_ARGS__;                       \
                expect_allowed(id);                \
        }

FIRES(item_unidentifiable_fires_where_it_does_not_parse, "item-unidentifiable", "e", "wrong check digit. If it stays so",
      extractor->parse_error = "wrong check digit.")
FIRES(item_unidentifiable_fires_for_a_lot, "item-unidentifiable", "e", "not one piece", extractor->single_piece = false)
ALLOWED(item_unidentifiable_is_silent_for_a_single_piece, "item-unidentifiable", needle->single_piece = true)
FIRES(item_unknown_fires_for_what_was_never_received, "item-unknown", "n", "Receive it",
      *needle = (ItemFacts){ .code = "n", .single_piece = true }; f.n_ways = 0)
FIRES(item_unknown_fires_for_a_class_no_longer_configured, "item-unknown", "e", "roller-05",
      extractor->class_known = false; extractor->class_name = "roller-05")
SILENT(item_unknown_is_silent_where_the_code_does_not_parse, "item-unknown",
       needle->parse_error = "x"; needle->known = false)
FIRES(item_repeated_fires_for_the_second_scan, "item-repeated", "n", "more than once", f.items[4] = *needle;
      f.items[4].repeated = true; f.n_items = 5)
ALLOWED(item_repeated_is_silent_for_two_pieces, "item-repeated", f.items[4] = *needle; f.items[4].code = "n2";
        f.n_items = 5)
FIRES(item_used_fires_with_session_and_day, "item-used", "n",
      "Already used in session s-77 on 20 November 2026. Take a new one.", needle->used = true;
      needle->used_session = "s-77"; needle->used_on = 20261120; needle->state = ITEM_CONTAMINATED;
      needle->claim_session = "s-77"; needle->pack_opened = true)
FIRES(item_used_fires_where_nobody_knows_in_which_session, "item-used", "n", "Already used. Take", needle->used = true)
FIRES(item_used_fires_where_only_the_session_is_known, "item-used", "n", "in session s-7.",
      needle->used_session = "s-7")
ALLOWED(item_used_is_silent_for_a_reusable_item, "item-used", extractor->used = true; extractor->used_session = "s-1")
FIRES(item_claimed_fires_for_another_session, "item-claimed", "n",
      "Session s-80 holds it, or its pack, in room room-2.",
      needle->claim_session = "s-80"; needle->claim_room = "room-2")
ALLOWED(item_claimed_is_silent_for_a_free_item, "item-claimed", needle->claim_session = NULL)
FIRES(item_expired_fires_the_day_after, "item-expired", "n", "good until 21 November 2026", needle->expires = 20261121)
ALLOWED(item_expired_is_silent_on_the_day_itself, "item-expired", needle->expires = TODAY)
FIRES(item_expired_sends_what_is_sterilized_here_to_the_autoclave, "item-expired", "e", "goes to cleaning",
      extractor->expires = 20261121; extractor->sterilized_here = true)
FIRES(item_expired_fires_after_a_month_that_was_given_without_day, "item-expired", "n", "the end of October 2026",
      needle->expires = 20261000)
ALLOWED(item_expired_is_silent_on_the_last_day_of_a_month_without_day, "item-expired", needle->expires = 20261100;
        f.today = 20261130; f.qualified_until = 0)
FIRES(item_recalled_fires_with_the_reason, "item-recalled", "n", "lot L7 leaks.",
      needle->recall_reason = "lot L7 leaks.")
ALLOWED(item_recalled_is_silent_without_recall, "item-recalled", needle->recall_reason = NULL)
FIRES(item_damaged_fires_in_place_of_not_sterile, "item-damaged", "e", "pouch torn", extractor->damaged = true;
      extractor->damage_reason = "pouch torn"; extractor->state = ITEM_CONTAMINATED)
ALLOWED(item_damaged_is_silent_for_a_whole_item, "item-damaged", extractor->damaged = false)
FIRES(item_dropped_fires_for_what_lies_in_the_sharps, "item-dropped", "n", "sharps container", needle->dropped = true)
FIRES(item_dropped_fires_for_a_discarded_item, "item-dropped", "n", "sharps container", needle->state = ITEM_DISCARDED)
ALLOWED(item_dropped_is_silent_for_a_fresh_item, "item-dropped", needle->dropped = false)
FIRES(item_cloned_fires_where_it_was_seen_twice, "item-cloned", "n", "two places", needle->cloned = true)
ALLOWED(item_cloned_is_silent_for_a_genuine_item, "item-cloned", needle->cloned = false)
FIRES(item_not_sterile_fires_for_a_clean_item, "item-not-sterile", "e", "Not sterile", extractor->state = ITEM_CLEAN;
      extractor->load = LOAD_NONE; extractor->attempt = NULL)
FIRES(item_not_sterile_fires_for_a_pack_never_sterilized, "item-not-sterile", "e", "not sterilized yet",
      extractor->state = ITEM_PACKED; extractor->load = LOAD_NONE; extractor->attempt = NULL)
FIRES(item_not_sterile_fires_for_a_used_one_of_an_open_load, "item-not-sterile", "e", "Not sterile",
      extractor->state = ITEM_CONTAMINATED; extractor->load = LOAD_OPEN)
FIRES(item_not_sterile_says_what_became_of_a_pack_that_its_released_load_left_behind, "item-not-sterile", "e",
      "wet, late, damaged or open", extractor->state = ITEM_PACKED; extractor->load = LOAD_RELEASED)
ALLOWED(item_not_sterile_is_silent_for_a_sterile_item, "item-not-sterile", extractor->state = ITEM_STERILE)
FIRES(item_not_sterile_never_sends_a_single_use_item_to_the_autoclave, "item-not-sterile", "n", "discard this one",
      needle->state = ITEM_CONTAMINATED)
FIRES(item_not_disinfected_fires_for_a_clean_handpiece, "item-not-disinfected", "h", "disinfect it",
      handpiece->state = ITEM_CLEAN)
FIRES(item_not_disinfected_fires_for_a_packed_handpiece, "item-not-disinfected", "h", "disinfect it",
      handpiece->state = ITEM_PACKED)
FIRES(item_not_disinfected_sends_what_is_sterilized_here_to_the_autoclave, "item-not-disinfected", "h", "the autoclave",
      handpiece->state = ITEM_CLEAN; handpiece->sterilized_here = true)
ALLOWED(item_not_disinfected_is_silent_for_a_sterile_one, "item-not-disinfected", handpiece->state = ITEM_STERILE;
        handpiece->load = LOAD_RELEASED)
FIRES(item_not_clean_fires_for_a_contaminated_item, "item-not-clean", "s", "Clean it",
      sleeve->state = ITEM_CONTAMINATED; sleeve->single_use = false)
FIRES(item_not_clean_has_a_single_use_item_replaced, "item-not-clean", "s", "take a new one",
      sleeve->state = ITEM_CONTAMINATED)
ALLOWED(item_not_clean_is_silent_for_anything_better, "item-not-clean", sleeve->state = ITEM_PACKED)
FIRES(barrier_missing_fires_without_a_sleeve, "barrier-missing", "h", "Scan a sleeve", sleeve->role = ROLE_OTHER;
      f.n_ways = 0)
FIRES(barrier_missing_fires_for_the_second_handpiece, "barrier-missing", "h2", "Scan a sleeve",
      f.items[4] = *handpiece; f.items[4].code = "h2"; f.n_items = 5)
FIRES(barrier_missing_fires_for_an_added_handpiece, "barrier-missing", "h", "Scan a sleeve", f.items[0] = *handpiece;
      f.adding = true; f.n_items = 1)
SILENT(barrier_missing_is_silent_for_a_handpiece_that_needs_none, "barrier-missing", handpiece->needs_sleeve = false;
       sleeve->role = ROLE_OTHER)
ALLOWED(barrier_missing_is_silent_with_a_sleeve, "barrier-missing", handpiece->needs_sleeve = true)
FIRES(pack_opened_fires_in_place_of_not_sterile, "pack-opened", "e", "pack-9", extractor->pack_opened = true;
      extractor->state = ITEM_CONTAMINATED)
ALLOWED(pack_opened_is_silent_for_what_need_not_be_sterile, "pack-opened", sleeve->pack_opened = true)
FIRES(internal_indicator_missing_fires_until_it_is_read, "internal-indicator-missing", "e", "Read it",
      extractor->inside_required = true)
FIRES(internal_indicator_missing_fires_where_there_was_none, "internal-indicator-missing", "e", "Take another pack",
      extractor->inside_required = true; extractor->inside = INSIDE_ABSENT)
ALLOWED(internal_indicator_missing_is_silent_when_it_passed, "internal-indicator-missing",
        extractor->inside_required = true; extractor->inside = INSIDE_PASSED)
FIRES(internal_indicator_failed_fires_even_where_none_is_required, "internal-indicator-failed", "e", "pack-9",
      extractor->inside = INSIDE_FAILED; extractor->state = ITEM_CONTAMINATED)
ALLOWED(internal_indicator_failed_is_silent_when_it_passed, "internal-indicator-failed",
        extractor->inside = INSIDE_PASSED)
FIRES(load_not_released_fires_in_place_of_not_sterile, "load-not-released", "e", "ac1-17",
      extractor->load = LOAD_OPEN; extractor->state = ITEM_PACKED)
FIRES(load_not_released_fires_whatever_the_state_claims, "load-not-released", "e", "ac1-17",
      extractor->load = LOAD_OPEN)
FIRES(load_not_released_fires_where_the_load_is_not_known, "load-not-released", "e", "ac1-17",
      extractor->load = LOAD_NONE)
FIRES(load_not_released_fires_for_a_sterilized_handpiece, "load-not-released", "h", "released",
      handpiece->state = ITEM_STERILE; handpiece->load = LOAD_OPEN)
ALLOWED(load_not_released_is_silent_for_what_was_supplied_sterile, "load-not-released", needle->load = LOAD_NONE)
FIRES(load_rejected_fires_in_place_of_not_sterile, "load-rejected", "e", "ac1-17", extractor->load = LOAD_REJECTED;
      extractor->state = ITEM_CLEAN)
ALLOWED(load_rejected_is_silent_for_a_released_load, "load-rejected", extractor->load = LOAD_RELEASED)
FIRES(load_recalled_fires_for_a_sterile_item, "load-recalled", "e", "ac1-17", extractor->load = LOAD_RECALLED)
FIRES(load_recalled_fires_whatever_the_state, "load-recalled", "e", "quarantine", extractor->load = LOAD_RECALLED;
      extractor->state = ITEM_CONTAMINATED)
FIRES(load_recalled_fires_for_what_only_need_be_clean, "load-recalled", "s", "quarantine",
      sleeve->load = LOAD_RECALLED)
ALLOWED(load_recalled_is_silent_for_a_released_load, "load-recalled", extractor->load = LOAD_RELEASED)
FIRES(shelf_life_over_fires_at_its_end, "shelf-life-over", "e", "less than a minute ago",
      extractor->good_until_us = NOW)
FIRES(shelf_life_over_fires_long_after, "shelf-life-over", "e", "ended 3 days ago",
      extractor->good_until_us = NOW - 80 * HOUR)
ALLOWED(shelf_life_over_is_silent_a_microsecond_before, "shelf-life-over", extractor->good_until_us = NOW + 1)
FIRES(shelf_life_over_fires_where_no_end_is_known, "shelf-life-over", "e", "not known", extractor->good_until_us = 0)
FIRES(shelf_life_over_fires_for_critical_and_unwrapped, "shelf-life-over", "e", "immediate-use program",
      extractor->critical = extractor->unwrapped = true)
ALLOWED(shelf_life_over_is_silent_after_immediate_use_in_time, "shelf-life-over",
        extractor->critical = extractor->unwrapped = extractor->immediate_use = true; extractor->for_session = f.session)
FIRES(shelf_life_over_fires_for_immediate_use_in_a_session_that_nobody_named, "shelf-life-over", "e", "nobody named",
      extractor->critical = extractor->unwrapped = extractor->immediate_use = true)
FIRES(shelf_life_over_fires_for_immediate_use_in_another_session, "shelf-life-over", "e", "in session s-other",
      extractor->critical = extractor->unwrapped = extractor->immediate_use = true; extractor->for_session = "s-other")
FIRES(shelf_life_over_fires_for_anything_unwrapped_of_another_session, "shelf-life-over", "e", "in session s-other",
      extractor->critical = false; extractor->unwrapped = true; extractor->for_session = "s-other")
ALLOWED(shelf_life_over_is_silent_where_only_events_end_it, "shelf-life-over", extractor->good_until_us = 0;
        extractor->event_related = true)
FIRES(shelf_life_over_fires_for_unwrapped_even_where_events_end_it, "shelf-life-over", "e", "not known",
      extractor->good_until_us = 0; extractor->event_related = extractor->unwrapped = true)
FIRES(process_unsuitable_fires_with_what_is_wanted, "process-unsuitable", "e", "it needs 134 degrees, pouch.",
      extractor->process_suitable = false; extractor->process_wanted = "134 degrees, pouch")
ALLOWED(process_unsuitable_is_silent_for_a_suitable_one, "process-unsuitable", extractor->process_suitable = true)
FIRES(reprocessing_limit_fires_one_above, "reprocessing-limit", "e", "51 times; its maker allows 50",
      extractor->cycles = 51)
ALLOWED(reprocessing_limit_is_silent_at_the_limit, "reprocessing-limit", extractor->cycles = 50)
ALLOWED(reprocessing_limit_is_silent_without_limit, "reprocessing-limit", extractor->cycles = 999;
        extractor->cycles_max = 0)
FIRES(kit_incomplete_fires_and_names_what_is_missing, "kit-incomplete", NULL,
      "Still missing for skin-needling: a handpiece, a barrier sleeve. Scan",
      f.ways[1].roles[0] = ROLE_BLOOD; f.ways[1].n_roles = 4; f.n_items = 1)
FIRES(kit_incomplete_names_the_nearest_way, "kit-incomplete", NULL, "a manual roller", f.n_items = 1)
FIRES(kit_incomplete_fires_without_items, "kit-incomplete", NULL, "No item was scanned", f.n_items = 0; f.n_ways = 0;
      f.adding = true)
FIRES(kit_incomplete_fires_for_more_items_than_fit, "kit-incomplete", NULL, "More items",
      for (size_t k = 4; k < ITEMS_MAX; k++) f.items[k] = *sleeve; f.n_items = ITEMS_MAX + 1)
FIRES(kit_incomplete_fires_where_a_way_asks_for_nothing, "kit-incomplete", NULL, "not configured", f.n_ways = 1;
      f.ways[0].n_roles = 0)
FIRES(kit_incomplete_survives_a_long_list, "kit-incomplete", NULL, "missing", f.n_ways = 1;
      f.ways[0] = (KitWay){ 8, { ROLE_BLOOD, ROLE_VIAL, ROLE_BLOOD, ROLE_MANUAL_ROLLER, ROLE_MANUAL_ROLLER, ROLE_VIAL,
                                 ROLE_MANUAL_ROLLER, ROLE_MANUAL_ROLLER } })
SILENT(kit_incomplete_is_silent_with_the_other_way, "kit-incomplete", needle->role = ROLE_MANUAL_ROLLER; f.n_items = 1)
SILENT(kit_incomplete_is_silent_when_items_are_added, "kit-incomplete", f.n_items = 1; f.adding = true)
FIRES(item_other_patient_fires, "item-other-patient", "e", "another patient", extractor->patient = "p-2")
ALLOWED(item_other_patient_is_silent_for_the_same_patient, "item-other-patient", extractor->patient = "p-1")
FIRES(blood_unlabelled_fires, "blood-unlabelled", "e", "draw anew", extractor->needs_label = true)
ALLOWED(blood_unlabelled_is_silent_for_labelled_blood, "blood-unlabelled", extractor->patient = "p-1")
FIRES(blood_expired_fires_a_microsecond_after, "blood-expired", "e", "ended less than",
      extractor->blood_until_us = NOW - 1)
ALLOWED(blood_expired_is_silent_at_the_limit, "blood-expired", extractor->blood_until_us = NOW)
FIRES(vial_open_too_long_fires_a_microsecond_after, "vial-open-too-long", "e", "open a new one",
      extractor->vial_until_us = NOW - 1)
ALLOWED(vial_open_too_long_is_silent_at_the_limit, "vial-open-too-long", extractor->vial_until_us = NOW)
FIRES(practitioner_unknown_fires, "practitioner-unknown", NULL, "maria is not registered",
      f.practitioner_known = f.practitioner_qualified = false)
ALLOWED(practitioner_unknown_is_silent_for_a_known_one, "practitioner-unknown", f.practitioner_known = true)
FIRES(practitioner_not_qualified_fires_without_qualification, "practitioner-not-qualified", NULL,
      "maria is not qualified for skin-needling", f.practitioner_qualified = false; f.qualified_until = 0)
FIRES(practitioner_not_qualified_fires_the_day_after, "practitioner-not-qualified", NULL, "ended on 21 November 2026",
      f.qualified_until = 20261121)
FIRES(practitioner_not_qualified_names_no_end_that_lies_ahead, "practitioner-not-qualified", NULL, "is not qualified",
      f.practitioner_qualified = false; f.qualified_until = 20270101)
ALLOWED(practitioner_not_qualified_is_silent_on_the_last_day, "practitioner-not-qualified", f.qualified_until = TODAY)
FIRES(sharps_unaccounted_fires_for_an_earlier_session, "sharps-unaccounted", NULL, "session s-12 did not",
      f.sharps_session = "s-12")
SILENT(sharps_unaccounted_is_silent_when_items_are_added, "sharps-unaccounted", f.sharps_session = "s-12"; f.adding = true)
ALLOWED(sharps_unaccounted_is_silent_where_none_is_missing, "sharps-unaccounted", f.sharps_session = NULL)
FIRES(patient_missing_fires_without_patient, "patient-missing", NULL, "pseudonym", f.patient = NULL)
FIRES(patient_missing_fires_for_an_empty_name, "patient-missing", NULL, "pseudonym", f.patient = "")
ALLOWED(patient_missing_is_silent_with_a_pseudonym, "patient-missing", f.patient = "p")
FIRES(procedure_unknown_fires, "procedure-unknown", NULL, "tattoo", f.procedure_known = false; f.procedure = "tattoo")
ALLOWED(procedure_unknown_is_silent_for_a_configured_one, "procedure-unknown", f.procedure_known = true)
FIRES(room_unknown_fires, "room-unknown", NULL, "room-9", f.room_known = false; f.room = "room-9")
ALLOWED(room_unknown_is_silent_for_a_configured_one, "room-unknown", f.room_known = true)
FIRES(room_busy_fires, "room-busy", NULL, "s-80", f.room_busy_session = "s-80")
FIRES(room_busy_fires_while_a_permit_of_the_last_session_may_hold, "room-busy", NULL, "for 89 s", f.room_held_s = 89)
ALLOWED(room_busy_is_silent_when_none_can_hold, "room-busy", f.room_held_s = 0)
FIRES(room_locked_fires, "room-locked", NULL, "asepsisctl room unlock room-1", f.room_lock = "reuse-detected"; f.room = "room-1")
FIRES(room_locked_fires_when_items_are_added, "room-locked", NULL, "locked (reuse-detected)", f.room_lock = "reuse-detected";
      f.adding = true)
ALLOWED(room_locked_is_silent_without_a_lock, "room-locked", f.room_lock = NULL)
FIRES(interlock_mismatch_fires_for_a_relay_that_did_not_open, "interlock-mismatch", NULL, "Relay relay-1 of this room",
      f.room_relay = "relay-1")
ALLOWED(interlock_mismatch_is_silent_where_all_have_opened, "interlock-mismatch", f.room_relay = NULL)
SILENT(room_busy_is_silent_when_items_are_added, "room-busy", f.room_busy_session = "s-80"; f.adding = true)
FIRES(room_not_disinfected_fires_for_one_before_the_last_session, "room-not-disinfected", NULL, "contact time",
      f.room_disinfected_us = f.room_session_end_us)
FIRES(room_not_disinfected_fires_where_nothing_is_known, "room-not-disinfected", NULL, "contact time",
      f.room_disinfected_us = f.room_session_end_us = 0)
FIRES(room_not_disinfected_fires_for_one_that_lies_ahead, "room-not-disinfected", NULL, "contact time",
      f.room_disinfected_us = NOW + 1)
ALLOWED(room_not_disinfected_is_silent_a_microsecond_after, "room-not-disinfected",
        f.room_disinfected_us = f.room_session_end_us + 1)
ALLOWED(room_not_disinfected_is_silent_before_the_first_session, "room-not-disinfected", f.room_never_used = true;
        f.room_disinfected_us = f.room_session_end_us = 0)
FIRES(exposure_open_fires, "exposure-open", NULL, "needlestick at 10:14", f.exposure = "needlestick at 10:14")
FIRES(exposure_open_says_what_is_still_to_be_recorded, "exposure-open", NULL, "recorded: the report.", f.exposure = "cut";
      f.exposure_wants = "the report")
ALLOWED(exposure_open_is_silent_without_injury, "exposure-open", f.exposure = NULL)
FIRES(session_over_fires, "session-over", NULL, "Session s-81 has lapsed. Ask", f.session_over = "has lapsed")
ALLOWED(session_over_is_silent_for_a_live_one, "session-over", f.session_over = NULL)
FIRES(clock_untrusted_fires_alone_where_expiry_cannot_be_judged, "clock-untrusted", NULL, "3 h behind. No session",
      f.clock_doubt = "The clock is 3 h behind."; needle->expires = 20200101; extractor->good_until_us = 1;
      extractor->blood_until_us = 1; extractor->vial_until_us = 1; f.qualified_until = 20200101;
      f.room_disinfected_us = NOW + HOUR)
FIRES(clock_untrusted_fires_without_a_date, "clock-untrusted", NULL, "date is not known", f.today = 0)
FIRES(clock_untrusted_fires_without_a_time, "clock-untrusted", NULL, "date is not known", f.now_us = 0)
ALLOWED(clock_untrusted_is_silent_without_doubt, "clock-untrusted", f.clock_doubt = NULL)
FIRES(store_degraded_fires, "store-degraded", NULL, "The disk is full. Nothing", f.store_doubt = "The disk is full.")
ALLOWED(store_degraded_is_silent_without_doubt, "store-degraded", f.store_doubt = NULL)
FIRES(audit_inconsistent_fires, "audit-inconsistent", NULL, "cleared up", f.audit_doubt = "A head is not ours")
FIRES(audit_inconsistent_fires_while_arming, "audit-inconsistent", NULL, "Ask again in a moment", f.arming = "It is still reading")
ALLOWED(audit_inconsistent_is_silent_without_doubt, "audit-inconsistent", f.audit_doubt = NULL)
FIRES(restore_unconfirmed_fires, "restore-unconfirmed", NULL, "restore confirm", f.restore_doubt = "This is a backup")
ALLOWED(restore_unconfirmed_is_silent_without_doubt, "restore-unconfirmed", f.restore_doubt = NULL)
FIRES(restore_unconfirmed_fires_for_a_needle_from_before, "restore-unconfirmed", "n", "receive it again",
      needle->unvouched = true)
ALLOWED(restore_unconfirmed_is_silent_for_what_is_reprocessed, "restore-unconfirmed", extractor->unvouched = true)
SILENT(restore_unconfirmed_is_silent_for_a_used_needle, "restore-unconfirmed", needle->unvouched = true;
       needle->used = true)
FIRES(second_daemon_fires, "second-daemon", NULL, "admin", f.second_daemon = "Another daemon answers for this site")
ALLOWED(second_daemon_is_silent_without_doubt, "second-daemon", f.second_daemon = NULL)
FIRES(key_changed_fires, "key-changed", NULL, "accepted", f.key_doubt = "The key that signs was exchanged")
ALLOWED(key_changed_is_silent_without_doubt, "key-changed", f.key_doubt = NULL)

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

static void every_rule_has_been_seen_firing_and_silent(void **state) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        (void)state;
        assert_true(n <= RULES_BOUND);
        for (size_t k = 0; k < n; k++)
                if (!fires_shown[k] || !silence_shown[k])
                        fail_msg("%s: no test shows it %s", rules[k].id, fires_shown[k] ? "silent" : "firing");
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
                cmocka_unit_test(item_unidentifiable_fires_where_it_does_not_parse),
                cmocka_unit_test(item_unidentifiable_fires_for_a_lot),
                cmocka_unit_test(item_unidentifiable_is_silent_for_a_single_piece),
                cmocka_unit_test(item_unknown_fires_for_what_was_never_received),
                cmocka_unit_test(item_unknown_fires_for_a_class_no_longer_configured),
                cmocka_unit_test(item_unknown_is_silent_where_the_code_does_not_parse),
                cmocka_unit_test(item_repeated_fires_for_the_second_scan),
                cmocka_unit_test(item_repeated_is_silent_for_two_pieces),
                cmocka_unit_test(item_used_fires_with_session_and_day),
                cmocka_unit_test(item_used_fires_where_nobody_knows_in_which_session),
                cmocka_unit_test(item_used_fires_where_only_the_session_is_known),
                cmocka_unit_test(item_used_is_silent_for_a_reusable_item),
                cmocka_unit_test(item_claimed_fires_for_another_session),
                cmocka_unit_test(item_claimed_is_silent_for_a_free_item),
                cmocka_unit_test(item_expired_fires_the_day_after),
                cmocka_unit_test(item_expired_is_silent_on_the_day_itself),
                cmocka_unit_test(item_expired_fires_after_a_month_that_was_given_without_day),
                cmocka_unit_test(item_expired_is_silent_on_the_last_day_of_a_month_without_day),
                cmocka_unit_test(item_recalled_fires_with_the_reason),
                cmocka_unit_test(item_recalled_is_silent_without_recall),
                cmocka_unit_test(item_damaged_fires_in_place_of_not_sterile),
                cmocka_unit_test(item_damaged_is_silent_for_a_whole_item),
                cmocka_unit_test(item_dropped_fires_for_what_lies_in_the_sharps),
                cmocka_unit_test(item_dropped_fires_for_a_discarded_item),
                cmocka_unit_test(item_dropped_is_silent_for_a_fresh_item),
                cmocka_unit_test(item_cloned_fires_where_it_was_seen_twice),
                cmocka_unit_test(item_cloned_is_silent_for_a_genuine_item),
                cmocka_unit_test(item_not_sterile_fires_for_a_clean_item),
                cmocka_unit_test(item_not_sterile_fires_for_a_pack_never_sterilized),
                cmocka_unit_test(item_not_sterile_fires_for_a_used_one_of_an_open_load),
                cmocka_unit_test(item_not_sterile_is_silent_for_a_sterile_item),
                cmocka_unit_test(item_not_sterile_says_what_became_of_a_pack_that_its_released_load_left_behind),
                cmocka_unit_test(item_expired_sends_what_is_sterilized_here_to_the_autoclave),
                cmocka_unit_test(item_not_disinfected_sends_what_is_sterilized_here_to_the_autoclave),
                cmocka_unit_test(item_not_sterile_never_sends_a_single_use_item_to_the_autoclave),
                cmocka_unit_test(item_not_clean_has_a_single_use_item_replaced),
                cmocka_unit_test(item_not_disinfected_fires_for_a_clean_handpiece),
                cmocka_unit_test(item_not_disinfected_fires_for_a_packed_handpiece),
                cmocka_unit_test(item_not_disinfected_is_silent_for_a_sterile_one),
                cmocka_unit_test(item_not_clean_fires_for_a_contaminated_item),
                cmocka_unit_test(item_not_clean_is_silent_for_anything_better),
                cmocka_unit_test(barrier_missing_fires_without_a_sleeve),
                cmocka_unit_test(barrier_missing_fires_for_the_second_handpiece),
                cmocka_unit_test(barrier_missing_fires_for_an_added_handpiece),
                cmocka_unit_test(barrier_missing_is_silent_for_a_handpiece_that_needs_none),
                cmocka_unit_test(barrier_missing_is_silent_with_a_sleeve),
                cmocka_unit_test(pack_opened_fires_in_place_of_not_sterile),
                cmocka_unit_test(pack_opened_is_silent_for_what_need_not_be_sterile),
                cmocka_unit_test(internal_indicator_missing_fires_until_it_is_read),
                cmocka_unit_test(internal_indicator_missing_fires_where_there_was_none),
                cmocka_unit_test(internal_indicator_missing_is_silent_when_it_passed),
                cmocka_unit_test(internal_indicator_failed_fires_even_where_none_is_required),
                cmocka_unit_test(internal_indicator_failed_is_silent_when_it_passed),
                cmocka_unit_test(load_not_released_fires_in_place_of_not_sterile),
                cmocka_unit_test(load_not_released_fires_whatever_the_state_claims),
                cmocka_unit_test(load_not_released_fires_where_the_load_is_not_known),
                cmocka_unit_test(load_not_released_fires_for_a_sterilized_handpiece),
                cmocka_unit_test(load_not_released_is_silent_for_what_was_supplied_sterile),
                cmocka_unit_test(load_rejected_fires_in_place_of_not_sterile),
                cmocka_unit_test(load_rejected_is_silent_for_a_released_load),
                cmocka_unit_test(load_recalled_fires_for_a_sterile_item),
                cmocka_unit_test(load_recalled_fires_whatever_the_state),
                cmocka_unit_test(load_recalled_fires_for_what_only_need_be_clean),
                cmocka_unit_test(load_recalled_is_silent_for_a_released_load),
                cmocka_unit_test(shelf_life_over_fires_at_its_end),
                cmocka_unit_test(shelf_life_over_fires_long_after),
                cmocka_unit_test(shelf_life_over_is_silent_a_microsecond_before),
                cmocka_unit_test(shelf_life_over_fires_where_no_end_is_known),
                cmocka_unit_test(shelf_life_over_fires_for_critical_and_unwrapped),
                cmocka_unit_test(shelf_life_over_is_silent_after_immediate_use_in_time),
                cmocka_unit_test(shelf_life_over_fires_for_immediate_use_in_a_session_that_nobody_named),
                cmocka_unit_test(shelf_life_over_fires_for_immediate_use_in_another_session),
                cmocka_unit_test(shelf_life_over_fires_for_anything_unwrapped_of_another_session),
                cmocka_unit_test(shelf_life_over_is_silent_where_only_events_end_it),
                cmocka_unit_test(shelf_life_over_fires_for_unwrapped_even_where_events_end_it),
                cmocka_unit_test(process_unsuitable_fires_with_what_is_wanted),
                cmocka_unit_test(process_unsuitable_is_silent_for_a_suitable_one),
                cmocka_unit_test(reprocessing_limit_fires_one_above),
                cmocka_unit_test(reprocessing_limit_is_silent_at_the_limit),
                cmocka_unit_test(reprocessing_limit_is_silent_without_limit),
                cmocka_unit_test(kit_incomplete_fires_and_names_what_is_missing),
                cmocka_unit_test(kit_incomplete_names_the_nearest_way),
                cmocka_unit_test(kit_incomplete_fires_without_items),
                cmocka_unit_test(kit_incomplete_fires_for_more_items_than_fit),
                cmocka_unit_test(kit_incomplete_fires_where_a_way_asks_for_nothing),
                cmocka_unit_test(kit_incomplete_survives_a_long_list),
                cmocka_unit_test(kit_incomplete_is_silent_with_the_other_way),
                cmocka_unit_test(kit_incomplete_is_silent_when_items_are_added),
                cmocka_unit_test(item_other_patient_fires),
                cmocka_unit_test(item_other_patient_is_silent_for_the_same_patient),
                cmocka_unit_test(blood_unlabelled_fires),
                cmocka_unit_test(blood_unlabelled_is_silent_for_labelled_blood),
                cmocka_unit_test(blood_expired_fires_a_microsecond_after),
                cmocka_unit_test(blood_expired_is_silent_at_the_limit),
                cmocka_unit_test(vial_open_too_long_fires_a_microsecond_after),
                cmocka_unit_test(vial_open_too_long_is_silent_at_the_limit),
                cmocka_unit_test(practitioner_unknown_fires),
                cmocka_unit_test(practitioner_unknown_is_silent_for_a_known_one),
                cmocka_unit_test(practitioner_not_qualified_fires_without_qualification),
                cmocka_unit_test(practitioner_not_qualified_fires_the_day_after),
                cmocka_unit_test(practitioner_not_qualified_names_no_end_that_lies_ahead),
                cmocka_unit_test(practitioner_not_qualified_is_silent_on_the_last_day),
                cmocka_unit_test(sharps_unaccounted_fires_for_an_earlier_session),
                cmocka_unit_test(sharps_unaccounted_is_silent_when_items_are_added),
                cmocka_unit_test(sharps_unaccounted_is_silent_where_none_is_missing),
                cmocka_unit_test(patient_missing_fires_without_patient),
                cmocka_unit_test(patient_missing_fires_for_an_empty_name),
                cmocka_unit_test(patient_missing_is_silent_with_a_pseudonym),
                cmocka_unit_test(procedure_unknown_fires),
                cmocka_unit_test(procedure_unknown_is_silent_for_a_configured_one),
                cmocka_unit_test(room_unknown_fires),
                cmocka_unit_test(room_unknown_is_silent_for_a_configured_one),
                cmocka_unit_test(room_busy_fires),
                cmocka_unit_test(room_busy_fires_while_a_permit_of_the_last_session_may_hold),
                cmocka_unit_test(room_busy_is_silent_when_none_can_hold),
                cmocka_unit_test(room_locked_fires),
                cmocka_unit_test(room_locked_fires_when_items_are_added),
                cmocka_unit_test(room_locked_is_silent_without_a_lock),
                cmocka_unit_test(interlock_mismatch_fires_for_a_relay_that_did_not_open),
                cmocka_unit_test(interlock_mismatch_is_silent_where_all_have_opened),
                cmocka_unit_test(room_busy_is_silent_when_items_are_added),
                cmocka_unit_test(room_not_disinfected_fires_for_one_before_the_last_session),
                cmocka_unit_test(room_not_disinfected_fires_where_nothing_is_known),
                cmocka_unit_test(room_not_disinfected_fires_for_one_that_lies_ahead),
                cmocka_unit_test(room_not_disinfected_is_silent_a_microsecond_after),
                cmocka_unit_test(room_not_disinfected_is_silent_before_the_first_session),
                cmocka_unit_test(exposure_open_fires),
                cmocka_unit_test(exposure_open_says_what_is_still_to_be_recorded),
                cmocka_unit_test(exposure_open_is_silent_without_injury),
                cmocka_unit_test(session_over_fires),
                cmocka_unit_test(session_over_is_silent_for_a_live_one),
                cmocka_unit_test(clock_untrusted_fires_alone_where_expiry_cannot_be_judged),
                cmocka_unit_test(clock_untrusted_fires_without_a_date),
                cmocka_unit_test(clock_untrusted_fires_without_a_time),
                cmocka_unit_test(clock_untrusted_is_silent_without_doubt),
                cmocka_unit_test(store_degraded_fires),
                cmocka_unit_test(store_degraded_is_silent_without_doubt),
                cmocka_unit_test(audit_inconsistent_fires),
                cmocka_unit_test(audit_inconsistent_fires_while_arming),
                cmocka_unit_test(audit_inconsistent_is_silent_without_doubt),
                cmocka_unit_test(restore_unconfirmed_fires),
                cmocka_unit_test(restore_unconfirmed_is_silent_without_doubt),
                cmocka_unit_test(restore_unconfirmed_fires_for_a_needle_from_before),
                cmocka_unit_test(restore_unconfirmed_is_silent_for_what_is_reprocessed),
                cmocka_unit_test(restore_unconfirmed_is_silent_for_a_used_needle),
                cmocka_unit_test(second_daemon_fires),
                cmocka_unit_test(second_daemon_is_silent_without_doubt),
                cmocka_unit_test(key_changed_fires),
                cmocka_unit_test(key_changed_is_silent_without_doubt),
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
                cmocka_unit_test(every_rule_has_been_seen_firing_and_silent),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
