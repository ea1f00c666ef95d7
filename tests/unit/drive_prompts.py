#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The question whether an app may use something, from outside, with a person and apps that the test plays: drive_prompts.py DESKTOP_UNDER_TEST [TEST ...]

With PROMPT_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import pathlib
import sys
import time

import display_peer
import tap
from desktop_peer import ENTER, ESCAPE, KEY_N, SHIFT, SPACE, SUPER, TAB, WAIT_SECONDS, Late, VarlinkError, WithApps, different, png

PROGRAM = ""

KEY_A, KEY_F, LEFTALT, RIGHT, DOWN, HOME, END = 30, 33, 56, 106, 108, 102, 107
BTN_LEFT = 0x110
RED, GREEN = (200, 60, 60), (60, 180, 80)
APPS = [("org.example.red", "Red", 10), ("org.example.green", "Green", 11)]
REASON = "To record what you say into a note."
ONCE, WHILE, ALWAYS, NEVER, CLOSE = range(5)
CHOICES = ["once", "whileInUse", "always", "never", None]
DIMMED = 0.4  # of what was seen before, at most


class Fixture(WithApps):
    size, scale, form, animated = (1280, 800), 1.0, "desktop", False
    pictures = "PROMPT_PICTURES"

    def setUp(self):
        self.begin(PROGRAM, *self.size, animated=self.animated, form=self.form, scale=self.scale)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{"id": app, "name": name, "state": "running", "cid": cid} for app, name, cid in APPS])
        self.asked = 0

    def ask_only(self, permission: str = "microphone", reason: str = REASON, app: str = "org.example.red", name: str = "Red", **more):
        self.asked += 1
        self.broker.call("io.bulkhead.Desktop.Ask", id=self.asked, app=app, appName=name, permission=permission, reason=reason, **more)

    def ask(self, **what):
        """Asks, and waits until the question takes an answer."""
        self.ask_only(**what)
        self.desktop.wait_log(f"question {self.asked} takes an answer")

    def answer(self):
        reply = self.watch.receive_with("asked")["asked"]
        self.assertEqual(reply["id"], self.asked)
        return reply.get("choice")

    def still_early(self):
        if f"question {self.asked} takes an answer" in self.desktop.log():
            raise Late("the question takes an answer")

    def assert_unanswered(self):
        self.assertNotIn(f"question {self.asked} answered", self.desktop.log())

    def part(self, part: int) -> tuple[int, int]:
        """The middle of one of the things to press, in device pixels: laid out from the dialog's place, which is in the middle of the screen."""
        left, top, right, bottom = self.dialog()
        inset, wide = 24 * self.scale, (right - left) - 48 * self.scale
        tall = (48 if self.form == "phone" else 40) * self.scale
        if part == CLOSE:
            return int(right - 34 * self.scale), int(top + 34 * self.scale)
        row = bottom - inset - tall / 2 - (0 if part >= ALWAYS else tall + 8 * self.scale)
        return int(left + inset + wide * (0.25 if part % 2 == 0 else 0.75)), int(row)

    def dialog(self) -> tuple[int, int, int, int]:
        """Where the dialog is: in the middle, with a margin of one colour below its head."""
        picture = self.desktop.screenshot()
        width, height = (int(side / self.scale) for side in picture.size)
        wide = min(440, width - 24)
        left, middle = (width - wide) // 2, picture.height // 2
        margin = int((left + 12) * self.scale)
        bottom = next(y for y in range(middle, picture.height) if picture.getpixel((margin, y)) != (0x11, 0x1a, 0x2b))
        return int(left * self.scale), picture.height - bottom, int((left + wide) * self.scale), bottom


