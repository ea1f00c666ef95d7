# SPDX-License-Identifier: Apache-2.0
"""The whole machine: it boots, an app in a VM of its own posts a notification, a person answers it, and
whatever dies harms nothing else. Driven through screen, pointer and log, as a person would."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import machine
import pytest
import screen
from conftest import BUILD, SOURCE
from drive import PATIENCE, click, count, do_until, in_log, press, side, type_text, wait_for, wait_log

TIMER = "io.bulkhead.timer"


def messages(direction: str, since: int = 0) -> list[dict]:
    """What the timer app said ("->") or heard ("<-"), as it logs it."""
    return [json.loads(line[3:]) for line in machine.log_lines(TIMER)[since:]
            if line.startswith(direction + " ") and line.endswith("}")]


def posts(since: int = 0) -> list[dict]:
    return [message for message in messages("->", since) if message.get("method") == "io.bulkhead.Notification.Post"]


def on_screen(*texts: str):
    """Waits until all the words stand where notifications do; yields them. A toast goes into the notification
    panel after a while, so whoever does not see it any more opens the panel, as a person would."""
    def look():
        image = screen.picture()
        seen = screen.words(image, side())
        found = {text: next((word for word in seen if word.text.strip(".,:;") == text), None) for text in texts}
        if all(found.values()):
            return found
        if not any(found.values()):
            machine.qmp().press(["meta_l", "n"])
            time.sleep(1)
        return None
    return wait_for(look, f"{texts} on the screen")


def answered(label: str, came, what: str):
    """Presses that button; again where the notification went into the panel before the click."""
    return do_until(lambda: click(on_screen("Again", "Done")[label]), came, what)


def not_on_screen(text: str):
    wait_for(lambda: screen.find(screen.picture(), text, side()) is None, f"{text!r} gone from the screen")


def app_state(vm: str = TIMER) -> dict:
    return next(app for app in machine.status()["apps"] if app["id"] == vm)


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="2560M", fresh=True, battery=64)
    yield
    machine.down()


def test_the_app_posts_a_notification():
    wait_log(r"-> .*io\.bulkhead\.Notification\.Post", 0, TIMER)
    on_screen("Timer", "Again", "Done")
    posted = posts()[0]["parameters"]
    assert posted["title"] == "Time is up"
    assert [button["label"] for button in posted["buttons"]] == ["Again", "Done"]
    assert any("id" in reply.get("parameters", {}) for reply in messages("<-")), "Post() answered with an id"


def test_the_panel_has_a_clock():
    panel = (0, 0, machine.screen_size()[0], 40)
    assert any(re.search(r"\d?\d:\d\d", word.text) for word in screen.words(screen.picture(), panel))


def test_again_brings_a_second_one():
    before, logged = len(posts()), count(TIMER)
    answer = answered("Again", lambda: in_log(r'<- .*"activated"', logged, TIMER), "the answer")
    assert json.loads(answer[3:])["parameters"]["button"]
    wait_for(lambda: len(posts()) > before, "a second notification posted")
    on_screen("Timer", "Again", "Done")


def power_told(since: int = 0) -> list[dict]:
    """What the timer app was told of the machine's power."""
    return [message["parameters"] for message in messages("<-", since) if "battery" in message.get("parameters", {})]


def charge(number: int) -> screen.Word:
    """Waits until the panel says so many percent, in its softer letters; yields where."""
    width = machine.screen_size()[0]

    def look():
        read = screen.words(screen.picture(), (width - 360, 0, width - 200, 40), lighter=120)
        return next((word for word in read if word.text.strip("%") == str(number)), None)
    return wait_for(look, f"{number} % on the panel")


def test_the_battery_is_on_the_panel_and_told_to_an_app():
    assert power_told()[0] == {"battery": 64, "plugged": False, "charging": False, "lowPower": False, "suspending": None}
    charge(64)
    logged = count(TIMER)
    machine.set_battery(15, "discharging")
    charge(15)
    screen.keep(screen.picture(), "battery-low")
    answered("Again", lambda: {"battery": 15, "lowPower": True}.items() <= (power_told(logged) or [{}])[0].items(), "the app is told")
    assert not [message for message in messages("->", logged) if message.get("method") == "io.bulkhead.Power.Inhibit"]
    machine.set_battery(80, "charging")
    charge(80)


def test_the_battery_s_page():
    click(charge(80))
    words = wait_for(lambda: (said := screen.text(screen.picture())) and "Charging" in said and said, "the page")
    screen.keep(screen.picture(), "power-page")
    assert "Low-power mode" in words and "cannot sleep" in words, words  # the emulated screen would not come back: docs/decisions/014
    machine.qmp().press(["esc"])


def inhibits(since: int) -> bool:
    """Whether the timer has asked to keep the machine awake, and was answered."""
    lines = machine.log_lines(TIMER)[since:]
    asked = next((number for number, line in enumerate(lines) if "io.bulkhead.Power.Inhibit" in line), len(lines))
    return any(line.startswith("<- ") for line in lines[asked:])


def test_the_power_page_says_who_keeps_the_machine_awake_and_why():
    """The timer's VM stands still while the person looks: it runs for a few seconds only."""
    def reads(word: str) -> int:
        return [read.strip("“”\"") for read in screen.text(screen.picture()).split()].count(word)
    logged = count(TIMER)
    click(on_screen("Again", "Done")["Again"])
    wait_for(lambda: inhibits(logged), "the timer keeps the machine awake")
    machine.debug().call("io.bulkhead.Debug.Pause", vm=TIMER, paused=True)
    click(charge(80))
    wait_for(lambda: reads("Timer") and reads("runs") == 1, "who and why on the page, and nothing of what ran before")
    screen.keep(screen.picture(), "power-inhibited")
    machine.debug().call("io.bulkhead.Debug.Pause", vm=TIMER, paused=False)
    wait_for(lambda: posts(logged), "the time is up")
    wait_for(lambda: reads("runs") == 0, "nobody keeps it awake")
    machine.qmp().press(["esc"])


