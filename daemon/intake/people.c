/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/people.h"

#include <stdio.h>

#include "store/people.h"

#define LOOK_EVERY_US (3600 * US_PER_S)
#define REGISTER_YEARS_MAX 10 /* a day further ahead is a slip of the pen */
#define YMD "%04d-%02d-%02d"
#define DATE(d) (d) / 10000, (d) / 100 % 100, (d) % 100

int qualified_until(Intake *in, const char *person, const char *procedure, int32_t *ret) {
        const ConfigPractitioner *p = config_practitioner(in->config, person);
        QualificationRow row;
        int r = p && procedure ? qualification_last(in->store, person, procedure, &row) : 0;

        if (r < 0)
                return r;
        *ret = !p ? 0 : r == 0 ? config_qualified_until(p, procedure) : row.ended_us ? 0 : row.until;
        return 0;
}

/* --- what is told --- */

static int32_t today(const Intake *in) {
        return date_of(MAX_OF(in->now.wall_us, in->floor_us));
}

static int tell(Intake *in, const char *rule, AlertSeverity severity, const char *subject, const char *text) {
        const Now now = in->now;
        AlertRow row;
        int r = text ? alert_get(in->store, rule, subject, &row) : intake_alert_resolve(in, &now, rule, subject);

        if (text && r > 0 && !streq(row.text, text)) {
                r = alert_resolve(in, rule, subject, "asepsisd");
                if (r == 0)
                        r = alert_get(in->store, rule, subject, &row);
        }
        if (text && r == 0)
                r = alert_raise(in, &(AlertAbout){ .rule = rule, .subject = subject, .severity = severity }, "%s", text);
        return r < 0 ? r : 0;
}

static int look_at_one(Intake *in, const char *person, const char *procedure) {
        const bool known = config_procedure(in->config, procedure) != NULL;
        char subject[CODE_MAX + 1], text[TEXT_MAX + 1];
        int32_t until, left;
        int r = qualified_until(in, person, procedure, &until);

        if (r < 0)
                return r;
        left = until ? day_of_date(until) - day_of_date(today(in)) : INT32_MAX;
        snprintf(subject, sizeof(subject), "%.63s/%.64s", person, procedure);
        snprintf(text, sizeof(text), "The qualification of %s for %s %s on " YMD ". %s", person, procedure,
                 left < 0 ? "ended" : "ends", DATE(until),
                 left < 0 ? "Sessions are refused: register it anew, or end it." : "Renew it, and register it.");
        r = tell(in, "qualification-due", ALERT_INFO, subject,
                 known && left >= 0 && left <= in->config->policy.qualification_soon_days ? text : NULL);
        return r < 0 ? r : tell(in, "qualification-overdue", ALERT_WARNING, subject, known && left < 0 ? text : NULL);
}

static int look_at(Intake *in, const ConfigPractitioner *p) {
        QualificationRow row = {};
        int r = 0;

        for (size_t i = 0; i < p->qualified.n && r == 0; i++)
                r = look_at_one(in, p->id, p->qualified.v[i].procedure);
        while (r == 0 && (r = qualification_next(in->store, p->id, row.procedure, &row)) > 0)
                r = look_at_one(in, p->id, row.procedure);
        return r;
}

int people_tick(Intake *in) {
        int r = 0;

        if (in->next_people_us > in->now.boot_us)
                return 0;
        if (in->people_at < in->config->n_practitioners && !intake_doubted(in, DOUBT_CLOCK)) {
                r = change_begin(in);
                if (r == 0)
                        r = look_at(in, in->config->practitioners + in->people_at);
        }
        if (++in->people_at < in->config->n_practitioners)
                return r;
        in->people_at = 0;
        in->next_people_us = in->now.boot_us + LOOK_EVERY_US;
        return r;
}

/* --- acts --- */

