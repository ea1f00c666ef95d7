# SPDX-License-Identifier: Apache-2.0
"""Power that fails at random moments while apps are installed, updated, kept, brought back and removed by the real bk-supervisor, on an XFS.

The kernel's dm-log-writes writes down every write to the disk, in the order in which they were complete, and a mark whenever
bk-supervisor has answered. What a cut leaves is the disk with all writes up to some place in that log: it is mounted,
which replays the file system's journal, and looked at; of the last write a part is there, be it none or all. What was answered must be there; what was not, is as before or done, and whole:
an app's bundle and its data disk belong together, and so do those of each restore point.
"""
import hashlib
import os
import pathlib
import random
import struct
import sys

import drive_data
import drive_software
from disks import attach, detach, run, unmount
from lab import check

DISK, LOG = pathlib.Path("/tmp/disk.img"), pathlib.Path("/tmp/log.img")
CUTS = int(sys.argv[1])
EVERY = 10  # of the cuts bk-supervisor itself begins with what is left
DISK_SIZE, LOG_SIZE = 320 << 20, 512 << 20
SECTOR = 512
MAGIC, MARK, DISCARD = 0x6a736677736872, 8, 4  # Linux drivers/md/dm-log-writes.c
PAINT, WRITE = drive_software.APP, drive_software.OTHER


