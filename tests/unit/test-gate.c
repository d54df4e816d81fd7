/* SPDX-License-Identifier: Apache-2.0 */
/* Each rule of the gate, seen firing and seen silent. What is asked of the verdict as a whole: test-gate-verdict.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gate-case.h"

#define RULES_BOUND 64
static bool fires_shown[RULES_BOUND], silence_shown[RULES_BOUND];

/* A rule may be about the session and, in a row of its own, about its items. */
static void mark_shown(bool *shown, const char *id, bool session, bool items) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        for (size_t k = rule_index(id); k < n; k++)
                shown[k] |= streq(rules[k].id, id) && (rules[k].per_item ? items : session);
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

static void every_rule_has_been_seen_firing_and_silent(void **state) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        (void)state;
        assert_true(n <= RULES_BOUND);
        for (size_t k = 0; k < n; k++)
                if (!fires_shown[k] || !silence_shown[k])
                        fail_msg("%s: no test shows it %s", rules[k].id, fires_shown[k] ? "silent" : "firing");
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
                cmocka_unit_test(every_rule_has_been_seen_firing_and_silent),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
