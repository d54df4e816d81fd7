/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Intake, inside: what the handlers of the messages share. */
#include "clock.h"
#include "codec/base64.h"
#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/topic.h"
#include "core/cycle.h"
#include "core/event.h"
#include "core/fitness.h"
#include "core/gate.h"
#include "core/interlock.h"
#include "core/override.h"
#include "core/samples.h"
#include "core/reasons.h"
#include "core/udi.h"
#include "intake/day.h"
#include "intake/facts.h"
#include "intake/intake.h"
#include "store/alerts.h"
#include "store/cycles.h"
#include "store/fitness.h"
#include "store/items.h"
#include "store/keys.h"
#include "store/ledger.h"
#include "store/loads.h"
#include "store/overrides.h"
#include "store/recalls.h"
#include "store/restore.h"
#include "store/rooms.h"
#include "store/sessions.h"
#include "store/treatments.h"

#define RECEIPT_WAIT_US (50 * US_PER_MS)
#define REJECTIONS_PER_MINUTE 60 /* answered and kept, a device; the rest is counted */
#define ACTS_PER_MINUTE 30 /* of one user at the control socket; more are refused and not recorded */
#define ACTORS_MAX 16      /* users whose acts are counted; the one that was longest quiet gives way */
#define DOUBT_TEXT_MAX 240
#define ALERTS_SLICE 100         /* open alerts published in one turn */
#define ALERTS_TOLD INT64_MAX
#define SLOTS_MAX 8192 /* a power of two, more than devices and kinds the configuration allows */

/* One (kind, device) that has spoken. */
typedef struct Slot {
        bool loaded, dirty; /* loaded: stream is as in the ledger; dirty: newer than there */
        Kind kind;
        char device[LABEL_MAX + 1];
        StreamRow stream;
        size_t saved_holes; /* as in the ledger */
        int64_t saved_lost;
        bool receipt_owed;
        int64_t receipt_last_us; /* CLOCK_BOOTTIME */
        int64_t rejected_since_us;
        unsigned rejected; /* within the minute */
} Slot;

/* The cycle that runs in one autoclave; rebuilt from the samples in the ledger whenever it is stale. */
typedef struct Running {
        char autoclave[LABEL_MAX + 1];
        bool stale, touched; /* stale: to be read again; touched: by the message at hand */
        bool taken_up;       /* after a restart, and nobody was told yet */
        AttemptRow attempt;  /* id 0: none runs */
        int64_t chunks;      /* the last one's number */
        int64_t gaps, epoch; /* evidence gaps; the clock of the arrivals, as Intake's */
        size_t stored;       /* samples in the chunks, whatever the cycle makes of each */
        Cycle cycle;
} Running;

#define RUN_MAX 64
#define RUN_BYTES 65536
#define RUN_ALONE 256 /* messages taken one by one after a refusal, so that refusals do not make each run be taken twice */

typedef struct RunMessage {
        Now now;
        Incoming m; /* points into the run's bytes */
} RunMessage;

typedef struct RunSlot {
        Slot *slot, before;
} RunSlot;

/* Messages that share a savepoint, and what they may change outside the database, as it was before the first. */
typedef struct Run {
        bool open;      /* more may come in, and all of it may be undone */
        bool standing;  /* its savepoint is there */
        bool busy;      /* one of its messages is at hand: whatever that calls belongs to it */
        unsigned alone; /* so many messages more are taken one by one */
        size_t n, used, n_slots;
        Head head;
        BatchMark mark;
        uint64_t decisions;
        char doubts[_DOUBT_MAX][DOUBT_TEXT_MAX];
        RunMessage messages[RUN_MAX];
        RunSlot slots[RUN_MAX];
        uint8_t bytes[RUN_BYTES];
} Run;

/* What the acts at hand put in force; it is so once they are committed. */
typedef struct Settling {
        unsigned doubts; /* a bit each: withdrawn */
        bool clock;      /* what follows is there */
        bool believed;
        int64_t mark_us, floor_us;
        Clock base;
} Settling;


