/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-uplink: carries frames between the machine's network card and the System VM. It opens nothing: the supervisor
 * hands it the card and the cable as descriptors, so that it can be in its jail before the first frame comes.
 */
#include "program.h"
#include "uplink.h"

/* Card, cable, control, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX 16U

static const char help[] =
    "bk-uplink --control fd:N [--uid N --gid N]\n"
    "\n"
    "Joins the System VM to the machine's network card. bk-supervisor starts it and gives it all "
    "it needs over the\n"
    "socket that it inherits as descriptor N (docs/protocols/control.md).\n"
    "\n"
    "  --control fd:N  the supervisor's control socket\n"
    "  --uid N         the user to become\n"
    "  --gid N         the group to become\n"
    "  --help          print this\n";

static int run(int control)
{
    struct bk_uplink uplink;

    bk_uplink_init(&uplink, control);
    return bk_uplink_run(&uplink);
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-uplink",
        .help = help,
        .thread = BK_JAIL_UPLINK,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
