#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_bundle and fuzz_manifest: tests/fuzz/seeds_bundle.py"""
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"
SIGNED, DIGESTS, ODD_END = 1, 2, 4
BLOCK = 4096
MANIFEST, ICON, KERNEL, INITRD, ROOT, TREE = range(6)
EROFS = bytes(1024) + b"\xe2\xe1\xf5\xe0"
LINUX = b'{"id":"a.b","name":"x","version":"1","memory":64}'
OWN = b'{"id":"a.b","name":"x","version":"1","memory":64,"guest":"kernel"}'
PNG = b"\x89PNG\r\n\x1a\nx"


def blocks(size: int) -> int:
    return -(-size // BLOCK)


def bundle(parts: dict[int, bytes], flags: int = SIGNED | DIGESTS, root_blocks: int = 0, header: dict[int, bytes] = {}) -> bytes:
    """The root image has so many blocks; what of it is not given is zeros. `header` changes bytes at an offset."""
    sizes = [len(parts.get(number, b"")) for number in range(6)]
    sizes[ROOT] = root_blocks * BLOCK
    tree = 0
    level = root_blocks
    while level > 1:
        level = -(-level // 128)
        tree += level
    sizes[TREE] = tree * BLOCK
    fields, at, pieces = bytearray(448), BLOCK, b""
    for number, size in enumerate(sizes):
        struct.pack_into("<QQ", fields, 64 + 64 * number, at if size else 0, size)
        at += blocks(size) * BLOCK
        if size:
            # A piece fills the blocks that its length says: the last byte of a section is given when it is zero.
            data = parts.get(number, b"").ljust(size - BLOCK + 1 if size >= BLOCK else 0, b"\0")
            pieces += struct.pack("<H", len(data)) + data
    struct.pack_into("<8sIIQ", fields, 0, b"\xb5BAPP\r\n\x1a", 1, 0, at)
    for offset, value in header.items():
        fields[offset:offset + len(value)] = value
    return bytes([flags]) + bytes(fields) + pieces


def number(value: int) -> bytes:
    return struct.pack("<Q", value)


BUNDLES = {
    "linux": bundle({MANIFEST: LINUX, ICON: PNG, ROOT: EROFS}, root_blocks=1),
    "linux_with_a_tree": bundle({MANIFEST: LINUX, ROOT: EROFS}, root_blocks=2),
    "kernel": bundle({MANIFEST: OWN, KERNEL: b"kernel"}),
    "kernel_with_all": bundle({MANIFEST: OWN, ICON: PNG, KERNEL: b"kernel", INITRD: b"initrd"}, root_blocks=2),
    "no_signature": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, flags=DIGESTS),
    "no_digests": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, flags=SIGNED),
    "nothing_at_all": b"\x00" + b"\xb5BAPP\r\n\x1a",
    "another_file": b"\x00PK\x03\x04" + bytes(30),
    "another_version": bundle({MANIFEST: LINUX}, header={8: b"\x02"}),
    "odd_end": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, flags=SIGNED | DIGESTS | ODD_END),
    "cut": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, header={16: number(5 * BLOCK)}),
    "grown": bundle({MANIFEST: OWN, KERNEL: b"kernel"}) + struct.pack("<H", 4) + b"more",
    "offset_within": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, header={64 + 64 * KERNEL: number(BLOCK)}),
    "offset_huge": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, header={64 + 64 * KERNEL: number(2**64 - BLOCK)}),
    "size_huge": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, header={64 + 64 * KERNEL + 8: number(2**64 - 1)}),
    "root_huge": bundle({MANIFEST: LINUX}, header={64 + 64 * ROOT: number(2 * BLOCK) + number(64 << 30)}),
    "root_odd": bundle({MANIFEST: LINUX, ROOT: EROFS}, root_blocks=1, header={64 + 64 * ROOT + 8: number(BLOCK - 1)}),
    "tree_without_a_root": bundle({MANIFEST: LINUX}, header={64 + 64 * TREE: number(2 * BLOCK) + number(BLOCK)}),
    "padding": bundle({MANIFEST: OWN + bytes(10) + b"x", KERNEL: b"kernel"}, header={64 + 8: number(len(OWN))}),
    "reserved": bundle({MANIFEST: OWN, KERNEL: b"kernel"}, header={60: b"\x01"}),
    "no_icon": bundle({MANIFEST: LINUX, ICON: b"GIF89a..", ROOT: EROFS}, root_blocks=1),
    "no_json": bundle({MANIFEST: b"{", ROOT: EROFS}, root_blocks=1),
    "a_nul": bundle({MANIFEST: LINUX + b"\0", ROOT: EROFS}, root_blocks=1),
    "a_kernel_too_many": bundle({MANIFEST: LINUX, KERNEL: b"kernel", ROOT: EROFS}, root_blocks=1),
}


def manifest(**more) -> bytes:
    return json.dumps({"id": "org.example.app", "name": "x", "memory": 64, **more}, separators=(",", ":")).encode()


MANIFESTS = {
    "least": manifest(),
    "all": manifest(version="1.2.3", guest="kernel", cpus=2, autostart=True, display=True, sound=False, arguments="a=b",
                    permissions={"camera": "To see."}, opens={"schemes": ["https"], "types": ["image/*"]}),
    "languages": manifest(name={"en": "Clock", "de": "Uhr", "zh-Hant": "\u6642\u9418", "pt-BR": "Rel\u00f3gio"},
                          permissions={"camera": {"en": "To see.", "de": "Um zu sehen."}}),
    "no_english": manifest(name={"de": "Uhr"}),
    "no_language": manifest(name={"en": "Clock", "german": "Uhr"}),
    "versions": manifest(version="1.02"),
    "version_long": manifest(version="999999999.999999999.999999999.999999999"),
    "guest": manifest(guest="hurd"),
    "twice": b'{"id":"a.b","id":"c.d","name":"x","memory":64}',
    "deep": b'{"id":' + b"[" * 3000,
    "storage": manifest(storage=256),
    "storage_least": manifest(storage=15),
    "storage_most": manifest(storage=1 << 20),
    "memory": manifest(memory=2**64),
    "fraction": manifest(memory=64.5),
    "controls": manifest(name="a\u001b[31m"),
    "surrogate": b'{"id":"a.b","name":"\\ud800","memory":64}',
    "nul": b'{"id":"a.b","name":"\\u0000x","memory":64}',
    "internet": manifest(network="internet", permissions={"network": "To talk."}),
    "hosts": manifest(network=["example.org", "*.xn--bcher-kva.example"], permissions={"network": "To talk."}),
    "hosts_addresses": manifest(network=["192.0.2.1", "a..b", "-a.b"], permissions={"network": "To talk."}),
    "hosts_many": manifest(network=[f"a{i}.org" for i in range(65)], permissions={"network": "To talk."}),
    "hosts_without_a_reason": manifest(network=["example.org"]),
    "schemes": manifest(opens={"schemes": ["org.example.app", "org.example.other"]}),
    "no_object": b"[]",
    "cut": manifest()[:-1],
}

for folder, seeds in (("bundle", BUNDLES), ("manifest", MANIFESTS)):
    (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (CORPUS / folder / name).write_bytes(data)
