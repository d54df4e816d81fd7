/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done because time has passed, or because nothing else is waiting: a look each second at clock, disk, backup,
 * connection and checkpoint; the intake when it asked to be called; and, when the loop is idle, the write-ahead log and
 * the next slice of a backup. systemd's watchdog is answered by the loop itself.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "log.h"
#include "manager-internal.h"
#include "store/alerts.h"

#define DISK_EVERY_S 10
#define BACKUP_AGE_EVERY_S 600
#define STOOD_STILL_US (3 * US_PER_S) /* without a turn of the loop, which has one each second */
#define HEAD_LOGGED_EVERY_S 3600
#define LOSSES_SUSPICIOUS 4

static int64_t clock_us(clockid_t id) {
        struct timespec t;

        clock_gettime(id, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* As timedated says NTPSynchronized. */
static bool synchronised(const Config *c) {
        struct timex t = {};

        return c->gate.clock == CLOCK_RTC_TRUSTED || (adjtimex(&t) >= 0 && t.maxerror < 16000000);
}

Now manager_now(Manager *m) {
        const Now t = { clock_us(CLOCK_REALTIME), clock_us(CLOCK_BOOTTIME) };

        if (!m->intake)
                return t;
        if (t.boot_us - m->turned_us > STOOD_STILL_US)
                intake_stopped(m->intake, &t);
        m->turned_us = t.boot_us;
        intake_clock(m->intake, &t, clock_us(CLOCK_MONOTONIC), m->synchronised);
        return t;
}

/* --- each second --- */

static void check_clock(Manager *m, const Now *t) {
        int r = manager_woken(m, t);

        manager_did(m, r < 0 ? r : intake_clock_tell(m->intake, t));
}

static void check_disk(Manager *m, const Now *t) {
        static const char low[] = "Little space is left on the ledger's disk. Free some before sessions are refused.";
        const ConfigStore *c = &m->config->store;
        _cleanup_(freep) char *directory = strdup(c->path);
        char *slash = directory ? strrchr(directory, '/') : NULL;
        struct statvfs fs;
        int64_t left;

        if (slash)
                *slash = '\0';
        if (!directory || statvfs(slash && directory[0] ? directory : "/", &fs) < 0)
                return;
        left = (int64_t)(fs.f_bavail * fs.f_frsize);
        if (left < c->disk_full_bytes)
                intake_doubt(m->intake, DOUBT_STORE,
                             "The disk is nearly full. Free some space; sessions can start then.");
        else if (intake_doubted(m->intake, DOUBT_STORE) && !store_spoiled(m->store))
                intake_doubt(m->intake, DOUBT_STORE, NULL);
        if (left < c->disk_low_bytes)
                manager_did(m, intake_alert_once(m->intake, t, "disk-low", "disk", ALERT_WARNING, low));
        else
                manager_did(m, intake_alert_resolve(m->intake, t, "disk-low", "disk"));
}

static void check_backup(Manager *m, const Now *t) {
        manager_did(m, intake_backup_age(m->intake, t));
}

static void check_losses(Manager *m, const Now *t) {
        if (mqtt_losses_last_minute(m->mqtt) >= LOSSES_SUSPICIOUS)
                manager_did(m, intake_alert_once(m->intake, t, "second-daemon", "client", ALERT_WARNING,
                                                 "The broker keeps closing the connection: something else may use this "
                                                 "daemon's client id."));
}

/*
 * The checkpoint goes out at most a second after a commit, and hourly into the chain and into the journal, where it may
 * be kept on another machine. It is of the committed head and needs no commit itself.
 */
static void checkpoint(Manager *m, const Now *t) {
        const bool hourly = m->seconds % HEAD_LOGGED_EVERY_S == 0 && intake_vouches(m->intake);
        _cleanup_(freep) char *jws = NULL;
        int r = 0;

        /* Onto state/audit only when what stood there has been read: it may be of a newer ledger. */
        if (mqtt_is_ready(m->mqtt) && (hourly || intake_checkpoint_due(m->intake)))
                r = intake_checkpoint(m->intake, t, &jws);
        else if (hourly)
                r = intake_checkpoint_of(m->intake, t, 0, &jws);
        if (r < 0) {
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "cannot sign a checkpoint: %s", strerror(-r));
                batch_clear(intake_batch(m->intake));
        }
        manager_flush(m);
        if (!hourly || !jws)
                return;
        log_event(LOG_CHECKPOINT_KIND, LOG_INFO, NULL, "checkpoint %s", jws);
        manager_did(m, intake_checkpoint_record(m->intake, t, jws));
}

void manager_witness(Manager *m) {
        int r = intake_witness(m->intake);

        if (r < 0)
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "cannot write the ledger's witness %s.witness: %s",
                          store_path(m->store), strerror(-r));
}

