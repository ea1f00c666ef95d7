/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a folder that an app offers may be called, and what may be done in it. Knows no JSON and no socket.
 *
 * Input from: app
 * Runs in: bk-broker
 *
 * The rules are part of the API: api/io.bulkhead.Folders.varlink. A folder's id is "APP/NAME"; an app's id has no slash
 * and neither has a name, so that an id is read in one way only.
 */
#ifndef BK_BROKER_FOLDER_H
#define BK_BROKER_FOLDER_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>

/* The limits that api/io.bulkhead.Folders.varlink promises; lengths in bytes. */
#define BK_FOLDER_NAME_MAX       32U
#define BK_FOLDER_TITLE_MAX      80U
#define BK_FOLDER_ANAME_MAX      128U
#define BK_FOLDER_OFFERS_MAX     4U   /* folders that an app offers */
#define BK_FOLDER_SERVED_MAX     32U  /* streams to what an app offers */
#define BK_FOLDER_OPENED_MAX     16U  /* streams to what others offer, of an app … */
#define BK_FOLDER_OPENED_ALL_MAX 256U /* … and of all: each has two descriptors, and the buffers of its pump */

/* As io.bulkhead.Folders has them; what is more comes after. */
enum bk_folder_access {
    BK_FOLDER_READ_ONLY,
    BK_FOLDER_READ_WRITE,
    BK_FOLDER_ACCESSES,
};
extern const char *const bk_folder_access_names[BK_FOLDER_ACCESSES];

/* BK_FOLDER_ACCESSES when there is none of that name. */
enum bk_folder_access bk_folder_access_by_name(const char *name);

/* Judges the name of a folder. */
enum bk_text_fault bk_folder_check_name(const char *name, size_t length);

/* Judges what 9P clients attach to. A comma would end it in the options of Linux's mount(). */
enum bk_text_fault bk_folder_check_aname(const char *aname, size_t length);

/* Finds the two halves of a folder's id: `*ret_app_length` bytes of the app's id, then a slash, then the name. False
 * when it is no id: no slash, nothing before it, or no good name behind it. */
bool bk_folder_parse_id(const char *id, size_t *ret_app_length, const char **ret_name);

#endif
