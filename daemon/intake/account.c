/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts: what was done in the sessions that were followed last. As with Running it is only a shortcut for what the
 * ledger says: whoever changes an account changes its rows in the same step, and after anything was undone all of them
 * are read anew. The same holds of the deviations that were told: their rows are never taken back. So a report costs the
 * same in a session's first minute and in its second hour.
 */
#include <errno.h>

#include "intake/session.h"

#define TOLD_MAX 8 /* more are asked of the ledger */

struct Account {
        int64_t session; /* 0: none */
        uint64_t turn;   /* when it was last asked for */
        size_t n_told;   /* deviations that the ledger has; the oldest gives way */
        struct {
                const TreatmentRule *rule;
                char cause[TREATMENT_CAUSE_MAX];
        } told[TOLD_MAX];
        Treatment treatment;
};

static Account *account_find(Intake *in, int64_t session) {
        for (size_t i = 0; i < ACCOUNTS_MAX && in->accounts[i]; i++)
                if (in->accounts[i]->session == session)
                        return in->accounts[i];
        return NULL;
}

/* A new one while there is room, else the one that was longest not asked for. */
static Account *account_place(Intake *in) {
        Account **oldest = in->accounts;

        for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
                if (!in->accounts[i])
                        return in->accounts[i] = malloc(sizeof(Account));
                if (in->accounts[i]->turn < (*oldest)->turn)
                        oldest = in->accounts + i;
        }
        return *oldest;
}

static void forget_undone(Intake *in) {
        if (in->accounts_undone == store_undone(in->store))
                return;
        for (size_t i = 0; i < ACCOUNTS_MAX && in->accounts[i]; i++)
                in->accounts[i]->session = 0;
        in->accounts_undone = store_undone(in->store);
}

int account_of(Intake *in, int64_t session, Treatment **ret) {
        Account *account;
        int r = 0;

        forget_undone(in);
        account = account_find(in, session);
        if (!account) {
                account = account_place(in);
                if (!account)
                        return -ENOMEM;
                account->session = 0;
                account->n_told = 0;
                r = treatment_load(in->store, session, &account->treatment);
        }
        account->turn = ++in->accounts_turn;
        if (r < 0)
                return r;
        account->session = session;
        *ret = &account->treatment;
        return 0;
}

int account_told(Intake *in, int64_t session, const TreatmentDeviation *d) {
        Account *account;
        size_t n;
        int r;

        forget_undone(in);
        account = account_find(in, session);
        n = account ? MIN_OF(account->n_told, (size_t)TOLD_MAX) : 0;
        for (size_t i = 0; i < n; i++)
                if (account->told[i].rule == d->rule && streq(account->told[i].cause, d->cause))
                        return 1;
        r = deviation_known(in->store, session, d->rule->id, d->cause);
        if (r > 0 && account) {
                n = account->n_told++ % TOLD_MAX;
                account->told[n].rule = d->rule;
                memcpy(account->told[n].cause, d->cause, sizeof(d->cause));
        }
        return r;
}

void accounts_free(Intake *in) {
        for (size_t i = 0; i < ACCOUNTS_MAX; i++)
                free(in->accounts[i]);
}
