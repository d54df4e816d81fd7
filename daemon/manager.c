/* SPDX-License-Identifier: Apache-2.0 */
#include "manager.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "bus/bus.h"
#include "codec/rfc3339.h"
#include "codec/topic.h"
#include "intake/intake.h"
#include "log.h"
#include "sign.h"
#include "store/alerts.h"
#include "store/store.h"

#define DISK_EVERY_S 10
#define BACKUP_AGE_EVERY_S 600
#define STOOD_STILL_US (3 * US_PER_S) /* without a turn of the loop, which has one each second */
#define HEAD_LOGGED_EVERY_S 3600
#define LOSSES_SUSPICIOUS 4

static const char disk_full[] =
        "The disk is full. Free some space; nothing was lost, the broker and the devices will send again.";

typedef struct Sent {
        int mid;
        int64_t outbox;
} Sent;

struct Manager {
        char *config_path;
        Config *config;
        sd_event *event;
        sd_event_source *terminate, *interrupt, *reload, *deadline, *second, *post, *idle, *copy;
        Store *store;
        Signer *signer;
        Intake *intake;
        Bus *bus;
        Mqtt *mqtt;
        char boot[SD_ID128_STRING_MAX];
        int64_t since_us;
        int64_t at_work_us; /* CLOCK_BOOTTIME: when systemd was told last that the start takes longer */
        bool synchronised;            /* as of the last second */
        bool degraded_told;           /* what state/daemon says */
        int64_t turned_us;            /* CLOCK_BOOTTIME of the last turn of the loop that looked at it */
        int failed;                   /* of the batch at hand: it must not be committed */
        bool stay_away;               /* another daemon serves this site: leave once this batch is committed */
        bool stale;                   /* what the connection has brought is of before a sleep of the machine */
        unsigned seconds;
        Sent *sent; /* outbox entries on their way */
        size_t n_sent, size_sent;
        char status[256];
};

static int64_t clock_us(clockid_t id) {
        struct timespec t;

        clock_gettime(id, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* Each time that is taken for a decision is judged first, before anything is stamped with it. */
static Now now(Manager *m) {
        const Now t = { clock_us(CLOCK_REALTIME), clock_us(CLOCK_BOOTTIME) };

        if (!m->intake)
                return t;
        if (t.boot_us - m->turned_us > STOOD_STILL_US)
                intake_stopped(m->intake, &t);
        m->turned_us = t.boot_us;
        intake_clock(m->intake, &t, clock_us(CLOCK_MONOTONIC), m->synchronised);
        return t;
}

/* As timedated says NTPSynchronized. */
static bool synchronised(const Config *c) {
        struct timex t = {};

        return c->gate.clock == CLOCK_RTC_TRUSTED || (adjtimex(&t) >= 0 && t.maxerror < 16000000);
}

/* --- what leaves --- */

static void sent_note(Manager *m, int mid, int64_t outbox) {
        if (m->n_sent == m->size_sent) {
                size_t size = m->size_sent ? m->size_sent * 2 : 64;
                Sent *more = reallocarray(m->sent, size, sizeof(*more));

                if (!more)
                        return; /* it stays in the outbox and is sent again at the next connection */
                m->sent = more;
                m->size_sent = size;
        }
        m->sent[m->n_sent++] = (Sent){ mid, outbox };
}

static void publish(void *userdata, const Outgoing *o) {
        Manager *m = userdata;
        const MqttPublish options = { .qos = o->qos,
                                      .retain = o->retain,
                                      .expiry_s = o->expiry_s,
                                      .correlation = o->correlation,
                                      .n_correlation = o->n_correlation };
        int mid = 0, r;

        if (m->bus)
                bus_published(m->bus, o->topic, o->payload, o->n_payload);
        if (!mqtt_is_connected(m->mqtt))
                return;
        r = mqtt_publish(m->mqtt, o->topic, o->payload, o->n_payload, &options, &mid);
        if (r < 0 && r != -ENOTCONN)
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "cannot publish %s: %s", o->topic, strerror(-r));
        else if (r >= 0 && o->outbox)
                sent_note(m, mid, o->outbox);
}

static void flush(Manager *m) {
        batch_flush(intake_batch(m->intake), publish, m);
}

/* Ends the batch: everything in it, or nothing. Only after this may anything leave. */
static int commit(Manager *m) {
        const Now t = now(m);
        int r = m->failed;

        m->failed = 0;
        if (r == 0)
                r = intake_commit(m->intake, &t);
        else
                intake_rollback(m->intake);
        if (r == 0) {
                flush(m);
                return 0;
        }
        log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "nothing was committed: %s (%s)", store_why(m->store),
                  strerror(-r));
        if (r == -ENOSPC)
                intake_doubt(m->intake, DOUBT_STORE, disk_full);
        else if (store_spoiled(m->store))
                sd_event_exit(m->event, r);
        return r;
}

