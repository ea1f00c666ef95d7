#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_block_request, fuzz_gpu_command and fuzz_display_cable: tests/fuzz/seeds_devices.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / 'corpus'


def save(target, name, data):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(data)


READ, WRITE, FLUSH, GET_ID, DISCARD, ZEROES = 0, 1, 4, 8, 11, 13


def request(kind, sector=0, data=b'', room=1, cut=0):
    out = struct.pack('<IIQ', kind, 0, sector) + data
    return struct.pack('<HHB', len(out), room, cut) + out


def block_range(sector, count, flags=0):
    return struct.pack('<QII', sector, count, flags)


def block_requests():
    def disk(name, *requests, readonly=False):
        save('block_request', name, bytes([readonly]) + b''.join(requests))

    disk('read', request(READ, 3, room=1025))
    disk('read_last', request(READ, 63, room=513))
    disk('read_beyond', request(READ, 63, room=1025), request(READ, 64, room=513), request(READ, 2**64 - 1, room=1025))
    disk('read_odd', request(READ, 0, room=512), request(READ, 0, room=1), request(READ, 0, room=514))
    disk('write', request(WRITE, 5, b'w' * 512), request(READ, 5, room=513))
    disk('write_cut', request(WRITE, 5, b'w' * 1024, cut=7), request(READ, 5, room=1025, cut=100))
    disk('write_odd', request(WRITE, 5, b'w' * 100), request(WRITE, 64, b'w' * 512), request(WRITE, 2**55, b'w' * 512))
    disk('write_read_only', request(WRITE, 0, b'w' * 512), request(ZEROES, 0, block_range(0, 8)),
         request(DISCARD, 0, block_range(0, 8)), request(FLUSH), readonly=True)
    disk('flush', request(FLUSH), request(FLUSH, 9))
    disk('id', request(GET_ID, room=21), request(GET_ID, room=20), request(GET_ID, room=100))
    disk('discard', request(DISCARD, 0, block_range(0, 8)), request(DISCARD, 0, block_range(8, 8) + block_range(16, 48)))
    disk('discard_bad', request(DISCARD, 0, block_range(60, 8)), request(DISCARD, 0, block_range(2**64 - 1, 2)),
         request(DISCARD, 0, block_range(0, 8, 1)), request(DISCARD), request(DISCARD, 0, b'1234567'))
    disk('zeroes', request(ZEROES, 0, block_range(1, 3)), request(ZEROES, 0, block_range(8, 16, 1)))
    disk('zeroes_bad', request(ZEROES, 0, block_range(0, 2**32 - 1)), request(ZEROES, 0, block_range(0, 1, 2)),
         request(ZEROES, 0, block_range(0, 1) * 17))
    disk('unknown', request(2), request(14), request(0xffffffff, room=513))
    disk('no_status', request(FLUSH, room=0), request(FLUSH))
    disk('no_header', struct.pack('<HHB', 15, 1, 0) + bytes(15), request(FLUSH))


CONTROL, CURSOR, RESET, SCREEN = range(4)
FENCE = 1


def step(kind, data=b'', cut=0):
    return struct.pack('<BB', kind | cut << 2, len(data)) + data


def header(kind, flags=0):
    return struct.pack('<IIQIB3x', kind, flags, 0x1234 if flags else 0, 0, 0)


def info():
    return step(CONTROL, header(0x100))


def edid(scanout=0):
    return step(CONTROL, header(0x10a) + struct.pack('<II', scanout, 0))


def create(resource, width, height, form=2):
    return step(CONTROL, header(0x101) + struct.pack('<IIII', resource, form, width, height))


def unref(resource):
    return step(CONTROL, header(0x102) + struct.pack('<II', resource, 0))


def scanout(resource, x, y, width, height, number=0):
    return step(CONTROL, header(0x103) + struct.pack('<6I', x, y, width, height, number, resource))


def flush(resource, x, y, width, height, flags=0):
    return step(CONTROL, header(0x104, flags) + struct.pack('<6I', x, y, width, height, resource, 0))


def transfer(resource, x, y, width, height, offset=0):
    return step(CONTROL, header(0x105) + struct.pack('<4IQII', x, y, width, height, offset, resource, 0), cut=30)


