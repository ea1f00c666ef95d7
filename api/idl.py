# SPDX-License-Identifier: Apache-2.0
"""Reads Varlink interface files (varlink.org, "Interface Definition"), comments kept, and checks JSON against them.

A comment belongs to what follows it: the interface, a member, or a field. Input from: our own files (trusted).
"""
import dataclasses
import json
import pathlib
import re

BASIC_TYPES = ("bool", "int", "float", "string", "object")
TOKEN = re.compile(r"[ \t\r\n]*(?:(?P<comment>#[^\n]*)|(?P<arrow>->)|(?P<name>[A-Za-z][A-Za-z0-9_.-]*)"
                   r"|(?P<sign>\[string\]|\[\]|[?(),:]))")
INTERFACE_NAME = re.compile(r"[A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+")
MEMBER_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
FIELD_NAME = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*")


class Mistake(Exception):
    """The file, or a value, is not what it should be."""


@dataclasses.dataclass
class Type:
    kind: str                 # a basic type, "name", "struct" or "enum"
    name: str = ""            # of a "name"
    fields: tuple = ()        # of a "struct"
    values: tuple = ()        # of an "enum"
    wrappers: tuple = ()      # outermost first: "?", "[]", "[string]"

    def __str__(self) -> str:
        inner = self.name or self.kind
        if self.kind == "struct":
            inner = "(" + ", ".join(f"{field.name}: {field.type}" for field in self.fields) + ")"
        elif self.kind == "enum":
            inner = "(" + ", ".join(self.values) + ")"
        return "".join(self.wrappers) + inner


@dataclasses.dataclass
class Field:
    name: str
    type: Type
    comment: str = ""


@dataclasses.dataclass
class Member:
    kind: str                 # "type", "method" or "error"
    name: str
    comment: str
    type: Type                # of a type; the parameters of a method or an error
    output: Type | None = None  # of a method


@dataclasses.dataclass
class Interface:
    name: str
    comment: str
    members: list[Member]

    def of_kind(self, kind: str) -> list[Member]:
        return [member for member in self.members if member.kind == kind]

    def find(self, kind: str, name: str) -> Member | None:
        return next((member for member in self.of_kind(kind) if member.name == name), None)


class Parser:
    def __init__(self, text: str, source: str):
        self.text, self.source, self.at = text, source, 0
        self.comment: list[str] = []

    def fail(self, message: str):
        line = self.text.count("\n", 0, self.at) + 1
        raise Mistake(f"{self.source}:{line}: {message}")

    def peek(self) -> tuple[str, str]:
        """The next token that is not a comment; what comments precede it are in self.comment."""
        while True:
            match = TOKEN.match(self.text, self.at)
            if not match:
                if self.text[self.at:].strip():
                    self.fail(f"unexpected {self.text[self.at:].split()[0]!r}")
                return "end", ""
            if match.lastgroup != "comment":
                return match.lastgroup, match[match.lastgroup]
            if re.search(r"\n[ \t]*\n", self.text[self.at:match.start("comment")]):
                self.comment = []  # a blank line parts it from what stands above
            self.comment.append(match["comment"][1:].removeprefix(" ").rstrip())
            self.at = match.end()

    def take(self, wanted: str | None = None) -> str:
        kind, token = self.peek()
        if kind == "end" or wanted is not None and token != wanted:
            self.fail(f"expected {wanted or 'more'}, met {token or 'the end'}")
        self.at = TOKEN.match(self.text, self.at).end()
        return token

    def take_comment(self) -> str:
        self.peek()
        comment, self.comment = "\n".join(self.comment).strip("\n"), []
        return comment

    def name(self, pattern: re.Pattern, what: str) -> str:
        token = self.take()
        if not pattern.fullmatch(token):
            self.fail(f"{token!r} is no name for {what}")
        return token

    def type(self) -> Type:
        wrappers = []
        while self.peek()[1] in ("?", "[]", "[string]"):
            wrappers.append(self.take())
            if wrappers[-2:] == ["?", "?"]:
                self.fail("a nullable of a nullable")
        if self.peek()[1] == "(":
            found = self.struct_or_enum()
        else:
            name = self.take()
            if name not in BASIC_TYPES and not MEMBER_NAME.fullmatch(name):
                self.fail(f"{name!r} is no type")
            found = Type(name) if name in BASIC_TYPES else Type("name", name)
        found.wrappers = tuple(wrappers)
        return found

    def struct_or_enum(self) -> Type:
        self.take("(")
        fields, values = [], []
        while self.peek()[1] != ")":
            comment = self.take_comment()
            name = self.name(FIELD_NAME, "a field")
            if name in [field.name for field in fields] + values:
                self.fail(f"{name!r} stands there twice")
            if self.peek()[1] == ":":
                self.take()
                fields.append(Field(name, self.type(), comment))
            else:
                values.append(name)
            if self.peek()[1] != ")":
                self.take(",")
        self.take(")")
        if fields and values:
            self.fail("half a struct, half an enum")
        return Type("enum", values=tuple(values)) if values else Type("struct", fields=tuple(fields))

    def struct(self) -> Type:
        found = self.struct_or_enum()
        if found.kind != "struct":
            self.fail("parameters need types")
        return found

    def interface(self) -> Interface:
        comment = self.take_comment()
        self.take("interface")
        interface = Interface(self.name(INTERFACE_NAME, "an interface"), comment, [])
        while self.peek()[0] != "end":
            comment = self.take_comment()
            kind = self.take()
            if kind not in ("type", "method", "error"):
                self.fail(f"expected type, method or error, met {kind!r}")
            name = self.name(MEMBER_NAME, "a " + kind)
            if any(member.name == name for member in interface.members):
                self.fail(f"{name!r} stands there twice")
            member = Member(kind, name, comment, self.struct_or_enum() if kind == "type" else self.struct())
            if kind == "method":
                self.take("->")
                member.output = self.struct()
            interface.members.append(member)
        for member in interface.members:
            for found in [member.type] + ([member.output] if member.output else []):
                self.resolve(interface, found)
        return interface

    def resolve(self, interface: Interface, found: Type):
        if found.kind == "name" and not interface.find("type", found.name):
            raise Mistake(f"{self.source}: there is no type {found.name}")
        for field in found.fields:
            self.resolve(interface, field.type)