/* For work outside the read turn. */
static void did(Manager *m, int r) {
        if (r < 0)
                m->failed = r;
        commit(m);
}

/* A person's act: a transaction of its own, which stands before the answer leaves. */
static int act(void *userdata, const Act *a, char ret_text[static ACT_TEXT_MAX]) {
        Manager *m = userdata;
        const Now t = now(m);
        const bool away = intake_doubted(m->intake, DOUBT_SECOND), copies = intake_backup_runs(m->intake);
        int r = intake_act(m->intake, &t, a, ret_text), committed;

        if (r < 0)
                m->failed = r;
        committed = commit(m);
        if (!copies && intake_backup_runs(m->intake)) {
                if (committed < 0)
                        intake_backup_stop(m->intake, "The ledger could not be written.");
                sd_event_source_set_enabled(m->copy, SD_EVENT_ON);
        }
        if (away && !intake_doubted(m->intake, DOUBT_SECOND))
                mqtt_resume(m->mqtt);
        return committed < 0 ? committed : r;
}

static int may(void *userdata, const Act *a, char ret_text[static ACT_TEXT_MAX]) {
        const Manager *m = userdata;

        return intake_act_may(m->intake, a, ret_text);
}

/* --- what comes in --- */

/* The last level of one of our own state topics: "daemon", "audit"; NULL: another topic. */
static const char *own_state(const Manager *m, const char *topic) {
        static const char *const areas[] = { "daemon", "audit" };
        char own[TOPIC_MAX];

        for (size_t i = 0; i < ELEMENTSOF(areas); i++)
                if (topic_state(m->config->site.id, areas[i], NULL, NULL, own) == 0 && streq(own, topic))
                        return areas[i];
        return NULL;
}

static int state_seen(Manager *m, const char *area, const Now *t, const MqttMessage *msg) {
        int r;

        if (msg->size == 0)
                return 0;
        r = streq(area, "audit") ? intake_check_checkpoint(m->intake, t, msg->payload, msg->size)
                                 : intake_check_daemon(m->intake, t, msg->payload, msg->size);
        m->stay_away |= r == 0;
        return r < 0 ? r : 0;
}

/* Before anything else: the machine slept, and what happened at the broker meanwhile nobody here knows. The connection is
 * made anew, so that its state topics are read again. */
static int woken(Manager *m, const Now *t) {
        if (intake_slept_us(m->intake) == 0)
                return 0;
        if (!intake_doubted(m->intake, DOUBT_SECOND)) {
                m->stale = true;
                mqtt_pause(m->mqtt);
                mqtt_resume(m->mqtt);
        }
        return intake_clock_slept(m->intake, t);
}

static void on_message(void *userdata, const MqttMessage *msg) {
        Manager *m = userdata;
        const char *area = own_state(m, msg->topic);
        const Now t = now(m);
        int r;

        if (m->failed)
                return;
        r = woken(m, &t);
        if (r == 0)
                r = area ? state_seen(m, area, &t, msg)
                 : intake_message(m->intake, &t,
                                  &(Incoming){ .topic = msg->topic,
                                               .payload = msg->payload ?: "",
                                               .size = msg->size,
                                               .retained = msg->retained,
                                               .correlation = msg->correlation,
                                               .n_correlation = msg->n_correlation });
        if (r < 0)
                m->failed = r;
}

