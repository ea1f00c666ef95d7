# SPDX-License-Identifier: Apache-2.0
"""What a command says when it is done, or cannot be: a text to a person, or, with --json, an object to a program. Each command has both."""
import argparse
import json
import os
import select
import signal
import sys

FAILED, USAGE, INTERRUPTED = 1, 2, 130  # statuses: it cannot be done; a mistake in the arguments; Control-C


class CommandError(Exception):
    """Said to the person in one sentence; `status` is the command's, and a program is told `more` of it."""

    def __init__(self, text: str, status: int = FAILED, **more):
        super().__init__(text)
        self.status, self.more = status, more


class OutputError(OSError):
    """What is said gets nowhere. It is known here alone: what does not fit into Python's buffer is thrown away with the error, and then there is room again."""


def say(text: str):
    try:
        print(text, flush=True)
    except OSError as error:
        raise OutputError(error.errno, error.strerror) from None


def takes_json(parser: argparse.ArgumentParser, what: str):
    """`what` the object says."""
    parser.add_argument("--json", action="store_true", help=f"print {what}, as JSON")


def answer(arguments, found, text: str | None = None):
    """`text` None: a person sees what was done."""
    if arguments.json:
        say(json.dumps(found, ensure_ascii=False))
    elif text is not None:
        say(text)


def complain(error: str, as_json: bool, **more):
    """A person reads it in any case; a program is told `more` of it."""
    print(f"bulkhead: {error}", file=sys.stderr)
    if as_json:
        say(json.dumps({"error": error} | more, ensure_ascii=False))


def caller_name(path: os.PathLike | str | bytes) -> str:
    """A path as whoever called knows it: the other way round of paths.caller_path()."""
    return os.fsdecode(path).removeprefix("/host")


def sentence(error: OSError) -> str:
    if error.filename is None or error.strerror is None:
        return error.strerror or str(error)
    return f"{caller_name(error.filename)}: {error.strerror}"


def has_reader() -> bool:
    """False when nobody reads the standard output any more, as behind `| head -1`."""
    poll = select.poll()
    poll.register(1, 0)
    return not any(event & select.POLLERR for _, event in poll.poll(0))


def prints() -> bool:
    """False when what is printed gets nowhere."""
    try:
        sys.stdout.flush()
    except OSError:
        return False
    return has_reader()


def without_output(error: OSError) -> int:
    """The status of a command whose output failed. Without a reader it ends as other programs do: by the signal that says so, and without a word."""
    read = has_reader()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left goes nowhere
    if not read:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    complain(f"its output cannot be written: {error.strerror}", False)
    return FAILED


class Parser(argparse.ArgumentParser):
    """Says to a program, too, what is wrong with the arguments, which are then not parsed."""

    def exit(self, status: int = 0, message: str | None = None):
        sys.stdout.flush()  # the help, which may have no reader
        super().exit(status, message)

    def error(self, message: str):
        words = sys.argv[1:sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
        self.print_usage(sys.stderr)
        complain(message, any(word.startswith("--j") and "--json".startswith(word) for word in words))
        sys.exit(USAGE)
