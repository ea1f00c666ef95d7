/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "file.h"

#include "broker.h"
#include "desktop_file.h"
#include "desktop_privacy.h"
#include "file_api.h"
#include "file_list.h"
#include "folder_session.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum state {
    QUEUED,  /* its question is not up */
    PLACES,  /* the person sees the places, … */
    CALLING, /* … waits for the one who offers, … */
    READING, /* … for bk-picker, … */
    FOLDER,  /* … sees a folder, … */
    NOTED,   /* … or what did not go */
    AWAITED, /* a file is chosen, and the app's stream is awaited */
    CARRIED, /* … its bytes are on their way */
};

struct bk_file_session {
    struct bk_file_session *next;
    struct bk_broker *broker;
    struct bk_app *app;
    struct bk_connection *connection; /* its call waits, or NULL */
    struct bk_file_wish wish;
    enum state state;
    int64_t page;
    struct bk_file_list list; /* what the page has, … */
    bool more;
    struct bk_file_list coming; /* … and what is being read for the next one */
    bool coming_more;
    enum bk_picker_type asked;        /* while READING */
    struct bk_app *server;            /* whose folder is looked into; apps live as long as the broker */
    struct bk_folder_session *called; /* while CALLING */
    struct bk_file_picker *picker;    /* from READING on */
    char aname[BK_FOLDER_ANAME_MAX + 1];
    bool listed; /* what is in `list` is the folder that one is in */
    unsigned depth;
    char names[BK_PICKER_DEPTH_MAX + 1][BK_PICKER_NAME_MAX + 1]; /* the place's title, and those on the way from it */
    char wanted[BK_PICKER_NAME_MAX + 1];                         /* what is being entered or chosen */
    struct bk_stream_token token;                                /* that is out, if has_token */
    bool has_token;
};

/* ---- ends ---- */

static void show_next(struct bk_files *files, uint64_t after_ms)
{
    const struct bk_file_session *session = files->sessions;

    while (session != NULL && session->state != QUEUED)
        session = session->next;
    if (files->shown != NULL || session == NULL)
        return;
    (void)sd_event_source_set_time(files->next, (bk_broker_now_ms() + after_ms) * 1000);
    (void)sd_event_source_set_enabled(files->next, SD_EVENT_ONESHOT);
}

/* Of the folder that the person is in, nothing is left. */
static void leave_folder(struct bk_file_session *session)
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

/* The app has asked, and the person has nothing more to say. */
static void end_question(struct bk_file_session *session)
{
    struct bk_files *files = &session->broker->files;

    session->app->open_asks--;
    if (files->shown == session)
        files->shown = NULL;
    show_next(files, 0);
}

/* Frees it, and yields the connection on which a call waits for it, or NULL. */
static struct bk_connection *end_session(struct bk_file_session *session)
{
    struct bk_broker *broker = session->broker;
    struct bk_connection *connection = session->connection;
    struct bk_file_session **at = &broker->files.sessions;

    while (*at != session)
        at = &(*at)->next;
    *at = session->next;
    if (session->state < AWAITED)
        end_question(session);
    if (connection != NULL)
        connection->file = NULL;
    if (session->has_token)
        bk_stream_withdraw(broker, &session->token);
    leave_folder(session);
    free(session);
    return connection;
}

/* The person did not choose, or cannot. */
static void end_unchosen(struct bk_file_session *session)
{
    struct bk_connection *connection = end_session(session);

    if (connection != NULL)
        bk_file_answer_not_chosen(connection);
}

void bk_file_session_cancel(struct bk_file_session *session)
{
    struct bk_broker *broker = session->broker;

    if (session->state < AWAITED && broker->files.shown == session) {
        /* A dialog that comes and goes is worse than one that stays. */
        bk_pace_count(&session->app->open_closed, BK_OPEN_CLOSED_INTERVAL_MS, bk_broker_now_ms());
        bk_desktop_withdraw_ask(broker->desktop, broker->files.question);
    }
    (void)end_session(session);
}

