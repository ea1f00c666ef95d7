# SPDX-License-Identifier: Apache-2.0
"""Driving the machine as a person does, and waiting for what it does then: what the tests of the whole machine share.
Places are pixels of a screenshot, or a word that was found in one."""
import re
import time

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from qmp import keys_of

PATIENCE = START_SECONDS = 120  # for an emulated machine under load, on which an app, or the System VM, starts in that
TOAST_SECONDS = 60  # for a notification that is to be there when it is looked for: it goes after eight
AGAIN_SECONDS, TRIES = 20, 4  # until something must have come of a click, and how often it is done
BAR = 40  # height of the panel
LAUNCHER_WIDTH = 688  # its height is less
SENSOR = (0x4F, 0xD6, 0x9C)  # the colour of the panel's mark, which nothing else on the desktop has


def within(seconds: float, condition):
    """What the condition gives, or None after so long, or when the machine has ended."""
    deadline = time.monotonic() + seconds
    while (began := time.monotonic()) < deadline:
        if answer := condition():
            return answer
        if machine.qemu_pid() is None:
            return None
        time.sleep(max(0.3, (time.monotonic() - began) / 2))  # who looks all the time leaves the machine half a processor
    return None


def wait_for(condition, what: str, seconds: float = PATIENCE):
    if answer := within(seconds, condition):
        return answer
    if machine.qemu_pid() is None:
        pytest.fail(f"the machine ended while waiting for {what}" + last_words())
    screen.keep(screen.picture(), "failed")
    pytest.fail(f"{what} did not happen within {seconds} s ({conftest.FILES}/failed.png)" + last_words())


def last_words() -> str:
    return "; the log ends:\n" + "\n".join(machine.log_lines(None)[-25:])


def do_until(act, came, what: str):
    """Does it, and again whenever nothing came of it for a while: an app that stands still under load loses a click, and a person tries again."""
    for _ in range(TRIES - 1):
        act()
        if answer := within(AGAIN_SECONDS, came):
            return answer
    act()
    return wait_for(came, what, AGAIN_SECONDS)


def in_log(pattern: str, since: int, vm: str | None = None) -> str | None:
    """The first line after `since` lines of the log (of one VM) that matches."""
    return next((line for line in machine.log_lines(vm)[since:] if re.search(pattern, line)), None)


def wait_log(pattern: str, since: int, vm: str | None = None, seconds: float = PATIENCE) -> str:
    return wait_for(lambda: in_log(pattern, since, vm), f"a log line {pattern!r}" + (f" of {vm}" if vm else ""), seconds)


def looked_at(name: str):
    """The screen as it is now, kept for a person."""
    picture = screen.picture()
    screen.keep(picture, name)
    return picture


def count(vm: str | None = None) -> int:
    return len(machine.log_lines(vm))


def side() -> tuple[int, int, int, int]:
    """Where toasts and the panel's list are on a desktop."""
    width, height = machine.screen_size()
    return width * 6 // 10, 40, width, height // 2


def notified(*words: str):
    """Waits until all of them stand where toasts do, in one picture."""
    wait_for(lambda: set(words) <= {word.text.strip(".,:;") for word in screen.words(screen.picture(), side())}, f"{words} in a notification", START_SECONDS)


def place(at: screen.Word | tuple[int, int]) -> tuple[int, int]:
    return (at.x, at.y) if isinstance(at, screen.Word) else at


def click(at, button: str = "left"):
    machine.hand().click(place(at), button)


def drag(start, end, **how):
    machine.hand().drag(place(start), place(end), **how)


def tap(at, **how):
    machine.hand().tap(place(at), **how)


def swipe(start, end, **how):
    machine.hand().swipe(place(start), place(end), **how)


def rotate(degrees: int):
    machine.debug().call("io.bulkhead.Debug.Rotate", degrees=degrees)


def mark(top: int = 0, bottom: int = BAR) -> tuple[int, int] | None:
    """Where the panel, or what is between these heights, says that something is in use."""
    picture = screen.picture()
    return screen.find_colour(picture, SENSOR, (0, top, picture.width, bottom))


def rest():
    """Puts the pointer where it lights nothing up: at the left edge, near the bottom."""
    height = machine.screen_size()[1]  # before there is a hand: QEMU's monitor listens to one at a time
    machine.hand().point((0, height - 3))


def press(name: str):
    """A key, or several together: ret, alt-tab."""
    machine.qmp().press(name.split("-"))


def in_launcher(name: str) -> screen.Word | None:
    """Where this app is in a desktop's launcher, once that is open: Settings is in it too, and what a window or a notification says is none."""
    width, height = machine.screen_size()
    found = screen.words(screen.picture(), (width // 2 - LAUNCHER_WIDTH // 2, height // 2 - 140, width // 2 + LAUNCHER_WIDTH // 2, height // 2 + 230))
    named = {word.text.strip(".,:;"): word for word in reversed(found)}
    return named.get(name) if "Settings" in named else None


def launch(name: str):
    """Starts an app by a click in the launcher."""
    press("meta_l")
    click(wait_for(lambda: in_launcher(name), f"{name} in the launcher"))


def type_text(text: str):
    """As fast as a person does."""
    for character in text:
        machine.qmp().press(keys_of(character))
        time.sleep(0.1)
