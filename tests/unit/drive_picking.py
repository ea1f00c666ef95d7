#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The question which file to open, or where to save one, from outside, with a person and a broker that the test plays: drive_picking.py DESKTOP_UNDER_TEST [TEST ...]

With PROMPT_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import pathlib
import sys

import drive_prompts
import tap
from desktop_peer import ENTER, ESCAPE, SPACE, TAB, Late, VarlinkError, different
from varlink_peer import wait_for

RED, DRIVE = "org.example.red", "org.example.green"
UP, DOWN, LEFT, BACKSPACE, HOME, END, PAGE_DOWN = 103, 108, 105, 14, 102, 107, 109
LETTERS = dict(zip("qwertyuiop", range(16, 26))) | dict(zip("asdfghjkl", range(30, 39))) | dict(zip("zxcvbnm", range(44, 51)))
ROWS = 8
PLACES = [{"kind": "place", "name": "Shared drive", "app": DRIVE, "appName": "Green"},
          {"kind": "place", "name": "Scans", "app": "org.example.scanner", "appName": "Scanner"}]
FILES = [{"kind": "folder", "name": "Letters"}, {"kind": "folder", "name": "Pictures of the garden in spring"},
         {"kind": "file", "name": "Budget 2026.ods", "size": 48213}, {"kind": "file", "name": "Green tea.txt", "size": 4711},
         {"kind": "file", "name": "Holiday.mp4", "size": 1834201934}, {"kind": "file", "name": "notes.md", "size": 1},
         {"kind": "file", "name": "ünïcode – 文書.txt", "size": 0}]
MANY = [{"kind": "file", "name": f"File {number:03}.txt", "size": number * 1000} for number in range(200)]


class Fixture(drive_prompts.Fixture):
    def page(self, entries: list[dict], place: str | None = "Shared drive", note: str | None = None, name: str = "Green tea.txt",
             more: bool = False) -> dict:
        self.number = getattr(self, "number", 0) + 1
        return {"number": self.number, "place": place, "back": place is not None, "entries": entries, "more": more, "note": note,
                "noteName": name if note else None}

    def ask_file(self, entries: list[dict] | None = None, place: str | None = None, save_as: str | None = None, endings=()):
        self.asked += 1
        self.broker.call("io.bulkhead.Desktop.AskFile", id=self.asked, app=RED, appName="Red", saveAs=save_as, size=4711, endings=list(endings),
                         page=self.page(PLACES if entries is None else entries, place))
        self.times = 0
        self.ready()

    def ready(self):
        """The page takes an answer: each says so once."""
        self.times += 1
        wait_for(lambda: self.desktop.log().count(f"question {self.asked} takes an answer") >= self.times, "it takes an answer")

    def turn(self, entries: list[dict], **what):
        self.broker.call("io.bulkhead.Desktop.ShowFiles", id=self.asked, page=self.page(entries, **what))
        self.ready()

    def did(self) -> dict:
        """What the person did on the page that there is."""
        deed = self.watch.receive_with("file")["file"]
        self.assertEqual((deed["id"], deed["page"]), (self.asked, self.number))
        return {key: value for key, value in deed.items() if key not in ("id", "page") and value is not None}

    def assert_nothing_done(self):
        self.desktop.screenshot()
        self.assertNotIn(f"question {self.asked}: ", self.desktop.log())

    def type(self, text: str):
        for letter in text:
            self.desktop.key(SPACE if letter == " " else LETTERS[letter])

    def keys(self, *codes: int):
        for code in codes:
            self.desktop.key(code)

    # ---- where things are, from the dialog's place, in device pixels ----

    wide, padding, row, button, saving = 560, 24, 44, 40, False

    def dialog(self) -> tuple[int, int, int, int]:
        picture = self.desktop.screenshot()
        width = int(picture.width / self.scale)
        wide = min(self.wide, width - 24) & ~1
        left, middle = (width - wide) // 2, picture.height // 2
        margin = int((left + 8) * self.scale)
        bottom = next(y for y in range(middle, picture.height) if picture.getpixel((margin, y)) != (0x11, 0x1a, 0x2b))
        return int(left * self.scale), picture.height - bottom, int((left + wide) * self.scale), bottom

    def row_at(self, number: int) -> tuple[int, int]:
        left, top, right, _ = self.dialog()
        return (left + right) // 2, int(top + (68 + 56 + 6 + self.row * (number + 0.5)) * self.scale)

    def back_at(self) -> tuple[int, int]:
        left, top, _, _ = self.dialog()
        return int(left + (self.padding + 12) * self.scale), int(top + (68 + 28) * self.scale)

    def button_at(self, number: int) -> tuple[int, int]:
        """The last one is 0, the one before it 1."""
        _, _, right, bottom = self.dialog()
        return int(right - (self.padding + 56 + 120 * number) * self.scale), int(bottom - (self.padding + self.button / 2) * self.scale)


