/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clinic's past: the months of May to September, and one load a week ago, as its devices would have reported them.
 * Every message goes through the daemon's own intake into a real ledger; only the clock is played, since nobody wants
 * to wait for five months. What the intake refuses ends the program: the past must be one that could have happened.
 *
 *   past CONFIG YEAR
 *
 * Prints what the account needs, a word and its values a line: "month NAME SESSIONS LOADS", "room-1 SESSIONS", and of
 * last week's load "week DATE", "cycle", "lot" of its spore strip, and "patient" and "session" that had an instrument
 * of it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "../tests/lib/cyclegen.h"
#include "config.h"
#include "intake/intake.h"

#define FIRST_CYCLE 1000
#define ROOMS 2
#define SESSIONS_A_DAY 4
#define PATIENTS 160 /* they come again after that many sessions */
#define MACHINE 2026 /* of the cycles, as in cycle.c */

typedef struct Past {
        Store *store;
        Signer *signer;
        Config *config;
        Intake *intake;
        Now now;
        struct {
                char who[32];
                int64_t seq;
        } who[16];
        int cycle, session, cartridge, sleeve;
        int sessions, loads;    /* of the month */
        int in_room_1;          /* sessions of all months there */
        bool allowed, released; /* the last answers */
} Past;

static void die(const char *what, const char *why) {
        (void)fprintf(stderr, "past: %s: %s\n", what, why);
        exit(EXIT_FAILURE);
}

static void must(int r, const char *what) {
        if (r < 0)
                die(what, strerror(-r));
}

/* --- talking to the intake --- */

static bool ends(const char *topic, const char *word) {
        size_t n = strlen(topic), m = strlen(word);

        return n >= m && streq(topic + n - m, word);
}

static void listen(void *userdata, const Outgoing *o) {
        Past *p = userdata;

        if (ends(o->topic, "/rejected"))
                die("refused", o->payload);
        if (ends(o->topic, "/decision"))
                p->allowed = strstr(o->payload, "\"verdict\":\"allow\"") != NULL;
        if (ends(o->topic, "/released"))
                p->released = strstr(o->payload, "\"verdict\":\"released\"") != NULL;
        if ((ends(o->topic, "/decision") && !p->allowed) || (ends(o->topic, "/released") && !p->released))
                die("must not be refused", o->payload);
}

static void commit(Past *p) {
        Batch *b = intake_batch(p->intake);

        must(intake_commit(p->intake, &p->now), "commit");
        for (size_t i = 0; i < b->n_out; i++)
                if (b->out[i].outbox)
                        must(intake_outbox_settled(p->intake, b->out[i].outbox), "outbox");
        for (size_t i = 0; i < b->n_out; i++)
                listen(p, b->out + i);
        batch_clear(b);
}

static int64_t next_seq(Past *p, const char *who) {
        for (size_t i = 0; i < ELEMENTSOF(p->who); i++) {
                if (!p->who[i].who[0])
                        (void)snprintf(p->who[i].who, sizeof(p->who[i].who), "%s", who);
                if (streq(p->who[i].who, who))
                        return ++p->who[i].seq;
        }
        die(who, "too many devices");
        return 0;
}

/* JSON with ' for ", without braces; `who` is KIND/DEVICE. */
static void say(Past *p, const char *who, const char *message, const char *format, ...) _printf_(4, 5);
static void say(Past *p, const char *who, const char *message, const char *format, ...) {
        static char body[PAYLOAD_MAX], payload[PAYLOAD_MAX + 128];
        char topic[160];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(body, sizeof(body), format, ap);
        va_end(ap);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        (void)snprintf(topic, sizeof(topic), "asepsis/v1/%s/up/%s/%s", p->config->site.id, who, message);
        (void)snprintf(payload, sizeof(payload), "{\"boot\":\"past\",\"seq\":%lld%s%s}", (long long)next_seq(p, who),
                       body[0] ? "," : "", body);
        must(intake_message(p->intake, &p->now,
                            &(Incoming){ .topic = topic, .payload = payload, .size = strlen(payload) }),
             message);
}

/* The clock goes on to this time of the day, in the clinic's zone. */
static void at(Past *p, struct tm day, int hour, int minute) {
        int64_t then;

        commit(p);
        day.tm_hour = hour;
        day.tm_min = minute;
        day.tm_sec = 0;
        day.tm_isdst = -1;
        then = (int64_t)mktime(&day) * US_PER_S;
        if (then > p->now.wall_us) {
                p->now.boot_us += then - p->now.wall_us;
                p->now.wall_us = then;
        }
        must(intake_tick(p->intake, &p->now), "tick");
        commit(p);
}

