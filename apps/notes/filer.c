/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "filer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

#define SYSTEM_CID   2U
#define CALLS_PORT   1U
#define STREAMS_PORT 3U

static const char pick[] = "{\"method\":\"io.bulkhead.File.Pick\",\"parameters\":{\"endings\":[\".txt\",\".md\"]}}";

/* What the errors of the API are to a person. */
static const struct {
    const char *part, *words; /* of the answer */
} errors[] = {
    { "File.NotChosen", "" }, /* they know */
    { "\"full\"", "Not saved: there is no room." },
    { "\"refused\"", "Not saved: the folder's app refuses." },
    { "\"lost\"", "Not saved: the folder's app is gone." },
    { "\"incomplete\"", "Not saved: it was cut off." },
};

static int connect_to(unsigned port)
{
    const struct sockaddr_vm system = { .svm_family = AF_VSOCK, .svm_cid = SYSTEM_CID, .svm_port = port };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&system, sizeof system) < 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void bk_filer_init(struct filer *filer)
{
    filer->phase = FILER_IDLE;
    filer->call = filer->stream = -1;
    filer->status[0] = '\0';
}

static void end(struct filer *filer, const char *words)
{
    if (filer->call >= 0)
        close(filer->call);
    if (filer->stream >= 0)
        close(filer->stream);
    bk_filer_init(filer);
    snprintf(filer->status, sizeof filer->status, "%s", words);
    if (words[0] != '\0') {
        printf("%s\n", words);
        fflush(stdout);
    }
}

/* ---- what is said and heard ---- */

size_t bk_filer_request(char to[static FILER_CALL_MAX], const char *title, size_t size)
{
    char name[FILER_NAME_MAX + 1] = "";
    size_t length = 0;

    for (const char *c = title; *c != '\0' && length < FILER_NAME_MAX - 4; c++) {
        if (strchr("/\\\":*?<>|", *c) == NULL && !(length == 0 && *c == '.'))
            name[length++] = *c;
    }
    name[length] = '\0';
    return 1 +
           (size_t)snprintf(to, FILER_CALL_MAX,
                            "{\"method\":\"io.bulkhead.File.Save\",\"parameters\":{\"name\":\"%s.txt\",\"size\":%zu},"
                            "\"more\":true}",
                            length > 0 ? name : "Note", size);
}

bool bk_filer_find(const char *message, const char *field, char *to, size_t size)
{
    char key[32];

    snprintf(key, sizeof key, "\"%s\":\"", field);
    const char *value = strstr(message, key);
    if (value == NULL)
        return false;
    value += strlen(key);
    const size_t length = strcspn(value, "\"\\");
    if (value[length] != '"' || length >= size)
        return false;
    memcpy(to, value, length);
    to[length] = '\0';
    return true;
}

static void begin(struct filer *filer, bool saves)
{
    filer->status[0] = '\0';
    filer->saves = saves;
    filer->heard = 0;
    filer->done = 0;
    filer->call = connect_to(CALLS_PORT);
    filer->phase = FILER_CALLS;
    if (filer->call < 0)
        end(filer, "There is no system to ask.");
}

void bk_filer_open(struct filer *filer)
{
    if (filer->phase != FILER_IDLE)
        return;
    memcpy(filer->request, pick, sizeof pick);
    begin(filer, false);
}

void bk_filer_save(struct filer *filer, const struct note *note)
{
    char title[FILER_NAME_MAX];

    if (filer->phase != FILER_IDLE)
        return;
    bk_note_title(note, title, sizeof title);
    bk_filer_request(filer->request, title, note->size);
    memcpy(filer->text, note->text, note->size);
    filer->size = note->size;
    begin(filer, true);
}

int bk_filer_poll(const struct filer *filer, short *ret_events)
{
    const bool speaks = filer->phase == FILER_CALLS || filer->phase == FILER_GREETS || filer->phase == FILER_WRITES;
    const bool streams = filer->phase == FILER_GREETS || filer->phase == FILER_READS || filer->phase == FILER_WRITES;

    *ret_events = speaks ? POLLOUT : POLLIN;
    return filer->phase == FILER_IDLE ? -1 : streams ? filer->stream : filer->call;
}

