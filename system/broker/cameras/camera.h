/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a camera may be called, in which modes it gives frames, and which of them suits who asks. Knows no JSON and no
 * socket.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * The rules are part of the API: api/io.bulkhead.Camera.varlink.
 */
#ifndef BK_BROKER_CAMERA_H
#define BK_BROKER_CAMERA_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The limits that api/io.bulkhead.Camera.varlink promises; lengths in bytes. */
#define BK_CAMERA_NAME_MAX       32U
#define BK_CAMERA_TITLE_MAX      80U
#define BK_CAMERA_FORMAT_LENGTH  4U
#define BK_CAMERA_SIDE_MAX       8192U /* pixels */
#define BK_CAMERA_RATE_MAX       240U  /* frames a second */
#define BK_CAMERA_MODES_MAX      32U   /* of one camera */
#define BK_CAMERA_OFFERS_MAX     4U    /* cameras that an app offers */
#define BK_CAMERA_CAMERAS_MAX    64U   /* … and that there are */
#define BK_CAMERA_OPENED_MAX     4U    /* streams of cameras, of an app … */
#define BK_CAMERA_OPENED_ALL_MAX 12U   /* … and of all: each may hold one frame, and so may the camera behind it */

struct bk_camera_mode {
    char format[BK_CAMERA_FORMAT_LENGTH + 1]; /* a FourCC: "YUYV" */
    unsigned width, height;                   /* pixels */
    unsigned rate;                            /* frames a second, at the most */
};

/* Judges what an app calls a camera of its own. */
enum bk_text_fault bk_camera_check_name(const char *name, size_t length);

/* A FourCC: four visible characters of ASCII, of which the last ones may be blanks. */
bool bk_camera_is_format(const char *format);

/* Whether it is within the limits. */
bool bk_camera_is_mode(const struct bk_camera_mode *mode);

/* The mode that comes nearest to what is wished: its format, unless that is empty, exactly; then the size, where either
 * side is not 0; then the rate, where it is not 0. The first of those that come equally near. `n_modes`: there is none
 * of that format. */
unsigned bk_camera_choose(const struct bk_camera_mode *modes, unsigned n_modes, const struct bk_camera_mode *wish);

#endif
