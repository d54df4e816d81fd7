/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-backs over a ledger that grow has made with a history, without broker and bus: for each kind the time to the
 * first page, with the file's pages given back to the disk before and with them in memory, and what a slice takes.
 *
 *   look LEDGER     prints "KIND COLD_US WARM_US SLICE_P50_US SLICE_P99_US SLICE_WORST_US SLICES ROWS"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "store/lookback.h"

#define PAGE_ROWS 50
#define SLICES_MAX 4000

static const LookbackQuery queries[] = {
        { LOOKBACK_ITEM, "EXTRACTOR-500", 0, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_LOT, "OLD77", 0, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_PRODUCT, "PR-1", 0, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_SUPPLIER_LOAD, "SL-50", 0, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_LOAD, "old-2.200", 0, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_AUTOCLAVE, "old-2", 1500000000 * US_PER_S, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_ROOM, "old-7", 1500000000 * US_PER_S, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_PRACTITIONER, "pr-20", 1500000000 * US_PER_S, INT64_MAX, INT64_MAX - 1 },
        { LOOKBACK_PATIENT, "p-4711", 0, INT64_MAX, INT64_MAX - 1 },
        /* Nothing of it was known by then: many steps and no row. */
        { LOOKBACK_PRODUCT, "PR-2", 0, INT64_MAX, 1 },
};

static int64_t took[SLICES_MAX];
static LookbackRow rows[LOOKBACK_ROWS];
static const LookbackBounds bounds = LOOKBACK_BOUNDS;

static int64_t now_us(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void must(int r, const char *what) {
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", what, strerror(-r));
                exit(EXIT_FAILURE);
        }
}

static int by_value(const void *a, const void *b) {
        const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

static Store *opened(const char *path, bool cold) {
        char why[STORE_WHY_MAX] = "";
        StoreOpened o;
        Store *s = NULL;
        const int fd = open(path, O_RDONLY | O_CLOEXEC);

        must(fd < 0 ? -errno : 0, path);
        if (cold && (fdatasync(fd) < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0))
                must(-EIO, "giving the pages back");
        close(fd);
        must(store_open(&s, &(StoreOptions){ .path = path }, &o, why), why);
        return s;
}

/* Slices up to a page's rows, or to the end; the page is what a person sees first. */
static int64_t first_page(const char *path, const LookbackQuery *q, bool cold) {
        _cleanup_(store_closep) Store *s = opened(path, cold);
        const int64_t begun = now_us();
        LookbackCursor c;
        size_t n = 0, more;
        int r = lookback_begin(s, q, &c);

        /* A list without any row has no first page; its slices tell what it costs. */
        for (int slices = 0; r > 0 && n < PAGE_ROWS && slices < 100; slices++) {
                r = lookback_slice(s, q, &c, &bounds, rows, &more);
                n += more;
        }
        must(r, "look-back");
        return now_us() - begun;
}

static void measure(const char *path, const LookbackQuery *q) {
        const int64_t cold = first_page(path, q, true), warm = first_page(path, q, false);
        _cleanup_(store_closep) Store *s = opened(path, true);
        LookbackCursor c;
        size_t slices = 0, all = 0, n;
        int r = lookback_begin(s, q, &c);

        while (r > 0 && slices < SLICES_MAX) {
                const int64_t begun = now_us();

                r = lookback_slice(s, q, &c, &bounds, rows, &n);
                took[slices++] = now_us() - begun;
                all += n;
        }
        must(r, "look-back");
        qsort(took, slices, sizeof(*took), by_value);
        printf("%s%s %lld %lld %lld %lld %lld %zu %zu\n", lookback_by_name(q->by), q->as_of_us == 1 ? "-as-of" : "",
               (long long)cold, (long long)warm, (long long)took[slices / 2], (long long)took[slices * 99 / 100],
               (long long)took[slices - 1], slices, all);
        (void)fflush(stdout);
}

int main(int argc, char **argv) {
        if (argc != 2) {
                (void)fputs("look LEDGER\n", stderr);
                return EXIT_FAILURE;
        }
        for (size_t i = 0; i < ELEMENTSOF(queries); i++)
                measure(argv[1], queries + i);
        return EXIT_SUCCESS;
}