class Opening(Fixture):
    def test_by_pointer_from_place_to_file(self):
        self.ask_file()
        self.look("open-places")
        self.desktop.click(*self.row_at(1))
        self.assertEqual(self.did(), {"act": "choose", "entry": 1})
        self.turn(FILES)
        self.desktop.move(*self.row_at(3))
        self.look("open-folder")
        self.desktop.click(*self.row_at(3))
        self.assertEqual(self.did(), {"act": "choose", "entry": 3})
        self.desktop.click(*self.row_at(4))  # one at a time: the next page is awaited
        self.desktop.click(*self.back_at())
        self.assertEqual(self.did(), {"act": "back"})
        self.turn(PLACES, place=None)
        self.desktop.click(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "close"})
        self.ask_file()  # it is gone, and another may come

    def test_by_keyboard(self):
        self.ask_file(FILES, "Shared drive")
        self.keys(ENTER)  # nothing has the focus
        self.assert_nothing_done()
        self.keys(DOWN, DOWN, DOWN, UP, ENTER)
        self.look("open-keyboard")
        self.assertEqual(self.did(), {"act": "choose", "entry": 1})
        self.turn(FILES)
        self.keys(END, ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": len(FILES) - 1})
        self.turn(FILES)
        self.type("ho")
        self.keys(ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": 4})
        self.turn(FILES)
        self.type("green t")
        self.keys(ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": 3})
        self.turn(FILES)
        self.keys(BACKSPACE)
        self.assertEqual(self.did(), {"act": "back"})
        self.turn(PLACES, place=None)
        self.keys(TAB, TAB, ENTER)  # the list, Cancel
        self.assertEqual(self.did(), {"act": "close"})
        self.ask_file()
        self.keys(ESCAPE)
        self.assertEqual(self.did(), {"act": "close"})

    def test_a_long_list_scrolls(self):
        self.ask_file(MANY, "Shared drive")
        self.look("open-long")
        top = self.row_at(0)
        self.desktop.move(*top)
        self.desktop.scroll(11)  # a step is 48 pixels, and a row 44
        self.look("open-scrolled")
        self.desktop.click(*top)
        self.assertEqual(self.did(), {"act": "choose", "entry": 12})
        self.turn(MANY)
        self.desktop.move(*top)
        self.desktop.scroll(100000)
        self.desktop.click(*self.row_at(ROWS - 1))
        self.assertEqual(self.did(), {"act": "choose", "entry": len(MANY) - 1})
        self.turn(MANY)
        self.keys(PAGE_DOWN, PAGE_DOWN, ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": 2 * ROWS - 1})

    def test_a_new_page_is_a_new_half_second(self):
        self.ask_file(FILES, "Shared drive")
        self.desktop.move(*self.row_at(0))
        self.desktop.button(True)
        self.broker.call("io.bulkhead.Desktop.ShowFiles", id=self.asked, page=self.page(FILES))
        self.desktop.button(False)  # it was pressed on another page
        self.desktop.button(True)
        self.keys(DOWN, ENTER)
        if self.desktop.log().count("takes an answer") > 1:
            raise Late("the page takes an answer")
        self.ready()
        self.desktop.button(False)
        self.assert_nothing_done()
        self.desktop.click(*self.row_at(0))
        self.assertEqual(self.did(), {"act": "choose", "entry": 0})

    def test_what_it_says_instead(self):
        seen = []
        self.ask_file([])
        seen.append(self.look("open-none"))
        for note in ("silent", "gone", "refused", "noFile", "deep"):
            self.turn([], note=note)
            seen.append(self.look(f"open-{note}"))
        self.turn([])
        seen.append(self.look("open-empty"))
        self.turn(FILES, more=True)
        seen.append(self.look("open-more"))
        self.assertEqual(len({picture.tobytes() for picture in seen}), len(seen))
        self.desktop.move(*self.row_at(0))
        before = self.desktop.screenshot()
        self.desktop.button(True)
        self.desktop.button(False)
        self.did()
        self.look("open-waiting")  # what there is to be seen in a while: the screen is waited for
        self.assertIsNotNone(different(before, self.desktop.screenshot()))

    def test_which_files_there_are_to_see(self):
        self.ask_file(FILES, "Shared drive", endings=(".txt", ".md", ".ods"))
        self.look("open-endings")
        self.desktop.resize(640, 360)
        self.ready()
        self.look("open-small")
        self.keys(DOWN, ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": 0})

    def test_names_cannot_break_the_dialog(self):
        names = ["<b>bold</b> & more", "a" * 255, "\u202egpj.exe", "z\u0335\u0322\u0356" * 60, "line\nfeed", " "]
        self.ask_file([{"kind": "file", "name": name, "size": 2 ** 53 - 1} for name in names], "\u202eRed\n" * 40)
        self.look("open-nasty")
        self.keys(DOWN, ENTER)
        self.assertEqual(self.did(), {"act": "choose", "entry": 0})

    def test_what_is_wrong_is_refused(self):
        good = {"id": 9, "app": RED, "appName": "Red", "endings": [], "page": self.page(FILES)}
        for wrong in ({"app": ""}, {"saveAs": ""}, {"endings": [1]}, {"endings": [".x"] * 17}, {"page": None}, {"page": {}},
                      {"page": self.page([{"kind": "device", "name": "x"}])}, {"page": self.page([{"kind": "file"}])},
                      {"page": self.page(FILES, note="odd")}, {"page": self.page([FILES[2]] * 1001)}):
            with self.assertRaises(VarlinkError, msg=str(wrong)):
                self.broker.call("io.bulkhead.Desktop.AskFile", **good | wrong)
        with self.assertRaisesRegex(VarlinkError, "NoSuchQuestion"):
            self.broker.call("io.bulkhead.Desktop.ShowFiles", id=1, page=self.page(FILES))
        self.ask_file()
        for wrong in (self.page([FILES[2]] * 1001), self.page(FILES, note="odd")):
            with self.assertRaises(VarlinkError):
                self.broker.call("io.bulkhead.Desktop.ShowFiles", id=self.asked, page=wrong)
        with self.assertRaisesRegex(VarlinkError, "NoSuchQuestion"):
            self.broker.call("io.bulkhead.Desktop.ShowFiles", id=self.asked + 1, page=self.page(FILES))


class Saving(Fixture):
    def test_under_the_proposed_name_by_pointer(self):
        self.ask_file(save_as="Green tea.txt")
        self.look("save-places")
        self.desktop.click(*self.button_at(0))  # there is no folder yet
        self.assert_nothing_done()
        self.turn(FILES)
        self.look("save-folder")
        self.desktop.click(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "save", "name": "Green tea.txt"})
        self.turn([], note="exists")
        self.look("save-exists")
        self.desktop.click(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "replace"})
        self.turn(FILES)
        self.desktop.click(*self.button_at(1))
        self.assertEqual(self.did(), {"act": "close"})

    def test_a_name_of_the_persons_own(self):
        self.ask_file(FILES, "Shared drive", save_as="Tea.txt")
        self.type("black tea")  # takes the place of what stands before the ending
        self.look("save-typed")
        self.keys(ENTER)
        self.assertEqual(self.did(), {"act": "save", "name": "black tea.txt"})
        self.turn(FILES)
        self.type("x")
        self.keys(HOME, *[LETTERS[letter] for letter in "no"], LEFT, BACKSPACE, LETTERS["g"], END, *[BACKSPACE] * 4, ENTER)
        self.assertEqual(self.did(), {"act": "save", "name": "goblack teax"})
        self.turn([], note="badName")
        self.look("save-bad-name")
        self.keys(ENTER, TAB, TAB, ENTER)  # Back, Cancel
        self.assertEqual(self.did(), {"act": "close"})

    def test_the_name_of_what_is_there(self):
        self.ask_file(FILES, "Shared drive", save_as="Tea.txt")
        self.desktop.click(*self.row_at(4))
        self.assert_nothing_done()
        self.look("save-taken")
        self.desktop.click(*self.row_at(0))
        self.assertEqual(self.did(), {"act": "choose", "entry": 0})
        self.turn(FILES)
        self.desktop.click(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "save", "name": "Holiday.mp4"})

    def test_no_name_at_all(self):
        self.ask_file(FILES, "Shared drive", save_as="Tea")
        self.type("x")
        self.keys(BACKSPACE, BACKSPACE, ENTER)
        self.desktop.click(*self.button_at(0))
        self.assert_nothing_done()


class Finer(Fixture):
    size, scale, animated = (1920, 1200), 1.5, True

    def test_on_a_finer_screen(self):
        self.ask_file(FILES, "Shared drive", save_as="Green tea.txt")
        self.look("save-fine")
        self.desktop.click(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "save", "name": "Green tea.txt"})


class Phone(Fixture):
    size, form, padding, row, button = (360, 720), "phone", 16, 52, 48

    def test_by_finger(self):
        self.app()
        before = self.desktop.screenshot()
        self.ask_file()
        self.look("phone-places")
        self.desktop.tap(*self.row_at(0))
        self.assertEqual(self.did(), {"act": "choose", "entry": 0})
        self.turn(MANY)
        x, y = self.row_at(5)
        self.desktop.touch(x, y)
        for step in range(1, 6):
            self.desktop.touch(x, y - 52 * step)
        self.desktop.touch_up()
        self.assertEqual(self.desktop.log().count(f"question {self.asked}: choose"), 1)  # a finger that drags presses nothing
        self.look("phone-dragged")
        self.desktop.tap(*self.row_at(0))
        self.assertEqual(self.did(), {"act": "choose", "entry": 5})
        self.turn(FILES)
        self.look("phone-folder")
        self.desktop.tap(*self.back_at())
        self.assertEqual(self.did(), {"act": "back"})
        self.turn(FILES)
        self.keys(ESCAPE)
        self.assertEqual(self.did(), {"act": "close"})
        self.assertIsNone(different(before, self.desktop.screenshot()))

    def test_saving(self):
        self.ask_file(FILES, "Shared drive", save_as="A rather long name of a file for a phone.txt")
        self.look("phone-save")
        self.desktop.tap(*self.button_at(0))
        self.assertEqual(self.did(), {"act": "save", "name": "A rather long name of a file for a phone.txt"})
        self.turn([], note="exists")
        self.look("phone-exists")


if __name__ == "__main__":
    drive_prompts.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
