/* SPDX-License-Identifier: Apache-2.0 */
/* What every handler needs: refusing, recording, publishing, and dates as people read them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/rfc3339.h"
#include "intake/internal.h"
#include "store/changes.h"
#include "store/schema.h"

int reject(Intake *in, Reject reason, const char *member, const char *format, ...) {
        va_list ap;

        in->reject.reason = reason;
        snprintf(in->reject.member, sizeof(in->reject.member), "%s", member ?: "");
        va_start(ap, format);
        vsnprintf(in->reject.detail, sizeof(in->reject.detail), format, ap);
        va_end(ap);
        return (int)reason;
}

int want_person(Intake *in, const char *member, const char *id) {
        return config_practitioner(in->config, id) ? 0 :
                                                     reject(in, REJECT_BAD_MEMBER, member,
                                                            "%s is not a registered person. Check the name, or have "
                                                            "this person registered.",
                                                            id);
}

void record_begin(Intake *in, const char *type) {
        jsonw_reset(&in->w);
        jsonw_object(&in->w);
        jsonw_member_string(&in->w, "type", type);
        jsonw_member_int(&in->w, "at_us", in->now.wall_us);
}

int record_end(Intake *in, int64_t *ret_i) {
        const char *text;
        size_t n;
        int r;

        jsonw_object_end(&in->w);
        r = jsonw_finish(&in->w, &text, &n);
        if (r == 0)
                r = ledger_append(in->store, &in->head, text, n);
        if (r == 0 && ret_i)
                *ret_i = in->head.size;
        return r;
}

int record_changes(Intake *in) {
        return changes_write(in->store, &in->w, &in->head, in->now.wall_us);
}

int record_changes_if_many(Intake *in) {
        return changes_many(in->store) ? record_changes(in) : 0;
}

int record_state(Intake *in) {
        int64_t version = 0;
        int r = store_meta_int_get(in->store, "state_version", &version);

        if (r < 0 || version == (int64_t)schema_n_migrations)
                return r < 0 ? r : 0;
        r = store_meta_int_set(in->store, "state_version", (int64_t)schema_n_migrations);
        return r < 0 ? r : changes_base(in->store, &in->w, &in->head, in->now.wall_us);
}

int publish_w(Intake *in, const char *topic, Outgoing **ret) {
        const char *text;
        size_t n;
        int r = jsonw_finish(&in->w, &text, &n);

        return r < 0 ? r : batch_publish(&in->batch, topic, text, n, ret);
}

int publish_durable(Intake *in, const char *topic, bool retain) {
        const char *text;
        Outgoing *out;
        int64_t id;
        size_t n;
        int r = jsonw_finish(&in->w, &text, &n);

        if (r == 0)
                r = ledger_outbox_add(in->store, in->now.wall_us, topic, text, retain, &id);
        if (r == 0)
                r = batch_publish(&in->batch, topic, text, n, &out);
        if (r < 0)
                return r;
        out->qos = 1;
        out->retain = retain;
        out->outbox = id;
        return 0;
}

int32_t year_now(const Intake *in) {
        return date_of(in->now.wall_us) / 10000;
}
