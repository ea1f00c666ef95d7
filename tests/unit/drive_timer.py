#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The timer app against the real broker: drive_timer.py BROKER_UNDER_TEST [TEST ...]

The app is run as it is; only its vsock leads to the Unix socket that stands for its CID.
"""
import json
import pathlib
import queue
import signal
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, FakeDesktop, wait_for  # noqa: E402

TIMER = HERE.parents[1] / "apps/timer/timer.py"
SHIM = """
import runpy, socket, sys
path = sys.argv.pop(1)
class Vsock(socket.socket):
    def __init__(self, family):
        assert family == socket.AF_VSOCK
        super().__init__(socket.AF_UNIX)
    def connect(self, address):
        assert address == (2, 1)
        super().connect(path)
socket.socket = Vsock
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Fixture(drive_broker.Fixture):
    seconds = "0.1"

    def setUp(self):
        super().setUp()
        self.begin()
        self.app = subprocess.Popen([sys.executable, "-I", "-B", "-c", SHIM, self.folder / "3", TIMER, self.seconds],
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_app)
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def begin(self):
        """What is so before the app runs."""

    def read(self):
        for line in self.app.stdout:
            self.lines.put(line.rstrip("\n"))

    def end_app(self):
        self.app.kill()
        self.app.wait()
        self.app.stdout.close()

    def line(self, start: str) -> str:
        """The next line that starts so; without the start."""
        while True:
            line = self.lines.get(timeout=PATIENCE)
            if line.startswith(start):
                return line.removeprefix(start)

    def call(self) -> dict:
        return json.loads(self.line("-> "))

    def asked(self) -> dict:
        while (call := self.call())["method"].startswith("io.bulkhead.Power."):
            pass
        self.assertEqual(call["method"], "io.bulkhead.Notification.Post")
        self.assertEqual(call["parameters"]["title"], "Time is up")
        self.assertIn(f"{self.seconds} seconds", call["parameters"]["body"])
        self.assertEqual([button["label"] for button in call["parameters"]["buttons"]], ["Again", "Done"])
        return self.desktop.next("Show")


class Timer(Fixture):
    def test_again_and_done(self):
        for _ in range(3):
            self.desktop.answer(self.asked()["id"], "again")
            self.line('<- {"parameters":{"id"')
            self.assertEqual(json.loads(self.line("-> "))["method"], "io.bulkhead.Notification.Watch")
            self.assertEqual(json.loads(self.line("<- "))["parameters"]["button"], "again")
        self.desktop.answer(self.asked()["id"], "done")
        self.line("done")
        self.assertEqual(self.app.wait(PATIENCE), 0)

    def test_dismissed_is_done(self):
        self.desktop.answer(self.asked()["id"], None)
        self.line("done")
        self.assertEqual(self.app.wait(PATIENCE), 0)

    def test_the_system_restarts(self):
        self.asked()
        self.stop_broker(signal.SIGKILL)
        self.desktop.die()
        self.hypervisor.watching = False
        self.line("lost the system")
        self.line("the system is not there")
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.start_broker()
        self.assertEqual(json.loads(self.line("-> "))["method"], "io.bulkhead.Notification.Withdraw")
        self.desktop.answer(self.asked()["id"], "done")
        self.assertEqual(self.app.wait(PATIENCE), 0)

    def test_the_system_closes_its_connection(self):
        first = self.asked()["id"]
        wait_for(lambda: not self.lines.empty(), "the app watches")
        self.hypervisor.change("io.example.one", cid=9)  # the broker drops what was cid 3's, ...
        self.assertEqual(self.desktop.next("Withdraw"), {"id": first})
        self.line("lost the system")
        self.hypervisor.change("io.example.one", cid=3)  # ... then meets it again
        self.assertEqual(json.loads(self.line("-> "))["method"], "io.bulkhead.Notification.Withdraw")
        self.desktop.answer(self.asked()["id"], "done")
        self.assertEqual(self.app.wait(PATIENCE), 0)


class Awake(Fixture):
    seconds = "2"

    def held(self) -> list[list[str]]:
        """What kept it awake, as often as the desktop was told."""
        return [[entry["reason"] for entry in told["inhibitors"]] for told in self.desktop.power]

    def test_the_machine_stays_awake_while_it_runs(self):
        wait_for(lambda: ["The timer runs"] in self.held(), "it keeps the machine awake")
        self.asked()
        wait_for(lambda: self.held()[-1] == [], "and no longer than it runs")


class Saving(Fixture):
    def begin(self):
        self.hypervisor.set_power(percent=10, plugged=False)
        wait_for(lambda: self.desktop.power and self.desktop.power[-1]["lowPower"], "power is saved")

    def test_it_does_not_when_power_is_to_be_saved(self):
        self.assertEqual(self.call()["method"], "io.bulkhead.Power.Watch")
        self.assertEqual(self.call()["method"], "io.bulkhead.Notification.Post")


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
