# SPDX-License-Identifier: Apache-2.0
"""A shell in an app that allows it, on the terminal that this command runs on: docs/protocols/shell-port.md."""
import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import termios
import time
import tty
from collections.abc import Callable

import machine
from answer import answer
from bundles import BundleError
from refusals import BUSY_SHELL, refusal
from varlink import Client, VarlinkError

FRAME, DATA_MAX, NONCE = 128, 126, 8
BEGIN, NONE, DATA, SIZE, END, EXIT, MORE = b"b", b"n", b"d", b"s", b"e", b"x", b"m"
LEAVE = b"\x1d"  # Control-]
NO_ANSWER_SECONDS = 20
PENDING_MAX = 1 << 16  # bytes that the guest has not taken: what is typed on a terminal beyond that is lost
LEAVING_SECONDS = 3  # after which the machine knows that who had a shell has gone
DEBUG = "io.bulkhead.Debug."


def frame(kind: bytes, data: bytes = b"") -> bytes:
    return (kind + bytes([len(data)]) + data).ljust(FRAME, b"\0")


def size() -> bytes:
    columns, rows = shutil.get_terminal_size()
    return struct.pack("<HH", rows, columns)


class Shell:
    """One session over a stream to the guest."""

    def __init__(self, line: socket.socket):
        self.line, self.nonce, self.received = line, os.urandom(NONCE), b""
        self.allowed: int | None = None  # bytes that may be typed; None: the guest has not said so, or never will
        self.sent = 0  # bytes that were typed before it said so

    def begin(self) -> bool:
        """False when the app has no shell. What is left of sessions before is thrown away."""
        self.line.sendall(frame(BEGIN, self.nonce + size()))
        deadline = time.monotonic() + NO_ANSWER_SECONDS
        while True:
            for kind in (BEGIN, NONE):
                if (at := self.received.find(kind + bytes([NONCE]) + self.nonce)) >= 0 and len(self.received) >= at + FRAME:
                    self.received = self.received[at + FRAME:]
                    self.line.settimeout(None)
                    return kind == BEGIN
            try:
                self.line.settimeout(max(deadline - time.monotonic(), 0.001))
                data = self.line.recv(1 << 16)
            except TimeoutError:
                raise BundleError("its guest does not answer: bk-guest-init serves the shell, in an app of the provided Linux") from None
            if not data:
                raise BundleError("the machine has ended")
            self.received = self.received[1 - FRAME:] + data  # an answer that has begun is within these

    def allow(self, typed: bytes) -> tuple[bytes, bytes]:
        """What of it may be typed now, as a frame, and the rest."""
        count = min(len(typed), DATA_MAX, DATA_MAX if self.allowed is None else max(self.allowed, 0))
        if self.allowed is None:
            self.sent += count
        else:
            self.allowed -= count
        return frame(DATA, typed[:count]) if count else b"", typed[count:]

    def more(self, count: int):
        """So many more may be typed; the first time it is all that the guest has room for."""
        self.allowed = count - self.sent if self.allowed is None else self.allowed + count

    def frames(self):
        """The whole ones that have come."""
        while len(self.received) >= FRAME:
            piece, self.received = self.received[:FRAME], self.received[FRAME:]
            yield piece[:1], piece[2:2 + piece[1]]

    def run(self, keys: int, screen: int) -> int:
        """Until the shell has ended; its status."""
        woken, wake = socket.socketpair()
        wake.setblocking(False)
        before = signal.signal(signal.SIGWINCH, lambda *_: wake.send(b"w"))
        try:
            watched = [self.line, woken, keys]
            pending, typed = b"", b""  # frames that the line has not taken, and keys that are in none yet
            while True:
                for kind, data in self.frames():
                    if kind == DATA:
                        os.write(screen, data)
                    elif kind == EXIT:
                        return data[0] if data else 1
                    elif kind == END:
                        raise BundleError("its VM has ended")
                    elif kind == MORE:
                        self.more(int.from_bytes(data, "little"))
                if not pending:
                    pending, typed = self.allow(typed)
                full = len(typed) > PENDING_MAX
                wanted = [one for one in watched if one != keys or not full or os.isatty(keys)]
                ready, takes, _ = select.select(wanted, [self.line] if pending else [], [])
                if takes:
                    with contextlib.suppress(BlockingIOError):
                        pending = pending[self.line.send(pending, socket.MSG_DONTWAIT):]
                if woken in ready:
                    woken.recv(64)
                    pending += frame(SIZE, size())
                if self.line in ready:
                    data = self.line.recv(1 << 16)
                    if not data:
                        raise BundleError("the machine has ended")
                    self.received += data
                if keys in ready:
                    read = os.read(keys, DATA_MAX)
                    if LEAVE in read and os.isatty(keys):
                        return 0
                    if not read:  # no more: as Control-D
                        read = b"\x04"
                        watched.remove(keys)
                    if not full:
                        typed += read
        finally:
            signal.signal(signal.SIGWINCH, before)


