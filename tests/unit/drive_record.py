#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An app's conversation is recorded and played back: drive_record.py BROKER_UNDER_TEST [TEST ...]

The real broker, whose log the `bulkhead` command reads as it would the machine's; the app is an example in Lua.
"""
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cli")]
import drive_broker  # noqa: E402
import record  # noqa: E402
import tap  # noqa: E402
from cbor_peer import CborClient  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

APP = ["lua5.4", str(HERE.parents[1] / "apps/hello/lua/hello.lua")]


class Recording(drive_broker.Fixture):
    def setUp(self):
        self.named = tempfile.NamedTemporaryFile("w", prefix="bk-record-")
        self.addCleanup(self.named.close)
        os.environ["BK_TEST_RECORD"] = self.named.name
        self.addCleanup(os.environ.pop, "BK_TEST_RECORD")
        super().setUp()

    def record(self, app: str):
        """As bk-init does."""
        self.named.truncate(0)
        self.named.seek(0)
        self.named.write(app)
        self.named.flush()

    def recorded(self) -> list[dict]:
        recorder = record.Recorder()
        return [entry for line in self.log_text().splitlines() for entry in recorder.feed(line)]

    def hello(self, cid: int = 3) -> int:
        """Runs the example, with the button "done" pressed."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.folder / str(cid)))
            app = subprocess.Popen(APP, stdin=connection, stdout=connection, stderr=subprocess.PIPE)
        self.desktop.answer(self.desktop.next("Show")["id"], "done")
        app.communicate(timeout=PATIENCE)
        return app.returncode

    def test_nothing_is_recorded_unasked(self):
        self.hello()
        self.record("io.example.other")
        self.hello()
        self.assertNotIn("record", self.log_text())

    def test_one_app_is_recorded_and_replayed(self):
        self.record("io.example.one")
        self.hello()
        wait_for(lambda: " closed\n" in self.log_text(), "its connection was over")
        length = len(self.log_text())
        self.hello(cid=4)  # another app
        self.assertNotIn("record", self.log_text()[length:].replace("Hello", ""))
        lines = self.recorded()
        self.assertEqual([line["connection"] for line in lines], [1] * 10)
        self.assertEqual([line["from"] for line in lines], ["app", "system"] * 5)
        self.assertEqual(lines[0]["message"], {"method": "org.varlink.service.GetInfo", "parameters": {}})
        self.assertEqual(lines[4]["message"]["parameters"]["body"], "Shall I ask again?")
        self.assertEqual(lines[7]["message"]["parameters"], {"id": 1, "answer": "activated", "button": "done"})
        self.assertTrue(all(0 <= one["time"] <= other["time"] < 60 for one, other in zip(lines, lines[1:])))

        path = self.folder / "recording"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(record.replay_to_command(path, APP), ([], 0))
        lines[4]["message"]["parameters"] |= {"body": "Once more?", "later": 1}
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        found, status = record.replay_to_command(path, APP)
        self.assertEqual(status, 0)
        self.assertEqual(found, ['connection 1, message 3 of the app: parameters.body is "Shall I ask again?", not "Once more?"',
                                 "connection 1, message 3 of the app: parameters.later is missing"])

    def test_it_ends_when_asked(self):
        self.record("io.example.one")
        client = self.client()
        client.post("before")
        self.record("")
        client.post("after")
        client.close()
        wait_for(lambda: "closed" in self.log_text(), "the connection was over")
        self.assertEqual([line["message"]["parameters"].get("title") for line in self.recorded()], ["before", None])

    def test_cbor_is_recorded_as_json(self):
        self.record("io.example.one")
        client = CborClient(self.folder / "3-cbor")
        self.clients.append(client)
        number = client.call("io.bulkhead.Notification.Post", title="Häuser")
        wait_for(lambda: len(self.recorded()) == 2, "both were recorded")
        self.assertEqual([line["message"] for line in self.recorded()],
                         [{"method": "io.bulkhead.Notification.Post", "parameters": {"title": "Häuser"}}, number])

    def test_a_large_message_in_pieces(self):
        self.record("io.example.one")
        body = "ü\\\n" * 500
        self.client().post("Large", body=body)
        self.assertEqual(self.recorded()[0]["message"]["parameters"]["body"], body)
        lines = [line for line in self.log_text().splitlines() if " record " in line]
        self.assertGreater(len(lines), 5)
        self.assertLess(max(map(len, lines)), 1000)

    def test_what_the_log_lost_is_missed(self):
        self.record("io.example.one")
        self.client().post()
        wait_for(lambda: len(self.recorded()) == 2, "both were recorded")
        recorder = record.Recorder()
        lines = [line for line in self.log_text().splitlines() if " record " in line]
        del lines[1]
        self.assertEqual([entry.get("lost") for line in lines for entry in recorder.feed(line)], [1, None])


