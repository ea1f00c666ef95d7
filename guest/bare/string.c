/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that a compiler takes for granted, also where there is no libc. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict target, const void *restrict source, size_t size);
void *memmove(void *target, const void *source, size_t size);
void *memset(void *target, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
void *memchr(const void *bytes, int byte, size_t size);
size_t strlen(const char *text);

void *memcpy(void *restrict target, const void *restrict source, size_t size)
{
    void *at = target;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(size) : : "memory");
    return target;
}

void *memmove(void *target, const void *source, size_t size)
{
    uint8_t *to = target;
    const uint8_t *from = source;

    if (to <= from)
        return memcpy(target, source, size);
    while (size > 0) {
        size--;
        ((volatile uint8_t *)to)[size] = from[size]; /* volatile: or the compiler makes a call of memmove() of it */
    }
    return target;
}

void *memset(void *target, int byte, size_t size)
{
    void *at = target;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
    return target;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *a = one, *b = other;

    for (; size > 0; a++, b++, size--) {
        if (*a != *b)
            return *a - *b;
    }
    return 0;
}

void *memchr(const void *bytes, int byte, size_t size)
{
    for (const uint8_t *at = bytes; size > 0; at++, size--) {
        if (*at == (uint8_t)byte)
            return (void *)(uintptr_t)at;
    }
    return NULL;
}

size_t strlen(const char *text)
{
    const volatile char *at = text;

    while (*at != '\0')
        at++;
    return (size_t)(at - text);
}
