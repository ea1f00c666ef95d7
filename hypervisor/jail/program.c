/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include "log.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    int control;
    uid_t uid;
    gid_t gid;
};

static bool parse_number(const char *text, unsigned long max, unsigned long *ret)
{
    char *end;

    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0' || value > max)
        return false;
    *ret = value;
    return true;
}

/* Yields 0; 1 when the answer was given already; -EINVAL after saying what is wrong. */
static int parse(const char *help, int count, char **arguments, struct options *ret)
{
    static const struct option names[] = {
        { "control", required_argument, NULL, 'c' },
        { "uid", required_argument, NULL, 'u' },
        { "gid", required_argument, NULL, 'g' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    struct options options = { .control = -1 };
    unsigned long value = 0;
    int option;

    while ((option = getopt_long(count, arguments, "", names, NULL)) >= 0) {
        bool good = option != '?';

        if (option == 'h') {
            fputs(help, stdout);
            return 1;
        }
        if (option == 'c')
            good = strncmp(optarg, "fd:", 3) == 0 && parse_number(optarg + 3, 65535, &value);
        else if (good)
            good = parse_number(optarg, UINT32_MAX - 1, &value);
        if (!good) {
            if (option != '?')
                bk_error("\"%s\" is no value for this option; --help says more", optarg);
            return -EINVAL;
        }
        if (option == 'c')
            options.control = (int)value;
        else if (option == 'u')
            options.uid = (uid_t)value;
        else
            options.gid = (gid_t)value;
    }
    if (optind < count || options.control < 0) {
        bk_error("--control is needed, and nothing that is no option; --help says more");
        return -EINVAL;
    }
    *ret = options;
    return 0;
}

static int enter(const struct bk_jail_program *program, const struct options *options)
{
    const struct bk_jail_options jail = {
        .uid = options->uid,
        .gid = options->gid,
        .descriptors_max = program->descriptors_max,
        .threads_max = 1,
        .memory_max = program->memory_max,
    };

    int r = bk_jail_close_descriptors(&options->control, 1);
    if (r >= 0)
        r = bk_jail_process(&jail);
    if (r >= 0)
        r = bk_jail_filter(program->thread);
    return r;
}

int bk_jail_program_main(const struct bk_jail_program *program, int argc, char **argv)
{
    struct options options;

    bk_log_open(program->name, NULL, LOG_INFO);
    int r = parse(program->help, argc, argv, &options);
    if (r != 0)
        return r > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN);
    r = enter(program, &options);
    if (r < 0) {
        bk_error("the jail cannot be entered: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    r = program->run(options.control);
    if (r < 0) {
        bk_error("cannot go on: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
