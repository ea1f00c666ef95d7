/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "firewall.h"

#include "interfaces.h"

#include "cleanup.h"
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>

const char *const bk_access_names[BK_ACCESSES] = {
    [BK_ACCESS_WAITING] = "waiting",
    [BK_ACCESS_REFUSED] = "refused",
    [BK_ACCESS_HOSTS] = "hosts",
    [BK_ACCESS_INTERNET] = "internet",
};
static_assert(BK_ACCESSES == 4, "one name for each");

struct bk_firewall {
    struct nft_ctx *nft;
};

/* Special addresses by IANA's registry, but for 198.18.0.0/15, which is for tests of networks, and which ours use.
 * The ports' own addresses (10.200.0.0/16) are among them. */
static const char base[] =
    "table inet bulkhead\n"
    "delete table inet bulkhead\n"
    "table inet bulkhead {\n"
    "  set special { type ipv4_addr; flags interval; elements = {\n"
    "    0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, "
    "192.0.2.0/24,\n"
    "    192.88.99.0/24, 192.168.0.0/16, 198.51.100.0/24, 203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4 } }\n"
    "  set lan { type ipv4_addr; flags interval; }\n"
    "  map sent { type ifname . ipv4_addr : verdict; }\n"
    "  map asked { type ifname . ipv4_addr : verdict; }\n"
    "  map outbound { type ifname : verdict; }\n"
    "  map inbound { type ifname : verdict; }\n"
    "  chain prerouting {\n"
    "    type filter hook prerouting priority raw; policy drop;\n"
    "    iifname \"lo\" accept\n"
    "    ip ttl < 2 drop\n" /* it would be lost on its way to the other side, and what the kernel keeps be renewed by it
                             */
    "    iifname \"" BK_UPLINK_NAME "\" ip saddr != 10.200.0.0/16 accept\n"
    "    iifname . ip saddr vmap @sent\n"
    "  }\n"
    "  chain input {\n"
    "    type filter hook input priority filter; policy drop;\n"
    "    iifname \"lo\" accept\n"
    "    iifname \"" BK_UPLINK_NAME "\" ct state established,related accept\n"
    "    iifname \"" BK_UPLINK_NAME "\" udp sport 67 udp dport 68 accept\n"
    "    iifname \"app*\" ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept\n"
    "    iifname . ip daddr vmap @asked\n"
    "  }\n"
    "  chain forward {\n"
    "    type filter hook forward priority filter; policy drop;\n"
    "    ct state invalid drop\n"
    "    iifname \"" BK_UPLINK_NAME "\" ct state established,related oifname vmap @inbound\n"
    "    oifname \"" BK_UPLINK_NAME "\" iifname vmap @outbound\n"
    "  }\n"
    "  chain answers {\n" /* are no connections, as questions are not */
    "    type filter hook output priority raw; policy accept;\n"
    "    oifname \"app*\" udp sport { 53, 67 } notrack\n"
    "    oifname \"app*\" tcp sport 53 notrack\n"
    "  }\n"
    "  chain output {\n" /* while a resolver is started anew, a question is lost, and asked again */
    "    type filter hook output priority filter; policy accept;\n"
    "    oifname \"app*\" icmp type destination-unreachable icmp code port-unreachable drop\n"
    "  }\n"
    "  chain postrouting {\n"
    "    type nat hook postrouting priority srcnat; policy accept;\n"
    "    oifname \"" BK_UPLINK_NAME "\" ip saddr 10.200.0.0/16 masquerade\n"
    "  }\n"
    "  chain refuse {\n"
    "    meta l4proto tcp reject with tcp reset\n"
    "    reject with icmpx admin-prohibited\n"
    "  }\n"
    "}\n";

/* Names are asked for so often, so that one app's questions leave the processor to others, and what the resolver asks
 * for it leaves the kernel's table of connections to them. */
