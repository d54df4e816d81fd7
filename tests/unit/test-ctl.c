/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl itself, as a person or a script runs it, against a control interface served here. The command is looked
 * for one directory above this program, where make puts it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/clinicsim-files.h"
#include "bus/bus.h"
#include "config.h"
#include "core/cycle.h"
#include "core/event.h"
#include "store/alerts.h"
#include "store/items.h"
#include "core/samples.h"
#include "store/cycles.h"
#include "store/loads.h"
#include "store/sessions.h"

#define ROLLER "(01)00844588003288(21)SN0042"
#define T0 INT64_C(1700000000000000)

typedef struct Fixture {
        char dir[40], ledger[64], socket[64], command[512];
        sd_event *event;
        Store *store;
        Bus *bus;
        bool armed;
        int acts;       /* that came */
        char act[256]; /* what the last one said */
        char out[262144]; /* what the command wrote: standard output, then */
        char err[4096];  /* standard error */
} Fixture;

static void fake_status(void *userdata, Status *ret) {
        const Fixture *f = userdata;

        *ret = (Status){ .version = "9.8.7", .state = f->armed ? "online" : "degraded", .armed = f->armed, .since_us = T0,
                         .broker_connected = true, .n_doubts = !f->armed,
                         .doubts = { { "clock-untrusted", "The clock went back." } } };
}

static const Config config;

static const Config *fake_config(void *userdata) {
        (void)userdata;
        return &config;
}

/* clara may, others may not. */
static int fake_act(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        Fixture *f = userdata;

        f->acts++;
        snprintf(f->act, sizeof(f->act), "%s %s %s %s", act->subject, act->by, act->cause ?: "-", act->reason ?: "-");
        snprintf(ret_text, ACT_TEXT_MAX, streq(act->by, "clara") ? "It is done." : "%s may not do this. Ask an officer.",
                 act->by);
        return !streq(act->by, "clara");
}

static void find_command(Fixture *f) {
        char self[256];
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        assert_true(n > 0);
        self[n] = 0;
        *strrchr(self, '/') = 0;
        snprintf(f->command, sizeof(f->command), "%s/../asepsisctl", self);
}

/* A cycle of 300 s with a hold of 100 s in the middle. */
static void fill_cycle(Fixture *f) {
        AttemptRow a = { .autoclave = "ac-1", .cycle = 101, .program = "prevac-134", .started_us = T0, .start = "{}" };
        uint8_t data[SAMPLES_ENCODED_MAX(300)];
        Sample v[300];
        size_t size;

        assert_return_code(attempt_add(f->store, &a), 0);
        a.verdict = CYCLE_FAILED;
        a.outcome = OUTCOME_COMPLETED;
        a.ended_us = T0 + 300 * US_PER_S;
        a.released = LOAD_OPEN;
        snprintf(a.reasons, sizeof(a.reasons), "[{\"rule\":\"hold-too-short\",\"text\":\"It was short.\"}]");
        snprintf(a.figures, sizeof(a.figures),
                 "{\"hold_us\":100000000,\"hold_start_us\":100000000,\"required_us\":204750000,\"coldest_mc\":134200,"
                 "\"hottest_mc\":135400,\"median_off_mc\":120,\"worst_off_mc\":-530,\"samples\":300}");
        assert_return_code(attempt_save(f->store, &a), 0);
        assert_return_code(transcript_add(f->store, &a, &(TranscriptRow){ .i = 1,
                                                                          .at_us = T0,
                                                                          .readings = { .hold_us = 225000000,
                                                                                        .coldest_mc = 135000,
                                                                                        .hottest_mc = 135800,
                                                                                        .lowest_pa = 313000,
                                                                                        .highest_pa = 321000,
                                                                                        .pulses = 4 },
                                                                          .by = "dora",
                                                                          .reason = "the printer is out of paper" }),
                           0);
        for (int i = 0; i < 300; i++) {
                bool hot = i >= 100 && i <= 200;

                v[i] = (Sample){ i * US_PER_S, hot ? 134800 : 60000, hot ? 312000 : 90000 };
        }
        size = samples_encode(v, 300, data, sizeof(data));
        assert_true(size > 0);
        assert_return_code(chunk_add(f->store, a.id, 1, 300, data, size), 0);
}

