/* SPDX-License-Identifier: Apache-2.0 */
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/rfc3339.h"
#include "log.h"

#define SESSION_EXPIRY_S (30U * 86400)

/* The first line of a file; never from the command line, never from the configuration itself. */
static int password_read(const ConfigBroker *b, char ret[static BROKER_PASSWORD_MAX]) {
        const char *directory = getenv("CREDENTIALS_DIRECTORY");
        char path[4096];
        ssize_t n;
        int fd;

        if (b->password_credential && !directory)
                return -ENOENT;
        if (b->password_credential)
                snprintf(path, sizeof(path), "%s/%s", directory, b->password_credential);
        else
                snprintf(path, sizeof(path), "%s", b->password_file);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        n = read(fd, ret, BROKER_PASSWORD_MAX - 1);
        close(fd);
        if (n < 0)
                return -EIO;
        ret[n] = '\0';
        ret[strcspn(ret, "\r\n")] = '\0';
        return 0;
}

int broker_options(const Config *c, const char *boot, int64_t since_us, BrokerText *t, MqttOptions *ret) {
        const ConfigBroker *b = &c->broker;
        const bool secret = b->password_file || b->password_credential;
        char since[TIME_TEXT_SIZE];
        int r = secret ? password_read(b, t->password) : 0;

        if (r < 0) {
                log_event(LOG_PROBLEM_KIND, LOG_ERR, NULL, "cannot read the broker's password (%s): %s",
                          b->password_credential ?: b->password_file, strerror(-r));
                return r;
        }
        topic_state(c->site.id, "daemon", NULL, NULL, t->will_topic);
        time_format_utc(since_us, since);
        snprintf(t->will, sizeof(t->will),
                 "{\"state\":\"offline\",\"boot\":\"%s\",\"version\":\"%s\",\"since\":\"%s\"}", boot, VERSION, since);
        *ret = (MqttOptions){ .site = c->site.id,
                              .client_id = b->client_id,
                              .unix_path = b->unix_socket,
                              .host = b->unix_socket ? NULL : b->host,
                              .port = b->port,
                              .username = b->username,
                              .password = secret ? t->password : NULL,
                              .cafile = b->tls_ca,
                              .certfile = b->tls_certificate,
                              .keyfile = b->tls_key,
                              .keepalive_s = b->keepalive_s,
                              .batch_max = (unsigned)b->batch,
                              .session_expiry_s = SESSION_EXPIRY_S,
                              .will_topic = t->will_topic,
                              .will_payload = t->will,
                              .n_will_payload = strlen(t->will) };
        return 0;
}
