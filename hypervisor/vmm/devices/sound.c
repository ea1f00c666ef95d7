/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams 0 (playback) and 1 (capture). No jacks and no channel maps: what the machine has of either is the system's to
 * know. The states are those of virtio 1.3 §5.14.6.6.1; a request that does not fit the state is answered BAD_MSG.
 *
 * Invariants:
 * 1. `told` is the run of a stream that the far end believes to run. tell() brings it up to date, and nothing else of
 *    the stream is sent before.
 * 2. A playback buffer goes out in pieces, in its place: at most one is `chain`, of which a part was sent, and those
 * that were sent whole wait in `sent` for the far end to play them. `in_flight` is what of both was not played yet, and
 *    `in_chain` what of `chain`: it is never more than the window. All are of the run that the far end was told.
 * 3. A capture buffer is `chain` while it is filled. What comes and finds no buffer is lost, as with any sound card.
 * 4. The last buffer that the guest has waits, played or full, for the next one, or until the guest saw that it got
 *    the others back and has sent nothing for PLAYED_REST or FILLED_REST: one that gets all of them back before it
 *    looks, as one whose processor stood still does, takes a whole turn of its ring for nothing, and Linux then waits
 *    for good. A driver that looks without a word waits for WAIT_MAX, longer than a processor stands still.
 *
 * While the machine has no microphone, a capture stream does not start: that is a program's clear error. One that runs
 * goes on.
 */
#define _GNU_SOURCE
#include "devices/sound.h"

#include "cable/sound.h"
#include "devices/ranges.h"
#include "virtio/device.h"
#include "virtio/queue.h"

#include "checked.h"

#include <assert.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_snd.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_SIZE 64
/* Frames. PLAYED_REST: when Linux drains two periods of P, it waits for max(100 ms, 2.2 P) from the return of the first
 * to that of the second, which comes after P, up to 10 ms until the far end says so, and these 30 ms. The least that is
 * left is 14 ms, at P = 45 ms. */
#define PLAYED_REST (BK_SOUND_RATE * 3 / 100)
#define FILLED_REST (BK_SOUND_RATE / 10)
#define WAIT_MAX    (BK_SOUND_RATE * 3)

enum state {
    UNSET, /* no parameters yet */
    SET,   /* or released */
    PREPARED,
    RUNNING,
    STOPPED,
};

struct stream {
    enum state state;
    uint32_t run, told; /* the last that began, and what the far end believes to run; 0: none */
    bool has_chain;
    struct bk_chain chain;
    size_t done; /* bytes of its sound that were sent or filled */
    struct {
        uint16_t head;
        uint32_t frames;
    } sent[QUEUE_SIZE]; /* a ring */
    unsigned sent_first, sent_count;
    uint32_t in_flight, in_chain; /* frames */
    uint32_t waited, rested;      /* frames: how long the guest's last buffer waits, and that since it saw the others */
};

struct sound {
    struct bk_virtio_device device;
    struct bk_sound *cable;
    struct stream streams[BK_SOUND_STREAMS];
    bool has_source; /* what the far end told last, whichever cable it was at */
};

static struct bk_queue *queue_of(const struct sound *sound, enum bk_sound_stream which)
{
    return sound->device.queues[which == BK_SOUND_PLAYBACK ? VIRTIO_SND_VQ_TX : VIRTIO_SND_VQ_RX];
}

/* Buffers */

/* Bytes of sound in the stream's chain: between the header and the end, or before the status. */
static size_t sound_size(const struct stream *stream, enum bk_sound_stream which)
{
    return which == BK_SOUND_PLAYBACK ? stream->chain.out_size - sizeof(struct virtio_snd_pcm_xfer)
                                      : stream->chain.in_size - sizeof(struct virtio_snd_pcm_status);
}

/* Makes the next buffer the stream's chain, unless it has one; false when there is none. */
static bool take_chain(struct sound *sound, enum bk_sound_stream which)
{
    static const struct virtio_snd_pcm_status done = { .status = VIRTIO_SND_S_OK };
    struct stream *stream = &sound->streams[which];
    struct virtio_snd_pcm_xfer xfer;

    if (stream->has_chain)
        return true;
    if (!bk_queue_pop(queue_of(sound, which), &stream->chain))
        return false;
    if (bk_chain_read(&stream->chain, 0, &xfer, sizeof xfer) < sizeof xfer || xfer.stream_id != which ||
        stream->chain.in_size < sizeof done || sound_size(stream, which) == 0 ||
        sound_size(stream, which) % BK_SOUND_FRAME_SIZE != 0) {
        bk_virtio_device_break(&sound->device, "a buffer of stream %u with %zu and %zu bytes", which,
                               stream->chain.out_size, stream->chain.in_size);
        return false;
    }
    /* It holds when the driver looks: a buffer comes back as played or filled, or because it was asked back. */
    bk_chain_write(&stream->chain, stream->chain.in_size - sizeof done, &done, sizeof done);
    stream->has_chain = true;
    stream->done = 0;
    stream->waited = stream->rested = 0;
    return true;
}

