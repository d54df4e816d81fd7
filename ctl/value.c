/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <errno.h>
#include <stdint.h>

#include "codec/rfc3339.h"
#include "util.h"

void text_clean(char *text) {
        for (unsigned char *p = (unsigned char *)text; *p; p++)
                if (*p < 0x20 || *p == 0x7f)
                        *p = '?';
                else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
                        p[0] = p[1] = '?';
}

static json_t *text_value(const char *text, bool for_people) {
        _cleanup_(freep) char *copy = strdup(text);

        if (copy && for_people)
                text_clean(copy);
        return copy ? json_string(copy) : NULL;
}

static json_t *time_value(uint64_t us, bool for_people) {
        char text[TIME_TEXT_SIZE];

        if (for_people)
                return json_integer((json_int_t)us);
        time_format_utc((int64_t)us, text);
        return json_string(text);
}

static int read_basic(sd_bus_message *m, char type, bool for_people, json_t **ret) {
        union {
                uint8_t y;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                int b;
                double d;
                const char *s;
        } v = {};
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case 's': case 'o': case 'g': *ret = text_value(v.s, for_people); break;
        case 'b': *ret = json_boolean(v.b); break;
        case 'y': *ret = json_integer(v.y); break;
        case 'n': *ret = json_integer(v.n); break;
        case 'q': *ret = json_integer(v.q); break;
        case 'i': *ret = json_integer(v.i); break;
        case 'u': *ret = json_integer(v.u); break;
        case 'x': *ret = json_integer(v.x); break;
        case 't': *ret = time_value(v.t, for_people); break;
        case 'd': *ret = json_real(v.d); break;
        default: return -EOPNOTSUPP; /* a file descriptor */
        }
        return *ret ? 0 : -ENOMEM;
}

static int read_entry(sd_bus_message *m, bool for_people, json_t *object) {
        const char *name, *contents;
        json_t *value = NULL;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r <= 0 || (r = sd_bus_message_enter_container(m, type, contents)) < 0)
                return r < 0 ? r : -EBADMSG;
        if ((r = sd_bus_message_read_basic(m, 's', &name)) < 0 || (r = value_read(m, for_people, &value)) < 0)
                return r;
        if (json_object_set_new(object, name, value) < 0)
                return -ENOMEM;
        return sd_bus_message_exit_container(m);
}

static int read_elements(sd_bus_message *m, bool dict, bool for_people, json_t *into) {
        json_t *value;
        int r = 0;

        while (r >= 0 && (r = sd_bus_message_at_end(m, false)) == 0) {
                r = dict ? read_entry(m, for_people, into) : value_read(m, for_people, &value);
                if (r >= 0 && !dict && json_array_append_new(into, value) < 0)
                        r = -ENOMEM;
        }
        return r < 0 ? r : 0;
}

static int read_container(sd_bus_message *m, char type, const char *contents, bool for_people, json_t **ret) {
        bool dict = type == 'a' && contents[0] == '{';
        json_t *into = NULL;
        int r = sd_bus_message_enter_container(m, type, contents);

        if (r < 0)
                return r;
        if (type == 'v')
                r = value_read(m, for_people, &into);
        else {
                into = dict ? json_object() : json_array();
                r = into ? read_elements(m, dict, for_people, into) : -ENOMEM;
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(m);
        if (r < 0) {
                json_decref(into);
                return r;
        }
        *ret = into;
        return 0;
}

int value_read(sd_bus_message *m, bool for_people, json_t **ret) {
        const char *contents;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        return contents ? read_container(m, type, contents, for_people, ret) : read_basic(m, type, for_people, ret);
}
