/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-camera says, cut into records: docs/protocols/camera-port.md. Knows no socket.
 *
 * Input from: bk-camera, which the machine's cameras may have taken over
 * Runs in: bk-broker
 *
 * Of a record it is checked here that it is one: its type, its camera's number, its length, and that a frame ends where
 * its record does. What it means is the business of camera_machine.h.
 */
#ifndef BK_BROKER_CAMERA_RECORDS_H
#define BK_BROKER_CAMERA_RECORDS_H

#include "camera_frame.h"

#include "camera_port.h"

struct bk_camera_records {
    enum {
        BK_CAMERA_RECORDS_GREETING, /* what comes is old, until the nonce has come back */
        BK_CAMERA_RECORDS_HEAD,
        BK_CAMERA_RECORDS_DATA,
    } state;
    uint8_t nonce[BK_CAMERA_PORT_NONCE];
    uint8_t recent[BK_CAMERA_PORT_NONCE]; /* while greeting: what came last … */
    struct bk_camera_port_record record;
    size_t filled;                     /* of `recent`, of the record's head, or of its data */
    struct bk_camera_port_found found; /* the data of a BK_CAMERA_PORT_FOUND */
    struct bk_camera_intake intake;
};

/* Begins: everything before these bytes is thrown away. What there was is finished, or zero-initialised. */
void bk_camera_records_begin(struct bk_camera_records *records, const uint8_t nonce[static BK_CAMERA_PORT_NONCE]);
void bk_camera_records_finish(struct bk_camera_records *records);

/* Takes bytes away from `*data`, up to a record's end. 1: it is in `records->record`, its data in `records->found`, or
 * `*ret_frame`, which is the caller's then; 0: all are taken and none has ended; -EBADMSG: it is no record, -ENOMEM. */
int bk_camera_records_take(struct bk_camera_records *records, const uint8_t **data, size_t *size,
                           struct bk_camera_frame **ret_frame);

#endif
