/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says, asked by those who go by it. */
#include <stdio.h>

#include "config-internal.h"

static int compare_id(const void *key, const void *object) {
        const char *id;

        memcpy(&id, object, sizeof(id));
        return strcmp(key, id);
}

#define DEFINE_LOOKUP(func, type, array)                                                           \
        const type *func(const Config *c, const char *id) {                                        \
                return id && c->n_##array ? bsearch(id, c->array, c->n_##array, sizeof(type), compare_id) : NULL; \
        }

DEFINE_LOOKUP(config_room, ConfigRoom, rooms)
DEFINE_LOOKUP(config_program_by_id, ConfigProgram, programs)
DEFINE_LOOKUP(config_autoclave, ConfigAutoclave, autoclaves)
DEFINE_LOOKUP(config_device, ConfigDevice, devices)
DEFINE_LOOKUP(config_practitioner, ConfigPractitioner, practitioners)
DEFINE_LOOKUP(config_class, ConfigClass, classes)
DEFINE_LOOKUP(config_product, ConfigProduct, products)
DEFINE_LOOKUP(config_supplier, ConfigSupplier, suppliers)
DEFINE_LOOKUP(config_procedure, ConfigProcedure, procedures)
DEFINE_LOOKUP(config_duty, ConfigDuty, duties)

const ConfigProgram *config_program(const ConfigAutoclave *a, const char *announced) {
        for (size_t i = 0; announced && i < a->program_ids.n; i++)
                if (streq(a->programs[i]->announced, announced))
                        return a->programs[i];
        return NULL;
}

static int64_t own_or(int64_t own, int64_t otherwise) {
        return own ? own : otherwise;
}

void config_treatment(const ConfigProcedure *p, const ConfigProduct *needles, TreatmentProfile *ret) {
        static const TreatmentLimits none = {};
        const TreatmentLimits *own = needles ? &needles->limits : &none, *all = p ? &p->limits : &none;

        *ret = (TreatmentProfile){
                .steps = p ? p->steps & ~CONFIG_NO_STEPS : 0,
                .form_hash = p && p->form_hash == FORM_HASH_REQUIRED,
                .cleanse_between = p && p->cleanse_between,
                .limits = { .passes_min = (int32_t)own_or(own->passes_min, all->passes_min),
                            .passes_max = (int32_t)own_or(own->passes_max, all->passes_max),
                            .depth_max_um = (int32_t)own_or(own->depth_max_um, all->depth_max_um),
                            .rounds_max = (int32_t)own_or(own->rounds_max, all->rounds_max),
                            .needle_time_max_us = own_or(own->needle_time_max_us, all->needle_time_max_us) },
        };
        /* A maker's limit that is lower than the procedure's least: what is meant is then the maker's number. */
        if (ret->limits.passes_max && ret->limits.passes_min > ret->limits.passes_max)
                ret->limits.passes_min = ret->limits.passes_max;
}

void config_cycle_program(const ConfigAutoclave *a, const ConfigProgram *p, bool store_and_forward, CycleProgram *ret) {
        *ret = (CycleProgram){
                .set_temperature_mc = p->set_temperature_mc,
                .band_mc = config_band_mc((Band)a->band),
                .uncertainty_mc = a->uncertainty_mc,
                .display_step_mc = a->display_step_mc,
                .hold_min_us = p->hold_min_us,
                .set_hold_us = p->set_hold_us,
                .gap_max_us = a->max_gap_us,
                .print_interval_us = a->print_interval_us,
                .prevacuum = p->type == PROGRAM_PREVACUUM,
                .pulses = p->pulses,
                .pulse_pressure_pa = p->pulse_pressure_pa,
                .test_program = p->purpose != PURPOSE_LOAD,
                .store_and_forward = store_and_forward,
        };
        snprintf(ret->name, sizeof(ret->name), "%s", p->announced);
}

const ConfigPractitioner *config_practitioner_of_user(const Config *c, uid_t uid) {
        for (size_t i = 0; uid != 0 && i < c->n_practitioners; i++)
                if (c->practitioners[i].uid == uid)
                        return c->practitioners + i;
        return NULL;
}

void config_warn(const Config *c, FILE *f) {
        const struct {
                const char *key;
                int32_t years;
        } kept[] = {
                { "patients-years", c->retention.patients },
                { "messages-years", c->retention.messages },
                { "samples-years", c->retention.samples },
        };

        for (size_t i = 0; i < ELEMENTSOF(kept); i++)
                if (kept[i].years && kept[i].years < RETENTION_ADVISED_YEARS)
                        fprintf(f, "warning: [retention] %s: %d years are less than the %d that are advised. Ask whoever "
                                "knows the law that holds for the clinic.\n", kept[i].key, (int)kept[i].years,
                                RETENTION_ADVISED_YEARS);
}

int32_t config_qualified_until(const ConfigPractitioner *p, const char *procedure) {
        for (size_t i = 0; procedure && i < p->qualified.n; i++)
                if (streq(p->qualified.v[i].procedure, procedure))
                        return p->qualified.v[i].until;
        return 0;
}