typedef struct Account Account;

#define ACCOUNTS_MAX 16 /* sessions whose account is at hand: 110 KiB each when it is full */
#define CHUNK_MAX (STAMP_MAX + SAMPLES_ENCODED_MAX(SAMPLES_MAX))

struct Intake {
        Store *store;
        Signer *signer;
        const Config *config;
        Batch batch;
        JsonWriter w;
        Decoded *decoded;
        char boot[LABEL_MAX + 1], log[LABEL_MAX + 1];
        int64_t since_us, epoch;
        Now now; /* of the message or tick at hand */

        Head head, committed, published;
        Slot *table[SLOTS_MAX], *used[SLOTS_MAX];
        size_t n_used;
        struct {
                int64_t since_us; /* CLOCK_BOOTTIME */
                unsigned acts;    /* within the minute; 0: free */
                uid_t uid;
        } actors[ACTORS_MAX];
        Slot strangers; /* whoever is not configured: one allowance for all */
        Running *running;
        size_t n_running;
        Account *accounts[ACCOUNTS_MAX]; /* see account.c; NULL: from here on never used */
        uint64_t accounts_turn, accounts_undone;
        int64_t next_due_us;          /* sessions: lapse or freeing */
        int64_t recall_due_us;        /* wall time: a quarantine that is then undecided */
        int64_t next_fitness_us;      /* CLOCK_BOOTTIME: when the autoclaves are looked at again... */
        size_t fitness_at;            /* ...and which of them comes next */
        bool *fitness_stale;          /* by its place in the configuration: something was reported of it; NULL: of none */
        bool *state_stale;            /* likewise: its state topic is to be told before the commit */
        int64_t next_after_us;        /* CLOCK_BOOTTIME: when sessions that owe something are looked at again */
        int64_t after_wall_us;        /* wall time when they were last */
        bool after_all;               /* all of them are to be looked at */
        struct Watch {
                bool known, asked, told; /* known: when it was heard last; asked: whether an alert stands (told) */
                int64_t heard_us; /* CLOCK_BOOTTIME */
        } *watch;                     /* by its place in the configuration; NULL: nobody is watched yet */
        int64_t watch_since_us;       /* CLOCK_BOOTTIME since when this configuration stands... */
        int64_t watch_from_us;        /* ...and since when devices can be heard, if they could not for long */
        int64_t next_watch_us;        /* CLOCK_BOOTTIME: when devices are listened for again... */
        size_t watch_at;              /* ...and which of them comes next */
        int64_t alerts_after;         /* the last told of those that are being told again; ALERTS_TOLD: all are */
        int64_t mark_us;              /* highest wall time in the ledger */
        int64_t floor_us;             /* what runs out is judged as of then, if that is later than now */
        int64_t slept_us;             /* the machine slept so long, and nobody was told yet */
        Clock clock, clock_saved;     /* as it is, and as the ledger has it */
        ClockDoubt clock_doubt, clock_told; /* now, and as the alerts say */
        bool clock_synchronised, clock_believed; /* now; by an officer's word, until the machine starts anew */
        char machine_boot[LABEL_MAX + 1], machine[LABEL_MAX + 1];
        bool placed;                  /* the machine is known */
        int64_t witnessed;            /* size of the ledger, as its witness has it; -1: not written yet */
        int64_t restored_i;           /* of the question at hand: what was received before is blocked */
        Settling settling;
        bool keys_stale;              /* after the next commit: which key signs, by the ledger, and does it lie in its file */
        int64_t lost_us;              /* CLOCK_BOOTTIME since when the broker is away; 0: it is there */
        int64_t listening_us;         /* CLOCK_BOOTTIME since when nothing that comes in can have waited for us */
        char doubts[_DOUBT_MAX][DOUBT_TEXT_MAX]; /* empty: none */
        uint64_t messages, rejected, batches, decisions;

