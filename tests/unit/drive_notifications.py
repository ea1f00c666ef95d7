#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What else a notification may say, and what the person may do about all of them: drive_notifications.py DESKTOP_UNDER_TEST [TEST ...]

With NOTIFICATION_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import base64
import os
import pathlib
import sys
import time

import display_peer
import tap
from desktop_peer import ENTER, ESCAPE, KEY_N, SUPER, TAB, WAIT_SECONDS, VarlinkError, WithApps, different, png
from display_peer import App

PROGRAM = ""

BACKSPACE, KEY_H, KEY_I = 14, 35, 23
BLUE, GREEN = (3, 1, 250), (1, 250, 3)
BELL = (1254, 20)
TOASTS = (860, 44, 1280, 800)
NOWHERE = (300, 600)
QUIET = (1152, 76)   # in the notification panel, where there is something to clear
QUIET_EMPTY = (1238, 76)
FIELD = (1000, 168)  # for a reply, on the first toast with a body of one line


class Fixture(WithApps):
    pictures = "NOTIFICATION_PICTURES"
    size, scale, form, toast_ms = (1280, 800), 1.0, "desktop", 60000

    def setUp(self):
        self.begin(PROGRAM, *self.size, form=self.form, scale=self.scale, toast_ms=self.toast_ms)
        self.desktop.move(*(int(side * self.scale) for side in NOWHERE))

    def show(self, number: int, title: str = "Copying", body: str = "One line.", app: str = "org.example.files", name: str = "Files", buttons=(), **rest):
        self.broker.call("io.bulkhead.Desktop.Show", id=number, app=app, appName=name, title=title, body=body,
                         buttons=[{"id": label.lower(), "label": label} for label in buttons], **rest)

    def answer(self) -> dict:
        return self.watch.receive_with("id")

    def type(self, *codes: int):
        for code in codes:
            self.desktop.key(code)


class Urgency(Fixture):
    toast_ms = 300

    def test_low_is_no_toast_and_urgent_stays(self):
        before = self.desktop.screenshot()
        self.show(1, urgency="low")
        self.assertIsNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)))
        self.show(2, title="The battery is empty", urgency="urgent", buttons=("Save",))
        urgent = self.look("urgent")
        self.show(3)
        self.show(4, urgency="normal")
        deadline = time.monotonic() + WAIT_SECONDS
        while different(urgent.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)):  # the others have come and gone
            self.assertLess(time.monotonic(), deadline)
        self.desktop.click(*BELL)
        self.look("urgent-panel")

    def test_what_is_wrong_is_refused(self):
        for wrong in ({"urgency": "very"}, {"progress": {"part": 1.5}}, {"progress": 7}, {"image": "no base64!"}, {"image": 7}, {"reply": 7}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.show(1, **wrong)


class Progress(Fixture):
    def test_it_goes_on_in_place(self):
        self.show(1, progress={"part": 0.0})
        self.show(2, title="Another")
        pictures = [self.look("progress-none")]
        for part in (0.3, 1.0, None):
            self.show(1, progress={"part": part} if part is not None else {})
            pictures.append(self.look(f"progress-{part}"))
        boxes = [different(pictures[0], picture) for picture in pictures[1:]]
        for left, top, right, bottom in boxes:
            self.assertLessEqual(bottom - top, 8, "nothing changed but the bar")
        self.assertLess(boxes[0][2], boxes[1][2])

    def test_a_toast_that_is_gone_stays_gone(self):
        before = self.desktop.screenshot()
        self.show(1, progress={"part": 0.1})
        self.desktop.key(SUPER, KEY_N)
        self.desktop.key(ESCAPE)
        self.show(1, progress={"part": 0.2})
        self.assertIsNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)))
        self.show(1, title="Copied")
        self.assertIsNotNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)), "that it is done is news")


