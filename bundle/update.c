/* SPDX-License-Identifier: Apache-2.0 */
#include "update.h"

#include "format.h"

#include <assert.h>
#include <string.h>

const char *const bk_update_names[] = {
    [BK_UPDATE_FIRST] = "first",        [BK_UPDATE_NEWER] = "newer",        [BK_UPDATE_SAME] = "same",
    [BK_UPDATE_OTHER_APP] = "otherApp", [BK_UPDATE_OTHER_KEY] = "otherKey", [BK_UPDATE_OLDER] = "older",
};
static_assert(sizeof bk_update_names / sizeof bk_update_names[0] == BK_UPDATES, "one name for each");

enum bk_update bk_update_judge(const struct bk_edition *installed, const struct bk_edition *offered)
{
    if (installed == NULL)
        return BK_UPDATE_FIRST;
    if (strcmp(installed->id, offered->id) != 0)
        return BK_UPDATE_OTHER_APP;
    if (memcmp(installed->key, offered->key, BK_BUNDLE_KEY_SIZE) != 0)
        return BK_UPDATE_OTHER_KEY;
    int order = bk_version_compare(&offered->version, &installed->version);
    return order < 0 ? BK_UPDATE_OLDER : order > 0 ? BK_UPDATE_NEWER : BK_UPDATE_SAME;
}

bool bk_update_is_allowed(enum bk_update update)
{
    return update == BK_UPDATE_FIRST || update == BK_UPDATE_NEWER || update == BK_UPDATE_SAME;
}
