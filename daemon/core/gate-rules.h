/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What the files of the gate share, and nobody else: gate.c has the table and the rules about people, room, session and
 * daemon, gate-item.c those about items, gate-text.c what their sentences are built with.
 */
#include "core/gate.h"
#include "util.h"

/* The sentence of a reason; what does not fit is cut off. */
void gate_say(char text[static GATE_TEXT_MAX], const char *format, ...) _printf_(2, 3);

/*
 * Copies s into buf so that a sentence can be built around it: no control characters, no full stop at its end, and
 * where it is too long, cut between two characters of UTF-8 and marked so.
 */
const char *gate_clip(char *buf, size_t size, const char *s);
const char *gate_date_text(char *buf, size_t size, int32_t date);
/* The core knows no time zone: moments are told by how long ago they were. */
const char *gate_ago_text(char *buf, size_t size, int64_t us);

#define LABEL_CLIP (LABEL_MAX + 4)
#define PROSE_CLIP 112

/* For one use each within the arguments of one gate_say(). */
#define LABEL(s) gate_clip((char[LABEL_CLIP]){ 0 }, LABEL_CLIP, (s))
#define PROSE(s) gate_clip((char[PROSE_CLIP]){ 0 }, PROSE_CLIP, (s))
#define DATE(d) gate_date_text((char[24]){ 0 }, 24, (d))
#define AGO(us) gate_ago_text((char[32]){ 0 }, 32, (us))

static inline bool has_text(const char *s) {
        return s && *s;
}

/* Day 00 of a label is the end of its month. */
static inline bool date_over(int32_t date, int32_t today) {
        return date > 0 && today > (date % 100 == 0 ? date + 31 : date);
}

static inline bool clock_doubted(const GateFacts *f) {
        return f->clock_doubt || f->now_us <= 0 || f->today <= 0;
}

/* gate-item.c: a rule about one item, as the table's test_item. */
#define ITEM_TEST(name)                                                                                                \
        bool gate_##name(const GateFacts *f __attribute__((unused)), const ItemFacts *i,                               \
                         char text[static GATE_TEXT_MAX])

ITEM_TEST(item_unidentifiable);
ITEM_TEST(item_unknown);
ITEM_TEST(item_repeated);
ITEM_TEST(item_used);
ITEM_TEST(item_claimed);
ITEM_TEST(item_expired);
ITEM_TEST(item_recalled);
ITEM_TEST(item_damaged);
ITEM_TEST(item_dropped);
ITEM_TEST(item_cloned);
ITEM_TEST(item_not_sterile);
ITEM_TEST(item_not_disinfected);
ITEM_TEST(item_not_clean);
ITEM_TEST(barrier_missing);
ITEM_TEST(pack_opened);
ITEM_TEST(internal_indicator_missing);
ITEM_TEST(internal_indicator_failed);
ITEM_TEST(load_not_released);
ITEM_TEST(load_rejected);
ITEM_TEST(load_recalled);
ITEM_TEST(shelf_life_over);
ITEM_TEST(process_unsuitable);
ITEM_TEST(reprocessing_limit);
ITEM_TEST(item_other_patient);
ITEM_TEST(blood_unlabelled);
ITEM_TEST(blood_expired);
ITEM_TEST(vial_open_too_long);
ITEM_TEST(item_unvouched);

bool gate_kit_incomplete(const GateFacts *f, char text[static GATE_TEXT_MAX]);
