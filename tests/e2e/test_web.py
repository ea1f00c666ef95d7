# SPDX-License-Identifier: Apache-2.0
"""Web apps, each packed with one command, installed, started with a click and used: two that others wrote, unmodified from npm's registry: a
to-do list that is typed into, and an editor of notebooks that shows a notification through the panel; and apps/web/tea, which reaches the system by
the web's words for location, sound, cameras, files, links and the clipboard. It is used by the keys that it names for it, and says in the log what came of
that. What each of it answers in rarer cases, tests/unit/drive_web.py has."""
import hashlib
import os
import re
import subprocess
import time

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import click, count, launch, looked_at, press, rest, side, type_text, wait_for, wait_log
from own_apps import running, start
from test_microphone import came_out, write_tone
from test_windows import BROWSER, read

DARK, PALE = 50, 30  # darker than white by so much is what one is to read, and what a page has beside that
START_SECONDS = 240  # of an engine, on an emulated machine under load
LATE_SECONDS = 60  # so much later a page has done what was typed, there
TASKS, NOTEBOOK, TEA = "org.example.todo", "org.example.notebook", "org.example.tea"
DRIVE, PHONE = "io.bulkhead.drive", "io.bulkhead.phone"
PERMISSIONS = {"location": "To say where you are.", "microphone": "To hear the kettle.", "camera": "To see the colour."}
BUTTONS = 120  # pixels of a question, from one to the next
LIST = "Green tea\nBlack tea\n"  # as the page has it
PLACE, AROUND = (47.3601, 8.5423), "6000 m of 47.375, "  # and how the page says what it may know of it


