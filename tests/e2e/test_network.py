# SPDX-License-Identifier: Apache-2.0
"""An app in its VM reaches through the network what its manifest names, once the person allows it, and nothing else; and an app that
asks for none has no card. The machine's card leads to a network in namespaces of this machine (outside.py). The app is
apps/network/headlines. What the firewall lets through, and hostile guests, are tests/unit/drive_network.py's and test_network.c's."""
import json

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from conftest import SOURCE
from drive import click, count, looked_at, mark, press, rest, type_text, wait_for, wait_log
from outside import GOOD, OTHER, Outside, why_not
from own_apps import running, start

APP, PLAIN = "io.bulkhead.headlines", "io.bulkhead.plain"
FOLDER = SOURCE / "apps/network/headlines"
OTHERS = ("other.com", OTHER, "10.200.0.1", "sub.example.org")
LOOK = 'import os; print("cards:", " ".join(sorted(os.listdir("/sys/class/net"))), flush=True)\nimport time\ntime.sleep(3600)\n'


def command(*arguments: str) -> str:
    return "\n".join(["/usr/bin/python3", "-I", "-S", "-B", "/app/headlines.py", *arguments]) + "\n"


def plain(folder) -> dict:
    """The same app, but that it asks for no network, and only looks which cards there are."""
    folder.mkdir()
    manifest = json.loads((FOLDER / "manifest.json").read_text()) | {"id": PLAIN, "name": "Plain"}
    del manifest["network"], manifest["permissions"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "image.list").write_text((FOLDER / "image.list").read_text().replace("../../..", str(SOURCE))
                                       .replace("headlines.py=", f"{FOLDER}/headlines.py=").replace("command=", f"{FOLDER}/command="))
    return {folder: {"/app/headlines.py": LOOK}}


@pytest.fixture(scope="module", autouse=True)
def outside(tmp_path_factory):
    if reason := why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("network")
    world = Outside(folder)
    # The app goes through them once, for it reads from the last for ever. The first are tried in vain until the person has answered.
    asked = (*OTHERS * 6, "example.org")
    try:
        with running(folder, {"network/headlines": {"/etc/bulkhead/command": command(*asked)}} | plain(folder / "plain"), network=world.path):
            yield world
    finally:
        world.close()


def said(pattern: str) -> list[str]:
    return [line for line in machine.log_lines(APP) if pattern in line]


def test_the_person_is_asked_when_it_first_sends_something(outside):
    wait_log("bk-network", 0, "system")
    start(APP)
    wait_log("question 1 takes an answer", 0, "system", 120)
    words = screen.text(looked_at("network-question"))
    for word in ("Headlines", "network", "reaches", "example.org", "example.net", "headlines"):
        assert word in words, words
    assert outside.came(GOOD) == outside.came(OTHER) == 0


def test_it_reaches_what_it_names_and_nothing_else(outside):
    click(wait_for(lambda: screen.find(screen.picture(), "Always"), "the answers to choose from"))
    rest()
    wait_log(f"^example.org says: news 1 of {GOOD}", 0, APP, 240)
    lines = machine.log_lines(APP)
    refused = next(number for number, line in enumerate(lines) if "is not reached: [Errno 111]" in line)  # before it was allowed, there was silence
    for other in OTHERS:
        assert any(f"{other} is not reached" in line for line in lines[refused:]), lines
        assert not said(f"{other} says")
    for address in (OTHER, "10.200.0.1"):
        assert said(f"{address} is not reached: [Errno 111]"), lines
    assert outside.came(OTHER) == 0
    assert " other.com from" not in outside.world.asked()
    looked_at("network-allowed")


def test_the_panel_shows_it():
    wait_for(mark, "the panel's mark")


def test_taking_it_back_cuts_the_connection_that_is_open(outside):
    before = len(said("example.org says"))
    wait_for(lambda: len(said("example.org says")) > before, "it still reads")
    press("meta_l")
    type_text("settings")
    press("ret")
    click(wait_for(lambda: screen.find(screen.picture(), "Privacy"), "the settings"))
    rest()
    wait_for(lambda: screen.find(screen.picture(), "Network"), "what it may")
    looked_at("network-privacy")
    never, since = wait_for(lambda: screen.find(screen.picture(), "Never"), "the choices"), count(APP)
    click(never)
    wait_log(f"{APP} uses no more: network: the person ended it", 0, "system")
    wait_log("^example.org is not reached", since, APP)
    heard, came = len(said("example.org says")), outside.came(GOOD)
    tried = len(said("example.org is not reached"))
    wait_for(lambda: len(said("example.org is not reached")) > tried + 1, "it tries again, in vain", 120)
    assert (len(said("example.org says")), outside.came(GOOD)) == (heard, came)


def test_who_asks_for_no_network_has_no_card():
    start(PLAIN)
    assert wait_log("^cards:", 0, PLAIN, 120) in ("cards: lo", "cards:")
