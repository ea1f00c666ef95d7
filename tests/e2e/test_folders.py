# SPDX-License-Identifier: Apache-2.0
"""One app's folder in another app's VM: the person lets it in, data goes over, is read back by whose folder it is, which
says that it changed, and whatever dies on one side is an error on the other. The machine has two apps,
apps/folders/drive and apps/folders/backup."""
import re

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from conftest import SOURCE
from drive import click, count, looked_at, rest, wait_for, wait_log
from own_apps import running, start

DRIVE, BACKUP = "io.bulkhead.drive", "io.bulkhead.backup"
MIB = 100
COPY_SECONDS = 400


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    *command, _ = (SOURCE / "apps/folders/backup/command").read_text().split()
    asked = "".join(f"{word}\n" for word in [*command, MIB])
    with running(tmp_path_factory.mktemp("machine"), {"folders/drive": {}, "folders/backup": {"/etc/bulkhead/command": asked}}):
        yield


def state(app: str) -> str:
    return next(known for known in machine.status()["apps"] if known["id"] == app)["state"]


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
    wait_log("^the drive has seen it", 0, BACKUP)


def test_who_may_only_read_changes_nothing():
    wait_log("^serves readOnly", 0, DRIVE)
    wait_log("^read back as it was", 0, BACKUP)
    wait_log("^it cannot be changed: Read-only file system", 0, BACKUP)
    wait_for(lambda: state(BACKUP) == "stopped", "the app that was done has ended")
    assert state(DRIVE) == "running"


def test_who_serves_dies_in_mid_write():
    told = count(BACKUP)
    start(BACKUP)  # the choice was kept: no question this time
    wait_log("^mounted", told, BACKUP)
    machine.debug().call("io.bulkhead.Debug.Kill", vm=DRIVE)
    wait_log("^the folder or the system is lost", told, BACKUP)
    assert not any(line.startswith("kept") for line in machine.log_lines(BACKUP)[told:]), "it died in mid-write"
    wait_for(lambda: state(BACKUP) == "stopped", "the app ended, and nothing hung")


def test_who_writes_dies():
    told, offered = count(BACKUP), count(DRIVE)
    start(DRIVE)
    start(BACKUP)
    wait_log("^mounted", told, BACKUP)
    machine.debug().call("io.bulkhead.Debug.Kill", vm=BACKUP)
    wait_log("^has served readWrite", offered, DRIVE)
    assert state(DRIVE) == "running"
