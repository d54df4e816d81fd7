/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl config: what the daemon goes by, and where each value comes from. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

#define PAGE 500u

int config_fetch(Ctl *c, json_t **ret) {
        json_t *all = json_array(), *page;
        uint64_t after = 0;
        size_t n;

        do {
                int r = ctl_call(c, &page, "GetConfig", "tu", after, PAGE);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                n = ctl_append(all, page, "id", &after);
        } while (n == PAGE);
        *ret = all;
        return CTL_YES;
}

/* Of this kind of section, where one is named; a default only with --all. */
static json_t *choose(const Ctl *c, const json_t *rows, const char *section) {
        json_t *chosen = json_array(), *row;
        size_t i;

        json_array_foreach(rows, i, row)
                if ((!section || streq(text_of(row, "section"), section)) && (c->all || !truth_of(row, "default")))
                        json_array_append(chosen, row);
        return chosen;
}

static void print_config(const json_t *rows) {
        static const Column columns[] = { { "SECTION", false }, { "KEY", false }, { "VALUE", false }, { "FROM", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                Line section = {}, from = {};

                line_add(&section, "[%s%s%s]", text_of(row, "section"), has_text(row, "name") ? " " : "", text_of(row, "name"));
                if (has_text(row, "file"))
                        line_add(&from, "%s:%" PRId64, basename(text_of(row, "file")), number_of(row, "line"));
                table_cell(t, BOLD, "%s", section.text);
                table_cell(t, PLAIN, "%s", text_of(row, "key"));
                table_cell(t, PLAIN, "%s", text_of(row, "value"));
                table_cell(t, DIM, "%s", truth_of(row, "default") ? "default" : from.text);
        }
        table_print(t);
}

static int run_config(Ctl *c, int argc, char **argv) {
        json_t *rows = NULL;
        int r = config_fetch(c, &rows);

        if (r != CTL_YES)
                return r;
        r = ctl_show_chosen(c, choose(c, rows, argc ? argv[0] : NULL), print_config,
                            "nothing is set there; asepsisctl config --all has the defaults");
        json_decref(rows);
        return r;
}

const Verb verb_config = {
        .name = "config",
        .group = GROUP_SETUP,
        .brief = "what the daemon goes by, and where each value comes from",
        .ways = { { .arguments = "[SECTION]", .text = "what is set, with file and line; --all: the defaults, too",
                    .options = OPT(ALL), .paged = true, .run = run_config } },
        .help = "As the daemon read it last. No secret stands in a configuration: passwords have\n"
                "files of their own. doc/configuration.md says what each key means.\n",
        .example = "asepsisctl config policy --all\n",
};
