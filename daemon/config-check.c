/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no single key can tell: references, keys that need or exclude each other, and combinations that would loosen a
 * rule. Also fills in the defaults that depend on other keys, so that whoever reads a Config need not know them.
 */
#include "config-internal.h"

#include <errno.h>
#include <pwd.h>

#include "core/contact.h"

/* "X is not configured", with the nearest id of that kind. The ids stand in drafts, sorted. */
static void fail_reference(ConfigLoad *l, const ConfigDraft *d, const char *key, SectionKind kind, const char *id) {
        ConfigGuess guess = { .wrong = id };
        const char *name = config_sections[kind].name;

        for (size_t i = 0; i < l->n_drafts; i++)
                if (l->drafts[i]->kind == kind)
                        config_guess_offer(&guess, l->drafts[i]->id);
        if (guess.best)
                config_fail(l, d, key, "there is no [%s %s]; did you mean %s?", name, id, guess.best);
        else
                config_fail(l, d, key, "there is no [%s %s]", name, id);
}

static void default_text(const char **target, const char *text) {
        if (!*target)
                *target = text;
}

static bool is_set(const ConfigDraft *d, const char *key) {
        size_t n;

        return d->set[config_find_key(d->kind, key) - config_section_keys(d->kind, &n)].file;
}

static void check_required(ConfigLoad *l, const ConfigDraft *d) {
        size_t n;
        const ConfigKey *keys = config_section_keys(d->kind, &n);

        for (size_t i = 0; i < n; i++)
                if (keys[i].required && !d->set[i].file)
                        config_fail(l, d, keys[i].name, "is required");
}

static void check_needs(ConfigLoad *l, const ConfigDraft *d, const char *key, const char *needed) {
        if (is_set(d, key) && !is_set(d, needed))
                config_fail(l, d, key, "needs %s too", needed);
}

static void check_broker(ConfigLoad *l, const ConfigDraft *d) {
        ConfigBroker *b = d->object;

        if (!b->client_id) {
                const char *site = l->config->site.id;
                char id[sizeof("asepsisd-") + LABEL_MAX];

                snprintf(id, sizeof(id), "asepsisd-%s", site);
                b->client_id = config_strndup(l, id, strlen(id));
        }
        if (b->password_file && b->password_credential)
                config_fail(l, d, "password-credential", "excludes password-file: there is one password");
        check_needs(l, d, "tls-certificate", "tls-key");
        check_needs(l, d, "tls-key", "tls-certificate");
        check_needs(l, d, "tls-certificate", "tls-ca");
        if (b->unix_socket && b->tls_ca)
                config_fail(l, d, "tls-ca", "there is no TLS on a unix-socket");
}

static void check_site(ConfigLoad *l, const ConfigDraft *d) {
        ConfigSite *s = d->object;

        (void)l;
        default_text(&s->name, s->id);
}

/* A 6 for 60 is a slip; only who plays a clinic, and lets everybody see that, cannot wait for a minute each time. */
static void check_contact(ConfigLoad *l, const ConfigDraft *d, const ConfigPolicy *p) {
        if (p->disinfect_contact_us < CONTACT_MIN_US && l->config->control.acts != CONTROL_ACTS_DEMO)
                config_fail(l, d, "disinfect-contact-s", "is below %lld: fewer seconds are for a clinic that is played, with "
                            "acts = demo in [control]", (long long)(CONTACT_MIN_US / US_PER_S));
}

static void check_policy(ConfigLoad *l, const ConfigDraft *d) {
        ConfigPolicy *p = d->object;
        const bool us = l->config->site.profile == PROFILE_US;

        check_contact(l, d, p);

        if (!is_set(d, "spore-test-overdue"))
                p->spore_effect = us ? FITNESS_BLOCK : FITNESS_OFF;
        else if (us && p->spore_effect == FITNESS_OFF)
                config_fail(l, d, "spore-test-overdue", "profile us: block, or loosened to alert, never off");
}

static void check_store(ConfigLoad *l, const ConfigDraft *d) {
        const ConfigStore *s = d->object;

        if (s->disk_full_bytes > s->disk_low_bytes)
                config_fail(l, d, "disk-full-mb", "is above disk-low-mb: the alert would come too late");
}

