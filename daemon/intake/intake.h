/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Intake: from a message as it came to its effects in the ledger and the answers to it. Owns the order of devices, the
 * running cycles and the batch of what is to be said; decides by the pure core; writes through the store.
 * Everything from the first message to intake_commit() is one transaction, each message in it all or nothing: what one
 * device sends can undo its own message and nothing else.
 */
#include "act.h"
#include "batch.h"
#include "config.h"
#include "core/limits.h"
#include "sign.h"
#include "status.h"
#include "store/store.h"

typedef struct Intake Intake;

typedef struct Now {
        int64_t wall_us; /* since 1970 */
        int64_t boot_us; /* CLOCK_BOOTTIME */
} Now;

/* A message as the broker gave it. */
typedef struct Incoming {
        const char *topic;
        const void *payload;
        size_t size;
        bool retained;
        const void *correlation;
        size_t n_correlation;
} Incoming;

typedef struct IntakeOptions {
        Store *store; /* both outlive the intake */
        Signer *signer; /* changes its key when an officer says so */
        const Config *config;
        const char *boot; /* of this process */
        const char *machine_boot;
        const char *machine; /* its id, for its place; "": it has none; NULL: the place does not matter */
} IntakeOptions;

/* Reads the head, notes this boot in the ledger, and takes up what was left: leases, running cycles. */
int intake_new(Intake **ret, const IntakeOptions *o, const Now *now);
Intake *intake_free(Intake *in);
DEFINE_CLEANUP(Intake, intake_free)

/* The new configuration, from the next message on. The old one may be freed then. */
void intake_configure(Intake *in, const Config *config);

/* Takes one message. 0, or the store's error: the batch is then lost and must be rolled back. */
int intake_message(Intake *in, const Now *now, const Incoming *m);

/* What is due by the clock: lapses, holes that were waited for, the mark of the clock. Bounded; errors as above. */
int intake_tick(Intake *in, const Now *now);
/* CLOCK_BOOTTIME by when intake_tick() is to be called. */
int64_t intake_deadline_us(const Intake *in);

/* Commits what stands; then the batch may be flushed. On error everything since the last commit is forgotten. */
int intake_commit(Intake *in, const Now *now);
void intake_rollback(Intake *in);
Batch *intake_batch(Intake *in);

/* The state topics as they are now, into the batch: on connecting, and after reloading. */
int intake_publish_state(Intake *in, const Now *now);
/* The outbox, again. */
int intake_publish_outbox(Intake *in);
/* The broker has an entry of the outbox. */
int intake_outbox_settled(Intake *in, int64_t id);

/* A checkpoint of the committed head, signed: into the batch, and to be freed. */
int intake_checkpoint(Intake *in, const Now *now, char **ret_jws);
bool intake_checkpoint_due(const Intake *in);
/* Whether anybody's word is given for this ledger: not while it may not be the newest, or the key is not its own. */
bool intake_vouches(const Intake *in);
/* That checkpoint goes into the chain, where it is of the record just before: who edits the chain later has to take out
 * every one that comes after. Into the batch. */
int intake_checkpoint_record(Intake *in, const Now *now, const char *jws);
/* The same of the chain as it was after record `size`, for somebody who keeps it: nothing into the batch. 0 is the
 * committed head. 1, and to be freed; 0: there is no such record; -EPERM: the ledger is in doubt, and nobody's word is given
 * for it. */
int intake_checkpoint_of(Intake *in, const Now *now, int64_t size, char **ret_jws);

/* Broker lost and found. A new broker session may have lost messages that it had acknowledged. */
int intake_broker_lost(Intake *in, const Now *now, const char *why);
/* This process stood still until now: what comes in next may have waited for it. */
void intake_stopped(Intake *in, const Now *now);
int intake_broker_found(Intake *in, const Now *now, bool session_present);

/* Why no session may start: a sentence, copied, or NULL to withdraw it. ARMING: the broker's checkpoint is not read
 * yet. */
