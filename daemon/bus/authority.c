/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts that wait for polkit. Nothing waits here but they: each step is a call whose answer comes back on the loop, and
 * when it has, the person's call is dispatched anew and gets one step further, until it is handed over or refused:
 *
 *   who it is (the bus knows) -> may they at all, before they are asked for anything -> polkit, without a question
 *   -> if that says "challenge": polkit, which asks for the password -> the act
 *
 * polkit's first word tells a password that was asked for from a rule that lets people pass: only the former signs. What
 * the person is shown is what is done: should the same call mean something else by then, or something have come up that it
 * is about, it is refused.
 *
 * Nobody shuts others out. Until the bus has said who calls, calls count by their connection, and there is room for more
 * than one user can have of those; then they count by user, wherever they come from.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "bus/internal.h"
#include "core/limits.h"
#include "log.h"
#include "store/backup.h"

#define POLKIT "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"
#define WHO_WAIT_US ((uint64_t)(5 * US_PER_S))
#define WORD_WAIT_US ((uint64_t)(25 * US_PER_S))      /* polkit may have to be started */
#define PASSWORD_WAIT_US ((uint64_t)(120 * US_PER_S)) /* to find it, and to type it */
#define MORE_MAX (LABEL_MAX + 64)
#define SUBJECT_MAX BACKUP_PATH_MAX /* the longest of all subjects */
#define SHOWN_MAX (SUBJECT_MAX + MORE_MAX + 8)

typedef enum QuestionStep { ASKED_WHO, ASKED_WORD, ASKED_PASSWORD } QuestionStep;

/* What the person is asked about, before polkit answers. */
typedef struct Asked {
        ActType type;
        char subject[SUBJECT_MAX + 1];
        char shown[SHOWN_MAX];      /* what is done */
        char person[LABEL_MAX + 1]; /* in whose name: their id */
        ActSeen seen;
} Asked;

typedef struct Question {
        Authority *authority;
        struct Question *next;
        sd_bus_message *call;
        sd_bus_slot *slot;
        sd_bus_slot *gone; /* the caller leaves the bus */
        uint64_t number;
        QuestionStep step;             /* that has come back, but where the slot is there */
        uid_t uid;
        pid_t pid;
        bool authorized, challenge;
        bool dismissed;      /* the dialog was closed */
        sd_bus_error failed; /* what polkit or the bus answered instead */
        bool signs;
        const BusSource *source;
        Asked *asked; /* NULL: nobody knows yet who it is */
} Question;

struct Authority {
        sd_bus *bus;
        Question *questions;
        uint64_t number;
};

static void question_free(Question *q) {
        Authority *a = q->authority;

        for (Question **p = &a->questions; *p; p = &(*p)->next)
                if (*p == q) {
                        *p = q->next;
                        break;
                }
        sd_bus_slot_unref(q->slot);
        sd_bus_slot_unref(q->gone);
        sd_bus_message_unref(q->call);
        sd_bus_error_free(&q->failed);
        free(q->asked);
        free(q);
}

int authority_new(Authority **ret, sd_bus *bus) {
        *ret = calloc(1, sizeof(**ret));
        if (!*ret)
                return -ENOMEM;
        (*ret)->bus = bus;
        return 0;
}

Authority *authority_free(Authority *a) {
        if (!a)
                return NULL;
        while (a->questions)
                question_free(a->questions);
        free(a);
        return NULL;
}

static Question *question_of(const Authority *a, const sd_bus_message *m) {
        for (Question *q = a->questions; q; q = q->next)
                if (q->call == m)
                        return q;
        return NULL;
}

static void cancellation(const Question *q, char ret[static 32]) {
        snprintf(ret, 32, "asepsis-%" PRIu64, q->number);
}

