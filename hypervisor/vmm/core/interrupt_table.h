/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What core/interrupt.c keeps for one VM.
 *
 * Input from: trusted
 * Runs in: bk-vmm, main thread
 */
#ifndef BK_CORE_INTERRUPT_TABLE_H
#define BK_CORE_INTERRUPT_TABLE_H

struct bk_interrupt_table;
struct bk_vm;

/* After the interrupt controller: sets the routes of its lines. What it leaves on failure is destroyed with the VM. */
int bk_interrupt_table_create(struct bk_vm *vm);
void bk_interrupt_table_destroy(struct bk_interrupt_table *table);

#endif
