/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "vm.h"

#include "child.h"
#include "cleanup.h"
#include "io.h"
#include "jail.h"
#include "log.h"
#include "vsock_cable.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define CONTROL_BUFFER (256U * 1024U) /* bytes: some hundred messages with their descriptors */
#define SECOND_USEC    1000000ULL

const char *const bk_vm_state_names[BK_VM_STATES] = {
    [BK_VM_STOPPED] = "stopped",
    [BK_VM_STARTING] = "starting",
    [BK_VM_RUNNING] = "running",
    [BK_VM_STOPPING] = "stopping",
};
static_assert(BK_VM_STATES == 4, "one name for each state");

void bk_vm_init(struct bk_vm *vm, sd_event *event, const char *name, const struct bk_vm_listener *listener, void *owner)
{
    *vm = (struct bk_vm){
        .name = name,
        .listener = listener,
        .owner = owner,
        .event = event,
        .pidfd = -1,
        .control = -1,
        .console = -1,
        .console_log.fd = -1,
        .error_log.fd = -1,
    };
}

static void set_state(struct bk_vm *vm, enum bk_vm_state state)
{
    vm->state = state;
    vm->listener->changed(vm);
}

static void set_deadline(struct bk_vm *vm, unsigned seconds)
{
    /* Neither can fail for a source that exists. */
    (void)sd_event_source_set_time_relative(vm->deadline, seconds * SECOND_USEC);
    (void)sd_event_source_set_enabled(vm->deadline, SD_EVENT_ONESHOT);
}

void bk_vm_kill(struct bk_vm *vm, const char *why)
{
    if (vm->killed == NULL)
        vm->killed = why;
    (void)pidfd_send_signal(vm->pidfd, SIGKILL, NULL, 0); /* fails only when it has ended: the reaping follows */
}

void bk_vm_pause(struct bk_vm *vm, bool paused)
{
    (void)pidfd_send_signal(vm->pidfd, paused ? SIGSTOP : SIGCONT, NULL, 0); /* as above */
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_vm *vm = userdata;

    (void)source;
    (void)usec;
    if (vm->state == BK_VM_STARTING)
        bk_vm_kill(vm, "it did not start in time and was killed");
    else if (vm->control_state.ended)
        bk_vm_kill(vm, "its bk-vmm did not exit in time and was killed");
    else
        bk_vm_kill(vm, "it did not stop in time and was killed");
    return 0;
}

void bk_vm_tell(struct bk_vm *vm, enum bk_control_type type, uint32_t cid, int fd)
{
    struct bk_control_message message = { .type = type, .cid = cid };

    int r = bk_send_message(vm->control, &message, sizeof message, fd);
    if (r == -EPIPE || r == -ECONNRESET)
        return; /* it is ending */
    if (r < 0) {
        bk_error("%s: its bk-vmm cannot be told: %s", vm->name, strerror(-r));
        bk_vm_kill(vm, "its bk-vmm did not read its control socket and was killed");
    }
}

void bk_vm_ask(struct bk_vm *vm)
{
    assert(vm->state == BK_VM_RUNNING);
    bk_vm_tell(vm, BK_CONTROL_POWER_BUTTON, 0, -1);
}

void bk_vm_stop(struct bk_vm *vm, bool force)
{
    assert(vm->state != BK_VM_STOPPED);
    bk_vm_tell(vm, force || vm->state == BK_VM_STARTING ? BK_CONTROL_STOP : BK_CONTROL_POWER_BUTTON, 0, -1);
    set_deadline(vm, force || vm->state == BK_VM_STARTING ? BK_VM_END_SECONDS : BK_VM_STOP_SECONDS);
    if (vm->state != BK_VM_STOPPING)
        set_state(vm, BK_VM_STOPPING);
}

enum control_news {
    CONTROL_NOTHING, /* now */
    CONTROL_MESSAGE, /* taken; there may be more */
    CONTROL_OVER,    /* it closed the socket, or is not listened to any longer */
};

static enum control_news take_control_message(struct bk_vm *vm)
{
    struct bk_control_message message;
    _cleanup_close_ int fd = -1;