class Answers(Fixture):
    def test_each_button_is_its_answer(self):
        self.app()
        before = self.desktop.screenshot()
        for part, choice in enumerate(CHOICES):
            self.ask()
            self.desktop.click(*self.part(part))
            self.assertEqual(self.answer(), choice)
        self.desktop.move(640, 400)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_one_at_a_time(self):
        self.ask()
        with self.assertRaisesRegex(VarlinkError, "Busy"):
            self.ask_only()
        self.asked = 1
        self.desktop.click(*self.part(NEVER))
        self.assertEqual(self.answer(), "never")
        self.ask()

    def test_withdrawn_it_goes_and_nothing_is_answered(self):
        self.app()
        before = self.desktop.screenshot()
        self.ask()
        self.broker.call("io.bulkhead.Desktop.WithdrawAsk", id=1)
        self.assertIsNone(different(before, self.desktop.screenshot()))
        self.assert_unanswered()
        with self.assertRaisesRegex(VarlinkError, "NoSuchQuestion"):
            self.broker.call("io.bulkhead.Desktop.WithdrawAsk", id=1)

    def test_it_goes_with_its_broker(self):
        before = self.desktop.screenshot()
        self.ask()
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_while_nobody_listens_it_takes_no_answer(self):
        self.watch.close()
        self.desktop.wait_log("the broker is gone")
        self.ask_only()
        self.desktop.wait_log("question 1 shown")
        time.sleep(0.6)  # what must not happen
        self.desktop.click(*self.part(ALWAYS))
        self.assertNotIn("answer", self.desktop.log())

    def test_what_is_wrong_is_refused(self):
        good = {"id": 9, "app": "org.example.red", "appName": "Red", "permission": "microphone", "reason": REASON}
        for wrong in ({"permission": ""}, {"permission": "micro phone"}, {"permission": "\u202enohpo"}, {"permission": "x" * 33}, {"app": ""},
                      {"app": "x" * 256}, {"id": "1"}, {"reason": None}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.broker.call("io.bulkhead.Desktop.Ask", **good | wrong)


class Tricks(Fixture):
    def test_no_answer_in_the_first_half_second(self):
        self.ask()
        places = [self.part(part) for part in range(5)]
        self.desktop.click(*places[NEVER])
        self.answer()
        self.ask_only()
        for place in places:
            self.desktop.click(*place)
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.desktop.key(ESCAPE)
        self.still_early()
        self.assert_unanswered()
        self.desktop.wait_log("question 2 takes an answer")
        self.desktop.key(ENTER)  # nothing has the focus: that Tab was before
        self.assert_unanswered()

    def test_what_was_pressed_before_counts_for_nothing(self):
        app = self.app()
        self.ask()
        place = self.part(ALWAYS)
        self.desktop.key(ESCAPE)
        self.answer()
        self.desktop.move(*place)
        self.desktop.button(True)
        self.assertIn((display_peer.POINTER, display_peer.EV_KEY, BTN_LEFT, 1), app.inputs())
        self.ask()
        self.assertIn((display_peer.POINTER, display_peer.EV_KEY, BTN_LEFT, 0), app.inputs(), "let go of in the app")
        self.desktop.button(False)
        self.assert_unanswered()
        self.desktop.click(*place)
        self.assertEqual(self.answer(), "always")

    def test_a_press_too_early_that_is_let_go_of_late_counts_for_nothing(self):
        self.ask()
        self.desktop.move(*self.part(ALWAYS))
        self.desktop.key(ESCAPE)
        self.answer()
        self.ask_only()
        self.desktop.button(True)
        self.still_early()
        self.desktop.wait_log("question 2 takes an answer")
        self.desktop.button(False)
        self.assert_unanswered()

    def test_another_place_on_the_screen_is_another_half_second(self):
        self.ask()
        self.broker.call("io.bulkhead.Desktop.SetOrientation", degrees=90)
        self.desktop.wait_log("turned to 90 degrees")
        self.desktop.key(ESCAPE)
        self.assert_unanswered()
        self.desktop.screenshot()
        self.assertEqual(self.desktop.log().count("question 1 shown"), 2)

    def test_return_alone_answers_nothing(self):
        self.ask()
        self.desktop.key(ENTER)
        self.desktop.key(SPACE)
        self.assert_unanswered()

    def test_a_drag_away_takes_a_press_back(self):
        self.ask()
        self.desktop.move(*self.part(ALWAYS))
        self.desktop.button(True)
        self.desktop.move(*self.part(NEVER))
        self.desktop.button(False)
        self.assert_unanswered()

    def test_no_app_draws_over_it_or_as_bright(self):
        app = self.app()
        self.desktop.key(SUPER, KEY_F)
        app.follow()
        app.done()
        bright = self.desktop.screenshot()
        self.ask()
        dark = self.desktop.screenshot()
        app.color = (255, 255, 255)
        app.show(*app.size)
        app.done()
        white = self.desktop.screenshot()
        for place in ((5, 5), (1275, 5), (5, 795), (640, 790), (640, 20)):
            self.assertLess(sum(dark.getpixel(place)), DIMMED * sum(bright.getpixel(place)))
            self.assertLess(sum(white.getpixel(place)), DIMMED * 3 * 255)
        left, top, right, bottom = self.dialog()
        box = left + 20, top + 20, right - 20, bottom - 20
        self.assertIsNone(different(dark.crop(box), white.crop(box)))

    def test_the_apps_text_is_plain(self):
        self.ask(reason="<b>bold</b> \u202eleft\u2066\n\n\nlines\x1b[31m" + "z\u0335\u0322\u0356" * 60, name="\u202eRed\n" * 20)
        self.look("nasty")
        self.desktop.click(*self.part(CLOSE))
        self.assertIsNone(self.answer())


class Input(Fixture):
    def test_no_app_gets_what_is_for_it(self):
        app = self.app()
        self.desktop.screenshot()
        app.inputs()
        self.ask()
        app.inputs()  # the pointer's last news
        self.desktop.move(*self.part(ONCE))
        self.desktop.move(300, 300)
        self.desktop.click(300, 300)
        self.desktop.scroll(2)
        for keys in ((KEY_A,), (TAB,), (DOWN,), (SUPER, KEY_F), (LEFTALT, TAB), (SUPER,), (SUPER, KEY_N)):
            self.desktop.key(*keys)
        self.desktop.touch(300, 300)
        self.desktop.touch(310, 310)
        self.desktop.touch_up()
        picture = self.desktop.screenshot()
        self.assertEqual(app.inputs(), [])
        self.desktop.key(ESCAPE)
        self.assertIsNone(self.answer())
        self.assertLess(sum(picture.getpixel((640, 20))), 90, "and no shortcut did anything")
        self.desktop.key(KEY_A)
        self.assertEqual([event[2:] for event in app.inputs() if event[1] == display_peer.EV_KEY], [(KEY_A, 1), (KEY_A, 0)])

    def test_keys_that_are_held_are_let_go_of(self):
        app = self.app()
        for code in (SHIFT, KEY_A):
            self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=code, down=True)
        self.desktop.screenshot()
        app.inputs()
        self.ask()
        self.assertEqual(sorted(event[2:] for event in app.inputs() if event[1] == display_peer.EV_KEY), [(KEY_A, 0), (SHIFT, 0)])
        for code in (KEY_A, SHIFT):
            self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=code, down=False)
        self.assertEqual(app.inputs(), [])

    def test_by_keyboard(self):
        for keys, choice in (((TAB, ENTER), "once"), ((TAB, TAB, SPACE), "whileInUse"), ((DOWN, DOWN, ENTER), "always"),
                             ((TAB, RIGHT, DOWN, ENTER), "never"), ((TAB,) * 5 + (ENTER,), None), ((ESCAPE,), None)):
            self.ask()
            for key in keys:
                self.desktop.key(key)
            self.assertEqual(self.answer(), choice, keys)
        self.ask()
        self.desktop.key(SHIFT, TAB)
        self.desktop.key(SHIFT, TAB)
        self.look("focus")
        self.desktop.key(ENTER)
        self.assertEqual(self.answer(), "never")

    def test_by_finger(self):
        self.ask()
        self.desktop.touch(*self.part(ALWAYS))
        self.desktop.touch(*self.part(NEVER), 1)  # a second one is none
        self.desktop.touch_up(1)
        self.assert_unanswered()
        self.desktop.touch_up()
        self.assertEqual(self.answer(), "always")
        self.ask()
        self.desktop.touch(*self.part(ALWAYS))
        self.desktop.touch(300, 300)
        self.desktop.touch_up()
        self.desktop.tap(*self.part(CLOSE))
        self.assertIsNone(self.answer())

    def test_over_what_is_open(self):
        self.app()
        for name, keys in (("launcher", (SUPER,)), ("notifications", (SUPER, KEY_N))):
            self.desktop.key(*keys)
            before = self.desktop.screenshot()
            self.ask()
            self.look(f"over-{name}")
            self.desktop.key(ESCAPE)
            self.assertIsNone(self.answer())
            self.assertIsNone(different(before, self.desktop.screenshot()), f"the {name} stayed")
            self.desktop.key(ESCAPE)

    def test_the_switcher_ends_without_a_choice(self):
        self.app(10, RED)
        self.app(11, GREEN)
        before = self.desktop.screenshot()
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=LEFTALT, down=True)
        self.desktop.key(TAB)
        self.ask()
        self.desktop.probe.call("io.bulkhead.DesktopProbe.Key", code=LEFTALT, down=False)
        self.desktop.key(ESCAPE)
        self.answer()
        self.assertIsNone(different(before, self.desktop.screenshot()))


