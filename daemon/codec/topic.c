/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/topic.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "util.h"

#define PREFIX "asepsis/v1/"

static const char *const kind_names[_KIND_MAX] = {
        [KIND_AUTOCLAVE] = "autoclave", [KIND_STATION] = "station",   [KIND_ROOM] = "room",
        [KIND_HANDPIECE] = "handpiece", [KIND_SHARPS] = "sharps",     [KIND_ACTUATOR] = "actuator",
        [KIND_NOTIFIER] = "notifier",
};

const char *kind_name(Kind kind) {
        assert(kind < _KIND_MAX);
        return kind_names[kind];
}

bool kind_from_name(const char *name, Kind *ret) {
        for (unsigned i = 0; i < _KIND_MAX; i++)
                if (streq(name, kind_names[i])) {
                        *ret = (Kind) i;
                        return true;
                }
        return false;
}

static bool label_char(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
}

static size_t label_span(const char *s) {
        size_t n = 0;

        while (label_char(s[n]))
                n++;
        return n;
}

bool label_valid(const char *s) {
        size_t n = label_span(s);

        return n >= 1 && n <= LABEL_MAX && s[n] == 0;
}

/* Copies one level, which must be a label and end at `end`; *s moves behind it. */
static bool take_level(const char **s, char end, char ret[static LABEL_MAX + 1]) {
        size_t n = label_span(*s);

        if (n < 1 || n > LABEL_MAX || (*s)[n] != end)
                return false;
        memcpy(ret, *s, n);
        ret[n] = 0;
        *s += end ? n + 1 : n;
        return true;
}

TopicError topic_parse(const char *topic, const char *site, Topic *ret) {
        char level[LABEL_MAX + 1];
        Topic t = { 0 };

        if (strncmp(topic, PREFIX, strlen(PREFIX)) != 0)
                return TOPIC_E_PREFIX;
        topic += strlen(PREFIX);
        if (!take_level(&topic, '/', level))
                return TOPIC_E_SHAPE;
        if (!streq(level, site))
                return TOPIC_E_SITE;
        if (!take_level(&topic, '/', level) || !streq(level, "up"))
                return TOPIC_E_NOT_UP;
        if (!take_level(&topic, '/', level))
                return TOPIC_E_SHAPE;
        if (!kind_from_name(level, &t.kind))
                return TOPIC_E_KIND;
        if (!take_level(&topic, '/', t.device) || !take_level(&topic, 0, t.message))
                return TOPIC_E_SHAPE;
        *ret = t;
        return TOPIC_OK;
}

const char *topic_error_text(TopicError e) {
        switch (e) {
        case TOPIC_OK:
                return "The topic is good.";
        case TOPIC_E_PREFIX:
                return "The topic does not begin with " PREFIX ".";
        case TOPIC_E_SITE:
                return "The topic names another site.";
        case TOPIC_E_NOT_UP:
                return "Only topics below up/ are acted on.";
        case TOPIC_E_SHAPE:
                return "The topic is not up/<kind>/<device>/<message>, each 1 to 64 of A-Z a-z 0-9 . _ -.";
        case TOPIC_E_KIND:
                return "The topic names an unknown kind of device.";
        }
        assert(false);
        return NULL;
}

int topic_down(const char *site, Kind kind, const char *device, const char *message, char ret[static TOPIC_MAX]) {
        if (!label_valid(site) || !label_valid(device) || !label_valid(message))
                return -EINVAL;
        snprintf(ret, TOPIC_MAX, PREFIX "%.64s/down/%s/%.64s/%.64s", site, kind_name(kind), device, message);
        return 0;
}

int topic_state(const char *site, const char *area, const char *id, const char *leaf, char ret[static TOPIC_MAX]) {
        if (!label_valid(site) || !label_valid(area) || (id && !label_valid(id)) ||
            (leaf && (!id || !label_valid(leaf))))
                return -EINVAL;
        snprintf(ret, TOPIC_MAX, PREFIX "%.64s/state/%.64s%s%.64s%s%.64s", site, area, id ? "/" : "", id ? id : "",
                 leaf ? "/" : "", leaf ? leaf : "");
        return 0;
}
