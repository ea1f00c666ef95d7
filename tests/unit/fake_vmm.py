#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for bk-vmm where the supervisor is tested: obeys the control socket, boots nothing.

What it is told it prints on the guest's console. An app's manifest chooses how it misbehaves ("fake=WORD" among the
kernel's arguments); a line typed into the console is obeyed:
    send HEX      to the console port
    bundle FILE   to the port for bundles, what the file has, as fast as it is taken
    ping          to the vsock cable
    show          to the display cable
    record        to the sound cable: the guest begins to, and says what it hears
    rest          to the sound cable: it ends that
    frame PORT HEX
                  to the ethernet cable at that port; what comes from one is said likewise
    keep TEXT     onto the data disk, in place of what was kept
    fill          the data disk, everywhere
    calm          the shell goes on that is busy
    exit STATUS   ends the process
"""
import array
import os
import select
import socket
import struct
import sys
import threading
import time

PLUG_VSOCK, UNPLUG_VSOCK, PLUG_DISPLAY, POWER_BUTTON, STOP, PLUG_SOUND, PLUG_NETWORK = 1, 2, 3, 4, 5, 6, 7
START, STOP_SOUND, RECORDED, SOURCE, CAPTURE = 1, 2, 17, 18, 1  # hypervisor/protocol/sound_cable.h
RUNNING, ENDED = 16, 17
POWEROFF, RESET, STOPPED = 0, 1, 2


def option(name: str, default: str = "") -> str:
    return next((sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == name), default)


def descriptor(text: str) -> socket.socket:
    return socket.socket(fileno=int(text.split("fd:")[1].split(",")[0]))


class Vmm:
    def __init__(self):
        consoles = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--console"]
        self.console = descriptor(next(text for text in consoles if text.startswith("fd:")))
        self.console.setblocking(True)  # a flood waits until it is read
        self.port = next((descriptor(text) for text in consoles if text.startswith("io.bulkhead.Hypervisor=")), None)
        self.gps = next((int(text.split("fd:")[1]) for text in consoles if text.startswith("io.bulkhead.gps=")), None)
        self.bundles = next((descriptor(text) for text in consoles if text.startswith("io.bulkhead.bundle=")), None)
        self.shell = next((descriptor(text) for text in consoles if text.startswith("io.bulkhead.shell=")), None)
        self.offering = threading.Lock()
        self.control = descriptor(option("--control"))
        self.way = option("--cmdline").partition("fake=")[2].split(" ")[0]
        self.cables: dict[int, socket.socket] = {}
        self.displays: dict[int, socket.socket] = {}
        self.networks: dict[int, socket.socket] = {}
        self.sound: socket.socket | None = None
        self.heard = False
        self.calm = threading.Event()
        self.typed = b""

    def say(self, text: str):
        self.console.sendall(text.encode() + b"\n")

    def tell(self, kind: int, value: int = 0):
        self.control.send(struct.pack("=IIQ", kind, 0, value))

    def end(self, how: int):
        self.tell(ENDED, how)
        sys.exit(0)

    def obey(self, data: bytes, descriptors: list[int]):
        kind, cid, _ = struct.unpack("=IIQ", data)
        if kind == PLUG_VSOCK:
            self.cables[cid] = socket.socket(fileno=descriptors[0])
            self.say(f"plugged {cid}")
        elif kind == UNPLUG_VSOCK:
            if cid in self.cables:
                self.cables.pop(cid).close()
            self.say(f"unplugged {cid}")
        elif kind == PLUG_DISPLAY:
            if cid in self.displays:
                self.displays.pop(cid).close()
            self.displays[cid] = socket.socket(fileno=descriptors[0])
            self.say(f"display plugged {cid}")
        elif kind == PLUG_SOUND:
            self.sound = socket.socket(fileno=descriptors[0])
            self.say("sound plugged")
        elif kind == PLUG_NETWORK:
            if cid in self.networks:
                self.networks.pop(cid).close()
            self.networks[cid] = socket.socket(fileno=descriptors[0])
            self.say(f"network plugged {cid}")
        elif kind == POWER_BUTTON and self.way != "deaf":
            self.end(POWEROFF)
        elif kind == POWER_BUTTON:
            self.say("what power button?")
        elif kind == STOP:
            self.end(STOPPED)

    def line(self, text: str):
        word, _, rest = text.partition(" ")
        if word == "send":
            self.port.sendall(bytes.fromhex(rest))
        elif word == "bundle":
            threading.Thread(target=self.offer, args=(rest,), daemon=True).start()
        elif word == "ping":
            self.cables[2].send(b"ping")
        elif word == "frame":
            self.networks[int(rest.split()[0])].send(bytes.fromhex(rest.split()[1]))
        elif word == "show":
            self.displays[0].send(b"frame")
        elif word == "record":
            self.sound.send(struct.pack("=4I", START, CAPTURE, 1, 0))
        elif word == "rest":
            self.sound.send(struct.pack("=4I", STOP_SOUND, CAPTURE, 1, 0))
        elif word == "keep":
            os.pwrite(self.data, rest.encode().ljust(64, b"\0"), 0)
            self.say("kept")
        elif word == "fill":
            self.fill()
        elif word == "calm":
            self.calm.set()
        elif word == "exit":
            sys.exit(int(rest))
        else:
            self.say(f"typed: {text}")

    def fill(self):
        size, piece = os.lseek(self.data, 0, os.SEEK_END), b"\xef" * (1 << 20)
        try:
            for at in range(0, size, len(piece)):
                os.pwrite(self.data, piece, at)
            self.say(f"filled {size} bytes")
        except OSError as error:
            self.say(f"the disk is full: {error.strerror}")

    def offer(self, path: str):
        with self.offering, open(path, "rb") as file:  # one after the other
            self.bundles.sendall(file.read())
        self.say("bundle sent")

    def serve_shell(self):
        """Stands for bk-guest-init's (docs/protocols/shell-port.md): says what it was told, and obeys "exit N", "flood" and "busy"."""
        def say(kind: bytes, data: bytes):
            self.shell.sendall((kind + bytes([len(data)]) + data).ljust(128, b"\0"))
        while frame := self.shell.recv(128, socket.MSG_WAITALL):
            kind, data = frame[:1], frame[2:2 + frame[1]]
            self.say(f"shell {kind.decode(errors='replace')} {len(frame)} {data[:16].hex()}")
            if kind == b"b":
                say(b"b", data[:8])
                say(b"m", (4096).to_bytes(2, "little"))
            elif data.startswith(b"exit "):
                say(b"x", bytes([int(data[5:])]))
            elif data == b"busy":
                self.calm.wait()
            elif data == b"flood":
                for number in range(20000):
                    say(b"d", b"%06d" % number)
            elif kind == b"d":
                say(b"d", data)

    def hear(self, said: bytes):
        if not said:
            self.sound.close()
            self.sound = None
            self.say("sound ended")
        elif not self.heard and struct.unpack_from("=I", said)[0] != SOURCE:
            kind, stream, run, frames = struct.unpack_from("=4I", said)
            assert (kind, stream, run) == (RECORDED, CAPTURE, 1)
            self.say(f"heard {frames} frames of {'silence' if not said[16:].strip(b'\0') else 'sound'}")
            self.heard = True

    def misbehave(self):
        if self.way == "silent":
            time.sleep(600)
        elif self.way == "dies":
            print("<3>bk-vmm[x]: something is wrong", file=sys.stderr, flush=True)
            sys.exit(3)
        elif self.way == "short":
            self.control.send(b"\x10")
        elif self.way == "descriptor":
            message = struct.pack("=IIQ", RUNNING, 0, 0)
            self.control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
        elif self.way == "unknown":
            self.tell(99)
        elif self.way == "flood":
            self.tell(RUNNING)
            self.say("\n".join(f"flood {number} \x1b[2J" for number in range(40000)))
            self.say("after the flood")
        else:
            self.tell(RUNNING)

    def run(self):
        inherited = [int(name) for name in os.listdir("/proc/self/fd") if int(name) > 2]
        self.say(f"up as {option('--name')} vsock {option('--vsock')} memory {option('--memory')} cpus {option('--cpus')}")
        if display := option("--display"):
            self.say(f"display {display}" + (" and those of apps" if "--import" in sys.argv else ""))
        disks = [sys.argv[at + 1] for at, word in enumerate(sys.argv) if word == "--disk"]
        self.data = next((int(disk[3:]) for disk in disks if not disk.endswith(",ro")), -1)
        disks = [disk for disk in disks if disk.endswith(",ro")]
        if self.data >= 0:
            self.say(f"data {os.pread(self.data, 64, 0).rstrip(b'\0').decode(errors='replace')} of {os.lseek(self.data, 0, os.SEEK_END)} bytes")
        if self.data >= 0 and option("--vsock") == "system":
            os.pwrite(self.data, b"written by the System VM", 0)
        if self.gps is not None:
            self.say(f"gps {os.ttyname(self.gps)}")
        if "--sound" in sys.argv:
            self.say("sound card")
        if "--network" in sys.argv:
            self.say(f"network {option('--network')}")
        self.say("cmdline " + option("--cmdline"))
        self.say(f"exits when it resets: {option('--on-reset', 'reboot') == 'exit'}, faults: {option('--on-fault', 'reboot') == 'exit'}")
        self.say(f"kernel {os.pread(int(option('--kernel')[3:]), 64, 0).decode()} "
                 f"disk {os.pread(int(disks[0][3:].split(',')[0]), 16, 0).decode() if disks else 'none'}")
        self.say(f"descriptors {len([fd for fd in inherited if os.path.exists(f'/proc/self/fd/{fd}')])}")
        if self.shell is not None:
            threading.Thread(target=self.serve_shell, daemon=True).start()
        self.misbehave()
        while True:
            watched = [self.control, self.console, *self.cables.values(), *self.displays.values(), *self.networks.values()] + [end for end in (self.port, self.sound) if end]
            for ready in select.select(watched, [], [])[0]:
                if ready is self.control:
                    data, descriptors, _, _ = socket.recv_fds(self.control, 64, 4)
                    if not data:
                        sys.exit(0)
                    self.obey(data, descriptors)
                elif ready is self.console:
                    self.typed += self.console.recv(4096)
                    while b"\n" in self.typed:
                        text, _, self.typed = self.typed.partition(b"\n")
                        self.line(text.decode())
                elif ready is self.port:
                    self.say("port " + self.port.recv(400).hex())  # as much as fits a line of the log
                elif ready is self.sound:
                    self.hear(ready.recv(4096))
                elif (port := next((port for port, end in self.networks.items() if end is ready), None)) is not None:
                    if frame := ready.recv(4096):
                        self.say(f"frame {port} {frame[:200].hex()} of {len(frame)}")
                    else:
                        self.networks.pop(port).close()
                        self.say(f"network {port} ended")
                elif (cid := next((cid for cid, end in self.displays.items() if end is ready), None)) is not None:
                    if said := ready.recv(4096):
                        self.say(f"display {cid} says {said.decode()}")
                    else:
                        self.displays.pop(cid).close()
                        self.say(f"display {cid} ended")
                elif ready.fileno() >= 0:
                    said = ready.recv(4096)
                    cid = next(cid for cid, cable in self.cables.items() if cable is ready)
                    if said:
                        self.say(f"cable {cid} says {said.decode()}")
                        if said == b"ping":
                            ready.send(b"pong")
                    else:
                        self.cables.pop(cid).close()
                        self.say(f"cable {cid} ended")


if __name__ == "__main__":
    Vmm().run()
