# SPDX-License-Identifier: Apache-2.0
"""What a person's hand does at the machine's screen: the pointer, and fingers on a touchscreen.

Places are pixels of the screen as a screenshot shows it. A movement takes its time and passes several points, as a
hand's does, so that what follows it on the screen can be seen to follow.
"""
import time
from collections.abc import Iterator

from answer import CommandError
from qmp import Qmp, QmpError

AXIS_MAX = 0x7fff  # of QEMU's absolute axes
POINT_SECONDS = 0.02  # between two points of a movement
POINTS_MIN = 4
SETTLE_SECONDS = 0.1  # between what must not be taken for one

Place = tuple[int, int]


class HandError(CommandError):
    pass


def along(start: Place, end: Place, seconds: float) -> Iterator[Place]:
    """The points after the first of a movement, each at its time; the last one is its end."""
    points = max(POINTS_MIN, round(seconds / POINT_SECONDS))
    began = time.monotonic()
    for number in range(1, points + 1):
        time.sleep(max(0.0, began + seconds * number / points - time.monotonic()))
        yield tuple(round(a + (b - a) * number / points) for a, b in zip(start, end))


class Hand:
    def __init__(self, qmp: Qmp, width: int, height: int):
        self.qmp = qmp
        self.size = (width, height)

    def check(self, *places: Place):
        for place in places:
            if not all(0 <= at < side for at, side in zip(place, self.size)):
                raise HandError(f"{place[0]} {place[1]} is not on the screen, which is {self.size[0]}x{self.size[1]}")

    def scaled(self, place: Place) -> list[tuple[str, int]]:
        return [(axis, (at * AXIS_MAX + (side - 1) // 2) // (side - 1)) for axis, at, side in zip("xy", place, self.size)]

    # The pointer.

    def point(self, place: Place):
        self.qmp.events(*({"type": "abs", "data": {"axis": axis, "value": value}} for axis, value in self.scaled(place)))

    def button(self, name: str, down: bool):
        self.qmp.events({"type": "btn", "data": {"button": name, "down": down}})

    def click(self, place: Place, button: str = "left"):
        self.check(place)
        self.point(place)
        time.sleep(SETTLE_SECONDS)
        for down in (True, False):
            self.button(button, down)
            time.sleep(SETTLE_SECONDS)

    def drag(self, start: Place, end: Place, seconds: float = 0.5, hold_seconds: float = 0.0, button: str = "left"):
        """Presses at the start, moves, stays at the end for a while, lets go."""
        self.check(start, end)
        self.point(start)
        time.sleep(SETTLE_SECONDS)
        self.button(button, True)
        try:
            time.sleep(SETTLE_SECONDS)
            for place in along(start, end, seconds):
                self.point(place)
            time.sleep(hold_seconds)
        finally:
            self.button(button, False)
        time.sleep(SETTLE_SECONDS)

    # Fingers. One call is one report of the touchscreen, of one finger.

    def touch(self, place: Place, slot: int = 0, new: bool = False):
        """A finger comes down, or is somewhere else now."""
        kind = {"slot": slot, "tracking-id": slot}
        self._report({"type": "begin" if new else "update", "axis": "x", "value": 0} | kind,
                     *({"type": "data", "axis": axis, "value": value} | kind for axis, value in self.scaled(place)))

    def lift(self, slot: int = 0):
        self._report({"type": "end", "slot": slot, "tracking-id": -1, "axis": "x", "value": 0})

    def _report(self, *events: dict):
        try:
            self.qmp.events(*({"type": "mtt", "data": event} for event in events))
        except QmpError as error:
            if "mtt" in str(error):
                raise HandError("this machine has no touchscreen; ./bulkhead machine up --form phone has one") from error
            raise

    def tap(self, place: Place, hold_seconds: float = 0.0):
        """Down and up at once, if it is not to stay: on an emulated machine a VM may stand still for longer than a finger may until it rests."""
        self.check(place)
        self.touch(place, new=True)
        time.sleep(hold_seconds)
        self.lift()
        time.sleep(SETTLE_SECONDS)

    def swipe(self, start: Place, end: Place, seconds: float = 0.3, hold_seconds: float = 0.0):
        """A finger comes down at the start, moves, stays at the end for a while, goes."""
        self.check(start, end)
        self.touch(start, new=True)
        try:
            for place in along(start, end, seconds):
                self.touch(place)
            time.sleep(hold_seconds)
        finally:
            self.lift()
        time.sleep(SETTLE_SECONDS)
