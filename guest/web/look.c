/* SPDX-License-Identifier: Apache-2.0 */
#include "look.h"

#include "call.h"
#include "orientation.h"

#include <gtk/gtk.h>
#include <string.h>

#define PATIENCE_MS 1000 /* for the first answer, and before a system that went is looked for again */

static void (*wanted)(void); /* NULL: it was called */

static void is_known(void)
{
    void (*known)(void) = wanted;

    wanted = NULL;
    if (known != NULL)
        known();
}

static gboolean on_late(gpointer data)
{
    (void)data;
    is_known();
    return G_SOURCE_REMOVE;
}

static gboolean watch(gpointer data);

static void on_news(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    sd_json_variant *theme = sd_json_variant_by_key(parameters, "theme");
    sd_json_variant *still = sd_json_variant_by_key(parameters, "reducedMotion");
    sd_json_variant *held = sd_json_variant_by_key(parameters, "orientation");

    (void)userdata;
    if (error == NULL && sd_json_variant_is_string(theme))
        g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme",
                     strcmp(sd_json_variant_string(theme), "dark") == 0, "gtk-enable-animations",
                     !sd_json_variant_boolean(still), NULL);
    if (error == NULL && sd_json_variant_is_unsigned(held))
        bk_web_orientation_held((unsigned)sd_json_variant_unsigned(held));
    if (error == NULL)
        is_known();
    if (!continues)
        g_timeout_add(PATIENCE_MS, watch, NULL);
}

static gboolean watch(gpointer data)
{
    (void)data;
    if (bk_web_call_begin("io.bulkhead.Window.Watch", NULL, true, on_news, NULL) == NULL)
        g_timeout_add(PATIENCE_MS, watch, NULL);
    return G_SOURCE_REMOVE;
}

void bk_web_look_init(void (*known)(void))
{
    wanted = known;
    (void)watch(NULL);
    g_timeout_add(PATIENCE_MS, on_late, NULL);
}
