/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keys say together; what is shipped, and what is written about it. Reads doc/configuration.md and
 * etc/asepsisd.conf: run from the top of the tree. UPDATE_DOC=1 writes the former.
 */
#include "config-case.h"
#include "core/udi.h"

#define SHIPPED "etc/asepsisd.conf"
#define DOCUMENT "doc/configuration.md"

/* Across keys */

static void a_reference_to_nothing_is_an_error(void **state) {
        static const Refusal cases[] = {
                { "[room room-1]\n[device d]\nkinds = handpiece\nroom = room1\n", 4,
                  "[device d] room: there is no [room room1]; did you mean room-1?" },
                { "[device d]\nkinds = actuator\n", 1, "[device d] room: a device of kind actuator needs the room whose power it switches: room = ID" },
                { "[device d]\nkinds = room\n", 1, "[device d] room: there is no [room d]; did you mean r?" },
                { "[device elsewhere]\nkinds = autoclave\n", 1,
                  "[device elsewhere] autoclave: there is no [autoclave elsewhere]" },
                { "[product 00844588003288]\nclass = needel\nsupplied = sterile\n", 2,
                  "[product 00844588003288] class: there is no [class needel]; did you mean needle?" },
                { "[autoclave b]\nclass-type = B\nband = en285\nuncertainty-c = 0.5\nprograms = p, prevac\n", 5,
                  "[autoclave b] programs: there is no [program prevac]" },
                { "[practitioner x]\nroles = practitioner\nqualified = skim until 2027-01-01\n", 3,
                  "[practitioner x] qualified: there is no [procedure skim]; did you mean skin?" },
                { "[class c]\nrole = handpiece\nrequired-state = disinfected\nneeds-barrier = sleeve\n", 4,
                  "[class c] needs-barrier: there is no [class sleeve]" },
                { "[class c]\nrole = other\nsingle-use = no\nreprocessing = sterilize\nrequired-programs = pp\n", 5,
                  "[class c] required-programs: there is no [program pp]; did you mean p?" },
                { "[procedure k]\nneeds = needle + vial\n", 2, "[procedure k] needs: no class has the role vial" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

static void a_device_speaks_only_for_what_it_is_bound_to(void **state) {
        static const Refusal cases[] = {
                { "[room x]\n[device r]\nkinds = room\nroom = x\n", 4,
                  "[device r] room: a device of kind room has the id of its room, x" },
                { "[device d]\nkinds = station\nautoclave = a\n", 3,
                  "[device d] autoclave: only a device of kind autoclave speaks for one" },
        };
        Config *c = loaded("[device r]\nkinds = room, handpiece\n[device a]\nkinds = autoclave\n"
                           "[device gateway]\nkinds = autoclave\nautoclave = a\nstore-and-forward = yes\n");
        (void)state;
        REFUSE_ALL(cases);
        const ConfigDevice *d = config_device(c, "r");
        assert_string_equal(d->room, "r");
        assert_true(config_device_is(d, KIND_ROOM) && config_device_is(d, KIND_HANDPIECE));
        assert_false(config_device_is(d, KIND_STATION));
        assert_string_equal(config_device(c, "a")->autoclave, "a");
        assert_false(config_device(c, "a")->store_and_forward);
        assert_string_equal(config_device(c, "gateway")->autoclave, "a");
        assert_true(config_device(c, "gateway")->store_and_forward);
        config_free(c);
}

#define PROGRAM "[program q]\ntype = prevacuum\npulses = 3\npulse-pressure-kpa = 30\nwraps = pouch\n"

static void a_program_that_would_not_sterilize_is_refused(void **state) {
        static const Refusal cases[] = {
                { PROGRAM "set-temperature = 134 C\nhold-min = 3 s\n", 7,
                  "[program q] hold-min: is shorter than the 3 min that sterilize at this temperature" },
                { PROGRAM "set-temperature = 270 F\nhold-min = 3 min\n", 7,
                  "[program q] hold-min: is shorter than the 4 min that sterilize at this temperature" },
                { PROGRAM "set-temperature = 126 C\nhold-min = 599 s\n", 7,
                  "[program q] hold-min: is shorter than the 10 min that sterilize at this temperature" },
                { PROGRAM "set-temperature = 121 C\nhold-min = 14 min\n", 7,
                  "[program q] hold-min: is shorter than the 15 min that sterilize at this temperature" },
                { PROGRAM "set-temperature = 105 C\nhold-min = 1 h\n", 6,
                  "[program q] set-temperature: is below 121 C: no program for loads sterilizes there" },
                { PROGRAM "set-temperature = 134 C\n", 1, "[program q] hold-min: is required in a program for loads" },
                { PROGRAM "hold-min = 15 min\n", 1, "[program q] set-temperature: is required in a program for loads" },
                { PROGRAM "set-temperature = 134 C\nhold-min = 4 min\nset-hold = 3 min\n", 8,
                  "[program q] set-hold: is shorter than hold-min" },
                { PROGRAM "set-temperature = 134 C\nhold-min = 4 min\nimmediate-use = yes\n", 5,
                  "[program q] wraps: an immediate-use program is for unwrapped items: wraps = none" },
                { PROGRAM "purpose = test\nimmediate-use = yes\n", 7,
                  "[program q] immediate-use: only a program for loads makes anything ready for use" },
                { "[program q]\ntype = prevacuum\nwraps = none\nset-temperature = 134 C\nhold-min = 3 min\n", 1,
                  "[program q] pulses: is required, and above 0, in a prevacuum program for loads" },
                { "[program q]\ntype = prevacuum\nwraps = none\nset-temperature = 134 C\nhold-min = 3 min\npulses = 3\n", 6,
                  "[program q] pulses: needs pulse-pressure-kpa too" },
                { "[program q]\ntype = gravity\npurpose = test\npulse-pressure-kpa = 30\n", 4,
                  "[program q] pulse-pressure-kpa: needs pulses too" },
                { "[program q]\ntype = gravity\npurpose = test\npulses = 1\npulse-pressure-kpa = 30\n", 4,
                  "[program q] pulses: a gravity program has no vacuum pulses" },
        };
        (void)state;
        REFUSE_ALL(cases);
        config_free(loaded("[program q]\ntype = gravity\nset-temperature = 132 C\nhold-min = 3 min\nwraps = none\n"));
}

#define AUTOCLAVE "[autoclave b]\nclass-type = B\nband = en285\n"

static void an_autoclave_must_leave_a_band_and_know_its_programs(void **state) {
        static const Refusal cases[] = {
                { AUTOCLAVE "programs = p\nuncertainty-c = 1.45\n", 5,
                  "[autoclave b] uncertainty-c: with half a display step at both ends it leaves nothing of the band of 3 K: no "
                  "sample could count" },
                { AUTOCLAVE "programs = p\nuncertainty-c = 0.5\nmax-gap-s = 3\n", 6,
                  "[autoclave b] max-gap-s: is longer than its band allows: at most 2.5" },
                { "[program q]\ntype = gravity\npurpose = empty\nannounced = p\n" AUTOCLAVE
                  "uncertainty-c = 0.5\nprograms = p, q\n", 9, "[autoclave b] programs: p and q are both announced as \"p\"" },
                { "[autoclave n]\nclass-type = N\nband = en13060\nuncertainty-c = 0.5\nprograms = p\n", 5,
                  "[autoclave n] programs: p is a prevacuum program, and type N has no vacuum" },
        };
        Config *c = loaded(AUTOCLAVE "programs = p, t\nuncertainty-c = 1.449\n");
        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(config_autoclave(c, "b")->max_gap_us, 2500000);
        assert_int_equal(config_autoclave(c, "a")->max_gap_us, 10000000);
        assert_int_equal(config_autoclave(c, "b")->uncertainty_mc, 1449);
        assert_int_equal(config_autoclave(c, "b")->display_step_mc, 100);
        config_free(c);
}

static void a_class_cannot_loosen_what_its_role_asks(void **state) {
        static const Refusal cases[] = {
                { "[class c]\nrole = manual-roller\nsingle-use = no\nreprocessing = sterilize\n", 3,
                  "[class c] single-use: items of this role are used in one session only: yes" },
                { "[class c]\nrole = lancet\nrequired-state = clean\n", 3,
                  "[class c] required-state: items of this role go through or onto opened skin: sterile" },
                { "[class c]\nrole = other\nreprocessing = sterilize\n", 3,
                  "[class c] reprocessing: a single-use item is never reprocessed: none, or single-use = no" },
                { "[class c]\nrole = other\nsingle-use = no\nreprocessing = disinfect\n", 4,
                  "[class c] reprocessing: an item that must be sterile and is used again: sterilize" },
                { "[class c]\nrole = other\nrequired-state = disinfected\nsingle-use = no\n", 1,
                  "[class c] reprocessing: an item that must be disinfected and is used again: disinfect or sterilize" },
                { "[class c]\nrole = other\nsterilize-before-use = yes\n", 3,
                  "[class c] sterilize-before-use: needs single-use = yes and reprocessing = sterilize" },
                { "[class c]\nrole = handpiece\nrequired-state = disinfected\nsingle-use = no\nreprocessing = disinfect\n", 1,
                  "[class c] needs-barrier: is required: a handpiece that is not sterile wants a new sleeve each session" },
                { "[class c]\nrole = other\nneeds-barrier = tool\n", 3,
                  "[class c] needs-barrier: tool does not have the role sleeve" },
                { "[class c]\nrole = other\nrequired-programs = p\n", 3,
                  "[class c] required-programs: needs reprocessing = sterilize" },
                { "[class c]\nrole = other\nsingle-use = no\nreprocessing = sterilize\nrequired-programs = t\n", 5,
                  "[class c] required-programs: t is not a program for loads" },
                { "[class c]\nrole = other\nsingle-use = no\nreprocessing = sterilize\nneeds-wrap = yes\n"
                  "required-wraps = none, pouch\n", 6, "[class c] required-wraps: none contradicts needs-wrap = yes" },
                { "[class c]\nrole = other\nevent-related = yes\nshelf-life-days = 30\n", 4,
                  "[class c] shelf-life-days: contradicts event-related = yes" },
        };
        (void)state;
        REFUSE_ALL(cases);
        config_free(loaded("[class c]\nrole = other\nsterilize-before-use = yes\nreprocessing = sterilize\n"));
}

static void what_a_class_leaves_out_gets_the_stricter_answer(void **state) {
        Config *c = loaded("[class c]\nrole = other\n");
        const ConfigClass *k = config_class(c, "c");
        (void)state;
        assert_true(k->single_use && k->hollow && k->critical);
        assert_false(k->event_related || k->sterilize_before_use);
        assert_int_equal(k->required_state, REQUIRED_STERILE);
        assert_int_equal(k->reprocessing, REPROCESSING_NONE);
        assert_string_equal(k->name, "c");
        config_free(c);
}

static void tests_of_autoclaves_follow_the_profile_and_can_only_be_stricter(void **state) {
        static const Refusal cases[] = {
                { "profile = us\n[policy]\nspore-test-overdue = off\n", 3,
                  "[policy] spore-test-overdue: profile us: block, or loosened to alert, never off" },
                { "[policy]\nleak-test-days = 8\n", 2,
                  "[policy] leak-test-days: \"8\" is not allowed; allowed is a number from 1 to 7" },
                { "[policy]\nleak-rate-kpa = 0.131\n", 2,
                  "[policy] leak-rate-kpa: \"0.131\" is not allowed; allowed is a number from 0.01 to 0.13" },
                { "[autoclave n]\nclass-type = B\nband = en13060\nuncertainty-c = 0.5\nprograms = p\ntest-hold-min = 241 s\n", 6,
                  "[autoclave n] test-hold-min: is longer than test-hold-max: no test could count" },
                { "[autoclave n]\nclass-type = B\nband = en13060\nuncertainty-c = 0.5\nprograms = p\ncalibration-due = 2027-02-29\n", 6,
                  "[autoclave n] calibration-due: \"2027-02-29\" is not allowed; allowed is a date, YYYY-MM-DD" },
                { "[duty d]\ninterval-days = 1\nautoclaves = a, b\n", 3, "[duty d] autoclaves: there is no [autoclave b]; did you mean a?" },
        };
        Config *eu = loaded(""), *us = loaded("profile = us\n"),
               *loose = loaded("profile = us\n[policy]\nspore-test-overdue = alert\n"),
               *strict = loaded("profile = eu\n[policy]\nspore-test-overdue = block\n");

        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(eu->policy.spore_effect, FITNESS_OFF);
        assert_int_equal(us->policy.spore_effect, FITNESS_BLOCK);
        assert_int_equal(loose->policy.spore_effect, FITNESS_ALERT);
        assert_int_equal(strict->policy.spore_effect, FITNESS_BLOCK);
        assert_int_equal(config_autoclave(eu, "a")->calibration_due, 0);
        assert_int_equal(config_autoclave(eu, "a")->test_hold_min_us, 210 * US_PER_S);
        assert_int_equal(eu->policy.leak_rate_pa, 130);
        config_free(eu);
        config_free(us);
        config_free(loose);
        config_free(strict);
}

static const char *warned(const Config *c) {
        static char text[1024];
        FILE *f = fmemopen(text, sizeof(text), "w");

        assert_non_null(f);
        text[0] = '\0';
        config_warn(c, f);
        fclose(f);
        return text;
}

static void what_is_kept_is_kept_for_years_and_few_are_warned_of(void **state) {
        static const Refusal cases[] = {
                { "[retention]\npatients-years = 0\n", 2,
                  "[retention] patients-years: \"0\" is not allowed; allowed is a number from 1 to 100" },
                { "[retention]\npatients-years = -1\n", 2,
                  "[retention] patients-years: \"-1\" is not allowed; allowed is a number from 1 to 100" },
                { "[retention]\nmessages-years = 4294967297\n", 2,
                  "[retention] messages-years: \"4294967297\" is not allowed; allowed is a number from 1 to 100" },
                { "[retention]\nsamples-years = 101\n", 2,
                  "[retention] samples-years: \"101\" is not allowed; allowed is a number from 1 to 100" },
                { "[policy]\nqualification-soon-days = 366\n", 2,
                  "[policy] qualification-soon-days: \"366\" is not allowed; allowed is a number from 0 to 365" },
        };
        Config *shipped = loaded(""), *few = loaded("[retention]\npatients-years = 9\nsamples-years = 2\n"),
               *many = loaded("[retention]\npatients-years = 10\nmessages-years = 30\n");

        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(shipped->retention.patients, 10);
        assert_int_equal(shipped->retention.messages, 0);
        assert_int_equal(shipped->retention.samples, 0);
        assert_int_equal(shipped->policy.qualification_soon_days, 30);
        assert_string_equal(warned(shipped), "");
        assert_string_equal(warned(many), "");
        assert_non_null(strstr(warned(few), "[retention] patients-years: 9 years are less than the 10"));
        assert_non_null(strstr(warned(few), "samples-years: 2 years"));
        assert_null(strstr(warned(few), "messages-years"));
        config_free(shipped);
        config_free(few);
        config_free(many);
}

static void a_clinic_that_is_played_may_disinfect_for_a_second_and_never_for_none(void **state) {
        static const Refusal cases[] = {
                { "[policy]\ndisinfect-contact-s = 0\n[control]\nacts = demo\n", 2,
                  "[policy] disinfect-contact-s: \"0\" is not allowed; allowed is a number from 1 to 3600" },
        };
        Config *c = loaded("[policy]\ndisinfect-contact-s = 1\n[control]\nacts = demo\n");
        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(c->policy.disinfect_contact_us, US_PER_S);
        assert_int_equal(config_room(c, "r")->disinfect_contact_us, US_PER_S);
        config_free(c);
}

static void rooms_and_classes_cannot_be_laxer_than_the_policy(void **state) {
        static const Refusal cases[] = {
                { "[room x]\ndisinfect-contact-s = 60\n[policy]\ndisinfect-contact-s = 120\n", 2,
                  "[room x] disinfect-contact-s: is shorter than the policy's 120 s: a room may be stricter, never laxer" },
                { "[class c]\nrole = other\nshelf-life-days = 100\n[policy]\nshelf-life-wrapped-days = 90\n", 3,
                  "[class c] shelf-life-days: is longer than the policy's 90 days: a class may be stricter, never laxer" },
                { "[class c]\nrole = other\nvial-open-days = 8\n[policy]\nvial-open-days = 7\n", 3,
                  "[class c] vial-open-days: is longer than the policy's 7 days: a class may be stricter, never laxer" },
                { "[class c]\nrole = other\ndisinfect-contact-s = 119\n[policy]\ndisinfect-contact-s = 120\n", 3,
                  "[class c] disinfect-contact-s: is shorter than the policy's 120 s: a class may be stricter, never laxer" },
                { "[policy]\ndisinfect-contact-s = 59\n", 2,
                  "[policy] disinfect-contact-s: is below 60: fewer seconds are for a clinic that is played, with acts = demo in "
                  "[control]" },
                { "[supplier opening-stock]\nname = Us\napproved = yes\n", 2,
                  "[supplier opening-stock] name: no supplier can be called so: it stands for what the clinic had before" },
        };
        Config *c = loaded("[policy]\nshelf-life-wrapped-days = 90\ndisinfect-contact-s = 120\n"
                           "[class c]\nrole = other\nshelf-life-days = 30\n[room x]\ndisinfect-contact-s = 180\n");
        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(config_class(c, "c")->shelf_life_days, 30);
        assert_int_equal(config_class(c, "needle")->shelf_life_days, 90);
        assert_int_equal(config_room(c, "r")->disinfect_contact_us, 120 * US_PER_S);
        assert_int_equal(config_room(c, "x")->disinfect_contact_us, 180 * US_PER_S);
        config_free(c);
}

static void other_keys_that_exclude_or_need_each_other(void **state) {
        static const Refusal cases[] = {
                { "[broker]\npassword-file = /a\npassword-credential = b\n", 3,
                  "[broker] password-credential: excludes password-file: there is one password" },
                { "[broker]\ntls-key = /a\n", 2, "[broker] tls-key: needs tls-certificate too" },
                { "[broker]\ntls-ca = /c\ntls-certificate = /a\n", 3, "[broker] tls-certificate: needs tls-key too" },
                { "[broker]\ntls-certificate = /a\ntls-key = /b\n", 2, "[broker] tls-certificate: needs tls-ca too" },
                { "[broker]\nunix-socket = /a\ntls-ca = /c\n", 3, "[broker] tls-ca: there is no TLS on a unix-socket" },
                { "[store]\ndisk-full-mb = 300\n", 2,
                  "[store] disk-full-mb: is above disk-low-mb: the alert would come too late" },
                { "[practitioner x]\nroles = officer\nqualified = skin until 2027-01-01\n", 3,
                  "[practitioner x] qualified: needs the role practitioner" },
                { "[practitioner x]\nroles = officer\nuser = root\n", 3,
                  "[practitioner x] user: is root, who is asked for no password: each person needs their own login" },
                { "[practitioner x]\nroles = officer\nuser = bob\n[practitioner y]\nroles = officer\nuser = bob\n", 6,
                  "[practitioner y] user: is the login of [practitioner x], too: each person needs their own" },
                { "[procedure k]\nneeds = needle\npasses-min = 7\npasses-max = 6\n", 3,
                  "[procedure k] passes-min: is above passes-max" },
                { "[product 00844588003288]\nclass = needle\nsupplied = sterile\npasses-min = 7\npasses-max = 6\n", 4,
                  "[product 00844588003288] passes-min: is above passes-max" },
                { "[class c]\nrole = other\n[product 00844588003288]\nclass = c\nsupplied = sterile\nrounds-max = 3\n", 6,
                  "[product 00844588003288] rounds-max: is said of needles: its class c has another role" },
                { "[procedure k]\nneeds = needle\nsteps = none, wash\n", 3, "[procedure k] steps: none stands alone" },
                { "[procedure k]\nneeds = needle\nsteps = wash\ncleanse-between-rounds = yes\n", 4,
                  "[procedure k] cleanse-between-rounds: needs cleanse among the steps" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

static void a_person_is_a_user_of_the_machine_or_nobody(void **state) {
        Config *c = loaded("[practitioner x]\nroles = officer\nuser = nobody\n"
                           "[practitioner y]\nroles = officer\nuser = no-such-user-here\n"
                           "[practitioner z]\nroles = officer\n");
        const uid_t uid = config_practitioner(c, "x")->uid;

        (void)state;
        assert_int_not_equal(uid, 0);
        assert_ptr_equal(config_practitioner_of_user(c, uid), config_practitioner(c, "x"));
        assert_int_equal(config_practitioner(c, "y")->uid, 0);
        assert_null(config_practitioner_of_user(c, 0));
        assert_null(config_practitioner_of_user(c, uid - 1));
        config_free(c);
}

static void a_makers_numbers_take_the_place_of_the_procedures(void **state) {
        Config *c = loaded("[procedure k]\nneeds = needle\nsteps = screened, cleanse\ncleanse-between-rounds = yes\npasses-min = 6\n"
                           "passes-max = 10\ndepth-max-mm = 1.5\nneedle-time-max = 30 min\nrounds-max = 3\n"
                           "[procedure n]\nneeds = needle\nsteps = none\n"
                           "[product 00844588003288]\nclass = needle\nsupplied = sterile\ndepth-max-mm = 2.5\npasses-max = 4\n");
        const ConfigProduct *product = config_product(c, "00844588003288");
        TreatmentProfile p;

        (void)state;
        config_treatment(config_procedure(c, "k"), NULL, &p);
        assert_true(p.cleanse_between && p.form_hash && p.steps == (1U << STEP_SCREENED | 1U << STEP_CLEANSE));
        assert_int_equal(p.limits.passes_max, 10);
        assert_int_equal(p.limits.depth_max_um, 1500);
        config_treatment(config_procedure(c, "k"), product, &p);
        assert_int_equal(p.limits.depth_max_um, 2500);
        assert_int_equal(p.limits.passes_max, 4);
        assert_int_equal(p.limits.passes_min, 4); /* no more than what is at most meant */
        assert_int_equal(p.limits.rounds_max, 3);
        assert_int_equal(p.limits.needle_time_max_us, 1800 * US_PER_S);
        config_treatment(config_procedure(c, "n"), NULL, &p);
        assert_true(p.steps == 0 && !p.cleanse_between);
        config_treatment(NULL, product, &p);
        assert_true(p.steps == 0 && p.limits.passes_max == 4 && p.limits.rounds_max == 0);
        config_free(c);
}

/* A wrong value must not set off further errors about what it would have been. */
static void one_slip_is_one_error(void **state) {
        static const Refusal cases[] = {
                { PROGRAM "set-temperature = 134 K\nhold-min = 3 min\n[autoclave b]\nclass-type = B\nband = en285\n"
                  "uncertainty-c = 0.5\nprograms = p, q\n", 6,
                  "[program q] set-temperature: \"134 K\" is not allowed; allowed is a temperature with its unit, such as 134 C "
                  "or 273.2 F, from 50 C to 140 C" },
                { "[class c]\nrole = handpiece\nrequired-state = disinfected\nsingle-use = no\nreprocessing = disinfect\n"
                  "needs-barrier = \x80\n", 6, "this line is not UTF-8" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

/* Products */

static void products_are_named_as_item_codes_name_them(void **state) {
        static const char *const good[] = { "00844588003288", "A99912345670", "H123ABC1", "A9991230" };
        static const char *const bad[] = { "844588003288", "00844588003289", "0084458800328X", "+A99912345670", "a99912345670",
                                           "A9990", "A999123456789012345678900", "A99912345X", "A999 12340", "", "1A9912345670", "0:844588003288" };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(config_is_product(good[i]));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                if (config_is_product(bad[i]))
                        fail_msg("%s was taken", bad[i]);
}

static void an_item_code_leads_to_its_product(void **state) {
        static const char check[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.$/+%";
        static const char gs1[] = "(01)00844588003288(21)SN0042";
        Config *c = loaded("[product A99912345670]\nclass = needle\nsupplied = sterile\n"
                           "[product 00844588003288]\nclass = tool\nsupplied = clean\n");
        Udi u;
        (void)state;
        assert_int_equal(udi_parse(gs1, strlen(gs1), 2026, &u), 0);
        assert_string_equal(config_product(c, u.product)->class_id, "tool");
        for (size_t i = 0; i < strlen(check); i++) {
                char hibc[] = "+A99912345670?";

                hibc[strlen(hibc) - 1] = check[i];
                if (udi_parse(hibc, strlen(hibc), 2026, &u) == 0)
                        break;
        }
        assert_non_null(config_product(c, u.product));
        assert_string_equal(config_product(c, u.product)->class_id, "needle");
        config_free(c);
}

/* What is shipped, and what is written about it */

static Config *shipped(void) {
        Config *c = NULL;
        int r = config_load(SHIPPED, &c, &errors);
        if (r < 0)
                fail_msg("%s", errors.text[0]);
        return c;
}

static void the_shipped_clinic_works(void **state) {
        Config *c = shipped();
        (void)state;
        assert_string_equal(c->site.id, "clinic");
        assert_string_equal(c->broker.client_id, "asepsisd-clinic");
        assert_int_equal(c->site.day_start_us, 4 * 3600 * US_PER_S);
        assert_int_equal(c->gate.lease_us, 90 * US_PER_S);
        assert_int_equal(c->gate.hole_wait_us, 5 * US_PER_S);
        assert_int_equal(c->control.mode, 0660);
        assert_string_equal(config_product(c, "00844588003288")->class_id, "cartridge");
        assert_int_equal(config_class(c, "cartridge")->role, ROLE_NEEDLE);
        assert_true(config_class(c, "cartridge")->single_use);
        assert_string_equal(config_device(c, "pen-2")->room, "room-2");
        assert_int_equal(config_qualified_until(config_practitioner(c, "ana"), "skin-needling"), 20271231);
        assert_int_equal(config_qualified_until(config_practitioner(c, "ben"), "skin-needling"), 0);
        assert_true(config_person_is(config_practitioner(c, "ben"), PERSON_RELEASER));
        assert_false(config_person_is(config_practitioner(c, "ana"), PERSON_RELEASER));
        assert_true(config_supplier(c, "medical-supply")->approved);
        assert_int_equal(config_duty(c, "feed-water")->effect, DUTY_ALERT);
        assert_int_equal(config_procedure(c, "skin-needling")->limits.depth_max_um, 1500);
        assert_null(config_device(c, "pen-3"));
        assert_null(config_device(c, NULL));
        config_free(c);
}

static void the_judge_of_cycles_takes_every_shipped_load_program(void **state) {
        Config *c = shipped();
        const ConfigAutoclave *a = config_autoclave(c, "ac-1");
        CycleProgram program;
        size_t n = 0;
        (void)state;
        for (size_t i = 0; i < a->program_ids.n; i++) {
                config_cycle_program(a, a->programs[i], false, &program);
                assert_int_equal(program.test_program, a->programs[i]->purpose != PURPOSE_LOAD);
                if (a->programs[i]->purpose != PURPOSE_LOAD)
                        continue;
                assert_int_equal(cycle_program_check(&program), 0);
                n++;
        }
        assert_int_equal(n, 4);
        config_cycle_program(a, config_program(a, "prevac-134"), true, &program);
        assert_string_equal(program.name, "prevac-134");
        assert_int_equal(program.band_mc, 4000);
        assert_int_equal(program.uncertainty_mc, 500);
        assert_int_equal(program.set_hold_us, 210 * US_PER_S);
        assert_int_equal(program.pulses, 3);
        assert_true(program.prevacuum && program.store_and_forward);
        assert_null(config_program(a, "Prevac-134"));
        assert_null(config_program(a, NULL));
        config_free(c);
}

static void lookups_find_every_one_of_many(void **state) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        (void)state;
        for (int i = 999; i >= 0; i--)
                fprintf(f, "[device d%d]\nkinds = station\n", i);
        fclose(f);
        Config *c = loaded(text);
        assert_int_equal(c->n_devices, 1000);
        for (int i = 0; i < 1000; i++) {
                char id[16];
                snprintf(id, sizeof(id), "d%d", i);
                assert_string_equal(config_device(c, id)->id, id);
        }
        config_free(c);
        free(text);
}

static char *read_whole(const char *path) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = fopen(path, "re");
        if (!f)
                fail_msg("%s: run me from the top of the tree", path);
        assert_true(getdelim(&text, &size, '\0', f) > 0);
        fclose(f);
        return text;
}

/* Kind of a header line of the shipped file, or -1. */
static int header_kind(const char *line) {
        for (int i = 0; i < _SECTION_MAX; i++) {
                size_t n = strlen(config_sections[i].name);
                if (line[0] == '[' && strncmp(line + 1, config_sections[i].name, n) == 0 && strchr("] ", line[n + 1]))
                        return i;
        }
        return -1;
}

/* As "key = value" or "#key = value"; a commented key with a default shows that default. */
static bool shows_key(char *text, const ConfigKey *key) {
        int kind = -1;
        bool shown = false;
        for (char *line = text, *end; *line; line = end + 1) {
                end = strchrnul(line, '\n');
                kind = line[0] == '[' ? header_kind(line) : kind;
                size_t n = strlen(key->name), comment = line[0] == '#';
                if (kind != (int)key->section || strncmp(line + comment, key->name, n) != 0 ||
                    strncmp(line + comment + n, " = ", 3) != 0)
                        continue;
                const char *value = line + comment + n + 3;
                if (comment && key->fallback && (strncmp(value, key->fallback, strlen(key->fallback)) != 0 ||
                                                 strlen(key->fallback) != (size_t)(end - value)))
                        fail_msg("[%s] %s: the shipped file shows another default", config_sections[kind].name, key->name);
                shown = true;
        }
        return shown;
}

static void the_shipped_file_shows_every_key_with_its_default(void **state) {
        char *text = read_whole(SHIPPED);
        (void)state;
        for (size_t i = 0; i < config_n_keys; i++)
                if (!config_keys[i].refused && !shows_key(text, &config_keys[i]))
                        fail_msg("[%s] %s is not in " SHIPPED, config_sections[config_keys[i].section].name, config_keys[i].name);
        free(text);
}

/* As in the shipped file with its comment signs taken away: examples must be allowed values too. */
static void every_example_in_the_shipped_file_is_allowed(void **state) {
        char *text = read_whole(SHIPPED), *out = text;
        static const char *const excluded[] = { "unix-socket", "password-file" };
        Config *c = NULL;
        (void)state;
        for (char *line = text, *end; *line; line = *end ? end + 1 : end) {
                end = strchrnul(line, '\n');
                bool key = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
                for (size_t i = 0; key && i < ELEMENTSOF(excluded); i++)
                        key = strncmp(line + 1, excluded[i], strlen(excluded[i])) != 0;
                size_t n = (size_t)(end - line) + (*end == '\n') - key;
                memmove(out, line + key, n);
                out += n;
        }
        if (load(text, (size_t)(out - text), &c) < 0)
                fail_msg("%s", errors.text[0]);
        config_free(c);
        free(text);
}

static void write_document(const char *text, const char *begin, const char *table, const char *end) {
        FILE *f = fopen(DOCUMENT, "we");
        assert_non_null(f);
        fprintf(f, "%.*s%s%s", (int)(begin - text), text, table, end);
        assert_int_equal(fclose(f), 0);
}

static void the_document_has_the_table_as_it_is(void **state) {
        char *text = read_whole(DOCUMENT), *table = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&table, &size);
        (void)state;
        fputc('\n', f);
        config_dump_table(f);
        fclose(f);
        char *begin = strstr(text, "<!-- keys: begin"), *end = strstr(text, "<!-- keys: end -->");
        assert_true(begin && end && begin < end);
        begin = strchr(begin, '\n') + 1;
        if (getenv("UPDATE_DOC"))
                write_document(text, begin, table, end);
        else if ((size_t)(end - begin) != size || memcmp(begin, table, size) != 0)
                fail_msg(DOCUMENT " is not up to date: UPDATE_DOC=1 %s", "build/unit/test-config-clinic");
        free(table);
        free(text);
}

static void the_table_is_sound(void **state) {
        (void)state;
        for (int kind = 0; kind < _SECTION_MAX; kind++) {
                size_t n;
                const ConfigKey *keys = config_section_keys((SectionKind)kind, &n);
                assert_true(n > 0 && n <= CONFIG_KEYS_MAX);
                for (size_t i = 0; i < n; i++) {
                        assert_ptr_equal(config_find_key((SectionKind)kind, keys[i].name), &keys[i]);
                        assert_true(keys[i].refused || (keys[i].help && keys[i].size > 0));
                        assert_false(keys[i].required && keys[i].fallback);
                        assert_true(keys[i].refused || keys[i].required || keys[i].fallback || keys[i].otherwise);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_reference_to_nothing_is_an_error),
                cmocka_unit_test(a_device_speaks_only_for_what_it_is_bound_to),
                cmocka_unit_test(a_program_that_would_not_sterilize_is_refused),
                cmocka_unit_test(an_autoclave_must_leave_a_band_and_know_its_programs),
                cmocka_unit_test(a_class_cannot_loosen_what_its_role_asks),
                cmocka_unit_test(what_a_class_leaves_out_gets_the_stricter_answer),
                cmocka_unit_test(tests_of_autoclaves_follow_the_profile_and_can_only_be_stricter),
                cmocka_unit_test(a_clinic_that_is_played_may_disinfect_for_a_second_and_never_for_none),
                cmocka_unit_test(rooms_and_classes_cannot_be_laxer_than_the_policy),
                cmocka_unit_test(other_keys_that_exclude_or_need_each_other),
                cmocka_unit_test(a_person_is_a_user_of_the_machine_or_nobody),
                cmocka_unit_test(what_is_kept_is_kept_for_years_and_few_are_warned_of),
                cmocka_unit_test(a_makers_numbers_take_the_place_of_the_procedures),
                cmocka_unit_test(one_slip_is_one_error),
                cmocka_unit_test(products_are_named_as_item_codes_name_them),
                cmocka_unit_test(an_item_code_leads_to_its_product),
                cmocka_unit_test(the_shipped_clinic_works),
                cmocka_unit_test(the_judge_of_cycles_takes_every_shipped_load_program),
                cmocka_unit_test(lookups_find_every_one_of_many),
                cmocka_unit_test(the_shipped_file_shows_every_key_with_its_default),
                cmocka_unit_test(every_example_in_the_shipped_file_is_allowed),
                cmocka_unit_test(the_document_has_the_table_as_it_is),
                cmocka_unit_test(the_table_is_sound),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
