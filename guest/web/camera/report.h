/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source tells bk-web of itself, as the engine would tell no page of it: on a connection of its own, from when
 * it starts until it stops. docs/protocols/camera-report.md
 *
 * Input from: the environment, which bk-web makes
 * Runs in: the engine's processes, any thread
 */
#ifndef BK_WEB_CAMERA_REPORT_H
#define BK_WEB_CAMERA_REPORT_H

#define BK_CAMERA_REPORTS "BK_CAMERA_REPORTS" /* in the environment: the abstract name of bk-web's socket */

#define BK_CAMERA_TITLE_MAX 80U /* bytes, as io.bulkhead.Camera has it */

enum bk_camera_report {
    BK_CAMERA_UNKNOWN = 0,      /* never told: the person has not answered, or the camera gives no frames yet */
    BK_CAMERA_SEEN = 's',       /* it is open */
    BK_CAMERA_DENIED = 'd',     /* the person said no, or the system */
    BK_CAMERA_UNREADABLE = 'u', /* it did not open for another reason */
    BK_CAMERA_GONE = 'g',       /* it was open, and there are no more frames */
};

/* Begins to tell; never waits. -1: nobody listens. */
int bk_camera_report_begin(const char *title);

void bk_camera_report(int fd, enum bk_camera_report what);

#endif
