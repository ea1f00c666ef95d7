/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "reach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that could look like other words; of one that is too long the end, which says whose it is. */
static void write_host(FILE *file, const char *host, size_t longest)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.*";
    const size_t length = strlen(host);

    if (strspn(host, letters) != length)
        fputc('?', file);
    else if (length > longest)
        fprintf(file, "…%s", host + length - longest);
    else
        fputs(host, file);
}

/* How many there are comes first: the end may not find room. */
static void write_hosts(FILE *file, const struct bk_reach_told *told, size_t most, size_t longest)
{
    const size_t shown = told->count <= most ? told->count : most;

    if (told->count > 1)
        fprintf(file, "%zu hosts: ", told->count);
    for (size_t i = 0; i < shown; i++) {
        fputs(i == 0 ? "" : i + 1 == told->count ? " and " : ", ", file);
        write_host(file, told->hosts[i], longest);
    }
    if (shown < told->count)
        fputs(", …", file);
}

char *bk_reach_words(const struct bk_reach_told *told, size_t most, size_t longest)
{
    char *words = NULL;
    size_t size = 0;

    if (told->count == 0)
        return NULL;
    FILE *file = open_memstream(&words, &size);
    if (file == NULL)
        return NULL;
    fputs("It reaches ", file);
    if (strcmp(told->hosts[0], "*") == 0)
        fputs("the internet", file);
    else
        write_hosts(file, told, most, longest);
    if (told->count <= most)
        fputc('.', file);
    if (fclose(file) != 0) {
        free(words);
        return NULL;
    }
    return words;
}
