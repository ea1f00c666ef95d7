/* SPDX-License-Identifier: Apache-2.0 */
#include "platform.h"

#include "core/layout.h"
#include "core/vm.h"

#include <string.h>

/* ACPI 6.3 §4.8.3.7: the sleep control register. */
#define SLEEP_ENABLE     0x20U
#define SLEEP_TYPE(byte) (((byte) >> 2) & 7U)
#define SLEEP_TYPE_S5    5U /* as the DSDT's \_S5 says */

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
    struct bk_platform *platform = owner;
    uint8_t value = *(const uint8_t *)buffer;

    if (length != 1)
        return;
    if (ACPI_BASE + offset == BK_LAYOUT_PORT_SLEEP_CONTROL && (value & SLEEP_ENABLE) != 0 &&
        SLEEP_TYPE(value) == SLEEP_TYPE_S5)
        bk_vm_stop(platform->vm, BK_VM_END_POWEROFF);
    else if (ACPI_BASE + offset == BK_LAYOUT_PORT_RESET && value == BK_LAYOUT_RESET_VALUE)
        bk_vm_reset(platform->vm);
}

static void write_keyboard(void *owner, uint64_t offset, const void *buffer, size_t length)
{
    struct bk_platform *platform = owner;

    (void)offset;
    if (length == 1 && *(const uint8_t *)buffer == KEYBOARD_RESET)
        bk_vm_reset(platform->vm);
}

int bk_platform_init(struct bk_platform *platform, struct bk_vm *vm)
{
    static const struct bk_bus_operations acpi = { .read = read_zero, .write = write_acpi };
    static const struct bk_bus_operations keyboard = { .read = read_zero, .write = write_keyboard };

    *platform = (struct bk_platform){
        .vm = vm,
        .acpi = { .base = ACPI_BASE, .size = ACPI_SIZE, .operations = &acpi, .owner = platform },
        .keyboard = { .base = KEYBOARD_COMMAND, .size = 1, .operations = &keyboard, .owner = platform },
    };
    int r = bk_bus_add(&vm->pio, &platform->acpi);
    return r < 0 ? r : bk_bus_add(&vm->pio, &platform->keyboard);
}
