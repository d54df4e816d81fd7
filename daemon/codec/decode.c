/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonr.c reads, the table in messages.c says what is wanted, and this file holds one against the other. Strings stay
 * where the reader put them: they live as long as the Decoded. What is told to the sender is made of our own words
 * only, so that nothing of a hostile payload comes back in a log or on a screen.
 */
#include "codec/decode.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/rfc3339.h"
#include "codec/topic.h"
#include "util.h"

#define REJECTED 1
#define NONCE_VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define GROUP_SEPARATOR 0x1D /* FNC1 as scanners send it */

typedef struct Decoder {
        Decoded *d;
        DecodeError *error;
        const char *parent; /* NULL, or the object that is being read */
} Decoder;

Decoded *decoded_new(void) {
        return calloc(1, sizeof(Decoded));
}

Decoded *decoded_free(Decoded *d) {
        if (!d)
                return NULL;
        jsonr_done(&d->json);
        free(d->samples);
        free(d);
        return NULL;
}

static void decoded_reset(Decoded *d) {
        d->n_strings = 0;
        d->event = (Event) { 0 };
}

static _printf_(4, 5) int refuse(Decoder *c, Reject reason, const char *member, const char *format, ...) {
        va_list ap;

        c->error->reason = reason;
        if (member)
                snprintf(c->error->member, sizeof(c->error->member), "%s%s%s", c->parent ? c->parent : "",
                         c->parent ? "." : "", member);
        va_start(ap, format);
        vsnprintf(c->error->detail, sizeof(c->error->detail), format, ap);
        va_end(ap);
        return REJECTED;
}

static int bad_type(Decoder *c, const Field *f, const char *wanted) {
        return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be %s.", wanted);
}

static void *place(Decoder *c, uint16_t offset) {
        return (char *) &c->d->event + offset;
}

static int refuse_syntax(Decoder *c, const JsonrError *e) {
        static const char *const what[] = {
                [JSONR_FAULT_SYNTAX] = "This is not well-formed JSON",
                [JSONR_FAULT_UTF8] = "This is not UTF-8",
                [JSONR_FAULT_END] = "Something follows the object",
                [JSONR_FAULT_NUL] = "A NUL stands in it",
                [JSONR_FAULT_DUPLICATE] = "A member stands twice",
                [JSONR_FAULT_NUMBER] = "A number is too large",
                [JSONR_FAULT_DEPTH] = "At most 8 levels of nesting are taken",
        };
        static_assert(NESTING_MAX == 8 && JSONR_DEPTH_MAX == NESTING_MAX, "the sentence says so");

        return refuse(c, REJECT_NOT_JSON, NULL, "%s, at line %u, column %u.", what[e->fault], e->line, e->column);
}

static int parse(Decoder *c, const char *payload, size_t n) {
        JsonrError e;
        int r;

        if (n > PAYLOAD_MAX)
                return refuse(c, REJECT_TOO_LARGE, NULL, "At most %d bytes are taken.", PAYLOAD_MAX);
        r = jsonr_read(&c->d->json, payload, n, &e);
        if (r != 0)
                return r < 0 ? r : refuse_syntax(c, &e);
        if (jsonr_root(&c->d->json)->type != JSONR_OBJECT)
                return refuse(c, REJECT_NOT_JSON, NULL, "The payload must be one JSON object.");
        return 0;
}

/* No C0, DEL or C1 control characters: these texts end in terminals, logs and printouts. */
static bool printable(const char *s, size_t n, bool separator_too) {
        for (size_t i = 0; i < n; i++) {
                unsigned char u = (unsigned char) s[i];

                if (u == 0x7F || (u < 0x20 && !(separator_too && u == GROUP_SEPARATOR)))
                        return false;
                if (u == 0xC2 && (unsigned char) s[i + 1] < 0xA0)
                        return false;
        }
        return true;
}

static bool is_string(const JsonrValue *v) {
        return v && v->type == JSONR_STRING;
}

static bool text_good(const JsonrValue *v, int64_t min, int64_t max, bool separator_too) {
        return is_string(v) && v->n >= (size_t) min && v->n <= (size_t) max && printable(v->string, v->n, separator_too);
}

static bool integer_good(const JsonrValue *v, const Field *f) {
        return v && v->type == JSONR_INTEGER && v->integer >= f->min && v->integer <= f->max;
}

static int read_text(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!text_good(v, f->min, f->max, f->type == FIELD_CODE))
                return refuse(c, REJECT_BAD_MEMBER, f->name,
                              "Must be a string of %lld to %lld bytes without control characters.", (long long) f->min,
                              (long long) f->max);
        if (v->n > 0)
                *(const char **) place(c, f->offset) = v->string;
        return 0;
}

