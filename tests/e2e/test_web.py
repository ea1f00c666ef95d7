# SPDX-License-Identifier: Apache-2.0
"""Web apps, each packed with one command, installed, started with a click and used: two that others wrote, unmodified from npm's registry, of
which one is a to-do list that is typed into, and one notifies through the panel; and apps/web/tea, which reaches all of the system that
the web has words for: clipboard, files, location, links, sound, microphone, cameras. How each answers, tests/unit/drive_web.py has."""
import array
import hashlib
import math
import os
import re
import struct
import subprocess
import wave

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import click, count, launch, looked_at, press, rest, side, type_text, wait_for, wait_log
from own_apps import running, start
from test_windows import BROWSER, TERMINAL, has_drawn, is_focused, read

DARK = 50  # darker than white by so much is what one is to read
START_SECONDS = 240  # of an engine, on an emulated machine under load
TASKS, NOTIFIER, TEA = "org.example.todo", "org.example.notifier", "org.example.tea"
DRIVE, PHONE = "io.bulkhead.drive", "io.bulkhead.phone"
BUTTONS = 120  # from one to the next
PERMISSIONS = {"location": "To say where you are.", "microphone": "To hear the kettle.", "camera": "To see the colour."}
LIST = "Green tea\nBlack tea\n"  # as the page has it
PLACE = (47.3601, 8.5423)
TONE_SECONDS, WHISTLE, CHIME = 400, 1000, 500  # Hz: what the machine's microphone hears, and what the page plays
RATE, WAV_HEADER, LOUD = 48000, 44, 4000


