#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The keyboard's layout, chosen on the panel or with Super and Space: drive_keyboard.py DESKTOP_UNDER_TEST [TEST ...]"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_windows  # noqa: E402
import tap  # noqa: E402
from desktop_peer import WAIT_SECONDS, Connection, different  # noqa: E402
from drive_windows import DOWN, ENTER, ESCAPE, GREEN, KEY_A, KEY_F, LEFTMETA, LEFTSHIFT, RED, RIGHT, TAB  # noqa: E402

SPACE, KEY_1, KEY_Y, NUMLOCK, KEYPAD_1 = 57, 2, 21, 69, 79
TABLE = re.findall(r'\{ "([a-z]+)", "([a-z]*)", "[a-z ]+", "(.*)" \}',
                   (HERE.parents[1] / "system/compositor/keyboard/layouts.c").read_text())
ROWS = 13
APPS = [("org.example.first", "0", None), ("org.example.red", "Red", 10), ("org.example.yota", "Yota", None), ("org.example.zeta", "Zeta", None), ("org.example.one", "1st", None)]


def image_folder(folder: pathlib.Path) -> pathlib.Path:
    """XKB's data as the System VM's image has it."""
    for line in (HERE.parents[1] / "system/image.list").read_text().splitlines():
        if line.startswith("/usr/share/X11/xkb/"):
            path = folder / pathlib.Path(line).relative_to("/usr/share/X11/xkb")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(line)
    return folder


class Fixture(drive_windows.Fixture):
    def setUp(self):
        data = tempfile.TemporaryDirectory(prefix="bk-xkb-")
        self.addCleanup(data.cleanup)
        os.environ["XKB_CONFIG_ROOT"] = str(image_folder(pathlib.Path(data.name)))
        super().setUp()
        self.tell_apps(APPS)
        self.assertEqual(self.layout(), ("us", ""))
        self.indicator = (self.ends_on_panel()[-3] + 4, 20)

    def ends_on_panel(self) -> list[int]:
        """Where things on the panel end, from the left: the layout stands before the clock, which is as wide as the date is long, and the bell."""
        self.desktop.move(640, 700)
        panel = self.desktop.screenshot().convert("L").crop((0, 8, 1280, 32))
        lit = [x for x in range(panel.width) if max(panel.crop((x, 0, x + 1, panel.height)).getdata()) > 100]
        return [x for x, following in zip(lit, lit[1:] + [panel.width]) if following - x > 16]

    def layout(self) -> tuple[str, str]:
        """The one that the broker is told of next."""
        around = self.watch.receive_with("surroundings")["surroundings"]
        return around["keyboardLayout"], around["keyboardVariant"]

    def choose(self, name: str, variant: str = ""):
        """On the panel, with the pointer."""
        number = [entry[:2] for entry in TABLE].index((name, variant))
        self.desktop.click(*self.indicator)
        self.desktop.click(960 if number < ROWS else 1160, 85 + 15 + 30 * (number % ROWS))
        self.assertEqual(self.layout(), (name, variant))

    def search(self, *codes: int) -> str:
        """What is started by typing this into the launcher."""
        self.desktop.key(LEFTMETA)
        for code in codes:
            self.desktop.key(code)
        self.desktop.key(ENTER)
        return self.request()[0].rsplit(".", 1)[1]


