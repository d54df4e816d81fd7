/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods by which a person acts: read, bound, hand over, answer. Who may do what is decided in intake/act.c. On the
 * system bus polkit is asked in between, and the same call comes here again when it has answered: a method has to be one
 * that can be read twice, and must change nothing by itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>

#include "bus/internal.h"
#include "codec/rfc3339.h"
#include "core/limits.h"
#include "store/backup.h"

/* The peer by the kernel's word. On the socket there is nobody in between. */
static int read_peer(sd_bus_message *m, Act *act) {
        struct ucred peer;
        socklen_t size = sizeof(peer);
        int fd = sd_bus_get_fd(sd_bus_message_get_bus(m));

        if (fd < 0)
                return fd;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        act->uid = peer.uid;
        act->pid = peer.pid;
        return 0;
}

static bool too_long(const char *text, size_t most) {
        return text && strlen(text) > most;
}

static int answer(sd_bus_message *m, const char *text) {
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        reply_open(&reply);
        reply_text(&reply, "text", text);
        reply_close(&reply);
        return reply_send(&reply);
}

static int act_failed(const BusSource *source, int r, sd_bus_error *error) {
        const char *why = store_why(source->store);

        return sd_bus_error_setf(error, BUS_ERROR_LEDGER,
                                 "It is not done: the ledger cannot be written (%s). See the daemon's log.",
                                 why[0] ? why : strerror(-r));
}

/* A text that was cut may end in the middle of a letter, and D-Bus takes whole ones only. */
static void cut_whole(char text[static ACT_TEXT_MAX]) {
        size_t n = strlen(text);

        if (n < ACT_TEXT_MAX - 1)
                return;
        while (n > 0 && (unsigned char)text[n - 1] >= 0x80)
                text[--n] = '\0';
}

static int refused(int outcome, const char *text, sd_bus_error *error) {
        static const char *const names[] = { [ACT_REFUSED] = BUS_ERROR_REFUSED,
                                             [ACT_NOT_YOU] = BUS_ERROR_NOT_YOU,
                                             [ACT_NOT_HERE] = BUS_ERROR_NOT_HERE };

        return sd_bus_error_set(error, (size_t)outcome < ELEMENTSOF(names) ? names[outcome] : BUS_ERROR_REFUSED, text);
}

static int perform(sd_bus_message *m, const BusSource *source, Act *act, sd_bus_error *error) {
        char text[ACT_TEXT_MAX] = "";
        ActSeen seen;
        int r;

        if (too_long(act->by, LABEL_MAX) || too_long(act->cause, LABEL_MAX) || too_long(act->patient, LABEL_MAX) ||
            too_long(act->subject, act->type == ACT_BACKUP ? BACKUP_PATH_MAX : CODE_MAX))
                return sd_bus_error_setf(error, BUS_ERROR_REFUSED,
                                         "A name is too long: people, patients, autoclaves and cycles "
                                         "have up to %d bytes, items up to %d.",
                                         LABEL_MAX, CODE_MAX);
        if (too_long(act->reason, TEXT_MAX))
                return sd_bus_error_setf(error, BUS_ERROR_REFUSED, "The reason is too long. Say it in %d bytes.",
                                         TEXT_MAX);
        r = source->system ? authority_ask(system_authority(source->system), m, act, source, &seen, error) : read_peer(m, act);
        if (r != 0)
                return r;
        r = source->act(source->userdata, act, text);
        if (r < 0)
                return act_failed(source, r, error);
        cut_whole(text);
        return r == ACT_DONE ? answer(m, text) : refused(r, text, error);
}

/* Commission(s attempt, s by). Also NotFound, Ambiguous. */
int method_commission(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_COMMISSION };
        const char *name;
        AttemptRow a;
        int r = sd_bus_message_read(m, "ss", &name, &act.by);

        if (r < 0 || (r = bus_find_attempt(userdata, name, &a, error)) < 0)
                return r;
        act.subject = a.label;
        return perform(m, userdata, &act, error);
}

