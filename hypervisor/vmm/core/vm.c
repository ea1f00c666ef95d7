/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's life is a phase that only ever changes under the lock:
 *
 *   STARTING ──all parked──▶ RUNNING ──bk_vm_reset()──▶ RESETTING ──all parked──▶ RUNNING
 *       └──────────────────────┴────── bk_vm_stop() ────────┴──▶ ENDING
 *
 * In STARTING and RESETTING every vCPU thread waits in bk_vcpu_park(); the last to arrive wakes the I/O thread, which
 * alone does the work of a reset, so that a vCPU thread's filter stays small:
 * 1. no vCPU is in KVM_RUN and none has an unfinished access;
 * 2. the device model is at rest, since the I/O thread is in this very callback.
 */
#define _GNU_SOURCE
#include "vm.h"

#include "arch.h"
#include "checked.h"
#include "cleanup.h"
#include "interrupt.h"
#include "jail.h"
#include "layout.h"
#include "vcpu.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_kvm(struct bk_vm *vm)
{
    static const unsigned long wanted[] = { KVM_CAP_IRQCHIP,       KVM_CAP_IRQFD,       KVM_CAP_IRQ_ROUTING,
                                            KVM_CAP_IOEVENTFD,     KVM_CAP_USER_MEMORY, KVM_CAP_IOEVENTFD_ANY_LENGTH,
                                            KVM_CAP_IMMEDIATE_EXIT };

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
    for (size_t i = 0; i < BK_ARRAY_SIZE(wanted); i++) {
        if (ioctl(vm->fd, KVM_CHECK_EXTENSION, wanted[i]) <= 0)
            return -ENOTSUP;
    }
    return 0;
}

static int create_ram(struct bk_vm *vm)
{
    int r = bk_memory_init(&vm->memory, vm->options.memory_size);

    for (unsigned i = 0; r == 0 && i < vm->memory.region_count; i++) {
        const struct bk_memory_region *region = &vm->memory.regions[i];
        const struct kvm_userspace_memory_region slot = {
            .slot = i,
            .guest_phys_addr = region->guest_address,
            .memory_size = region->size,
            .userspace_addr = (uintptr_t)region->host,
        };
        if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &slot) < 0)
            r = -errno;
    }
    return r;
}

