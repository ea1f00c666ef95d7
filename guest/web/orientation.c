/* SPDX-License-Identifier: Apache-2.0 */
/* A script in each page has the interface, and hears of changes by an event of its window's: no other way leads there.
 */
#include "orientation.h"

#include "script.h"

#define EVENT "bulkhead-orientation"

#define SETTLE_MS 150 /* within which a turn is told whole: how it is held, and the display's size */

/* With the type and the angle of now, which the script of a later page begins with. */
static const char page_script[] =
    "if (!('orientation' in screen)) {"
    "  let type = '%s', angle = %u;"
    "  class ScreenOrientation extends EventTarget {"
    "    onchange = null;"
    "    get type() { return type; }"
    "    get angle() { return angle; }"
    "    lock() { return Promise.reject(new DOMException('The display turns with the machine.', 'NotSupportedError')); "
    "}"
    "    unlock() {}"
    "  }"
    "  const one = new ScreenOrientation;"
    "  one.addEventListener('change', (event) => typeof one.onchange === 'function' && one.onchange(event));"
    "  Object.defineProperty(Screen.prototype, 'orientation', {get: () => one, enumerable: true, configurable: true});"
    "  Object.defineProperty(window, 'ScreenOrientation', {value: ScreenOrientation, writable: true, configurable: "
    "true});"
    "  addEventListener('" EVENT "', ({detail}) => {"
    "    [type, angle] = detail;"
    "    one.dispatchEvent(new Event('change'));"
    "  });"
    "}";

/* A frame of another origin cannot be told, and learns it when it is loaded. */
static const char change_script[] = "(function tell(frame) {"
                                    "  for (let i = 0; i < frame.length; i++) tell(frame[i]);"
                                    "  try { frame.dispatchEvent(new CustomEvent('" EVENT "', {detail: ['%s', %u]})); }"
                                    "  catch {}"
                                    "})(window)";

static struct {
    unsigned degrees; /* clockwise */
    bool upright;
    WebKitWebView *view;      /* NULL: not yet */
    WebKitUserScript *script; /* what pages have it by */
    guint settling;           /* the source that tells pages; 0: they know */
} state;

/* The angle is counted the other way round: what is shown turns against the machine. */
static unsigned angle(void)
{
    return (360 - state.degrees) % 360;
}

static const char *type(void)
{
    static const char *const types[2][2] = { { "landscape-primary", "landscape-secondary" },
                                             { "portrait-primary", "portrait-secondary" } };

    return types[state.upright][angle() >= 180];
}

static void put_script(void)
{
    g_autofree char *source = g_strdup_printf(page_script, type(), angle());

    bk_web_script_put(state.view, source, &state.script);
}

static gboolean tell(gpointer data)
{
    g_autofree char *source = g_strdup_printf(change_script, type(), angle());

    (void)data;
    state.settling = 0;
    put_script();
    webkit_web_view_evaluate_javascript(state.view, source, -1, NULL, NULL, NULL, NULL, NULL);
    return G_SOURCE_REMOVE;
}

static void change(void)
{
    if (state.view != NULL && state.settling == 0)
        state.settling = g_timeout_add(SETTLE_MS, tell, NULL);
}

void bk_web_orientation_held(unsigned degrees)
{
    if (state.degrees == degrees)
        return;
    state.degrees = degrees;
    change();
}

static void on_size(GtkWidget *widget, GdkRectangle *area, gpointer data)
{
    bool upright = area->height > area->width;

    (void)widget;
    (void)data;
    if (state.upright == upright)
        return;
    state.upright = upright;
    change();
}

void bk_web_orientation_init(WebKitWebView *view)
{
    state.view = view;
    put_script();
    g_signal_connect(view, "size-allocate", G_CALLBACK(on_size), NULL);
}