class Replaying(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "recording"

    def write(self, *entries: tuple[int, str, dict]):
        self.path.write_text("".join(json.dumps({"time": 0, "connection": number, "from": who, "message": message}) + "\n"
                                     for number, who, message in entries))

    def serve(self) -> tuple[threading.Thread, list]:
        """Two connections that take turns; what was different is in the list at the end."""
        self.write((1, "app", {"method": "a.b.Watch", "more": True}), (2, "app", {"method": "a.b.Do", "parameters": {"n": 1}}),
                   (2, "system", {"parameters": {}}), (1, "system", {"parameters": {"x": 1}, "continues": True}),
                   (1, "system", {"parameters": {"x": 2}, "continues": True}))
        found: list = []
        ready = threading.Event()
        thread = threading.Thread(target=lambda: found.extend(
            record.replay_on_socket(self.path, str(self.folder / "system"), ready.set)), daemon=True)
        thread.start()
        self.assertTrue(ready.wait(PATIENCE))
        return thread, found

    def test_two_connections(self):
        thread, found = self.serve()
        watcher, caller = (Client(self.folder / "system") for _ in range(2))
        self.assertEqual(caller.call("a.b.Do", n=1), {"parameters": {}})
        watcher.send({"method": "a.b.Watch", "more": True})
        self.assertEqual([watcher.receive()["parameters"]["x"] for _ in range(2)], [1, 2])
        watcher.close()
        caller.close()
        thread.join(PATIENCE)
        self.assertEqual(found, [])

    def test_differences(self):
        thread, found = self.serve()
        watcher, caller = (Client(self.folder / "system") for _ in range(2))
        caller.send({"method": "a.b.Do", "parameters": {"n": True}, "oneway": True})
        caller.send({"method": "a.b.More"})
        self.assertIsNotNone(caller.receive())
        self.assertIsNone(caller.receive())
        watcher.close()
        caller.close()
        thread.join(PATIENCE)
        self.assertEqual(found, [
            'connection 1, message 1 of the app: never came; it would have been {"method": "a.b.Watch", "more": true}',
            "connection 2, message 1 of the app: parameters.n is true, not 1",
            "connection 2, message 1 of the app: oneway is new: true",
            'connection 2, message 2 of the app: is one more than was recorded: {"method": "a.b.More"}'])

    def test_what_is_no_recording(self):
        for text, why in (("", "nothing was said"), ("{}\n", ":1: not a line"), ('{"lost": 3}\n', ":1: the log lost"),
                          ("no\n", ":1: not a line"), ("[" * 200000 + "\n", ":1: not a line"),
                          ('{"connection": "1", "from": "app", "message": {}}\n', ":1: not a line"),
                          (f'{{"connection": 1, "from": "app", "message": {"[" * 65 + "]" * 65}}}\n', ":1: not a line")):
            with self.subTest(text=text):
                self.path.write_text(text)
                with self.assertRaisesRegex(record.RecordError, why):
                    record.load(self.path)

    def test_a_message_that_is_deep_is_a_text_in_the_recording_and_in_what_is_played_back(self):
        for depth, is_text in ((64, False), (65, True), (5000, True), (100000, True)):
            with self.subTest(depth):
                said = ("[" * depth + "]" * depth).encode()
                self.assertEqual(isinstance(record.readable(said), str), is_text)
                self.write((1, "app", record.readable(said)))
                ((_, message),), = record.load(self.path)
                self.assertEqual(list(record.differences(record.readable(said), message)), [])


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
