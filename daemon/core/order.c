/* SPDX-License-Identifier: Apache-2.0 */
#include "core/order.h"

#include <string.h>

static void hole_remove(Order *o, size_t i) {
        o->n_holes--;
        memmove(o->holes + i, o->holes + i + 1, (o->n_holes - i) * sizeof(Hole));
}

/* Room for one more: the lowest hole is given up, and what was held behind it goes ahead. */
static void hole_insert(Order *o, size_t i, Hole h) {
        if (o->n_holes == ORDER_HOLES_MAX) {
                if (!o->holes[0].passed)
                        o->lost += o->holes[0].last - o->holes[0].first + 1;
                hole_remove(o, 0);
                if (i > 0)
                        i--;
        }
        memmove(o->holes + i + 1, o->holes + i, (o->n_holes - i) * sizeof(Hole));
        o->holes[i] = h;
        o->n_holes++;
}

static void hole_fill(Order *o, size_t i, int64_t seq) {
        Hole *h = o->holes + i, upper = *h;

        if (h->first == seq && h->last == seq) {
                hole_remove(o, i);
        } else if (h->first == seq) {
                h->first++;
        } else if (h->last == seq) {
                h->last--;
        } else {
                upper.first = seq + 1;
                h->last = seq - 1;
                hole_insert(o, i + 1, upper);
        }
}

int64_t order_next(const Order *o) {
        for (size_t i = 0; i < o->n_holes; i++)
                if (!o->holes[i].passed)
                        return o->holes[i].first;
        return o->top + 1;
}

OrderVerdict order_take(Order *o, int64_t seq, int64_t now_us) {
        int64_t next = order_next(o);

        if (seq - next > SEQ_AHEAD_MAX || seq == INT64_MAX) /* so that top + 1 always exists */
                return ORDER_TOO_FAR;
        if (seq > o->top) {
                int64_t first = o->top + 1;

                o->top = seq;
                if (first < seq)
                        hole_insert(o, o->n_holes, (Hole){ first, seq - 1, now_us, false });
                return seq == order_next(o) - 1 ? ORDER_NEXT : ORDER_HOLD;
        }
        for (size_t i = 0; i < o->n_holes; i++) {
                bool passed = o->holes[i].passed;

                if (seq < o->holes[i].first || seq > o->holes[i].last)
                        continue;
                hole_fill(o, i, seq);
                /* Asked anew: to split a hole can have cost the lowest one, and with it what was awaited. */
                return passed ? ORDER_LATE : seq < order_next(o) ? ORDER_NEXT : ORDER_HOLD;
        }
        return ORDER_KNOWN;
}

int64_t order_give_up(Order *o, int64_t oldest) {
        int64_t before = o->lost;

        while (o->n_holes > 0 && o->holes[0].first < oldest) {
                Hole *h = o->holes;
                int64_t last = h->last < oldest ? h->last : oldest - 1;

                if (!h->passed)
                        o->lost += last - h->first + 1;
                if (last == h->last)
                        hole_remove(o, 0);
                else
                        h->first = oldest;
        }
        if (oldest > o->top + 1) {
                o->lost += oldest - o->top - 1;
                o->top = oldest - 1;
        }
        return o->lost - before;
}

int64_t order_pass(Order *o, int64_t now_us, int64_t wait_us) {
        int64_t before = o->lost;

        for (size_t i = 0; i < o->n_holes; i++) {
                Hole *h = o->holes + i;

                if (h->passed || now_us - h->since_us < wait_us)
                        continue;
                h->passed = true;
                o->lost += h->last - h->first + 1;
        }
        return o->lost - before;
}

int64_t order_deadline_us(const Order *o, int64_t wait_us) {
        int64_t deadline = INT64_MAX;

        for (size_t i = 0; i < o->n_holes; i++)
                if (!o->holes[i].passed && o->holes[i].since_us + wait_us < deadline)
                        deadline = o->holes[i].since_us + wait_us;
        return deadline;
}

int64_t order_receipt(const Order *o, int64_t missing[static MISSING_MAX], size_t *ret_n) {
        size_t n = 0;

        for (size_t i = 0; i < o->n_holes; i++)
                for (int64_t s = o->holes[i].first; s <= o->holes[i].last && n < MISSING_MAX; s++)
                        missing[n++] = s;
        *ret_n = n;
        return o->n_holes > 0 ? o->holes[0].first - 1 : o->top;
}
