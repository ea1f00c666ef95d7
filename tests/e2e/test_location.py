# SPDX-License-Identifier: Apache-2.0
"""An app in its VM gets to know where the machine is, as far as the person lets it: first on a machine whose place they set, then on
one where another app says it, until the machine's GPS receiver knows better. The apps are apps/location/weather and
apps/location/beacon. What is coarse, and who is believed when, is tests/unit/drive_location.py's and drive_location_provider.py's."""
import math
import time

import conftest  # noqa: F401  (finds the modules of cli/)
import gps
import machine
import pytest
import screen
from conftest import SOURCE
from drive import click, looked_at, mark, press, rest, type_text, wait_for, wait_log
from own_apps import running, start

WEATHER, BEACON = "io.bulkhead.weather", "io.bulkhead.beacon"
PLACE = (47.3601, 8.5423)  # 1.7 km from the middle of its part of the grid, and 1.1 km from the next
MIDDLE = 47.375  # … whose latitude is this
COARSE_METRES = 6000
DEGREE_METRES = 111320  # of latitude
INITIAL = (1, 2)  # of the machine's command line
ELSEWHERE = (-33.85678, 151.2153)
ELSEWHERE_MIDDLE = -33.875


def allow(number: int, *said: str):
    """Clicks "Always" in the dialog, which says this."""
    wait_log(f"question {number} takes an answer", 0, "system")
    always = wait_for(lambda: screen.find(screen.picture(), "Always"), "the answers to choose from")
    words = screen.text(looked_at(f"location-question-{said[0].lower()}"))
    for word in said:
        assert word in words, words
    click(always)
    rest()


def told() -> tuple[float, float, float]:
    """The first place that the weather app was told, and how exact it is in metres."""
    line = wait_log("^is at", 0, WEATHER).split()
    return float(line[2]), float(line[3]), float(line[5])


def find(word: str) -> screen.Word | None:
    return screen.find(screen.picture(), word)


def open_settings() -> screen.Word:
    """The settings' page about it; yields a word right above its field."""
    press("meta_l")
    type_text("settings")
    press("ret")
    click(wait_for(lambda: find("Location"), "the settings"))
    rest()
    return wait_for(lambda: find("another"), "the place that is set, and a field for another")


def set_place(field: screen.Word, *place: float):
    """Writes it into the field; the settings show that it is set, and go."""
    click((field.x, field.y + 42))
    type_text(f"{place[0]}, {place[1]}")
    press("ret")
    rest()
    wait_for(lambda: f"{abs(place[0])}" in screen.text(screen.picture()), "the place is set")
    looked_at("location-set")
    press("esc")  # out of the field, …
    press("esc")  # … and of the settings


class TestThePlaceThatWasSet:
    @pytest.fixture(scope="class", autouse=True)
    def the_machine(self, tmp_path_factory):
        with running(tmp_path_factory.mktemp("placed"), {"location/weather": {}}, place=f"{INITIAL[0]},{INITIAL[1]}"):
            yield

    def test_the_person_sets_it(self):
        wait_log("where the machine is says a place that was set", 0, "system")  # as it began
        field = open_settings()
        assert "Forget" in (words := screen.text(screen.picture())), words
        set_place(field, *PLACE)
        wait_log("the person set where the machine is", 0, "system")

    def test_the_person_is_asked(self):
        start(WEATHER)
        wait_log("^wants to know: coarse", 0, WEATHER)
        wait_log("question 1 takes an answer", 0, "system")
        assert mark() is None
        assert not any(line.startswith("is at") for line in machine.log_lines(WEATHER)), "nobody let it know"
        allow(1, "Weather", "where", "forecast")  # who, what, why

    def test_what_it_is_told_is_coarse(self):
        latitude, longitude, metres = told()
        assert (latitude, metres) == (MIDDLE, COARSE_METRES)
        assert longitude != PLACE[1]
        east = (longitude - PLACE[1]) * DEGREE_METRES * math.cos(math.radians(latitude))
        assert 1000 < math.hypot((latitude - PLACE[0]) * DEGREE_METRES, east) < COARSE_METRES

    def test_what_they_set_while_it_watches_it_is_told(self):
        set_place(open_settings(), *ELSEWHERE)
        line = wait_log(f"^is at {ELSEWHERE_MIDDLE:.5f} ", 0, WEATHER).split()
        assert abs(float(line[3]) - ELSEWHERE[1]) < 0.06 and float(line[5]) == COARSE_METRES

    def test_the_panel_shows_it(self):
        click(wait_for(mark, "the panel's mark"))
        wait_for(lambda: find("Stop"), "the list of what is in use")
        words = screen.text(looked_at("location-in-use"))
        assert "Weather" in words, words
        click(wait_for(lambda: find("settings"), "the way to the settings"))

    def test_taking_it_back_ends_it(self):
        click(wait_for(lambda: find("Never"), "the privacy page"))
        wait_log("^knows no more: org.varlink.service.PermissionDenied", 0, WEATHER)
        rest()
        wait_for(lambda: mark() is None, "the mark goes out")
        lines = [line for line in machine.log_lines("system") if f"{WEATHER} uses" in line or f"{WEATHER} may use" in line]
        assert [line.partition(WEATHER)[2] for line in lines] == [
            " may use: location: always", " uses: location", " may use: location: never", " uses no more: location: the person ended it"]


class TestAnAppThatKnows:
    @pytest.fixture(scope="class", autouse=True)
    def the_machine(self, tmp_path_factory):
        exact = (SOURCE / "apps/location/weather/command").read_text().replace("coarse", "exact")
        with running(tmp_path_factory.mktemp("told"), {"location/weather": {"/etc/bulkhead/command": exact}, "location/beacon": {}},
                     gps=True):
            yield

    def test_its_word_counts_once_the_person_allows_it(self):
        start(BEACON)
        wait_log("^could tell", 0, BEACON)
        allow(1, "Beacon", "where", "desk")
        start(WEATHER)
        wait_log("^wants to know: exact", 0, WEATHER)
        allow(2, "Weather", "where", "forecast")
        wait_log("^is asked, and says", 0, BEACON)
        known = [float(number) for number in (SOURCE / "apps/location/beacon/command").read_text().split()[-2:]]
        assert told() == (*known, 12)
        looked_at("location-told")

    def test_the_machine_s_own_receiver_is_believed_before_it(self):
        place = f"is at {ELSEWHERE[0]:.5f} {ELSEWHERE[1]:.5f} "
        with machine.gps_line() as receiver:
            def is_heard() -> bool:
                receiver.sendall(gps.fix(*ELSEWHERE, time.time()))
                return any(line.startswith(place) for line in machine.log_lines(WEATHER))
            wait_for(is_heard, "the receiver's place")
        assert not any(line.startswith("is believed no more") for line in machine.log_lines(BEACON)), "it rests, and may speak again"
