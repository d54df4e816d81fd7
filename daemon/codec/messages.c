/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/messages.h"

#include <assert.h>

#include "util.h"

#define REQUIRED true
#define OPTIONAL false
#define AT(m) .offset = offsetof(Event, m)
#define HAS(m) .has = offsetof(Event, m)
#define END { .name = NULL }

#define NAME_MAX_BYTES 64                     /* programs, lots, suppliers, areas: short text */
#define AGE_MAX_S 315360000                   /* ten years in a drawer */
#define CYCLE_NUMBER_MAX INT32_MAX
#define COUNT_MAX 100000                      /* rounds, passes */
#define FORM_HASH_MAX 128                     /* SHA-512 in hex */

#define LABEL(n, r, m) { n, FIELD_LABEL, r, 1, LABEL_MAX, AT(m), 0, NULL, NULL }
#define CODE(n, r, m) { n, FIELD_CODE, r, 1, CODE_MAX, AT(m), 0, NULL, NULL }
#define NAME(n, r, m) { n, FIELD_TEXT, r, 1, NAME_MAX_BYTES, AT(m), 0, NULL, NULL }
#define TEXT(n, r, m) { n, FIELD_TEXT, r, 1, TEXT_MAX, AT(m), 0, NULL, NULL }
#define DATE(n, r, m) { n, FIELD_DATE, r, 0, 0, AT(m), 0, NULL, NULL }
#define TIME(n, r, m) { n, FIELD_TIME, r, 0, 0, AT(m), 0, NULL, NULL }
#define NONCE(m) { "nonce", FIELD_NONCE, REQUIRED, 0, 0, AT(m), 0, NULL, NULL }
#define ENUM(n, r, m, e) { n, FIELD_ENUM, r, 0, 0, AT(m), 0, e, NULL }
#define BOOL(n, m) { n, FIELD_BOOL, REQUIRED, 0, 0, AT(m), 0, NULL, NULL }
#define CODES(n, r, from, m) { n, FIELD_CODES, r, from, ITEMS_MAX, AT(m), 0, NULL, NULL }
#define LABELS(n, r, from, m) { n, FIELD_LABELS, r, from, ITEMS_MAX, AT(m), 0, NULL, NULL }
#define CYCLE(m) { "cycle", FIELD_INT, REQUIRED, 0, CYCLE_NUMBER_MAX, AT(m.cycle), 0, NULL, NULL }
#define CYCLE_OPTIONAL(m) { "cycle", FIELD_INT, OPTIONAL, 0, CYCLE_NUMBER_MAX, AT(m.cycle), HAS(m.has_cycle), NULL, NULL }
#define SECONDS_OPTIONAL(n, m, h) { n, FIELD_SECONDS, OPTIONAL, 0, CYCLE_SECONDS_MAX, AT(m), HAS(h), NULL, NULL }
#define INT_OPTIONAL(n, from, to, m, h) { n, FIELD_INT, OPTIONAL, from, to, AT(m), HAS(h), NULL, NULL }

const char *reject_id(Reject r) {
        static const char *const ids[_REJECT_MAX] = {
                [REJECT_NONE] = "none",
                [REJECT_NOT_JSON] = "not-json",
                [REJECT_TOO_LARGE] = "too-large",
                [REJECT_BAD_MEMBER] = "bad-member",
                [REJECT_MISSING_MEMBER] = "missing-member",
                [REJECT_UNKNOWN_MESSAGE] = "unknown-message",
                [REJECT_UNKNOWN_DEVICE] = "unknown-device",
                [REJECT_NOT_ALLOWED] = "not-allowed",
                [REJECT_RETAINED] = "retained",
                [REJECT_SEQUENCE_CONFLICT] = "sequence-conflict",
                [REJECT_SEQUENCE_AHEAD] = "sequence-ahead",
                [REJECT_SESSION_CONFLICT] = "session-conflict",
                [REJECT_SEQUENCE_REQUIRED] = "sequence-required",
                [REJECT_TOO_LATE] = "too-late",
        };

        assert(r < _REJECT_MAX);
        return ids[r];
}

