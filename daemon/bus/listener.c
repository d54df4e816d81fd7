/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bus/internal.h"

#define BACKLOG 64
#define NO_GROUP ((gid_t)-1)

static int find_group(const char *name, gid_t *ret) {
        struct group group, *found = NULL;
        char buffer[16384];
        int r;

        if (!name) {
                *ret = NO_GROUP;
                return 0;
        }
        r = getgrnam_r(name, &group, buffer, sizeof(buffer), &found);
        if (r != 0)
                return -r;
        if (!found)
                return -ESRCH;
        *ret = group.gr_gid;
        return 0;
}

/* 0: nobody is there; -EADDRINUSE: somebody is, however busy. */
static int nobody_answers(const struct sockaddr_un *sa) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), r;

        if (fd < 0)
                return -errno;
        r = connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 ? -errno : 0;
        close(fd);
        return r == -ECONNREFUSED || r == -ENOENT ? 0 : r == 0 || r == -EAGAIN ? -EADDRINUSE : r;
}

/* What a daemon that was killed left behind goes away; nothing else does. */
static int clear_stale(const struct sockaddr_un *sa) {
        struct stat st;
        int r;

        if (lstat(sa->sun_path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(st.st_mode))
                return -EEXIST;
        r = nobody_answers(sa);
        if (r < 0)
                return r;
        return unlink(sa->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

/* Born closed to everybody but us; group and mode come before anybody can be let in by listen(). */
static int bind_and_listen(int fd, const struct sockaddr_un *sa, gid_t gid, mode_t mode, Listener *l) {
        mode_t before = umask(0177);
        int r = bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) < 0 ? -errno : 0;
        struct stat st;

        umask(before);
        if (r < 0)
                return r;
        if (lstat(sa->sun_path, &st) < 0)
                return -errno;
        l->device = st.st_dev;
        l->inode = st.st_ino;
        if (gid != NO_GROUP && lchown(sa->sun_path, (uid_t)-1, gid) < 0)
                return -errno;
        if (chmod(sa->sun_path, mode) < 0 || listen(fd, BACKLOG) < 0)
                return -errno;
        return 0;
}

int listener_open(const BusOptions *o, Listener *ret) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        Listener l = { .fd = -1 };
        gid_t gid;
        int r;

        if (strlen(o->path) >= sizeof(sa.sun_path))
                return -ENAMETOOLONG;
        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", o->path);
        if ((r = find_group(o->group, &gid)) < 0 || (r = clear_stale(&sa)) < 0)
                return r;
        l.path = strdup(o->path);
        if (!l.path)
                return -ENOMEM;
        l.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        r = l.fd < 0 ? -errno : bind_and_listen(l.fd, &sa, gid, o->mode ? o->mode : 0660, &l);
        if (r < 0) {
                listener_close(&l);
                return r;
        }
        *ret = l;
        return 0;
}

void listener_close(Listener *l) {
        struct stat st;

        if (l->inode && lstat(l->path, &st) == 0 && st.st_dev == l->device && st.st_ino == l->inode)
                unlink(l->path);
        if (l->fd >= 0)
                close(l->fd);
        free(l->path);
        *l = (Listener){ .fd = -1 };
}
