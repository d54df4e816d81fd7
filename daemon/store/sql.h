/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Every SQL statement of the daemon, by name; the schema stands in schema.c, what is asked of whole files in sql-file.h.
 * Which stay prepared: see stmt.c.
 * Column lists that are read in more than one place stand first, in the order in which the row structs want them.
 */

#include "store/personal.h"

#define ITEM_COLUMNS                                                                                                  \
        "id, code, class, product, lot, expires_on, received_us, received_i, supplied, supplier_by, "                 \
        "supplier_load, good_until_on, state, state_us, pack, cycles, used_session, used_us, returned, "              \
        "damaged_us, damage_reason, dropped_us, cloned_us, patient, drawn_us, opened_us, attached, "                  \
        "attached_us, evidence, received_by, vouched_i"
#define PACK_COLUMNS                                                                                                  \
        "id, label, wrap, packed_us, operator, attempt, late, sterile_us, opened_us, opened_session, inside, "        \
        "wet, damaged_us, damage_reason, loaded_us, for_session"
#define ATTEMPT_COLUMNS                                                                                               \
        "id, label, autoclave, cycle, program, purpose, started_us, ended_us, start, verdict, reasons, figures, "     \
        "released, released_us, released_by, grade, outcome"
#define SESSION_COLUMNS                                                                                               \
        "id, label, room, practitioner, patient, procedure, content, state, allowed_us, decided_i, started_us, "      \
        "ended_us, outcome, lease_until_us, stream, stream_lost, touched, free_due, overridden"
#define RECALL_COLUMNS                                                                                                \
        "r.id, r.i, r.at_us, r.kind, r.cause, r.reason, r.by, r.lot, r.product, r.code, r.supplier_load, "            \
        "r.autoclave, r.attempt, a.label, r.from_us, r.to_us, r.decide_by_us, r.confirmed_us, r.confirmed_by, "       \
        "r.confirmed_reason, r.ended_us, r.ended_by, r.ended_reason FROM recall r LEFT JOIN attempt a ON a.id = r.attempt"
#define TEST_SHOWN                                                                                                    \
        "t.id, t.test, a.label, t.run_us, t.read_us, t.outcome, t.rate_mpa, t.reader, t.lot, t.expires_on, t.why "    \
        "FROM test t LEFT JOIN attempt a ON a.id = t.attempt"
/* What a session did with an item, in store/lookback.c. 0 session, 1 item, 2 given, 3 used, 4 returned; 5 to 8 the item;
 * 9 to 14 the session; 15 and 16 its pack; 17 to 20 the attempt. */
#define LOOKBACK_USE                                                                                                  \
        "SELECT x.session, x.item, x.at_us, x.used_us, x.returned_us, i.code, i.class, i.product, i.lot, "            \
        "s.label, s.room, s.practitioner, s.patient, s.procedure, s.allowed_us, p.label, p.loaded_us, "               \
        "a.label, a.autoclave, a.cycle, a.id FROM session_item x CROSS JOIN item i ON i.id = x.item "                 \
        "CROSS JOIN session s ON s.id = x.session LEFT JOIN pack p ON p.id = x.pack "                                 \
        "LEFT JOIN attempt a ON a.id = p.attempt "
/* Use outside the session that held the item: 0 contact, 1 its code, 2 when, 3 its pack, 4 to 6 the item, 7 to 12 the
 * session that was live there. */
#define LOOKBACK_CONTACT                                                                                              \
        "SELECT c.id, c.code, c.at_us, c.pack, i.class, i.product, i.lot, "                                           \
        "s.label, coalesce(s.room, c.room), s.practitioner, s.patient, s.procedure, s.allowed_us "
#define KEY_COLUMNS "id, i, kid, public_key, state, made_us, since_us, retired_us, statement"
#define OVERRIDE_COLUMNS                                                                                              \
        "id, i, at_us, session, room, content, rule, practitioner, procedure, mark, first_i, first_us, first_by, "    \
        "first_reason, second_i, second_us, second_by, second_reason, until_us, used_i, used_us"
#define ERASURE_COLUMNS "id, i, at_us, by, reason, patient, stage, at, sessions, items, messages, others, done_us, records"
#define QUALIFICATION_COLUMNS                                                                                         \
        "id, i, at_us, person, procedure, until_on, certificate, by, reason, ended_i, ended_us, ended_by, ended_reason"
#define EXPOSURE_COLUMNS                                                                                              \
        "id, i, at_us, room, session, item, detail, first_aid_us, first_aid_by, reported_us, reported_by, turnover_us, "\
        "turnover_by, closed_us"
#define ALERT_COLUMNS                                                                                                 \
        "id, rule, subject, severity, state, text, raised_us, last_us, count, by, acknowledged_us, acknowledged_by, "  \
        "silenced_until_us, silenced_by, resolved_us, reason"
#define TEST_COLUMNS                                                                                                  \
        "id, i, autoclave, test, attempt, run_us, read_us, outcome, rate_mpa, reader, lot, expires_on, why"
/* Nothing that failed, and no pack, is known of its cycle. */
#define TEST_STANDS                                                                                                   \
        "NOT EXISTS (SELECT 1 FROM test f WHERE f.attempt = t.attempt AND f.test < 2 AND f.outcome = 2) "             \
        "AND NOT EXISTS (SELECT 1 FROM pack p WHERE p.attempt = t.attempt)"
#define SERVICE_COLUMNS "id, i, autoclave, since_us, last_us, cause, text, back_us"
#define STREAM_COLUMNS "id, boot, current, top, applied, lost, holes"

/* Of any table of the state, by the names of itself and its key, which come from the schema: see store/tables.c. */
#define TABLE_SQL_NAMES                                                                                               \
        "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "                            \
        "AND name NOT LIKE 'sqlite%' AND name <> 'audit' ORDER BY name"
#define TABLE_SQL_COLUMNS "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid"
#define TABLE_SQL_ROW "SELECT * FROM \"%s\" WHERE \"%s\" = ?"
#define TABLE_SQL_ROW_2 "SELECT * FROM \"%s\" WHERE \"%s\" = ? AND \"%s\" = ?"
#define TABLE_SQL_ALL "SELECT * FROM \"%s\" ORDER BY \"%s\""
#define TABLE_SQL_ALL_2 "SELECT * FROM \"%s\" ORDER BY \"%s\", \"%s\""
#define TABLE_SQL_CHUNKS "SELECT n, samples, data FROM sample_chunk WHERE attempt = ? AND n BETWEEN ? AND ? ORDER BY n"
#define TABLE_SQL_CHUNKS_AFTER "SELECT attempt FROM sample_chunk WHERE attempt > ? ORDER BY attempt LIMIT 1"

