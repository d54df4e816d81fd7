/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WhySession: a decision rule by rule. What was decided then is told from the record alone: it holds which rules denied,
 * and what they said, not what the others looked at. What would be decided now comes from the gate itself, over facts that
 * are gathered for it as for a request; ListRules, from the tables that decide.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "bus/internal.h"
#include "codec/rfc3339.h"
#include "core/fitness.h"
#include "core/gate.h"
#include "core/release.h"
#include "core/treatment.h"
#include "store/sessions.h"

/* --- facts --- */

typedef enum FactKind { FACT_TEXT, FACT_TRUTH, FACT_DATE, FACT_TIME, FACT_NUMBER, FACT_STATE, FACT_LOAD, FACT_INSIDE } FactKind;

typedef struct Fact {
        const char *rule, *name;
        FactKind kind;
        size_t offset;
} Fact;

#define OF(rule, name, kind, member) { rule, name, FACT_##kind, offsetof(GateFacts, member) }
static const Fact session_facts[] = {
        OF("practitioner-unknown", "practitioner", TEXT, practitioner),
        OF("practitioner-unknown", "registered", TRUTH, practitioner_known),
        OF("practitioner-not-qualified", "qualified until", DATE, qualified_until),
        OF("sharps-unaccounted", "needles missing of session", TEXT, sharps_session),
        OF("patient-missing", "patient", TEXT, patient),
        OF("procedure-unknown", "procedure", TEXT, procedure),
        OF("procedure-unknown", "configured", TRUTH, procedure_known),
        OF("room-unknown", "room", TEXT, room),
        OF("room-unknown", "configured", TRUTH, room_known),
        OF("room-locked", "locked by", TEXT, room_lock),
        OF("interlock-mismatch", "relay not open", TEXT, room_relay),
        OF("room-busy", "other session", TEXT, room_busy_session),
        OF("room-not-disinfected", "last used", TIME, room_session_end_us),
        OF("room-not-disinfected", "disinfected", TIME, room_disinfected_us),
        OF("exposure-open", "open injury", TEXT, exposure),
        OF("session-over", "session", TEXT, session_over),
        OF("clock-untrusted", "doubt", TEXT, clock_doubt),
        OF("store-degraded", "doubt", TEXT, store_doubt),
        OF("audit-inconsistent", "doubt", TEXT, audit_doubt),
        OF("restore-unconfirmed", "doubt", TEXT, restore_doubt),
        OF("second-daemon", "doubt", TEXT, second_daemon),
        OF("key-changed", "doubt", TEXT, key_doubt),
};
#undef OF
#define OF(rule, name, kind, member) { rule, name, FACT_##kind, offsetof(ItemFacts, member) }
static const Fact item_facts[] = {
        OF("item-unidentifiable", "one piece", TRUTH, single_piece),
        OF("item-unknown", "in the ledger", TRUTH, known),
        OF("item-unknown", "class", TEXT, class_name),
        OF("item-repeated", "twice", TRUTH, repeated),
        OF("item-used", "used by session", TEXT, used_session),
        OF("item-used", "seen in use", TRUTH, used),
        OF("item-claimed", "held by session", TEXT, claim_session),
        OF("item-expired", "expires", DATE, expires),
        OF("item-recalled", "recall", TEXT, recall_reason),
        OF("item-damaged", "damaged", TRUTH, damaged),
        OF("item-dropped", "in sharps", TRUTH, dropped),
        OF("item-cloned", "in two places", TRUTH, cloned),
        OF("item-not-sterile", "state", STATE, state),
        OF("item-not-disinfected", "state", STATE, state),
        OF("item-not-clean", "state", STATE, state),
        OF("barrier-missing", "needs a sleeve", TRUTH, needs_sleeve),
        OF("pack-opened", "pack", TEXT, pack),
        OF("pack-opened", "opened before", TRUTH, pack_opened),
        OF("internal-indicator-missing", "inside indicator", INSIDE, inside),
        OF("internal-indicator-failed", "inside indicator", INSIDE, inside),
        OF("load-not-released", "load", TEXT, attempt),
        OF("load-not-released", "decision", LOAD, load),
        OF("load-rejected", "decision", LOAD, load),
        OF("load-recalled", "decision", LOAD, load),
        OF("shelf-life-over", "sterile since", TIME, sterile_us),
        OF("shelf-life-over", "good until", TIME, good_until_us),
        OF("process-unsuitable", "suitable", TRUTH, process_suitable),
        OF("reprocessing-limit", "cycles", NUMBER, cycles),
        OF("reprocessing-limit", "at most", NUMBER, cycles_max),
        OF("item-other-patient", "belongs to", TEXT, patient),
        OF("blood-unlabelled", "waits for a label", TRUTH, needs_label),
        OF("blood-expired", "good until", TIME, blood_until_us),
        OF("vial-open-too-long", "good until", TIME, vial_until_us),
        OF("restore-unconfirmed", "to be received again", TRUTH, unvouched),
};

