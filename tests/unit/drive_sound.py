# SPDX-License-Identifier: Apache-2.0
"""bk-sound, jailed as ever, between a supervisor and VMs that are played here; the machine has no card, so that a clock stands in.

    drive_sound.py BK_SOUND [TEST...]
"""
import array
import os
import select
import socket
import struct
import subprocess
import sys
import time
import unittest

import tap
from varlink_peer import PATIENCE, wait_for

CARD, CABLE, MICROPHONE, RECORDS = 1, 2, 3, 16  # hypervisor/protocol/sound_control.h
START, STOP, PLAY, PLAYED, RECORDED, SOURCE = 1, 2, 3, 16, 17, 18  # hypervisor/protocol/sound_cable.h
PLAYBACK, CAPTURE = 0, 1
RATE, FRAME, FRAMES_MAX, WINDOW, VMS_MAX = 48000, 4, 480, 2880, 64
REST = 2  # seconds that a recording has ended before the supervisor is told: hypervisor/sound/sound.c
HEADER = struct.Struct("=4I")
PROGRAM = ""


class Vm:
    """A VM's end of a sound cable."""

    def __init__(self, sound: "SoundTest", cid: int, microphone: bool = False):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE)
        sound.addCleanup(self.socket.close)
        self.sources: list[int] = []  # what it was told of whether there is a microphone
        sound.tell(CABLE, cid, 0, theirs.fileno())
        if microphone:
            sound.tell(MICROPHONE, cid, 1)
        theirs.close()

    def say(self, kind: int, stream: int, run: int = 1, frames: int = 0, sound: bytes = b""):
        self.socket.send(HEADER.pack(kind, stream, run, frames) + sound)

    def hear(self) -> tuple[int, int, int, int, bytes]:
        data = self.socket.recv(4096)
        if not data:
            raise EOFError
        kind, stream, run, frames = HEADER.unpack_from(data)
        if kind == SOURCE:
            assert (stream, run, len(data)) == (CAPTURE, 0, HEADER.size)
            self.sources.append(frames)
            return self.hear()
        return kind, stream, run, frames, data[HEADER.size:]

    def play(self, frames: int):
        while frames:
            part = min(frames, FRAMES_MAX)
            self.say(PLAY, PLAYBACK, frames=part, sound=bytes(part * FRAME))
            frames -= part

    def is_unplugged(self) -> bool:
        try:
            while True:
                self.hear()
        except (EOFError, ConnectionResetError):
            return True
        except TimeoutError:
            return False


