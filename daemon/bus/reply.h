/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reply: builds a{sv} and lists of them. Each put adds one named member and leaves it out where there is nothing to
 * say (NULL, "", 0 as a time or date). The first error sticks; what follows it does nothing.
 * On the wire: text s, number x, truth b, time t (microseconds since 1970, and t is nothing else), date s as
 * yyyy-mm-dd, list of texts as, list of records aa{sv}.
 */
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

typedef struct Reply {
        sd_bus_message *m;
        int error;
} Reply;

/* The answer to a call; sent, which consumes it and returns what a method returns, or dropped. */
int reply_new(sd_bus_message *call, Reply *ret);
int reply_send(Reply *r);
void reply_drop(Reply *r);

void reply_open(Reply *r);  /* a{sv}, also as an element of a list */
void reply_close(Reply *r);
void reply_text(Reply *r, const char *name, const char *text);
void reply_number(Reply *r, const char *name, int64_t number);
void reply_truth(Reply *r, const char *name, bool truth);
void reply_time(Reply *r, const char *name, int64_t us);
void reply_date(Reply *r, const char *name, int32_t date);

/* A member that is a list of element type "s" or "a{sv}"; its elements go between the two. */
void reply_list_open(Reply *r, const char *name, const char *element);
void reply_list_close(Reply *r);
/* A member that is itself a{sv}. */
void reply_record_open(Reply *r, const char *name);
void reply_record_close(Reply *r);
/* The whole answer is a list of a{sv}; reply_close() ends it. */
void reply_page_open(Reply *r);
void reply_element(Reply *r, const char *text);

/* words[value], "unknown" where a row holds what this program does not know. */
const char *reply_word(const char *const *words, size_t n, int value);
#define REPLY_WORD(words, value) reply_word(words, ELEMENTSOF(words), value)
