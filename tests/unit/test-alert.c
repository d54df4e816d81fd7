/* SPDX-License-Identifier: Apache-2.0 */
/* What ends an alert: the table, held against the catalogue of rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/alert.h"
#include "util.h"

static char *rules_md(void) {
        static char text[65536];
        FILE *f = fopen("doc/rules.md", "re");
        size_t n;

        assert_non_null(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
        assert_in_range(n, 1000, sizeof(text) - 2);
        text[n] = '\0';
        return text;
}

/* "| `a`, `b` | when | what happens | ...": what stands between the n-th and the next bar. */
static char *column(char *line, int n) {
        char *at = line;

        while (n-- > 0 && at)
                at = strchr(at + 1, '|');
        return at;
}

static bool raises(const char *happens) {
        return strstr(happens, "alert") || strstr(happens, "warning") || strstr(happens, "information");
}

static void every_rule_that_alerts_has_its_end(void **state) {
        int n = 0, missing = 0;

        (void)state;
        for (char *save = NULL, *line = strtok_r(rules_md(), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *first = column(line, 1), *happens = column(line, 2), *end = happens ? strchr(happens + 1, '|') : NULL;

                if (line[0] != '|' || line[1] != ' ' || line[2] != '`' || !end)
                        continue;
                *first = *end = '\0';
                if (!raises(happens + 1))
                        continue;
                for (char *more = NULL, *id = strtok_r(line, "|` ,", &more); id; id = strtok_r(NULL, "|` ,", &more)) {
                        if (!strchr(id, '-'))
                                continue;
                        if (!alert_rule(id))
                                print_error("doc/rules.md says that %s alerts, and nothing says what ends it\n", id);
                        missing += !alert_rule(id);
                        n++;
                }
        }
        assert_int_equal(missing, 0);
        assert_in_range(n, 40, 200);
}

static void each_stands_once_in_the_catalogue_and_says_the_way_out(void **state) {
        const AlertRule *rules;
        const size_t n = alert_rules(&rules);
        const char *catalogue = rules_md();
        int missing = 0;

        (void)state;
        for (size_t i = 0; i < n; i++) {
                char id[80];
                const bool by_cause = rules[i].critical == ALERT_BY_CAUSE || rules[i].lesser == ALERT_BY_CAUSE;

                snprintf(id, sizeof(id), "`%s`", rules[i].id);
                if (!strstr(catalogue, id))
                        print_error("%s is not in doc/rules.md\n", rules[i].id);
                missing += !strstr(catalogue, id);
                assert_ptr_equal(alert_rule(rules[i].id), rules + i);
                assert_int_equal(by_cause, rules[i].way_out != NULL);
        }
        assert_int_equal(missing, 0);
}

static void what_still_holds_is_not_resolved_by_hand(void **state) {
        char text[ALERT_TEXT_MAX] = "";
        AlertFacts f = { .rule = "broker-lost" };

        (void)state;
        assert_false(alert_resolvable(&f, text));
        assert_non_null(strstr(text, "It ends when the broker is there again"));
        f = (AlertFacts){ .rule = "leak-test-overdue" };
        assert_false(alert_resolvable(&f, text));
        f.gone = true;
        assert_true(alert_resolvable(&f, text));
        f = (AlertFacts){ .rule = "reuse-detected", .critical = true, .locked_room = "room-2" };
        assert_false(alert_resolvable(&f, text));
        assert_non_null(strstr(text, "asepsisctl room unlock room-2"));
        f.locked_room = NULL;
        assert_true(alert_resolvable(&f, text));
        f = (AlertFacts){ .rule = "audit-inconsistent", .critical = true };
        assert_false(alert_resolvable(&f, text));
        f.critical = false;
        assert_true(alert_resolvable(&f, text));
        f = (AlertFacts){ .rule = "screening-missing" };
        assert_true(alert_resolvable(&f, text));
        f = (AlertFacts){ .rule = "a-rule-of-an-earlier-version", .critical = true };
        assert_true(alert_resolvable(&f, text));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_rule_that_alerts_has_its_end),
                cmocka_unit_test(each_stands_once_in_the_catalogue_and_says_the_way_out),
                cmocka_unit_test(what_still_holds_is_not_resolved_by_hand),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
