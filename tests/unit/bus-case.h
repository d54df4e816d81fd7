/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The control interface over a real connection on a real socket, with a real ledger in a folder of its own. One loop
 * serves both ends. Include after cmocka.h: everything here fails the test by itself.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "../lib/clinicsim-files.h"
#include "bus/bus.h"
#include "store/stmt.h"

typedef struct Fixture {
        char dir[40], ledger[64], socket[64];
        sd_event *event;
        Store *store;
        Bus *bus;
        sd_bus *client;
} Fixture;

/* Straight into its ledger; the format is that of SQLite. */
static inline void sql(Fixture *f, const char *format, ...) {
        char *text;
        va_list ap;

        va_start(ap, format);
        text = sqlite3_vmprintf(format, ap);
        va_end(ap);
        if (sqlite3_exec(f->store->db, text, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", text, sqlite3_errmsg(f->store->db));
        sqlite3_free(text);
}

/* The loop, until the client has said hello to the server or `ms` are over. */
static inline void run_for(Fixture *f, int ms) {
        for (int i = 0; i < ms; i++)
                sd_event_run(f->event, 1000);
}

static inline int connect_raw(const Fixture *f) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", f->socket);
        assert_true(fd >= 0);
        if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
                close(fd);
                return -errno;
        }
        return fd;
}

static inline sd_bus *connect_client(Fixture *f) {
        sd_bus *bus;
        int fd = connect_raw(f);

        assert_true(fd >= 0);
        assert_return_code(sd_bus_new(&bus), 0);
        assert_return_code(sd_bus_set_fd(bus, fd, fd), 0);
        assert_return_code(sd_bus_start(bus), 0);
        assert_return_code(sd_bus_attach_event(bus, f->event, 0), 0);
        return bus;
}

/* NULL, to be assigned; of NULL: nothing. */
static inline sd_bus *disconnect_client(sd_bus *bus) {
        sd_bus_detach_event(bus);
        sd_bus_close(bus);
        return sd_bus_unref(bus);
}

static inline int keep_reply(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        (void)error;
        *(sd_bus_message **)userdata = sd_bus_message_ref(m);
        return 0;
}

/* Sends and runs the loop until the answer is there. The reply is to be unreferenced. */
static inline sd_bus_message *ask(Fixture *f, sd_bus_message *call) {
        sd_bus_message *reply = NULL;

        assert_return_code(sd_bus_call_async(f->client, NULL, call, keep_reply, &reply, 2 * US_PER_S), 0);
        sd_bus_message_unref(call);
        while (!reply)
                assert_return_code(sd_event_run(f->event, UINT64_MAX), 0);
        return reply;
}

static inline sd_bus_message *new_call(Fixture *f, const char *interface, const char *member) {
        sd_bus_message *m;

        assert_return_code(sd_bus_message_new_method_call(f->client, &m, NULL, BUS_PATH, interface, member), 0);
        return m;
}

/* A method of the Manager with these arguments, and its answer. */
static inline sd_bus_message *ask_with(Fixture *f, const char *member, const char *types, ...) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, member);
        va_list ap;

        va_start(ap, types);
        assert_return_code(sd_bus_message_appendv(m, types, ap), 0);
        va_end(ap);
        return ask(f, m);
}

static inline sd_bus_message *ask_text(Fixture *f, const char *member, const char *text) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, member);

        if (text)
                assert_return_code(sd_bus_message_append(m, "s", text), 0);
        return ask(f, m);
}

/* Reads into an a{sv} up to the member's value: 1, the variant's type and m within it; 0: no such member. */
static inline int enter_member(sd_bus_message *m, const char *name, const char **ret_type) {
        const char *key;
        int r;

        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                assert_true(sd_bus_message_read_basic(m, 's', &key) > 0);
                if (streq(key, name)) {
                        assert_true(sd_bus_message_peek_type(m, NULL, ret_type) > 0);
                        assert_true(sd_bus_message_enter_container(m, 'v', *ret_type) > 0);
                        return 1;
                }
                assert_true(sd_bus_message_skip(m, "v") > 0);
                assert_return_code(sd_bus_message_exit_container(m), 0);
        }
        assert_return_code(r, 0);
        return 0;
}

