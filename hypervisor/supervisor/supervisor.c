/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "supervisor.h"

#include "boot.h"
#include "cables.h"
#include "camera_port.h"
#include "cleanup.h"
#include "codec_port.h"
#include "display_cable.h"
#include "io.h"
#include "log.h"
#include "section.h"
#include "system_devices.h"
#include "vsock_cable.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>

#define SYSTEM_MEMORY_MIB 768U
#define SYSTEM_CPUS_MAX   2U
#define SYSTEM_PORT       "io.bulkhead.Hypervisor"
#define GPS_PORT          "io.bulkhead.gps"
/* What a display is until bk-screen, or the desktop, says how large it is. */
#define DISPLAY_WIDTH  1280U
#define DISPLAY_HEIGHT 800U

/* What was asked for the desktop, and what the VM has besides. */
static bool add_system_words(struct bk_boot *boot, const struct bk_options *options, bool data, bool gps, bool camera,
                             bool codec)
{
    for (unsigned i = 0; i < BK_DESKTOP_CHOICES; i++) {
        if (options->desktop[i] != NULL && !bk_boot_add_word(boot, options->desktop[i], ""))
            return false;
    }
    return (!data || bk_boot_add_word(boot, BK_BOOT_DATA_WORD, "")) &&
           (!gps || bk_boot_add_word(boot, "bulkhead.gps", "")) &&
           (!camera || bk_boot_add_word(boot, "bulkhead.camera", "")) &&
           (!codec || bk_boot_add_word(boot, "bulkhead.codec", "")) &&
           (options->place == NULL || bk_boot_add_word(boot, "bulkhead.place=", options->place));
}

static void plug_sound(struct bk_supervisor *supervisor, struct bk_vm *vm, uint32_t cid)
{
    if (vm->state == BK_VM_STOPPED)
        return;
    int r = bk_sound_process_plug(&supervisor->sound, vm, cid);
    if (r < 0)
        bk_error("%s cannot be joined to bk-sound: %s", vm->name, strerror(-r));
}

static void plug_app_sound(struct bk_app *app)
{
    if (app->manifest.sound)
        plug_sound(app->supervisor, &app->vm, app->cid);
}

static void plug_uplink(void *userdata)
{
    struct bk_supervisor *supervisor = userdata;

    if (supervisor->system.state == BK_VM_STOPPED)
        return;
    int r = bk_uplink_process_plug(&supervisor->uplink, &supervisor->system);
    if (r < 0)
        bk_error("the System VM cannot be joined to the network: %s", strerror(-r));
}

static void plug_app(struct bk_app *app)
{
    struct bk_vm *system = &app->supervisor->system;

    if (app->vm.state == BK_VM_STOPPED || system->state == BK_VM_STOPPED)
        return; /* whichever starts later brings the cable */
    int r = bk_cable_plug_vsock(&app->vm, system, app->cid);
    if (r >= 0 && app->manifest.display)
        r = bk_cable_plug_display(&app->vm, system, app->cid);
    if (r >= 0 && app->port != 0)
        r = bk_cable_plug_network(&app->vm, system, app->port);
    if (r < 0)
        bk_error("%s cannot be joined to the System VM: %s", app->vm.name, strerror(-r));
}

struct bk_app *bk_supervisor_find_app(struct bk_supervisor *supervisor, const char *id)
{
    for (size_t i = 0; i < supervisor->app_count; i++) {
        if (strcmp(supervisor->apps[i]->manifest.id, id) == 0)
            return supervisor->apps[i];
    }
    return NULL;
}

struct bk_app *bk_supervisor_find_installed(struct bk_supervisor *supervisor, const char *id)
{
    struct bk_app *app = bk_supervisor_find_app(supervisor, id);

    return app != NULL && app->copy_of == NULL ? app : NULL;
}

const char *bk_supervisor_home_of(const struct bk_app *app)
{
    return app->copy_of != NULL ? app->copy_of : app->manifest.id;
}

