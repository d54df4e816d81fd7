/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl parse: what Asepsis sees in an item code. Needs no daemon. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/udi.h"
#include "ctl.h"
#include "util.h"

#define NAME_WIDTH 12

static int32_t current_year(void) {
        struct tm tm;
        time_t now = time(NULL);
        return gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 2000;
}

/* FNC1 as a person can type it. Only here: from a device the byte itself is expected. */
static size_t separator_length(const char *p) {
        static const char *const ways[] = { "<GS>", "{GS}", "^]", "\\x1d", "\\x1D" };
        for (size_t i = 0; i < ELEMENTSOF(ways); i++)
                if (strncmp(p, ways[i], strlen(ways[i])) == 0)
                        return strlen(ways[i]);
        return 0;
}

/* Returns the length; what is more than fits is cut, and too long for the parser in any case. */
static size_t resolve_separators(const char *typed, char ret_code[static CODE_MAX + 1]) {
        size_t n = 0;
        while (*typed && n <= CODE_MAX) {
                size_t k = separator_length(typed);
                ret_code[n++] = k ? '\x1d' : *typed;
                typed += k ? k : 1;
        }
        return n;
}

static json_t *json_date(int32_t date) {
        if (!date)
                return json_null();
        return json_sprintf("%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
}

static json_t *json_text(const char *s) {
        return *s ? json_string(s) : json_null();
}

static json_t *json_elements(const Udi *u) {
        json_t *list = json_array();
        for (size_t i = 0; i < u->n_elements; i++)
                json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", u->elements[i].id, "name",
                                                      u->elements[i].name, "value", udi_value(u, i)));
        return list;
}

static int dump(json_t *object) {
        int r = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;
        json_decref(object);
        if (r < 0) {
                fputs("asepsisctl: cannot write the answer\n", stderr);
                return 1;
        }
        putchar('\n');
        return 0;
}

static int print_json(const Udi *u) {
        return dump(json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", udi_kind_name(u->kind),
                              "canonical", u->canonical, "single_piece", u->single_piece, "product",
                              json_text(u->product), "lot", json_text(u->lot), "serial", json_text(u->serial),
                              "expires", json_date(u->expires), "made", json_date(u->made), "elements",
                              json_elements(u)));
}

static void print_row(const char *name, const char *value) {
        if (*value)
                printf("%-*s %s\n", NAME_WIDTH, name, value);
}

static void print_date(const char *name, int32_t date) {
        if (date)
                printf("%-*s %04d-%02d-%02d\n", NAME_WIDTH, name, date / 10000, date / 100 % 100, date % 100);
}

static void print_elements(const Udi *u) {
        int width = 0;
        for (size_t i = 0; i < u->n_elements; i++)
                width = MAX_OF(width, (int)strlen(u->elements[i].name));
        if (u->n_elements)
                printf("\n%-6s %-*s %s\n", "id", width, "element", "value");
        for (size_t i = 0; i < u->n_elements; i++)
                printf("%-6s %-*s %s\n", u->elements[i].id, width, u->elements[i].name, udi_value(u, i));
}

static const char *one_piece(const Udi *u) {
        if (u->single_piece)
                return "yes";
        return *u->product ? "no: it has no serial number; issue clinic labels for it" :
                             "no: it names no product; scan all symbols of the piece's own label as one code";
}

static int print_table(const Udi *u) {
        static const char *const kinds[] = { [UDI_GS1] = "GS1", [UDI_HIBC] = "HIBC", [UDI_LABEL] = "clinic label" };
        print_row("kind", kinds[u->kind]);
        print_row("canonical", u->canonical);
        print_row("one piece", one_piece(u));
        print_row("product", u->product);
        print_row("lot", u->lot);
        print_row("serial", u->serial);
        print_date("expires", u->expires);
        print_date("made", u->made);
        print_elements(u);
        return 0;
}

static int print_error(int error, bool json) {
        if (json)
                dump(json_pack("{s:s, s:s}", "error", udi_error_id(error), "text", udi_error_text(error)));
        else
                fprintf(stderr, "%s (%s)\n", udi_error_text(error), udi_error_id(error));
        return 1;
}

static int run_parse(Ctl *c, int argc, char **argv) {
        char code[CODE_MAX + 1];
        size_t n = resolve_separators(argv[0], code);
        Udi u;
        int r = udi_parse(code, n, current_year(), &u);

        (void)argc;
        if (r != 0)
                return print_error(r, c->json);
        return c->json ? print_json(&u) : print_table(&u);
}

const Verb verb_parse = {
        .name = "parse",
        .group = GROUP_ITEMS,
        .brief = "what stands in an item code (needs no daemon)",
        .ways = { { .arguments = "CODE", .text = "its parts; exit status 1 and why where it is no good code",
                    .run = run_parse } },
        .help = "Quote the code; FNC1 can be typed as <GS>, {GS}, ^] or \\x1d.\n",
        .example = "asepsisctl parse '(01)00844588003288(17)280531(21)SN2001'\n",
};
