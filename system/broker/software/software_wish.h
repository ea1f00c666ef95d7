/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person may want of installed apps.
 *
 * Input from: trusted (bk-compositor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_SOFTWARE_WISH_H
#define BK_BROKER_SOFTWARE_WISH_H

enum bk_software_wish {
    BK_SOFTWARE_CHOOSE,  /* they want to install from a file */
    BK_SOFTWARE_AGREE,   /* to the bundle of that mark */
    BK_SOFTWARE_DECLINE, /* … or not, or not any more; or have read what came of it */
    BK_SOFTWARE_REMOVE,  /* the app of that id */
    BK_SOFTWARE_LOOK,    /* how much room there is */
    BK_SOFTWARE_LOOK_AT, /* what the app of that id keeps */
    BK_SOFTWARE_KEEP,    /* a restore point of it */
    BK_SOFTWARE_RESTORE, /* the restore point of that number of it */
};

#endif