static void fill(Fixture *f) {
        ItemRow roller = { .code = ROLLER, .class_id = "roller", .expires_on = 20200101, .received_us = T0, .received_i = 1,
                           .supplied = SUPPLIED_STERILE, .state = ITEM_STERILE, .state_us = T0 };
        RequestRow denied = { .room = "room-2", .session = "s-80", .at_us = T0,
                              .answer = (char *)"{\"reasons\":[{\"rule\":\"item-used\",\"text\":\"Take a new one.\"}]}" };
        AlertRow alert;
        char subject[16];

        assert_return_code(store_begin(f->store), 0);
        assert_return_code(item_add(f->store, &roller), 0);
        assert_return_code(request_add(f->store, &denied), 0);
        fill_cycle(f);
        for (int i = 0; i < 450; i++) {
                snprintf(subject, sizeof(subject), "subject-%d", i);
                assert_int_equal(alert_put(f->store, i ? "broker-lost" : "reuse-detected", subject,
                                           i ? ALERT_WARNING : ALERT_CRITICAL, "tab\there \033[31mred", T0, &alert), 1);
        }
        assert_int_equal(alert_settle(f->store, "broker-lost", "subject-449", "kim", T0, &alert), 1);
        assert_return_code(store_commit(f->store), 0);
}

static int setup(void **state) {
        Fixture *f = calloc(1, sizeof(*f));
        char why[STORE_WHY_MAX] = "";
        StoreOptions options;
        StoreOpened opened;
        BusOptions bus;
        BusSource source;

        assert_non_null(f);
        find_command(f);
        files_make(f->dir, sizeof(f->dir));
        snprintf(f->ledger, sizeof(f->ledger), "%s/ledger", f->dir);
        snprintf(f->socket, sizeof(f->socket), "%s/control.sock", f->dir);
        files_ledger(f->ledger);
        options = (StoreOptions){ .path = f->ledger };
        assert_return_code(store_open(&f->store, &options, &opened, why), 0);
        assert_return_code(sd_event_new(&f->event), 0);
        fill(f);
        bus = (BusOptions){ .path = f->socket };
        source = (BusSource){ .store = f->store, .status = fake_status, .config = fake_config, .act = fake_act, .userdata = f };
        assert_return_code(bus_new(&f->bus, f->event, &bus, &source), 0);
        setenv("ASEPSIS_SOCKET", f->socket, 1);
        setenv("TZ", "UTC", 1);
        setenv("LC_ALL", "C", 1);
        *state = f;
        return 0;
}

static int teardown(void **state) {
        static const char *const files[] = { "ledger", "ledger-wal", "out", "err" };
        Fixture *f = *state;
        char path[80];

        f->bus = bus_free(f->bus);
        f->store = store_close(f->store);
        sd_event_unref(f->event);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
                unlink(path);
        }
        assert_return_code(rmdir(f->dir), errno);
        free(f);
        return 0;
}

static int open_output(const Fixture *f, const char *name, int flags) {
        char path[80];

        snprintf(path, sizeof(path), "%s/%s", f->dir, name);
        return open(path, flags, 0600);
}

static void read_output(const Fixture *f, const char *name, char *ret, size_t size) {
        int fd = open_output(f, name, O_RDONLY | O_CLOEXEC);
        ssize_t n = read(fd, ret, size - 1);

        assert_true(n >= 0);
        ret[n] = 0;
        close(fd);
}

static void exec_command(const Fixture *f, char **argv) {
        dup2(open_output(f, "out", O_WRONLY | O_CREAT | O_TRUNC), STDOUT_FILENO);
        dup2(open_output(f, "err", O_WRONLY | O_CREAT | O_TRUNC), STDERR_FILENO);
        execv(f->command, argv);
        _exit(126);
}

