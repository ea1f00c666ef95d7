#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page "Software" of the settings, with a person and a broker that the test plays: drive_software_page.py DESKTOP_UNDER_TEST [TEST ...]

With SOFTWARE_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import base64
import pathlib
import socket
import sys
import time

import tap
from desktop_peer import ENTER, ESCAPE, SUPER, TAB, WAIT_SECONDS, Late, VarlinkError, WithApps, different, png

PROGRAM = ""

KEYS = {"s": 31, "e": 18}
SETTINGS = (1280 // 2 - 820 // 2, 420 - 620 // 2)  # their top left on the desktop, in whose middle they are
PAGE = (SETTINGS[0] + 200, SETTINGS[1] + 60)
WIDTH = 620
EDGE = PAGE[0] + WIDTH - 20 - 16  # of what is on a card
CLOCK = (1190, 20)
NOBODY = (20, 700)  # where nothing is
WRONG = (0xFF, 0x8A, 0x66)  # the colour of what is wrong, and of what is new
GUARD = 0.5  # seconds, until a question takes an answer

PAINT, NOTES, WORDS = "org.example.paint", "io.bulkhead.notes", "org.example.words"
KEY, OTHER_KEY = "3f9a12c488de01b7" * 4, "00ffee1122334455" * 4
LOCATION = {"name": "location", "reason": "To write on each picture where it was painted."}
FOLDERS = {"name": "folders", "reason": "To open pictures that other apps keep."}
MARK = "0123456789abcdef" * 2
GIGABYTE = 10 ** 9

INSTALL_Y = PAGE[1] + 4 + 76 // 2  # of the button, with nothing above its card
BUNDLE = 90 + 12  # the height of a card about what comes
FROM_FILE = (EDGE - 58, INSTALL_Y)
FIRST_ROW = PAGE[1] + 4 + 76 + 12 + 78 + 12 + 36 + 4 + 30  # its middle
BACK = (PAGE[0] + 20 + 52, PAGE[1] + 4 + 18)


def app(id_: str, name: str, state: str = "stopped", color=None) -> dict:
    entry = {"id": id_, "name": name, "state": state}
    return entry | ({"icon": base64.b64encode(png(color)).decode()} if color else {})


def candidate(**what) -> dict:
    return {"id": PAINT, "name": "Paint", "version": "1.0", "key": KEY, "size": 2_431_000, "permissions": [LOCATION, FOLDERS], "update": "first"} | what


class Fixture(WithApps):
    size, scale, form = (1280, 800), 1.0, "desktop"
    pictures = "SOFTWARE_PICTURES"
    apps = [app(NOTES, "Notes", "running", (60, 140, 200)), app(PAINT, "Paint", color=(200, 90, 60)), app(WORDS, "Words")]
    software = [{"app": NOTES, "permissions": []},
                {"app": PAINT, "version": "1.0", "key": KEY, "size": 2_431_000, "permissions": [LOCATION]},
                {"app": WORDS, "version": "12.4.1", "key": OTHER_KEY, "size": 71_300_000, "permissions": []}]

    def setUp(self):
        self.begin(PROGRAM, *self.size, form=self.form, scale=self.scale)
        self.tell_apps(self.apps)

    def tell_apps(self, apps: list[dict]):
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=apps)

    def tell(self, software: list[dict] | None = None, installs: bool = True, free: int | None = 7 * GIGABYTE, all_: int | None = 10 * GIGABYTE):
        room = {} if all_ is None else {"free": free, "all": all_}
        self.broker.call("io.bulkhead.Desktop.SetSoftware", apps=self.software if software is None else software, installs=installs, **room)

    def tell_bundle(self, state: str | None, **what):
        self.broker.call("io.bulkhead.Desktop.SetBundle",
                         bundle=None if state is None else {"mark": MARK, "state": state, "file": "paint-1.0.bapp"} | what)

    def ask(self, **what):
        self.tell_bundle("judged", candidate=candidate(**what))

    def wish(self) -> dict:
        """What the person wants, but to know how much room there is, and what an app keeps."""
        while (told := self.watch.receive_with("software")["software"]).keys() & {"look", "lookAt"}:
            pass
        return told

    def read(self):
        """The person has had the time to read what is shown now."""
        self.desktop.screenshot()
        time.sleep(1.2 * GUARD)

    def still_early(self, began: float):
        if time.monotonic() - began > GUARD:
            raise Late("the question takes an answer")

    def looks_at(self) -> str:
        """The app that they look at next."""
        while "lookAt" not in (told := self.watch.receive_with("software")["software"]):
            pass
        return told["lookAt"]

    def wants_nothing(self) -> bool:
        """Nothing was told that is not told yet."""
        self.watch.socket.settimeout(0.2)
        try:
            return self.wish() is None
        except (TimeoutError, socket.timeout):
            return True
        finally:
            self.watch.socket.settimeout(WAIT_SECONDS)

    def by_keys(self, number: int):
        """Presses the target that so many Tabs lead to."""
        for _ in range(number):
            self.desktop.key(TAB)
        self.desktop.key(ENTER)

    def open_page(self):
        """The fourth of the settings'."""
        self.desktop.key(SUPER)
        for character in "se":
            self.desktop.key(KEYS[character])
        self.desktop.key(ENTER)
        self.by_keys(4)
        self.away()

    def away(self):
        self.desktop.click(PAGE[0] + 2, PAGE[1] + 2)  # the focus goes
        self.desktop.move(*NOBODY)

    def look_away(self, name: str):
        self.away()
        return self.look(name)