static void put_value(const Fact *f, const void *p, Reply *r) {
        char text[32] = "";

        switch (f->kind) {
        case FACT_TEXT:
                reply_text(r, "value", *(const char *const *)p ?: "none");
                break;
        case FACT_TRUTH:
                reply_text(r, "value", *(const bool *)p ? "yes" : "no");
                break;
        case FACT_DATE:
                reply_date(r, "value", *(const int32_t *)p);
                break;
        case FACT_TIME:
                reply_time(r, "at", *(const int64_t *)p);
                break;
        case FACT_NUMBER:
                snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)p);
                reply_text(r, "value", text);
                break;
        case FACT_STATE:
                reply_text(r, "value", item_state_name(*(const ItemState *)p));
                break;
        case FACT_LOAD:
                reply_text(r, "value", bus_load((int)*(const LoadState *)p));
                break;
        case FACT_INSIDE:
                reply_text(r, "value", bus_inside((int)*(const InsideIndicator *)p));
                break;
        }
}

static void put_facts_of(const Fact *facts, size_t n, const void *base, const char *item, Reply *r) {
        for (size_t i = 0; i < n; i++) {
                reply_open(r);
                reply_text(r, "rule", facts[i].rule);
                reply_text(r, "item", item);
                reply_text(r, "fact", facts[i].name);
                put_value(facts + i, (const char *)base + facts[i].offset, r);
                reply_close(r);
        }
}

static void put_facts(const GateFacts *f, Reply *r) {
        reply_list_open(r, "facts", "a{sv}");
        put_facts_of(session_facts, ELEMENTSOF(session_facts), f, NULL, r);
        for (size_t i = 0; i < f->n_items; i++)
                put_facts_of(item_facts, ELEMENTSOF(item_facts), f->items + i, f->items[i].code, r);
        reply_list_close(r);
}

/* --- then and now --- */

static const char *const mays[] = {
        [MAY_NOT] = "no", [MAY_NEVER] = "never", [MAY_OVERRIDE] = "override", [MAY_LOOSEN] = "loosen",
};

/* The reasons of one rule in the recorded answer: whether there are any. */
static bool put_then(const json_t *reasons, const char *rule, Reply *r) {
        const json_t *one;
        bool any = false;
        size_t i;

        reply_list_open(r, "then_reasons", "a{sv}");
        json_array_foreach(reasons, i, one) {
                if (!streq(json_string_value(json_object_get(one, "rule")) ?: "", rule))
                        continue;
                any = true;
                reply_open(r);
                reply_text(r, "item", json_string_value(json_object_get(one, "item")));
                reply_text(r, "text", json_string_value(json_object_get(one, "text")));
                reply_close(r);
        }
        reply_list_close(r);
        return any;
}

static bool put_now(const GateVerdict *v, const char *rule, Reply *r) {
        bool any = false;

        reply_list_open(r, "now_reasons", "a{sv}");
        for (size_t i = 0; v && i < MIN_OF(v->n, (size_t)GATE_REASONS_MAX); i++) {
                if (!streq(v->reasons[i].rule, rule))
                        continue;
                any = true;
                reply_open(r);
                reply_text(r, "item", v->reasons[i].item);
                reply_text(r, "text", v->reasons[i].text);
                reply_close(r);
        }
        reply_list_close(r);
        return any;
}

