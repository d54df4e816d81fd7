/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include "util.h"

/*
 * The ledger proper is audit, message and dead_letter: nothing in audit is ever changed. The rest is current state,
 * changed in the same transaction as the audit record that explains it.
 */
static const char first[] =
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT;"

        /* The chain. record: the bytes as hashed (JSON). */
        "CREATE TABLE audit ("
        " i INTEGER PRIMARY KEY,"
        " record TEXT NOT NULL,"
        " hash BLOB NOT NULL) STRICT;"

        /* Every daemon process that ever served this ledger. */
        "CREATE TABLE daemon_boot (boot TEXT PRIMARY KEY, since_us INTEGER NOT NULL) STRICT;"

        /* One row a (kind, device, boot): see core/order.h. */
        "CREATE TABLE stream ("
        " id INTEGER PRIMARY KEY,"
        " kind TEXT NOT NULL, device TEXT NOT NULL, boot TEXT NOT NULL,"
        " first_us INTEGER NOT NULL,"
        " current INTEGER NOT NULL,"
        " top INTEGER NOT NULL, applied INTEGER NOT NULL, lost INTEGER NOT NULL,"
        " holes TEXT NOT NULL,"
        " UNIQUE (kind, device, boot)) STRICT;"
        "CREATE UNIQUE INDEX stream_current ON stream (kind, device) WHERE current = 1;"
        "CREATE INDEX stream_waiting ON stream (id) WHERE current = 1 AND top > applied;"

        /* What devices said. i: its audit record; stream 0: said without boot and seq, and seq is i then. raw is erasable;
         * samples stand in sample_chunk instead. No foreign keys: this is written at the full rate. */
        "CREATE TABLE message ("
        " i INTEGER PRIMARY KEY, at_us INTEGER NOT NULL,"
        " stream INTEGER NOT NULL, seq INTEGER NOT NULL,"
        " topic TEXT NOT NULL,"
        " held INTEGER NOT NULL, refused TEXT,"
        " salt BLOB NOT NULL, digest BLOB NOT NULL,"
        " raw BLOB) STRICT;"
        "CREATE UNIQUE INDEX message_seq ON message (stream, seq);"

        "CREATE TABLE dead_letter ("
        " id INTEGER PRIMARY KEY,"
        " at_us INTEGER NOT NULL, topic TEXT NOT NULL,"
        " reason TEXT NOT NULL, detail TEXT NOT NULL, member TEXT,"
        " size INTEGER NOT NULL, raw BLOB) STRICT;"

        /* Answers that a device must get at last: sent again until the broker has them. */
        "CREATE TABLE outbox ("
        " id INTEGER PRIMARY KEY,"
        " at_us INTEGER NOT NULL, topic TEXT NOT NULL, payload TEXT NOT NULL, retain INTEGER NOT NULL) STRICT;"

        "CREATE TABLE item ("
        " id INTEGER PRIMARY KEY,"
        " code TEXT NOT NULL UNIQUE,"
        " class TEXT NOT NULL, product TEXT, lot TEXT, expires_on INTEGER,"
        " received_us INTEGER NOT NULL, received_i INTEGER NOT NULL,"
        " supplied INTEGER NOT NULL,"
        " supplier_by TEXT, supplier_load TEXT, good_until_on INTEGER,"
        " state INTEGER NOT NULL, state_us INTEGER NOT NULL,"
        " pack INTEGER REFERENCES pack (id),"
        " cycles INTEGER NOT NULL DEFAULT 0,"
        " used_session TEXT, used_us INTEGER, returned INTEGER NOT NULL DEFAULT 0,"
        " damaged_us INTEGER, damage_reason TEXT, dropped_us INTEGER, cloned_us INTEGER,"
        " patient TEXT, drawn_us INTEGER, opened_us INTEGER,"
        " attached TEXT, attached_us INTEGER) STRICT;"
        "CREATE INDEX item_lot ON item (lot) WHERE lot IS NOT NULL;"
        "CREATE INDEX item_product ON item (product) WHERE product IS NOT NULL;"
        "CREATE INDEX item_supplier_load ON item (supplier_load) WHERE supplier_load IS NOT NULL;"

        /* What was said of pieces that nobody had received: it holds when they are. */
        "CREATE TABLE stray ("
        " code TEXT PRIMARY KEY, used_us INTEGER, dropped_us INTEGER) STRICT, WITHOUT ROWID;"

        /* A label may be used again; the newest row of a label is the pack that bears it. */
        "CREATE TABLE pack ("
        " id INTEGER PRIMARY KEY,"
        " label TEXT NOT NULL, wrap INTEGER NOT NULL,"
        " packed_us INTEGER NOT NULL, operator TEXT,"
        " attempt INTEGER REFERENCES attempt (id), late INTEGER NOT NULL DEFAULT 0,"
        " sterile_us INTEGER,"
        " opened_us INTEGER, opened_session INTEGER REFERENCES session (id),"
        " inside INTEGER NOT NULL DEFAULT 0,"
        " wet INTEGER NOT NULL DEFAULT 0,"
        " damaged_us INTEGER, damage_reason TEXT) STRICT;"
        "CREATE INDEX pack_label ON pack (label);"
        "CREATE INDEX pack_attempt ON pack (attempt) WHERE attempt IS NOT NULL;"
        "CREATE INDEX item_pack ON item (pack) WHERE pack IS NOT NULL;"
        /* What lay in a pack, for ever: item.pack is only where it lies now. */
        "CREATE TABLE pack_item ("
        " pack INTEGER NOT NULL REFERENCES pack (id), item INTEGER NOT NULL REFERENCES item (id),"
        " PRIMARY KEY (pack, item)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX pack_item_item ON pack_item (item);"

        /* A manifest that came before its attempt began. */
        "CREATE TABLE manifest ("
        " pack INTEGER PRIMARY KEY REFERENCES pack (id),"
        " autoclave TEXT NOT NULL, cycle INTEGER, at_us INTEGER NOT NULL) STRICT;"
        "CREATE INDEX manifest_autoclave ON manifest (autoclave);"

        "CREATE TABLE attempt ("
        " id INTEGER PRIMARY KEY,"
        " label TEXT NOT NULL UNIQUE,"
        " autoclave TEXT NOT NULL, cycle INTEGER NOT NULL,"
        " program TEXT NOT NULL, purpose INTEGER NOT NULL,"
        " started_us INTEGER NOT NULL, ended_us INTEGER,"
        " start TEXT NOT NULL,"       /* the cycle-start message's figures: see codec/attempt.h */
        " verdict INTEGER,"           /* NULL: running */
        " reasons TEXT,"              /* JSON array of {rule, text} */
        " figures TEXT,"              /* JSON object */
        " released INTEGER NOT NULL DEFAULT 0," /* LoadState: open, released, rejected, recalled */
        " released_us INTEGER, released_by TEXT) STRICT;"
        "CREATE INDEX attempt_autoclave ON attempt (autoclave);"
        "CREATE INDEX attempt_cycle ON attempt (autoclave, cycle);"
        "CREATE INDEX attempt_open ON attempt (autoclave) WHERE verdict IS NULL;"

        /* Samples as core/samples.h writes them; one row a batch while the cycle runs, one in all when it ended. */
        "CREATE TABLE sample_chunk ("
        " attempt INTEGER NOT NULL, n INTEGER NOT NULL,"
        " samples INTEGER NOT NULL, data BLOB NOT NULL,"
        " PRIMARY KEY (attempt, n)) STRICT, WITHOUT ROWID;"

        "CREATE TABLE session ("
        " id INTEGER PRIMARY KEY,"
        " label TEXT NOT NULL UNIQUE, room TEXT NOT NULL,"
        " practitioner TEXT NOT NULL, patient TEXT NOT NULL, procedure TEXT NOT NULL,"
        " content BLOB NOT NULL,"
        " state INTEGER NOT NULL,"
        " allowed_us INTEGER NOT NULL, decided_i INTEGER NOT NULL,"
        " started_us INTEGER, ended_us INTEGER, outcome INTEGER,"
        " lease_until_us INTEGER NOT NULL," /* CLOCK_BOOTTIME: until when the room may still be released */
        " stream INTEGER, stream_lost INTEGER NOT NULL," /* for a cancellation: see core/session.h */
        " touched INTEGER NOT NULL DEFAULT 0," /* started, or an item reported in use */
        " free_due INTEGER NOT NULL DEFAULT 0) STRICT;"
        "CREATE INDEX session_room_live ON session (room) WHERE state < 3;"
        "CREATE INDEX session_lease ON session (lease_until_us) WHERE state = 0 OR free_due > 0;"

        /* At most one live claim on an item, held by the database itself. */
        "CREATE TABLE claim ("
        " item INTEGER PRIMARY KEY REFERENCES item (id),"
        " session INTEGER NOT NULL REFERENCES session (id)) STRICT;"
        "CREATE INDEX claim_session ON claim (session);"
        /* Every item that a session was ever allowed, for ever. */
        "CREATE TABLE session_item ("
        " session INTEGER NOT NULL REFERENCES session (id), item INTEGER NOT NULL REFERENCES item (id),"
        " PRIMARY KEY (session, item)) STRICT, WITHOUT ROWID;"
        "CREATE INDEX session_item_item ON session_item (item);"

        /* Nonces answered: what was asked and what was said. */
        "CREATE TABLE request ("
        " nonce BLOB NOT NULL, room TEXT NOT NULL,"
        " session TEXT NOT NULL, content BLOB NOT NULL,"
        " epoch INTEGER NOT NULL,"     /* the machine's boot, counted */
        " first_us INTEGER NOT NULL,"  /* CLOCK_BOOTTIME of its first receipt */
        " at_us INTEGER NOT NULL,"
        " allow INTEGER NOT NULL,"
        " answer TEXT NOT NULL,"       /* the decision without its permit */
        " UNIQUE (room, nonce)) STRICT;"
        "CREATE INDEX request_session ON request (session, at_us);"

        "CREATE TABLE room ("
        " id TEXT PRIMARY KEY,"
        " permit_seq INTEGER NOT NULL DEFAULT 0,"
        " session_end_us INTEGER, disinfected_us INTEGER,"
        " exposure_us INTEGER, exposure TEXT, first_aid INTEGER NOT NULL DEFAULT 0,"
        " reported INTEGER NOT NULL DEFAULT 0) STRICT;"

        "CREATE TABLE recall ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " reason TEXT NOT NULL, by TEXT NOT NULL,"
        " lot TEXT, product TEXT, code TEXT, supplier_load TEXT,"
        " autoclave TEXT, from_us INTEGER, to_us INTEGER) STRICT;"
        "CREATE INDEX recall_lot ON recall (lot) WHERE lot IS NOT NULL;"
        "CREATE INDEX recall_product ON recall (product) WHERE product IS NOT NULL;"
        "CREATE INDEX recall_code ON recall (code) WHERE code IS NOT NULL;"
        "CREATE INDEX recall_supplier_load ON recall (supplier_load) WHERE supplier_load IS NOT NULL;"
        "CREATE INDEX recall_autoclave ON recall (autoclave) WHERE autoclave IS NOT NULL;"

        "CREATE TABLE alert ("
        " id INTEGER PRIMARY KEY,"
        " rule TEXT NOT NULL, subject TEXT NOT NULL,"
        " severity INTEGER NOT NULL, state INTEGER NOT NULL,"
        " text TEXT NOT NULL, raised_us INTEGER NOT NULL, last_us INTEGER NOT NULL, count INTEGER NOT NULL,"
        " by TEXT) STRICT;"
        "CREATE UNIQUE INDEX alert_open ON alert (rule, subject) WHERE state < 2;"
        "CREATE INDEX alert_standing ON alert (id) WHERE state < 2;";

