/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl watch: the clinic as it goes. On a terminal one screen that is drawn anew, elsewhere a line for each change. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus.h"
#include "ctl.h"
#include "out.h"
#include "show.h"
#include "value.h"

#define EVERY_MS 1000 /* where nothing is told */
#define QUIET_MS 5000 /* where it is: the clock on the screen, and what no signal says */
#define GATHER_MS 200
#define ALERTS_PAGE 200u

typedef struct View {
        json_t *status, *rooms, *autoclaves, *alerts;
} View;

static void view_done(View *v) {
        json_decref(v->status);
        json_decref(v->rooms);
        json_decref(v->autoclaves);
        json_decref(v->alerts);
        *v = (View){};
}

static int look(Ctl *c, View *ret) {
        View v = {};
        int r = ctl_call(c, &v.status, "GetStatus", NULL);

        if (r == CTL_YES)
                r = ctl_call(c, &v.rooms, "ListRooms", NULL);
        if (r == CTL_YES)
                r = ctl_call(c, &v.autoclaves, "ListAutoclaves", NULL);
        if (r == CTL_YES)
                r = ctl_call(c, &v.alerts, "ListAlerts", "tbu", (uint64_t)0, 0, ALERTS_PAGE);
        if (r == CTL_YES)
                *ret = v;
        else
                view_done(&v);
        return r;
}

/* --- one screen --- */

static void add_rooms(Table *t, const json_t *rooms) {
        const json_t *r;
        size_t i;

        json_array_foreach(rooms, i, r) {
                const bool locked = json_array_size(json_object_get(r, "locks")) > 0;

                table_cell(t, BOLD, "%s", text_of(r, "room"));
                table_cell(t, locked ? RED : streq(text_of(r, "state"), "locked") ? PLAIN : GREEN, "%s%s", text_of(r, "state"),
                           locked ? ", by an alert" : truth_of(r, "disinfection_due") ? ", to be disinfected" : "");
                table_cell(t, PLAIN, "%s", text_of(r, "session"));
        }
}

static void add_autoclaves(Table *t, const json_t *autoclaves) {
        const json_t *a;
        size_t i;

        json_array_foreach(autoclaves, i, a) {
                const bool in = streq(text_of(a, "service"), "in");

                table_cell(t, BOLD, "%s", text_of(a, "autoclave"));
                table_cell(t, in ? PLAIN : RED, "%s", !in ? "out of service" : has_text(a, "running") ? "runs" : "in service");
                table_cell(t, PLAIN, "%s%s%s", has_text(a, "running") ? text_of(a, "running") : text_of(a, "last"),
                           has_text(a, "running") ? "" : " ", has_text(a, "running") ? "" : text_of(a, "last_verdict"));
        }
}

/* Between two characters of UTF-8. */
static void cut(char *text, size_t n) {
        if (strlen(text) <= n)
                return;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                n--;
        text[n] = 0;
}

/* The newest ones that there is room for. */
static void print_alerts(const json_t *alerts, size_t lines) {
        const size_t n = json_array_size(alerts), from = n > lines ? n - lines : 0;

        for (size_t i = n; i-- > from;) {
                const json_t *a = json_array_get(alerts, i);
                const char *severity = text_of(a, "severity");
                char text[512];

                snprintf(text, sizeof(text), "%s %s: %s", text_of(a, "rule"), text_of(a, "subject"), text_of(a, "text"));
                cut(text, (size_t)MAX_OF(out_width() - 13, 20));
                printf("  ");
                out_painted(streq(severity, "critical") ? RED : streq(severity, "warning") ? YELLOW : PLAIN, "%-9s", severity);
                printf(" %s\n", text);
        }
        if (from > 0)
                printf("  and %zu more: asepsisctl alerts\n", from);
}

static size_t screen_lines(void) {
        struct winsize w;

        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 ? w.ws_row : 24;
}

