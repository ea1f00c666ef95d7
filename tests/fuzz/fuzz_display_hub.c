/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The display hub between apps and a compositor that all say what they like. What the compositor hears must keep to the
 * display port's rules all the same.
 *
 * Input: steps of 1 byte, bits 0-2 what, 3-4 which app, 5-7 with which memory, and 1 byte, how many bytes follow: a
 * datagram of the app's, or bytes of the compositor's. Elsewhere that number says how much, and nothing follows.
 */
#define _GNU_SOURCE
#include "../unit/fake_loop.h"

#include "cable/display_hub.h"
#include "checked.h"
#include "cleanup.h"
#include "display_check.h"
#include "io.h"
#include "log.h"
#include "vsock_cable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEPS_MAX 200U
#define APPS      4U
#define CID_FIRST BK_VSOCK_CID_APP_FIRST
#define TURNS_MAX 3000U
#define RECORD    sizeof(struct bk_display_port_record)

enum action {
    APP_SAYS,
    PORT_SAYS, /* bytes */
    HELLO,
    PLUG,
    HANG_UP,
    APP_HEARS,   /* all that there is */
    PORT_HEARS,  /* as many records as the number says */
    OPEN_SURFACE /* whose id is the number */
};

static int memories[8]; /* what an app may send with a message; -1: nothing */

