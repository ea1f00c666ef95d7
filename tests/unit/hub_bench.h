/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A display hub between App VMs and a compositor that are the test's own: socket pairs for the cables and for the port.
 *
 * Input from: trusted
 * Runs in: unit tests
 */
#ifndef BK_TESTS_HUB_BENCH_H
#define BK_TESTS_HUB_BENCH_H

#include "display_port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_display_hub;
struct bk_loop;

#define HUB_TURNS 2000 /* that the loop may take until nothing is left to do */

extern struct bk_loop *loop;
extern struct bk_display_hub *hub;
extern int port; /* the compositor's end, or -1 */

/* For cmocka: `state` is not used. */
int hub_setup(void **state);
int hub_teardown(void **state);

/* The compositor */

void settle(void);
/* Says bytes as they are; settles. */
void say_bytes(const void *bytes, size_t size);
void say(uint32_t cid, struct bk_display_message message);
void say_hello(void);
void say_done(uint32_t cid, uint32_t serial);
/* The next record, which is of this CID and type; type 0: there must be none. */
struct bk_display_message hear(uint32_t cid, uint32_t type);
/* False when there is none. Settles before and after. */
bool hear_record(struct bk_display_port_record *ret_record);
/* HELLO and its answer. */
void greet(void);

/* An app: yields its end of the cable, non-blocking */

int plug(uint32_t cid);
/* And hears that it joined. */
int join(uint32_t cid);
/* A memfd of `size` bytes, each of which is `fill`; where it is mapped for drawing, when `ret_bytes` is not NULL: the
 * caller unmaps it. */
int make_memory(size_t size, int seals, uint8_t fill, uint8_t **ret_bytes);
/* Sends; false when the cable is full. Does not settle. */
bool send_with(int app, const struct bk_display_message *message, int fd);
void app_say(int app, struct bk_display_message message);
/* A surface of B8G8R8X8 pixels, or with alpha where it is 64 by 64, and its message. */
struct bk_display_message surface(uint32_t id, uint32_t width, uint32_t height);
void announce(int app, uint32_t id, uint32_t width, uint32_t height);
void frame(int app, uint32_t id, uint32_t x, uint32_t y, uint32_t width, uint32_t height, uint32_t serial);
void withdraw(int app, uint32_t id);
void blank(int app);
void cursor(int app, uint32_t id, uint32_t hot);
/* A size for an app, of so many pixels to a side. */
struct bk_display_message configured(uint32_t side);

/* The next message that the app hears, which is of this type; type 0: there must be none. */
struct bk_display_message app_hear(int app, uint32_t type);
/* False when the hub closed its end; what it said before is taken. */
bool is_plugged(int app);

#endif
