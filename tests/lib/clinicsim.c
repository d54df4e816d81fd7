/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clinicsim.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clinicsim-files.h"
#include "store/stmt.h"
#include "store/verify.h"

#define PREFIX "asepsis/v1/clinic/"
#define RING 16
#define TEXT_SIZE 8192

/* Buffers that answers lie in; each is used again after RING calls. */
static char *ring(void) {
        static char buffers[RING][TEXT_SIZE];
        static size_t next;
        char *b = buffers[next++ % RING];

        b[0] = '\0';
        return b;
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

static void collect(void *userdata, const Outgoing *o) {
        Sim *s = userdata;
        SimOut *more = reallocarray(s->out, s->n_out + 1, sizeof(*more));

        assert_non_null(more);
        s->out = more;
        assert_int_equal(strncmp(o->topic, PREFIX, strlen(PREFIX)), 0);
        more += s->n_out++;
        *more = (SimOut){ .topic = strdup(o->topic + strlen(PREFIX)),
                          .payload = strndup(o->payload, o->n_payload),
                          .qos = o->qos,
                          .retain = o->retain,
                          .expiry_s = o->expiry_s,
                          .correlation = o->correlation ? strndup(o->correlation, o->n_correlation) : NULL };
}

/* What the daemon does after a commit; log lines are dropped. */
static void flush(Sim *s) {
        Batch *b = intake_batch(s->intake);

        for (size_t i = 0; i < b->n_out; i++)
                if (!b->out[i].withdrawn)
                        collect(s, b->out + i);
        batch_clear(b);
}

static void start(Sim *s) {
        char why[STORE_WHY_MAX] = "", boot[32], machine[32];
        StoreOpened opened;
        int r = s->store ? 0 : store_open(&s->store, &(StoreOptions){ .path = s->ledger }, &opened, why);

        if (r < 0)
                fail_msg("store_open: %s (%s)", strerror(-r), why);
        snprintf(boot, sizeof(boot), "daemon-%d", ++s->starts);
        snprintf(machine, sizeof(machine), "machine-%d", s->machine);
        r = intake_new(&s->intake,
                       &(IntakeOptions){ .store = s->store, .signer = s->signer, .config = s->config, .boot = boot,
                                         .machine_boot = machine, .machine = s->host },
                       &s->now);
        if (r < 0)
                fail_msg("intake_new: %s (%s)", strerror(-r), store_why(s->store));
}

static void stop(Sim *s) {
        s->intake = intake_free(s->intake);
        if (!s->keep_store)
                s->store = store_close(s->store);
}

void sim_open(Sim *s, const char *more) {
        *s = (Sim){ .now = { SIM_START_US, 1000 * US_PER_S }, .machine = 1 };
        setenv("TZ", "Europe/Berlin", 1);
        tzset();
        files_make(s->dir, sizeof(s->dir));
        snprintf(s->ledger, sizeof(s->ledger), "%s/ledger.db", s->dir);
        snprintf(s->key, sizeof(s->key), "%s/signing.key", s->dir);
        s->config = files_config(more);
        assert_int_equal(signer_open(&s->signer, s->key), 0);
        files_ledger(s->ledger);
        start(s);
}

void sim_verify(Sim *s) {
        VerifyResult found;
        int r = verify_ledger(&(VerifyOptions){ .path = s->ledger }, &found);

        if (r != 0)
                fail_msg("the ledger is not what its chain says (%d): %s", r, found.why);
}

void sim_settle(Sim *s) {
        if (!s->unsettled || !s->intake || !s->store || s->touched)
                return;
        assert_int_equal(store_begin(s->store), 0);
        sim_commit(s);
        s->unsettled = false;
}

void sim_close(Sim *s) {
        sim_settle(s);
        s->keep_store = false;
        stop(s);
        if (!s->touched)
                sim_verify(s);
        sim_forget(s);
        free(s->out);
        s->signer = signer_free(s->signer);
        s->config = config_free(s->config);
        files_remove(s->dir);
}

int sim_setup(void **state) {
        Sim *s = calloc(1, sizeof(*s));

        if (!s)
                return -1;
        sim_open(s, NULL);
        *state = s;
        return 0;
}

int sim_teardown(void **state) {
        sim_close(*state);
        free(*state);
        return 0;
}

void sim_stop(Sim *s) {
        sim_commit(s);
        assert_int_equal(intake_witness(s->intake), 0);
        stop(s);
}

void sim_begin(Sim *s) {
        start(s);
}

void sim_restart(Sim *s) {
        sim_commit(s);
        stop(s);
        start(s);
}

void sim_crash(Sim *s) {
        store_rollback(s->store);
        stop(s);
        start(s);
}

void sim_reboot(Sim *s, int64_t off_us) {
        sim_commit(s);
        stop(s);
        s->machine++;
        s->now.wall_us += off_us;
        s->now.boot_us = 20 * US_PER_S;
        start(s);
}

void sim_advance(Sim *s, int64_t us) {
        s->now.wall_us += us;
        s->now.boot_us += us;
}

void sim_pass(Sim *s, int64_t us) {
        sim_advance(s, us);
        assert_int_equal(intake_tick(s->intake, &s->now), 0);
        sim_commit(s);
}

void sim_commit(Sim *s) {
        assert_int_equal(intake_commit(s->intake, &s->now), 0);
        flush(s);
}

/* --- saying ---------------------------------------------------------------------------------------------------------- */

static size_t who_at(Sim *s, const char *who) {
        for (size_t i = 0; i < s->n_who; i++)
                if (streq(s->who[i].who, who))
                        return i;
        assert_true(s->n_who < SIM_NAMES_MAX);
        snprintf(s->who[s->n_who].who, sizeof(s->who[0].who), "%s", who);
        snprintf(s->who[s->n_who].boot, sizeof(s->who[0].boot), "b-1");
        return s->n_who++;
}

int64_t sim_seq(Sim *s, const char *who) {
        return s->who[who_at(s, who)].seq;
}

int64_t sim_next_seq(Sim *s, const char *who) {
        return ++s->who[who_at(s, who)].seq;
}

const char *sim_boot(Sim *s, const char *who) {
        return s->who[who_at(s, who)].boot;
}

void sim_new_boot(Sim *s, const char *who) {
        size_t i = who_at(s, who);
        int n = atoi(s->who[i].boot + 2) + 1;

        snprintf(s->who[i].boot, sizeof(s->who[i].boot), "b-%d", n);
        s->who[i].seq = 0;
}

void sim_send(Sim *s, const char *topic, const char *payload, bool retained, const char *correlation) {
        const Incoming m = { .topic = topic,
                             .payload = payload,
                             .size = strlen(payload),
                             .retained = retained,
                             .correlation = correlation,
                             .n_correlation = correlation ? strlen(correlation) : 0 };
        int r = intake_message(s->intake, &s->now, &m);

        if (r < 0)
                fail_msg("intake_message: %s (%s), %s", strerror(-r), store_why(s->store), payload);
}

static void say(Sim *s, const char *what, const char *boot, int64_t seq, const char *json, va_list ap) {
        _cleanup_(freep) char *body = NULL, *payload = NULL;
        char topic[256], head[128] = "";

        assert_true(vasprintf(&body, json, ap) >= 0);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        assert_int_equal(body[0], '{');
        if (boot)
                snprintf(head, sizeof(head), "\"boot\":\"%s\",\"seq\":%" PRId64 "%s", boot, seq, body[1] == '}' ? "" : ",");
        assert_true(asprintf(&payload, "{%s%s", head, body + 1) >= 0);
        snprintf(topic, sizeof(topic), PREFIX "up/%s", what);
        sim_send(s, topic, payload, false, NULL);
}

void sim_say_as(Sim *s, const char *what, const char *boot, int64_t seq, const char *json, ...) {
        va_list ap;

        va_start(ap, json);
        say(s, what, boot, seq, json, ap);
        va_end(ap);
}

static void say_next(Sim *s, const char *who, const char *what, const char *json, va_list ap) {
        const size_t i = who_at(s, who);

        say(s, what, s->who[i].boot, ++s->who[i].seq, json, ap);
        sim_commit(s);
}

/* KIND/DEVICE of KIND/DEVICE/MESSAGE. */
static void read_who(const char *what, char ret[static 80]) {
        snprintf(ret, 80, "%.*s", (int)(strrchr(what, '/') - what), what);
}

void sim_say(Sim *s, const char *what, const char *json, ...) {
        char who[80];
        va_list ap;

        read_who(what, who);
        va_start(ap, json);
        say_next(s, who, what, json, ap);
        va_end(ap);
}

void sim_taken(Sim *s, const char *what, const char *json, ...) {
        char who[80], rejected[128];
        va_list ap;

        read_who(what, who);
        sim_forget(s);
        va_start(ap, json);
        say_next(s, who, what, json, ap);
        va_end(ap);
        snprintf(rejected, sizeof(rejected), "down/%s/rejected", who);
        if (sim_rejected(s, who)[0])
                fail_msg("%s: %s: %s", what, sim_rejected(s, who), sim_member(s, rejected, "detail"));
}

void sim_blurt(Sim *s, const char *what, const char *json, ...) {
        va_list ap;

        va_start(ap, json);
        say(s, what, NULL, 0, json, ap);
        va_end(ap);
        sim_commit(s);
}

/* At most `size` bytes; how many they are. */
static size_t write_code(const char *name, char *b, size_t size) {
        static const struct {
                char letter;
                const char *gtin;
        } products[] = { { 'C', "00844588003288" }, { 'R', "00844588004001" }, { 'L', "00844588005015" },
                         { 'S', "00844588006029" }, { 'B', "00844588007033" }, { 'A', "00844588008047" } };

        for (size_t i = 0; i < ELEMENTSOF(products); i++)
                if (name[0] == products[i].letter && name[1] && strspn(name + 1, "0123456789") == strlen(name + 1))
                        return (size_t)snprintf(b, size, "(01)%s(21)%s", products[i].gtin, name);
        return (size_t)snprintf(b, size, "%s", name);
}

const char *sim_code(const char *name) {
        char *b = ring();

        write_code(name, b, TEXT_SIZE);
        return b;
}

const char *sim_codes(const char *names) {
        _cleanup_(freep) char *copy = strdup(names);
        char *b = ring(), *save = NULL;
        size_t n = 1;

        snprintf(b, TEXT_SIZE, "[");
        for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
                n += (size_t)snprintf(b + n, TEXT_SIZE - n, "%s\"", n > 1 ? "," : "");
                n += write_code(t, b + n, TEXT_SIZE - n);
                n += (size_t)snprintf(b + n, TEXT_SIZE - n, "\"");
        }
        snprintf(b + n, TEXT_SIZE - n, "]");
        return b;
}

