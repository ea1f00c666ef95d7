#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the phone from outside, with fingers and with apps that the test plays: drive_phone.py DESKTOP_UNDER_TEST [TEST ...]

With PHONE_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import os
import pathlib
import struct
import sys
import time

import display_peer
import tap
from desktop_peer import WAIT_SECONDS, Late, WithApps, different
from display_peer import App

PROGRAM = ""

WIDTH, HEIGHT, BAR, STRIP = 360, 720, 44, 28
RESTS = 0.22  # seconds, less than those after which a finger that does not move holds
ESCAPE, ENTER, LEFT, RIGHT, DOWN, LEFTMETA, LEFTALT, TAB, KEY_A, KEY_F, KEY_Q, KEY_G = 1, 28, 105, 106, 108, 125, 56, 15, 30, 33, 16, 34
RED, GREEN, BLUE = (200, 60, 60), (60, 180, 80), (70, 90, 210)
APPS = [("org.example.red", "Red", 10), ("org.example.green", "Green", 11), ("org.example.blue", "Blue", 12), ("org.example.late", "Late one", None)]


class Fixture(WithApps):
    pictures = "PHONE_PICTURES"
    animated = False
    size = WIDTH, HEIGHT
    went = 0.0  # when the finger went on

    def setUp(self):
        self.begin(PROGRAM, *self.size, animated=self.animated, form="phone")
        self.broker.call("io.bulkhead.Desktop.SetApps",
                         apps=[{"id": app, "name": name, "state": "running" if cid else "stopped", "cid": cid} for app, name, cid in APPS])

    def icon(self, index: int) -> tuple[int, int]:
        """The middle of an app's picture on the home screen: Blue, Green, Late one, Red."""
        columns = (self.size[0] - 24) // 84
        cell = (self.size[0] - 24) // min(columns, 8)
        return 12 + cell * index + cell // 2, BAR + 84 + 40

    def app(self, cid: int, color, **options) -> App:
        """An app that came by itself, and has drawn its first frame: it cannot be seen."""
        app = App(self.display, cid, color, **options)
        app.follow()
        self.desktop.wait_log(f"window of app {cid}")
        return app

    def open(self, index: int):
        """Opens an app by its picture on the home screen; it is seen when this returns."""
        self.desktop.tap(*self.icon(index))
        self.desktop.screenshot()

    def three(self) -> list[App]:
        return [self.app(10, RED), self.app(11, GREEN), self.app(12, BLUE)]

    def go(self, x: int, y: int, finger: int = 0, first: bool = False):
        """A finger comes down there, or goes on to there; not so late after the last time that it has rested."""
        before, self.went = self.went, time.monotonic()
        self.desktop.touch(x, y, finger)
        if not first and time.monotonic() - before > RESTS:
            raise Late("the finger has rested")

    def drag(self, *points: tuple[int, int], seconds: float = 0.3, up: bool = True, finger: int = 0):
        """A finger goes from point to point, with a pace, and rests at the end so that it throws nothing."""
        (x, y), *rest = points
        self.go(x, y, finger, first=True)
        for to_x, to_y in rest:
            for step in range(1, 11):
                time.sleep(seconds / 10 / len(rest))
                self.go(x + (to_x - x) * step // 10, y + (to_y - y) * step // 10, finger)
            x, y = to_x, to_y
        if up:
            time.sleep(0.12)
            self.desktop.touch_up(finger)

    def throw(self, x: int, y: int, to_x: int, to_y: int):
        """A finger that is fast, and up while it still goes; far enough for a machine where it is not that fast."""
        self.go(x, y, first=True)
        for step in range(1, 5):
            time.sleep(0.008)
            self.go(x + (to_x - x) * step // 4, y + (to_y - y) * step // 4)
        self.desktop.touch_up()

    @property
    def edge(self) -> tuple[int, int]:
        return self.size[0] // 2, self.size[1] - STRIP // 2

    def home(self):
        x, y = self.edge
        self.throw(x, y, x, max(y - 400, BAR))

    def overview(self):
        x, y = self.edge
        self.drag((x, y), (x, y - 150), up=False)
        time.sleep(0.4)
        self.desktop.touch_up()

    def shown(self, picture=None) -> tuple | None:
        """The colour that fills the room between the bar and the strip."""
        width, height = self.size
        for color in (RED, GREEN, BLUE):
            if self.box(color, picture) == (0, BAR, width, height - STRIP):
                return color
        return None

    def request(self) -> tuple[str, str]:
        reply = self.watch.receive_with("app")
        return reply["app"], reply["request"]


class Apps(Fixture):
    def test_one_app_fills_the_screen_in_its_colours(self):
        red, *_ = self.three()
        home = self.look("home")
        self.assertEqual(red.size, (WIDTH, HEIGHT - BAR - STRIP))
        frames = []
        for index, color in ((3, RED), (1, GREEN)):
            self.desktop.tap(*self.icon(index))
            picture = self.look(f"app-{index}")
            self.assertEqual(self.shown(picture), color)
            bar, strip = picture.getpixel((WIDTH // 2 + 40, 4)), picture.getpixel((20, HEIGHT - 5))
            self.assertEqual(bar, strip, "the bar and the strip are one frame")
            frames.append(bar)
            self.home()
        self.assertNotEqual(*frames)
        rows = (0, BAR, WIDTH, HEIGHT)  # without the clock
        self.assertIsNone(different(home.crop(rows), self.desktop.screenshot().crop(rows)))

    def test_what_comes_by_itself_takes_nothing(self):
        self.app(10, RED)
        self.assertIsNone(self.box(RED))
        self.open(3)
        self.app(11, GREEN)
        self.assertEqual(self.shown(), RED)

    def test_what_was_started_is_shown(self):
        self.desktop.tap(*self.icon(2))
        self.assertEqual(self.request(), ("org.example.late", "start"))
        self.app(13, BLUE)
        self.assertEqual(self.shown(), BLUE)

    def test_an_app_that_ends_leaves_home(self):
        red, *_ = self.three()
        self.open(3)
        red.leave()
        self.desktop.wait_log("the window of app 10 is gone")
        self.assertIsNone(self.shown())

    def test_search_by_keyboard(self):
        self.three()
        self.desktop.key(KEY_G)
        self.look("search")
        self.desktop.key(ENTER)
        self.assertEqual(self.shown(), GREEN)

    def test_another_size_is_another_phone(self):
        red, *_ = self.three()
        self.open(3)
        self.desktop.resize(720, 360)
        red.follow()
        red.done()
        self.assertEqual(red.size, (720, 360 - BAR - STRIP))
        self.size = 720, 360
        self.addCleanup(self.__dict__.pop, "size")  # for another try
        self.assertEqual(self.shown(self.look("landscape-app")), RED)
        self.home()
        self.look("landscape-home")
        self.open(3)
        self.overview()
        self.look("landscape-overview")


class Fingers(Fixture):
    def test_touches_are_the_apps(self):
        red, *_ = self.three()
        self.open(3)
        self.assertEqual(red.inputs(), [])
        self.desktop.tap(180, 300)
        self.desktop.screenshot()
        positions = {event[2]: event[3] for event in red.inputs() if event[:2] == (display_peer.TOUCH, display_peer.EV_ABS)}
        self.assertAlmostEqual(positions[0x35], 180.5 * 32767 / (WIDTH - 1), delta=200)
        self.assertAlmostEqual(positions[0x36], (300.5 - BAR) * 32767 / (HEIGHT - BAR - STRIP - 1), delta=200)

    def test_the_strip_is_the_systems(self):
        red, *_ = self.three()
        self.open(3)
        self.desktop.tap(*self.edge)
        self.assertEqual(self.shown(), RED, "a tap there is nothing")
        self.drag((60, HEIGHT - 5), (100, HEIGHT - 4))
        self.home()
        self.assertEqual(red.inputs(), [])

    def test_a_gesture_takes_the_other_fingers_away(self):
        red, *_ = self.three()
        self.open(3)
        self.desktop.touch(100, 300, 1)
        red.display.expect(10, display_peer.INPUT)
        self.desktop.screenshot()
        red.inputs()
        x, y = self.edge
        self.drag((x, y), (x, y - 60), up=False)
        self.desktop.touch(100, 350, 1)
        self.desktop.touch(200, 400, 2)  # nobody's
        self.desktop.screenshot()
        ids = [event[3] for event in red.inputs() if event[1:3] == (display_peer.EV_ABS, 0x39)]
        self.assertEqual(ids, [-1], "up, once")
        self.desktop.touch_up(2), self.desktop.touch_up(1), self.desktop.touch_up(0)
        self.assertEqual(red.inputs(), [])

    def test_full_screen_shares_the_edge_until_a_gesture_is_one(self):
        red, *_ = self.three()
        self.open(3)
        self.desktop.key(LEFTMETA, KEY_F)
        red.follow()
        red.done()
        self.assertEqual(red.size, (WIDTH, HEIGHT))
        self.look("full-screen")
        red.inputs()
        self.drag((100, HEIGHT - 4), (250, HEIGHT - 4))  # along the edge: the app's
        self.assertEqual(self.box(RED)[3], HEIGHT)
        self.assertIn(-1, [event[3] for event in red.inputs() if event[1:3] == (display_peer.EV_ABS, 0x39)])
        self.throw(180, HEIGHT - 4, 180, HEIGHT - 300)
        self.assertIsNone(self.box(RED), "home")
        ids = [event[3] for event in red.inputs() if event[1:3] == (display_peer.EV_ABS, 0x39)]
        self.assertEqual(len(ids), 2, "down, and up once")

    def test_a_finger_scrolls_what_does_not_fit(self):
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{"id": f"org.example.a{number}", "name": f"App {number:02}", "state": "stopped", "cid": None}
                                                               for number in range(60)])
        before = self.look("home-full")
        self.drag((180, 560), (180, 200))
        self.assertIsNotNone(different(before, self.look("home-scrolled")))
        self.watch.socket.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            self.watch.receive_with("app")  # a finger that scrolled started nothing


class Menus(Fixture):
    """Of an app on the home screen: 248 by 92 pixels, here from 104, where it ends before the screen does, and from the finger down."""

    def setUp(self):
        super().setUp()
        self.x, self.y = self.icon(2)  # Late one
        self.box_of_menu = (104, self.y + 8, 170, self.y + 84)  # over another app's picture
        self.before = self.look("home-apps")

    def open_menu(self):
        self.desktop.hold(self.x, self.y, self.box_of_menu)
        self.desktop.touch_up()

    def nothing_is_asked(self):
        self.watch.socket.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            self.watch.receive_with("app")
        self.watch.socket.settimeout(WAIT_SECONDS)

    def test_a_finger_that_rests_opens_it(self):
        for y, asked in ((self.y + 6 + 60, "copy"), (self.y + 6 + 20, "start")):
            self.open_menu()
            self.look("home-menu")
            self.desktop.tap(164, y)
            self.assertEqual(self.request(), ("org.example.late", asked))
            self.assertIsNone(different(self.before, self.desktop.screenshot()))

    def test_a_finger_that_trembles_rests_and_moves_nothing_afterwards(self):
        self.desktop.touch(self.x, self.y)
        self.desktop.touch(self.x + 4, self.y - 5)
        self.desktop.hold(self.x + 2, self.y + 3, self.box_of_menu, self.before)
        shown = self.desktop.screenshot()
        self.desktop.touch(self.x, self.y + 300)
        self.desktop.touch_up()
        self.nothing_is_asked()
        self.assertIsNone(different(shown.crop(self.box_of_menu), self.desktop.screenshot().crop(self.box_of_menu)))

    def test_a_finger_that_goes_on_opens_none(self):
        for to_x, to_y in ((self.x + 20, self.y), (self.x, self.y + 20)):
            self.go(self.x, self.y, first=True)
            self.go(to_x, to_y)
            time.sleep(0.8)
            self.assertIsNone(different(self.before.crop(self.box_of_menu), self.desktop.screenshot().crop(self.box_of_menu)))
            self.desktop.touch(to_x, to_y + 200)
            self.desktop.touch_up()
        self.nothing_is_asked()

    def test_two_fingers_open_none(self):
        self.go(self.x, self.y, first=True)
        self.go(self.x, self.y + 300, 1)
        time.sleep(0.8)
        self.desktop.touch_up(1), self.desktop.touch_up(0)
        self.assertIsNone(different(self.before, self.desktop.screenshot()))

    def test_beside_it_it_is_closed_and_no_more_is_done(self):
        for x, y in ((self.icon(0)), (180, 600)):
            self.open_menu()
            self.desktop.tap(x, y)
            self.assertIsNone(different(self.before, self.desktop.screenshot()))
        self.nothing_is_asked()

    def test_a_question_takes_the_finger_away(self):
        self.go(self.x, self.y, first=True)
        self.broker.call("io.bulkhead.Desktop.Ask", id=1, app="org.example.late", appName="Late one", permission="microphone", reason="To hear.")
        if time.monotonic() - self.went > RESTS:
            raise Late("the finger has rested")
        time.sleep(0.8)
        self.desktop.touch_up()
        self.broker.call("io.bulkhead.Desktop.WithdrawAsk", id=1)
        self.assertIsNone(different(self.before, self.desktop.screenshot()), "nothing is below a finger that has gone")
        self.nothing_is_asked()

    def test_what_is_no_app_has_none(self):
        settings = self.icon(0)[0], self.y + 148
        self.desktop.touch(*settings)
        time.sleep(0.8)
        self.assertIsNone(different(self.before.crop(self.box_of_menu), self.desktop.screenshot().crop(self.box_of_menu)))
        self.desktop.touch_up()


class Gestures(Fixture):
    def test_along_the_strip_to_the_next_and_the_one_before(self):
        self.three()
        self.desktop.tap(*self.icon(1))  # green is between red and blue
        self.assertEqual(self.shown(), GREEN)
        y = self.edge[1]
        self.drag((300, y), (180, y), up=False)
        both = self.look("switching")
        green, blue = self.box(GREEN, both), self.box(BLUE, both)
        self.assertTrue(green and blue, "both are there, live")
        self.assertLess(green[2], blue[0])
        self.drag((180, y), (280, y))  # back
        self.desktop.touch_up()
        self.assertEqual(self.shown(), GREEN, "let go of too early")
        self.throw(340, y, 40, y)
        self.assertEqual(self.shown(), BLUE)
        self.throw(340, y, 40, y)
        self.assertEqual(self.shown(), BLUE, "the last one")
        for color in (GREEN, RED):
            self.drag((20, y), (300, y))
            self.assertEqual(self.shown(), color)

    def test_home_and_back_by_super(self):
        self.three()
        self.open(3)
        self.home()
        self.assertIsNone(self.box(RED))
        self.desktop.key(LEFTMETA)
        self.assertEqual(self.shown(), RED)
        self.desktop.key(LEFTMETA)
        self.assertIsNone(self.shown())

    def test_a_lift_that_is_short_falls_back(self):
        self.three()
        self.open(3)
        x, y = self.edge
        self.drag((x, y), (x, y - 60), seconds=0.1, up=False)  # less than what holds, however long it rests
        box = self.box(RED, self.look("lifting"))
        self.assertLess(box[2] - box[0], WIDTH)
        self.drag((x, y - 60), (x, y - 30), seconds=0.1)
        self.assertEqual(self.shown(), RED)

    def test_the_overview_shows_chooses_and_closes(self):
        _, green, _ = self.three()
        self.open(1)
        self.overview()
        picture = self.look("overview")
        for color in (RED, GREEN, BLUE):
            self.assertIsNotNone(self.box(color, picture))
        green.color = (250, 250, 10)
        green.show(*green.size)
        green.done()
        left, top, right, bottom = self.box((250, 250, 10))  # live
        self.drag(((left + right) // 2, top + 200), ((left + right) // 2, top + 40), up=False)
        self.look("overview-pushed")
        self.desktop.touch_up()
        self.assertEqual(self.request(), ("org.example.green", "close"))
        self.look("overview-closing")
        green.leave()
        self.desktop.wait_log("the window of app 11 is gone")
        picture = self.look("overview-two")
        self.assertTrue(self.box(RED, picture) and self.box(BLUE, picture))
        self.drag((300, 400), (60, 400))
        left, top, right, bottom = self.box(BLUE)
        self.desktop.tap((left + right) // 2, (top + bottom) // 2)
        self.assertEqual(self.shown(), BLUE)

    def test_the_overview_by_its_cross_and_by_keys(self):
        self.three()
        self.open(1)
        self.overview()
        left, top, right, bottom = self.box(GREEN)
        self.desktop.tap(right - 16, top - 22)
        self.assertEqual(self.request(), ("org.example.green", "close"))
        self.desktop.key(KEY_A)  # goes to no app
        self.desktop.key(RIGHT)
        self.desktop.key(ENTER)
        self.assertEqual(self.shown(), BLUE)
        self.overview()
        self.desktop.key(ESCAPE)
        self.assertEqual(self.shown(), BLUE)
        self.overview()
        self.home()
        self.assertIsNone(self.shown())

    def test_a_hung_app_stops_nothing(self):
        App(self.display, 10, RED)  # says nothing at all
        self.desktop.wait_log("window of app 10")
        self.open(3)
        self.look("starting")
        self.overview()
        self.drag((180, 400), (180, 200))
        self.assertEqual(self.request(), ("org.example.red", "close"))
        self.look("overview-starting")
        self.drag((180, 400), (180, 200))
        self.desktop.wait_log("the window of app 10 has not closed")
        self.look("overview-not-closed")
        time.sleep(0.6)
        self.drag((180, 400), (180, 200))
        self.assertEqual(self.request(), ("org.example.red", "end"))
        self.home()
        self.look("home-closing")

    def test_from_the_top_come_the_notifications(self):
        red, *_ = self.three()
        self.open(3)
        self.broker.call("io.bulkhead.Desktop.Show", id=1, app="org.example.red", appName="Red", title="A message from the harbour",
                         body="The ship is in, and there is much to tell of it.", buttons=[{"id": "a", "label": "Answer"}, {"id": "b", "label": "Later"}])
        self.look("toast")
        red.inputs()
        self.drag((180, 10), (180, 200))
        opened = self.look("notifications")
        self.assertEqual(red.inputs(), [])
        self.desktop.tap(180, 650)  # beside them
        self.assertEqual(self.desktop.screenshot().getpixel((180, 500)), RED)
        self.assertEqual(red.inputs(), [])
        self.desktop.tap(180, 20)
        self.assertIsNone(different(opened, self.desktop.screenshot()), "a tap on the bar does it too")
        self.home()
        self.assertEqual(self.desktop.screenshot().getpixel((180, 500)), RED, "that put them away, and no more")

    def test_shortcuts_go_on_working(self):
        self.three()
        self.open(1)
        self.desktop.key(LEFTMETA, RIGHT)
        self.assertEqual(self.shown(), BLUE)
        self.desktop.key(LEFTMETA, LEFT)
        self.assertEqual(self.shown(), GREEN)
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=LEFTALT, down=True)
        self.desktop.key(TAB)
        self.look("switcher")
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=LEFTALT, down=False)
        self.assertEqual(self.shown(), BLUE)
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.blue", "close"))
        self.desktop.key(LEFTMETA, DOWN)
        self.assertIsNone(self.box(BLUE), "home")

    def test_a_pointer_is_a_finger_on_the_edge(self):
        self.three()
        self.desktop.click(*self.icon(3))
        self.assertEqual(self.shown(), RED)
        x, y = self.edge
        self.desktop.move(x, y)
        self.desktop.button(True)
        for step in range(1, 9):
            self.desktop.move(x, y - 30 * step)
        self.desktop.button(False)
        self.assertIsNone(self.shown())


class Moving(Fixture):
    animated = True

    def test_what_is_let_go_of_springs_back_and_settles(self):
        self.three()
        self.open(1)
        self.desktop.screenshot()
        y = self.edge[1]
        self.drag((300, y), (240, y), up=False)
        self.desktop.record()
        self.desktop.touch_up()
        rights = [box[2] for box in (self.box(GREEN, frame) for frame in self.desktop.frames()) if box]
        self.assertEqual(rights[-1], WIDTH)
        self.assertEqual(rights, sorted(rights))
        if len(set(rights)) <= 2:
            raise Late("nothing was seen on its way")
        self.desktop.record()
        time.sleep(0.3)
        self.assertLessEqual(len(self.desktop.frames()), 1, "a minute of the clock")

    def test_an_app_comes_from_its_picture_and_returns_there(self):
        self.three()
        self.desktop.record()
        self.open(3)
        frames = self.desktop.frames()
        self.desktop.record()
        self.home()
        if len(frames) <= 3 or len(self.desktop.frames()) <= 3:
            raise Late("nothing was seen on its way")
        if folder := os.environ.get("PHONE_PICTURES"):
            for number, frame in enumerate(frames):
                frame.save(os.path.join(folder, f"opening-{number:02}.png"))


class Still(Fixture):
    def test_nothing_is_on_its_way(self):
        self.three()
        for act, color in ((lambda: self.desktop.tap(*self.icon(1)), GREEN), (lambda: self.desktop.key(LEFTMETA, RIGHT), BLUE)):
            self.desktop.record()
            act()
            boxes = [self.box(color, frame) for frame in self.desktop.frames()]
            self.assertEqual({box for box in boxes if box}, {(0, BAR, WIDTH, HEIGHT - STRIP)})
        self.desktop.record()
        self.desktop.key(LEFTMETA, DOWN)
        self.assertLessEqual(len({frame.tobytes() for frame in self.desktop.frames()}), 2, "home, and a minute of the clock")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