class Image(Fixture):
    def test_it_is_shown(self):
        self.show(1, title="A picture from Anna", image=base64.b64encode(png(GREEN, 200)).decode(), buttons=("Open", "Later"))
        picture = self.look("image")
        self.assertIn(GREEN, set(picture.getdata()))
        self.show(1, image=base64.b64encode(png(BLUE, 16)).decode())
        self.assertIn(BLUE, set(self.desktop.screenshot().getdata()))

    def test_what_cannot_be_drawn_is_left_out(self):
        good = png(GREEN, 64)
        self.show(1)
        plain = self.desktop.screenshot()
        for bad in (png(GREEN, 257), png(GREEN, 15), b"", b"GIF89a", good[:20], os.urandom(49153)):
            self.show(1, image=base64.b64encode(bad).decode())
            self.assertIsNone(different(plain, self.desktop.screenshot()))
        self.show(1, image=base64.b64encode(good[:60]).decode())  # it says the right things and is cut
        self.assertNotIn(GREEN, set(self.desktop.screenshot().getdata()))


class Reply(Fixture):
    def test_a_reply_is_written_and_sent(self):
        app = App(self.display, 10, (200, 60, 60))
        app.follow()
        self.show(1, title="Anna", body="When do you come?", reply="Answer Anna")
        self.look("reply-empty")
        self.desktop.click(*FIELD)
        self.look("reply-focus")
        self.desktop.key(ENTER)  # nothing is written yet
        self.type(KEY_H, KEY_I, KEY_I, BACKSPACE, 57, KEY_H)
        self.look("reply-written")
        self.show(1, title="Anna", body="When do you come? Tell!", reply="Answer Anna")  # what is written stays
        self.desktop.key(ENTER)
        self.assertEqual(self.answer(), {"id": 1, "answer": "replied", "text": "hi h"})
        self.assertEqual([event for event in app.inputs() if event[1] == display_peer.EV_KEY and event[0] == display_peer.KEYBOARD], [])
        self.desktop.key(KEY_H)
        self.assertIn((display_peer.KEYBOARD, display_peer.EV_KEY, KEY_H, 1), app.inputs(), "the keys are the app's again")

    def test_the_button_sends_it_and_escape_leaves_the_field(self):
        self.show(1, reply="Answer")
        self.desktop.click(*FIELD)
        self.type(KEY_H, ESCAPE, KEY_I)
        self.desktop.click(FIELD[0] + 224, FIELD[1])
        self.assertEqual(self.answer(), {"id": 1, "answer": "replied", "text": "h"})

    def test_in_the_panel_by_keyboard(self):
        self.show(1, reply="Answer", buttons=("Call",))
        self.desktop.key(SUPER, KEY_N)
        self.type(TAB, KEY_H, KEY_I)
        self.look("reply-panel")
        self.desktop.key(ENTER)
        self.assertEqual(self.answer(), {"id": 1, "answer": "replied", "text": "hi"})

    def test_it_has_an_end(self):
        self.show(1, reply="Answer")
        self.desktop.click(*FIELD)
        for _ in range(80):
            self.desktop.key(KEY_H)
        self.look("reply-long")
        self.desktop.key(ENTER)
        self.assertEqual(self.answer()["text"], "h" * 80)