static int read_label(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!is_string(v) || !label_valid(v->string))
                return bad_type(c, f, "a label: 1 to 64 of A-Z a-z 0-9 . _ -");
        *(const char **) place(c, f->offset) = v->string;
        return 0;
}

static int read_int(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!integer_good(v, f))
                return refuse(c, REJECT_BAD_MEMBER, f->name,
                              "Must be an integer from %lld to %lld, without fraction or exponent.", (long long) f->min,
                              (long long) f->max);
        *(int64_t *) place(c, f->offset) = v->integer;
        return 0;
}

static int read_bool(Decoder *c, const Field *f, const JsonrValue *v) {
        if (v->type != JSONR_BOOL)
                return bad_type(c, f, "true or false");
        *(bool *) place(c, f->offset) = v->boolean;
        return 0;
}

static int refuse_enum(Decoder *c, const Field *f) {
        char list[128] = "";
        size_t n = 0;

        for (const EnumName *e = f->names; e->name; e++)
                n += (size_t) snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", e->name);
        return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be one of: %s.", list);
}

static int read_enum(Decoder *c, const Field *f, const JsonrValue *v) {
        for (const EnumName *e = f->names; is_string(v) && e->name; e++)
                if (streq(e->name, v->string)) {
                        *(int *) place(c, f->offset) = e->value;
                        return 0;
                }
        return refuse_enum(c, f);
}

/* A JSON number within min and max, in steps of 1/scale. */
static bool scaled(const JsonrValue *v, double min, double max, double scale, int64_t *ret) {
        double x;

        if (!v || (v->type != JSONR_INTEGER && v->type != JSONR_REAL))
                return false;
        x = v->type == JSONR_INTEGER ? (double) v->integer : v->real;
        if (x < min || x > max)
                return false;
        *ret = llround(x * scale);
        return true;
}

static int read_number(Decoder *c, const Field *f, const JsonrValue *v, double scale, int64_t *ret) {
        if (!scaled(v, (double) f->min, (double) f->max, scale, ret))
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be a number from %lld to %lld.", (long long) f->min,
                              (long long) f->max);
        return 0;
}

/* Thousandths of a degree, or pascal. */
static int read_thousandths(Decoder *c, const Field *f, const JsonrValue *v) {
        int64_t n;
        int r = read_number(c, f, v, 1e3, &n);

        if (r == 0)
                *(int32_t *) place(c, f->offset) = (int32_t) n;
        return r;
}

static int read_date(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!is_string(v) || date_parse(v->string, place(c, f->offset)) < 0)
                return bad_type(c, f, "a date that exists, as YYYY-MM-DD");
        return 0;
}

static int read_time(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!is_string(v) || time_parse(v->string, place(c, f->offset)) < 0)
                return bad_type(c, f, "an RFC 3339 time with offset, such as 2026-11-22T09:14:03Z");
        return 0;
}

static int read_nonce(Decoder *c, const Field *f, const JsonrValue *v) {
        if (!is_string(v) || v->n != sodium_base64_ENCODED_LEN(NONCE_SIZE, NONCE_VARIANT) - 1 ||
            sodium_base642bin(place(c, f->offset), NONCE_SIZE, v->string, v->n, NULL, NULL,
                              NULL, NONCE_VARIANT) < 0)
                return bad_type(c, f, "16 bytes as base64url without padding (22 characters)");
        return 0;
}

static bool entry_good(const Field *f, const JsonrValue *v) {
        if (f->type == FIELD_LABELS)
                return is_string(v) && label_valid(v->string);
        return text_good(v, 1, CODE_MAX, true);
}

static int refuse_list(Decoder *c, const Field *f) {
        return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be a list of %lld to %lld %s.", (long long) f->min,
                      (long long) f->max,
                      f->type == FIELD_LABELS ? "labels (each 1 to 64 of A-Z a-z 0-9 . _ -)"
                                              : "codes (each 1 to 128 bytes without control characters)");
}

/* No message has more than two lists, which is what Decoded has room for. */
static void add_string(Decoder *c, List *list, const char *s) {
        if (list->n == 0)
                list->v = c->d->strings + c->d->n_strings;
        c->d->strings[c->d->n_strings++] = s;
        list->n++;
}

static int read_list(Decoder *c, const Field *f, const JsonrValue *v) {
        List list = { 0 };

        if (v->type != JSONR_ARRAY || v->n < (size_t) f->min || v->n > (size_t) f->max)
                return refuse_list(c, f);
        for (const JsonrValue *entry = jsonr_first(&c->d->json, v); entry; entry = jsonr_next(&c->d->json, entry)) {
                if (!entry_good(f, entry))
                        return refuse_list(c, f);
                add_string(c, &list, entry->string);
        }
        *(List *) place(c, f->offset) = list;
        return 0;
}