Reject reject_from_id(const char *id) {
        for (int r = REJECT_NONE + 1; r < _REJECT_MAX; r++)
                if (strcmp(reject_id((Reject)r), id) == 0)
                        return (Reject)r;
        return REJECT_NONE;
}

static const EnumName purposes[] = {
        { "load", PURPOSE_LOAD }, { "test", PURPOSE_TEST }, { "empty", PURPOSE_EMPTY }, { "warm-up", PURPOSE_WARM_UP },
        END,
};
static const EnumName cycle_outcomes[] = {
        { "completed", OUTCOME_COMPLETED }, { "failed", OUTCOME_FAILED }, { "aborted", OUTCOME_ABORTED }, END,
};
static const EnumName grades[] = { { "continuous", GRADE_CONTINUOUS }, { "printout", GRADE_PRINTOUT }, END };
static const EnumName tests[] = {
        { "bowie-dick", TEST_BOWIE_DICK }, { "helix", TEST_HELIX }, { "vacuum-leak", TEST_VACUUM_LEAK },
        { "automatic-control", TEST_AUTOMATIC_CONTROL }, END,
};
static const EnumName test_results[] = { { "pass", RESULT_PASS }, { "fail", RESULT_FAIL }, END };
static const EnumName indicator_results[] = {
        { "pass", RESULT_PASS }, { "fail", RESULT_FAIL }, { "pending", RESULT_PENDING }, END,
};
static const EnumName opening_results[] = {
        { "pass", RESULT_PASS }, { "fail", RESULT_FAIL }, { "absent", RESULT_ABSENT }, END,
};
static const EnumName severities[] = { { "minor", SEVERITY_MINOR }, { "major", SEVERITY_MAJOR }, END };
static const EnumName clean_methods[] = {
        { "washer-disinfector", CLEAN_WASHER_DISINFECTOR }, { "ultrasonic", CLEAN_ULTRASONIC },
        { "manual", CLEAN_MANUAL }, END,
};
static const EnumName levels[] = { { "intermediate", LEVEL_INTERMEDIATE }, { "high", LEVEL_HIGH }, END };
static const EnumName wraps[] = {
        { "pouch", WRAP_POUCH }, { "wrap", WRAP_WRAP }, { "container", WRAP_CONTAINER }, { "none", WRAP_NONE }, END,
};
static const EnumName indicators[] = { { "chemical", INDICATOR_CHEMICAL }, { "biological", INDICATOR_BIOLOGICAL }, END };
static const EnumName places[] = {
        { "outside", WHERE_OUTSIDE }, { "inside", WHERE_INSIDE }, { "challenge", WHERE_CHALLENGE }, END,
};
static const EnumName controls[] = { { "growth", CONTROL_GROWTH }, { "no-growth", CONTROL_NO_GROWTH }, END };
static const EnumName decisions[] = { { "release", DECISION_RELEASE }, { "reject", DECISION_REJECT }, END };
static const EnumName steps[] = {
        { "screened", STEP_SCREENED }, { "anaesthetic", STEP_ANAESTHETIC }, { "wash", STEP_WASH },
        { "serum", STEP_SERUM }, { "cleanse", STEP_CLEANSE }, { "aftercare", STEP_AFTERCARE }, END,
};
static const EnumName session_outcomes[] = {
        { "completed", SESSION_COMPLETED }, { "cancelled", SESSION_CANCELLED }, { "stopped", SESSION_STOPPED }, END,
};
static const EnumName usages[] = {
        { "attached", USAGE_ATTACHED }, { "contact", USAGE_CONTACT }, { "round", USAGE_ROUND },
        { "detached", USAGE_DETACHED }, END,
};
static const EnumName deliveries[] = { { "delivered", DELIVERY_DELIVERED }, { "failed", DELIVERY_FAILED }, END };

