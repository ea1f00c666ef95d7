/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "software_data.h"

#include "data.h"
#include "send.h"
#include "supervisor.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <time.h>

/* ---- in the child ---- */

static int keep(const struct bk_data_work *work)
{
    return bk_points_keep(work->store, work->id, work->installed, work->cause, work->seconds);
}

static int restore(const struct bk_data_work *work)
{
    return bk_points_restore(work->store, work->id, work->installed, work->number, work->seconds);
}

static int export(const struct bk_data_work *work)
{
    _cleanup_close_ int bundle = bk_store_open_bundle(work->store, work->id);
    _cleanup_close_ int data = bk_data_read(work->store, work->id, work->installed);
    if (bundle < 0 || (data < 0 && data != -ENOENT))
        return bundle < 0 ? bundle : data;
    return bk_send_app(bundle, data, work->stream);
}

static int do_work(void *argument)
{
    const struct bk_data_work *work = argument;

    return work->work(work);
}

/* ---- in the supervisor ---- */

static void on_done(void *userdata, int result)
{
    struct bk_software *software = userdata;
    struct bk_app *app = software->data_app;

    software->data_app = NULL;
    if (result < 0)
        bk_error("%s: its data stay as they are: %s", app->manifest.id, strerror(-result));
    if (software->data_work.work == restore && app->installed) {
        int r = bk_software_reload(software, app); /* also when it failed: it may have been done before it did */
        if (r < 0)
            bk_error("%s cannot be read anew: %s", software->data_work.id, strerror(-r));
        result = result < 0 ? result : r;
    }
    software->data_told(software->data_userdata, result);
}

static int start(struct bk_software *software, struct bk_app *app, const struct bk_data_work *work,
                 bk_software_data_told_t told, void *userdata)
{
    struct timespec now;

    assert(app->vm.state == BK_VM_STOPPED && software->data_app == NULL);
    clock_gettime(CLOCK_REALTIME, &now);
    software->data_work = *work;
    software->data_work.store = &software->store;
    software->data_work.id = app->manifest.id;
    software->data_work.installed = app->installed;
    software->data_work.seconds = now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0;
    int r =
        bk_chore_start(&software->chore, software->supervisor->event, do_work, &software->data_work, on_done, software);
    if (r < 0)
        return r;
    software->data_app = app;
    software->data_told = told;
    software->data_userdata = userdata;
    return 0;
}

int bk_software_keep(struct bk_software *software, struct bk_app *app, enum bk_point_cause cause,
                     bk_software_data_told_t told, void *userdata)
{
    const struct bk_data_work work = { .work = keep, .cause = cause };

    return start(software, app, &work, told, userdata);
}

int bk_software_restore(struct bk_software *software, struct bk_app *app, const struct bk_point *point,
                        bk_software_data_told_t told, void *userdata)
{
    const struct bk_data_work work = { .work = restore, .number = point->number };

    return start(software, app, &work, told, userdata);
}

int bk_software_export(struct bk_software *software, struct bk_app *app, int stream, bk_software_data_told_t told,
                       void *userdata)
{
    const struct bk_data_work work = { .work = export, .stream = stream };

    return start(software, app, &work, told, userdata);
}

void bk_software_data_close(struct bk_software *software)
{
    if (software->data_app == NULL)
        return;
    bk_chore_close(&software->chore);
    on_done(software, -ESHUTDOWN);
}