static void check_room(ConfigLoad *l, const ConfigDraft *d) {
        ConfigRoom *r = d->object;
        int64_t least = l->config->policy.disinfect_contact_us;

        default_text(&r->name, r->id);
        if (r->disinfect_contact_us == 0)
                r->disinfect_contact_us = least;
        if (r->disinfect_contact_us < least)
                config_fail(l, d, "disinfect-contact-s", "is shorter than the policy's %lld s: a room may be stricter, "
                            "never laxer", (long long)(least / US_PER_S));
}

/*
 * The shortest holds that anybody vouches for: EN 121/15, 126/10, 134/3; US makers' 132/4 and unwrapped 132/3.
 * Below them a value is a slip (3 s for 3 min, 13.4 for 134), and a slip must not make a load sterile.
 */
static int64_t shortest_hold_min(const ConfigProgram *p) {
        bool unwrapped = p->wraps == 1U << WRAP_NONE;

        if (p->set_temperature_mc >= 134000)
                return 3;
        if (p->set_temperature_mc >= 132000)
                return unwrapped ? 3 : 4;
        if (p->set_temperature_mc >= 126000)
                return 10;
        return p->set_temperature_mc >= 121000 ? 15 : 0;
}

static void check_load_program(ConfigLoad *l, const ConfigDraft *d) {
        const ConfigProgram *p = d->object;
        static const char *const wanted[] = { "set-temperature", "hold-min", "wraps" };
        int64_t least = shortest_hold_min(p);

        for (size_t i = 0; i < ELEMENTSOF(wanted); i++)
                if (!is_set(d, wanted[i]))
                        config_fail(l, d, wanted[i], "is required in a program for loads");
        if (is_set(d, "set-temperature") && least == 0)
                config_fail(l, d, "set-temperature", "is below 121 C: no program for loads sterilizes there");
        else if (is_set(d, "hold-min") && p->hold_min_us < least * 60 * US_PER_S)
                config_fail(l, d, "hold-min", "is shorter than the %lld min that sterilize at this temperature",
                            (long long)least);
        if (p->type == PROGRAM_PREVACUUM && p->pulses == 0)
                config_fail(l, d, "pulses", "is required, and above 0, in a prevacuum program for loads");
        if (p->immediate_use && p->wraps & ~(1U << WRAP_NONE))
                config_fail(l, d, "wraps", "an immediate-use program is for unwrapped items: wraps = none");
}

static void check_program(ConfigLoad *l, const ConfigDraft *d) {
        ConfigProgram *p = d->object;

        default_text(&p->name, p->id);
        default_text(&p->announced, p->id);
        if (p->set_hold_us == 0)
                p->set_hold_us = p->hold_min_us;
        if (p->set_hold_us < p->hold_min_us)
                config_fail(l, d, "set-hold", "is shorter than hold-min");
        if (p->type == PROGRAM_GRAVITY && p->pulses > 0)
                config_fail(l, d, "pulses", "a gravity program has no vacuum pulses");
        if (p->pulses > 0 && p->pulse_pressure_pa == 0)
                config_fail(l, d, "pulses", "needs pulse-pressure-kpa too");
        if (p->pulses == 0 && p->pulse_pressure_pa > 0)
                config_fail(l, d, "pulse-pressure-kpa", "needs pulses too");
        if (p->purpose == PURPOSE_LOAD)
                check_load_program(l, d);
        else if (p->immediate_use)
                config_fail(l, d, "immediate-use", "only a program for loads makes anything ready for use");
}

static void check_announced(ConfigLoad *l, const ConfigDraft *d, const ConfigAutoclave *a, size_t i) {
        const ConfigProgram *p = a->programs[i];

        for (size_t j = 0; j < i; j++)
                if (streq_ptr(a->programs[j]->announced, p->announced) && p->announced)
                        config_fail(l, d, "programs", "%s and %s are both announced as \"%s\"",
                                    a->programs[j]->id, p->id, p->announced);
        if (a->machine == MACHINE_N && p->type == PROGRAM_PREVACUUM)
                config_fail(l, d, "programs", "%s is a prevacuum program, and type N has no vacuum", p->id);
}

