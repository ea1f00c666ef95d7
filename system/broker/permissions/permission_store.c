/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "permission_store.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says whose file it is: SQLite's header has a place for that (PRAGMA application_id). "BkPm" */
#define APPLICATION_ID 0x426b506d
#define TEXT_OF(value) #value
#define NUMBER(value)  TEXT_OF(value)

/* What is not SQLite's: the file is sound and not one of ours. */
#define NOT_OURS (-1)

struct bk_permission_store {
    sqlite3 *db;
    char *path; /* NULL: in memory */
    bool complained;
};

/* ---- SQLite ---- */

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

#define _cleanup_statement_ _cleanup_(finalize)

/* Prepares a statement and binds its values: one letter of `types` each, 't' for a text and 'i' for an int64_t. The
 * texts must outlive the statement. */
static int prepare(sqlite3 *db, sqlite3_stmt **ret, const char *sql, const char *types, ...)
{
    va_list values;
    int r = sqlite3_prepare_v2(db, sql, -1, ret, NULL);

    va_start(values, types);
    for (int i = 0; r == SQLITE_OK && types[i] != '\0'; i++) {
        if (types[i] == 't')
            r = sqlite3_bind_text(*ret, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
        else
            r = sqlite3_bind_int64(*ret, i + 1, va_arg(values, int64_t));
    }
    va_end(values);
    return r;
}

/* Runs a statement that yields nothing, if it could be prepared. */
static int finish(int prepared, sqlite3_stmt *const *statement)
{
    int r = prepared == SQLITE_OK ? sqlite3_step(*statement) : prepared;

    return r == SQLITE_DONE || r == SQLITE_ROW ? SQLITE_OK : r;
}

static int read_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = prepare(db, &statement, sql, "");

    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    if (r != SQLITE_ROW)
        return r == SQLITE_DONE ? SQLITE_CORRUPT : r;
    *ret = sqlite3_column_int64(statement, 0);
    return SQLITE_OK;
}

/* ---- opening ---- */

static int make_tables(sqlite3 *db)
{
    return sqlite3_exec(db,
                        "BEGIN IMMEDIATE;"
                        "CREATE TABLE grants (app TEXT NOT NULL, permission TEXT NOT NULL, choice TEXT NOT NULL,"
                        " PRIMARY KEY (app, permission)) STRICT, WITHOUT ROWID;"
                        "CREATE TABLE uses (id INTEGER PRIMARY KEY, app TEXT NOT NULL, permission TEXT NOT NULL,"
                        " start INTEGER NOT NULL, seconds INTEGER NOT NULL, lasts INTEGER NOT NULL) STRICT;"
                        "PRAGMA application_id=" NUMBER(APPLICATION_ID) ";"
                                                                        "PRAGMA user_version=" NUMBER(
                                                                            BK_PERMISSION_STORE_VERSION) ";"
                                                                                                         "COMMIT;",
                        NULL, NULL, NULL);
}

static int check_whole(sqlite3 *db)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = prepare(db, &statement, "PRAGMA quick_check(1)", "");

    if (r == SQLITE_OK)
        r = sqlite3_step(statement);
    if (r != SQLITE_ROW)
        return r;
    const char *verdict = (const char *)sqlite3_column_text(statement, 0);
    return verdict != NULL && strcmp(verdict, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
}

/* SQLITE_OK when the file is a sound one of ours, or was empty and is one now. */
static int examine(sqlite3 *db)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    int r = read_number(db, "PRAGMA application_id", &application);

    if (r == SQLITE_OK)
        r = read_number(db, "PRAGMA user_version", &version);
    if (r == SQLITE_OK)
        r = read_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (r != SQLITE_OK)
        return r;
    if (application == 0 && version == 0 && tables == 0)
        return make_tables(db);
    if (application != APPLICATION_ID || version != BK_PERMISSION_STORE_VERSION)
        return NOT_OURS;
    r = check_whole(db);
    /* What lasted when the last process ended ended with it, as far as is known. */
    if (r == SQLITE_OK)
        r = sqlite3_exec(db, "UPDATE uses SET lasts = 0 WHERE lasts", NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_exec(db, "SELECT app, permission, choice FROM grants LIMIT 0", NULL, NULL, NULL);
    return r == SQLITE_ERROR ? SQLITE_CORRUPT : r; /* a table or a column is missing */
}

