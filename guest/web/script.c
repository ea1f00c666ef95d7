/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

/* The engine keeps the text, and no reference to what has it: who takes a script away needs one of their own. */
void bk_web_script_put(WebKitWebView *view, const char *source, WebKitUserScript **kept)
{
    WebKitUserContentManager *content = webkit_web_view_get_user_content_manager(view);
    WebKitUserScript *script = webkit_user_script_new(source, WEBKIT_USER_CONTENT_INJECT_ALL_FRAMES,
                                                      WEBKIT_USER_SCRIPT_INJECT_AT_DOCUMENT_START, NULL, NULL);

    if (kept != NULL && *kept != NULL) {
        webkit_user_content_manager_remove_script(content, *kept);
        webkit_user_script_unref(*kept);
    }
    webkit_user_content_manager_add_script(content, script);
    if (kept != NULL)
        *kept = script;
    else
        webkit_user_script_unref(script);
}
