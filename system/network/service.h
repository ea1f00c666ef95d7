/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves io.bulkhead.Network.
 *
 * Input from: trusted (bk-broker, bk-lease: who may pass the directory of the socket)
 * Runs in: bk-network
 */
#ifndef BK_NETWORK_SERVICE_H
#define BK_NETWORK_SERVICE_H

#include "uplink.h"

#include <systemd/sd-event.h>

struct bk_network_service;

/* Serves on programs->socket; `programs` must outlive it. */
int bk_network_service_create(sd_event *event, const struct bk_uplink_programs *programs,
                              struct bk_network_service **ret);
void bk_network_service_destroy(struct bk_network_service *service);

#endif
