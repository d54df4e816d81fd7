/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the daemon, and how its errors reach a person or a program. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "bus/bus.h"
#include "connect.h"
#include "show.h"
#include "value.h"

#define ERROR_PREFIX "org.asepsis1.Error."

int ctl_print_json(json_t *answer) {
        int r = answer ? json_dumpf(answer, stdout, JSON_COMPACT) : -1;

        json_decref(answer);
        if (r == 0 && putchar('\n') != EOF && fflush(stdout) == 0)
                return CTL_YES;
        fputs("asepsisctl: cannot write the answer\n", stderr);
        return CTL_TROUBLE;
}

/* NotOnePiece becomes not-one-piece; an error that is not ours stays as it is. */
static void error_id(const char *name, char *ret, size_t size) {
        const char *p = strncmp(name, ERROR_PREFIX, strlen(ERROR_PREFIX)) == 0 ? name + strlen(ERROR_PREFIX) : NULL;
        size_t n = 0;

        if (!p) {
                snprintf(ret, size, "%s", name);
                return;
        }
        for (; *p && n + 2 < size; p++) {
                if (isupper((unsigned char)*p) && n > 0)
                        ret[n++] = '-';
                ret[n++] = (char)tolower((unsigned char)*p);
        }
        ret[n] = 0;
}

static void say(const Ctl *c, const char *id, const char *text) {
        char copy[ACT_TEXT_MAX], *save = NULL;
        const char *before = "asepsisctl: ";

        if (c->quiet && !streq(id, "unreachable"))
                return;
        if (c->json) {
                ctl_print_json(json_pack("{s:s, s:s}", "error", id, "text", text));
                return;
        }
        snprintf(copy, sizeof(copy), "%s", text);
        for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                text_clean(line);
                fprintf(stderr, "%s%s\n", before, line);
                before = "  ";
        }
}

static int unreachable(const Ctl *c, int error) {
        const char *advice = c->system && error == ESRCH
                                     ? "it is not on the system bus; is it running? See: systemctl status asepsisd"
                             : error == EACCES || error == EPERM
                                     ? "only root and members of the socket's group may"
                             : error == EAGAIN || error == ETIMEDOUT
                                     ? "it is there but does not answer; see: systemctl status asepsisd"
                                     : "is it running? See: systemctl status asepsisd";
        char text[512];

        snprintf(text, sizeof(text), "cannot reach asepsisd at %s: %s; %s",
                 c->on_system || c->system ? "the system bus" : c->socket, strerror(error), advice);
        say(c, "unreachable", text);
        return CTL_TROUBLE;
}

/* The daemon's own errors are its answer; what the connection says means that there was none. */
static int failed(const Ctl *c, int r, const sd_bus_error *error) {
        char id[96];

        if (r == -ETIMEDOUT || r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE || !sd_bus_error_is_set(error))
                return unreachable(c, -r);
        error_id(error->name, id, sizeof(id));
        say(c, id, error->message ?: error->name);
        return streq(error->name, BUS_ERROR_NOT_FOUND) || streq(error->name, BUS_ERROR_BAD_CODE) ||
                               streq(error->name, BUS_ERROR_NOT_ONE_PIECE) || streq(error->name, BUS_ERROR_AMBIGUOUS) ||
                               streq(error->name, BUS_ERROR_REFUSED) || streq(error->name, BUS_ERROR_NOT_YOU) ||
                               streq(error->name, BUS_ERROR_NOT_HERE) || streq(error->name, BUS_ERROR_NOT_AUTHORIZED) ||
                               streq(error->name, BUS_ERROR_HELD_OFF)
                       ? CTL_NO
                       : CTL_TROUBLE;
}

/* An answer of several values is an array of them. */
static int read_answer(sd_bus_message *m, bool for_people, json_t **ret) {
        json_t *all = NULL, *value = NULL;
        int r = value_read(m, for_people, &value);

        if (r < 0 || sd_bus_message_at_end(m, true) != 0) {
                *ret = value;
                return r;
        }
        all = json_pack("[o]", value);
        while (all && (r = sd_bus_message_at_end(m, true)) == 0 && (r = value_read(m, for_people, &value)) >= 0)
                json_array_append_new(all, value);
        if (!all || r < 0) {
                json_decref(all);
                return all ? r : -ENOMEM;
        }
        *ret = all;
        return 0;
}

