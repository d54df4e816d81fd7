/* SPDX-License-Identifier: Apache-2.0 */
/* What each act does, as intake_act() calls it. Who may, and what is recorded, is in act.c. */
#include <errno.h>

#include "intake/erasure.h"
#include "intake/people.h"
#include "intake/session.h"
#include "intake/sterile.h"

static int commission(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_commission(in, &in->now, act->subject, act->by, text);
}

static int autoclave_out(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_autoclave_out(in, &in->now, act->subject, act->cause ?: "", act->by, act->reason, text);
}

static int autoclave_return(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_autoclave_return(in, &in->now, act->subject, act->by, act->reason, text);
}

static int recall_make(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        int64_t recall;

        return intake_recall_make(in, &in->now, act->cause, act->subject, act->from_us, act->to_us, act->by, act->reason,
                                  &recall, text);
}

static int recall_decide(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return (act->type == ACT_RECALL_END ? intake_recall_end : intake_recall_confirm)(in, &in->now, act->recall, act->by,
                                                                                         act->reason, text);
}

static int override(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return override_sign(in, act->subject, act->cause ?: "", act->by, act->reason, text);
}

static int room_unlock(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_room_unlock(in, &in->now, act->subject, act->by, act->reason, text);
}

static int session_stop(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_session_end(in, &in->now, act->subject, act->by, act->reason, text);
}

static int drill(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_drill(in, &in->now, act->subject, act->by, text);
}

static int sharps(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_sharps(in, &in->now, act->subject, act->by, act->reason, text);
}

static int prepare_key(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        (void)act;
        return key_prepare(in, text);
}

static int rotate_key(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return key_rotate(in, act->cause, text);
}

static int accept_key(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return key_accept(in, act->subject, text);
}

static int clock_confirm(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        (void)act;
        return intake_clock_confirm(in, &in->now, text);
}

static int restore_confirm(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_restore_confirm(in, &in->now, act->by, act->reason, text);
}

static int audit_accept(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return intake_audit_accept(in, &in->now, act->by, act->reason, text);
}

static int backup(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) {
        return backup_start(in, act->subject, text);
}

static int (*const does[_ACT_MAX])(Intake *in, const Act *act, char text[static ACT_TEXT_MAX]) = {
        [ACT_COMMISSION] = commission,
        [ACT_AUTOCLAVE_OUT] = autoclave_out,
        [ACT_AUTOCLAVE_RETURN] = autoclave_return,
        [ACT_RECALL_MAKE] = recall_make,
        [ACT_RECALL_CONFIRM] = recall_decide,
        [ACT_RECALL_END] = recall_decide,
        [ACT_ITEM_QUARANTINE] = item_quarantine_act,
        [ACT_ITEM_RETURN] = item_return_act,
        [ACT_ALERT_ACKNOWLEDGE] = alerts_act,
        [ACT_ALERT_RESOLVE] = alerts_act,
        [ACT_ALERT_SILENCE] = alerts_act,
        [ACT_OVERRIDE] = override,
        [ACT_ROOM_UNLOCK] = room_unlock,
        [ACT_SESSION_END] = session_stop,
        [ACT_DRILL] = drill,
        [ACT_SHARPS] = sharps,
        [ACT_KEY_PREPARE] = prepare_key,
        [ACT_KEY_ROTATE] = rotate_key,
        [ACT_KEY_ACCEPT] = accept_key,
        [ACT_LOAD_RELEASE] = load_act,
        [ACT_LOAD_REJECT] = load_act,
        [ACT_LOAD_WITHDRAW] = load_act,
        [ACT_QUALIFICATION_REGISTER] = qualification_register,
        [ACT_QUALIFICATION_END] = qualification_withdraw,
        [ACT_PATIENT_ERASE] = patient_erase,
        [ACT_CLOCK_CONFIRM] = clock_confirm,
        [ACT_RESTORE_CONFIRM] = restore_confirm,
        [ACT_AUDIT_ACCEPT] = audit_accept,
        [ACT_BACKUP] = backup,
};

int act_do(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        return (size_t)act->type < ELEMENTSOF(does) && does[act->type] ? does[act->type](in, act, ret_text) : -EINVAL;
}