def attach(resource, *entries, count=None):
    body = b''.join(struct.pack('<QII', address, length, 0) for address, length in entries)
    return step(CONTROL, header(0x106) + struct.pack('<II', resource, len(entries) if count is None else count) + body)


def detach(resource):
    return step(CONTROL, header(0x107) + struct.pack('<II', resource, 0))


def create_blob(resource, size, *entries, kind=1, count=None):
    body = b''.join(struct.pack('<QII', address, length, 0) for address, length in entries)
    return step(CONTROL, header(0x10c) + struct.pack('<4IQQ', resource, kind, 1, len(entries) if count is None else count, 0, size)
                + body, cut=50)


def scanout_blob(resource, width, height, offset=0, stride=None, form=2, shown=None):
    x, y, shown_width, shown_height = shown or (0, 0, width, height)
    return step(CONTROL, header(0x10d) + struct.pack('<8I', x, y, shown_width, shown_height, 0, resource, width, height)
                + struct.pack('<2I8I', form, 0, width * 4 if stride is None else stride, 0, 0, 0, offset, 0, 0, 0))


def cursor(resource, x=0, y=0, hot_x=0, hot_y=0, kind=0x300, number=0):
    return step(CURSOR, header(kind) + struct.pack('<8I', number, x, y, 0, resource, hot_x, hot_y, 0))


