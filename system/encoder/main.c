/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-encoder: one encoding, from its first frame to its last. Whatever its app sends, it harms no other: it has a jail
 * with that app's stream and nothing else, or with the port of the machine's encoders besides, so much memory, one
 * thread, and of the processor what nobody else wants.
 */
#define _GNU_SOURCE
#include "jail.h"
#include "options.h"
#include "session.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The stream, the port and the three standard ones; one more while the jail is made. */
#define DESCRIPTORS_MAX 16U

/* What OpenH264 takes, measured: 20 bytes a pixel and a few MiB; it is let have half as much again. */
#define MEMORY_BASE      (16UL * 1024 * 1024)
#define MEMORY_PER_PIXEL 32UL

/* Of what the desktop and the broker want, next to nothing is taken away: they have 68 times the weight of nice 19. It
 * is so because the guests' kernel has no CONFIG_SCHED_AUTOGROUP, with which nice would count within a session alone.
 */
#define NICE 19

/* Where memory ends all the same, the kernel ends an encoding first. */
static int ask_to_be_ended_first(void)
{
    _cleanup_close_ int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    return fd < 0 ? -errno : bk_write_all(fd, "1000", 4);
}

/* Each step takes away what the ones before it needed. The encoder is opened behind the jail and before the filter: it
 * has seen nothing of the app's then. */
static int prepare(const struct bk_encoder_options *options, struct bk_encoding **ret_encoding,
                   struct bk_machine *ret_machine)
{
    const struct bk_jail_options jail = {
        .descriptors_max = DESCRIPTORS_MAX,
        .threads_max = 1,
        .memory_max = MEMORY_BASE + MEMORY_PER_PIXEL * (uint64_t)(options->job.width * options->job.height),
    };

    if (setpriority(PRIO_PROCESS, 0, NICE) < 0)
        return -errno;
    int r = ask_to_be_ended_first();
    if (r >= 0)
        r = bk_jail_process(&jail);
    if (r >= 0)
        r = options->machine >= 0
                ? bk_machine_begin(ret_machine, options->machine, (uint32_t)options->encoder, &options->job)
                : bk_encoding_create(&options->job, ret_encoding);
    if (r >= 0)
        r = bk_jail_filter(BK_JAIL_ENCODER);
    return r;
}

static int status_of(int r)
{
    return r == -EPROTO ? BK_ENCODER_EXIT_MACHINE : r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct bk_encoder_options options;
    struct bk_encoding *encoding = NULL;
    struct bk_machine machine = { .port = -1 };

    bk_log_open("bk-encoder", NULL, LOG_INFO);
    int r = bk_encoder_options_parse(argc, argv, &options);
    if (r != 0)
        return r > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN);
    const int kept[] = { options.stream, options.machine };
    r = bk_jail_close_descriptors(kept, sizeof kept / sizeof kept[0]);
    if (r >= 0)
        r = prepare(&options, &encoding, &machine);
    if (r < 0) {
        bk_error("cannot start: %s", strerror(-r));
        return status_of(r);
    }
    r = bk_session_run(options.stream, encoding, options.machine >= 0 ? &machine : NULL);
    if (r == -ENOMEM || r == -EIO)
        bk_error("cannot encode a frame: %s", strerror(-r));
    if (r == -EPROTO)
        bk_error("the machine's encoder fails");
    bk_encoding_destroy(encoding);
    bk_machine_finish(&machine);
    return status_of(r);
}
