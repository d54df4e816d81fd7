/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it is in force, and taken up anew: all of it, or nothing. */
#include <errno.h>
#include <time.h>

#include "broker.h"
#include "log.h"
#include "manager-internal.h"
#include "store/alerts.h"

void manager_set_zone(const Config *c) {
        setenv("TZ", c->site.timezone, 1);
        tzset();
}

void manager_tell_people(Manager *m) {
        static const char demo[] = "Whoever may open the control socket acts in anybody's name: the configuration says "
                                   "[control] acts = demo, which is made for tests and demos. Take that line out.";
        const Config *c = m->config;
        const Now t = manager_now(m);

        if (c->control.acts == CONTROL_ACTS_DEMO) {
                log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL, "%s", demo);
                manager_did(m, intake_alert_once(m->intake, &t, "acts-unsigned", "control", ALERT_WARNING, demo));
        } else
                manager_did(m, intake_alert_resolve(m->intake, &t, "acts-unsigned", "control"));
        for (size_t i = 0; i < c->n_practitioners; i++)
                if (c->practitioners[i].user && c->practitioners[i].uid == 0)
                        log_event(LOG_PROBLEM_KIND, LOG_WARNING, NULL,
                                  "[practitioner %s] user: there is no user %s on this machine, so nothing can be signed "
                                  "by that person. Make the user, then: systemctl reload asepsisd",
                                  c->practitioners[i].id, c->practitioners[i].user);
}

/* What cannot change under a running daemon. NULL: nothing of it did. */
static const char *needs_restart(const Config *is, const Config *wanted) {
        if (!streq(is->site.id, wanted->site.id))
                return "[site] id";
        if (!streq(is->store.path, wanted->store.path))
                return "[store] path";
        if (!streq(is->store.signing_key, wanted->store.signing_key))
                return "[store] signing-key";
        if (is->store.cache_kib != wanted->store.cache_kib)
                return "[store] cache-kib";
        if (!streq(is->control.socket, wanted->control.socket))
                return "[control] socket";
        if (is->control.mode != wanted->control.mode)
                return "[control] mode";
        if (!streq_ptr(is->control.group, wanted->control.group))
                return "[control] group";
        if (is->control.bus != wanted->control.bus)
                return "[control] bus";
        return NULL;
}

static int take_configuration(Manager *m, Config **wanted) {
        const Now t = manager_now(m);
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
        manager_set_zone(m->config);
        manager_did(m, intake_publish_state(m->intake, &t));
        manager_tell_people(m);
        return 0;
}

void manager_reload(Manager *m) {
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