static int read_item(Decoder *c, const Field *f, const JsonrValue *v) {
        List list = { 0 };

        if (!text_good(v, f->min, f->max, true))
                return bad_type(c, f, "a code of 1 to 128 bytes without control characters");
        add_string(c, &list, v->string);
        *(List *) place(c, f->offset) = list;
        return 0;
}

/* The n elements of a row; false where they are more or fewer. */
static bool row_of(const JsonReader *json, const JsonrValue *row, const JsonrValue *ret[], uint32_t n) {
        const JsonrValue *v = row->type == JSONR_ARRAY && row->n == n ? jsonr_first(json, row) : NULL;

        for (uint32_t i = 0; v; i++, v = jsonr_next(json, v))
                ret[i] = v;
        return row->type == JSONR_ARRAY && row->n == n;
}

static bool read_sample(const JsonReader *json, const JsonrValue *row, Sample *ret) {
        int64_t temperature_mc, pressure_pa;
        const JsonrValue *v[3];

        if (!row_of(json, row, v, 3) || !scaled(v[0], 0, CYCLE_SECONDS_MAX, 1e6, &ret->t_us) ||
            !scaled(v[1], TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, 1e3, &temperature_mc) ||
            !scaled(v[2], 0, PRESSURE_MAX_KPA, 1e3, &pressure_pa))
                return false;
        ret->temperature_mc = (int32_t) temperature_mc;
        ret->pressure_pa = (int32_t) pressure_pa;
        return true;
}

static int reserve_samples(Decoded *d, size_t n) {
        Sample *samples;

        if (n <= d->samples_size)
                return 0;
        samples = realloc(d->samples, n * sizeof(*samples));
        if (!samples)
                return -ENOMEM;
        d->samples = samples;
        d->samples_size = n;
        return 0;
}

static int read_samples(Decoder *c, const Field *f, const JsonrValue *v) {
        const size_t n = v->type == JSONR_ARRAY ? v->n : 0;
        const JsonrValue *row;
        int r;

        if (n < (size_t) f->min || n > (size_t) f->max)
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be a list of %lld to %lld samples.",
                              (long long) f->min, (long long) f->max);
        r = reserve_samples(c->d, n);
        if (r < 0)
                return r;
        row = jsonr_first(&c->d->json, v);
        for (size_t i = 0; i < n && row; i++, row = jsonr_next(&c->d->json, row))
                if (!read_sample(&c->d->json, row, &c->d->samples[i]))
                        return refuse(c, REJECT_BAD_MEMBER, f->name,
                                      "Sample %zu must be [seconds 0 to %d, degrees Celsius %d to %d, kPa 0 to %d].", i,
                                      CYCLE_SECONDS_MAX, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, PRESSURE_MAX_KPA);
        c->d->event.sample.samples = c->d->samples;
        c->d->event.sample.n_samples = n;
        return 0;
}

static bool read_timed_pressure(const JsonReader *json, const JsonrValue *row, TimedPressure *ret) {
        const JsonrValue *v[2];
        int64_t pressure_pa;

        if (!row_of(json, row, v, 2) || !scaled(v[0], 0, CYCLE_SECONDS_MAX, 1e6, &ret->t_us) ||
            !scaled(v[1], 0, PRESSURE_MAX_KPA, 1e3, &pressure_pa))
                return false;
        ret->pressure_pa = (int32_t) pressure_pa;
        return true;
}

static int read_pressures(Decoder *c, const Field *f, const JsonrValue *v) {
        const JsonrValue *rows[ELEMENTSOF(c->d->pressures)];
        bool good = row_of(&c->d->json, v, rows, ELEMENTSOF(rows));

        for (size_t i = 0; good && i < ELEMENTSOF(rows); i++)
                good = read_timed_pressure(&c->d->json, rows[i], &c->d->pressures[i]);
        if (!good)
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be three of [seconds 0 to %d, kPa 0 to %d].",
                              CYCLE_SECONDS_MAX, PRESSURE_MAX_KPA);
        c->d->event.test.pressures = c->d->pressures;
        c->d->event.test.n_pressures = ELEMENTSOF(c->d->pressures);
        return 0;
}

static int read_fields(Decoder *c, const Field *fields, const JsonrValue *object, uint32_t *ret_present);

static int read_object(Decoder *c, const Field *f, const JsonrValue *v) {
        uint32_t present;
        int r;

        if (v->type != JSONR_OBJECT)
                return bad_type(c, f, "an object");
        c->parent = f->name;
        r = read_fields(c, f->members, v, &present);
        c->parent = NULL;
        if (r == 0)
                *(bool *) place(c, f->offset) = true;
        return r;
}

