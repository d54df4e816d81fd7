/* SPDX-License-Identifier: Apache-2.0 */
/* GetClinic: whose ledger this is, in which zone its days are, and what its people are called. */
#include "bus/internal.h"

static void put_people(const Config *c, Reply *r) {
        reply_list_open(r, "people", "a{sv}");
        for (size_t i = 0; i < c->n_practitioners; i++) {
                reply_open(r);
                reply_text(r, "person", c->practitioners[i].id);
                reply_text(r, "name", c->practitioners[i].name);
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_rooms(const Config *c, Reply *r) {
        reply_list_open(r, "rooms", "a{sv}");
        for (size_t i = 0; i < c->n_rooms; i++) {
                reply_open(r);
                reply_text(r, "room", c->rooms[i].id);
                reply_text(r, "name", c->rooms[i].name);
                reply_close(r);
        }
        reply_list_close(r);
}

static bool duty_is_of(const ConfigDuty *d, const char *autoclave) {
        for (size_t i = 0; i < d->autoclave_ids.n; i++)
                if (streq(d->autoclave_ids.v[i], autoclave))
                        return true;
        return d->autoclave_ids.n == 0;
}

static void put_duties(const Config *c, Reply *r) {
        reply_list_open(r, "duties", "a{sv}");
        for (size_t i = 0; i < c->n_duties; i++) {
                reply_open(r);
                reply_text(r, "duty", c->duties[i].id);
                reply_text(r, "name", c->duties[i].name);
                reply_number(r, "interval_days", c->duties[i].interval_days);
                reply_list_open(r, "autoclaves", "s");
                for (size_t k = 0; c->duties[i].per == DUTY_PER_AUTOCLAVE && k < c->n_autoclaves; k++)
                        if (duty_is_of(c->duties + i, c->autoclaves[k].id))
                                reply_element(r, c->autoclaves[k].id);
                reply_list_close(r);
                reply_close(r);
        }
        reply_list_close(r);
}

/* GetClinic() -> a{sv}. No error of its own. */
int method_get_clinic(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *c = source->config(source->userdata);
        Reply reply;
        int r = reply_new(m, &reply);

        (void)error;
        if (r < 0)
                return r;
        reply_open(&reply);
        reply_text(&reply, "site", c->site.id);
        reply_text(&reply, "name", c->site.name);
        reply_text(&reply, "timezone", c->site.timezone);
        reply_number(&reply, "day_start_us", c->site.day_start_us);
        reply_number(&reply, "leak_days", c->policy.leak_days);
        if (c->policy.spore_effect != FITNESS_OFF)
                reply_number(&reply, "spore_days", c->policy.spore_days);
        put_people(c, &reply);
        put_rooms(c, &reply);
        put_duties(c, &reply);
        reply_close(&reply);
        return reply_send(&reply);
}
