#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bk-mount where it does not mount: drive_mount.py BK_MOUNT [TEST ...]   (tests/e2e/test_folders.py shows that it does)"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import tap

PROGRAM = ""
FAILED, USAGE = 1, 2


class Mount(unittest.TestCase):
    def run_it(self, *arguments: str) -> tuple[int, str]:
        answer = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return answer.returncode, answer.stdout + answer.stderr

    def test_arguments(self):
        for wrong in ([], ["/tmp/a", "/tmp/b"], ["--read-write", "/tmp/a"], ["--path"], ["--path", "/srv,uname=root", "/tmp/a"]):
            with self.subTest(wrong):
                self.assertEqual(self.run_it(*wrong)[0], USAGE)
        self.assertEqual(self.run_it("--path", "/" + "x" * 600, "/tmp/a"), (USAGE, "bk-mount: /" + "x" * 600 + " is too long\n"))
        self.assertRegex(self.run_it("--help")[1], "^bk-mount ")

    def test_who_does_not_speak_9p_is_not_mounted(self):
        with tempfile.TemporaryDirectory() as folder:
            status, said = self.run_it("--read-only", f"{folder}/new")
            self.assertEqual(status, FAILED)
            self.assertIn(f"bk-mount: cannot mount at {folder}/new: ", said)
            self.assertFalse(pathlib.Path(f"{folder}/new").is_mount())

    def test_no_place_to_mount_at(self):
        status, said = self.run_it("/dev/null/there")
        self.assertEqual(status, FAILED)
        self.assertIn("cannot mount at /dev/null/there", said)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
