/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Alerts as they stand in the ledger. One open alert per rule and subject; raised again, it counts up. */
#include "core/limits.h"
#include "store/store.h"

typedef enum AlertSeverity { ALERT_INFO, ALERT_WARNING, ALERT_CRITICAL, _ALERT_SEVERITY_MAX } AlertSeverity;
typedef enum AlertState { ALERT_OPEN, ALERT_ACKNOWLEDGED, ALERT_RESOLVED, _ALERT_STATE_MAX } AlertState;

typedef struct AlertRow {
        int64_t id;
        char rule[LABEL_MAX + 1], subject[CODE_MAX + 1];
        int severity, state;
        char text[TEXT_MAX + 1];
        int64_t raised_us, last_us, count;
        char by[LABEL_MAX + 1];                       /* who resolved it */
        int64_t acknowledged_us;                      /* 0: nobody has, as severe as it is now */
        char acknowledged_by[LABEL_MAX + 1];
        int64_t silenced_until_us;                    /* 0: it is not silenced */
        char silenced_by[LABEL_MAX + 1];
        int64_t resolved_us;
        char reason[TEXT_MAX + 1];                    /* the last that a person gave */
} AlertRow;

/* The one that stands: 1, or 0. */
int alert_get(Store *s, const char *rule, const char *subject, AlertRow *ret);
/* 1, or 0: none of this number. */
int alert_get_id(Store *s, int64_t id, AlertRow *ret);
int alert_save(Store *s, const AlertRow *row);
/* Raises it, or counts up the one that stands; *ret is the row as it is now. 1: new; 0: it stood already. One that has
 * become more severe is open again, and speaks: whoever had seen or silenced it knew of less. */
int alert_put(Store *s, const char *rule, const char *subject, AlertSeverity severity, const char *text, int64_t at_us,
              AlertRow *ret);
/* 1 and the row as it is now, resolved; 0: none was open. */
int alert_settle(Store *s, const char *rule, const char *subject, const char *by, int64_t at_us, AlertRow *ret);
/* The next after `after`: 1 and the row, or 0. */
int alert_next(Store *s, int64_t after, bool resolved_too, AlertRow *ret);
int alert_count_open(Store *s, int64_t ret[static _ALERT_SEVERITY_MAX]);
