/* SPDX-License-Identifier: Apache-2.0 */
#include "system.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SYSTEM_CID 2U

int bk_system_connect(unsigned port)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = port };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        (void)close(fd);
        return -error;
    }
    return fd;
}

/* With the NUL that ends it. */
static int send_message(int fd, const char *message)
{
    size_t size = strlen(message) + 1;

    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, message + sent, size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        sent += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* What JSON would need an escape for is in no link. */
static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= 0x20 || *text >= 0x7f || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

int bk_system_open(int fd, const char *link)
{
    char message[BK_SYSTEM_MESSAGE_MAX];

    if (!is_plain(link))
        return -EINVAL;
    if (snprintf(message, sizeof message, "{\"method\":\"io.bulkhead.Open.Link\",\"parameters\":{\"link\":\"%s\"}}",
                 link) >= (int)sizeof message)
        return -EINVAL;
    return send_message(fd, message);
}

int bk_system_send(int fd, const char *name, const char *type, uint64_t size, bool share)
{
    char message[BK_SYSTEM_MESSAGE_MAX];

    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == '"' || *at == '\\')
            return -EINVAL; /* JSON would need an escape; a name with a backslash or a control is refused anyway */
    }
    if (snprintf(message, sizeof message,
                 "{\"method\":\"io.bulkhead.Open.Send\",\"parameters\":"
                 "{\"name\":\"%s\",\"type\":\"%s\",\"size\":%llu,\"share\":%s}}",
                 name, type, (unsigned long long)size, share ? "true" : "false") >= (int)sizeof message)
        return -EINVAL;
    return send_message(fd, message);
}

int bk_system_watch(int fd)
{
    return send_message(fd, "{\"method\":\"io.bulkhead.Open.Watch\",\"more\":true}");
}

/* Takes the first message out of the inbox; false when there is no whole one. */
static bool take(struct bk_system_inbox *inbox, char message[static BK_SYSTEM_MESSAGE_MAX])
{
    const char *end = memchr(inbox->bytes, '\0', inbox->size);

    if (end == NULL)
        return false;
    size_t size = (size_t)(end - inbox->bytes) + 1;
    memcpy(message, inbox->bytes, size);
    inbox->size -= size;
    memmove(inbox->bytes, inbox->bytes + size, inbox->size);
    return true;
}

int bk_system_receive(int fd, struct bk_system_inbox *inbox, char message[static BK_SYSTEM_MESSAGE_MAX])
{
    if (take(inbox, message))
        return 1;
    if (inbox->size == sizeof inbox->bytes)
        return -EMSGSIZE;
    ssize_t n = recv(fd, inbox->bytes + inbox->size, sizeof inbox->bytes - inbox->size, 0);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    if (n == 0)
        return -ECONNRESET;
    inbox->size += (size_t)n;
    return take(inbox, message) ? 1 : 0;
}

bool bk_system_string(const char *message, const char *name, char *to, size_t size)
{
    char key[64];

    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *value = strstr(message, key);
    if (value == NULL)
        return false;
    value += strlen(key);
    size_t length = strcspn(value, "\"");
    if (value[length] == '\0' || length >= size)
        return false;
    memcpy(to, value, length);
    to[length] = '\0';
    return true;
}
