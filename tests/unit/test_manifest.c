/* SPDX-License-Identifier: Apache-2.0 */
/* The reading of app manifests, alone and by the supervisor. */
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
        bk_manifest_parse(
            "{\"id\":\"io.bulkhead.timer\",\"name\":\"Timer \xc3\xa9\",\"memory\":128,\"cpus\":2,\"storage\":256,"
            "\"autostart\":true,\"display\":true,\"sound\":true,\"shell\":true,"
            "\"arguments\":\"a=b c\",\"theirs\":[1,{}]}",
            &manifest, &problem),
        0);
    assert_string_equal(manifest.id, "io.bulkhead.timer");
    assert_string_equal(manifest.name, "Timer \xc3\xa9");
    assert_string_equal(manifest.arguments, "a=b c");
    assert_int_equal(manifest.memory_mib, 128);
    assert_int_equal(manifest.storage_mib, 256);
    assert_int_equal(manifest.cpus, 2);
    assert_true(manifest.autostart);
    assert_true(manifest.display);
    assert_true(manifest.sound);
    assert_true(manifest.shell);
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
    assert_false(manifest.display);
    assert_false(manifest.sound);
    assert_false(manifest.shell);
    assert_null(manifest.arguments);
    bk_manifest_finish(&manifest);
}

static void refuses_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("", "not a JSON object");
    assert_refused("[]", "not a JSON object");
    assert_refused("{\"id\":\"a.b\",\"id\":\"a.c\",\"name\":\"x\",\"memory\":64}", "twice");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"opens\":{\"types\":[],\"types\":[]}}", "twice");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64", "not a JSON object");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\"}", "memory");
    assert_refused("{\"id\":7,\"name\":\"x\",\"memory\":64}", "id");
    assert_refused("{\"id\":\"../etc\",\"name\":\"x\",\"memory\":64}", "id");
    assert_refused("{\"id\":\"a.b\",\"name\":\"\",\"memory\":64}", "name");
    assert_refused("{\"id\":\"a.b\",\"name\":\"a\\nb\",\"memory\":64}", "name");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":30}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":33}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":-1}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":99999999999}", "memory");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"cpus\":0}", "cpus");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"cpus\":17}", "cpus");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"storage\":15}", "storage");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"storage\":1048577}", "storage");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"storage\":99999999999}", "storage");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"storage\":\"64M\"}", "storage");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"display\":1}", "display");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"arguments\":\"a\\u0001\"}", "arguments");
}

static void takes_a_version_and_a_guest(void **state)
{
    struct bk_manifest manifest;
    const char *problem = NULL;

    (void)state;
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"version\":\"1.2\",\"guest\":\"kernel\"}",
                          &manifest, &problem),
        0);
    assert_string_equal(manifest.version, "1.2");
    assert_true(manifest.own_kernel);
    bk_manifest_finish(&manifest);
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"guest\":\"linux\"}", &manifest, &problem), 0);
    assert_false(manifest.own_kernel);
    bk_manifest_finish(&manifest);
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"guest\":\"hurd\"}", "guest");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"guest\":true}", "guest");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"version\":\"1.2b\"}", "version");
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"version\":1.2}", "version");
}

