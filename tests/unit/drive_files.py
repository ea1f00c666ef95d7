#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.File, from both apps' sides and from the person's: drive_files.py BROKER_UNDER_TEST BK_PICKER [TEST ...]

bk-picker runs in its jail here; the folders are served by tests/unit/ninep_peer.py, honestly or not.
"""
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import ninep_peer as ninep  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

FILE = "io.bulkhead.File."
FOLDERS = "io.bulkhead.Folders."
DRIVE, NOTES, OTHER = "io.example.drive", "io.example.notes", "io.example.other"
PROGRAM = ""  # bk-picker
ENTRIES_MAX, DEPTH_MAX, SEEN_MAX = 1000, 16, 4000
CALLS_BURST, CLOSED_BURST, OPEN_MAX = 5, 3, 4
ANSWER_SECONDS = 10
TEA = b"Green tea, 80 degrees.\n" * 20000  # more than one message of 9P


class Fixture(drive_location.Fixture):
    apps = {DRIVE: {"state": "running", "cid": 3}, NOTES: {"state": "running", "cid": 4}, OTHER: {"state": "running", "cid": 9}}
    settings: dict[str, str] = {}

    def setUp(self):
        self.settings = {"picker": PROGRAM, "defaults": str(pathlib.Path("/nonexistent"))}
        self.tree: dict = {"Tea.txt": TEA, "empty": b"", "Letters": {"Anna.md": b"Dear Anna"}, "b.png": b"png"}
        self.lies: dict = {}
        self.servers: list[ninep.Server] = []
        super().setUp()
        self.focus(4)

    def focus(self, cid: int):
        for other in (3, 4, 9):
            self.desktop.tell(window={"cid": other, "focused": other == cid, "visibility": "shown"})
        self.heard_by_the_broker()

    # ---- the app whose folder it is ----

    def offer(self, name: str = "drive", cid: int = 3, **what) -> Client:
        """It is offered, and whoever comes is served the tree."""
        client = self.client(cid)
        client.send({"method": FOLDERS + "Offer", "more": True,
                     "parameters": {"name": name, "title": "Shared drive", "access": "readWrite", "aname": "/srv"} | what})
        self.heard_by_the_broker()
        threading.Thread(target=self.serve, args=(client, cid), daemon=True).start()
        return client

    def serve(self, client: Client, cid: int):
        client.endpoint.settimeout(None)
        try:
            while told := client.receive():
                assert told.get("continues"), told
                stream = Client(self.folder / f"{cid}-streams")
                stream.endpoint.settimeout(None)
                stream.send_bytes(told["parameters"]["stream"].encode() + b"\n")
                self.access = told["parameters"]["access"]
                self.servers.append(ninep.Server(stream.endpoint, self.tree, self.lies))
        except (OSError, ValueError):
            pass  # the test is over

    # ---- the app that wants a file ----

    def picking(self, cid: int = 4, **what) -> Client:
        client = self.client(cid)
        client.send({"method": FILE + "Pick", "parameters": what})
        return client

    def saving(self, name: str = "Tea.txt", size: int = 5, cid: int = 4) -> Client:
        client = self.client(cid)
        client.send({"method": FILE + "Save", "more": True, "parameters": {"name": name, "size": size}})
        return client

    def assert_file_error(self, reply: dict, error: str, **parameters):
        self.assertEqual(reply, {"error": FILE + error, "parameters": parameters})

    # ---- the person ----

    def asked(self) -> dict:
        """What the dialog shows first."""
        self.question = self.desktop.dialog("AskFile")
        return self.note_page(self.question["page"])

    def note_page(self, page: dict) -> dict:
        self.page = page
        return page

    def next_page(self) -> dict:
        shown = self.desktop.dialog("ShowFiles")
        self.assertEqual(shown["id"], self.question["id"])
        return self.note_page(shown["page"])

    def do(self, act: str, **what):
        self.desktop.tell(file={"id": self.question["id"], "page": self.page["number"], "act": act} | what)

    def names(self, page: dict | None = None) -> list[str]:
        return [entry["name"] for entry in (page or self.page)["entries"]]

    def choose(self, name: str):
        self.do("choose", entry=self.names().index(name))

    def enter(self, *names: str) -> dict:
        """Into a place, and on."""
        for name in names:
            self.choose(name)
            self.next_page()
        return self.page

    def withdrawn(self):
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": self.question["id"]})

    def picked(self, *way: str, cid: int = 4, **what) -> dict:
        """The person goes that way, and chooses the last of it: the answer."""
        client = self.picking(cid, **what)
        self.asked()
        self.enter(*way[:-1])
        self.choose(way[-1])
        self.withdrawn()
        reply = client.receive()
        client.close()
        return reply

    def all_of(self, token: str, cid: int = 4) -> bytes:
        stream, data = self.stream(token, cid), b""
        while more := stream.endpoint.recv(65536):
            data += more
        return data

    def pickers(self) -> list[int]:
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def wait_pickers(self, count: int):
        wait_for(lambda: len(self.pickers()) == count, f"there are {count} pickers")


class Picking(Fixture):
    def test_a_file_byte_for_byte(self):
        self.offer()
        client = self.picking()
        page = self.asked()
        self.assertEqual((self.question["app"], self.question["appName"], self.question.get("saveAs"), self.question["endings"]),
                         (NOTES, "Notes", None, []))
        self.assertEqual(page["entries"], [{"kind": "place", "name": "Shared drive", "app": DRIVE, "appName": "Drive"}])
        self.assertEqual((page.get("place"), page["back"], page["more"], page.get("note")), (None, False, False, None))
        page = self.enter("Shared drive")
        self.assertEqual((page["place"], page["back"]), ("Shared drive", True))
        self.assertEqual(page["entries"], [{"kind": "folder", "name": "Letters"}, {"kind": "file", "name": "b.png", "size": 3},
                                           {"kind": "file", "name": "empty", "size": 0},
                                           {"kind": "file", "name": "Tea.txt", "size": len(TEA)}])
        self.choose("Tea.txt")
        self.withdrawn()
        reply = client.receive()["parameters"]
        self.assertEqual((reply["name"], reply["size"], set(reply)), ("Tea.txt", len(TEA), {"name", "size", "stream"}))
        client.close()  # not needed any more
        self.assertEqual(self.all_of(reply["stream"]), TEA)
        self.wait_pickers(0)
        self.assertEqual((self.servers[0].attached, self.access), ("/srv", "readOnly"))
        self.assertIn(f"{NOTES} opens a file of {DRIVE}", self.log_text())

    def test_one_in_a_folder_and_the_way_back(self):
        self.offer()
        client = self.picking()
        self.asked()
        self.enter("Shared drive", "Letters")
        self.assertEqual((self.page["place"], self.names()), ("Letters", ["Anna.md"]))
        self.do("back")
        self.assertEqual((self.next_page()["place"], self.names()[0]), ("Shared drive", "Letters"))
        self.do("back")
        self.assertEqual((self.next_page().get("place"), self.names(), self.page["back"]), (None, ["Shared drive"], False))
        self.do("back")  # there is nothing behind it
        self.enter("Shared drive", "Letters")
        self.choose("Anna.md")
        self.withdrawn()
        self.assertEqual(self.all_of(client.receive()["parameters"]["stream"]), b"Dear Anna")
        self.wait_pickers(0)

    def test_an_empty_one(self):
        self.offer()
        reply = self.picked("Shared drive", "empty")["parameters"]
        self.assertEqual((reply["size"], self.all_of(reply["stream"])), (0, b""))

    def test_only_what_the_app_takes_is_shown(self):
        self.offer()
        self.tree |= {"loud.TXT": b"", ".txt": b"", "x.txt.zip": b""}
        self.picking(endings=[".txt", ".md"])
        self.asked()
        self.assertEqual(self.question["endings"], [".txt", ".md"])
        self.assertEqual(self.names(self.enter("Shared drive")), ["Letters", "loud.TXT", "Tea.txt"])

    def test_its_own_folders_are_not_among_them(self):
        self.offer(cid=4, title="My own")
        self.offer(cid=9, title="Another")
        self.picking()
        self.asked()
        self.assertEqual(self.names(), ["Another"])

    def test_nobody_offers_anything(self):
        client = self.picking()
        self.assertEqual(self.asked()["entries"], [])
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")

    def test_the_person_wants_none(self):
        self.offer()
        client = self.picking()
        self.asked()
        self.enter("Shared drive", "Letters")
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")
        self.wait_pickers(0)

    def test_a_file_that_nobody_fetches(self):
        self.offer()
        self.picked("Shared drive", "Tea.txt")
        self.wait_pickers(1)
        wait_for(lambda: not self.pickers(), "the place is free again", 30)

    def test_what_is_wrong_with_a_wish(self):
        for endings, fault, limit in ((["txt"], "badForm", None), (["."], "badForm", None), ([""], "empty", None),
                                      ([".a/b"], "badForm", None), ([".a\n"], "badCharacter", None),
                                      (["." + "x" * 16], "tooLong", 16), ([".x"] * 17, "tooLong", 16)):
            with self.subTest(endings):
                client = self.picking(endings=endings)
                self.assert_file_error(client.receive(), "InvalidFile", field="endings", fault=fault, limit=limit)
        self.assertTrue(self.desktop.dialogs.empty())

    def test_nothing_but_the_one_file(self):
        """What a stream of a picked file is used for beside reading it changes nothing."""
        self.offer()
        reply = self.picked("Shared drive", "Tea.txt")["parameters"]
        stream = self.stream(reply["stream"], 4, struct.pack("<IBH", 19, ninep.VERSION, 65535) + b"\0\0\1\0\x08\09P2000.L")
        stream.endpoint.settimeout(PATIENCE)
        data = b""
        try:
            while more := stream.endpoint.recv(65536):
                data += more
        except ConnectionResetError:
            pass  # what it sent was never read
        self.assertEqual(data, TEA[:len(data)])
        self.wait_pickers(0)
        self.assertNotIn(ninep.LCREATE, self.servers[0].asked)
        again = self.stream(reply["stream"], 4)
        self.assertTrue(again.closed())  # good once
        other = self.picked("Shared drive", "Tea.txt")["parameters"]
        self.assertTrue(self.stream(other["stream"], 9).closed())  # and for this app


def main() -> int:
    global PROGRAM
    # A sanitizer that keeps what was freed would look like a leak.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    PROGRAM = str(pathlib.Path(sys.argv[2]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
