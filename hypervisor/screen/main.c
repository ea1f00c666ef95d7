/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-screen: shows the System VM's display on the machine's screen, and sends it what keyboard and pointer do. It opens
 * nothing: the supervisor hands it cards, input devices and cables as descriptors, at its start and whenever one comes,
 * so that it can be in its jail before it looks at the first of them.
 */
#include "program.h"
#include "screen.h"

/* Cards, input devices, control, cable, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX (BK_SCREEN_CARDS_MAX + BK_INPUT_DEVICES_MAX + 24U)

static const char help[] =
    "bk-screen --control fd:N [--uid N --gid N]\n"
    "\n"
    "Shows a VM's display on this machine's screen. bk-supervisor starts it and gives it all it needs over the\n"
    "socket that it inherits as descriptor N (docs/protocols/control.md).\n"
    "\n"
    "  --control fd:N  the supervisor's control socket\n"
    "  --uid N         the user to become\n"
    "  --gid N         the group to become\n"
    "  --help          print this\n";

static int run(int control)
{
    static struct bk_screen screen; /* large */

    bk_screen_init(&screen, control);
    return bk_screen_run(&screen);
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-screen",
        .help = help,
        .thread = BK_JAIL_SCREEN,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
