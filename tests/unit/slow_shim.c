/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into the engine's processes (LD_PRELOAD): each frame is passed on late, from element to element, as on a
 * machine that is too slow for its camera, so that some always wait to be drawn.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#define LATE_US 75000U

/* GStreamer's. */
__attribute__((visibility("default"))) int gst_pad_push(void *pad, void *buffer);

int gst_pad_push(void *pad, void *buffer)
{
    int (*real)(void *, void *) = (int (*)(void *, void *))dlsym(RTLD_NEXT, "gst_pad_push");

    if (real == NULL)
        abort();
    usleep(LATE_US);
    return real(pad, buffer);
}
