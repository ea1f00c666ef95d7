/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The screen's size as the hypervisor changes it: hears the kernel's word of it and sets the new mode.
 *
 * Input from: trusted (the kernel; the hypervisor's display)
 * Runs in: bk-compositor, main thread
 */
#ifndef BK_COMPOSITOR_HOTPLUG_H
#define BK_COMPOSITOR_HOTPLUG_H

#include "desktop.h"

int bk_hotplug_create(struct bk_desktop *desktop, struct bk_hotplug **ret_hotplug);
void bk_hotplug_destroy(struct bk_hotplug *hotplug);

/* True for a kernel event that says that a display changed. */
bool bk_hotplug_is_display_change(const char *message, size_t length);

#endif
