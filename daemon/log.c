/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define LINE_SIZE 1024
#define FIELD_SIZE 192

static const char *const message_ids[_LOG_KIND_MAX] = {
#define LOG_KIND(name, id) [LOG_##name##_KIND] = id,
        LOG_KINDS(LOG_KIND)
#undef LOG_KIND
};

static bool to_journal, colour;

void log_open(void) {
        to_journal = getenv("JOURNAL_STREAM") || getenv("INVOCATION_ID");
        colour = !to_journal && isatty(STDERR_FILENO) && !getenv("NO_COLOR");
}

static const char *priority_word(int priority) {
        return priority <= LOG_CRIT      ? "critical"
               : priority == LOG_ERR     ? "error"
               : priority == LOG_WARNING ? "warning"
                                         : "";
}

static void to_stderr(int priority, const char *text) {
        const char *word = priority_word(priority);
        const char *paint = !colour ? "" : priority <= LOG_ERR ? "\033[31m" : priority == LOG_WARNING ? "\033[33m" : "";

        fprintf(stderr, "%s%s%s%s%s\n", paint, word, word[0] ? ": " : "", text, paint[0] ? "\033[0m" : "");
}

typedef struct Fields {
        char text[10][FIELD_SIZE];
        struct iovec v[10];
        int n;
} Fields;

/* Control characters would end a field or paint a terminal. */
static void clean(char *text) {
        for (; *text; text++)
                if ((unsigned char)*text < 0x20 || *text == 0x7f)
                        *text = '?';
}

static void field(Fields *f, const char *name, const char *value) {
        char *to = f->text[f->n];
        int n;

        if (!value || !value[0])
                return;
        n = snprintf(to, FIELD_SIZE, "%s=%s", name, value);
        clean(to);
        f->v[f->n++] = (struct iovec){ to, MIN_OF((size_t)n, (size_t)FIELD_SIZE - 1) };
}

void log_event(LogKind kind, int priority, const LogSubject *subject, const char *format, ...) {
        static const LogSubject nothing;
        const LogSubject *s = subject ?: &nothing;
        char line[LINE_SIZE] = "MESSAGE=", *text = line + 8, number[2] = { (char)('0' + priority), 0 };
        Fields f = {};
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(line) - 8, format, ap);
        va_end(ap);
        clean(text);
        if (!to_journal) {
                to_stderr(priority, text);
                return;
        }
        f.v[f.n++] = (struct iovec){ line, strlen(line) };
        field(&f, "MESSAGE_ID", message_ids[kind]);
        field(&f, "PRIORITY", number);
        field(&f, "ASEPSIS_RULE", s->rule);
        field(&f, "ASEPSIS_ITEM", s->item);
        field(&f, "ASEPSIS_SESSION", s->session);
        field(&f, "ASEPSIS_ROOM", s->room);
        field(&f, "ASEPSIS_DEVICE", s->device);
        field(&f, "ASEPSIS_CYCLE", s->cycle);
        sd_journal_sendv(f.v, f.n);
}
