#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The System API as CBOR: drive_cbor.py CBOR_UNDER_TEST BROKER_UNDER_TEST [TEST ...]

Two parts: what converts messages, alone; and the broker, towards an app that speaks CBOR, as drive_broker.py sees it
towards one that speaks JSON.
"""
import json
import math
import pathlib
import socket
import struct
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
API = HERE.parents[1] / "api"
sys.path[:0] = [str(HERE), str(API)]
import annotations  # noqa: E402
import drive_broker  # noqa: E402
import idl  # noqa: E402
import tap  # noqa: E402
from cbor_peer import CborClient, encode, framed, head  # noqa: E402
from varlink_peer import Client, wait_for  # noqa: E402

PROGRAM = ""  # cbor_under_test
MESSAGE_MAX, DEPTH_MAX, KEY_MAX = 256 * 1024, 32, 128
GET_INFO = {"method": "org.varlink.service.GetInfo"}


def text(data: bytes) -> bytes:
    """A text item of these bytes, be they UTF-8 or not."""
    return head(3, len(data)) + data


def examples() -> list[dict]:
    """Every message that stands as an example in the System API."""
    found = []
    for path in sorted(API.glob("*.varlink")):
        for method in idl.load(path).of_kind("method"):
            found += [message for _, message in annotations.read(method.comment, path.name).examples]
    return found


class Conversion(unittest.TestCase):
    def setUp(self):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def tearDown(self):
        self.process.communicate()
        self.assertEqual(self.process.returncode, 0)

    def ask(self, line: str) -> str:
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode(errors="replace").removesuffix("\n")

    def to_json(self, data: bytes) -> tuple[list[str], str]:
        """The texts of whole messages, and what is said behind the last one."""
        *messages, end = self.ask(">" + data.hex()).split("\t")
        return messages, end

    def to_cbor(self, json_text: str) -> bytes | str:
        answer = self.ask("<" + json_text)
        return answer if answer.startswith("E") else bytes.fromhex(answer)

    def both_ways(self, value, json_text: str | None = None):
        """JSON text → the bytes that the test's own encoder makes → the same value."""
        data = framed(encode(value))
        self.assertEqual(self.to_cbor(json_text or json.dumps(value)), data)
        messages, end = self.to_json(data)
        self.assertEqual((len(messages), end), (1, "done"))
        read = json.loads(messages[0])
        self.assertEqual(read, value)
        self.assertEqual(encode(read), encode(value), "true is not 1, and 1.0 is not either")
        self.assertEqual(self.to_cbor(messages[0]), data)

    def refused(self, item: bytes, why: str):
        messages, end = self.to_json(framed(item))
        self.assertEqual(messages, [])
        self.assertIn(why, end)


