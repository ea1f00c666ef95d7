/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker asks, answered: one folder of one app, for one question to the person.
 *
 * Input from: trusted (bk-broker); app, through browse.h and file.h
 * Runs in: bk-picker
 */
#ifndef BK_PICKER_PICKER_H
#define BK_PICKER_PICKER_H

/* Serves the broker's socket, which stays the caller's, until there is nothing more to do; yields 0, or a negative
 * errno when something failed here: not for what an app does. */
int bk_picker_run(int control);

#endif
