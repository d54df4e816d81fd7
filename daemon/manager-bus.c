/* SPDX-License-Identifier: Apache-2.0 */
/* What the control interface asks of the daemon, and what people sign there. */
#include "log.h"
#include "manager-internal.h"

/* A person's act: a transaction of its own, which stands before the answer leaves. */
static int act(void *userdata, const Act *a, char ret_text[static ACT_TEXT_MAX]) {
        Manager *m = userdata;
        const Now t = manager_now(m);
        const bool away = intake_doubted(m->intake, DOUBT_SECOND), copies = intake_backup_runs(m->intake);
        int r = intake_act(m->intake, &t, a, ret_text), committed;

        if (r < 0)
                m->failed = r;
        committed = manager_commit(m);
        if (committed < 0 && !copies && intake_backup_runs(m->intake))
                intake_backup_stop(m->intake, "The ledger could not be written.");
        if (away && !intake_doubted(m->intake, DOUBT_SECOND))
                mqtt_resume(m->mqtt);
        return committed < 0 ? committed : r;
}

static int may(void *userdata, const Act *a, char ret_text[static ACT_TEXT_MAX], ActSeen *ret_seen) {
        Manager *m = userdata;
        const Now t = manager_now(m);

        return intake_act_may(m->intake, &t, a, ret_text, ret_seen);
}

static int not_signed(void *userdata, const Act *a, ActUnsigned how) {
        Manager *m = userdata;
        const Now t = manager_now(m);
        int r = intake_act_unsigned(m->intake, &t, a, how);

        if (r < 0)
                m->failed = r;
        return manager_commit(m);
}

void manager_status(void *userdata, Status *ret) {
        static const char *const acts[] = { [CONTROL_ACTS_SIGNED] = "signed",
                                            [CONTROL_ACTS_REFUSED] = "refused",
                                            [CONTROL_ACTS_DEMO] = "demo" };
        Manager *m = userdata;
        const Now t = manager_now(m);

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
        const Now t = manager_now(m);

        return intake_checkpoint_of(m->intake, &t, size, ret_jws);
}

static const Config *configuration(void *userdata) {
        const Manager *m = userdata;

        return m->config;
}

static int autoclave(void *userdata, const char *id, AutoclaveStatus *ret) {
        Manager *m = userdata;
        const Now t = manager_now(m);

        return intake_autoclave_status(m->intake, &t, id, ret);
}

static int why(void *userdata, const char *session, const GateFacts **ret) {
        Manager *m = userdata;
        const Now t = manager_now(m);

        return intake_why(m->intake, &t, session, ret);
}

static int backup(void *userdata, BackupStatus *ret) {
        Manager *m = userdata;

        return intake_backup_status(m->intake, ret);
}

int manager_open_bus(Manager *m) {
        const BusOptions options = { .path = m->config->control.socket,
                                     .mode = (mode_t)m->config->control.mode,
                                     .group = m->config->control.group,
                                     .system = m->config->control.bus == CONTROL_BUS_SYSTEM };
        const BusSource source = { .store = m->store,
                                   .status = manager_status,
                                   .config = configuration,
                                   .autoclave = autoclave,
                                   .act = act,
                                   .may = may,
                                   .not_signed = not_signed,
                                   .backup = backup,
                                   .checkpoint = checkpoint_of,
                                   .why = why,
                                   .userdata = m };
        int r = bus_new(&m->bus, m->event, &options, &source);

        if (r < 0)
                log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "cannot serve the control socket %s: %s", options.path,
                          strerror(-r));
        return r;
}
