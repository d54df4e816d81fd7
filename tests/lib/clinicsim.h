/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A clinic in one process, without a broker and without waiting: a real ledger in a folder of its own, a real signer,
 * the intake, and both clocks in the test's hand. Whatever the intake would publish after a commit is kept for the test
 * to look at. Include after cmocka.h: everything here fails the test by itself.
 *
 * JSON is written with ' for ". Items have short names: C1 a cartridge, R1 a roller, S1 a sleeve, L1 a lancet, B1 a
 * blood tube, A1 an ampoule (with any number); whatever else is taken as it stands, such as HP-1. Lists are apart by
 * blanks. `who` is "kind/device", `what` "kind/device/message".
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "intake/intake.h"

#define SIM_START_US INT64_C(1795338000000000) /* 22 November 2026, 10:00 in Berlin */
#define SIM_NAMES_MAX 64

typedef struct SimOut {
        char *topic;    /* without asepsis/v1/clinic/ */
        char *payload;
        int qos;
        bool retain;
        uint32_t expiry_s;
        char *correlation; /* NULL: none */
} SimOut;

typedef struct Sim {
        char dir[40], ledger[64], key[64];
        Store *store;
        Signer *signer;
        Config *config;
        Intake *intake;
        Now now;
        int starts, machine;   /* how often the daemon and the machine started */
        bool keep_store;       /* the connection to the ledger outlives the daemon: what was not committed is gone as well,
                                * and starting anew is quicker */
        bool unsettled;        /* the test wrote into the ledger past the intake; the next commit says so in the chain */
        bool touched;          /* by another connection, or badly: it need not be what its chain says */
        const char *host;      /* which machine it is; NULL: the ledger's place is not looked at */
        uint64_t nonce;        /* the last that sim_ask() made */
        size_t n_out;
        SimOut *out;
        size_t n_who;
        struct {
                char who[80], boot[32];
                int64_t seq;   /* the last that was said */
        } who[SIM_NAMES_MAX];
} Sim;

/* The shipped configuration with these lines after it; NULL: as it is. */
void sim_open(Sim *s, const char *more);
void sim_close(Sim *s);
/* cmocka's setup and teardown; *state is a Sim with the shipped configuration. */
int sim_setup(void **state);
int sim_teardown(void **state);

/* The daemon stops in good order, and starts again; between them the test has the ledger's files. */
void sim_stop(Sim *s);
void sim_begin(Sim *s);
/* The daemon stops in good order, or dies with the batch at hand; then a new one starts on the same ledger. */
void sim_restart(Sim *s);
void sim_crash(Sim *s);
/* The machine restarts: CLOCK_BOOTTIME begins anew. The wall clock went on for off_us. */
void sim_reboot(Sim *s, int64_t off_us);

/* Both clocks go on. sim_pass() also gives the intake its tick, and commits. */
void sim_advance(Sim *s, int64_t us);
void sim_pass(Sim *s, int64_t us);
void sim_commit(Sim *s);

/* One message, not committed. boot NULL: without boot and seq. The JSON without them. */
void sim_say_as(Sim *s, const char *what, const char *boot, int64_t seq, const char *json, ...) _printf_(5, 6);
/* The same with all that may come with it, topic and bytes as they are. */
void sim_send(Sim *s, const char *topic, const char *payload, bool retained, const char *correlation);
/* One message with the device's next number, committed. */
void sim_say(Sim *s, const char *what, const char *json, ...) _printf_(3, 4);
/* The same, and it is not refused; what was published before is forgotten. */
void sim_taken(Sim *s, const char *what, const char *json, ...) _printf_(3, 4);
/* Without boot and seq, committed. */
void sim_blurt(Sim *s, const char *what, const char *json, ...) _printf_(3, 4);
/* The device starts anew: another boot, counting from 1. */
void sim_new_boot(Sim *s, const char *who);
/* The number it said last, and its boot. */
int64_t sim_seq(Sim *s, const char *who);
/* Takes the next number. */
int64_t sim_next_seq(Sim *s, const char *who);
const char *sim_boot(Sim *s, const char *who);

/* The full code of a short name, in a buffer that is used again after 16 calls. */
const char *sim_code(const char *name);
/* A JSON array of them. */
const char *sim_codes(const char *names);

/* What was published since sim_forget(): how often on this topic, and the last on it (NULL: nothing). */
void sim_forget(Sim *s);
size_t sim_count(const Sim *s, const char *topic);
const SimOut *sim_last(const Sim *s, const char *topic);
/* A member of the last message on a topic, as text; "" where either is missing. a.b goes into objects. */
const char *sim_member(const Sim *s, const char *topic, const char *path);
/* The rules in `reasons` of the last message on a topic, sorted, apart by blanks, each once. */
const char *sim_rules(const Sim *s, const char *topic);
/* Why the device's last message was refused; "" where it was not, or not since sim_forget(). */
const char *sim_rejected(const Sim *s, const char *who);

