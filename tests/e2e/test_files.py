# SPDX-License-Identifier: Apache-2.0
"""A note that is saved into another app's folder and opened from there, chosen with clicks in the system's own dialog, by real apps
on the whole machine: apps/notes writes and reads, apps/folders/drive offers the folder, and says what it holds."""
import hashlib

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from drive import START_SECONDS, click, count, do_until, in_log, looked_at, press, type_text, wait_for, wait_log
from own_apps import running, start

DRIVE, NOTES = "io.bulkhead.drive", "io.bulkhead.notes"
TEXT = "teapot\nis short and stout"
FILE = "teapot.txt"
BUTTONS = 120  # from one to the next


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    with running(tmp_path_factory.mktemp("machine"), {"folders/drive": {}, "notes": {}}):
        yield


def middle() -> tuple[int, int, int, int]:
    """Where the dialog is."""
    width, height = machine.screen_size()
    return width // 4, height // 12, width * 3 // 4, height * 11 // 12


def ready(number: int, since: int):
    """The page that came after so many lines of the log takes an answer."""
    wait_log(f"question {number} takes an answer", since, "system")


def press_on(word: str, beside: int = 0) -> int:
    """Clicks on it in the dialog, or so far to the right; where the log was before."""
    found = wait_for(lambda: screen.find(screen.picture(), word, middle()), f"{word} in the dialog")
    since = count("system")
    click((found.x + beside, found.y))
    return since


def press_main() -> int:
    """The button beside Cancel."""
    return press_on("Cancel", BUTTONS)


def held(content: str) -> str:
    """What the drive says of the file."""
    return f"^{FILE} {len(content)} {hashlib.sha256(content.encode()).hexdigest()}$"


def test_what_is_written_is_saved_in_the_folder_that_the_person_chooses():
    start(DRIVE)
    wait_log("^offers Shared drive", 0, DRIVE, START_SECONDS)
    start(NOTES)
    wait_log(f"{NOTES} connected", 0, "system", START_SECONDS)  # it reads its keyboard by then
    type_text(TEXT)
    since, told = count("system"), count(DRIVE)
    press("ctrl-s")
    ready(1, since)
    since = press_on("Shared")
    ready(1, since)
    words = screen.text(looked_at("files-save"), middle())
    for word in ("Notes", "save", "Shared", FILE):  # who, what, where, under which name
        assert word in words, words
    assert not any(line.startswith(FILE) for line in machine.log_lines(DRIVE)), "nothing was stored before"
    press_main()
    wait_log(f"^Saved as {FILE}", 0, NOTES)
    wait_log(held(TEXT), told, DRIVE)


def test_the_file_is_opened_from_there_and_replaced_after_a_yes():
    since = count("system")
    press("ctrl-o")
    ready(2, since)
    since = press_on("Shared")
    ready(2, since)
    looked_at("files-open")
    do_until(lambda: press_on(FILE), lambda: in_log("question 2: choose", since, "system"), f"{FILE} chosen")
    wait_log(f"^Opened {FILE}", 0, NOTES)
    both = f"{TEXT}\n{TEXT}"
    since, told = count("system"), count(DRIVE)
    press("ctrl-s")
    ready(3, since)
    since = press_on("Shared")
    ready(3, since)
    since = press_main()
    ready(3, since)
    assert "already" in screen.text(looked_at("files-replace"), middle())
    press_main()
    wait_log(held(both), told, DRIVE)
    looked_at("files-replaced")
