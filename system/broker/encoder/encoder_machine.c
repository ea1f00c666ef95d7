/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "encoder_machine.h"

#include "checked.h"
#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define READS_AT_ONCE 16U   /* before everything else has its turn … */
#define READ_MAX      4096U /* … of so many bytes; a port gives a page at the most */

static_assert((int)BK_ENCODER_CODECS == (int)BK_CODEC_PORT_CODECS && (int)BK_ENCODER_H264 == (int)BK_CODEC_PORT_H264 &&
                  (int)BK_ENCODER_HEVC == (int)BK_CODEC_PORT_HEVC && (int)BK_ENCODER_VP8 == (int)BK_CODEC_PORT_VP8 &&
                  (int)BK_ENCODER_FWHT == (int)BK_CODEC_PORT_FWHT,
              "one number for each codec");

struct greeting {
    uint8_t before[BK_CODEC_PORT_RECORD]; /* zeros, in which what was half said ends */
    struct bk_codec_port_record record;
    struct bk_codec_port_hello hello;
};

struct bk_encoder_machine {
    int port;
    enum {
        GREETING,
        FREE,
        TAKEN,
        GONE
    } state;
    uint64_t rests_until_ms;
    sd_event_source *source;  /* on while it is greeted */
    sd_event_source *silence; /* likewise */
    struct greeting greeting;
    size_t said;                     /* bytes of it */
    struct bk_codec_port_list heard; /* as far as it has come: first the nonce, wherever it is */
    size_t filled;
    struct bk_codec_port_list list; /* the last one */
};

/* ---- greeting ---- */

static void be_gone(struct bk_encoder_machine *machine, const char *why)
{
    bk_error("the machine's video encoders are gone: %s", why);
    machine->state = GONE;
    machine->list.count = 0;
    (void)sd_event_source_set_enabled(machine->source, SD_EVENT_OFF);
    (void)sd_event_source_set_enabled(machine->silence, SD_EVENT_OFF);
}