static int read_field(Decoder *c, const Field *f, const JsonrValue *v) {
        switch (f->type) {
        case FIELD_TEXT:
        case FIELD_CODE:
                return read_text(c, f, v);
        case FIELD_LABEL:
                return read_label(c, f, v);
        case FIELD_INT:
                return read_int(c, f, v);
        case FIELD_BOOL:
                return read_bool(c, f, v);
        case FIELD_ENUM:
                return read_enum(c, f, v);
        case FIELD_SECONDS:
                return read_number(c, f, v, 1e6, place(c, f->offset));
        case FIELD_MM:
                return read_number(c, f, v, 1e3, place(c, f->offset));
        case FIELD_CELSIUS:
        case FIELD_KPA:
                return read_thousandths(c, f, v);
        case FIELD_DATE:
                return read_date(c, f, v);
        case FIELD_TIME:
                return read_time(c, f, v);
        case FIELD_NONCE:
                return read_nonce(c, f, v);
        case FIELD_CODES:
        case FIELD_LABELS:
                return read_list(c, f, v);
        case FIELD_ITEM:
                return read_item(c, f, v);
        case FIELD_SAMPLES:
                return read_samples(c, f, v);
        case FIELD_PRESSURES:
                return read_pressures(c, f, v);
        case FIELD_OBJECT:
                return read_object(c, f, v);
        }
        return -EINVAL;
}

static int read_fields(Decoder *c, const Field *fields, const JsonrValue *object, uint32_t *ret_present) {
        uint32_t present = 0;

        for (unsigned i = 0; fields[i].name; i++) {
                const Field *f = &fields[i];
                const JsonrValue *v = jsonr_member(&c->d->json, object, f->name);
                int r;

                if (!v && f->required)
                        return refuse(c, REJECT_MISSING_MEMBER, f->name, "This member must be there.");
                if (!v)
                        continue;
                r = read_field(c, f, v);
                if (r != 0)
                        return r;
                if (f->has)
                        *(bool *) place(c, f->has) = true;
                present |= 1u << i;
        }
        *ret_present = present;
        return 0;
}

static int read_envelope(Decoder *c) {
        const Envelope *env = &c->d->event.env;
        uint32_t present;
        int r = read_fields(c, envelope_fields, jsonr_root(&c->d->json), &present);

        if (r != 0)
                return r;
        if (!env->boot != !env->seq)
                return refuse(c, REJECT_BAD_MEMBER, env->boot ? "seq" : "boot",
                              "boot and seq go together: give both or neither.");
        return 0;
}

/* So that a bad message can be receipted, if it says which one it is. */
static void remember_sequence(Decoder *c) {
        const JsonReader *json = &c->d->json;
        const JsonrValue *boot = jsonr_member(json, jsonr_root(json), "boot"), *seq = jsonr_member(json, jsonr_root(json), "seq");

        if (!text_good(boot, 1, BOOT_MAX, false) || !integer_good(seq, &(Field) { .min = 1, .max = SEQ_MAX }))
                return;
        memcpy(c->error->boot, boot->string, boot->n);
        c->error->seq = seq->integer;
}

static int read_message(Decoder *c, const Message *m) {
        const char *member = NULL, *detail = NULL;
        Present present = { .fields = m->fields };
        Reject reason;
        int r = read_fields(c, m->fields, jsonr_root(&c->d->json), &present.bits);

        if (r != 0 || !m->check)
                return r;
        reason = m->check(&c->d->event, &present, &member, &detail);
        if (reason != REJECT_NONE)
                return refuse(c, reason, member, "%s", detail);
        return 0;
}

int decode(Kind kind, const char *device, const char *message, const void *payload, size_t n, Decoded *d,
           DecodeError *ret_error) {
        Decoder c = { .d = d, .error = ret_error };
        const Message *m = message_find(kind, message);
        int r;

        *ret_error = (DecodeError) { 0 };
        decoded_reset(d);
        if (!label_valid(device))
                return -EINVAL;
        r = parse(&c, payload, n);
        if (r != 0)
                return r;
        remember_sequence(&c);
        if (!m)
                return refuse(&c, REJECT_UNKNOWN_MESSAGE, NULL, "A %s sends no such message.", kind_name(kind));
        memcpy(d->device, device, strlen(device) + 1);
        d->event.type = m->type;
        d->event.kind = kind;
        d->event.device = d->device;
        r = read_envelope(&c);
        return r != 0 ? r : read_message(&c, m);
}