/* Tests, indicators, service, duties; every decision on a load; recalls that end; what a look-back follows. */
static const char second[] =
        "ALTER TABLE attempt ADD COLUMN grade INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE attempt ADD COLUMN outcome INTEGER;" /* the machine's own word; NULL: running, or never said */
        "CREATE INDEX attempt_started ON attempt (autoclave, started_us);"
        "CREATE INDEX attempt_state ON attempt (purpose, released);" /* the loads that wait for a person */
        "CREATE INDEX attempt_running ON attempt (id) WHERE verdict IS NULL;"

        "ALTER TABLE pack ADD COLUMN loaded_us INTEGER;" /* when it was put down for its attempt */
        "UPDATE pack SET loaded_us = (SELECT started_us FROM attempt a WHERE a.id = pack.attempt)"
        " WHERE attempt IS NOT NULL;"

        /* What was asked of a load's release and what was answered, for ever; attempt.released is the last word. */
        "CREATE TABLE load_decision ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " attempt INTEGER NOT NULL REFERENCES attempt (id), by TEXT NOT NULL,"
        " what INTEGER NOT NULL,"     /* LoadWord */
        " dry INTEGER NOT NULL, reason TEXT,"
        " reasons TEXT) STRICT;"      /* JSON array of {rule, text}: why it was refused */
        "CREATE INDEX load_decision_attempt ON load_decision (attempt);"

        /* Tests of an autoclave. run_us: when its cycle began, or when it was reported without one. */
        "CREATE TABLE test ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL,"
        " autoclave TEXT NOT NULL, test INTEGER NOT NULL,"
        " attempt INTEGER REFERENCES attempt (id),"
        " run_us INTEGER NOT NULL, read_us INTEGER NOT NULL,"
        " outcome INTEGER NOT NULL,"  /* TestOutcome */
        " rate_mpa INTEGER,"          /* leak: thousandths of a pascal a minute */
        " reader TEXT, lot TEXT, expires_on INTEGER,"
        " why TEXT) STRICT;"          /* why it failed or is no test */
        "CREATE INDEX test_autoclave ON test (autoclave, test, outcome, run_us);"
        "CREATE INDEX test_order ON test (autoclave);" /* by id */
        "CREATE INDEX test_attempt ON test (attempt) WHERE attempt IS NOT NULL;"

        /* Chemical and biological indicators; one row for each pack that was named. */
        "CREATE TABLE indicator ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " autoclave TEXT NOT NULL, attempt INTEGER NOT NULL REFERENCES attempt (id),"
        " kind INTEGER NOT NULL, place INTEGER NOT NULL, type INTEGER,"
        " pack INTEGER REFERENCES pack (id),"
        " lot TEXT, expires_on INTEGER,"
        " result INTEGER NOT NULL, control INTEGER NOT NULL, reader TEXT) STRICT;"
        "CREATE INDEX indicator_attempt ON indicator (attempt);"
        "CREATE INDEX indicator_spore ON indicator (autoclave, attempt) WHERE kind = 1;"

        /* Out of service, from its cause to the return; back_us NULL: still out. last_us: its cause happened again. */
        "CREATE TABLE service ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL,"
        " autoclave TEXT NOT NULL, since_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
        " cause INTEGER NOT NULL, text TEXT NOT NULL,"
        " back_i INTEGER, back_us INTEGER, back_by TEXT, back_reason TEXT) STRICT;"
        "CREATE INDEX service_out ON service (autoclave) WHERE back_us IS NULL;"
        "CREATE INDEX service_autoclave ON service (autoclave);"

        /* Readings that a person transcribed for want of samples. Each one stands. from_day: the period's first. */
        "CREATE TABLE transcript ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " autoclave TEXT NOT NULL, attempt INTEGER NOT NULL REFERENCES attempt (id),"
        " from_day INTEGER NOT NULL,"
        " hold_us INTEGER NOT NULL, coldest_mc INTEGER NOT NULL, hottest_mc INTEGER NOT NULL,"
        " lowest_pa INTEGER NOT NULL, highest_pa INTEGER NOT NULL,"
        " pulses INTEGER NOT NULL,"   /* -1: not said */
        " by TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
        "CREATE INDEX transcript_attempt ON transcript (attempt);"
        "CREATE INDEX transcript_autoclave ON transcript (autoclave);" /* by id */

        "CREATE TABLE duty_done ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " duty TEXT NOT NULL, subject TEXT NOT NULL, by TEXT NOT NULL, passed INTEGER NOT NULL) STRICT;"
        "CREATE INDEX duty_done_last ON duty_done (duty, subject, at_us);"

        /* Commissioned: what T - T_sat is in a sound cycle of this machine. The newest row of a program counts. */
        "CREATE TABLE reference ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " autoclave TEXT NOT NULL, program TEXT NOT NULL,"
        " attempt INTEGER NOT NULL REFERENCES attempt (id),"
        " median_mc INTEGER NOT NULL, coldest_mc INTEGER NOT NULL, hottest_mc INTEGER NOT NULL,"
        " by TEXT NOT NULL) STRICT;"
        "CREATE INDEX reference_program ON reference (autoclave, program);"

        /* A recall holds until an officer ends it. */
        "ALTER TABLE recall ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;"  /* RecallKind */
        "ALTER TABLE recall ADD COLUMN cause TEXT NOT NULL DEFAULT 'recall';" /* the rule behind it, or 'recall' */
        "ALTER TABLE recall ADD COLUMN attempt INTEGER REFERENCES attempt (id);"
        "ALTER TABLE recall ADD COLUMN decide_by_us INTEGER;"             /* a quarantine waits for an officer */
        "ALTER TABLE recall ADD COLUMN ended_us INTEGER;"
        "ALTER TABLE recall ADD COLUMN ended_i INTEGER;"
        "ALTER TABLE recall ADD COLUMN ended_by TEXT;"
        "ALTER TABLE recall ADD COLUMN ended_reason TEXT;"
        "ALTER TABLE recall ADD COLUMN confirmed_us INTEGER;"             /* a quarantine that became a recall */
        "ALTER TABLE recall ADD COLUMN confirmed_i INTEGER;"
        "ALTER TABLE recall ADD COLUMN confirmed_by TEXT;"
        "ALTER TABLE recall ADD COLUMN confirmed_reason TEXT;"
        "CREATE INDEX recall_attempt ON recall (attempt) WHERE attempt IS NOT NULL;"
        "CREATE INDEX recall_open ON recall (id) WHERE ended_us IS NULL;"
        "CREATE INDEX recall_undecided ON recall (decide_by_us) WHERE decide_by_us IS NOT NULL AND ended_us IS NULL;"

        "ALTER TABLE item ADD COLUMN evidence TEXT;" /* of a supplier's sterilization, or of opening stock */
        "ALTER TABLE item ADD COLUMN received_by TEXT;" /* the officer who vouches for opening stock; or who took it in */

        "CREATE INDEX item_patient ON item (patient) WHERE patient IS NOT NULL;"

        /* The one session that an immediate-use pack was sterilized for. */
        "ALTER TABLE pack ADD COLUMN for_session TEXT;"
        /* What was done to a piece to make it ready again, and by whom. Loads and sessions keep the rest. */
        "CREATE TABLE item_step ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " item INTEGER NOT NULL REFERENCES item (id), step INTEGER NOT NULL," /* ItemStep */
        " by TEXT NOT NULL, detail TEXT) STRICT;"
        "CREATE INDEX item_step_item ON item_step (item);"

        /* What a look-back follows: when the session was given the item, out of which pack, and what it did with it. */
        "ALTER TABLE session_item ADD COLUMN at_us INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE session_item ADD COLUMN pack INTEGER REFERENCES pack (id);"
        "ALTER TABLE session_item ADD COLUMN used_us INTEGER;"
        "ALTER TABLE session_item ADD COLUMN returned_us INTEGER;"
        "UPDATE session_item SET"
        " at_us = (SELECT allowed_us FROM session s WHERE s.id = session_item.session),"
        " pack = (SELECT max(p.id) FROM pack_item x JOIN pack p ON p.id = x.pack WHERE x.item = session_item.item"
        "  AND p.opened_session = session_item.session),"
        " used_us = (SELECT CASE WHEN s.touched THEN coalesce(s.started_us, s.allowed_us) END"
        "  FROM session s WHERE s.id = session_item.session);"
        "CREATE INDEX session_item_pack ON session_item (pack, item) WHERE pack IS NOT NULL;"
        /* Use outside any session that held the item, by its code: the session is the one that was live in that room. */
        "CREATE TABLE contact ("
        " id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL,"
        " code TEXT NOT NULL, room TEXT,"
        " session INTEGER REFERENCES session (id), pack INTEGER REFERENCES pack (id)) STRICT;"
        "CREATE INDEX contact_code ON contact (code);"
        "CREATE INDEX contact_session ON contact (session) WHERE session IS NOT NULL;"
        "CREATE INDEX contact_room ON contact (room, at_us) WHERE session IS NULL;"
        "CREATE INDEX session_room ON session (room, allowed_us);"
        /* With the state in it, or the one above would be taken for the live session: all that a room ever had. */
        "DROP INDEX session_room_live;"
        "CREATE INDEX session_room_live ON session (room, state) WHERE state < 3;"
        "CREATE INDEX session_practitioner ON session (practitioner, allowed_us);"
        "CREATE INDEX session_patient ON session (patient, allowed_us);";

