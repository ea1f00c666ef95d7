/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ACPI tables (ACPI 6.3 §5.2): hardware-reduced, nothing emulated but two sleep registers and a reset register.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread; I/O thread at a reset
 */
#ifndef BK_X86_64_ACPI_H
#define BK_X86_64_ACPI_H

#include "core/memory.h"

#include <stdbool.h>

/* Writes all tables at BK_LAYOUT_ACPI_BASE, the RSDP first. */
void bk_acpi_write(const struct bk_memory *memory, unsigned cpu_count, bool serial);

#endif
