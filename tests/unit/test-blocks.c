/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/blocks.h"
#include "util.h"

#define SIZES_MAX 5000 /* some are kept, some too large for that */

static const sqlite3_mem_methods *m = &blocks_methods;

static void fill(uint8_t *p, int n, uint8_t with) {
        for (int i = 0; i < n; i++)
                p[i] = (uint8_t)(with + i);
}

static bool is_filled(const uint8_t *p, int n, uint8_t with) {
        for (int i = 0; i < n; i++)
                if (p[i] != (uint8_t)(with + i))
                        return false;
        return true;
}

static void a_block_is_as_large_as_it_says_and_at_an_address_for_anything(void **state) {
        (void)state;
        for (int n = 1; n < SIZES_MAX; n++) {
                uint8_t *p = m->xMalloc(n);

                assert_non_null(p);
                assert_int_equal((uintptr_t)p % sizeof(int64_t), 0);
                assert_true(m->xSize(p) >= n);
                assert_int_equal(m->xSize(p), m->xRoundup(n));
                fill(p, m->xSize(p), 7);
                m->xFree(p);
        }
}

static void what_was_given_back_is_handed_out_again_to_one_at_a_time(void **state) {
        uint8_t *a = m->xMalloc(100), *b = m->xMalloc(100), *again, *more;

        (void)state;
        assert_ptr_not_equal(a, b);
        fill(b, 100, 3);
        m->xFree(a);
        again = m->xMalloc(101); /* of the same class */
        more = m->xMalloc(100);
        assert_ptr_equal(again, a);
        assert_ptr_not_equal(more, a);
        assert_ptr_not_equal(more, b);
        fill(again, 101, 90);
        fill(more, 100, 200);
        assert_true(is_filled(b, 100, 3));
        m->xFree(again);
        m->xFree(b);
        m->xFree(more);
}

static void a_block_that_grows_or_shrinks_keeps_what_is_in_it(void **state) {
        static const int sizes[] = { 8, 16, 17, 400, 2031, 2032, 2033, 2048, 2049, 70000, 3000, 2000, 24, 1 };
        uint8_t *p = m->xMalloc(8);
        int before = 8;

        (void)state;
        fill(p, before, 11);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                p = m->xRealloc(p, sizes[i]);
                assert_non_null(p);
                assert_true(m->xSize(p) >= sizes[i]);
                assert_true(is_filled(p, MIN_OF(before, sizes[i]), 11));
                fill(p, sizes[i], 11);
                before = sizes[i];
        }
        m->xFree(p);
}

static void many_blocks_of_many_sizes_never_lie_over_each_other(void **state) {
        enum { N = 500 };
        static struct {
                uint8_t *p;
                int n;
        } live[N];
        unsigned dice = 1;

        (void)state;
        for (int turn = 0; turn < 200000; turn++) {
                size_t i;

                dice = dice * 1103515245 + 12345;
                i = dice / 65536 % N;
                if (live[i].p) {
                        assert_true(is_filled(live[i].p, live[i].n, (uint8_t)i));
                        m->xFree(live[i].p);
                        live[i].p = NULL;
                        continue;
                }
                live[i].n = 1 + (int)(dice / 7 % 2500);
                live[i].p = m->xMalloc(live[i].n);
                assert_non_null(live[i].p);
                fill(live[i].p, live[i].n, (uint8_t)i);
        }
        for (size_t i = 0; i < N; i++)
                if (live[i].p)
                        m->xFree(live[i].p);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_block_is_as_large_as_it_says_and_at_an_address_for_anything),
                cmocka_unit_test(what_was_given_back_is_handed_out_again_to_one_at_a_time),
                cmocka_unit_test(a_block_that_grows_or_shrinks_keeps_what_is_in_it),
                cmocka_unit_test(many_blocks_of_many_sizes_never_lie_over_each_other),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