struct bk_vm *bk_supervisor_find_vm(struct bk_supervisor *supervisor, const char *name)
{
    if (strcmp(name, BK_SYSTEM_NAME) == 0)
        return &supervisor->system;
    struct bk_app *app = bk_supervisor_find_app(supervisor, name);
    return app != NULL ? &app->vm : NULL;
}

bool bk_supervisor_has_child(const struct bk_supervisor *supervisor, pid_t pid)
{
    if (supervisor->system.state != BK_VM_STOPPED && supervisor->system.pid == pid)
        return true;
    if (bk_program_is(&supervisor->screen.program, pid) || bk_program_is(&supervisor->sound.program, pid) ||
        bk_program_is(&supervisor->camera.program, pid) || bk_program_is(&supervisor->codec.program, pid) ||
        bk_program_is(&supervisor->software.installer, pid) || bk_program_is(&supervisor->uplink.program, pid) ||
        bk_chore_is(&supervisor->software.chore, pid))
        return true;
    for (size_t i = 0; i < supervisor->app_count; i++) {
        if (supervisor->apps[i]->vm.state != BK_VM_STOPPED && supervisor->apps[i]->vm.pid == pid)
            return true;
    }
    return false;
}

/* The System VM goes last: apps may want to say goodbye. */
static void go_on_shutting_down(struct bk_supervisor *supervisor)
{
    if (!supervisor->stopping)
        return;
    for (size_t i = 0; i < supervisor->app_count; i++) {
        if (supervisor->apps[i]->vm.state != BK_VM_STOPPED)
            return;
    }
    if (supervisor->system.state == BK_VM_STOPPED)
        (void)sd_event_exit(supervisor->event, 0);
    else if (supervisor->system.state != BK_VM_STOPPING)
        bk_vm_stop(&supervisor->system, false);
}

void bk_supervisor_shut_down(struct bk_supervisor *supervisor)
{
    if (supervisor->stopping)
        return;
    supervisor->stopping = true;
    bk_info("shutting down");
    for (size_t i = 0; i < supervisor->app_count; i++) {
        struct bk_vm *vm = &supervisor->apps[i]->vm;
        if (vm->state == BK_VM_STARTING || vm->state == BK_VM_RUNNING)
            bk_vm_stop(vm, false);
    }
    go_on_shutting_down(supervisor);
}

static void on_app_changed(struct bk_vm *vm)
{
    struct bk_app *app = vm->owner;

    if (vm->state == BK_VM_RUNNING)
        bk_info("%s runs, CID %u", vm->name, app->cid);
    bk_service_app_changed(app->supervisor->service, app);
}

static void forget_addresses(struct bk_app *app)
{
    bk_ports_give_back(&app->supervisor->ports, app->port);
    app->cid = app->port = 0;
}

static void on_app_ended(struct bk_vm *vm)
{
    struct bk_app *app = vm->owner;
    struct bk_supervisor *supervisor = app->supervisor;

    bk_info("%s ended: %s", vm->name, vm->ended);
    bk_cable_unplug_vsock(vm, &supervisor->system, app->cid);
    bk_shell_app_ended(&supervisor->shell, app);
    bk_shell_close_port(app);
    forget_addresses(app);
    app->microphone = app->recording = false;
    bk_service_app_changed(supervisor->service, app);
    if (app->copy_of != NULL)
        bk_supervisor_drop_app(app);
    go_on_shutting_down(supervisor);
}

static const struct bk_vm_listener app_listener = { .changed = on_app_changed, .ended = on_app_ended };

/* What an app wants was written without a look at this machine. */
static int check_memory(const struct bk_app *app, const char **ret_reason)
{
    struct sysinfo machine;

    *ret_reason = "it wants more memory than this machine has";
    if (sysinfo(&machine) < 0)
        return -errno;
    uint64_t mib = (uint64_t)machine.totalram * machine.mem_unit >> 20;
    return app->manifest.memory_mib + (uint64_t)SYSTEM_MEMORY_MIB <= mib ? 0 : -ENOMEM;
}

