# SPDX-License-Identifier: Apache-2.0
"""The clipboard on the whole machine: what the person copies in one of Debian's programs, unchanged and in a VM of its own, they
paste in another with the keys they know, and see whose it is."""
import time

import machine
import pytest
import screen
from drive import PATIENCE, START_SECONDS, click, count, do_until, drag, in_log, press, type_text, wait_for, wait_log
from test_windows import BAR, EDITOR, NAMES, TERMINAL, Window, focus, has_drawn, is_focused, read, seen, text_in

MENU_SECONDS = 20  # an open menu is on the screen by then
PASTED = r"pasted: {} -> {}: text/plain;charset=utf-8"


@pytest.fixture(scope="module", autouse=True)
def the_machine():
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", fresh=True)
    for app, typed in ((EDITOR, "edi"), (TERMINAL, "term")):
        press("meta_l")
        wait_for(lambda: screen.find(screen.picture(), "Editor"), "the launcher")
        type_text(typed)
        press("ret")
        wait_for(lambda: is_focused(app) and has_drawn(app), f"{NAMES[app]} on top, with what it draws", START_SECONDS)
    yield
    machine.down(force=True)  # ending it as a person does is for test_desktop.py and test_windows.py


def pasted(keys: str, source: str, target: str):
    """Pastes with these keys, and sees whose it is: a line at the top of the screen says so for a moment."""
    logged, pictures, done = count(), [], False
    width, until = machine.screen_size()[0], time.monotonic() + PATIENCE
    press(keys)
    while time.monotonic() < until:  # from the key on: it is there for two seconds
        pictures.append(screen.picture().crop((width // 4, BAR, width * 3 // 4, BAR + 70)))
        if not done and in_log(PASTED.format(source, target), logged) and pictures[-1] != pictures[0]:
            done, until = True, time.monotonic() + 3
        time.sleep(0.2)  # a picture takes the machine's time, which those who paste need
    assert done, f"{source} is not pasted into {target}, or nothing is to be seen of it"
    said = [screen.text(picture) for picture in pictures]
    shown = [picture for picture, text in zip(pictures, said) if {source, target, "Pasted", "text"} <= set(text.split())]
    assert shown, f"it was not to be seen: {said}"
    screen.keep(shown[0], f"pasted-into-{target.lower()}")


def times(app: str, text: str) -> int:
    """How often that is in its window; 0 while what was pasted is said above it."""
    return seen(app, lambda image, at: screen.text(image, at.content).count(text))


def test_from_the_editor_into_the_terminal():
    focus(EDITOR)
    type_text("carried over")
    read(EDITOR, "carried over")
    press("ctrl-a")
    press("ctrl-c")
    assert "carried" not in text_in(TERMINAL)
    focus(TERMINAL)
    type_text("echo ")

    def paste():
        """What was pasted the shell shows in dark on light, until something is typed."""
        pasted("ctrl-shift-v", "Editor", "Terminal")
        type_text(" ")

    # The terminal waits two seconds for what comes from another VM, and says so in its log: on a busy machine the person pastes again.
    do_until(paste, lambda: times(TERMINAL, "carried over"), "what was pasted")
    do_until(lambda: press("ret"), lambda: times(TERMINAL, "carried over") == 2, "its echo")


def copy_in_terminal(text: str):
    """Selects it with the pointer, and copies it."""
    focus(TERMINAL)
    image = screen.picture()
    word = screen.find(image, text, Window(TERMINAL, image).content)
    drag((word.left - 3, word.y), (2 * word.x - word.left + 4, word.y))
    press("ctrl-shift-c")


def open_menu() -> screen.Word | None:
    """Where Paste is in the editor's menu, once it is open: an app that stands still for a second takes no click."""
    click(wait_for(lambda: screen.find(screen.picture(), "Edit"), "the editor's menus"))
    until = time.monotonic() + MENU_SECONDS
    while time.monotonic() < until:
        if paste := screen.find(screen.picture(), "Paste"):
            return paste
        time.sleep(1)
    press("esc")  # were it to come now, the next click would close it
    return None


def test_from_the_terminal_by_the_editors_menu_after_a_question():
    type_text("clear\n")
    type_text("echo big$((6*7))wall\n")
    read(TERMINAL, "big42wall")
    copy_in_terminal("big42wall")
    focus(EDITOR)
    press("ctrl-a")
    logged = count()
    do_until(lambda: click(wait_for(open_menu, "the editor's menu", START_SECONDS)),
             lambda: in_log("question 1 takes an answer", logged), "the question")
    screen.keep(screen.picture(), "paste-asked")
    middle = machine.screen_size()[1] // 2
    click(wait_for(lambda: next((word for word in screen.words(screen.picture()) if word.text == "Paste" and word.y > middle + 20), None),
                   "a button to answer it"))
    wait_log(PASTED.format("Terminal", "Editor"), logged)
    read(EDITOR, "big42wall")
    assert "carried" not in text_in(EDITOR), "it took the place of what was selected"


def test_what_was_copied_outlives_its_app():
    focus(TERMINAL)
    type_text("clear\n")  # what is still selected is hard to read
    type_text("echo big$((6*7))wall\n")
    read(TERMINAL, "big42wall")
    copy_in_terminal("big42wall")
    type_text("exit\n")
    wait_for(lambda: not any(word.text == "Terminal" for word in screen.words(screen.picture())), "the terminal gone")
    focus(EDITOR)
    type_text(" and ")
    pasted("ctrl-v", "Terminal", "Editor")
    wait_for(lambda: times(EDITOR, "big42wall") == 2, "it there twice")