static void say(struct bk_encoder_machine *machine)
{
    while (machine->said < sizeof machine->greeting) {
        ssize_t n = write(machine->port, (const uint8_t *)&machine->greeting + machine->said,
                          sizeof machine->greeting - machine->said);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN) {
            be_gone(machine, strerror(errno));
            return;
        }
        if (n < 0)
            break;
        machine->said += (size_t)n;
    }
    (void)sd_event_source_set_io_events(machine->source,
                                        machine->said < sizeof machine->greeting ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void greet(struct bk_encoder_machine *machine)
{
    machine->state = GREETING;
    machine->filled = 0;
    machine->said = 0;
    if (getrandom(machine->greeting.hello.nonce, BK_CODEC_PORT_NONCE, 0) != BK_CODEC_PORT_NONCE)
        return; /* cannot happen for so few bytes */
    (void)sd_event_source_set_enabled(machine->source, SD_EVENT_ON);
    (void)sd_event_source_set_time_relative(machine->silence, BK_ENCODER_MACHINE_SILENT_MS * UINT64_C(1000));
    (void)sd_event_source_set_enabled(machine->silence, SD_EVENT_ONESHOT);
    say(machine);
}

static int on_silence(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_encoder_machine *machine = userdata;

    (void)usec;
    machine->list.count = 0; /* who does not answer has none */
    if (machine->said == sizeof machine->greeting) {
        greet(machine);
        return 0;
    }
    /* What was said before is not read: to say more would be to say it in the middle of that. */
    (void)sd_event_source_set_time_relative(source, BK_ENCODER_MACHINE_SILENT_MS * UINT64_C(1000));
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static bool is_sound(const struct bk_codec_port_encoder *encoder)
{
    return encoder->codec < BK_CODEC_PORT_CODECS && encoder->formats != 0 &&
           encoder->formats < 1U << BK_CODEC_PORT_FORMATS && encoder->width_min <= encoder->width_max &&
           encoder->height_min <= encoder->height_max && encoder->bit_rate_min <= encoder->bit_rate_max &&
           encoder->width_min <= BK_ENCODER_SIDE_MAX && encoder->height_min <= BK_ENCODER_SIDE_MAX &&
           encoder->width_max >= BK_ENCODER_SIDE_MIN && encoder->height_max >= BK_ENCODER_SIDE_MIN &&
           encoder->bit_rate_min <= BK_ENCODER_BIT_RATE_MAX && encoder->bit_rate_max >= BK_ENCODER_BIT_RATE_MIN;
}

/* Keeps of what there is what can be used. */
static void take_list(struct bk_encoder_machine *machine)
{
    uint32_t known = machine->list.count;

    machine->list.count = 0;
    if (machine->heard.count <= BK_CODEC_PORT_ENCODERS) {
        machine->list = machine->heard;
        for (uint32_t i = 0; i < machine->list.count; i++) {
            if (!is_sound(&machine->list.encoders[i]))
                machine->list.count = i; /* their places are their numbers */
        }
    }
    if (machine->list.count != known)
        bk_info("the machine has %u video encoders", machine->list.count);
    machine->state = FREE;
    (void)sd_event_source_set_enabled(machine->source, SD_EVENT_OFF);
    (void)sd_event_source_set_enabled(machine->silence, SD_EVENT_OFF);
}

/* Looks for the nonce, and takes what stands behind it. */
static void hear(struct bk_encoder_machine *machine, uint8_t byte)
{
    uint8_t *heard = (uint8_t *)&machine->heard;

    heard[machine->filled++] = byte;
    if (machine->filled == BK_CODEC_PORT_NONCE &&
        memcmp(heard, machine->greeting.hello.nonce, BK_CODEC_PORT_NONCE) != 0)
        memmove(heard, heard + 1, --machine->filled);
    if (machine->filled == sizeof machine->heard)
        take_list(machine);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    struct bk_encoder_machine *machine = userdata;
    uint8_t bytes[READ_MAX];

    (void)source;
    if ((events & EPOLLOUT) != 0)
        say(machine);
    for (unsigned i = 0; i < READS_AT_ONCE && machine->state == GREETING; i++) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return 0;
        if (n <= 0)
            be_gone(machine, n < 0 ? strerror(errno) : "their line has ended");
        for (ssize_t at = 0; at < n && machine->state == GREETING; at++)
            hear(machine, bytes[at]);
    }
    return 0;
}

/* ---- use ---- */

size_t bk_encoder_machine_list(const struct bk_encoder_machine *machine,
                               const struct bk_codec_port_encoder **ret_encoders)
{
    if (machine == NULL)
        return 0;
    *ret_encoders = machine->list.encoders;
    return machine->list.count;
}

static const char *check(const struct bk_codec_port_encoder *encoder, const struct bk_encoder_job *job)
{
    if ((encoder->formats & 1U << job->format) == 0)
        return "pixelFormat";
    if (job->width < encoder->width_min || job->width > encoder->width_max)
        return "width";
    if (job->height < encoder->height_min || job->height > encoder->height_max)
        return "height";
    if (job->bit_rate < encoder->bit_rate_min || job->bit_rate > encoder->bit_rate_max)
        return "bitRate";
    return NULL;
}

int bk_encoder_machine_find(const struct bk_encoder_machine *machine, enum bk_encoder_codec codec,
                            const struct bk_encoder_job *job, const char **ret_wrong)
{
    const char *wrong = "codec";

    for (uint32_t i = 0; machine != NULL && i < machine->list.count; i++) {
        if (machine->list.encoders[i].codec != (uint32_t)codec)
            continue;
        wrong = check(&machine->list.encoders[i], job);
        if (wrong == NULL)
            return machine->state == FREE && bk_broker_now_ms() >= machine->rests_until_ms ? (int)i : -EBUSY;
    }
    *ret_wrong = wrong;
    return -ENOENT;
}

int bk_encoder_machine_take(struct bk_encoder_machine *machine)
{
    assert(machine->state == FREE);
    machine->state = TAKEN;
    return machine->port;
}

void bk_encoder_machine_release(struct bk_encoder_machine *machine, bool failed)
{
    assert(machine->state == TAKEN);
    if (failed)
        machine->rests_until_ms = bk_broker_now_ms() + BK_ENCODER_MACHINE_REST_MS;
    greet(machine);
}

/* ---- life ---- */

int bk_encoder_machine_create(struct bk_broker *broker, int port, struct bk_encoder_machine **ret)
{
    struct bk_encoder_machine *machine = calloc(1, sizeof *machine);

    if (machine == NULL)
        return -ENOMEM;
    machine->greeting.record.type = BK_CODEC_PORT_HELLO;
    machine->greeting.record.length = sizeof machine->greeting.hello;
    memcpy(machine->greeting.hello.mark, BK_CODEC_PORT_MARK, sizeof machine->greeting.hello.mark);
    machine->port = fcntl(port, F_DUPFD_CLOEXEC, 0);
    int r = machine->port < 0 ? -errno : 0;
    if (r >= 0)
        r = sd_event_add_io(broker->event, &machine->source, machine->port, EPOLLIN, on_io, machine);
    if (r >= 0)
        r = sd_event_source_set_priority(machine->source, BK_CLIENT_PRIORITY_LATER);
    if (r >= 0)
        r = sd_event_add_time_relative(broker->event, &machine->silence, CLOCK_MONOTONIC, 0, 0, on_silence, machine);
    if (r < 0) {
        bk_encoder_machine_destroy(machine);
        return r;
    }
    greet(machine);
    *ret = machine;
    return 0;
}

void bk_encoder_machine_destroy(struct bk_encoder_machine *machine)
{
    if (machine == NULL)
        return;
    sd_event_source_disable_unref(machine->source);
    sd_event_source_disable_unref(machine->silence);
    bk_close(machine->port);
    free(machine);
}
