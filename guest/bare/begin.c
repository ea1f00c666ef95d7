/* SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"

#include "console.h"
#include "cpu.h"
#include "pci.h"

void bk_bare_begin(const struct bk_start_info *info);

/* start.S comes here. Each program ends by turning its machine off. */
void bk_bare_begin(const struct bk_start_info *info)
{
    bk_memory_begin(info);
    bk_cpu_begin();
    if (bk_pci_begin(info))
        bk_console_begin();
    bk_bare_main(info);
    bk_cpu_power_off();
}
