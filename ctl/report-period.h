/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The month's report, whose sections stand in files of their own. All lists are rows of ListPeriod. */
#include "report.h"

/* How far before the month it is looked for tests and duties that still cover it. */
#define PERIOD_BEFORE_DAYS 400

typedef struct Period {
        int year, month;
        int64_t from_us, to_us; /* clinic days; to_us the last moment */
        int64_t known_us;       /* up to now, where the month is not over */
        json_t *autoclaves, *cycles, *tests, *spores, *service,
                *duties; /* tests, spores, duties: from long before on */
        json_t *sessions, *denials, *alerts, *overrides, *exposures, *recalls;
} Period;

static inline bool period_has(const Period *p, int64_t us) {
        return us >= p->from_us && us <= p->to_us;
}

/* The clinic day on which it falls, counted from the month's first, which is 0. */
int period_day(const Report *r, const Period *p, int64_t us);
/* Days of the month that have begun. */
int period_days(const Report *r, const Period *p);
/* "2026-11-22". */
const char *period_date(const Period *p, int day, char ret[static 16]);

/* A count by name, in a set: adds to it, or asks. */
void tally(json_t *set, const char *name);
int64_t tallied(const json_t *set, const char *name);

/* One row of the table of data. */
void period_record(Report *r, const char *record, int64_t at, const char *subject, const char *what,
                   const char *outcome, const char *by, const char *detail);

/* report-fitness.c: tests done and missed, out of service, duties. */
void period_put_tests(Report *r, const Period *p);
void period_put_service(Report *r, const Period *p);
void period_put_duties(Report *r, const Period *p);
/* report-people.c: sessions, denials, alerts, overrides, injuries, recalls. */
void period_put_sessions(Report *r, const Period *p);
void period_put_denials(Report *r, const Period *p);
void period_put_alerts(Report *r, const Period *p);
void period_put_overrides(Report *r, const Period *p);
void period_put_exposures(Report *r, const Period *p);
void period_put_recalls(Report *r, const Period *p);