def copy_sparse(source: pathlib.Path, target: pathlib.Path):
    with open(source, "rb") as from_file, open(target, "wb") as to_file:
        size = os.fstat(from_file.fileno()).st_size
        to_file.truncate(size)
        at = 0
        while at < size:
            try:
                at = os.lseek(from_file.fileno(), at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(from_file.fileno(), at, os.SEEK_HOLE)
            for piece in range(at, end, 1 << 20):
                content = os.pread(from_file.fileno(), min(1 << 20, end - piece), piece)
                if content.count(0) != len(content):
                    os.pwrite(to_file.fileno(), content, piece)
            at = end


def pair(folder: pathlib.Path) -> str:
    """Of a bundle and its data disk."""
    return " ".join(hashlib.sha256(path.read_bytes()).hexdigest() if (path := folder / name).exists() else "-" for name in ("bundle", "data"))


def state(folder: pathlib.Path) -> tuple[dict[str, str], dict[str, str]]:
    """What is installed, and which restore points there are."""
    if not (folder / "apps").exists():
        return {}, {}
    return ({app.name: pair(app) for app in (folder / "apps").iterdir()},
            {f"{app.name} {point.name}": pair(point) for app in (folder / "points").iterdir() for point in app.iterdir()}
            if (folder / "points").exists() else {})


def write_data(folder: pathlib.Path, app: str, text: str):
    """As its VM does: one sector, which is there or not."""
    with open(folder / "apps" / app / "data", "r+b", buffering=0) as data:
        data.write(text.encode().ljust(SECTOR, b"."))
        os.fsync(data.fileno())


def take_step(machine, folder: pathlib.Path, number: int, step: str, app: str, what: str) -> dict:
    points = machine.call("Software.Points", id=app)["parameters"].get("points")
    if step == "write":
        write_data(folder, app, what)
        return {}
    if step == "remove":
        return machine.call("Software.Remove", id=app)
    if step == "keep":
        return machine.call("Software.Keep", id=app)
    if step == "undo":
        return machine.call("Software.Restore", id=app, point=points[int(what)]["point"])
    bundle = machine.pack(what, id_=app, size=40 * number, storage=16)
    if step == "import":
        disk = drive_data.data_stream(16 << 20, drive_data.piece(0, b"imported".ljust(SECTOR, b".")), drive_data.piece(1 << 20, os.urandom(1 << 18)))
        return machine.send(bundle.read_bytes() + disk, "Import")
    return machine.install(bundle)


STEPS = (("install", PAINT, "1.0"), ("import", WRITE, "1.0"), ("write", WRITE, "older"), ("keep", WRITE, ""), ("install", PAINT, "1.1"),
         ("write", WRITE, "newer"), ("install", WRITE, "1.1"), ("undo", WRITE, "0"), ("write", WRITE, "again"), ("undo", WRITE, "-1"),
         ("install", PAINT, "1.2"), ("undo", PAINT, "0"), ("import", WRITE, "1.2"), ("undo", WRITE, "1"), ("remove", WRITE, ""),
         ("import", WRITE, "2.0"), ("install", PAINT, "1.3"), ("remove", PAINT, ""), ("install", PAINT, "1.0"), ("keep", PAINT, ""), ("install", WRITE, "2.1"),
         ("undo", WRITE, "0"), ("remove", WRITE, ""), ("remove", PAINT, ""))


def record() -> list[tuple[dict[str, str], dict[str, str]]]:
    """Takes all steps; yields what there is after each."""
    states: list[tuple[dict[str, str], dict[str, str]]] = [({}, {})]
    for path, size in ((DISK, DISK_SIZE), (LOG, LOG_SIZE)):
        with open(path, "wb") as file:
            file.truncate(size)
    run("mkfs.xfs", "-q", DISK)
    copy_sparse(DISK, pathlib.Path("/tmp/begin.img"))
    disk, log = attach(0, DISK), attach(1, LOG)
    run("dmsetup", "create", "logged", "--table", f"0 {DISK_SIZE // 512} log-writes {disk} {log}")
    folder = pathlib.Path("/tmp/machine")
    (folder / "apps-disk").mkdir(parents=True)
    run("mount", "-t", "xfs", "/dev/mapper/logged", folder / "apps-disk")
    machine = drive_software.Machine(folder)
    run("dmsetup", "message", "logged", "0", "mark", "0")
    for number, (step, app, what) in enumerate(STEPS, 1):
        answer = take_step(machine, folder / "apps-disk", number, step, app, what)
        assert "error" not in answer, (step, answer)
        run("dmsetup", "message", "logged", "0", "mark", str(number))
        states.append(state(folder / "apps-disk"))
    machine.end()
    unmount(folder / "apps-disk")
    run("dmsetup", "remove", "--retry", "logged")  # the kernel closes it a little after the unmount
    detach(0)
    detach(1)
    return states


def entries(log) -> list[tuple[int, int, int, int]]:
    """Of the log: (flags, sector on the disk, bytes, where they are); of a mark, its number in place of the sector."""
    magic, _, count, sector_size = struct.unpack("<QQQI", log.read(28))
    assert magic == MAGIC, hex(magic)
    at, found = sector_size, []
    for _ in range(count):
        sector, sectors, flags, length = struct.unpack("<QQQQ", os.pread(log.fileno(), 32, at))
        if flags & MARK:
            name = os.pread(log.fileno(), length, at + 32).rstrip(b"\0")
            if name.isdigit():
                found.append((MARK, int(name), 0, 0))
            at += sector_size
        else:
            found.append((flags, sector * sector_size, sectors * sector_size, at + sector_size))
            at += sector_size + (0 if flags & DISCARD else sectors * sector_size)
    return found


def write(log, disk: pathlib.Path, entry: tuple[int, int, int, int], size: int):
    """So much of a write."""
    flags, at, _, source = entry
    if not flags & MARK and size:
        with open(disk, "r+b") as file:
            os.pwrite(file.fileno(), bytes(size) if flags & DISCARD else os.pread(log.fileno(), size, source), at)


def compare(answered: int, states: list[tuple[dict[str, str], dict[str, str]]], apps: dict[str, str], points: dict[str, str]):
    """What is installed is as after the step that was answered, or after the next one; restore points come before what changes the
    app, and go after it."""
    allowed = states[max(answered, 0):answered + 2]
    assert apps in [installed for installed, _ in allowed], f"after step {answered} there is {apps}, and none of {allowed}"
    known = {name: kept for _, kept_points in allowed for name, kept in kept_points.items()}
    for name, kept in points.items():
        assert known.get(name) == kept, f"after step {answered} restore point {name} is {kept}, and not {known.get(name)}"
    missing = [name for name in known if all(name in kept_points for _, kept_points in allowed) and name not in points]
    assert not missing, f"after step {answered} the restore points {missing} are missing"


def look(answered: int, states: list[tuple[dict[str, str], dict[str, str]]], with_supervisor: bool):
    """At the disk that a cut has left, mounted."""
    folder = pathlib.Path("/tmp/machine/apps-disk")
    attach(0, pathlib.Path("/tmp/cut.img"))
    try:
        run("mount", "-t", "xfs", "/dev/loop0", folder)
        try:
            found, points = state(folder)
            compare(answered, states, found, points)
            if with_supervisor:
                try:
                    MACHINE.start()
                    installed = MACHINE.installed()
                finally:
                    MACHINE.end()
                assert list(installed) == sorted(found), f"{list(installed)} are installed of {sorted(found)}"
                assert not any(list((folder / name).iterdir()) for name in ("incoming", "keeping", "removed"))
                assert {point.name for point in (folder / "points").iterdir()} <= set(found), "points of nothing"
        finally:
            unmount(folder)
    finally:
        detach(0)


def cut(states: list[tuple[dict[str, str], dict[str, str]]]):
    chance = random.Random(5)
    now, left = pathlib.Path("/tmp/now.img"), pathlib.Path("/tmp/cut.img")
    copy_sparse(pathlib.Path("/tmp/begin.img"), now)
    with open(LOG, "rb") as log:
        log_entries = entries(log)
        first = next(at for at, entry in enumerate(log_entries) if entry[:2] == (MARK, 0))
        answered, done = -1, 0
        for number, place in enumerate(sorted(chance.choices(range(first, len(log_entries)), k=CUTS))):
            for entry in log_entries[done:place]:
                write(log, now, entry, entry[2])
            done = place
            answered = max((at for flags, at, *_ in log_entries[:place] if flags & MARK), default=-1)
            copy_sparse(now, left)
            write(log, left, log_entries[place], chance.randint(0, log_entries[place][2] // SECTOR) * SECTOR)
            look(answered, states, number % EVERY == 0)
        print(f"{CUTS} cuts in {len(log_entries) - first} writes", flush=True)
        assert answered > len(states) * 3 // 4, f"the last cut was after step {answered} of {len(states)}"


def main():
    global MACHINE
    drive_software.SUPERVISOR, drive_software.INSTALLER, drive_software.BUNDLE = "/work/bk-supervisor", "/work/bk-installer", "/work/bk-bundle"
    states: list[tuple[dict[str, str], dict[str, str]]] = []
    check("apps are installed, updated, kept, brought back and removed", lambda: states.extend(record()))
    MACHINE = drive_software.Machine.__new__(drive_software.Machine)
    MACHINE.folder, MACHINE.apps = pathlib.Path("/tmp/machine"), pathlib.Path("/tmp/machine/apps-disk")
    check("power that fails leaves the old or the new", lambda: cut(states))


main()