def test_the_broker_dies():
    logged, told = count(), count(TIMER)
    machine.debug().call("io.bulkhead.Debug.Console", vm="system", line="kill bk-broker")
    wait_log(r"bk-init: bk-broker ended: signal 9", logged)
    wait_for(lambda: posts(told), "the app connected again and posted its question again")
    on_screen("Timer", "Again", "Done")
    assert app_state()["state"] == "running"


def test_the_app_s_vmm_dies():
    logged = count()
    machine.debug().call("io.bulkhead.Debug.Kill", vm=TIMER)
    wait_for(lambda: app_state()["state"] == "stopped", "the app stopped")
    assert app_state()["ended"]
    wait_log(rf"bk-supervisor: .*{re.escape(TIMER)}.*", logged)
    wait_log(rf"bk-broker: {re.escape(TIMER)} crashed", logged)  # the person is told
    not_on_screen("Again")
    machine.debug().call("io.bulkhead.Hypervisor.Start", id=TIMER)
    wait_for(lambda: app_state()["state"] == "running", "the app running again")
    on_screen("Timer", "Again", "Done")


def test_the_app_s_guest_panics():
    logged = count()
    machine.debug().call("io.bulkhead.Debug.Console", vm=TIMER, line="panic")
    wait_log(rf"{re.escape(TIMER)}\| .*Kernel panic", logged)
    wait_log(rf"bk-broker: {re.escape(TIMER)} crashed", logged)
    wait_for(lambda: app_state()["state"] == "stopped", "the app stopped")
    not_on_screen("Again")
    machine.debug().call("io.bulkhead.Hypervisor.Start", id=TIMER)
    on_screen("Timer", "Again", "Done")


def test_the_system_vm_dies():
    logged, told = count(), count(TIMER)
    cid = app_state()["cid"]
    machine.debug().call("io.bulkhead.Debug.Kill", vm="system")
    wait_log("bk-compositor: first frame", logged)
    wait_for(lambda: posts(told), "the app connected again and posted its question again")
    on_screen("Timer", "Again", "Done")
    assert (app_state()["state"], app_state()["cid"]) == ("running", cid), "the app went on running"


@contextlib.contextmanager
def bulkhead(folder: pathlib.Path, *arguments: str):
    """The command, called in that folder. It can be interrupted, be it that the tests run in the background and cannot."""
    with subprocess.Popen([sys.executable, "-B", SOURCE / "cli", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, env={**os.environ, "BULKHEAD_CALLER": os.fspath(folder)},
                          preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def recorder(workspace):
    """Writes down what the timer says, into timer.jsonl, until it is interrupted."""
    with bulkhead(workspace, "record", TIMER, "-o", "timer.jsonl") as process:
        assert "recording" in process.stderr.readline()
        yield process


def test_what_an_app_says_is_recorded(recorder):
    told = count(TIMER)
    click(on_screen("Again", "Done")["Again"])
    wait_for(lambda: posts(told), "it asks again")
    assert recorder.poll() is None


def test_done_ends_the_app():
    logged = count()
    answered("Done", lambda: app_state()["state"] == "stopped", "the app stopped")
    wait_log(r"bk-guest-init: the app ended: exit status 0", logged)
    not_on_screen("Again")
    assert machine.status()["machine"] == "up"


def test_the_recorded_system_is_played_back_to_the_app(recorder, workspace):
    """Here, without a machine: the app's vsock leads to the socket at which the system is played."""
    recording = workspace / "timer.jsonl"
    wait_for(lambda: '"button": "done"' in recording.read_text(), "the last of it is written down")
    recorder.send_signal(signal.SIGINT)
    assert recorder.wait(PATIENCE) == 0, recorder.stderr.read()
    said = [entry["message"] for entry in map(json.loads, recording.read_text().splitlines()) if entry["from"] == "app"]
    assert [message["method"].removeprefix("io.bulkhead.") for message in said] == [
        "Power.Watch", "Power.Inhibit", "Notification.Post", "Notification.Watch"]
    assert said == messages("->")[-len(said):]
    with bulkhead(workspace, "replay", "--socket", "system.sock", "timer.jsonl") as replay:
        wait_for((workspace / "system.sock").exists, "the recorded system")
        app = subprocess.run([sys.executable, "-I", "-B", SOURCE / "apps/timer/timer.py"], capture_output=True, text=True, timeout=PATIENCE,
                             env={**os.environ, "LD_PRELOAD": BUILD / "tests/unit/vsock_shim.so", "BK_TEST_SYSTEM": workspace / "system.sock"})
        assert app.stdout.endswith("done\n"), app
        assert replay.communicate(timeout=PATIENCE)[0] == "the app said what was recorded\n"


def test_the_person_shuts_it_down():
    logged = count("system")
    press("esc")
    press("meta_l")
    type_text("settings")
    for key in ("ret", *["tab"] * 2, "ret", *["tab"] * 4, "ret"):  # the page Power, and on it what is behind low-power mode
        press(key)
    press("tab")  # not Cancel
    press("ret")
    wait_log("the person wants the machine switched off", logged, "system")
    deadline = time.monotonic() + PATIENCE
    while machine.qemu_pid() is not None and time.monotonic() < deadline:
        time.sleep(0.5)
    assert machine.qemu_pid() is None
    assert any("powering off" in line for line in machine.log_lines(None)), "in order"
