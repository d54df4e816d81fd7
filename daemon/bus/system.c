/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon on the machine's system bus. The bus is no condition of anything: a container has none, at boot it may come
 * later, and when it restarts it closes every connection. So the connection is made in the background and made anew with
 * a growing delay, and nothing here ever waits for an answer: sd-bus queues Hello and the name's request behind the
 * connect, and tells us how each went.
 */
#include <errno.h>
#include <time.h>

#include "bus/internal.h"
#include "log.h"

#define ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define RETRY_FIRST_US US_PER_S
#define RETRY_LAST_US (60 * US_PER_S)

struct System {
        sd_event *event;
        sd_event_source *retry;
        BusSource source;
        sd_bus *bus;
        Authority *authority;
        int64_t delay_us;
        bool named, told; /* the name is ours; that it is not, was said */
};

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata);

static void hang_up(System *s) {
        s->named = false;
        s->authority = authority_free(s->authority);
        if (!s->bus)
                return;
        sd_bus_detach_event(s->bus);
        sd_bus_close(s->bus);
        s->bus = sd_bus_unref(s->bus);
}

/* Later each time, and not all daemons of a building in the same moment. */
static int retry_later(System *s) {
        const int64_t delay_us = s->delay_us + s->delay_us / 4 * (rand() % 100) / 100;

        s->delay_us = MIN_OF(s->delay_us * 2, RETRY_LAST_US);
        s->retry = sd_event_source_disable_unref(s->retry);
        return sd_event_add_time_relative(s->event, &s->retry, CLOCK_MONOTONIC, (uint64_t)delay_us, 0, on_retry, s);
}

/* Said once for each time that it is gone; then it is tried until it is there. */
static void lost(System *s, const char *why) {
        hang_up(s);
        if (!s->told)
                log_event(LOG_SYSTEM_BUS_KIND, LOG_NOTICE, NULL,
                          "Not on the system bus: %s. The control socket serves as before; what has to be signed waits until "
                          "the bus is there, and it is tried again",
                          why);
        s->told = true;
        if (retry_later(s) < 0)
                log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "no timer for the system bus: it is not tried again");
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)m;
        (void)error;
        lost(userdata, "it has closed the connection");
        return 1;
}

static int on_named(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *refused = sd_bus_message_get_error(m);
        System *s = userdata;
        uint32_t answer = 0;

        (void)error;
        if (refused) {
                lost(s, sd_bus_error_has_name(refused, SD_BUS_ERROR_ACCESS_DENIED)
                                ? "its policy does not let this user have the name " BUS_NAME
                                  "; is org.asepsis1.conf installed, and is the daemon's user asepsis?"
                                : refused->message ?: refused->name);
                return 1;
        }
        if (sd_bus_message_read(m, "u", &answer) < 0 || (answer != 1 && answer != 4)) {
                lost(s, "another program has the name " BUS_NAME);
                return 1;
        }
        s->named = true;
        s->told = false;
        s->delay_us = RETRY_FIRST_US;
        log_event(LOG_SYSTEM_BUS_KIND, LOG_INFO, NULL, "on the system bus as " BUS_NAME);
        return 1;
}

/* Trusted, for sd-bus would otherwise ask the bus for each caller's capabilities, and wait: who may call at all is decided
 * by the bus's policy, who may act by polkit. */
static int set_up(System *s) {
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int r;

        if ((r = sd_bus_new(&s->bus)) < 0 || (r = sd_bus_set_address(s->bus, address ?: ADDRESS)) < 0 ||
            (r = sd_bus_set_bus_client(s->bus, true)) < 0 || (r = sd_bus_set_trusted(s->bus, true)) < 0 ||
            (r = sd_bus_start(s->bus)) < 0 || (r = authority_new(&s->authority, s->bus)) < 0 ||
            (r = sd_bus_match_signal(s->bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                     "Disconnected", on_disconnected, s)) < 0 ||
            (r = tree_add(s->bus, &s->source)) < 0 ||
            (r = sd_bus_attach_event(s->bus, s->event, SD_EVENT_PRIORITY_NORMAL)) < 0 ||
            (r = sd_bus_request_name_async(s->bus, NULL, BUS_NAME, 0, on_named, s)) < 0)
                return r;
        return 0;
}

static void dial(System *s) {
        int r = set_up(s);

        if (r < 0)
                lost(s, strerror(-r));
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        System *s = userdata;

        (void)source;
        (void)usec;
        hang_up(s);
        dial(s);
        return 0;
}

int system_new(System **ret, sd_event *event, const BusSource *source) {
        System *s = calloc(1, sizeof(*s));

        if (!s)
                return -ENOMEM;
        s->event = sd_event_ref(event);
        s->source = *source;
        s->source.system = s;
        s->delay_us = RETRY_FIRST_US;
        dial(s);
        *ret = s;
        return 0;
}

System *system_free(System *s) {
        if (!s)
                return NULL;
        hang_up(s);
        sd_event_source_disable_unref(s->retry);
        sd_event_unref(s->event);
        free(s);
        return NULL;
}

sd_bus *system_bus(System *s) {
        return s && s->named ? s->bus : NULL;
}

Authority *system_authority(System *s) {
        return s->authority;
}
