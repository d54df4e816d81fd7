/* SPDX-License-Identifier: Apache-2.0 */
/* The way of an item: every class's way, every state, every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>

#include "core/item.h"
#include "util.h"

#define C ITEM_CONTAMINATED
#define K ITEM_CLEAN
#define P ITEM_PACKED
#define S ITEM_STERILE
#define D ITEM_DISINFECTED
#define X ITEM_DISCARDED
#define NO _ITEM_STATE_MAX

/*
 * What is expected, written down a second time and in another shape: for each way and step the new state for an item that
 * is contaminated, clean, packed, sterile, disinfected, discarded.
 */
static const ItemState expected[_ITEM_WAY_MAX][_ITEM_STEP_MAX][_ITEM_STATE_MAX] = {
        [ITEM_WAY_STERILIZED] = {
                [ITEM_STEP_CLEAN] =     { K,  K,  K,  K,  K,  NO },
                [ITEM_STEP_DISINFECT] = { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_PACK] =      { NO, P,  NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, P,  NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, S,  NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  C,  C,  C,  C,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
        [ITEM_WAY_STERILIZED_ONCE] = {
                [ITEM_STEP_CLEAN] =     { K,  K,  K,  K,  K,  NO },
                [ITEM_STEP_DISINFECT] = { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_PACK] =      { NO, P,  NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, P,  NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, S,  NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  K,  P,  S,  D,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
        [ITEM_WAY_DISINFECTED] = {
                [ITEM_STEP_CLEAN] =     { K,  K,  K,  K,  K,  NO },
                [ITEM_STEP_DISINFECT] = { D,  D,  D,  D,  D,  NO },
                [ITEM_STEP_PACK] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  C,  C,  C,  C,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
        [ITEM_WAY_CLEANED] = {
                [ITEM_STEP_CLEAN] =     { K,  K,  K,  K,  K,  NO },
                [ITEM_STEP_DISINFECT] = { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_PACK] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  C,  C,  C,  C,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
        [ITEM_WAY_ONCE] = {
                [ITEM_STEP_CLEAN] =     { NO, C,  C,  C,  C,  NO },
                [ITEM_STEP_DISINFECT] = { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_PACK] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  K,  P,  S,  D,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
        [ITEM_WAY_VIAL] = {
                [ITEM_STEP_CLEAN] =     { K,  K,  K,  K,  K,  NO },
                [ITEM_STEP_DISINFECT] = { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_PACK] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_LOAD] =      { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_RELEASE] =   { NO, NO, NO, NO, NO, NO },
                [ITEM_STEP_USE] =       { C,  K,  P,  S,  D,  X },
                [ITEM_STEP_DISCARD] =   { X,  X,  X,  X,  X,  X },
        },
};

static ItemStanding plain(ItemWay way, ItemState state) {
        return (ItemStanding){ .way = way,
                               .state = state,
                               .class_known = true,
                               .single_use = way == ITEM_WAY_ONCE || way == ITEM_WAY_STERILIZED_ONCE };
}

static ItemState after(const ItemStanding *i, ItemStep step, char text[static ITEM_TEXT_MAX]) {
        ItemState to = NO;

        text[0] = '\0';
        if (!item_step(i, step, &to, text))
                return NO;
        assert_string_equal(text, "");
        return to;
}

/* It begins small, because it follows "CODE: ", has no stop at its end, and tells what to do next. */
static void check_sentence(const char *text) {
        static const char *const verbs[] = { "iscard", "lean it", "isinfect it", "ack it",   "oad that", "ecord it", "ake ",
                                             "se it",  "ipe its", "leaning it",  "nd that",  "ut it",    "ait for",  "ave that" };
        bool told = false;

        assert_true(text[0] && islower((unsigned char)text[0]));
        assert_true(text[strlen(text) - 1] != '.' && strlen(text) < ITEM_TEXT_MAX - 1);
        for (size_t k = 0; k < ELEMENTSOF(verbs); k++)
                told |= strstr(text, verbs[k]) != NULL;
        if (!told)
                fail_msg("does not say what to do next: %s", text);
}

static void every_way_state_and_step_gives_what_is_expected(void **state) {
        char text[ITEM_TEXT_MAX];
        (void)state;
        for (int w = 0; w < _ITEM_WAY_MAX; w++)
                for (int t = 0; t < _ITEM_STEP_MAX; t++)
                        for (int from = 0; from < _ITEM_STATE_MAX; from++) {
                                ItemStanding i = plain((ItemWay)w, (ItemState)from);
                                ItemState to = after(&i, (ItemStep)t, text);

                                if (to != expected[w][t][from])
                                        fail_msg("%s, %s, %s: %s and not %s", item_way_name((ItemWay)w), item_state_name((ItemState)from),
                                                 item_step_name((ItemStep)t), item_state_name(to), item_state_name(expected[w][t][from]));
                                if (to == NO)
                                        check_sentence(text);
                        }
}

static void exactly_one_line_of_the_table_fits(void **state) {
        const ItemTransition *table;
        size_t n = item_transitions(&table);
        (void)state;
        for (unsigned w = 0; w < _ITEM_WAY_MAX; w++)
                for (unsigned t = 0; t < _ITEM_STEP_MAX; t++)
                        for (unsigned from = 0; from < _ITEM_STATE_MAX; from++) {
                                unsigned fits = 0;

                                for (size_t k = 0; k < n; k++)
                                        fits += table[k].step == t && table[k].ways & (1U << w) && table[k].states & (1U << from);
                                if (fits != 1)
                                        fail_msg("%u lines for %s, %s, %s", fits, item_way_name((ItemWay)w), item_state_name((ItemState)from),
                                                 item_step_name((ItemStep)t));
                        }
}

static void the_way_follows_from_the_class(void **state) {
        (void)state;
        assert_int_equal(item_way(REQUIRED_STERILE, REPROCESSING_STERILIZE, false, false), ITEM_WAY_STERILIZED);
        assert_int_equal(item_way(REQUIRED_DISINFECTED, REPROCESSING_STERILIZE, false, false), ITEM_WAY_STERILIZED);
        assert_int_equal(item_way(REQUIRED_STERILE, REPROCESSING_STERILIZE, true, false), ITEM_WAY_STERILIZED_ONCE);
        assert_int_equal(item_way(REQUIRED_DISINFECTED, REPROCESSING_DISINFECT, false, false), ITEM_WAY_DISINFECTED);
        assert_int_equal(item_way(REQUIRED_CLEAN, REPROCESSING_NONE, false, false), ITEM_WAY_CLEANED);
        assert_int_equal(item_way(REQUIRED_CLEAN, REPROCESSING_NONE, false, true), ITEM_WAY_VIAL);
        assert_int_equal(item_way(REQUIRED_CLEAN, REPROCESSING_NONE, true, true), ITEM_WAY_ONCE);
        assert_int_equal(item_way(REQUIRED_STERILE, REPROCESSING_NONE, true, false), ITEM_WAY_ONCE);
        /* What the configuration refuses is the strictest here too. */
        assert_int_equal(item_way(REQUIRED_STERILE, REPROCESSING_NONE, false, false), ITEM_WAY_ONCE);
        assert_int_equal(item_way(REQUIRED_DISINFECTED, REPROCESSING_DISINFECT, true, false), ITEM_WAY_ONCE);
}

/* Which steps a fact stops, in a state in which the step would be taken. */
static void stops(const ItemStanding *fact, const char *steps, const char *word) {
        static const ItemState from[] = { C, C, K, P, P };
        char text[ITEM_TEXT_MAX], found[64] = "";

        for (int t = 0; t < _ITEM_STEP_MAX; t++) {
                ItemStanding i = *fact;

                if (t < (int)ELEMENTSOF(from) && fact->state == NO)
                        i.state = from[t];
                if (i.way == ITEM_WAY_STERILIZED && t == ITEM_STEP_DISINFECT)
                        i.way = ITEM_WAY_DISINFECTED;
                if (i.state == NO)
                        i.state = K;
                if (after(&i, (ItemStep)t, text) != NO)
                        continue;
                snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s", found[0] ? " " : "", item_step_name((ItemStep)t));
                check_sentence(text);
                if (!strstr(text, word))
                        fail_msg("%s is not in: %s", word, text);
        }
        assert_string_equal(found, steps);
}

static void nothing_in_the_way_stops_nothing(void **state) {
        const ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        stops(&i, "", "");
}

static void what_was_dropped_never_comes_back_whatever_its_state_says(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        i.dropped = true;
        stops(&i, "clean disinfect pack load release", "sharps");
}

static void a_damaged_piece_is_never_reprocessed(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        i.damaged = true;
        stops(&i, "clean disinfect pack load release", "damaged");
}

static void a_piece_of_no_known_class_is_not_reprocessed(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        i.class_known = false;
        stops(&i, "clean disinfect pack load", "no longer configured");
}

static void what_a_session_holds_is_not_reprocessed_under_its_hands(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        i.claim_session = "s-9";
        stops(&i, "clean disinfect pack", "session s-9");
}

static void a_used_single_use_piece_is_never_reprocessed(void **state) {
        char text[ITEM_TEXT_MAX];
        ItemStanding i = plain(ITEM_WAY_STERILIZED_ONCE, K);
        (void)state;
        i.used = true;
        assert_int_equal(after(&i, ITEM_STEP_PACK, text), NO);
        assert_non_null(strstr(text, "was used"));
        i.state = P;
        assert_int_equal(after(&i, ITEM_STEP_RELEASE, text), NO);
        i = plain(ITEM_WAY_ONCE, S);
        i.used = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        assert_non_null(strstr(text, "was used"));
        /* A reusable one may have been used. */
        i = plain(ITEM_WAY_STERILIZED, C);
        i.used = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), K);
}

static void an_open_vial_is_not_cleaned_and_a_closed_one_is(void **state) {
        char text[ITEM_TEXT_MAX];
        ItemStanding i = plain(ITEM_WAY_VIAL, C);
        (void)state;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), K);
        i.opened = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        assert_non_null(strstr(text, "opened"));
        i = plain(ITEM_WAY_CLEANED, C);
        i.opened = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), K);
}

