/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What any process of a web app's VM sends as if it were a camera's source, packet by packet (a byte says how long each
 * is): a title and a word of the four are what is kept, an end comes once and behind a picture, and nonsense changes
 * nothing. None of it is read beyond its end, nor written beyond the title's.
 */
#include "camera/account.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check(const struct bk_camera_account *before, const struct bk_camera_account *after,
                  enum bk_camera_news news)
{
    bool begins = before->title[0] == '\0';

    assert(memchr(after->title, '\0', sizeof after->title) != NULL);
    assert(begins || strcmp(before->title, after->title) == 0);
    switch (news) {
    case BK_CAMERA_NO_NEWS:
        assert(after->told == before->told && after->title[0] != '\0');
        break;
    case BK_CAMERA_OPENED:
        assert(!begins && before->told == BK_CAMERA_UNKNOWN);
        assert(after->told == BK_CAMERA_SEEN || after->told == BK_CAMERA_DENIED || after->told == BK_CAMERA_UNREADABLE);
        break;
    case BK_CAMERA_ENDED:
        assert(before->told == BK_CAMERA_SEEN && after->told == BK_CAMERA_GONE);
        break;
    case BK_CAMERA_NONSENSE:
        assert(after->told == before->told && strcmp(before->title, after->title) == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bk_camera_account account;

    memset(&account, 0, sizeof account);
    while (size > 0) {
        size_t length = *data++;
        struct bk_camera_account before;

        size--;
        if (length > size)
            length = size;
        char *packet = malloc(length); /* of its own, so that a byte behind it is found */
        assert(packet != NULL || length == 0);
        if (length > 0)
            memcpy(packet, data, length);
        memcpy(&before, &account, sizeof before);
        enum bk_camera_news news = bk_camera_account_take(&account, packet, length);
        check(&before, &account, news);
        free(packet);
        data += length;
        size -= length;
    }
    return 0;
}
