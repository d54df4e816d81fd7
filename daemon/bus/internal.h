/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Inside bus/ only. */
#include <systemd/sd-bus-vtable.h>
#include <systemd/sd-bus.h>

#include "bus/bus.h"
#include "bus/reply.h"
#include "core/udi.h"
#include "config.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/loads.h"
#include "store/sessions.h"

/* The methods; userdata is the BusSource. Served on each connection, and as it is on a system bus. */
extern const sd_bus_vtable bus_vtable[];

/* 0 and the one piece that is named; otherwise the error is set and returned: BadCode, NotOnePiece. */
int bus_find_code(const char *code, Udi *ret, sd_bus_error *error);
/* For the two digits in which item codes write the year. */
int32_t bus_current_year(void);
/* A read of the ledger failed: logged, and the error for the peer. */
int bus_ledger_failed(const BusSource *source, int r, sd_bus_error *error);
/* The end of a method: what stands in *reply is sent; where r says that a read of the ledger failed, that is told instead. */
int bus_answer(const BusSource *source, int r, Reply *reply, sd_bus_error *error);
/* The same of a list that is open, with the cursor of its next slice. */
int bus_answer_slice(const BusSource *source, int r, const char *cursor, Reply *reply, sd_bus_error *error);

/* A number that a peer sent, as the ledger has them: what is beyond is the highest. */
static inline int64_t bus_number(uint64_t sent) {
        return (int64_t)MIN_OF(sent, (uint64_t)INT64_MAX);
}

/* Where a list begins that goes backwards: 0 is its newest end. */
static inline int64_t bus_before(uint64_t sent) {
        return sent == 0 ? INT64_MAX : bus_number(sent);
}

/* CLOCK_BOOTTIME, by which leases count. */
int64_t bus_now_boot_us(void);
int64_t bus_now_wall_us(void);

/* words.c */
const char *bus_severity(int severity);
const char *bus_alert_state(int state);
const char *bus_wrap(int wrap);
const char *bus_inside(int inside);
const char *bus_load(int released);
const char *bus_verdict(int verdict);
const char *bus_purpose(int purpose);
const char *bus_outcome(int outcome); /* of a machine */
const char *bus_test(int test);
const char *bus_test_outcome(int outcome);
const char *bus_result(int result); /* of an indicator, a spore test */
const char *bus_session_outcome(int outcome); /* NULL: it has none yet */
/* Members that the ledger keeps as JSON text. */
void bus_put_reasons(Reply *r, const char *name, const char *text);
void bus_put_figures(Reply *r, const char *name, const char *text);

