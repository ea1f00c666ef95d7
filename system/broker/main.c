/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-broker serves the System API (docs/api) to the apps: in the System VM, on vsock ports 1 to 3.
 */
#define _GNU_SOURCE
#include "broker.h"
#include "vsock.h"

#include "cleanup.h"
#include "guest_debug.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>

/* A bound for everything together, should another bound have a hole: what asks for more is refused, and its
 * connection ends. Data pages; the program itself needs 2 MiB. */
#define MEMORY_MAX (256UL * 1024 * 1024)

/* Descriptors, for BK_BROKER_CONNECTIONS_MAX; what the kernel lets a process have that asks for nothing else. */
#define DESCRIPTORS_MAX 4096UL

static const char help[] =
    "bk-broker --hypervisor DEVICE [OPTIONS]\n"
    "\n"
    "Serves the System API to apps: on vsock port 1 of this VM as JSON, on port 2 as CBOR; streams on port 3.\n"
    "Binding these ports needs CAP_NET_BIND_SERVICE.\n"
    "\n"
    "  --hypervisor DEVICE  the virtio-console port that leads to bk-supervisor\n"
    "  --desktop SOCKET     where bk-compositor listens (default /run/bulkhead/desktop.sock)\n"
    "  --gps DEVICE         where a GPS receiver writes NMEA 0183\n"
    "  --bundles DEVICE     the virtio-console port by which bk-supervisor takes bundles that are to be installed\n"
    "  --camera DEVICE      the virtio-console port that leads to bk-camera\n"
    "  --codec DEVICE       the virtio-console port that leads to bk-codec\n"
    "  --place LAT,LON      where this machine is, in degrees, until the person says otherwise (default $BK_PLACE)\n"
    "  --encoder PROGRAM    what encodes video (default /usr/bin/bk-encoder)\n"
    "  --picker PROGRAM     what reads the folders that a file is chosen from (default /usr/bin/bk-picker)\n"
    "  --network SOCKET     where bk-network listens (default /run/network/network.sock)\n"
    "  --state DIRECTORY    where to keep what the person chose (default /var/lib/bulkhead)\n"
    "  --help               this text\n";

/* In the directory for what is kept. */
#define PERMISSIONS "permissions.db"
#define PREFERENCES "preferences.json"
#define DEFAULTS    "defaults.json"
#define PLACE       "place.json"

struct options {
    const char *hypervisor;
    const char *desktop;
    const char *gps, *place, *camera, *codec, *bundles;
    const char *picker, *network;
    const char *state;
    const char *encoder;
};

/* 0; or the status to exit with, plus one. */
static int parse_options(int argc, char **argv, struct options *ret)
{
    static const struct option known[] = {
        { "hypervisor", required_argument, NULL, 'y' },
        { "desktop", required_argument, NULL, 'd' },
        { "gps", required_argument, NULL, 'g' },
        { "bundles", required_argument, NULL, 'b' },
        { "camera", required_argument, NULL, 'c' },
        { "codec", required_argument, NULL, 'o' },
        { "place", required_argument, NULL, 'p' },
        { "encoder", required_argument, NULL, 'e' },
        { "picker", required_argument, NULL, 'i' },
        { "network", required_argument, NULL, 'n' },
        { "state", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        {},
    };
    struct options options = { .desktop = "/run/bulkhead/desktop.sock",
                               .encoder = "/usr/bin/bk-encoder",
                               .picker = "/usr/bin/bk-picker",
                               .network = "/run/network/network.sock",
                               .state = "/var/lib/bulkhead",
                               .place = getenv("BK_PLACE") };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'y')
            options.hypervisor = optarg;
        else if (option == 'd')
            options.desktop = optarg;
        else if (option == 'g')
            options.gps = optarg;
        else if (option == 'b')
            options.bundles = optarg;
        else if (option == 'c')
            options.camera = optarg;
        else if (option == 'o')
            options.codec = optarg;
        else if (option == 'p')
            options.place = optarg;
        else if (option == 'e')
            options.encoder = optarg;
        else if (option == 'i')
            options.picker = optarg;
        else if (option == 'n')
            options.network = optarg;
        else if (option == 's')
            options.state = optarg;
        else if (option == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS + 1;
        } else
            return EXIT_FAILURE + 1;
    }
    if (optind != argc || options.hypervisor == NULL) {
        fputs(help, stderr);
        return EXIT_FAILURE + 1;
    }
    *ret = options;
    return 0;
}

