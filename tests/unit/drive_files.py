#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.File, from both apps' sides and from the person's: drive_files.py BROKER_UNDER_TEST BK_PICKER [TEST ...]

bk-picker runs in its jail here; the folders are served by tests/unit/ninep_peer.py. Who serves ill is drive_files_served.py's.
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
import ninep_peer as ninep  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

FILE = "io.bulkhead.File."
FOLDERS = "io.bulkhead.Folders."
DRIVE, NOTES, OTHER = "io.example.drive", "io.example.notes", "io.example.other"
PROGRAM = ""  # bk-picker
ENTRIES_MAX, DEPTH_MAX = 1000, 16
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
        self.wait_pickers(0)  # the place is free again

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


class Saving(Fixture):
    def saved(self, name: str, data: bytes, way=("Shared drive",)) -> tuple[Client, Client]:
        """The person saves it under that name: the call, whose second answer is awaited, and the stream, behind the data."""
        client = self.saving("Proposed.txt", len(data))
        self.asked()
        self.enter(*way)
        self.do("save", name=name)
        return self.sending(client, name, data)

    def sending(self, client: Client, name: str, data: bytes) -> tuple[Client, Client]:
        self.withdrawn()
        reply = client.receive()
        self.assertEqual((reply["continues"], reply["parameters"]["name"], reply["parameters"]["stored"]), (True, name, False))
        stream = self.stream(reply["parameters"]["stream"], 4)
        if data:
            stream.send_bytes(data)
        return client, stream

    def assert_stored(self, client: Client, name: str):
        self.assertEqual(client.receive(), {"parameters": {"stream": None, "name": name, "stored": True}})

    def assert_not_stored(self, client: Client, reason: str):
        self.assert_file_error(client.receive(), "NotStored", reason=reason)

    def assert_as_before(self):
        """Nothing was left, not even for a moment after the answer."""
        self.wait_pickers(0)
        self.assertEqual(sorted(self.tree), ["Letters", "Tea.txt", "b.png", "empty"])
        self.assertEqual(self.tree["Tea.txt"], TEA)

    def test_a_file_byte_for_byte(self):
        self.offer()
        client = self.saving("Black tea.txt", len(TEA))
        self.asked()
        self.assertEqual((self.question["saveAs"], self.question["size"]), ("Black tea.txt", len(TEA)))
        self.enter("Shared drive")
        self.do("save", name="Blacker tea.txt")
        client, stream = self.sending(client, "Blacker tea.txt", TEA)
        self.assert_stored(client, "Blacker tea.txt")
        self.assertEqual(self.tree["Blacker tea.txt"], TEA)
        self.assertTrue(stream.closed())
        self.assertEqual((self.access, [name for name in self.tree if name.startswith(".")]), ("readWrite", []))
        self.assertIn(ninep.FSYNC, self.servers[0].asked)
        self.wait_pickers(0)

    def test_in_a_folder_and_an_empty_one(self):
        self.offer()
        client, _ = self.saved("Bert.md", b"", ("Shared drive", "Letters"))
        self.assert_stored(client, "Bert.md")
        self.assertEqual(self.tree["Letters"], {"Anna.md": b"Dear Anna", "Bert.md": b""})

    def test_until_all_is_there_the_name_is_not(self):
        self.offer()
        client, stream = self.saved("New.txt", b"")  # which is told to be empty: see below
        self.assert_stored(client, "New.txt")
        client = self.saving("Newer.txt", 10)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="Newer.txt")
        client, stream = self.sending(client, "Newer.txt", b"12345")
        wait_for(lambda: any(name.startswith(".saving-") for name in self.tree), "it is begun under another name")
        self.assertNotIn("Newer.txt", self.tree)
        stream.send_bytes(b"67890")
        self.assert_stored(client, "Newer.txt")
        self.assertEqual(self.tree["Newer.txt"], b"1234567890")

    def test_what_is_there_is_replaced_only_after_a_yes(self):
        self.offer()
        client = self.saving(size=3)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="Tea.txt")
        page = self.next_page()
        self.assertEqual((page["note"], page["noteName"], page["entries"]), ("exists", "Tea.txt", []))
        self.do("back")
        self.assertEqual(self.names(self.next_page()), ["Letters", "b.png", "empty", "Tea.txt"])
        self.do("replace")  # nothing is asked now
        self.do("save", name="Tea.txt")
        self.next_page()
        self.assertEqual(self.tree["Tea.txt"], TEA)
        self.do("replace")
        client, stream = self.sending(client, "Tea.txt", b"ab")
        self.assertEqual(self.tree["Tea.txt"], TEA)  # whole, until the other is
        stream.send_bytes(b"c")
        self.assert_stored(client, "Tea.txt")
        self.assertEqual(self.tree["Tea.txt"], b"abc")

    def test_a_folder_is_never_replaced(self):
        self.offer()
        self.saving()
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="Letters")
        self.assertEqual(self.next_page()["note"], "noFile")
        self.do("replace")
        self.assertEqual(self.next_page()["note"], "noFile")
        self.assertIn("Letters", self.tree)

    def test_a_name_that_came_to_be_meanwhile_is_kept(self):
        self.offer()
        client = self.saving("New.txt", 3)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="New.txt")
        client, stream = self.sending(client, "New.txt", b"ab")
        self.tree["New.txt"] = b"another app's"
        stream.send_bytes(b"c")
        self.assert_not_stored(client, "refused")
        self.assertEqual(self.tree.pop("New.txt"), b"another app's")
        self.assert_as_before()

    def test_names_that_no_file_has(self):
        self.offer()
        self.saving()
        self.asked()
        self.enter("Shared drive")
        for name in ("", ".", "..", ".hidden", "a/b", "/etc/passwd", "../up", "x" * 256, "a\nb", "\u202etxt.exe", "\x7f"):
            with self.subTest(name):
                self.do("save", name=name)
                self.assertEqual(self.next_page()["note"], "badName")
                self.do("back")
                self.next_page()
        self.do("save", name="x" * 255)
        self.withdrawn()

    def test_what_is_wrong_with_a_wish(self):
        for what, field, fault, limit in (({"name": ""}, "name", "empty", None), ({"name": "a/b"}, "name", "badCharacter", None),
                                          ({"name": ".a"}, "name", "badForm", None), ({"name": "x" * 201}, "name", "tooLong", 200),
                                          ({"size": -1}, "size", "outOfRange", None), ({"size": 2 ** 53}, "size", "outOfRange", None)):
            with self.subTest(what):
                self.assert_file_error(self.saving(**what).receive(), "InvalidFile", field=field, fault=fault, limit=limit)
        self.assertEqual(self.client(4).call(FILE + "Save", name="a", size=1),
                         {"error": "org.varlink.service.ExpectedMore", "parameters": {}})

    def test_only_where_it_may_be_written(self):
        self.offer(access="readOnly", title="To look at")
        self.offer("other")
        self.saving()
        self.asked()
        self.assertEqual(self.names(), ["Shared drive"])

    def test_an_app_that_sends_too_little(self):
        self.offer()
        for end in (lambda client, stream: stream.close(), lambda client, stream: stream.endpoint.shutdown(socket.SHUT_WR)):
            client = self.saving("New.txt", 100)
            self.asked()
            self.enter("Shared drive")
            self.do("save", name="New.txt")
            client, stream = self.sending(client, "New.txt", b"half")
            end(client, stream)
            self.assert_not_stored(client, "incomplete")
            self.assert_as_before()

    def test_an_app_that_sends_too_much(self):
        self.offer()
        client, _ = self.saved("New.txt", b"12345")
        self.assert_stored(client, "New.txt")
        client = self.saving("Newer.txt", 5)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="Newer.txt")
        client, _ = self.sending(client, "Newer.txt", b"1234567")
        self.assert_stored(client, "Newer.txt")
        self.assertEqual((self.tree["New.txt"], self.tree["Newer.txt"]), (b"12345", b"12345"))

    def test_an_app_that_does_not_send_at_all(self):
        self.offer()
        client = self.saving("New.txt", 5)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="New.txt")
        self.withdrawn()
        self.assertTrue(client.receive()["continues"])
        self.assert_not_stored(client, "incomplete")
        self.assert_as_before()

    def test_an_app_that_goes_takes_it_back(self):
        self.offer()
        for end in (lambda client: client.close(), lambda _: self.hypervisor.change(NOTES, state="stopped", cid=None, ended="poweroff")):
            client = self.saving("New.txt", 100)
            self.asked()
            self.enter("Shared drive")
            self.do("save", name="New.txt")
            client, _ = self.sending(client, "New.txt", b"half")
            wait_for(lambda: any(name.startswith(".saving-") for name in self.tree), "it is begun")
            end(client)
            self.assert_as_before()

    def test_a_server_that_has_no_room_or_refuses(self):
        self.offer()
        for lies, reason in (({ninep.WRITE: ninep.refuse(ninep.ENOSPC)}, "full"), ({ninep.WRITE: ninep.refuse(ninep.EIO)}, "refused"),
                             ({ninep.FSYNC: ninep.refuse(ninep.ENOSPC)}, "full"), ({ninep.RENAMEAT: ninep.refuse(ninep.EACCES)}, "refused")):
            with self.subTest(reason):
                self.lies.clear()
                self.lies.update(lies)
                client, _ = self.saved("New.txt", b"abc")
                self.assert_not_stored(client, reason)
                self.assert_as_before()

    def test_a_server_that_says_it_took_what_it_cannot_have(self):
        self.offer()
        for count in (99999, 0):
            self.lies[ninep.WRITE] = lambda *_, count=count: struct.pack("<I", count)
            client, _ = self.saved("New.txt", b"abc")
            self.assert_not_stored(client, "lost")
            self.wait_pickers(0)
            self.assertNotIn("New.txt", self.tree)

    def test_a_server_with_the_older_messages_alone(self):
        self.offer()
        self.lies |= {ninep.RENAMEAT: ninep.refuse(ninep.EOPNOTSUPP), ninep.UNLINKAT: ninep.refuse(ninep.EOPNOTSUPP)}
        client, _ = self.saved("New.txt", b"abc")
        self.assert_stored(client, "New.txt")
        self.assertEqual(self.tree.pop("New.txt"), b"abc")
        client = self.saving("New.txt", 100)
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="New.txt")
        client, stream = self.sending(client, "New.txt", b"half")
        stream.close()
        self.assert_not_stored(client, "incomplete")
        self.assert_as_before()

    def test_a_server_that_takes_a_byte_at_a_time(self):
        def little(server: ninep.Server, body: ninep.Reader) -> bytes:
            path, offset, _ = server.fids[body.number(4)], body.number(8), body.number(4)
            server.at(path[:-1])[path[-1]] += body.take(1)
            return struct.pack("<I", 1)
        self.lies[ninep.WRITE] = little
        self.offer()
        client, _ = self.saved("New.txt", b"abcdefghij")
        self.assert_stored(client, "New.txt")
        self.assertEqual(self.tree["New.txt"], b"abcdefghij")

    def test_a_server_that_dies_in_mid_write(self):
        self.offer()
        self.lies[ninep.WRITE] = ninep.stop(die=True)
        client, _ = self.saved("New.txt", b"abc")
        self.assert_not_stored(client, "lost")
        self.wait_pickers(0)
        self.assertNotIn("New.txt", self.tree)

    def test_a_server_that_stalls_in_mid_write(self):
        self.offer()
        self.lies[ninep.WRITE] = ninep.stop()
        client, _ = self.saved("New.txt", b"abc")
        client.endpoint.settimeout(ANSWER_SECONDS + PATIENCE)
        self.assert_not_stored(client, "lost")
        self.wait_pickers(0)

    def test_the_person_wants_none(self):
        self.offer()
        client = self.saving()
        self.asked()
        self.enter("Shared drive")
        self.do("save", name="Tea.txt")
        self.next_page()
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")
        self.assert_as_before()


