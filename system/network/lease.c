/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bk-lease: dhcpcd runs it when what the network gave the machine has changed, with that in its environment; it tells
 * bk-network, whose socket is $BK_NETWORK_SOCKET.
 *
 * Input from: the network, through dhcpcd, which has checked the forms
 * Runs in: bk-lease
 */
#define _GNU_SOURCE
#include "log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-json.h>
#include <systemd/sd-varlink.h>

#define ADDRESS_MAX 64

/* What becomes of the address by dhcpcd's `reason`. */
enum change {
    CHANGE_NONE,
    CHANGE_GAINED,
    CHANGE_LOST,
};

static enum change change_of(const char *reason)
{
    static const struct {
        const char *reason;
        enum change change;
    } table[] = {
        { "BOUND", CHANGE_GAINED },  { "RENEW", CHANGE_GAINED },   { "REBIND", CHANGE_GAINED },
        { "REBOOT", CHANGE_GAINED }, { "TIMEOUT", CHANGE_GAINED }, { "EXPIRE", CHANGE_LOST },
        { "FAIL", CHANGE_LOST },     { "NAK", CHANGE_LOST },       { "NOCARRIER", CHANGE_LOST },
        { "RELEASE", CHANGE_LOST },
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(table[i].reason, reason) == 0)
            return table[i].change;
    }
    return CHANGE_NONE;
}

/* A list with blanks between. */
static int add_servers(const char *text, sd_json_variant **servers)
{
    int r = 0;

    while (r >= 0 && *text != '\0') {
        char address[ADDRESS_MAX];
        const size_t length = strcspn(text, " ");
        if (length > 0 && length < sizeof address) {
            memcpy(address, text, length);
            address[length] = '\0';
            r = sd_json_variant_append_arrayb(servers, SD_JSON_BUILD_STRING(address));
        }
        text += length;
        text += strspn(text, " ");
    }
    return r;
}

/* Null is what was lost. */
static int build(bool gained, sd_json_variant **ret)
{
    const char *address = getenv("new_ip_address"), *prefix = getenv("new_subnet_cidr");
    const char *servers = getenv("new_domain_name_servers");
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *list = NULL;

    if (!gained)
        return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_NULL("lease"));
    if (address == NULL || prefix == NULL)
        return -EBADMSG;
    int r = sd_json_variant_new_array(&list, NULL, 0);
    if (r >= 0 && servers != NULL)
        r = add_servers(servers, &list);
    if (r < 0)
        return r;
    return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_OBJECT("lease", SD_JSON_BUILD_PAIR_STRING("address", address),
                                                         SD_JSON_BUILD_PAIR_INTEGER("prefix", strtol(prefix, NULL, 10)),
                                                         SD_JSON_BUILD_PAIR_VARIANT("servers", list)));
}

int main(void)
{
    const char *reason = getenv("reason"), *socket = getenv("BK_NETWORK_SOCKET"), *error = NULL;
    __attribute__((cleanup(sd_json_variant_unrefp))) sd_json_variant *parameters = NULL;
    __attribute__((cleanup(sd_varlink_unrefp))) sd_varlink *link = NULL;
    sd_json_variant *reply = NULL;

    bk_log_open("bk-lease", NULL, LOG_INFO);
    if (reason == NULL || socket == NULL) {
        bk_error("this is for dhcpcd to run, as bk-network has it");
        return EXIT_FAILURE;
    }
    const enum change change = change_of(reason);
    if (change == CHANGE_NONE)
        return EXIT_SUCCESS;
    int r = build(change == CHANGE_GAINED, &parameters);
    if (r >= 0)
        r = sd_varlink_connect_address(&link, socket);
    if (r >= 0)
        r = sd_varlink_call(link, "io.bulkhead.Network.SetLease", parameters, &reply, &error);
    if (r < 0 || error != NULL) {
        bk_error("cannot say what the network gave (%s): %s", reason, error != NULL ? error : strerror(-r));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
