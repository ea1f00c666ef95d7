/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts a jailed program (hypervisor/jail/program.h) that works for the broker, over one control socket.
 *
 * Input from: trusted
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_JAILED_PROGRAM_H
#define BK_BROKER_JAILED_PROGRAM_H

/* Starts `program` with "--control fd:N" for `control`, which stays the caller's; it goes with the broker. Yields its
 * pidfd, or a negative errno. That it cannot be executed is told by its end. */
int bk_jailed_program_start(const char *program, int control);

#endif
