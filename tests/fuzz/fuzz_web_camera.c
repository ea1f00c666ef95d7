/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What another app sends as a camera, as a page's engine reads it: frames come of it as long as their lengths are good,
 * each the bytes that were sent; who is told not to wait in between loses none.
 */
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE_MAX_HERE 65536U /* what fits into the socket */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_camera_stream stream;
    const uint8_t *whole = data;
    GBytes *pixels = NULL;
    int fds[2], r;

    if (size > SIZE_MAX_HERE)
        return 0;
    r = bk_camera_stream_init(&stream);
    assert(r == 0);
    r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
    assert(r == 0);
    assert(size == 0 || send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size);
    close(fds[1]);
    stream.fd = fds[0];
    for (;;) {
        bk_camera_stream_cancel(&stream, true);
        r = bk_camera_read(&stream, &pixels);
        assert(r == -ECANCELED);
        bk_camera_stream_cancel(&stream, false);
        r = bk_camera_read(&stream, &pixels);
        if (r < 0)
            break;
        size_t length = 0;
        const void *bytes = g_bytes_get_data(pixels, &length);
        assert(length > 0 && length <= (size_t)(data + size - whole) - BK_CAMERA_HEADER);
        assert(memcmp(bytes, whole + BK_CAMERA_HEADER, length) == 0);
        whole += BK_CAMERA_HEADER + length;
        g_clear_pointer(&pixels, g_bytes_unref);
    }
    assert(pixels == NULL && (r == -ENODATA || r == -EBADMSG));
    bk_camera_stream_finish(&stream);
    return 0;
}
