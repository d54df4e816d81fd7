/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading asepsisd.conf: files, sections, drop-ins, errors.
 *
 * inih splits lines into key and value. Three things it does not do, and so the reader below does them before inih
 * sees the line: it cuts section names at 49 characters, says nothing of a section without keys, and takes a line that
 * is too long for two lines. Each of these could hide a typo, and a typo must never loosen a rule. For the same
 * reason there are no comments behind a value, no continued lines, no empty values, and no key or section twice in one
 * file.
 */
#include "config-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <search.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

struct ConfigBlock {
        ConfigBlock *next;
        max_align_t data[];
};

/* Memory */

static void *add_block(ConfigLoad *l, ConfigBlock **list, size_t size) {
        ConfigBlock *b = calloc(1, sizeof(*b) + size);

        if (!b) {
                l->error = -ENOMEM;
                return NULL;
        }
        b->next = *list;
        *list = b;
        return b->data;
}

static void free_blocks(ConfigBlock *b) {
        for (ConfigBlock *next; b; b = next) {
                next = b->next;
                free(b);
        }
}

void *config_alloc(ConfigLoad *l, size_t size) {
        return add_block(l, &l->config->blocks, size);
}

char *config_strndup(ConfigLoad *l, const char *s, size_t n) {
        char *copy = config_alloc(l, n + 1);

        if (copy)
                memcpy(copy, s, n);
        return copy;
}

Config *config_free(Config *c) {
        if (!c)
                return NULL;
        free_blocks(c->blocks);
        free(c);
        return NULL;
}

/* Errors */

static void add_error(ConfigLoad *l, ConfigWhere where, const char *about, const char *format, va_list args) {
        ConfigErrors *e = l->errors;

        if (e->total++ >= CONFIG_ERRORS_MAX)
                return;
        char *text = e->text[e->n++];
        size_t size = CONFIG_ERROR_SIZE;
        int n = where.line ? snprintf(text, size, "%s:%u: %s", where.file, where.line, about)
                           : snprintf(text, size, "%s: %s", where.file, about);
        if (n >= 0 && (size_t)n < size)
                (void)vsnprintf(text + n, size - (size_t)n, format, args);
}

static void _printf_(3, 4) fail_at(ConfigLoad *l, ConfigWhere where, const char *format, ...) {
        va_list args;

        va_start(args, format);
        add_error(l, where, "", format, args);
        va_end(args);
}

void config_fail(ConfigLoad *l, const ConfigDraft *d, const char *key, const char *format, ...) {
        const ConfigSection *s = &config_sections[d->kind];
        char about[2 * LABEL_MAX + 64];
        ConfigWhere where = d->header;
        va_list args;

        snprintf(about, sizeof(about), "[%s%s%s]%s%.64s: ", s->name, *d->id ? " " : "", d->id, key ? " " : "",
                 key ? key : "");
        const ConfigKey *k = key ? config_find_key(d->kind, key) : NULL;
        if (k) {
                size_t n;
                const ConfigWhere *set = &d->set[k - config_section_keys(d->kind, &n)];

                where = set->file ? *set : where;
        }
        va_start(args, format);
        add_error(l, where, about, format, args);
        va_end(args);
}

void config_errors_print(const ConfigErrors *errors, FILE *f) {
        for (size_t i = 0; i < errors->n; i++)
                fprintf(f, "%s\n", errors->text[i]);
        if (errors->total > errors->n)
                fprintf(f, "... and %zu more\n", errors->total - errors->n);
}

/* Edits (insert, delete, change) from a to b, ignoring case; both cut at LABEL_MAX. */
static size_t edit_distance(const char *a, const char *b) {
        size_t row[LABEL_MAX + 1], n = strnlen(b, LABEL_MAX);

        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 1; i <= LABEL_MAX && a[i - 1]; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        size_t change = diagonal + ((a[i - 1] | 0x20) != (b[j - 1] | 0x20));

                        size_t shift = 1 + MIN_OF(row[j], row[j - 1]);

                        diagonal = row[j];
                        row[j] = MIN_OF(change, shift);
                }
        }
        return row[n];
}

void config_guess_offer(ConfigGuess *g, const char *candidate) {
        size_t distance = edit_distance(g->wrong, candidate);

        if (distance > 1 + strlen(candidate) / 4 || (g->best && distance >= g->distance))
                return;
        g->best = candidate;
        g->distance = distance;
}

/* Sections */

