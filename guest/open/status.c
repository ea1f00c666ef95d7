/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include "system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bk_status_of_failure(const char *what, int error)
{
    if (error == -EINVAL) {
        fprintf(stderr, "bk-open: %s is nothing that can be opened\n", what);
        return STATUS_USAGE;
    }
    fprintf(stderr, "bk-open: the system is not there: %s\n", strerror(-error));
    return STATUS_FAILED;
}

int bk_status_of_stream(const char *what, int error)
{
    if (error == -EPIPE || error == -ECONNRESET || error == -ENOTCONN)
        fprintf(stderr, "bk-open: %s was not taken to its end\n", what);
    else
        fprintf(stderr, "bk-open: %s was not read to its end: %s\n", what, strerror(-error));
    return STATUS_FAILED;
}

int bk_status_of_answer(const char *message)
{
    char error[128];

    if (!bk_system_string(message, "error", error, sizeof error))
        return EXIT_SUCCESS;
    const char *name = strrchr(error, '.');
    fprintf(stderr, "bk-open: %s\n", name != NULL ? name + 1 : error);
    return STATUS_FAILED;
}
