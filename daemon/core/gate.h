/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Gate: may this session start? Section 4 of the rules, as one table over facts. Pure: the caller gathers the facts
 * in the transaction in which it will claim the items, so nothing can change between the look and the claim.
 * What is not known is filled in as the worst: a zeroed ItemFacts is an item that nobody knows.
 * Times: wall-clock microseconds; dates: year * 10000 + month * 100 + day in the clinic's zone. 0 or NULL: none.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/item.h"
#include "core/limits.h"

typedef enum Role {
        ROLE_OTHER,
        ROLE_NEEDLE,        /* cartridge for a handpiece */
        ROLE_MANUAL_ROLLER, /* a needle that needs no handpiece */
        ROLE_HANDPIECE,
        ROLE_SLEEVE,        /* barrier sleeve of a handpiece */
        ROLE_LANCET,
        ROLE_EXTRACTOR,
        ROLE_SERUM_CUP,
        ROLE_BLOOD,         /* a tube of drawn blood, and what is made of it */
        ROLE_VIAL,          /* multi-dose */
        ROLE_INSTRUMENT,
        _ROLE_MAX,
} Role;

typedef enum InsideIndicator { INSIDE_UNREAD, INSIDE_PASSED, INSIDE_FAILED, INSIDE_ABSENT } InsideIndicator;

typedef struct ItemFacts {
        const char *code;        /* canonical; as scanned where it does not parse */
        const char *parse_error; /* a sentence; NULL: it parsed */
        bool single_piece;       /* the code names one piece, not a lot */
        bool known;              /* in the ledger; what follows is empty otherwise */
        bool repeated;           /* stands earlier in the same request */

        const char *class_name;
        Role role;
        RequiredState required;
        bool class_known;        /* its class is still configured */
        bool single_use, critical, event_related;
        bool sterilized_here;    /* what its class is made ready by, so that the sentence sends it the right way */
        ItemState state;
        int32_t expires;         /* the earlier of ledger and label */

        const char *used_session;  /* single-use: the session that used it, if it was not returned */
        int32_t used_on;
        bool used;                 /* attached or used; used_session may be unknown */
        const char *claim_session; /* another session that holds it, or its pack */
        const char *claim_room;
        const char *recall_reason;
        bool damaged, dropped, cloned;
        bool unvouched;            /* single-use, from before a restore, and not received again since */
        const char *damage_reason;

        const char *pack;          /* what it was sterilized in */
        bool pack_opened;          /* by, or claimed for, another session than this */
        InsideIndicator inside;
        bool inside_required;      /* the class or policy wants an inside indicator, and the pack is open */
        const char *attempt;       /* the autoclave attempt that sterilized it; NULL: supplied sterile or never */
        LoadState load;
        bool unwrapped, immediate_use;
        const char *for_session;   /* unwrapped: the one session that it was sterilized for; NULL: none was named */
        int64_t sterile_us;        /* when it became sterile here; 0: supplied sterile */
        int64_t good_until_us;     /* end of shelf life; 0: none applies */
        bool process_suitable;     /* cycle and wrap that its class wants; true where it was supplied sterile */
        const char *process_wanted;
        int64_t cycles, cycles_max; /* cycles_max 0: no limit */

        const char *patient;       /* whose blood is in it or whom it was opened for */
        bool needs_label;          /* blood: drawn and not labelled for a patient */
        int64_t blood_until_us;    /* drawn + allowed time; 0: not blood */
        int64_t vial_until_us;     /* first puncture + allowed time; 0: not open */
        bool needs_sleeve;         /* a handpiece that cannot be autoclaved */
} ItemFacts;

/* One way to have a complete kit: at least one item of each of these roles. */
#define KIT_ROLES_MAX 8
#define KIT_WAYS_MAX 8
typedef struct KitWay {
        size_t n_roles;
        Role roles[KIT_ROLES_MAX];
} KitWay;

typedef struct GateFacts {
        int64_t now_us;
        int32_t today;              /* calendar day in the clinic's zone */
        const char *session, *room, *practitioner, *patient, *procedure;

        /* The daemon itself */
        const char *arming; /* the broker's records are not read yet: a sentence; NULL: they are */
        const char *clock_doubt, *store_doubt, *audit_doubt, *restore_doubt, *second_daemon, *key_doubt; /* a sentence; NULL: none */

        bool room_known;
        const char *room_busy_session; /* another live session in this room */
        int64_t room_held_s;           /* for so long yet somebody may still hold a permit of a session ended for the room */
        const char *room_lock;         /* the rule for which an officer has to unlock it; NULL: it is not locked */
        const char *room_relay;        /* a relay that was energised and has not said that it opened; NULL: none */
        int64_t room_session_end_us;   /* the last one's end; 0: none since the ledger began */
        int64_t room_disinfected_us;   /* the last disinfection that met its contact time; 0: none */
        bool room_never_used;          /* no session has ever been in it: nothing to disinfect after */
        const char *exposure;          /* an open injury, in words */
        int64_t exposure_mark;         /* of the newest open one: another injury has another */
        const char *exposure_wants;    /* what of it is still to be recorded; NULL: not said */

        bool practitioner_known;
        bool practitioner_qualified;
        int32_t qualified_until;       /* 0: never qualified for this procedure */
        const char *sharps_session;    /* an earlier session of theirs whose needles are missing; NULL: none, or allowed */

        bool procedure_known;
        size_t n_ways;                 /* any one complete way will do; 0: no kit asked for */
        KitWay ways[KIT_WAYS_MAX];
        bool adding;                   /* session-add: kit and room were judged at the request */

        const char *session_over;      /* ended, lapsed or suspended: "has lapsed" */

        size_t n_items;
        ItemFacts items[ITEMS_MAX];
} GateFacts;

typedef enum GateMay { MAY_NOT, MAY_NEVER, MAY_OVERRIDE, MAY_LOOSEN } GateMay;

#define GATE_TEXT_MAX 240
#define GATE_REASONS_MAX 256

typedef struct GateReason {
        const char *rule;  /* id, as in doc/rules.md */
        const char *item;  /* points into the facts; NULL: not about one item */
        bool override;     /* two officers may override it for one session */
        char text[GATE_TEXT_MAX];
} GateReason;

typedef struct GateVerdict {
        bool allow;
        size_t n;          /* all reasons at once; allow is n == 0, and n is counted even beyond GATE_REASONS_MAX */
        GateReason reasons[GATE_REASONS_MAX];
} GateVerdict;

/* Judges. Every rule is asked about every item it applies to; never stops at the first. */
void gate_judge(const GateFacts *facts, GateVerdict *ret);

/*
 * The table, for `asepsisctl rules`, the documents and the tests. Exactly one of the two tests is set, as per_item
 * says. A test returns whether its rule denies, and then writes the reason, at most GATE_TEXT_MAX bytes with the NUL.
 */
typedef struct GateRuleInfo {
        const char *id, *sentence, *source;
        GateMay may;
        bool per_item;
        bool (*test_item)(const GateFacts *f, const ItemFacts *i, char text[static GATE_TEXT_MAX]);
        bool (*test_session)(const GateFacts *f, char text[static GATE_TEXT_MAX]);
} GateRuleInfo;
size_t gate_rules(const GateRuleInfo **ret);
