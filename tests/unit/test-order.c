/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <cmocka.h>

#include "core/order.h"
#include "util.h"

#define WAIT (5 * US_PER_S)

static void take(Order *o, int64_t seq, OrderVerdict expected) {
        assert_int_equal(order_take(o, seq, 0), expected);
}

static int64_t receipt(const Order *o, size_t *ret_n) {
        int64_t missing[MISSING_MAX];

        return order_receipt(o, missing, ret_n);
}

static void numbers_in_a_row_are_next(void **state) {
        Order o = { 0 };
        size_t n = 9;

        (void)state;
        assert_int_equal(order_next(&o), 1);
        for (int64_t s = 1; s <= 100; s++)
                take(&o, s, ORDER_NEXT);
        assert_int_equal(order_next(&o), 101);
        assert_int_equal(receipt(&o, &n), 100);
        assert_int_equal(n, 0);
        assert_int_equal(o.lost, 0);
}

static void a_number_taken_before_is_known_and_changes_nothing(void **state) {
        Order o = { 0 }, before;

        (void)state;
        take(&o, 1, ORDER_NEXT);
        take(&o, 3, ORDER_HOLD);
        before = o;
        take(&o, 1, ORDER_KNOWN);
        take(&o, 3, ORDER_KNOWN);
        assert_memory_equal(&o, &before, sizeof(o));
}

static void a_number_behind_a_hole_is_held_until_the_hole_is_filled(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 1, ORDER_NEXT);
        take(&o, 4, ORDER_HOLD);
        assert_int_equal(order_next(&o), 2);
        take(&o, 2, ORDER_NEXT);
        assert_int_equal(order_next(&o), 3);
        take(&o, 3, ORDER_NEXT);
        assert_int_equal(order_next(&o), 5);
        assert_int_equal(o.n_holes, 0);
}

static void a_number_in_the_middle_splits_a_hole(void **state) {
        int64_t missing[MISSING_MAX];
        Order o = { 0 };
        size_t n;

        (void)state;
        assert_int_equal(order_take(&o, 6, 7), ORDER_HOLD);
        assert_int_equal(order_take(&o, 3, 9), ORDER_HOLD);
        assert_int_equal(o.n_holes, 2);
        assert_int_equal(o.holes[1].since_us, 7); /* both halves have been open since the hole was */
        assert_int_equal(order_receipt(&o, missing, &n), 0);
        assert_int_equal(n, 4);
        assert_memory_equal(missing, ((int64_t[]){ 1, 2, 4, 5 }), 4 * sizeof(int64_t));
        take(&o, 5, ORDER_HOLD);
        take(&o, 2, ORDER_HOLD);
        take(&o, 1, ORDER_NEXT);
        assert_int_equal(order_next(&o), 4);
}

static void a_hole_is_passed_when_it_was_open_for_the_wait(void **state) {
        Order o = { 0 };
        size_t n;

        (void)state;
        order_take(&o, 3, 100);
        assert_int_equal(order_deadline_us(&o, WAIT), 100 + WAIT);
        assert_int_equal(order_pass(&o, 100 + WAIT - 1, WAIT), 0);
        assert_int_equal(order_next(&o), 1);
        assert_int_equal(order_pass(&o, 100 + WAIT, WAIT), 2);
        assert_int_equal(order_next(&o), 4);
        assert_int_equal(order_deadline_us(&o, WAIT), INT64_MAX);
        assert_int_equal(order_pass(&o, 100 + 9 * WAIT, WAIT), 0);
        assert_int_equal(o.lost, 2);
        assert_int_equal(receipt(&o, &n), 0); /* still asked for */
        assert_int_equal(n, 2);
}

static void what_fills_a_passed_hole_is_late_and_then_known(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 4, ORDER_HOLD);
        order_pass(&o, WAIT, WAIT);
        take(&o, 2, ORDER_LATE);
        take(&o, 2, ORDER_KNOWN);
        take(&o, 1, ORDER_LATE);
        take(&o, 3, ORDER_LATE);
        take(&o, 5, ORDER_NEXT);
        assert_int_equal(o.n_holes, 0);
        assert_int_equal(o.lost, 3); /* was an evidence gap, and stays one */
}