/* Who and for what; the officer and the reason are looked at already. */
static int may_register(Intake *in, const Act *act, char *ret_text) {
        const ConfigPractitioner *p = config_practitioner(in->config, act->subject);
        const int32_t now = today(in), until = act->until;

        if (!p)
                return act_refuse(ret_text, "Nobody here is registered as %s. People stand in the configuration.",
                                  act->subject);
        if (!config_person_is(p, PERSON_PRACTITIONER))
                return act_refuse(ret_text, "%s does not treat anybody: the configuration gives no role practitioner.",
                                  act->subject);
        if (streq(act->subject, act->by))
                return act_refuse(ret_text, "%s cannot register a qualification of their own. Ask another officer.", act->by);
        if (!config_procedure(in->config, act->cause))
                return act_refuse(ret_text, "There is no procedure %s. The configuration names those that there are.",
                                  act->cause);
        if (!until)
                return act_refuse(ret_text, "Say the last day of the qualification as yyyy-mm-dd.");
        if (until < now)
                return act_refuse(ret_text, "It ended on " YMD " already. Register the one that is good today.", DATE(until));
        if (until > now + REGISTER_YEARS_MAX * 10000)
                return act_refuse(ret_text, YMD " is more than %d years ahead. Look at the certificate again.",
                                  DATE(until), REGISTER_YEARS_MAX);
        return 0;
}

int qualification_register(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        QualificationRow row = { .i = in->head.size, .at_us = in->now.wall_us, .until = act->until };
        int r = may_register(in, act, ret_text);

        if (r != 0)
                return r;
        snprintf(row.person, sizeof(row.person), "%s", act->subject);
        snprintf(row.procedure, sizeof(row.procedure), "%s", act->cause);
        snprintf(row.certificate, sizeof(row.certificate), "%s", act->certificate ?: "");
        snprintf(row.by, sizeof(row.by), "%s", act->by);
        snprintf(row.reason, sizeof(row.reason), "%s", act->reason);
        r = qualification_add(in->store, &row);
        if (r == 0)
                r = look_at_one(in, row.person, row.procedure);
        snprintf(ret_text, ACT_TEXT_MAX, "%s is qualified for %s until " YMD ". This is the last word now, whatever the "
                 "configuration says.", row.person, row.procedure, DATE(row.until));
        return r;
}

/* What the ledger does not know yet goes into it, so that its end can. */
static int take_over(Intake *in, const ConfigPractitioner *p, const char *procedure, QualificationRow *ret) {
        *ret = (QualificationRow){ .at_us = in->now.wall_us, .until = config_qualified_until(p, procedure) };
        snprintf(ret->person, sizeof(ret->person), "%s", p->id);
        snprintf(ret->procedure, sizeof(ret->procedure), "%s", procedure);
        return qualification_add(in->store, ret);
}

int qualification_withdraw(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const ConfigPractitioner *p = config_practitioner(in->config, act->subject);
        QualificationRow row;
        int r = qualification_last(in->store, act->subject, act->cause, &row);

        if (r == 0 && (!p || !config_qualified_until(p, act->cause)))
                return act_refuse(ret_text, "%s has no qualification for %s: there is nothing to end.", act->subject,
                                  act->cause);
        if (r > 0 && row.ended_us)
                return act_refuse(ret_text, "%s ended the qualification of %s for %s already.", row.ended_by,
                                  act->subject, act->cause);
        if (r == 0)
                r = take_over(in, p, act->cause, &row);
        if (r < 0)
                return r;
        row.ended_i = in->head.size;
        row.ended_us = in->now.wall_us;
        snprintf(row.ended_by, sizeof(row.ended_by), "%s", act->by);
        snprintf(row.ended_reason, sizeof(row.ended_reason), "%s", act->reason);
        r = qualification_end(in->store, &row);
        if (r == 0)
                r = look_at_one(in, row.person, row.procedure);
        snprintf(ret_text, ACT_TEXT_MAX,
                 "The qualification of %s for %s is ended, also where the configuration has one. A session that is "
                 "running goes on; what has not started is refused.", row.person, row.procedure);
        return r;
}
