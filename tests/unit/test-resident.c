/* SPDX-License-Identifier: Apache-2.0 */
/* Giving back the code of the start: less of files is resident, and everything still works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "resident.h"
#include "store/sha256.h"
#include "util.h"

/* Of files, in KiB: see proc(5). The pages are counted; what /proc/self/status says is only about right. */
static int resident_of_files(void) {
        FILE *f = fopen("/proc/self/smaps_rollup", "re");
        int all = -1, anonymous = -1;
        char line[256];

        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                (void)sscanf(line, "Rss: %d kB", &all);
                (void)sscanf(line, "Anonymous: %d kB", &anonymous);
        }
        fclose(f);
        assert_true(anonymous >= 0 && all > anonymous);
        return all - anonymous;
}

/* Relocated at the start, and in pages that are only read since. */
static const char *const words[] = { "load", "cycle", "hold" };
static int written = 41;

static void code_goes_and_comes_back_and_what_was_written_stays(void **state) {
        static const uint8_t begin[] = { 0xba, 0x78, 0x16, 0xbf };
        const char *const *volatile relocated = words;
        uint8_t hash[SHA256_SIZE];
        int before;

        (void)state;
        assert_int_equal(sha256_init(), 0);
        before = resident_of_files();
        written++;
        resident_drop_code();
        assert_true(resident_of_files() <= before * 3 / 4);
        assert_int_equal(written, 42);
        assert_string_equal(relocated[2], "hold");
        assert_int_equal(sha256(&(Sha256Part){ "abc", 3 }, 1, hash), 0);
        assert_memory_equal(hash, begin, sizeof(begin));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(code_goes_and_comes_back_and_what_was_written_stays),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