static int on_commit(void *userdata) {
        Manager *m = userdata;
        int r = commit(m);

        if (m->stay_away && r == 0)
                mqtt_pause(m->mqtt);
        m->stay_away = false;
        return r;
}

/* Until the broker's own state topics are read nobody knows whether this ledger is the newest. */
static void on_connected(void *userdata, bool session_present) {
        Manager *m = userdata;
        const Now t = now(m);
        int r;

        m->stale = false;
        intake_doubt(
                m->intake, DOUBT_ARMING,
                "The daemon has just reached the broker and is still reading its records.");
        r = intake_broker_found(m->intake, &t, session_present);
        if (r < 0)
                m->failed = r;
        log_event(LOG_BROKER_CONNECTED_KIND, session_present ? LOG_INFO : LOG_NOTICE, NULL, "broker: connected%s",
                  session_present ? "" : "; it kept no session, so messages may have been lost before");
}

static int tell_state(Manager *m, const Now *t) {
        m->degraded_told = intake_doubted_any(m->intake);
        return intake_publish_state(m->intake, t);
}

static void on_ready(void *userdata) {
        Manager *m = userdata;
        const Now t = now(m);
        int r;

        if (m->stale)
                return;
        intake_doubt(m->intake, DOUBT_ARMING, NULL);
        if (m->stay_away || m->failed)
                return;
        r = tell_state(m, &t);
        if (r >= 0)
                r = intake_publish_outbox(m->intake);
        if (r < 0)
                m->failed = r;
}

static void on_disconnected(void *userdata, const char *why) {
        Manager *m = userdata;
        const Now t = now(m);
        const bool away = intake_doubted(m->intake, DOUBT_SECOND);
        const size_t n = strlen(why);
        char text[300];

        m->n_sent = 0;
        snprintf(text, sizeof(text), "No connection to the broker: %.*s. %s; until then no session can start.",
                 (int)(n && why[n - 1] == '.' ? n - 1 : n), why,
                 away ? "It stays away until an officer accepts that the other daemon is gone" : "It is tried again");
        log_event(LOG_BROKER_LOST_KIND, LOG_WARNING, NULL, "broker: %s", why);
        did(m, intake_broker_lost(m->intake, &t, text));
}

static void on_acknowledged(void *userdata, int mid, bool refused) {
        Manager *m = userdata;
        int r;

        for (size_t i = 0; i < m->n_sent; i++) {
                if (m->sent[i].mid != mid)
                        continue;
                if (refused)
                        log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL,
                                  "the broker refused an answer of ours; check what %s may publish",
                                  m->config->broker.username ?: "asepsisd");
                r = intake_outbox_settled(m->intake, m->sent[i].outbox);
                if (r < 0)
                        m->failed = r;
                m->sent[i] = m->sent[--m->n_sent];
                return;
        }
}

static const MqttHooks hooks = {
        .message = on_message,
        .commit = on_commit,
        .connected = on_connected,
        .ready = on_ready,
        .disconnected = on_disconnected,
        .acknowledged = on_acknowledged,
};

/* --- by the clock --- */

static void check_clock(Manager *m, const Now *t) {
        int r = woken(m, t);

        did(m, r < 0 ? r : intake_clock_tell(m->intake, t));
}

static void check_disk(Manager *m, const Now *t) {
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
        did(m, left < c->disk_low_bytes
                       ? intake_alert_once(
                                 m->intake, t, "disk-low", "disk", ALERT_WARNING,
                                 "Little space is left on the ledger's disk. Free some before sessions are refused.")
                       : intake_alert_resolve(m->intake, t, "disk-low", "disk"));
}

static void check_backup(Manager *m, const Now *t) {
        did(m, intake_backup_age(m->intake, t));
}

