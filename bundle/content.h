/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bundle is of: its manifest, and whether the other sections are those that it asks for.
 *
 * Input from: app (a bundle whose bytes were verified; whoever signed it may lie)
 * Runs in: bk-bundle, bk-supervisor
 */
#ifndef BK_BUNDLE_CONTENT_H
#define BK_BUNDLE_CONTENT_H

#include "finding.h"
#include "format.h"
#include "manifest.h"

/* Reads the manifest of a bundle with this header, which is whole (verify.h), and its text, with a NUL after it, which
 * the caller frees. `finding` says whether it is an app's: a manifest with a version; an icon that begins as a PNG
 * does; for the provided Linux an EROFS root image and no kernel, else a kernel. A negative errno when the file cannot
 * be read. */
int bk_bundle_read(int fd, const struct bk_bundle_header *header, struct bk_manifest *ret, char **ret_text,
                   struct bk_bundle_finding *finding);

#endif
