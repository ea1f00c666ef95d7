/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine hands a page its stream before the person has answered, and takes neither a no nor the end of a camera for
 * the end of a track. So a script in each page stands before getUserMedia(): the page waits until the source of its
 * track has told what came of Open(), and learns when the source has no more frames.
 *
 * Which source is a track's: the engine starts it before the page has the stream, all in one thread. So at a page's
 * question the source has said its title, and of those of that title it is the first that nobody asked for. A page that
 * takes the script away sees cameras without pictures: what it may see, the system decides.
 *
 * A microphone it asks for before (microphone.h), and so for one question after the other where a page wants both.
 */
#define _GNU_SOURCE
#include "cameras.h"

#include "call.h"
#include "camera/account.h"
#include "microphone.h"
#include "script.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define HANDLER "camera" /* what the script asks: a title, a source's number, or nothing */
#define WATCH   "io.bulkhead.Camera.Watch"

#define WAITING 16 /* connections that are not accepted yet */

#define PACKETS_MAX 16U /* of one source at a time, so that who says more holds up nobody */
#define SOURCES_MAX 64U /* an app has four cameras open; those that begin and end are more */

/* Answers are a source's number (false: no source is known), or the name of what the promise fails with; whether it has
 * no more frames; whether there may be cameras.
 *
 * What shows a track lets go of it before it is stopped: the engine stops it in the thread that draws, and waits there
 * for frames that wait to be drawn, for good (docs/decisions/025). It takes its stream up again when there is more to
 * show in that. To the page it has it all the time. */
static const char script[] =
    "if (window.MediaDevices) {"
    "  const camera = webkit.messageHandlers." HANDLER ", microphone = webkit.messageHandlers." BK_WEB_MICROPHONE
    ", sources = new WeakMap(), shown = new WeakMap(), left = new WeakMap(), players = new Set();"
    "  const Track = MediaStreamTrack.prototype, Stream = MediaStream, page = Math.random();"
    "  const {getUserMedia} = MediaDevices.prototype;"
    "  const {clone, stop} = Track, {addTrack, getTracks} = Stream.prototype;"
    "  const srcObject = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');"
    "  const there = () => [...players].map((ref) => ref.deref() ?? void players.delete(ref)).filter((player) => "
    "player);"
    "  const showing = (stream) => there().filter((player) => shown.get(player) === stream);"
    "  const showAgain = (stream) => showing(stream).filter((player) => stream.active && "
    "left.has(player)).forEach((player) => {"
    "    srcObject.set.call(player, stream);"
    "    if (left.get(player))"
    "      player.play().catch(() => {});"
    "    left.delete(player);"
    "  });"
    "  const end = (track) => {"
    "    const theirs = there().filter((player) => shown.has(player) && "
    "getTracks.call(shown.get(player)).includes(track));"
    "    theirs.filter((player) => !left.has(player)).forEach((player) => {"
    "      left.set(player, !player.paused);"
    "      srcObject.set.call(player, null);"
    "    });"
    "    stop.call(track);"
    "    queueMicrotask(() => theirs.forEach((player) => shown.has(player) && showAgain(shown.get(player))));"
    "  };"
    "  const follow = async (track, source) => {"
    "    if (!source)"
    "      return;"
    "    sources.set(track, source);"
    "    if (!await camera.postMessage(source) || track.readyState === 'ended')"
    "      return;"
    "    track.stop();"
    "    track.dispatchEvent(new Event('ended'));"
    "  };"
    "  const hear = async () => {"
    "    if ((await navigator.permissions.query({name: 'microphone'})).state === 'denied')"
    "      return;" /* to a frame, by its page: as the engine says then */
    "    if (!await microphone.postMessage({page, waits: true}))"
    "      throw new DOMException('The microphone is not to be heard.', 'NotAllowedError');"
    "  };"
    "  addEventListener('pagehide', () => void microphone.postMessage({page, waits: false}));"
    "  MediaDevices.prototype.getUserMedia = async function (...given) {"
    "    if (given[0]?.audio)"
    "      await hear();"
    "    const stream = await getUserMedia.apply(this, given).catch(async (error) => {"
    "      if (given[0]?.video && ['NotFoundError', 'OverconstrainedError'].includes(error.name) && !await "
    "camera.postMessage(null))"
    "        throw new DOMException('The app declares no camera.', 'NotAllowedError');"
    "      throw error;"
    "    });"
    "    const [track] = stream.getVideoTracks(), source = track && await camera.postMessage(track.label);"
    "    if (typeof source === 'string') {"
    "      stream.getTracks().forEach((each) => each.stop());"
    "      throw new DOMException('The camera is not to be seen.', source);"
    "    }"
    "    follow(track, source);"
    "    return stream;"
    "  };"
    "  Track.stop = function () { this.kind === 'video' && this.readyState === 'live' ? end(this) : stop.call(this); };"
    "  Track.clone = function () {"
    "    const copy = clone.call(this);"
    "    follow(copy, sources.get(this));"
    "    return copy;"
    "  };"
    "  Stream.prototype.addTrack = function (track) {"
    "    addTrack.call(this, track);"
    "    showAgain(this);"
    "  };"
    "  Stream.prototype.clone = function () {"
    "    return new Stream(getTracks.call(this).map((track) => track.clone()));"
    "  };"
    "  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {...srcObject, get() {"
    "    return shown.get(this) ?? srcObject.get.call(this);"
    "  }, set(value) {"
    "    srcObject.set.call(this, value);"
    "    left.delete(this);"
    "    if (!(value instanceof Stream))"
    "      return void shown.delete(this);"
    "    if (!there().includes(this))"
    "      players.add(new WeakRef(this));"
    "    shown.set(this, value);"
    "  }});"
    "}";

