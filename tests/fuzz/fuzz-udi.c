/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the bytes: no crash, everything bounded, and a canonical form is its own canonical form. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/udi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(x)                  \
        do {                     \
                if (!(x))        \
                        abort(); \
        } while (0)

static void check_bounds(const Udi *u) {
        size_t n = strnlen(u->canonical, sizeof u->canonical);
        must(n > 0 && n <= CODE_MAX);
        must(u->n_elements <= UDI_ELEMENTS_MAX && u->n_text <= UDI_TEXT_SIZE);
        for (size_t i = 0; i < u->n_elements; i++)
                must(u->elements[i].name && udi_value(u, i) + strlen(udi_value(u, i)) < u->text + UDI_TEXT_SIZE);
        must(memchr(u->serial, '\0', sizeof u->serial) && memchr(u->lot, '\0', sizeof u->lot));
        must(u->single_piece == (u->kind == UDI_LABEL || u->serial[0] != '\0') || u->product[0] == '\0');
}

static int try_code(const char *code, size_t n, int32_t year) {
        Udi u, again;
        int r = udi_parse(code, n, year, &u);
        must(r >= 0 && r < _UDI_ERROR_MAX && udi_error_id(r) && udi_error_text(r));
        if (r != 0)
                return r;
        check_bounds(&u);
        must(udi_parse(u.canonical, strlen(u.canonical), year, &again) == 0);
        must(strcmp(u.canonical, again.canonical) == 0 && u.kind == again.kind);
        must(u.single_piece == again.single_piece && strcmp(u.serial, again.serial) == 0);
        must(strcmp(u.product, again.product) == 0);
        return 0;
}

/* The same bytes behind a product that checks, so that the fuzzer need not find check digits and characters. */
static void try_behind(const char *product, const uint8_t *data, size_t size, int32_t year, const char *checks) {
        char code[CODE_MAX + 2];
        size_t n = strlen(product);
        if (size > CODE_MAX - n)
                return;
        memcpy(code, product, n);
        memcpy(code + n, data, size);
        n += size;
        if (!*checks)
                try_code(code, n, year);
        for (; *checks; checks++) {
                code[n] = *checks;
                if (try_code(code, n + 1, year) != UDI_E_HIBC_CHECK)
                        return;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const char checks[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";
        int32_t year = size ? 2000 + data[0] % 100 : 2026;
        try_code((const char *)data, size, year);
        try_behind("0100844588003288", data, size, year, "");
        try_behind("(01)00844588003288", data, size, year, "");
        try_behind("+A99912345/", data, size, year, checks);
        try_behind("+$", data, size, year, checks);
        return 0;
}
