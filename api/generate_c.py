#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the C tables that sd-varlink serves and checks an interface by: generate_c.py HEADER SOURCE FILE.varlink ...

For each interface a.b.C there is `const struct sd_varlink_interface bk_api_a_b_C`, comments kept, so that what
a program serves is what the interface file says.
"""
import json
import pathlib
import re
import sys

import idl

FIELD_TYPES = {"bool": "BOOL", "int": "INT", "float": "FLOAT", "string": "STRING", "object": "OBJECT",
               "name": "NAMED_TYPE"}
FIELD_FLAGS = {"[]": "SD_VARLINK_ARRAY", "[string]": "SD_VARLINK_MAP", "?": "SD_VARLINK_NULLABLE"}


def quoted(text: str) -> str:
    return json.dumps(text)  # ASCII with C's own escapes, for the text that comments hold


def c_name(interface: idl.Interface) -> str:
    return "bk_api_" + interface.name.replace(".", "_")


def flags(found: idl.Type) -> str:
    """What the wrappers are to sd-varlink, which knows one list or map, and null for the whole."""
    if found.wrappers not in ((), ("?",), ("[]",), ("[string]",), ("?", "[]"), ("?", "[string]")):
        raise idl.Mistake(f"sd-varlink cannot say {found}")
    return " | ".join(FIELD_FLAGS[wrapper] for wrapper in found.wrappers) or "0"


def field_lines(interface: idl.Interface, found: idl.Type, direction: str) -> list[str]:
    lines = []
    for value in found.values:
        lines.append(f"SD_VARLINK_DEFINE_ENUM_VALUE({value}),")
    for field in found.fields:
        if field.comment:
            lines.append(f"SD_VARLINK_FIELD_COMMENT({quoted(field.comment)}),")
        if field.type.kind in ("struct", "enum"):
            raise idl.Mistake(f"{interface.name}: give the type of {field.name} a name")
        lines.append(f"{{ .name = {quoted(field.name)}, .field_type = SD_VARLINK_{FIELD_TYPES[field.type.kind]},")
        lines.append(f"  .field_flags = {flags(field.type)}, .field_direction = SD_VARLINK_{direction},")
        if field.type.kind == "name":
            lines.append(f"  .named_type = {quoted(field.type.name)}, .symbol = &{symbol(interface, 'type', field.type.name)},")
        lines.append("},")
    return lines


def symbol(interface: idl.Interface, kind: str, name: str) -> str:
    return f"{c_name(interface)}_{kind}_{name}"


def more_flag(member: idl.Member) -> str:
    """Whether a method takes `more`: its comment says "Needs `more`" or speaks of `more` otherwise."""
    if member.kind != "method" or "`more`" not in member.comment:
        return "0"
    return "SD_VARLINK_REQUIRES_MORE" if re.search(r"Needs\s+`more`", member.comment) else "SD_VARLINK_SUPPORTS_MORE"


def in_order(interface: idl.Interface) -> list[idl.Member]:
    """The types, each after those that it uses, then the rest."""
    ordered: list[idl.Member] = []

    def add(member: idl.Member, above: tuple[str, ...] = ()):
        if member.name in above:
            raise idl.Mistake(f"{interface.name}: the type {member.name} holds itself")
        for field in member.type.fields:
            if field.type.kind == "name":
                add(interface.find("type", field.type.name), (*above, member.name))
        if member not in ordered:
            ordered.append(member)

    for member in interface.of_kind("type"):
        add(member)
    return ordered + interface.of_kind("method") + interface.of_kind("error")


def source(interface: idl.Interface) -> list[str]:
    kinds = {"method": "SD_VARLINK_METHOD", "error": "SD_VARLINK_ERROR"}
    lines, entries = [], []
    if interface.comment:
        entries.append(f"    SD_VARLINK_INTERFACE_COMMENT({quoted(interface.comment)}),")
    for member in in_order(interface):
        name = symbol(interface, member.kind, member.name)
        kind = kinds.get(member.kind) or ("SD_VARLINK_ENUM_TYPE" if member.type.kind == "enum" else "SD_VARLINK_STRUCT_TYPE")
        directions = ("INPUT", "OUTPUT") if member.kind == "method" else ("REGULAR", None)
        fields = field_lines(interface, member.type, directions[0])
        if member.output:
            fields += field_lines(interface, member.output, directions[1])
        lines += [f"static const sd_varlink_symbol {name} = {{",
                  f"    .name = {quoted(member.name)}, .symbol_type = {kind}, .symbol_flags = {more_flag(member)},",
                  "    .fields = {", *("        " + line for line in fields), "        {}", "    },", "};", ""]
        if member.comment:
            entries.append(f"    SD_VARLINK_SYMBOL_COMMENT({quoted(member.comment)}),")
        entries.append(f"    &{name},")
    lines += [f"const sd_varlink_interface {c_name(interface)} = {{",
              f"    .name = {quoted(interface.name)},", "    .symbols = {", *("    " + entry for entry in entries),
              "        NULL", "    },", "};", ""]
    return lines


def main() -> int:
    header_path, source_path, *files = (pathlib.Path(argument) for argument in sys.argv[1:])
    interfaces = [idl.load(path) for path in files]
    head = "/* SPDX-License-Identifier: Apache-2.0 */\n/* Made by api/generate_c.py from api/ */\n"
    header_path.write_text(head + "#ifndef BK_API_H\n#define BK_API_H\n\n#include <systemd/sd-varlink-idl.h>\n\n" +
                           "".join(f"extern const sd_varlink_interface {c_name(i)};\n" for i in interfaces) + "\n#endif\n")
    lines = [f'#define _GNU_SOURCE\n#include "{header_path.name}"\n']
    for interface in interfaces:
        lines += source(interface)
    source_path.write_text(head + "\n".join(lines))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except idl.Mistake as mistake:
        sys.exit(f"api: {mistake}")