struct source {
    int fd;
    guint watch;
    struct bk_camera_account account;
    unsigned number;    /* 0: no page asked for it yet */
    GPtrArray *waiting; /* replies */
};

static struct {
    int listening;
    JSCContext *words;
    GQueue sources; /* in the order in which they started */
    unsigned last;
} state = { .sources = G_QUEUE_INIT };

/* Takes `value`. */
static void reply(WebKitScriptMessageReply *to, JSCValue *value)
{
    webkit_script_message_reply_return_value(to, value);
    g_object_unref(value);
}

static JSCValue *truth(bool is)
{
    return jsc_value_new_boolean(state.words, is);
}

/* What a page is told that asked for it. */
static JSCValue *outcome(const struct source *source)
{
    if (source->account.told == BK_CAMERA_SEEN || source->account.told == BK_CAMERA_GONE)
        return jsc_value_new_number(state.words, source->number);
    return jsc_value_new_string(state.words,
                                source->account.told == BK_CAMERA_DENIED ? "NotAllowedError" : "NotReadableError");
}

static void answer(struct source *source, JSCValue *(*with)(const struct source *source))
{
    g_autoptr(GPtrArray) waiting = g_steal_pointer(&source->waiting);

    source->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)webkit_script_message_reply_unref);
    for (guint i = 0; i < waiting->len; i++)
        reply(g_ptr_array_index(waiting, i), with(source));
}

static JSCValue *is_gone(const struct source *source)
{
    return truth(source->account.told == BK_CAMERA_GONE);
}

static void forget(struct source *source)
{
    g_queue_remove(&state.sources, source);
    answer(source, source->account.told == BK_CAMERA_UNKNOWN ? outcome : is_gone);
    g_ptr_array_unref(source->waiting);
    g_source_remove(source->watch);
    bk_close(source->fd);
    g_free(source);
}

/* False: it is not to be heard any more. */
static bool take(struct source *source, const char *packet, size_t size)
{
    switch (bk_camera_account_take(&source->account, packet, size)) {
    case BK_CAMERA_NO_NEWS:
        break;
    case BK_CAMERA_OPENED:
        answer(source, outcome);
        break;
    case BK_CAMERA_ENDED:
        answer(source, is_gone);
        break;
    case BK_CAMERA_NONSENSE:
        bk_warning("what says that it is a camera's source is none");
        return false;
    }
    return true;
}

/* What it has said by now; false: it is gone, or makes no sense, and is forgotten. */
static bool look(struct source *source)
{
    char packet[BK_CAMERA_TITLE_MAX];

    for (unsigned i = 0; i < PACKETS_MAX; i++) {
        ssize_t n = recv(source->fd, packet, sizeof packet, MSG_DONTWAIT | MSG_TRUNC);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        if (n <= 0 || !take(source, packet, (size_t)n)) {
            forget(source);
            return false;
        }
    }
    return true;
}