static void takes_texts_in_several_languages(void **state)
{
    struct bk_manifest manifest;
    const char *problem = NULL;

    (void)state;
    assert_int_equal(
        bk_manifest_parse(
            "{\"id\":\"a.b\",\"memory\":64,\"name\":{\"de\":\"Uhr\",\"en\":\"Clock\",\"zh-Hant-TW\":\"x\"},"
            "\"permissions\":{\"camera\":{\"pt-BR\":\"Para ver.\",\"en\":\"To see.\"}}}",
            &manifest, &problem),
        0);
    assert_string_equal(manifest.name, "Clock");
    assert_string_equal(manifest.permissions[0].reason, "To see.");
    bk_manifest_finish(&manifest);
    static const char *const wrong[] = {
        "{}",
        "{\"de\":\"Uhr\"}",
        "{\"en\":\"\"}",
        "{\"en\":1}",
        "{\"en\":\"x\",\"de\":\"a\\nb\"}",
        "{\"en\":\"x\",\"de\":null}",
        "{\"en\":\"x\",\"german\":\"y\"}",
        "{\"en\":\"x\",\"d\":\"y\"}",
        "{\"en\":\"x\",\"DE\":\"y\"}",
        "{\"en\":\"x\",\"de-\":\"y\"}",
        "{\"en\":\"x\",\"de-at\":\"y\"}",
        "{\"en\":\"x\",\"de-AT-x\":\"y\"}",
        "{\"en\":\"x\",\"en\":\"y\"}",
        "[]",
        "1",
        "null",
    };
    char text[512];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(text, sizeof text, "{\"id\":\"a.b\",\"memory\":64,\"name\":%s}", wrong[i]);
        assert_refused(text, "name");
        snprintf(text, sizeof text, "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"permissions\":{\"camera\":%s}}",
                 wrong[i]);
        assert_refused(text, "permissions");
    }
    char many[4096] = "{\"id\":\"a.b\",\"memory\":64,\"name\":{\"en\":\"x\"";
    for (unsigned i = 1; i <= BK_APP_LANGUAGES_MAX; i++) {
        if (i == BK_APP_LANGUAGES_MAX) {
            char most[sizeof many + 2];
            snprintf(most, sizeof most, "%s}}", many);
            assert_int_equal(bk_manifest_parse(most, &manifest, &problem), 0);
            bk_manifest_finish(&manifest);
        }
        snprintf(many + strlen(many), sizeof many - strlen(many), ",\"%c%c\":\"y\"", (char)('f' + i / 26),
                 (char)('a' + i % 26));
    }
    snprintf(many + strlen(many), sizeof many - strlen(many), "}}");
    assert_refused(many, "name");
}

static void takes_permissions(void **state)
{
    struct bk_manifest manifest;
    const char *problem = NULL;
    char longest[600];

    (void)state;
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"permissions\":"
                          "{\"microphone\":\"To hear you.\",\"aThingToCome\":\"F\xc3\xbcr sp\xc3\xa4ter.\"}}",
                          &manifest, &problem),
        0);
    assert_int_equal(manifest.permission_count, 2);
    assert_string_equal(manifest.permissions[0].name, "aThingToCome");
    assert_string_equal(manifest.permissions[0].reason, "F\xc3\xbcr sp\xc3\xa4ter.");
    assert_string_equal(manifest.permissions[1].name, "microphone");
    assert_string_equal(manifest.permissions[1].reason, "To hear you.");
    bk_manifest_finish(&manifest);
    assert_int_equal(manifest.permission_count, 0);
    snprintf(longest, sizeof longest,
             "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"permissions\":{\"a%031d\":\"%0200d\"}}", 0, 0);
    for (char *name = strstr(longest, "a0"); *++name == '0';)
        *name = 'Z';
    assert_int_equal(bk_manifest_parse(longest, &manifest, &problem), 0);
    assert_int_equal(strlen(manifest.permissions[0].name), BK_APP_PERMISSION_NAME_MAX);
    assert_int_equal(strlen(manifest.permissions[0].reason), BK_APP_REASON_MAX);
    bk_manifest_finish(&manifest);
}

static void assert_permissions_refused(const char *permissions)
{
    char text[4096];

    snprintf(text, sizeof text, "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"permissions\":%s}", permissions);
    assert_refused(text, "permissions");
}

