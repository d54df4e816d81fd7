/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GetCycleRows: every sample as it was measured, for the record, so many a page.
 *
 * GetCycleSamples: what was measured, for drawing. A page ends after a bounded number of stored chunks and samples, so
 * that no call holds up a decision; a cycle that has ended is one chunk, of which decoding is what the call costs.
 *
 * Where a page has more samples than points are asked for, each stretch is shown by the samples in it that are coldest,
 * hottest, of lowest and of highest pressure, and its last. So every point was measured as it stands, and no pulse, dip
 * or spike is lost by drawing.
 */
#include <errno.h>

#include "bus/internal.h"
#include "core/samples.h"

#define CHUNKS_MAX 256
#define ENOUGH_SAMPLES 8192 /* the chunk in which a page gets there is its last */
#define SHOWN 5             /* of each stretch */

typedef struct Page {
        Sample *v;
        size_t n, size;
        int64_t last; /* number of the chunk that was read last */
        bool more;
} Page;

static int page_grow(Page *p, size_t more) {
        size_t want = p->n + more;
        Sample *v;

        if (want <= p->size)
                return 0;
        want = MAX_OF(want, p->size * 2);
        v = reallocarray(p->v, want, sizeof(*v));
        if (!v)
                return -ENOMEM;
        p->v = v;
        p->size = want;
        return 0;
}

/* 1; 0: there is no further chunk. */
static int page_add_chunk(Store *s, int64_t attempt, Page *p) {
        _cleanup_(freep) void *data = NULL;
        size_t samples, size;
        int r = chunk_next(s, attempt, &p->last, &samples, &data, &size);
        PartReader parts;
        Part part;

        if (r <= 0)
                return r;
        r = page_grow(p, samples + 1);
        if (r < 0)
                return r;
        parts_begin(&parts, data, size);
        while ((r = part_next(&parts, &part)) > 0) {
                size_t n;

                r = samples_decode(part.samples, part.size, p->v + p->n, p->size - p->n, &n);
                if (r < 0)
                        break;
                p->n += n;
        }
        return r < 0 ? r : 1;
}

static int page_read(Store *s, int64_t attempt, Page *p) {
        int r = 1;

        for (unsigned i = 0; i < CHUNKS_MAX && p->n < ENOUGH_SAMPLES && r > 0; i++)
                r = page_add_chunk(s, attempt, p);
        p->more = r > 0;
        return r < 0 ? r : 0;
}

static void put_point(const Sample *x, Reply *r) {
        if (r->error == 0)
                r->error = MIN_OF(sd_bus_message_append(r->m, "(xxx)", x->t_us, (int64_t)x->temperature_mc,
                                                        (int64_t)x->pressure_pa),
                                  0);
}

/* The samples of a stretch to be shown, in their order, each once. */
static void put_stretch(const Sample *v, size_t n, Reply *r) {
        size_t at[SHOWN] = { [SHOWN - 1] = n - 1 };

        for (size_t i = 1; i < n; i++) {
                at[0] = v[i].temperature_mc < v[at[0]].temperature_mc ? i : at[0];
                at[1] = v[i].temperature_mc > v[at[1]].temperature_mc ? i : at[1];
                at[2] = v[i].pressure_pa < v[at[2]].pressure_pa ? i : at[2];
                at[3] = v[i].pressure_pa > v[at[3]].pressure_pa ? i : at[3];
        }
        for (size_t from = 0;;) {
                size_t next = n;

                for (size_t k = 0; k < SHOWN; k++)
                        if (at[k] >= from)
                                next = MIN_OF(next, at[k]);
                if (next == n)
                        return;
                put_point(v + next, r);
                from = next + 1;
        }
}

static void put_points(const Page *p, size_t points, Reply *r) {
        const size_t stretches = MAX_OF(points / SHOWN, (size_t)1);

        reply_list_open(r, "samples", "(xxx)");
        if (p->n <= points)
                for (size_t i = 0; i < p->n; i++)
                        put_point(p->v + i, r);
        else
                for (size_t i = 0; i < stretches; i++) {
                        size_t from = p->n * i / stretches, to = p->n * (i + 1) / stretches;

                        put_stretch(p->v + from, to - from, r);
                }
        reply_list_close(r);
}

static int read_page(Store *s, const AttemptRow *a, int64_t after, size_t points, Reply *reply) {
        Page p = { .last = after };
        int r = page_read(s, a->id, &p);

        if (r == 0) {
                reply_open(reply);
                reply_text(reply, "attempt", a->label);
                reply_number(reply, "measured", (int64_t)p.n);
                put_points(&p, points, reply);
                if (p.more)
                        reply_number(reply, "next", p.last);
                reply_close(reply);
        }
        free(p.v);
        return r;
}

/* GetCycleSamples(s attempt, t after, u points) -> a{sv}. NotFound, Ambiguous, Ledger. */
int method_get_cycle_samples(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *name;
        uint64_t after;
        uint32_t points;
        AttemptRow a;
        Reply reply;
        int r = sd_bus_message_read(m, "stu", &name, &after, &points);

        if (r < 0 || (r = bus_find_attempt(source, name, &a, error)) < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        points = points == 0 || points > BUS_POINTS_MAX ? BUS_POINTS_MAX : MAX_OF(points, (uint32_t)SHOWN);
        r = read_page(source->store, &a, bus_number(after), points, &reply);
        return bus_answer(source, r, &reply, error);
}

/*
 * A place among the rows of a cycle, as one number: the chunk that was given whole, and how many of the next one were.
 * Chunks are numbered from 1 on, and hold far less than 2^24 samples.
 */
#define PLACE_BITS 24

static int put_rows(Store *s, const AttemptRow *a, uint64_t place, size_t limit, Reply *reply) {
        const size_t skip = (size_t)(place & ((1U << PLACE_BITS) - 1));
        Page p = { .last = (int64_t)(place >> PLACE_BITS) };
        int64_t before = p.last;
        size_t n_before = 0, end;
        int r = 1;

        for (unsigned i = 0; i < CHUNKS_MAX && p.n < skip + limit && r > 0; i++) {
                before = p.last;
                n_before = p.n;
                r = page_add_chunk(s, a->id, &p);
        }
        if (r >= 0) {
                end = MIN_OF(p.n, skip + limit);
                reply_open(reply);
                reply_text(reply, "attempt", a->label);
                reply_list_open(reply, "samples", "(xxx)");
                for (size_t i = skip; i < end; i++)
                        put_point(p.v + i, reply);
                reply_list_close(reply);
                if (end < p.n)
                        reply_number(reply, "next", before << PLACE_BITS | (int64_t)(end - n_before));
                else if (r > 0)
                        reply_number(reply, "next", p.last << PLACE_BITS);
                reply_close(reply);
        }
        free(p.v);
        return r;
}

/* GetCycleRows(s attempt, t place, u limit) -> a{sv}. NotFound, Ambiguous, Ledger. */
int method_get_cycle_rows(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *name;
        uint64_t place;
        uint32_t limit;
        AttemptRow a;
        Reply reply;
        int r = sd_bus_message_read(m, "stu", &name, &place, &limit);

        if (r < 0 || (r = bus_find_attempt(source, name, &a, error)) < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_POINTS_MAX ? BUS_POINTS_MAX : limit;
        r = put_rows(source->store, &a, MIN_OF(place, (uint64_t)INT64_MAX), limit, &reply);
        return bus_answer(source, r, &reply, error);
}
