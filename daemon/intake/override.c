/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overrides: a denial by a rule that two officers may override leaves a row, with what the rule rested on. They sign
 * that row, so what they sign is what the room was told, and nothing that came up since. When the room puts the same
 * question again under a new nonce, the rule is taken out of the answer; the session that is then allowed has used the
 * row up. It keeps the rule at its renewals, for as long as what stood behind it is the same.
 */
#include <inttypes.h>
#include <stdio.h>

#include "intake/session.h"

static bool same_question(const OverrideRow *row, const Asked *asked, const uint8_t content[static CONTENT_SIZE]) {
        return streq(row->room, asked->room) && memcmp(row->content, content, CONTENT_SIZE) == 0;
}

static bool run_out(const Intake *in, const OverrideRow *row) {
        return row->first_us && in->now.wall_us > row->until_us;
}

int override_apply(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], GateVerdict *v,
                   Overridden *ret) {
        OverrideRow row;

        ret->n = 0;
        if (v->n > GATE_REASONS_MAX)
                return 0;
        for (size_t i = 0; i < v->n && ret->n < OVERRIDE_RULES_MAX; i++) {
                const char *rule = v->reasons[i].rule;
                int r = v->reasons[i].override ? override_last(in->store, asked->label, rule, &row) : 0;

                if (r < 0)
                        return r;
                if (r > 0 && override_covers(&(OverrideGiven){ .complete = row.first_us && row.second_us,
                                                               .used = row.used_us,
                                                               .same_question = same_question(&row, asked, content),
                                                               .until_us = row.until_us,
                                                               .mark = row.mark },
                                             asked->session, in->now.wall_us, override_mark(rule, in->facts)))
                        ret->rules[ret->n++] = rule;
        }
        override_take_out(v, ret->rules, ret->n);
        return 0;
}

static int offer_rule(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], const char *rule,
                      int64_t i) {
        const int64_t mark = override_mark(rule, in->facts);
        OverrideRow row;
        int r = override_last(in->store, asked->label, rule, &row);

        if (r < 0 || (r > 0 && same_question(&row, asked, content) && row.mark == mark && !run_out(in, &row)))
                return r < 0 ? r : 0;
        row = (OverrideRow){ .i = i, .at_us = in->now.wall_us, .mark = mark };
        snprintf(row.session, sizeof(row.session), "%s", asked->label);
        snprintf(row.room, sizeof(row.room), "%s", asked->room);
        snprintf(row.rule, sizeof(row.rule), "%s", rule);
        snprintf(row.practitioner, sizeof(row.practitioner), "%s", asked->practitioner);
        snprintf(row.procedure, sizeof(row.procedure), "%s", asked->procedure);
        memcpy(row.content, content, CONTENT_SIZE);
        return override_add(in->store, &row);
}

int override_offer(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], const GateVerdict *v,
                   int64_t i) {
        int r = 0;

        for (size_t k = 0; k < MIN_OF(v->n, (size_t)GATE_REASONS_MAX) && r == 0; k++)
                if (v->reasons[k].override)
                        r = offer_rule(in, asked, content, v->reasons[k].rule, i);
        return r;
}

static int use_rule(Intake *in, const SessionRow *s, const char *rule, int64_t i) {
        const LogSubject subject = { .rule = rule, .session = s->label, .room = s->room };
        OverrideRow row;
        int r = override_last(in->store, s->label, rule, &row);

        if (r <= 0)
                return r;
        row.used_i = i;
        row.used_us = in->now.wall_us;
        r = override_save(in->store, &row);
        return r < 0 ? r : batch_log(&in->batch, LOG_OVERRIDDEN_KIND, LOG_WARNING, &subject,
                                     "session %s in %s: %s is overridden by %s (%s) and %s (%s)", s->label, s->room, rule,
                                     row.first_by, row.first_reason, row.second_by, row.second_reason);
}