#define STATEMENTS(X)                                                                                                 \
        X(BEGIN, "BEGIN IMMEDIATE")                                                                                   \
        X(PAGE_COUNT, "PRAGMA page_count")                                                                                   \
        X(PAGE_SIZE, "PRAGMA page_size")                                                                                     \
        X(COMMIT, "COMMIT")                                                                                           \
        X(SAVEPOINT, "SAVEPOINT message")                                                                             \
        X(SAVEPOINT_RELEASE, "RELEASE message")                                                                       \
        X(SAVEPOINT_ROLLBACK, "ROLLBACK TO message")                                                                  \
        X(META_GET, "SELECT value FROM meta WHERE name = ?")                                                          \
        X(META_SET, "INSERT INTO meta (name, value) VALUES (?, ?) "                                                   \
                    "ON CONFLICT (name) DO UPDATE SET value = excluded.value")                                        \
        X(META_DELETE, "DELETE FROM meta WHERE name = ?")                                                             \
        /* a ledger that is not the newest, a clock that was set back */                                              \
        X(RESTORED_ADD, "INSERT INTO restored (i, at_us, cause, by, reason) VALUES (?, ?, ?, ?, ?)")                  \
        X(RESTORED_LAST, "SELECT i FROM restored ORDER BY id DESC LIMIT 1")                                           \
        X(RESTORED_LOOK, "SELECT i, at_us, cause, by, reason FROM restored ORDER BY id DESC LIMIT 1")                 \
        X(ITEM_BLOCKED_NEXT, "SELECT " ITEM_COLUMNS " FROM item WHERE id > ?1 AND id <= ?2 AND received_i < ?3 "      \
                             "AND coalesce(vouched_i, 0) < ?3 AND used_us IS NULL AND used_session IS NULL "          \
                             "AND attached_us IS NULL AND attached IS NULL AND drawn_us IS NULL "                     \
                             "AND dropped_us IS NULL AND damaged_us IS NULL AND cloned_us IS NULL "                   \
                             "AND opened_us IS NULL AND NOT returned AND NOT EXISTS "                                 \
                             "(SELECT 1 FROM session_item x WHERE x.item = item.id) ORDER BY id LIMIT 1")             \
        X(ACCEPTED_NOTE, "INSERT INTO accepted (what, value, i) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")             \
        X(ACCEPTED_IS, "SELECT 1 FROM accepted WHERE what = ? AND value = ?")                                         \
        X(ACCEPTED_NOTED_NEXT, "SELECT substr(what, 7), value FROM accepted WHERE (what, value) > (?, ?) "            \
                               "AND what > 'noted-' AND what < 'noted.' ORDER BY what, value LIMIT 1")                \
        X(ACCEPTED_ALL, "UPDATE OR REPLACE accepted SET what = substr(what, 7), i = ? "                               \
                        "WHERE what > 'noted-' AND what < 'noted.'")                                                  \
        X(ACCEPTED_FORGET, "DELETE FROM accepted WHERE what = ?")                                                     \
        X(ITEM_VOUCH, "UPDATE item SET vouched_i = ?1 WHERE id = ?2 AND received_i < ?3 "                             \
                      "AND coalesce(vouched_i, 0) < ?3 AND used_us IS NULL AND used_session IS NULL "                 \
                      "AND attached_us IS NULL AND attached IS NULL AND drawn_us IS NULL AND dropped_us IS NULL "     \
                      "AND damaged_us IS NULL AND cloned_us IS NULL AND opened_us IS NULL AND NOT returned "                             \
                      "AND NOT EXISTS (SELECT 1 FROM session_item x WHERE x.item = ?2)")                              \
        X(ROOM_DOUBT_ALL, "UPDATE room SET session_end_us = ?, disinfected_us = NULL, permit_seq = permit_seq + ?")   \
        X(OVERRIDE_END_ALL, "UPDATE override SET until_us = 0 WHERE used_i IS NULL AND until_us > 0")                 \
        /* ledger */                                                                                                  \
        X(AUDIT_HEAD, "SELECT i, hash, record FROM audit ORDER BY i DESC LIMIT 1")                                    \
        X(AUDIT_AT, "SELECT hash FROM audit WHERE i = ?")                                                             \
        X(AUDIT_AFTER, "SELECT i, record, hash FROM audit WHERE i > ? ORDER BY i LIMIT ?")                            \
        X(AUDIT_ADD, "INSERT INTO audit (i, record, hash) VALUES (?, ?, ?)")                                          \
        X(DAEMON_BOOT_ADD, "INSERT INTO daemon_boot (boot, since_us) VALUES (?, ?)")                                  \
        X(DAEMON_BOOT_IS, "SELECT 1 FROM daemon_boot WHERE boot = ?")                                                 \
        X(MESSAGE_ADD, "INSERT INTO message (i, at_us, stream, seq, topic, held, salt, digest, raw) "                 \
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                          \
        X(MESSAGE_FIND, "SELECT salt, digest, refused FROM message WHERE stream = ? AND seq = ?")                     \
        X(MESSAGE_HELD, "SELECT i, seq, topic, raw, at_us FROM message "                                              \
                        "WHERE stream = ? AND seq > ? AND seq < ? AND held = 1 ORDER BY seq LIMIT 1")                 \
        X(MESSAGE_REFUSE, "UPDATE message SET refused = ? WHERE stream = ? AND seq = ?")                              \
        X(MESSAGE_UNHOLD, "UPDATE message SET held = 0, raw = CASE WHEN ? THEN NULL ELSE raw END "                    \
                          "WHERE stream = ? AND seq = ?")                                                             \
        X(DEAD_ADD, "INSERT INTO dead_letter (at_us, topic, reason, detail, member, size, raw, salt) "                \
                    "VALUES (?, ?, ?, ?, ?, ?, ?7, CASE WHEN length(?7) > 0 THEN new_salt() END)")                    \
        X(DEAD_TRIM, "DELETE FROM dead_letter WHERE id <= ?")                                                         \
        X(OUTBOX_ADD, "INSERT INTO outbox (at_us, topic, payload, retain) VALUES (?, ?, ?, ?)")                       \
        X(OUTBOX_DELETE, "DELETE FROM outbox WHERE id = ?")                                                           \
        X(OUTBOX_AFTER, "SELECT id, topic, payload, retain FROM outbox WHERE id > ? ORDER BY id LIMIT 1")             \
        X(STREAM_CURRENT, "SELECT " STREAM_COLUMNS " FROM stream WHERE kind = ? AND device = ? AND current = 1")      \
        X(STREAM_FIND, "SELECT " STREAM_COLUMNS " FROM stream WHERE kind = ? AND device = ? AND boot = ?")            \
        X(STREAM_RETIRE, "UPDATE stream SET current = 0 WHERE kind = ? AND device = ? AND current = 1")               \
        X(STREAM_ADD, "INSERT INTO stream (kind, device, boot, first_us, current, top, applied, lost, holes) "        \
                      "VALUES (?, ?, ?, ?, 1, 0, 0, 0, '')")                                                          \
        X(STREAM_SAVE, "UPDATE stream SET top = ?, applied = ?, lost = ?, holes = ? WHERE id = ?")                    \
        X(STREAM_TOP, "SELECT coalesce(max(seq), 0) FROM message WHERE stream = ?")                                   \
        X(STREAM_LAST_HEARD, "SELECT at_us FROM message WHERE stream = (SELECT id FROM stream WHERE kind = ? "        \
                             "AND device = ? AND current = 1) ORDER BY seq DESC LIMIT 1")                             \
        X(STREAM_WAITING, "SELECT id, kind, device FROM stream WHERE id > ? AND current = 1 AND top > applied "       \
                          "ORDER BY id LIMIT 1")                                                                      \
        /* items, packs, loads */                                                                                     \
        X(ITEM_BY_CODE, "SELECT " ITEM_COLUMNS " FROM item WHERE code = ?")                                           \
        X(ITEM_BY_ID, "SELECT " ITEM_COLUMNS " FROM item WHERE id = ?")                                               \
        X(ITEM_NEXT, "SELECT " ITEM_COLUMNS " FROM item WHERE id > ? ORDER BY id LIMIT 1")                            \
        X(ITEM_NEXT_OF_LOT, "SELECT " ITEM_COLUMNS " FROM item WHERE lot = ? AND id > ? ORDER BY id LIMIT 1")         \
        X(ITEM_NEXT_OF_CLASS, "SELECT " ITEM_COLUMNS " FROM item WHERE class = ? AND id > ? ORDER BY id LIMIT 1")     \
        X(ITEM_NEXT_IN_STATE, "SELECT " ITEM_COLUMNS " FROM item WHERE state = ? AND id > ? ORDER BY id LIMIT 1")     \
        X(ITEM_IN_PACK, "SELECT " ITEM_COLUMNS " FROM item WHERE pack = ? AND id > ? ORDER BY id LIMIT 1")            \
        X(ITEM_OF_PACK, "SELECT " ITEM_COLUMNS " FROM item WHERE id = "                                               \
                        "(SELECT item FROM pack_item WHERE pack = ? AND item > ? ORDER BY item LIMIT 1)")             \
        X(ITEM_ADD, "INSERT INTO item (code, class, product, lot, expires_on, received_us, received_i, "              \
                    "supplied, supplier_by, supplier_load, good_until_on, state, state_us, evidence, received_by) "   \
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                           \
        X(ITEM_SAVE, "UPDATE item SET state = ?, state_us = ?, pack = ?, cycles = ?, used_session = ?, "              \
                     "used_us = ?, returned = ?, damaged_us = ?, damage_reason = ?, dropped_us = ?, "                 \
                     "cloned_us = ?, patient = ?12, drawn_us = ?, opened_us = ?, attached = ?, "                      \
                     "attached_us = ?, salt = " PERSONAL_SALT("?12") " "                                       \
                     "WHERE id = ?")                                                                                  \
        X(ITEM_FIRST_DRAW, "SELECT min(drawn_us) FROM item WHERE patient = ? AND drawn_us >= ?")                      \
        X(ITEM_STEP_ADD, "INSERT INTO item_step (i, at_us, item, step, by, detail) VALUES (?, ?, ?, ?, ?, ?)")        \
        X(ITEM_STEP_BEFORE, "SELECT id, at_us, step, by, detail FROM item_step WHERE item = ? AND id < ? "            \
                            "ORDER BY id DESC LIMIT 1")                                                               \
        X(STRAY_PUT, "INSERT INTO stray (code, used_us, dropped_us) VALUES (?, ?, ?) ON CONFLICT (code) DO UPDATE "   \
                     "SET used_us = coalesce(used_us, excluded.used_us), "                                            \
                     "dropped_us = coalesce(dropped_us, excluded.dropped_us)")                                        \
        X(STRAY_GET, "SELECT used_us, dropped_us FROM stray WHERE code = ?")                                          \
        X(ITEM_LAST, "SELECT coalesce(max(id), 0) FROM item")                                                         \
        X(PACK_BY_LABEL, "SELECT " PACK_COLUMNS " FROM pack WHERE label = ? ORDER BY id DESC LIMIT 1")                \
        X(PACK_BY_ID, "SELECT " PACK_COLUMNS " FROM pack WHERE id = ?")                                               \
        X(PACK_IN_ATTEMPT, "SELECT " PACK_COLUMNS " FROM pack WHERE attempt = ? AND id > ? ORDER BY id LIMIT 1")      \
        X(PACK_OF_ITEM_BEFORE, "SELECT " PACK_COLUMNS " FROM pack WHERE id = (SELECT pack FROM pack_item "            \
                               "WHERE item = ? AND pack < ? ORDER BY pack DESC LIMIT 1)")                             \
        X(PACK_ADD, "INSERT INTO pack (label, wrap, packed_us, operator, for_session) VALUES (?, ?, ?, ?, ?)")        \
        X(PACK_SAVE, "UPDATE pack SET attempt = ?, late = ?, sterile_us = ?, opened_us = ?, opened_session = ?, "     \
                     "inside = ?, wet = ?, damaged_us = ?, damage_reason = ?, loaded_us = ? WHERE id = ?")            \
        X(PACK_ITEM_ADD, "INSERT INTO pack_item (pack, item) VALUES (?, ?)")                                          \
        X(PACK_CLAIMED, "SELECT s.label, s.room FROM item i JOIN claim c ON c.item = i.id "                           \
                        "JOIN session s ON s.id = c.session WHERE i.pack = ? AND s.id <> ? LIMIT 1")                  \
        X(MANIFEST_ADD, "INSERT INTO manifest (pack, autoclave, cycle, at_us) VALUES (?, ?, ?, ?) "                   \
                        "ON CONFLICT (pack) DO UPDATE SET autoclave = excluded.autoclave, "                           \
                        "cycle = excluded.cycle, at_us = excluded.at_us")                                             \
        X(MANIFEST_FIRST, "SELECT pack, at_us FROM manifest WHERE autoclave = ?1 "                                    \
                          "AND (cycle = ?2 OR (cycle IS NULL AND at_us <= ?3)) LIMIT 1")                              \
        X(DAEMON_FIRST, "SELECT coalesce(min(since_us), 0) FROM daemon_boot")                                         \
        X(MANIFEST_DELETE, "DELETE FROM manifest WHERE pack = ?")                                                     \
        X(ATTEMPT_ADD, "INSERT INTO attempt (label, autoclave, cycle, program, purpose, started_us, start) "          \
                       "VALUES (?, ?, ?, ?, ?, ?, ?)")                                                                \
        X(ATTEMPT_NUMBER, "SELECT label FROM attempt WHERE autoclave = ? ORDER BY id DESC LIMIT 1")                   \
        X(ATTEMPT_OPEN, "SELECT " ATTEMPT_COLUMNS " FROM attempt WHERE autoclave = ? AND verdict IS NULL "            \
                        "ORDER BY id DESC LIMIT 1")                                                                   \
        X(ATTEMPT_BY_ID, "SELECT " ATTEMPT_COLUMNS " FROM attempt WHERE id = ?")                                      \
        X(ATTEMPT_BY_LABEL, "SELECT " ATTEMPT_COLUMNS " FROM attempt WHERE label = ?")                                \
        X(ATTEMPT_BY_CYCLE, "SELECT " ATTEMPT_COLUMNS " FROM attempt WHERE autoclave = ? AND cycle = ? "              \
                            "ORDER BY id DESC LIMIT 2")                                                               \
        X(ATTEMPT_SAME_NUMBER, "SELECT id FROM attempt WHERE autoclave = ? AND cycle = ? AND id < ? "                 \
                               "ORDER BY id DESC LIMIT 1")                                                            \
        X(ATTEMPT_LAST, "SELECT " ATTEMPT_COLUMNS " FROM attempt WHERE autoclave = ? AND verdict IS NOT NULL "        \
                        "ORDER BY id DESC LIMIT 1")                                                                   \
        X(ATTEMPT_SAVE, "UPDATE attempt SET ended_us = ?, verdict = ?, reasons = ?, figures = ?, released = ?, "      \
                        "released_us = ?, released_by = ?, grade = ?, outcome = ? WHERE id = ?")                      \
        X(DECISION_ADD, "INSERT INTO load_decision (i, at_us, attempt, by, what, dry, reason, reasons) "         \
                             "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")                                                       \
        X(TRANSCRIPT_ADD, "INSERT INTO transcript (i, at_us, autoclave, attempt, from_day, hold_us, coldest_mc, "     \
                          "hottest_mc, lowest_pa, highest_pa, pulses, by, reason) "                                   \
                          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                                           \
        X(TRANSCRIPT_NEXT, "SELECT id, i, at_us, from_day, hold_us, coldest_mc, hottest_mc, lowest_pa, highest_pa, "  \
                           "pulses, by, reason FROM transcript WHERE attempt = ? AND id > ? ORDER BY id LIMIT 1")     \
        X(TRANSCRIPT_FROM, "SELECT from_day FROM transcript WHERE autoclave = ? ORDER BY id DESC LIMIT 1")            \
        X(LOAD_RECALL, "SELECT reason FROM recall WHERE attempt = ?1 AND ended_us IS NULL "                           \
                       "UNION ALL SELECT reason FROM recall WHERE autoclave = ?2 AND ?3 BETWEEN from_us AND to_us "   \
                       "AND ended_us IS NULL LIMIT 1")                                                                \
        X(LOAD_SAID_WET, "SELECT id FROM load_decision WHERE attempt = ? AND dry = 0 LIMIT 1")                        \
        X(LOAD_WITHDRAWN, "SELECT id FROM recall WHERE attempt = ? AND cause = 'load-recalled' LIMIT 1")              \
        X(CHUNK_ADD, "INSERT INTO sample_chunk (attempt, n, samples, data) VALUES (?, ?, ?, ?)")                      \
        X(CHUNK_NEXT, "SELECT n, samples, data FROM sample_chunk WHERE attempt = ? AND n > ? ORDER BY n LIMIT 1")     \
        X(CHUNKS, "SELECT samples, data FROM sample_chunk WHERE attempt = ? ORDER BY n")                              \
        X(CHUNK_CLEAR, "DELETE FROM sample_chunk WHERE attempt = ?")                                                  \
        X(REFERENCE_ADD, "INSERT INTO reference (i, at_us, autoclave, program, attempt, median_mc, coldest_mc, hottest_mc, by) " \
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                        \
        X(REFERENCE_GET, "SELECT i, at_us, attempt, median_mc, coldest_mc, hottest_mc, by FROM reference "            \
                         "WHERE autoclave = ? AND program = ? ORDER BY id DESC LIMIT 1")                              \
        /* fitness of autoclaves */                                                                                   \
        X(TEST_ADD, "INSERT INTO test (i, autoclave, test, attempt, run_us, read_us, outcome, rate_mpa, reader, "     \
                    "lot, expires_on, why) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                              \
        X(TEST_LAST, "SELECT " TEST_COLUMNS " FROM test t WHERE autoclave = ? AND test = ? "                           \
                     "AND outcome = ? AND run_us <= ? ORDER BY run_us DESC, id DESC LIMIT 1")                         \
        X(TEST_LAST_PASSED, "SELECT " TEST_COLUMNS " FROM test t WHERE autoclave = ? AND test = ? "                    \
                            "AND outcome = ? AND run_us <= ? AND " TEST_STANDS " "                                    \
                            "ORDER BY run_us DESC, id DESC LIMIT 1")                                                  \
        X(TEST_FAILED_IN, "SELECT 1 FROM test WHERE attempt = ? AND test < 2 AND outcome = 2 LIMIT 1")                \
        X(TEST_COUNT_BOWIE_DICKS, "SELECT count(DISTINCT attempt) FROM test t WHERE autoclave = ? AND run_us > ? "    \
                                  "AND test = 0 AND outcome = 1 AND " TEST_STANDS)                                   \
        X(TEST_UNREAD, "SELECT cycle FROM attempt a WHERE autoclave = ? AND started_us >= ? AND started_us < ? "      \
                       "AND purpose = 1 AND verdict = 0 AND NOT EXISTS (SELECT 1 FROM test t WHERE t.attempt = a.id) " \
                       "ORDER BY started_us DESC LIMIT 1")                                                            \
        X(INDICATOR_ADD, "INSERT INTO indicator (i, at_us, autoclave, attempt, kind, place, type, pack, lot, "        \
                         "expires_on, result, control, reader) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")       \
        X(INDICATOR_NEXT, "SELECT id, i, at_us, autoclave, kind, place, type, pack, lot, expires_on, result, "        \
                          "control, reader FROM indicator WHERE attempt = ? AND id > ? ORDER BY id LIMIT 1")          \
        X(INDICATOR_MANY, "SELECT 1 FROM indicator WHERE attempt = ? LIMIT 1 OFFSET ?")                               \
        X(INDICATOR_SPORE_BEFORE, "SELECT attempt FROM indicator WHERE autoclave = ? AND kind = 1 AND attempt < ? "   \
                                  "ORDER BY attempt DESC LIMIT 1")                                                    \
        X(DUTY_ADD, "INSERT INTO duty_done (i, at_us, duty, subject, by, passed) VALUES (?, ?, ?, ?, ?, ?)")          \
        X(DUTY_LAST, "SELECT id, i, at_us, by, passed FROM duty_done WHERE duty = ? AND subject = ? AND passed >= ? " \
                     "AND at_us <= ? ORDER BY at_us DESC, id DESC LIMIT 1")                                           \
        X(SERVICE_ADD, "INSERT INTO service (i, autoclave, since_us, last_us, cause, text) VALUES (?, ?, ?, ?, ?, ?)") \
        X(SERVICE_AGAIN, "UPDATE service SET last_us = ?, text = ? WHERE id = ?")                                     \
        X(SERVICE_OUT_NEXT, "SELECT " SERVICE_COLUMNS " FROM service WHERE autoclave = ? AND back_us IS NULL AND id > ? " \
                            "ORDER BY id LIMIT 1")                                                                    \
        X(SERVICE_WAS_OUT, "SELECT " SERVICE_COLUMNS " FROM service WHERE autoclave = ? AND since_us <= ? "           \
                           "AND (back_us IS NULL OR back_us >= ?) ORDER BY id DESC LIMIT 1")                           \
        X(SERVICE_RAN_OUT, "UPDATE service SET since_us = ?2 WHERE autoclave = ?1 AND back_us IS NULL AND since_us > ?2") \
        X(SERVICE_NOT_AHEAD, "UPDATE service SET last_us = ?2 WHERE autoclave = ?1 AND back_us IS NULL AND last_us > ?2") \
        X(SERVICE_BACK, "UPDATE service SET back_i = ?, back_us = ?, back_by = ?, back_reason = ? "                   \
                        "WHERE autoclave = ? AND back_us IS NULL")                                                    \
        X(REFERENCE_FIRST, "SELECT coalesce(min(at_us), 0) FROM reference WHERE autoclave = ?")                       \
        X(SERVICE_ATTEMPT_FROM, "SELECT id FROM attempt WHERE autoclave = ? ORDER BY id DESC LIMIT 1 OFFSET ?")       \
        X(SERVICE_ATTEMPT_NEXT, "SELECT id FROM attempt WHERE autoclave = ? AND started_us > ? AND id > ? "           \
                                "ORDER BY id LIMIT 1")                                                                \
        X(RECALL_STANDS, "SELECT 1 FROM recall WHERE autoclave = ? AND cause = ? AND from_us = ? AND at_us >= ? AND ended_us IS NULL LIMIT 1") \
        X(RECALL_REACHES, "SELECT 1 FROM recall WHERE autoclave = ?1 AND cause = ?2 AND ?3 BETWEEN from_us AND to_us " \
                          "AND ended_us IS NULL LIMIT 1")                                                             \
        X(RECALL_BEGINS_AFTER, "SELECT 1 FROM recall WHERE autoclave = ? AND cause = ? AND from_us > ? "              \
                               "AND ended_us IS NULL LIMIT 1")                                                        \
        X(SERVICE_REBUILT, "SELECT coalesce(max(last_us), 0) FROM service WHERE autoclave = ? AND cause >= ?")        \
        X(ATTEMPT_EARLIEST, "SELECT coalesce(min(started_us), 0) FROM attempt WHERE autoclave = ? AND id > ?")        \
        X(ATTEMPT_LATEST, "SELECT coalesce(max(started_us), 0) FROM attempt WHERE autoclave = ?")                     \
        X(RECALL_FIRST_FROM, "SELECT coalesce(min(from_us), 0), count(*) FROM recall WHERE autoclave = ? AND cause = ? AND at_us >= ?") \
        X(RECALL_ADD, "INSERT INTO recall (i, at_us, reason, by, lot, product, code, supplier_load, autoclave, "      \
                      "from_us, to_us, kind, cause, attempt, decide_by_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)") \
        X(RECALL_OF, "SELECT reason FROM recall WHERE code = ?1 AND ended_us IS NULL "                                \
                     "UNION ALL SELECT reason FROM recall WHERE lot = ?2 AND ended_us IS NULL "                       \
                     "UNION ALL SELECT reason FROM recall WHERE product = ?3 AND ended_us IS NULL "                   \
                     "UNION ALL SELECT reason FROM recall WHERE supplier_load = ?4 AND ended_us IS NULL "             \
                     "UNION ALL SELECT reason FROM recall WHERE attempt = ?5 AND ended_us IS NULL "                   \
                     "UNION ALL SELECT reason FROM recall WHERE autoclave = ?6 AND ?7 BETWEEN from_us AND to_us "     \
                     "AND ended_us IS NULL LIMIT 1")                                                                  \
        X(RECALL_BY_ID, "SELECT " RECALL_COLUMNS " WHERE r.id = ?")                                                   \
        X(RECALL_NEXT, "SELECT " RECALL_COLUMNS " WHERE r.id > ? ORDER BY r.id LIMIT 1")                              \
        X(RECALL_NEXT_OPEN, "SELECT " RECALL_COLUMNS " WHERE r.id > ? AND r.ended_us IS NULL ORDER BY r.id LIMIT 1")  \
        X(RECALL_BY_HAND_NEXT, "SELECT " RECALL_COLUMNS " WHERE r.code = ? AND r.cause = ? AND r.id > ? "             \
                               "AND r.ended_us IS NULL ORDER BY r.id LIMIT 1")                                        \
        X(RECALL_OVERDUE, "SELECT id FROM recall WHERE id > ? AND decide_by_us <= ? AND ended_us IS NULL "            \
                          "ORDER BY id LIMIT 1")                                                                      \
        X(RECALL_NEXT_DECISION, "SELECT decide_by_us FROM recall WHERE decide_by_us > ? AND ended_us IS NULL "        \
                                "ORDER BY decide_by_us LIMIT 1")                                                      \
        X(RECALL_ON_ATTEMPT, "SELECT 1 FROM recall WHERE attempt = ? AND ended_us IS NULL LIMIT 1")                   \
        X(RECALL_END, "UPDATE recall SET ended_us = ?, ended_i = ?, ended_by = ?, ended_reason = ?, "                 \
                      "decide_by_us = NULL WHERE id = ? AND ended_us IS NULL")                                        \
        X(RECALL_CONFIRM, "UPDATE recall SET kind = 0, confirmed_us = ?, confirmed_i = ?, confirmed_by = ?, "         \
                          "confirmed_reason = ?, decide_by_us = NULL WHERE id = ?")                                   \
        /* look-back: each of them one row by an index */                                                             \
        X(LOOKBACK_ITEM, "SELECT id, received_us FROM item WHERE code = ? AND id > ?")                                \
        X(LOOKBACK_LOT, "SELECT id, received_us FROM item WHERE lot = ? AND id > ? ORDER BY id LIMIT 1")              \
        X(LOOKBACK_PRODUCT, "SELECT id, received_us FROM item WHERE product = ? AND id > ? ORDER BY id LIMIT 1")      \
        X(LOOKBACK_SUPPLIER_LOAD, "SELECT id, received_us FROM item WHERE supplier_load = ? AND id > ? "              \
                                  "ORDER BY id LIMIT 1")                                                              \
        X(LOOKBACK_ATTEMPT, "SELECT id, started_us FROM attempt WHERE autoclave = ?1 AND (started_us, id) > (?2, ?3) " \
                            "AND started_us <= ?4 ORDER BY started_us, id LIMIT 1")                                   \
        X(LOOKBACK_ROOM, "SELECT id, allowed_us FROM session WHERE room = ?1 AND (allowed_us, id) > (?2, ?3) "        \
                         "AND allowed_us <= ?4 ORDER BY allowed_us, id LIMIT 1")                                      \
        X(LOOKBACK_PRACTITIONER, "SELECT id, allowed_us FROM session WHERE practitioner = ?1 "                        \
                                 "AND (allowed_us, id) > (?2, ?3) AND allowed_us <= ?4 "                              \
                                 "ORDER BY allowed_us, id LIMIT 1")                                                   \
        X(LOOKBACK_PATIENT, "SELECT id, allowed_us FROM session WHERE patient = ?1 AND (allowed_us, id) > (?2, ?3) "  \
                            "AND allowed_us <= ?4 ORDER BY allowed_us, id LIMIT 1")                                   \
        X(LOOKBACK_SESSION, "SELECT id, allowed_us FROM session WHERE label = ?1 AND (allowed_us, id) > (?2, ?3) "    \
                            "AND allowed_us <= ?4")                                                                   \
        X(LOOKBACK_PACK, "SELECT id, loaded_us FROM pack WHERE attempt = ? AND id > ? ORDER BY id LIMIT 1")           \
        X(LOOKBACK_PACK_ITEM, "SELECT item FROM pack_item WHERE pack = ? AND item > ? ORDER BY item LIMIT 1")         \
        X(LOOKBACK_LAST_PACK, "SELECT p.id, p.label, p.loaded_us, a.id, a.label, a.autoclave, a.cycle, a.started_us " \
                              "FROM pack_item x CROSS JOIN pack p ON p.id = x.pack LEFT JOIN attempt a "              \
                              "ON a.id = p.attempt WHERE x.item = ? AND p.packed_us <= ? ORDER BY x.pack DESC LIMIT 1") \
        X(LOOKBACK_USE_OF_ITEM, LOOKBACK_USE "WHERE x.item = ? AND x.session > ? ORDER BY x.session LIMIT 1")         \
        X(LOOKBACK_USE_OF_PACK, LOOKBACK_USE "WHERE x.pack = ? AND x.item = ? AND x.session > ? "                     \
                                "ORDER BY x.session LIMIT 1")                                                         \
        X(LOOKBACK_USE_OF_SESSION, LOOKBACK_USE "WHERE x.session = ? AND x.item > ? ORDER BY x.item LIMIT 1")         \
        X(LOOKBACK_CONTACT_OF_ITEM, LOOKBACK_CONTACT "FROM item i CROSS JOIN contact c ON c.code = i.code "           \
                                    "LEFT JOIN session s ON s.id = c.session WHERE i.id = ? AND c.id > ? "            \
                                    "ORDER BY c.id LIMIT 1")                                                          \
        X(LOOKBACK_CONTACT_OF_SESSION, LOOKBACK_CONTACT "FROM contact c CROSS JOIN session s ON s.id = c.session "    \
                                       "LEFT JOIN item i ON i.code = c.code WHERE c.session = ? AND c.id > ? "        \
                                       "ORDER BY c.id LIMIT 1")                                                       \
        X(LOOKBACK_CONTACT_OF_ROOM, LOOKBACK_CONTACT "FROM contact c LEFT JOIN session s ON s.id = c.session "        \
                                    "LEFT JOIN item i ON i.code = c.code WHERE c.room = ?1 AND c.session IS NULL "    \
                                    "AND (c.at_us, c.id) > (?2, ?3) AND c.at_us <= ?4 ORDER BY c.at_us, c.id LIMIT 1") \
        X(LOOKBACK_RECALLED, "SELECT 1 FROM recall WHERE code = ?1 AND at_us <= ?8 AND coalesce(ended_us, ?8 + 1) > ?8 " \
                     "UNION ALL SELECT 1 FROM recall WHERE lot = ?2 AND at_us <= ?8 "                                 \
                     "AND coalesce(ended_us, ?8 + 1) > ?8 "                                                           \
                     "UNION ALL SELECT 1 FROM recall WHERE product = ?3 AND at_us <= ?8 "                             \
                     "AND coalesce(ended_us, ?8 + 1) > ?8 "                                                           \
                     "UNION ALL SELECT 1 FROM recall WHERE supplier_load = ?4 AND at_us <= ?8 "                       \
                     "AND coalesce(ended_us, ?8 + 1) > ?8 "                                                           \
                     "UNION ALL SELECT 1 FROM recall WHERE attempt = ?5 AND at_us <= ?8 "                             \
                     "AND coalesce(ended_us, ?8 + 1) > ?8 "                                                           \
                     "UNION ALL SELECT 1 FROM recall WHERE autoclave = ?6 AND ?7 BETWEEN from_us AND to_us "          \
                     "AND at_us <= ?8 AND coalesce(ended_us, ?8 + 1) > ?8 LIMIT 1")                                   \
        /* rooms and sessions */                                                                                      \
        X(ROOM_GET, "SELECT permit_seq, session_end_us, disinfected_us, interlock, release_from_us, "                 \
                    "release_until_us, released_before_us, hold_until_us FROM room WHERE id = ?")                     \
        X(ROOM_SAVE, "INSERT INTO room (id, permit_seq, session_end_us, disinfected_us) VALUES (?, ?, ?, ?) "         \
                     "ON CONFLICT (id) DO UPDATE SET permit_seq = excluded.permit_seq, "                              \
                     "session_end_us = excluded.session_end_us, disinfected_us = excluded.disinfected_us")            \
        X(ROOM_INTERLOCK_SAVE, "INSERT INTO room (id, interlock, release_from_us, release_until_us, "                 \
                               "released_before_us, hold_until_us) VALUES (?, ?, ?, ?, ?, ?) "                        \
                               "ON CONFLICT (id) DO UPDATE SET interlock = excluded.interlock, "                      \
                               "release_from_us = excluded.release_from_us, "                                         \
                               "release_until_us = excluded.release_until_us, "                                       \
                               "released_before_us = excluded.released_before_us, "                                   \
                               "hold_until_us = excluded.hold_until_us")                                              \
        X(ROOM_DUE, "SELECT id FROM room WHERE interlock > 0 AND interlock < 3 AND NOT EXISTS (SELECT 1 FROM session s "\
                    "WHERE s.room = room.id AND s.state < 3 AND s.lease_until_us > ?) LIMIT 1")                       \
        X(ROOM_NEXT_DUE, "SELECT min(s.lease_until_us) FROM room r CROSS JOIN session s ON s.room = r.id "            \
                         "AND s.state < 3 WHERE r.interlock > 0 AND r.interlock < 3")                                 \
        X(ROOM_RESTART, "UPDATE room SET release_from_us = 0, released_before_us = 0, release_until_us = ? "          \
                        "WHERE id = ? AND release_until_us > 0")                                                      \
        X(ROOM_RESTART_HOLD, "UPDATE room SET hold_until_us = ? WHERE id = ? AND hold_until_us > 0")                  \
        X(ROOM_NEXT, "SELECT id FROM room WHERE id > ? ORDER BY id LIMIT 1")                                          \
        X(ROOM_LOCK_HOLDS, "SELECT id FROM room_lock WHERE room = ? AND rule = ? AND open_us IS NULL")                \
        X(ROOM_LOCK_ADD, "INSERT INTO room_lock (i, at_us, last_us, count, room, rule, session, text) "               \
                         "VALUES (?, ?, ?, 1, ?, ?, ?, ?)")                                                           \
        X(ROOM_LOCK_AGAIN, "UPDATE room_lock SET last_us = ?, count = count + 1, session = coalesce(?, session), "    \
                           "text = ? WHERE id = ?")                                                                   \
        X(ROOM_LOCK_NEXT, "SELECT rule, session, text, at_us, last_us, count FROM room_lock WHERE room = ? AND rule > ? "\
                          "AND open_us IS NULL ORDER BY rule LIMIT 1")                                                \
        X(ROOM_LOCK_OPEN, "UPDATE room_lock SET open_i = ?, open_us = ?, open_by = ?, open_reason = ? "               \
                          "WHERE room = ? AND open_us IS NULL")                                                       \
        X(RELAY_GET, "SELECT room, said, at_us, permit_from_us, permit_until_us, due_us FROM relay WHERE device = ?")\
        X(RELAY_SAVE, "INSERT INTO relay (device, room, said, at_us, permit_from_us, permit_until_us, due_us) "       \
                      "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET room = excluded.room, "        \
                      "said = excluded.said, at_us = excluded.at_us, permit_from_us = excluded.permit_from_us, "      \
                      "permit_until_us = excluded.permit_until_us, due_us = excluded.due_us")                         \
        X(RELAY_NEXT, "SELECT device FROM relay WHERE device > ? ORDER BY device LIMIT 1")                            \
        X(RELAY_DUE, "SELECT device FROM relay WHERE due_us <= ? ORDER BY due_us LIMIT 1")                            \
        X(RELAY_NEXT_DUE, "SELECT due_us FROM relay WHERE due_us IS NOT NULL ORDER BY due_us LIMIT 1")                \
        X(SESSION_BY_LABEL, "SELECT " SESSION_COLUMNS " FROM session WHERE label = ?")                                \
        X(SESSION_BY_ID, "SELECT " SESSION_COLUMNS " FROM session WHERE id = ?")                                      \
        X(SESSION_OF_CLAIM, "SELECT session FROM claim WHERE item = ?")                                               \
        X(SESSION_LIVE, "SELECT " SESSION_COLUMNS " FROM session WHERE room = ? AND state < 3 LIMIT 1")               \
        X(SESSION_ADD, "INSERT INTO session (label, room, practitioner, patient, procedure, content, state, "         \
                       "allowed_us, decided_i, lease_until_us, stream, stream_lost, overridden, salt) "               \
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, new_salt())")                                  \
        X(SESSION_SAVE, "UPDATE session SET state = ?, started_us = ?, ended_us = ?, outcome = ?, "                   \
                        "lease_until_us = ?, touched = ?, free_due = ? WHERE id = ?")                                 \
        X(SESSION_ENDED_BY, "UPDATE session SET ended_by = ?, ended_reason = ? WHERE id = ?")                         \
        X(SESSION_ENDED_BY_WHOM, "SELECT ended_by, ended_reason FROM session WHERE id = ? AND ended_by IS NOT NULL")  \
        X(SESSION_DUE, "SELECT " SESSION_COLUMNS " FROM session WHERE (state = 0 OR free_due > 0) "                   \
                       "AND lease_until_us <= ? ORDER BY lease_until_us LIMIT 1")                                     \
        X(SESSION_NEXT_DUE, "SELECT min(lease_until_us) FROM session WHERE state = 0 OR free_due > 0")                \
        X(SESSION_LEASE_LIVE, "UPDATE session SET lease_until_us = ? WHERE state < 3")                                \
        X(SESSION_LEASE_DUE, "UPDATE session SET lease_until_us = ? WHERE state = 0 OR free_due > 0")                 \
        X(SESSION_COUNT_LIVE, "SELECT count(*) FROM session WHERE state < 3")                                         \
        X(SESSION_LAST_OF_ITEM, "SELECT s.label, s.room, s.patient, s.state, coalesce(s.ended_us, 0) "                \
                                "FROM session_item x JOIN session s ON s.id = x.session "                             \
                                "WHERE x.item = ? ORDER BY x.session DESC LIMIT 1")                                   \
        X(SESSION_OF_ITEM_BEFORE, "SELECT s.id, s.label, s.room, s.state, s.allowed_us "                              \
                                  "FROM session_item x JOIN session s ON s.id = x.session "                           \
                                  "WHERE x.item = ? AND x.session < ? ORDER BY x.session DESC LIMIT 1")               \
        X(SESSION_BEFORE, "SELECT " SESSION_COLUMNS " FROM session WHERE (allowed_us, id) < (?1, ?2) "                \
                          "ORDER BY allowed_us DESC, id DESC LIMIT 1")                                                \
        X(SESSION_BEFORE_OF_ROOM, "SELECT " SESSION_COLUMNS " FROM session WHERE room = ?3 "                          \
                                  "AND (allowed_us, id) < (?1, ?2) ORDER BY allowed_us DESC, id DESC LIMIT 1")        \
        X(SESSION_BEFORE_OF_PRACTITIONER, "SELECT " SESSION_COLUMNS " FROM session WHERE practitioner = ?3 "          \
                                          "AND (allowed_us, id) < (?1, ?2) "                                          \
                                          "ORDER BY allowed_us DESC, id DESC LIMIT 1")                                \
        X(SESSION_BEFORE_OF_PATIENT, "SELECT " SESSION_COLUMNS " FROM session WHERE patient = ?3 "                    \
                                     "AND (allowed_us, id) < (?1, ?2) ORDER BY allowed_us DESC, id DESC LIMIT 1")     \
        X(SESSION_ITEM_NEXT, "SELECT i.id, i.code FROM session_item x JOIN item i ON i.id = x.item "                  \
                             "WHERE x.session = ? AND x.item > ? ORDER BY x.item LIMIT 1")                            \
        X(SESSION_ITEM_ADD, "INSERT INTO session_item (session, item, at_us, pack) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING") \
        X(SESSION_ITEM_USED, "UPDATE session_item SET used_us = ? WHERE item = ? "                                    \
                             "AND session = (SELECT id FROM session WHERE label = ?) AND used_us IS NULL")            \
        X(SESSION_ITEM_PACK, "SELECT pack FROM session_item WHERE session = ? AND item = ? AND pack IS NOT NULL")     \
        X(SESSION_ITEM_RETURNED, "UPDATE session_item SET returned_us = ? WHERE session = ? AND item = ? "            \
                                 "AND returned_us IS NULL")                                                           \
        X(CONTACT_LAST, "SELECT at_us, coalesce(room, ''), coalesce(session, 0) FROM contact WHERE code = ? "         \
                        "ORDER BY id DESC LIMIT 1")                                                                   \
        X(CONTACT_ADD, "INSERT INTO contact (at_us, code, room, session, pack) VALUES (?, ?, ?, ?, ?)")               \
        X(CLAIM_ADD, "INSERT INTO claim (item, session) VALUES (?, ?)")                                               \
        X(CLAIM_OF, "SELECT s.id, s.label, s.room FROM claim c JOIN session s ON s.id = c.session WHERE c.item = ?")  \
        X(CLAIM_DELETE, "DELETE FROM claim WHERE item = ?")                                                           \
        X(CLAIM_NEXT, "SELECT item FROM claim WHERE session = ? AND item > ? ORDER BY item LIMIT 1")                  \
        /* what was done in a session */                                                                              \
        X(STEP_ADD, "INSERT INTO session_step (i, at_us, session, step, counts, round, item, form_hash, salt) "       \
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?8, CASE WHEN length(?8) > 0 THEN new_salt() END)")                 \
        X(STEPS_OF, "SELECT i, at_us, step, counts, round, item, form_hash FROM session_step WHERE session = ? "      \
                    "ORDER BY id LIMIT ?")                                                                            \
        X(ROUND_ADD, "INSERT INTO session_round (i, at_us, last_i, last_us, session, item, area, round, bleeding) "   \
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")                                                            \
        X(ROUND_SAVE, "UPDATE session_round SET last_i = ?, last_us = ?, passes = ?, depth_um = ?, motor_us = ?, "    \
                      "bleeding = ? WHERE id = ?")                                                                    \
        X(ROUNDS_OF, "SELECT id, i, at_us, last_i, last_us, item, area, round, passes, depth_um, motor_us, "          \
                     "bleeding FROM session_round WHERE session = ? ORDER BY id LIMIT ?")                             \
        X(DEVIATION_ADD, "INSERT INTO deviation (i, at_us, session, rule, cause, text) VALUES (?, ?, ?, ?, ?, ?)")    \
        X(DEVIATION_FIND, "SELECT 1 FROM deviation WHERE session = ? AND rule = ? AND cause = ?")                     \
        X(DEVIATION_NEXT, "SELECT id, i, at_us, rule, cause, text FROM deviation WHERE session = ? AND id > ? "       \
                          "ORDER BY id LIMIT 1")                                                                      \
        X(REQUEST_FIND, "SELECT session, content, epoch, first_us, allow, answer FROM request WHERE room = ? AND nonce = ?") \
        X(REQUEST_ADD, "INSERT INTO request (nonce, room, session, content, epoch, first_us, at_us, allow, answer, "  \
                       "salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, new_salt())")                                        \
        X(REQUEST_LAST, "SELECT allow, answer, room, at_us FROM request WHERE session = ? ORDER BY at_us DESC LIMIT 1") \
        /* keys */                                                                                                    \
        X(KEY_GET, "SELECT " KEY_COLUMNS " FROM key WHERE state = ? AND state < 2")                                   \
        X(KEY_FIND, "SELECT " KEY_COLUMNS " FROM key WHERE kid = ?")                                                  \
        X(KEY_BEFORE, "SELECT " KEY_COLUMNS " FROM key WHERE id < ? AND retired_us IS NOT NULL ORDER BY id DESC LIMIT 1") \
        X(KEY_ADD, "INSERT INTO key (i, kid, public_key, state, made_us, since_us, retired_us, statement) "           \
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)")                                                                 \
        X(KEY_SAVE, "UPDATE key SET state = ?, since_us = ?, retired_us = ? WHERE id = ?")                            \
        /* overrides */                                                                                               \
        X(OVERRIDE_LAST, "SELECT " OVERRIDE_COLUMNS " FROM override WHERE session = ? AND rule = ? "                  \
                         "ORDER BY id DESC LIMIT 1")                                                                  \
        X(OVERRIDE_ELSEWHERE, "SELECT 1 FROM override WHERE session = ? AND rule = ? AND room <> ? LIMIT 1")          \
        X(OVERRIDE_ADD, "INSERT INTO override (i, at_us, session, room, content, rule, practitioner, procedure, mark, " \
                        "salt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, new_salt())")                                       \
        X(OVERRIDE_SAVE, "UPDATE override SET first_i = ?, first_us = ?, first_by = ?, first_reason = ?, "            \
                         "second_i = ?, second_us = ?, second_by = ?, second_reason = ?, until_us = ?, used_i = ?, "  \
                         "used_us = ? WHERE id = ?")                                                                  \
        /* what people may do */                                                                                      \
        X(QUALIFICATION_LAST, "SELECT " QUALIFICATION_COLUMNS " FROM qualification WHERE person = ? "                 \
                              "AND procedure = ? ORDER BY id DESC LIMIT 1")                                           \
        X(QUALIFICATION_NEXT, "SELECT " QUALIFICATION_COLUMNS " FROM qualification WHERE id = "                       \
                              "(SELECT max(id) FROM qualification WHERE person = ?1 AND procedure = "                 \
                              "(SELECT min(procedure) FROM qualification WHERE person = ?1 AND procedure > ?2))")     \
        X(QUALIFICATION_ADD, "INSERT INTO qualification (i, at_us, person, procedure, until_on, certificate, by, "    \
                             "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")                                               \
        X(QUALIFICATION_END, "UPDATE qualification SET ended_i = ?, ended_us = ?, ended_by = ?, ended_reason = ? "    \
                             "WHERE id = ?")                                                                          \
        /* erasure: of a patient's sessions, and what follows from each */                                            \
        X(ERASURE_ADD, "INSERT INTO erasure (i, at_us, by, reason, patient, salt) VALUES (?, ?, ?, ?, ?, new_salt())") \
        X(ERASURE_STANDING, "SELECT " ERASURE_COLUMNS " FROM erasure WHERE id > 0 AND done_us IS NULL ORDER BY id LIMIT 1")\
        X(ERASURE_BEFORE, "SELECT " ERASURE_COLUMNS " FROM erasure WHERE id < ? ORDER BY id DESC LIMIT 1")            \
        X(ERASURE_OF_SESSION, "SELECT " ERASURE_COLUMNS " FROM erasure WHERE id = "                                   \
                              "(SELECT erased FROM session WHERE label = ?)")                                         \
        X(ERASURE_SAVE, "UPDATE erasure SET patient = ?2, salt = " PERSONAL_SALT("?2") ", stage = ?3, at = ?4, "      \
                        "sessions = ?5, items = ?6, messages = ?7, others = ?8, done_us = ?9, records = ?10 WHERE id = ?1")          \
        X(PATIENT_SESSION_BEFORE, "SELECT id, label, room, practitioner, procedure, state, allowed_us, ended_us "     \
                                  "FROM session WHERE patient = ?1 AND (allowed_us, id) < (?2, ?3) "                  \
                                  "ORDER BY allowed_us DESC, id DESC LIMIT 1")                                        \
        X(PATIENT_SESSION_LIVE, "SELECT label FROM session WHERE patient = ? AND state < 3 LIMIT 1")                  \
        X(PATIENT_SESSION_TO, "SELECT id, label FROM session WHERE patient = ? AND decided_i <= ? LIMIT 1")           \
        X(PATIENT_ITEM_NEXT, "SELECT id, code FROM item WHERE patient = ? AND id > ? ORDER BY id LIMIT 1")            \
        X(ERASE_SESSION, "UPDATE session SET patient = '', content = x'', salt = NULL, erased = ? WHERE id = ?")      \
        X(ERASE_REQUESTS, "UPDATE request SET content = x'', salt = NULL WHERE session = ?")                          \
        X(ERASE_REQUEST, "UPDATE request SET content = x'', salt = NULL WHERE room = ? AND nonce = ?")                \
        X(ERASE_OVERRIDES, "UPDATE override SET content = x'', salt = NULL WHERE session = ?")                        \
        X(ERASE_FORMS, "UPDATE session_step SET form_hash = NULL, salt = NULL WHERE session = ? "                     \
                       "AND form_hash IS NOT NULL")                                                                   \
        X(ERASE_ITEM, "UPDATE item SET patient = NULL, salt = NULL, damage_reason = CASE WHEN drawn_us IS NULL "      \
                      "AND damaged_us IS NULL THEN ?2 ELSE damage_reason END, damaged_us = CASE WHEN drawn_us IS NULL " \
                      "THEN coalesce(damaged_us, ?3) ELSE damaged_us END WHERE id = ?1")                              \
        X(ERASE_EXPOSURE, "UPDATE exposure SET detail = '', salt = NULL WHERE id = ?")                                \
        X(RAW_AFTER, "SELECT i, topic, held, raw FROM message WHERE i > ? AND i <= ? ORDER BY i")                     \
        X(RAW_ERASE, "UPDATE message SET raw = NULL, salt = x'' WHERE i = ?")                                         \
        X(RECORD_NAMING, "SELECT i, record FROM audit WHERE i > ? AND i <= ? AND instr(record, ?) > 0 ORDER BY i LIMIT 1") \
        X(RAW_STAMP, "SELECT i, at_us FROM message WHERE i > ? ORDER BY i LIMIT 1")                                   \
        X(RAW_TRIM, "UPDATE message SET raw = NULL, salt = x'' WHERE i > ? AND i <= ? AND raw IS NOT NULL "           \
                    "AND held = 0")                                                                                   \
        X(ATTEMPT_AFTER, "SELECT id, coalesce(ended_us, 0) FROM attempt WHERE id > ? ORDER BY id LIMIT 1")            \
        X(DEAD_AFTER, "SELECT id, raw FROM dead_letter WHERE id > ? ORDER BY id")                                     \
        X(DEAD_ERASE, "UPDATE dead_letter SET raw = NULL, salt = NULL WHERE id = ?")                                  \
        /* after the session; injuries */                                                                             \
        X(AFTER_DUE, "SELECT id FROM session WHERE after_due_us <= ? ORDER BY after_due_us LIMIT 1")                  \
        X(AFTER_NEXT, "SELECT min(after_due_us) FROM session WHERE after_due_us IS NOT NULL")                         \
        X(AFTER_SET, "UPDATE session SET after_due_us = ?2 WHERE id = ?1")                                            \
        X(AFTER_HASTEN, "UPDATE session SET after_due_us = ?2 WHERE label = ?1 "                                      \
                        "AND coalesce(after_due_us, ?2 + 1) > ?2")                                                    \
        X(AFTER_HASTEN_ALL, "UPDATE session SET after_due_us = ?1 WHERE after_due_us > ?1")                           \
        X(AFTER_GET, "SELECT sharps_since_us, sharps_us, sharps_by, sharps_reason FROM session WHERE id = ?")         \
        X(AFTER_SHARPS_SINCE, "UPDATE session SET sharps_since_us = ?2 WHERE id = ?1")                                \
        X(AFTER_SHARPS_ANSWER, "UPDATE session SET sharps_us = ?2, sharps_by = ?3, sharps_reason = ?4 WHERE id = ?1") \
        X(AFTER_SHARPS_OWED, "SELECT label FROM session WHERE practitioner = ? "                                      \
                             "AND sharps_since_us IS NOT NULL LIMIT 1")                                               \
        X(AFTER_ITEM_NEXT, "SELECT i.id, i.code, i.class, x.used_us, x.returned_us, x.unnamed, i.dropped_us, "        \
                           "i.damaged_us, i.state, EXISTS (SELECT 1 FROM session_item n "                             \
                           "WHERE n.item = x.item AND n.session > x.session) "                                        \
                           "FROM session_item x CROSS JOIN item i ON i.id = x.item "                                  \
                           "WHERE x.session = ? AND x.item > ? ORDER BY x.item LIMIT 1")                              \
        X(AFTER_UNNAMED, "UPDATE session_item SET unnamed = ?3 WHERE session = ?1 AND item = ?2")                     \
        X(EXPOSURE_ADD, "INSERT INTO exposure (i, at_us, room, session, item, detail, salt) "                         \
                        "VALUES (?, ?, ?, ?, ?, ?6, CASE WHEN length(?6) > 0 THEN new_salt() END)")                   \
        X(EXPOSURE_SAVE, "UPDATE exposure SET first_aid_us = ?, first_aid_by = ?, reported_us = ?, "                  \
                         "reported_by = ?, turnover_us = ?, turnover_by = ?, closed_us = ? WHERE id = ?")             \
        X(EXPOSURE_GET, "SELECT " EXPOSURE_COLUMNS " FROM exposure WHERE id = ?")                                     \
        X(EXPOSURE_NEXT, "SELECT " EXPOSURE_COLUMNS " FROM exposure WHERE id > ? ORDER BY id LIMIT 1")                \
        X(EXPOSURE_NEXT_OPEN, "SELECT " EXPOSURE_COLUMNS " FROM exposure WHERE id > ? AND closed_us IS NULL "         \
                              "ORDER BY id LIMIT 1")                                                                  \
        X(EXPOSURE_OF_ROOM_NEXT, "SELECT " EXPOSURE_COLUMNS " FROM exposure WHERE room = ? AND id > ? "               \
                                 "AND closed_us IS NULL ORDER BY id LIMIT 1")                                         \
        X(EXPOSURE_OF_ROOM_NEWEST, "SELECT " EXPOSURE_COLUMNS " FROM exposure WHERE room = ? AND closed_us IS NULL "  \
                                   "ORDER BY id DESC LIMIT 1")                                                        \
        X(EXPOSURE_ITEM_SESSION, "SELECT s.id, s.label, s.room, s.practitioner, s.patient, s.state, s.allowed_us, "   \
                                 "x.used_us, x.returned_us FROM session_item x CROSS JOIN session s ON s.id = x.session " \
                                 "WHERE x.item = ? AND x.session < ? ORDER BY x.session DESC LIMIT 1")                \
        X(EXPOSURE_ROOM_SESSION, "SELECT id, label, room, practitioner, patient, state, allowed_us, "                 \
                                 "CASE WHEN touched THEN coalesce(started_us, allowed_us) END, NULL FROM session "    \
                                 "WHERE room = ?1 AND (allowed_us, id) < (?2, ?3) "                                   \
                                 "ORDER BY allowed_us DESC, id DESC LIMIT 1")                                         \
        /* loads as people look at them; +purpose: by id, not by an index of all loads */                             \
        X(LOAD_BEFORE, "SELECT id FROM attempt WHERE purpose = 0 AND released = ? AND id < ? "                        \
                       "ORDER BY id DESC LIMIT 1")                                                                    \
        X(LOAD_BEFORE_ANY, "SELECT id FROM attempt WHERE +purpose = 0 AND id < ? ORDER BY id DESC LIMIT 1")           \
        X(LOAD_BEFORE_RUNNING, "SELECT id FROM attempt WHERE +purpose = 0 AND verdict IS NULL AND id < ? "            \
                               "ORDER BY id DESC LIMIT 1")                                                            \
        X(ATTEMPT_BEFORE, "SELECT id FROM attempt WHERE autoclave = ? AND started_us < ? "                            \
                          "ORDER BY started_us DESC, id DESC LIMIT 1")                                                \
        X(DECISION_NEXT, "SELECT id, i, at_us, by, what, dry, reason, reasons FROM load_decision "                    \
                         "WHERE attempt = ? AND id > ? ORDER BY id LIMIT 1")                                          \
        X(INDICATOR_SHOWN_NEXT, "SELECT x.id, x.at_us, x.kind, x.place, x.type, p.label, x.lot, x.expires_on, "       \
                                "x.result, x.control, x.reader FROM indicator x LEFT JOIN pack p ON p.id = x.pack "   \
                                "WHERE x.attempt = ? AND x.id > ? ORDER BY x.id LIMIT 1")                             \
        X(TEST_OF_ATTEMPT_NEXT, "SELECT " TEST_SHOWN " WHERE t.attempt = ? AND t.id > ? ORDER BY t.id LIMIT 1")       \
        X(TEST_BEFORE, "SELECT " TEST_SHOWN " WHERE t.autoclave = ? AND t.id < ? ORDER BY t.id DESC LIMIT 1")         \
        X(RECALL_OF_ATTEMPT_NEXT, "SELECT min(id) FROM (SELECT id FROM recall WHERE attempt = ?1 AND id > ?4 "        \
                                  "UNION ALL SELECT id FROM recall WHERE autoclave = ?2 "                             \
                                  "AND ?3 BETWEEN from_us AND to_us AND id > ?4) HAVING min(id) IS NOT NULL")         \
        /* alerts */                                                                                                  \
        X(ALERT_OPEN, "SELECT " ALERT_COLUMNS " FROM alert WHERE rule = ? AND subject = ? AND state < 2")             \
        X(ALERT_ADD, "INSERT INTO alert (rule, subject, severity, state, text, raised_us, last_us, count) "           \
                     "VALUES (?, ?, ?, 0, ?, ?, ?, 1)")                                                               \
        X(ALERT_GET, "SELECT " ALERT_COLUMNS " FROM alert WHERE id = ?")                                              \
        X(ALERT_SAVE, "UPDATE alert SET severity = ?, state = ?, text = ?, last_us = ?, count = ?, by = ?, "          \
                      "acknowledged_us = ?, acknowledged_by = ?, silenced_until_us = ?, silenced_by = ?, "            \
                      "resolved_us = ?, reason = ? WHERE id = ?")                                                     \
        X(ALERT_NEXT, "SELECT " ALERT_COLUMNS " FROM alert WHERE id > ? ORDER BY id LIMIT 1")                         \
        X(ALERT_NEXT_OPEN, "SELECT " ALERT_COLUMNS " FROM alert WHERE id > ? AND state < 2 ORDER BY id LIMIT 1")      \
        X(ALERT_COUNT, "SELECT severity, count(*) FROM alert WHERE state < 2 GROUP BY severity")                      \
        /* what happened in a period: when, id, then what store/period.h calls cells, as bus/period.c names them */   \
        X(PERIOD_ATTEMPT_AUTOCLAVE, "SELECT min(autoclave) FROM attempt WHERE autoclave > ?")                         \
        X(PERIOD_TEST_AUTOCLAVE, "SELECT min(autoclave) FROM test WHERE autoclave > ?")                               \
        X(PERIOD_SERVICE_AUTOCLAVE, "SELECT min(autoclave) FROM service WHERE autoclave > ?")                         \
        X(PERIOD_SESSION_ROOM, "SELECT min(room) FROM session WHERE room > ?")                                        \
        X(PERIOD_CYCLES, "SELECT started_us, id, label, autoclave, cycle, program, purpose, ended_us, "               \
                         "coalesce(verdict, -1), coalesce(outcome, -1), CASE purpose WHEN 0 THEN released END, released_us, released_by "        \
                         "FROM attempt WHERE autoclave = ?1 AND (started_us, id) > (?2, ?3) AND started_us <= ?4 "    \
                         "ORDER BY started_us, id LIMIT 1")                                                           \
        X(PERIOD_TESTS, "SELECT t.run_us, t.id, t.autoclave, t.test, t.outcome, a.label, a.cycle, t.read_us, "        \
                        "nullif(t.rate_mpa, 0), t.reader, t.lot, t.why FROM test t LEFT JOIN attempt a "              \
                        "ON a.id = t.attempt WHERE t.autoclave = ?1 AND (t.run_us, t.id) > (?2, ?3) "                 \
                        "AND t.run_us <= ?4 ORDER BY t.run_us, t.id LIMIT 1")                                         \
        X(PERIOD_SPORES, "SELECT x.at_us, x.id, x.autoclave, a.label, a.cycle, a.started_us, x.result, x.control, "   \
                         "x.lot, x.reader FROM indicator x CROSS JOIN attempt a ON a.id = x.attempt "                 \
                         "WHERE x.kind = 1 AND x.autoclave = ?1 AND (x.at_us, x.id) > (?2, ?3) AND x.at_us <= ?4 "    \
                         "ORDER BY x.at_us, x.id LIMIT 1")                                                            \
        X(PERIOD_SERVICE, "SELECT 0, id, autoclave, since_us, cause, text, back_us, back_by, back_reason FROM service "\
                          "WHERE autoclave = ?1 AND id > ?3 AND since_us BETWEEN ?2 AND ?4 ORDER BY id LIMIT 1")      \
        X(PERIOD_SESSIONS, "SELECT allowed_us, id, label, room, practitioner, procedure, state, coalesce(outcome, -1), "\
                           "started_us, ended_us, overridden, ended_by FROM session WHERE room = ?1 "                 \
                           "AND (allowed_us, id) > (?2, ?3) AND allowed_us <= ?4 ORDER BY allowed_us, id LIMIT 1")    \
        X(PERIOD_DENIALS, "SELECT at_us, rowid, room, session, answer FROM request WHERE allow = 0 "                  \
                          "AND (at_us, rowid) > (?1, ?2) AND at_us <= ?3 ORDER BY at_us, rowid LIMIT 1")              \
        X(PERIOD_ALERTS, "SELECT raised_us, id, id, rule, subject, severity, state, text, count, last_us, "           \
                         "acknowledged_us, acknowledged_by, resolved_us, by FROM alert "                              \
                         "WHERE (raised_us, id) > (?1, ?2) AND raised_us <= ?3 ORDER BY raised_us, id LIMIT 1")       \
        X(PERIOD_OVERRIDES, "SELECT first_us, id, session, room, rule, practitioner, procedure, first_by, "           \
                            "first_reason, second_us, second_by, second_reason, until_us, used_us FROM override "     \
                            "WHERE first_us IS NOT NULL AND (first_us, id) > (?1, ?2) AND first_us <= ?3 "            \
                            "ORDER BY first_us, id LIMIT 1")                                                          \
        X(PERIOD_DUTIES, "SELECT at_us, id, duty, subject, by, passed FROM duty_done "                                \
                         "WHERE (at_us, id) > (?1, ?2) AND at_us <= ?3 ORDER BY at_us, id LIMIT 1")
