/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest PVH guest: writes one byte to the 16550 and resets the machine by a triple fault. What is
 * measured with it is what a virtual machine monitor does before its guest's first instruction.
 */
    .section .note.Xen, "a", @note
    .align 4
    .long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long _start

    .text
    .code32
    .globl _start
_start:
    mov $0x3f8, %dx
    mov $'!', %al
    out %al, %dx
    mov $'\n', %al
    out %al, %dx
    lidt no_idt
    int3
    hlt

    .align 8
no_idt:
    .word 0
    .long 0
