/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clinicsim-files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void files_make(char *ret_dir, size_t size) {
        snprintf(ret_dir, size, "/dev/shm/asepsis-test-XXXXXX");
        if (mkdtemp(ret_dir))
                return;
        snprintf(ret_dir, size, "/tmp/asepsis-test-XXXXXX");
        assert_non_null(mkdtemp(ret_dir));
}

void files_remove(const char *dir) {
        DIR *d = opendir(dir);

        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d));)
                if (e->d_name[0] != '.')
                        unlinkat(dirfd(d), e->d_name, 0);
        closedir(d);
        assert_int_equal(rmdir(dir), 0);
}

/* Where `make check` runs, the working folder is the repository; a test started by hand may stand elsewhere. */
static FILE *open_shipped(void) {
        FILE *f = fopen("etc/asepsisd.conf", "re");

        if (!f)
                fail_msg("etc/asepsisd.conf is not here: run the tests from the top of the repository");
        return f;
}

Config *files_config(const char *more) {
        static ConfigErrors errors;
        Config *config = NULL;
        char *text = NULL;
        size_t n = 0;
        FILE *in = open_shipped(), *out = open_memstream(&text, &n), *read;
        char line[512];

        assert_non_null(out);
        while (fgets(line, sizeof(line), in))
                fputs(strcmp(line, "#clock = ntp\n") == 0 ? "clock = rtc-trusted\n" : line, out);
        fputs(more ?: "", out);
        fclose(in);
        fclose(out);
        read = fmemopen(text, n, "r");
        assert_non_null(read);
        if (config_load_stream(read, "clinic", &config, &errors) < 0) {
                config_errors_print(&errors, stderr);
                fail_msg("the configuration is not good");
        }
        fclose(read);
        free(text);
        return config;
}