def gpu_commands():
    def gpu(name, *steps):
        save('gpu_command', name, b''.join(steps))

    frame = [create(1, 64, 32), attach(1, (4096, 8192)), transfer(1, 0, 0, 64, 32), scanout(1, 0, 0, 64, 32),
             flush(1, 0, 0, 64, 32)]
    pointer = [create(2, 64, 64, 1), attach(2, (0, 16384)), transfer(2, 0, 0, 64, 64)]
    gpu('identify', info(), edid(), edid(1))
    gpu('frame', *frame, unref(1))
    gpu('damage', *frame, transfer(1, 3, 5, 20, 9, 1292), flush(1, 3, 5, 20, 9), flush(1, 63, 31, 1, 1))
    gpu('fenced', *frame, flush(1, 0, 0, 9, 9, FENCE), flush(1, 9, 9, 9, 9, FENCE), step(SCREEN, b'd'))
    gpu('fenced_unplug', *frame, flush(1, 0, 0, 9, 9, FENCE), step(SCREEN), flush(1, 0, 0, 9, 9, FENCE))
    gpu('fenced_many', *frame, *[flush(1, i, 0, 1, 1, FENCE) for i in range(9)], step(RESET))
    gpu('flip', *frame, create(3, 64, 32), attach(3, (65536, 8192)), scanout(3, 0, 0, 64, 32), flush(3, 0, 0, 64, 32),
        unref(1), scanout(0, 0, 0, 0, 0), scanout(3, 0, 0, 10, 10), flush(3, 0, 0, 64, 32))
    gpu('many_surfaces', *[part for i in range(1, 25) for part in
                           (create(i, 32, 32), scanout(i, 0, 0, 32, 32), flush(i, 0, 0, 32, 32))])
    gpu('cursor', *pointer, cursor(2, 10, 10, 3, 4), cursor(0, 20, 5, kind=0x301), unref(2), cursor(0))
    gpu('cursor_bad', *pointer, cursor(9), cursor(2, hot_x=64), cursor(2, number=1), cursor(2, 2**32 - 1, 2**31, 63, 63),
        step(CURSOR, b'short'))
    gpu('scattered', create(1, 64, 32), attach(1, *[(65536 - 900 * i, 821) for i in range(10)]), transfer(1, 0, 0, 64, 32),
        transfer(1, 1, 1, 63, 31, 3))
    gpu('attach_bad', create(1, 64, 32), attach(1, (2**21, 1)), attach(1, (2**64 - 1, 2)), attach(1, (0, 0)),
        attach(1, (0, 1), count=2), attach(1, (0, 1), count=2**32 - 1), attach(1, count=0), attach(1, (0, 8192)),
        attach(1, (0, 8192)), detach(1), detach(1), attach(7, (0, 1)))
    gpu('create_bad', create(0, 1, 1), create(1, 0, 1), create(1, 8193, 1), create(1, 2**16, 2**16), create(1, 8, 8, 67),
        create(1, 8, 8), create(1, 8, 8), create(2, 8192, 8192), unref(9))
    gpu('transfer_bad', *frame[:2], transfer(1, 64, 0, 1, 1), transfer(1, 2**32 - 1, 0, 2, 1), transfer(1, 0, 0, 64, 33),
        transfer(1, 0, 0, 64, 32, 1), transfer(1, 0, 0, 64, 32, 2**64 - 8191), transfer(1, 64, 32, 0, 0))
    gpu('scanout_bad', *frame[:2], scanout(1, 0, 0, 65, 32), scanout(1, 1, 1, 8, 8), scanout(1, 0, 0, 0, 0),
        scanout(9, 0, 0, 1, 1), scanout(1, 0, 0, 64, 32, 1), flush(1, 0, 0, 64, 33), flush(1, 2**32 - 1, 0, 2, 1))
    blob = [create_blob(1, 8192, (4096, 8192)), scanout_blob(1, 30, 20), flush(1, 0, 0, 30, 20)]
    gpu('blob', *blob, transfer(1, 0, 0, 30, 20), flush(1, 3, 4, 5, 6), unref(1))
    gpu('blob_fenced', *blob, flush(1, 0, 0, 9, 9, FENCE), flush(1, 9, 9, 9, 9, FENCE), step(SCREEN, b'd'), step(RESET), *blob)
    gpu('blob_layouts', *blob, scanout_blob(1, 30, 20, 4), flush(1, 29, 19, 1, 1), scanout_blob(1, 30, 20, 100, 240),
        flush(1, 1, 1, 1, 1), scanout_blob(1, 31, 20, form=1), scanout_blob(1, 31, 20, shown=(0, 0, 7, 5)), flush(1, 0, 0, 31, 20))
    gpu('blob_layouts_bad', *blob, scanout_blob(1, 0, 1), scanout_blob(1, 8193, 1), scanout_blob(1, 30, 20, 8192 - 2399),
        scanout_blob(1, 30, 20, 0, 116), scanout_blob(1, 30, 20, 0, 2**32 - 4), scanout_blob(1, 30, 20, 2**32 - 4), scanout_blob(1, 30, 20, 0, 122),
        scanout_blob(1, 30, 20, form=67), scanout_blob(1, 30, 20, shown=(1, 0, 29, 20)), scanout_blob(9, 30, 20), flush(1, 0, 0, 30, 20))
    gpu('blob_bad', create_blob(0, 8, (0, 8)), create_blob(1, 0, (0, 8)), create_blob(1, 9, (0, 8)), create_blob(1, 8, (2**21, 8)),
        create_blob(1, 8, (0, 8), kind=2), create_blob(1, 8, (0, 8), count=2**32 - 1), create_blob(1, 8), scanout(1, 0, 0, 1, 1))
    gpu('blob_scattered', create_blob(1, 8192, *[(65536 - 900 * i, 821) for i in range(10)]), scanout_blob(1, 30, 60), flush(1, 0, 0, 1, 1))
    gpu('blob_other_backing', *blob, detach(1), flush(1, 0, 0, 30, 20), attach(1, (0, 2399)), flush(1, 0, 0, 30, 20), cursor(1))
    gpu('blob_cursor', create_blob(2, 16384, (0, 16384)), cursor(2, 10, 10, 3, 4), create_blob(3, 100, (0, 100)), cursor(3), unref(2), cursor(2))
    gpu('reset', *frame, *pointer, cursor(2), step(RESET), *frame, step(SCREEN), flush(1, 0, 0, 64, 32))
    gpu('unknown', step(CONTROL, header(0x108)), step(CONTROL, header(0x200)), step(CONTROL, header(0, FENCE)))
    gpu('short', step(CONTROL, header(0x101)), step(CONTROL, b'12345'), info())


CONFIGURE, DONE, INPUT = 16, 17, 18
GUEST = 65


def say(kind, body=b'', size=48):
    return bytes([size]) + (struct.pack('<II', kind, 0) + body).ljust(48, b'\0')[:size].ljust(size, b'\0')