static void give_back(struct sound *sound, enum bk_sound_stream which, const struct bk_chain *chain, size_t sound_bytes)
{
    bk_queue_push(queue_of(sound, which), chain, sizeof(struct virtio_snd_pcm_status) + sound_bytes);
}

/* Gives the first of those back that were sent whole. */
static void give_sent_back(struct sound *sound)
{
    struct stream *stream = &sound->streams[BK_SOUND_PLAYBACK];
    struct bk_chain chain;

    chain.head = stream->sent[stream->sent_first].head;
    chain.in_size = sizeof(struct virtio_snd_pcm_status);
    give_back(sound, BK_SOUND_PLAYBACK, &chain, 0);
    stream->sent_first = (stream->sent_first + 1) % QUEUE_SIZE;
    stream->sent_count--;
}

/* Whether the guest waits for but one buffer. */
static bool is_last(const struct sound *sound, enum bk_sound_stream which)
{
    const struct stream *stream = &sound->streams[which];

    return stream->sent_count + stream->has_chain == 1 && !bk_queue_has_chain(queue_of(sound, which));
}

/* Whether a buffer that was played or is full waits, for another one or for time: `frames` more of that have passed. */
static bool waits(struct sound *sound, enum bk_sound_stream which, uint32_t frames)
{
    struct stream *stream = &sound->streams[which];

    if (!is_last(sound, which))
        return false;
    stream->waited += frames;
    stream->rested = bk_queue_is_seen(queue_of(sound, which)) ? stream->rested + frames : 0;
    return stream->rested < (which == BK_SOUND_PLAYBACK ? PLAYED_REST : FILLED_REST) && stream->waited < WAIT_MAX;
}

/* What was sent will not be told of any more: it counts as played. The buffer that was sent in part goes on from there.
 */
static void end_run(struct sound *sound, enum bk_sound_stream which, bool keeps_last)
{
    struct stream *stream = &sound->streams[which];

    while (stream->sent_count > 0 && !(keeps_last && is_last(sound, which)))
        give_sent_back(sound);
    stream->sent[stream->sent_first].frames = 0; /* of the one that is kept */
    stream->in_flight = stream->in_chain = 0;
    bk_queue_interrupt(queue_of(sound, which));
}

/* Every buffer goes back (virtio 1.3 §5.14.6.6.5.1), those that were not looked at too; no more than there can be. */
static void release(struct sound *sound, enum bk_sound_stream which)
{
    struct stream *stream = &sound->streams[which];

    end_run(sound, which, false);
    for (unsigned i = 0; i < QUEUE_SIZE && take_chain(sound, which); i++) {
        give_back(sound, which, &stream->chain, which == BK_SOUND_CAPTURE ? stream->done : 0);
        stream->has_chain = false;
    }
    bk_queue_interrupt(queue_of(sound, which));
}

/* The cable */

/* False when the far end cannot be told now. */
static bool tell(struct sound *sound, enum bk_sound_stream which)
{
    struct stream *stream = &sound->streams[which];
    uint32_t wanted = stream->state == RUNNING ? stream->run : 0;
    const struct bk_sound_header header = {
        .type = wanted != 0 ? BK_SOUND_START : BK_SOUND_STOP,
        .stream = which,
        .run = wanted != 0 ? wanted : stream->told,
    };

    if (stream->told != wanted && !bk_sound_send(sound->cable, &header, NULL, 0))
        return false;
    stream->told = wanted;
    return true;
}

/* Sends the next piece of the chain; false when the cable takes none. */
static bool send_piece(struct sound *sound)
{
    struct stream *stream = &sound->streams[BK_SOUND_PLAYBACK];
    const struct bk_chain *chain = &stream->chain;
    size_t size =
        bk_min(sound_size(stream, BK_SOUND_PLAYBACK) - stream->done, BK_SOUND_FRAMES_MAX * BK_SOUND_FRAME_SIZE);
    struct iovec ranges[BK_QUEUE_SIZE_MAX];

    static_assert(BK_QUEUE_SIZE_MAX <= BK_SOUND_RANGES_MAX, "a chain can be sent");
    size = bk_min(size, (BK_SOUND_WINDOW - stream->in_flight) * BK_SOUND_FRAME_SIZE);
    const struct bk_sound_header header = {
        .type = BK_SOUND_PLAY,
        .stream = BK_SOUND_PLAYBACK,
        .run = stream->run,
        .frames = (uint32_t)(size / BK_SOUND_FRAME_SIZE),
    };
    unsigned count =
        bk_ranges_slice(chain->out, chain->out_count, sizeof(struct virtio_snd_pcm_xfer) + stream->done, size, ranges);
    if (!bk_sound_send(sound->cable, &header, ranges, count))
        return false;
    stream->done += size;
    stream->in_flight += header.frames;
    stream->in_chain += header.frames;
    return true;
}

