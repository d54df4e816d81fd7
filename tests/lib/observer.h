/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Observer: judges what a clinic did by the rules, from what was said, published and done, and from the ledger as
 * committed. It knows no code of the daemon. Its three claims:
 *
 *   1. A single-use item is used in one session at most, and allowed to another only after it came back unopened, or
 *      after a cancellation in time and the end of the last lease.
 *   2. No permit outlives its cause: none is given for a nonce that came after the session ended, lapsed or was stopped,
 *      or after damage of an item was told; each lasts as long as the contract says; and whoever is energised is so no
 *      longer than a lease after the session was over.
 *   3. Whoever is energised has a live, committed claim on every item of the session; or the session is over for less
 *      than a lease and used them up. And the ledger knows a lease that covers it.
 */
#include "world.h"

typedef struct SessionSeen {
        unsigned items;            /* allowed so far */
        bool allowed, committed;   /* committed: the ledger has it */
        int state;                 /* there */
        bool cancelled, start_came;
        bool started;              /* really, whether or not word of it came */
        bool was_gone, was_live;   /* as of the commit before the last */
        int64_t lease_until_us;    /* of the permits that were published: not before this does anything come free */
        int64_t lease_most_us;     /* the same, where nobody knows when a nonce was taken: not after this */
        int64_t covered_until_us;  /* as the ledger has it */
        int64_t gone_us;           /* since when it is neither authorised nor running; 0: it is */
        int64_t unclaimed;         /* items that it neither holds nor used up */
} SessionSeen;

/* What came up. */
enum {
        COUNT_ALLOWED,
        COUNT_DENIED,
        COUNT_PERMITS,
        COUNT_RELAY_PERMITS,
        COUNT_FREED,
        COUNT_RETURNED,
        COUNT_STOPPED,
        COUNT_LAPSED,
        COUNT_REPEATED,
        COUNT_OUTLIVED,
        _COUNT_MAX
};
extern const char *const observer_counted[];

typedef struct ObserverCounts {
        uint64_t of[_COUNT_MAX];
} ObserverCounts;

typedef struct Observer {
        Sim *sim;
        const World *world;
        char broken[512]; /* what did not hold, first; empty: nothing */
        int64_t first_session, first_item; /* ids before this history */
        int64_t permit_seq[WORLD_ROOMS];
        SessionSeen sessions[WORLD_SESSIONS];
        int owner[WORLD_ITEMS];   /* the session it was allowed last; -1: none */
        int touched[WORLD_ITEMS]; /* the session in which it really touched skin; -1: none */
        unsigned spent, was_spent; /* its use was told, a bit each; was: as of the commit before the last */
        unsigned damaged;
        unsigned returned;        /* said to be unopened, a bit each */
        char used_in[WORLD_ITEMS][40];
        unsigned contact[WORLD_ROOMS]; /* with these items, told since the last commit, in no need of an order */
        size_t n_handed;
        struct {
                int letter;
                int64_t at_us;
                bool was_gone, was_damaged;
        } handed[LETTERS_MAX]; /* since the last commit */
        int64_t first_us[LETTERS_MAX]; /* when a nonce came for the first time, committed; 0: not yet */
        int64_t told_us[LETTERS_MAX];  /* when its permit was published for the first time; 0: not yet */
        bool got[16][LETTERS_MAX];     /* numbers of each device's current boot that were committed */
        int got_boot[16];
        ObserverCounts counts;
} Observer;

void observer_begin(Observer *o, const World *w, Sim *s);
/* The history is over: what must hold in every ledger. */
void observer_ended(Observer *o);
/* Before the ledger is closed. */
void observer_done(void);
void observer_handed(Observer *o, int letter);
/* What was handed is committed, and this was published; the permits among it go to `world` through the call below. */
void observer_committed(Observer *o, World *w);
void observer_lost(Observer *o);
/* The machine started anew: every lease is taken as fresh. */
void observer_rebooted(Observer *o);
/* The room starts this session, and says so. */
void observer_started(Observer *o, int session);
/* The needle touches skin in this session, as the room has it. */
void observer_touched(Observer *o, int item, int session);
/* A room or relay is energised until then. */
void observer_energised(Observer *o, int session, int64_t until_us, bool relay);

/* world.c: an answer with a permit leaves for its device. */
void world_answered(World *w, const Permit *p);