        GateFacts *facts; /* large; used by one request at a time */
        GateVerdict *verdict;
        RequestText *texts;           /* what the facts point to; large */
        uint8_t salts[64][SALT_SIZE]; /* random bytes in stock: a system call for each message is dear */
        size_t n_salts;
        Sample *samples; /* scratch for one chunk */
        uint8_t *chunk;

        DecodeError reject; /* why the message at hand is refused */
        Run run;            /* large; last, so that it is touched where it is used */
};

/* Where an event comes from, beside what it says. */
typedef struct Origin {
        int64_t i; /* its audit record */
        bool sequenced, late;
        const StreamRow *stream; /* NULL: not sequenced */
        const void *correlation;
        size_t n_correlation;
        const ConfigDevice *device;
} Origin;

/* A handler: 0; a Reject, with in->reject filled by reject(); or the store's error. */
typedef int (*Handler)(Intake *in, const Event *e, const Origin *o);

int on_cycle_start(Intake *in, const Event *e, const Origin *o);
int on_sample(Intake *in, const Event *e, const Origin *o);
int on_cycle_end(Intake *in, const Event *e, const Origin *o);
int on_test(Intake *in, const Event *e, const Origin *o);
int on_fault(Intake *in, const Event *e, const Origin *o);
int on_indicator(Intake *in, const Event *e, const Origin *o);
int on_receive(Intake *in, const Event *e, const Origin *o);
int on_clean(Intake *in, const Event *e, const Origin *o);
int on_disinfect(Intake *in, const Event *e, const Origin *o);
int on_pack(Intake *in, const Event *e, const Origin *o);
int on_load(Intake *in, const Event *e, const Origin *o);
int on_transcript(Intake *in, const Event *e, const Origin *o);
int on_release(Intake *in, const Event *e, const Origin *o);
int on_damage(Intake *in, const Event *e, const Origin *o);
int on_recall(Intake *in, const Event *e, const Origin *o);
int on_duty(Intake *in, const Event *e, const Origin *o);
int on_drop(Intake *in, const Event *e, const Origin *o);
int on_injury(Intake *in, const Event *e, const Origin *o);
int on_session_request(Intake *in, const Event *e, const Origin *o);
int on_session_renew(Intake *in, const Event *e, const Origin *o);
int on_session_add(Intake *in, const Event *e, const Origin *o);
int on_session_start(Intake *in, const Event *e, const Origin *o);
int on_session_end(Intake *in, const Event *e, const Origin *o);
int on_session_step(Intake *in, const Event *e, const Origin *o);
int on_open(Intake *in, const Event *e, const Origin *o);
int on_draw(Intake *in, const Event *e, const Origin *o);
int on_disinfected(Intake *in, const Event *e, const Origin *o);
int on_usage(Intake *in, const Event *e, const Origin *o);

/* Fills in->reject and returns the reason, for a handler to return. */
int reject(Intake *in, Reject reason, const char *member, const char *format, ...) _printf_(4, 5);

/* record.c: the audit chain. A record is built in in->w and appended by record_end(). */
void record_begin(Intake *in, const char *type);
int record_end(Intake *in, int64_t *ret_i);

/* run.c: messages that share a savepoint */
int run_begin(Intake *in);
/* What it did stands, whatever comes. run_close(): the savepoint goes later. run_forget(): it went with the transaction. */
int run_end(Intake *in);
void run_close(Intake *in);
void run_forget(Intake *in);
/* To be called by every entry but intake_message() before it changes anything: no run, and a transaction. */
int change_begin(Intake *in);
/* Is this message for a run at all; and for the one that is open? */
bool run_takes(Intake *in, const Incoming *m);
bool run_has_room(const Intake *in, const Incoming *m);
/* Before a message: whose slot it may change; at most one for each. After it: the message, as of in->now. */
void run_keep_slot(Intake *in, Slot *slot);
void run_keep(Intake *in, const Incoming *m);
/* As if none of it had come. Its messages stay readable until the next run begins. */
int run_undo(Intake *in);

