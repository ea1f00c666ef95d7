# SPDX-License-Identifier: Apache-2.0
"""What the parser of the command knows, as man pages: nothing of it is written down twice. completion.py has it for a shell."""
import argparse
import dataclasses
import os
import re

from answer import answer, takes_json
from bundles import BundleError, give_away
from paths import caller_path, whole


@dataclasses.dataclass
class Page:
    """One command, or a family of them."""
    words: list[str]  # what is typed, from "bulkhead" on
    about: str  # a line
    parser: argparse.ArgumentParser
    below: list["Page"]

    @property
    def name(self) -> str:
        return "-".join(self.words)


def family(parser: argparse.ArgumentParser) -> argparse._SubParsersAction | None:
    return next((action for action in parser._actions if isinstance(action, argparse._SubParsersAction)), None)


def tree(parser: argparse.ArgumentParser, words: list[str], about: str) -> Page:
    """argparse has no public way to ask for its commands; their names and helps are where it keeps them for --help."""
    commands = family(parser)
    helps = {action.dest: action.help for action in commands._choices_actions} if commands else {}
    return Page(words, about, parser, [tree(commands.choices[name], [*words, name], text) for name, text in sorted(helps.items())])


def root(top: argparse.ArgumentParser) -> Page:
    return tree(top, ["bulkhead"], "apps in virtual machines of their own: make them, install them, drive the machine")


def pages(page: Page) -> list[Page]:
    return [page, *(one for below in page.below for one in pages(below))]


def escaped(text: str) -> str:
    """For roff: a backslash, a hyphen that is typed, and a dot or quote that begins a line mean something there."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", r"\e").replace("-", r"\-"), flags=re.MULTILINE)


def option(action: argparse.Action) -> tuple[str, str]:
    """As it is typed, and what it is for."""
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper())
    typed = ", ".join(f"{name} {value}" if action.nargs != 0 else name for name in action.option_strings) or str(value)
    about = action.help or ("one of " + ", ".join(map(str, action.choices)) if action.choices else "")
    return typed, about % {**vars(action), "prog": "bulkhead"} if about else ""


def manual(page: Page) -> str:
    usage = re.sub(r"\s+", " ", page.parser.format_usage().removeprefix("usage: ")).strip()
    lines = [f'.TH "{escaped(page.name.upper())}" 1', ".SH NAME", f"{escaped(page.name)} \\- {escaped(page.about)}",
             ".SH SYNOPSIS", escaped(usage), ".SH DESCRIPTION", escaped(page.parser.description or page.about)]
    shown = [action for action in page.parser._actions if not isinstance(action, argparse._SubParsersAction)]
    if shown:
        lines.append(".SH OPTIONS")
    for typed, about in map(option, shown):
        lines += [".TP", f"\\fB{escaped(typed)}\\fR", escaped(about) or "\\&"]
    if page.below:
        lines.append(".SH COMMANDS")
    for below in page.below:
        lines += [".TP", f"\\fB{escaped(below.name)}\\fR(1)", escaped(below.about)]
    if page.parser.epilog:
        title, _, rest = page.parser.epilog.partition(":\n")
        lines += [f".SH {title.upper()}", ".nf", escaped(rest.rstrip("\n")), ".fi"]
    if len(page.words) > 1:
        lines += [".SH SEE ALSO", f"\\fB{escaped('-'.join(page.words[:-1]))}\\fR(1)"]
    return "\n".join(lines) + "\n"


def add_commands(areas, top: argparse.ArgumentParser):
    def command_man(arguments):
        folder = caller_path(arguments.folder)
        if not folder.is_dir():
            raise BundleError(f"{arguments.folder} is not a folder")
        written = pages(root(top))
        for page in written:
            path = folder / f"{page.name}.1"
            with whole(path) as partial:
                partial.write_text(manual(page), encoding="utf-8")
            give_away(path)
        first = os.path.join(arguments.folder, "bulkhead.1")
        answer(arguments, {"files": [os.path.join(arguments.folder, f"{page.name}.1") for page in written]},
               f"{len(written)} pages are in {arguments.folder}: man -l {first} shows the first")

    added = areas.add_parser("man", help="write the man pages of all commands into a folder",
                             description="Writes the man pages of all commands into a folder.")
    added.set_defaults(function=command_man)
    takes_json(added, "which files were written")
    added.add_argument("folder", metavar="DIR")
