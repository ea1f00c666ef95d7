#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Permissions and io.bulkhead.Location, from an app's side and from the person's: drive_location.py BROKER_UNDER_TEST [TEST ...]"""
import contextlib
import os
import pathlib
import pty
import select
import signal
import statistics
import subprocess
import sys
import threading
import time
import tty

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cli")]
import drive_broker  # noqa: E402
import gps  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, FakeDesktop, wait_for  # noqa: E402

WATCH = "io.bulkhead.Location.Watch"
DENIED = {"error": "org.varlink.service.PermissionDenied", "parameters": {}}
PLACE = (47.37174, 8.54226)
ONE, TWO = "io.example.one", "io.example.two"


def wanting(reason: str, cid: int) -> dict:
    return {"state": "running", "cid": cid, "permissions": [{"name": "location", "reason": reason},
                                                           {"name": "telepathy", "reason": "To know you."}]}


class Fixture(drive_broker.Fixture):
    apps = {ONE: wanting("To show the weather.", 3), TWO: wanting("To find the way.", 4),
            "io.example.plain": {"state": "running", "cid": 9}}
    settings = {"place": f"{PLACE[0]},{PLACE[1]}"}
    inherited: list[int] = []  # descriptors that the broker inherits, too

    def start_broker(self):
        for cid in drive_broker.CIDS:
            (self.folder / str(cid)).unlink(missing_ok=True)
        self.log = open(self.folder / "log", "a+")
        settings = {"permissions": self.folder / "permissions.db"} | self.settings
        self.process = subprocess.Popen(
            [drive_broker.PROGRAM, self.folder / "desktop", str(self.broker_end.fileno()),
             *(f"{name}={value}" for name, value in settings.items()),
             *(f"{cid}={self.folder}/{cid}" for cid in drive_broker.CIDS)],
            pass_fds=[self.broker_end.fileno(), *self.inherited], stderr=self.log)
        wait_for(lambda: self.hypervisor.watching and self.desktop.watchers, "the broker found its peers")

    def restart_broker(self, number: int = signal.SIGTERM):
        self.stop_broker(number)
        self.hypervisor.watching, self.desktop.watchers = False, []
        self.start_broker()

    def asking(self, cid: int = 3, more: bool = False, accuracy: str = "exact"):
        """A connection on which a call waits."""
        client = self.client(cid)
        client.send({"method": WATCH, "parameters": {"accuracy": accuracy}} | ({"more": True} if more else {}))
        return client

    def fill(self, clients: list) -> list:
        """All of five connections call: four wait for the person, and one is answered at once. Yields the four."""
        for client in clients:
            client.send({"method": WATCH, "parameters": {"accuracy": "exact"}})
        over = self.answered(clients)
        self.assertEqual(over.receive(), DENIED)
        return [client for client in clients if client is not over]

    def answered(self, clients: list):
        """The first of them that has an answer."""
        ready = select.select([client.endpoint for client in clients], [], [], PATIENCE)[0]
        return next(client for client in clients if client.endpoint in ready)

    def allowed(self, choice: str, cid: int = 3, **how):
        """The same, and the person allowed it."""
        client = self.asking(cid, **how)
        self.desktop.choose(self.desktop.dialog(), choice)
        return client

    def see(self, visibility: str, cid: int = 3):
        self.desktop.tell(window={"cid": cid, "focused": False, "visibility": visibility})

    def no_dialog(self):
        """Whatever could have asked has been dealt with: a call of the other app's has passed since."""
        self.assertEqual(self.client(9).call(WATCH, accuracy="exact"), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())

    def assert_here(self, reply: dict):
        self.assertEqual((reply["parameters"]["latitude"], reply["parameters"]["longitude"]), PLACE)

    def used(self) -> list[tuple[str, str]]:
        return [(use["app"], use["permission"]) for use in self.desktop.uses]

    def granted(self) -> dict[str, str]:
        return {grant["app"]: grant["choice"] for grant in self.desktop.privacy["grants"]}

    def assert_answered_soon(self):
        """Most calls of another app's: a busy machine lets any of them wait."""
        caller, took = self.client(9), []
        for _ in range(50):
            begun = time.monotonic()
            self.assertIn("parameters", caller.call("org.varlink.service.GetInfo"))
            took.append(time.monotonic() - begun)
        self.assertLess(statistics.median(took), 1)

    def moved(self, app: str, cid: int):
        """The app's VM is another one, and the broker knows it."""
        self.hypervisor.change(app, cid=cid, state="running")
        wait_for(lambda: self.desktop.app(app).get("cid") == cid, "the broker knows its VM")

    def new_desktop(self):
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")