static void nothing_is_taken_out_of_a_load_before_it_is_decided_on(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, P);
        char text[ITEM_TEXT_MAX];
        (void)state;
        i.pack = "P-1";
        i.attempt = "ac-1.7";
        i.load = LOAD_OPEN;
        i.cycle_running = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        assert_non_null(strstr(text, "P-1 is in load ac-1.7, which runs"));
        i.cycle_running = false;
        i.cycle_verified = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        assert_non_null(strstr(text, "nobody has decided"));
        assert_int_equal(after(&i, ITEM_STEP_RELEASE, text), S);
        assert_int_equal(after(&i, ITEM_STEP_USE, text), C);
        i.cycle_verified = false; /* such a load is never released */
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), K);
        i.cycle_verified = true;
        for (int load = LOAD_RELEASED; load <= LOAD_RECALLED; load++) {
                i.load = (LoadState)load;
                assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), K);
        }
}

static void at_its_limit_a_piece_is_not_packed_or_disinfected_once_more(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED, NO);
        (void)state;
        i.cycles_max = 500;
        i.cycles = 499;
        stops(&i, "", "");
        i.cycles = 500;
        stops(&i, "disinfect pack", "500 times");
        i.cycles_max = 0;
        stops(&i, "", "");
}

static void what_is_sterilized_once_goes_into_an_autoclave_once(void **state) {
        ItemStanding i = plain(ITEM_WAY_STERILIZED_ONCE, K);
        char text[ITEM_TEXT_MAX];
        (void)state;
        assert_int_equal(after(&i, ITEM_STEP_PACK, text), P);
        i.cycles = 1;
        assert_int_equal(after(&i, ITEM_STEP_PACK, text), NO);
        assert_non_null(strstr(text, "once already"));
        i.state = P;
        assert_int_equal(after(&i, ITEM_STEP_LOAD, text), NO);
}

