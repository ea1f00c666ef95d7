# SPDX-License-Identifier: Apache-2.0
"""A person installs an app in the desktop, from a file in a folder that another app offers, starts it, updates it from a file that a terminal
opens, goes back to how it was before, and removes it, with clicks alone; apps/folders/drive offers the folder. What is refused, and what goes wrong on the way, is tests/unit/drive_installing.py's and
drive_software.py's; how the page looks, drive_software_page.py's."""
import os
import re

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import START_SECONDS, click, count, do_until, in_log, launch, looked_at, press, rest, type_text, wait_for, wait_log
from own_apps import running, start
from packed import PAINT, damage, pack_paint, prepare_paint
from test_windows import TERMINAL, has_drawn

DRIVE = "io.bulkhead.drive"
COME_SECONDS = 180  # of a bundle, likewise
AGREE, REMOVE, BACK = 294, 278, 278  # from "Cancel" to the button beside it
WRONG = (0xFF, 0x8A, 0x66)
REASONS = {"location": "To write under a picture where it was painted.", "folders": "To open pictures that others keep."}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    prepare_paint(folder, "key")
    first = {"location": REASONS["location"]}
    bundles = {"Paint.bapp": pack_paint(folder, "1.0", "Paint", "key", permissions=first), "Damaged.bapp": folder / "Damaged.bapp"}
    update = pack_paint(folder, "1.1", "Watercolour", "key", permissions=REASONS)
    damage(update, folder / "Damaged.bapp")
    drive = SOURCE / "apps/folders/drive"
    changed = {f"/app/{name}": (drive / name).read_text().replace("/tmp/drive", "/app/files") for name in ("drive.py", "readOnly.conf", "readWrite.conf")}
    with running(folder, {"folders/drive": changed | {f"/app/files/{name}": path.read_bytes() for name, path in bundles.items()},
                          "terminal": {"/app/new.bapp": update.read_bytes()}}):
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


def buttons() -> tuple[int, int, int, int]:
    """Where the page has one behind what it is about."""
    _, top, right, bottom = page()
    return right - 160, top, right, bottom


def seen(*words: str, box=None, seconds: float = 60) -> str:
    """What is on the page, once all of these are."""
    def look() -> str | None:
        text = screen.text(screen.picture(), box or page())
        return text if all(word in text for word in words) else None
    return wait_for(look, f"{words} on the page", seconds)


def find(word: str, box=None) -> screen.Word | None:
    """The highest if there are several."""
    found = [at for at in screen.words(screen.picture(), box or page()) if at.text.strip(".,:;…") == word]
    return min(found, key=lambda at: at.y, default=None)


def press_on(word: str, box=None, beside: int = 0) -> int:
    """Clicks on it, or so far to the right; where the log was before."""
    found = wait_for(lambda: find(word, box), f"{word} on the screen")
    since = count("system")
    click((found.x + beside, found.y))
    rest()
    return since


def press_found(word: str, box=None):
    """Clicks on it, if it is there now."""
    if found := find(word, box):
        click((found.x, found.y))
        rest()


def open_page(*words: str):
    """Which shows what was looked at last."""
    press("meta_l")
    type_text("settings")
    press("ret")
    press_on("Software", window())
    seen(*(words or ("Install", "Disk")))


def close_message():
    do_until(lambda: press_found("Close"), lambda: "Close" not in screen.text(screen.picture(), page()), "the message closed")


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
    since = count("system")
    do_until(lambda: press_found(file, window()), lambda: in_log("question [0-9]+: choose", since, "system"), f"{file} chosen")


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


def open_in_the_terminal(path: str):
    """And with the system itself, in the dialog."""
    launch("Terminal")
    wait_for(lambda: has_drawn(TERMINAL), "its window", START_SECONDS)
    since = count("system")
    type_text(f"xdg-open {path}")
    press("ret")
    ready(since)
    looked_at("software-open")
    press_on("System", window())


def test_it_is_updated_from_another_app_once_it_does_not_run():
    close_page()
    open_in_the_terminal("/app/new.bapp")
    seen("Update", "1.1", "place", "pictures", "Cancel", seconds=COME_SECONDS)
    wait_for(warned, "that it runs is said")
    looked_at("software-update")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=PAINT)
    wait_for(lambda: not warned(), "that it does not run any more is seen")
    press_on("Cancel", beside=AGREE)
    seen("Watercolour", "installed", "Close", seconds=COME_SECONDS)
    close_message()
    assert re.search(rf"{PAINT}.*1\.1", command(0, "list")[0])
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=TERMINAL, force=True)


def starts() -> None:
    """By the command: how that is done in the launcher was seen. Its window has what it keeps."""
    since = count("system")
    start(PAINT)
    wait_log(f"{PAINT} connected", since, "system", START_SECONDS)
    wait_for(lambda: screen.find(screen.picture(), "brush"), "what was typed before", START_SECONDS)


def test_it_goes_back_with_its_data():
    close_page()
    starts()
    press("end")
    type_text(" canvas")
    wait_for(lambda: screen.find(screen.picture(), "canvas"), "what was typed", START_SECONDS)
    open_page()
    press_on("Watercolour")
    tab_to("Go")
    looked_at("software-points")
    since = press_on("Go")  # back
    seen("becomes", "ended", "Cancel")
    looked_at("software-back-question")
    press_on("Cancel", beside=BACK)
    wait_log(f"going back of {PAINT} ended: done", since, "system", START_SECONDS)
    seen("was", "then", "newest")
    looked_at("software-back")
    assert re.search(rf"{PAINT}.*1\.0", command(0, "list")[0])
    close_page()
    starts()
    assert screen.find(screen.picture(), "canvas") is None
    looked_at("software-as-before")


def tab_to(word: str, box=None):
    """By the keyboard, from one thing to press to the next, until this can be seen."""
    def on() -> bool:
        press("tab")
        stands_still()
        return find(word, box) is not None
    wait_for(on, f"{word} on the page")


def stands_still():
    """The page, which an emulated machine scrolls late: what is found on it would be elsewhere at the click."""
    before = None

    def same() -> bool:
        nonlocal before
        last, before = before, screen.picture().crop(page()).tobytes()
        return last == before
    wait_for(same, "the page as it was")


def test_it_is_removed_on_its_page():
    open_page("Storage", "Location")
    looked_at("software-app")

    def press_remove():
        """The button: what stands before it is called so, too, and is seen earlier."""
        if not find("Remove", buttons()) and not find("Cancel"):
            tab_to("Remove", buttons())
        press_found("Remove", buttons())
    do_until(press_remove, lambda: find("Cancel"), "what asks once more")
    seen("Paint?", "Cancel")
    looked_at("software-remove")
    press_on("Cancel", beside=REMOVE)
    wait_for(lambda: "Paint" not in seen("Install", "Disk"), "the page without it")
    looked_at("software-removed")
    assert PAINT not in command(0, "list")[0]
    close_page()
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Shared") or screen.find(screen.picture(), "Drive"), "the launcher")
    assert screen.find(screen.picture(), "Paint") is None