class Asking(Fixture):
    def test_the_dialog_has_the_installed_name_and_the_reason_of_the_manifest(self):
        client = self.asking()
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": ONE, "appName": "One", "permission": "location",
                                  "reason": "To show the weather."})
        self.desktop.choose(dialog, "once")
        self.assert_here(client.receive())

    def test_once_is_for_one_use(self):
        client = self.allowed("once")
        self.assert_here(client.receive())
        client.send({"method": WATCH, "parameters": {"accuracy": "exact"}})
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assert_here(client.receive())
        self.assertEqual(self.granted(), {})

    def test_always_is_kept_over_restarts_and_new_vms(self):
        self.assert_here(self.allowed("always").receive())
        wait_for(lambda: self.granted() == {ONE: "always"}, "the privacy page knows")
        self.restart_broker(signal.SIGKILL)  # nothing was left to be written at the end
        self.assert_here(self.client().call(WATCH, accuracy="exact"))
        self.hypervisor.change("io.example.plain", cid=None, state="stopped")
        self.moved(ONE, 9)
        self.assert_here(self.client(9).call(WATCH, accuracy="exact"))
        self.assertTrue(self.desktop.dialogs.empty())

    def test_never_is_kept(self):
        self.assertEqual(self.allowed("never").receive(), DENIED)
        self.assertEqual(self.client().call(WATCH, accuracy="exact"), DENIED)
        self.restart_broker()
        self.assertEqual(self.client().call(WATCH, accuracy="exact"), DENIED)
        self.no_dialog()
        wait_for(lambda: self.granted() == {ONE: "never"}, "the privacy page knows")

    def test_what_is_not_declared_is_refused_without_a_dialog(self):
        for _ in range(3):
            self.assertEqual(self.client(9).call(WATCH, accuracy="exact"), DENIED)
        self.no_dialog()
        self.assertIn("io.example.plain refused: Location.Watch: its manifest does not declare it", self.log_text())

    def test_names_that_are_not_known_are_said_once(self):
        self.hypervisor.change(ONE, state="running")
        self.restart_broker()
        self.assertEqual(self.log_text().count(f"{ONE} wants what this system does not have: telepathy"), 2)  # two lives

    def test_a_closed_dialog_is_a_no_that_is_not_kept(self):
        self.assertEqual(self.allowed(None).receive(), DENIED)
        self.assert_here(self.allowed("always").receive())

    def test_who_wants_no_answer_gets_nothing(self):
        for _ in range(2):
            client = self.client()
            for _ in range(3):  # each call would be the connection's only one
                client.send({"method": WATCH, "oneway": True, "parameters": {"accuracy": "exact"}})
            self.assertIn("parameters", client.call("org.varlink.service.GetInfo"))
            client.close()
        self.no_dialog()
        self.desktop.grant(ONE, "location", "always")
        self.assert_here(self.client().call(WATCH, accuracy="exact"))

    def test_one_dialog_at_a_time_and_apps_take_turns(self):
        ones = self.fill([self.client() for _ in range(5)])
        first = self.desktop.dialog()
        twos = self.fill([self.client(4) for _ in range(5)])
        self.no_dialog()
        self.desktop.choose(first, "once")
        served = self.answered(ones)
        self.assert_here(served.receive())
        second = self.desktop.dialog()
        self.assertEqual(second["app"], TWO)
        self.no_dialog()
        self.desktop.choose(second, "always")
        for two in twos:
            self.assert_here(two.receive())
        self.assertEqual(self.desktop.dialog()["app"], ONE)
        self.desktop.grant(ONE, "location", "always")  # answers all that is asked, and the dialog is not needed
        for client in ones:
            if client is not served:
                self.assert_here(client.receive())
        self.desktop.dialog("WithdrawAsk")

    def test_a_flood_does_not_bury_the_desktop_in_dialogs(self):
        clients = [self.client() for _ in range(5)]
        for _ in range(3):
            waiting = self.fill(clients)
            self.desktop.choose(self.desktop.dialog(), None)
            for client in waiting:  # one dialog for all of them
                self.assertEqual(client.receive(), DENIED)
        for _ in range(20):
            for client in clients:
                self.assertEqual(client.call(WATCH, accuracy="exact"), DENIED)
        self.no_dialog()
        self.assert_here(self.allowed("once", 4).receive())  # the other app may still ask
        self.hypervisor.change(ONE, cid=None, state="stopped")
        self.hypervisor.change("io.example.plain", cid=None, state="stopped")
        self.moved(ONE, 9)
        self.assertEqual(self.client(9).call(WATCH, accuracy="exact"), DENIED)  # and a new VM changes nothing

    def test_dialogs_that_come_and_go_count_too(self):
        for _ in range(3):
            client = self.asking()
            dialog = self.desktop.dialog()
            client.close()
            self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
            self.desktop.choose(dialog, "always")  # it was answered too late, by a person who saw it
        self.assertEqual(self.client().call(WATCH, accuracy="exact"), DENIED)
        self.assertEqual(self.granted(), {})
        self.no_dialog()

    def test_the_end_of_the_vm_withdraws_the_dialog(self):
        client = self.asking()
        dialog = self.desktop.dialog()
        self.hypervisor.change(ONE, cid=None, state="stopped")
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.assertTrue(client.endpoint.recv(1000) == b"" or client.closed())
        self.assertEqual(self.allowed("never", 4).receive(), DENIED)  # the next one's turn

    def test_without_a_desktop_asking_waits_for_one(self):
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        client = self.asking()
        self.desktop = FakeDesktop(self.folder / "desktop")
        dialog = self.desktop.dialog()
        self.new_desktop()  # and it dies with the dialog
        again = self.desktop.dialog()
        self.assertEqual(again | {"id": 0}, dialog | {"id": 0})
        self.desktop.choose(again, "once")
        self.assert_here(client.receive())

    def test_a_busy_desktop_is_asked_again(self):
        self.desktop.busy = 1
        client = self.asking()
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assert_here(client.receive())
        self.assertEqual(self.desktop.busy, 0)

    def test_nonsense_from_the_desktop_allows_nothing(self):
        client = self.asking()
        dialog = self.desktop.dialog()
        self.desktop.choose(dialog | {"id": dialog["id"] + 1}, "always")
        self.desktop.grant("io.example.none", "location", "always")
        for nonsense in ({"asked": {"id": dialog["id"], "choice": "sometimes"}}, {"asked": {"id": "1"}}, {"asked": 5},
                         {"grant": {"app": ONE, "permission": "telepathy", "choice": "always"}},
                         {"grant": {"app": ONE, "permission": "location", "choice": "once"}}, {"grant": {"app": ONE}}):
            with self.subTest(nonsense):
                self.lost_over(nonsense)
                dialog = self.desktop.dialog()
        self.assertEqual(self.granted(), {})
        self.desktop.choose(dialog, None)
        self.assertEqual(client.receive(), DENIED)


