# SPDX-License-Identifier: Apache-2.0
"""The other end of the display port, for tests: plays bk-vmm and apps that draw (docs/protocols/display-port.md)."""
import fcntl
import mmap
import os
import socket
import struct
import time

SURFACE, WITHDRAW, FRAME, BLANK, CURSOR, CURSOR_MOVE = range(1, 7)
CONFIGURE, FRAME_DONE, INPUT = 16, 17, 18
JOINED, LEFT, HELLO = 64, 65, 66
KEYBOARD, POINTER, TOUCH = range(3)
EV_SYN, EV_KEY, EV_REL, EV_ABS = range(4)

RECORD = struct.Struct("<4I40s")
F_ADD_SEALS, SEALS = 1033, 1 | 2 | 4  # F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW
WAIT_SECONDS = 60


def record(cid: int, kind: int, *words: int) -> bytes:
    body = struct.pack(f"<{len(words)}I", *(word & 0xFFFFFFFF for word in words))
    return RECORD.pack(cid, 0, kind, 0, body.ljust(40, b"\0"))


class Display:
    """The port's other end: listens, and takes one compositor at a time."""

    def __init__(self, path: str):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.settimeout(WAIT_SECONDS)
        self.listener.bind(path)
        self.listener.listen(1)
        self.stream = None
        self.buffer = b""
        self.records = []  # received and not yet asked for: (cid, kind, words)

    def accept(self, before: bytes = b""):
        """Takes a compositor; `before` is what the port carried for the one that is gone."""
        self.stream, _ = self.listener.accept()
        self.buffer, self.records = b"", []
        if before:
            self.send(before)
        self.expect(0, HELLO)
        self.send(record(0, HELLO))

    def send(self, data: bytes, descriptor: int = -1):
        self.stream.settimeout(WAIT_SECONDS)
        if descriptor >= 0:
            sent = socket.send_fds(self.stream, [data], [descriptor])
            self.stream.sendall(data[sent:])
        else:
            self.stream.sendall(data)

    def poll(self, seconds: float = 0.0):
        """Reads what there is, and waits this long when there is nothing."""
        self.stream.settimeout(seconds or 0.000001)
        try:
            data = self.stream.recv(1 << 16)
            if not data:
                raise ConnectionError("the compositor closed the port")
            self.buffer += data
        except (TimeoutError, BlockingIOError):
            return
        while len(self.buffer) >= RECORD.size:
            cid, _, kind, _, body = RECORD.unpack(self.buffer[:RECORD.size])
            self.buffer = self.buffer[RECORD.size:]
            self.records.append((cid, kind, body))

    def take(self, cid: int, kind: int) -> list[bytes]:
        """The bodies of what came of this kind for this app, and forgets them."""
        self.poll()
        found = [body for other, what, body in self.records if (other, what) == (cid, kind)]
        self.records = [entry for entry in self.records if entry[:2] != (cid, kind)]
        return found

    def expect(self, cid: int, kind: int) -> bytes:
        """Waits for one of this kind for this app; the newest of those that are there."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (found := self.take(cid, kind)):
            assert time.monotonic() < deadline, f"no record {kind} for {cid} in {self.records}"
            self.poll(0.05)
        return found[-1]

    def close(self):
        if self.stream:
            self.stream.close()
        self.listener.close()


class Surface:
    """Pixels that a compositor may map."""

    def __init__(self, width: int, height: int, sealed: bool = True, size: int | None = None):
        self.width, self.height, self.size = width, height, width * height * 4
        self.descriptor = os.memfd_create("surface", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, self.size if size is None else size)
        if sealed:
            fcntl.fcntl(self.descriptor, F_ADD_SEALS, SEALS)
        self.pixels = mmap.mmap(self.descriptor, self.size) if size is None else None

    def paint(self, image):
        """Draws a picture of PIL's."""
        self.pixels[:] = image.convert("RGBA").tobytes("raw", "BGRA")

    def fill(self, color: tuple[int, int, int]):
        self.pixels[:] = bytes((*reversed(color), 255)) * (self.width * self.height)

    def close(self):
        if self.pixels:
            self.pixels.close()
        os.close(self.descriptor)


class App:
    """An app of one window: follows the size it is told and draws one colour, or whatever `draw` makes."""

    def __init__(self, display: Display, cid: int, color: tuple[int, int, int] = (200, 60, 60), draw=None):
        self.display, self.cid, self.color, self.draw = display, cid, color, draw
        self.surface, self.surface_id, self.serial, self.size = None, 0, 0, None
        display.send(record(cid, JOINED))

    def send(self, kind: int, *words: int, descriptor: int = -1):
        self.display.send(record(self.cid, kind, *words), descriptor)

    def announce(self, surface: Surface, number: int, alpha: int = 0):
        self.send(SURFACE, number, surface.width, surface.height, surface.width * 4, surface.size & 0xFFFFFFFF, surface.size >> 32, alpha,
                  descriptor=surface.descriptor)

    def frame(self, x: int = 0, y: int = 0, width: int | None = None, height: int | None = None):
        self.serial += 1
        self.send(FRAME, self.surface_id, x, y, self.surface.width if width is None else width,
                  self.surface.height if height is None else height, self.serial)

    def show(self, width: int, height: int):
        """Draws a new surface of this size and shows it instead of the one before."""
        old, old_id = self.surface, self.surface_id
        self.surface, self.surface_id = Surface(width, height), old_id + 1
        if self.draw:
            self.surface.paint(self.draw(width, height))
        else:
            self.surface.fill(self.color)
        self.announce(self.surface, self.surface_id)
        self.frame()
        if old:
            self.send(WITHDRAW, old_id)
            old.close()

    def follow(self) -> tuple[int, int]:
        """Waits for a size that the compositor asks for, and draws it."""
        self.size = struct.unpack("<2I", self.display.expect(self.cid, CONFIGURE)[:8])
        self.show(*self.size)
        return self.size

    def done(self) -> int:
        """Waits until the last frame was shown."""
        while (serial := struct.unpack("<I", self.display.expect(self.cid, FRAME_DONE)[20:24])[0]) != self.serial:
            pass
        return serial

    def inputs(self) -> list[tuple[int, int, int, int]]:
        """What came of input: device, type, code, value; without the reports' ends."""
        found = [struct.unpack("<IHHi", body[:12]) for body in self.display.take(self.cid, INPUT)]
        return [event for event in found if event[1] != EV_SYN]

    def leave(self):
        self.send(LEFT)
        self.surface = None