/* ---- pages ---- */

/* The next page, of this state. */
static struct bk_file_page make_page(struct bk_file_session *session, enum state state, enum bk_file_note note)
{
    session->state = state;
    session->page = ++session->broker->files.pages;
    return (struct bk_file_page){
        .number = session->page,
        .place = state == PLACES ? NULL : session->names[session->depth],
        .name = session->wanted,
        .note = note,
        .back = state != PLACES,
        .more = session->more,
        .entries = session->list.entries,
        .count = note == BK_FILE_NOTE_NONE ? session->list.count : 0,
    };
}

static void show(struct bk_file_session *session, enum state state, enum bk_file_note note)
{
    const struct bk_file_page page = make_page(session, state, note);

    bk_desktop_show_files(session->broker, session->broker->files.question, &page);
}

static void show_note(struct bk_file_session *session, enum bk_file_note note)
{
    show(session, NOTED, note);
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

static void show_places(struct bk_file_session *session)
{
    leave_folder(session);
    list_places(session);
    show(session, PLACES, BK_FILE_NOTE_NONE);
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

/* ---- what is chosen ---- */

static void tell_picker(struct bk_file_session *session, enum bk_picker_type type, uint32_t value, uint64_t size,
                        const char *name, int stream)
{
    const struct bk_picker_message message = bk_picker_message_make(type, value, size, name, strlen(name));

    bk_file_picker_ask(session->picker, &message, stream);
}

/* Its bytes do not go, or not all of them. */
static void fail_carried(struct bk_file_session *session, enum bk_picker_fault fault)
{
    const bool save = session->wish.save;

    bk_info("a file between %s and %s: %s", session->app->id, session->server->id, bk_picker_fault_names[fault]);
    struct bk_connection *connection = end_session(session);
    if (connection != NULL && save)
        bk_file_answer_not_stored(connection, fault);
}

static void on_app_arrived(int fd, void *userdata)
{
    struct bk_file_session *session = userdata;
    _cleanup_close_ int stream = fd;

    session->has_token = false;
    if (stream < 0) {
        fail_carried(session, BK_PICKER_SHORT);
        return;
    }
    session->state = CARRIED;
    tell_picker(session, BK_PICKER_CARRY, 0, 0, "", stream);
}

/* The file is open: the question is over, and the app is told. */
static void conclude(struct bk_file_session *session, uint64_t size)
{
    struct bk_broker *broker = session->broker;
    struct bk_connection *connection = session->connection;
    int r = bk_stream_offer(broker, session->app, on_app_arrived, session, &session->token);

    bk_desktop_withdraw_ask(broker->desktop, broker->files.question);
    if (r < 0) {
        (void)end_session(session);
        bk_file_answer_too_many(connection, BK_STREAM_OFFERED_MAX);
        return;
    }
    session->has_token = true;
    session->state = AWAITED;
    end_question(session);
    bk_info("%s %s a file of %s", session->app->id, session->wish.save ? "saves" : "opens", session->server->id);
    if (session->wish.save) {
        bk_file_answer_saving(connection, session->token.text, session->wanted);
        return;
    }
    session->connection = NULL;
    connection->file = NULL;
    bk_file_answer_opened(connection, session->token.text, session->wanted, size);
}

/* ---- what bk-picker says ---- */

static void take_entry(struct bk_file_session *session, const struct bk_picker_message *answer)
{
    const bool folder = answer->value == BK_PICKER_FOLDER;

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
    show(session, FOLDER, BK_FILE_NOTE_NONE);
}

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

/* Asks it for what becomes the next page. It may have ended while the person looked at this one. */
static void ask_picker(struct bk_file_session *session, enum bk_picker_type type, uint32_t value, uint64_t size,
                       const char *name, int stream)
{
    session->asked = type;
    session->state = READING;
    if (session->picker != NULL)
        tell_picker(session, type, value, size, name, stream);
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
        take_list(session, answer->value != 0);
        return;
    case BK_PICKER_OPENED:
    case BK_PICKER_CREATED:
        if ((answer->type == BK_PICKER_CREATED) == session->wish.save)
            conclude(session, answer->size);
        else
            take_failure(session, BK_PICKER_BROKEN);
        return;
    case BK_PICKER_EXISTS:
        show_note(session, BK_FILE_NOTE_EXISTS);
        return;
    case BK_PICKER_FAILED:
        take_failure(session, (enum bk_picker_fault)answer->value);
        return;
    default:
        take_failure(session, BK_PICKER_BROKEN); /* nothing that was asked for */
        return;
    }
}

static bool is_there(const struct bk_broker *broker, const struct bk_file_session *wanted)
{
    const struct bk_file_session *session = broker->files.sessions;

    while (session != NULL && session != wanted)
        session = session->next;
    return session != NULL;
}

static void on_answer(const struct bk_picker_message *answer, void *userdata)
{
    struct bk_file_session *session = userdata;
    const struct bk_broker *broker = session->broker;
    const bool failed = answer == NULL || answer->type == BK_PICKER_FAILED;

    if (session->state == CARRIED && answer != NULL && answer->type == BK_PICKER_DONE) {
        const bool save = session->wish.save;
        char name[sizeof session->wanted];
        memcpy(name, session->wanted, sizeof name);
        struct bk_connection *connection = end_session(session);
        if (connection != NULL && save)
            bk_file_answer_stored(connection, name);
    } else if (session->state >= AWAITED) {
        fail_carried(session, failed && answer != NULL ? (enum bk_picker_fault)answer->value : BK_PICKER_BROKEN);
    } else if (session->state == READING) {
        if (answer != NULL)
            take_answer(session, answer);
        else
            take_failure(session, BK_PICKER_GONE);
    }
    /* Else the person was told what did not go, and this is the process' end. */
    if (answer == NULL && is_there(broker, session)) {
        bk_file_picker_let_go(session->picker);
        session->picker = NULL;
    }
}

/* ---- what the person does ---- */

/* The one who offers has come to serve. */
static void on_served(int fd, void *userdata)
{
    struct bk_file_session *session = userdata;
    _cleanup_close_ int stream = fd;

    session->called = NULL;
    int r = stream < 0 ? -ECONNRESET
                       : bk_file_picker_start(&session->broker->files.pickers, session->broker->event, on_answer,
                                              session, &session->picker);
    if (r < 0) {
        bk_info("cannot look into a folder of %s: %s", session->server->id, strerror(-r));
        show_note(session, r == -ECONNRESET ? BK_FILE_NOTE_SILENT : BK_FILE_NOTE_REFUSED);
        return;
    }
    ask_picker(session, BK_PICKER_ATTACH, 0, 0, session->aname, stream);
}

static struct bk_folder_offer *find_place(const struct bk_file_session *session, const char *id)
{
    struct bk_folder_offer *offer = session->broker->folders.offers;
    char its_id[BK_FOLDER_ID_SIZE];

    for (; offer != NULL; offer = offer->next) {
        bk_folder_id(offer, its_id);
        if (strcmp(its_id, id) == 0)
            break;
    }
    return offer;
}

static void enter_place(struct bk_file_session *session, const char *id)
{
    struct bk_broker *broker = session->broker;
    struct bk_folder_offer *offer = find_place(session, id);
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
    session->state = CALLING;
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
    if ((session->state != PLACES && session->state != FOLDER) || number >= session->list.count)
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
    if (session->state != FOLDER || !session->wish.save || name == NULL)
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
    if (session->state != NOTED || !session->wish.save || session->wanted[0] == '\0')
        return;
    ask_picker(session, BK_PICKER_CREATE, 1, session->wish.size, session->wanted, -1);
}

static void go_back(struct bk_file_session *session)
{
    if (session->state == NOTED && session->picker != NULL && session->listed)
        show(session, FOLDER, BK_FILE_NOTE_NONE); /* what they saw before the note */
    else if (session->state == FOLDER && session->depth > 0) {
        session->depth--;
        ask_picker(session, BK_PICKER_UP, 0, 0, "", -1);
    } else if (session->state != PLACES) {
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
        end_unchosen(session);
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

/* ---- questions ---- */

static int on_next(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_broker *broker = userdata;
    struct bk_files *files = &broker->files;
    struct bk_file_session *session = files->sessions;

    (void)source;
    (void)usec;
    while (session != NULL && session->state != QUEUED)
        session = session->next;
    if (files->shown != NULL || session == NULL)
        return 0;
    leave_folder(session);
    list_places(session);
    const struct bk_file_page page = make_page(session, PLACES, BK_FILE_NOTE_NONE);
    files->question = bk_desktop_number_question(broker->desktop);
    if (bk_desktop_ask_file(broker, files->question, session->app, &session->wish, &page))
        files->shown = session;
    else
        session->state = QUEUED; /* the next desktop will be asked */
    return 0;
}

void bk_file_api_not_shown(struct bk_broker *broker, int64_t id, bool busy)
{
    struct bk_files *files = &broker->files;
    struct bk_file_session *session = files->shown;

    if (session == NULL || id != files->question)
        return;
    if (!busy) {
        end_unchosen(session); /* a desktop that cannot ask cannot allow either */
        return;
    }
    leave_folder(session);
    session->state = QUEUED;
    files->shown = NULL;
    show_next(files, BK_FILE_BUSY_MS);
}

void bk_file_api_desktop_arrived(struct bk_broker *broker)
{
    show_next(&broker->files, 0);
}

void bk_file_api_desktop_lost(struct bk_broker *broker)
{
    struct bk_file_session *session = broker->files.shown;

    if (session == NULL)
        return;
    leave_folder(session); /* it is asked anew, as the others are */
    session->state = QUEUED;
    broker->files.shown = NULL;
}

int bk_file_session_begin(struct bk_connection *connection, const struct bk_file_wish *wish)
{
    struct bk_files *files = &connection->broker->files;
    struct bk_file_session **at = &files->sessions;
    struct bk_file_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return -ENOMEM;
    session->broker = connection->broker;
    session->app = connection->app;
    session->connection = connection;
    session->wish = *wish;
    while (*at != NULL) /* the first comes first */
        at = &(*at)->next;
    *at = session;
    connection->file = session;
    connection->app->open_asks++;
    show_next(files, 0);
    return 0;
}

unsigned bk_file_sessions_count(const struct bk_broker *broker, const struct bk_app *app)
{
    unsigned count = 0;

    for (const struct bk_file_session *session = broker->files.sessions; session != NULL; session = session->next)
        count += session->app == app;
    return count;
}

/* ---- life ---- */

void bk_file_api_app_ended(struct bk_broker *broker, const struct bk_app *app)
{
    for (struct bk_file_session *next, *session = broker->files.sessions; session != NULL; session = next) {
        next = session->next;
        if (session->app == app)
            bk_file_session_cancel(session); /* one that picks has no connection, and its stream was reset */
    }
}

int bk_file_sessions_start(struct bk_broker *broker)
{
    int r = sd_event_add_time(broker->event, &broker->files.next, CLOCK_MONOTONIC, 0, 0, on_next, broker);

    return r < 0 ? r : sd_event_source_set_enabled(broker->files.next, SD_EVENT_OFF);
}

void bk_file_sessions_stop(struct bk_broker *broker)
{
    while (broker->files.sessions != NULL)
        (void)end_session(broker->files.sessions);
    bk_file_pickers_finish(&broker->files.pickers);
    broker->files.next = sd_event_source_disable_unref(broker->files.next);
}
