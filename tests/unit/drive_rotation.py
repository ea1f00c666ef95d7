#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The desktop while the machine is turned and after, with apps that the test plays: drive_rotation.py DESKTOP_UNDER_TEST [TEST ...]

A turn lasts much longer here than it does for a person, so that it can be looked at on its way, on a busy machine too.
"""
import math
import pathlib
import struct
import random
import sys
import time

import display_peer
import tap
from desktop_peer import Late, VarlinkError, WithApps
from display_peer import App
from varlink_peer import wait_for

PROGRAM = ""

SUPER, ALT, TAB, ESCAPE, UP, LEFT, RIGHT, KEY_F, KEY_N = 125, 56, 15, 1, 103, 105, 106, 33, 49
BTN_LEFT, ABS_X, ABS_Y = 0x110, 0, 1
WIDTH, HEIGHT, BAR, TITLE = 1280, 800, 40, 38
TURN_MS = 8000
HOLD_SECONDS = 2  # that an app's old frame stays after a turn
ABOVE, BELOW = (220, 60, 200), (60, 200, 90)  # what an app draws in its two halves
LATER = (230, 200, 40)
BACKDROP = (5, 8, 15)


def halves(width: int, height: int):
    """A picture with a straight line across its middle."""
    from PIL import Image
    picture = Image.new("RGB", (width, height), BELOW)
    picture.paste(ABOVE, (0, 0, width, height // 2))
    return picture


def later(width: int, height: int):
    from PIL import Image
    return Image.new("RGB", (width, height), LATER)


def close_to(a, b, by: int = 6) -> bool:
    return all(abs(x - y) <= by for x, y in zip(a, b))


def mask_of(picture, color, by: int = 2):
    """White where the picture has this colour."""
    from PIL import ImageChops
    close = [band.point(lambda value, want=want: 255 if abs(value - want) <= by else 0) for band, want in zip(picture.split(), color)]
    return ImageChops.multiply(ImageChops.multiply(close[0], close[1]), close[2])


def box_of(picture, color) -> tuple[int, int, int, int] | None:
    return mask_of(picture, color).getbbox()


def angle_of(points: list[tuple[int, int]]) -> float | None:
    """The angle of the straight line that most of these points are on, in degrees from the horizontal; None for none."""
    if len(points) < 50:
        return None
    slopes = sorted((y2 - y1) / (x2 - x1) for (x1, y1), (x2, y2) in zip(points, points[len(points) // 2:]))
    slope = slopes[len(slopes) // 2]
    starts = sorted(y - slope * x for x, y in points)
    start = starts[len(starts) // 2]
    near = [(x, y) for x, y in points if abs(y - slope * x - start) < 4]
    if len(near) < 0.6 * len(points):
        return None
    mean_x, mean_y = sum(x for x, _ in near) / len(near), sum(y for _, y in near) / len(near)
    return math.degrees(math.atan(sum((x - mean_x) * (y - mean_y) for x, y in near) / sum((x - mean_x) ** 2 for x, _ in near)))


def first_of(mask) -> list[tuple[int, int]]:
    """In some columns, where the mask begins when one looks down from the top."""
    boxes = ((x, mask.crop((x, 0, x + 1, mask.height)).getbbox()) for x in range(4, mask.width - 4, 5))
    return [(x, box[1]) for x, box in boxes if box and 6 < box[1] < mask.height - 12]


def bar_angle(picture) -> float | None:
    """Of the panel's upper edge, where the sheet ends."""
    from PIL import ImageChops
    pixels = picture.load()
    points = first_of(ImageChops.invert(mask_of(picture, BACKDROP)))
    return angle_of([(x, y) for x, y in points if pixels[x, y + 8][0] < 40 and pixels[x, y + 8][2] > 22])


def content_angle(picture) -> float | None:
    """Of the line in the app's picture."""
    pixels = picture.load()
    return angle_of([(x, y) for x, y in first_of(mask_of(picture, BELOW, 6)) if close_to(pixels[x, y - 5], ABOVE)])


