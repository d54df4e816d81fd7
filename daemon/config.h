/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Config: what the clinic has and what it allows, read from asepsisd.conf and asepsisd.conf.d/.conf files beside it.
 * All or nothing: config_load() gives a complete, cross-checked Config or every error it found, never both. A Config
 * does not change after that; reloading is loading another one and swapping. It owns every string in it.
 * Arrays are sorted by id (strcmp order). Absent optional strings are NULL.
 * Units: microseconds, thousandths of a degree Celsius, absolute pascal, thousandths of a millimetre; dates are
 * year * 10000 + month * 100 + day. The keys, their defaults and ranges stand in config-table.c and in
 * doc/configuration.md.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/cycle.h"
#include "core/event.h"
#include "core/fitness.h"
#include "core/gate.h"
#include "core/release.h"
#include "core/treatment.h"
#include "util.h"

#define CONFIG_ERRORS_MAX 50
#define CONFIG_ERROR_SIZE 512

typedef enum Profile { PROFILE_EU, PROFILE_US } Profile;
typedef enum ClockTrust { CLOCK_NTP, CLOCK_RTC_TRUSTED } ClockTrust;
typedef enum Band { BAND_EN285, BAND_EN13060 } Band; /* set temperature to +3 K, or to +4 K */
typedef enum ProgramType { PROGRAM_GRAVITY, PROGRAM_PREVACUUM } ProgramType;
typedef enum OnFault { ON_FAULT_LOCK, ON_FAULT_HOLD } OnFault;
typedef enum Commissioning { COMMISSIONING_ADVISED, COMMISSIONING_REQUIRED } Commissioning;
typedef enum Person { PERSON_OPERATOR, PERSON_RELEASER, PERSON_OFFICER, PERSON_PRACTITIONER } Person;
typedef enum Supplied { SUPPLIED_STERILE, SUPPLIED_CLEAN, SUPPLIED_CONTAMINATED } Supplied;
/* At the socket. SIGNED: only what needs no signature; DEMO: in anybody's name, for tests and demos. */
typedef enum ControlActs { CONTROL_ACTS_SIGNED, CONTROL_ACTS_REFUSED, CONTROL_ACTS_DEMO } ControlActs;
typedef enum ControlBus { CONTROL_BUS_SYSTEM, CONTROL_BUS_NONE } ControlBus;
typedef enum DutyEffect { DUTY_BLOCK, DUTY_ALERT } DutyEffect;
typedef enum DutyPer { DUTY_PER_AUTOCLAVE, DUTY_PER_CLINIC } DutyPer;
typedef enum FormHash { FORM_HASH_REQUIRED, FORM_HASH_OPTIONAL } FormHash;
typedef enum FirstPositive { FIRST_POSITIVE_RECALL, FIRST_POSITIVE_REPEAT } FirstPositive;

typedef struct ConfigHours {
        int64_t from_us, until_us; /* after midnight, clinic's zone; until is not open any more */
} ConfigHours;

typedef struct ConfigSite {
        const char *id, *name, *timezone;
        int64_t day_start_us;      /* after midnight, clinic's zone */
        ConfigHours open;
        uint32_t open_days;        /* bit 1 << day of the week; Sunday is 0 */
        int profile;               /* Profile */
        int32_t site_pressure_pa;  /* 0: not said, gauge pressures cannot be converted */
} ConfigSite;

typedef struct ConfigBroker {
        const char *host, *unix_socket; /* unix_socket, where given, is used instead of host and port */
        int32_t port;
        const char *client_id, *username;
        const char *password_file, *password_credential; /* at most one */
        const char *tls_ca, *tls_certificate, *tls_key;
        int32_t keepalive_s, batch;
} ConfigBroker;

typedef struct ConfigStore {
        const char *path, *signing_key;
        int64_t disk_low_bytes, disk_full_bytes; /* below low: alert; below full: no session */
        int32_t backup_days; /* 0: no alert about old backups */
        int32_t cache_kib;
} ConfigStore;

typedef struct ConfigControl {
        const char *socket, *group;
        int32_t mode;
        int acts; /* ControlActs */
        int bus;  /* ControlBus */
} ConfigControl;

typedef struct ConfigGate {
        int64_t lease_us, hole_wait_us;
        int clock; /* ClockTrust */
} ConfigGate;

typedef struct ConfigPolicy {
        int32_t shelf_life_wrapped_days, vial_open_days, opening_stock_days;
        int64_t immediate_use_us, blood_max_us, sharps_us, disinfect_contact_us, override_us;
        int load_challenge; /* LoadChallenge */
        int commissioning; /* Commissioning */
        int on_fault;      /* OnFault: what becomes of a running session while the daemon is in doubt */
        int32_t leak_days, leak_rate_pa; /* a minute */
        bool leak_bare_pass;
        int32_t spore_days;
        int spore_effect;                /* FitnessEffect, by the profile where not said */
        int first_positive;              /* FirstPositive */
        int32_t due_soon_days, qualification_soon_days;
        int64_t penetration_alert_us;    /* after the start of the clinic day */
        bool sharps_block;               /* missing needles keep their practitioner from the next session */
        int64_t reprocess_us;            /* from a session's end to cleaning */
        int64_t session_silent_us, session_max_us; /* after its last lease, or its start, it should have been ended */
        int64_t device_silent_us;        /* 0: not watched */
        int32_t exposure_days;           /* of a room's sessions before an injury */
} ConfigPolicy;

