/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of three rooms that fight over a few needles (tests/lib/world.h), judged by an observer that knows the
 * rules and not the code (tests/lib/observer.h): messages lost, delayed, repeated, reordered, unnumbered; devices, daemon
 * and machine that restart in between, at any point before a commit.
 *
 * The same histories each time, so that a red run is a change's; SEED=n plays others, HISTORIES=n says how many, FIRST=n
 * from which on. A history that breaks a claim is played again
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
#include <unistd.h>

#include "../lib/observer.h"

#ifdef __SANITIZE_ADDRESS__ /* about six times as slow */
#define HISTORIES 500
#else
#define HISTORIES 5000 /* tests/it/53-interleavings plays 45,000 more */
#endif
#define HISTORIES_PER_CLINIC 200 /* a ledger that grows costs more for each */
#define STEPS 12
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

/* Every `every`th history from `first` on; whether all held. */
static bool play_some(int seed, int first, int end, int every) {
        static const bool none[STEPS];

        world.base = (uint64_t)seed;
        world.observer = &observer;
        clinic_open();
        for (int h = first, n = 1; h < end; h += every, n++) {
                if (!play(h, none)) {
                        printf("history %d: %s\n", h, observer.broken);
                        clinic_close();
                        tell(h);
                        return false;
                }
                if (n % HISTORIES_PER_CLINIC == 0) {
                        sim_check_chain(&sim);
                        clinic_close();
                        clinic_open();
                }
        }
        sim_check_chain(&sim);
        clinic_close();
        return true;
}

/* A share of the histories in a process of its own, which writes what it counted. */
static pid_t play_aside(int seed, int first, int end, int every, int to) {
        const pid_t child = fork();

        assert_true(child >= 0);
        if (child > 0)
                return child;
        const bool held = play_some(seed, first, end, every);
        fflush(stdout);
        _exit(held && write(to, &observer.counts, sizeof(observer.counts)) == sizeof(observer.counts) ? 0 : 1);
}

static ObserverCounts play_all(int seed, int first, int end) {
        const int children = MIN_OF(CHILDREN_MAX, (int)sysconf(_SC_NPROCESSORS_ONLN));
        ObserverCounts sum = {}, one;
        bool held = true;
        int fds[2], status;

        assert_int_equal(pipe(fds), 0);
        for (int i = 0; i < children; i++)
                play_aside(seed, first + i, end, children, fds[1]);
        for (int i = 0; i < children; i++)
                held = wait(&status) > 0 && status == 0 && held;
        close(fds[1]);
        while (read(fds[0], &one, sizeof(one)) == sizeof(one))
                for (size_t i = 0; i < ELEMENTSOF(sum.of); i++)
                        sum.of[i] += one.of[i];
        close(fds[0]);
        assert_true(held);
        return sum;
}

static void no_history_breaks_a_claim(void **state) {
        const int seed = number("SEED", 2026), first = number("FIRST", 0);
        const int histories = number("HISTORIES", HISTORIES);
        ObserverCounts counts;

        (void)state;
        print_message("SEED=%d FIRST=%d HISTORIES=%d\n", seed, first, histories);
        fflush(stdout);
        counts = play_all(seed, first, first + histories);
        for (size_t i = 0; i < ELEMENTSOF(counts.of); i++)
                print_message("%8" PRIu64 " %s\n", counts.of[i], observer_counted[i]);
        /* What never happens proves nothing. */
        for (size_t i = 0; i < ELEMENTSOF(counts.of) && histories >= 5000; i++)
                assert_true(counts.of[i] * 1000 >= (uint64_t)histories);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(no_history_breaks_a_claim) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
