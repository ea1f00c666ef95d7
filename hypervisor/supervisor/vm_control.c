/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vm_control.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static const char *const end_names[] = {
    [BK_CONTROL_END_POWEROFF] = "the guest powered off",
    [BK_CONTROL_END_RESET] = "the guest rebooted or crashed",
    [BK_CONTROL_END_STOPPED] = "it was stopped",
    [BK_CONTROL_END_FAULT] = "KVM could not go on with the guest",
};
static_assert(sizeof end_names / sizeof end_names[0] == BK_CONTROL_END_FAULT + 1, "one name for each end");

enum bk_control_verdict bk_control_check(struct bk_control_state *state, const void *datagram, size_t size,
                                         bool with_descriptor)
{
    struct bk_control_message message;

    if (size != sizeof message || with_descriptor || state->ended)
        return BK_CONTROL_VERDICT_BROKEN;
    memcpy(&message, datagram, sizeof message);
    if (message.cid != 0)
        return BK_CONTROL_VERDICT_BROKEN;
    switch (message.type) {
    case BK_CONTROL_RUNNING:
        if (state->running || message.value != 0)
            return BK_CONTROL_VERDICT_BROKEN;
        state->running = true;
        return BK_CONTROL_VERDICT_RUNNING;
    case BK_CONTROL_ENDED:
        if (message.value > BK_CONTROL_END_FAULT)
            return BK_CONTROL_VERDICT_BROKEN;
        state->ended = true;
        state->end = (enum bk_control_end)message.value;
        return BK_CONTROL_VERDICT_ENDED;
    default:
        return BK_CONTROL_VERDICT_BROKEN;
    }
}

bool bk_control_is_crash(const struct bk_control_state *state)
{
    return !state->ended || state->end == BK_CONTROL_END_RESET || state->end == BK_CONTROL_END_FAULT;
}

const char *bk_control_describe_end(const struct bk_control_state *state, int code, int status, const char *killed,
                                    char *buffer, size_t size)
{
    if (killed != NULL)
        snprintf(buffer, size, "%s", killed);
    else if (state->ended)
        snprintf(buffer, size, "%s", end_names[state->end]);
    else if (code == CLD_EXITED)
        snprintf(buffer, size, "its bk-vmm exited with status %d", status);
    else if (status == SIGSYS)
        snprintf(buffer, size, "its bk-vmm made a system call that its jail forbids");
    else
        snprintf(buffer, size, "its bk-vmm was killed by SIG%s",
                 sigabbrev_np(status) != NULL ? sigabbrev_np(status) : "?");
    return buffer;
}
