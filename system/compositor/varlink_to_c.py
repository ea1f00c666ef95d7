#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns an interface definition into sd-varlink's C form: varlink_to_c.py INTERFACE.varlink OUTPUT.h

The file is the one place that says what an interface is; with this the program that serves it checks calls
against it and answers introspection with it, comments included.
"""
import re
import sys

TOKEN = re.compile(r"#[^\n]*|->|\[\]|\[string\]|[A-Za-z][A-Za-z0-9_.-]*|[()?:,]|\n")
BASIC = {"bool": "BOOL", "int": "INT", "float": "FLOAT", "string": "STRING", "object": "OBJECT"}


def quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Parser:
    def __init__(self, text: str):
        self.tokens = TOKEN.findall(text)
        leftover = TOKEN.sub("", text).strip()
        if leftover:
            raise SystemExit(f"varlink_to_c: cannot read {leftover[:20]!r}")
        self.at = 0
        self.comments: list[str] = []

    def next(self) -> str | None:
        """The next token; comments on the way are kept, a blank line forgets none."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token.startswith("#"):
                self.comments.append(token[1:].removeprefix(" "))
            elif token != "\n":
                return token
        return None

    def expect(self, wanted: str):
        found = self.next()
        if found != wanted:
            raise SystemExit(f"varlink_to_c: expected {wanted!r}, found {found!r}")

    def take_comments(self) -> list[str]:
        taken, self.comments = self.comments, []
        return taken

    def fields(self, direction: str) -> tuple[list[str], bool]:
        """What stands between parentheses as C initializers, and whether it is an enumeration."""
        made: list[str] = []
        values = False
        self.expect("(")
        token = self.next()
        while token != ")":
            name = token
            made += [f"SD_VARLINK_FIELD_COMMENT({quote(line)})" for line in self.take_comments()]
            token = self.next()
            if token == ":":
                made.append(self.field(name, direction))
                token = self.next()
            else:
                values = True
                made.append(f"SD_VARLINK_DEFINE_ENUM_VALUE({name})")
            if token == ",":
                token = self.next()
        return made, values

    def field(self, name: str, direction: str) -> str:
        flags = []
        token = self.next()
        while token in ("?", "[]", "[string]"):
            flags.append({"?": "SD_VARLINK_NULLABLE", "[]": "SD_VARLINK_ARRAY", "[string]": "SD_VARLINK_MAP"}[token])
            token = self.next()
        flag = " | ".join(flags) or "0"
        if token in BASIC:
            return f"SD_VARLINK_DEFINE_{direction}({name}, SD_VARLINK_{BASIC[token]}, {flag})"
        return f"SD_VARLINK_DEFINE_{direction}_BY_TYPE({name}, {token}, {flag})"


def convert(text: str) -> str:
    parser = Parser(text)
    parser.expect("interface")
    interface = parser.next()
    symbols = [f"SD_VARLINK_INTERFACE_COMMENT({quote(line)})" for line in parser.take_comments()]
    types, others = [], []
    while (kind := parser.next()) is not None:
        comments = parser.take_comments()
        name = parser.next()
        symbols += [f"SD_VARLINK_SYMBOL_COMMENT({quote(line)})" for line in comments]
        if kind == "method":
            fields, _ = parser.fields("INPUT")
            parser.expect("->")
            fields += parser.fields("OUTPUT")[0]
            more = any("needs `more`" in line.lower() for line in comments)
            others.append((f"METHOD_FULL({name}, {'SD_VARLINK_REQUIRES_MORE' if more else '0'}", fields))
            symbols.append(f"&vl_method_{name}")
        elif kind == "error":
            others.append((f"ERROR({name}", parser.fields("FIELD")[0]))
            symbols.append(f"&vl_error_{name}")
        elif kind == "type":
            fields, values = parser.fields("FIELD")
            types.append((f"{'ENUM' if values else 'STRUCT'}_TYPE({name}", fields))
            symbols.append(f"&vl_type_{name}")
        else:
            raise SystemExit(f"varlink_to_c: {kind!r} begins no definition")
    lines = ["/* Generated from the interface definition; do not edit. */", "#include <systemd/sd-varlink-idl.h>", ""]
    for head, fields in types + others:
        lines.append("static SD_VARLINK_DEFINE_" + ",\n    ".join([head, *fields]) + ");")
    c_name = interface.replace(".", "_")
    lines.append(f"static SD_VARLINK_DEFINE_INTERFACE({c_name}, {quote(interface)},\n    " + ",\n    ".join(symbols) + ");")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        made = convert(source.read())
    with open(sys.argv[2], "w", encoding="utf-8") as target:
        target.write(made)