class Page(Fixture):
    def test_what_is_installed_and_how_much_room_there_is(self):
        self.open_page()
        unknown = self.look("unknown")
        self.tell()
        known = self.look("list")
        self.assertIsNotNone(different(unknown, known))
        self.tell(free=2 * GIGABYTE)
        less = self.look("little-room")
        box = different(known, less)
        self.assertTrue(PAGE[1] + 92 < box[1] and box[3] < PAGE[1] + 92 + 78, "the room alone")
        self.tell(installs=False, all_=None)
        self.look("no-disk")
        self.desktop.click(*FROM_FILE)
        self.assertTrue(self.wants_nothing())

    def test_apps_come_and_go_while_it_is_open(self):
        self.tell()
        self.open_page()
        before = self.look("three")
        self.tell_apps(self.apps + [app("org.example.new", "New")])
        self.tell(self.software + [{"app": "org.example.new", "version": "1", "key": KEY, "size": 1, "permissions": []}])
        self.assertIsNotNone(different(before, self.look("four")))
        self.tell_apps(self.apps)
        self.tell()
        self.assertIsNone(different(before, self.desktop.screenshot()))
        self.tell_apps(self.apps[:1])
        self.tell(self.software[:1])
        self.look("nothing-installed")

    def test_who_opens_it_wants_to_know_how_much_room_there_is(self):
        self.tell()
        self.open_page()
        self.assertEqual(self.watch.receive_with("software")["software"], {"look": True})

    def test_one_app_and_back(self):
        self.tell()
        self.open_page()
        all_ = self.desktop.screenshot()
        self.desktop.click(PAGE[0] + 200, FIRST_ROW)
        self.desktop.move(*NOBODY)
        paint = self.look("app")
        self.assertIsNotNone(different(all_, paint))
        self.desktop.click(*BACK)
        self.desktop.move(*NOBODY)
        self.assertIsNone(different(all_, self.desktop.screenshot()))
        self.desktop.click(PAGE[0] + 200, FIRST_ROW + 60)
        self.assertIsNotNone(different(paint, self.look("other-app")))
        self.desktop.click(*BACK)
        self.desktop.click(PAGE[0] + 200, FIRST_ROW + 60 + 60 + 12 + 36 + 8)
        self.look("system-app")
        self.tell_apps(self.apps[1:])
        self.tell(self.software[1:])  # the app that is looked at goes
        self.desktop.move(*NOBODY)
        self.look("gone")

    def test_it_is_removed_after_a_question(self):
        self.tell()
        self.open_page()
        self.desktop.click(PAGE[0] + 200, FIRST_ROW)
        remove = (EDGE - 46, self.remove_y())
        self.desktop.click(*remove)
        self.assertTrue(self.wants_nothing(), "not without a question")
        self.desktop.scroll(50)
        self.desktop.move(*NOBODY)
        self.look("remove-question")
        bottom = SETTINGS[1] + 620 - 1 - 20  # of the page, when it is scrolled to its end
        self.desktop.click(PAGE[0] + 100, bottom - 16 - 18)  # Cancel
        self.assertTrue(self.wants_nothing())
        self.desktop.scroll(-50)
        self.desktop.click(*remove)
        self.desktop.scroll(50)
        self.desktop.click(EDGE - 100, bottom - 16 - 18)
        self.assertEqual(self.wish(), {"remove": PAINT})
        self.tell_apps([entry for entry in self.apps if entry["id"] != PAINT])
        self.tell([entry for entry in self.software if entry["app"] != PAINT])
        self.look("removed")

    def remove_y(self) -> int:
        """The middle of its card's height: below the way back, the head, what it is, may ask for, and takes."""
        facts = 14 + (18 + 10) + (36 + 10) + 14 - 10
        return PAGE[1] + 4 + 36 + 18 + 72 + facts + 12 + 36 + (14 + 21 + 18 + 14) + 12 + 36 + (14 + 18 + 14) + 12 + 38

    def test_with_the_keyboard_alone(self):
        self.tell()
        self.open_page()
        self.by_keys(5)  # the pages, what installs
        self.assertEqual(self.wish(), {"choose": True})
        self.by_keys(1)  # the first app
        self.desktop.move(*NOBODY)
        self.look("keyboard-app")
        self.by_keys(6)  # the pages, the way back, what removes
        self.desktop.move(*NOBODY)
        self.look("keyboard-remove")
        self.desktop.key(ENTER)  # the focus is where it does no harm
        self.assertTrue(self.wants_nothing())
        self.desktop.key(ENTER)  # and is where it was
        self.by_keys(1)
        self.assertEqual(self.wish(), {"remove": PAINT})


