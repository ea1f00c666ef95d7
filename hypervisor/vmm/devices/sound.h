/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sound device (virtio 1.3 §5.14): a playback and a capture stream, of the sound cable's one format, whose far end
 * is the clock: a buffer comes back to the driver when its sound is on its way to the loudspeaker, or came from the
 * microphone. Without a cable the streams stand still.
 *
 * Input from: guest (requests, buffers); the sound cable (checked)
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_DEVICES_SOUND_H
#define BK_DEVICES_SOUND_H

struct bk_loop;
struct bk_sound;
struct bk_virtio_device;

/* `cable` outlives the device, which listens to it. */
int bk_sound_device_create(struct bk_loop *loop, struct bk_sound *cable, struct bk_virtio_device **ret_device);

#endif
