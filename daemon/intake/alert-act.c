/* SPDX-License-Identifier: Apache-2.0 */
/* What people make of alerts: seen, settled, silent for a time. Several at once are one act, and all of them or none. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "core/alert.h"
#include "intake/internal.h"

#define SILENCE_MAX_US US_PER_DAY /* nobody forgets longer what they did not want to hear */

static int alert_said(Intake *in, const Act *act, const AlertRow *row, const char *what) {
        record_begin(in, "alert");
        jsonw_member_int(&in->w, "alert", row->id);
        jsonw_member_string(&in->w, "rule", row->rule);
        jsonw_member_string(&in->w, "subject", row->subject);
        jsonw_member_string(&in->w, "what", what);
        jsonw_member_int(&in->w, "count", row->count);
        jsonw_member_string(&in->w, "by", act->by);
        if (act->type == ACT_ALERT_SILENCE)
                jsonw_member_int(&in->w, "until_us", act->to_us);
        return record_end(in, NULL);
}

/* --- what it is about --- */

static bool names(const char *subject, const char *id) {
        const size_t n = strlen(id);

        return strncmp(subject, id, n) == 0 && strchr("./", subject[n]);
}

/* "ac-1", "ac-1.7", "ac-1/prevac-134", "room-1", "pen-1", "ana/skin-needling". */
static bool is_configured(const Intake *in, const char *subject) {
        const Config *c = in->config;
        bool found = false;

        for (size_t i = 0; i < c->n_autoclaves; i++)
                found |= names(subject, c->autoclaves[i].id);
        for (size_t i = 0; i < c->n_devices; i++)
                found |= names(subject, c->devices[i].id);
        for (size_t i = 0; i < c->n_practitioners; i++)
                found |= names(subject, c->practitioners[i].id);
        return found;
}

/* An alert about a thing that was taken out of the configuration has no cause left that could end. */
static bool is_gone(const Intake *in, const AlertRow *row) {
        static const char *const of_configured[] = {
                "not-commissioned", "out-of-service", "penetration-test-failed", "leak-test-failed", "spore-test-positive",
                "penetration-test-missing", "leak-test-overdue", "leak-test-due", "spore-test-overdue", "spore-test-due",
                "spore-test-unread", "test-not-counted", "calibration-overdue", "calibration-due", "duty-overdue",
                "duty-due", "manual-evidence", "interlock-mismatch", "device-silent", "qualification-due",
                "qualification-overdue",
        };

        for (size_t i = 0; i < ELEMENTSOF(of_configured); i++)
                if (streq(of_configured[i], row->rule))
                        return !is_configured(in, row->subject);
        return false;
}

