/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the bytes: no crash, no leak, and either a whole configuration or at least one error, each a bounded line. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(x)                  \
        do {                     \
                if (!(x))        \
                        abort(); \
        } while (0)

static void check_errors(const ConfigErrors *e) {
        must(e->n <= CONFIG_ERRORS_MAX && e->n <= e->total);
        for (size_t i = 0; i < e->n; i++)
                must(memchr(e->text[i], '\0', CONFIG_ERROR_SIZE) && !strchr(e->text[i], '\n'));
}

/* Every reference leads somewhere. */
static void check_config(const Config *c) {
        for (size_t i = 0; i < c->n_autoclaves; i++)
                for (size_t j = 0; j < c->autoclaves[i].program_ids.n; j++)
                        must(streq(c->autoclaves[i].programs[j]->id, c->autoclaves[i].program_ids.v[j]));
        for (size_t i = 0; i < c->n_devices; i++) {
                must(!c->devices[i].room || config_room(c, c->devices[i].room));
                must(!c->devices[i].autoclave || config_autoclave(c, c->devices[i].autoclave));
        }
        for (size_t i = 0; i < c->n_products; i++)
                must(config_class(c, c->products[i].class_id));
        must(c->site.timezone && c->broker.client_id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static ConfigErrors errors;
        Config *c = NULL;
        FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;

        if (!f)
                return 0;
        int r = config_load_stream(f, "fuzz.conf", &c, &errors);
        fclose(f);
        check_errors(&errors);
        must(r == 0 ? c && errors.total == 0 : r == -EINVAL && !c && errors.total > 0);
        if (c)
                check_config(c);
        config_free(c);
        return 0;
}
