# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: one program that shows pictures (bench/guest/animate.c), on a screen of this Linux by three ways.

  bulkhead   in an App VM; bk-supervisor has made it, the System VM and bk-screen, as it does on the machine. The app is a
             window that covers the screen, which is the first card.
  qemu       in QEMU on the same KVM, in QEMU's own GTK window with no menu, which covers the screen of the second card.
             What shows the window there is bk-kiosk, a compositor of the same library as Bulkhead's and with as little to
             do: so the last steps to the screen are the same. A VNC client that only reads the frames shows them to
             nobody, and QEMU's VNC server sends 33 a second at most.
  cable      in an App VM whose display cable ends in this program, which looks at no pixel: what is done between a guest
             and the compositor, and nothing after it.

While one is measured the others are stopped. What is on a screen says bench/rig/watch.c.

  frames.py rates SECONDS ROUNDS PRESSES    prints "rate WAY SHOWN DRAWN", frames a second, and "latency WAY MILLISECONDS"
  frames.py copies FRAMES                   prints "copies WAY SCENE", one for each two marks (bench/rig/mark.h)

A scene of "copies" is "draw": as many pictures, shown to nobody; "whole" or "quarter": as many frames that change so much of
the screen, each asked for by a key when the one before is to be seen.
"""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from display import Display
from lab import Vm

WIDTH, HEIGHT = 1280, 800
START_SECONDS, LINE_SECONDS = 240, 30
PAUSE_SECONDS = 1.0  # for the last frame of a run to arrive
KEYS = {"animate": ("a", 30), "stop": ("s", 31), "draw": ("d", 32), "quarter": ("q", 16), "whole": ("x", 45)}
LEFTMETA, KEY_F = 125, 33
APP_CMDLINE = "loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs init=/sbin/bk-guest-init"
QEMU = ("qemu-system-x86_64 -accel kvm -cpu host -nodefaults -no-user-config -M q35 -m 64 -kernel /work/machine/system/vmlinux "
        "-serial stdio -drive if=none,id=disk,file=/work/machine/apps/io.bulkhead.animate/root.erofs,format=raw,readonly=on "
        f"-device virtio-blk-pci,drive=disk -device virtio-gpu-pci,xres={WIDTH},yres={HEIGHT} -device virtio-keyboard-pci "
        "-qmp unix:/run/qmp,server=on,wait=off -display gtk,gl=off,full-screen=on,show-menubar=off,show-tabs=off")


class Watch:
    """What number the picture on a card's screen has, and since when."""

    def __init__(self, card: str):
        self.seen: list[tuple[int, int]] = []  # nanoseconds, number
        self.changed = threading.Condition()
        self.process = subprocess.Popen(["/work/watch", card], stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        for line in self.process.stdout:
            nanoseconds, number = map(int, line.split())
            with self.changed:
                self.seen.append((nanoseconds, number))
                self.changed.notify_all()

    def next(self, since: int, timeout: float) -> int:
        """When the first of what was seen after `since` entries was seen."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.seen) > since, timeout):
                raise AssertionError(f"the screen did not change within {timeout} s")
            return self.seen[since][0]


class Way:
    """The program and all that is between it and the screen."""

    name = ""
    card = ""

    def __init__(self, command: list[str] | None = None, **environment: str):
        self.lines: list[str] = []
        self.changed = threading.Condition()
        self.watch = None
        if command:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                            text=True, errors="replace", env={**os.environ, **environment})
            threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip())
                self.changed.notify_all()

    def wait_line(self, pattern: str, since: int = 0, timeout: float = LINE_SECONDS) -> re.Match:
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if found := re.search(pattern, line):
                        return found
                if time.monotonic() > deadline:
                    raise AssertionError(f"{self.name}: no line {pattern!r} within {timeout} s")
                self.changed.wait(0.2)

    def start(self):
        """Until the program shows a picture that covers the screen."""
        self.wait_line(f"animate: ready {WIDTH}x{HEIGHT}", timeout=START_SECONDS)
        if self.card:
            self.watch = Watch(self.card)
            self.watch.next(0, LINE_SECONDS)
        time.sleep(PAUSE_SECONDS)

    def key(self, what: str):
        raise NotImplementedError

    def processes(self) -> list[int]:
        """It, and all that it started."""
        parents = {}
        for entry in filter(str.isdecimal, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    parents[int(entry)] = int(stat.read().rpartition(")")[2].split()[1])
            except OSError:
                pass  # it has ended
        family = [self.process.pid]
        if self.watch:
            family.append(self.watch.process.pid)
        for pid in family:
            family += [child for child, parent in parents.items() if parent == pid]
        return family

    def signal(self, number: int):
        for pid in self.processes():
            os.kill(pid, number)

    def count(self) -> int:
        """How many frames were seen."""
        return len(self.watch.seen)

    def next(self, since: int) -> int:
        """Waits until one more than `since` was seen; yields when that was, in nanoseconds."""
        return self.watch.next(since, LINE_SECONDS)

    def animate(self, seconds: float) -> tuple[float, float]:
        """Frames a second that were seen, and that were drawn."""
        since, lines = self.count(), len(self.lines)
        self.key("animate")
        time.sleep(seconds)
        self.key("stop")
        found = self.wait_line("animate: ([0-9]+) frames in ([0-9]+) us", lines)
        time.sleep(PAUSE_SECONDS)
        seen = self.watch.seen[since:]
        if len(seen) < 2:
            raise AssertionError(f"{self.name}: {found[1]} frames were drawn and {len(seen)} seen")
        return (len(seen) - 1) * 1e9 / (seen[-1][0] - seen[0][0]), int(found[1]) * 1e6 / int(found[2])

    def press(self, what: str) -> float:
        """Milliseconds from a key that asks for a picture until it is to be seen."""
        since, pressed = self.count(), time.monotonic_ns()
        self.key(what)
        return (self.next(since) - pressed) / 1e6

    def scene(self, what: str, frames: int):
        lines = len(self.lines)
        if what == "draw":
            self.key("draw")
            self.wait_line(f"draw: {frames} pictures", lines)
        else:
            for _ in range(frames):
                self.press(what)
            time.sleep(PAUSE_SECONDS)


class Bulkhead(Way):
    name, card = "bulkhead", "/dev/dri/card0"

    def __init__(self):
        os.mkdir("/run/bulkhead", 0o755)
        self.keyboard = os.open(self._find_keyboard(), os.O_WRONLY)
        super().__init__(["/work/bk-supervisor", "--machine", "/work/machine", "--run", "/run/bulkhead", "--vmm", "/work/bk-vmm",
                          "--screen", "/work/bk-screen", "--debug"])

    def _find_keyboard(self) -> str:
        for name in os.listdir("/sys/class/input"):
            if name.startswith("event"):
                with open(f"/sys/class/input/{name}/device/name") as file:
                    if "Keyboard" in file.read():
                        return f"/dev/input/{name}"
        raise AssertionError("the rig has no keyboard")

    def start(self):
        self.wait_line("animate: ready", timeout=START_SECONDS)
        self.wait_line("bk-compositor: window of app", timeout=START_SECONDS)
        self.wait_line(r"animate: ready (?!1280x800)", timeout=START_SECONDS)  # within its frame
        since = len(self.lines)
        self._press(LEFTMETA, KEY_F)
        self.wait_line(f"animate: ready {WIDTH}x{HEIGHT}", since)
        super().start()

    def _press(self, *codes: int):
        """What is written to an input device is as if the device had said it."""
        for down, order in ((1, codes), (0, codes[::-1])):
            for code in order:
                os.write(self.keyboard, struct.pack("=qqHHiqqHHi", 0, 0, 1, code, down, 0, 0, 0, 0, 0))

    def key(self, what: str):
        self._press(KEYS[what][1])


class Qemu(Way):
    name, card = "qemu", "/dev/dri/card1"

    def __init__(self):
        os.mkdir("/run/kiosk", 0o700)
        self.monitor = None
        super().__init__(["bk-kiosk", *QEMU.split(), "-append", "console=ttyS0 " + APP_CMDLINE],
                         WLR_DRM_DEVICES=self.card, XDG_RUNTIME_DIR="/run/kiosk")

    def _ask(self, command: str, **arguments):
        if not self.monitor:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect("/run/qmp")
            self.monitor = connection.makefile("rw")
            self.monitor.readline()  # the greeting
            self._ask("qmp_capabilities")
        self.monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.monitor.flush()
        while "return" not in json.loads(self.monitor.readline()):
            pass

    def key(self, what: str):
        """To its keyboard itself, not by way of the window: that much less is to be done than in Bulkhead."""
        self._ask("input-send-event", events=[{"type": "key", "data": {"key": {"type": "qcode", "data": KEYS[what][0]}, "down": down}}
                                              for down in (True, False)])


class Cable(Way):
    name = "cable"

    def __init__(self):
        super().__init__()
        self.vm = Vm("--kernel", "/work/machine/system/vmlinux", "--disk", "/work/machine/apps/io.bulkhead.animate/root.erofs,ro",
                     "--memory", "64", "--serial", "none", "--rng", "--display", f"{WIDTH}x{HEIGHT}", "--on-reset", "exit",
                     "--cmdline", "console=hvc0 " + APP_CMDLINE)
        self.process, self.lines, self.changed = self.vm.process, self.vm.lines, self.vm.changed
        self.display = Display(self.vm, WIDTH, HEIGHT)

    def count(self) -> int:
        return self.display.frames

    def next(self, since: int) -> int:
        self.display.wait(lambda: self.display.frames > since, "a frame", LINE_SECONDS)
        return int(self.display.last_frame * 1e9)

    def key(self, what: str):
        self.display.key(KEYS[what][0])


def rates(ways: list[Way], seconds: float, rounds: int, presses: int):
    for _ in range(rounds):
        for way in ways:
            way.signal(signal.SIGCONT)
            time.sleep(PAUSE_SECONDS)
            print("rate {} {:.2f} {:.2f}".format(way.name, *way.animate(seconds)), flush=True)
            for number in range(presses):
                print(f"latency {way.name} {way.press('whole'):.2f}", flush=True)
                time.sleep(0.2 + number % 7 * 0.003)  # at another moment of the screen's period
            way.signal(signal.SIGSTOP)


def copies(ways: list[Way], frames: int):
    for way in ways:
        way.signal(signal.SIGCONT)
        time.sleep(PAUSE_SECONDS)
        for scene in ("draw", "whole", "quarter"):
            subprocess.run(["/work/watch", "mark"], check=True)
            way.scene(scene, frames)
            subprocess.run(["/work/watch", "mark"], check=True)
            print(f"copies {way.name} {scene}", flush=True)
        way.signal(signal.SIGSTOP)


def main():
    numbers = [float(argument) for argument in sys.argv[2:]]
    # QEMU's first: bk-screen takes every card that nobody has.
    ways: list[Way] = []
    try:
        for kind in (Qemu, Bulkhead) if sys.argv[1] == "rates" else (Qemu, Bulkhead, Cable):
            ways.append(kind())
            ways[-1].start()
            print(f"note {kind.name} is up {time.monotonic():.0f} s after the rig's start", flush=True)
            ways[-1].signal(signal.SIGSTOP)
        if sys.argv[1] == "rates":
            rates(ways[::-1], numbers[0], int(numbers[1]), int(numbers[2]))
        else:
            copies(ways[::-1], int(numbers[0]))
    finally:
        for way in ways:
            print(f"# {way.name} said:", *way.lines, sep="\n", flush=True)
            way.signal(signal.SIGKILL)


main()
