#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Window, from an app's side and from the desktop's: drive_window_api.py BROKER_UNDER_TEST [TEST ...]"""
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, FakeDesktop, assert_left, wait_for  # noqa: E402

WINDOW = "io.bulkhead.Window."
NOTIFICATION = "io.bulkhead.Notification."
AROUND = {"scale": 1.5, "theme": "light", "reducedMotion": True, "keyboardLayout": "ch", "keyboardVariant": "fr"}
FIRST = {"focused": False, "visibility": "none", "scale": 1, "orientation": 0, "theme": "dark", "reducedMotion": False,
         "keyboardLayout": "us", "keyboardVariant": "", "closing": None}


class Fixture(drive_broker.Fixture):
    def set(self, client, **parameters) -> dict:
        return client.call(WINDOW + "Set", **parameters)

    def said(self) -> dict:
        return self.desktop.windows.get(timeout=PATIENCE)

    def watcher(self, cid: int = 3):
        """A connection that watches, and has heard how things were."""
        client = self.client(cid)
        client.send({"method": WINDOW + "Watch", "more": True})
        client.first = self.heard(client)
        return client

    def heard(self, client) -> dict:
        reply = client.receive()
        self.assertEqual(reply["continues"], True)
        return reply["parameters"]

    def new_desktop(self):
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")
        wait_for(lambda: self.desktop.watchers, "the broker came back")


class Set(Fixture):
    def test_what_an_app_says_reaches_the_desktop_under_its_cid(self):
        client = self.client(4)
        for parameters, said in (
                ({"title": "~/src"}, {"title": "~/src"}),
                ({"title": None, "badge": "dot"}, {"badge": "dot", "count": 0}),
                ({"badge": "count", "count": 99999}, {"badge": "count", "count": 99999}),
                ({"badge": "none", "count": None}, {"badge": "none", "count": 0}),
                ({"minimum": {"width": 480, "height": 65535}}, {"minimumWidth": 480, "minimumHeight": 65535}),
                ({"title": "ä" * 100}, {"title": "ä" * 100}),
                ({"title": ""}, {"title": ""}), ({"title": " \u00a0"}, {"title": ""}), ({}, {})):
            with self.subTest(parameters):
                self.assertEqual(self.set(client, **parameters), {"parameters": {}})
                self.assertEqual(self.said(), {"cid": 4} | said)

    def test_what_breaks_a_rule_is_refused_and_nothing_of_it_counts(self):
        client = self.client()
        size = {"width": 1, "height": 1}
        for parameters, field, fault, limit in (
                ({"title": "x" * 201}, "title", "tooLong", 200),
                ({"title": "two\nlines"}, "title", "badCharacter", None),
                ({"title": "bell\u0007"}, "title", "badCharacter", None),
                ({"title": "turned \u202e round"}, "title", "badCharacter", None),
                ({"badge": "count"}, "count", "missing", None),
                ({"badge": "dot", "count": 1}, "count", "missing", None),
                ({"count": 1}, "count", "missing", None),
                ({"badge": "count", "count": -1}, "count", "outOfRange", 99999),
                ({"badge": "count", "count": 100000}, "count", "outOfRange", 99999),
                ({"badge": "count", "count": 2**63 - 1}, "count", "outOfRange", 99999),
                ({"title": "good", "minimum": size | {"width": -1}}, "minimum.width", "outOfRange", 65535),
                ({"minimum": size | {"height": 65536}}, "minimum.height", "outOfRange", 65535)):
            with self.subTest(parameters):
                self.assertEqual(self.set(client, **parameters), {
                    "error": WINDOW + "InvalidWindow", "parameters": {"field": field, "fault": fault, "limit": limit}})
        for parameters, wrong in (({"title": 3}, "title"), ({"badge": "star"}, "badge"), ({"badge": 1}, "badge"),
                                  ({"minimum": {"width": 1}}, "minimum"), ({"minimum": 5}, "minimum"),
                                  ({"cid": 4, "title": "x"}, "cid"), ({"app": "io.example.two"}, "app")):
            with self.subTest(parameters):
                reply = self.set(client, **parameters)
                self.assertEqual((reply["error"], reply["parameters"]["parameter"]),
                                 ("org.varlink.service.InvalidParameter", wrong))
        self.assertTrue(self.desktop.windows.empty())
        self.assertIn("io.example.one refused: Set: title: tooLong", self.log_text())

    def test_a_flood_is_held_off_and_is_the_apps_own(self):
        client, accepted, waits = self.client(), 0, []
        begin = time.monotonic()
        for number in range(200):
            reply = self.set(client, title=f"number {number}")
            if "error" in reply:
                self.assertEqual(reply["error"], WINDOW + "TooSoon")
                waits.append(reply["parameters"]["milliseconds"])
            else:
                accepted += 1
        took = time.monotonic() - begin
        self.assertTrue(20 <= accepted <= 21 + took * 10, accepted)
        self.assertTrue(all(0 < wait <= 100 for wait in waits), waits)
        self.assertEqual(self.set(self.client(4), title="calm"), {"parameters": {}})
        wait_for(lambda: self.desktop.windows.qsize() == accepted + 1, "the desktop was told what was accepted")
        time.sleep(waits[-1] / 1000)
        self.assertEqual(self.set(client, badge="dot"), {"parameters": {}})

    def test_it_comes_back_with_a_new_desktop_and_goes_with_the_vm(self):
        one, two = self.client(3), self.client(4)
        self.set(one, title="kept", minimum={"width": 300, "height": 200})
        self.set(one, badge="count", count=7)
        self.set(two, title="ended")
        self.hypervisor.change("io.example.two", cid=9)
        self.assertTrue(two.closed())
        for _ in range(3):
            self.said()
        self.new_desktop()
        self.assertEqual(self.said(), {"cid": 3, "title": "kept", "badge": "count", "count": 7, "minimumWidth": 300,
                                       "minimumHeight": 200})
        self.assertEqual(self.set(self.client(9), badge="dot"), {"parameters": {}})
        self.assertEqual(self.said(), {"cid": 9, "badge": "dot", "count": 0})

    def test_a_broker_that_restarts_takes_nothing_back(self):
        """What the desktop keeps of before stays: the new broker says only what it was told."""
        self.set(self.client(), title="of before")
        self.said()
        self.stop_broker(signal.SIGKILL)
        self.hypervisor.watching = False
        self.start_broker()
        self.set(self.client(), badge="dot")
        self.assertEqual(self.said(), {"cid": 3, "badge": "dot", "count": 0})

    def test_without_a_desktop_it_is_kept(self):
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.assertEqual(self.set(self.client(), title="early"), {"parameters": {}})
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.assertEqual(self.said(), {"cid": 3, "title": "early"})