static void check_losses(Manager *m, const Now *t) {
        if (mqtt_losses_last_minute(m->mqtt) >= LOSSES_SUSPICIOUS)
                did(m, intake_alert_once(m->intake, t, "second-daemon", "client", ALERT_WARNING,
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
        flush(m);
        if (!hourly || !jws)
                return;
        log_event(LOG_CHECKPOINT_KIND, LOG_INFO, NULL, "checkpoint %s", jws);
        did(m, intake_checkpoint_record(m->intake, t, jws));
}

/* Beside the ledger, for whoever puts an older one in its place. */
static void witness(Manager *m) {
        int r = intake_witness(m->intake);

        if (r < 0)
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "cannot write the ledger's witness %s.witness: %s",
                          store_path(m->store), strerror(-r));
}

static void fill_status(void *userdata, Status *ret) {
        static const char *const acts[] = { [CONTROL_ACTS_SIGNED] = "signed",
                                            [CONTROL_ACTS_REFUSED] = "refused",
                                            [CONTROL_ACTS_DEMO] = "demo" };
        Manager *m = userdata;
        const Now t = now(m);

        *ret = (Status){ .version = VERSION,
                         .acts = acts[m->config->control.acts],
                         .broker_connected = mqtt_is_connected(m->mqtt),
                         .armed = mqtt_is_ready(m->mqtt),
                         .broker_why = mqtt_why(m->mqtt),
                         .clock_wall_us = t.wall_us,
                         .clock_boot_us = t.boot_us };
        intake_status(m->intake, ret);
        ret->armed = ret->armed && ret->n_doubts == 0;
        ret->state = !ret->broker_connected ? "offline" : ret->n_doubts ? "degraded" : "online";
}

static int checkpoint_of(void *userdata, int64_t size, char **ret_jws) {
        Manager *m = userdata;
        const Now t = now(m);

        return intake_checkpoint_of(m->intake, &t, size, ret_jws);
}

static const Config *configuration(void *userdata) {
        const Manager *m = userdata;

        return m->config;
}

static int autoclave(void *userdata, const char *id, AutoclaveStatus *ret) {
        Manager *m = userdata;
        const Now t = now(m);

        return intake_autoclave_status(m->intake, &t, id, ret);
}

static int why(void *userdata, const char *session, const GateFacts **ret) {
        Manager *m = userdata;
        const Now t = now(m);

        return intake_why(m->intake, &t, session, ret);
}

static int backup(void *userdata, BackupStatus *ret) {
        Manager *m = userdata;

        return intake_backup_status(m->intake, ret);
}

static void notify_status(Manager *m) {
        char text[sizeof(m->status)];
        Status s;

        fill_status(m, &s);
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
        t = now(m);
        check_clock(m, &t);
        if (m->seconds % DISK_EVERY_S == 0)
                check_disk(m, &t);
        if (m->seconds % BACKUP_AGE_EVERY_S == 0)
                check_backup(m, &t);
        check_losses(m, &t);
        if (m->degraded_told != intake_doubted_any(m->intake) && mqtt_is_ready(m->mqtt))
                did(m, tell_state(m, &t));
        checkpoint(m, &t);
        witness(m);
        notify_status(m);
        m->seconds++;
        sd_event_source_set_time_relative(source, (uint64_t)US_PER_S);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;
        const Now t = now(m);

        (void)source;
        (void)usec;
        did(m, intake_tick(m->intake, &t));
        return 0;
}

/* When nothing else is waiting: the write-ahead log goes into the ledger. */
static int on_idle(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        int r = store_checkpoint(m->store);

        (void)source;
        if (r == 0 || (r == -ENOSPC && intake_doubted(m->intake, DOUBT_STORE)))
                return 0;
        log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "cannot write to the ledger: %s (%s)", store_why(m->store),
                  strerror(-r));
        if (r == -ENOSPC)
                intake_doubt(m->intake, DOUBT_STORE, disk_full);
        return store_spoiled(m->store) ? sd_event_exit(m->event, r) : 0;
}

