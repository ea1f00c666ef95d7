#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""In an App VM: a 9P mount of a folder in this VM and one of another app's folder, each with diod behind it: folders.py ROUNDS MIB

Prints "ROUND WHERE write|write4|read MIB/S" for each, in turn, and "measured" at the end.
"""
import os
import socket
import sys
import time

sys.path.insert(0, "/app")
import backup  # noqa: E402  (apps/folders/backup: how a folder is found and mounted)

HERE, MOUNTED_HERE = "/tmp/here", "/tmp/mounted"
DIOD = ["diod", "--foreground", "--rfdno=0", "--wfdno=0", "--no-auth", "--allsquash", f"--export={HERE}"]
BLOCK = 1 << 20


def spawn(program: str, arguments: list[str], connection: socket.socket) -> int:
    """Runs a program whose standard input is the connection."""
    return os.posix_spawn(program, arguments, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, connection.fileno(), 0)])


def mount_here():
    os.mkdir(HERE)
    client, server = socket.socketpair()
    spawn("/usr/sbin/diod", DIOD, server)
    server.close()
    if os.waitpid(spawn("/usr/bin/bk-mount", ["bk-mount", "--path", HERE, MOUNTED_HERE], client), 0)[1]:
        raise SystemExit("this VM's own folder cannot be mounted")


def measure(where: str, folder: str, number: int, mib: int):
    block = os.urandom(BLOCK)
    path = f"{folder}/{number}"

    def rate(what: str, move):
        begun = time.monotonic()
        move()
        print(number, where, what, f"{mib / (time.monotonic() - begun):.3f}", flush=True)

    def read():
        with open(path, "rb", buffering=0) as file:
            for _ in range(mib):
                assert len(file.read(BLOCK)) == BLOCK

    rate("write", lambda: backup.write_blocks(path, lambda _: block, range(mib)))
    rate("write4", lambda: backup.write_at_a_time(path, lambda _: block, mib))
    rate("read", read)
    os.unlink(path)


def main():
    rounds, mib = map(int, sys.argv[1:])
    mount_here()
    backup.mount(backup.find()["id"], "readWrite", backup.MOUNTED)
    for number in range(rounds):
        measure("here", MOUNTED_HERE, number, mib)
        measure("there", backup.MOUNTED, number, mib)
    print("measured", flush=True)


if __name__ == "__main__":
    main()
