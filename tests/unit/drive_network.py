#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What apps reach through the network, with the real firewall, resolvers and DHCP, between network namespaces of this machine:
drive_network.py BK_NETWORK BK_LEASE [TEST ...]

It is the cards of VMs and the machine's trunk that are played: docs/decisions/027-network.md.
"""
import contextlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import unittest

import network_world
import tap
from network_world import AAAA, CHAOS, GOOD, LAN, OTHER, PTR, ROUTER, TXT, Guest, Server
from varlink_peer import PATIENCE, Client, wait_for

NETWORK = "io.bulkhead.Network."
MAC = "02:00:5e:00:53:01"
ONE, TWO = 5, 300  # ports


class Fixture(network_world.Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wait_for(cls.socket.exists, "it serves")
        cls.watch_it()
        cls.ask("SetUplink", mac=MAC)
        cls.guests = {number: Guest(cls.system, number) for number in (ONE, TWO)}
        for guest in cls.guests.values():
            cls.addClassCleanup(guest.close)
        wait_for(lambda: LAN in cls.system.run("ip", "addr", "show", "uplink"), "the machine has an address")
        wait_for(lambda: cls.system.run("ip", "route", "show", "default"), "and a way out", 30)

    @classmethod
    def watch_it(cls):
        cls.watch = Client(cls.socket)
        begun = cls.watch.call(NETWORK + "Watch", more=True)
        assert begun == {"parameters": {}, "continues": True}, begun

    @classmethod
    def ask(cls, method: str, **parameters) -> dict:
        client = Client(cls.socket)
        reply = client.call(NETWORK + method, **parameters)
        client.close()
        return reply

    def allow(self, access: str, *hosts: str, port: int = ONE):
        self.assertEqual(self.ask("SetPort", port=port, access=access, hosts=list(hosts) or None), {"parameters": {}})
        if access != "waiting":  # its resolver has begun when it says anything
            wait_for(lambda: self.guests[port].look_up("nothing.invalid", patience=0.2)[0] != "silence", "its names are answered")

    def log_text(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def one(self) -> Guest:
        return self.guests[ONE]

    @property
    def two(self) -> Guest:
        return self.guests[TWO]


class Allowed(Fixture):
    def test_who_waits_hears_nothing_and_is_told_of(self):
        self.allow("refused")
        time.sleep(1.1)  # what it sent until now was told of; another second begins
        self.allow("waiting")
        self.assertEqual(self.one.look_up("example.org", patience=0.5)[0], "silence")
        self.assertEqual(self.one.reaches(GOOD, patience=0.5), "TimeoutError")
        self.assertEqual(self.watch.receive()["parameters"], {"sends": ONE})

    def test_who_is_refused_hears_so_at_once(self):
        self.allow("refused")
        took = []
        for _ in range(3):
            began = time.monotonic()
            self.assertEqual(self.one.look_up("example.org")[0], "refused")
            self.assertEqual(self.one.reaches(GOOD), "ConnectionRefusedError")
            took.append(time.monotonic() - began)
        self.assertLess(min(took), 1)  # a busy machine holds up any of them

    def test_the_hosts_that_are_named_and_no_others(self):
        self.allow("hosts", "example.org", "*.example.net")
        self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.assertEqual(self.one.look_up("www.example.net"), ("ok", [GOOD]))
        self.assertEqual(self.one.look_up("EXAMPLE.org")[0], "ok")
        for name, how in {"sub.example.org": "no such name", "example.net": "refused", "other.com": "refused", "notexample.org": "refused",
                          "org": "refused", "localhost": "refused", "5.0.18.198.in-addr.arpa": "refused"}.items():
            for kind in (network_world.A, TXT):
                self.assertEqual(self.one.look_up(name, kind), (how, []), name)
            self.assertNotIn(f" {name} from", self.world.asked())  # it did not leave the machine
        self.assertEqual(self.one.reaches(OTHER), "ConnectionRefusedError")

    def test_a_host_by_itself_among_those_below_another(self):
        for hosts in (("example.org", "*.example.org"), ("*.example.org", "a.example.org", "example.org")):
            self.allow("hosts", *hosts)
            for name in ("example.org", "a.example.org", "x.a.example.org", "b.example.org"):
                self.assertEqual(self.one.look_up(name), ("ok", [GOOD]), (hosts, name))
            self.assertEqual(self.one.reaches(GOOD), "yes")
            self.assertEqual(self.one.look_up("notexample.org")[0], "refused")
        self.allow("hosts", "xexample.org", "*.example.org")
        self.assertEqual(self.one.look_up("a.xexample.org")[0], "no such name")

    def test_a_host_by_its_address_alone_is_not_reached(self):
        self.allow("refused")
        self.allow("hosts", "example.org")
        self.assertEqual(self.one.reaches(GOOD), "ConnectionRefusedError")
        self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.assertEqual(self.two.number, TWO)  # what one looked up another has not

    def test_what_one_may_another_may_not(self):
        self.allow("hosts", "example.org")
        self.allow("hosts", "www.example.net", port=TWO)
        self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.assertEqual(self.two.reaches(GOOD), "ConnectionRefusedError")
        self.assertEqual(self.two.look_up("example.org")[0], "refused")

    def test_the_internet_and_nothing_nearer(self):
        self.allow("internet")
        self.assertEqual(self.one.look_up("other.com"), ("ok", [OTHER]))
        self.assertEqual(self.one.reaches(OTHER), "yes")
        self.assertEqual(self.one.reaches(GOOD), "yes")
        for address in (ROUTER, "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
            self.assertEqual(self.one.reaches(address), "ConnectionRefusedError", address)
        self.assertIn(self.one.look_up("other.com", server=ROUTER, patience=1)[0], ("PermissionError", "OSError", "silence"))  # names come from the System VM alone
        self.assertEqual(self.one.look_up("other.com", AAAA), ("ok", []))
        self.assertEqual(self.one.look_up("1.200.10.10.in-addr.arpa", PTR)[0], "no such name")
        self.one.look_up("version.bind", TXT, CHAOS)
        for name in ("1.200.10.10.in-addr.arpa", "version.bind"):  # what is near is nobody's business
            self.assertNotIn(f" {name} from", self.world.asked())

    def test_an_answer_with_a_private_address_is_none(self):
        for access, hosts in (("internet", ()), ("hosts", ("evil.example.net",))):
            self.allow(access, *hosts)
            self.assertEqual(self.one.look_up("evil.example.net")[1], [])
            self.assertIn(self.one.reaches(self.two.address, patience=3), ("ConnectionRefusedError", "TimeoutError"))


class Apart(Fixture):
    def setUp(self):
        self.allow("internet")
        self.allow("internet", port=TWO)

    def test_another_app(self):
        server = Server(self.two.namespace, self.two.address)
        self.addCleanup(server.close)
        self.assertEqual(self.one.reaches(self.two.address, patience=1), "TimeoutError")
        self.one.namespace.run("ping", "-c", "1", "-W", "1", self.two.address, check=False)
        self.assertEqual(server.came, 0)

    def test_the_system_vm(self):
        server = Server(self.system, "0.0.0.0", 8080)
        self.addCleanup(server.close)
        ours = self.system.run("ip", "-4", "-o", "addr", "show", "uplink").split()[3].split("/")[0]
        for address in (self.one.gateway, self.two.gateway, ours):
            self.assertNotEqual(self.one.reaches(address, 8080, 1), "yes", address)
        self.assertEqual(self.one.look_up("example.org", server=self.two.gateway, patience=0.5)[0], "silence")
        self.assertEqual(server.came, 0)

    def test_a_source_that_is_not_its_own(self):
        heard = self.world.servers[GOOD].heard
        for address in (self.two.address, "198.18.200.77", "8.8.8.8"):
            self.one.namespace.run("ip", "addr", "add", f"{address}/32", "dev", "lo")
            with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spoof:
                spoof.bind((address, 0))
                for _ in range(5):
                    spoof.sendto(b"spoofed", (GOOD, 80))
            self.one.namespace.run("ip", "addr", "del", f"{address}/32", "dev", "lo")
        with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as honest:
            honest.sendto(b"honest", (GOOD, 80))
        wait_for(lambda: b"honest" in self.world.servers[GOOD].heard, "what is its own comes through")
        self.assertNotIn(b"spoofed", self.world.servers[GOOD].heard[len(heard):])

    def test_nobody_outside_reaches_an_app(self):
        server = Server(self.one.namespace, self.one.address)
        self.addCleanup(server.close)
        ours = self.system.run("ip", "-4", "-o", "addr", "show", "uplink").split()[3].split("/")[0]
        self.world.namespace.run("ip", "route", "add", "10.200.0.0/16", "via", ours)
        with self.world.namespace, self.assertRaises(OSError):
            socket.create_connection((self.one.address, 80), timeout=1)
        self.world.namespace.run("ip", "route", "del", "10.200.0.0/16")
        self.assertEqual(server.came, 0)

    def test_a_flood_of_one_does_not_keep_another_from_the_network(self):
        stop = threading.Event()

        def flood():
            with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loud:
                count = 0
                while not stop.is_set():
                    for target in ((GOOD, 1024 + count % 60000), (self.one.gateway, 53)):
                        try:
                            loud.sendto(os.urandom(64), target)
                        except OSError:
                            pass  # it is refused, or its own card is full
                    count += 1

        floods = [threading.Thread(target=flood) for _ in range(2)]
        for one in floods:
            one.start()
        try:
            time.sleep(1)
            for _ in range(10):
                self.assertEqual(self.two.look_up("example.org"), ("ok", [GOOD]))
                self.assertEqual(self.two.reaches(GOOD), "yes")
        finally:
            stop.set()
            for one in floods:
                one.join()


class Kept(Fixture):
    """What the kernel keeps of a port's connections: the bounds are firewall.h's."""

    MAX = 2048

    def setUp(self):
        self.allow("internet")
        self.allow("internet", port=TWO)

    def connections(self) -> int:
        return int(self.system.run("cat", "/proc/sys/net/netfilter/nf_conntrack_count"))

    def kept(self, port: int = ONE) -> dict[tuple, int]:
        """Of each connection in the port's set: protocol, ports and address, and for how many seconds more."""
        listed = json.loads(self.system.run("nft", "-j", "-n", "list", "set", "inet", "bulkhead", f"kept{port}"))["nftables"][1]["set"]
        return {tuple(one["elem"]["val"]["concat"]): one["elem"]["expires"] for one in listed.get("elem", [])}

    def flood(self, stop: threading.Event):
        """Datagrams that each are a new connection to the kernel."""
        with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loud:
            while not stop.wait(0.001):
                for _ in range(4):
                    with contextlib.suppress(OSError):  # its own card is full
                        loud.sendto(b"new", (random.choice((GOOD, OTHER)), random.randrange(1024, 65536)))

    def forget_one(self):
        self.assertEqual(self.ask("ForgetPort", port=ONE), {"parameters": {}})
        self.system.run("ip", "link", "set", f"app{ONE}", "up")

    def test_one_app_s_new_connections_leave_those_of_others_and_its_own_that_are_open(self):
        stop, before = threading.Event(), self.connections()
        self.addCleanup(self.forget_one)  # and what is full
        with self.one.connect(GOOD) as opened:
            flooding = threading.Thread(target=self.flood, args=(stop,))
            flooding.start()
            try:
                wait_for(lambda: len(self.kept()) == self.MAX, "it has as many as it may")
                time.sleep(2)  # in which hundreds more would be let through
                self.assertLessEqual(self.connections() - before, self.MAX + 20)
                self.assertEqual(self.one.reaches(GOOD, patience=0.5), "TimeoutError")
                for _ in range(10):
                    self.assertEqual(self.two.look_up("example.org"), ("ok", [GOOD]))
                    self.assertEqual(self.two.reaches(GOOD), "yes")
                opened.sendall(b"still open")
                self.assertEqual(opened.recv(64), b"still open")
            finally:
                stop.set()
                flooding.join()

    def test_what_has_ended_makes_room_soon_and_what_stands_is_kept(self):
        def expires(one: socket.socket) -> int:
            return self.kept(TWO)[("tcp", one.getsockname()[1], GOOD, 80) if ("tcp", one.getsockname()[1], GOOD, 80) in self.kept(TWO)
                                  else (6, one.getsockname()[1], GOOD, 80)]

        with self.two.connect(GOOD) as stands, self.two.connect(GOOD) as ends, self.two.connect(GOOD) as breaks:
            for one in (stands, ends, breaks):
                one.sendall(b"here")
                self.assertEqual(one.recv(64), b"here")
                self.assertGreater(expires(one), 7200)
            ends.shutdown(socket.SHUT_RDWR)
            wait_for(lambda: expires(ends) <= 70, "it ended on both sides")
            breaks.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("2i", 1, 0))
            local = breaks.getsockname()[1]
            breaks.close()
            wait_for(lambda: min(left for key, left in self.kept(TWO).items() if key[1] == local) <= 70, "it was broken off")
            self.assertGreater(expires(stands), 7200)

    def test_what_is_lost_on_its_way_makes_no_connection(self):
        before = self.connections()
        with self.two.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as short:
            short.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
            for port in range(2000, 2200):
                short.sendto(b"lost", (GOOD, port))
        self.assertLess(self.connections() - before, 100)

    def test_a_connection_that_is_refused_now_counts_as_long_as_the_kernel_renews_it(self):
        with self.two.connect(GOOD) as stands:
            stands.sendall(b"here")
            self.assertEqual(stands.recv(64), b"here")
            self.allow("refused", port=TWO)
            self.system.run("nft", "flush", "set", "inet", "bulkhead", f"kept{TWO}")
            stands.sendall(b"more")
            wait_for(lambda: [key for key in self.kept(TWO) if key[1] == stands.getsockname()[1]], "it has its place")

    def test_names_of_one_app_take_no_place_among_all_connections(self):
        before = self.connections()
        for number in range(100):
            self.two.look_up(f"host{number}.refused.invalid", server=self.two.gateway)
        self.allow("refused", port=TWO)
        for number in range(100):
            self.assertEqual(self.two.look_up(f"host{number}.example.org")[0], "refused")
        self.assertLess(self.connections() - before, 120)  # of the first a question to the network each

    def test_what_a_port_kept_ends_with_it(self):
        with self.one.connect(GOOD), self.one.connect(GOOD), self.two.connect(GOOD) as other:
            before = self.connections()
            self.forget_one()
            if tuple(map(int, os.uname().release.split(".")[:2])) < (6, 11):
                self.skipTest("this kernel forgets all connections or none")
            self.assertLessEqual(self.connections(), before - 2)
            other.sendall(b"another's")
            self.assertEqual(other.recv(64), b"another's")

    def test_echoes_are_few(self):
        before = self.connections()
        with self.two.namespace, socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as asking:
            for number in range(500):
                echo = struct.pack(">2B3H", 8, 0, 0, number, 1)
                checksum = 0xffff - (0x0800 + number + 1)
                asking.sendto(echo[:2] + struct.pack(">H", checksum) + echo[4:], (GOOD, 0))
            asking.settimeout(PATIENCE)
            self.assertEqual(asking.recv(64)[20], 0)  # the first are answered
        self.assertLess(self.connections() - before, 40)