const Field envelope_fields[] = {
        { "boot", FIELD_TEXT, OPTIONAL, 1, BOOT_MAX, AT(env.boot), 0, NULL, NULL },
        { "seq", FIELD_INT, OPTIONAL, 1, SEQ_MAX, AT(env.seq), 0, NULL, NULL },
        { "at", FIELD_TIME, OPTIONAL, 0, 0, AT(env.at_us), HAS(env.has_at), NULL, NULL },
        { "age_s", FIELD_SECONDS, OPTIONAL, 0, AGE_MAX_S, AT(env.age_us), HAS(env.has_age), NULL, NULL },
        { "oldest", FIELD_INT, OPTIONAL, 1, SEQ_MAX, AT(env.oldest), 0, NULL, NULL },
        { "head", FIELD_TEXT, OPTIONAL, 1, HEAD_MAX, AT(env.head), 0, NULL, NULL },
        END,
};

static const Field no_fields[] = { END };
static const Field cycle_start_fields[] = {
        CYCLE(cycle_start),
        NAME("program", REQUIRED, cycle_start.program),
        ENUM("purpose", OPTIONAL, cycle_start.purpose, purposes),
        { "set_temperature_c", FIELD_CELSIUS, OPTIONAL, 0, TEMPERATURE_MAX_C, AT(cycle_start.set_temperature_mc),
          HAS(cycle_start.has_set_temperature), NULL, NULL },
        SECONDS_OPTIONAL("set_hold_s", cycle_start.set_hold_us, cycle_start.has_set_hold),
        SECONDS_OPTIONAL("set_drying_s", cycle_start.set_drying_us, cycle_start.has_set_drying),
        LABEL("operator", OPTIONAL, cycle_start.operator),
        END,
};
static const Field sample_fields[] = {
        CYCLE(sample),
        { "samples", FIELD_SAMPLES, REQUIRED, 1, SAMPLES_MAX, AT(sample.samples), 0, NULL, NULL },
        END,
};
static const Field cycle_end_fields[] = {
        CYCLE(cycle_end),
        ENUM("outcome", REQUIRED, cycle_end.outcome, cycle_outcomes),
        ENUM("grade", OPTIONAL, cycle_end.grade, grades),
        NAME("code", OPTIONAL, cycle_end.code),
        END,
};

#define TEST_FIELDS                                                                            \
        ENUM("test", REQUIRED, test.test, tests), CYCLE_OPTIONAL(test),                        \
        ENUM("result", OPTIONAL, test.result, test_results),                                   \
        { "pressures", FIELD_PRESSURES, OPTIONAL, 3, 3, AT(test.pressures), 0, NULL, NULL },   \
        LABEL("reader", OPTIONAL, test.reader), NAME("lot", OPTIONAL, test.lot),               \
        DATE("expires", OPTIONAL, test.expires)