static int start_app(struct bk_app *app, const char **ret_reason)
{
    struct bk_supervisor *supervisor = app->supervisor;
    _cleanup_boot_ struct bk_boot boot = BK_BOOT_NOTHING;
    _cleanup_close_ int our_shell = -1;
    _cleanup_close_ int their_shell = -1;

    if (supervisor->stopping) {
        *ret_reason = "the machine is shutting down";
        return -ESHUTDOWN;
    }
    if (bk_software_works_on(&supervisor->software, app)) {
        *ret_reason = "it is being kept, brought back or exported";
        return -EBUSY;
    }
    int r = check_memory(app, ret_reason);
    if (r >= 0 && app->manifest.host_count > 0) {
        *ret_reason = "all ports of the network are taken";
        r = bk_ports_take(&supervisor->ports, &app->port);
    }
    if (r >= 0)
        r = bk_boot_open_app(app, &boot, ret_reason);
    if (r >= 0 && app->manifest.shell && supervisor->options->debug) {
        *ret_reason = "there are no descriptors for its shell";
        r = bk_shell_make_port(&our_shell, &their_shell);
    }
    if (r >= 0) {
        *ret_reason = "the machine has given all the CIDs it has";
        r = bk_cids_take(&supervisor->cids, &app->cid);
    }
    if (r < 0) {
        forget_addresses(app);
        return r;
    }

    const struct bk_vm_setup setup = {
        .vmm = supervisor->options->vmm,
        .kernel = boot.kernel,
        .initrd = boot.initrd,
        .ports = { { BK_SHELL_PORT, their_shell } },
        .port_count = their_shell >= 0 ? 1 : 0,
        .disk = boot.disk,
        .cmdline = boot.cmdline,
        .memory_mib = app->manifest.memory_mib,
        .cpus = app->manifest.cpus,
        .cid = app->cid,
        .display_width = app->manifest.display ? DISPLAY_WIDTH : 0,
        .display_height = app->manifest.display ? DISPLAY_HEIGHT : 0,
        .data = boot.data,
        .sound = app->manifest.sound,
        .port = app->port,
        .reboots = app->manifest.own_kernel,
        .drop_user = geteuid() == 0,
    };
    r = bk_vm_start(&app->vm, &setup, ret_reason);
    if (r < 0) {
        forget_addresses(app);
        return r;
    }
    app->shell = TAKE_FD(our_shell);
    plug_app(app);
    plug_app_sound(app);
    return 0;
}

int bk_supervisor_start_app(struct bk_app *app)
{
    const char *reason = NULL;

    int r = start_app(app, &reason);
    if (r < 0) {
        bk_error("%s cannot be started: %s: %s", app->vm.name, reason, strerror(-r));
        snprintf(app->vm.ended, sizeof app->vm.ended, "%s", reason);
        bk_service_app_changed(app->supervisor->service, app);
    }
    return r;
}

void bk_supervisor_allow_microphone(struct bk_app *app, bool allowed)
{
    if (app->microphone == allowed)
        return;
    app->microphone = allowed;
    bk_sound_process_allow(&app->supervisor->sound, app->cid, allowed);
    bk_service_app_changed(app->supervisor->service, app);
}

int bk_supervisor_load_icon(const struct bk_app *app, char **ret_icon, size_t *ret_size)
{
    struct bk_supervisor *supervisor = app->supervisor;
    char path[PATH_MAX];

    if (app->copy_of != NULL) /* what is installed by now, since that is where it lies */
        app = bk_supervisor_find_app(supervisor, app->copy_of);
    if (app == NULL)
        return -ENOENT; /* it was removed, and its copies end */

    if (!app->installed) {
        int n = snprintf(path, sizeof path, "%s/apps/%s/%s", supervisor->options->machine_directory, app->manifest.id,
                         BK_APP_ICON);
        return n < (int)sizeof path ? bk_icon_load(path, ret_icon, ret_size) : -ENAMETOOLONG;
    }
    if (app->bundle.sections[BK_BUNDLE_ICON].size == 0)
        return -ENOENT;
    _cleanup_close_ int bundle = bk_store_open_bundle(&supervisor->software.store, app->manifest.id);
    return bundle < 0 ? bundle : bk_section_load(bundle, &app->bundle, BK_BUNDLE_ICON, ret_icon, ret_size);
}

