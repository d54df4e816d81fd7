/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "observer.h"

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/stmt.h"

enum { AUTHORISED, RUNNING, SUSPENDED, ENDED, LAPSED }; /* as the schema has them */

static void _printf_(2, 3) broken(Observer *o, const char *why, ...) {
        va_list ap;

        if (o->broken[0])
                return;
        va_start(ap, why);
        vsnprintf(o->broken, sizeof(o->broken), why, ap);
        va_end(ap);
}

static bool live(const SessionSeen *s) {
        return s->committed && (s->state == AUTHORISED || s->state == RUNNING);
}

void observer_begin(Observer *o, const World *w, Sim *s) {
        const Observer before = *o;

        *o = (Observer){ .sim = s, .world = w };
        o->counts = before.counts;
        memcpy(o->permit_seq, before.permit_seq, sizeof(o->permit_seq));
        o->first_session = sim_sql(s, "SELECT max(id) FROM session");
        o->first_item = sim_sql(s, "SELECT max(id) FROM item");
        for (int i = 0; i < WORLD_ITEMS; i++)
                o->owner[i] = o->touched[i] = -1;
}

const char *const observer_counted[] = {
        [COUNT_ALLOWED] = "requests allowed, with those repeated",
        [COUNT_DENIED] = "questions denied",
        [COUNT_PERMITS] = "permits",
        [COUNT_RELAY_PERMITS] = "permits of relays",
        [COUNT_FREED] = "needles that came free by a cancellation, and were allowed to another session",
        [COUNT_RETURNED] = "needles that came back unopened, and were allowed to another session",
        [COUNT_STOPPED] = "sessions stopped by a contact that belongs to none",
        [COUNT_LAPSED] = "sessions lapsed",
        [COUNT_REPEATED] = "permits given again for the same nonce",
        [COUNT_OUTLIVED] = "times that somebody was still energised after the end",
};

/* --- what was said ---------------------------------------------------------------------------------------------------------- */

void observer_handed(Observer *o, int letter) {
        const Letter *l = o->world->letters + letter;
        const SessionSeen *s = l->session >= 0 ? o->sessions + l->session : NULL;

        if (l->what == LETTER_RELAY_RENEW)
                for (int k = l->room; k < WORLD_SESSIONS; k += WORLD_ROOMS)
                        if (live(o->sessions + k))
                                s = o->sessions + k;
        assert_true(o->n_handed < LETTERS_MAX);
        o->handed[o->n_handed].letter = letter;
        o->handed[o->n_handed].at_us = o->world->t_us;
        o->handed[o->n_handed].was_gone = s && s->gone_us > 0;
        o->handed[o->n_handed++].was_damaged = s && (s->items & o->damaged);
        if (l->what == LETTER_USAGE && l->on_skin && !l->seq)
                o->contact[l->room] |= l->items;
}

void observer_lost(Observer *o) {
        o->n_handed = 0;
        memset(o->contact, 0, sizeof(o->contact));
}

/* Nothing that this device said before it can still be missing: so it had its effect. */
static bool in_order(Observer *o, const Letter *l) {
        if (!l->seq)
                return true;
        if (l->boot != o->world->boots[l->device])
                return false;
        if (o->got_boot[l->device] != l->boot) {
                o->got_boot[l->device] = l->boot;
                memset(o->got[l->device], 0, sizeof(o->got[0]));
        }
        o->got[l->device][l->seq] = true;
        for (int n = 1; n <= l->seq; n++)
                if (!o->got[l->device][n])
                        return false;
        return true;
}

static void letter_stands(Observer *o, int letter, int64_t at_us) {
        const Letter *l = o->world->letters + letter;
        const bool sure = in_order(o, l);
        SessionSeen *s = l->session >= 0 ? o->sessions + l->session : NULL;

        if (o->first_us[letter] == 0)
                o->first_us[letter] = at_us;
        if (l->what == LETTER_START && sure && s->allowed && !s->cancelled)
                s->start_came = true;
        if (l->what == LETTER_END) {
                s->cancelled = s->cancelled || l->cancelled;
                o->returned |= l->items;
        }
        for (int i = 0; i < WORLD_ITEMS; i++) {
                if (!(l->items & (1U << i)) || !sure)
                        continue;
                if (l->what == LETTER_USAGE && !l->detached)
                        o->spent |= 1U << i;
                if (l->what == LETTER_DAMAGE)
                        o->damaged |= 1U << i;
        }
}