/* Likewise: the next slice of a backup. */
static int on_copy(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        const Now t = now(m);
        int r = intake_backup_turn(m->intake, &t);

        if (r != 0)
                did(m, r < 0 ? r : 0);
        return intake_backup_runs(m->intake) ? 0 : sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

/* After every turn: the timer stands where the intake next has something to do. */
static int on_post(sd_event_source *source, void *userdata) {
        Manager *m = userdata;
        int64_t due = intake_deadline_us(m->intake);

        (void)source;
        if (store_checkpoint_due(m->store))
                sd_event_source_set_enabled(m->idle, SD_EVENT_ONESHOT);
        if (due == INT64_MAX)
                return sd_event_source_set_enabled(m->deadline, SD_EVENT_OFF);
        sd_event_source_set_time(m->deadline, (uint64_t)MAX_OF(due, INT64_C(0)));
        return sd_event_source_set_enabled(m->deadline, SD_EVENT_ONESHOT);
}

/* What stands in the configuration, and should not stand there in a clinic, or does not work as it stands. */
static void tell_people(Manager *m) {
        static const char demo[] = "Whoever may open the control socket acts in anybody's name: the configuration says "
                                   "[control] acts = demo, which is made for tests and demos. Take that line out.";
        const Config *c = m->config;
        const Now t = now(m);

        if (c->control.acts == CONTROL_ACTS_DEMO) {
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "%s", demo);
                did(m, intake_alert_once(m->intake, &t, "acts-unsigned", "control", ALERT_WARNING, demo));
        } else
                did(m, intake_alert_resolve(m->intake, &t, "acts-unsigned", "control"));
        for (size_t i = 0; i < c->n_practitioners; i++)
                if (c->practitioners[i].user && c->practitioners[i].uid == 0)
                        log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL,
                                  "[practitioner %s] user: there is no user %s on this machine, so nothing can be signed "
                                  "by that person. Make the user, then: systemctl reload asepsisd",
                                  c->practitioners[i].id, c->practitioners[i].user);
}

/* --- signals --- */

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void)source;
        (void)si;
        sd_notify(0, "STOPPING=1");
        return sd_event_exit(m->event, 0);
}

/* What cannot change under a running daemon. NULL: nothing of it did. */
static const char *needs_restart(const Config *is, const Config *wanted) {
        if (!streq(is->site.id, wanted->site.id))
                return "[site] id";
        if (!streq(is->store.path, wanted->store.path))
                return "[store] path";
        if (!streq(is->store.signing_key, wanted->store.signing_key))
                return "[store] signing-key";
        if (!streq(is->control.socket, wanted->control.socket))
                return "[control] socket";
        if (is->control.bus != wanted->control.bus)
                return "[control] bus";
        return NULL;
}

static void set_zone(const Config *c) {
        setenv("TZ", c->site.timezone, 1);
        tzset();
}

static int take_configuration(Manager *m, Config **wanted) {
        const Now t = now(m);
        BrokerText text;
        MqttOptions options;
        int r = broker_options(*wanted, m->boot, m->since_us, &text, &options);

        if (r == 0)
                r = mqtt_reconfigure(m->mqtt, &options);
        if (r < 0)
                return r;
        intake_configure(m->intake, *wanted);
        config_free(m->config);
        m->config = TAKE(*wanted);
        set_zone(m->config);
        did(m, intake_publish_state(m->intake, &t));
        tell_people(m);
        return 0;
}

static void reload(Manager *m) {
        _cleanup_(freep) ConfigErrors *errors = calloc(1, sizeof(*errors));
        _cleanup_(config_freep) Config *wanted = NULL;
        const char *fixed;
        int r = errors ? config_load(m->config_path, &wanted, errors) : -ENOMEM;

        if (r < 0) {
                for (size_t i = 0; errors && i < errors->n; i++)
                        log_event(LOG_RELOAD_REFUSED_KIND, LOG_ERR, NULL, "%s", errors->text[i]);
                log_event(LOG_RELOAD_REFUSED_KIND, LOG_ERR, NULL,
                          "the configuration was not reloaded; the old one stays");
                return;
        }
        fixed = needs_restart(m->config, wanted);
        if (fixed) {
                log_event(LOG_RELOAD_REFUSED_KIND, LOG_ERR, NULL,
                          "the configuration was not reloaded: %s cannot change while running; restart asepsisd",
                          fixed);
                return;
        }
        r = take_configuration(m, &wanted);
        if (r < 0)
                log_event(LOG_RELOAD_REFUSED_KIND, LOG_ERR, NULL, "the configuration was not reloaded: %s",
                          strerror(-r));
        else
                log_event(LOG_RELOADED_KIND, LOG_NOTICE, NULL, "configuration reloaded from %s", m->config_path);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        (void)source;
        (void)si;
        sd_notify(0, "RELOADING=1");
        reload(userdata);
        sd_notify(0, "READY=1");
        return 0;
}

