#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bulkhead shell's way into an app, with the real bk-supervisor beside a running Linux, cli/shell.py, and fake_vmm.py for the guest:
drive_shell.py BK-SUPERVISOR BK-INSTALLER BK-BUNDLE"""
import os
import pathlib
import re
import socket
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cli")]
import drive_software  # noqa: E402
import shell  # noqa: E402
import tap  # noqa: E402
from answer import CommandError  # noqa: E402
from drive_software import APP, OTHER, Fixture, Machine, wait_for  # noqa: E402
from drive_supervisor import PATIENCE, error  # noqa: E402
from varlink import VarlinkError  # noqa: E402

FRAMES_MAX = 5000  # more than all that is between a developer and a guest takes


class Joined(Fixture):
    def setUp(self):
        super().setUp()
        self.good(self.machine.install(self.machine.pack("1.0", size=0, shell=True)))
        self.good(self.machine.call("Hypervisor.Start", id=APP))
        self.lines: list[socket.socket] = []
        self.addCleanup(lambda: [line.close() for line in self.lines])

    def line(self) -> socket.socket:
        self.lines.append(socket.socket(socket.AF_UNIX))
        self.lines[-1].connect(os.fspath(self.machine.folder / "shell.sock"))
        return self.lines[-1]

    def ask(self, app: str = APP) -> dict:
        return self.machine.call("Debug.Shell", vm=app)

    def session(self, app: str = APP, calms: bool = False) -> shell.Shell:
        """As the command has one, also when another one has only just ended; and when it is joined, a busy guest goes on."""
        self.lines.append(shell.join(os.fspath(self.machine.folder / "shell.sock"), lambda: self, app))
        if calms:
            self.calm()
        session = shell.Shell(self.lines[-1])
        self.assertTrue(session.begin())
        return session

    def call(self, method: str, **parameters):
        """As the command's own client of io.bulkhead.Debug."""
        answer = self.machine.call(method.removeprefix("io.bulkhead."), **parameters)
        if "error" in answer:
            raise VarlinkError(answer["error"])

    def typed(self, session: shell.Shell, text: bytes) -> int:
        """As if that were typed, up to its end; the status. What was shown is `shown` then."""
        keys, type_ = os.pipe()
        shown, screen = os.pipe()
        os.write(type_, text)
        pieces = []
        reader = threading.Thread(target=lambda: pieces.extend(iter(lambda: os.read(shown, 1 << 16), b"")))
        reader.start()
        try:
            return session.run(keys, screen)
        finally:
            os.close(screen)
            reader.join(PATIENCE)
            for fd in (keys, type_, shown):
                os.close(fd)
            self.shown = b"".join(pieces)

    def test_typed_shown_and_ended(self):
        session = self.session()
        session.line.sendall(shell.frame(shell.DATA, b"hello"))
        self.assertEqual((self.typed(session, b"exit 7"), self.shown), (7, b"hello"))
        wait_for(lambda: self.machine.logged(rf"{APP}: a developer wants a shell"), "the log says so")

    def test_who_leaves_leaves_the_guest_told_and_no_frame_half_sent(self):
        session = self.session()
        session.line.sendall(shell.frame(shell.DATA, b"all") + shell.frame(shell.DATA, b"half")[:50])
        wait_for(lambda: self.machine.logged(rf"{APP}\| shell d 128 616c6c"), "what was typed")
        session.line.close()
        wait_for(lambda: self.machine.logged(rf"{APP}\| shell e 128"), "its end")
        self.assertFalse(self.machine.logged("68616c66"))
        again = self.session()
        again.line.sendall(shell.frame(shell.DATA, b"again"))
        self.assertEqual(self.typed(again, b"exit 0"), 0)
        self.assertEqual(self.shown, b"again")

    def told(self, since: int) -> str:
        """The kinds of all frames that the guest was told since then."""
        return "".join(re.findall(rf"{APP}\| shell ([a-z]) 128", "".join(self.machine.lines[since:])))

    def calm(self):
        self.good(self.machine.call("Debug.Console", vm=APP, line="calm"))

    def leave_busy(self) -> int:
        """A developer goes who has typed until nobody takes any more; yields since when that is logged."""
        since = len(self.machine.lines)
        session = self.session()
        session.line.sendall(shell.frame(shell.DATA, b"busy"))
        wait_for(lambda: self.told(since) == "bd", "what was typed")
        session.line.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            for _ in range(FRAMES_MAX):
                session.line.sendall(shell.frame(shell.SIZE, b"\x18\0\x50\0"))  # which this guest does not echo
        session.line.close()
        return since

    def test_who_leaves_a_guest_that_takes_nothing_is_followed_by_their_end(self):
        since = self.leave_busy()
        wait_for(lambda: any("the developer's shell is over" in line for line in self.machine.lines[since:]), "they have gone")
        self.assertEqual(self.told(since), "bd")
        self.calm()
        wait_for(lambda: self.told(since).endswith("se"), "its end")
        again = self.session()
        again.line.sendall(shell.frame(shell.DATA, b"again"))
        self.assertEqual((self.typed(again, b"exit 0"), self.shown), (0, b"again"))

    def test_another_comes_before_the_guest_takes_that_end(self):
        since = self.leave_busy()
        again = self.session(calms=True)
        again.line.sendall(shell.frame(shell.DATA, b"again"))
        self.assertEqual((self.typed(again, b"exit 0"), self.shown), (0, b"again"))
        wait_for(lambda: re.sub("[ds]", "", self.told(since)) == "beb", "both were told to begin")

    def test_what_may_be_typed_is_bounded_by_what_the_guest_takes(self):
        """Also what was typed before the guest said so."""
        session = self.session()
        early, rest = session.allow(b"x" * 5000)
        self.assertEqual((early[1], len(rest)), (126, 5000 - 126))
        session.more(4096)
        frames = [early]
        while (step := session.allow(rest))[0]:
            frames.append(step[0])
            rest = step[1]
        self.assertEqual((sum(piece[1] for piece in frames), len(rest)), (4096, 904))

    def test_much_is_shown_to_one_who_is_slow_and_nobody_waits_for_them(self):
        session = self.session()
        session.line.sendall(shell.frame(shell.DATA, b"flood"))
        self.assertIn("apps", self.good(self.machine.call("Hypervisor.List")))
        self.assertEqual(self.typed(session, b"exit 1"), 1)
        self.assertEqual(self.shown, b"".join(b"%06d" % number for number in range(20000)))

    def test_its_vm_ends(self):
        session = self.session()
        self.good(self.machine.call("Debug.Kill", vm=APP))
        self.assertRaisesRegex(CommandError, "its VM has ended", self.typed, session, b"")
        self.assertEqual(error(self.ask()), "NotRunning")

    def test_what_is_refused(self):
        self.good(self.machine.install(self.machine.pack("1.0", id_=OTHER, size=0)))
        self.good(self.machine.call("Hypervisor.Start", id=OTHER))
        self.assertEqual(error(self.ask("org.example.nothing")), "NoSuchVm")
        self.assertEqual(error(self.ask(OTHER)), "NoShell")
        self.assertFalse(self.machine.logged(rf"{OTHER}\| shell"))
        self.session()
        self.line()
        self.assertEqual(error(self.ask()), "ShellTaken")
        self.assertRaisesRegex(CommandError, "somebody has a shell", self.session)
        self.assertRaisesRegex(CommandError, "does not allow it", self.session, OTHER)

    def test_a_fresh_copy_has_one_of_its_own(self):
        for copy in (self.good(self.machine.call("Hypervisor.StartCopy", id=APP))["app"]["id"] for _ in range(2)):
            wait_for(lambda: self.machine.logged(rf"bk-supervisor: {re.escape(copy)} runs"), "it runs")  # noqa: B023
            session = self.session(copy)
            session.line.sendall(shell.frame(shell.DATA, b"of " + copy.encode()))
            wait_for(lambda: self.machine.logged(rf"{re.escape(copy)}\| shell d 128 {(b'of ' + copy.encode())[:16].hex()}"), "what was typed")  # noqa: B023
            self.assertEqual((self.typed(session, b"exit 4"), self.shown), (4, b"of " + copy.encode()))
            session.line.close()
        self.assertFalse(self.machine.logged(rf"{APP}\| shell"))
        session = self.session(copy)
        self.good(self.machine.call("Hypervisor.Stop", id=copy, force=True))
        self.assertRaisesRegex(CommandError, "its VM has ended", self.typed, session, b"")
        self.assertRaisesRegex(CommandError, "there is no app", self.session, copy)

    def test_one_after_the_other(self):
        for status in range(20):
            session = self.session()
            self.assertEqual(self.typed(session, b"exit %d" % status), status)
            session.line.close()

    def test_nobody_comes(self):
        self.assertIn("error", self.ask())  # no line
        session = self.session()
        self.assertEqual(self.typed(session, b"exit 0"), 0)


if __name__ == "__main__":
    drive_software.SUPERVISOR, drive_software.INSTALLER, drive_software.BUNDLE = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
    with tempfile.TemporaryDirectory(prefix="bk-shell-") as made:
        Fixture.machine = Machine(pathlib.Path(made))
        try:
            status = tap.run(sys.modules[__name__], sys.argv[4:])
        finally:
            Fixture.machine.end()
    sys.exit(status)
