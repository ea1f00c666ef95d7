#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The place that the person sets in the settings, with a person and a broker that the test plays: drive_place_page.py DESKTOP_UNDER_TEST [TEST ...]

With PLACE_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import pathlib
import sys

import tap
from desktop_peer import ENTER, ESCAPE, SHIFT, SUPER, TAB, VarlinkError, WithApps, different

PROGRAM = ""

BACKSPACE, DELETE, HOME, END, LEFT, RIGHT = 14, 111, 102, 107, 105, 106
KEYS = {"1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "-": 12, ",": 51, ".": 52, " ": 57,
        "s": 31, "e": 18, "n": 49, "w": 17, "x": 45}
SETTINGS = (1280 // 2 - 820 // 2, 420 - 620 // 2)  # their top left on the desktop, in whose middle they are
PAGE = (SETTINGS[0] + 200, SETTINGS[1] + 60)
RIGHT_EDGE = PAGE[0] + 620 - 20 - 16  # of what is on a card
NOW, ENTRY_Y = 76, 4 + 76 + 12  # the height of the upper card, where the lower one begins
FORGET = (RIGHT_EDGE - 46, PAGE[1] + 4 + NOW // 2)
FIELD_Y = PAGE[1] + ENTRY_Y + 16 + 20 + 12 + 20
FIELD, SET = (PAGE[0] + 100, FIELD_Y), (RIGHT_EDGE - 36, FIELD_Y)
BERLIN = {"latitude": 52.52, "longitude": 13.405}
HARBOUR = {"latitude": -33.8567844, "longitude": 151.2152967}
WRONG = (0xFF, 0x8A, 0x66)  # the colour of what is wrong
NOBODY = (20, 700)  # where nothing is


class Fixture(WithApps):
    size, scale, form = (1280, 800), 1.0, "desktop"
    pictures = "PLACE_PICTURES"

    def setUp(self):
        self.begin(PROGRAM, *self.size, form=self.form, scale=self.scale)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[])

    def tell(self, place: dict | None):
        self.broker.call("io.bulkhead.Desktop.SetPlace", place=place)

    def change(self) -> dict | None:
        """What the person did with the place: another one, or None when it is to be forgotten."""
        return self.watch.receive_with("place")["place"].get("place")

    def assert_change(self, place: dict | None):
        told = self.change()
        self.assertEqual(told is None, place is None)
        for name, degrees in (place or {}).items():
            self.assertAlmostEqual(told[name], degrees, 12)

    def type(self, text: str):
        for character in text:
            self.desktop.key(*([SHIFT] if character.isupper() else []), KEYS[character.lower()])

    def by_keys(self, number: int):
        """Presses the target that so many Tabs lead to."""
        for _ in range(number):
            self.desktop.key(TAB)
        self.desktop.key(ENTER)

    def open_page(self):
        """The third of the settings'."""
        self.desktop.key(SUPER)
        self.type("se")
        self.desktop.key(ENTER)
        self.by_keys(3)
        self.desktop.move(*NOBODY)

    def is_wrong(self) -> bool:
        self.desktop.move(*NOBODY)
        return self.box(WRONG) is not None


class Page(Fixture):
    def test_a_place_is_set_shown_and_forgotten_with_the_pointer(self):
        self.tell(None)
        self.open_page()
        self.desktop.click(*PAGE)  # the focus goes
        self.desktop.move(*NOBODY)
        none = self.look("none")
        self.desktop.click(*FIELD)
        self.desktop.move(*NOBODY)
        self.assertIsNotNone(different(none, self.look("field")))
        self.type("52.52, 13.405")
        self.desktop.move(*NOBODY)
        self.look("written")
        self.desktop.click(*SET)
        self.assert_change(BERLIN)
        self.tell(BERLIN)
        self.desktop.click(*PAGE)  # the focus goes
        self.desktop.move(*NOBODY)
        berlin = self.look("set")
        self.assertIsNotNone(different(none, berlin))
        self.tell(HARBOUR)
        self.assertIsNotNone(different(berlin, self.look("another")))
        self.desktop.click(*FORGET)
        self.assert_change(None)
        self.tell(None)
        self.desktop.move(*NOBODY)
        self.desktop.click(*PAGE)
        self.desktop.move(*NOBODY)
        self.assertIsNone(different(none, self.desktop.screenshot()), "as it was in the beginning")

    def test_with_the_keyboard_alone(self):
        self.tell(None)
        self.open_page()
        self.by_keys(2)  # the last of the pages, the field
        self.type("33.8567844 S, 151.2152967 E")
        self.desktop.key(ENTER)
        self.assert_change(HARBOUR)
        self.tell(HARBOUR)
        self.type("1,2")  # the field has the focus still, and is empty
        self.desktop.key(TAB)  # to "Set"
        self.look("keyboard-set")
        self.desktop.key(ENTER)
        self.assert_change({"latitude": 1, "longitude": 2})
        self.tell({"latitude": 1, "longitude": 2})
        self.desktop.key(SHIFT, TAB)  # from the field back to "Forget"
        self.look("keyboard-forget")
        self.desktop.key(ENTER)
        self.assert_change(None)
        self.tell(None)
        self.type("3,4")  # which left the focus to the field
        self.desktop.key(ENTER)
        self.assert_change({"latitude": 3, "longitude": 4})

    def test_the_keys_of_a_field(self):
        self.tell(None)
        self.open_page()
        self.desktop.click(*FIELD)
        self.type("19,2")
        self.desktop.key(HOME)
        self.desktop.key(RIGHT)
        self.desktop.key(DELETE)
        self.desktop.key(LEFT)
        self.type("-")
        self.desktop.key(END)
        self.desktop.key(BACKSPACE)
        self.type("3")
        self.desktop.key(ENTER)
        self.assert_change({"latitude": -1, "longitude": 3})

    def test_nonsense_is_refused_and_said_why(self):
        self.tell(None)
        self.open_page()
        self.desktop.click(*FIELD)
        self.assertFalse(self.is_wrong())
        seen = []
        for name, text in {"no-numbers": "52.52", "latitude": "91, 0", "longitude": "0, 181", "directions": "52 N, 13 S"}.items():
            self.type(text)
            self.desktop.key(ENTER)
            self.assertTrue(self.is_wrong(), text)
            picture = self.look(f"wrong-{name}").crop((PAGE[0], FIELD_Y + 24, PAGE[0] + 620, FIELD_Y + 80))
            self.assertTrue(all(different(picture, other) for other in seen), name)
            seen.append(picture)
            for _ in text:
                self.desktop.key(BACKSPACE)
            self.assertFalse(self.is_wrong(), "it is another text")
        self.type("x")
        self.desktop.click(*SET)
        self.assertTrue(self.is_wrong())
        self.desktop.key(BACKSPACE)  # the field has the focus, to put it right
        self.type("5,6")
        self.desktop.click(*SET)
        self.assert_change({"latitude": 5, "longitude": 6})  # and nothing before it
        self.assertFalse(self.is_wrong())

    def test_more_than_a_field_holds_scrolls_within_it_and_ends(self):
        self.tell(None)
        self.open_page()
        self.desktop.click(*FIELD)
        self.type("1" * 64)
        self.desktop.move(*NOBODY)
        full = self.look("long")
        self.type("2")
        self.assertIsNone(different(full, self.desktop.screenshot()))
        self.desktop.key(HOME)
        self.assertIsNotNone(different(full, self.look("long-home")))

    def test_what_was_written_and_not_set_is_gone_the_next_time(self):
        self.tell(None)
        self.open_page()
        self.desktop.move(*NOBODY)
        self.desktop.click(*PAGE)
        self.desktop.move(*NOBODY)
        before = self.desktop.screenshot()
        self.desktop.click(*FIELD)
        self.type("91,91")
        self.desktop.key(ENTER)
        self.desktop.key(ESCAPE)  # out of the field, …
        self.desktop.key(ESCAPE)  # … and of the settings
        self.open_page()
        self.desktop.click(*PAGE)
        self.desktop.move(*NOBODY)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_without_a_broker_nothing_can_be_set(self):
        self.open_page()
        self.look("nobody")
        self.desktop.click(*FIELD)
        self.type("1,2")
        self.desktop.key(ENTER)
        self.desktop.click(*SET)
        self.tell(None)
        self.desktop.click(*SET)
        self.assert_change({"latitude": 1, "longitude": 2})  # once, when there was who keeps it
        self.tell(BERLIN)
        self.desktop.move(*NOBODY)
        told = self.desktop.screenshot()
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNotNone(different(told, self.look("broker-gone")))

    def test_what_is_wrong_is_refused_and_what_was_told_stays(self):
        self.tell(BERLIN)
        self.open_page()
        before = self.desktop.screenshot()
        for wrong in (7, "here", {}, {"latitude": 1}, BERLIN | {"latitude": 90.5}, BERLIN | {"longitude": -181}, BERLIN | {"longitude": "1"},
                      BERLIN | {"latitude": None}, BERLIN | {"altitude": 3}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.tell(wrong)
        self.assertIsNone(different(before, self.desktop.screenshot()))
        self.tell({"latitude": 52, "longitude": 13})  # whole numbers are numbers
        self.assertIsNotNone(different(before, self.desktop.screenshot()))


class Fine(Fixture):
    size, scale = (1920, 1200), 1.5

    def test_a_finer_screen(self):
        self.tell(HARBOUR)
        self.open_page()
        self.by_keys(3)
        self.type("100, 20")
        self.desktop.key(ENTER)
        self.desktop.move(*NOBODY)
        self.look("fine")


class Phone(Fixture):
    size, form = (360, 720), "phone"

    def open_page(self):
        self.desktop.key(SUPER)
        self.type("se")
        self.desktop.key(ENTER)
        self.desktop.tap(12 + 2 * min(112, (self.size[0] - 60) // 4) + 48, 44 + 30)

    def field(self, now: int) -> int:
        """The middle of its height, below an upper card of this height."""
        return 44 + 60 + 4 + now + 12 + 16 + 20 + 12 + 20

    def test_by_touch(self):
        self.tell(None)
        self.open_page()
        self.look("phone-none")
        field = self.field(98)
        self.desktop.tap(100, field)
        self.type("52.52, 13.405")
        self.look("phone-written")
        self.desktop.tap(360 - 36 - 36, field)
        self.assert_change(BERLIN)
        self.tell(HARBOUR)
        self.look("phone-set")
        self.type("91,0")
        self.desktop.key(ENTER)
        self.look("phone-wrong")
        self.desktop.tap(180, 44 + 60 + 4 + 16 + 78 + 12 + 36 // 2)  # below three lines
        self.assert_change(None)


class Landscape(Phone):
    size = (720, 360)

    def test_by_touch(self):
        self.tell(BERLIN)
        self.open_page()
        self.look("landscape")
        self.desktop.tap(100, self.field(80))
        self.look("landscape-field")  # with the hint below it, whose place was below the screen
        self.type("0, 200")
        self.desktop.key(ENTER)
        self.assertTrue(self.is_wrong())
        words = self.box(WRONG, self.look("landscape-wrong").crop((0, 0, 720, 332)))
        self.assertGreater(words[3] - words[1], 40 + 12, "the field's edge, and what is said of it")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
