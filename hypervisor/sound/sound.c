/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who says when the next 10 ms are: the card, where there is one for the direction, by being ready; else the clock.
 * What a VM records that may not hear the microphone is silence by the clock, too, so that nothing of the card can be
 * told from it.
 *
 * A clock that is late catches up by LATE_NSEC at most. A guest that is given more than it looks at, faster than sound
 * is, takes a whole turn of its ring for nothing: Linux then waits for good, and its programs end with an error.
 *
 * The card plays while a VM does, and LINGER_NSEC longer: programs stop and start again. It records only while a VM
 * that may hear it does: its light, if it has one, tells the truth.
 *
 * A program whose buffer ran over stops and starts again, and is the same recording still: it has ended, for the
 * supervisor, when REST_NSEC have passed, which is much for a busy machine too: a dialog goes with the recording. So no
 * guest can make it hear of more than a change a second either.
 */
#include "sound.h"

#include "checked.h"
#include "cleanup.h"
#include "controls.h"
#include "io.h"
#include "log.h"
#include "sound_control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

/* system calls [sound]: poll recvmsg sendmsg fcntl(F_GETFL) fcntl(F_SETFL) close */

#define SECOND_NSEC      1000000000ULL
#define TICK_NSEC        (SECOND_NSEC * BK_MIX_FRAMES / BK_SOUND_RATE)
#define LATE_NSEC        (3 * TICK_NSEC) /* what was missed by more is missed for good: see below */
#define LINGER_NSEC      (SECOND_NSEC)
#define REST_NSEC        (2 * SECOND_NSEC)
#define MESSAGES_AT_ONCE 64U /* of a cable, before everything else has its turn */

void bk_sound_init(struct bk_sound_mixer *sound, int control)
{
    *sound = (struct bk_sound_mixer){ .control = control };
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++)
        sound->clients[i].fd = -1;
    for (unsigned i = 0; i < BK_SOUND_STREAMS; i++)
        sound->cards[i].fd = -1;
    for (unsigned i = 0; i < BK_SOUND_CARDS_MAX; i++)
        sound->spare[i].fd = -1;
}

static uint64_t now_nsec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NSEC + (uint64_t)now.tv_nsec;
}

/* The supervisor */

static void tell_recording(struct bk_sound_mixer *sound, struct bk_client *client, bool recording)
{
    const struct bk_sound_control_message message = {
        .type = BK_SOUND_RECORDS,
        .cid = client->cid,
        .value = recording,
    };

    if (client->told_recording == recording)
        return;
    int r = bk_send_message(sound->control, &message, sizeof message, -1);
    if (r < 0)
        bk_error("the supervisor cannot be told: %s", strerror(-r)); /* the next change tells it again */
    else
        client->told_recording = recording;
}

/* Whether the VM records, and when that has to be looked at again. */
static void look_at_recording(struct bk_sound_mixer *sound, struct bk_client *client, uint64_t now)
{
    bool records = client->runs[BK_SOUND_CAPTURE] != 0;

    if (records || !client->told_recording)
        client->rested_nsec = 0;
    else if (client->rested_nsec == 0)
        client->rested_nsec = now + REST_NSEC;
    if (records || client->rested_nsec <= now) {
        tell_recording(sound, client, records);
        client->rested_nsec = 0;
    } else if (sound->rested_nsec == 0 || client->rested_nsec < sound->rested_nsec)
        sound->rested_nsec = client->rested_nsec;
}

/* The VMs */

static void unplug(struct bk_sound_mixer *sound, struct bk_client *client, const char *why)
{
    if (why != NULL)
        bk_warning("the cable of VM %u is closed: %s", client->cid, why);
    tell_recording(sound, client, false);
    bk_close(client->fd);
    *client = (struct bk_client){ .fd = -1 };
}

static struct bk_client *find_client(struct bk_sound_mixer *sound, uint32_t cid)
{
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
        if (sound->clients[i].fd >= 0 && sound->clients[i].cid == cid)
            return &sound->clients[i];
    }
    return NULL;
}

static int plug(struct bk_sound_mixer *sound, uint32_t cid, int *fd)
{
    struct bk_client *client = find_client(sound, cid);

    if (client != NULL)
        unplug(sound, client, NULL);
    int r = bk_set_nonblock(*fd);
    if (r < 0)
        return r;
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
        if (sound->clients[i].fd >= 0)
            continue;
        sound->clients[i] = (struct bk_client){ .fd = TAKE_FD(*fd), .cid = cid };
        return 0;
    }
    return -ENOSPC;
}