static void what_is_critical_is_cleaned_before_it_is_disinfected(void **state) {
        ItemStanding i = plain(ITEM_WAY_DISINFECTED, C);
        char text[ITEM_TEXT_MAX];
        (void)state;
        i.critical = true;
        assert_int_equal(after(&i, ITEM_STEP_DISINFECT, text), NO);
        assert_non_null(strstr(text, "clean it first"));
        i.state = K;
        assert_int_equal(after(&i, ITEM_STEP_DISINFECT, text), D);
}

static void use_and_discard_are_never_refused(void **state) {
        char text[ITEM_TEXT_MAX];
        (void)state;
        for (int w = 0; w < _ITEM_WAY_MAX; w++)
                for (int from = 0; from < _ITEM_STATE_MAX; from++) {
                        ItemStanding i = { .way = (ItemWay)w, .state = (ItemState)from, .single_use = true, .used = true, .opened = true,
                                           .damaged = true, .dropped = true, .claim_session = "s", .cycles = 9, .cycles_max = 1,
                                           .pack = "p", .attempt = "a", .cycle_running = true, .load = LOAD_OPEN, .critical = true };

                        assert_int_not_equal(after(&i, ITEM_STEP_USE, text), NO);
                        assert_int_equal(after(&i, ITEM_STEP_DISCARD, text), X);
                }
}

