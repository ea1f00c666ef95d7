# SPDX-License-Identifier: Apache-2.0
"""A second reader of bundles, made of docs/protocols/bundle.md and nothing else: what the two of them disagree about is wrong
in one of them, or in that page. It has SHA-256 of Python, and Ed25519 as RFC 8032 describes it, slowly."""
import hashlib
import struct

BLOCK = 4096
MAGIC = b"\xb5BAPP\r\n\x1a"
SECTIONS = ("manifest", "icon", "kernel", "initrd", "root", "tree")

# Ed25519 (RFC 8032 §5.1): the field, the curve's constant, the group's order, the base point.
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
L = 2**252 + 27742317777372353535851937790883648493


class Refused(Exception):
    pass


def ed_add(a, b):
    """Points as (x, y)."""
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def ed_times(number, point):
    found = (0, 1)
    for bit in bin(number)[2:]:
        found = ed_add(found, found)
        if bit == "1":
            found = ed_add(found, point)
    return found


def ed_point(encoded):
    """RFC 8032 §5.1.3."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or y >= P:
        raise Refused("the key or the signature is no point of the curve")
    return (P - x if x & 1 != sign else x, y)


def ed_verify(key, message, signature):
    base = ed_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    scalar = int.from_bytes(signature[32:], "little")
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return scalar < L and ed_times(scalar, base) == ed_add(ed_point(signature[:32]), ed_times(hashed, ed_point(key)))


def digests(data):
    return [hashlib.sha256(data[at:at + BLOCK]).digest() for at in range(0, len(data), BLOCK)]


def make_tree(data):
    """dm-verity's: the tree's bytes, and the root hash."""
    levels, found = [], digests(data)
    while len(found) > 1:
        level = b"".join(b"".join(found[at:at + 128]).ljust(BLOCK, b"\0") for at in range(0, len(found), 128))
        levels.insert(0, level)
        found = digests(level)
    return b"".join(levels), found[0]


def read(data):
    """The bundle's parts, by the names of SECTIONS, and "key", "rootHash"; Refused when it is none."""
    if data[:8] != MAGIC or struct.unpack_from("<I", data, 8) != (1,):
        raise Refused("no bundle of version 1")
    header, key = data[:BLOCK], data[24:56]
    if not ed_verify(key, header[:4032], header[4032:]):
        raise Refused("the signature is not good")
    parts, fields, at = {"key": key}, bytearray(header), BLOCK
    for number, name in enumerate(SECTIONS):
        place = 64 + 64 * number
        offset, size, digest = struct.unpack_from("<QQ32s", header, place)
        fields[place:place + 48] = bytes(48)
        if offset != (at if size else 0):
            raise Refused(f"the {name} is mislaid")
        content, padding = data[offset:offset + size], data[offset + size:offset + size + -size % BLOCK]
        if len(content) != size or padding.strip(b"\0"):
            raise Refused(f"the {name} is not whole")
        if name == "root" and size:
            tree, parts["rootHash"] = make_tree(content)
            if parts["rootHash"] != digest:
                raise Refused("the root image is another")
        elif name == "tree" and size:
            if content != tree or digest != bytes(32):
                raise Refused("the tree is not the root image's")
        elif digest != (hashlib.sha256(content).digest() if size else bytes(32)):
            raise Refused(f"the {name} is another")
        parts[name] = content
        at += size + -size % BLOCK
    fields[:12], fields[24:56], fields[4032:] = bytes(12), bytes(32), bytes(64)
    if fields[16:24] != struct.pack("<Q", at) or len(data) != at:
        raise Refused("the file has another size")
    fields[16:24] = bytes(8)
    if any(fields):
        raise Refused("something that is to be zero is not")
    return parts
