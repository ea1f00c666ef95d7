/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-bundle: what the `bulkhead` command does with bundles and keys. It prints one JSON object, and its exit status
 * says the same (report.h); what the host refused is a line on standard error.
 */
#define _GNU_SOURCE
#include "content.h"
#include "key.h"
#include "report.h"
#include "verify.h"
#include "write.h"

#include "cleanup.h"
#include "io.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "bk-bundle keygen KEY_FILE\n"
    "bk-bundle pack [--key KEY_FILE] BUNDLE manifest=FILE [icon=FILE] [kernel=FILE] [initrd=FILE] [root=FILE]\n"
    "bk-bundle sign --key KEY_FILE BUNDLE\n"
    "bk-bundle verify BUNDLE [INSTALLED_BUNDLE]\n"
    "bk-bundle inspect BUNDLE\n"
    "\n"
    "Prints one JSON object. The status is 0; 1 when a file cannot be read or written, 2 for a mistake\n"
    "in the arguments, 4 for a bundle that is broken, 5 for one that nobody has signed, 6 when it is\n"
    "another app than the one installed or by another key, 7 when it is older.\n";

/* A bundle that was read. */
struct opened {
    int fd;
    struct bk_bundle_header header;
    struct bk_bundle_finding finding;
    struct bk_manifest manifest;
    char *manifest_text;
};

static void opened_finish(struct opened *opened)
{
    opened->fd = bk_close(opened->fd);
    bk_manifest_finish(&opened->manifest);
    free(opened->manifest_text);
}

#define _cleanup_opened_ _cleanup_(opened_finish)

typedef int verify_function(int fd, struct bk_bundle_header *ret, struct bk_bundle_finding *finding);

static int open_bundle(const char *path, int flags, verify_function *verify, struct opened *ret)
{
    ret->fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (ret->fd < 0)
        return -errno;
    int r = verify(ret->fd, &ret->header, &ret->finding);
    if (r < 0 || ret->finding.verdict != BK_BUNDLE_GOOD)
        return r;
    return bk_bundle_read(ret->fd, &ret->header, &ret->manifest, &ret->manifest_text, &ret->finding);
}

static int say_failed(const char *path, int error)
{
    const char *why = error == -ENODATA  ? "it became shorter while it was read"
                      : error == -EINVAL ? "it is not a file that can be read anywhere"
                                         : strerror(-error);

    bk_error("%s: %s", path, why);
    return BK_STATUS_FAILED;
}

static int print(const struct bk_report *report)
{
    int r = bk_report_print(report);

    return r < 0 ? say_failed("standard output", r) : r;
}

static int print_opened(const struct opened *opened)
{
    bool good = opened->finding.verdict == BK_BUNDLE_GOOD;

    return print(&(struct bk_report){ .finding = &opened->finding,
                                      .header = good ? &opened->header : NULL,
                                      .manifest = good ? &opened->manifest : NULL });
}

static int load_key(const char *path, struct bk_key *ret)
{
    int r = bk_key_load(path, ret);

    if (r == -EPERM)
        bk_error("%s: others may read this key; chmod 600 keeps it yours, if nobody has", path);
    else if (r == -EBADMSG)
        bk_error("%s: this is no secret key of bulkhead keygen's", path);
    else if (r < 0)
        bk_error("%s: %s", path, strerror(-r));
    return r;
}

static int command_keygen(const char *path)
{
    uint8_t public[BK_KEY_PUBLIC_SIZE];
    char text[BK_KEY_TEXT_SIZE];
    struct bk_key key;

    int r = bk_key_create(path, &key);
    if (r == -EEXIST) {
        bk_error("%s: it is there already, and a key that is lost cannot be made again: give another name", path);
        return BK_STATUS_FAILED;
    }
    if (r < 0)
        return say_failed(path, r);
    bk_key_public(&key, public);
    bk_key_finish(&key);
    bk_key_text(public, text);
    r = bk_report_print_key(text);
    return r < 0 ? say_failed("standard output", r) : BK_STATUS_DONE;
}