/* 1 and a room that is locked for this rule; 0: none is. */
static int locked_for(Intake *in, const char *rule, char ret[static LABEL_MAX + 1]) {
        RoomLockRow lock;
        int r = 0;

        for (size_t i = 0; i < in->config->n_rooms; i++) {
                lock.rule[0] = '\0';
                while ((r = room_lock_next(in->store, in->config->rooms[i].id, lock.rule, &lock)) > 0)
                        if (streq(lock.rule, rule)) {
                                snprintf(ret, LABEL_MAX + 1, "%s", in->config->rooms[i].id);
                                return 1;
                        }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* --- one of them: 0 and the row as it becomes; ACT_REFUSED and a text; or an error --- */

static int acknowledge(Intake *in, const Act *act, AlertRow *row, char ret_text[static ACT_TEXT_MAX]) {
        if (row->state == ALERT_ACKNOWLEDGED)
                return act_refuse(ret_text, "Alert %" PRId64 " was acknowledged by %s already.", row->id,
                                  row->acknowledged_by);
        row->state = ALERT_ACKNOWLEDGED;
        row->acknowledged_us = in->now.wall_us;
        snprintf(row->acknowledged_by, sizeof(row->acknowledged_by), "%s", act->by);
        return 0;
}

static int resolve(Intake *in, const Act *act, AlertRow *row, char ret_text[static ACT_TEXT_MAX]) {
        char room[LABEL_MAX + 1], why[ALERT_TEXT_MAX];
        const int locked = locked_for(in, row->rule, room);
        const AlertFacts facts = { .rule = row->rule,
                                   .critical = row->severity == ALERT_CRITICAL,
                                   .locked_room = locked > 0 ? room : NULL,
                                   .gone = is_gone(in, row) };

        if (locked < 0)
                return locked;
        if (!alert_resolvable(&facts, why))
                return act_refuse(ret_text, "Alert %" PRId64 " (%s) is not resolved. %s", row->id, row->rule, why);
        row->state = ALERT_RESOLVED;
        row->resolved_us = in->now.wall_us;
        snprintf(row->by, sizeof(row->by), "%s", act->by);
        return 0;
}

static int silence(Intake *in, const Act *act, AlertRow *row, char ret_text[static ACT_TEXT_MAX]) {
        if (row->severity == ALERT_CRITICAL)
                return act_refuse(ret_text, "Alert %" PRId64 " is critical, and those are never silenced. Acknowledge it, and "
                                            "look into it.",
                                  row->id);
        if (act->to_us && (act->to_us <= in->now.wall_us || act->to_us > in->now.wall_us + SILENCE_MAX_US))
                return act_refuse(ret_text, "An alert is silenced for 24 h at the most, from now on.");
        if (!act->to_us && !row->silenced_until_us)
                return act_refuse(ret_text, "Alert %" PRId64 " is not silenced.", row->id);
        row->silenced_until_us = act->to_us;
        snprintf(row->silenced_by, sizeof(row->silenced_by), "%s", act->to_us ? act->by : "");
        return 0;
}

static const struct {
        int (*apply)(Intake *in, const Act *act, AlertRow *row, char ret_text[static ACT_TEXT_MAX]);
        const char *what;
} acts[_ACT_MAX] = {
        [ACT_ALERT_ACKNOWLEDGE] = { acknowledge, "acknowledged" },
        [ACT_ALERT_RESOLVE] = { resolve, "resolved" },
        [ACT_ALERT_SILENCE] = { silence, "silenced" },
};

static int one(Intake *in, const Act *act, int64_t id, AlertRow *ret, char ret_text[static ACT_TEXT_MAX]) {
        int r = alert_get_id(in->store, id, ret);

        if (r == 0)
                return act_refuse(ret_text, "There is no alert %" PRId64 ". See asepsisctl alerts.", id);
        if (r > 0 && ret->state == ALERT_RESOLVED)
                return act_refuse(ret_text, "Alert %" PRId64 " was resolved by %s already.", id, ret->by);
        if (r > 0)
                r = acts[act->type].apply(in, act, ret, ret_text);
        if (r != 0)
                return r;
        if (act->reason && act->reason[0])
                snprintf(ret->reason, sizeof(ret->reason), "%s", act->reason);
        r = alert_save(in->store, ret);
        if (r == 0)
                r = alert_said(in, act, ret, acts[act->type].what);
        if (r == 0 && ret->state == ALERT_RESOLVED) {
                const LogSubject about = { .rule = ret->rule };

                r = batch_log(&in->batch, LOG_ALERT_RESOLVED_KIND, LOG_NOTICE, &about, "%s: resolved by %s (%s)", ret->rule,
                              act->by, ret->subject);
        }
        return r < 0 ? r : state_alert(in, ret);
}

int alerts_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        const char *what = act->type == ACT_ALERT_SILENCE && !act->to_us ? "silenced no longer" : acts[act->type].what;
        AlertRow row = {};
        int r = 0;

        if (act->n_alerts == 0)
                return act_refuse(ret_text, "Say which alerts, by their numbers. See asepsisctl alerts.");
        for (size_t i = 0; i < act->n_alerts && r == 0; i++)
                r = one(in, act, act->alerts[i], &row, ret_text);
        if (r != 0)
                return r;
        if (act->n_alerts == 1)
                snprintf(ret_text, ACT_TEXT_MAX, "Alert %" PRId64 " (%s) is %s.", row.id, row.rule, what);
        else
                snprintf(ret_text, ACT_TEXT_MAX, "%zu alerts are %s.", act->n_alerts, what);
        return 0;
}