static void nothing_becomes_sterile_but_by_the_release_of_its_load(void **state) {
        (void)state;
        for (int w = 0; w < _ITEM_WAY_MAX; w++)
                for (int from = 0; from < _ITEM_STATE_MAX; from++)
                        for (int t = 0; t < _ITEM_STEP_MAX; t++) {
                                const ItemTransition *x = item_transition((ItemWay)w, (ItemState)from, (ItemStep)t);

                                if (x->outcome == ITEM_GOES && x->to == S)
                                        assert_true(t == ITEM_STEP_RELEASE && from == P);
                        }
}

static void names_of_longest_labels_fit_into_the_sentence(void **state) {
        char longest[65], text[ITEM_TEXT_MAX];
        ItemStanding i = plain(ITEM_WAY_STERILIZED, P);
        (void)state;
        memset(longest, 'x', 64);
        longest[64] = '\0';
        i.pack = longest;
        i.attempt = longest;
        i.load = LOAD_OPEN;
        i.cycle_verified = true;
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        check_sentence(text);
        i.state = (ItemState)17; /* a row that cannot be read is refused, and does no harm */
        assert_int_equal(after(&i, ITEM_STEP_CLEAN, text), NO);
        check_sentence(text);
        assert_string_equal(item_state_name(i.state), "unknown");
}

/* --- the document --- */

#define DOCUMENT "doc/items.md"
#define SENTENCES_MAX 40

static int sentence_number(const char *sentences[static SENTENCES_MAX], size_t *n, const char *text) {
        for (size_t k = 0; k < *n; k++)
                if (streq(sentences[k], text))
                        return (int)k + 1;
        assert_true(*n < SENTENCES_MAX);
        sentences[(*n)++] = text;
        return (int)*n;
}

static void write_way(FILE *f, ItemWay way, const char *sentences[static SENTENCES_MAX], size_t *n) {
        fprintf(f, "### %s\n\n|", item_way_name(way));
        for (int t = 0; t < _ITEM_STEP_MAX; t++)
                fprintf(f, " | %s", item_step_name((ItemStep)t));
        fputs(" |\n|---|---|---|---|---|---|---|---|\n", f);
        for (int from = 0; from < _ITEM_STATE_MAX; from++) {
                fprintf(f, "| **%s** |", item_state_name((ItemState)from));
                for (int t = 0; t < _ITEM_STEP_MAX; t++) {
                        const ItemTransition *x = item_transition(way, (ItemState)from, (ItemStep)t);

                        if (x->outcome == ITEM_REFUSED)
                                fprintf(f, " %d |", sentence_number(sentences, n, x->instead));
                        else
                                fprintf(f, " %s |", x->outcome == ITEM_STAYS || x->to == (ItemState)from ? "*stays*" : item_state_name(x->to));
                }
                fputc('\n', f);
        }
        fputc('\n', f);
}

/* The tables as they are, one for each way, and the sentences that they name. */
static char *written(void) {
        const char *sentences[SENTENCES_MAX];
        size_t n = 0, size;
        char *text;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        for (int w = 0; w < _ITEM_WAY_MAX; w++)
                write_way(f, (ItemWay)w, sentences, &n);
        fputs("### what is said\n\n", f);
        for (size_t k = 0; k < n; k++)
                fprintf(f, "%zu. %s.\n", k + 1, sentences[k]);
        fclose(f);
        return text;
}

static void the_document_has_the_table_as_it_is(void **state) {
        static char have[65536];
        char *want = written(), *begin, *end;
        FILE *f = fopen(DOCUMENT, "re");
        (void)state;
        assert_non_null(f);
        have[fread(have, 1, sizeof(have) - 1, f)] = '\0';
        fclose(f);
        begin = strstr(have, "<!-- steps: begin");
        end = strstr(have, "<!-- steps: end -->");
        assert_true(begin && end && begin < end);
        begin = strchr(begin, '\n') + 1;
        if (getenv("UPDATE_DOC")) {
                f = fopen(DOCUMENT, "we");
                assert_non_null(f);
                fprintf(f, "%.*s%s%s", (int)(begin - have), have, want, end);
                fclose(f);
        } else if ((size_t)(end - begin) != strlen(want) || strncmp(begin, want, strlen(want)) != 0) {
                fail_msg(DOCUMENT " is not up to date: UPDATE_DOC=1 build/unit/test-item");
        }
        free(want);
}

