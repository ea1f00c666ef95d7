/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file lies in memory on its way (/tmp): a picked one until the app ends, since the page may read it at any time, a
 * download until it is stored. What does not fit is refused before a byte of it came.
 */
#define _GNU_SOURCE
#include "transfer.h"

#include "call.h"
#include "files.h"
#include "reach.h"
#include "text.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FILE_INTERFACE "io.bulkhead.File."

#define NAME_SIZE  201U /* of a file, with the NUL */
#define PIECE      (64U << 10)
#define ROOM_SPARE (16U << 20) /* bytes that stay free in memory */

/* One file on its way; the thread that carries it has a reference of its own. */
struct transfer {
    WebKitFileChooserRequest *request; /* NULL: it is saved */
    char *token, *path;                /* the stream's, and where the file lies here */
    uint64_t size;
    bool failed; /* the download */
};

static struct bk_web_call *link_call;

static void transfer_clear(gpointer data)
{
    struct transfer *transfer = data;

    if (transfer->request == NULL && transfer->path != NULL) {
        g_autofree char *folder = g_path_get_dirname(transfer->path);
        (void)unlink(transfer->path);
        (void)rmdir(folder);
    }
    g_clear_object(&transfer->request);
    g_free(transfer->token);
    g_free(transfer->path);
}

static void transfer_free(gpointer transfer)
{
    g_atomic_rc_box_release_full(transfer, transfer_clear);
}

/* A folder of its own, so that the file has its name; NULL when there is none, or no room for `size` bytes. */
static char *place_for(const char *name, uint64_t size)
{
    struct statvfs room;

    if (statvfs(g_get_tmp_dir(), &room) < 0 || (uint64_t)room.f_bavail * room.f_frsize < size + ROOM_SPARE) {
        bk_warning("there is no memory for a file of %llu bytes", (unsigned long long)size);
        return NULL;
    }
    g_autofree char *folder = g_dir_make_tmp("web-XXXXXX", NULL);
    return folder == NULL ? NULL : g_build_filename(folder, name, NULL);
}

/* ---- bytes, in a thread ---- */

/* Up to `size` bytes; the end of `from` may come before. */
static int copy(int from, int to, uint64_t size, uint64_t *ret_done)
{
    char piece[PIECE];

    *ret_done = 0;
    while (*ret_done < size) {
        ssize_t n = read(from, piece, MIN(size - *ret_done, sizeof piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        int r = bk_write_all(to, piece, (size_t)n);
        if (r < 0)
            return r;
        *ret_done += (uint64_t)n;
    }
    return 0;
}

static int carry(const struct transfer *transfer, uint64_t *ret_done)
{
    _cleanup_close_ int stream = bk_web_stream(transfer->token);
    bool picks = transfer->request != NULL;
    _cleanup_close_ int file =
        stream < 0 ? -1
                   : open(transfer->path, picks ? O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0600);

    if (stream < 0 || file < 0)
        return stream < 0 ? stream : -errno;
    return picks ? copy(stream, file, transfer->size, ret_done) : copy(file, stream, transfer->size, ret_done);
}

static void work(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const struct transfer *transfer = data;
    uint64_t done = 0;
    int r = carry(transfer, &done);

    (void)source;
    (void)cancellable;
    g_task_return_boolean(task, r >= 0 && done == transfer->size);
}

static void begin_carrying(struct transfer *transfer, GAsyncReadyCallback done)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, done, transfer);

    g_task_set_task_data(task, g_atomic_rc_box_acquire(transfer), transfer_free);
    g_task_run_in_thread(task, work);
}

/* ---- picking ---- */

static void on_picked_bytes(GObject *source, GAsyncResult *result, gpointer data)
{
    struct transfer *transfer = data;
    const char *const files[] = { transfer->path, NULL };

    (void)source;
    if (g_task_propagate_boolean(G_TASK(result), NULL)) {
        webkit_file_chooser_request_select_files(transfer->request, files);
        g_clear_pointer(&transfer->path, g_free); /* the file stays */
    } else {
        bk_warning("the file did not come whole");
        webkit_file_chooser_request_cancel(transfer->request);
    }
    /* Here, for the thread may have the last reference of all; what did not come whole goes with it. */
    g_clear_object(&transfer->request);
    transfer_free(transfer);
}

static void on_picked(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    struct transfer *transfer = userdata;
    char name[NAME_SIZE];
    sd_json_variant *size = sd_json_variant_by_key(parameters, "size");
    sd_json_variant *stream = sd_json_variant_by_key(parameters, "stream");
    sd_json_variant *called = sd_json_variant_by_key(parameters, "name");

    (void)continues;
    if (error == NULL && sd_json_variant_is_string(stream) && sd_json_variant_is_string(called) &&
        bk_web_file_name(sd_json_variant_string(called), name, sizeof name)) {
        transfer->token = g_strdup(sd_json_variant_string(stream));
        transfer->size = sd_json_variant_unsigned(size);
        transfer->path = place_for(name, transfer->size);
    }
    if (transfer->path != NULL) {
        begin_carrying(transfer, on_picked_bytes);
        return;
    }
    if (error != NULL)
        bk_info("no file was chosen: %s", error);
    webkit_file_chooser_request_cancel(transfer->request);
    transfer_free(transfer);
}

