/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-supervisor: process 1 of the machine, and the only program on it that keeps its privileges. It starts everything
 * else, hands it the descriptors it needs, and nothing that the others do ends it.
 */
#define _GNU_SOURCE
#include "debug_port.h"
#include "io.h"
#include "log.h"
#include "machine.h"
#include "options.h"
#include "power_button.h"
#include "supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#define CMDLINE_MAX 4096U
#define MODULES     "/etc/bulkhead/modules"

static int on_end_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    (void)source;
    bk_info("received SIG%s", sigabbrev_np((int)info->ssi_signo));
    bk_supervisor_shut_down(userdata);
    return 0;
}

static void on_power_button(void *userdata)
{
    bk_supervisor_shut_down(userdata);
}

/* Process 1 inherits whose parent has died, and reaps them. Our own children are reaped by who started them: these
 * stay where they are, and the next SIGCHLD looks behind them. */
static int on_child(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    struct bk_supervisor *supervisor = userdata;

    (void)source;
    (void)info;
    for (;;) {
        siginfo_t child = { 0 };

        if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) < 0 || child.si_pid == 0)
            return 0;
        bool ours = bk_supervisor_has_child(supervisor, child.si_pid);
        if (ours || waitid(P_PID, (id_t)child.si_pid, &child, WEXITED | WNOHANG) < 0)
            return 0;
    }
}

static int add_signals(sd_event *event, struct bk_supervisor *supervisor, bool machine)
{
    int r = sd_event_add_signal(event, NULL, SIGTERM, on_end_signal, supervisor);

    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGINT, on_end_signal, supervisor);
    if (r >= 0 && machine)
        r = sd_event_add_signal(event, NULL, SIGCHLD, on_child, supervisor);
    return r;
}

static void serve_debug(struct bk_supervisor *supervisor, struct bk_port *port)
{
    sd_varlink_server *server = bk_service_for_debug(supervisor->service);
    int r = supervisor->options->machine ? bk_debug_port_open(port, supervisor->event, server)
                                         : bk_debug_socket_open(server, supervisor->options->run_directory);

    if (r >= 0)
        r = bk_debug_way_open(&supervisor->bundles, "bundle", supervisor->options->run_directory);
    if (r >= 0)
        r = bk_debug_way_open(&supervisor->shell.way, "shell", supervisor->options->run_directory);
    if (r < 0)
        bk_error("there is no way in for debugging: %s", strerror(-r));
    else
        bk_info("debugging is on: whoever reaches the debug %s can do anything to the VMs",
                supervisor->options->machine ? "port" : "socket");
}

static int run(const struct bk_options *options)
{
    static struct bk_port debug_port; /* too large for the stack */
    struct bk_power_buttons buttons = { 0 };
    struct bk_supervisor *supervisor = NULL;
    sd_event *event = NULL;
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);

    int r = sd_event_default(&event);
    if (r >= 0)
        r = bk_supervisor_create(event, options, &supervisor);
    if (r >= 0)
        r = add_signals(event, supervisor, options->machine);
    if (r >= 0 && options->machine)
        bk_power_buttons_open(&buttons, event, on_power_button, supervisor);
    if (r >= 0 && options->debug)
        serve_debug(supervisor, &debug_port);
    if (r >= 0)
        r = sd_event_loop(event);
    if (r < 0)
        bk_error("cannot go on: %s", strerror(-r));

    bk_port_close(&debug_port);
    bk_power_buttons_close(&buttons);
    bk_supervisor_destroy(supervisor);
    sd_event_unref(event);
    return r;
}

static int prepare_machine(struct bk_options *options)
{
    static char cmdline[CMDLINE_MAX + 1]; /* `options` points into these */
    static char data[BK_MACHINE_PATH_MAX];
    char *text = NULL;

    int r = bk_machine_mount();
    if (r < 0)
        bk_error("the machine's file systems are not all there: %s", strerror(-r));
    r = bk_read_file("/proc/cmdline", CMDLINE_MAX, &text, NULL);
    if (r >= 0)
        snprintf(cmdline, sizeof cmdline, "%s", text);
    free(text);
    bk_options_of_machine(cmdline, options);
    (void)reboot(RB_DISABLE_CAD); /* Ctrl-Alt-Del becomes SIGINT to us */
    bk_info("this is the machine's process 1");
    bk_machine_load_modules(MODULES);
    r = bk_machine_mount_disk(options->disk);
    if (r >= 0 && options->data == NULL && bk_machine_find_disk(BK_MACHINE_DATA, data) >= 0)
        options->data = data;
    if (r >= 0)
        options->apps = bk_machine_mount_apps(options->apps);
    return r;
}

int main(int argc, char **argv)
{
    struct bk_options options;
    int r;

    bk_log_open("bk-supervisor", NULL, LOG_INFO);
    bk_log_omit_priority();
    if (getpid() != 1) {
        r = bk_options_parse(argc, argv, &options);
        if (r != 0)
            return r > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        return run(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    r = prepare_machine(&options);
    if (r >= 0)
        (void)run(&options);
    bk_machine_power_off();
}
