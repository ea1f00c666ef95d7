/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "fake_vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD 65536UL

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fake_vm: %s\n", what);
    abort();
}

static void add_region(struct bk_memory *memory, uint64_t address, size_t size)
{
    uint8_t *mapping = mmap(NULL, size + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    require(mapping != MAP_FAILED, "no room for guest memory");
    require(mprotect(mapping + GUARD, size, PROT_READ | PROT_WRITE) == 0, "guest memory stays closed");
    memory->regions[memory->region_count++] =
        (struct bk_memory_region){ .guest_address = address, .size = size, .host = mapping + GUARD };
}

struct fake_vm *fake_vm_create(size_t low_size, size_t high_size)
{
    struct fake_vm *fake = calloc(1, sizeof(*fake));

    if (fake == NULL)
        abort();
    add_region(&fake->vm.memory, 0, low_size);
    if (high_size > 0)
        add_region(&fake->vm.memory, BK_MEMORY_HIGH_BASE, high_size);
    fake->interrupts_max = BK_INTERRUPTS_MAX;
    return fake;
}

void fake_vm_destroy(struct fake_vm *fake)
{
    require(fake->doorbell_count == 0, "a doorbell was left behind");
    require(fake->interrupt_count == 0, "an interrupt was left behind");
    for (unsigned i = 0; i < fake->vm.memory.region_count; i++) {
        struct bk_memory_region *region = &fake->vm.memory.regions[i];
        munmap(region->host - GUARD, region->size + 2 * GUARD);
    }
    free(fake);
}

void bk_vm_add_reset_hook(struct bk_vm *vm, void (*reset)(void *owner), void *owner)
{
    require(vm->reset_hook_count < BK_VM_RESET_HOOKS_MAX, "too many reset hooks");
    vm->reset_hooks[vm->reset_hook_count++] = (struct bk_reset_hook){ reset, owner };
}

void fake_vm_reset(struct fake_vm *fake)
{
    for (unsigned i = 0; i < fake->vm.reset_hook_count; i++)
        fake->vm.reset_hooks[i].reset(fake->vm.reset_hooks[i].owner);
}

int bk_interrupt_init(struct bk_vm *vm, struct bk_interrupt *interrupt)
{
    struct fake_vm *fake = (struct fake_vm *)vm;
    uint32_t gsi = 0;

    if (fake->interrupt_count == fake->interrupts_max)
        return -ENOSPC;
    while (fake->messages[gsi].used)
        gsi++;
    fake->messages[gsi] = (struct fake_message){ .used = true };
    fake->interrupt_count++;
    interrupt->vm = vm;
    interrupt->eventfd = -1;
    interrupt->gsi = gsi;
    return 0;
}

void bk_interrupt_finish(struct bk_interrupt *interrupt)
{
    struct fake_vm *fake = (struct fake_vm *)interrupt->vm;

    require(fake->messages[interrupt->gsi].used, "an interrupt was finished twice");
    fake->messages[interrupt->gsi].used = false;
    fake->interrupt_count--;
}

int bk_interrupt_route(struct bk_interrupt *interrupt, uint64_t address, uint32_t data)
{
    struct fake_vm *fake = (struct fake_vm *)interrupt->vm;
    struct fake_message *message = &fake->messages[interrupt->gsi];

    if (message->routed && message->address == address && message->data == data)
        return 0;
    message->routed = true;
    message->address = address;
    message->data = data;
    fake->routes++;
    return 0;
}

void bk_interrupt_raise(struct bk_interrupt *interrupt)
{
    struct fake_vm *fake = (struct fake_vm *)interrupt->vm;

    require(fake->messages[interrupt->gsi].routed, "an interrupt was raised that is routed nowhere");
    fake->messages[interrupt->gsi].raised++;
}

unsigned fake_take_raised(struct fake_vm *fake, uint32_t data)
{
    unsigned raised = 0;

    for (unsigned i = 0; i < BK_INTERRUPTS_MAX; i++) {
        if (fake->messages[i].data != data)
            continue;
        raised += fake->messages[i].raised;
        fake->messages[i].raised = 0;
    }
    return raised;
}

static int add_doorbell(struct fake_vm *fake, uint64_t address, int eventfd)
{
    if (fake->refuse_doorbells)
        return -ENOSPC;
    for (unsigned i = 0; i < fake->doorbell_count; i++)
        require(fake->doorbells[i].address != address, "two doorbells have one address");
    require(fake->doorbell_count < FAKE_DOORBELLS_MAX, "too many doorbells");
    fake->doorbells[fake->doorbell_count++] = (struct fake_doorbell){ .address = address, .eventfd = eventfd };
    return 0;
}

static int remove_doorbell(struct fake_vm *fake, uint64_t address, int eventfd)
{
    for (unsigned i = 0; i < fake->doorbell_count; i++) {
        if (fake->doorbells[i].address != address || fake->doorbells[i].eventfd != eventfd)
            continue;
        fake->doorbells[i] = fake->doorbells[--fake->doorbell_count];
        return 0;
    }
    require(false, "a doorbell was removed that was not there");
    return -ENOENT;
}

int bk_doorbell_set(struct bk_vm *vm, uint64_t address, int eventfd, bool there)
{
    struct fake_vm *fake = (struct fake_vm *)vm;

    return there ? add_doorbell(fake, address, eventfd) : remove_doorbell(fake, address, eventfd);
}

uint64_t fake_guest_read(struct fake_vm *fake, uint64_t address, size_t length)
{
    /* What lies behind the value must stay as it was. */
    uint8_t buffer[16];
    uint64_t value = 0;

    memset(buffer, 0xa5, sizeof(buffer));
    bk_bus_read(&fake->vm.mmio, address, buffer, length);
    for (size_t i = length; i < sizeof(buffer); i++)
        require(buffer[i] == 0xa5, "a read wrote past its buffer");
    memcpy(&value, buffer, length);
    return value;
}

void fake_guest_write(struct fake_vm *fake, uint64_t address, uint64_t value, size_t length)
{
    for (unsigned i = 0; i < fake->doorbell_count; i++) {
        if (fake->doorbells[i].address == address) {
            const uint64_t one = 1;
            require(write(fake->doorbells[i].eventfd, &one, sizeof(one)) == sizeof(one), "an eventfd is not open");
            return;
        }
    }
    /* In a buffer of its exact size, for the sanitizer to watch. */
    uint8_t *buffer = malloc(length);
    if (buffer == NULL)
        abort();
    memcpy(buffer, &value, length);
    bk_bus_write(&fake->vm.mmio, address, buffer, length);
    free(buffer);
}
