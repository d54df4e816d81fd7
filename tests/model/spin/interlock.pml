/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interlock, lease and restart: two rooms want the same single-use needle. README.md says what stands for what in the
 * daemon, and what is left out.
 *
 * Time is a step that all clocks take together, and it may come between any two others. Whatever was ever sent stays on
 * the network and may arrive at any time, often, in any order, or never. So nothing here has to lose, delay, repeat or
 * reorder a message on purpose, and a daemon, a room or a relay that stops for a while is one that takes no step.
 *
 * A macro FAULT_... puts a fault in, which must be found; tests/it/52-spin has the list.
 */
#ifndef LEASE
#define LEASE 2 /* steps of time */
#endif
#define ROOMS 2

/* --- what a session is in the ledger --- */

#define NEVER 0 /* was never allowed */
#define AUTHORISED 1
#define RUNNING 2
#define SUSPENDED 3
#define ENDED 4
#define LAPSED 5

typedef Session {
        unsigned state : 3;
        unsigned left : 2;  /* of the last lease that was given */
        bit answered;       /* the room's newest nonce came before */
        bit freeing;        /* cancelled cleanly: the needle comes free with the end of the last lease */
        bit boot;           /* of the room, as it was known when this was allowed */
};

typedef Ledger {
        unsigned claim : 2; /* who holds the needle: room + 1, or 0 */
        unsigned used : 2;  /* by whose session it was used, a bit each */
        Session session[ROOMS];
};

Ledger committed;
Ledger batch;   /* what the daemon goes by: committed, and the message at hand */
bit at_hand;

/*
 * Permits that wait for the commit, and those that were sent. A device takes the answer to its newest nonce only, so
 * this is about that one; there is no bound on the nonces that a device makes. For the relay a bit for each ttl.
 */
bit waiting[ROOMS], permit[ROOMS];
unsigned relay_waiting : 3;
unsigned relay_permit : 3;
#ifdef FAULT_PUSH
bit pushed[ROOMS];
#endif

/* --- a room --- */

#define IDLE 0    /* knows of no permit */
#define ALLOWED 1
#define STARTED 2 /* or touched the needle without saying so */
#define OVER 3

typedef Room {
        unsigned phase : 2;
        bit asked;           /* ever: questions with nonces are on the network */
        bit asking;          /* the newest of them would still be of use */
        unsigned age : 2;    /* of that nonce, since it was sent */
        unsigned left : 2;   /* of its permit */
        bit boot;
        bit start_sent[2], cancel_sent[2]; /* in each boot; in one boot no start comes after a cancellation */
        bit end_sent;
        bit touch_sent;      /* by the handpiece */
};

Room room[ROOMS];

/* The relay of room 0: asks for its own permit. */
bit relay_asking;
unsigned relay_age : 2;
unsigned relay_left : 2;

/* --- what is claimed --- */

unsigned treated : 2;     /* in whose session the needle was really used, a bit each */
byte gone[ROOMS]; /* steps since the cause of its permits was gone, as committed */

#define START_SAID(r) (room[r].start_sent[room[r].boot])
#define MINE(r) (1 << (r))
#define LIVE(l, r) (l.session[r].state == AUTHORISED || l.session[r].state == RUNNING)
#define ENERGISED(r) (room[r].left > 0 || ((r) == 0 && relay_left > 0))
#define MIN_OF(a, b) ((a) < (b) -> (a) : (b))

/* At most one session per single-use item, ever; both as it was and as the ledger has it. */
#define ONE_SESSION (treated != 3 && committed.used != 3)
/* No permit outlives its cause by more than the lease. */
#define IN_TIME(r) (!ENERGISED(r) || LIVE(committed, r) || gone[r] < LEASE)
/* Every released interlock has a live, committed claim: its session holds the needle, or used it up and is over for
 * less than a lease. */
#define CLAIMED(r) (!ENERGISED(r) || committed.claim == (r) + 1 || ((committed.used & MINE(r)) && gone[r] < LEASE))

