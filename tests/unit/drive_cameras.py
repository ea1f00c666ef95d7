# SPDX-License-Identifier: Apache-2.0
"""bk-camera, jailed as ever, between a supervisor and a System VM that are played here; the machine has no camera. One that gives
frames is tests/e2e/test_camera.py's.

    drive_cameras.py BK_CAMERA [TEST...]
"""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import unittest

import tap
from varlink_peer import PATIENCE

DEVICE, LINE = 1, 2  # hypervisor/protocol/video_control.h
HELLO, START, STOP, WELCOME, ENDED = 1, 2, 3, 16, 20  # hypervisor/protocol/camera_port.h
PROGRAM = ""


class Cameras(unittest.TestCase):
    def setUp(self):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.control.close)
        self.process = subprocess.Popen([PROGRAM, "--control", f"fd:{theirs.fileno()}"], pass_fds=[theirs.fileno()],
                                        stderr=subprocess.PIPE, text=True)
        theirs.close()
        self.line = self.plug()

    def tearDown(self):
        self.control.close()
        self.said = self.process.communicate(timeout=PATIENCE)[1]
        self.assertEqual(self.process.returncode, 0, self.said)  # 0 and no SIGSYS: the jail lets all of that be done

    def give(self, kind: int, fd: int):
        socket.send_fds(self.control, [struct.pack("=2I", kind, 0)], [fd])

    def plug(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(PATIENCE)
        self.addCleanup(ours.close)
        self.give(LINE, theirs.fileno())
        theirs.close()
        return ours

    def say(self, kind: int, camera: int = 0, value: int = 0, nonce: bytes = bytes(16)):
        self.line.sendall(struct.pack("=4I", kind, camera, value, 0) + nonce)

    def hear(self, size: int = 16) -> bytes:
        return self.line.recv(size, socket.MSG_WAITALL)

    def record(self) -> tuple[int, ...]:
        return struct.unpack("=4I", self.hear())

    def greet(self):
        nonce = os.urandom(16)
        self.say(HELLO, nonce=nonce)
        self.assertEqual(self.hear(), nonce)
        self.assertEqual(self.record(), (WELCOME, 0, 0, 0))

    def test_it_answers_a_greeting_and_has_no_camera(self):
        self.greet()
        self.greet()

    def test_a_camera_that_is_not_there_ends(self):
        self.greet()
        self.say(START, 2, 7)
        self.assertEqual(self.record(), (ENDED, 2, 7, 0))

    def test_it_says_nothing_before_a_greeting_and_nothing_to_nonsense(self):
        self.say(START, 0)
        self.say(STOP, 3)
        self.say(99, 0)
        self.say(START, 4)
        self.say(HELLO, 2**32 - 1)
        self.greet()  # the first that is heard

    def test_commands_in_pieces(self):
        nonce = os.urandom(16)
        for byte in struct.pack("=4I", HELLO, 0, 0, 0) + nonce:
            self.line.sendall(bytes([byte]))
        self.assertEqual(self.hear(), nonce)

    def test_a_new_line_takes_the_place_of_the_old_one(self):
        self.greet()
        old, self.line = self.line, self.plug()
        self.assertEqual(old.recv(1), b"")
        self.greet()

    def test_a_system_vm_that_ends_is_missed_by_nobody(self):
        self.greet()
        self.line.close()
        self.line = self.plug()
        self.greet()

    def test_who_asks_and_does_not_read_is_not_read(self):
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.greet()
        self.line.setblocking(False)
        sent = 0
        try:
            while sent < 1 << 20:
                sent += self.line.send(struct.pack("=4I", START, 1, 1, 0) + bytes(16))
        except BlockingIOError:
            pass
        self.line.settimeout(PATIENCE)
        for _ in range(sent // 32):
            self.assertEqual(self.record(), (ENDED, 1, 1, 0))

    def test_what_is_no_camera_is_none(self):
        with open("/dev/null", "rb") as null:
            self.give(DEVICE, null.fileno())
        self.greet()


def main() -> int:
    global PROGRAM
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