class Choice(Fixture):
    def test_every_layout_of_the_list_is_in_the_image(self):
        self.assertEqual(len(TABLE), 26)
        for name, variant, _ in TABLE[1:]:
            self.choose(name, variant)

    def test_by_pointer(self):
        self.assertEqual(self.search(KEY_Y), "yota")
        self.desktop.move(640, 700)
        before = self.desktop.screenshot()
        self.choose("de")
        self.desktop.move(640, 700)
        box = different(before, self.desktop.screenshot())
        self.assertTrue(self.indicator[0] - 60 < box[0] and box[2] < self.indicator[0] + 20 and box[3] <= 40, f"the indicator says it, and the list is closed: {box}")
        self.assertEqual(self.search(KEY_Y), "zeta")

    def test_by_keyboard(self):
        self.desktop.key(LEFTMETA, SPACE)  # one alone: the list
        for _ in range(4):
            self.desktop.key(DOWN)
        self.desktop.key(ENTER)
        self.assertEqual(self.layout(), ("de", ""))
        for want in (("us", ""), ("de", ""), ("us", "")):
            self.desktop.key(LEFTMETA, SPACE)
            self.assertEqual(self.layout(), want)
        self.choose("fr")
        for want in (("us", ""), ("de", ""), ("fr", "")):
            self.desktop.key(LEFTMETA, SPACE)
            self.assertEqual(self.layout(), want)

    def test_by_a_finger(self):
        self.desktop.tap(*self.indicator)
        self.desktop.screenshot()
        self.desktop.tap(960, 85 + 15 + 30 * 4)
        self.assertEqual(self.layout(), ("de", ""))

    def test_by_tab(self):
        self.desktop.key(LEFTMETA, SPACE)
        for _ in range(5):
            self.desktop.key(TAB)
        self.desktop.key(LEFTSHIFT, TAB)
        self.desktop.key(ENTER)
        self.assertEqual(self.layout(), ("de", ""))

    def test_the_list_is_left_as_it_was(self):
        self.desktop.move(640, 700)
        before = self.desktop.screenshot()
        for leave in (lambda: self.desktop.key(ESCAPE), lambda: self.desktop.click(300, 700), lambda: self.desktop.key(LEFTMETA, SPACE)):
            self.desktop.key(LEFTMETA, SPACE)
            self.desktop.key(RIGHT)
            self.assertIsNotNone(different(before, self.desktop.screenshot()))
            leave()
            self.desktop.move(640, 700)
            self.assertIsNone(different(before, self.desktop.screenshot()))
        self.desktop.key(LEFTMETA, SPACE)
        self.desktop.click(60, 20)  # the launcher instead
        self.desktop.key(ESCAPE)
        self.desktop.move(640, 700)
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_what_the_image_lacks_changes_nothing(self):
        (pathlib.Path(os.environ["XKB_CONFIG_ROOT"]) / "symbols/de").unlink()
        with self.assertRaises(TimeoutError):
            self.watch.socket.settimeout(1)
            self.choose("de")
        self.watch.socket.settimeout(WAIT_SECONDS)
        self.assertIn("no keymap for the layout de:", self.desktop.log())
        self.desktop.log_path.write_text("")  # it was an error, as it should be
        self.assertEqual(self.search(KEY_Y), "yota")
        self.choose("fr")


