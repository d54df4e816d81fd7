/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever bytes come: nothing is read or written outside, and what is taken encodes to the same bytes again. */
#include "core/samples.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Sample samples[SAMPLES_MAX];
        static uint8_t again[SAMPLES_ENCODED_MAX(SAMPLES_MAX)];
        size_t n, encoded;
        PartReader parts;
        Stamp stamp;
        Part part;
        if (stamp_decode(data, size, &stamp, &n) > 0 &&
            (stamp_encode(&stamp, again, sizeof(again)) != n || n > STAMP_MAX || memcmp(data, again, n) != 0))
                abort();
        parts_begin(&parts, data, size);
        while (part_next(&parts, &part) > 0)
                (void)samples_decode(part.samples, part.size, samples, ELEMENTSOF(samples), &n);
        if (samples_decode(data, size, samples, ELEMENTSOF(samples), &n) < 0)
                return 0;
        encoded = samples_encode(samples, n, again, sizeof(again));
        if (encoded != size || (size > 0 && memcmp(data, again, size) != 0))
                abort();
        return 0;
}
