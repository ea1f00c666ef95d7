/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vcpu.h"

#include "arch.h"
#include "cleanup.h"
#include "jail.h"
#include "vm.h"

#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/*
 * system calls [vcpu]: ioctl(KVM_RUN) rt_sigreturn madvise(MADV_DONTNEED)
 * system calls [io vcpu]: getpid tgkill rt_sigprocmask
 */

#define KICK_SIGNAL SIGUSR1
#define STACK_SIZE  (128 * 1024)

int bk_vcpu_init(struct bk_vm *vm, struct bk_vcpu *vcpu, unsigned index, size_t run_size)
{
    _cleanup_close_ int fd = ioctl(vm->fd, KVM_CREATE_VCPU, (unsigned long)index);
    if (fd < 0)
        return -errno;
    void *run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED)
        return -errno;
    *vcpu = (struct bk_vcpu){ .vm = vm, .index = index, .fd = TAKE_FD(fd), .run = run, .run_size = run_size };
    return 0;
}

void bk_vcpu_finish(struct bk_vcpu *vcpu)
{
    if (vcpu->run == NULL)
        return;
    assert(!vcpu->started);
    bk_arch_vcpu_finish(vcpu);
    munmap(vcpu->run, vcpu->run_size);
    bk_close(vcpu->fd);
}

void bk_vcpu_kick(struct bk_vcpu *vcpu)
{
    /* The flag first: whether the signal finds the thread in the guest or on its way there, it comes out. */
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (vcpu->started && !pthread_equal(vcpu->thread, pthread_self()))
        pthread_kill(vcpu->thread, KICK_SIGNAL);
}

static void on_kick(int signal)
{
    (void)signal; /* that it interrupts KVM_RUN is all it is for */
}

static void handle_port(struct bk_vm *vm, struct kvm_run *run)
{
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
        if (run->io.direction == KVM_EXIT_IO_OUT)
            bk_bus_write(&vm->pio, run->io.port, data, run->io.size);
        else
            bk_bus_read(&vm->pio, run->io.port, data, run->io.size);
    }
}

static void handle_memory(struct bk_vm *vm, struct kvm_run *run)
{
    if (run->mmio.is_write)
        bk_bus_write(&vm->mmio, run->mmio.phys_addr, run->mmio.data, run->mmio.len);
    else
        bk_bus_read(&vm->mmio, run->mmio.phys_addr, run->mmio.data, run->mmio.len);
}

static void handle_exit(struct bk_vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        handle_port(vcpu->vm, run);
        break;
    case KVM_EXIT_MMIO:
        handle_memory(vcpu->vm, run);
        break;
    case KVM_EXIT_SHUTDOWN: /* a triple fault, with which kernels without a better way restart the machine */
        if (bk_ratelimit_pass(&vcpu->fault_log))
            bk_info("vCPU %u: triple fault", vcpu->index);
        bk_vm_reset(vcpu->vm, true);
        break;
    default: /* KVM_EXIT_FAIL_ENTRY, KVM_EXIT_INTERNAL_ERROR: what comes first in the exit's data says more */
        bk_error("vCPU %u: KVM cannot go on with the guest: exit %u, %#llx", vcpu->index, run->exit_reason,
                 run->hw.hardware_exit_reason);
        bk_vm_stop(vcpu->vm, BK_VM_END_FAULT);
        break;
    }
}

/* Runs the guest until a kick. */
static int run_guest(struct bk_vcpu *vcpu)
{
    /* KVM_RUN finishes the access that it came out with last before it heeds the kick and yields EINTR: only then is
     * the vCPU's state whole, so that is when it parks. EAGAIN: an application processor was woken to start. */
    for (;;) {
        int r = ioctl(vcpu->fd, KVM_RUN, 0);
        if (r < 0 && errno != EAGAIN)
            return errno == EINTR ? 0 : -errno;
        if (r < 0)
            continue;
        pthread_mutex_lock(&vcpu->vm->lock);
        handle_exit(vcpu);
        pthread_mutex_unlock(&vcpu->vm->lock);
    }
}

static void *run_vcpu(void *userdata)
{
    struct bk_vcpu *vcpu = userdata;

    int r = bk_jail_filter(BK_JAIL_VCPU);
    while (r == 0 && bk_vcpu_park(vcpu))
        r = run_guest(vcpu);
    if (r < 0) {
        bk_fail(r, "vCPU %u: cannot run: %m", vcpu->index);
        pthread_mutex_lock(&vcpu->vm->lock);
        bk_vm_stop(vcpu->vm, BK_VM_END_FAULT);
        pthread_mutex_unlock(&vcpu->vm->lock);
    }
    return NULL;
}

int bk_vcpu_start(struct bk_vcpu *vcpu)
{
    struct sigaction action = { .sa_handler = on_kick };
    pthread_attr_t attributes;

    if (sigaction(KICK_SIGNAL, &action, NULL) < 0)
        return -errno;
    pthread_attr_init(&attributes); /* glibc's cannot fail */
    int r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (r == 0)
        r = pthread_create(&vcpu->thread, &attributes, run_vcpu, vcpu);
    pthread_attr_destroy(&attributes);
    vcpu->started = r == 0;
    return -r;
}
