#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The uplink, from a network card to the System VM's bk-vmm: drive_uplink.py BK-SUPERVISOR BK-SOUND BK-CAMERA BK-CODEC BK-UPLINK

The supervisor and bk-uplink are the real ones, bk-vmm is fake_vmm.py. The card is one end of a pair that the kernel makes up, in a
network namespace of the test's own; what is on the network is the other end.
"""
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import drive_supervisor
import tap
from drive_supervisor import PATIENCE

CARD, NETWORK, MAC = "bkcard0", "bkcard1", "02:00:5e:00:53:01"
OWN = bytes.fromhex(MAC.replace(":", ""))
OTHER = bytes.fromhex("02005e005399")
ETH_P_ALL, SOL_PACKET, PACKET_VNET_HDR = 3, 263, 15


def ip(*words: str):
    subprocess.run(["ip", *words], check=True)


def make_card(name: str = CARD, mac: str = MAC):
    ip("link", "add", name, "address", mac, "type", "veth", "peer", "name", NETWORK)
    ip("link", "set", NETWORK, "up")


def frame(source: bytes, size: int = 60, kind: int = 0x88B5, destination: bytes = OWN) -> bytes:
    head = destination + source + kind.to_bytes(2, "big")
    return head + bytes(at % 251 for at in range(size - len(head)))


class Machine(drive_supervisor.Supervisor):
    def devices(self) -> list[str]:
        return [*super().devices(), "--uplink", sys.argv[5], "--uplink-card", CARD]


class Network:
    """What is on the card's other end."""

    def __init__(self, offload: bool = False):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        if offload:
            self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        self.socket.bind((NETWORK, ETH_P_ALL))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def hears(self, wanted: bytes) -> bool:
        deadline = time.monotonic() + PATIENCE
        while select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            if self.socket.recv(4096) == wanted:
                return True
        return False


