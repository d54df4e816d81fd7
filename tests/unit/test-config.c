/* SPDX-License-Identifier: Apache-2.0 */
/* Files, sections, lines and single values. */
#include "config-case.h"

#include <sys/stat.h>
#include <unistd.h>

/* Files */

static char directory[64];

static void write_file(const char *name, const char *text) {
        char path[160];
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static const char *in_directory(const char *name) {
        static char path[160];
        snprintf(path, sizeof(path), "%s/%s", directory, name);
        return path;
}

static int make_directory(void **state) {
        (void)state;
        strcpy(directory, "/tmp/test-config-XXXXXX");
        if (!mkdtemp(directory))
                return -1;
        return mkdir(in_directory("c.conf.d"), 0700);
}

static int remove_directory(void **state) {
        static const char *const names[] = { "c.conf.d/10-a.conf", "c.conf.d/9-b.conf", "c.conf.d/not-one", "c.conf.d/.x.conf",
                                             "c.conf.d/pipe.conf", "c.conf.d", "c.conf", "" };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                remove(in_directory(names[i]));
        return 0;
}

static void a_drop_in_extends_and_the_later_one_wins(void **state) {
        Config *c = NULL;
        (void)state;
        write_file("c.conf", base);
        write_file("c.conf.d/10-a.conf", "[room r]\nname = from ten\n[site]\nname = from ten\n[room new]\n");
        write_file("c.conf.d/9-b.conf", "[room r]\nname = from nine\ndisinfect-contact-s = 90\n");
        write_file("c.conf.d/not-one", "nonsense\n");
        write_file("c.conf.d/.x.conf", "nonsense\n");
        int r = config_load(in_directory("c.conf"), &c, &errors);
        assert_string_equal(errors.text[0], "");
        assert_int_equal(r, 0);
        assert_int_equal(c->n_rooms, 2);
        assert_string_equal(config_room(c, "r")->name, "from nine");
        assert_int_equal(config_room(c, "r")->disinfect_contact_us, 90 * US_PER_S);
        assert_non_null(config_room(c, "new"));
        assert_string_equal(c->site.name, "from ten");
        assert_string_equal(c->site.timezone, "UTC");
        config_free(c);
}

static void an_error_in_a_drop_in_names_that_file(void **state) {
        Config *c = NULL;
        char want[256];
        (void)state;
        write_file("c.conf", base);
        write_file("c.conf.d/10-a.conf", "# more\n[class needle]\nsingle-use = no\n");
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -EINVAL);
        snprintf(want, sizeof(want), "%s:3: [class needle] single-use: items of this role are used in one session only: yes",
                 in_directory("c.conf.d/10-a.conf"));
        assert_string_equal(errors.text[0], want);
        assert_int_equal(errors.total, 1);
        assert_null(c);
}

static void a_file_that_is_not_there_is_named(void **state) {
        Config *c = NULL;
        char want[256];
        (void)state;
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -ENOENT);
        snprintf(want, sizeof(want), "%s: cannot be read: No such file or directory", in_directory("c.conf"));
        assert_string_equal(errors.text[0], want);
        assert_null(c);
}

static void a_pipe_in_place_of_a_file_does_not_hang(void **state) {
        Config *c = NULL;
        char want[256];
        (void)state;
        write_file("c.conf", base);
        assert_int_equal(mkfifo(in_directory("c.conf.d/pipe.conf"), 0600), 0);
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -EINVAL);
        snprintf(want, sizeof(want), "%s: is not a regular file", in_directory("c.conf.d/pipe.conf"));
        assert_string_equal(errors.text[0], want);
}

static void a_file_is_bounded(void **state) {
        Config *c = NULL;
        char want[256];
        (void)state;
        write_file("c.conf", base);
        assert_int_equal(truncate(in_directory("c.conf"), CONFIG_FILE_MAX + 1), 0);
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -EINVAL);
        snprintf(want, sizeof(want), "%s: is larger than 4194304 bytes", in_directory("c.conf"));
        assert_string_equal(errors.text[0], want);
}

