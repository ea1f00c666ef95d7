/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives the System VM: restarts, damage, a full disk, and names that want to be SQL. */
#define _GNU_SOURCE
#include "permission_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define APP      "org.example.app"
#define LOCATION BK_PERMISSION_LOCATION

static char folder[64];
static char path[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/bk-store-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/permissions.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    static const char *const endings[] = { "", "-journal", BK_PERMISSION_STORE_ASIDE,
                                           BK_PERMISSION_STORE_ASIDE "-journal" };
    char name[160];

    (void)state;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

static struct bk_permission_store *opened(void)
{
    struct bk_permission_store *store = NULL;

    assert_int_equal(bk_permission_store_open(path, &store), 0);
    return store;
}

static enum bk_choice chosen(struct bk_permission_store *store, const char *app, enum bk_permission permission)
{
    enum bk_choice choices[BK_PERMISSIONS];

    bk_permission_store_load(store, app, choices);
    return choices[permission];
}

static bool is_aside(void)
{
    char name[160];

    snprintf(name, sizeof name, "%s" BK_PERMISSION_STORE_ASIDE, path);
    return access(name, F_OK) == 0;
}

/* Runs SQL on the file as somebody else would. */
static void tamper(const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define KEPT_MAX 2000

struct kept {
    struct {
        char app[96];
        enum bk_permission permission;
        int64_t start, seconds;
    } entries[KEPT_MAX];
    size_t count;
};

static int keep(const struct bk_permission_entry *entry, void *userdata)
{
    struct kept *kept = userdata;

    assert_true(kept->count < KEPT_MAX);
    snprintf(kept->entries[kept->count].app, sizeof kept->entries[0].app, "%s", entry->app);
    kept->entries[kept->count].permission = entry->permission;
    kept->entries[kept->count].start = entry->start;
    kept->entries[kept->count++].seconds = entry->seconds;
    return 0;
}

static const struct kept *read_log(struct bk_permission_store *store, unsigned max)
{
    static struct kept kept;

    kept.count = 0;
    assert_int_equal(bk_permission_store_read_log(store, max, keep, &kept), 0);
    return &kept;
}

/* ---- what was chosen ---- */

static void choices_for_good_outlive_the_process(void **state)
{
    struct bk_permission_store *store = opened();

    (void)state;
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    bk_permission_store_choose(store, APP, BK_PERMISSION_CAMERA, BK_CHOICE_NEVER);
    bk_permission_store_choose(store, APP, BK_PERMISSION_MICROPHONE, BK_CHOICE_ONCE); /* not for good */
    bk_permission_store_choose(store, "org.example.other", LOCATION, BK_CHOICE_WHILE_IN_USE);
    bk_permission_store_close(store);
    store = opened();
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_ALWAYS);
    assert_int_equal(chosen(store, APP, BK_PERMISSION_CAMERA), BK_CHOICE_NEVER);
    assert_int_equal(chosen(store, APP, BK_PERMISSION_MICROPHONE), BK_CHOICE_NONE);
    assert_int_equal(chosen(store, "org.example.other", LOCATION), BK_CHOICE_WHILE_IN_USE);
    assert_int_equal(chosen(store, "org.example.none", LOCATION), BK_CHOICE_NONE);
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_WHILE_IN_USE);
    bk_permission_store_choose(store, "org.example.other", LOCATION, BK_CHOICE_NONE);
    bk_permission_store_close(store);
    store = opened();
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_WHILE_IN_USE);
    assert_int_equal(chosen(store, "org.example.other", LOCATION), BK_CHOICE_NONE);
    bk_permission_store_close(store);
    assert_false(is_aside());
}

/* A power cut leaves the file as it is at that moment: what was chosen is in it already. */
static void a_choice_is_there_when_the_call_returns(void **state)
{
    char copy[128];
    char command[300];
    struct bk_permission_store *store = opened();
    struct bk_permission_store *after = NULL;

    (void)state;
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    snprintf(copy, sizeof copy, "%s/copy", folder);
    snprintf(command, sizeof command, "cp %s %s", path, copy);
    assert_int_equal(system(command), 0); /* without the journal */
    assert_int_equal(bk_permission_store_open(copy, &after), 0);
    assert_int_equal(chosen(after, APP, LOCATION), BK_CHOICE_ALWAYS);
    bk_permission_store_close(after);
    bk_permission_store_close(store);
    snprintf(command, sizeof command, "rm -f %s %s-journal", copy, copy);
    assert_int_equal(system(command), 0);
}