class Bounds(Fixture):
    def test_only_in_use(self):
        self.focus(9)
        self.assert_file_error(self.picking().receive(), "NotInUse")
        self.assert_file_error(self.saving().receive(), "NotInUse")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_one_question_of_an_app_and_its_pace(self):
        client = self.picking()
        self.asked()
        self.assert_file_error(self.picking().receive(), "TooMany", limit=1)
        link = self.client(4).call("io.bulkhead.Open.Link", link="https://example.org/")
        self.assertEqual(link["error"], "io.bulkhead.Open.TooMany")
        for _ in range(CLOSED_BURST):
            self.do("close")
            self.assert_file_error(client.receive(), "NotChosen")
            client = self.picking()
            if _ < CLOSED_BURST - 1:
                self.asked()
        reply = client.receive()
        self.assertEqual(reply["error"], FILE + "TooSoon")
        self.assertLessEqual(reply["parameters"]["milliseconds"], 60000)
        self.assertEqual(self.client(4).call("io.bulkhead.Open.Link", link="https://example.org/")["error"], "io.bulkhead.Open.TooSoon")

    def test_two_apps_one_after_the_other(self):
        first = self.picking(4)
        self.asked()
        self.focus(9)
        second = self.picking(9)
        self.assertTrue(self.desktop.dialogs.empty())
        self.do("close")
        self.assert_file_error(first.receive(), "NotChosen")
        self.asked()
        self.assertEqual(self.question["app"], OTHER)
        self.do("close")
        self.assert_file_error(second.receive(), "NotChosen")

    def test_a_desktop_that_asks_something_else(self):
        self.offer()
        self.desktop.busy = 2
        self.picked("Shared drive", "Tea.txt")

    def test_files_that_are_not_at_their_end(self):
        self.offer()
        streams = []
        for _ in range(OPEN_MAX):
            wait_for(lambda: self.admitted(), "the pace allows it")
            self.asked()
            self.enter("Shared drive")
            self.choose("Tea.txt")
            self.withdrawn()
            streams.append(self.stream(self.waiting.receive()["parameters"]["stream"], 4))
        self.assert_file_error(self.picking().receive(), "TooMany", limit=OPEN_MAX)
        self.wait_pickers(OPEN_MAX)
        streams[0].close()
        self.wait_pickers(OPEN_MAX - 1)
        wait_for(lambda: self.admitted(), "there is room again")

    def admitted(self) -> bool:
        """A call waits for the person, which may take another try."""
        self.waiting = self.picking()
        wait_for(lambda: not self.desktop.dialogs.empty() or select.select([self.waiting.endpoint], [], [], 0)[0], "it is asked, or refused")
        if not self.desktop.dialogs.empty():
            return True
        self.waiting.close()
        return False

    def test_what_a_picker_may(self):
        self.offer()
        self.picking()
        self.asked()
        self.enter("Shared drive")
        pid, = self.pickers()
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        for line in ("Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000", "Threads:\t1"):
            self.assertIn(line, status)
        files = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
        self.assertEqual(len([name for name in files if name.startswith("socket:")]), 2)  # the broker's, and this server's
        self.assertEqual(len(files), 5)
        if b"__asan_init" not in pathlib.Path(PROGRAM).read_bytes():  # its shadow memory is more than any limit
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            self.assertEqual(int(re.search(r"Max address space\s+(\d+)", limits)[1]), 8 << 20)

    def test_the_ends_of_those_who_take_part(self):
        offer = self.offer()
        client = self.picking()
        self.asked()
        self.enter("Shared drive")
        client.close()
        self.withdrawn()
        self.wait_pickers(0)
        client = self.picking()
        self.asked()
        self.enter("Shared drive")
        os.kill(self.pickers()[0], signal.SIGKILL)
        self.wait_pickers(0)
        self.choose("Tea.txt")
        self.assertEqual(self.next_page()["note"], "gone")
        self.do("back")
        self.next_page()
        offer.endpoint.shutdown(socket.SHUT_RDWR)  # one that is read from would not be closed
        self.heard_by_the_broker()
        self.choose("Shared drive")
        self.assertIn(self.next_page()["note"], ("gone", "silent"))  # it was, or just then
        self.hypervisor.change(NOTES, state="stopped", cid=None, ended="poweroff")
        self.withdrawn()

    def test_a_new_desktop_is_asked_anew(self):
        self.offer()
        client = self.picking()
        self.asked()
        self.enter("Shared drive")
        self.new_desktop()
        self.asked()
        self.assertEqual(self.names(), ["Shared drive"])
        self.wait_pickers(0)
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")

    def test_what_was_done_on_another_page_counts_for_nothing(self):
        self.offer()
        self.picking()
        first = self.asked()
        self.enter("Shared drive")
        self.desktop.tell(file={"id": self.question["id"], "page": first["number"], "act": "choose", "entry": 0})
        self.desktop.tell(file={"id": self.question["id"] + 1, "page": self.page["number"], "act": "close"})
        self.do("choose", entry=99999)
        self.do("choose")
        self.do("save", name="x")  # it is to be opened
        self.do("replace")
        self.heard_by_the_broker()
        self.assertTrue(self.desktop.dialogs.empty())
        self.do("close")

    def test_what_comes_and_goes_leaves_nothing(self):
        def rounds(count: int):
            for _ in range(count):
                wait_for(self.admitted, "the pace allows it")
                self.asked()
                self.enter("Shared drive", "Letters")
                self.choose("Anna.md")
                self.withdrawn()
                self.all_of(self.waiting.receive()["parameters"]["stream"])
                self.waiting.close()
                self.wait_pickers(0)

        self.offer()
        rounds(3)
        files, before = self.open_files(), self.memory_kib()
        rounds(4)
        wait_for(lambda: self.open_files() <= files, "every connection was closed")
        self.assertLess(self.memory_kib() - before, 1000)


def main(module) -> int:
    global PROGRAM
    # A sanitizer that keeps what was freed would look like a leak.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    PROGRAM = str(pathlib.Path(sys.argv[2]).resolve())
    return tap.run(module, sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
