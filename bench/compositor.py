# SPDX-License-Identifier: Apache-2.0
"""How long the compositor works on a frame in which every window has a new picture.

The compositor of the release build runs here, without a screen, and this program plays the apps on its display socket. In
each frame every app has drawn the whole of its window anew, in the other one of its two surfaces, as programs do that flip
pages. What counts is the processor time of the compositor's process from one such frame to the next, so that what else
this machine does is not in it: reading the apps' records, composing with pixman, presenting, answering.

The windows are where they come up by themselves: the more of them, the more they cover each other, and what is covered is
not drawn.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import time

from common import BUILD
from display_peer import FRAME, FRAME_DONE, App, Display, Surface, record  # common says where it is

WIDTH, HEIGHT = 1280, 800
WINDOWS = (1, 4, 16)
ROUNDS, FRAMES = 4, 60
FIRST_FRAMES = 5  # of a round, not counted
FIRST_CID = 16
WAIT_SECONDS = 20


class Painter(App):
    """An app that flips between two surfaces."""

    def __init__(self, display: Display, cid: int):
        super().__init__(display, cid)
        self.size = (0, 0)
        self.surfaces: list[Surface] = []
        self.pictures: list[bytes] = []

    def begin(self):
        self.follow()
        first = self.surface
        second = Surface(first.width, first.height)
        self.announce(second, self.surface_id + 1)
        self.surfaces = [first, second]
        row = bytes(range(256)) * (first.width * 4 // 256 + 2)
        self.pictures = [b"".join(row[(y + shift) % 256:][:first.width * 4] for y in range(first.height)) for shift in (0, 128)]

    def flip(self) -> bytes:
        """Draws the next picture; yields the record that shows it."""
        self.serial += 1
        at = self.serial % 2
        self.surfaces[at].pixels[:] = self.pictures[self.serial // 2 % 2]
        return record(self.cid, FRAME, 1 + at, 0, 0, self.surfaces[at].width, self.surfaces[at].height, self.serial)


class Desktop:
    """A compositor with so many windows."""

    def __init__(self, program: pathlib.Path, folder: pathlib.Path, windows: int):
        path = os.fspath(folder / f"display-{windows}")
        self.display = Display(path)
        self.process = subprocess.Popen([program, f"--headless={WIDTH}x{HEIGHT}", f"--display-socket={path}",
                                         f"--socket={folder}/desktop-{windows}"],
                                        stderr=open(folder / f"log-{windows}", "wb"))
        self.display.accept()
        self.painters = [Painter(self.display, FIRST_CID + number) for number in range(windows)]
        for painter in self.painters:
            painter.begin()

    def work(self) -> int:
        """Nanoseconds of processor time that it has used so far: clock_getcpuclockid(3)."""
        return time.clock_gettime_ns(~self.process.pid << 3 | 2)

    def frame(self) -> int:
        began = self.work()
        self.display.send(b"".join(painter.flip() for painter in self.painters))
        waiting = {painter.cid: painter.serial for painter in self.painters}
        deadline = time.monotonic() + WAIT_SECONDS
        while waiting:
            if time.monotonic() > deadline:
                raise SystemExit("bulkhead: the compositor does not show what its apps draw")
            self.display.poll(0.1)
            for cid, kind, body in self.display.records:
                if kind == FRAME_DONE and int.from_bytes(body[20:24], "little") == waiting.get(cid):
                    del waiting[cid]
            self.display.records.clear()
        time.sleep(0.002)  # until it waits again
        return self.work() - began

    def end(self):
        self.process.kill()
        self.process.wait()
        self.display.close()


def table(folder: pathlib.Path):
    print(f"==> compositor: {ROUNDS} times {FRAMES} frames with {', '.join(map(str, WINDOWS))} windows", file=sys.stderr)
    desktops = [Desktop(BUILD / "system/compositor/bk-compositor", folder, windows) for windows in WINDOWS]
    times: dict[int, list[int]] = {windows: [] for windows in WINDOWS}
    try:
        for _ in range(ROUNDS):
            for windows, desktop in zip(WINDOWS, desktops):
                times[windows] += [desktop.frame() for _ in range(FIRST_FRAMES + FRAMES)][FIRST_FRAMES:]
    finally:
        for desktop in desktops:
            desktop.end()
    width, height = desktops[0].painters[0].size
    print(f"\n| windows of {width}×{height} that all change in each frame | compositor's work on a frame, median | 90 of 100 are below |")
    print("|---|---|---|")
    for windows, measured in times.items():
        measured.sort()
        print(f"| {windows} | {statistics.median(measured) / 1e6:.2f} ms | {measured[len(measured) * 9 // 10] / 1e6:.2f} ms |", flush=True)