/* intake.c */
/* Errors that are about this message only: our own bug, or a uniqueness we did not foresee. It must not stop the rest. */
bool survivable(int r);
/* Messages of a device are missing for good: recorded, alerted, and noted in the cycle that runs there. */
int evidence_gap(Intake *in, Kind kind, const char *device, int64_t lost, const char *why);
/* Everything held below the first number that is still awaited, each as a message of its own. */
int drain(Intake *in, Slot *slot);

/* broker.c */
/* A device hands back the last checkpoint it saw. Ours and unknown here: DOUBT_AUDIT. Not ours: only a warning, or any
 * stolen login could shut the clinic. */
int head_seen(Intake *in, const char *device, const char *jws);

/* clock.c */
int clock_take_up(Intake *in);
int clock_save(Intake *in);
void clock_committed(Intake *in);
/* No room counts as disinfected, and no override stands: nobody knows what was before what. */
int rooms_anew(Intake *in);

/* restore.c */
extern const char audit_doubt_text[]; /* in broker.c */
#define ACCEPTED_TOLD 200             /* named in the record; all are accepted */
/* At start: is this the newest ledger, and in its place? machine NULL: the place is not looked at. */
int restore_take_up(Intake *in, const char *machine);
/* It was received before the ledger was restored, and not again since. */
int restore_blocks(const ItemRow *item, int64_t restored_i);
/* A known piece is received: where a restore blocks it, that vouches for it. 0, a Reject, or an error. */
int restore_receive(Intake *in, const Origin *o, const ItemRow *known, const char *class_id);

/* alert.c */
typedef struct AlertAbout {
        const char *rule, *subject;
        AlertSeverity severity;
        const char *item, *session, *room, *device, *cycle;
} AlertAbout;
int alert_raise(Intake *in, const AlertAbout *about, const char *format, ...) _printf_(3, 4);
/* Where it is open: ends it. */
int alert_resolve(Intake *in, const char *rule, const char *subject, const char *by);

/* recall.c */
/*
 * Begins a recall or a quarantine in the transaction of its cause: row, audit record, alert. Sets id, i and at_us; where
 * nothing is said, cause "recall", by "asepsisd", and for a quarantine decide_by_us in 24 h. What its strings point to
 * need not outlive the call. A load that was released is LOAD_RECALLED from then on. 0, -ENOENT (no such attempt), or
 * the store's error.
 */
int recall_begin(Intake *in, RecallRow *row);
/* Alerts about quarantines that nobody decided on in time. */
int recalls_tick(Intake *in);

/* fitness.c: may what an autoclave sterilized be released */
/* Appends why this attempt's load may not be released now as to its autoclave; nothing: it may. */
int fitness_refusals(Intake *in, const AttemptRow *a, Reasons *ret);
/* Alerts about what is due, for one autoclave each time; at a rate of its own. */
int fitness_tick(Intake *in);
/* Something was reported of it: its alerts are raised and resolved before the batch is committed, once for all that it
 * brings. */
int fitness_changed(Intake *in, const char *autoclave);
int fitness_settle(Intake *in);

/* service.c: in and out of service */
/* Appends why it is out of service and what remains to be done; nothing: it is in. */
int fitness_service(Intake *in, const char *autoclave, Reasons *ret);
int service_out(Intake *in, const char *autoclave, ServiceCause cause, const char *format, ...) _printf_(4, 5);
/* Out of service, and quarantine or recall of what it sterilized since the last pass. */
int service_test_failed(Intake *in, const TestRow *t);
int service_calibration_failed(Intake *in, const ConfigAutoclave *c);
/* a NULL: the cycle that was named is not known. */
int service_spore_positive(Intake *in, const char *autoclave, const AttemptRow *a);
/* The negative one of this cycle says nothing any more: a recall that began with it goes further back. */
int service_spore_doubted(Intake *in, const AttemptRow *a);
/* 1: configured, or it ran here once. */
int autoclave_known(Intake *in, const char *id);

/* test.c: reports */
/* What all spore tests of this attempt come to. */
int spore_outcome(Intake *in, const AttemptRow *a, SporeOutcome *ret);
int duty_done(Intake *in, const Event *e, const Origin *o);

