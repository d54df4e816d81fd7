/* SPDX-License-Identifier: Apache-2.0 */
/* Feeds the JSON reader and jansson the same text: they must agree. */
#include "../lib/jsonagree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static JsonReader r;

        if (!jsonagree(&r, data, size))
                __builtin_trap();
        return 0;
}
