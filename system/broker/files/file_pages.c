/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file_session.h"

#include "desktop_file.h"
#include "file_api.h"

#include "cleanup.h"
#include "log.h"

#include <errno.h>
#include <string.h>

/* ---- pages ---- */

void bk_file_pages_leave(struct bk_file_session *session)
{
    if (session->called != NULL)
        bk_folder_session_cancel(session->called);
    bk_file_picker_let_go(session->picker);
    bk_file_list_finish(&session->list);
    bk_file_list_finish(&session->coming);
    session->called = NULL;
    session->picker = NULL;
    session->server = NULL;
    session->depth = 0;
    session->listed = false;
    session->more = session->coming_more = false;
}

/* The next page, of this state. */
static struct bk_file_page make_page(struct bk_file_session *session, enum bk_file_state state, enum bk_file_note note)
{
    session->state = state;
    session->page = ++session->broker->files.pages;
    return (struct bk_file_page){
        .number = session->page,
        .place = state == BK_FILE_STATE_PLACES ? NULL : session->names[session->depth],
        .name = session->wanted,
        .note = note,
        .back = state != BK_FILE_STATE_PLACES,
        .more = session->more,
        .entries = session->list.entries,
        .count = note == BK_FILE_NOTE_NONE ? session->list.count : 0,
    };
}

static void show(struct bk_file_session *session, enum bk_file_state state, enum bk_file_note note)
{
    const struct bk_file_page page = make_page(session, state, note);

    bk_desktop_show_files(session->broker, session->broker->files.question, &page);
}

static void show_note(struct bk_file_session *session, enum bk_file_note note)
{
    show(session, BK_FILE_STATE_NOTED, note);
}

/* What others offer, and may be written when that is what it is for. */
static void list_places(struct bk_file_session *session)
{
    int r = 0;

    for (const struct bk_folder_offer *offer = session->broker->folders.offers; r >= 0 && offer != NULL;
         offer = offer->next) {
        char id[BK_FOLDER_ID_SIZE];
        if (offer->connection->app == session->app || (session->wish.save && offer->access != BK_FOLDER_READ_WRITE))
            continue;
        bk_folder_id(offer, id);
        r = bk_file_list_add(&session->list, BK_FILE_PLACE, id, BK_PICKER_NO_SIZE);
    }
    session->more = r < 0;
}

struct bk_file_page bk_file_pages_begin(struct bk_file_session *session)
{
    bk_file_pages_leave(session);
    list_places(session);
    return make_page(session, BK_FILE_STATE_PLACES, BK_FILE_NOTE_NONE);
}

static void show_places(struct bk_file_session *session)
{
    const struct bk_file_page page = bk_file_pages_begin(session);

    bk_desktop_show_files(session->broker, session->broker->files.question, &page);
}

static enum bk_file_note note_of(enum bk_picker_fault fault)
{
    switch (fault) {
    case BK_PICKER_SILENT:
        return BK_FILE_NOTE_SILENT;
    case BK_PICKER_GONE:
    case BK_PICKER_BROKEN:
        return BK_FILE_NOTE_GONE;
    case BK_PICKER_NO_FILE:
        return BK_FILE_NOTE_NO_FILE;
    case BK_PICKER_DEEP:
        return BK_FILE_NOTE_DEEP;
    case BK_PICKER_REFUSED:
    case BK_PICKER_FULL:
    case BK_PICKER_TAKEN:
    case BK_PICKER_SHORT:
    case BK_PICKER_FAULTS:
        break;
    }
    return BK_FILE_NOTE_REFUSED;
}

/* ---- what bk-picker says ---- */

/* One is where one was: in the folder that could not be entered's, or, on the way up, nowhere. */
static void take_failure(struct bk_file_session *session, enum bk_picker_fault fault)
{
    bk_file_list_finish(&session->coming);
    session->coming_more = false;
    if (session->asked == BK_PICKER_ENTER)
        session->depth--;
    else if (session->asked == BK_PICKER_UP || session->asked == BK_PICKER_ATTACH)
        session->listed = false;
    show_note(session, note_of(fault));
}

/* It says what nothing was asked for: nothing more is asked of it. */
static void give_up(struct bk_file_session *session)
{
    bk_file_picker_let_go(session->picker);
    session->picker = NULL;
    take_failure(session, BK_PICKER_BROKEN);
}

