# SPDX-License-Identifier: Apache-2.0
"""An app's conversation with the system, as JSON lines: taken from the machine's log (record), played back (replay).

A line of a recording is {"time": 0.12, "connection": 1, "from": "app", "message": {...}}: `time` in seconds since the
recording's first connection began, `connection` counted from 1, `from` "app" or "system". What the log lost of it is a line
{"lost": N} at that place.
"""
import base64
import json
import os
import re
import socket
import subprocess
import threading

from answer import CommandError, caller_name

# system/broker/wire/recorder.h
LINE = re.compile(r"(?:<\d>)?bk-broker: record (\d+) (\d+) (\d+) (opened|app|system|closed)(?: ([A-Za-z0-9+/=]+))?$")
SHOWN_MAX = 60  # characters of a value in a difference
DEPTH_MAX = 64  # lists and objects in each other; the system closes a connection on which a message has more than 32


class RecordError(CommandError):
    pass


class Recorder:
    """Makes messages of the broker's lines in the log."""

    def __init__(self):
        self.lines: int | None = None  # the number of the last
        self.began: int | None = None  # milliseconds
        self.connections: dict[int, tuple[int, dict[str, bytes]]] = {}  # the broker's number: ours, and what has no NUL yet
        self.count = 0

    def feed(self, line: str):
        """Yields the recording's lines that a line of the System VM's log completes."""
        match = LINE.match(line)
        if not match:
            return
        number, theirs, now, what = int(match[1]), int(match[2]), int(match[3]), match[4]
        if self.lines is not None and number > self.lines + 1:
            yield {"lost": number - self.lines - 1}
        self.lines = number  # a smaller one: the broker is another
        if what == "opened":
            self.count += 1
            self.began = now if self.began is None else self.began
            self.connections[theirs] = self.count, {"app": b"", "system": b""}
        elif what == "closed":
            self.connections.pop(theirs, None)
        elif theirs in self.connections:
            ours, kept = self.connections[theirs]
            *messages, kept[what] = (kept[what] + base64.b64decode(match[5] or "")).split(b"\0")
            for message in messages:
                yield {"time": (now - self.began) / 1000, "connection": ours, "from": what, "message": readable(message)}


def parsed(text: str | bytes, depth_max: int = DEPTH_MAX):
    """JSON; ValueError when it is none, or so deep that no program of ours would write it."""
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("too deep") from None
    level = [found]
    for _ in range(depth_max):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
    if any(isinstance(one, (dict, list)) for one in level):
        raise ValueError("too deep")
    return found


def readable(message: bytes):
    """A message as JSON; what is none, as text."""
    try:
        return parsed(message)
    except ValueError:
        return message.decode(errors="replace")


def differences(said, expected, place: str = ""):
    """Where two messages differ, in words."""
    if isinstance(said, dict) and isinstance(expected, dict):
        for name in [*expected, *(name for name in said if name not in expected)]:
            inner = f"{place}.{name}" if place else name
            if name not in said:
                yield f"{inner} is missing"
            elif name not in expected:
                yield f"{inner} is new: {shown(said[name])}"
            else:
                yield from differences(said[name], expected[name], inner)
    elif isinstance(said, list) and isinstance(expected, list) and len(said) == len(expected):
        for number, (one, other) in enumerate(zip(said, expected)):
            yield from differences(one, other, f"{place}[{number}]")
    elif type(said) is not type(expected) or said != expected:
        yield f"{place or 'the message'} is {shown(said)}, not {shown(expected)}"


def shown(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX] + "…"


def load(path: os.PathLike) -> list[list[tuple[str, dict]]]:
    """A recording's connections in their order, each a list of (who, message)."""
    connections: dict[int, list[tuple[str, dict]]] = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            try:
                entry = parsed(line, DEPTH_MAX + 1)
                if "lost" in entry:
                    raise RecordError(f"{caller_name(path)}:{number}: the log lost a part of the conversation here")
                if entry["from"] not in ("app", "system") or not isinstance(entry["connection"], int):
                    raise ValueError
                connections.setdefault(entry["connection"], []).append((entry["from"], entry["message"]))
            except (ValueError, KeyError, TypeError) as error:
                raise RecordError(f"{caller_name(path)}:{number}: not a line of a recording") from error
    if not connections:
        raise RecordError(f"{caller_name(path)}: nothing was said")
    return [connections[number] for number in sorted(connections)]


class Replay:
    """The system's side of one connection: says what it said, when the app has said what it had said before."""

    def __init__(self, number: int, conversation: list[tuple[str, dict]]):
        self.number = number
        self.conversation = conversation
        self.found: list[str] = []  # what was different

    def serve(self, connection: socket.socket):
        with connection:
            received, told = b"", 0
            try:
                for who, message in self.conversation:
                    if who == "system":
                        connection.sendall(json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\0")
                        continue
                    told += 1
                    while b"\0" not in received:
                        data = connection.recv(65536)
                        if not data:
                            self.note(told, f"never came; it would have been {shown(message)}")
                            return
                        received += data
                    said, _, received = received.partition(b"\0")
                    for difference in differences(readable(said), message):
                        self.note(told, difference)
                connection.shutdown(socket.SHUT_WR)
                while data := connection.recv(65536):
                    received += data
            except OSError as error:
                self.note(told, f"could not be answered: {error.strerror}")
            if received.strip(b"\0"):
                self.note(told + 1, f"is one more than was recorded: {shown(readable(received.partition(b'\0')[0]))}")

    def note(self, message: int, what: str):
        self.found.append(f"connection {self.number}, message {message} of the app: {what}")


def replay_to_command(path: os.PathLike, command: list[str]) -> tuple[list[str], int]:
    """Runs an app's program with the recorded connection as its standard input and output, as bk-connect does. Yields what was
    different, and the program's status."""
    conversations = load(path)
    if len(conversations) != 1:
        raise RecordError(f"{caller_name(path)} has {len(conversations)} connections, and standard input is one: use --socket")
    replay, process = Replay(1, conversations[0]), None
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(command, stdin=theirs, stdout=theirs)
        replay.serve(ours)
        return replay.found, process.wait()
    finally:
        if process is not None:
            process.kill()  # Control-C may have been ours alone
            process.wait()


def replay_on_socket(path: os.PathLike, place: str, ready=lambda: None) -> list[str]:
    """Serves a recording's connections, in their order, to what connects to a Unix socket. Yields what was different."""
    replays = [Replay(number, conversation) for number, conversation in enumerate(load(path), 1)]
    threads = []
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(place)
        except OSError as error:
            raise RecordError(f"{caller_name(place)}: {error.strerror or error}") from None
        try:
            listener.listen()
            ready()
            for replay in replays:
                threads.append(threading.Thread(target=replay.serve, args=(listener.accept()[0],), daemon=True))  # Control-C waits for none
                threads[-1].start()
            for thread in threads:
                thread.join()
        finally:
            os.unlink(place)
    return [difference for replay in replays for difference in replay.found]
