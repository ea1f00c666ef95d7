#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What apps use and may use, as the panel and the settings show it, with a person and apps that the test plays: drive_privacy.py DESKTOP_UNDER_TEST [TEST ...]

With PRIVACY_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import pathlib
import sys
import time

import display_peer
import tap
from desktop_peer import ENTER, ESCAPE, SUPER, TAB, VarlinkError, WithApps, different

PROGRAM = ""

KEY_A, KEY_F, KEY_S, KEY_E, LEFTALT = 30, 33, 31, 18, 56
RED, GREEN = (200, 60, 60), (60, 180, 80)
SENSOR = (0x4F, 0xD6, 0x9C)  # the indicator's colour, which nothing else on the desktop has
APPS = [("org.example.memo", "Voice Memos", 10), ("org.example.call", "Calls", 11)]
NOW = int(time.time())


def use(permission: str, app: int = 0, since: int = NOW - 60) -> dict:
    return {"app": APPS[app][0], "appName": APPS[app][1], "permission": permission, "since": since}


def grant(permission: str, choice: str, app: int = 0) -> dict:
    return {"app": APPS[app][0], "appName": APPS[app][1], "permission": permission, "choice": choice}


def past(permission: str, start: int, seconds: int, app: int = 0) -> dict:
    return {"app": APPS[app][0], "appName": APPS[app][1], "permission": permission, "start": start, "seconds": seconds}


GRANTS = [grant("microphone", "always"), grant("location", "never"), grant("camera", "whileInUse", 1), grant("microphone", "whileInUse", 1)]
PAST = [past("microphone", NOW - 60, -1), past("camera", NOW - 4000, 3 * 60, 1), past("location", NOW - 400000, 5), past("teleport", NOW - 90000000, 4000, 1)]


class Fixture(WithApps):
    size, scale, form, animated = (1280, 800), 1.0, "desktop", False
    pictures = "PRIVACY_PICTURES"

    def setUp(self):
        self.begin(PROGRAM, *self.size, animated=self.animated, form=self.form, scale=self.scale)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{"id": app, "name": name, "state": "running", "cid": cid} for app, name, cid in APPS])

    def uses(self, *uses: dict):
        self.broker.call("io.bulkhead.Desktop.SetUses", uses=list(uses))

    def privacy(self, grants=(), uses=()):
        self.broker.call("io.bulkhead.Desktop.SetPrivacy", grants=list(grants), uses=list(uses))

    def changed(self) -> tuple:
        change = self.watch.receive_with("grant")["grant"]
        return change["app"], change["permission"], change.get("choice")

    def box(self, color=SENSOR, picture=None):
        return super().box(color, picture)

    def pill(self) -> tuple[int, int]:
        """The indicator's middle."""
        left, top, right, bottom = self.box(picture=self.desktop.screenshot().crop((0, 0, self.size[0], int(44 * self.scale))))
        return (left + right) // 2, (top + bottom) // 2

    def by_keys(self, number: int):
        """Presses the target that so many Tabs lead to."""
        for _ in range(number):
            self.desktop.key(TAB)
        self.desktop.key(ENTER)

    def open_settings(self):
        self.desktop.key(SUPER)
        for code in (KEY_S, KEY_E):
            self.desktop.key(code)
        self.desktop.key(ENTER)


