# SPDX-License-Identifier: Apache-2.0
"""A server of 9P2000.L for tests, over a folder that is a dictionary: honest, until it is told to lie."""
import socket
import struct
import threading

LERROR, LOPEN, LCREATE, RENAME, GETATTR, READDIR, FSYNC, RENAMEAT, UNLINKAT = 6, 12, 14, 20, 24, 40, 50, 74, 76
VERSION, ATTACH, WALK, READ, WRITE, CLUNK, REMOVE = 100, 104, 110, 116, 118, 120, 122
ENOENT, EIO, EEXIST, EACCES, EISDIR, ENOSPC, EOPNOTSUPP = 2, 5, 17, 13, 21, 28, 95
MESSAGE_MAX = 65536
FOLDER_MODE, FILE_MODE, FIFO_MODE = 0o40755, 0o100644, 0o10644


class Stop(Exception):
    """The server says no more; its stream stays, or, with `die`, is closed."""

    def __init__(self, die: bool):
        super().__init__()
        self.die = die


class Refusal(Exception):
    def __init__(self, number: int):
        super().__init__()
        self.number = number


class Odd:
    """Something that is neither folder nor file, and looks like a file until it is asked what it is."""


class Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.data), "half a message"
        return self.data[self.at - size:self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def string(self) -> str:
        return self.take(self.number(2)).decode()


def string(text: str | bytes) -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<H", len(data)) + data


def qid(what, path: int = 0) -> bytes:
    return struct.pack("<BIQ", 0x80 if isinstance(what, dict) else 0, 0, path)


def entry(name: str | bytes, what, offset: int) -> bytes:
    return qid(what) + struct.pack("<QB", offset, 4 if isinstance(what, dict) else 8) + string(name)


class Server:
    """Serves `tree`, whose values are bytes or such trees. `lies` has, by the type of a question, what answers it in the
    server's place: called with the server and a Reader, it yields the body of the answer, or None for the honest one."""

    def __init__(self, endpoint: socket.socket, tree: dict, lies: dict | None = None):
        self.endpoint, self.tree, self.lies = endpoint, tree, lies or {}
        self.fids: dict[int, list] = {}  # paths
        self.open: set[int] = set()
        self.asked: list[int] = []  # types, in their order
        self.attached = ""
        self.ended = threading.Event()
        self.stopped = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self.endpoint.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def serve(self):
        try:
            while True:
                size, kind, tag = struct.unpack("<IBH", self.exactly(7))
                body = Reader(self.exactly(size - 7))
                self.asked.append(kind)
                self.answer(kind, tag, body)
        except Stop as stop:
            self.stopped.set()
            if stop.die:
                self.endpoint.close()
        except (OSError, EOFError):
            pass
        finally:
            self.ended.set()

    def answer(self, kind: int, tag: int, body: Reader):
        try:
            lie = self.lies[kind](self, body) if kind in self.lies else None
            if lie is None:
                body.at = 0
                lie = HANDLERS[kind](self, body)
            kind += 1
        except Refusal as refusal:
            kind, lie = 7, struct.pack("<I", refusal.number)
        self.say(kind, tag, lie)

    def say(self, kind: int, tag: int, body: bytes):
        self.endpoint.sendall(struct.pack("<IBH", 7 + len(body), kind, tag) + body)

    def at(self, path: list[str]):
        found = self.tree
        for name in path:
            if not isinstance(found, dict) or name not in found:
                raise Refusal(ENOENT)
            found = found[name]
        return found

    def version(self, body: Reader) -> bytes:
        return struct.pack("<I", min(body.number(4), MESSAGE_MAX)) + string("9P2000.L")

    def attach(self, body: Reader) -> bytes:
        fid, _, _ = body.number(4), body.number(4), body.string()
        self.attached = body.string()
        self.fids[fid] = []
        return qid(self.tree)

    def walk(self, body: Reader) -> bytes:
        fid, new_fid, count = body.number(4), body.number(4), body.number(2)
        assert fid in self.fids and new_fid not in self.fids, "fids are each known once"
        path = self.fids[fid] + [body.string() for _ in range(count)]
        assert all(name and "/" not in name and name not in (".", "..") for name in path)
        found = self.at(path)
        self.fids[new_fid] = path
        return struct.pack("<H", count) + (qid(found) if count else b"")

    def getattr(self, body: Reader) -> bytes:
        found = self.at(self.fids[body.number(4)])
        mode = FOLDER_MODE if isinstance(found, dict) else FIFO_MODE if isinstance(found, Odd) else FILE_MODE
        size = len(found) if isinstance(found, bytes) else 4096
        return struct.pack("<Q", 0x7ff) + qid(found) + struct.pack("<IIIQQQQQ", mode, 0, 0, 1, 0, size, 4096, 8) + bytes(80)

    def lopen(self, body: Reader) -> bytes:
        fid = body.number(4)
        self.open.add(fid)
        return qid(self.at(self.fids[fid])) + struct.pack("<I", 0)

    def readdir(self, body: Reader) -> bytes:
        found, offset, count = self.at(self.fids[body.number(4)]), body.number(8), body.number(4)
        names = [".", "..", *found]
        data = b""
        for number, name in enumerate(names[offset:], offset + 1):
            more = entry(name, found.get(name, {}), number)
            if len(data) + len(more) > count:
                break
            data += more
        return struct.pack("<I", len(data)) + data

    def lcreate(self, body: Reader) -> bytes:
        fid, name = body.number(4), body.string()
        folder = self.at(self.fids[fid])
        if name in folder:
            raise Refusal(EEXIST)
        folder[name] = b""
        self.fids[fid] = self.fids[fid] + [name]
        self.open.add(fid)
        return qid(b"") + struct.pack("<I", 0)

    def read(self, body: Reader) -> bytes:
        data, offset, count = self.at(self.fids[body.number(4)]), body.number(8), body.number(4)
        part = data[offset:offset + count]
        return struct.pack("<I", len(part)) + part

    def write(self, body: Reader) -> bytes:
        path, offset = self.fids[body.number(4)], body.number(8)
        data = body.take(body.number(4))
        folder, name = self.at(path[:-1]), path[-1]
        assert offset == len(folder[name]), "in their order"
        folder[name] += data
        return struct.pack("<I", len(data))

    def fsync(self, body: Reader) -> bytes:
        self.at(self.fids[body.number(4)])
        return b""

    def renameat(self, body: Reader) -> bytes:
        folder, name = self.at(self.fids[body.number(4)]), body.string()
        other, to = self.at(self.fids[body.number(4)]), body.string()
        other[to] = folder.pop(name)
        return b""

    def rename(self, body: Reader) -> bytes:
        path, other = self.fids[body.number(4)], self.at(self.fids[body.number(4)])
        self.assert_not_open(path)
        other[body.string()] = self.at(path[:-1]).pop(path[-1])
        return b""

    def unlinkat(self, body: Reader) -> bytes:
        self.at(self.fids[body.number(4)]).pop(body.string())
        return b""

    def remove(self, body: Reader) -> bytes:
        path = self.fids.pop(body.number(4))
        self.assert_not_open(path)
        self.at(path[:-1]).pop(path[-1])
        return b""

    def assert_not_open(self, path: list):
        """diod 1.0.24 ends over what is renamed while somebody has it open."""
        assert all(self.fids[fid] != path for fid in self.open)

    def clunk(self, body: Reader) -> bytes:
        fid = body.number(4)
        self.open.discard(fid)
        del self.fids[fid]
        return b""


HANDLERS = {VERSION: Server.version, ATTACH: Server.attach, WALK: Server.walk, GETATTR: Server.getattr, LOPEN: Server.lopen,
            READDIR: Server.readdir, LCREATE: Server.lcreate, READ: Server.read, WRITE: Server.write, FSYNC: Server.fsync,
            RENAMEAT: Server.renameat, RENAME: Server.rename, UNLINKAT: Server.unlinkat, REMOVE: Server.remove,
            CLUNK: Server.clunk}


def refuse(number: int):
    def lie(*_):
        raise Refusal(number)
    return lie


def stop(die: bool = False):
    """Says nothing more; or is gone."""
    def lie(*_):
        raise Stop(die)
    return lie
