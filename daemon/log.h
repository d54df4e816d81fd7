/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Log: one kind of event, one MESSAGE_ID, the fields by which an admin finds it. Goes to the journal under systemd and
 * as readable lines to stderr elsewhere. systemd/asepsis.catalog explains each id. The core never logs.
 */
#include <stdint.h>
#include <syslog.h>

#include "util.h"

#define LOG_KINDS(X)                                                   \
        X(STARTED, "486093023bc14a9383f6de698af1a16e")                 \
        X(STOPPED, "ebd52c5ad1d94497b0bafd1c9cdf3e3b")                 \
        X(RELOADED, "7a5e936ab1c94eb6bc1aa967f0ed328c")                \
        X(RELOAD_REFUSED, "7aad8775bcf54743b2369ad5f8caf40d")          \
        X(BROKER_CONNECTED, "02df886872dc4a5a8f7f1aae5fc43b0f")        \
        X(BROKER_LOST, "b387ba7a98934c06a7eb300973107bc6")             \
        X(SESSION_ALLOWED, "e50cae3e69ac43f59d4a2f33d8cec28c")         \
        X(SESSION_DENIED, "98ccf6c3db684e6fb7c4679573f0c049")          \
        X(SESSION_CHANGED, "6c5ccb7c4e594b1680dc09ffa132960b")         \
        X(ROOM_CHANGED, "1d3d6eb7e0515a56fb4f0a578dcac988")                 \
        X(ROOM_LOCKED, "cb61f45822722af8c27e5d179349a432")                  \
        X(ROOM_UNLOCKED, "d92daa0d3ec3493d67278621c1280c64")                \
        X(ITEM_CHANGED, "5d0c7f8a1b9e4c63a2d4e0f7b6c81935")            \
        X(CYCLE_JUDGED, "0cc2a99fdbdc4f509962359954290ede")            \
        X(CYCLE_TAKEN_UP, "cfd773fffc3541338c4a781b720ae192")          \
        X(COMMISSIONED, "5b1c1e9d0e6f4d0f9a52f6b7c3a8d214")            \
        X(LOAD_RELEASED, "ec54d81cb5724db1a971583bb170c7c3")           \
        X(LOAD_REFUSED, "2d0f3129ae3840619c0bdd2156534212")            \
        X(ALERT_RAISED, "ef36e4afd5eb42d7a3c49a79193d9a5b")            \
        X(ALERT_RESOLVED, "826d92a354cc4aed817539e20579da58")          \
        X(OVERRIDDEN, "de94e18acee44d0ebc5b2d5c9967fee6")              \
        X(KEY, "40ab1760c5644024b936b96ac702c4b4")                      \
        X(ACT, "8f5b1769ca4d417ab939f755002c5817")                           \
        X(BACKUP, "e1e7610b79a34c36bf5fff8bdc2aac69")                        \
        X(MESSAGE_REJECTED, "7e34b7d44b234db28b242dc01a7ebd7a")        \
        X(LEDGER_OPENED, "78a6ad6ce8274e5aac35a175e3e6deb8")           \
        X(STORE_FAILED, "a281b1b346974b318e020e3bdd9d35a3")            \
        X(CHECKPOINT, "c4a359c451f24dc6904df109d9b0a6a2")              \
        X(SYSTEM_BUS, "d2b07d13ed2945e2a24954b53c91ee11")              \
        X(PROBLEM, "41f2a6dbb4db4536a53335dd7b0385cc")

typedef enum LogKind {
#define LOG_KIND(name, id) LOG_##name##_KIND,
        LOG_KINDS(LOG_KIND)
#undef LOG_KIND
        _LOG_KIND_MAX,
} LogKind;

/* What an event is about; NULL: nothing. Become ASEPSIS_RULE=, ASEPSIS_ITEM= and so on. Borrowed. */
typedef struct LogSubject {
        const char *rule, *item, *session, *room, *device, *cycle;
} LogSubject;

/* Chooses journal or stderr from the environment; at start, before anything else logs. */
void log_open(void);

/* priority as in syslog.h. subject may be NULL. */
void log_event(LogKind kind, int priority, const LogSubject *subject, const char *format, ...) _printf_(4, 5);