static void pass(Past *p, int seconds) {
        commit(p);
        p->now.wall_us += seconds * US_PER_S;
        p->now.boot_us += seconds * US_PER_S;
}

/* --- what the clinic does --- */

static void run_cycle(Past *p, const char *program, const char *purpose) {
        static GenCycle g;
        GenMachine machine;
        static char rows[PAYLOAD_MAX - 512];

        cyclegen_machine(&machine, MACHINE);
        cyclegen_on(&machine, &g, streq(purpose, "load") ? &GEN_PREVAC_134 : &GEN_BOWIE_DICK, GEN_SOUND,
                    (uint64_t)p->cycle, 0);
        say(p, "autoclave/ac-1", "cycle-start", "'cycle':%d,'program':'%s','purpose':'%s'", p->cycle, program, purpose);
        for (size_t i = 0; i < g.n;) {
                size_t n = 0;

                for (size_t k = 0; k < 1000 && i < g.n; k++, i++)
                        n += (size_t)snprintf(rows + n, sizeof(rows) - n, "%s[%.1f,%.2f,%.2f]", k ? "," : "",
                                              (double)g.samples[i].t_us / 1e6, g.samples[i].temperature_mc / 1e3,
                                              g.samples[i].pressure_pa / 1e3);
                say(p, "autoclave/ac-1", "sample", "'cycle':%d,'samples':[%s]", p->cycle, rows);
        }
        pass(p, (int)(g.samples[g.n - 1].t_us / US_PER_S) + 1);
        say(p, "autoclave/ac-1", "cycle-end", "'cycle':%d,'outcome':'completed'", p->cycle);
}

static void test_penetration(Past *p) {
        p->cycle++;
        run_cycle(p, "bowie-dick", "test");
        pass(p, 300);
        say(p, "station/station-1", "test",
            "'test':'bowie-dick','autoclave':'ac-1','cycle':%d,'result':'pass','reader':'ben','lot':'BD-77'", p->cycle);
}

/* What is done each week: leak test, door seal. */
static void weekly_checks(Past *p) {
        say(p, "station/station-1", "duty", "'duty':'door-seal','subject':'ac-1','by':'ben'");
        say(p, "autoclave/ac-1", "test",
            "'test':'vacuum-leak','result':'pass','reader':'ben','pressures':[[0,4.0],[300,4.3],[900,4.6]]");
}

/* A spore strip goes into this load, and is read two days later, with its control. */
static void spore(Past *p, int cycle, const char *result, const char *control) {
        say(p, "station/station-1", "indicator",
            "'autoclave':'ac-1','cycle':%d,'indicator':'biological','where':'challenge','lot':'SP-%d','result':'%s',"
            "'reader':'ben'%s%s%s",
            cycle, 100 + cycle / 50, result, control ? ",'control':'" : "", control ?: "", control ? "'" : "");
}

/* Two instruments, each in a pouch of its own. */
static void load(Past *p, const char *const items[static 2], const char *pack, bool with_spores) {
        char packs[96];

        (void)snprintf(packs, sizeof(packs), "'%s-1','%s-2'", pack, pack);
        say(p, "station/station-1", "clean", "'items':['%s','%s'],'method':'washer-disinfector','operator':'ben'",
            items[0], items[1]);
        for (int i = 0; i < 2; i++)
                say(p, "station/station-1", "pack", "'pack':'%s-%d','items':['%s'],'wrap':'pouch','operator':'ben'",
                    pack, i + 1, items[i]);
        p->cycle++;
        say(p, "station/station-1", "load", "'autoclave':'ac-1','cycle':%d,'packs':[%s]", p->cycle, packs);
        pass(p, 60);
        run_cycle(p, "prevac-134", "load");
        pass(p, 300);
        say(p, "station/station-1", "indicator",
            "'autoclave':'ac-1','cycle':%d,'indicator':'chemical','where':'outside','packs':[%s],'type':1,"
            "'result':'pass','reader':'ben'",
            p->cycle, packs);
        if (with_spores)
                spore(p, p->cycle, "pending", NULL);
        say(p, "station/station-1", "release",
            "'autoclave':'ac-1','cycle':%d,'decision':'release','by':'ben','dry':true", p->cycle);
        p->loads++;
        p->released = false;
        commit(p);
        if (!p->released)
                die(pack, "no answer to its release");
}

