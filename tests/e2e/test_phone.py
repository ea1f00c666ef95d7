# SPDX-License-Identifier: Apache-2.0
"""The machine as a phone: a home screen, one real app at a time, fingers, and a turn of the machine with an app open; what
stands on the screen is read."""
import math
import time

import machine
import pytest
import screen
from drive import PATIENCE, START_SECONDS, do_until, rotate, swipe, tap, type_text, wait_for, wait_log
from PIL import Image, ImageChops

WIDTH, HEIGHT = machine.FORMS["phone"].size
SCALE = 2  # of this panel: an app's letters are twice as large as on the desktop
BAR, STRIP = 88, 56  # pixels of this panel: the status bar above, the strip for gestures below
LABEL_BELOW = 80  # an app's name on the home screen stands so far below the middle of its picture
PAPER = (250, 243, 230)  # of the notes
BACKDROP = (5, 8, 15)  # what is seen of the panel beside a desktop that turns
GLIMPSE_SECONDS = 0.15  # between two screenshots: in a tight loop they leave an emulated machine no time to work
TURN_SECONDS = 20  # after which a slow turn is over, with all that apps do


def upright(picture: Image.Image, degrees: int) -> Image.Image:
    """What a person sees who has turned the machine clockwise by so many degrees: the panel's pixels are its own."""
    turns = {90: Image.Transpose.ROTATE_270, 270: Image.Transpose.ROTATE_90}
    return picture.transpose(turns[degrees]) if degrees else picture


def content(image: Image.Image) -> tuple[int, int, int, int]:
    return 0, BAR, image.width, image.height - STRIP


def text_in_app(image: Image.Image) -> str:
    return screen.text(image, content(image), screen.SCALE / SCALE)


def read(wanted: str, degrees: int = 0, seconds: float = PATIENCE):
    def look():
        return wanted in text_in_app(upright(screen.picture(), degrees))
    wait_for(look, f"{wanted!r} in the app", seconds)


def shows_notes(image: Image.Image) -> bool:
    """The notes fill the room between bar and strip, which are dark, with their paper, which is light."""
    left, top, right, bottom = content(image)
    middle = image.width // 2
    return (all(min(image.getpixel(at)) > 200 for at in ((left + 8, bottom - 12), (right - 8, bottom - 12), (right - 8, top + 300)))
            and all(max(image.getpixel(at)) < 160 for at in ((middle, 6), (middle, image.height - 5))))


def on_home(name: str) -> screen.Word | None:
    return screen.find(screen.picture(), name)


def open_app(name: str):
    label = wait_for(lambda: on_home(name), f"{name} on the home screen")
    tap((label.x, label.y - LABEL_BELOW))


