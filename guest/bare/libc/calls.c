/* SPDX-License-Identifier: Apache-2.0 */
#include "libc.h"

#include "console.h"
#include "cpu.h"
#include "entropy.h"
#include "text.h"

#include <asm/prctl.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define MSR_FS_BASE 0xc0000100U
#define LINE_MAX    256U
#define ONLY_THREAD 1 /* its number, and the process's */

int64_t bk_libc_call(uint64_t number, const uint64_t *arguments);

static char *heap_start, *heap_end, *heap_break;
static char line[LINE_MAX];
static size_t line_length;

void bk_libc_set_heap(char *heap, size_t size)
{
    heap_start = heap_break = heap;
    heap_end = heap + size;
}

/* What does not fit is refused by saying where the heap ends now (brk(2), "C library/kernel differences"). */
static int64_t set_break(uint64_t wanted)
{
    if (wanted >= (uintptr_t)heap_start && wanted <= (uintptr_t)heap_end)
        heap_break = heap_start + (wanted - (uintptr_t)heap_start);
    return (int64_t)(uintptr_t)heap_break;
}

static int64_t set_thread_area(uint64_t what, uint64_t address)
{
    if (what != ARCH_SET_FS)
        return -EINVAL;
    __asm__ volatile("wrmsr" : : "c"(MSR_FS_BASE), "a"((uint32_t)address), "d"((uint32_t)(address >> 32)));
    return 0;
}

static void say_byte(char byte)
{
    if (byte != '\n')
        line[line_length++] = byte;
    if (byte != '\n' && line_length < sizeof line - 1)
        return;
    line[line_length] = '\0';
    line_length = 0;
    bk_console_say(line);
}

static int64_t say(uint64_t fd, const struct iovec *parts, uint64_t count)
{
    int64_t said = 0;

    if (fd != 1 && fd != 2)
        return -EBADF;
    for (uint64_t i = 0; i < count; i++) {
        const char *bytes = parts[i].iov_base;
        for (size_t j = 0; j < parts[i].iov_len; j++)
            say_byte(bytes[j]);
        said += (int64_t)parts[i].iov_len;
    }
    return said;
}

static __attribute__((noreturn)) void end(const char *why)
{
    if (line_length > 0)
        say_byte('\n');
    bk_console_say(why);
    bk_cpu_power_off();
}

/* What bk_libc_entry leads to: the result, or an error as a negative number. */
int64_t bk_libc_call(uint64_t number, const uint64_t *arguments)
{
    switch (number) {
    case SYS_write: {
        const struct iovec part = { (void *)(uintptr_t)arguments[1], arguments[2] };
        return say(arguments[0], &part, 1);
    }
    case SYS_writev:
        return say(arguments[0], (const struct iovec *)(uintptr_t)arguments[1], arguments[2]);
    case SYS_brk:
        return set_break(arguments[0]);
    case SYS_mmap:
        return -ENOMEM;
    case SYS_arch_prctl:
        return set_thread_area(arguments[0], arguments[1]);
    case SYS_getrandom:
        return bk_entropy((void *)(uintptr_t)arguments[0], arguments[1]) ? (int64_t)arguments[1] : -EIO;
    case SYS_set_tid_address:
    case SYS_gettid:
    case SYS_getpid:
        return ONLY_THREAD;
    case SYS_set_robust_list: /* of futexes that a thread held when it ended: there is none to tell */
    case SYS_mprotect:        /* all memory may be read, written and run */
    case SYS_rt_sigprocmask:  /* there are no signals to mask */
        return 0;
    case SYS_tgkill:
        end("the program aborted");
    case SYS_exit:
    case SYS_exit_group:
        end("the program ended");
    case SYS_read:
        return arguments[0] == 0 ? 0 : -EBADF;
    default:
        return -ENOSYS;
    }
}
