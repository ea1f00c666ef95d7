#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The broker's behaviour towards apps, desktop and hypervisor: drive_broker.py BROKER_UNDER_TEST [TEST ...]

The real broker but for its transport: Unix sockets stand where vsock would be, one for each CID. Apps that mean ill are in
drive_misbehaviour.py.
"""
import base64
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import tty
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "api")]
import idl  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, FakeDesktop, FakeHypervisor, wait_for  # noqa: E402

PROGRAM = ""  # broker_under_test
NOTIFICATION = "io.bulkhead.Notification."
CIDS = (0, 3, 4, 9)  # 0: from no VM; 3 and 4: two apps that run; 9: nobody's at first


def unread(endpoint: socket.socket) -> int:
    """The bytes that were sent and that the other side has not read yet."""
    return int.from_bytes(fcntl.ioctl(endpoint, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def png(width: int, height: int) -> bytes:
    """What the broker looks at of an image."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + bytes(20)


class Fixture(unittest.TestCase):
    apps = {"io.example.one": {"state": "running", "cid": 3}, "io.example.two": {"state": "running", "cid": 4}}

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.clients: list[Client] = []
        self.hypervisor_end, self.broker_end = self.make_line()
        self.hypervisor = FakeHypervisor(self.hypervisor_end, {name: dict(app) for name, app in self.apps.items()})
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.process = None
        self.start_broker()

    def make_line(self):
        ours, theirs = socket.socketpair()
        return ours, theirs

    def start_broker(self):
        for cid in CIDS:
            (self.folder / str(cid)).unlink(missing_ok=True)
        device = self.broker_end if isinstance(self.broker_end, str) else str(self.broker_end.fileno())
        self.log = open(self.folder / "log", "a+")
        self.process = subprocess.Popen(
            [PROGRAM, self.folder / "desktop", device, *(f"{cid}={self.folder}/{cid}" for cid in CIDS)],
            pass_fds=[] if isinstance(self.broker_end, str) else [self.broker_end.fileno()], stderr=self.log,
            # A sanitizer that keeps what was freed would look like a leak.
            env={**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"})
        wait_for(lambda: self.hypervisor.watching and self.desktop.watchers, "the broker found its peers")

    def stop_broker(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def tearDown(self):
        for client in self.clients:
            client.close()
        status = self.stop_broker()
        self.desktop.die()
        self.log.close()
        self.assertEqual(status, 0, self.log_text())

    def refused(self, data: bytes, why: str):
        """What an app says so closes its connection, and the log says why."""
        client = self.client()
        try:
            client.send_bytes(data)
        except ConnectionError:
            pass  # it was cut off before it had sent all
        self.assertTrue(client.closed())
        client.close()
        wait_for(lambda: f"io.example.one refused: {why}" in self.log_text(), why)

    def log_text(self) -> str:
        return (self.folder / "log").read_text()

    def heard_by_the_broker(self):
        """Whatever the desktop has told was heard: what it tells comes in its order, and this leaves a line in the log."""
        line = "the desktop speaks of an app that there is not"
        before = self.log_text().count(line)
        self.desktop.request("io.example.none", "start")
        wait_for(lambda: self.log_text().count(line) > before, "the broker heard it")

    def lost_over(self, nonsense: dict):
        """The desktop says what costs it its connection, and is found again."""
        watchers, self.desktop.watchers = self.desktop.watchers, []
        watchers[-1].send({"parameters": nonsense, "continues": True})
        wait_for(lambda: self.desktop.watchers, "the broker found the desktop again")

    def stream(self, token: str, cid: int, data: bytes = b"") -> Client:
        """A stream of that app's, whose token is said, and then the data."""
        self.clients.append(Client(self.folder / f"{cid}-streams"))
        self.clients[-1].send_bytes(token.encode() + b"\n" + data)
        return self.clients[-1]

    def client(self, cid: int = 3) -> Client:
        self.clients.append(Client(self.folder / str(cid)))
        return self.clients[-1]

    def assert_error(self, reply: dict, name: str, **parameters):
        self.assertEqual(reply, {"error": NOTIFICATION + name, "parameters": parameters})

    def memory_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def assert_flat(self, half: bytes, floods: list[bytes]):
        """Throws `half` a message and all of `floods` at the broker again and again, each over a connection of its own. It may
        use no more memory than for an app that has all its connections in the middle of a message: how many are open at the
        same time in a flood depends on how busy the machine is."""
        idle = self.open_files()
        for _ in range(2):
            self.occupy(half)
            self.settle(idle)
        self.flood(20, half, floods, idle)
        before = self.memory_kib()
        self.flood(60, half, floods, idle)
        self.assertLess(self.memory_kib() - before, 1500)

    def flood(self, rounds: int, half: bytes, floods: list[bytes], idle: int):
        for number in range(rounds):
            for data in floods + [half] * (number % 10 == 0):
                try:
                    self.client().send_bytes(data)
                except (BlockingIOError, ConnectionError):
                    pass  # too many wait to be accepted, or it was cut off before it had sent all
            self.settle(idle)

    def occupy(self, half: bytes):
        """Lets the broker read half a message on as many connections as an app may have."""
        clients = [self.client() for _ in range(8)]
        for client in clients:
            client.send_bytes(half)
        for client in clients:
            wait_for(lambda: unread(client.endpoint) == 0, "all was read")

    def settle(self, idle: int):
        """Closes all connections, and waits until the broker has, too: connections are accepted in their order."""
        for client in self.clients:
            client.close()
        self.clients.clear()
        wait_for(self.can_connect, "the last connection was accepted")
        wait_for(lambda: self.open_files() == idle, "every connection was closed")

    def can_connect(self) -> bool:
        try:
            client = self.client()
            answered = "parameters" in (client.call("org.varlink.service.GetInfo") or {})
        except (BlockingIOError, ConnectionError):
            return False
        client.close()
        return answered


class Notifications(Fixture):
    def test_post_is_shown_under_the_installed_name(self):
        buttons = [{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}]
        reply = self.client().post("Time is up", body="one\ntwo", buttons=buttons)
        self.assertEqual(reply, {"parameters": {"id": 1}})
        shown = self.desktop.next("Show")
        self.assertEqual({key: shown[key] for key in ("app", "appName", "title", "body", "buttons")},
                         {"app": "io.example.one", "appName": "One", "title": "Time is up", "body": "one\ntwo",
                          "buttons": buttons})
        self.assertIn("io.example.one posted notification 1", self.log_text())
        self.assertNotIn("Time is up", self.log_text())

    def test_body_and_buttons_may_be_left_out(self):
        self.client().post("Only a title", body=None)
        shown = self.desktop.next("Show")
        self.assertEqual((shown["body"], shown["buttons"]), ("", []))

    def test_withdraw(self):
        client = self.client()
        number = client.post()["parameters"]["id"]
        handle = self.desktop.next("Show")["id"]
        self.assertEqual(client.call(NOTIFICATION + "Withdraw", id=number), {"parameters": {}})
        self.assertEqual(self.desktop.next("Withdraw"), {"id": handle})
        self.assert_error(client.call(NOTIFICATION + "Withdraw", id=number), "NoSuchNotification", id=number)

    def test_replace_keeps_the_place(self):
        client = self.client()
        number = client.post("before")["parameters"]["id"]
        handle = self.desktop.next("Show")["id"]
        self.assertEqual(client.post("after", replaces=number)["parameters"]["id"], number)
        shown = self.desktop.next("Show")
        self.assertEqual((shown["id"], shown["title"]), (handle, "after"))
        for missing in (number + 1, 2**62):
            self.assert_error(client.post("x", replaces=missing), "NoSuchNotification", id=missing)
        for wrong in (0, -1):
            self.assertEqual(client.post("x", replaces=wrong)["error"], "org.varlink.service.InvalidParameter")

    def test_watch_once(self):
        client = self.client()
        number = client.post(buttons=[{"id": "ok", "label": "OK"}])["parameters"]["id"]
        client.send({"method": NOTIFICATION + "Watch"})
        self.desktop.answer(self.desktop.next("Show")["id"], "ok")
        self.assertEqual(client.receive(), {"parameters": {"id": number, "answer": "activated", "button": "ok"}})
        number = client.post()["parameters"]["id"]  # the connection is free again
        self.desktop.answer(self.desktop.next("Show")["id"], None)
        self.assertEqual(client.call(NOTIFICATION + "Watch"),
                         {"parameters": {"id": number, "answer": "dismissed", "button": None}})

    def test_watch_more(self):
        watcher, other, poster = self.client(), self.client(), self.client()
        for client in (watcher, other):
            client.send({"method": NOTIFICATION + "Watch", "more": True})
        for button in ("a", None, "b"):
            number = poster.post()["parameters"]["id"]
            self.desktop.answer(self.desktop.next("Show")["id"], button)
            for client in (watcher, other):
                self.assertEqual(client.receive(), {
                    "parameters": {"id": number, "answer": "activated" if button else "dismissed", "button": button},
                    "continues": True})

    def test_an_answer_waits_for_who_asks_later(self):
        client = self.client()
        for _ in range(2):
            client.post()
        self.desktop.answer(self.desktop.next("Show")["id"], "first")
        self.desktop.answer(self.desktop.next("Show")["id"], "second")
        wait_for(lambda: self.log_text().count("was answered") == 2, "both answers came")
        client.close()
        client = self.client()
        answers = [client.call(NOTIFICATION + "Watch")["parameters"]["button"] for _ in range(2)]
        self.assertEqual(answers, ["first", "second"])

    def test_calls_behind_a_watch_wait_for_it(self):
        client = self.client()
        client.post()
        client.send({"method": NOTIFICATION + "Watch"})
        for title in ("later", "latest"):
            client.send({"method": NOTIFICATION + "Post", "parameters": {"title": title}})
        self.desktop.answer(self.desktop.next("Show")["id"], "x")
        self.assertEqual(client.receive()["parameters"]["button"], "x")
        self.assertEqual([client.receive()["parameters"]["id"] for _ in range(2)], [2, 3])

    def test_an_answer_and_a_withdrawal_may_cross(self):
        client = self.client()
        number = client.post()["parameters"]["id"]
        handle = self.desktop.next("Show")["id"]
        client.call(NOTIFICATION + "Withdraw", id=number)
        self.desktop.next("Withdraw")
        self.desktop.answer(handle, "late")
        self.assertEqual(client.post()["parameters"]["id"], number + 1)
        self.desktop.answer(self.desktop.next("Show")["id"], "right")
        self.assertEqual(client.call(NOTIFICATION + "Watch")["parameters"]["button"], "right")

    def test_replaced_while_its_answer_was_under_way(self):
        client = self.client()
        number = client.post()["parameters"]["id"]
        handle = self.desktop.next("Show")["id"]
        client.post("again", replaces=number)
        self.desktop.next("Show")  # as if the answer to the first had been sent before this one came
        self.desktop.shown[handle] = {"title": "again"}
        self.desktop.watchers[-1].send({"parameters": {"id": handle, "answer": "activated", "button": "x"},
                                        "continues": True})
        self.assertEqual(client.call(NOTIFICATION + "Watch")["parameters"], {"id": number, "answer": "activated",
                                                                             "button": "x"})
        self.assertEqual(self.desktop.next("Withdraw"), {"id": handle})

    def test_what_else_it_says_reaches_the_desktop(self):
        client = self.client()
        image = base64.b64encode(png(256, 16)).decode()
        client.post(urgency="urgent", progress={"part": 0.25}, image=image, reply="Answer Anna")
        shown = self.desktop.next("Show")
        self.assertEqual((shown["urgency"], shown["progress"], shown["image"], shown["reply"]), ("urgent", {"part": 0.25}, image, "Answer Anna"))
        client.post(urgency="low", progress={}, replaces=1)
        shown = self.desktop.next("Show")
        self.assertEqual((shown["urgency"], shown["progress"]), ("low", {}))
        self.assertFalse({"image", "reply"} & set(shown), "a replacement has nothing of the one before")
        client.post()
        self.assertEqual({key: value for key, value in self.desktop.next("Show").items() if key not in ("id", "app", "appName")},
                         {"title": "Hello", "body": "", "buttons": [], "urgency": "normal"})

    def test_a_reply_is_told(self):
        client = self.client()
        client.post(reply="Say")
        handle = self.desktop.next("Show")["id"]
        client.send({"method": NOTIFICATION + "Watch"})
        self.desktop.reply(handle, "At six — or so")
        self.assertEqual(client.receive(), {"parameters": {"id": 1, "answer": "replied", "button": None, "text": "At six — or so"}})

    def test_a_desktop_that_makes_up_replies_is_left(self):
        self.client().post(reply="Say")
        watches = len(self.desktop.watchers)
        for times, text in enumerate(("", "  ", "two\nlines", "x" * 501)):
            handle = self.desktop.next("Show")["id"]
            wait_for(lambda: len(self.desktop.watchers) == watches + times, "the broker watched anew")
            self.desktop.reply(handle, text)
        self.desktop.next("Show")  # found again, and shown again

    def test_oneway_posts_without_an_answer(self):
        client = self.client()
        client.send({"method": NOTIFICATION + "Post", "parameters": {"title": "quiet"}, "oneway": True})
        client.close()
        self.assertEqual(self.desktop.next("Show")["title"], "quiet")
        client = self.client()
        client.send({"method": NOTIFICATION + "Watch", "oneway": True})
        self.assertEqual(client.post()["parameters"]["id"], 2)


class Limits(Fixture):
    def test_invalid_notifications(self):
        client = self.client()
        button = {"id": "a", "label": "b"}
        for parameters, field, fault, limit in (
            ({"title": ""}, "title", "empty", None),
            ({"title": " \u00a0"}, "title", "empty", None),
            ({"title": "x" * 201}, "title", "tooLong", 200),
            ({"title": "ä" * 101}, "title", "tooLong", 200),
            ({"title": "two\nlines"}, "title", "badCharacter", None),
            ({"title": "bell\u0007"}, "title", "badCharacter", None),
            ({"title": "turned \u202e round"}, "title", "badCharacter", None),
            ({"title": "x", "body": "x" * 2001}, "body", "tooLong", 2000),
            ({"title": "x", "body": "tab\t"}, "body", "badCharacter", None),
            ({"title": "x", "buttons": [button] * 5}, "buttons", "tooMany", 4),
            ({"title": "x", "buttons": [button] * 2}, "buttons[1].id", "duplicate", None),
            ({"title": "x", "buttons": [{"id": "", "label": "b"}]}, "buttons[0].id", "empty", None),
            ({"title": "x", "buttons": [{"id": "a" * 33, "label": "b"}]}, "buttons[0].id", "tooLong", 32),
            ({"title": "x", "buttons": [button, {"id": "b", "label": "c" * 41}]}, "buttons[1].label", "tooLong", 40),
            ({"title": "x", "progress": {"part": 1.01}}, "progress.part", "outOfRange", None),
            ({"title": "x", "progress": {"part": -0.1}}, "progress.part", "outOfRange", None),
            ({"title": "x", "reply": ""}, "reply", "empty", None),
            ({"title": "x", "reply": "x" * 41}, "reply", "tooLong", 40),
            ({"title": "x", "reply": "a\nb"}, "reply", "badCharacter", None),
            ({"title": "x", "image": "A" * 65537}, "image", "tooLong", 65536),
            ({"title": "x", "image": "no base64!"}, "image", "badImage", None),
            ({"title": "x", "image": base64.b64encode(b"GIF89a" + bytes(100)).decode()}, "image", "badImage", None),
            ({"title": "x", "image": base64.b64encode(png(257, 16)).decode()}, "image", "badImage", None),
            ({"title": "x", "image": base64.b64encode(png(16, 15)).decode()}, "image", "badImage", None),
        ):
            with self.subTest(parameters):
                self.assert_error(client.call(NOTIFICATION + "Post", **parameters), "InvalidNotification", field=field,
                                  fault=fault, limit=limit)
        self.assertTrue(self.desktop.quiet())

    def test_the_longest_that_fits(self):
        text = {"title": "ä" * 100, "body": "\n" * 2000,
                "buttons": [{"id": f"{n}" + "i" * 31, "label": "l" * 40} for n in range(4)]}
        self.assertEqual(self.client().post(**text), {"parameters": {"id": 1}})
        shown = self.desktop.next("Show")
        self.assertEqual({key: shown[key] for key in text}, text)

    def test_wrong_parameters(self):
        client = self.client()
        for parameters, wrong in (({}, "title"), ({"title": 3}, "title"), ({"title": "x", "extra": 1}, "extra"),
                                  ({"title": "x", "buttons": [{"id": "a"}]}, "buttons"),
                                  ({"title": "x", "replaces": "1"}, "replaces")):
            with self.subTest(parameters):
                reply = client.call(NOTIFICATION + "Post", **parameters)
                self.assertEqual(reply["error"], "org.varlink.service.InvalidParameter")
                self.assertEqual(reply["parameters"]["parameter"], wrong)
        self.assertEqual(client.call("io.bulkhead.Notification.Nothing")["error"], "org.varlink.service.MethodNotFound")
        self.assertEqual(client.call("io.bulkhead.Nothing.At")["error"], "org.varlink.service.MethodNotFound")

    def test_posting_rate(self):
        client = self.client()
        for number in range(10):
            self.assertIn("id", client.post(**{"replaces": 1} if number else {})["parameters"])
        reply = wait_for(lambda: reply if "error" in (reply := client.post(replaces=1)) else None, "one came too soon")  # a slow one earns one
        self.assertEqual(reply["error"], NOTIFICATION + "TooSoon")
        wait = reply["parameters"]["milliseconds"]
        self.assertTrue(0 < wait <= 1000)
        time.sleep(wait / 1000)
        self.assertIn("id", client.post()["parameters"])
        self.assertIn("id", self.client(4).post()["parameters"], "the other app's rate is its own")

    def test_connections(self):
        clients = [self.client() for _ in range(8)]
        for client in clients:
            client.post()
        self.assertTrue(self.client().closed())
        self.assertIn("id", self.client(4).post()["parameters"])
        clients[0].close()
        wait_for(self.can_connect, "a place got free")
        self.assertIn("io.example.one refused: too many connections", self.log_text())


class Full(Fixture):
    def post(self, client: Client, **parameters) -> dict:
        """Posts as soon as the app may."""
        while (reply := client.post(**parameters)).get("error") == NOTIFICATION + "TooSoon":
            time.sleep(reply["parameters"]["milliseconds"] / 1000)
        return reply

    def test_notifications_are_sixteen(self):
        client = self.client()
        for number in range(1, 17):
            self.assertEqual(self.post(client), {"parameters": {"id": number}})
        self.assert_error(self.post(client), "TooManyNotifications", limit=16)
        self.assertEqual(self.post(client, replaces=3)["parameters"]["id"], 3)
        self.assertIn("id", self.post(self.client(4))["parameters"])
        client.call(NOTIFICATION + "Withdraw", id=16)
        self.assertEqual(self.post(client)["parameters"]["id"], 17)


class Isolation(Fixture):
    def test_ids_of_another_app_are_nobody_s(self):
        one, two = self.client(3), self.client(4)
        for _ in range(3):
            number = one.post()["parameters"]["id"]
        self.assert_error(two.call(NOTIFICATION + "Withdraw", id=number), "NoSuchNotification", id=number)
        self.assert_error(two.post(replaces=number), "NoSuchNotification", id=number)
        self.assertEqual(two.post()["parameters"]["id"], 1, "an app's ids tell nothing of other apps")
        shown = [self.desktop.next("Show") for _ in range(4)]
        self.assertEqual(len({show["id"] for show in shown}), 4)
        self.assertEqual([show["app"] for show in shown], ["io.example.one"] * 3 + ["io.example.two"])

    def test_answers_go_to_the_owner_only(self):
        one, two = self.client(3), self.client(4)
        for client in (one, two):
            self.client(3 if client is one else 4).post()
            client.send({"method": NOTIFICATION + "Watch", "more": True})
        shown = [self.desktop.next("Show") for _ in range(2)]
        for show in shown:
            self.desktop.answer(show["id"], show["app"])
        self.assertEqual(one.receive()["parameters"]["button"], "io.example.one")
        self.assertEqual(two.receive()["parameters"]["button"], "io.example.two")

    def test_what_comes_from_no_vm_is_refused(self):
        self.assertTrue(self.client(0).closed())
        self.assertIn("refused: it comes from no app's VM", self.log_text())

    def test_a_cid_is_announced_after_its_first_connection(self):
        client = self.client(9)
        client.send({"method": NOTIFICATION + "Post", "parameters": {"title": "early"}})
        time.sleep(0.2)
        self.assertTrue(self.desktop.quiet())
        self.hypervisor.change("io.example.two", cid=9)
        self.assertEqual(client.receive(), {"parameters": {"id": 1}})
        self.assertEqual(self.desktop.next("Show")["app"], "io.example.two")

    def test_a_cid_that_nobody_has_is_refused(self):
        client = self.client(9)
        client.send({"method": "org.varlink.service.GetInfo"})
        self.assertTrue(client.closed())
        self.assertIn("cid 9 refused: no app has it", self.log_text())

    def test_strangers_are_few(self):
        strangers = [self.client(9) for _ in range(17)]
        self.assertTrue(strangers[-1].closed())
        self.hypervisor.change("io.example.two", cid=9)
        self.assertIn("parameters", strangers[0].call("org.varlink.service.GetInfo"))

    def test_the_end_of_a_vm_takes_what_was_its(self):
        client, other = self.client(3), self.client(4)
        client.post()
        other.post()
        client.send({"method": NOTIFICATION + "Watch", "more": True})
        shown = {show["app"]: show["id"] for show in (self.desktop.next("Show"), self.desktop.next("Show"))}
        self.hypervisor.change("io.example.one", state="stopped", cid=None, ended="poweroff")
        self.assertEqual(self.desktop.next("Withdraw"), {"id": shown["io.example.one"]})
        self.assertTrue(client.closed())
        self.hypervisor.change("io.example.one", state="running", cid=9)
        again = self.client(9)
        self.assert_error(again.call(NOTIFICATION + "Withdraw", id=1), "NoSuchNotification", id=1)
        self.assertEqual(again.post()["parameters"]["id"], 1)
        self.assertEqual(list(self.desktop.shown.values())[0]["app"], "io.example.two")


class Peers(Fixture):
    def test_the_desktop_restarts(self):
        client = self.client()
        client.post("kept")
        client.post("withdrawn while it is away")
        for _ in range(2):
            self.desktop.next("Show")
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        client.call(NOTIFICATION + "Withdraw", id=2)
        client.post("posted while it is away")
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.assertEqual({self.desktop.next("Show")["title"] for _ in range(2)}, {"kept", "posted while it is away"})
        client.send({"method": NOTIFICATION + "Watch"})
        handle = next(show["id"] for show in self.desktop.shown.values() if show["title"] == "kept")
        self.desktop.answer(handle, "x")
        self.assertEqual(client.receive()["parameters"], {"id": 1, "answer": "activated", "button": "x"})

    def test_a_desktop_that_talks_nonsense_is_left(self):
        wait_for(lambda: self.desktop.watchers, "the broker watched")
        for message in ({"parameters": {"id": "one", "answer": 3}, "continues": True}, {"parameters": {}},
                        {"error": "a.B", "parameters": {}}):
            watchers = len(self.desktop.watchers)
            self.desktop.watchers[-1].send(message)
            wait_for(lambda: len(self.desktop.watchers) > watchers, "the broker came back")
        self.assertIn("id", self.client().post()["parameters"])

    def test_a_killed_broker_s_successor(self):
        client = self.client()
        client.post()
        client.send({"method": NOTIFICATION + "Watch"})
        self.stop_broker(signal.SIGKILL)
        self.hypervisor.change("io.example.one", name="stale")  # for a broker that is no more
        self.assertTrue(client.closed())
        self.hypervisor.watching = False
        self.start_broker()
        self.assertEqual(self.hypervisor.sessions, 2)
        self.assertEqual(self.client().post("again"), {"parameters": {"id": 1}})

    def test_half_a_message_of_a_predecessor(self):
        self.stop_broker(signal.SIGKILL)
        os.write(self.broker_end.fileno(), b'{"method": "half')
        self.hypervisor.stream.send_bytes(b'{"parameters": {"half')
        self.hypervisor.watching = False
        self.start_broker()
        self.assertEqual(self.client().post(), {"parameters": {"id": 1}})

    def test_nonsense_from_the_hypervisor_ends_the_session_only(self):
        client = self.client()
        for data in (b"nonsense\0", b'{"parameters": {"app": {"id": 1}}, "continues": true}\0', b"\0\0",
                     b'{"error": "a.B", "parameters": {}}\0'):
            with self.subTest(data):
                sessions = self.hypervisor.sessions
                self.hypervisor.stream.send_bytes(data)
                wait_for(lambda: self.hypervisor.sessions > sessions and self.hypervisor.watching, "a new session")
                self.assertIn("id", client.post()["parameters"])


class Orientation(Fixture):
    def told(self, *degrees: int):
        wait_for(lambda: len(self.desktop.turned) >= len(degrees), f"the desktop was told {degrees}")
        self.assertEqual(self.desktop.turned, list(degrees))

    def test_the_desktop_follows_the_machine(self):
        self.told(0)
        for degrees in (90, 90, 180):
            self.hypervisor.turn(degrees)
        self.told(0, 90, 180)
        self.assertIn("id", self.client().post()["parameters"])

    def test_a_new_desktop_is_told_and_so_is_one_that_a_new_broker_finds(self):
        self.told(0)
        self.hypervisor.turn(270)
        self.told(0, 270)
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.told(270)
        self.stop_broker(signal.SIGKILL)
        self.hypervisor.watching = False
        self.start_broker()
        self.told(270, 270)  # and not upright first, for want of knowing better

    def test_a_turn_while_the_line_was_down_is_told(self):
        self.told(0)
        self.hypervisor.orientation = 180
        self.hypervisor.stream.send_bytes(b"nonsense\0")
        self.told(0, 180)

    def test_nonsense_ends_the_session_only(self):
        self.told(0)
        for wrong in (45, -90, 360, "90", 2**40):
            with self.subTest(wrong):
                sessions = self.hypervisor.sessions
                self.hypervisor.stream.send({"parameters": {"orientation": wrong}, "continues": True})
                wait_for(lambda: self.hypervisor.sessions > sessions and self.hypervisor.watching, "a new session")
        self.told(0)


class Service(Fixture):
    def test_info(self):
        info = self.client().call("org.varlink.service.GetInfo")["parameters"]
        self.assertEqual(info["vendor"], "Bulkhead")
        self.assertLessEqual({"io.bulkhead.Notification", "org.varlink.service"}, set(info["interfaces"]))

    def test_the_description_is_the_interface_file(self):
        for name in ("io.bulkhead.Notification", "org.varlink.service"):
            description = self.client().call("org.varlink.service.GetInterfaceDescription",
                                             interface=name)["parameters"]["description"]
            served = idl.parse(description)
            written = idl.load(HERE.parents[1] / "api" / f"{name}.varlink")
            for interface in (served, written):
                interface.members.sort(key=lambda member: (member.kind, member.name))
            for one, other in zip(written.members, served.members, strict=True):
                self.assertEqual((one.kind, one.name, str(one.type), str(one.output)),
                                 (other.kind, other.name, str(other.type), str(other.output)))
            if name != "org.varlink.service":
                self.assertIn("Why: system interaction", description)

    def test_every_interface_served_is_a_file(self):
        interfaces = self.client().call("org.varlink.service.GetInfo")["parameters"]["interfaces"]
        files = [path.stem for path in (HERE.parents[1] / "api").glob("*.varlink")]
        self.assertEqual(sorted(interfaces), sorted([*files, "io.systemd"]))


class Autostart(Fixture):
    apps = {
        "io.example.auto": {"autostart": True, "next_cid": 3},
        "io.example.ended": {"autostart": True, "ended": "the person ended it", "next_cid": 5},
        "io.example.manual": {"next_cid": 6},
        "io.example.running": {"autostart": True, "state": "running", "cid": 4},
    }

    def test_starts_what_asks_for_it_once(self):
        starts = [call["parameters"]["id"] for call in self.hypervisor.calls if call["method"].endswith("Start")]
        self.assertEqual(starts, ["io.example.auto"])
        self.assertEqual(self.hypervisor.methods(), ["List", "Start", "Watch"])
        self.assertIn("id", self.client(3).post()["parameters"])
        self.hypervisor.change("io.example.auto", state="stopped", cid=None, ended=None)
        self.hypervisor.stream.send_bytes(b"nonsense\0")
        wait_for(lambda: self.hypervisor.sessions == 2 and self.hypervisor.watching, "a new session")
        self.assertEqual(self.hypervisor.methods().count("Start"), 1)

    def test_a_broker_that_restarts_starts_nothing_that_runs_or_was_ended(self):
        self.hypervisor.change("io.example.auto", state="stopped", cid=None, ended="poweroff")
        self.stop_broker(signal.SIGKILL)
        self.hypervisor.watching = False
        self.start_broker()
        self.assertEqual(self.hypervisor.methods().count("Start"), 1)


class FailingStart(Fixture):
    apps = {"io.example.auto": {"autostart": True, "fails": "a reason"}, "io.example.running": {"state": "running", "cid": 4}}

    def test_an_app_that_does_not_start_stops_nothing(self):
        wait_for(lambda: "could not start io.example.auto: a reason" in self.log_text(), "the log says it")
        shown = self.desktop.next("Show")
        self.assertEqual((shown["app"], shown["appName"], shown["title"], shown["body"], shown["buttons"]),
                         ("io.bulkhead.system", "System", "Auto could not be started", "a reason", []))
        self.assertIn("id", self.client(4).post()["parameters"])
        self.desktop.next("Show")
        self.desktop.answer(shown["id"], None)  # and it does not come again:
        self.heard_by_the_broker()
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.assertEqual(self.desktop.next("Show")["title"], "Hello")


class Launcher(Fixture):
    apps = {
        "io.example.one": {"state": "running", "cid": 3, "icon": "b25l"},
        "io.example.two": {"next_cid": 4, "ended": "the guest powered off"},
        "io.example.bad": {"fails": "its disk cannot be opened"},
        **{f"io.example.many{number}": {"icon": f"{number:04}"} for number in range(40)},
    }

    def told(self, app: str, **what):
        """Waits until the desktop was told this of an app, and all apps with it."""
        def last():
            return self.desktop.told and what.items() <= self.desktop.told[-1][app].items()
        wait_for(last, f"the desktop was told {what} of {app}")
        self.assertEqual(set(self.desktop.told[-1]), set(self.apps))

    def icons(self) -> dict[str, str]:
        wait_for(lambda: sum("icon" in app for told in self.desktop.told for app in told.values()) == 41, "all icons were told")
        for told in self.desktop.told:
            self.assertLessEqual(sum("icon" in app for app in told.values()), 16)
        return {name: app["icon"] for told in self.desktop.told for name, app in told.items() if "icon" in app}

    def test_the_desktop_learns_all_apps_and_each_icon_once(self):
        icons = self.icons()
        self.assertEqual(icons, {name: app["icon"] for name, app in self.apps.items() if "icon" in app})
        self.assertEqual(self.desktop.told[0]["io.example.one"] | {"icon": ""},
                         {"id": "io.example.one", "name": "One", "state": "running", "cid": 3, "icon": ""})
        self.assertNotIn("cid", self.desktop.told[0]["io.example.two"])
        self.hypervisor.change("io.example.one", state="stopped", cid=None)
        self.told("io.example.one", state="stopped")
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")
        self.assertEqual(self.icons(), icons)
        self.assertEqual(self.hypervisor.methods(), ["List", "Watch"])

    def test_what_the_person_asks_is_done(self):
        for request, method, parameters, state in (
                ("start", "Start", {}, "running"), ("close", "Stop", {"force": False}, "stopped"),
                ("start", "Start", {}, "running"), ("end", "Stop", {"force": True}, "stopped")):
            self.hypervisor.apps["io.example.two"].setdefault("next_cid", 4)
            self.desktop.request("io.example.two", request)
            self.told("io.example.two", state=state)
            call = [call for call in self.hypervisor.calls if call["method"].rpartition(".")[2] in ("Start", "Stop")][-1]
            self.assertEqual((call["method"], call["parameters"], call["oneway"]),
                             ("io.bulkhead.Hypervisor." + method, {"id": "io.example.two"} | parameters, True))
        self.assertTrue(self.desktop.quiet(), "nothing failed")
        self.assertIn("id", self.client(3).post()["parameters"])

    def test_many_requests_at_once_are_all_sent_in_their_order(self):
        for number in range(40):
            self.hypervisor.apps[f"io.example.many{number}"]["next_cid"] = 100 + number
        for number in range(40):
            self.desktop.request(f"io.example.many{number}", "start")
        wanted, started = [f"io.example.many{number}" for number in range(40)], lambda: [
            call["parameters"]["id"] for call in self.hypervisor.calls if call["method"].endswith("Start") and ".many" in call["parameters"]["id"]]
        with contextlib.suppress(AssertionError):  # what was started instead says more
            wait_for(lambda: started() == wanted, "all were started", 60)
        self.assertEqual(started(), wanted)
        self.told("io.example.many39", state="running", cid=139)

    def test_a_failed_start_is_told_each_time(self):
        for _ in range(2):
            self.desktop.request("io.example.bad", "start")
            shown = self.desktop.next("Show")
            self.assertEqual((shown["title"], shown["body"]), ("Bad could not be started", "its disk cannot be opened"))
        self.hypervisor.change("io.example.bad", ended="something else")
        self.desktop.request("io.example.two", "start")
        self.told("io.example.two", state="running")
        self.assertTrue(self.desktop.quiet())

    def test_a_crash_is_told(self):
        crash = {"state": "stopped", "cid": None, "ended": "the guest rebooted or crashed", "crashed": True}
        self.hypervisor.change("io.example.one", **crash)
        shown = self.desktop.next("Show")
        self.assertEqual((shown["app"], shown["title"], shown["body"]), ("io.bulkhead.system", "One ended unexpectedly",
                                                                         "It crashed. What it had not saved is lost."))
        self.hypervisor.change("io.example.one")  # once is enough
        self.hypervisor.change("io.example.one", state="running", cid=5, crashed=None)
        self.told("io.example.one", state="running")
        self.hypervisor.change("io.example.one", state="stopped", cid=None, ended="the guest powered off")
        self.told("io.example.one", state="stopped")
        self.hypervisor.change("io.example.one", state="stopping", cid=6)
        self.hypervisor.change("io.example.one", **crash)  # it was asked to end
        self.told("io.example.one", state="stopped")
        self.assertTrue(self.desktop.quiet())

    def closed(self, cid: int):
        """The person closes its window, and it is asked to end, and has its time."""
        asked = self.hypervisor.methods().count("Stop")
        self.desktop.tell(window={"cid": cid, "focused": True, "visibility": "shown"})
        self.desktop.request("io.example.one", "close")
        wait_for(lambda: self.hypervisor.methods().count("Stop") > asked, "it is asked to end")

    def test_a_crash_of_what_was_closed_is_not_told_but_of_what_they_go_on_with(self):
        crash = {"state": "stopped", "cid": None, "ended": "the guest rebooted or crashed", "crashed": True}
        self.closed(3)
        self.hypervisor.change("io.example.one", **crash)
        self.told("io.example.one", state="stopped")
        self.hypervisor.change("io.example.one", state="running", cid=5, crashed=None)
        self.told("io.example.one", state="running")
        self.assertTrue(self.desktop.quiet(), "they have what they wanted")
        self.closed(5)
        self.desktop.request("io.example.one", "stay")
        wait_for(lambda: "the person goes on with io.example.one" in self.log_text(), "they changed their mind")
        self.hypervisor.change("io.example.one", **crash)
        self.assertEqual(self.desktop.next("Show")["title"], "One ended unexpectedly")

    def test_a_crash_of_a_fresh_copy_is_told(self):
        copy = "io.example.one+1"
        self.hypervisor.apps["io.example.one"]["copy_cids"] = [30, 31]
        for end, told in (({"crashed": True}, True), ({}, False)):
            self.desktop.request("io.example.one", "copy")
            wait_for(lambda: copy in self.hypervisor.apps, "the copy")
            self.hypervisor.change(copy, state="running")
            wait_for(lambda: self.desktop.app(copy).get("state") == "running", "the desktop knows it")
            self.hypervisor.end_copy(copy, **end)
            wait_for(lambda: copy not in self.desktop.told[-1], "it is known no more")
            if told:
                self.assertEqual(self.desktop.next("Show")["title"], "Fresh copy of One ended unexpectedly")
        self.assertTrue(self.desktop.quiet())

    def test_a_slow_desktop_is_told_the_newest_only(self):
        self.icons()
        self.desktop.slow.clear()
        before = len(self.desktop.told)
        for number in range(50):
            self.hypervisor.change("io.example.one", cid=1000 + number)
        wait_for(lambda: len(self.desktop.told) > before, "it was told once")
        self.hypervisor.change("io.example.two", state="running", cid=4)
        self.assertIn("parameters", self.client(4).call("org.varlink.service.GetInfo"))  # the broker knows all that was said before
        self.desktop.slow.set()
        self.told("io.example.one", cid=1049)
        self.assertLess(len(self.desktop.told) - before, 5)

    def test_nonsense_is_not_obeyed(self):
        self.icons()
        self.desktop.request("io.example.none", "start")
        self.desktop.request("io.example.two", "explode")
        wait_for(lambda: "what is not known: explode" in self.log_text(), "it was noticed")
        self.assertIn("an app that there is not", self.log_text())
        self.assertEqual(self.hypervisor.methods(), ["List", "Watch"])


class Device(Fixture):
    """The line to the hypervisor is a character device, as a virtio-console port is."""

    def make_line(self):
        ours, theirs = pty.openpty()
        tty.setraw(theirs, termios.TCSANOW)
        self.keep_open = theirs
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        return ours, os.ttyname(theirs)

    def test_it_works_and_works_again(self):
        self.assertIn("id", self.client().post()["parameters"])
        self.stop_broker(signal.SIGKILL)
        self.hypervisor.watching = False
        self.start_broker()
        self.assertIn("id", self.client().post()["parameters"])


def main() -> int:
    global PROGRAM
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
