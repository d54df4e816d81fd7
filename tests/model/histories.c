/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of a clinic with three autoclaves, two rooms and a few reusable instruments, over some days: most of
 * what people do is right, each thing is now and then forgotten, late, wrong, or done by the wrong person; and messages
 * are lost, delayed, repeated, unnumbered, while devices, the daemon and the machine restart. Each history is left as a
 * folder with its ledger and the configurations that were in force, for reference.py to judge.
 *
 *   histories FOLDER        SEED=n repeats a run, HISTORIES=n makes it longer or shorter, FIRST=n skips those before it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "clinic.h"

#define DAYS 3

static const char *out_dir;
static char folder[256];

/* --- configuration --- */

static const char EXTRA[] =
        "[program gravity-121]\nname = Gravity\ntype = gravity\nset-temperature = 121 C\nhold-min = 15 min\nwraps = "
        "none\n"
        "[autoclave ac-2]\nclass-type = S\nband = en13060\nuncertainty-c = 0.5\ncalibration-due = 2026-12-31\n"
        "programs = prevac-134, quick-134, bowie-dick, helix, vacuum-leak\n"
        "[autoclave ac-3]\nclass-type = N\nband = en13060\nuncertainty-c = 0.5\ncalibration-due = 2026-11-23\n"
        "programs = gravity-121\n"
        "[device ac-2]\nkinds = autoclave\n[device ac-3]\nkinds = autoclave\n[device station-2]\nkinds = station\n"
        "[class probe]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nhollow = no\ncritical = no\n"
        "reprocessing-limit = 5\n"
        "[class once]\nrole = other\nreprocessing = sterilize\nsterilize-before-use = yes\nhollow = no\n"
        "needs-biological = yes\n"
        "[practitioner dora]\nroles = operator\n";

/* The shipped file with a trusted clock and this region's profile, and more beside it; kept with the ledger. */
static void configure(const char *profile, const char *challenge, const char *more) {
        static ConfigErrors errors;
        Config *config = NULL;
        char name[320], line[512];
        FILE *in = fopen("etc/asepsisd.conf", "re"), *out;

        snprintf(name, sizeof(name), "%s/%" PRId64 ".conf", folder, sim_sql(s, "SELECT max(i) FROM audit"));
        out = fopen(name, "we");
        assert_true(in && out);
        while (fgets(line, sizeof(line), in))
                if (streq(line, "#clock = ntp\n"))
                        fputs("clock = rtc-trusted\n", out);
                else if (streq(line, "profile = eu\n"))
                        fprintf(out, "profile = %s\n", profile);
                else if (streq(line, "#load-challenge = none\n"))
                        fprintf(out, "load-challenge = %s\n", challenge);
                else
                        fputs(line, out);
        fprintf(out, "%s%s", EXTRA, more);
        fclose(in);
        fclose(out);
        in = fopen(name, "re");
        if (!in || config_load_stream(in, "clinic", &config, &errors) < 0) {
                config_errors_print(&errors, stderr);
                fail_msg("%s is not good", name);
        }
        fclose(in);
        intake_configure(s->intake, config);
        config_free(s->config);
        s->config = config;
}

/* --- officers --- */

static void end_recall(void) {
        const int64_t recalls = sim_sql(s, "SELECT max(id) FROM recall");
        char text[TEXT_MAX + 1];

        if (recalls)
                intake_recall_end(s->intake, &s->now, 1 + roll((int)recalls), slip(20) ? "ben" : "clara", "looked at",
                                  text);
        sim_commit(s);
}

/* Three empty cycles with spore tests, three Bowie-Dick tests, an officer; or less than that. */
static void bring_back(int ac) {
        char name[8], text[TEXT_MAX + 1];
        const bool whole = chance(60);

        snprintf(name, sizeof(name), "ac-%d", ac);
        for (int i = whole || chance(50) ? 3 : roll(3); i > 0; i--) {
                run(ac, ac == 3 ? "gravity-121" : "prevac-134", "empty", GEN_SOUND, NULL);
                tell("station/station-1/indicator",
                     "{'autoclave':'ac-%d','cycle':%d,'indicator':'chemical','where':'challenge','type':5,'result':'"
                     "pass',"
                     "'reader':'ben'}",
                     ac, n_cycle[ac]);
                spore_test(ac, "pass", "growth");
        }
        for (int i = ac == 3 ? 0 : whole ? 3 : roll(4); i > 0; i--) {
                run(ac, "bowie-dick", "test", GEN_SOUND, NULL);
                tell("station/station-1/test",
                     "{'autoclave':'ac-%d','test':'bowie-dick','cycle':%d,'result':'pass','reader':'ben'}", ac,
                     n_cycle[ac]);
        }
        intake_autoclave_return(s->intake, &s->now, name, slip(20) ? "ben" : "clara", "repaired and tested", text);
        sim_commit(s);
}

static bool is_out(int ac) {
        return sim_sql(s, "SELECT count(*) FROM service WHERE autoclave = 'ac-%d' AND back_us IS NULL", ac) > 0;
}

static void officer(void) {
        for (int ac = 1; ac <= 3; ac++)
                if (is_out(ac) && chance(70))
                        bring_back(ac);
        for (int i = roll(4); i > 0; i--)
                end_recall();
}

/* --- what nobody planned --- */

/* Somebody takes it for a session all the same. */
static void in_a_moment(const char *name) {
        n_session++;
        turn_over(1);
        ask(1, name, "ana");
}

