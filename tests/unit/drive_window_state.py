#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What apps say of their windows, on the desktop, and what the broker hears of windows: drive_window_state.py DESKTOP_UNDER_TEST [TEST ...]"""
import base64
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_windows  # noqa: E402
import tap  # noqa: E402
from desktop_peer import WAIT_SECONDS, Connection, VarlinkError, different, png  # noqa: E402
from drive_windows import APPS, BLUE, BORDER, DOWN, GREEN, KEY_F, LEFT, LEFTALT, LEFTMETA, RED, RIGHT, TAB, TITLE, UP  # noqa: E402

MARK = (0xFF, 0x8A, 0x66)  # of the desktop's marks
FAINT = 170  # more than any letter of a title has where it is drawn faintly, less than a name's


class Fixture(drive_windows.Fixture):
    def say(self, cid: int = 10, **what):
        self.broker.call("io.bulkhead.Desktop.SetWindow", cid=cid, **what)

    def news(self, key: str = "window") -> dict:
        return self.watch.receive_with(key)[key]

    def title_bar(self, color=RED):
        """The picture of the title bar, without the frame's buttons."""
        picture = self.desktop.screenshot()
        left, top, right, _ = self.box(color, picture)
        return picture.crop((left, top - TITLE + 4, right - 110, top - 6))

    def marks(self, picture=None, within=(0, 0, 1280, 40)):
        return self.box(MARK, (picture or self.desktop.screenshot()).crop(within))


class Titles(Fixture):
    def test_a_title_stands_behind_the_name(self):
        self.app(10)
        bare = self.title_bar()
        self.say(title="~/src/bulkhead")
        titled = self.title_bar()
        box = different(bare, titled)
        name = self.name_end(bare)
        self.assertGreaterEqual(box[0], name, "the name stays as it was, pixel by pixel")
        self.assertGreater(box[2] - box[0], 60)
        brightest = max(titled.convert("L").crop(box).getdata())
        self.assertLess(brightest, max(bare.convert("L").crop((28, 0, name, bare.height)).getdata()) - 20, "it is fainter")
        self.say(title="")
        self.assertIsNone(different(bare, self.title_bar()))

    def name_end(self, bar) -> int:
        """Where the name ends in a bar without a title: the last column that differs from the bar's end."""
        gray = bar.convert("L")
        plain = [gray.getpixel((bar.width - 2, y)) for y in range(bar.height)]
        return max(x for x in range(bar.width) if any(abs(gray.getpixel((x, y)) - plain[y]) > 8 for y in range(bar.height)))

    def test_a_long_title_ends_before_the_buttons_and_a_nasty_one_harms_nothing(self):
        self.app(10)
        picture = self.desktop.screenshot()
        left, top, right, _ = self.box(RED, picture)
        buttons = (right - 100, top - TITLE + 2, right + 2, top - 2)
        before = picture.crop(buttons)
        for title in ("W" * 200, "مرحبا بالعالم " * 5, "\u202e\u2066abc\u202d", "z" + "\u0335\u0322\u0356" * 30, "\x01\x1b[31m\n\n", "<b>&bogus;</b>", "\U0001F600" * 40):
            with self.subTest(title):
                self.say(title=title)
                self.assertIsNone(different(before, self.desktop.screenshot().crop(buttons)))

    def test_a_flood_of_titles_draws_the_newest(self):
        self.app(10)
        self.say(title="the last one")
        want = self.title_bar()
        for number in range(300):
            self.broker.send("io.bulkhead.Desktop.SetWindow", cid=10, title=f"number {number}")
        self.broker.send("io.bulkhead.Desktop.SetWindow", cid=10, title="the last one")
        for _ in range(301):
            self.broker.receive()
        self.assertIsNone(different(want, self.title_bar()))

    def test_the_switcher_says_it_too(self):
        self.app(10), self.app(11, GREEN)
        self.down(LEFTALT)
        self.desktop.key(TAB)
        bare = self.desktop.screenshot()
        self.say(title="a title")
        self.assertIsNotNone(different(bare, self.desktop.screenshot()))
        self.down(LEFTALT, False)

    def test_it_may_come_before_the_window_and_before_the_app_is_told(self):
        self.say(77, title="early", minimumWidth=500, minimumHeight=300)
        self.tell_apps([*APPS[:3], ("org.example.late", "Late one", 77)])
        self.app(77, BLUE)
        with_title = self.title_bar(BLUE)
        self.say(77, title="")
        self.assertIsNotNone(different(with_title, self.title_bar(BLUE)))

    def test_it_goes_with_its_vm_and_stays_without_a_broker(self):
        self.app(10)
        bare = self.title_bar()
        self.say(title="kept")
        titled = self.title_bar()
        self.watch.close(), self.broker.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNone(different(titled, self.title_bar()))
        self.broker, self.watch = Connection(self.desktop.path), Connection(self.desktop.path)
        self.watch.send("io.bulkhead.Desktop.Watch", more=True)
        self.tell_apps()
        self.say(badge="dot")
        self.assertIsNone(different(titled, self.title_bar()), "what is left out stays")
        self.tell_apps(red={"cid": None, "state": "stopped"})
        self.tell_apps()
        self.assertIsNone(different(bare, self.title_bar()), "another VM, even one of the same number, said nothing")


