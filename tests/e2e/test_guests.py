# SPDX-License-Identifier: Apache-2.0
"""Guests of other kinds than the provided Linux, each as a stranger ships it: packed and signed, installed on the running machine, started
from the launcher by a click, seen doing its job, stopped and removed. docs/guests says what they are."""
import dataclasses
import os
import pathlib
import shutil
import subprocess

import machine
import pytest
import screen
from commands import command
from conftest import BUILD, SOURCE
from drive import BAR, click, count, press, side, wait_for, wait_log
from own_apps import running

START_SECONDS = 120  # of a guest, on an emulated machine under load


@dataclasses.dataclass
class Guest:
    app: str
    name: str  # as the launcher has it
    window: str  # a word that stands in its window once it speaks to the system; without one it has no window
    posts: str  # a word of its first notification
    button: str  # of that one
    then: str  # a word of the next one
    made: str = ""
    make: str = ""

    def make_folder(self, target: pathlib.Path):
        """What `bulkhead pack` takes: what was made where all is compiled, or what its own program makes."""
        if self.make:
            subprocess.run([SOURCE / self.make, target], check=True)
        else:
            shutil.copytree(BUILD / self.made, target, ignore=shutil.ignore_patterns("*.p"))


GUESTS = {
    "bare": Guest("io.bulkhead.bare", "Bare", "Bulkhead", "metal", "Wave", "times", made="apps/bare/c"),
    "lua": Guest("io.bulkhead.bare.lua", "Sunflower", "Bulkhead", "Lua", "Grow", "Now", made="apps/bare/lua"),
    "alpine": Guest("io.bulkhead.linux.alpine", "Small", "", "Hello", "Again", "pressed", make="apps/linux/alpine/make"),
    "debian": Guest("io.bulkhead.linux.debian", "Debian", "Bulkhead", "packed", "Which", "Linux", make="apps/linux/debian/make"),
}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "keygen", "key")
    for kind, guest in GUESTS.items():
        guest.make_folder(folder / kind)
        command(0, "pack", kind, "--key", "key", "-o", f"{kind}.bapp")
    with running(folder, {}):
        yield
    del os.environ["BULKHEAD_CALLER"]


def find(text: str, box: tuple[int, int, int, int]) -> screen.Word | None:
    return screen.find(screen.picture(), text, box)


def beside() -> tuple[int, int, int, int]:
    """The screen without the panel, and without where notifications are."""
    return 0, BAR, side()[0], machine.screen_size()[1]


@pytest.mark.parametrize("kind", GUESTS)
def test_a_guest(kind):
    guest = GUESTS[kind]
    assert "is installed" in command(0, "install", f"{kind}.bapp")[0]
    logged = count("system")
    press("meta_l")
    click(wait_for(lambda: screen.find(screen.picture(), guest.name), f"{guest.name} in the launcher"))
    wait_log(f"{guest.app} connected", logged, "system", START_SECONDS)
    button = wait_for(lambda: find(guest.posts, side()) and find(guest.button, side()), "its notification", START_SECONDS)
    if guest.window:
        wait_for(lambda: find(guest.window, beside()), "what is in its window", START_SECONDS)
    screen.keep(screen.picture(), f"guest-{kind}")
    click(button)
    wait_for(lambda: find(guest.then, side()), "what it says to the button", START_SECONDS)
    screen.keep(screen.picture(), f"guest-{kind}-answered")
    if kind == "bare":
        assert "bare: ready" in command(0, "logs", guest.app)[0]
    stop(guest.app)
    assert "is removed" in command(0, "remove", guest.app)[0]


def stop(app: str):
    """By its power button, which it obeys: it is not killed."""
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=app)
    found = wait_for(lambda: next((one for one in machine.debug().call("io.bulkhead.Hypervisor.List")["apps"]
                                   if one["id"] == app and one["state"] == "stopped"), None), f"the end of {app}")
    assert found["ended"] == "the guest powered off"
