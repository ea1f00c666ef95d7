# SPDX-License-Identifier: Apache-2.0
"""What a bundle's way is on a person's machine: installed, started from the launcher by a click, seen doing its job, stopped, removed."""
import contextlib
import dataclasses
import os

import machine
import screen
from commands import command
from drive import BAR, START_SECONDS, TOAST_SECONDS, click, count, launch, notified, side, wait_for, wait_log
from own_apps import running


@dataclasses.dataclass
class Shipped:
    """An app, and by which words it is known."""
    app: str  # its id
    launcher: str
    posts: str  # of its first notification
    button: str  # of that one
    then: str  # of the one that follows when the button is pressed
    window: str = ""  # what stands there once it speaks to the system; without one it has no window

    @property
    def bundle(self) -> str:
        return f"{self.app}.bapp"


@contextlib.contextmanager
def shop(folder, folders: list[tuple[Shipped, str]]):
    """A machine that came without apps, beside signed bundles that are made of these folders in `folder`."""
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "keygen", "key")
    for shipped, name in folders:
        command(0, "pack", name, "--key", "key", "-o", shipped.bundle)
    with running(folder, {}, toast_seconds=TOAST_SECONDS):
        yield
    del os.environ["BULKHEAD_CALLER"]


def find(text: str, box: tuple[int, int, int, int]) -> screen.Word | None:
    return screen.find(screen.picture(), text, box)


def beside() -> tuple[int, int, int, int]:
    """The screen without the panel, and without where notifications are."""
    return 0, BAR, side()[0], machine.screen_size()[1]


def install_and_start(shipped: Shipped):
    """It has said what it says first, in its window and in a notification."""
    assert "is installed" in command(0, "install", shipped.bundle)[0]
    logged = count("system")
    launch(shipped.launcher)
    wait_log(f"{shipped.app} connected", logged, "system", START_SECONDS)
    notified(shipped.posts, shipped.button)
    if shipped.window:
        wait_for(lambda: find(shipped.window, beside()), "what is in its window", START_SECONDS)


def answer(shipped: Shipped):
    """Presses the notification's button, and sees what the app says to that."""
    click(wait_for(lambda: find(shipped.button, side()), "its button"))
    wait_for(lambda: find(shipped.then, side()), "what it says to the button", START_SECONDS)
    screen.keep(screen.picture(), shipped.app)


def stop_and_remove(shipped: Shipped):
    """It ends by its power button, which it obeys: it is not killed."""
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=shipped.app, patient=True)  # ten seconds may be few
    found = wait_for(lambda: next((one for one in machine.debug().call("io.bulkhead.Hypervisor.List")["apps"]
                                   if one["id"] == shipped.app and one["state"] == "stopped"), None), f"the end of {shipped.app}")
    assert found["ended"] == "the guest powered off"
    assert "is removed" in command(0, "remove", shipped.app)[0]
