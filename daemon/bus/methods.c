/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of org.asepsis1.Manager: parse, call, reply. doc/control.md names each member.
 * No method is marked UNPRIVILEGED: on the peer-to-peer socket every peer is trusted, since the socket's mode let it
 * in; on a bus, sd-bus then turns away everybody without privileges, and a method is opened only on purpose.
 */
#include <errno.h>
#include <time.h>

#include "bus/internal.h"
#include "core/udi.h"
#include "log.h"
#include "store/alerts.h"

int bus_ledger_failed(const BusSource *source, int r, sd_bus_error *error) {
        const char *why = store_why(source->store);

        log_event(LOG_STORE_FAILED_KIND, LOG_ERR, NULL, "The ledger could not be read for the control interface: %s",
                  why[0] ? why : strerror(-r));
        return sd_bus_error_setf(error, BUS_ERROR_LEDGER, "The ledger cannot be read: %s. See the daemon's log.",
                                 why[0] ? why : strerror(-r));
}

int bus_answer(const BusSource *source, int r, Reply *reply, sd_bus_error *error) {
        if (r >= 0)
                return reply_send(reply);
        reply_drop(reply);
        return bus_ledger_failed(source, r, error);
}

int bus_answer_slice(const BusSource *source, int r, const char *cursor, Reply *reply, sd_bus_error *error) {
        reply_close(reply);
        reply_element(reply, cursor);
        return bus_answer(source, r, reply, error);
}

int32_t bus_current_year(void) {
        time_t now = time(NULL);
        struct tm tm;

        return gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 2000;
}

static void put_doubts(Reply *r, const Status *s) {
        reply_list_open(r, "doubts", "a{sv}");
        for (unsigned i = 0; i < s->n_doubts && i < STATUS_DOUBTS_MAX; i++) {
                reply_open(r);
                reply_text(r, "rule", s->doubts[i].rule);
                reply_text(r, "text", s->doubts[i].text);
                reply_text(r, "way_out", s->doubts[i].way_out);
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_clock(Reply *r, const Status *s) {
        reply_time(r, "clock_wall", s->clock_wall_us);
        reply_time(r, "clock_mark", s->clock_mark_us);
        reply_time(r, "clock_floor", s->clock_floor_us);
        reply_number(r, "clock_boot_us", s->clock_boot_us);
        reply_truth(r, "clock_synchronised", s->clock_synchronised);
        reply_truth(r, "clock_believed", s->clock_believed);
        reply_text(r, "clock_doubt", s->clock_doubt);
}

static void put_status(Reply *r, const Status *s) {
        reply_text(r, "state", s->state);
        reply_truth(r, "armed", s->armed);
        reply_text(r, "version", s->version);
        reply_text(r, "boot", s->boot);
        reply_time(r, "since", s->since_us);
        reply_truth(r, "broker_connected", s->broker_connected);
        reply_text(r, "broker_why", s->broker_why);
        put_doubts(r, s);
        put_clock(r, s);
        reply_text(r, "acts", s->acts);
        reply_text(r, "log", s->log);
        reply_number(r, "audit_size", s->audit_size);
        reply_text(r, "audit_head", s->audit_head);
        reply_text(r, "kid", s->kid);
        reply_text(r, "public_key", s->public_key);
        reply_number(r, "items", s->items);
        reply_number(r, "sessions_live", s->sessions_live);
        reply_number(r, "alerts_info", s->alerts[ALERT_INFO]);
        reply_number(r, "alerts_warning", s->alerts[ALERT_WARNING]);
        reply_number(r, "alerts_critical", s->alerts[ALERT_CRITICAL]);
        reply_number(r, "messages", (int64_t)s->messages);
        reply_number(r, "rejected", (int64_t)s->rejected);
        reply_number(r, "batches", (int64_t)s->batches);
        reply_number(r, "decisions", (int64_t)s->decisions);
}

/* GetStatus() -> a{sv}. No error of its own. */
static int method_get_status(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Status status = {};
        Reply reply;
        int r = reply_new(m, &reply);

        (void)error;
        if (r < 0)
                return r;
        source->status(source->userdata, &status);
        reply_open(&reply);
        put_status(&reply, &status);
        reply_close(&reply);
        return reply_send(&reply);
}

int bus_find_code(const char *code, Udi *ret, sd_bus_error *error) {
        int r = udi_parse(code, strlen(code), bus_current_year(), ret);

        if (r > 0)
                return sd_bus_error_setf(error, BUS_ERROR_BAD_CODE, "%s (%s)", udi_error_text(r), udi_error_id(r));
        if (!ret->single_piece)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_ONE_PIECE,
                                         "%s names a product or a lot, not one piece: there is no serial number in it. "
                                         "Use the clinic label of the piece.", ret->canonical);
        return 0;
}

/* GetItem(s code) -> a{sv}. BadCode, NotOnePiece, NotFound, Ledger. */
static int method_get_item(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *code;
        Reply reply;
        Udi udi;
        int r = sd_bus_message_read(m, "s", &code);

        if (r < 0 || (r = bus_find_code(code, &udi, error)) < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        r = bus_read_item(source->store, udi.canonical, &reply);
        if (r > 0)
                return reply_send(&reply);
        reply_drop(&reply);
        return r < 0 ? bus_ledger_failed(source, r, error)
                     : sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No item %s is in the ledger.", udi.canonical);
}

/* GetSession(s label) -> a{sv}. NotFound, Ledger. */
static int method_get_session(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *label;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &label);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        r = bus_read_session(source->store, label, &reply);
        if (r > 0)
                return reply_send(&reply);
        reply_drop(&reply);
        return r < 0 ? bus_ledger_failed(source, r, error)
                     : sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No room has ever asked for a session %.*s.", LABEL_MAX,
                                         label);
}

