/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The one table of all messages that come up: which kinds of device may send them, and each member's name, type,
 * bounds and place in Event. The decoder is generic over it; doc/protocol/schema says the same in JSON Schema.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"

#define CYCLE_SECONDS_MAX 604800     /* a week: no cycle and no soak is longer */
#define TEMPERATURE_MIN_C (-50)
#define TEMPERATURE_MAX_C 300
#define PRESSURE_MAX_KPA 1000
#define SEQ_MAX (INT64_C(1) << 53)   /* exact in every JSON library */

/* Why a message was refused; the ids are the contract's. */
typedef enum Reject {
        REJECT_NONE,
        REJECT_NOT_JSON,
        REJECT_TOO_LARGE,
        REJECT_BAD_MEMBER,
        REJECT_MISSING_MEMBER,
        REJECT_UNKNOWN_MESSAGE,
        REJECT_UNKNOWN_DEVICE,
        REJECT_NOT_ALLOWED,
        REJECT_RETAINED,
        REJECT_SEQUENCE_CONFLICT,
        REJECT_SEQUENCE_AHEAD,
        REJECT_SESSION_CONFLICT,
        REJECT_SEQUENCE_REQUIRED,
        REJECT_TOO_LATE,
        _REJECT_MAX,
} Reject;

const char *reject_id(Reject r);
/* REJECT_NONE: no such id. */
Reject reject_from_id(const char *id);

typedef enum FieldType {
        FIELD_TEXT,      /* const char *: min to max bytes, no control characters; with min 0, "" is as if absent */
        FIELD_CODE,      /* const char *: as FIELD_TEXT, but GS (0x1D) may stand in it */
        FIELD_LABEL,     /* const char *: see label_valid() */
        FIELD_INT,       /* int64_t: an integer, min to max */
        FIELD_BOOL,      /* bool */
        FIELD_ENUM,      /* int: one of names */
        FIELD_SECONDS,   /* int64_t, us: a number, min to max seconds */
        FIELD_MM,        /* int64_t, um: a number, min to max millimetres */
        FIELD_CELSIUS,   /* int32_t, mc: a number, min to max degrees Celsius */
        FIELD_KPA,       /* int32_t, pa: a number, min to max absolute kilopascal */
        FIELD_DATE,      /* int32_t: see date_parse() */
        FIELD_TIME,      /* int64_t, us: see time_parse() */
        FIELD_NONCE,     /* uint8_t[NONCE_SIZE]: base64url without padding */
        FIELD_CODES,     /* List of min to max codes */
        FIELD_LABELS,    /* List of min to max labels */
        FIELD_ITEM,      /* List of the one code given */
        FIELD_SAMPLES,   /* n_samples and samples of Event.sample */
        FIELD_PRESSURES, /* n_pressures and pressures of Event.test */
        FIELD_OBJECT,    /* bool: an object with `members`; each has its own place in Event */
} FieldType;

typedef struct EnumName {
        const char *name;
        int value;
} EnumName;

typedef struct Field Field;
struct Field {
        const char *name; /* NULL ends a table */
        FieldType type;
        bool required;
        int64_t min, max;
        uint16_t offset;       /* in Event */
        uint16_t has;          /* in Event: a bool set when the member is there; 0: none */
        const EnumName *names; /* FIELD_ENUM */
        const Field *members;  /* FIELD_OBJECT */
};

/* Which members of a message were there, for conditions that span several. */
typedef struct Present {
        const Field *fields;
        uint32_t bits; /* by position in fields */
} Present;

/* REJECT_NONE, or the reason and the member to name. */
typedef Reject (*MessageCheck)(const Event *e, const Present *p, const char **ret_member, const char **ret_detail);

typedef struct Message {
        unsigned kinds; /* bits, 1 << Kind */
        const char *name;
        EventType type;
        const Field *fields;
        MessageCheck check; /* NULL: the members stand each for itself */
} Message;

/* May stand in any message. */
extern const Field envelope_fields[];

/* NULL: this kind sends no such message. */
const Message *message_find(Kind kind, const char *name);

const char *event_type_name(EventType type);

/*
 * "A message without boot and seq can lock, never grant." True where this event could make anything permitted, so that
 * without boot and seq, or too late, the intake must not let it: goods-in, cleaning, disinfection, packing, manifests,
 * cycles and their samples, transcribed readings, a duty done, and whatever result or decision is not a refusal. False for
 * what only records or locks, for what a nonce protects (session requests, an actuator's renew), and for a
 * session-end and an opened pack, of which the intake takes only the locking half out of order.
 */
bool event_grants(const Event *e);