static const char *nonce(int number) {
        static char text[32];

        /* 22 letters are 16 bytes; the last of them carries two bits only. */
        (void)snprintf(text, sizeof(text), "past%017dA", number);
        return text;
}

/* A session with everything that belongs to it; `instrument` may be empty. */
static void treat(Past *p, int room, const char *patient, const char *instrument) {
        char where[32], pen[32], handpiece[16], needle[64], sleeve[64];

        (void)snprintf(where, sizeof(where), "room/room-%d", room);
        (void)snprintf(pen, sizeof(pen), "handpiece/pen-%d", room);
        (void)snprintf(handpiece, sizeof(handpiece), "HP-%d", room + 10);
        (void)snprintf(needle, sizeof(needle), "(01)00844588003288(21)PA%05d", ++p->cartridge);
        (void)snprintf(sleeve, sizeof(sleeve), "(01)00844588006029(21)PS%05d", ++p->sleeve);
        say(p, "station/station-1", "receive", "'item':'%s'", needle);
        say(p, "station/station-1", "receive", "'item':'%s'", sleeve);
        say(p, "station/station-1", "clean", "'items':['%s'],'method':'manual','operator':'ben'", handpiece);
        pass(p, 120);
        say(p, "station/station-1", "disinfect", "'items':['%s'],'level':'high','contact_s':120,'by':'ben'", handpiece);
        say(p, where, "disinfected", "'by':'ana','contact_s':120");
        p->session++;
        p->allowed = false;
        say(p, where, "session-request",
            "'session':'past-%d','practitioner':'ana','patient':'%s','procedure':'skin-needling',"
            "'items':['%s','%s','%s'%s%s%s],'nonce':'%s'",
            p->session, patient, needle, sleeve, handpiece, instrument[0] ? ",'" : "", instrument,
            instrument[0] ? "'" : "", nonce(p->session));
        commit(p);
        if (!p->allowed)
                die(patient, "no answer to the request");
        say(p, where, "session-step", "'session':'past-%d','step':'screened','form_hash':'%064d'", p->session, p->session);
        say(p, where, "session-start", "'session':'past-%d'", p->session);
        say(p, pen, "usage", "'item':'%s','event':'contact','session':'past-%d','area':'face'", needle, p->session);
        pass(p, 1500);
        say(p, where, "session-step", "'session':'past-%d','step':'aftercare'", p->session);
        say(p, where, "session-end", "'session':'past-%d','outcome':'completed','dropped':['%s'],'by':'ana'",
            p->session, needle);
        say(p, "station/station-1", "clean", "'items':['%s'%s%s%s],'method':'manual','operator':'ben'", handpiece,
            instrument[0] ? ",'" : "", instrument, instrument[0] ? "'" : "");
        p->sessions++;
        p->in_room_1 += room == 1;
}

/* --- its calendar --- */

static void goods_in(Past *p, const char *const *labels, const char *class_id) {
        for (; *labels; labels++)
                say(p, "station/station-1", "receive", "'item':'%s','class':'%s'", *labels, class_id);
}

/* The sterilization of one morning; on Mondays with a leak test and spores. */
static void morning(Past *p, struct tm day, bool weekly, const char *const items[static 2], const char *pack) {
        at(p, day, 7, 20);
        say(p, "station/station-1", "duty", "'duty':'feed-water','subject':'ac-1','by':'ben'");
        if (weekly)
                weekly_checks(p);
        at(p, day, 7, 40);
        test_penetration(p);
        at(p, day, 8, 30);
        load(p, items, pack, weekly);
}

/* Before the first load: an empty cycle, by which the program is commissioned. */
static void commission(Past *p, struct tm day) {
        char text[TEXT_MAX + 1];
        int r;

        at(p, day, 7, 0);
        p->cycle++;
        run_cycle(p, "prevac-134", "empty");
        commit(p);
        r = intake_commission(p->intake, &p->now, "ac-1.1", "clara", text);
        must(r, "commission");
        if (r > 0)
                die("commission", text);
        commit(p);
}

