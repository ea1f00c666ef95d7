# SPDX-License-Identifier: Apache-2.0
"""An app that a developer packs and signs is installed on the running machine, started from the launcher, updated and removed; and
the machine's power fails in the middle. apps/notes is the app, under another name."""
import json
import os
import re
import shlex
import subprocess

import machine
import pytest
import screen
import software
from commands import command
from conftest import SOURCE
from drive import START_SECONDS, TOAST_SECONDS, count, launch, looked_at, press, type_text, wait_for, wait_log
from own_apps import running
from packed import PAINT, damage, pack_paint, prepare_paint
from varlink import VarlinkError

APP, OTHER = PAINT, "org.example.large"
LARGE = 24 << 20  # bytes, which take seconds to come


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    pack_all(folder)
    with running(folder, {}, toast_seconds=TOAST_SECONDS):
        yield
    del os.environ["BULKHEAD_CALLER"]


def pack_all(folder):
    prepare_paint(folder, "key", "stranger")
    for version, name, key in (("1.0", "Paint", "key"), ("1.1", "Watercolour", "key"), ("1.2", "Forgery", "stranger")):
        pack_paint(folder, version, name, key, storage=0)  # each start begins with an empty note
    damage(folder / "Watercolour.bapp", folder / "changed.bapp")
    large = folder / "large"
    large.mkdir()
    (large / "manifest.json").write_text(json.dumps({"id": OTHER, "version": "1.0", "name": "Large", "memory": 64, "guest": "kernel"}))
    (large / "kernel").write_bytes(bytes(0x202) + b"HdrS")  # as a bzImage has it there
    (large / "root.img").write_bytes(os.urandom(LARGE))
    command(0, "pack", "large", "--key", "key", "-o", "large.bapp")


def listed() -> dict[str, dict]:
    return {app["id"]: app for app in json.loads(command(0, "list", "--json")[0])}


def click_on(name: str):
    """In the launcher; its window is there then."""
    launch(name)
    wait_for(lambda: screen.find(screen.picture(), name, (0, 60, *machine.screen_size())), f"the window of {name}", START_SECONDS)


def start_by_click(name: str):
    """Its window takes what is typed, once it reads its keyboard, which it does before it connects."""
    logged = count("system")
    click_on(name)
    wait_log(f"{APP} connected", logged, "system", START_SECONDS)
    word = f"from{name.lower()}"
    type_text(word)
    wait_for(lambda: screen.find(screen.picture(), word), "what was typed", START_SECONDS)
    screen.keep(screen.picture(), f"installed-{name.lower()}")


def typed(heading: str) -> list[str]:
    """The lines that the README has a reader type there."""
    section = re.search(rf"^## {heading}\n(.*?)^## ", (SOURCE / "README.md").read_text(), re.MULTILINE | re.DOTALL)[1]
    return [line for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL) for line in block.splitlines()]


def follow(lines: list[str]):
    for line in lines:
        if line.startswith("./bulkhead "):
            command(0, *shlex.split(line, comments=True)[1:])
        else:
            subprocess.run(line, shell=True, check=True, cwd=os.environ["BULKHEAD_CALLER"])


def test_the_tutorial_word_for_word():
    assert listed() == {}
    follow(typed("An app in five minutes"))
    click_on("hello")
    wait_for(lambda: {"Good", "morning"} <= {word.text for word in screen.words(screen.picture())}, "its notification", START_SECONDS)
    looked_at("hello")
    wait_for(lambda: any("methods" in word.text for word in screen.words(screen.picture())), "what it prints", START_SECONDS)
    assert screen.find(looked_at("hello-window"), "foot") is None, "its window is called as the app is, not as the terminal in it"


def test_what_the_readme_says_of_bundles_word_for_word():
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id="org.example.hello")
    wait_for(lambda: listed()["org.example.hello"]["state"] == "stopped", "its end")
    follow(typed("A bundle"))
    assert listed()["org.example.hello"]["version"] == "0.2"
    assert "is removed" in command(0, "remove", "org.example.hello")[0]


def test_it_is_installed_and_started_with_a_click():
    assert APP not in listed()
    said, _ = command(0, "install", "Paint.bapp")
    assert said == f"Paint ({APP}) 1.0 is installed; ./bulkhead run {APP} starts it\n"
    start_by_click("Paint")
    assert listed()[APP]["state"] == "running"
    assert "bk-guest-init: the app started" in command(0, "logs", APP)[0]


def test_what_is_no_update_is_refused():
    for status, file, reason in ((1, "Watercolour.bapp", "runs: ./bulkhead update ends it first"), (4, "changed.bapp", "is not what was signed"),
                                 (6, "Forgery.bapp", "runs: ./bulkhead")):
        if file == "Forgery.bapp":  # it is judged once the app has ended
            machine.debug().call("io.bulkhead.Hypervisor.Stop", id=APP)
            reason = "not by who signed"
        assert reason in command(status, "install", file)[1]
    assert listed()[APP]["version"] == "1.0"


def test_it_is_updated():
    command(0, "run", APP)
    assert "is updated" in command(0, "update", "Watercolour.bapp")[0]
    assert "which is older" in command(7, "install", "Paint.bapp")[1]
    start_by_click("Watercolour")


def test_power_fails_while_another_one_comes(monkeypatch):
    def cut(progress, done: int):
        if done > LARGE // 2:
            machine.down(force=True)
    monkeypatch.setattr(software.Progress, "at", cut)
    with pytest.raises((OSError, VarlinkError, AssertionError)):
        command(0, "install", "large.bapp")
    assert machine.qemu_pid() is None
    monkeypatch.undo()
    machine.up(headless=True, chosen="auto", memory="2560M")
    assert {app: found["version"] for app, found in listed().items()} == {APP: "1.1"}
    assert "is installed" in command(0, "install", "large.bapp")[0]
    start_by_click("Watercolour")


def test_it_is_removed():
    assert "is removed" in command(0, "remove", APP)[0]
    assert "there is no app" in command(1, "run", APP)[1]
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Large"), "the launcher")
    assert screen.find(screen.picture(), "Watercolour") is None
    command(0, "remove", OTHER)
    wait_for(lambda: screen.find(screen.picture(), "Large") is None, "the launcher has it no more")
    assert listed() == {}
