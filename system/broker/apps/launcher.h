/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the desktop's launcher and the hypervisor: which apps there are, and what the person wants of them.
 *
 * Input from: trusted (bk-compositor, bk-supervisor)
 * Runs in: bk-broker
 */
#ifndef BK_BROKER_LAUNCHER_H
#define BK_BROKER_LAUNCHER_H

#include "desktop.h"
#include "hypervisor.h"

struct bk_broker;

/* Tells the desktop all apps, once all are known. */
void bk_launcher_show(struct bk_broker *broker);

/* As struct bk_hypervisor_events has them, with the broker as userdata. */
void bk_launcher_icon(const char *id, const char *icon, void *userdata);
void bk_launcher_start_failed(const char *id, const char *why, void *userdata);

/* It ran, and is about to be taken for what is told: the person learns why its window is gone, if they did not close
 * it. */
void bk_launcher_told(struct bk_broker *broker, const struct bk_app *app, const struct bk_hypervisor_app *told);

/* A notification of the system's own; when the person has too many of them already, the log is enough. A text that is
 * too long, and so ASCII, is cut. */
void bk_launcher_notify(struct bk_broker *broker, const char *title, const char *body);

/* The desktop told of the app's window. */
void bk_launcher_window_seen(struct bk_broker *broker, const struct bk_app *app);
/* As struct bk_desktop_events has it. */
void bk_launcher_requested(const char *app, enum bk_desktop_request request, void *userdata);

#endif
