/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * After: what a session still owes once it has begun. Its needles go into a sharps container, what is used again goes
 * to cleaning before blood dries on it (CDC 2008; AAMI ST79), and the session itself has to be ended. And whether a
 * device has been silent for too long. Pure: the caller gathers the facts, raises the alerts and comes again at
 * next_us. Times in microseconds: wall clock, where nothing else is said. 0: none, not yet.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/gate.h"

typedef enum AfterOwes {
        AFTER_NOTHING,
        AFTER_SHARPS,   /* into a sharps container */
        AFTER_CLEANING, /* to cleaning or disinfection */
} AfterOwes;

/* One item of the session. */
typedef struct AfterItem {
        bool class_known; /* no: single_use, role and way are not looked at */
        bool single_use;
        Role role;
        ItemWay way;
        ItemState state;
        int64_t used_us;     /* in this session */
        int64_t answered_us; /* when somebody signed where the session's needles are */
        bool returned;       /* unopened */
        bool dropped;        /* past a reader, or by a named person */
        bool damaged;        /* of what is used again: it goes nowhere any more */
        bool later;          /* another session was given it since: it was made ready in between */
} AfterItem;

/* Needle, manual roller, lancet: what goes through skin and is thrown away. Other single-use items are waste, not
 * sharps. */
bool after_is_sharp(Role role);
AfterOwes after_owes(const AfterItem *item);

typedef enum AfterPhase {
        AFTER_WAITING, /* allowed, and not begun */
        AFTER_GOING,   /* running, or suspended */
        AFTER_OVER,    /* ended, or lapsed */
} AfterPhase;

typedef struct AfterFacts {
        int64_t now_us, now_boot_us;
        AfterPhase phase;
        int64_t started_us, ended_us;
        int64_t lease_until_boot_us;     /* CLOCK_BOOTTIME */
        unsigned sharps, soiled;         /* items that are owed to a container, and to cleaning */
        int64_t sharps_us, reprocess_us; /* allowed after the end */
        int64_t silent_us;               /* allowed after the last lease */
        int64_t longest_us;
} AfterFacts;

typedef struct AfterVerdict {
        bool sharps, soiled; /* owed for too long */
        bool not_ended;
        int64_t next_us; /* when to look again, unless something happens before; 0: never */
} AfterVerdict;

/* What ended, or began, in a future that the clock has not reached yet did so longer ago than anybody knows. */
AfterVerdict after_judge(const AfterFacts *f);

typedef struct SilenceFacts {
        int64_t now_us, heard_us;  /* on one clock; heard_us may be negative */
        int64_t open_us, close_us; /* of today, on the same clock; both 0: closed all day */
        int64_t limit_us;          /* 0: not watched */
} SilenceFacts;

/* Within opening hours, and nothing was heard for so long, nor since they began. */
bool after_silent(const SilenceFacts *f);
