#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An app as the source of io.bulkhead.Location: drive_location_provider.py BROKER_UNDER_TEST [TEST ...]"""
import json
import os
import pathlib
import pty
import select
import sys
import time
import tty

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cli")]
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from drive_location import DENIED, PLACE, WATCH  # noqa: E402
from varlink_peer import Client, wait_for  # noqa: E402

LOCATION = "io.bulkhead.Location."
PROVIDE = LOCATION + "Provide"
PHONE, WEATHER, RADIO = "io.example.phone", "io.example.weather", "io.example.radio"
THERE = (-33.85678, 151.2153)
PROVIDERS_MAX, PACE_SECONDS, SLOW_SECONDS = 4, 1, 60  # what takes the system 10 s and more

drive_broker.CIDS = (0, 3, 4, 9, 10, 11, 12)


def wanting(cid: int, *permissions: str) -> dict:
    return {"state": "running", "cid": cid,
            "permissions": [{"name": name, "reason": f"For the {name}."} for name in permissions]}


def fix(latitude: float = THERE[0], longitude: float = THERE[1], age: float = 0, **what) -> dict:
    return {"latitude": latitude, "longitude": longitude, "accuracyMetres": 12, "time": int((time.time() - age) * 1000)} | what


class Fixture(drive_location.Fixture):
    apps = {PHONE: wanting(3, "locationSource"), WEATHER: wanting(4, "location"), RADIO: wanting(9, "locationSource", "location")}
    settings: dict[str, str] = {}
    granted_first = {PHONE: "locationSource", WEATHER: "location", RADIO: "locationSource"}

    def setUp(self):
        super().setUp()
        for app, permission in self.granted_first.items():
            self.desktop.grant(app, permission, "always")
        wait_for(lambda: all(f"{app} may use: {permission}: always" in self.log_text() for app, permission in
                             self.granted_first.items()), "what the person chose is known")

    def provide(self, client: Client, **parameters):
        client.send({"method": PROVIDE, "parameters": parameters})

    def providing(self, cid: int = 3, **parameters) -> Client:
        """A connection that provides, and whose call waits."""
        client = self.client(cid)
        self.provide(client, **parameters)
        self.passed()
        return client

    def provides(self, client: Client, **parameters) -> bool:
        """Tries to; false when that is refused, true when the call waits."""
        self.provide(client, **parameters)
        self.passed()
        return not select.select([client.endpoint], [], [], 0)[0] or not client.receive()

    def passed(self):
        """Whatever was called before has been dealt with: what comes together may pass in any order, but not what comes later."""
        client = self.client(4)
        for _ in range(2):
            self.assertIn("parameters", client.call("org.varlink.service.GetInfo"))
        client.close()

    def watching(self, accuracy: str = "exact") -> Client:
        return self.asking(4, True, accuracy)

    def wanted(self, client: Client):
        """The call that waits is answered: another fix is wanted."""
        self.assertEqual(client.receive(), {"parameters": {}})

    def assert_there(self, reply: dict, latitude: float = THERE[0]):
        self.assertEqual(reply["parameters"]["latitude"], latitude)

    def silent(self, *clients: Client, seconds: float = 0.0):
        ready = select.select([client.endpoint for client in clients], [], [], seconds)[0]
        self.assertEqual(ready, [])

    def no_source(self, client: Client):
        self.assertEqual(client.receive(), {"error": LOCATION + "NoSource", "parameters": {}})


