/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GPU between a driver and a screen that are the test's own.
 *
 * Input from: trusted
 * Runs in: unit tests
 */
#ifndef BK_TESTS_GPU_BENCH_H
#define BK_TESTS_GPU_BENCH_H

#include "cable/display.h"
#include "checked.h"
#include "core/memory.h"
#include "fake_loop.h"
#include "fake_queue.h"

#include <linux/virtio_gpu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_SIZE (32 * BK_MIB)
#define CONTROL  0
#define CURSOR   1
#define OK       VIRTIO_GPU_RESP_OK_NODATA

extern struct bk_loop *loop;
extern struct bk_memory memory;
extern struct bk_display *display;
extern struct bk_virtio_device *device;
extern struct bk_virtio_transport transport;
extern int screen; /* the screen's end of the cable, or -1 */

/* For cmocka: `state` is not used. */
int gpu_setup(void **state);
int gpu_teardown(void **state);

/* The driver */

extern union gpu_reply {
    struct virtio_gpu_ctrl_hdr header;
    struct virtio_gpu_resp_display_info info;
    struct virtio_gpu_resp_edid edid;
} reply;
extern uint16_t last_head;

/* Each sends a command; yields its answer's type, 0 when there is none yet. */
uint32_t send_sized(const void *request, size_t request_size, size_t reply_size);
#define SEND(request) send_sized(&(request), sizeof(request), sizeof reply.header)
uint32_t create(uint32_t id, uint32_t format, uint32_t width, uint32_t height);
/* `sent` entries follow the command, which says that there are `count`. */
uint32_t attach(uint32_t id, const struct virtio_gpu_mem_entry *entries, uint32_t sent, uint32_t count);
uint32_t attach_one(uint32_t id, uint64_t address, uint32_t length);
uint32_t unref(uint32_t id);
uint32_t transfer(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint64_t offset);
uint32_t set_scanout(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
uint32_t flush_flags(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t flags);
uint32_t flush(uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height);
/* Whether it was taken: a cursor command has no answer. */
uint32_t cursor_command(uint32_t type, uint32_t id, uint32_t x, uint32_t y, uint32_t hot_x, uint32_t hot_y);
uint32_t *ram(uint64_t address);
/* A resource whose pixels in guest memory are their own index, from `address` on; not yet transferred. */
void create_backed(uint32_t id, uint32_t width, uint32_t height, uint64_t address);

/* The screen */

void plug(size_t buffer);
/* False when the display has closed its end. */
bool is_plugged(void);
/* The next message, or type 0; *ret_fd is the descriptor with it. */
struct bk_display_message hear_with(int *ret_fd);
struct bk_display_message hear(uint32_t type);
void say(struct bk_display_message message);
void say_done(uint32_t serial);
/* Plugs a screen in and hears what comes before anything is shown. */
void plug_blank(void);

#endif
