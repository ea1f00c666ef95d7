/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The System VM's port for bundles that are to be installed: docs/protocols/bundle-port.md
 *
 * Input from: guest (bk-broker, which passes on what an app's folder has)
 * Runs in: bk-supervisor; bk-broker, which writes it
 */
#ifndef BK_PROTOCOL_BUNDLE_PORT_H
#define BK_PROTOCOL_BUNDLE_PORT_H

#define BK_BUNDLE_PORT "io.bulkhead.bundle"

/* What a bundle begins with on the port, and is known by: random, in hexadecimal digits. */
#define BK_BUNDLE_MARK_SIZE 32U

#endif
