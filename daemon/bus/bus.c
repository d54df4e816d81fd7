/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sd-bus server object a connection. sd-bus has no server of its own for this: a connected socket is handed to a
 * fresh sd_bus in server mode, which then authenticates the peer by the kernel's word (EXTERNAL) and dispatches.
 * What an unread or silent peer can make us hold is bounded here: connections, time, and replies that wait.
 */
#include "bus/bus.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bus/internal.h"
#include "log.h"

#define IDLE_DEFAULT_US (30 * US_PER_S)
#define DBUS "org.freedesktop.DBus"

typedef struct Connection {
        Bus *owner;
        struct Connection *next;
        sd_bus *bus;
        sd_event_source *idle;
        struct ucred peer;
        bool heard; /* looked at since the peer was let in */
        bool listens;
} Connection;

struct Bus {
        sd_event *event;
        BusSource source;
        int64_t idle_us;
        sd_id128_t id;
        Listener listener;
        sd_event_source *accept, *post;
        Connection *connections;
        unsigned n_connections;
        Signals *signals;
        System *system;
};

static void close_bus(sd_bus *bus) {
        if (!bus)
                return;
        sd_bus_detach_event(bus);
        sd_bus_close(bus);
        sd_bus_unref(bus);
}

static Connection *connection_free(Connection *c) {
        Bus *b = c->owner;

        for (Connection **p = &b->connections; *p; p = &(*p)->next)
                if (*p == c) {
                        *p = c->next;
                        b->n_connections--;
                        break;
                }
        sd_event_source_disable_unref(c->idle);
        close_bus(c->bus);
        free(c);
        /* Somebody may wait for the place. */
        if (b->accept)
                sd_event_source_set_enabled(b->accept, SD_EVENT_ON);
        return NULL;
}
DEFINE_CLEANUP(Connection, connection_free)

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)m;
        (void)error;
        connection_free(userdata);
        return 1;
}

/* Who listens may be silent. */
static int on_idle(sd_event_source *s, uint64_t usec, void *userdata) {
        Connection *c = userdata;

        (void)s;
        (void)usec;
        if (!c->listens)
                connection_free(c);
        return 0;
}

/* Tools that take every socket for a bus (busctl --address=) begin with Hello and expect a name. */
static int answer_hello(sd_bus_message *m) {
        return sd_bus_reply_method_return(m, "s", ":1.1");
}

static bool drop_unread(Connection *c) {
        uint64_t unsent = 0;

        if (sd_bus_get_n_queued_write(c->bus, &unsent) < 0 || unsent <= BUS_UNSENT_MAX)
                return false;
        log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL,
                  "Control connection of uid %u, pid %d is closed: it does not read what it asked for",
                  (unsigned)c->peer.uid, (int)c->peer.pid);
        connection_free(c);
        return true;
}

/* Sees everything that the peer says, before the methods do. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;

        (void)error;
        if (drop_unread(c))
                return 1;
        sd_event_source_set_time_relative(c->idle, (uint64_t)c->owner->idle_us);
        sd_event_source_set_enabled(c->idle, SD_EVENT_ONESHOT);
        if (sd_bus_message_is_method_call(m, DBUS, "Hello"))
                return answer_hello(m);
        return 0;
}

/* Trusted: the socket's mode has decided who may speak, so methods that ask for privileges are open to the peer. */
static int set_up(Connection *c, int *fd) {
        Bus *b = c->owner;
        int r;

        if ((r = sd_bus_new(&c->bus)) < 0 || (r = sd_bus_set_fd(c->bus, *fd, *fd)) < 0)
                return r;
        *fd = -1; /* the sd_bus closes it */
        if ((r = sd_bus_set_server(c->bus, true, b->id)) < 0 || (r = sd_bus_set_trusted(c->bus, true)) < 0 ||
            (r = sd_bus_negotiate_creds(c->bus, true, SD_BUS_CREDS_PID | SD_BUS_CREDS_EUID)) < 0 ||
            (r = sd_bus_start(c->bus)) < 0 ||
            (r = sd_bus_add_filter(c->bus, NULL, on_message, c)) < 0 ||
            (r = sd_bus_match_signal(c->bus, NULL, NULL, "/org/freedesktop/DBus/Local", DBUS ".Local", "Disconnected",
                                     on_disconnected, c)) < 0 ||
            (r = tree_add(c->bus, &b->source)) < 0 ||
            (r = sd_bus_attach_event(c->bus, b->event, SD_EVENT_PRIORITY_NORMAL)) < 0)
                return r;
        return sd_event_add_time_relative(b->event, &c->idle, CLOCK_MONOTONIC, (uint64_t)b->idle_us, 0, on_idle, c);
}

