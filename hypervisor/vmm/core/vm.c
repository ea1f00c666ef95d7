/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's life is a phase that only ever changes under the lock:
 *
 *   STARTING ──all parked──▶ RUNNING ──bk_vm_reset()──▶ RESETTING ──all parked──▶ RUNNING
 *       └──────────────────────┴────── bk_vm_stop() ────────┴──▶ ENDING
 *
 * In STARTING and RESETTING every vCPU thread waits in bk_vm_park(); the last to arrive wakes the I/O thread, which
 * alone does the work of a reset, so that a vCPU thread's filter stays small:
 * 1. no vCPU is in KVM_RUN and none has an unfinished access;
 * 2. the device model is at rest, since the I/O thread is in this very callback.
 */
#define _GNU_SOURCE
#include "vm.h"

#include "arch.h"
#include "cleanup.h"
#include "interrupt.h"
#include "interrupt_table.h"
#include "jail.h"
#include "layout.h"
#include "log.h"
#include "loop.h"
#include "vcpu.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* system calls [io vcpu]: ioctl(KVM_SET_USER_MEMORY_REGION) */

enum phase {
    STARTING,
    RUNNING,
    RESETTING,
    ENDING
};

struct bk_vm_control {
    struct bk_vm_options options;
    enum phase phase;
    enum bk_vm_end end;
    unsigned parked;   /* vCPU threads in bk_vm_park() */
    unsigned releases; /* how often all were let go: what a parked thread waits to see change */
    pthread_cond_t phase_changed;
    int all_parked; /* eventfd */
    struct bk_source all_parked_source;
    bool memslots[BK_VM_MEMSLOTS_MAX];
    struct bk_ratelimit reset_log;
};

