/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/reply.h"

#include <errno.h>
#include <stdio.h>

#include "util.h"

static void keep(Reply *r, int result) {
        if (r->error == 0 && result < 0)
                r->error = result;
}

int reply_new(sd_bus_message *call, Reply *ret) {
        *ret = (Reply){};
        return sd_bus_message_new_method_return(call, &ret->m);
}

void reply_drop(Reply *r) {
        r->m = sd_bus_message_unref(r->m);
}

int reply_send(Reply *r) {
        int result = r->error < 0 ? r->error : sd_bus_send(NULL, r->m, NULL);

        reply_drop(r);
        return result < 0 ? result : 1;
}

static void open_container(Reply *r, char type, const char *contents) {
        if (r->error == 0)
                keep(r, sd_bus_message_open_container(r->m, type, contents));
}

static void close_container(Reply *r) {
        if (r->error == 0)
                keep(r, sd_bus_message_close_container(r->m));
}

void reply_open(Reply *r) {
        open_container(r, 'a', "{sv}");
}

void reply_close(Reply *r) {
        close_container(r);
}

/* D-Bus takes UTF-8 only. A text that is none, cut in the middle of a letter perhaps, is shown with ? for what is not
 * ASCII rather than not at all. */
void reply_element(Reply *r, const char *text) {
        _cleanup_(freep) char *ascii = NULL;
        int result;

        if (r->error)
                return;
        result = sd_bus_message_append_basic(r->m, 's', text);
        if (result == -EINVAL) {
                ascii = strdup(text);
                for (char *p = ascii; p && *p; p++)
                        if ((unsigned char)*p >= 0x80)
                                *p = '?';
                result = ascii ? sd_bus_message_append_basic(r->m, 's', ascii) : -ENOMEM;
        }
        keep(r, result);
}

static void member_open(Reply *r, const char *name, const char *type) {
        open_container(r, 'e', "sv");
        reply_element(r, name);
        open_container(r, 'v', type);
}

static void member_close(Reply *r) {
        close_container(r);
        close_container(r);
}

void reply_text(Reply *r, const char *name, const char *text) {
        if (!text || !text[0])
                return;
        member_open(r, name, "s");
        reply_element(r, text);
        member_close(r);
}

void reply_number(Reply *r, const char *name, int64_t number) {
        if (r->error == 0)
                keep(r, sd_bus_message_append(r->m, "{sv}", name, "x", number));
}

void reply_truth(Reply *r, const char *name, bool truth) {
        if (r->error == 0)
                keep(r, sd_bus_message_append(r->m, "{sv}", name, "b", (int)truth));
}

void reply_time(Reply *r, const char *name, int64_t us) {
        if (r->error == 0 && us > 0)
                keep(r, sd_bus_message_append(r->m, "{sv}", name, "t", (uint64_t)us));
}

void reply_date(Reply *r, const char *name, int32_t date) {
        char text[32];

        if (date <= 0)
                return;
        snprintf(text, sizeof(text), "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
        reply_text(r, name, text);
}

void reply_list_open(Reply *r, const char *name, const char *element) {
        char type[16];

        snprintf(type, sizeof(type), "a%s", element);
        member_open(r, name, type);
        open_container(r, 'a', element);
}

void reply_list_close(Reply *r) {
        close_container(r);
        member_close(r);
}

void reply_record_open(Reply *r, const char *name) {
        member_open(r, name, "a{sv}");
        reply_open(r);
}

void reply_record_close(Reply *r) {
        reply_close(r);
        member_close(r);
}

void reply_page_open(Reply *r) {
        open_container(r, 'a', "a{sv}");
}

const char *reply_word(const char *const *words, size_t n, int value) {
        return value >= 0 && (size_t)value < n && words[value] ? words[value] : "unknown";
}