class Using(Fixture):
    def test_the_panel_shows_it_and_the_log_keeps_it(self):
        began = int(time.time())
        client = self.allowed("once", more=True)
        self.assert_here(client.receive())
        wait_for(lambda: self.desktop.uses, "the panel shows it")
        use = self.desktop.uses[0]
        self.assertTrue(began <= use.pop("since") <= time.time())
        self.assertEqual(use, {"app": ONE, "appName": "One", "permission": "location"})
        wait_for(lambda: self.desktop.privacy["uses"], "the log has it")
        self.assertEqual(self.desktop.privacy["uses"][0]["seconds"], -1)
        client.close()
        wait_for(lambda: self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has its end")
        wait_for(lambda: not self.desktop.uses, "it goes out")
        past = self.desktop.privacy["uses"][0]
        self.assertTrue(began <= past.pop("start") <= time.time())
        self.assertTrue(0 <= past.pop("seconds") <= time.time() - began + 1)
        self.assertEqual(past, {"app": ONE, "appName": "One", "permission": "location"})
        self.restart_broker()
        wait_for(lambda: self.desktop.privacy["uses"], "the log outlives the broker")

    def test_taking_it_back_ends_it_at_once(self):
        for choice in (None, "never"):
            with self.subTest(choice):
                self.desktop.grant(ONE, "location", "always")
                client = self.asking(more=True)
                self.assert_here(client.receive())
                wait_for(lambda: self.used() == [(ONE, "location")], "the panel shows it")
                self.desktop.grant(ONE, "location", choice)
                self.assertEqual(client.receive(), DENIED)
                wait_for(lambda: self.granted() == ({ONE: choice} if choice else {}), "the privacy page knows")
                client.close()
        self.restart_broker()
        self.assertEqual(self.client().call(WATCH, accuracy="exact"), DENIED)

    def test_once_can_be_taken_back_too(self):
        client = self.allowed("once", more=True)
        self.assert_here(client.receive())
        self.desktop.grant(ONE, "location", None)
        self.assertEqual(client.receive(), DENIED)

    def test_while_in_use_ends_with_the_window(self):
        self.see("shown")
        client = self.allowed("whileInUse", more=True)
        self.assert_here(client.receive())
        for gone in ("covered", "minimised", "none"):
            with self.subTest(gone):
                self.see(gone)
                self.assertEqual(client.receive(), DENIED)
                self.assertEqual(self.client().call(WATCH, accuracy="exact"), DENIED)
                self.see("shown")
                client.close()
                client = wait_for(lambda: self.watching(), "it may again")
        self.new_desktop()  # who is not seen is not in use
        self.assertEqual(client.receive(), DENIED)
        self.no_dialog()
        wait_for(lambda: self.granted() == {ONE: "whileInUse"}, "the privacy page knows")

    def watching(self):
        client = self.asking(more=True)
        if client.receive() != DENIED:
            return client
        client.close()  # an app has few
        return None

    def test_a_window_that_is_not_seen_has_no_use_of_while_in_use(self):
        self.assertEqual(self.allowed("whileInUse").receive(), DENIED)

    def test_always_does_not_need_a_window(self):
        self.see("shown")
        client = self.allowed("always", more=True)
        self.assert_here(client.receive())
        self.see("minimised")
        self.desktop.grant(ONE, "location", "always")
        wait_for(lambda: self.log_text().count(f"{ONE} may use: location: always") == 2, "it was heard")
        wait_for(lambda: self.used() == [(ONE, "location")], "the panel shows it")
        self.desktop.grant(ONE, "location", "whileInUse")  # a use that goes on does so by the new choice
        self.assertEqual(client.receive(), DENIED)

    def test_the_end_of_the_vm_ends_it(self):
        client = self.allowed("always", more=True)
        self.assert_here(client.receive())
        self.hypervisor.change(ONE, cid=None, state="stopped")
        self.assertTrue(client.closed())
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")

    def test_a_new_desktop_is_told_everything(self):
        client = self.allowed("always", more=True)
        self.assert_here(client.receive())
        self.new_desktop()
        wait_for(lambda: self.used() == [(ONE, "location")] and self.granted() == {ONE: "always"} and
                 self.desktop.privacy["uses"], "it knows")

    def test_a_flood_of_calls_is_one_entry_and_no_flood_of_news(self):
        began = time.monotonic()
        client = self.allowed("always")
        self.assert_here(client.receive())
        for _ in range(500):
            self.assert_here(client.call(WATCH, accuracy="exact"))
        wait_for(lambda: any(self.desktop.all_uses), "it is seen, however short each was")
        wait_for(lambda: not self.desktop.uses, "it goes out")
        self.assertLess(len(self.desktop.all_uses), 10 * (time.monotonic() - began) + 5)  # news come 100 ms apart
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has its end")
        self.assertEqual(len(self.desktop.privacy["uses"]), 1)

    def test_a_full_disk_is_no_reason_to_stop(self):
        self.stop_broker()
        self.hypervisor.watching, self.desktop.watchers = False, []
        program, limit = drive_broker.PROGRAM, self.folder / "limited"
        limit.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 40\nexec {program} \"$@\"\n")  # 20 KiB
        limit.chmod(0o755)
        drive_broker.PROGRAM = str(limit)
        try:
            self.start_broker()
        finally:
            drive_broker.PROGRAM = program
        self.assert_here(self.allowed("always").receive())
        self.assert_here(self.client().call(WATCH, accuracy="exact"))


