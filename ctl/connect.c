/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the daemon: over the system bus, where it is there as org.asepsis1, for what is signed is signed there only;
 * otherwise, or when a socket is named, peer to peer on that. And the agent that asks for the password on a terminal.
 */
#include "connect.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/bus.h"

#define AGENT "/usr/bin/pkttyagent"
#define AGENT_WAIT_MS 5000

/* A descriptor, or negative errno. */
static int open_socket(const char *path) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd;

        if (strlen(path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        memcpy(sa.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0) {
                int r = -errno;

                close(fd);
                return r;
        }
        return fd;
}

static uint64_t patience(const Ctl *c) {
        return (uint64_t)(c->patience_us ?: CALL_TIMEOUT_US);
}

/* sd-bus would wait for a minute and a half for a daemon that is there and does not answer. */
static int wait_ready(const Ctl *c, sd_bus *bus) {
        int r;

        while ((r = sd_bus_is_ready(bus)) == 0) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, patience(c)) ?: -ETIMEDOUT;
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : 0;
}

static int connect_socket(Ctl *c) {
        int fd = open_socket(c->socket), r;

        if (fd < 0)
                return fd;
        r = sd_bus_new(&c->bus);
        if (r < 0 || (r = sd_bus_set_fd(c->bus, fd, fd)) < 0) {
                close(fd);
                return r;
        }
        if ((r = sd_bus_set_method_call_timeout(c->bus, patience(c))) < 0 || (r = sd_bus_start(c->bus)) < 0)
                return r;
        return wait_ready(c, c->bus);
}

/* 0: the daemon is there; -ESRCH: the bus is, and the daemon is not. */
static int find_name(sd_bus *bus) {
        sd_bus_message *reply = NULL;
        int owned = 0, r;

        r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                               NULL, &reply, "s", BUS_NAME);
        if (r >= 0)
                r = sd_bus_message_read(reply, "b", &owned);
        sd_bus_message_unref(reply);
        return r < 0 ? r : owned ? 0 : -ESRCH;
}

static int connect_system(Ctl *c) {
        int r = sd_bus_open_system(&c->bus);

        if (r >= 0)
                r = sd_bus_set_method_call_timeout(c->bus, patience(c));
        if (r >= 0)
                r = wait_ready(c, c->bus);
        if (r >= 0)
                r = find_name(c->bus);
        if (r < 0) {
                ctl_disconnect(c);
                return r;
        }
        c->on_system = true;
        return 0;
}

int ctl_connect(Ctl *c) {
        int r;

        if (!c->socket || c->system) {
                r = connect_system(c);
                if (r >= 0 || c->system)
                        return r;
                c->socket = CTL_SOCKET_DEFAULT;
        }
        return connect_socket(c);
}

void ctl_disconnect(Ctl *c) {
        if (c->agent > 0) {
                kill(c->agent, SIGTERM);
                kill(c->agent, SIGCONT);
                waitpid(c->agent, NULL, 0);
                c->agent = 0;
        }
        if (c->bus)
                sd_bus_close(c->bus);
        c->bus = sd_bus_unref(c->bus);
}

/* Ends with us, however we end; it closes its end of the pipe when polkit knows of it. */
static void become_agent(int notify, pid_t parent) {
        char number[16];

        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent)
                _exit(0);
        snprintf(number, sizeof(number), "%d", notify);
        execl(AGENT, AGENT, "--notify-fd", number, (char *)NULL);
        _exit(127);
}

void ctl_start_agent(Ctl *c) {
        const pid_t self = getpid();
        struct pollfd end;
        int ends[2];

        if (c->agent > 0 || !c->on_system || geteuid() == 0 || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) ||
            access(AGENT, X_OK) < 0 || pipe(ends) < 0)
                return;
        fflush(NULL);
        c->agent = fork();
        if (c->agent == 0) {
                close(ends[0]);
                become_agent(ends[1], self);
        }
        close(ends[1]);
        end = (struct pollfd){ .fd = ends[0], .events = POLLIN };
        if (c->agent > 0)
                while (poll(&end, 1, AGENT_WAIT_MS) < 0 && errno == EINTR) {}
        close(ends[0]);
}
