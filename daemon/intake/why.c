/* SPDX-License-Identifier: Apache-2.0 */
/* Why: the facts that the gate would look at, if a session that was allowed once were asked for now. */
#include "intake/session.h"

/* Its items in their order; more than a request may hold there are not. */
static int read_items(Intake *in, int64_t session, char codes[static ITEMS_MAX][CODE_MAX + 1], const char **ret,
                      size_t *ret_n) {
        int64_t item = 0;
        size_t n = 0;
        int r = 0;

        while (n < ITEMS_MAX && (r = session_item_next(in->store, session, item, &item, codes[n])) > 0) {
                ret[n] = codes[n];
                n++;
        }
        *ret_n = n;
        return r < 0 ? r : 0;
}

int intake_why(Intake *in, const Now *now, const char *label, const GateFacts **ret) {
        static char codes[ITEMS_MAX][CODE_MAX + 1];
        static SessionRow session; /* the facts point into it */
        const char *items[ITEMS_MAX];
        Asked asked;
        size_t n = 0;
        int r = session_get(in->store, label, &session);

        if (r <= 0)
                return r;
        in->now = *now;
        r = read_items(in, session.id, codes, items, &n);
        if (r < 0)
                return r;
        asked = (Asked){ .label = session.label,
                         .room = session.room,
                         .practitioner = session.practitioner,
                         .patient = session.patient,
                         .procedure = session.procedure,
                         .session = session.state <= SESSION_SUSPENDED ? &session : NULL,
                         .over = session.state == SESSION_SUSPENDED ? "was stopped"
                                 : session.state > SESSION_SUSPENDED ? "is over"
                                                                     : NULL,
                         .n_items = n,
                         .items = items };
        r = facts_gather(in, &asked, in->facts, in->texts);
        *ret = in->facts;
        return r < 0 ? r : 1;
}
