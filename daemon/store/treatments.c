/* SPDX-License-Identifier: Apache-2.0 */
#include "store/treatments.h"

#include "store/stmt.h"

static void read_step(Store *s, StatementId q, TreatmentStep *ret) {
        *ret = (TreatmentStep){ .i = col_int(s, q, 0),
                                .at_us = col_int(s, q, 1),
                                .step = (int)col_int(s, q, 2),
                                .counts = col_int(s, q, 3) != 0,
                                .round = col_int(s, q, 4) };
        TEXT(q, 5, ret->item);
        TEXT(q, 6, ret->form_hash);
}

static void read_round(Store *s, StatementId q, TreatmentRound *ret) {
        *ret = (TreatmentRound){ .id = col_int(s, q, 0),
                                 .i = col_int(s, q, 1),
                                 .at_us = col_int(s, q, 2),
                                 .last_i = col_int(s, q, 3),
                                 .last_us = col_int(s, q, 4),
                                 .round = col_int(s, q, 7),
                                 .has_passes = !col_null(s, q, 8),
                                 .passes = col_int(s, q, 8),
                                 .has_depth = !col_null(s, q, 9),
                                 .depth_um = col_int(s, q, 9),
                                 .has_motor = !col_null(s, q, 10),
                                 .motor_us = col_int(s, q, 10),
                                 .bleeding = col_int(s, q, 11) != 0 };
        TEXT(q, 5, ret->item);
        TEXT(q, 6, ret->area);
}

int treatment_load(Store *s, int64_t session, Treatment *ret) {
        int r = sql_first(s, SQL_STEPS_OF, "ii", session, (int64_t)TREATMENT_STEPS_MAX);

        ret->n_steps = ret->n_rounds = 0;
        for (; r > 0; r = sql_next(s, SQL_STEPS_OF))
                read_step(s, SQL_STEPS_OF, ret->steps + ret->n_steps++);
        if (r == 0)
                r = sql_first(s, SQL_ROUNDS_OF, "ii", session, (int64_t)TREATMENT_ROUNDS_MAX);
        for (; r > 0; r = sql_next(s, SQL_ROUNDS_OF))
                read_round(s, SQL_ROUNDS_OF, ret->rounds + ret->n_rounds++);
        return r;
}

int treatment_step_add(Store *s, int64_t session, const TreatmentStep *row) {
        return sql_run(s, SQL_STEP_ADD, "iiiii0tt", row->i, row->at_us, session, (int64_t)row->step,
                       (int64_t)row->counts, row->round, or_null(row->item), or_null(row->form_hash));
}

/* Numbers that were never said are NULL, also where 0 was said of others. */
static int round_numbers(Store *s, TreatmentRound *row) {
        char types[] = "iiiiiii";

        if (!row->has_passes)
                types[2] = '0';
        if (!row->has_depth)
                types[3] = '0';
        if (!row->has_motor)
                types[4] = '0';
        return sql_run(s, SQL_ROUND_SAVE, types, row->last_i, row->last_us, row->passes, row->depth_um, row->motor_us,
                       (int64_t)row->bleeding, row->id);
}

int treatment_round_save(Store *s, int64_t session, TreatmentRound *row) {
        int r = 0;

        if (row->id == 0) {
                r = sql_run(s, SQL_ROUND_ADD, "iiiiittii", row->i, row->at_us, row->last_i, row->last_us, session,
                            row->item, row->area, row->round, (int64_t)row->bleeding);
                if (r == 0)
                        row->id = sql_last_id(s);
        }
        return r < 0 ? r : round_numbers(s, row);
}

int deviation_known(Store *s, int64_t session, const char *rule, const char *cause) {
        int64_t one;

        return sql_int(s, SQL_DEVIATION_FIND, &one, "itt", session, rule, cause);
}

int deviation_add(Store *s, int64_t session, const DeviationRow *row) {
        return sql_run(s, SQL_DEVIATION_ADD, "iiittt", row->i, row->at_us, session, row->rule, row->cause, row->text);
}

int deviation_next(Store *s, int64_t session, int64_t after, DeviationRow *ret) {
        const StatementId q = SQL_DEVIATION_NEXT;
        int r = sql_first(s, q, "ii", session, after);

        if (r <= 0)
                return r;
        *ret = (DeviationRow){ .id = col_int(s, q, 0), .i = col_int(s, q, 1), .at_us = col_int(s, q, 2) };
        TEXT(q, 3, ret->rule);
        TEXT(q, 4, ret->cause);
        TEXT(q, 5, ret->text);
        sql_done(s, q);
        return 1;
}
