/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include "text.h"
#include "transfer.h"

#include "log.h"

#include <glib/gstdio.h>

#define TITLE_SIZE 193U            /* with the NUL: what is left of a file's name for the page's title */
#define PRINTER    "Print to File" /* GTK's own, as it is called in the C locale */

/* It comes behind "failed", too, and twice behind errors of the engine's own. */
static void on_finished(WebKitPrintOperation *operation, gpointer path)
{
    g_signal_handlers_disconnect_by_data(operation, path);
    bk_web_transfer_save(path);
    g_free(path);
    g_object_unref(operation);
}

static void on_failed(WebKitPrintOperation *operation, GError *error, gpointer path)
{
    (void)operation;
    bk_warning("the page is not printed: %s", error->message);
    (void)g_unlink(path); /* it may be there in part */
}

static gboolean on_print(WebKitWebView *view, WebKitPrintOperation *operation, gpointer data)
{
    const char *title = webkit_web_view_get_title(view);
    char called[TITLE_SIZE];

    if (title == NULL || !bk_web_file_name(title, called, sizeof called))
        snprintf(called, sizeof called, "Page");
    g_autofree char *name = g_strconcat(called, ".pdf", NULL);
    g_autofree char *path = bk_web_transfer_place(name);
    g_autofree char *uri = path == NULL ? NULL : g_filename_to_uri(path, NULL, NULL);

    (void)data;
    if (uri == NULL)
        return TRUE; /* there is no memory: said by transfer.c */
    g_autoptr(GtkPrintSettings) settings = gtk_print_settings_new();
    gtk_print_settings_set_printer(settings, PRINTER);
    gtk_print_settings_set(settings, GTK_PRINT_SETTINGS_OUTPUT_FILE_FORMAT, "pdf");
    gtk_print_settings_set(settings, GTK_PRINT_SETTINGS_OUTPUT_URI, uri);
    webkit_print_operation_set_print_settings(operation, settings);
    g_signal_connect(operation, "failed", G_CALLBACK(on_failed), path);
    g_signal_connect(operation, "finished", G_CALLBACK(on_finished), g_steal_pointer(&path));
    webkit_print_operation_print(g_object_ref(operation));
    return TRUE;
}

void bk_web_print_init(WebKitWebView *view)
{
    g_signal_connect(view, "print", G_CALLBACK(on_print), NULL);
}
