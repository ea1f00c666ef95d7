/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything stands in the guest's physical address space, in its port space and among its interrupts.
 *
 * Input from: trusted
 * Runs in: bk-vmm, any thread
 *
 *   0 ................. RAM .................. BK_MEMORY_LOW_MAX (core/memory.h)
 *   BK_LAYOUT_PCI32_BASE        32-bit PCI window
 *   BK_LAYOUT_ECAM_BASE         configuration space of bus 0
 *   0xfec00000, 0xfee00000      I/O APIC, local APICs (KVM's own)
 *   BK_LAYOUT_KVM_TSS           three pages and an identity map that KVM wants on Intel
 *   4 GiB ............. RAM, the rest ........ BK_LAYOUT_PCI64_BASE at most
 *   BK_LAYOUT_PCI64_BASE        64-bit PCI window: every BAR; below 2^39, which every CPU of interest reaches
 *   BK_LAYOUT_WINDOW_BASE       in it, the BAR that shows other processes' memory (core/window.h)
 */
#ifndef BK_CORE_LAYOUT_H
#define BK_CORE_LAYOUT_H

#define BK_LAYOUT_PCI32_BASE 0xc0000000ULL
#define BK_LAYOUT_PCI32_SIZE 0x10000000ULL
#define BK_LAYOUT_ECAM_BASE  0xe0000000ULL
#define BK_LAYOUT_ECAM_SIZE  0x00100000ULL /* one bus of 32 slots of 8 functions of 4 KiB */
#define BK_LAYOUT_PCI64_BASE 0x4000000000ULL
#define BK_LAYOUT_PCI64_SIZE 0x2000000000ULL

#define BK_LAYOUT_WINDOW_BASE 0x5000000000ULL
#define BK_LAYOUT_WINDOW_SIZE 0x200000000ULL /* 8 GiB: two thousand surfaces of 1280 by 800 pixels */

#define BK_LAYOUT_IOAPIC       0xfec00000ULL
#define BK_LAYOUT_LOCAL_APIC   0xfee00000ULL
#define BK_LAYOUT_KVM_IDENTITY 0xfffbc000ULL
#define BK_LAYOUT_KVM_TSS      0xfffbd000ULL

/* The first MiB: what the boot protocols leave there. */
#define BK_LAYOUT_GDT         0x500ULL
#define BK_LAYOUT_START_INFO  0x6000ULL /* PVH start info, module and memory map */
#define BK_LAYOUT_ZERO_PAGE   0x7000ULL /* bzImage's boot_params */
#define BK_LAYOUT_PAGE_TABLES 0x9000ULL /* three pages or more, identity map of the first 4 GiB */
#define BK_LAYOUT_SETUP_DATA  0x1f000ULL
#define BK_LAYOUT_CMDLINE     0x20000ULL
#define BK_LAYOUT_CMDLINE_MAX 2048U      /* bytes, the NUL included: COMMAND_LINE_SIZE of x86 Linux */
#define BK_LAYOUT_LOW_END     0x9f000ULL /* conventional memory ends */
#define BK_LAYOUT_ACPI_BASE   0xe0000ULL /* RSDP first, where a BIOS would have it */
#define BK_LAYOUT_ACPI_SIZE   0x20000ULL
#define BK_LAYOUT_RESTART     0xffff0ULL /* in it, where a PC begins: some guests jump there to reboot */
#define BK_LAYOUT_HIGH_BASE   0x100000ULL

/* Ports. */
#define BK_LAYOUT_PORT_COM1          0x3f8U
#define BK_LAYOUT_PORT_KEYBOARD      0x60U /* only the reset command of its controller, at + 4, does anything */
#define BK_LAYOUT_PORT_SLEEP_CONTROL 0x600U
#define BK_LAYOUT_PORT_SLEEP_STATUS  0x601U
#define BK_LAYOUT_PORT_RESET         0x602U
#define BK_LAYOUT_RESET_VALUE        0x01U

/* Global system interrupts: the I/O APIC's 24 pins, then one row a message-signalled interrupt. */
#define BK_LAYOUT_GSI_COM1         4U
#define BK_LAYOUT_GSI_POWER_BUTTON 5U
#define BK_LAYOUT_IOAPIC_PINS      24U
#define BK_LAYOUT_GSI_MSI_FIRST    BK_LAYOUT_IOAPIC_PINS

#endif
