#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A drive: offers a folder to other apps, and serves it to those that the person lets in. The server is Debian's diod."""
import hashlib
import json
import os
import socket

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
FOLDER = "/tmp/drive"
OFFER = {"name": "drive", "title": "Shared drive", "access": "readWrite", "aname": FOLDER}
SERVER = ["/usr/sbin/diod", "--foreground", "--rfdno=0", "--wfdno=0", "--config-file"]


def replies(method: str, **parameters):
    """The replies to a call with `more`."""
    connection = socket.socket(socket.AF_VSOCK)
    connection.connect(SYSTEM)
    connection.sendall(json.dumps({"method": method, "parameters": parameters, "more": True}).encode() + b"\0")
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


def main():
    os.makedirs(FOLDER, exist_ok=True)
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
