/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recalls: what may not be used any more, from the transaction of its cause on. Whatever lies unused is in quarantine
 * by that alone, for the gate asks for recalls at each decision; so no list of items is kept that could be incomplete,
 * and what is received later is covered too. Only an officer's signed act ends one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "intake/sterile.h"
#include "store/loads.h"

#define DECIDE_WITHIN_US US_PER_DAY

/* --- one begins --- */

static void day_text(int64_t at_us, char ret[static 16]) {
        const int32_t date = date_of(at_us);

        snprintf(ret, 16, "%04d-%02d-%02d", date / 10000 % 10000, date / 100 % 100, date % 100);
}

/* So much of a person's reason goes into a sentence, without its full stop. */
static int prose(const char *text) {
        const size_t n = strnlen(text, 250);

        return (int)(n > 0 && text[n - 1] == '.' ? n - 1 : n);
}

/* What is recalled, as the subject of its alert. The attempt's label stands in `load`. */
static void recall_subject(const RecallRow *row, const char *load, char ret[static CODE_MAX + 1]) {
        char from[16], to[16];

        day_text(row->from_us, from);
        day_text(row->to_us, to);
        if (row->code)
                snprintf(ret, CODE_MAX + 1, "%s", row->code);
        else if (row->lot)
                snprintf(ret, CODE_MAX + 1, "lot %s", row->lot);
        else if (row->product)
                snprintf(ret, CODE_MAX + 1, "product %s", row->product);
        else if (row->supplier_load)
                snprintf(ret, CODE_MAX + 1, "supplier load %s", row->supplier_load);
        else if (row->autoclave)
                snprintf(ret, CODE_MAX + 1, "autoclave %s, %s to %s", row->autoclave, from, to);
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
                                   "Quarantine %" PRId64 ", %s: %.*s. Put it aside. An officer decides within 24 h: "
                                   "recall confirm, or recall end.",
                                   row->id, subject, prose(row->reason), row->reason)
                     : alert_raise(in, &about,
                                   "Recall %" PRId64 ", %s: %.*s. Take out of use what is left of it; a look-back "
                                   "lists who was treated with the rest.",
                                   row->id, subject, prose(row->reason), row->reason);
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
        if (row->decide_by_us)
                in->recall_due_us = MIN_OF(in->recall_due_us, row->decide_by_us);
        r = recall_record(in, row, a.label);
        if (r == 0)
                r = recall_add(in->store, row);
        if (r == 0 && row->attempt)
                r = load_recalled(in, &a);
        return r < 0 ? r : recall_alert(in, row, a.label);
}

/* --- an officer's word --- */

/* 0, or 1 and why this person may not say it. Anybody who is registered may recall; to end one takes an officer. */
static int refuse_word(const Intake *in, const char *by, bool officer, const char *reason,
                       char ret_text[static TEXT_MAX + 1]) {
        const ConfigPractitioner *p = config_practitioner(in->config, by);

        if (!p || (officer && !config_person_is(p, PERSON_OFFICER))) {
                snprintf(ret_text, TEXT_MAX + 1, "%.64s is not registered%s.", by,
                         officer ? " as an officer: an officer decides on recalls" : " here");
                return 1;
        }
        if (!reason[strspn(reason, " \t")]) {
                snprintf(ret_text, TEXT_MAX + 1, "Say why: the reason stands in the record.");
                return 1;
        }
        return 0;
}

/* The recall that is meant, as it stands: 0; 1 and why nothing can be said of it; or the store's error. */
static int recall_meant(Intake *in, int64_t id, RecallInfo *ret, char ret_text[static TEXT_MAX + 1]) {
        int r = recall_get(in->store, id, ret);

        if (r < 0)
                return r;
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1, "There is no recall %" PRId64 ". See asepsisctl recall.", id);
        else if (ret->ended_us)
                snprintf(ret_text, TEXT_MAX + 1, "Recall %" PRId64 " was ended by %s already.", id, ret->ended_by);
        return r == 0 || ret->ended_us;
}

