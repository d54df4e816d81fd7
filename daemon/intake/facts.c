/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts: what the gate looks at, gathered in the transaction in which the items will be claimed. Whatever cannot be
 * found is left as the worst.
 */
#include <stdio.h>

#include "intake/day.h"
#include "intake/facts.h"
#include "intake/people.h"
#include "intake/session.h"
#include "intake/sterile.h"
#include "store/after.h"

/* Stamped by a clock that was set back since: when that was, nobody knows. */
static bool ahead(const Intake *in, int64_t us) {
        return us > in->now.wall_us + CLOCK_BEHIND_US;
}

/* The end of the clinic day. */
static int64_t unwrapped_until(const Intake *in, int64_t t_us) {
        const int64_t start = in->config->site.day_start_us;

        return clinic_day_start(clinic_day(t_us, start) + 1, start);
}

/*
 * A wrapped pack is good for so many days after the one on which it was sterilized, the last of them included, whatever
 * the hour: as its label says it. 0: until something happens to it.
 */
static int64_t good_until(const Intake *in, const ConfigClass *c, const ItemFacts *f) {
        if (!f->unwrapped)
                return c->event_related ? 0 : clinic_day_start(day_of_date(date_of(f->sterile_us)) + c->shelf_life_days + 1, 0);
        return c->critical ? f->sterile_us + in->config->policy.immediate_use_us : unwrapped_until(in, f->sterile_us);
}

/* The pack it lies in, and the cycle that the pack went through. */
static int facts_of_pack(Intake *in, const ItemRow *item, const ConfigClass *c, int64_t session, ItemFacts *f,
                         FactText *t) {
        const ConfigProgram *program;
        const ConfigAutoclave *autoclave;
        AttemptRow *a = &t->attempt;
        PackRow *pack = &t->pack;
        int r = pack_get_id(in->store, item->pack, pack);

        if (r <= 0)
                return r;
        f->pack = pack->label;
        f->pack_opened = (pack->opened_us || pack->opened_session) && (session == 0 || pack->opened_session != session);
        f->inside = (InsideIndicator)pack->inside;
        f->inside_required = (!c || c->inside_indicator) && pack->wrap != WRAP_NONE && pack->opened_us != 0 &&
                             (pack->inside == INSIDE_ABSENT || !f->pack_opened);
        f->unwrapped = pack->wrap == WRAP_NONE;
        f->for_session = pack->for_session[0] ? pack->for_session : NULL;
        if (pack->damaged_us) {
                f->damaged = true;
                f->damage_reason = pack->damage_reason;
        }
        if (!pack->attempt)
                return 0;
        r = attempt_get_id(in->store, pack->attempt, a);
        if (r <= 0)
                return r;
        f->attempt = a->label;
        f->load = (LoadState)a->released;
        f->sterile_us = pack->sterile_us;
        autoclave = config_autoclave(in->config, a->autoclave);
        program = autoclave ? config_program(autoclave, a->program) : NULL;
        f->immediate_use = program && program->immediate_use;
        f->process_suitable = c && process_suits(c, autoclave, program, pack->wrap);
        f->process_wanted = c && c->required_programs.n ? c->required_programs.v[0] : NULL;
        if (c && f->sterile_us && !ahead(in, f->sterile_us))
                f->good_until_us = good_until(in, c, f);
        return 0;
}

/*
 * What a running session uses counts as contaminated and has left its pack; it still rests on the pack out of
 * which this session was given it and on the cycle that the pack went through: damage of the one and a recall of the
 * other stop it.
 */
static int facts_of_past(Intake *in, const ItemRow *item, int64_t session, ItemFacts *f, FactText *t) {
        int64_t pack;
        int r = session_item_pack(in->store, session, item->id, &pack);

        if (r > 0)
                r = pack_get_id(in->store, pack, &t->pack);
        if (r > 0 && t->pack.damaged_us && t->pack.opened_session == session) {
                f->damaged = true;
                f->damage_reason = t->pack.damage_reason;
        }
        if (r > 0 && t->pack.attempt)
                r = attempt_get_id(in->store, t->pack.attempt, &t->attempt);
        if (r > 0 && t->attempt.id && t->attempt.released == LOAD_RECALLED) {
                f->attempt = t->attempt.label;
                f->load = LOAD_RECALLED;
        }
        return r < 0 ? r : 0;
}

