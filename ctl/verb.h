/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Verb: what asepsisctl can be asked. One description of each verb drives the reading of its arguments and options, its
 * help, the completion in the shells, and the test that all of it stands in the manual page.
 *
 * To add one: `const Verb verb_NAME` beside its functions, and its name in VERBS below.
 * To add an option: a row of OPTIONS, and OPT(NAME) in the ways that take it; c->value[OPT_NAME] is then what was said.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct Ctl Ctl;

/* Name in the program, letter or 0, name, what stands behind it (NULL: nothing), one line for the helps of verbs. */
#define OPTIONS(X)                                                                                        \
        X(JSON, 'j', "json", NULL, NULL)                                                                  \
        X(NO_PAGER, 0, "no-pager", NULL, NULL)                                                            \
        X(SOCKET, 's', "socket", "PATH", NULL)                                                            \
        X(SYSTEM, 0, "system", NULL, NULL)                                                                \
        X(HELP, 'h', "help", NULL, NULL)                                                                  \
        X(VERSION, 0, "version", NULL, NULL)                                                              \
        X(ALL, 'a', "all", NULL, "what is settled, too")                                                  \
        X(BY, 'b', "by", "PERSON", NULL)                                                                  \
        X(REASON, 'r', "reason", "TEXT", NULL)                                                            \
        X(STATE, 0, "state", "STATE", NULL)                                                               \
        X(CLASS, 0, "class", "CLASS", NULL)                                                               \
        X(SINCE, 0, "since", "DAY", NULL)                                                                 \
        X(LIMIT, 'n', "limit", "NUMBER", "so many at most")                                               \
        X(AS, 0, "as", "KIND", "it is an item, a load, a session or a patient")                           \
        X(DEPTH, 0, "depth", "NUMBER", "so many steps far")                                               \
        X(CAUSE, 'c', "cause", "CAUSE", "fault, installation, relocation, repair or other")               \
        X(ITEM, 0, "item", "CODE", NULL)                                                                  \
        X(LOT, 0, "lot", "LOT", NULL)                                                                     \
        X(PRODUCT, 0, "product", "ID", NULL)                                                              \
        X(SUPPLIER_LOAD, 0, "supplier-load", "LOAD", NULL)                                                \
        X(LOAD, 0, "load", "ATTEMPT", NULL)                                                               \
        X(AUTOCLAVE, 0, "autoclave", "AUTOCLAVE", NULL)                                                   \
        X(ROOM, 0, "room", "ROOM", NULL)                                                                  \
        X(PRACTITIONER, 0, "practitioner", "PERSON", NULL)                                                \
        X(PATIENT, 0, "patient", "PSEUDONYM", NULL)                                                       \
        X(FROM, 0, "from", "DAY", NULL)                                                                   \
        X(TO, 0, "to", "DAY|N", NULL)                                                                     \
        X(AFTER, 0, "after", "N", "only the records behind N; up to N: --to")                             \
        X(FILE, 0, "file", "LEDGER", "a ledger, or a copy of one, that no daemon has open")               \
        X(AS_OF, 0, "as-of", "DAY", "as known at the end of that day: always the same list")       \
        X(CSV, 0, "csv", NULL, "a table for other programs")                                              \
        X(CSV_FILE, 0, "csv", "FILE", "the data, as a table; alone: no page")                             \
        X(OUTPUT, 'o', "output", "FILE", "a file; - is standard output")                                  \
        X(DRILL, 0, "drill", NULL, "the yearly drill: a random load of the last year")           \
        X(JWK, 0, "jwk", NULL, "the public half, as a device pins it when it is paired")         \
        X(UNTIL, 0, "until", "DAY", "that day included")                                                  \
        X(CERTIFICATE, 0, "certificate", "TEXT", "what shows it")                                         \
        X(DRY, 0, "dry", NULL, "every pack was looked at, and is dry")                                    \
        X(WET, 0, "wet", "PACK", "but for this one, which is left out; more: none is good")               \
        X(CHECK, 0, "check", "FILE", "a ledger or a copy of one")                                         \
        X(HEAD, 0, "head", "HEAD", "a checkpoint, or SIZE:HASH; verify: also many")                     \
        X(RULE, 0, "rule", "RULE", "every open alert of this rule, instead of numbers")                   \
        X(FOR, 0, "for", "TIME", "how long: 30m, 8h; 24h at the most; off: no longer")                    \
        X(CHECKPOINT, 0, "checkpoint", "FILE", "a file with signed heads in it")                          \
        X(COMPROMISED, 0, "compromised", NULL, "others may have the old key: it counts as nobody's")