/* Years; 0: for ever. */
typedef struct ConfigRetention {
        int32_t patients, messages, samples;
} ConfigRetention;
#define RETENTION_ADVISED_YEARS 10 /* see doc/personal-data.md */

typedef struct ConfigRoom {
        const char *id, *name;
        int64_t disinfect_contact_us; /* its own or the policy's, never shorter than the policy's */
} ConfigRoom;

typedef struct ConfigProgram {
        const char *id, *name;
        const char *announced; /* exact string the machine sends as `program` */
        int purpose;           /* Purpose; only PURPOSE_LOAD ever sterilizes */
        int type;              /* ProgramType */
        int32_t set_temperature_mc; /* 0: none, never so with PURPOSE_LOAD */
        int64_t hold_min_us;   /* 0: none, never so with PURPOSE_LOAD */
        int64_t set_hold_us, drying_us;
        int32_t pulses, pulse_pressure_pa; /* at least so many pulses below that pressure */
        bool immediate_use, suits_hollow;
        uint32_t wraps;        /* bit 1 << Wrap */
} ConfigProgram;

typedef struct ConfigAutoclave {
        const char *id, *name;
        int machine; /* MachineType */
        int band;    /* Band */
        int32_t uncertainty_mc, display_step_mc;
        int64_t max_gap_us;        /* live samples */
        int64_t print_interval_us; /* 0: a printout is judged like live samples */
        int32_t leak_start_pa;          /* a leak test starts at or below this */
        int64_t test_hold_min_us, test_hold_max_us; /* of a penetration test */
        int32_t calibration_due;        /* that day is still good; 0: not said */
        int calibration_effect;         /* FitnessEffect: block or alert */
        int32_t commissioned;           /* 0: not said */
        int32_t manual_from;            /* first of MANUAL_DAYS clinic days for transcribed readings; 0: off */
        List program_ids;
        const ConfigProgram **programs; /* of program_ids, in the same order */
} ConfigAutoclave;

typedef struct ConfigDevice {
        const char *id, *name;
        uint32_t kinds;        /* bit 1 << Kind */
        const char *room;      /* kind room: its own id. NULL: bound to none */
        const char *autoclave; /* kind autoclave only */
        bool store_and_forward;
        int64_t silent_us;     /* its own or the policy's; 0: not watched */
} ConfigDevice;

typedef struct ConfigQualification {
        const char *procedure;
        int32_t until; /* that day is still good */
} ConfigQualification;

typedef struct ConfigPractitioner {
        const char *id, *name;
        uint32_t roles; /* bit 1 << Person */
        struct {
                size_t n;
                const ConfigQualification *v;
        } qualified;
        const char *user; /* of this machine; NULL: none */
        uid_t uid;        /* of that user when the configuration was read; 0: there is none. root is nobody in particular */
} ConfigPractitioner;

typedef struct ConfigClass {
        const char *id, *name;
        int required_state; /* RequiredState */
        int reprocessing;   /* Reprocessing */
        int role;           /* Role */
        bool single_use, sterilize_before_use, hollow, critical, needs_wrap, event_related, needs_biological;
        bool inside_indicator;      /* it wants one inside each pack, read at opening */
        int disinfection_level;     /* DisinfectLevel, at least */
        bool disinfect_contact_said;   /* by the class itself, and then by whoever disinfects */
        int64_t disinfect_contact_us;  /* its own or the policy's */
        int32_t vial_open_days;        /* its own or the policy's */
        List required_programs;  /* none: any that suits */
        uint32_t required_wraps; /* bit 1 << Wrap; 0: any */
        int32_t reprocessing_limit; /* cycles, 0: none */
        int32_t shelf_life_days;    /* its own or the policy's */
        const char *needs_barrier;  /* class of the sleeve it needs in each session */
} ConfigClass;

typedef struct ConfigProduct {
        const char *id; /* as Udi.product: GTIN-14, or HIBC labeler, product and unit of measure */
        const char *class_id, *name;
        int supplied; /* Supplied */
        TreatmentLimits limits; /* of its maker: each that is not 0 takes the place of the procedure's */
} ConfigProduct;

/* In place of a supplier: what the clinic itself sterilized before it had this ledger. */
#define CONFIG_OPENING_STOCK "opening-stock"

typedef struct ConfigSupplier {
        const char *id, *name;
        bool approved;
} ConfigSupplier;

typedef struct ConfigKit {
        size_t n_ways; /* 0: no kit asked for */
        KitWay ways[KIT_WAYS_MAX];
} ConfigKit;

#define CONFIG_NO_STEPS (1U << 31)
typedef struct ConfigProcedure {
        const char *id, *name;
        ConfigKit needs;
        uint32_t steps;  /* bit 1 << Step, or CONFIG_NO_STEPS alone */
        int form_hash;   /* FormHash */
        bool cleanse_between;
        TreatmentLimits limits;
} ConfigProcedure;

