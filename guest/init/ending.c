/* SPDX-License-Identifier: Apache-2.0 */
#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#define BY_SIGNAL 128 /* and its number, as an exit status */
#define NOT_RUN   127 /* as an exit status: it is not there, or cannot be */

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
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - BY_SIGNAL;

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (signal == faults[i])
            return true;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN;
}
