# SPDX-License-Identifier: Apache-2.0
"""Messages of the System API, mutated: what is sent, and what it has to meet.

A message is kept as what JSON's text is made of: an Object is a list of pairs, so that a key may stand there twice.
"""
import dataclasses
import json
import math
import random

import idl
from cbor_peer import encode, framed, head

MESSAGE_MAX, DEPTH_MAX, CBOR_KEY_MAX = 256 * 1024, 32, 128  # as docs/api/README.md and docs/protocols/cbor.md promise
FLAGS = ("more", "oneway")


class Object(list):
    """Pairs of key and value, in their order."""

    def get(self, key: str):
        """The value of a key; of those that stand there twice, the first."""
        return next((value for name, value in self if name == key), None)

    def has_twice(self) -> bool:
        return len({key for key, _ in self}) < len(self)


def thaw(value):
    """What json.loads() has yielded, as it is kept here."""
    if isinstance(value, dict):
        return Object([key, thaw(element)] for key, element in value.items())
    return [thaw(element) for element in value] if isinstance(value, list) else value


def nested(depth: int, name: str = ""):
    value = Object() if name else []
    for _ in range(depth - 1):
        value = Object([[name, value]]) if name else [value]
    return value


def odd_values(chance: random.Random) -> list:
    return [None, True, False, 0, -1, 1, 7, 1.5, -0.0, 3.0, 1e300, -1e300, 5e-324, math.inf, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63,
            2**64 - 1, 2**64, -2**63, -2**63 - 1, -2**64, 10**40, chance.randrange(-1000, 100000), chance.uniform(-400, 400),
            "", " ", "\n", "\t", "\0", "a\0b", "\x01", "\x1b[31m", "\x7f", "\x80", "\x9f", "\u202e", "\ud800", "a\udfff", "\ue000", "\ufffd", "\ufffe",
            "\ufdd0", "\U0001f642", "\U0010fffd", "\U0010ffff", "%s%n%x", "../../etc/passwd", "/", "'\"\\", "{}", "true", "1", "\u00e4" * 500,
            "a" * chance.choice((31, 32, 33, 80, 81, 128, 129, 200, 201, 255, 256, 1024, 4096, 70000)),
            [], Object(), [None], [[]], ["a", 1, None, []], ["a"] * 100, Object([["", ""]]), Object([["a", 1], ["a", 2]]),
            nested(chance.randrange(2, 40)), nested(chance.randrange(2, 40), "a")]


def containers(value) -> list:
    """All objects and lists within."""
    inner = [element for _, element in value] if isinstance(value, Object) else value if isinstance(value, list) else []
    return ([value] if isinstance(value, list) else []) + [found for element in inner for found in containers(element)]


