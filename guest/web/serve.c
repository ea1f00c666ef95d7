/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "serve.h"

#include "files.h"

#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    int folder;
    char start[BK_WEB_PATH_MAX];
} site;

/* A regular file of the folder and its size; a folder stands for its index.html. No link leads out of it. -errno. */
static int open_file(char path[static BK_WEB_PATH_MAX], uint64_t *ret_size)
{
    const struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH };

    for (unsigned step = 0; step < 2; step++) {
        struct stat found;
        _cleanup_close_ int fd = (int)syscall(SYS_openat2, site.folder, path[0] == '\0' ? "." : path, &how, sizeof how);

        if (fd < 0)
            return -errno;
        if (fstat(fd, &found) < 0)
            return -errno;
        if (S_ISREG(found.st_mode)) {
            *ret_size = (uint64_t)found.st_size;
            return TAKE_FD(fd);
        }
        size_t length = strlen(path);
        if (!S_ISDIR(found.st_mode) || length + sizeof "/index.html" > BK_WEB_PATH_MAX)
            break;
        memcpy(path + length, length == 0 ? "index.html" : "/index.html",
               length == 0 ? sizeof "index.html" : sizeof "/index.html");
    }
    return -ENOENT;
}

static void answer(WebKitURISchemeRequest *request, int fd, uint64_t size, const char *type, guint status)
{
    g_autoptr(GInputStream) body = fd < 0 ? g_memory_input_stream_new() : g_unix_input_stream_new(fd, TRUE);
    g_autoptr(WebKitURISchemeResponse) response = webkit_uri_scheme_response_new(body, fd < 0 ? 0 : (gint64)size);

    SoupMessageHeaders *headers = soup_message_headers_new(SOUP_MESSAGE_HEADERS_RESPONSE);

    soup_message_headers_append(headers, "Content-Type", type); /* for the page that looks at it */
    webkit_uri_scheme_response_set_http_headers(response, headers);
    webkit_uri_scheme_response_set_status(response, status, NULL);
    webkit_uri_scheme_response_set_content_type(response, type);
    webkit_uri_scheme_request_finish_with_response(request, response);
}

static void on_request(WebKitURISchemeRequest *request, gpointer data)
{
    const char *method = webkit_uri_scheme_request_get_http_method(request);
    char path[BK_WEB_PATH_MAX];
    uint64_t size = 0;

    (void)data;
    if (method != NULL && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        answer(request, -1, 0, "text/plain", 405);
        return;
    }
    if (!bk_web_path(webkit_uri_scheme_request_get_path(request), path)) {
        answer(request, -1, 0, "text/plain", 400);
        return;
    }
    bool place = bk_web_is_place(path);
    int fd = open_file(path, &size);
    if (fd < 0 && place) {
        memcpy(path, site.start, sizeof path);
        fd = open_file(path, &size);
    }
    answer(request, fd, size, bk_web_type(path), fd < 0 ? 404 : 200);
}

int bk_web_serve(WebKitWebContext *context, const char *folder, const char *start)
{
    WebKitSecurityManager *security = webkit_web_context_get_security_manager(context);

    g_autofree char *page = g_strndup(start, strcspn(start, "?#"));
    if (!bk_web_path(page, site.start))
        return -EINVAL;
    site.folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (site.folder < 0)
        return -errno;
    webkit_web_context_register_uri_scheme(context, "app", on_request, NULL, NULL);
    webkit_security_manager_register_uri_scheme_as_secure(security, "app");
    webkit_security_manager_register_uri_scheme_as_cors_enabled(security, "app");
    return 0;
}