/* PutAutoclaveOut(s autoclave, s cause, s by, s reason). */
int method_autoclave_out(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_AUTOCLAVE_OUT };
        int r = sd_bus_message_read(m, "ssss", &act.subject, &act.cause, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* ReturnAutoclave(s autoclave, s by, s reason). */
int method_autoclave_return(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_AUTOCLAVE_RETURN };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* MakeRecall(s what, s subject, t from, t to, s by, s reason). */
int method_make_recall(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_RECALL_MAKE };
        uint64_t from, to;
        int r = sd_bus_message_read(m, "ssttss", &act.cause, &act.subject, &from, &to, &act.by, &act.reason);

        if (r < 0)
                return r;
        act.from_us = bus_number(from);
        act.to_us = bus_number(to);
        return perform(m, userdata, &act, error);
}

/* PrepareKey(s by, s reason). */
int method_prepare_key(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_KEY_PREPARE, .subject = "signing-key" };
        int r = sd_bus_message_read(m, "ss", &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* RotateKey(b compromised, s by, s reason). */
int method_rotate_key(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_KEY_ROTATE, .subject = "signing-key" };
        int compromised, r = sd_bus_message_read(m, "bss", &compromised, &act.by, &act.reason);

        if (r < 0)
                return r;
        act.cause = compromised ? "compromised" : NULL;
        return perform(m, userdata, &act, error);
}

/* AcceptKey(s kid, s by, s reason). */
int method_accept_key(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_KEY_ACCEPT };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* RegisterQualification(s person, s procedure, s until, s certificate, s by, s reason). Also BadArgument. */
int method_register_qualification(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_QUALIFICATION_REGISTER };
        const char *until;
        int r = sd_bus_message_read(m, "ssssss", &act.subject, &act.cause, &until, &act.certificate, &act.by,
                                    &act.reason);

        if (r < 0)
                return r;
        if (strlen(until) != strlen("2027-01-31") || date_parse(until, &act.until) < 0)
                return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT,
                                        "Give the last day of the qualification as yyyy-mm-dd.");
        if (too_long(act.certificate, TEXT_MAX))
                return sd_bus_error_setf(error, BUS_ERROR_REFUSED, "Name the certificate in %d bytes.", TEXT_MAX);
        return perform(m, userdata, &act, error);
}

/* EndQualification(s person, s procedure, s by, s reason). */
int method_end_qualification(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_QUALIFICATION_END };
        int r = sd_bus_message_read(m, "ssss", &act.subject, &act.cause, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* ErasePatient(s patient, s by, s reason). The patient stands in no record of it. */
int method_erase_patient(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_PATIENT_ERASE, .subject = "patient" };
        int r = sd_bus_message_read(m, "sss", &act.patient, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* Override(s session, s rule, s by, s reason). */
int method_override(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_OVERRIDE };
        int r = sd_bus_message_read(m, "ssss", &act.subject, &act.cause, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* UnlockRoom(s room, s by, s reason). */
int method_unlock_room(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_ROOM_UNLOCK };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* EndSession(s session, s by, s reason). */
int method_end_session(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_SESSION_END };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* RecordDrill(s load, s by). */
int method_record_drill(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_DRILL };
        int r = sd_bus_message_read(m, "ss", &act.subject, &act.by);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* SignSharps(s session, s by, s reason). */
int method_sign_sharps(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_SHARPS };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        return r < 0 ? r : perform(m, userdata, &act, error);
}

/* ReleaseLoad's attempt, dry, and wet packs, which point into the message. */
static int read_release(sd_bus_message *m, const char **ret_name, Act *act, const char *wet[static ITEMS_MAX]) {
        int dry, r = sd_bus_message_read(m, "sb", ret_name, &dry);

        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "s");
        for (act->n_wet_packs = 0; r >= 0 && act->n_wet_packs < ITEMS_MAX; act->n_wet_packs++)
                if ((r = sd_bus_message_read_basic(m, 's', wet + act->n_wet_packs)) <= 0)
                        break;
        if (r < 0)
                return r;
        act->dry = dry;
        act->wet_packs = wet;
        if (sd_bus_message_at_end(m, false) == 0)
                return -E2BIG;
        r = sd_bus_message_exit_container(m);
        return r < 0 ? r : sd_bus_message_read(m, "ss", &act->by, &act->reason);
}

/* ReleaseLoad(s attempt, b dry, as wet_packs, s by, s reason). Also NotFound, Ambiguous, BadArgument. */
int method_release_load(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_LOAD_RELEASE };
        const char *name, *wet[ITEMS_MAX];
        AttemptRow a;
        int r = read_release(m, &name, &act, wet);

        if (r == -E2BIG)
                return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT, "Name at most %d wet packs.", ITEMS_MAX);
        for (size_t i = 0; r >= 0 && i < act.n_wet_packs; i++)
                if (too_long(wet[i], LABEL_MAX))
                        return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT, "A pack's name has up to %d bytes.",
                                                 LABEL_MAX);
        if (r < 0 || (r = bus_find_attempt(userdata, name, &a, error)) < 0)
                return r;
        act.subject = a.label;
        return perform(m, userdata, &act, error);
}