static int word_record(Intake *in, int64_t id, const char *what, RecallWord *w) {
        record_begin(in, "recall");
        jsonw_member_int(&in->w, "recall", id);
        jsonw_member_string(&in->w, "what", what);
        jsonw_member_string(&in->w, "by", w->by);
        jsonw_member_string(&in->w, "reason", w->reason);
        w->at_us = in->now.wall_us;
        return record_end(in, &w->i);
}

static RecallRow row_of(const RecallInfo *x) {
        return (RecallRow){ .lot = x->lot[0] ? x->lot : NULL,
                            .product = x->product[0] ? x->product : NULL,
                            .code = x->code[0] ? x->code : NULL,
                            .supplier_load = x->supplier_load[0] ? x->supplier_load : NULL,
                            .autoclave = x->autoclave[0] ? x->autoclave : NULL,
                            .attempt = x->attempt,
                            .from_us = x->from_us,
                            .to_us = x->to_us };
}

/* Its alert ends with it, unless another recall that stands is about the same. */
static int settle_recalled(Intake *in, const RecallInfo *ended) {
        const RecallRow was = row_of(ended);
        char subject[CODE_MAX + 1], other[CODE_MAX + 1];
        RecallInfo x = {};
        int r;

        recall_subject(&was, ended->load, subject);
        while ((r = recall_next(in->store, x.id, false, &x)) > 0) {
                const RecallRow row = row_of(&x);

                recall_subject(&row, x.load, other);
                if (streq(subject, other))
                        return 0;
        }
        return r < 0 ? r : intake_alert_resolve(in, &in->now, "item-recalled", subject);
}

static int settle_undecided(Intake *in, int64_t id) {
        char subject[32];

        snprintf(subject, sizeof(subject), "recall %" PRId64, id);
        return intake_alert_resolve(in, &in->now, "recall-undecided", subject);
}

/* The officer answers for the load from now on. Where its release was withdrawn there is none to go back to: it stays
 * rejected. */
static int load_returned(Intake *in, const RecallInfo *x, const char *by) {
        AttemptRow a;
        int r = recall_on_attempt(in->store, x->attempt), withdrawn;

        if (r != 0)
                return r < 0 ? r : 0;
        r = attempt_get_id(in->store, x->attempt, &a);
        if (r <= 0 || a.released != LOAD_RECALLED)
                return r < 0 ? r : 0;
        withdrawn = load_withdrawn(in->store, x->attempt);
        if (withdrawn < 0)
                return withdrawn;
        a.released = withdrawn ? LOAD_REJECTED : LOAD_RELEASED;
        a.released_us = in->now.wall_us;
        snprintf(a.released_by, sizeof(a.released_by), "%s", by);
        return attempt_save(in->store, &a);
}

/* What every act has in common: 0 and the recall, 1 refused, or an error. */
static int word_begin(Intake *in, const Now *now, int64_t id, const RecallWord *w, RecallInfo *ret,
                      char ret_text[static TEXT_MAX + 1]) {
        int r;

        in->now = *now;
        r = refuse_word(in, w->by, true, w->reason, ret_text);
        if (r == 0)
                r = recall_meant(in, id, ret, ret_text);
        return r != 0 ? r : change_begin(in);
}

/* A piece that comes back out of its own quarantine: 0; ACT_REFUSED and why it does not; or an error. */
static int piece_back(Intake *in, const char *code, char ret_text[static TEXT_MAX + 1]) {
        char why[ITEM_TEXT_MAX];
        ItemRow item;
        int r = item_get(in->store, code, &item);

        if (r > 0)
                r = item_return(in, &item, why);
        return r == ACT_REFUSED ? act_refuse(ret_text, "%.130s: %s. It stays held back; recall confirm settles that.", code, why)
                                : r;
}

/* It is over, whatever it reached. */
static int recall_finish(Intake *in, const RecallInfo *x, RecallWord *w) {
        int r = word_record(in, x->id, "ended", w);

        if (r == 0)
                r = recall_end(in->store, x->id, w);
        if (r == 0 && x->attempt)
                r = load_returned(in, x, w->by);
        if (r == 0)
                r = settle_recalled(in, x);
        return r < 0 ? r : settle_undecided(in, x->id);
}

