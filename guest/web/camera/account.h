/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source has told of itself by now: docs/protocols/camera-report.md
 *
 * Input from: the app (any process in its VM may send there)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_CAMERA_ACCOUNT_H
#define BK_WEB_CAMERA_ACCOUNT_H

#include "report.h"

#include <stddef.h>

struct bk_camera_account {
    char title[BK_CAMERA_TITLE_MAX + 1]; /* "": not told yet */
    enum bk_camera_report told;          /* GONE: it was open; the last word then, as a no is */
};

enum bk_camera_news {
    BK_CAMERA_NO_NEWS,
    BK_CAMERA_OPENED, /* or not, as `told` says */
    BK_CAMERA_ENDED,  /* there are no more frames */
    BK_CAMERA_NONSENSE,
};

/* Takes one packet of `size` bytes, of which those beyond BK_CAMERA_TITLE_MAX are not looked at. Nonsense changes
 * nothing: whoever sent it is not to be heard any more. */
enum bk_camera_news bk_camera_account_take(struct bk_camera_account *account, const char *packet, size_t size);

#endif