static void refuses_permissions_that_are_none(void **state)
{
    char many[2048] = "{";
    char reason[300];

    (void)state;
    assert_permissions_refused("[]");
    assert_permissions_refused("{\"camera\":1}");
    assert_permissions_refused("{\"camera\":null}");
    assert_permissions_refused("{\"camera\":\"\"}");
    assert_permissions_refused("{\"camera\":\"two\\nlines\"}");
    assert_permissions_refused("{\"\":\"x\"}");
    assert_permissions_refused("{\"Camera\":\"x\"}");
    assert_permissions_refused("{\"camera2\":\"x\"}");
    assert_permissions_refused("{\"the-camera\":\"x\"}");
    assert_permissions_refused("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":\"x\"}");
    snprintf(reason, sizeof reason, "{\"camera\":\"%0201d\"}", 0);
    assert_permissions_refused(reason);
    for (unsigned i = 0; i <= BK_APP_PERMISSIONS_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "%s\"%c\":\"x\"%s", i > 0 ? "," : "", (char)('a' + i),
                 i == BK_APP_PERMISSIONS_MAX ? "}" : "");
    assert_permissions_refused(many);
}

static void takes_what_it_opens(void **state)
{
    struct bk_manifest manifest = { 0 };
    const char *problem = NULL;

    (void)state;
    assert_int_equal(
        bk_manifest_parse(
            "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"opens\":{\"schemes\":[\"https\",\"a.b\",\"web+x-1\"],"
            "\"types\":[\"text/plain\",\"image/*\",\"*/*\",\"application/vnd.a+json\"]}}",
            &manifest, &problem),
        0);
    assert_int_equal(manifest.scheme_count, 3);
    assert_string_equal(manifest.schemes[1], "a.b");
    assert_int_equal(manifest.type_count, 4);
    assert_string_equal(manifest.types[3], "application/vnd.a+json");
    bk_manifest_finish(&manifest);
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"opens\":{\"links\":1}}", &manifest, &problem),
        0);
    assert_int_equal(manifest.scheme_count + manifest.type_count, 0);
    bk_manifest_finish(&manifest);
}

static void assert_opens_refused(const char *opens)
{
    char text[4096];

    snprintf(text, sizeof text, "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"opens\":%s}", opens);
    assert_refused(text, "opens");
}

static void refuses_to_open_what_is_none(void **state)
{
    static const char *const schemes[] = { "", "HTTPS", "1a", "-a", "a b", "a:", "a/", "\u00e9", "a.c", "a.b.c" };
    static const char *const types[] = { "",           "text",          "text/", "/plain",  "text/plain/x",
                                         "Text/plain", "text/plain; x", "-a/b",  "*/plain", "**/*",
                                         "te*/*",      "text/p*" };
    char text[2048];

    (void)state;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        snprintf(text, sizeof text, "{\"schemes\":[\"%s\"]}", schemes[i]);
        assert_opens_refused(text);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf(text, sizeof text, "{\"types\":[\"%s\"]}", types[i]);
        assert_opens_refused(text);
    }
    assert_opens_refused("[]");
    assert_opens_refused("{\"schemes\":\"https\"}");
    assert_opens_refused("{\"schemes\":[1]}");
    assert_opens_refused("{\"schemes\":[\"a\",\"a\"]}");
    assert_opens_refused("{\"types\":[\"a/b\",\"c/d\",\"a/b\"]}");
    snprintf(text, sizeof text, "{\"schemes\":[\"a%064d\"]}", 0);
    assert_opens_refused(text);
    snprintf(text, sizeof text, "{\"types\":[\"a/b%063d\"]}", 0);
    assert_opens_refused(text);
    assert_opens_refused("{\"schemes\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]}");
    snprintf(text, sizeof text, "{\"types\":[");
    for (unsigned i = 0; i <= BK_APP_TYPES_MAX; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\"a/%c\"", i > 0 ? "," : "", (char)('a' + i));
    snprintf(text + strlen(text), sizeof text - strlen(text), "]}");
    assert_opens_refused(text);
}

