/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from the broker into the batch at hand, and what goes to it once that is committed. */
#include <errno.h>
#include <stdio.h>

#include "broker.h"
#include "codec/topic.h"
#include "log.h"
#include "manager-internal.h"

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

void manager_flush(Manager *m) {
        batch_flush(intake_batch(m->intake), publish, m);
}

int manager_tell_state(Manager *m, const Now *t) {
        m->degraded_told = intake_doubted_any(m->intake);
        return intake_publish_state(m->intake, t);
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

int manager_woken(Manager *m, const Now *t) {
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
        const Now t = manager_now(m);
        int r;

        if (m->failed)
                return;
        r = manager_woken(m, &t);
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
        int r = manager_commit(m);

        if (m->stay_away && r == 0)
                mqtt_pause(m->mqtt);
        m->stay_away = false;
        return r;
}

/* --- the connection --- */

/* Until the broker's own state topics are read nobody knows whether this ledger is the newest. */
static void on_connected(void *userdata, bool session_present) {
        Manager *m = userdata;
        const Now t = manager_now(m);
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

static void on_ready(void *userdata) {
        Manager *m = userdata;
        const Now t = manager_now(m);
        int r;

        if (m->stale)
                return;
        intake_doubt(m->intake, DOUBT_ARMING, NULL);
        if (m->stay_away || m->failed)
                return;
        r = manager_tell_state(m, &t);
        if (r >= 0)
                r = intake_publish_outbox(m->intake);
        if (r < 0)
                m->failed = r;
}

static void on_disconnected(void *userdata, const char *why) {
        Manager *m = userdata;
        const Now t = manager_now(m);
        const bool away = intake_doubted(m->intake, DOUBT_SECOND);
        const size_t n = strlen(why);
        char text[300];

        m->n_sent = 0;
        snprintf(text, sizeof(text), "No connection to the broker: %.*s. %s; until then no session can start.",
                 (int)(n && why[n - 1] == '.' ? n - 1 : n), why,
                 away ? "It stays away until an officer accepts that the other daemon is gone" : "It is tried again");
        log_event(LOG_BROKER_LOST_KIND, LOG_WARNING, NULL, "broker: %s", why);
        manager_did(m, intake_broker_lost(m->intake, &t, text));
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

int manager_open_mqtt(Manager *m) {
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
