/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short-lived resources that free themselves when their variable leaves its scope.
 *
 * Input from: trusted
 * Runs in: any process, any thread
 */
#ifndef BK_BASE_CLEANUP_H
#define BK_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Hands over what a cleanup variable owns: yields its value and leaves the empty value behind. */
#define TAKE_PTR(pointer)               \
    ({                                  \
        __auto_type taken_ = (pointer); \
        (pointer) = NULL;               \
        taken_;                         \
    })

#define TAKE_FD(descriptor)        \
    ({                             \
        int taken_ = (descriptor); \
        (descriptor) = -1;         \
        taken_;                    \
    })

static inline void bk_free_pointer(void *pointer)
{
    free(*(void **)pointer);
}

/* Closes if open; always yields -1, so that `fd = bk_close(fd)` reads well. Keeps errno. */
int bk_close(int fd);

static inline void bk_close_pointer(const int *fd)
{
    bk_close(*fd);
}

static inline void bk_fclose_pointer(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

#define _cleanup_free_   _cleanup_(bk_free_pointer)
#define _cleanup_close_  _cleanup_(bk_close_pointer)
#define _cleanup_fclose_ _cleanup_(bk_fclose_pointer)

#endif