/* Runs the command while the loop serves it. Its exit status. */
static int run_all(Fixture *f, char **argv) {
        int status = 0;
        pid_t pid;

        if (access(f->command, X_OK) < 0)
                skip();
        pid = fork();
        assert_return_code(pid, errno);
        if (pid == 0)
                exec_command(f, argv);
        while (waitpid(pid, &status, WNOHANG) == 0)
                assert_return_code(sd_event_run(f->event, 1000), 0);
        assert_true(WIFEXITED(status));
        read_output(f, "out", f->out, sizeof(f->out));
        read_output(f, "err", f->err, sizeof(f->err));
        return WEXITSTATUS(status);
}

/* With up to three arguments. */
static int run(Fixture *f, const char *a, const char *b, const char *c) {
        char *argv[] = { (char *)"asepsisctl", (char *)a, (char *)b, (char *)c, NULL };

        return run_all(f, argv);
}

#define RUN(f, ...) run_all(f, (char *[]){ (char *)"asepsisctl", __VA_ARGS__, NULL })

static json_t *parse_output(const Fixture *f) {
        json_t *v = json_loads(f->out, JSON_REJECT_DUPLICATES, NULL);

        assert_non_null(v);
        assert_ptr_equal(strchr(f->out, '\n'), f->out + strlen(f->out) - 1);
        return v;
}

static void assert_error_id(const Fixture *f, const char *id) {
        json_t *v = parse_output(f);

        assert_string_equal(json_string_value(json_object_get(v, "error")), id);
        assert_true(json_is_string(json_object_get(v, "text")));
        json_decref(v);
}

#define assert_says(text, part)                                              \
        do {                                                                 \
                if (!strstr(text, part))                                     \
                        fail_msg("\"%s\" does not say \"%s\"", text, part);  \
        } while (0)

static void status_exits_0_when_sessions_can_start_and_1_when_not(void **state) {
        Fixture *f = *state;

        f->armed = true;
        assert_int_equal(run(f, "status", NULL, NULL), 0);
        assert_says(f->out, "asepsisd 9.8.7 is online: sessions can start");
        assert_says(f->out, "2023-11-14 22:13:20");
        f->armed = false;
        assert_int_equal(run(f, "status", NULL, NULL), 1);
        assert_says(f->out, "degraded: no session can start");
        assert_says(f->out, "The clock went back.");
        assert_int_equal(run(f, "--json", "status", NULL), 1);
}

static void json_has_the_interface_s_names_and_times_in_rfc_3339(void **state) {
        Fixture *f = *state;
        json_t *v;

        run(f, "status", "--json", NULL);
        v = parse_output(f);
        assert_string_equal(json_string_value(json_object_get(v, "since")), "2023-11-14T22:13:20.000Z");
        assert_true(json_is_false(json_object_get(v, "armed")));
        assert_true(json_is_integer(json_object_get(v, "items")));
        assert_int_equal(json_array_size(json_object_get(v, "doubts")), 1);
        json_decref(v);
}

static void an_item_is_shown_and_what_is_wrong_with_a_code_is_said(void **state) {
        Fixture *f = *state;

        assert_int_equal(run(f, "item", ROLLER, NULL), 0);
        assert_says(f->out, "sterile since 2023-11-14 22:13:20");
        assert_says(f->out, "2020-01-01, past");
        assert_int_equal(run(f, "item", "UNKNOWN-1", NULL), 1);
        assert_string_equal(f->out, "");
        assert_says(f->err, "No item UNKNOWN-1");
        assert_int_equal(run(f, "-j", "item", "UNKNOWN-1"), 1);
        assert_error_id(f, "not-found");
        assert_int_equal(run(f, "-j", "item", "(01)00844588003288"), 1);
        assert_error_id(f, "not-one-piece");
        assert_int_equal(run(f, "-j", "item", "(01)1"), 1);
        assert_error_id(f, "bad-code");
}

static void a_denied_session_is_shown_with_its_reasons(void **state) {
        Fixture *f = *state;

        assert_int_equal(run(f, "session", "s-80", NULL), 0);
        assert_says(f->out, "s-80  denied");
        assert_says(f->out, "item-used");
        assert_says(f->out, "Take a new one.");
        assert_int_equal(run(f, "session", "s\033[31m", NULL), 1);
        assert_null(strchr(f->err, '\033'));
}

