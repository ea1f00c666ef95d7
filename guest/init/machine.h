/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's surroundings: file systems, console, power button, the end of the machine.
 *
 * Input from: trusted (the guest's own kernel)
 * Runs in: bk-guest-init
 */
#ifndef BK_GUEST_MACHINE_H
#define BK_GUEST_MACHINE_H

#include <sys/types.h>

#define BK_CONSOLE "/dev/hvc0"
#define BK_RUNTIME "/run/app" /* the app's own, for sockets and the like */

/* Mounts /proc, /sys, /dev, /run, /tmp and what belongs below them; what is mounted already stays. */
int bk_machine_mount(void);

/* Makes BK_RUNTIME and, where there is a display, gives it and the input devices to `uid`, with what udevd would say of
 * them. */
int bk_machine_prepare_app(uid_t uid);

/* Opens the first virtio console, or what the kernel itself uses for one, without echo: what is typed there must not
 * be echoed into the log. */
int bk_machine_open_console(int *ret_fd);

/* Opens the power button's events, non-blocking; -ENODEV when there is none. */
int bk_machine_open_power_button(int *ret_fd);

/* True when the button was pressed since it was asked last. */
int bk_machine_power_button_pressed(int fd);

/* Turns the machine off, or ends this process where even that fails. */
void bk_machine_power_off(void) __attribute__((noreturn));
/* The same, as a machine that crashed: by a reset, of which the person is told. */
void bk_machine_crash(void) __attribute__((noreturn));

#endif
