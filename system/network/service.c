/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "service.h"

#include "bk_api.h"
#include "interfaces.h"
#include "network.h"

#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>
#include <unistd.h>

#define INTERFACE       "io.bulkhead.Network."
#define CONNECTIONS_MAX 8 /* a broker has two, dhcpcd's bk-lease one; successors may come before they end */

struct bk_network_service {
    struct bk_network *network;
    sd_varlink_server *server;
    sd_varlink *watch;
};

static int fail(sd_varlink *link, int error)
{
    return sd_varlink_errorbo(link, INTERFACE "Failed", SD_JSON_BUILD_PAIR_STRING("reason", strerror(-error)));
}

/* ---- ports ---- */

static bool is_port(int64_t number)
{
    return number >= BK_PORT_MIN && number <= BK_PORT_MAX;
}

static enum bk_access access_by_name(const char *name)
{
    int access = 0;

    while (access < BK_ACCESSES && strcmp(name, bk_access_names[access]) != 0)
        access++;
    return (enum bk_access)access;
}

static int take_hosts(sd_json_variant *json, struct bk_hosts *hosts)
{
    for (size_t i = 0; json != NULL && i < sd_json_variant_elements(json); i++) {
        sd_json_variant *name = sd_json_variant_by_index(json, i);
        int r = sd_json_variant_is_string(name) ? bk_hosts_add(hosts, sd_json_variant_string(name)) : -EINVAL;
        if (r < 0)
            return r;
    }
    return 0;
}

struct set_port {
    int64_t port;
    const char *access;
    sd_json_variant *hosts;
};

static int on_set_port(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "port", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, offsetof(struct set_port, port), SD_JSON_MANDATORY },
        { "access", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, offsetof(struct set_port, access),
          SD_JSON_MANDATORY },
        { "hosts", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, offsetof(struct set_port, hosts),
          SD_JSON_NULLABLE },
        {},
    };
    const struct bk_network_service *service = userdata;
    struct set_port parameters = { 0 };
    struct bk_hosts hosts = { 0 };

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &parameters);
    if (r != 0)
        return r;
    const enum bk_access access = access_by_name(parameters.access);
    if (!is_port(parameters.port))
        return sd_varlink_error_invalid_parameter_name(link, "port");
    if (access == BK_ACCESSES)
        return sd_varlink_error_invalid_parameter_name(link, "access");
    r = take_hosts(parameters.hosts, &hosts);
    if (r == -ENOMEM)
        r = fail(link, r);
    else if (r < 0 || (hosts.count > 0) != (access == BK_ACCESS_HOSTS))
        r = sd_varlink_error_invalid_parameter_name(link, "hosts");
    else {
        r = bk_network_set_port(service->network, (unsigned)parameters.port, access, &hosts);
        r = r < 0 ? fail(link, r) : sd_varlink_reply(link, NULL);
    }
    bk_hosts_finish(&hosts);
    return r;
}

static int on_forget_port(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "port", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, 0, SD_JSON_MANDATORY },
        {},
    };
    const struct bk_network_service *service = userdata;
    int64_t port = 0;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &port);
    if (r != 0)
        return r;
    if (!is_port(port) || bk_network_forget_port(service->network, (unsigned)port) < 0)
        return sd_varlink_errorbo(link, INTERFACE "NoSuchPort", SD_JSON_BUILD_PAIR_INTEGER("port", port));
    return sd_varlink_reply(link, NULL);
}

/* ---- the way out ---- */

static int on_set_uplink(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "mac", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, 0, SD_JSON_NULLABLE },
        {},
    };
    const struct bk_network_service *service = userdata;
    const char *text = NULL;
    struct ether_addr mac;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &text);
    if (r != 0)
        return r;
    /* A group of cards has no card's address, and zero none at all. */
    if (text != NULL && (ether_aton_r(text, &mac) == NULL || (mac.ether_addr_octet[0] & 1) != 0 ||
                         memcmp(&mac, &(struct ether_addr){ 0 }, sizeof mac) == 0))
        return sd_varlink_error_invalid_parameter_name(link, "mac");
    r = bk_network_set_uplink(service->network, text != NULL ? &mac : NULL);
    return r < 0 ? fail(link, r) : sd_varlink_reply(link, NULL);
}

static bool take_address(const char *text, uint32_t *ret)
{
    struct in_addr in;

    if (text == NULL || inet_pton(AF_INET, text, &in) != 1)
        return false;
    *ret = ntohl(in.s_addr);
    return true;
}

/* More servers than are kept are left out. */
static bool take_servers(sd_json_variant *json, struct bk_servers *servers)
{
    for (size_t i = 0; i < sd_json_variant_elements(json) && servers->count < BK_SERVERS_MAX; i++) {
        sd_json_variant *server = sd_json_variant_by_index(json, i);
        if (!sd_json_variant_is_string(server) ||
            !take_address(sd_json_variant_string(server), &servers->addresses[servers->count]))
            return false;
        servers->count++;
    }
    return true;
}

