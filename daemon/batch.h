/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Batch: what is to be said once the transaction has committed: messages and log lines, in order. Dropped when the
 * transaction is. A mark lets one message's part be taken back alone.
 */
#include "log.h"
#include "util.h"

typedef struct Outgoing {
        char *topic, *payload;
        size_t n_payload;
        int qos;
        bool retain;
        bool superseded; /* set by batch_flush(): a later one takes its place */
        uint32_t expiry_s;
        void *correlation; /* as asked with; NULL: none */
        size_t n_correlation;
        int64_t outbox;    /* its row, to be deleted once the broker has it; 0: none */
        char *permit_of;   /* it carries a permit of this session; NULL: it carries none */
        bool withdrawn;
} Outgoing;

typedef struct LogLine {
        LogKind kind;
        int priority;
        char *text;
        char *subject[6]; /* in the order of LogSubject */
} LogLine;

typedef struct Batch {
        Outgoing *out;
        LogLine *log;
        size_t n_out, size_out, n_log, size_log;
} Batch;

typedef struct BatchMark {
        size_t n_out, n_log;
} BatchMark;

BatchMark batch_mark(const Batch *b);
void batch_undo(Batch *b, BatchMark mark);
void batch_clear(Batch *b);
void batch_done(Batch *b);

/* Copies everything. The entry may be completed by the caller (qos and so on) until the next call. */
int batch_publish(Batch *b, const char *topic, const char *payload, size_t n, Outgoing **ret);
/* The answer to a message that came with correlation data; n 0: it had none. */
int outgoing_correlate(Outgoing *o, const void *data, size_t n);
/* Says that it carries a permit of this session. */
int outgoing_permits(Outgoing *o, const char *session);
/* The permits of this session that have not left yet will not. No answer means locked, so an undo does not bring them
 * back. */
void batch_withdraw(Batch *b, const char *session);
int batch_log(Batch *b, LogKind kind, int priority, const LogSubject *subject, const char *format, ...) _printf_(5, 6);

/* Hands every message to `publish`, but of retained ones to one topic (almost always) only the last and those of the
 * outbox; then logs, then clears. */
void batch_flush(Batch *b, void (*publish)(void *userdata, const Outgoing *o), void *userdata);