class Keys(Fixture):
    def test_what_is_held_over_a_change_is_let_go(self):
        self.choose("de")
        app = self.app(10)
        app.inputs()
        self.down(KEY_A)
        self.desktop.key(LEFTMETA, SPACE)
        self.assertEqual(self.layout(), ("us", ""))
        self.down(KEY_A, False)
        self.assertEqual([event for event in app.inputs() if event[1] == 1], [(0, 1, KEY_A, 1), (0, 1, KEY_A, 0)])

    def test_a_modifier_that_is_held_goes_on_and_ends(self):
        self.choose("fr")
        self.desktop.key(LEFTMETA, SPACE)
        self.assertEqual(self.layout(), ("us", ""))
        self.down(LEFTSHIFT)
        self.desktop.key(LEFTMETA, SPACE)
        self.assertEqual(self.layout(), ("fr", ""))
        self.assertEqual(self.search(KEY_1), "one", "with Shift, a French key types a digit")
        self.down(LEFTSHIFT, False)
        self.desktop.key(LEFTMETA)
        self.desktop.key(KEY_1)  # an ampersand, which is in no name
        self.desktop.key(ENTER)
        self.desktop.key(ESCAPE)
        self.down(LEFTSHIFT)
        self.assertEqual(self.search(KEY_1), "one")
        self.down(LEFTSHIFT, False)

    def test_what_is_locked_stays_locked(self):
        self.desktop.key(NUMLOCK)
        self.assertEqual(self.search(KEYPAD_1), "one")
        self.choose("de")
        self.assertEqual(self.search(KEYPAD_1), "one")
        self.desktop.key(NUMLOCK)
        self.desktop.key(LEFTMETA)
        self.desktop.key(KEYPAD_1)  # no digit any more: the first app stays marked
        self.desktop.key(ENTER)
        self.assertEqual(self.request()[0], "org.example.first")

    def test_shortcuts_where_the_letters_are_others(self):
        app = self.app(10)
        self.choose("ru")
        self.desktop.click(200, 20), self.desktop.click(200, 20)  # the focus, which the list took
        self.desktop.key(LEFTMETA, KEY_F)
        while app.size != (1280, 800):
            app.follow()

    def test_an_app_gets_the_same_keys_in_every_layout(self):
        app = self.app(10, GREEN)
        self.choose("ru")
        self.desktop.key(KEY_Y)
        self.assertEqual([event for event in app.inputs() if event[1] == 1][-2:], [(0, 1, KEY_Y, 1), (0, 1, KEY_Y, 0)])


class Start(unittest.TestCase):
    def setUp(self):
        os.environ.pop("XKB_CONFIG_ROOT", None)

    def start(self, *options: str, layout: str | None = None) -> tuple[str, str]:
        """The layout that bk-compositor begins with."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "desktop.sock")
            environment = {**os.environ, "XDG_RUNTIME_DIR": folder} | ({"BK_KEYBOARD_LAYOUT": layout} if layout is not None else {})
            process = subprocess.Popen([COMPOSITOR, "--headless=640x480", f"--socket={path}", *options], env=environment, stderr=subprocess.PIPE, text=True)
            deadline, watch, around = time.monotonic() + WAIT_SECONDS, None, {}
            while watch is None and process.poll() is None and time.monotonic() < deadline:
                try:
                    watch = Connection(path)
                except (FileNotFoundError, ConnectionRefusedError):  # it is not there yet, or does not listen yet
                    time.sleep(0.01)
            if watch is not None:
                watch.send("io.bulkhead.Desktop.Watch", more=True)
                around = watch.receive_with("surroundings")["surroundings"]
                watch.close()
                process.terminate()
            self.said = process.communicate(timeout=WAIT_SECONDS)[1]
            self.status = process.returncode
            return around.get("keyboardLayout"), around.get("keyboardVariant")

    def test_the_machine_passes_on_each_layout(self):
        words = re.findall(r'KEYBOARD\("([a-z:]+)"\)', (HERE.parents[1] / "hypervisor/supervisor/options.c").read_text())
        self.assertEqual(words, [name + (f":{variant}" if variant else "") for name, variant, _ in TABLE])

    def test_it_is_said_on_the_command_line_or_in_the_environment(self):
        self.assertEqual(self.start(), ("us", ""))
        self.assertEqual(self.start("--keyboard-layout=ch:fr"), ("ch", "fr"))
        self.assertEqual(self.start(layout="de"), ("de", ""))
        self.assertEqual(self.start("--keyboard-layout=pl", layout="de"), ("pl", ""))
        self.assertEqual(self.start(layout="klingon"), ("us", ""))
        self.assertIn("BK_KEYBOARD_LAYOUT", self.said)
        self.assertEqual(self.start("--keyboard-layout=klingon"), (None, None))
        self.assertEqual(self.status, 1)


if __name__ == "__main__":
    drive_windows.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    COMPOSITOR = pathlib.Path(sys.argv[1]).resolve().parents[2] / "system/compositor/bk-compositor"
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
