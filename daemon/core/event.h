/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Event: one message of the MQTT contract, decoded and within range. What the codec makes, and all that the intake
 * and the core ever see of it. Strings are borrowed from the decoder and live as long as its Decoded.
 * Units: microseconds, thousandths of a degree Celsius, absolute pascal. Dates: year * 10000 + month * 100 + day.
 * Absent optional strings are NULL, absent lists have n = 0, absent numbers have their has_ flag false.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

typedef enum Kind {
        KIND_AUTOCLAVE,
        KIND_STATION,
        KIND_ROOM,
        KIND_HANDPIECE,
        KIND_SHARPS,
        KIND_ACTUATOR,
        KIND_NOTIFIER,
        _KIND_MAX,
} Kind;

typedef enum EventType {
        EVENT_HEARTBEAT,
        EVENT_CYCLE_START,
        EVENT_SAMPLE,
        EVENT_CYCLE_END,
        EVENT_TEST,
        EVENT_FAULT,
        EVENT_RECEIVE,
        EVENT_CLEAN,
        EVENT_DISINFECT,
        EVENT_PACK,
        EVENT_LOAD,
        EVENT_INDICATOR,
        EVENT_RELEASE,
        EVENT_TRANSCRIPT,
        EVENT_DAMAGE,
        EVENT_RECALL,
        EVENT_DUTY,
        EVENT_DROP,
        EVENT_INJURY,
        EVENT_SESSION_REQUEST,
        EVENT_SESSION_RENEW,
        EVENT_SESSION_ADD,
        EVENT_SESSION_START,
        EVENT_SESSION_STEP,
        EVENT_OPEN,
        EVENT_DRAW,
        EVENT_SESSION_END,
        EVENT_DISINFECTED,
        EVENT_USAGE,
        EVENT_STATE,
        EVENT_RENEW,
        EVENT_OUTCOME,
        _EVENT_TYPE_MAX,
} EventType;

typedef enum Purpose { PURPOSE_LOAD, PURPOSE_TEST, PURPOSE_EMPTY, PURPOSE_WARM_UP } Purpose;
typedef enum CycleOutcome { OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_ABORTED } CycleOutcome;
typedef enum Grade { GRADE_CONTINUOUS, GRADE_PRINTOUT } Grade;
typedef enum TestType { TEST_BOWIE_DICK, TEST_HELIX, TEST_VACUUM_LEAK, TEST_AUTOMATIC_CONTROL } TestType;
typedef enum Result { RESULT_NONE, RESULT_PASS, RESULT_FAIL, RESULT_PENDING, RESULT_ABSENT } Result;
typedef enum Severity { SEVERITY_MINOR, SEVERITY_MAJOR } Severity;
typedef enum CleanMethod { CLEAN_WASHER_DISINFECTOR, CLEAN_ULTRASONIC, CLEAN_MANUAL } CleanMethod;
typedef enum DisinfectLevel { LEVEL_INTERMEDIATE, LEVEL_HIGH } DisinfectLevel;
typedef enum Wrap { WRAP_POUCH, WRAP_WRAP, WRAP_CONTAINER, WRAP_NONE } Wrap;
typedef enum IndicatorKind { INDICATOR_CHEMICAL, INDICATOR_BIOLOGICAL } IndicatorKind;
typedef enum IndicatorWhere { WHERE_UNSAID, WHERE_OUTSIDE, WHERE_INSIDE, WHERE_CHALLENGE } IndicatorWhere;
typedef enum Control { CONTROL_UNSAID, CONTROL_GROWTH, CONTROL_NO_GROWTH } Control;
typedef enum ReleaseDecision { DECISION_RELEASE, DECISION_REJECT } ReleaseDecision;
typedef enum Step { STEP_SCREENED, STEP_ANAESTHETIC, STEP_WASH, STEP_SERUM, STEP_CLEANSE, STEP_AFTERCARE } Step;
typedef enum SessionOutcome { SESSION_COMPLETED, SESSION_CANCELLED, SESSION_STOPPED } SessionOutcome;
typedef enum UsageEvent { USAGE_ATTACHED, USAGE_CONTACT, USAGE_ROUND, USAGE_DETACHED } UsageEvent;
typedef enum DeliveryOutcome { DELIVERY_DELIVERED, DELIVERY_FAILED } DeliveryOutcome;

typedef struct Sample {
        int64_t t_us;           /* since the cycle's start, device's monotonic clock */
        int32_t temperature_mc; /* thousandths of a degree Celsius */
        int32_t pressure_pa;    /* absolute */
} Sample;

typedef struct TimedPressure {
        int64_t t_us;
        int32_t pressure_pa;
} TimedPressure;

typedef struct List {
        size_t n;
        const char **v;
} List;

typedef struct Envelope {
        const char *boot; /* NULL: not sequenced */
        int64_t seq;      /* 1 upwards; 0: not sequenced. Both or neither */
        bool has_at;
        int64_t at_us;    /* the device's wall clock: recorded, never trusted */
        bool has_age;
        int64_t age_us;
        int64_t oldest;   /* 0: not said */
        const char *head;
} Envelope;