class Looks(Fixture):
    def test_each_permission_has_its_words(self):
        pictures = []
        for permission in ("microphone", "camera", "location", "folders", "locationSource", "network", "teleport"):
            self.ask(permission=permission)
            pictures.append(self.look(f"asks-{permission}").tobytes())
            self.desktop.key(ESCAPE)
            self.answer()
        self.assertEqual(len(set(pictures)), 7)

    def test_the_hosts_are_in_the_question(self):
        pictures = []
        for hosts in (["*"], ["example.org"], ["example.org", "*.example.net", "example.com", "example.net"], ["example.org"] * 64):
            self.ask(permission="network", network=hosts)
            pictures.append(self.look(f"asks-network-{len(hosts)}").tobytes())
            self.desktop.key(ESCAPE)
            self.answer()
        self.assertEqual(len(set(pictures)), 4)
        for hosts in (["example.org"] * 65, [1]):
            with self.assertRaises(VarlinkError):
                self.ask_only(permission="network", network=hosts)

    def reads(self, name: str, hosts: list[str]):
        """What is seen of these hosts: the screen, which is kept, without the apps' part of it."""
        self.ask(permission="network", network=hosts)
        return self.look(name)

    def closes(self):
        self.desktop.key(ESCAPE)
        self.assertIsNone(self.answer())

    def test_every_host_can_be_read_before_a_yes(self):
        """As many and as long as a manifest may say, on every screen: the last letters of the last one are there for who scrolls, and the answers stay."""
        long = ".".join(["a" + "m" * 61] * 3 + ["w" * 59 + "-"])
        for size in ((1280, 800), (720, 360), (360, 720), (320, 206), (320, 200)):
            self.desktop.resize(*size)
            for kind, hosts in (("many", [f"host{number}.example.org" for number in range(64)]), ("long", [f"{number:02}{long[3:]}" + "x.org" for number in range(64)])):
                name = "hosts-%s-%d-%d" % (kind, *size)
                other = hosts[:-1] + [hosts[-1][:-3] + "com"]
                top = self.reads(f"{name}-top", hosts)
                self.desktop.key(END)
                end = self.look(f"{name}-end")
                self.assertIsNotNone(different(top, end), "there is more")
                self.desktop.key(HOME)
                self.assertIsNone(different(top, self.desktop.screenshot()))
                self.closes()
                self.assertIsNone(different(top, self.reads(f"{name}-other", other)), "the last is not there yet")
                self.desktop.key(END)
                self.assertIsNotNone(different(end, self.desktop.screenshot()), "and now it is")
                self.closes()
                self.ask(permission="network", network=hosts)
                for key in (TAB, ENTER):  # the list, which is no answer
                    self.desktop.key(key)
                self.assert_unanswered()
                for key in (TAB, RIGHT, ENTER):
                    self.desktop.key(key)
                self.assertEqual(self.answer(), "whileInUse")

    def test_hosts_are_scrolled_by_wheel_and_finger(self):
        hosts = [f"host{number}.example.org" for number in range(64)]
        top = self.reads("hosts-scroll", hosts)
        middle = top.width // 2, top.height // 2
        self.desktop.move(*middle)
        self.desktop.scroll(2)
        wheel = self.desktop.screenshot()
        self.assertIsNotNone(different(top, wheel))
        self.desktop.scroll(-2)
        self.assertIsNone(different(top, self.desktop.screenshot()))
        self.desktop.touch(*self.part(ONCE))  # from an answer on, too: it is none
        x, y = self.part(ONCE)
        for step in range(1, 5):
            self.desktop.touch(x, y - 40 * step)
        self.desktop.touch_up()
        self.assertIsNotNone(different(top, self.desktop.screenshot()))
        self.assert_unanswered()
        self.desktop.click(*self.part(WHILE))
        self.assertEqual(self.answer(), "whileInUse")

    def test_the_app_is_known_by_its_picture(self):
        import base64
        green = (1, 250, 3)
        self.broker.call("io.bulkhead.Desktop.SetApps", apps=[{"id": "org.example.red", "name": "Red", "state": "running", "cid": 10,
                                                               "icon": base64.b64encode(png(green)).decode()}])
        self.ask(reason="I need to hear you, at least as long as the recording goes on, and I shall keep what I hear within this app’s own "
                        "machine, where nobody else can read it, and nothing of it is sent away. " * 2)
        picture = self.look("long-reason")
        self.assertIn(green, set(picture.getdata()))

    def test_small_screens_leave_the_answers(self):
        for size in ((320, 200), (720, 360), (360, 640)):
            self.desktop.resize(*size)
            self.ask(reason=REASON * 4)
            self.look("small-%d-%d" % size)
            self.desktop.key(TAB)
            self.desktop.key(ENTER)
            self.assertEqual(self.answer(), "once")


