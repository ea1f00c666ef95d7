/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "send.h"

#include "status.h"
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536U

const char *bk_send_type_of(const char *name)
{
    static const struct {
        const char *end, *type;
    } known[] = {
        { "bapp", "application/vnd.bulkhead.bundle" },
        { "css", "text/css" },
        { "csv", "text/csv" },
        { "gif", "image/gif" },
        { "htm", "text/html" },
        { "html", "text/html" },
        { "jpeg", "image/jpeg" },
        { "jpg", "image/jpeg" },
        { "json", "application/json" },
        { "log", "text/plain" },
        { "md", "text/markdown" },
        { "mp3", "audio/mpeg" },
        { "ogg", "audio/ogg" },
        { "pdf", "application/pdf" },
        { "png", "image/png" },
        { "svg", "image/svg+xml" },
        { "txt", "text/plain" },
        { "wav", "audio/wav" },
        { "webp", "image/webp" },
        { "xml", "application/xml" },
        { "zip", "application/zip" },
    };
    const char *dot = strrchr(name, '.');

    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(dot + 1, known[i].end) == 0)
            return known[i].type;
    }
    return "application/octet-stream";
}

static int send_all(int fd, const char *bytes, size_t size)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        sent += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* `size` bytes and no more: so many were promised. */
static int send_content(int stream, int file, uint64_t size)
{
    static char block[BLOCK];

    while (size > 0) {
        ssize_t n = read(file, block, size < BLOCK ? (size_t)size : BLOCK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO; /* it became shorter */
        int r = send_all(stream, block, (size_t)n);
        if (r < 0)
            return r;
        size -= (uint64_t)n;
    }
    return 0;
}

/* The answer is a stream's token and a line feed, or an error, which is said. */
static int ask(const char *name, uint64_t size, bool share, char token[static BK_SYSTEM_TOKEN_MAX])
{
    static struct bk_system_inbox inbox;
    static char message[BK_SYSTEM_MESSAGE_MAX];
    int fd = bk_system_connect(BK_SYSTEM_CALLS);
    int r = fd < 0 ? fd : bk_system_send(fd, name, bk_send_type_of(name), size, share);

    while (r >= 0 && (r = bk_system_receive(fd, &inbox, message)) == 0)
        ;
    if (fd >= 0)
        (void)close(fd);
    if (r < 0)
        return bk_status_of_failure(name, r);
    if (bk_system_string(message, "stream", token, BK_SYSTEM_TOKEN_MAX))
        return EXIT_SUCCESS;
    return bk_status_of_answer(message);
}

int bk_send_file(const char *path, bool share)
{
    const char *slash = strrchr(path, '/');
    char token[BK_SYSTEM_TOKEN_MAX + 1];
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* whatever it is, it is not waited for */

    if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        fprintf(stderr, "bk-open: %s is no file that can be read\n", path);
        return STATUS_NO_FILE;
    }
    int answer = ask(slash != NULL ? slash + 1 : path, (uint64_t)status.st_size, share, token);
    if (answer != EXIT_SUCCESS)
        return answer;
    int stream = bk_system_connect(BK_SYSTEM_STREAMS);
    if (stream < 0)
        return bk_status_of_failure(path, stream);
    memcpy(token + strlen(token), "\n", 2);
    int r = send_all(stream, token, strlen(token));
    if (r >= 0)
        r = send_content(stream, file, (uint64_t)status.st_size);
    /* The system closes it when all has been taken: until then this must not. */
    if (r >= 0 && recv(stream, token, 1, 0) < 0)
        r = -errno;
    return r < 0 ? bk_status_of_stream(path, r) : EXIT_SUCCESS;
}