/* What the compositor knows, by the rules. */
static struct {
    bool begun;
    uint8_t bytes[RECORD];
    size_t size;
    struct {
        bool joined, left; /* left: for good, until it joins again */
        struct bk_display_check check;
    } apps[APPS];
} compositor;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static int make_memory(size_t size, int seals)
{
    int fd = memfd_create("surface", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    require(fd >= 0 && ftruncate(fd, (off_t)size) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0);
    return fd;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    bk_log_open("fuzz", NULL, -1);
    signal(SIGPIPE, SIG_IGN);
    memories[0] = -1;
    memories[1] = make_memory(65536, BK_DISPLAY_SEALS);
    memories[2] = make_memory(65536, BK_DISPLAY_SEALS & ~F_SEAL_GROW);
    memories[3] = make_memory(65536, BK_DISPLAY_SEALS & ~F_SEAL_SHRINK);
    memories[4] = make_memory(100, BK_DISPLAY_SEALS);
    memories[5] = make_memory(BK_DISPLAY_SURFACE_SIZE_MAX, BK_DISPLAY_SEALS);
    memories[6] = open("/dev/null", O_RDWR | O_CLOEXEC);
    memories[7] = make_memory(65536, BK_DISPLAY_SEALS & ~F_SEAL_FUTURE_WRITE);
    return 0;
}

static void check_record(const struct bk_display_port_record *record)
{
    uint32_t number = record->cid - CID_FIRST;
    int place;

    require(record->reserved == 0 && record->message.reserved == 0);
    if (record->message.type == BK_DISPLAY_PORT_HELLO) {
        require(record->cid == 0);
        memset(&compositor.apps, 0, sizeof compositor.apps);
        compositor.begun = true;
        return;
    }
    require(compositor.begun && number < APPS);
    bool *joined = &compositor.apps[number].joined;
    if (record->message.type == BK_DISPLAY_PORT_JOINED) {
        require(!*joined);
        memset(&compositor.apps[number], 0, sizeof compositor.apps[number]);
        *joined = true;
        return;
    }
    require(*joined);
    if (record->message.type == BK_DISPLAY_PORT_LEFT)
        *joined = false;
    else
        require(record->message.type != BK_DISPLAY_CURSOR_MOVE &&
                bk_display_check_message(&compositor.apps[number].check, &record->message, &place) == NULL);
}

/* How many records it took. */
static size_t hear_port(int port, size_t most)
{
    struct bk_display_port_record record;
    size_t count = 0;

    while (count < most) {
        require(compositor.size < RECORD);
        ssize_t n = read(port, compositor.bytes + compositor.size, RECORD - compositor.size);
        if (n <= 0)
            break;
        compositor.size += (size_t)n;
        if (compositor.size < RECORD)
            continue;
        compositor.size = 0;
        memcpy(&record, compositor.bytes, RECORD);
        check_record(&record);
        count++;
    }
    return count;
}

static void hear_app(int app)
{
    struct bk_display_message message;
    int fd = -1;

    while (app >= 0 && bk_recv_message(app, &message, sizeof message, &fd) == (ssize_t)sizeof message) {
        require(fd < 0 && message.reserved == 0);
        require(message.type >= BK_DISPLAY_CONFIGURE && message.type <= BK_DISPLAY_INPUT);
        if (message.type == BK_DISPLAY_CONFIGURE)
            require(message.configure.width - 1 < BK_DISPLAY_SIDE_MAX &&
                    message.configure.height - 1 < BK_DISPLAY_SIDE_MAX);
    }
}

static void open_surface(const struct bk_display_hub *hub, uint32_t cid, uint32_t id)
{
    uint64_t size = 0;
    _cleanup_close_ int fd = bk_display_hub_open(hub, bk_display_port_blob_id(cid, id), &size);

    require(fd >= 0 || fd == -ENOENT);
    require(fd < 0 || bk_display_check_memory(fd, size) == NULL);
}

static int plug(struct bk_display_hub *hub, uint32_t cid)
{
    int ends[2];

    require(bk_socketpair(16384, ends) == 0 && bk_set_nonblock(ends[1]) == 0);
    require(bk_display_hub_plug(hub, cid, ends[0]) == 0);
    return ends[1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bk_display_port_record hello = { .message.type = BK_DISPLAY_PORT_HELLO };
    int port[2], apps[APPS];
    struct bk_display_hub *hub;
    struct bk_loop *loop = fake_loop_create();

    memset(&compositor, 0, sizeof compositor);
    require(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, port) == 0);
    require(setsockopt(port[0], SOL_SOCKET, SO_SNDBUF, &(int){ 2400 }, sizeof(int)) == 0); /* soon full */
    require(bk_display_hub_create(loop, port[0], &hub) == 0);
    for (uint32_t i = 0; i < APPS; i++)
        apps[i] = plug(hub, CID_FIRST + i);
    for (unsigned i = 0; i < STEPS_MAX && size >= 2; i++) {
        enum action action = data[0] & 7;
        unsigned number = data[0] >> 3 & 3;
        int *app = &apps[number], memory = memories[data[0] >> 5];
        size_t amount = data[1], length = action <= PORT_SAYS ? bk_min(amount, size - 2) : 0;
        const uint8_t *bytes = data + 2;
        switch (action) {
        case APP_SAYS:
            if (*app >= 0)
                (void)bk_send_message(*app, bytes, length, memory); /* full, or closed by the hub */
            break;
        case PORT_SAYS:
            (void)!write(port[1], bytes, length);
            break;
        case HELLO:
            (void)!write(port[1], &hello, sizeof hello);
            break;
        case PLUG:
            bk_close(*app);
            *app = plug(hub, CID_FIRST + number);
            break;
        case HANG_UP:
            *app = bk_close(*app);
            break;
        case APP_HEARS:
            hear_app(*app);
            break;
        case PORT_HEARS:
            (void)hear_port(port[1], amount);
            break;
        default:
            open_surface(hub, CID_FIRST + number, (uint32_t)amount);
            break;
        }
        fake_loop_settle(loop, TURNS_MAX);
        data += 2 + length;
        size -= 2 + length;
    }
    /* Who reads at last hears it all, and the next compositor is answered. */
    for (unsigned i = 0; i < 3; i++) {
        do
            fake_loop_settle(loop, TURNS_MAX);
        while (hear_port(port[1], SIZE_MAX) > 0);
        if (i == 2)
            break;
        compositor.begun = false;
        (void)!write(port[1], &hello, sizeof hello);
    }
    require(compositor.begun && compositor.size == 0);
    bk_display_hub_destroy(hub);
    for (unsigned i = 0; i < APPS; i++)
        bk_close(apps[i]);
    close(port[1]);
    fake_loop_destroy(loop);
    return 0;
}
