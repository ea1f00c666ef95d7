/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "resolver.h"

#include "interfaces.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "/usr/sbin/dnsmasq"

/* An app that believes an answer for longer than this might find the firewall to have forgotten it. */
#define ANSWER_TIME "--max-ttl=600"

#define ARGUMENTS_MAX (40U + BK_SERVERS_MAX + BK_HOSTS_MAX * (BK_SERVERS_MAX + 2))

struct arguments {
    char *texts[ARGUMENTS_MAX + 1];
    size_t count;
    bool failed;
};

static void __attribute__((format(printf, 2, 3))) add(struct arguments *arguments, const char *format, ...)
{
    va_list list;

    assert(arguments->count < ARGUMENTS_MAX);
    va_start(list, format);
    if (vasprintf(&arguments->texts[arguments->count], format, list) < 0)
        arguments->failed = true;
    else
        arguments->count++;
    va_end(list);
}

/* What is below the name belongs to a "*." of the list. */
static bool has_below(const struct bk_hosts *hosts, const char *name)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const char *end = strncmp(hosts->names[i], "*.", 2) == 0 ? hosts->names[i] + 2 : "";
        const size_t length = strlen(end), whole = strlen(name);
        if (length == 0 || length > whole || strcmp(name + whole - length, end) != 0)
            continue;
        if (length == whole || name[whole - length - 1] == '.')
            return true;
    }
    return false;
}

/* dnsmasq's "example.org" has all below it, which are answered here that they do not exist, and its "*.example.org"
 * what ends so. */
static void add_host(struct arguments *arguments, unsigned number, const char *name, const struct bk_hosts *hosts,
                     const struct bk_servers *servers)
{
    const bool below = strncmp(name, "*.", 2) == 0;

    for (size_t i = 0; i < servers->count; i++) {
        char address[BK_ADDRESS_TEXT_MAX];
        bk_address_write(servers->addresses[i], address);
        add(arguments, "--server=/%s/%s", name, address);
    }
    if (!below && !has_below(hosts, name))
        add(arguments, "--local=/*.%s/", name);
    add(arguments, "--nftset=/%s/" BK_FIREWALL_HOSTS_SET "%u", below ? name + 2 : name, number);
}

static void add_names(struct arguments *arguments, unsigned number, enum bk_access access, const struct bk_hosts *hosts,
                      const struct bk_servers *servers)
{
    if (access == BK_ACCESS_HOSTS) {
        for (size_t i = 0; i < hosts->count; i++)
            add_host(arguments, number, hosts->names[i], hosts, servers);
    }
    for (size_t i = 0; access == BK_ACCESS_INTERNET && i < servers->count; i++) {
        char address[BK_ADDRESS_TEXT_MAX];
        bk_address_write(servers->addresses[i], address);
        add(arguments, "--server=%s", address);
    }
}

static void add_dhcp(struct arguments *arguments, unsigned number)
{
    char address[BK_ADDRESS_TEXT_MAX];

    bk_address_write(BK_PORT_ADDRESS(number), address);
    add(arguments, "--dhcp-range=%s,static,255.255.255.252,1h", address);
    add(arguments, "--dhcp-host=02:bc:00:00:%02x:%02x,%s", number >> 8, number & 0xff, address);
    add(arguments, "--dhcp-authoritative"); /* what it gave before it was started anew counts */
    add(arguments, "--leasefile-ro");
    add(arguments, "--no-ping");
    add(arguments, "--quiet-dhcp");
}

int bk_resolver_start(sd_event *event, struct bk_child *child, unsigned number, enum bk_access access,
                      const struct bk_hosts *hosts, const struct bk_servers *servers, void (*ended)(void *userdata),
                      void *userdata)
{
    static const char *const fixed[] = { PROGRAM,
                                         "--keep-in-foreground",
                                         "--conf-file=/dev/null",
                                         "--log-facility=-", /* bk-network's own log */
                                         "--pid-file=",
                                         "--user=",
                                         "--no-resolv",
                                         "--no-hosts",
                                         "--bind-interfaces",
                                         "--except-interface=lo",
                                         "--cache-size=0",
                                         ANSWER_TIME,
                                         "--filter-AAAA", /* there is no IPv6 */
                                         "--stop-dns-rebind",
                                         "--bogus-priv", /* of who is nearer no server is asked, … */
                                         "--no-ident" }; /* nor of the servers themselves */
    struct arguments arguments = { 0 };

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        add(&arguments, "%s", fixed[i]);
    add(&arguments, "--interface=app%u", number);
    add_dhcp(&arguments, number);
    add_names(&arguments, number, access, hosts, servers);
    int r = arguments.failed ? -ENOMEM : bk_child_start(event, child, arguments.texts, ended, userdata);
    for (size_t i = 0; i < arguments.count; i++)
        free(arguments.texts[i]);
    return r;
}
