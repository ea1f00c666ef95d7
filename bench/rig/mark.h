/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An instruction that does nothing and that no compiler emits, by which a program in the rig tells the emulator around
 * it that now is a moment to count from.
 *
 * Input from: trusted
 * Runs in: bench_watch, in the rig's Linux; bench_stores, in the emulator
 */
#ifndef BK_BENCH_MARK_H
#define BK_BENCH_MARK_H

/* NOP with a displacement that says nothing to the processor. */
#define BENCH_MARK()     __asm__ volatile("nopl 0x6d61726b(%%rax,%%rax,1)" ::: "memory")
#define BENCH_MARK_BYTES { 0x0f, 0x1f, 0x84, 0x00, 0x6b, 0x72, 0x61, 0x6d }

#endif
