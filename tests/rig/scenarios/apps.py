# SPDX-License-Identifier: Apache-2.0
"""Each app with a window in a VM of its own, its display plugged into a screen of ours: it draws, it takes what is typed,
it follows the screen's size, it ends when the power button is pressed. Pictures go out for the test to read."""
import base64
import glob
import json
import os
import sys
import time

from display import Display
from lab import POWER_BUTTON, Vm, check

CMDLINE = "console=hvc0 quiet loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs init=/sbin/bk-guest-init"
TYPED = {"terminal": "echo big$((6*7))wall\n", "editor": "Bulkhead keeps apps apart", "notes": "Bulkhead keeps apps apart",
         "browser": ""}
LARGE, SMALL = (1280, 800), (1003, 701)
SETTLED = 3.0  # seconds without a frame: what comes in steps, a page or a dialog, is there by then


def show(name: str, display: Display):
    """Sends the picture out with the report."""
    print(f"file {name}.png {base64.b64encode(display.shown.png()).decode()}", flush=True)


def size(display: Display) -> tuple[int, int]:
    return (display.shown.width, display.shown.height) if display.shown else (0, 0)


def draws(app: str, display: Display, began: float):
    display.wait(lambda: size(display) == LARGE, "a frame", 90)
    print(f"note {app}: first frame after {time.monotonic() - began:.1f} s", flush=True)
    display.wait_drawn(timeout=90)
    print(f"note {app}: drawn after {time.monotonic() - began:.1f} s", flush=True)
    display.wait_still(SETTLED)
    show(f"{app}-start", display)


def takes_what_is_typed(app: str, display: Display):
    """A letter at a time, as a person would: the next when the one before is to be seen."""
    display.move(300, 200)
    for letter in TYPED[app]:
        frames = display.frames
        display.type(letter)
        display.wait(lambda: display.frames > frames, f"a frame after {letter!r}", 20)
    display.wait_still()
    show(f"{app}-typed", display)


def follows_the_size(app: str, display: Display):
    display.configure(*SMALL)
    display.wait(lambda: size(display) == SMALL, f"a frame of {SMALL}", 30)
    display.wait_still()
    show(f"{app}-small", display)


def ends_when_asked(app: str, vm: Vm, display: Display):
    frames = display.frames
    vm.send(POWER_BUTTON)
    if app == "editor":  # it has text that is saved nowhere, and asks the person; they say no
        display.wait(lambda: display.frames > frames, "a question", 30)
        display.wait_still(SETTLED)
        show("editor-asks", display)
        display.key("n", "alt")
    assert vm.wait(30) == 0, f"status {vm.process.returncode}"


def run(app: str):
    with open(f"/work/apps/{app}/manifest.json") as manifest:
        memory = json.load(manifest)["memory"]
    began = time.monotonic()
    vm = Vm("--kernel", "/work/vmlinux", "--disk", f"/work/apps/{app}/root.erofs,ro", "--memory", str(memory), "--cpus", "1",
            "--serial", "none", "--rng", "--display", "1280x800", "--on-reset", "exit", "--cmdline", CMDLINE, name=app)
    try:
        display = Display(vm, *LARGE)
        check(f"{app} draws", draws, app, display, began)
        if display.ended:
            return
        if TYPED[app]:
            check(f"{app} takes what is typed", takes_what_is_typed, app, display)
        check(f"{app} follows the size", follows_the_size, app, display)
        check(f"{app} ends when asked", ends_when_asked, app, vm, display)
        print(f"note {app}: {display.frames} frames, {display.cursors} cursors", flush=True)
    finally:
        vm.kill()
        print(*(f"# {app}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)


for folder in sorted(glob.glob("/work/apps/*")):
    if not sys.argv[1:] or os.path.basename(folder) in sys.argv[1:]:
        run(os.path.basename(folder))
