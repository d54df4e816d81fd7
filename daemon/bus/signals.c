/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changes is told to whoever listens: PropertiesChanged of the object, and Event(s kind, a{sv} about) of the Manager.
 * It hangs on what the daemon publishes after a commit: whatever changes a state topic has changed an object. Changes are
 * gathered for a moment, each object once, and told a few at a time, when nothing else is waiting: listeners never hold up
 * a decision. Where more changes than are kept, one Event says so, and listeners read their lists again.
 *
 * Everybody on the system bus may listen whom its policy lets; at the socket, whoever has called Subscribe().
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "bus/internal.h"
#include "core/limits.h"

#define GATHER_US ((uint64_t)(50 * US_PER_MS))
#define CHANGES_MAX 128
#define AT_ONCE 8 /* changes told in one turn */
#define ABOUT_MAX 8192 /* bytes of JSON that an Event is made of */

typedef enum Told { KIND_OF_DAEMON, KIND_OF_AUDIT, KIND_OF_ROOM, KIND_OF_AUTOCLAVE, KIND_OF_ALERT, KIND_OF_DECISION } Told;

static const struct {
        const char *name, *below, *interface;
        const char *properties[8];
} kinds[] = {
        [KIND_OF_DAEMON] = { "daemon", NULL, BUS_INTERFACE, { "State", "Armed", "Doubts", "Acts", NULL } },
        [KIND_OF_AUDIT] = { "audit", NULL, BUS_INTERFACE, { "AuditHead", "AuditSize", NULL } },
        [KIND_OF_ROOM] = { "room", BUS_ROOMS, BUS_ROOM, { "State", "Session", "Locks", NULL } },
        [KIND_OF_AUTOCLAVE] = { "autoclave", BUS_AUTOCLAVES, BUS_AUTOCLAVE,
                                { "Service", "ServiceReasons", "Refusals", NULL } },
        [KIND_OF_ALERT] = { "alert", BUS_ALERTS, BUS_ALERT, { "Severity", "State", "Text", "Count", NULL } },
        [KIND_OF_DECISION] = { "decision", NULL, NULL, { NULL } },
};

typedef struct Change {
        Told kind;
        char id[LABEL_MAX + 1]; /* "" of the daemon */
        char *about;            /* JSON as it was published; NULL: nothing more is known */
} Change;

struct Signals {
        Bus *bus;
        sd_event *event;
        sd_event_source *timer;
        Change changes[CHANGES_MAX];
        size_t n;
        bool lost;
};

/* asepsis/v1/SITE/state/room/ID/interlock and so on. False: nothing that is told. */
static bool kind_of(const char *topic, Change *ret) {
        char id[LABEL_MAX + 1] = "";
        const char *p = topic;

        for (int i = 0; i < 3 && p; i++)
                p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL;
        if (!p)
                return false;
        if (streq(p, "state/daemon"))
                ret->kind = KIND_OF_DAEMON;
        else if (streq(p, "state/audit"))
                ret->kind = KIND_OF_AUDIT;
        else if (sscanf(p, "state/room/%64[^/]/interlock", id) == 1)
                ret->kind = KIND_OF_ROOM;
        else if (sscanf(p, "state/autoclave/%64[^/]", id) == 1)
                ret->kind = KIND_OF_AUTOCLAVE;
        else if (sscanf(p, "state/alert/%64[^/]", id) == 1)
                ret->kind = KIND_OF_ALERT;
        else if (strncmp(p, "down/room/", 10) == 0 && sscanf(p, "down/room/%64[^/]", id) == 1 &&
                 streq(p + 10 + strlen(id), "/decision"))
                ret->kind = KIND_OF_DECISION;
        else
                return false;
        snprintf(ret->id, sizeof(ret->id), "%s", id);
        return true;
}

/* Only what a display may show: of a decision neither permit nor nonce nor the words, in which a patient may stand. */
static bool is_told(Told kind, const char *name) {
        return kind != KIND_OF_DECISION || streq(name, "session") || streq(name, "verdict") || streq(name, "reasons");
}

static void put_rules(Reply *r, const char *name, const json_t *list) {
        const json_t *one;
        size_t i;

        reply_list_open(r, name, "s");
        json_array_foreach(list, i, one) {
                const char *text = json_is_object(one) ? json_string_value(json_object_get(one, "rule"))
                                                       : json_string_value(one);

                if (text)
                        reply_element(r, text);
        }
        reply_list_close(r);
}

static void put_about(Reply *r, const Change *c) {
        json_t *about = c->about ? json_loads(c->about, 0, NULL) : NULL, *value;
        const char *name;

        reply_open(r);
        reply_text(r, "id", c->id);
        json_object_foreach(about, name, value) {
                if (!is_told(c->kind, name))
                        continue;
                if (json_is_string(value))
                        reply_text(r, name, json_string_value(value));
                else if (json_is_boolean(value))
                        reply_truth(r, name, json_is_true(value));
                else if (json_is_integer(value))
                        reply_number(r, name, json_integer_value(value));
                else if (json_is_array(value))
                        put_rules(r, name, value);
        }
        reply_close(r);
        json_decref(about);
}