class Marks(Fixture):
    def test_a_mark_on_the_task_and_in_the_launcher(self):
        self.tell_apps(red={"icon": base64.b64encode(png((30, 60, 90))).decode()})
        self.app(10)
        self.assertIsNone(self.marks())
        widths = []
        for mark in ({"badge": "dot"}, {"badge": "count", "count": 3}, {"badge": "count", "count": 42}, {"badge": "count", "count": 100}):
            self.say(**mark)
            left, _, right, _ = self.marks()
            widths.append(right - left)
        self.assertEqual(widths, sorted(widths))
        self.assertLess(widths[0], widths[1])
        self.assertLess(widths[1], widths[3])
        hundred = self.desktop.screenshot()
        self.say(badge="count", count=99999)
        self.assertIsNone(different(hundred, self.desktop.screenshot()), "99+")
        self.desktop.key(LEFTMETA)
        self.assertIsNotNone(self.marks(within=(0, 100, 1280, 700)), "the launcher")
        self.desktop.key(LEFTMETA)
        self.say(badge="count", count=0)
        self.assertIsNone(self.marks())
        self.say(badge="dot")
        self.say(badge="none")
        self.assertIsNone(self.marks())

    def test_an_app_without_a_window_has_one_in_the_launcher(self):
        self.say(12, badge="count", count=7)
        self.assertIsNone(self.marks())
        self.desktop.key(LEFTMETA)
        self.assertIsNotNone(self.marks(within=(0, 100, 1280, 700)))
        self.tell_apps(blue={"cid": None, "state": "stopped"})
        self.assertIsNone(self.marks(within=(0, 100, 1280, 700)), "it ended")

    def test_wrong_news_is_refused(self):
        for wrong in ({"cid": 0}, {"cid": 1 << 32}, {"cid": -1}, {"badge": "star"}, {"badge": "count", "count": -1}, {"badge": "count", "count": 1 << 32},
                      {"title": "x" * 201}, {"title": 5}, {"minimumWidth": 65536, "minimumHeight": 1}, {"minimumWidth": 1, "minimumHeight": 1 << 40}, {"extra": 1}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.say(**({"cid": 10} | wrong))
        for cid in range(100, 356):
            self.say(cid, title="one of many")
        with self.assertRaisesRegex(VarlinkError, "TooManyApps"):
            self.say(356, title="one too many")
        self.say(355, title="again")
        self.tell_apps()
        self.say(356, title="there is room again")


class LeastSize(Fixture):
    def size(self) -> tuple[int, int]:
        left, top, right, bottom = self.box(RED)
        return right - left, bottom - top

    def follow(self, app, size):
        deadline = time.monotonic() + WAIT_SECONDS
        while app.size != size:
            self.assertLess(time.monotonic(), deadline, f"{app.size}, not {size}")
            app.follow()
        app.done()
        self.assertEqual(self.size(), size)

    def test_a_drag_stops_there(self):
        app = self.app(10)
        self.say(minimumWidth=480, minimumHeight=300)
        _, _, right, bottom = self.box(RED)
        self.drag(right + 2, bottom + 2, right - 700, bottom - 400)
        self.follow(app, (480, 300))
        left, top, right, bottom = self.box(RED)
        self.drag(left - 2, top + 100, left + 200, top + 100)
        self.assertEqual(self.size(), (480, 300))
        self.say(minimumWidth=0, minimumHeight=0)
        self.drag(right + 2, bottom + 2, right - 700, bottom - 400)
        self.follow(app, (240, 120))

    def test_a_window_that_is_smaller_grows_but_never_beyond_half_the_screen(self):
        app = self.app(10)
        _, _, right, bottom = self.box(RED)
        self.drag(right + 2, bottom + 2, right - 700, bottom - 400)
        self.follow(app, (240, 120))
        self.say(minimumWidth=400, minimumHeight=200)
        self.follow(app, (400, 200))
        self.say(minimumWidth=65535, minimumHeight=65535)
        half = (640 - 2 * BORDER, 380 - TITLE - BORDER)
        self.follow(app, half)
        self.desktop.key(LEFTMETA, LEFT)  # half of the screen is always possible
        self.follow(app, (640 - 2 * BORDER, 760 - TITLE - BORDER))


class News(Fixture):
    def test_surroundings_come_first(self):
        self.assertEqual(self.news("surroundings"), {"scale": 1, "theme": "dark", "reducedMotion": True,
                                                     "keyboardLayout": "us", "keyboardVariant": ""})

    def states(self, count: int) -> dict[int, tuple]:
        """What the next so many news are."""
        return {news["cid"]: (news["focused"], news["visibility"]) for news in (self.news() for _ in range(count))}

    def test_focus_and_visibility(self):
        self.app(10)
        self.assertEqual(self.states(1), {10: (True, "shown")})
        self.app(11, GREEN)  # behind, then clicked
        self.assertEqual(self.states(3), {10: (False, "shown"), 11: (True, "shown")})
        self.desktop.key(LEFTMETA, UP)  # maximised
        self.assertEqual(self.states(1), {10: (False, "covered")})
        self.desktop.key(LEFTMETA, DOWN)
        self.assertEqual(self.states(1), {10: (False, "shown")})
        self.desktop.key(LEFTMETA, DOWN)
        self.assertEqual(self.states(2), {10: (True, "shown"), 11: (False, "minimised")})
        self.desktop.key(LEFTMETA, KEY_F)
        self.desktop.click(640, 400)
        self.desktop.key(LEFTMETA, KEY_F)
        self.desktop.click(5, 795)  # nobody has the focus
        self.assertEqual(self.states(1), {10: (False, "shown")})

    def test_halves_cover_what_is_behind_both(self):
        red = self.app(10)
        self.app(11, GREEN), self.app(12, BLUE)
        self.desktop.key(LEFTMETA, RIGHT)
        self.desktop.click(380, 20)
        self.desktop.key(LEFTMETA, LEFT)
        while (news := self.news()) != {"cid": 10, "focused": False, "visibility": "covered"}:
            self.assertNotEqual(news["visibility"], "minimised")
        red.leave()
        self.assertEqual(self.states(1), {10: (False, "none")})

    def test_the_launcher_takes_the_keys(self):
        self.app(10)
        self.assertEqual(self.states(1), {10: (True, "shown")})
        self.desktop.key(LEFTMETA)
        self.assertEqual(self.states(1), {10: (False, "shown")})
        self.desktop.key(LEFTMETA)
        self.assertEqual(self.states(1), {10: (True, "shown")})

    def test_a_broker_that_comes_later_hears_all(self):
        self.app(10), self.app(11, GREEN)
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.watch = Connection(self.desktop.path)
        self.watch.send("io.bulkhead.Desktop.Watch", more=True)
        self.news("surroundings")
        self.assertEqual(self.states(2), {10: (False, "shown"), 11: (True, "shown")})


class Scaled(Fixture):
    width, height, scale = 2560, 1600, 2.0

    def test_the_scale_is_told(self):
        self.assertEqual(self.news("surroundings")["scale"], 2)


if __name__ == "__main__":
    drive_windows.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