/* Joins the System VM's display to the screen anew, when either of them is new. */
static void plug_display(void *userdata)
{
    struct bk_supervisor *supervisor = userdata;
    int ends[2];

    if (supervisor->system.state == BK_VM_STOPPED || !bk_screen_process_runs(&supervisor->screen))
        return;
    int r = bk_socketpair(BK_DISPLAY_CABLE_BUFFER, ends);
    if (r < 0) {
        bk_error("the System VM cannot be joined to the screen: %s", strerror(-r));
        return;
    }
    bk_screen_process_plug(&supervisor->screen, ends[0]);
    bk_vm_tell(&supervisor->system, BK_CONTROL_PLUG_DISPLAY, 0, ends[1]);
    bk_close(ends[0]);
    bk_close(ends[1]);
}

static void set_recording(struct bk_app *app, bool recording)
{
    if (app->recording == recording)
        return;
    app->recording = recording;
    if (!recording)
        app->microphone = false;
    bk_service_app_changed(app->supervisor->service, app);
}

/* A new bk-sound knows no VM, and none records with it yet. */
static void plug_all_sound(void *userdata)
{
    struct bk_supervisor *supervisor = userdata;

    for (size_t i = 0; i < supervisor->app_count; i++)
        set_recording(supervisor->apps[i], false);
    plug_sound(supervisor, &supervisor->system, BK_VSOCK_CID_SYSTEM_GUEST);
    for (size_t i = 0; i < supervisor->app_count; i++)
        plug_app_sound(supervisor->apps[i]);
}

static void on_recording(void *userdata, uint32_t cid, bool recording)
{
    struct bk_supervisor *supervisor = userdata;

    for (size_t i = 0; i < supervisor->app_count; i++) {
        struct bk_app *app = supervisor->apps[i];
        if (app->vm.state == BK_VM_STOPPED || app->cid != cid)
            continue;
        if (!recording)
            bk_sound_process_allow(&supervisor->sound, cid, false);
        set_recording(app, recording);
    }
}

static int start_system(struct bk_supervisor *supervisor)
{
    _cleanup_boot_ struct bk_boot boot;
    _cleanup_close_ int our_port = -1;
    _cleanup_close_ int their_port = -1;
    _cleanup_close_ int our_bundles = -1;
    _cleanup_close_ int their_bundles = -1;
    _cleanup_close_ int data = bk_system_open_data(supervisor->options->data);
    _cleanup_close_ int gps = bk_system_open_gps(supervisor->options->gps);
    _cleanup_close_ int camera = bk_video_process_plug(&supervisor->camera);
    _cleanup_close_ int codec = bk_video_process_plug(&supervisor->codec);
    const char *problem = NULL;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    int port[2], bundles[2];

    int r = bk_boot_open_system(supervisor, &boot, &problem);
    if (r < 0)
        goto failed;
    problem = "its kernel's command line is too long";
    r = -ENAMETOOLONG;
    if (!add_system_words(&boot, supervisor->options, data >= 0, gps >= 0, camera >= 0, codec >= 0))
        goto failed;
    problem = "there are no descriptors for its port";
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, port) < 0) {
        r = -errno;
        goto failed;
    }
    our_port = port[0];
    their_port = port[1];
    problem = "there are no descriptors for its bundles";
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bundles) < 0) {
        r = -errno;
        goto failed;
    }
    our_bundles = bundles[0];
    their_bundles = bundles[1];

    struct bk_vm_setup setup = {
        .vmm = supervisor->options->vmm,
        .kernel = boot.kernel,
        .initrd = -1,
        .disk = boot.disk,
        .data = data,
        .cmdline = boot.cmdline,
        .memory_mib = SYSTEM_MEMORY_MIB,
        .cpus = cpus >= (long)SYSTEM_CPUS_MAX ? SYSTEM_CPUS_MAX : 1,
        .cid = BK_VSOCK_CID_SYSTEM_GUEST,
        .display_width = DISPLAY_WIDTH,
        .display_height = DISPLAY_HEIGHT,
        .import = true,
        .sound = true,
        .ports = { { SYSTEM_PORT, their_port }, { BK_BUNDLE_PORT, their_bundles } },
        .port_count = 2,
        .drop_user = geteuid() == 0,
    };
    if (gps >= 0)
        setup.ports[setup.port_count++] = (struct bk_vm_port){ GPS_PORT, gps };
    if (camera >= 0)
        setup.ports[setup.port_count++] = (struct bk_vm_port){ BK_CAMERA_PORT, camera };
    if (codec >= 0)
        setup.ports[setup.port_count++] = (struct bk_vm_port){ BK_CODEC_PORT, codec };
    r = bk_vm_start(&supervisor->system, &setup, &problem);
    if (r < 0)
        goto failed;
    r = bk_port_open(&supervisor->system_port, supervisor->event, bk_service_for_system(supervisor->service),
                     TAKE_FD(our_port), "the System VM's port", false);
    if (r >= 0)
        r = bk_offer_open(supervisor, TAKE_FD(our_bundles));
    if (r < 0) {
        problem = "its port cannot be served";
        bk_vm_kill(&supervisor->system, problem); /* its end starts it again, later */
        goto failed;
    }
    plug_display(supervisor);
    plug_sound(supervisor, &supervisor->system, BK_VSOCK_CID_SYSTEM_GUEST);
    plug_uplink(supervisor);
    for (size_t i = 0; i < supervisor->app_count; i++)
        plug_app(supervisor->apps[i]);
    return 0;

