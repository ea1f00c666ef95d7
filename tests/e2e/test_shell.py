# SPDX-License-Identifier: Apache-2.0
"""A developer's shell in a real app on the whole machine, which its manifest allows, and what the command says where it cannot be."""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time

import pytest
from commands import command
from conftest import SOURCE
from drive import count, wait_log
from own_apps import running, start

DESK, NOTES = "org.example.desk", "io.bulkhead.notes"
START_SECONDS = 120  # of an app, on an emulated machine under load


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    """Debian's terminal as an app that allows a shell, and the notes, which do not."""
    folder = tmp_path_factory.mktemp("machine")
    app = folder / "desk"
    shutil.copytree(SOURCE / "apps/terminal", app)
    (app / "image.list").write_text((app / "image.list").read_text().replace("../..", str(SOURCE)))
    manifest = json.loads((app / "manifest.json").read_text())
    (app / "manifest.json").write_text(json.dumps(manifest | {"id": DESK, "name": "Desk", "shell": True}))
    with running(folder, {app: {}, "notes": {}}):
        yield


def shell(typed: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", SOURCE / "cli", "shell", DESK], input=typed.encode(), capture_output=True, timeout=90)


def test_where_it_cannot_be():
    assert "does not run" in command(1, "shell", DESK)[1]
    assert "there is no app" in command(1, "shell", "org.example.nothing")[1]
    start(NOTES)
    assert "does not allow it" in command(1, "shell", NOTES)[1]


def test_commands_their_output_and_their_status():
    logged = count()
    start(DESK)
    wait_log(f"{DESK}\\| bk-guest-init: the app started", logged, seconds=START_SECONDS)
    ended = shell("id -u; echo $((6*7))-$HOME; exit 5\n")
    shown = ended.stdout.decode()
    assert ended.returncode == 5, (shown, ended.stderr)
    assert "1000" in shown and "42-/tmp" in shown
    again = shell("dd if=/dev/zero bs=1000 count=100 2>/dev/null | tr '\\0' x; echo; exit\n")
    assert again.returncode == 0 and "x" * 100000 in again.stdout.decode().replace("\r", "").replace("\n", "")


def test_on_a_terminal():
    """Its keys are the shell's, its size too, and Control-] leaves."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-B", str(SOURCE / "cli"), "shell", DESK])
    shown, seen, deadline = b"", 0, time.monotonic() + 90
    # What comes first, and what is typed then. The program itself says that it runs: the terminal is its own by then, and so is the interrupt.
    to_type = [(b"Control-]", b"sh -c 'echo be\"\"gun; sleep 1000'\n"), (b"begun", b"\x03"), (b"$ ", b"echo kept-$((3+4))\n")]
    while time.monotonic() < deadline and b"kept-7" not in shown:
        if select.select([fd], [], [], 1)[0]:
            try:
                shown += os.read(fd, 4096)
            except OSError:  # it has ended
                break
        if to_type and to_type[0][0] in shown[seen:]:
            seen = len(shown)
            os.write(fd, to_type.pop(0)[1])
    assert b"kept-7" in shown, shown
    os.write(fd, b"sleep 1000\n")
    for _ in range(20):  # more than the shell's terminal takes, and the bound: who leaves is missed all the same
        os.write(fd, (b"x" * 60 + b"\n") * 30)
    os.write(fd, b"\x1d")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert shell("exit 0\n").returncode == 0  # and another one can come