static void all_alerts_come_over_page_after_page(void **state) {
        Fixture *f = *state;
        json_t *v;

        assert_int_equal(run(f, "alerts", NULL, NULL), 0);
        assert_says(f->out, "subject-448");
        assert_null(strstr(f->out, "subject-449"));
        assert_int_equal(run(f, "alerts", "--all", NULL), 0);
        assert_says(f->out, "resolved by kim");
        assert_null(strchr(f->out, '\033'));
        assert_null(strchr(f->out, '\t'));
        assert_int_equal(run(f, "alerts", "--json", "--all"), 0);
        v = parse_output(f);
        assert_int_equal(json_array_size(v), 450);
        json_decref(v);
}

/* Where a column's values start is where its head starts. */
static void columns_stand_below_their_heads(void **state) {
        Fixture *f = *state;
        char *head, *row;

        assert_int_equal(run(f, "alerts", NULL, NULL), 0);
        head = f->out;
        row = strchr(f->out, '\n');
        assert_non_null(row);
        row++;
        assert_int_equal(strstr(head, "RULE") - head, strstr(row, "reuse-detected") - row);
        assert_int_equal(strstr(head, "SEVERITY") - head, strstr(row, "critical") - row);
        assert_int_equal(strstr(head, "STATE") - head, strstr(row, "open") - row);
        assert_int_equal(strstr(head, "ID") + 2 - head, strchr(row, '1') + 1 - row);
}

static void a_load_is_shown_with_its_figures_in_words(void **state) {
        Fixture *f = *state;
        json_t *v;

        assert_int_equal(run(f, "load", "ac-1.1", NULL), 0);
        assert_says(f->out, "ac-1.1  failed");
        assert_says(f->out, "1 min 40 s, at least 3 min 25 s, from minute 1.7");
        assert_says(f->out, "134.20 to 135.40 degrees C");
        assert_says(f->out, "+0.12 K from saturated in the middle, -0.53 K at worst");
        assert_says(f->out, "It was short.");
        assert_says(f->out, "held 3 min 45 s, 135.00 to 135.80 degrees C, 313.00 to 321.00 kPa, 4 pulses");
        assert_says(f->out, "the printer is out of paper");
        assert_int_equal(run(f, "load", "ac-1", "101"), 0);
        assert_says(f->out, "ac-1.1  failed");
        assert_int_equal(run(f, "load", NULL, NULL), 0);
        assert_says(f->out, "ac-1.1");
        assert_int_equal(run(f, "load", "--all", "-j"), 0);
        v = parse_output(f);
        assert_int_equal(json_array_size(v), 1);
        json_decref(v);
        assert_int_equal(run(f, "load", "ac-1.2", NULL), 1);
        assert_says(f->err, "ac-1.2");
}

/* The hold is the middle third of the cycle, and so of the line below the curves. */
static void a_cycle_is_drawn_with_its_hold_in_its_place(void **state) {
        Fixture *f = *state;
        const char *axis, *end;
        json_t *v;

        assert_int_equal(run(f, "cycle", "ac-1.1", NULL), 0);
        assert_null(strchr(f->out, '\033'));
        assert_says(f->out, "temperature, C");
        assert_says(f->out, "pressure, kPa absolute");
        assert_says(f->out, "distance from saturated steam");
        axis = strstr(f->out, "+--");
        assert_non_null(axis);
        end = strchr(axis, '\n');
        assert_in_range(strspn(axis + 1, "-"), 20, 28);
        assert_in_range(strspn(axis + 1 + strspn(axis + 1, "-"), "="), 20, 28);
        assert_in_range(end - axis, 60, 80);
        assert_int_equal(run(f, "cycle", "ac-1.1", "--json"), 0);
        v = parse_output(f);
        assert_int_equal(json_array_size(json_object_get(v, "samples")), 300);
        assert_string_equal(json_string_value(json_object_get(v, "verdict")), "failed");
        json_decref(v);
}

