#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Window and Notification, and what the person allows, from an app to the screen and back, through the real
broker and the real desktop: drive_window_chain.py BROKER_UNDER_TEST DESKTOP_UNDER_TEST [TEST ...]"""
import base64
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import tap  # noqa: E402
from desktop_peer import SHIFT, TAB, Desktop, different, png  # noqa: E402
from display_peer import App, Display  # noqa: E402
from varlink_peer import PATIENCE, Client, FakeHypervisor, assert_left, wait_for  # noqa: E402

WINDOW = "io.bulkhead.Window."
LOCATION = "io.bulkhead.Location."
LEFTMETA, DOWN, SPACE, ENTER, KEY_Q, KEY_N, KEY_H, KEY_I, ESCAPE = 125, 108, 57, 28, 16, 49, 35, 23, 1
KEY_S, KEY_E, KEY_1, KEY_2, KEY_3, KEY_5, COMMA, DOT = 31, 18, 2, 3, 4, 6, 51, 52
GREEN = (1, 250, 3)
BELL, QUIET = (1254, 20), (1238, 76)  # "Do not disturb" in an empty notification panel
DENIED = {"error": "org.varlink.service.PermissionDenied", "parameters": {}}


class Chain(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bk-chain-")))
        ours, self.line = socket.socketpair()
        self.hypervisor = FakeHypervisor(ours, {"org.example.writer": {
            "state": "running", "cid": 10, "permissions": [{"name": "location", "reason": "To date your letters."}]}})
        self.clients: list[Client] = []
        self.kept = self.folder / "preferences.json"
        self.start_desktop()
        self.start_broker()
        self.addCleanup(self.end)
        self.follow_app()

    def start_desktop(self):
        path = self.folder / f"display-{len(os.listdir(self.folder))}"
        self.display = Display(str(path))
        self.desktop = Desktop(DESKTOP, display_socket=str(path))
        self.display.accept()
        (self.folder / "desktop").unlink(missing_ok=True)
        (self.folder / "desktop").symlink_to(self.desktop.path)

    def start_broker(self):
        (self.folder / "10").unlink(missing_ok=True)
        self.hypervisor.watching = False
        self.broker = subprocess.Popen([BROKER, self.folder / "desktop", str(self.line.fileno()), "place=47.4,8.5",
                                        f"permissions={self.folder}/permissions.db", f"preferences={self.kept}",
                                        f"where={self.folder}/place.json", f"10={self.folder}/10"],
                                       pass_fds=[self.line.fileno()], stderr=open(self.folder / "log", "a"))
        wait_for(lambda: self.hypervisor.watching, "the broker watches")
        self.desktop.wait_log("a broker watches")

    def follow_app(self):
        """The app's window, drawn."""
        self.app = App(self.display, 10)
        self.app.follow()
        self.app.done()

    def kill_broker(self):
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait(PATIENCE)
        self.desktop.wait_log("the broker is gone")

    def new_desktop(self):
        self.assertEqual(self.desktop.stop(), 0)
        self.display.close()
        self.desktop.folder.cleanup()
        self.start_desktop()
        self.desktop.wait_log("a broker watches")
        self.follow_app()

    def end(self):
        for client in self.clients:
            client.close()
        self.broker.terminate()
        self.assertEqual(self.broker.wait(PATIENCE), 0, (self.folder / "log").read_text())
        self.assertEqual(self.desktop.stop(), 0, self.desktop.log())
        self.desktop.folder.cleanup()
        self.display.close()

    def client(self) -> Client:
        self.clients.append(Client(self.folder / "10"))
        return self.clients[-1]

    def watcher(self) -> Client:
        client = self.client()
        client.send({"method": WINDOW + "Watch", "more": True})
        return client

    def choose_french(self):
        """The Swiss layout, on the panel's list."""
        self.desktop.key(LEFTMETA, SPACE)
        for key in [DOWN] * 6 + [ENTER]:
            self.desktop.key(key)

    def keeps(self, **what):
        """Waits until the broker's file says exactly this."""
        wait_for(lambda: self.kept.exists() and json.loads(self.kept.read_text()) == what, f"{what} is kept")

    def until(self, watcher: Client, **what) -> dict:
        """Waits until the app was told this; yields all it was told with it."""
        while not what.items() <= (heard := watcher.receive()["parameters"]).items():
            pass
        return heard

    def pictured(self, before, what: str):
        """A picture that is another than this one."""
        def another():
            picture = self.desktop.screenshot()
            return picture if different(before, picture) else None
        return wait_for(another, what)

    def test_a_title_is_seen_and_outlives_desktop_and_broker(self):
        bare = self.desktop.screenshot()
        self.assertEqual(self.client().call(WINDOW + "Set", title="chapter one", badge="dot"), {"parameters": {}})
        titled = self.pictured(bare, "the title came to the screen")
        self.kill_broker()
        self.start_broker()
        self.assertIsNone(different(titled, self.desktop.screenshot()))
        # This broker knows of what it was told itself; the next desktop of that.
        self.assertEqual(self.client().call(WINDOW + "Set", title="chapter one", badge="dot"), {"parameters": {}})
        self.new_desktop()
        wait_for(lambda: different(titled, self.desktop.screenshot()) is None, "the new desktop looks like the old one")

    def test_what_the_person_does_is_told(self):
        watcher = self.watcher()
        self.until(watcher, focused=True, visibility="shown", keyboardLayout="us", closing=None)
        self.desktop.key(LEFTMETA, DOWN)
        self.until(watcher, focused=False, visibility="minimised")
        self.desktop.click(200, 20)
        self.until(watcher, focused=True, visibility="shown")
        self.choose_french()
        self.until(watcher, keyboardLayout="ch", keyboardVariant="fr", focused=True)
        began = time.monotonic()
        with self.hypervisor.lock:
            self.desktop.key(LEFTMETA, KEY_Q)
            closing = self.until(watcher)["closing"]
        assert_left(closing, began)
        wait_for(lambda: "Stop" in self.hypervisor.methods(), "it is stopped, too")

    def stops(self) -> list[bool]:
        """Of each time that the app was to end, whether it may take its time."""
        return [bool(call["parameters"].get("patient")) for call in self.hypervisor.calls if call["method"].endswith(".Stop")]

    def test_who_closes_a_window_ends_nothing_that_asks(self):
        watcher = self.watcher()
        self.until(watcher, focused=True, visibility="shown", closing=None)
        for times in (1, 2):
            began = time.monotonic()
            self.desktop.key(LEFTMETA, KEY_Q)
            assert_left(self.until(watcher)["closing"], began)
            wait_for(lambda times=times: self.stops() == [True] * times, "it was asked to end")
            self.desktop.key(KEY_Q)  # they answer it
            self.until(watcher, closing=None, visibility="shown")
        self.desktop.key(LEFTMETA, KEY_Q)
        wait_for(lambda: len(self.stops()) == 3, "it was asked to end")
        self.app.leave()  # and nobody could answer it any more
        wait_for(lambda: self.stops() == [True, True, True, False], "it has a deadline")

    def test_what_the_person_chose_for_the_desktop_is_found_again(self):
        self.choose_french()
        self.desktop.click(*BELL)
        self.desktop.click(*QUIET)
        self.keeps(doNotDisturb=True, keyboardLayout="ch", keyboardVariant="fr")
        self.desktop.key(ESCAPE)
        self.desktop.move(640, 600)
        chosen = self.desktop.screenshot()
        self.kill_broker()
        self.start_broker()
        self.until(self.watcher(), keyboardLayout="ch", keyboardVariant="fr")
        self.new_desktop()
        self.desktop.move(640, 600)
        wait_for(lambda: different(chosen, self.desktop.screenshot()) is None, "the new desktop looks like the old one")
        self.assertNotIn("is not kept", (self.folder / "log").read_text())

    def test_what_is_chosen_without_a_broker_is_kept_by_the_next(self):
        self.choose_french()
        self.keeps(doNotDisturb=False, keyboardLayout="ch", keyboardVariant="fr")
        self.kill_broker()
        self.desktop.click(*BELL)
        self.desktop.click(*QUIET)
        self.start_broker()
        self.keeps(doNotDisturb=True, keyboardLayout="ch", keyboardVariant="fr")

    def test_preferences_that_are_damaged_are_left_out(self):
        for damaged in (b"", b"{", b"[]", b'{"doNotDisturb": 1}', b'{"doNotDisturb": true, "keyboardLayout": "tlh", "keyboardVariant": ""}',
                        b"{}\0{}", b'{"' + b"x" * 5000 + b'": 1}', bytes(range(256))):
            with self.subTest(damaged=damaged[:60]):
                self.kill_broker()
                self.kept.write_bytes(damaged)
                self.start_broker()
                self.until(self.watcher(), keyboardLayout="us")
        self.choose_french()
        self.keeps(doNotDisturb=True, keyboardLayout="ch", keyboardVariant="fr")

    def test_a_notification_with_all_it_may_have_and_a_reply(self):
        client = self.client()
        plain = self.desktop.screenshot()
        image = base64.b64encode(png(GREEN)).decode()
        self.assertEqual(client.post("Anna", body="When do you come?", urgency="urgent", progress={"part": 0.5}, image=image, reply="Answer Anna"),
                         {"parameters": {"id": 1}})
        client.send({"method": "io.bulkhead.Notification.Watch"})
        self.desktop.wait_log("notification 1 shown")
        picture = self.desktop.screenshot()
        self.assertIsNotNone(different(plain, picture))
        self.assertIn(GREEN, set(picture.getdata()))
        self.desktop.key(LEFTMETA, KEY_N)
        for code in (TAB, KEY_H, KEY_I, ENTER):
            self.desktop.key(code)
        self.assertEqual(client.receive(), {"parameters": {"id": 1, "answer": "replied", "button": None, "text": "hi"}})

    def locating(self, accuracy: str = "exact") -> Client:
        client = self.client()
        client.send({"method": LOCATION + "Watch", "parameters": {"accuracy": accuracy}, "more": True})
        return client

    def test_the_person_allows_it_while_they_see_it(self):
        client = self.locating()
        self.desktop.wait_log("question 1 takes an answer")
        for key in (TAB, TAB, ENTER):  # while using the app
            self.desktop.key(key)
        self.assertEqual(client.receive()["parameters"]["latitude"], 47.4)
        self.desktop.key(LEFTMETA, DOWN)  # minimised
        self.assertEqual(client.receive(), DENIED)
        self.assertEqual(self.locating().receive(), DENIED)  # without a question
        self.desktop.click(200, 20)
        seen = wait_for(lambda: "error" not in (reply := self.locating().receive()) and reply, "it may again")
        self.assertEqual(seen["parameters"]["longitude"], 8.5)
        self.assertNotIn("question 2", self.desktop.log())

    def keys(self, *codes: int):
        for code in codes:
            self.desktop.key(code)

    def page(self):
        """What the settings show."""
        return self.desktop.screenshot().crop((430, 170, 1050, 730))

    def test_the_person_says_where_the_machine_is(self):
        exact = self.locating()
        self.desktop.wait_log("question 1 takes an answer")
        self.keys(TAB, TAB, TAB, ENTER)  # always
        self.assertEqual(exact.receive()["parameters"]["latitude"], 47.4)  # as the machine began
        coarse = self.locating("coarse")
        self.assertAlmostEqual(coarse.receive()["parameters"]["latitude"], 47.425)
        self.keys(LEFTMETA, KEY_S, KEY_E, ENTER)  # the settings, …
        self.keys(TAB, TAB, TAB, ENTER)  # … their third page, …
        self.keys(TAB, TAB, TAB, ENTER)  # … and the field on it, behind the fourth and what forgets
        self.keys(KEY_5, KEY_2, DOT, KEY_5, KEY_2, COMMA, KEY_1, KEY_3, ENTER)
        self.assertAlmostEqual(exact.receive()["parameters"]["latitude"], 52.52)
        told = coarse.receive()["parameters"]
        self.assertAlmostEqual(told["latitude"], 52.525)
        self.assertNotAlmostEqual(told["longitude"], 13, 3)
        page = self.page()
        self.kill_broker()
        self.assertIsNotNone(different(page, self.page()), "nobody knows")
        self.start_broker()
        wait_for(lambda: different(page, self.page()) is None, "the settings show it again")
        exact = self.locating()
        self.assertAlmostEqual(exact.receive()["parameters"]["longitude"], 13)
        self.desktop.key(SHIFT, TAB)
        self.desktop.key(ENTER)  # forgotten
        self.assertEqual(exact.receive(), {"error": LOCATION + "NoSource", "parameters": {}})

    def test_the_person_closes_the_question(self):
        bare = self.desktop.screenshot()
        client = self.locating()
        self.desktop.wait_log("question 1 takes an answer")
        self.desktop.key(ESCAPE)
        self.assertEqual(client.receive(), DENIED)
        client = self.locating()
        self.desktop.wait_log("question 2 takes an answer")
        client.close()  # the app does not want to know any more
        wait_for(lambda: different(bare, self.desktop.screenshot()) is None, "it is gone")


if __name__ == "__main__":
    BROKER, DESKTOP = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[3:]))
