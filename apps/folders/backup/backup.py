#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backup: looks for a folder that another app offers, mounts it, keeps a copy of its data there, and waits until the other
app has seen it; then it reads some of it back where it can change nothing: backup.py [MIB]"""
import hashlib
import json
import os
import socket
import sys
import time

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
MOUNTED, READ_ONLY = "/tmp/drive", "/tmp/drive-to-read"
BLOCK = 1 << 20
WRITERS = 4  # at a time: a write waits for its answer, and its way there and back takes longer than its bytes do


class Refused(Exception):
    """The system answered with an error."""


class System:
    """A connection to the system, and the replies that come over it."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_VSOCK)
        self.socket.connect(SYSTEM)
        self.received = b""

    def call(self, method: str, more: bool = False, **parameters) -> dict:
        self.socket.sendall(json.dumps({"method": method, "parameters": parameters, "more": more}).encode() + b"\0")
        return self.reply()

    def reply(self) -> dict:
        while b"\0" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the system closed the connection")
            self.received += data
        message, _, self.received = self.received.partition(b"\0")
        reply = json.loads(message)
        if "error" in reply:
            raise Refused(reply["error"])
        return reply["parameters"]


def find() -> dict:
    """The first folder that may be written to; waits until there is one."""
    system = System()
    folders = system.call("io.bulkhead.Folders.Watch", more=True)["folders"]
    while not (found := [folder for folder in folders if folder["access"] == "readWrite"]):
        folders = system.reply()["folders"]
    return found[0]


def mount(folder: str, access: str, place: str):
    opened = System().call("io.bulkhead.Folders.Open", folder=folder, access=access)
    arguments = ["bk-connect", "--stream", opened["stream"], "/usr/bin/bk-mount", "--path", opened["aname"], place]
    if os.waitpid(os.posix_spawn("/usr/bin/bk-connect", arguments, os.environ), 0)[1]:
        raise SystemExit("it cannot be mounted")


def write_blocks(path: str, block_of, numbers):
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    for number in numbers:
        block, offset = memoryview(block_of(number)), number * BLOCK
        while block:
            written = os.pwrite(file, block, offset)
            block, offset = block[written:], offset + written
    os.close(file)


def write_at_a_time(path: str, block_of, count: int):
    """Writes so many blocks, several at a time."""
    writers = []
    for first in range(WRITERS):
        writers.append(os.fork())
        if writers[-1] == 0:
            try:
                write_blocks(path, block_of, range(first, count, WRITERS))
            except OSError as error:
                print(f"cannot write: {error}", flush=True)
                os._exit(1)
            os._exit(0)
    if any([os.waitpid(writer, 0)[1] for writer in writers]):
        raise OSError("not everything was written")


def keep(path: str, mib: int) -> bytes:
    """What there is to keep is made up: each MiB begins with its number. Yields the last."""
    random = os.urandom(BLOCK)

    def block_of(number: int) -> bytes:
        return number.to_bytes(8, "big") + random[8:]

    begun = time.monotonic()
    write_at_a_time(path, block_of, mib)
    spent = time.monotonic() - begun
    digest = hashlib.sha256()
    for number in range(mib):
        digest.update(block_of(number))
    print(f"kept {mib * BLOCK} bytes, sha256 {digest.hexdigest()}, {mib / spent:.2f} MiB/s", flush=True)
    return block_of(mib - 1)


def check(path: str, last: bytes):
    """Who only reads asks for no more. Linux does not know that: the folder's server refuses what is to be written."""
    with open(path, "rb") as file:
        file.seek(-BLOCK, os.SEEK_END)
        print("read back", "as it was" if file.read() == last else "as something else", flush=True)
    try:
        os.truncate(path, 0)
    except OSError as error:
        print("it cannot be changed:", error.strerror, flush=True)


def main():
    folder = find()
    print(f"found {folder['title']} of {folder['app']}", flush=True)
    mount(folder["id"], "readWrite", MOUNTED)
    print("mounted, and there are:", *os.listdir(MOUNTED), flush=True)
    changes = System()
    changes.call("io.bulkhead.Folders.Changes", more=True, folder=folder["id"])
    last = keep(f"{MOUNTED}/backup", int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    while not {"/backup", "/"} & set(changes.reply()["paths"]):
        pass
    print("the drive has seen it", flush=True)
    mount(folder["id"], "readOnly", READ_ONLY)
    check(f"{READ_ONLY}/backup", last)


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"the system refused: {refused}")
    except OSError as error:
        sys.exit(f"the folder or the system is lost: {error}")