typedef enum Doubt {
        DOUBT_CLOCK,
        DOUBT_STORE,
        DOUBT_AUDIT,
        DOUBT_ARMING,
        DOUBT_RESTORE,
        DOUBT_SECOND,
        DOUBT_KEY,
        _DOUBT_MAX
} Doubt;
void intake_doubt(Intake *in, Doubt doubt, const char *sentence);
const char *intake_doubted(const Intake *in, Doubt doubt);
bool intake_doubted_any(const Intake *in);

/*
 * To be called with each time that is taken, before anything is stamped with it: sets or withdraws DOUBT_CLOCK. Changes
 * memory only. After a sleep of the machine DOUBT_ARMING stands until the caller has read the broker's records again.
 */
void intake_clock(Intake *in, const Now *now, int64_t monotonic_us, bool synchronised);
/* How long the machine slept, and nobody was told; 0: it did not. Then intake_clock_slept() before the next message. */
int64_t intake_slept_us(const Intake *in);
int intake_clock_slept(Intake *in, const Now *now);
/* Once a second: the alerts about the clock. */
int intake_clock_tell(Intake *in, const Now *now);
/* The highest wall time in the ledger. It does not move while the clock is in doubt. */
int64_t intake_mark_us(const Intake *in);
/* An officer's act: the clock is right as it stands. 0, or 1 and why not; or the store's error. */
int intake_clock_confirm(Intake *in, const Now *now, char ret_text[static ACT_TEXT_MAX]);

/* A checkpoint found on the broker. 1: ours, and DOUBT_AUDIT is set where our ledger does not know it, or accepted; 0:
 * another's, and DOUBT_SECOND is set. */
int intake_check_checkpoint(Intake *in, const Now *now, const char *jws, size_t n);
/* A state/daemon found there. 1: of this ledger, or accepted; 0: foreign, and DOUBT_SECOND is set. */
int intake_check_daemon(Intake *in, const Now *now, const char *payload, size_t n);

/* Writes the ledger's witness, where it has grown since; after commits, at most once a second. */
int intake_witness(Intake *in);
/* Officers' acts: this ledger goes on, although it was restored; although others know of a newer one, or another daemon
 * has spoken. 0, or 1 and why not; or the store's error. */
int intake_restore_confirm(Intake *in, const Now *now, const char *by, const char *reason,
                           char ret_text[static ACT_TEXT_MAX]);
int intake_audit_accept(Intake *in, const Now *now, const char *by, const char *reason,
                        char ret_text[static ACT_TEXT_MAX]);

/*
 * The backup that an act has begun. turn: one slice of it, outside a batch; 0: go on, and nothing is changed; 1: it has
 * ended, and what is to be committed says how; or the store's error. stop: its act came to nothing. age: once in a while,
 * is there a new one?
 */
int intake_backup_turn(Intake *in, const Now *now);
bool intake_backup_runs(const Intake *in);
void intake_backup_stop(Intake *in, const char *why);
int intake_backup_age(Intake *in, const Now *now);
int intake_backup_status(Intake *in, BackupStatus *ret);

/* Raises an alert of the daemon's own; see rules.md, 5. */
int intake_alert(Intake *in, const Now *now, const char *rule, const char *subject, int severity, const char *text);
/* As intake_alert(), but does not count up one that stands. */
int intake_alert_once(Intake *in, const Now *now, const char *rule, const char *subject, int severity,
                      const char *text);
int intake_alert_resolve(Intake *in, const Now *now, const char *rule, const char *subject);

/*
 * An act of a person, in the batch: the caller commits before it answers. ACT_DONE; or how it is refused, see act.h, and
 * nothing but the record of it is changed; ret_text: what was done, or why not and what to do instead. Otherwise the
 * store's error: the batch is lost.
 */
