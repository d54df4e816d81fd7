/* SPDX-License-Identifier: Apache-2.0 */
/* People: who is registered, and what each may do, by the configuration or by an officer's word. */
#include <stdio.h>
#include <time.h>

#include "bus/internal.h"
#include "intake/day.h"
#include "store/people.h"

static void put_roles(const ConfigPractitioner *p, Reply *r) {
        static const char *const words[] = {
                [PERSON_OPERATOR] = "operator",
                [PERSON_RELEASER] = "releaser",
                [PERSON_OFFICER] = "officer",
                [PERSON_PRACTITIONER] = "practitioner",
        };

        reply_list_open(r, "roles", "s");
        for (int i = 0; i < (int)ELEMENTSOF(words); i++)
                if (config_person_is(p, (Person)i))
                        reply_element(r, words[i]);
        reply_list_close(r);
}

/* As the gate takes it today. */
static const char *state_of(const Config *c, const QualificationRow *q) {
        const int32_t today = date_of((int64_t)time(NULL) * US_PER_S);

        if (q->ended_us)
                return "ended";
        if (!config_procedure(c, q->procedure))
                return "no-such-procedure";
        if (q->until < today)
                return "over";
        return day_of_date(q->until) - day_of_date(today) <= c->policy.qualification_soon_days ? "ends-soon" : "good";
}

static void put_qualification(const Config *c, const QualificationRow *q, Reply *r) {
        reply_open(r);
        reply_text(r, "procedure", q->procedure);
        reply_text(r, "state", state_of(c, q));
        reply_date(r, "until", q->until);
        reply_text(r, "source", q->i ? "ledger" : "configuration");
        reply_text(r, "certificate", q->certificate);
        reply_text(r, "by", q->by);
        reply_time(r, "at", q->i ? q->at_us : 0);
        reply_text(r, "reason", q->reason);
        reply_text(r, "ended_by", q->ended_by);
        reply_time(r, "ended_at", q->ended_us);
        reply_text(r, "ended_reason", q->ended_reason);
        reply_close(r);
}

/* What the configuration says, where the ledger has no word on it. */
static int put_configured(Store *s, const Config *c, const ConfigPractitioner *p, Reply *r) {
        for (size_t i = 0; i < p->qualified.n; i++) {
                QualificationRow q = { .until = p->qualified.v[i].until }, known;
                int found = qualification_last(s, p->id, p->qualified.v[i].procedure, &known);

                if (found < 0)
                        return found;
                snprintf(q.procedure, sizeof(q.procedure), "%s", p->qualified.v[i].procedure);
                if (found == 0)
                        put_qualification(c, &q, r);
        }
        return 0;
}

static int put_person(Store *s, const Config *c, const ConfigPractitioner *p, Reply *r) {
        QualificationRow q = {};
        int found;

        reply_open(r);
        reply_text(r, "practitioner", p->id);
        reply_text(r, "name", p->name);
        put_roles(p, r);
        reply_list_open(r, "qualifications", "a{sv}");
        found = put_configured(s, c, p, r);
        while (found >= 0 && (found = qualification_next(s, p->id, q.procedure, &q)) > 0)
                put_qualification(c, &q, r);
        reply_list_close(r);
        reply_close(r);
        return found;
}

/* GetPractitioner(s practitioner) -> a{sv}. NotFound, Ledger. */
int method_get_practitioner(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *config = source->config(source->userdata);
        const ConfigPractitioner *p;
        const char *id;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &id);

        if (r < 0)
                return r;
        p = config_practitioner(config, id);
        if (!p)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "Nobody here is registered as %.*s.", LABEL_MAX, id);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        r = put_person(source->store, config, p, &reply);
        return bus_answer(source, r, &reply, error);
}

/* ListPractitioners() -> aa{sv}, in the order of the configuration. Ledger. */
int method_list_practitioners(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *config = source->config(source->userdata);
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        reply_page_open(&reply);
        for (size_t i = 0; i < config->n_practitioners && r >= 0; i++)
                r = put_person(source->store, config, config->practitioners + i, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