class BothWays(Conversion):
    def test_every_example_of_the_system_api(self):
        found = examples()
        self.assertGreater(len(found), 15)
        for message in found:
            with self.subTest(message):
                self.both_ways(message)

    def test_numbers(self):
        for value in (0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
                      -1, -24, -25, -256, -257, -65536, -65537, -2**32, -2**32 - 1, -2**63,
                      0.0, -0.0, 1.0, 1.5, 0.1, 1e22, 1e-300, 5e-324, 65504.0, 65505.0, 6e-8, 2.0**-24, 2.0**-25, 2.0**-14, 2.0**24 + 1,
                      3.4028234663852886e38, 1.7976931348623157e308, -4.1, 100000.0, 1 / 3, 2.0**53 + 2):
            with self.subTest(value):
                self.both_ways(value)

    def test_the_vectors_of_the_rfc(self):
        """RFC 8949, appendix A, as far as JSON has it."""
        for data, value in (("1bffffffffffffffff", 18446744073709551615), ("3903e7", -1000), ("f93c00", 1.0), ("f93e00", 1.5),
                            ("f97bff", 65504.0), ("fa47c35000", 100000.0), ("fa7f7fffff", 3.4028234663852886e+38),
                            ("fb7e37e43c8800759c", 1.0e+300), ("f90001", 5.960464477539063e-8), ("f90400", 0.00006103515625),
                            ("f9c400", -4.0), ("fbc010666666666666", -4.1), ("60", ""), ("62225c", '"\\'), ("62c3bc", "ü"),
                            ("63e6b0b4", "水"), ("64f0908591", "\U00010151"), ("80", []), ("8301820203820405", [1, [2, 3], [4, 5]]),
                            ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))), ("a0", {}),
                            ("a26161016162820203", {"a": 1, "b": [2, 3]}), ("826161a161626163", ["a", {"b": "c"}]),
                            ("a56161614161626142616361436164614461656145", {letter: letter.upper() for letter in "abcde"})):
            with self.subTest(data):
                self.assertEqual(encode(value).hex(), data)
                self.both_ways(value)

    def test_texts(self):
        for value in ("", "a", "x" * 23, "x" * 24, "x" * 255, "x" * 256, "x" * 65536, '"\\/\b\f\n\r\t\x01\x1f\x7f', "ä水\U0001f642\uffff\ud7ff\ue000\U0010ffff"):
            with self.subTest(value[:30]):
                self.both_ways(value)
                self.both_ways(value, json.dumps(value, ensure_ascii=False))
        self.both_ways("ä\U0001f642 /", '"\\u00E4\\ud83d\\uDE42 \\/"')

    def test_maps_are_sorted(self):
        keys = ["", "a", "b", "z", "aa", "ab", "ä", "x" * 23, "x" * 24, "y" * 24, "x" * KEY_MAX]
        value = {key: {"second": 1, "first": {key: None}, "z": [{"yy": 1, "x": 2}]} for key in keys}
        self.both_ways(value)
        self.both_ways(dict(reversed(value.items())))
        self.both_ways({"b": 1, "a": 2}, ' { "b" : 1 ,\t"a" :\r2 } ')

    def test_depth(self):
        value: object = "deepest"
        for level in range(DEPTH_MAX):
            value = [value] if level % 2 else {"a": value, "b": level}
        self.both_ways(value)

    def test_several_messages(self):
        messages, end = self.to_json(b"".join(framed(encode({"a": number})) for number in range(20)) + b"\0\0")
        self.assertEqual(([json.loads(message)["a"] for message in messages], end), (list(range(20)), "half"))

    def test_the_longest_message(self):
        data = text(b"x" * (MESSAGE_MAX - 5))
        messages, end = self.to_json(framed(data))
        self.assertEqual((len(messages[0]), end), (MESSAGE_MAX - 5 + 2, "done"))
        self.assertEqual(self.to_cbor(messages[0]), framed(data))
        self.assertEqual(self.to_cbor(messages[0][:-1] + 'x"'), "EMSGSIZE")