const char *sim_nonce(uint64_t number) {
        uint8_t bytes[16] = {};
        char *b = ring();

        memcpy(bytes, &number, sizeof(number));
        sodium_bin2base64(b, TEXT_SIZE, bytes, sizeof(bytes), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        return b;
}

/* --- looking ---------------------------------------------------------------------------------------------------------- */

void sim_forget(Sim *s) {
        for (size_t i = 0; i < s->n_out; i++) {
                free(s->out[i].topic);
                free(s->out[i].payload);
                free(s->out[i].correlation);
        }
        s->n_out = 0;
}

size_t sim_count(const Sim *s, const char *topic) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_out; i++)
                n += streq(s->out[i].topic, topic);
        return n;
}

const SimOut *sim_last(const Sim *s, const char *topic) {
        for (size_t i = s->n_out; i > 0; i--)
                if (streq(s->out[i - 1].topic, topic))
                        return s->out + i - 1;
        return NULL;
}

const char *sim_member(const Sim *s, const char *topic, const char *path) {
        const SimOut *o = sim_last(s, topic);
        json_t *root = o ? json_loads(o->payload, 0, NULL) : NULL, *at = root;
        _cleanup_(freep) char *copy = strdup(path);
        char *b = ring(), *save = NULL;

        for (char *t = strtok_r(copy, ".", &save); t; t = strtok_r(NULL, ".", &save))
                at = json_object_get(at, t);
        if (json_is_string(at)) {
                snprintf(b, TEXT_SIZE, "%s", json_string_value(at));
        } else if (at) {
                char *dump = json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT);
                snprintf(b, TEXT_SIZE, "%s", dump);
                free(dump);
        }
        json_decref(root);
        return b;
}