/* Takes the dialog from the screen. */
static void cancel(const Question *q) {
        char id[32];

        if (q->step != ASKED_PASSWORD || !q->slot)
                return;
        cancellation(q, id);
        sd_bus_call_method_async(q->authority->bus, NULL, POLKIT, POLKIT_PATH, POLKIT_INTERFACE,
                                 "CancelCheckAuthorization", NULL, NULL, "s", id);
}

/* The person was asked, and did not sign. */
static void not_signed(const Question *q, ActUnsigned how) {
        const Act act = { .type = q->asked->type, .subject = q->asked->subject, .uid = q->uid, .pid = q->pid };

        if (q->source->not_signed)
                q->source->not_signed(q->source->userdata, &act, how);
}

/* Nobody waits for the answer any more, so nothing is done. */
static int on_caller_gone(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *q = userdata;

        (void)m;
        (void)error;
        cancel(q);
        if (q->step == ASKED_PASSWORD)
                not_signed(q, UNSIGNED_LEFT);
        question_free(q);
        return 1;
}

/* The call goes through its method once more, which asks authority_ask() what has become of it. */
static int go_on(Question *q) {
        int r;

        q->slot = sd_bus_slot_unref(q->slot);
        r = sd_bus_enqueue_for_read(q->authority->bus, q->call);
        if (r < 0) {
                sd_bus_reply_method_errnof(q->call, r, "The act could not be taken up again.");
                question_free(q);
        }
        return 1;
}

static int keep_failure(Question *q, sd_bus_message *m) {
        if (!sd_bus_message_is_method_error(m, NULL))
                return 0;
        if (q->step == ASKED_PASSWORD && sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY))
                cancel(q);
        sd_bus_error_copy(&q->failed, sd_bus_message_get_error(m));
        return 1;
}

/* a{sv} with UnixUserID and ProcessID. Without a user it is nobody: (uid_t)-1. */
static int on_who(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *q = userdata;
        const char *key;
        uint32_t number;
        int r;

        (void)error;
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER)) {
                question_free(q);
                return 1;
        }
        if (keep_failure(q, m))
                return go_on(q);
        r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                if ((r = sd_bus_message_read(m, "s", &key)) < 0)
                        break;
                if (streq(key, "UnixUserID") && (r = sd_bus_message_read(m, "v", "u", &number)) > 0)
                        q->uid = number;
                else if (streq(key, "ProcessID") && (r = sd_bus_message_read(m, "v", "u", &number)) > 0)
                        q->pid = (pid_t)number;
                else
                        r = sd_bus_message_skip(m, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        if (r < 0)
                sd_bus_error_set_errno(&q->failed, r);
        return go_on(q);
}

/* (bba{ss}): yes, perhaps with a password, and what else there is to say. */
static int read_word(sd_bus_message *m, int *ret_authorized, int *ret_challenge, bool *ret_dismissed) {
        const char *key, *value;
        int r = sd_bus_message_enter_container(m, 'r', "bba{ss}");

        if (r >= 0)
                r = sd_bus_message_read(m, "bb", ret_authorized, ret_challenge);
        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "{ss}");
        while (r >= 0 && (r = sd_bus_message_read(m, "{ss}", &key, &value)) > 0)
                *ret_dismissed |= streq(key, "polkit.dismissed") && value[0];
        return r;
}

static int on_word(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Question *q = userdata;
        int authorized = false, challenge = false, r;

        (void)error;
        if (keep_failure(q, m))
                return go_on(q);
        r = read_word(m, &authorized, &challenge, &q->dismissed);
        if (r < 0)
                sd_bus_error_set_errno(&q->failed, r);
        q->authorized = r >= 0 && authorized;
        q->challenge = r >= 0 && challenge;
        return go_on(q);
}

static int ask_who(Question *q) {
        q->step = ASKED_WHO;
        q->uid = (uid_t)-1;
        sd_bus_message *m = NULL;
        int r = sd_bus_message_new_method_call(q->authority->bus, &m, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                               "org.freedesktop.DBus", "GetConnectionCredentials");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", sd_bus_message_get_sender(q->call));
        if (r >= 0)
                r = sd_bus_call_async(q->authority->bus, &q->slot, m, on_who, q, WHO_WAIT_US);
        sd_bus_message_unref(m);
        return r;
}