static void a_passed_hole_does_not_hold_up_an_awaited_one_behind_it(void **state) {
        Order o = { 0 };

        (void)state;
        order_take(&o, 2, 0);
        order_take(&o, 4, WAIT - 1);
        assert_int_equal(order_deadline_us(&o, WAIT), WAIT);
        assert_int_equal(order_pass(&o, WAIT, WAIT), 1);
        assert_int_equal(order_next(&o), 3);
        assert_int_equal(order_deadline_us(&o, WAIT), 2 * WAIT - 1);
        take(&o, 3, ORDER_NEXT);
        assert_int_equal(order_next(&o), 5);
}

static void oldest_gives_up_what_lies_below_it(void **state) {
        Order o = { 0 };
        size_t n;

        (void)state;
        take(&o, 4, ORDER_HOLD); /* 1-3 */
        take(&o, 9, ORDER_HOLD); /* 5-8 */
        assert_int_equal(order_give_up(&o, 7), 5);
        assert_int_equal(order_next(&o), 7);
        take(&o, 2, ORDER_KNOWN);
        take(&o, 6, ORDER_KNOWN);
        take(&o, 7, ORDER_NEXT);
        take(&o, 8, ORDER_NEXT);
        assert_int_equal(receipt(&o, &n), 9);
        assert_int_equal(o.lost, 5);
        assert_int_equal(order_give_up(&o, 7), 0);
}

static void oldest_at_a_hole_s_first_number_gives_up_nothing(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 1, ORDER_NEXT);
        take(&o, 4, ORDER_HOLD);
        assert_int_equal(order_give_up(&o, 2), 0);
        assert_int_equal(order_give_up(&o, 0), 0);
        assert_int_equal(order_next(&o), 2);
}

static void oldest_above_everything_seen_gives_up_what_never_came(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 1, ORDER_NEXT);
        assert_int_equal(order_give_up(&o, 2), 0);
        assert_int_equal(order_give_up(&o, 5000), 4998);
        assert_int_equal(order_next(&o), 5000);
        take(&o, 5000, ORDER_NEXT);
}

static void what_was_passed_is_not_lost_twice(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 4, ORDER_HOLD);
        assert_int_equal(order_pass(&o, WAIT, WAIT), 3);
        assert_int_equal(order_give_up(&o, 4), 0);
        assert_int_equal(o.lost, 3);
        take(&o, 2, ORDER_KNOWN);
}

static void a_thousand_ahead_is_taken_and_one_more_is_not(void **state) {
        Order o = { 0 }, before;

        (void)state;
        before = o;
        take(&o, 1 + SEQ_AHEAD_MAX + 1, ORDER_TOO_FAR);
        take(&o, INT64_MAX, ORDER_TOO_FAR);
        assert_memory_equal(&o, &before, sizeof(o));
        take(&o, 1 + SEQ_AHEAD_MAX, ORDER_HOLD);
        take(&o, 1 + SEQ_AHEAD_MAX + 1, ORDER_TOO_FAR); /* ahead of what is awaited, not of what was seen */
}

static void the_end_of_all_numbers_does_not_overflow(void **state) {
        Order o = { 0 };
        size_t n;

        (void)state;
        assert_int_equal(order_give_up(&o, INT64_MAX), INT64_MAX - 1);
        take(&o, INT64_MAX, ORDER_TOO_FAR);
        assert_int_equal(order_next(&o), INT64_MAX);
        assert_int_equal(receipt(&o, &n), INT64_MAX - 1);
}

static void the_lowest_hole_goes_when_there_are_too_many(void **state) {
        Order o = { 0 };

        (void)state;
        for (int64_t s = 2; s <= 2 * ORDER_HOLES_MAX; s += 2)
                take(&o, s, ORDER_HOLD);
        assert_int_equal(o.n_holes, ORDER_HOLES_MAX);
        assert_int_equal(order_next(&o), 1);
        take(&o, 2 * ORDER_HOLES_MAX + 2, ORDER_HOLD);
        assert_int_equal(o.n_holes, ORDER_HOLES_MAX);
        assert_int_equal(order_next(&o), 3);
        assert_int_equal(o.lost, 1);
        take(&o, 1, ORDER_KNOWN);
}

