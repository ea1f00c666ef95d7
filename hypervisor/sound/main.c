/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-sound: plays what the VMs play and gives them what the microphone hears. It opens nothing: the supervisor hands it
 * the card and the cables as descriptors, at its start and whenever one comes, so that it can be in its jail before it
 * looks at the first of them.
 */
#include "program.h"
#include "sound.h"

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

static int run(int control)
{
    static struct bk_sound_mixer sound; /* large */

    bk_sound_init(&sound, control);
    return bk_sound_run(&sound);
}

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-sound",
        .help = help,
        .thread = BK_JAIL_SOUND,
        .descriptors_max = DESCRIPTORS_MAX,
        .run = run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