static void check_programs(ConfigLoad *l, const ConfigDraft *d) {
        ConfigAutoclave *a = d->object;
        bool complete = true;

        a->programs = config_alloc(l, (a->program_ids.n + 1) * sizeof(*a->programs));
        for (size_t i = 0; a->programs && i < a->program_ids.n; i++) {
                a->programs[i] = config_program_by_id(l->config, a->program_ids.v[i]);
                if (!a->programs[i]) {
                        fail_reference(l, d, "programs", SECTION_PROGRAM, a->program_ids.v[i]);
                        complete = false;
                }
        }
        for (size_t i = 0; a->programs && complete && i < a->program_ids.n; i++)
                check_announced(l, d, a, i);
}

static void check_autoclave(ConfigLoad *l, const ConfigDraft *d) {
        ConfigAutoclave *a = d->object;
        bool strict = a->band == BAND_EN285;
        int32_t band_mc = config_band_mc((Band)a->band);
        int64_t gap_us = strict ? 2500 * US_PER_MS : 10 * US_PER_S;

        default_text(&a->name, a->id);
        if (strlen(a->id) > ATTEMPT_AUTOCLAVE_MAX)
                config_fail(l, d, NULL, "has an id of more than %d characters: its attempts could not be named",
                            ATTEMPT_AUTOCLAVE_MAX);
        if (a->max_gap_us == 0)
                a->max_gap_us = gap_us;
        if (a->max_gap_us > gap_us)
                config_fail(l, d, "max-gap-s", "is longer than its band allows: at most %s", strict ? "2.5" : "10");
        if (is_set(d, "uncertainty-c") && 2 * a->uncertainty_mc + a->display_step_mc >= band_mc)
                config_fail(l, d, "uncertainty-c", "with half a display step at both ends it leaves nothing of the "
                            "band of %d K: no sample could count", (int)(band_mc / 1000));
        if (a->test_hold_min_us > a->test_hold_max_us)
                config_fail(l, d, "test-hold-min", "is longer than test-hold-max: no test could count");
        check_programs(l, d);
}

static void check_device_room(ConfigLoad *l, const ConfigDraft *d) {
        ConfigDevice *v = d->object;

        if (config_device_is(v, KIND_ROOM)) {
                default_text(&v->room, v->id);
                if (!streq(v->room, v->id)) {
                        config_fail(l, d, "room", "a device of kind room has the id of its room, %s", v->room);
                        return;
                }
        }
        if (!v->room && config_device_is(v, KIND_ACTUATOR))
                config_fail(l, d, "room", "a device of kind actuator needs the room whose power it switches: room = ID");
        if (v->room && !config_room(l->config, v->room))
                fail_reference(l, d, "room", SECTION_ROOM, v->room);
}

static void check_device_autoclave(ConfigLoad *l, const ConfigDraft *d) {
        ConfigDevice *v = d->object;

        if (!config_device_is(v, KIND_AUTOCLAVE)) {
                if (v->autoclave)
                        config_fail(l, d, "autoclave", "only a device of kind autoclave speaks for one");
                return;
        }
        default_text(&v->autoclave, v->id);
        if (!config_autoclave(l->config, v->autoclave))
                fail_reference(l, d, "autoclave", SECTION_AUTOCLAVE, v->autoclave);
}

static void check_device(ConfigLoad *l, const ConfigDraft *d) {
        ConfigDevice *v = d->object;

        default_text(&v->name, v->id);
        if (!is_set(d, "silent-minutes"))
                v->silent_us = l->config->policy.device_silent_us;
        check_device_room(l, d);
        check_device_autoclave(l, d);
}

/* Two people who share a login could sign for each other: the one could be two officers. */
static void check_own_user(ConfigLoad *l, const ConfigDraft *d, const ConfigPractitioner *p) {
        for (size_t i = 0; i < l->n_drafts && l->drafts[i] != d; i++) {
                const ConfigPractitioner *other = l->drafts[i]->object;

                if (l->drafts[i]->kind != SECTION_PRACTITIONER || !other->user)
                        continue;
                if (streq(other->user, p->user) || (p->uid && other->uid == p->uid))
                        config_fail(l, d, "user", "is the login of [practitioner %s], too: each person needs their own",
                                    l->drafts[i]->id);
        }
}

