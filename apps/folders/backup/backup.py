#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A backup: looks for a folder that another app offers, mounts it, and keeps a copy of its data there: backup.py [MIB]"""
import hashlib
import json
import os
import socket
import sys
import time

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
MOUNTED = "/tmp/drive"
BLOCK = 1 << 20


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


def mount(folder: str):
    opened = System().call("io.bulkhead.Folders.Open", folder=folder, access="readWrite")
    arguments = ["bk-connect", "--stream", opened["stream"], "/usr/bin/bk-mount", "--path", opened["aname"], MOUNTED]
    if os.waitpid(os.posix_spawn("/usr/bin/bk-connect", arguments, os.environ), 0)[1]:
        raise SystemExit("it cannot be mounted")


def data(mib: int):
    """What there is to keep: a made-up MiB, each time another one."""
    block = os.urandom(BLOCK)
    for number in range(mib):
        yield number.to_bytes(8, "big") + block[8:]


def keep(path: str, mib: int):
    digest = hashlib.sha256()
    spent = 0.0
    with open(path, "wb", buffering=0) as file:
        for block in data(mib):
            digest.update(block)
            begun = time.monotonic()
            file.write(block)
            spent += time.monotonic() - begun
    print(f"kept {mib * BLOCK} bytes, sha256 {digest.hexdigest()}, {mib / spent:.2f} MiB/s", flush=True)


def main():
    folder = find()
    print(f"found {folder['title']} of {folder['app']}", flush=True)
    mount(folder["id"])
    print("mounted, and there are:", *os.listdir(MOUNTED), flush=True)
    keep(f"{MOUNTED}/backup", int(sys.argv[1]) if len(sys.argv) > 1 else 1)


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"the system refused: {refused}")
    except OSError as error:
        sys.exit(f"the folder or the system is lost: {error}")