def fix(latitude: float, longitude: float, second: int = 0, hdop: float = 0.9) -> bytes:
    at = f"{gps.angle(latitude, 2, 'NS')},{gps.angle(longitude, 3, 'EW')}"
    clock = f"12{second // 60:02d}{second % 60:02d}.00"
    return (gps.sentence(f"GPGGA,{clock},{at},1,08,{hdop},408.2,M,47.1,M,,") +
            gps.sentence(f"GPRMC,{clock},A,{at},2.7,84.4,010126,,,A"))


class WithReceiver(Fixture):
    """A GPS receiver at the other end of a line, which speaks once every 50 ms unless it is silent."""

    def setUp(self):
        self.receiver, line = pty.openpty()
        tty.setraw(line)
        os.set_blocking(self.receiver, False)
        self.place, self.second, self.silent, self.over = PLACE, 0, False, False
        self.speaking = threading.Lock()
        self.settings = {"gps": os.ttyname(line)}
        super().setUp()
        self.line = line
        self.speaker = threading.Thread(target=self.speak, daemon=True)
        self.speaker.start()
        self.desktop.grant(ONE, "location", "always")

    def tearDown(self):
        self.over = True
        self.speaker.join()
        super().tearDown()
        os.close(self.receiver)
        os.close(self.line)

    def speak(self):
        while not self.over:
            with self.speaking:
                if not self.silent:
                    self.second += 1
                    with contextlib.suppress(BlockingIOError):  # it speaks on when nobody listens
                        os.write(self.receiver, self.words())
            time.sleep(0.05)

    def words(self) -> bytes:
        return fix(*self.place, self.second)


