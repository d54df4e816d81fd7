/* SPDX-License-Identifier: Apache-2.0 */
#include "core/alert.h"

#include <stdio.h>
#include <string.h>

#include "util.h"

#define HAND(id) { id, ALERT_BY_HAND, ALERT_BY_HAND, NULL }
#define LOCK(id) { id, ALERT_BY_LOCK, ALERT_BY_HAND, NULL }
#define CAUSE(id, way_out) { id, ALERT_BY_CAUSE, ALERT_BY_CAUSE, way_out }
/* Only what is critical holds the daemon. */
#define DOUBT(id, way_out) { id, ALERT_BY_CAUSE, ALERT_BY_HAND, way_out }

#define COMMISSION "Commission the program: asepsisctl autoclave commission."
#define SERVICE "It ends when the autoclave is back in service: asepsisctl autoclave return."
#define TEST "Do the test, and report it at a station."
#define DUTY "Do the duty, and report it at a station."
#define QUALIFY "Register the qualification anew, or end it: asepsisctl practitioner."
#define CLOCK "Set the clock right; or, where it is, confirm it: asepsisctl clock confirm."
#define RECALL "An officer decides on it: asepsisctl recall."

static const AlertRule table[] = {
        /* a cycle */
        HAND("outcome-not-completed"), HAND("test-cycle-in-load"), HAND("hold-too-short"), HAND("steam-not-saturated"),
        HAND("program-unknown"), HAND("program-altered"), HAND("temperature-high"), HAND("air-removal-short"),
        HAND("saturation-drift"), HAND("samples-too-sparse"), HAND("samples-inconsistent"), HAND("samples-missing"),
        HAND("cycle-number-gap"), CAUSE("not-commissioned", COMMISSION),

        /* an autoclave */
        CAUSE("out-of-service", SERVICE), CAUSE("penetration-test-failed", SERVICE), CAUSE("leak-test-failed", SERVICE),
        CAUSE("spore-test-positive", SERVICE), CAUSE("penetration-test-missing", TEST), CAUSE("leak-test-overdue", TEST),
        CAUSE("leak-test-due", TEST), CAUSE("spore-test-overdue", TEST), CAUSE("spore-test-due", TEST),
        CAUSE("spore-test-unread", "Read it with its control, and report both at a station."),
        CAUSE("test-not-counted", "It ends with the next test of this autoclave that counts."),
        CAUSE("calibration-overdue", "Have it calibrated, and set its next date in the configuration."),
        CAUSE("calibration-due", "Have it calibrated, and set its next date in the configuration."),
        CAUSE("duty-overdue", DUTY), CAUSE("duty-due", DUTY),
        CAUSE("manual-evidence", "It stands while transcribed readings are configured: manual-evidence-from."),
        HAND("autoclave-fault"), HAND("single-use-in-load"),

        /* recalls */
        CAUSE("item-recalled", RECALL), CAUSE("recall-undecided", RECALL),

        /* a session */
        LOCK("use-without-session"), LOCK("reuse-detected"), LOCK("clone-detected"), LOCK("item-other-patient"),
        LOCK("blood-unlabelled"),
        { "interlock-mismatch", ALERT_BY_LOCK, ALERT_BY_CAUSE, "It ends when the relay says that it is as it should be." },
        HAND("passes-exceeded"), HAND("depth-exceeded"), HAND("needle-time-exceeded"), HAND("rounds-exceeded"),
        HAND("cleanse-missing"), HAND("screening-missing"), HAND("aftercare-missing"), HAND("blood-expired"),
        HAND("protocol-full"), HAND("override-used"),
        CAUSE("sharps-unaccounted", "Drop the needles, or sign where they are: asepsisctl sharps."),
        CAUSE("reprocessing-late", "Clean the items, and record it at a station."),
        CAUSE("session-not-ended", "End it in its room, or as an officer: asepsisctl session end."),
        CAUSE("exposure-open", "Record first aid, report and turnover: asepsisctl exposures."),

        /* people, devices, the daemon */
        CAUSE("qualification-due", QUALIFY), CAUSE("qualification-overdue", QUALIFY),
        CAUSE("device-silent", "It ends when the device speaks."),
        HAND("evidence-gap"), HAND("sequence-conflict"), HAND("rejected-flood"), HAND("signature-refused"),
        HAND("machine-asleep"),
        CAUSE("broker-lost", "It ends when the broker is there again."),
        CAUSE("disk-low", "Free some space on the ledger's disk."),
        CAUSE("backup-old", "Make a backup: asepsisctl backup."),
        CAUSE("acts-unsigned", "It ends when the configuration says otherwise: [control] acts."),
        CAUSE("clock-stepped", CLOCK), CAUSE("clock-untrusted", CLOCK),
        DOUBT("audit-inconsistent", "An officer looks into it: asepsisctl audit accept."),
        DOUBT("second-daemon", "An officer looks into it: asepsisctl audit accept."),
        CAUSE("restore-unconfirmed", "Put the right ledger back, or confirm this one: asepsisctl restore confirm."),
        CAUSE("key-changed", "Put the right key file back, or accept this key: asepsisctl key accept."),
};

size_t alert_rules(const AlertRule **ret) {
        *ret = table;
        return ELEMENTSOF(table);
}

const AlertRule *alert_rule(const char *id) {
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (strcmp(table[i].id, id) == 0)
                        return table + i;
        return NULL;
}

/* A rule that is not ours was one of an earlier version: nothing ends it but a person. */
bool alert_resolvable(const AlertFacts *f, char text[static ALERT_TEXT_MAX]) {
        const AlertRule *rule = alert_rule(f->rule);

        if (!rule)
                return true;
        switch (f->critical ? rule->critical : rule->lesser) {
        case ALERT_BY_HAND:
                return true;
        case ALERT_BY_LOCK:
                if (!f->locked_room)
                        return true;
                snprintf(text, ALERT_TEXT_MAX,
                         "Room %s is locked for this still. Look into it and unlock it first: asepsisctl room unlock %s.",
                         f->locked_room, f->locked_room);
                return false;
        case ALERT_BY_CAUSE:
                if (f->gone)
                        return true;
                snprintf(text, ALERT_TEXT_MAX, "What it tells of still holds, and the alert ends with it. %s", rule->way_out);
                return false;
        }
        return false;
}
