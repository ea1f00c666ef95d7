/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-network: the machine's network, and what each app may reach of it.
 *
 * It needs CAP_NET_ADMIN for interfaces and the firewall, and, for dnsmasq and dhcpcd, which it starts, CAP_NET_RAW and
 * CAP_NET_BIND_SERVICE.
 */
#define _GNU_SOURCE
#include "service.h"

#include "cleanup.h"
#include "log.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

static const char help[] =
    "bk-network [OPTIONS]\n"
    "\n"
    "Serves io.bulkhead.Network: ports for apps, the way out, and between them what the person allows.\n"
    "\n"
    "  --socket PATH    where to listen (default /run/network/network.sock)\n"
    "  --lease PROGRAM  what dhcpcd runs when it has an address (default /usr/bin/bk-lease)\n"
    "  --help           this text\n";

static int run(const struct bk_uplink_programs *programs)
{
    __attribute__((cleanup(sd_event_unrefp))) sd_event *event = NULL;
    struct bk_network_service *service = NULL;
    sigset_t children;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL); /* as sd-event wants it */
    int r = sd_event_default(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    if (r >= 0)
        r = bk_network_service_create(event, programs, &service);
    if (r >= 0) {
        bk_info("serving the network");
        r = sd_event_loop(event);
    }
    if (r < 0)
        bk_error("the network: %s", strerror(-r));
    bk_network_service_destroy(service);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        { "socket", required_argument, NULL, 's' },
        { "lease", required_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    struct bk_uplink_programs programs = { .lease = "/usr/bin/bk-lease", .socket = "/run/network/network.sock" };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 's')
            programs.socket = optarg;
        else if (option == 'l')
            programs.lease = optarg;
        else {
            fputs(help, option == 'h' ? stdout : stderr);
            return option == 'h' ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    }
    if (optind != argc) {
        fputs(help, stderr);
        return EXIT_FAILURE;
    }
    bk_log_open("bk-network", NULL, LOG_INFO);
    return run(&programs);
}
