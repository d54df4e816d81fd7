/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Long output goes through a pager, on a terminal only. It is kept until it is whole: what fits on the screen needs no
 * pager, progress can be told meanwhile, and the exit status is that of the verb.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl.h"
#include "out.h"
#include "util.h"

static FILE *terminal; /* stdout as it was; NULL: nothing is kept */
static char *text;
static size_t size;

/* What the person has chosen; NULL: none, and none is wanted. */
static const char *chosen(void) {
        static const char *const names[] = { "SYSTEMD_PAGER", "PAGER" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const char *p = getenv(names[i]);

                if (p)
                        return p[0] && !streq(p, "cat") ? p : NULL;
        }
        return "less";
}

void pager_begin(void) {
        FILE *kept;

        if (terminal || !isatty(STDOUT_FILENO) || !chosen())
                return;
        kept = open_memstream(&text, &size);
        if (!kept)
                return;
        terminal = stdout;
        stdout = kept;
}

static size_t screen_lines(void) {
        struct winsize w;

        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 1 ? w.ws_row - 1U : 23U;
}

static bool fits(void) {
        size_t lines = 0;

        for (size_t i = 0; i < size; i++)
                lines += text[i] == '\n';
        return lines <= screen_lines();
}

/* Through the shell, since the choice may have options. LESSSECURE: it may be root who reads, and less can run commands. */
static void exec_pager(const int ends[2], const char *pager) {
        setenv("LESS", getenv("SYSTEMD_LESS") ?: "FRSX", 1);
        setenv("LESSSECURE", "1", 1);
        if (out_utf8())
                setenv("LESSCHARSET", "utf-8", 1);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", pager, (char *)NULL);
        _exit(127);
}

static void put_all(int fd) {
        size_t done = 0;

        while (done < size) {
                ssize_t n = write(fd, text + done, size - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return;
                done += (size_t)n;
        }
}

/* Whether somebody has read it, or could have. */
static bool show_paged(void) {
        const char *pager = chosen();
        int ends[2], status = 0;
        pid_t pid;

        if (!pager || pipe(ends) < 0)
                return false;
        pid = fork();
        if (pid == 0)
                exec_pager(ends, pager);
        close(ends[0]);
        if (pid > 0) {
                void (*was)(int) = signal(SIGPIPE, SIG_IGN); /* left before the end */

                put_all(ends[1]);
                close(ends[1]);
                while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                        ;
                signal(SIGPIPE, was);
        } else
                close(ends[1]);
        return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 126;
}

void pager_end(void) {
        if (!terminal)
                return;
        fclose(stdout);
        stdout = TAKE(terminal);
        if (fits() || !show_paged())
                put_all(STDOUT_FILENO);
        free(TAKE(text));
}
