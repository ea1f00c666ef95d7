/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where in the app's folder that is which a page asks for, and what type it has.
 *
 * Input from: the app (its pages' URLs; its files' names)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_FILES_H
#define BK_WEB_FILES_H

#include <stdbool.h>
#include <stddef.h>

#define BK_WEB_PATH_MAX    1024U /* bytes of a path, with its NUL */
#define BK_WEB_ENDINGS_MAX 16U   /* as io.bulkhead.File.Pick() takes them */

/* The file that a URL's path means, relative to the app's folder: percent signs decoded, empty parts and "." left out;
 * "" is the folder itself. False for what can be no file of it: "..", a NUL, a slash or a backslash in disguise, a
 * percent sign without two digits, too long. */
bool bk_web_path(const char *url_path, char to[static BK_WEB_PATH_MAX]);

/* Whether a path that leads to no file may be a place within the app, which its own router knows (the History API):
 * its last part has no ending. */
bool bk_web_is_place(const char *path);

/* The media type of a file, by its ending; "application/octet-stream" when it is not known. */
const char *bk_web_type(const char *name);

/* The endings that files of a media type have, which may be "image/" and a star, or an ending itself (".txt"), as
 * <input accept> names them: adds to `endings`, which has `n`; yields how many there are then, at most
 * BK_WEB_ENDINGS_MAX. An ending that is given is copied to nowhere: it must outlive the list. */
size_t bk_web_endings(const char *type, const char *endings[static BK_WEB_ENDINGS_MAX], size_t n);

#endif
