/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "intake/internal.h"

static const int priorities[] = {
        [ALERT_INFO] = LOG_NOTICE, [ALERT_WARNING] = LOG_WARNING, [ALERT_CRITICAL] = LOG_CRIT
};

static int alert_record(Intake *in, const AlertRow *row, const char *what) {
        record_begin(in, "alert");
        jsonw_member_int(&in->w, "alert", row->id);
        jsonw_member_string(&in->w, "rule", row->rule);
        jsonw_member_string(&in->w, "subject", row->subject);
        jsonw_member_string(&in->w, "what", what);
        jsonw_member_int(&in->w, "count", row->count);
        jsonw_member_string(&in->w, "text", row->text);
        return record_end(in, NULL);
}

int alert_raise(Intake *in, const AlertAbout *about, const char *format, ...) {
        const LogSubject subject = {
                about->rule, about->item, about->session, about->room, about->device, about->cycle
        };
        char text[TEXT_MAX + 1];
        AlertRow row;
        va_list ap;
        int r;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        r = alert_put(in->store, about->rule, about->subject, about->severity, text, in->now.wall_us, &row);
        if (r < 0)
                return r;
        r = alert_record(in, &row, r ? "raised" : "again");
        /* Silenced, it counts up, and calls nobody. */
        if (r == 0)
                r = batch_log(&in->batch, LOG_ALERT_RAISED_KIND,
                              row.silenced_until_us > in->now.wall_us ? LOG_INFO : priorities[about->severity], &subject,
                              "%s: %s%s",
                              about->rule, text, row.count > 1 ? " (again)" : "");
        return r < 0 ? r : state_alert(in, &row);
}

int alert_resolve(Intake *in, const char *rule, const char *subject, const char *by) {
        const LogSubject about = { .rule = rule };
        AlertRow row;
        int r = alert_settle(in->store, rule, subject, by, in->now.wall_us, &row);

        if (r <= 0)
                return r;
        r = alert_record(in, &row, "resolved");
        if (r == 0)
                r = batch_log(&in->batch, LOG_ALERT_RESOLVED_KIND, LOG_NOTICE, &about, "%s: resolved (%s)", rule,
                              subject);
        return r < 0 ? r : state_alert(in, &row);
}

int intake_alert(Intake *in, const Now *now, const char *rule, const char *subject, int severity, const char *text) {
        const AlertAbout about = { .rule = rule, .subject = subject, .severity = (AlertSeverity)severity };
        int r = change_begin(in);

        in->now = *now;
        return r < 0 ? r : alert_raise(in, &about, "%s", text);
}

int intake_alert_once(Intake *in, const Now *now, const char *rule, const char *subject, int severity,
                      const char *text) {
        AlertRow row;
        int r = alert_get(in->store, rule, subject, &row);

        return r != 0 ? (r < 0 ? r : 0) : intake_alert(in, now, rule, subject, severity, text);
}

int intake_alert_resolve(Intake *in, const Now *now, const char *rule, const char *subject) {
        AlertRow row;
        int r = alert_get(in->store, rule, subject, &row);

        if (r <= 0)
                return r;
        in->now = *now;
        r = change_begin(in);
        return r < 0 ? r : alert_resolve(in, rule, subject, "asepsisd");
}