static void put_alert(Reply *r, const AlertRow *a) {
        reply_open(r);
        reply_number(r, "id", a->id);
        reply_text(r, "rule", a->rule);
        reply_text(r, "severity", bus_severity(a->severity));
        reply_text(r, "state", bus_alert_state(a->state));
        reply_text(r, "subject", a->subject);
        reply_text(r, "text", a->text);
        reply_time(r, "raised_at", a->raised_us);
        reply_time(r, "last_at", a->last_us);
        reply_number(r, "count", a->count);
        reply_text(r, "by", a->by[0] ? a->by : a->acknowledged_by);
        reply_time(r, "acknowledged_at", a->acknowledged_us);
        reply_text(r, "acknowledged_by", a->acknowledged_by);
        reply_time(r, "silenced_until", a->silenced_until_us);
        reply_text(r, "silenced_by", a->silenced_by);
        reply_time(r, "resolved_at", a->resolved_us);
        reply_text(r, "reason", a->reason);
        reply_close(r);
}

static int read_alerts(Store *s, int64_t after, bool resolved_too, uint32_t limit, Reply *reply) {
        AlertRow alert = { .id = after };
        int r = 1;

        reply_page_open(reply);
        for (uint32_t i = 0; i < limit && (r = alert_next(s, alert.id, resolved_too, &alert)) > 0; i++)
                put_alert(reply, &alert);
        reply_close(reply);
        return r;
}

/* ListAlerts(t after, b resolved_too, u limit) -> aa{sv}, by rising id. Ledger. */
static int method_list_alerts(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        uint64_t after;
        uint32_t limit;
        int resolved_too, r = sd_bus_message_read(m, "tbu", &after, &resolved_too, &limit);
        Reply reply;

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_PAGE_MAX ? BUS_PAGE_MAX : limit;
        r = read_alerts(source->store, bus_number(after), resolved_too, limit, &reply);
        return bus_answer(source, r, &reply, error);
}

