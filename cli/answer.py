# SPDX-License-Identifier: Apache-2.0
"""What a command says when it is done, or cannot be: a text to a person, or, with --json, an object to a program. Each command has both."""
import argparse
import json
import sys

USAGE = 2  # the status for a mistake in the arguments


def takes_json(parser: argparse.ArgumentParser, what: str):
    """`what` the object says."""
    parser.add_argument("--json", action="store_true", help=f"print {what}, as JSON")


def answer(arguments, found, text: str | None = None):
    """`text` None: a person sees what was done."""
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
    elif text is not None:
        print(text)


def complain(error: str, as_json: bool, **more):
    """A person reads it in any case; a program is told `more` of it."""
    print(f"bulkhead: {error}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": error} | more, ensure_ascii=False), flush=True)


class Parser(argparse.ArgumentParser):
    """Says to a program, too, what is wrong with the arguments, which are then not parsed."""

    def error(self, message: str):
        words = sys.argv[1:sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
        self.print_usage(sys.stderr)
        complain(message, any(word.startswith("--j") and "--json".startswith(word) for word in words))
        sys.exit(USAGE)
