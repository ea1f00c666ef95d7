#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_boot_image: tests/fuzz/seeds_boot.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / 'corpus/boot_image'
MIB = 1 << 20


def save(name, image, initrd=b''):
    """What the target reads: the initrd's size in 256-byte units and how many vCPUs, the initrd, the kernel image."""
    CORPUS.mkdir(parents=True, exist_ok=True)
    units = (len(initrd) + 255) // 256
    (CORPUS / name).write_bytes(struct.pack('<BB', units, 2) + initrd.ljust(units * 256, b'\0') + image)


def bzimage(sectors=1, magic=b'HdrS', version=0x20f, loadflags=1, xloadflags=1, pref=16 * MIB, init_size=2 * MIB,
            jump=0x6a, body=1024, boot_flag=0xaa55):
    image = bytearray((sectors + 1) * 512 + body)
    image[0x1f1] = sectors
    struct.pack_into('<HH', image, 0x1fe, boot_flag, 0xeb | jump << 8)
    image[0x202:0x206] = magic
    struct.pack_into('<H', image, 0x206, version)
    image[0x211] = loadflags
    struct.pack_into('<H', image, 0x236, xloadflags)
    struct.pack_into('<QI', image, 0x258, pref, init_size)
    return bytes(image)


def note(kind=18, name=b'Xen\0', value=struct.pack('<Q', MIB)):
    return struct.pack('<III', len(name), len(value), kind) + name.ljust(-len(name) % 4 + len(name), b'\0') + \
        value.ljust(-len(value) % 4 + len(value), b'\0')


def program(kind, offset, address, file_size, memory_size):
    return struct.pack('<IIQQQQQQ', kind, 5, offset, 0, address, file_size, memory_size, 4096)


LOAD, NOTE = 1, 4


def elf(programs, content=b'', machine=62, entry_size=56, count=None, program_offset=64):
    head = b'\x7fELF\x02\x01\x01' + bytes(9) + struct.pack('<HHIQQQIHHHHHH', 2, machine, 1, MIB, program_offset, 0, 0, 64,
                                                           entry_size, len(programs) if count is None else count, 0, 0, 0)
    return (head + b''.join(programs)).ljust(512, b'\0') + content


GOOD = [program(LOAD, 1024, MIB, 512, 8192), program(NOTE, 512, 0, len(note()), len(note()))]
CONTENT = note().ljust(512, b'\0') + b'\xf4' * 512

save('elf', elf(GOOD, CONTENT))
save('elf-initrd', elf(GOOD, CONTENT), b'070701' * 100)
save('elf-32-bit-entry', elf([GOOD[0], program(NOTE, 512, 0, 20, 20)], note(value=struct.pack('<I', MIB)).ljust(512, b'\0') + CONTENT[512:]))
save('elf-second-note', elf([GOOD[0], program(NOTE, 512, 0, 64, 64)], (note(5, b'GNU\0', b'abc') + note()).ljust(512, b'\0') + CONTENT[512:]))
save('elf-no-note', elf(GOOD[:1], CONTENT))
save('elf-entry-outside', elf(GOOD, note(value=struct.pack('<Q', 0xdead0000)).ljust(512, b'\0') + CONTENT[512:]))
save('elf-low-segment', elf([program(LOAD, 1024, 0x500, 512, 512), GOOD[1]], CONTENT))
save('elf-huge-segment', elf([program(LOAD, 1024, MIB, 512, 1 << 40), GOOD[1]], CONTENT))
save('elf-wrapping-segment', elf([program(LOAD, 1024, (1 << 64) - 4096, 512, 8192), GOOD[1]], CONTENT))
save('elf-wrapping-offset', elf([program(LOAD, (1 << 64) - 8, MIB, 512, 8192), GOOD[1]], CONTENT))
save('elf-file-over-memory', elf([program(LOAD, 1024, MIB, 512, 8), GOOD[1]], CONTENT))
save('elf-huge-note', elf([GOOD[0], program(NOTE, 512, 0, 1 << 32, 1 << 32)], CONTENT))
save('elf-wrapping-note', elf(GOOD, struct.pack('<III', 0xffffffff, 0xffffffff, 18).ljust(512, b'\0') + CONTENT[512:]))
save('elf-many-programs', elf(GOOD, CONTENT, count=0xffff))
save('elf-other-machine', elf(GOOD, CONTENT, machine=40))
save('elf-truncated', elf(GOOD, CONTENT)[:40])
save('bzimage', bzimage())
save('bzimage-initrd', bzimage(), b'070701' * 100)
save('bzimage-default-sectors', bzimage(sectors=4).replace(b'\4', b'\0', 1))
save('bzimage-old', bzimage(version=0x20b))
save('bzimage-32-bit', bzimage(xloadflags=0))
save('bzimage-zimage', bzimage(loadflags=0))
save('bzimage-no-magic', bzimage(magic=b'HdrX'))
save('bzimage-huge', bzimage(init_size=0xffffffff))
save('bzimage-high', bzimage(pref=1 << 63))
save('bzimage-low', bzimage(pref=0))
save('bzimage-long-header', bzimage(jump=0xff))
save('bzimage-truncated', bzimage(body=0)[:700])
save('empty', b'')
save('text', b'#!/bin/sh\n' * 100)