/* A user who is not there (yet) is no error: this person signs nothing, and the clinic goes on. */
static void find_user(ConfigLoad *l, const ConfigDraft *d, ConfigPractitioner *p) {
        struct passwd user, *found = NULL;
        char buffer[16384];

        if (getpwnam_r(p->user, &user, buffer, sizeof(buffer), &found) == 0 && found) {
                p->uid = found->pw_uid;
                if (p->uid == 0)
                        config_fail(l, d, "user", "is root, who is asked for no password: each person needs their own login");
        }
        check_own_user(l, d, p);
}

static void check_practitioner(ConfigLoad *l, const ConfigDraft *d) {
        ConfigPractitioner *p = d->object;

        default_text(&p->name, p->id);
        if (p->user)
                find_user(l, d, p);
        if (p->qualified.n > 0 && !config_person_is(p, PERSON_PRACTITIONER))
                config_fail(l, d, "qualified", "needs the role practitioner");
        for (size_t i = 0; i < p->qualified.n; i++)
                if (!config_procedure(l->config, p->qualified.v[i].procedure))
                        fail_reference(l, d, "qualified", SECTION_PROCEDURE, p->qualified.v[i].procedure);
}

static bool must_be_single_use(const ConfigClass *c) {
        return c->role == ROLE_NEEDLE || c->role == ROLE_MANUAL_ROLLER || c->role == ROLE_LANCET ||
               c->role == ROLE_SLEEVE;
}

static bool must_be_sterile(const ConfigClass *c) {
        return c->role == ROLE_NEEDLE || c->role == ROLE_MANUAL_ROLLER || c->role == ROLE_LANCET ||
               c->role == ROLE_EXTRACTOR || c->role == ROLE_SERUM_CUP;
}

static void check_class_use(ConfigLoad *l, const ConfigDraft *d, const ConfigClass *c) {
        if (must_be_single_use(c) && !c->single_use) {
                config_fail(l, d, "single-use", "items of this role are used in one session only: yes");
                return;
        }
        if (must_be_sterile(c) && c->required_state != REQUIRED_STERILE)
                config_fail(l, d, "required-state", "items of this role go through or onto opened skin: sterile");
        if (c->sterilize_before_use && (!c->single_use || c->reprocessing != REPROCESSING_STERILIZE))
                config_fail(l, d, "sterilize-before-use", "needs single-use = yes and reprocessing = sterilize");
        if (c->single_use && c->reprocessing != REPROCESSING_NONE && !c->sterilize_before_use)
                config_fail(l, d, "reprocessing", "a single-use item is never reprocessed: none, or single-use = no");
        if (!c->single_use && c->required_state == REQUIRED_STERILE && c->reprocessing != REPROCESSING_STERILIZE)
                config_fail(l, d, "reprocessing", "an item that must be sterile and is used again: sterilize");
        if (!c->single_use && c->required_state == REQUIRED_DISINFECTED && c->reprocessing == REPROCESSING_NONE)
                config_fail(l, d, "reprocessing", "an item that must be disinfected and is used again: disinfect or "
                            "sterilize");
}

static void check_class_process(ConfigLoad *l, const ConfigDraft *d, const ConfigClass *c) {
        static const char *const sterilizing[] = { "required-programs", "required-wraps" };

        for (size_t i = 0; i < ELEMENTSOF(sterilizing); i++)
                if (is_set(d, sterilizing[i]) && c->reprocessing != REPROCESSING_STERILIZE)
                        config_fail(l, d, sterilizing[i], "needs reprocessing = sterilize");
        for (size_t i = 0; i < c->required_programs.n; i++) {
                const ConfigProgram *p = config_program_by_id(l->config, c->required_programs.v[i]);

                if (!p)
                        fail_reference(l, d, "required-programs", SECTION_PROGRAM, c->required_programs.v[i]);
                else if (p->purpose != PURPOSE_LOAD)
                        config_fail(l, d, "required-programs", "%s is not a program for loads", p->id);
        }
        if (c->needs_wrap && c->required_wraps & (1U << WRAP_NONE))
                config_fail(l, d, "required-wraps", "none contradicts needs-wrap = yes");
}

