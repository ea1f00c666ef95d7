/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-picker: reads, for one question to the person, one folder that an app serves, and reads or writes the one file in
 * it that they choose. It opens nothing: the broker hands it that app's stream, and then the other one's, so that it
 * can be in its jail before it sees the first byte. Whatever a server says, it can mislead about nothing but its own
 * folder.
 */
#include "picker.h"
#include "program.h"

/* Control, two streams, the standard ones, and what a message in between carries. */
#define DESCRIPTORS_MAX 16U

/* All that it keeps is static, and less than a MiB. */
#define MEMORY_MAX (8UL * 1024 * 1024)

static const char help[] =
    "bk-picker --control fd:N [--uid N --gid N]\n"
    "\n"
    "Reads a folder that an app serves, for the question which file to open or where to save one. "
    "bk-broker starts it and\n"
    "gives it all it needs over the socket that it inherits as descriptor N "
    "(docs/protocols/picker.md).\n"
    "\n"
    "  --control fd:N  the broker's socket\n"
    "  --uid N         the user to become\n"
    "  --gid N         the group to become\n"
    "  --help          print this\n";

int main(int argc, char **argv)
{
    static const struct bk_jail_program program = {
        .name = "bk-picker",
        .help = help,
        .thread = BK_JAIL_PICKER,
        .descriptors_max = DESCRIPTORS_MAX,
        .memory_max = MEMORY_MAX,
        .run = bk_picker_run,
    };

    return bk_jail_program_main(&program, argc, argv);
}
