/* SPDX-License-Identifier: Apache-2.0 */
/* What was done in a session, for GetSession: of one that is live too, as far as it has come. */
#include <errno.h>

#include "bus/internal.h"
#include "store/treatments.h"

static const char *const weights[] = {
        [TREATMENT_RECORDED] = "recorded",
        [TREATMENT_INFO] = "info",
        [TREATMENT_WARNING] = "warning",
        [TREATMENT_CRITICAL] = "critical",
};

static const char *weight_of(const char *id) {
        const TreatmentRule *rules;
        const size_t n = treatment_rules(&rules);

        for (size_t k = 0; k < n; k++)
                if (streq(rules[k].id, id))
                        return REPLY_WORD(weights, (int)rules[k].weight);
        return "unknown";
}

static void put_steps(const Treatment *t, Reply *r) {
        reply_list_open(r, "steps", "a{sv}");
        for (size_t k = 0; k < t->n_steps; k++) {
                const TreatmentStep *step = t->steps + k;

                reply_open(r);
                reply_text(r, "step", treatment_step_name(step->step));
                reply_time(r, "at", step->at_us);
                if (step->round)
                        reply_number(r, "round", step->round);
                reply_text(r, "item", step->item);
                reply_text(r, "form_hash", step->form_hash);
                reply_truth(r, "counts", step->counts);
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_rounds(const Treatment *t, Reply *r) {
        reply_list_open(r, "rounds", "a{sv}");
        for (size_t k = 0; k < t->n_rounds; k++) {
                const TreatmentRound *round = t->rounds + k;

                reply_open(r);
                reply_text(r, "area", round->area);
                if (round->round)
                        reply_number(r, "round", round->round);
                reply_text(r, "item", round->item);
                reply_time(r, "at", round->at_us);
                reply_time(r, "last_at", round->last_us);
                if (round->has_passes)
                        reply_number(r, "passes", round->passes);
                if (round->has_depth)
                        reply_number(r, "depth_um", round->depth_um);
                if (round->has_motor)
                        reply_number(r, "motor_us", round->motor_us);
                reply_truth(r, "bleeding", round->bleeding);
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_totals(const Treatment *t, Reply *r) {
        int64_t rounds = 0;

        for (size_t k = 0; k < t->n_rounds; k++)
                rounds += treatment_first_of_area(t, k) ? treatment_rounds(t, t->rounds[k].area) : 0;
        reply_number(r, "rounds_total", rounds);
        reply_number(r, "depth_max_um", treatment_depth_um(t));
        reply_list_open(r, "needles", "a{sv}");
        for (size_t k = 0; k < t->n_rounds; k++) {
                if (!treatment_first_of_item(t, k))
                        continue;
                reply_open(r);
                reply_text(r, "item", t->rounds[k].item);
                reply_number(r, "motor_us", treatment_motor_us(t, t->rounds[k].item));
                reply_close(r);
        }
        reply_list_close(r);
}

static int put_deviations(Store *s, int64_t session, Reply *reply) {
        DeviationRow row = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "deviations", "a{sv}");
        while ((r = deviation_next(s, session, row.id, &row)) > 0 && n++ < BUS_DEVIATIONS_MAX) {
                reply_open(reply);
                reply_text(reply, "rule", row.rule);
                reply_text(reply, "severity", weight_of(row.rule));
                reply_text(reply, "cause", row.cause);
                reply_text(reply, "text", row.text);
                reply_time(reply, "at", row.at_us);
                reply_close(reply);
        }
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "deviations_more", true);
        return r < 0 ? r : 0;
}

int bus_put_treatment(Store *s, int64_t session, Reply *reply) {
        _cleanup_(freep) Treatment *t = malloc(sizeof(*t));
        int r = t ? treatment_load(s, session, t) : -ENOMEM;

        if (r < 0)
                return r;
        put_steps(t, reply);
        put_rounds(t, reply);
        put_totals(t, reply);
        return put_deviations(s, session, reply);
}
