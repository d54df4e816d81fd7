/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How values are read. Numbers are decimal integers throughout, so that "2.675" is not something else on another day:
 * a number is scaled to its target's unit exactly, and what does not fit is refused rather than rounded.
 */
#include "config-internal.h"

#include <errno.h>
#include <inttypes.h>

#define ZONEINFO "/usr/share/zoneinfo/"

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_alnum(char c) {
        return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_upper_alnum(char c) {
        return is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool config_is_label(const char *s) {
        size_t n = strlen(s);

        for (size_t i = 0; i < n; i++)
                if (!is_alnum(s[i]) && !strchr("._-", s[i]))
                        return false;
        return n >= 1 && n <= LABEL_MAX;
}

/* GS1 General Specifications 7.9: weights 3 and 1 from the right, check digit last. */
static bool is_gtin14(const char *s) {
        unsigned sum = 0;

        for (size_t i = 0; i < 14; i++) {
                if (!is_digit(s[i]))
                        return false;
                sum += (unsigned)(s[i] - '0') * (i % 2 == 0 ? 3 : 1);
        }
        return s[14] == '\0' && sum % 10 == 0;
}

/* ANSI/HIBC 2.6, as core/udi.h gives it: labeler (a letter and three), product code of 1 to 18, unit of measure. */
static bool is_hibc(const char *s) {
        size_t n = strlen(s);

        if (n < 6 || n > 23 || is_digit(s[0]) || !is_digit(s[n - 1]))
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_upper_alnum(s[i]))
                        return false;
        return true;
}

bool config_is_product(const char *s) {
        return is_digit(s[0]) ? strlen(s) == 14 && is_gtin14(s) : is_hibc(s);
}

/* Bytes of the well-formed sequence at s (RFC 3629: no overlong forms, no surrogates), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t n) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
        size_t length = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;

        if (length <= 1 || length > n)
                return length <= n ? length : 0;
        uint32_t c = s[0] & (0x7FU >> length);
        for (size_t i = 1; i < length; i++) {
                if (s[i] >> 6 != 2)
                        return 0;
                c = c << 6 | (s[i] & 0x3FU);
        }
        return c < least[length] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : length;
}

bool config_is_utf8(const char *s, size_t n) {
        while (n > 0) {
                size_t length = utf8_sequence((const unsigned char *)s, n);

                if (length == 0)
                        return false;
                s += length;
                n -= length;
        }
        return true;
}

static int store_string(ConfigLoad *l, const char *s, size_t n, const char **target) {
        char *copy = config_strndup(l, s, n);

        if (!copy)
                return -ENOMEM;
        *target = copy;
        return 0;
}

static int store_integer(const ConfigKey *key, int64_t value, void *target) {
        if (value < key->min || value > key->max)
                return -EINVAL;
        if (key->size == sizeof(int64_t))
                *(int64_t *)target = value;
        else
                *(int32_t *)target = (int32_t)value;
        return 0;
}

/* Text, labels, paths */

static int parse_text(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        size_t n = strlen(value);

        if (n > (size_t)(key->max ? key->max : CONFIG_STRING_MAX))
                return -EINVAL;
        return store_string(l, value, n, target);
}

static void describe_text(const ConfigKey *key, FILE *f) {
        fprintf(f, "text of up to %" PRId64 " bytes", key->max ? key->max : CONFIG_STRING_MAX);
}

const ConfigType config_type_text = { parse_text, describe_text };

static int parse_label(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        (void)key;
        return config_is_label(value) ? store_string(l, value, strlen(value), target) : -EINVAL;
}

static void describe_label(const ConfigKey *key, FILE *f) {
        (void)key;
        fprintf(f, "1 to %d of A-Z a-z 0-9 . _ -", LABEL_MAX);
}

const ConfigType config_type_label = { parse_label, describe_label };

static int parse_path(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        size_t n = strlen(value);

        if (value[0] != '/' || value[n - 1] == '/' || n > (size_t)(key->max ? key->max : CONFIG_PATH_MAX))
                return -EINVAL;
        return store_string(l, value, n, target);
}

static void describe_path(const ConfigKey *key, FILE *f) {
        fprintf(f, "an absolute path of up to %" PRId64 " bytes", key->max ? key->max : CONFIG_PATH_MAX);
}

const ConfigType config_type_path = { parse_path, describe_path };

/* A zone that is not there would silently be UTC to libc, and every expiry day wrong by hours. */
static int parse_timezone(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        char path[sizeof(ZONEINFO) + LABEL_MAX];
        size_t n = strlen(value);

        (void)key;
        if (n > LABEL_MAX || !is_alnum(value[0]) || !is_alnum(value[n - 1]))
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (!is_alnum(value[i]) && !strchr("/_+-", value[i]))
                        return -EINVAL;
        snprintf(path, sizeof(path), ZONEINFO "%s", value);
        FILE *f = fopen(path, "re");
        char magic[4] = "";
        bool good = f && fread(magic, sizeof(magic), 1, f) == 1 && memcmp(magic, "TZif", 4) == 0;
        if (f)
                fclose(f);
        return good || streq(value, "UTC") ? store_string(l, value, n, target) : -EINVAL;
}

static void describe_timezone(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("a time zone of this machine, such as Europe/Berlin (see `timedatectl list-timezones`)", f);
}

const ConfigType config_type_timezone = { parse_timezone, describe_timezone };

/* Numbers */

/* Reads [0-9]+(.[0-9]+)? times scale, exactly; moves *s behind it. */
static int read_scaled(const char **s, int64_t scale, int64_t *ret) {
        const char *p = *s;
        int64_t whole = 0, part = 0, unit = scale;

        if (!is_digit(*p))
                return -EINVAL;
        for (; is_digit(*p); p++)
                if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *p - '0', &whole))
                        return -EINVAL;
        if (*p == '.') {
                if (!is_digit(*++p))
                        return -EINVAL;
                for (; is_digit(*p); p++) {
                        if (*p != '0' && (unit == 0 || unit % 10 != 0))
                                return -EINVAL;
                        unit /= 10;
                        part += (*p - '0') * unit;
                }
        }
        if (__builtin_mul_overflow(whole, scale, &whole) || __builtin_add_overflow(whole, part, ret))
                return -EINVAL;
        *s = p;
        return 0;
}

