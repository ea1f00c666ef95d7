# SPDX-License-Identifier: Apache-2.0
"""What apps tell the person, each from its VM: how far it has come, a picture, a question that is answered in writing; the
notifications of two apps in one panel, what was there earlier, and nothing while the person is not to be disturbed. And it goes on
beside an app that keeps no rule of the System API. The machine has three apps, apps/notification/copy, apps/hello/python and
hostile_app. How each of it looks and what else can go wrong is tests/unit/drive_notifications.py's and drive_broker.py's."""
import re

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from conftest import SOURCE
from drive import click, count, looked_at, press, rest, side, type_text, wait_for, wait_log
from own_apps import running, start

COPY, HELLO, HOSTILE = "io.bulkhead.copy", "io.bulkhead.hello.python", "io.bulkhead.test.hostile"
BAR = (0x8A, 0xB8, 0xFF)  # its colour where it is done
ORANGE = (0xFF, 0x96, 0x28)  # of the copy's picture
QUIET = (128, 76)  # the moon in the panel, from the screen's right edge and its top
FAINT = 80  # lighter than this is what stands in an empty field, and what was there earlier
SENT_MAX = 5_000_000  # bytes that an app got rid of which does not read


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    apps = {"notification/copy": {}, "hello/python": {}, SOURCE / "tests/e2e/hostile_app": {}}
    with running(tmp_path_factory.mktemp("machine"), apps):
        yield


def find(text: str, lighter: int = screen.TEXT_LIGHT) -> screen.Word | None:
    return next((word for word in screen.words(screen.picture(), side(), lighter=lighter) if word.text.strip(".,:;") == text), None)


def open_panel():
    press("meta_l-n")
    wait_for(lambda: find("Notifications"), "the notification panel")


def bar() -> int:
    """How long the part of the bar is that is done, in pixels. A toast goes into the panel after a while: then it is opened."""
    image = screen.picture()
    begin = screen.find_colour(image, BAR, side())
    if begin is None:
        press("meta_l-n")
        return 0
    x, y = begin[0], begin[1] + 2  # within its round end
    while screen.find_colour(image, BAR, (x, y, x + 1, y + 1)):
        x += 1
    return x - begin[0]


def in_order(*known: str) -> list[str]:
    """In which order these stand in the notification panel, from its top."""
    width, height = machine.screen_size()
    words = screen.words(screen.picture(), (width * 6 // 10, 100, width, height), lighter=FAINT)
    return [text for _, text in sorted((word.y, word.text) for word in words) if text in known]


def moon() -> tuple[int, int]:
    return machine.screen_size()[0] - QUIET[0], QUIET[1]


def test_how_far_it_has_come_is_a_bar():
    start(COPY)
    wait_log("^copied 0 of", 0, COPY)
    first = wait_for(bar, "a bar")
    wait_for(lambda: bar() > first + 20, "it grows")
    looked_at("notification-progress")
    press("esc")


def test_a_question_is_answered_in_writing():
    """It is urgent, and so a toast until then; what matters little is none."""
    wait_log("^asks", 0, COPY, 120)
    field = wait_for(lambda: find("Name", FAINT), "the field for the answer")
    asked = looked_at("notification-question")
    assert screen.find_colour(asked, ORANGE, side()), "the picture"
    assert screen.find(asked, "Copied", side()) and not screen.find(asked, "Took", side())
    click(field)
    type_text("holiday")
    looked_at("notification-answered")
    press("ret")
    wait_log("^the copy is /tmp/holiday$", 0, COPY)
    wait_for(lambda: find("Copied") is None, "it gone")


def test_two_apps_are_in_one_panel():
    start(HELLO)
    wait_log("^posted", 0, HELLO)
    open_panel()
    wait_for(lambda: in_order("Hello", "Took", "Earlier", "Copied") == ["Hello", "Took", "Earlier", "Copied"], "each in its place")
    looked_at("notification-panel")


def test_nothing_comes_while_the_person_is_not_to_be_disturbed():
    click(moon())
    click(wait_for(lambda: find("Again"), "a button"))
    wait_for(lambda: sum(line.startswith("posted ") for line in machine.log_lines(HELLO)) == 2, "a second question")
    wait_for(lambda: find("pressed"), "the second question in the panel")
    looked_at("notification-undisturbed")
    press("esc")
    rest()
    wait_for(lambda: find("Notifications") is None, "the panel gone")
    assert not find("Again"), "it is no toast"
    open_panel()
    click(moon())


def test_all_are_cleared_and_the_apps_are_told():
    click(wait_for(lambda: find("Clear"), "a button"))
    wait_log("^pressed nothing", 0, HELLO)
    wait_log(f"{COPY} ended", 0, "system")
    wait_for(lambda: find("caught"), "an empty panel, which says that all is caught up")
    press("esc")
    rest()


def test_beside_an_app_that_keeps_no_rule_all_goes_on():
    """Malformed JSON, CBOR and tokens, messages that do not end, answers that nobody reads: round after round, all the while."""
    logged, told = count(), count(COPY)
    start(HOSTILE)
    wait_log("^malformed JSON", 0, HOSTILE)
    start(COPY)
    wait_log("^asks", told, COPY, 180)
    wait_log("^has done its worst", 0, HOSTILE)
    keep = wait_for(lambda: find("Keep"), "the question")
    looked_at("notification-beside-a-hostile-app")
    click(keep)
    wait_log("^the copy is /tmp/python3$", told, COPY)
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=HOSTILE, force=True)
    said = machine.log_lines(HOSTILE)
    assert all(line.endswith(" stayed 0") for line in said if line.startswith(("malformed", "halves"))), said
    assert {"answered still"} == {line for line in said if line.startswith("answered")}, "it is served as well as before"
    sent = [int(line.split()[-1]) for line in said if line.startswith("never read")]
    assert sent and max(sent) < SENT_MAX, sent
    died = [line for line in machine.log_lines(None)[logged:] if re.search("bk-init: .* ended", line)]
    assert not died, "nothing of the system did"
