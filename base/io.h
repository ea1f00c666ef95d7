/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors: whole reads and writes, and messages that carry descriptors.
 *
 * Input from: trusted; what bk_recv_message() received is as trusted as the peer
 * Runs in: any process, any thread
 *
 * All functions yield a negative errno on failure and restart after EINTR.
 */
#ifndef BK_BASE_IO_H
#define BK_BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads exactly `size` bytes; -ENODATA when the file ends before. */
int bk_read_exact(int fd, void *buffer, size_t size);
int bk_pread_exact(int fd, void *buffer, size_t size, off_t offset);
int bk_write_all(int fd, const void *buffer, size_t size);
int bk_pwrite_all(int fd, const void *buffer, size_t size, off_t offset);

/* The whole of a file of at most `max` bytes (-EFBIG above), with a NUL after it; the caller frees it. */
int bk_read_file(const char *path, size_t max, char **ret_text, size_t *ret_size);

/* Syncs the folder that holds `path`: only then is it as good as stored that the name is there, or is another's. */
int bk_sync_folder(const char *path);

int bk_set_nonblock(int fd);

/* A close-on-exec SOCK_SEQPACKET pair whose two buffers hold about `buffer_size` bytes each. */
int bk_socketpair(size_t buffer_size, int ret_fds[static 2]);

/* Sends one datagram and, unless `fd` is -1, a descriptor with it. -EAGAIN when a non-blocking peer is full. */
int bk_send_message(int socket, const void *data, size_t size, int fd);

/* Receives one datagram of at most `size` bytes: yields its length, 0 at the end, -EMSGSIZE when it was
 * longer (it is gone then). `*ret_fd` is a close-on-exec descriptor or -1; surplus ones are closed. */
ssize_t bk_recv_message(int socket, void *buffer, size_t size, int *ret_fd);

#endif
