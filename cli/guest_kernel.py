# SPDX-License-Identifier: Apache-2.0
"""The kernel that an app brings, as far as bk-vmm asks what it is before it boots it (hypervisor/vmm/arch/x86_64): what is none ends its VM at
once, with the reason in the machine's log, where its developer does not look first."""
import os
import struct

from answer import CommandError

HEADER_AT, HEADER = 0x202, b"HdrS"  # of a bzImage, Linux Documentation/arch/x86/boot.rst
ELF = b"\x7fELF\x02\x01"  # 64 bits, little-endian
X86_64, NOTES = 62, 4  # EM_X86_64, PT_NOTE
PVH = 18  # XEN_ELFNOTE_PHYS32_ENTRY
READ_MAX = 64 << 10  # bytes of the head, of its table, and of notes
SEEK_MAX = 1 << 40  # where there is nothing to be read any more


class KernelError(CommandError):
    pass


def has_pvh_entry(notes: bytes) -> bool:
    while len(notes) >= 12:
        name, size, kind = struct.unpack_from("<III", notes)
        if (notes[12:12 + name], kind) == (b"Xen\0", PVH):
            return True
        notes = notes[12 + (name + 3 & ~3) + (size + 3 & ~3):]
    return False


def can_boot(file) -> bool:
    head = file.read(READ_MAX)
    if head[HEADER_AT:HEADER_AT + len(HEADER)] == HEADER:
        return True
    if not head.startswith(ELF) or len(head) < 64 or struct.unpack_from("<H", head, 18)[0] != X86_64:
        return False
    table, = struct.unpack_from("<Q", head, 32)
    entry, count = struct.unpack_from("<HH", head, 54)
    file.seek(min(table, SEEK_MAX))
    headers = file.read(min(entry * count, READ_MAX))
    for at in range(0, len(headers) - 39, max(entry, 1)):
        kind, _, offset, _, _, size = struct.unpack_from("<IIQQQQ", headers, at)
        if kind == NOTES:
            file.seek(min(offset, SEEK_MAX))
            if has_pvh_entry(file.read(min(size, READ_MAX))):
                return True
    return False


def check(path: os.PathLike, name: str):
    with open(path, "rb") as file:
        if not can_boot(file):
            raise KernelError(f"the file \"{name}\" is no kernel that can be booted: neither a bzImage nor a 64-bit ELF with a PVH entry")
