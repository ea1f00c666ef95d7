/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a test holds of the host's: to show that a flood leaves nothing behind.
 *
 * Input from: trusted
 * Runs in: unit tests
 */
#ifndef BK_TESTS_MEASURE_H
#define BK_TESTS_MEASURE_H

#include <assert.h>
#include <dirent.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>

static inline unsigned measure_descriptors(void)
{
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");

    assert(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

#define MEASURE_MAPPINGS_NOISE 32 /* what malloc() or a sanitizer adds by itself; a flood is of hundreds */

/* Mappings of this process: an image that was not unmapped shows here. */
static inline unsigned measure_mappings(void)
{
    unsigned count = 0;
    FILE *file = fopen("/proc/self/maps", "re");

    assert(file != NULL);
    for (int c = fgetc(file); c != EOF; c = fgetc(file))
        count += c == '\n';
    fclose(file);
    return count;
}

/* Bytes that malloc() has handed out and not got back; 0 always under a sanitizer, which looks for leaks itself. */
#define MEASURE_HEAP_NOISE 8192 /* what malloc() keeps at hand for the next time */

static inline size_t measure_heap(void)
{
    return mallinfo2().uordblks;
}

#endif