@contextlib.contextmanager
def raw(fd: int):
    """Each key as it is pressed, where the standard input is a terminal."""
    if not os.isatty(fd):
        yield
        return
    before = termios.tcgetattr(fd)
    tty.setraw(fd, termios.TCSADRAIN)  # what was typed ahead stays
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)  # what the terminal answered to the app's questions is not for the shell behind this


def join(path: str, debug: Callable[[], Client], app: str) -> socket.socket:
    """The way to the app's shell. The one who had it before may be leaving."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while True:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.setblocking(False)
            line.connect(path)
            line.setblocking(True)
            debug().call(DEBUG + "Shell", vm=app)
            return line
        except BlockingIOError:  # one is served, and others wait
            line.close()
            if time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise BundleError(BUSY_SHELL) from None
        except OSError:
            line.close()
            raise BundleError("the machine does not run: ./bulkhead machine up starts it") from None
        except VarlinkError as error:
            line.close()  # with it, the machine sees that nobody is there
            if error.name == DEBUG + "ShellTaken" and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            raise refusal(error, vm=app) from None


def command_shell(arguments):
    with join(str(machine.STATE / "shell.sock"), machine.debug, arguments.app) as line:
        shell = Shell(line)
        if arguments.json and os.isatty(sys.stdin.fileno()):
            raise BundleError("with --json what is typed is to come from a file or a pipe")
        if not shell.begin():
            raise BundleError(f"{arguments.app} has no shell: there is no /bin/sh in its image")
        if arguments.json:
            with tempfile.TemporaryFile() as screen:
                try:
                    status, ended = shell.run(sys.stdin.fileno(), screen.fileno()), None
                except (BundleError, OSError) as error:  # what it has shown until then is not lost
                    status, ended = 1, error
                screen.seek(0)
                shown = screen.read().decode(errors="replace")
            if ended is not None:
                raise BundleError(str(ended), id=arguments.app, shown=shown)
            answer(arguments, {"id": arguments.app, "status": status, "shown": shown})
            sys.exit(status)
        with raw(sys.stdin.fileno()):
            if os.isatty(sys.stdin.fileno()):
                print(f"==> a shell in {arguments.app}; Control-] leaves it", end="\r\n", file=sys.stderr, flush=True)
            status = shell.run(sys.stdin.fileno(), sys.stdout.fileno())
    sys.exit(status)


def add_commands(command):
    added = command("shell", command_shell, "a console in an app that runs and allows it (manifest: \"shell\": true)",
                    "the shell's exit status, and what it has shown; what is typed comes from a file or a pipe then",
                    "\nRuns the image's /bin/sh as the app's user, on a terminal of its own, until it ends or Control-] is\npressed. "
                    "The exit status is the shell's.")
    added.add_argument("app", metavar="APP")