static int compare_drafts(const void *a, const void *b) {
        const ConfigDraft *x = a, *y = b;

        if (x->kind != y->kind)
                return x->kind < y->kind ? -1 : 1;
        return strcmp(x->id, y->id);
}

static int compare_draft_pointers(const void *a, const void *b) {
        return compare_drafts(*(ConfigDraft *const *)a, *(ConfigDraft *const *)b);
}

static int set_fallbacks(ConfigLoad *l, ConfigDraft *d) {
        size_t n;
        const ConfigKey *keys = config_section_keys(d->kind, &n);

        for (size_t i = 0; i < n; i++) {
                if (!keys[i].fallback)
                        continue;
                int r = keys[i].type->parse(l, &keys[i], keys[i].fallback, (char *)d->object + keys[i].offset);
                if (r < 0)
                        return l->error = r;
        }
        return 0;
}

static int keep_draft(ConfigLoad *l, ConfigDraft *d) {
        if (l->n_drafts == l->allocated) {
                size_t n = l->allocated ? l->allocated * 2 : 64;
                ConfigDraft **grown = reallocarray(l->drafts, n, sizeof(*grown));

                if (!grown)
                        return -ENOMEM;
                l->drafts = grown;
                l->allocated = n;
        }
        if (!tsearch(d, &l->tree, compare_drafts))
                return -ENOMEM;
        l->drafts[l->n_drafts++] = d;
        l->count[d->kind]++;
        return 0;
}

static ConfigDraft *find_draft(ConfigLoad *l, SectionKind kind, const char *id) {
        ConfigDraft wanted = { .kind = kind, .id = id };
        ConfigDraft **found = tfind(&wanted, &l->tree, compare_drafts);

        return found ? *found : NULL;
}

/* With its defaults; the same section again from a later file is extended. NULL: l->error says why. */
static ConfigDraft *add_draft(ConfigLoad *l, SectionKind kind, const char *id) {
        const ConfigSection *s = &config_sections[kind];
        ConfigDraft *d = add_block(l, &l->scratch, sizeof(*d));

        if (!d)
                return NULL;
        d->kind = kind;
        d->id = config_strndup(l, id, strlen(id));
        d->object = s->max ? add_block(l, &l->scratch, s->size) : (char *)l->config + s->offset;
        if (!d->id || !d->object || set_fallbacks(l, d) < 0)
                return NULL;
        if (s->max)
                memcpy(d->object, &d->id, sizeof(d->id)); /* id is the first member of each */
        if (keep_draft(l, d) < 0) {
                l->error = -ENOMEM;
                return NULL;
        }
        return d;
}

static const ConfigSection *find_section(const char *name, size_t n) {
        for (size_t i = 0; i < _SECTION_MAX; i++)
                if (strlen(config_sections[i].name) == n && strncmp(config_sections[i].name, name, n) == 0)
                        return &config_sections[i];
        return NULL;
}

static void fail_unknown_section(ConfigLoad *l, const char *name) {
        ConfigGuess guess = { .wrong = name };

        for (size_t i = 0; i < _SECTION_MAX; i++)
                config_guess_offer(&guess, config_sections[i].name);
        if (guess.best)
                fail_at(l, l->at, "[%.64s]: unknown section; did you mean [%s]?", name, guess.best);
        else
                fail_at(l, l->at, "[%.64s]: unknown section; doc/configuration.md lists them all", name);
}

static bool check_id(ConfigLoad *l, const ConfigSection *s, const char *id) {
        bool product = s == &config_sections[SECTION_PRODUCT];

        if (!s->max && *id)
                fail_at(l, l->at, "[%s %.64s]: there is only one [%s], without an id", s->name, id, s->name);
        else if (s->max && !*id)
                fail_at(l, l->at, "[%s]: needs an id: [%s ID]", s->name, s->name);
        else if (s->max && product && !config_is_product(id))
                fail_at(l, l->at, "[%s %.64s]: not a product code: wants a GTIN of 14 digits with a right check "
                        "digit, or HIBC labeler, product and unit of measure without + and check character",
                        s->name, id);
        else if (s->max && !product && !config_is_label(id))
                fail_at(l, l->at, "[%s %.64s]: an id is 1 to %d of A-Z a-z 0-9 . _ -", s->name, id, LABEL_MAX);
        else
                return true;
        return false;
}