static void take_entry(struct bk_file_session *session, const struct bk_picker_message *answer)
{
    const bool folder = answer->value == BK_PICKER_FOLDER;

    if (++session->told > BK_PICKER_ENTRIES_MAX) {
        give_up(session);
        return;
    }
    if (!bk_file_name_is_fine(answer->name) || (!folder && !bk_file_wish_fits(&session->wish, answer->name)))
        return;
    if (bk_file_list_add(&session->coming, folder ? BK_FILE_FOLDER : BK_FILE_FILE, answer->name, answer->size) < 0)
        session->coming_more = true;
}

static void take_list(struct bk_file_session *session, bool more)
{
    bk_file_list_finish(&session->list);
    session->list = session->coming;
    session->coming = (struct bk_file_list){ .entries = NULL };
    session->more = session->coming_more || more;
    session->coming_more = false;
    bk_file_list_sort(&session->list);
    session->listed = true;
    show(session, BK_FILE_STATE_FOLDER, BK_FILE_NOTE_NONE);
}

/* Asks it for what becomes the next page. It may have ended while the person looked at this one. */
static void ask_picker(struct bk_file_session *session, enum bk_picker_type type, uint32_t value, uint64_t size,
                       const char *name, int stream)
{
    session->asked = type;
    session->told = 0;
    session->state = BK_FILE_STATE_READING;
    if (session->picker != NULL)
        bk_file_session_tell_picker(session, type, value, size, name, stream);
    else
        take_failure(session, BK_PICKER_GONE);
}

static void take_answer(struct bk_file_session *session, const struct bk_picker_message *answer)
{
    switch ((enum bk_picker_type)answer->type) {
    case BK_PICKER_ENTRY:
        take_entry(session, answer);
        return;
    case BK_PICKER_LISTED:
        if (session->asked == BK_PICKER_OPEN || session->asked == BK_PICKER_CREATE)
            give_up(session);
        else
            take_list(session, answer->value != 0);
        return;
    case BK_PICKER_OPENED:
    case BK_PICKER_CREATED:
        if (session->asked == (answer->type == BK_PICKER_CREATED ? BK_PICKER_CREATE : BK_PICKER_OPEN))
            bk_file_session_conclude(session, answer->size);
        else
            give_up(session);
        return;
    case BK_PICKER_EXISTS:
        if (session->asked == BK_PICKER_CREATE)
            show_note(session, BK_FILE_NOTE_EXISTS);
        else
            give_up(session);
        return;
    case BK_PICKER_FAILED:
        take_failure(session, (enum bk_picker_fault)answer->value);
        return;
    default:
        give_up(session);
        return;
    }
}

void bk_file_pages_take(struct bk_file_session *session, const struct bk_picker_message *answer)
{
    if (answer != NULL)
        take_answer(session, answer);
    else
        take_failure(session, BK_PICKER_GONE);
}

/* ---- what the person does ---- */

/* The one who offers has come to serve. */
static void on_served(int fd, void *userdata)
{
    struct bk_file_session *session = userdata;
    _cleanup_close_ int stream = fd;

    session->called = NULL;
    int r = stream < 0 ? -ECONNRESET
                       : bk_file_picker_start(&session->broker->files.pickers, session->broker->event,
                                              bk_file_session_answered, session, &session->picker);
    if (r < 0) {
        bk_info("cannot look into a folder of %s: %s", session->server->id, strerror(-r));
        show_note(session, r == -ECONNRESET ? BK_FILE_NOTE_SILENT : BK_FILE_NOTE_REFUSED);
        return;
    }
    ask_picker(session, BK_PICKER_ATTACH, 0, 0, session->aname, stream);
}