/* What must be possible, or the rest would be easy. */
#ifdef GOAL_OTHER_ROOM /* the needle of a session that was cancelled goes to the other room, and is used there */
#define GOAL (committed.session[0].state == ENDED && room[1].left > 0 && treated == 2 && committed.used == 2)
#endif
#ifdef GOAL_RESUMED /* a session goes on after its room restarted, with the relay */
#define GOAL (room[0].boot && room[0].phase == STARTED && committed.session[0].state == RUNNING && relay_left > 0)
#endif
#ifdef GOAL_RUNS_OUT /* a relay is still energised after its session was suspended */
#define GOAL (relay_left > 0 && room[0].left > 0 && committed.session[0].state == SUSPENDED && gone[0] > 0)
#endif

inline check() {
#ifdef GOAL
        assert(!GOAL);
#else
        assert(ONE_SESSION);
        assert(IN_TIME(0) && IN_TIME(1));
        assert(CLAIMED(0) && CLAIMED(1))
#endif
}

/* --- the daemon --- */

inline copy_session(from, to, r) {
        to.session[r].state = from.session[r].state;
        to.session[r].left = from.session[r].left;
        to.session[r].answered = from.session[r].answered;
        to.session[r].freeing = from.session[r].freeing;
        to.session[r].boot = from.session[r].boot
}

inline copy(from, to) {
        to.claim = from.claim;
        to.used = from.used;
        copy_session(from, to, 0);
        copy_session(from, to, 1);
}

inline publish() {
        permit[0] = permit[0] | waiting[0];
        permit[1] = permit[1] | waiting[1];
        relay_permit = relay_permit | relay_waiting
}

inline end_batch() {
        waiting[0] = 0;
        waiting[1] = 0;
        relay_waiting = 0;
        at_hand = 0
}

/* newest: the nonce is the room's newest; who made it waits for no answer to an older one. */
inline give(r, newest) {
        if
        :: newest ->
                waiting[r] = 1;
                batch.session[r].answered = 1
        :: else
        fi;
#ifdef FAULT_PUBLISH_BEFORE_COMMIT
        publish()
#endif
}

/* Used in this session, whatever came of it since. */
inline use(r) {
        batch.used = batch.used | MINE(r);
        batch.session[r].freeing = 0
}

/* session-request and session-renew: first_time(), again(), repeated() */
inline on_ask(r, newest) {
        if
        :: batch.session[r].state == NEVER && batch.claim == 0 && batch.used == 0 ->
                batch.session[r].state = AUTHORISED;
                batch.session[r].left = LEASE;
                batch.claim = (r) + 1;
                /* It may not have heard yet that the room restarted. */
                if
                :: batch.session[r].boot = room[r].boot
                :: room[r].boot -> batch.session[r].boot = 0
                fi;
                give(r, newest)
#ifdef FAULT_PERMIT_AFTER_STOP
        :: LIVE(batch, r) || batch.session[r].state == SUSPENDED ->
#else
        :: LIVE(batch, r) ->
#endif
                if
                :: newest && batch.session[r].answered
                :: else -> batch.session[r].left = LEASE
                fi;
                give(r, newest)
        :: else
        fi
}

/* actuator/renew: what is left of the room's lease, and no more */
inline on_relay_ask() {
        if
        :: LIVE(batch, 0) && batch.session[0].left > 0 ->
#ifdef FAULT_RELAY_UNBOUND
                relay_waiting = 1 << (LEASE - 1)
#else
                relay_waiting = 1 << (batch.session[0].left - 1)
#endif
        :: else
        fi
}

inline on_start(r) {
        if
        :: batch.session[r].state != NEVER ->
                if
                :: batch.session[r].state == AUTHORISED -> batch.session[r].state = RUNNING
                :: else
                fi;
                use(r)
        :: else
        fi
}

inline enter_ended(r) {
        batch.session[r].state = ENDED;
        if
        :: !batch.session[r].freeing -> batch.session[r].left = 0
        :: else
        fi
}

