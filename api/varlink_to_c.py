#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns an interface definition into the C tables that sd-varlink checks calls with: varlink_to_c FILE.varlink C-FILE

The tables give introspection (org.varlink.service.GetInterfaceDescription) and the check of every call's
parameters before its function is called. The C file defines `const sd_varlink_interface vl_interface_NAME`, the
dots of the interface's name as underscores, for the user to declare with `extern`. A method whose comment says
"Needs `more`" is refused without it.

sd-varlink wants a symbol for every struct and enum, so an anonymous one is an error here.
"""
import pathlib
import re
import sys

import idl

FLAGS = {"?": "NULLABLE", "[]": "ARRAY", "[string]": "MAP"}


def literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def comments(text: str, form: str) -> list[str]:
    """One initializer a line of the comment."""
    return [form % literal(line) for line in text.split("\n") if line]


def field_lines(struct: idl.Type, direction: str) -> list[str]:
    """C initializers; `direction` is REGULAR, INPUT or OUTPUT."""
    lines = [f'{{ .name = "{value}", .field_type = SD_VARLINK_ENUM_VALUE }},' for value in struct.values]
    for field in struct.fields:
        lines += comments(field.comment, "{ .name = %s, .field_type = _SD_VARLINK_FIELD_COMMENT },")
        kind = field.type
        if kind.kind in ("struct", "enum"):
            raise idl.Mistake(f"the type of {field.name} needs a name")
        parts = [f'.name = "{field.name}"',
                 ".field_type = SD_VARLINK_" + ("NAMED_TYPE" if kind.kind == "name" else kind.kind.upper()),
                 f".field_direction = SD_VARLINK_{direction}"]
        if kind.wrappers:
            parts.append(".field_flags = " + " | ".join(f"SD_VARLINK_{FLAGS[wrapper]}" for wrapper in kind.wrappers))
        if kind.kind == "name":
            parts.append(f'.named_type = "{kind.name}", .symbol = &type_{kind.name}')
        lines.append("{ " + ", ".join(parts) + " },")
    return lines


def symbol(member: idl.Member) -> str:
    if member.kind == "method":
        what = "METHOD"
        fields = field_lines(member.type, "INPUT") + field_lines(member.output, "OUTPUT")
    else:
        what = "ERROR" if member.kind == "error" else member.type.kind.upper() + "_TYPE"
        fields = field_lines(member.type, "REGULAR")
    more = member.kind == "method" and re.search(r"Needs\s`more`", member.comment)
    return "\n".join([f"static const sd_varlink_symbol {member.kind}_{member.name} = {{",
                      f'    .name = "{member.name}",',
                      f"    .symbol_type = SD_VARLINK_{what},",
                      *(["    .symbol_flags = SD_VARLINK_REQUIRES_MORE,"] if more else []),
                      "    .fields = {", *("        " + line for line in fields), "        { 0 },", "    },", "};", ""])


def in_order(interface: idl.Interface) -> list[idl.Member]:
    """The types, each after those it uses, then the rest."""
    answer: list[idl.Member] = []

    def add(member: idl.Member, above: tuple[str, ...] = ()):
        if member.name in above:
            raise idl.Mistake(f"the type {member.name} holds itself")
        for field in member.type.fields:
            if field.type.kind == "name":
                add(interface.find("type", field.type.name), above + (member.name,))
        if member not in answer:
            answer.append(member)

    for member in interface.of_kind("type"):
        add(member)
    return answer + interface.of_kind("method") + interface.of_kind("error")


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    try:
        interface = idl.load(source)
        symbols = [symbol(member) for member in in_order(interface)]
    except idl.Mistake as mistake:
        sys.exit(f"{source}: {mistake}")
    comment = "        &(const sd_varlink_symbol){ .name = %%s, .symbol_type = _SD_VARLINK_%s_COMMENT },"
    listed = comments(interface.comment, comment % "INTERFACE")
    for member in interface.members:
        listed += comments(member.comment, comment % "SYMBOL") + [f"        &{member.kind}_{member.name},"]
    variable = "vl_interface_" + interface.name.replace(".", "_").replace("-", "_")
    target.write_text("\n".join([
        "/* SPDX-License-Identifier: Apache-2.0 */", f"/* Made of {source.name} by api/varlink_to_c.py. */",
        "#include <systemd/sd-varlink-idl.h>", "", *symbols,
        f"extern const sd_varlink_interface {variable};", f"const sd_varlink_interface {variable} = {{",
        f'    .name = "{interface.name}",', "    .symbols = {", *listed, "        NULL,", "    },", "};", ""]))


if __name__ == "__main__":
    main()