int intake_recall_end(Intake *in, const Now *now, int64_t recall, const char *by, const char *reason,
                      char ret_text[static TEXT_MAX + 1]) {
        RecallWord w = { .by = by, .reason = reason };
        RecallInfo x;
        int r = word_begin(in, now, recall, &w, &x, ret_text);

        if (r == 0 && streq(x.cause, RECALL_BY_HAND))
                r = piece_back(in, x.code, ret_text);
        if (r == 0)
                r = recall_finish(in, &x, &w);
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1,
                         "Recall %" PRId64 " has ended. What it held back can be used, unless something else holds it.",
                         recall);
        return r;
}

int intake_recall_confirm(Intake *in, const Now *now, int64_t recall, const char *by, const char *reason,
                          char ret_text[static TEXT_MAX + 1]) {
        RecallWord w = { .by = by, .reason = reason };
        RecallInfo x;
        int r = word_begin(in, now, recall, &w, &x, ret_text);

        if (r == 0 && x.kind != RECALL_QUARANTINE) {
                snprintf(ret_text, TEXT_MAX + 1, "Recall %" PRId64 " is no quarantine: there is nothing to confirm.",
                         recall);
                return 1;
        }
        if (r == 0)
                r = word_record(in, recall, "confirmed", &w);
        if (r == 0)
                r = recall_confirm(in->store, recall, &w);
        if (r == 0)
                r = settle_undecided(in, recall);
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1, "Quarantine %" PRId64 " stays, as a recall.", recall);
        return r;
}

/* As the ledger writes products: a GTIN with 14 digits, or HIBC primary data. */
static void recalled_product(Intake *in, const char *said, char ret[static CODE_MAX + 1]) {
        Udi udi;
        bool known = udi_parse(said, strlen(said), year_now(in), &udi) == 0 && udi.product[0];

        snprintf(ret, CODE_MAX + 1, "%s", known ? udi.product : said);
}

void recalled_item(Intake *in, const char *said, char ret[static CODE_MAX + 1]) {
        Udi udi;

        snprintf(ret, CODE_MAX + 1, "%s", udi_parse(said, strlen(said), year_now(in), &udi) ? said : udi.canonical);
}

/* Fills the member that `what` names: 0; 1 and why not; or the store's error. */
static int recall_named(Intake *in, const char *what, const char *subject, char code[static CODE_MAX + 1],
                        RecallRow *row, char ret_text[static TEXT_MAX + 1]) {
        AttemptRow a;
        int r;

        if (!subject[0]) {
                snprintf(ret_text, TEXT_MAX + 1, "Say which %.64s is recalled.", what);
                return 1;
        }
        row->lot = streq(what, "lot") ? subject : NULL;
        row->supplier_load = streq(what, "supplier-load") ? subject : NULL;
        row->autoclave = streq(what, "autoclave") ? subject : NULL;
        if (streq(what, "product")) {
                recalled_product(in, subject, code);
                row->product = code;
        } else if (streq(what, "item")) {
                recalled_item(in, subject, code);
                row->code = code;
        } else if (streq(what, "load")) {
                r = attempt_get(in->store, subject, &a);
                if (r < 0)
                        return r;
                row->attempt = r ? a.id : 0;
        }
        r = row->autoclave ? autoclave_known(in, subject) : 0;
        if (r < 0)
                return r;
        if (row->lot || row->supplier_load || row->product || row->code || row->attempt || r > 0)
                return 0;
        snprintf(ret_text, TEXT_MAX + 1, "There is no %.64s %.128s to recall.", what, subject);
        return 1;
}

