/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vcpu.h"

#include "arch.h"
#include "cleanup.h"
#include "jail.h"
#include "log.h"
#include "vm.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
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
    vcpu->fd = bk_close(vcpu->fd);
    vcpu->run = NULL;
}

void bk_vcpu_kick(struct bk_vcpu *vcpu)
{
    /* The flag first: whether the signal finds the thread in the guest or on its way there, it comes out. */
    __atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    if (vcpu->started && !pthread_equal(vcpu->thread, pthread_self()))
        pthread_kill(vcpu->thread, KICK_SIGNAL);
}

void bk_vcpu_release(struct bk_vcpu *vcpu)
{
    __atomic_store_n(&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
}

static void on_kick(int signal)
{
    (void)signal; /* that it interrupts KVM_RUN is all it is for */
}

static void handle_port(struct bk_vcpu *vcpu)
{
    struct bk_vm *vm = vcpu->vm;
    const struct kvm_run *run = vcpu->run;
    uint8_t *data = (uint8_t *)vcpu->run + run->io.data_offset;

    pthread_mutex_lock(&vm->lock);
    for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
        if (run->io.direction == KVM_EXIT_IO_OUT)
            bk_bus_write(&vm->pio, run->io.port, data, run->io.size);
        else
            bk_bus_read(&vm->pio, run->io.port, data, run->io.size);
    }
    pthread_mutex_unlock(&vm->lock);
}

/* One access of the guest's may be as odd as 3 or 6 bytes: the bus knows powers of two only. */
static void handle_memory(struct bk_vcpu *vcpu)
{
    struct bk_vm *vm = vcpu->vm;
    struct kvm_run *run = vcpu->run;
    size_t length = run->mmio.len, done = 0;

    pthread_mutex_lock(&vm->lock);
    while (done < length) {
        size_t part = 8;
        while (part > length - done)
            part /= 2;
        if (run->mmio.is_write)
            bk_bus_write(&vm->mmio, run->mmio.phys_addr + done, run->mmio.data + done, part);
        else
            bk_bus_read(&vm->mmio, run->mmio.phys_addr + done, run->mmio.data + done, part);
        done += part;
    }
    pthread_mutex_unlock(&vm->lock);
}

static void end(struct bk_vcpu *vcpu, enum bk_vm_end how)
{
    pthread_mutex_lock(&vcpu->vm->lock);
    bk_vm_stop(vcpu->vm, how);
    pthread_mutex_unlock(&vcpu->vm->lock);
}

static void reset(struct bk_vcpu *vcpu)
{
    pthread_mutex_lock(&vcpu->vm->lock);
    bk_vm_reset(vcpu->vm);
    pthread_mutex_unlock(&vcpu->vm->lock);
}

static void handle_exit(struct bk_vcpu *vcpu)
{
    const struct kvm_run *run = vcpu->run;

    switch (run->exit_reason) {
    case KVM_EXIT_IO:
        handle_port(vcpu);
        break;
    case KVM_EXIT_MMIO:
        handle_memory(vcpu);
        break;
    case KVM_EXIT_INTR:
        break;
    case KVM_EXIT_SHUTDOWN: /* a triple fault, with which kernels without a better way restart the machine */
        if (bk_ratelimit_pass(&vcpu->fault_log))
            bk_info("vCPU %u: triple fault", vcpu->index);
        reset(vcpu);
        break;
    case KVM_EXIT_SYSTEM_EVENT:
        if (run->system_event.type == KVM_SYSTEM_EVENT_RESET)
            reset(vcpu);
        else
            end(vcpu, run->system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN ? BK_VM_END_POWEROFF : BK_VM_END_FAULT);
        break;
    case KVM_EXIT_FAIL_ENTRY:
        bk_error("vCPU %u: the processor refuses the guest's state, hardware reason 0x%" PRIx64, vcpu->index,
                 (uint64_t)run->fail_entry.hardware_entry_failure_reason);
        end(vcpu, BK_VM_END_FAULT);
        break;
    case KVM_EXIT_INTERNAL_ERROR:
        bk_error("vCPU %u: KVM cannot go on with the guest, internal error %u", vcpu->index, run->internal.suberror);
        end(vcpu, BK_VM_END_FAULT);
        break;
    default:
        bk_error("vCPU %u: exit %u of KVM's is none that was asked for", vcpu->index, run->exit_reason);
        end(vcpu, BK_VM_END_FAULT);
        break;
    }
}

static void *run_vcpu(void *userdata)
{
    struct bk_vcpu *vcpu = userdata;

    int filtered = bk_jail_filter(BK_JAIL_VCPU);
    if (filtered < 0) {
        errno = -filtered;
        bk_error("vCPU %u: cannot close its jail: %m", vcpu->index);
        end(vcpu, BK_VM_END_FAULT);
        return NULL;
    }
    while (bk_vm_park(vcpu->vm)) {
        /* A kick makes KVM_RUN finish the access that it came out with last and yield EINTR: only then is the
         * vCPU's state whole, so that is when it parks. */
        int r;
        do {
            r = ioctl(vcpu->fd, KVM_RUN, 0);
            if (r == 0)
                handle_exit(vcpu);
        } while (r == 0 || errno == EAGAIN); /* EAGAIN: an application processor was woken to start */
        if (errno != EINTR) {
            bk_error("vCPU %u: cannot run: %m", vcpu->index);
            end(vcpu, BK_VM_END_FAULT);
        }
    }
    return NULL;
}

int bk_vcpu_start(struct bk_vcpu *vcpu)
{
    struct sigaction action = { .sa_handler = on_kick };
    pthread_attr_t attributes;

    if (sigaction(KICK_SIGNAL, &action, NULL) < 0)
        return -errno;
    int r = pthread_attr_init(&attributes);
    if (r != 0)
        return -r;
    r = pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (r == 0)
        r = pthread_create(&vcpu->thread, &attributes, run_vcpu, vcpu);
    pthread_attr_destroy(&attributes);
    if (r != 0)
        return -r;
    vcpu->started = true;
    return 0;
}
