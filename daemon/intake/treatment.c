/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Treatment: the protocol of a session, followed. The account lies in the ledger (account.c keeps the latest
 * ones at hand), so that a restart or a second daemon judges as this one does. A deviation is a row, told once in a session
 * and for each cause; what comes later adds to the account and takes no row back. See core/treatment.h for the rules.
 *
 * A report belongs to the session that holds the item. Use that no session of the room holds is an alert of usage.c and
 * is in no account: nobody knows whose it is.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"

static void profile_of(const Intake *in, const SessionRow *s, const ItemRow *needles, TreatmentProfile *ret) {
        config_treatment(config_procedure(in->config, s->procedure),
                         needles ? config_product(in->config, needles->product) : NULL, ret);
}

/* --- telling --- */

static int deviation_keep(Intake *in, const SessionRow *s, const TreatmentDeviation *d) {
        DeviationRow row = { .at_us = in->now.wall_us };
        int r;

        record_begin(in, "deviation");
        jsonw_member_string(&in->w, "session", s->label);
        jsonw_member_string(&in->w, "rule", d->rule->id);
        jsonw_member_string(&in->w, "cause", d->cause);
        jsonw_member_string(&in->w, "text", d->text);
        r = record_end(in, &row.i);
        if (r < 0)
                return r;
        snprintf(row.rule, sizeof(row.rule), "%s", d->rule->id);
        memcpy(row.cause, d->cause, sizeof(row.cause));
        memcpy(row.text, d->text, sizeof(row.text));
        return deviation_add(in->store, s->id, &row);
}

/* What is told may also be that a session must stop: on each occurrence, as every critical alert does. */
static int alert_for(Intake *in, const SessionRow *s, const TreatmentDeviation *d) {
        static const AlertSeverity severities[] = { [TREATMENT_INFO] = ALERT_INFO,
                                                    [TREATMENT_WARNING] = ALERT_WARNING,
                                                    [TREATMENT_CRITICAL] = ALERT_CRITICAL };
        const bool critical = d->rule->weight == TREATMENT_CRITICAL;
        int r = alert_raise(in,
                            &(AlertAbout){ .rule = d->rule->id,
                                           .subject = critical ? d->cause : s->label,
                                           .severity = severities[d->rule->weight],
                                           .item = critical ? d->cause : NULL,
                                           .session = s->label,
                                           .room = s->room },
                            "In %s, session %s. %s", s->room, s->label, d->text);

        return r < 0 || !critical ? r : room_lock(in, s->room, d->rule->id, d->text);
}

static int tell(Intake *in, const SessionRow *s, const TreatmentDeviation *d) {
        int known = account_told(in, s->id, d);
        int r = known == 0 ? deviation_keep(in, s, d) : known;

        if (r < 0 || d->rule->weight == TREATMENT_RECORDED)
                return r < 0 ? r : 0;
        return known && d->rule->weight != TREATMENT_CRITICAL ? 0 : alert_for(in, s, d);
}

static int judge(Intake *in, const SessionRow *s, TreatmentCase *c, TreatmentWhen when) {
        TreatmentFound found;
        int r = 0;

        c->when = when;
        c->session = s->label;
        treatment_judge(c, &found);
        for (size_t i = 0; i < found.n && r == 0; i++)
                r = tell(in, s, found.v + i);
        return r;
}

/* --- reports --- */

static bool on_skin(int event) {
        return event == USAGE_CONTACT || event == USAGE_ROUND;
}

static int report_add(Intake *in, const Event *e, const Origin *o, const SessionRow *s, TreatmentCase *c,
                      Treatment *account) {
        const TreatmentReport report = { .i = o->i,
                                         .at_us = in->now.wall_us,
                                         .item = c->item,
                                         .area = e->usage.area,
                                         .event = e->usage.event,
                                         .has_passes = e->usage.has_passes,
                                         .has_depth = e->usage.has_depth,
                                         .has_motor = e->usage.has_motor,
                                         .bleeding = e->usage.has_bleeding && e->usage.bleeding,
                                         .round = e->usage.has_round ? e->usage.round : 0,
                                         .passes = e->usage.passes,
                                         .depth_um = e->usage.depth_um,
                                         .motor_us = e->usage.motor_us };
        int at = treatment_report(account, &report), r;

        if (at == TREATMENT_FULL)
                return judge(in, s, c, TREATMENT_NO_ROOM);
        if (at < 0)
                return 0;
        c->round = (size_t)at;
        r = treatment_round_save(in->store, s->id, account->rounds + at);
        return r < 0 ? r : judge(in, s, c, TREATMENT_ROUND);
}

