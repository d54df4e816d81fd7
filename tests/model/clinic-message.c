/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>

#include "clinic.h"

#define DELAYED_MAX 64

typedef struct Delayed {
        char topic[96], *payload;
} Delayed;

Sim *s;
GenRandom dice;
bool rough, careless;
static Delayed delayed[DELAYED_MAX];
static int n_delayed;

int roll(int n) {
        return (int)(gen_random(&dice) % (uint64_t)n);
}

bool chance(int percent) {
        return roll(100) < percent;
}

bool slip(int percent) {
        return chance(careless ? percent : (percent + 3) / 4);
}

void pass_minutes(int from, int to) {
        sim_pass(s, (int64_t)(from + roll(to - from + 1)) * MINUTE + roll(60) * US_PER_S);
}

static void put(const char *topic, const char *payload) {
        sim_send(s, topic, payload, false, NULL);
        sim_commit(s);
}

void deliver_delayed(void) {
        while (n_delayed > 0 && chance(40)) {
                Delayed d = delayed[--n_delayed];

                put(d.topic, d.payload);
                free(d.payload);
        }
}

static void delay(const char *topic, const char *payload) {
        Delayed *d = delayed + n_delayed;

        if (n_delayed == DELAYED_MAX)
                return;
        snprintf(d->topic, sizeof(d->topic), "%s", topic);
        d->payload = strdup(payload);
        n_delayed++;
}

static void trouble(void) {
        if (!rough)
                return;
        if (chance(1))
                (roll(2) ? sim_restart : sim_crash)(s);
        if (roll(400) == 0)
                sim_reboot(s, (1 + roll(20)) * MINUTE);
        if (chance(30))
                deliver_delayed();
}

/* Sent as it should be; or never, later, twice, out of turn. */
static void transmit(const char *topic, const char *payload) {
        const int fate = rough ? roll(150) : 149;

        if (fate == 0)
                return;
        if (fate <= 3) {
                delay(topic, payload);
                return;
        }
        put(topic, payload);
        if (fate <= 6)
                put(topic, payload);
        if (fate <= 8)
                delay(topic, payload);
}

void _printf_(2, 3) tell(const char *what, const char *json, ...) {
        _cleanup_(freep) char *body = NULL, *payload = NULL;
        char who[80], head[96] = "", topic[128];
        va_list ap;

        va_start(ap, json);
        assert_true(vasprintf(&body, json, ap) >= 0);
        va_end(ap);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        snprintf(who, sizeof(who), "%.*s", (int)(strrchr(what, '/') - what), what);
        if (rough && roll(200) == 0)
                sim_new_boot(s, who);
        if (!rough || roll(80))
                snprintf(head, sizeof(head), "\"boot\":\"%s\",\"seq\":%" PRId64 ",", sim_boot(s, who),
                         sim_next_seq(s, who));
        snprintf(topic, sizeof(topic), "asepsis/v1/clinic/up/%s", what);
        assert_true(asprintf(&payload, "{%s%s", head, body + 1) >= 0);
        transmit(topic, payload);
        trouble();
}

void forget_delayed(void) {
        while (n_delayed > 0)
                free(delayed[--n_delayed].payload);
}
