/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the System VM gets of the machine beside its image: the disk that it keeps things on, a GPS receiver.
 *
 * Input from: trusted (the options); host (the devices)
 * Runs in: bk-supervisor
 *
 * The machine goes without what cannot be opened, and says so.
 */
#ifndef BK_SUPERVISOR_SYSTEM_DEVICES_H
#define BK_SUPERVISOR_SYSTEM_DEVICES_H

/* The data disk, locked, so that nobody who locks it too writes it meanwhile; the lock is the descriptor's, and that of
 * whoever inherits it. -1: there is none. `path` may be NULL. */
int bk_system_open_data(const char *path);

/* The serial line of a GPS receiver, set to raw bytes at 9600 baud, as NMEA 0183 has it. -1: there is none. `path` may
 * be NULL. */
int bk_system_open_gps(const char *path);

#endif