struct lease_parameters {
    const char *address;
    int64_t prefix;
    sd_json_variant *servers;
};

static int on_set_lease(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = {
        { "lease", SD_JSON_VARIANT_OBJECT, sd_json_dispatch_variant_noref, 0, SD_JSON_NULLABLE },
        {},
    };
    static const sd_json_dispatch_field lease_table[] = {
        { "address", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, offsetof(struct lease_parameters, address),
          SD_JSON_MANDATORY },
        { "prefix", SD_JSON_VARIANT_INTEGER, sd_json_dispatch_int64, offsetof(struct lease_parameters, prefix),
          SD_JSON_MANDATORY },
        { "servers", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref, offsetof(struct lease_parameters, servers),
          SD_JSON_MANDATORY },
        {},
    };
    const struct bk_network_service *service = userdata;
    struct lease_parameters parameters = { 0 };
    struct bk_network_lease lease = { 0 };
    sd_json_variant *given = NULL;

    (void)flags;
    int r = sd_varlink_dispatch(link, json, table, &given);
    if (r == 0 && given != NULL)
        r = sd_varlink_dispatch(link, given, lease_table, &parameters);
    if (r != 0)
        return r;
    if (given != NULL) {
        if (!take_address(parameters.address, &lease.address) || parameters.prefix < 1 || parameters.prefix > 32 ||
            !take_servers(parameters.servers, &lease.servers))
            return sd_varlink_error_invalid_parameter_name(link, "lease");
        lease.prefix = (unsigned)parameters.prefix;
    }
    r = bk_network_set_lease(service->network, &lease);
    return r < 0 ? fail(link, r) : sd_varlink_reply(link, NULL);
}

/* ---- who watches ---- */

static void end_watch(struct bk_network_service *service)
{
    service->watch = sd_varlink_unref(service->watch);
    bk_network_forget_ports(service->network);
}

static int on_watch(sd_varlink *link, sd_json_variant *json, sd_varlink_method_flags_t flags, void *userdata)
{
    static const sd_json_dispatch_field table[] = { {} };
    struct bk_network_service *service = userdata;

    int r = sd_varlink_dispatch(link, json, table, NULL);
    if (r != 0)
        return r;
    if ((flags & SD_VARLINK_METHOD_MORE) == 0)
        return sd_varlink_error(link, SD_VARLINK_ERROR_EXPECTED_MORE, NULL);
    end_watch(service);
    service->watch = sd_varlink_ref(link);
    return sd_varlink_notify(link, NULL);
}

static void on_sends(unsigned number, void *userdata)
{
    const struct bk_network_service *service = userdata;

    if (service->watch != NULL)
        (void)sd_varlink_notifybo(service->watch, SD_JSON_BUILD_PAIR_INTEGER("sends", number)); /* it ends, then */
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
    struct bk_network_service *service = userdata;

    (void)server;
    if (service->watch == link)
        end_watch(service);
}

/* ---- life ---- */

int bk_network_service_create(sd_event *event, const struct bk_uplink_programs *programs,
                              struct bk_network_service **ret)
{
    struct bk_network_service *service = calloc(1, sizeof *service);

    if (service == NULL)
        return -ENOMEM;
    int r = bk_network_create(event, programs, on_sends, service, &service->network);
    if (r >= 0)
        r = sd_varlink_server_new(&service->server, SD_VARLINK_SERVER_INHERIT_USERDATA);
    if (r >= 0) {
        sd_varlink_server_set_userdata(service->server, service);
        r = sd_varlink_server_set_connections_max(service->server, CONNECTIONS_MAX);
    }
    if (r >= 0)
        r = sd_varlink_server_set_info(service->server, "Bulkhead", "bk-network", BK_VERSION, NULL);
    if (r >= 0)
        r = sd_varlink_server_add_interface(service->server, &bk_api_io_bulkhead_Network);
    if (r >= 0)
        r = sd_varlink_server_bind_method_many(
            service->server, INTERFACE "SetPort", on_set_port, INTERFACE "ForgetPort", on_forget_port,
            INTERFACE "SetUplink", on_set_uplink, INTERFACE "SetLease", on_set_lease, INTERFACE "Watch", on_watch);
    if (r >= 0)
        r = sd_varlink_server_bind_disconnect(service->server, on_disconnect);
    if (r >= 0) {
        unlink(programs->socket);
        r = sd_varlink_server_listen_address(service->server, programs->socket, 0660);
    }
    if (r >= 0)
        r = sd_varlink_server_attach_event(service->server, event, SD_EVENT_PRIORITY_NORMAL);
    if (r < 0) {
        bk_network_service_destroy(service);
        return r;
    }
    *ret = service;
    return 0;
}

void bk_network_service_destroy(struct bk_network_service *service)
{
    if (service == NULL)
        return;
    service->watch = sd_varlink_unref(service->watch);
    sd_varlink_server_unref(service->server);
    bk_network_destroy(service->network);
    free(service);
}
