/* SPDX-License-Identifier: Apache-2.0 */
/* The words by which rows of the ledger are shown, where more than one method shows them. */
#include <jansson.h>

#include "bus/internal.h"
#include "store/alerts.h"
#include "core/cycle.h"
#include "core/event.h"

const char *bus_severity(int severity) {
        static const char *const words[] = {
                [ALERT_INFO] = "info", [ALERT_WARNING] = "warning", [ALERT_CRITICAL] = "critical",
        };

        return REPLY_WORD(words, severity);
}

const char *bus_alert_state(int state) {
        static const char *const words[] = {
                [ALERT_OPEN] = "open", [ALERT_ACKNOWLEDGED] = "acknowledged", [ALERT_RESOLVED] = "resolved",
        };

        return REPLY_WORD(words, state);
}

const char *bus_wrap(int wrap) {
        static const char *const words[] = {
                [WRAP_POUCH] = "pouch",
                [WRAP_WRAP] = "wrap",
                [WRAP_CONTAINER] = "container",
                [WRAP_NONE] = "none",
        };

        return REPLY_WORD(words, wrap);
}

const char *bus_inside(int inside) {
        static const char *const words[] = {
                [INSIDE_UNREAD] = "unread",
                [INSIDE_PASSED] = "pass",
                [INSIDE_FAILED] = "fail",
                [INSIDE_ABSENT] = "absent",
        };

        return REPLY_WORD(words, inside);
}

const char *bus_load(int released) {
        static const char *const words[] = {
                [LOAD_NONE] = "open",         [LOAD_OPEN] = "open",         [LOAD_RELEASED] = "released",
                [LOAD_REJECTED] = "rejected", [LOAD_RECALLED] = "recalled",
        };

        return REPLY_WORD(words, released);
}

const char *bus_verdict(int verdict) {
        static const char *const words[] = {
                [CYCLE_VERIFIED] = "verified",
                [CYCLE_FAILED] = "failed",
                [CYCLE_UNVERIFIED] = "unverified",
        };

        return verdict < 0 ? "running" : REPLY_WORD(words, verdict);
}

const char *bus_purpose(int purpose) {
        static const char *const words[] = {
                [PURPOSE_LOAD] = "load",
                [PURPOSE_TEST] = "test",
                [PURPOSE_EMPTY] = "empty",
                [PURPOSE_WARM_UP] = "warm-up",
        };

        return REPLY_WORD(words, purpose);
}

const char *bus_outcome(int outcome) {
        static const char *const words[] = {
                [OUTCOME_COMPLETED] = "completed",
                [OUTCOME_FAILED] = "failed",
                [OUTCOME_ABORTED] = "aborted",
        };

        return REPLY_WORD(words, outcome);
}

const char *bus_test(int test) {
        static const char *const words[] = {
                [TEST_BOWIE_DICK] = "bowie-dick",
                [TEST_HELIX] = "helix",
                [TEST_VACUUM_LEAK] = "vacuum-leak",
                [TEST_AUTOMATIC_CONTROL] = "automatic-control",
        };

        return REPLY_WORD(words, test);
}

const char *bus_test_outcome(int outcome) {
        static const char *const words[] = { "no-test", "passed", "failed" };

        return REPLY_WORD(words, outcome);
}

const char *bus_result(int result) {
        static const char *const words[] = {
                [RESULT_PASS] = "pass",
                [RESULT_FAIL] = "fail",
                [RESULT_PENDING] = "pending",
                [RESULT_ABSENT] = "absent",
        };

        return REPLY_WORD(words, result);
}

const char *bus_session_outcome(int outcome) {
        static const char *const words[] = {
                [SESSION_COMPLETED] = "completed",
                [SESSION_CANCELLED] = "cancelled",
                [SESSION_STOPPED] = "stopped",
        };

        return outcome < 0 ? NULL : REPLY_WORD(words, outcome);
}

/* Our own JSON, yet it may have been damaged on disk: then there is nothing to show. */
void bus_put_reasons(Reply *r, const char *name, const char *text) {
        json_t *array = text[0] ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL, *one;
        size_t i;

        reply_list_open(r, name, "a{sv}");
        json_array_foreach(array, i, one) {
                reply_open(r);
                reply_text(r, "rule", json_string_value(json_object_get(one, "rule")));
                reply_text(r, "text", json_string_value(json_object_get(one, "text")));
                reply_close(r);
        }
        reply_list_close(r);
        json_decref(array);
}

/* By the names that the ledger gives them, with the unit in each. */
void bus_put_figures(Reply *r, const char *name, const char *text) {
        json_t *object = text[0] ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL, *value;
        const char *key;

        reply_record_open(r, name);
        json_object_foreach(object, key, value) {
                if (json_is_integer(value))
                        reply_number(r, key, json_integer_value(value));
                else if (json_is_boolean(value))
                        reply_truth(r, key, json_is_true(value));
                else if (json_is_string(value))
                        reply_text(r, key, json_string_value(value));
        }
        reply_record_close(r);
        json_decref(object);
}
