/* SPDX-License-Identifier: Apache-2.0 */
#include "core/override.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

const GateRuleInfo *override_rule(const char *rule) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);

        for (size_t i = 0; i < n; i++)
                if (rules[i].may == MAY_OVERRIDE && !rules[i].per_item && streq(rules[i].id, rule))
                        return rules + i;
        return NULL;
}

/* Who it is, and what for, stands in the question itself; what else may change is here. */
int64_t override_mark(const char *rule, const GateFacts *f) {
        if (streq(rule, "practitioner-not-qualified"))
                return f->qualified_until;
        if (streq(rule, "room-not-disinfected"))
                return f->room_session_end_us;
        if (streq(rule, "exposure-open"))
                return f->exposure_mark;
        return 0;
}

static OverrideStep _printf_(2, 3) refuse(char text[static OVERRIDE_TEXT_MAX], const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, OVERRIDE_TEXT_MAX, format, ap);
        va_end(ap);
        return OVERRIDE_REFUSED;
}

static OverrideStep refuse_rule(const char *rule, char text[static OVERRIDE_TEXT_MAX]) {
        const GateRuleInfo *rules;
        char list[OVERRIDE_LIST_MAX + 16] = "";
        size_t n = gate_rules(&rules), len = 0;

        for (size_t i = 0; i < n && len < sizeof(list); i++)
                if (rules[i].may == MAY_OVERRIDE)
                        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "", rules[i].id);
        return refuse(text, "Nobody may override %.64s. Two officers may override these, for one session: %s.", rule, list);
}

OverrideStep override_judge(const OverrideFacts *f, char ret_text[static OVERRIDE_TEXT_MAX]) {
        if (!override_rule(f->rule))
                return refuse_rule(f->rule, ret_text);
        if (f->known)
                return refuse(ret_text, "Session %s was allowed already. What denies it now cannot be overridden: let the "
                                        "room ask for a new session.",
                              f->session);
        if (!f->denied)
                return refuse(ret_text, "No session %s was denied for %s. Let the room ask first: what it is denied for is "
                                        "what can be overridden.",
                              f->session, f->rule);
        /* Labels are the rooms' own words: one that borrows another's would be given what was meant for that. */
        if (f->elsewhere)
                return refuse(ret_text, "Session %s was asked for by another room too, so nobody can tell which one is meant. "
                                        "Let the room ask under a new label.",
                              f->session);
        if (f->practitioner && streq(f->practitioner, f->by))
                return refuse(ret_text, "%s is to do session %s, and cannot override for it. Ask another officer.", f->by,
                              f->session);
        if (f->first && f->now_us > f->until_us)
                return refuse(ret_text, "What was signed for session %s has run out unused. Let the room ask again, then "
                                        "begin anew.",
                              f->session);
        if (!f->stands)
                return refuse(ret_text, "Session %s is not denied for that cause any more: it is settled, or has become "
                                        "another one. Let the room ask again, and see what it says.",
                              f->session);
        if (f->second)
                return refuse(ret_text, "%s and %s have overridden %s for session %s already. The room may ask again now.",
                              f->first ? f->first : "?", f->second, f->rule, f->session);
        if (f->first && streq(f->first, f->by))
                return refuse(ret_text, "%s has signed this already. It takes a second, different officer.", f->by);
        return f->first ? OVERRIDE_SECOND : OVERRIDE_FIRST;
}

bool override_covers(const OverrideGiven *g, bool live, int64_t now_us, int64_t mark) {
        if (!g->complete || g->mark != mark)
                return false;
        return live ? g->used : !g->used && g->same_question && now_us <= g->until_us;
}

void override_take_out(GateVerdict *v, const char *const *rules, size_t n) {
        size_t left = 0;

        if (v->n > GATE_REASONS_MAX)
                return;
        for (size_t i = 0; i < v->n; i++) {
                bool out = false;

                for (size_t k = 0; k < n; k++)
                        out |= v->reasons[i].override && streq(v->reasons[i].rule, rules[k]);
                if (!out)
                        v->reasons[left++] = v->reasons[i];
        }
        v->n = left;
        v->allow = left == 0;
}