static int facts_of_claims(Intake *in, const ItemRow *item, int64_t session, ItemFacts *f, FactText *t) {
        int64_t holder;
        int r = claim_of(in->store, item->id, &holder, t->claim_session, t->claim_room);

        if (r == 0 && item->pack)
                r = pack_claimed(in->store, item->pack, session, t->claim_session, t->claim_room);
        else if (r > 0 && holder == session)
                r = 0;
        if (r > 0) {
                f->claim_session = t->claim_session;
                f->claim_room = t->claim_room;
        }
        return r < 0 ? r : 0;
}

static void facts_of_class(const Intake *in, const ItemRow *item, const ConfigClass *c, ItemFacts *f) {
        f->class_name = c ? c->name : item->class_id;
        f->class_known = c;
        if (!c)
                return;
        f->role = (Role)c->role;
        f->required = (RequiredState)c->required_state;
        f->single_use = c->single_use;
        f->sterilized_here = c->reprocessing == REPROCESSING_STERILIZE;
        f->critical = c->critical;
        f->event_related = c->event_related;
        f->cycles_max = c->reprocessing_limit;
        f->needs_sleeve = c->needs_barrier;
        /* Whatever was drawn into holds blood, or what was made of it. */
        f->needs_label = item->drawn_us && !item->patient[0];
        f->blood_until_us = item->drawn_us ? item->drawn_us + in->config->policy.blood_max_us : 0;
        if (c->role == ROLE_VIAL && item->opened_us)
                f->vial_until_us = item->opened_us + c->vial_open_days * US_PER_DAY;
        if (ahead(in, item->drawn_us))
                f->blood_until_us = 1;
        if (ahead(in, item->opened_us) && f->vial_until_us)
                f->vial_until_us = 1;
}

static void facts_of_use(const ItemRow *item, const char *label, ItemFacts *f) {
        if (item->used_us && !streq(item->used_session, label)) {
                f->used = true;
                f->used_session = item->used_session[0] ? item->used_session : NULL;
                f->used_on = date_of(item->used_us);
        }
        f->damaged = item->damaged_us != 0;
        f->damage_reason = item->damaged_us ? item->damage_reason : NULL;
        f->dropped = item->dropped_us != 0;
        f->cloned = item->cloned_us != 0;
        f->patient = item->patient[0] ? item->patient : NULL;
        f->state = (ItemState)item->state;
        f->cycles = item->cycles;
        /* Supplied sterile, and never anything since that would change it. */
        if (item->supplied == SUPPLIED_STERILE && item->state == ITEM_STERILE && !item->pack) {
                f->process_suitable = true;
                if (item->good_until_on)
                        f->expires = !f->expires || item->good_until_on < f->expires ? item->good_until_on : f->expires;
        }
}

static int facts_of_item(Intake *in, const char *code, int64_t session, const char *label, ItemFacts *f, FactText *t) {
        const ConfigClass *c;
        int e = udi_parse(code, strlen(code), year_now(in), &t->udi), r;

        *f = (ItemFacts){ .code = code };
        if (e) {
                f->parse_error = udi_error_text(e);
                return 0;
        }
        f->code = t->udi.canonical;
        f->single_piece = t->udi.single_piece;
        r = f->single_piece ? item_get(in->store, t->udi.canonical, &t->item) : 0;
        if (r <= 0)
                return r;
        f->known = true;
        f->expires = t->item.expires_on;
        if (t->udi.expires && (!f->expires || t->udi.expires < f->expires))
                f->expires = t->udi.expires;
        c = item_class(in, &t->item);
        facts_of_class(in, &t->item, c, f);
        f->unvouched = item_single_use(in, &t->item) && restore_blocks(&t->item, in->restored_i);
        facts_of_use(&t->item, label, f);
        r = t->item.pack ? facts_of_pack(in, &t->item, c, session, f, t)
            : session    ? facts_of_past(in, &t->item, session, f, t)
                         : 0;
        if (r == 0)
                r = facts_of_claims(in, &t->item, session, f, t);
        if (r == 0)
                r = recall_of(in->store, &t->item, t->attempt.id ? &t->attempt : NULL, t->recall);
        if (r > 0)
                f->recall_reason = t->recall;
        return r < 0 ? r : 0;
}

static int facts_of_exposure(Intake *in, const char *room, GateFacts *f, RequestText *t) {
        int r = exposure_stands(in, room, &t->exposure, &f->exposure_mark, t->exposure_wants);

        if (r <= 0)
                return r;
        f->exposure = t->exposure.detail[0] ? t->exposure.detail : "an injury was reported";
        f->exposure_wants = t->exposure_wants;
        return 0;
}

