/* SPDX-License-Identifier: Apache-2.0 */
#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

const char *bk_app_ending(int status, char *buffer, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(buffer, size, "signal %d", WTERMSIG(status));
    else
        snprintf(buffer, size, "exit status %d", WEXITSTATUS(status));
    return buffer;
}

bool bk_app_crashed(int status)
{
    static const int faults[] = { SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGSYS };

    for (size_t i = 0; WIFSIGNALED(status) && i < sizeof faults / sizeof faults[0]; i++) {
        if (WTERMSIG(status) == faults[i])
            return true;
    }
    return false;
}
