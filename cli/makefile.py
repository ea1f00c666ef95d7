# SPDX-License-Identifier: Apache-2.0
"""What a folder's Makefile makes of its source, before it is packed. Whatever it runs it runs as who called, not as root."""
import codecs
import contextlib
import io
import os
import pathlib
import select
import signal
import subprocess
import sys

from answer import CommandError, caller_name
from paths import OUT, caller_ids

MAKEFILE = "Makefile"
LINES_MAX = 200  # of what it said last, for a program
CHARACTERS_MAX = 1 << 16  # of those
PIECE = 1 << 16  # read at once: all that a pipe holds
ENDING_SECONDS = 5  # that it has to take back what is half made


class MakeError(CommandError):
    pass


def home(user: int, group: int) -> pathlib.Path:
    """Where compilers keep what they need again, as Go its own library, which takes it 15 seconds: a folder for each caller, who gets there
    whatever files root makes for itself alone."""
    homes = OUT / "home"
    homes.mkdir(parents=True, exist_ok=True)
    OUT.chmod(OUT.stat().st_mode | 0o111)
    homes.chmod(0o755)
    folder = homes / str(user)
    if folder.is_symlink():
        raise MakeError(f"{caller_name(folder)} is a link, and is to be a folder: what compilers keep is not written elsewhere")
    folder.mkdir(0o700, exist_ok=True)
    os.chown(folder, user, group, follow_symlinks=False)
    return folder


@contextlib.contextmanager
def ended_by_signals():
    """By those that would end this program at once, with make left behind: here they end it as Control-C does. Who calls may have them ignored."""
    def end(number: int, _):
        raise MakeError(f"ended by {signal.Signals(number).name} while make ran")

    before = {number: signal.signal(number, end) for number in (signal.SIGHUP, signal.SIGTERM) if signal.getsignal(number) == signal.SIG_DFL}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def hear(output: int, ended: int) -> str:
    """Shows what is said as it comes, and yields the last of it. Make's end is the end, not the output's, which what it left behind may keep open."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    said = ""

    def take(data: bytes, final: bool = False) -> bool:
        nonlocal said
        text = decoder.decode(data, final)
        print(text, end="", file=sys.stderr, flush=True)
        said = (said + text)[-CHARACTERS_MAX:]
        return data != b""

    heard = [output, ended]
    while ended not in select.select(heard, [], [])[0]:
        if not take(os.read(output, PIECE)):
            heard.remove(output)
    os.set_blocking(output, False)
    with contextlib.suppress(BlockingIOError):
        take(os.read(output, PIECE))
    take(b"", final=True)
    return "".join(io.StringIO(said).readlines()[-LINES_MAX:])


def make(folder: pathlib.Path):
    """All of it anew: what lies there may be older than the compilers, or of another machine's."""
    user, group = caller_ids()
    known = {name: value for name, value in os.environ.items() if name != "OLDPWD"} | {
        "HOME": os.fspath(home(user, group)), "PWD": os.path.realpath(folder), "SOURCE_DATE_EPOCH": "0"}  # the day is none of what the folder holds
    print(f"==> make in {caller_name(folder)}", file=sys.stderr, flush=True)
    with ended_by_signals(), subprocess.Popen(["make", f"--file={MAKEFILE}", "--always-make", "--no-print-directory"], cwd=folder, env=known,
                                              user=user, group=group, extra_groups=(), start_new_session=True,  # without a terminal to wait for
                                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        ended = os.pidfd_open(process.pid)
        try:
            said = hear(process.stdout.fileno(), ended)
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            select.select([ended], [], [], ENDING_SECONDS)
            raise
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # what it has started, too. It is not waited for yet: the number is still its own
            os.close(ended)
    status = process.returncode
    if status != 0:
        raise MakeError(f"make in {caller_name(folder)} " + (f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"),
                        output=said)
