/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys: which one signs is decided by the ledger, and the key files follow it. To rotate is a commit; only then does
 * the new key sign and go into the key file. A crash in between leaves the ledger with the new key and the file with
 * the old one, and the next start finds the new one beside it and goes on from there. So the daemon signs with the key
 * that the ledger names, or, where it has not got that one, gives no permit until an officer says why.
 */
#include <stdio.h>

#include "intake/internal.h"

#define KEYS_KNOWN (SIGNER_KNOWN_MAX - 1) /* that signed before */

/* The public halves stand in the chain, and each one's word for the next: who verifies it and trusts the first learns from
 * it which key signed when. */
static int key_record(Intake *in, const char *event, const KeyRow *key, const char *was) {
        record_begin(in, "key");
        jsonw_member_string(&in->w, "event", event);
        jsonw_member_string(&in->w, "kid", key->kid);
        jsonw_member_string(&in->w, "public_key", key->public_key);
        jsonw_member_optional(&in->w, "was", was);
        jsonw_member_optional(&in->w, "statement", key->statement[0] ? key->statement : NULL);
        return record_end(in, NULL);
}

static void key_of_signer(Intake *in, KeyState state, KeyRow *ret) {
        *ret = (KeyRow){ .i = in->head.size + 1, .state = state, .made_us = in->now.wall_us };
        snprintf(ret->kid, sizeof(ret->kid), "%s", state == KEY_NEXT ? signer_next_kid(in->signer) : signer_kid(in->signer));
        snprintf(ret->public_key, sizeof(ret->public_key), "%s",
                 state == KEY_NEXT ? signer_next_public_key(in->signer) : signer_public_key(in->signer));
        if (state == KEY_CURRENT)
                ret->since_us = in->now.wall_us;
}

/* The signer learns which keys were ours: those that signed before, and the ledger's own where another one is there. */
static int keys_know(Intake *in) {
        KeyRow row;
        int64_t before = INT64_MAX;
        int r = key_get(in->store, KEY_CURRENT, &row);

        signer_know_none(in->signer);
        if (r > 0 && !streq(row.kid, signer_kid(in->signer)))
                r = signer_know(in->signer, row.public_key, false);
        for (int n = 0; n < KEYS_KNOWN && r >= 0; n++) {
                r = key_before(in->store, before, &row);
                if (r <= 0)
                        break;
                before = row.id;
                r = signer_know(in->signer, row.public_key, row.state == KEY_COMPROMISED);
        }
        return r < 0 ? r : 0;
}

static int first_key(Intake *in) {
        KeyRow row;
        int r;

        key_of_signer(in, KEY_CURRENT, &row);
        r = key_record(in, "first", &row, NULL);
        return r < 0 ? r : key_add(in->store, &row);
}

/* Somebody has put another key file there, or the right one is lost. No permit is signed by it: devices that pin the
 * right key would refuse it, and those that were paired meanwhile must not be opened behind everybody's back. */
static int key_exchanged(Intake *in, const KeyRow *expected) {
        KeyRow found;
        int r;

        key_of_signer(in, KEY_CURRENT, &found);
        r = key_record(in, "exchanged", &found, expected->kid);
        if (r < 0)
                return r;
        intake_doubt(in, DOUBT_KEY, "The key that signs was exchanged: the key file holds another one than the ledger says.");
        return alert_raise(in,
                           &(AlertAbout){ .rule = "key-changed", .subject = "signing-key", .severity = ALERT_CRITICAL },
                           "The key file holds key %s, and the ledger says %s. No session starts. Put the right file back and "
                           "restart; or, where you know why, accept it (asepsisctl key accept) and pair every device again.",
                           found.kid, expected->kid);
}