static void a_split_that_costs_the_lower_half_lets_its_number_go_ahead(void **state) {
        Order o = { 0 };

        (void)state;
        take(&o, 4, ORDER_HOLD); /* 1-3 */
        for (int64_t s = 6; o.n_holes < ORDER_HOLES_MAX; s += 2)
                take(&o, s, ORDER_HOLD);
        take(&o, 2, ORDER_NEXT); /* 1 is given up for it */
        assert_int_equal(order_next(&o), 3);
        assert_int_equal(o.lost, 1);
        take(&o, 1, ORDER_KNOWN);
}

static void a_receipt_names_at_most_the_agreed_number_of_holes(void **state) {
        int64_t missing[MISSING_MAX];
        Order o = { 0 };
        size_t n;

        (void)state;
        take(&o, 1, ORDER_NEXT);
        take(&o, 500, ORDER_HOLD);
        assert_int_equal(order_receipt(&o, missing, &n), 1);
        assert_int_equal(n, MISSING_MAX);
        for (size_t i = 0; i < n; i++)
                assert_int_equal(missing[i], 2 + (int64_t)i);
}

/* A slow model: one state for every number. */

#define MODEL_MAX 6000

typedef enum Fate { FATE_UNSEEN, FATE_AWAITED, FATE_PASSED, FATE_TAKEN, FATE_GONE } Fate;

typedef struct Model {
        Fate fate[MODEL_MAX + 2];
        int64_t since[MODEL_MAX + 2];
        int64_t top, lost;
} Model;

static bool model_missing(const Model *m, int64_t s) {
        return m->fate[s] == FATE_AWAITED || m->fate[s] == FATE_PASSED;
}

static int64_t model_next(const Model *m) {
        for (int64_t s = 1; s <= m->top; s++)
                if (m->fate[s] == FATE_AWAITED)
                        return s;
        return m->top + 1;
}

static void model_lose(Model *m, int64_t s) {
        m->lost += m->fate[s] == FATE_AWAITED || m->fate[s] == FATE_UNSEEN;
        m->fate[s] = FATE_GONE;
}

static size_t model_runs(const Model *m) {
        size_t n = 0;

        for (int64_t s = 1; s <= m->top; s++)
                n += model_missing(m, s) && !model_missing(m, s - 1);
        return n;
}

static void model_bound(Model *m) {
        int64_t s = 1;

        if (model_runs(m) <= ORDER_HOLES_MAX)
                return;
        while (!model_missing(m, s))
                s++;
        while (model_missing(m, s))
                model_lose(m, s++);
}

static OrderVerdict model_take(Model *m, int64_t seq, int64_t now_us) {
        Fate was = m->fate[seq];

        if (seq - model_next(m) > SEQ_AHEAD_MAX)
                return ORDER_TOO_FAR;
        if (was == FATE_TAKEN || was == FATE_GONE)
                return ORDER_KNOWN;
        for (int64_t s = m->top + 1; s < seq; s++) {
                m->fate[s] = FATE_AWAITED;
                m->since[s] = now_us;
        }
        m->fate[seq] = FATE_TAKEN;
        m->top = MAX_OF(m->top, seq);
        model_bound(m);
        return was == FATE_PASSED ? ORDER_LATE : model_next(m) > seq ? ORDER_NEXT : ORDER_HOLD;
}

static int64_t model_pass(Model *m, int64_t now_us) {
        int64_t n = 0;

        for (int64_t s = 1; s <= m->top; s++)
                if (m->fate[s] == FATE_AWAITED && now_us - m->since[s] >= WAIT) {
                        m->fate[s] = FATE_PASSED;
                        n++;
                }
        m->lost += n;
        return n;
}

static int64_t model_give_up(Model *m, int64_t oldest) {
        int64_t before = m->lost;

        for (int64_t s = 1; s < oldest; s++)
                if (m->fate[s] != FATE_TAKEN && m->fate[s] != FATE_GONE)
                        model_lose(m, s);
        m->top = MAX_OF(m->top, oldest - 1);
        return m->lost - before;
}

static int64_t model_deadline(const Model *m) {
        int64_t deadline = INT64_MAX;

        for (int64_t s = 1; s <= m->top; s++)
                if (m->fate[s] == FATE_AWAITED)
                        deadline = MIN_OF(deadline, m->since[s] + WAIT);
        return deadline;
}

