/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include "io.h"

#include <errno.h>
#include <string.h>

/* system calls [sound]: sendmsg */

static const char *play(struct bk_client *client, const struct bk_sound_message *message)
{
    const struct bk_sound_header *header = &message->header;

    if (header->run == 0 || header->run != client->runs[BK_SOUND_PLAYBACK])
        return "sound of a stream that does not run";
    if (client->owed + client->fifo.count + header->frames > BK_SOUND_WINDOW)
        return "more sound than its window holds";
    bk_fifo_put(&client->fifo, message->sound, header->frames);
    return NULL;
}

const char *bk_client_take(struct bk_client *client, const struct bk_sound_message *datagram, size_t size)
{
    const struct bk_sound_header *header = &datagram->header;

    if (size < sizeof *header || header->stream >= BK_SOUND_STREAMS || header->frames > BK_SOUND_FRAMES_MAX)
        return "a message without a proper header";
    if (header->type == BK_SOUND_PLAY) {
        if (header->stream != BK_SOUND_PLAYBACK || header->frames == 0 ||
            size != sizeof *header + header->frames * BK_SOUND_FRAME_SIZE)
            return "sound of the wrong size";
        return play(client, datagram);
    }
    if ((header->type != BK_SOUND_START && header->type != BK_SOUND_STOP) || header->frames != 0 ||
        size != sizeof *header || header->run == 0)
        return "a message that there is not";
    if (header->type == BK_SOUND_STOP && header->run != client->runs[header->stream])
        return "the end of what does not run";
    client->runs[header->stream] = header->type == BK_SOUND_START ? header->run : 0;
    if (header->stream == BK_SOUND_PLAYBACK) {
        client->fifo.first = client->fifo.count = 0;
        client->owed = 0;
    }
    return NULL;
}

void bk_client_tell_source(struct bk_client *client, bool source)
{
    const struct bk_sound_header header = { .type = BK_SOUND_SOURCE, .stream = BK_SOUND_CAPTURE, .frames = source };

    if (client->told_source && client->source == source)
        return;
    if (bk_send_message(client->fd, &header, sizeof header, -1) != 0)
        return; /* the next time; a VM that is gone shows in the next poll */
    client->told_source = true;
    client->source = source;
}

void bk_client_play(struct bk_client *client, struct bk_mix *mix)
{
    client->owed += bk_mix_add(mix, &client->fifo);
    if (client->runs[BK_SOUND_PLAYBACK] == 0)
        return;
    const struct bk_sound_header header = {
        .type = BK_SOUND_PLAYED,
        .stream = BK_SOUND_PLAYBACK,
        .run = client->runs[BK_SOUND_PLAYBACK],
        .frames = client->owed,
    };
    if (bk_send_message(client->fd, &header, sizeof header, -1) == 0)
        client->owed = 0; /* else with the next; a VM that is gone shows in the next poll */
}

void bk_client_record(const struct bk_client *client, const int16_t *samples, uint32_t frames)
{
    struct bk_sound_message message;

    if (client->runs[BK_SOUND_CAPTURE] == 0)
        return;
    message.header = (struct bk_sound_header){
        .type = BK_SOUND_RECORDED,
        .stream = BK_SOUND_CAPTURE,
        .run = client->runs[BK_SOUND_CAPTURE],
        .frames = frames,
    };
    memcpy(message.sound, samples, frames * BK_SOUND_FRAME_SIZE);
    (void)bk_send_message(client->fd, &message, sizeof message.header + frames * BK_SOUND_FRAME_SIZE, -1);
}
