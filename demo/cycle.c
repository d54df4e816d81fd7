/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One cycle as an autoclave's sensors would see it, for whoever plays an autoclave from another language.
 *
 *   cycle PROGRAM FAULT SEED [LENGTH_S]
 *
 * PROGRAM: prevac-134, gravity-121 or bowie-dick. FAULT: "sound", "air pocket" and so on, as cyclegen_fault_name() has
 * them. All cycles are those of one machine. Prints the JSON array that goes into `samples`.
 */
#include <errno.h>
#include <stdio.h>

#include "../tests/lib/cyclegen.h"
#include "util.h"

#define MACHINE 2026

static int usage(void) {
        (void)fprintf(stderr, "usage: cycle PROGRAM FAULT SEED [LENGTH_S]\n");
        return 2;
}

static const CycleProgram *program_of(const char *name) {
        static const CycleProgram *const programs[] = { &GEN_PREVAC_134, &GEN_GRAVITY_121, &GEN_BOWIE_DICK };

        for (size_t i = 0; i < ELEMENTSOF(programs); i++)
                if (streq(programs[i]->name, name))
                        return programs[i];
        return NULL;
}

static GenFault fault_of(const char *name) {
        GenFault fault = GEN_SOUND;

        while (fault < _GEN_FAULT_MAX && !streq(cyclegen_fault_name(fault), name))
                fault++;
        return fault;
}

int main(int argc, char **argv) {
        static GenCycle g;
        const CycleProgram *program = argc < 4 || argc > 5 ? NULL : program_of(argv[1]);
        GenFault fault = program ? fault_of(argv[2]) : _GEN_FAULT_MAX;
        GenMachine machine;

        if (fault == _GEN_FAULT_MAX)
                return usage();
        cyclegen_machine(&machine, MACHINE);
        cyclegen_on(&machine, &g, program, fault, strtoull(argv[3], NULL, 10), argc > 4 ? atoi(argv[4]) : 0);
        for (size_t i = 0; i < g.n; i++)
                printf("%s[%g,%g,%g]", i ? "," : "[", (double)g.samples[i].t_us / 1e6, g.samples[i].temperature_mc / 1e3,
                       g.samples[i].pressure_pa / 1e3);
        printf("]\n");
        return ferror(stdout) || fflush(stdout) != 0;
}