int intake_recall_make(Intake *in, const Now *now, const char *what, const char *subject, int64_t from_us,
                       int64_t to_us, const char *by, const char *reason, int64_t *ret_recall,
                       char ret_text[static TEXT_MAX + 1]) {
        RecallRow row = { .reason = reason, .by = by, .from_us = from_us, .to_us = to_us };
        char code[CODE_MAX + 1];
        int r;

        in->now = *now;
        r = refuse_word(in, by, false, reason, ret_text);
        if (r == 0)
                r = recall_named(in, what, subject, code, &row, ret_text);
        if (r == 0 && row.autoclave && (from_us <= 0 || to_us < from_us)) {
                snprintf(ret_text, TEXT_MAX + 1, "Say from when to when its loads are recalled.");
                return 1;
        }
        if (r == 0)
                r = change_begin(in);
        if (r == 0)
                r = recall_begin(in, &row);
        if (r != 0)
                return r;
        snprintf(ret_text, TEXT_MAX + 1,
                 "Recall %" PRId64 " holds from now on. A look-back lists what it reaches: asepsisctl lookback.",
                 row.id);
        *ret_recall = row.id;
        return 0;
}

/* --- one piece --- */

/* Who has it now, as a sentence for people. */
static int holder_of(Intake *in, const char *code, char ret[static TEXT_MAX + 1]) {
        char session[LABEL_MAX + 1], room[LABEL_MAX + 1];
        ItemRow item;
        int64_t id;
        int r = item_get(in->store, code, &item);

        ret[0] = '\0';
        if (r == 0)
                snprintf(ret, TEXT_MAX + 1, " It is not in the ledger yet: look whether this is its code.");
        if (r > 0)
                r = claim_of(in->store, item.id, &id, session, room);
        if (r > 0)
                snprintf(ret, TEXT_MAX + 1, " Session %s holds it, and gets no further permit: tell them in %s.", session,
                         room);
        return r < 0 ? r : 0;
}

int item_quarantine_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        RecallRow row = { .kind = RECALL_QUARANTINE, .cause = RECALL_BY_HAND, .reason = act->reason, .by = act->by };
        char holder[TEXT_MAX + 1];
        Udi udi;
        int e = udi_parse(act->subject, strlen(act->subject), year_now(in), &udi), r;

        if (e)
                return act_refuse(ret_text, "%s", udi_error_text(e));
        if (!udi.single_piece)
                return act_refuse(ret_text, "This names a product or a lot, not one piece. To hold back all of it, recall "
                                            "it: asepsisctl recall make.");
        row.code = udi.canonical;
        r = recall_begin(in, &row);
        if (r == 0)
                r = holder_of(in, udi.canonical, holder);
        if (r == 0)
                snprintf(ret_text, ACT_TEXT_MAX,
                         "%s is in quarantine %" PRId64 ": no session gets it.%s An officer decides within 24 h: "
                         "asepsisctl item return, or recall confirm %" PRId64 ".",
                         udi.canonical, row.id, holder, row.id);
        return r;
}

/* What holds it back still, as a sentence for people; nothing where it is free. */
static int held_still(Intake *in, const char *code, char ret[static TEXT_MAX + 64]) {
        char reason[TEXT_MAX + 1];
        AttemptRow a = {};
        PackRow pack = {};
        ItemRow item;
        int r = item_get(in->store, code, &item);

        ret[0] = '\0';
        if (r > 0 && item.pack)
                r = pack_get_id(in->store, item.pack, &pack);
        if (r > 0 && pack.attempt)
                r = attempt_get_id(in->store, pack.attempt, &a);
        if (r > 0)
                r = recall_of(in->store, &item, a.id ? &a : NULL, reason);
        if (r > 0)
                snprintf(ret, TEXT_MAX + 64, " It is recalled still: %s", reason);
        return r < 0 ? r : 0;
}

static void back_text(Intake *in, const char *code, const char *held, char ret_text[static ACT_TEXT_MAX]) {
        ItemRow item;
        const int known = item_get(in->store, code, &item);

        snprintf(ret_text, ACT_TEXT_MAX, "%s is given back%s%s.%s", code, known > 0 ? ", and is " : "",
                 known > 0 ? item_state_name((ItemState)item.state) : "", held);
}

