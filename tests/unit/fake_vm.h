/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM without KVM, for tests: RAM between guard pages, the buses, and core/interrupt.h with a memory of what it
 * was asked for.
 *
 * Input from: trusted
 * Runs in: unit tests and fuzz targets
 */
#ifndef BK_TESTS_FAKE_VM_H
#define BK_TESTS_FAKE_VM_H

#include "core/interrupt.h"
#include "core/vm.h"

#include <stddef.h>

#define FAKE_DOORBELLS_MAX 512

struct fake_message {
    uint64_t address;
    uint32_t data;
    bool routed;
    bool used;
    unsigned raised;
};

struct fake_doorbell {
    uint64_t address;
    int eventfd;
};

struct fake_vm {
    struct bk_vm vm; /* first */
    unsigned routes; /* changes of KVM's routing table */
    unsigned interrupt_count;
    unsigned interrupts_max;
    struct fake_message messages[BK_INTERRUPTS_MAX]; /* by gsi */
    unsigned doorbell_count;
    bool refuse_doorbells;
    struct fake_doorbell doorbells[FAKE_DOORBELLS_MAX];
};

/* RAM of `low_size` bytes at 0 and of `high_size` (may be 0) at 4 GiB, multiples of a page. */
struct fake_vm *fake_vm_create(size_t low_size, size_t high_size);
/* Every interrupt and doorbell must be gone. */
void fake_vm_destroy(struct fake_vm *fake);
void fake_vm_reset(struct fake_vm *fake);

/* A guest's access: a doorbell first, as in KVM, then the memory bus. */
uint64_t fake_guest_read(struct fake_vm *fake, uint64_t address, size_t length);
void fake_guest_write(struct fake_vm *fake, uint64_t address, uint64_t value, size_t length);

/* How often an MSI with this data was raised since the last call. */
unsigned fake_take_raised(struct fake_vm *fake, uint32_t data);

#endif