static int open_database(const char *path, sqlite3 **ret)
{
    sqlite3 *db = NULL;
    int r = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    /* The file may hold what nobody of us has written: nothing in it is to be run. */
    if (r == SQLITE_OK)
        r = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    if (r == SQLITE_OK)
        r = sqlite3_exec(db,
                         "PRAGMA cell_size_check=ON; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL;"
                         "PRAGMA temp_store=MEMORY",
                         NULL, NULL, NULL);
    if (r == SQLITE_OK)
        r = examine(db);
    if (r != SQLITE_OK) {
        sqlite3_close(db);
        return r;
    }
    *ret = db;
    return SQLITE_OK;
}

static const char *describe(int r)
{
    return r == NOT_OURS ? "it is of a later version, or something else" : sqlite3_errstr(r);
}

/* The journal first: it must never be taken for that of a new file. */
static int set_aside(const char *path)
{
    char from[PATH_MAX], to[PATH_MAX];

    if (snprintf(to, sizeof to, "%s" BK_PERMISSION_STORE_ASIDE "-journal", path) >= (int)sizeof to ||
        snprintf(from, sizeof from, "%s-journal", path) >= (int)sizeof from)
        return -ENAMETOOLONG;
    if (rename(from, to) < 0 && errno != ENOENT)
        return -errno;
    to[strlen(to) - strlen("-journal")] = '\0';
    if (rename(path, to) < 0 && errno != ENOENT)
        return -errno;
    int r = bk_sync_folder(path);
    if (r < 0)
        bk_warning("cannot sync the folder of %s: %s", path, strerror(-r));
    return 0;
}

/* From here on nothing is kept; false without the memory for that. */
static bool keep_in_memory(struct bk_permission_store *store)
{
    bk_warning("what is allowed is kept only until the System VM ends");
    free(TAKE_PTR(store->path));
    return open_database(":memory:", &store->db) == SQLITE_OK;
}

int bk_permission_store_open(const char *path, struct bk_permission_store **ret)
{
    struct bk_permission_store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return -ENOMEM;
    if (path != NULL) {
        store->path = strdup(path);
        int r = store->path != NULL ? open_database(path, &store->db) : SQLITE_NOMEM;
        if (r == NOT_OURS || (r & 0xff) == SQLITE_CORRUPT || (r & 0xff) == SQLITE_NOTADB) {
            bk_error("%s is set aside and begun anew: %s", path, describe(r));
            int moved = set_aside(path);
            if (moved < 0)
                bk_error("%s cannot be set aside: %s", path, strerror(-moved));
            else
                r = open_database(path, &store->db);
        }
        if (r != SQLITE_OK)
            bk_error("%s cannot be used: %s", path, describe(r));
    }
    if (store->db == NULL && !keep_in_memory(store)) {
        bk_permission_store_close(store);
        return -ENOMEM;
    }
    *ret = store;
    return 0;
}

