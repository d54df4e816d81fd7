/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* `asepsisctl parse CODE`: what Asepsis sees in an item code. Needs no daemon. */
#include <stdbool.h>

/* argv[0] is the verb, argv[1] the code. Exit status: 0 a good code, 1 not one (the reason is printed), 2 usage. */
int verb_parse(int argc, char **argv, bool json);
