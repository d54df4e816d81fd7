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
#include "core/signing.h"
#include "core/reasons.h"
#include "core/udi.h"
#include "intake/day.h"
#include "intake/facts.h"
#include "intake/intake.h"
#include "store/alerts.h"
#include "store/cycles.h"
#include "store/erasure.h"
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

#define CLOCK_SINCE_NEVER INT64_MAX
#define RECEIPT_WAIT_US (50 * US_PER_MS)
#define REJECTIONS_PER_MINUTE 60 /* answered and kept, a device; the rest is counted */
#define ACTS_PER_MINUTE 30 /* of one user at the control socket; more are refused and not recorded */
#define SIGNERS_MAX 16     /* users whose failed signatures are counted; the one whose last was longest ago gives way */
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

#define WAITING_MAX 8192 /* bytes of samples in memory, for a cycle; a batch that has more is written in several rows */

/* What of Running.waiting counts: a chunk of several parts. What is before it may be needed again, if it is undone. */
typedef struct Waiting {
        size_t from, to;
        size_t last; /* where the last part begins */
        size_t parts, samples;
} Waiting;

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
        uint8_t *waiting;    /* samples that are not in the ledger yet; NULL: there never were any */
        Waiting waits, before; /* before: as of the savepoint that stands */
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
        struct {
                bool taken;
                uid_t uid;
                Signing signing;
        } signers[SIGNERS_MAX]; /* who did not sign what they were asked for */
        Slot strangers; /* whoever is not configured: one allowance for all */
        Running *running;
        size_t n_running;
        Account *accounts[ACCOUNTS_MAX]; /* see account.c; NULL: from here on never used */
        uint64_t accounts_turn, accounts_undone;
        int64_t next_due_us;          /* sessions: lapse or freeing */
        int64_t restarted_until_us;   /* CLOCK_BOOTTIME: what leases were taken to last to when the machine started */
        int64_t recall_due_us;        /* wall time: a quarantine that is then undecided */
        int64_t next_fitness_us;      /* CLOCK_BOOTTIME: when the autoclaves are looked at again... */
        size_t fitness_at;            /* ...and which of them comes next */
        int64_t next_people_us;       /* CLOCK_BOOTTIME: when qualifications are looked at again... */
        size_t people_at;             /* ...and whose come next */
        struct {
                bool known;               /* row is as in the ledger, or further than there */
                ErasureRow row;           /* id 0: none stands */
                int64_t next_us;          /* CLOCK_BOOTTIME: when it goes on */
        } erasing;
        int64_t next_trim_us;         /* CLOCK_BOOTTIME: when it is looked for what is older than [retention] keeps it */
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
        int64_t clock_since_us;       /* trusted since then, without a break; 0: always was; CLOCK_SINCE_NEVER: is not */
        int64_t clock_since_saved_us; /* as the ledger has it */
        int64_t slept_us;             /* the machine slept so long, and nobody was told yet */
        Clock clock, clock_saved;     /* as it is, and as the ledger has it */
        ClockDoubt clock_doubt, clock_told; /* now, and as the alerts say */
        bool clock_synchronised, clock_believed; /* now; by an officer's word, until the machine starts anew */
        char machine_boot[LABEL_MAX + 1], machine[LABEL_MAX + 1];
        bool placed;                  /* the machine is known */
        int64_t witnessed;            /* size of the ledger, as its witness has it; -1: not written yet */
        int64_t restored_i;           /* of the question at hand: what was received before is blocked */
        Settling settling;
        char *backup_checkpoint;      /* of the last backup's head; NULL: there is none */
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
        int64_t arrived_us; /* when it came; what was held had its turn later */
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
/* What the state became, as the transaction's last record; and outside any savepoint what there is too much of. */
int record_changes(Intake *in);
int record_changes_if_many(Intake *in);
/* At start: all of the state, once a version of the schema. */
int record_state(Intake *in);

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

/* running.c: samples of the messages at hand. A savepoint begins, and is undone; the transaction is lost; what waits is to be
 * written, before anything but a message changes the ledger. */
void running_mark(Intake *in);
void running_undo(Intake *in);
void running_lost(Intake *in);
int running_settle(Intake *in);
void running_free(Intake *in);

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
int clock_since_save(Intake *in);
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
/* alert-act.c: what a person makes of them, all or none. As act_do() says. */
int alerts_act(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);

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
/* An officer gives it back out of a quarantine, saved: 0, or ACT_REFUSED and why not, to be read after "CODE: ". */
int item_return(Intake *in, ItemRow *item, char ret_text[static ITEM_TEXT_MAX]);
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

/* key.c: which key signs */
/* At start: the key file must hold the key that the ledger says; otherwise DOUBT_KEY. */
int keys_take_up(Intake *in);
/* 0 or 1 (refused), and a text; or an error. */
int key_prepare(Intake *in, char ret_text[static ACT_TEXT_MAX]);
int key_rotate(Intake *in, const char *cause, char ret_text[static ACT_TEXT_MAX]);
int key_accept(Intake *in, const char *kid, char ret_text[static ACT_TEXT_MAX]);
/* What was decided about keys is committed: the new one signs, and lies in the key file. */
void keys_settle(Intake *in);

/* backup.c: 0 or 1 (refused), and a text; or an error. */
int backup_start(Intake *in, const char *path, char ret_text[static ACT_TEXT_MAX]);
int backup_take_up(Intake *in);
/* state.c: *ret to be freed. */
int checkpoint_sign(Intake *in, int64_t at_us, const Head *head, char **ret);

/* watch.c: devices that fell silent */
/* It spoke. Writes nothing. */
void watch_heard(Intake *in, const ConfigDevice *device);
int watch_tick(Intake *in);
/* The configuration is another one; the batch was lost; nobody could be heard for so long. */
void watch_forget(Intake *in);
void watch_undo(Intake *in);
void watch_away(Intake *in, int64_t us);

/* act.c: why an act is refused, in TEXT_MAX bytes at the most. ACT_REFUSED, for the act to return. */
#define ACT_DENIED 100 /* the answer is no, and that stands in the ledger with what was said: it locks */
int act_refuse(char *ret_text, const char *format, ...) _printf_(2, 3);
/* act-do.c: what the act does, once it may be done. 0, ACT_REFUSED or ACT_DENIED, with a text; or the store's error. A
 * savepoint is open, so it opens none. */
int act_do(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* act-seen.c: what stands now that such a signature is about: 0, or the store's error. And whether something came up since
 * act->seen: 0, or ACT_REFUSED and what; or the store's error. */
int act_look(Intake *in, const Act *act, ActSeen *ret);
int act_unseen(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
/* signing.c: ACT_DONE; ACT_HELD_OFF and how long still. */
int signing_may(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);

/* 0, or a Reject: not a registered person. */
int want_person(Intake *in, const char *member, const char *id);
int32_t year_now(const Intake *in);
/* Publishes what in->w holds, at QoS 1 and durable, or as the caller says by the returned entry. */
int publish_w(Intake *in, const char *topic, Outgoing **ret);
int publish_durable(Intake *in, const char *topic, bool retain);