/* Needles of an earlier session that nobody has accounted for, where the policy lets that block its practitioner. */
static int facts_of_sharps(Intake *in, const Asked *asked, GateFacts *f, RequestText *t) {
        int r = in->config->policy.sharps_block && !asked->session
                        ? after_sharps_owed(in->store, asked->practitioner, t->sharps_session)
                        : 0;

        if (r > 0)
                f->sharps_session = t->sharps_session;
        return r < 0 ? r : 0;
}

/* What renews or adds is not asked: its relay holds a permit, or lost it together with the room's connection. */
static int facts_of_relays(Intake *in, const Asked *asked, GateFacts *f, RequestText *t) {
        int r = asked->session ? 0 : room_still_energised(in, &t->room, &t->relay);

        if (r > 0)
                f->room_relay = t->relay.device;
        return r < 0 ? r : 0;
}

static int facts_of_room(Intake *in, const char *room, int64_t session, GateFacts *f, RequestText *t) {
        int r = room_get(in->store, room, &t->room), live;

        if (r >= 0)
                r = room_lock_next(in->store, room, "", &t->lock);
        if (r < 0)
                return r;
        f->room_lock = r > 0 ? t->lock.rule : NULL;
        f->room_held_s = MAX_OF(INT64_C(0), (t->room.hold_until_us - in->now.boot_us + US_PER_S - 1) / US_PER_S);
        f->room_known = config_room(in->config, room) != NULL;
        f->room_never_used = t->room.session_end_us == 0;
        f->room_session_end_us = t->room.session_end_us;
        f->room_disinfected_us = t->room.disinfected_us;
        live = session_live(in->store, room, &t->live);
        if (live > 0 && t->live.id != session)
                f->room_busy_session = t->live.label;
        return live < 0 ? live : facts_of_exposure(in, room, f, t);
}

static int facts_of_people(Intake *in, GateFacts *f) {
        const ConfigPractitioner *p = config_practitioner(in->config, f->practitioner);
        const ConfigProcedure *procedure = config_procedure(in->config, f->procedure);
        int r = qualified_until(in, f->practitioner, f->procedure, &f->qualified_until);

        f->practitioner_known = p;
        f->practitioner_qualified = p && config_person_is(p, PERSON_PRACTITIONER) && f->qualified_until >= f->today;
        f->procedure_known = procedure;
        if (r < 0 || !procedure)
                return r;
        f->n_ways = procedure->needs.n_ways;
        memcpy(f->ways, procedure->needs.ways, sizeof(f->ways));
        return 0;
}

static const char *doubt(const Intake *in, Doubt d) {
        return intake_doubted(in, d);
}

/* What was allowed before the ledger was restored may be long over. */
static const char *over(const Intake *in, const Asked *asked) {
        return asked->over ? asked->over
               : asked->session && asked->session->decided_i < in->restored_i
                       ? "was allowed before the ledger was restored"
                       : NULL;
}

int facts_gather(Intake *in, const Asked *asked, GateFacts *ret, RequestText *t) {
        const int64_t session = asked->session ? asked->session->id : 0, now_us = MAX_OF(in->now.wall_us, in->floor_us);
        int r = restored_last(in->store, &in->restored_i);

        if (r < 0)
                return r;
        *ret = (GateFacts){ .now_us = now_us,
                            .today = date_of(now_us),
                            .session = asked->label,
                            .room = asked->room,
                            .practitioner = asked->practitioner,
                            .patient = asked->patient,
                            .procedure = asked->procedure,
                            .clock_doubt = doubt(in, DOUBT_CLOCK),
                            .store_doubt = doubt(in, DOUBT_STORE),
                            .audit_doubt = doubt(in, DOUBT_AUDIT),
                            .arming = doubt(in, DOUBT_ARMING),
                            .restore_doubt = doubt(in, DOUBT_RESTORE),
                            .second_daemon = doubt(in, DOUBT_SECOND),
                            .key_doubt = doubt(in, DOUBT_KEY),
                            .adding = asked->adding,
                            .session_over = over(in, asked),
                            .n_items = asked->n_items };
        r = facts_of_people(in, ret);
        if (r == 0)
                r = facts_of_room(in, asked->room, session, ret, t);
        if (r == 0)
                r = facts_of_relays(in, asked, ret, t);
        if (r == 0)
                r = facts_of_sharps(in, asked, ret, t);
        for (size_t i = 0; i < asked->n_items && r == 0; i++) {
                t->items[i].attempt.id = 0;
                r = facts_of_item(in, asked->items[i], session, asked->label, ret->items + i, t->items + i);
                for (size_t j = 0; j < i && r == 0; j++)
                        ret->items[i].repeated |= streq(ret->items[i].code, ret->items[j].code);
        }
        return r;
}
