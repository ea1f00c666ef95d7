/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/device.h"

#include "virtio/transport.h"

#include <stdio.h>

void bk_virtio_device_break(struct bk_virtio_device *device, const char *format, ...)
{
    struct bk_virtio_transport *transport = device->transport;

    if (transport == NULL || transport->broken)
        return;
    transport->broken = true;
    device->running = false;
    if (bk_ratelimit_pass(&transport->log_limit)) {
        char reason[160];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(reason, sizeof(reason), format, arguments); /* cut short is good enough */
        va_end(arguments);
        bk_warning("%s needs a reset: %s", device->name, reason);
    }
    transport->operations->needs_reset(device);
}

void bk_virtio_config_changed(struct bk_virtio_device *device)
{
    if (device->transport != NULL)
        device->transport->operations->config_changed(device);
}
