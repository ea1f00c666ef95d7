/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number that stands in the built filters for "this process's id", which is known only when one is installed.
 *
 * Input from: trusted
 * Runs in: the build; any jailed process
 */
#ifndef BK_JAIL_FILTER_SELF_H
#define BK_JAIL_FILTER_SELF_H

#define BK_FILTER_SELF 0x5e1f1d00U /* above any process id (2^22) */

#endif
