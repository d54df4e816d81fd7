/* SPDX-License-Identifier: Apache-2.0 */
#include "store/alerts.h"

#include <stdio.h>

#include "store/stmt.h"

static int alert_read(Store *s, StatementId q, int r, AlertRow *ret) {
        if (r <= 0)
                return r;
        *ret = (AlertRow){
                .id = col_int(s, q, 0),
                .severity = (int)col_int(s, q, 3),
                .state = (int)col_int(s, q, 4),
                .raised_us = col_int(s, q, 6),
                .last_us = col_int(s, q, 7),
                .count = col_int(s, q, 8),
        };
        TEXT(q, 1, ret->rule);
        TEXT(q, 2, ret->subject);
        TEXT(q, 5, ret->text);
        TEXT(q, 9, ret->by);
        ret->acknowledged_us = col_int(s, q, 10);
        TEXT(q, 11, ret->acknowledged_by);
        ret->silenced_until_us = col_int(s, q, 12);
        TEXT(q, 13, ret->silenced_by);
        ret->resolved_us = col_int(s, q, 14);
        TEXT(q, 15, ret->reason);
        sql_done(s, q);
        return 1;
}

int alert_get(Store *s, const char *rule, const char *subject, AlertRow *ret) {
        return alert_read(s, SQL_ALERT_OPEN, sql_first(s, SQL_ALERT_OPEN, "tt", rule, subject), ret);
}

int alert_get_id(Store *s, int64_t id, AlertRow *ret) {
        return alert_read(s, SQL_ALERT_GET, sql_first(s, SQL_ALERT_GET, "i", id), ret);
}

int alert_save(Store *s, const AlertRow *row) {
        return sql_run(s, SQL_ALERT_SAVE, "iitiit0t0t0ti", (int64_t)row->severity, (int64_t)row->state, row->text,
                       row->last_us, row->count, or_null(row->by), row->acknowledged_us, or_null(row->acknowledged_by),
                       row->silenced_until_us, or_null(row->silenced_by), row->resolved_us, or_null(row->reason), row->id);
}

static void alert_again(AlertRow *row, AlertSeverity severity, const char *text, int64_t at_us) {
        row->count++;
        row->last_us = at_us;
        snprintf(row->text, sizeof(row->text), "%s", text);
        if ((int)severity <= row->severity)
                return;
        row->severity = severity;
        row->state = ALERT_OPEN;
        row->acknowledged_us = row->silenced_until_us = 0;
        row->acknowledged_by[0] = row->silenced_by[0] = row->reason[0] = '\0';
}

int alert_put(Store *s, const char *rule, const char *subject, AlertSeverity severity, const char *text, int64_t at_us,
              AlertRow *ret) {
        AlertRow row;
        int r = alert_get(s, rule, subject, &row);

        if (r < 0)
                return r;
        if (r > 0) {
                alert_again(&row, severity, text, at_us);
                r = alert_save(s, &row);
                if (r == 0)
                        *ret = row;
                return r;
        }
        r = sql_run(s, SQL_ALERT_ADD, "ttitii", rule, subject, (int64_t)severity, text, at_us, at_us);
        if (r == 0)
                r = alert_get(s, rule, subject, ret);
        return r;
}

int alert_settle(Store *s, const char *rule, const char *subject, const char *by, int64_t at_us, AlertRow *ret) {
        AlertRow row;
        int r = alert_get(s, rule, subject, &row);

        if (r <= 0)
                return r;
        row.state = ALERT_RESOLVED;
        row.resolved_us = at_us;
        snprintf(row.by, sizeof(row.by), "%s", by);
        r = alert_save(s, &row);
        if (r < 0)
                return r;
        *ret = row;
        return 1;
}

int alert_next(Store *s, int64_t after, bool resolved_too, AlertRow *ret) {
        StatementId q = resolved_too ? SQL_ALERT_NEXT : SQL_ALERT_NEXT_OPEN;

        return alert_read(s, q, sql_first(s, q, "i", after), ret);
}

int alert_count_open(Store *s, int64_t ret[static _ALERT_SEVERITY_MAX]) {
        int r = sql_first(s, SQL_ALERT_COUNT, "");

        for (; r == 1; r = sql_next(s, SQL_ALERT_COUNT)) {
                int64_t severity = col_int(s, SQL_ALERT_COUNT, 0);

                if (severity >= 0 && severity < _ALERT_SEVERITY_MAX)
                        ret[severity] = col_int(s, SQL_ALERT_COUNT, 1);
        }
        return r;
}
