# SPDX-License-Identifier: Apache-2.0
"""One app's folder in another app's VM: the person lets it in, data goes over and is read back by whose folder it is, and
whatever dies on one side is an error on the other. The machine has two apps, apps/folders/drive and apps/folders/backup.

BULKHEAD_TEST_FOLDER_MIB=100 copies as much as that. By itself it is less, since the emulator loses a machine in one of about
fourteen copies of 100 MiB (docs/decisions/007)."""
import json
import os
import re
import time

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from assemble import Tree, app_root
from conftest import BUILD, IMAGES, SOURCE
from drive import click, count, rest, wait_for, wait_log

DRIVE, BACKUP = "io.bulkhead.drive", "io.bulkhead.backup"
MIB = int(os.environ.get("BULKHEAD_TEST_FOLDER_MIB", "16"))
COPY_SECONDS = 240


def make_disk(folder):
    """A machine's disk with the system and the two apps, beside links to what else a machine is made of."""
    disk = Tree()
    for path in sorted((IMAGES / "system").iterdir()):
        if path.suffix != ".key":
            disk.file(path, f"/system/{path.name}")
    for name in ("drive", "backup"):
        source = SOURCE / "apps/folders" / name
        app = json.loads((source / "manifest.json").read_text())["id"]
        root = app_root(source, BUILD)
        if name == "backup":
            *command, _ = (source / "command").read_text().split()
            root.text("/etc/bulkhead/command", "".join(f"{word}\n" for word in [*command, MIB]))
        root.write_erofs(folder / f"{name}.erofs", "app")
        disk.file(source / "manifest.json", f"/apps/{app}/manifest.json")
        disk.file(folder / f"{name}.erofs", f"/apps/{app}/root.erofs")
    disk.write_erofs(folder / "machine.erofs", "bulkhead")
    for name in ("vmlinuz", "machine.cpio"):
        os.symlink(IMAGES / name, folder / name)


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    images, folder = machine.IMAGES, tmp_path_factory.mktemp("machine")
    machine.down(force=True)
    make_disk(folder)
    machine.IMAGES = folder
    try:
        machine.up(headless=True, chosen="auto", memory="2560M", fresh=True)
        yield
    finally:
        machine.down()
        machine.IMAGES = images


def start(app: str):
    machine.debug().call("io.bulkhead.Hypervisor.Start", id=app)


def state(app: str) -> str:
    return next(known for known in machine.status()["apps"] if known["id"] == app)["state"]


def looked_at(name: str):
    """The screen as it is now, kept for a person."""
    picture = screen.picture()
    screen.keep(picture, name)
    return picture


def test_the_person_is_asked():
    start(DRIVE)
    wait_log("^offers Shared drive", 0, DRIVE)
    start(BACKUP)
    wait_log("^found Shared drive of Drive", 0, BACKUP)
    wait_log("question 1 takes an answer", 0, "system")
    always = wait_for(lambda: screen.find(screen.picture(), "Always"), "the answers to choose from")
    words = screen.text(looked_at("folders-question"))
    for word in ("Backup", "folders", "copy"):  # who, what, why
        assert word in words, words
    assert not any(line.startswith("serves") for line in machine.log_lines(DRIVE)), "nobody was let in before"
    click(always)
    rest()
    wait_log("^mounted", 0, BACKUP)
    wait_log("^serves readWrite", 0, DRIVE)


def test_what_is_written_is_what_is_there():
    """Told by the app that wrote it and by the one whose folder it is, which read it back."""
    looked_at("folders-used")
    wrote = wait_log(r"^kept \d+ bytes", 0, BACKUP, COPY_SECONDS)
    size, digest, rate = re.match(r"kept (\d+) bytes, sha256 ([0-9a-f]{64}), ([\d.]+) MiB/s", wrote).groups()
    assert int(size) == MIB << 20
    print(f"{MIB} MiB at {rate} MiB/s")
    assert wait_log(r"^backup \d+ ", 0, DRIVE, COPY_SECONDS) == f"backup {size} {digest}"
    wait_for(lambda: state(BACKUP) == "stopped", "the app that was done has ended")
    assert state(DRIVE) == "running"


def test_who_serves_dies_in_mid_write():
    told = count(BACKUP)
    start(BACKUP)  # the choice was kept: no question this time
    wait_log("^mounted", told, BACKUP)
    machine.debug().call("io.bulkhead.Debug.Kill", vm=DRIVE)
    begun = time.monotonic()
    wait_log("^the folder or the system is lost", told, BACKUP)
    assert not any(line.startswith("kept") for line in machine.log_lines(BACKUP)[told:]), "it died in mid-write"
    assert time.monotonic() - begun < 20
    wait_for(lambda: state(BACKUP) == "stopped", "the app ended, and nothing hung")


def test_who_writes_dies():
    told, offered = count(BACKUP), count(DRIVE)
    start(DRIVE)
    start(BACKUP)
    wait_log("^mounted", told, BACKUP)
    machine.debug().call("io.bulkhead.Debug.Kill", vm=BACKUP)
    wait_log("^has served readWrite", offered, DRIVE)
    assert state(DRIVE) == "running"
