/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

#include <string.h>

static enum bk_camera_news take_title(struct bk_camera_account *account, const char *packet, size_t size)
{
    if (size > BK_CAMERA_TITLE_MAX || memchr(packet, '\0', size) != NULL)
        return BK_CAMERA_NONSENSE;
    memcpy(account->title, packet, size);
    account->title[size] = '\0';
    return BK_CAMERA_NO_NEWS;
}

enum bk_camera_news bk_camera_account_take(struct bk_camera_account *account, const char *packet, size_t size)
{
    if (size == 0)
        return BK_CAMERA_NONSENSE;
    if (account->title[0] == '\0')
        return take_title(account, packet, size);
    enum bk_camera_report what = (enum bk_camera_report)(unsigned char)packet[0];
    if (size != 1 ||
        (what != BK_CAMERA_SEEN && what != BK_CAMERA_DENIED && what != BK_CAMERA_UNREADABLE && what != BK_CAMERA_GONE))
        return BK_CAMERA_NONSENSE;
    if (account->told == BK_CAMERA_UNKNOWN) {
        if (what == BK_CAMERA_GONE)
            return BK_CAMERA_NONSENSE;
        account->told = what;
        return BK_CAMERA_OPENED;
    }
    if (account->told != BK_CAMERA_SEEN || what == BK_CAMERA_SEEN)
        return BK_CAMERA_NO_NEWS;
    account->told = BK_CAMERA_GONE; /* also when it did not open anew, in another mode */
    return BK_CAMERA_ENDED;
}