static void print_screen(const View *v) {
        static const Column columns[] = { { "WHERE", false }, { "STATE", false }, { "SESSION OR CYCLE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const size_t used = json_array_size(v->rooms) + json_array_size(v->autoclaves) + 7, lines = screen_lines();
        const bool armed = truth_of(v->status, "armed");
        char now[32];
        time_t s = time(NULL);

        strftime(now, sizeof(now), "%H:%M:%S", localtime(&s));
        printf("\033[H\033[J");
        out_painted(armed ? GREEN : RED, "%s", out_dot());
        printf(" %s  asepsisd is %s: %s; %" PRId64 " live; Ctrl-C ends this\n\n", now, text_of(v->status, "state"),
               armed ? "sessions can start" : "no session can start", number_of(v->status, "sessions_live"));
        add_rooms(t, v->rooms);
        add_autoclaves(t, v->autoclaves);
        table_print(t);
        printf("\n");
        if (json_array_size(v->alerts) == 0)
                printf("  no alert is open\n");
        else
                print_alerts(v->alerts, lines > used ? lines - used : 1);
}

/* --- lines --- */

static const json_t *find(const json_t *list, const char *member, const json_t *wanted) {
        const json_t *one;
        size_t i;

        json_array_foreach(list, i, one)
                if (json_equal(json_object_get(one, member), json_object_get(wanted, member)))
                        return one;
        return NULL;
}

static void tell(const Ctl *c, const char *what, const char *name, const char *state, const char *more) {
        char now[32];
        time_t s = time(NULL);

        if (c->json) {
                ctl_print_json(json_pack("{s:s, s:s, s:s, s:s}", "what", what, "name", name, "state", state, "detail", more));
                return;
        }
        strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S", localtime(&s));
        printf("%s  %-9s  %s: %s%s%s\n", now, what, name, state, more[0] ? ", " : "", more);
        fflush(stdout);
}

/* What is new or other than before. */
static void tell_list(const Ctl *c, const char *what, const char *id, const char *state, const char *more, const json_t *was,
                      const json_t *is) {
        const json_t *one;
        size_t i;

        json_array_foreach(is, i, one) {
                const json_t *before = find(was, id, one);
                char name[32];

                if (before && streq(text_of(before, state), text_of(one, state)) &&
                    streq(text_of(before, more), text_of(one, more)))
                        continue;
                snprintf(name, sizeof(name), "%" PRId64, number_of(one, id));
                tell(c, what, has_text(one, id) ? text_of(one, id) : name, text_of(one, state), text_of(one, more));
        }
}

static void tell_changes(const Ctl *c, const View *was, const View *is) {
        const json_t *a;
        size_t i;

        if (!was->status || !streq(text_of(was->status, "state"), text_of(is->status, "state")) ||
            truth_of(was->status, "armed") != truth_of(is->status, "armed"))
                tell(c, "daemon", text_of(is->status, "state"),
                     truth_of(is->status, "armed") ? "sessions can start" : "no session can start", "");
        tell_list(c, "room", "room", "state", "session", was->rooms, is->rooms);
        tell_list(c, "autoclave", "autoclave", "service", "running", was->autoclaves, is->autoclaves);
        tell_list(c, "alert", "id", "state", "rule", was->alerts, is->alerts);
        json_array_foreach(was->alerts, i, a)
                if (!find(is->alerts, "id", a))
                        tell(c, "alert", text_of(a, "rule"), "resolved", text_of(a, "subject"));
}

/* --- what the daemon tells by itself --- */

typedef struct Watch {
        Ctl *c;
        bool screen, listening, stale; /* stale: something has changed since it was looked at */
} Watch;

/* "deny, item-used, room-busy" of a decision; that of all else is seen by looking. */
static void tell_decision(const Ctl *c, const json_t *about) {
        const json_t *rule;
        Line state = {};
        size_t i;

        line_add(&state, "%s", text_of(about, "verdict"));
        json_array_foreach(json_object_get(about, "reasons"), i, rule)
                line_add(&state, ", %s", json_string_value(rule) ?: text_of(rule, "rule"));
        tell(c, "decision", has_text(about, "session") ? text_of(about, "session") : text_of(about, "id"), state.text,
             text_of(about, "id"));
}

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Watch *w = userdata;
        json_t *about = NULL;
        const char *kind;

        (void)error;
        if (sd_bus_message_read_basic(m, 's', &kind) > 0 && value_read(m, !w->c->json, &about) >= 0) {
                if (streq(kind, "decision") && !w->screen)
                        tell_decision(w->c, about);
                w->stale = true;
        }
        json_decref(about);
        return 0;
}

/* One that does not tell, or has too many listeners already, is looked at each second. */
static void listen_to(Watch *w) {
        sd_bus_message *nothing = NULL;

        w->c->quiet = true;
        w->listening = ctl_call_bare(w->c, &nothing, "Subscribe", NULL) == CTL_YES &&
                       sd_bus_match_signal(w->c->bus, NULL, NULL, BUS_PATH, BUS_INTERFACE, "Event", on_event, w) >= 0;
        w->c->quiet = false;
        sd_bus_message_unref(nothing);
}

/* --- until somebody ends it --- */

static int watch_signals(void) {
        sigset_t mask;

        sigemptyset(&mask);
        sigaddset(&mask, SIGINT);
        sigaddset(&mask, SIGTERM);
        sigprocmask(SIG_BLOCK, &mask, NULL);
        return signalfd(-1, &mask, SFD_CLOEXEC);
}

/* Until there is something to look at: false, somebody ended it. */
static bool wait_for_change(Watch *w, int end) {
        struct pollfd fds[] = { { .fd = end, .events = POLLIN }, { .fd = sd_bus_get_fd(w->c->bus), .events = POLLIN } };
        int left_ms = w->listening ? QUIET_MS : EVERY_MS;

        w->stale = false;
        for (;;) {
                while (sd_bus_process(w->c->bus, NULL) > 0)
                        ;
                if (w->stale)
                        left_ms = MIN_OF(left_ms, GATHER_MS); /* changes come in company */
                if (poll(fds, w->listening ? 2 : 1, left_ms) == 0)
                        return true;
                if (fds[0].revents)
                        return false;
                if (fds[1].revents & (POLLHUP | POLLERR))
                        return true; /* looking tells that it is gone */
        }
}

static int run_watch(Ctl *c, int argc, char **argv) {
        Watch w = { .c = c, .screen = isatty(STDOUT_FILENO) && !c->json };
        const int end = watch_signals();
        View was = {}, is;
        int r;

        (void)argc;
        (void)argv;
        if (end < 0)
                return CTL_TROUBLE;
        listen_to(&w);
        while ((r = look(c, &is)) == CTL_YES) {
                if (w.screen)
                        print_screen(&is);
                else
                        tell_changes(c, &was, &is);
                view_done(&was);
                was = is;
                if (fflush(stdout) != 0 || !wait_for_change(&w, end))
                        break;
        }
        view_done(&was);
        close(end);
        return r;
}

const Verb verb_watch = {
        .name = "watch",
        .group = GROUP_NOW,
        .brief = "rooms, autoclaves and alerts as they go",
        .ways = { { .text = "a screen drawn anew at each change; elsewhere a line for each", .run = run_watch } },
        .help = "Ctrl-C ends it. With --json each change is an object on a line of its own: what,\n"
                "name, state, detail.\n",
        .example = "asepsisctl watch | tee today.log\n",
};
