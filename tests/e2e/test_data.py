# SPDX-License-Identifier: Apache-2.0
"""What an app keeps, on the machine: a note that is written, closed and there again; undone with the app's version; exported, removed and
imported. apps/notes is the app, as it is and under another name, installed."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import START_SECONDS, count, press, type_text, wait_for, wait_log
from own_apps import running, start
from test_install import listed

APP, NOTES = "org.example.diary", "io.bulkhead.notes"
LARGE = 1000  # MiB: of eight groups of blocks, of which the last one is not whole


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    app = folder / "diary"
    shutil.copytree(SOURCE / "apps/notes", app)
    (app / "image.list").write_text((app / "image.list").read_text().replace("../..", str(SOURCE)))
    manifest = json.loads((app / "manifest.json").read_text())
    command(0, "keygen", "key")
    for version, storage in (("1.0", 16), ("2.0", LARGE)):
        (app / "manifest.json").write_text(json.dumps(manifest | {"id": APP, "version": version, "name": "Diary", "storage": storage}))
        command(0, "pack", "diary", "--key", "key", "-o", f"{version}.bapp")
    with running(folder, {"notes": {}}):
        yield
    del os.environ["BULKHEAD_CALLER"]


def opened(app: str):
    """It runs, and its window takes what is typed."""
    logged = count("system")
    start(app)
    wait_log(f"{app} connected", logged, "system", START_SECONDS)


def shows(word: str):
    wait_for(lambda: screen.find(screen.picture(), word), f"{word} on the screen", START_SECONDS)


def closed(app: str):
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=app)


def write(app: str, word: str):
    opened(app)
    press("end")
    type_text(word)
    shows(word.strip())
    closed(app)


def usage(app: str) -> dict:
    return json.loads(command(0, "points", app, "--json")[0])["usage"]


def test_a_note_is_there_again():
    write(NOTES, "breakfast ")
    assert usage(NOTES)["quota"] == 16 << 20
    opened(NOTES)
    shows("breakfast")
    screen.keep(screen.picture(), "kept")
    closed(NOTES)


def test_it_is_there_after_the_power_failed():
    opened(NOTES)
    press("end")
    type_text("lunch ")
    shows("lunch")
    closed(NOTES)  # what it has synced stays
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="2560M")
    opened(NOTES)
    shows("breakfast")
    shows("lunch")
    closed(NOTES)


def test_an_update_keeps_it_and_undo_brings_both_back():
    command(0, "install", "1.0.bapp")
    write(APP, "first ")
    command(0, "update", "2.0.bapp")
    assert usage(APP)["quota"] == 16 << 20  # it grows when the app is started
    write(APP, "second ")
    assert usage(APP)["quota"] == LARGE << 20
    assert "2.0" in listed()[APP]["version"]
    said, _ = command(0, "undo", APP)
    assert "1.0 is as it was" in said
    assert listed()[APP]["version"] == "1.0"
    opened(APP)
    shows("first")
    assert screen.find(screen.picture(), "second") is None
    screen.keep(screen.picture(), "undone")
    closed(APP)
    points = json.loads(command(0, "points", APP, "--json")[0])["points"]
    assert [(point["version"], point["cause"]) for point in points] == [("1.0", "update"), ("2.0", "undo")]
    command(0, "undo", APP, str(points[-1]["point"]))
    opened(APP)
    shows("second")
    assert "cannot be made as large" not in "".join(machine.log_lines(APP))
    closed(APP)


def disk_of(exported: pathlib.Path) -> pathlib.Path:
    """The data disk in a file that was exported, as docs/protocols/export.md has it."""
    content, disk = exported.read_bytes(), exported.with_suffix(".disk")
    at = int.from_bytes(content[16:24], "little")  # the bundle's size
    assert content[at:at + 8] == b"\xb5BDAT\r\n\x1a"
    size, at = int.from_bytes(content[at + 16:at + 24], "little"), at + 32
    with open(disk, "wb") as file:
        file.truncate(size)
        while True:
            offset, length = struct.unpack_from("<QQ", content, at)
            if length == 0:
                return disk
            os.pwrite(file.fileno(), content[at + 16:at + 16 + length], offset)
            at += 16 + length


def test_its_file_system_is_whole_and_as_large_as_its_disk():
    """It was made of the template on 16 MiB, and grew in the guest, with the disk."""
    command(0, "export", APP, "-o", "disk.bkapp")
    disk = disk_of(pathlib.Path(os.environ["BULKHEAD_CALLER"], "disk.bkapp"))
    checked = subprocess.run(["/usr/sbin/fsck.ext4", "-f", "-n", disk], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
    header = subprocess.run(["/usr/sbin/dumpe2fs", "-h", disk], capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^Block count: +{LARGE * 256}$", header, re.MULTILINE), header
    assert re.search(r"^Filesystem state: +clean$", header, re.MULTILINE), header
    assert usage(APP)["data"] < 16 << 20  # what was not written takes no room


def test_it_leaves_and_comes_back():
    said, _ = command(0, "export", APP, "-o", "diary.bkapp")
    assert "Diary (org.example.diary) 2.0 and its data: diary.bkapp" in said
    command(0, "remove", APP)
    assert APP not in listed()
    assert "is installed" in command(0, "import", "diary.bkapp")[0]
    assert listed()[APP]["version"] == "2.0"
    opened(APP)
    shows("second")
    closed(APP)
    assert "without its data" in command(1, "import", "2.0.bapp")[1]
    file = pathlib.Path(os.environ["BULKHEAD_CALLER"], "diary.bkapp")
    changed = bytearray(file.read_bytes())
    changed[-100] ^= 1
    file.write_bytes(changed)
    assert "changed after it was exported" in command(4, "import", "diary.bkapp")[1]
    opened(APP)
    shows("second")
    closed(APP)
