/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an app may send to the broker: the framing must bound every message whatever the pieces in which it comes,
 * and the text rules must hold for whatever they pass. The first byte says how big the pieces are.
 */
#include "framing.h"
#include "text.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MESSAGES_MAX 4096

struct outcome {
    size_t ends[MESSAGES_MAX]; /* where messages ended */
    size_t n_ends;
    enum bk_framing_verdict last;
    size_t taken;
};

static void run(const char *data, size_t size, size_t piece, struct outcome *outcome)
{
    struct bk_framing framing = { 0 };

    *outcome = (struct outcome){ .last = BK_FRAMING_MORE };
    while (outcome->taken < size) {
        size_t left = size - outcome->taken;
        size_t taken = SIZE_MAX;
        size_t given = left < piece ? left : piece;
        outcome->last = bk_framing_scan(&framing, data + outcome->taken, given, &taken);
        assert(taken <= given);
        outcome->taken += taken;
        assert(framing.length <= BK_FRAMING_MESSAGE_MAX && framing.depth.open <= BK_FRAMING_DEPTH_MAX + 1);
        switch (outcome->last) {
        case BK_FRAMING_MORE:
            assert(taken == given);
            break;
        case BK_FRAMING_MESSAGE:
            assert(taken > 0 && data[outcome->taken - 1] == '\0' && !bk_framing_within(&framing));
            if (outcome->n_ends < MESSAGES_MAX)
                outcome->ends[outcome->n_ends++] = outcome->taken;
            break;
        case BK_FRAMING_EMPTY:
        case BK_FRAMING_TOO_LONG:
        case BK_FRAMING_TOO_DEEP:
            assert(bk_framing_fault(outcome->last) != NULL);
            return;
        }
    }
}

/* What passes as text holds no control character, whichever way it is read. */
static void check_text(const char *data, size_t size)
{
    enum bk_text_fault as_line = bk_text_check(data, size, 2000, BK_TEXT_LINE);
    enum bk_text_fault as_lines = bk_text_check(data, size, 2000, BK_TEXT_LINES);

    for (size_t i = 0; as_lines == BK_TEXT_GOOD && i < size; i++)
        assert(data[i] == '\n' || (unsigned char)data[i] >= 0x20);
    if (as_line == BK_TEXT_GOOD)
        assert(as_lines == BK_TEXT_GOOD && size > 0 && memchr(data, '\n', size) == NULL);
    assert((as_line == BK_TEXT_TOO_LONG) == (size > 2000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome whole;
    static struct outcome pieces;

    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    run(bytes, size - 1, SIZE_MAX, &whole);
    run(bytes, size - 1, (size_t)data[0] + 1, &pieces);
    assert(whole.last == pieces.last && whole.taken == pieces.taken && whole.n_ends == pieces.n_ends);
    assert(memcmp(whole.ends, pieces.ends, whole.n_ends * sizeof whole.ends[0]) == 0);
    check_text(bytes, size - 1);
    return 0;
}