static void check_class_barrier(ConfigLoad *l, const ConfigDraft *d, const ConfigClass *c) {
        const ConfigClass *sleeve = config_class(l->config, c->needs_barrier);

        if (c->needs_barrier && !sleeve)
                fail_reference(l, d, "needs-barrier", SECTION_CLASS, c->needs_barrier);
        else if (sleeve && sleeve->role != ROLE_SLEEVE)
                config_fail(l, d, "needs-barrier", "%s does not have the role sleeve", sleeve->id);
        else if (!sleeve && c->role == ROLE_HANDPIECE && c->required_state != REQUIRED_STERILE)
                config_fail(l, d, "needs-barrier", "is required: a handpiece that is not sterile wants a new sleeve "
                            "each session");
}

/* Its own limits, or the policy's: a class may be stricter, never laxer. */
static void check_class_limits(ConfigLoad *l, const ConfigDraft *d, ConfigClass *c) {
        const ConfigPolicy *p = &l->config->policy;

        c->disinfect_contact_said = is_set(d, "disinfect-contact-s");
        if (is_set(d, "shelf-life-days") && c->event_related)
                config_fail(l, d, "shelf-life-days", "contradicts event-related = yes");
        if (c->shelf_life_days == 0)
                c->shelf_life_days = p->shelf_life_wrapped_days;
        if (c->disinfect_contact_us == 0)
                c->disinfect_contact_us = p->disinfect_contact_us;
        if (c->vial_open_days == 0)
                c->vial_open_days = p->vial_open_days;
        if (c->shelf_life_days > p->shelf_life_wrapped_days)
                config_fail(l, d, "shelf-life-days", "is longer than the policy's %d days: a class may be stricter, "
                            "never laxer", (int)p->shelf_life_wrapped_days);
        if (c->vial_open_days > p->vial_open_days)
                config_fail(l, d, "vial-open-days", "is longer than the policy's %d days: a class may be stricter, never "
                            "laxer", (int)p->vial_open_days);
        if (c->disinfect_contact_us < p->disinfect_contact_us)
                config_fail(l, d, "disinfect-contact-s", "is shorter than the policy's %lld s: a class may be stricter, "
                            "never laxer", (long long)(p->disinfect_contact_us / US_PER_S));
}

static void check_class(ConfigLoad *l, const ConfigDraft *d) {
        ConfigClass *c = d->object;

        default_text(&c->name, c->id);
        check_class_use(l, d, c);
        check_class_process(l, d, c);
        check_class_barrier(l, d, c);
        check_class_limits(l, d, c);
}

/* Whichever of a product's numbers are its own, they hold with the procedure's for the rest: each pair by itself. */
static void check_passes(ConfigLoad *l, const ConfigDraft *d, const TreatmentLimits *t) {
        if (t->passes_min > 0 && t->passes_max > 0 && t->passes_min > t->passes_max)
                config_fail(l, d, "passes-min", "is above passes-max");
}

static bool is_needle(const ConfigClass *c) {
        return c->role == ROLE_NEEDLE || c->role == ROLE_MANUAL_ROLLER;
}

static void check_product_limits(ConfigLoad *l, const ConfigDraft *d, const ConfigProduct *p) {
        static const char *const keys[] = { "passes-min", "passes-max", "depth-max-mm", "needle-time-max", "rounds-max" };
        const ConfigClass *c = config_class(l->config, p->class_id);

        for (size_t i = 0; c && !is_needle(c) && i < ELEMENTSOF(keys); i++)
                if (is_set(d, keys[i]))
                        config_fail(l, d, keys[i], "is said of needles: its class %s has another role", c->id);
        check_passes(l, d, &p->limits);
}

static void check_product(ConfigLoad *l, const ConfigDraft *d) {
        ConfigProduct *p = d->object;

        default_text(&p->name, p->id);
        if (!config_class(l->config, p->class_id))
                fail_reference(l, d, "class", SECTION_CLASS, p->class_id);
        check_product_limits(l, d, p);
}

