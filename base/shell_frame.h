/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crosses between `bulkhead shell` and the guest whose shell it shows: docs/protocols/shell-port.md.
 *
 * Input from: host (the developer's terminal); guest (its shell)
 * Runs in: bk-guest-init; bk-supervisor, which passes whole frames on and reads none
 */
#ifndef BK_BASE_SHELL_FRAME_H
#define BK_BASE_SHELL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SHELL_PORT       "io.bulkhead.shell"
#define BK_SHELL_FRAME_SIZE 128U
#define BK_SHELL_DATA_MAX   (BK_SHELL_FRAME_SIZE - 2U)
#define BK_SHELL_NONCE_SIZE 8U

enum bk_shell_frame_type {
    BK_SHELL_BEGIN = 'b', /* to the guest: nonce, rows, columns; from it: the nonce, a shell runs */
    BK_SHELL_NONE = 'n',  /* from the guest: the nonce, it has none */
    BK_SHELL_DATA = 'd',  /* what is typed; what is shown */
    BK_SHELL_SIZE = 's',  /* to the guest: rows, columns */
    BK_SHELL_END = 'e',   /* to the guest: nobody is there any more; from the supervisor: the VM is not */
    BK_SHELL_EXIT = 'x',  /* from the guest: the shell has ended, with this status */
    BK_SHELL_MORE = 'm',  /* from the guest: so many more bytes may be typed */
};

#define BK_SHELL_TYPED_MAX 4096U /* bytes that are typed and the terminal has not taken: the first BK_SHELL_MORE */

/* On the wire: type, length, data, and zeros up to the frame's end. Both numbers of a size are of 16 bits, the low byte
 * first. */
struct bk_shell_frame {
    enum bk_shell_frame_type type;
    uint8_t data[BK_SHELL_DATA_MAX];
    size_t size;
    uint16_t rows, columns; /* of BEGIN and SIZE */
};

/* Reads one that came to the guest; false when it is none. */
bool bk_shell_frame_read(const uint8_t bytes[static BK_SHELL_FRAME_SIZE], struct bk_shell_frame *ret);
void bk_shell_frame_write(enum bk_shell_frame_type type, const void *data, size_t size,
                          uint8_t ret[static BK_SHELL_FRAME_SIZE]);

#endif