class Providing(Fixture):
    def test_others_are_told_what_it_says(self):
        provider = self.providing()
        watcher = self.watching()
        self.wanted(provider)
        said = fix(altitude=3.5, speed=1, course=359.5)
        self.provide(provider, fix=said)
        reply = watcher.receive()
        self.assertEqual(reply, {"parameters": said, "continues": True})
        self.wanted(provider)
        again = fix(latitude=1)
        self.provide(provider, fix=again)
        self.assertEqual(watcher.receive()["parameters"], again | {"altitude": None, "speed": None, "course": None})

    def test_the_first_call_may_say_it(self):
        self.providing(fix=fix())
        self.assert_there(self.client(4).call(WATCH, accuracy="exact"))

    def test_coarse_is_coarse(self):
        provider = self.providing(fix=fix())
        coarse = self.watching("coarse")
        first = coarse.receive()["parameters"]
        self.assertNotEqual((first["latitude"], first["longitude"]), THERE)
        self.assertLess(abs(first["latitude"] - THERE[0]) * 111320, first["accuracyMetres"])
        self.assertEqual(first["accuracyMetres"], 6000)
        self.assertEqual({key for key, value in first.items() if value is None}, {"altitude", "speed", "course"})
        self.assertEqual(first["time"] % 60000, 0)
        exact = self.watching()
        exact.receive()
        for step in (0.011, -0.02):  # within the cell, and out of it within five minutes
            self.wanted(provider)
            self.provide(provider, fix=fix(first["latitude"] + step, altitude=5, speed=3, course=7))
            exact.receive()
            self.assertEqual(self.client(4).call(WATCH, accuracy="coarse")["parameters"], first)
        self.silent(coarse)

    def test_coarse_is_not_more_exact_than_its_source(self):
        self.providing(fix=fix(accuracyMetres=50000))
        self.assertEqual(self.client(4).call(WATCH, accuracy="coarse")["parameters"]["accuracyMetres"], 96000)

    def test_it_is_asked_only_while_somebody_wants_to_know(self):
        provider = self.providing()
        self.silent(provider)
        watcher = self.watching()
        self.wanted(provider)
        self.provide(provider, fix=fix())
        self.assert_there(watcher.receive())
        watcher.close()
        wait_for(lambda: any(self.desktop.all_uses) and not self.desktop.uses, "nobody watches any more")
        self.silent(provider, seconds=0.3)
        self.watching()
        self.wanted(provider)

    def test_a_fix_comes_once_a_second_however_much_it_says(self):
        provider, watcher = self.providing(), self.watching()
        self.wanted(provider)
        began = time.monotonic()
        provider.send_bytes(b"".join(self.call_bytes(latitude) for latitude in range(50)))
        for latitude in range(4):
            self.assert_there(watcher.receive(), latitude)
        self.assertGreaterEqual(time.monotonic() - began, 3 * PACE_SECONDS - 0.1)

    def call_bytes(self, latitude: float) -> bytes:
        return json.dumps({"method": PROVIDE, "parameters": {"fix": fix(latitude)}}).encode() + b"\0"

    def test_who_comes_again_is_no_quicker(self):
        watcher = self.watching_with(self.providing(fix=fix()))
        outcomes = set()

        def come_again() -> bool:
            client = self.client(3)
            self.provide(client, fix=fix(5))
            self.passed()
            early = bool(select.select([client.endpoint], [], [], 0)[0])
            if early:
                reply = client.receive()
                self.assertEqual(reply["error"], LOCATION + "TooSoon")
                self.assertTrue(1 <= reply["parameters"]["milliseconds"] <= 1000 * PACE_SECONDS)
            client.close()
            outcomes.add(early)
            return len(outcomes) == 2

        wait_for(come_again, "it was too early, and it was not")
        wait_for(lambda: f"{PHONE} refused: Location.Provide: too soon" in self.log_text(), "the log says so")
        watcher.close()

    def watching_with(self, provider: Client) -> Client:
        """A watch that goes on over the end of this provider: another app stands in."""
        watcher = self.watching()
        self.assert_there(watcher.receive())
        self.providing(9)
        provider.close()
        return watcher

    def test_one_connection_of_an_app(self):
        first = self.providing()
        second = self.client(3)
        self.assertEqual(second.call(PROVIDE), {"error": LOCATION + "AlreadyProviding", "parameters": {}})
        first.close()
        wait_for(lambda: self.provides(second, fix=fix()), "the first one's end is known")
        self.assert_there(self.client(4).call(WATCH, accuracy="exact"))

    def test_who_wants_no_answer_says_nothing(self):
        client = self.client(3)
        for _ in range(3):
            client.send({"method": PROVIDE, "oneway": True, "parameters": {"fix": fix()}})
        self.assertIn("parameters", client.call("org.varlink.service.GetInfo"))
        self.no_source(self.asking(4))

    def test_what_is_out_of_its_range_is_an_error_and_changes_nothing(self):
        provider, watcher = self.providing(), self.watching()
        self.wanted(provider)
        for field, least, most, wrong in (("latitude", -90, 90, (-90.1, 91, 1e300)), ("longitude", -180, 180, (-180.5, 181)),
                                          ("accuracyMetres", 0.01, 1000000, (0, -5, 1000001)),
                                          ("altitude", -12000, 100000, (-12001, 100001)), ("speed", 0, 10000, (-1, 10001)),
                                          ("course", 0, 360, (-0.1, 361))):
            for value in wrong:
                with self.subTest(field, value=value):
                    self.assertEqual(provider.call(PROVIDE, fix=fix(**{field: value})),
                                     {"error": LOCATION + "InvalidFix", "parameters": {"field": field, "least": least, "most": most}})
        for age in (-20, 40, 1e6, -1e9):
            with self.subTest("time", age=age):
                reply = provider.call(PROVIDE, fix=fix(age=age))
                self.assertEqual((reply["error"], reply["parameters"]["field"]), (LOCATION + "InvalidFix", "time"))
                self.assertEqual(reply["parameters"]["most"] - reply["parameters"]["least"], 40000)
        self.silent(watcher)
        self.provide(provider, fix=fix(speed=None))
        self.assert_there(watcher.receive())
        self.assertIn(f"{PHONE} refused: Location.Provide: a fix that cannot be", self.log_text())

    def test_what_is_no_fix_is_an_error(self):
        client = self.client(3)
        for wrong in (5, "here", [], {}, fix(latitude="north"), fix(latitude=None), fix(time=1.5), fix(where="here")):
            with self.subTest(wrong):
                self.assertEqual(client.call(PROVIDE, fix=wrong)["error"], "org.varlink.service.InvalidParameter")
        for number in (b"NaN", b"Infinity", b"1e999", b"-1e999"):
            with self.subTest(number):
                client = self.client(3)
                client.send_bytes(self.call_bytes(12345).replace(b"12345", number))
                try:
                    reply = client.receive()
                except ConnectionError:
                    reply = None  # no JSON
                self.assertTrue(reply is None or reply["error"] in (LOCATION + "InvalidFix", "org.varlink.service.InvalidParameter"), reply)
        self.no_source(self.asking(4))