/* One needle on two pens. */
static void copy_of(const char *name) {
        tell("handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code(name));
        tell("handpiece/pen-2/usage", "{'item':'%s','event':'attached'}", sim_code(name));
        in_a_moment(name);
}

/* To what lies there: one of six things. False: it is none of them. */
static bool goods_mishap(int which, int t) {
        switch (which) {
        case 0:
                tell("station/station-1/damage", "{'pack':'%s','reason':'torn'}", label_of[t]);
                return true;
        case 1:
                tell("station/station-1/damage", "{'item':'%s','reason':'bent'}",
                     roll(2) ? tool(t) : sim_code(next_needle()));
                return true;
        case 2:
                tell("sharps/sharps-1/drop", "{'item':'%s'}", sim_code(next_needle()));
                return true;
        case 3:
                tell("station/station-1/recall", "{'reason':'maker','by':'clara','lot':'L%d'}", roll(5));
                return true;
        case 4:
                tell("station/station-1/recall", "{'reason':'look again','by':'clara','items':%s}",
                     sim_codes(roll(2) ? tool(t) : needle()));
                return true;
        case 8:
                copy_of(needle());
                return true;
        default:
                return false;
        }
}

static void machine_mishap(int which, int ac) {
        char what[64];

        switch (which) {
        case 5:
                snprintf(what, sizeof(what), "autoclave/ac-%d/fault", ac);
                tell(what, "{'code':'E12','severity':'%s'}", roll(3) ? "minor" : "major");
                return;
        case 6:
                decide(ac, "reject", NULL); /* withdrawn, if it was released */
                return;
        case 7:
                spore_test(ac, roll(2) ? "fail" : "pending", NULL);
                return;
        case 9:
        case 10:
                spore_test(1 + roll(2), "fail", NULL);
                return;
        case 11:
                tell("station/station-2/test", "{'autoclave':'ac-%d','test':'helix','result':'fail','reader':'ben'}",
                     1 + roll(2));
                return;
        default:
                tell("station/station-1/recall",
                     "{'reason':'machine','by':'clara','autoclave':'ac-%d','from':'2026-11-%02dT00:00:00Z','to':'2026-"
                     "11-%02dT23:00:00Z'}",
                     ac, 22 + roll(3), 24 + roll(2));
        }
}

static void mishap(void) {
        const int ac = 1 + roll(3);
        int t = roll(TOOLS), which;

        for (int i = 0; i < TOOLS && !ready[t]; i++)
                t = (t + 1) % TOOLS;
        which = roll(13);
        if (!goods_mishap(which, t))
                machine_mishap(which, ac);
}

/* Two tools that are not ready; any, where all are. */
static int pair_to_do(void) {
        int first = 2 * roll(TOOLS / 2);

        for (int i = 0; i < TOOLS / 2 && ready[first] && ready[first + 1]; i++)
                first = (first + 2) % TOOLS;
        return first;
}

static void day(int number) {
        receive_needles(20);
        morning(number);
        for (int i = 0; i < 4; i++) {
                const int first = pair_to_do(), ac = first == 4 && chance(60) ? 3 : slip(8) ? 3 : 1 + roll(2);

                reprocess(ac, first, 2 + (first <= 4 && ac < 3 && roll(2) ? 2 : 0));
                if (slip(70))
                        mishap();
                for (int n = 4 + roll(4); n > 0; n--)
                        session();
        }
        deliver_delayed();
        officer();
}

static void next_morning(void) {
        const int64_t hours = 16 + roll(3);

        sim_pass(s, hours * 60 * MINUTE - (s->now.wall_us - SIM_START_US) % (24 * 60 * MINUTE) + 8 * 60 * MINUTE);
}

static void history(int number) {
        const char *profile, *challenge;
        Sim sim;

        s = &sim;
        snprintf(folder, sizeof(folder), "%s/%06d", out_dir, number);
        assert_int_equal(mkdir(folder, 0755), 0);
        rough = roll(5) < 2;
        careless = roll(5) == 0;
        profile = roll(3) ? "eu" : "us";
        challenge = roll(2) ? "none" : roll(2) ? "type-5" : "helix";
        autoclaves_begin();
        tools_begin();
        rooms_begin();
        sim_open(s, NULL);
        configure(profile, challenge, "");
        for (int t = 0; t < TOOLS; t++)
                receive_tool(t);
        receive_pen();
        for (int i = 0; i < DAYS; i++) {
                day(i);
                if (roll(4) == 0) /* the same again, and a person more or less */
                        configure(profile, challenge,
                                  roll(2) ? "[practitioner zoe]\nroles = operator, releaser\n" : "");
                next_morning();
        }
        sim_commit(s);
        sim_check_chain(s);
        sim_sql(s, "VACUUM INTO '%s/ledger.db'", folder);
        forget_delayed();
        sim_close(s);
}

static int number_of(const char *name, int otherwise) {
        const char *text = getenv(name);

        return text ? atoi(text) : otherwise;
}

static void histories_are_played(void **state) {
        const int histories = number_of("HISTORIES", 30), seed = number_of("SEED", (int)(time(NULL) % 1000000));
        const int first = number_of("FIRST", 0);

        (void)state;
        printf("SEED=%d HISTORIES=%d FIRST=%d\n", seed, histories, first);
        for (int i = first; i < first + histories; i++) {
                dice = (GenRandom){ .state = (uint64_t)seed * 1000003 + (uint64_t)i };
                history(i);
        }
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(histories_are_played) };

        if (argc != 2) {
                fprintf(stderr, "histories FOLDER\n");
                return 2;
        }
        out_dir = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
