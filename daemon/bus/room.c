/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms: the interlock of each, until when it could still be released, what locks it, and what its relays say. */
#include <time.h>

#include "bus/internal.h"
#include "store/exposures.h"
#include "store/rooms.h"

/* As permits are leased, and the wall clock beside it for people. */
typedef struct Moment {
        int64_t boot_us, wall_us;
} Moment;

static int64_t clock_now(clockid_t id) {
        struct timespec t;

        clock_gettime(id, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t bus_now_boot_us(void) {
        return clock_now(CLOCK_BOOTTIME);
}

int64_t bus_now_wall_us(void) {
        return clock_now(CLOCK_REALTIME);
}

/* What is left of it, begun seconds counted whole; 0: it is over. */
static int64_t left_s(const Moment *now, int64_t until_us) {
        return until_us > now->boot_us ? (until_us - now->boot_us + US_PER_S - 1) / US_PER_S : 0;
}

static void put_until(Reply *r, const char *seconds, const char *at, const Moment *now, int64_t until_us) {
        const int64_t left = left_s(now, until_us);

        reply_number(r, seconds, left);
        reply_time(r, at, left ? now->wall_us + (until_us - now->boot_us) : 0);
}

static int put_locks(Store *s, const char *room, Reply *r) {
        RoomLockRow lock = {};
        int found;

        reply_list_open(r, "locks", "a{sv}");
        while ((found = room_lock_next(s, room, lock.rule, &lock)) > 0) {
                reply_open(r);
                reply_text(r, "rule", lock.rule);
                reply_text(r, "session", lock.session);
                reply_text(r, "text", lock.text);
                reply_time(r, "since", lock.at_us);
                reply_time(r, "last_at", lock.last_us);
                reply_number(r, "count", lock.count);
                reply_close(r);
        }
        reply_list_close(r);
        return found;
}

static int put_relay(Store *s, const char *device, const Moment *now, Reply *r) {
        static const char *const words[] = {
                [RELAY_SAID_NOTHING] = "nothing",
                [RELAY_SAID_OPEN] = "open",
                [RELAY_SAID_ENERGISED] = "energised",
        };
        RelayRow relay;
        int found = relay_get(s, device, &relay);

        if (found < 0)
                return found;
        reply_open(r);
        reply_text(r, "relay", device);
        reply_text(r, "said", REPLY_WORD(words, relay.said));
        reply_time(r, "said_at", relay.at_us);
        reply_number(r, "permit_s", left_s(now, relay.permit_until_us));
        reply_close(r);
        return 0;
}

static int put_relays(Store *s, const Config *config, const char *room, const Moment *now, Reply *r) {
        int failed = 0;

        reply_list_open(r, "relays", "a{sv}");
        for (size_t i = 0; i < config->n_devices && failed == 0; i++) {
                const ConfigDevice *d = config->devices + i;

                if (config_device_is(d, KIND_ACTUATOR) && streq_ptr(d->room, room))
                        failed = put_relay(s, d->id, now, r);
        }
        reply_list_close(r);
        return failed;
}

static void put_session(const RoomLook *look, Reply *r) {
        if (!look->live)
                return;
        reply_text(r, "session", look->session.label);
        reply_text(r, "session_state", session_state_name(look->session.state));
        reply_time(r, "session_since", look->session.allowed_us);
}

static int put_exposure(Store *s, const char *room, Reply *r) {
        ExposureRow exposure;
        int found = exposure_open_newest(s, room, &exposure);

        if (found <= 0)
                return found;
        reply_number(r, "exposure", exposure.id);
        reply_time(r, "exposure_since", exposure.at_us);
        return 0;
}

/* As facts for the gate have it: nobody was ever treated there, or it was disinfected after the last. */
static bool disinfection_due(const RoomRow *room) {
        return room->session_end_us > 0 && room->disinfected_us <= room->session_end_us;
}

static int put_room(const BusSource *source, const Config *config, const ConfigRoom *c, Reply *r) {
        const Moment now = { bus_now_boot_us(), bus_now_wall_us() };
        RoomLook look;
        int failed = room_look_at(source->store, c->id, now.boot_us, &look);

        if (failed < 0)
                return failed;
        reply_open(r);
        reply_text(r, "room", c->id);
        reply_text(r, "name", c->name);
        reply_text(r, "state", interlock_name((int)look.state));
        put_session(&look, r);
        put_until(r, "releasable_s", "releasable_until", &now, interlock_release_until(&look.facts));
        put_until(r, "held_s", "held_until", &now, look.room.hold_until_us);
        failed = put_locks(source->store, c->id, r);
        if (failed == 0)
                failed = put_relays(source->store, config, c->id, &now, r);
        reply_truth(r, "disinfection_due", disinfection_due(&look.room));
        reply_time(r, "last_session_end", look.room.session_end_us);
        reply_time(r, "disinfected_at", look.room.disinfected_us);
        if (failed == 0)
                failed = put_exposure(source->store, c->id, r);
        reply_close(r);
        return failed;
}

/* GetRoom(s room) -> a{sv}. NotFound, Ledger. */
int method_get_room(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *config = source->config(source->userdata);
        const ConfigRoom *c;
        const char *id;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &id);

        if (r < 0)
                return r;
        c = config_room(config, id);
        if (!c)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No room %.*s is configured.", LABEL_MAX, id);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        r = put_room(source, config, c, &reply);
        return bus_answer(source, r, &reply, error);
}

/* ListRooms() -> aa{sv}, in the order of the configuration. Ledger. */
int method_list_rooms(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *config = source->config(source->userdata);
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        reply_page_open(&reply);
        for (size_t i = 0; i < config->n_rooms && r >= 0; i++)
                r = put_room(source, config, config->rooms + i, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
