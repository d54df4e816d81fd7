/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/cyclegen.h"
#include "core/samples.h"
#include "util.h"

static GenCycle cycle;

/* Encodes, decodes, compares, and returns the size. */
static size_t check_round_trip(const Sample *s, size_t n) {
        uint8_t *buf = malloc(SAMPLES_ENCODED_MAX(n));
        Sample *back = malloc((n + 1) * sizeof(*back));
        size_t size, n_back;
        assert_true(buf && back);
        size = samples_encode(s, n, buf, SAMPLES_ENCODED_MAX(n));
        assert_true(size > 0);
        assert_int_equal(samples_decode(buf, size, back, n, &n_back), 0);
        assert_int_equal(n_back, n);
        for (size_t i = 0; i < n; i++) {
                assert_true(back[i].t_us == s[i].t_us);
                assert_int_equal(back[i].temperature_mc, s[i].temperature_mc);
                assert_int_equal(back[i].pressure_pa, s[i].pressure_pa);
        }
        free(buf);
        free(back);
        return size;
}

static size_t size_in_chunks(const GenCycle *g, size_t chunk) {
        size_t total = 0;
        for (size_t i = 0; i < g->n; i += chunk)
                total += check_round_trip(g->samples + i, MIN_OF(chunk, g->n - i));
        return total;
}

static void an_hour_at_one_hertz_stays_under_40_kib(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < 20; seed++) {
                cyclegen(&cycle, &GEN_PREVAC_134, GEN_SOUND, seed, 3600);
                assert_in_range(cycle.n, 3550, 3650);
                assert_true(size_in_chunks(&cycle, 10) < 40 * 1024);
                assert_true(size_in_chunks(&cycle, cycle.n) < 20 * 1024);
        }
}

static void an_hour_of_unrounded_noise_stays_under_40_kib_too(void **state) {
        GenRandom r = { 7 };
        (void)state;
        cyclegen(&cycle, &GEN_PREVAC_134, GEN_SOUND, 1, 3600);
        for (size_t i = 0; i < cycle.n; i++) {
                cycle.samples[i].t_us += (int64_t)gen_uniform(&r, 0, 5000);
                cycle.samples[i].temperature_mc += (int32_t)gen_uniform(&r, -60, 60);
                cycle.samples[i].pressure_pa += (int32_t)gen_uniform(&r, -600, 600);
        }
        assert_true(size_in_chunks(&cycle, 10) < 40 * 1024);
}

static void wild_samples_survive(void **state) {
        const Sample wild[] = {
                { INT64_MIN, INT32_MIN, INT32_MAX }, { INT64_MAX, INT32_MAX, INT32_MIN }, { 0, 0, 0 },
                { -1, -1, -1 }, { INT64_MAX, INT32_MIN, INT32_MIN }, { INT64_MIN, INT32_MAX, INT32_MAX },
        };
        GenRandom r = { 3 };
        (void)state;
        for (size_t n = 1; n <= ELEMENTSOF(wild); n++)
                for (size_t from = 0; from + n <= ELEMENTSOF(wild); from++)
                        check_round_trip(wild + from, n);
        for (int round = 0; round < 2000; round++) {
                Sample s[5];
                for (size_t i = 0; i < ELEMENTSOF(s); i++) {
                        unsigned shift = (unsigned)(gen_random(&r) % 64);
                        s[i] = (Sample) { (int64_t)(gen_random(&r) >> shift), (int32_t)gen_random(&r) >> shift / 2,
                                          (int32_t)gen_random(&r) / 1000 * 1000 };
                }
                check_round_trip(s, ELEMENTSOF(s));
        }
}

static void no_samples_are_no_bytes(void **state) {
        uint8_t buf[8];
        size_t n = 99;
        (void)state;
        assert_int_equal(samples_encode(NULL, 0, buf, sizeof(buf)), 0);
        assert_int_equal(samples_decode(NULL, 0, NULL, 0, &n), 0);
        assert_int_equal(n, 0);
}