int ctl_bad_answer(Ctl *c) {
        say(c, "bad-answer", "the daemon's answer cannot be read; are asepsisd and asepsisctl of one version?");
        return CTL_TROUBLE;
}

/* All that is no question. */
static bool is_act(const char *member) {
        static const char *const questions[] = { "Get", "List", "Look", "Trace", "Why", "Subscribe" };

        for (size_t i = 0; i < ELEMENTSOF(questions); i++)
                if (strncmp(member, questions[i], strlen(questions[i])) == 0)
                        return false;
        return true;
}

static int call(Ctl *c, sd_bus_message *m, sd_bus_message **ret) {
        const bool acts = is_act(sd_bus_message_get_member(m));
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r, status;

        if (acts)
                ctl_start_agent(c);
        r = sd_bus_call(c->bus, m, acts && c->on_system ? SIGN_TIMEOUT_US : 0, &error, ret);
        status = r < 0 ? failed(c, r, &error) : CTL_YES;
        sd_bus_error_free(&error);
        return status;
}

/* What a call's arguments are appended by. */
typedef int (*Fill)(sd_bus_message *m, const void *userdata);

static int call_filled(Ctl *c, sd_bus_message **ret, const char *member, Fill fill, const void *userdata) {
        sd_bus_message *m = NULL;
        int r, status;

        if (!c->bus && (r = ctl_connect(c)) < 0)
                return unreachable(c, -r);
        r = sd_bus_message_new_method_call(c->bus, &m, c->on_system ? BUS_NAME : NULL, BUS_PATH, BUS_INTERFACE, member);
        if (r >= 0)
                r = sd_bus_message_set_allow_interactive_authorization(m, true);
        if (r >= 0)
                r = fill(m, userdata);
        if (r < 0) {
                say(c, "bad-argument", "an argument is no UTF-8 text");
                status = CTL_TROUBLE;
        } else
                status = call(c, m, ret);
        sd_bus_message_unref(m);
        return status;
}

typedef struct Arguments {
        const char *types;
        va_list *ap;
} Arguments;

static int fill_arguments(sd_bus_message *m, const void *userdata) {
        const Arguments *a = userdata;

        return a->types ? sd_bus_message_appendv(m, a->types, *a->ap) : 0;
}

static int call_v(Ctl *c, sd_bus_message **ret, const char *member, const char *types, va_list ap) {
        va_list copy;
        int status;

        va_copy(copy, ap);
        status = call_filled(c, ret, member, fill_arguments, &(Arguments){ types, &copy });
        va_end(copy);
        return status;
}

static int as_json(Ctl *c, sd_bus_message *reply, json_t **ret) {
        int status = read_answer(reply, !c->json, ret) < 0 ? ctl_bad_answer(c) : CTL_YES;

        sd_bus_message_unref(reply);
        return status;
}

static int call_json(Ctl *c, json_t **ret, const char *member, const char *types, va_list ap) {
        sd_bus_message *reply = NULL;
        int status = call_v(c, &reply, member, types, ap);

        return status == CTL_YES ? as_json(c, reply, ret) : status;
}

int ctl_call(Ctl *c, json_t **ret, const char *member, const char *types, ...) {
        va_list ap;
        int status;

        va_start(ap, types);
        status = call_json(c, ret, member, types, ap);
        va_end(ap);
        return status;
}

int ctl_call_bare(Ctl *c, sd_bus_message **ret, const char *member, const char *types, ...) {
        va_list ap;
        int status;

        va_start(ap, types);
        status = call_v(c, ret, member, types, ap);
        va_end(ap);
        return status;
}

