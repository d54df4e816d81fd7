/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object tree: the Manager, and below it each room, each autoclave and each open alert, with what changes about them as
 * properties. The same on the system bus and on each connection to the socket. Objects are not kept: a path is looked up
 * in configuration or ledger when somebody asks. Who wants everything about one asks the Manager's methods.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "bus/internal.h"
#include "store/alerts.h"
#include "store/rooms.h"

static const Config *config_of(const BusSource *source) {
        return source->config(source->userdata);
}

static int failed(const BusSource *source, int r, sd_bus_error *error) {
        return r < 0 ? bus_ledger_failed(source, r, error)
                     : sd_bus_error_set(error, BUS_ERROR_NOT_FOUND, "It is there no more.");
}

/* --- the Manager's own ------------------------------------------------------------------------------------------- */

static int append_doubts(sd_bus_message *m, const Status *s) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (unsigned i = 0; i < s->n_doubts && i < STATUS_DOUBTS_MAX && r >= 0; i++)
                r = sd_bus_message_append(m, "s", s->doubts[i].rule);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_manager(sd_bus *bus, const char *path, const char *interface, const char *name, sd_bus_message *m,
                       void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Status s = {};

        (void)bus;
        (void)path;
        (void)interface;
        (void)error;
        source->status(source->userdata, &s);
        if (streq(name, "State"))
                return sd_bus_message_append(m, "s", s.state ?: "");
        if (streq(name, "Armed"))
                return sd_bus_message_append(m, "b", (int)s.armed);
        if (streq(name, "Doubts"))
                return append_doubts(m, &s);
        if (streq(name, "Version"))
                return sd_bus_message_append(m, "s", s.version ?: "");
        if (streq(name, "Acts"))
                return sd_bus_message_append(m, "s", s.acts ?: "");
        if (streq(name, "AuditHead"))
                return sd_bus_message_append(m, "s", s.audit_head);
        if (streq(name, "AuditSize"))
                return sd_bus_message_append(m, "x", s.audit_size);
        if (streq(name, "SessionsLive"))
                return sd_bus_message_append(m, "x", s.sessions_live);
        return sd_bus_message_append(m, "x", s.alerts[streq(name, "AlertsCritical")  ? ALERT_CRITICAL
                                                      : streq(name, "AlertsWarning") ? ALERT_WARNING
                                                                                     : ALERT_INFO]);
}

