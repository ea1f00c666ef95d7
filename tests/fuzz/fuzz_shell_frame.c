/* SPDX-License-Identifier: Apache-2.0 */
/* What comes to the guest's shell port: whatever it is, it is one of its frames, or none. */
#include "shell_frame.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (; size >= BK_SHELL_FRAME_SIZE; data += BK_SHELL_FRAME_SIZE, size -= BK_SHELL_FRAME_SIZE) {
        struct bk_shell_frame frame;
        uint8_t again[BK_SHELL_FRAME_SIZE];

        if (!bk_shell_frame_read(data, &frame))
            continue;
        assert(frame.size <= BK_SHELL_DATA_MAX);
        bk_shell_frame_write(frame.type, frame.data, frame.size, again);
        assert(memcmp(again, data, 2 + frame.size) == 0);
    }
    return 0;
}
