/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "config.h"
#include "log.h"
#include "manager.h"

#define CONFIG_DEFAULT "/etc/asepsis/asepsisd.conf"

static const char help[] =
        "Usage: asepsisd [OPTION]...\n"
        "Infection control for clinics: listens to devices over MQTT, keeps the ledger, and stops a\n"
        "session from starting when contamination is possible.\n"
        "\n"
        "  -c, --config FILE    configuration (default " CONFIG_DEFAULT "),\n"
        "                       with FILE.d/*.conf read after it\n"
        "      --check-config   read the configuration, say what is wrong, and exit\n"
        "  -h, --help           this text\n"
        "      --version        the version\n"
        "\n"
        "SIGHUP reloads the configuration, all of it or none; SIGTERM stops.\n"
        "Exit status: 0 stopped; 1 failed; 64 wrong usage; 78 the configuration is wrong.\n"
        "See doc/configuration.md, doc/protocol/README.md and asepsisctl(1).\n";

typedef struct Arguments {
        const char *config;
        bool check;
} Arguments;

/* -1: go on; otherwise the exit status. */
static int parse_arguments(int argc, char **argv, Arguments *ret) {
        static const struct option options[] = {
                { "config", required_argument, NULL, 'c' },
                { "check-config", no_argument, NULL, 'k' },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'v' },
                {},
        };
        int c;

        *ret = (Arguments){ .config = CONFIG_DEFAULT };
        while ((c = getopt_long(argc, argv, "c:h", options, NULL)) >= 0) {
                if (c == 'c') {
                        ret->config = optarg;
                } else if (c == 'k') {
                        ret->check = true;
                } else if (c == 'h') {
                        fputs(help, stdout);
                        return EX_OK;
                } else if (c == 'v') {
                        puts("asepsisd " VERSION);
                        return EX_OK;
                } else {
                        fputs("Try asepsisd --help.\n", stderr);
                        return EX_USAGE;
                }
        }
        if (optind < argc) {
                fprintf(stderr, "asepsisd takes no argument like \"%s\". Try asepsisd --help.\n", argv[optind]);
                return EX_USAGE;
        }
        return -1;
}

static int run(const char *path, Config **config) {
        _cleanup_(manager_freep) Manager *m = NULL;
        int r = manager_new(&m, path, config);

        if (r == 0)
                r = manager_run(m);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv) {
        _cleanup_(freep) ConfigErrors *errors = calloc(1, sizeof(*errors));
        _cleanup_(config_freep) Config *config = NULL;
        Arguments a;
        int r = parse_arguments(argc, argv, &a);

        if (r >= 0)
                return r;
        log_open();
        /* The ledger holds what patients trust us with. */
        umask(0077);
        r = errors ? config_load(a.config, &config, errors) : -ENOMEM;
        if (r < 0) {
                if (errors)
                        config_errors_print(errors, stderr);
                return r == -EINVAL || r == -ENOENT ? EX_CONFIG : EXIT_FAILURE;
        }
        if (a.check) {
                config_warn(config, stderr);
                printf("%s is good: site %s; rooms: %zu, autoclaves: %zu, devices: %zu, people: %zu.\n", a.config,
                       config->site.id, config->n_rooms, config->n_autoclaves, config->n_devices,
                       config->n_practitioners);
                return EX_OK;
        }
        return run(a.config, &config);
}