/* Of the same interface as the methods. */
static const sd_bus_vtable daemon_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("State", "s", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Armed", "b", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Doubts", "as", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Version", "s", get_manager, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Acts", "s", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AuditHead", "s", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AuditSize", "x", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("SessionsLive", "x", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AlertsInfo", "x", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AlertsWarning", "x", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("AlertsCritical", "x", get_manager, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

/* --- what is found by its path ------------------------------------------------------------------------------------ */

/* 1 and the id, to be freed; 0: it is no path below. */
static int id_of(const char *path, const char *below, char **ret) {
        int r = sd_bus_path_decode(path, below, ret);

        return r > 0 && !*ret ? 0 : r;
}

static int find_room(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                     sd_bus_error *error) {
        _cleanup_(freep) char *id = NULL;
        int r = id_of(path, BUS_ROOMS, &id);

        (void)bus;
        (void)interface;
        (void)error;
        if (r <= 0 || !config_room(config_of(userdata), id))
                return r < 0 ? r : 0;
        *ret = userdata;
        return 1;
}

static int append_locks(sd_bus_message *m, Store *s, const char *room) {
        RoomLockRow lock = {};
        int r = sd_bus_message_open_container(m, 'a', "s"), found = 0;

        while (r >= 0 && (found = room_lock_next(s, room, lock.rule, &lock)) > 0)
                r = sd_bus_message_append(m, "s", lock.rule);
        return r < 0 ? r : found < 0 ? found : sd_bus_message_close_container(m);
}

static int get_room(sd_bus *bus, const char *path, const char *interface, const char *name, sd_bus_message *m,
                    void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        _cleanup_(freep) char *id = NULL;
        const ConfigRoom *room;
        RoomLook look;
        int r = id_of(path, BUS_ROOMS, &id);

        (void)bus;
        (void)interface;
        room = r > 0 ? config_room(config_of(source), id) : NULL;
        if (!room)
                return failed(source, 0, error);
        if (streq(name, "Name"))
                return sd_bus_message_append(m, "s", room->name);
        if (streq(name, "Locks"))
                return append_locks(m, source->store, room->id);
        r = room_look_at(source->store, room->id, bus_now_boot_us(), &look);
        if (r < 0)
                return failed(source, r, error);
        if (streq(name, "State"))
                return sd_bus_message_append(m, "s", interlock_name((int)look.state));
        return sd_bus_message_append(m, "s", look.live ? look.session.label : "");
}

static const sd_bus_vtable room_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_room, 0, 0),
        SD_BUS_PROPERTY("State", "s", get_room, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Session", "s", get_room, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Locks", "as", get_room, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

static int find_autoclave(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                          sd_bus_error *error) {
        _cleanup_(freep) char *id = NULL;
        int r = id_of(path, BUS_AUTOCLAVES, &id);

        (void)bus;
        (void)interface;
        (void)error;
        if (r <= 0 || !config_autoclave(config_of(userdata), id))
                return r < 0 ? r : 0;
        *ret = userdata;
        return 1;
}

static int append_reasons(sd_bus_message *m, const Reasons *reasons) {
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (size_t i = 0; i < reasons->n && r >= 0; i++)
                r = sd_bus_message_append(m, "s", reasons->v[i].rule);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_autoclave(sd_bus *bus, const char *path, const char *interface, const char *name, sd_bus_message *m,
                         void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        _cleanup_(freep) char *id = NULL;
        _cleanup_(freep) AutoclaveStatus *s = calloc(1, sizeof(*s));
        const ConfigAutoclave *a;
        int r = s ? id_of(path, BUS_AUTOCLAVES, &id) : -ENOMEM;

        (void)bus;
        (void)interface;
        a = r > 0 ? config_autoclave(config_of(source), id) : NULL;
        if (!a)
                return failed(source, r < 0 ? r : 0, error);
        if (streq(name, "Name"))
                return sd_bus_message_append(m, "s", a->name);
        r = source->autoclave(source->userdata, a->id, s);
        if (r <= 0)
                return failed(source, r, error);
        if (streq(name, "Service"))
                return sd_bus_message_append(m, "s", s->service.n ? "out" : "in");
        return append_reasons(m, streq(name, "Refusals") ? &s->refusals : &s->service);
}

static const sd_bus_vtable autoclave_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Name", "s", get_autoclave, 0, 0),
        SD_BUS_PROPERTY("Service", "s", get_autoclave, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("ServiceReasons", "as", get_autoclave, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Refusals", "as", get_autoclave, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

/* 1 and the row of an alert that is not resolved. */
static int alert_at(const BusSource *source, const char *path, AlertRow *ret) {
        _cleanup_(freep) char *text = NULL;
        char *end = NULL;
        long long id;
        int r = id_of(path, BUS_ALERTS, &text);

        if (r <= 0)
                return r;
        errno = 0;
        id = strtoll(text, &end, 10);
        if (errno || *end || end == text || id <= 0)
                return 0;
        r = alert_next(source->store, id - 1, false, ret);
        return r > 0 && ret->id != id ? 0 : r;
}

static int find_alert(sd_bus *bus, const char *path, const char *interface, void *userdata, void **ret,
                      sd_bus_error *error) {
        AlertRow alert;
        int r = alert_at(userdata, path, &alert);

        (void)bus;
        (void)interface;
        (void)error;
        if (r > 0)
                *ret = userdata;
        return r;
}

static int get_alert(sd_bus *bus, const char *path, const char *interface, const char *name, sd_bus_message *m,
                     void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        AlertRow a;
        int r = alert_at(source, path, &a);

        (void)bus;
        (void)interface;
        if (r <= 0)
                return failed(source, r, error);
        if (streq(name, "Raised"))
                return sd_bus_message_append(m, "t", (uint64_t)a.raised_us);
        if (streq(name, "Count"))
                return sd_bus_message_append(m, "x", a.count);
        return sd_bus_message_append(m, "s",
                                     streq(name, "Rule")       ? a.rule
                                     : streq(name, "Severity") ? bus_severity(a.severity)
                                     : streq(name, "State")    ? bus_alert_state(a.state)
                                     : streq(name, "Subject")  ? a.subject
                                                               : a.text);
}

static const sd_bus_vtable alert_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Rule", "s", get_alert, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Severity", "s", get_alert, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("State", "s", get_alert, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Subject", "s", get_alert, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Text", "s", get_alert, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Raised", "t", get_alert, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        SD_BUS_PROPERTY("Count", "x", get_alert, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_VTABLE_END,
};

/* --- which there are ---------------------------------------------------------------------------------------------- */

typedef struct Paths {
        char **v;
        size_t n;
        int error;
} Paths;

static void path_add(Paths *p, const char *below, const char *id) {
        char **more = p->error ? NULL : reallocarray(p->v, p->n + 2, sizeof(*more));

        if (!more) {
                p->error = p->error ?: -ENOMEM;
                return;
        }
        p->v = more;
        p->v[p->n] = p->v[p->n + 1] = NULL;
        p->error = sd_bus_path_encode(below, id, &p->v[p->n]);
        p->n += p->error >= 0;
        p->error = MIN_OF(p->error, 0);
}

static int paths_give(Paths *p, char ***ret) {
        if (p->error == 0) {
                *ret = p->v;
                return 0;
        }
        for (size_t i = 0; i < p->n; i++)
                free(p->v[i]);
        free(p->v);
        return p->error;
}

static int list_rooms(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error) {
        const Config *c = config_of(userdata);
        Paths paths = {};

        (void)bus;
        (void)prefix;
        (void)error;
        for (size_t i = 0; i < c->n_rooms; i++)
                path_add(&paths, BUS_ROOMS, c->rooms[i].id);
        return paths_give(&paths, ret);
}

static int list_autoclaves(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error) {
        const Config *c = config_of(userdata);
        Paths paths = {};

        (void)bus;
        (void)prefix;
        (void)error;
        for (size_t i = 0; i < c->n_autoclaves; i++)
                path_add(&paths, BUS_AUTOCLAVES, c->autoclaves[i].id);
        return paths_give(&paths, ret);
}

/* The first of them, so that nobody's introspection reads a thousand rows in one go; ListAlerts has all. */
static int list_alerts(sd_bus *bus, const char *prefix, void *userdata, char ***ret, sd_bus_error *error) {
        const BusSource *source = userdata;
        AlertRow alert = {};
        Paths paths = {};
        int r = 0;

        (void)bus;
        (void)prefix;
        (void)error;
        for (size_t i = 0; i < BUS_ALERT_NODES_MAX && (r = alert_next(source->store, alert.id, false, &alert)) > 0; i++) {
                char id[32];

                snprintf(id, sizeof(id), "%" PRId64, alert.id);
                path_add(&paths, BUS_ALERTS, id);
        }
        if (r < 0)
                paths.error = r;
        return paths_give(&paths, ret);
}

/* The enumerators stand at the top: below it sd-bus would name each object as its own child, without an end. */
int tree_add(sd_bus *bus, BusSource *source) {
        int r;

        if ((r = sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, bus_vtable, source)) < 0 ||
            (r = sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, daemon_vtable, source)) < 0 ||
            (r = sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, signals_vtable, source)) < 0 ||
            (r = sd_bus_add_fallback_vtable(bus, NULL, BUS_ROOMS, BUS_ROOM, room_vtable, find_room, source)) < 0 ||
            (r = sd_bus_add_node_enumerator(bus, NULL, BUS_PATH, list_rooms, source)) < 0 ||
            (r = sd_bus_add_fallback_vtable(bus, NULL, BUS_AUTOCLAVES, BUS_AUTOCLAVE, autoclave_vtable, find_autoclave,
                                            source)) < 0 ||
            (r = sd_bus_add_node_enumerator(bus, NULL, BUS_PATH, list_autoclaves, source)) < 0 ||
            (r = sd_bus_add_fallback_vtable(bus, NULL, BUS_ALERTS, BUS_ALERT, alert_vtable, find_alert, source)) < 0 ||
            (r = sd_bus_add_node_enumerator(bus, NULL, BUS_PATH, list_alerts, source)) < 0)
                return r;
        return 0;
}
