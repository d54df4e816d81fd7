/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acts of people over D-Bus: is it this person, may they do this, is it on record, and then what it does. A refused act
 * leaves a record and nothing else. What locks is taken from anybody who is registered and while the daemon is in
 * doubt; what makes something permitted again is not.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/naming.h"
#include "intake/internal.h"

#define ROLE(role) (1U << PERSON_##role)
#define ANYBODY UINT32_MAX

/* Who may do it, in words too; grants: refused while the daemon is in doubt. */
typedef struct ActRule {
        uint32_t roles;
        const char *who;
        bool grants, wants_reason;
} ActRule;

static const ActRule rules[_ACT_MAX] = {
        [ACT_COMMISSION] = { ROLE(OFFICER), "an officer", true, false },
        [ACT_AUTOCLAVE_OUT] = { ANYBODY, "anybody", false, true },
        [ACT_AUTOCLAVE_RETURN] = { ROLE(OFFICER) | ROLE(RELEASER), "an officer or a releaser", true, true },
        [ACT_RECALL_MAKE] = { ANYBODY, "anybody", false, true },
        [ACT_RECALL_CONFIRM] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_RECALL_END] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_ITEM_QUARANTINE] = { ANYBODY, "anybody", false, true },
        [ACT_ITEM_RETURN] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_ALERT_ACKNOWLEDGE] = { ROLE(OFFICER) | ROLE(RELEASER), "an officer or a releaser", false, false },
        [ACT_ALERT_RESOLVE] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_ALERT_SILENCE] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_OVERRIDE] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_ROOM_UNLOCK] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_SESSION_END] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_KEY_PREPARE] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_KEY_ROTATE] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_KEY_ACCEPT] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_DRILL] = { ANYBODY, "anybody", false, false },
        /* Whether this person may release is one of the rules that judge the load: all reasons are told at once. */
        [ACT_LOAD_RELEASE] = { ANYBODY, "a releaser", true, false },
        [ACT_LOAD_REJECT] = { ANYBODY, "anybody", false, true },
        [ACT_LOAD_WITHDRAW] = { ANYBODY, "anybody", false, true },
        [ACT_SHARPS] = { ANYBODY, "an officer or the session's practitioner", true, true },
        [ACT_QUALIFICATION_REGISTER] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_QUALIFICATION_END] = { ROLE(OFFICER), "an officer", false, true },
        [ACT_PATIENT_ERASE] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_CLOCK_CONFIRM] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_RESTORE_CONFIRM] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_AUDIT_ACCEPT] = { ROLE(OFFICER), "an officer", true, true },
        [ACT_BACKUP] = { ROLE(OFFICER), "an officer", false, true },
};

/* Doubts that an act is the way out of. Such an act is taken while any doubt stands that an act can end: were two of them
 * to wait for each other, neither would ever end. */
#define ENDS(doubt) (1U << DOUBT_##doubt)
static const unsigned way_out_of[_ACT_MAX] = {
        [ACT_CLOCK_CONFIRM] = ENDS(CLOCK),
        [ACT_RESTORE_CONFIRM] = ENDS(RESTORE),
        [ACT_AUDIT_ACCEPT] = ENDS(AUDIT) | ENDS(SECOND),
        [ACT_KEY_ACCEPT] = ENDS(KEY),
};

int act_refuse(char *ret_text, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(ret_text, TEXT_MAX + 1, format, ap);
        va_end(ap);
        return ACT_REFUSED;
}

/* While any of these stands nobody can know what is being permitted. Not having reached the broker yet is none. */
static const char *doubt_of(const Intake *in, ActType act) {
        static const Doubt doubts[] = { DOUBT_CLOCK, DOUBT_STORE, DOUBT_AUDIT, DOUBT_RESTORE, DOUBT_SECOND, DOUBT_KEY };
        unsigned passed = 0;

        for (size_t i = 0; i < _ACT_MAX && way_out_of[act]; i++)
                passed |= way_out_of[i];
        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                const char *text = intake_doubted(in, doubts[i]);

                if (text && !(passed & 1U << doubts[i]))
                        return text;
        }
        return NULL;
}

/* A timer signs nothing, and whoever runs the machine can read the ledger's file anyway. */
static bool is_machine(const Act *act) {
        return act->type == ACT_BACKUP && (!act->by || !act->by[0]) && (act->uid == 0 || act->uid == geteuid());
}

static bool is_demo(const Intake *in, const Act *act) {
        return act->auth == ACT_AUTH_PEER && in->config->control.acts == CONTROL_ACTS_DEMO;
}