static int create_vcpus(struct bk_vm *vm)
{
    unsigned count = vm->options.cpu_count;
    int r = 0;

    int run_size = ioctl(vm->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (run_size < 0)
        return -errno;
    vm->vcpus = calloc(count, sizeof *vm->vcpus);
    if (vm->vcpus == NULL)
        return -ENOMEM;
    for (unsigned i = 0; r == 0 && i < count; i++)
        r = bk_vcpu_init(vm, &vm->vcpus[i], i, (size_t)run_size);
    for (unsigned i = 0; r == 0 && i < count; i++)
        r = bk_arch_vcpu_init(&vm->vcpus[i]);
    return r;
}

static void on_wake(void *userdata, uint32_t events);

static int create_loop(struct bk_vm *vm)
{
    vm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (vm->wake < 0)
        return -errno;
    int r = bk_loop_create(&vm->lock, &vm->loop);
    return r < 0 ? r : bk_loop_add(vm->loop, &vm->wake_source, vm->wake, EPOLLIN, on_wake, vm);
}

int bk_vm_create(const struct bk_vm_options *options, struct bk_vm **ret_vm)
{
    static int (*const steps[])(struct bk_vm *vm) = {
        open_kvm, create_ram, bk_arch_vm_init, bk_interrupts_init, create_vcpus, create_loop,
    };
    struct bk_vm *vm = calloc(1, sizeof *vm);
    pthread_mutexattr_t fair;
    int r = 0;

    assert(options->cpu_count > 0 && options->cpu_count <= BK_VM_CPUS_MAX);
    if (vm == NULL)
        return -ENOMEM;
    *vm = (struct bk_vm){ .kvm_fd = -1, .fd = -1, .wake = -1, .options = *options };
    pthread_cond_init(&vm->phase_changed, NULL);
    /* Unlocking such a mutex hands it to who waits, so that a busy I/O thread cannot hold up a vCPU for long. */
    pthread_mutexattr_init(&fair);
    pthread_mutexattr_setprotocol(&fair, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&vm->lock, &fair);
    pthread_mutexattr_destroy(&fair);
    for (size_t i = 0; r == 0 && i < BK_ARRAY_SIZE(steps); i++)
        r = steps[i](vm);
    if (r < 0)
        bk_vm_destroy(vm);
    else
        *ret_vm = vm;
    return r;
}

void bk_vm_destroy(struct bk_vm *vm)
{
    if (vm == NULL)
        return;
    for (unsigned i = 0; vm->vcpus != NULL && i < vm->options.cpu_count; i++)
        bk_vcpu_finish(&vm->vcpus[i]);
    free(vm->vcpus);
    bk_loop_destroy(vm->loop);
    bk_close(vm->wake);
    free(vm->interrupts);
    bk_close(vm->fd);
    bk_close(vm->kvm_fd);
    bk_memory_finish(&vm->memory);
    pthread_cond_destroy(&vm->phase_changed);
    pthread_mutex_destroy(&vm->lock);
    free(vm);
}

static void wake_io_thread(struct bk_vm *vm)
{
    uint64_t one = 1;

    if (write(vm->wake, &one, sizeof one) < 0)
        assert(errno == EAGAIN);
}

bool bk_vcpu_park(struct bk_vcpu *vcpu)
{
    struct bk_vm *vm = vcpu->vm;

    pthread_mutex_lock(&vm->lock);
    while (vm->phase == BK_VM_STARTING || vm->phase == BK_VM_RESETTING) {
        unsigned before = vm->releases;
        if (++vm->parked == vm->options.cpu_count)
            wake_io_thread(vm);
        while (vm->releases == before && vm->phase != BK_VM_ENDING)
            pthread_cond_wait(&vm->phase_changed, &vm->lock);
    }
    vcpu->run->immediate_exit = 0; /* that kick was heard, and the next one needs the lock */
    bool go_on = vm->phase != BK_VM_ENDING;
    pthread_mutex_unlock(&vm->lock);
    return go_on;
}

static void change_phase(struct bk_vm *vm, enum bk_vm_phase phase)
{
    vm->phase = phase;
    for (unsigned i = 0; phase != BK_VM_RUNNING && i < vm->options.cpu_count; i++)
        bk_vcpu_kick(&vm->vcpus[i]);
    pthread_cond_broadcast(&vm->phase_changed);
}

void bk_vm_stop(struct bk_vm *vm, enum bk_vm_end end)
{
    if (vm->phase == BK_VM_ENDING)
        return;
    vm->end = end;
    change_phase(vm, BK_VM_ENDING);
    bk_loop_stop(vm->loop);
    wake_io_thread(vm);
}

void bk_vm_reset(struct bk_vm *vm, bool fault)
{
    if (vm->phase == BK_VM_RESETTING)
        return;
    if (vm->options.exit_on_reset || (fault && vm->options.exit_on_fault))
        bk_vm_stop(vm, BK_VM_END_RESET);
    else if (vm->phase == BK_VM_RUNNING)
        change_phase(vm, BK_VM_RESETTING);
}

static int reset_all(struct bk_vm *vm)
{
    for (unsigned i = 0; i < vm->reset_hook_count; i++)
        vm->reset_hooks[i].reset(vm->reset_hooks[i].owner);
    int r = bk_memory_clear(&vm->memory);
    if (r == 0)
        r = bk_arch_reset(vm);
    return r < 0 ? r : vm->options.boot(vm, vm->options.boot_userdata);
}

/* I/O thread, locked: every vCPU is parked, or the VM has ended meanwhile. */
static void on_wake(void *userdata, uint32_t events)
{
    struct bk_vm *vm = userdata;
    uint64_t count;

    (void)events;
    if (read(vm->wake, &count, sizeof count) < 0 || vm->parked < vm->options.cpu_count || vm->phase == BK_VM_ENDING)
        return;
    if (vm->phase == BK_VM_STARTING) {
        vm->options.running(vm->options.running_userdata);
    } else {
        int r = reset_all(vm);
        if (r < 0) {
            bk_fail(r, "cannot start the guest again: %m");
            bk_vm_stop(vm, BK_VM_END_FAULT);
            return;
        }
        if (bk_ratelimit_pass(&vm->reset_log))
            bk_info("the guest starts again");
    }
    vm->parked = 0;
    vm->releases++;
    change_phase(vm, BK_VM_RUNNING);
}

int bk_vm_run(struct bk_vm *vm, enum bk_vm_end *ret_end)
{
    int r = vm->options.boot(vm, vm->options.boot_userdata);

    pthread_mutex_lock(&vm->lock); /* no thread acts before all are there */
    for (unsigned i = 0; r == 0 && i < vm->options.cpu_count; i++)
        r = bk_vcpu_start(&vm->vcpus[i]);
    pthread_mutex_unlock(&vm->lock);
    if (r == 0)
        r = bk_jail_filter(BK_JAIL_IO);
    if (r == 0)
        r = bk_loop_run(vm->loop);

    pthread_mutex_lock(&vm->lock);
    bk_vm_stop(vm, BK_VM_END_FAULT); /* has ended already unless this is a failure */
    pthread_mutex_unlock(&vm->lock);
    for (unsigned i = 0; i < vm->options.cpu_count; i++) {
        if (vm->vcpus[i].started)
            pthread_join(vm->vcpus[i].thread, NULL);
        vm->vcpus[i].started = false;
    }
    if (r == 0)
        *ret_end = vm->end;
    return r;
}

void bk_vm_press_power_button(struct bk_vm *vm)
{
    /* Edge-triggered: the event method of the DSDT runs once a pulse. */
    (void)bk_interrupt_set_line(vm, BK_LAYOUT_GSI_POWER_BUTTON, true);
    (void)bk_interrupt_set_line(vm, BK_LAYOUT_GSI_POWER_BUTTON, false);
}

void bk_vm_add_reset_hook(struct bk_vm *vm, void (*reset)(void *owner), void *owner)
{
    assert(vm->reset_hook_count < BK_VM_RESET_HOOKS_MAX);
    vm->reset_hooks[vm->reset_hook_count++] = (struct bk_reset_hook){ reset, owner };
}