class Refused(Conversion):
    def test_what_is_longer_than_it_needs_to_be(self):
        for item in ("1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3800", "780161", "790018" + "61" * 24, "980101", "b8016161f6",
                     "fa3fc00000", "fb3ff8000000000000", "fb47efffffe0000000"):
            with self.subTest(item):
                self.refused(bytes.fromhex(item), "could be shorter")

    def test_what_does_not_say_its_length(self):
        for item in ("9f01ff", "bf616101ff", "7f6161ff", "5f4161ff", "ff"):
            with self.subTest(item):
                self.refused(bytes.fromhex(item), "of indefinite length")

    def test_keys(self):
        for pairs in ((b"b", b"a"), (b"a", b"a"), (b"aa", b"b"), (b"", b""), (b"a", b"")):
            with self.subTest(pairs):
                self.refused(b"\xa2" + b"".join(text(key) + b"\xf6" for key in pairs), "keys are not in their order")
        self.refused(b"\x81\xa3" + b"".join(text(key) + b"\xa1\x61\x61\x01" for key in (b"a", b"c", b"b")), "keys are not in their order")
        for key in (b"\x01", b"\xf6", b"\x80", b"\xa0", b"\xf9\x3c\x00", text(b"x" * (KEY_MAX + 1))):
            with self.subTest(key):
                self.refused(b"\xa1" + key + b"\xf6", "a key that is no text or longer than 128 bytes")

    def test_what_json_does_not_have(self):
        for item in ("40", "4161", "c000", "c11a514b67b0", "d9d9f7a0", "f7", "e0", "f3", "f8ff", "f820", "f8", "1c", "3d", "7e", "fc"):
            with self.subTest(item):
                self.refused(bytes.fromhex(item) + b"\x01" * (item == "f8"), "JSON has nothing for")

    def test_numbers(self):
        for item in ("f97e00", "f97c00", "f9fc00", "fa7fc00000", "fb7ff8000000000000", "fa7f800000"):
            with self.subTest(item):
                self.refused(bytes.fromhex(item), "not finite")
        for item in ("3b8000000000000000", "3bffffffffffffffff"):
            with self.subTest(item):
                self.refused(bytes.fromhex(item), "more than 64 bits")

    def test_texts(self):
        for data in (b"\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80",
                     b"\xf5\x80\x80\x80", b"\xff", b"ok\xe2\x82", b"\xe2\x82\xac\xe2\x82"):
            with self.subTest(data):
                self.refused(text(data), "not UTF-8")
                self.refused(b"\xa1" + text(data) + b"\xf6", "not UTF-8")
        self.refused(text(b"a\0b"), "U+0000")

    def test_length(self):
        for item, why in ((b"", "an empty message"), (b"\x01\x01", "ends before its message"), (b"\xa0\xf6", "ends before its message"),
                          (b"\x18", "goes on behind its message"), (b"\x61", "goes on behind"), (b"\x62a", "goes on behind"), (b"\x82\x01", "goes on behind"),
                          (b"\xa1\x61a", "goes on behind"), (b"\x9b" + b"\xff" * 8, "goes on behind"), (b"\xba\x80\0\0\0", "goes on behind"),
                          (b"\x7b" + b"\xff" * 8, "goes on behind"), (b"\x1a\0\x01\x02", "goes on behind")):
            with self.subTest(item):
                self.refused(item, why)
        for length in (MESSAGE_MAX + 1, 2**32 - 1):
            self.assertEqual(self.to_json(struct.pack(">I", length))[1], "a message of more than 256 KiB")

    def test_depth(self):
        for opening in (b"\x81", b"\xa1\x61a"):
            with self.subTest(opening):
                self.refused(opening * (DEPTH_MAX + 1) + b"\xf6", "nested more than 32 deep")
        self.refused(b"\x81" * DEPTH_MAX + b"\x80", "nested more than 32 deep")

    def test_json_that_is_none_here(self):
        for json_text in ("", "nul", "{", "[1", "[1,]", '{"a"}', '{"a":}', '{"a":1,}', '{"a":1 "b":2}', "{1:2}", '"a', '"\\x"', '"\\u12g4"', '"\\ud800"',
                          '"\\udc00"', '"\\ud800\\u0061"', '"\\u0000"', "1 2", "[]]", "--1", "1.2.3", "1e999", "18446744073709551616",
                          "-9223372036854775809", "NaN", '{"a":1,"a":2}', "'a'", "0x10", "1e", "-", '"\\', '"\\u'):
            with self.subTest(json_text):
                self.assertEqual(self.to_cbor(json_text), "EBADMSG")
        self.assertEqual(self.to_cbor("[" * 33 + "]" * 33), "ELOOP")


class Cbor(drive_broker.Fixture):
    def client(self, cid: int = 3) -> CborClient:
        self.clients.append(CborClient(self.folder / f"{cid}-cbor"))
        return self.clients[-1]

    def json_client(self, cid: int = 3) -> Client:
        return super().client(cid)


class Notifications(Cbor, drive_broker.Notifications):
    """All that notifications do for an app that speaks JSON."""


class Limits(Cbor, drive_broker.Limits):
    """The same limits; an app's connections count together, whatever they speak."""

    def test_connections_of_both_kinds_count_together(self):
        clients = [self.client() if number % 2 else self.json_client() for number in range(8)]
        for client in clients:
            self.assertIn("parameters", client.call("org.varlink.service.GetInfo"))
        self.assertTrue(self.client().closed())
        self.assertTrue(self.json_client().closed())


