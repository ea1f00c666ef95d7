#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the windows of apps from outside, with apps that the test plays: drive_windows.py DESKTOP_UNDER_TEST [TEST ...]

With WINDOWS_PICTURES=FOLDER some screens are kept there, for a person to look at.
"""
import base64
import os
import pathlib
import random
import struct
import sys
import time

import desktop_peer
import display_peer
import tap
from desktop_peer import WAIT_SECONDS, Late, WithApps, different, png
from display_peer import App, Surface, record

PROGRAM = ""

LEFTALT, LEFTMETA, ESCAPE, TAB, ENTER, BACKSPACE = 56, 125, 1, 15, 28, 14
UP, LEFT, RIGHT, DOWN = 103, 105, 106, 108
KEY_A, KEY_F, KEY_Q, KEY_T, KEY_E, LEFTSHIFT = 30, 33, 16, 20, 18, 42
COMPOSE, KEY_F10 = 127, 68
BTN_LEFT, BTN_RIGHT = 0x110, 0x111
BAR, TITLE, BORDER = 40, 38, 4
GUARD = 0.6  # seconds, after which the question whether an app is to be ended takes a yes
RED, GREEN, BLUE = (200, 60, 60), (60, 180, 80), (70, 90, 210)
APPS = [("org.example.red", "Red", 10), ("org.example.green", "Green", 11), ("org.example.blue", "Blue", 12), ("org.example.late", "Late one", None)]


def close_to(a, b, by: int = 3) -> bool:
    return all(abs(x - y) <= by for x, y in zip(a[:3], b[:3]))


class Fixture(WithApps):
    width, height, scale, animated = 1280, 800, 1.0, False
    pictures = "WINDOWS_PICTURES"

    def setUp(self):
        self.begin(PROGRAM, self.width, self.height, animated=self.animated, scale=self.scale)
        self.apps = []
        self.tell_apps()

    def tell_apps(self, apps=None, **changes):
        entries = [{"id": number, "name": name, "state": "running" if cid else "stopped", "cid": cid} for number, name, cid in (apps or APPS)]
        for entry in entries:
            entry.update(changes.get(entry["id"].rsplit(".", 1)[1], {}))
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=entries)

    def request(self) -> tuple[str, str]:
        reply = self.watch.receive_with("app")
        return reply["app"], reply["request"]

    def asks_nothing(self) -> bool:
        """The broker is not asked for anything."""
        self.watch.socket.settimeout(0.2)
        try:
            return self.request() is None
        except TimeoutError:
            return True
        finally:
            self.watch.socket.settimeout(WAIT_SECONDS)

    def app(self, cid: int, color=RED, **options) -> App:
        """An app that has drawn its first frame, and its window on the screen."""
        app = App(self.display, cid, color, **options)
        app.follow()
        app.done()
        self.desktop.screenshot()
        self.apps = [other for other in self.apps if other.surface] + [app]
        if len(self.apps) > 1:  # it came by itself, behind the one with the focus
            self.desktop.click(200 + 180 * sorted(other.cid for other in self.apps).index(cid), 20)
            self.desktop.move(640, 400)
            app.inputs()
        return app

    def drag(self, x: int, y: int, to_x: int, to_y: int):
        self.desktop.move(x, y)
        self.desktop.button(True)
        self.desktop.move((x + to_x) // 2, (y + to_y) // 2)
        self.desktop.move(to_x, to_y)
        self.desktop.button(False)

    def down(self, code: int, down: bool = True):
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=code, down=down)


class Drawing(Fixture):
    def test_an_app_is_seen_pixel_by_pixel(self):
        from PIL import Image
        noise = random.Random(1)
        picture = Image.frombytes("RGB", (64, 64), noise.randbytes(64 * 64 * 3))

        def draw(width, height):
            canvas = Image.new("RGB", (width, height), (255, 0, 255))
            canvas.paste(picture, (200, 100))
            return canvas

        app = self.app(10, draw=draw)
        left, top, right, bottom = self.box((255, 0, 255))
        self.assertEqual((right - left, bottom - top), app.size)
        shown = self.desktop.screenshot().convert("RGB").crop((left + 200, top + 100, left + 264, top + 164))
        self.assertEqual(shown.tobytes(), picture.tobytes())

    def test_before_its_first_frame_it_is_starting(self):
        before = self.desktop.screenshot()
        app = App(self.display, 10)
        self.desktop.wait_log("window of app 10")
        starting = self.desktop.screenshot()
        self.assertIsNotNone(different(before, starting))
        app.follow()
        app.done()
        self.assertIsNotNone(self.box(RED))
        app.leave()
        self.desktop.wait_log("window of app 10 is gone")
        self.assertIsNone(self.box(RED))

    def test_only_what_changed_is_drawn_anew(self):
        app = self.app(10)
        left, top, *_ = self.box(RED)
        for _ in range(4):  # so that none of the screen's buffers has more to catch up with
            app.frame(10, 20, 1, 1)
            app.done()
        app.surface.fill(GREEN)
        app.frame(10, 20, 30, 40)
        app.done()
        self.assertEqual(self.box(GREEN), (left + 10, top + 20, left + 40, top + 60))

    def test_a_flip_draws_nothing_around_its_window(self):
        """What is under the shadow of a window without the focus is not looked at again when its app shows another surface."""
        red, green = self.app(10), self.app(11, GREEN)
        self.app(12, BLUE)
        for number in range(6):
            if number == 4:  # none of the screen's buffers has more to catch up with
                red.surface.fill((255, 0, 255))
            green.show(*green.size)
            green.done()
        self.assertIsNone(self.box((255, 0, 255)))

    def test_frames_have_colours_of_their_own(self):
        self.app(10, RED), self.app(11, GREEN)
        frames = []
        for color in (RED, GREEN):
            picture = self.desktop.screenshot().convert("RGB")
            left, top, right, bottom = self.box(color, picture)
            frames.append(picture.getpixel((right + 1, bottom - 40)) if color == GREEN else picture.getpixel((left - 2, top + 40)))
        self.assertFalse(close_to(*frames, by=8), frames)

    def test_no_app_draws_on_the_frame(self):
        """A surface larger than its window is cut at the frame."""
        app = self.app(10)
        box = self.box(RED)
        before = self.desktop.screenshot()
        app.show(4000, 3000)
        app.done()
        self.assertEqual(self.box(RED), box)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_a_size_of_its_own_is_centred(self):
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        time.sleep(1.1)  # it had its time to follow
        app.show(200, 100)
        app.done()
        self.assertEqual(self.box(RED), (left + (right - left - 200) // 2, top + (bottom - top - 100) // 2,
                                         left + (right - left - 200) // 2 + 200, top + (bottom - top - 100) // 2 + 100))

    def test_the_name_and_picture_are_the_installed_ones(self):
        self.app(10)
        before = self.desktop.screenshot()
        self.tell_apps(red={"name": "Another"})
        named = self.desktop.screenshot()
        self.assertIsNotNone(different(before, named))
        icon = png((1, 250, 3))
        self.tell_apps(red={"name": "Another", "icon": base64.b64encode(icon).decode()})
        self.assertIsNotNone(self.box((1, 250, 3)))
        self.tell_apps(red={"name": "Another"})
        self.assertIsNotNone(self.box((1, 250, 3)), "it stays")
        self.tell_apps(red={"name": "Another", "icon": base64.b64encode(icon[:40]).decode()})
        self.assertIsNone(different(named, self.desktop.screenshot()), "a broken picture is none")


class Input(Fixture):
    def test_keys_go_to_the_focus_alone(self):
        red, green = self.app(10), self.app(11, GREEN)
        self.desktop.key(KEY_A)
        self.assertEqual(green.inputs(), [(0, 1, KEY_A, 1), (0, 1, KEY_A, 0)])
        left, top, *_ = self.box(RED)
        self.desktop.click(left + 5, top + 5)
        red.inputs()
        self.desktop.key(LEFTSHIFT, KEY_A)
        self.assertEqual([event[2:] for event in red.inputs()], [(LEFTSHIFT, 1), (KEY_A, 1), (KEY_A, 0), (LEFTSHIFT, 0)])
        self.assertEqual([event for event in green.inputs() if event[1] == 1], [])

    def test_held_keys_are_let_go_with_the_focus(self):
        red, green = self.app(10), self.app(11, GREEN)
        self.down(KEY_A)
        left, top, *_ = self.box(RED)
        self.desktop.click(left + 5, top + 5)
        self.assertIn((0, 1, KEY_A, 0), green.inputs())
        self.down(KEY_A, False)
        self.assertNotIn(KEY_A, [event[2] for event in red.inputs()])

    def test_super_is_the_systems(self):
        app = self.app(10)
        self.desktop.key(LEFTMETA, LEFT)
        self.desktop.key(LEFTMETA)
        self.desktop.key(ESCAPE)
        self.assertEqual(app.inputs(), [])

    def test_the_pointer_is_within_its_surface(self):
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        self.desktop.move(left + 1, top + 1)
        app.inputs()
        for x, y, want in ((right - 1, bottom - 1, 32767), (left, top, 0)):
            if (x, y) == (right - 1, bottom - 1):
                x, y = x - 20, y - 20  # off the grip of the corner
            self.desktop.move(x, y)
            positions = dict((event[2], event[3]) for event in app.inputs() if event[:2] == (1, 3))
            for code, at, side in ((0, x - left, right - left), (1, y - top, bottom - top)):
                self.assertAlmostEqual(positions.get(code, want), (at + 0.5) * 32767 / (side - 1), delta=2 + 32767 / side)
        self.desktop.button(True)
        self.desktop.move(5, 790)  # held: it goes on getting it, at the edge
        positions = dict((event[2], event[3]) for event in app.inputs() if event[:2] == (1, 3))
        self.assertEqual(positions[1], 32767)
        self.desktop.button(False)
        self.desktop.scroll(1)  # over nothing
        self.assertNotIn(2, [event[1] for event in app.inputs()])

    def test_the_wheel(self):
        app = self.app(10)
        left, top, *_ = self.box(RED)
        self.desktop.move(left + 50, top + 50)
        app.inputs()
        self.desktop.scroll(2)
        self.assertEqual(app.inputs(), [(1, 2, 8, -2), (1, 2, 11, -240)])

    def test_the_cursor_is_the_apps_within_its_window(self):
        app = self.app(10)
        image = Surface(64, 64)
        image.pixels[:] = bytes((1, 250, 250, 255)) * (64 * 64)
        app.announce(image, 99, alpha=1)
        app.send(display_peer.CURSOR, 99, 0, 0, 10, 10)
        left, top, *_ = self.box(RED)
        self.desktop.move(left + 100, top + 100)
        app.frame()
        app.done()
        self.assertEqual(self.box((250, 250, 1)), (left + 90, top + 90, left + 154, top + 154))
        self.desktop.move(left + 100, top - 20)
        self.assertIsNone(self.box((250, 250, 1)))
        image.close()


    def test_each_button_comes_up_where_it_went_down(self):
        app = self.app(10)
        left, top, *_ = self.box(RED)
        inside, panel = (left + 50, top + 50), (60, 20)
        self.desktop.move(*inside)
        app.inputs()
        self.desktop.move(*panel)
        self.desktop.other_button(True)
        self.desktop.move(*inside)
        self.desktop.other_button(False)
        self.assertEqual([event for event in app.inputs() if event[1] == 1], [])
        self.desktop.other_click(*panel)
        self.desktop.tap(*inside)  # a finger, and no pointer that is pressed
        self.desktop.screenshot()
        self.assertEqual({event[0] for event in app.inputs() if event[1] == 1 or event[0] == display_peer.TOUCH}, {display_peer.TOUCH})
        self.desktop.move(*panel)
        self.desktop.button(True)
        self.desktop.move(*inside)
        self.desktop.other_click(*inside)
        self.desktop.button(False)
        self.assertEqual([event for event in app.inputs() if event[:2] == (display_peer.POINTER, 1)],
                         [(display_peer.POINTER, 1, BTN_RIGHT, 1), (display_peer.POINTER, 1, BTN_RIGHT, 0)])


    def test_a_button_is_where_the_pointer_is_and_not_the_last_finger(self):
        app = self.app(10)
        left, top, *_ = self.box(RED)
        self.desktop.move(left + 50, top + 50)
        app.inputs()
        self.desktop.tap(60, 20)
        self.desktop.screenshot()
        self.desktop.tap(60, 20)
        self.desktop.screenshot()
        self.desktop.button(True)
        self.desktop.button(False)
        self.assertEqual([event for event in app.inputs() if event[:2] == (display_peer.POINTER, 1)],
                         [(display_peer.POINTER, 1, BTN_LEFT, 1), (display_peer.POINTER, 1, BTN_LEFT, 0)])


class Sharp(Fixture):
    """A screen with more pixels to an inch, and of a size that is no whole number of logical pixels."""
    width, height, scale = 1282, 802, 2.0

    def picture(self, width: int, height: int):
        """What a resampled pixel would show in."""
        from PIL import Image
        noise = random.Random(1)
        return Image.frombytes("RGB", (width, height), noise.randbytes(width * height * 3))

    def shown(self, app: App) -> tuple[int, int]:
        """Where the app's picture is to be found, every pixel of it that no round corner and no hint covers."""
        screen, (width, height) = self.desktop.screenshot(), app.size
        image, middle, data = self.picture(width, height), height // 2, screen.tobytes()
        row = image.crop((0, middle, min(width, self.width) - 40, middle + 1)).tobytes()
        for y in range(self.height):
            at = data[y * self.width * 3:(y + 1) * self.width * 3].find(row)
            if at >= 0:
                left, top = at // 3, y - middle
                box = (left, y, min(left + width, self.width), min(top + height - 30, self.height))
                self.assertEqual(screen.crop(box).tobytes(), image.crop((0, middle, box[2] - left, box[3] - top)).tobytes())
                return left, top
        raise AssertionError("it is not shown pixel by pixel")

    def asked(self, app: App, expected: tuple[int, int] | None = None):
        body = self.display.expect(app.cid, display_peer.CONFIGURE)
        width, height, width_mm, height_mm = struct.unpack("<4I", body[:16])
        for pixels, mm in ((width, width_mm), (height, height_mm)):
            self.assertAlmostEqual(mm, pixels * 25.4 / (96 * self.scale), delta=0.51)
        if expected:
            self.assertEqual((width, height), expected)
        app.size = (width, height)
        app.show(width, height)
        app.done()

    def test_an_app_is_asked_for_device_pixels_and_is_not_resampled(self):
        app = App(self.display, 10, draw=self.picture)
        self.asked(app)
        self.desktop.move(self.width - 1, self.height - 1)
        left, top = self.shown(app)
        title = int(10 * self.scale)
        self.drag(left + 100, top - title, left + 133, top - title + 17)
        moved = self.shown(app)
        self.assertLessEqual(max(abs(moved[0] - left - 33), abs(moved[1] - top - 17)), 3)
        self.drag(moved[0] + 100, moved[1] - title, 3, top + 60)  # partly off the screen: the row is found elsewhere
        self.drag(3, top + 60, 233, top - title)
        self.desktop.move(self.width - 1, self.height - 1)
        self.shown(app)

    def test_a_large_window_has_the_whole_screen(self):
        app = App(self.display, 10, draw=self.picture)
        self.asked(app)
        for keys in ((LEFTMETA, UP), (LEFTMETA, LEFT), (LEFTMETA, RIGHT), (LEFTMETA, KEY_F)):
            self.desktop.key(*keys)
            self.asked(app)
            self.desktop.move(self.width - 1, self.height - 1)
            left, top = self.shown(app)
        self.assertEqual((left, top), (0, 0))
        for given, there in zip(app.size, (self.width, self.height)):
            self.assertIn(given - there, (0, 1))

    def test_the_pointer_is_where_the_app_thinks(self):
        app = App(self.display, 10, draw=self.picture)
        self.asked(app)
        self.desktop.move(self.width - 1, self.height - 1)
        left, top = self.shown(app)
        for x, y in ((40, 60), (app.size[0] - 60, app.size[1] - 70)):
            app.inputs()
            self.desktop.move(left + x, top + y)
            positions = dict((event[2], event[3]) for event in app.inputs() if event[:2] == (1, 3))
            self.assertEqual([int(positions[axis] * (app.size[axis] - 1) / 32767) for axis in (0, 1)], [x, y])

    def test_its_cursor_has_its_pixels(self):
        app = App(self.display, 10)
        self.asked(app)
        image = Surface(64, 64)
        image.pixels[:] = bytes(64 * 64 * 4)
        for x, y in ((11, 7), (40, 41), (41, 40)):
            image.pixels[(y * 64 + x) * 4:(y * 64 + x) * 4 + 4] = bytes((1, 250, 250, 255))
        app.announce(image, 99, alpha=1)
        app.send(display_peer.CURSOR, 99, 0, 0, 11, 7)
        left, top, *_ = self.box(RED)
        x, y = left + 102, top + 102
        self.desktop.move(x, y)
        app.frame()
        app.done()
        screen = self.desktop.screenshot()
        box = self.box((250, 250, 1), screen)
        self.assertEqual((box[2] - box[0], box[3] - box[1]), (41 - 11 + 1, 41 - 7 + 1), "one pixel each")
        self.assertLessEqual(max(abs(box[0] - x), abs(box[1] - y)), 1)
        image.close()

    def test_what_is_drawn_here_is_sharp(self):
        """Text on the panel has edges as steep as they can be, which no picture that was drawn out has."""
        panel = self.desktop.screenshot().crop((int(44 * self.scale), 0, int(110 * self.scale), int(36 * self.scale))).convert("L")
        width, height = panel.size
        pixels = panel.load()
        steepest = max(abs(pixels[x + 1, y] - pixels[x, y]) for x in range(width - 1) for y in range(height))
        self.assertGreater(steepest, 180)

    def test_a_list_that_is_scrolled_is_sharp_too(self):
        """A card that is cut by the sheet's edge is the same card, pixel by pixel."""
        for number in range(9):
            self.broker.call("io.bulkhead.Desktop.Show", id=number, app="org.example.red", appName="Red", title=f"Number {number}",
                             body="Something happened.", buttons=[])
        self.desktop.key(LEFTMETA, 49)
        x = self.width - int(200 * self.scale)
        self.desktop.move(5, self.height // 2)
        before = self.desktop.screenshot()
        self.desktop.move(x, self.height // 2)
        self.desktop.scroll(1)
        self.desktop.move(5, self.height // 2)
        after = self.desktop.screenshot()
        by = int(48 * self.scale)
        top = int(240 * self.scale)
        lower, upper = (x - 150, top, x + 150, top + 100), (x - 150, top - by, x + 150, top + 100 - by)
        self.assertGreater(len(set(before.crop(lower).getdata())), 20, "there is something to be seen")
        from PIL import ImageChops
        extremes = ImageChops.difference(before.crop(lower), after.crop(upper)).getextrema()
        self.assertLess(max(most for _, most in extremes), 24, "only the wallpaper behind it is another")


class SharpAndAHalf(Sharp):
    width, height, scale = 1282, 802, 1.5


class Managing(Fixture):
    def test_a_window_is_moved_by_its_title(self):
        self.app(10)
        left, top, right, bottom = self.box(RED)
        self.drag(left + 100, top - 15, left + 160, top + 25)
        self.assertEqual(self.box(RED), (left + 60, top + 40, right + 60, bottom + 40))

    def test_a_corner_resizes_and_the_app_follows(self):
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        width, height = app.size
        self.drag(right + 2, bottom + 2, right - 98, bottom - 48)
        deadline = time.monotonic() + WAIT_SECONDS
        while app.size != (width - 100, height - 50):
            self.assertLess(time.monotonic(), deadline)
            app.follow()
        app.done()
        self.assertEqual(self.box(RED), (left, top, right - 100, bottom - 50))

    def test_one_size_at_a_time(self):
        """An app that does not follow is not told of every pixel on the way."""
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        self.desktop.move(right + 2, bottom + 2)
        self.desktop.button(True)
        begin = time.monotonic()
        for step in range(60):
            self.desktop.move(right + 2 - step * 3, bottom + 2)
        self.desktop.button(False)
        took = time.monotonic() - begin
        sizes = self.display.take(10, display_peer.CONFIGURE)
        self.assertLessEqual(len(sizes), 3 + took / 0.1)
        while struct.unpack("<2I", sizes[-1][:8]) != (right - left - 177, bottom - top):
            sizes.append(self.display.expect(10, display_peer.CONFIGURE))

    def test_buttons_double_click_and_keys(self):
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        self.desktop.click(right - 47, top - 20)  # maximise
        self.assertEqual(app.follow(), (1280, 800 - BAR - TITLE))
        self.desktop.click(1280 - 47, BAR + 18)
        self.assertEqual(app.follow(), (right - left, bottom - top))
        self.desktop.move(left + 200, top - 20)
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Click", times=2)
        self.assertEqual(app.follow(), (1280, 800 - BAR - TITLE), "a double click")
        for keys, size in (((LEFTMETA, LEFT), (640 - 8, 800 - BAR - TITLE - 4)), ((LEFTMETA, UP), (1280, 800 - BAR - TITLE)),
                           ((LEFTMETA, KEY_F), (1280, 800)), ((LEFTMETA, ESCAPE), (1280, 800 - BAR - TITLE)),
                           ((LEFTMETA, DOWN), (right - left, bottom - top))):
            self.desktop.key(*keys)
            self.assertEqual(app.follow(), size)
        self.desktop.key(LEFTMETA, DOWN)
        self.assertIsNone(self.box(RED), "minimised")
        self.desktop.key(LEFTMETA, UP)
        self.assertIsNotNone(self.box(RED))

    def test_full_screen_covers_the_panel_and_ends(self):
        app = self.app(10)
        self.desktop.key(LEFTMETA, KEY_F)
        app.follow()
        app.done()
        self.desktop.move(1279, 799)
        left, top, right, bottom = self.box(RED)
        self.assertEqual((left, top), (0, 0))
        self.desktop.key(LEFTMETA)  # the launcher comes over it
        self.assertLess(self.desktop.screenshot().convert("RGB").getpixel((5, 700))[0], 150)
        self.desktop.key(ESCAPE)
        self.desktop.key(LEFTMETA, ESCAPE)
        app.follow()
        app.done()
        self.assertGreaterEqual(self.box(RED)[1], BAR + TITLE)

    def test_a_hung_app_is_moved_and_closed(self):
        self.app(10)  # and says nothing more
        left, top, right, bottom = self.box(RED)
        self.drag(left + 100, top - 15, left + 160, top + 5)
        cross = (right + 60 - 15, top + 20 - 20)
        self.desktop.click(*cross)
        self.assertEqual(self.request(), ("org.example.red", "close"))
        self.assertIsNotNone(self.box(RED), "it may ask something")
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Click", times=2)  # the second comes at once, and may have been meant for the app
        self.assertTrue(self.asks_nothing())
        self.assertIsNone(self.box(RED), "it is dimmed, and the person is asked")
        self.look("not-closed")
        time.sleep(GUARD)
        self.desktop.click(*cross)
        self.assertEqual(self.request(), ("org.example.red", "end"))

    def answers(self) -> dict[str, tuple[int, int]]:
        """Where the answers are, in the middle of the window."""
        x, y = (self.closing[0] + self.closing[2]) // 2, (self.closing[1] + self.closing[3]) // 2
        return {"wait": (x - 73, y + 77), "end": (x + 73, y + 77)}

    def overdue(self) -> App:
        """An app that does not close, and the question about it."""
        app = self.app(10)
        self.closing = self.box(RED)
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.red", "close"))
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertIsNone(self.box(RED), "the person is asked")
        time.sleep(GUARD)
        return app

    def test_an_app_that_asks_before_it_closes_is_answered(self):
        """What the person types and clicks reaches it, and nobody ends it."""
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        for answer in (lambda: self.desktop.key(KEY_Q), lambda: self.desktop.click((left + right) // 2, (top + bottom) // 2)):
            self.desktop.key(LEFTMETA, KEY_Q)
            self.assertEqual(self.request(), ("org.example.red", "close"))
            app.inputs()  # those of before
            answer()
            self.assertEqual(self.request(), ("org.example.red", "stay"))
            self.assertTrue(app.inputs())
        self.assertIsNotNone(self.box(RED))

    def test_a_press_on_one_that_is_veiled_raises_it_and_does_no_more(self):
        """Its own question stands where they press, and they cannot have read it."""
        app = self.app(10)
        left, top, right, bottom = self.box(RED)
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.red", "close"))
        self.app(11, GREEN)
        self.assertIsNone(self.box(RED), "it is veiled")
        app.inputs()  # those of before
        self.desktop.click(left + 5, top + 5)
        self.assertIsNotNone(self.box(RED), "it has the focus again")
        self.assertTrue(self.asks_nothing())
        self.assertFalse([event for event in app.inputs() if event[1] == display_peer.EV_KEY])
        self.desktop.click(left + 5, top + 5)
        self.assertEqual(self.request(), ("org.example.red", "stay"))

    def test_the_person_is_asked_about_one_that_does_not_close_by_itself(self):
        self.app(10)
        self.closing = self.box(RED)
        began = time.monotonic()
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.red", "close"))
        self.desktop.wait_log("the window of app 10 has not closed")
        self.assertGreater(time.monotonic() - began, 9)
        time.sleep(GUARD)
        self.desktop.move(*self.answers()["end"])
        self.look("not-closed-end")
        self.desktop.click(*self.answers()["end"])
        self.assertEqual(self.request(), ("org.example.red", "end"))

    def test_who_waits_loses_nothing(self):
        app = self.overdue()
        self.desktop.click(*self.answers()["wait"])
        self.assertEqual(self.request(), ("org.example.red", "stay"))
        self.assertEqual(self.box(RED), self.closing)
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.red", "close"), "it is asked anew")
        app.leave()
        self.desktop.wait_log("is gone")

    def test_who_waits_by_the_keyboard(self):
        app = self.overdue()
        app.inputs()  # those of before
        self.desktop.key(KEY_Q)
        self.assertEqual(app.inputs(), [], "it goes to nobody")
        self.desktop.key(ESCAPE)
        self.assertEqual(self.request(), ("org.example.red", "stay"))
        self.assertEqual(self.box(RED), self.closing)
        self.desktop.key(KEY_Q)
        self.assertTrue(app.inputs(), "it has the keys again")

    def test_without_a_broker_nothing_closes(self):
        self.app(10)
        box = self.box(RED)
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.box(RED), box)

    def test_the_keyboard_closes_too(self):
        app = self.app(10)
        self.desktop.key(LEFTMETA, KEY_Q)
        self.assertEqual(self.request(), ("org.example.red", "close"))
        app.leave()
        self.desktop.wait_log("is gone")

    def test_the_task_list_shows_and_hides(self):
        self.app(10), self.app(11, GREEN)
        self.desktop.click(200, 20)
        self.assertIsNotNone(self.box(RED))
        self.desktop.click(200, 20)
        self.assertIsNone(self.box(RED))
        self.desktop.click(200, 20)
        self.assertIsNotNone(self.box(RED))
        self.desktop.click(200 + 180, 20)
        self.desktop.key(LEFTMETA, UP)
        self.assertIsNone(self.box(RED), "covered")

    def test_alt_tab_shows_what_moves_and_chooses(self):
        red, green = self.app(10), self.app(11, GREEN)
        self.desktop.key(LEFTMETA, UP)
        green.follow()
        green.done()
        self.down(LEFTALT)
        self.desktop.key(TAB)
        self.assertIsNotNone(self.box(RED), "its preview")
        red.color = BLUE
        red.show(*red.size)
        red.done()
        self.assertIsNotNone(self.box(BLUE), "as it is now")
        self.down(LEFTALT, False)
        left, top, right, bottom = self.box(BLUE)
        self.assertEqual((right - left, bottom - top), red.size)
        self.assertNotIn(TAB, [event[2] for event in red.inputs() + green.inputs()])

    def test_a_minimised_app_idles(self):
        app = self.app(10)
        self.desktop.key(LEFTMETA, DOWN)
        begin = time.monotonic()
        for _ in range(2):
            app.frame()
            app.done()
        self.assertGreater(time.monotonic() - begin, 0.9)


class Launcher(Fixture):
    def test_what_was_started_gets_the_focus_and_nothing_else(self):
        red = self.app(10)
        green = App(self.display, 11, GREEN)
        green.follow()
        green.done()
        self.desktop.key(KEY_A)
        self.assertEqual([event[2] for event in red.inputs() if event[1] == 1], [KEY_A, KEY_A])
        self.assertEqual([event for event in green.inputs() if event[1] == 1], [])
        self.desktop.key(LEFTMETA)
        self.desktop.key(38)
        self.desktop.key(ENTER)
        self.assertEqual(self.request(), ("org.example.late", "start"))
        late = App(self.display, 13, BLUE)
        late.follow()
        late.done()
        self.desktop.key(KEY_A)
        self.assertEqual([event[2] for event in late.inputs() if event[1] == 1], [KEY_A, KEY_A])

    def test_search_and_start(self):
        before = self.desktop.screenshot()
        self.desktop.key(LEFTMETA)
        self.assertIsNotNone(different(before, self.desktop.screenshot()))
        for key in (38, KEY_A):  # "la"
            self.desktop.key(key)
        self.desktop.key(ENTER)
        self.assertEqual(self.request(), ("org.example.late", "start"))
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_by_pointer_alone(self):
        self.desktop.click(60, 20)
        self.desktop.click(344 + 20 + 128 * 2, 290)  # Blue, Green, Late one, Red
        self.assertEqual(self.request(), ("org.example.late", "start"))
        self.desktop.click(60, 20)
        opened = self.desktop.screenshot()
        self.desktop.click(100, 700)  # beside it
        self.assertIsNotNone(different(opened, self.desktop.screenshot()))

    def test_a_fresh_copy_by_the_pointer(self):
        late = (344 + 20 + 128 * 2, 290)
        for choose, asked in ((lambda: self.desktop.click(late[0] + 60, late[1] + 6 + 60), "copy"),
                              (lambda: self.desktop.click(late[0] + 60, late[1] + 6 + 20), "start")):
            self.desktop.click(60, 20)
            before = self.desktop.screenshot()
            self.desktop.other_click(*late)
            self.assertIsNotNone(different(before, self.desktop.screenshot()))
            choose()
            self.assertEqual(self.request(), ("org.example.late", asked))

    def test_a_fresh_copy_by_a_finger(self):
        late = (344 + 20 + 128 * 2, 290)
        self.desktop.tap(60, 20)
        self.desktop.hold(*late, (late[0] + 140, late[1] + 8, late[0] + 200, late[1] + 80))
        self.desktop.touch_up()
        self.desktop.tap(late[0] + 60, late[1] + 6 + 60)
        self.assertEqual(self.request(), ("org.example.late", "copy"))

    def test_a_fresh_copy_by_the_keyboard(self):
        before = self.desktop.screenshot()
        self.desktop.key(LEFTMETA)
        self.desktop.key(38)  # l
        self.desktop.key(COMPOSE)
        self.desktop.key(ESCAPE)  # the menu alone
        self.desktop.key(LEFTSHIFT, KEY_F10)
        self.desktop.key(DOWN)
        self.desktop.key(ENTER)
        self.assertEqual(self.request(), ("org.example.late", "copy"))
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_a_menu_of_what_is_no_app_and_one_that_is_left(self):
        tile, empty = (344 + 20 + 128 * 2, 290), (640, 430)
        closed = self.desktop.screenshot()
        self.desktop.click(60, 20)
        self.desktop.move(*empty)
        opened = self.desktop.screenshot()
        self.desktop.other_click(*empty)
        self.assertIsNone(different(opened, self.desktop.screenshot()))
        self.desktop.other_click(*tile)
        self.desktop.click(*empty)
        self.assertIsNone(different(opened, self.desktop.screenshot()))
        self.desktop.other_click(*tile)
        self.desktop.key(LEFTMETA)  # closes all of it
        self.desktop.move(640, 400)
        self.assertIsNone(different(closed, self.desktop.screenshot()))

    def test_a_copy_is_no_app_to_start(self):
        self.tell_apps([*APPS, ("org.example.late+1", "Fresh copy of Late one", 0)], **{"late+1": {"copyOf": "org.example.late"}})
        self.desktop.key(LEFTMETA)
        for key in (33, 19, 18, 31):  # "fres"
            self.desktop.key(key)
        self.desktop.key(ENTER)
        self.desktop.key(ESCAPE)
        self.desktop.key(LEFTMETA)
        self.desktop.key(38)
        self.desktop.key(ENTER)
        self.assertEqual(self.request(), ("org.example.late", "start"))

    def test_a_running_app_is_shown(self):
        self.app(10), self.app(11, GREEN)
        self.desktop.key(LEFTMETA, UP)
        self.desktop.key(LEFTMETA)
        self.desktop.key(RIGHT), self.desktop.key(RIGHT), self.desktop.key(RIGHT)
        self.desktop.key(ENTER)
        self.assertIsNotNone(self.box(RED))

    def test_wrong_apps_are_refused_and_harm_nothing(self):
        good = {"id": "a", "name": "A", "state": "stopped", "cid": None}
        for wrong in ({"id": ""}, {"id": "x" * 256}, {"state": "flying"}, {"cid": -1}, {"cid": 1 << 32}, {"cid": "3"}, {"icon": "%%%"}, {"extra": 1}):
            with self.assertRaises(desktop_peer.VarlinkError, msg=str(wrong)):
                self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{**good, **wrong}])
        with self.assertRaises(desktop_peer.VarlinkError):
            self.broker.call("io.bulkhead.Desktop.SetApps", apps=[good, good])
        with self.assertRaisesRegex(desktop_peer.VarlinkError, "TooManyApps"):
            self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{**good, "id": str(number)} for number in range(257)])
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{**good, "id": str(number)} for number in range(256)])
        self.desktop.key(LEFTMETA)
        self.desktop.screenshot()


