# SPDX-License-Identifier: Apache-2.0
"""A fresh copy of an app on the whole machine: a file is opened in one by the system's dialog, and by the default that was made there; what
it keeps is gone when it is closed, and after a power cut; the app itself has what it had."""
import json
import re

import machine
import pytest
import screen
from commands import command
from drive import BAR, click, count, press, type_text, wait_for, wait_log
from own_apps import start
from test_open import START_SECONDS, middle

NOTES, TERMINAL = "io.bulkhead.notes", "io.bulkhead.terminal"
COPY = NOTES + "+1"
LEAST = 32 << 10  # bytes that a data disk takes once it has a file system: guest/init/template.py's blocks


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", fresh=True)
    yield
    machine.down(force=True)


def apps() -> dict[str, dict]:
    return {app["id"]: app for app in machine.debug().call("io.bulkhead.Hypervisor.List")["apps"]}


def free() -> int:
    return machine.debug().call("io.bulkhead.Software.Room")["free"]


def usage(app: str) -> dict:
    return json.loads(command(0, "points", app, "--json")[0])["usage"]


def shows(word: str):
    wait_for(lambda: screen.find(screen.picture(), word), f"{word} on the screen", START_SECONDS)


def stop(app: str):
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=app)


def title() -> str:
    """What stands in the bars of windows, and on the panel."""
    return " ".join(word.text for word in screen.words(screen.picture()))


def test_the_app_keeps_a_note():
    logged = count("system")
    start(NOTES)
    wait_log(f"{NOTES} connected", logged, "system", START_SECONDS)
    press("end")
    type_text("breakfast ")
    shows("breakfast")
    stop(NOTES)
    assert usage(NOTES)["data"] > 0


def test_a_file_is_opened_in_a_fresh_copy():
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Terminal"), "the launcher")
    type_text("term")
    press("ret")
    wait_for(lambda: any("$" in word.text for word in screen.words(screen.picture())), "a prompt", START_SECONDS)
    logged = count()
    type_text("echo big$((6*7))tea > tea.txt; xdg-open tea.txt\n")
    wait_log("question 1 takes an answer", logged)
    click(wait_for(lambda: screen.find(screen.picture(), "fresh", middle()), "the mark for a fresh copy"))
    click(wait_for(lambda: screen.find(screen.picture(), "Always", middle()), "the mark for a default"))
    screen.keep(screen.picture(), "fresh-copy-asked")
    click(wait_for(lambda: screen.find(screen.picture(), "Notes", middle()), "Notes to choose"))
    wait_log(re.escape(COPY) + f" opens text/plain of {TERMINAL}", logged)
    shows("big42tea")
    assert screen.find(screen.picture(), "breakfast") is None
    assert "Fresh copy of Notes" in title()
    screen.keep(screen.picture(), "fresh-copy")
    assert (apps()[COPY]["copyOf"], apps()[NOTES]["state"]) == (NOTES, "stopped")


def test_its_app_runs_beside_it():
    logged = count("system")
    start(NOTES)
    wait_log(f"{NOTES} connected", logged, "system", START_SECONDS)
    shows("breakfast")
    found = apps()
    assert found[COPY]["state"] == found[NOTES]["state"] == "running" and found[COPY]["cid"] != found[NOTES]["cid"]
    screen.keep(screen.picture(), "beside-each-other")
    stop(NOTES)
    wait_for(lambda: screen.find(screen.picture(), "breakfast") is None, "the copy alone")


def test_what_it_keeps_is_gone_with_it():
    before = usage(NOTES)
    logged = count()
    press("end")
    type_text(" and supper ")
    shows("supper")
    press("meta_l-q")
    wait_log(re.escape(COPY) + " ended: the guest powered off", logged, seconds=START_SECONDS)
    wait_for(lambda: COPY not in apps(), "it is gone")
    assert usage(NOTES) == before
    assert "did not take" not in "".join(machine.log_lines(None))
    logged = count("system")
    start(NOTES)
    wait_log(f"{NOTES} connected", logged, "system", START_SECONDS)
    shows("breakfast")
    assert screen.find(screen.picture(), "supper") is None
    screen.keep(screen.picture(), "as-before")
    stop(NOTES)


def test_the_next_one_is_opened_in_another_copy_and_nobody_is_asked():
    wait_for(lambda: apps()[NOTES]["state"] == "stopped" and screen.find(screen.picture(), "breakfast") is None, "the terminal alone")
    logged, said = count(), count("system")
    type_text("xdg-open tea.txt\n")
    wait_log(re.escape(COPY) + f" opens text/plain of {TERMINAL}", logged, seconds=START_SECONDS)
    wait_log(re.escape(COPY) + " connected", said, "system", START_SECONDS)
    assert "takes an answer" not in "".join(machine.log_lines(None)[logged:])
    assert (apps()[COPY]["copyOf"], apps()[NOTES]["state"]) == (NOTES, "stopped")
    stop(COPY)
    wait_for(lambda: COPY not in apps(), "it is gone")


def test_a_power_cut_leaves_nothing():
    """Of the apps, a copy alone writes to their disk here."""
    before = free()
    logged = count("system")
    assert command(0, "run", "--disposable", NOTES)[0].strip() == COPY
    wait_log(re.escape(COPY) + " connected", logged, "system", START_SECONDS)
    press("end")
    type_text(" supper ")
    wait_for(lambda: free() < before - LEAST, "its disk takes room")
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G")
    assert [app for app in apps() if "+" in app] == []
    wait_for(lambda: free() > before - LEAST // 2, "the room is free again")