int keys_take_up(Intake *in) {
        const Now now = in->now;
        KeyRow row;
        int r = key_get(in->store, KEY_CURRENT, &row);

        if (r == 0)
                r = first_key(in);
        else if (r > 0) {
                if (!streq(row.kid, signer_kid(in->signer)) && streq_ptr(row.kid, signer_next_kid(in->signer)))
                        signer_switch(in->signer);
                if (!streq(row.kid, signer_kid(in->signer)))
                        r = key_exchanged(in, &row);
                else {
                        r = intake_alert_resolve(in, &now, "key-changed", "signing-key");
                        /* A file that cannot be written now is tried again after the next commit. */
                        in->keys_stale = signer_settle(in->signer) < 0;
                }
        }
        return r < 0 ? r : keys_know(in);
}

/* After the commit nothing may fail any more. A key file that cannot be written now is written at the next start. */
void keys_settle(Intake *in) {
        KeyRow row;
        int r;

        if (!in->keys_stale)
                return;
        in->keys_stale = false;
        r = key_get(in->store, KEY_CURRENT, &row);
        if (r <= 0)
                return;
        if (!streq(row.kid, signer_kid(in->signer)) && streq_ptr(row.kid, signer_next_kid(in->signer)))
                signer_switch(in->signer);
        if (streq(row.kid, signer_kid(in->signer))) {
                intake_doubt(in, DOUBT_KEY, NULL);
                r = signer_settle(in->signer);
        }
        if (r >= 0)
                r = keys_know(in);
        if (r < 0)
                batch_log(&in->batch, LOG_KEY_KIND, LOG_CRIT, NULL,
                          "key %s signs, and could not be put into the key file: %s. The next start does it; leave the files as "
                          "they are",
                          row.kid, strerror(-r));
}

/* --- acts --- */

static int statement_make(Intake *in, KeyRow *row) {
        _cleanup_(freep) char *jws = NULL;
        const char *text;
        size_t n;
        int r = encode_next_key(&in->w, &(EncodeNextKey){ .site = in->config->site.id,
                                                          .kid = row->kid,
                                                          .public_key = row->public_key,
                                                          .made_at_us = row->made_us });

        if (r == 0)
                r = jsonw_finish(&in->w, &text, &n);
        if (r == 0)
                r = signer_jws(in->signer, text, n, &jws);
        if (r == 0)
                snprintf(row->statement, sizeof(row->statement), "%s", jws);
        return r;
}

static const char exchanged_text[] = "The key file holds another key than the ledger says. Put the right one back and restart, or "
                                     "accept this one first (asepsisctl key accept).";

/* The one that was to follow has lost its file. */
static int drop_next(Intake *in, KeyRow *next) {
        next->state = KEY_DROPPED;
        return key_save(in->store, next);
}

int key_prepare(Intake *in, char ret_text[static ACT_TEXT_MAX]) {
        KeyRow next;
        int r = key_get(in->store, KEY_NEXT, &next);

        if (r < 0)
                return r;
        if (intake_doubted(in, DOUBT_KEY))
                return act_refuse(ret_text, "%s", exchanged_text);
        if (r > 0 && streq_ptr(next.kid, signer_next_kid(in->signer)))
                return act_refuse(
                        ret_text,
                        "Key %s is prepared already. Give its statement to the devices (asepsisctl key statement), "
                        "then rotate.",
                        next.kid);
        if (r > 0 && (r = drop_next(in, &next)) < 0)
                return r;
        r = signer_prepare(in->signer);
        if (r < 0)
                return act_refuse(ret_text, "The next key cannot be written beside the key file: %s.", strerror(-r));
        key_of_signer(in, KEY_NEXT, &next);
        r = statement_make(in, &next);
        if (r == 0)
                r = key_record(in, "prepared", &next, signer_kid(in->signer));
        if (r == 0)
                r = key_add(in->store, &next);
        if (r == 0)
                snprintf(ret_text, ACT_TEXT_MAX,
                         "Key %s is to follow. Give its statement to every device that verifies permits (asepsisctl key "
                         "statement), then rotate.",
                         next.kid);
        return r;
}

static int retire(Intake *in, KeyRow *key, KeyState state) {
        key->state = state;
        key->retired_us = in->now.wall_us;
        return key_save(in->store, key);
}

