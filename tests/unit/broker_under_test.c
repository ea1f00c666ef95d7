/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker with Unix sockets where vsock would be, for tests/unit/drive_*.py:
 *     broker_under_test DESKTOP-SOCKET HYPERVISOR-DEVICE-OR-FD [permissions=FILE] [preferences=FILE] [defaults=FILE]
 * [where=FILE] [waiting=MILLISECONDS] [encoder=PROGRAM] [picker=PROGRAM] [network=SOCKET] [gps=DEVICE] [camera=DEVICE]
 * [codec=FD] [bundles=FD] [place=LAT,LON] CID=SOCKET... What connects to a SOCKET comes from CID, as if the hypervisor
 * had stamped it. CID 0: from no app's VM. Where SOCKET stands for port 1, SOCKET-cbor and SOCKET-streams stand for
 * those of CBOR and of streams.
 *
 * It has methods of its own, which no description names: io.bulkhead.Test.Open() -> (stream: string) opens a stream
 * that says "open" and a line feed, and then whatever it is sent; Withdraw(stream: string) takes the offer back.
 * Turn(busy: ?int) -> (turn: int, accepted: int) says how many times it was called, by anyone, and how many connections
 * there were, and keeps the broker busy for so many milliseconds.
 */
#define _GNU_SOURCE
#include "broker.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LISTENERS_MAX 64
#define BUFFER_SIZE   8192 /* small, so that a client that does not read is soon felt */

static const char *const suffixes[] = {
    [BK_BROKER_CALLS] = "", [BK_BROKER_CALLS_CBOR] = "-cbor", [BK_BROKER_STREAMS] = "-streams"
};

static struct {
    int fd;
    uint32_t cid;
} listeners[LISTENERS_MAX];
static size_t n_listeners;
static uint64_t n_accepted;

static int accept_one(int listener, int *ret_fd, uint32_t *ret_cid)
{
    int size = BUFFER_SIZE;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (size_t i = 0; i < n_listeners; i++) {
        if (listeners[i].fd == listener)
            *ret_cid = listeners[i].cid;
    }
    *ret_fd = fd;
    n_accepted++;
    return 0;
}

/* The value of the argument NAME=VALUE, which is taken out; NULL when there is none. */
static const char *take_setting(int *argc, char **argv, const char *name)
{
    for (int i = 3; i < *argc; i++) {
        if (strncmp(argv[i], name, strlen(name)) != 0 || argv[i][strlen(name)] != '=')
            continue;
        const char *value = argv[i] + strlen(name) + 1;
        argv[i] = argv[--*argc];
        return value;
    }
    return NULL;
}

static int listen_as(struct bk_broker *broker, const char *argument, enum bk_broker_service service)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char *path;
    uint32_t cid = (uint32_t)strtoul(argument, &path, 10);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (*path != '=')
        return -EINVAL;
    snprintf(address.sun_path, sizeof address.sun_path, "%s%s", path + 1, suffixes[service]);
    (void)unlink(address.sun_path); /* a killed predecessor's */
    if (fd < 0 || n_listeners == LISTENERS_MAX || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, 64) < 0)
        return -EINVAL;
    listeners[n_listeners].fd = fd;
    listeners[n_listeners++].cid = cid;
    return bk_broker_listen(broker, fd, service, accept_one);
}

/* ---- the streams of io.bulkhead.Test ---- */

static struct bk_broker *the_broker;

static int on_echo(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    char bytes[BUFFER_SIZE];
    ssize_t n = read(fd, bytes, sizeof bytes);

    (void)events;
    (void)userdata;
    if (n <= 0 || write(fd, bytes, (size_t)n) != n)
        sd_event_source_disable_unref(source);
    return 0;
}

static void on_arrived(int fd, void *userdata)
{
    sd_event_source *source = NULL;

    (void)userdata;
    if (fd < 0) {
        bk_info("no stream came");
        return;
    }
    if (write(fd, "open\n", 5) != 5 || sd_event_add_io(the_broker->event, &source, fd, EPOLLIN, on_echo, NULL) < 0 ||
        sd_event_source_set_io_fd_own(source, true) < 0)
        bk_error("no echo");
}

