/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A witness is one short text of a fixed length, so that it lies within one sector: it is written in place, and what a
 * power cut leaves is the old one or the new one. Writing a new file and renaming it would ask for a flush each second,
 * or could leave an empty file, which nobody could tell from one that was tampered with. Only the first is written so.
 */
#include "store/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sha256.h"
#include "store/stmt.h"

#define WITNESS_SIZE 320
#define HEX_SIZE (2 * HASH_SIZE + 1)

static void to_hex(const uint8_t hash[static HASH_SIZE], char ret[static HEX_SIZE]) {
        for (size_t i = 0; i < HASH_SIZE; i++)
                snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

static int from_hex(const char *text, uint8_t ret[static HASH_SIZE]) {
        for (size_t i = 0; i < HASH_SIZE; i++) {
                unsigned byte;

                if (sscanf(text + 2 * i, "%2x", &byte) != 1)
                        return -EBADMSG;
                ret[i] = (uint8_t)byte;
        }
        return 0;
}

/* With a sum at its end, filled up with new lines. */
static int format(const Witness *w, char ret[static WITNESS_SIZE]) {
        char hex[HEX_SIZE];
        uint8_t sum[HASH_SIZE];
        int n, r;

        memset(ret, '\n', WITNESS_SIZE);
        to_hex(w->head.hash, hex);
        n = snprintf(ret, WITNESS_SIZE, "asepsis witness 1\nlog %s\nsize %" PRId64 "\nhead %s\n", w->log, w->head.size,
                     hex);
        r = sha256(&(Sha256Part){ ret, (size_t)n }, 1, sum);
        if (r < 0)
                return r;
        to_hex(sum, hex);
        n += snprintf(ret + n, WITNESS_SIZE - (size_t)n, "sum %s", hex);
        ret[n] = '\n';
        return 0;
}

static int parse(const char *text, Witness *ret) {
        char hex[HEX_SIZE] = "", again[WITNESS_SIZE];
        Witness w = {};
        int r;

        if (sscanf(text, "asepsis witness 1\nlog %64[-A-Za-z0-9._]\nsize %" SCNd64 "\nhead %64[0-9a-f]\n", w.log,
                   &w.head.size, hex) != 3 ||
            strlen(hex) != HEX_SIZE - 1)
                return -EBADMSG;
        r = from_hex(hex, w.head.hash);
        if (r == 0)
                r = format(&w, again);
        if (r < 0 || memcmp(again, text, WITNESS_SIZE) != 0)
                return r < 0 ? r : -EBADMSG;
        *ret = w;
        return 1;
}

static int path_of(const Store *s, const char *end, char **ret) {
        if (asprintf(ret, "%s.witness%s", s->path, end) >= 0)
                return 0;
        *ret = NULL;
        return -ENOMEM;
}

int witness_read(const Store *s, Witness *ret) {
        _cleanup_(freep) char *path = NULL;
        char text[WITNESS_SIZE + 1] = "";
        ssize_t n;
        int fd, r = path_of(s, "", &path);

        if (r < 0)
                return r;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0)
                return errno == ENOENT ? 0 : -EBADMSG;
        n = read(fd, text, WITNESS_SIZE);
        close(fd);
        return n == WITNESS_SIZE ? parse(text, ret) : -EBADMSG;
}

static int write_all(int fd, const char *text) {
        ssize_t n = pwrite(fd, text, WITNESS_SIZE, 0);

        return n == WITNESS_SIZE ? 0 : n < 0 ? -errno : -EIO;
}

static int sync_directory(const char *path) {
        _cleanup_(freep) char *directory = strdup(path);
        char *slash = directory ? strrchr(directory, '/') : NULL;
        int fd, r = 0;

        if (!slash)
                return directory ? 0 : -ENOMEM;
        slash[slash == directory] = '\0';
        fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
        if (fd < 0 || fsync(fd) < 0)
                r = -errno;
        if (fd >= 0)
                close(fd);
        return r;
}

static int create(Store *s, const char *text) {
        _cleanup_(freep) char *path = NULL, *new = NULL;
        int fd, r;

        if ((r = path_of(s, "", &path)) < 0 || (r = path_of(s, ".new", &new)) < 0)
                return r;
        fd = open(new, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = write_all(fd, text);
        if (r == 0 && (fsync(fd) < 0 || rename(new, path) < 0))
                r = -errno;
        if (r == 0)
                r = sync_directory(path);
        if (r == 0)
                s->witness = fd;
        else
                close(fd);
        return r;
}

int witness_write(Store *s, const Witness *w) {
        char text[WITNESS_SIZE];
        int r = format(w, text);

        if (r < 0)
                return r;
        return s->witness < 0 ? create(s, text) : write_all(s->witness, text);
}