class List(Fixture):
    def test_each_apps_stand_together(self):
        for number, (app, name) in enumerate((("files", "Files"), ("chat", "Chat"), ("files", "Files"), ("chat", "Chat"), ("timer", "Timer")), 1):
            self.show(number, title=f"Number {number}", app=f"org.example.{app}", name=name)
        self.desktop.key(SUPER, KEY_N)
        self.look("groups")
        order = []
        for _ in range(5):
            self.desktop.key(TAB)
            self.desktop.key(ENTER)
            order.append(self.answer()["id"])
            self.desktop.key(SUPER, KEY_N)
            self.desktop.key(SUPER, KEY_N)
        self.assertEqual(order, [5, 4, 2, 3, 1])

    def test_what_was_answered_is_kept_and_cleared(self):
        before = self.desktop.screenshot()
        for number in (1, 2, 3):
            self.show(number, title=f"Number {number}", buttons=("Done",))
        self.desktop.key(SUPER, KEY_N)
        self.type(TAB, ENTER)  # Done, of the newest
        self.assertEqual(self.answer(), {"id": 3, "answer": "activated", "button": "done"})
        self.desktop.key(TAB)
        picture = self.look("history")
        self.broker.call("io.bulkhead.Desktop.Withdraw", id=1)
        self.broker.call("io.bulkhead.Desktop.Withdraw", id=2)
        only = self.look("history-only")
        self.assertIsNotNone(different(picture, only))
        self.desktop.click(1216, 116)  # Clear, beside the title
        self.assertIsNotNone(different(only, self.look("history-cleared")))
        self.desktop.key(ESCAPE)
        self.desktop.move(*NOWHERE)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_clear_all_takes_both(self):
        self.show(1)
        self.desktop.key(SUPER, KEY_N)
        self.desktop.move(*NOWHERE)
        self.type(TAB, ENTER)
        self.assertEqual(self.answer()["answer"], "dismissed")
        self.show(2)
        self.desktop.click(1216, 76)
        self.assertEqual(self.answer(), {"id": 2, "answer": "dismissed"})
        cleared = self.look("cleared")
        self.desktop.key(ESCAPE)
        self.desktop.key(SUPER, KEY_N)
        self.assertIsNone(different(cleared, self.desktop.screenshot()))

    def test_a_new_brokers_numbers_begin_anew(self):
        self.show(1)
        self.desktop.key(SUPER, KEY_N)
        self.type(TAB, ENTER)
        self.answer()
        self.show(1, title="Another with that number", buttons=("Yes",))
        self.desktop.screenshot()
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.answer(), {"id": 1, "answer": "activated", "button": "yes"})

    def test_the_history_has_an_end(self):
        for number in range(1, 131):
            self.show(number, title=f"Number {number}")
        self.desktop.key(SUPER, KEY_N)
        for number in range(130):
            self.broker.call("io.bulkhead.Desktop.Show", id=200, app="org.example.files", appName="Files", title="x", body="", buttons=[])
            self.broker.call("io.bulkhead.Desktop.Withdraw", id=200)
        self.look("many")
        self.desktop.scroll(1)


class NotDisturbed(Fixture):
    def test_nothing_is_a_toast_and_the_list_keeps_it(self):
        before = self.desktop.screenshot()
        self.desktop.click(*BELL)
        self.desktop.click(*QUIET_EMPTY)
        self.look("quiet-empty")
        self.desktop.key(ESCAPE)
        self.desktop.move(*NOWHERE)
        silent = self.look("quiet-bell")
        self.assertIsNotNone(different(before.crop((1230, 0, 1280, 40)), silent.crop((1230, 0, 1280, 40))), "the bell says so")
        self.show(1)
        self.show(2, urgency="urgent")
        self.assertIsNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)))
        self.desktop.click(*BELL)
        self.look("quiet-list")
        self.desktop.click(*QUIET)
        self.desktop.key(ESCAPE)
        self.desktop.move(*NOWHERE)
        self.assertIsNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)), "what came meanwhile is no toast later")
        self.show(3)
        self.assertIsNotNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)))

    def test_the_toasts_that_are_there_go(self):
        before = self.desktop.screenshot()
        self.show(1)
        self.desktop.click(*BELL)
        self.desktop.click(*QUIET)
        self.desktop.key(ESCAPE)
        self.desktop.move(*NOWHERE)
        self.assertIsNone(different(before.crop(TOASTS), self.desktop.screenshot().crop(TOASTS)))


class Phone(Fixture):
    size, form = (360, 720), "phone"

    def test_all_of_it(self):
        self.show(1, title="A picture from Anna", body="From the harbour.", image=base64.b64encode(png(GREEN, 120)).decode(), reply="Answer Anna")
        self.show(2, progress={"part": 0.6}, urgency="urgent", buttons=("Stop",))
        self.look("phone-toasts")
        self.desktop.tap(180, 20)
        self.look("phone-panel")


class Fine(Fixture):
    size, scale = (1920, 1200), 1.5

    def test_all_of_it(self):
        self.show(1, title="A picture from Anna", body="From the harbour.", image=base64.b64encode(png(GREEN, 120)).decode(), reply="Answer Anna")
        self.show(2, progress={}, urgency="urgent", buttons=("Stop",))
        self.look("fine-toasts")
        self.desktop.key(SUPER, KEY_N)
        self.type(TAB, ENTER)
        self.look("fine-panel")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