void bk_permission_store_close(struct bk_permission_store *store)
{
    if (store == NULL)
        return;
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

/* Says once what does not work, until it works again. */
static void note(struct bk_permission_store *store, const char *what, int r)
{
    if (r != SQLITE_OK && !store->complained)
        bk_error("cannot %s: %s", what, describe(r));
    store->complained = r != SQLITE_OK;
}

/* ---- what was chosen ---- */

static enum bk_choice kept_choice(const char *name)
{
    enum bk_choice choice = name != NULL ? bk_choice_by_name(name) : BK_CHOICES;

    return choice == BK_CHOICES || choice == BK_CHOICE_ONCE ? BK_CHOICE_NONE : choice;
}

/* SQLITE_DONE when all were read. */
static int load(struct bk_permission_store *store, const char *app, enum bk_choice choices[BK_PERMISSIONS])
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = prepare(store->db, &statement, "SELECT permission, choice FROM grants WHERE app = ?", "t", app);

    if (r != SQLITE_OK)
        return r;
    while ((r = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        enum bk_permission permission = name != NULL ? bk_permission_by_name(name) : BK_PERMISSIONS;
        if (permission != BK_PERMISSIONS)
            choices[permission] = kept_choice((const char *)sqlite3_column_text(statement, 1));
    }
    return r;
}

void bk_permission_store_load(struct bk_permission_store *store, const char *app,
                              enum bk_choice choices[BK_PERMISSIONS])
{
    for (int i = 0; i < BK_PERMISSIONS; i++)
        choices[i] = BK_CHOICE_NONE;
    int r = load(store, app, choices);
    note(store, "read what is allowed", r == SQLITE_DONE ? SQLITE_OK : r);
    for (int i = 0; r != SQLITE_DONE && i < BK_PERMISSIONS; i++)
        choices[i] = BK_CHOICE_NONE; /* half of it is none of it */
}

/* How much a choice allows. */
static int extent(enum bk_choice choice)
{
    return choice == BK_CHOICE_ALWAYS ? 2 : choice == BK_CHOICE_WHILE_IN_USE ? 1 : 0;
}

/* True when the file says, or may say, that more is allowed than `choice` does. */
static bool allows_more(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                        enum bk_choice choice)
{
    enum bk_choice choices[BK_PERMISSIONS] = { BK_CHOICE_NONE };

    return load(store, app, choices) != SQLITE_DONE || extent(choices[permission]) > extent(choice);
}

static int write_choice(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                        enum bk_choice choice)
{
    const char *name = bk_permission_names[permission];
    _cleanup_statement_ sqlite3_stmt *statement = NULL;

    if (choice == BK_CHOICE_NONE)
        return finish(
            prepare(store->db, &statement, "DELETE FROM grants WHERE app = ? AND permission = ?", "tt", app, name),
            &statement);
    return finish(prepare(store->db, &statement, "REPLACE INTO grants (app, permission, choice) VALUES (?, ?, ?)",
                          "ttt", app, name, bk_choice_names[choice]),
                  &statement);
}

void bk_permission_store_choose(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                                enum bk_choice choice)
{
    if (choice == BK_CHOICE_ONCE)
        return;
    int r = write_choice(store, app, permission, choice);
    note(store, "keep what is allowed", r);
    if (r == SQLITE_OK || store->path == NULL || !allows_more(store, app, permission, choice))
        return;
    /* Better to ask about everything anew than to allow what was taken back. */
    bk_error("%s is set aside: it would allow what was taken back", store->path);
    sqlite3_close(TAKE_PTR(store->db));
    int moved = set_aside(store->path);
    if (moved < 0)
        bk_error("%s cannot be set aside: %s", store->path, strerror(-moved));
    if (!keep_in_memory(store))
        bk_error("there is no memory for what is allowed");
}

/* ---- the log ---- */

static int write_entry(struct bk_permission_store *store, const char *app, enum bk_permission permission, int64_t start,
                       int64_t *ret_entry)
{
    _cleanup_statement_ sqlite3_stmt *insert = NULL;
    _cleanup_statement_ sqlite3_stmt *forget = NULL;
    int r = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    if (r != SQLITE_OK)
        return r;
    r = finish(prepare(store->db, &insert,
                       "INSERT INTO uses (app, permission, start, seconds, lasts) VALUES (?, ?, ?, 0, 1)", "tti", app,
                       bk_permission_names[permission], start),
               &insert);
    int64_t entry = sqlite3_last_insert_rowid(store->db);
    if (r == SQLITE_OK)
        r = finish(
            prepare(store->db, &forget, "DELETE FROM uses WHERE id <= ?", "i", entry - (int64_t)BK_PERMISSION_LOG_MAX),
            &forget);
    if (r == SQLITE_OK)
        r = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (r != SQLITE_OK)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL); /* it may have been rolled back already */
    else
        *ret_entry = entry;
    return r;
}

int64_t bk_permission_store_log(struct bk_permission_store *store, const char *app, enum bk_permission permission,
                                int64_t start)
{
    int64_t entry = 0;

    note(store, "log what is used", write_entry(store, app, permission, start, &entry));
    return entry;
}

void bk_permission_store_log_seconds(struct bk_permission_store *store, int64_t entry, uint64_t seconds, bool over)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int r = prepare(store->db, &statement, "UPDATE uses SET seconds = ?, lasts = ? WHERE id = ?", "iii",
                    (int64_t)seconds, (int64_t)!over, entry);

    note(store, "log what is used", finish(r, &statement));
}

int bk_permission_store_read_log(struct bk_permission_store *store, unsigned max,
                                 int (*take)(const struct bk_permission_entry *entry, void *userdata), void *userdata)
{
    _cleanup_statement_ sqlite3_stmt *statement = NULL;
    int taken = 0;
    int r = prepare(store->db, &statement,
                    "SELECT app, permission, start, iif(lasts, -1, seconds) FROM uses ORDER BY id DESC LIMIT ?", "i",
                    (int64_t)max);

    while (r == SQLITE_OK && taken >= 0 && sqlite3_step(statement) == SQLITE_ROW) {
        const char *permission = (const char *)sqlite3_column_text(statement, 1);
        struct bk_permission_entry entry = {
            .app = (const char *)sqlite3_column_text(statement, 0),
            .permission = permission != NULL ? bk_permission_by_name(permission) : BK_PERMISSIONS,
            .start = sqlite3_column_int64(statement, 2),
            .seconds = sqlite3_column_int64(statement, 3),
        };
        if (entry.app != NULL && entry.permission != BK_PERMISSIONS)
            taken = take(&entry, userdata);
    }
    return taken;
}