static gboolean on_source(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    return look(data) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Knows all that was said until now. */
static void catch_up(void)
{
    int fd;

    while ((fd = accept4(state.listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
        if (g_queue_get_length(&state.sources) == SOURCES_MAX) {
            bk_close(fd);
            continue;
        }
        struct source *source = g_new0(struct source, 1);
        source->fd = fd;
        source->waiting = g_ptr_array_new_with_free_func((GDestroyNotify)webkit_script_message_reply_unref);
        source->watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_source, source);
        g_queue_push_tail(&state.sources, source);
    }
    for (GList *at = state.sources.head, *next; at != NULL; at = next) {
        next = at->next;
        (void)look(at->data);
    }
}

static gboolean on_connection(gint fd, GIOCondition condition, gpointer data)
{
    (void)fd;
    (void)condition;
    (void)data;
    catch_up();
    return G_SOURCE_CONTINUE;
}

/* The number of the source of a track of this label, once it is open; false when none is known. */
static void ask_for(const char *label, WebKitScriptMessageReply *to)
{
    struct source *found = NULL;

    catch_up();
    for (GList *at = state.sources.head; at != NULL && found == NULL; at = at->next) {
        struct source *source = at->data;
        const char *title = source->account.title;
        if (source->number == 0 && title[0] != '\0' && strcmp(title, label) == 0)
            found = source;
    }
    if (found == NULL) {
        bk_warning("a page's camera does not say what became of it");
        reply(to, truth(false));
        return;
    }
    found->number = ++state.last;
    if (found->account.told == BK_CAMERA_UNKNOWN)
        g_ptr_array_add(found->waiting, webkit_script_message_reply_ref(to));
    else
        reply(to, outcome(found));
}

/* Until the source has no more frames, or stopped. */
static void wait_for_end(unsigned number, WebKitScriptMessageReply *to)
{
    /* 0 is that of sources that nobody asked for */
    for (GList *at = number == 0 ? NULL : state.sources.head; at != NULL; at = at->next) {
        struct source *source = at->data;
        if (source->number == number && source->account.told == BK_CAMERA_SEEN) {
            g_ptr_array_add(source->waiting, webkit_script_message_reply_ref(to));
            return;
        }
        if (source->number == number) {
            reply(to, is_gone(source));
            return;
        }
    }
    reply(to, truth(false));
}

static void on_watched(sd_json_variant *parameters, const char *error, bool continues, void *userdata)
{
    WebKitScriptMessageReply *to = userdata;

    (void)parameters;
    (void)continues;
    reply(to, truth(g_strcmp0(error, SD_VARLINK_ERROR_PERMISSION_DENIED) != 0));
    webkit_script_message_reply_unref(to);
}

/* To watch asks nobody. */
static void tell_whether_declared(WebKitScriptMessageReply *to)
{
    if (bk_web_call_begin(WATCH, NULL, false, on_watched, webkit_script_message_reply_ref(to)) == NULL)
        on_watched(NULL, BK_WEB_LOST, false, to);
}

static gboolean on_asked(WebKitUserContentManager *content, JSCValue *what, WebKitScriptMessageReply *to, gpointer data)
{
    (void)content;
    (void)data;
    if (jsc_value_is_string(what)) {
        g_autofree char *label = jsc_value_to_string(what);
        ask_for(label, to);
    } else if (jsc_value_is_number(what)) {
        wait_for_end((unsigned)jsc_value_to_int32(what), to);
    } else {
        tell_whether_declared(to);
    }
    return TRUE;
}

/* Its name is the kernel's choice, so that there may be several. */
static int begin_to_listen(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    socklen_t size = sizeof address;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address.sun_family) < 0 ||
        listen(fd, WAITING) < 0 || getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        bk_error("pages do not learn what becomes of their cameras: %s", g_strerror(errno));
        return bk_close(fd);
    }
    g_autofree char *name = g_strndup(address.sun_path + 1, size - offsetof(struct sockaddr_un, sun_path) - 1);
    g_setenv(BK_CAMERA_REPORTS, name, TRUE);
    g_unix_fd_add(fd, G_IO_IN, on_connection, NULL);
    return fd;
}

void bk_web_cameras_init(WebKitWebView *view)
{
    WebKitUserContentManager *content = webkit_web_view_get_user_content_manager(view);

    state.listening = begin_to_listen();
    state.words = jsc_context_new();
    bk_web_script_put(view, script, NULL);
    g_signal_connect(content, "script-message-with-reply-received::" HANDLER, G_CALLBACK(on_asked), NULL);
    webkit_user_content_manager_register_script_message_handler_with_reply(content, HANDLER, NULL);
}
