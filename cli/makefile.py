# SPDX-License-Identifier: Apache-2.0
"""What a folder's Makefile makes of its source, before it is packed. Whatever it runs it runs as who called, not as root."""
import collections
import contextlib
import os
import pathlib
import signal
import subprocess
import sys

from answer import CommandError, caller_name
from paths import OUT, caller_ids

MAKEFILE = "Makefile"
LINES_MAX = 200  # of what it said last, for a program
ENDING_SECONDS = 5  # that it has to take back what is half made


class MakeError(CommandError):
    pass


def home(user: int, group: int) -> pathlib.Path:
    """Where compilers keep what they need again, as Go its own library, which takes it 15 seconds: a folder for each caller."""
    folder = OUT / "home" / str(user)
    folder.mkdir(0o700, parents=True, exist_ok=True)
    os.chown(folder, user, group)
    return folder


def end(process: subprocess.Popen):
    """With all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, number)
            process.wait(ENDING_SECONDS)
            return


def make(folder: pathlib.Path):
    """All of it anew: what lies there may be older than the compilers, or of another machine's. What is said is seen as it comes."""
    user, group = caller_ids()
    known = {"HOME": os.fspath(home(user, group)), "SOURCE_DATE_EPOCH": "0"}  # the day is none of what the folder holds
    print(f"==> make in {caller_name(folder)}", file=sys.stderr, flush=True)
    said: collections.deque[str] = collections.deque(maxlen=LINES_MAX)
    with subprocess.Popen(["make", f"--file={MAKEFILE}", "--always-make", "--no-print-directory"], cwd=folder, env=os.environ | known,
                          user=user, group=group, extra_groups=(), process_group=0, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        try:
            for line in process.stdout:
                print(line, end="", file=sys.stderr, flush=True)
                said.append(line)
            status = process.wait()
        except BaseException:
            end(process)
            raise
    if status != 0:
        raise MakeError(f"make in {caller_name(folder)} " + (f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"),
                        output="".join(said))
