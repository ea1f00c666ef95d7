# SPDX-License-Identifier: Apache-2.0
"""Network namespaces of this machine, which stand for a System VM, for app VMs and for the world outside."""
import contextlib
import ctypes
import fcntl
import os
import pathlib
import random
import selectors
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

# 198.18.0.0/15 is for tests of networks; the network that the machine itself is in is of it, too.
ROUTER, LAN = "198.18.200.1", "198.18.200."
GOOD, OTHER = "198.18.0.5", "198.19.0.9"  # example.org and what is below example.net; all else
NAMES = {"example.org": GOOD, "www.example.net": GOOD, "evil.example.net": "10.200.0.26"}
A, AAAA, TXT, PTR = 1, 28, 16, 12
INTERNET, CHAOS = 1, 3  # classes
SIOCETHTOOL = 0x8946
OFFLOADS = (0x17, 0x1F, 0x24, 0x2C)  # set: checksums, TSO, GSO, GRO (linux/ethtool.h)
PATIENCE, AGAIN = 30, 2  # seconds to wait for an answer, and before it is asked for again
CODES = {0: "ok", 2: "failed", 3: "no such name", 5: "refused"}


def can_be_made() -> str:
    """Why there is nothing to test with here; empty when there is."""
    if os.geteuid() != 0:
        return "making network namespaces needs root"
    tried = subprocess.run(["unshare", "--net", "sh", "-c", "ip link add one type veth peer name two && nft 'add table inet t;"
                            " add chain inet t c { type nat hook postrouting priority 0; }; add rule inet t c masquerade;"
                            " add set inet t s { type ipv4_addr; flags dynamic,timeout; timeout 1h; };"
                            " add rule inet t c ct state new log group 7'"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"this kernel cannot: {tried.stderr.strip()}"


class Namespace(contextlib.AbstractContextManager):
    """`with` puts the calling thread into it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "--kill-child", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdout.read(1)
        self.back = threading.local()
        self.file = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.run("ip", "link", "set", "lo", "up")

    def __enter__(self):
        self.back.file = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        os.setns(self.file, os.CLONE_NEWNET)
        return self

    def __exit__(self, *_):
        os.setns(self.back.file, os.CLONE_NEWNET)
        os.close(self.back.file)

    def command(self, *words) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *map(str, words)]

    def run(self, *words, check: bool = True) -> str:
        return subprocess.run(self.command(*words), check=check, capture_output=True, text=True).stdout

    def join(self, name: str, other: "Namespace", other_name: str):
        self.run("ip", "link", "add", name, "type", "veth", "peer", "name", other_name, "netns", other.holder.pid)

    def close(self):
        os.close(self.file)
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()


def send_whole_frames(namespace: Namespace, name: str):
    """Nothing of a frame is left for a card to do that is not there: neither its checksum nor cutting it."""
    with namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            with contextlib.suppress(OSError):  # a kernel may not have it
                fcntl.ioctl(asking, SIOCETHTOOL, struct.pack("16sP", name.encode(), ctypes.addressof(value)))


class Server:
    """Says back what it hears, on TCP connections to an address, and keeps it; UDP it keeps alone."""

    def __init__(self, namespace: Namespace, address: str, port: int = 80):
        with namespace:
            self.listener = socket.create_server((address, port))
            self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.datagrams.bind((address, port))
        self.heard, self.came, self.running = b"", 0, True
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with selectors.DefaultSelector() as selector:
            for one in (self.listener, self.datagrams):
                selector.register(one, selectors.EVENT_READ)
            while self.running:
                for key, _ in selector.select(0.1):
                    self.take(selector, key.fileobj)
            for key in list(selector.get_map().values()):
                key.fileobj.close()

    def take(self, selector, one: socket.socket):
        if one is self.listener:
            selector.register(one.accept()[0], selectors.EVENT_READ)
            self.came += 1
            return
        try:
            data = one.recv(4096)
            self.heard += data
            if one is not self.datagrams:
                one.sendall(data)
        except OSError:
            data = b""
        if not data and one is not self.datagrams:
            selector.unregister(one)
            one.close()

    def close(self):
        self.running = False
        self.thread.join()


class World:
    """The network that the machine is in, with what is beyond its router: names, servers, and addresses by DHCP."""

    def __init__(self, other: Namespace, log: pathlib.Path, name: str = "uplink", server: type = Server):
        """Its router is at the other end of the interface `name` of that namespace; `server`: what its servers are."""
        self.namespace = Namespace()
        other.join(name, self.namespace, "router")
        for words in (("addr", "add", f"{ROUTER}/24", "dev", "router"), ("link", "set", "router", "up"), ("addr", "add", f"{GOOD}/32", "dev", "lo"),
                      ("addr", "add", f"{OTHER}/32", "dev", "lo")):
            self.namespace.run("ip", *words)
        self.log = open(log, "w", encoding="utf-8")
        self.names = subprocess.Popen(self.namespace.command(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-", "--pid-file=", "--user=root", "--no-resolv", "--no-hosts",
            "--interface=router", "--bind-interfaces", "--log-queries", f"--dhcp-range={LAN}50,{LAN}60,255.255.255.0,1h", "--dhcp-sequential-ip", "--no-ping",
            "--leasefile-ro", "--local-ttl=86400", *(f"--address=/{name}/{address}" for name, address in NAMES.items()),
            f"--host-record=other.com,{OTHER},2001:db8::9", f"--address=/#/{OTHER}"), stderr=self.log)
        self.servers = {address: server(self.namespace, address) for address in (GOOD, OTHER, ROUTER)}

    def asked(self) -> str:
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def close(self):
        for server in self.servers.values():
            server.close()
        self.names.send_signal(signal.SIGKILL)
        self.names.wait()
        self.log.close()
        self.namespace.close()


class Guest:
    """An app's VM at a port, and its card."""

    def __init__(self, system: Namespace, number: int, with_address: bool = True):
        self.number, self.namespace = number, Namespace()
        self.address, self.gateway = (f"10.200.{number >> 6}.{(number & 63) * 4 + last}" for last in (2, 1))
        system.join(f"app{number}", self.namespace, "eth0")
        self.namespace.run("ip", "link", "set", "eth0", "address", f"02:bc:00:00:{number >> 8:02x}:{number & 255:02x}", "up")
        if with_address:
            self.namespace.run("ip", "addr", "add", f"{self.address}/30", "dev", "eth0")
            self.namespace.run("ip", "route", "add", "default", "via", self.gateway)

    def look_up(self, name: str, kind: int = A, of: int = INTERNET, server: str = "", patience: float = PATIENCE) -> tuple[str, list[str]]:
        """How the answer went, and the addresses in it."""
        number = random.randrange(65536)
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">2H", kind, of)
        with self.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect((server or self.gateway, 53))
            until, answer = time.monotonic() + patience, b""
            try:
                while not answer and (left := until - time.monotonic()) > 0:
                    asking.send(struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + question)
                    asking.settimeout(min(left, AGAIN))
                    with contextlib.suppress(TimeoutError):  # it may have been lost on a busy machine
                        answer = asking.recv(4096)
            except OSError as error:
                return type(error).__name__, []
        if not answer:
            return "silence", []
        got, flags, _, count, *_ = struct.unpack(">6H", answer[:12])
        assert got == number and answer[12:12 + len(question)] == question
        at, addresses = 12 + len(question), []
        for _ in range(count):
            kind, _, _, size = struct.unpack(">2HIH", answer[at + 2:at + 12])  # names are two bytes that lead back to the question
            addresses += [".".join(map(str, answer[at + 12:at + 16]))] if kind == A else []
            at += 12 + size
        return CODES.get(flags & 15, str(flags & 15)), addresses

    def connect(self, address: str, port: int = 80, patience: float = PATIENCE) -> socket.socket:
        with self.namespace:
            return socket.create_connection((address, port), timeout=patience)

    def reaches(self, address: str, port: int = 80, patience: float = PATIENCE) -> str:
        """"yes": it hears back what it said; or what happened instead."""
        said = os.urandom(8)
        try:
            with self.connect(address, port, patience) as connection:
                connection.sendall(said)
                return "yes" if connection.recv(64) == said else "something else"
        except OSError as error:
            return type(error).__name__

    def close(self):
        self.namespace.close()


class Test(unittest.TestCase):
    """A System VM with bk-network, and the world, for all tests of a class."""

    network, lease = "", ""  # the programs
    rights = "net_admin,net_raw,net_bind_service"
    user = 1002

    @classmethod
    def setUpClass(cls):
        why_not = can_be_made()
        if why_not:
            raise unittest.SkipTest(why_not)
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        os.chmod(cls.folder, 0o755)
        (cls.folder / "run").mkdir()
        dhcpcd = pathlib.Path("/run/dhcpcd")  # where dhcpcd has to write, whoever it is
        dhcpcd.mkdir(exist_ok=True)
        for place in (cls.folder / "run", dhcpcd):
            os.chown(place, cls.user, cls.user)
        cls.system = Namespace()
        cls.addClassCleanup(cls.system.close)
        cls.world = World(cls.system, cls.folder / "names")
        cls.addClassCleanup(cls.world.close)
        cls.socket = cls.folder / "run/network.sock"
        cls.start_network()
        cls.addClassCleanup(lambda: cls.stop_network())

    @classmethod
    def start_network(cls):
        """As bk-init starts it."""
        only = "-all," + ",".join("+" + right for right in cls.rights.split(","))
        cls.log = open(cls.folder / "log", "a", encoding="utf-8")
        cls.process = subprocess.Popen(cls.system.command(
            "setpriv", f"--reuid={cls.user}", f"--regid={cls.user}", "--clear-groups", f"--inh-caps={only}", f"--ambient-caps={only}",
            f"--bounding-set={only}", "--no-new-privs", cls.network, "--socket", cls.socket, "--lease", cls.lease), stderr=cls.log)

    @classmethod
    def stop_network(cls) -> int:
        cls.process.terminate()
        status = cls.process.wait(20)
        cls.log.close()
        return status
