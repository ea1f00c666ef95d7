/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-sound: plays what the VMs play and gives them what the microphone hears. It opens nothing: the supervisor hands it
 * the card and the cables as descriptors, at its start and whenever one comes, so that it can be in its jail before it
 * looks at the first of them.
 */
#include "jail.h"
#include "log.h"
#include "sound.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cards, cables, control, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX (BK_SOUND_CARDS_MAX + BK_SOUND_VMS_MAX + 24U)

static const char help[] =
    "bk-sound --control fd:N [--uid N --gid N]\n"
    "\n"
    "Mixes what the VMs play, and lets those hear the microphone that may. bk-supervisor starts it and gives it all\n"
    "it needs over the socket that it inherits as descriptor N (docs/protocols/control.md).\n"
    "\n"
    "  --control fd:N  the supervisor's control socket\n"
    "  --uid N         the user to become\n"
    "  --gid N         the group to become\n"
    "  --help          print this\n";

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
static int parse(int count, char **arguments, struct options *ret)
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

static int enter_jail(const struct options *options)
{
    const struct bk_jail_options jail = {
        .uid = options->uid,
        .gid = options->gid,
        .descriptors_max = DESCRIPTORS_MAX,
        .threads_max = 1,
    };

    int r = bk_jail_close_descriptors(&options->control, 1);
    if (r >= 0)
        r = bk_jail_process(&jail);
    if (r >= 0)
        r = bk_jail_filter(BK_JAIL_SOUND);
    return r;
}

int main(int argc, char **argv)
{
    static struct bk_sound_mixer sound; /* large */
    struct options options;

    bk_log_open("bk-sound", NULL, LOG_INFO);
    int r = parse(argc, argv, &options);
    if (r != 0)
        return r > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN);
    r = enter_jail(&options);
    if (r < 0) {
        bk_error("the jail cannot be entered: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    bk_sound_init(&sound, options.control);
    r = bk_sound_run(&sound);
    if (r < 0) {
        bk_error("cannot go on: %s", strerror(-r));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