static int parse_number(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        int64_t v;

        (void)l;
        if (read_scaled(&value, key->scale, &v) < 0 || *value)
                return -EINVAL;
        return store_integer(key, v, target);
}

/* As the file would say it: no decimals that are not needed. */
static void print_scaled(FILE *f, int64_t value, int64_t scale) {
        fprintf(f, "%" PRId64, value / scale);
        if (value % scale == 0)
                return;
        fputc('.', f);
        for (int64_t rest = value % scale; rest != 0; rest %= scale) {
                rest *= 10;
                fprintf(f, "%" PRId64, rest / scale);
        }
}

static void describe_number(const ConfigKey *key, FILE *f) {
        fputs("a number from ", f);
        print_scaled(f, key->min, key->scale);
        fputs(" to ", f);
        print_scaled(f, key->max, key->scale);
}

const ConfigType config_type_number = { parse_number, describe_number };

static int parse_octal(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        int32_t v = 0;

        (void)l;
        if (strlen(value) != 4 || value[0] != '0' || strspn(value, "01234567") != 4)
                return -EINVAL;
        for (const char *p = value; *p; p++)
                v = v * 8 + (*p - '0');
        return v == key->min || v == key->max ? store_integer(key, v, target) : -EINVAL;
}

static void describe_octal(const ConfigKey *key, FILE *f) {
        fprintf(f, "0%03" PRIo64 " or 0%03" PRIo64, (uint64_t)key->min, (uint64_t)key->max);
}

const ConfigType config_type_octal = { parse_octal, describe_octal };

typedef struct Unit {
        const char *name;
        int64_t us;
} Unit;

static const Unit duration_units[] = {
        { "ms", US_PER_MS },          { "s", US_PER_S },           { "min", 60 * US_PER_S },
        { "h", 3600 * US_PER_S },     { "d", US_PER_DAY },
};

static const Unit *find_unit(const char **s) {
        size_t n = 0;

        while (is_alnum((*s)[n]) && !is_digit((*s)[n]))
                n++;
        for (size_t i = 0; i < ELEMENTSOF(duration_units); i++)
                if (strlen(duration_units[i].name) == n && strncmp(*s, duration_units[i].name, n) == 0) {
                        *s += n;
                        return &duration_units[i];
                }
        return NULL;
}