/* slot.c: devices and their streams */
/* NULL: out of memory. */
Slot *slot_get(Intake *in, Kind kind, const char *device);
int slot_load(Intake *in, Slot *s);
/* Its stream is in the ledger as it stands. */
void slot_saved(Slot *s);
int slots_flush(Intake *in);
void slots_forget(Intake *in);
void slots_free(Intake *in);
/* At start: the streams in which something is still held. */
int slots_take_up(Intake *in);
int receipt_publish(Intake *in, Kind kind, const char *device, const StreamRow *stream);

/* state.c: state/ topics */
int state_room(Intake *in, const RoomLook *look);
/* Told once before the commit, however often it changes until then; a message that is undone may leave it told in vain. */
int state_autoclave(Intake *in, const char *autoclave);
int state_settle(Intake *in);
int state_alert(Intake *in, const AlertRow *row);
int state_alerts(Intake *in);

static inline bool list_has(const List *l, const char *what) {
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->v[i], what))
                        return true;
        return false;
}

/* item.c: finding and changing items */
/* Canonical form of a code as scanned: 0, or a Reject. */
int item_code(Intake *in, const char *member, const char *code, Udi *ret);
/* 1 and the item; 0: not known; a Reject is impossible. An unreadable code is not known. */
int item_find(Intake *in, const char *code, ItemRow *ret);
/* As item_find(), but a code that is unreadable or not known is refused, saying so. 0 or a Reject. */
int item_want(Intake *in, const char *member, const char *code, ItemRow *ret);
/* The one place where an item that is in the ledger changes its state; reports old and new. Does not save the row. */
int item_enter_state(Intake *in, ItemRow *item, ItemState state);
/* A step towards use, done by a person. */
typedef struct ItemDone {
        ItemStep step;
        const char *by, *detail;
} ItemDone;
/* What the step would make of it: 0 and *ret; a Reject that says what should have happened; or an error. */
int item_may(Intake *in, const char *member, const ItemRow *item, ItemStep step, ItemState *ret);
/* The same, done and noted in the item's history. Does not save the row. */
int item_advance(Intake *in, const Origin *o, ItemRow *item, const ItemDone *done);
ItemWay item_way_of(const ConfigClass *c);
const ConfigClass *item_class(const Intake *in, const ItemRow *item);
bool item_single_use(const Intake *in, const ItemRow *item);
/* Marks it used, once; session may be "" where nobody knows. */
int item_use(Intake *in, ItemRow *item, const char *session);
int item_drop(Intake *in, const char *code);
/* In use where no session held it: for a look-back, which finds through it whoever was in that room. room may be NULL. */
int item_contact(Intake *in, const char *code, int64_t pack, const char *room);
/* A piece that was never received was in use, or dropped: remembered, and held against it once it is received. */
int item_stray(Intake *in, const char *code, bool used, bool dropped);
int item_take_up(Intake *in, ItemRow *item);

/* running.c: the cycle that runs in an autoclave */
/* 1 and the cycle that runs there; 0: none does. */
int running_get(Intake *in, const char *autoclave, Running **ret);
/* All are rebuilt from the ledger at their next use. */
void running_forget(Intake *in);
/* The broker was away for so long, and what was sent meanwhile comes late. */
int running_away(Intake *in, int64_t us);
/* Messages of the autoclave are missing, or may be. */
int running_gap(Intake *in, const char *autoclave);
/* At start: what runs goes on. Recorded, and told by running_tell() once there is somebody to tell. */
int running_take_up(Intake *in);
int running_tell(Intake *in);
/* Its place, whatever is in it. NULL: out of memory. */
Running *running_slot(Intake *in, const char *autoclave);
/* A new cycle for running->attempt. */
int running_begin(Intake *in, Running *running);
/* arrival NULL: not known. */
void running_feed(Running *running, const Sample *samples, size_t n, const Stamp *arrival);