static int act_on_load(sd_bus_message *m, const BusSource *source, ActType type, sd_bus_error *error) {
        Act act = { .type = type };
        const char *name;
        AttemptRow a;
        int r = sd_bus_message_read(m, "sss", &name, &act.by, &act.reason);

        if (r < 0 || (r = bus_find_attempt(source, name, &a, error)) < 0)
                return r;
        act.subject = a.label;
        return perform(m, source, &act, error);
}

/* RejectLoad(s attempt, s by, s reason). Also NotFound, Ambiguous. */
int method_reject_load(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_load(m, userdata, ACT_LOAD_REJECT, error);
}

/* WithdrawLoad(s attempt, s by, s reason). Also NotFound, Ambiguous. */
int method_withdraw_load(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_load(m, userdata, ACT_LOAD_WITHDRAW, error);
}

static int act_on_item(sd_bus_message *m, const BusSource *source, ActType type, sd_bus_error *error) {
        Act act = { .type = type };
        const char *code;
        Udi udi;
        int r = sd_bus_message_read(m, "sss", &code, &act.by, &act.reason);

        if (r < 0 || (r = bus_find_code(code, &udi, error)) < 0)
                return r;
        act.subject = udi.canonical;
        return perform(m, source, &act, error);
}

/* QuarantineItem(s code, s by, s reason). Also BadCode, NotOnePiece. */
int method_quarantine_item(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_item(m, userdata, ACT_ITEM_QUARANTINE, error);
}

/* ReturnItem(s code, s by, s reason). Also BadCode, NotOnePiece. */
int method_return_item(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_item(m, userdata, ACT_ITEM_RETURN, error);
}

/* What acts on alerts begin with: their numbers, which point into the message. 1, or an error that is set. */
static int read_alerts(sd_bus_message *m, Act *act, sd_bus_error *error) {
        const void *numbers;
        size_t size;
        int r = sd_bus_message_read_array(m, 't', &numbers, &size);

        if (r < 0)
                return r;
        if (size / sizeof(uint64_t) > ITEMS_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT, "Name at most %d alerts at a time.", ITEMS_MAX);
        act->alerts = numbers; /* one beyond INT64_MAX is negative, and no alert's */
        act->n_alerts = size / sizeof(uint64_t);
        return 1;
}