static int connection_new(Bus *b, int *fd) {
        _cleanup_(connection_freep) Connection *c = calloc(1, sizeof(*c));
        socklen_t size = sizeof(c->peer);
        int r;

        if (!c)
                return -ENOMEM;
        c->owner = b;
        c->next = b->connections;
        b->connections = c;
        b->n_connections++;
        if (getsockopt(*fd, SOL_SOCKET, SO_PEERCRED, &c->peer, &size) < 0)
                return -errno;
        r = set_up(c, fd);
        if (r < 0)
                return r;
        TAKE(c);
        return 0;
}

/*
 * What a peer sends in one piece with the end of its greeting sd-bus has read by then, and does not look at before more
 * comes. So each connection is looked at once more, after the turn in which it is let in.
 */
static int on_post(sd_event_source *s, void *userdata) {
        Bus *b = userdata;

        (void)s;
        for (Connection *c = b->connections, *next; c; c = next) {
                next = c->next;
                if (c->heard || sd_bus_is_ready(c->bus) <= 0)
                        continue;
                c->heard = true;
                sd_bus_process(c->bus, NULL); /* may free it; its errors come again, in the event loop */
        }
        return 0;
}

static void pause_accepting(Bus *b) {
        sd_event_source_set_enabled(b->accept, SD_EVENT_OFF);
}

static int on_accept(sd_event_source *s, int listening, uint32_t revents, void *userdata) {
        Bus *b = userdata;
        int fd, r;

        (void)s;
        (void)revents;
        fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
                /* Out of descriptors: the next connection that closes wakes us; with none, try at the next turn. */
                if ((errno == EMFILE || errno == ENFILE) && b->n_connections > 0)
                        pause_accepting(b);
                return 0;
        }
        r = connection_new(b, &fd);
        /* Who has gone again already is nobody's problem. */
        if (r < 0 && r != -ECONNRESET && r != -EPIPE)
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "Cannot serve a control connection: %s", strerror(-r));
        if (r < 0 && fd >= 0)
                close(fd);
        if (b->n_connections >= BUS_CONNECTIONS_MAX)
                pause_accepting(b);
        return 0;
}

int bus_new(Bus **ret, sd_event *event, const BusOptions *options, const BusSource *source) {
        _cleanup_(bus_freep) Bus *b = calloc(1, sizeof(*b));
        int r;

        if (!b)
                return -ENOMEM;
        b->listener.fd = -1;
        b->event = sd_event_ref(event);
        b->source = *source;
        b->source.bus = b;
        b->idle_us = options->idle_us ? options->idle_us : IDLE_DEFAULT_US;
        if ((r = sd_id128_randomize(&b->id)) < 0 || (r = listener_open(options, &b->listener)) < 0)
                return r;
        r = sd_event_add_io(event, &b->accept, b->listener.fd, EPOLLIN, on_accept, b);
        if (r >= 0)
                r = sd_event_add_post(event, &b->post, on_post, b);
        if (r < 0 || (r = signals_new(&b->signals, event, b)) < 0)
                return r;
        if (options->system && (r = system_new(&b->system, event, &b->source)) < 0)
                return r;
        *ret = TAKE(b);
        return 0;
}

Bus *bus_free(Bus *b) {
        if (!b)
                return NULL;
        b->accept = sd_event_source_disable_unref(b->accept);
        sd_event_source_disable_unref(b->post);
        system_free(b->system);
        while (b->connections)
                connection_free(b->connections);
        listener_close(&b->listener);
        signals_free(b->signals);
        sd_event_unref(b->event);
        free(b);
        return NULL;
}

Signals *bus_signals(Bus *b) {
        return b->signals;
}

static unsigned listeners(const Bus *b) {
        unsigned n = 0;

        for (const Connection *c = b->connections; c; c = c->next)
                n += c->listens;
        return n;
}

bool bus_has_listeners(const Bus *b) {
        return system_bus(b->system) || listeners(b) > 0;
}

bool bus_listen(Bus *b, const sd_bus *peer, bool on) {
        for (Connection *c = b->connections; c; c = c->next) {
                if (c->bus != peer)
                        continue;
                if (on && !c->listens && listeners(b) >= BUS_LISTENERS_MAX)
                        return false;
                c->listens = on;
        }
        return true;
}

void bus_each_listener(Bus *b, void (*tell)(sd_bus *bus, void *userdata), void *userdata) {
        if (system_bus(b->system))
                tell(system_bus(b->system), userdata);
        for (Connection *c = b->connections, *next; c; c = next) {
                next = c->next;
                if (c->listens && !drop_unread(c))
                        tell(c->bus, userdata);
        }
}

unsigned bus_connections(const Bus *b) {
        return b->n_connections;
}
