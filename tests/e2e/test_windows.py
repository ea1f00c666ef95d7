# SPDX-License-Identifier: Apache-2.0
"""The windows of real apps on the whole machine: started from the launcher, typed into, moved, resized, hung, closed, by
pointer and keys alone; what stands on the screen is read."""
import colorsys
import time

import machine
import pytest
import screen
from drive import PATIENCE, START_SECONDS, click, count, drag, looked_at, press, rest, type_text, wait_for, wait_log
from PIL import Image

BROWSER, EDITOR, NOTES, TERMINAL = "io.bulkhead.browser", "io.bulkhead.editor", "io.bulkhead.notes", "io.bulkhead.terminal"
NAMES = {BROWSER: "Browser", EDITOR: "Editor", NOTES: "Notes", TERMINAL: "Terminal"}
BAR = 40  # height of the panel
TITLE, BORDER, NAME_X = 38, 4, 42  # system/compositor/windows: the title bar, the frame, where the name begins
SETTLES = 1  # seconds: a window that comes, or that another one left the focus to, is on its way for less
FOCUSED = 88  # the brightest part of a frame's colour with the focus is above, without it below


class Window:
    """Where a window stands: found by the name in its title bar."""

    def __init__(self, app: str, image: Image.Image):
        words = [word for word in screen.words(image) if word.text == NAMES[app] and word.y > BAR]
        assert words, f"no window called {NAMES[app]} is on the screen"
        self.left = words[0].left - NAME_X
        self.top = words[0].y - TITLE // 2
        self.colour = image.getpixel((self.left + NAME_X - 4, self.top + TITLE // 2))  # beside the name, which is seen
        self.right = self.edge(image, self.left + 200, 1)
        self.bottom = self.top + self.height(image)

    def edge(self, image: Image.Image, x: int, step: int) -> int:
        """The last pixel of the title bar: its colour goes on to the frame's corner."""
        y = self.top + TITLE - 4
        while 0 <= x + step < image.width and close(image.getpixel((x + step, y)), image.getpixel((self.left + 200, y)), 24):
            x += step
        return x

    def height(self, image: Image.Image) -> int:
        """Down the left border to where its colour ends."""
        x, y = self.left + 2, self.top + TITLE + 30
        colour = image.getpixel((x, y))
        while y + 1 < image.height and close(image.getpixel((x, y + 1)), colour, 24):
            y += 1
        return y - self.top

    @property
    def title(self) -> tuple[int, int]:
        return self.left + 250, self.top + TITLE // 2

    @property
    def content(self) -> tuple[int, int, int, int]:
        return self.left + BORDER, self.top + TITLE, self.right - BORDER, self.bottom - BORDER

    @property
    def close_button(self) -> tuple[int, int]:
        return self.right - 19, self.top + TITLE // 2


def close(a: tuple, b: tuple, most: int) -> bool:
    return all(abs(x - y) <= most for x, y in zip(a, b))


def window(app: str) -> Window:
    return Window(app, screen.picture())


def seen(app: str, what) -> bool:
    """What is so of a picture and the window in it; false while the window is not there, or on its way."""
    image = screen.picture()
    try:
        return what(image, Window(app, image))
    except (AssertionError, IndexError):
        return False


def task(app: str):
    """Clicks the app's place in the panel's task list."""
    bar = (0, 0, machine.screen_size()[0] * 7 // 10, BAR)
    click(wait_for(lambda: screen.find(screen.picture(), NAMES[app], bar), f"{NAMES[app]} in the task list"))


def focus(app: str):
    rest()  # the pointer leaves the panel first: nothing is lit by it
    time.sleep(SETTLES)

    def stays_on_top() -> bool:
        if not is_focused(app):  # else its place in the task list would put it away
            task(app)
        time.sleep(SETTLES)
        return is_focused(app)

    wait_for(stays_on_top, f"{NAMES[app]} on top")


def is_focused(app: str) -> bool:
    """The frame of the window with the focus is the brightest: that of one without is dimmed."""
    return seen(app, lambda image, at: max(at.colour) > FOCUSED)


def text_in(app: str) -> str:
    image = screen.picture()
    return screen.text(image, Window(app, image).content)


def has_drawn(app: str) -> bool:
    """Paper in a light colour, or a prompt."""
    if app == TERMINAL:
        return seen(app, lambda image, at: "$" in screen.text(image, at.content))
    return seen(app, lambda image, at: min(image.getpixel((at.content[2] - 60, at.content[3] - 30))) > 200)


def read(app: str, wanted: str, seconds: float = PATIENCE):
    wait_for(lambda: seen(app, lambda image, at: wanted in screen.text(image, at.content)), f"{wanted!r} in {NAMES[app]}",
             seconds)


def state(app: str) -> str:
    return next(found for found in machine.status()["apps"] if found["id"] == app)["state"]


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", fresh=True)
    yield
    machine.down()


def test_an_app_is_started_by_clicks():
    click((60, BAR // 2))
    click(wait_for(lambda: screen.find(screen.picture(), "Editor"), "the launcher"))
    wait_for(lambda: screen.find(screen.picture(), "Search"), "the editor's menu", START_SECONDS)


@pytest.mark.parametrize("app, typed", [(NOTES, "note"), (TERMINAL, "term")])
def test_an_app_is_started_by_keys(app, typed):
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Editor"), "the launcher")
    type_text(typed)
    press("ret")
    wait_for(lambda: is_focused(app) and has_drawn(app), f"{NAMES[app]} on top, with what it draws", START_SECONDS)


def test_each_window_has_a_colour_of_its_own():
    colours = {}
    for app in (EDITOR, NOTES, TERMINAL):
        focus(app)
        colours[app] = window(app).colour
    screen.keep(screen.picture(), "three-windows")
    hues = sorted(colorsys.rgb_to_hsv(*(part / 255 for part in colour))[0] for colour in colours.values())
    gaps = [second - first for first, second in zip(hues, [*hues[1:], hues[0] + 1])]
    assert min(gaps) > 0.03, f"{colours}: their hues are too near"


def test_what_is_typed_goes_to_the_focused_window_alone():
    focus(TERMINAL)
    type_text("echo big$((6*7))wall\n")
    read(TERMINAL, "big42wall")
    focus(NOTES)
    assert "wall" not in text_in(NOTES)
    type_text("kept apart")
    read(NOTES, "kept apart")
    focus(EDITOR)
    assert "wall" not in text_in(EDITOR) and "apart" not in text_in(EDITOR)
    focus(TERMINAL)
    assert "apart" not in text_in(TERMINAL)


def test_the_keyboard_layout_of_the_panel_is_that_of_an_app():
    def choose(shown: str, layout: str):
        panel = (machine.screen_size()[0] * 7 // 10, 0, machine.screen_size()[0], BAR)
        click(wait_for(lambda: next((word for word in screen.words(screen.picture(), panel) if word.text.lower() == shown), None),
                       f"{shown} on the panel"))
        click(wait_for(lambda: screen.find(screen.picture(), layout), f"{layout} among the layouts"))
        wait_for(lambda: screen.find(screen.picture(), layout) is None, "the layouts gone")
    choose("us", "Deutsch")
    focus(TERMINAL)
    type_text("echo lazy42yak\n")  # with the keys of an American keyboard
    read(TERMINAL, "layz42zak")
    choose("de", "English")
    focus(TERMINAL)
    type_text("echo lazy43yak\n")
    read(TERMINAL, "lazy43yak")


def test_alt_tab_goes_to_the_one_before():
    focus(NOTES)
    focus(TERMINAL)
    press("alt-tab")
    wait_for(lambda: is_focused(NOTES), "the notes on top")


def test_a_window_is_resized_by_its_edge():
    """The guest takes the new mode, and what it draws is sharp: every letter is the very pixels that it was."""
    focus(TERMINAL)
    at = window(TERMINAL)
    drag(at.title, (at.title[0] + 20 - at.left, at.title[1] + BAR + 10 - at.top))
    wait_for(lambda: seen(TERMINAL, lambda image, to: abs(to.left - 20) < 6), "the window at its new place")
    before = screen.picture()
    small = Window(TERMINAL, before)
    drag((small.right - 1, small.bottom - 1), (small.right - 1 + 150, small.bottom - 1 + 90))
    wait_for(lambda: seen(TERMINAL, lambda image, to: to.right > small.right + 140), "the window larger")
    wait_for(lambda: same_text(before, screen.picture(), small), "the text as it was, at the new size")
    left, top, right, bottom = Window(TERMINAL, screen.picture()).content
    ground = before.getpixel((small.content[2] - 40, small.content[3] - 40))
    for corner in ((right - 12, bottom - 12), (right - 12, top + 40), (left + 200, bottom - 12)):
        wait_for(lambda at=corner: screen.picture().getpixel(at) == ground, f"the terminal's ground at {corner}")
    screen.keep(screen.picture(), "resized")


def same_text(before: Image.Image, after: Image.Image, at: Window) -> bool:
    """The first line of the terminal, pixel for pixel, at most moved by the padding of a size that is no whole cells."""
    line = (at.content[0] + 14, at.content[1] + 14, at.content[0] + 180, at.content[1] + 30)
    wanted = before.crop(line)
    return any(after.crop(tuple(side + (x, y)[number % 2] for number, side in enumerate(line))).tobytes() == wanted.tobytes()
               for x in range(-10, 11) for y in range(-12, 13))


def test_an_app_that_hangs_can_be_moved_and_closed_while_the_rest_goes_on():
    focus(TERMINAL)
    machine.debug().call("io.bulkhead.Debug.Pause", vm=TERMINAL, paused=True)
    at = window(TERMINAL)
    drag(at.title, (at.title[0] + 60, at.title[1] + 30))
    wait_for(lambda: seen(TERMINAL, lambda image, to: abs(to.left - at.left - 60) < 6), "the hung window moved")
    focus(NOTES)
    type_text(" all the while")
    read(NOTES, "all the while")
    focus(TERMINAL)
    logged = count()
    button = window(TERMINAL).close_button
    click(button)  # it is asked, and does not hear
    wait_log(f"the person asked to close {TERMINAL}", logged)
    wait_log("the window of app [0-9]+ has not closed", logged)
    looked_at("not-closed")
    time.sleep(1)  # what was pressed at once may have been meant for the app
    click(wait_for(lambda: screen.find(screen.picture(), "End"), "what ends it"))  # the person does not want to wait
    wait_log(rf"bk-supervisor: {TERMINAL} ended", logged)
    wait_for(lambda: state(TERMINAL) == "stopped", "the app ended")
    wait_for(lambda: not any(word.text == "Terminal" for word in screen.words(screen.picture())), "its window gone")
    assert state(NOTES) == state(EDITOR) == "running"


def test_a_window_closes_when_asked():
    focus(NOTES)
    logged = count()
    click(window(NOTES).close_button)
    wait_log(rf"bk-supervisor: {NOTES} ended", logged)
    wait_for(lambda: state(NOTES) == "stopped", "the app ended")


def test_an_editor_that_asks_whether_to_save_is_answered():
    """And not ended in the meantime: what was written is there until the person lets it go."""
    focus(EDITOR)
    type_text("unsaved")
    read(EDITOR, "unsaved")
    logged = count()
    click(window(EDITOR).close_button)
    shows = {word: lambda image, at, word=word: word in screen.text(image, at.content).split() for word in ("Cancel", "Wait")}
    wait_for(lambda: seen(EDITOR, shows["Cancel"]) or seen(EDITOR, shows["Wait"]), "the editor asks")
    if seen(EDITOR, shows["Wait"]):  # it was so late that the system asks first, whether it is to be ended
        press("esc")
        wait_for(lambda: seen(EDITOR, shows["Cancel"]), "the editor's own question")
    looked_at("asks-to-save")

    def gone_after_escape() -> bool:
        press("esc")
        return seen(EDITOR, lambda image, at: "Cancel" not in screen.text(image, at.content))

    wait_for(gone_after_escape, "the question gone")
    wait_log(f"the person goes on with {EDITOR}", logged)
    read(EDITOR, "unsaved")
    assert state(EDITOR) == "running"
