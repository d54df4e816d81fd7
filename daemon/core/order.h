/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Order: what one device said within one boot, in the order in which it said it. Pure.
 * Sequence numbers start at 1. A hole is waited for, then passed: what comes after it takes effect; what fills it
 * later is late. A hole is forgotten only when it is filled, when the device says it no longer holds it (`oldest`),
 * or when there are more than ORDER_HOLES_MAX of them (the lowest goes first). Contract: "Receipts, order, gaps".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

#define ORDER_HOLES_MAX 64

typedef struct Hole {
        int64_t first, last;
        int64_t since_us; /* CLOCK_BOOTTIME */
        bool passed;
} Hole;

typedef struct Order {
        int64_t top;     /* the highest seq that was ever taken; 0 at first */
        int64_t applied; /* everything up to here has had its effect, or never will */
        int64_t lost;    /* numbers that were passed or given up, ever: each is an evidence gap */
        size_t n_holes;
        Hole holes[ORDER_HOLES_MAX]; /* ascending, apart */
} Order;

typedef enum OrderVerdict {
        ORDER_NEXT,      /* apply it, then what was held behind it */
        ORDER_HOLD,      /* taken, but something before it is still awaited */
        ORDER_LATE,      /* its hole was passed: record it; it may lock, never grant */
        ORDER_KNOWN,     /* taken or given up before: compare with the ledger */
        ORDER_TOO_FAR,   /* not taken */
} OrderVerdict;

/* Takes seq (>= 1). Nothing changes on ORDER_KNOWN and ORDER_TOO_FAR. */
OrderVerdict order_take(Order *o, int64_t seq, int64_t now_us);

/* The device holds nothing below `oldest`: holes below it are given up. Returns how many numbers that were. */
int64_t order_give_up(Order *o, int64_t oldest);

/* Passes every hole that has been open for wait_us. Returns how many numbers that were. */
int64_t order_pass(Order *o, int64_t now_us, int64_t wait_us);

/* The lowest number whose effect is still awaited: all below it that the ledger holds may be applied. */
int64_t order_next(const Order *o);

/* When order_pass() will next have something to do; INT64_MAX: never. */
int64_t order_deadline_us(const Order *o, int64_t wait_us);

/* For the receipt: the highest number with nothing missing below, and at most MISSING_MAX that are missing. */
int64_t order_receipt(const Order *o, int64_t missing[static MISSING_MAX], size_t *ret_n);