static const Field autoclave_test_fields[] = { TEST_FIELDS, END };
static const Field station_test_fields[] = { LABEL("autoclave", REQUIRED, test.autoclave), TEST_FIELDS, END };
static const Field fault_fields[] = {
        NAME("code", REQUIRED, fault.code),
        ENUM("severity", REQUIRED, fault.severity, severities),
        TEXT("text", OPTIONAL, fault.text),
        END,
};
static const Field sterilized_fields[] = {
        NAME("by", REQUIRED, receive.sterilized_by),
        NAME("load", REQUIRED, receive.sterilized_load),
        DATE("date", REQUIRED, receive.sterilized_date),
        DATE("until", REQUIRED, receive.sterilized_until),
        TEXT("evidence", REQUIRED, receive.sterilized_evidence),
        END,
};
static const Field receive_fields[] = {
        CODE("item", REQUIRED, receive.item),
        INT_OPTIONAL("quantity", 1, QUANTITY_MAX, receive.quantity, receive.has_quantity),
        LABEL("class", OPTIONAL, receive.class_id),
        NAME("lot", OPTIONAL, receive.lot),
        DATE("expires", OPTIONAL, receive.expires),
        { "sterilized", FIELD_OBJECT, OPTIONAL, 0, 0, AT(receive.sterilized), 0, NULL, sterilized_fields },
        LABEL("by", OPTIONAL, receive.by),
        END,
};
static const Field clean_fields[] = {
        CODES("items", REQUIRED, 1, clean.items),
        ENUM("method", REQUIRED, clean.method, clean_methods),
        LABEL("operator", REQUIRED, clean.operator),
        END,
};
static const Field disinfect_fields[] = {
        CODES("items", REQUIRED, 1, disinfect.items),
        ENUM("level", REQUIRED, disinfect.level, levels),
        TEXT("agent", OPTIONAL, disinfect.agent),
        SECONDS_OPTIONAL("contact_s", disinfect.contact_us, disinfect.has_contact),
        LABEL("by", REQUIRED, disinfect.by),
        END,
};
static const Field pack_fields[] = {
        LABEL("pack", REQUIRED, pack.pack),
        CODES("items", REQUIRED, 1, pack.items),
        ENUM("wrap", REQUIRED, pack.wrap, wraps),
        LABEL("operator", REQUIRED, pack.operator),
        LABEL("session", OPTIONAL, pack.session),
        END,
};
static const Field load_fields[] = {
        LABEL("autoclave", REQUIRED, load.autoclave),
        CYCLE_OPTIONAL(load),
        LABELS("packs", REQUIRED, 1, load.packs),
        END,
};
static const Field indicator_fields[] = {
        LABEL("autoclave", REQUIRED, indicator.autoclave),
        CYCLE_OPTIONAL(indicator),
        LABEL("attempt", OPTIONAL, indicator.attempt),
        ENUM("indicator", REQUIRED, indicator.indicator, indicators),
        ENUM("where", OPTIONAL, indicator.where, places),
        LABELS("packs", OPTIONAL, 0, indicator.packs),
        INT_OPTIONAL("type", 1, 6, indicator.indicator_type, indicator.has_type),
        NAME("lot", OPTIONAL, indicator.lot),
        DATE("expires", OPTIONAL, indicator.expires),
        ENUM("result", REQUIRED, indicator.result, indicator_results),
        ENUM("control", OPTIONAL, indicator.control, controls),
        LABEL("reader", REQUIRED, indicator.reader),
        END,
};
static const Field release_fields[] = {
        LABEL("autoclave", REQUIRED, release.autoclave),
        CYCLE_OPTIONAL(release),
        LABEL("attempt", OPTIONAL, release.attempt),
        ENUM("decision", REQUIRED, release.decision, decisions),
        LABEL("by", REQUIRED, release.by),
        BOOL("dry", release.dry),
        LABELS("wet_packs", OPTIONAL, 0, release.wet_packs),
        TEXT("reason", OPTIONAL, release.reason),
        END,
};
static const Field transcript_fields[] = {
        LABEL("autoclave", REQUIRED, transcript.autoclave),
        CYCLE(transcript),
        LABEL("attempt", OPTIONAL, transcript.attempt),
        NAME("program", REQUIRED, transcript.program),
        { "hold_s", FIELD_SECONDS, REQUIRED, 0, CYCLE_SECONDS_MAX, AT(transcript.hold_us), 0, NULL, NULL },
        { "coldest_c", FIELD_CELSIUS, REQUIRED, 0, TEMPERATURE_MAX_C, AT(transcript.coldest_mc), 0, NULL, NULL },
        { "hottest_c", FIELD_CELSIUS, REQUIRED, 0, TEMPERATURE_MAX_C, AT(transcript.hottest_mc), 0, NULL, NULL },
        { "lowest_kpa", FIELD_KPA, REQUIRED, 0, PRESSURE_MAX_KPA, AT(transcript.lowest_pa), 0, NULL, NULL },
        { "highest_kpa", FIELD_KPA, REQUIRED, 0, PRESSURE_MAX_KPA, AT(transcript.highest_pa), 0, NULL, NULL },
        INT_OPTIONAL("pulses", 0, COUNT_MAX, transcript.pulses, transcript.has_pulses),
        LABEL("by", REQUIRED, transcript.by),
        TEXT("reason", REQUIRED, transcript.reason),
        END,
};
static const Field damage_fields[] = {
        LABEL("pack", OPTIONAL, damage.pack),
        CODE("item", OPTIONAL, damage.item),
        TEXT("reason", REQUIRED, damage.reason),
        END,
};
static const Field recall_fields[] = {
        TEXT("reason", REQUIRED, recall.reason),
        LABEL("by", REQUIRED, recall.by),
        NAME("lot", OPTIONAL, recall.lot),
        NAME("product", OPTIONAL, recall.product),
        CODES("items", OPTIONAL, 1, recall.items),
        NAME("supplier_load", OPTIONAL, recall.supplier_load),
        LABEL("autoclave", OPTIONAL, recall.autoclave),
        LABEL("attempt", OPTIONAL, recall.attempt),
        TIME("from", OPTIONAL, recall.from_us),
        TIME("to", OPTIONAL, recall.to_us),
        END,
};
static const Field duty_fields[] = {
        LABEL("duty", REQUIRED, duty.duty),
        LABEL("by", REQUIRED, duty.by),
        NAME("subject", OPTIONAL, duty.subject),
        ENUM("result", OPTIONAL, duty.result, test_results),
        END,
};
static const Field drop_fields[] = {
        CODES("items", OPTIONAL, 1, drop.items),
        { "item", FIELD_ITEM, OPTIONAL, 1, CODE_MAX, AT(drop.items), 0, NULL, NULL },
        CODE("container", OPTIONAL, drop.container),
        LABEL("by", OPTIONAL, drop.by),
        END,
};
static const Field injury_fields[] = {
        LABEL("room", OPTIONAL, injury.room),
        CODE("item", OPTIONAL, injury.item),
        TEXT("detail", REQUIRED, injury.detail),
        END,
};
static const Field session_request_fields[] = {
        LABEL("session", REQUIRED, session_request.session),
        LABEL("practitioner", REQUIRED, session_request.practitioner),
        /* Missing is not malformed: the gate denies with `patient-missing`, which tells the room what to do. */
        { "patient", FIELD_TEXT, OPTIONAL, 0, NAME_MAX_BYTES, AT(session_request.patient), 0, NULL, NULL },
        LABEL("procedure", REQUIRED, session_request.procedure),
        CODES("items", REQUIRED, 1, session_request.items),
        NONCE(session_request.nonce),
        END,
};
static const Field session_renew_fields[] = {
        LABEL("session", REQUIRED, session_renew.session),
        NONCE(session_renew.nonce),
        END,
};
static const Field session_add_fields[] = {
        LABEL("session", REQUIRED, session_add.session),
        CODES("items", REQUIRED, 1, session_add.items),
        NONCE(session_add.nonce),
        END,
};
static const Field session_start_fields[] = { LABEL("session", REQUIRED, session_start.session), END };
static const Field session_step_fields[] = {
        LABEL("session", REQUIRED, session_step.session),
        ENUM("step", REQUIRED, session_step.step, steps),
        INT_OPTIONAL("round", 1, COUNT_MAX, session_step.round, session_step.has_round),
        CODE("item", OPTIONAL, session_step.item),
        { "form_hash", FIELD_TEXT, OPTIONAL, 1, FORM_HASH_MAX, AT(session_step.form_hash), 0, NULL, NULL },
        END,
};
static const Field open_fields[] = {
        LABEL("pack", REQUIRED, open.pack),
        ENUM("indicator", REQUIRED, open.indicator, opening_results),
        LABEL("by", REQUIRED, open.by),
        END,
};
static const Field draw_fields[] = {
        LABEL("session", REQUIRED, draw.session),
        CODE("item", REQUIRED, draw.item),
        END,
};
static const Field session_end_fields[] = {
        LABEL("session", REQUIRED, session_end.session),
        ENUM("outcome", OPTIONAL, session_end.outcome, session_outcomes),
        CODES("unopened", OPTIONAL, 0, session_end.unopened),
        CODES("dropped", OPTIONAL, 0, session_end.dropped),
        LABEL("by", REQUIRED, session_end.by),
        END,
};
static const Field disinfected_fields[] = {
        LABEL("by", REQUIRED, disinfected.by),
        { "contact_s", FIELD_SECONDS, REQUIRED, 0, CYCLE_SECONDS_MAX, AT(disinfected.contact_us), 0, NULL, NULL },
        TEXT("agent", OPTIONAL, disinfected.agent),
        END,
};
static const Field usage_fields[] = {
        CODE("item", REQUIRED, usage.item),
        ENUM("event", REQUIRED, usage.event, usages),
        LABEL("session", OPTIONAL, usage.session),
        NAME("area", OPTIONAL, usage.area),
        INT_OPTIONAL("round", 1, COUNT_MAX, usage.round, usage.has_round),
        INT_OPTIONAL("passes", 0, COUNT_MAX, usage.passes, usage.has_passes),
        { "depth_mm", FIELD_MM, OPTIONAL, 0, 20, AT(usage.depth_um), HAS(usage.has_depth), NULL, NULL },
        SECONDS_OPTIONAL("motor_s", usage.motor_us, usage.has_motor),
        { "bleeding", FIELD_BOOL, OPTIONAL, 0, 0, AT(usage.bleeding), HAS(usage.has_bleeding), NULL, NULL },
        END,
};
static const Field state_fields[] = { BOOL("energised", state.energised), END };
static const Field renew_fields[] = { NONCE(renew.nonce), END };
static const Field outcome_fields[] = {
        LABEL("delivery", REQUIRED, outcome.delivery),
        ENUM("outcome", REQUIRED, outcome.outcome, deliveries),
        TEXT("detail", OPTIONAL, outcome.detail),
        END,
};

