/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-codec: encodes the System VM's frames with the machine's video encoders. It opens nothing: the supervisor hands it
 * the devices and the way to the System VM as descriptors, at its start and whenever one comes, so that it can be in
 * its jail before it looks at the first of them.
 */
#include "codecs.h"
#include "program.h"

/* Devices, the line, control, standard streams, and what a message in between carries. */
#define DESCRIPTORS_MAX (BK_CODEC_DEVICES + 24U)

static const char help[] = "bk-codec --control fd:N [--uid N --gid N]\n"
                           "\n"
                           "Encodes frames of the System VM with the machine's video encoders. bk-supervisor starts it "
                           "and gives it all it\n"
                           "needs over the socket that it inherits as descriptor N (docs/protocols/control.md).\n"
                           "\n"
                           "  --control fd:N  the supervisor's control socket\n"
                           "  --uid N         the user to become\n"
                           "  --gid N         the group to become\n"
                           "  --help          print this\n";

static int run(int control)
{
    static struct bk_codecs codecs; /* large */

    bk_codecs_init(&codecs, control);
    return bk_codecs_run(&codecs);
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-codec",
        .help = help,
        .thread = BK_JAIL_CODEC,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