/* cycle.c */
/* What commissioning left, and what the policy makes of it where it left nothing. */
int running_reference(Intake *in, Running *running);
/* An attempt of a cycle of which nothing was heard, ended at once and judged by that, with the packs that were put down
 * for it by its number; late are those that came after it began. */
int cycle_unheard(Intake *in, const char *autoclave, int64_t cycle, const char *program, int64_t started_us,
                  AttemptRow *ret);

/* transcript.c: readings for want of samples */
#define TRANSCRIBERS_MAX 256
typedef struct Transcribed {
        ReleaseManual facts; /* points to lacks */
        Reasons lacks;
        char by[TRANSCRIBERS_MAX]; /* ids, apart by commas */
} Transcribed;
/* 1 and what was transcribed of this attempt, judged, with all of its samples; 0: nothing. *ret is zeroed before. */
int transcript_facts(Intake *in, const AttemptRow *a, const char *releaser, Transcribed *ret);
/* The autoclave speaks of a cycle: where it is one that was transcribed unheard, its load waits for an officer. */
int transcript_doubted(Intake *in, const char *autoclave, int64_t cycle);
/* 1 and a sentence for as long as manual evidence is on, or is configured and has no effect; 0: neither. */
int transcript_alert_text(Intake *in, const ConfigAutoclave *c, char ret_text[static TEXT_MAX + 1]);

/* commission.c */
/* What the alert not-commissioned is about. */
void commissioning_subject(const char *autoclave, const char *program, char ret[static CODE_MAX + 1]);

/* reprocess.c */
/* Whether all that is in the pack may go into this autoclave; a known program is judged too. 0, a Reject, or an error. */
int pack_may_load(Intake *in, const PackRow *pack, const ConfigAutoclave *a, const ConfigProgram *known);
/* Whether the program, in this autoclave, sterilizes items of the class in such a wrap. */
bool process_suits(const ConfigClass *c, const ConfigAutoclave *a, const ConfigProgram *p, int wrap);

/* load.c */
/* The attempt has ended: each of its items counts it, and single-use ones are spent, with an alert. */
int load_through_cycle(Intake *in, const AttemptRow *a);

/* release.c */
/* Steam may not have reached everything in this load: it waits for an officer, 24 h at most. */
int load_quarantine(Intake *in, int64_t attempt, const char *cause, const char *by, const char *format, ...)
        _printf_(5, 6);

/* key.c: which key signs */
/* At start: the key file must hold the key that the ledger says; otherwise DOUBT_KEY. */
int keys_take_up(Intake *in);
/* 0 or 1 (refused), and a text; or an error. */
int key_prepare(Intake *in, char ret_text[static ACT_TEXT_MAX]);
int key_rotate(Intake *in, const char *cause, char ret_text[static ACT_TEXT_MAX]);
int key_accept(Intake *in, const char *kid, char ret_text[static ACT_TEXT_MAX]);
/* What was decided about keys is committed: the new one signs, and lies in the key file. */
void keys_settle(Intake *in);

/* override.c */
/* What two officers have taken out of an answer; points into the gate's table. */
typedef struct Overridden {
        size_t n;
        const char *rules[OVERRIDE_RULES_MAX];
} Overridden;
/* Takes out of the verdict over in->facts what is overridden for this question, or for the live session (asked->session). */
int override_apply(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], GateVerdict *v,
                   Overridden *ret);
/* A question was denied: what of it two officers may override. i: the decision's audit record. */
int override_offer(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], const GateVerdict *v,
                   int64_t i);
/* A session was allowed by these: they are used up, and it is told. Fills in s->overridden, and does not save it. */
int override_use(Intake *in, SessionRow *s, const Overridden *o, int64_t i);
/* An officer signs. 0 or 1 (refused), and a text. */
int override_sign(Intake *in, const char *session, const char *rule, const char *by, const char *reason,
                  char ret_text[static ACT_TEXT_MAX]);

