/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app calls its folders, and what another one asks for: an id that is read has two halves, and no text is good
 * that would leave the options of a mount, or the folder, or be more than its limit.
 */
#include "folder.h"
#include "folder_changes.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 512U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1];
    const char *name = NULL;
    size_t length = 0;

    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (bk_folder_parse_id(text, &length, &name)) {
        assert(length > 0 && name == text + length + 1 && name[-1] == '/');
        assert(memchr(text, '/', length) == NULL && strchr(name, '/') == NULL);
        assert(bk_folder_check_name(name, strlen(name)) == BK_TEXT_GOOD);
    }
    size_t plain = strcspn(text, ",\n"); /* up to what would end it elsewhere; all of it */
    if (bk_folder_check_name(text, size) == BK_TEXT_GOOD)
        assert(size > 0 && size <= BK_FOLDER_NAME_MAX && plain == size && memchr(text, '/', size) == NULL);
    if (bk_folder_check_aname(text, size) == BK_TEXT_GOOD)
        assert(size > 0 && size <= BK_FOLDER_ANAME_MAX && plain == size && text[0] == '/');
    if (bk_folder_check_path(text, size) == BK_TEXT_GOOD) {
        assert(text[0] == '/' && memchr(text, '\n', size) == NULL && strstr(text, "//") == NULL);
        assert(strstr(text, "/../") == NULL && strstr(text, "/./") == NULL && (size == 1 || text[size - 1] != '/'));
    }
    (void)bk_folder_access_by_name(text);
    return 0;
}
