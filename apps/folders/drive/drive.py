#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A drive: offers a folder to other apps, serves it to those that the person lets in, and says what they change. The server is
Debian's diod."""
import ctypes
import hashlib
import json
import os
import socket
import struct

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
FOLDER = "/tmp/drive"
OFFER = {"name": "drive", "title": "Shared drive", "access": "readWrite", "aname": FOLDER}
SERVER = ["/usr/sbin/diod", "--foreground", "--rfdno=0", "--wfdno=0", "--config-file"]

EVENT = struct.Struct("iIII")  # of inotify: which watch, what, which rename, the length of the name behind it
EVENTS = 0x08 | 0x40 | 0x80 | 0x100 | 0x200  # IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE


def replies(method: str, more: bool = True, **parameters):
    """The replies to a call."""
    connection = socket.socket(socket.AF_VSOCK)
    connection.connect(SYSTEM)
    connection.sendall(json.dumps({"method": method, "parameters": parameters, "more": more}).encode() + b"\0")
    received = b""
    while data := connection.recv(65536):
        received += data
        while b"\0" in received:
            message, _, received = received.partition(b"\0")
            yield json.loads(message)


def show():
    """Prints what the folder holds."""
    for name in sorted(os.listdir(FOLDER)):
        with open(os.path.join(FOLDER, name), "rb") as file:
            print(name, os.path.getsize(file.fileno()), hashlib.file_digest(file, "sha256").hexdigest(), flush=True)


def serve(stream: str, access: str):
    """Serves one app, until it or the system ends the stream. Read-only is the server's business."""
    print("serves", access, flush=True)
    arguments = ["bk-connect", "--stream", stream, *SERVER, f"/app/{access}.conf"]
    os.waitpid(os.posix_spawn("/usr/bin/bk-connect", arguments, os.environ), 0)
    print("has served", access, flush=True)
    show()


def serve_apart(stream: str, access: str) -> int:
    process = os.fork()
    if process == 0:
        serve(stream, access)
        os._exit(0)
    return process


def names_of(events: bytes):
    while events:
        length = EVENT.unpack_from(events)[3]
        yield os.fsdecode(events[EVENT.size:EVENT.size + length].rstrip(b"\0"))
        events = events[EVENT.size + length:]


def tell_changes():
    """Says what changes in the folder, whoever changes it: other apps' writes are those of diod here."""
    libc = ctypes.CDLL(None)
    watch = libc.inotify_init()
    libc.inotify_add_watch(watch, FOLDER.encode(), EVENTS)
    while True:
        changed = sorted({f"/{name}" for name in names_of(os.read(watch, 65536))})
        next(replies("io.bulkhead.Folders.Changed", more=False, name=OFFER["name"], paths=changed))


def main():
    os.makedirs(FOLDER, exist_ok=True)
    if os.fork() == 0:
        tell_changes()
    processes: list[int] = []  # one for each app that it serves
    print("offers", OFFER["title"], flush=True)
    for reply in replies("io.bulkhead.Folders.Offer", **OFFER):
        if "error" in reply:
            raise SystemExit(f"the system refused: {reply['error']}")
        processes = [process for process in processes if not os.waitpid(process, os.WNOHANG)[0]]
        processes.append(serve_apart(**reply["parameters"]))
    raise SystemExit("lost the system")


if __name__ == "__main__":
    main()
