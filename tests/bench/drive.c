/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Store and intake without broker and loop: the mixed traffic in batches of 50 or as said, each committed. For counting
 * instructions (valgrind --tool=callgrind --toggle-collect=take_batches) and for profiling.
 *
 *   drive CONFIG LEDGER intake N [BATCH]   prints "intake N NANOSECONDS" for each message, commits included
 *   drive - - verdict N                    prints "verdict N NANOSECONDS" for each sample of whole cycles, ends included
 */
#include <errno.h>
#include <time.h>

#include "codec/decode.h"
#include "core/cycle.h"
#include "intake/intake.h"
#include "traffic.h"

#define BATCH 50u

typedef struct Sent {
        char topic[TRAFFIC_TOPIC_MAX], payload[TRAFFIC_PAYLOAD_MAX];
        size_t n;
} Sent;

static int64_t nanoseconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void must(int r, const char *what) {
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", what, strerror(-r));
                exit(EXIT_FAILURE);
        }
}

static Now now(void) {
        struct timespec wall, boot;

        clock_gettime(CLOCK_REALTIME, &wall);
        clock_gettime(CLOCK_BOOTTIME, &boot);
        return (Now){ wall.tv_sec * US_PER_S + wall.tv_nsec / 1000, boot.tv_sec * US_PER_S + boot.tv_nsec / 1000 };
}

static void drop(void *userdata, const Outgoing *o) {
        (void)userdata;
        (void)o;
}

static void take(Intake *in, const Sent *m) {
        const Now t = now();

        must(intake_message(in, &t, &(Incoming){ .topic = m->topic, .payload = m->payload, .size = m->n }), "message");
}

static void commit(Intake *in) {
        const Now t = now();

        must(intake_commit(in, &t), "commit");
        batch_flush(intake_batch(in), drop, NULL);
}

__attribute__((noinline)) static void take_batches(Intake *in, const Sent *m, size_t n, size_t batch) {
        for (size_t i = 0; i < n; i++) {
                take(in, m + i);
                if (i % batch == batch - 1)
                        commit(in);
        }
}

static void begin(Intake *in, Traffic *t) {
        Sent m;

        for (int step = 0; step < 3; step++) {
                for (unsigned house = 0; house < TRAFFIC_HOUSES; house++) {
                        m.n = traffic_before(t, house, step, m.topic, m.payload);
                        take(in, &m);
                }
                commit(in);
        }
}

static void drive(const Config *config, const char *ledger, size_t n, size_t batch) {
        _cleanup_(store_closep) Store *store = NULL;
        _cleanup_(signer_freep) Signer *signer = NULL;
        _cleanup_(intake_freep) Intake *in = NULL;
        _cleanup_(freep) Sent *messages = calloc(n, sizeof(*messages));
        char why[STORE_WHY_MAX] = "", key[4096];
        StoreOpened opened;
        Traffic traffic;
        unsigned house;
        Status status = {};
        int64_t start;
        const Now t = now();

        must(messages ? 0 : -ENOMEM, "messages");
        must(store_open(&store, &(StoreOptions){ .path = ledger, .cache_kib = config->store.cache_kib }, &opened, why), why);
        (void)snprintf(key, sizeof(key), "%s.key", ledger);
        must(signer_open(&signer, key), "key");
        must(intake_new(&in,
                        &(IntakeOptions){ .store = store, .signer = signer, .config = config, .boot = "bench",
                                          .machine_boot = "machine" },
                        &t),
             "intake");
        traffic_init(&traffic, config->site.id, "drive", 10);
        begin(in, &traffic);
        for (size_t i = 0; i < n; i++)
                messages[i].n = traffic_next(&traffic, &house, messages[i].topic, messages[i].payload);
        start = nanoseconds();
        take_batches(in, messages, n, batch);
        printf("intake %zu %lld\n", n, (long long)((nanoseconds() - start) / (int64_t)n));
        commit(in);
        intake_status(in, &status);
        must(status.rejected ? -EBADMSG : 0, "messages were refused");
}

/* --- the verdict ------------------------------------------------------------------------------------------------------ */

__attribute__((noinline)) static void judge(const CycleProgram *program, const Traffic *t, size_t n) {
        const CycleStart start = { .purpose = PURPOSE_LOAD, .arrival_us = -1 };
        CycleVerdict verdict;
        Cycle cycle;

        for (size_t done = 0; done < n; done += t->n_curve) {
                cycle_begin(&cycle, program, &start);
                for (size_t i = 0; i < t->n_curve; i++) {
                        const CurveSample *s = t->curve + i;
                        const Sample sample = { s->t_s * US_PER_S, s->temperature_dc * 100, s->pressure_hpa * 100 };

                        must(cycle_sample(&cycle, &sample, -1), "sample");
                }
                cycle_end(&cycle, OUTCOME_COMPLETED, GRADE_CONTINUOUS, &verdict);
                must(verdict.verdict == CYCLE_VERIFIED ? 0 : -EBADMSG, "the cycle must verify");
        }
}

static void drive_verdict(size_t n) {
        const CycleProgram program = { .name = "prevac-134", .set_temperature_mc = 134000, .band_mc = 4000, .uncertainty_mc = 500,
                                       .display_step_mc = 100, .hold_min_us = 180 * US_PER_S, .set_hold_us = 210 * US_PER_S,
                                       .gap_max_us = 10 * US_PER_S, .prevacuum = true, .pulses = 3, .pulse_pressure_pa = 30000,
                                       .store_and_forward = true };
        static Traffic t;
        int64_t start;

        traffic_init(&t, "bench", "verdict", 10);
        n = (n + t.n_curve - 1) / t.n_curve * t.n_curve;
        start = nanoseconds();
        judge(&program, &t, n);
        printf("verdict %zu %lld\n", n, (long long)((nanoseconds() - start) / (int64_t)n));
}

int main(int argc, char **argv) {
        _cleanup_(freep) ConfigErrors *errors = calloc(1, sizeof(*errors));
        _cleanup_(config_freep) Config *config = NULL;

        if (argc < 5 || argc > 6 || !errors) {
                (void)fputs("drive CONFIG LEDGER intake N [BATCH], or drive - - verdict N\n", stderr);
                return EXIT_FAILURE;
        }
        if (streq(argv[3], "verdict")) {
                drive_verdict((size_t)atol(argv[4]));
                return EXIT_SUCCESS;
        }
        if (config_load(argv[1], &config, errors) < 0) {
                config_errors_print(errors, stderr);
                return EXIT_FAILURE;
        }
        setenv("TZ", config->site.timezone, 1);
        tzset();
        drive(config, argv[2], (size_t)atol(argv[4]), argc > 5 ? (size_t)MAX_OF(atol(argv[5]), 1L) : BATCH);
        return EXIT_SUCCESS;
}
