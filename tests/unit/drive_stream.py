#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams, from an app's side: drive_stream.py BROKER_UNDER_TEST [TEST ...]

The methods that open them here are the test program's own (broker_under_test.c); all else is the broker's.
"""
import pathlib
import re
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import Client, wait_for  # noqa: E402

TEST = "io.bulkhead.Test."
OFFERED_MAX, WAITING_MAX = 16, 16
NOBODY_S = "0123456789abcdef" * 2


class Stream(drive_broker.Fixture):
    def offered(self, client: Client) -> str:
        return client.call(TEST + "Open")["parameters"]["stream"]

    def knocking(self, data: bytes | str = b"", cid: int = 3) -> Client:
        """A connection to the stream port, which says `data`."""
        self.clients.append(Client(self.folder / f"{cid}-streams"))
        if data:  # one that is closed at once may be closed by now
            self.clients[-1].send_bytes(data.encode() if isinstance(data, str) else data)
        return self.clients[-1]

    def read(self, stream: Client, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := stream.endpoint.recv(size - len(data))):
            data += more
        return data

    def assert_open(self, stream: Client):
        self.assertEqual(self.read(stream, 5), b"open\n")

    def refused(self, stream: Client, why: str):
        self.assertTrue(stream.closed())
        wait_for(lambda: f"io.example.one refused: {why}" in self.log_text(), why)

    def nobody_came(self, times: int):
        wait_for(lambda: self.log_text().count("no stream came") == times, f"{times} offers ended")


class Open(Stream):
    def test_what_follows_the_token_is_raw(self):
        client = self.client()
        stream = self.knocking(self.offered(client) + "\nright behind\0it")
        self.assert_open(stream)
        self.assertEqual(self.read(stream, 15), b"right behind\0it")
        data = bytes(range(256)) * 16
        for _ in range(16):
            stream.send_bytes(data)
            self.assertEqual(self.read(stream, len(data)), data)
        client.close()  # a stream outlives the connection that opened it
        stream.send_bytes(b"still")
        self.assertEqual(self.read(stream, 5), b"still")

    def test_a_token_comes_in_pieces(self):
        token = self.offered(self.client())
        stream = self.knocking()
        for byte in f"{token}\n".encode():
            stream.send_bytes(bytes([byte]))
        self.assert_open(stream)

    def test_tokens_are_random_and_each_opens_its_own(self):
        client = self.client()
        tokens = [self.offered(client) for _ in range(OFFERED_MAX)]
        self.assertEqual(len(set(tokens)), OFFERED_MAX)
        for token in tokens:
            self.assertTrue(re.fullmatch("[0-9a-f]{32}", token), token)
        for token in reversed(tokens):
            self.assert_open(self.knocking(token + "\n"))
        self.assertEqual(self.log_text().count("no stream came"), 0)

    def test_an_offer_taken_back_is_none(self):
        client = self.client()
        token, other = self.offered(client), self.offered(client)
        client.call(TEST + "Withdraw", stream=token)
        client.call(TEST + "Withdraw", stream=NOBODY_S)
        self.refused(self.knocking(token + "\n"), "a stream's token that is not offered")
        self.assert_open(self.knocking(other + "\n"))
        self.assertNotIn("no stream came", self.log_text())


class Refusal(Stream):
    def test_a_token_opens_once(self):
        token = self.offered(self.client())
        self.assert_open(self.knocking(token + "\n"))
        self.refused(self.knocking(token + "\n"), "a stream's token that is not offered")

    def test_a_token_is_good_for_its_vm_only(self):
        token = self.offered(self.client(3))
        self.assertTrue(self.knocking(token + "\n", cid=4).closed())
        wait_for(lambda: "io.example.two refused: a stream's token that is not offered" in self.log_text(), "it was logged")
        self.assert_open(self.knocking(token + "\n", cid=3))

    def test_what_is_no_token_spends_none(self):
        token = self.offered(self.client())
        for wrong in (NOBODY_S + "\n", token[:31] + "g\n", token + "\r\n", token + " ", "0" + token[:31] + "\n",
                      "\n" * 33, "\0" * 33, b"\xff" * 33, '{"method":"org.varlink.service.GetInfo"}\0'):
            with self.subTest(wrong):
                self.refused(self.knocking(wrong), "a stream's token that is not offered")
        self.assert_open(self.knocking(token + "\n"))

    def test_half_a_token_spends_none(self):
        token = self.offered(self.client())
        half = self.knocking(token)
        half.endpoint.shutdown(socket.SHUT_WR)
        self.refused(half, "half a stream's token")
        self.knocking().close()
        self.assert_open(self.knocking(token + "\n"))

    def test_what_comes_from_no_app_is_refused(self):
        self.assertTrue(self.knocking(cid=0).closed())

    def test_offers_are_few(self):
        client, other = self.client(3), self.client(4)
        tokens = [self.offered(client) for _ in range(OFFERED_MAX)]
        self.assertEqual(client.call(TEST + "Open"), {"error": TEST + "TooMany", "parameters": {"limit": OFFERED_MAX}})
        self.assert_open(self.knocking(self.offered(other) + "\n", cid=4))
        self.assert_open(self.knocking(tokens[0] + "\n"))
        self.assert_open(self.knocking(self.offered(client) + "\n"))

    def test_connections_without_a_token_are_few(self):
        token = self.offered(self.client())
        waiting = [self.knocking() for _ in range(WAITING_MAX)]
        self.refused(self.knocking(), "too many streams without a token")
        self.assert_open(self.knocking(self.offered(self.client(4)) + "\n", cid=4))
        waiting[7].send_bytes(token.encode() + b"\n")
        self.assert_open(waiting[7])
        self.assert_open(self.knocking(self.offered(self.client()) + "\n"))


class Time(Stream):
    def test_tokens_expire_and_slow_senders_are_closed(self):
        """In one test, since each takes its time."""
        begun = time.monotonic()
        client = self.client()
        tokens = [self.offered(client) for _ in range(3)]
        silent, slow = self.knocking(), self.knocking(tokens[0])
        self.refused(silent, "a stream whose token did not come in time")
        self.refused(slow, "a stream whose token did not come in time")
        self.assertGreater(time.monotonic() - begun, 4)
        stream = self.knocking(tokens[0] + "\n")
        self.assert_open(stream)
        self.nobody_came(2)
        self.assertGreater(time.monotonic() - begun, 9)
        self.refused(self.knocking(tokens[1] + "\n"), "a stream's token that is not offered")
        stream.send_bytes(b"still")  # what is open stays
        self.assertEqual(self.read(stream, 5), b"still")
        self.assertEqual(len({self.offered(client) for _ in range(OFFERED_MAX)}), OFFERED_MAX)

    def test_the_end_of_a_vm_takes_its_tokens(self):
        client, other = self.client(3), self.client(4)
        tokens, kept = [self.offered(client) for _ in range(3)], self.offered(other)
        waiting = [self.knocking(), self.knocking(tokens[0])]
        self.hypervisor.change("io.example.one", state="stopped", cid=None, ended="poweroff")
        for stream in waiting:
            self.assertTrue(stream.closed())
        self.nobody_came(3)
        self.hypervisor.change("io.example.one", state="running", cid=9)
        self.assertIn("parameters", self.client(9).call("org.varlink.service.GetInfo"))
        self.assertTrue(self.knocking(tokens[1] + "\n", cid=9).closed())
        self.assert_open(self.knocking(kept + "\n", cid=4))

    def test_a_broker_that_ends_tells_who_waits(self):
        self.offered(self.client())
        self.knocking()
        self.stop_broker()
        self.nobody_came(1)
        self.hypervisor.watching = False
        self.start_broker()


class Flood(Stream):
    def test_connections_leave_memory_and_descriptors_flat(self):
        def flood(rounds: int):
            for number in range(rounds):
                for data in (b"", b"x" * 33, NOBODY_S.encode() + b"\n", bytes([number % 256]) * 1000):
                    try:
                        self.knocking(data).close()
                    except (BlockingIOError, ConnectionError):
                        pass
                if number % 10 == 0:
                    self.clients.clear()
                    self.assertIn("parameters", self.client(4).call("org.varlink.service.GetInfo"))

        flood(50)
        before = self.memory_kib()
        flood(300)
        self.assertLess(self.memory_kib() - before, 500)
        wait_for(lambda: self.open_files() < 60, "every connection was closed")

    def open_files(self) -> int:
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))


def main() -> int:
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
