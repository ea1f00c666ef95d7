#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the System API: check.py [--count] [FILE.varlink ...]

Without files, those beside this program are checked as the whole API: every method says why the system and
not the app does it, who may call it and how much of it there is; its example messages fit it; and there are
no more methods than the budget allows. The interfaces in internal/ are checked for their grammar only.
"""
import argparse
import pathlib
import sys

import annotations
import idl

BUDGET = 40  # methods that an app can call, over all interfaces
HERE = pathlib.Path(__file__).resolve().parent


def check_fields(found: idl.Type, where: str):
    for field in found.fields:
        if not field.comment:
            raise idl.Mistake(f"{where}: the field {field.name} has no comment")


def check_request(interface: idl.Interface, method: idl.Member, message: dict, where: str):
    if unknown := set(message) - {"method", "parameters", "more", "oneway"}:
        raise idl.Mistake(f"{where}: a call has no {sorted(unknown)[0]!r}")
    if message.get("method") != f"{interface.name}.{method.name}":
        raise idl.Mistake(f"{where}: calls {message.get('method')!r}")
    for flag in ("more", "oneway"):
        if not isinstance(message.get(flag, False), bool):
            raise idl.Mistake(f"{where}: {flag!r} is true or false")
    idl.validate(interface, method.type, message.get("parameters", {}), f"{where}: parameters")


def check_reply(interface: idl.Interface, method: idl.Member, errors: list[str], message: dict, where: str):
    if unknown := set(message) - {"parameters", "continues", "error"}:
        raise idl.Mistake(f"{where}: a reply has no {sorted(unknown)[0]!r}")
    expected = method.output
    if "error" in message:
        interface_name, _, name = str(message["error"]).rpartition(".")
        if interface_name != interface.name or name not in errors:
            raise idl.Mistake(f"{where}: the method does not name the error {message['error']!r}")
        expected = interface.find("error", name).type
    idl.validate(interface, expected, message.get("parameters", {}), f"{where}: parameters")


def check_method(interface: idl.Interface, method: idl.Member):
    where = f"{interface.name}.{method.name}"
    notes = annotations.read(method.comment, where)
    if not notes.prose:
        raise idl.Mistake(f"{where}: nothing says what it does")
    for tag in annotations.TAGS:
        if not notes.tags.get(tag):
            raise idl.Mistake(f"{where}: {tag}: is missing")
    reason, text = notes.why
    if reason not in annotations.REASONS:
        raise idl.Mistake(f"{where}: Why: {reason!r} is none of: {', '.join(annotations.REASONS)}")
    if not text:
        raise idl.Mistake(f"{where}: Why: {reason}, but not why an app could not do it")
    for name in notes.errors:
        if not interface.find("error", name):
            raise idl.Mistake(f"{where}: there is no error {name}")
    for direction, check in (("->", lambda *rest: check_request(interface, method, *rest)),
                             ("<-", lambda *rest: check_reply(interface, method, notes.errors, *rest))):
        messages = [message for found, message in notes.examples if found == direction]
        if not messages:
            raise idl.Mistake(f"{where}: there is no example {direction}")
        for number, message in enumerate(messages, 1):
            check(message, f"{where}: example {direction} {number}")
    check_fields(method.type, where)
    check_fields(method.output, where)


def check(interface: idl.Interface):
    """Raises an idl.Mistake unless the interface is fit to be part of the System API."""
    if not interface.comment:
        raise idl.Mistake(f"{interface.name}: nothing says what it is for")
    for member in interface.members:
        if not member.comment:
            raise idl.Mistake(f"{interface.name}.{member.name}: has no comment")
        if member.kind == "method":
            check_method(interface, member)
        elif member.type.kind == "struct":
            check_fields(member.type, f"{interface.name}.{member.name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", action="store_true", help="print the number of methods and nothing else")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    mistakes, methods = [], 0
    for path in arguments.files or sorted(HERE.glob("*.varlink")):
        try:
            interface = idl.load(path)
            methods += len(interface.of_kind("method"))
            check(interface)
        except idl.Mistake as mistake:
            mistakes.append(str(mistake))
    if not arguments.files:
        for path in sorted(HERE.glob("internal/*.varlink")):
            try:
                idl.load(path)
            except idl.Mistake as mistake:
                mistakes.append(str(mistake))
    if methods > BUDGET:
        mistakes.append(f"{methods} methods, and the budget is {BUDGET}")
    for mistake in mistakes:
        print(f"api: {mistake}", file=sys.stderr)
    if arguments.count:
        print(methods)
    elif not mistakes:
        print(f"{methods} methods of {BUDGET}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