class Moving(Fixture):
    animated = True

    def lefts(self) -> list[int]:
        """Where the red app's content begins, frame by frame."""
        boxes = [self.box(RED, frame) for frame in self.desktop.frames()]
        return [box[0] for box in boxes if box]

    def test_a_window_moves_to_where_it_is_put(self):
        self.app(10)  # and does not follow
        left = self.box(RED)[0]
        self.desktop.record()
        self.desktop.key(LEFTMETA, UP)
        seen = self.lefts()
        self.assertEqual(seen[-1], 0)
        self.assertEqual(seen, sorted(seen, reverse=True))
        if not [x for x in seen if 0 < x < left]:
            raise Late("it was not seen on its way")

    def test_full_screen_comes_and_goes(self):
        self.app(10)
        self.desktop.record()
        self.desktop.key(LEFTMETA, KEY_F)
        tops = [box[1] for box in (self.box(RED, frame) for frame in self.desktop.frames()) if box]
        self.assertEqual(tops[-1], 0)
        if len(set(tops)) <= 2:
            raise Late("it was not seen on its way")

    def test_it_grows_and_fades_and_its_last_picture_goes_on(self):
        before = self.desktop.screenshot()
        self.desktop.record()
        app = App(self.display, 10)
        self.desktop.wait_log("window of app 10")
        if len(self.desktop.frames()) <= 3:
            raise Late("it was not seen on its way")
        app.follow()
        app.done()
        left, top, right, bottom = self.box(RED)
        self.desktop.record()
        app.leave()
        self.desktop.wait_log("window of app 10 is gone")
        at = ((2 * left + right) // 3, (top + bottom) // 2)  # beside the pointer
        reds = [frame.getpixel(at)[0] for frame in self.desktop.frames()]
        self.assertEqual(reds, sorted(reds, reverse=True))
        self.assertIsNone(different(before, self.desktop.screenshot()))
        if not [red for red in reds if before.getpixel(at)[0] + 20 < red < RED[0] - 20]:
            raise Late("it was not seen on its way")

    def test_minimised_it_goes_to_the_task_list_and_comes_back(self):
        self.app(10)
        shown = self.desktop.screenshot()
        for keys in ((LEFTMETA, DOWN), (LEFTMETA, UP)):
            self.desktop.record()
            self.desktop.key(*keys)
            if len(self.desktop.frames()) <= 3:
                raise Late("it was not seen on its way")
        self.assertIsNone(different(shown, self.desktop.screenshot()))

    def test_it_settles(self):
        self.app(10), self.app(11, GREEN)
        self.desktop.key(LEFTMETA, UP)
        self.desktop.key(LEFTMETA, DOWN)
        self.desktop.move(10, 700)
        self.desktop.record()
        time.sleep(0.4)
        self.assertLessEqual(len(self.desktop.frames()), 1, "a minute of the clock")


class Still(Fixture):
    def test_nothing_is_on_its_way(self):
        app = self.app(10)
        left = self.box(RED)[0]
        self.desktop.record()
        self.desktop.key(LEFTMETA, UP)
        lefts = {box[0] for box in (self.box(RED, frame) for frame in self.desktop.frames()) if box}
        self.assertLessEqual(lefts, {left, 0})
        for act in ((LEFTMETA, DOWN), (LEFTMETA, DOWN), (LEFTMETA, UP)):
            self.desktop.record()
            self.desktop.key(*act)
            self.assertLessEqual(len({frame.tobytes() for frame in self.desktop.frames()}), 2, "and a minute of the clock")
        self.desktop.record()
        app.leave()
        self.desktop.wait_log("window of app 10 is gone")
        self.assertLessEqual(len({frame.tobytes() for frame in self.desktop.frames()}), 2, "and a minute of the clock")


class Hostile(Fixture):
    def test_lies_leave_the_last_good_frame(self):
        good = self.app(11, GREEN)
        lies = {
            "not sealed": lambda app: Surface(app.size[0], app.size[1], sealed=False),
            "too small": lambda app: Surface(app.size[0], app.size[1], size=4096),
        }
        for what, lie in lies.items():
            with self.subTest(what):
                app = self.app(10)
                box = self.box(RED)
                surface = lie(app)
                app.announce(surface, 50)
                app.surface_id = 50
                app.frame()
                app.done()
                self.assertEqual(self.box(RED), box)
                surface.close()
                app.leave()
        for kind, words in ((display_peer.FRAME, (99, 0, 0, 1, 1, 5)), (display_peer.WITHDRAW, (99,)), (99, ()), (display_peer.FRAME, (1, 0, 0, 9999, 1, 5))):
            with self.subTest(kind):
                app = self.app(10)
                box = self.box(RED)
                app.send(kind, *words)
                self.desktop.wait_log("app 10 is not listened to")
                app.show(50, 50)
                good.frame()
                good.done()
                self.assertEqual(self.box(RED), box)
                app.leave()

    def test_withdrawn_while_shown(self):
        app = self.app(10)
        box = self.box(RED)
        app.send(display_peer.WITHDRAW, app.surface_id)
        self.desktop.move(100, 700)
        self.assertEqual(self.box(RED), box)
        self.drag(box[0] + 100, box[1] - 15, box[0] + 130, box[1] - 15)
        self.assertEqual(self.box(RED), (box[0] + 30, box[1], box[2] + 30, box[3]))
        app.send(display_peer.BLANK)
        self.app(11, GREEN)
        self.assertIsNone(self.box(RED))

    def test_a_flood_does_not_hold_up_the_others(self):
        hostile, good = self.app(10), self.app(11, GREEN)
        begin, took = time.monotonic(), []
        for _ in range(3):
            for _ in range(100):
                hostile.serial += 1
                self.display.send(record(10, display_peer.FRAME, hostile.surface_id, 0, 0, *hostile.size, hostile.serial) * 30)
            drawn = time.monotonic()
            good.frame()
            good.done()
            took.append(time.monotonic() - drawn)
        self.assertLess(min(took), 2)  # a busy machine holds up any of them
        self.display.poll()
        told = len(self.display.take(10, display_peer.FRAME_DONE))
        self.assertLess(told, 20 + 70 * (time.monotonic() - begin), "one answer a frame of the screen")

    def test_hundreds_of_windows_come_and_go(self):
        before = self.desktop.screenshot()
        surface = Surface(40, 30)
        surface.fill(BLUE)
        for number in range(300):
            app = App(self.display, 100 + number % 90)
            app.surface, app.surface_id = surface, 1
            app.announce(surface, 1)
            app.frame()
            if number % 3:
                app.send(display_peer.WITHDRAW, 1)
            if number % 4:
                app.leave()
        for cid in range(100, 190):
            self.display.send(record(cid, display_peer.LEFT))
        good = self.app(11, GREEN)
        self.assertIsNotNone(self.box(GREEN))
        good.leave()
        self.desktop.wait_log("the window of app 11 is gone")
        self.assertIsNone(different(before, self.desktop.screenshot()))
        descriptors = len(os.listdir(f"/proc/{self.desktop.process.pid}/fd"))
        self.assertLess(descriptors, 64, "nothing is left open")
        maps = pathlib.Path(f"/proc/{self.desktop.process.pid}/maps").read_text()
        self.assertNotIn("memfd:surface", maps)

    def test_the_port_ends_and_comes_again(self):
        app = self.app(10)
        app.display.stream.close()
        self.desktop.wait_log("the display port ended")
        self.assertIsNone(self.box(RED))
        self.apps = []
        self.display.accept(before=record(10, display_peer.FRAME, 1, 0, 0, 1, 1, 1) + b"\0" * 30)
        self.app(10)
        self.assertIsNotNone(self.box(RED))

    def test_the_ids_of_nobody(self):
        """Records of apps that are not there, and an app that the broker does not know."""
        self.display.send(record(77, display_peer.FRAME, 1, 0, 0, 1, 1, 1) + record(78, display_peer.LEFT))
        self.app(4000)
        left, top, right, bottom = self.box(RED)
        self.desktop.click(right - 15, top - 20)
        self.assertIsNotNone(self.box(RED), "nobody could be asked to close it")
        self.assertEqual(struct.calcsize("<4I40s"), display_peer.RECORD.size)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
