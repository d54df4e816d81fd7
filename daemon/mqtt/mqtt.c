/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acknowledgement after commit.
 *
 * libmosquitto queues the PUBACK before it hands over the message, and unless told that it is "threaded" writes it at
 * once. Told so, it leaves writing to mosquitto_loop_write(), and that is called in one place here, write_queued(), for
 * flush(), which refuses while a batch is open. So the order is fixed: read_batch(), commit, flush(). If the commit
 * fails, the handle is destroyed with its queue, and the broker, which has seen no PUBACK, sends the messages again.
 *
 * Whatever the library reads and writes goes by way of a Stream (stream.h).
 *
 * A batch begins and ends in one turn of the event loop, also when the read fails in the middle: what was read is then
 * committed, its acknowledgements are lost with the connection, and it comes a second time.
 *
 * The library closes the socket by itself when it finds the connection lost. The io source must go before anything else
 * runs that could open a file, because the number of the closed descriptor may come back as somebody else's.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mqtt/internal.h"

#define TICK_US (1 * US_PER_S)
#define ANSWER_US (10 * US_PER_S)    /* from connecting to the last SUBACK */
#define BACKOFF_MIN_US (US_PER_S / 2)
#define BACKOFF_MAX_US (30 * US_PER_S)
#define SETTLED_US (10 * US_PER_S)   /* a connection that held so long begins the back-off anew */
#define LEAVE_WAIT_MS 1000
#define LEAVE_MAX_US (3 * US_PER_S)
#define LOSS_WINDOW_US (60 * US_PER_S)

static int64_t now_us(const Mqtt *m) {
        uint64_t now = 0;

        (void)sd_event_now(m->event, CLOCK_MONOTONIC, &now);
        return (int64_t)now;
}

static void enter_state(Mqtt *m, MqttState state) {
        m->state = state;
        m->since_us = now_us(m);
}

bool mqtt_is_connected(const Mqtt *m) {
        return m->state == MQTT_SUBSCRIBING || m->state == MQTT_READY;
}

bool mqtt_is_ready(const Mqtt *m) {
        return m->state == MQTT_READY;
}

const char *mqtt_why(const Mqtt *m) {
        return mqtt_is_connected(m) ? NULL : m->why;
}

unsigned mqtt_losses_last_minute(const Mqtt *m) {
        int64_t from_us = now_us(m) - LOSS_WINDOW_US;
        unsigned n = 0;

        for (size_t i = 0; i < MQTT_LOSSES_MAX; i++)
                n += m->losses_us[i] != 0 && m->losses_us[i] > from_us;
        return n;
}

static void count_loss(Mqtt *m) {
        m->losses_us[m->next_loss] = now_us(m);
        m->next_loss = (m->next_loss + 1) % MQTT_LOSSES_MAX;
}

/* Between half of the step and all of it, so that those who lost the broker together do not come back together. */
static int64_t backoff_us(unsigned failures) {
        int64_t step_us = failures > 6 ? BACKOFF_MAX_US : MIN_OF(BACKOFF_MIN_US << failures, BACKOFF_MAX_US);
        uint32_t dice = 0;

        if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
                dice = UINT32_MAX;
        return step_us / 2 + (int64_t)(((uint64_t)step_us / 2 * dice) >> 32);
}

static void retry_in(Mqtt *m, int64_t delay_us) {
        (void)sd_event_source_set_time_relative(m->retry, (uint64_t)delay_us);
        (void)sd_event_source_set_enabled(m->retry, SD_EVENT_ONESHOT);
}

