/* SPDX-License-Identifier: Apache-2.0 */
#include "core/samples.h"

#include <errno.h>
#include <string.h>

enum { TIME_EXPONENTS = 7, VALUE_EXPONENTS = 4 }; /* 10^0 to 10^6 us; 10^0 to 10^3 of the others */
enum { STAMP_BYTE = 0x80, STAMP_KINDS = 2 };      /* above every scale byte */
enum { SEVERAL_BYTE = STAMP_BYTE + STAMP_KINDS };

static const int64_t POWERS[TIME_EXPONENTS] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

typedef struct Scale {
        int time, temperature, pressure; /* exponents of ten */
} Scale;

typedef struct Writer {
        uint8_t *at, *end;
        bool full;
} Writer;

/* The largest exponent that still divides `value`, not above what the values before it allowed. */
static int lower_exponent(int64_t value, int exponent) {
        while (value % POWERS[exponent] != 0)
                exponent--;
        return exponent;
}

static Scale common_scale(const Sample *samples, size_t n) {
        Scale s = { TIME_EXPONENTS - 1, VALUE_EXPONENTS - 1, VALUE_EXPONENTS - 1 };
        for (size_t i = 0; i < n; i++) {
                s.time = lower_exponent(samples[i].t_us, s.time);
                s.temperature = lower_exponent(samples[i].temperature_mc, s.temperature);
                s.pressure = lower_exponent(samples[i].pressure_pa, s.pressure);
        }
        return s;
}

static uint8_t scale_byte(Scale s) {
        return (uint8_t)(s.time + TIME_EXPONENTS * (s.temperature + VALUE_EXPONENTS * s.pressure));
}

static void put(Writer *w, uint64_t difference) {
        uint64_t v = (difference << 1) ^ (difference >> 63 ? UINT64_MAX : 0);
        do {
                if (w->at == w->end) {
                        w->full = true;
                        return;
                }
                *w->at++ = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
                v >>= 7;
        } while (v);
}

/* Differences are taken modulo 2^64: any int64 time survives, however wild. */
size_t samples_encode(const Sample *samples, size_t n, uint8_t *buf, size_t size) {
        if (n == 0 || size == 0)
                return 0;
        Scale s = common_scale(samples, n);
        Writer w = { .at = buf + 1, .end = buf + size };
        uint64_t time = 0, step = 0, temperature = 0, pressure = 0;
        buf[0] = scale_byte(s);
        for (size_t i = 0; i < n; i++) {
                uint64_t t = (uint64_t)(samples[i].t_us / POWERS[s.time]);
                uint64_t c = (uint64_t)(samples[i].temperature_mc / POWERS[s.temperature]);
                uint64_t p = (uint64_t)(samples[i].pressure_pa / POWERS[s.pressure]);
                put(&w, t - time - step);
                put(&w, c - temperature);
                put(&w, p - pressure);
                step = i == 0 ? 0 : t - time;
                time = t, temperature = c, pressure = p;
        }
        return w.full ? 0 : (size_t)(w.at - buf);
}

/* Only the shortest form of at most 64 bits is taken. */
static int get(const uint8_t **at, const uint8_t *end, uint64_t *ret) {
        uint64_t v = 0;
        for (int shift = 0; *at < end && shift < 64; shift += 7) {
                uint8_t byte = *(*at)++;
                if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0))
                        return -EBADMSG;
                v |= (uint64_t)(byte & 0x7f) << shift;
                if (!(byte & 0x80)) {
                        *ret = (v >> 1) ^ (v & 1 ? UINT64_MAX : 0);
                        return 0;
                }
        }
        return -EBADMSG;
}

/* Multiplies by the scale; fails where the result is not within min to max. */
static int unscale(uint64_t v, int exponent, int64_t min, int64_t max, int64_t *ret) {
        int64_t scaled;
        if (__builtin_mul_overflow((int64_t)v, POWERS[exponent], &scaled) || scaled < min || scaled > max)
                return -EBADMSG;
        *ret = scaled;
        return 0;
}

