/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "reach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing that could look like other words, or like another line. */
static const char *host_of(const char *told)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.*";
    const size_t length = strlen(told);

    return length > 0 && length <= BK_REACH_HOST_BYTES && strspn(told, letters) == length ? told : "?";
}

static char *list_hosts(const struct bk_reach_told *told)
{
    char *list = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&list, &size);

    if (file == NULL)
        return NULL;
    for (size_t i = 0; i < told->count; i++)
        fprintf(file, "%s%s", i > 0 ? "\n" : "", host_of(told->hosts[i]));
    if (fclose(file) != 0) {
        free(list);
        return NULL;
    }
    return list;
}

int bk_reach_init(struct bk_reach *reach, const struct bk_reach_told *told)
{
    struct bk_reach made = { 0 };
    int r = 0;

    if (told->count == 1 && strcmp(told->hosts[0], "*") == 0) {
        made.words = strdup("It reaches the internet.");
    } else if (told->count > 0) {
        if (told->count == 1)
            made.words = strdup("It reaches this host alone:");
        else if (asprintf(&made.words, "It reaches these %zu hosts alone:", told->count) < 0)
            made.words = NULL;
        made.hosts = list_hosts(told);
        r = made.hosts != NULL ? 0 : -ENOMEM;
    }
    if (r < 0 || (told->count > 0 && made.words == NULL)) {
        bk_reach_finish(&made);
        return -ENOMEM;
    }
    *reach = made;
    return 0;
}

static bool has_line(const char *list, const char *line, size_t length)
{
    for (size_t here; *list != '\0'; list += here + (list[here] != '\0')) {
        here = strcspn(list, "\n");
        if (here == length && memcmp(list, line, length) == 0)
            return true;
    }
    return false;
}

bool bk_reach_grows(const struct bk_reach *before, const struct bk_reach *now)
{
    if (now->words == NULL || before->words == NULL)
        return now->words != NULL;
    if (now->hosts == NULL || before->hosts == NULL)
        return before->hosts != NULL; /* to the internet, or from it */
    for (const char *line = now->hosts; *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        if (!has_line(before->hosts, line, length))
            return true;
        line += length + (line[length] != '\0');
    }
    return false;
}

void bk_reach_finish(struct bk_reach *reach)
{
    free(reach->words);
    free(reach->hosts);
    *reach = (struct bk_reach){ 0 };
}
