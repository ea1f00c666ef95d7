# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: disks that are files, for the scenarios that need a file system of their own."""
import fcntl
import os
import pathlib
import subprocess
import time

LOOP_SET_FD, LOOP_CLR_FD = 0x4c00, 0x4c01
HELD_SECONDS = 30  # at most, by a program that ends


def run(*command):
    answer = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            env=os.environ | {"DM_DISABLE_UDEV": "1"})  # there is no udev to make dmsetup's nodes
    assert answer.returncode == 0, f"{command[0]} ended with {answer.returncode}: {answer.stdout}"


def attach(number: int, path: pathlib.Path) -> str:
    device = f"/dev/loop{number}"
    with open(path, "r+b") as file, open(device, "r+b") as loop:
        fcntl.ioctl(loop, LOOP_SET_FD, file.fileno())
    return device


def detach(number: int):
    with open(f"/dev/loop{number}", "r+b") as loop:
        fcntl.ioctl(loop, LOOP_CLR_FD)


def unmount(folder: pathlib.Path):
    """What a killed program leaves behind, Linux kills after it: until then they hold files there."""
    deadline = time.monotonic() + HELD_SECONDS
    while True:
        try:
            return run("umount", folder)
        except AssertionError as error:
            if "busy" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.05)
