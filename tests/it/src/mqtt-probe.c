/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real mqtt module on a leash: prints a line for each hook, does what it is told on stdin.
 *
 *   mqtt-probe KEY=VALUE...   host, port, unix, user, password, cafile, id, batch, keepalive, expiry, will, hello: so many
 *                             publishes at QoS 1 as soon as it is connected
 *
 * commands: policy ok|fail|ask|kill|pause   what commit() does; ask: reads "ok" or "fail" from stdin and blocks
 *                                         meanwhile; pause: pauses and fails
 *           publish TOPIC QOS RETAIN PAYLOAD, flood N BYTES QOS, losses, held, why, pause, resume, quit,
 *           reconfigure (with other options), again (with the same)
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mqtt/mqtt.h"

#define SITE "clinic"

typedef enum Policy { POLICY_OK, POLICY_FAIL, POLICY_ASK, POLICY_KILL, POLICY_PAUSE } Policy;

typedef struct Probe {
        sd_event *event;
        Mqtt *mqtt;
        MqttOptions options;
        Policy policy;
        unsigned n_messages; /* since the last commit */
        unsigned hello;
        char input[4096];
        size_t n_input;
} Probe;

/* The next line of stdin without its end; waits for it. NULL at the end of the input. */
static char *next_line(Probe *p, char *line, size_t size) {
        for (;;) {
                char *end = memchr(p->input, '\n', p->n_input);
                if (end) {
                        size_t n = (size_t)(end - p->input);
                        (void)snprintf(line, size, "%.*s", (int)n, p->input);
                        p->n_input -= n + 1;
                        memmove(p->input, end + 1, p->n_input);
                        return line;
                }
                ssize_t n = read(STDIN_FILENO, p->input + p->n_input, sizeof(p->input) - p->n_input);
                if (n <= 0)
                        return NULL;
                p->n_input += (size_t)n;
        }
}

static void on_message(void *userdata, const MqttMessage *m) {
        Probe *p = userdata;

        p->n_messages++;
        printf("message %s qos=%d retained=%d size=%zu correlation=%.*s payload=%.*s\n", m->topic, m->qos, m->retained,
               m->size, (int)m->n_correlation, m->correlation ? (const char *)m->correlation : "",
               (int)MIN_OF(m->size, (size_t)40), m->payload ? (const char *)m->payload : "");
        errno = EAGAIN; /* as left behind by anything that a real hook may do */
}

static int on_commit(void *userdata) {
        Probe *p = userdata;
        char line[64];

        printf("commit %u\n", p->n_messages);
        p->n_messages = 0;
        switch (p->policy) {
        case POLICY_OK:
                return 0;
        case POLICY_FAIL:
                return -EIO;
        case POLICY_ASK:
                return next_line(p, line, sizeof(line)) && streq(line, "ok") ? 0 : -EIO;
        case POLICY_KILL:
                return raise(SIGKILL);
        case POLICY_PAUSE:
                mqtt_pause(p->mqtt);
                return -EIO;
        }
        return -EINVAL;
}

static void on_connected(void *userdata, bool session_present) {
        Probe *p = userdata;
        int r;

        r = mqtt_publish(p->mqtt, "asepsis/v1/" SITE "/state/alert/probe", "here", 4, &(MqttPublish){ .retain = true },
                         NULL);
        for (unsigned i = 0; i < p->hello; i++)
                (void)mqtt_publish(p->mqtt, "asepsis/v1/" SITE "/state/probe/hello", "x", 1, &(MqttPublish){ .qos = 1 }, NULL);
        printf("connected session=%d publish=%d\n", session_present, r);
}

static void on_ready(void *userdata) {
        (void)userdata;
        printf("ready\n");
}

static void on_disconnected(void *userdata, const char *why) {
        (void)userdata;
        printf("disconnected %s\n", why);
}

static void on_acknowledged(void *userdata, int mid, bool refused) {
        (void)userdata;
        printf("acknowledged %d refused=%d\n", mid, refused);
}

static const MqttHooks hooks = { on_message, on_commit, on_connected, on_ready, on_disconnected, on_acknowledged };

static void do_flood(Probe *p, unsigned n, size_t size, int qos) {
        char *payload = calloc(1, size + 1);
        unsigned sent = 0;
        int r = payload ? 0 : -ENOMEM;

        while (r == 0 && sent < n) {
                r = mqtt_publish(p->mqtt, "asepsis/v1/" SITE "/state/probe/flood", payload, size,
                                 &(MqttPublish){ .qos = qos }, NULL);
                sent += r == 0;
        }
        printf("flooded %u result=%d held=%u\n", sent, r, mqtt_held(p->mqtt));
        free(payload);
}

