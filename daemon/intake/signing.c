/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that were asked for and not given: evidence, of which nobody can make more than a few an hour. In memory: a
 * restart forgets the count, and is an admin's doing. Whoever runs a program under the login can guess elsewhere, too
 * (su); what slows that down is the machine's PAM. Here it is about who knew, and when.
 */
#include <inttypes.h>
#include <stdio.h>

#include "intake/internal.h"

static Signing *signing_find(Intake *in, uid_t uid) {
        for (size_t i = 0; i < SIGNERS_MAX; i++)
                if (in->signers[i].taken && in->signers[i].uid == uid)
                        return &in->signers[i].signing;
        return NULL;
}

static Signing *signing_get(Intake *in, uid_t uid) {
        Signing *found = signing_find(in, uid);
        size_t at = 0;

        if (found)
                return found;
        for (size_t i = 0; i < SIGNERS_MAX && in->signers[at].taken; i++)
                if (!in->signers[i].taken ||
                    signing_last_us(&in->signers[i].signing) < signing_last_us(&in->signers[at].signing))
                        at = i;
        in->signers[at].taken = true;
        in->signers[at].uid = uid;
        in->signers[at].signing = (Signing){};
        return &in->signers[at].signing;
}

int signing_may(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const Signing *s = act_signs(act->type) ? signing_find(in, act->uid) : NULL;
        const int64_t left_us = s ? signing_held_us(s, in->now.boot_us) : 0;

        if (left_us == 0)
                return ACT_DONE;
        act_refuse(ret_text,
                   "Too many passwords under your login were wrong or not given. Nothing is signed under it for %" PRId64
                   " min %02" PRId64 " s more; what only locks is taken meanwhile. If it was not you, tell an officer.",
                   left_us / (60 * US_PER_S), left_us / US_PER_S % 60);
        return ACT_HELD_OFF;
}

static const struct {
        const char *id, *text;
        unsigned thirds;
} hows[_UNSIGNED_MAX] = {
        [UNSIGNED_PASSWORD] = { "wrong-password", "the password was not right", SIGNING_WRONG },
        [UNSIGNED_DISMISSED] = { "dismissed", "the dialog was closed", SIGNING_OPEN },
        [UNSIGNED_UNANSWERED] = { "unanswered", "nobody answered in time", SIGNING_OPEN },
        [UNSIGNED_LEFT] = { "left", "whoever called went away", SIGNING_OPEN },
        [UNSIGNED_RULE] = { "refused-by-polkit", "polkit's rules say no", 0 },
};

/* The reason given is not in it: nobody knows whose words they are. */
static int record(Intake *in, const Act *act, const char *by, ActUnsigned how, const SigningVerdict *v) {
        record_begin(in, "unsigned");
        jsonw_member_string(&in->w, "act", act_id(act->type));
        jsonw_member_string(&in->w, "subject", act->subject);
        jsonw_member_string(&in->w, "by", by);
        jsonw_member_string(&in->w, "why", hows[how].id);
        jsonw_member_int(&in->w, "uid", (int64_t)act->uid);
        jsonw_member_int(&in->w, "pid", (int64_t)act->pid);
        jsonw_member_int(&in->w, "tries", v->tries);
        if (v->hold)
                jsonw_member_int(&in->w, "held_s", SIGNING_HOLD_S);
        if (v->unrecorded)
                jsonw_member_int(&in->w, "unrecorded", v->unrecorded);
        return record_end(in, NULL);
}

static int tell(Intake *in, const char *by, const SigningVerdict *v, int64_t unrecorded) {
        char held[96] = "", more[96] = "";

        if (v->hold)
                snprintf(held, sizeof(held), " Nothing is signed under it for %d minutes.", SIGNING_HOLD_S / 60);
        if (unrecorded)
                snprintf(more, sizeof(more), " (%" PRId64 " of them have no record of their own.)", unrecorded);
        return alert_raise(in, &(AlertAbout){ .rule = "signature-refused", .subject = by, .severity = ALERT_WARNING },
                           "%u times within %d minutes a signature was asked for under the login of %s, and the password was "
                           "wrong or not given.%s Ask %s who that was; if nobody knows, have the password changed.%s",
                           v->tries, SIGNING_WITHIN_S / 60, by, held, by, more);
}

int intake_act_unsigned(Intake *in, const Now *now, const Act *act, ActUnsigned how) {
        const ConfigPractitioner *own = config_practitioner_of_user(in->config, act->uid);
        Signing *s = signing_get(in, act->uid);
        char by[LABEL_MAX + 1];
        SigningVerdict v;
        int r = change_begin(in);

        if (r < 0)
                return r;
        in->now = *now;
        if (own)
                snprintf(by, sizeof(by), "%s", own->id);
        else
                snprintf(by, sizeof(by), "user-%u", (unsigned)act->uid);
        v = signing_failed(s, now->boot_us, hows[how].thirds);
        if (v.record)
                r = record(in, act, by, how, &v);
        if (r == 0 && v.record)
                r = batch_log(&in->batch, LOG_ACT_KIND, LOG_WARNING, NULL, "%s of %s by %s (uid %u) is not signed: %s",
                              act_id(act->type), act->subject, by, (unsigned)act->uid, hows[how].text);
        return r == 0 && (v.alert || v.hold) ? tell(in, by, &v, s->unrecorded) : r;
}