static void working_day(Past *p, struct tm day) {
        static const char *const items[] = { "EX-11", "EX-12" };
        char pack[32], patient[16];
        int spores = 0;

        (void)snprintf(pack, sizeof(pack), "PA-%d", p->cycle);
        morning(p, day, day.tm_wday == 1, items, pack);
        if (day.tm_wday == 1)
                spores = p->cycle;
        for (int i = 0; i < SESSIONS_A_DAY; i++) {
                at(p, day, 10 + 2 * i, 0);
                (void)snprintf(patient, sizeof(patient), "p-%d", 5000 + p->session * 7 % PATIENTS);
                treat(p, 1 + i % ROOMS, patient, i == 0 ? "EX-11" : "");
        }
        if (spores) {
                at(p, day, 19, 0);
                spore(p, spores, "pass", "growth");
        }
}

static void months(Past *p, int year) {
        static const char *const names[] = { "May", "June", "July", "August", "September" };

        for (int month = 0; month < 5; month++) {
                p->sessions = p->loads = 0;
                for (int d = 1; d <= 31; d++) {
                        struct tm day = { .tm_year = year - 1900, .tm_mon = 4 + month, .tm_mday = d, .tm_isdst = -1 };

                        (void)mktime(&day);
                        if (day.tm_mon != 4 + month || day.tm_wday < 1 || day.tm_wday > 5)
                                continue;
                        if (p->cycle == FIRST_CYCLE)
                                commission(p, day);
                        working_day(p, day);
                }
                printf("month %s %d %d\n", names[month], p->sessions, p->loads);
        }
        printf("room-1 %d\n", p->in_room_1);
}

/* Today's trouble began a week ago: a load with spores in it, which nobody has read yet. */
static void last_week(Past *p, int64_t today_us) {
        static const char *const items[] = { "EX-21", "EX-22" };
        time_t then = (time_t)(today_us / US_PER_S) - 7 * 86400;
        struct tm day;
        char date[16];

        localtime_r(&then, &day);
        morning(p, day, true, items, "PA-LAST");
        say(p, "station/station-1", "duty", "'duty':'yearly-validation','subject':'ac-1','by':'ben'");
        at(p, day, 10, 0);
        treat(p, 1, "p-6001", "EX-21");
        at(p, day, 12, 0);
        commit(p);
        (void)strftime(date, sizeof(date), "%F", &day);
        printf("week %s\ncycle %d\nattempt ac-1.%d\nlot SP-%d\npatient p-6001\nsession past-%d\n", date, p->cycle,
               p->cycle - FIRST_CYCLE, 100 + p->cycle / 50, p->session);
}

/* --- life --- */

static void open_clinic(Past *p, const char *path) {
        static ConfigErrors errors;
        char why[STORE_WHY_MAX] = "";
        StoreOpened opened;

        if (config_load(path, &p->config, &errors) < 0)
                die(path, errors.text[0]);
        (void)setenv("TZ", p->config->site.timezone, 1);
        tzset();
        must(signer_open(&p->signer, p->config->store.signing_key), "signing key");
        if (store_open(&p->store, &(StoreOptions){ .path = p->config->store.path }, &opened, why) < 0)
                die(p->config->store.path, why);
}

int main(int argc, char **argv) {
        static const char *const extractors[] = { "EX-11", "EX-12", "EX-21", "EX-22", NULL };
        static const char *const handpieces[] = { "HP-11", "HP-12", NULL };
        struct tm first = { .tm_mon = 4, .tm_mday = 1, .tm_hour = 7, .tm_isdst = -1 };
        Past p = { .cycle = FIRST_CYCLE };

        if (argc != 3) {
                (void)fputs("past CONFIG YEAR\n", stderr);
                return EXIT_FAILURE;
        }
        open_clinic(&p, argv[1]);
        first.tm_year = atoi(argv[2]) - 1900;
        p.now = (Now){ (int64_t)mktime(&first) * US_PER_S, 1000 * US_PER_S };
        must(intake_new(&p.intake,
                        &(IntakeOptions){ .store = p.store,
                                          .signer = p.signer,
                                          .config = p.config,
                                          .boot = "past",
                                          .machine_boot = "past" },
                        &p.now),
             "intake");
        goods_in(&p, extractors, "extractor");
        goods_in(&p, handpieces, "handpiece");
        months(&p, atoi(argv[2]));
        last_week(&p, (int64_t)time(NULL) * US_PER_S);
        p.intake = intake_free(p.intake);
        p.store = store_close(p.store);
        p.signer = signer_free(p.signer);
        p.config = config_free(p.config);
        return EXIT_SUCCESS;
}