static void do_publish(Probe *p, const char *arguments) {
        char topic[256], payload[256] = "";
        int qos, retain, mid = 0, r;

        if (sscanf(arguments, "%255s %d %d %255s", topic, &qos, &retain, payload) < 3)
                return;
        r = mqtt_publish(p->mqtt, topic, payload, strlen(payload),
                         &(MqttPublish){ .qos = qos,
                                         .retain = retain != 0,
                                         .expiry_s = 60,
                                         .correlation = "c0",
                                         .n_correlation = 2 },
                         &mid);
        printf("published %d result=%d\n", mid, r);
}

static void obey(Probe *p, const char *line) {
        static const char *const policies[] = { "policy ok", "policy fail", "policy ask", "policy kill",
                                                "policy pause" };
        unsigned n;
        size_t size;
        int qos;

        for (size_t i = 0; i < ELEMENTSOF(policies); i++)
                if (streq(line, policies[i]))
                        p->policy = (Policy)i;
        if (strncmp(line, "publish ", 8) == 0)
                do_publish(p, line + 8);
        else if (sscanf(line, "flood %u %zu %d", &n, &size, &qos) == 3)
                do_flood(p, n, size, qos);
        else if (streq(line, "losses"))
                printf("losses %u\n", mqtt_losses_last_minute(p->mqtt));
        else if (streq(line, "held"))
                printf("held %u\n", mqtt_held(p->mqtt));
        else if (streq(line, "why"))
                printf("why %s\n", mqtt_why(p->mqtt) ? mqtt_why(p->mqtt) : "-");
        else if (streq(line, "pause"))
                mqtt_pause(p->mqtt);
        else if (streq(line, "resume"))
                mqtt_resume(p->mqtt);
        else if (streq(line, "again"))
                printf("reconfigured %d\n", mqtt_reconfigure(p->mqtt, &p->options));
        else if (streq(line, "reconfigure") && p->options.keepalive_s++)
                printf("reconfigured %d\n", mqtt_reconfigure(p->mqtt, &p->options));
        else if (streq(line, "quit"))
                (void)sd_event_exit(p->event, 0);
}

static int on_stdin(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Probe *p = userdata;
        char line[1024];

        (void)source;
        (void)fd;
        (void)revents;
        do {
                if (!next_line(p, line, sizeof(line)))
                        return sd_event_exit(p->event, 0);
                obey(p, line);
        } while (memchr(p->input, '\n', p->n_input));
        return 0;
}

static int set_option(MqttOptions *o, char *argument) {
        char *value = strchr(argument, '=');
        struct {
                const char *key, **target;
        } strings[] = {
                { "host", &o->host },         { "unix", &o->unix_path }, { "user", &o->username },
                { "password", &o->password }, { "cafile", &o->cafile },  { "id", &o->client_id },
                { "site", &o->site },         { "will", &o->will_topic },
        };

        if (!value)
                return -EINVAL;
        *value++ = '\0';
        for (size_t i = 0; i < ELEMENTSOF(strings); i++)
                if (streq(argument, strings[i].key)) {
                        *strings[i].target = value;
                        return 0;
                }
        if (streq(argument, "port"))
                o->port = atoi(value);
        else if (streq(argument, "keepalive"))
                o->keepalive_s = atoi(value);
        else if (streq(argument, "batch"))
                o->batch_max = (unsigned)atoi(value);
        else if (streq(argument, "expiry"))
                o->session_expiry_s = (uint32_t)atoi(value);
        else
                return -EINVAL;
        return 0;
}

int main(int argc, char **argv) {
        Probe p = { .options = { .site = SITE,
                                 .client_id = "probe",
                                 .keepalive_s = 30,
                                 .batch_max = 1000,
                                 .session_expiry_s = 3600 } };
        int r;

        setvbuf(stdout, NULL, _IOLBF, 0);
        for (int i = 1; i < argc; i++)
                if (sscanf(argv[i], "hello=%u", &p.hello) != 1 && set_option(&p.options, argv[i]) < 0) {
                        fprintf(stderr, "mqtt-probe: no such option: %s\n", argv[i]);
                        return 2;
                }
        if (p.options.will_topic) {
                p.options.will_payload = "offline";
                p.options.n_will_payload = 7;
        }
        r = sd_event_new(&p.event);
        if (r >= 0)
                r = sd_event_add_io(p.event, NULL, STDIN_FILENO, EPOLLIN, on_stdin, &p);
        if (r >= 0)
                r = mqtt_new(&p.mqtt, p.event, &p.options, &hooks, &p);
        if (r >= 0)
                r = sd_event_loop(p.event);
        p.mqtt = mqtt_free(p.mqtt);
        sd_event_unref(p.event);
        printf("end %d\n", r);
        return r < 0 ? 1 : 0;
}
