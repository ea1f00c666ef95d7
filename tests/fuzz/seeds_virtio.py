#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_virtqueue and fuzz_pci_config: tests/fuzz/seeds_virtio.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / 'corpus'
NEXT, WRITE, INDIRECT = 1, 2, 4


def save(target, name, data):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(data)


def descriptor(address, length, flags=0, following=0):
    return struct.pack('<QIHH', address, length, flags, following)


POP, PUSH, UNPOP, INTERRUPT, HAS, READ, FILL, DRIVER = 0, 2, 3, 4, 5, 6, 7, 8
SERVE = [(POP, 0), (READ, 0), (FILL, 0), (PUSH, 4), (INTERRUPT, 0)]


def virtqueue(name, descriptors, heads, steps, features=3, exponent=3, index=None, table=b'', addresses=(0, 128, 192)):
    """Descriptors at 0, the available ring at 128, the used ring at 192, an indirect table at 512."""
    ring = struct.pack('<HH', 0, len(heads) if index is None else index) + b''.join(struct.pack('<H', h) for h in heads)
    image = b''.join(descriptors).ljust(128, b'\0') + ring.ljust(384, b'\0') + table
    header = struct.pack('<BBBHHH', exponent, features, len(steps), *(a // 2 for a in addresses))
    save('virtqueue', name, header + b''.join(struct.pack('<BH', *s) for s in steps) + image)


def virtqueues():
    out, both = descriptor(4096, 64), [descriptor(4096, 64, NEXT, 1), descriptor(8192, 32, WRITE)]
    virtqueue('one', [out], [0], SERVE)
    virtqueue('request', both, [0], SERVE)
    virtqueue('flags', both, [0], SERVE + [(POP, 0)], features=0)
    virtqueue('unpop', both, [0], [(POP, 0), (UNPOP, 0), (HAS, 0)] + SERVE)
    virtqueue('several', [out, descriptor(8192, 9, WRITE), descriptor(65535, 1)], [0, 1, 2],
              [(POP, 0)] * 3 + [(PUSH, 3)] * 3 + [(INTERRUPT, 0)])
    virtqueue('again', both, [0] * 8, SERVE + [(DRIVER, 1)] + SERVE + [(DRIVER, 1)] + SERVE, index=1)
    virtqueue('twice', both, [0, 0], [(POP, 0), (POP, 0)])
    virtqueue('loop', [descriptor(4096, 1, NEXT, 1), descriptor(4096, 1, NEXT, 0)], [0], SERVE)
    virtqueue('itself', [descriptor(4096, 0, NEXT, 0)], [0], SERVE)
    virtqueue('order', [descriptor(4096, 1, WRITE | NEXT, 1), out], [0], SERVE)
    virtqueue('outside', [descriptor(65530, 64)], [0], SERVE)
    virtqueue('high', [descriptor(1 << 32, 4096, NEXT, 1), descriptor((1 << 32) + 4095, 1, WRITE)], [0], SERVE)
    virtqueue('wraps', [descriptor(2**64 - 1, 2)], [0], SERVE)
    virtqueue('jump', both, [0], SERVE, index=9)
    virtqueue('head', both, [8], SERVE)
    virtqueue('rewritten', both, [0], [(POP, 0), (DRIVER, 8), (DRIVER, 130), (FILL, 0), (PUSH, 32)])
    virtqueue('rings_overlap', both, [0], SERVE, addresses=(0, 0, 0))
    virtqueue('ring_at_end', both, [0], SERVE, addresses=(65536 - 128, 128, 192))
    virtqueue('largest', [out], [0], SERVE, exponent=8, addresses=(0, 4096, 8192))
    table = descriptor(4096, 8, NEXT, 1) + descriptor(8192, 8, WRITE | NEXT, 2) + descriptor(9000, 100, WRITE)
    virtqueue('indirect', [descriptor(512, 48, INDIRECT)], [0], SERVE, table=table)
    virtqueue('indirect_behind', [descriptor(4096, 8, NEXT, 1), descriptor(512, 48, INDIRECT)], [0], SERVE, table=table)
    virtqueue('indirect_refused', [descriptor(512, 48, INDIRECT)], [0], SERVE, features=1, table=table)
    virtqueue('indirect_next', [descriptor(512, 48, INDIRECT | NEXT, 1), out], [0], SERVE, table=table)
    virtqueue('indirect_odd', [descriptor(512, 47, INDIRECT)], [0], SERVE, table=table)
    virtqueue('nested', [descriptor(512, 16, INDIRECT)], [0], SERVE, table=descriptor(512, 16, INDIRECT))
    long = b''.join(descriptor(4096, 1, NEXT if i < 255 else 0, i + 1) for i in range(256))
    virtqueue('long', [descriptor(512, 4096, INDIRECT)], [0], SERVE, table=long)


CONFIG_READ, CONFIG_WRITE, BAR_READ, BAR_WRITE, RAM_WRITE, TURN, EVENT, EDGES = range(8)
SLOT = 1


def act(action, offset=0, width=4, value=None, slot=None):
    code = action | (width.bit_length() - 1) << 3 | (SLOT if slot is None else slot) << 5
    data = struct.pack('<BH', code, offset)
    return data if value is None else data + value.to_bytes(width, 'little')


def bar(offset, width, value):
    return act(BAR_WRITE, offset, width, value)


def features(status=15):
    return (bar(0x14, 1, 0) + bar(0x14, 1, 1) + bar(0x14, 1, 3) + act(BAR_READ, 4) + bar(8, 4, 1) + bar(12, 4, 1) +
            bar(8, 4, 0) + bar(12, 4, 1 << 28 | 1 << 29 | 1) + bar(0x14, 1, 11) + act(BAR_READ, 0x14, 1))


def queue(index, size=8):
    base = 0x1000 * (index + 1)
    return (bar(0x16, 2, index) + act(BAR_READ, 0x18, 2) + bar(0x18, 2, size) + bar(0x1a, 2, index + 1) +
            bar(0x20, 4, base) + bar(0x24, 4, 0) + bar(0x28, 8, base + 0x100) + bar(0x30, 4, base + 0x200) +
            bar(0x1c, 2, 1))


def vectors(control=0):
    entries = b''.join(bar(0x3000 + 16 * i, 8, 0xfee00000) + bar(0x3008 + 16 * i, 4, 0x40 + i) +
                       bar(0x300c + 16 * i, 4, control) for i in range(3))
    return act(CONFIG_WRITE, 0x42, 2, 0xc000) + entries + act(CONFIG_WRITE, 0x42, 2, 0x8000)


def chain(index, number=1):
    base = 0x1000 * (index + 1)
    return (act(RAM_WRITE, base, 8, 0x8000) + act(RAM_WRITE, base + 8, 8, 16 | NEXT << 32 | 1 << 48) +
            act(RAM_WRITE, base + 16, 8, 0x9000) + act(RAM_WRITE, base + 24, 8, 16 | WRITE << 32) +
            act(RAM_WRITE, base + 0x102, 2, number))


def access(offset, length, value=None, bar_index=0):
    """Through the access capability; its place depends on whether there is device configuration."""
    at = 0x94
    window = (act(CONFIG_WRITE, at + 4, 1, bar_index) + act(CONFIG_WRITE, at + 8, 4, offset) +
              act(CONFIG_WRITE, at + 12, 4, length))
    return window + (act(CONFIG_READ, at + 16) if value is None else act(CONFIG_WRITE, at + 16, 4, value))


def pci_configs():
    ok, turn = bar(0x14, 1, 15), act(TURN)
    running = features() + vectors() + bar(0x10, 2, 0) + queue(0) + queue(1) + ok
    move = act(CONFIG_WRITE, 0x10, 4, 0x10000000)
    save('pci_config', 'scan', b''.join(act(CONFIG_READ, 0, 4, slot=s) for s in range(4)) +
         b''.join(act(CONFIG_READ, o) for o in range(0, 256, 4)))
    save('pci_config', 'size_bars', b''.join(
        act(CONFIG_WRITE, 4, 2, 0) + act(CONFIG_WRITE, 0x10, 4, 0xffffffff, s) + act(CONFIG_READ, 0x10, 4, slot=s) +
        act(CONFIG_WRITE, 0x14, 4, 0xffffffff, s) + act(CONFIG_READ, 0x14, 4, slot=s) for s in range(3)))
    save('pci_config', 'features', features() + act(BAR_READ, 0x14, 1))
    save('pci_config', 'features_refused', features().replace(struct.pack('<I', 1 << 28 | 1 << 29 | 1), b'\xff' * 4))
    save('pci_config', 'no_features', bar(0x14, 1, 3) + ok + queue(0) + ok)
    save('pci_config', 'running', running + turn)
    save('pci_config', 'request', running + turn + chain(0) + bar(0x4000, 2, 0) + turn + act(BAR_READ, 0x1000, 1))
    save('pci_config', 'requests', running + chain(0) + chain(1) + turn + chain(1, 2) + bar(0x4004, 2, 1) + turn)
    save('pci_config', 'jump', running + chain(0, 100) + turn + act(BAR_READ, 0x14, 1) + running + turn)
    save('pci_config', 'masked', features() + vectors(1) + queue(0) + ok + chain(0) + turn + act(BAR_READ, 0x3800, 8) +
         vectors(0))
    save('pci_config', 'rewritten', running + queue(0, 0xffff) + bar(8, 4, 7) + turn + running)
    save('pci_config', 'bad_sizes', features() + queue(0, 0) + features() + queue(0, 3) + features() + queue(0, 0xffff))
    save('pci_config', 'moved', running + move + bar(0x4000, 2, 0) + turn + act(CONFIG_WRITE, 4, 2, 0) +
         act(CONFIG_WRITE, 4, 2, 6) + bar(0x4004, 2, 1) + turn)
    save('pci_config', 'reset_pending', running + bar(0x4000, 2, 0) + bar(0x14, 1, 0) + turn + running + turn)
    save('pci_config', 'vm_reset', running + move + bar(0x4000, 2, 0) + act(EVENT, 0) + turn + running + turn)
    save('pci_config', 'events', running + act(EVENT, 1) + act(EVENT, 2) + turn + running)
    save('pci_config', 'device_config', b''.join(
        act(BAR_READ, 0x2000 + o, w) + bar(0x2000 + o, w, 255) for o in range(0, 14) for w in (1, 2, 4, 8)))
    save('pci_config', 'access', access(0x14, 1) + access(0x2008, 2) + access(0x2008, 4) + running + access(0x4000, 2, 0) +
         turn + access(0x7fff, 4) + access(0xfffffffc, 4, 1) + access(0x14, 0xffffffff) + access(0x14, 1, 0))
    save('pci_config', 'edges', b''.join(act(EDGES, o, w) for o in range(0, 16) for w in (1, 2, 4, 8)))
    save('pci_config', 'over_the_ends', b''.join(
        act(CONFIG_READ, o, w) + act(CONFIG_WRITE, o, w, 0xff) for o in (0xf9, 0xfd, 0xff, 0xffd, 0xfff, 0x7fff)
        for w in (1, 2, 4, 8)))


virtqueues()
pci_configs()
