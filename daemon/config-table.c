/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every section and key of asepsisd.conf. A key is added here and in its struct, nowhere else; the reference in
 * doc/configuration.md and the shipped file are checked against this table by a test.
 *
 * Ranges are part of the rules: a policy may tighten a rule and not loosen it, so the default of a limit is its
 * largest (or, where less is laxer, smallest) allowed value. Where a class or device leaves something out, the
 * default is the stricter answer.
 */
#include "config-internal.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (3600 * US_PER_S)

static const ConfigName profiles[] = { { "eu", PROFILE_EU }, { "us", PROFILE_US }, { NULL, 0 } };
static const ConfigName on_faults[] = { { "lock", ON_FAULT_LOCK }, { "hold", ON_FAULT_HOLD }, { NULL, 0 } };
static const ConfigName commissionings[] = {
        { "advised", COMMISSIONING_ADVISED }, { "required", COMMISSIONING_REQUIRED }, { NULL, 0 }
};
static const ConfigName week[] = {
        { "sun", 0 }, { "mon", 1 }, { "tue", 2 }, { "wed", 3 }, { "thu", 4 }, { "fri", 5 }, { "sat", 6 }, { NULL, 0 },
};
static const ConfigName clocks[] = { { "ntp", CLOCK_NTP }, { "rtc-trusted", CLOCK_RTC_TRUSTED }, { NULL, 0 } };
static const ConfigName machines[] = { { "N", MACHINE_N }, { "S", MACHINE_S }, { "B", MACHINE_B }, { NULL, 0 } };
static const ConfigName bands[] = { { "en285", BAND_EN285 }, { "en13060", BAND_EN13060 }, { NULL, 0 } };
static const ConfigName purposes[] = {
        { "load", PURPOSE_LOAD }, { "test", PURPOSE_TEST }, { "empty", PURPOSE_EMPTY }, { "warm-up", PURPOSE_WARM_UP },
        { NULL, 0 },
};
static const ConfigName program_types[] = {
        { "gravity", PROGRAM_GRAVITY }, { "prevacuum", PROGRAM_PREVACUUM }, { NULL, 0 },
};
static const ConfigName wraps[] = {
        { "pouch", WRAP_POUCH }, { "wrap", WRAP_WRAP }, { "container", WRAP_CONTAINER }, { "none", WRAP_NONE },
        { NULL, 0 },
};
static const ConfigName kinds[] = {
        { "autoclave", KIND_AUTOCLAVE }, { "station", KIND_STATION },   { "room", KIND_ROOM },
        { "handpiece", KIND_HANDPIECE }, { "sharps", KIND_SHARPS },     { "actuator", KIND_ACTUATOR },
        { "notifier", KIND_NOTIFIER },   { NULL, 0 },
};
static const ConfigName persons[] = {
        { "operator", PERSON_OPERATOR }, { "releaser", PERSON_RELEASER }, { "officer", PERSON_OFFICER },
        { "practitioner", PERSON_PRACTITIONER }, { NULL, 0 },
};
static const ConfigName required_states[] = {
        { "sterile", REQUIRED_STERILE }, { "disinfected", REQUIRED_DISINFECTED }, { "clean", REQUIRED_CLEAN },
        { NULL, 0 },
};
static const ConfigName reprocessings[] = {
        { "none", REPROCESSING_NONE }, { "sterilize", REPROCESSING_STERILIZE },
        { "disinfect", REPROCESSING_DISINFECT }, { NULL, 0 },
};
static const ConfigName roles[] = {
        { "needle", ROLE_NEEDLE },       { "manual-roller", ROLE_MANUAL_ROLLER }, { "handpiece", ROLE_HANDPIECE },
        { "sleeve", ROLE_SLEEVE },       { "lancet", ROLE_LANCET },               { "extractor", ROLE_EXTRACTOR },
        { "serum-cup", ROLE_SERUM_CUP }, { "blood", ROLE_BLOOD },                 { "vial", ROLE_VIAL },
        { "instrument", ROLE_INSTRUMENT }, { "other", ROLE_OTHER },               { NULL, 0 },
};
static const ConfigName supplies[] = {
        { "sterile", SUPPLIED_STERILE }, { "clean", SUPPLIED_CLEAN }, { "contaminated", SUPPLIED_CONTAMINATED },
        { NULL, 0 },
};
static const ConfigName control_buses[] = { { "system", CONTROL_BUS_SYSTEM }, { "none", CONTROL_BUS_NONE }, { NULL, 0 } };
static const ConfigName control_acts[] = {
        { "signed", CONTROL_ACTS_SIGNED }, { "refused", CONTROL_ACTS_REFUSED }, { "demo", CONTROL_ACTS_DEMO }, { NULL, 0 },
};
static const ConfigName challenges[] = {
        { "none", CHALLENGE_NONE }, { "type-5", CHALLENGE_TYPE_5 }, { "helix", CHALLENGE_HELIX }, { NULL, 0 },
};
static const ConfigName levels[] = { { "intermediate", LEVEL_INTERMEDIATE }, { "high", LEVEL_HIGH }, { NULL, 0 } };
static const ConfigName spore_effects[] = {
        { "block", FITNESS_BLOCK }, { "alert", FITNESS_ALERT }, { "off", FITNESS_OFF }, { NULL, 0 },
};
static const ConfigName effects[] = { { "block", FITNESS_BLOCK }, { "alert", FITNESS_ALERT }, { NULL, 0 } };
static const ConfigName first_positives[] = {
        { "recall", FIRST_POSITIVE_RECALL }, { "repeat", FIRST_POSITIVE_REPEAT }, { NULL, 0 },
};
static const ConfigName duty_pers[] = {
        { "autoclave", DUTY_PER_AUTOCLAVE }, { "clinic", DUTY_PER_CLINIC }, { NULL, 0 },
};
static const ConfigName steps[] = {
        { "screened", STEP_SCREENED }, { "anaesthetic", STEP_ANAESTHETIC }, { "wash", STEP_WASH },
        { "serum", STEP_SERUM },       { "cleanse", STEP_CLEANSE },         { "aftercare", STEP_AFTERCARE },
        { "none", 31 },                { NULL, 0 },
};
static const ConfigName form_hashes[] = {
        { "required", FORM_HASH_REQUIRED }, { "optional", FORM_HASH_OPTIONAL }, { NULL, 0 },
};
static const ConfigName duty_effects[] = { { "block", DUTY_BLOCK }, { "alert", DUTY_ALERT }, { NULL, 0 } };