static bool present(const Present *p, const char *name) {
        for (unsigned i = 0; p->fields[i].name; i++)
                if (streq(p->fields[i].name, name))
                        return p->bits & (1u << i);
        assert(false); /* a check names a member that its table has not */
        return false;
}

static unsigned count_present(const Present *p, const char *const *names, size_t n) {
        unsigned count = 0;

        for (size_t i = 0; i < n; i++)
                count += present(p, names[i]);
        return count;
}

static Reject exactly_one(const Present *p, const char *const *names, size_t n, const char *text,
                          const char **ret_member, const char **ret_detail) {
        unsigned count = count_present(p, names, n);

        if (count == 1)
                return REJECT_NONE;
        *ret_member = names[0];
        *ret_detail = text;
        return count == 0 ? REJECT_MISSING_MEMBER : REJECT_BAD_MEMBER;
}

static Reject check_attempt(const Event *e, const Present *p, const char **ret_member, const char **ret_detail) {
        (void) e;
        if (present(p, "cycle") || present(p, "attempt"))
                return REJECT_NONE;
        *ret_member = "attempt";
        *ret_detail = "Say which run: give attempt, or cycle.";
        return REJECT_MISSING_MEMBER;
}

static Reject check_transcript(const Event *e, const Present *p, const char **ret_member, const char **ret_detail) {
        (void) p;
        if (e->transcript.coldest_mc > e->transcript.hottest_mc) {
                *ret_member = "hottest_c";
                *ret_detail = "hottest_c must not be below coldest_c.";
                return REJECT_BAD_MEMBER;
        }
        if (e->transcript.lowest_pa > e->transcript.highest_pa) {
                *ret_member = "highest_kpa";
                *ret_detail = "highest_kpa must not be below lowest_kpa.";
                return REJECT_BAD_MEMBER;
        }
        return REJECT_NONE;
}