static void a_buffer_too_small_is_said_and_never_overrun(void **state) {
        const Sample s[] = { { 1000000, 134500, 310000 }, { 2000000, 134600, 310500 } };
        uint8_t buf[SAMPLES_ENCODED_MAX(2)], exact[SAMPLES_ENCODED_MAX(2)];
        Sample back[2];
        size_t n = 99, size = samples_encode(s, 2, exact, sizeof(exact));
        (void)state;
        for (size_t room = 0; room < size; room++) {
                memset(buf, 0xa5, sizeof(buf));
                assert_int_equal(samples_encode(s, 2, buf, room), 0);
                for (size_t i = room; i < sizeof(buf); i++)
                        assert_int_equal(buf[i], 0xa5);
        }
        assert_int_equal(samples_encode(s, 2, buf, size), size);
        assert_int_equal(samples_decode(buf, size, back, 1, &n), -ENOBUFS);
        assert_int_equal(n, 99);
}

static void what_the_encoder_does_not_make_is_refused(void **state) {
        const struct {
                size_t size;
                uint8_t bytes[16];
        } bad[] = {
                { 1, { 0 } },                         /* a scale and nothing */
                { 4, { 112, 2, 2, 2 } },              /* no such scale */
                { 3, { 0, 2, 2 } },                   /* half a sample */
                { 5, { 0, 2, 2, 2, 0x80 } },          /* and half a number */
                { 5, { 0, 0x82, 0x00, 2, 2 } },       /* longer than it need be */
                { 4, { 0, 0, 0, 0 } },                /* the scale could be larger */
                { 13, { 0, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2, 2, 2 } }, /* 65 bits */
                { 8, { 0, 2, 0x82, 0x80, 0x80, 0x80, 0x20, 2 } }, /* a temperature of 33 bits */
                { 13, { 6, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 2 } }, /* a time of 84 bits */
        };
        Sample ret[4];
        size_t n = 99;
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (samples_decode(bad[i].bytes, bad[i].size, ret, 4, &n) != -EBADMSG)
                        fail_msg("bad chunk %zu was taken", i);
        assert_int_equal(n, 99);
}

static void whatever_decodes_encodes_to_the_same_bytes(void **state) {
        uint8_t buf[SAMPLES_ENCODED_MAX(20)], again[SAMPLES_ENCODED_MAX(20)];
        GenRandom r = { 11 };
        size_t taken = 0;
        (void)state;
        for (uint64_t round = 0; round < 20000; round++) {
                Sample ret[64];
                size_t n, size;
                if (round % 200 == 0)
                        cyclegen(&cycle, &GEN_PREVAC_134, GEN_SOUND, round, 0);
                size = samples_encode(cycle.samples + round % 200, 20, buf, sizeof(buf));
                buf[gen_random(&r) % size] ^= (uint8_t)(1u << gen_random(&r) % 8);
                if (samples_decode(buf, size, ret, ELEMENTSOF(ret), &n) < 0)
                        continue;
                taken++;
                assert_int_equal(samples_encode(ret, n, again, sizeof(again)), size);
                assert_memory_equal(again, buf, size);
        }
        assert_in_range(taken, 100, 19900);
}

static void a_stamp_survives_and_is_told_from_samples(void **state) {
        const Stamp stamps[] = { { STAMP_ARRIVAL, 1, 123456789012 }, { STAMP_AWAY, 0, 0 }, { STAMP_ARRIVAL, -1, INT64_MIN },
                                 { STAMP_AWAY, INT64_MAX, INT64_MAX } };
        uint8_t buf[STAMP_MAX + 1];
        size_t n;
        Stamp back;
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(stamps); i++) {
                size_t size = stamp_encode(stamps + i, buf, sizeof(buf));
                assert_in_range(size, 3, STAMP_MAX);
                assert_int_equal(stamp_decode(buf, size, &back, &n), 1);
                assert_int_equal(n, size);
                assert_int_equal(back.kind, stamps[i].kind);
                assert_true(back.epoch == stamps[i].epoch && back.us == stamps[i].us);
                assert_int_equal(samples_decode(buf, size, cycle.samples, 8, &n), -EBADMSG);
                for (size_t less = 0; less < size; less++) {
                        assert_int_equal(stamp_encode(stamps + i, buf, less), 0);
                        assert_int_equal(stamp_decode(buf, less, &back, &n), less ? -EBADMSG : 0);
                }
        }
        for (int scale = 0; scale < 112; scale++) {
                buf[0] = (uint8_t)scale;
                assert_int_equal(stamp_decode(buf, sizeof(buf), &back, &n), 0);
        }
        memset(buf, 0, sizeof(buf));
        buf[0] = 0x82;
        assert_int_equal(stamp_decode(buf, sizeof(buf), &back, &n), -EBADMSG);
}