/* What is signed is shown before the password: "alert 7", "alerts 7 9 12", or the first of them and how many there are. */
static void alerts_subject(const Act *act, char ret[static CODE_MAX + 1]) {
        size_t n = (size_t)snprintf(ret, CODE_MAX + 1, act->n_alerts == 1 ? "alert" : "alerts"), i;

        for (i = 0; i < act->n_alerts && n + sizeof(" -9223372036854775808, 64 in all") <= CODE_MAX; i++)
                n += (size_t)snprintf(ret + n, CODE_MAX + 1 - n, " %" PRId64, act->alerts[i]);
        if (i < act->n_alerts)
                snprintf(ret + n, CODE_MAX + 1 - n, ", %zu in all", act->n_alerts);
}

static int act_on_alerts(sd_bus_message *m, const BusSource *source, ActType type, sd_bus_error *error) {
        Act act = { .type = type };
        char subject[CODE_MAX + 1];
        uint64_t until = 0;
        int r = read_alerts(m, &act, error);

        if (r >= 0 && type == ACT_ALERT_SILENCE)
                r = sd_bus_message_read(m, "t", &until);
        if (r >= 0)
                r = sd_bus_message_read(m, "ss", &act.by, &act.reason);
        if (r < 0)
                return r;
        act.to_us = bus_number(until);
        alerts_subject(&act, subject);
        act.subject = subject;
        return perform(m, source, &act, error);
}

/* AcknowledgeAlerts(at alerts, s by, s reason). Also BadArgument. */
int method_acknowledge_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_alerts(m, userdata, ACT_ALERT_ACKNOWLEDGE, error);
}

/* ResolveAlerts(at alerts, s by, s reason). Also BadArgument. */
int method_resolve_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_alerts(m, userdata, ACT_ALERT_RESOLVE, error);
}

/* SilenceAlerts(at alerts, t until, s by, s reason). Also BadArgument. */
int method_silence_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_alerts(m, userdata, ACT_ALERT_SILENCE, error);
}

static int act_on_recall(sd_bus_message *m, const BusSource *source, ActType type, sd_bus_error *error) {
        Act act = { .type = type };
        char number[32];
        uint64_t recall;
        int r = sd_bus_message_read(m, "tss", &recall, &act.by, &act.reason);

        if (r < 0)
                return r;
        act.recall = bus_number(recall);
        snprintf(number, sizeof(number), "%" PRId64, act.recall);
        act.subject = number;
        return perform(m, source, &act, error);
}

/* ConfirmRecall(t recall, s by, s reason). */
int method_confirm_recall(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_recall(m, userdata, ACT_RECALL_CONFIRM, error);
}

/* EndRecall(t recall, s by, s reason). */
int method_end_recall(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_recall(m, userdata, ACT_RECALL_END, error);
}

static int act_on_doubt(sd_bus_message *m, const BusSource *source, ActType type, const char *subject,
                        sd_bus_error *error) {
        Act act = { .type = type, .subject = subject };
        int r = sd_bus_message_read(m, "ss", &act.by, &act.reason);

        return r < 0 ? r : perform(m, source, &act, error);
}

/* ConfirmClock(s by, s reason). */
int method_confirm_clock(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_doubt(m, userdata, ACT_CLOCK_CONFIRM, "clock", error);
}

/* ConfirmRestore(s by, s reason). */
int method_confirm_restore(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_doubt(m, userdata, ACT_RESTORE_CONFIRM, "ledger", error);
}

/* AcceptAudit(s by, s reason). */
int method_accept_audit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return act_on_doubt(m, userdata, ACT_AUDIT_ACCEPT, "audit", error);
}

/* Backup(s path, s by, s reason). It goes on after the answer; GetBackup says how far it is. */
int method_backup(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Act act = { .type = ACT_BACKUP };
        int r = sd_bus_message_read(m, "sss", &act.subject, &act.by, &act.reason);

        if (r < 0)
                return r;
        if (!act.reason[0])
                act.reason = NULL;
        return perform(m, userdata, &act, error);
}
