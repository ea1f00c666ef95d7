/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init of a measured guest: says that userspace is there and resets the machine, or with "hold" on the
 * kernel's command line (which the kernel passes on as an argument) stays, so that memory can be read.
 */
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char line[] = "userspace\n";

    if (write(STDOUT_FILENO, line, sizeof line - 1) < 0)
        return 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "hold") == 0)
            pause();
    }
    reboot(RB_AUTOBOOT);
    return 1;
}