/* Rooms that stay locked, their relays; what was done in a session and after it; overrides, keys, restores. */
static const char third[] =
        /* --- the interlock of a room --- */
        "ALTER TABLE room ADD COLUMN interlock INTEGER NOT NULL DEFAULT 0;"      /* Interlock, as last entered */
        /* CLOCK_BOOTTIME: until when it could still be released, since when without a break, and until when before that. */
        "ALTER TABLE room ADD COLUMN release_until_us INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE room ADD COLUMN release_from_us INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE room ADD COLUMN released_before_us INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE room ADD COLUMN hold_until_us INTEGER NOT NULL DEFAULT 0;"  /* CLOCK_BOOTTIME: busy until then */
        "CREATE INDEX room_released ON room (interlock) WHERE interlock > 0 AND interlock < 3;"
        "UPDATE room SET release_until_us ="
        " coalesce((SELECT max(lease_until_us) FROM session s WHERE s.room = room.id), 0);"
        "UPDATE room SET interlock = 1 + (SELECT state FROM session s WHERE s.room = room.id AND state < 3)"
        " WHERE id IN (SELECT room FROM session WHERE state < 3);"
        /* Why a room is locked until an officer unlocks it; a cause that comes again counts up. */
        "CREATE TABLE room_lock ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL, last_us INTEGER NOT NULL,"
        " count INTEGER NOT NULL,"
        " room TEXT NOT NULL, rule TEXT NOT NULL, session TEXT, text TEXT NOT NULL,"
        " open_i INTEGER, open_us INTEGER, open_by TEXT, open_reason TEXT) STRICT;" /* unlocked; NULL: it holds */
        "CREATE UNIQUE INDEX room_lock_holds ON room_lock (room, rule) WHERE open_us IS NULL;"
        /* What each relay said last (RelaySaid). CLOCK_BOOTTIME: the last permit of its own, and by when it should have said
         * that it opened. */
        "CREATE TABLE relay ("
        " device TEXT PRIMARY KEY, room TEXT NOT NULL,"
        " said INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " permit_from_us INTEGER NOT NULL, permit_until_us INTEGER NOT NULL, due_us INTEGER) STRICT;"
        "CREATE INDEX relay_due ON relay (due_us) WHERE due_us IS NOT NULL;"
        "CREATE INDEX relay_room ON relay (room);"
        "ALTER TABLE session ADD COLUMN ended_by TEXT;" /* an officer, where the room did not say it */
        "ALTER TABLE session ADD COLUMN ended_reason TEXT;"

        /* --- what was done in a session: see core/treatment.h --- */
        "CREATE TABLE session_step ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " session INTEGER NOT NULL REFERENCES session (id), step INTEGER NOT NULL,"
        " counts INTEGER NOT NULL," /* told in its order, of a live session */
        " round INTEGER, item TEXT, form_hash TEXT) STRICT;"
        "CREATE INDEX session_step_session ON session_step (session);"
        /* One row a round, area and needle: its reports add up. i, at_us: the first; last_i, last_us: the latest. */
        "CREATE TABLE session_round ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " last_i INTEGER NOT NULL, last_us INTEGER NOT NULL,"
        " session INTEGER NOT NULL REFERENCES session (id), item TEXT NOT NULL,"
        " area TEXT NOT NULL, round INTEGER NOT NULL," /* area '': not said; round 0: outside any */
        " passes INTEGER, depth_um INTEGER, motor_us INTEGER, bleeding INTEGER NOT NULL,"
        " UNIQUE (session, area, round, item)) STRICT;"
        "CREATE INDEX session_round_session ON session_round (session);"
        /* Once a session and cause. */
        "CREATE TABLE deviation ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " session INTEGER NOT NULL REFERENCES session (id),"
        " rule TEXT NOT NULL, cause TEXT NOT NULL, text TEXT NOT NULL,"
        " UNIQUE (session, rule, cause)) STRICT;"
        "CREATE INDEX deviation_session ON deviation (session);"

        /* --- after it --- */
        /* Wall time by when the session is to be looked at again: see intake/after.c. NULL: nothing is owed any more. */
        "ALTER TABLE session ADD COLUMN after_due_us INTEGER;"
        "CREATE INDEX session_after ON session (after_due_us) WHERE after_due_us IS NOT NULL;"
        "UPDATE session SET after_due_us = 0 WHERE state < 3 AND touched;"
        /* Since when needles of it are missing; and who said where they are. */
        "ALTER TABLE session ADD COLUMN sharps_since_us INTEGER;"
        "ALTER TABLE session ADD COLUMN sharps_us INTEGER;"
        "ALTER TABLE session ADD COLUMN sharps_by TEXT;"
        "ALTER TABLE session ADD COLUMN sharps_reason TEXT;"
        "CREATE INDEX session_sharps ON session (practitioner) WHERE sharps_since_us IS NOT NULL;"
        /* Told as dropped by nobody who is registered: spent, and still not accounted for. */
        "ALTER TABLE session_item ADD COLUMN unnamed INTEGER;"
        /* An injury, from its report until first aid, report and turnover are on record. room: '' where none was named. */
        "CREATE TABLE exposure ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " room TEXT NOT NULL, session TEXT, item TEXT, detail TEXT NOT NULL,"
        " first_aid_us INTEGER, first_aid_by TEXT, reported_us INTEGER, reported_by TEXT,"
        " turnover_us INTEGER, turnover_by TEXT, closed_us INTEGER) STRICT;"
        "CREATE INDEX exposure_open ON exposure (room) WHERE closed_us IS NULL;"
        "CREATE INDEX exposure_standing ON exposure (id) WHERE closed_us IS NULL;"
        "INSERT INTO exposure (i, at_us, room, detail, first_aid_us, reported_us, turnover_us)"
        " SELECT 0, exposure_us, id, coalesce(exposure, ''), CASE WHEN first_aid THEN exposure_us END,"
        "  CASE WHEN reported THEN exposure_us END, CASE WHEN disinfected_us > exposure_us THEN disinfected_us END"
        "  FROM room WHERE exposure_us > 0;"
        "ALTER TABLE room DROP COLUMN exposure_us;"
        "ALTER TABLE room DROP COLUMN exposure;"
        "ALTER TABLE room DROP COLUMN first_aid;"
        "ALTER TABLE room DROP COLUMN reported;"

        /* --- overrides: what a room was denied for; then two officers, one rule, one question of one session --- */
        "CREATE TABLE override ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL," /* the decision that denied */
        " session TEXT NOT NULL, room TEXT NOT NULL, content BLOB NOT NULL, rule TEXT NOT NULL,"
        " practitioner TEXT NOT NULL, procedure TEXT NOT NULL,"
        " mark INTEGER NOT NULL,"                    /* what it rested on: see core/override.h */
        " first_i INTEGER, first_us INTEGER, first_by TEXT, first_reason TEXT,"
        " second_i INTEGER, second_us INTEGER, second_by TEXT, second_reason TEXT,"
        " until_us INTEGER,"
        " used_i INTEGER, used_us INTEGER) STRICT;"  /* the decision that allowed */
        "CREATE INDEX override_session ON override (session, rule);"
        "ALTER TABLE session ADD COLUMN overridden TEXT;" /* rule ids, apart by commas */

        /* --- keys: public halves, and each one's word for the next (JWS) --- */
        "CREATE TABLE key ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL,"
        " kid TEXT NOT NULL UNIQUE, public_key TEXT NOT NULL,"
        " state INTEGER NOT NULL,"  /* KeyState */
        " made_us INTEGER NOT NULL, since_us INTEGER, retired_us INTEGER,"
        " statement TEXT) STRICT;"  /* signed by the one before; NULL: there is none */
        "CREATE UNIQUE INDEX key_state ON key (state) WHERE state < 2;"

        /* --- a ledger that is not the newest --- */
        /* Single-use pieces that were there before the last of these are good again once they are received anew. */
        "CREATE TABLE restored ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " cause TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
        "ALTER TABLE item ADD COLUMN vouched_i INTEGER;" /* audit record of its last receipt */
        /* Heads, boots and logs of others that an officer has accepted. */
        "CREATE TABLE accepted ("
        " what TEXT NOT NULL, value TEXT NOT NULL, i INTEGER NOT NULL, PRIMARY KEY (what, value)) STRICT, WITHOUT ROWID;";

