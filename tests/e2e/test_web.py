# SPDX-License-Identifier: Apache-2.0
"""Web apps, each packed with one command, installed, started with a click and used: two that others wrote, unmodified from npm's registry, of
which one is a to-do list that is typed into, and one notifies through the panel; and apps/web/tea, which asks for all of the system that
the web has words for. How each of that answers, tests/unit/drive_web.py has, with the real broker and a played desktop."""
import os
import re
import subprocess

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import click, count, launch, looked_at, press, side, type_text, wait_for, wait_log
from own_apps import running

DARK = 50  # darker than white by so much is what one is to read
START_SECONDS = 240  # of an engine, on an emulated machine under load
TASKS, NOTIFIER, TEA = "org.example.todo", "org.example.notifier", "org.example.tea"
PERMISSIONS = {"location": "To say where you are.", "microphone": "To hear the kettle.", "camera": "To see the colour."}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
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
    with running(folder, {}):
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


def test_tea_is_started():
    start_by_click("Tea", TEA)
    press("meta_l-up")
    says("kettle", "Brew", "Copy")
    looked_at("web-tea")
