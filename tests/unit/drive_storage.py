#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What an app keeps, as the broker has it from the supervisor, and how it has a restore point made or brought back; the test plays the
supervisor and the desktop: drive_storage.py BROKER_UNDER_TEST BK_PICKER [TEST ...]
"""
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_files  # noqa: E402
import drive_installing  # noqa: E402
import tap  # noqa: E402
from drive_installing import DRIVE, PAINT, SOFTWARE  # noqa: E402
from varlink_peer import wait_for  # noqa: E402

POINTS = [{"point": 1, "time": 1_790_000_000, "version": "0.8", "cause": "update", "size": 10},
          {"point": 3, "time": 1_796_000_000, "version": "0.9", "cause": "kept", "size": 20}]
USAGE = {"quota": 1000, "data": 300, "bundle": 50, "points": 30}


class Supervisor(drive_installing.Supervisor):
    """With what apps keep. Work that was begun goes on until the test ends it."""

    def __init__(self, *arguments):
        self.usage, self.points = dict(USAGE), list(POINTS)
        self.work = None  # as Watch() tells it
        self.begun: list[tuple[str, dict]] = []
        super().__init__(*arguments)

    def answer_software(self, call):
        method, parameters = call["method"].rpartition(".")[2], call.get("parameters") or {}
        if method in ("Usage", "Points", "Keep", "Restore") and method not in self.errors:
            with self.lock:
                self.software.append(method)
                self.stream.send(self.answer_about(method, parameters))
            return
        super().answer_software(call)
        if method == "Watch" and self.work:
            self.stream.send({"parameters": {"work": self.work}, "continues": True})

    def answer_about(self, method: str, parameters: dict) -> dict:
        app = self.apps.get(parameters["id"])
        if app is None:
            return {"error": SOFTWARE + "NoSuchApp", "parameters": {"id": parameters["id"]}}
        if method in ("Usage", "Points"):
            return {"parameters": self.usage if method == "Usage" else {"points": self.points}}
        if app["state"] != "stopped":
            return {"error": SOFTWARE + "Running", "parameters": {"id": parameters["id"]}}
        if method == "Restore" and parameters["point"] not in [point["point"] for point in self.points]:
            return {"error": SOFTWARE + "NoSuchPoint", "parameters": {"id": parameters["id"], "point": parameters["point"]}}
        self.begun.append((method, parameters))
        self.work = {"work": self.work["work"] + 1 if self.work else 1, "ended": False}
        return {"parameters": {"work": self.work["work"]}}

    def end_work(self, **what):
        with self.lock:
            self.work = {"work": self.work["work"], "ended": True} | what
            if self.watching:
                self.stream.send({"parameters": {"work": self.work}, "continues": True})


class Fixture(drive_installing.Fixture):
    supervisor = Supervisor

    def storage(self) -> dict:
        return (self.desktop.storage[-1] if self.desktop.storage else None) or {}

    def deed(self) -> dict:
        return self.storage().get("deed") or {}

    def look(self, app: str = PAINT) -> dict:
        self.want(lookAt=app)
        wait_for(lambda: self.storage().get("app") == app and "quota" in self.storage(), "what it keeps was told")
        return self.storage()

    def wait_deed(self, state: str | None) -> dict:
        wait_for(lambda: self.deed().get("state") == state, f"it is {state}")
        return self.deed()

    def watched(self):
        wait_for(lambda: self.hypervisor.watching, "it watches again")

    def runs(self, app: str = PAINT):
        self.hypervisor.change(app, state="running", cid=11)
        wait_for(lambda: self.desktop.app(app).get("state") == "running", "it runs")


class Looking(Fixture):
    def test_what_it_keeps(self):
        told = self.look()
        self.assertEqual((told["quota"], told["data"], told["taken"]), (1000, 300, 30))
        self.assertEqual(told["points"], POINTS[::-1], "the newest first")
        self.assertNotIn("deed", told)
        self.hypervisor.usage["data"] = 400
        self.want(lookAt=PAINT)
        wait_for(lambda: self.storage().get("data") == 400, "it is read anew")

    def test_one_after_another(self):
        for _ in range(20):
            self.want(lookAt=PAINT)
            self.want(lookAt=DRIVE)
        wait_for(lambda: self.storage().get("app") == DRIVE and "quota" in self.storage(), "the last one")
        self.heard_by_the_broker()
        self.assertLess(self.hypervisor.count("Usage"), 41)

    def test_one_that_is_none(self):
        self.want(lookAt="org.example.none")
        self.want(keep="org.example.none")
        self.want(restore="org.example.none", point=1)
        self.heard_by_the_broker()
        self.assertEqual((self.hypervisor.count("Usage"), self.hypervisor.count("Keep"), self.hypervisor.count("Restore")), (0, 0, 0))

    def test_without_a_disk(self):
        self.hypervisor.errors["Usage"] = {"error": SOFTWARE + "NoDisk", "parameters": {}}
        self.want(lookAt=PAINT)
        wait_for(lambda: self.storage() == {"app": PAINT, "points": []}, "it is told")

    def test_numbers_that_are_none(self):
        self.hypervisor.usage["quota"] = 2**64 - 1
        self.hypervisor.points = [POINTS[0] | {"point": 2**32}, POINTS[0] | {"time": -1}, POINTS[0] | {"size": 2**63}, {"point": 1}, 7, None, POINTS[1]]
        self.want(lookAt=PAINT)
        wait_for(lambda: self.storage() == {"app": PAINT, "points": [POINTS[1]]}, "it is told")
        self.hypervisor.usage["quota"] = 2**63 - 1
        self.hypervisor.points = [POINTS[0] | {"point": number} for number in range(1, 201)]
        self.want(lookAt=PAINT)
        wait_for(lambda: self.storage().get("quota") == 2**63 - 1, "it is told")
        self.assertEqual([point["point"] for point in self.storage()["points"]], list(range(200, 136, -1)))

    def test_it_goes(self):
        self.look()
        self.hypervisor.install({}, removed=(PAINT,))
        wait_for(lambda: self.desktop.storage[-1] is None, "nothing is looked at")

    def test_another_desktop_is_told(self):
        told = self.look()
        self.new_desktop()
        wait_for(lambda: self.storage() == told, "it is told all")

    def test_wishes_of_a_wrong_form_cost_the_desktop_its_connection(self):
        for wish in ({"lookAt": 7}, {"keep": True}, {"restore": PAINT}, {"restore": PAINT, "point": -1}, {"restore": PAINT, "point": 2**63}, {"point": 1}):
            before = self.log_text().count("a wish about software of a wrong form")
            self.lost_over({"software": wish})
            wait_for(lambda: self.log_text().count("a wish about software of a wrong form") > before, str(wish))


class Deeds(Fixture):
    def test_one_is_made(self):
        self.look()
        self.want(keep=PAINT)
        self.wait_deed("working")
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.assertEqual(self.hypervisor.begun, [("Keep", {"id": PAINT, "watched": True})])
        self.watched()
        rooms = self.hypervisor.count("Room")
        self.hypervisor.points.append(POINTS[1] | {"point": 4})
        self.hypervisor.end_work()
        self.assertEqual(self.wait_deed("done"), {"app": PAINT, "restores": False, "state": "done"})
        wait_for(lambda: len(self.storage().get("points", [])) == 3, "it is read anew")
        wait_for(lambda: self.hypervisor.count("Room") > rooms, "and the room")

    def test_one_is_brought_back(self):
        self.look()
        self.want(restore=PAINT, point=3)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.assertEqual(self.hypervisor.begun, [("Restore", {"id": PAINT, "point": 3, "watched": True})])
        self.watched()
        self.hypervisor.install({PAINT: self.apps[PAINT] | {"version": "0.8"}})  # as going back has other apps listed
        self.hypervisor.end_work()
        self.assertEqual(self.wait_deed("done"), {"app": PAINT, "restores": True, "state": "done"})

    def test_the_line_is_free_while_it_goes_on(self):
        """Power, orientation and starting apps do not wait for it."""
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.watched()
        self.hypervisor.turn(90)
        wait_for(lambda: self.desktop.turned[-1:] == [90], "it turned")
        self.hypervisor.set_power(percent=50, plugged=False)
        wait_for(lambda: self.desktop.power and self.desktop.power[-1].get("percent") == 50, "the power was told")
        self.runs(DRIVE)
        self.want(look=True)
        rooms = self.hypervisor.count("Room")
        self.want(look=True)
        wait_for(lambda: self.hypervisor.count("Room") > rooms, "it was asked")
        self.assertEqual(self.deed()["state"], "working")
        self.watched()
        self.hypervisor.end_work()
        self.wait_deed("done")

    def test_one_that_runs_is_asked_to_end_first(self):
        self.look()
        for number, wish in enumerate(({"keep": PAINT}, {"restore": PAINT, "point": 1})):
            self.runs()
            self.want(**wish)
            wait_for(lambda number=number: len(self.hypervisor.begun) > number, "it has begun")
            stop = [call for call in self.hypervisor.calls if call["method"].endswith(".Stop")][-1]
            self.assertFalse(stop["parameters"]["force"], "its guest writes what it has")
            self.watched()
            self.hypervisor.end_work()
            self.wait_deed("done")

    def test_one_at_a_time(self):
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.want(keep=DRIVE)
        self.want(restore=PAINT, point=1)
        self.heard_by_the_broker()
        self.assertEqual(len(self.hypervisor.begun), 1)

    def test_what_prevents_it(self):
        self.look()
        self.want(restore=PAINT, point=2)  # it went between look and click
        self.assertEqual(self.wait_deed("failed")["verdict"], "noSuchPoint")
        for number, (error, parameters) in enumerate((("Busy", {}), ("Failed", {"reason": "the disk is ill"}), ("TooManyPoints", {"most": 8}), ("NoDisk", {}))):
            self.hypervisor.errors["Keep"] = {"error": SOFTWARE + error, "parameters": parameters}
            self.want(keep=PAINT)
            wait_for(lambda number=number: self.hypervisor.count("Keep") == number + 1, "it was asked for")
            wait_for(lambda error=error: self.deed().get("verdict") == error[0].lower() + error[1:], error)
            self.assertEqual((self.deed()["state"], self.deed().get("reason")), ("failed", parameters.get("reason")))

    def test_it_fails_later(self):
        self.look()
        self.want(restore=PAINT, point=1)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.watched()
        self.hypervisor.end_work(error=SOFTWARE + "Failed", reason="there is no room left on the disk for apps")
        self.assertEqual(self.wait_deed("failed") | {}, {"app": PAINT, "restores": True, "state": "failed", "verdict": "failed",
                                                       "reason": "there is no room left on the disk for apps"})

    def test_its_end_was_told_to_somebody_else(self):
        """Something else was begun before the broker watched again: what came of the first nobody knows."""
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.watched()
        self.hypervisor.work["work"] += 1
        self.hypervisor.end_work()
        self.assertNotIn("verdict", self.wait_deed("failed"))

    def test_the_line_fails_while_it_is_asked_for(self):
        self.look()
        self.hypervisor.answer_about = lambda method, parameters: {"nonsense": 1}
        self.want(keep=PAINT)
        self.assertNotIn("verdict", self.wait_deed("failed"))

    def test_what_came_of_it_stays_until_it_was_seen(self):
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.look(DRIVE)
        self.watched()
        self.hypervisor.end_work()
        self.wait_deed("done")
        self.look()
        self.assertEqual(self.deed()["state"], "done")
        self.want(lookAt=PAINT)
        self.wait_deed(None)

    def test_a_failure_that_nobody_looks_at_is_notified(self):
        self.look(DRIVE)
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.watched()
        self.hypervisor.end_work(error=SOFTWARE + "Failed", reason="the disk is ill")
        self.assertEqual(self.desktop.next("Show")["body"], "the disk is ill")

    def test_the_app_goes_meanwhile(self):
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.watched()
        self.hypervisor.install({}, removed=(PAINT,))
        wait_for(lambda: self.desktop.storage[-1] is None, "nothing is looked at")
        self.watched()
        self.hypervisor.end_work()
        self.look(DRIVE)
        self.want(keep=DRIVE)
        wait_for(lambda: len(self.hypervisor.begun) == 2, "another is begun")

    def test_the_broker_dies_meanwhile(self):
        self.look()
        self.want(keep=PAINT)
        wait_for(lambda: self.hypervisor.begun, "it has begun")
        self.restart_broker(signal.SIGKILL)
        wait_for(lambda: self.desktop.watchers, "another broker watches")
        self.look()
        self.assertEqual(self.deed(), {})
        self.want(keep=PAINT)
        wait_for(lambda: len(self.hypervisor.begun) == 2, "another is begun")


if __name__ == "__main__":
    drive_broker.PROGRAM, drive_files.PROGRAM = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[3:]))