def go_home():
    """A finger that a busy machine sees rest opens the overview instead."""
    do_until(lambda: swipe((WIDTH // 2, HEIGHT - STRIP // 2), (WIDTH // 2, HEIGHT // 2), seconds=0.15),
             lambda: on_home("Terminal") and on_home("Editor"), "the home screen")


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", form="phone", motion="slow_turn", fresh=True)
    yield
    machine.down(force=True)


def test_the_home_screen_has_the_apps():
    wait_for(lambda: on_home("Terminal"), "the home screen")
    image = screen.picture()
    assert image.size == (WIDTH, HEIGHT)
    assert all(screen.find(image, name) for name in ("Browser", "Editor", "Notes", "Terminal"))
    screen.keep(image, "phone-home")


def test_a_notification_is_answered_in_the_panel_from_the_top():
    """The timer's, which starts with the machine. A toast may go at any moment; in the panel it stays."""
    wait_log("-> .*io.bulkhead.Notification.Post", 0, "io.bulkhead.timer")
    swipe((WIDTH // 2, 8), (WIDTH // 2, HEIGHT // 2), hold_seconds=0.2)
    wait_for(lambda: on_home("Notifications"), "the panel")  # what a toast showed stands at another place in it
    tap(wait_for(lambda: on_home("Done"), "the timer's notification"))
    wait_for(lambda: not on_home("Done"), "the notification gone")
    tap((WIDTH // 2, HEIGHT - 3 * STRIP))  # beside the panel: it closes
    wait_for(lambda: on_home("Terminal"), "the home screen")


def test_a_finger_that_rests_opens_an_apps_menu():
    label = on_home("Notes")
    tap((label.x, label.y - LABEL_BELOW), hold_seconds=2)
    wait_for(lambda: on_home("fresh"), "what can be done with the app")
    screen.keep(screen.picture(), "phone-menu")
    tap((WIDTH // 2, HEIGHT - 3 * STRIP))  # beside it: it closes
    wait_for(lambda: not on_home("fresh"), "the home screen alone")


def test_an_app_is_opened_by_a_tap_and_typed_into():
    open_app("Notes")
    wait_for(lambda: shows_notes(screen.picture()), "the notes on all of the screen", START_SECONDS)
    image = screen.picture()
    bar, strip = image.getpixel((WIDTH // 2 + 90, 6)), image.getpixel((40, HEIGHT - 10))
    assert bar == strip, "bar and strip are one frame, in the app's colour"
    type_text("kept apart")
    read("kept apart")


def test_one_app_at_a_time_gets_what_is_typed():
    go_home()
    open_app("Terminal")
    wait_for(lambda: "$" in text_in_app(screen.picture()), "a prompt", START_SECONDS)
    assert "apart" not in text_in_app(screen.picture())
    type_text("echo big$((6*7))wall\n")
    read("big42wall")
    screen.keep(screen.picture(), "phone-terminal")


def test_a_swipe_along_the_strip_switches_apps():
    y = HEIGHT - STRIP // 2
    swipe((60, y), (WIDTH - 60, y), seconds=0.2)
    read("kept apart")
    assert "wall" not in text_in_app(screen.picture())
    swipe((WIDTH - 60, y), (60, y), seconds=0.2)
    read("big42wall")
    swipe((60, y), (WIDTH - 60, y), seconds=0.2)
    read("kept apart")


def boundary(mask: Image.Image) -> list[tuple[int, int]]:
    """The outermost pixels of what is white, in every fourth row and column, but for those where the panel ends."""
    points = []
    for x in range(0, mask.width, 4):
        if box := mask.crop((x, 0, x + 1, mask.height)).getbbox():
            points += [(x, box[1]), (x, box[3] - 1)]
    for y in range(0, mask.height, 4):
        if box := mask.crop((0, y, mask.width, y + 1)).getbbox():
            points += [(box[0], y), (box[2] - 1, y)]
    return [(x, y) for x, y in points if 0 < x < mask.width - 1 and 0 < y < mask.height - 1]


def angle(mask: Image.Image) -> float:
    """Of a rectangle's edges, from 0 to 90 degrees: the angle at which most of its outermost pixels are on them."""
    points = boundary(mask)

    def on_edges(degrees: float) -> int:
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        along = [x * cosine + y * sine for x, y in points]
        across = [y * cosine - x * sine for x, y in points]
        return sum(min(value - min(values), max(values) - value) < 2.5 for values in (along, across) for value in values)
    return max((half / 2 for half in range(180)), key=on_edges)


def apart(image: Image.Image, color: tuple[int, int, int]) -> Image.Image:
    """How far each pixel is from this colour, in the part of it that is farthest."""
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, color)).split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def paper(image: Image.Image) -> Image.Image:
    return apart(image, PAPER).point(lambda value: 255 if value < 10 else 0)


def sheet(image: Image.Image) -> Image.Image:
    """All that is not the backdrop: the desktop, whose edges are those of the status bar and the strip."""
    return apart(image, BACKDROP).point(lambda value: 255 if value > 6 else 0)


def glimpses(degrees: int) -> list[Image.Image]:
    """Turns the machine and looks until that is over."""
    rotate(degrees)
    pictures, began = [], time.monotonic()
    while time.monotonic() < began + TURN_SECONDS:
        pictures.append(screen.picture())
        if shows_notes(upright(pictures[-1], degrees)):
            break
        time.sleep(GLIMPSE_SECONDS)
    return pictures


def test_bar_and_app_turn_together():
    """Turned to and fro until a screenshot falls into the turn."""
    for _ in range(3):
        for degrees in (90, 0):
            for picture in glimpses(degrees):
                desktop = sheet(picture)
                if desktop.getextrema() == (255, 255):
                    continue  # at rest: it covers the panel
                bar = angle(desktop)
                if 5 <= bar <= 85:
                    screen.keep(picture, "phone-turn")
                    assert abs(angle(paper(picture)) - bar) <= 1, "the app stands at another angle than the bar"
                    return
            wait_for(lambda: shows_notes(upright(screen.picture(), degrees)), f"the notes at {degrees} degrees")
    pytest.fail("no screenshot fell into a turn")


def test_the_app_has_drawn_itself_anew_after_the_turn():
    rotate(90)
    wait_for(lambda: shows_notes(upright(screen.picture(), 90)), "the notes across the screen")
    read("kept apart", 90)
    type_text(" still")
    read("apart still", 90)
    picture = screen.picture()
    assert picture.size == (WIDTH, HEIGHT), "the panel is the same"
    screen.keep(upright(picture, 90), "phone-turned")


def test_fingers_go_on_working_when_turned():
    """Up from the edge that is below now: the panel's left or right one."""
    def turned(x: int, y: int) -> tuple[int, int]:
        return y, HEIGHT - 1 - x
    do_until(lambda: swipe(turned(HEIGHT // 2, WIDTH - STRIP // 2), turned(HEIGHT // 2, WIDTH // 3), seconds=0.15),
             lambda: screen.find(upright(screen.picture(), 90), "Editor"), "the home screen, turned")
    rotate(0)
    wait_for(lambda: on_home("Terminal"), "the home screen upright")