static int compare_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *sim_rules(const Sim *s, const char *topic) {
        const SimOut *o = sim_last(s, topic);
        json_t *root = o ? json_loads(o->payload, 0, NULL) : NULL, *one;
        const char *rules[256];
        size_t i, n = 0, at = 0;
        char *b = ring();

        json_array_foreach(json_object_get(root, "reasons"), i, one) {
                assert_true(n < ELEMENTSOF(rules));
                rules[n++] = json_string_value(json_object_get(one, "rule"));
                assert_true(strlen(json_string_value(json_object_get(one, "text"))) > 10);
        }
        qsort(rules, n, sizeof(*rules), compare_text);
        for (i = 0; i < n; i++)
                if (i == 0 || !streq(rules[i], rules[i - 1]))
                        at += (size_t)snprintf(b + at, TEXT_SIZE - at, "%s%s", at ? " " : "", rules[i]);
        json_decref(root);
        return b;
}

const char *sim_rejected(const Sim *s, const char *who) {
        char topic[128];

        snprintf(topic, sizeof(topic), "down/%s/rejected", who);
        return sim_member(s, topic, "reason");
}

static const char *query(Sim *s, const char *sql, va_list ap) {
        _cleanup_(freep) char *text = NULL;
        sqlite3_stmt *stmt;
        char *b = ring();

        assert_true(vasprintf(&text, sql, ap) >= 0);
        if (sqlite3_prepare_v2(s->store->db, text, -1, &stmt, NULL) != SQLITE_OK)
                fail_msg("%s: %s", text, sqlite3_errmsg(s->store->db));
        s->unsettled |= !sqlite3_stmt_readonly(stmt);
        if (sqlite3_step(stmt) == SQLITE_ROW)
                snprintf(b, TEXT_SIZE, "%s", (const char *)sqlite3_column_text(stmt, 0) ?: "");
        sqlite3_finalize(stmt);
        return b;
}

