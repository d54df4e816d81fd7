/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Shared by udi.c, udi-gs1.c and udi-hibc.c; nobody else includes it. Readers fill a zeroed Udi; see udi.h. */
#include <string.h>

#include "core/udi.h"

#define UDI_GS '\x1d'

static inline bool udi_is_digit(char c) {
        return c >= '0' && c <= '9';
}

static inline bool udi_is_upper(char c) {
        return c >= 'A' && c <= 'Z';
}

static inline char udi_to_upper(char c) {
        return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool udi_in_set(char c, const char *set) {
        return c != '\0' && strchr(set, c) != NULL;
}

/* Leading digits of p. */
static inline size_t udi_digits(const char *p, size_t n) {
        size_t i = 0;
        while (i < n && udi_is_digit(p[i]))
                i++;
        return i;
}

/* The number in n < 10 digits. */
static inline int32_t udi_number(const char *p, size_t n) {
        int32_t v = 0;
        for (size_t i = 0; i < n; i++)
                v = v * 10 + (p[i] - '0');
        return v;
}

/* yyyymmdd, or 0 where there is no such day. Day 0 is the last of the month. */
int32_t udi_date(int32_t year, int32_t month, int32_t day);
/* The same from the n-th day of a year, 1 to 366. */
int32_t udi_date_ordinal(int32_t year, int32_t n);
/* The four-digit year that a two-digit one means in `year`. */
int32_t udi_century(int32_t year, int32_t yy);

/* Adds an element; `conflict` if its id stands there with another value. An equal one is added once. */
int udi_add(Udi *u, const char *id, size_t n_id, const char *name, const char *value, size_t n, UdiError conflict);
/* Value of the element with that id, or NULL. */
const char *udi_find(const Udi *u, const char *id);
/* Appends n bytes to a string in a buffer of that size; what has no room is a bug and stays out. */
void udi_append(char *buffer, size_t size, const char *p, size_t n);

/* The readers. Each takes a code without blanks around it, n >= 1. */
int udi_gs1_brackets(const char *p, size_t n, int32_t year, Udi *u);
int udi_gs1_separated(const char *p, size_t n, int32_t year, Udi *u);
int udi_gs1_gtin(const char *p, size_t n, Udi *u); /* 8, 12, 13 or 14 digits */
/* space: the code was followed by a blank, which may have been its check character. */
int udi_hibc(const char *p, size_t n, bool space, int32_t year, Udi *u);
