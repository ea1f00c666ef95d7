# SPDX-License-Identifier: Apache-2.0
"""What apps keep, on the file system that the machine has for it: restore points share their blocks, a full disk harms who fills it, and
a disk in many pieces keeps nobody waiting. The real bk-supervisor, and fake_vmm.py for bk-vmm."""
import os
import pathlib
import time

import drive_data
import drive_software
from disks import attach, run
from drive_software import APP, OTHER
from lab import check

DISK, FOLDER = pathlib.Path("/tmp/disk.img"), pathlib.Path("/tmp/machine")
DISK_SIZE = 320 << 20  # about the least that mkfs.xfs makes
MIB = 1 << 20
PIECES = 20000
ANSWER_SECONDS = 5  # for what takes milliseconds, on an emulated machine


class Driver(drive_data.DataFixture):
    """The same words as in the unit test."""


def good(method: str, **parameters) -> dict:
    return DRIVER.good(MACHINE.call(method, **parameters))


def free() -> int:
    return good("Software.Room")["free"]


def shares_its_blocks():
    DRIVER.good(MACHINE.install(DRIVER.app("1.0", 64)))
    DRIVER.started()
    DRIVER.tell("fill", f"filled {64 * MIB} bytes")
    DRIVER.tell("keep older", "kept")
    DRIVER.stop()
    before = free()
    point = good("Software.Keep", id=APP)["point"]
    DRIVER.keep("newer")
    os.sync()  # until then what was written has no place on the disk
    usage, left = good("Software.Usage", id=APP), before - free()
    assert left < 4 * MIB and 0 < usage["points"] < MIB, (left, usage)
    assert 64 * MIB <= usage["data"] < 65 * MIB, usage
    size = DRIVER.points()[0]["size"]
    assert 0 < size < MIB, size
    DRIVER.restore(point)
    assert DRIVER.kept() == "older" and before - free() < 8 * MIB
    for found in DRIVER.points():
        good("Software.Forget", id=APP, point=found["point"])


def harms_who_fills_it():
    DRIVER.good(MACHINE.install(DRIVER.app("1.0", 220, id_=OTHER)))
    assert good("Software.Room")["promised"] > good("Software.Room")["all"]
    for app in (APP, OTHER):
        DRIVER.started(app)
    DRIVER.tell("fill", "the disk is full: No space left on device", OTHER)
    DRIVER.tell("keep still here", "kept")
    for app in (APP, OTHER):
        DRIVER.stop(app)
    os.sync()
    assert free() < 2 * MIB and DRIVER.kept() == "still here", free()
    DRIVER.failed(MACHINE.install(MACHINE.pack("1.0", id_="org.example.late", size=1000)), "no room left")
    answer = MACHINE.call("Software.Keep", id=APP)  # with or without room for it
    assert "error" not in answer or "no room left" in answer["parameters"]["reason"], answer
    MACHINE.again()
    assert list(MACHINE.installed()) == [APP, OTHER] and DRIVER.kept() == "still here"
    good("Software.Remove", id=OTHER)
    drive_software.wait_for(lambda: free() > 100 * MIB, "the room of what was removed")
    DRIVER.good(MACHINE.install(MACHINE.pack("1.0", id_="org.example.late", size=1000)))


def keeps_nobody_waiting():
    """A guest that wrote every other block of its disk: a copy by reference has as much to do for each piece."""
    DRIVER.good(MACHINE.install(DRIVER.app("1.0", 8 * PIECES // 1024 + 1, id_=OTHER)))
    DRIVER.started(OTHER)
    DRIVER.stop(OTHER)
    with open(DRIVER.data(OTHER), "r+b", buffering=0) as data:
        for number in range(PIECES):
            os.pwrite(data.fileno(), b"x", 8192 * number)
    client, longest, asked = MACHINE.client(), 0.0, 0
    began = time.monotonic()
    client.send("io.bulkhead.Software.Keep", id=OTHER)
    client.socket.setblocking(False)
    while True:
        started = time.monotonic()
        good("Hypervisor.List")
        longest, asked = max(longest, time.monotonic() - started), asked + 1
        try:
            client.received = client.socket.recv(65536)
            break
        except BlockingIOError:
            pass
    took = time.monotonic() - began
    started = time.monotonic()
    usage = good("Software.Usage", id=OTHER)
    counted = time.monotonic() - started
    print(f"a restore point of {PIECES} pieces took {took:.2f} s; of {asked} calls meanwhile the longest {longest:.2f} s; to count them {counted:.2f} s", flush=True)
    assert longest < ANSWER_SECONDS and counted < ANSWER_SECONDS
    assert b"error" not in client.received and usage["data"] >= PIECES * 4096 and usage["points"] < MIB, (client.received, usage)
    started = time.monotonic()
    good("Software.Remove", id=OTHER)
    assert time.monotonic() - started < ANSWER_SECONDS


def main():
    global MACHINE, DRIVER
    drive_software.SUPERVISOR, drive_software.INSTALLER, drive_software.BUNDLE = "/work/bk-supervisor", "/work/bk-installer", "/work/bk-bundle"
    with open(DISK, "wb") as file:
        file.truncate(DISK_SIZE)
    run("mkfs.xfs", "-q", DISK)
    (FOLDER / "apps-disk").mkdir(parents=True)
    run("mount", "-t", "xfs", attach(0, DISK), FOLDER / "apps-disk")
    MACHINE = drive_software.Machine(FOLDER)
    DRIVER = Driver()
    DRIVER.machine = MACHINE
    check("a restore point shares its blocks", shares_its_blocks)
    check("a disk in many pieces keeps nobody waiting", keeps_nobody_waiting)
    check("a full disk harms who fills it", harms_who_fills_it)
    MACHINE.end()


main()
