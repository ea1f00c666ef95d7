/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* system calls [camera]: recvfrom sendto close */

void bk_camera_line_set(struct bk_camera_line *line, int fd)
{
    bk_close(line->fd);
    line->fd = fd;
    line->greeted = false;
    line->command_size = 0;
    line->records_size = line->records_sent = 0;
    line->frame_size = line->frame_sent = 0;
}

bool bk_camera_line_may_read(const struct bk_camera_line *line)
{
    return sizeof line->records - line->records_size >= BK_CAMERA_LINE_ANSWER;
}

int bk_camera_line_read(struct bk_camera_line *line, struct bk_camera_port_command *ret)
{
    ssize_t n = recv(line->fd, (uint8_t *)&line->command + line->command_size,
                     sizeof line->command - line->command_size, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -ECONNRESET;
    line->command_size += (size_t)n;
    if (line->command_size < sizeof line->command)
        return 0;
    *ret = line->command;
    line->command_size = 0;
    return 1;
}

void bk_camera_line_greet(struct bk_camera_line *line, const uint8_t nonce[static BK_CAMERA_PORT_NONCE])
{
    line->greeted = true;
    line->frame_size = line->frame_sent = 0;
    memcpy(line->records, nonce, BK_CAMERA_PORT_NONCE);
    line->records_size = BK_CAMERA_PORT_NONCE;
    line->records_sent = 0;
}

int bk_camera_line_tell(struct bk_camera_line *line, enum bk_camera_port_type type, uint32_t camera, uint32_t value,
                        const void *data, size_t size)
{
    const struct bk_camera_port_record record = {
        .type = type, .camera = camera, .value = value, .length = (uint32_t)size
    };

    if (!line->greeted)
        return 0;
    if (sizeof line->records - line->records_size < sizeof record + size)
        return -ENOBUFS;
    memcpy(line->records + line->records_size, &record, sizeof record);
    if (size > 0)
        memcpy(line->records + line->records_size + sizeof record, data, size);
    line->records_size += sizeof record + size;
    return 0;
}

uint8_t *bk_camera_line_frame_room(struct bk_camera_line *line)
{
    if (!line->greeted || bk_camera_line_waits(line))
        return NULL;
    return line->frame + sizeof(struct bk_camera_port_record);
}

void bk_camera_line_frame_put(struct bk_camera_line *line, uint32_t camera, size_t size)
{
    const struct bk_camera_port_record record = { .type = BK_CAMERA_PORT_FRAME,
                                                  .camera = camera,
                                                  .length = (uint32_t)size };

    memcpy(line->frame, &record, sizeof record);
    line->frame_size = sizeof record + size;
    line->frame_sent = 0;
}

bool bk_camera_line_waits(const struct bk_camera_line *line)
{
    return line->records_size > 0 || line->frame_size > 0;
}

/* Yields 1 when all of it is sent. */
static int flush(int fd, const uint8_t *data, size_t size, size_t *sent)
{
    if (*sent < size) {
        ssize_t n = send(fd, data + *sent, size - *sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        *sent += (size_t)n;
    }
    return *sent == size;
}

/* A frame is taken only when no records wait, so that what is in the middle goes first, and records behind it. */
int bk_camera_line_flush(struct bk_camera_line *line)
{
    int r = 1;

    if (line->frame_size > 0) {
        r = flush(line->fd, line->frame, line->frame_size, &line->frame_sent);
        if (r > 0)
            line->frame_size = line->frame_sent = 0;
    }
    if (r > 0 && line->records_size > 0) {
        r = flush(line->fd, line->records, line->records_size, &line->records_sent);
        if (r > 0)
            line->records_size = line->records_sent = 0;
    }
    return r < 0 ? r : 0;
}
