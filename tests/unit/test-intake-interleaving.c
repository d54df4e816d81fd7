/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of three rooms that fight over a few needles (tests/lib/world.h), judged by an observer that knows the
 * rules and not the code (tests/lib/observer.h): messages lost, delayed, repeated, reordered, unnumbered; devices, daemon
 * and machine that restart in between, at any point before a commit.
 *
 * SEED=n repeats a run, HISTORIES=n says how many, FIRST=n from which on. A history that breaks a claim is played again
 * with fewer and fewer steps, and what is left of it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/observer.h"

#define HISTORIES_PER_CLINIC 1000
#define STEPS 20
#define CHILDREN_MAX 8

static Sim sim;
static World world;
static Observer observer;

static int number(const char *name, int otherwise) {
        const char *text = getenv(name);

        return text ? atoi(text) : otherwise;
}

/* Whether all held. */
static bool play(int history, const bool skip[static STEPS]) {
        world_begin(&world, &sim, history);
        for (int step = 0; step < STEPS && !observer.broken[0]; step++)
                if (!skip[step])
                        world_step(&world, step);
        if (!observer.broken[0])
                world_end(&world);
        return !observer.broken[0];
}

static void clinic_open(void) {
        sim_open(&sim, world_config);
        sim.keep_store = true;
        memset(observer.permit_seq, 0, sizeof(observer.permit_seq));
}

static void clinic_close(void) {
        observer_done();
        sim_close(&sim);
}

static bool play_alone(int history, const bool skip[static STEPS]) {
        bool held;

        clinic_open();
        held = play(history, skip);
        clinic_close();
        return held;
}

/* The fewest steps that still break a claim, one by one. */
static void tell(int history) {
        bool skip[STEPS] = {};

        if (play_alone(history, skip)) {
                printf("history %d breaks no claim when it is played alone\n", history);
                return;
        }
        for (int step = STEPS - 1; step >= 0; step--) {
                skip[step] = true;
                if (play_alone(history, skip))
                        skip[step] = false;
        }
        world.trace = true;
        (void)play_alone(history, skip);
        printf("history %d: %s\n", history, observer.broken);
}

static bool play_all(int seed, int first, int end, int every) {
        static const bool none[STEPS];
        bool held = true;

        world.base = (uint64_t)seed;
        world.observer = &observer;
        for (int h = first, n = 0; h < end && held; h += every, n++) {
                if (n % HISTORIES_PER_CLINIC == 0) {
                        if (n)
                                clinic_close();
                        clinic_open();
                }
                held = play(h, none);
                if (held)
                        continue;
                printf("history %d: %s\n", h, observer.broken);
                clinic_close();
                tell(h);
                return false;
        }
        sim_check_chain(&sim);
        clinic_close();
        return true;
}

static void no_history_breaks_a_claim(void **state) {
        const int seed = number("SEED", (int)(time(NULL) % 1000000)), first = number("FIRST", 0);
        const int histories = number("HISTORIES", 1000);

        (void)state;
        print_message("SEED=%d FIRST=%d HISTORIES=%d\n", seed, first, histories);
        assert_true(play_all(seed, first, first + histories, 1));
        print_message("%" PRIu64 " allowed, %" PRIu64 " denied, %" PRIu64 " permits, %" PRIu64 " of relays, %" PRIu64
                      " freed, %" PRIu64 " locked\n", observer.allowed, observer.denied, observer.permits,
                      observer.relay_permits, observer.freed, observer.locked);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(no_history_breaks_a_claim) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