class Uplink(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        make_card()
        cls.machine = Machine(*sys.argv[1:5], pathlib.Path(cls.directory.name))
        cls.machine.wait(rf"^bk-supervisor: the network card is {CARD}, {MAC}$")
        cls.machine.wait("^system\\| network plugged 1$")

    @classmethod
    def tearDownClass(cls):
        cls.machine.process.kill()
        cls.machine.process.wait()
        cls.directory.cleanup()

    def send(self, data: bytes):
        """From the System VM."""
        self.machine.call("Debug.Console", vm="system", line=f"frame 1 {data.hex()}")

    def wait_frame(self, data: bytes, since: int):
        """In the System VM, whose log has the first 200 bytes."""
        self.machine.wait(rf"^system\| frame 1 {data[:200].hex()} of {len(data)}$", since)

    def frames(self, since: int) -> list[str]:
        """What came in, but for what Linux says by itself on a card that is up (IPv6)."""
        return [line for line in self.machine.lines[since:] if line.startswith("system| frame 1 ") and line.split()[3][24:28] != "86dd"]

    def mac_told(self, watcher) -> str | None:
        return drive_supervisor.told_next(watcher, "uplink").get("mac")

    def test_frames_go_both_ways(self):
        with Network() as network:
            for size in (60, 1000, 1514):
                since = len(self.machine.lines)
                network.socket.send(frame(OTHER, size))
                self.wait_frame(frame(OTHER, size), since)
            for size in (14, 60, 200):  # a line of the stand-in's console holds no more
                self.send(frame(OWN, size, destination=OTHER))
                self.assertTrue(network.hears(frame(OWN, size, destination=OTHER)))

    def test_the_system_vm_speaks_as_the_card_alone(self):
        with Network() as network:
            for wrong in (frame(OTHER, destination=OTHER), frame(OWN, destination=OTHER)[:13], frame(OWN, kind=0x8100), frame(OWN, kind=0x88A8)):
                self.send(wrong)
            self.send(frame(OWN, 61, destination=OTHER))
            heard = []
            while not heard or heard[-1] != frame(OWN, 61, destination=OTHER):
                self.assertTrue(select.select([network.socket], [], [], PATIENCE)[0])
                heard.append(network.socket.recv(4096))
            self.assertEqual([data for data in heard if data[12:14] in (b"\x88\xb5", b"\x81\x00", b"\x88\xa8")], heard[-1:])
        self.machine.wait("^bk-uplink: a frame from the System VM is dropped: it is from an address that is not its own; that makes ")

    def test_another_networks_frames_do_not_come_in(self):
        since = len(self.machine.lines)
        with Network() as network:
            network.socket.send(frame(OTHER, 64, kind=0x8100))
            network.socket.send(frame(OTHER, 65, kind=0x88A8))
            network.socket.send(frame(OTHER, 66))
        self.wait_frame(frame(OTHER, 66), since)
        self.assertEqual(len(self.frames(since)), 1, self.frames(since))

    def test_a_checksum_that_was_left_to_the_card_is_made(self):
        """As a sender on the same machine leaves it, whose card is made up as well."""
        since = len(self.machine.lines)
        data = bytearray(frame(OTHER, 75, kind=0x88B5))
        data[40:42] = b"\x12\x34"  # what the sender knows of the sum
        total = sum(int.from_bytes(data[at:at + 2].ljust(2, b"\0"), "big") for at in range(34, len(data), 2))
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        made = bytes(data[:40]) + (~total & 0xFFFF).to_bytes(2, "big") + bytes(data[42:])
        with Network(offload=True) as network:
            network.socket.send(struct.pack("=BBHHHH", 1, 0, 0, 0, 34, 6) + bytes(data))
        self.wait_frame(made, since)

    def test_the_machine_answers_nobody(self):
        """It has no address, and its kernel asks for none."""
        self.assertEqual(subprocess.run(["ip", "-br", "address", "show", CARD], capture_output=True, text=True, check=True).stdout.split()[2:], [])

    def test_a_new_bk_uplink_goes_on(self):
        since = len(self.machine.lines)
        os.kill(drive_supervisor.child_of(self.machine, sys.argv[5]), 9)
        self.machine.wait("^bk-supervisor: bk-uplink ended", since)
        self.machine.wait("^system\\| network plugged 1$", since)
        with Network() as network:
            self.send(frame(OWN, 62, destination=OTHER))
            self.assertTrue(network.hears(frame(OWN, 62, destination=OTHER)))
            network.socket.send(frame(OTHER, 63))
        self.wait_frame(frame(OTHER, 63), since)

    def test_a_new_system_vm_goes_on(self):
        since = len(self.machine.lines)
        self.machine.call("Debug.Kill", vm="system")
        self.machine.wait("^system\\| network plugged 1$", since)
        with Network() as network:
            network.socket.send(frame(OTHER, 67))
        self.wait_frame(frame(OTHER, 67), since)

    def test_cards_come_and_go(self):
        watcher = self.machine.client()
        watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
        self.assertEqual(self.mac_told(watcher), MAC)
        ip("link", "delete", CARD)
        self.assertEqual(self.mac_told(watcher), None)
        ip("link", "add", "bkcard7", "type", "veth", "peer", "name", "bkcard8")  # another
        since = len(self.machine.lines)
        make_card(mac="02:00:5e:00:53:07")
        self.assertEqual(self.mac_told(watcher), "02:00:5e:00:53:07")
        with Network() as network:
            network.socket.send(frame(OTHER, 68))
        self.wait_frame(frame(OTHER, 68), since)
        ip("link", "delete", CARD)
        self.assertEqual(self.mac_told(watcher), None)
        make_card()
        self.assertEqual(self.mac_told(watcher), MAC)
        ip("link", "delete", "bkcard7")


def main() -> int:
    try:
        os.unshare(os.CLONE_NEWNET)
    except PermissionError as problem:
        print(f"1..0 # SKIP a network namespace cannot be made here: {problem}")
        return 0
    return tap.run(sys.modules[__name__], sys.argv[6:])


if __name__ == "__main__":
    sys.exit(main())