class Trusting(Fixture):
    granted_first = {WEATHER: "location"}

    def test_the_person_is_asked_for_this_and_for_this_alone(self):
        provider = self.providing(fix=fix())
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": PHONE, "appName": "Phone", "permission": "locationSource",
                                  "reason": "For the locationSource."})
        self.no_source(self.asking(4))  # until they have answered it is none
        self.desktop.choose(dialog, "once")
        wait_for(lambda: f"{PHONE} may use: locationSource: once" in self.log_text(), "it was heard")
        self.assert_there(self.client(4).call(WATCH, accuracy="exact"))
        provider.close()

    def test_to_know_is_not_to_say(self):
        self.desktop.grant(RADIO, "location", "always")
        provider = self.providing(9, fix=fix())
        self.desktop.choose(self.desktop.dialog(), "never")
        self.assertEqual(provider.receive(), DENIED)
        self.assertEqual(provider.call(PROVIDE, fix=fix()), DENIED)
        self.assertEqual(self.client(4).call(PROVIDE, fix=fix()), DENIED)  # its manifest does not declare it
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertIn(f"{WEATHER} refused: Location.Provide: its manifest does not declare it", self.log_text())

    def test_what_was_said_too_long_ago_is_not_told(self):
        said = fix(age=25)
        self.providing(fix=said)
        dialog = self.desktop.dialog()
        wait_for(lambda: time.time() * 1000 > said["time"] + 30100, "it is old")
        self.desktop.choose(dialog, "always")
        wait_for(lambda: self.granted().get(PHONE) == "always", "it is a source")
        watcher = self.watching()
        wait_for(lambda: (PHONE, "locationSource") in self.used(), "it is asked")
        self.silent(watcher, seconds=0.2)

    def test_the_panel_and_the_log_have_it_while_its_word_counts(self):
        self.desktop.grant(PHONE, "locationSource", "always")
        wait_for(lambda: PHONE in self.granted(), "it is allowed")
        provider = self.providing()
        watcher = self.watching()
        self.wanted(provider)
        wait_for(lambda: set(self.used()) == {(PHONE, "locationSource"), (WEATHER, "location")}, "the panel shows both")
        watcher.close()
        wait_for(lambda: not self.desktop.uses, "the panel shows none")
        wait_for(lambda: len(self.desktop.privacy["uses"]) == 2 and
                 all(use["seconds"] >= 0 for use in self.desktop.privacy["uses"]), "the log has the end of both")
        self.assertEqual({use["permission"] for use in self.desktop.privacy["uses"]}, {"location", "locationSource"})

    def test_nothing_is_shown_of_one_whose_word_does_not_count(self):
        self.desktop.grant(PHONE, "locationSource", "always")
        wait_for(lambda: PHONE in self.granted(), "it is allowed")
        self.providing(fix=fix())
        self.desktop.grant(RADIO, "locationSource", "always")  # told after whatever came before
        wait_for(lambda: RADIO in self.granted(), "the page was told")
        self.assertEqual((self.desktop.uses, self.desktop.privacy["uses"]), ([], []))


