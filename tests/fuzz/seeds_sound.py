#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_sound_device and fuzz_sound_client: tests/fuzz/seeds_sound.py"""
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / 'corpus'
REQUEST, PLAYBACK, CAPTURE, MESSAGE, RECEIVE, PLUG, RESET = range(7)
INFO, SET_PARAMS, PREPARE, RELEASE, START, STOP = range(0x100, 0x106)


def step(kind, data=b''):
    return struct.pack('<BB', kind, len(data)) + data


def request(code, *numbers, room=4):
    return step(REQUEST, bytes([room]) + struct.pack('<I', code) + b''.join(struct.pack('<I', number) for number in numbers))


def parameters(stream, buffer=9600, period=4800, features=0, channels=2, form=5, rate=7):
    return request(SET_PARAMS, stream, buffer, period, features, channels | form << 8 | rate << 16)


def started(stream):
    return parameters(stream) + request(PREPARE, stream) + request(START, stream)


def stopped(stream):
    return request(STOP, stream) + request(RELEASE, stream)


def play(frames=20, stream=0, room=8):
    return step(PLAYBACK, bytes([room]) + struct.pack('<I', stream) + b'abcd' * frames)


def record(frames=20, stream=1):
    return step(CAPTURE, bytes([8 + 4 * frames]) + struct.pack('<I', stream))


def say(kind, stream, run, frames, sound=b''):
    return step(MESSAGE, struct.pack('<4I', kind, stream, run, frames) + sound)


def played(run, frames):
    return say(16, 0, run, frames)


def recorded(run, frames):
    return say(17, 1, run, frames, b'efgh' * frames)


def save(name, *steps, target='sound_device'):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_bytes(b''.join(steps))


save('info', request(INFO, 0, 2, 32, room=68), request(INFO, 1, 1, 32, room=36), request(INFO, 0, 2, 32, room=67))
save('info_bad', request(INFO, 1, 2**32 - 1, 32, room=200), request(INFO, 3, 0, 32), request(INFO, 0, 2, 2**31, room=200), request(1, 0, 1, 24),
     request(0x200, 0, 1, 24), request(0), request(0x999))
save('parameters', *[parameters(stream, **change) for stream in (0, 1, 2) for change in
                     ({}, {'channels': 1}, {'form': 17}, {'rate': 6}, {'period': 0}, {'period': 7}, {'features': 1})])
save('play', started(0), play(), play(30), step(RECEIVE), step(RECEIVE, b'p'), play(), step(RECEIVE, b'p'), stopped(0))
save('play_before_start', parameters(0), request(PREPARE, 0), play(), play(), play(), request(START, 0), step(RECEIVE, b'p'), stopped(0))
save('play_much', started(0), *[play(60) for _ in range(60)], step(RECEIVE), step(RECEIVE, b'p'), stopped(0))
save('pause', started(0), play(), request(STOP, 0), play(), request(START, 0), step(RECEIVE, b'p'), stopped(0), started(0), play())
save('record', started(1), record(), record(1), recorded(1, 10), recorded(1, 10), recorded(1, 3), record(), stopped(1), recorded(1, 1))
save('record_nothing', started(1), recorded(1, 50), recorded(2, 1), record(), recorded(1, 0), stopped(1))
save('played_bad', started(0), play(), played(1, 21), step(PLUG), play(), played(0, 20), played(2, 20), played(1, 20), step(PLUG), played(1, 2**32 - 1))
save('buffers_bad', started(0), play(0), started(0), play(stream=1), started(0), play(room=7), started(1), record(0), started(1), record(stream=0))
save('states_bad', request(START, 0), request(STOP, 0), request(RELEASE, 0), started(0), request(START, 0), request(RELEASE, 0), parameters(0))
save('requests_short', step(REQUEST, b'\4\1\1'), step(REQUEST), request(PREPARE), request(SET_PARAMS, 0), request(INFO, 0), request(START, 0, room=3))
save('plug', started(0), play(), step(PLUG), step(RECEIVE), play(), step(RECEIVE, b'p'), step(PLUG), started(1), step(PLUG), step(RECEIVE))
save('source', say(18, 1, 0, 0), started(1), record(), say(18, 1, 0, 1), started(1), say(18, 1, 0, 0), recorded(1, 1), say(18, 1, 0, 2))
save('reset', started(0), play(), started(1), record(), step(RESET), step(RECEIVE), played(1, 1), recorded(1, 1), started(0), play(), step(RECEIVE, b'p'))
save('messages_bad', say(1, 0, 1, 0), step(PLUG), say(17, 1, 1, 2, b'abcd'), step(PLUG), say(16, 7, 1, 0), step(PLUG), step(MESSAGE, b'short'), step(PLUG))


TICK = b'\0\0'


def says(kind, stream, run, frames, sound=b''):
    return struct.pack('<H4I', 16 + len(sound), kind, stream, run, frames) + sound


def client(name, *steps):
    save(name, *steps, target='sound_client')


def sends(run, frames):
    return says(3, 0, run, frames, b'ijkl' * frames)


client('play', says(1, 0, 1, 0), sends(1, 480), TICK, sends(1, 100), TICK, TICK, says(2, 0, 1, 0), TICK)
client('window', says(1, 0, 1, 0), *[sends(1, 480)] * 6, TICK, sends(1, 480), sends(1, 1))
client('record', says(1, 1, 7, 0), TICK, TICK, says(2, 1, 7, 0), TICK)
client('both', says(1, 0, 1, 0), says(1, 1, 1, 0), sends(1, 50), TICK, says(1, 0, 2, 0), sends(2, 50), TICK)
client('other_run', says(1, 0, 1, 0), says(1, 0, 2, 0), sends(1, 1))
client('stop_of_nothing', says(2, 1, 1, 0))
client('run_0', says(1, 0, 0, 0))
client('too_long', says(1, 0, 1, 0), says(3, 0, 1, 481, b'ijkl' * 481))
client('too_short', says(1, 0, 1, 0), says(3, 0, 1, 2, b'ijkl'))
client('short', b'\7\0' + b'1234567', b'\1\0x')
client('wrong_way', says(1, 0, 1, 0), says(16, 0, 1, 1))
client('stream', says(1, 2, 1, 0), says(1, 2**32 - 1, 1, 0))
client('frames', says(1, 0, 1, 0), says(3, 0, 1, 2**32 - 1, b'ijkl'), says(1, 0, 1, 1))