class Fine(Fixture):
    size, scale, animated = (1920, 1200), 1.5, True

    def test_a_finer_screen_and_a_turn(self):
        self.app()
        self.ask()
        self.look("fine")
        self.desktop.click(*self.part(WHILE))
        self.assertEqual(self.answer(), "whileInUse")


class Finest(Fixture):
    size, scale = (2560, 1600), 2.0

    def test_the_finest_screen(self):
        self.ask()
        self.look("finest")
        self.desktop.click(*self.part(NEVER))
        self.assertEqual(self.answer(), "never")


class Phone(Fixture):
    size, form = (360, 720), "phone"

    def test_over_an_app_and_the_overview(self):
        self.app()
        for name in ("home", "app"):
            before = self.desktop.screenshot()
            self.ask()
            self.look(f"phone-{name}")
            self.desktop.tap(*self.part(WHILE))
            self.assertEqual(self.answer(), "whileInUse")
            self.assertIsNone(different(before, self.desktop.screenshot()))
            self.desktop.key(SUPER)

    def test_the_edge_does_nothing_meanwhile(self):
        self.app()
        self.desktop.key(SUPER)
        before = self.desktop.screenshot()
        self.ask()
        dimmed = self.desktop.screenshot()
        self.desktop.touch(180, 712)
        for step in range(1, 5):
            self.desktop.touch(180, 712 - 100 * step)
        self.desktop.touch_up()
        self.assertIsNone(different(dimmed, self.desktop.screenshot()))
        self.desktop.tap(*self.part(NEVER))
        self.assertEqual(self.answer(), "never")
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_turned_on_its_side(self):
        self.ask()
        self.broker.call("io.bulkhead.Desktop.SetOrientation", degrees=90)
        self.desktop.screenshot()
        self.look("phone-turned")
        deadline = time.monotonic() + WAIT_SECONDS
        while self.desktop.log().count("question 1 takes an answer") < 2:
            self.assertLess(time.monotonic(), deadline)
        self.desktop.key(TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.answer(), "once")


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
