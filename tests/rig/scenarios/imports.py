# SPDX-License-Identifier: Apache-2.0
"""The displays of apps in the System VM: a guest maps what they show. One app is a real one in a VM of its own; others are
played here, with their ends of the cables in our hands."""
import array
import fcntl
import mmap
import os
import re
import select
import signal
import socket
import struct
import time

from display import BLANK, BUFFER, CONFIGURE, FRAME, FRAME_DONE, INPUT, PLUG_DISPLAY, SIZE, SURFACE, WITHDRAW
from lab import Vm, check

SYSTEM = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "128", "--serial", "none", "--import", "--cmdline",
          "console=hvc0 loglevel=4 debugpat panic=-1 init=/init"]
NOTES = ["--kernel", "/work/vmlinux", "--disk", "/work/notes.erofs,ro", "--memory", "64", "--serial", "none", "--rng", "--display", "1280x800",
         "--on-reset", "exit", "--cmdline", "console=hvc0 quiet loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs init=/sbin/bk-guest-init"]
REAL, PLAYED, LIAR = 20, 21, 22
PRESS, DIE = 0xC0FFEE, 0xDEADED  # tests/guest/display_probe.c
SEALS = 1 | 2 | 4 | 16  # SEAL, SHRINK, GROW, FUTURE_WRITE
SIDE = 512


def pair() -> tuple[socket.socket, socket.socket]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, 32, BUFFER)  # SO_SNDBUFFORCE
    return ends


class App:
    """What an app's bk-vmm says and hears on its display cable, said and heard by hand."""

    def __init__(self, cid: int):
        self.cid = cid
        memory = os.memfd_create("surface", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(memory, SIDE * SIDE * 4)
        self.pixels = mmap.mmap(memory, SIDE * SIDE * 4)
        fcntl.fcntl(memory, 1033, SEALS)  # F_ADD_SEALS
        self.memory = memory
        self.serial = 0
        self.heard: set[int] = set()  # types of messages
        self.socket = None

    def plug(self, system: Vm):
        self.socket, theirs = pair()
        self.socket.settimeout(30)
        system.send(PLUG_DISPLAY, self.cid, fd=theirs.fileno())
        theirs.close()

    def say(self, kind: int, *words: int, memory: int = -1, size: int = SIZE):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [memory]))] if memory >= 0 else []
        data = struct.pack("=II", kind, 0) + struct.pack(f"={len(words)}I", *words)
        self.socket.sendmsg([data.ljust(size, b"\0")[:size]], rights)

    def announce(self, number: int = 1):
        self.say(SURFACE, number, SIDE, SIDE, SIDE * 4, SIDE * SIDE * 4, 0, 0, memory=self.memory)

    def draw(self, first: int, rest: int, number: int = 1):
        self.pixels[:] = struct.pack("=I", first) + struct.pack("=I", rest) * (SIDE * SIDE - 1)
        self.frame(number)

    def frame(self, number: int = 1):
        self.serial += 1
        self.say(FRAME, number, 0, 0, SIDE, SIDE, self.serial)

    def hear(self, wanted: int) -> bytes:
        """The next message of this type."""
        while True:
            data = self.socket.recv(SIZE)
            assert data, "the cable ended"
            kind = struct.unpack_from("=I", data)[0]
            self.heard.add(kind)
            if kind == wanted:
                return data

    def draw_and_wait(self, first: int, rest: int, timeout: float = 30):
        self.draw(first, rest)
        self.socket.settimeout(timeout)
        while struct.unpack_from("=I", self.hear(FRAME_DONE), 28)[0] != self.serial:
            pass

    def is_unplugged(self, timeout: float = 20) -> bool:
        while select.select([self.socket], [], [], timeout)[0]:
            try:
                if not self.socket.recv(SIZE):
                    return True
            except ConnectionResetError:
                return True
        return False


system = Vm(*SYSTEM, name="system")
real = Vm(*NOTES, name="notes")
played = App(PLAYED)
began = time.monotonic()


def plug_real():
    ends = pair()
    system.send(PLUG_DISPLAY, REAL, fd=ends[0].fileno())
    real.send(PLUG_DISPLAY, fd=ends[1].fileno())
    for end in ends:
        end.close()


def frame_line(cid: int, rest: str) -> str:
    return rf"^frame {cid} {rest}"


def pixels_arrive():
    played.plug(system)
    plug_real()
    system.wait_line("^hello", 60)
    print(f"note the System VM's guest hears after {time.monotonic() - began:.1f} s", flush=True)
    system.wait_line(f"^joined {PLAYED}", 20)
    width, height = struct.unpack_from("=II", played.hear(CONFIGURE), 8)
    assert (width, height) == (400, 300), (width, height)
    played.announce()
    played.draw(0x123456, 0xABCDEF)
    system.wait_line(frame_line(PLAYED, f"{SIDE}x{SIDE} 123456 abcdef"), 30)
    played.draw(0x654321, 0xFEDCBA)
    system.wait_line(frame_line(PLAYED, f"{SIDE}x{SIDE} 654321 fedcba"), 30)
    system.wait_line(frame_line(REAL, "400x300 "), 60)  # the size that the guest asked for
    print(f"note a real app's frame after {time.monotonic() - began:.1f} s", flush=True)