class SoundTest(unittest.TestCase):
    def setUp(self):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(PATIENCE)
        self.process = subprocess.Popen([PROGRAM, "--control", f"fd:{theirs.fileno()}"], pass_fds=[theirs.fileno()], stderr=subprocess.PIPE,
                                        text=True)
        theirs.close()
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.control.close)

    def tell(self, kind: int, cid: int, value: int, fd: int = -1):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        self.control.sendmsg([HEADER.pack(kind, cid, value, 0)], rights)

    def told(self) -> tuple[int, int, int]:
        return HEADER.unpack(self.control.recv(64))[:3]

    def test_plays_at_the_pace_of_sound(self):
        vms = [Vm(self, cid) for cid in (16, 17)]
        begin = time.monotonic()
        for vm in vms:
            vm.say(START, PLAYBACK)
            vm.play(WINDOW)
        played = [0, 0]
        while min(played) < RATE // 2:
            for i, vm in enumerate(vms):
                kind, stream, run, frames, sound = vm.hear()
                self.assertEqual((kind, stream, run, sound), (PLAYED, PLAYBACK, 1, b""))
                played[i] += frames
                if frames:
                    vm.play(frames)
        self.assertGreater(time.monotonic() - begin, 0.4)
        for vm in vms:
            vm.say(STOP, PLAYBACK)

    def test_records_silence_without_a_card(self):
        for microphone in (False, True):
            vm = Vm(self, 16, microphone)
            begin = time.monotonic()
            vm.say(START, CAPTURE, 5)
            self.assertEqual(self.told(), (RECORDS, 16, 1))
            for _ in range(30):
                kind, stream, run, frames, sound = vm.hear()
                self.assertEqual((kind, stream, run, frames), (RECORDED, CAPTURE, 5, FRAMES_MAX))
                self.assertEqual(sound, bytes(FRAMES_MAX * FRAME))
            self.assertGreater(time.monotonic() - begin, 0.2)
            vm.say(STOP, CAPTURE, 5)
            self.assertEqual(self.told(), (RECORDS, 16, 0))

    def test_tells_who_records_until_the_cable_ends(self):
        first, second = Vm(self, 16), Vm(self, 17)
        first.say(START, CAPTURE)
        self.assertEqual(self.told(), (RECORDS, 16, 1))
        second.say(START, CAPTURE)
        self.assertEqual(self.told(), (RECORDS, 17, 1))
        first.say(START, CAPTURE, 2)  # nothing new
        self.tell(MICROPHONE, 16, 1)
        self.tell(MICROPHONE, 99, 1)  # of nobody
        first.socket.close()
        self.assertEqual(self.told(), (RECORDS, 16, 0))
        again = Vm(self, 17)  # in place of the one before
        self.assertEqual(self.told(), (RECORDS, 17, 0))
        self.assertTrue(second.is_unplugged())
        again.say(START, CAPTURE)
        self.assertEqual(self.told(), (RECORDS, 17, 1))

    def test_what_stops_and_starts_again_is_one_recording(self):
        vm, other = Vm(self, 16), Vm(self, 17)
        for run in range(1, 1000):
            vm.say(START, CAPTURE, run)
            vm.say(STOP, CAPTURE, run)
        vm.say(START, CAPTURE, 1000)
        time.sleep(REST * 1.2)
        other.say(START, CAPTURE)
        told = []
        while (last := self.told()) != (RECORDS, 17, 1):
            told.append(last)
        self.assertEqual((told[0], told[-1]), ((RECORDS, 16, 1), (RECORDS, 16, 1)))  # and it goes on
        self.assertLess(len(told), 20)  # a busy machine may stand still between a stop and the next start
        begin = time.monotonic()
        vm.say(STOP, CAPTURE, 1000)
        self.assertEqual(self.told(), (RECORDS, 16, 0))
        self.assertGreater(time.monotonic() - begin, REST * 0.9)

    def test_tells_that_there_is_no_microphone(self):
        vm = Vm(self, 16)
        self.assertEqual(HEADER.unpack(vm.socket.recv(4096)), (SOURCE, CAPTURE, 0, 0))
        vm.say(START, CAPTURE)
        for _ in range(10):
            self.assertEqual(vm.hear()[0], RECORDED)
        self.assertEqual(vm.sources, [])  # once

    def test_who_lies_is_unplugged_alone(self):
        good = Vm(self, 16)
        good.say(START, CAPTURE)
        lies = (lambda vm: vm.socket.send(b"short"), lambda vm: vm.say(PLAY, PLAYBACK, frames=1, sound=bytes(FRAME)),
                lambda vm: vm.say(99, 0), lambda vm: vm.socket.send(bytes(4000)), lambda vm: vm.say(STOP, PLAYBACK),
                lambda vm: (vm.say(START, PLAYBACK), vm.play(2 * WINDOW)))
        for lie in lies:
            vm = Vm(self, 17)
            try:
                lie(vm)
            except (BrokenPipeError, ConnectionResetError):
                pass
            self.assertTrue(vm.is_unplugged())
            self.assertEqual(good.hear()[0], RECORDED)
        self.assertIsNone(self.process.poll())

    def test_a_vm_that_does_not_listen_holds_nobody_up(self):
        deaf, good = Vm(self, 16), Vm(self, 17)
        for vm in (deaf, good):
            vm.say(START, CAPTURE)
        for _ in range(150):  # 1.5 s: more than the other's cable holds
            self.assertEqual(good.hear()[0], RECORDED)
        self.assertTrue(select.select([deaf.socket], [], [], 0)[0])

    def test_has_room_for_so_many(self):
        vms = [Vm(self, 16 + i) for i in range(VMS_MAX)]
        self.assertTrue(Vm(self, 1000).is_unplugged())
        vms[0].say(START, CAPTURE)
        self.assertEqual(vms[0].hear()[0], RECORDED)

    def test_what_is_no_card_is_not_used(self):
        with open("/dev/null", "rb") as null:
            for direction in (PLAYBACK, CAPTURE):
                self.tell(CARD, 0, direction, null.fileno())
            self.tell(CARD, 0, 7, null.fileno())
        vm = Vm(self, 16, True)
        vm.say(START, CAPTURE)
        self.assertEqual(vm.hear()[4], bytes(FRAMES_MAX * FRAME))

    def test_ends_with_the_supervisor(self):
        self.control.close()
        self.assertEqual(self.process.wait(PATIENCE), 0)

    def test_rests_when_nobody_plays(self):
        vm = Vm(self, 16, True)
        vm.say(START, PLAYBACK)
        vm.play(10)
        vm.hear()
        vm.say(STOP, PLAYBACK)
        wait_for(self.rests, "it rests")

    def rests(self) -> bool:
        before = self.switches()
        time.sleep(0.5)
        return self.switches() - before <= 2

    def switches(self) -> int:
        """How often the process has slept."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv[1])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
