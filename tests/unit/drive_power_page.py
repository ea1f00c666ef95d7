#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The machine's power, as the panel and the settings show it, with a person and a broker that the test plays: drive_power_page.py DESKTOP_UNDER_TEST [TEST ...]

With POWER_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import pathlib
import sys

import tap
from desktop_peer import ENTER, ESCAPE, SUPER, TAB, Late, VarlinkError, WithApps, different

PROGRAM = ""

KEY_S, KEY_E = 31, 18
APPS = [("org.example.memo", "Voice Memos", 10), ("org.example.discs", "Discs", 11)]
SETTINGS = (1280 // 2 - 820 // 2, 420 - 620 // 2)  # their top left on the desktop, in whose middle they are
PAGE = (SETTINGS[0] + 200, SETTINGS[1] + 60)
WIDTH = 620  # of a page there
SWITCH = (PAGE[0] + WIDTH - 20 - 16 - 22, PAGE[1] + 4 + 92 + 12 + 38)
SLEEP = (PAGE[0] + WIDTH - 20 - 16 - 46, SWITCH[1] + 76 + 12)
ANSWERS_Y = SLEEP[1] + 38 + 86 - 16 - 18
OFF = (SLEEP[0], SLEEP[1] + 76 + 12)
CANCEL, ANYWAY = (PAGE[0] + 20 + 16 + 100, ANSWERS_Y), (PAGE[0] + WIDTH - 20 - 16 - 100, ANSWERS_Y)


def held(app: int, reason: str) -> dict:
    return {"app": APPS[app][0], "appName": APPS[app][1], "reason": reason}


MEETING, DISC = held(0, "Recording the meeting"), held(1, "Burning “Summer 2026” to a disc, which is of no use when it is left half done")


class Fixture(WithApps):
    size, scale, form, animated = (1280, 800), 1.0, "desktop", False
    pictures = "POWER_PICTURES"

    def setUp(self):
        self.begin(PROGRAM, *self.size, animated=self.animated, form=self.form, scale=self.scale)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{"id": app, "name": name, "state": "running", "cid": cid} for app, name, cid in APPS])

    def power(self, percent: int | None = 40, inhibitors=(), **what):
        self.broker.call("io.bulkhead.Desktop.SetPower", **{
            "percent": percent, "plugged": False, "charging": False, "seconds": None, "lowPower": False, "suspends": True, "suspending": False,
            "problem": None, "inhibitors": list(inhibitors)} | what)

    def wish(self) -> dict:
        return {name: value for name, value in self.watch.receive_with("power")["power"].items() if value is not None}

    def panel(self):
        return self.desktop.screenshot().crop((0, 0, self.size[0], int(40 * self.scale)))

    def battery(self) -> tuple[int, int]:
        """The middle of what stands for it on the panel, which is all that changes there when it comes."""
        self.power(None)
        before = self.panel()
        self.power()
        left, top, right, bottom = different(before, self.panel())
        return (left + right) // 2, (top + bottom) // 2

    def by_keys(self, number: int):
        """Presses the target that so many Tabs lead to."""
        for _ in range(number):
            self.desktop.key(TAB)
        self.desktop.key(ENTER)

    def open_page(self):
        """The second of the settings'."""
        self.desktop.key(SUPER)
        for code in (KEY_S, KEY_E):
            self.desktop.key(code)
        self.desktop.key(ENTER)
        self.by_keys(2)
        self.desktop.move(20, 700)


class Panel(Fixture):
    def test_a_battery_is_there_when_there_is_one(self):
        before = self.panel()
        self.power(None, plugged=True)
        self.assertIsNone(different(before, self.panel()))
        self.power(40)
        left, _, right, _ = different(before, self.look("panel").crop((0, 0, 1280, 40)))
        self.assertIn(right - left, range(50, 90))
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNone(different(before, self.panel()), "it goes with who knows of it")

    def test_what_it_looks_like(self):
        seen = []
        for name, what in {"full": dict(percent=100), "half": dict(percent=50), "little": dict(percent=12), "saving": dict(percent=50, lowPower=True),
                           "charging": dict(percent=50, plugged=True, charging=True), "empty": dict(percent=0),
                           "little-charging": dict(percent=12, plugged=True, charging=True)}.items():
            self.power(**what)
            picture = self.look(f"panel-{name}").crop((900, 0, 1076, 40))
            self.assertTrue(all(different(picture, other) for other in seen), name)
            seen.append(picture)

    def test_it_opens_its_page_and_closes_it(self):
        place = self.battery()
        self.desktop.move(20, 700)
        before = self.desktop.screenshot()
        self.desktop.click(*place)
        opened = self.look("from-panel")
        self.assertIsNotNone(different(before.crop((0, 40, 1280, 800)), opened.crop((0, 40, 1280, 800))))
        self.desktop.click(*place)
        self.desktop.move(20, 700)
        self.assertIsNone(different(before.crop((0, 40, 1280, 800)), self.desktop.screenshot().crop((0, 40, 1280, 800))))
        self.open_page()
        self.desktop.click(*PAGE)  # the focus goes
        self.desktop.move(*place)
        self.assertIsNone(different(opened, self.desktop.screenshot()), "it is the same page")