/*
 * cancelled_cleanly(): not where it was used, nor by a room that restarted meanwhile, nor where something that the room
 * said before has not come. The last can only be its start, and if that had come the needle would count as used.
 */
inline on_cancel(r, in_boot) {
        if
        :: batch.session[r].state != NEVER && batch.session[r].state != ENDED ->
                if
                :: batch.used & MINE(r)
#ifndef FAULT_CANCEL_AFTER_RESTART
                :: !(batch.used & MINE(r)) && batch.session[r].boot != in_boot
#endif
#ifndef FAULT_CANCEL_OVER_HOLE
                :: !(batch.used & MINE(r)) && room[r].start_sent[in_boot]
#endif
                :: else ->
#ifdef FAULT_FREE_AT_CANCEL
                        batch.claim = 0
#else
                        batch.session[r].freeing = 1
#endif
                fi;
                enter_ended(r)
        :: else
        fi
}

inline on_end(r) {
        if
        :: batch.session[r].state != NEVER ->
                use(r);
                enter_ended(r);
                if
                :: batch.claim == (r) + 1 -> batch.claim = 0
                :: else
                fi
        :: else
        fi
}

/* lapse_or_free() */
inline on_due(r) {
        if
        :: batch.session[r].freeing ->
                batch.session[r].freeing = 0;
                batch.claim = 0
        :: else ->
                batch.session[r].state = LAPSED;
#ifdef FAULT_FREE_AT_LAPSE
                batch.claim = 0;
#endif
        fi
}

/* After a crash, from what was committed. With the machine, CLOCK_BOOTTIME begins anew: note_machine_boot(). */
inline restart_leases(r) {
        if
        :: LIVE(batch, r) || batch.session[r].state == SUSPENDED || batch.session[r].freeing ->
#ifdef FAULT_REBOOT_ENDS_LEASES
                batch.session[r].left = 0;
#else
                batch.session[r].left = LEASE;
#endif
                committed.session[r].left = batch.session[r].left
        :: else
        fi
}

active proctype Daemon() {
        byte r;
        do
        :: atomic {
                !at_hand ->
                at_hand = 1;
                if
                :: r = 0
                :: r = 1
                fi;
                if
                :: room[r].asking -> on_ask(r, 1)
                :: room[r].asked -> on_ask(r, 0)
                :: r == 0 && relay_asking -> on_relay_ask()
                :: room[r].start_sent[0] || room[r].start_sent[1] -> on_start(r)
                :: room[r].touch_sent && batch.session[r].state != NEVER -> use(r)
                :: room[r].cancel_sent[0] -> on_cancel(r, 0)
                :: room[r].cancel_sent[1] -> on_cancel(r, 1)
                :: room[r].end_sent -> on_end(r)
                :: batch.session[r].left == 0 && batch.session[r].state == AUTHORISED -> on_due(r)
                :: batch.session[r].left == 0 && batch.session[r].freeing -> on_due(r)
                /* a critical alert; an officer's end, by which everything counts as used */
                :: LIVE(batch, r) -> batch.session[r].state = SUSPENDED
                :: LIVE(batch, r) || batch.session[r].state == SUSPENDED -> on_end(r)
                :: else
                fi;
                r = 0
           }
        :: d_step { /* publishes only after the commit */
                at_hand ->
                copy(batch, committed);
                publish();
                end_batch();
                check()
           }
#ifdef FAULT_PUSH
        :: atomic { LIVE(committed, 0) -> pushed[0] = 1 }
#endif
        :: d_step { /* dies with the message at hand */
                at_hand ->
                copy(committed, batch);
                end_batch()
           }
        :: d_step { /* and the machine with it */
                copy(committed, batch);
                end_batch();
                restart_leases(0);
                restart_leases(1)
           }
        od
}

/* --- devices --- */

inline energise(r) {
#ifdef FAULT_LEASE_FROM_RECEIPT
        room[r].left = LEASE;
#else
        room[r].left = LEASE - room[r].age;
#endif
        if
        :: room[r].phase == IDLE -> room[r].phase = ALLOWED
        :: else
        fi;
        check()
}

