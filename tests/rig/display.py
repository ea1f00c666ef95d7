# SPDX-License-Identifier: Apache-2.0
"""The far end of a display cable, as a screen has it: docs/protocols/display-cable.md. Of the standard library alone, for
the rig's Linux."""
import array
import mmap
import os
import socket
import struct
import threading
import time
import zlib

PLUG_DISPLAY = 3  # hypervisor/protocol/control.h
SURFACE, WITHDRAW, FRAME, BLANK, CURSOR, CURSOR_MOVE, CONFIGURE, FRAME_DONE, INPUT = 1, 2, 3, 4, 5, 6, 16, 17, 18
KEYBOARD, POINTER = 0, 1
SIZE, BUFFER, REFRESH_MHZ = 48, 256 << 10, 60000
POINTER_MAX = 32767
EV_SYN, EV_KEY, EV_REL, EV_ABS, BTN_LEFT, REL_WHEEL = 0, 1, 2, 3, 0x110, 8
KEYS = {name: code for row, first in (("1234567890-=", 2), ("qwertyuiop[]", 16), ("asdfghjkl;'`", 30), ("\\zxcvbnm,./", 43))
        for code, name in enumerate(row, first)} | {"\n": 28, " ": 57, "\t": 15, "shift": 42, "control": 29, "alt": 56,
                                                    "backspace": 14, "left": 105, "right": 106, "up": 103, "down": 108}
SHIFTED = dict(zip("!@#$%^&*()_+{}:\"~|<>?", "1234567890-=[];'`\\,./"))


class Surface:
    def __init__(self, fields: tuple[int, ...], memory: int):
        self.width, self.height, self.stride = fields[1:4]
        self.pixels = mmap.mmap(memory, self.stride * self.height, mmap.MAP_SHARED, mmap.PROT_READ)
        os.close(memory)

    def rows(self) -> list[bytes]:
        return [self.pixels[at * self.stride:at * self.stride + self.width * 4] for at in range(self.height)]

    def colours(self) -> int:
        return len({colour for row in set(self.rows()) for (colour,) in struct.iter_unpack("=I", row)})

    def png(self) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        lines = b""
        for row in self.rows():
            line = bytearray(self.width * 3)
            line[0::3], line[1::3], line[2::3] = row[2::4], row[1::4], row[0::4]
            lines += b"\0" + line
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 6)) + chunk(b"IEND", b"")


class Display:
    """A screen that is plugged into a Vm and takes every frame at once."""

    def __init__(self, vm, width: int = 1280, height: int = 800):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self.socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, 32, BUFFER)  # SO_SNDBUFFORCE
        self.surfaces: dict[int, Surface] = {}
        self.shown: Surface | None = None
        self.frames = 0
        self.cursors = 0  # times that the cursor's picture changed
        self.last_frame = 0.0
        self.ended = False
        self.changed = threading.Condition()
        vm.send(PLUG_DISPLAY, fd=theirs.fileno())
        theirs.close()
        self.configure(width, height)
        threading.Thread(target=self._receive, daemon=True).start()

    def _send(self, kind: int, *fields: int, form: str):
        self.socket.send(struct.pack("=II" + form, kind, 0, *fields).ljust(SIZE, b"\0"))

    def _receive(self):
        while True:
            try:
                data, rights, _, _ = self.socket.recvmsg(SIZE, socket.CMSG_SPACE(4))
            except OSError:
                data = b""
            if not data:
                with self.changed:
                    self.ended = True
                    self.changed.notify_all()
                return
            kind, fields = struct.unpack_from("=I", data)[0], struct.unpack_from("=10I", data, 8)
            with self.changed:
                if kind == SURFACE:
                    memory = array.array("i", rights[0][2])[0]
                    self.surfaces[fields[0]] = Surface(fields, memory)
                elif kind == WITHDRAW:
                    self.surfaces.pop(fields[0])
                elif kind == FRAME:
                    self.shown = self.surfaces[fields[0]]
                    self.frames += 1
                    self.last_frame = time.monotonic()
                    self._send(FRAME_DONE, fields[5], form="20xI")
                elif kind == BLANK:
                    self.shown = None
                elif kind == CURSOR:
                    self.cursors += 1
                self.changed.notify_all()

    def configure(self, width: int, height: int, width_mm: int = 0, height_mm: int = 0):
        self._send(CONFIGURE, width, height, width_mm, height_mm, REFRESH_MHZ, form="5I")

    def input(self, device: int, *events: tuple[int, int, int]):
        for event in (*events, (EV_SYN, 0, 0)):
            self._send(INPUT, device, *event, form="IHHi")

    def key(self, name: str, *held: str):
        codes = [KEYS[key] for key in (*held, name)]
        for code in codes:
            self.input(KEYBOARD, (EV_KEY, code, 1))
        for code in reversed(codes):
            self.input(KEYBOARD, (EV_KEY, code, 0))

    def type(self, text: str):
        for letter in text:
            if letter in SHIFTED or letter.isupper():
                self.key(SHIFTED.get(letter, letter.lower()), "shift")
            else:
                self.key(letter)

    def move(self, x: int, y: int):
        """To a pixel of what is shown."""
        self.input(POINTER, (EV_ABS, 0, x * POINTER_MAX // self.shown.width), (EV_ABS, 1, y * POINTER_MAX // self.shown.height))

    def click(self, x: int, y: int):
        self.move(x, y)
        for down in (1, 0):
            self.input(POINTER, (EV_KEY, BTN_LEFT, down))

    def wait(self, condition, what: str, timeout: float = 60):
        deadline = time.monotonic() + timeout
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    raise AssertionError(f"{what} did not happen within {timeout} s; {self.frames} frames"
                                         f"{', the cable ended' if self.ended else ''}")
                self.changed.wait(min(left, 0.1))

    def wait_drawn(self, colours: int = 8, timeout: float = 60):
        """Until the picture has so many colours: more than a screen that is only cleared."""
        def drawn():
            return self.shown is not None and self.shown.colours() >= colours
        self.wait(drawn, f"a picture of {colours} colours", timeout)

    def wait_still(self, seconds: float = 1.0, timeout: float = 60):
        """Until no frame has come for so long."""
        self.wait(lambda: self.frames and time.monotonic() - self.last_frame > seconds, "a still picture", timeout)
