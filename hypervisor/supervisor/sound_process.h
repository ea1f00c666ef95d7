/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-sound's process: started, given the machine's sound cards and the VMs' sound cables as open descriptors, told who
 * may hear the microphone (hypervisor/protocol/sound_control.h).
 *
 * Input from: trusted; bk-sound, which apps' VMs may have taken over: checked
 * Runs in: bk-supervisor
 */
#ifndef BK_SUPERVISOR_SOUND_PROCESS_H
#define BK_SUPERVISOR_SOUND_PROCESS_H

#include "devices.h"
#include "program.h"

#include <stdbool.h>
#include <stdint.h>

struct bk_vm;

struct bk_sound_process {
    struct bk_program program;
    void (*started)(void *userdata); /* a new process wants sound cables; nobody records any more */
    void (*recording)(void *userdata, uint32_t cid, bool recording); /* any number for a CID */
    void *userdata;
    struct bk_devices devices;
};

/* Zero-initialised means no sound: then nothing below does anything. `started` is called from here, too. */
int bk_sound_process_open(struct bk_sound_process *sound, sd_event *event, const char *program, bool drop_user,
                          void (*started)(void *userdata),
                          void (*recording)(void *userdata, uint32_t cid, bool recording), void *userdata);
void bk_sound_process_close(struct bk_sound_process *sound);

/* Joins a VM's sound device to it, in place of the cable before. The VM is not STOPPED. Only the host's own failures
 * are yielded. */
int bk_sound_process_plug(struct bk_sound_process *sound, struct bk_vm *vm, uint32_t cid);
/* Whether it may hear the microphone. At first it may not. */
void bk_sound_process_allow(struct bk_sound_process *sound, uint32_t cid, bool microphone);

#endif