class SixthVersion(Fixture):
    """IPv6, of which apps have none: nothing of it gets anywhere, whatever the kernel's own settings are."""

    ALL, GLOBAL, SAID = "ff02::1", "2001:db8::5", b"of the sixth"

    def hears(self, guest: Guest, name: str) -> socket.socket:
        """All of IPv6 that comes to a card."""
        with guest.namespace:
            arriving = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
            arriving.bind((name, 0x86dd))
        arriving.settimeout(1)
        self.addCleanup(arriving.close)
        return arriving

    def test_nothing_of_an_app_gets_anywhere(self):
        self.allow("internet")
        self.allow("internet", port=TWO)
        for namespace in (self.system, self.world.namespace):  # as if somebody had switched it on
            namespace.run("sh", "-c", "cd /proc/sys/net/ipv6/conf; for one in */disable_ipv6; do echo 0 >$one; done; echo 1 >all/forwarding")
        self.system.run("ip", "-6", "addr", "add", "fd00::1/64", "dev", f"app{ONE}", "nodad")
        self.system.run("ip", "-6", "route", "add", "default", "via", "fe80::77", "dev", "uplink")
        self.system.run("ip", "-6", "neigh", "add", "fe80::77", "dev", "uplink", "lladdr", "02:00:5e:00:53:77")
        with self.system:
            listening = socket.create_server(("::", 8080), family=socket.AF_INET6)
        self.addCleanup(listening.close)
        mac = json.loads(self.system.run("ip", "-j", "link", "show", f"app{ONE}"))[0]["address"]
        self.one.namespace.run("ip", "-6", "addr", "add", "fd00::2/64", "dev", "eth0", "nodad")
        self.one.namespace.run("ip", "-6", "route", "add", "default", "via", "fd00::1")
        self.one.namespace.run("ip", "-6", "neigh", "add", "fd00::1", "dev", "eth0", "lladdr", mac)
        outside, another, itself = self.hears(self.world, "router"), self.hears(self.two, "eth0"), self.hears(self.one, "eth0")
        with self.one.namespace:
            sending = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            scope = socket.if_nametoindex("eth0")
        self.addCleanup(sending.close)
        for target in ((self.GLOBAL, 53), (self.ALL, 53, 0, scope), ("fd00::1", 53), ("fd00::1", 547)):
            for _ in range(3):
                sending.sendto(self.SAID, target)
        for address in ("fd00::1", self.GLOBAL):
            with self.one.namespace, self.assertRaises(OSError), socket.create_connection((address, 8080), timeout=1):
                pass
        for arriving in (outside, another, itself):
            with contextlib.suppress(TimeoutError):
                while packet := arriving.recv(2048):
                    self.assertNotIn(self.SAID, packet)
                    self.assertNotEqual(packet[8:24], socket.inet_pton(socket.AF_INET6, "fd00::1"), "it was answered")
        self.assertEqual(self.one.look_up("other.com", AAAA), ("ok", []))
        self.system.run("nft", "delete", "table", "inet", "bulkhead")  # it was that, and nothing else, that kept them back
        sending.sendto(self.SAID, (self.GLOBAL, 53))
        outside.settimeout(PATIENCE)
        while self.SAID not in outside.recv(2048):
            pass
        with self.one.namespace, socket.create_connection(("fd00::1", 8080), timeout=PATIENCE):
            pass