POINT = 56  # the height of a row
NOW = 1_796_000_000
THREE = [{"point": 7, "time": NOW, "version": "1.0", "cause": "kept", "size": 3_100_000},
         {"point": 6, "time": NOW - 86400, "version": "0.9", "cause": "update", "size": 12_000},
         {"point": 2, "time": NOW - 400 * 86400, "version": "0.8", "cause": "undo", "size": 0}]


class Points(Fixture):
    bottom = SETTINGS[1] + 620 - 1 - 20 - 76 - 12 - 6  # of the last restore point, when the page is scrolled to its end

    def setUp(self):
        super().setUp()
        self.tell()
        self.open_page()
        self.open_app()

    def open_app(self):
        self.desktop.click(PAGE[0] + 200, FIRST_ROW)
        self.assertEqual(self.looks_at(), PAINT)
        self.tell_storage()
        self.to_the_end()

    def to_the_end(self):
        """Scrolls to the end of the page."""
        self.desktop.move(PAGE[0] + 100, PAGE[1] + 300)
        self.desktop.scroll(100)

    def tell_storage(self, **what):
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": PAINT, "quota": 67_108_864, "data": 2_100_000, "taken": 3_112_000,
                                                                  "points": THREE} | what)

    def deed(self, state: str, restores: bool = False, app_: str = PAINT, **what):
        self.tell_storage(deed={"app": app_, "restores": restores, "state": state} | what)

    def runs(self):
        self.tell_apps([entry | ({"state": "running"} if entry["id"] == PAINT else {}) for entry in self.apps])

    def back(self, number: int) -> tuple[int, int]:
        """What goes back to a point, the last is 0."""
        return EDGE - 46, self.bottom - number * POINT - POINT // 2

    @property
    def keep(self) -> tuple[int, int]:
        return EDGE - 46, self.bottom - 3 * POINT - 8 - 18

    @property
    def answers(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Cancel, and yes, about the last point."""
        return (PAGE[0] + 100, self.bottom - 10 - 18), (EDGE - 100, self.bottom - 10 - 18)

    def test_what_it_takes(self):
        with_data = self.look_away("points")
        self.tell_storage(data=60_000_000)
        more = self.look("points-much")
        self.assertIsNotNone(different(with_data, more))
        self.tell_storage(data=2**62, quota=1)  # more than there can be: the bar is full
        self.look("points-too-much")
        self.tell_storage(quota=2**63 - 1, data=2**63 - 1, taken=2**63 - 1, points=[entry | {"size": 2**63 - 1, "time": 2**63 - 1} for entry in THREE])
        self.look("points-huge")
        self.tell_storage(quota=0, data=0, taken=0, points=[])
        without = self.look("points-none")
        self.assertIsNotNone(different(with_data, without))
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": PAINT, "points": []})
        unknown = self.look("points-unknown")
        self.assertIsNotNone(different(without, unknown))
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage=None)
        self.assertIsNone(different(unknown, self.look("points-null")))
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": WORDS, "quota": 1, "data": 1, "taken": 1, "points": THREE})
        self.assertIsNone(different(unknown, self.look("points-of-another")))

    def test_it_is_read_anew_when_it_is_opened_again(self):
        self.desktop.key(ESCAPE)
        self.open_page()
        self.assertEqual(self.looks_at(), PAINT)

    def test_one_is_made(self):
        self.desktop.click(*self.keep)
        self.assertEqual(self.wish(), {"keep": PAINT})
        self.deed("working")
        self.to_the_end()
        self.look_away("keep-working")
        # Nothing can be pressed meanwhile: at none of the places of its buttons, whatever the sentence above them moved.
        for y in range(PAGE[1] + 200, self.bottom, 12):
            self.desktop.click(EDGE - 46, y)
        self.assertTrue(self.wants_nothing())
        self.deed("done")
        self.to_the_end()
        done = self.look_away("keep-done")
        self.assertIsNone(self.box(WRONG, done))
        self.deed("done", app_=WORDS)
        self.to_the_end()
        self.assertIsNotNone(different(done, self.look_away("keep-done-of-another")))
        self.desktop.click(*self.keep)
        self.assertEqual(self.wish(), {"keep": PAINT})

    def test_each_thing_that_goes_wrong_in_words(self):
        seen = []
        for verdict, reason in (("busy", None), ("noDisk", None), ("noSuchPoint", None), ("nothingToKeep", None), ("running", None), ("noSuchApp", None),
                                ("tooManyPoints", None), ("failed", "there is no room left on the disk for apps"), (None, None)):
            self.deed("failed", **({"verdict": verdict} if verdict else {}), **({"reason": reason} if reason else {}))
            self.to_the_end()
            picture = self.look_away(f"points-wrong-{verdict}")
            self.assertIsNotNone(self.box(WRONG, picture), verdict)
            self.assertTrue(all(different(picture, other) for other in seen), verdict)
            seen.append(picture)
        self.deed("failed", verdict="x" * 64, reason="Weil " * 200)
        self.to_the_end()
        self.look_away("points-wrong-long")

    def test_of_an_app_that_runs_they_are_asked_first(self):
        self.runs()
        self.to_the_end()
        self.desktop.click(*self.keep)
        self.assertTrue(self.wants_nothing(), "not without a question")
        self.look_away("keep-question")
        self.to_the_end()
        y = self.bottom - 3 * POINT - 8 - 10 - 18
        self.desktop.click(PAGE[0] + 100, y)  # Cancel
        self.assertTrue(self.wants_nothing())
        self.to_the_end()
        self.desktop.click(*self.keep)
        self.to_the_end()
        self.desktop.click(EDGE - 100, y)
        self.assertEqual(self.wish(), {"keep": PAINT})
        self.deed("ending")
        self.to_the_end()
        self.look_away("keep-ending")

    def test_one_is_brought_back_after_a_question(self):
        self.desktop.click(*self.back(0))
        self.assertTrue(self.wants_nothing(), "not without a question")
        self.to_the_end()
        self.look_away("back-question")
        self.to_the_end()
        self.desktop.click(*self.answers[0])
        self.assertTrue(self.wants_nothing())
        self.to_the_end()
        self.desktop.click(*self.back(2))  # another is another one
        self.look_away("back-question-first")
        self.to_the_end()
        self.desktop.click(*self.back(0))
        self.to_the_end()
        self.desktop.click(*self.answers[1])
        self.assertEqual(self.wish(), {"restore": PAINT, "point": 2})
        self.deed("working", restores=True)
        self.to_the_end()
        self.look_away("back-working")
        self.deed("done", restores=True)
        self.to_the_end()
        self.look_away("back-done")

    def test_what_is_asked_can_be_seen(self):
        """The question is longer than what was seen of the page."""
        self.runs()
        self.to_the_end()
        self.desktop.click(*self.back(0))
        self.look("back-question-seen")
        # Nothing was scrolled by hand: what goes back is at the page's lower edge now.
        self.desktop.click(EDGE - 100, SETTINGS[1] + 620 - 52)
        self.assertEqual(self.wish(), {"restore": PAINT, "point": 2})

    def test_a_point_goes_while_they_are_asked(self):
        self.desktop.click(*self.back(0))
        self.to_the_end()
        self.desktop.move(*self.answers[1])
        self.desktop.button(True)
        self.tell_storage(points=THREE[:2])
        self.desktop.button(False)
        self.assertTrue(self.wants_nothing())
        self.to_the_end()
        self.desktop.move(*NOBODY)
        gone = self.look("back-gone")
        self.tell_storage()
        self.tell_storage(points=THREE[:2])
        self.to_the_end()
        self.desktop.move(*NOBODY)
        self.assertIsNone(different(gone, self.look("back-gone-still")), "it asks no more")

    def test_something_is_begun_while_they_are_asked(self):
        self.desktop.click(*self.back(0))
        self.to_the_end()
        self.desktop.move(*self.answers[1])
        self.desktop.button(True)
        self.deed("working", app_=WORDS)
        self.desktop.button(False)
        self.assertTrue(self.wants_nothing())

    def test_with_the_keyboard_alone(self):
        self.away()
        self.by_keys(6)  # the pages, the way back, what makes one
        self.assertEqual(self.wish(), {"keep": PAINT})
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.desktop.key(ENTER)  # the focus is where it does no harm
        self.assertTrue(self.wants_nothing())
        self.desktop.key(ENTER)  # and is where it was
        self.look("keyboard-point")
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.wish(), {"restore": PAINT, "point": 7})

    def test_of_an_app_that_came_with_the_system(self):
        self.desktop.scroll(-100)
        self.desktop.click(*BACK)
        self.desktop.click(PAGE[0] + 200, FIRST_ROW + 60 + 60 + 12 + 36 + 8)
        self.assertEqual(self.looks_at(), NOTES)
        self.desktop.move(*NOBODY)
        without = self.look("system-app-unknown")
        point = {key: value for key, value in THREE[0].items() if key != "version"}
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": NOTES, "quota": 0, "data": 0, "taken": 0, "points": []})
        self.assertIsNone(different(without, self.look("system-app-nothing")))
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": NOTES, "quota": 16_777_216, "data": 90_000, "taken": 12, "points": [point]})
        self.assertIsNotNone(different(without, self.look("system-app-keeps")))

    def test_as_many_as_there_may_be(self):
        self.tell_storage(points=[THREE[0] | {"point": number} for number in range(64, 0, -1)])
        self.to_the_end()
        self.look_away("points-many")
        self.to_the_end()
        self.desktop.click(*self.back(1))
        self.to_the_end()
        self.desktop.click(EDGE - 100, self.bottom - POINT - 10 - 18)
        self.assertEqual(self.wish(), {"restore": PAINT, "point": 2})

    def test_the_broker_goes(self):
        asked = self.look("points-asked")
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNotNone(different(asked, self.look("points-broker-gone")))

    def test_what_is_wrong_is_refused_and_what_was_told_stays(self):
        before = self.desktop.screenshot()
        deed = {"app": PAINT, "restores": True, "state": "working"}
        for wrong in ({"app": ""}, {"app": "a" * 256}, {"quota": -1}, {"data": -1}, {"taken": -1}, {"quota": 2**63}, {"points": None},
                      {"points": [THREE[0] | {"point": -1}]}, {"points": [THREE[0] | {"point": 2**32}]}, {"points": [THREE[0] | {"size": -1}]},
                      {"points": [THREE[0] | {"time": -1}]}, {"points": [THREE[0] | {"cause": "unheard"}]}, {"points": [THREE[0], THREE[0]]},
                      {"points": [THREE[0] | {"point": number} for number in range(65)]}, {"points": [{"point": 1}]},
                      {"deed": deed | {"state": "unheard"}}, {"deed": deed | {"app": ""}}, {"deed": {"app": PAINT}}, {"deed": deed | {"restores": 1}}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.tell_storage(**wrong)
        self.assertIsNone(different(before, self.desktop.screenshot()))


class Opened(Fixture):
    """A bundle that was opened in an app: the page comes by itself."""

    def comes(self):
        self.tell_bundle("coming", part=0.2)
        self.broker.call("io.bulkhead.Desktop.ShowSoftware")
        self.desktop.move(*NOBODY)
        return self.desktop.screenshot()

    def as_opened_by_hand(self):
        """What the person sees who opens the page themselves."""
        self.tell_bundle("coming", part=0.2)
        self.open_page()
        return self.desktop.screenshot()

    def setUp(self):
        super().setUp()
        self.tell()
        self.page = self.as_opened_by_hand()
        self.desktop.key(ESCAPE)
        self.tell_bundle(None)

    def test_after_the_person_chose_the_system_in_the_dialog(self):
        self.broker.call("io.bulkhead.Desktop.AskOpening", id=7, app=NOTES, appName="Notes", name="paint-1.0.bapp",
                         type="application/vnd.bulkhead.bundle", size=2_431_000, openers=[{"app": "io.bulkhead.system", "appName": "System", "system": True}],
                         keep=False)
        self.desktop.wait_log("question 7 takes an answer")
        self.look("dialog")
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.watch.receive_with("opened")["opened"], {"id": 7, "app": "io.bulkhead.system", "always": False, "fresh": False})
        self.assertIsNone(different(self.page, self.comes()))
        self.look("opened")
        self.assertEqual(self.watch.receive_with("software")["software"], {"look": True})

    def test_whatever_was_open_before(self):
        for before in (lambda: self.desktop.key(SUPER), lambda: self.desktop.click(*CLOCK), self.open_page, self.open_app):
            before()
            self.assertIsNone(different(self.page, self.comes()))
            self.desktop.key(ESCAPE)
            self.tell_bundle(None)

    def open_app(self):
        """The page of an app, among the settings."""
        self.open_page()
        self.desktop.click(PAGE[0] + 200, FIRST_ROW)

    def test_the_question_is_as_any(self):
        self.comes()
        self.ask(id="org.example.new", name="New thing", permissions=[])
        self.read()
        self.by_keys(6)  # the pages, what does not agree, what does
        self.assertEqual(self.wish(), {"mark": MARK, "agree": True})


class Bundle(Fixture):
    def setUp(self):
        super().setUp()
        self.tell()
        self.open_page()

    def button(self) -> tuple[int, int]:
        """What agrees, of the question whether an app that asks for nothing is to be installed for the first time."""
        facts = 14 + (18 + 10) + (36 + 10) + (3 + 18) + 2 * (18 + 10) + 14 - 10
        return PAGE[0] + 450, PAGE[1] + 4 + 72 + facts + 12 + 36 + (14 + 18 + 14) + 12 + 18

    def ask_for_nothing(self, **what):
        self.ask(**{"id": "org.example.new", "name": "New thing", "permissions": []} | what)

    def test_it_comes(self):
        self.desktop.click(*FROM_FILE)
        self.assertEqual(self.wish(), {"choose": True})
        self.tell_bundle("coming", part=0.1)
        little = self.look_away("coming-little")
        self.tell_bundle("coming", part=0.8)
        self.assertIsNotNone(different(little, self.look("coming-much")))
        self.desktop.click(EDGE - 58, INSTALL_Y + BUNDLE)
        self.assertTrue(self.wants_nothing(), "one at a time")
        self.desktop.click(EDGE - 46, PAGE[1] + 4 + 16 + 18)
        self.assertEqual(self.wish(), {"mark": MARK, "agree": False})
        self.tell_bundle("judging")
        self.look_away("judging")

    def test_they_agree(self):
        self.ask_for_nothing()
        self.read()
        self.look("question")
        self.desktop.click(*self.button())
        self.assertEqual(self.wish(), {"mark": MARK, "agree": True})
        self.tell_bundle("installing", candidate=candidate())
        self.look_away("installing")
        self.tell_bundle("ended", candidate=candidate(), verdict="installed")
        self.look("installed")
        self.desktop.click(EDGE - 46, PAGE[1] + 4 + 38)  # Close
        self.assertEqual(self.wish(), {"mark": MARK, "agree": False})

    def test_they_do_not(self):
        self.ask_for_nothing()
        self.desktop.click(self.button()[0] - 300, self.button()[1])
        self.assertEqual(self.wish(), {"mark": MARK, "agree": False})

    def test_it_takes_no_answer_before_it_could_be_read(self):
        """Whoever sends the file chooses when it comes: what is pressed then counts for nothing, whenever it is let go of."""
        self.desktop.move(*self.button())
        self.desktop.button(True)
        began = time.monotonic()
        self.ask_for_nothing()
        self.desktop.button(False)
        self.desktop.button(True)
        self.still_early(began)
        self.read()
        self.desktop.button(False)
        self.assertTrue(self.wants_nothing())
        self.desktop.click(*self.button())
        self.assertEqual(self.wish(), {"mark": MARK, "agree": True})

    def test_another_question_is_another_one(self):
        self.ask_for_nothing()
        self.read()
        self.desktop.move(*self.button())
        self.desktop.button(True)
        self.broker.call("io.bulkhead.Desktop.SetBundle", bundle={"mark": "f" * 32, "state": "judged", "file": "other.bapp",
                                                                "candidate": candidate(id="org.example.other", permissions=[])})
        self.desktop.button(False)
        self.assertTrue(self.wants_nothing())
        self.read()
        self.desktop.click(*self.button())
        self.assertEqual(self.wish(), {"mark": "f" * 32, "agree": True})

    def test_while_the_settings_are_closed_its_time_does_not_pass(self):
        self.desktop.key(ESCAPE)
        self.ask_for_nothing()
        self.read()
        self.desktop.move(*self.button())
        self.desktop.key(SUPER)
        for character in "se":
            self.desktop.key(KEYS[character])
        began = time.monotonic()
        self.desktop.key(ENTER)
        self.desktop.button(True)
        self.desktop.button(False)
        self.still_early(began)
        self.assertTrue(self.wants_nothing())

    def test_an_update_says_what_is_new(self):
        self.ask(update="newer", version="1.1")
        self.read()
        self.assertIsNotNone(self.box(WRONG, self.look("update")), "a permission is new")
        self.ask(update="newer", version="1.1", permissions=[LOCATION])
        self.assertIsNone(self.box(WRONG, self.look("update-the-same")))
        self.ask(update="same")
        self.look("same")

    def test_an_app_that_runs_is_not_updated(self):
        self.tell_apps([entry | ({"state": "running"} if entry["id"] == PAINT else {}) for entry in self.apps])
        self.ask(update="newer", version="1.1", permissions=[])
        self.read()
        self.assertIsNotNone(self.box(WRONG, self.look("runs")))
        self.by_keys(6)  # the pages, Cancel, and what is not there: the close button
        self.desktop.key(ESCAPE)
        self.assertTrue(self.wants_nothing())

    def test_each_thing_that_is_wrong_in_words(self):
        seen = []
        for verdict, reason in (("unsigned", "nobody has signed it"), ("older", "version 1.2 is installed, and this is 1.1.9, which is older"),
                                ("stranger", "it is not by who signed the org.example.paint that is installed"), ("broken", "the kernel was changed"),
                                ("theirs", "an app io.bulkhead.notes came with the machine"), ("running", "the app runs"), ("busy", None),
                                ("noDisk", None), ("failed", "there is no room left on the disk for apps"), ("unheard", "of")):
            self.tell_bundle("ended", verdict=verdict, **({"reason": reason} if reason else {}))
            picture = self.look(f"wrong-{verdict}").crop((PAGE[0], PAGE[1], PAGE[0] + WIDTH, PAGE[1] + 90))
            self.assertIsNotNone(self.box(WRONG, picture), verdict)
            self.assertTrue(all(different(picture, other) for other in seen), verdict)
            seen.append(picture)

    def test_the_hosts_are_all_there_before_it_is_installed(self):
        looks = []
        for hosts in (["*"], ["example.org"], [f"host{number}.example.org" for number in range(64)], ["my-" * 80 + "m.example.org", "b.org"]):
            self.ask(permissions=[{"name": "network", "reason": "To fetch the news."}], network=hosts)
            self.read()
            looks.append(self.look(f"network-{len(hosts)}-{len(hosts[0])}"))
            self.tell_bundle("ended", verdict="failed")
        self.assertTrue(different(looks[0], looks[1]) and different(looks[1], looks[2]) and different(looks[2], looks[3]))

    def test_hosts_that_an_update_adds_are_new(self):
        network = {"name": "network", "reason": "To fetch the news."}
        self.tell([{"app": PAINT, "version": "0.9", "key": KEY, "size": 1, "permissions": [network], "network": ["a.org", "b.org"]}])
        for hosts, new in ((["b.org"], False), (["b.org", "a.org"], False), (["a.org", "c.org"], True), (["*"], True)):
            self.ask(update="newer", permissions=[network], network=hosts)
            self.read()
            picture = self.look(f"network-update-{hosts[-1][0]}").crop((PAGE[0], PAGE[1], PAGE[0] + WIDTH, PAGE[1] + 460))
            self.assertEqual(self.box(WRONG, picture) is not None, new, hosts)
            self.tell_bundle("ended", verdict="failed")

    def test_that_it_allows_a_shell_is_said_before_it_is_installed_and_afterwards(self):
        looks = []
        for what in ({}, {"shell": False}, {"shell": True}):
            self.ask(**what)
            self.read()
            looks.append(self.look(f"shell-{len(looks)}"))
            self.tell_bundle("ended", verdict="failed")
        self.assertIsNone(different(*looks[:2]))
        self.assertIsNotNone(different(*looks[1:]))
        self.broker.call("io.bulkhead.Desktop.SetBundle")
        looks = []
        for what in ({}, {"shell": True}):
            self.tell([self.software[0], self.software[1] | what, *self.software[2:]])
            self.desktop.click(PAGE[0] + 200, FIRST_ROW)
            looks.append(self.look(f"shell-installed-{len(looks)}"))
            self.desktop.click(*BACK)
        self.assertIsNotNone(different(*looks))

    def test_texts_as_long_as_they_get(self):
        reason = "Weil " * 40
        self.ask(name="W" * 64, version="999999999.999999999.999999999.999999999", id="a" * 60 + ".bc",
                 permissions=[{"name": f"p{chr(97 + number)}", "reason": reason} for number in range(16)])
        self.read()
        first = self.look("long")
        self.desktop.move(PAGE[0] + 100, PAGE[1] + 100)
        self.desktop.scroll(500)
        self.assertIsNotNone(different(first, self.look("long-end")))
        self.desktop.click(EDGE - 100, SETTINGS[1] + 620 - 1 - 20 - 18)
        self.assertEqual(self.wish(), {"mark": MARK, "agree": True})

    def test_the_broker_goes(self):
        self.ask_for_nothing()
        self.read()
        asked = self.look("asked")
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNotNone(different(asked, self.look("broker-gone")))

    def test_what_is_wrong_is_refused_and_what_was_told_stays(self):
        self.ask_for_nothing()
        self.read()
        before = self.desktop.screenshot()
        good = {"mark": MARK, "state": "judged", "file": "x", "candidate": candidate()}
        for wrong in ({"mark": ""}, {"mark": "x" * 65}, {"state": "unheard"}, {"candidate": None}, {"candidate": candidate(key="short")},
                      {"candidate": candidate(key="G" * 64)}, {"candidate": candidate(size=-1)}, {"candidate": candidate(update="other")},
                      {"candidate": candidate(id="")}, {"candidate": candidate(permissions=[LOCATION] * 17)}, {"part": 1.5}, {"part": -0.5},
                      {"state": "ended"}, {"state": "installing", "candidate": None}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.broker.call("io.bulkhead.Desktop.SetBundle", bundle=good | wrong)
        for wrong in ({"apps": [{"app": "", "permissions": []}]}, {"apps": [{"app": PAINT, "version": "1", "permissions": []}]},
                      {"apps": [{"app": PAINT, "version": "1", "key": "0", "permissions": []}]}, {"free": -1}, {"all": -1},
                      {"apps": [{"app": f"a{number}", "permissions": []} for number in range(257)]},
                      {"apps": [{"app": PAINT, "permissions": [LOCATION] * 17}]}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.broker.call("io.bulkhead.Desktop.SetSoftware", **{"apps": self.software, "installs": True, "free": 1, "all": 2} | wrong)
        self.assertIsNone(different(before, self.desktop.screenshot()))


class Fine(Fixture):
    size, scale = (1920, 1200), 1.5

    def test_a_finer_screen(self):
        self.tell()
        self.open_page()
        self.look("fine")
        self.ask()
        self.read()
        self.look("fine-question")


class Phone(Fixture):
    size, form = (360, 720), "phone"
    tab = 12 + 3 * 75 + 36

    @property
    def points_end(self) -> int:
        """Of the last restore point, when the page is scrolled to its end."""
        return self.size[1] - 28 - 20 - 76 - 12 - 6

    def open_page(self):
        self.desktop.key(SUPER)
        for character in "se":
            self.desktop.key(KEYS[character])
        self.desktop.key(ENTER)
        self.desktop.tap(self.tab, 44 + 30)

    def test_by_touch(self):
        self.tell()
        self.open_page()
        self.look("phone-list")
        self.desktop.tap(self.size[0] - 36 - 58, 44 + 60 + 4 + 38)
        self.assertEqual(self.wish(), {"choose": True})
        self.tell_bundle("coming", part=0.5)
        self.look("phone-coming")
        self.ask(update="newer", version="1.1")
        self.read()
        self.look("phone-question")
        self.tell_bundle("ended", verdict="older", reason="version 1.2 is installed, and this is 1.1.9, which is older")
        self.look("phone-older")
        self.tell_bundle(None)
        self.desktop.tap(150, 44 + 60 + 4 + 76 + 12 + 78 + 12 + 36 + 4 + 30)
        self.look("phone-app")

    def test_restore_points(self):
        self.tell()
        self.open_page()
        self.by_keys(6)  # the pages, what installs, the first app
        self.assertEqual(self.looks_at(), PAINT)
        self.broker.call("io.bulkhead.Desktop.SetStorage", storage={"app": PAINT, "quota": 67_108_864, "data": 2_100_000, "taken": 3_112_000,
                                                                  "points": THREE})
        self.desktop.move(150, self.size[1] // 2)
        self.desktop.scroll(100)
        self.look("phone-points")
        self.desktop.tap(self.size[0] - 36 - 46, self.points_end - POINT // 2)
        self.look("phone-back-question")
        self.desktop.move(150, self.size[1] // 2)
        self.desktop.scroll(100)
        self.look("phone-back-question-end")
        self.desktop.tap(self.size[0] - 36 - 46, self.points_end - 10 - 18)
        self.assertEqual(self.wish(), {"restore": PAINT, "point": 2})


class Landscape(Phone):
    size, tab = (720, 360), 12 + 3 * 112 + 50


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