static void drop_ins_that_cannot_be_read_are_an_error(void **state) {
        Config *c = NULL;
        char want[256];
        (void)state;
        write_file("c.conf", base);
        assert_int_equal(rmdir(in_directory("c.conf.d")), 0);
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), 0);
        c = config_free(c);
        write_file("c.conf.d", "not a directory");
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -ENOTDIR);
        snprintf(want, sizeof(want), "%s: cannot be read: Not a directory", in_directory("c.conf.d"));
        assert_string_equal(errors.text[0], want);
}

static void drop_ins_are_bounded(void **state) {
        Config *c = NULL;
        char name[32], want[256];
        (void)state;
        write_file("c.conf", base);
        for (int i = 0; i <= CONFIG_FILES_MAX; i++) {
                snprintf(name, sizeof(name), "c.conf.d/%03d.conf", i);
                write_file(name, "# nothing\n");
        }
        int r = config_load(in_directory("c.conf"), &c, &errors);
        for (int i = 0; i <= CONFIG_FILES_MAX; i++) {
                snprintf(name, sizeof(name), "c.conf.d/%03d.conf", i);
                remove(in_directory(name));
        }
        snprintf(want, sizeof(want), "%s: has more than 100 files", in_directory("c.conf.d"));
        assert_int_equal(r, -EINVAL);
        assert_string_equal(errors.text[0], want);
}

/* Sections, keys, lines */