static void an_act_is_signed_and_a_refusal_exits_1(void **state) {
        Fixture *f = *state;

        assert_int_equal(RUN(f, "autoclave", "out", "ac-1", "--cause=fault", "--by=clara", "--reason=it leaks"), 0);
        assert_says(f->out, "It is done.");
        assert_string_equal(f->act, "ac-1 clara fault it leaks");
        assert_int_equal(RUN(f, "autoclave", "return", "ac-1", "-b", "ana", "-r", "mended"), 1);
        assert_says(f->err, "ana may not do this. Ask an officer.");
        assert_int_equal(RUN(f, "-j", "autoclave", "commission", "ac-1", "101", "--by=ana"), 1);
        assert_error_id(f, "refused");
        assert_string_equal(f->act, "ac-1.1 ana - -");
        assert_int_equal(f->acts, 3);
}

/* One released load of this year, among one that is not and one that is too old. */
static void released(Fixture *f, const char *autoclave, int64_t started_us) {
        AttemptRow a = { .cycle = 1, .program = "p", .started_us = started_us, .start = "{}" };

        snprintf(a.autoclave, sizeof(a.autoclave), "%s", autoclave);
        assert_return_code(attempt_add(f->store, &a), 0);
        a.released = LOAD_RELEASED;
        a.outcome = OUTCOME_COMPLETED;
        a.ended_us = started_us + 1;
        assert_return_code(attempt_save(f->store, &a), 0);
        PackRow p = { .packed_us = started_us };
        snprintf(p.label, sizeof(p.label), "P-%s", autoclave);
        assert_return_code(pack_add(f->store, &p), 0);
        p.attempt = a.id;
        p.loaded_us = started_us;
        assert_return_code(pack_save(f->store, &p), 0);
        assert_return_code(pack_item_add(f->store, p.id, 1), 0);
}

static void the_drill_traces_a_released_load_of_the_last_year_and_is_signed(void **state) {
        Fixture *f = *state;

        assert_int_equal(run(f, "lookback", "--drill", NULL), 1);
        released(f, "long-ago", T0 - 4000 * US_PER_DAY);
        released(f, "lately", (int64_t)time(NULL) * US_PER_S - US_PER_DAY);
        for (int i = 0; i < 3; i++) {
                assert_int_equal(run(f, "lookback", "--drill", NULL), 0);
                assert_non_null(strstr(f->out, "load lately.1"));
                assert_non_null(strstr(f->out, "unused"));
        }
        assert_int_equal(f->acts, 0);
        assert_int_equal(run(f, "lookback", "--drill", "--by=clara"), 0);
        assert_string_equal(f->act, "lately.1 clara - -");
        assert_int_equal(run(f, "lookback", "--drill", "--by=ben"), 1);
        assert_int_equal(run(f, "lookback", "--lot=L", "--by=clara"), 2);
}

static void what_is_not_signed_or_not_said_does_not_reach_the_daemon(void **state) {
        Fixture *f = *state;

        assert_int_equal(RUN(f, "autoclave", "out", "ac-1", "--cause=fault", "--reason=it leaks"), 2);
        assert_says(f->err, "--by=PERSON");
        assert_int_equal(RUN(f, "autoclave", "out", "ac-1", "--by=clara", "--reason=it leaks"), 2);
        assert_says(f->err, "--cause=");
        assert_int_equal(RUN(f, "autoclave", "return", "ac-1", "--by=clara"), 2);
        assert_says(f->err, "--reason=TEXT");
        assert_int_equal(RUN(f, "autoclave", "return", "ac-1", "--by=clara", "--reason=x", "--cause=fault"), 2);
        assert_int_equal(RUN(f, "autoclave", "ac-1", "--by=clara"), 2);
        assert_int_equal(RUN(f, "status", "--by=clara"), 2);
        assert_int_equal(RUN(f, "status", "--all"), 2);
        assert_says(f->err, "--all does not go with status");
        assert_int_equal(RUN(f, "autoclave", "explode", "ac-1"), 2);
        assert_says(f->err, "autoclave --help");
        assert_int_equal(RUN(f, "autoclave", "--help"), 0);
        assert_says(f->out, "commission ATTEMPT --by=OFFICER");
        assert_int_equal(f->acts, 0);
}

