/* SPDX-License-Identifier: Apache-2.0 */
/* GetKey: the public half of the key that signs, for devices to pin; the one that follows; those that signed before. */
#include "bus/internal.h"
#include "store/keys.h"

static const char *const states[] = {
        [KEY_NEXT] = "next",       [KEY_CURRENT] = "current", [KEY_RETIRED] = "retired", [KEY_COMPROMISED] = "compromised",
        [KEY_DROPPED] = "dropped",
};

static void put_key(const KeyRow *k, Reply *r) {
        reply_text(r, "kid", k->kid);
        reply_text(r, "public_key", k->public_key);
        reply_text(r, "state", REPLY_WORD(states, k->state));
        reply_time(r, "made_at", k->made_us);
        reply_time(r, "since", k->since_us);
        reply_time(r, "retired_at", k->retired_us);
        reply_text(r, "statement", k->statement);
}

/* The one that signs; where the key file holds another one than the ledger says, that is told as it is. */
static int put_current(const BusSource *source, Reply *r) {
        Status status = {};
        KeyRow row;
        int known = key_get(source->store, KEY_CURRENT, &row);

        if (known < 0)
                return known;
        source->status(source->userdata, &status);
        if (known && streq(row.kid, status.kid)) {
                put_key(&row, r);
                return 0;
        }
        reply_text(r, "kid", status.kid);
        reply_text(r, "public_key", status.public_key);
        reply_text(r, "state", "exchanged");
        reply_text(r, "expected_kid", known ? row.kid : NULL);
        return 0;
}

static int put_others(Store *s, Reply *r) {
        KeyRow row;
        int64_t before = INT64_MAX;
        int more = key_get(s, KEY_NEXT, &row);

        if (more > 0) {
                reply_record_open(r, "next");
                put_key(&row, r);
                reply_record_close(r);
        }
        reply_list_open(r, "before", "a{sv}");
        for (int n = 0; n < BUS_KEYS_MAX && more >= 0; n++) {
                more = key_before(s, before, &row);
                if (more <= 0)
                        break;
                before = row.id;
                reply_open(r);
                put_key(&row, r);
                reply_close(r);
        }
        reply_list_close(r);
        return more < 0 ? more : 0;
}

/* GetKey() -> a{sv}. Ledger. */
int method_get_key(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        reply_open(&reply);
        r = put_current(source, &reply);
        if (r >= 0)
                r = put_others(source->store, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
