# SPDX-License-Identifier: Apache-2.0
"""One app's folder in another app's VM: the person lets it in, and it is mounted there. The machine has two apps,
apps/folders/drive and apps/folders/backup. What flows then, and who dies in the middle, is tests/unit/drive_folders.py's:
under that load the emulated machine loses a VM, for a reason not found (docs/decisions/012)."""
import json
import os

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from assemble import Tree, app_root
from conftest import BUILD, IMAGES, SOURCE
from drive import click, rest, wait_for, wait_log

DRIVE, BACKUP = "io.bulkhead.drive", "io.bulkhead.backup"


def make_disk(folder):
    """A machine's disk with the system and the two apps, beside links to what else a machine is made of."""
    disk = Tree()
    for path in sorted((IMAGES / "system").iterdir()):
        if path.suffix != ".key":
            disk.file(path, f"/system/{path.name}")
    for name in ("drive", "backup"):
        source = SOURCE / "apps/folders" / name
        app = json.loads((source / "manifest.json").read_text())["id"]
        app_root(source, BUILD).write_erofs(folder / f"{name}.erofs", "app")
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