/* session.c */
bool session_touch(SessionRow *s);
/* A report that could not be read: whatever it said, the live session of the room may have been touched. */
int session_doubted(Intake *in, const char *room);
int sessions_tick(Intake *in);
/* It gets no permit any more, and stays live until it is ended. */
int session_suspend(Intake *in, SessionRow *s, const char *why);

/* room.c: interlocks and locks */
/* A room as it is now. */
int room_look(Intake *in, const char *room, RoomLook *ret);
/* Something that the room's state follows from has changed: its session, a lease, a lock. Enters the state, and tells it. */
int room_settle(Intake *in, const char *room);
/* Tells it without a change. */
int room_tell(Intake *in, const char *room);
/* A permit that lasts until then (CLOCK_BOOTTIME) goes to somebody in the room; from: the first that is known of it. */
int room_leased(Intake *in, const char *room, int64_t from_us, int64_t until_us);
/* Busy until the last permit that was ever given for it has surely run out. */
int room_hold(Intake *in, const char *room);
/* Somebody was treated in the room, or may have been: it needs disinfection before the next session. */
int room_used(Intake *in, const char *room);
/*
 * A critical alert of section 5 locks the room it names, at each occurrence: nobody gets a permit there until an officer
 * has unlocked it, and the session that is live there is suspended. text: what happened, without any patient. room NULL:
 * none is known, and nothing is done.
 */
int room_lock(Intake *in, const char *room, const char *rule, const char *text);
/* Leases that ran out, and relays that should have spoken. */
int rooms_tick(Intake *in);

/* relay.c */
int relays_tick(Intake *in);
int on_relay_renew(Intake *in, const Event *e, const Origin *o);
int on_relay_state(Intake *in, const Event *e, const Origin *o);

/* account.c: 0, and what was done in that session so far. Whoever changes it changes its rows too. Good until another
 * session's is asked for. */
int account_of(Intake *in, int64_t session, Treatment **ret);
void accounts_free(Intake *in);

/* treatment.c: the protocol of a session, followed */
/* What the needles did: it belongs to this session, which holds them or just did, whatever the report names. */
int follow_usage(Intake *in, const Event *e, const Origin *o, const ItemRow *item, const char *session);
/* To be called last: it may suspend the session, in the ledger and not in *s. */
int follow_step(Intake *in, const Event *e, const Origin *o, const SessionRow *s);
int follow_start(Intake *in, const SessionRow *s);
/* Whoever ended it, once s->outcome is set (-1: nobody said): what is missing, and its protocol into the chain. */
int follow_end(Intake *in, const SessionRow *s);
/* after.c: what sessions still owe */
int after_tick(Intake *in);
void after_take_up(Intake *in);
/* Something of it was used, or it is over: looked at within a minute. */
int after_session(Intake *in, const char *session);
/* The item was dropped, cleaned, disinfected or damaged: whoever waits for that is looked at now. The item as it was. */
int after_item(Intake *in, const ItemRow *item);
/* As item_drop(). named: a reader saw it, or a registered person says so; otherwise it is spent, and still missing. */
int after_dropped(Intake *in, const char *code, bool named);

/* exposure.c: injuries */
bool exposure_is_duty(const char *duty);
int exposure_duty(Intake *in, const Event *e);
int exposure_turnover(Intake *in, const char *room, const char *by);

/* watch.c: devices that fell silent */
/* It spoke. Writes nothing. */
void watch_heard(Intake *in, const ConfigDevice *device);
int watch_tick(Intake *in);
/* The configuration is another one; the batch was lost; nobody could be heard for so long. */
void watch_forget(Intake *in);
void watch_undo(Intake *in);
void watch_away(Intake *in, int64_t us);

/* 0, or a Reject: not a registered person. */
int want_person(Intake *in, const char *member, const char *id);
int32_t year_now(const Intake *in);
/* Publishes what in->w holds, at QoS 1 and durable, or as the caller says by the returned entry. */
int publish_w(Intake *in, const char *topic, Outgoing **ret);
int publish_durable(Intake *in, const char *topic, bool retain);