static void send_event(sd_bus *bus, const Change *c, const char *kind) {
        Reply r = {};

        if (sd_bus_message_new_signal(bus, &r.m, BUS_PATH, BUS_INTERFACE, "Event") >= 0 &&
            sd_bus_message_append(r.m, "s", kind) >= 0) {
                put_about(&r, c);
                if (r.error == 0)
                        sd_bus_send(bus, r.m, NULL);
        }
        reply_drop(&r);
}

/* An alert that is resolved has no object any more: its Event says so. */
static void tell_one(sd_bus *bus, void *userdata) {
        const Change *c = userdata;
        _cleanup_(freep) char *path = NULL;

        send_event(bus, c, kinds[c->kind].name);
        if (!kinds[c->kind].interface)
                return;
        if (kinds[c->kind].below && sd_bus_path_encode(kinds[c->kind].below, c->id, &path) < 0)
                return;
        sd_bus_emit_properties_changed_strv(bus, path ?: BUS_PATH, kinds[c->kind].interface,
                                            (char **)(uintptr_t)kinds[c->kind].properties);
}

/* Which alerts are open, and which sessions live, change with alerts and rooms. */
static void tell_counts(sd_bus *bus, void *userdata) {
        const Told *kind = userdata;

        if (*kind == KIND_OF_ALERT)
                sd_bus_emit_properties_changed(bus, BUS_PATH, BUS_INTERFACE, "AlertsInfo", "AlertsWarning", "AlertsCritical",
                                               NULL);
        else
                sd_bus_emit_properties_changed(bus, BUS_PATH, BUS_INTERFACE, "SessionsLive", NULL);
}

static void tell_lost(sd_bus *bus, void *userdata) {
        (void)userdata;
        send_event(bus, &(Change){ .kind = KIND_OF_DAEMON }, "lost");
}

static void forget(Signals *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                free(s->changes[i].about);
        memmove(s->changes, s->changes + n, (s->n - n) * sizeof(*s->changes));
        s->n -= n;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Signals *s = userdata;
        const size_t n = MIN_OF(s->n, (size_t)AT_ONCE);
        unsigned seen = 0;

        (void)usec;
        if (s->lost)
                bus_each_listener(s->bus, tell_lost, NULL);
        s->lost = false;
        for (size_t i = 0; i < n; i++) {
                bus_each_listener(s->bus, tell_one, s->changes + i);
                seen |= 1U << s->changes[i].kind;
        }
        for (Told kind = KIND_OF_ROOM; kind <= KIND_OF_ALERT; kind += KIND_OF_ALERT - KIND_OF_ROOM)
                if (seen & 1U << kind)
                        bus_each_listener(s->bus, tell_counts, &kind);
        forget(s, n);
        if (s->n == 0)
                return 0;
        sd_event_source_set_time_relative(source, 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* What changed twice is told once, as it is at last; each decision counts. */
static Change *place_for(Signals *s, const Change *c) {
        for (size_t i = 0; i < s->n && c->kind != KIND_OF_DECISION; i++)
                if (s->changes[i].kind == c->kind && streq(s->changes[i].id, c->id)) {
                        free(s->changes[i].about);
                        return s->changes + i;
                }
        return s->n < CHANGES_MAX ? s->changes + s->n++ : NULL;
}

void bus_published(Bus *b, const char *topic, const char *payload, size_t n) {
        Signals *s = bus_signals(b);
        Change change = {}, *at;

        if (!bus_has_listeners(b) || !kind_of(topic, &change))
                return;
        if (n > 0 && n <= ABOUT_MAX && change.kind != KIND_OF_AUDIT)
                change.about = strndup(payload, n);
        at = place_for(s, &change);
        if (at)
                *at = change;
        else {
                free(change.about);
                s->lost = true;
        }
        if (sd_event_source_get_enabled(s->timer, NULL) > 0)
                return;
        sd_event_source_set_time_relative(s->timer, GATHER_US);
        sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

int signals_new(Signals **ret, sd_event *event, Bus *bus) {
        Signals *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->bus = bus;
        s->event = sd_event_ref(event);
        r = sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->timer, SD_EVENT_PRIORITY_IDLE - 1);
        if (r >= 0)
                r = sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
        if (r < 0) {
                signals_free(s);
                return r;
        }
        *ret = s;
        return 0;
}

Signals *signals_free(Signals *s) {
        if (!s)
                return NULL;
        forget(s, s->n);
        sd_event_source_disable_unref(s->timer);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

/* Subscribe(), Unsubscribe(). Busy. On the system bus everybody hears the signals anyway. */
static int method_subscribe(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const bool on = sd_bus_message_is_method_call(m, NULL, "Subscribe") > 0;

        if (!source->system && !bus_listen(source->bus, sd_bus_message_get_bus(m), on))
                return sd_bus_error_setf(error, BUS_ERROR_BUSY, "%d listen at the socket already. Listen on the system bus.",
                                         BUS_LISTENERS_MAX);
        return sd_bus_reply_method_return(m, NULL);
}

const sd_bus_vtable signals_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("Subscribe", NULL, NULL, method_subscribe, 0),
        SD_BUS_METHOD("Unsubscribe", NULL, NULL, method_subscribe, 0),
        SD_BUS_SIGNAL_WITH_ARGS("Event", SD_BUS_ARGS("s", kind, "a{sv}", about), 0),
        SD_BUS_VTABLE_END,
};