int override_use(Intake *in, SessionRow *s, const Overridden *o, int64_t i) {
        size_t n = 0;
        int r = 0;

        for (size_t k = 0; k < o->n && r == 0; k++) {
                n += (size_t)snprintf(s->overridden + n, sizeof(s->overridden) - n, "%s%s", k > 0 ? "," : "", o->rules[k]);
                r = use_rule(in, s, o->rules[k], i);
        }
        if (r < 0 || o->n == 0)
                return r;
        return alert_raise(in,
                           &(AlertAbout){ .rule = "override-used",
                                          .subject = s->label,
                                          .severity = ALERT_WARNING,
                                          .session = s->label,
                                          .room = s->room },
                           "Session %s in %s was allowed although a rule denies it (%s): two officers overrode that. "
                           "asepsisctl session %s says who, and why.",
                           s->label, s->room, s->overridden, s->label);
}

/* --- signing --- */

/* Would the same question be denied by this rule now, for the same cause? */
static int still_stands(Intake *in, const OverrideRow *row, bool *ret) {
        const GateRuleInfo *rule = override_rule(row->rule);
        const Asked asked = { .label = row->session,
                              .room = row->room,
                              .practitioner = row->practitioner,
                              .patient = "",
                              .procedure = row->procedure };
        char text[GATE_TEXT_MAX];
        int r = facts_gather(in, &asked, in->facts, in->texts);

        if (r == 0)
                *ret = rule && rule->test_session(in->facts, text) && override_mark(row->rule, in->facts) == row->mark;
        return r;
}

static int override_facts(Intake *in, const OverrideRow *row, OverrideFacts *f) {
        SessionRow session;
        int r = session_get(in->store, f->session, &session);

        if (r < 0)
                return r;
        f->known = r > 0;
        f->now_us = in->now.wall_us;
        if (!f->denied)
                return 0;
        f->practitioner = row->practitioner;
        f->first = row->first_us ? row->first_by : NULL;
        f->second = row->second_us ? row->second_by : NULL;
        f->until_us = row->until_us;
        r = override_elsewhere(in->store, row);
        f->elsewhere = r > 0;
        return r < 0 ? r : still_stands(in, row, &f->stands);
}

static void sign_first(Intake *in, OverrideRow *row, const char *by, const char *reason, char text[static ACT_TEXT_MAX]) {
        row->first_i = in->head.size;
        row->first_us = in->now.wall_us;
        snprintf(row->first_by, sizeof(row->first_by), "%s", by);
        snprintf(row->first_reason, sizeof(row->first_reason), "%s", reason);
        snprintf(text, ACT_TEXT_MAX,
                 "%s has signed: %s of session %s (%s, %s, by %s). It has no effect yet. Another officer must sign it too, "
                 "within %" PRId64 " minutes.",
                 by, row->rule, row->session, row->room, row->procedure, row->practitioner,
                 in->config->policy.override_us / (60 * US_PER_S));
}

static void sign_second(Intake *in, OverrideRow *row, const char *by, const char *reason, char text[static ACT_TEXT_MAX]) {
        row->second_i = in->head.size;
        row->second_us = in->now.wall_us;
        snprintf(row->second_by, sizeof(row->second_by), "%s", by);
        snprintf(row->second_reason, sizeof(row->second_reason), "%s", reason);
        snprintf(text, ACT_TEXT_MAX,
                 "%s and %s override %s for session %s (%s, %s, by %s), once. Let the room ask again within %" PRId64
                 " minutes, for the same and with a new nonce.",
                 row->first_by, by, row->rule, row->session, row->room, row->procedure, row->practitioner,
                 in->config->policy.override_us / (60 * US_PER_S));
}

int override_sign(Intake *in, const char *session, const char *rule, const char *by, const char *reason,
                  char ret_text[static ACT_TEXT_MAX]) {
        OverrideFacts f = { .session = session, .rule = rule, .by = by };
        char why[OVERRIDE_TEXT_MAX];
        OverrideRow row;
        OverrideStep step;
        int r = override_last(in->store, session, rule, &row);

        f.denied = r > 0;
        if (r >= 0)
                r = override_facts(in, &row, &f);
        if (r < 0)
                return r;
        step = override_judge(&f, why);
        if (step == OVERRIDE_REFUSED) {
                snprintf(ret_text, ACT_TEXT_MAX, "%s", why);
                return 1;
        }
        if (step == OVERRIDE_FIRST)
                sign_first(in, &row, by, reason, ret_text);
        else
                sign_second(in, &row, by, reason, ret_text);
        row.until_us = in->now.wall_us + in->config->policy.override_us;
        return override_save(in->store, &row);
}