class Page(Fixture):
    def test_without_a_battery(self):
        self.power(None, plugged=True, suspends=False)
        self.open_page()
        self.look("no-battery")
        self.desktop.click(*SLEEP)
        self.desktop.click(*SWITCH)
        self.assertEqual(self.wish(), {"lowPower": True}, "and nothing about sleep before it")

    def test_low_power_mode(self):
        self.power(seconds=7200)
        self.open_page()
        self.look("page")
        self.desktop.click(*SWITCH)
        self.assertEqual(self.wish(), {"lowPower": True})
        self.power(lowPower=True)
        self.desktop.move(20, 700)
        self.look("low-power")
        self.by_keys(5)
        self.assertEqual(self.wish(), {"lowPower": False})

    def test_sleep(self):
        self.power()
        self.open_page()
        self.desktop.click(*SLEEP)
        self.assertEqual(self.wish(), {"sleep": False})
        self.power(suspending=True)
        self.look("suspending")
        self.desktop.click(*SLEEP)  # once is enough
        self.power(problem="Device or resource busy")
        self.look("problem")
        self.desktop.click(*SLEEP)
        self.assertEqual(self.wish(), {"sleep": False})
        self.desktop.click(*SWITCH)
        self.assertEqual(self.wish(), {"lowPower": True}, "and nothing before it")

    def test_who_keeps_it_awake_and_sleep_all_the_same(self):
        self.power(inhibitors=[MEETING, DISC])
        self.open_page()
        self.desktop.click(*PAGE)  # the focus goes
        self.desktop.move(20, 700)
        unasked = self.look("awake")
        self.desktop.click(*SLEEP)
        self.desktop.move(20, 700)
        self.assertIsNotNone(different(unasked, self.look("asking")))
        self.desktop.click(*SLEEP)  # it is disabled
        self.desktop.click(*CANCEL)
        self.desktop.move(20, 700)
        self.assertIsNone(different(unasked, self.desktop.screenshot()))
        self.desktop.click(*SLEEP)
        self.desktop.click(*ANYWAY)
        self.assertEqual(self.wish(), {"sleep": True})
        self.by_keys(6)  # the pages, the mode, sleep
        self.look("asking-by-keys")  # the focus is on the answer that does nothing
        self.by_keys(1)
        self.assertEqual(self.wish(), {"sleep": True}, "by keyboard too")

    def test_the_question_goes_with_its_cause(self):
        self.power(inhibitors=[MEETING])
        self.open_page()
        self.desktop.click(*SLEEP)
        self.power()
        self.desktop.move(20, 700)
        free = self.desktop.screenshot()
        self.power(inhibitors=[MEETING])
        self.power()
        self.assertIsNone(different(free, self.desktop.screenshot()))
        self.desktop.click(*ANYWAY)
        self.desktop.click(*SLEEP)
        self.assertEqual(self.wish(), {"sleep": False})

    def test_shut_down_asks_first(self):
        self.power()
        self.open_page()
        self.desktop.click(*PAGE)  # the focus goes
        self.desktop.move(20, 700)
        unasked = self.desktop.screenshot()
        cancel, really = ((x, y + 76 + 12) for x, y in (CANCEL, ANYWAY))
        self.desktop.click(*OFF)
        self.desktop.move(20, 700)
        self.assertIsNotNone(different(unasked, self.look("off-asking")))
        self.desktop.click(*OFF)  # it is disabled
        self.desktop.click(*cancel)
        self.desktop.move(20, 700)
        self.assertIsNone(different(unasked, self.desktop.screenshot()))
        self.desktop.click(*really)  # nothing is asked
        self.desktop.click(*SWITCH)
        self.assertEqual(self.wish(), {"lowPower": True}, "and nothing before it")
        self.desktop.click(*OFF)
        self.power(41)  # what is told meanwhile changes nothing about it
        self.desktop.click(*really)
        self.assertEqual(self.wish(), {"off": True})
        self.desktop.move(20, 700)
        self.assertIsNotNone(different(unasked, self.look("off")))
        self.desktop.click(*OFF)  # once is enough
        self.desktop.click(*really)
        self.desktop.click(*SWITCH)
        self.assertEqual(self.wish(), {"lowPower": True}, "and nothing before it")

    def test_both_questions_at_once(self):
        self.power(inhibitors=[MEETING])
        self.open_page()
        self.desktop.click(*OFF)
        self.desktop.click(*SLEEP)
        self.desktop.move(20, 700)
        self.look("both-asking")
        self.desktop.click(ANYWAY[0], ANYWAY[1] + 76 + 12 + 86)
        self.assertEqual(self.wish(), {"off": True})
        self.desktop.click(*ANYWAY)
        self.assertEqual(self.wish(), {"sleep": True})

    def test_shut_down_by_keys(self):
        self.power()
        self.open_page()
        self.desktop.click(*PAGE)
        self.by_keys(7)  # the pages, the mode, sleep, this
        self.desktop.key(ENTER)  # the focus is on the answer that does nothing
        self.desktop.key(TAB)
        self.by_keys(6)
        self.desktop.key(TAB)
        self.look("off-by-keys")
        self.desktop.key(ENTER)
        self.assertEqual(self.wish(), {"off": True})

    def test_many_reasons_scroll(self):
        many = [held(number % 2, f"{number}: " + "a reason that goes on " * 8) for number in range(64)]
        self.power(inhibitors=many)
        self.open_page()
        first = self.look("many")
        self.desktop.move(800, 400)
        self.desktop.scroll(5000)
        self.assertIsNotNone(different(first, self.look("many-end")))

    def test_what_is_wrong_is_refused_and_what_was_told_stays(self):
        self.power(40)
        before = self.panel()
        for wrong in ({"percent": 101}, {"percent": -1}, {"percent": 1 << 40}, {"seconds": -1}, {"plugged": None}, {"lowPower": 1}, {"problem": 7},
                      {"inhibitors": [MEETING | {"app": ""}]}, {"inhibitors": [MEETING | {"app": "x" * 256}]}, {"inhibitors": [{}]},
                      {"inhibitors": [MEETING | {"reason": None}]}, {"inhibitors": [7]}):
            with self.assertRaises(VarlinkError, msg=str(wrong)[:80]):
                self.power(**wrong)
        with self.assertRaisesRegex(VarlinkError, "TooManyEntries"):
            self.power(inhibitors=[MEETING] * 65)
        self.assertIsNone(different(before, self.panel()))

    def test_text_that_would_break_the_page_is_cleaned(self):
        self.power(inhibitors=[held(0, "\u202egnihton\n\n\x1b[2J") | {"appName": "A\nname" * 200}], problem="\u202e\n" * 300)
        self.open_page()
        self.look("cleaned")