class Ending(Fixture):
    def test_taken_back_it_is_believed_no_more_at_once(self):
        for app, cid, choice in ((PHONE, 3, None), (RADIO, 9, "never")):
            with self.subTest(choice):
                provider = self.providing(cid, fix=fix())
                watcher = self.watching()
                self.assert_there(watcher.receive())
                self.wanted(provider)
                self.provide(provider)
                self.passed()
                self.desktop.grant(app, "locationSource", choice)
                self.no_source(watcher)
                self.assertIn(provider.receive(), (DENIED, {"parameters": {}}))  # another fix was wanted meanwhile, if the machine is busy
                self.no_source(self.asking(4))
                self.provide(provider)
                if choice is None:
                    self.desktop.choose(self.desktop.dialog(), None)
                self.assertEqual(provider.receive(), DENIED)

    def test_one_that_nobody_listens_to_can_be_stopped_too(self):
        provider = self.providing(fix=fix())
        self.desktop.grant(PHONE, "locationSource", "never")
        self.assertEqual(provider.receive(), DENIED)
        self.no_source(self.asking(4))

    def test_while_in_use_ends_with_the_window(self):
        self.see("shown")
        self.desktop.grant(PHONE, "locationSource", "whileInUse")
        wait_for(lambda: self.granted().get(PHONE) == "whileInUse", "it was heard")
        provider = self.providing()
        self.see("minimised")
        self.assertEqual(provider.receive(), DENIED)

    def test_another_app_stands_in_for_one_that_dies(self):
        self.providing(fix=fix())
        other = self.providing(9)
        watcher = self.watching()
        self.assert_there(watcher.receive())
        self.silent(other)
        self.hypervisor.change(PHONE, cid=None, state="stopped")
        self.wanted(other)
        self.provide(other, fix=fix(60))
        self.assert_there(watcher.receive(), 60)
        other.close()
        self.no_source(watcher)

    def test_what_a_liar_said_is_gone_from_the_coarse_too(self):
        self.providing(fix=fix(80))
        other = self.providing(9)
        watcher = self.watching("coarse")
        self.assertGreater(watcher.receive()["parameters"]["latitude"], 70)
        self.desktop.grant(PHONE, "locationSource", "never")
        self.wanted(other)
        self.provide(other, fix=fix())
        self.assertLess(watcher.receive()["parameters"]["latitude"], 0)  # not only after five minutes

    def test_one_that_falls_silent_is_passed_over_and_has_its_place_again(self):
        provider = self.providing()
        other = self.providing(9)
        other.endpoint.settimeout(SLOW_SECONDS)
        watcher = self.watching()
        self.wanted(provider)
        self.provide(provider, fix=fix(age=25))
        self.assert_there(watcher.receive())
        self.wanted(other)
        self.provide(other, fix=fix(60))
        self.assert_there(watcher.receive(), 60)
        self.wanted(provider)
        self.provide(provider, fix=fix(1))
        self.assert_there(watcher.receive(), 1)
        wait_for(lambda: (RADIO, "locationSource") not in self.used(), "the other one rests")


class Crowd(Fixture):
    names = [f"io.example.app{number}" for number in range(PROVIDERS_MAX + 1)]
    apps = {name: wanting(cid, "locationSource") for name, cid in zip(names, (3, 9, 10, 11, 12))} | {WEATHER: wanting(4, "location")}
    granted_first = {name: "locationSource" for name in names}

    def test_four_apps_at_a_time(self):
        first = self.providing(3)
        for cid in (9, 10, 11):
            self.providing(cid)
        self.assertEqual(self.client(12).call(PROVIDE), {"error": LOCATION + "TooManyProviders", "parameters": {"limit": PROVIDERS_MAX}})
        first.close()
        client = self.client(12)
        wait_for(lambda: self.provides(client), "there is room again")


class BesideAPlace(Fixture):
    settings = {"place": f"{PLACE[0]},{PLACE[1]}"}

    def test_what_the_person_set_comes_first(self):
        provider = self.providing(fix=fix())
        watcher = self.watching()
        self.assert_here(watcher.receive())
        self.silent(provider, watcher, seconds=PACE_SECONDS + 0.2)


class BesideAReceiver(Fixture):
    def setUp(self):
        self.receiver, self.line = pty.openpty()
        tty.setraw(self.line)
        self.settings = {"gps": os.ttyname(self.line)}
        super().setUp()

    def tearDown(self):
        super().tearDown()
        os.close(self.receiver)
        os.close(self.line)

    def test_an_app_is_asked_when_the_receiver_knows_nothing(self):
        provider = self.providing(fix=fix())
        provider.endpoint.settimeout(SLOW_SECONDS)
        began = time.monotonic()
        watcher = self.watching()
        watcher.endpoint.settimeout(SLOW_SECONDS)
        self.assert_there(watcher.receive())
        self.assertGreaterEqual(time.monotonic() - began, 4.9)  # the receiver had its chance first
        self.wanted(provider)
        os.write(self.receiver, drive_location.fix(*PLACE))
        self.assertAlmostEqual(watcher.receive()["parameters"]["latitude"], PLACE[0], 4)
        wait_for(lambda: (PHONE, "locationSource") not in self.used(), "the app rests")
        self.provide(provider, fix=fix())
        self.passed()
        self.silent(watcher)


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