class Receiver(WithReceiver):
    def test_exact_is_what_the_receiver_says(self):
        answer = self.client().call(WATCH, accuracy="exact")["parameters"]
        self.assertAlmostEqual(answer["latitude"], PLACE[0], 5)
        self.assertAlmostEqual(answer["longitude"], PLACE[1], 5)
        self.assertAlmostEqual(answer["accuracyMetres"], 4.5)
        self.assertAlmostEqual(answer["altitude"], 408.2)
        self.assertAlmostEqual(answer["speed"], 2.7 * 0.514444, 4)
        self.assertAlmostEqual(answer["course"], 84.4)
        self.assertEqual(answer["time"] // 3600000 * 3600000, 1767268800000)

    def test_who_watches_hears_each_fix(self):
        client = self.asking(more=True)
        seen = []
        for step in range(5):
            seen.append(client.receive())
            self.place = (PLACE[0] + (step + 1) / 100, PLACE[1])
        self.assertTrue(all(reply["continues"] for reply in seen))
        times = [reply["parameters"]["time"] for reply in seen]
        self.assertEqual(times, sorted(set(times)))

    def test_who_reads_slowly_hears_the_newest(self):
        client = self.asking(more=True)
        client.receive()
        begin = self.second
        wait_for(lambda: self.second > begin + 60, "time passed")
        self.place = (-33.9, 151.2)
        deadline = time.monotonic() + PATIENCE
        while client.receive()["parameters"]["latitude"] > 0:
            self.assertLess(time.monotonic(), deadline)

    def test_coarse_is_the_same_wherever_in_the_cell_and_however_often(self):
        seen = set()
        watcher = self.asking(more=True, accuracy="coarse")
        first = watcher.receive()["parameters"]
        client = self.client()
        for step in range(40):
            self.place = (first["latitude"] + (step % 6 - 2.5) * 0.008, first["longitude"] + (step % 5 - 2) * 0.012)
            answer = client.call(WATCH, accuracy="coarse")["parameters"]
            seen.add(tuple(sorted(answer.items(), key=lambda item: item[0])))
            exact = client.call(WATCH, accuracy="exact")["parameters"]
            self.assertNotEqual(exact["latitude"], answer["latitude"])
        self.assertEqual(len(seen), 1)
        self.assertEqual({key for key, value in first.items() if value is None}, {"altitude", "speed", "course"})
        self.assertEqual(first["time"] % 60000, 0)
        self.assertLess(abs(first["latitude"] - PLACE[0]) * 111320, first["accuracyMetres"])
        self.assertGreater(first["accuracyMetres"], 5000)
        watcher.endpoint.settimeout(0.1)
        with self.assertRaises(TimeoutError):  # nothing changed, so nothing is said
            watcher.receive()

    def test_without_a_fix_the_call_waits_for_one(self):
        with self.speaking:
            self.silent = True
        client = self.asking()
        os.write(self.receiver, gps.sentence("GPRMC,120000.00,V,,,,,,,010126,,,N"))
        os.write(self.receiver, fix(*PLACE)[:-4] + b"00\r\n" + b"noise \0\xff $GPRMC,,,\n")
        wait_for(lambda: self.used() == [(ONE, "location")], "it is being used")
        client.endpoint.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            client.receive()
        client.endpoint.settimeout(PATIENCE)
        self.silent = False
        self.assertAlmostEqual(client.receive()["parameters"]["latitude"], PLACE[0], 5)


class Without(Fixture):
    settings = {}

    def test_a_machine_that_knows_no_place_says_so_and_asks_nobody(self):
        self.assertEqual(self.client().call(WATCH, accuracy="exact"),
                         {"error": "io.bulkhead.Location.NoSource", "parameters": {}})
        self.no_dialog()  # undeclared comes first: what the machine has is nothing to tell

    def test_wrong_parameters(self):
        client = self.client()
        for parameters, wrong in (({"accuracy": "rough"}, "accuracy"), ({}, "accuracy"), ({"accuracy": None}, "accuracy"),
                                  ({"accuracy": 5}, "accuracy"), ({"accuracy": "exact", "cid": 4}, "cid")):
            with self.subTest(parameters):
                reply = client.call(WATCH, **parameters)
                self.assertEqual((reply["error"], reply["parameters"]["parameter"]),
                                 ("org.varlink.service.InvalidParameter", wrong))


class Odd(Fixture):
    settings = {"place": "north,of here", "gps": "/nonexistent"}

    def test_sources_that_cannot_be_used_are_none(self):
        self.assertEqual(self.client().call(WATCH, accuracy="exact")["error"], "io.bulkhead.Location.NoSource")
        self.assertIn("the GPS receiver at /nonexistent cannot be used", self.log_text())
        self.assertIn("the place north,of here cannot be used", self.log_text())


class Copies(Fixture):
    """What a fresh copy of an app may use: what the person allowed that, and nothing of what they allowed its app."""
    apps = {ONE: wanting("To show the weather.", 3)}
    COPY = ONE + "+1"

    def copied(self):
        self.hypervisor.apps[ONE]["copy_cids"] = [9]
        self.desktop.request(ONE, "copy")
        wait_for(lambda: self.COPY in self.hypervisor.apps, "the copy")
        self.hypervisor.change(self.COPY, state="running")

    def known(self):
        wait_for(lambda: self.desktop.app(self.COPY).get("state") == "running", "the desktop knows it")

    def test_it_asks_though_its_app_may_always(self):
        self.assert_here(self.allowed("always").receive())
        self.copied()
        client = self.asking(9)
        dialog = self.desktop.dialog()
        self.assertEqual((dialog["app"], dialog["appName"]), (self.COPY, "Fresh copy of One"))
        self.desktop.choose(dialog, "once")
        self.assert_here(client.receive())
        wait_for(lambda: self.granted() == {ONE: "always"}, "the privacy page knows")

    def test_what_is_chosen_for_it_ends_with_it(self):
        self.copied()
        self.assert_here(self.allowed("always", 9).receive())
        self.assert_here(self.client(9).call(WATCH, accuracy="exact"))
        wait_for(lambda: self.granted() == {self.COPY: "always"}, "the privacy page knows")
        self.hypervisor.end_copy(self.COPY)
        wait_for(lambda: self.granted() == {}, "it is forgotten")
        self.copied()  # by the same name
        client = self.asking(9)
        self.desktop.choose(self.desktop.dialog(), "never")
        self.assertEqual(client.receive(), DENIED)
        client = self.asking(3)  # its app is asked for by itself
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assert_here(client.receive())

    def test_nothing_of_it_is_kept_when_the_broker_is_another(self):
        self.copied()
        self.assert_here(self.allowed("always", 9).receive())
        self.restart_broker(signal.SIGKILL)
        self.known()
        client = self.asking(9)
        self.desktop.choose(self.desktop.dialog(), None)
        self.assertEqual(client.receive(), DENIED)

    def test_never_holds_for_copies_too(self):
        self.assertEqual(self.allowed("never").receive(), DENIED)
        self.copied()
        self.known()
        self.assertEqual(self.client(9).call(WATCH, accuracy="exact"), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())

    def test_never_in_the_dialog_of_its_app_ends_what_a_copy_uses(self):
        self.copied()
        client = self.allowed("always", 9, more=True)
        self.assert_here(client.receive())
        self.assertEqual(self.allowed("never").receive(), DENIED)
        self.assertEqual(client.receive(), DENIED)

    def test_never_while_a_copy_uses_it_ends_that(self):
        self.copied()
        client = self.allowed("always", 9, more=True)
        self.assert_here(client.receive())
        self.desktop.grant(ONE, "location", "never")
        self.assertEqual(client.receive(), DENIED)
        self.desktop.grant(self.COPY, "location", None)
        wait_for(lambda: self.granted() == {ONE: "never"}, "the person may allow it for the copy alone")

    def test_another_one_by_its_name_has_nothing_of_it(self):
        """The broker was not told of its end."""
        self.copied()
        self.assert_here(self.allowed("always", 9).receive())
        self.hypervisor.change(self.COPY, cid=4, state="running")
        client = self.asking(4)
        self.desktop.choose(self.desktop.dialog(), None)
        self.assertEqual(client.receive(), DENIED)

    def test_the_log_says_whose_it_was(self):
        self.copied()
        self.assert_here(self.allowed("once", 9).receive())
        self.hypervisor.end_copy(self.COPY)
        wait_for(lambda: [(use["app"], use["appName"]) for use in self.desktop.privacy["uses"]] == [(self.COPY, "Fresh copy of One")], "the log")

    def test_it_is_not_installed(self):
        self.copied()
        self.known()
        self.assertEqual(self.desktop.told[-1][self.COPY]["copyOf"], ONE)
        wait_for(lambda: self.desktop.software, "the page of what is installed")
        self.assertNotIn(self.COPY, [app["app"] for app in self.desktop.software[-1]["apps"]])
        self.desktop.request(self.COPY, "copy")  # which the desktop does not offer
        self.desktop.request(self.COPY, "close")
        wait_for(lambda: self.COPY not in self.hypervisor.apps, "it was closed")
        wait_for(lambda: self.COPY not in self.desktop.told[-1], "the desktop knows it no more")
        self.assertEqual(self.hypervisor.methods().count("StartCopy"), 1)

    def test_one_that_cannot_be_started_the_person_is_told_of(self):
        self.hypervisor.apps[ONE]["fails"] = "there are as many fresh copies as there may be: close one first"
        self.desktop.request(ONE, "copy")
        shown = self.desktop.next("Show")
        self.assertEqual((shown["title"], shown["body"]), ("There is no fresh copy of One", self.hypervisor.apps[ONE]["fails"]))

    def test_its_app_is_removed(self):
        self.copied()
        self.known()
        self.hypervisor.apps.pop(self.COPY)
        self.hypervisor.install({}, (ONE,))
        wait_for(lambda: {ONE, self.COPY}.isdisjoint(self.desktop.told[-1]), "both are gone")


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
