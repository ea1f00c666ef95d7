/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu.h"

#include "console.h"
#include "text.h"

#define VECTORS         256U
#define FAULTS          32U
#define BUTTON          33U /* vectors, behind BK_INTERRUPT_DEVICE */
#define TIMER           34U
#define SPURIOUS        255U
#define GATE            0x8eU /* present, an interrupt's: others stay out */
#define CODE_SELECTOR   0x08U
#define FAULT_ENTRY     8U          /* bytes */
#define ERROR_CODE_MASK 0x60227d00U /* the faults that have an error code: 8, 10 to 14, 17, 21, 29, 30 */

/* The local APIC (Intel SDM volume 3, chapter 11) and the I/O APIC, which every PC has at these addresses. */
#define APIC          0xfee00000UL
#define APIC_SPURIOUS 0xf0U
#define APIC_TIMER    0x320U
#define APIC_COUNT    0x380U
#define APIC_DIVIDE   0x3e0U
#define APIC_ENABLE   0x100U
#define DIVIDE_BY_16  3U
#define TICKS_A_MS    62500U /* KVM's APIC counts nanoseconds */
#define IO_APIC       0xfec00000UL
#define IO_APIC_DATA  0x10U
#define IO_APIC_LINES 0x10U /* its first line's register; each has two */

/* What bk-vmm's ACPI tables say in AML, which takes an interpreter to read: hypervisor/vmm/core/layout.h. */
#define BUTTON_LINE  5U
#define SLEEP_PORT   0x600U
#define SLEEP_NOW_S5 0x34U

struct gate {
    uint16_t low, selector;
    uint8_t stack, type;
    uint16_t middle;
    uint32_t high, reserved;
};

extern char bk_faults[], bk_interrupt_device[], bk_interrupt_button[], bk_interrupt_timer[], bk_interrupt_spurious[];
extern volatile uint8_t bk_device_called, bk_button_pressed, bk_timer_ended; /* start.S sets them */
void bk_cpu_fault(uint64_t number, const uint64_t *stack);

volatile uint8_t bk_device_called, bk_button_pressed, bk_timer_ended;
static struct gate gates[VECTORS];

static void write_register(uintptr_t address, uint32_t value)
{
    *(volatile uint32_t *)address = value;
}

static void set_gate(unsigned vector, const char *entry)
{
    uintptr_t at = (uintptr_t)entry;

    gates[vector] = (struct gate){
        .low = (uint16_t)at,
        .selector = CODE_SELECTOR,
        .type = GATE,
        .middle = (uint16_t)(at >> 16),
        .high = (uint32_t)(at >> 32),
    };
}

static void write_io_apic(uint32_t index, uint32_t value)
{
    write_register(IO_APIC, index);
    write_register(IO_APIC + IO_APIC_DATA, value);
}

void bk_cpu_begin(void)
{
    const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) where = { sizeof gates - 1, (uintptr_t)gates };

    for (unsigned i = 0; i < FAULTS; i++)
        set_gate(i, bk_faults + (size_t)FAULT_ENTRY * i);
    set_gate(BK_INTERRUPT_DEVICE, bk_interrupt_device);
    set_gate(BUTTON, bk_interrupt_button);
    set_gate(TIMER, bk_interrupt_timer);
    set_gate(SPURIOUS, bk_interrupt_spurious);
    __asm__ volatile("lidt %0" : : "m"(where));
    write_register(APIC + APIC_SPURIOUS, APIC_ENABLE | SPURIOUS);
    write_register(APIC + APIC_DIVIDE, DIVIDE_BY_16);
    write_register(APIC + APIC_TIMER, TIMER);              /* once */
    write_io_apic(IO_APIC_LINES + 2 * BUTTON_LINE + 1, 0); /* to the first processor */
    write_io_apic(IO_APIC_LINES + 2 * BUTTON_LINE, BUTTON);
}

void bk_cpu_pause(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory"); /* sti lets nothing in before the hlt */
}

void bk_cpu_wait(void)
{
    while (bk_device_called == 0 && bk_timer_ended == 0 && bk_button_pressed == 0)
        bk_cpu_pause();
    bk_device_called = 0;
}

void bk_timer_set(uint32_t milliseconds)
{
    bk_timer_ended = 0;
    write_register(APIC + APIC_COUNT, milliseconds * TICKS_A_MS);
}

bool bk_timer_rang(void)
{
    bool rang = bk_timer_ended != 0;

    bk_timer_ended = 0;
    return rang;
}

bool bk_cpu_is_to_end(void)
{
    return bk_button_pressed != 0;
}

void bk_cpu_power_off(void)
{
    __asm__ volatile("outb %%al, %%dx" : : "a"(SLEEP_NOW_S5), "d"(SLEEP_PORT));
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* Where it happened stands on the stack, behind the error code of those that have one. */
void bk_cpu_fault(uint64_t number, const uint64_t *stack)
{
    bool coded = number < FAULTS && (ERROR_CODE_MASK >> number & 1) != 0;
    char line[96];
    struct bk_text text = bk_text_begin(line, sizeof line);

    bk_text_add(&text, "fault ");
    bk_text_add_number(&text, number);
    bk_text_add(&text, " at ");
    bk_text_add_hexadecimal(&text, stack[coded ? 1 : 0]);
    bk_console_say(line);
    bk_cpu_power_off();
}
