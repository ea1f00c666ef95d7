/* SPDX-License-Identifier: Apache-2.0 */
/*
 * io.bulkhead.Hypervisor, io.bulkhead.Software and io.bulkhead.Debug over sd-varlink (api/internal/).
 *
 * Input from: the System VM (through port.c's bounds), the debug port
 * Runs in: bk-supervisor
 *
 * sd-varlink has checked a call's parameters against the interface before its function here is called.
 */
#ifndef BK_SUPERVISOR_SERVICE_H
#define BK_SUPERVISOR_SERVICE_H

#include <systemd/sd-varlink.h>

/* Connections at once over all ways in; each has at most one call that waits. */
#define BK_SERVICE_CONNECTIONS_MAX 16U
/* Changes that a watcher may be behind before its connection is closed. */
#define BK_SERVICE_BEHIND_MAX 256U

struct bk_app;
struct bk_manifest;
struct bk_service;
struct bk_supervisor;

int bk_service_create(struct bk_supervisor *supervisor, struct bk_service **ret);
void bk_service_destroy(struct bk_service *service);

/* For connections of the System VM, and for those that may also call io.bulkhead.Debug. */
sd_varlink_server *bk_service_for_system(struct bk_service *service);
sd_varlink_server *bk_service_for_debug(struct bk_service *service);

struct bk_supervisor *bk_service_supervisor(const struct bk_service *service);

/* Another app is installed, or one less, or another version of one: tells who watches. */
void bk_service_apps_changed(struct bk_service *service);
/* Something of the app is different now: tells who watches and answers who waits for it. */
void bk_service_app_changed(struct bk_service *service, struct bk_app *app);
/* The person turned the machine: tells who watches. */
void bk_service_turned(struct bk_service *service);
/* The machine's power is not as it was: tells who watches. */
void bk_service_power_changed(struct bk_service *service);
/* The network card that the uplink goes through is another, or gone: tells who watches. */
void bk_service_uplink_changed(struct bk_service *service);
/* What became of the bundle that the System VM offers (offer.h): tells who watches. */
void bk_service_bundle_changed(struct bk_service *service);
/* What was begun for who watches (data_service.c) goes on, or has ended: tells them. */
void bk_service_work_changed(struct bk_service *service);

/* What the app may ever ask for, as io.bulkhead.Hypervisor has it. */
int bk_service_list_permissions(const struct bk_manifest *manifest, sd_json_variant **ret);
/* The hosts that it may ever reach, likewise; null when its VM has no network card. */
int bk_service_list_hosts(const struct bk_manifest *manifest, sd_json_variant **ret);

#endif
