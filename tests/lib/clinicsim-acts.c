/* SPDX-License-Identifier: Apache-2.0 */
/* What the people and machines of a simulated clinic do, and how its rooms ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "clinicsim.h"
#include "cyclegen.h"
#include "core/fitness.h"

#define ROWS 30 /* samples in a message */

void sim_receive(Sim *s, const char *names) {
        _cleanup_(freep) char *copy = strdup(names);
        char *save = NULL;

        for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save))
                sim_taken(s, "station/station-1/receive", "{'item':'%s'}", sim_code(t));
}

static void process(Sim *s, const char *name, const char *message, const char *more) {
        char what[64];

        snprintf(what, sizeof(what), "station/station-1/%s", message);
        sim_taken(s, what, "{'items':['%s'],%s}", sim_code(name), more);
}

void sim_handpiece(Sim *s, const char *name) {
        sim_taken(s, "station/station-1/receive", "{'item':'%s','class':'handpiece'}", name);
        process(s, name, "clean", "'method':'manual','operator':'ben'");
        sim_advance(s, 60 * US_PER_S);
        process(s, name, "disinfect", "'level':'high','by':'ben'");
}

void sim_samples(Sim *s, int number, const GenCycle *g, size_t from, size_t to, size_t rows) {
        for (size_t i = from; i < to; i += rows) {
                const size_t last = MIN_OF(i + rows, to);
                char json[8192] = "";
                size_t n = 0;

                for (size_t k = i; k < last; k++)
                        n += (size_t)snprintf(json + n, sizeof(json) - n, "%s[%.3f,%.3f,%.3f]", k > i ? "," : "",
                                              (double)g->samples[k].t_us / 1e6, g->samples[k].temperature_mc / 1e3,
                                              g->samples[k].pressure_pa / 1e3);
                assert_true(n < sizeof(json));
                sim_advance(s, (int64_t)(last - i) * US_PER_S);
                sim_say(s, "autoclave/ac-1/sample", "{'cycle':%d,'samples':[%s]}", number, json);
        }
}

static void run_cycle(Sim *s, int number, const CycleProgram *program, const char *purpose, bool sound) {
        static GenCycle g;

        cyclegen(&g, program, sound ? GEN_SOUND : GEN_SHORT_HOLD, (uint64_t)number + 1, 0);
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':%d,'program':'%s','purpose':'%s'}", number, program->name,
                purpose);
        sim_samples(s, number, &g, 0, g.n, ROWS);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':%d,'outcome':'completed'}", number);
}

void sim_cycle(Sim *s, int number, bool sound) {
        run_cycle(s, number, &GEN_PREVAC_134, "load", sound);
}

void sim_empty_cycle(Sim *s, int number, bool sound) {
        run_cycle(s, number, &GEN_PREVAC_134, "empty", sound);
}

void sim_bowie_dick(Sim *s, int number) {
        run_cycle(s, number, &GEN_BOWIE_DICK, "test", true);
}

/* Two tests as if they had been reported: 2 leak, 0 Bowie-Dick; outcome 1 passed. */
void sim_fit(Sim *s) {
        for (int test = 0; test <= 2; test += 2)
                sim_sql(s, "INSERT INTO test (i, autoclave, test, run_us, read_us, outcome) "
                           "VALUES (1, 'ac-1', %d, %lld, %lld, 1)",
                        test, (long long)s->now.wall_us - 1, (long long)s->now.wall_us);
}

void sim_was_fit(Sim *s, int number) {
        sim_sql(s,
                "INSERT INTO test (i, autoclave, test, run_us, read_us, outcome) "
                "SELECT 1, autoclave, %d, started_us - 1, started_us - 1, %d FROM attempt WHERE cycle = %d",
                TEST_BOWIE_DICK, TEST_PASSED, number);
}

void sim_indicate(Sim *s, int number, const char *packs) {
        sim_was_fit(s, number);
        sim_taken(s, "station/station-1/indicator",
                  "{'autoclave':'ac-1','cycle':%d,'indicator':'chemical','where':'outside','packs':%s,'type':1,"
                  "'result':'pass','reader':'ben'}",
                  number, sim_codes(packs));
}

void sim_packed(Sim *s, int n, const char *class_id, const char *wrap) {
        sim_taken(s, "station/station-1/receive", "{'item':'EX-%d','class':'%s'}", n, class_id);
        sim_taken(s, "station/station-1/clean", "{'items':['EX-%d'],'method':'manual','operator':'ben'}", n);
        sim_taken(s, "station/station-1/pack", "{'pack':'P-%d','items':['EX-%d'],'wrap':'%s','operator':'ben'}", n, n, wrap);
}

void sim_sterilize(Sim *s, const char *name, const char *class_id, const char *pack, int number) {
        char json[256];

        sim_taken(s, "station/station-1/receive", "{'item':'%s','class':'%s'}", sim_code(name), class_id);
        process(s, name, "clean", "'method':'ultrasonic','operator':'ben'");
        snprintf(json, sizeof(json), "'pack':'%s','wrap':'pouch','operator':'ben'", pack);
        process(s, name, "pack", json);
        sim_taken(s, "station/station-1/load", "{'autoclave':'ac-1','cycle':%d,'packs':['%s']}", number, pack);
        sim_cycle(s, number, true);
        sim_indicate(s, number, pack);
        sim_taken(s, "station/station-1/release", "{'autoclave':'ac-1','cycle':%d,'decision':'release','by':'ben','dry':true}",
                  number);
        assert_string_equal(sim_rules(s, "down/station/station-1/released"), "");
        assert_string_equal(sim_member(s, "down/station/station-1/released", "verdict"), "released");
}

