#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_vsock_packet: tests/fuzz/seeds_vsock.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / 'corpus' / 'vsock_packet'
APP, SYSTEM = 0, 1
REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST = range(1, 8)


def header(src, dst, op, length=0, ports=(1000, 9), kind=1, flags=0):
    return struct.pack('<QQIIIHHIII', src, dst, *ports, length, kind, op, flags, 262144, 0)


def sends(step, cable, head, payload=0):
    return bytes([step, cable]) + head + struct.pack('<H', payload)


def guest(head, payload=0):
    return sends(0, 0, head, payload)


def far(head, payload=0, cable=0):
    return sends(1, cable, head, payload)


def short(size, cable=0):
    return bytes([2, cable, size])


def chain(data):
    return bytes([3, 0, len(data)]) + data


def post(count):
    return bytes([4, 0, count])


def events(count):
    return bytes([5, 0, count])


def reads(cable=0):
    return bytes([6, cable])


def ends(cable=0):
    return bytes([7, cable])


def unplug(cable=0):
    return bytes([8, cable])


def restart():
    return bytes([9, 0])


def app(op, length=0, **rest):
    return header(16, 2, op, length, **rest)


def to_app(op, length=0, **rest):
    return header(2, 16, op, length, ports=(9, 1000), **rest)


def system(op, length=0, cid=16, **rest):
    return header(3, cid, op, length, ports=(9, 1000), **rest)


def save(name, device, *steps, buffers=3776):
    CORPUS.mkdir(parents=True, exist_ok=True)
    (CORPUS / name).write_bytes(struct.pack('<BH', device, buffers) + b''.join(steps))


CONNECTED = [post(40), far(app(REQUEST)), guest(system(RESPONSE)), reads()]

save('app-connection', APP, post(20), guest(app(REQUEST)), far(to_app(RESPONSE)), guest(app(RW, 5), 5),
     far(to_app(RW, 9000), 9000), guest(app(CREDIT_UPDATE)), guest(app(SHUTDOWN, flags=3)), far(to_app(RST)), reads())
save('app-forged', APP, post(20), guest(header(17, 2, REQUEST)), guest(header(16 | 1 << 32, 2, REQUEST)),
     guest(header(16, 2 | 1 << 40, REQUEST)), guest(header(16, 3, REQUEST)), guest(app(REQUEST, kind=2)),
     guest(app(0)), guest(app(8)), reads())
save('app-lengths', APP, post(20), guest(app(RW, 10), 9), guest(app(RW, 10), 11), guest(app(RW)), guest(app(RST, 4), 4),
     guest(app(RW, 0xffffffff), 65000), guest(app(RW, 65535), 65535), reads())
save('app-chains', APP, post(4), chain(app(REQUEST)), chain(app(RW, 60) + bytes(60)), chain(b'short'), restart(),
     post(4), chain(b''))
save('app-full', APP, *[guest(app(RW, 65535), 65535)] * 70, restart(), guest(app(REQUEST)), reads(), ends())
save('app-cable-forged', APP, post(20), far(header(3, 16, RW, 5), 5), far(header(2, 17, RW, 5), 5),
     far(header(2 | 1 << 32, 16, RW, 5), 5), far(to_app(RW, 6), 5), far(header(2, 16, 0, kind=0)), short(43), short(0))
save('app-lost', APP, post(20), events(8), guest(app(REQUEST)), ends(), far(to_app(RESPONSE)), guest(app(REQUEST)),
     events(2), reads(), unplug(), guest(app(RW, 9), 9))
save('app-restart', APP, post(20), guest(app(REQUEST)), far(to_app(RESPONSE)), restart(), post(20), far(to_app(RW, 5), 5),
     guest(app(REQUEST)), far(header(2, 16, 0, kind=0)), far(to_app(RESPONSE)), reads())
save('app-small-buffers', APP, post(90), far(to_app(RW, 80), 80), buffers=45)
save('app-no-room', APP, post(2), far(to_app(RST)), restart(), post(2), far(to_app(RW, 80), 80), buffers=44)
save('system-connection', SYSTEM, *CONNECTED, far(app(RW, 7000), 7000), guest(system(RW, 5), 5),
     guest(system(SHUTDOWN, flags=3)), far(app(RST)), reads())
save('system-forged', SYSTEM, *CONNECTED, far(app(RW, 5), 5, cable=1), far(header(17, 2, REQUEST), cable=0),
     far(header(16 | 1 << 32, 2, RW, 5), 5), far(header(16, 3, RW, 5), 5), far(header(16, 17, REQUEST)),
     guest(header(16, 17, REQUEST)), guest(header(3, 99, REQUEST)), guest(header(3, 16 | 1 << 32, REQUEST)),
     reads(), reads(1))
save('system-lengths', SYSTEM, *CONNECTED, far(app(RW, 5), 6), reads(), *CONNECTED, guest(system(RW, 5), 4), reads(),
     short(43), far(app(RW)), far(app(9)), guest(system(9)))
save('system-congested', SYSTEM, *CONNECTED, *[guest(system(RW, 65535), 65535)] * 50, guest(system(RW, 3), 3),
     guest(system(CREDIT_UPDATE)), guest(system(RST)), reads(), far(app(REQUEST)), reads())
save('system-joins', SYSTEM, *CONNECTED, *[guest(system(RW, 65535), 65535)] * 38, *[guest(system(RW, 100), 100)] * 50,
     guest(system(CREDIT_UPDATE)), guest(system(SHUTDOWN, flags=3)), guest(system(RST)), reads())
save('system-app-dies', SYSTEM, *CONNECTED, far(header(17, 2, REQUEST), cable=1), far(app(RW, 9000), 9000), ends(),
     far(app(REQUEST)), guest(system(RW, 5), 5), unplug(), unplug(1), reads())
save('system-cable-reset', SYSTEM, *CONNECTED, far(header(16, 2, 0, kind=0)), far(app(REQUEST)), reads(),
     far(header(17, 2, 0, kind=0)), far(header(16, 2, 0)), reads())
save('system-restart', SYSTEM, *CONNECTED, far(app(RW, 9000), 9000), restart(), far(app(RW, 5), 5), reads(), post(20),
     far(app(REQUEST)), guest(system(RESPONSE)), reads())
save('system-no-buffers', SYSTEM, *[far(app(REQUEST, ports=(i, 9))) for i in range(20)], ends(), far(app(REQUEST)),
     post(30), reads())