/* People: what changed, for whoever rebuilds it; personal data that can be erased; alerts that a person answers; copies. */
static const char fourth[] =
        /* --- state changes in the chain: see store/changes.h and personal.h --- */
        "ALTER TABLE session ADD COLUMN salt BLOB;"
        "ALTER TABLE item ADD COLUMN salt BLOB;"
        "ALTER TABLE request ADD COLUMN salt BLOB;"
        "ALTER TABLE override ADD COLUMN salt BLOB;"
        "ALTER TABLE exposure ADD COLUMN salt BLOB;"
        "ALTER TABLE session_step ADD COLUMN salt BLOB;"
        "ALTER TABLE dead_letter ADD COLUMN salt BLOB;"
        "UPDATE session SET salt = randomblob(16) WHERE length(patient) + length(content) > 0;"
        "UPDATE item SET salt = randomblob(16) WHERE length(patient) > 0;"
        "UPDATE request SET salt = randomblob(16) WHERE length(content) > 0;"
        "UPDATE override SET salt = randomblob(16) WHERE length(content) > 0;"
        "UPDATE exposure SET salt = randomblob(16) WHERE length(detail) > 0;"
        "UPDATE session_step SET salt = randomblob(16) WHERE length(form_hash) > 0;"
        "UPDATE dead_letter SET salt = randomblob(16) WHERE length(raw) > 0;"

        /* --- personal data, qualifications --- */
        /* What a person may do; of a person and a procedure the newest row counts. i 0: it stood in the configuration only,
         * and was ended here. */
        "CREATE TABLE qualification ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " person TEXT NOT NULL, procedure TEXT NOT NULL,"
        " until_on INTEGER NOT NULL, certificate TEXT, by TEXT, reason TEXT,"
        " ended_i INTEGER, ended_us INTEGER, ended_by TEXT, ended_reason TEXT) STRICT;"
        "CREATE INDEX qualification_person ON qualification (person, procedure);"
        /* Erasures of a patient's data, which officers signed: see intake/erasure.c. patient: NULL once nothing bears it. */
        "CREATE TABLE erasure ("
        " id INTEGER PRIMARY KEY, i INTEGER NOT NULL, at_us INTEGER NOT NULL,"
        " by TEXT NOT NULL, reason TEXT NOT NULL, patient TEXT, salt BLOB,"
        " stage INTEGER NOT NULL DEFAULT 0, at INTEGER NOT NULL DEFAULT 0," /* ErasureStage, and how far in it */
        " sessions INTEGER NOT NULL DEFAULT 0, items INTEGER NOT NULL DEFAULT 0,"
        " messages INTEGER NOT NULL DEFAULT 0, others INTEGER NOT NULL DEFAULT 0,"
        " records INTEGER NOT NULL DEFAULT 0," /* of the chain, that name the patient and stay */
        " done_us INTEGER) STRICT;"
        "CREATE INDEX erasure_standing ON erasure (id) WHERE done_us IS NULL;"
        "ALTER TABLE session ADD COLUMN erased INTEGER REFERENCES erasure (id);"
        "CREATE INDEX session_patient_live ON session (patient) WHERE state < 3;"

        /* --- alerts and items: what people decide of them --- */
        "ALTER TABLE alert ADD COLUMN acknowledged_us INTEGER;"
        "ALTER TABLE alert ADD COLUMN acknowledged_by TEXT;"
        "ALTER TABLE alert ADD COLUMN silenced_until_us INTEGER;"
        "ALTER TABLE alert ADD COLUMN silenced_by TEXT;"
        "ALTER TABLE alert ADD COLUMN resolved_us INTEGER;"
        "ALTER TABLE alert ADD COLUMN reason TEXT;" /* the last that a person gave: why it is resolved, silenced, seen */
        "UPDATE alert SET resolved_us = last_us WHERE state = 2;"

        /* --- lists and traces --- */
        /* What happened in a period, for the month's report: each by when it was. */
        "CREATE INDEX test_run ON test (autoclave, run_us);"
        "CREATE INDEX indicator_spore_read ON indicator (autoclave, at_us) WHERE kind = 1;"
        "CREATE INDEX request_denied ON request (at_us) WHERE allow = 0;"
        "CREATE INDEX alert_raised ON alert (raised_us);"
        "CREATE INDEX override_signed ON override (first_us) WHERE first_us IS NOT NULL;"
        "CREATE INDEX duty_done_at ON duty_done (at_us);"
        "CREATE INDEX item_class ON item (class);" /* by id; so too the next */
        "CREATE INDEX item_state ON item (state);"
        "CREATE INDEX session_allowed ON session (allowed_us);"

        /* --- backups --- */
        "";

const char *const schema_migrations[] = {
        first,
        second,
        third,
        fourth,
};
const size_t schema_n_migrations = ELEMENTSOF(schema_migrations);