int follow_usage(Intake *in, const Event *e, const Origin *o, const ItemRow *item, const SessionRow *s) {
        Treatment *account;
        TreatmentProfile profile;
        TreatmentCase c = { .profile = &profile, .item = item->code, .named = e->usage.session };
        int r;

        profile_of(in, s, item, &profile);
        r = judge(in, s, &c, TREATMENT_REPORT);
        if (r < 0 || e->usage.event == USAGE_ATTACHED)
                return r;
        r = account_of(in, s->id, &account);
        if (r < 0)
                return r;
        c.account = account;
        if (on_skin(e->usage.event))
                r = judge(in, s, &c, TREATMENT_BEGAN);
        return r < 0 ? r : report_add(in, e, o, s, &c, account);
}

/* --- steps --- */

/* A live session for somebody else holds it: whatever is in it is not for this patient. 1 or 0. */
static int held_for_another(Intake *in, const ItemRow *item, const SessionRow *s) {
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1];
        SessionRow holder;
        int64_t id;
        int r = claim_of(in->store, item->id, &id, label, room);

        if (r <= 0 || id == s->id)
                return r < 0 ? r : 0;
        r = session_get_id(in->store, id, &holder);
        return r <= 0 ? (r < 0 ? r : -EBADMSG) : !streq(holder.patient, s->patient);
}

/* Blood and what is made of it, and a vial that was opened, are one patient's. */
static int step_item(Intake *in, const Event *e, const SessionRow *s, ItemRow *item, TreatmentItem *ret) {
        const ConfigClass *class;
        int r = item_find(in, e->session_step.item, item), other;

        if (r <= 0)
                return r;
        other = held_for_another(in, item, s);
        if (other < 0)
                return other;
        class = item_class(in, item);
        *ret = (TreatmentItem){
                .code = item->code,
                .other_patient = other || (item->patient[0] && !streq(item->patient, s->patient)),
                .unlabelled = !item->patient[0] && (item->drawn_us || (class && class->role == ROLE_BLOOD)),
                .too_old = item->drawn_us && in->now.wall_us - item->drawn_us > in->config->policy.blood_max_us
        };
        return 1;
}

static int step_keep(Intake *in, const Event *e, const Origin *o, const SessionRow *s, const char *code,
                     TreatmentCase *c, Treatment *account) {
        TreatmentStep step = { .i = o->i,
                               .at_us = in->now.wall_us,
                               .step = e->session_step.step,
                               .counts = o->sequenced && !o->late && s->state <= SESSION_SUSPENDED,
                               .round = e->session_step.has_round ? e->session_step.round : 0 };

        snprintf(step.item, sizeof(step.item), "%s", code ?: "");
        snprintf(step.form_hash, sizeof(step.form_hash), "%s", e->session_step.form_hash ?: "");
        return treatment_step(account, &step) < 0 ? judge(in, s, c, TREATMENT_NO_ROOM)
                                                  : treatment_step_add(in->store, s->id, &step);
}

int follow_step(Intake *in, const Event *e, const Origin *o, const SessionRow *s) {
        Treatment *account;
        TreatmentProfile profile;
        TreatmentCase c = { .profile = &profile };
        TreatmentItem about;
        ItemRow item;
        int r = account_of(in, s->id, &account), found = 0;

        if (r == 0 && e->session_step.item)
                r = found = step_item(in, e, s, &item, &about);
        if (r < 0)
                return r;
        c.account = account;
        profile_of(in, s, NULL, &profile);
        r = step_keep(in, e, o, s, found ? item.code : e->session_step.item, &c, account);
        c.step_item = found ? &about : NULL;
        return r < 0 ? r : judge(in, s, &c, TREATMENT_STEP);
}

/* --- start and end --- */

int follow_start(Intake *in, const SessionRow *s) {
        Treatment *account;
        TreatmentProfile profile;
        TreatmentCase c = { .profile = &profile };
        int r = account_of(in, s->id, &account);

        if (r < 0)
                return r;
        c.account = account;
        profile_of(in, s, NULL, &profile);
        return judge(in, s, &c, TREATMENT_BEGAN);
}