#define NAMES_RATE "limit rate 50/second burst 400 packets accept"
/* A new connection costs the kernel more than a packet of one. */
#define NEW_RATE "ct state new limit rate over 200/second burst 1000 packets drop"
/* An echo is kept for half a minute, whoever is asked. */
#define ECHO_RATE "meta l4proto icmp ct state new limit rate over 5/second burst 20 packets drop"
/* A host that is in use stays known; what was looked up long ago is another's by now. */
#define HOSTS_TIME "1h"

/* ---- what a port keeps ----
 *
 * The kernel's one table of connections is all apps'. So that none fills it, each port has a set of those that it has
 * in it, of BK_FIREWALL_KEPT_MAX. Each packet of one puts it there anew, for a little longer than the kernel keeps the
 * connection after that packet, of which there are three kinds (bk_interfaces_prepare() has what the kernel is told):
 * those that stand, those of datagrams that are answered, and all that begin or end. A packet that finds no place in
 * the set is lost. An echo has no ports; of those the rate is the bound. */
#define KEPT_STANDING "125m"
#define KEPT_ANSWERED "130s"
#define KEPT_BRIEFLY  "70s"

/* A connection in that set, as a packet from the app has it, and one to it. */
#define KEY_OUT "meta l4proto . th sport . ip daddr . th dport"
#define KEY_IN  "meta l4proto . th dport . ip saddr . th sport"

/* What is in the kernel's table; each that fits, so that the one that is for the longest comes last. */
static const struct {
    const char *when, *time;
} kept[] = {
    { "", KEPT_BRIEFLY },
    { "ct expiration > 1m", KEPT_ANSWERED },
    { "ct expiration > 2m", KEPT_STANDING },
};

static int run(struct bk_firewall *firewall, const char *commands)
{
    if (nft_run_cmd_from_buffer(firewall->nft, commands) == 0)
        return 0;
    const char *why = nft_ctx_get_error_buffer(firewall->nft);
    bk_error("nftables refused: %s", why != NULL ? why : "nobody knows why");
    return -EIO;
}

int bk_firewall_create(struct bk_firewall **ret)
{
    struct bk_firewall *firewall = calloc(1, sizeof *firewall);

    if (firewall == NULL)
        return -ENOMEM;
    firewall->nft = nft_ctx_new(NFT_CTX_DEFAULT);
    int r = firewall->nft != NULL ? 0 : -ENOMEM;
    if (r >= 0 && (nft_ctx_buffer_error(firewall->nft) != 0 || nft_ctx_buffer_output(firewall->nft) != 0))
        r = -ENOMEM;
    if (r >= 0)
        r = run(firewall, base);
    if (r < 0) {
        bk_firewall_destroy(firewall);
        return r;
    }
    *ret = firewall;
    return 0;
}

void bk_firewall_destroy(struct bk_firewall *firewall)
{
    if (firewall == NULL)
        return;
    if (firewall->nft != NULL)
        nft_ctx_free(firewall->nft);
    free(firewall);
}

/* One transaction, written to a FILE. */
struct commands {
    char *text;
    size_t size;
    FILE *file;
};

static int commands_begin(struct commands *commands)
{
    *commands = (struct commands){ 0 };
    commands->file = open_memstream(&commands->text, &commands->size);
    return commands->file == NULL ? -ENOMEM : 0;
}

static int commands_run(struct commands *commands, struct bk_firewall *firewall)
{
    int r = ferror(commands->file) != 0 ? -ENOMEM : 0;

    if (fclose(commands->file) != 0)
        r = -ENOMEM;
    if (r >= 0)
        r = run(firewall, commands->text);
    free(commands->text);
    return r;
}

/* A chain of the port's own, empty. */
static void write_chain(FILE *file, const char *name, unsigned number)
{
    fprintf(file, "add chain inet bulkhead %s%u\nflush chain inet bulkhead %s%u\n", name, number, name, number);
}

static void write_rule(FILE *file, const char *chain, unsigned number, const char *rule)
{
    fprintf(file, "add rule inet bulkhead %s%u %s\n", chain, number, rule);
}

