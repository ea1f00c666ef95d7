#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.VideoEncoder as an app sees it: drive_encoder.py BROKER_UNDER_TEST BK_ENCODER [TEST ...]

bk-encoder runs in its jail here; what its units show is tests/unit/test_encoder.c's to see. The machine's encoders are played, behind
a socket; real ones are bk-codec's: drive_codecs.py, test_codec.c.
"""
import os
import pathlib
import re
import select
import signal
import socket
import struct
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

ENCODER = "io.bulkhead.VideoEncoder."
ONE, TWO, THREE = "io.example.one", "io.example.two", "io.example.three"
OF_APP, OF_ALL, BURST = 2, 4, 8
STALL_SECONDS = 10
PROGRAM = ""  # bk-encoder
USUAL = {"codec": "h264", "width": 64, "height": 48, "rate": 30, "bitRate": 200000, "pixelFormat": "i420"}
FRAME = 64 * 48 * 3 // 2


class Fixture(drive_location.Fixture):
    apps = {name: {"state": "running", "cid": cid} for name, cid in ((ONE, 3), (TWO, 4), (THREE, 9))}
    settings: dict[str, str] = {}

    def setUp(self):
        self.settings = {"encoder": PROGRAM}
        super().setUp()

    def ask(self, cid: int = 3, **what) -> dict:
        client = self.client(cid)
        reply = client.call(ENCODER + "Open", **USUAL | what)
        client.close()
        return reply

    def open(self, cid: int = 3, **what) -> Client:
        """The stream of an encoding that works: a frame of it has come and gone."""
        job = USUAL | what
        stream = self.stream(self.ask(cid, **what)["parameters"]["stream"], cid)
        self.assertEqual(len(self.encoded(stream, bytes(job["width"] * job["height"] * 3 // 2))) > 0, True)
        return stream

    def encoded(self, stream: Client, frame: bytes) -> bytes:
        stream.send_bytes(frame)
        return unit(stream)

    def encoders(self) -> list[int]:
        """The processes of bk-encoder that the broker has, but for those that are being started."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def wait_encoders(self, count: int):
        wait_for(lambda: len(self.encoders()) == count, f"there are {count} encoders")

    def assert_refused(self, reply: dict, limit: int):
        self.assertEqual(reply, {"error": ENCODER + "TooManyEncodings", "parameters": {"limit": limit}})


