/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jansson parses, the table in messages.c says what is wanted, and this file holds one against the other. Strings stay
 * where jansson put them: the tree lives as long as the Decoded. What is told to the sender is made of our own words
 * only, so that nothing of a hostile payload comes back in a log or on a screen.
 */
#include "codec/decode.h"

#include <errno.h>
#include <jansson.h>
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

static void tree_free(Decoded *d) {
        if (d->arena.spilled) {
                arena_enter(&d->arena);
                json_decref(d->root);
                arena_leave();
        }
        d->root = NULL;
        arena_reset(&d->arena);
}

Decoded *decoded_free(Decoded *d) {
        if (!d)
                return NULL;
        tree_free(d);
        free(d->samples);
        free(d);
        return NULL;
}

static void decoded_reset(Decoded *d) {
        tree_free(d);
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

/* Brackets outside strings; what is no JSON at all is the parser's to refuse. */
static bool nested_too_deep(const char *s, size_t n) {
        unsigned depth = 0;
        bool quoted = false;

        for (size_t i = 0; i < n; i++) {
                if (s[i] == '"')
                        quoted = !quoted;
                else if (quoted)
                        i += s[i] == '\\';
                else if (s[i] == '{' || s[i] == '[') {
                        if (++depth > NESTING_MAX)
                                return true;
                } else if ((s[i] == '}' || s[i] == ']') && depth > 0)
                        depth--;
        }
        return false;
}

/* jansson's own text may quote the payload, so it is not passed on. */
static int refuse_syntax(Decoder *c, const json_error_t *e) {
        enum json_error_code code = json_error_code(e);
        const char *what = "This is not well-formed JSON";

        if (code == json_error_unknown || code == json_error_out_of_memory)
                return -ENOMEM;
        if (code == json_error_invalid_utf8)
                what = "This is not UTF-8";
        else if (code == json_error_end_of_input_expected)
                what = "Something follows the object";
        else if (code == json_error_null_character || code == json_error_null_byte_in_key)
                what = "A NUL stands in a string";
        else if (code == json_error_duplicate_key)
                what = "A member stands twice";
        else if (code == json_error_numeric_overflow)
                what = "A number is too large";
        return refuse(c, REJECT_NOT_JSON, NULL, "%s, at line %d, column %d.", what, e->line, e->column);
}

static int parse(Decoder *c, const char *payload, size_t n) {
        json_error_t e;

        if (n > PAYLOAD_MAX)
                return refuse(c, REJECT_TOO_LARGE, NULL, "At most %d bytes are taken.", PAYLOAD_MAX);
        if (nested_too_deep(payload, n))
                return refuse(c, REJECT_NOT_JSON, NULL, "At most %d levels of nesting are taken.", NESTING_MAX);
        arena_enter(&c->d->arena);
        c->d->root = json_loadb(payload, n, JSON_REJECT_DUPLICATES, &e);
        arena_leave();
        if (!c->d->root)
                return refuse_syntax(c, &e);
        if (!json_is_object(c->d->root))
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

static bool text_good(const json_t *v, int64_t min, int64_t max, bool separator_too) {
        size_t n = json_string_length(v);

        return json_is_string(v) && n >= (size_t) min && n <= (size_t) max &&
               printable(json_string_value(v), n, separator_too);
}

static bool integer_good(const json_t *v, const Field *f) {
        return json_is_integer(v) && json_integer_value(v) >= f->min && json_integer_value(v) <= f->max;
}

static int read_text(Decoder *c, const Field *f, const json_t *v) {
        if (!text_good(v, f->min, f->max, f->type == FIELD_CODE))
                return refuse(c, REJECT_BAD_MEMBER, f->name,
                              "Must be a string of %lld to %lld bytes without control characters.", (long long) f->min,
                              (long long) f->max);
        if (json_string_length(v) > 0)
                *(const char **) place(c, f->offset) = json_string_value(v);
        return 0;
}

static int read_label(Decoder *c, const Field *f, const json_t *v) {
        if (!json_is_string(v) || !label_valid(json_string_value(v)))
                return bad_type(c, f, "a label: 1 to 64 of A-Z a-z 0-9 . _ -");
        *(const char **) place(c, f->offset) = json_string_value(v);
        return 0;
}

static int read_int(Decoder *c, const Field *f, const json_t *v) {
        if (!integer_good(v, f))
                return refuse(c, REJECT_BAD_MEMBER, f->name,
                              "Must be an integer from %lld to %lld, without fraction or exponent.", (long long) f->min,
                              (long long) f->max);
        *(int64_t *) place(c, f->offset) = json_integer_value(v);
        return 0;
}

static int read_bool(Decoder *c, const Field *f, const json_t *v) {
        if (!json_is_boolean(v))
                return bad_type(c, f, "true or false");
        *(bool *) place(c, f->offset) = json_is_true(v);
        return 0;
}

static int refuse_enum(Decoder *c, const Field *f) {
        char list[128] = "";
        size_t n = 0;

        for (const EnumName *e = f->names; e->name; e++)
                n += (size_t) snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", e->name);
        return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be one of: %s.", list);
}

static int read_enum(Decoder *c, const Field *f, const json_t *v) {
        for (const EnumName *e = f->names; json_is_string(v) && e->name; e++)
                if (streq(e->name, json_string_value(v))) {
                        *(int *) place(c, f->offset) = e->value;
                        return 0;
                }
        return refuse_enum(c, f);
}

/* A JSON number within min and max, in steps of 1/scale. */
static bool scaled(const json_t *v, double min, double max, double scale, int64_t *ret) {
        double x = json_number_value(v);

        if (!json_is_number(v) || x < min || x > max)
                return false;
        *ret = llround(x * scale);
        return true;
}

static int read_number(Decoder *c, const Field *f, const json_t *v, double scale, int64_t *ret) {
        if (!scaled(v, (double) f->min, (double) f->max, scale, ret))
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be a number from %lld to %lld.", (long long) f->min,
                              (long long) f->max);
        return 0;
}

static int read_celsius(Decoder *c, const Field *f, const json_t *v) {
        int64_t mc;
        int r = read_number(c, f, v, 1e3, &mc);

        if (r == 0)
                *(int32_t *) place(c, f->offset) = (int32_t) mc;
        return r;
}

static int read_date(Decoder *c, const Field *f, const json_t *v) {
        if (!json_is_string(v) || date_parse(json_string_value(v), place(c, f->offset)) < 0)
                return bad_type(c, f, "a date that exists, as YYYY-MM-DD");
        return 0;
}

static int read_time(Decoder *c, const Field *f, const json_t *v) {
        if (!json_is_string(v) || time_parse(json_string_value(v), place(c, f->offset)) < 0)
                return bad_type(c, f, "an RFC 3339 time with offset, such as 2026-11-22T09:14:03Z");
        return 0;
}

static int read_nonce(Decoder *c, const Field *f, const json_t *v) {
        if (json_string_length(v) != sodium_base64_ENCODED_LEN(NONCE_SIZE, NONCE_VARIANT) - 1 ||
            sodium_base642bin(place(c, f->offset), NONCE_SIZE, json_string_value(v), json_string_length(v), NULL, NULL,
                              NULL, NONCE_VARIANT) < 0)
                return bad_type(c, f, "16 bytes as base64url without padding (22 characters)");
        return 0;
}

static bool entry_good(const Field *f, const json_t *v) {
        if (f->type == FIELD_LABELS)
                return json_is_string(v) && label_valid(json_string_value(v));
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

static int read_list(Decoder *c, const Field *f, const json_t *v) {
        List list = { 0 };
        size_t i;
        json_t *entry;

        if (!json_is_array(v) || json_array_size(v) < (size_t) f->min || json_array_size(v) > (size_t) f->max)
                return refuse_list(c, f);
        json_array_foreach(v, i, entry) {
                if (!entry_good(f, entry))
                        return refuse_list(c, f);
                add_string(c, &list, json_string_value(entry));
        }
        *(List *) place(c, f->offset) = list;
        return 0;
}

static int read_item(Decoder *c, const Field *f, const json_t *v) {
        List list = { 0 };

        if (!text_good(v, f->min, f->max, true))
                return bad_type(c, f, "a code of 1 to 128 bytes without control characters");
        add_string(c, &list, json_string_value(v));
        *(List *) place(c, f->offset) = list;
        return 0;
}

static bool read_sample(const json_t *row, Sample *ret) {
        int64_t temperature_mc, pressure_pa;

        if (!json_is_array(row) || json_array_size(row) != 3 ||
            !scaled(json_array_get(row, 0), 0, CYCLE_SECONDS_MAX, 1e6, &ret->t_us) ||
            !scaled(json_array_get(row, 1), TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, 1e3, &temperature_mc) ||
            !scaled(json_array_get(row, 2), 0, PRESSURE_MAX_KPA, 1e3, &pressure_pa))
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

static int read_samples(Decoder *c, const Field *f, const json_t *v) {
        size_t n = json_array_size(v);
        int r;

        if (n < (size_t) f->min || n > (size_t) f->max)
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be a list of %lld to %lld samples.",
                              (long long) f->min, (long long) f->max);
        r = reserve_samples(c->d, n);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (!read_sample(json_array_get(v, i), &c->d->samples[i]))
                        return refuse(c, REJECT_BAD_MEMBER, f->name,
                                      "Sample %zu must be [seconds 0 to %d, degrees Celsius %d to %d, kPa 0 to %d].", i,
                                      CYCLE_SECONDS_MAX, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, PRESSURE_MAX_KPA);
        c->d->event.sample.samples = c->d->samples;
        c->d->event.sample.n_samples = n;
        return 0;
}

static bool read_timed_pressure(const json_t *row, TimedPressure *ret) {
        int64_t pressure_pa;

        if (!json_is_array(row) || json_array_size(row) != 2 ||
            !scaled(json_array_get(row, 0), 0, CYCLE_SECONDS_MAX, 1e6, &ret->t_us) ||
            !scaled(json_array_get(row, 1), 0, PRESSURE_MAX_KPA, 1e3, &pressure_pa))
                return false;
        ret->pressure_pa = (int32_t) pressure_pa;
        return true;
}

static int read_pressures(Decoder *c, const Field *f, const json_t *v) {
        bool good = json_is_array(v) && json_array_size(v) == ELEMENTSOF(c->d->pressures);

        for (size_t i = 0; good && i < ELEMENTSOF(c->d->pressures); i++)
                good = read_timed_pressure(json_array_get(v, i), &c->d->pressures[i]);
        if (!good)
                return refuse(c, REJECT_BAD_MEMBER, f->name, "Must be three of [seconds 0 to %d, kPa 0 to %d].",
                              CYCLE_SECONDS_MAX, PRESSURE_MAX_KPA);
        c->d->event.test.pressures = c->d->pressures;
        c->d->event.test.n_pressures = ELEMENTSOF(c->d->pressures);
        return 0;
}

static int read_fields(Decoder *c, const Field *fields, const json_t *object, uint32_t *ret_present);

static int read_object(Decoder *c, const Field *f, const json_t *v) {
        uint32_t present;
        int r;

        if (!json_is_object(v))
                return bad_type(c, f, "an object");
        c->parent = f->name;
        r = read_fields(c, f->members, v, &present);
        c->parent = NULL;
        if (r == 0)
                *(bool *) place(c, f->offset) = true;
        return r;
}

static int read_field(Decoder *c, const Field *f, const json_t *v) {
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
                return read_celsius(c, f, v);
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

static int read_fields(Decoder *c, const Field *fields, const json_t *object, uint32_t *ret_present) {
        uint32_t present = 0;

        for (unsigned i = 0; fields[i].name; i++) {
                const Field *f = &fields[i];
                const json_t *v = json_object_get(object, f->name);
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
        int r = read_fields(c, envelope_fields, c->d->root, &present);

        if (r != 0)
                return r;
        if (!env->boot != !env->seq)
                return refuse(c, REJECT_BAD_MEMBER, env->boot ? "seq" : "boot",
                              "boot and seq go together: give both or neither.");
        return 0;
}

/* So that a bad message can be receipted, if it says which one it is. */
static void remember_sequence(Decoder *c) {
        const json_t *boot = json_object_get(c->d->root, "boot"), *seq = json_object_get(c->d->root, "seq");

        if (!text_good(boot, 1, BOOT_MAX, false) || !integer_good(seq, &(Field) { .min = 1, .max = SEQ_MAX }))
                return;
        memcpy(c->error->boot, json_string_value(boot), json_string_length(boot));
        c->error->seq = json_integer_value(seq);
}

static int read_message(Decoder *c, const Message *m) {
        const char *member = NULL, *detail = NULL;
        Present present = { .fields = m->fields };
        Reject reason;
        int r = read_fields(c, m->fields, c->d->root, &present.bits);

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