/* --- life --- */

#define AT_WORK_EVERY_US (5 * US_PER_S)

/* systemd gives a start five minutes; one that writes a ledger of years anew, on a slow disk, may take longer, and begun
 * again it would not take less. Five more from each of these on. */
static void at_work(void *userdata) {
        Manager *m = userdata;
        const int64_t us = clock_us(CLOCK_BOOTTIME);

        if (m->at_work_us > 0 && us - m->at_work_us < AT_WORK_EVERY_US)
                return;
        m->at_work_us = us;
        sd_notify(0, "EXTEND_TIMEOUT_USEC=300000000\nSTATUS=The ledger is being brought up to date.");
}

static int open_ledger(Manager *m) {
        const StoreOptions options = { m->config->store.path, m->config->store.cache_kib, at_work, m };
        char why[STORE_WHY_MAX] = "";
        StoreOpened opened;
        int r = store_open(&m->store, &options, &opened, why);

        if (r < 0) {
                log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "cannot open the ledger %s: %s (%s)", options.path,
                          why, strerror(-r));
                return r;
        }
        log_event(LOG_LEDGER_OPENED_KIND, LOG_INFO, NULL,
                  opened.created ? "ledger %s created"
                  : opened.from_version < opened.to_version
                          ? "ledger %s opened and brought up to date; a copy of the old one is beside it"
                          : "ledger %s opened",
                  options.path);
        r = signer_open(&m->signer, m->config->store.signing_key);
        if (r < 0)
                log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "cannot use the signing key %s: %s%s",
                          m->config->store.signing_key, strerror(-r),
                          r == -EPERM ? "; only its owner may read it (chmod 600)" : "");
        return r;
}

/* The machine's id, for this use alone: not what others know it by. Empty where it has none. */
static void read_machine(char ret[static SD_ID128_STRING_MAX]) {
        const sd_id128_t use = SD_ID128_MAKE(51, c1, 3f, 0b, 96, 7e, 4d, 2a, 8c, 55, 1e, 0d, e2, 7a, 44, 9b);
        sd_id128_t id;

        ret[0] = '\0';
        if (sd_id128_get_machine_app_specific(use, &id) >= 0)
                sd_id128_to_string(id, ret);
}

static void tell_doubts(const Manager *m) {
        static const struct {
                Doubt doubt;
                const char *rule;
        } doubts[] = { { DOUBT_RESTORE, "restore-unconfirmed" },
                       { DOUBT_AUDIT, "audit-inconsistent" },
                       { DOUBT_KEY, "key-changed" } };

        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                const char *text = intake_doubted(m->intake, doubts[i].doubt);

                if (text)
                        log_event(LOG_ALERT_RAISED_KIND, LOG_CRIT, &(LogSubject){ .rule = doubts[i].rule },
                                  "%s No session can start; asepsisctl status names the way out.", text);
        }
}

static int open_intake(Manager *m) {
        char machine[SD_ID128_STRING_MAX], boot[SD_ID128_STRING_MAX];
        const Now t = now(m);
        sd_id128_t id;
        int r = sd_id128_randomize(&id);

        if (r < 0)
                return r;
        sd_id128_to_string(id, m->boot);
        m->since_us = t.wall_us;
        r = sd_id128_get_boot(&id);
        if (r < 0) {
                log_event(LOG_PROBLEM_KIND, LOG_CRIT, NULL, "cannot read the machine's boot id: %s; is /proc mounted?",
                          strerror(-r));
                return r;
        }
        sd_id128_to_string(id, boot);
        read_machine(machine);
        r = intake_new(&m->intake,
                       &(IntakeOptions){ .store = m->store,
                                         .signer = m->signer,
                                         .config = m->config,
                                         .boot = m->boot,
                                         .machine_boot = boot,
                                         .machine = machine },
                       &t);
        if (r < 0)
                log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "cannot take up the ledger: %s (%s)%s",
                          store_why(m->store), strerror(-r),
                          r == -EBADMSG ? "; its last record does not fit its hash. Restore a backup" : "");
        else
                tell_doubts(m);
        store_ready(m->store);
        return r;
}