class Fixture(WithApps):
    animated, scale, turn_ms = True, 1.0, TURN_MS
    unwanted = ["<3>", "<4>"]

    def setUp(self):
        self.degrees = 0
        self.begin(PROGRAM, WIDTH, HEIGHT, animated=self.animated, scale=self.scale, turn_ms=self.turn_ms)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[
            {"id": f"org.example.{name}", "name": name.capitalize(), "state": "running", "cid": cid} for name, cid in (("one", 10), ("two", 11))])

    def app(self, cid: int = 10, draw=halves) -> App:
        app = App(self.display, cid, draw=draw)
        app.follow()
        app.done()
        self.desktop.screenshot()
        return app

    def maximised(self, cid: int = 10) -> App:
        """An app that has all of the screen but for the panel, and the pointer out of the way."""
        app = self.app(cid)
        self.desktop.key(SUPER, UP)
        app.follow()
        app.done()
        self.desktop.move(WIDTH - 2, HEIGHT - 2)
        self.desktop.screenshot()
        return app

    def turn(self, degrees: int):
        """The machine is turned, and all is laid out for that: a pointer that moves now moves on what is there then."""
        line = f"turned to {degrees} degrees"
        before, self.degrees, was = self.desktop.log().count(line), degrees, self.degrees
        self.broker.call("io.bulkhead.Desktop.SetOrientation", degrees=degrees)
        if was != degrees:
            wait_for(lambda: self.desktop.log().count(line) > before, line)

    def upright(self, degrees: int):
        """What a person sees who turned the machine clockwise by so many degrees."""
        from PIL import Image
        picture = self.desktop.screenshot()
        turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
        return picture.transpose(turns[degrees]) if degrees else picture

    def panel(self, degrees: int, x: int, y: int) -> tuple[int, int]:
        """Where on the panel a person sees (x, y) who turned the machine."""
        return {0: (x, y), 90: (y, HEIGHT - 1 - x), 180: (WIDTH - 1 - x, HEIGHT - 1 - y), 270: (WIDTH - 1 - y, x)}[degrees]

    def told(self, app: App) -> list[tuple[int, int]]:
        return [struct.unpack("<2I", body[:8]) for body in self.display.take(app.cid, display_peer.CONFIGURE)]

    def glimpses(self, wanted, what: str):
        """Looks until there is something wanted to be seen, and yields it."""
        deadline = time.monotonic() + 3 * TURN_MS / 1000
        while True:
            found = wanted(self.desktop.glimpse())
            if found:
                return found
            if time.monotonic() > deadline:
                raise Late(what)


class TheTurn(Fixture):
    def stand_at_the_same_angle(self, degrees: int, way: int):
        self.maximised()
        self.turn(degrees)
        seen = []

        def look(picture):
            angles = bar_angle(picture), content_angle(picture)
            if None not in angles and angles[1] * way > 2:
                seen.append(angles)
            return len(seen) >= 3
        self.glimpses(look, f"the turn: {seen}")
        for bar, content in seen:
            self.assertAlmostEqual(bar, content, delta=0.6)
        self.assertGreater(abs(seen[-1][0] - seen[0][0]), 0.5, "it turns")

    def test_bar_and_content_stand_at_the_same_angle(self):
        self.stand_at_the_same_angle(90, -1)

    def test_and_so_they_do_the_other_way_round(self):
        self.stand_at_the_same_angle(270, 1)

    def test_the_app_is_told_before_anything_is_seen_to_turn(self):
        app = self.maximised()
        before = self.desktop.screenshot()
        self.display.take(app.cid, display_peer.CONFIGURE)
        self.turn(90)

        def look(picture):
            from PIL import ImageChops
            return ImageChops.difference(picture, before).getbbox()
        self.glimpses(look, "nothing turned")
        self.assertEqual(self.told(app), [(HEIGHT, WIDTH - BAR - TITLE)])

    def test_half_a_turn_shows_all_of_it_on_its_side(self):
        self.maximised()
        self.turn(180)

        def look(picture):
            corners = [picture.getpixel(at) for at in ((0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1), (WIDTH - 1, HEIGHT - 1))]
            box = box_of(picture, ABOVE)
            return box if all(corner == BACKDROP for corner in corners) and box and box[3] - box[1] > box[2] - box[0] else None
        box = self.glimpses(look, "it is never on its side")
        self.assertGreater(box[0], 0)
        self.assertLess(box[2], WIDTH)

    def test_the_old_frame_turns_and_the_new_one_is_there_in_the_end(self):
        app = self.maximised()
        self.turn(90)
        app.draw = later
        self.assertEqual(app.follow(), (HEIGHT, WIDTH - BAR - TITLE))
        self.assertIsNone(box_of(self.desktop.glimpse(), LATER), "the old frame is held")
        self.assertIsNotNone(content_angle(self.glimpses(lambda picture: content_angle(picture) and picture, "no old frame turns")))
        self.assertEqual(box_of(self.upright(90), LATER), (0, BAR + TITLE, HEIGHT, WIDTH))

    def test_back_and_forth_without_a_jump(self):
        app = self.maximised()
        before = self.desktop.screenshot()
        self.turn(90)
        angles, times = [], []

        def look(picture, least=30):
            angle = content_angle(picture)
            if angle is not None:
                angles.append(angle)
                times.append(time.monotonic())
            return angle is not None and abs(angle) > least
        self.glimpses(look, "it does not turn")
        self.turn(0)
        self.glimpses(lambda picture: look(picture, -1), "it turns no more")
        if times[-1] - times[-2] > 1:
            raise Late("it turned on for long between two looks")
        self.assertLess(abs(angles[-1] - angles[-2]), 20)
        after = self.desktop.screenshot()
        after.paste(before.crop((WIDTH - 260, 0, WIDTH, BAR)), (WIDTH - 260, 0))  # the clock
        self.assertEqual(after.tobytes(), before.tobytes())
        sizes = self.told(app)
        self.assertIn(sizes[-1:], ([], [app.size]))


