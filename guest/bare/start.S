/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a guest without an OS begins. A monitor that knows PVH (Xen's docs/misc/pvh.pandoc) finds the note, loads the segments
 * and enters start: 32-bit protected mode, flat segments, no paging, interrupts off, EBX the address of the start info.
 * From here to 64-bit C: zeros, an identity map of the first 4 GiB, the SSE registers, a stack. Then the interrupts' entries.
 */
    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18 /* sizes of name and value; XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long start

#define CR0_BITS     0x80010023 /* paging, write protection, native FPU errors, FPU present, protected mode */
#define CR4_BITS     0x620      /* SSE state and its exceptions, PAE */
#define EFER         0xc0000080
#define EFER_BITS    0x101      /* long mode; syscall: what guest/bare/linux answers with */
#define LARGE        0x83       /* a page of 2 MiB, writable, present */
#define UNCACHED     0x10
#define DEVICES_AT   0xc0000000 /* above the RAM: devices, which no cache may stand before */
#define PAGE         4096
#define STACK_SIZE   (16 * PAGE)
#define APIC_EOI     0xfee000b0
#define FAULTS       32

    .text
    .code32
    .global start
start:
    cld
    mov $__bss_start, %edi
    mov $_end, %ecx
    sub %edi, %ecx
    xor %eax, %eax
    rep stosb

    movl $bk_page_pointers + 3, bk_page_root
    mov $directories + 3, %eax
    mov $bk_page_pointers, %edi
1:  mov %eax, (%edi)
    add $8, %edi
    add $PAGE, %eax
    cmp $directories + 3 + 4 * PAGE, %eax
    jb 1b
    mov $LARGE, %eax
    mov $directories, %edi
2:  cmp $DEVICES_AT, %eax
    jb 3f
    or $UNCACHED, %eax
3:  mov %eax, (%edi)
    add $8, %edi
    add $0x200000, %eax
    jnc 2b

    mov $CR4_BITS, %eax
    mov %eax, %cr4
    mov $bk_page_root, %eax
    mov %eax, %cr3
    mov $EFER, %ecx
    rdmsr
    or $EFER_BITS, %eax
    wrmsr
    mov $CR0_BITS, %eax
    mov %eax, %cr0
    lgdt descriptors_at
    ljmp $0x08, $wide

    .code64
wide:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack + STACK_SIZE, %rsp
    mov %ebx, %edi
    call bk_bare_begin
    ud2 /* it does not come back */

/*
 * An interrupt leaves a note, and that is all: the program looks at its devices after each wait (cpu.h). They come at bk_cpu_pause()'s
 * hlt and nowhere else, so that no code has to be ready for them.
 */
    .macro interrupt entry, note
    .global \entry
\entry:
    push %rax
    movb $1, \note(%rip)
    mov $APIC_EOI, %eax
    movl $0, (%rax)
    pop %rax
    iretq
    .endm

    interrupt bk_interrupt_device, bk_device_called
    interrupt bk_interrupt_button, bk_button_pressed
    interrupt bk_interrupt_timer, bk_timer_ended

    .global bk_interrupt_spurious
bk_interrupt_spurious:
    iretq

/* A fault is the end. Each of the processor's 32 has an entry of eight bytes, which says its number. */
    .balign 8
    .global bk_faults
bk_faults:
    .set number, 0
    .rept FAULTS
    .balign 8
    push $number
    jmp fault
    .set number, number + 1
    .endr
fault:
    pop %rdi
    mov %rsp, %rsi
    and $-16, %rsp
    call bk_cpu_fault

    .section .rodata
    .balign 8
descriptors: /* none; 64-bit code, 0x08; data, 0x10 */
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
descriptors_at:
    .word . - descriptors - 1
    .long descriptors

    .bss
    .balign PAGE
    .global bk_page_root, bk_page_pointers
bk_page_root:
    .skip PAGE
bk_page_pointers:
    .skip PAGE
directories:
    .skip 4 * PAGE
stack:
    .skip STACK_SIZE

    .section .note.GNU-stack, "", @progbits
