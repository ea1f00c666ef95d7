#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The desktop's behaviour towards the broker and the person: drive_desktop.py DESKTOP_UNDER_TEST [TEST ...]

The real compositor but for the screen: pointer and keys come from the test, pictures go to it.
"""
import pathlib
import re
import sys
import time
import unittest

import tap
from desktop_peer import (DOWN, ENTER, ESCAPE, KEY_N, SHIFT, SUPER, TAB, WAIT_SECONDS, Broker, Connection, Desktop, VarlinkError,
                          different, png)

PROGRAM = ""  # desktop_under_test
INTERFACE = pathlib.Path(__file__).resolve().parents[2] / "api/internal/io.bulkhead.Desktop.varlink"

# Where things are at 1280x800, as a person would point at them.
BELL = (1254, 20)
CLOCK = (1190, 20)
AGAIN = (994, 168)   # the first toast's left button
DONE = (1166, 168)   # and its right one
CLOSE = (1242, 78)   # and its close button
CLEAR = (1216, 76)   # in the notification panel
NOWHERE = (300, 400)
BADGE = (932, 92)    # the app's, on the first toast
SHEET_BADGE = (924, 140)  # and on the first card in the notification panel
TOASTS = (880, 44, 1280, 800)
WORDS = "Donaudampfschifffahrtsgesellschaft " * 40
NASTY = {
    "one endless word": "W" * 4000,
    "right to left": "مرحبا بالعالم " * 40 + "שלום",
    "overrides": "\u202e\u2066\u200fabc\u202d",
    "unknown glyphs": "\U0001F600\U000E0001\u2603\U00010FFF\ufffd" * 50,
    "marks": "z" + "\u0335\u0322\u0356\u034d" * 200,
    "controls": "\x01\x02\x1b[31m\x7f\r\n\n\n\t",
    "lines": "line\n" * 300,
    "markup": "<span size='1000000'>&bogus;</span>",
    "nothing": "",
}


class Fixture(unittest.TestCase):
    toast_ms = 60000
    animated = False

    def setUp(self):
        self.desktop = Desktop(PROGRAM, toast_ms=self.toast_ms, animated=self.animated)
        self.addCleanup(self.stop)

    def stop(self):
        status = self.desktop.stop()
        log = self.desktop.log()
        self.desktop.folder.cleanup()
        self.assertEqual(status, 0, log)
        self.assertNotIn("<3>", log)

    def broker(self, watch: bool = True) -> Broker:
        broker = Broker(self.desktop, watch)
        self.addCleanup(broker.close)
        return broker


class TheScreen(Fixture):
    def test_the_first_frame_has_the_panel(self):
        picture = self.desktop.screenshot()
        panel = picture.crop((0, 0, 1280, 40))
        self.assertGreater(len(set(panel.crop((40, 8, 120, 32)).getdata())), 20, "the product's name")
        self.assertGreater(len(set(panel.crop((1080, 8, 1230, 32)).getdata())), 20, "date and time")
        self.assertEqual(picture.size, (1280, 800))

    def test_another_size_is_laid_out_anew(self):
        broker = self.broker()
        broker.show(1)
        self.desktop.resize(1600, 900)
        picture = self.desktop.screenshot()
        self.assertEqual(picture.size, (1600, 900))
        self.desktop.click(AGAIN[0] + 320, AGAIN[1])
        self.assertEqual(broker.answer(), {"id": 1, "answer": "activated", "button": "again"})
        self.desktop.resize(320, 200)
        broker.show(2)
        self.desktop.click(BELL[0] - 960, BELL[1])
        self.assertEqual(self.desktop.screenshot().size, (320, 200))

    def test_the_pointer_is_seen(self):
        self.desktop.move(*NOWHERE)
        before = self.desktop.screenshot()
        self.desktop.move(600, 300)
        left, top, right, bottom = different(before, self.desktop.screenshot())
        self.assertLess(abs(left - NOWHERE[0]), 6)
        self.assertLess(abs(top - 300), 6)

    def test_soon_there(self):
        taken = []
        for _ in range(3):
            begin = time.monotonic()
            other = Desktop(PROGRAM)
            taken.append(time.monotonic() - begin)
            other.stop()
            other.folder.cleanup()
        print(f"# start to first frame: {min(taken) * 1000:.0f} ms")
        self.assertLess(min(taken), 5)  # a busy machine holds up any of them


class Toasts(Fixture):
    def test_a_button_is_answered(self):
        broker = self.broker()
        before = self.desktop.screenshot()
        broker.show(1)
        self.desktop.wait_log("notification 1 shown (io.bulkhead.timer)")
        box = different(before, self.desktop.screenshot())
        self.assertGreater(box[0], 860)
        self.assertEqual(box[2], 1280)
        self.desktop.click(*AGAIN)
        self.assertEqual(broker.answer(), {"id": 1, "answer": "activated", "button": "again"})
        self.desktop.move(640, 400)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_close_is_a_dismissal(self):
        broker = self.broker()
        broker.show(5)
        self.desktop.click(*CLOSE)
        self.assertEqual(broker.answer(), {"id": 5, "answer": "dismissed"})

    def test_a_press_that_is_dragged_away_is_none(self):
        broker = self.broker()
        broker.show(1)
        self.desktop.move(*AGAIN)
        self.desktop.button(True)
        self.desktop.move(*DONE)
        self.desktop.button(False)
        self.desktop.click(*DONE)
        self.assertEqual(broker.answer()["button"], "done")

    def test_hover_is_shown(self):
        broker = self.broker()
        broker.show(1)
        plain = self.desktop.screenshot().getpixel((930, 160))
        self.desktop.move(*AGAIN)
        self.assertGreater(sum(self.desktop.screenshot().getpixel((930, 160))), sum(plain))

    def test_a_withdrawn_one_goes(self):
        broker = self.broker()
        before = self.desktop.screenshot()
        broker.show(1)
        broker.withdraw(1)
        self.assertIsNone(different(before, self.desktop.screenshot()))
        with self.assertRaisesRegex(VarlinkError, "NoSuchNotification"):
            broker.withdraw(1)

    def test_the_same_id_replaces(self):
        broker = self.broker()
        broker.show(1, title="One")
        first = self.desktop.screenshot()
        broker.show(1, title="Two")
        self.assertIsNotNone(different(first, self.desktop.screenshot()))
        broker.withdraw(1)
        with self.assertRaises(VarlinkError):
            broker.withdraw(1)

    def test_the_apps_picture_comes_and_goes_while_it_is_shown(self):
        green, blue = (1, 250, 3), (3, 1, 250)
        broker = self.broker()
        broker.show(1)
        letter = self.desktop.screenshot()
        broker.tell_app()
        self.assertIsNone(different(letter, self.desktop.screenshot()), "it has none")
        for color in (green, blue):
            broker.tell_app(png(color))
            self.assertEqual(self.desktop.screenshot().getpixel(BADGE), color)
        broker.show(1)
        self.assertEqual(self.desktop.screenshot().getpixel(BADGE), blue)
        broker.tell_app(png(green)[:40])
        self.assertIsNone(different(letter, self.desktop.screenshot()), "a broken picture is none")
        broker.tell_app(png(green), app="io.bulkhead.other")
        self.assertIsNone(different(letter, self.desktop.screenshot()), "it is another app's")

    def test_three_and_how_many_more(self):
        broker = self.broker()
        for number in range(1, 8):
            broker.show(number, title=f"Number {number}")
        picture = self.desktop.screenshot()
        self.desktop.click(1230, 56 + 3 * 158 + 14)  # "4 more"
        self.assertIsNotNone(different(picture, self.desktop.screenshot()))
        self.desktop.key(ESCAPE)
        self.desktop.click(*AGAIN)  # the toasts have gone to the panel
        self.desktop.click(*BELL)
        self.desktop.click(*CLEAR)
        self.assertEqual(sorted(broker.answer()["id"] for _ in range(7)), list(range(1, 8)))

    def test_no_text_leaves_its_place(self):
        broker = self.broker()
        before = self.desktop.screenshot()
        for number, (what, text) in enumerate(NASTY.items(), 1):
            with self.subTest(what):
                broker.show(number, title=text, body=text, name=text, buttons=[("a", text), ("b", "OK"), ("c", text)])
                box = different(before, self.desktop.screenshot())
                self.assertGreaterEqual(box[0], 1280 - 16 - 368 - 32)
                self.assertLess(box[3], 340)
                broker.withdraw(number)
                self.assertIsNone(different(before, self.desktop.screenshot()), "the badge is gone too")


class ShortToasts(Fixture):
    toast_ms = 300

    def test_they_end_and_wait_in_the_panel(self):
        broker = self.broker()
        before = self.desktop.screenshot()
        self.desktop.record()
        broker.show(1)
        deadline = time.monotonic() + WAIT_SECONDS
        while different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)):
            self.assertLess(time.monotonic(), deadline, "the toast stays")
        self.assertTrue(any(different(before.crop(TOASTS), frame.crop(TOASTS)) for frame in self.desktop.frames()), "it was there")
        self.desktop.click(*BELL)
        self.desktop.click(968, 216)
        self.assertEqual(broker.answer(), {"id": 1, "answer": "activated", "button": "again"})

    def test_they_stay_below_the_pointer(self):
        broker = self.broker()
        self.desktop.move(1000, 100)
        broker.show(1)
        time.sleep(1)  # long after its time: nothing is to happen
        self.desktop.click(*AGAIN)
        self.assertEqual(broker.answer()["button"], "again")


class Animated(Fixture):
    animated = True

    def test_what_moves_comes_to_rest(self):
        broker = self.broker()
        before = self.desktop.screenshot()
        broker.show(1)
        broker.show(2)
        shown = self.desktop.screenshot()  # answered when nothing moves any more
        time.sleep(0.1)
        self.assertIsNone(different(shown, self.desktop.screenshot()))
        broker.withdraw(1)
        broker.withdraw(2)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_a_toast_can_be_pressed_while_it_moves(self):
        broker = self.broker()
        broker.show(1)
        self.desktop.click(*AGAIN)
        self.assertEqual(broker.answer()["button"], "again")


class ThePanel(Fixture):
    def test_bell_clock_keys_and_elsewhere(self):
        closed = self.desktop.screenshot().crop((860, 60, 1280, 800))

        def is_open() -> bool:
            return different(closed, self.desktop.screenshot().crop((860, 60, 1280, 800))) is not None

        for opening, closing in ((lambda: self.desktop.click(*BELL), lambda: self.desktop.click(*BELL)),
                                 (lambda: self.desktop.click(*CLOCK), lambda: self.desktop.key(ESCAPE)),
                                 (lambda: self.desktop.key(SUPER, KEY_N), lambda: self.desktop.key(SUPER, KEY_N)),
                                 (lambda: self.desktop.key(SUPER, KEY_N), lambda: self.desktop.click(*NOWHERE))):
            opening()
            self.assertTrue(is_open())
            closing()
            self.assertFalse(is_open())

    def test_clear_all_answers_each(self):
        broker = self.broker()
        for number in (1, 2, 3):
            broker.show(number)
        self.desktop.click(*BELL)
        self.desktop.click(*CLEAR)
        self.assertEqual(sorted((reply["id"], reply["answer"]) for reply in (broker.answer() for _ in range(3))),
                         [(1, "dismissed"), (2, "dismissed"), (3, "dismissed")])

    def test_one_that_comes_while_it_is_open_is_there(self):
        broker = self.broker()
        self.desktop.click(*BELL)
        broker.show(1)
        self.desktop.click(968, 216)
        self.assertEqual(broker.answer()["button"], "again")

    def test_the_apps_picture_is_there(self):
        green, blue = (1, 250, 3), (3, 1, 250)
        broker = self.broker()
        broker.tell_app(png(green))
        broker.show(1)
        self.desktop.click(*BELL)
        self.assertEqual(self.desktop.screenshot().getpixel(SHEET_BADGE), green)
        broker.tell_app(png(blue))
        self.assertEqual(self.desktop.screenshot().getpixel(SHEET_BADGE), blue)

    def test_a_long_list_scrolls(self):
        broker = self.broker()
        for number in range(40):
            broker.show(number, title=f"Number {number}")
        self.desktop.click(*BELL)
        top = self.desktop.screenshot()
        self.desktop.move(1100, 400)
        self.desktop.scroll(3)
        self.assertIsNotNone(different(top, self.desktop.screenshot()))
        self.desktop.scroll(-3)
        self.desktop.move(*BELL)
        self.assertIsNone(different(top, self.desktop.screenshot()))
        self.desktop.key(DOWN)
        self.desktop.move(1100, 400)
        self.desktop.scroll(1000)
        self.desktop.click(968, 750)  # the last one is the oldest
        self.assertEqual(broker.answer(), {"id": 0, "answer": "activated", "button": "again"})


class Keyboard(Fixture):
    def test_tab_and_enter_press_a_toasts_buttons(self):
        broker = self.broker()
        broker.show(1)
        plain = self.desktop.screenshot()
        self.desktop.key(TAB)
        self.assertIsNotNone(different(plain, self.desktop.screenshot()), "the focus is seen")
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(broker.answer()["button"], "done")

    def test_back_and_close(self):
        broker = self.broker()
        broker.show(1)
        for _ in range(3):  # the bell, the clock, close
            self.desktop.key(SHIFT, TAB)
        self.desktop.key(ENTER)
        self.assertEqual(broker.answer(), {"id": 1, "answer": "dismissed"})

    def test_a_panel_is_cleared_with_one_key_each(self):
        broker = self.broker()
        for number in (1, 2, 3):
            broker.show(number, buttons=())
        self.desktop.key(SUPER, KEY_N)
        self.desktop.key(TAB)
        for number in (3, 2, 1):
            self.desktop.key(ENTER)
            self.assertEqual(broker.answer(), {"id": number, "answer": "dismissed"})
        self.desktop.key(ENTER)


class Brokers(Fixture):
    def test_introspection_says_the_interface(self):
        connection = Connection(self.desktop.path)
        info = connection.call("org.varlink.service.GetInfo")
        self.assertIn("io.bulkhead.Desktop", info["interfaces"])
        text = connection.call("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Desktop")["description"]
        words = re.findall(r"\w+", re.sub(r"#.*", "", text))
        wanted = re.findall(r"\w+", re.sub(r"#.*", "", INTERFACE.read_text()))
        self.assertEqual(sorted(words), sorted(wanted))
        connection.close()

    def test_buttons_wait_for_a_listener(self):
        broker = self.broker(watch=False)
        broker.show(1)
        waiting = self.desktop.screenshot()
        self.desktop.click(*AGAIN)
        self.desktop.move(640, 400)
        self.assertIsNone(different(waiting, self.desktop.screenshot()))
        broker.watch(self.desktop)
        self.desktop.wait_log("a broker watches")
        self.desktop.click(*AGAIN)
        self.assertEqual(broker.answer()["button"], "again")

    def test_what_a_broker_showed_goes_with_it(self):
        before = self.desktop.screenshot()
        broker = self.broker()
        broker.show(1)
        self.desktop.screenshot()
        broker.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNone(different(before, self.desktop.screenshot()))
        second = self.broker()
        second.show(1)
        self.desktop.click(*AGAIN)
        self.assertEqual(second.answer()["button"], "again")

    def test_the_newest_watch_wins(self):
        first, second = self.broker(), self.broker()
        second.show(1)
        with self.assertRaises(ConnectionError):
            first.answer()
        self.desktop.click(*AGAIN)
        self.assertEqual(second.answer()["button"], "again")

    def test_wrong_calls_are_refused_and_harm_nothing(self):
        broker = self.broker()
        good = {"id": 1, "app": "a", "appName": "A", "title": "t", "body": "b", "buttons": []}
        bad = [{**good, "id": "1"}, {**good, "buttons": "x"}, {**good, "buttons": [{"id": "x"}]}, {**good, "extra": 1},
               {**good, "buttons": [{"id": "x", "label": "X"}] * 2}, {**good, "buttons": [{"id": "", "label": "X"}]},
               {**good, "buttons": [{"id": str(i), "label": "X"} for i in range(7)]},
               {key: good[key] for key in good if key != "title"}]
        for parameters in bad:
            with self.assertRaisesRegex(VarlinkError, "InvalidParameter"):
                broker.calls.call("io.bulkhead.Desktop.Show", **parameters)
        with self.assertRaisesRegex(VarlinkError, "ExpectedMore"):
            broker.calls.call("io.bulkhead.Desktop.Watch")
        broker.calls.call("io.bulkhead.Desktop.Show", **good)

    def test_there_is_a_most(self):
        broker = self.broker()
        for number in range(256):
            broker.show(number)
        with self.assertRaisesRegex(VarlinkError, "TooManyNotifications"):
            broker.show(256)
        self.desktop.click(*BELL)
        self.desktop.screenshot()
        self.desktop.click(*CLEAR)
        for _ in range(256):
            self.assertEqual(broker.answer()["answer"], "dismissed")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