int item_return_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        RecallWord w = { .by = act->by, .reason = act->reason };
        char code[CODE_MAX + 1], held[TEXT_MAX + 64];
        RecallInfo x = {};
        int r, n = 0;

        recalled_item(in, act->subject, code);
        while ((r = recall_by_hand_next(in->store, code, x.id, &x)) > 0) {
                r = n++ ? 0 : piece_back(in, code, ret_text);
                if (r == 0)
                        r = recall_finish(in, &x, &w);
                if (r != 0)
                        return r;
        }
        if (r == 0 && n == 0)
                return act_refuse(ret_text, "%s is in no quarantine of its own. What holds it back: asepsisctl item.", code);
        if (r == 0)
                r = held_still(in, code, held);
        if (r == 0)
                back_text(in, code, held, ret_text);
        return r;
}

/* --- the drill --- */

int intake_drill(Intake *in, const Now *now, const char *attempt, const char *by, char ret_text[static TEXT_MAX + 1]) {
        DutyRow row = { .i = in->head.size, .at_us = now->wall_us, .duty = "drill", .passed = true };
        AttemptRow a;
        int r = attempt_get(in->store, attempt, &a);

        in->now = *now;
        if (r < 0)
                return r;
        if (r == 0 || (a.released != LOAD_RELEASED && a.released != LOAD_RECALLED)) {
                snprintf(ret_text, TEXT_MAX + 1, "%.64s is no load that was released. Trace one that was.", attempt);
                return 1;
        }
        snprintf(row.by, sizeof(row.by), "%s", by);
        r = duty_add(in->store, &row);
        for (size_t i = 0; i < in->config->n_autoclaves && r == 0; i++)
                r = fitness_changed(in, in->config->autoclaves[i].id);
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1, "The drill with load %s is on record.", attempt);
        return r;
}

/* --- by the clock --- */

/* Nobody has decided in time: told again each day, for as long as that lasts. */
int recalls_tick(Intake *in) {
        int64_t id = 0, due;
        bool overdue = false;
        int r;

        while ((r = recall_overdue(in->store, id, in->now.wall_us, &id)) > 0) {
                char subject[32];

                overdue = true;
                snprintf(subject, sizeof(subject), "recall %" PRId64, id);
                r = alert_raise(
                        in, &(AlertAbout){ .rule = "recall-undecided", .subject = subject, .severity = ALERT_CRITICAL },
                        "Quarantine %" PRId64 " has waited for 24 h and more. An officer decides: asepsisctl "
                        "recall confirm %" PRId64 ", or recall end %" PRId64 ", with a reason.",
                        id, id, id);
                if (r < 0)
                        return r;
        }
        if (r == 0)
                r = recall_next_decision(in->store, in->now.wall_us, &due);
        if (r < 0)
                return r;
        in->recall_due_us = r ? due : INT64_MAX;
        if (overdue)
                in->recall_due_us = MIN_OF(in->recall_due_us, in->now.wall_us + US_PER_DAY);
        return 0;
}

/* --- a station says so --- */

/* Each by its code, so that one that is received later is recalled too. */
static int recall_items(Intake *in, const Event *e, const RecallRow *pattern) {
        int r = 0;

        for (size_t i = 0; i < e->recall.items.n && r == 0; i++) {
                char code[CODE_MAX + 1];
                RecallRow row = *pattern;

                recalled_item(in, e->recall.items.v[i], code);
                row.code = code;
                r = recall_begin(in, &row);
        }
        return r;
}

static int recall_load(Intake *in, const Event *e, RecallRow *row) {
        AttemptRow a;
        int r = attempt_get(in->store, e->recall.attempt, &a);

        if (r < 0)
                return r;
        if (r == 0)
                return reject(in, REJECT_BAD_MEMBER, "attempt", "There is no load %s.", e->recall.attempt);
        row->attempt = a.id;
        return recall_begin(in, row);
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
        int r;

        (void)o;
        if (e->recall.items.n > 0)
                return recall_items(in, e, &row);
        if (e->recall.attempt)
                return recall_load(in, e, &row);
        r = e->recall.autoclave ? autoclave_known(in, e->recall.autoclave) : 1;
        if (r <= 0)
                return r < 0 ? r
                             : reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured, and never ran here.",
                                      e->recall.autoclave);
        if (e->recall.product) {
                recalled_product(in, e->recall.product, product);
                row.product = product;
        }
        return recall_begin(in, &row);
}