static int on_open(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    const struct bk_connection *connection = bk_client_userdata(sd_varlink_get_userdata(link));
    struct bk_stream_token token;

    (void)parameters;
    (void)flags;
    (void)userdata;
    if (bk_stream_offer(the_broker, connection->app, on_arrived, NULL, &token) < 0)
        return sd_varlink_errorbo(link, "io.bulkhead.Test.TooMany",
                                  SD_JSON_BUILD_PAIR_UNSIGNED("limit", BK_STREAM_OFFERED_MAX));
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", token.text));
}

static int on_withdraw(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    struct bk_stream_token token = { "" };

    (void)flags;
    (void)userdata;
    snprintf(token.text, sizeof token.text, "%s", sd_json_variant_string(sd_json_variant_by_key(parameters, "stream")));
    bk_stream_withdraw(the_broker, &token);
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("stream", token.text));
}

static int on_turn(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags, void *userdata)
{
    static uint64_t turn;
    sd_json_variant *busy = sd_json_variant_by_key(parameters, "busy");

    if (busy != NULL)
        (void)usleep((useconds_t)sd_json_variant_unsigned(busy) * 1000);
    (void)flags;
    (void)userdata;
    return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_UNSIGNED("turn", ++turn),
                              SD_JSON_BUILD_PAIR_UNSIGNED("accepted", n_accepted));
}

int main(int argc, char **argv)
{
    struct bk_broker *broker = NULL;
    sd_event *event = NULL;

    if (argc < 3)
        return EXIT_FAILURE;
    bk_log_open("bk-broker", NULL, LOG_INFO);
    struct bk_broker_setup setup = {
        .desktop_path = argv[1],
        .permissions_path = take_setting(&argc, argv, "permissions"),
        .preferences_path = take_setting(&argc, argv, "preferences"),
        .defaults_path = take_setting(&argc, argv, "defaults"),
        .place_path = take_setting(&argc, argv, "where"),
        .encoder_path = take_setting(&argc, argv, "encoder"),
        .picker_path = take_setting(&argc, argv, "picker"),
        .network_path = take_setting(&argc, argv, "network"),
        .gps = take_setting(&argc, argv, "gps"),
        .camera = take_setting(&argc, argv, "camera"),
        .place = take_setting(&argc, argv, "place"),
    };
    const char *codec = take_setting(&argc, argv, "codec");
    const char *bundles = take_setting(&argc, argv, "bundles");
    setup.bundle_fd = bundles != NULL ? atoi(bundles) : -1;
    setup.codec_fd = codec != NULL ? atoi(codec) : -1;
    const char *waiting = take_setting(&argc, argv, "waiting");
    setup.open_waiting_ms = waiting != NULL ? strtoull(waiting, NULL, 10) : 0;
    int port = argv[2][0] == '/' ? open(argv[2], O_RDWR | O_NOCTTY | O_CLOEXEC) : atoi(argv[2]);
    int r = port < 0 ? -errno : bk_set_nonblock(port);
    if (r >= 0)
        r = sd_event_default(&event);
    if (r >= 0)
        r = sd_event_add_signal(event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, NULL, NULL);
    setup.hypervisor_fd = port;
    if (r >= 0)
        r = bk_broker_create(event, &setup, &broker);
    the_broker = broker;
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(broker->server, "io.bulkhead.Test.Open", on_open,
                                               "io.bulkhead.Test.Withdraw", on_withdraw, "io.bulkhead.Test.Turn",
                                               on_turn);
    const char *record = getenv("BK_TEST_RECORD"); /* the file that names the app to be recorded */
    if (r >= 0 && record != NULL)
        r = bk_broker_allow_recording(broker, record);
    for (int i = 3; i < argc; i++) {
        for (size_t service = 0; r >= 0 && service < sizeof suffixes / sizeof suffixes[0]; service++)
            r = listen_as(broker, argv[i], (enum bk_broker_service)service);
    }
    if (r >= 0)
        r = sd_event_loop(event);
    if (r < 0)
        bk_error("%s", strerror(-r));
    bk_broker_destroy(broker);
    sd_event_unref(event);
    for (size_t i = 0; i < n_listeners; i++)
        bk_close(listeners[i].fd);
    return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
