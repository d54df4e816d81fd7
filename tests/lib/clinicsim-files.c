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
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.h"

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

static void make_ledger(const char *path) {
        char why[STORE_WHY_MAX] = "";
        Store *store = NULL;
        StoreOpened opened;

        if (store_open(&store, &(StoreOptions){ .path = path }, &opened, why) < 0)
                fail_msg("%s: %s", path, why);
        store_close(store);
}

/* All that stands in it; the caller frees. */
static char *read_all(const char *path, size_t *ret_n) {
        FILE *f = fopen(path, "re");
        struct stat st;
        char *ret;

        assert_non_null(f);
        assert_int_equal(fstat(fileno(f), &st), 0);
        ret = malloc((size_t)st.st_size);
        assert_non_null(ret);
        *ret_n = fread(ret, 1, (size_t)st.st_size, f);
        assert_int_equal(*ret_n, st.st_size);
        fclose(f);
        return ret;
}

void files_ledger(const char *path) {
        static char *fresh;
        static size_t n;
        FILE *f;

        if (!fresh) {
                make_ledger(path);
                fresh = read_all(path, &n);
                return;
        }
        f = fopen(path, "we");
        assert_non_null(f);
        assert_int_equal(fwrite(fresh, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
}

/* Where `make check` runs, the working folder is the repository; a test started by hand may stand elsewhere. */
static FILE *open_shipped(void) {
        FILE *f = fopen("etc/asepsisd.conf", "re");

        if (!f)
                fail_msg("etc/asepsisd.conf is not here: run the tests from the top of the repository");
        return f;
}

static void copy_shipped(const char *path) {
        FILE *in = open_shipped(), *out = fopen(path, "we");
        char line[512];

        assert_non_null(out);
        while (fgets(line, sizeof(line), in))
                fputs(strcmp(line, "#clock = ntp\n") == 0              ? "clock = rtc-trusted\n"
                      : strcmp(line, "#acts = signed\n") == 0          ? "acts = demo\n"
                      : strncmp(line, "#commissioned = ", 16) == 0     ? "commissioned = 2026-11-22\n"
                                                                       : line,
                      out);
        fclose(in);
        assert_int_equal(fclose(out), 0);
}

/* As a clinic would change it: by a drop-in, which may set anew what the file has set. */
static void write_drop_in(const char *path, const char *dir, const char *text) {
        FILE *out;

        assert_int_equal(mkdir(dir, 0700), 0);
        out = fopen(path, "we");
        assert_non_null(out);
        fputs(text, out);
        assert_int_equal(fclose(out), 0);
}

Config *files_config(const char *more) {
        static ConfigErrors errors;
        char dir[40], file[64], drop_ins[64], drop_in[80];
        Config *config = NULL;

        files_make(dir, sizeof(dir));
        snprintf(file, sizeof(file), "%s/clinic", dir);
        snprintf(drop_ins, sizeof(drop_ins), "%s/clinic.d", dir);
        snprintf(drop_in, sizeof(drop_in), "%s/more.conf", drop_ins);
        copy_shipped(file);
        write_drop_in(drop_in, drop_ins, more ?: "");
        if (config_load(file, &config, &errors) < 0) {
                config_errors_print(&errors, stderr);
                fail_msg("the configuration is not good");
        }
        files_remove(drop_ins);
        files_remove(dir);
        return config;
}