static void notify_status(Manager *m) {
        char text[sizeof(m->status)];
        Status s;

        manager_status(m, &s);
        snprintf(text, sizeof(text), "STATUS=%s%s%s; %lld items, %lld live sessions, %lld open alerts", s.state,
                 s.broker_connected ? "" : ", no broker: ", s.broker_connected ? "" : s.broker_why ?: "connecting",
                 (long long)s.items, (long long)s.sessions_live, (long long)(s.alerts[0] + s.alerts[1] + s.alerts[2]));
        if (streq(text, m->status))
                return;
        snprintf(m->status, sizeof(m->status), "%s", text);
        sd_notify(0, text);
}

static int on_second(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        Now t;

        (void)usec;
        m->synchronised = synchronised(m->config);
        t = manager_now(m);
        check_clock(m, &t);
        if (m->seconds % DISK_EVERY_S == 0)
                check_disk(m, &t);
        if (m->seconds % BACKUP_AGE_EVERY_S == 0)
                check_backup(m, &t);
        check_losses(m, &t);
        if (m->degraded_told != intake_doubted_any(m->intake) && mqtt_is_ready(m->mqtt))
                manager_did(m, manager_tell_state(m, &t));
        checkpoint(m, &t);
        manager_witness(m);
        notify_status(m);
        m->seconds++;
        sd_event_source_set_time_relative(source, (uint64_t)US_PER_S);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- when it is due, and when nothing is --- */

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        const Now t = manager_now(m);

        (void)source;
        (void)usec;
        manager_did(m, intake_tick(m->intake, &t));
        return 0;
}

/* When nothing else is waiting: the write-ahead log goes into the ledger. */
static int on_idle(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        int r = store_checkpoint(m->store);

        (void)source;
        if (r == 0 || (r == -ENOSPC && intake_doubted(m->intake, DOUBT_STORE)))
                return 0;
        manager_write_failed(m, r, "cannot write to the ledger");
        return 0;
}

/* Likewise: the next slice of a backup. */
static int on_copy(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        const Now t = manager_now(m);
        int r = intake_backup_turn(m->intake, &t);

        if (r != 0)
                manager_did(m, r < 0 ? r : 0);
        return intake_backup_runs(m->intake) ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* After every turn: the timer stands where the intake next has something to do, and idle work is asked for. */
static int on_post(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        int64_t due = intake_deadline_us(m->intake);

        (void)source;
        if (store_checkpoint_due(m->store))
                sd_event_source_set_enabled(m->idle, SD_EVENT_ONESHOT);
        if (intake_backup_runs(m->intake))
                sd_event_source_set_enabled(m->copy, SD_EVENT_ON);
        if (due == INT64_MAX)
                return sd_event_source_set_enabled(m->deadline, SD_EVENT_OFF);
        sd_event_source_set_time(m->deadline, (uint64_t)MAX_OF(due, INT64_C(0)));
        return sd_event_source_set_enabled(m->deadline, SD_EVENT_ONESHOT);
}

static int add_idle(Manager *m, sd_event_source **ret, sd_event_handler_t handler) {
        int r = sd_event_add_defer(m->event, ret, handler, m);

        if (r >= 0)
                r = sd_event_source_set_priority(*ret, SD_EVENT_PRIORITY_IDLE);
        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int manager_start_clock(Manager *m) {
        int r = sd_event_add_time(m->event, &m->deadline, CLOCK_BOOTTIME, 0, 1000, on_deadline, m);

        m->synchronised = synchronised(m->config);
        if (r >= 0)
                r = sd_event_add_time_relative(m->event, &m->second, CLOCK_BOOTTIME, 0, 10000, on_second, m);
        if (r >= 0)
                r = sd_event_add_post(m->event, &m->post, on_post, m);
        if (r >= 0)
                r = add_idle(m, &m->idle, on_idle);
        if (r >= 0)
                r = add_idle(m, &m->copy, on_copy);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        return r < 0 ? r : 0;
}

void manager_stop_clock(Manager *m) {
        sd_event_source_unref(m->copy);
        sd_event_source_unref(m->idle);
        sd_event_source_unref(m->post);
        sd_event_source_unref(m->second);
        sd_event_source_unref(m->deadline);
}
