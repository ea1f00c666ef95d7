/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process's end of the sound cable (hypervisor/protocol/sound_cable.h).
 *
 * Input from: host (bk-sound), checked: a message that is not by the protocol unplugs the cable
 * Runs in: bk-vmm, I/O thread
 */
#ifndef BK_CABLE_SOUND_H
#define BK_CABLE_SOUND_H

#include "sound_cable.h"

#include <stdbool.h>
#include <sys/uio.h>

struct bk_loop;
struct bk_sound;

struct bk_sound_listener {
    /* PLAYED or RECORDED, of whatever run and, PLAYED, of however many frames up to BK_SOUND_WINDOW; or SOURCE. Of
     * several PLAYED of no frames that came at once, one. */
    void (*hear)(void *userdata, const struct bk_sound_message *message);
    /* There is another cable, whose far end knows nothing yet, or none any more. */
    void (*forget)(void *userdata);
    /* What could not be sent may be sent now; after forget(), too. */
    void (*go_on)(void *userdata);
};

int bk_sound_create(struct bk_loop *loop, struct bk_sound **ret_sound);
void bk_sound_destroy(struct bk_sound *sound);

/* Takes `fd`, a SOCK_SEQPACKET socket, in any case, in place of the cable there was. */
int bk_sound_plug(struct bk_sound *sound, int fd);
/* The far end said what it may not say. */
void bk_sound_refuse(struct bk_sound *sound, const char *why);

/* NULL: nobody. `listener` outlives the sound. */
void bk_sound_listen(struct bk_sound *sound, const struct bk_sound_listener *listener, void *userdata);

#define BK_SOUND_RANGES_MAX 256U /* a descriptor chain's */

/* Sends the header with the bytes of `ranges` behind it. False: it was not sent, for there is no cable or no room. */
bool bk_sound_send(struct bk_sound *sound, const struct bk_sound_header *header, const struct iovec *ranges,
                   unsigned count);

#endif
