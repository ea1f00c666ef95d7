/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "cable/sound.h"

#include "core/loop.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* system calls [io]: sendmsg recvmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

#define MESSAGES_AT_ONCE 16 /* received before the VM's other work goes first */

struct bk_sound {
    struct bk_loop *loop;
    struct bk_source source;
    int fd; /* -1: not plugged */
    bool full;
    const struct bk_sound_listener *listener; /* NULL: nobody */
    void *userdata;
};

static void unplug(struct bk_sound *sound, const char *why)
{
    if (sound->fd < 0)
        return;
    if (why != NULL)
        bk_warning("sound cable: %s: unplugged", why);
    bk_loop_remove(sound->loop, &sound->source);
    sound->fd = bk_close(sound->fd);
    sound->full = false;
    if (sound->listener != NULL)
        sound->listener->forget(sound->userdata);
}

void bk_sound_refuse(struct bk_sound *sound, const char *why)
{
    unplug(sound, why);
}

static bool is_valid(const struct bk_sound_header *header, size_t size)
{
    switch (header->type) {
    case BK_SOUND_PLAYED:
        return header->stream == BK_SOUND_PLAYBACK && header->frames <= BK_SOUND_WINDOW && size == sizeof *header;
    case BK_SOUND_RECORDED:
        return header->stream == BK_SOUND_CAPTURE && header->frames <= BK_SOUND_FRAMES_MAX &&
               size == sizeof *header + header->frames * BK_SOUND_FRAME_SIZE;
    case BK_SOUND_SOURCE:
        return header->stream == BK_SOUND_CAPTURE && header->run == 0 && header->frames <= 1 && size == sizeof *header;
    default:
        return false;
    }
}

static void receive(struct bk_sound *sound)
{
    struct bk_sound_message message;
    unsigned rests = 0;

    for (unsigned i = 0; i < MESSAGES_AT_ONCE && sound->fd >= 0; i++) {
        _cleanup_close_ int fd = -1;
        ssize_t n = bk_recv_message(sound->fd, &message, sizeof message, &fd);
        if (n == -EAGAIN)
            return;
        if (n == 0 || n == -ECONNRESET)
            unplug(sound, NULL);
        else if (n < (ssize_t)sizeof message.header || fd >= 0 || !is_valid(&message.header, (size_t)n))
            unplug(sound, "the far end does not speak the protocol");
        else if (message.header.type == BK_SOUND_PLAYED && message.header.frames == 0 && rests++ > 0)
            continue; /* this process stood still meanwhile, and with it, most likely, the guest */
        else if (sound->listener != NULL)
            sound->listener->hear(sound->userdata, &message);
    }
}

static void set_full(struct bk_sound *sound, bool full)
{
    if (sound->full == full)
        return;
    sound->full = full;
    int r = bk_loop_modify(sound->loop, &sound->source, full ? EPOLLIN | EPOLLOUT : EPOLLIN);
    assert(r == 0); /* the descriptor is open and ours */
    (void)r;
}

static void go_on(struct bk_sound *sound)
{
    if (sound->listener != NULL)
        sound->listener->go_on(sound->userdata);
}

static void on_ready(void *userdata, uint32_t events)
{
    struct bk_sound *sound = userdata;

    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        receive(sound);
    if ((events & EPOLLOUT) != 0 && sound->fd >= 0) {
        set_full(sound, false);
        go_on(sound);
    }
}

bool bk_sound_send(struct bk_sound *sound, const struct bk_sound_header *header, const struct iovec *ranges,
                   unsigned count)
{
    struct iovec all[1 + BK_SOUND_RANGES_MAX] = { { (void *)(uintptr_t)header, sizeof *header } };
    const struct msghdr message = { .msg_iov = all, .msg_iovlen = 1 + count };
    ssize_t n;

    assert(count <= BK_SOUND_RANGES_MAX);
    if (sound->fd < 0 || sound->full)
        return false;
    if (count > 0)
        memcpy(all + 1, ranges, count * sizeof *ranges);
    do {
        n = sendmsg(sound->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)) /* short of memory is full too */
        set_full(sound, true);
    return n >= 0; /* a far end that is gone shows in the loop */
}

int bk_sound_plug(struct bk_sound *sound, int fd)
{
    _cleanup_close_ int owned = fd;

    unplug(sound, NULL);
    int r = bk_set_nonblock(owned);
    if (r >= 0)
        r = bk_loop_add(sound->loop, &sound->source, owned, EPOLLIN, on_ready, sound);
    if (r < 0)
        return r;
    sound->fd = TAKE_FD(owned);
    go_on(sound);
    return 0;
}

int bk_sound_create(struct bk_loop *loop, struct bk_sound **ret_sound)
{
    struct bk_sound *sound = calloc(1, sizeof *sound);

    if (sound == NULL)
        return -ENOMEM;
    sound->loop = loop;
    sound->fd = -1;
    *ret_sound = sound;
    return 0;
}

void bk_sound_destroy(struct bk_sound *sound)
{
    if (sound == NULL)
        return;
    unplug(sound, NULL);
    free(sound);
}

void bk_sound_listen(struct bk_sound *sound, const struct bk_sound_listener *listener, void *userdata)
{
    sound->listener = listener;
    sound->userdata = userdata;
}