/* As much as the far end will take. */
static void play(struct sound *sound)
{
    struct stream *stream = &sound->streams[BK_SOUND_PLAYBACK];

    if (!tell(sound, BK_SOUND_PLAYBACK) || stream->state != RUNNING)
        return;
    while (stream->in_flight < BK_SOUND_WINDOW && take_chain(sound, BK_SOUND_PLAYBACK) && send_piece(sound)) {
        if (stream->done < sound_size(stream, BK_SOUND_PLAYBACK))
            continue;
        unsigned last = (stream->sent_first + stream->sent_count++) % QUEUE_SIZE; /* the queue has no more chains */
        stream->sent[last].head = stream->chain.head;
        stream->sent[last].frames = stream->in_chain;
        stream->in_chain = 0;
        stream->has_chain = false;
    }
}

/* What was sent first is played first; what of `frames` is beyond that is of the chain. */
static void count_played(struct stream *stream, uint32_t frames)
{
    for (unsigned i = 0; i < stream->sent_count; i++) {
        uint32_t *unplayed = &stream->sent[(stream->sent_first + i) % QUEUE_SIZE].frames;
        uint32_t part = bk_min(frames, *unplayed);
        *unplayed -= part;
        frames -= part;
    }
    stream->in_chain -= frames;
}

static void take_played(struct sound *sound, uint32_t frames)
{
    struct stream *stream = &sound->streams[BK_SOUND_PLAYBACK];
    uint32_t rest = frames == 0 ? BK_SOUND_FRAMES_MAX : 0;

    if (frames > stream->in_flight) {
        bk_sound_refuse(sound->cable, "more was played than was sent");
        return;
    }
    stream->in_flight -= frames;
    count_played(stream, frames);
    while (stream->sent_count > 0 && stream->sent[stream->sent_first].frames == 0 &&
           !waits(sound, BK_SOUND_PLAYBACK, rest))
        give_sent_back(sound);
    bk_queue_interrupt(queue_of(sound, BK_SOUND_PLAYBACK));
    play(sound);
}

/* Gives the chain back, which is full; false when it waits, and so many frames are lost by that. */
static bool give_filled_back(struct sound *sound, size_t frames)
{
    struct stream *stream = &sound->streams[BK_SOUND_CAPTURE];

    if (waits(sound, BK_SOUND_CAPTURE, (uint32_t)frames))
        return false;
    give_back(sound, BK_SOUND_CAPTURE, &stream->chain, stream->done);
    stream->has_chain = false;
    return true;
}

static void take_recorded(struct sound *sound, const struct bk_sound_message *message)
{
    struct stream *stream = &sound->streams[BK_SOUND_CAPTURE];
    size_t size = message->header.frames * BK_SOUND_FRAME_SIZE;

    for (size_t done = 0; done < size && take_chain(sound, BK_SOUND_CAPTURE);) {
        size_t room = sound_size(stream, BK_SOUND_CAPTURE), part = bk_min(size - done, room - stream->done);

        if (part == 0 && !give_filled_back(sound, (size - done) / BK_SOUND_FRAME_SIZE))
            break;
        if (part == 0)
            continue;
        bk_chain_write(&stream->chain, stream->done, (const uint8_t *)message->sound + done, part);
        done += part;
        stream->done += part;
        if (stream->done == room)
            (void)give_filled_back(sound, 0);
    }
    bk_queue_interrupt(queue_of(sound, BK_SOUND_CAPTURE));
}

static void hear(void *userdata, const struct bk_sound_message *message)
{
    struct sound *sound = userdata;
    const struct stream *stream = &sound->streams[message->header.stream];

    if (message->header.type == BK_SOUND_SOURCE) {
        sound->has_source = message->header.frames != 0;
        return;
    }
    if (message->header.run != stream->told || stream->told != stream->run || stream->state != RUNNING)
        return; /* it was under way when that run ended */
    if (message->header.type == BK_SOUND_PLAYED)
        take_played(sound, message->header.frames);
    else
        take_recorded(sound, message);
}