/* "icon=PATH". Yields the section, or BK_BUNDLE_SECTIONS. */
static enum bk_bundle_part parse_part(const char *argument, const char **ret_path)
{
    static const char *const names[BK_BUNDLE_TREE] = {
        [BK_BUNDLE_MANIFEST] = "manifest=", [BK_BUNDLE_ICON] = "icon=", [BK_BUNDLE_KERNEL] = "kernel=",
        [BK_BUNDLE_INITRD] = "initrd=",     [BK_BUNDLE_ROOT] = "root=",
    };

    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++) {
        if (strncmp(argument, names[i], strlen(names[i])) == 0) {
            *ret_path = argument + strlen(names[i]);
            return (enum bk_bundle_part)i;
        }
    }
    return BK_BUNDLE_SECTIONS;
}

/* Writes, judges and, with a key, signs `path`. A negative errno, after it was told. */
static int pack_into(struct opened *made, const char *path, const char *const parts[static BK_BUNDLE_TREE],
                     const struct bk_key *key)
{
    enum bk_bundle_part failed = BK_BUNDLE_SECTIONS;
    int fds[BK_BUNDLE_TREE], r = 0;

    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++) {
        fds[i] = parts[i] != NULL && r >= 0 ? open(parts[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
        if (parts[i] != NULL && r >= 0 && fds[i] < 0) {
            r = -errno;
            failed = (enum bk_bundle_part)i;
        }
    }
    if (r >= 0)
        r = bk_bundle_write(made->fd, fds, &made->header, &failed);
    for (unsigned i = 0; i < BK_BUNDLE_TREE; i++)
        bk_close(fds[i]);
    if (failed != BK_BUNDLE_SECTIONS && (r == -EFBIG || r == -EINVAL)) {
        bk_error("%s: the %s is %s", parts[failed], bk_bundle_section_names[failed],
                 r == -EFBIG ? "larger than it may be" : "empty, or not of whole blocks of 4096 bytes");
        return r;
    }
    if (r < 0) {
        say_failed(failed != BK_BUNDLE_SECTIONS ? parts[failed] : path, r);
        return r;
    }
    r = bk_bundle_read(made->fd, &made->header, &made->manifest, &made->manifest_text, &made->finding);
    if (r >= 0 && made->finding.verdict == BK_BUNDLE_GOOD && key != NULL)
        r = bk_bundle_sign(made->fd, &made->header, key);
    if (r < 0)
        say_failed(path, r);
    return r;
}

static int command_pack(const char *path, const char *const parts[static BK_BUNDLE_TREE], const char *key_path)
{
    _cleanup_(bk_key_finish) struct bk_key key = { 0 };
    _cleanup_opened_ struct opened made = { .fd = -1 };
    char partial[PATH_MAX];

    if (key_path != NULL && load_key(key_path, &key) < 0)
        return BK_STATUS_FAILED;
    if (snprintf(partial, sizeof partial, "%s.partial", path) >= (int)sizeof partial)
        return say_failed(path, -ENAMETOOLONG);
    unlink(partial); /* what is signed is a file that nobody else has open */
    made.fd = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (made.fd < 0)
        return say_failed(partial, -errno);
    int r = pack_into(&made, path, parts, key_path != NULL ? &key : NULL);
    bool good = r >= 0 && made.finding.verdict == BK_BUNDLE_GOOD;
    if (good && rename(partial, path) < 0) {
        r = -errno;
        good = false;
        say_failed(path, r);
    }
    if (good)
        bk_sync_folder(path);
    else
        unlink(partial);
    return r < 0 ? BK_STATUS_FAILED : print_opened(&made);
}

static int command_sign(const char *path, const char *key_path)
{
    _cleanup_(bk_key_finish) struct bk_key key = { 0 };
    _cleanup_opened_ struct opened bundle = { .fd = -1 };

    if (load_key(key_path, &key) < 0)
        return BK_STATUS_FAILED;
    int r = open_bundle(path, O_RDWR, bk_bundle_verify_unsigned, &bundle);
    if (r >= 0 && bundle.finding.verdict == BK_BUNDLE_GOOD)
        r = bk_bundle_sign(bundle.fd, &bundle.header, &key);
    return r < 0 ? say_failed(path, r) : print_opened(&bundle);
}

static struct bk_edition edition_of(const struct opened *bundle)
{
    struct bk_edition edition = { .id = bundle->manifest.id, .key = bundle->header.key };

    bool valid = bk_version_parse(bundle->manifest.version, &edition.version);
    assert(valid); /* bk_bundle_read() found it good */
    (void)valid;
    return edition;
}

static int command_verify(const char *path, const char *installed_path)
{
    _cleanup_opened_ struct opened bundle = { .fd = -1 }, installed = { .fd = -1 };

    int r = open_bundle(path, O_RDONLY, bk_bundle_verify, &bundle);
    if (r < 0)
        return say_failed(path, r);
    if (installed_path == NULL || bundle.finding.verdict != BK_BUNDLE_GOOD)
        return print_opened(&bundle);
    r = open_bundle(installed_path, O_RDONLY, bk_bundle_verify, &installed);
    if (r < 0)
        return say_failed(installed_path, r);
    if (installed.finding.verdict != BK_BUNDLE_GOOD) {
        bk_error("%s, what is installed: %s", installed_path, installed.finding.reason);
        return BK_STATUS_FAILED;
    }
    const struct bk_edition there = edition_of(&installed), offered = edition_of(&bundle);
    return print(&(struct bk_report){ .finding = &bundle.finding,
                                      .header = &bundle.header,
                                      .manifest = &bundle.manifest,
                                      .is_update = true,
                                      .update = bk_update_judge(&there, &offered) });
}

static int command_inspect(const char *path)
{
    _cleanup_opened_ struct opened bundle = { .fd = -1 };

    int r = open_bundle(path, O_RDONLY, bk_bundle_verify_unsigned, &bundle);
    if (r < 0)
        return say_failed(path, r);
    if (bundle.finding.verdict != BK_BUNDLE_GOOD)
        return print_opened(&bundle);
    return print(&(struct bk_report){ .finding = &bundle.finding,
                                      .header = &bundle.header,
                                      .manifest = &bundle.manifest,
                                      .manifest_text = bundle.manifest_text,
                                      .sections = true });
}

static int usage(void)
{
    fputs(help, stderr);
    return BK_STATUS_USAGE;
}

static int parse_pack(int argc, char **argv, const char *key_path)
{
    const char *parts[BK_BUNDLE_TREE] = { NULL };

    for (int i = 1; i < argc; i++) {
        const char *path = NULL;
        enum bk_bundle_part section = parse_part(argv[i], &path);
        if (section == BK_BUNDLE_SECTIONS || parts[section] != NULL)
            return usage();
        parts[section] = path;
    }
    return argc > 0 && parts[BK_BUNDLE_MANIFEST] != NULL ? command_pack(argv[0], parts, key_path) : usage();
}

int main(int argc, char **argv)
{
    const char *key_path = NULL;

    bk_log_open("bk-bundle", NULL, LOG_INFO);
    bk_log_omit_priority();
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(help, stdout);
        return BK_STATUS_DONE;
    }
    if (argc < 3)
        return usage();
    const char *command = argv[1];
    argc -= 2;
    argv += 2;
    if (argc >= 2 && strcmp(argv[0], "--key") == 0) {
        key_path = argv[1];
        argc -= 2;
        argv += 2;
    }
    if (strcmp(command, "pack") == 0)
        return parse_pack(argc, argv, key_path);
    if (strcmp(command, "sign") == 0 && argc == 1 && key_path != NULL)
        return command_sign(argv[0], key_path);
    if (key_path != NULL)
        return usage();
    if (strcmp(command, "keygen") == 0 && argc == 1)
        return command_keygen(argv[0]);
    if (strcmp(command, "verify") == 0 && (argc == 1 || argc == 2))
        return command_verify(argv[0], argc == 2 ? argv[1] : NULL);
    if (strcmp(command, "inspect") == 0 && argc == 1)
        return command_inspect(argv[0]);
    return usage();
}