def whistle(path: os.PathLike):
    period = b"".join(struct.pack("<2h", *2 * [round(12000 * math.sin(2 * math.pi * at / (RATE // WHISTLE)))]) for at in range(RATE // WHISTLE))
    with wave.open(os.fspath(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", None))
        file.writeframes(TONE_SECONDS * WHISTLE * period)


@pytest.fixture(scope="module")
def speaker(workspace):
    """What the machine's card has played, as a file."""
    return workspace / "web-speaker.wav"


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory, speaker):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "keygen", "key")
    fetched = subprocess.run([SOURCE / "apps/web/fetch", "todomvc", "notifyjs"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    asks = [word for name, reason in PERMISSIONS.items() for word in ("--permission", f"{name}={reason}")]
    for package, given in ((f"{fetched[0]}/examples/vanillajs", ["--name", "Todo", "--id", TASKS]),
                           (fetched[1], ["--name", "Notifier", "--id", NOTIFIER, "--start", "example/index.html"]),
                           (SOURCE / "apps/web/tea", ["--name", "Tea", "--id", TEA, *asks])):
        os.symlink(package, folder / given[1])
        command(0, "pack", "--web", given[1], *given, "--key", "key", "-o", f"{given[1]}.bapp")
    whistle(folder / "whistle.wav")
    with running(folder, {"folders/drive": {}, "camera/phone": {}, "terminal": {}, "browser": {}}, microphone=folder / "whistle.wav", speaker=speaker,
                 place=f"{PLACE[0]},{PLACE[1]}"):
        for name in ("Todo", "Notifier", "Tea"):
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


def seen(pattern: str) -> bool:
    """In the page, which is dark on light, and pale where it says what to do."""
    page = screen.picture().crop(middle()).point(lambda value: 255 - value)
    return re.search(pattern, " ".join(word.text for word in screen.words(page, lighter=DARK)), re.IGNORECASE) is not None


def button(name: str) -> screen.Word | None:
    """A word of the page's."""
    return screen.find(screen.picture().point(lambda value: 255 - value), name, middle())


def test_a_to_do_list_is_used():
    start_by_click("Todo", TASKS)
    wait_for(lambda: seen(r"needs to be done"), "the list", START_SECONDS)
    type_text("buy some tea\n")
    wait_for(lambda: seen(r"buy some tea") and seen(r"item left"), "what was typed", START_SECONDS)
    looked_at("web-todo")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=TASKS)


def test_a_page_notifies_through_the_panel():
    start_by_click("Notifier", NOTIFIER)
    logged = count(NOTIFIER)
    click(wait_for(lambda: button("Notify"), "its button", START_SECONDS))
    wait_for(lambda: {"awesome", "notification"} <= {word.text for word in screen.words(screen.picture(), side())}, "the notification", START_SECONDS)
    looked_at("web-notifier")
    wait_log("notification is shown!", logged, NOTIFIER, START_SECONDS)
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=NOTIFIER)


# apps/web/tea. Its window has the whole screen.

def page() -> tuple[int, int, int, int]:
    width, height = machine.screen_size()
    return 0, 80, width, height


def on_page(*words: str) -> bool:
    """What is light on dark, and what is dark on light."""
    image = screen.picture()
    found = " ".join(word.text for picture in (image, negative(image)) for word in screen.words(picture, page()))
    return all(word in found for word in words)


def negative(image):
    return image.point(lambda value: 255 - value)


def says(*words: str):
    wait_for(lambda: on_page(*words), f"{words} on the page", START_SECONDS)


def press_on(word: str) -> int:
    """Clicks on it on the page; how long the system's log was before."""
    def find() -> screen.Word | None:
        image = screen.picture()
        return screen.find(image, word, page()) or screen.find(negative(image), word, page())
    at = wait_for(find, f"{word} on the page")
    since = count("system")
    click(at)
    rest()
    return since


def dialog() -> tuple[int, int, int, int]:
    width, height = machine.screen_size()
    return width // 4, height // 12, width * 3 // 4, height * 11 // 12


def ready(since: int):
    """The system asks, and takes an answer."""
    wait_log("question [0-9]+ takes an answer", since, "system", START_SECONDS)


def answer(since: int, word: str, beside: int = 0) -> int:
    """Clicks on it in the system's question, or so far to the right; how long the system's log was before."""
    ready(since)
    at = wait_for(lambda: screen.find(screen.picture(), word, dialog()), f"{word} to answer", START_SECONDS)
    since = count("system")
    click((at.x + beside, at.y))
    rest()
    return since


def test_tea_is_started():
    start_by_click("Tea", TEA)
    press("meta_l-up")
    says("kettle", "Brew", "Copy")
    looked_at("web-tea")


def test_what_a_page_copies_is_pasted_elsewhere():
    press_on("Copy")
    says("Copied")
    start(TERMINAL)
    wait_for(lambda: is_focused(TERMINAL) and has_drawn(TERMINAL), "the terminal on top", START_SECONDS)
    logged = count()
    type_text("echo ")
    press("ctrl-shift-v")
    wait_log("pasted: Tea -> Terminal: text/plain", logged)
    read(TERMINAL, "echo Green tea")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=TERMINAL)


def test_a_file_is_saved_and_opened_where_the_person_says():
    start(DRIVE)
    wait_log("^offers Shared drive", 0, DRIVE, START_SECONDS)
    told = count(DRIVE)
    answer(answer(press_on("Save"), "Shared"), "Cancel", BUTTONS)
    wait_log(f"^Shopping list.txt {len(LIST)} {hashlib.sha256(LIST.encode()).hexdigest()}$", told, DRIVE, START_SECONDS)
    answer(answer(press_on("Open"), "Shared"), "Shopping")
    says("That is Shopping list.txt")
    looked_at("web-opened")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=DRIVE)


def test_a_page_that_asks_for_no_more_knows_the_place_coarsely():
    answer(press_on("Where"), "Always")
    says("6000", "47.375")


def test_the_microphone_is_silent_until_the_person_allows_it():
    since = press_on("Hear")
    ready(since)
    says("nothing")
    looked_at("web-microphone")
    answer(since, "Always")
    says(f"{WHISTLE} Hz")


def test_a_camera_is_seen_when_the_person_allows_it():
    start(PHONE)
    wait_log("^offers Phone on the desk", 0, PHONE, START_SECONDS)
    answer(press_on("See"), "Always")
    says("Phone on the desk")
    looked_at("web-camera")
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=PHONE)


def played(path) -> int:
    """How many waves of the chime's length the card has played."""
    data = path.read_bytes()[WAV_HEADER:]
    rises, below = [], False
    for at, sample in enumerate(array.array("h", data[:len(data) // 4 * 4])[::2]):
        if sample > LOUD and below:
            rises.append(at)
        below = sample < -LOUD or (below and sample <= LOUD)
    return sum(abs(other - one - RATE // CHIME) <= 2 for one, other in zip(rises, rises[1:]))


def test_what_a_page_plays_comes_out_of_the_card(speaker):
    at = wait_for(lambda: screen.find(negative(screen.picture()), "Minutes", page()) or screen.find(screen.picture(), "Minutes", page()), "its field")
    click((at.x + 100, at.y))
    press("ctrl-a")
    type_text("0.05\n")
    press_on("Brew")
    wait_for(lambda: {"Tea", "ready"} <= {word.text for word in screen.words(screen.picture(), side())}, "the notification", START_SECONDS)
    wait_for(lambda: played(speaker) > CHIME / 2, "half a second of its tone", START_SECONDS)


def test_a_link_that_leads_out_is_another_apps():
    answer(press_on("About"), "Browser")
    wait_log(f"{BROWSER} opens https of {TEA}", 0, "system", START_SECONDS)
    read(BROWSER, "example.org/tea", START_SECONDS)
    looked_at("web-link")