def changed_text(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return chance.choice((text[:at], text[at:], text * 2, text.upper(), text[:at] + "\u00e9" + text[at:], text[:at] + "." + text[at:],
                          text[:at] + chr(chance.randrange(1, 128)) + text[at + 1:]))


def other(chance: random.Random, value):
    """Something else in the place of a value."""
    if isinstance(value, str) and chance.random() < 0.3:
        return changed_text(chance, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and chance.random() < 0.3:
        return chance.choice((-value, value + 1, value - 1, value * 1000, value / 3, float(value)))
    if chance.random() < 0.1:
        return chance.choice(([value], Object([["a", value]]), [value] * 3))
    return chance.choice(odd_values(chance))


def mutate_object(chance: random.Random, target: Object):
    match chance.choice(("remove", "add", "rename", "twice", "null", "other", "other", "other")) if target else "add":
        case "remove":
            target.pop(chance.randrange(len(target)))
        case "add":
            target.insert(chance.randrange(len(target) + 1), [chance.choice(("unheardOf", "", "id", "title", "more", "x" * 200)), chance.choice(odd_values(chance))])
        case "rename":
            pair = chance.choice(target)
            pair[0] = changed_text(chance, pair[0])
        case "twice":
            key, value = chance.choice(target)
            target.insert(chance.randrange(len(target) + 1), [key, chance.choice((value, other(chance, value)))])
        case "null":
            chance.choice(target)[1] = None
        case "other":
            pair = chance.choice(target)
            pair[1] = other(chance, pair[1])


def mutate_list(chance: random.Random, target: list):
    match chance.choice(("remove", "add", "many", "other")) if target else "add":
        case "remove":
            target.pop(chance.randrange(len(target)))
        case "add":
            target.insert(chance.randrange(len(target) + 1), chance.choice(odd_values(chance)))
        case "many":
            target.extend([chance.choice(target)] * chance.choice((1, 4, 16, 32, 64, 1000)))
        case "other":
            at = chance.randrange(len(target))
            target[at] = other(chance, target[at])


def mutated(chance: random.Random, call: dict) -> Object:
    """The call with one to three things changed; most of them among its parameters."""
    message = thaw(call)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        inner = containers(message.get("parameters"))
        if chance.random() < 0.1:
            flag = chance.choice(FLAGS)
            message[:] = [pair for pair in message if pair[0] != flag] + [[flag, chance.choice((True, True, True, False, None, 1))]]
        elif inner and chance.random() < 0.9:
            target = chance.choice(inner)
            mutate_object(chance, target) if isinstance(target, Object) else mutate_list(chance, target)
        else:
            mutate_object(chance, message)
    return message


def mutated_bytes(chance: random.Random, data: bytes) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        data = chance.choice((data[:at] + bytes([chance.randrange(256)]) + data[at + 1:], data[:at] + bytes([chance.randrange(256)]) + data[at:],
                              data[:at] + data[at + 1:], data[:at], data[:at] + data[at // 2:]))
    return data


# ---- as it is sent ----

def to_json(value) -> str:
    if isinstance(value, Object):
        return "{" + ",".join(f"{json.dumps(key)}:{to_json(element)}" for key, element in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    return "1e400" if value == math.inf else json.dumps(value)


def to_cbor(value) -> bytes:
    """Deterministic, but for keys that stand there twice. Raises OverflowError where CBOR has nothing for a number."""
    if isinstance(value, Object):
        pairs = sorted((to_cbor(key), number, to_cbor(element)) for number, (key, element) in enumerate(value))
        return head(5, len(pairs)) + b"".join(key + element for key, _, element in pairs)
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(to_cbor, value))
    if isinstance(value, str):
        data = value.encode(errors="surrogatepass")
        return head(3, len(data)) + data
    if value == math.inf or isinstance(value, int) and value < -2**63:
        raise OverflowError(value)
    return encode(value)


def json_bytes(message: Object) -> bytes:
    return to_json(message).encode() + b"\0"


def cbor_bytes(message: Object) -> bytes:
    return framed(to_cbor(message))


# ---- what it has to meet ----

def depth(value) -> int:
    inner = [element for _, element in value] if isinstance(value, Object) else value if isinstance(value, list) else []
    return isinstance(value, list) + max(map(depth, inner), default=0)


def texts(value) -> list[str]:
    if isinstance(value, Object):
        return [text for pair in value for element in pair for text in texts(element)]
    if isinstance(value, list):
        return [text for element in value for text in texts(element)]
    return [value] if isinstance(value, str) else []


def is_letter(number: int) -> bool:
    """Neither NUL, nor half a surrogate pair, nor one of Unicode's noncharacters."""
    return number > 0 and not 0xD800 <= number < 0xE000 and not 0xFDD0 <= number < 0xFDF0 and number & 0xFFFE != 0xFFFE


def is_text(text: str) -> bool:
    return all(is_letter(ord(letter)) for letter in text)


def flags_clash(message: Object, cbor: bool) -> bool:
    """One that is set, and then the other one, be it false: sd-varlink takes it for both."""
    said = [pair for pair in message if pair[0] in FLAGS]
    if cbor:
        said.sort(key=lambda pair: len(pair[0]))
    return len(said) > 1 and said[0][1] is True


def closes(message: Object, cbor: bool) -> bool:
    """True when it is no message or no Varlink call."""
    objects = [found for found in containers(message) if isinstance(found, Object)]
    return (not {key for key, _ in message} <= {"method", "parameters", *FLAGS} or message.has_twice()
            or not isinstance(message.get("method"), str)
            or not (message.get("parameters") in (None, math.inf) or isinstance(message.get("parameters"), Object))
            or any(key in FLAGS and not isinstance(value, bool) for key, value in message) or flags_clash(message, cbor)
            or not all(map(is_text, texts(message))) or depth(message) > DEPTH_MAX
            or cbor and any(found.has_twice() or any(len(key.encode(errors="surrogatepass")) > CBOR_KEY_MAX for key, _ in found) for found in objects)
            or len((cbor_bytes if cbor else json_bytes)(message)) > MESSAGE_MAX)


def number_fits(kind: str, value) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return kind == "float" or value == int(value) and -2**63 <= value < 2**63


def fits(interface: idl.Interface, wanted: idl.Type, value) -> bool:
    """Whether a value is of the type. A number that no double can be is null to sd-json."""
    value = None if value == math.inf else value
    if wanted.wrappers:
        inner = dataclasses.replace(wanted, wrappers=wanted.wrappers[1:])
        if wanted.wrappers[0] == "?":
            return value is None or fits(interface, inner, value)
        if wanted.wrappers[0] == "[]":
            return type(value) is list and all(fits(interface, inner, element) for element in value)
        return isinstance(value, Object) and not value.has_twice() and all(fits(interface, inner, element) for _, element in value)
    match wanted.kind:
        case "name":
            return fits(interface, interface.find("type", wanted.name).type, value)
        case "enum":
            return isinstance(value, str) and value in wanted.values
        case "struct":
            return (isinstance(value, Object) and not value.has_twice()
                    and {key for key, _ in value} <= {field.name for field in wanted.fields}
                    and all(fits(interface, field.type, value.get(field.name)) for field in wanted.fields))
        case "int" | "float":
            return number_fits(wanted.kind, value)
        case "bool":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
    return isinstance(value, Object)