class Changed(Fixture):
    def test_what_is_taken_away_ends_connections_that_are_open(self):
        for before, hosts, after, other in (("internet", (), "refused", ()), ("hosts", ("example.org",), "refused", ()),
                                            ("internet", (), "hosts", ("other.com",)), ("hosts", ("example.org",), "waiting", ())):
            with self.subTest(before=before, after=after):
                self.allow(before, *hosts)
                self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
                with self.one.connect(GOOD) as connection:
                    connection.sendall(b"before")
                    self.assertEqual(connection.recv(64), b"before")
                    self.allow(after, *other)
                    heard = self.world.servers[GOOD].heard
                    connection.settimeout(1)
                    with self.assertRaises(OSError):
                        connection.sendall(b"after")
                        connection.recv(64)
                    self.assertEqual(self.world.servers[GOOD].heard, heard)

    def test_a_window_that_is_hidden_for_a_moment_costs_no_connection(self):
        for access, hosts in (("internet", ()), ("hosts", ("example.org",))):
            with self.subTest(access=access):
                self.allow(access, *hosts)
                self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
                with self.one.connect(GOOD) as connection:
                    self.allow("waiting")
                    connection.sendall(b"patience")
                    time.sleep(0.3)
                    self.allow(access, *hosts)
                    self.assertEqual(connection.recv(64), b"patience")

    def test_who_waited_has_nothing_of_the_hosts_before(self):
        self.allow("hosts", "example.org")
        self.assertEqual(self.one.look_up("example.org"), ("ok", [GOOD]))
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.allow("waiting")
        self.assertEqual(self.one.reaches(GOOD, patience=0.5), "TimeoutError")
        self.allow("hosts", "other.com")
        self.assertEqual(self.one.reaches(GOOD), "ConnectionRefusedError")

    def test_all_is_shut_when_who_watches_is_gone(self):
        self.allow("internet")
        self.watch.close()
        wait_for(lambda: self.one.reaches(GOOD, patience=0.5) != "yes", "it is shut")
        self.assertNotIn("app5", self.system.run("nft", "list", "map", "inet", "bulkhead", "outbound"))
        self.watch_it()
        self.system.run("ip", "link", "set", f"app{ONE}", "up")
        self.allow("internet")
        self.assertEqual(self.one.reaches(GOOD), "yes")

    def test_all_is_shut_when_another_watches(self):
        self.allow("internet")
        old = self.watch
        self.watch_it()
        self.addCleanup(old.close)
        self.assertNotIn("app5", self.system.run("nft", "list", "map", "inet", "bulkhead", "outbound"))
        self.allow("internet")
        self.assertEqual(self.one.reaches(GOOD), "yes")

    def test_a_port_that_is_forgotten_has_nothing(self):
        self.allow("internet")
        self.assertEqual(self.ask("ForgetPort", port=ONE), {"parameters": {}})
        self.assertNotEqual(self.one.reaches(GOOD, patience=0.5), "yes")
        self.assertEqual(self.ask("ForgetPort", port=ONE), {"error": NETWORK + "NoSuchPort", "parameters": {"port": ONE}})

    def test_the_way_out_goes_and_comes(self):
        self.allow("internet")
        self.assertEqual(self.ask("SetUplink", mac=None), {"parameters": {}})
        wait_for(lambda: self.one.look_up("example.org", patience=0.5)[0] == "refused", "there are no names")
        self.assertNotEqual(self.one.reaches(GOOD, patience=0.5), "yes")
        self.assertEqual(self.ask("SetUplink", mac=MAC), {"parameters": {}})
        wait_for(lambda: self.one.look_up("example.org", patience=0.5)[0] == "ok", "there are names")
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.assertIn(MAC, self.system.run("ip", "link", "show", "uplink"))

    def test_a_resolver_that_ends_is_started_again(self):
        self.allow("internet")
        for pid in self.world.namespace.run("pgrep", "-f", f"interface=app{ONE} ").split():
            os.kill(int(pid), 9)
        wait_for(lambda: self.one.look_up("example.org", patience=0.5)[0] == "ok", "it answers again")


