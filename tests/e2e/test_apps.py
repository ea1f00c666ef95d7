# SPDX-License-Identifier: Apache-2.0
"""The apps of apps/, each as a stranger ships it: packed with one command of what its folder holds, signed, installed on a machine that came
without apps, started from the launcher by a click, seen doing its own job, ended by its power button. Those with a window draw it anew in
another size. The small app in each language is test_languages.py's, other guests are test_guests.py's, and web apps test_web.py's."""
import dataclasses
import json
import os
import re
import time

import machine
import pytest
import screen
from commands import command
from conftest import SOURCE
from drive import START_SECONDS, TOAST_SECONDS, click, count, do_until, launch, looked_at, notified, press, rest, side, type_text, wait_for, wait_log
from own_apps import running
from test_windows import TERMINAL, TITLE, Window, has_drawn, is_focused, read, seen

FAINT = 120  # lighter than this is the title, behind the name
AGAIN = 10  # seconds after which a dialog that still stands there has not heard
MOVED = 8  # pixels by which a word may be elsewhere in a window that is larger: it was not stretched


@dataclasses.dataclass
class App:
    folder: str  # in apps/

    def __post_init__(self):
        manifest = json.loads((SOURCE / "apps" / self.folder / "manifest.json").read_text())
        self.id, self.name = manifest["id"], manifest["name"]
        self.told = self.asked = 0  # how long its log was, and the system's, before it was started

    def install(self) -> "App":
        """As its folder is."""
        bundle = f"{self.id}.bapp"
        command(0, "pack", os.path.relpath(SOURCE / "apps" / self.folder, os.environ["BULKHEAD_CALLER"]), "--key", "key", "-o", bundle)
        assert "is installed" in command(0, "install", bundle)[0]
        return self

    def start(self):
        """By a click."""
        self.told, self.asked = count(self.id), count("system")
        launch(self.name)

    def says(self, pattern: str) -> str:
        """A line of its log, since it was started."""
        return wait_log(pattern, self.told, self.id, START_SECONDS)

    def end(self):
        """It obeys its power button: it is not killed."""
        machine.debug().call("io.bulkhead.Hypervisor.Stop", id=self.id, patient=True)  # ten seconds may be few
        self.has_ended()

    def has_ended(self):
        found = wait_for(lambda: next((one for one in machine.debug().call("io.bulkhead.Hypervisor.List")["apps"]
                                       if one["id"] == self.id and one["state"] == "stopped"), None), f"the end of {self.name}")
        assert found["ended"] == "the guest powered off"
        wait_for(lambda: screen.find(screen.picture(), self.name) is None, f"nothing of {self.name} on the screen")


def allow(app: App):
    """The person lets it, in the system's dialog, which says who asks."""
    wait_log("question [0-9]+ takes an answer", app.asked, "system", START_SECONDS)
    always = wait_for(lambda: screen.find(screen.picture(), "Always"), "the answers to choose from")
    assert app.name in screen.text(screen.picture())
    click(always)
    rest()
    wait_for(lambda: screen.find(screen.picture(), "Always") is None, "the dialog gone")


def opened(app: App):
    app.start()
    wait_for(lambda: is_focused(app.id) and has_drawn(app.id), f"the window of {app.name}", START_SECONDS)


def offset(app: App, word: str) -> tuple[int, int] | None:
    """Where a word stands within the window."""
    image = screen.picture()
    try:
        at = Window(app.id, image)
    except (AssertionError, IndexError):
        return None  # it is on its way
    dark = image.crop(at.content).point(lambda value: 255 - value) if app.id != TERMINAL else image.crop(at.content)
    found = screen.find(dark, word)
    return found and (found.left, found.y)


def grows(app: App, word: str):
    """It fills the screen then, and draws for that: what it shows is where it was, as large as it was."""
    before = wait_for(lambda: offset(app, word), f"{word} in {app.name}")
    width = machine.screen_size()[0]
    press("meta_l-up")
    wait_for(lambda: seen(app.id, lambda _, at: at.right - at.left > width - 20), "the window as wide as the screen")
    wait_for(lambda: (now := offset(app, word)) and all(abs(a - b) <= MOVED for a, b in zip(now, before)), f"{word} as it was", START_SECONDS)
    looked_at(f"apps-{app.name.lower()}")


def terminal(app: App):
    opened(app)
    type_text("echo big$((6*7))wall\n")
    read(app.id, "big42wall")
    grows(app, "big42wall")
    app.end()