static void forget(void *userdata)
{
    struct sound *sound = userdata;

    for (enum bk_sound_stream which = 0; which < BK_SOUND_STREAMS; which++) {
        sound->streams[which].told = 0;
        if (sound->device.running)
            end_run(sound, which, true);
    }
}

static void go_on(void *userdata)
{
    struct sound *sound = userdata;

    (void)tell(sound, BK_SOUND_CAPTURE);
    play(sound);
}

static const struct bk_sound_listener listener = { .hear = hear, .forget = forget, .go_on = go_on };

/* Requests (virtio 1.3 §5.14.6) */

static uint32_t set_state(struct sound *sound, enum bk_sound_stream which, enum state from, enum state or_from,
                          enum state state)
{
    struct stream *stream = &sound->streams[which];

    if (stream->state != from && stream->state != or_from)
        return VIRTIO_SND_S_BAD_MSG;
    stream->state = state;
    if (state == RUNNING && ++stream->run == 0)
        stream->run = 1;
    return VIRTIO_SND_S_OK;
}

static uint32_t set_parameters(struct sound *sound, const struct virtio_snd_pcm_set_params *request)
{
    struct stream *stream = &sound->streams[request->hdr.stream_id];

    if (stream->state == RUNNING || stream->state == STOPPED || request->period_bytes == 0 ||
        request->buffer_bytes % request->period_bytes != 0)
        return VIRTIO_SND_S_BAD_MSG;
    if (request->features != 0 || request->channels != BK_SOUND_CHANNELS || request->format != VIRTIO_SND_PCM_FMT_S16 ||
        request->rate != VIRTIO_SND_PCM_RATE_48000)
        return VIRTIO_SND_S_NOT_SUPP;
    stream->state = SET;
    return VIRTIO_SND_S_OK;
}

/* Of one stream; yields the status. */
static uint32_t act(struct sound *sound, const struct virtio_snd_pcm_set_params *request, size_t size)
{
    enum bk_sound_stream which = request->hdr.stream_id;
    uint32_t status;

    if (size < sizeof request->hdr || request->hdr.stream_id >= BK_SOUND_STREAMS)
        return VIRTIO_SND_S_BAD_MSG;
    switch (request->hdr.hdr.code) {
    case VIRTIO_SND_R_PCM_SET_PARAMS:
        return size < sizeof *request ? VIRTIO_SND_S_BAD_MSG : set_parameters(sound, request);
    case VIRTIO_SND_R_PCM_PREPARE:
        if (sound->streams[which].state == PREPARED)
            return VIRTIO_SND_S_OK;
        return set_state(sound, which, SET, STOPPED, PREPARED);
    case VIRTIO_SND_R_PCM_START:
        if (which == BK_SOUND_CAPTURE && !sound->has_source)
            return VIRTIO_SND_S_IO_ERR;
        status = set_state(sound, which, PREPARED, STOPPED, RUNNING);
        break;
    case VIRTIO_SND_R_PCM_STOP:
        status = set_state(sound, which, RUNNING, RUNNING, STOPPED);
        if (status == VIRTIO_SND_S_OK)
            end_run(sound, which, false);
        break;
    default: /* VIRTIO_SND_R_PCM_RELEASE */
        status = set_state(sound, which, PREPARED, STOPPED, SET);
        if (status == VIRTIO_SND_S_OK)
            release(sound, which);
        return status;
    }
    if (which == BK_SOUND_PLAYBACK)
        play(sound);
    else
        (void)tell(sound, which);
    return status;
}

/* Fills in what is known of the streams asked for, behind the status in `answer`; yields the status. */
static uint32_t inform(const struct virtio_snd_query_info *query, size_t size, size_t room,
                       struct virtio_snd_pcm_info answer[static BK_SOUND_STREAMS])
{
    if (size < sizeof *query || query->start_id > BK_SOUND_STREAMS ||
        query->count > BK_SOUND_STREAMS - query->start_id || query->size != sizeof answer[0] ||
        room < query->count * sizeof answer[0])
        return VIRTIO_SND_S_BAD_MSG;
    for (uint32_t i = 0; i < query->count; i++)
        answer[i] = (struct virtio_snd_pcm_info){
            .formats = 1ULL << VIRTIO_SND_PCM_FMT_S16,
            .rates = 1ULL << VIRTIO_SND_PCM_RATE_48000,
            .direction = query->start_id + i == BK_SOUND_PLAYBACK ? VIRTIO_SND_D_OUTPUT : VIRTIO_SND_D_INPUT,
            .channels_min = BK_SOUND_CHANNELS,
            .channels_max = BK_SOUND_CHANNELS,
        };
    return VIRTIO_SND_S_OK;
}

