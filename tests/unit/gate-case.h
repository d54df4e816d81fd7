/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What a test of the gate starts from: a session that may start, and the gate's verdict on it. Include after cmocka.h.
 */
#include <stdio.h>

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

static inline ItemFacts plain_item(const char *code, Role role, RequiredState required, ItemState state) {
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

static inline void set_good(void) {
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

static inline size_t rule_index(const char *id) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        for (size_t k = 0; k < n; k++)
                if (streq(rules[k].id, id))
                        return k;
        fail_msg("no rule %s", id);
        return 0;
}

static inline const GateReason *find_reason(const char *id) {
        for (size_t k = 0; k < v.n && k < GATE_REASONS_MAX; k++)
                if (streq(v.reasons[k].rule, id))
                        return v.reasons + k;
        return NULL;
}

static inline void assert_utf8(const char *s) {
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
static inline void assert_sentence(const char *text) {
        size_t len = strnlen(text, GATE_TEXT_MAX);

        assert_in_range(len, 20, GATE_TEXT_MAX - 1);
        assert_int_equal(text[len - 1], '.');
        assert_null(strstr(text, ".."));
        assert_null(strstr(text, "  "));
        assert_utf8(text);
}
