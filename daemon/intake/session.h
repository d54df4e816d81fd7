/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Intake, inside: rooms and sessions, and what comes after them, as far as several handlers share them. */
#include "core/contact.h"

#include "intake/internal.h"

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
/* 1 and a relay of this room that said last that it is energised, although no permit can hold any more; or 0. */
int room_still_energised(Intake *in, const RoomRow *room, RelayRow *ret);
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

/* contact.c: how long an agent is said to have been on */
typedef struct ContactClaim {
        const char *item, *happened; /* NULL: a room; what last did, as in "the room was last used" */
        int64_t since_us[CONTACT_STAMPS]; /* stamps of what happened; 0: nothing did */
        int64_t contact_us;
        bool said; /* in the message; otherwise it is what is wanted */
} ContactClaim;
/* Whether it fits into the time that there was: 0, or a Reject. Refuses all while the clock is in doubt. */
int contact_check(Intake *in, const Origin *o, const ContactClaim *claim);

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
/* Whether it was told in that session already: 1 or 0; or the store's error. */
int account_told(Intake *in, int64_t session, const TreatmentDeviation *d);
void accounts_free(Intake *in);

/* treatment.c: the protocol of a session, followed */
/* What the needles did: it belongs to this session, which holds them or just did, whatever the report names. */
int follow_usage(Intake *in, const Event *e, const Origin *o, const ItemRow *item, const SessionRow *s);
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
