/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor's reading of app manifests. */
#define _GNU_SOURCE
#include "apps.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_refused(const char *text, const char *part_of_problem)
{
    struct bk_manifest manifest = { .memory_mib = 77 };
    const char *problem = NULL;

    assert_int_equal(bk_manifest_parse(text, &manifest, &problem), -EBADMSG);
    assert_non_null(problem);
    if (strstr(problem, part_of_problem) == NULL)
        fail_msg("\"%s\" was refused with \"%s\"", text, problem);
    assert_int_equal(manifest.memory_mib, 77);
}

static void takes_all_keys(void **state)
{
    struct bk_manifest manifest;
    const char *problem = NULL;

    (void)state;
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"io.bulkhead.timer\",\"name\":\"Timer \xc3\xa9\",\"memory\":128,\"cpus\":2,"
                          "\"autostart\":true,\"arguments\":\"a=b c\",\"icon\":[1,{}]}",
                          &manifest, &problem),
        0);
    assert_string_equal(manifest.id, "io.bulkhead.timer");
    assert_string_equal(manifest.name, "Timer \xc3\xa9");
    assert_string_equal(manifest.arguments, "a=b c");
    assert_int_equal(manifest.memory_mib, 128);
    assert_int_equal(manifest.cpus, 2);
    assert_true(manifest.autostart);
    bk_manifest_finish(&manifest);
}

static void fills_in_what_may_be_left_out(void **state)
{
    struct bk_manifest manifest;
    const char *problem = NULL;

    (void)state;
    assert_int_equal(bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64}", &manifest, &problem), 0);
    assert_int_equal(manifest.cpus, 1);
    assert_false(manifest.autostart);
    assert_null(manifest.arguments);
    bk_manifest_finish(&manifest);
}

static void refuses_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("", "not a JSON object");
    assert_refused("[]", "not a JSON object");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64", "not a JSON object");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\"}", "memory");
    assert_refused("{\"id\":7,\"name\":\"x\",\"memory\":64}", "id");
    assert_refused("{\"id\":\"../etc\",\"name\":\"x\",\"memory\":64}", "id");
    assert_refused("{\"id\":\"a.b\",\"name\":\"\",\"memory\":64}", "name");
    assert_refused("{\"id\":\"a.b\",\"name\":\"a\\nb\",\"memory\":64}", "name");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":15}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":33}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":-1}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":99999999999}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"cpus\":0}", "cpus");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"cpus\":17}", "cpus");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"arguments\":\"a\\u0001\"}", "arguments");
}

static void knows_an_id(void **state)
{
    char longest[BK_APP_ID_MAX + 2];

    (void)state;
    assert_true(bk_app_id_is_valid("io.bulkhead.timer"));
    assert_true(bk_app_id_is_valid("a.b-c9"));
    for (const char *const *id = (const char *const[]){ "", "system", ".", "a.", ".a", "a..b", "A.b", "a.9", "a.-b",
                                                        "a/b.c", "a.b c", "a.\xc3\xa9", NULL };
         *id != NULL; id++) {
        if (bk_app_id_is_valid(*id))
            fail_msg("\"%s\" is taken for an id", *id);
    }
    memset(longest, 'a', sizeof longest);
    longest[1] = '.';
    longest[BK_APP_ID_MAX] = '\0';
    assert_true(bk_app_id_is_valid(longest));
    longest[BK_APP_ID_MAX] = 'a';
    longest[BK_APP_ID_MAX + 1] = '\0';
    assert_false(bk_app_id_is_valid(longest));
}

static void no_folder_means_no_apps(void **state)
{
    struct bk_manifest *manifests = NULL;
    size_t count = 7;

    (void)state;
    assert_int_equal(bk_manifests_load("/nowhere/at/all", &manifests, &count), 0);
    assert_int_equal(count, 0);
    free(manifests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_keys),          cmocka_unit_test(fills_in_what_may_be_left_out),
        cmocka_unit_test(refuses_what_is_wrong),   cmocka_unit_test(knows_an_id),
        cmocka_unit_test(no_folder_means_no_apps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
