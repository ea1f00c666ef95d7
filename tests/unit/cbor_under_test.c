/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's CBOR as a program, for tests/unit/drive_cbor.py. A line of ">" and hexadecimal digits is messages as an
 * app sends them, and is answered with a line: their JSON texts, each with a tab behind it, then what is wrong, "half"
 * or "done". A line of "<" and JSON is answered with its message in hexadecimal digits, or with the name of the error.
 */
#define _GNU_SOURCE
#include "cbor_decode.h"
#include "cbor_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 7U /* bytes that come at once */

static void to_json(const uint8_t *data, size_t size)
{
    struct bk_cbor_decoder decoder = { 0 };
    size_t at = 0;

    while (at < size) {
        char text[BK_CBOR_ROOM];
        size_t taken;
        size_t written;
        size_t given = size - at < PIECE ? size - at : PIECE;
        enum bk_cbor_verdict verdict = bk_cbor_decode(&decoder, data + at, given, &taken, text, sizeof text, &written);
        at += taken;
        if (bk_cbor_fault(verdict) != NULL) {
            puts(bk_cbor_fault(verdict));
            return;
        }
        fwrite(text, 1, verdict == BK_CBOR_MESSAGE ? written - 1 : written, stdout);
        if (verdict == BK_CBOR_MESSAGE)
            putchar('\t');
    }
    puts(bk_cbor_within(&decoder) ? "half" : "done");
}

static void to_cbor(const char *json)
{
    struct bk_cbor_bytes bytes = { 0 };
    int r = bk_cbor_encode(&bytes, json);

    for (size_t i = 0; r >= 0 && i < bytes.size; i++)
        printf("%02x", bytes.data[i]);
    puts(r < 0 ? strerrorname_np(-r) : "");
    bk_cbor_bytes_finish(&bytes);
}

int main(void)
{
    char *line = NULL;
    size_t allocated = 0;

    for (ssize_t length; (length = getline(&line, &allocated, stdin)) > 0; fflush(stdout)) {
        line[--length] = '\0';
        if (line[0] == '>') {
            size_t size = (size_t)length / 2;
            uint8_t *data = malloc(size + (size == 0)); /* exact: a sanitizer sees a read of one too many */
            for (size_t i = 0; i < size; i++) {
                char digits[] = { line[1 + 2 * i], line[2 + 2 * i], '\0' };
                data[i] = (uint8_t)strtoul(digits, NULL, 16);
            }
            to_json(data, size);
            free(data);
        } else {
            to_cbor(line + 1);
        }
    }
    free(line);
    return EXIT_SUCCESS;
}