void sim_disinfect_room(Sim *s, const char *room) {
        char what[96];

        sim_advance(s, 60 * US_PER_S);
        snprintf(what, sizeof(what), "room/%s/disinfected", room);
        sim_say(s, what, "{'by':'ben','contact_s':60}");
}

/* --- rooms ------------------------------------------------------------------------------------------------------------ */

static const char *answer(Sim *s, const char *room, const char *message) {
        char who[96], topic[128];
        static char text[1024];

        snprintf(who, sizeof(who), "room/%s", room);
        snprintf(topic, sizeof(topic), "down/room/%s/%s", room, message);
        if (sim_rejected(s, who)[0]) {
                snprintf(text, sizeof(text), "rejected: %s", sim_rejected(s, who));
                return text;
        }
        if (streq(sim_member(s, topic, "verdict"), "allow"))
                assert_string_equal(sim_rules(s, topic), "");
        snprintf(text, sizeof(text), "%s", streq(sim_member(s, topic, "verdict"), "allow") ? "allow" : sim_rules(s, topic));
        assert_int_equal(sim_member(s, topic, "permit")[0] != '\0', streq(text, "allow"));
        return text;
}

const char *sim_ask_for(Sim *s, const char *room, const char *session, const char *names, const char *practitioner,
                        const char *patient, const char *procedure) {
        char what[96];

        snprintf(what, sizeof(what), "room/%s/session-request", room);
        sim_forget(s);
        sim_say(s, what, "{'session':'%s','practitioner':'%s','patient':'%s','procedure':'%s','items':%s,'nonce':'%s'}", session,
                practitioner, patient, procedure, sim_codes(names), sim_nonce(++s->nonce));
        return answer(s, room, "decision");
}

const char *sim_ask(Sim *s, const char *room, const char *session, const char *names) {
        return sim_ask_for(s, room, session, names, "ana", "p-1", "skin-needling");
}

void sim_put_request(Sim *s, const char *room, const char *session, const char *names, uint64_t nonce) {
        char what[96];

        snprintf(what, sizeof(what), "room/%s/session-request", room);
        sim_say_as(s, what, NULL, 0,
                   "{'session':'%s','practitioner':'ana','patient':'p-1','procedure':'skin-needling','items':%s,'nonce':'%s'}",
                   session, sim_codes(names), sim_nonce(nonce));
}

const char *sim_renew(Sim *s, const char *room, const char *session) {
        char what[96];

        snprintf(what, sizeof(what), "room/%s/session-renew", room);
        sim_forget(s);
        sim_say(s, what, "{'session':'%s','nonce':'%s'}", session, sim_nonce(++s->nonce));
        return answer(s, room, "permit");
}

const char *sim_add(Sim *s, const char *room, const char *session, const char *names) {
        char what[96];

        snprintf(what, sizeof(what), "room/%s/session-add", room);
        sim_forget(s);
        sim_say(s, what, "{'session':'%s','items':%s,'nonce':'%s'}", session, sim_codes(names), sim_nonce(++s->nonce));
        return answer(s, room, "decision");
}

static void about(Sim *s, const char *room, const char *message, const char *json, const char *session, const char *more) {
        char what[96], who[80];

        snprintf(what, sizeof(what), "room/%s/%s", room, message);
        snprintf(who, sizeof(who), "room/%s", room);
        sim_forget(s);
        sim_say(s, what, "{'session':'%s'%s%s%s}", session, json, more, json[0] ? "'" : "");
        assert_string_equal(sim_rejected(s, who), "");
}

void sim_start(Sim *s, const char *room, const char *session) {
        about(s, room, "session-start", "", session, "");
}

void sim_end(Sim *s, const char *room, const char *session, const char *outcome) {
        about(s, room, "session-end", ",'by':'ana','outcome':'", session, outcome);
}

/* --- officers and relays ------------------------------------------------------------------------------------------------ */

int sim_act(Sim *s, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        int r = intake_act(s->intake, &s->now, act, ret_text);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

static const char *officer(Sim *s, ActType type, const char *subject) {
        static char text[ACT_TEXT_MAX];
        const Act act = {
                .type = type, .subject = subject, .by = "clara", .reason = "looked into it", .uid = 1, .pid = 1
        };

        return sim_act(s, &act, text) == 0 ? "done" : text;
}

const char *sim_unlock(Sim *s, const char *room) {
        return officer(s, ACT_ROOM_UNLOCK, room);
}

const char *sim_end_for(Sim *s, const char *session) {
        return officer(s, ACT_SESSION_END, session);
}

const char *sim_relay_ask(Sim *s, const char *relay) {
        char what[96], topic[128];
        static char text[256];

        snprintf(what, sizeof(what), "actuator/%s/renew", relay);
        snprintf(topic, sizeof(topic), "down/actuator/%s/permit", relay);
        sim_forget(s);
        sim_say(s, what, "{'nonce':'%s'}", sim_nonce(++s->nonce));
        snprintf(text, sizeof(text), "%s", streq(sim_member(s, topic, "verdict"), "allow") ? "allow" : sim_rules(s, topic));
        assert_int_equal(sim_member(s, topic, "permit")[0] != '\0', streq(text, "allow"));
        assert_string_equal(sim_member(s, topic, "nonce"), sim_nonce(s->nonce));
        return text;
}

void sim_relay_say(Sim *s, const char *relay, bool energised) {
        char what[96];

        snprintf(what, sizeof(what), "actuator/%s/state", relay);
        sim_say(s, what, "{'energised':%s}", energised ? "true" : "false");
}
