/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recalls: what may not be used any more, from the transaction of its cause on. Whatever lies unused is in quarantine
 * by that alone, for the gate asks for recalls at each decision; so no list of items is kept that could be incomplete,
 * and what is received later is covered too. Only an officer's signed act ends one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "intake/internal.h"

#define DECIDE_WITHIN_US US_PER_DAY

/* --- one begins --- */

/* What is recalled, as the subject of its alert. The attempt's label stands in `load`. */
static void recall_subject(const RecallRow *row, const char *load, char ret[static CODE_MAX + 1]) {
        if (row->code)
                snprintf(ret, CODE_MAX + 1, "%s", row->code);
        else if (row->lot)
                snprintf(ret, CODE_MAX + 1, "lot %s", row->lot);
        else if (row->product)
                snprintf(ret, CODE_MAX + 1, "product %s", row->product);
        else if (row->supplier_load)
                snprintf(ret, CODE_MAX + 1, "supplier load %s", row->supplier_load);
        else if (row->autoclave)
                snprintf(ret, CODE_MAX + 1, "autoclave %s, %d to %d", row->autoclave, date_of(row->from_us),
                         date_of(row->to_us));
        else
                snprintf(ret, CODE_MAX + 1, "load %s", load);
}

static void member_if(Intake *in, const char *name, const char *text) {
        if (text)
                jsonw_member_string(&in->w, name, text);
}

static int recall_record(Intake *in, RecallRow *row, const char *load) {
        record_begin(in, "recall");
        jsonw_member_string(&in->w, "what", row->kind == RECALL_QUARANTINE ? "quarantine" : "recall");
        jsonw_member_string(&in->w, "cause", row->cause);
        jsonw_member_string(&in->w, "reason", row->reason);
        jsonw_member_string(&in->w, "by", row->by);
        member_if(in, "lot", row->lot);
        member_if(in, "product", row->product);
        member_if(in, "item", row->code);
        member_if(in, "supplier_load", row->supplier_load);
        member_if(in, "autoclave", row->autoclave);
        if (row->attempt)
                jsonw_member_string(&in->w, "attempt", load);
        if (row->autoclave) {
                jsonw_member_int(&in->w, "from_us", row->from_us);
                jsonw_member_int(&in->w, "to_us", row->to_us);
        }
        return record_end(in, &row->i);
}

static int recall_alert(Intake *in, const RecallRow *row, const char *load) {
        const bool waits = row->kind == RECALL_QUARANTINE;
        char subject[CODE_MAX + 1];
        const AlertAbout about = { .rule = "item-recalled",
                                   .subject = subject,
                                   .severity = waits ? ALERT_WARNING : ALERT_CRITICAL,
                                   .item = row->code,
                                   .device = row->autoclave,
                                   .cycle = row->attempt ? load : NULL };

        recall_subject(row, load, subject);
        return waits ? alert_raise(in, &about,
                                   "Quarantine %" PRId64 ", %s: %.250s. Put it aside. An officer decides within 24 h: "
                                   "recall confirm, or recall end.",
                                   row->id, subject, row->reason)
                     : alert_raise(in, &about,
                                   "Recall %" PRId64 ", %s: %.250s. Take out of use what is left of it; a look-back "
                                   "lists who was treated with the rest.",
                                   row->id, subject, row->reason);
}

/* A released load is recalled as a whole, and stays so until the last recall of it has ended. */
static int load_recalled(Intake *in, AttemptRow *a) {
        if (a->released != LOAD_RELEASED)
                return 0;
        a->released = LOAD_RECALLED;
        return attempt_save(in->store, a);
}

int recall_begin(Intake *in, RecallRow *row) {
        AttemptRow a = {};
        int r = row->attempt ? attempt_get_id(in->store, row->attempt, &a) : 1;

        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        row->at_us = in->now.wall_us;
        row->cause = row->cause ?: "recall";
        row->by = row->by ?: "asepsisd";
        if (row->kind == RECALL_QUARANTINE && !row->decide_by_us)
                row->decide_by_us = row->at_us + DECIDE_WITHIN_US;
        r = recall_record(in, row, a.label);
        if (r == 0)
                r = recall_add(in->store, row);
        if (r == 0 && row->attempt)
                r = load_recalled(in, &a);
        return r < 0 ? r : recall_alert(in, row, a.label);
}

/* --- a station says so --- */

/* As the ledger writes products: a GTIN with 14 digits, or HIBC primary data. */
static void recalled_product(Intake *in, const char *said, char ret[static CODE_MAX + 1]) {
        Udi udi;
        bool known = udi_parse(said, strlen(said), year_now(in), &udi) == 0 && udi.product[0];

        snprintf(ret, CODE_MAX + 1, "%s", known ? udi.product : said);
}

/* Each by its code, so that one that is received later is recalled too. */
static int recall_items(Intake *in, const Event *e, const RecallRow *pattern) {
        int r = 0;

        for (size_t i = 0; i < e->recall.items.n && r == 0; i++) {
                const char *code = e->recall.items.v[i];
                RecallRow row = *pattern;
                Udi udi;

                row.code = udi_parse(code, strlen(code), year_now(in), &udi) ? code : udi.canonical;
                r = recall_begin(in, &row);
        }
        return r;
}

int on_recall(Intake *in, const Event *e, const Origin *o) {
        char product[CODE_MAX + 1];
        RecallRow row = { .reason = e->recall.reason,
                          .by = e->recall.by,
                          .lot = e->recall.lot,
                          .supplier_load = e->recall.supplier_load,
                          .autoclave = e->recall.autoclave,
                          .from_us = e->recall.from_us,
                          .to_us = e->recall.to_us };

        (void)o;
        if (e->recall.items.n > 0)
                return recall_items(in, e, &row);
        if (e->recall.autoclave && !config_autoclave(in->config, e->recall.autoclave))
                return reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.",
                              e->recall.autoclave);
        if (e->recall.product) {
                recalled_product(in, e->recall.product, product);
                row.product = product;
        }
        return recall_begin(in, &row);
}
