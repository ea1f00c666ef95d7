/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that a PC without devices has: ACPI's sleep and reset registers, the keyboard controller's reset command.
 */
#include "core/layout.h"
#include "core/vm.h"
#include "cpu.h"

#include <string.h>

/* ACPI 6.3 §4.8.3.7: the sleep control register. */
#define SLEEP_MASK   0x3cU /* sleep enable, sleep type */
#define SLEEP_NOW_S5 0x34U /* as the DSDT's \_S5 says: type 5 */

#define ACPI_BASE BK_LAYOUT_PORT_SLEEP_CONTROL
#define ACPI_SIZE 3U

#define KEYBOARD_COMMAND (BK_LAYOUT_PORT_KEYBOARD + 4)
#define KEYBOARD_RESET   0xfeU

static void read_zero(void *owner, uint64_t offset, void *buffer, size_t length)
{
    (void)owner;
    (void)offset;
    memset(buffer, 0, length); /* the keyboard controller: ready for a command; sleep status: never slept */
}

static void write_acpi(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    uint8_t value = *(const uint8_t *)buffer;

    if (length != 1)
        return;
    if (ACPI_BASE + offset == BK_LAYOUT_PORT_SLEEP_CONTROL && (value & SLEEP_MASK) == SLEEP_NOW_S5)
        bk_vm_stop(owner, BK_VM_END_POWEROFF);
    else if (ACPI_BASE + offset == BK_LAYOUT_PORT_RESET && value == BK_LAYOUT_RESET_VALUE)
        bk_vm_reset(owner, false);
}

static void write_keyboard(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    (void)offset;
    if (length == 1 && *(const uint8_t *)buffer == KEYBOARD_RESET)
        bk_vm_reset(owner, false);
}

int bk_platform_init(struct bk_vm *vm)
{
    static const struct bk_bus_operations acpi_operations = { .read = read_zero, .write = write_acpi };
    static const struct bk_bus_operations keyboard_operations = { .read = read_zero, .write = write_keyboard };
    const struct bk_bus_range acpi = { ACPI_BASE, ACPI_SIZE, &acpi_operations, vm };
    const struct bk_bus_range keyboard = { KEYBOARD_COMMAND, 1, &keyboard_operations, vm };

    int r = bk_bus_add(&vm->pio, &acpi);
    return r < 0 ? r : bk_bus_add(&vm->pio, &keyboard);
}
