/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "network.h"

#include "connections.h"
#include "interfaces.h"
#include "traffic.h"

#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_US UINT64_C(1000000)

struct port {
    struct port *next;
    struct bk_network *network;
    unsigned number;
    char interface[IFNAMSIZ];
    enum bk_access access;
    struct bk_hosts hosts;
    struct bk_child resolver;
};

struct bk_network {
    sd_event *event;
    const struct bk_uplink_programs *programs;
    void (*sends)(unsigned number, void *userdata);
    void *userdata;

    struct bk_firewall *firewall;
    struct bk_traffic *traffic;
    struct port *ports;
    unsigned n_ports;
    bool has_uplink;
    struct ether_addr mac;
    struct bk_child client; /* dhcpcd */
    struct bk_network_lease lease;
    sd_event_source *again; /* what has ended is started anew */
};

/* ---- the programs ---- */

static void on_child_ended(void *userdata)
{
    const struct bk_network *network = userdata;

    /* An event source that exists is set without fail. */
    (void)sd_event_source_set_time_relative(network->again, AGAIN_US);
    (void)sd_event_source_set_enabled(network->again, SD_EVENT_ONESHOT);
}

static int start_resolver(struct port *port)
{
    struct bk_network *network = port->network;

    bk_child_stop(&port->resolver);
    return bk_resolver_start(network->event, &port->resolver, port->number, port->access, &port->hosts,
                             &network->lease.servers, on_child_ended, network);
}

static int start_client(struct bk_network *network)
{
    return bk_uplink_start(network->event, &network->client, &network->mac, network->programs, on_child_ended, network);
}

static int on_again(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct bk_network *network = userdata;
    int r = 0;

    (void)source;
    (void)usec;
    if (network->has_uplink && !bk_child_runs(&network->client))
        r = start_client(network);
    for (struct port *port = network->ports; port != NULL; port = port->next) {
        if (bk_child_runs(&port->resolver))
            continue;
        int started = start_resolver(port);
        r = started < 0 ? started : r;
    }
    if (r < 0) {
        bk_error("a program of the network's cannot be started: %s", strerror(-r));
        on_child_ended(network);
    }
    return 0;
}

/* ---- ports ---- */

static struct port **find(struct bk_network *network, unsigned number)
{
    struct port **at = &network->ports;

    while (*at != NULL && (*at)->number != number)
        at = &(*at)->next;
    return at;
}

static void forget(struct bk_network *network, struct port **at)
{
    struct port *port = *at;

    *at = port->next;
    network->n_ports--;
    bk_interface_remove(port->interface);
    if (bk_firewall_forget_port(network->firewall, port->number) < 0)
        bk_error("the firewall still knows port %u, whose interface is gone", port->number);
    int r = bk_connections_forget(BK_PORT_ADDRESS(port->number));
    if (r < 0 && r != -EOPNOTSUPP)
        bk_error("the connections of port %u stay until they end by themselves: %s", port->number, strerror(-r));
    bk_child_stop(&port->resolver);
    bk_hosts_finish(&port->hosts);
    free(port);
}

/* The port is there, and has nothing yet. */
static int make(struct bk_network *network, unsigned number, struct port **ret)
{
    if (network->n_ports == BK_NETWORK_PORTS_MAX)
        return -E2BIG;
    struct port *port = calloc(1, sizeof *port);
    if (port == NULL)
        return -ENOMEM;
    *port = (struct port){ .network = network, .number = number, .access = BK_ACCESSES, .next = network->ports };
    snprintf(port->interface, sizeof port->interface, "app%u", number);
    int r = bk_interface_make(number, port->interface);
    if (r >= 0)
        r = bk_interface_set_address(port->interface, BK_PORT_GATEWAY(number), BK_PORT_PREFIX);
    if (r >= 0)
        r = bk_interface_set_up(port->interface, true);
    if (r < 0) {
        bk_interface_remove(port->interface);
        free(port);
        return r;
    }
    network->ports = port;
    network->n_ports++;
    *ret = port;
    return 0;
}