static void takes_hosts(void **state)
{
    struct bk_manifest manifest = { 0 };
    const char *problem = NULL;

    (void)state;
    assert_int_equal(
        bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"network\":[\"example.org\",\"*.a-1.net\"],"
                          "\"permissions\":{\"network\":\"To talk.\"}}",
                          &manifest, &problem),
        0);
    assert_int_equal(manifest.host_count, 2);
    assert_string_equal(manifest.hosts[1], "*.a-1.net");
    bk_manifest_finish(&manifest);
    assert_int_equal(bk_manifest_parse("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"network\":\"internet\","
                                       "\"permissions\":{\"network\":\"To talk.\"}}",
                                       &manifest, &problem),
                     0);
    assert_int_equal(manifest.host_count, 1);
    assert_string_equal(manifest.hosts[0], BK_APP_INTERNET);
    bk_manifest_finish(&manifest);
}

static void refuses_hosts_that_are_none(void **state)
{
    static const char *const networks[] = {
        "true",
        "\"\"",
        "\"example.org\"",
        "[]",
        "[\"*\"]",
        "[\"a.b\",\"*\"]",
        "[\"org\"]",
        "[\"*.org\"]",
        "[\"A.b\"]",
        "[\"10.0.0.1\"]",
        "[\"a..b\"]",
        "[\".a.b\"]",
        "[\"a.b.\"]",
        "[\"-a.b\"]",
        "[\"\\u0430.b\"]",
        "[\"a\\u202e.b\"]",
        "[\"a.b \"]",
        "[\"a.b\\nc.d\"]",
        "[\"a-.b\"]",
        "[\"*a.b\"]",
        "[\"a_.b\"]",
        "[\"a.b:1\"]",
        "[\"\"]",
        "[\"a.b\",\"a.b\"]",
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
        snprintf(text, sizeof text,
                 "{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"network\":%s,\"permissions\":{\"network\":\"x\"}}",
                 networks[i]);
        assert_refused(text, "\"network\"");
    }
    assert_refused("{\"id\":\"a.b\",\"name\":\"x\",\"memory\":64,\"network\":\"internet\"}", "permissions");
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

static void write_file(const char *path, const void *content, size_t size, size_t length)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, size, file), size);
    assert_int_equal(ftruncate(fileno(file), (off_t)length), 0);
    fclose(file);
}

static void an_icon_is_a_small_png(void **state)
{
    static const char png[] = "\x89PNG\r\n\x1a\nand so on";
    char path[] = "/tmp/test_manifest_XXXXXX";
    char *icon = NULL;
    size_t size = 7;

    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(bk_icon_load("/nowhere/at/all", &icon, &size), -ENOENT);
    assert_int_equal(bk_icon_load(path, &icon, &size), -EBADMSG); /* empty */
    write_file(path, png, 7, 7);
    assert_int_equal(bk_icon_load(path, &icon, &size), -EBADMSG);
    write_file(path, "GIF89a..", 8, 100);
    assert_int_equal(bk_icon_load(path, &icon, &size), -EBADMSG);
    write_file(path, png, sizeof png, BK_APP_ICON_MAX + 1);
    assert_int_equal(bk_icon_load(path, &icon, &size), -EFBIG);
    assert_null(icon);
    assert_int_equal(size, 7);
    write_file(path, png, sizeof png, BK_APP_ICON_MAX);
    assert_int_equal(bk_icon_load(path, &icon, &size), 0);
    assert_int_equal(size, BK_APP_ICON_MAX);
    assert_memory_equal(icon, png, sizeof png);
    free(icon);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_all_keys),
        cmocka_unit_test(fills_in_what_may_be_left_out),
        cmocka_unit_test(refuses_what_is_wrong),
        cmocka_unit_test(takes_a_version_and_a_guest),
        cmocka_unit_test(takes_texts_in_several_languages),
        cmocka_unit_test(takes_permissions),
        cmocka_unit_test(refuses_permissions_that_are_none),
        cmocka_unit_test(takes_hosts),
        cmocka_unit_test(refuses_hosts_that_are_none),
        cmocka_unit_test(takes_what_it_opens),
        cmocka_unit_test(refuses_to_open_what_is_none),
        cmocka_unit_test(knows_an_id),
        cmocka_unit_test(no_folder_means_no_apps),
        cmocka_unit_test(an_icon_is_a_small_png),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