/* What else an act is about than its subject. A patient, too: it is shown to whoever signs, and not kept. */
static void more_of(const Act *act, char ret[static MORE_MAX]) {
        const char *more = act->cause ?: act->patient;

        if (act->type == ACT_LOAD_RELEASE)
                snprintf(ret, MORE_MAX, act->n_wet_packs ? "%s but for %zu" : "%s", act->dry ? "dry" : "not dry",
                         act->n_wet_packs);
        else if (act->until)
                snprintf(ret, MORE_MAX, "%s until %04d-%02d-%02d", more ?: "", act->until / 10000, act->until / 100 % 100,
                         act->until % 100);
        else
                snprintf(ret, MORE_MAX, "%s", more ?: "");
}

/* What the dialog shows, on one line: nobody's words draw lines of their own there, or paint the terminal. */
static void shown_of(const Act *act, char ret[static SHOWN_MAX]) {
        char more[MORE_MAX];

        more_of(act, more);
        snprintf(ret, SHOWN_MAX, "%s%s%s%s", act->subject ?: "", more[0] ? " (" : "", more, more[0] ? ")" : "");
        for (char *c = ret; *c; c++)
                if ((unsigned char)*c < 0x20 || *c == 0x7f)
                        *c = '?';
}

static const ConfigPractitioner *person_of(const Question *q) {
        return config_practitioner_of_user(q->source->config(q->source->userdata), q->uid);
}

/* The policy's message names these. */
static int put_details(sd_bus_message *m, Question *q, const Act *act) {
        const ConfigPractitioner *by = person_of(q);

        shown_of(act, q->asked->shown);
        snprintf(q->asked->person, sizeof(q->asked->person), "%s", by ? by->id : "");
        return sd_bus_message_append(m, "a{ss}", 5, "act", act_id(act->type), "subject", q->asked->shown, "name",
                                     by ? by->name : "", "meaning", act_meaning(act->type), "reason", act->reason ?: "");
}

/* A reload may have made another person of the user meanwhile, and a name may lead elsewhere. */
static bool is_as_shown(const Question *q, const Act *act) {
        const ConfigPractitioner *by = person_of(q);
        char shown[SHOWN_MAX];

        shown_of(act, shown);
        return streq(shown, q->asked->shown) && streq(by ? by->id : "", q->asked->person);
}

static int ask_polkit(Question *q, const Act *act, bool interactive) {
        char action[96], id[32];
        sd_bus_message *m = NULL;
        int r;

        q->step = interactive ? ASKED_PASSWORD : ASKED_WORD;
        snprintf(action, sizeof(action), BUS_NAME ".%s", act_action(act->type));
        cancellation(q, id);
        r = sd_bus_message_new_method_call(q->authority->bus, &m, POLKIT, POLKIT_PATH, POLKIT_INTERFACE,
                                           "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                          sd_bus_message_get_sender(q->call), action);
        if (r >= 0)
                r = put_details(m, q, act);
        if (r >= 0)
                r = sd_bus_message_append(m, "us", (uint32_t)interactive, interactive ? id : "");
        if (r >= 0)
                r = sd_bus_call_async(q->authority->bus, &q->slot, m, on_word, q,
                                      interactive ? PASSWORD_WAIT_US : WORD_WAIT_US);
        sd_bus_message_unref(m);
        return r;
}

static int refuse(const Act *act, const char *name, const char *text, sd_bus_error *error) {
        log_event(LOG_ACT_KIND, LOG_WARNING, NULL, "%s of %s by user %u refused: %s", act_id(act->type),
                  act->subject ?: "", (unsigned)act->uid, text);
        return sd_bus_error_set(error, name, text);
}

static int refuse_failed(const Question *q, const Act *act, sd_bus_error *error) {
        if (q->step == ASKED_PASSWORD && sd_bus_error_has_name(&q->failed, SD_BUS_ERROR_NO_REPLY) &&
            strstr(q->failed.message ?: "", "timed out")) {
                not_signed(q, UNSIGNED_UNANSWERED);
                return sd_bus_error_set(error, BUS_ERROR_NOT_AUTHORIZED,
                                        "Nobody answered with the password in time. Do it again.");
        }
        log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "%s cannot be asked whether user %u may act: %s",
                  q->step == ASKED_WHO ? "The system bus" : "polkit", (unsigned)q->uid,
                  q->failed.message ?: q->failed.name);
        return refuse(act, BUS_ERROR_NO_AUTHORITY,
                      "polkit, which asks for the password, does not answer, so nothing can be signed. See: systemctl status "
                      "polkit, and the daemon's log.",
                      error);
}