/*
 * "90 s", "3.5 min", "3 min 30 s". The unit must be said: 3 could be minutes to one reader and seconds to another.
 * What a decimal needs of the unit is only known behind it, so the number is read twice.
 */
static int read_duration(const char *s, int64_t *ret) {
        int64_t total = 0, v, last = INT64_MAX;

        do {
                const char *number = s;

                s += strspn(s, "0123456789.");
                s += strspn(s, " ");
                const Unit *unit = find_unit(&s);
                if (!unit || unit->us >= last || read_scaled(&number, unit->us, &v) < 0)
                        return -EINVAL;
                if (*number == '.' || __builtin_add_overflow(total, v, &total))
                        return -EINVAL;
                last = unit->us;
                s += strspn(s, " ");
        } while (*s);
        *ret = total;
        return 0;
}

static int parse_duration(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        int64_t v;

        (void)l;
        return read_duration(value, &v) < 0 ? -EINVAL : store_integer(key, v, target);
}

static void print_duration(FILE *f, int64_t us) {
        size_t i = ELEMENTSOF(duration_units) - 1;

        while (i > 0 && (us == 0 || us % duration_units[i].us != 0))
                i--;
        if (us == 0)
                i = 1;
        fprintf(f, "%" PRId64 " %s", us / duration_units[i].us, duration_units[i].name);
}

static void describe_duration(const ConfigKey *key, FILE *f) {
        fputs("a time with its unit (ms, s, min, h, d), such as 90 s, from ", f);
        print_duration(f, key->min);
        fputs(" to ", f);
        print_duration(f, key->max);
}

const ConfigType config_type_duration = { parse_duration, describe_duration };

/* HH:MM at s, up to 24:00. */
static int read_daytime(const char *s, int64_t *ret) {
        if (strnlen(s, 5) < 5 || !is_digit(s[0]) || !is_digit(s[1]) || s[2] != ':' || !is_digit(s[3]) || !is_digit(s[4]))
                return -EINVAL;
        int h = (s[0] - '0') * 10 + s[1] - '0', m = (s[3] - '0') * 10 + s[4] - '0';
        if (h * 60 + m > 24 * 60 || m > 59)
                return -EINVAL;
        *ret = (h * 60 + m) * 60 * US_PER_S;
        return 0;
}

static int parse_daytime(ConfigLoad *l, const ConfigKey *key, const char *s, void *target) {
        int64_t v;

        (void)l;
        return strlen(s) != 5 || read_daytime(s, &v) < 0 ? -EINVAL : store_integer(key, v, target);
}

static void describe_daytime(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("a time of day, HH:MM, from 00:00 to 12:00", f);
}

const ConfigType config_type_daytime = { parse_daytime, describe_daytime };

/* "08:00-20:00" */
static int parse_hours(ConfigLoad *l, const ConfigKey *key, const char *s, void *target) {
        ConfigHours h;

        (void)l;
        (void)key;
        if (strlen(s) != 11 || s[5] != '-' || read_daytime(s, &h.from_us) < 0 || read_daytime(s + 6, &h.until_us) < 0 ||
            h.from_us >= h.until_us)
                return -EINVAL;
        *(ConfigHours *)target = h;
        return 0;
}

static void describe_hours(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("two times of one day, HH:MM-HH:MM, the second up to 24:00", f);
}

const ConfigType config_type_hours = { parse_hours, describe_hours };

/* "134 C" or "273.2 F"; Fahrenheit is rounded to the nearest thousandth of a degree Celsius. */
static int parse_temperature(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        int64_t v;

        (void)l;
        if (read_scaled(&value, 1000, &v) < 0 || v > 1000000)
                return -EINVAL;
        value += strspn(value, " ");
        if (streq(value, "F"))
                v = ((v - 32000) * 10 + 9) / 18;
        else if (!streq(value, "C"))
                return -EINVAL;
        return store_integer(key, v, target);
}

static void describe_temperature(const ConfigKey *key, FILE *f) {
        fputs("a temperature with its unit, such as 134 C or 273.2 F, from ", f);
        print_scaled(f, key->min, 1000);
        fputs(" C to ", f);
        print_scaled(f, key->max, 1000);
        fputs(" C", f);
}

const ConfigType config_type_temperature = { parse_temperature, describe_temperature };

/* Words */

static int parse_bool(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        (void)l;
        (void)key;
        if (!streq(value, "yes") && !streq(value, "no"))
                return -EINVAL;
        *(bool *)target = streq(value, "yes");
        return 0;
}

