/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The card's buffer is asked to be of BUFFER_FRAMES, of which FILL_FRAMES are kept filled: what is written later is
 * heard sooner, and what is left is for a processor that comes late. It is started by hand with the first two periods
 * of silence in it.
 */
#include "card.h"

#include "checked.h"
#include "cleanup.h"

#include <errno.h>
#include <poll.h>
#include <sound/asound.h>
#include <string.h>
#include <sys/ioctl.h>

#define DRY_MAX 100U /* times that a card may run dry one after the other, without taking anything */

/* system calls [sound]: ioctl(SNDRV_PCM_IOCTL_HW_PARAMS) ioctl(SNDRV_PCM_IOCTL_SW_PARAMS)
 * ioctl(SNDRV_PCM_IOCTL_PREPARE) ioctl(SNDRV_PCM_IOCTL_START) ioctl(SNDRV_PCM_IOCTL_DROP)
 * ioctl(SNDRV_PCM_IOCTL_WRITEI_FRAMES) ioctl(SNDRV_PCM_IOCTL_READI_FRAMES) close */

#define PERIOD_FRAMES_MAX (4 * BK_MIX_FRAMES)
#define BUFFER_FRAMES_MIN (4 * BK_MIX_FRAMES)
#define BUFFER_FRAMES_MAX (16 * BK_MIX_FRAMES)
#define FILL_FRAMES       (3 * BK_MIX_FRAMES)

static void set_mask(struct snd_pcm_hw_params *parameters, int which, unsigned value)
{
    struct snd_mask *mask = &parameters->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];

    memset(mask, 0, sizeof *mask);
    mask->bits[value / 32] = 1U << value % 32;
}

static void set_interval(struct snd_pcm_hw_params *parameters, int which, unsigned min, unsigned max)
{
    parameters->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL] =
        (struct snd_interval){ .min = min, .max = max, .integer = 1 };
}

static unsigned interval_of(const struct snd_pcm_hw_params *parameters, int which)
{
    return parameters->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL].min;
}

/* Yields the size of the card's buffer, in frames. */
static int set_hardware(int fd, unsigned channels, unsigned *ret_buffer)
{
    struct snd_pcm_hw_params parameters = { .rmask = UINT32_MAX, .info = UINT32_MAX };

    memset(parameters.masks, 0xff, sizeof parameters.masks);
    for (size_t i = 0; i < BK_ARRAY_SIZE(parameters.intervals); i++)
        parameters.intervals[i] = (struct snd_interval){ .max = UINT32_MAX };
    set_mask(&parameters, SNDRV_PCM_HW_PARAM_ACCESS, (unsigned)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    set_mask(&parameters, SNDRV_PCM_HW_PARAM_FORMAT, (unsigned)SNDRV_PCM_FORMAT_S16_LE);
    set_interval(&parameters, SNDRV_PCM_HW_PARAM_CHANNELS, channels, channels);
    set_interval(&parameters, SNDRV_PCM_HW_PARAM_RATE, BK_SOUND_RATE, BK_SOUND_RATE);
    set_interval(&parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, BK_MIX_FRAMES, PERIOD_FRAMES_MAX);
    set_interval(&parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, BUFFER_FRAMES_MIN, BUFFER_FRAMES_MAX);
    if (ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &parameters) < 0)
        return -errno;
    *ret_buffer = interval_of(&parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
    return 0;
}

static int set_software(const struct bk_card *card, unsigned buffer)
{
    struct snd_pcm_sw_params parameters = {
        .period_step = 1,
        .avail_min = card->direction == BK_SOUND_PLAYBACK ? buffer - FILL_FRAMES : BK_MIX_FRAMES,
        .stop_threshold = buffer,
        .boundary = buffer,
    };

    while (parameters.boundary * 2 <= (snd_pcm_uframes_t)INT32_MAX - buffer)
        parameters.boundary *= 2;
    parameters.start_threshold = parameters.boundary; /* never: it is started by hand */
    return ioctl(card->fd, SNDRV_PCM_IOCTL_SW_PARAMS, &parameters) < 0 ? -errno : 0;
}

int bk_card_open(struct bk_card *card, enum bk_sound_stream direction, int fd)
{
    struct bk_card opened = { .fd = fd, .direction = direction, .channels = BK_SOUND_CHANNELS };
    unsigned buffer = 0;

    int r = set_hardware(fd, opened.channels, &buffer);
    if (r < 0 && direction == BK_SOUND_CAPTURE) {
        opened.channels = 1;
        r = set_hardware(fd, opened.channels, &buffer);
    }
    if (r >= 0)
        r = set_software(&opened, buffer);
    if (r < 0)
        return r == -EINVAL ? -ENOTSUP : r;
    *card = opened;
    return 0;
}

void bk_card_close(struct bk_card *card)
{
    bk_close(card->fd);
    *card = (struct bk_card){ .fd = -1 };
}

static int transfer(const struct bk_card *card, unsigned long request, int16_t *samples)
{
    struct snd_xferi part = { .buf = samples, .frames = BK_MIX_FRAMES };
    int r;

    do {
        r = ioctl(card->fd, request, &part);
    } while (r < 0 && errno == EINTR);
    if (r < 0)
        return -errno;
    return part.result < 0 ? (int)part.result : part.result < (snd_pcm_sframes_t)BK_MIX_FRAMES ? -EAGAIN : 0;
}

int bk_card_start(struct bk_card *card)
{
    int16_t silence[BK_MIX_FRAMES * BK_SOUND_CHANNELS] = { 0 };

    if (ioctl(card->fd, SNDRV_PCM_IOCTL_PREPARE) < 0)
        return -errno;
    for (unsigned i = 0; i < 2 && card->direction == BK_SOUND_PLAYBACK; i++)
        (void)transfer(card, SNDRV_PCM_IOCTL_WRITEI_FRAMES, silence);
    if (ioctl(card->fd, SNDRV_PCM_IOCTL_START) < 0)
        return -errno;
    card->runs = true;
    return 0;
}

void bk_card_stop(struct bk_card *card)
{
    if (card->runs)
        (void)ioctl(card->fd, SNDRV_PCM_IOCTL_DROP);
    card->runs = false;
}

short bk_card_events(const struct bk_card *card)
{
    return card->direction == BK_SOUND_PLAYBACK ? POLLOUT : POLLIN;
}

int bk_card_write(struct bk_card *card, const int16_t *samples)
{
    int r = transfer(card, SNDRV_PCM_IOCTL_WRITEI_FRAMES, (int16_t *)(uintptr_t)samples);

    if (r != -EPIPE) {
        card->dry = r == 0 ? 0 : card->dry;
        return r;
    }
    r = bk_card_start(card);
    if (r < 0)
        return r; /* not dry: it cannot be started */
    r = transfer(card, SNDRV_PCM_IOCTL_WRITEI_FRAMES, (int16_t *)(uintptr_t)samples);
    if (r != -EPIPE)
        return r;
    /* Dry again by now, on a busy machine: the next one starts it anew. */
    return ++card->dry < DRY_MAX ? -EAGAIN : -EIO;
}

int bk_card_read(struct bk_card *card, int16_t *ret_samples)
{
    int r = transfer(card, SNDRV_PCM_IOCTL_READI_FRAMES, ret_samples);

    if (r == -EPIPE) {
        r = bk_card_start(card);
        return r < 0 ? r : -EAGAIN;
    }
    for (unsigned i = BK_MIX_FRAMES; r == 0 && card->channels == 1 && i-- > 0;)
        ret_samples[2 * i] = ret_samples[2 * i + 1] = ret_samples[i];
    return r;
}
