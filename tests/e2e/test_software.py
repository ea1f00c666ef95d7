# SPDX-License-Identifier: Apache-2.0
"""A person installs an app in the desktop, from a file in a folder that another app offers, starts it, updates it and removes it, with
clicks alone; apps/folders/drive offers the folder. What is refused, and what goes wrong on the way, is tests/unit/drive_installing.py's and
drive_software.py's; how the page looks, drive_software_page.py's."""
import os
import re

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import START_SECONDS, click, count, launch, looked_at, press, rest, type_text, wait_for, wait_log
from own_apps import running, start
from packed import PAINT, damage, pack_paint, prepare_paint

DRIVE = "io.bulkhead.drive"
COME_SECONDS = 180  # of a bundle, likewise
AGREE, REMOVE = 294, 278  # from "Cancel" to the button beside it
WRONG = (0xFF, 0x8A, 0x66)
REASONS = {"location": "To write under a picture where it was painted.", "folders": "To open pictures that others keep."}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    prepare_paint(folder, "key")
    first = {"location": REASONS["location"]}
    bundles = {"Paint.bapp": pack_paint(folder, "1.0", "Paint", "key", permissions=first),
               "Watercolour.bapp": pack_paint(folder, "1.1", "Watercolour", "key", permissions=REASONS)}
    damage(bundles["Watercolour.bapp"], folder / "Damaged.bapp")
    bundles["Damaged.bapp"] = folder / "Damaged.bapp"
    drive = SOURCE / "apps/folders/drive"
    changed = {f"/app/{name}": (drive / name).read_text().replace("/tmp/drive", "/app/files") for name in ("drive.py", "readOnly.conf", "readWrite.conf")}
    with running(folder, {"folders/drive": changed | {f"/app/files/{name}": path.read_bytes() for name, path in bundles.items()}}):
        yield
    del os.environ["BULKHEAD_CALLER"]


def window() -> tuple[int, int, int, int]:
    """Where the settings are, and the dialogs; without the panel."""
    width, height = machine.screen_size()
    return 0, 40, width, height


def page() -> tuple[int, int, int, int]:
    """The settings' page, without the list of pages."""
    width, height = machine.screen_size()
    return width // 2 - 410 + 200, 60, width // 2 + 410, height


def seen(*words: str, box=None, seconds: float = 60) -> str:
    """What is on the page, once all of these are."""
    def look() -> str | None:
        text = screen.text(screen.picture(), box or page())
        return text if all(word in text for word in words) else None
    return wait_for(look, f"{words} on the page", seconds)


def find(word: str, box=None, last: bool = False) -> screen.Word | None:
    """The highest if there are several, or the lowest."""
    found = [at for at in screen.words(screen.picture(), box or page()) if at.text.strip(".,:;…") == word]
    return sorted(found, key=lambda at: at.y)[-1 if last else 0] if found else None


def press_on(word: str, box=None, last: bool = False, beside: int = 0) -> int:
    """Clicks on it, or so far to the right; where the log was before."""
    found = wait_for(lambda: find(word, box, last), f"{word} on the screen")
    since = count("system")
    click((found.x + beside, found.y))
    rest()
    return since


def open_page():
    press("meta_l")
    type_text("settings")
    press("ret")
    press_on("Software", window())
    seen("Install", "Disk")


def close_message():
    press_on("Close")
    wait_for(lambda: "Close" not in screen.text(screen.picture(), page()), "that it was read is seen")


def close_page():
    press("esc")
    wait_for(lambda: screen.find(screen.picture(), "Disk") is None, "the page is gone")


def ready(since: int):
    """The dialog's page that came after so many lines of the log takes an answer."""
    wait_log("question [0-9]+ takes an answer", since, "system")


def choose(file: str):
    """In the system's dialog."""
    since = press_on("From")  # a file …
    ready(since)
    since = press_on("Shared", window())
    ready(since)
    looked_at(f"software-choose-{file}")
    press_on(file, window())


def test_it_is_installed_after_the_question():
    start(DRIVE)
    wait_log("^offers Shared drive", 0, DRIVE, START_SECONDS)
    open_page()
    looked_at("software-nothing")
    choose("Paint.bapp")
    said = seen("Install", "Paint?", "1.0", "Location", "painted", "Cancel", seconds=COME_SECONDS)
    looked_at("software-question")
    assert "pictures" not in said
    assert PAINT not in command(0, "list")[0], "nothing is installed before they agree"
    since = count("system")
    press_on("Cancel", beside=AGREE)
    wait_log("the person agreed", since, "system")
    seen("Paint", "is", "installed", "Close", seconds=COME_SECONDS)
    looked_at("software-installed")
    close_message()
    looked_at("software-list")


def test_it_is_started_from_the_launcher():
    close_page()
    logged = count("system")
    launch("Paint")
    wait_log(f"{PAINT} connected", logged, "system", START_SECONDS)
    wait_for(lambda: screen.find(screen.picture(), "Paint", (0, 60, *machine.screen_size())), "its window", START_SECONDS)
    type_text("brush")
    wait_for(lambda: screen.find(screen.picture(), "brush"), "what was typed", START_SECONDS)
    looked_at("software-started")


def test_a_damaged_file_is_refused_in_words():
    open_page()
    choose("Damaged.bapp")
    seen("Damaged.bapp", "not", "installed", "Close", seconds=COME_SECONDS)
    looked_at("software-damaged")
    close_message()


def warned() -> bool:
    """Above the buttons stands something in the colour of what is wrong."""
    cancel, (left, _, right, _) = wait_for(lambda: find("Cancel"), "the buttons"), page()
    return screen.find_colour(screen.picture(), WRONG, (left, cancel.y - 50, right, cancel.y - 24)) is not None


def test_it_is_updated_once_it_does_not_run():
    choose("Watercolour.bapp")
    seen("Update", "1.1", "place", "pictures", "Cancel", seconds=COME_SECONDS)
    wait_for(warned, "that it runs is said")
    looked_at("software-update")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=PAINT)
    wait_for(lambda: not warned(), "that it does not run any more is seen")
    press_on("Cancel", beside=AGREE)
    seen("Watercolour", "installed", "Close", seconds=COME_SECONDS)
    close_message()
    assert re.search(rf"{PAINT}.*1\.1", command(0, "list")[0])


def test_it_is_removed_on_its_page():
    press_on("Watercolour")
    seen("Storage", "Location")
    looked_at("software-app")

    def lower() -> bool:
        """By the keyboard, from one thing to press to the next: what removes it is the last of them."""
        press("tab")
        return find("Remove") is not None
    wait_for(lower, "what removes it")
    looked_at("software-points")
    press_on("Remove", last=True)
    seen("Watercolour?", "Cancel")
    looked_at("software-remove")
    press_on("Cancel", beside=REMOVE)
    wait_for(lambda: "Watercolour" not in seen("Install", "Disk"), "the page without it")
    looked_at("software-removed")
    assert PAINT not in command(0, "list")[0]
    close_page()
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Shared") or screen.find(screen.picture(), "Drive"), "the launcher")
    assert screen.find(screen.picture(), "Watercolour") is None