/* --- what was published -------------------------------------------------------------------------------------------------------- */

/* The payload of a JWS; every few of them by its signature too, which is dear. */
static json_t *payload_of(Observer *o, const char *jws) {
        const char *first = strchr(jws, '.'), *last = strrchr(jws, '.');
        uint8_t payload[1024];
        size_t n = 0;

        if (o->counts.of[COUNT_PERMITS] % 16 == 0)
                return sim_open_jws(o->sim, jws);
        if (!first || last <= first ||
            sodium_base642bin(payload, sizeof(payload), first + 1, (size_t)(last - first - 1), NULL, &n, NULL,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
                return NULL;
        return json_loadb((const char *)payload, n, 0, NULL);
}

static int nonce_number(const Observer *o, const char *nonce) {
        uint64_t number = 0;
        uint8_t bytes[16];
        size_t n = 0;

        if (!nonce || sodium_base642bin(bytes, sizeof(bytes), nonce, strlen(nonce), NULL, &n, NULL,
                                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
                return -1;
        memcpy(&number, bytes, sizeof(number));
        number -= (uint64_t)o->world->run * 1000;
        return number < o->world->n_letters ? (int)number : -1;
}

/* Since the session that was allowed it last gave it back: nobody else may be allowed it before. */
static bool came_free(const Observer *o, int item, int64_t now_us) {
        const SessionSeen *s = o->sessions + o->owner[item];

        if (o->returned & (1U << item))
                return true;
        return s->cancelled && !s->started && !s->start_came && !(o->was_spent & (1U << item)) && s->lease_until_us <= now_us;
}

static void allow_item(Observer *o, int item, int session) {
        const int owner = o->owner[item];

        if (o->was_spent & (1U << item) && owner != session)
                broken(o, "claim 1: item %d is allowed to session %d although its use was told before", item, session);
        if (owner >= 0 && owner != session && !came_free(o, item, o->world->t_us))
                broken(o, "claim 1: item %d is allowed to session %d while session %d has it", item, session, owner);
        if (o->touched[item] >= 0 && o->touched[item] != session)
                broken(o, "claim 1: item %d is allowed to session %d and was used in session %d", item, session,
                       o->touched[item]);
        if (owner >= 0 && owner != session)
                o->counts.of[o->returned & (1U << item) ? COUNT_RETURNED : COUNT_FREED]++;
        o->owner[item] = session;
}

static void allow(Observer *o, const Letter *l, int session) {
        SessionSeen *s = o->sessions + session;

        for (int i = 0; i < WORLD_ITEMS; i++)
                if (l->items & ~s->items & (1U << i))
                        allow_item(o, i, session);
        s->items |= l->items;
        s->allowed = true;
}

/* Of the times that this nonce came since the last commit: was there one at which a permit was right? */
static bool had_cause(const Observer *o, int nonce, int session) {
        for (size_t i = 0; i < o->n_handed; i++)
                if (o->handed[i].letter == nonce && !o->handed[i].was_gone && !o->handed[i].was_damaged)
                        return true;
        /* It may have come out of its order, and waited. */
        return o->world->letters[nonce].seq && !o->sessions[session].was_gone;
}

static void permit_time(Observer *o, const Permit *p) {
        const int64_t first_us = o->first_us[p->nonce], now_us = o->world->t_us;
        const bool waited = o->world->letters[p->nonce].seq; /* for what was missing before it, or may have */
        SessionSeen *s = o->sessions + p->session;

        if (p->ttl_us <= 0 || p->ttl_us > WORLD_LEASE_US || (!p->relay && p->ttl_us != WORLD_LEASE_US))
                broken(o, "claim 2: a permit of session %d for %lld us", p->session, (long long)p->ttl_us);
        if (p->relay && now_us + p->ttl_us > s->lease_most_us)
                broken(o, "claim 2: a relay's permit of session %d lasts longer than its room's lease", p->session);
        if (p->relay)
                return;
        if (now_us - (waited ? o->told_us[p->nonce] ?: now_us : first_us) > WORLD_LEASE_US)
                broken(o, "claim 2: a permit of session %d for a nonce that came a lease ago", p->session);
        s->lease_until_us = MAX_OF(s->lease_until_us, first_us + WORLD_LEASE_US);
        o->counts.of[COUNT_REPEATED] += o->told_us[p->nonce] > 0;
        if (o->told_us[p->nonce])
                return;
        s->lease_most_us = MAX_OF(s->lease_most_us, now_us + WORLD_LEASE_US);
        o->told_us[p->nonce] = now_us;
}

static bool permit_is(Observer *o, const char *jws, const Letter *l, Permit *ret) {
        json_t *j = payload_of(o, jws);
        const char *room = json_string_value(json_object_get(j, "room")), *label = json_string_value(json_object_get(j, "session"));
        const char *nonce = json_string_value(json_object_get(j, "nonce"));
        const int64_t seq = json_integer_value(json_object_get(j, "seq"));
        int run = -1, session = -1;
        bool good = room && label && sscanf(label, "s-%d-%d", &run, &session) == 2 && run == o->world->run;

        good = good && session >= 0 && session < WORLD_SESSIONS && session % WORLD_ROOMS == l->room &&
               atoi(room + 5) == l->room + 1 && (l->session < 0 || l->session == session) &&
               nonce_number(o, nonce) == (int)(l - o->world->letters) && seq > o->permit_seq[l->room];
        *ret = (Permit){ .nonce = (int)(l - o->world->letters),
                         .room = l->room,
                         .session = session,
                         .relay = l->what == LETTER_RELAY_RENEW,
                         .items = l->items,
                         .ttl_us = json_integer_value(json_object_get(j, "ttl_ms")) * 1000 };
        if (good)
                o->permit_seq[l->room] = seq;
        json_decref(j);
        return good;
}

static void answer(Observer *o, World *w, const SimOut *out) {
        json_t *j = json_loads(out->payload, 0, NULL);
        const char *verdict = json_string_value(json_object_get(j, "verdict")), *jws = json_string_value(json_object_get(j, "permit"));
        const int nonce = nonce_number(o, json_string_value(json_object_get(j, "nonce")));
        const Letter *l = w->letters + nonce;
        Permit p;

        if (nonce < 0 || !verdict) {
                broken(o, "an answer to no question: %.200s", out->payload);
        } else if (!streq(verdict, "allow") || !jws) {
                o->counts.of[COUNT_DENIED]++;
        } else if (!permit_is(o, jws, l, &p)) {
                broken(o, "claim 2: a permit that is not for what was asked: %.200s", out->payload);
        } else {
                if (!had_cause(o, nonce, p.session))
                        broken(o, "claim 2: a permit of session %d, which was over, stopped or had a damaged item", p.session);
                allow(o, l, p.session);
                permit_time(o, &p);
                o->counts.of[COUNT_ALLOWED] += l->what == LETTER_REQUEST;
                o->counts.of[COUNT_PERMITS]++;
                o->counts.of[COUNT_RELAY_PERMITS] += p.relay;
                world_answered(w, &p);
        }
        json_decref(j);
}

/* --- the ledger ------------------------------------------------------------------------------------------------------------------ */

static sqlite3_stmt *of_sessions, *of_items, *of_ends;

static sqlite3_stmt *query(Observer *o, sqlite3_stmt **stmt, const char *sql, int64_t after) {
        if (!*stmt && sqlite3_prepare_v2(o->sim->store->db, sql, -1, stmt, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(o->sim->store->db));
        sqlite3_bind_int64(*stmt, 1, after);
        return *stmt;
}

void observer_done(void) {
        sqlite3_finalize(TAKE(of_sessions));
        sqlite3_finalize(TAKE(of_items));
        sqlite3_finalize(TAKE(of_ends));
}

static void look_at_sessions(Observer *o) {
        static const char sql[] = "SELECT label, state, lease_until_us, (SELECT count(*) FROM session_item si JOIN item i "
                                  "ON i.id = si.item LEFT JOIN claim c ON c.item = i.id WHERE si.session = x.id AND "
                                  "coalesce(c.session, 0) <> x.id AND (x.state < 3 OR (i.used_us IS NULL AND NOT "
                                  "i.returned))) "
                                  "FROM session x WHERE id > ?1";
        sqlite3_stmt *stmt = query(o, &of_sessions, sql, o->first_session);

        while (sqlite3_step(stmt) == SQLITE_ROW) {
                int run, k;
                SessionSeen *s;

                assert_int_equal(sscanf((const char *)sqlite3_column_text(stmt, 0), "s-%d-%d", &run, &k), 2);
                s = o->sessions + k;
                s->committed = true;
                s->state = sqlite3_column_int(stmt, 1);
                s->covered_until_us = sqlite3_column_int64(stmt, 2) - o->sim->now.boot_us + o->world->t_us;
                s->unclaimed = sqlite3_column_int64(stmt, 3);
                if (!live(s) && s->gone_us == 0) {
                        s->gone_us = o->world->t_us;
                        o->counts.of[COUNT_LAPSED] += s->state == LAPSED;
                } else if (live(s) && s->gone_us) {
                        broken(o, "claim 2: session %d was over or stopped, and lives again", k);
                }
        }
        sqlite3_reset(stmt);
}

static void look_at_items(Observer *o) {
        static const char sql[] = "SELECT id - ?1 - 1, coalesce(used_session, ''), returned FROM item WHERE id > ?1";
        sqlite3_stmt *stmt = query(o, &of_items, sql, o->first_item);

        while (sqlite3_step(stmt) == SQLITE_ROW) {
                const int i = sqlite3_column_int(stmt, 0);
                const char *now = (const char *)sqlite3_column_text(stmt, 1);

                assert_true(i < WORLD_ITEMS);
                if (o->used_in[i][0] && !streq(o->used_in[i], now) && !sqlite3_column_int(stmt, 2))
                        broken(o, "claim 1: item %d was used in %s, and now in %s", i, o->used_in[i], now);
                snprintf(o->used_in[i], sizeof(o->used_in[i]), "%s", now);
        }
        sqlite3_reset(stmt);
}

/* --- claims 2 and 3, of whoever is energised -------------------------------------------------------------------------------------- */

static void check_energised(Observer *o, int session, int64_t until_us, const char *who) {
        const SessionSeen *s = o->sessions + session;

        if (until_us <= o->world->t_us)
                return;
        if (!s->committed)
                broken(o, "claim 3: a %s is energised by session %d, which the ledger does not have", who, session);
        else if (s->unclaimed)
                broken(o, "claim 3: a %s is energised by session %d, which has no claim on %lld items", who, session,
                       (long long)s->unclaimed);
        else if (s->gone_us && until_us > s->gone_us + WORLD_LEASE_US)
                broken(o, "claim 2: a %s is energised by session %d longer than a lease after it was over", who, session);
        else if (s->gone_us)
                o->counts.of[COUNT_OUTLIVED]++;
        else if (until_us > s->covered_until_us)
                broken(o, "claim 3: a %s is energised by session %d longer than the ledger knows", who, session);
}

static void check_devices(Observer *o) {
        for (int k = 0; k < WORLD_SESSIONS; k++)
                if (live(o->sessions + k) && o->sessions[k].covered_until_us > o->sessions[k].lease_most_us)
                        broken(o, "claim 3: the ledger's lease of session %d is longer than any permit", k);
        for (int r = 0; r < WORLD_ROOMS; r++) {
                const WorldRoom *room = o->world->rooms + r;
                const WorldRelay *relay = o->world->relays + r;

                check_energised(o, room->session, room->until_us, "room");
                check_energised(o, relay->session, relay->until_us, "relay");
        }
}

/* Contact with what no session of that room was ever allowed stops the one that is live there. */
static void check_locks(Observer *o) {
        for (int r = 0; r < WORLD_ROOMS; r++) {
                unsigned known = 0;

                for (int k = r; k < WORLD_SESSIONS; k += WORLD_ROOMS)
                        known |= o->sessions[k].items;
                for (int k = r; o->contact[r] & ~known && k < WORLD_SESSIONS; k += WORLD_ROOMS) {
                        if (o->sessions[k].was_live && live(o->sessions + k))
                                broken(o, "claim 2: session %d goes on after a contact that belongs to none", k);
                        o->counts.of[COUNT_STOPPED] += o->sessions[k].was_live;
                }
                o->contact[r] = 0;
        }
}

void observer_committed(Observer *o, World *w) {
        Sim *s = o->sim;

        for (size_t i = 0; i < o->n_handed; i++)
                letter_stands(o, o->handed[i].letter, o->handed[i].at_us);
        look_at_sessions(o);
        look_at_items(o);
        for (size_t i = 0; i < s->n_out && !o->broken[0]; i++)
                if (strncmp(s->out[i].topic, "down/", 5) == 0 &&
                    (strstr(s->out[i].topic, "/decision") || strstr(s->out[i].topic, "/permit")))
                        answer(o, w, s->out + i);
        sim_forget(s);
        check_locks(o);
        check_devices(o);
        o->was_spent = o->spent;
        for (int k = 0; k < WORLD_SESSIONS; k++) {
                o->sessions[k].was_gone = o->sessions[k].gone_us > 0;
                o->sessions[k].was_live = live(o->sessions + k);
        }
        o->n_handed = 0;
}

/* --- what must hold in every ledger ---------------------------------------------------------------------------------------------- */

void observer_ended(Observer *o) {
        static const char *const what[] = { "a claim of a session that ended otherwise than cancelled",
                                            "a session that lives or lapsed and does not hold the needles it was allowed",
                                            "a session without items", "two live sessions in one room" };
        static const char sql[] =
                "WITH x AS (SELECT * FROM session WHERE id > ?1) SELECT "
                "(SELECT count(*) FROM x JOIN claim c ON c.session = x.id WHERE state = 3 AND coalesce(outcome, -1) <> 1), "
                "(SELECT count(*) FROM x JOIN session_item i ON i.session = x.id WHERE state <> 3 AND NOT EXISTS "
                "(SELECT 1 FROM claim c WHERE c.item = i.item AND c.session = x.id)), "
                "(SELECT count(*) FROM x WHERE NOT EXISTS (SELECT 1 FROM session_item i WHERE i.session = x.id)), "
                "(SELECT count(*) FROM (SELECT 1 FROM x WHERE state < 3 GROUP BY room HAVING count(*) > 1))";
        sqlite3_stmt *stmt = query(o, &of_ends, sql, o->first_session);

        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        for (int i = 0; i < (int)ELEMENTSOF(what); i++)
                if (sqlite3_column_int64(stmt, i))
                        broken(o, "in the ledger: %s", what[i]);
        sqlite3_reset(stmt);
}

void observer_rebooted(Observer *o) {
        for (int k = 0; k < WORLD_SESSIONS; k++)
                o->sessions[k].lease_most_us = MAX_OF(o->sessions[k].lease_most_us, o->world->t_us + WORLD_LEASE_US);
}

void observer_started(Observer *o, int session) {
        o->sessions[session].started = true;
}

void observer_touched(Observer *o, int item, int session) {
        if (o->touched[item] >= 0 && o->touched[item] != session)
                broken(o, "claim 1: item %d is used in session %d and was in session %d", item, session, o->touched[item]);
        o->touched[item] = session;
}

void observer_energised(Observer *o, int session, int64_t until_us, bool relay) {
        check_energised(o, session, until_us, relay ? "relay" : "room");
}
