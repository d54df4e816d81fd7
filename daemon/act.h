/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Act: what a named person does over D-Bus. It is signed: the record of it in the chain carries who, what was meant, when
 * and why, which user of this machine it was, and who vouched for that; the daemon's checkpoints sign the chain.
 * (21 CFR 11.50 and 11.70: name, time and meaning, bound to the record.) Borrowed strings; the caller has bounded them.
 *
 * A person is a user of this machine ([practitioner] user =), and acts in nobody else's name. What a signature is asked for
 * is taken on the system bus only, where polkit asks for the password, each time anew (11.200(a)(1)).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/limits.h"

#define ACT_TEXT_MAX 4096 /* a load may be refused for many reasons, and all are told */

/* X(NAME, id in the chain, what the signature means) */
#define ACTS(X)                                                                                                        \
        X(COMMISSION, "commission", "This cycle is the reference for its program in this autoclave")                   \
        X(AUTOCLAVE_OUT, "autoclave-out", "I take this autoclave out of service")                                      \
        X(AUTOCLAVE_RETURN, "autoclave-return", "I return this autoclave to service")                                  \
        X(RECALL_MAKE, "recall-make", "I recall this")                                                                 \
        X(RECALL_CONFIRM, "recall-confirm", "I have looked at this quarantine, and it stays a recall")                 \
        X(RECALL_END, "recall-end", "I have looked at this recall, and end it")                                        \
        X(ITEM_QUARANTINE, "item-quarantine", "I put this piece into quarantine")                                      \
        X(ITEM_RETURN, "item-return", "I have looked at this piece, and give it back")                                 \
        X(ALERT_ACKNOWLEDGE, "alert-acknowledge", "I have seen this, and look after it")                               \
        X(ALERT_RESOLVE, "alert-resolve", "I have looked into this, and it is settled")                                \
        X(ALERT_SILENCE, "alert-silence", "Do not tell of this again until then")                                      \
        X(OVERRIDE, "override", "I override this rule for this session, once")                                         \
        X(KEY_PREPARE, "key-prepare", "A new key is to follow the one that signs")                                     \
        X(KEY_ROTATE, "key-rotate", "The key that was prepared signs from now on")                                     \
        X(KEY_ACCEPT, "key-accept", "I know why this key signs, and accept it")                                        \
        X(CLOCK_CONFIRM, "clock-confirm", "I have looked at the clock, and it is right")                               \
        X(RESTORE_CONFIRM, "restore-confirm", "This is the ledger to go on with, and what came after it is lost")      \
        X(AUDIT_ACCEPT, "audit-accept", "What was seen of another ledger or daemon is gone, and this one goes on")     \
        X(BACKUP, "backup", "I have the ledger copied, and know that the copy holds personal data")                    \
        X(ROOM_UNLOCK, "room-unlock", "I have looked into what locked this room, and unlock it")                       \
        X(SESSION_END, "session-end", "I end this session; what it held counts as used")                               \
        X(DRILL, "drill", "I have traced this load to its patients")                                                   \
        X(SHARPS, "sharps", "I know where the missing needles of this session are")                                    \
        X(QUALIFICATION_REGISTER, "qualification-register", "This person may do this procedure until the day named")   \
        X(QUALIFICATION_END, "qualification-end", "This person may not do this procedure any more")                    \
        X(LOAD_RELEASE, "load-release", "I have looked at this load and its evidence, and release it")                 \
        X(LOAD_REJECT, "load-reject", "I reject this load")                                                            \
        X(LOAD_WITHDRAW, "load-withdraw", "I take back the release of this load")                                  \
        X(PATIENT_ERASE, "patient-erase", "Nothing here is to say any more who this patient was")

typedef enum ActType {
#define ACT_TYPE(name, id, meaning) ACT_##name,
        ACTS(ACT_TYPE)
#undef ACT_TYPE
                _ACT_MAX,
} ActType;

