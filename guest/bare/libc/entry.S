/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two ways between libc and what stands in for its kernel. All is one program in the processor's most privileged mode: the system call
 * instruction leads to bk_libc_entry and leaves by a jump.
 */
#define RED_ZONE 128 /* bytes below the stack pointer that are the caller's, who believes that a kernel has a stack of its own */

    .text
    .global bk_libc_entry
bk_libc_entry:
    lea -RED_ZONE(%rsp), %rsp
    push %rbp
    mov %rsp, %rbp
    push %rcx
    push %r11
    push %r9
    push %r8
    push %r10
    push %rdx
    push %rsi
    push %rdi
    fxsave registers(%rip)
    mov %rax, %rdi
    mov %rsp, %rsi /* the six arguments, in their order */
    and $-16, %rsp
    call bk_libc_call
    fxrstor registers(%rip)
    lea -64(%rbp), %rsp
    pop %rdi
    pop %rsi
    pop %rdx
    pop %r10
    pop %r8
    pop %r9
    pop %r11
    pop %rcx
    pop %rbp
    lea RED_ZONE(%rsp), %rsp
    jmp *%rcx

/* Begins the program as Linux does (System V ABI for AMD64, 3.4.1): the arguments on the stack, nothing in RDX. */
    .global bk_libc_enter
bk_libc_enter:
    mov %rdi, %rsp
    xor %edx, %edx
    xor %ebp, %ebp
    jmp _start

    .bss
    .balign 16
registers:
    .skip 512

    .section .note.GNU-stack, "", @progbits
