/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of bk-picker, which reads one folder that an app serves: docs/protocols/picker.md
 *
 * Input from: bk-picker (its answers, which are checked to the letter: it reads an app's bytes)
 * Runs in: bk-broker
 *
 * To let go of one is to close its socket: it takes back what it has begun to store, and ends. One that does not is
 * killed after BK_FILE_PICKER_END_MS.
 */
#ifndef BK_BROKER_FILE_PICKER_H
#define BK_BROKER_FILE_PICKER_H

#include "picker_message.h"

#include <systemd/sd-event.h>

#define BK_FILE_PICKERS_MAX   32U /* processes, those that are ending among them */
#define BK_FILE_PICKER_END_MS 15000U

struct bk_file_picker;

/* What the broker holds; zero-initialised but for the program. */
struct bk_file_pickers {
    const char *program; /* bk-picker */
    struct bk_file_picker *list;
    unsigned count;
};

/* An answer; NULL: there will be none any more. May let go of the picker. */
typedef void (*bk_file_picker_answered_t)(const struct bk_picker_message *answer, void *userdata);

/* Starts one. -EBUSY when there are BK_FILE_PICKERS_MAX. */
int bk_file_picker_start(struct bk_file_pickers *pickers, sd_event *event, bk_file_picker_answered_t answered,
                         void *userdata, struct bk_file_picker **ret);
/* Asks it something, with a stream, which stays the caller's, or -1. A failure is told as the end of the answers. */
void bk_file_picker_ask(struct bk_file_picker *picker, const struct bk_picker_message *message, int stream);
/* NULL is fine. */
void bk_file_picker_let_go(struct bk_file_picker *picker);

/* At the end: those that are ending die with the broker. */
void bk_file_pickers_finish(struct bk_file_pickers *pickers);

#endif