class Indicator(Fixture):
    def test_it_is_there_while_something_is_in_use(self):
        before = self.desktop.screenshot()
        self.uses(use("microphone"))
        one = self.box(picture=self.look("indicator-one"))
        self.assertLess(one[3], 40, "on the panel")
        self.uses(use("microphone"), use("microphone", 1), use("camera", 1), use("location"), use("teleport"))
        four = self.box(picture=self.look("indicator-four"))
        self.assertEqual(four[2] - four[0] - (one[2] - one[0]), 60, "a mark for each kind, not for each use")
        self.uses()
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_the_list_says_who_and_stops_them(self):
        self.uses(use("microphone"), use("camera", 1))
        x, y = self.pill()
        self.desktop.click(x, y)
        self.look("uses")
        self.desktop.click(x + 120, 40 + 8 + 38 + 28)
        self.assertEqual(self.changed(), ("org.example.memo", "microphone", None))
        self.uses(use("camera", 1))
        self.look("uses-one")
        self.by_keys(1)
        self.assertEqual(self.changed(), ("org.example.call", "camera", None))
        self.uses()
        self.assertIsNone(self.box(), "nothing left, and the list is gone with it")
        self.desktop.key(KEY_A)

    def test_the_list_closes(self):
        self.uses(use("microphone"))
        pill = self.pill()
        self.desktop.move(640, 500)
        before = self.desktop.screenshot()
        for close in (lambda: self.desktop.key(ESCAPE), lambda: self.desktop.click(200, 600), lambda: self.desktop.click(*pill)):
            self.desktop.click(*pill)
            self.assertIsNotNone(different(before.crop((0, 40, 1280, 800)), self.desktop.screenshot().crop((0, 40, 1280, 800))))
            close()
            self.desktop.move(640, 500)
            self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_a_press_on_what_has_become_another_is_none(self):
        self.uses(use("microphone"), use("camera", 1))
        x, y = self.pill()
        self.desktop.click(x, y)
        self.desktop.move(x + 120, 40 + 8 + 38 + 28)
        self.desktop.button(True)
        self.uses(use("camera", 1))
        self.desktop.button(False)
        self.uses(use("location"))
        self.by_keys(1)
        self.assertEqual(self.changed(), ("org.example.memo", "location", None), "the first that was told")

    def test_no_app_in_full_screen_covers_the_dot(self):
        app = self.app()
        self.desktop.key(SUPER, KEY_F)
        app.follow()
        app.done()
        self.assertIsNone(self.box())
        self.uses(use("microphone"))
        left, top, right, bottom = self.box(picture=self.look("full-screen-dot"))
        self.assertGreater(left, 1240)
        self.assertLess(bottom, 40)
        self.assertIn(right - left, range(6, 15))
        app.color = (255, 255, 255)
        app.show(*app.size)
        app.done()
        self.assertEqual(self.box(), (left, top, right, bottom))
        app.inputs()
        self.desktop.click((left + right) // 2, (top + bottom) // 2)
        self.look("full-screen-uses")
        self.by_keys(1)
        self.assertEqual(self.changed(), ("org.example.memo", "microphone", None))
        self.assertNotIn(1, [event[3] for event in app.inputs() if event[1] == display_peer.EV_KEY], "the app had none of it")

    def test_it_goes_with_the_broker(self):
        self.uses(use("microphone"))
        self.assertIsNotNone(self.box())
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNone(self.box())

    def test_what_is_wrong_is_refused_and_what_was_told_stays(self):
        self.uses(use("microphone"))
        for wrong in ([use("")], [use("micro phone")], [use("x" * 33)], [use("camera", since=-1)], [use("camera") | {"app": ""}], [{}], [7],
                      [use("camera")] * 65):
            with self.assertRaises(VarlinkError, msg=str(wrong)[:80]):
                self.uses(*wrong)
        for wrong in ([grant("camera", "perhaps")], [grant("camera", "always") | {"choice": None}], [grant("camera", "always")] * 513):
            with self.assertRaises(VarlinkError, msg=str(wrong)[:80]):
                self.privacy(wrong)
        with self.assertRaisesRegex(VarlinkError, "TooManyEntries"):
            self.privacy(uses=[past("camera", 1, 1)] * 101)
        with self.assertRaises(VarlinkError):
            self.privacy(uses=[past("camera", 1, -2)])
        self.assertIsNotNone(self.box())


class Page(Fixture):
    def test_from_the_launcher(self):
        before = self.desktop.screenshot()
        self.privacy(GRANTS, PAST)
        self.desktop.key(SUPER)
        self.look("launcher")
        self.desktop.key(ESCAPE)
        self.open_settings()
        self.look("privacy-page")
        self.desktop.key(ESCAPE)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_empty(self):
        self.open_settings()
        self.look("privacy-empty")

    def test_from_the_list_of_uses(self):
        self.uses(use("microphone"))
        self.privacy(GRANTS, PAST)
        self.desktop.click(*self.pill())
        self.by_keys(2)
        opened = self.look("privacy-from-uses")
        self.desktop.click(100, 700)  # beside it
        self.assertIsNotNone(different(opened, self.desktop.screenshot()))

    def test_a_choice_is_changed_by_keyboard(self):
        self.privacy(GRANTS, PAST)
        self.open_settings()
        # The pages' entries, then four for each grant, by the apps' names: Calls' camera and microphone, Voice Memos' location and microphone.
        for tabs, wanted in ((5, ("org.example.call", "camera", "whileInUse")), (1, ("org.example.call", "camera", "always")),
                             (1, ("org.example.call", "camera", "never")), (1, ("org.example.call", "camera", None)),
                             (9, ("org.example.memo", "microphone", "whileInUse"))):
            self.by_keys(tabs)
            self.assertEqual(self.changed(), wanted)
        self.look("privacy-focus")

    def test_a_choice_is_changed_by_pointer_and_shows(self):
        self.privacy(GRANTS, PAST)
        self.open_settings()
        self.desktop.move(20, 700)
        before = self.desktop.screenshot()
        # In the first row: the control ends where the page does, less its padding.
        right, y = 640 + 410 - 20 - 14, 400 + 20 - 310 + 60 + 36 + 52 + 26
        self.desktop.click(right - 344 + 344 * 64 // 100, y)
        self.assertEqual(self.changed(), ("org.example.call", "camera", "never"))
        self.desktop.move(20, 700)
        self.privacy([entry | ({"choice": "never"} if entry == GRANTS[2] else {}) for entry in GRANTS], PAST)
        left, top, _, bottom = different(before, self.desktop.screenshot())
        self.assertGreater(left, right - 345)
        self.assertLess(bottom - top, 36)

    def test_once_is_not_listed(self):
        self.open_settings()
        empty = self.desktop.screenshot()
        self.privacy([grant("microphone", "once")])
        self.assertIsNone(different(empty, self.desktop.screenshot()))

    def test_they_go_when_the_person_goes_on_to_an_app(self):
        self.app(10, RED)
        self.app(11, GREEN)
        self.open_settings()
        opened = self.desktop.screenshot()
        self.desktop.key(LEFTALT, TAB)
        self.assertIsNotNone(different(opened, self.desktop.screenshot()))
        self.assertEqual(self.desktop.screenshot().getpixel((640, 400 + 60)), GREEN)

    def test_a_long_list_scrolls(self):
        many = [{"app": f"org.example.a{number}", "appName": f"App {number:03}", "permission": permission, "choice": "always"}
                for number in range(128) for permission in ("microphone", "camera", "location", "folders")]
        self.privacy(many, PAST * 25)
        self.open_settings()
        first = self.look("privacy-long")
        self.desktop.move(800, 400)
        self.desktop.scroll(5)
        self.assertIsNotNone(different(first, self.look("privacy-scrolled")))
        self.desktop.scroll(5000)
        self.look("privacy-end")
        for _ in range(60):
            self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.changed()[0], "org.example.a3")
        self.look("privacy-revealed")


class Fine(Fixture):
    size, scale, animated = (1920, 1200), 1.5, True

    def test_a_finer_screen(self):
        self.uses(use("microphone"), use("camera", 1))
        self.privacy(GRANTS, PAST)
        self.desktop.click(*self.pill())
        self.look("fine-uses")
        self.by_keys(3)
        self.look("fine-privacy")
        self.desktop.key(ESCAPE)
        self.desktop.resize(1280, 800)
        self.open_settings()
        self.look("fine-small")


class Phone(Fixture):
    size, form = (360, 720), "phone"

    def settings(self):
        """Opened by a tap on their picture at home, the third."""
        self.desktop.tap(12 + 84 * 2 + 42, 44 + 84 + 40)

    def test_bar_list_and_page(self):
        self.app()
        self.desktop.key(SUPER)
        self.uses(use("microphone"), use("location", 1))
        self.privacy(GRANTS, PAST)
        self.look("phone-indicator")
        self.desktop.tap(*self.pill())
        self.look("phone-uses")
        self.desktop.tap(180, 44 + 8 + 38 + 2 * 56 + 22)
        self.look("phone-privacy")
        self.desktop.tap(14 + 20 + 30, 44 + 60 + 36 + 52 + 40 + 17)  # the first choice of the first row
        self.assertEqual(self.changed(), ("org.example.call", "camera", "whileInUse"))
        self.desktop.tap(330, 44 + 30)
        self.look("phone-home")

    def test_a_finger_scrolls_and_chooses_nothing(self):
        self.privacy(GRANTS * 20, PAST)
        home = self.desktop.screenshot()
        self.settings()
        first = self.desktop.screenshot()
        self.desktop.touch(100, 500)
        for step in range(1, 11):
            self.desktop.touch(100, 500 - 20 * step)
        self.desktop.touch_up()
        self.assertIsNotNone(different(first, self.look("phone-scrolled")))
        self.desktop.touch(180, 712)  # home
        for step in range(1, 5):
            self.desktop.touch(180, 712 - 100 * step)
        self.desktop.touch_up()
        self.assertIsNone(different(home, self.desktop.screenshot()))
        self.settings()
        self.desktop.key(SUPER)
        self.desktop.tap(180, 600)
        self.assertIsNone(different(home, self.desktop.screenshot()))

    def test_an_app_takes_their_place(self):
        self.app()
        self.settings()
        self.desktop.key(SUPER)
        self.desktop.key(SUPER)
        self.assertEqual(self.desktop.screenshot().getpixel((180, 500)), RED)

    def test_full_screen(self):
        app = self.app()
        self.desktop.key(SUPER)
        self.desktop.key(SUPER, KEY_F)
        app.follow()
        app.done()
        self.uses(use("camera"))
        left, _, _, bottom = self.box(picture=self.look("phone-full-screen"))
        self.assertGreater(left, 320)
        self.assertLess(bottom, 40)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
