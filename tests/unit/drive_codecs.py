# SPDX-License-Identifier: Apache-2.0
"""bk-codec, jailed as ever, between a supervisor and a System VM that are played here; the machine has no encoder. One that is played
is tests/unit/test_codec.c's, and one that Linux plays tests/e2e/test_camera.py's.

    drive_codecs.py BK_CODEC [TEST...]
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
HELLO, START, FRAME, FAILED = 1, 2, 3, 17  # hypervisor/protocol/codec_port.h
MARK, RECORD, LIST = b"\x8fbulkhead codec\xf8", 32 * 1024, 4 + 8 * 32
PIECE = RECORD - 8
PROGRAM = ""


class Codecs(unittest.TestCase):
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

    def say(self, kind: int, data: bytes):
        self.line.sendall(struct.pack("=2I", kind, len(data)) + data)

    def hear(self, size: int) -> bytes:
        return self.line.recv(size, socket.MSG_WAITALL)

    def greet(self):
        nonce = os.urandom(16)
        self.line.sendall(bytes(RECORD))
        self.say(HELLO, MARK + nonce)
        self.assertEqual(self.hear(16), nonce)
        self.assertEqual(self.hear(LIST), bytes(LIST))

    def test_it_answers_a_greeting_and_has_no_encoder(self):
        self.greet()
        self.greet()

    def test_an_encoder_that_is_not_there_fails(self):
        self.greet()
        self.say(START, struct.pack("=8I", 0, 0, 640, 480, 30, 500000, 60, 0))
        self.assertEqual(self.hear(8), struct.pack("=2I", FAILED, 0))
        self.say(FRAME, bytes(PIECE))  # of no encoding
        self.greet()

    def test_it_says_nothing_before_a_greeting_and_nothing_to_nonsense(self):
        self.say(99, b"")
        self.say(START, bytes(3))
        self.line.sendall(os.urandom(100_000))
        self.greet()  # the first that is heard

    def test_who_was_cut_off_in_the_middle_is_heard_again(self):
        self.greet()
        for cut in (3, 8, 9, 1000, PIECE + 7):
            self.line.sendall((struct.pack("=2I", FRAME, PIECE) + os.urandom(PIECE))[:cut])
            self.greet()

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

    def test_what_is_no_encoder_is_none(self):
        with open("/dev/null", "rb") as null:
            self.give(DEVICE, null.fileno())
        self.greet()


def main() -> int:
    global PROGRAM
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