typedef struct ConfigDuty {
        const char *id, *name;
        int32_t interval_days;
        int effect; /* DutyEffect */
        int per;    /* DutyPer: done for each autoclave by itself, or once for all */
        List autoclave_ids; /* none: all of them */
} ConfigDuty;

typedef struct ConfigBlock ConfigBlock;

/* What stands in the files: a section (key NULL), then its keys that were set, in the words of the file. */
typedef struct ConfigSetting {
        const char *section, *id, *key, *value, *file;
        unsigned line; /* 0: the section stands nowhere, and has its defaults */
} ConfigSetting;

typedef struct Config {
        const ConfigSetting *settings;
        size_t n_settings;
        ConfigSite site;
        ConfigBroker broker;
        ConfigStore store;
        ConfigControl control;
        ConfigGate gate;
        ConfigPolicy policy;
        ConfigRetention retention;

        const ConfigRoom *rooms;
        const ConfigProgram *programs;
        const ConfigAutoclave *autoclaves;
        const ConfigDevice *devices;
        const ConfigPractitioner *practitioners;
        const ConfigClass *classes;
        const ConfigProduct *products;
        const ConfigSupplier *suppliers;
        const ConfigProcedure *procedures;
        const ConfigDuty *duties;
        size_t n_rooms, n_programs, n_autoclaves, n_devices, n_practitioners, n_classes, n_products, n_suppliers,
                n_procedures, n_duties;

        ConfigBlock *blocks; /* all memory of the above */
} Config;

/* What was wrong, each a full sentence: "FILE:LINE: [section] key: what, and what is allowed". */
typedef struct ConfigErrors {
        size_t n;     /* kept in text */
        size_t total; /* found */
        char text[CONFIG_ERRORS_MAX][CONFIG_ERROR_SIZE];
} ConfigErrors;

/*
 * Reads path, then the files named *.conf in the directory path + ".d" in lexical order; later wins per key.
 * 0; -EINVAL with at least one error in ret_errors; -ENOMEM; another negative errno if a file cannot be read, with
 * the reason in ret_errors too. ret_errors is always set and may be large: keep it off small stacks.
 */
int config_load(const char *path, Config **ret, ConfigErrors *ret_errors);

/* The same from one open stream, without drop-ins; name stands for the file in the errors. */
int config_load_stream(FILE *f, const char *name, Config **ret, ConfigErrors *ret_errors);

/*
 * The keys of a section in the order of the documentation: the i-th one's name, its default in the words of the file (or
 * NULL), and what happens without it where that is no plain value (or NULL). False: there is none, or no such section.
 */
bool config_key_info(const char *section, size_t i, const char **ret_name, const char **ret_default,
                     const char **ret_otherwise);

Config *config_free(Config *c);
DEFINE_CLEANUP(Config, config_free)

/* What is allowed and may not be meant: a sentence on a line each. */
void config_warn(const Config *c, FILE *f);

/* One line each; says how many more there were. */
void config_errors_print(const ConfigErrors *errors, FILE *f);

/* By id; NULL: not configured, or id is NULL. */
const ConfigRoom *config_room(const Config *c, const char *id);
const ConfigProgram *config_program_by_id(const Config *c, const char *id);
const ConfigAutoclave *config_autoclave(const Config *c, const char *id);
const ConfigDevice *config_device(const Config *c, const char *id);
const ConfigPractitioner *config_practitioner(const Config *c, const char *id);
/* Who this user of the machine is; NULL: nobody. */
const ConfigPractitioner *config_practitioner_of_user(const Config *c, uid_t uid);
const ConfigClass *config_class(const Config *c, const char *id);
const ConfigProduct *config_product(const Config *c, const char *id);
const ConfigSupplier *config_supplier(const Config *c, const char *id);
const ConfigProcedure *config_procedure(const Config *c, const char *id);
const ConfigDuty *config_duty(const Config *c, const char *id);

/* What is followed in a session of this procedure (NULL: nothing), with needles of this product (NULL: any). */
void config_treatment(const ConfigProcedure *p, const ConfigProduct *needles, TreatmentProfile *ret);

/* The program of this autoclave that the machine announces so; NULL: not one of its own. */
const ConfigProgram *config_program(const ConfigAutoclave *a, const char *announced);

/* What the judge of a cycle has to know; store_and_forward is that of the device that speaks for the autoclave. */
void config_cycle_program(const ConfigAutoclave *a, const ConfigProgram *p, bool store_and_forward, CycleProgram *ret);

/* Last good day of the person's qualification; 0: none for this procedure. */
int32_t config_qualified_until(const ConfigPractitioner *p, const char *procedure);

static inline bool config_device_is(const ConfigDevice *d, Kind kind) {
        return d->kinds & (1U << kind);
}

static inline bool config_person_is(const ConfigPractitioner *p, Person role) {
        return p->roles & (1U << role);
}

/* Every section and key as Markdown: the part of doc/configuration.md between its markers. */
void config_dump_table(FILE *f);