static void read_cable(struct bk_sound_mixer *sound, struct bk_client *client)
{
    struct bk_sound_message message;

    for (unsigned i = 0; i < MESSAGES_AT_ONCE && client->fd >= 0; i++) {
        _cleanup_close_ int fd = -1;
        const char *refusal = NULL;

        ssize_t n = bk_recv_message(client->fd, &message, sizeof message, &fd);
        if (n == -EAGAIN)
            return;
        if (n == 0 || n == -ECONNRESET) {
            unplug(sound, client, NULL);
            return;
        }
        if (n < 0)
            refusal = "a message that is too long";
        else if (fd >= 0)
            refusal = "a descriptor";
        else
            refusal = bk_client_take(client, &message, (size_t)n);
        if (refusal != NULL)
            unplug(sound, client, refusal);
    }
}

/* The card */

/* Takes one that was kept, when the one in use is gone. */
static void use_spare(struct bk_sound_mixer *sound, enum bk_sound_stream direction)
{
    for (unsigned i = 0; i < BK_SOUND_CARDS_MAX && sound->cards[direction].fd < 0; i++) {
        if (sound->spare[i].fd < 0 || sound->spare[i].direction != direction)
            continue;
        int r = bk_card_open(&sound->cards[direction], direction, sound->spare[i].fd);
        if (r < 0) {
            bk_warning("a sound card cannot be used: %s", strerror(-r));
            bk_close(sound->spare[i].fd);
        }
        sound->spare[i].fd = -1;
    }
}

static int add_card(struct bk_sound_mixer *sound, enum bk_sound_stream direction, int *fd)
{
    for (unsigned i = 0; i < BK_SOUND_CARDS_MAX; i++) {
        if (sound->spare[i].fd >= 0)
            continue;
        sound->spare[i].fd = TAKE_FD(*fd);
        sound->spare[i].direction = direction;
        use_spare(sound, direction);
        return 0;
    }
    return -ENOSPC;
}

static void lose_card(struct bk_sound_mixer *sound, struct bk_card *card, int error)
{
    enum bk_sound_stream direction = card->direction;

    bk_warning("the %s is gone: %s", direction == BK_SOUND_PLAYBACK ? "loudspeaker" : "microphone", strerror(-error));
    bk_card_close(card);
    use_spare(sound, direction);
}

/* Time passes: 10 ms of it. */

static void play(struct bk_sound_mixer *sound, int16_t *ret_samples)
{
    struct bk_mix mix = { 0 };

    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
        if (sound->clients[i].fd >= 0)
            bk_client_play(&sound->clients[i], &mix);
    }
    bk_mix_finish(&mix, ret_samples);
}

/* To those who may hear the microphone, or to the others. */
static void record(struct bk_sound_mixer *sound, bool microphone, const int16_t *samples)
{
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
        if (sound->clients[i].fd >= 0 && sound->clients[i].microphone == microphone)
            bk_client_record(&sound->clients[i], samples, BK_MIX_FRAMES);
    }
}

static void serve_speaker(struct bk_sound_mixer *sound)
{
    struct bk_card *card = &sound->cards[BK_SOUND_PLAYBACK];
    int16_t samples[BK_MIX_FRAMES * BK_SOUND_CHANNELS];

    play(sound, samples);
    int r = bk_card_write(card, samples);
    if (r < 0 && r != -EAGAIN)
        lose_card(sound, card, r);
}

static void serve_microphone(struct bk_sound_mixer *sound)
{
    struct bk_card *card = &sound->cards[BK_SOUND_CAPTURE];
    int16_t samples[BK_MIX_FRAMES * BK_SOUND_CHANNELS];

    int r = bk_card_read(card, samples);
    if (r == 0)
        record(sound, true, samples);
    else if (r != -EAGAIN)
        lose_card(sound, card, r);
}

static void tick(struct bk_sound_mixer *sound)
{
    static const int16_t silence[BK_MIX_FRAMES * BK_SOUND_CHANNELS];
    int16_t unheard[BK_MIX_FRAMES * BK_SOUND_CHANNELS];

    if (!sound->cards[BK_SOUND_PLAYBACK].runs)
        play(sound, unheard);
    record(sound, false, silence);
    if (!sound->cards[BK_SOUND_CAPTURE].runs)
        record(sound, true, silence);
}

/* What is needed now */

static void want_card(struct bk_sound_mixer *sound, enum bk_sound_stream direction, bool wanted)
{
    struct bk_card *card = &sound->cards[direction];

    if (!wanted)
        bk_card_stop(card);
    while (wanted && card->fd >= 0 && !card->runs) {
        int r = bk_card_start(card);
        if (r < 0)
            lose_card(sound, card, r);
    }
}

