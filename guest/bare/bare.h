/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest without an OS is made of: with this folder a program of its own is all that a machine runs. It is
 * entered at bk_bare_main(), on the first processor, with the console ready, and the machine ends when it returns.
 *
 *     start.S   from the monitor's first instruction to C          cpu      waiting, a timer, the power button, the end
 *     memory    pages                                              pci, virtio, queue   finding devices and speaking
 * with them screen, draw   the window                                    input    keyboard, pointer, fingers vsock,
 * message   the System API                              console  the log
 *
 * Input from: host
 * Runs in: a guest without an OS
 */
#ifndef BK_BARE_H
#define BK_BARE_H

#include "memory.h"

void bk_bare_main(const struct bk_start_info *info);

#endif