static void assert_same(const Order *o, const Model *m) {
        int64_t missing[MISSING_MAX], whole;
        size_t n, k = 0;

        assert_int_equal(o->top, m->top);
        assert_int_equal(o->lost, m->lost);
        assert_int_equal(o->n_holes, model_runs(m));
        assert_int_equal(order_next(o), model_next(m));
        assert_int_equal(order_deadline_us(o, WAIT), model_deadline(m));
        whole = order_receipt(o, missing, &n);
        for (int64_t s = 1; s <= m->top && k < MISSING_MAX; s++)
                if (model_missing(m, s)) {
                        assert_true(k < n);
                        assert_int_equal(missing[k++], s);
                }
        assert_int_equal(n, k);
        assert_int_equal(whole, n > 0 ? missing[0] - 1 : m->top);
}

static uint64_t next_random(uint64_t *x) {
        *x ^= *x << 13;
        *x ^= *x >> 7;
        *x ^= *x << 17;
        return *x;
}

static int64_t below(uint64_t *x, int64_t n) {
        return (int64_t)(next_random(x) % (uint64_t)n);
}

static void random_step(Order *o, Model *m, uint64_t *x, int64_t *now_us, int64_t reach) {
        int64_t seq = MAX_OF(INT64_C(1), m->top - reach + below(x, 2 * reach));
        int64_t kind = below(x, 100);

        *now_us += below(x, US_PER_S / reach);
        if (below(x, 8) == 0) /* a message of long ago, often into the lowest hole */
                seq = below(x, 2) == 0 ? 1 + below(x, m->top + 1) : model_next(m) + below(x, 4);
        if (kind < 94 && below(x, 400) == 0)
                seq = model_next(m) + SEQ_AHEAD_MAX + below(x, 3) - 1;
        if (kind < 94)
                assert_int_equal(order_take(o, seq, *now_us), model_take(m, seq, *now_us));
        else if (kind < 99)
                assert_int_equal(order_pass(o, *now_us, WAIT), model_pass(m, *now_us));
        else
                assert_int_equal(order_give_up(o, seq), model_give_up(m, seq));
        assert_same(o, m);
}

static void any_history_agrees_with_a_slow_model(void **state) {
        const char *given = getenv("SEED");
        uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL), x = seed * 2654435761U + 1;
        static Model m;

        (void)state;
        print_message("SEED=%llu\n", (unsigned long long)seed);
        for (int run = 0; run < 60; run++) {
                int64_t now_us = 0, reach = (int64_t[]){ 3, 20, 120 }[run % 3];
                Order o = { 0 };

                memset(&m, 0, sizeof(m));
                for (int step = 0; step < 600 && m.top < MODEL_MAX - SEQ_AHEAD_MAX - 200; step++)
                        random_step(&o, &m, &x, &now_us, reach);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers_in_a_row_are_next),
                cmocka_unit_test(a_number_taken_before_is_known_and_changes_nothing),
                cmocka_unit_test(a_number_behind_a_hole_is_held_until_the_hole_is_filled),
                cmocka_unit_test(a_number_in_the_middle_splits_a_hole),
                cmocka_unit_test(a_hole_is_passed_when_it_was_open_for_the_wait),
                cmocka_unit_test(what_fills_a_passed_hole_is_late_and_then_known),
                cmocka_unit_test(a_passed_hole_does_not_hold_up_an_awaited_one_behind_it),
                cmocka_unit_test(oldest_gives_up_what_lies_below_it),
                cmocka_unit_test(oldest_at_a_hole_s_first_number_gives_up_nothing),
                cmocka_unit_test(oldest_above_everything_seen_gives_up_what_never_came),
                cmocka_unit_test(what_was_passed_is_not_lost_twice),
                cmocka_unit_test(a_thousand_ahead_is_taken_and_one_more_is_not),
                cmocka_unit_test(the_end_of_all_numbers_does_not_overflow),
                cmocka_unit_test(the_lowest_hole_goes_when_there_are_too_many),
                cmocka_unit_test(a_split_that_costs_the_lower_half_lets_its_number_go_ahead),
                cmocka_unit_test(a_receipt_names_at_most_the_agreed_number_of_holes),
                cmocka_unit_test(any_history_agrees_with_a_slow_model),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
