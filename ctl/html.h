/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Html: writes one page, in memory, so that what comes out is sound whatever goes in: elements are closed in the order in
 * which they were opened, every value and every attribute is escaped, and there is no way to put markup in but by these
 * calls. The page is XML, too. Names of elements and attributes are the caller's own words, never data.
 * Text is UTF-8. What cannot be seen and changes what is seen (control characters, zero width, direction of writing) is
 * written as its number, U+202E, so that a code reads as it is.
 * The first error sticks (memory); html_take() tells it.
 */
#include <stdbool.h>
#include <stddef.h>

#include "util.h"

typedef struct Html Html;

/* `style` stands in the head as it is: a constant of the program. */
Html *html_new(const char *title, const char *style);
Html *html_free(Html *h);
DEFINE_CLEANUP(Html, html_free)

/* An element and its attributes: name, value, ..., NULL. A value that is NULL leaves its attribute out. */
void html_open(Html *h, const char *element, ...) __attribute__((sentinel));
void html_close(Html *h);
/* One without content. */
void html_empty(Html *h, const char *element, ...) __attribute__((sentinel));

void html_text(Html *h, const char *text);
void html_printf(Html *h, const char *format, ...) _printf_(2, 3);

/* Open, text, close; class NULL: none. */
void html_put(Html *h, const char *element, const char *class, const char *text);
void html_putf(Html *h, const char *element, const char *class, const char *format, ...) _printf_(4, 5);

/* A drawing (SVG), a document of its own: a page takes it as an image, so that readers of HTML 4 find nothing strange. */
Html *html_drawing(const char *view, const char *style);
/* Puts it into the page, and frees it; alt: the same in words. */
void html_image(Html *h, Html *drawing, const char *class, const char *alt);

/* Ends the page: the text and its size, to be freed by the caller; 0, or negative errno. */
int html_take(Html *h, char **ret, size_t *ret_size);