failed:
    bk_error("the System VM: %s: %s", problem, strerror(-r));
    return r;
}

static void start_system_later(struct bk_supervisor *supervisor, uint64_t ran_usec)
{
    unsigned wait_ms = bk_backoff_next(&supervisor->system_backoff, ran_usec / 1000);

    bk_info("the System VM starts again in %u ms", wait_ms);
    (void)sd_event_source_set_time_relative(supervisor->system_restart, wait_ms * 1000ULL);
    (void)sd_event_source_set_enabled(supervisor->system_restart, SD_EVENT_ONESHOT);
}

static int on_system_restart(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_supervisor *supervisor = userdata;

    (void)source;
    (void)usec;
    if (!supervisor->stopping && start_system(supervisor) < 0 && supervisor->system.state == BK_VM_STOPPED)
        start_system_later(supervisor, 0);
    return 0;
}

static void on_system_changed(struct bk_vm *vm)
{
    if (vm->state == BK_VM_RUNNING)
        bk_info("the System VM runs");
}

static void on_system_ended(struct bk_vm *vm)
{
    struct bk_supervisor *supervisor = vm->owner;
    uint64_t now = 0;

    bk_info("the System VM ended: %s", vm->ended);
    bk_port_close(&supervisor->system_port);
    bk_offer_close(supervisor);
    for (size_t i = 0; i < supervisor->app_count; i++)
        bk_cable_unplug_vsock(&supervisor->apps[i]->vm, vm, supervisor->apps[i]->cid);
    for (size_t i = 0; i < supervisor->app_count; i++)
        bk_supervisor_allow_microphone(supervisor->apps[i], false); /* nobody shows any more that it hears */
    if (supervisor->stopping) {
        go_on_shutting_down(supervisor);
        return;
    }
    (void)sd_event_now(supervisor->event, CLOCK_MONOTONIC, &now);
    start_system_later(supervisor, now > vm->started_usec ? now - vm->started_usec : 0);
}

static const struct bk_vm_listener system_listener = { .changed = on_system_changed, .ended = on_system_ended };

int bk_supervisor_add_app(struct bk_supervisor *supervisor, struct bk_manifest *manifest, struct bk_app **ret_app)
{
    struct bk_app *app = supervisor->app_count < BK_APPS_MAX ? calloc(1, sizeof *app) : NULL;

    if (app == NULL) {
        bk_manifest_finish(manifest);
        return supervisor->app_count < BK_APPS_MAX ? -ENOMEM : -E2BIG;
    }
    app->supervisor = supervisor;
    app->shell = -1;
    app->manifest = *manifest;
    bk_vm_init(&app->vm, supervisor->event, app->manifest.id, &app_listener, app);
    supervisor->apps[supervisor->app_count++] = app;
    if (ret_app != NULL)
        *ret_app = app;
    return 0;
}