static bool take_request(struct bk_virtio_device *device, const struct bk_chain *chain)
{
    struct sound *sound = (struct sound *)device;
    union {
        struct virtio_snd_hdr header;
        struct virtio_snd_query_info query;
        struct virtio_snd_pcm_set_params parameters;
    } request = { .parameters = { .rate = 0 } };
    struct virtio_snd_pcm_info info[BK_SOUND_STREAMS];
    struct virtio_snd_hdr status = { .code = VIRTIO_SND_S_NOT_SUPP };
    size_t size = bk_chain_read(chain, 0, &request, sizeof request), info_size = 0;

    if (size < sizeof request.header || chain->in_size < sizeof status) {
        bk_virtio_device_break(device, "a request of %zu bytes with %zu for the answer", chain->out_size,
                               chain->in_size);
        return false;
    }
    switch (request.header.code) {
    case VIRTIO_SND_R_PCM_INFO:
        status.code = inform(&request.query, size, chain->in_size - sizeof status, info);
        if (status.code == VIRTIO_SND_S_OK)
            info_size = request.query.count * sizeof info[0];
        break;
    case VIRTIO_SND_R_PCM_SET_PARAMS:
    case VIRTIO_SND_R_PCM_PREPARE:
    case VIRTIO_SND_R_PCM_RELEASE:
    case VIRTIO_SND_R_PCM_START:
    case VIRTIO_SND_R_PCM_STOP:
        status.code = act(sound, &request.parameters, size);
        break;
    case VIRTIO_SND_R_JACK_INFO: /* there are none to ask about */
    case VIRTIO_SND_R_JACK_REMAP:
    case VIRTIO_SND_R_CHMAP_INFO:
        status.code = VIRTIO_SND_S_BAD_MSG;
        break;
    default:
        break;
    }
    bk_chain_write(chain, 0, &status, sizeof status);
    bk_chain_write(chain, sizeof status, info, info_size);
    bk_queue_push(device->queues[VIRTIO_SND_VQ_CONTROL], chain, sizeof status + info_size);
    return true;
}

/* The device */

static void notify(struct bk_virtio_device *device, unsigned index)
{
    if (index == VIRTIO_SND_VQ_CONTROL)
        bk_queue_serve(device->queues[VIRTIO_SND_VQ_CONTROL], take_request);
    else if (index == VIRTIO_SND_VQ_TX)
        play((struct sound *)device);
    /* What is recorded finds its buffers itself, and there is never an event to tell of. */
}

static void read_config(struct bk_virtio_device *device, size_t offset, void *buffer, size_t length)
{
    const struct virtio_snd_config config = { .streams = BK_SOUND_STREAMS };

    (void)device;
    memcpy(buffer, (const char *)&config + offset, length);
}

/* The runs go on being counted, and the far end is told in restart(). */
static void reset(struct bk_virtio_device *device)
{
    struct sound *sound = (struct sound *)device;

    for (enum bk_sound_stream which = 0; which < BK_SOUND_STREAMS; which++) {
        struct stream *stream = &sound->streams[which];
        stream->state = UNSET;
        stream->has_chain = false;
        stream->sent_first = stream->sent_count = 0;
        stream->in_flight = stream->in_chain = 0;
    }
}

static void restart(struct bk_virtio_device *device)
{
    go_on(device);
}

static void destroy(struct bk_virtio_device *device)
{
    struct sound *sound = (struct sound *)device;

    bk_sound_listen(sound->cable, NULL, NULL);
    free(sound);
}

static const struct bk_virtio_operations operations = {
    .read_config = read_config,
    .reset = reset,
    .restart = restart,
    .notify = notify,
    .destroy = destroy,
};

int bk_sound_device_create(struct bk_loop *loop, struct bk_sound *cable, struct bk_virtio_device **ret_device)
{
    struct sound *sound = calloc(1, sizeof *sound);

    if (sound == NULL)
        return -ENOMEM;
    sound->device = (struct bk_virtio_device){
        .operations = &operations,
        .name = "sound",
        .type = VIRTIO_ID_SOUND,
        .queue_count = VIRTIO_SND_VQ_MAX,
        .queue_size = QUEUE_SIZE,
        .config_size = sizeof(struct virtio_snd_config),
        .pci_class = { 0x04, 0x01, 0x00 }, /* multimedia: audio device */
        .loop = loop,
    };
    sound->cable = cable;
    bk_sound_listen(cable, &listener, sound);
    *ret_device = &sound->device;
    return 0;
}