static void check_supplier(ConfigLoad *l, const ConfigDraft *d) {
        ConfigSupplier *s = d->object;

        if (streq(s->id, CONFIG_OPENING_STOCK))
                config_fail(l, d, "name", "no supplier can be called so: it stands for what the clinic had before");
        default_text(&s->name, s->id);
}

static const char *role_name(Role role) {
        const ConfigName *n = config_find_key(SECTION_CLASS, "role")->names;

        while (n->name && n->value != (int)role)
                n++;
        return n->name;
}

static bool has_class_of_role(const Config *c, Role role) {
        for (size_t i = 0; i < c->n_classes; i++)
                if (c->classes[i].role == (int)role)
                        return true;
        return false;
}

static void check_procedure_steps(ConfigLoad *l, const ConfigDraft *d, const ConfigProcedure *p) {
        if (p->steps & CONFIG_NO_STEPS && p->steps != CONFIG_NO_STEPS)
                config_fail(l, d, "steps", "none stands alone");
        if (p->cleanse_between && !(p->steps & 1U << STEP_CLEANSE))
                config_fail(l, d, "cleanse-between-rounds", "needs cleanse among the steps");
}

static void check_procedure(ConfigLoad *l, const ConfigDraft *d) {
        ConfigProcedure *p = d->object;

        default_text(&p->name, p->id);
        for (size_t i = 0; i < p->needs.n_ways; i++)
                for (size_t j = 0; j < p->needs.ways[i].n_roles; j++) {
                        Role role = p->needs.ways[i].roles[j];

                        if (!has_class_of_role(l->config, role))
                                config_fail(l, d, "needs", "no class has the role %s", role_name(role));
                }
        check_passes(l, d, &p->limits);
        check_procedure_steps(l, d, p);
}

static void check_duty(ConfigLoad *l, const ConfigDraft *d) {
        ConfigDuty *u = d->object;

        default_text(&u->name, u->id);
        for (size_t i = 0; i < u->autoclave_ids.n; i++)
                if (!config_autoclave(l->config, u->autoclave_ids.v[i]))
                        fail_reference(l, d, "autoclaves", SECTION_AUTOCLAVE, u->autoclave_ids.v[i]);
}

static void check_draft(ConfigLoad *l, const ConfigDraft *d) {
        switch (d->kind) {
        case SECTION_SITE:
                return check_site(l, d);
        case SECTION_BROKER:
                return check_broker(l, d);
        case SECTION_STORE:
                return check_store(l, d);
        case SECTION_ROOM:
                return check_room(l, d);
        case SECTION_PROGRAM:
                return check_program(l, d);
        case SECTION_AUTOCLAVE:
                return check_autoclave(l, d);
        case SECTION_DEVICE:
                return check_device(l, d);
        case SECTION_PRACTITIONER:
                return check_practitioner(l, d);
        case SECTION_CLASS:
                return check_class(l, d);
        case SECTION_PRODUCT:
                return check_product(l, d);
        case SECTION_SUPPLIER:
                return check_supplier(l, d);
        case SECTION_PROCEDURE:
                return check_procedure(l, d);
        case SECTION_DUTY:
                return check_duty(l, d);
        case SECTION_POLICY:
                return check_policy(l, d);
        case SECTION_CONTROL:
        case SECTION_GATE:
        case SECTION_RETENTION:
        case _SECTION_MAX:
                return;
        }
}

static bool lacks_required(const ConfigDraft *d) {
        size_t n;
        const ConfigKey *keys = config_section_keys(d->kind, &n);

        for (size_t i = 0; i < n; i++)
                if (keys[i].required && !d->set[i].file)
                        return true;
        return false;
}

/* In the order of the kinds: programs before the autoclaves that name them, policy before rooms and classes. */
void config_check(ConfigLoad *l) {
        for (size_t i = 0; l->error == 0 && i < l->n_drafts; i++) {
                const ConfigDraft *d = l->drafts[i];

                check_required(l, d);
                if (!d->doubtful && !lacks_required(d))
                        check_draft(l, d);
        }
}
