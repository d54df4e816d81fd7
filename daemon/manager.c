/* SPDX-License-Identifier: Apache-2.0 */
/* The owner: what is opened in which order, how a batch ends, and how the daemon does. */
#include "manager.h"

#include <errno.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "manager-internal.h"
#include "resident.h"

/* --- the batch --- */

void manager_write_failed(Manager *m, int r, const char *what) {
        log_event(LOG_STORE_FAILED_KIND, LOG_CRIT, NULL, "%s: %s (%s)", what, store_why(m->store), strerror(-r));
        if (r == -ENOSPC)
                intake_doubt(m->intake, DOUBT_STORE,
                             "The disk is full. Free some space; nothing was lost, the broker and the devices will "
                             "send again.");
        else if (store_spoiled(m->store))
                sd_event_exit(m->event, r);
}

int manager_commit(Manager *m) {
        const Now t = manager_now(m);
        int r = m->failed;

        m->failed = 0;
        if (r == 0)
                r = intake_commit(m->intake, &t);
        else
                intake_rollback(m->intake);
        if (r == 0) {
                manager_flush(m);
                return 0;
        }
        manager_write_failed(m, r, "nothing was committed");
        return r;
}

void manager_did(Manager *m, int r) {
        if (r < 0)
                m->failed = r;
        manager_commit(m);
}

/* --- opening --- */

#define AT_WORK_EVERY_US (5 * US_PER_S)

/* systemd gives a start five minutes; one that writes a ledger of years anew, on a slow disk, may take longer, and begun
 * again it would not take less. Five more from each of these on. */
static void at_work(void *userdata) {
        Manager *m = userdata;
        const int64_t us = manager_now(m).boot_us;

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

/* This run's own name, and the machine's boot. */
static int name_boots(char ret_own[static SD_ID128_STRING_MAX], char ret_machine[static SD_ID128_STRING_MAX]) {
        sd_id128_t id;
        int r = sd_id128_randomize(&id);

        if (r < 0)
                return r;
        sd_id128_to_string(id, ret_own);
        r = sd_id128_get_boot(&id);
        if (r < 0) {
                log_event(LOG_PROBLEM_KIND, LOG_CRIT, NULL, "cannot read the machine's boot id: %s; is /proc mounted?",
                          strerror(-r));
                return r;
        }
        sd_id128_to_string(id, ret_machine);
        return 0;
}

static int open_intake(Manager *m) {
        char machine[SD_ID128_STRING_MAX], boot[SD_ID128_STRING_MAX];
        const Now t = manager_now(m);
        int r = name_boots(m->boot, boot);

        if (r < 0)
                return r;
        m->since_us = t.wall_us;
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

/* --- life --- */

static int on_terminate(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        Manager *m = userdata;

        (void)source;
        (void)si;
        sd_notify(0, "STOPPING=1");
        return sd_event_exit(m->event, 0);
}

static int on_reload(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        (void)source;
        (void)si;
        sd_notify(0, "RELOADING=1");
        manager_reload(userdata);
        sd_notify(0, "READY=1");
        return 0;
}

static int add_signals(Manager *m) {
        int r = sd_event_add_signal(m->event, &m->terminate, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_terminate, m);

        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->interrupt, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_terminate, m);
        if (r >= 0)
                r = sd_event_add_signal(m->event, &m->reload, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_reload, m);
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
        manager_set_zone(m->config);
        if ((r = open_ledger(m)) < 0 || (r = open_intake(m)) < 0 || (r = manager_start_clock(m)) < 0 ||
            (r = manager_open_mqtt(m)) < 0 || (r = manager_open_bus(m)) < 0 || (r = add_signals(m)) < 0)
                return r;
        manager_tell_people(m);
        *ret = TAKE(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;
        bus_free(m->bus);
        mqtt_free(m->mqtt);
        manager_stop_clock(m);
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
        resident_drop_code();
        r = sd_event_loop(m->event);
        manager_witness(m);
        log_event(LOG_STOPPED_KIND, LOG_NOTICE, NULL, "asepsisd stops%s%s", r < 0 ? ": " : "",
                  r < 0 ? strerror(-r) : "");
        return r;
}
