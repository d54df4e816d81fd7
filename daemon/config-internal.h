/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Shared by the config-*.c files and their test: the table, its types, and the state of a load in progress. */
#include "config.h"

#define CONFIG_LINE_MAX 4000      /* bytes */
#define CONFIG_FILE_MAX 4194304   /* bytes */
#define CONFIG_FILES_MAX 100      /* drop-ins */
#define CONFIG_KEYS_MAX 32        /* keys of one section kind */
#define CONFIG_LIST_MAX 64        /* members of one list */
#define CONFIG_STRING_MAX 200     /* bytes of a name */
#define CONFIG_PATH_MAX 400       /* bytes of a path */
#define CONFIG_SOCKET_MAX 107     /* bytes of a socket's path: what the kernel takes */

typedef enum SectionKind {
        SECTION_SITE,
        SECTION_BROKER,
        SECTION_STORE,
        SECTION_CONTROL,
        SECTION_GATE,
        SECTION_POLICY,
        SECTION_RETENTION,
        SECTION_ROOM,
        SECTION_PROGRAM,
        SECTION_AUTOCLAVE,
        SECTION_DEVICE,
        SECTION_PRACTITIONER,
        SECTION_CLASS,
        SECTION_PRODUCT,
        SECTION_SUPPLIER,
        SECTION_PROCEDURE,
        SECTION_DUTY,
        _SECTION_MAX,
} SectionKind;

typedef struct ConfigSection {
        const char *name, *help;
        size_t max;          /* 0: there is one, and it has no id */
        size_t size;         /* of its struct */
        size_t offset;       /* in Config: the struct, or the pointer to the array */
        size_t count_offset; /* in Config, with max */
} ConfigSection;

typedef struct ConfigName {
        const char *name;
        int value;
} ConfigName;

typedef struct ConfigKey ConfigKey;
typedef struct ConfigLoad ConfigLoad;

/*
 * One way to read a value. parse() fills target, of key->size bytes; -EINVAL: not allowed, the caller says what is;
 * -ENOMEM. describe() says what is allowed, as half a sentence.
 */
typedef struct ConfigType {
        int (*parse)(ConfigLoad *l, const ConfigKey *key, const char *value, void *target);
        void (*describe)(const ConfigKey *key, FILE *f);
} ConfigType;

struct ConfigKey {
        SectionKind section;
        const char *name;
        const ConfigType *type;
        size_t offset, size;   /* of the target in the section's struct */
        bool required;
        const char *fallback;  /* default, in the words of the file; NULL: none */
        const char *otherwise; /* what happens without it, where that is not a plain value */
        int64_t min, max;      /* in the target's unit; of strings: max is in bytes */
        int64_t scale;         /* target units in one of the file's */
        const ConfigName *names;
        const char *refused;   /* why this key must not be used at all */
        const char *help;
};

typedef struct ConfigWhere {
        const char *file; /* NULL: nowhere */
        unsigned line;    /* 0: the file as a whole */
} ConfigWhere;

/* A section as it is read, possibly from several files. */
typedef struct ConfigDraft {
        SectionKind kind;
        const char *id;                     /* "" where the kind has none */
        ConfigWhere header;                 /* where it was seen last */
        ConfigWhere set[CONFIG_KEYS_MAX];   /* where each key was set last, by its place among the kind's keys */
        const char *text[CONFIG_KEYS_MAX];  /* as it stands there */
        bool doubtful;                      /* a value was refused: checks across keys would mislead */
        void *object;
} ConfigDraft;

struct ConfigLoad {
        Config *config;
        ConfigErrors *errors;
        int error;              /* first -errno that makes going on pointless */
        const char *main_file;
        ConfigBlock *scratch;   /* memory of the load alone */

        ConfigDraft **drafts;   /* sorted by kind and id once read */
        size_t n_drafts, allocated;
        size_t count[_SECTION_MAX];
        void *tree;             /* the same, for looking up while reading */

        FILE *stream;
        ConfigWhere at;
        char *line;
        size_t line_size;
        ConfigDraft *current;   /* NULL: outside a good section */
        bool in_section;
};

extern const ConfigSection config_sections[_SECTION_MAX];
extern const ConfigKey config_keys[];
extern const size_t config_n_keys;

/* The kind's keys in the order of the table: the first one, and how many. */
const ConfigKey *config_section_keys(SectionKind kind, size_t *ret_n);
const ConfigKey *config_find_key(SectionKind kind, const char *name);

extern const ConfigType config_type_text, config_type_label, config_type_path, config_type_timezone, config_type_bool,
        config_type_number, config_type_duration, config_type_daytime, config_type_hours, config_type_days, config_type_temperature, config_type_octal,
        config_type_date, config_type_name, config_type_names, config_type_labels, config_type_qualified, config_type_kit;

static inline int32_t config_band_mc(Band band) {
        return band == BAND_EN285 ? 3000 : 4000;
}

bool config_is_label(const char *s);
bool config_is_product(const char *s);
bool config_is_utf8(const char *s, size_t n);

/* Memory that lives as long as the Config; zeroed. NULL: none left, and l->error says so. */
void *config_alloc(ConfigLoad *l, size_t size);
char *config_strndup(ConfigLoad *l, const char *s, size_t n);

/* About a section and, unless NULL, one of its keys: at that key's line, or at the section's. */
_printf_(4, 5) void config_fail(ConfigLoad *l, const ConfigDraft *d, const char *key, const char *format, ...);

/* The candidate that a person may have meant, or NULL. Feed all candidates to _offer(). */
typedef struct ConfigGuess {
        const char *wrong, *best;
        size_t distance;
} ConfigGuess;
void config_guess_offer(ConfigGuess *g, const char *candidate);

/* Fills in what depends on other keys, and checks what no single key can tell. */
void config_check(ConfigLoad *l);