#define T(name) cmocka_unit_test(name)

/* --- out of a quarantine --- */

static ItemState back(const ItemStanding *item) {
        char text[ITEM_TEXT_MAX] = "";
        ItemState to;

        if (item_give_back(item, &to, text))
                return to;
        assert_true(strlen(text) > 20);
        return NO;
}

/* Nothing comes back as anything better than it was; and sterile or packed only behind a barrier that is whole. */
static void what_comes_back_is_never_more_than_it_was(void **state) {
        (void)state;
        for (int bits = 0; bits < 1 << 8; bits++)
                for (int way = 0; way < _ITEM_WAY_MAX; way++)
                        for (int was = 0; was < _ITEM_STATE_MAX; was++) {
                                const bool single = way == ITEM_WAY_ONCE || way == ITEM_WAY_STERILIZED_ONCE;
                                const ItemStanding item = { .way = (ItemWay)way,
                                                            .state = (ItemState)was,
                                                            .class_known = bits & 1,
                                                            .single_use = single,
                                                            .used = bits & 2,
                                                            .opened = bits & 4,
                                                            .damaged = bits & 8,
                                                            .dropped = bits & 16,
                                                            .cloned = bits & 32,
                                                            .pack = bits & 64 ? "P-1" : NULL,
                                                            .pack_whole = bits & 128 };
                                const ItemState to = back(&item);

                                assert_true(to == NO || to == item.state || to == C);
                                if (!(bits & 1) || bits & (8 | 16 | 32) || was == X || (single && bits & 2))
                                        assert_int_equal(to, NO);
                                if ((to == S || to == P) && way != ITEM_WAY_ONCE && way != ITEM_WAY_VIAL)
                                        assert_true(item.pack ? item.pack_whole : to == S && !item.used);
                                if ((to == K || to == D) && way != ITEM_WAY_ONCE && way != ITEM_WAY_VIAL)
                                        fail_msg("way %d lay open and comes back as %s", way, item_state_name(to));
                        }
}

static void a_whole_barrier_keeps_what_it_held(void **state) {
        ItemStanding item = { .way = ITEM_WAY_STERILIZED, .state = S, .class_known = true, .pack = "P-1" };

        (void)state;
        assert_int_equal(back(&item), C);
        item.pack_whole = true;
        assert_int_equal(back(&item), S);
        item.state = P;
        assert_int_equal(back(&item), P);
        item.claim_session = "s-1";
        assert_int_equal(back(&item), NO);
        item = (ItemStanding){ .way = ITEM_WAY_ONCE, .state = S, .class_known = true, .single_use = true };
        assert_int_equal(back(&item), S);
        item = (ItemStanding){ .way = ITEM_WAY_DISINFECTED, .state = D, .class_known = true };
        assert_int_equal(back(&item), C);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_comes_back_is_never_more_than_it_was),
                cmocka_unit_test(a_whole_barrier_keeps_what_it_held),
                T(every_way_state_and_step_gives_what_is_expected),
                T(exactly_one_line_of_the_table_fits),
                T(the_way_follows_from_the_class),
                T(nothing_in_the_way_stops_nothing),
                T(what_was_dropped_never_comes_back_whatever_its_state_says),
                T(a_damaged_piece_is_never_reprocessed),
                T(a_piece_of_no_known_class_is_not_reprocessed),
                T(what_a_session_holds_is_not_reprocessed_under_its_hands),
                T(a_used_single_use_piece_is_never_reprocessed),
                T(an_open_vial_is_not_cleaned_and_a_closed_one_is),
                T(nothing_is_taken_out_of_a_load_before_it_is_decided_on),
                T(at_its_limit_a_piece_is_not_packed_or_disinfected_once_more),
                T(what_is_sterilized_once_goes_into_an_autoclave_once),
                T(what_is_critical_is_cleaned_before_it_is_disinfected),
                T(use_and_discard_are_never_refused),
                T(nothing_becomes_sterile_but_by_the_release_of_its_load),
                T(names_of_longest_labels_fit_into_the_sentence),
                T(the_document_has_the_table_as_it_is),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
