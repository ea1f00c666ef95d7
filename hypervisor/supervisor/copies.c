/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "copies.h"

#include "log.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_copy_of(const struct bk_app *copy, const struct bk_app *app)
{
    return copy->copy_of != NULL && strcmp(copy->copy_of, app->manifest.id) == 0;
}

static unsigned count_copies(const struct bk_supervisor *supervisor)
{
    unsigned count = 0;

    for (size_t i = 0; i < supervisor->app_count; i++)
        count += supervisor->apps[i]->copy_of != NULL;
    return count;
}

/* The caller frees it; NULL: there is no memory. */
static char *choose_id(struct bk_app *app)
{
    char *id = NULL;

    for (unsigned number = 1; number <= BK_COPIES_MAX; number++) {
        free(id);
        if (asprintf(&id, "%s" BK_COPY_MARK "%u", app->manifest.id, number) < 0)
            return NULL;
        if (bk_supervisor_find_app(app->supervisor, id) == NULL)
            break;
    }
    return id;
}

static int read_manifest(const struct bk_app *app, struct bk_bundle_header *ret_header, struct bk_manifest *ret)
{
    const struct bk_supervisor *supervisor = app->supervisor;
    char directory[PATH_MAX];
    bool used = false;

    if (app->installed)
        return bk_software_read(&supervisor->software, app, ret_header, ret);
    if (snprintf(directory, sizeof directory, "%s/apps", supervisor->options->machine_directory) >=
        (int)sizeof directory)
        return -ENAMETOOLONG;
    int r = bk_manifest_load(directory, app->manifest.id, ret, &used);
    return r >= 0 && !used ? -EBADMSG : r;
}

static int add_copy(struct bk_app *app, struct bk_app **ret_copy, const char **ret_reason)
{
    struct bk_supervisor *supervisor = app->supervisor;
    struct bk_bundle_header header = app->bundle;
    struct bk_manifest manifest;
    struct bk_app *copy;

    *ret_reason = "there are as many fresh copies as there may be: close one first";
    if (count_copies(supervisor) >= BK_COPIES_MAX)
        return -EMFILE;
    *ret_reason = "it is being kept, brought back or exported";
    if (bk_software_works_on(&supervisor->software, app))
        return -EBUSY;
    *ret_reason = "what is installed of it cannot be read";
    int r = read_manifest(app, &header, &manifest);
    if (r < 0)
        return r;
    *ret_reason = "there is no memory, or there are too many apps";
    char *id = choose_id(app);
    if (id == NULL) {
        bk_manifest_finish(&manifest);
        return -ENOMEM;
    }
    free(manifest.id);
    manifest.id = id;
    r = bk_supervisor_add_app(supervisor, &manifest, &copy);
    if (r < 0)
        return r;
    copy->installed = app->installed;
    copy->bundle = header;
    copy->copy_of = strdup(app->manifest.id);
    if (copy->copy_of == NULL) {
        bk_supervisor_drop_app(copy);
        return -ENOMEM;
    }
    *ret_copy = copy;
    return 0;
}

int bk_copy_start(struct bk_app *app, struct bk_app **ret_copy, char ret_reason[static BK_VM_ENDED_MAX])
{
    const char *reason = NULL;
    struct bk_app *copy = NULL;

    assert(app->copy_of == NULL);
    int r = add_copy(app, &copy, &reason);
    if (r < 0) {
        bk_warning("there is no fresh copy of %s: %s: %s", app->manifest.id, reason, strerror(-r));
        snprintf(ret_reason, BK_VM_ENDED_MAX, "%s", reason);
        return r;
    }
    r = bk_supervisor_start_app(copy);
    if (r < 0) {
        snprintf(ret_reason, BK_VM_ENDED_MAX, "%s", copy->vm.ended);
        bk_supervisor_drop_app(copy);
        return r;
    }
    *ret_copy = copy;
    return 0;
}

void bk_copies_end(struct bk_app *app)
{
    const struct bk_supervisor *supervisor = app->supervisor;

    for (size_t i = 0; i < supervisor->app_count; i++) {
        if (is_copy_of(supervisor->apps[i], app))
            bk_vm_stop(&supervisor->apps[i]->vm, true);
    }
}