static int rotate(Intake *in, KeyRow *was, KeyRow *next, bool compromised, char ret_text[static ACT_TEXT_MAX]) {
        int r = retire(in, was, compromised ? KEY_COMPROMISED : KEY_RETIRED);

        next->state = KEY_CURRENT;
        next->since_us = in->now.wall_us;
        if (r == 0)
                r = key_save(in->store, next);
        if (r == 0)
                r = key_record(in, compromised ? "rotated-compromised" : "rotated", next, was->kid);
        if (r == 0)
                r = batch_log(&in->batch, LOG_KEY_KIND, LOG_NOTICE, NULL, "key %s signs from now on; %s is retired%s", next->kid,
                              was->kid, compromised ? " as compromised" : "");
        if (r < 0)
                return r;
        in->keys_stale = true;
        snprintf(ret_text, ACT_TEXT_MAX,
                 "Key %s signs from now on. %s is retired, and its secret half overwritten. Devices that do not know the new one "
                 "stay locked.%s",
                 next->kid, was->kid,
                 compromised ? " Pair each device again by hand: whoever has the old key can make statements of his own." : "");
        return 0;
}

int key_rotate(Intake *in, const char *cause, char ret_text[static ACT_TEXT_MAX]) {
        KeyRow next, was;
        int r = key_get(in->store, KEY_NEXT, &next);

        if (r < 0)
                return r;
        if (intake_doubted(in, DOUBT_KEY))
                return act_refuse(ret_text, "%s", exchanged_text);
        if (r == 0)
                return act_refuse(ret_text,
                                  "No key is prepared. Prepare one (asepsisctl key prepare), give its statement to the "
                                  "devices, then rotate.");
        if (!streq_ptr(next.kid, signer_next_kid(in->signer)))
                return act_refuse(
                        ret_text,
                        "The file of key %s, which was prepared, is lost or can be read by others. Prepare another "
                        "one.",
                        next.kid);
        r = key_get(in->store, KEY_CURRENT, &was);
        return r <= 0 ? r : rotate(in, &was, &next, streq_ptr(cause, "compromised"), ret_text);
}

static int accept_key(Intake *in, KeyRow *was, KeyRow *found) {
        int r = retire(in, was, KEY_RETIRED);

        if (r == 0 && found->id) {
                found->state = KEY_CURRENT;
                found->since_us = in->now.wall_us;
                found->retired_us = 0;
                r = key_save(in->store, found);
        } else if (r == 0) {
                key_of_signer(in, KEY_CURRENT, found);
        }
        if (r == 0)
                r = key_record(in, "accepted", found, was->kid);
        return r < 0 || found->id ? r : key_add(in->store, found);
}

int key_accept(Intake *in, const char *kid, char ret_text[static ACT_TEXT_MAX]) {
        const Now now = in->now;
        KeyRow was, found;
        int r;

        if (!intake_doubted(in, DOUBT_KEY))
                return act_refuse(ret_text,
                                  "The key that signs is the one that the ledger says. There is nothing to accept.");
        if (!streq(kid, signer_kid(in->signer)))
                return act_refuse(ret_text, "The key file holds key %s, not that one. Compare again what you accept.",
                                  signer_kid(in->signer));
        r = key_find(in->store, kid, &found);
        if (r > 0 && found.state == KEY_COMPROMISED)
                return act_refuse(
                        ret_text,
                        "This key was retired because others may have it. Put the right file back, and restart.");
        if (r == 0)
                found = (KeyRow){};
        if (r >= 0)
                r = key_get(in->store, KEY_CURRENT, &was);
        if (r > 0)
                r = accept_key(in, &was, &found);
        if (r == 0)
                r = intake_alert_resolve(in, &now, "key-changed", "signing-key");
        if (r < 0)
                return r;
        in->keys_stale = true;
        snprintf(ret_text, ACT_TEXT_MAX, "Key %s signs from now on. Every device that verifies permits must be paired with it.", kid);
        return 0;
}