/* Who vouches for the person behind an act. */
typedef enum ActAuth {
        ACT_AUTH_PEER,     /* the kernel, at the socket: nobody was asked for anything */
        ACT_AUTH_BUS,      /* the system bus, which knows the user: polkit has not said yes. Never done */
        ACT_AUTH_POLKIT,   /* polkit allowed it, and asked for no password */
        ACT_AUTH_PASSWORD, /* polkit asked for the person's password, and it was right */
} ActAuth;

/* What comes of an act. All but the first: refused, and nothing but the record of it is changed. */
enum {
        ACT_DONE,
        ACT_REFUSED,
        ACT_NOT_YOU,  /* the user is no registered person, or not the one who is named */
        ACT_NOT_HERE, /* it has to be signed with a password: on the system bus */
        ACT_HELD_OFF, /* too many passwords were wrong under this login: for a while nothing is signed under it */
};

/* How a signature came to nothing that polkit was asked for. */
typedef enum ActUnsigned {
        UNSIGNED_PASSWORD,   /* the password was not right */
        UNSIGNED_DISMISSED,  /* the dialog was closed without it */
        UNSIGNED_UNANSWERED, /* nobody answered in time */
        UNSIGNED_LEFT,       /* the caller went away meanwhile */
        UNSIGNED_RULE,       /* polkit's rules say no, whatever the password */
        _UNSIGNED_MAX,
} ActUnsigned;

/*
 * What stood when the person was asked: a mark of each thing that they would have to look at anew had it come up, or
 * changed, since; and how far the clock was from CLOCK_BOOTTIME.
 */
#define ACT_SEEN_MAX (ITEMS_MAX + 8)
typedef struct ActSeen {
        int64_t clock_us;
        size_t n;
        uint64_t marks[ACT_SEEN_MAX];
} ActSeen;

typedef struct Act {
        ActType type;
        const char *subject;    /* attempt, autoclave, room, session, person, what is recalled; of a recall its number, as
                                 * text; KEY_ACCEPT: the kid; BACKUP: the path */
        const char *patient;    /* PATIENT_ERASE: the pseudonym, never in the record; the subject is a word */
        const char *by;         /* id of a registered person; "": who the user is; or nobody, where root or
                                 * the daemon's own user has a BACKUP made */
        const char *reason;     /* NULL: none is asked for */
        const char *cause;      /* AUTOCLAVE_OUT: what happened; RECALL_MAKE: what the subject is; OVERRIDE: the rule;
                                 * QUALIFICATION_*: the procedure; KEY_ROTATE: "compromised", where others may have the
                                 * old one; else NULL */
        const char *certificate; /* QUALIFICATION_REGISTER: what shows it; NULL or "": nothing is named */
        int32_t until;          /* QUALIFICATION_REGISTER: its last good day, a date; 0: none was said */
        int64_t recall;         /* RECALL_CONFIRM, RECALL_END */
        int64_t from_us, to_us; /* RECALL_MAKE of an autoclave's window; 0: none. ALERT_SILENCE: to_us; 0: no longer */
        size_t n_alerts;        /* ALERT_*: ITEMS_MAX at the most, and all or none */
        const int64_t *alerts;  /* their numbers */
        bool dry;               /* LOAD_RELEASE: every pack was looked at, and is, but for those of wet_packs */
        size_t n_wet_packs;
        const char **wet_packs; /* labels, ITEMS_MAX at the most */
        const ActSeen *seen;    /* when the person was asked for their password; NULL: they were not */
        ActAuth auth;
        uid_t uid;              /* of the caller, as the kernel or the bus says */
        pid_t pid;
} Act;

/* Its name in the chain; what whoever signs it says. */
const char *act_id(ActType type);
const char *act_meaning(ActType type);
/* The polkit action that an act asks for, below org.asepsis1; NULL: none is set down, and it is never done. */
const char *act_action(ActType type);
/* It is a signature: the password is asked for. Not for what only locks, which must not wait for one. */
bool act_signs(ActType type);