static gboolean on_chooser(WebKitWebView *view, WebKitFileChooserRequest *request, gpointer data)
{
    const char *const *types = webkit_file_chooser_request_get_mime_types(request);
    const char *endings[BK_WEB_ENDINGS_MAX] = { NULL };
    sd_json_variant *parameters = NULL, *list = NULL;
    size_t n = 0;
    int r = 0;

    (void)view;
    (void)data;
    for (size_t i = 0; types != NULL && types[i] != NULL; i++)
        n = bk_web_endings(types[i], endings, n);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = sd_json_variant_append_arrayb(&list, SD_JSON_BUILD_STRING(endings[i]));
    if (r >= 0)
        r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_CONDITION(n > 0, "endings", SD_JSON_BUILD_VARIANT(list)));
    sd_json_variant_unref(list);
    struct transfer *transfer = g_atomic_rc_box_new0(struct transfer);
    transfer->request = g_object_ref(request);
    if (r < 0 || bk_web_call_begin(FILE_INTERFACE "Pick", parameters, false, on_picked, transfer) == NULL) {
        webkit_file_chooser_request_cancel(request);
        transfer_free(transfer);
    }
    return TRUE;
}

/* ---- saving ---- */

static void on_sent_bytes(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    (void)data; /* it may be gone: Save() says how it ended */
    (void)g_task_propagate_boolean(G_TASK(result), NULL);
}

static void on_save(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    struct transfer *transfer = userdata;
    sd_json_variant *stream = sd_json_variant_by_key(parameters, "stream");

    if (continues && sd_json_variant_is_string(stream) && transfer->token == NULL) {
        transfer->token = g_strdup(sd_json_variant_string(stream));
        begin_carrying(transfer, on_sent_bytes);
        return;
    }
    if (continues)
        return;
    if (error != NULL)
        bk_warning("the file is not saved: %s", error);
    transfer_free(transfer);
}

static void save(struct transfer *transfer)
{
    sd_json_variant *parameters = NULL;
    struct stat found;

    if (transfer->failed || transfer->path == NULL || stat(transfer->path, &found) < 0) {
        transfer_free(transfer);
        return;
    }
    transfer->size = (uint64_t)found.st_size;
    const char *name = strrchr(transfer->path, '/') + 1;
    if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("name", name),
                       SD_JSON_BUILD_PAIR_UNSIGNED("size", transfer->size)) < 0 ||
        bk_web_call_begin(FILE_INTERFACE "Save", parameters, true, on_save, transfer) == NULL)
        transfer_free(transfer);
}

static void on_finished(WebKitDownload *download, gpointer data)
{
    (void)download;
    save(data);
}

static void on_failed(WebKitDownload *download, GError *error, gpointer data)
{
    struct transfer *transfer = data;

    (void)download;
    bk_warning("a download failed: %s", error->message);
    transfer->failed = true; /* "finished" follows */
}

/* The same, by a name that it need not be able to have. */
static char *place_as(const char *suggested, uint64_t size)
{
    char name[NAME_SIZE];

    if (!bk_web_file_name(suggested, name, sizeof name))
        snprintf(name, sizeof name, "file");
    return place_for(name, size);
}

static gboolean on_destination(WebKitDownload *download, const char *suggested, gpointer data)
{
    struct transfer *transfer = data;

    transfer->path =
        place_as(suggested, webkit_uri_response_get_content_length(webkit_download_get_response(download)));
    if (transfer->path == NULL)
        webkit_download_cancel(download);
    else
        webkit_download_set_destination(download, transfer->path);
    return TRUE;
}

static void on_download(WebKitWebContext *context, WebKitDownload *download, gpointer data)
{
    struct transfer *transfer = g_atomic_rc_box_new0(struct transfer);

    (void)context;
    (void)data;
    g_signal_connect(download, "decide-destination", G_CALLBACK(on_destination), transfer);
    g_signal_connect(download, "failed", G_CALLBACK(on_failed), transfer);
    g_signal_connect(download, "finished", G_CALLBACK(on_finished), transfer);
}

char *bk_web_transfer_place(const char *suggested)
{
    return place_as(suggested, 0);
}

void bk_web_transfer_save(const char *path)
{
    struct transfer *transfer = g_atomic_rc_box_new0(struct transfer);

    transfer->path = g_strdup(path);
    save(transfer);
}

/* ---- links ---- */

static void on_opened(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    (void)parameters;
    (void)continues;
    (void)userdata;
    link_call = NULL;
    if (error != NULL)
        bk_info("a link is not opened: %s", error);
}

void bk_web_transfer_link(const char *link)
{
    sd_json_variant *parameters = NULL;

    if (link_call == NULL && sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("link", link)) >= 0)
        link_call = bk_web_call_begin("io.bulkhead.Open.Link", parameters, false, on_opened, NULL);
}

void bk_web_transfer_init(WebKitWebView *view)
{
    g_signal_connect(view, "run-file-chooser", G_CALLBACK(on_chooser), NULL);
    g_signal_connect(webkit_web_view_get_context(view), "download-started", G_CALLBACK(on_download), NULL);
}