class Motion(Fixture):
    animated = True

    def frames_of(self, what) -> int:
        """How many different pictures of the desktop below the panel it takes."""
        self.desktop.record()
        what()
        return len({frame.crop((0, 40, 1280, 800)).tobytes() for frame in self.desktop.frames()})

    def assert_slides(self):
        if self.frames_of(lambda: self.desktop.key(SUPER)) <= 3:
            raise Late("it was not seen on its way")

    def test_nothing_slides_in_low_power_mode(self):
        self.assert_slides()
        self.desktop.key(ESCAPE)
        self.power(lowPower=True)
        self.desktop.screenshot()
        self.assertLessEqual(self.frames_of(lambda: self.desktop.key(SUPER)), 2)
        self.desktop.key(ESCAPE)
        self.power()
        self.desktop.screenshot()
        self.assert_slides()


class Fine(Fixture):
    size, scale = (1920, 1200), 1.5

    def test_a_finer_screen(self):
        self.power(64, charging=True, plugged=True, seconds=3300, inhibitors=[MEETING])
        self.open_page()
        self.look("fine")


class Phone(Fixture):
    size, form = (360, 720), "phone"

    def test_bar_tabs_and_page(self):
        beside_clock = (0, 0, 250, 720)
        home = self.desktop.screenshot().crop(beside_clock)
        self.power(18, lowPower=True, seconds=2700, inhibitors=[MEETING, DISC])
        left, top, right, bottom = different(home, self.look("phone-home").crop(beside_clock))
        self.assertLess(bottom, 44)
        self.desktop.tap((left + right) // 2, (top + bottom) // 2)
        page = self.look("phone-page")
        self.desktop.tap(12 + 40, 44 + 30)  # the other page
        self.assertIsNotNone(different(page, self.look("phone-privacy")))
        self.desktop.tap(12 + 75 + 40, 44 + 30)
        self.assertIsNone(different(page, self.desktop.screenshot()))
        self.desktop.tap(180, 44 + 60 + 4 + 92 + 12 + 38)  # all of the row
        self.assertEqual(self.wish(), {"lowPower": False})
        sleep_y = 44 + 60 + 4 + 92 + 12 + 76 + 12 + 38
        self.desktop.tap(360 - 20 - 16 - 46, sleep_y)
        self.look("phone-asking")
        self.desktop.tap(250, sleep_y + 38 + 86 - 16 - 18)
        self.assertEqual(self.wish(), {"sleep": True})
        self.desktop.tap(330, 44 + 30)
        self.power(None)
        self.assertIsNone(different(home, self.desktop.screenshot().crop(beside_clock)))


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