static int open_bus(Manager *m) {
        const BusOptions options = { .path = m->config->control.socket,
                                     .mode = (mode_t)m->config->control.mode,
                                     .group = m->config->control.group,
                                     .system = m->config->control.bus == CONTROL_BUS_SYSTEM };
        int r = bus_new(&m->bus, m->event, &options, &(BusSource){ .store = m->store,
                                                                              .status = fill_status,
                                                                              .config = configuration,
                                                                              .autoclave = autoclave,
                                                                              .act = act,
                                                                              .may = may,
                                                                              .backup = backup,
                                                                              .checkpoint = checkpoint_of,
                                                                              .why = why,
                                                                              .userdata = m });

        if (r < 0)
                log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "cannot serve the control socket %s: %s", options.path,
                          strerror(-r));
        return r;
}

static int open_mqtt(Manager *m) {
        BrokerText text;
        MqttOptions options;
        int r = broker_options(m->config, m->boot, m->since_us, &text, &options);

        if (r < 0)
                return r;
        r = mqtt_new(&m->mqtt, m->event, &options, &hooks, m);
        if (r < 0)
                log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "cannot use the broker's settings: %s", strerror(-r));
        return r;
}

static int add_sources(Manager *m) {
        int r = sd_event_add_signal(m->event, &m->terminate, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_terminate, m);

        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->interrupt, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_terminate, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->reload, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_reload, m);
        if (r >= 0)
                r = sd_event_add_time(m->event, &m->deadline, CLOCK_BOOTTIME, 0, 1000, on_deadline, m);
        if (r >= 0)
                r = sd_event_add_time_relative(m->event, &m->second, CLOCK_BOOTTIME, 0, 10000, on_second, m);
        if (r >= 0)
                r = sd_event_add_post(m->event, &m->post, on_post, m);
        if (r >= 0)
                r = sd_event_add_defer(m->event, &m->idle, on_idle, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->idle, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->idle, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(m->event, &m->copy, on_copy, m);
        if (r >= 0)
                r = sd_event_source_set_priority(m->copy, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->copy, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_set_watchdog(m->event, true);
        return r < 0 ? r : 0;
}

int manager_new(Manager **ret, const char *config_path, Config **config) {
        _cleanup_(manager_freep) Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m || !(m->config_path = strdup(config_path)))
                return -ENOMEM;
        r = sd_event_default(&m->event);
        if (r < 0)
                return r;
        m->config = TAKE(*config);
        set_zone(m->config);
        m->synchronised = synchronised(m->config);
        if ((r = open_ledger(m)) < 0 || (r = open_intake(m)) < 0 || (r = open_mqtt(m)) < 0 || (r = open_bus(m)) < 0 ||
            (r = add_sources(m)) < 0)
                return r;
        tell_people(m);
        *ret = TAKE(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        bus_free(m->bus);
        mqtt_free(m->mqtt);
        sd_event_source_unref(m->copy);
        sd_event_source_unref(m->idle);
        sd_event_source_unref(m->post);
        sd_event_source_unref(m->second);
        sd_event_source_unref(m->deadline);
        sd_event_source_unref(m->reload);
        sd_event_source_unref(m->interrupt);
        sd_event_source_unref(m->terminate);
        intake_free(m->intake);
        signer_free(m->signer);
        store_close(m->store);
        sd_event_unref(m->event);
        config_free(m->config);
        free(m->sent);
        free(m->config_path);
        free(m);
        return NULL;
}

int manager_run(Manager *m) {
        int r;

        log_event(LOG_STARTED_KIND, LOG_NOTICE, NULL, "asepsisd %s serves site %s; key %s", VERSION, m->config->site.id,
                  signer_kid(m->signer));
        sd_notify(0, "READY=1");
        r = sd_event_loop(m->event);
        witness(m);
        log_event(LOG_STOPPED_KIND, LOG_NOTICE, NULL, "asepsisd stops%s%s", r < 0 ? ": " : "",
                  r < 0 ? strerror(-r) : "");
        return r;
}