def read(stream: Client, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = stream.endpoint.recv(size - len(data))
        if not more:
            raise EOFError(f"{len(data)} bytes of {size}")
        data += more
    return data


def unit(stream: Client) -> bytes:
    return read(stream, struct.unpack(">I", read(stream, 4))[0])


def kind(found: bytes) -> int:
    """The type of its first NAL unit: 7 at a key frame, 1 at another."""
    assert found[:4] == b"\0\0\0\1", found[:8]
    return found[4] & 0x1f


class Asking(Fixture):
    def test_what_there_is(self):
        self.assertEqual(self.client().call(ENCODER + "Get"), {"parameters": {"encoders": [
            {"codec": "h264", "hardware": False, "pixelFormats": ["i420", "nv12"], "sideMin": 16, "sideMax": 1920,
             "pixelsMax": 1920 * 1088, "rateMax": 60, "bitRateMin": 50000, "bitRateMax": 20000000}]}})

    def test_what_is_out_of_bounds_is_named(self):
        for field, values in {"width": (0, -16, 14, 65, 1922, 2 ** 62), "height": (0, 15, 1922, 47),
                              "rate": (0, 61, -1), "bitRate": (0, 49999, 20000001, -2 ** 63),
                              "keyInterval": (0, 601), "pixelFormat": ("rgb", ""), "codec": ("vp8", "H264")}.items():
            for value in values:
                with self.subTest(field, value=value):
                    self.assertEqual(self.ask(**{field: value}), {"error": "org.varlink.service.InvalidParameter",
                                                                  "parameters": {"parameter": field}})
        self.assertEqual(self.ask(width=1920, height=1090)["parameters"], {"parameter": "height"})
        self.assertEqual(self.encoders(), [])

    def test_who_stands_still_or_does_not_come_loses_the_place(self):
        still = self.open(4)
        still.send_bytes(bytes(100))
        begun = time.monotonic()
        for _ in range(OF_APP):
            self.assertIn("parameters", self.ask())
        self.assert_refused(self.ask(), OF_APP)
        self.assertIn("stream", self.ask(4)["parameters"])  # another app is not held up
        still.endpoint.settimeout(PATIENCE + STALL_SECONDS)
        self.assertTrue(still.closed())
        self.assertGreater(time.monotonic() - begun, STALL_SECONDS - 1)
        wait_for(lambda: f"{TWO} refused: its video stream broke off, or stood still" in self.log_text(), "the log says so")
        wait_for(lambda: "stream" in self.ask()["parameters"], "the places are free again", 30)


class Encoding(Fixture):
    def test_a_unit_for_each_frame(self):
        for form in ("i420", "nv12"):
            stream = self.stream(self.ask(pixelFormat=form, keyInterval=4)["parameters"]["stream"], 3)
            kinds = [kind(self.encoded(stream, bytes([number * 9]) * FRAME)) for number in range(9)]
            self.assertEqual(kinds, [7, 1, 1, 1, 7, 1, 1, 1, 7])
            stream.close()
        self.wait_encoders(0)

    def test_key_frames_come_every_two_seconds_otherwise(self):
        stream = self.stream(self.ask(rate=3)["parameters"]["stream"], 3)
        self.assertEqual([kind(self.encoded(stream, bytes(FRAME))) for _ in range(7)], [7, 1, 1, 1, 1, 1, 7])

    def test_frames_may_come_in_pieces_and_together(self):
        stream = self.open()
        for piece in range(0, FRAME, 1000):
            stream.send_bytes(bytes(min(1000, FRAME - piece)))
        self.assertEqual(kind(unit(stream)), 1)
        stream.send_bytes(bytes(FRAME * 3))
        self.assertEqual([kind(unit(stream)) for _ in range(3)], [1, 1, 1])

    def test_it_says_which_it_is(self):
        self.assertIs(self.ask()["parameters"]["hardware"], False)

    def test_the_end_of_what_is_sent_ends_it_when_all_is_there(self):
        stream = self.open()
        stream.send_bytes(bytes(FRAME * 2))
        stream.endpoint.shutdown(socket.SHUT_WR)
        unit(stream), unit(stream)
        self.assertTrue(stream.closed())
        self.wait_encoders(0)
        self.assertNotIn("video", self.log_text())  # all is as it should be

    def test_half_a_frame_is_none(self):
        stream = self.open()
        stream.send_bytes(bytes(FRAME + FRAME // 2))
        stream.endpoint.shutdown(socket.SHUT_WR)
        unit(stream)
        self.assertTrue(stream.closed())
        wait_for(lambda: f"{ONE} refused: its video stream broke off" in self.log_text(), "the log says so")

    def test_any_bytes_are_a_frame(self):
        stream = self.open(width=320, height=240, bitRate=20000000)
        for _ in range(8):
            self.assertGreater(len(self.encoded(stream, os.urandom(320 * 240 * 3 // 2))), 1000)

    def test_the_largest(self):
        stream = self.open(width=1920, height=1088, bitRate=20000000, rate=60)
        self.assertEqual(kind(self.encoded(stream, os.urandom(1920 * 1088) + bytes(1920 * 544))), 1)

    def test_a_slow_reader_stops_itself(self):
        stream = self.open(width=320, height=240, bitRate=20000000)
        size, sent = 320 * 240 * 3 // 2, 0
        stream.endpoint.setblocking(False)
        while select.select([], [stream.endpoint], [], 2)[1]:
            sent += stream.endpoint.send(os.urandom(65536))
        self.assertLess(sent, 100 * size)  # what sockets hold, and a frame
        before = self.memory_kib()
        stream.endpoint.settimeout(PATIENCE)
        rest = threading.Thread(target=stream.send_bytes, args=(os.urandom(size - sent % size),), daemon=True)
        rest.start()
        for _ in range(sent // size + 1):
            self.assertGreater(len(unit(stream)), 1000)
        rest.join(PATIENCE)
        self.assertLess(self.memory_kib() - before, 1000)

    def test_no_frame_passes_through_the_broker(self):
        stream = self.open()
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            self.assertEqual([kind(self.encoded(stream, os.urandom(FRAME))) for _ in range(3)], [1, 1, 1])
        finally:
            os.kill(self.process.pid, signal.SIGCONT)


class Bounds(Fixture):
    def test_two_of_an_app_and_four_of_all(self):
        streams = [self.open(cid) for cid in (3, 3, 4)]
        self.assert_refused(self.ask(3), OF_APP)
        streams.append(self.open(9))
        self.assert_refused(self.ask(9), OF_ALL)
        self.wait_encoders(OF_ALL)
        streams[0].close()
        self.wait_encoders(OF_ALL - 1)
        self.open(9)  # the place is free

    def test_no_more_than_so_fast(self):
        def once() -> dict:
            reply = self.ask()
            if "error" not in reply:
                self.stream(reply["parameters"]["stream"], 3).close()
                self.wait_encoders(0)
            return reply

        for _ in range(BURST):
            self.assertNotIn("error", once())
        reply = wait_for(lambda: reply if "error" in (reply := once()) else None, "one came too soon")  # a slow machine earns one now and then
        self.assertEqual(reply["error"], ENCODER + "TooSoon")
        self.assertLessEqual(1, reply["parameters"]["milliseconds"])
        self.assertLessEqual(reply["parameters"]["milliseconds"], 500)
        self.assertIn("parameters", self.ask(4))  # another app's pace is its own

    def test_what_a_process_may(self):
        self.open(width=640, height=480)
        pid, = self.encoders()
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        for line in ("Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "Threads:\t1"):
            self.assertIn(line, status)
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, pid), 19)
        self.assertEqual(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text().strip(), "1000")
        files = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
        self.assertEqual(len([name for name in files if name.startswith("socket:")]), 1)
        self.assertEqual(len(files), 4)
        if not sanitized():
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            self.assertEqual(int(re.search(r"Max address space\s+(\d+)", limits)[1]), (16 << 20) + 32 * 640 * 480)

    def test_a_flood_of_frames_holds_up_no_call(self):
        streams = [self.open(cid, width=640, height=480, bitRate=20000000) for cid in (3, 3, 4, 4)]
        frame, stop, units = os.urandom(640 * 480 * 3 // 2), threading.Event(), []

        def flood(stream: Client):
            while not stop.is_set():
                units.append(len(self.encoded(stream, frame)))

        threads = [threading.Thread(target=flood, args=(stream,), daemon=True) for stream in streams]
        for thread in threads:
            thread.start()
        caller = self.client(9)
        for count in range(1, 5):  # while so many more are encoded
            wait_for(lambda: len(units) >= count * len(streams), "they are encoded")
            for _ in range(10):
                self.assertIn("parameters", caller.call("org.varlink.service.GetInfo"))
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
            self.assertFalse(thread.is_alive())


class Ends(Fixture):
    def test_an_encoder_that_is_killed_ends_its_own_stream_alone(self):
        stream, other = self.open(), self.open(4)
        os.kill(self.encoders()[0], signal.SIGKILL)
        self.assertTrue(stream.closed())
        wait_for(lambda: f"{ONE} refused: its video encoder was killed" in self.log_text(), "the log says so")
        self.assertEqual(kind(self.encoded(other, bytes(FRAME))), 1)
        self.open()

    def test_the_end_of_the_app_s_vm_ends_it(self):
        stream, other = self.open(), self.open(4)
        self.hypervisor.change(ONE, state="stopped", cid=None, ended="poweroff")
        self.assertTrue(stream.closed())
        self.wait_encoders(1)
        self.assertEqual(kind(self.encoded(other, bytes(FRAME))), 1)
        self.assertNotIn("killed", self.log_text())

    def test_the_end_of_the_call_s_connection_does_not(self):
        client = self.client()
        token = client.call(ENCODER + "Open", **USUAL)["parameters"]["stream"]
        client.close()
        self.assertEqual(kind(unit(self.stream(token, 3, bytes(FRAME)))), 7)  # with the frame at the token's heels

    def test_a_broker_that_ends_takes_its_encoders_along(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            stream = self.open()
            self.ask()
            self.restart_broker(number)
            self.assertTrue(stream.closed())

    def test_what_comes_and_goes_leaves_nothing(self):
        def rounds(count: int):
            for number in range(count):
                stream = self.open(3 if number % 2 else 4)
                if number % 3:
                    stream.send_bytes(bytes(FRAME // 2))
                stream.close()
                self.wait_encoders(0)

        rounds(4)
        files, before = self.open_files(), self.memory_kib()
        rounds(10)
        wait_for(lambda: self.open_files() <= files, "every connection was closed")
        self.assertLess(self.memory_kib() - before, 1000)


class FakeCodec(threading.Thread):
    """Takes the place of bk-codec: docs/protocols/codec-port.md."""
    HELLO, START, FRAME, UNIT, FAILED = 1, 2, 3, 16, 17
    MARK = struct.pack("=2I", HELLO, 32) + b"\x8fbulkhead codec\xf8"
    H264, HEVC, FWHT = 0, 1, 3
    ANY_RATE = 2 ** 32 - 1

    def __init__(self, line: socket.socket):
        super().__init__(daemon=True)
        self.line = line
        # Codec, formats, least and most of the width and of the height, least and most bits a second.
        self.encoders = [(self.H264, 2, 64, 1280, 48, 720, 100000, 4000000), (self.HEVC, 3, 16, 4096, 32, 2160, 0, self.ANY_RATE)]
        self.answers = True  # greetings
        self.reply = self.unit
        self.greetings, self.starts, self.frames = 0, [], []

    def say(self, kind: int, data: bytes = b"", length: int | None = None):
        self.line.sendall(struct.pack("=2I", kind, len(data) if length is None else length) + data)

    def unit(self, frame: bytes):
        self.say(self.UNIT, b"unit of " + frame[:8])

    def greet(self, nonce: bytes):
        self.greetings += 1
        if self.answers:
            rows = b"".join(struct.pack("=8I", *encoder) for encoder in self.encoders)
            self.line.sendall(b"what was under way" + nonce + struct.pack("=I", len(self.encoders)) + rows.ljust(8 * 32, b"\0"))

    def run(self):
        heard, frame, size, sought = b"", b"", 0, True
        while more := self.line.recv(65536):
            heard += more
            while len(heard) >= 8:
                if sought:
                    at = heard.find(self.MARK)
                    heard = heard[at if at >= 0 else -len(self.MARK):]
                    if at < 0 or len(heard) < 40:
                        break
                    sought = False
                kind, length = struct.unpack("=2I", heard[:8])
                if kind not in (self.HELLO, self.START, self.FRAME):
                    sought = True
                    continue
                if len(heard) < 8 + length:
                    break
                data, heard = heard[8:8 + length], heard[8 + length:]
                if kind == self.HELLO:
                    self.greet(data[16:])
                elif kind == self.START:
                    self.starts.append(struct.unpack("=8I", data))
                    frame, size = b"", self.starts[-1][2] * self.starts[-1][3] * 3 // 2
                else:
                    frame += data
                    if len(frame) == size:
                        self.frames.append(frame)
                        self.reply(frame)
                        frame = b""


class MachineFixture(Fixture):
    NV12 = {"pixelFormat": "nv12"}
    HEVC = {"codec": "hevc"}

    def setUp(self):
        line, port = socket.socketpair()
        port.setblocking(False)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)  # a greeting does not fit
        self.addCleanup(line.close)
        self.addCleanup(port.close)
        self.codec = FakeCodec(line)
        self.port, self.inherited = port.fileno(), [port.fileno()]
        self.prepare()
        self.codec.start()
        self.addCleanup(self.codec.join)
        self.addCleanup(port.shutdown, socket.SHUT_RDWR)
        super().setUp()

    def prepare(self):
        pass

    def start_broker(self):
        self.settings["codec"] = str(self.port)
        super().start_broker()
        wait_for(lambda: self.codec.greetings > 0, "it is greeted")

    def listed(self) -> list[dict]:
        client = self.client()
        reply = client.call(ENCODER + "Get")
        client.close()
        return reply["parameters"]["encoders"]

    def wait_listed(self, count: int = 2):
        wait_for(lambda: [encoder["hardware"] for encoder in self.listed()] == [True] * count + [False], f"there are {count}")

    def hardware(self, **what) -> Client:
        """The stream of an encoding by the machine, once it is free."""
        replies = []
        wait_for(lambda: replies.append(self.asked(**what)) or replies[-1] is not None, "it is free")
        return self.stream(replies[-1], 3)

    def asked(self, **what) -> str | None:
        """A token, if it would be the machine's."""
        reply = self.ask(**what)
        if reply.get("parameters", {}).get("hardware"):
            return reply["parameters"]["stream"]
        time.sleep(0.5)  # the pace of an app
        if "stream" in reply.get("parameters", {}):
            self.stream(reply["parameters"]["stream"], 3).close()
        return None


class Machine(MachineFixture):
    def test_what_there_is(self):
        self.wait_listed()
        self.assertEqual(self.listed()[:2], [
            {"codec": "h264", "hardware": True, "pixelFormats": ["nv12"], "sideMin": 48, "sideMax": 1280, "pixelsMax": 1280 * 720,
             "rateMax": 60, "bitRateMin": 100000, "bitRateMax": 4000000},
            {"codec": "hevc", "hardware": True, "pixelFormats": ["i420", "nv12"], "sideMin": 16, "sideMax": 1920,
             "pixelsMax": 1920 * 1088, "rateMax": 60, "bitRateMin": 50000, "bitRateMax": 20000000}])

    def test_frames_become_what_the_machine_makes(self):
        stream = self.hardware(**self.NV12, keyInterval=7)
        frames = [os.urandom(FRAME) for _ in range(3)]
        for frame in frames:
            self.assertEqual(self.encoded(stream, frame), b"unit of " + frame[:8])
        self.assertEqual(self.codec.frames, frames)
        self.assertEqual(self.codec.starts, [(0, 1, 64, 48, 30, 200000, 7, 0)])
        self.wait_encoders(1)
        pid, = self.encoders()
        self.assertIn("Seccomp:\t2", pathlib.Path(f"/proc/{pid}/status").read_text())
        files = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
        self.assertEqual((len([name for name in files if name.startswith("socket:")]), len(files)), (2, 5))
        stream.close()
        self.wait_encoders(0)
        self.assertEqual(self.encoded(self.hardware(**self.HEVC, width=1920, height=1080), bytes(1920 * 1620)), b"unit of " + bytes(8))
        self.assertEqual(self.codec.starts[1], (1, 0, 1920, 1080, 30, 200000, 60, 0))
        self.assertNotIn("broke off", self.log_text())

    def test_a_unit_of_nothing_and_a_large_one(self):
        self.codec.reply = lambda frame: self.codec.say(FakeCodec.UNIT, bytes(frame[0] * 1000))
        stream = self.hardware(**self.NV12)
        self.assertEqual(self.encoded(stream, bytes(FRAME)), b"")
        self.assertEqual(self.encoded(stream, bytes([255]) * FRAME), bytes(255000))

    def test_one_at_a_time(self):
        stream = self.hardware(**self.HEVC)
        self.assert_refused(self.ask(4, **self.HEVC), 1)
        self.assertIs(self.ask(4, **self.NV12)["parameters"]["hardware"], False)  # the system does that
        self.assertEqual(self.encoded(stream, bytes(FRAME)), b"unit of " + bytes(8))
        self.hypervisor.change(ONE, state="stopped", cid=None, ended="poweroff")
        wait_for(lambda: "stream" in self.ask(4, **self.HEVC).get("parameters", {}) or time.sleep(0.5), "it is free")

    def test_what_it_cannot_do(self):
        self.wait_listed()
        for field, what in {"codec": {"codec": "vp8"}, "height": self.HEVC | {"height": 16}}.items():
            self.assertEqual(self.ask(**what), {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": field}})
        for what in ({}, self.NV12 | {"width": 62}, self.NV12 | {"width": 720, "height": 1280}, self.NV12 | {"bitRate": 90000}):
            reply = self.ask(**what)
            self.assertIs(reply["parameters"]["hardware"], False, what)
            stream = self.stream(reply["parameters"]["stream"], 3)
            self.wait_encoders(1)
            stream.close()
            self.wait_encoders(0)

    def test_one_that_fails_ends_its_encoding_and_rests(self):
        self.codec.reply = lambda frame: self.codec.say(FakeCodec.FAILED)
        stream, other = self.hardware(**self.NV12), self.open(4)
        stream.send_bytes(bytes(FRAME))
        self.assertTrue(stream.closed())
        wait_for(lambda: f"{ONE} refused: the machine's encoder failed it" in self.log_text(), "the log says so")
        self.assert_refused(self.ask(9, **self.HEVC), 1)
        self.assertIs(self.ask(4, **self.NV12)["parameters"]["hardware"], False)
        self.assertEqual(kind(self.encoded(other, bytes(FRAME))), 1)
        self.codec.reply = self.codec.unit
        self.assertEqual(self.encoded(self.hardware(**self.NV12), bytes(FRAME)), b"unit of " + bytes(8))

    def test_one_that_says_nonsense(self):
        self.codec.reply = lambda frame: self.codec.say(FakeCodec.UNIT, b"x", (4 << 20) + 1)
        stream = self.hardware(**self.NV12)
        stream.send_bytes(bytes(FRAME))
        self.assertTrue(stream.closed())
        wait_for(lambda: f"{ONE} refused: the machine's encoder failed it" in self.log_text(), "the log says so")

    def test_one_that_hangs_is_not_waited_for(self):
        self.codec.reply = lambda frame: None
        stream = self.hardware(**self.NV12)
        self.codec.answers = False
        stream.send_bytes(bytes(FRAME))
        stream.endpoint.settimeout(PATIENCE + 10)
        self.assertTrue(stream.closed())
        self.assertEqual(kind(self.encoded(self.open(**self.NV12), bytes(FRAME))), 1)  # by the system
        self.wait_listed(0)
        self.codec.answers = True
        self.wait_listed()

    def test_who_is_cut_off_in_the_middle_of_a_frame(self):
        stream = self.hardware(**self.NV12, width=640, height=480)
        size = 640 * 480 * 3 // 2
        stream.send_bytes(bytes(size))
        unit(stream)
        stream.send_bytes(bytes(size // 2))
        self.wait_encoders(1)
        os.kill(self.encoders()[0], signal.SIGKILL)
        self.assertTrue(stream.closed())
        self.assertEqual(self.encoded(self.hardware(**self.NV12), bytes(FRAME)), b"unit of " + bytes(8))

    def test_the_broker_s_end_frees_it(self):
        stream = self.hardware(**self.NV12)
        self.restart_broker(signal.SIGKILL)
        self.assertTrue(stream.closed())
        self.assertEqual(self.encoded(self.hardware(**self.NV12), bytes(FRAME)), b"unit of " + bytes(8))


class NoMachine(MachineFixture):
    """It lists what makes no sense."""
    def prepare(self):
        self.codec.encoders = [(99, 3, 16, 640, 16, 480, 0, FakeCodec.ANY_RATE)]

    def test_nonsense_is_none(self):
        self.wait_listed(0)
        self.assertIs(self.ask(**self.NV12)["parameters"]["hardware"], False)


class Without(Fixture):
    def setUp(self):
        global PROGRAM
        there, PROGRAM = PROGRAM, "/nonexistent/bk-encoder"
        try:
            super().setUp()
        finally:
            PROGRAM = there

    def test_an_encoder_that_does_not_start_closes_the_stream(self):
        stream = self.stream(self.ask()["parameters"]["stream"], 3)
        self.assertTrue(stream.closed())
        self.wait_encoders(0)


def sanitized() -> bool:
    """AddressSanitizer's shadow memory is more than any limit."""
    return b"__asan_init" in pathlib.Path(PROGRAM).read_bytes()


def main() -> int:
    global PROGRAM
    # A sanitizer that keeps what was freed would look like a leak.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    PROGRAM = str(pathlib.Path(sys.argv[2]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