static void enter_place(struct bk_file_session *session, const char *id)
{
    struct bk_broker *broker = session->broker;
    struct bk_folder_offer *offer = bk_folder_offer_by_id(session->broker, id);
    const enum bk_folder_access access = session->wish.save ? BK_FOLDER_READ_WRITE : BK_FOLDER_READ_ONLY;

    session->depth = 0;
    memset(session->names, 0, sizeof session->names);
    if (offer == NULL || access > offer->access) {
        show_note(session, BK_FILE_NOTE_GONE);
        return;
    }
    memcpy(session->names[0], offer->title, sizeof offer->title);
    memcpy(session->aname, offer->aname, sizeof offer->aname);
    session->server = offer->connection->app;
    session->listed = false;
    session->state = BK_FILE_STATE_CALLING;
    int r =
        bk_folder_sessions_served(broker, session->server) >= BK_FOLDER_SERVED_MAX
            ? -EBUSY
            : bk_folder_session_begin_served(broker, session->app, offer, access, on_served, session, &session->called);
    if (r < 0)
        show_note(session, BK_FILE_NOTE_REFUSED);
}

static void enter_folder(struct bk_file_session *session, const char *name)
{
    if (session->depth == BK_PICKER_DEPTH_MAX) {
        show_note(session, BK_FILE_NOTE_DEEP);
        return;
    }
    session->depth++;
    memcpy(session->names[session->depth], name, strlen(name) + 1);
    ask_picker(session, BK_PICKER_ENTER, 0, 0, name, -1);
}

static void choose(struct bk_file_session *session, uint64_t number)
{
    if ((session->state != BK_FILE_STATE_PLACES && session->state != BK_FILE_STATE_FOLDER) ||
        number >= session->list.count)
        return;
    const struct bk_file_entry *entry = &session->list.entries[number];
    if (entry->kind == BK_FILE_PLACE) {
        char id[BK_FOLDER_ID_SIZE];
        memcpy(id, entry->name, strlen(entry->name) + 1); /* which is what it was made from */
        enter_place(session, id);
    } else if (entry->kind == BK_FILE_FOLDER) {
        enter_folder(session, entry->name);
    } else if (!session->wish.save) {
        memcpy(session->wanted, entry->name, strlen(entry->name) + 1);
        ask_picker(session, BK_PICKER_OPEN, 0, 0, session->wanted, -1);
    }
}

static void save(struct bk_file_session *session, const char *name)
{
    if (session->state != BK_FILE_STATE_FOLDER || !session->wish.save || name == NULL)
        return;
    const size_t length = strlen(name);
    const bool fine = bk_file_name_is_fine(name);
    memset(session->wanted, 0, sizeof session->wanted);
    memcpy(session->wanted, name, fine ? length : 0);
    if (!fine) {
        show_note(session, BK_FILE_NOTE_BAD_NAME);
        return;
    }
    ask_picker(session, BK_PICKER_CREATE, 0, session->wish.size, session->wanted, -1);
}

/* They saw that there is one of that name. */
static void replace(struct bk_file_session *session)
{
    if (session->state != BK_FILE_STATE_NOTED || !session->wish.save || session->wanted[0] == '\0')
        return;
    ask_picker(session, BK_PICKER_CREATE, 1, session->wish.size, session->wanted, -1);
}

static void go_back(struct bk_file_session *session)
{
    if (session->state == BK_FILE_STATE_NOTED && session->picker != NULL && session->listed)
        show(session, BK_FILE_STATE_FOLDER, BK_FILE_NOTE_NONE); /* what they saw before the note */
    else if (session->state == BK_FILE_STATE_FOLDER && session->depth > 0) {
        session->depth--;
        ask_picker(session, BK_PICKER_UP, 0, 0, "", -1);
    } else if (session->state != BK_FILE_STATE_PLACES) {
        show_places(session);
    }
}

void bk_file_api_did(struct bk_broker *broker, int64_t id, const struct bk_file_deed *deed)
{
    struct bk_file_session *session = broker->files.shown;

    if (session == NULL || id != broker->files.question)
        return; /* it was withdrawn meanwhile */
    if (deed->act == BK_FILE_CLOSE) {
        bk_pace_count(&session->app->open_closed, BK_OPEN_CLOSED_INTERVAL_MS, bk_broker_now_ms());
        bk_file_session_end_unchosen(session);
        return;
    }
    if (deed->page != session->page)
        return;
    switch (deed->act) {
    case BK_FILE_CHOOSE:
        choose(session, deed->entry);
        return;
    case BK_FILE_SAVE:
        save(session, deed->name);
        return;
    case BK_FILE_REPLACE:
        replace(session);
        return;
    case BK_FILE_BACK:
        go_back(session);
        return;
    case BK_FILE_CLOSE:
    case BK_FILE_ACTS:
        return;
    }
}