static Reject check_damage(const Event *e, const Present *p, const char **ret_member, const char **ret_detail) {
        static const char *const names[] = { "item", "pack" };

        (void) e;
        return exactly_one(p, names, ELEMENTSOF(names), "Give either item or pack.", ret_member, ret_detail);
}

static Reject check_drop(const Event *e, const Present *p, const char **ret_member, const char **ret_detail) {
        static const char *const names[] = { "items", "item" };

        (void) e;
        return exactly_one(p, names, ELEMENTSOF(names), "Give either items or item.", ret_member, ret_detail);
}

static Reject check_recall(const Event *e, const Present *p, const char **ret_member, const char **ret_detail) {
        static const char *const names[] = { "lot", "product", "items", "supplier_load", "autoclave", "attempt" };
        bool whole = present(p, "autoclave"), from = present(p, "from"), to = present(p, "to");
        Reject r = exactly_one(p, names, ELEMENTSOF(names),
                               "Give one of lot, product, items, supplier_load, attempt, or autoclave with from and to.",
                               ret_member, ret_detail);

        if (r != REJECT_NONE)
                return r;
        if (whole && (!from || !to)) {
                *ret_member = from ? "to" : "from";
                *ret_detail = "A recall by autoclave needs from and to.";
                return REJECT_MISSING_MEMBER;
        }
        if (!whole && (from || to)) {
                *ret_member = from ? "from" : "to";
                *ret_detail = "from and to go with autoclave only.";
                return REJECT_BAD_MEMBER;
        }
        if (whole && e->recall.from_us > e->recall.to_us) {
                *ret_member = "to";
                *ret_detail = "to must not be before from.";
                return REJECT_BAD_MEMBER;
        }
        return REJECT_NONE;
}