#define ONE(struct_type, member, text, ...) \
        { .name = text, .size = sizeof(struct_type), .offset = offsetof(Config, member), .help = __VA_ARGS__ }
#define MANY(struct_type, member, text, most, ...)                                                           \
        { .name = text, .size = sizeof(struct_type), .offset = offsetof(Config, member),                     \
          .count_offset = offsetof(Config, n_##member), .max = (most), .help = __VA_ARGS__ }

const ConfigSection config_sections[_SECTION_MAX] = {
        [SECTION_SITE] = ONE(ConfigSite, site, "site", "The clinic."),
        [SECTION_BROKER] = ONE(ConfigBroker, broker, "broker",
                "How to reach the MQTT broker. Passwords never stand in a configuration file."),
        [SECTION_STORE] = ONE(ConfigStore, store, "store", "Where the ledger and the signing key are."),
        [SECTION_CONTROL] = ONE(ConfigControl, control, "control", "The socket that `asepsisctl` talks to."),
        [SECTION_GATE] = ONE(ConfigGate, gate, "gate", "How long a permit lasts, and what is taken for the time."),
        [SECTION_POLICY] = ONE(ConfigPolicy, policy, "policy",
                "The clinic's own limits. They can be made stricter than the rules, never laxer."),
        [SECTION_RETENTION] = ONE(ConfigRetention, retention, "retention",
                "How long what is kept. Whatever no key names is kept for ever; `doc/personal-data.md` has the sources."),
        [SECTION_ROOM] = MANY(ConfigRoom, rooms, "room", 200, "A treatment room."),
        [SECTION_PROGRAM] = MANY(ConfigProgram, programs, "program", 200,
                "A program of an autoclave, from the machine's instructions for use."),
        [SECTION_AUTOCLAVE] = MANY(ConfigAutoclave, autoclaves, "autoclave", 100, "A steam sterilizer."),
        [SECTION_DEVICE] = MANY(ConfigDevice, devices, "device", 1000,
                "Anything that speaks over MQTT. Its id is its login; it may speak as the kinds given here, and only "
                "for the room or autoclave given here."),
        [SECTION_PRACTITIONER] = MANY(ConfigPractitioner, practitioners, "practitioner", 1000,
                "A person, whatever the role. Give each person an id that says nothing to strangers."),
        [SECTION_CLASS] = MANY(ConfigClass, classes, "class", 500,
                "A class of items that are treated alike. What is left out gets the stricter answer."),
        [SECTION_PRODUCT] = MANY(ConfigProduct, products, "product", 5000,
                "A product by its GTIN (14 digits, filled up with zeros on the left) or its HIBC primary data "
                "(labeler, product and unit of measure, without the + and the check character), and the class of its items."),
        [SECTION_SUPPLIER] = MANY(ConfigSupplier, suppliers, "supplier", 500, "Who delivers or sterilizes for us."),
        [SECTION_PROCEDURE] = MANY(ConfigProcedure, procedures, "procedure", 100,
                "A treatment, the kit it needs, and the limits of the device's instructions."),
        [SECTION_DUTY] = MANY(ConfigDuty, duties, "duty", 100, "Something to be done and signed regularly."),
};

#define KEY(kind, struct_type, member, text)                                                         \
        .section = SECTION_##kind, .name = text, .offset = offsetof(struct_type, member), \
        .size = sizeof(((struct_type *)0)->member)
#define SITE(m, text) KEY(SITE, ConfigSite, m, text)
#define BROKER(m, text) KEY(BROKER, ConfigBroker, m, text)
#define STORE(m, text) KEY(STORE, ConfigStore, m, text)
#define CONTROL(m, text) KEY(CONTROL, ConfigControl, m, text)
#define GATE(m, text) KEY(GATE, ConfigGate, m, text)
#define POLICY(m, text) KEY(POLICY, ConfigPolicy, m, text)
#define RETENTION(m, text) KEY(RETENTION, ConfigRetention, m, text)
#define ROOM(m, text) KEY(ROOM, ConfigRoom, m, text)
#define PROGRAM(m, text) KEY(PROGRAM, ConfigProgram, m, text)
#define AUTOCLAVE(m, text) KEY(AUTOCLAVE, ConfigAutoclave, m, text)
#define DEVICE(m, text) KEY(DEVICE, ConfigDevice, m, text)
#define PRACTITIONER(m, text) KEY(PRACTITIONER, ConfigPractitioner, m, text)
#define CLASS(m, text) KEY(CLASS, ConfigClass, m, text)
#define PRODUCT(m, text) KEY(PRODUCT, ConfigProduct, m, text)
#define SUPPLIER(m, text) KEY(SUPPLIER, ConfigSupplier, m, text)
#define PROCEDURE(m, text) KEY(PROCEDURE, ConfigProcedure, m, text)
#define DUTY(m, text) KEY(DUTY, ConfigDuty, m, text)

#define TEXT .type = &config_type_text
#define LABEL .type = &config_type_label
#define PATH .type = &config_type_path
#define SOCKET .type = &config_type_path, .max = CONFIG_SOCKET_MAX
#define BOOL .type = &config_type_bool
#define ENUM(n) .type = &config_type_name, .names = (n)
#define SET(n) .type = &config_type_names, .names = (n)
#define LABELS .type = &config_type_labels
#define DATE .type = &config_type_date
#define NUMBER(least, most, unit) \
        .type = &config_type_number, .scale = (unit), .min = (least), .max = (most)
#define PASSES NUMBER(1, 100, 1)
#define DEPTH NUMBER(1, 5000, 1000)
#define NEEDLE_TIME DURATION(US_PER_S, 8 * HOUR)
#define ROUNDS NUMBER(1, 100, 1)
#define DURATION(least, most) .type = &config_type_duration, .min = (least), .max = (most)

const ConfigKey config_keys[] = {
        { SITE(id, "id"), LABEL, .fallback = "clinic",
          .help = "The site's name in every MQTT topic." },
        { SITE(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people and printed on records." },
        { SITE(timezone, "timezone"), .type = &config_type_timezone, .required = true,
          .help = "The clinic's time zone: expiry days, clinic days and shelf lives are judged in it." },
        { SITE(day_start_us, "day-start"), .type = &config_type_daytime, .min = 0, .max = 12 * HOUR,
          .fallback = "04:00", .help = "When the clinic's day starts. A load belongs to the day on which it starts." },
        { SITE(open, "open"), .type = &config_type_hours, .fallback = "08:00-20:00",
          .help = "Opening hours. Outside them no device is missed." },
        { SITE(open_days, "open-days"), .type = &config_type_days, .names = week, .fallback = "mon-sat",
          .help = "Days on which the clinic is open." },
        { SITE(profile, "profile"), ENUM(profiles), .fallback = "eu",
          .help = "Which rules differ by region; see the rule catalogue." },
        { SITE(site_pressure_pa, "site-pressure-kpa"), NUMBER(50000, 110000, 1000),
          .otherwise = "gauge pressures cannot be converted",
          .help = "Usual absolute air pressure at the clinic, for converting gauge pressures." },

        { BROKER(host, "host"), TEXT, .max = 253, .fallback = "127.0.0.1",
          .help = "Broker's address. A name is looked up while everything waits: better a number." },
        { BROKER(port, "port"), NUMBER(1, 65535, 1), .fallback = "1883", .help = "Broker's TCP port." },
        { BROKER(unix_socket, "unix-socket"), SOCKET, .otherwise = "host and port",
          .help = "Broker's Unix socket, used instead of host and port." },
        { BROKER(client_id, "client-id"), LABEL, .otherwise = "`asepsisd-` and the site's id",
          .help = "MQTT client id; names the session that the broker keeps for us. With the shipped broker configuration "
                  "the login does." },
        { BROKER(username, "username"), LABEL, .fallback = "asepsisd", .help = "Login at the broker." },
        { BROKER(password_file, "password-file"), PATH, .otherwise = "no password",
          .help = "File whose first line is the password." },
        { BROKER(password_credential, "password-credential"), LABEL, .otherwise = "no password",
          .help = "Name of the systemd credential (LoadCredential=) that holds the password." },
        { BROKER(tls_ca, "tls-ca"), PATH, .otherwise = "no TLS",
          .help = "CA certificates that may vouch for the broker." },
        { BROKER(tls_certificate, "tls-certificate"), PATH, .otherwise = "none is shown",
          .help = "Our certificate, shown to the broker." },
        { BROKER(tls_key, "tls-key"), PATH, .otherwise = "none is used", .help = "Private key of our certificate." },
        { BROKER(keepalive_s, "keepalive"), NUMBER(5, 600, 1), .fallback = "30",
          .help = "Seconds of silence after which we ask whether the broker is still there." },
        { BROKER(batch, "batch"), NUMBER(1, 1000, 1), .fallback = "1000",
          .help = "Most messages taken before one commit (MQTT 5 Receive Maximum)." },
        { .section = SECTION_BROKER, .name = "password", .type = &config_type_text,
          .refused = "passwords never stand in a configuration file, which is read by many and copied to more; "
                     "use password-file or password-credential" },

        { STORE(path, "path"), PATH, .fallback = "/var/lib/asepsis/ledger.db", .help = "The ledger." },
        { STORE(signing_key, "signing-key"), PATH, .fallback = "/var/lib/asepsis/signing.key",
          .help = "Key that signs permits and checkpoints; made at the first start." },
        { STORE(disk_low_bytes, "disk-low-mb"), NUMBER(INT64_C(16) << 20, INT64_C(1048576) << 20, 1 << 20),
          .fallback = "256", .help = "Less free space than this (MiB) raises an alert." },
        { STORE(disk_full_bytes, "disk-full-mb"), NUMBER(INT64_C(8) << 20, INT64_C(1048576) << 20, 1 << 20),
          .fallback = "32", .help = "Less free space than this (MiB): no sessions." },
        { STORE(backup_days, "backup-days"), NUMBER(0, 365, 1), .fallback = "7",
          .help = "How old the newest backup may be (days) before an alert; 0: no alert." },
        { STORE(cache_kib, "cache-kib"), NUMBER(256, 1048576, 1), .fallback = "3072",
          .help = "Memory for the ledger's pages (KiB)." },

        { CONTROL(socket, "socket"), SOCKET, .fallback = "/run/asepsis/control.sock", .help = "Where it is." },
        { CONTROL(mode, "mode"), .type = &config_type_octal, .min = 0600, .max = 0660, .fallback = "0660",
          .help = "Its permissions." },
        { CONTROL(group, "group"), LABEL, .otherwise = "the daemon's own", .help = "Its group." },
        { CONTROL(acts, "acts"), ENUM(control_acts), .fallback = "signed",
          .help = "What people may do at the socket. `signed`: what has to be signed is done on the system bus, where the "
                  "password is asked for; `refused`: the rest, too; `demo`, for tests and demos: its peers act in anybody's "
                  "name, and an alert stands as long as that is so." },
        { CONTROL(bus, "bus"), ENUM(control_buses), .fallback = "system",
          .help = "Whether the daemon is on the machine's system bus, too. Without it nothing can be signed." },

        { GATE(lease_us, "lease"), DURATION(10 * US_PER_S, 600 * US_PER_S), .fallback = "90 s",
          .help = "How long a permit lasts. A room renews every third of it." },
        { GATE(hole_wait_us, "hole-wait"), DURATION(US_PER_S, 5 * US_PER_S), .fallback = "5 s",
          .help = "How long a missing message is waited for. Later ones can still lock, and no longer grant." },
        { GATE(clock, "clock"), ENUM(clocks), .fallback = "ntp",
          .help = "What the time is trusted from. `rtc-trusted` does without synchronisation since boot." },

        { POLICY(shelf_life_wrapped_days, "shelf-life-wrapped-days"), NUMBER(1, 365, 1), .fallback = "365",
          .help = "How long a wrapped pack stays sterile (days)." },
        { POLICY(immediate_use_us, "immediate-use-minutes"), NUMBER(MINUTE, 30 * MINUTE, MINUTE), .fallback = "30",
          .help = "How long an unwrapped critical item may be used after an immediate-use program." },
        { POLICY(blood_max_us, "blood-max-hours"), NUMBER(HOUR / 4, 4 * HOUR, HOUR), .fallback = "4",
          .help = "How long drawn blood, and what is made of it, may be used." },
        { POLICY(vial_open_days, "vial-open-days"), NUMBER(1, 28, 1), .fallback = "28",
          .help = "How long a multi-dose vial may be used after its first puncture (days)." },
        { POLICY(opening_stock_days, "opening-stock-days"), NUMBER(0, 7, 1), .fallback = "7",
          .help = "How long after the daemon's first start opening stock may be entered (days)." },
        { POLICY(sharps_us, "sharps-minutes"), NUMBER(MINUTE, 30 * MINUTE, MINUTE), .fallback = "30",
          .help = "How long after a session its needles may be unaccounted for before an alert." },
        { POLICY(sharps_block, "sharps-block"), BOOL, .fallback = "no",
          .help = "Whether missing needles keep their practitioner from the next session until they are accounted for." },
        { POLICY(reprocess_us, "reprocess-minutes"), NUMBER(5 * MINUTE, 120 * MINUTE, MINUTE), .fallback = "120",
          .help = "How long after a session what is used again may wait for its cleaning before an alert. Blood that dries "
                  "on is hard to get off." },
        { POLICY(session_silent_us, "session-silent-minutes"), NUMBER(MINUTE, 15 * MINUTE, MINUTE), .fallback = "15",
          .help = "How long after its last permit ran out a session that was begun may stay unended before an alert." },
        { POLICY(session_max_us, "session-max-hours"), NUMBER(HOUR / 4, 4 * HOUR, HOUR), .fallback = "4",
          .help = "How long a session may last before an alert asks whether somebody forgot to end it." },
        { POLICY(device_silent_us, "device-silent-minutes"), NUMBER(0, 1440 * MINUTE, MINUTE), .fallback = "0",
          .help = "How long a device may say nothing within opening hours before an alert; 0: no device is watched, but "
                  "those that have a time of their own." },
        { POLICY(exposure_days, "exposure-days"), NUMBER(42, 3650, 1), .fallback = "42",
          .help = "How far back an injury lists the sessions of its room (days); the last 20 always. Hepatitis C stays "
                  "infectious on a dry surface for up to six weeks (Paintsil and others, 2014)." },
        { POLICY(disinfect_contact_us, "disinfect-contact-s"), NUMBER(US_PER_S, HOUR, US_PER_S), .fallback = "60",
          .help = "Least contact time of a room's disinfection (seconds). Below 60 only in a clinic that is played, with "
                  "`acts = demo` in `[control]`." },
        { POLICY(override_us, "override-minutes"), NUMBER(MINUTE, 60 * MINUTE, MINUTE), .fallback = "60",
          .help = "How long a second officer has to sign an override after the first, and then the room to ask again "
                  "(minutes)." },
        { POLICY(load_challenge, "load-challenge"), ENUM(challenges), .fallback = "none",
          .help = "What each load needs for its release besides the indicator outside each pack: one of type 5 or 6, or "
                  "a helix challenge." },
        { POLICY(commissioning, "commissioning"), ENUM(commissionings), .fallback = "advised",
          .help = "Whether a load is verified in a program that was never commissioned on its autoclave. `advised`: it "
                  "is, and an alert stands until an officer commissions the program. `required`: it is not. The autoclave's key "
                  "`commissioned` is no part of this: it is a date for its tests." },
        { POLICY(on_fault, "on-fault"), ENUM(on_faults), .fallback = "lock",
          .help = "A session that runs while clock, store or audit are in doubt: lock, it gets no permit any more, or hold "
                  "(laxer), it gets them for as long as decisions can be kept. No session starts in either, and a lock, a "
                  "fault of an item, a restored ledger and a second daemon stop it in both." },
        { POLICY(leak_days, "leak-test-days"), NUMBER(1, 7, 1), .fallback = "7",
          .help = "How many clinic days after its own a leak test is good for." },
        { POLICY(leak_rate_pa, "leak-rate-kpa"), NUMBER(10, 130, 1000), .fallback = "0.13",
          .help = "Rise a minute (kPa) above which a leak test has failed." },
        { POLICY(leak_bare_pass, "leak-bare-pass"), BOOL, .fallback = "no",
          .help = "Whether a leak test counts as passed without its three timed pressures, on the machine's or a "
                  "person's word. A failure always counts." },
        { POLICY(spore_days, "spore-test-days"), NUMBER(1, 7, 1), .fallback = "7",
          .help = "How many clinic days after its own a spore test is good for; three more while it is not read." },
        { POLICY(spore_effect, "spore-test-overdue"), ENUM(spore_effects),
          .otherwise = "profile `us`: `block`; `eu`: `off`",
          .help = "What an overdue spore test does. With the profile `us` it cannot be `off`." },
        { POLICY(first_positive, "first-positive"), ENUM(first_positives), .fallback = "recall",
          .help = "What a positive spore test does beside taking the autoclave out of service: recall everything since "
                  "the cycle of the last negative one, or quarantine it until three tests were repeated; another "
                  "positive one recalls." },
        { POLICY(due_soon_days, "due-soon-days"), NUMBER(0, 30, 1), .fallback = "2",
          .help = "How many days before something is overdue an alert says so." },
        { POLICY(qualification_soon_days, "qualification-soon-days"), NUMBER(0, 365, 1), .fallback = "30",
          .help = "How many days before a person's qualification ends an alert says so." },
        { POLICY(penetration_alert_us, "penetration-alert"), DURATION(0, 12 * HOUR), .fallback = "4 h",
          .help = "How long after the clinic day's start an alert says that no penetration test has passed yet." },

        { RETENTION(patients, "patients-years"), NUMBER(1, 100, 1), .fallback = "10",
          .help = "So long after a patient's last session nobody can erase who it was. Nothing is erased by itself." },
        { RETENTION(messages, "messages-years"), NUMBER(1, 100, 1), .otherwise = "for ever",
          .help = "After so many years the bytes of a device's message are deleted, and its hash stays." },
        { RETENTION(samples, "samples-years"), NUMBER(1, 100, 1), .otherwise = "for ever",
          .help = "After so many years the samples of a cycle are deleted; its verdict and figures stay." },

        { ROOM(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { ROOM(disinfect_contact_us, "disinfect-contact-s"), NUMBER(US_PER_S, HOUR, US_PER_S),
          .otherwise = "the policy's", .help = "Least contact time in this room (seconds), not below the policy's." },

        { PROGRAM(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { PROGRAM(announced, "announced"), TEXT, .max = LABEL_MAX, .otherwise = "its id",
          .help = "What exactly the machine sends as `program`." },
        { PROGRAM(purpose, "purpose"), ENUM(purposes), .fallback = "load",
          .help = "What it is for. Only a program for loads ever makes anything sterile." },
        { PROGRAM(type, "type"), ENUM(program_types), .required = true, .help = "How air is removed." },
        { PROGRAM(set_temperature_mc, "set-temperature"), .type = &config_type_temperature, .min = 50000, .max = 140000,
          .otherwise = "error in a program for loads",
          .help = "Temperature that the machine is set to, in its own unit." },
        { PROGRAM(hold_min_us, "hold-min"), DURATION(US_PER_S, 2 * HOUR), .otherwise = "error in a program for loads",
          .help = "Shortest hold that sterilizes, by standard or maker. For loads at least 15 min from 121 C, 10 min "
                  "from 126 C, 4 min from 132 C (unwrapped 3 min), 3 min from 134 C." },
        { PROGRAM(set_hold_us, "set-hold"), DURATION(US_PER_S, 2 * HOUR), .otherwise = "the same as hold-min",
          .help = "Hold that the machine is set to, not shorter than hold-min." },
        { PROGRAM(drying_us, "drying"), DURATION(0, 4 * HOUR), .otherwise = "not said",
          .help = "Drying time: recorded and shown, not judged." },
        { PROGRAM(pulses, "pulses"), NUMBER(0, 20, 1), .otherwise = "error in a prevacuum program for loads",
          .help = "Least number of vacuum pulses." },
        { PROGRAM(pulse_pressure_pa, "pulse-pressure-kpa"), NUMBER(1000, 90000, 1000), .otherwise = "error with pulses",
          .help = "Pressure (absolute) that each pulse must fall below." },
        { PROGRAM(immediate_use, "immediate-use"), BOOL, .fallback = "no",
          .help = "For unwrapped items for one named session at once." },
        { PROGRAM(wraps, "wraps"), SET(wraps), .otherwise = "error in a program for loads",
          .help = "What may be around its items." },
        { PROGRAM(suits_hollow, "suits-hollow"), BOOL, .fallback = "no",
          .help = "Whether it sterilizes hollow items." },

        { AUTOCLAVE(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { AUTOCLAVE(machine, "class-type"), ENUM(machines), .required = true, .help = "Type after EN 13060." },
        { AUTOCLAVE(band, "band"), ENUM(bands), .required = true,
          .help = "Sterilization band: set temperature to +3 K (`en285`) or +4 K (`en13060`)." },
        { AUTOCLAVE(uncertainty_mc, "uncertainty-c"), NUMBER(1, 2000, 1000), .required = true,
          .help = "Uncertainty of its temperature sensor (K), from the calibration certificate. Narrows the band." },
        { AUTOCLAVE(display_step_mc, "display-step-c"), NUMBER(1, 1000, 1000), .fallback = "0.1",
          .help = "Step of the temperatures that it sends (K). Half of it narrows the band." },
        { AUTOCLAVE(max_gap_us, "max-gap-s"), NUMBER(US_PER_S / 10, 10 * US_PER_S, US_PER_S),
          .otherwise = "2.5 (`en285`) or 10 (`en13060`)",
          .help = "Longest gap between live samples in the hold (seconds), not above the band's." },
        { AUTOCLAVE(print_interval_us, "print-interval-s"), NUMBER(US_PER_S, 180 * US_PER_S, US_PER_S),
          .otherwise = "a printout is judged like live samples",
          .help = "Time between the rows of its printout (seconds), for cycles that are read off paper." },
        { AUTOCLAVE(leak_start_pa, "leak-start-kpa"), NUMBER(100, 30000, 1000), .fallback = "7",
          .help = "Absolute pressure (kPa) at or below which a leak test must start, by its maker." },
        { AUTOCLAVE(test_hold_min_us, "test-hold-min"), DURATION(MINUTE, 30 * MINUTE), .fallback = "210 s",
          .help = "Shortest hold of a Bowie-Dick or Helix test that counts." },
        { AUTOCLAVE(test_hold_max_us, "test-hold-max"), DURATION(MINUTE, 30 * MINUTE), .fallback = "240 s",
          .help = "Longest hold of a Bowie-Dick or Helix test that counts." },
        { AUTOCLAVE(calibration_due, "calibration-due"), DATE, .otherwise = "overdue",
          .help = "Last day that its calibration is good for, from the certificate." },
        { AUTOCLAVE(calibration_effect, "calibration-effect"), ENUM(effects), .fallback = "block",
          .help = "What an overdue calibration does." },
        { AUTOCLAVE(commissioned, "commissioned"), DATE, .otherwise = "every test and duty is overdue until it is done",
          .help = "Day on which it was taken into use with leak test, spore test and duties done: they count from it. It commissions "
                  "no program: an officer does that, with `asepsisctl autoclave commission`." },
        { AUTOCLAVE(manual_from, "manual-evidence-from"), DATE, .otherwise = "off",
          .help = "With a broken sensor, printer or gateway: first of three clinic days on which loads of its may be released "
                  "on transcribed readings, by another person, with a type 5 or 6 indicator in each pack, and never of a "
                  "critical class. The next period can begin 30 days after one in which readings were taken began." },
        { AUTOCLAVE(program_ids, "programs"), LABELS, .required = true, .help = "Its programs." },

        { DEVICE(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { DEVICE(kinds, "kinds"), SET(kinds), .required = true, .help = "What it may speak as." },
        { DEVICE(room, "room"), LABEL, .otherwise = "kind room: its own id; others: none",
          .help = "Room it stands in. A device of kind room has the id of its room." },
        { DEVICE(autoclave, "autoclave"), LABEL, .otherwise = "kind autoclave: its own id; others: none",
          .help = "Autoclave it speaks for." },
        { DEVICE(store_and_forward, "store-and-forward"), BOOL, .fallback = "no",
          .help = "Whether it keeps samples and sends them later, so that arrival times tell nothing." },
        { DEVICE(silent_us, "silent-minutes"), NUMBER(0, 1440 * MINUTE, MINUTE), .otherwise = "the policy's",
          .help = "How long it may say nothing within opening hours before an alert (minutes); 0: it is not watched. It has to "
                  "send heartbeats more often than that." },

        { PRACTITIONER(name, "name"), TEXT, .otherwise = "the id",
          .help = "Name shown to people and printed on records." },
        { PRACTITIONER(roles, "roles"), SET(persons), .required = true, .help = "What this person may do." },
        { PRACTITIONER(qualified, "qualified"), .type = &config_type_qualified, .otherwise = "for no procedure",
          .help = "Procedures that this person may do, and the last day of each qualification." },
        { PRACTITIONER(user, "user"), LABEL, .otherwise = "signs nothing",
          .help = "This person's own login on the daemon's machine, never root: who acts over D-Bus is known by it. Looked up "
                  "when the configuration is read: reload after the user was made." },

        { CLASS(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { CLASS(role, "role"), ENUM(roles), .required = true, .help = "What its items are in a kit." },
        { CLASS(required_state, "required-state"), ENUM(required_states), .fallback = "sterile",
          .help = "What an item must be when a session starts. Needles, rollers, lancets, extractors and serum cups: "
                  "sterile." },
        { CLASS(single_use, "single-use"), BOOL, .fallback = "yes",
          .help = "Whether an item is used in one session only. Needles, rollers, lancets, sleeves: always." },
        { CLASS(reprocessing, "reprocessing"), ENUM(reprocessings), .fallback = "none",
          .help = "How an item gets ready again." },
        { CLASS(sterilize_before_use, "sterilize-before-use"), BOOL, .fallback = "no",
          .help = "Single-use, delivered clean, sterilized here once before its only use." },
        { CLASS(hollow, "hollow"), BOOL, .fallback = "yes",
          .help = "Whether it has a lumen, and so needs a program that suits." },
        { CLASS(critical, "critical"), BOOL, .fallback = "yes", .help = "Whether it enters sterile tissue." },
        { CLASS(needs_wrap, "needs-wrap"), BOOL, .fallback = "no", .help = "Whether it must be sterilized wrapped." },
        { CLASS(required_programs, "required-programs"), LABELS, .otherwise = "any that suits",
          .help = "The only programs that sterilize it." },
        { CLASS(required_wraps, "required-wraps"), SET(wraps), .otherwise = "any that the program allows",
          .help = "What may be around it in the autoclave." },
        { CLASS(reprocessing_limit, "reprocessing-limit"), NUMBER(1, 100000, 1), .otherwise = "no limit",
          .help = "How often it may be reprocessed." },
        { CLASS(shelf_life_days, "shelf-life-days"), NUMBER(1, 365, 1), .otherwise = "the policy's",
          .help = "How long it stays sterile in its pack (days), not above the policy's." },
        { CLASS(event_related, "event-related"), BOOL, .fallback = "no",
          .help = "Sterile until its pack is damaged, without a shelf life." },
        { CLASS(needs_biological, "needs-biological"), BOOL, .fallback = "no",
          .help = "Whether a load with it waits for its own spore test, read with a control that grew." },
        { CLASS(inside_indicator, "inside-indicator"), BOOL, .fallback = "yes",
          .help = "Whether there must be an indicator inside each of its packs. An open pack without one that passed is not "
                  "used." },
        { CLASS(disinfection_level, "disinfection-level"), ENUM(levels), .fallback = "high",
          .help = "Level that its disinfection must have at least." },
        { CLASS(disinfect_contact_us, "disinfect-contact-s"), NUMBER(US_PER_S, HOUR, US_PER_S),
          .otherwise = "the policy's; then it need not be said",
          .help = "Least contact time of its disinfection (seconds), not below the policy's." },
        { CLASS(vial_open_days, "vial-open-days"), NUMBER(1, 28, 1), .otherwise = "the policy's",
          .help = "The maker's limit after the first puncture (days), not above the policy's." },
        { CLASS(needs_barrier, "needs-barrier"), LABEL, .otherwise = "none; error for a handpiece that is not sterile",
          .help = "Class of the barrier sleeve that it needs in each session." },

        { PRODUCT(class_id, "class"), LABEL, .required = true, .help = "Class of its items." },
        { PRODUCT(name, "name"), TEXT, .otherwise = "its code", .help = "Name shown to people." },
        { PRODUCT(supplied, "supplied"), ENUM(supplies), .required = true, .help = "How it is delivered." },

        { PRODUCT(limits.passes_min, "passes-min"), PASSES, .otherwise = "the procedure's",
          .help = "Of needles, by their maker's instructions: passes that a round should have at least, per area." },
        { PRODUCT(limits.passes_max, "passes-max"), PASSES, .otherwise = "the procedure's",
          .help = "Likewise: passes above which a round raises an alert, per area." },
        { PRODUCT(limits.depth_max_um, "depth-max-mm"), DEPTH, .otherwise = "the procedure's",
          .help = "Likewise: depth above which an alert is raised (mm)." },
        { PRODUCT(limits.needle_time_max_us, "needle-time-max"), NEEDLE_TIME, .otherwise = "the procedure's",
          .help = "Likewise: running time of one piece above which an alert is raised." },
        { PRODUCT(limits.rounds_max, "rounds-max"), ROUNDS, .otherwise = "the procedure's",
          .help = "Likewise: rounds of one area above which an alert is raised." },

        { SUPPLIER(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { SUPPLIER(approved, "approved"), BOOL, .fallback = "no", .help = "Whether its sterilization is accepted." },

        { PROCEDURE(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { PROCEDURE(needs, "needs"), .type = &config_type_kit, .names = roles, .required = true,
          .help = "Kits of which one must be complete, by role." },
        { PROCEDURE(steps, "steps"), SET(steps), .otherwise = "none is expected",
          .help = "Steps that each session should report. Without `screened` or `aftercare` an alert says so; the others "
                  "are noted in the session's protocol. `none` alone takes back what another file has set." },
        { PROCEDURE(form_hash, "form-hash"), ENUM(form_hashes), .fallback = "required",
          .help = "Whether the step `screened` counts only with the hash of the signed form." },
        { PROCEDURE(cleanse_between, "cleanse-between-rounds"), BOOL, .fallback = "no",
          .help = "Whether each new round wants a cleanse since the last; an alert says where it is missing." },
        { PROCEDURE(limits.passes_min, "passes-min"), PASSES, .otherwise = "no limit",
          .help = "Passes that a round should have at least, per area. Fewer are noted in the session's protocol." },
        { PROCEDURE(limits.passes_max, "passes-max"), PASSES, .otherwise = "no limit",
          .help = "Passes above which a round raises an alert, per area." },
        { PROCEDURE(limits.depth_max_um, "depth-max-mm"), DEPTH, .otherwise = "no limit",
          .help = "Needle depth above which an alert is raised (mm)." },
        { PROCEDURE(limits.needle_time_max_us, "needle-time-max"), NEEDLE_TIME, .otherwise = "no limit",
          .help = "Running time of one needle item in one session above which an alert is raised." },
        { PROCEDURE(limits.rounds_max, "rounds-max"), ROUNDS, .otherwise = "no limit",
          .help = "Rounds of one area in one session above which an alert is raised." },

        { DUTY(name, "name"), TEXT, .otherwise = "its id", .help = "Name shown to people." },
        { DUTY(interval_days, "interval-days"), NUMBER(1, 3660, 1), .required = true,
          .help = "How long it is good for after it was done (days)." },
        { DUTY(effect, "effect"), ENUM(duty_effects), .fallback = "block", .help = "What happens when it is overdue." },
        { DUTY(per, "per"), ENUM(duty_pers), .fallback = "autoclave",
          .help = "Whether it is done for each autoclave by itself, which is its `subject`, or once for the clinic." },
        { DUTY(autoclave_ids, "autoclaves"), LABELS, .otherwise = "all",
          .help = "Autoclaves whose loads wait for it." },
};
const size_t config_n_keys = ELEMENTSOF(config_keys);

const ConfigKey *config_section_keys(SectionKind kind, size_t *ret_n) {
        size_t first = 0, n = 0;

        while (first < config_n_keys && config_keys[first].section != kind)
                first++;
        while (first + n < config_n_keys && config_keys[first + n].section == kind)
                n++;
        *ret_n = n;
        return config_keys + first;
}

const ConfigKey *config_find_key(SectionKind kind, const char *name) {
        size_t n;
        const ConfigKey *keys = config_section_keys(kind, &n);

        for (size_t i = 0; i < n; i++)
                if (streq(keys[i].name, name))
                        return keys + i;
        return NULL;
}

static void dump_key(const ConfigKey *key, FILE *f) {
        fprintf(f, "| `%s` | ", key->name);
        if (key->fallback)
                fprintf(f, "`%s`", key->fallback);
        else
                fputs(key->required ? "**required**" : key->otherwise ? key->otherwise : "none", f);
        fputs(" | ", f);
        char *allowed = NULL;
        size_t size = 0;
        FILE *m = open_memstream(&allowed, &size);
        if (m) {
                key->type->describe(key, m);
                fclose(m);
                for (const char *p = allowed; *p; p++)
                        fprintf(f, "%s%c", *p == '|' ? "\\" : "", *p);
        }
        free(allowed);
        fprintf(f, " | %s |\n", key->help);
}

void config_dump_table(FILE *f) {
        for (int kind = 0; kind < _SECTION_MAX; kind++) {
                const ConfigSection *s = &config_sections[kind];
                size_t n;
                const ConfigKey *keys = config_section_keys((SectionKind)kind, &n);

                if (s->max)
                        fprintf(f, "### [%s ID]\n\n%s At most %zu.\n\n", s->name, s->help, s->max);
                else
                        fprintf(f, "### [%s]\n\n%s\n\n", s->name, s->help);
                fputs("| key | default | allowed | meaning |\n|---|---|---|---|\n", f);
                for (size_t i = 0; i < n; i++)
                        if (!keys[i].refused)
                                dump_key(keys + i, f);
                fputc('\n', f);
        }
}