/* Who asks the System VM for an address does not use the network yet, so that the log group has none of it. Each app
 * may ask so often, whatever the others do. What is sent so to anybody else is judged as all that is sent. */
static void write_dhcp(FILE *file, unsigned number, const char *gateway)
{
    fprintf(file,
            "add rule inet bulkhead dhcp%u ip daddr { 255.255.255.255, %s } udp sport 68 udp dport 67 "
            "limit rate 20/second accept\n"
            "add rule inet bulkhead sent%u ip daddr { 255.255.255.255, %s } udp sport 68 udp dport 67 goto dhcp%u\n",
            number, gateway, number, gateway, number);
    write_rule(file, "asked", number, "udp sport 68 udp dport 67 accept");
}

/* The chain in which a packet that may pass does so, if it has its place: one that is new gets it here, and all others
 * have had theirs renewed, below. */
static void write_kept(FILE *file, const char *chain, unsigned number, const char *key)
{
    write_chain(file, chain, number);
    write_rule(file, chain, number, "meta l4proto icmp accept");
    fprintf(file,
            "add rule inet bulkhead %s%u ct state new update @kept%u { %s timeout " KEPT_BRIEFLY " } accept\n"
            "add rule inet bulkhead %s%u %s @kept%u accept\n",
            chain, number, number, key, chain, number, key, number);
    write_rule(file, chain, number, "drop");
}

/* What stands in the kernel's table already it keeps for longer from here on, whether the packet passes or not: so does
 * the set. */
static void write_renewals(FILE *file, const char *chain, unsigned number, const char *key)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        fprintf(file,
                "add rule inet bulkhead %s%u meta l4proto != icmp ct status confirmed %s update @kept%u { %s "
                "timeout %s }\n",
                chain, number, kept[i].when, number, key, kept[i].time);
}

static void write_access(FILE *file, unsigned number, enum bk_access access)
{
    write_renewals(file, "outbound", number, KEY_OUT);
    write_renewals(file, "inbound", number, KEY_IN);
    if (access != BK_ACCESS_WAITING)
        write_rule(file, "asked", number, "meta l4proto { tcp, udp } th dport 53 " NAMES_RATE);
    if (access == BK_ACCESS_HOSTS || access == BK_ACCESS_INTERNET) {
        write_rule(file, "outbound", number, "ip daddr @special goto refuse");
        write_rule(file, "outbound", number, "ip daddr @lan goto refuse");
        write_rule(file, "outbound", number, NEW_RATE);
        write_rule(file, "outbound", number, ECHO_RATE);
    }
    if (access == BK_ACCESS_HOSTS) {
        fprintf(file,
                "add rule inet bulkhead outbound%u ip daddr @hosts%u update @hosts%u { ip daddr timeout " HOSTS_TIME
                " } goto leaving%u\n"
                "add rule inet bulkhead inbound%u ip saddr @hosts%u goto coming%u\n",
                number, number, number, number, number, number, number);
        write_rule(file, "inbound", number, "meta l4proto icmp ct state related accept");
    }
    if (access == BK_ACCESS_INTERNET) {
        fprintf(file,
                "add rule inet bulkhead outbound%u goto leaving%u\n"
                "add rule inet bulkhead inbound%u goto coming%u\n",
                number, number, number, number);
    }
    if (access == BK_ACCESS_REFUSED || access == BK_ACCESS_HOSTS)
        write_rule(file, "outbound", number, "goto refuse");
}

