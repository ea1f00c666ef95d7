#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the System API's documentation from its interface files: document.py [--check] [FOLDER]

One page an interface and methods.md, the table of all methods, into FOLDER (docs/api), and into its README.md the list of
the interfaces. With --check nothing is written: it fails when a page is not what the interface files say.
"""
import argparse
import json
import pathlib
import re
import sys

import annotations
import idl

HERE = pathlib.Path(__file__).resolve().parent
LIST_BEGIN = "<!-- The interfaces: written by api/document.py from api/*.varlink. -->\n"
LIST_END = "<!-- The interfaces end. -->\n"
NOTE = "<!-- Written by api/document.py from api/{source}; edit that and run api/document.py. -->\n\n"


def anchor(member: idl.Member) -> str:
    return f"{member.kind}-{member.name}".lower()


def linked_type(interface: idl.Interface, found: idl.Type) -> str:
    """The type as Varlink writes it, the interface's own types as links."""
    if found.kind != "name":
        return f"`{found}`"
    wrappers = "".join(found.wrappers)
    link = f"[{found.name}](#{anchor(interface.find('type', found.name))})"
    return f"`{wrappers}`{link}" if wrappers else link


def prose(text: str) -> str:
    """Comment lines as Markdown: our own method names become links within the page."""
    return re.sub(r"(?<![\w`.])([A-Z][A-Za-z]*)\(\)", lambda m: f"[{m[1]}()](#method-{m[1].lower()})", text)


def field_table(interface: idl.Interface, found: idl.Type) -> str:
    if not found.fields:
        return "nothing\n"
    rows = ["| name | type | |", "|---|---|---|"]
    for field in found.fields:
        comment = prose(" ".join(field.comment.split("\n")))
        rows.append(f"| `{field.name}` | {linked_type(interface, field.type)} | {comment} |")
    return "\n".join(rows) + "\n"


def method_text(interface: idl.Interface, method: idl.Member) -> str:
    notes = annotations.read(method.comment, method.name)
    reason, why = notes.why
    errors = ", ".join(f"[{name}](#error-{name.lower()})" for name in notes.errors) or "none"
    examples = "\n".join(f"{direction} {json.dumps(message, ensure_ascii=False)}"
                         for direction, message in notes.examples)
    return "\n".join([
        f'### <a id="{anchor(method)}"></a>{method.name}', "", prose(notes.prose), "",
        "Parameters:", "", field_table(interface, method.type),
        "Answer:", "", field_table(interface, method.output),
        f"- **Why the system does it** ({reason}): {why}",
        f"- **Permission:** {notes.tags['Permission']}",
        f"- **Limit:** {prose(notes.tags['Limit'])}",
        f"- **Errors:** {errors}", "",
        "```", examples, "```", ""])


def type_text(interface: idl.Interface, member: idl.Member) -> str:
    lines = [f'### <a id="{anchor(member)}"></a>{member.name}', "", prose(member.comment), ""]
    if member.type.kind == "enum":
        lines += ["One of: " + ", ".join(f'`"{value}"`' for value in member.type.values), ""]
    elif member.kind == "error":
        lines += [f"`{interface.name}.{member.name}`, parameters:", "", field_table(interface, member.type)]
    else:
        lines += [field_table(interface, member.type)]
    return "\n".join(lines)


def interface_page(interface: idl.Interface) -> str:
    text = NOTE.format(source=interface.name + ".varlink")
    text += f"# {interface.name}\n\n{prose(interface.comment)}\n\n"
    text += "How to call it: [README.md](README.md). All methods: [methods.md](methods.md). "
    text += f"Its source: [{interface.name}.varlink](../../api/{interface.name}.varlink).\n\n"
    for kind, title, write in (("method", "Methods", method_text), ("type", "Types", type_text),
                               ("error", "Errors", type_text)):
        members = interface.of_kind(kind)
        if members:
            text += f"## {title}\n\n" + "\n".join(write(interface, member) for member in members) + "\n"
    return text.rstrip() + "\n"


def methods_page(interfaces: list[idl.Interface]) -> str:
    count = sum(len(interface.of_kind("method")) for interface in interfaces)
    text = NOTE.format(source="*.varlink")
    text += f"# The System API's methods\n\n{count} methods (`make api-count`); the budget is 40.\n\n"
    text += "| method | what it does | why the system does it |\n|---|---|---|\n"
    for interface in interfaces:
        page = interface.name + ".md"
        for method in interface.of_kind("method"):
            notes = annotations.read(method.comment, method.name)
            first = " ".join(notes.prose.split("\n\n")[0].split("\n"))
            text += f"| [{interface.name}.{method.name}]({page}#{anchor(method)}) | {first} | {notes.why[0]} |\n"
    return text


def interface_list(interfaces: list[idl.Interface]) -> str:
    """Each interface, with the first sentence of what it says about itself."""
    text = ""
    for interface in interfaces:
        sentence = re.match(r".*?[.](?=\s|$)", interface.comment, re.DOTALL)
        if sentence is None:
            raise idl.Mistake(f"{interface.name}: its comment has no sentence")
        text += f"- [{interface.name}]({interface.name}.md): {' '.join(prose(sentence[0]).split())}\n"
    return text


def with_list(readme: str, interfaces: list[idl.Interface]) -> str:
    """The README.md with the list of these interfaces in its place."""
    before, begin, rest = readme.partition(LIST_BEGIN)
    _, end, after = rest.partition(LIST_END)
    if not begin or not end:
        raise idl.Mistake("README.md has no place for the list of interfaces")
    return before + begin + interface_list(interfaces) + end + after


def load_all(folder: pathlib.Path) -> list[idl.Interface]:
    return [idl.load(path) for path in sorted(folder.glob("*.varlink"))]


def pages(folder: pathlib.Path = HERE) -> dict[str, str]:
    """The name and the text of every page that is written as a whole."""
    interfaces = load_all(folder)
    return {"methods.md": methods_page(interfaces)} | {f"{i.name}.md": interface_page(i) for i in interfaces}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a page is out of date")
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=HERE.parent / "docs/api")
    arguments = parser.parse_args()
    stale = []
    readme = with_list((arguments.folder / "README.md").read_text(), load_all(HERE))
    for name, text in (pages() | {"README.md": readme}).items():
        path = arguments.folder / name
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not arguments.check:
            path.write_text(text)
    if arguments.check:
        for name in stale:
            print(f"api: docs/api/{name} is out of date: run api/document.py", file=sys.stderr)
        return 1 if stale else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
