/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console device with several ports (virtio 1.3 §5.3): bytes between guest ports and host descriptors.
 *
 * Input from: guest; host (bytes, passed on uninterpreted)
 * Runs in: bk-vmm, I/O thread
 *
 * A port whose host end does not read holds up that port only, by leaving the guest's buffers unanswered. The
 * console (the port without a name) is where a kernel logs while it spins for the answer, so what its host end (a pipe
 * holds 64 KiB) does not take at once is dropped, and how much that is noted in the stream.
 */
#ifndef BK_DEVICES_CONSOLE_H
#define BK_DEVICES_CONSOLE_H

struct bk_loop;
struct bk_virtio_device;

#define BK_CONSOLE_PORTS_MAX 9
#define BK_CONSOLE_NAME_MAX  64 /* bytes of a port's name */

/* The descriptors stay the caller's, outlive the device and are made non-blocking unless they are a terminal;
 * -1 stands for none. Both are the same for a socket, whose end closes the port. Input that epoll cannot watch
 * (a regular file) is not read. */
struct bk_console_port {
    const char *name; /* /dev/virtio-ports/NAME in the guest; NULL: the console, hvc0; only the first port */
    int in_fd;
    int out_fd;
};

/* `ports` and their names are copied. From here on this process ignores SIGPIPE. -EINVAL when there is no port,
 * more than BK_CONSOLE_PORTS_MAX or a bad name; else what malloc or fcntl yield. */
int bk_console_create(struct bk_loop *loop, const struct bk_console_port *ports, unsigned count,
                      struct bk_virtio_device **ret_device);

#endif
