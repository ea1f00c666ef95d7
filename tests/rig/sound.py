# SPDX-License-Identifier: Apache-2.0
"""The far end of a sound cable: docs/protocols/sound-cable.md. Of the standard library alone, for the rig's Linux."""
import socket
import struct
import threading
import time

START, STOP, PLAY, PLAYED, RECORDED, SOURCE = 1, 2, 3, 16, 17, 18
PLAYBACK, CAPTURE = 0, 1
RATE, FRAME, FRAMES_MAX, WINDOW, BUFFER = 48000, 4, 480, 2880, 64 << 10
PLUG_SOUND = 6  # hypervisor/protocol/control.h
HEADER = struct.Struct("=4I")
TICK = 0.01  # seconds
LATE = RATE * 3 // 100  # frames: what was missed by more is missed for good, for a guest takes a whole buffer at once for nothing


class Sound:
    """Plays what comes at the pace of sound and keeps it; records `source`, from its begin in each run."""

    def __init__(self, vm, source: bytes = b"", microphone: bool = True):
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self.socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, 32, BUFFER)  # SO_SNDBUFFORCE
        self.source = source
        self.played = b""
        self.runs = {PLAYBACK: 0, CAPTURE: 0}  # 0: it does not run
        self.begun = {PLAYBACK: 0, CAPTURE: 0}  # how often
        self.unplayed = 0  # frames
        self.most = 0  # that were ever unplayed
        self.at = 0  # bytes of the source that were recorded
        self.ended = False
        self.changed = threading.Condition()
        self.tell_source(microphone)
        vm.send(PLUG_SOUND, fd=theirs.fileno())
        theirs.close()
        for work in (self._receive, self._tick):
            threading.Thread(target=work, daemon=True).start()

    def _receive(self):
        while True:
            try:
                data = self.socket.recv(HEADER.size + FRAMES_MAX * FRAME + 1)
            except OSError:
                data = b""
            with self.changed:
                self.changed.notify_all()
                if not data:
                    self.ended = True
                    return
                kind, stream, run, frames = HEADER.unpack_from(data)
                if kind == START:
                    self.runs[stream] = run
                    self.begun[stream] += 1
                if kind == STOP:
                    assert self.runs[stream] == run, (run, self.runs)
                    self.runs[stream] = 0
                if kind in (START, STOP) and stream == PLAYBACK:
                    self.unplayed = 0
                if kind in (START, STOP) and stream == CAPTURE:
                    self.at = 0
                if kind == PLAY:
                    assert run == self.runs[PLAYBACK] and len(data) == HEADER.size + frames * FRAME
                    self.played += data[HEADER.size:]
                    self.unplayed += frames
                    self.most = max(self.most, self.unplayed)

    def _say(self, kind: int, stream: int, frames: int, sound: bytes = b"") -> bool:
        """False when the cable is full."""
        try:
            self.socket.send(HEADER.pack(kind, stream, self.runs[stream], frames) + sound, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        return True

    def _tick(self):
        done, begin = 0, time.monotonic()
        while not self.ended:
            time.sleep(TICK)
            due = int((time.monotonic() - begin) * RATE) - done
            done += due
            with self.changed:
                try:
                    self._pass(min(due, LATE))
                except OSError:  # the cable ended
                    return

    def _pass(self, frames: int):
        """So much time passes. What finds no room waits: it is the source that stands still then."""
        out = min(self.unplayed, frames)
        if self.runs[PLAYBACK] and self._say(PLAYED, PLAYBACK, out):
            self.unplayed -= out
        while frames and self.runs[CAPTURE]:
            part = min(frames, FRAMES_MAX)
            sound = self.source[self.at:self.at + part * FRAME].ljust(part * FRAME, b"\0")
            if not self._say(RECORDED, CAPTURE, part, sound):
                return
            self.at += part * FRAME
            frames -= part

    def tell_source(self, microphone: bool):
        self.socket.send(HEADER.pack(SOURCE, CAPTURE, 0, microphone))

    def wait(self, condition, what: str, timeout: float = 30):
        with self.changed:
            assert self.changed.wait_for(condition, timeout), (
                f"{what} did not happen within {timeout} s: runs {self.runs}, begun {self.begun}, {len(self.played)} bytes played"
                f"{', ended' if self.ended else ''}")

    def close(self):
        """Also for a thread that waits in recv(), which close() alone leaves there, with the socket."""
        self.socket.shutdown(socket.SHUT_RDWR)
        with self.changed:
            assert self.changed.wait_for(lambda: self.ended, 10)
        self.socket.close()
