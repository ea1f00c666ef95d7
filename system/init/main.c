/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-init: process 1 of the System VM.
 *
 * It mounts, prepares devices, and keeps the services of services.c running: each is started when what it needs is
 * there, and again when it ends, after a pause that grows with each short life. It reaps what is orphaned. SIGTERM,
 * the power button and Control-Alt-Delete end all services and turn the machine off. With "bulkhead.debug" on the
 * kernel's command line it obeys the lines of debug_console.h on the console.
 *
 * When it cannot do its work it ends, and the kernel with it: the supervisor sees that and starts the VM again.
 */
#define _GNU_SOURCE
#include "cmdline.h"
#include "data_disk.h"
#include "debug_console.h"
#include "guest_devices.h"
#include "mounts.h"
#include "services.h"
#include "start.h"

#include "cleanup.h"
#include "guest_debug.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#define PORT_NAME         "io.bulkhead.Hypervisor"
#define BUNDLE_PORT_NAME  "io.bulkhead.bundle"
#define GPS_PORT_NAME     "io.bulkhead.gps"
#define CAMERA_PORT_NAME  "io.bulkhead.camera"
#define CODEC_PORT_NAME   "io.bulkhead.codec"
#define DISPLAY_PORT_NAME "io.bulkhead.display" /* docs/protocols/display-port.md */
#define POWER_BUTTONS_MAX 4
#define LOOK_AGAIN_MS     20    /* for a device that is not there yet */
#define LOOK_SELDOM_MS    1000  /* for one that has been complained about */
#define COMPLAIN_MS       10000 /* and when to say so */
#define STOP_MS           3000  /* for services to end by themselves */

struct running {
    pid_t pid; /* 0: it does not run */
    uint64_t started_ms;
    uint64_t next_start_ms;
    uint64_t pause_ms;
    uint64_t waiting_since_ms; /* for what it needs; 0: it does not wait */
    bool complained;
};

struct init {
    struct bk_cmdline cmdline;
    struct running running[BK_SERVICES_MAX]; /* as bk_services */
    int signals;
    int console; /* -1 without debugging */
    struct bk_debug_lines lines;
    int power_buttons[POWER_BUTTONS_MAX];
    size_t power_button_count;
    bool stopping;
};

static uint64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What a service is told of its devices: more arguments. */
struct devices {
    char port[BK_GUEST_PORT_PATH_MAX], gps[BK_GUEST_PORT_PATH_MAX], camera[BK_GUEST_PORT_PATH_MAX];
    char codec[BK_GUEST_PORT_PATH_MAX], bundles[BK_GUEST_PORT_PATH_MAX];
    const char *arguments[BK_SERVICE_DEVICES_MAX + 1];
};

/* One more port, which the service is told as `option`. */
static int prepare_more(struct devices *devices, uid_t uid, const char *option, const char *name,
                        char path[static BK_GUEST_PORT_PATH_MAX])
{
    size_t count = 0;

    while (devices->arguments[count] != NULL)
        count++;
    devices->arguments[count] = option;
    devices->arguments[count + 1] = path;
    return bk_guest_devices_prepare_port(name, uid, path);
}

/* Makes ready what the service needs; -ENOENT while it is not there. */
static int prepare(const struct bk_service *service, const struct bk_cmdline *cmdline, struct devices *devices)
{
    char port[BK_GUEST_PORT_PATH_MAX];
    int r;

    switch (service->need) {
    case BK_NEED_DISPLAY:
        r = bk_guest_devices_prepare_display(service->uid);
        if (r >= 0) {
            bk_guest_devices_prepare_input(service->uid);
            (void)bk_guest_devices_prepare_port(DISPLAY_PORT_NAME, service->uid, port); /* no apps with windows, then */
        }
        return r;
    case BK_NEED_PORT:
        devices->arguments[0] = devices->port;
        r = bk_guest_devices_prepare_port(PORT_NAME, service->uid, devices->port);
        if (r >= 0)
            r = prepare_more(devices, service->uid, "--bundles", BUNDLE_PORT_NAME, devices->bundles);
        if (r >= 0 && cmdline->gps)
            r = prepare_more(devices, service->uid, "--gps", GPS_PORT_NAME, devices->gps);
        if (r >= 0 && cmdline->camera)
            r = prepare_more(devices, service->uid, "--camera", CAMERA_PORT_NAME, devices->camera);
        if (r >= 0 && cmdline->codec)
            r = prepare_more(devices, service->uid, "--codec", CODEC_PORT_NAME, devices->codec);
        return r;
    case BK_NEED_NOTHING:
        return 0;
    }
    return -EINVAL;
}

