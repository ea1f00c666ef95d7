/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sound card's own controls: most cards are mute, and deaf, until somebody sets them.
 *
 * Input from: trusted (the kernel)
 * Runs in: bk-sound
 */
#ifndef BK_SOUND_CONTROLS_H
#define BK_SOUND_CONTROLS_H

#include <stdbool.h>

/* Switches on what is played and recorded and sets how loud that is, in each control of the card at `fd`
 * (/dev/snd/controlCx). The controls that it does not know stay as they are. */
int bk_controls_open_up(int fd);

/* For each control that is set: how loud, in percent of what it can do; -1: it is not one to set. */
int bk_controls_percent(const char *name, bool is_switch);

#endif