    ssize_t n = bk_recv_message(vm->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return CONTROL_NOTHING;
    if (n == 0 || (n < 0 && n != -EMSGSIZE))
        return CONTROL_OVER;
    switch (bk_control_check(&vm->control_state, &message, n > 0 ? (size_t)n : 0, fd >= 0)) {
    case BK_CONTROL_VERDICT_RUNNING:
        if (vm->state == BK_VM_STARTING) {
            (void)sd_event_source_set_enabled(vm->deadline, SD_EVENT_OFF);
            set_state(vm, BK_VM_RUNNING);
        }
        return CONTROL_MESSAGE;
    case BK_CONTROL_VERDICT_ENDED:
        set_deadline(vm, BK_VM_END_SECONDS);
        return CONTROL_MESSAGE;
    case BK_CONTROL_VERDICT_BROKEN:
        break;
    }
    bk_error("%s: its bk-vmm broke the control protocol", vm->name);
    bk_vm_kill(vm, "its bk-vmm broke the control protocol and was killed");
    return CONTROL_OVER;
}

static int on_control(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_vm *vm = userdata;

    (void)fd;
    (void)events;
    if (take_control_message(vm) != CONTROL_OVER)
        return 0;
    if (vm->killed == NULL)
        set_deadline(vm, BK_VM_END_SECONDS); /* without its control socket it must be ending */
    return sd_event_source_set_enabled(source, SD_EVENT_OFF);
}

static void close_all(struct bk_vm *vm)
{
    vm->exit_source = sd_event_source_disable_unref(vm->exit_source);
    vm->control_source = sd_event_source_disable_unref(vm->control_source);
    vm->deadline = sd_event_source_disable_unref(vm->deadline);
    bk_log_pump_stop(&vm->console_log);
    bk_log_pump_stop(&vm->error_log);
    vm->pidfd = bk_close(vm->pidfd);
    vm->control = bk_close(vm->control);
    vm->console = bk_close(vm->console);
}

static void reap(struct bk_vm *vm, int options)
{
    siginfo_t info = { 0 };

    if (waitid(P_PIDFD, (id_t)vm->pidfd, &info, WEXITED | options) < 0 || info.si_pid == 0)
        return;
    /* Its last words may still be in the socket. */
    while (vm->killed == NULL && take_control_message(vm) == CONTROL_MESSAGE)
        ;
    bk_control_describe_end(&vm->control_state, info.si_code, info.si_status, vm->killed, vm->ended, sizeof vm->ended);
    vm->crashed = vm->state == BK_VM_RUNNING && bk_control_is_crash(&vm->control_state);
    close_all(vm);
    vm->state = BK_VM_STOPPED;
}

static int on_process_end(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_vm *vm = userdata;

    (void)source;
    (void)fd;
    (void)events;
    reap(vm, WNOHANG);
    if (vm->state == BK_VM_STOPPED)
        vm->listener->ended(vm);
    return 0;
}

static int make_log(struct bk_vm *vm, int console, int error)
{
    char prefix[128], own[128];

    snprintf(prefix, sizeof prefix, "%s| ", vm->name);
    int r = bk_log_pump_start(&vm->console_log, vm->event, console, prefix, NULL);
    snprintf(own, sizeof own, "bk-vmm[%s]: ", vm->name);
    int s = bk_log_pump_start(&vm->error_log, vm->event, error, own, own);
    return r < 0 ? r : s;
}

/* The event sources of a process that exists, and the pumps, which take `console` and `error`. */
static int watch(struct bk_vm *vm, int console, int error)
{
    int r = make_log(vm, console, error);

    if (r >= 0)
        r = sd_event_add_io(vm->event, &vm->control_source, vm->control, EPOLLIN, on_control, vm);
    if (r >= 0)
        r = sd_event_add_io(vm->event, &vm->exit_source, vm->pidfd, EPOLLIN, on_process_end, vm);
    if (r >= 0)
        r = sd_event_add_time_relative(vm->event, &vm->deadline, CLOCK_MONOTONIC, BK_VM_START_SECONDS * SECOND_USEC, 0,
                                       on_deadline, vm);
    return r;
}

static_assert(BK_CHILD_DESCRIPTORS_MAX >= 6 + BK_VM_PORTS_MAX,
              "kernel, initrd, two disks, console, control, and all ports");

static void describe(struct bk_child *child, const struct bk_vm *vm, const struct bk_vm_setup *setup, int console,
                     int control)
{
    bk_child_begin(child, setup->vmm);
    bk_child_add(child, "--name");
    bk_child_add(child, "%s", vm->name);
    bk_child_add(child, "--kernel");
    bk_child_add(child, "fd:%d", setup->kernel);
    bk_child_pass(child, setup->kernel);
    if (setup->initrd >= 0) {
        bk_child_add(child, "--initrd");
        bk_child_add(child, "fd:%d", setup->initrd);
        bk_child_pass(child, setup->initrd);
    }
    if (setup->disk >= 0) {
        bk_child_add(child, "--disk");
        bk_child_add(child, "fd:%d,ro", setup->disk);
        bk_child_pass(child, setup->disk);
    }
    if (setup->data >= 0) {
        bk_child_add(child, "--disk");
        bk_child_add(child, "fd:%d", setup->data);
        bk_child_pass(child, setup->data);
    }
    bk_child_add(child, "--cmdline");
    bk_child_add(child, "%s", setup->cmdline);
    bk_child_add(child, "--memory");
    bk_child_add(child, "%u", setup->memory_mib);
    bk_child_add(child, "--cpus");
    bk_child_add(child, "%u", setup->cpus);
    bk_child_add(child, "--serial");
    bk_child_add(child, "none");
    bk_child_add(child, "--console");
    bk_child_add(child, "fd:%d", console);
    bk_child_pass(child, console);
    for (unsigned i = 0; i < setup->port_count; i++) {
        bk_child_add(child, "--console");
        bk_child_add(child, "%s=fd:%d", setup->ports[i].name, setup->ports[i].fd);
        bk_child_pass(child, setup->ports[i].fd);
    }
    bk_child_add(child, "--rng");
    bk_child_add(child, "--vsock");
    if (setup->cid == BK_VSOCK_CID_SYSTEM_GUEST)
        bk_child_add(child, "system");
    else
        bk_child_add(child, "app:%u", setup->cid);
    if (setup->display_width > 0) {
        bk_child_add(child, "--display");
        bk_child_add(child, "%ux%u", setup->display_width, setup->display_height);
    }
    if (setup->import)
        bk_child_add(child, "--import");
    if (setup->sound)
        bk_child_add(child, "--sound");
    if (setup->cid == BK_VSOCK_CID_SYSTEM_GUEST || setup->port != 0)
        bk_child_add(child, "--network");
    if (setup->cid == BK_VSOCK_CID_SYSTEM_GUEST)
        bk_child_add(child, "system");
    else if (setup->port != 0)
        bk_child_add(child, "app:%u", setup->port);
    bk_child_add(child, "--control");
    bk_child_add(child, "fd:%d", control);
    bk_child_pass(child, control);
    bk_child_add(child, setup->reboots ? "--on-fault" : "--on-reset");
    bk_child_add(child, "exit");
    if (setup->drop_user) {
        bk_child_add(child, "--uid");
        bk_child_add(child, "%u", BK_JAIL_UID_VM + setup->cid);
        bk_child_add(child, "--gid");
        bk_child_add(child, "%u", BK_JAIL_UID_VM + setup->cid);
    }
}

int bk_vm_start(struct bk_vm *vm, const struct bk_vm_setup *setup, const char **ret_problem)
{
    _cleanup_close_ int their_console = -1;
    _cleanup_close_ int their_control = -1;
    _cleanup_close_ int console_copy = -1;
    _cleanup_close_ int error_read = -1;
    _cleanup_close_ int error_write = -1;
    struct bk_child child;
    struct timespec now;
    int fds[2];
    int r;

    assert(vm->state == BK_VM_STOPPED);
    *ret_problem = "the system has no descriptors left";
    r = bk_socketpair(CONTROL_BUFFER, fds);
    if (r < 0)
        return r;
    vm->control = fds[0];
    their_control = fds[1];
    r = bk_set_nonblock(vm->control);
    if (r >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
        r = -errno;
    if (r < 0)
        goto failed;
    vm->console = fds[0];
    their_console = fds[1];
    console_copy = fcntl(vm->console, F_DUPFD_CLOEXEC, 3);
    if (console_copy < 0 || pipe2(fds, O_CLOEXEC) < 0) {
        r = -errno;
        goto failed;
    }
    error_read = fds[0];
    error_write = fds[1];

    *ret_problem = "bk-vmm cannot be started";
    describe(&child, vm, setup, their_console, their_control);
    r = bk_child_spawn(&child, error_write, &vm->pid, &vm->pidfd);
    if (r < 0)
        goto failed;
    vm->control_state = (struct bk_control_state){ 0 };
    vm->killed = NULL;
    vm->crashed = false;
    r = watch(vm, TAKE_FD(console_copy), TAKE_FD(error_read));
    if (r < 0) {
        bk_vm_kill(vm, "the supervisor could not watch it");
        reap(vm, 0);
        return r;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    vm->started_usec = (uint64_t)now.tv_sec * SECOND_USEC + (uint64_t)now.tv_nsec / 1000U;
    set_state(vm, BK_VM_STARTING);
    return 0;

failed:
    close_all(vm);
    return r;
}

int bk_vm_type(struct bk_vm *vm, const char *line)
{
    char text[BK_LOG_LINE_MAX];

    int length = snprintf(text, sizeof text, "%s\n", line);
    if (length < 0 || (size_t)length >= sizeof text)
        return -EMSGSIZE;
    ssize_t n = send(vm->console, text, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return -errno;
    return n == length ? 0 : -EAGAIN;
}

void bk_vm_finish(struct bk_vm *vm)
{
    if (vm->state != BK_VM_STOPPED) {
        bk_vm_kill(vm, "the supervisor ended");
        reap(vm, 0);
    }
}