class TheFade(Fixture):
    turn_ms = 2 * TURN_MS  # old and new are both to be seen for less than half of it

    def test_one_after_the_other_in_the_fade(self):
        """A turn that begins when old and new are both to be seen goes on from that: what is seen is kept."""
        app = self.maximised()
        app.draw = later
        self.turn(90)
        app.follow()

        def mixed(picture):
            """Where BELOW and LATER, which are as green as each other, are both to be seen."""
            from PIL import ImageChops
            red, green, _ = picture.split()
            both = ImageChops.multiply(red.point(lambda value: 255 if 75 < value < 215 else 0), green.point(lambda value: 255 if 195 < value < 205 else 0))
            box = both.getbbox()
            return box is not None and both.histogram()[255] > 50000
        self.glimpses(mixed, "no fade")
        self.turn(180)
        self.desktop.wait_log("turned to 180 degrees")
        self.assertTrue(mixed(self.desktop.glimpse()))
        app.follow()
        self.assertEqual(box_of(self.upright(180), LATER), (0, BAR + TITLE, WIDTH, HEIGHT))


class AtRest(Fixture):
    turn_ms = 60

    def test_all_four_ways_up(self):
        app = self.maximised()
        seen = {}
        for degrees in (0, 90, 180, 270, 90, 0, 180):
            self.turn(degrees)
            across = degrees % 180 != 0
            size = (HEIGHT, WIDTH) if across else (WIDTH, HEIGHT)
            self.desktop.move(*self.panel(degrees, size[0] - 2, size[1] - 2))
            if app.size != (size[0], size[1] - BAR - TITLE):
                self.assertEqual(app.follow(), (size[0], size[1] - BAR - TITLE))
                app.done()
            picture = self.upright(degrees)
            self.assertEqual(picture.size, size)
            picture.paste((0, 0, 0), (size[0] - 260, 0, size[0], BAR))  # the clock
            self.assertEqual(box_of(picture, ABOVE)[:3], (0, BAR + TITLE, size[0]))
            self.assertEqual(seen.setdefault(across, picture).tobytes(), picture.tobytes(), f"at {degrees}")

    def test_a_click_lands_where_it_looks_to(self):
        one, two = self.app(10), self.app(11)
        for app, key in ((one, LEFT), (two, RIGHT)):
            if app is two:
                self.desktop.click(420, 20)
            self.desktop.key(SUPER, key)
            app.follow()
            app.done()
        for degrees in (90, 180, 270, 0):
            self.turn(degrees)
            width, height = (HEIGHT, WIDTH) if degrees % 180 else (WIDTH, HEIGHT)
            for app in (one, two):
                if app.size != (width // 2 - 8, height - BAR - TITLE - 4):
                    app.follow()
                    app.done()
            self.desktop.screenshot()
            for app, other, left in ((one, two, 4), (two, one, width // 2 + 4)):
                for each in (one, two):
                    each.inputs()
                at = (100, 333)
                self.desktop.click(*self.panel(degrees, left + at[0], BAR + TITLE + at[1]))
                events = app.inputs()
                self.assertIn((1, 1, BTN_LEFT, 1), events, f"at {degrees}")
                places = dict((event[2], event[3]) for event in events if event[:2] == (1, 3))
                self.assertEqual([int(places[axis] * (app.size[axis] - 1) / 32767) for axis in (ABS_X, ABS_Y)], list(at))
                self.assertNotIn((1, 1, BTN_LEFT, 1), other.inputs())

    def test_the_pointer_stays_where_it_is(self):
        """It is where it was on the panel; what is below it is another place of the app's."""
        app = self.maximised()
        x, y = 300, 500
        self.desktop.move(x, y)
        app.inputs()
        self.turn(90)
        app.follow()
        app.done()
        self.desktop.screenshot()
        places = dict((event[2], event[3]) for event in app.inputs() if event[:2] == (1, 3))
        found = [int(places[axis] * (app.size[axis] - 1) / 32767) for axis in (ABS_X, ABS_Y)]
        self.assertEqual(self.panel(90, found[0], found[1] + BAR + TITLE), (x, y))

    def test_a_wrong_angle_is_refused(self):
        for degrees in (-90, 1, 45, 360, 1 << 40):
            with self.assertRaises(VarlinkError) as raised:
                self.turn(degrees)
            self.assertIn("InvalidParameter", raised.exception.args[0])
        self.assertEqual(self.desktop.screenshot().size, (WIDTH, HEIGHT))

    def test_what_is_open_stays_so(self):
        app = self.maximised()
        for keys in ((SUPER,), (SUPER, KEY_N)):
            self.desktop.key(*keys)
            for degrees in (90, 180, 0):
                self.turn(degrees)
                opened = self.upright(degrees)
                self.desktop.key(ESCAPE)
                shut = self.upright(degrees)
                from PIL import ImageChops
                left, top, right, bottom = ImageChops.difference(opened, shut).getbbox()
                self.assertTrue(0 <= left and right <= opened.width and bottom <= opened.height)
                self.assertGreater((right - left) * (bottom - top), 60000, f"{keys} at {degrees}")
                self.desktop.key(*keys)
            self.desktop.key(ESCAPE)
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=ALT, down=True)
        self.desktop.key(TAB)
        self.turn(270)
        opened = self.upright(270)
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=ALT, down=False)
        shut = self.upright(270)
        left, top, right, bottom = ImageChops.difference(opened.crop((0, BAR, HEIGHT, WIDTH)), shut.crop((0, BAR, HEIGHT, WIDTH))).getbbox()
        self.assertAlmostEqual(left + right, HEIGHT, delta=2)
        self.desktop.key(SUPER, KEY_F)
        self.assertEqual(app.follow(), (HEIGHT, WIDTH))
        self.turn(0)
        self.assertEqual(app.follow(), (WIDTH, HEIGHT))
        app.done()
        self.assertEqual(box_of(self.desktop.screenshot(), BELOW), (0, HEIGHT // 2, WIDTH, HEIGHT))

    def test_a_screen_of_another_size_stays_turned(self):
        app = self.maximised()
        self.turn(90)
        app.follow()
        self.desktop.resize(1024, 768)
        self.assertEqual(app.follow(), (768, 1024 - BAR - TITLE))

    def test_a_window_is_back_where_it_was(self):
        app = self.app()
        before = box_of(self.desktop.screenshot(), ABOVE)
        for degrees in (90, 0):
            self.turn(degrees)
            self.desktop.screenshot()
        self.assertEqual(self.told(app), [], "it has its size all the time")
        self.assertEqual(box_of(self.desktop.screenshot(), ABOVE), before)


class TheApp(Fixture):
    """One that is late, or that never comes."""
    turn_ms = 60

    def test_a_late_one_is_shown_whole_until_it_comes(self):
        app = self.maximised()
        self.turn(90)
        picture = self.upright(90)
        above, below = box_of(picture, ABOVE), box_of(picture, BELOW)
        self.assertLessEqual(abs(above[2] - above[0] - HEIGHT), 2, "as wide as the window")
        tall = below[3] - above[1]
        self.assertAlmostEqual(tall, (HEIGHT - BAR - TITLE) * HEIGHT / WIDTH, delta=4)
        self.assertAlmostEqual(above[1] - BAR - TITLE, WIDTH - below[3], delta=4)
        app.draw = later
        app.follow()
        app.done()
        self.assertEqual(box_of(self.upright(90), LATER), (0, BAR + TITLE, HEIGHT, WIDTH))

    def test_nothing_in_between_is_shown(self):
        """What a driver does on its way to another mode: it turns its screen off, and draws the old size once more."""
        app = self.maximised()
        began = time.monotonic()
        self.turn(90)
        held = self.upright(90)
        app.send(display_peer.BLANK)
        old = app.size
        app.draw = later
        app.show(*old)
        app.done()  # it is not kept waiting
        picture = self.upright(90)
        if time.monotonic() - began > HOLD_SECONDS:
            raise Late("it is held no more")
        self.assertIsNone(box_of(picture, LATER))
        self.assertEqual(box_of(picture, ABOVE), box_of(held, ABOVE))
        app.follow()
        app.done()
        self.assertEqual(box_of(self.upright(90), LATER), (0, BAR + TITLE, HEIGHT, WIDTH))

    def test_after_its_time_it_is_what_it_is(self):
        app = self.maximised()
        self.turn(90)
        held = self.upright(90)
        app.draw = later
        app.show(*app.size)  # the old size, and never another
        box = self.glimpses(lambda picture: box_of(picture, LATER), "the deadline does not come")
        self.assertIsNotNone(box)
        left, top, right, _ = box_of(held, ABOVE)
        shown = box_of(self.upright(90), LATER)
        self.assertEqual(shown[:3], (left, top, right))
        self.assertAlmostEqual(shown[3], box_of(held, BELOW)[3], delta=1)

    def test_a_withdrawn_surface_stays_until_the_new_one(self):
        app = self.maximised()
        self.turn(90)
        held = self.upright(90)
        app.send(display_peer.BLANK)
        app.send(display_peer.WITHDRAW, app.surface_id)
        self.assertEqual(box_of(self.upright(90), ABOVE), box_of(held, ABOVE))


class Input(Fixture):
    def mid_turn(self):
        self.glimpses(content_angle, "it does not turn")

    def test_a_held_button_is_let_go_and_a_press_on_the_way_is_none(self):
        app = self.maximised()
        self.desktop.move(600, 300)
        self.desktop.button(True)
        self.assertIn((1, 1, BTN_LEFT, 1), app.inputs())
        self.turn(90)
        self.desktop.wait_log("turned to 90 degrees")
        self.mid_turn()
        self.assertIn((1, 1, BTN_LEFT, 0), app.inputs())
        self.desktop.probe.send("io.bulkhead.DesktopProbe.Click", times=2)
        self.assertIsNotNone(box_of(self.desktop.glimpse(), BACKDROP), "it turns still")
        self.assertEqual([event for event in app.inputs() if event[1] == 1], [])
        self.desktop.probe.receive()
        self.assertEqual([event for event in app.inputs() if event[1] == 1], [])
        app.follow()
        app.done()
        self.desktop.click(*self.panel(90, 300, 600))
        self.assertIn((1, 1, BTN_LEFT, 1), app.inputs())

    def test_a_drag_ends_where_it_is(self):
        app = self.app()
        left, top, *_ = box_of(self.desktop.screenshot(), ABOVE)
        self.desktop.move(left + 100, top - 15)
        self.desktop.button(True)
        self.desktop.move(left + 150, top + 5)
        self.turn(180)
        self.desktop.wait_log("turned to 180 degrees")
        self.desktop.move(5, 5)
        self.desktop.button(False)
        self.turn(0)
        self.assertEqual(box_of(self.desktop.screenshot(), ABOVE)[:2], (left + 50, top + 20))
        self.assertEqual(self.told(app), [])

    def test_keys_go_on(self):
        app = self.maximised()
        self.turn(90)
        self.desktop.wait_log("turned to 90 degrees")
        self.desktop.probe.send("io.bulkhead.DesktopProbe.Key", code=30, down=True)
        self.mid_turn()
        self.assertIn((0, 1, 30, 1), app.inputs())
        self.desktop.probe.receive()


class ReducedMotion(Fixture):
    animated = False

    def test_it_jumps(self):
        from PIL import ImageChops
        app = self.maximised()
        before = self.desktop.screenshot()
        self.turn(90)
        picture = self.glimpses(lambda picture: ImageChops.difference(picture, before).getbbox() and picture, "nothing happens")
        self.assertIsNone(box_of(picture, BACKDROP))
        self.assertEqual(picture.tobytes(), self.desktop.screenshot().tobytes())
        app.follow()
        app.done()
        self.assertEqual(box_of(self.upright(90), ABOVE)[:3], (0, BAR + TITLE, HEIGHT))


class Sharp(Fixture):
    """The turned desktop is drawn pixel by pixel at any scale."""
    scale, turn_ms = 1.5, 60

    def test_an_app_is_not_resampled(self):
        from PIL import Image

        def noise(width, height):
            return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))
        app = self.app(draw=noise)
        self.desktop.key(SUPER, UP)
        app.follow()
        for degrees in (90, 180, 270):
            self.turn(degrees)
            width, height = (HEIGHT, WIDTH) if degrees % 180 else (WIDTH, HEIGHT)
            expected = (width, height - round((BAR + TITLE) * self.scale))
            if app.size != expected:
                self.assertEqual(app.follow(), expected)
                app.done()
            self.desktop.move(*self.panel(degrees, width - 1, height - 1))
            picture = self.upright(degrees)
            top = height - expected[1]
            self.assertEqual(picture.crop((0, top, width, height - 40)).tobytes(), noise(*expected).crop((0, 0, width, expected[1] - 40)).tobytes())


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