static int get_sample(const uint8_t **at, const uint8_t *end, Scale s, uint64_t v[static 3], uint64_t step, Sample *ret) {
        uint64_t d[3];
        int64_t t, c, p;
        for (int i = 0; i < 3; i++) {
                int r = get(at, end, &d[i]);
                if (r < 0)
                        return r;
                v[i] += d[i];
        }
        v[0] += step;
        if (unscale(v[0], s.time, INT64_MIN, INT64_MAX, &t) < 0 ||
            unscale(v[1], s.temperature, INT32_MIN, INT32_MAX, &c) < 0 ||
            unscale(v[2], s.pressure, INT32_MIN, INT32_MAX, &p) < 0)
                return -EBADMSG;
        *ret = (Sample) { .t_us = t, .temperature_mc = (int32_t)c, .pressure_pa = (int32_t)p };
        return 0;
}

int samples_decode(const uint8_t *buf, size_t size, Sample *ret, size_t max, size_t *ret_n) {
        uint64_t v[3] = { 0 }, step = 0;
        size_t n = 0;
        if (size == 0) {
                *ret_n = 0;
                return 0;
        }
        if (size == 1 || buf[0] >= TIME_EXPONENTS * VALUE_EXPONENTS * VALUE_EXPONENTS)
                return -EBADMSG;
        const uint8_t *at = buf + 1, *end = buf + size;
        Scale s = { buf[0] % TIME_EXPONENTS, buf[0] / TIME_EXPONENTS % VALUE_EXPONENTS,
                    buf[0] / TIME_EXPONENTS / VALUE_EXPONENTS };
        while (at < end) {
                uint64_t before = v[0];
                if (n == max)
                        return -ENOBUFS;
                int r = get_sample(&at, end, s, v, step, &ret[n]);
                if (r < 0)
                        return r;
                step = n == 0 ? 0 : v[0] - before;
                n++;
        }
        if (scale_byte(common_scale(ret, n)) != buf[0])
                return -EBADMSG;
        *ret_n = n;
        return 0;
}

size_t stamp_encode(const Stamp *stamp, uint8_t *buf, size_t size) {
        if (size == 0)
                return 0;
        Writer w = { .at = buf + 1, .end = buf + size };
        buf[0] = (uint8_t)(STAMP_BYTE + stamp->kind);
        put(&w, (uint64_t)stamp->epoch);
        put(&w, (uint64_t)stamp->us);
        return w.full ? 0 : (size_t)(w.at - buf);
}

int stamp_decode(const uint8_t *buf, size_t size, Stamp *ret, size_t *ret_n) {
        const uint8_t *at = buf + 1, *end = buf + size;
        uint64_t epoch, us;
        if (size == 0 || buf[0] < STAMP_BYTE)
                return 0;
        if (buf[0] >= STAMP_BYTE + STAMP_KINDS || get(&at, end, &epoch) < 0 || get(&at, end, &us) < 0)
                return -EBADMSG;
        *ret = (Stamp) { .kind = (StampKind)(buf[0] - STAMP_BYTE), .epoch = (int64_t)epoch, .us = (int64_t)us };
        *ret_n = (size_t)(at - buf);
        return 1;
}

size_t part_add(uint8_t *chunk, size_t used, size_t size, const uint8_t *part, size_t n) {
        Writer w = { .at = chunk + used, .end = chunk + size };
        if (used == size)
                return 0;
        if (used == 0)
                *w.at++ = SEVERAL_BYTE;
        put(&w, n);
        if (w.full || (size_t)(w.end - w.at) < n)
                return 0;
        memcpy(w.at, part, n);
        return (size_t)(w.at - chunk) + n;
}

void parts_begin(PartReader *p, const void *chunk, size_t size) {
        const uint8_t *bytes = chunk;
        const bool several = size > 0 && bytes[0] == SEVERAL_BYTE;
        *p = (PartReader) { .at = several ? bytes + 1 : bytes, .end = size > 0 ? bytes + size : bytes, .several = several,
                            .more = true };
}

int part_next(PartReader *p, Part *ret) {
        size_t stamped = 0;
        uint64_t n = 0;
        int is;
        if (!p->more)
                return 0;
        if (!p->several)
                n = (uint64_t)(p->end - p->at);
        else if (get(&p->at, p->end, &n) < 0 || n == 0 || n > (uint64_t)(p->end - p->at))
                return -EBADMSG;
        is = stamp_decode(p->at, n, &ret->stamp, &stamped);
        if (is < 0)
                return is;
        ret->stamped = is;
        ret->samples = stamped ? p->at + stamped : p->at;
        ret->size = n - stamped;
        p->at = n > 0 ? p->at + n : p->at;
        p->more = p->several && p->at < p->end;
        return 1;
}