static inline void assert_member_text(sd_bus_message *m, const char *name, const char *want) {
        const char *type, *is;

        sd_bus_message_rewind(m, true);
        if (!want) {
                assert_int_equal(enter_member(m, name, &type), 0);
                return;
        }
        if (!enter_member(m, name, &type))
                fail_msg("there is no member %s", name);
        assert_string_equal(type, "s");
        assert_true(sd_bus_message_read_basic(m, 's', &is) > 0);
        assert_string_equal(is, want);
}

static inline void assert_member_number(sd_bus_message *m, const char *name, const char *want_type, int64_t want) {
        const char *type;
        int64_t is = 0;

        sd_bus_message_rewind(m, true);
        if (!enter_member(m, name, &type))
                fail_msg("there is no member %s", name);
        assert_string_equal(type, want_type);
        assert_true(sd_bus_message_read_basic(m, type[0], &is) > 0);
        assert_int_equal(is, want);
}

static inline void assert_error(sd_bus_message *m, const char *name, const char *part) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        assert_non_null(e);
        assert_string_equal(e->name, name);
        assert_non_null(strstr(e->message, part));
        sd_bus_message_unref(m);
}

/* Whether the bytes of a text stand anywhere in what went over the wire. */
static inline bool body_has(sd_bus_message *m, const char *text) {
        bool found = false;
        FILE *to;
        char *dump = NULL;
        size_t n;

        sd_bus_message_rewind(m, true);
        to = open_memstream(&dump, &n);
        assert_non_null(to);
        assert_return_code(sd_bus_message_dump(m, to, 0), 0);
        fclose(to);
        found = strstr(dump, text) != NULL;
        free(dump);
        return found;
}

/* The value of `member` in each record of the list `list`, joined by blanks. */
static inline void list_texts(sd_bus_message *m, const char *list, const char *member, char *ret, size_t size) {
        const char *type, *text;

        ret[0] = 0;
        sd_bus_message_rewind(m, true);
        if (list)
                assert_int_equal(enter_member(m, list, &type), 1);
        assert_true(sd_bus_message_enter_container(m, 'a', "a{sv}") > 0);
        while (!sd_bus_message_at_end(m, false)) {
                assert_int_equal(enter_member(m, member, &type), 1);
                assert_true(sd_bus_message_read_basic(m, 's', &text) > 0);
                snprintf(ret + strlen(ret), size - strlen(ret), "%s%s", ret[0] ? " " : "", text);
                assert_return_code(sd_bus_message_exit_container(m), 0);
                assert_return_code(sd_bus_message_exit_container(m), 0);
                while (!sd_bus_message_at_end(m, false))
                        assert_true(sd_bus_message_skip(m, "{sv}") > 0);
                assert_return_code(sd_bus_message_exit_container(m), 0);
        }
}

/* Makes the ledger; then the test fills it and calls case_serve(). */
static inline Fixture *case_open(void) {
        Fixture *f = calloc(1, sizeof(*f));
        char why[STORE_WHY_MAX] = "";
        StoreOptions options;
        StoreOpened opened;

        assert_non_null(f);
        files_make(f->dir, sizeof(f->dir));
        snprintf(f->ledger, sizeof(f->ledger), "%s/ledger", f->dir);
        snprintf(f->socket, sizeof(f->socket), "%s/control.sock", f->dir);
        files_ledger(f->ledger);
        options = (StoreOptions){ .path = f->ledger };
        assert_return_code(store_open(&f->store, &options, &opened, why), 0);
        assert_return_code(sd_event_new(&f->event), 0);
        return f;
}

/* `source` without its store. */
static inline void case_serve(Fixture *f, const BusSource *source) {
        BusSource with_store = *source;

        with_store.store = f->store;
        assert_return_code(bus_new(&f->bus, f->event, &(BusOptions){ .path = f->socket }, &with_store), 0);
        f->client = connect_client(f);
}

static inline int case_close(void **state) {
        Fixture *f = *state;
        char wal[80];

        disconnect_client(f->client);
        f->bus = bus_free(f->bus);
        f->store = store_close(f->store);
        sd_event_unref(f->event);
        unlink(f->socket);
        unlink(f->ledger);
        snprintf(wal, sizeof(wal), "%s-wal", f->ledger);
        unlink(wal);
        assert_return_code(rmdir(f->dir), errno);
        free(f);
        return 0;
}