/* The password was asked for. Where no agent is nobody was shown anything, and nobody guessed. */
static int refuse_unsigned(const Question *q, sd_bus_error *error) {
        if (q->challenge)
                return sd_bus_error_set(error, BUS_ERROR_NOT_AUTHORIZED,
                                        "Your password could not be asked for: no agent of polkit's runs where you are. Use "
                                        "asepsisctl on a terminal.");
        not_signed(q, q->dismissed ? UNSIGNED_DISMISSED : UNSIGNED_PASSWORD);
        return sd_bus_error_set(error, BUS_ERROR_NOT_AUTHORIZED,
                                q->dismissed ? "You closed the question for your password, and nothing is done."
                                             : "The password was not given, or not the right one. It is on record.");
}

/* polkit's word is there. 0: yes; 1: the password is asked for; or why not. */
static int judge(Question *q, Act *act, sd_bus_error *error) {
        int r;

        /* Whatever it means by now: somebody was asked, and did not sign. */
        if (q->step == ASKED_PASSWORD && !q->authorized)
                return refuse_unsigned(q, error);
        if (!is_as_shown(q, act))
                return refuse(act, BUS_ERROR_REFUSED, "It means something else by now than what you were shown. Do it again.",
                              error);
        if (q->authorized) {
                act->auth = q->step == ASKED_PASSWORD ? ACT_AUTH_PASSWORD : ACT_AUTH_POLKIT;
                return 0;
        }
        if (!q->challenge) {
                not_signed(q, UNSIGNED_RULE);
                return sd_bus_error_set(error, BUS_ERROR_NOT_AUTHORIZED,
                                        "polkit does not let you do this on this machine. Ask its admin.");
        }
        if (sd_bus_message_get_allow_interactive_authorization(q->call) <= 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                                        "This is signed with your password, and the call does not allow that it is asked for.");
        r = ask_polkit(q, act, true);
        return r < 0 ? r : 1;
}

/* Calls of which nobody knows yet whose they are: all, or those of one connection. What only locks has places of its own:
 * it is not held up by signatures that wait. */
static unsigned strangers(const Authority *a, bool signs, const char *peer) {
        unsigned n = 0;

        for (const Question *q = a->questions; q; q = q->next)
                n += q->signs == signs && !q->asked && (!peer || streq_ptr(peer, sd_bus_message_get_sender(q->call)));
        return n;
}

/* Those that polkit is asked about: all, or of one user. */
static unsigned questions(const Authority *a, bool signs, const uid_t *uid) {
        unsigned n = 0;

        for (const Question *q = a->questions; q; q = q->next)
                n += q->signs == signs && q->asked && (!uid || q->uid == *uid);
        return n;
}