int bk_firewall_set_port(struct bk_firewall *firewall, unsigned number, enum bk_access access, bool forget)
{
    struct commands commands;
    char address[BK_ADDRESS_TEXT_MAX], gateway[BK_ADDRESS_TEXT_MAX];

    int r = commands_begin(&commands);
    if (r < 0)
        return r;
    bk_address_write(BK_PORT_ADDRESS(number), address);
    bk_address_write(BK_PORT_GATEWAY(number), gateway);
    fprintf(commands.file,
            "add set inet bulkhead hosts%u { type ipv4_addr; flags dynamic,timeout; timeout " HOSTS_TIME
            "; size 4096; }\n"
            "add set inet bulkhead kept%u { type inet_proto . inet_service . ipv4_addr . inet_service; "
            "flags dynamic,timeout; size %u; }\n",
            number, number, BK_FIREWALL_KEPT_MAX);
    if (forget)
        fprintf(commands.file, "flush set inet bulkhead hosts%u\n", number);
    write_chain(commands.file, "sent", number);
    write_chain(commands.file, "dhcp", number);
    write_chain(commands.file, "asked", number);
    write_chain(commands.file, "outbound", number);
    write_chain(commands.file, "inbound", number);
    write_kept(commands.file, "leaving", number, KEY_OUT);
    write_kept(commands.file, "coming", number, KEY_IN);
    write_dhcp(commands.file, number, gateway);
    fprintf(commands.file,
            "add rule inet bulkhead sent%u limit rate 1/second burst 1 packets log prefix \"%u\" group %d\n", number,
            number, BK_FIREWALL_LOG_GROUP);
    fprintf(commands.file, "add rule inet bulkhead sent%u ip daddr %s notrack\n", number, gateway);
    write_rule(commands.file, "sent", number, "accept");
    write_access(commands.file, number, access);
    fprintf(commands.file,
            "add element inet bulkhead sent { \"app%u\" . %s : jump sent%u }\n"
            "add element inet bulkhead sent { \"app%u\" . 0.0.0.0 : jump dhcp%u }\n"
            "add element inet bulkhead asked { \"app%u\" . %s : jump asked%u }\n"
            "add element inet bulkhead outbound { \"app%u\" : jump outbound%u }\n"
            "add element inet bulkhead inbound { \"app%u\" : jump inbound%u }\n",
            number, address, number, number, number, number, gateway, number, number, number, number, number);
    return commands_run(&commands, firewall);
}

int bk_firewall_forget_port(struct bk_firewall *firewall, unsigned number)
{
    static const char *const chains[] = { "sent", "dhcp", "asked", "outbound", "inbound", "leaving", "coming" };
    struct commands commands;
    char address[BK_ADDRESS_TEXT_MAX], gateway[BK_ADDRESS_TEXT_MAX];

    int r = commands_begin(&commands);
    if (r < 0)
        return r;
    bk_address_write(BK_PORT_ADDRESS(number), address);
    bk_address_write(BK_PORT_GATEWAY(number), gateway);
    fprintf(commands.file,
            "delete element inet bulkhead sent { \"app%u\" . %s }\n"
            "delete element inet bulkhead sent { \"app%u\" . 0.0.0.0 }\n"
            "delete element inet bulkhead asked { \"app%u\" . %s }\n"
            "delete element inet bulkhead outbound { \"app%u\" }\n"
            "delete element inet bulkhead inbound { \"app%u\" }\n",
            number, address, number, number, gateway, number, number);
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++)
        fprintf(commands.file, "flush chain inet bulkhead %s%u\n", chains[i], number);
    for (size_t i = 0; i < sizeof chains / sizeof chains[0]; i++)
        fprintf(commands.file, "delete chain inet bulkhead %s%u\n", chains[i], number);
    fprintf(commands.file, "delete set inet bulkhead hosts%u\ndelete set inet bulkhead kept%u\n", number, number);
    return commands_run(&commands, firewall);
}

int bk_firewall_set_lan(struct bk_firewall *firewall, uint32_t address, unsigned prefix)
{
    struct commands commands;
    char text[BK_ADDRESS_TEXT_MAX];

    int r = commands_begin(&commands);
    if (r < 0)
        return r;
    fputs("flush set inet bulkhead lan\n", commands.file);
    if (prefix != 0) {
        bk_address_write(address & (~(uint32_t)0 << (32 - prefix)), text);
        fprintf(commands.file, "add element inet bulkhead lan { %s/%u }\n", text, prefix);
    }
    return commands_run(&commands, firewall);
}
