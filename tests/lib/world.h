/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * World: three rooms with their relays and handpieces, in front of a clinic in one process (clinicsim.h). Devices keep to
 * the contract and people mostly do; the network loses, delays, repeats and reorders. A device counts its leases on its
 * own clock, which no restart of the daemon or of its machine touches. The observer (observer.h) is told all that is
 * said, committed, published and done.
 *
 * A history is a number of steps, each with dice of its own: one can be left out and the others stay what they are.
 */
#include "clinicsim.h"
#include "cyclegen.h"

#define WORLD_ROOMS 3
#define WORLD_SESSIONS 6 /* session k is of room k % WORLD_ROOMS */
#define WORLD_ITEMS 3
#define WORLD_STEPS_MAX 64
#define WORLD_LEASE_US (90 * US_PER_S)
#define LETTERS_MAX 256

typedef enum LetterWhat {
        LETTER_REQUEST,
        LETTER_RENEW,
        LETTER_ADD,
        LETTER_START,
        LETTER_END,
        LETTER_USAGE,
        LETTER_RELAY_RENEW,
        LETTER_DAMAGE,
        LETTER_OTHER,
} LetterWhat;

/* A message to the daemon; what it says once more in numbers, for the observer. A nonce's number is its letter's. */
typedef struct Letter {
        LetterWhat what;
        int room, session; /* session -1: none */
        unsigned items;    /* a bit each; of an end: those unopened */
        bool cancelled, on_skin, detached;
        int device, boot;  /* of the device that says it, whose boots are counted within the history */
        int seq;           /* 0: not numbered */
        int64_t sent_us;
        char topic[96], payload[400];
} Letter;

/* An answer with a permit that was published. */
typedef struct Permit {
        int nonce, room, session;
        bool relay;
        unsigned items; /* those that the question was about */
        int64_t ttl_us;
} Permit;

typedef enum Phase { PHASE_IDLE, PHASE_ASKED, PHASE_ALLOWED, PHASE_STARTED, PHASE_OVER } Phase;

typedef struct WorldRoom {
        int session; /* the one that it is about */
        Phase phase;
        bool start_said, no_word; /* no_word: the needle was used without a session-start */
        unsigned known;           /* items that it was allowed, as far as it knows */
        int64_t until_us;         /* of its permit, on its own clock */
        int asked_since;          /* nonces made since it started up are known to it */
} WorldRoom;

typedef struct WorldRelay {
        int session; /* of its permit */
        int64_t until_us;
        int asked_since;
} WorldRelay;

typedef struct World {
        Sim *sim;
        struct Observer *observer;
        int history, run; /* run: as history, but new each time that one is played: labels are for ever */
        uint64_t base, seed; /* of all histories; of this one */
        bool trace;
        GenRandom dice;
        int64_t t_us; /* true time */
        size_t n_letters, n_permits;
        Letter letters[LETTERS_MAX];
        Permit permits[LETTERS_MAX];
        WorldRoom rooms[WORLD_ROOMS];
        WorldRelay relays[WORLD_ROOMS];
        int boots[16], seqs[16]; /* of each device */
        uint64_t done[32];       /* how often each kind of step was taken */
} World;

/* The lines that the shipped configuration lacks. */
extern const char world_config[];

/* Fresh needles, sessions and device boots. */
void world_begin(World *w, Sim *s, int history);
void world_step(World *w, int step);
/* All leases run out, and the rooms are swept for the next history. */
void world_end(World *w);

static inline const char *world_item(const World *w, int item) {
        static char name[4][16];
        static unsigned next;
        char *n = name[next++ % 4];

        snprintf(n, sizeof(name[0]), "R%d", w->run * WORLD_ITEMS + item + 1);
        return n;
}