static void describe_bool(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("yes or no", f);
}

const ConfigType config_type_bool = { parse_bool, describe_bool };

static const ConfigName *find_name(const ConfigName *names, const char *s, size_t n) {
        for (; names->name; names++)
                if (strlen(names->name) == n && strncmp(names->name, s, n) == 0)
                        return names;
        return NULL;
}

static void print_names(FILE *f, const ConfigName *names, const char *conjunction) {
        for (const ConfigName *n = names; n->name; n++)
                fprintf(f, "%s%s", n == names ? "" : n[1].name ? ", " : conjunction, n->name);
}

static int parse_name(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        const ConfigName *name = find_name(key->names, value, strlen(value));

        (void)l;
        if (!name)
                return -EINVAL;
        *(int *)target = name->value;
        return 0;
}

static void describe_name(const ConfigKey *key, FILE *f) {
        print_names(f, key->names, " or ");
}

const ConfigType config_type_name = { parse_name, describe_name };

/* Lists. Takes the next member off *s, without the blanks around it; false when there is none left. */
static bool next_member(const char **s, char separator, const char **ret, size_t *ret_n) {
        if (!*s)
                return false;
        const char *start = *s + strspn(*s, " \t"), *end = strchrnul(start, separator);
        *s = *end ? end + 1 : NULL;
        while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
        *ret = start;
        *ret_n = (size_t)(end - start);
        return true;
}

static int parse_names(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        const char *member;
        size_t n;
        uint32_t set = 0;

        (void)l;
        while (next_member(&value, ',', &member, &n)) {
                const ConfigName *name = find_name(key->names, member, n);

                if (!name || (set & (1U << name->value)))
                        return -EINVAL;
                set |= 1U << name->value;
        }
        *(uint32_t *)target = set;
        return 0;
}

static void describe_names(const ConfigKey *key, FILE *f) {
        fputs("one or more, each once, with commas between, of ", f);
        print_names(f, key->names, ", ");
}

const ConfigType config_type_names = { parse_names, describe_names };

/* "mon-sat", "mon, wed-fri": from a day to another, over the end of the week too. */
static int parse_days(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        const char *member;
        size_t n;
        uint32_t set = 0;

        (void)l;
        while (next_member(&value, ',', &member, &n)) {
                const char *dash = memchr(member, '-', n);
                const ConfigName *from = find_name(key->names, member, dash ? (size_t)(dash - member) : n);
                const ConfigName *to = dash ? find_name(key->names, dash + 1, n - (size_t)(dash - member) - 1) : from;

                if (!from || !to)
                        return -EINVAL;
                for (int day = from->value; set |= 1U << day, day != to->value; day = (day + 1) % 7)
                        ;
        }
        *(uint32_t *)target = set;
        return 0;
}

static void describe_days(const ConfigKey *key, FILE *f) {
        fputs("days of the week or ranges of them, with commas between, of ", f);
        print_names(f, key->names, ", ");
}

const ConfigType config_type_days = { parse_days, describe_days };

static size_t count_members(const char *s) {
        size_t n = 1;

        for (; *s; s++)
                n += *s == ',';
        return n;
}

static int parse_labels(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        List list = { .n = 0 };
        const char *member;
        size_t n, max = count_members(value);

        (void)key;
        if (max > CONFIG_LIST_MAX)
                return -EINVAL;
        list.v = config_alloc(l, max * sizeof(*list.v));
        if (!list.v)
                return -ENOMEM;
        while (next_member(&value, ',', &member, &n)) {
                int r = store_string(l, member, n, &list.v[list.n]);

                if (r < 0)
                        return r;
                if (!config_is_label(list.v[list.n]))
                        return -EINVAL;
                for (size_t i = 0; i < list.n; i++)
                        if (streq(list.v[i], list.v[list.n]))
                                return -EINVAL;
                list.n++;
        }
        *(List *)target = list;
        return 0;
}

static void describe_labels(const ConfigKey *key, FILE *f) {
        (void)key;
        fprintf(f, "one to %d ids, each once, with commas between", CONFIG_LIST_MAX);
}

const ConfigType config_type_labels = { parse_labels, describe_labels };