def configure(width, height, refresh=60000):
    return say(CONFIGURE, struct.pack('<5I', width, height, 300, 200, refresh))


def event(device, kind, code, value):
    return say(INPUT, struct.pack('<IHHi', device, kind, code, value))


def key(code, value):
    return event(0, 1, code, value) + event(0, 0, 0, 0)


def guest(buffers):
    return bytes([GUEST + buffers])


def display_cables():
    def cable(name, *steps):
        save('display_cable', name, b''.join(steps))

    cable('configure', configure(1280, 800), configure(1, 1), configure(8192, 8192, 0), configure(1280, 800, 2**32 - 1))
    cable('configure_bad', configure(0, 800), configure(800, 0), configure(8193, 1), configure(2**32 - 1, 2**32 - 1))
    cable('frame_done', guest(1), say(DONE, struct.pack('<6I', 1, 0, 0, 0, 0, 1)), guest(1), guest(1),
          say(DONE, struct.pack('<6I', 1, 0, 0, 0, 0, 3)))
    cable('frame_done_early', say(DONE, struct.pack('<6I', 1, 0, 0, 0, 0, 1)), guest(0),
          say(DONE, struct.pack('<6I', 1, 0, 0, 0, 0, 2**31)))
    cable('keys', guest(20), key(30, 1), key(30, 2), key(30, 0), key(42, 1), key(16, 1))
    cable('keys_starved', guest(2), key(30, 1), key(30, 0), key(31, 1), key(42, 1), guest(3), key(42, 0), guest(30))
    cable('keys_bad', guest(20), key(0, 1), key(249, 1), key(767, 1), key(65535, 1), key(30, -1), event(7, 1, 30, 1))
    cable('pointer', guest(30), event(1, 3, 0, 100), event(1, 3, 1, 40000), event(1, 1, 0x110, 1), event(1, 0, 0, 0),
          event(1, 2, 8, -1), event(1, 2, 11, -120), event(1, 0, 0, 0), event(1, 3, 0, -2**31), event(1, 0, 0, 0))
    cable('pointer_starved', guest(2), event(1, 3, 0, 100), event(1, 3, 1, 7), event(1, 1, 0x110, 1), event(1, 0, 0, 0),
          guest(20), event(1, 1, 0x110, 0), event(1, 0, 0, 0))
    cable('group_without_end', guest(40), *[event(1, 3, 0, i) for i in range(20)], event(1, 0, 0, 0))
    cable('held_when_unplugged', guest(60), *[key(2 + i, 1) for i in range(18)], say(0), guest(60))
    cable('half_group', guest(9), event(0, 1, 30, 1), say(99), event(0, 0, 0, 0))
    finger = lambda slot, number, x, y: event(2, 3, 47, slot) + event(2, 3, 57, number) + event(2, 3, 53, x) + event(2, 3, 54, y)
    sync = event(2, 0, 0, 0)
    cable('touch', guest(60), finger(0, 5, 1, 2), finger(9, 6, 32767, 0), sync, event(2, 3, 53, 9), sync, finger(0, -1, 3, 4), sync, say(0), guest(60))
    cable('touch_ten', guest(60), *[finger(i, 10 + i, i, i) for i in range(10)], sync, guest(60), *[finger(i, -1, i, i) for i in range(10)], sync)
    cable('touch_starved', guest(5), finger(3, 5, 1, 2), sync, finger(3, -1, 1, 2), finger(4, 8, 1, 1), sync, guest(1), event(2, 3, 53, 7), sync, guest(40))
    cable('touch_bad', guest(60), finger(10, 65536, -1, 40000), finger(-1, -2, 0, 0), event(2, 1, 330, 1), event(2, 3, 0, 5), sync,
          *[event(2, 3, 53, i) for i in range(60)], sync)
    cable('short', bytes([47]) + bytes(47), bytes([0]), bytes([1, 16]), configure(640, 480))
    cable('long', say(CONFIGURE, struct.pack('<5I', 640, 480, 0, 0, 0), size=64))
    cable('wrong_way', say(1), say(3), say(5), say(19), say(2**32 - 1))


block_requests()
gpu_commands()
display_cables()
