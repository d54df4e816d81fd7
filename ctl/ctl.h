/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* asepsisctl: what the verbs share. */
#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

#define CTL_SOCKET_DEFAULT "/run/asepsis/control.sock"

/* Exit status. */
enum { CTL_YES = 0, CTL_NO = 1, CTL_TROUBLE = 2 };

typedef struct Ctl {
        const char *socket;
        bool json, all;
        sd_bus *bus; /* connected at the first call */
} Ctl;

/*
 * Calls a method of the daemon. CTL_YES and the answer, to be released; otherwise the error is printed and the exit
 * status returned. Several values in one answer come as an array. In the answer times are RFC 3339 with --json,
 * microseconds otherwise; texts meant for people have their control characters replaced.
 */
int ctl_call(Ctl *c, json_t **ret, const char *member, const char *types, ...);
void ctl_disconnect(Ctl *c);

/*
 * A list that comes in pages: calls `member` with the text (NULL: none), the last `id` (t) and, with_limit, CTL_PAGE (u),
 * until a page is empty, and appends all to one array. As ctl_call().
 */
#define CTL_PAGE 100u
int ctl_call_pages(Ctl *c, json_t **ret, const char *member, const char *text, bool with_limit);

/* The same for `member` with a number (0), all or only what still stands (b), CTL_PAGE; id: the member that counts. */
int ctl_call_numbered(Ctl *c, json_t **ret, const char *member, const char *id, bool all);

/* An act: prints what was done, or why not. */
int ctl_act(Ctl *c, const char *member, const char *types, ...);
/* The same with arguments that hold lists: fill() appends them. */
int ctl_act_filled(Ctl *c, const char *member, int (*fill)(sd_bus_message *m, const void *userdata),
                   const void *userdata);
/* "ac-1.7", or "ac-1" and "101": joined as the daemon takes it, or CTL_TROUBLE where it is too long. */
int ctl_attempt(int argc, char **argv, char *ret, size_t size);

/* What was meant, on stderr, and where the verb's help is. CTL_TROUBLE. */
int ctl_usage(const char *verb, const char *text);
/* -j, -s and -h of a verb that reads its own options: -1, go on; otherwise the exit status. */
int ctl_option(Ctl *c, int o, void (*help)(void));

/* Who signs an act, and why. */
typedef struct Signature {
        const char *by, *reason; /* NULL: not said */
} Signature;
#define CTL_SIGNED "The act is signed: who, what was meant, why and when stay in the record.\nName no patient.\n"
/* The options of a verb that knows --by and --reason beside -j, -s and -h. -1: go on at optind; otherwise the exit status. */
int ctl_read_signed(Ctl *c, Signature *ret, void (*help)(void), int argc, char **argv);
/* Both are said. */
bool ctl_signed(const Signature *s);

/* Prints the answer as one line of JSON and releases it. CTL_YES, or CTL_TROUBLE when that cannot be written. */
int ctl_print_json(json_t *answer);

/* The verbs; argv[0] is the verb. */
int verb_status(Ctl *c, int argc, char **argv);
int verb_item(Ctl *c, int argc, char **argv);
int verb_load(Ctl *c, int argc, char **argv);
int verb_cycle(Ctl *c, int argc, char **argv);
int verb_exposure(Ctl *c, int argc, char **argv);
int verb_exposures(Ctl *c, int argc, char **argv);
int verb_alerts(Ctl *c, int argc, char **argv);
int verb_rooms(Ctl *c, int argc, char **argv);
/* record.c: one session, as `session` without an act shows it. */
int show_session(Ctl *c, const char *label);
/* These read their own options. */
int verb_room(Ctl *c, int argc, char **argv);
int verb_session(Ctl *c, int argc, char **argv);
int verb_autoclave(Ctl *c, int argc, char **argv);
int verb_lookback(Ctl *c, int argc, char **argv);
int verb_key(Ctl *c, int argc, char **argv);
int verb_override(Ctl *c, int argc, char **argv);
int verb_recall(Ctl *c, int argc, char **argv);
int verb_practitioner(Ctl *c, int argc, char **argv);
int verb_sharps(Ctl *c, int argc, char **argv);
int verb_release(Ctl *c, int argc, char **argv);
int verb_reject(Ctl *c, int argc, char **argv);
int verb_withdraw(Ctl *c, int argc, char **argv);
int verb_clock(Ctl *c, int argc, char **argv);
int verb_restore(Ctl *c, int argc, char **argv);
int verb_audit(Ctl *c, int argc, char **argv);