static ConfigDraft *enter_section(ConfigLoad *l, SectionKind kind, const char *id) {
        const ConfigSection *s = &config_sections[kind];
        ConfigDraft *d = find_draft(l, kind, id);

        if (d && d->header.file == l->at.file && d->header.line > 0) {
                config_fail(l, d, NULL, "stands twice in this file, the second time in line %u", l->at.line);
                return NULL;
        }
        if (!d && s->max && l->count[kind] == s->max) {
                fail_at(l, l->at, "[%s %s]: more than %zu of this kind", s->name, id, s->max);
                return NULL;
        }
        d = d ? d : add_draft(l, kind, id);
        if (d)
                d->header = l->at;
        return d;
}

/* line: from the bracket on, without trailing blanks. */
static void read_header(ConfigLoad *l, char *line) {
        size_t n = strlen(line);

        l->in_section = true;
        l->current = NULL;
        if (line[n - 1] != ']') {
                fail_at(l, l->at, "a section's line ends with ], and a comment stands on a line of its own");
                return;
        }
        line[n - 1] = '\0';
        char *name = line + 1 + strspn(line + 1, " \t"), *id = name + strcspn(name, " \t");
        size_t length = (size_t)(id - name);
        id += strspn(id, " \t");
        for (n = strlen(id); n > 0 && strchr(" \t", id[n - 1]); n--)
                id[n - 1] = '\0';
        const ConfigSection *s = find_section(name, length);
        if (!s) {
                name[length] = '\0';
                fail_unknown_section(l, name);
        } else if (check_id(l, s, id))
                l->current = enter_section(l, (SectionKind)(s - config_sections), id);
}

/* Keys */

static void fail_unknown_key(ConfigLoad *l, const ConfigDraft *d, const char *name) {
        ConfigGuess guess = { .wrong = name };
        size_t n;
        const ConfigKey *keys = config_section_keys(d->kind, &n);

        for (size_t i = 0; i < n; i++)
                if (!keys[i].refused)
                        config_guess_offer(&guess, keys[i].name);
        ConfigDraft here = { .kind = d->kind, .id = d->id, .header = l->at };
        if (guess.best)
                config_fail(l, &here, name, "unknown key; did you mean %s?", guess.best);
        else
                config_fail(l, &here, name, "unknown key; doc/configuration.md lists them all");
}

static void fail_value(ConfigLoad *l, const ConfigDraft *d, const ConfigKey *key, const char *value) {
        char allowed[CONFIG_ERROR_SIZE] = "";
        FILE *f = fmemopen(allowed, sizeof(allowed) - 1, "w");

        if (f) {
                key->type->describe(key, f);
                fclose(f);
        }
        config_fail(l, d, key->name, "\"%.64s\" is not allowed; allowed is %s", value, allowed);
}

static bool has_comment(const char *value) {
        for (const char *p = value; *p; p++)
                if ((*p == '#' || *p == ';') && (p == value || p[-1] == ' ' || p[-1] == '\t'))
                        return true;
        return false;
}

static void set_key(ConfigLoad *l, ConfigDraft *d, const ConfigKey *key, const char *value) {
        size_t n;
        ConfigWhere *set = &d->set[key - config_section_keys(d->kind, &n)];
        bool again = set->file == l->at.file;
        unsigned before = set->line;

        *set = l->at;
        if (key->refused)
                config_fail(l, d, key->name, "%s", key->refused);
        else if (again)
                config_fail(l, d, key->name, "stands twice in this section, the first time in line %u", before);
        else if (!value || !*value)
                config_fail(l, d, key->name, "has no value; leave the line out to have the default");
        else if (has_comment(value))
                config_fail(l, d, key->name, "a comment stands on a line of its own, not behind a value");
        else {
                int r = key->type->parse(l, key, value, (char *)d->object + key->offset);

                if (r == 0) {
                        d->text[key - config_section_keys(d->kind, &n)] = config_strndup(l, value, strlen(value));
                        return;
                }
                if (r == -EINVAL)
                        fail_value(l, d, key, value);
                else
                        l->error = r;
        }
        d->doubtful = true;
}

static int handle_line(void *user, const char *section, const char *name, const char *value) {
        ConfigLoad *l = user;

        (void)section;
        if (l->error < 0)
                return 0;
        if (!l->in_section)
                fail_at(l, l->at, "\"%.64s\" stands before the first section", name);
        if (!l->current)
                return 1;
        const ConfigKey *key = config_find_key(l->current->kind, name);
        if (key)
                set_key(l, l->current, key, value);
        else if (!value)
                fail_at(l, l->at, "a line is KEY = VALUE, [SECTION], or a comment behind #");
        else
                fail_unknown_key(l, l->current, name);
        return 1;
}

static void fail_line(ConfigLoad *l, const char *what) {
        fail_at(l, l->at, "%s", what);
        if (l->current)
                l->current->doubtful = true;
}

