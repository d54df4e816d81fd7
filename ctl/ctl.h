/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* asepsisctl: what the verbs share. */
#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "core/limits.h"
#include "verb.h"

#define CTL_SOCKET_DEFAULT "/run/asepsis/control.sock"

/* Exit status. */
enum { CTL_YES = 0, CTL_NO = 1, CTL_TROUBLE = 2 };

struct Ctl {
        const char *value[OPT_N]; /* what was said with each option; "" for those without a value; NULL: not said */
        const char *repeated[ITEMS_MAX + 1]; /* all that was said with one of OPT_REPEATED; ends with NULL */
        size_t n_repeated;
        const char *socket; /* NULL: none is named; the system bus, or else the usual one */
        bool json, all;
        int64_t patience_us; /* how long an answer may take; 0: 10 s */
        bool quiet; /* what the daemon refuses is not told */
        bool system;        /* the system bus, and nothing else */
        sd_bus *bus;        /* connected at the first call */
        bool on_system;     /* it is the system bus */
        pid_t agent;        /* asks for the password; 0: none was started */
};

/*
 * Calls a method of the daemon. CTL_YES and the answer, to be released; otherwise the error is printed and the exit
 * status returned. Several values in one answer come as an array. In the answer times are RFC 3339 with --json,
 * microseconds otherwise; texts meant for people have their control characters replaced.
 */
int ctl_call(Ctl *c, json_t **ret, const char *member, const char *types, ...);
void ctl_disconnect(Ctl *c);
/* The same, the answer as it came: bytes, too. What cannot be read of it is said by ctl_bad_answer(): CTL_TROUBLE. */
int ctl_call_bare(Ctl *c, sd_bus_message **ret, const char *member, const char *types, ...);
int ctl_bad_answer(Ctl *c);

/*
 * A list that comes in pages: calls `member` with the text (NULL: none), the last `id` (t) and, with_limit, CTL_PAGE (u),
 * until a page is empty, and appends all to one array. As ctl_call().
 */
#define CTL_PAGE 100u
int ctl_call_pages(Ctl *c, json_t **ret, const char *member, const char *text, bool with_limit);

/* The same for `member` with a number (0), all or only what still stands (b), CTL_PAGE; id: the member that counts. */
int ctl_call_numbered(Ctl *c, json_t **ret, const char *member, const char *id, bool all);

/* Where a list comes otherwise: a page goes behind what there is of it, and is released. *last: the number of its last
 * element, where it has one; id: the member that counts. Returns how many it had. */
size_t ctl_append(json_t *all, json_t *page, const char *id, uint64_t *last);

/* Every section and key that the daemon goes by. As ctl_call(). */
int config_fetch(Ctl *c, json_t **ret);

/* An act: prints what was done, or why not. */
int ctl_act(Ctl *c, const char *member, const char *types, ...);
/* The same with arguments that hold lists: fill() appends them. */
int ctl_act_filled(Ctl *c, const char *member, int (*fill)(sd_bus_message *m, const void *userdata),
                   const void *userdata);
/* "ac-1.7", or "ac-1" and "101": joined as the daemon takes it, or CTL_TROUBLE where it is too long. */
int ctl_attempt(int argc, char **argv, char *ret, size_t size);

/* The number by which something is named, or CTL_TROUBLE and what was meant. */
int ctl_number(const char *verb, const char *text, uint64_t *ret);

/* What was meant, on stderr, and where the verb's help is. CTL_TROUBLE. */
int ctl_usage(const char *verb, const char *text);
/* The same for a verb that there is not. */
int ctl_unknown(const char *typed);

/* pager.c: from begin to end what is printed is kept, where somebody looks at it; then it goes through the pager. */
void pager_begin(void);
void pager_end(void);

/* Prints the answer as one line of JSON and releases it. CTL_YES, or CTL_TROUBLE when that cannot be written. */
int ctl_print_json(json_t *answer);

/* An answer for whoever asked: as JSON, or as print() puts it; released. CTL_YES, or CTL_TROUBLE as above. */
int ctl_show(const Ctl *c, json_t *answer, void (*print)(const json_t *answer));
/* The same of a list; `none` is said where nothing is in it. */
int ctl_show_list(const Ctl *c, json_t *list, void (*print)(const json_t *list), const char *none);

/* The same of what was chosen from a list: CTL_NO where nothing was, and for people `none` on stderr. */
int ctl_show_chosen(const Ctl *c, json_t *chosen, void (*print)(const json_t *chosen), const char *none);

/* record.c: one session, as `session` without an act shows it. */
int show_session(Ctl *c, const char *label);

/* backup.c: the daemon copies its ledger to `path`, as --by and --reason say; CTL_YES once it is there. */
int backup_make(Ctl *c, const char *path);