/* One number from the ledger; NULL counts as 0. */
int64_t sim_sql(Sim *s, const char *sql, ...) _printf_(2, 3);
const char *sim_text(Sim *s, const char *sql, ...) _printf_(2, 3);
/* An open alert of this rule: how often it was raised; 0: none. */
int64_t sim_alert(Sim *s, const char *rule);
/* Recomputes the chain from its first record by what the header of ledger.h says, and compares every head. */
void sim_check_chain(Sim *s);
/* What the test wrote past the intake stands in the chain when this returns; where a batch is lost before, it never does. */
void sim_settle(Sim *s);
/* The ledger of a daemon that was stopped is what its chain says: sim_close() looks, unless it was touched. */
void sim_verify(Sim *s);
/* The payload of a JWS that bears the clinic's signature, by libsodium; fails the test where it does not. */
json_t *sim_open_jws(Sim *s, const char *jws);

/* What became of it, as the ledger has it; -1: it does not know it. */
int64_t sim_item_state(Sim *s, const char *name);
int64_t sim_session_state(Sim *s, const char *session);
bool sim_claimed(Sim *s, const char *name);

/* A few things that clinics do. */
void sim_receive(Sim *s, const char *names);
/* Received, cleaned and disinfected, as a handpiece is. */
void sim_handpiece(Sim *s, const char *name);
/* A cycle of GEN_PREVAC_134 in ac-1, from start to end; the same, announced as empty; and a Bowie-Dick cycle, unread. */
void sim_cycle(Sim *s, int number, bool sound);
void sim_empty_cycle(Sim *s, int number, bool sound);
void sim_bowie_dick(Sim *s, int number);
/* Straight into the ledger: ac-1 passed its Bowie-Dick and leak tests just now. */
void sim_fit(Sim *s);
/* The same for a Bowie-Dick before cycle `number`, after the fact. */
void sim_was_fit(Sim *s, int number);
/* What a load's release takes beside a sound cycle: that, and the indicators outside these packs, read as changed. */
void sim_indicate(Sim *s, int number, const char *packs);
/* EX-n is received as this class and cleaned, and lies in pack P-n. */
void sim_packed(Sim *s, int n, const char *class_id, const char *wrap);
/* Samples [from, to) of a cycle of ac-1, a second each, so many in a message. */
struct GenCycle;
void sim_samples(Sim *s, int number, const struct GenCycle *g, size_t from, size_t to, size_t rows);
/* Received as this class, cleaned, packed as `pack`, sterilized in cycle `number` and released. */
void sim_sterilize(Sim *s, const char *name, const char *class_id, const char *pack, int number);
void sim_disinfect_room(Sim *s, const char *room);

/*
 * A request by ana for patient p-1 and skin-needling, with a new nonce, committed. "allow", or the rules that deny,
 * sorted, apart by blanks; or "rejected: REASON".
 */
const char *sim_ask(Sim *s, const char *room, const char *session, const char *names);
const char *sim_ask_for(Sim *s, const char *room, const char *session, const char *names, const char *practitioner,
                        const char *patient, const char *procedure);
/* The same with this nonce, not committed and not looked at. */
void sim_put_request(Sim *s, const char *room, const char *session, const char *names, uint64_t nonce);
/* A renewal with a new nonce, and an addition: answers as above. */
const char *sim_renew(Sim *s, const char *room, const char *session);
const char *sim_add(Sim *s, const char *room, const char *session, const char *names);
void sim_start(Sim *s, const char *room, const char *session);
void sim_end(Sim *s, const char *room, const char *session, const char *outcome);
/* Somebody does this, and it is committed: 0 or 1 (refused), and the text. */
int sim_act(Sim *s, const Act *act, char ret_text[static ACT_TEXT_MAX]);
#define assert_says(text, part)                                                                                        \
        do {                                                                                                           \
                if (!strstr(text, part))                                                                               \
                        fail_msg("\"%s\" does not say \"%s\"", text, part);                                            \
        } while (0)
/* An officer unlocks the room, and ends a session: "done", or why not. */
const char *sim_unlock(Sim *s, const char *room);
const char *sim_end_for(Sim *s, const char *session);
/* A relay asks for its own permit: "allow", or the rules that deny. And says what it is. */
const char *sim_relay_ask(Sim *s, const char *relay);
void sim_relay_say(Sim *s, const char *relay, bool energised);
/* 16 bytes for a number, in base64url; the buffer is used again after 16 calls. */
const char *sim_nonce(uint64_t number);