#define ANY_KIND ((1u << _KIND_MAX) - 1)
#define AUTOCLAVE (1u << KIND_AUTOCLAVE)
#define STATION (1u << KIND_STATION)
#define ROOM (1u << KIND_ROOM)
#define HANDPIECE (1u << KIND_HANDPIECE)
#define SHARPS (1u << KIND_SHARPS)
#define ACTUATOR (1u << KIND_ACTUATOR)
#define NOTIFIER (1u << KIND_NOTIFIER)

static const Message messages[] = {
        { AUTOCLAVE, "sample", EVENT_SAMPLE, sample_fields, NULL },
        { HANDPIECE, "usage", EVENT_USAGE, usage_fields, NULL },
        { ANY_KIND, "heartbeat", EVENT_HEARTBEAT, no_fields, NULL },
        { AUTOCLAVE, "cycle-start", EVENT_CYCLE_START, cycle_start_fields, NULL },
        { AUTOCLAVE, "cycle-end", EVENT_CYCLE_END, cycle_end_fields, NULL },
        { AUTOCLAVE, "test", EVENT_TEST, autoclave_test_fields, NULL },
        { STATION, "test", EVENT_TEST, station_test_fields, NULL },
        { AUTOCLAVE, "fault", EVENT_FAULT, fault_fields, NULL },
        { STATION, "receive", EVENT_RECEIVE, receive_fields, NULL },
        { STATION, "clean", EVENT_CLEAN, clean_fields, NULL },
        { STATION, "disinfect", EVENT_DISINFECT, disinfect_fields, NULL },
        { STATION, "pack", EVENT_PACK, pack_fields, NULL },
        { STATION, "load", EVENT_LOAD, load_fields, NULL },
        { STATION, "indicator", EVENT_INDICATOR, indicator_fields, check_attempt },
        { STATION, "release", EVENT_RELEASE, release_fields, check_attempt },
        { STATION, "transcript", EVENT_TRANSCRIPT, transcript_fields, check_transcript },
        { STATION | ROOM, "damage", EVENT_DAMAGE, damage_fields, check_damage },
        { STATION, "recall", EVENT_RECALL, recall_fields, check_recall },
        { STATION, "duty", EVENT_DUTY, duty_fields, NULL },
        { STATION | SHARPS, "drop", EVENT_DROP, drop_fields, check_drop },
        { STATION | ROOM, "injury", EVENT_INJURY, injury_fields, NULL },
        { ROOM, "session-request", EVENT_SESSION_REQUEST, session_request_fields, NULL },
        { ROOM, "session-renew", EVENT_SESSION_RENEW, session_renew_fields, NULL },
        { ROOM, "session-add", EVENT_SESSION_ADD, session_add_fields, NULL },
        { ROOM, "session-start", EVENT_SESSION_START, session_start_fields, NULL },
        { ROOM, "session-step", EVENT_SESSION_STEP, session_step_fields, NULL },
        { ROOM, "open", EVENT_OPEN, open_fields, NULL },
        { ROOM, "draw", EVENT_DRAW, draw_fields, NULL },
        { ROOM, "session-end", EVENT_SESSION_END, session_end_fields, NULL },
        { ROOM, "disinfected", EVENT_DISINFECTED, disinfected_fields, NULL },
        { ACTUATOR, "state", EVENT_STATE, state_fields, NULL },
        { ACTUATOR, "renew", EVENT_RENEW, renew_fields, NULL },
        { NOTIFIER, "outcome", EVENT_OUTCOME, outcome_fields, NULL },
};

