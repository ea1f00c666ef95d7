# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: streams to a server in the network outside, from where it says in WAYS, each in turn: network.py ROUNDS MIB

Prints "ROUND WAY send|receive MIB/S" for each, and "measured" at the end. The machine's card is one end of a pair that the
kernel makes up, in a network namespace; behind the other end is the network outside (tests/unit/network_world.py).
"""
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading

from lab import Vm
from network_world import GOOD, Namespace, World, send_whole_frames

WAYS = ("machine", "qemu", "system", "app")
ORDERS_PORT, STREAM_PORT = 9000, 9001  # bench/guest/stream.c
PLUG_NETWORK = 7  # hypervisor/protocol/control.h
UPLINK_CARD, UPLINK_CABLE = 1, 3  # hypervisor/protocol/uplink_control.h
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 15, 23, 3
SO_SNDBUFFORCE, CABLE_BUFFER = 32, 512 << 10
PORT, GATEWAY, ADDRESS = 5, "10.200.0.21", "10.200.0.22"
DIRECT = "198.18.201."
MIB = 1 << 20
PATIENCE = 150
GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--serial", "none", "--cpus", "1", "--on-reset", "exit"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1"
QEMU = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot",
        "-M", "q35", "-m", "128", "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-kernel", "/work/vmlinux", "-initrd",
        "/work/guest.cpio", "-append", "console=ttyS0 quiet panic=-1 what=qemu ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"]


class Streams:
    """Takes what is sent to it, and sends what is wanted."""

    def __init__(self, namespace: Namespace):
        with namespace:
            self.orders, self.streams = (socket.create_server(("0.0.0.0", port)) for port in (ORDERS_PORT, STREAM_PORT))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        block, buffer = bytes(MIB), bytearray(MIB)
        while True:
            connection = self.streams.accept()[0]
            with connection, connection.makefile("rb", buffering=0) as lines:
                way, mib = lines.readline().split()
                left = int(mib) * MIB
                while left > 0 and way == b"send" and (size := connection.recv_into(buffer, min(left, MIB))):
                    left -= size
                while left > 0 and way == b"receive":
                    connection.sendall(block)
                    left -= MIB
                if way == b"send":
                    connection.sendall(b".")

    def clients(self, names: tuple[str, ...]) -> dict:
        """The connection on which each of them takes orders."""
        found = {}
        self.orders.settimeout(PATIENCE)
        while set(found) != set(names):
            connection = self.orders.accept()[0]
            connection.settimeout(PATIENCE)
            stream = connection.makefile("rw", buffering=1)
            found[stream.readline().strip()] = stream
            print(f"# {list(found)[-1]} is there", flush=True)
        return found


def cable() -> tuple[socket.socket, socket.socket]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, CABLE_BUFFER)
    return ends


def start_uplink(card: Namespace, name: str, end: socket.socket) -> tuple[subprocess.Popen, socket.socket, str]:
    """bk-uplink with what the supervisor gives it; yields the card's address too."""
    mac = json.loads(card.run("ip", "-j", "link", "show", name))[0]["address"]
    with card:
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        for option in (PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING):
            packets.setsockopt(SOL_PACKET, option, 1)
        packets.bind((name, ETH_P_ALL))
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(["/work/bk-uplink", "--control", f"fd:{theirs.fileno()}", "--uid", "1000", "--gid", "1000"], pass_fds=[theirs.fileno()])
    theirs.close()
    for kind, address, what in ((UPLINK_CARD, bytes.fromhex(mac.replace(":", "")), packets), (UPLINK_CABLE, bytes(6), end)):
        socket.send_fds(ours, [struct.pack("=I6s6x", kind, address)], [what.fileno()])
        what.close()
    return process, ours, mac


def plug(vm: Vm, port: int, end: socket.socket):
    vm.send(PLUG_NETWORK, port, fd=end.fileno())
    end.close()


def main():
    rounds, mib = map(int, sys.argv[1:])
    card = Namespace()
    world = World(card, pathlib.Path("/work/names"), "card")
    card.join("direct", world.namespace, "beside")  # a card like it, of the machine's own
    for namespace, name, last in ((card, "direct", 2), (world.namespace, "beside", 1)):
        namespace.run("ip", "addr", "add", f"{DIRECT}{last}/24", "dev", name)
    card.run("ip", "link", "set", "card", "up")
    for namespace, names in ((card, ("card", "direct")), (world.namespace, ("router", "beside"))):
        for name in names:
            send_whole_frames(namespace, name)
            namespace.run("ip", "link", "set", name, "up")
    card.run("ip", "route", "add", "default", "via", f"{DIRECT}1")
    streams = Streams(world.namespace)

    uplink = cable()
    process, control, mac = start_uplink(card, "card", uplink[0])
    system = Vm(*GUEST, "--memory", "256", "--network", "system", "--cmdline", f"{CMDLINE} what=system mac={mac} port={PORT}", name="system")
    plug(system, 1, uplink[1])
    app = Vm(*GUEST, "--memory", "128", "--network", f"app:{PORT}", "--cmdline",
             f"{CMDLINE} what=app ip={ADDRESS}::{GATEWAY}:255.255.255.252::eth0:off", name="app")
    for vm, port, end in zip((system, app), (PORT, 0), cable()):
        plug(vm, port, end)
    others = [subprocess.Popen(card.command(*QEMU), stdin=subprocess.DEVNULL, stdout=open("/work/qemu.log", "wb"), stderr=subprocess.STDOUT),
              subprocess.Popen(card.command("/work/stream", "machine", GOOD))]
    try:
        clients = streams.clients(WAYS)
        for number in range(rounds):
            for name in WAYS:
                for way in ("send", "receive"):
                    print(f"{way} {mib}", file=clients[name])
                    print(number, name, way, clients[name].readline().strip(), flush=True)
        print("measured", flush=True)
    finally:
        for vm in (system, app):
            vm.kill()
            print(*vm.log(), sep="\n")
        print(world.asked()[-2000:])
        print(pathlib.Path("/work/qemu.log").read_text(errors="replace")[-2000:], flush=True)
        for one in (process, *others):
            one.kill()
        control.close()
        world.close()
        card.close()


main()
