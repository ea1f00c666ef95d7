# SPDX-License-Identifier: Apache-2.0
"""A link and a file that one real app opens with others on the whole machine: typed in Debian's terminal, chosen in the system's
dialog, shown by Debian's browser and by the notes, which were not running."""
import machine
import pytest
import screen
from drive import START_SECONDS, click, count, press, type_text, wait_for, wait_log
from test_windows import BROWSER, NOTES, TERMINAL, focus

BAR = 40  # height of the panel
LINK = "https://example.org/tea"
# Parts of a window, from where the name in its title bar begins.
TITLE, CONTENT = (0, -19, 400, 19), (-42, 19, 600, 140)
FAINT = 120  # lighter than this is the title, behind the name


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", fresh=True)
    yield
    machine.down(force=True)


def state(app: str) -> str:
    return next(found for found in machine.status()["apps"] if found["id"] == app)["state"]


def middle() -> tuple[int, int, int, int]:
    """Where the dialog is."""
    width, height = machine.screen_size()
    return width // 3, height // 6, width * 2 // 3, height * 5 // 6


def choose(number: int, app: str, shown: str, logged: int):
    """Clicks on the app in the dialog that says this of what is to be opened."""
    wait_log(f"question {number} takes an answer", logged)
    chosen = wait_for(lambda: screen.find(screen.picture(), app, middle()), f"{app} to choose")  # it is lit a frame later
    asked = screen.picture()
    screen.keep(asked, f"open-with-{number}")
    seen = [word.text.strip("“”") for word in screen.words(asked, middle())]
    assert shown in seen and "Terminal" in seen, seen
    click(chosen)


def read(app: str, what: str, box: tuple[int, int, int, int] = CONTENT, lighter: int = screen.TEXT_LIGHT):
    """In a part of the app's window, which is found by the name in its title bar: `box` is from there."""
    def is_there() -> bool:
        image = screen.picture()
        name = next((word for word in screen.words(image) if word.text == app and word.y > BAR), None)
        if name is None:
            return False
        left, top, right, bottom = box
        part = (name.left + left, name.y + top, name.left + right, name.y + bottom)
        return any(what in word.text for word in screen.words(image, part, lighter=lighter))
    wait_for(is_there, f"{what} in {app}", START_SECONDS)


def test_a_link_in_the_terminal_is_opened_by_the_browser_that_the_person_chooses():
    press("meta_l")
    wait_for(lambda: screen.find(screen.picture(), "Terminal"), "the launcher")
    type_text("term")
    press("ret")
    wait_for(lambda: any("$" in word.text for word in screen.words(screen.picture())), "a prompt", START_SECONDS)
    logged = count()
    type_text(f"xdg-open {LINK}\n")
    assert state(BROWSER) == "stopped"
    choose(1, "Browser", "example.org", logged)
    wait_log(f"{BROWSER} opens https of {TERMINAL}", logged)
    read("Browser", "example.org/tea")
    screen.keep(screen.picture(), "opened-link")


def test_a_file_in_the_terminal_is_opened_by_the_notes():
    focus(TERMINAL)
    logged = count()
    type_text("echo big$((6*7))tea > tea.txt; xdg-open tea.txt\n")
    choose(2, "Notes", "text/plain,", logged)
    wait_log(f"{NOTES} opens text/plain of {TERMINAL}", logged)
    read("Notes", "big42tea")
    read("Notes", "big42tea", TITLE, FAINT)  # so the notes call it then, by io.bulkhead.Window.Set
    screen.keep(screen.picture(), "opened-file")
    assert not any("did not take" in line for line in machine.log_lines(None))