static void a_name_that_wants_to_be_sql_is_a_name(void **state)
{
    static const char *const names[] = {
        "x'; DROP TABLE grants; --", "' OR '1'='1", "\"; DELETE FROM uses; --", "%", "?1", "a\nb"
    };
    struct bk_permission_store *store = opened();

    (void)state;
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_NEVER);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(chosen(store, names[i], LOCATION), BK_CHOICE_NONE);
        bk_permission_store_choose(store, names[i], LOCATION, BK_CHOICE_ALWAYS);
        assert_true(bk_permission_store_log(store, names[i], LOCATION, (int64_t)i) > 0);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(chosen(store, names[i], LOCATION), BK_CHOICE_ALWAYS);
        bk_permission_store_choose(store, names[i], LOCATION, BK_CHOICE_NONE);
        assert_string_equal(read_log(store, 100)->entries[sizeof names / sizeof names[0] - 1 - i].app, names[i]);
    }
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NEVER);
    bk_permission_store_close(store);
}

static void values_that_are_not_known_count_as_none(void **state)
{
    struct bk_permission_store *store = opened();

    (void)state;
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    bk_permission_store_close(store);
    tamper("INSERT INTO grants VALUES ('a', 'location', 'sometimes'), ('a', 'telepathy', 'always'),"
           " ('a', 'camera', 'once'), ('a', 'microphone', '');"
           "INSERT INTO uses (app, permission, start, seconds, lasts) VALUES ('a', 'telepathy', 1, 2, 0)");
    store = opened();
    for (int permission = 0; permission < BK_PERMISSIONS; permission++)
        assert_int_equal(chosen(store, "a", (enum bk_permission)permission), BK_CHOICE_NONE);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_ALWAYS);
    assert_int_equal(read_log(store, 10)->count, 0);
    bk_permission_store_close(store);
    assert_false(is_aside());
}

/* ---- damage ---- */

static void begins_anew(const char *what)
{
    struct bk_permission_store *store = opened();

    if (!is_aside())
        fail_msg("%s is not set aside", what);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NONE);
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_NEVER); /* and it works */
    bk_permission_store_close(store);
    store = opened();
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NEVER);
    bk_permission_store_close(store);
}

static void make_one(void)
{
    struct bk_permission_store *store = opened();

    for (unsigned i = 0; i < 200; i++) {
        char app[32];
        snprintf(app, sizeof app, "org.example.a%u", i);
        bk_permission_store_choose(store, app, LOCATION, BK_CHOICE_ALWAYS);
    }
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    bk_permission_store_close(store);
}

static void overwrite(off_t offset, size_t size)
{
    char *noise = malloc(size);
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_non_null(noise);
    assert_true(fd >= 0);
    memset(noise, 0x5a, size);
    assert_int_equal(pwrite(fd, noise, size, offset), size);
    close(fd);
    free(noise);
}

static void a_damaged_file_is_set_aside(void **state)
{
    (void)state;
    make_one();
    overwrite(0, 512); /* no header of SQLite's */
    begins_anew("a file with another header");
    assert_int_equal(unlink(path), 0);
    make_one();
    overwrite(4096, 4096); /* a page within */
    begins_anew("a file with a damaged page");
    assert_int_equal(unlink(path), 0);
    make_one();
    assert_int_equal(truncate(path, 6000), 0);
    begins_anew("a file that was cut");
}

static void a_file_of_the_future_is_set_aside(void **state)
{
    (void)state;
    make_one();
    tamper("PRAGMA user_version=2");
    begins_anew("a file of the future");
}

static void a_file_of_something_else_is_set_aside(void **state)
{
    (void)state;
    tamper("CREATE TABLE grants (app, permission, choice); INSERT INTO grants VALUES ('" APP
           "', 'location', 'always')");
    begins_anew("a file without our mark");
    make_one();
    tamper("DROP TABLE grants; CREATE TABLE grants (what)");
    begins_anew("a file with other columns");
}

/* What somebody has put into the file to be run is not run. */
static void triggers_in_the_file_do_nothing(void **state)
{
    struct bk_permission_store *store = opened();

    (void)state;
    bk_permission_store_close(store);
    tamper("CREATE TRIGGER mean AFTER INSERT ON grants BEGIN UPDATE grants SET choice = 'always'; END;");
    store = opened();
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_NEVER);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NEVER);
    bk_permission_store_close(store);
}

/* ---- no disk, a full disk ---- */

static void without_a_disk_it_works_and_keeps_nothing(void **state)
{
    struct bk_permission_store *store = NULL;

    (void)state;
    assert_int_equal(bk_permission_store_open("/nonexistent/permissions.db", &store), 0);
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_ALWAYS);
    assert_true(bk_permission_store_log(store, APP, LOCATION, 5) > 0);
    assert_int_equal(read_log(store, 10)->count, 1);
    bk_permission_store_close(store);
    assert_int_equal(bk_permission_store_open(NULL, &store), 0);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NONE);
    bk_permission_store_close(store);
}

