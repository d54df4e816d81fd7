/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Attempts of autoclaves and their samples. A getter returns 1 and the row, or 0 for none. */
#include "core/gate.h"
#include "core/limits.h"
#include "store/store.h"

#define ATTEMPT_JSON_MAX 4096

typedef struct AttemptRow {
        int64_t id;
        char label[LABEL_MAX + 1], autoclave[LABEL_MAX + 1];
        int64_t cycle;
        char program[LABEL_MAX + 1];
        int purpose; /* Purpose */
        int64_t started_us, ended_us;
        char start[256];                               /* JSON: what cycle-start announced */
        int verdict;                                   /* -1: running; otherwise CycleVerdict's */
        char reasons[ATTEMPT_JSON_MAX], figures[1024]; /* JSON, or empty */
        int released;                                  /* LoadState */
        int64_t released_us;
        char released_by[LABEL_MAX + 1];
        int grade;   /* Grade */
        int outcome; /* -1: never said; CycleOutcome: the machine's own word */
} AttemptRow;

/* Gives the attempt its label, AUTOCLAVE.NUMBER, and its id. */
int attempt_add(Store *s, AttemptRow *row);
int attempt_get_id(Store *s, int64_t id, AttemptRow *ret);
int attempt_get(Store *s, const char *label, AttemptRow *ret);
/* The one that runs now. */
int attempt_open(Store *s, const char *autoclave, AttemptRow *ret);
/* The last that ended. */
int attempt_last(Store *s, const char *autoclave, AttemptRow *ret);
/* The next older one with the number of *ret: 1, or 0. */
int attempt_same_number(Store *s, AttemptRow *ret);
/* By the machine's own number: 1, or 2 where more than one attempt bears it (the newest is returned). */
int attempt_by_cycle(Store *s, const char *autoclave, int64_t cycle, AttemptRow *ret);
int attempt_save(Store *s, const AttemptRow *row);

/* Commissioned: what a sound cycle of this program looks like in this machine; the newest counts. */
typedef struct ReferenceRow {
        int64_t i, at_us;
        char autoclave[LABEL_MAX + 1], program[LABEL_MAX + 1]; /* program: as the machine announces it */
        int64_t attempt;
        int32_t median_mc, coldest_mc, hottest_mc; /* of T - T_sat; of T in the hold */
        char by[LABEL_MAX + 1];
} ReferenceRow;
int reference_add(Store *s, const ReferenceRow *row);
/* 1 and the newest; 0: this program was never commissioned. */
int reference_get(Store *s, const char *autoclave, const char *program, ReferenceRow *ret);

/* Chunks as core/samples.h writes them. */
int chunk_add(Store *s, int64_t attempt, int64_t n, size_t samples, const void *data, size_t size);
/* The first chunk after *n, or 0; *ret_data is to be freed; *n moves. */
int chunk_next(Store *s, int64_t attempt, int64_t *n, size_t *ret_samples, void **ret_data, size_t *ret_size);
/* All of them in order: 1 and *ret, which is good until the next call; 0 after the last. Whoever stops before that
 * says chunks_end(). */
typedef struct Chunk {
        size_t samples, size;
        const void *data;
} Chunk;
int chunks_first(Store *s, int64_t attempt, Chunk *ret);
int chunks_next(Store *s, Chunk *ret);
void chunks_end(Store *s);
/* One chunk in place of all. */
int chunk_replace(Store *s, int64_t attempt, size_t samples, const void *data, size_t n);
