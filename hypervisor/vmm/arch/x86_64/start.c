/* SPDX-License-Identifier: Apache-2.0 */
#include "boot.h"
#include "core/vm.h"
#include "cpu.h"

int bk_boot(struct bk_vm *vm, void *userdata)
{
    const struct bk_boot_options *options = userdata;
    struct bk_boot_entry entry;

    int r = bk_boot_load(&vm->memory, options, &entry);
    return r < 0 ? r : bk_cpu_start(vm, &entry);
}