def mapped_write_back():
    types = [line for line in system.lines if line.startswith("memtype: ")]
    assert types, "the kernel says nothing of the window"
    assert all(re.search("req write-back, ret write-back$", line) for line in types), types
    rate, own = map(int, re.search(r"rate: (\d+) of (\d+)", system.wait_line("^rate: ", 5)).groups())
    print(f"note reading a mapping: {rate} MB/s, memory of its own: {own} MB/s", flush=True)
    assert rate * 4 > own, f"{rate} of {own} MB/s"


def nothing_is_written():
    assert system.wait_line("^write: ", 5) in ("write: ignored", "write: faulted")
    assert played.pixels[:] == struct.pack("=I", 0x654321) + struct.pack("=I", 0xFEDCBA) * (SIDE * SIDE - 1)


def input_arrives():
    since = len(system.lines)
    played.draw_and_wait(PRESS, 1)
    system.wait_line(frame_line(REAL, ""), 30, since)
    played.draw_and_wait(0x101010, 2)
    assert INPUT in played.heard


def liars_are_unplugged():
    lies = {
        "a message too short": lambda app: app.say(BLANK, size=40),
        "a type that there is not": lambda app: app.say(9),
        "a surface without memory": lambda app: app.say(SURFACE, 1, 8, 8, 32, 256, 0, 0),
        "a surface larger than its memory": lambda app: app.say(SURFACE, 1, 1024, 1024, 4096, 4 << 20, 0, 0, memory=app.memory),
        "a surface that may shrink": lambda app: app.say(SURFACE, 1, 8, 8, 32, 256, 0, 0, memory=os.memfd_create("unsealed")),
        "a frame outside of its surface": lambda app: (app.announce(), app.say(FRAME, 1, 1, 0, SIDE, SIDE, 1)),
        "a frame of nothing": lambda app: app.say(FRAME, 7, 0, 0, 1, 1, 1),
        "what was not announced withdrawn": lambda app: app.say(WITHDRAW, 7),
    }
    liar = App(LIAR)
    for what, lie in lies.items():
        since = len(system.lines)
        liar.plug(system)
        system.wait_line(f"^joined {LIAR}", 20, since)
        lie(liar)
        assert liar.is_unplugged(), f"{what} is borne"
        system.wait_line(f"^left {LIAR}", 20, since)
        played.draw_and_wait(0x111111, len(system.lines))  # the other goes on
    assert system.process.poll() is None


def stopped_app_holds_nothing_up():
    real.process.send_signal(signal.SIGSTOP)
    since = len(system.lines)
    try:
        for colour in range(20):
            played.draw_and_wait(PRESS if colour % 4 == 0 else 0x222222, 0x300000 + colour, 10)
    finally:
        real.process.send_signal(signal.SIGCONT)
    system.wait_line(frame_line(REAL, ""), 30, since)  # it heard what was pressed meanwhile


def new_compositor_is_told():
    played.draw_and_wait(0x333333, 0x444444)
    since = len(system.lines)
    played.draw(DIE, 0x555555)
    system.wait_line("^hello", 30, since)
    for cid in (REAL, PLAYED):
        system.wait_line(f"^joined {cid}", 20, since)
    system.wait_line(frame_line(REAL, "400x300 "), 20, since)
    system.wait_line(frame_line(PLAYED, f"{SIDE}x{SIDE} deaded 555555"), 20, since)
    played.draw_and_wait(0x666666, 0x777777)


def new_system_is_told():
    global system
    print(*(f"# system: {line}" for line in system.lines + system.said), sep="\n", flush=True)
    system.kill()
    assert played.is_unplugged()
    system = Vm(*SYSTEM, name="system")
    plug_real()
    played.plug(system)
    played.announce(5)
    played.frame(5)
    system.wait_line(frame_line(PLAYED, f"{SIDE}x{SIDE} 666666 777777"), 60)
    system.wait_line(frame_line(REAL, "400x300 "), 20)
    since = len(system.lines)
    played.draw(PRESS, 0x888888, 5)
    system.wait_line(frame_line(REAL, "400x300 "), 30, since)


STEPS = {
    "pixels arrive": pixels_arrive, "surfaces are mapped write-back": mapped_write_back, "nothing is written to a surface": nothing_is_written,
    "input arrives": input_arrives, "an app that lies is unplugged": liars_are_unplugged,
    "an app that is stopped holds nothing up": stopped_app_holds_nothing_up,
    "a new compositor is told everything": new_compositor_is_told, "a new System VM is told everything": new_system_is_told,
}
try:
    for name, step in STEPS.items():
        check(name, step)
finally:
    print(f"note all of it took {time.monotonic() - began:.1f} s", flush=True)
    for vm in (system, real):
        vm.kill()
        print(*(f"# {vm.process.args[2]}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
