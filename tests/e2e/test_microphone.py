# SPDX-License-Identifier: Apache-2.0
"""The machine's sound card on the whole machine: Debian's arecord in an app hears silence until the person says otherwise in the
dialog, then what the card hears, and silence again when it is taken back on the privacy page; and what Debian's aplay plays
there comes out of the card. All by pointer and keys."""
import array
import math
import pathlib
import re
import struct
import wave

import machine
import pytest
import screen
from drive import START_SECONDS, BAR, click, mark, press, rest, type_text, wait_for

TERMINAL = "io.bulkhead.terminal"
TONE_SECONDS = 150
# What half a second of it is, whenever that is another than before: how often its wave comes up through zero, at 1 kHz 500 times.
LISTEN = ("clear;arecord -q -f S16_LE -r 8000 -t raw 2>/dev/null|od -An -td2 -v -w2|awk '$1>0&&p<=0{n++}{p=$1}NR%4000==0"
          "{s=n==0?\"QUIET\":n>480&&n<520?\"TONE\":\"\";if(s&&s!=o){print s;o=s}n=0}'\n")
# A tone of 500 Hz and two seconds: 16 samples of a byte a period at 8 kHz, which are 96 at the card's 48 kHz.
PLAY = "clear;yes '@@@@@@@@~~~~~~~~'|tr -d '\\n'|tr '~' '\\300'|head -c 16000|aplay -q -t raw -f S8 -r 8000&&echo pla''yed\n"
PERIODS, PERIOD = 1000, 96
WAV_HEADER = 44  # bytes; the sizes in it are right when the machine has ended
LOUD = 4000  # of 32767: half of what is played is 16384, in front of what a filter makes of its edges


@pytest.fixture(scope="module")
def speaker(workspace):
    """What the machine's card has played, as a file."""
    return workspace / "speaker.wav"


def write_tone(path: pathlib.Path, seconds: int = TONE_SECONDS):
    """A tone of 1 kHz for the microphone."""
    period = b"".join(struct.pack("<2h", *2 * [round(12000 * math.sin(2 * math.pi * at / 48))]) for at in range(48))
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", None))
        file.writeframes(seconds * 1000 * period)


@pytest.fixture(scope="module", autouse=True)
def the_machine(workspace, speaker):
    tone = workspace / "tone.wav"
    write_tone(tone)
    machine.down(force=True)
    machine.up(headless=True, chosen="auto", memory="4G", fresh=True, microphone=tone, speaker=speaker)
    yield
    machine.down(force=True)


def app() -> dict:
    return next(found for found in machine.status()["apps"] if found["id"] == TERMINAL)


def heard() -> list[str]:
    """What the terminal shows of it, in its order."""
    return re.findall("QUIET|TONE", screen.text(screen.picture()))


def on_screen(word: str, near: int | None = None) -> screen.Word | None:
    """The word, or that one of several which stands closest to the height `near`."""
    found = [at for at in screen.words(screen.picture()) if at.text.strip(".,:;") == word]
    return min(found, key=lambda at: abs(at.y - near) if near else 0, default=None)


def test_the_first_recording_asks():
    press("meta_l")
    wait_for(lambda: on_screen("Editor"), "the launcher")
    type_text("term")
    press("ret")
    wait_for(lambda: "$" in screen.text(screen.picture()), "the terminal's prompt", START_SECONDS)
    type_text(LISTEN)
    wait_for(lambda: app()["recording"], "the terminal records")
    wait_for(lambda: on_screen("Always"), "the dialog")
    screen.keep(screen.picture(), "microphone-dialog")
    said = screen.text(screen.picture())
    assert "Terminal" in said and "arecord" in said, said
    assert app()["microphone"] is False
    assert mark() is None


def test_it_is_silence_until_the_person_allows_it():
    click(wait_for(lambda: on_screen("Always"), "the dialog"))
    wait_for(lambda: app()["microphone"], "it may hear")
    assert wait_for(lambda: len(found := heard()) > 1 and found, "it hears") == ["QUIET", "TONE"]


def test_the_panel_shows_it():
    rest()
    at = wait_for(mark, "the panel's mark")
    click(at)
    wait_for(lambda: on_screen("Stop"), "the list of what is in use")
    screen.keep(screen.picture(), "microphone-in-use")
    click(wait_for(lambda: on_screen("settings"), "the way to the settings"))


def test_taking_it_back_is_silence_at_once():
    row = wait_for(lambda: on_screen("Never"), "the privacy page")
    screen.keep(screen.picture(), "microphone-privacy")
    assert mark(BAR, 800), "the log says that it goes on"
    click(row)
    wait_for(lambda: not app()["microphone"], "it may hear no more")
    assert app()["recording"] is True
    rest()
    wait_for(lambda: mark() is None, "the mark goes out")
    wait_for(lambda: mark(BAR, 800) is None, "the log says that it has ended")
    assert "Terminal" in screen.text(screen.picture()).partition("lately")[2]
    screen.keep(screen.picture(), "microphone-taken-back")
    press("esc")
    assert wait_for(lambda: len(found := heard()) > 2 and found, "silence again") == ["QUIET", "TONE", "QUIET"]


def test_the_log_has_it():
    lines = [line for line in machine.log_lines("system") if f"{TERMINAL} uses" in line or f"{TERMINAL} may use" in line]
    assert [line.partition(TERMINAL)[2] for line in lines] == [
        " may use: microphone: always", " uses: microphone", " may use: microphone: never",
        " uses no more: microphone: the person ended it"], lines


def rises(samples: array.array) -> list[int]:
    """Where the wave comes up through zero, from well below to well above."""
    found, below = [], False
    for at, sample in enumerate(samples):
        if sample < -LOUD:
            below = True
        elif sample > LOUD and below:
            found.append(at)
            below = False
    return found


def came_out(speaker: pathlib.Path):
    """Of a tone of 500 Hz and two seconds at least half, as what is late on a busy machine is lost, and no other sound."""
    def heard_of_it() -> list[int]:
        data = speaker.read_bytes()[WAV_HEADER:]
        return rises(array.array("h", data[:len(data) // 4 * 4])[::2])
    wait_for(lambda: len(heard_of_it()) > PERIODS / 2, "the tone on the card")
    found = heard_of_it()
    assert len(found) <= PERIODS
    right = sum(abs(other - one - PERIOD) <= 1 for one, other in zip(found, found[1:]))
    assert right >= len(found) * 0.9, f"{right} of {len(found)} periods last {PERIOD} samples"


def test_what_debian_s_aplay_plays_comes_out_of_the_card(speaker):
    press("ctrl-c")
    type_text(PLAY)
    wait_for(lambda: on_screen("played"), "it has played")
    came_out(speaker)