/* Starts and stops the card and the clock. */
static void adjust(struct bk_sound_mixer *sound, uint64_t now)
{
    bool plays = false, listens = false, silenced = false;

    sound->rested_nsec = 0;
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
        struct bk_client *client = &sound->clients[i];
        if (client->fd < 0)
            continue;
        bk_client_tell_source(client, sound->cards[BK_SOUND_CAPTURE].fd >= 0);
        look_at_recording(sound, client, now);
        plays = plays || client->runs[BK_SOUND_PLAYBACK] != 0;
        listens = listens || (client->runs[BK_SOUND_CAPTURE] != 0 && client->microphone);
        silenced = silenced || (client->runs[BK_SOUND_CAPTURE] != 0 && !client->microphone);
    }
    if (plays)
        sound->silent_nsec = 0;
    else if (sound->silent_nsec == 0)
        sound->silent_nsec = now;
    want_card(sound, BK_SOUND_PLAYBACK,
              plays || (sound->cards[BK_SOUND_PLAYBACK].runs && now - sound->silent_nsec < LINGER_NSEC));
    want_card(sound, BK_SOUND_CAPTURE, listens);
    bool ticks = silenced || (plays && !sound->cards[BK_SOUND_PLAYBACK].runs) ||
                 (listens && !sound->cards[BK_SOUND_CAPTURE].runs);
    if (!ticks)
        sound->tick_nsec = 0;
    else if (sound->tick_nsec == 0 || now > sound->tick_nsec + LATE_NSEC)
        sound->tick_nsec = now + TICK_NSEC;
}

static void take_control(struct bk_sound_mixer *sound, const struct bk_sound_control_message *message, int fd)
{
    _cleanup_close_ int given = fd;
    struct bk_client *client = find_client(sound, message->cid);
    int r = 0;

    switch (message->type) {
    case BK_SOUND_CARD:
        r = given < 0 || message->value >= BK_SOUND_STREAMS ? -EINVAL : add_card(sound, message->value, &given);
        break;
    case BK_SOUND_CABLE:
        r = given < 0 ? -EINVAL : plug(sound, message->cid, &given);
        break;
    case BK_SOUND_MICROPHONE:
        if (client != NULL) /* else it is gone, and its next cable will say */
            client->microphone = message->value != 0;
        break;
    case BK_SOUND_CONTROLS:
        r = given < 0 ? -EINVAL : bk_controls_open_up(given);
        break;
    default:
        r = -ENOSYS;
        break;
    }
    if (r < 0)
        bk_error("control message %u: %s", message->type, strerror(-r));
}

/* False when the supervisor is gone. */
static bool read_control(struct bk_sound_mixer *sound)
{
    struct bk_sound_control_message message;
    int fd = -1;

    ssize_t n = bk_recv_message(sound->control, &message, sizeof message, &fd);
    if (n == -EAGAIN)
        return true;
    if (n != (ssize_t)sizeof message) {
        bk_close(fd);
        return false;
    }
    take_control(sound, &message, fd);
    return true;
}

enum {
    POLL_CONTROL,
    POLL_CARDS,
    POLL_CLIENTS = POLL_CARDS + BK_SOUND_STREAMS,
    POLLS = POLL_CLIENTS + BK_SOUND_VMS_MAX
};

static void fill_poll(const struct bk_sound_mixer *sound, struct pollfd polls[static POLLS])
{
    polls[POLL_CONTROL] = (struct pollfd){ .fd = sound->control, .events = POLLIN };
    for (unsigned i = 0; i < BK_SOUND_STREAMS; i++) {
        const struct bk_card *card = &sound->cards[i];
        polls[POLL_CARDS + i] = (struct pollfd){ .fd = card->runs ? card->fd : -1, .events = bk_card_events(card) };
    }
    for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++)
        polls[POLL_CLIENTS + i] = (struct pollfd){ .fd = sound->clients[i].fd, .events = POLLIN };
}

/* Until the clock ticks or a VM has rested: milliseconds, rounded up; -1: for ever. */
static int patience(const struct bk_sound_mixer *sound, uint64_t now)
{
    uint64_t at = sound->tick_nsec;

    if (at == 0 || (sound->rested_nsec != 0 && sound->rested_nsec < at))
        at = sound->rested_nsec;
    if (at == 0)
        return -1;
    return at <= now ? 0 : (int)((at - now + 999999) / 1000000);
}

int bk_sound_run(struct bk_sound_mixer *sound)
{
    struct pollfd polls[POLLS];
    int r = bk_set_nonblock(sound->control);

    if (r < 0)
        return r;
    for (;;) {
        uint64_t now = now_nsec();
        adjust(sound, now);
        fill_poll(sound, polls);
        if (poll(polls, POLLS, patience(sound, now)) < 0) {
            if (errno != EINTR)
                return -errno;
            continue;
        }
        for (unsigned i = 0; i < BK_SOUND_VMS_MAX; i++) {
            if (polls[POLL_CLIENTS + i].revents != 0)
                read_cable(sound, &sound->clients[i]);
        }
        if (polls[POLL_CARDS + BK_SOUND_PLAYBACK].revents != 0)
            serve_speaker(sound);
        if (polls[POLL_CARDS + BK_SOUND_CAPTURE].revents != 0)
            serve_microphone(sound);
        if (sound->tick_nsec != 0 && sound->tick_nsec <= now_nsec()) {
            tick(sound);
            sound->tick_nsec += TICK_NSEC;
        }
        if (polls[POLL_CONTROL].revents != 0 && !read_control(sound))
            return 0;
    }
}