static const char *bad_line(const char *line, size_t n) {
        if (n > CONFIG_LINE_MAX)
                return "this line is too long: at most 4000 bytes are allowed";
        if (!config_is_utf8(line, n))
                return "this line is not UTF-8";
        for (size_t i = 0; i < n; i++)
                if ((line[i] >= 0 && line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
                        return "this line has a control character";
        return NULL;
}

/* fgets() for inih: hands on one good line; headers and bad lines become empty ones. */
static char *read_line(char *ret, int size, void *user) {
        ConfigLoad *l = user;

        if (l->error < 0)
                return NULL;
        ssize_t n = getline(&l->line, &l->line_size, l->stream);
        if (n < 0)
                return NULL;
        l->at.line++;
        while (n > 0 && l->line[n - 1] && strchr(" \t\r\n", l->line[n - 1]))
                n--;
        const char *bad = bad_line(l->line, (size_t)n);
        if (bad || n >= size) {
                fail_line(l, bad ? bad : "this line is too long");
                n = 0;
        }
        l->line[n] = '\0';
        size_t blank = strspn(l->line, " \t");
        bool header = l->line[blank] == '[';
        if (header)
                read_header(l, l->line + blank);
        strcpy(ret, header ? "" : l->line);
        return ret;
}

static void parse_stream(ConfigLoad *l, FILE *f, const char *name) {
        char *kept = config_strndup(l, name, strlen(name));

        if (!kept)
                return;
        l->stream = f;
        l->at = (ConfigWhere){ .file = kept };
        l->current = NULL;
        l->in_section = false;
        ini_max_line = CONFIG_LINE_MAX + 3;
        ini_allow_multiline = false;
        ini_allow_inline_comments = false;
        ini_allow_no_value = true;
        ini_allow_bom = false;
        ini_stop_on_first_error = false;
        (void)ini_parse_stream(read_line, l, handle_line, l);
        if (ferror(f)) {
                l->error = -EIO;
                fail_at(l, l->at, "cannot be read to its end");
        }
}

/* Files */

static int fail_file(ConfigLoad *l, const char *path, int error) {
        fail_at(l, (ConfigWhere){ .file = path }, "cannot be read: %s", strerror(error));
        return l->error = -error;
}

/* Not blocking: a pipe of that name must not hang the daemon. */
static int parse_file(ConfigLoad *l, const char *path) {
        struct stat st;
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

        if (fd < 0)
                return fail_file(l, path, errno);
        FILE *f = fdopen(fd, "r");
        if (!f) {
                close(fd);
                return fail_file(l, path, ENOMEM);
        }
        if (fstat(fd, &st) < 0)
                fail_file(l, path, errno);
        else if (!S_ISREG(st.st_mode))
                fail_at(l, (ConfigWhere){ .file = path }, "is not a regular file");
        else if (st.st_size > CONFIG_FILE_MAX)
                fail_at(l, (ConfigWhere){ .file = path }, "is larger than %d bytes", CONFIG_FILE_MAX);
        else
                parse_stream(l, f, path);
        fclose(f);
        return l->error;
}

static int is_drop_in(const struct dirent *e) {
        size_t n = strlen(e->d_name);

        return e->d_name[0] != '.' && n > 5 && streq(e->d_name + n - 5, ".conf");
}

/* Not alphasort(): that goes by the locale. */
static int by_name(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int parse_drop_ins(ConfigLoad *l, const char *path) {
        _cleanup_(freep) char *directory = NULL;
        struct dirent **entries = NULL;

        if (asprintf(&directory, "%s.d", path) < 0)
                return l->error = -ENOMEM;
        int n = scandir(directory, &entries, is_drop_in, by_name);
        if (n < 0)
                return errno == ENOENT ? 0 : fail_file(l, directory, errno);
        if (n > CONFIG_FILES_MAX)
                fail_at(l, (ConfigWhere){ .file = directory }, "has more than %d files", CONFIG_FILES_MAX);
        for (int i = 0; i < n; i++) {
                _cleanup_(freep) char *file = NULL;

                if (l->error == 0 && i < CONFIG_FILES_MAX) {
                        if (asprintf(&file, "%s/%s", directory, entries[i]->d_name) < 0)
                                l->error = -ENOMEM;
                        else
                                (void)parse_file(l, file);
                }
                free(entries[i]);
        }
        free(entries);
        return l->error;
}

/* The whole */

/* Sections that there is one of are always there, with their defaults. */
static int begin(ConfigLoad *l, const char *name) {
        memset(l->errors, 0, sizeof(*l->errors));
        l->config = calloc(1, sizeof(*l->config));
        if (!l->config)
                return l->error = -ENOMEM;
        l->main_file = config_strndup(l, name, strlen(name));
        for (int kind = 0; l->main_file && kind < _SECTION_MAX; kind++) {
                if (config_sections[kind].max)
                        continue;
                ConfigDraft *d = add_draft(l, (SectionKind)kind, "");
                if (!d)
                        break;
                d->header.file = l->main_file;
        }
        return l->error;
}

/* Moves the objects of one kind, which are drafts[0..n-1], into one array in the order of their ids. */
static void place_objects(ConfigLoad *l, SectionKind kind, ConfigDraft **drafts, size_t n) {
        const ConfigSection *s = &config_sections[kind];
        char *array = config_alloc(l, n * s->size);

        if (!array)
                return;
        for (size_t i = 0; i < n; i++) {
                memcpy(array + i * s->size, drafts[i]->object, s->size);
                drafts[i]->object = array + i * s->size;
        }
        memcpy((char *)l->config + s->offset, &array, sizeof(array));
        memcpy((char *)l->config + s->count_offset, &n, sizeof(n));
}

/* What was said where, for whoever asks later. */
static void keep_settings(ConfigLoad *l) {
        ConfigSetting *s;
        size_t n = 0;

        for (size_t i = 0; i < l->n_drafts; i++)
                for (size_t k = 0; k < CONFIG_KEYS_MAX; k++)
                        n += l->drafts[i]->text[k] != NULL;
        s = config_alloc(l, (n + l->n_drafts) * sizeof(*s));
        if (!s)
                return;
        l->config->settings = s;
        for (size_t i = 0; i < l->n_drafts; i++) {
                const ConfigDraft *d = l->drafts[i];
                size_t n_keys;
                const ConfigKey *keys = config_section_keys(d->kind, &n_keys);

                *s++ = (ConfigSetting){ config_sections[d->kind].name, d->id, NULL, NULL, d->header.file, d->header.line };
                for (size_t k = 0; k < n_keys; k++)
                        if (d->text[k])
                                *s++ = (ConfigSetting){ config_sections[d->kind].name, d->id, keys[k].name, d->text[k],
                                                        d->set[k].file, d->set[k].line };
        }
        l->config->n_settings = n + l->n_drafts;
}

static int finish(ConfigLoad *l, Config **ret) {
        size_t first = 0;

        if (l->error == 0)
                qsort(l->drafts, l->n_drafts, sizeof(*l->drafts), compare_draft_pointers);
        for (int kind = 0; l->error == 0 && kind < _SECTION_MAX; kind++) {
                if (config_sections[kind].max)
                        place_objects(l, (SectionKind)kind, l->drafts + first, l->count[kind]);
                first += l->count[kind];
        }
        if (l->error == 0)
                config_check(l);
        if (l->error == 0)
                keep_settings(l);
        if (l->error == 0 && l->errors->total > 0)
                l->error = -EINVAL;
        while (l->tree) {
                ConfigDraft *d = *(ConfigDraft **)l->tree;

                (void)tdelete(d, &l->tree, compare_drafts);
        }
        free_blocks(l->scratch);
        free(l->drafts);
        free(l->line);
        if (l->error == 0)
                *ret = TAKE(l->config);
        config_free(l->config);
        return l->error;
}

int config_load(const char *path, Config **ret, ConfigErrors *ret_errors) {
        ConfigLoad l = { .errors = ret_errors };

        if (begin(&l, path) == 0 && parse_file(&l, path) == 0)
                (void)parse_drop_ins(&l, path);
        return finish(&l, ret);
}

int config_load_stream(FILE *f, const char *name, Config **ret, ConfigErrors *ret_errors) {
        ConfigLoad l = { .errors = ret_errors };

        if (begin(&l, name) == 0)
                parse_stream(&l, f, name);
        return finish(&l, ret);
}

bool config_key_info(const char *section, size_t i, const char **ret_name, const char **ret_default,
                     const char **ret_otherwise) {
        const ConfigSection *s = find_section(section, strlen(section));
        const ConfigKey *keys;
        size_t n = 0;

        if (!s)
                return false;
        keys = config_section_keys((SectionKind)(s - config_sections), &n);
        if (i >= n)
                return false;
        *ret_name = keys[i].name;
        *ret_default = keys[i].fallback;
        *ret_otherwise = keys[i].otherwise;
        return true;
}