static void what_came_apart_is_read_apart(void **state) {
        static const Sample one[] = { { 0, 20500, 101300 } }, two[] = { { 1000000, 20600, 101300 }, { 2000000, 20700, 101300 } };
        uint8_t chunk[64], part[40], byte = 0;
        const Stamp stamp = { STAMP_ARRIVAL, 3, 77 };
        size_t used, n = samples_encode(one, 1, part, sizeof(part));
        Sample back[2];
        PartReader reader;
        Part got;

        (void)state;
        used = part_add(chunk, 0, sizeof(chunk), part, n);
        n = stamp_encode(&stamp, part, sizeof(part));
        n += samples_encode(two, 2, part + n, sizeof(part) - n);
        assert_int_equal(part_add(chunk, used, used + n, part, n), 0);
        used = part_add(chunk, used, sizeof(chunk), part, n);
        assert_memory_equal(chunk + used - n, part, n);
        parts_begin(&reader, chunk, used);
        assert_int_equal(part_next(&reader, &got), 1);
        assert_false(got.stamped);
        assert_int_equal(samples_decode(got.samples, got.size, back, 2, &n), 0);
        assert_int_equal(n, 1);
        assert_int_equal(part_next(&reader, &got), 1);
        assert_true(got.stamped);
        assert_int_equal(got.stamp.us, 77);
        assert_int_equal(samples_decode(got.samples, got.size, back, 2, &n), 0);
        assert_int_equal(n, 2);
        assert_int_equal(back[1].temperature_mc, 20700);
        assert_int_equal(part_next(&reader, &got), 0);
        assert_int_equal(part_add(&byte, 0, 0, part, 1), 0);
}

static void a_chunk_of_one_message_is_its_only_part(void **state) {
        static const Sample one = { 0, 20500, 101300 };
        uint8_t chunk[40];
        const size_t n = samples_encode(&one, 1, chunk, sizeof(chunk));
        PartReader reader;
        Part got;

        (void)state;
        parts_begin(&reader, chunk, n);
        assert_int_equal(part_next(&reader, &got), 1);
        assert_int_equal(got.size, n);
        assert_int_equal(part_next(&reader, &got), 0);
        parts_begin(&reader, NULL, 0);
        assert_int_equal(part_next(&reader, &got), 1);
        assert_int_equal(got.size, 0);
        assert_int_equal(part_next(&reader, &got), 0);
}

static void a_chunk_of_several_that_is_cut_off_is_no_chunk(void **state) {
        static const Sample one = { 0, 20500, 101300 };
        uint8_t chunk[64], part[40];
        const size_t n = samples_encode(&one, 1, part, sizeof(part)), first = part_add(chunk, 0, sizeof(chunk), part, n),
                     all = part_add(chunk, first, sizeof(chunk), part, n);
        PartReader reader;
        Part got;

        (void)state;
        for (size_t size = 1; size < all; size++) {
                int r;

                parts_begin(&reader, chunk, size);
                while ((r = part_next(&reader, &got)) > 0)
                        assert_int_equal(got.size, n);
                assert_int_equal(r, size == first ? 0 : -EBADMSG);
        }
        /* Nor is one within another. */
        part_add(part, 0, sizeof(part), chunk, first);
        parts_begin(&reader, part, first + 2);
        assert_int_equal(part_next(&reader, &got), -EBADMSG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_hour_at_one_hertz_stays_under_40_kib),
                cmocka_unit_test(an_hour_of_unrounded_noise_stays_under_40_kib_too),
                cmocka_unit_test(wild_samples_survive),
                cmocka_unit_test(no_samples_are_no_bytes),
                cmocka_unit_test(a_buffer_too_small_is_said_and_never_overrun),
                cmocka_unit_test(what_the_encoder_does_not_make_is_refused),
                cmocka_unit_test(whatever_decodes_encodes_to_the_same_bytes),
                cmocka_unit_test(a_stamp_survives_and_is_told_from_samples),
                cmocka_unit_test(what_came_apart_is_read_apart),
                cmocka_unit_test(a_chunk_of_one_message_is_its_only_part),
                cmocka_unit_test(a_chunk_of_several_that_is_cut_off_is_no_chunk),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
