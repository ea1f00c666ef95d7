# SPDX-License-Identifier: Apache-2.0
"""The table of the video encoder: the processor's time for a frame, by bk-encoder as it is in the System VM, jailed, run here. Once it
encodes, and once it passes the frames on, as it does where the machine has an encoder; that one is played here, and not measured."""
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import threading

from common import BUILD

SIZES = ((640, 360, 800_000), (1280, 720, 2_000_000), (1920, 1080, 5_000_000))
RATE, FRAMES = 30, 150


def texture(width: int, height: int) -> list[bytes]:
    """Rows of a picture with edges and grain, larger than a frame by what it moves."""
    grain = random.Random(1)
    rows = []
    for y in range(height + FRAMES):
        blocks = b"".join(bytes([60 + (x // 16 * (y // 16) * 13) % 128]) * 16 for x in range(0, width + 2 * FRAMES, 16))
        noise = grain.randbytes(len(blocks))
        rows.append(bytes(block + (grained & 7) for block, grained in zip(blocks, noise)))
    return rows


def frames(width: int, height: int):
    """A pan over the texture, with a still square in its middle, and colours that stay."""
    rows = texture(width, height)
    square, left, top = rows[0][:height // 4], width // 2, height // 2
    chroma = bytes(100 + x * 60 // width for x in range(width // 2)) * (height // 2) + bytes([140]) * (width * height // 4)
    for number in range(FRAMES):
        shown = [row[2 * number:2 * number + width] for row in rows[number:number + height]]
        for y in range(top, top + height // 4):
            shown[y] = shown[y][:left] + square + shown[y][left + len(square):]
        yield b"".join(shown) + chroma


def play_machine(line: socket.socket, frame: int, unit: int):
    """bk-codec's end of the port (docs/protocols/codec-port.md): it gives a unit of that size for each frame."""
    said, start, kind = line.makefile("rb"), 8 + 32, 16
    said.read(start)
    for _ in range(FRAMES):
        taken = 0
        while taken < frame:
            _, length = struct.unpack("=2I", said.read(8))
            taken += len(said.read(length))
        line.sendall(struct.pack("=2I", kind, unit) + bytes(unit))


def measured(width: int, height: int, bit_rate: int, machine: bool) -> tuple[float, float]:
    """Milliseconds of processor a frame, and kilobits a second that came of it."""
    ours, theirs = socket.socketpair()
    arguments, passed = [], [theirs.fileno()]
    if machine:
        far, port = socket.socketpair()
        port.setblocking(False)
        arguments, passed = [f"--machine=fd:{port.fileno()}", "--encoder=0"], [*passed, port.fileno()]
        threading.Thread(target=play_machine, args=(far, width * height * 3 // 2, bit_rate // RATE // 8), daemon=True).start()
    encoder = subprocess.Popen(
        [BUILD / "system/encoder/bk-encoder", f"--stream=fd:{theirs.fileno()}", f"--width={width}", f"--height={height}",
         f"--rate={RATE}", f"--bit-rate={bit_rate}", f"--key-interval={2 * RATE}", "--format=i420", *arguments], pass_fds=passed)
    theirs.close()
    units, size = ours.makefile("rb"), 0
    for frame in frames(width, height):
        ours.sendall(frame)
        length, = struct.unpack(">I", units.read(4))
        size += len(units.read(length))
    ours.shutdown(socket.SHUT_WR)
    _, status, usage = os.wait4(encoder.pid, 0)
    encoder.returncode = os.waitstatus_to_exitcode(status)
    if encoder.returncode:
        raise SystemExit(f"bulkhead: bk-encoder ended with status {encoder.returncode}")
    return (usage.ru_utime + usage.ru_stime) * 1000 / FRAMES, size * 8 * RATE / FRAMES / 1000


def table(_: pathlib.Path):
    print(f"==> encoder: {FRAMES} frames of each size, here", file=sys.stderr)
    print("\n| H.264 by bk-encoder | processor a frame | of one core at 30 frames a second | asked for | came | passed to the machine's encoder |")
    print("|---|---|---|---|---|---|")
    for width, height, bit_rate in SIZES:
        spent, came = measured(width, height, bit_rate, False)
        passing, _ = measured(width, height, bit_rate, True)
        print(f"| {width} × {height} | {spent:.1f} ms | {spent * RATE / 10:.0f} % | {bit_rate // 1000} kbit/s | {came:.0f} kbit/s "
              f"| {passing:.1f} ms |", flush=True)
