/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-vmm: one process, one VM. Opens everything, closes its jail, runs the guest, tells how it ended.
 */
#define _GNU_SOURCE
#include "arch/x86_64/boot.h"
#include "checked.h"
#include "core/pci.h"
#include "jail.h"
#include "log.h"
#include "machine.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    STATUS_FAILED = 1,
    STATUS_USAGE = 2,
    STATUS_RESET = 3,
    STATUS_FAULT = 4
};

#define HUGE_PAGE_SIZE (2 * BK_MIB)

/* Watched descriptors, interrupts, vCPUs, the surfaces of the GPU, and some for the rest. */
#define DESCRIPTORS_MAX 4096U

static void on_signal(void *userdata, uint32_t events)
{
    struct bk_machine *machine = userdata;

    (void)events;
    bk_vm_stop(machine->vm, BK_VM_END_STOPPED);
}

/* The signals that ask a program to end become an orderly end. */
static int watch_signals(struct bk_machine *machine)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -errno;
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? -errno : bk_loop_add(machine->vm->loop, &machine->signals, fd, EPOLLIN, on_signal, machine);
}

static void on_running(void *userdata)
{
    bk_control_say(userdata, BK_CONTROL_RUNNING, 0);
}

static int create_vm(struct bk_machine *machine, struct bk_boot_options *boot)
{
    const struct bk_options *options = &machine->options;
    const struct bk_vm_options vm = {
        .cpu_count = options->cpus,
        .memory_size = bk_align_up(options->memory_mib * BK_MIB, HUGE_PAGE_SIZE),
        .exit_on_reset = options->exit_on_reset,
        .exit_on_fault = options->exit_on_fault,
        .boot = bk_boot,
        .boot_userdata = boot,
        .running = on_running,
        .running_userdata = machine,
    };

    int r = bk_vm_create(&vm, &machine->vm);
    if (r == -ENOENT || r == -ENXIO || r == -ENODEV)
        return bk_fail(r, "no /dev/kvm: this machine has no hardware virtualization, or its KVM module is not loaded");
    if (r == -EACCES || r == -EPERM)
        return bk_fail(r, "/dev/kvm: %m; its users are mostly the group kvm");
    if (r == -ENOTSUP)
        return bk_fail(r, "/dev/kvm: this processor or kernel lacks something that a VM needs here");
    if (r == -ENOMEM)
        return bk_fail(r, "--memory %" PRIu32 ": the host has not got that much", options->memory_mib);
    if (r == 0)
        r = bk_pci_bus_create(machine->vm, &machine->vm->pci);
    if (r == 0)
        r = bk_control_init(machine);
    if (r == 0)
        r = watch_signals(machine);
    return r < 0 ? bk_fail(r, "cannot make a VM: %m") : bk_devices_create(machine);
}

static_assert((int)BK_VM_END_POWEROFF == (int)BK_CONTROL_END_POWEROFF &&
                  (int)BK_VM_END_RESET == (int)BK_CONTROL_END_RESET &&
                  (int)BK_VM_END_STOPPED == (int)BK_CONTROL_END_STOPPED &&
                  (int)BK_VM_END_FAULT == (int)BK_CONTROL_END_FAULT,
              "the supervisor is told of an end by its number");

/* Yields the status to exit with. */
static int run(struct bk_machine *machine)
{
    static const int statuses[] = {
        [BK_VM_END_POWEROFF] = 0,
        [BK_VM_END_RESET] = STATUS_RESET,
        [BK_VM_END_STOPPED] = 0,
        [BK_VM_END_FAULT] = STATUS_FAULT,
    };
    const struct bk_options *options = &machine->options;
    const struct bk_jail_options jail = {
        .uid = options->uid,
        .gid = options->gid,
        .descriptors_max = DESCRIPTORS_MAX,
        .threads_max = options->cpus + 1,
    };
    enum bk_vm_end end;

    int r = bk_jail_process(&jail);
    if (r < 0) {
        bk_fail(r, "cannot close the jail: %m");
        return STATUS_FAILED;
    }
    bk_terminal_make_raw(options);
    r = bk_vm_run(machine->vm, &end);
    bk_terminal_restore();
    if (r == 0) {
        bk_control_say(machine, BK_CONTROL_ENDED, end);
        return statuses[end];
    }
    if (r == -ENOEXEC)
        bk_fail(r, "--kernel %s: no x86-64 Linux kernel, neither a bzImage nor an ELF vmlinux with a PVH entry",
                options->kernel.path != NULL ? options->kernel.path : "(inherited)");
    else if (r == -ENOSPC)
        bk_fail(r, "--memory %" PRIu32 ": too little for this kernel and initrd", options->memory_mib);
    else
        bk_fail(r, "cannot run the VM: %m");
    return STATUS_FAILED;
}

int main(int argc, char **argv)
{
    static struct bk_machine machine;
    struct bk_options *options = &machine.options;

    bk_log_open("bk-vmm", NULL, LOG_INFO);
    if (isatty(STDERR_FILENO))
        bk_log_omit_priority();
    if (bk_options_parse(options, argc, argv) < 0)
        return STATUS_USAGE;
    if (options->help)
        return fputs(bk_options_help, stdout) < 0 || fflush(stdout) != 0 ? STATUS_FAILED : 0;
    bk_log_open("bk-vmm", options->name, LOG_INFO);

    int r = bk_jail_close_descriptors(options->inherited, options->inherited_count);
    if (r < 0)
        bk_fail(r, "cannot close what was inherited: %m");
    if (r < 0 || bk_files_open(options) < 0)
        return STATUS_FAILED;
    struct bk_boot_options boot = {
        .kernel = options->kernel.fd,
        .initrd = options->initrd.fd,
        .cmdline = options->cmdline,
        .cpu_count = options->cpus,
        .serial = options->serial == BK_SERIAL_FILE,
    };
    int status = create_vm(&machine, &boot) < 0 ? STATUS_FAILED : run(&machine);

    if (machine.vm != NULL)
        bk_pci_bus_destroy(machine.vm->pci);
    bk_devices_destroy(&machine);
    bk_vm_destroy(machine.vm);
    return status;
}
