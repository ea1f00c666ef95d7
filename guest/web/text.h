/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page writes, as the system takes it (docs/api, io.bulkhead.Notification).
 *
 * Input from: the app (valid UTF-8, as the engine gives it)
 * Runs in: bk-web, its main thread
 */
#ifndef BK_WEB_TEXT_H
#define BK_WEB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Copies a text of at most `size` - 1 bytes: what the system refuses becomes a blank, as do line feeds unless `lines`;
 * what is too long is cut behind a whole character. Blanks at the ends are left out: false when nothing is left. */
bool bk_web_text(const char *from, bool lines, char *to, size_t size);

/* The name of a file to propose, of the same kind: slashes and backslashes become blanks, dots before it are left out.
 */
bool bk_web_file_name(const char *from, char *to, size_t size);

#endif
