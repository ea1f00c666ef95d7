/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder.h"

#include "app.h"
#include "broker.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_MAX  600U /* bytes in a line: the supervisor's log cuts lines at 1000 */
#define BASE64_MAX ((PIECE_MAX + 2) / 3 * 4 + 1)

struct bk_recorder {
    const char *path;
    uint64_t lines;
    uint64_t connections;
};

int bk_recorder_create(const char *path, struct bk_recorder **ret)
{
    struct bk_recorder *recorder = calloc(1, sizeof *recorder);

    if (recorder == NULL)
        return -ENOMEM;
    recorder->path = path;
    *ret = recorder;
    return 0;
}

void bk_recorder_destroy(struct bk_recorder *recorder)
{
    free(recorder);
}

/* Looked up each time: the file is small, and this is for debugging. */
static bool is_wanted(const struct bk_recorder *recorder, const char *app)
{
    _cleanup_free_ char *wanted = NULL;

    return bk_read_file(recorder->path, BK_APP_ID_MAX, &wanted, NULL) >= 0 && strcmp(wanted, app) == 0;
}

/* RFC 4648 §4. */
static const char *base64(const char *data, size_t size, char text[static BASE64_MAX])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = (const unsigned char *)data;
    size_t used = 0;

    for (size_t i = 0; i < size; i += 3) {
        uint32_t three = (uint32_t)bytes[i] << 16;
        if (i + 1 < size)
            three |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < size)
            three |= bytes[i + 2];
        text[used++] = digits[three >> 18];
        text[used++] = digits[three >> 12 & 63];
        text[used++] = i + 1 < size ? digits[three >> 6 & 63] : '=';
        text[used++] = i + 2 < size ? digits[three & 63] : '=';
    }
    text[used] = '\0';
    return text;
}

static void note(struct bk_recorder *recorder, uint64_t connection, const char *what, const char *text)
{
    bk_info("record %" PRIu64 " %" PRIu64 " %" PRIu64 " %s%s%s", ++recorder->lines, connection, bk_broker_now_ms(),
            what, text[0] == '\0' ? "" : " ", text);
}

uint64_t bk_recorder_opened(struct bk_recorder *recorder, const char *app)
{
    if (recorder == NULL || !is_wanted(recorder, app))
        return 0;
    note(recorder, ++recorder->connections, "opened", "");
    return recorder->connections;
}

void bk_recorder_passed(struct bk_recorder *recorder, uint64_t connection, const char *app, bool from_app,
                        const char *data, size_t size)
{
    char text[BASE64_MAX];

    if (connection == 0 || !is_wanted(recorder, app))
        return;
    for (size_t at = 0; at < size; at += PIECE_MAX) {
        size_t piece = size - at < PIECE_MAX ? size - at : PIECE_MAX;
        note(recorder, connection, from_app ? "app" : "system", base64(data + at, piece, text));
    }
}

void bk_recorder_closed(struct bk_recorder *recorder, uint64_t connection)
{
    if (connection != 0)
        note(recorder, connection, "closed", "");
}
