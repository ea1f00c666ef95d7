/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of io.bulkhead.Open, and their answers, for the little that bk-open says.
 *
 * Input from: trusted (the system, which answers in JSON without escapes where links are)
 * Runs in: bk-open
 */
#ifndef BK_OPEN_SYSTEM_H
#define BK_OPEN_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SYSTEM_MESSAGE_MAX 8192U /* bytes: a link has 4096 at the most */
#define BK_SYSTEM_TOKEN_MAX   64U   /* of a stream's token, with its NUL */

/* Ports of the system. */
#define BK_SYSTEM_CALLS   1U
#define BK_SYSTEM_STREAMS 3U

/* What came and is not a whole message yet. Zero-initialised. */
struct bk_system_inbox {
    char bytes[BK_SYSTEM_MESSAGE_MAX];
    size_t size;
};

/* A connection to a port of the system (vsock CID 2), or -errno. */
int bk_system_connect(unsigned port);

/* Link(); `link` may hold what no link does: -EINVAL. */
int bk_system_open(int fd, const char *link);
/* Send(); to `share` is to choose anew. -EINVAL for a name that no call can hold. */
int bk_system_send(int fd, const char *name, const char *type, uint64_t size, bool share);
/* Watch() with `more`. */
int bk_system_watch(int fd);

/* Reads what is there, waits for it where `fd` does. Copies the next message, a string, to `message` and yields 1; 0
 * when it is not whole yet; -ECONNRESET at the end, -EMSGSIZE for more than a message may have. */
int bk_system_receive(int fd, struct bk_system_inbox *inbox, char message[static BK_SYSTEM_MESSAGE_MAX]);

/* Copies the value of a string, which has no escapes; false when there is none. */
bool bk_system_string(const char *message, const char *name, char *to, size_t size);

#endif
