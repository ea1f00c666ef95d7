/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the System VM: whole records go out, be it slowly, and commands come in
 * (hypervisor/protocol/camera_port.h).
 *
 * Input from: the System VM, through its bk-vmm: commands are checked by who takes them
 * Runs in: bk-camera
 *
 * There is room for some records, and beside them for one frame. A frame is taken only when nothing waits to be sent:
 * so what goes out is never older than one frame, and the broker's answers do not wait behind two.
 */
#ifndef BK_CAMERA_LINE_H
#define BK_CAMERA_LINE_H

#include "camera_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_CAMERA_LINE_RECORDS 8192U /* bytes */
/* As long as there is this much room, commands are read: for all that one of them is answered with. */
#define BK_CAMERA_LINE_ANSWER                                                                     \
    (BK_CAMERA_PORT_NONCE + (BK_CAMERA_PORT_CAMERAS + 1) * sizeof(struct bk_camera_port_record) + \
     BK_CAMERA_PORT_CAMERAS * sizeof(struct bk_camera_port_found))

struct bk_camera_line {
    int fd; /* -1: there is none */
    bool greeted;
    struct bk_camera_port_command command; /* as far as it has come */
    size_t command_size;
    uint8_t records[BK_CAMERA_LINE_RECORDS];
    size_t records_size, records_sent;
    uint8_t frame[sizeof(struct bk_camera_port_record) + BK_CAMERA_PORT_FRAME_HEAD + BK_CAMERA_PORT_FRAME_MAX];
    size_t frame_size, frame_sent; /* 0: there is none */
};

/* In place of the one before. Owns `fd`, a non-blocking stream. -1: there is none then. */
void bk_camera_line_set(struct bk_camera_line *line, int fd);

/* A command that has come whole: 1; 0: not yet; -ECONNRESET: the line has ended. */
int bk_camera_line_read(struct bk_camera_line *line, struct bk_camera_port_command *ret);
bool bk_camera_line_may_read(const struct bk_camera_line *line);

/* Begins anew: what waits to be sent is thrown away, and the nonce is the first that goes out. */
void bk_camera_line_greet(struct bk_camera_line *line, const uint8_t nonce[static BK_CAMERA_PORT_NONCE]);
/* Sends a record. -ENOBUFS: too much waits. Nothing, with 0, before anybody greeted. */
int bk_camera_line_tell(struct bk_camera_line *line, enum bk_camera_port_type type, uint32_t camera, uint32_t value,
                        const void *data, size_t size);

/* Where a frame is to be put, or NULL while another one is on its way; and that it is there. */
uint8_t *bk_camera_line_frame_room(struct bk_camera_line *line);
void bk_camera_line_frame_put(struct bk_camera_line *line, uint32_t camera, size_t size);

bool bk_camera_line_waits(const struct bk_camera_line *line);
/* Sends what is taken at once. */
int bk_camera_line_flush(struct bk_camera_line *line);

#endif