int intake_act(Intake *in, const Now *now, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* Whether this person may do such an act at all, before anybody is asked for a password. Changes and records nothing.
 * ACT_DONE: yes, and what stands now that the signature will be about; or as intake_act() would refuse it; ACT_HELD_OFF; or
 * the store's error. */
int intake_act_may(Intake *in, const Now *now, const Act *act, char ret_text[static ACT_TEXT_MAX], ActSeen *ret_seen);
/* The person was asked, and did not sign: on record, so far as there are not too many, and alerted. Into the batch; 0, or
 * the store's error. */
int intake_act_unsigned(Intake *in, const Now *now, const Act *act, ActUnsigned how);

/*
 * Acts on recalls, into the batch. `by` names a registered officer, for make anybody registered; the reason is not
 * empty. 0 and what was done, or 1 and why not, as a sentence for people in ret_text; or the store's error, and the
 * batch is lost.
 * make: `what` is lot, product, item, load (an attempt's label), supplier-load, or autoclave with the window in which
 * its attempts started, both ends included. confirm: a quarantine becomes a recall. end: what lay in quarantine comes
 * back, or a recall is over.
 */
int intake_recall_make(Intake *in, const Now *now, const char *what, const char *subject, int64_t from_us,
                       int64_t to_us, const char *by, const char *reason, int64_t *ret_recall,
                       char ret_text[static TEXT_MAX + 1]);
int intake_recall_confirm(Intake *in, const Now *now, int64_t recall, const char *by, const char *reason,
                          char ret_text[static TEXT_MAX + 1]);
int intake_recall_end(Intake *in, const Now *now, int64_t recall, const char *by, const char *reason,
                      char ret_text[static TEXT_MAX + 1]);
/* The yearly drill: somebody has traced this load to its patients. Counts for [duty drill], where there is one. */
int intake_drill(Intake *in, const Now *now, const char *attempt, const char *by, char ret_text[static TEXT_MAX + 1]);

/* Where the needles of this session are that reached no reader: by an officer, or by its practitioner. 0, 1, errors as
 * above. */
int intake_sharps(Intake *in, const Now *now, const char *session, const char *by, const char *reason,
                  char ret_text[static TEXT_MAX + 1]);

/*
 * Acts on an autoclave's service, into the batch. out: by anybody registered; cause is installation, relocation, repair,
 * fault (a minor one) or other. return: an officer; after nothing but a fault or other causes a releaser too. 0 and what
 * was done, or 1 and what is missing, as a sentence in ret_text; or the store's error, and the batch is lost.
 */
int intake_autoclave_out(Intake *in, const Now *now, const char *autoclave, const char *cause, const char *by,
                         const char *reason, char ret_text[static TEXT_MAX + 1]);
int intake_autoclave_return(Intake *in, const Now *now, const char *autoclave, const char *by, const char *reason,
                            char ret_text[static TEXT_MAX + 1]);

/*
 * Acts on rooms and their sessions, by an officer with a reason, into the batch; results as above. unlock: opens all that
 * locks the room. end: of a session that its room does not end.
 */
int intake_room_unlock(Intake *in, const Now *now, const char *room, const char *by, const char *reason,
                       char ret_text[static ACT_TEXT_MAX]);
int intake_session_end(Intake *in, const Now *now, const char *session, const char *by, const char *reason,
                       char ret_text[static ACT_TEXT_MAX]);

/* 1, and how this autoclave stands; 0: none such is configured; or the store's error. Changes nothing. Large: keep it
 * off small stacks. */
int intake_autoclave_status(Intake *in, const Now *now, const char *autoclave, AutoclaveStatus *ret);

/* 1, and what the gate would look at if this session were asked for now, as far as the ledger knows of its question; valid
 * until the next call of anything here. 0: it was never allowed, and who and what was asked for is not kept. Or the store's
 * error. Changes nothing. */
struct GateFacts;
int intake_why(Intake *in, const Now *now, const char *session, const struct GateFacts **ret);

/* Fills what it knows. */
void intake_status(Intake *in, Status *ret);

/* An officer's act: later cycles of this attempt's program in this autoclave are compared with it. ret_text: the margins
 * that it had; or, with 1, why it was refused and what to do. Negative: the store's error. */
int intake_commission(Intake *in, const Now *now, const char *attempt, const char *by, char ret_text[static TEXT_MAX + 1]);