/* ---- steps ---- */

/* An answer has come: the stream's, or the last one. */
static void take_answer(struct filer *filer)
{
    char words[FILER_STATUS_MAX], size[24];
    const char *number = strstr(filer->message, "\"size\":");

    if (strstr(filer->message, "\"error\"") != NULL) {
        for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
            if (strstr(filer->message, errors[i].part) != NULL) {
                end(filer, errors[i].words);
                return;
            }
        }
        end(filer, "The system does not ask for a file now.");
        return;
    }
    if (filer->phase == FILER_ENDS) {
        snprintf(words, sizeof words, "Saved as %s", filer->name);
        end(filer, words);
        return;
    }
    if (!bk_filer_find(filer->message, "name", filer->name, sizeof filer->name))
        snprintf(filer->name, sizeof filer->name, "a file");
    if (!filer->saves && number != NULL) {
        snprintf(size, sizeof size, "%s", number + strlen("\"size\":"));
        filer->size = strtoull(size, NULL, 10);
    }
    if (!bk_filer_find(filer->message, "stream", filer->token, FILER_TOKEN + 1) ||
        strlen(filer->token) != FILER_TOKEN || (filer->stream = connect_to(STREAMS_PORT)) < 0) {
        end(filer, "The system does not give the file.");
        return;
    }
    filer->token[FILER_TOKEN] = '\n';
    filer->phase = FILER_GREETS;
}

static void hear(struct filer *filer)
{
    ssize_t n = recv(filer->call, filer->message + filer->heard, FILER_MESSAGE_MAX - filer->heard, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end(filer, "The system is lost.");
        return;
    }
    filer->heard += (size_t)n;
    const char *nul = memchr(filer->message, '\0', filer->heard);
    if (nul == NULL) {
        if (filer->heard == FILER_MESSAGE_MAX)
            end(filer, "The system says too much.");
        return;
    }
    const size_t length = (size_t)(nul - filer->message) + 1;
    take_answer(filer);
    if (filer->phase == FILER_IDLE)
        return;
    memmove(filer->message, filer->message + length, filer->heard - length);
    filer->heard -= length;
}

static void read_file(struct filer *filer, void (*take)(char byte, void *userdata), void *userdata)
{
    char bytes[4096], words[FILER_STATUS_MAX];
    ssize_t n = recv(filer->stream, bytes, sizeof bytes, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        snprintf(words, sizeof words, filer->done == filer->size ? "Opened %s" : "Not all of %s came", filer->name);
        end(filer, words);
        return;
    }
    filer->done += (uint64_t)n;
    for (ssize_t i = 0; i < n; i++)
        take(bytes[i], userdata);
}

static void write_file(struct filer *filer)
{
    ssize_t n = send(filer->stream, filer->text + filer->done, (size_t)(filer->size - filer->done),
                     MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n > 0)
        filer->done += (uint64_t)n;
    /* Why it cannot be sent, the answer says. */
    if (filer->done == filer->size || (n < 0 && errno != EAGAIN && errno != EINTR))
        filer->phase = FILER_ENDS;
}

bool bk_filer_step(struct filer *filer, short events, void (*begun)(void *userdata),
                   void (*take)(char byte, void *userdata), void *userdata)
{
    if (filer->phase == FILER_IDLE || events == 0)
        return false;
    switch (filer->phase) {
    case FILER_CALLS:
        if (send(filer->call, filer->request, strlen(filer->request) + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            end(filer, "There is no system to ask.");
        else
            filer->phase = FILER_WAITS;
        break;
    case FILER_WAITS:
    case FILER_ENDS:
        hear(filer);
        break;
    case FILER_GREETS:
        if (send(filer->stream, filer->token, FILER_TOKEN + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            end(filer, "The system does not give the file.");
        } else {
            filer->phase = filer->saves ? FILER_WRITES : FILER_READS;
            if (!filer->saves)
                begun(userdata);
        }
        break;
    case FILER_READS:
        read_file(filer, take, userdata);
        break;
    case FILER_WRITES:
        write_file(filer);
        break;
    case FILER_IDLE:
        break;
    }
    return true;
}
