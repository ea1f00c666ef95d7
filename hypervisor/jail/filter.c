/* SPDX-License-Identifier: Apache-2.0 */
/* The third stage: a thread's system call filter, one of those that the build made (compile_filters.c). */
#define _GNU_SOURCE
#include "jail.h"

#include "filter_self.h"
#include "sanitizer.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "filters.inc"

#define INSTRUCTIONS_MAX 512 /* several times what the longest has */

static const struct {
    const struct sock_filter *instructions;
    unsigned short count;
} filters[] = {
    [BK_JAIL_IO] = { io_filter, sizeof io_filter / sizeof io_filter[0] },
    [BK_JAIL_VCPU] = { vcpu_filter, sizeof vcpu_filter / sizeof vcpu_filter[0] },
    [BK_JAIL_SCREEN] = { screen_filter, sizeof screen_filter / sizeof screen_filter[0] },
    [BK_JAIL_SOUND] = { sound_filter, sizeof sound_filter / sizeof sound_filter[0] },
    [BK_JAIL_CAMERA] = { camera_filter, sizeof camera_filter / sizeof camera_filter[0] },
    [BK_JAIL_CODEC] = { codec_filter, sizeof codec_filter / sizeof codec_filter[0] },
    [BK_JAIL_ENCODER] = { encoder_filter, sizeof encoder_filter / sizeof encoder_filter[0] },
    [BK_JAIL_PICKER] = { picker_filter, sizeof picker_filter / sizeof picker_filter[0] },
    [BK_JAIL_INSTALLER] = { installer_filter, sizeof installer_filter / sizeof installer_filter[0] },
    [BK_JAIL_UPLINK] = { uplink_filter, sizeof uplink_filter / sizeof uplink_filter[0] },
};
static_assert(sizeof io_filter / sizeof io_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof vcpu_filter / sizeof vcpu_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof screen_filter / sizeof screen_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof sound_filter / sizeof sound_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof camera_filter / sizeof camera_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof codec_filter / sizeof codec_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof encoder_filter / sizeof encoder_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof picker_filter / sizeof picker_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof installer_filter / sizeof installer_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");
static_assert(sizeof uplink_filter / sizeof uplink_filter[0] <= INSTRUCTIONS_MAX, "fits the copy");

#if BK_ADDRESS_SANITIZER
/* In a jail there is no symbolizer to start and no thread to stop the others: reports show offsets, and leaks are
 * looked for in the tests that are not jailed. AddressSanitizer asks for this function at its start. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:symbolize=0";
}
#endif

int bk_jail_filter(enum bk_jail_thread thread)
{
    struct sock_filter instructions[INSTRUCTIONS_MAX];

    assert((size_t)thread < sizeof filters / sizeof filters[0]);
    memcpy(instructions, filters[thread].instructions, filters[thread].count * sizeof instructions[0]);
    for (unsigned i = 0; i < filters[thread].count; i++) {
        if (BPF_CLASS(instructions[i].code) == BPF_JMP && instructions[i].k == BK_FILTER_SELF)
            instructions[i].k = (uint32_t)getpid();
    }

    struct sock_fprog program = { .len = filters[thread].count, .filter = instructions };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, &program) != 0)
        return -errno;
    return 0;
}
