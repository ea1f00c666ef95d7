#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Apps that mean ill towards the broker, by what they send, how, and how much: drive_misbehaviour.py BROKER_UNDER_TEST [TEST ...]"""
import pathlib
import resource
import signal
import socket
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

WAITS = 10  # seconds, longer than which no call of another app may take: a busy machine holds any of them up for some


class Misbehaviour(drive_broker.Fixture):
    def test_what_is_no_json_closes_the_connection(self):
        self.assert_closed(b"{", b"nonsense", b"{}{}", b'{"method": "a.B"}{}', b'{"method": "a.B"} x', b"{'method': 'a.B'}", b'{"method": "a.B",}',
                           b'/**/{"method": "a.B"}', b'\xef\xbb\xbf{"method": "a.B"}', b'{"method": "a.B", "parameters": {"x": 01}}',
                           b'{"method": "a.B", "parameters": {"x": NaN}}', b"\xff\xfe", b'{"method": "a.B\xc3("}', b'{"method": "a.B\xed\xa0\x80"}',
                           b'{"method": "a.B\\u0000"}', b'{"method": "a.B\\ud800"}', b'{"method": "a.B\x01"}', b'{"method": "a.B\\uffff"}')

    def test_what_is_no_call_closes_the_connection(self):
        self.assert_closed(b"[]", b'""', b"null", b"{}", b'{"method": 3}', b'{"method": null}', b'{"parameters": {}}', b'{"method": "a.B", "x": 1}',
                           b'{"method": "a.B", "method": "a.B"}', b'{"method": "a.B", "parameters": []}', b'{"method": "a.B", "parameters": {}, "parameters": {}}',
                           b'{"method": "a.B", "more": 1}', b'{"method": "a.B", "more": null}', b'{"method": "a.B", "more": true, "oneway": true}',
                           b'{"method": "a.B", "upgrade": true}')

    def assert_closed(self, *messages: bytes):
        """Each ends its connection, and no other."""
        other = self.client(4)
        for data in messages:
            with self.subTest(data):
                self.refused(data + b"\0", "not a Varlink call")
                self.assertIn("vendor", other.call("org.varlink.service.GetInfo")["parameters"])

    def test_what_is_a_call_is_answered(self):
        client = self.client()
        for method in (b"a.B", b"a.b", b"a", b"", "ä.B".encode(), b"a.B\\n"):
            for rest in (b"", b', "parameters": null', b', "parameters": {"x": 1, "x": 2}', b', "more": false, "oneway": false', b', "more": true'):
                with self.subTest(method, rest=rest):
                    client.send_bytes(b' {"method": "' + method + b'"' + rest + b"} \n\0")
                    self.assertEqual(client.receive()["error"], "org.varlink.service.MethodNotFound")

    def test_parameters_that_could_be_read_in_two_ways(self):
        client = self.client()
        for parameters, wrong in ((b'"title": "a", "title": "a"', "title"), (b'"title": "a", "title": 3', "title"),
                                  (b'"title": "a", "buttons": [{"id": "a", "label": "A", "id": "b"}]', "buttons"),
                                  (b'"title": "a", "replaces": "1"', "replaces"), (b'"title": "a", "replaces": 9223372036854775808', "replaces"),
                                  (b'"title": "a", "replaces": 18446744073709551616', "replaces"), (b'"title": "a", "replaces": 1.5', "replaces")):
            with self.subTest(parameters):
                client.send_bytes(b'{"method": "io.bulkhead.Notification.Post", "parameters": {' + parameters + b"}}\0")
                self.assertEqual(client.receive(), {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": wrong}})

    def test_empty_message(self):
        self.refused(b"\0", "an empty message")

    def test_oversize(self):
        self.refused(b'{"method": "' + b"a" * 300000, "a message of more than 256 KiB")

    def test_the_biggest_message(self):
        client = self.client()
        head, tail = b'{"method": "io.bulkhead.Notification.Post", "parameters": {"title": "', b'"}}'
        client.send_bytes(head + b"a" * (256 * 1024 - len(head) - len(tail)) + tail + b"\0")
        self.assert_error(client.receive(), "InvalidNotification", field="title", fault="tooLong", limit=200)

    def test_depth(self):
        self.refused(b'{"parameters": ' + b"[" * 32, "a message nested more than 32 deep")
        client = self.client()
        client.send_bytes(b'{"method": "a.B", "parameters": ' + b'{"a": ' * 30 + b"[]" + b"}" * 31 + b"\0")
        self.assertEqual(client.receive()["error"], "org.varlink.service.MethodNotFound")
        client.send_bytes(b'{"method": "a.B", "parameters": {"x": "' + b"[" * 1000 + b'\\""}}\0')
        self.assertEqual(client.receive()["error"], "org.varlink.service.MethodNotFound")

    def test_half_a_message(self):
        client = self.client()
        client.send_bytes(b'{"method"')
        client.endpoint.shutdown(socket.SHUT_WR)
        self.assertTrue(client.closed())

    def test_a_message_byte_by_byte(self):
        client = self.client()
        for byte in b'{"method": "org.varlink.service.GetInfo"}\0':
            client.send_bytes(bytes([byte]))
        self.assertIn("vendor", client.receive()["parameters"])

    def test_half_closed_gets_its_answers(self):
        client = self.client()
        client.send_bytes(b'{"method": "org.varlink.service.GetInfo"}\0' * 3)
        client.endpoint.shutdown(socket.SHUT_WR)
        for _ in range(3):
            self.assertIn("vendor", client.receive()["parameters"])
        self.assertTrue(client.closed())

    def test_slow_sender(self):
        client = self.client()
        begun = time.monotonic()
        client.send_bytes(b'{"method": "org.varlink')
        self.assertIn("id", self.client(3).post()["parameters"], "other connections are not held up")
        self.assertTrue(client.closed())
        self.assertGreater(time.monotonic() - begun, 8)
        self.assertIn("a message that did not end in time", self.log_text())

    def test_idle_connections_stay(self):
        client = self.client()
        self.assertIn("vendor", client.call("org.varlink.service.GetInfo")["parameters"])
        time.sleep(11)
        self.assertIn("vendor", client.call("org.varlink.service.GetInfo")["parameters"])

    def test_who_does_not_read_is_not_read(self):
        client = self.client()
        request = b'{"method": "org.varlink.service.GetInterfaceDescription", "parameters": {"interface": ' \
                  b'"io.bulkhead.Notification"}}\0'
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
        client.endpoint.settimeout(PATIENCE)
        self.assertIn("description", client.receive()["parameters"])
        self.assertIn("id", self.client(3).post()["parameters"])

    def test_floods_leave_memory_flat(self):
        half = b'{"method": "' + b"x" * 200000
        self.assert_flat(half, [b"{" * 100, b"[[[[]]]]\0" * 50, b'{"a":1}\0' + b"\xff" * 5000, b"\0"])

    def test_expensive_messages_do_not_stop_the_others(self):
        expensive = self.client()
        expensive.endpoint.settimeout(0.2)
        message = b'{"method": "a.B", "parameters": {"x": [' + b"{}," * 80000 + b"{}]}}\0"
        other = self.client(4)
        took, before = [], self.memory_kib()
        for _ in range(30):
            try:
                expensive.endpoint.send(message * 4)
            except (TimeoutError, ConnectionError):
                pass
            begun = time.monotonic()
            other.call("org.varlink.service.GetInfo")
            took.append(time.monotonic() - begun)
        self.assertLess(max(took), WAITS)
        self.assertLess(self.memory_kib() - before, 60000)

    def test_the_quota_slows_an_app_and_no_other(self):
        client, other = self.client(3), self.client(4)
        begun = time.monotonic()
        for _ in range(2500):
            client.call("org.varlink.service.GetInfo")
        self.assertGreater(time.monotonic() - begun, 1.5)
        took = []
        for _ in range(5):
            client.send_bytes(b'{"method": "org.varlink.service.GetInfo"}\0' * 200)
            begun = time.monotonic()
            for _ in range(20):
                other.call("org.varlink.service.GetInfo")
            took.append(time.monotonic() - begun)
            for _ in range(200):
                client.receive()
        self.assertLess(min(took), 0.9)  # a busy machine holds up any of them


def stop(process):
    """Nothing is served until it goes on."""
    process.send_signal(signal.SIGSTOP)
    wait_for(lambda: "T (stopped)" in pathlib.Path(f"/proc/{process.pid}/status").read_text(), "it stopped")


class Flooded(drive_broker.Fixture):
    """Whose call is served while an app floods. It is counted in calls and not in time, of which a busy machine takes what it likes: the broker
    says whose turn came when. The flood is alone until the call that is looked at, and rests for nobody: that it does so beside another app is
    shown below (Busy)."""
    CONNECTIONS, QUEUED, CALL = 7, 12, b'{"method": "io.bulkhead.Test.Turn"}\0'
    MUCH = 4 * (64 * 1024 // (1024 + len(CALL)))  # calls in a second, with which an app is served after others
    OTHERS = 1.1  # seconds, after which nobody else has called of late
    ROUNDS = 4

    def setUp(self):
        super().setUp()
        self.flood = {self.client(4): 0 for _ in range(self.CONNECTIONS)}  # and how many of its calls are not answered
        self.last = self.served = 0  # the turn that was answered last; how many were the flood's
        for client in self.flood:
            client.endpoint.setblocking(False)

    def press(self):
        """Calls wait on all the connections of the flood."""
        for client, waiting in self.flood.items():
            client.send_bytes(self.CALL * (self.QUEUED - waiting))
            self.flood[client] = self.QUEUED

    def take_answers(self) -> int:
        """Those of the flood's that have been given; how many those are."""
        before = self.served
        for client in self.flood:
            try:
                client.received += client.endpoint.recv(65536)
            except BlockingIOError:
                continue
            while b"\0" in client.received:
                self.last = max(self.last, client.receive()["parameters"]["turn"])
                self.flood[client] -= 1
                self.served += 1
        return self.served - before

    def first(self, caller: Client) -> int:
        """How many of the flood's calls are served before that one's, of all that wait when it calls."""
        time.sleep(self.OTHERS)
        begun = self.served
        while self.served < begun + self.MUCH:
            self.press()
            wait_for(self.take_answers, "the flood is served")
        stop(self.process)
        self.take_answers()
        self.press()
        caller.send_bytes(self.CALL)
        before = self.last
        self.process.send_signal(signal.SIGCONT)
        turn = caller.receive()["parameters"]["turn"]
        wait_for(lambda: self.take_answers() == 0 and not any(self.flood.values()), "the flood has all its answers, too")
        self.assertEqual(self.last, max(turn, before + self.CONNECTIONS * self.QUEUED + 1))
        return turn - before - 1

    def test_another_app_s_call_goes_before_a_flood(self):
        """But for the one that is under way."""
        caller = self.client(3)
        found = [self.first(caller) for _ in range(self.ROUNDS)]
        print("# so many of the flood's calls came first:", found)
        self.assertLessEqual(max(found), 1)

    def test_each_connection_of_an_app_has_its_turn(self):
        """What waits on one of them is not served in one go."""
        caller = self.client(4)
        found = [self.first(caller) for _ in range(self.ROUNDS)]
        print("# so many of the others' calls came first:", found)
        self.assertLessEqual(max(found), 2 * self.CONNECTIONS + 1)


class Opened(drive_broker.Fixture):
    """An app that opens connections and closes them as fast as it can, on each of the ports. It is counted as above which come first."""
    WAITING = 50  # connections; the sockets of broker_under_test take some more
    MUCH = 200  # in a second, with which an app is served after others: three times 64 KiB
    TURN = {"method": "io.bulkhead.Test.Turn"}

    def open(self, port: str, closes: bool):
        endpoint = socket.socket(socket.AF_UNIX)
        self.addCleanup(endpoint.close)
        wait_for(lambda: endpoint.connect_ex(str(self.folder / f"4{port}")) == 0, "there is room")
        if closes:
            endpoint.close()

    def test_another_app_s_call_goes_before_connections_that_wait(self):
        caller = self.client(3)
        for port in ("", "-cbor", "-streams"):
            for closes in (True, False):
                before = caller.call(self.TURN["method"])["parameters"]["accepted"]
                stop(self.process)
                for _ in range(self.WAITING):
                    self.open(port, closes)
                caller.send(self.TURN)
                self.process.send_signal(signal.SIGCONT)
                first = caller.receive()["parameters"]["accepted"] - before
                print(f"# of {self.WAITING} connections at the port {port or 'of JSON'} that {'are closed' if closes else 'stay'} came first:", first)
                self.assertEqual(first, 0)
                wait_for(lambda before=before: caller.call(self.TURN["method"])["parameters"]["accepted"] == before + self.WAITING, "all are accepted")

    def test_who_opens_many_is_served_later(self):
        for port in ("", "-streams"):
            one, others = self.client(4), [self.client(3) for _ in range(4)]
            deadline = time.monotonic() + PATIENCE
            while True:
                begun = time.monotonic()
                self.assertLess(begun, deadline, f"{self.MUCH} connections take a second")
                for _ in range(self.MUCH):
                    self.open(port, True)
                turn = [client.call(self.TURN["method"])["parameters"]["turn"] for client in (one, *others)][-1]
                if time.monotonic() - begun < 1:  # and in no more seconds than count
                    break
            stop(self.process)
            for client in (one, *others):
                client.send(self.TURN)
            self.process.send_signal(signal.SIGCONT)
            self.assertEqual(one.receive()["parameters"]["turn"], turn + 1 + len(others))
            for client in (one, *others):
                client.close()
            time.sleep(2.1)  # of which nothing counts any more


class Busy(drive_broker.Fixture):
    """An app whose calls take long, while another one calls: it has its part of the broker's time (system/broker/wire/quota.h)."""
    CONNECTIONS, QUEUED, BUSY = 8, 25, 0.01
    PART, BURST, OTHERS = 4, 0.25, 1  # seconds, the last two
    CALLS = 40  # of the other app

    def test_who_keeps_the_broker_busy_rests_while_another_app_calls(self):
        busy = [self.client(4) for _ in range(self.CONNECTIONS)]
        other = self.client(3)
        other.call("io.bulkhead.Test.Turn")
        begun = called = time.monotonic()
        alone = 0.0  # in which nobody else had called of late
        for client in busy:
            client.send_bytes(b'{"method": "io.bulkhead.Test.Turn", "parameters": {"busy": %d}}\0' % (self.BUSY * 1000) * self.QUEUED)
        for _ in range(self.CALLS):
            time.sleep(0.03)
            turn = other.call("io.bulkhead.Test.Turn")["parameters"]["turn"]
            last, called = called, time.monotonic()
            alone += max(0, called - last - self.OTHERS)
        served = turn - self.CALLS - 1
        most = (self.BURST + (called - begun) / self.PART + alone) / self.BUSY + 1
        print(f"# {served} of its calls were served, {most:.0f} may be")
        self.assertLessEqual(served, most)
        for client in busy:  # the rest has waited, and is lost to nobody
            for _ in range(self.QUEUED):
                self.assertGreater(client.receive()["parameters"]["turn"], 0)
        self.assertEqual(other.call("io.bulkhead.Test.Turn")["parameters"]["turn"], self.CALLS + 2 + self.CONNECTIONS * self.QUEUED)


class Crowd(drive_broker.Fixture):
    """A thousand connections of one app, while another one floods: a third one notices neither."""
    apps = drive_broker.Fixture.apps | {"io.example.three": {"state": "running", "cid": 9}}
    CONNECTIONS, CALL = 1000, b'{"method": "org.varlink.service.GetInfo"}\0'

    def setUp(self):
        super().setUp()
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.flood_calls), threading.Thread(target=self.call_now_and_then)]
        self.flooded, self.answered = 0, 0
        self.took: list[float] = []
        for thread in self.threads:
            thread.start()
        wait_for(lambda: self.flooded > 100 and self.answered > 0, "the flood began")

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    def flood_calls(self):
        """As much as goes, over all connections that an app may have."""
        clients = [Client(self.folder / "4") for _ in range(8)]
        unsent = dict.fromkeys(clients, b"")
        for client in clients:
            client.endpoint.setblocking(False)
        while not self.over.wait(0.001):
            for client in clients:
                unsent[client] = unsent[client] or self.CALL * 100
                try:
                    unsent[client] = unsent[client][client.endpoint.send(unsent[client]):]
                except BlockingIOError:
                    pass
                try:
                    self.flooded += client.endpoint.recv(65536).count(b"\0")
                except BlockingIOError:
                    pass
        for client in clients:
            client.close()

    def call_now_and_then(self):
        client = Client(self.folder / "9")
        while not self.over.wait(0.01):
            begun = time.monotonic()
            self.answered += "parameters" in client.call("org.varlink.service.GetInfo")
            self.took.append(time.monotonic() - begun)
        client.close()

    def connect(self) -> Client:
        while True:
            try:
                return self.client()
            except BlockingIOError:  # as many wait to be accepted as may
                time.sleep(0.001)

    def assert_nobody_noticed(self):
        flooded, answered = self.flooded, self.answered
        wait_for(lambda: self.flooded > flooded and self.answered > answered, "the others went on")
        self.end()
        self.assertLess(max(self.took), WAITS)
        self.assertLess(len(self.log_text()), 20000)

    def test_a_thousand_at_once_are_eight_and_the_rest_is_refused(self):
        self.addCleanup(self.end)
        clients = [self.connect() for _ in range(self.CONNECTIONS)]
        served = 0
        for client in clients:
            try:
                served += bool(client.call("org.varlink.service.GetInfo"))
            except ConnectionError:
                pass
        self.assertEqual(served, 8)
        self.assert_nobody_noticed()

    def test_a_thousand_in_turn_are_all_served(self):
        self.addCleanup(self.end)
        for _ in range(self.CONNECTIONS):
            client = self.connect()
            self.assertIn("parameters", client.call("org.varlink.service.GetInfo"))
            client.close()
        self.assert_nobody_noticed()


def main() -> int:
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
