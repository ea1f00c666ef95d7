/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What bk-bundle says on its standard output: one JSON object, on one line.
 *
 * Input from: app (what a bundle holds, as text of JSON)
 * Runs in: bk-bundle
 */
#ifndef BK_BUNDLE_REPORT_H
#define BK_BUNDLE_REPORT_H

#include "finding.h"
#include "format.h"
#include "manifest.h"
#include "update.h"

#include <stdbool.h>

/* Exit statuses; 2 is a mistake in the arguments, and 3 is the `bulkhead` command's. */
enum bk_bundle_status {
    BK_STATUS_DONE = 0,
    BK_STATUS_FAILED = 1, /* a file cannot be read or written; why is on standard error */
    BK_STATUS_USAGE = 2,
    BK_STATUS_BROKEN = 4,   /* it is no bundle, or not as it was signed, or no app */
    BK_STATUS_UNSIGNED = 5, /* nobody has signed it */
    BK_STATUS_STRANGER = 6, /* it is another app than the one installed, or another key's */
    BK_STATUS_OLDER = 7,    /* it is older than the one installed */
};

/* What is known of a bundle; each may be NULL or left out. */
struct bk_report {
    const struct bk_bundle_finding *finding; /* when it was judged */
    const struct bk_bundle_header *header;
    const struct bk_manifest *manifest;
    const char *manifest_text; /* all that the manifest says, too */
    bool sections;             /* where each section is, too */
    enum bk_update update;     /* with `is_update` */
    bool is_update;
};

/* Prints it, and yields the status that belongs to it, or a negative errno. */
int bk_report_print(const struct bk_report *report);

/* Prints the public key that was made. */
int bk_report_print_key(const char *key);

#endif
