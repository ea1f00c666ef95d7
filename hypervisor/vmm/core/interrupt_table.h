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

int bk_interrupt_table_create(struct bk_interrupt_table **ret_table);
void bk_interrupt_table_destroy(struct bk_interrupt_table *table);

#endif