/* What concerns the newest nonce, of which there is another now, or which is of no use any more. */
inline forget_answer(r) {
        permit[r] = 0;
        waiting[r] = 0;
        batch.session[r].answered = 0;
        committed.session[r].answered = 0
}

inline over(r) {
        room[r].phase = OVER;
        room[r].asking = 0;
        forget_answer(r);
        room[r].age = 0;
        room[r].left = 0
}

proctype RoomController(byte r) {
        do
        :: d_step { /* asks, or renews, with a fresh nonce */
                room[r].phase != OVER ->
                room[r].asked = 1;
                room[r].asking = 1;
                room[r].age = 0;
                forget_answer(r)
           }
        :: d_step { /* the permit for the nonce that it asked with */
                room[r].asking && permit[r] -> energise(r)
           }
#ifdef FAULT_PUSH
        :: d_step { pushed[r] && room[r].phase != OVER -> room[r].age = 0; energise(r) }
#endif
        :: d_step { /* says that it starts */
                room[r].left > 0 && room[r].phase == ALLOWED ->
                room[r].phase = STARTED;
                room[r].start_sent[room[r].boot] = 1;
                treated = treated | MINE(r);
                check()
           }
        :: d_step { /* or just begins; the handpiece tells */
                ENERGISED(r) && room[r].phase == ALLOWED ->
                room[r].phase = STARTED;
                room[r].touch_sent = 1;
                treated = treated | MINE(r);
                check()
           }
        :: d_step { /* cancels; by mistake also what it said that it started */
                room[r].asked && (room[r].phase <= ALLOWED || (room[r].phase == STARTED && START_SAID(r))) ->
                room[r].cancel_sent[room[r].boot] = 1;
                over(r)
           }
        :: d_step { room[r].phase == STARTED -> room[r].end_sent = 1; over(r) }
        :: d_step { /* restarts, locked; it keeps what it cancelled, as all that has no receipt, and forgets the rest */
#ifdef FAULT_RESUME_CANCELLED
                r == 0 && !room[r].boot ->
#else
                r == 0 && !room[r].boot && !room[r].cancel_sent[0] ->
#endif
                over(r);
                room[r].phase = IDLE;
                room[r].boot = 1
           }
        od
}

inline relay_forgets() {
        relay_asking = 0;
        relay_age = 0;
        relay_permit = 0;
        relay_waiting = 0
}

inline relay_energise(ttl) {
        if
        :: ttl - relay_age > relay_left -> relay_left = ttl - relay_age
        :: else
        fi;
        check()
}

active proctype Relay() {
        do
        :: d_step {
                relay_forgets();
                relay_asking = 1
           }
        :: d_step { relay_permit & 1 -> relay_energise(1) }
        :: d_step { relay_permit & 2 -> relay_energise(2) }
        :: d_step { relay_permit & 4 -> relay_energise(3) }
        :: d_step { /* restarts, locked */
                relay_forgets();
                relay_left = 0
           }
        od
}

/* --- time --- */

#define LESS(x) x = ((x) > 0 -> (x) - 1 : 0)

inline tick_room(r) {
        LESS(batch.session[r].left);
        LESS(committed.session[r].left);
        LESS(room[r].left);
        if
        :: room[r].asking && room[r].age < LEASE - 1 -> room[r].age++
        :: room[r].asking && room[r].age == LEASE - 1 ->
                room[r].asking = 0;
                room[r].age = 0;
                forget_answer(r)
        :: else
        fi;
        gone[r] = (LIVE(committed, r) || committed.session[r].state == NEVER -> 0 : MIN_OF(gone[r] + 1, LEASE))
}

active proctype Time() {
        do
        :: d_step {
                tick_room(0);
                tick_room(1);
                LESS(relay_left);
                if
                :: relay_asking && relay_age < LEASE - 1 -> relay_age++
                :: relay_asking && relay_age == LEASE - 1 -> relay_forgets()
                :: else
                fi;
                check()
           }
        od
}

init {
        atomic {
                run RoomController(0);
                run RoomController(1)
        }
}