typedef struct Event {
        EventType type;
        Kind kind;
        const char *device;
        Envelope env;
        union {
                struct {
                        int64_t cycle;
                        const char *program, *operator;
                        int purpose; /* Purpose */
                        bool has_set_temperature, has_set_hold, has_set_drying;
                        int32_t set_temperature_mc;
                        int64_t set_hold_us, set_drying_us;
                } cycle_start;
                struct {
                        int64_t cycle;
                        size_t n_samples;
                        const Sample *samples;
                } sample;
                struct {
                        int64_t cycle;
                        int outcome; /* CycleOutcome */
                        int grade;   /* Grade */
                        const char *code;
                } cycle_end;
                struct {
                        int test; /* TestType */
                        bool has_cycle;
                        int64_t cycle;
                        int result; /* Result */
                        size_t n_pressures; /* 0 or 3 */
                        const TimedPressure *pressures;
                        const char *reader, *lot, *autoclave;
                        int32_t expires; /* 0: not said */
                } test;
                struct {
                        const char *code, *text;
                        int severity; /* Severity */
                } fault;
                struct {
                        const char *item, *class_id, *lot, *by;
                        bool has_quantity;
                        int64_t quantity;
                        int32_t expires;
                        bool sterilized; /* the five below are there */
                        const char *sterilized_by, *sterilized_load, *sterilized_evidence;
                        int32_t sterilized_date, sterilized_until;
                } receive;
                struct {
                        List items;
                        int method; /* CleanMethod */
                        const char *operator;
                } clean;
                struct {
                        List items;
                        int level; /* DisinfectLevel */
                        const char *agent, *by;
                        bool has_contact;
                        int64_t contact_us;
                } disinfect;
                struct {
                        const char *pack, *operator, *session;
                        List items;
                        int wrap; /* Wrap */
                } pack;
                struct {
                        const char *autoclave;
                        bool has_cycle;
                        int64_t cycle;
                        List packs;
                } load;
                struct {
                        const char *autoclave, *attempt, *lot, *reader;
                        bool has_cycle, has_type;
                        int64_t cycle, indicator_type;
                        int indicator, where, result, control; /* IndicatorKind, IndicatorWhere, Result, Control */
                        List packs;
                        int32_t expires;
                } indicator;
                struct {
                        const char *autoclave, *attempt, *by, *reason;
                        bool has_cycle, dry;
                        int64_t cycle;
                        int decision; /* ReleaseDecision */
                        List wet_packs;
                } release;
                struct {
                        const char *autoclave, *attempt, *program, *by, *reason;
                        bool has_pulses;
                        int64_t cycle, hold_us, pulses;
                        int32_t coldest_mc, hottest_mc, lowest_pa, highest_pa; /* in the hold */
                } transcript;
                struct {
                        const char *pack, *item, *reason; /* exactly one of pack and item */
                } damage;
                struct {
                        const char *reason, *by;
                        const char *lot, *product, *supplier_load, *autoclave,
                                *attempt; /* exactly one of these or items */
                        List items;
                        int64_t from_us, to_us; /* with autoclave */
                } recall;
                struct {
                        const char *duty, *by, *subject;
                        int result; /* Result: not said counts as pass */
                } duty;
                struct {
                        List items; /* `item` comes as a list of one */
                        const char *container, *by;
                } drop;
                struct {
                        const char *room, *item, *detail;
                } injury;
                struct {
                        const char *session, *practitioner, *patient, *procedure;
                        List items;
                        uint8_t nonce[NONCE_SIZE];
                } session_request;
                struct {
                        const char *session;
                        uint8_t nonce[NONCE_SIZE];
                } session_renew;
                struct {
                        const char *session;
                        List items;
                        uint8_t nonce[NONCE_SIZE];
                } session_add;
                struct {
                        const char *session;
                } session_start;
                struct {
                        const char *session, *item, *form_hash;
                        int step; /* Step */
                        bool has_round;
                        int64_t round;
                } session_step;
                struct {
                        const char *pack, *by;
                        int indicator; /* Result: pass, fail or absent */
                } open;
                struct {
                        const char *session, *item;
                } draw;
                struct {
                        const char *session, *by;
                        int outcome; /* SessionOutcome */
                        List unopened, dropped;
                } session_end;
                struct {
                        const char *by, *agent;
                        int64_t contact_us;
                } disinfected;
                struct {
                        const char *item, *session, *area;
                        int event; /* UsageEvent */
                        bool has_round, has_passes, has_depth, has_motor, has_bleeding, bleeding;
                        int64_t round, passes, depth_um, motor_us;
                } usage;
                struct {
                        bool energised;
                } state;
                struct {
                        uint8_t nonce[NONCE_SIZE];
                } renew;
                struct {
                        const char *delivery, *detail;
                        int outcome; /* DeliveryOutcome */
                } outcome;
        };
} Event;