@pytest.fixture(scope="module")
def speaker(workspace):
    """What the machine's card has played, as a file."""
    return workspace / "speaker.wav"


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory, workspace, speaker):
    write_tone(workspace / "tone.wav", START_SECONDS + 30)  # a page is waited for so long that is to hear it
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "keygen", "key")
    fetched = subprocess.run([SOURCE / "apps/web/fetch", "todomvc", "starboard-notebook"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    asks = [word for name, reason in PERMISSIONS.items() for word in ("--permission", f"{name}={reason}")]
    for package, given in ((f"{fetched[0]}/examples/vanillajs", ["--name", "Todo", "--id", TASKS]),
                           (f"{fetched[1]}/dist", ["--name", "Notebook", "--id", NOTEBOOK]),
                           (SOURCE / "apps/web/tea", ["--name", "Tea", "--id", TEA, *asks])):
        os.symlink(package, folder / given[1])
        command(0, "pack", "--web", given[1], *given, "--key", "key", "-o", f"{given[1]}.bapp")
    with running(folder, {"folders/drive": {}, "camera/phone": {}, "browser": {}}, place=f"{PLACE[0]},{PLACE[1]}",
                 microphone=workspace / "tone.wav", speaker=speaker):
        for name in ("Todo", "Notebook", "Tea"):
            command(0, "install", f"{name}.bapp")
        yield
    del os.environ["BULKHEAD_CALLER"]


def start_by_click(name: str, app: str):
    logged = count(app)
    launch(name)
    wait_log("the page is there", logged, app, START_SECONDS)


def middle() -> tuple[int, int, int, int]:
    """Where a first window is."""
    width, height = machine.screen_size()
    return width // 5, height // 5, width * 4 // 5, height * 4 // 5


def read_page(darker: int = DARK) -> list[screen.Word]:
    """What is in the page, which is dark on light."""
    return screen.words(screen.picture().point(lambda value: 255 - value), middle(), lighter=darker)


def seen(pattern: str) -> bool:
    return re.search(pattern, " ".join(word.text for word in read_page()), re.IGNORECASE) is not None


def click_on(text: str):
    """A word of the page's, which may be pale."""
    click(wait_for(lambda: next((word for word in read_page(PALE) if word.text == text), None), f"{text} in the page", START_SECONDS))


def cell_of_code() -> tuple[int, int] | None:
    """Where the notebook's is, once what one types in is loaded: below its name."""
    page = {word.text: word for word in read_page(PALE)}
    return None if "Loading" in page or "JAVASCRIPT" not in page else (machine.screen_size()[0] // 2, page["JAVASCRIPT"].y + 26)


def test_a_to_do_list_is_used():
    start_by_click("Todo", TASKS)
    wait_for(lambda: seen(r"needs to be done"), "the list", START_SECONDS)
    type_text("buy some tea\n")
    wait_for(lambda: seen(r"buy some tea") and seen(r"item left"), "what was typed", START_SECONDS)
    looked_at("web-todo")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=TASKS)


def test_an_editor_notifies_through_the_panel():
    """By what is written in it."""
    start_by_click("Notebook", NOTEBOOK)
    click_on("Cell")  # adds one, for text
    click_on("MARKDOWN")
    click_on("Javascript")
    rest()
    place = wait_for(cell_of_code, "a cell for code", START_SECONDS)

    written = float("-inf")

    def notified() -> bool:
        nonlocal written
        if {"ready", "Open"} <= {word.text for word in screen.words(screen.picture(), side())}:
            return True
        if time.monotonic() - written >= LATE_SECONDS:  # what came before the click is lost, and is written again
            click(place)
            press("ctrl-a")
            type_text('new Notification("Tea is ready");')
            press("ctrl-ret")
            written = time.monotonic()
        return False
    wait_for(notified, "the notification", START_SECONDS)
    looked_at("web-notebook")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=NOTEBOOK)


# apps/web/tea.

def use(key: str, vm: str = TEA) -> int:
    """Presses what the page names this key for; how long the app's log was before, or that of `vm`."""
    since = count(vm)
    press(f"alt-{key}")
    return since


def says(pattern: str, since: int) -> str:
    """What the page says then."""
    return wait_log(f"CONSOLE LOG {pattern}", since, TEA, START_SECONDS)


def dialog() -> tuple[int, int, int, int]:
    width, height = machine.screen_size()
    return width // 4, height // 12, width * 3 // 4, height * 11 // 12


def answer(since: int, word: str, beside: int = 0) -> int:
    """Clicks on it in the system's question, or so far to the right; how long the system's log was before."""
    wait_log("question [0-9]+ takes an answer", since, "system", START_SECONDS)
    at = wait_for(lambda: screen.find(screen.picture(), word, dialog()), f"{word} to answer", START_SECONDS)
    since = count("system")
    click((at.x + beside, at.y))
    rest()
    return since


def test_tea_is_started():
    start_by_click("Tea", TEA)


def test_a_page_that_asks_for_no_more_knows_the_place_coarsely():
    told = count(TEA)
    answer(use("w", "system"), "Always")
    says(f"You are within {AROUND}", told)


def test_a_page_s_tone_comes_out_of_the_card(speaker):
    press("alt-m")
    press("ctrl-a")
    type_text("0.05")
    says("Tea is ready", use("b"))
    came_out(speaker)


def test_a_page_hears_the_microphone_when_the_person_allows_it():
    """And is told when they do not; nothing is recorded before they have answered, and that asks no second time."""
    told = count(TEA)
    wait_log("question [0-9]+ takes an answer", use("h", "system"), "system", START_SECONDS)
    assert not next(app for app in machine.status()["apps"] if app["id"] == TEA)["recording"]
    press("esc")
    says("I cannot hear: NotAllowedError", told)
    wait_for(lambda: screen.find(screen.picture(), "NotAllowedError", middle()), "the page shows it")
    looked_at("web-microphone-no")
    answer(use("h", "system"), "Only")  # this time
    says("It whistles at (9|10|11)00 Hz", told)  # 1000, but the first of it is bent on a busy machine
    wait_for(lambda: not next(app for app in machine.status()["apps"] if app["id"] == TEA)["recording"], "it has ended")


def test_a_file_is_saved_and_opened_and_a_page_printed_where_the_person_says():
    start(DRIVE)
    wait_log("^offers Shared drive", 0, DRIVE, START_SECONDS)
    kept, told = count(DRIVE), count(TEA)
    answer(answer(use("v", "system"), "Shared"), "Cancel", BUTTONS)
    wait_log(f"^Shopping list.txt {len(LIST)} {hashlib.sha256(LIST.encode()).hexdigest()}$", kept, DRIVE, START_SECONDS)
    answer(answer(use("p", "system"), "Shared"), "Cancel", BUTTONS)
    wait_log("^Tea.pdf [0-9]+ ", kept, DRIVE, START_SECONDS)
    answer(answer(use("o", "system"), "Shared"), "Shopping")
    says(f"That is Shopping list.txt, {len(LIST)} letters", told)
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=DRIVE)


def test_a_link_that_leads_out_is_another_app_s_and_what_is_copied_is_pasted_there():
    says("Copied", use("c"))
    answer(use("a", "system"), "Browser")
    wait_log(f"{BROWSER} opens https of {TEA}", 0, "system", START_SECONDS)
    read(BROWSER, "example.org/tea", START_SECONDS)
    press("ctrl-l")
    asked = count("system")
    press("ctrl-v")
    pasted = f"{TEA} is pasted into {BROWSER} \\({len(LIST)} bytes\\)"
    if "takes an answer" in wait_log(f"{pasted}|question [0-9]+ takes an answer", asked, "system"):  # a browser that looked late
        click(wait_for(lambda: screen.find(screen.picture(), "Paste", dialog()), "Paste to answer"))
    wait_log(pasted, 0, "system")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=BROWSER)


def test_a_camera_is_seen_when_the_person_allows_it():
    """Its frames are grey, each brighter than the one before."""
    start(PHONE)
    wait_log("^offers Phone on the desk", 0, PHONE, START_SECONDS)
    seen = count(TEA)
    answer(use("s", "system"), "Always")
    for first in "12":
        says(f"Its brightness is {first}[0-9]*, says Phone on the desk", seen)
    looked_at("web-camera")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=PHONE)
    says("The camera is gone", seen)
