/* SPDX-License-Identifier: Apache-2.0 */
/* GetConfig: what the daemon goes by, and where each value comes from. No secrets stand in a configuration. */
#include <errno.h>
#include <stdio.h>

#include "bus/internal.h"
#include "config.h"

typedef struct Page {
        const Config *config;
        Reply *reply;
        uint64_t row, after, most; /* rows so far; those up to `after` are left out */
} Page;

static void put_row(Page *p, const ConfigSetting *of, const char *key, const char *value, const ConfigSetting *set) {
        Reply *r = p->reply;

        if (++p->row <= p->after || p->row > p->most)
                return;
        reply_open(r);
        reply_number(r, "id", (int64_t)p->row);
        reply_text(r, "section", of->section);
        reply_text(r, "name", of->id);
        reply_text(r, "key", key);
        reply_text(r, "value", value);
        if (set && set->line) {
                reply_text(r, "file", set->file);
                reply_number(r, "line", (int64_t)set->line);
        }
        if (key && !set)
                reply_truth(r, "default", true);
        reply_close(r);
}

/* The section's rows stand behind it, in the order of the keys. */
static const ConfigSetting *find_setting(const Config *c, const ConfigSetting *section, const char *key) {
        for (const ConfigSetting *s = section + 1; s < c->settings + c->n_settings && s->key; s++)
                if (streq(s->key, key))
                        return s;
        return NULL;
}

static void put_section(Page *p, const ConfigSetting *section) {
        const char *key, *fallback, *otherwise;

        if (section->id[0] || section->line)
                put_row(p, section, NULL, NULL, section);
        for (size_t k = 0; config_key_info(section->section, k, &key, &fallback, &otherwise); k++) {
                const ConfigSetting *set = find_setting(p->config, section, key);
                const char *value = set ? set->value : fallback ?: otherwise;

                if (value)
                        put_row(p, section, key, value, set);
        }
}

/* GetConfig(t after, u limit) -> aa{sv}. */
int method_get_config(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *c = source->config(source->userdata);
        uint64_t after;
        uint32_t limit;
        Reply reply;
        int r = sd_bus_message_read(m, "tu", &after, &limit);
        Page p = { .config = c, .reply = &reply };

        (void)error;
        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_PAGE_MAX ? BUS_PAGE_MAX : limit;
        p.after = MIN_OF(after, (uint64_t)INT64_MAX);
        p.most = p.after + limit;
        reply_page_open(&reply);
        for (const ConfigSetting *s = c->settings; s < c->settings + c->n_settings && p.row < p.most; s++)
                if (!s->key)
                        put_section(&p, s);
        reply_close(&reply);
        return reply_send(&reply);
}

bool bus_policy(const Config *c, const char *section, const char *key, const char **ret_default, const char **ret_value) {
        const char *name, *fallback, *otherwise;
        size_t k = 0;

        while (config_key_info(section, k, &name, &fallback, &otherwise) && !streq(name, key))
                k++;
        if (!config_key_info(section, k, &name, &fallback, &otherwise))
                return false;
        *ret_default = *ret_value = fallback ?: otherwise;
        for (const ConfigSetting *s = c->settings; s < c->settings + c->n_settings; s++)
                if (s->key && streq(s->section, section) && streq(s->key, key))
                        *ret_value = s->value;
        return true;
}