static void apps_changed(struct bk_supervisor *supervisor)
{
    supervisor->generation++;
    bk_service_apps_changed(supervisor->service);
}

int bk_supervisor_put_app(struct bk_supervisor *supervisor, struct bk_manifest *manifest,
                          const struct bk_bundle_header *bundle, struct bk_app **ret_app)
{
    struct bk_app *app = bk_supervisor_find_app(supervisor, manifest->id);

    if (app == NULL) {
        int r = bk_supervisor_add_app(supervisor, manifest, &app);
        if (r < 0)
            return r;
    } else {
        assert(app->vm.state == BK_VM_STOPPED);
        bk_vm_finish(&app->vm);
        bk_manifest_finish(&app->manifest);
        app->manifest = *manifest;
        bk_vm_init(&app->vm, supervisor->event, app->manifest.id, &app_listener, app);
    }
    app->installed = true;
    app->bundle = *bundle;
    if (ret_app != NULL)
        *ret_app = app;
    apps_changed(supervisor);
    return 0;
}

static void free_app(struct bk_app *app)
{
    bk_vm_finish(&app->vm);
    bk_shell_close_port(app);
    bk_manifest_finish(&app->manifest);
    free(app->copy_of);
    free(app);
}

void bk_supervisor_drop_app(struct bk_app *app)
{
    struct bk_supervisor *supervisor = app->supervisor;
    size_t at = 0;

    assert(app->vm.state == BK_VM_STOPPED);
    while (supervisor->apps[at] != app)
        at++;
    supervisor->app_count--;
    memmove(supervisor->apps + at, supervisor->apps + at + 1,
            (supervisor->app_count - at) * sizeof supervisor->apps[0]);
    free_app(app);
    apps_changed(supervisor);
}

static int load_apps(struct bk_supervisor *supervisor)
{
    char directory[PATH_MAX];
    struct bk_manifest *manifests = NULL;
    size_t count = 0;

    if (snprintf(directory, sizeof directory, "%s/apps", supervisor->options->machine_directory) >=
        (int)sizeof directory)
        return -ENAMETOOLONG;
    int r = bk_manifests_load(directory, &manifests, &count);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        if (r >= 0)
            r = bk_supervisor_add_app(supervisor, &manifests[i], NULL);
        else
            bk_manifest_finish(&manifests[i]);
    }
    free(manifests);
    return r;
}

/* The file is optional. */
static int load_system_arguments(struct bk_supervisor *supervisor)
{
    char path[PATH_MAX];

    int n = snprintf(path, sizeof path, "%s/system/cmdline", supervisor->options->machine_directory);
    if (n >= (int)sizeof path)
        return -ENAMETOOLONG;
    int r = bk_read_file(path, BK_BOOT_CMDLINE_MAX, &supervisor->system_arguments, NULL);
    if (r == -ENOENT)
        return 0;
    if (r >= 0)
        supervisor->system_arguments[strcspn(supervisor->system_arguments, "\n")] = '\0';
    return r;
}

static void on_turned(void *userdata)
{
    const struct bk_supervisor *supervisor = userdata;

    bk_service_turned(supervisor->service);
}

static void on_power_changed(void *userdata)
{
    const struct bk_supervisor *supervisor = userdata;

    bk_service_power_changed(supervisor->service);
}

static void on_uplink_changed(void *userdata)
{
    const struct bk_supervisor *supervisor = userdata;

    bk_service_uplink_changed(supervisor->service);
}

