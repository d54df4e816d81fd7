/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A test of what a scanning station says: one clinic for each test, and whether a message was taken or refused, and why.
 * Include after clinicsim.h. */
#define STATION "station/station-1"
#define REJECTED "down/" STATION "/rejected"

static Sim *s;

static inline int setup(void **state) {
        int r = sim_setup(state);

        s = *state;
        return r;
}

static inline int64_t state_of(const char *name) {
        return sim_item_state(s, name);
}

#define taken(...) sim_taken(s, __VA_ARGS__)
#define refused(about, word, ...) \
        do { \
                sim_forget(s); \
                sim_say(s, __VA_ARGS__); \
                assert_string_equal(sim_rejected(s, STATION), "bad-member"); \
                assert_string_equal(sim_member(s, REJECTED, "member"), about); \
                if (!strstr(sim_member(s, REJECTED, "detail"), word)) \
                        fail_msg("%s is not in: %s", word, sim_member(s, REJECTED, "detail")); \
        } while (0)