const Message *message_find(Kind kind, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(messages); i++)
                if (messages[i].kinds & (1u << kind) && streq(messages[i].name, name))
                        return &messages[i];
        return NULL;
}

const char *event_type_name(EventType type) {
        for (size_t i = 0; i < ELEMENTSOF(messages); i++)
                if (messages[i].type == type)
                        return messages[i].name;
        assert(false);
        return NULL;
}

bool event_grants(const Event *e) {
        switch (e->type) {
        case EVENT_CYCLE_START:
        case EVENT_SAMPLE:
        case EVENT_RECEIVE:
        case EVENT_CLEAN:
        case EVENT_DISINFECT:
        case EVENT_PACK:
        case EVENT_LOAD:
        case EVENT_TRANSCRIPT:
        case EVENT_DISINFECTED:
                return true;
        case EVENT_DUTY:
                return e->duty.result != RESULT_FAIL;
        case EVENT_CYCLE_END:
                return e->cycle_end.outcome == OUTCOME_COMPLETED;
        case EVENT_TEST: /* timed pressures may pass without a result */
                return e->test.result != RESULT_FAIL;
        case EVENT_INDICATOR: /* a pending spore test stands in for one read, for a time */
                return e->indicator.result != RESULT_FAIL;
        case EVENT_RELEASE:
                return e->release.decision == DECISION_RELEASE;
        case EVENT_OPEN: /* ends sterility whenever it comes; the intake takes a pass only in its order */
        case EVENT_DRAW: /* binds a tube to a patient whenever it comes */
        case EVENT_HEARTBEAT:
        case EVENT_FAULT:
        case EVENT_DAMAGE:
        case EVENT_RECALL:
        case EVENT_DROP:
        case EVENT_INJURY:
        case EVENT_SESSION_REQUEST:
        case EVENT_SESSION_RENEW:
        case EVENT_SESSION_ADD:
        case EVENT_SESSION_START:
        case EVENT_SESSION_STEP:
        case EVENT_SESSION_END:
        case EVENT_USAGE:
        case EVENT_STATE:
        case EVENT_RENEW:
        case EVENT_OUTCOME:
        case _EVENT_TYPE_MAX:
                return false;
        }
        return false;
}