/* load.c: 1 and the attempt by its label, or by autoclave, blank, cycle number; otherwise the error is set and returned. */
int bus_find_attempt(const BusSource *source, const char *name, AttemptRow *ret, sd_bus_error *error);
void bus_put_attempt(const AttemptRow *a, Reply *r);
int method_get_load(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_loads(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_pack(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_packs(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* samples.c */
int method_get_cycle_samples(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_cycle_rows(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* clinic.c, period.c */
int method_get_clinic(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_period(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* autoclave.c */
void bus_put_test(const TestShown *t, Reply *r);
int bus_put_reference(Store *s, const ReferenceRow *ref, Reply *r);
int method_get_autoclave(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_autoclaves(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* room.c */
int method_get_room(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_rooms(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* config.c */
int method_get_config(sd_bus_message *m, void *userdata, sd_bus_error *error);
/* A key of a section that there is one of, in the words of the file: its default, and what it is. False: no such key. */
bool bus_policy(const Config *c, const char *section, const char *key, const char **ret_default, const char **ret_value);

/* why.c */
int method_why_session(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_rules(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* list.c */
int method_list_items(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_sessions(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* lookback.c: a member of a query: a time as t, or a date or time as text (last: a date is its last moment), empty for
 * none; a text. 0, or the error, set. */
int bus_read_moment(sd_bus_message *m, const char *type, bool last, int64_t *ret_us, sd_bus_error *error);
int bus_read_text(sd_bus_message *m, const char *type, const char **ret, sd_bus_error *error);

/* lookback.c, recall.c */
int method_look_back(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_recall(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_recalls(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* exposure.c */
int method_get_exposure(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_exposures(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* people.c */
int method_get_practitioner(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_practitioners(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* audit.c */
int method_get_audit(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_export_audit(sd_bus_message *m, void *userdata, sd_bus_error *error);
/* patient.c */
int method_get_patient(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_list_erasures(sd_bus_message *m, void *userdata, sd_bus_error *error);
/* Who took the patient's name out of this session, and when, as members of the record that is open. 0, or the store's error. */
int bus_put_erased(Store *s, const char *session, Reply *r);

/* act.c: acts of people. All: (subject..., s by, s reason) -> a{sv} with `text`. Refused, Ledger. */
int method_commission(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_autoclave_out(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_autoclave_return(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_make_recall(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_confirm_recall(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_confirm_clock(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_confirm_restore(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_accept_audit(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_end_recall(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_acknowledge_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_resolve_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_silence_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_quarantine_item(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_return_item(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_key(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_prepare_key(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_rotate_key(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_accept_key(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_unlock_room(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_end_session(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_override(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_sign_sharps(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_register_qualification(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_end_qualification(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_release_load(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_reject_load(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_withdraw_load(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_erase_patient(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_record_drill(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_backup(sd_bus_message *m, void *userdata, sd_bus_error *error);

/* backup.c, restored.c */
int method_get_restored(sd_bus_message *m, void *userdata, sd_bus_error *error);
int method_get_backup(sd_bus_message *m, void *userdata, sd_bus_error *error);

/*
 * What a method reads from the ledger, as one a{sv}. 1: it stands in *reply; 0: no such thing; or the store's error.
 * The reply's own errors stick in the reply.
 */
int bus_read_item(Store *s, const char *canonical, Reply *reply);
void bus_put_item(const ItemRow *i, Reply *r);
int bus_read_session(Store *s, const char *label, Reply *reply);
/* The session's own row, as members of the record that is open. */
void bus_put_session(const SessionRow *s, Reply *r);
/* treatment.c: what was done in it, as members of the record that is open. 0, or the store's error. */
int bus_put_treatment(Store *s, int64_t session, Reply *reply);

/* system.c: the connection to the system bus, which comes and goes. */
typedef struct System System;
int system_new(System **ret, sd_event *event, const BusSource *source);
System *system_free(System *s);
DEFINE_CLEANUP(System, system_free)
/* NULL: there is none now, or the name on it is not ours. */
sd_bus *system_bus(System *s);

/*
 * authority.c: the acts that wait for polkit's word. 0: the act may be handed over, with who, who vouches for that, and
 * what stood when they were asked (*ret_seen) in it; 1: it is being asked, and the same call comes again; otherwise the
 * error is set and returned. The source outlives the authority.
 */
typedef struct Authority Authority;
int authority_ask(Authority *a, sd_bus_message *m, Act *act, const BusSource *source, ActSeen *ret_seen, sd_bus_error *error);
int authority_new(Authority **ret, sd_bus *bus);
/* Whoever waits gets no answer: the bus is gone. */
Authority *authority_free(Authority *a);
Authority *system_authority(System *s);

/* All that is served on a connection of either kind. */
int tree_add(sd_bus *bus, BusSource *source);
#define BUS_ROOMS BUS_PATH "/room"
#define BUS_ROOM "org.asepsis1.Room"
#define BUS_AUTOCLAVES BUS_PATH "/autoclave"
#define BUS_AUTOCLAVE "org.asepsis1.Autoclave"
#define BUS_ALERTS BUS_PATH "/alert"
#define BUS_ALERT "org.asepsis1.Alert"
#define BUS_ALERT_NODES_MAX 100 /* named by introspection */

/* signals.c. Whoever listens: the system bus, while we are on it, and peers that have called Subscribe(). */
typedef struct Signals Signals;
extern const sd_bus_vtable signals_vtable[];
int signals_new(Signals **ret, sd_event *event, Bus *bus);
Signals *signals_free(Signals *s);
/* bus.c, for it */
Signals *bus_signals(Bus *b);
bool bus_has_listeners(const Bus *b);
/* Peers that do not read what they are told are dropped. */
void bus_each_listener(Bus *b, void (*tell)(sd_bus *bus, void *userdata), void *userdata);
/* False: too many listen. */
bool bus_listen(Bus *b, const sd_bus *peer, bool on);

/* The listening socket, and what tells it from another one that took its place. */
typedef struct Listener {
        int fd;
        char *path;
        dev_t device;
        ino_t inode;
} Listener;

/* As bus_new() says. */
int listener_open(const BusOptions *o, Listener *ret);
void listener_close(Listener *l);
