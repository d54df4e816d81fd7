/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each act asks of whoever does it. Every act signs, but those that only lock and are wanted at once: a password in
 * the way of a recall would leave a bad needle longer in use. systemd/org.asepsis1.policy has each action, with the text
 * that the person is shown.
 */
#include "act.h"

#include "util.h"

static const struct {
        const char *action;
        bool locks; /* only */
} access_of[_ACT_MAX] = {
        [ACT_COMMISSION] = { "commission", false },
        [ACT_AUTOCLAVE_OUT] = { "autoclave-out", true },
        [ACT_AUTOCLAVE_RETURN] = { "return-autoclave", false },
        [ACT_RECALL_MAKE] = { "recall", true },
        [ACT_RECALL_CONFIRM] = { "decide-recall", false },
        [ACT_RECALL_END] = { "decide-recall", false },
        [ACT_ITEM_QUARANTINE] = { "quarantine", true },
        [ACT_ITEM_RETURN] = { "return-item", false },
        [ACT_ALERT_ACKNOWLEDGE] = { "alert", true },
        [ACT_ALERT_RESOLVE] = { "resolve-alert", false },
        [ACT_ALERT_SILENCE] = { "alert", true },
        [ACT_OVERRIDE] = { "override", false },
        [ACT_KEY_PREPARE] = { "key", false },
        [ACT_KEY_ROTATE] = { "key", false },
        [ACT_KEY_ACCEPT] = { "key", false },
        [ACT_CLOCK_CONFIRM] = { "clock", false },
        [ACT_RESTORE_CONFIRM] = { "restore", false },
        [ACT_AUDIT_ACCEPT] = { "audit", false },
        [ACT_ROOM_UNLOCK] = { "unlock-room", false },
        [ACT_SESSION_END] = { "end-session", false },
        [ACT_DRILL] = { "attest", false },
        [ACT_SHARPS] = { "attest", false },
        [ACT_QUALIFICATION_REGISTER] = { "qualification", false },
        [ACT_QUALIFICATION_END] = { "qualification", false },
        [ACT_PATIENT_ERASE] = { "erase", false },
        [ACT_BACKUP] = { "backup", true }, /* it permits nothing, and goes where the daemon alone can read it */
        [ACT_LOAD_RELEASE] = { "release", false },
        [ACT_LOAD_REJECT] = { "reject", true },
        [ACT_LOAD_WITHDRAW] = { "reject", true },
};

static const struct {
        const char *id, *meaning;
} words[_ACT_MAX] = {
#define ACT_WORDS(name, id, meaning) [ACT_##name] = { id, meaning },
        ACTS(ACT_WORDS)
#undef ACT_WORDS
};

const char *act_id(ActType type) {
        return words[type].id;
}

const char *act_meaning(ActType type) {
        return words[type].meaning;
}

const char *act_action(ActType type) {
        return (size_t)type < ELEMENTSOF(access_of) ? access_of[type].action : NULL;
}

bool act_signs(ActType type) {
        return (size_t)type >= ELEMENTSOF(access_of) || !access_of[type].locks;
}