class Misbehaviour(Cbor):
    def test_what_is_not_deterministic_closes_the_connection(self):
        good = encode(GET_INFO)
        self.refused(framed(good + b"\0"), "CBOR that ends before its message")
        self.refused(framed(good[:-1]), "CBOR that goes on behind its message")
        self.refused(framed(b"\xa2" + text(b"b") + b"\1" + text(b"a") + b"\1"), "CBOR whose keys are not in their order, each once")
        self.refused(framed(b"\xa1" + text(b"method") + text(b"\xff")), "text that is not UTF-8")
        self.assertEqual(self.client().call(GET_INFO["method"])["parameters"]["vendor"], "Bulkhead")

    def test_a_length_that_cannot_be_closes_the_connection(self):
        self.refused(b"\0\0\0\0", "an empty message")
        self.refused(b"\0\4\0\1", "a message of more than 256 KiB")
        self.refused(json.dumps(GET_INFO).encode() + b"\0", "a message of more than 256 KiB")
        self.assertEqual(self.client().call(GET_INFO["method"])["parameters"]["vendor"], "Bulkhead")

    def test_what_is_no_call_closes_the_connection(self):
        for value in (1, "text", [], {}, {"method": 3}, {"method": "a.B", "x": 1}):
            with self.subTest(value):
                client = self.client()
                client.send_bytes(framed(encode(value)))
                self.assertTrue(client.closed())

    def test_the_json_that_it_means_counts_too(self):
        """A text of control characters is six times as long in JSON."""
        self.refused(framed(encode({"method": "a.B", "parameters": {"x": "\1" * 50000}})), "a message of more than 256 KiB")
        client = self.client()
        client.send({"method": "a.B", "parameters": {"x": "\1" * 40000}})
        self.assertEqual(client.receive()["error"], "org.varlink.service.MethodNotFound")

    def test_the_biggest_message(self):
        client = self.client()
        message = {"method": "io.bulkhead.Notification.Post", "parameters": {"title": ""}}
        message["parameters"]["title"] = "a" * (MESSAGE_MAX - len(json.dumps(message)))
        client.send(message)
        self.assert_error(client.receive(), "InvalidNotification", field="title", fault="tooLong", limit=200)

    def test_pieces(self):
        client = self.client()
        for byte in framed(encode(GET_INFO)) * 2:
            client.send_bytes(bytes([byte]))
        for _ in range(2):
            self.assertIn("vendor", client.receive()["parameters"])

    def test_many_at_once(self):
        client = self.client()
        client.send_bytes(framed(encode(GET_INFO)) * 500)
        for _ in range(500):
            self.assertIn("vendor", client.receive()["parameters"])

    def test_half_closed_gets_its_answers(self):
        client = self.client()
        client.send_bytes(framed(encode(GET_INFO)) * 3)
        client.endpoint.shutdown(socket.SHUT_WR)
        for _ in range(3):
            self.assertIn("vendor", client.receive()["parameters"])
        self.assertTrue(client.closed())

    def test_half_a_message(self):
        for size in (2, 4, 20):
            client = self.client()
            client.send_bytes(framed(encode(GET_INFO))[:size])
            client.endpoint.shutdown(socket.SHUT_WR)
            self.assertTrue(client.closed())
        wait_for(lambda: self.log_text().count("refused: half a message") == 3, "it was logged")

    def test_slow_senders_and_idle_ones(self):
        idle, clients = self.client(), [self.client() for _ in range(3)]
        self.assertIn("vendor", idle.call(GET_INFO["method"])["parameters"])
        begun = time.monotonic()
        for client, size in zip(clients, (1, 4, 20)):
            client.send_bytes(framed(encode(GET_INFO))[:size])
        for client in clients:
            self.assertTrue(client.closed())
        self.assertGreater(time.monotonic() - begun, 8)
        wait_for(lambda: self.log_text().count("a message that did not end in time") == 3, "it was logged")
        self.assertIn("vendor", idle.call(GET_INFO["method"])["parameters"])

    def test_who_does_not_read_is_not_read(self):
        client = self.client()
        request = framed(encode({"method": "org.varlink.service.GetInterfaceDescription",
                                 "parameters": {"interface": "io.bulkhead.Notification"}}))
        client.endpoint.settimeout(1)
        before, sent = self.memory_kib(), 0
        try:
            while sent < 50_000_000:
                sent += client.endpoint.send(request * 100)
        except TimeoutError:
            pass
        self.assertLess(sent, 5_000_000)
        self.assertLess(self.memory_kib() - before, 3000)
        self.assertIn("id", self.client(4).post()["parameters"])
        client.endpoint.settimeout(drive_broker.PATIENCE)
        self.assertIn("description", client.receive()["parameters"])

    def test_floods_leave_memory_flat(self):
        half = struct.pack(">I", MESSAGE_MAX) + text(b"x" * (MESSAGE_MAX - 5))[:200000]
        self.assert_flat(half, [b"\x9b" + b"\xff" * 8, framed(b"\x81" * 1000), framed(encode({"a": 1})) + b"\xff" * 5000,
                                framed(encode({"method": "a.B", "parameters": {"x": ["y"] * 3000}}))[:-1]])

    def test_floats_arrive(self):
        reply = self.client().call("io.bulkhead.Window.Watch")
        self.assertIsInstance(reply["parameters"]["scale"], float)
        self.assertTrue(math.isclose(reply["parameters"]["scale"], 1.0))


def main() -> int:
    global PROGRAM
    PROGRAM, drive_broker.PROGRAM = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    return tap.run(sys.modules[__name__], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
