# SPDX-License-Identifier: Apache-2.0
"""What a command says when it is done: a text to a person, or, with --json, an object to a program. Each command has both."""
import argparse
import json


def takes_json(parser: argparse.ArgumentParser, what: str):
    """`what` the object says."""
    parser.add_argument("--json", action="store_true", help=f"print {what}, as JSON")


def answer(arguments, found, text: str | None = None):
    """`text` None: a person sees what was done."""
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
    elif text is not None:
        print(text)
