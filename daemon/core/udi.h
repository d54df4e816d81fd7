/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Udi: what stands in an item code, as scanned or typed: a GS1 element string (bracketed or with FNC1 as 0x1D), a HIBC
 * supplier code, or a clinic label. Pure; keeps nothing, allocates nothing; strings are ASCII and NUL-terminated.
 *
 * One physical piece has one canonical form, however it was scanned; the ledger knows items by it alone. Parsing a
 * canonical form gives the same canonical form again. Lot, dates and quantity are attributes and never identity.
 *   GS1    (01)GTIN-14(21)serial; also (8003), (8004), (8010)(8011). A '(' inside a value is written \(
 *   HIBC   +LIC PCN U/M /$+ serial check; a check character that is a space is written _
 *   label  upper case
 * What names a product, lot, box or logistic unit, but no single piece, parses with single_piece = false.
 * A string that looks like a damaged machine code is refused with its reason and never taken for a label.
 *
 * Dates are yyyymmdd, 0 where not said; day 00 is the last day of the month. Two-digit years are read from `year`, the
 * current one: up to 50 years ahead and 49 back (GS1 General Specifications, 7.12; used for HIBC too, which is silent).
 * Sources: GS1 General Specifications, 3 (application identifiers), 7.8 (processing), 7.9 (check digit), 7.11
 * (character sets); ANSI/HIBC 2.6; ISO/IEC 15424 (symbology prefixes).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

#define UDI_ELEMENTS_MAX 32
#define UDI_TEXT_SIZE 224  /* all element values with their NULs */
#define UDI_LABEL_SIZE 26  /* "L-", 20 digits, "-X" and NUL, rounded up */

typedef enum UdiKind { UDI_GS1, UDI_HIBC, UDI_LABEL } UdiKind;

typedef enum UdiError {
        UDI_OK,
        UDI_E_EMPTY,
        UDI_E_TOO_LONG,
        UDI_E_KIND,
        UDI_E_WEB_ADDRESS,
        UDI_E_SYMBOLOGY,
        UDI_E_TOO_MANY,
        UDI_E_GS1_BRACKET,
        UDI_E_GS1_IDENTIFIER,
        UDI_E_GS1_LENGTH,
        UDI_E_GS1_DIGITS,
        UDI_E_GS1_CHARACTER,
        UDI_E_GS1_CHECK,
        UDI_E_GS1_DATE,
        UDI_E_GS1_CONFLICT,
        UDI_E_GS1_NO_KEY,
        UDI_E_GS1_TWO_KEYS,
        UDI_E_HIBC_CHARACTER,
        UDI_E_HIBC_CHECK,
        UDI_E_HIBC_SPACE,
        UDI_E_HIBC_PRIMARY,
        UDI_E_HIBC_SECONDARY,
        UDI_E_HIBC_DATE,
        UDI_E_HIBC_CONFLICT,
        UDI_E_HIBC_PROVIDER,
        UDI_E_LABEL_CHARACTER,
        UDI_E_LABEL_LENGTH,
        UDI_E_LABEL_CHECK,
        _UDI_ERROR_MAX,
} UdiError;

typedef struct UdiElement {
        char id[6];       /* application identifier, or HIBC data identifier */
        const char *name; /* static: what it is, for people */
        uint8_t at;       /* where the value stands in Udi.text; see udi_value() */
} UdiElement;

typedef struct Udi {
        UdiKind kind;
        bool single_piece;
        char canonical[CODE_MAX + 1];
        char product[32]; /* GTIN-14, or HIBC LIC, PCN and U/M; "" where there is none */
        char serial[32], lot[32];
        int32_t expires, made;
        size_t n_elements;
        UdiElement elements[UDI_ELEMENTS_MAX]; /* as found, in order; none for a label */
        size_t n_text;
        char text[UDI_TEXT_SIZE];
} Udi;

/*
 * Reads the n bytes of code. 0, or a positive UdiError. Blanks before and blanks, CR, LF and TAB after the code are
 * dropped, nothing inside it. Any bytes may be handed in, NUL included.
 */
int udi_parse(const char *code, size_t n, int32_t year, Udi *ret_udi);

/* Value of element i < n_elements; lives as long as u. */
const char *udi_value(const Udi *u, size_t i);

/* "gs1", "hibc" or "label". */
const char *udi_kind_name(UdiKind kind);

/* A stable word, and a sentence that says what to do. */
const char *udi_error_id(int error);
const char *udi_error_text(int error);

/*
 * The label that is issued under a number, for a piece from a lot-only box: L-0000042-D, the last character being its
 * check. A code of this shape that is not exact, by typing or reading, is refused with UDI_E_LABEL_CHECK.
 */
void udi_label_issue(uint64_t number, char ret_label[static UDI_LABEL_SIZE]);