/* "2027-12-31" to 20271231, or 0. */
static int32_t read_date(const char *s, size_t n) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int32_t v = 0;

        if (n != 10 || s[4] != '-' || s[7] != '-')
                return 0;
        for (size_t i = 0; i < n; i++) {
                if (i == 4 || i == 7)
                        continue;
                if (!is_digit(s[i]))
                        return 0;
                v = v * 10 + (s[i] - '0');
        }
        int y = v / 10000, m = v / 100 % 100, d = v % 100;
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        if (y < 2000 || m < 1 || m > 12 || d < 1 || d > days[m - 1] + (m == 2 && leap))
                return 0;
        return v;
}

static int parse_date(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        int32_t date = read_date(value, strlen(value));

        (void)l;
        (void)key;
        if (date == 0)
                return -EINVAL;
        *(int32_t *)target = date;
        return 0;
}

static void describe_date(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("a date, YYYY-MM-DD", f);
}

const ConfigType config_type_date = { parse_date, describe_date };

/* PROCEDURE until DATE */
static int parse_qualification(ConfigLoad *l, const char *s, size_t n, ConfigQualification *ret) {
        static const char word[] = " until ";
        const char *at = memmem(s, n, word, strlen(word));

        if (!at)
                return -EINVAL;
        const char *date = at + strlen(word), *end = s + n;
        date += strspn(date, " ");
        while (at > s && at[-1] == ' ')
                at--;
        ret->until = date < end ? read_date(date, (size_t)(end - date)) : 0;
        int r = store_string(l, s, (size_t)(at - s), &ret->procedure);
        if (r < 0)
                return r;
        return ret->until && config_is_label(ret->procedure) ? 0 : -EINVAL;
}

static int parse_qualified(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        ConfigPractitioner p = { .qualified.n = 0 };
        const char *member;
        size_t n, max = count_members(value);

        (void)key;
        if (max > CONFIG_LIST_MAX)
                return -EINVAL;
        ConfigQualification *v = config_alloc(l, max * sizeof(*v));
        if (!v)
                return -ENOMEM;
        while (next_member(&value, ',', &member, &n)) {
                int r = parse_qualification(l, member, n, &v[p.qualified.n]);

                if (r < 0)
                        return r;
                for (size_t i = 0; i < p.qualified.n; i++)
                        if (streq(v[i].procedure, v[p.qualified.n].procedure))
                                return -EINVAL;
                p.qualified.n++;
        }
        p.qualified.v = v;
        memcpy(target, &p.qualified, sizeof(p.qualified));
        return 0;
}

static void describe_qualified(const ConfigKey *key, FILE *f) {
        (void)key;
        fputs("PROCEDURE until YYYY-MM-DD, several with commas between, each procedure once", f);
}

const ConfigType config_type_qualified = { parse_qualified, describe_qualified };

/* ROLE + ROLE + ... */
static int parse_way(const ConfigKey *key, const char *s, KitWay *ret) {
        const char *member;
        size_t n;

        while (next_member(&s, '+', &member, &n)) {
                const ConfigName *role = find_name(key->names, member, n);

                if (!role || ret->n_roles == KIT_ROLES_MAX)
                        return -EINVAL;
                for (size_t i = 0; i < ret->n_roles; i++)
                        if ((int)ret->roles[i] == role->value)
                                return -EINVAL;
                ret->roles[ret->n_roles++] = (Role)role->value;
        }
        return 0;
}

static int parse_kit(ConfigLoad *l, const ConfigKey *key, const char *value, void *target) {
        ConfigKit kit = { .n_ways = 0 };
        const char *member;
        size_t n;

        (void)l;
        while (next_member(&value, '|', &member, &n)) {
                char way[CONFIG_LINE_MAX + 1];

                if (kit.n_ways == KIT_WAYS_MAX || n >= sizeof(way))
                        return -EINVAL;
                memcpy(way, member, n);
                way[n] = '\0';
                if (parse_way(key, way, &kit.ways[kit.n_ways++]) < 0)
                        return -EINVAL;
        }
        *(ConfigKit *)target = kit;
        return 0;
}

static void describe_kit(const ConfigKey *key, FILE *f) {
        fprintf(f, "roles with + between, up to %d; other ways behind a |, up to %d; roles: ", KIT_ROLES_MAX,
                KIT_WAYS_MAX);
        print_names(f, key->names, ", ");
}

const ConfigType config_type_kit = { parse_kit, describe_kit };