static void unknown_words_are_errors_with_a_suggestion(void **state) {
        static const Refusal cases[] = {
                { "day-strat = 03:00\n", 1, "[site] day-strat: unknown key; did you mean day-start?" },
                { "\n\nTimezone = UTC\n", 3, "[site] Timezone: unknown key; did you mean timezone?" },
                { "colour = blue\n", 1, "[site] colour: unknown key; doc/configuration.md lists them all" },
                { "[polcy]\nsharps-minutes = 5\n", 1, "[polcy]: unknown section; did you mean [policy]?" },
                { "[weather]\n", 1, "[weather]: unknown section; doc/configuration.md lists them all" },
                { "[policy]\nshelf-life-wraped-days = 30\n", 2,
                  "[policy] shelf-life-wraped-days: unknown key; did you mean shelf-life-wrapped-days?" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

static void a_section_stands_well_formed_and_once(void **state) {
        static const Refusal cases[] = {
                { "[room r]\nname = x\n", 0, "" },
                { "[site x]\n", 1, "[site x]: there is only one [site], without an id" },
                { "[room]\n", 1, "[room]: needs an id: [room ID]" },
                { "[room a b]\n", 1, "[room a b]: an id is 1 to 64 of A-Z a-z 0-9 . _ -" },
                { "[room x] # mine\n", 1, "a section's line ends with ], and a comment stands on a line of its own" },
                { "[product 00844588003289]\n", 1,
                  "[product 00844588003289]: not a product code: wants a GTIN of 14 digits with a right check digit, or "
                  "HIBC labeler, product and unit of measure without + and check character" },
        };
        Config *c = NULL;
        char *text = with_base(cases[0].more);
        (void)state;
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        assert_string_equal(errors.text[0], "test.conf:1: [room r]: stands twice in this file, the second time in line 27");
        assert_int_equal(base_lines() + 1, 27);
        free(text);
        for (size_t i = 1; i < ELEMENTSOF(cases); i++)
                refuse(&cases[i]);
}

static void a_line_is_whole_and_plain(void **state) {
        static char longest[CONFIG_LINE_MAX + 3] = "#", longer[CONFIG_LINE_MAX + 4] = "#";
        const Refusal cases[] = {
                { "name = a\nname = b\n", 2,
                  "[site] name: stands twice in this section, the first time in line 27" },
                { "name =\n", 1, "[site] name: has no value; leave the line out to have the default" },
                { "name\n", 1, "[site] name: has no value; leave the line out to have the default" },
                { "what is this\n", 1, "a line is KEY = VALUE, [SECTION], or a comment behind #" },
                { "day-start = 03:00 # early\n", 1, "[site] day-start: a comment stands on a line of its own, not behind a value" },
                { "name = Clinic ; mine\n", 1, "[site] name: a comment stands on a line of its own, not behind a value" },
                { "name = \xc3\x28\n", 1, "this line is not UTF-8" },
                { "name = \xed\xa0\x80\n", 1, "this line is not UTF-8" },
                { "name = \xc0\xaf\n", 1, "this line is not UTF-8" },
                { "name = \x80\n", 1, "this line is not UTF-8" },
                { "name = \xc3\n", 1, "this line is not UTF-8" },
                { "name = \x1b[2J\n", 1, "this line has a control character" },
                { longer, 1, "this line is too long: at most 4000 bytes are allowed" },
        };
        (void)state;
        memset(longest, '#', CONFIG_LINE_MAX);
        memset(longer, '#', CONFIG_LINE_MAX + 1);
        REFUSE_ALL(cases);
        config_free(loaded(longest));
        Config *c = loaded("name = Praxis f\xc3\xbcr Haut#1\r\n   profile=us\n; a comment\n");
        assert_string_equal(c->site.name, "Praxis f\xc3\xbcr Haut#1");
        assert_int_equal(c->site.profile, PROFILE_US);
        config_free(c);
}

static void a_zero_byte_is_an_error(void **state) {
        static const char text[] = "[site]\ntimezone = UTC\0\nname = x\n";
        Config *c = NULL;
        char want[256];
        (void)state;
        FILE *f = fopen(in_directory("c.conf"), "we");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, sizeof(text) - 1, f), sizeof(text) - 1);
        assert_int_equal(fclose(f), 0);
        assert_int_equal(config_load(in_directory("c.conf"), &c, &errors), -EINVAL);
        snprintf(want, sizeof(want), "%s:2: this line has a control character", in_directory("c.conf"));
        assert_string_equal(errors.text[0], want);
}

static void a_key_before_the_first_section_is_an_error(void **state) {
        static const char text[] = "name = x\n[site]\ntimezone = UTC\n";
        Config *c = NULL;
        (void)state;
        assert_int_equal(load(text, sizeof(text) - 1, &c), -EINVAL);
        assert_string_equal(errors.text[0], "test.conf:1: \"name\" stands before the first section");
        assert_int_equal(errors.total, 1);
}

static void a_missing_key_is_named_at_its_section(void **state) {
        static const Refusal cases[] = {
                { "[device d]\nroom = r\n", 1, "[device d] kinds: is required" },
                { "[product 00844588003288]\nclass = needle\n", 1, "[product 00844588003288] supplied: is required" },
                { "[product 00844588003288]\nsupplied = sterile\n", 1, "[product 00844588003288] class: is required" },
                { "[practitioner x]\n", 1, "[practitioner x] roles: is required" },
                { "[duty x]\n", 1, "[duty x] interval-days: is required" },
                { "[autoclave b]\nclass-type = B\nband = en285\nprograms = p\n", 1, "[autoclave b] uncertainty-c: is required" },
        };
        Config *c = NULL;
        (void)state;
        REFUSE_ALL(cases);
        assert_int_equal(load("# empty\n", 8, &c), -EINVAL);
        assert_string_equal(errors.text[0], "test.conf: [site] timezone: is required");
        assert_int_equal(errors.total, 1);
}

static void a_password_in_the_file_is_refused_and_not_repeated(void **state) {
        static const Refusal cases[] = {
                { "[broker]\npassword = hunter2\n", 2,
                  "[broker] password: passwords never stand in a configuration file, which is read by many and copied to "
                  "more; use password-file or password-credential" },
                { "[broker]\npasswort = hunter2\n", 2, "[broker] passwort: unknown key; doc/configuration.md lists them all" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

static void all_errors_are_told_and_bounded(void **state) {
        char text[8192] = "[site]\ntimezone = Mars/Olympus\n";
        Config *c = NULL;
        char *printed = NULL;
        size_t size = 0;
        (void)state;
        for (int i = 0; i < 70; i++)
                sprintf(text + strlen(text), "key-%d = x\n", i);
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        assert_int_equal(errors.n, CONFIG_ERRORS_MAX);
        assert_int_equal(errors.total, 71);
        assert_non_null(strstr(errors.text[0], "test.conf:2: [site] timezone: \"Mars/Olympus\" is not allowed"));
        assert_non_null(strstr(errors.text[49], "test.conf:51: [site] key-48"));
        FILE *f = open_memstream(&printed, &size);
        config_errors_print(&errors, f);
        fclose(f);
        assert_non_null(strstr(printed, "... and 21 more\n"));
        free(printed);
}

static void an_endless_name_does_not_break_an_error(void **state) {
        char text[1400] = "[site]\n", name[901];
        Config *c = NULL;
        (void)state;
        memset(name, 'x', 900);
        name[900] = '\0';
        sprintf(text + strlen(text), "%s = 1\n", name);
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        assert_int_equal(strncmp(errors.text[0], "test.conf:2: [site] xxx", 23), 0);
        assert_true(strlen(errors.text[0]) < CONFIG_ERROR_SIZE);
}

static void there_is_a_limit_to_each_kind(void **state) {
        char *text = NULL;
        size_t size = 0;
        Config *c = NULL;
        FILE *f = open_memstream(&text, &size);
        (void)state;
        fputs("[site]\ntimezone = UTC\n", f);
        for (int i = 0; i < 201; i++)
                fprintf(f, "[room r%d]\n", i);
        fclose(f);
        assert_int_equal(load(text, size, &c), -EINVAL);
        assert_string_equal(errors.text[0], "test.conf:203: [room r200]: more than 200 of this kind");
        free(text);
}

/* Values */

static void a_wrong_value_is_told_with_what_is_allowed(void **state) {
        static const Refusal cases[] = {
                { "profile = uk\n", 1, "[site] profile: \"uk\" is not allowed; allowed is eu or us" },
                { "id = a/b\n", 1, "[site] id: \"a/b\" is not allowed; allowed is 1 to 64 of A-Z a-z 0-9 . _ -" },
                { "day-start = 4:00\n", 1,
                  "[site] day-start: \"4:00\" is not allowed; allowed is a time of day, HH:MM, from 00:00 to 12:00" },
                { "site-pressure-kpa = 101300\n", 1,
                  "[site] site-pressure-kpa: \"101300\" is not allowed; allowed is a number from 50 to 110" },
                { "[broker]\nport = 65536\n", 2, "[broker] port: \"65536\" is not allowed; allowed is a number from 1 to 65535" },
                { "[broker]\nbatch = 0\n", 2, "[broker] batch: \"0\" is not allowed; allowed is a number from 1 to 1000" },
                { "[store]\npath = ledger.db\n", 2,
                  "[store] path: \"ledger.db\" is not allowed; allowed is an absolute path of up to 400 bytes" },
                { "[control]\nmode = 0666\n", 2, "[control] mode: \"0666\" is not allowed; allowed is 0600 or 0660" },
                { "[control]\nmode = 0640\n", 2, "[control] mode: \"0640\" is not allowed; allowed is 0600 or 0660" },
                { "[gate]\nlease = 90\n", 2,
                  "[gate] lease: \"90\" is not allowed; allowed is a time with its unit (ms, s, min, h, d), such as 90 s, from "
                  "10 s to 10 min" },
                { "[gate]\nhole-wait = 6 s\n", 2,
                  "[gate] hole-wait: \"6 s\" is not allowed; allowed is a time with its unit (ms, s, min, h, d), such as 90 s, "
                  "from 1 s to 5 s" },
                { "[device d]\nkinds = station, stations\n", 2,
                  "[device d] kinds: \"station, stations\" is not allowed; allowed is one or more, each once, with commas "
                  "between, of autoclave, station, room, handpiece, sharps, actuator, notifier" },
                { "[class c]\nrole = other\nsingle-use = maybe\n", 3,
                  "[class c] single-use: \"maybe\" is not allowed; allowed is yes or no" },
                { "[practitioner x]\nroles = practitioner\nqualified = skin\n", 3,
                  "[practitioner x] qualified: \"skin\" is not allowed; allowed is PROCEDURE until YYYY-MM-DD, several with "
                  "commas between, each procedure once" },
                { "[practitioner x]\nroles = practitioner\nqualified = skin until 2027-02-29\n", 3,
                  "[practitioner x] qualified: \"skin until 2027-02-29\" is not allowed; allowed is PROCEDURE until "
                  "YYYY-MM-DD, several with commas between, each procedure once" },
                { "[program q]\ntype = gravity\nset-temperature = 134\n", 3,
                  "[program q] set-temperature: \"134\" is not allowed; allowed is a temperature with its unit, such as 134 C "
                  "or 273.2 F, from 50 C to 140 C" },
        };
        (void)state;
        REFUSE_ALL(cases);
}

static void refuse_value(const char *section, const char *key, const char *value) {
        Config *c = NULL;
        char more[400], want[200];
        snprintf(more, sizeof(more), "%s%s = %s\n", section, key, value);
        snprintf(want, sizeof(want), " %s: \"%s\" is not allowed", key, value);
        char *text = with_base(more);
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        if (!strstr(errors.text[0], want))
                fail_msg("%s: %s", value, errors.text[0]);
        free(text);
}

static void numbers_times_and_dates_are_read_strictly(void **state) {
        static const char *const numbers[] = { "-5", "+5", "5.", ".5", "5 s", "0x5", "1e3", "5,0", "99999999999999999999",
                                               "5.05", "1.05" };
        static const char *const times[] = { "90s s", "1.5.2 min", "30 s 1 min", "1 min 1 min", "min", "90 S", "90 sec",
                                             "90 s,", "-90 s", "90 s 5", "99999999999999 d", "0.0001 ms" };
        static const char *const qualified[] = { "skin until 2027-13-01", "skin until 2027-00-10", "skin until 2027-04-31",
                                                 "skin until 27-04-30", "skin until", "until 2027-01-01",
                                                 "skin until 2027-01-01,", "skin until 2027-01-01, skin until 2028-01-01",
                                                 "skin until 2027-01-01 or so", "skin until 1900-01-01",
                                                 "skin until 2027/01/01", "skin until 2027-01.10", "skin until 2027-01-0:" };
        static const char *const zones[] = { "../../etc/passwd", "/etc/localtime", "Europe", "europe/berlin", "Europe/Berlin/",
                                             "tzdata.zi", "CEST", "Europe/../UTC", "//Europe/Berlin", "./UTC" };
        static const char *const modes[] = { "660", "00660", "rw", "0 660", "0o660" };
        static const char *const days[] = { "04-00", "04:000", "0a:00", "04:60", "13:00", "24:00" };
        static const char *const lists[] = { "p, p", "p,", ",p", "p t", "p;t" };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                refuse_value("[broker]\n", "keepalive", numbers[i]);
        for (size_t i = 0; i < ELEMENTSOF(times); i++)
                refuse_value("[gate]\n", "lease", times[i]);
        for (size_t i = 0; i < ELEMENTSOF(qualified); i++)
                refuse_value("[practitioner x]\nroles = practitioner\n", "qualified", qualified[i]);
        for (size_t i = 0; i < ELEMENTSOF(modes); i++)
                refuse_value("[control]\n", "mode", modes[i]);
        for (size_t i = 0; i < ELEMENTSOF(days); i++)
                refuse_value("", "day-start", days[i]);
        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                refuse_value("[autoclave b]\nclass-type = B\nband = en285\nuncertainty-c = 1\n", "programs", lists[i]);
        refuse_value("[policy]\n", "blood-max-hours", ".5");
        for (size_t i = 0; i < ELEMENTSOF(zones); i++) {
                char text[100], want[100];
                Config *c = NULL;

                snprintf(text, sizeof(text), "[site]\ntimezone = %s\n", zones[i]);
                snprintf(want, sizeof(want), "[site] timezone: \"%s\" is not allowed", zones[i]);
                assert_int_equal(load(text, strlen(text), &c), -EINVAL);
                assert_non_null(strstr(errors.text[0], want));
        }
}

/* The member n times; a # in it becomes a number. */
static const char *repeat(const char *member, const char *separator, int n) {
        static char text[2400];
        text[0] = '\0';
        for (int i = 0; i < n; i++) {
                size_t at = strlen(text), before = strcspn(member, "#");
                snprintf(text + at, sizeof(text) - at, "%s%.*s", i ? separator : "", (int)before, member);
                at = strlen(text);
                if (member[before])
                        snprintf(text + at, sizeof(text) - at, "%d%s", i, member + before + 1);
        }
        return text;
}

static void refuse_long(const char *section, const char *key, const char *value) {
        Config *c = NULL;
        char more[2500], want[100];
        snprintf(more, sizeof(more), "%s%s = %s\n", section, key, value);
        snprintf(want, sizeof(want), " %s: \"%.20s", key, value);
        char *text = with_base(more);
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        if (!strstr(errors.text[0], want) || !strstr(errors.text[0], "is not allowed"))
                fail_msg("%s: %s", value, errors.text[0]);
        free(text);
}

static void text_and_lists_are_bounded(void **state) {
        char more[300];
        (void)state;
        snprintf(more, sizeof(more), "name = %s\n", repeat("x", "", CONFIG_STRING_MAX));
        config_free(loaded(more));
        refuse_long("", "name", repeat("x", "", CONFIG_STRING_MAX + 1));
        refuse_long("[control]\n", "socket", repeat("/xxxxx", "", CONFIG_SOCKET_MAX / 6 + 1));
        refuse_long("[device d]\n", "room", repeat("x", "", LABEL_MAX + 1));
        refuse_long("[autoclave b]\n", "programs", repeat("program-#", ",", CONFIG_LIST_MAX + 1));
        refuse_long("[practitioner x]\nroles = practitioner\n", "qualified", repeat("# until 2027-01-01", ",", CONFIG_LIST_MAX + 1));
        refuse_long("[procedure k]\n", "needs", repeat("needle", " | ", KIT_WAYS_MAX + 1));
        refuse_long("[procedure k]\n", "needs",
                    "needle + manual-roller + handpiece + sleeve + lancet + extractor + serum-cup + blood + vial");
}

static void units_are_converted_exactly(void **state) {
        Config *c = loaded("day-start = 03:30\nsite-pressure-kpa = 98.765\n"
                           "[gate]\nlease = 1 min 30.5 s\nhole-wait=1500ms\n"
                           "[store]\ndisk-low-mb = 300\n"
                           "[policy]\nblood-max-hours = 2.5\n"
                           "[program f]\ntype = prevacuum\nset-temperature = 273.2 F\nhold-min = 3.5 min\npulses = 3\n"
                           "pulse-pressure-kpa = 19.6\nwraps = none, wrap\n"
                           "[program g]\ntype = gravity\nset-temperature = 250 F\nhold-min = 30 min\nwraps = none\n");
        (void)state;
        assert_int_equal(c->site.day_start_us, 12600 * US_PER_S);
        assert_int_equal(c->site.site_pressure_pa, 98765);
        assert_int_equal(c->gate.lease_us, 90500000);
        assert_int_equal(c->gate.hole_wait_us, 1500000);
        assert_int_equal(c->store.disk_low_bytes, 314572800);
        assert_int_equal(c->policy.blood_max_us, 9000 * US_PER_S);
        const ConfigProgram *f = config_program_by_id(c, "f");
        assert_int_equal(f->set_temperature_mc, 134000);
        assert_int_equal(f->hold_min_us, 210 * US_PER_S);
        assert_int_equal(f->pulse_pressure_pa, 19600);
        assert_int_equal(f->wraps, 1U << WRAP_NONE | 1U << WRAP_WRAP);
        assert_int_equal(config_program_by_id(c, "g")->set_temperature_mc, 121111);
        config_free(c);
}

/* A rule's own limit is the largest (smallest) that its key takes. */
static void a_policy_cannot_loosen_a_rule(void **state) {
        static const struct {
                const char *key, *just, *over;
        } cases[] = {
                { "shelf-life-wrapped-days", "365", "366" }, { "immediate-use-minutes", "30", "30.1" },
                { "blood-max-hours", "4", "4.01" },          { "vial-open-days", "28", "29" },
                { "opening-stock-days", "7", "8" },          { "sharps-minutes", "30", "31" },
                { "disinfect-contact-s", "60", "0" },
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char more[100];

                refuse_value("[policy]\n", cases[i].key, cases[i].over);
                snprintf(more, sizeof(more), "[policy]\n%s = %s\n", cases[i].key, cases[i].just);
                config_free(loaded(more));
        }
}

static void kits_are_alternatives_of_roles(void **state) {
        static const char *const wrong[] = { "needle +", "| needle", "needle + needle", "needles", "needle, sleeve",
                                             "needle||sleeve", "needle & sleeve" };
        Config *c = loaded("[class s]\nrole = sleeve\nrequired-state = clean\n[class h]\nrole = handpiece\nsingle-use = no\n"
                           "reprocessing = sterilize\n[class m]\nrole = manual-roller\n"
                           "[procedure k]\nneeds = manual-roller | needle+handpiece + sleeve\n");
        const ConfigKit *kit = &config_procedure(c, "k")->needs;
        (void)state;
        assert_int_equal(kit->n_ways, 2);
        assert_int_equal(kit->ways[0].n_roles, 1);
        assert_int_equal(kit->ways[0].roles[0], ROLE_MANUAL_ROLLER);
        assert_int_equal(kit->ways[1].n_roles, 3);
        assert_int_equal(kit->ways[1].roles[0], ROLE_NEEDLE);
        assert_int_equal(kit->ways[1].roles[1], ROLE_HANDPIECE);
        assert_int_equal(kit->ways[1].roles[2], ROLE_SLEEVE);
        config_free(c);
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                refuse_value("[procedure k]\n", "needs", wrong[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(a_drop_in_extends_and_the_later_one_wins, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(an_error_in_a_drop_in_names_that_file, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_named, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(a_pipe_in_place_of_a_file_does_not_hang, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(a_file_is_bounded, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(drop_ins_that_cannot_be_read_are_an_error, make_directory, remove_directory),
                cmocka_unit_test_setup_teardown(drop_ins_are_bounded, make_directory, remove_directory),
                cmocka_unit_test(unknown_words_are_errors_with_a_suggestion),
                cmocka_unit_test(a_section_stands_well_formed_and_once),
                cmocka_unit_test(a_line_is_whole_and_plain),
                cmocka_unit_test_setup_teardown(a_zero_byte_is_an_error, make_directory, remove_directory),
                cmocka_unit_test(a_key_before_the_first_section_is_an_error),
                cmocka_unit_test(a_missing_key_is_named_at_its_section),
                cmocka_unit_test(a_password_in_the_file_is_refused_and_not_repeated),
                cmocka_unit_test(all_errors_are_told_and_bounded),
                cmocka_unit_test(an_endless_name_does_not_break_an_error),
                cmocka_unit_test(there_is_a_limit_to_each_kind),
                cmocka_unit_test(a_wrong_value_is_told_with_what_is_allowed),
                cmocka_unit_test(numbers_times_and_dates_are_read_strictly),
                cmocka_unit_test(text_and_lists_are_bounded),
                cmocka_unit_test(units_are_converted_exactly),
                cmocka_unit_test(a_policy_cannot_loosen_a_rule),
                cmocka_unit_test(kits_are_alternatives_of_roles),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