static void try_start(struct init *init, size_t index)
{
    const struct bk_service *service = &bk_services[index];
    struct running *running = &init->running[index];
    struct devices devices = { .arguments = { NULL } };
    uint64_t now = now_ms();

    int r = prepare(service, &init->cmdline, &devices);
    if (r == -ENOENT) {
        if (running->waiting_since_ms == 0)
            running->waiting_since_ms = now;
        if (!running->complained && now - running->waiting_since_ms > COMPLAIN_MS) {
            running->complained = true;
            bk_warning("%s waits for %s", service->name,
                       service->need == BK_NEED_PORT ? "the port " PORT_NAME : "a display");
        }
        running->next_start_ms = now + (running->complained ? LOOK_SELDOM_MS : LOOK_AGAIN_MS);
        return;
    }
    running->waiting_since_ms = 0;
    running->complained = false;
    if (r >= 0)
        r = bk_service_start(service, &init->cmdline, devices.arguments, &running->pid);
    running->started_ms = now;
    if (r < 0) {
        errno = -r;
        bk_error("cannot start %s: %m", service->name);
        running->pause_ms = bk_service_pause(running->pause_ms, 0);
        running->next_start_ms = now + running->pause_ms;
        return;
    }
    bk_info("%s started", service->name);
}

/* Starts what is due; yields in how many milliseconds the next is, or -1. */
static int start_due(struct init *init)
{
    uint64_t now = now_ms();
    uint64_t next = UINT64_MAX;

    if (init->stopping)
        return -1;
    for (size_t i = 0; i < bk_services_count; i++) {
        struct running *running = &init->running[i];
        if (running->pid == 0 && running->next_start_ms <= now)
            try_start(init, i);
        if (running->pid == 0 && running->next_start_ms < next)
            next = running->next_start_ms;
    }
    now = now_ms();
    return next == UINT64_MAX ? -1 : next <= now ? 0 : (int)(next - now);
}

static void service_ended(struct init *init, size_t index, int status)
{
    const struct bk_service *service = &bk_services[index];
    struct running *running = &init->running[index];
    uint64_t now = now_ms();
    const char *then = init->stopping ? "" : ", starting it again";

    /* What it had started goes with it: the group's number is its own. */
    (void)kill(-running->pid, SIGKILL);
    running->pid = 0;
    running->pause_ms = bk_service_pause(running->pause_ms, now - running->started_ms);
    running->next_start_ms = now + running->pause_ms;
    if (WIFSIGNALED(status))
        bk_warning("%s ended: signal %d%s", service->name, WTERMSIG(status), then);
    else
        bk_warning("%s ended: status %d%s", service->name, WEXITSTATUS(status), then);
}

static void reap(struct init *init)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0)
            return;
        for (size_t i = 0; i < bk_services_count; i++) {
            if (init->running[i].pid == pid)
                service_ended(init, i, status);
        }
    }
}

static void signal_all(const struct init *init, int number)
{
    for (size_t i = 0; i < bk_services_count; i++) {
        if (init->running[i].pid != 0)
            (void)kill(init->running[i].pid, number);
    }
}

static bool any_runs(const struct init *init)
{
    for (size_t i = 0; i < bk_services_count; i++) {
        if (init->running[i].pid != 0)
            return true;
    }
    return false;
}

/* Ends everything and turns the machine off. */
static void power_off(struct init *init)
{
    uint64_t deadline = now_ms() + STOP_MS;

    bk_info("powering off");
    init->stopping = true;
    signal_all(init, SIGTERM);
    while (any_runs(init) && now_ms() < deadline) {
        struct pollfd poll_signals = { .fd = init->signals, .events = POLLIN };
        struct signalfd_siginfo info;
        (void)poll(&poll_signals, 1, (int)(deadline - now_ms()) + 1);
        (void)!read(init->signals, &info, sizeof info); /* it wakes; what ended says waitpid() */
        reap(init);
    }
    (void)kill(-1, SIGKILL);
    sync();
    (void)umount2(BK_DATA_DISK_PLACE, 0); /* should somebody hold it still, its journal knows */
    reboot(RB_POWER_OFF);
    bk_error("the machine does not turn off: %m");
}