static int open_kvm(struct bk_vm *vm)
{
    vm->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (vm->kvm_fd < 0)
        return -errno;
    if (ioctl(vm->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        return -ENOTSUP;
    do {
        vm->fd = ioctl(vm->kvm_fd, KVM_CREATE_VM, 0);
    } while (vm->fd < 0 && errno == EINTR);
    if (vm->fd < 0)
        return -errno;
    static const int wanted[] = { KVM_CAP_IRQCHIP,        KVM_CAP_IRQFD,       KVM_CAP_IRQ_ROUTING,
                                  KVM_CAP_IOEVENTFD,      KVM_CAP_USER_MEMORY, KVM_CAP_IOEVENTFD_ANY_LENGTH,
                                  KVM_CAP_IMMEDIATE_EXIT, KVM_CAP_READONLY_MEM };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (ioctl(vm->fd, KVM_CHECK_EXTENSION, (unsigned long)wanted[i]) <= 0)
            return -ENOTSUP;
    }
    return 0;
}

static int create_ram(struct bk_vm *vm, uint64_t size)
{
    int r = bk_memory_init(&vm->memory, size);

    for (unsigned i = 0; r == 0 && i < vm->memory.region_count; i++) {
        const struct bk_memory_region *region = &vm->memory.regions[i];
        unsigned slot;
        r = bk_vm_add_memory(vm, region->guest_address, region->size, region->host, false, &slot);
    }
    return r;
}

static int create_vcpus(struct bk_vm *vm)
{
    int run_size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (run_size < 0)
        return -errno;
    vm->vcpus = calloc(vm->cpu_count, sizeof *vm->vcpus);
    if (vm->vcpus == NULL)
        return -ENOMEM;
    for (unsigned i = 0; i < vm->cpu_count; i++) {
        int r = bk_vcpu_init(vm, &vm->vcpus[i], i, (size_t)run_size);
        if (r < 0)
            return r;
    }
    for (unsigned i = 0; i < vm->cpu_count; i++) {
        int r = bk_arch_vcpu_init(&vm->vcpus[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

static void on_all_parked(void *userdata, uint32_t events);

static int create(struct bk_vm *vm)
{
    struct bk_vm_control *control = vm->control;

    int r = open_kvm(vm);
    if (r < 0)
        return r;
    r = create_ram(vm, control->options.memory_size);
    if (r < 0)
        return r;
    r = bk_arch_vm_init(vm);
    if (r < 0)
        return r;
    r = bk_interrupt_table_create(vm);
    if (r < 0)
        return r;
    r = create_vcpus(vm);
    if (r < 0)
        return r;
    r = bk_loop_create(&vm->lock, &vm->loop);
    if (r < 0)
        return r;
    control->all_parked = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (control->all_parked < 0)
        return -errno;
    return bk_loop_add(vm->loop, &control->all_parked_source, control->all_parked, EPOLLIN, on_all_parked, vm);
}

int bk_vm_create(const struct bk_vm_options *options, struct bk_vm **ret_vm)
{
    assert(options->cpu_count > 0 && options->cpu_count <= BK_VM_CPUS_MAX);

    struct bk_vm *vm = calloc(1, sizeof *vm);
    struct bk_vm_control *control = calloc(1, sizeof *control);
    if (vm == NULL || control == NULL) {
        free(vm);
        free(control);
        return -ENOMEM;
    }
    *control = (struct bk_vm_control){ .options = *options, .all_parked = -1 };
    pthread_cond_init(&control->phase_changed, NULL);
    *vm = (struct bk_vm){ .kvm_fd = -1, .fd = -1, .cpu_count = options->cpu_count, .control = control };
    pthread_mutex_init(&vm->lock, NULL);

    int r = create(vm);
    if (r < 0) {
        bk_vm_destroy(vm);
        return r;
    }
    *ret_vm = vm;
    return 0;
}

void bk_vm_destroy(struct bk_vm *vm)
{
    if (vm == NULL)
        return;
    for (unsigned i = 0; vm->vcpus != NULL && i < vm->cpu_count; i++)
        bk_vcpu_finish(&vm->vcpus[i]);
    free(vm->vcpus);
    bk_loop_destroy(vm->loop);
    bk_close(vm->control->all_parked);
    bk_interrupt_table_destroy(vm->interrupts);
    bk_close(vm->fd);
    bk_close(vm->kvm_fd);
    bk_memory_finish(&vm->memory);
    pthread_cond_destroy(&vm->control->phase_changed);
    pthread_mutex_destroy(&vm->lock);
    free(vm->control);
    free(vm);
}

bool bk_vm_park(struct bk_vm *vm)
{
    struct bk_vm_control *control = vm->control;

    pthread_mutex_lock(&vm->lock);
    if (control->phase == STARTING || control->phase == RESETTING) {
        uint64_t one = 1;
        if (++control->parked == vm->cpu_count && write(control->all_parked, &one, sizeof one) < 0)
            assert(errno == EAGAIN);
        unsigned before = control->releases;
        while (control->releases == before && control->phase != ENDING)
            pthread_cond_wait(&control->phase_changed, &vm->lock);
    }
    bool go_on = control->phase != ENDING;
    pthread_mutex_unlock(&vm->lock);
    return go_on;
}

static void kick_all(struct bk_vm *vm)
{
    for (unsigned i = 0; i < vm->cpu_count; i++)
        bk_vcpu_kick(&vm->vcpus[i]);
}

void bk_vm_stop(struct bk_vm *vm, enum bk_vm_end end)
{
    struct bk_vm_control *control = vm->control;
    uint64_t one = 1;

    if (control->phase == ENDING)
        return;
    control->phase = ENDING;
    control->end = end;
    pthread_cond_broadcast(&control->phase_changed);
    kick_all(vm);
    bk_loop_stop(vm->loop);
    if (write(control->all_parked, &one, sizeof one) < 0) /* wakes the I/O thread */
        assert(errno == EAGAIN);
}

void bk_vm_reset(struct bk_vm *vm)
{
    struct bk_vm_control *control = vm->control;

    if (control->options.exit_on_reset) {
        bk_vm_stop(vm, BK_VM_END_RESET);
    } else if (control->phase == RUNNING) {
        control->phase = RESETTING;
        kick_all(vm);
    }
}

static int reset_all(struct bk_vm *vm)
{
    for (struct bk_reset_hook *hook = vm->reset_hooks; hook != NULL; hook = hook->next)
        hook->reset(hook->owner);
    int r = bk_memory_clear(&vm->memory);
    if (r < 0)
        return r;
    r = bk_arch_reset(vm);
    if (r < 0)
        return r;
    return vm->control->options.boot(vm, vm->control->options.boot_userdata);
}

/* I/O thread, locked: every vCPU is parked, or the VM has ended meanwhile. */
static void on_all_parked(void *userdata, uint32_t events)
{
    struct bk_vm *vm = userdata;
    struct bk_vm_control *control = vm->control;
    uint64_t count;

    (void)events;
    if (read(control->all_parked, &count, sizeof count) < 0 || control->parked < vm->cpu_count)
        return;
    if (control->phase == STARTING) {
        if (control->options.running != NULL)
            control->options.running(control->options.running_userdata);
    } else if (control->phase == RESETTING) {
        int r = reset_all(vm);
        if (r < 0) {
            errno = -r;
            bk_error("cannot start the guest again: %m");
            bk_vm_stop(vm, BK_VM_END_FAULT);
            return;
        }
        if (bk_ratelimit_pass(&control->reset_log))
            bk_info("the guest starts again");
    } else {
        return;
    }
    for (unsigned i = 0; i < vm->cpu_count; i++)
        bk_vcpu_release(&vm->vcpus[i]);
    control->parked = 0;
    control->releases++;
    control->phase = RUNNING;
    pthread_cond_broadcast(&control->phase_changed);
}

int bk_vm_run(struct bk_vm *vm, enum bk_vm_end *ret_end)
{
    struct bk_vm_control *control = vm->control;

    int r = control->options.boot(vm, control->options.boot_userdata);
    pthread_mutex_lock(&vm->lock); /* no thread acts before all are there */
    for (unsigned i = 0; r == 0 && i < vm->cpu_count; i++)
        r = bk_vcpu_start(&vm->vcpus[i]);
    pthread_mutex_unlock(&vm->lock);
    if (r == 0)
        r = bk_jail_filter(BK_JAIL_IO);
    if (r == 0)
        r = bk_loop_run(vm->loop);

    pthread_mutex_lock(&vm->lock);
    bk_vm_stop(vm, BK_VM_END_FAULT); /* has ended already unless this is a failure */
    pthread_mutex_unlock(&vm->lock);
    for (unsigned i = 0; i < vm->cpu_count; i++) {
        if (vm->vcpus[i].started)
            pthread_join(vm->vcpus[i].thread, NULL);
        vm->vcpus[i].started = false;
    }
    if (r == 0)
        *ret_end = control->end;
    return r;
}

void bk_vm_press_power_button(struct bk_vm *vm)
{
    /* Edge-triggered: the event method of the DSDT runs once a pulse. */
    (void)bk_interrupt_set_line(vm, BK_LAYOUT_GSI_POWER_BUTTON, true);
    (void)bk_interrupt_set_line(vm, BK_LAYOUT_GSI_POWER_BUTTON, false);
}

void bk_vm_add_reset_hook(struct bk_vm *vm, struct bk_reset_hook *hook, void (*reset)(void *owner), void *owner)
{
    struct bk_reset_hook **end = &vm->reset_hooks;

    while (*end != NULL)
        end = &(*end)->next;
    *hook = (struct bk_reset_hook){ .reset = reset, .owner = owner };
    *end = hook;
}

static int set_memory(const struct bk_vm *vm, unsigned slot, uint64_t guest_address, uint64_t size, void *host,
                      bool readonly)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = readonly ? KVM_MEM_READONLY : 0,
        .guest_phys_addr = guest_address,
        .memory_size = size,
        .userspace_addr = (uintptr_t)host,
    };

    return ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

int bk_vm_add_memory(struct bk_vm *vm, uint64_t guest_address, uint64_t size, void *host, bool readonly,
                     unsigned *ret_slot)
{
    unsigned slot = 0;

    while (slot < BK_VM_MEMSLOTS_MAX && vm->control->memslots[slot])
        slot++;
    if (slot == BK_VM_MEMSLOTS_MAX)
        return -ENOSPC;
    int r = set_memory(vm, slot, guest_address, size, host, readonly);
    if (r < 0)
        return r;
    vm->control->memslots[slot] = true;
    *ret_slot = slot;
    return 0;
}

int bk_vm_remove_memory(struct bk_vm *vm, unsigned slot)
{
    assert(slot < BK_VM_MEMSLOTS_MAX && vm->control->memslots[slot]);
    int r = set_memory(vm, slot, 0, 0, NULL, false);
    if (r == 0)
        vm->control->memslots[slot] = false;
    return r;
}