class Addresses(Fixture):
    def test_a_guest_gets_its_own_by_dhcp_and_no_other(self):
        self.allow("refused")
        self.one.namespace.run("ip", "addr", "flush", "dev", "eth0")
        self.one.namespace.run("dhcpcd", "--oneshot", "--config=/dev/null", "--ipv4only", "--noipv4ll", "--noarp", "--script=/bin/true", "eth0")
        self.assertIn(f"inet {self.one.address}/30", self.one.namespace.run("ip", "addr", "show", "eth0"))
        self.assertIn(f"default via {self.one.gateway}", self.one.namespace.run("ip", "route"))
        self.assertEqual(self.one.look_up("example.org")[0], "refused")


    def test_asking_for_one_is_bounded_for_each_by_itself(self):
        self.allow("refused")
        self.allow("refused", port=TWO)
        self.two.namespace.run("ip", "addr", "flush", "dev", "eth0")
        stop = threading.Event()
        discover = (struct.pack(">4BI2H", 1, 1, 6, 0, 77, 0, 0x8000) + bytes(16) + bytes.fromhex(f"02bc0000{ONE:04x}") + bytes(202)
                    + bytes.fromhex("63825363 350101 ff"))
        with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            asking.bind(("", 68))

            def flood():
                while not stop.wait(0.001):
                    with contextlib.suppress(OSError):  # its own card is full
                        asking.sendto(discover, ("255.255.255.255", 67))

            flooding = threading.Thread(target=flood)
            began = time.monotonic()
            flooding.start()
            try:
                self.two.namespace.run("dhcpcd", "--oneshot", "--timeout=20", "--config=/dev/null", "--ipv4only", "--noipv4ll", "--noarp",
                                       "--script=/bin/true", "eth0")
                time.sleep(1)
            finally:
                stop.set()
                flooding.join()
            took, offers = time.monotonic() - began, 0
            asking.settimeout(0.5)
            with contextlib.suppress(TimeoutError):
                while asking.recv(4096):
                    offers += 1
        self.assertIn(f"inet {self.two.address}/30", self.two.namespace.run("ip", "addr", "show", "eth0"))
        self.assertGreater(offers, 0)
        self.assertLess(offers, 20 * took + 20)

    def test_what_looks_like_asking_for_one_is_seen_and_judged_as_all_else(self):
        with self.world.namespace:  # beneath its own server for addresses
            arriving = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
            arriving.bind(("router", 0x0800))
        self.addCleanup(arriving.close)

        def heard(last: bytes) -> list[bytes]:
            """What came for that port of the good host, up to the last."""
            said, arrived = [], b""
            while arrived != last:
                packet = arriving.recv(2048)
                if packet[9] == socket.IPPROTO_UDP and packet[16:20] == socket.inet_aton(GOOD) and packet[22:24] == bytes([0, 67]):
                    arrived = packet[28:int.from_bytes(packet[2:4])]
                    said.append(arrived)
            return said

        arriving.settimeout(PATIENCE)
        self.watch.close()
        self.watch_it()  # what was told of until now is forgotten, and so is each port
        self.assertEqual(self.ask("SetPort", port=ONE, access="internet"), {"parameters": {}})
        self.system.run("ip", "link", "set", f"app{ONE}", "up")
        with self.one.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.bind((self.one.address, 68))
            sending.sendto(b"allowed", (GOOD, 67))
            self.assertEqual(heard(b"allowed"), [b"allowed"])
            self.assertEqual(self.watch.receive()["parameters"], {"sends": ONE})
            with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as spoof:
                spoof.sendto(struct.pack(">2B3H2BH4s4s4H", 0x45, 0, 36, 1, 0, 64, 17, 0, socket.inet_aton("8.8.8.8"), socket.inet_aton(GOOD),
                                         68, 67, 16, 0) + b"spoofed!", (GOOD, 0))
            sending.sendto(b"again", (GOOD, 67))
            self.assertEqual(heard(b"again"), [b"again"])