def parse(text: str, source: str = "interface") -> Interface:
    return Parser(text, source).interface()


def load(path: pathlib.Path) -> Interface:
    interface = parse(path.read_text(), path.name)
    if path.name != interface.name + ".varlink":
        raise Mistake(f"{path.name}: holds the interface {interface.name}")
    return interface


def validate(interface: Interface, wanted: Type, value, where: str):
    """Raises a Mistake unless the JSON value fits the type."""
    def fail(expected: str):
        raise Mistake(f"{where}: expected {expected}, met {json.dumps(value)}")

    if wanted.wrappers:
        inner = dataclasses.replace(wanted, wrappers=wanted.wrappers[1:])
        if wanted.wrappers[0] == "?":
            if value is not None:
                validate(interface, inner, value, where)
        elif wanted.wrappers[0] == "[]":
            if not isinstance(value, list):
                fail("a list")
            for number, element in enumerate(value):
                validate(interface, inner, element, f"{where}[{number}]")
        else:
            if not isinstance(value, dict):
                fail("an object")
            for key, element in value.items():
                validate(interface, inner, element, f"{where}[{key!r}]")
    elif wanted.kind == "name":
        validate(interface, interface.find("type", wanted.name).type, value, where)
    elif wanted.kind == "enum":
        if value not in wanted.values:
            fail("one of " + ", ".join(wanted.values))
    elif wanted.kind == "struct":
        if not isinstance(value, dict):
            fail("an object")
        known = {field.name for field in wanted.fields}
        if unknown := set(value) - known:
            raise Mistake(f"{where}: there is no {sorted(unknown)[0]!r}")
        for field in wanted.fields:
            if field.name in value:
                validate(interface, field.type, value[field.name], f"{where}.{field.name}")
            elif field.type.wrappers[:1] != ("?",):
                raise Mistake(f"{where}: {field.name!r} is missing")
    else:
        fits = {"bool": isinstance(value, bool), "string": isinstance(value, str), "object": isinstance(value, dict),
                "int": isinstance(value, int) and not isinstance(value, bool),
                "float": isinstance(value, (int, float)) and not isinstance(value, bool)}
        if not fits[wanted.kind]:
            fail(f"a value of type {wanted.kind}")
