/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-vmm: one process, one VM. Opens everything, closes its jail, runs the guest, tells how it ended.
 */
#define _GNU_SOURCE
#include "arch/x86_64/boot.h"
#include "checked.h"
#include "cleanup.h"
#include "control.h"
#include "core/loop.h"
#include "core/pci.h"
#include "core/vm.h"
#include "device_table.h"
#include "files.h"
#include "jail.h"
#include "log.h"
#include "options.h"

#include <errno.h>
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

struct program {
    struct bk_options options;
    struct bk_machine machine;
    struct bk_control control;
    struct bk_boot_options boot;
    int signals;
    struct bk_source signals_source;
};

static void on_signal(void *userdata, uint32_t events)
{
    struct program *program = userdata;

    (void)events;
    bk_vm_stop(program->machine.vm, BK_VM_END_STOPPED);
}

/* The signals that ask a program to end become an orderly end. */
static int watch_signals(struct program *program)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGTERM);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return -errno;
    program->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (program->signals < 0)
        return -errno;
    return bk_loop_add(program->machine.vm->loop, &program->signals_source, program->signals, EPOLLIN, on_signal,
                       program);
}

static void on_running(void *userdata)
{
    struct program *program = userdata;

    bk_control_say_running(&program->control);
}

static int create_vm(struct program *program)
{
    const struct bk_options *options = &program->options;
    const struct bk_vm_options vm = {
        .cpu_count = options->cpus,
        .memory_size = bk_align_up(options->memory_mib * BK_MIB, HUGE_PAGE_SIZE),
        .exit_on_reset = options->exit_on_reset,
        .boot = bk_boot,
        .boot_userdata = &program->boot,
        .running = on_running,
        .running_userdata = program,
    };

    int r = bk_vm_create(&vm, &program->machine.vm);
    if (r == 0)
        return 0;
    errno = -r;
    if (r == -ENOENT || r == -ENXIO || r == -ENODEV)
        bk_error("no /dev/kvm: this machine has no hardware virtualization, or its KVM module is not loaded");
    else if (r == -EACCES || r == -EPERM)
        bk_error("/dev/kvm: %m; its users are mostly the group kvm");
    else if (r == -ENOTSUP)
        bk_error("/dev/kvm: this processor or kernel lacks something that a VM needs here");
    else if (r == -ENOMEM)
        bk_error("--memory %llu: the host has not got that much", (unsigned long long)options->memory_mib);
    else
        bk_error("cannot make a VM: %m");
    return r;
}

static int create_machine(struct program *program)
{
    struct bk_machine *machine = &program->machine;

    int r = create_vm(program);
    if (r < 0)
        return r;
    r = bk_pci_bus_create(machine->vm, &machine->vm->pci);
    if (r == 0)
        r = bk_control_init(&program->control, machine, program->options.control);
    if (r == 0)
        r = watch_signals(program);
    if (r < 0) {
        errno = -r;
        bk_error("cannot set the VM up: %m");
        return r;
    }
    return bk_devices_create(machine);
}

static void say_why_not_run(const struct program *program, int error)
{
    const struct bk_options *options = &program->options;
    const char *kernel = options->kernel.path != NULL ? options->kernel.path : "(inherited)";

    errno = error;
    if (error == ENOEXEC)
        bk_error("--kernel %s: no x86-64 Linux kernel, neither a bzImage nor an ELF vmlinux with a PVH entry", kernel);
    else if (error == ENOSPC)
        bk_error("--memory %llu: too little for this kernel and initrd", (unsigned long long)options->memory_mib);
    else
        bk_error("cannot run the VM: %m");
}

static int run(struct program *program)
{
    static const int statuses[] = {
        [BK_VM_END_POWEROFF] = 0,
        [BK_VM_END_RESET] = STATUS_RESET,
        [BK_VM_END_STOPPED] = 0,
        [BK_VM_END_FAULT] = STATUS_FAULT,
    };
    const struct bk_jail_options jail = {
        .uid = program->options.uid,
        .gid = program->options.gid,
        .descriptors_max = DESCRIPTORS_MAX,
        .threads_max = program->options.cpus + 1,
    };
    enum bk_vm_end end;

    int r = bk_jail_process(&jail);
    if (r < 0) {
        errno = -r;
        bk_error("cannot close the jail: %m");
        return STATUS_FAILED;
    }
    bk_terminal_make_raw(&program->options);
    r = bk_vm_run(program->machine.vm, &end);
    bk_terminal_restore();
    if (r < 0) {
        say_why_not_run(program, -r);
        return STATUS_FAILED;
    }
    bk_control_say_ended(&program->control, end);
    return statuses[end];
}

int main(int argc, char **argv)
{
    static struct program program = { .signals = -1 };
    int inherited[BK_OPTIONS_FDS_MAX];

    bk_log_open("bk-vmm", NULL, LOG_INFO);
    if (isatty(STDERR_FILENO))
        bk_log_omit_priority();
    if (bk_options_parse(&program.options, argc, argv) < 0)
        return STATUS_USAGE;
    if (program.options.help)
        return fputs(bk_options_help, stdout) < 0 || fflush(stdout) != 0 ? STATUS_FAILED : 0;
    bk_log_open("bk-vmm", program.options.name, LOG_INFO);

    unsigned count = bk_options_inherited(&program.options, inherited);
    int r = bk_jail_close_descriptors(inherited, count);
    if (r < 0) {
        errno = -r;
        bk_error("cannot close what was inherited: %m");
        return STATUS_FAILED;
    }

    struct bk_machine *machine = &program.machine;
    machine->options = &program.options;
    if (bk_files_open(&machine->files, &program.options) < 0)
        return STATUS_FAILED;
    program.boot = (struct bk_boot_options){
        .kernel = machine->files.kernel,
        .initrd = machine->files.initrd,
        .cmdline = program.options.cmdline,
        .cpu_count = program.options.cpus,
        .serial = program.options.serial,
    };
    int status = create_machine(&program) < 0 ? STATUS_FAILED : run(&program);

    if (machine->vm != NULL)
        bk_pci_bus_destroy(machine->vm->pci);
    bk_devices_destroy(machine);
    bk_vm_destroy(machine->vm);
    bk_close(program.signals);
    bk_files_close(&machine->files);
    return status;
}
