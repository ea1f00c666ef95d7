/* SPDX-License-Identifier: Apache-2.0 */
/* Begins a program that was linked with Debian's static libc, as Linux would, and answers what it asks of Linux:
 * calls.c. */
#include "libc.h"

#include "bare.h"
#include "console.h"
#include "entropy.h"

#include <elf.h>
#include <string.h>

#define STACK_SIZE  (1UL << 20)
#define HEAP_PART   2U /* one part in so many of the memory is malloc()'s */
#define MSR_STAR    0xc0000081U
#define MSR_LSTAR   0xc0000082U
#define MSR_MASK    0xc0000084U
#define STAR_KERNEL (0x08ULL << 32) /* start.S's code; its data behind it */
#define ARGUMENTS   20U

extern const Elf64_Ehdr __ehdr_start; /* the linker's: the program's own headers, which are loaded with it */
extern char bk_libc_entry[];          /* entry.S */
__attribute__((noreturn)) void bk_libc_enter(const void *stack);

const struct bk_start_info *bk_libc_info;

static void write_msr(uint32_t index, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void bk_bare_main(const struct bk_start_info *info)
{
    static uint64_t seed[2];
    char *stack = bk_memory_take(STACK_SIZE);
    size_t heap_size = bk_memory_left() / HEAP_PART;
    char *heap = bk_memory_take(heap_size);

    if (stack == NULL || heap == NULL || !bk_entropy(seed, sizeof seed)) {
        bk_console_say("there is no memory, or no randomness");
        return;
    }
    bk_libc_info = info;
    bk_libc_set_heap(heap, heap_size);
    write_msr(MSR_STAR, STAR_KERNEL);
    write_msr(MSR_LSTAR, (uintptr_t)bk_libc_entry);
    write_msr(MSR_MASK, 0);
    const uint64_t arguments[ARGUMENTS] = {
        1,         (uintptr_t)"app",
        0, /* the arguments */
        0, /* the environment */
        AT_PHDR,   (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff,
        AT_PHENT,  __ehdr_start.e_phentsize,
        AT_PHNUM,  __ehdr_start.e_phnum,
        AT_PAGESZ, BK_PAGE,
        AT_RANDOM, (uintptr_t)seed,
        AT_NULL,   0,
    };
    char *top = stack + STACK_SIZE - sizeof arguments;
    memcpy(top, arguments, sizeof arguments);
    bk_libc_enter(top);
}