/* Completes `by`. Nobody acts in another one's name, but in a demo, where nobody is who they say. */
static int identify(const Intake *in, Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const ConfigPractitioner *own = config_practitioner_of_user(in->config, act->uid);

        if (is_machine(act)) {
                act->by = "";
                return ACT_DONE;
        }
        if (!act->by || !act->by[0])
                act->by = own ? own->id : "";
        if (is_demo(in, act))
                return ACT_DONE;
        if (!own) {
                act_refuse(ret_text,
                           "User %u of this machine is no registered person: the configuration says who is ([practitioner] "
                           "user = NAME). Act under your own login.",
                           (unsigned)act->uid);
                return ACT_NOT_YOU;
        }
        if (streq(act->by, own->id))
                return ACT_DONE;
        act_refuse(ret_text, "You are %s, and nobody acts in another one's name. Ask %s to do it.", own->id, act->by);
        return ACT_NOT_YOU;
}

/* Where and how it came: what is a signature comes with the person's password, and over the system bus. */
static int came_well(const Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        if (act->auth == ACT_AUTH_PEER && in->config->control.acts == CONTROL_ACTS_REFUSED) {
                act_refuse(ret_text, "No acts are taken at this control socket: the configuration says so ([control] acts = "
                                     "refused). Act on the system bus.");
                return ACT_NOT_HERE;
        }
        if (is_demo(in, act) || act->auth == ACT_AUTH_PASSWORD || (!act_signs(act->type) && act->auth != ACT_AUTH_BUS))
                return ACT_DONE;
        act_refuse(ret_text, act->auth == ACT_AUTH_PEER
                                     ? "This is signed with your password, and the control socket asks for none: use the "
                                       "system bus (asepsisctl without --socket, or with --system)."
                                     : "This is signed with your password, and polkit asked for none: a rule of this machine "
                                       "lets you pass without. Ask its admin to take that rule away.");
        return ACT_NOT_HERE;
}

static int may(const Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const ConfigPractitioner *by = config_practitioner(in->config, act->by);
        const ActRule *rule = rules + act->type;
        const char *doubt;

        if (is_machine(act))
                return ACT_DONE;
        if (!by)
                return act_refuse(ret_text, "Nobody here is registered as %s. Give the id of a registered person.",
                                  act->by[0] ? act->by : "nobody");
        if (!(by->roles & rule->roles))
                return act_refuse(ret_text, "%s may not do this; %s may. Ask one.", act->by, rule->who);
        if (rule->wants_reason && (!act->reason || !act->reason[0]))
                return act_refuse(ret_text, "Say why: the reason is kept with the act.");
        doubt = rule->grants ? doubt_of(in, act->type) : NULL;
        if (doubt)
                return act_refuse(ret_text, "Nothing can be permitted now. %s", doubt);
        return came_well(in, act, ret_text);
}

/* An erasure is refused for it; the record of that must not keep for ever what it was refused for. */
static bool names_patient(const Act *act) {
        return act->patient && act->reason && naming(act->reason, strlen(act->reason), act->patient);
}

/* A patient is not in it: reasons are told to name none. The printed name is as it stands on this day (11.50(a)(1)). */
static int act_record(Intake *in, const Act *act, const char *refused) {
        static const char *const auths[] = {
                [ACT_AUTH_PEER] = "socket", [ACT_AUTH_BUS] = "bus", [ACT_AUTH_POLKIT] = "polkit", [ACT_AUTH_PASSWORD] = "password"
        };
        const ConfigPractitioner *by = config_practitioner(in->config, act->by);

        record_begin(in, "act");
        jsonw_member_string(&in->w, "act", act_id(act->type));
        jsonw_member_string(&in->w, "subject", act->subject);
        jsonw_member_string(&in->w, "by", act->by);
        jsonw_member_optional(&in->w, "name", by ? by->name : NULL);
        jsonw_member_string(&in->w, "meaning", act_meaning(act->type));
        jsonw_member_optional(&in->w, "cause", act->cause);
        jsonw_member_optional(&in->w, "reason", names_patient(act) ? NULL : act->reason);
        jsonw_member_optional(&in->w, "certificate", act->certificate);
        if (act->until)
                jsonw_member_int(&in->w, "until", act->until);
        if (act->n_alerts) {
                jsonw_key(&in->w, "alerts");
                jsonw_array(&in->w);
                for (size_t i = 0; i < act->n_alerts; i++)
                        jsonw_int(&in->w, act->alerts[i]);
                jsonw_array_end(&in->w);
        }
        jsonw_member_string(&in->w, "auth", is_demo(in, act) ? "demo" : auths[act->auth]);
        jsonw_member_int(&in->w, "uid", (int64_t)act->uid);
        jsonw_member_int(&in->w, "pid", (int64_t)act->pid);
        jsonw_member_optional(&in->w, "refused", refused);
        return record_end(in, NULL);
}

