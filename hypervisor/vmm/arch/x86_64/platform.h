/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ports that a PC without devices has: ACPI's sleep and reset registers, the keyboard controller's reset command.
 *
 * Input from: guest
 * Runs in: bk-vmm, vCPU threads, under the VM's lock
 */
#ifndef BK_X86_64_PLATFORM_H
#define BK_X86_64_PLATFORM_H

#include "core/bus.h"

struct bk_vm;

struct bk_platform {
    struct bk_vm *vm;
    struct bk_bus_range acpi;
    struct bk_bus_range keyboard;
};

int bk_platform_init(struct bk_platform *platform, struct bk_vm *vm);

#endif
