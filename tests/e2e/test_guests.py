# SPDX-License-Identifier: Apache-2.0
"""Guests of other kinds than the provided Linux, each as a stranger ships it: packed and signed, installed on the running machine, started
from the launcher by a click, seen doing its job, stopped and removed. docs/guests says what they are."""
import shutil
import subprocess

import machine
import pytest
import screen
from commands import command
from conftest import BUILD, SOURCE
from drive import START_SECONDS, click, count, press, type_text, wait_for, wait_log
from journey import Shipped, answer, beside, find, install_and_start, shop, stop_and_remove

BARE = Shipped("io.bulkhead.bare", "Bare", "metal", "Wave", "times", window="Bulkhead")
LUA = Shipped("io.bulkhead.bare.lua", "Sunflower", "Lua", "Grow", "Now", window="Bulkhead")
ALPINE = Shipped("io.bulkhead.linux.alpine", "Small", "Hello", "Again", "pressed")
DEBIAN = Shipped("io.bulkhead.linux.debian", "Debian", "packed", "Which", "Linux", window="Bulkhead")


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    for name in ("bare/c", "bare/lua"):
        shutil.copytree(BUILD / "apps" / name, folder / name, ignore=shutil.ignore_patterns("*.p"))
    for name in ("linux/alpine", "linux/debian"):
        subprocess.run([SOURCE / "apps" / name / "make", folder / name], check=True)
    with shop(folder, [(BARE, "bare/c"), (LUA, "bare/lua"), (ALPINE, "linux/alpine"), (DEBIAN, "linux/debian")]):
        yield


def test_no_os_at_all():
    install_and_start(BARE)
    assert "bare: ready" in command(0, "logs", BARE.app)[0]
    answer(BARE)
    for what in (lambda: click(wait_for(lambda: find("Notify", beside()), "the button in its window")), lambda: press("ret")):
        logged = count("system")
        what()
        wait_log(f"{BARE.app} posted notification", logged, "system")
    logged = count("system")
    machine.debug().call("io.bulkhead.Debug.Console", vm="system", line="kill bk-broker")
    wait_log("bk-init: bk-broker ended: signal 9", logged, "system")
    wait_log(f"{BARE.app} posted notification 1", logged, "system", START_SECONDS)  # it found the new one
    stop_and_remove(BARE)


def test_lua_and_nothing_below():
    install_and_start(LUA)
    answer(LUA)
    stop_and_remove(LUA)


def test_another_userland():
    install_and_start(ALPINE)
    assert "musl and busybox on Linux" in command(0, "logs", ALPINE.app)[0]
    answer(ALPINE)
    stop_and_remove(ALPINE)


def test_another_kernel():
    install_and_start(DEBIAN)
    answer(DEBIAN)
    type_text("echo typed$((6*7))")
    press("ret")
    wait_for(lambda: find("typed42", beside()), "what its shell says", START_SECONDS)
    screen.keep(screen.picture(), "guest-debian-typed")
    # It reboots, and starts again in its place; nobody is told of a crash.
    logged, all_logged = count("system"), count()
    type_text("reboot -f")
    press("ret")
    wait_log(rf"bk-vmm\[{DEBIAN.app}\]: the guest starts again", all_logged)
    wait_log(f"{DEBIAN.app} connected", logged, "system", START_SECONDS)
    wait_for(lambda: find(DEBIAN.window, beside()) and not find("typed42", beside()), "its window as at first", START_SECONDS)
    assert not any("crashed" in line for line in machine.log_lines("system")[logged:])
    stop_and_remove(DEBIAN)
