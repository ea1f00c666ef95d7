/* SPDX-License-Identifier: Apache-2.0 */
/* The small app of docs/api/languages.md in C, with libc alone. */
#include <err.h>
#include <linux/vm_sockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MEMBER(name)   "\"" name "\":"
#define TEXT(name)     MEMBER(name) "\""
#define IS(text, what) (strncmp(text, what "\"", sizeof what) == 0)
#define BUTTONS        "[{\"id\":\"again\",\"label\":\"Again\"},{\"id\":\"done\",\"label\":\"Done\"}]"
#define POST(body)                                                   \
    "{\"method\":\"io.bulkhead.Notification.Post\",\"parameters\":{" \
    "\"title\":\"Hello from C\",\"body\":\"" body "\",\"buttons\":" BUTTONS "}}"

static FILE *bulkhead; /* the connection to the system */

/* What stands behind a MEMBER() or TEXT() in a message; "" without it. Within a text each quote has a backslash before
 * it, so what looks like a member is one. It must stand there without blanks, as the system writes, and come first. */
static const char *find(const char *message, const char *key)
{
    const char *at = strstr(message, key);

    return at == NULL ? "" : at + strlen(key);
}

/* Shows the rest of a message up to where a name, an id or a number ends. */
static void show(const char *before, const char *text, const char *after)
{
    printf("%s%.*s%s", before, (int)strcspn(text, "\"(,}"), text, after);
}

/* Sends a message and receives the next one, good until the one after it. What came behind it is kept. */
static const char *call(const char *message, bool may_be_refused)
{
    static char *reply;
    static size_t size;
    ssize_t n = send(fileno(bulkhead), message, strlen(message) + 1, MSG_NOSIGNAL); /* with its NUL */

    if (n < 0 || (n = getdelim(&reply, &size, '\0', bulkhead)) <= 0 || reply[n - 1] != '\0')
        errx(1, "lost the system");
    const char *error = find(reply, TEXT("error"));
    if (!may_be_refused && *error != '\0')
        errx(1, "the system refused: %.*s", (int)strcspn(error, "\""), error);
    return reply;
}

static void introspect(void)
{
    const char *at = call("{\"method\":\"org.varlink.service.GetInfo\"}", false);

    show("", find(at, TEXT("product")), " ");
    show("", find(at, TEXT("version")), "\n");
    for (at = find(at, MEMBER("interfaces")); *at == '[' || *at == ','; at += strcspn(at + 2, "\"") + 3)
        show("  ", at + 2, "\n");
    at = call("{\"method\":\"org.varlink.service.GetInterfaceDescription\","
              "\"parameters\":{\"interface\":\"io.bulkhead.Notification\"}}",
              false);
    for (show("methods:", "", ""); *(at = find(at, "\\nmethod ")) != '\0';)
        show(" ", at, "");
    show("\n", "", "");
}

static bool ask(const char *post) /* whether the person wants to be asked again */
{
    show("posted ", find(call(post, false), MEMBER("id")), "\n");
    const char *button = find(call("{\"method\":\"io.bulkhead.Notification.Watch\"}", false), TEXT("button"));
    show("pressed ", *button != '\0' ? button : "nothing", "\n");
    return IS(button, "again");
}

int main(void)
{
    const struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = 2, .svm_port = 1 };
    int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (fd < 0 || connect(fd, (const void *)&address, sizeof address) < 0 || (bulkhead = fdopen(fd, "r")) == NULL)
        err(1, "lost the system");
    introspect();
    for (bool again = ask(POST("Shall I ask again?")); again;)
        again = ask(POST("You pressed \\\"Again\\\"."));
    const char *at = call("{\"method\":\"io.bulkhead.Location.Watch\",\"parameters\":{\"accuracy\":\"coarse\"}}", true);
    const char *error = find(at, TEXT("error"));
    if (*error == '\0')
        printf("location: %.2f %.2f\n", strtod(find(at, MEMBER("latitude")), NULL),
               strtod(find(at, MEMBER("longitude")), NULL));
    else if (IS(error, "org.varlink.service.PermissionDenied"))
        show("location: I may not know", "", "\n");
    else if (IS(error, "org.varlink.service.MethodNotFound"))
        show("location: this system has no such thing", "", "\n");
    else
        show("location: ", IS(error, "io.bulkhead.Location.NoSource") ? "nobody knows" : error, "\n");
    return 0;
}