static int judge_rounds(Intake *in, const SessionRow *s, TreatmentCase *c) {
        TreatmentProfile profile;
        int r = 0;

        c->profile = &profile;
        for (c->round = 0; c->round < c->account->n_rounds && r == 0; c->round++) {
                ItemRow item;
                int found = item_get(in->store, c->account->rounds[c->round].item, &item);

                if (found < 0)
                        return found;
                profile_of(in, s, found ? &item : NULL, &profile);
                r = judge(in, s, c, TREATMENT_ROUND_END);
        }
        return r;
}

static void put_steps(JsonWriter *w, const Treatment *t) {
        jsonw_key(w, "steps");
        jsonw_array(w);
        for (size_t k = 0; k < t->n_steps; k++) {
                const TreatmentStep *step = t->steps + k;

                jsonw_object(w);
                jsonw_member_string(w, "step", treatment_step_name(step->step));
                jsonw_member_int(w, "at_us", step->at_us);
                if (step->round)
                        jsonw_member_int(w, "round", step->round);
                if (step->item[0])
                        jsonw_member_string(w, "item", step->item);
                jsonw_member_bool(w, "form", step->form_hash[0] != '\0');
                jsonw_member_bool(w, "counts", step->counts);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void put_rounds(JsonWriter *w, const Treatment *t) {
        jsonw_key(w, "rounds");
        jsonw_array(w);
        for (size_t k = 0; k < t->n_rounds; k++) {
                const TreatmentRound *round = t->rounds + k;

                jsonw_object(w);
                jsonw_member_string(w, "area", round->area);
                jsonw_member_int(w, "round", round->round);
                jsonw_member_string(w, "item", round->item);
                jsonw_member_int(w, "at_us", round->at_us);
                if (round->has_passes)
                        jsonw_member_int(w, "passes", round->passes);
                if (round->has_depth)
                        jsonw_member_int(w, "depth_um", round->depth_um);
                if (round->has_motor)
                        jsonw_member_int(w, "motor_us", round->motor_us);
                jsonw_member_bool(w, "bleeding", round->bleeding);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void put_needles(JsonWriter *w, const Treatment *t) {
        jsonw_key(w, "needles");
        jsonw_array(w);
        for (size_t k = 0; k < t->n_rounds; k++) {
                if (!treatment_first_of_item(t, k))
                        continue;
                jsonw_object(w);
                jsonw_member_string(w, "item", t->rounds[k].item);
                jsonw_member_int(w, "motor_us", treatment_motor_us(t, t->rounds[k].item));
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

/* The first of them; each has a record of its own besides. However many there are, the session can be ended. */
#define DEVIATIONS_RECORDED_MAX 512
static int put_deviations(Intake *in, const SessionRow *s) {
        DeviationRow row;
        int64_t after = 0;
        int r = 0;

        jsonw_key(&in->w, "deviations");
        jsonw_array(&in->w);
        for (int n = 0; n < DEVIATIONS_RECORDED_MAX; n++) {
                r = deviation_next(in->store, s->id, after, &row);
                if (r <= 0)
                        break;
                after = row.id;
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, "rule", row.rule);
                jsonw_member_string(&in->w, "cause", row.cause);
                jsonw_object_end(&in->w);
        }
        jsonw_array_end(&in->w);
        return r < 0 ? r : 0;
}

/* The session's protocol as it stands at its end; what comes later stands in records of its own. No patient. */
static int protocol_record(Intake *in, const SessionRow *s, const Treatment *t) {
        int r;

        record_begin(in, "protocol");
        jsonw_member_string(&in->w, "session", s->label);
        jsonw_member_string(&in->w, "room", s->room);
        jsonw_member_string(&in->w, "procedure", s->procedure);
        put_steps(&in->w, t);
        put_rounds(&in->w, t);
        jsonw_member_int(&in->w, "depth_max_um", treatment_depth_um(t));
        put_needles(&in->w, t);
        r = put_deviations(in, s);
        return r < 0 ? r : record_end(in, NULL);
}

/* One that was cancelled before anything was done has no protocol. */
int follow_end(Intake *in, const SessionRow *s) {
        Treatment *account;
        TreatmentProfile profile;
        TreatmentCase c = { .profile = &profile };
        int r = account_of(in, s->id, &account);

        if (r < 0)
                return r;
        c.account = account;
        profile_of(in, s, NULL, &profile);
        if (s->outcome == SESSION_COMPLETED) {
                r = judge(in, s, &c, TREATMENT_END);
                if (r == 0)
                        r = judge_rounds(in, s, &c);
        }
        return r < 0 || (!s->touched && account->n_steps + account->n_rounds == 0) ? r
                                                                                   : protocol_record(in, s, account);
}