class Watch(Fixture):
    def test_once_is_at_once(self):
        client = self.client()
        self.assertEqual(client.call(WINDOW + "Watch"), {"parameters": FIRST})
        self.desktop.tell(surroundings=AROUND)
        self.desktop.tell(window={"cid": 3, "focused": True, "visibility": "shown"})
        wait_for(lambda: client.call(WINDOW + "Watch")["parameters"] == FIRST | AROUND | {"focused": True, "visibility": "shown"},
                 "the news came")
        self.assertEqual(client.post()["parameters"]["id"], 1, "the connection is free")

    def test_news_are_told(self):
        client = self.watcher()
        self.assertEqual(client.first, FIRST)
        for what in ({"visibility": "shown", "focused": True}, {"focused": False}, {"visibility": "covered"},
                     {"visibility": "minimised"}, {"visibility": "none"}):
            client.first |= what
            self.desktop.tell(window={"cid": 3, "focused": client.first["focused"], "visibility": client.first["visibility"]})
            self.assertEqual(self.heard(client), client.first)
        self.desktop.tell(surroundings=AROUND)
        self.assertEqual(self.heard(client), FIRST | AROUND)

    def test_a_turn_of_the_machine_is_told(self):
        client = self.watcher()
        self.hypervisor.turn(90)
        self.assertEqual(self.heard(client), FIRST | {"orientation": 90})
        self.desktop.tell(surroundings=AROUND)
        self.assertEqual(self.heard(client), FIRST | AROUND | {"orientation": 90})
        self.assertEqual(self.client(4).call(WINDOW + "Watch"), {"parameters": FIRST | AROUND | {"orientation": 90}})

    def test_an_app_hears_of_its_own_window_only(self):
        one, two = self.watcher(3), self.watcher(4)
        self.desktop.tell(window={"cid": 4, "focused": True, "visibility": "shown"})
        self.desktop.tell(window={"cid": 77, "focused": True, "visibility": "shown"})  # nobody's
        self.assertEqual(self.heard(two)["focused"], True)
        self.desktop.tell(window={"cid": 3, "focused": False, "visibility": "covered"})
        self.assertEqual(self.heard(one), FIRST | {"visibility": "covered"})

    def test_what_is_told_before_the_app_is_known_counts(self):
        """As a broker that restarts may hear it: of the windows first, and then whose they are."""
        for told, seen in ((({"focused": True, "visibility": "shown"},), (True, "shown")),
                           (({"focused": True, "visibility": "shown"}, {"focused": False, "visibility": "covered"}), (False, "covered")),
                           (({"focused": False, "visibility": "minimised"}, {"focused": False, "visibility": "none"}), (False, "none"))):
            with self.subTest(told):
                ended = self.log_text().count("io.example.two ended")
                self.hypervisor.change("io.example.two", cid=None, state="stopped")
                wait_for(lambda: self.log_text().count("io.example.two ended") > ended, "its VM ended")
                for window in told:
                    self.desktop.tell(window={"cid": 9} | window)
                self.heard_by_the_broker()
                self.hypervisor.change("io.example.two", cid=9, state="running")
                state = self.client(9).call(WINDOW + "Watch")["parameters"]
                self.assertEqual((state["focused"], state["visibility"]), seen)

    def test_what_a_lost_desktop_told_too_early_is_forgotten(self):
        self.desktop.tell(window={"cid": 9, "focused": True, "visibility": "shown"})
        self.heard_by_the_broker()
        self.new_desktop()
        self.hypervisor.change("io.example.two", cid=9)
        self.assertEqual(self.client(9).call(WINDOW + "Watch"), {"parameters": FIRST})

    def test_answers_to_notifications_are_another_watch(self):
        windows, answers, poster = self.watcher(), self.client(), self.client()
        answers.send({"method": NOTIFICATION + "Watch", "more": True})
        poster.post()
        self.desktop.answer(self.desktop.next("Show")["id"], None)
        self.assertEqual(answers.receive()["parameters"]["answer"], "dismissed")
        self.desktop.tell(surroundings=AROUND)
        self.assertEqual(self.heard(windows), FIRST | AROUND)

    def test_a_new_desktop_tells_anew(self):
        client = self.watcher()
        self.desktop.tell(window={"cid": 3, "focused": True, "visibility": "shown"})
        self.assertTrue(self.heard(client)["focused"])
        self.new_desktop()
        self.assertEqual(self.heard(client), FIRST)
        self.desktop.tell(window={"cid": 3, "focused": True, "visibility": "shown"})
        self.assertTrue(self.heard(client)["focused"])

    def test_nonsense_from_the_desktop_is_left(self):
        good = {"cid": 3, "focused": True, "visibility": "shown"}
        for nonsense in ({"window": good | {"cid": -1}}, {"window": good | {"visibility": "bright"}}, {"window": 3},
                         {"surroundings": AROUND | {"keyboardLayout": "x" * 33}}, {"surroundings": {}}):
            watchers = len(self.desktop.watchers)
            self.desktop.tell(**nonsense)
            wait_for(lambda: len(self.desktop.watchers) > watchers, f"the broker came back after {nonsense}")
        self.assertEqual(self.client().call(WINDOW + "Watch"), {"parameters": FIRST})

    def test_who_does_not_read_is_told_the_newest(self):
        """And costs nothing: the queue is one reply long, whatever happens."""
        idle, busy = self.watcher(), self.watcher()

        def change(times: int):
            for number in range(times):
                self.desktop.tell(window={"cid": 3, "focused": number % 2 == 0, "visibility": "shown"})
            self.desktop.tell(window={"cid": 3, "focused": False, "visibility": "minimised"})
            while self.heard(busy)["visibility"] != "minimised":
                pass
        change(5000)  # what an allocator keeps at hand it has then
        before = self.memory_kib()
        change(20000)
        self.assertLess(self.memory_kib() - before, 1024)
        count = 1
        while self.heard(idle)["visibility"] != "minimised":
            count += 1
        self.assertLess(count, 1000)
        self.desktop.tell(surroundings=AROUND)
        self.assertEqual(self.heard(idle), FIRST | AROUND | {"visibility": "minimised"})