/* Who waits may get the same hosts again, and has connections to them: they and their addresses are kept until then. */
static int allow(struct port *port, enum bk_access access, struct bk_hosts *hosts)
{
    const bool keeps = access == BK_ACCESS_WAITING || bk_hosts_are_same(&port->hosts, hosts);

    if (port->access == access && keeps && bk_child_runs(&port->resolver))
        return 0;
    if (!keeps) {
        bk_hosts_finish(&port->hosts);
        port->hosts = *hosts;
        hosts->count = 0;
    }
    port->access = access;
    int r = bk_firewall_set_port(port->network->firewall, port->number, access, !keeps);
    if (r >= 0)
        r = start_resolver(port);
    if (r >= 0)
        bk_info("port %u: %s", port->number, bk_access_names[access]);
    return r;
}

int bk_network_set_port(struct bk_network *network, unsigned number, enum bk_access access, struct bk_hosts *hosts)
{
    struct port *port = *find(network, number);

    if (port == NULL) {
        int r = make(network, number, &port);
        if (r < 0)
            return r;
    }
    int r = allow(port, access, hosts);
    if (r < 0)
        forget(network, find(network, number));
    return r;
}

int bk_network_forget_port(struct bk_network *network, unsigned number)
{
    struct port **at = find(network, number);

    if (*at == NULL)
        return -ENOENT;
    forget(network, at);
    return 0;
}

void bk_network_forget_ports(struct bk_network *network)
{
    while (network->ports != NULL)
        forget(network, &network->ports);
}

/* ---- the way out ---- */

int bk_network_set_lease(struct bk_network *network, const struct bk_network_lease *lease)
{
    int r = bk_firewall_set_lan(network->firewall, lease->address, lease->prefix);

    if (r < 0)
        return r;
    const bool same = memcmp(&network->lease.servers, &lease->servers, sizeof lease->servers) == 0;
    network->lease = *lease;
    for (struct port *port = network->ports; !same && port != NULL; port = port->next) {
        r = start_resolver(port);
        if (r < 0) {
            bk_error("the resolver of port %u cannot be started: %s", port->number, strerror(-r));
            on_child_ended(network); /* it is tried again */
        }
    }
    return 0;
}

int bk_network_set_uplink(struct bk_network *network, const struct ether_addr *mac)
{
    if (network->has_uplink == (mac != NULL) && (mac == NULL || memcmp(mac, &network->mac, sizeof *mac) == 0))
        return 0;
    if (network->has_uplink)
        bk_uplink_stop(&network->client);
    network->has_uplink = false;
    int r = bk_network_set_lease(network, &(struct bk_network_lease){ 0 });
    if (r < 0 || mac == NULL)
        return r;
    network->has_uplink = true;
    network->mac = *mac;
    r = start_client(network);
    if (r < 0)
        on_child_ended(network); /* it is tried again */
    return r;
}

/* ---- life ---- */

int bk_network_create(sd_event *event, const struct bk_uplink_programs *programs,
                      void (*sends)(unsigned number, void *userdata), void *userdata, struct bk_network **ret)
{
    struct bk_network *network = calloc(1, sizeof *network);

    if (network == NULL)
        return -ENOMEM;
    *network =
        (struct bk_network){ .event = sd_event_ref(event), .programs = programs, .sends = sends, .userdata = userdata };
    int r = bk_firewall_create(&network->firewall);
    if (r >= 0)
        r = bk_interfaces_prepare();
    if (r >= 0)
        r = bk_traffic_create(event, sends, userdata, &network->traffic);
    if (r >= 0)
        r = sd_event_add_time_relative(event, &network->again, CLOCK_MONOTONIC, 0, 0, on_again, network);
    if (r >= 0)
        r = sd_event_source_set_enabled(network->again, SD_EVENT_OFF);
    if (r < 0) {
        bk_network_destroy(network);
        return r;
    }
    *ret = network;
    return 0;
}

void bk_network_destroy(struct bk_network *network)
{
    if (network == NULL)
        return;
    bk_network_forget_ports(network);
    if (network->has_uplink)
        bk_uplink_stop(&network->client);
    bk_traffic_destroy(network->traffic);
    bk_firewall_destroy(network->firewall);
    sd_event_source_disable_unref(network->again);
    sd_event_unref(network->event);
    free(network);
}