def titled(app: App, name: str) -> bool:
    """Its window has that file, as it is on the disk."""
    def stands(image, at) -> bool:
        bar = (at.left, at.top, at.right, at.top + TITLE)
        return any(word.text == name for word in screen.words(image, bar, lighter=FAINT))
    return seen(app.id, stands)


def answered(app: App, name: str, choose=lambda: None):
    """The editor's dialog for files, by return, which it loses now and then just after a name was typed or chosen: whoever sees it stay tries again."""
    pressed = 0.0

    def has_it() -> bool:
        nonlocal pressed
        if titled(app, name):
            return True
        if time.monotonic() > pressed + AGAIN:
            if stays := not pressed or screen.find(screen.picture(), "Locations"):
                choose()
            press("ret" if stays else "ctrl-s")  # a return too many is in the file
            pressed = time.monotonic()
        return False
    wait_for(has_it, f"{name} in the editor", START_SECONDS)


def editor(app: App):
    """What it saved is there when it is started again."""
    opened(app)
    type_text("Bulkhead keeps apps apart")
    read(app.id, "Bulkhead keeps apps apart")
    grows(app, "Bulkhead")
    press("ctrl-s")
    read(app.id, "Coding")  # below what the dialog asks for
    type_text("/data/apart.txt")
    read(app.id, "/data/apart")
    answered(app, "apart.txt")
    app.end()
    opened(app)
    press("ctrl-o")
    answered(app, "apart.txt", lambda: click(wait_for(lambda: screen.find(screen.picture(), "apart.txt"), "it is in the editor's home")))
    read(app.id, "Bulkhead keeps apps apart")
    app.end()


def browser(app: App):
    """It shows a page, and the one behind its link."""
    opened(app)
    read(app.id, "This page is shown by NetSurf", START_SECONDS)
    grows(app, "NetSurf")
    do_until(lambda: click(wait_for(lambda: screen.find(screen.picture().point(lambda value: 255 - value), "second"), "the link")),
             lambda: seen(app.id, lambda image, at: "The second page" in screen.text(image, at.content)), "the second page")
    app.end()


def notes(app: App):
    """What was written is there when it is started again."""
    opened(app)
    type_text("kept apart")
    read(app.id, "kept apart")
    grows(app, "kept")
    app.end()
    opened(app)
    read(app.id, "kept apart")
    app.end()


def timer(app: App):
    app.start()
    notified("Timer", "Again", "Done")
    asked = count(app.id)
    click(wait_for(lambda: screen.find(screen.picture(), "Again", side()), "its button"))
    wait_log("-> .*Notification.Post", asked, app.id, START_SECONDS)
    app.end()


def copy(app: App):
    app.start()
    app.says("^asks")
    click(wait_for(lambda: screen.find(screen.picture(), "Keep", side()), "its question"))
    app.says("^the copy is /tmp/python3$")
    app.end()


def encode(app: App):
    app.start()
    app.says("^encodes h264 software")
    app.says("^encoded$")
    app.has_ended()


def mirror(app: App):
    phone = App("camera/phone").install()
    phone.start()
    phone.says("^offers Phone on the desk")
    app.start()
    allow(app)
    app.says("^sees Phone on the desk: GREY 160x120, 19200 bytes a frame, 3 different")
    app.end()
    phone.says("^rests")
    phone.end()


def weather(app: App):
    """It may know the place coarsely alone, which another app knows exactly."""
    beacon = App("location/beacon").install()
    beacon.start()
    allow(beacon)
    app.start()
    allow(app)
    beacon.says("^is asked, and says")
    app.says(r"^is at 47\.37500 [0-9.]+ within 6000 m$")
    app.end()
    beacon.end()


def backup(app: App):
    """What it keeps in the drive's folder is what the drive has, byte for byte."""
    drive = App("folders/drive").install()
    drive.start()
    drive.says("^offers Shared drive")
    app.start()
    allow(app)
    size, digest = re.match(r"kept (\d+) bytes, sha256 ([0-9a-f]{64})", app.says("^kept")).groups()
    drive.says(f"^backup {size} {digest}$")
    app.says("^read back as it was")
    app.has_ended()
    drive.end()


JOBS = {"terminal": terminal, "editor": editor, "browser": browser, "notes": notes, "timer": timer, "notification/copy": copy, "video/encode": encode,
        "camera/mirror": mirror, "location/weather": weather, "folders/backup": backup}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "keygen", "key")
    with running(folder, {}, toast_seconds=TOAST_SECONDS):
        yield
    del os.environ["BULKHEAD_CALLER"]


@pytest.mark.parametrize("folder", JOBS)
def test_an_app_does_its_job(folder):
    JOBS[folder](App(folder).install())