size_t ctl_append(json_t *all, json_t *page, const char *id, uint64_t *last) {
        const size_t n = json_array_size(page);

        if (n > 0)
                *last = (uint64_t)number_of(json_array_get(page, n - 1), id);
        json_array_extend(all, page);
        json_decref(page);
        return n;
}

int ctl_call_pages(Ctl *c, json_t **ret, const char *member, const char *text, bool with_limit) {
        json_t *all = json_array(), *page = NULL;
        uint64_t last = 0;
        size_t n;

        do {
                int r = with_limit ? ctl_call(c, &page, member, "stu", text, last, CTL_PAGE)
                                   : ctl_call(c, &page, member, "st", text, last);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                n = ctl_append(all, page, "id", &last);
        } while (n > 0);
        *ret = all;
        return CTL_YES;
}

int ctl_call_numbered(Ctl *c, json_t **ret, const char *member, const char *id, bool all) {
        json_t *list = json_array(), *page = NULL;
        uint64_t after = 0;
        size_t n;

        do {
                int r = ctl_call(c, &page, member, "tbu", after, (int)all, CTL_PAGE);

                if (r != CTL_YES) {
                        json_decref(list);
                        return r;
                }
                n = ctl_append(list, page, id, &after);
        } while (n == CTL_PAGE);
        *ret = list;
        return CTL_YES;
}

int ctl_show(const Ctl *c, json_t *answer, void (*print)(const json_t *answer)) {
        if (c->json)
                return ctl_print_json(answer);
        print(answer);
        json_decref(answer);
        return CTL_YES;
}

int ctl_show_list(const Ctl *c, json_t *list, void (*print)(const json_t *list), const char *none) {
        if (c->json || json_array_size(list) > 0)
                return ctl_show(c, list, print);
        printf("%s\n", none);
        json_decref(list);
        return CTL_YES;
}

int ctl_show_chosen(const Ctl *c, json_t *chosen, void (*print)(const json_t *chosen), const char *none) {
        const bool found = json_array_size(chosen) > 0;
        int r;

        if (found || c->json) {
                r = ctl_show(c, chosen, print);
                return r == CTL_YES && !found ? CTL_NO : r;
        }
        fprintf(stderr, "asepsisctl: %s\n", none);
        json_decref(chosen);
        return CTL_NO;
}

static void print_done(const json_t *done) {
        printf("%s\n", text_of(done, "text"));
}

int ctl_act(Ctl *c, const char *member, const char *types, ...) {
        json_t *done = NULL;
        va_list ap;
        int r;

        va_start(ap, types);
        r = call_json(c, &done, member, types, ap);
        va_end(ap);
        return r == CTL_YES ? ctl_show(c, done, print_done) : r;
}

int ctl_act_filled(Ctl *c, const char *member, int (*fill)(sd_bus_message *m, const void *userdata),
                   const void *userdata) {
        sd_bus_message *reply = NULL;
        json_t *done = NULL;
        int r = call_filled(c, &reply, member, fill, userdata);

        if (r == CTL_YES)
                r = as_json(c, reply, &done);
        return r == CTL_YES ? ctl_show(c, done, print_done) : r;
}

int ctl_attempt(int argc, char **argv, char *ret, size_t size) {
        int n = argc > 1 ? snprintf(ret, size, "%s %s", argv[0], argv[1]) : snprintf(ret, size, "%s", argv[0]);

        if (n >= 0 && (size_t)n < size)
                return CTL_YES;
        fprintf(stderr, "asepsisctl: no attempt has so long a name\n");
        return CTL_TROUBLE;
}

int ctl_usage(const char *verb, const char *text) {
        fprintf(stderr, "asepsisctl: %s; see asepsisctl %s --help\n", text, verb);
        return CTL_TROUBLE;
}

int ctl_number(const char *verb, const char *text, uint64_t *ret) {
        uint64_t n;
        char *end;

        errno = 0;
        n = strtoull(text, &end, 10);
        if (errno || *end || text[0] < '0' || text[0] > '9')
                return ctl_usage(verb, "name it by its number");
        *ret = n;
        return CTL_YES;
}
