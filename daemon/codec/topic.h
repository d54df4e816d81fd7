/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Topics of the MQTT contract. Up: asepsis/v1/<site>/up/<kind>/<device>/<message>. What is taken apart is copied, what
 * is built goes into the caller's buffer; nothing is allocated.
 */
#include <stdbool.h>

#include "core/event.h"

#define TOPIC_MAX 256 /* bytes of any topic built here, with its NUL */

typedef enum TopicError {
        TOPIC_OK,
        TOPIC_E_PREFIX,  /* not asepsis/v1/ */
        TOPIC_E_SITE,    /* another site's */
        TOPIC_E_NOT_UP,  /* down/ or state/: ours to write, never to act on */
        TOPIC_E_SHAPE,   /* not the seven levels of up/, or one of them is no label */
        TOPIC_E_KIND,    /* no such kind of device */
} TopicError;

typedef struct Topic {
        Kind kind;
        char device[LABEL_MAX + 1];
        char message[LABEL_MAX + 1];
} Topic;

/* TOPIC_OK, or why the topic is not one that this site acts on. */
TopicError topic_parse(const char *topic, const char *site, Topic *ret);

/* What is wrong, as a sentence for a person. */
const char *topic_error_text(TopicError e);

/* 0, or -EINVAL where a part is no label, so that nothing can be published above or below its place. */
int topic_down(const char *site, Kind kind, const char *device, const char *message, char ret[static TOPIC_MAX]);

/* state/<area>, state/<area>/<id> or state/<area>/<id>/<leaf>; NULL for what is not there. Errors as above. */
int topic_state(const char *site, const char *area, const char *id, const char *leaf, char ret[static TOPIC_MAX]);

const char *kind_name(Kind kind);
bool kind_from_name(const char *name, Kind *ret);

/* 1 to LABEL_MAX of A-Z a-z 0-9 . _ - */
bool label_valid(const char *s);
