/* SPDX-License-Identifier: Apache-2.0 */
#include "ninep.h"

#include <assert.h>
#include <string.h>

/* ---- putting ---- */

void bk_ninep_begin(struct bk_ninep_message *message, enum bk_ninep_type type, uint16_t tag)
{
    message->size = message->at = 0;
    message->bad = false;
    bk_ninep_put(message, 0, 4);
    bk_ninep_put(message, type, 1);
    bk_ninep_put(message, tag, 2);
}

void bk_ninep_put_bytes(struct bk_ninep_message *message, const void *data, size_t size)
{
    if (size > sizeof message->bytes - message->size) {
        message->bad = true;
        return;
    }
    memcpy(message->bytes + message->size, data, size);
    message->size += size;
}

void bk_ninep_put(struct bk_ninep_message *message, uint64_t value, unsigned bytes)
{
    uint8_t little[8] = { 0 };

    assert(bytes <= sizeof little);
    for (unsigned i = 0; i < bytes; i++)
        little[i] = (uint8_t)(value >> (8 * i));
    bk_ninep_put_bytes(message, little, bytes);
}

void bk_ninep_put_string(struct bk_ninep_message *message, const char *text, size_t length)
{
    assert(length <= UINT16_MAX);
    bk_ninep_put(message, length, 2);
    bk_ninep_put_bytes(message, text, length);
}

void bk_ninep_end(struct bk_ninep_message *message)
{
    assert(!message->bad); /* all that is put is bounded */
    for (unsigned i = 0; i < 4; i++)
        message->bytes[i] = (uint8_t)(message->size >> (8 * i));
}

/* ---- taking ---- */

const uint8_t *bk_ninep_take_bytes(struct bk_ninep_message *message, size_t size)
{
    if (message->bad || size > message->size - message->at) {
        message->bad = true;
        return NULL;
    }
    const uint8_t *bytes = message->bytes + message->at;
    message->at += size;
    return bytes;
}

uint64_t bk_ninep_take(struct bk_ninep_message *message, unsigned bytes)
{
    const uint8_t *little = bk_ninep_take_bytes(message, bytes);
    uint64_t value = 0;

    assert(bytes <= sizeof value);
    for (unsigned i = 0; little != NULL && i < bytes; i++)
        value |= (uint64_t)little[i] << (8 * i);
    return value;
}

const char *bk_ninep_take_string(struct bk_ninep_message *message, size_t *ret_length)
{
    const size_t length = (size_t)bk_ninep_take(message, 2);
    const uint8_t *text = bk_ninep_take_bytes(message, length);

    *ret_length = text != NULL ? length : 0;
    return (const char *)text;
}

uint8_t bk_ninep_take_qid(struct bk_ninep_message *message)
{
    const uint8_t type = (uint8_t)bk_ninep_take(message, 1);

    (void)bk_ninep_take(message, 4); /* version */
    (void)bk_ninep_take(message, 8); /* path */
    return message->bad ? 0 : type;
}

size_t bk_ninep_length(const uint8_t bytes[static 4], size_t max)
{
    const size_t length = (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;

    return length >= BK_NINEP_HEADER && length <= max ? length : 0;
}

bool bk_ninep_open(struct bk_ninep_message *message, enum bk_ninep_type asked, uint16_t tag, uint32_t *ret_error)
{
    message->at = 0;
    message->bad = false;
    (void)bk_ninep_take(message, 4);
    const uint8_t type = (uint8_t)bk_ninep_take(message, 1);
    const uint16_t its_tag = (uint16_t)bk_ninep_take(message, 2);
    const bool error = type == BK_NINEP_RLERROR;
    const uint32_t number = error ? (uint32_t)bk_ninep_take(message, 4) : 0;

    if (message->bad || its_tag != tag || (!error && type != asked + 1U) || (error && number == 0))
        return false;
    *ret_error = number;
    return true;
}

bool bk_ninep_take_entry(struct bk_ninep_message *message, struct bk_ninep_entry *ret)
{
    struct bk_ninep_entry entry = { .name = NULL };

    if (message->bad || message->at == message->size)
        return false;
    entry.qid_type = bk_ninep_take_qid(message);
    entry.next = bk_ninep_take(message, 8);
    (void)bk_ninep_take(message, 1); /* what readdir() of the server's system called it */
    entry.name = bk_ninep_take_string(message, &entry.length);
    if (message->bad)
        return false;
    *ret = entry;
    return true;
}
