/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/internal.h"

/* GetBackup() -> a{sv}. Ledger. */
int method_get_backup(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        BackupStatus b;
        Reply reply;
        int r = source->backup(source->userdata, &b);

        if (r < 0)
                return bus_ledger_failed(source, r, error);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        reply_open(&reply);
        reply_text(&reply, "state", b.state);
        reply_text(&reply, "path", b.path);
        reply_text(&reply, "why", b.why);
        reply_number(&reply, "pages", b.pages);
        reply_number(&reply, "copied", b.copied);
        if (b.head[0]) {
                reply_number(&reply, "bytes", b.bytes);
                reply_number(&reply, "size", b.size);
        }
        reply_text(&reply, "head", b.head);
        reply_text(&reply, "checkpoint", b.checkpoint);
        reply_time(&reply, "last_at", b.last_us);
        reply_close(&reply);
        return reply_send(&reply);
}
