/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-camera: gives the System VM what the machine's cameras see, while it asks for it. It opens nothing: the supervisor
 * hands it the cameras and the way to the System VM as descriptors, at its start and whenever one comes, so that it can
 * be in its jail before it looks at the first of them.
 */
#include "cameras.h"
#include "program.h"

/* Cameras, the line, control, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX (BK_CAMERA_PORT_CAMERAS + 24U)

static const char help[] = "bk-camera --control fd:N [--uid N --gid N]\n"
                           "\n"
                           "Hands frames of the machine's cameras to the System VM. bk-supervisor starts it and gives "
                           "it all it needs over the\n"
                           "socket that it inherits as descriptor N (docs/protocols/control.md).\n"
                           "\n"
                           "  --control fd:N  the supervisor's control socket\n"
                           "  --uid N         the user to become\n"
                           "  --gid N         the group to become\n"
                           "  --help          print this\n";

static int run(int control)
{
    static struct bk_cameras cameras; /* large */

    bk_cameras_init(&cameras, control);
    return bk_cameras_run(&cameras);
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-camera",
        .help = help,
        .thread = BK_JAIL_CAMERA,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