static void wrong_usage_exits_2_and_says_what_was_meant(void **state) {
        Fixture *f = *state;

        assert_int_equal(run(f, "staus", NULL, NULL), 2);
        assert_says(f->err, "did you mean status?");
        assert_int_equal(run(f, "xylophone", NULL, NULL), 2);
        assert_null(strstr(f->err, "did you mean"));
        assert_int_equal(run(f, "item", NULL, NULL), 2);
        assert_says(f->err, "usage: asepsisctl item CODE");
        assert_int_equal(run(f, "status", "--bye=clara", NULL), 2);
        assert_says(f->err, "asepsisctl status: unrecognized option");
        assert_int_equal(run(f, "item", "A", "B"), 2);
        assert_int_equal(run(f, "alerts", "--socket=/a", "--socket=/b"), 2);
        assert_says(f->err, "--socket is said twice");
        assert_int_equal(run(f, "status", "--all", NULL), 2);
        assert_int_equal(run(f, "status", "--by=clara", NULL), 2);
        assert_says(f->err, "--by does not go with status");
        assert_int_equal(run(f, "session", "end", NULL), 2);
        assert_says(f->err, "end SESSION");
        assert_int_equal(run(f, "key", "statement", "x"), 2);
        assert_null(strstr(f->err, "this is signed"));
        assert_int_equal(run(f, "restore", "accept", NULL), 2);
        assert_says(f->err, "restore confirm");
        assert_int_equal(run(f, NULL, NULL, NULL), 2);
        assert_int_equal(run(f, "--help", NULL, NULL), 0);
        assert_says(f->out, "alerts");
}

static void assert_fits(const char *name, const char *text, int most) {
        int lines = 0;

        for (const char *line = text, *end; *line; line = end + 1, lines++) {
                end = strchr(line, '\n');
                assert_non_null(end);
                if (end - line > 80)
                        fail_msg("%s: %.*s", name, (int)(end - line), line);
        }
        if (lines > most)
                fail_msg("%s: %d lines of help", name, lines);
}

static void every_help_fits_on_24_lines_of_80_columns(void **state) {
        Fixture *f = *state;
        char verbs[sizeof(f->out)], *rest = verbs;

        assert_int_equal(RUN(f, "help", "--all"), 0);
        assert_fits("help", f->out, 99); /* of which less shows as many as there is room for; it cuts what is wider */
        memcpy(verbs, f->out, sizeof(verbs));
        strsep(&rest, "\n");
        for (char *line; (line = strsep(&rest, "\n")) && *line;) {
                char *name = strtok(line, " ");

                assert_int_equal(RUN(f, name, "--help"), 0);
                assert_fits(name, f->out, 24);
                assert_says(f->out, "For example:\n  ");
                assert_int_equal(RUN(f, "--help"), 0);
                assert_says(f->out, name);
        }
        assert_fits("asepsisctl", f->out, 24);
}

static void a_daemon_that_is_not_there_exits_2_and_says_what_to_do(void **state) {
        Fixture *f = *state;

        f->bus = bus_free(f->bus);
        assert_int_equal(run(f, "status", NULL, NULL), 2);
        assert_says(f->err, "cannot reach asepsisd at ");
        assert_says(f->err, "systemctl status asepsisd");
        assert_int_equal(run(f, "status", "--json", NULL), 2);
        assert_error_id(f, "unreachable");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(status_exits_0_when_sessions_can_start_and_1_when_not),
                TEST(json_has_the_interface_s_names_and_times_in_rfc_3339),
                TEST(an_item_is_shown_and_what_is_wrong_with_a_code_is_said),
                TEST(a_denied_session_is_shown_with_its_reasons),
                TEST(all_alerts_come_over_page_after_page),
                TEST(columns_stand_below_their_heads),
                TEST(a_load_is_shown_with_its_figures_in_words),
                TEST(a_cycle_is_drawn_with_its_hold_in_its_place),
                TEST(an_act_is_signed_and_a_refusal_exits_1),
                TEST(the_drill_traces_a_released_load_of_the_last_year_and_is_signed),
                TEST(what_is_not_signed_or_not_said_does_not_reach_the_daemon),
                TEST(wrong_usage_exits_2_and_says_what_was_meant),
                TEST(every_help_fits_on_24_lines_of_80_columns),
                TEST(a_daemon_that_is_not_there_exits_2_and_says_what_to_do),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
