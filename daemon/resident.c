/* SPDX-License-Identifier: Apache-2.0 */
#include "resident.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/* A segment that is not writable is as it is in its file: pages that are only read since they were relocated belong to a
 * writable one, and text that is relocated is refused by the service's MemoryDenyWriteExecute=. */
static void drop(const struct dl_phdr_info *info, const ElfW(Phdr) *p) {
        const ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE), begin = info->dlpi_addr + p->p_vaddr;
        const ElfW(Addr) from = begin & ~(page - 1), to = (begin + p->p_memsz + page - 1) & ~(page - 1);

        if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
                (void)madvise((void *)from, to - from, MADV_DONTNEED);
}

static int drop_object(struct dl_phdr_info *info, size_t size, void *userdata) {
        (void)size;
        (void)userdata;
        for (size_t i = 0; i < info->dlpi_phnum; i++)
                drop(info, info->dlpi_phdr + i);
        return 0;
}

void resident_drop_code(void) {
        dl_iterate_phdr(drop_object, NULL);
}
