/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program's clipboard is the seat's selection, and either the program's own or the system's: what it copies is
 * offered to the system, and what others copied stands in its place as soon as the system tells of it. So programs need
 * to know nothing, and what one pastes of its own never leaves the VM.
 */
#define _GNU_SOURCE
#include "kiosk.h"

#include "clip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/types/wlr_data_device.h>

/* What others copied. */
struct offer {
    struct wlr_data_source base;
    struct kiosk *kiosk;
};

static void on_send(struct wlr_data_source *source, const char *type, int32_t fd)
{
    const struct offer *offer = wl_container_of(source, offer, base);

    bk_clip_paste(offer->kiosk->clip, type, fd);
}

static void on_offer_destroyed(struct wlr_data_source *source)
{
    struct offer *offer = wl_container_of(source, offer, base);

    free(offer);
}

static bool add_types(struct offer *offer, const char *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *type = strdup(types[i]);
        char **place = type != NULL ? wl_array_add(&offer->base.mime_types, sizeof *place) : NULL;
        if (place == NULL) {
            free(type);
            return false;
        }
        *place = type;
    }
    return true;
}

static void on_there(const char *const *types, size_t count, bool own, void *userdata)
{
    static const struct wlr_data_source_impl impl = { .send = on_send, .destroy = on_offer_destroyed };
    struct kiosk *kiosk = userdata;

    if (own && kiosk->copied != NULL)
        return;
    struct offer *offer = calloc(1, sizeof *offer);
    if (offer == NULL)
        return;
    wlr_data_source_init(&offer->base, &impl);
    offer->kiosk = kiosk;
    if (add_types(offer, types, count))
        wlr_seat_set_selection(kiosk->seat, &offer->base, wl_display_get_serial(kiosk->display));
    else
        wlr_data_source_destroy(&offer->base);
}

/* The program writes what it copied into the one end, the system gets it from the other. */
static int on_read(const char *type, void *userdata)
{
    const struct kiosk *kiosk = userdata;
    int ends[2];

    if (kiosk->copied == NULL)
        return -ENOENT;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    wlr_data_source_send(kiosk->copied, type, ends[1]); /* it is closed by that */
    return ends[0];
}

static void forget(struct kiosk *kiosk)
{
    if (kiosk->copied != NULL)
        wl_list_remove(&kiosk->copied_destroyed.link);
    kiosk->copied = NULL;
}

static void on_copied_destroyed(struct wl_listener *listener, void *data)
{
    struct kiosk *kiosk = wl_container_of(listener, kiosk, copied_destroyed);

    (void)data;
    forget(kiosk);
    bk_clip_end_copy(kiosk->clip);
}

void bk_kiosk_clipboard_copied(struct kiosk *kiosk, struct wlr_data_source *source)
{
    forget(kiosk);
    if (source == NULL) {
        bk_clip_end_copy(kiosk->clip);
        return;
    }
    kiosk->copied = source;
    kiosk->copied_destroyed.notify = on_copied_destroyed;
    wl_signal_add(&source->events.destroy, &kiosk->copied_destroyed);
    bk_clip_copy(kiosk->clip, source->mime_types.data, source->mime_types.size / sizeof(char *));
}

int bk_kiosk_clipboard_init(struct kiosk *kiosk, int (*connect)(unsigned port))
{
    const struct bk_clip_events events = { .connect = connect, .there = on_there, .read = on_read };

    return bk_clip_create(kiosk->loop, &events, kiosk, &kiosk->clip);
}

void bk_kiosk_clipboard_finish(struct kiosk *kiosk)
{
    forget(kiosk);
    bk_clip_destroy(kiosk->clip);
    kiosk->clip = NULL;
}