/* 1: there is a place. What is turned away here is not logged, or one who does not stop would fill the journal. */
static int take_place(const Question *q, sd_bus_error *error) {
        if (questions(q->authority, q->signs, &q->uid) >= BUS_QUESTIONS_USER_MAX)
                return sd_bus_error_set(error, BUS_ERROR_BUSY,
                                        q->signs ? "Other acts of yours wait for your password. Answer those first."
                                                 : "Other acts of yours wait for polkit. Do it again in a minute.");
        if (questions(q->authority, q->signs, NULL) >= BUS_QUESTIONS_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_BUSY, "%d acts wait already. Do it again in a minute.",
                                         BUS_QUESTIONS_MAX);
        return 1;
}

/* Not by sd_bus_track, which asks the bus whether the caller is there, and waits. Who has left before is not known to
 * polkit, which then says no. */
static int watch_caller(Question *q) {
        char match[256];

        snprintf(match, sizeof(match), "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                                       "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%.64s'",
                 sd_bus_message_get_sender(q->call) ?: "");
        return sd_bus_add_match_async(q->authority->bus, &q->gone, match, on_caller_gone, NULL, q);
}

static int ask_first(Question *q, const Act *act, Asked *asked) {
        int r;

        asked->type = act->type;
        snprintf(asked->subject, sizeof(asked->subject), "%s", act->subject ?: "");
        q->asked = asked;
        r = watch_caller(q);
        if (r >= 0)
                r = ask_polkit(q, act, false);
        return r < 0 ? r : 1;
}

/* Who it is, is there. Whoever may not do it at all is not asked for a password; the refusal is recorded by the act. */
static int begin(Question *q, Act *act, sd_bus_error *error) {
        _cleanup_(freep) Asked *asked = calloc(1, sizeof(*asked));
        char text[ACT_TEXT_MAX];
        Act would = *act;
        int r;

        if (!asked)
                return -ENOMEM;
        would.auth = ACT_AUTH_PASSWORD;
        r = q->source->may ? q->source->may(q->source->userdata, &would, text, &asked->seen) : ACT_DONE;
        if (r < 0)
                return r;
        if (r == ACT_HELD_OFF)
                return sd_bus_error_set(error, BUS_ERROR_HELD_OFF, text);
        if (r != ACT_DONE || !act_action(act->type)) {
                act->auth = ACT_AUTH_BUS;
                return 0;
        }
        r = take_place(q, error);
        return r <= 0 ? r : ask_first(q, act, TAKE(asked));
}

static int question_new(Authority *a, sd_bus_message *m, bool signs, const BusSource *source, sd_bus_error *error) {
        Question *q;
        int r;

        if (strangers(a, signs, sd_bus_message_get_sender(m)) >= BUS_STRANGERS_PEER_MAX ||
            strangers(a, signs, NULL) >= BUS_STRANGERS_MAX)
                return sd_bus_error_set(error, BUS_ERROR_BUSY, "Too many acts came in at once. Do it again in a minute.");
        q = calloc(1, sizeof(*q));
        if (!q)
                return -ENOMEM;
        *q = (Question){ .authority = a, .next = a->questions, .call = sd_bus_message_ref(m), .number = ++a->number,
                          .signs = signs, .source = source };
        a->questions = q;
        r = ask_who(q);
        if (r < 0)
                question_free(q);
        return r < 0 ? r : 1;
}

int authority_ask(Authority *a, sd_bus_message *m, Act *act, const BusSource *source, ActSeen *ret_seen, sd_bus_error *error) {
        Question *q = question_of(a, m);
        int r;

        if (!q)
                return question_new(a, m, act_signs(act->type), source, error);
        act->uid = q->uid;
        act->pid = q->pid;
        if (sd_bus_error_is_set(&q->failed))
                r = refuse_failed(q, act, error);
        else if (!q->asked)
                r = begin(q, act, error);
        else
                r = judge(q, act, error);
        if (r == 0 && q->asked) {
                *ret_seen = q->asked->seen;
                act->seen = ret_seen;
        }
        if (r <= 0)
                question_free(q);
        return r;
}