/* From here on no file of this process can have more than `size` bytes; RLIM_INFINITY: the disk has room again. */
static void fill_disk(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_grants_nothing_and_hurts_nothing(void **state)
{
    struct bk_permission_store *store = opened();

    (void)state;
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_NEVER);
    fill_disk(0);
    bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
    bk_permission_store_choose(store, APP, BK_PERMISSION_CAMERA, BK_CHOICE_ALWAYS);
    assert_int_equal(bk_permission_store_log(store, APP, LOCATION, 5), 0);
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NEVER);
    fill_disk(RLIM_INFINITY);
    bk_permission_store_choose(store, APP, BK_PERMISSION_FOLDERS, BK_CHOICE_WHILE_IN_USE); /* it works again */
    assert_true(bk_permission_store_log(store, APP, LOCATION, 6) > 0);
    bk_permission_store_close(store);
    store = opened();
    assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NEVER);
    assert_int_equal(chosen(store, APP, BK_PERMISSION_CAMERA), BK_CHOICE_NONE);
    assert_int_equal(chosen(store, APP, BK_PERMISSION_FOLDERS), BK_CHOICE_WHILE_IN_USE);
    assert_int_equal(read_log(store, 10)->count, 1);
    bk_permission_store_close(store);
    assert_false(is_aside());
}

static void what_was_taken_back_never_comes_back(void **state)
{
    static const enum bk_choice narrower[] = { BK_CHOICE_NEVER, BK_CHOICE_NONE, BK_CHOICE_WHILE_IN_USE };

    (void)state;
    for (size_t i = 0; i < sizeof narrower / sizeof narrower[0]; i++) {
        struct bk_permission_store *store = opened();
        bk_permission_store_choose(store, APP, LOCATION, BK_CHOICE_ALWAYS);
        assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_ALWAYS);
        fill_disk(0);
        bk_permission_store_choose(store, APP, LOCATION, narrower[i]);
        fill_disk(RLIM_INFINITY);
        assert_true(is_aside());
        assert_int_not_equal(chosen(store, APP, LOCATION), BK_CHOICE_ALWAYS);
        bk_permission_store_close(store);
        store = opened();
        assert_int_equal(chosen(store, APP, LOCATION), BK_CHOICE_NONE);
        bk_permission_store_close(store);
    }
}

/* ---- the log ---- */

static void the_log_says_who_when_and_how_long(void **state)
{
    struct bk_permission_store *store = opened();
    int64_t first = bk_permission_store_log(store, APP, LOCATION, 1000);
    int64_t second = bk_permission_store_log(store, "org.example.other", BK_PERMISSION_CAMERA, 2000);

    (void)state;
    assert_true(first > 0 && second > first);
    bk_permission_store_log_seconds(store, first, 30, false);
    bk_permission_store_log_seconds(store, second, 7, true);
    const struct kept *kept = read_log(store, 10);
    assert_int_equal(kept->count, 2);
    assert_string_equal(kept->entries[0].app, "org.example.other");
    assert_int_equal(kept->entries[0].permission, BK_PERMISSION_CAMERA);
    assert_int_equal(kept->entries[0].start, 2000);
    assert_int_equal(kept->entries[0].seconds, 7);
    assert_int_equal(kept->entries[1].seconds, -1); /* it lasts */
    assert_int_equal(read_log(store, 1)->count, 1);
    bk_permission_store_close(store);
    store = opened(); /* it does not last longer than was seen of it */
    assert_int_equal(read_log(store, 10)->entries[1].seconds, 30);
    bk_permission_store_close(store);
}

static void the_log_is_bounded(void **state)
{
    struct bk_permission_store *store = NULL;

    (void)state;
    assert_int_equal(bk_permission_store_open(NULL, &store),
                     0); /* of memory: for the time that a thousand syncs take */
    for (unsigned i = 0; i < BK_PERMISSION_LOG_MAX + 10; i++)
        assert_true(bk_permission_store_log(store, APP, LOCATION, i) > 0);
    const struct kept *kept = read_log(store, KEPT_MAX);
    assert_int_equal(kept->count, BK_PERMISSION_LOG_MAX);
    assert_int_equal(kept->entries[0].start, BK_PERMISSION_LOG_MAX + 9);
    assert_int_equal(kept->entries[kept->count - 1].start, 10);
    bk_permission_store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(choices_for_good_outlive_the_process),
        TEST(a_choice_is_there_when_the_call_returns),
        TEST(a_name_that_wants_to_be_sql_is_a_name),
        TEST(values_that_are_not_known_count_as_none),
        TEST(a_damaged_file_is_set_aside),
        TEST(a_file_of_the_future_is_set_aside),
        TEST(a_file_of_something_else_is_set_aside),
        TEST(triggers_in_the_file_do_nothing),
        TEST(without_a_disk_it_works_and_keeps_nothing),
        TEST(a_full_disk_grants_nothing_and_hurts_nothing),
        TEST(what_was_taken_back_never_comes_back),
        TEST(the_log_says_who_when_and_how_long),
        TEST(the_log_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