static void on_signal(struct init *init)
{
    struct signalfd_siginfo info;

    while (read(init->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            reap(init);
        else
            power_off(init);
    }
}

static void on_power_button(struct init *init, int fd)
{
    struct input_event event;

    while (read(fd, &event, sizeof event) == (ssize_t)sizeof event) {
        if (event.type == EV_KEY && event.code == KEY_POWER && event.value == 1)
            power_off(init);
    }
}

static void obey(struct init *init, const struct bk_debug_command *command)
{
    const struct bk_service *service;

    switch (command->verb) {
    case BK_DEBUG_NOTHING:
        break;
    case BK_DEBUG_KILL:
        service = bk_service_find(command->name);
        if (service == NULL || init->running[service - bk_services].pid == 0) {
            char name[BK_DEBUG_LINE_MAX];
            bk_warning("kill: %s does not run", bk_log_escape(command->name, strlen(command->name), name, sizeof name));
            break;
        }
        (void)kill(init->running[service - bk_services].pid, SIGKILL);
        break;
    case BK_DEBUG_PANIC: {
        int r = bk_guest_debug_panic();
        if (r < 0)
            bk_error("cannot crash the kernel: %s", strerror(-r));
        break;
    }
    case BK_DEBUG_RECORD: {
        int r = bk_debug_record(BK_GUEST_DEBUG_RECORD, command->name);
        if (r < 0)
            bk_error("cannot record: %s", strerror(-r));
        break;
    }
    case BK_DEBUG_UNKNOWN:
        bk_warning("the console takes \"kill NAME\", \"panic\" and \"record APP\"");
        break;
    }
}

static void on_console(struct init *init)
{
    char bytes[64];
    ssize_t size = read(init->console, bytes, sizeof bytes);

    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size <= 0) {
        bk_warning("the console takes no more lines");
        init->console = bk_close(init->console);
        return;
    }
    for (ssize_t i = 0; i < size; i++) {
        struct bk_debug_command command;
        if (bk_debug_feed(&init->lines, bytes[i], &command) != 0)
            obey(init, &command);
    }
}

/* What is typed must not be echoed into the log. */
static void open_console(struct init *init)
{
    struct termios settings;

    init->console = open("/dev/hvc0", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (init->console < 0)
        init->console = open("/dev/console", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (init->console < 0) {
        bk_warning("no console to take lines from: %m");
        return;
    }
    if (tcgetattr(init->console, &settings) == 0) {
        settings.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
        (void)tcsetattr(init->console, TCSANOW, &settings);
    }
}

static int open_signals(struct init *init)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT); /* Control-Alt-Delete */
    sigaddset(&set, SIGPWR);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    init->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return init->signals < 0 ? -errno : 0;
}

static void serve(struct init *init)
{
    for (;;) {
        struct pollfd fds[2 + POWER_BUTTONS_MAX] = {
            { .fd = init->signals, .events = POLLIN },
            { .fd = init->console, .events = POLLIN }, /* -1 is passed over */
        };
        for (size_t i = 0; i < init->power_button_count; i++)
            fds[2 + i] = (struct pollfd){ .fd = init->power_buttons[i], .events = POLLIN };

        int wait_ms = start_due(init);
        if (poll(fds, 2 + init->power_button_count, wait_ms) < 0) {
            assert(errno == EINTR || errno == ENOMEM); /* the array and its size are ours */
            continue;
        }
        if (fds[0].revents != 0)
            on_signal(init);
        if (fds[1].revents != 0)
            on_console(init);
        for (size_t i = 0; i < init->power_button_count; i++) {
            if (fds[2 + i].revents != 0)
                on_power_button(init, init->power_buttons[i]);
        }
    }
}

int main(void)
{
    struct init init = { .console = -1 };
    _cleanup_free_ char *cmdline = NULL;

    bk_log_open("bk-init", NULL, LOG_INFO);
    if (getpid() != 1) {
        bk_error("this is process 1 of the System VM and nothing else");
        return EXIT_FAILURE;
    }
    int r = bk_mounts_make();
    if (r >= 0)
        r = bk_read_file("/proc/cmdline", BK_CMDLINE_MAX, &cmdline, NULL);
    if (r >= 0) {
        bk_cmdline_parse(cmdline, &init.cmdline);
        r = bk_mounts_make_data(init.cmdline.data);
    }
    if (r >= 0)
        r = open_signals(&init);
    if (r < 0) {
        errno = -r;
        bk_error("cannot go on: %m");
        return EXIT_FAILURE;
    }
    (void)reboot(RB_DISABLE_CAD); /* Control-Alt-Delete comes as a signal */
    if (init.cmdline.debug)
        open_console(&init);
    init.power_button_count = bk_guest_devices_open_power_buttons(init.power_buttons, POWER_BUTTONS_MAX);
    bk_info("the System VM starts");
    serve(&init);
}
