#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The place that the person set, from their side and from an app's: drive_place.py BROKER_UNDER_TEST [TEST ...]"""
import json
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from drive_location import DENIED, ONE, PLACE, WATCH  # noqa: E402
from varlink_peer import wait_for  # noqa: E402

NO_SOURCE = {"error": "io.bulkhead.Location.NoSource", "parameters": {}}
HARBOUR, BERLIN = (-33.85678, 151.2153), (52.52, 13.405)
CELL = 0.05  # degrees of latitude
INITIAL = f"{PLACE[0]},{PLACE[1]}"


def said(place: tuple | None) -> dict | None:
    return place and {"latitude": place[0], "longitude": place[1]}


def where(reply: dict) -> tuple:
    return tuple(round(reply["parameters"][name], 12) for name in ("latitude", "longitude"))  # as exact as decimal text is read


class Fixture(drive_location.Fixture):
    settings: dict = {}

    def setUp(self):
        super().setUp()
        self.desktop.grant(ONE, "location", "always")

    def start_broker(self):
        self.kept = self.folder / "place.json"
        self.settings = {"where": self.kept} | self.settings
        self.desktop.places.clear()
        super().start_broker()

    def set(self, place: tuple | None):
        """The person sets it, or forgets it, in the settings, which show that."""
        self.desktop.places.clear()
        self.desktop.tell(place={"place": said(place)})
        self.shows(place)

    def shows(self, place: tuple | None):
        wait_for(lambda: self.desktop.places, "the desktop was told")
        told = self.desktop.places[-1]
        self.assertEqual(told is None, place is None)
        for name, degrees in (said(place) or {}).items():
            self.assertAlmostEqual(told[name], degrees, 12)

    def here(self, accuracy: str = "exact") -> dict:
        return self.client().call(WATCH, accuracy=accuracy)


class Setting(Fixture):
    def test_without_one_there_is_none(self):
        self.shows(None)
        self.assertEqual(self.here(), NO_SOURCE)

    def test_it_is_what_apps_are_told(self):
        self.set(BERLIN)
        reply = self.here()["parameters"]
        self.assertEqual((*where({"parameters": reply}), reply["accuracyMetres"]), (*BERLIN, 100))
        self.assertLess(abs(reply["time"] / 1000 - time.time()), 60)
        self.assertEqual({reply[name] for name in ("altitude", "speed", "course")}, {None})

    def test_who_watches_hears_of_each_change_at_once(self):
        self.set(BERLIN)
        exact, coarse = self.asking(more=True), self.asking(more=True, accuracy="coarse")
        self.assertEqual(where(exact.receive()), BERLIN)
        first = coarse.receive()["parameters"]
        self.set(HARBOUR)  # and not in the five minutes that a walk out of a cell takes to be told
        self.assertEqual(where(exact.receive()), HARBOUR)
        second = coarse.receive()["parameters"]
        for reply, place in ((first, BERLIN), (second, HARBOUR)):
            self.assertNotEqual(reply["latitude"], place[0])
            self.assertLessEqual(abs(reply["latitude"] - place[0]), CELL / 2)
            self.assertAlmostEqual(reply["latitude"] / CELL % 1, 0.5, 6)
            self.assertEqual(reply["accuracyMetres"], 6000)
        self.set(None)  # nothing else knows
        self.assertEqual((exact.receive(), coarse.receive()), (NO_SOURCE, NO_SOURCE))
        self.assertEqual(self.here(), NO_SOURCE)

    def test_a_place_nearby_is_told_to_who_may_know_it_exactly(self):
        near = (BERLIN[0] + 0.001, BERLIN[1])
        self.set(BERLIN)
        exact, coarse = self.asking(more=True), self.asking(more=True, accuracy="coarse")
        self.assertEqual(where(exact.receive()), BERLIN)
        middle = where(coarse.receive())
        self.set(near)
        self.assertEqual(where(exact.receive()), near)
        self.assertEqual(where(coarse.receive()), middle)

    def test_who_may_not_know_is_not_told(self):
        self.set(BERLIN)
        self.desktop.grant(ONE, "location", "never")
        wait_for(lambda: self.granted() == {ONE: "never"}, "the privacy page knows")
        self.assertEqual(self.here(), DENIED)

    def test_it_is_kept_over_restarts(self):
        self.set(BERLIN)
        self.restart_broker(signal.SIGKILL)  # nothing was left to be written at the end
        self.shows(BERLIN)
        self.assertEqual(where(self.here()), BERLIN)
        self.set(None)
        self.restart_broker(signal.SIGKILL)
        self.shows(None)
        self.assertEqual(self.here(), NO_SOURCE)

    def test_the_log_does_not_say_where(self):
        self.set(BERLIN)
        self.set(None)
        log = self.log_text()
        self.assertIn("the person set where the machine is", log)
        self.assertIn("the person says no more where the machine is", log)
        self.assertNotIn("52.", log)

    def test_a_new_desktop_is_told(self):
        self.set(BERLIN)
        self.new_desktop()
        self.shows(BERLIN)

    def test_nonsense_from_the_desktop_changes_nothing(self):
        self.set(BERLIN)
        for nonsense in (7, "here", [], {"place": 7}, {"place": {}}, {"place": {"latitude": 1}}, {"place": {"latitude": "1", "longitude": 2}},
                         {"place": said((90.1, 0))}, {"place": said((0, -180.1))}, {"place": said((1e308, 0))}):
            with self.subTest(nonsense):
                self.desktop.places.clear()
                self.lost_over({"place": nonsense})
                self.shows(BERLIN)
        self.assertEqual(where(self.here()), BERLIN)

    def test_whole_numbers_are_numbers(self):
        self.set((52, -13))
        self.assertEqual(where(self.here()), (52, -13))

    def test_a_damaged_file_is_none(self):
        for text in ("", "{", "[]", "{}", '{"place": 5}', '{"place": {"latitude": 91, "longitude": 0}}', '{"place": {"latitude": 9}}',
                     '{"place": {"latitude": 1e999, "longitude": 0}}', '{"place": {"latitude": "1", "longitude": 0}}', "{" + " " * 5000 + "}"):
            with self.subTest(text[:60]):
                self.kept.write_text(text)
                self.restart_broker()
                self.shows(None)
                self.assertIn(f"{self.kept} is left out", self.log_text())
                os.truncate(self.folder / "log", 0)
        self.set(BERLIN)  # which replaces it
        self.assertEqual(json.loads(self.kept.read_text()), {"place": said(BERLIN)})