const sd_bus_vtable bus_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", status), method_get_status, 0),
        SD_BUS_METHOD_WITH_ARGS("GetItem", SD_BUS_ARGS("s", code), SD_BUS_RESULT("a{sv}", item), method_get_item, 0),
        SD_BUS_METHOD_WITH_ARGS("GetConfig", SD_BUS_ARGS("t", after, "u", limit), SD_BUS_RESULT("aa{sv}", settings),
                                method_get_config, 0),
        SD_BUS_METHOD_WITH_ARGS("WhySession", SD_BUS_ARGS("s", session), SD_BUS_RESULT("a{sv}", why),
                                method_why_session, 0),
        SD_BUS_METHOD_WITH_ARGS("ListRules", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", rules), method_list_rules, 0),
        SD_BUS_METHOD_WITH_ARGS("ListItems", SD_BUS_ARGS("a{sv}", query, "s", cursor, "u", limit),
                                SD_BUS_RESULT("aa{sv}", items, "s", cursor), method_list_items, 0),
        SD_BUS_METHOD_WITH_ARGS("ListSessions", SD_BUS_ARGS("a{sv}", query, "s", cursor, "u", limit),
                                SD_BUS_RESULT("aa{sv}", sessions, "s", cursor), method_list_sessions, 0),
        SD_BUS_METHOD_WITH_ARGS("GetSession", SD_BUS_ARGS("s", session), SD_BUS_RESULT("a{sv}", session),
                                method_get_session, 0),
        SD_BUS_METHOD_WITH_ARGS("ListAlerts", SD_BUS_ARGS("t", after, "b", resolved_too, "u", limit),
                                SD_BUS_RESULT("aa{sv}", alerts), method_list_alerts, 0),
        SD_BUS_METHOD_WITH_ARGS("GetLoad", SD_BUS_ARGS("s", attempt), SD_BUS_RESULT("a{sv}", load), method_get_load, 0),
        SD_BUS_METHOD_WITH_ARGS("ListLoads", SD_BUS_ARGS("s", state, "t", before, "u", limit),
                                SD_BUS_RESULT("aa{sv}", loads), method_list_loads, 0),
        SD_BUS_METHOD_WITH_ARGS("GetPack", SD_BUS_ARGS("s", label), SD_BUS_RESULT("a{sv}", pack), method_get_pack, 0),
        SD_BUS_METHOD_WITH_ARGS("ListPacks", SD_BUS_ARGS("s", attempt, "t", after), SD_BUS_RESULT("aa{sv}", packs),
                                method_list_packs, 0),
        SD_BUS_METHOD_WITH_ARGS("GetCycleSamples", SD_BUS_ARGS("s", attempt, "t", after, "u", points),
                                SD_BUS_RESULT("a{sv}", page), method_get_cycle_samples, 0),
        SD_BUS_METHOD_WITH_ARGS("GetCycleRows", SD_BUS_ARGS("s", attempt, "t", place, "u", limit),
                                SD_BUS_RESULT("a{sv}", page), method_get_cycle_rows, 0),
        SD_BUS_METHOD_WITH_ARGS("GetClinic", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", clinic), method_get_clinic, 0),
        SD_BUS_METHOD_WITH_ARGS("ListPeriod",
                                SD_BUS_ARGS("s", what, "t", from, "t", to, "s", cursor, "u", limit),
                                SD_BUS_RESULT("aa{sv}", rows, "s", cursor), method_list_period, 0),
        SD_BUS_METHOD_WITH_ARGS("GetAutoclave", SD_BUS_ARGS("s", autoclave), SD_BUS_RESULT("a{sv}", autoclave),
                                method_get_autoclave, 0),
        SD_BUS_METHOD_WITH_ARGS("ListAutoclaves", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", autoclaves),
                                method_list_autoclaves, 0),
        SD_BUS_METHOD_WITH_ARGS("GetRoom", SD_BUS_ARGS("s", room), SD_BUS_RESULT("a{sv}", room), method_get_room, 0),
        SD_BUS_METHOD_WITH_ARGS("ListRooms", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", rooms), method_list_rooms, 0),
        SD_BUS_METHOD_WITH_ARGS("LookBack", SD_BUS_ARGS("a{sv}", query, "s", cursor, "u", limit),
                                SD_BUS_RESULT("aa{sv}", rows, "s", cursor, "a{sv}", about), method_look_back, 0),
        SD_BUS_METHOD_WITH_ARGS("GetRecall", SD_BUS_ARGS("t", recall), SD_BUS_RESULT("a{sv}", recall),
                                method_get_recall, 0),
        SD_BUS_METHOD_WITH_ARGS("ListRecalls", SD_BUS_ARGS("t", after, "b", ended_too, "u", limit),
                                SD_BUS_RESULT("aa{sv}", recalls), method_list_recalls, 0),
        SD_BUS_METHOD_WITH_ARGS("GetExposure", SD_BUS_ARGS("t", exposure, "t", item_before, "t", room_before),
                                SD_BUS_RESULT("a{sv}", exposure), method_get_exposure, 0),
        SD_BUS_METHOD_WITH_ARGS("ListExposures", SD_BUS_ARGS("t", after, "b", closed_too, "u", limit),
                                SD_BUS_RESULT("aa{sv}", exposures), method_list_exposures, 0),
        SD_BUS_METHOD_WITH_ARGS("Commission", SD_BUS_ARGS("s", attempt, "s", by), SD_BUS_RESULT("a{sv}", done),
                                method_commission, 0),
        SD_BUS_METHOD_WITH_ARGS("PutAutoclaveOut", SD_BUS_ARGS("s", autoclave, "s", cause, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_autoclave_out, 0),
        SD_BUS_METHOD_WITH_ARGS("ReturnAutoclave", SD_BUS_ARGS("s", autoclave, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_autoclave_return, 0),
        SD_BUS_METHOD_WITH_ARGS("MakeRecall",
                                SD_BUS_ARGS("s", what, "s", subject, "t", from, "t", to, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_make_recall, 0),
        SD_BUS_METHOD_WITH_ARGS("ConfirmRecall", SD_BUS_ARGS("t", recall, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_confirm_recall, 0),
        SD_BUS_METHOD_WITH_ARGS("EndRecall", SD_BUS_ARGS("t", recall, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_end_recall, 0),
        SD_BUS_METHOD_WITH_ARGS("AcknowledgeAlerts", SD_BUS_ARGS("at", alerts, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_acknowledge_alerts, 0),
        SD_BUS_METHOD_WITH_ARGS("ResolveAlerts", SD_BUS_ARGS("at", alerts, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_resolve_alerts, 0),
        SD_BUS_METHOD_WITH_ARGS("SilenceAlerts", SD_BUS_ARGS("at", alerts, "t", until, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_silence_alerts, 0),
        SD_BUS_METHOD_WITH_ARGS("QuarantineItem", SD_BUS_ARGS("s", code, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_quarantine_item, 0),
        SD_BUS_METHOD_WITH_ARGS("ReturnItem", SD_BUS_ARGS("s", code, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_return_item, 0),
        SD_BUS_METHOD_WITH_ARGS("GetAudit", SD_BUS_ARGS("t", size), SD_BUS_RESULT("a{sv}", audit), method_get_audit, 0),
        SD_BUS_METHOD_WITH_ARGS("ExportAudit", SD_BUS_ARGS("t", after, "u", limit), SD_BUS_RESULT("a(tayay)", records),
                                method_export_audit, 0),
        SD_BUS_METHOD_WITH_ARGS("GetKey", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", key), method_get_key, 0),
        SD_BUS_METHOD_WITH_ARGS("PrepareKey", SD_BUS_ARGS("s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_prepare_key, 0),
        SD_BUS_METHOD_WITH_ARGS("RotateKey", SD_BUS_ARGS("b", compromised, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_rotate_key, 0),
        SD_BUS_METHOD_WITH_ARGS("AcceptKey", SD_BUS_ARGS("s", kid, "s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_accept_key, 0),
        SD_BUS_METHOD_WITH_ARGS("UnlockRoom", SD_BUS_ARGS("s", room, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_unlock_room, 0),
        SD_BUS_METHOD_WITH_ARGS("EndSession", SD_BUS_ARGS("s", session, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_end_session, 0),
        SD_BUS_METHOD_WITH_ARGS("Override", SD_BUS_ARGS("s", session, "s", rule, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_override, 0),
        SD_BUS_METHOD_WITH_ARGS("SignSharps", SD_BUS_ARGS("s", session, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_sign_sharps, 0),
        SD_BUS_METHOD_WITH_ARGS("RecordDrill", SD_BUS_ARGS("s", load, "s", by), SD_BUS_RESULT("a{sv}", done),
                                method_record_drill, 0),
        SD_BUS_METHOD_WITH_ARGS("GetPractitioner", SD_BUS_ARGS("s", practitioner), SD_BUS_RESULT("a{sv}", person),
                                method_get_practitioner, 0),
        SD_BUS_METHOD_WITH_ARGS("ListPractitioners", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", people),
                                method_list_practitioners, 0),
        SD_BUS_METHOD_WITH_ARGS("RegisterQualification",
                                SD_BUS_ARGS("s", person, "s", procedure, "s", until, "s", certificate, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_register_qualification, 0),
        SD_BUS_METHOD_WITH_ARGS("EndQualification",
                                SD_BUS_ARGS("s", person, "s", procedure, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_end_qualification, 0),
        SD_BUS_METHOD_WITH_ARGS("ReleaseLoad",
                                SD_BUS_ARGS("s", attempt, "b", dry, "as", wet_packs, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_release_load, 0),
        SD_BUS_METHOD_WITH_ARGS("RejectLoad", SD_BUS_ARGS("s", attempt, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_reject_load, 0),
        SD_BUS_METHOD_WITH_ARGS("WithdrawLoad", SD_BUS_ARGS("s", attempt, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_withdraw_load, 0),
        SD_BUS_METHOD_WITH_ARGS("GetPatient", SD_BUS_ARGS("s", patient, "t", before), SD_BUS_RESULT("a{sv}", patient),
                                method_get_patient, 0),
        SD_BUS_METHOD_WITH_ARGS("ListErasures", SD_BUS_ARGS("t", before), SD_BUS_RESULT("aa{sv}", erasures),
                                method_list_erasures, 0),
        SD_BUS_METHOD_WITH_ARGS("ErasePatient", SD_BUS_ARGS("s", patient, "s", by, "s", reason),
                                SD_BUS_RESULT("a{sv}", done), method_erase_patient, 0),
        SD_BUS_METHOD_WITH_ARGS("ConfirmClock", SD_BUS_ARGS("s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_confirm_clock, 0),
        SD_BUS_METHOD_WITH_ARGS("ConfirmRestore", SD_BUS_ARGS("s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_confirm_restore, 0),
        SD_BUS_METHOD_WITH_ARGS("AcceptAudit", SD_BUS_ARGS("s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_accept_audit, 0),
        SD_BUS_METHOD_WITH_ARGS("GetRestored", SD_BUS_ARGS("t", after), SD_BUS_RESULT("a{sv}", restored),
                                method_get_restored, 0),
        SD_BUS_METHOD_WITH_ARGS("GetBackup", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sv}", backup), method_get_backup, 0),
        SD_BUS_METHOD_WITH_ARGS("Backup", SD_BUS_ARGS("s", path, "s", by, "s", reason), SD_BUS_RESULT("a{sv}", done),
                                method_backup, 0),
        SD_BUS_VTABLE_END,
};