class Close(Fixture):
    def test_the_app_is_told_before_it_is_stopped(self):
        self.hypervisor.lock.acquire()  # what is asked of the hypervisor is not done yet
        client, other = self.watcher(3), self.watcher(4)
        began = time.monotonic()
        self.desktop.request("io.example.one", "close")
        heard = self.heard(client)
        self.hypervisor.lock.release()
        assert_left(heard.pop("closing"), began)
        self.assertEqual(heard | {"closing": None}, FIRST)
        self.assertTrue(client.closed(), "its VM ended")
        self.desktop.tell(surroundings=AROUND)
        self.assertEqual(self.heard(other)["closing"], None)
        stop = [call for call in self.hypervisor.calls if call["method"].endswith("Stop")]
        self.assertEqual([call["parameters"] for call in stop], [{"id": "io.example.one", "force": False}])

    def test_who_asks_later_hears_what_is_left(self):
        watcher = self.watcher()
        began = time.monotonic()
        self.hypervisor.change("io.example.one", state="stopping")  # the system's own doing
        first = self.heard(watcher)["closing"]
        assert_left(first, began)
        time.sleep(0.02)
        left = self.client().call(WINDOW + "Watch")["parameters"]["closing"]
        self.assertTrue(0 < left <= first - 20, left)
        self.hypervisor.change("io.example.one", ended="something else")  # it is told once
        self.desktop.tell(surroundings=AROUND)
        heard = self.heard(watcher)
        self.assertEqual(heard | {"closing": None}, FIRST | AROUND)
        self.hypervisor.change("io.example.one", state="running", cid=9)  # another VM: nobody asked it
        self.assertEqual(self.client(9).call(WINDOW + "Watch"), {"parameters": FIRST | AROUND})


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