/* The connection and everything queued in it is gone. First the io source, see above. */
static void drop_handle(Mqtt *m) {
        m->io = sd_event_source_disable_unref(m->io);
        stream_reset(&m->stream);
        mosquitto_destroy(m->handle);
        m->handle = NULL;
        m->broken = NULL;
        m->fence_mid = 0;
        m->wish = MQTT_STAY;
        mqtt_held_clear(m);
        (void)sd_event_source_set_enabled(m->tick, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(m->flush, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(m->again, SD_EVENT_OFF);
        enter_state(m, MQTT_WAITING);
}

static void tell_disconnected(Mqtt *m, bool was_connected, const char *why) {
        if (why != m->why)
                (void)snprintf(m->why, sizeof(m->why), "%s", why);
        if (!was_connected && m->outage_told)
                return;
        m->outage_told = true;
        if (m->hooks.disconnected)
                m->hooks.disconnected(m->userdata, m->why);
}

static void lose(Mqtt *m, const char *why) {
        bool was_connected = mqtt_is_connected(m), stay_away = m->wish == MQTT_PAUSE;

        if (was_connected)
                count_loss(m);
        if (was_connected && now_us(m) - m->since_us >= SETTLED_US)
                m->failures = 0;
        drop_handle(m);
        if (!stay_away)
                retry_in(m, backoff_us(m->failures++));
        tell_disconnected(m, was_connected, why);
}

static const char *loss_text(int rc, int error) {
        if (rc == MOSQ_ERR_ERRNO && error != 0)
                return strerror(error);
        if (rc == MOSQ_ERR_SUCCESS || rc == MOSQ_ERR_CONN_LOST)
                return "The broker closed the connection.";
        return mosquitto_strerror(rc);
}

/* The library has given up, or has been told to by the broker: it has closed the socket. What a callback had to say
 * about it comes first. */
static void lose_by_library(Mqtt *m, int rc, int error) {
        lose(m, m->broken ? m->broken : loss_text(rc, error));
}

/* Not the loop's time, which stands still within a turn. */
static int64_t monotonic_us(void) {
        struct timespec t;

        (void)clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* A socket that is closed with something unread in it is reset. The broker may see that before the DISCONNECT, and then
 * publishes the will of one who left in good order. So what still comes is read away until the broker has closed. */
static void read_away(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        const int64_t until = monotonic_us() + LEAVE_MAX_US;
        char buf[16384];

        (void)shutdown(fd, SHUT_WR);
        while (monotonic_us() < until && poll(&p, 1, LEAVE_WAIT_MS) > 0 && read(fd, buf, sizeof(buf)) > 0)
                continue;
        (void)close(fd);
}

/* The only place that writes: all that is queued, as far as the socket, which is fd, takes it. 0 or a code of the
 * library. */
static int write_queued(Mqtt *m, int fd) {
        bool more = true;
        int rc = 0, r = 0;

        while (more && !rc && r == 0) {
                stream_lend(&m->stream, mosquitto_socket(m->handle));
                rc = mosquitto_loop_write(m->handle, 1);
                stream_take_back(&m->stream);
                more = stream_pending(&m->stream);
                if (!rc)
                        r = stream_push(&m->stream, fd);
                more = more && !stream_pending(&m->stream) && mosquitto_want_write(m->handle);
        }
        if (r < 0) {
                errno = -r;
                rc = MOSQ_ERR_ERRNO;
        }
        return rc;
}

static bool want_write(const Mqtt *m) {
        return stream_pending(&m->stream) || mosquitto_want_write(m->handle);
}

/* The acknowledgements before it may have filled the socket: then the DISCONNECT waits until the broker has read them. The
 * library closes its socket when it has written it; fd is another one of the same connection. */
static void write_out(Mqtt *m, int fd) {
        const int64_t until = monotonic_us() + LEAVE_MAX_US;
        struct pollfd p = { .fd = fd, .events = POLLOUT };

        while (write_queued(m, fd) == 0 && want_write(m) && monotonic_us() < until && poll(&p, 1, LEAVE_WAIT_MS) > 0)
                continue;
}

/* A second descriptor keeps the connection beyond the library's closing. */
static void leave_politely(Mqtt *m, int reason) {
        int fd;

        if (!mqtt_is_connected(m))
                return;
        fd = fcntl(mosquitto_socket(m->handle), F_DUPFD_CLOEXEC, 0);
        if (fd >= 0 && mosquitto_disconnect_v5(m->handle, reason, NULL) == 0)
                write_out(m, fd);
        if (fd >= 0)
                read_away(fd);
}

/* What a hook asked for. True: there is no connection any more. */
static bool fulfil_wish(Mqtt *m) {
        bool was_connected = mqtt_is_connected(m);
        MqttWish wish = m->wish;

        if (wish == MQTT_STAY)
                return false;
        leave_politely(m, MQTT_RC_NORMAL_DISCONNECTION);
        drop_handle(m);
        m->failures = 0;
        if (wish == MQTT_RECONNECT)
                retry_in(m, 0);
        tell_disconnected(m, was_connected, wish == MQTT_PAUSE ? "Paused." : "Connecting anew with other options.");
        return true;
}

static void flush(Mqtt *m) {
        uint32_t events = EPOLLIN;
        int rc;

        assert(!m->in_turn);
        if (!m->handle)
                return;
        if (m->broken) {
                lose(m, m->broken);
                return;
        }
        rc = write_queued(m, mosquitto_socket(m->handle));
        if (rc || mosquitto_socket(m->handle) < 0) {
                lose_by_library(m, rc, errno);
                return;
        }
        if (fulfil_wish(m))
                return;
        if (want_write(m))
                events |= EPOLLOUT;
        (void)sd_event_source_set_io_events(m->io, events);
}

/* Until the socket is dry or the batch is full; 0 or a code of the library. A dry socket shows in errno, which the
 * library clears before each read and our callbacks clear when they return. Taking it wrong does no harm: a smaller
 * batch, or one read in vain. The batch may grow beyond its bound, because the library reads as many packets at a time as
 * publishes of ours are on their way. Whatever ended it short of a dry socket, there is another turn: what is left need not
 * be in the socket any more. */
static int read_batch(Mqtt *m, int *ret_error) {
        int rc = 0;

        *ret_error = 0;
        m->n_batch = 0;
        stream_lend(&m->stream, mosquitto_socket(m->handle));
        for (unsigned packets = 0; packets < m->options.batch_max && m->n_batch < m->options.batch_max; packets++) {
                errno = 0;
                rc = mosquitto_loop_read(m->handle, 1);
                *ret_error = errno;
                if (rc || m->broken || mosquitto_socket(m->handle) < 0 || *ret_error == EAGAIN)
                        break;
        }
        stream_take_back(&m->stream);
        if (*ret_error != EAGAIN || stream_unread(&m->stream))
                (void)sd_event_source_set_enabled(m->again, SD_EVENT_ONESHOT);
        return rc;
}

static int commit_batch(Mqtt *m) {
        if (!m->dirty)
                return 0;
        m->dirty = false;
        return m->hooks.commit(m->userdata);
}

static void turn(Mqtt *m) {
        int rc, error = 0, r;
        bool lost;

        m->in_turn = true;
        rc = read_batch(m, &error);
        lost = rc || mosquitto_socket(m->handle) < 0;
        if (lost)
                m->io = sd_event_source_disable_unref(m->io);
        r = commit_batch(m);
        m->in_turn = false;
        if (r < 0)
                lose(m, "What was received could not be committed.");
        else if (lost)
                lose_by_library(m, rc, error);
        else
                flush(m);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void)source;
        (void)fd;
        (void)revents;
        turn(userdata);
        return 0;
}

static int on_again(sd_event_source *source, void *userdata) {
        (void)source;
        turn(userdata);
        return 0;
}

static int on_flush(sd_event_source *source, void *userdata) {
        (void)source;
        flush(userdata);
        return 0;
}

/* Pings, and a broker that takes connections and does not answer. */
static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        Mqtt *m = userdata;
        int rc;

        (void)usec;
        rc = mosquitto_loop_misc(m->handle);
        if (rc) {
                lose(m, rc == MOSQ_ERR_KEEPALIVE ? "The broker does not answer any more." : loss_text(rc, errno));
                return 0;
        }
        if (m->state != MQTT_READY && now_us(m) - m->since_us > ANSWER_US) {
                lose(m, "The broker does not answer.");
                return 0;
        }
        (void)sd_event_source_set_time_relative(source, (uint64_t)TICK_US);
        (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        flush(m);
        return 0;
}

static int topic_of(const Mqtt *m, const char *below, char *ret, size_t size) {
        int n = snprintf(ret, size, "asepsis/v1/%s/%s", m->options.site, below);

        return n < 0 || (size_t)n >= size ? MOSQ_ERR_INVAL : MOSQ_ERR_SUCCESS;
}

/* state/ at QoS 0: what is retained there passes by what the session has queued. Of up/ what is retained comes only to
 * a new session, to be refused once. */
static int subscribe(Mqtt *m) {
        static const struct {
                const char *below;
                int qos, options;
        } wanted[] = {
                { "state/daemon", 0, MQTT_SUB_OPT_NO_LOCAL | MQTT_SUB_OPT_RETAIN_AS_PUBLISHED },
                { "state/audit", 0, MQTT_SUB_OPT_NO_LOCAL | MQTT_SUB_OPT_RETAIN_AS_PUBLISHED },
                { "state/fence", 0, 0 },
                { "up/#", 1, MQTT_SUB_OPT_RETAIN_AS_PUBLISHED | MQTT_SUB_OPT_SEND_RETAIN_NEW },
        };
        char filter[MQTT_TOPIC_MAX];
        int rc = 0;

        for (size_t i = 0; i < ELEMENTSOF(wanted) && !rc; i++) {
                rc = topic_of(m, wanted[i].below, filter, sizeof(filter));
                if (!rc)
                        rc = mosquitto_subscribe_v5(m->handle, NULL, filter, wanted[i].qos, wanted[i].options, NULL);
        }
        m->n_subscribing = ELEMENTSOF(wanted);
        return rc;
}

/*
 * A SUBACK does not say that the retained messages are here: with a backlog mosquitto sends them after it. But they
 * stand in one line with what is published later. So we publish a word to ourselves behind the subscriptions; when it
 * comes, they have come. QoS 1, so that a broker which does not let us write below state/ says so; it comes back at 0.
 */
static int publish_fence(Mqtt *m) {
        uint64_t word = 0;
        int rc;

        if (getrandom(&word, sizeof(word), GRND_NONBLOCK) != sizeof(word))
                word = (uint64_t)now_us(m);
        (void)snprintf(m->fence_word, sizeof(m->fence_word), "%016llx", (unsigned long long)word);
        rc = topic_of(m, "state/fence", m->fence_topic, sizeof(m->fence_topic));
        if (rc)
                return rc;
        m->fence_passed = false;
        return mosquitto_publish_v5(m->handle, &m->fence_mid, m->fence_topic, (int)strlen(m->fence_word),
                                    m->fence_word, 1, false, NULL);
}

static void check_ready(Mqtt *m) {
        if (m->state != MQTT_SUBSCRIBING || m->n_subscribing > 0 || !m->fence_passed)
                return;
        enter_state(m, MQTT_READY);
        m->dirty = true;
        if (m->hooks.ready)
                m->hooks.ready(m->userdata);
}

static void on_connack(struct mosquitto *handle, void *userdata, int reason, int flags,
                       const mosquitto_property *properties) {
        Mqtt *m = userdata;
        int rc;

        (void)handle;
        (void)properties;
        if (reason != 0) {
                m->broken = mosquitto_reason_string(reason);
                return;
        }
        enter_state(m, MQTT_SUBSCRIBING);
        m->outage_told = false;
        m->dirty = true;
        rc = subscribe(m);
        if (!rc)
                rc = publish_fence(m);
        if (rc)
                m->broken = mosquitto_strerror(rc);
        if (m->hooks.connected)
                m->hooks.connected(m->userdata, flags & 1);
        errno = 0;
}

static void on_suback(struct mosquitto *handle, void *userdata, int mid, int n, const int *granted,
                      const mosquitto_property *properties) {
        Mqtt *m = userdata;

        (void)handle;
        (void)mid;
        (void)properties;
        for (int i = 0; i < n; i++)
                if (granted[i] > 1) {
                        m->broken = "The broker refuses a subscription.";
                        return;
                }
        if (m->n_subscribing > 0)
                m->n_subscribing--;
        check_ready(m);
        errno = 0;
}

/* True: the message is ours alone. Another daemon's word on the same topic is no fence to us. */
static bool take_fence(Mqtt *m, const struct mosquitto_message *message) {
        size_t n = strlen(m->fence_word);

        if (!streq(message->topic, m->fence_topic))
                return false;
        if ((size_t)message->payloadlen == n && memcmp(message->payload, m->fence_word, n) == 0) {
                m->fence_passed = true;
                check_ready(m);
        }
        errno = 0;
        return true;
}

static void on_message(struct mosquitto *handle, void *userdata, const struct mosquitto_message *message,
                       const mosquitto_property *properties) {
        Mqtt *m = userdata;
        void *correlation = NULL;
        uint16_t n_correlation = 0;

        (void)handle;
        if (take_fence(m, message))
                return;
        (void)mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation, &n_correlation,
                                             false);
        m->n_batch++;
        m->dirty = true;
        m->hooks.message(m->userdata, &(MqttMessage){ .topic = message->topic,
                                                      .payload = message->payload,
                                                      .size = (size_t)message->payloadlen,
                                                      .qos = message->qos,
                                                      .retained = message->retain,
                                                      .correlation = correlation,
                                                      .n_correlation = n_correlation });
        free(correlation);
        errno = 0;
}

static void on_disconnect(struct mosquitto *handle, void *userdata, int reason, const mosquitto_property *properties) {
        Mqtt *m = userdata;

        (void)handle;
        (void)properties;
        if (!m->broken && reason >= MQTT_RC_UNSPECIFIED)
                m->broken = mosquitto_reason_string(reason);
}

static int open_connection(Mqtt *m) {
        int rc, r;

        stream_reset(&m->stream);
        rc = mqtt_handle_new(&m->handle, &m->options, m);
        if (rc)
                return rc;
        mosquitto_connect_v5_callback_set(m->handle, on_connack);
        mosquitto_disconnect_v5_callback_set(m->handle, on_disconnect);
        mosquitto_subscribe_v5_callback_set(m->handle, on_suback);
        mosquitto_message_v5_callback_set(m->handle, on_message);
        mosquitto_publish_v5_callback_set(m->handle, mqtt_on_publish);
        rc = mqtt_handle_connect(m->handle, &m->options);
        if (rc)
                return rc;
        r = sd_event_add_io(m->event, &m->io, mosquitto_socket(m->handle), EPOLLIN | EPOLLOUT, on_io, m);
        if (r < 0) {
                errno = -r;
                return MOSQ_ERR_ERRNO;
        }
        (void)sd_event_source_set_description(m->io, "mqtt-io");
        return 0;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Mqtt *m = userdata;
        int rc;

        (void)source;
        (void)usec;
        enter_state(m, MQTT_CONNECTING);
        rc = open_connection(m);
        if (rc) {
                lose_by_library(m, rc, errno);
                return 0;
        }
        (void)sd_event_source_set_time_relative(m->tick, (uint64_t)TICK_US);
        (void)sd_event_source_set_enabled(m->tick, SD_EVENT_ONESHOT);
        flush(m);
        return 0;
}

static int add_timer(Mqtt *m, sd_event_source **ret, sd_event_time_handler_t handler, const char *name) {
        int r;

        r = sd_event_add_time_relative(m->event, ret, CLOCK_MONOTONIC, 0, 1000, handler, m);
        if (r < 0)
                return r;
        (void)sd_event_source_set_description(*ret, name);
        return sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int add_sources(Mqtt *m) {
        int r;

        r = add_timer(m, &m->retry, on_retry, "mqtt-retry");
        if (r >= 0)
                r = add_timer(m, &m->tick, on_tick, "mqtt-tick");
        if (r >= 0)
                r = sd_event_add_defer(m->event, &m->flush, on_flush, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->flush, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(m->event, &m->again, on_again, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->again, SD_EVENT_OFF);
        /* What is decided goes out before more comes in. */
        if (r >= 0)
                r = sd_event_source_set_priority(m->flush, SD_EVENT_PRIORITY_IMPORTANT);
        return r < 0 ? r : 0;
}

int mqtt_new(Mqtt **ret, sd_event *event, const MqttOptions *options, const MqttHooks *hooks, void *userdata) {
        _cleanup_(mqtt_freep) Mqtt *m = NULL;
        int r;

        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;
        if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS) {
                free(TAKE(m));
                return -ENOMEM;
        }
        m->event = sd_event_ref(event);
        m->hooks = *hooks;
        m->userdata = userdata;
        (void)snprintf(m->why, sizeof(m->why), "Not yet tried.");
        m->held = calloc(MQTT_IDS, sizeof(*m->held));
        if (!m->held)
                return -ENOMEM;
        r = mqtt_options_copy(&m->options, options);
        if (r < 0)
                return r;
        r = add_sources(m);
        if (r < 0)
                return r;
        retry_in(m, 0);
        *ret = TAKE(m);
        return 0;
}

Mqtt *mqtt_free(Mqtt *m) {
        if (!m)
                return NULL;
        assert(!m->in_turn);
        if (m->handle) {
                leave_politely(m, MQTT_RC_DISCONNECT_WITH_WILL_MSG);
                m->io = sd_event_source_disable_unref(m->io);
                stream_reset(&m->stream);
                mosquitto_destroy(m->handle);
        }
        sd_event_source_disable_unref(m->retry);
        sd_event_source_disable_unref(m->tick);
        sd_event_source_disable_unref(m->flush);
        sd_event_source_disable_unref(m->again);
        sd_event_unref(m->event);
        mqtt_options_clear(&m->options);
        free(m->held);
        free(m);
        mosquitto_lib_cleanup();
        return NULL;
}

static void wish_for(Mqtt *m, MqttWish wish) {
        m->wish = wish;
        if (m->handle && !m->in_turn)
                (void)sd_event_source_set_enabled(m->flush, SD_EVENT_ONESHOT);
}

int mqtt_reconfigure(Mqtt *m, const MqttOptions *options) {
        MqttOptions copy;
        int enabled = SD_EVENT_OFF, r;

        if (mqtt_options_same(&m->options, options))
                return 0;
        r = mqtt_options_copy(&copy, options);
        if (r < 0)
                return r;
        mqtt_options_clear(&m->options);
        m->options = copy;
        if (m->handle && m->wish != MQTT_PAUSE)
                wish_for(m, MQTT_RECONNECT);
        else if (sd_event_source_get_enabled(m->retry, &enabled) > 0)
                retry_in(m, 0);
        return 0;
}

void mqtt_pause(Mqtt *m) {
        (void)sd_event_source_set_enabled(m->retry, SD_EVENT_OFF);
        if (m->handle)
                wish_for(m, MQTT_PAUSE);
        else
                (void)snprintf(m->why, sizeof(m->why), "Paused.");
}

void mqtt_resume(Mqtt *m) {
        if (m->handle)
                wish_for(m, m->wish == MQTT_PAUSE ? MQTT_RECONNECT : m->wish);
        else
                retry_in(m, 0);
}