class Initial(Fixture):
    """A machine that was given a place on its command line."""
    settings = {"place": INITIAL}

    def test_it_counts_until_the_person_says_otherwise(self):
        self.shows(PLACE)
        self.assertEqual(where(self.here()), PLACE)
        self.restart_broker()
        self.shows(PLACE)
        self.assertFalse(self.kept.exists())
        self.set(BERLIN)
        self.restart_broker()
        self.shows(BERLIN)
        self.assertEqual(where(self.here()), BERLIN)

    def test_forgotten_it_stays_so(self):
        self.shows(PLACE)
        self.set(None)
        self.assertEqual(self.here(), NO_SOURCE)
        self.restart_broker()
        self.shows(None)
        self.assertEqual(self.here(), NO_SOURCE)

    def test_what_cannot_be_read_of_what_was_chosen_was_not_chosen(self):
        self.kept.write_text('{"place": {"latitude": 91, "longitude": 0}}')
        self.restart_broker()
        self.shows(PLACE)


class BesideAReceiver(drive_location.WithReceiver):
    """The machine has a receiver, which speaks all the time."""

    def test_the_place_that_was_set_comes_first_and_leaves_the_rest_to_the_receiver(self):
        exact, coarse = self.asking(more=True), self.asking(more=True, accuracy="coarse")
        measured = where(coarse.receive())
        self.assertLessEqual(abs(measured[0] - PLACE[0]), CELL / 2)
        self.desktop.tell(place={"place": said(HARBOUR)})
        told = where(coarse.receive())  # at once: the receiver's cell was told only now
        self.assertLessEqual(abs(told[0] - HARBOUR[0]), CELL / 2)
        self.assertNotEqual(told[0], HARBOUR[0])
        self.assertEqual(where(self.client().call(WATCH, accuracy="exact")), HARBOUR)
        while where(exact.receive()) != HARBOUR:  # what the receiver had said before
            pass
        self.desktop.tell(place={"place": None})
        self.assertEqual(where(coarse.receive()), measured)
        self.assertAlmostEqual(where(exact.receive())[0], PLACE[0], 5)


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
