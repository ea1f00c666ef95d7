# SPDX-License-Identifier: Apache-2.0
"""bk-sound with a real card of the machine's, by its real driver: what VMs play comes out of it, added up, and what it hears
comes to who may hear it, and to nobody else. The VMs are played here; the card's own ends are files of whoever emulates it."""
import array
import glob
import math
import os
import select
import socket
import struct
import subprocess
import time

from lab import check

CARD, CABLE, MICROPHONE, CONTROLS = 1, 2, 3, 4  # hypervisor/protocol/sound_control.h
START, STOP, PLAY, PLAYED, RECORDED, SOURCE = 1, 2, 3, 16, 17, 18  # hypervisor/protocol/sound_cable.h
PLAYBACK, CAPTURE = 0, 1
RATE, FRAME, FRAMES_MAX, WINDOW = 48000, 4, 480, 2880
HEADER = struct.Struct("=4I")
SONG_FRAMES = RATE  # each VM plays so much; tests/e2e/test_sound.py looks for the sum
PERIOD = 48  # frames of a period of what the microphone hears: tests/e2e/test_sound.py made it


def song(factor: int) -> bytes:
    """A ramp, in both channels, that no silence looks like."""
    return b"".join(struct.pack("=2h", factor * (at % 1000 + 1), -factor * (at % 1000 + 1)) for at in range(SONG_FRAMES))


class Vm:
    def __init__(self, cid: int, microphone: bool):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.source = 0  # what it was told of whether there is a microphone
        tell(CABLE, cid, 0, theirs.fileno())
        if microphone:
            tell(MICROPHONE, cid, 1, -1)
        theirs.close()

    def say(self, kind: int, stream: int, frames: int = 0, sound: bytes = b""):
        self.socket.send(HEADER.pack(kind, stream, 1, frames) + sound)

    def hear(self, timeout: float = 10) -> tuple[int, int, bytes]:
        assert select.select([self.socket], [], [], timeout)[0], "nothing comes"
        data = self.socket.recv(4096)
        kind, _, _, frames = HEADER.unpack_from(data)
        if kind == SOURCE:
            self.source = frames
            return self.hear(timeout)
        return kind, frames, data[HEADER.size:]

    def record(self, seconds: float) -> bytes:
        self.say(START, CAPTURE)
        heard = b""
        while len(heard) < seconds * RATE * FRAME:
            kind, _, sound = self.hear()
            assert kind == RECORDED
            heard += sound
        return heard


def tell(kind: int, cid: int, value: int, fd: int):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
    control.sendmsg([HEADER.pack(kind, cid, value, 0)], rights)


def give_card():
    for way, direction in (("p", PLAYBACK), ("c", CAPTURE)):
        deadline = time.monotonic() + 30  # the driver looks at its codecs in its own time
        while not (paths := sorted(glob.glob(f"/dev/snd/pcmC*D*{way}"))):
            assert time.monotonic() < deadline, os.listdir("/dev/snd")
            time.sleep(0.1)
        fd = os.open(paths[0], os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        tell(CARD, 0, direction, fd)
        os.close(fd)
    for path in glob.glob("/dev/snd/controlC*"):
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        tell(CONTROLS, 0, 0, fd)
        os.close(fd)


def both_are_heard():
    """Two VMs at once, at the card's pace."""
    vms = {Vm(16, False): song(5), Vm(17, False): song(6)}
    left, unplayed = {vm: sound for vm, sound in vms.items()}, {vm: 0 for vm in vms}
    begin = time.monotonic()
    for vm in vms:
        vm.say(START, PLAYBACK)
    while any(left.values()) or any(unplayed.values()):
        for vm in vms:
            while left[vm] and unplayed[vm] + FRAMES_MAX <= WINDOW:
                vm.say(PLAY, PLAYBACK, FRAMES_MAX, left[vm][:FRAMES_MAX * FRAME])
                left[vm] = left[vm][FRAMES_MAX * FRAME:]
                unplayed[vm] += FRAMES_MAX
        for vm in vms:
            if unplayed[vm]:
                unplayed[vm] -= vm.hear()[1]
    took = time.monotonic() - begin
    print(f"note a second of sound took {took:.2f} s", flush=True)
    assert took > 0.5, took  # what the card has room for goes at once
    for vm in vms:
        vm.say(STOP, PLAYBACK)


def tone(sound: bytes) -> float:
    """How much of it is the tone that the microphone hears, of 1."""
    left = array.array("h", sound)[0::2]
    energy = sum(sample * sample for sample in left)
    sine, cosine = (sum(sample * wave(2 * math.pi * at / PERIOD) for at, sample in enumerate(left)) for wave in (math.sin, math.cos))
    return 2 * (sine * sine + cosine * cosine) / (energy * len(left)) if energy else 0


def microphone_is_heard():
    begin = time.monotonic()
    vm = Vm(18, True)
    heard = vm.record(1)
    assert vm.source == 1
    took = time.monotonic() - begin
    print(f"note recording a second of sound took {took:.2f} s", flush=True)
    assert took > 0.5, took  # what the card had in it comes at once
    # Some of it: a card begins with what was in it, and may miss something on a busy machine.
    best = max(tone(heard[at:at + 2400 * FRAME]) for at in range(0, len(heard) - 2400 * FRAME, 1200 * FRAME))
    assert best > 0.9, f"{best:.3f} of it is the tone; {array.array('h', heard[96000:96200]).tolist()}"


def silence_for_others():
    allowed, other = Vm(19, True), Vm(20, False)
    allowed.say(START, CAPTURE)
    assert not other.record(0.5).strip(b"\0")
    tell(MICROPHONE, 20, 1, -1)
    deadline = time.monotonic() + 10
    while not other.hear()[2].strip(b"\0"):
        assert time.monotonic() < deadline, "still silence, though it may hear"
    tell(MICROPHONE, 20, 0, -1)
    deadline = time.monotonic() + 10
    while other.hear()[2].strip(b"\0"):
        assert time.monotonic() < deadline, "still sound, though it may not hear"
    assert not any(other.hear()[2].strip(b"\0") for _ in range(50)), "sound again"


control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
program = subprocess.Popen(["/work/bk-sound", "--control", f"fd:{theirs.fileno()}", "--uid", "70001", "--gid", "70001"],
                           pass_fds=[theirs.fileno()])
theirs.close()
try:
    check("the machine has a card", give_card)
    check("two VMs are heard at once", both_are_heard)
    check("the microphone is heard", microphone_is_heard)
    check("others hear silence", silence_for_others)
finally:
    control.close()
    print(f"note bk-sound ended with {program.wait(10)}", flush=True)