int bk_supervisor_create(sd_event *event, const struct bk_options *options, struct bk_supervisor **ret)
{
    struct bk_supervisor *supervisor = calloc(1, sizeof *supervisor);
    int r;

    if (supervisor == NULL)
        return -ENOMEM;
    supervisor->options = options;
    supervisor->event = sd_event_ref(event);
    bk_orientation_init(&supervisor->orientation, on_turned, supervisor);
    bk_vm_init(&supervisor->system, event, BK_SYSTEM_NAME, &system_listener, supervisor);
    r = sd_event_add_time_relative(event, &supervisor->system_restart, CLOCK_MONOTONIC, 0, 0, on_system_restart,
                                   supervisor);
    if (r >= 0)
        r = sd_event_source_set_enabled(supervisor->system_restart, SD_EVENT_OFF);
    if (r >= 0)
        r = load_apps(supervisor);
    if (r >= 0)
        r = load_system_arguments(supervisor);
    if (r >= 0)
        r = bk_service_create(supervisor, &supervisor->service);
    if (r < 0) {
        bk_supervisor_destroy(supervisor);
        return r;
    }
    /* From here on nothing that fails ends us: it is logged, and tried again where that may help. */
    bk_power_open(&supervisor->power, event, options->sys, on_power_changed, supervisor);
    if (options->screen != NULL) {
        r = bk_screen_process_open(&supervisor->screen, event, options->screen, geteuid() == 0, plug_display,
                                   supervisor);
        if (r < 0)
            bk_error("there is no screen: %s", strerror(-r));
    }
    if (options->sound != NULL) {
        r = bk_sound_process_open(&supervisor->sound, event, options->sound, geteuid() == 0, plug_all_sound,
                                  on_recording, supervisor);
        if (r < 0)
            bk_error("there is no sound: %s", strerror(-r));
    }
    if (options->camera != NULL) {
        r = bk_video_process_open(&supervisor->camera, event, options->camera, false, geteuid() == 0);
        if (r < 0)
            bk_error("there are no cameras: %s", strerror(-r));
    }
    if (options->codec != NULL) {
        r = bk_video_process_open(&supervisor->codec, event, options->codec, true, geteuid() == 0);
        if (r < 0)
            bk_error("there are no video encoders: %s", strerror(-r));
    }
    if (options->uplink != NULL) {
        r = bk_uplink_process_open(&supervisor->uplink, event, options->uplink, options->uplink_card, geteuid() == 0,
                                   plug_uplink, on_uplink_changed, supervisor);
        if (r < 0)
            bk_error("there is no network: %s", strerror(-r));
    }
    if (options->apps != NULL && options->installer != NULL) {
        r = bk_software_open(&supervisor->software, supervisor, options->apps, options->installer);
        if (r < 0)
            bk_error("nothing can be installed: %s", strerror(-r));
    }
    bk_info("%zu app%s installed", supervisor->app_count, supervisor->app_count == 1 ? " is" : "s are");
    if (start_system(supervisor) < 0 && supervisor->system.state == BK_VM_STOPPED)
        start_system_later(supervisor, 0);
    *ret = supervisor;
    return 0;
}

void bk_supervisor_destroy(struct bk_supervisor *supervisor)
{
    if (supervisor == NULL)
        return;
    bk_vm_finish(&supervisor->system);
    bk_software_close(&supervisor->software);
    bk_offer_close(supervisor);
    bk_debug_way_close(&supervisor->bundles);
    bk_shell_app_ended(&supervisor->shell, NULL);
    bk_debug_way_close(&supervisor->shell.way);
    bk_screen_process_close(&supervisor->screen);
    bk_sound_process_close(&supervisor->sound);
    bk_video_process_close(&supervisor->camera);
    bk_video_process_close(&supervisor->codec);
    bk_uplink_process_close(&supervisor->uplink);
    bk_power_close(&supervisor->power);
    bk_port_close(&supervisor->system_port);
    bk_service_destroy(supervisor->service);
    sd_json_variant_unref(supervisor->work.told);
    for (size_t i = 0; i < supervisor->app_count; i++)
        free_app(supervisor->apps[i]);
    free(supervisor->system_arguments);
    sd_event_source_disable_unref(supervisor->system_restart);
    sd_event_unref(supervisor->event);
    free(supervisor);
}
