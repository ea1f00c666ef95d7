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


class Timer(drive_broker.Fixture):
    def setUp(self):
        super().setUp()
        self.app = subprocess.Popen([sys.executable, "-I", "-B", "-c", SHIM, self.folder / "3", TIMER, "0.1"],
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_app)
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

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

    def asked(self) -> dict:
        call = json.loads(self.line("-> "))
        self.assertEqual(call["method"], "io.bulkhead.Notification.Post")
        self.assertEqual(call["parameters"]["title"], "Time is up")
        self.assertIn("0.1 seconds", call["parameters"]["body"])
        self.assertEqual([button["label"] for button in call["parameters"]["buttons"]], ["Again", "Done"])
        return self.desktop.next("Show")

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


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