static bool is_overridden(const json_t *answer, const char *rule) {
        const json_t *one;
        size_t i;

        json_array_foreach(json_object_get(answer, "overridden"), i, one)
                if (streq(json_string_value(one) ?: "", rule))
                        return true;
        return false;
}

/* A rule stands in the gate's table for the session and for its items, where it asks both; it is one rule. */
static bool first_of(const GateRuleInfo *rules, size_t k) {
        for (size_t i = 0; i < k; i++)
                if (streq(rules[i].id, rules[k].id))
                        return false;
        return true;
}

static void put_rules(const json_t *answer, const GateVerdict *now, Reply *r) {
        const GateRuleInfo *rules;
        const size_t n = gate_rules(&rules);

        reply_list_open(r, "rules", "a{sv}");
        for (size_t k = 0; k < n; k++) {
                const GateRuleInfo *rule = rules + k;

                if (!first_of(rules, k))
                        continue;
                reply_open(r);
                reply_text(r, "rule", rule->id);
                reply_text(r, "sentence", rule->sentence);
                reply_text(r, "source", rule->source);
                reply_text(r, "may", REPLY_WORD(mays, (int)rule->may));
                reply_text(r, "then", put_then(json_object_get(answer, "reasons"), rule->id, r) ? "denied"
                                      : is_overridden(answer, rule->id)                         ? "overridden"
                                                                                                : "passed");
                reply_text(r, "now", put_now(now, rule->id, r) ? "denied" : now ? "passed" : "unknown");
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_why(const char *session, const RequestLast *last, const json_t *answer, const GateFacts *facts,
                    const GateVerdict *now, Reply *r) {
        struct timespec t;

        clock_gettime(CLOCK_REALTIME, &t);
        reply_open(r);
        reply_text(r, "session", session);
        reply_text(r, "room", last->room);
        reply_text(r, "verdict", last->allow ? "allow" : "deny");
        reply_time(r, "decided_at", last->at_us);
        reply_text(r, "now", !facts ? "unknown" : now->allow ? "allow" : "deny");
        reply_time(r, "now_at", t.tv_sec * US_PER_S + t.tv_nsec / 1000);
        put_rules(answer, facts ? now : NULL, r);
        if (facts)
                put_facts(facts, r);
        reply_close(r);
}

static int explain(sd_bus_message *m, const BusSource *source, const char *session, const RequestLast *last) {
        _cleanup_(freep) GateVerdict *now = calloc(1, sizeof(*now));
        json_t *answer = json_loads(last->answer ?: "", JSON_REJECT_DUPLICATES, NULL);
        const GateFacts *facts = NULL;
        Reply reply;
        int r = !now || !answer ? -EBADMSG : source->why ? source->why(source->userdata, session, &facts) : 0;

        if (r > 0)
                gate_judge(facts, now);
        if (r >= 0)
                r = reply_new(m, &reply);
        if (r >= 0) {
                put_why(session, last, answer, facts, now, &reply);
                r = reply_send(&reply);
        }
        json_decref(answer);
        return r;
}

/* WhySession(s session) -> a{sv}. NotFound, Ledger. */
int method_why_session(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        RequestLast last = {};
        const char *session;
        int r = sd_bus_message_read(m, "s", &session);

        if (r < 0)
                return r;
        r = request_last(source->store, session, &last);
        if (r == 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No session %.*s was ever asked for.", LABEL_MAX, session);
        if (r > 0)
                r = explain(m, source, session, &last);
        free(last.answer);
        return r < 0 ? bus_ledger_failed(source, r, error) : r;
}

/* --- the catalogue --- */

/* The numbers of a rule that a policy may change: see the table of keys. */
static const struct {
        const char *rule, *section, *key;
} policies[] = {
        { "shelf-life-over", "policy", "shelf-life-wrapped-days" },
        { "shelf-life-over", "policy", "immediate-use-minutes" },
        { "blood-expired", "policy", "blood-max-hours" },
        { "vial-open-too-long", "policy", "vial-open-days" },
        { "sharps-unaccounted", "policy", "sharps-minutes" },
        { "sharps-unaccounted", "policy", "sharps-block" },
        { "room-not-disinfected", "policy", "disinfect-contact-s" },
        { "room-not-disinfected", "policy", "override-minutes" },
        { "exposure-open", "policy", "override-minutes" },
        { "practitioner-unknown", "policy", "override-minutes" },
        { "practitioner-not-qualified", "policy", "override-minutes" },
        { "practitioner-not-qualified", "policy", "qualification-soon-days" },
        { "clock-untrusted", "gate", "clock" },
        { "clock-untrusted", "policy", "on-fault" },
        { "store-degraded", "policy", "on-fault" },
        { "audit-inconsistent", "policy", "on-fault" },
        { "penetration-test-missing", "policy", "penetration-alert" },
        { "leak-test-overdue", "policy", "leak-test-days" },
        { "leak-test-failed", "policy", "leak-rate-kpa" },
        { "leak-test-failed", "policy", "leak-bare-pass" },
        { "spore-test-overdue", "policy", "spore-test-days" },
        { "spore-test-overdue", "policy", "spore-test-overdue" },
        { "spore-test-positive", "policy", "first-positive" },
        { "indicator-missing", "policy", "load-challenge" },
};

static void put_policies(const Config *c, const char *rule, Reply *r) {
        const char *otherwise, *value;

        reply_list_open(r, "settings", "a{sv}");
        for (size_t i = 0; i < ELEMENTSOF(policies); i++) {
                if (!streq(policies[i].rule, rule) ||
                    !bus_policy(c, policies[i].section, policies[i].key, &otherwise, &value))
                        continue;
                reply_open(r);
                reply_text(r, "section", policies[i].section);
                reply_text(r, "key", policies[i].key);
                reply_text(r, "default", otherwise);
                reply_text(r, "value", value);
                reply_truth(r, "changed", !streq_ptr(otherwise, value));
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_rule(const Config *c, Reply *r, const char *part, const char *id, const char *sentence, const char *source, const char *may) {
        reply_open(r);
        reply_text(r, "rule", id);
        reply_text(r, "part", part);
        reply_text(r, "sentence", sentence);
        reply_text(r, "source", source);
        reply_text(r, "may", may);
        put_policies(c, id, r);
        reply_close(r);
}

static void put_catalogue(const Config *c, Reply *r) {
        static const char *const weights[] = { [TREATMENT_RECORDED] = "recorded", [TREATMENT_INFO] = "info",
                                               [TREATMENT_WARNING] = "warning", [TREATMENT_CRITICAL] = "critical" };
        const GateRuleInfo *gate;
        const FitnessRule *fitness;
        const ReleaseRuleInfo *release;
        const TreatmentRule *treatment;
        const size_t n_gate = gate_rules(&gate), n_fitness = fitness_rules(&fitness), n_release = release_rules(&release),
                     n_treatment = treatment_rules(&treatment);

        for (size_t i = 0; i < n_fitness; i++)
                put_rule(c, r, "autoclave", fitness[i].id, NULL, fitness[i].source, NULL);
        for (size_t i = 0; i < n_release; i++)
                put_rule(c, r, "release", release[i].id, NULL, release[i].source, NULL);
        for (size_t i = 0; i < n_gate; i++)
                if (first_of(gate, i))
                        put_rule(c, r, "session", gate[i].id, gate[i].sentence, gate[i].source, REPLY_WORD(mays, (int)gate[i].may));
        for (size_t i = 0; i < n_treatment; i++)
                put_rule(c, r, "treatment", treatment[i].id, treatment[i].sentence, treatment[i].source,
                         REPLY_WORD(weights, (int)treatment[i].weight));
}

/* ListRules() -> aa{sv}. */
int method_list_rules(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Reply reply;
        int r = reply_new(m, &reply);

        (void)error;
        if (r < 0)
                return r;
        reply_page_open(&reply);
        put_catalogue(source->config(source->userdata), &reply);
        reply_close(&reply);
        return reply_send(&reply);
}