/* Where apps reach what; indices of the listening sockets. */
static const struct {
    uint32_t port;
    enum bk_broker_service service;
} doors[] = {
    { BK_VSOCK_PORT_CALLS, BK_BROKER_CALLS },
    { BK_VSOCK_PORT_CALLS_CBOR, BK_BROKER_CALLS_CBOR },
    { BK_VSOCK_PORT_STREAMS, BK_BROKER_STREAMS },
};
#define DOORS (sizeof doors / sizeof doors[0])

static int run(const struct options *options)
{
    __attribute__((cleanup(sd_event_unrefp))) sd_event *event = NULL;
    _cleanup_close_ int port = -1;
    _cleanup_close_ int codec = -1;
    _cleanup_close_ int bundles = -1;
    int listeners[DOORS];
    size_t n_listeners = 0;
    char permissions[PATH_MAX], preferences[PATH_MAX], defaults[PATH_MAX], place[PATH_MAX];
    struct bk_broker *broker = NULL;
    const char *what = "the event loop";
    int r = sd_event_default(&event);

    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    while (r >= 0 && n_listeners < DOORS) {
        what = "listening on vsock";
        r = bk_vsock_listen(doors[n_listeners].port, &listeners[n_listeners]);
        n_listeners += r >= 0;
    }
    if (r >= 0) {
        what = options->hypervisor;
        port = open(options->hypervisor, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        r = port < 0 ? -errno : 0;
    }
    if (r >= 0 && options->codec != NULL) {
        codec = open(options->codec, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (codec < 0)
            bk_error("the machine's video encoders behind %s cannot be used: %m", options->codec);
    }
    if (r >= 0 && options->bundles != NULL) {
        bundles = open(options->bundles, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (bundles < 0)
            bk_error("nothing can be installed through %s: %m", options->bundles);
    }
    if (r >= 0) {
        const struct bk_broker_setup setup = {
            .desktop_path = options->desktop,
            .permissions_path = permissions,
            .preferences_path = preferences,
            .defaults_path = defaults,
            .place_path = place,
            .encoder_path = options->encoder,
            .picker_path = options->picker,
            .network_path = options->network,
            .hypervisor_fd = port,
            .gps = options->gps,
            .place = options->place,
            .camera = options->camera,
            .codec_fd = codec,
            .bundle_fd = bundles,
        };
        what = "the broker";
        if (snprintf(permissions, sizeof permissions, "%s/" PERMISSIONS, options->state) >= PATH_MAX ||
            snprintf(preferences, sizeof preferences, "%s/" PREFERENCES, options->state) >= PATH_MAX ||
            snprintf(defaults, sizeof defaults, "%s/" DEFAULTS, options->state) >= PATH_MAX ||
            snprintf(place, sizeof place, "%s/" PLACE, options->state) >= PATH_MAX)
            r = -ENAMETOOLONG;
        else
            r = bk_broker_create(event, &setup, &broker);
    }
    if (r >= 0) {
        TAKE_FD(port);
        for (size_t i = 0; r >= 0 && i < DOORS; i++)
            r = bk_broker_listen(broker, listeners[i], doors[i].service, bk_vsock_accept);
    }
    if (r >= 0 && bk_guest_debug_enabled())
        r = bk_broker_allow_recording(broker, BK_GUEST_DEBUG_RECORD);
    if (r >= 0) {
        bk_info("serving the System API");
        r = sd_event_loop(event);
    }
    if (r < 0)
        bk_error("%s: %s", what, strerror(-r));
    bk_broker_destroy(broker);
    while (n_listeners > 0)
        bk_close(listeners[--n_listeners]);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct rlimit memory = { .rlim_cur = MEMORY_MAX, .rlim_max = MEMORY_MAX };
    const struct rlimit descriptors = { .rlim_cur = DESCRIPTORS_MAX, .rlim_max = DESCRIPTORS_MAX };
    struct options options;
    int status = parse_options(argc, argv, &options);

    if (status > 0)
        return status - 1;
    bk_log_open("bk-broker", NULL, LOG_INFO);
    if (setrlimit(RLIMIT_DATA, &memory) < 0)
        bk_warning("no limit to the memory: %s", strerror(errno));
    if (setrlimit(RLIMIT_NOFILE, &descriptors) < 0)
        bk_warning("no more descriptors than usual: %s", strerror(errno));
    return run(&options);
}