int64_t sim_sql(Sim *s, const char *sql, ...) {
        const char *text;
        va_list ap;

        va_start(ap, sql);
        text = query(s, sql, ap);
        va_end(ap);
        return strtoll(text, NULL, 10);
}

const char *sim_text(Sim *s, const char *sql, ...) {
        const char *text;
        va_list ap;

        va_start(ap, sql);
        text = query(s, sql, ap);
        va_end(ap);
        return text;
}

int64_t sim_item_state(Sim *s, const char *name) {
        return sim_sql(s, "SELECT coalesce((SELECT state FROM item WHERE code = '%s'), -1)", sim_code(name));
}

int64_t sim_session_state(Sim *s, const char *session) {
        return sim_sql(s, "SELECT coalesce((SELECT state FROM session WHERE label = '%s'), -1)", session);
}

bool sim_claimed(Sim *s, const char *name) {
        return sim_sql(s, "SELECT count(*) FROM claim c JOIN item i ON i.id = c.item WHERE i.code = '%s'", sim_code(name)) == 1;
}

int64_t sim_alert(Sim *s, const char *rule) {
        return sim_sql(s, "SELECT sum(count) FROM alert WHERE rule = '%s' AND state < 2", rule);
}

void sim_check_chain(Sim *s) {
        uint8_t head[32] = {}, tag = 0;
        sqlite3_stmt *stmt;
        int64_t n = 0;

        assert_int_equal(sqlite3_prepare_v2(s->store->db, "SELECT i, record, hash FROM audit ORDER BY i", -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
                const uint64_t i = (uint64_t)sqlite3_column_int64(stmt, 0), be = __builtin_bswap64(i);
                const uint8_t *record = sqlite3_column_text(stmt, 1);
                const unsigned long long size = (unsigned long long)sqlite3_column_bytes(stmt, 1);
                crypto_hash_sha256_state h;

                assert_int_equal(i, ++n);
                crypto_hash_sha256_init(&h);
                crypto_hash_sha256_update(&h, &tag, 1);
                crypto_hash_sha256_update(&h, head, sizeof(head));
                crypto_hash_sha256_update(&h, (const uint8_t *)&be, sizeof(be));
                crypto_hash_sha256_update(&h, record, size);
                crypto_hash_sha256_final(&h, head);
                assert_memory_equal(head, sqlite3_column_blob(stmt, 2), sizeof(head));
        }
        sqlite3_finalize(stmt);
}

json_t *sim_open_jws(Sim *s, const char *jws) {
        const char *first = strchr(jws, '.'), *last = strrchr(jws, '.');
        uint8_t key[32], signature[64], payload[4096];
        size_t n_key, n_signature, n;
        json_t *json;

        assert_true(first && last > first);
        assert_int_equal(sodium_base642bin(key, sizeof(key), signer_public_key(s->signer), 43, NULL, &n_key, NULL,
                                           sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
        assert_int_equal(sodium_base642bin(signature, sizeof(signature), last + 1, strlen(last + 1), NULL, &n_signature, NULL,
                                           sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
        assert_int_equal(n_key, 32);
        assert_int_equal(n_signature, 64);
        assert_int_equal(crypto_sign_verify_detached(signature, (const uint8_t *)jws, (size_t)(last - jws), key), 0);
        assert_int_equal(sodium_base642bin(payload, sizeof(payload), first + 1, (size_t)(last - first - 1), NULL, &n, NULL,
                                           sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
        json = json_loadb((const char *)payload, n, 0, NULL);
        assert_non_null(json);
        return json;
}