class Calls(Fixture):
    def test_what_is_wrong_is_said(self):
        def wrong(reply: dict, name: str):
            self.assertEqual(reply, {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": name}})

        for port in (1, 0, -1, 4095):
            wrong(self.ask("SetPort", port=port, access="internet"), "port")
        for hosts in ([], None, ["example.org"] * 65, ["-"], ["a/b"], ["a b"], ["*.*"], ["Example.org"], ["a..b"], ["x" * 64], [""], [7]):
            wrong(self.ask("SetPort", port=ONE, access="hosts", hosts=hosts), "hosts")
        wrong(self.ask("SetPort", port=ONE, access="internet", hosts=["example.org"]), "hosts")
        for mac in ("", "02:00", "03:00:5e:00:53:01", "00:00:00:00:00:00", "x" * 100):
            wrong(self.ask("SetUplink", mac=mac), "mac")
        for lease in ({"address": "1.2.3", "prefix": 24, "servers": []}, {"address": "1.2.3.4", "prefix": 33, "servers": []},
                      {"address": "1.2.3.4", "prefix": 24, "servers": ["::1"]}):
            wrong(self.ask("SetLease", lease=lease), "lease")
        self.assertEqual(self.ask("Watch"), {"error": "org.varlink.service.ExpectedMore", "parameters": {}})
        self.assertEqual(self.ask("SetPort", port=77, access="internet")["error"], NETWORK + "Failed")  # no trunk to make it on

    def test_it_ends_with_all_shut(self):
        self.allow("internet")
        self.assertEqual(self.one.reaches(GOOD), "yes")
        self.assertEqual(self.stop_network(), 0, self.log_text())
        self.assertNotEqual(self.one.reaches(GOOD, patience=0.5), "yes")
        type(self).watch.close()
        self.start_network()
        wait_for(lambda: "serving" in self.log_text().split("serving", 1)[-1], "it serves again")


if __name__ == "__main__":
    network_world.Test.network, network_world.Test.lease = map(os.path.abspath, sys.argv[1:3])
    unittest.TestCase.maxDiff = None
    sys.exit(tap.run(sys.modules[__name__], sys.argv[3:]))
