/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What may be deleted after its time: bytes of messages, samples of cycles. What is told of them stays. */
#include "store/store.h"

/* The next message, or attempt, after *id, in the order in which they came: 1, whose, and when it came or ended (0: it
 * has not); or 0. */
int message_stamp_next(Store *s, int64_t *id, int64_t *ret_at_us);
int attempt_ended_next(Store *s, int64_t *id, int64_t *ret_at_us);

/* Deletes the bytes of the messages after `from`, up to `to`; of those that are still held none. Their number. */
int64_t messages_trim(Store *s, int64_t from, int64_t to);
int samples_trim(Store *s, int64_t attempt);
