/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <assert.h>
#include <string.h>

const char *const bk_folder_access_names[BK_FOLDER_ACCESSES] = {
    [BK_FOLDER_READ_ONLY] = "readOnly",
    [BK_FOLDER_READ_WRITE] = "readWrite",
};
static_assert(BK_FOLDER_ACCESSES == 2, "one name for each");

enum bk_folder_access bk_folder_access_by_name(const char *name)
{
    int access = 0;

    while (access < BK_FOLDER_ACCESSES && strcmp(name, bk_folder_access_names[access]) != 0)
        access++;
    return (enum bk_folder_access)access;
}

enum bk_text_fault bk_folder_check_name(const char *name, size_t length)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

    if (length == 0)
        return BK_TEXT_EMPTY;
    if (length > BK_FOLDER_NAME_MAX)
        return BK_TEXT_TOO_LONG;
    for (size_t i = 0; i < length; i++) {
        if (memchr(letters, name[i], sizeof letters - 1) == NULL)
            return BK_TEXT_BAD_CHARACTER;
    }
    return name[0] == '.' ? BK_TEXT_BAD_CHARACTER : BK_TEXT_GOOD;
}

enum bk_text_fault bk_folder_check_aname(const char *aname, size_t length)
{
    enum bk_text_fault fault = bk_text_check(aname, length, BK_FOLDER_ANAME_MAX, BK_TEXT_LINE);

    if (fault == BK_TEXT_GOOD && (aname[0] != '/' || memchr(aname, ',', length) != NULL))
        return BK_TEXT_BAD_CHARACTER;
    return fault;
}

bool bk_folder_parse_id(const char *id, size_t *ret_app_length, const char **ret_name)
{
    const char *slash = strchr(id, '/');

    if (slash == NULL || slash == id || bk_folder_check_name(slash + 1, strlen(slash + 1)) != BK_TEXT_GOOD)
        return false;
    *ret_app_length = (size_t)(slash - id);
    *ret_name = slash + 1;
    return true;
}