#define OPTION_ENUM(id, letter, name, argument, words) OPT_##id,
typedef enum Opt { OPTIONS(OPTION_ENUM) OPT_N } Opt;
_Static_assert(OPT_N <= 64, "a way's options are bits of 64");

#define OPT(id) (UINT64_C(1) << OPT_##id)
/* May be said more than once. */
#define OPT_REPEATED (OPT(WET) | OPT(HEAD))
/* These go with everything. */
#define OPT_COMMON (OPT(JSON) | OPT(NO_PAGER) | OPT(SOCKET) | OPT(SYSTEM) | OPT(HELP))

typedef struct Option {
        char letter;
        const char *name, *argument, *words;
} Option;
extern const Option ctl_options[OPT_N];

/* One way to ask a verb. */
typedef struct Way {
        const char *word;      /* the act behind the verb; NULL: without one */
        const char *arguments; /* what follows: "ROOM", "[ID]", "ID..." is one or more; ATTEMPT may be two words */
        const char *text;      /* what it does, in one line */
        uint64_t options, needed, one_of; /* that go with it; that it cannot do without; of which it wants just one */
        const char *signer;               /* who signs with --by and --reason; NULL: nobody */
        bool no_reason;                   /* it speaks for itself */
        bool paged;                       /* its output may be long */
        /* argv[0] is the first argument behind verb and word. Returns the exit status. */
        int (*run)(Ctl *c, int argc, char **argv);
} Way;

#define WAYS_MAX 8

typedef enum Group {
        GROUP_NOW,
        GROUP_ITEMS,
        GROUP_LOADS,
        GROUP_TREATMENT,
        GROUP_PEOPLE,
        GROUP_BACK,
        GROUP_RECORD,
        GROUP_SETUP,
        GROUP_N
} Group;

typedef struct Verb {
        const char *name;
        Group group;
        const char *brief;  /* one line in asepsisctl help --all */
        Way ways[WAYS_MAX]; /* up to the first without `run` */
        const char *help;   /* more about it, in lines of at most 80 columns, each ended */
        const char *example; /* likewise: commands to type */
} Verb;

/* All of them, in the order in which helps name them. */
#define VERBS(X)                                                                                         \
        X(status) X(watch) X(rooms) X(room) X(alerts) X(clock)                                           \
        X(item) X(items) X(pack) X(parse) X(load) X(loads) X(release) X(reject) X(withdraw) X(cycle) X(autoclave) \
        X(session) X(sessions) X(why) X(override) X(sharps) X(exposures) X(exposure)                     \
        X(practitioner) X(patient)                                                                       \
        X(trace) X(lookback) X(recall) X(report)                                                         \
        X(audit) X(backup) X(restore)                                                                    \
        X(config) X(rules) X(key) X(complete) X(help)

#define VERB_DECLARE(verb) extern const Verb verb_##verb;
VERBS(VERB_DECLARE)
extern const Verb *const ctl_verbs[]; /* ended by NULL */

const Verb *verb_find(const char *name);
/* The nearest name to what was typed, or NULL. */
const char *verb_suggestion(const char *typed);
/* All options that go with any way of a verb. */
uint64_t verb_options(const Verb *v);

/*
 * Reads options into c->value, with to_verb only as far as the first word that is none. Both are changed to what is left.
 * -1: go on; otherwise the exit status.
 */
int option_read(Ctl *c, const char *name, bool to_verb, int *argc, char ***argv);
/* Of those that exclude each other: the one that was said, or -1. */
int ctl_one_of(const Ctl *c, uint64_t options);
/* Runs a verb with what stands behind it; argv[0] is its name. The exit status. */
int verb_run(Ctl *c, const Verb *v, int argc, char **argv);

/* help.c: each fits on 24 lines of 80 columns. */
void help_print(void);
void help_print_verb(const Verb *v);
/* How a way is asked, wrapped to 80 columns; to stdout or stderr. */
void help_print_usage(FILE *to, const Verb *v, const Way *w, const char *before);
