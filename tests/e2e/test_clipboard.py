# SPDX-License-Identifier: Apache-2.0
"""The clipboard on the whole machine: what the person copies in one of Debian's programs, unchanged and in a VM of its own, they
paste in another with the keys they know, and see whose it is."""
import machine
import pytest
import screen
from drive import click, count, drag, press, type_text, wait_for, wait_log
from test_windows import EDITOR, NAMES, START_SECONDS, TERMINAL, Window, focus, has_drawn, is_focused, read, seen, text_in

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
    machine.down()


def test_from_the_editor_into_the_terminal():
    focus(EDITOR)
    type_text("carried over")
    read(EDITOR, "carried over")
    press("ctrl-a")
    press("ctrl-c")
    assert "carried" not in text_in(TERMINAL)
    focus(TERMINAL)
    type_text("echo ")
    logged = count()
    press("ctrl-shift-v")
    wait_log(PASTED.format("Editor", "Terminal"), logged)
    screen.keep(screen.picture(), "pasted")
    press("ret")
    wait_for(lambda: text_in(TERMINAL).count("carried over") == 2, "what was pasted, and its echo")


def test_from_the_terminal_into_the_editor():
    type_text("clear\n")
    type_text("echo big$((6*7))wall\n")
    read(TERMINAL, "big42wall")
    image = screen.picture()
    word = screen.find(image, "big42wall", Window(TERMINAL, image).content)
    drag((word.left - 3, word.y), (2 * word.x - word.left + 4, word.y))
    press("ctrl-shift-c")
    focus(EDITOR)
    press("ctrl-a")
    logged = count()
    press("ctrl-v")
    wait_log(PASTED.format("Terminal", "Editor"), logged)
    read(EDITOR, "big42wall")
    assert "carried" not in text_in(EDITOR), "it took the place of what was selected"


def test_what_was_copied_outlives_its_app():
    focus(TERMINAL)
    type_text("exit\n")
    wait_for(lambda: not any(word.text == "Terminal" for word in screen.words(screen.picture())), "the terminal gone")
    focus(EDITOR)
    press("ctrl-a")
    press("delete")
    wait_for(lambda: "big42wall" not in text_in(EDITOR), "the text gone")
    press("ctrl-v")
    read(EDITOR, "big42wall")


def test_a_menu_asks_the_person():
    image = screen.picture()
    left, top, _, _ = Window(EDITOR, image).content
    press("ctrl-a")
    press("delete")
    click(wait_for(lambda: screen.find(screen.picture(), "Edit"), "the editor's menus"))
    logged = count()
    click(wait_for(lambda: screen.find(screen.picture(), "Paste"), "the menu"))
    wait_log("question -1 takes an answer", logged)
    screen.keep(screen.picture(), "paste-asked")
    click(wait_for(lambda: next((word for word in screen.words(screen.picture()) if word.text == "Paste" and word.y > image.height // 2 + 20), None),
                   "the question"))
    wait_log(PASTED.format("Terminal", "Editor"), logged)
    assert seen(EDITOR, lambda picture, at: True)
    read(EDITOR, "big42wall")