/* Of what is several lines the first: reasons against a load have lines of their own. */
static int act_log(Intake *in, const Act *act, const char *refused) {
        const char *text = refused ?: act->reason ?: act_meaning(act->type);

        return batch_log(&in->batch, LOG_ACT_KIND, refused ? LOG_WARNING : LOG_NOTICE, NULL, "%s of %s by %s (uid %u)%s%.*s",
                         act_id(act->type), act->subject, act->by[0] ? act->by : "nobody by name", (unsigned)act->uid,
                         refused ? " refused: " : ": ", (int)strcspn(text, "\n"), text);
}

/* Takes back what a refused act has changed, here and in the ledger. */
static int act_undo(Intake *in, const Head *head, BatchMark mark) {
        in->head = *head;
        batch_undo(&in->batch, mark);
        for (size_t i = 0; i < in->n_running; i++)
                in->running[i].stale |= in->running[i].touched;
        return store_savepoint_rollback(in->store);
}

static int act_try(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const BatchMark mark = batch_mark(&in->batch);
        const Head head = in->head;
        int r = store_savepoint(in->store), undone;

        for (size_t i = 0; i < in->n_running; i++)
                in->running[i].touched = false;
        if (r == 0)
                r = act_record(in, act, NULL);
        if (r == 0)
                r = act_do(in, act, ret_text);
        if (r == 0 || r == ACT_DENIED) {
                int told = act_log(in, act, r ? ret_text : NULL);

                if (told == 0)
                        told = store_savepoint_release(in->store);
                return told < 0 ? told : r;
        }
        if (r < 0)
                return r;
        undone = act_undo(in, &head, mark);
        return undone < 0 ? undone : ACT_REFUSED;
}

/* The counter of this user. Where none is free, the one that began longest ago. */
static size_t actor_of(const Intake *in, uid_t uid) {
        size_t oldest = 0;

        for (size_t i = 0; i < ACTORS_MAX; i++) {
                if (in->actors[i].acts && in->actors[i].uid == uid)
                        return i;
                if (!in->actors[i].acts || in->actors[i].since_us < in->actors[oldest].since_us)
                        oldest = i;
        }
        return oldest;
}

/* Whoever floods the socket fills neither the ledger nor the journal, and holds up nobody else; an alert says who. */
static int act_allowance(Intake *in, const Act *act, bool *ret) {
        const size_t i = actor_of(in, act->uid);
        char subject[32];

        if (in->actors[i].uid != act->uid || in->now.boot_us - in->actors[i].since_us > 60 * US_PER_S) {
                in->actors[i].uid = act->uid;
                in->actors[i].since_us = in->now.boot_us;
                in->actors[i].acts = 0;
        }
        *ret = in->actors[i].acts++ < ACTS_PER_MINUTE;
        if (in->actors[i].acts != ACTS_PER_MINUTE + 1)
                return 0;
        snprintf(subject, sizeof(subject), "user-%u", (unsigned)act->uid);
        return alert_raise(
                in, &(AlertAbout){ .rule = "rejected-flood", .subject = subject, .severity = ALERT_WARNING },
                "More than %d acts of user %u came in within a minute. Further ones are "
                "refused for a minute; look what that user runs.",
                ACTS_PER_MINUTE, (unsigned)act->uid);
}

int intake_act_may(Intake *in, const Now *now, const Act *act, char ret_text[static ACT_TEXT_MAX], ActSeen *ret_seen) {
        Act known = *act;
        int r = identify(in, &known, ret_text);

        in->now = *now;
        if (r == ACT_DONE)
                r = may(in, &known, ret_text);
        if (r == ACT_DONE)
                r = signing_may(in, &known, ret_text);
        return r == ACT_DONE ? act_look(in, &known, ret_seen) : r;
}

int intake_act(Intake *in, const Now *now, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        Act known = *act;
        bool allowed;
        int r = change_begin(in), outcome;

        if (r < 0)
                return r;
        in->now = *now;
        ret_text[0] = '\0';
        r = act_allowance(in, act, &allowed);
        if (r < 0)
                return r;
        if (!allowed)
                return act_refuse(ret_text, "Too many acts came in at once. Wait a minute, then do it again.");
        outcome = identify(in, &known, ret_text);
        if (outcome == ACT_DONE)
                outcome = may(in, &known, ret_text);
        if (outcome == ACT_DONE)
                outcome = act_unseen(in, &known, ret_text);
        if (outcome == ACT_DONE)
                outcome = act_try(in, &known, ret_text);
        if (outcome == ACT_DENIED)
                return ACT_REFUSED;
        if (outcome <= 0)
                return outcome;
        r = act_record(in, &known, ret_text);
        if (r == 0)
                r = act_log(in, &known, ret_text);
        return r < 0 ? r : outcome;
}
