#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Folders, from both apps' sides and from the person's: drive_folders.py BROKER_UNDER_TEST [TEST ...]

What flows is not 9P here: the broker reads none of it.
"""
import hashlib
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

FOLDERS = "io.bulkhead.Folders."
DENIED = {"error": "org.varlink.service.PermissionDenied", "parameters": {}}
SERVER, READER, PLAIN = "io.example.drive", "io.example.reader", "io.example.plain"
DRIVE = f"{SERVER}/drive"
OFFERS_MAX, SERVED_MAX, OPENED_MAX, OPENED_ALL_MAX = 4, 32, 16, 256
SERVE_SECONDS, LINGER_SECONDS = 10, 5


def wanting(cid: int) -> dict:
    return {"state": "running", "cid": cid, "permissions": [{"name": "folders", "reason": "To show your files."}]}


class Fixture(drive_location.Fixture):
    apps = {SERVER: wanting(3), READER: wanting(4), PLAIN: {"state": "running", "cid": 9}}
    settings: dict[str, str] = {}

    def offering(self, name: str = "drive", cid: int = 3, **what) -> Client:
        """A connection on which a folder is offered."""
        client = self.client(cid)
        client.send({"method": FOLDERS + "Offer", "more": True,
                     "parameters": {"name": name, "title": "Shared drive", "access": "readWrite"} | what})
        return client

    def offered(self, name: str = "drive", cid: int = 3, **what) -> Client:
        """The same, when others know it."""
        client = self.offering(name, cid, **what)
        app = SERVER if cid == 3 else READER
        wait_for(lambda: f"{app}/{name}" in self.ids(4 if cid == 3 else 3), "it is offered")
        return client

    def listed(self, cid: int = 4) -> list[dict]:
        client = self.client(cid)
        reply = client.call(FOLDERS + "Watch")
        client.close()
        return reply["parameters"]["folders"]

    def ids(self, cid: int = 4) -> list[str]:
        return [folder["id"] for folder in self.listed(cid)]

    def opening(self, folder: str = DRIVE, access: str = "readWrite", cid: int = 4) -> Client:
        """A connection on which Open() waits."""
        client = self.client(cid)
        client.send({"method": FOLDERS + "Open", "parameters": {"folder": folder, "access": access}})
        return client

    def open(self, folder: str = DRIVE, access: str = "readWrite", cid: int = 4) -> dict:
        client = self.opening(folder, access, cid)
        reply = client.receive()
        client.close()
        return reply

    def assert_folder_error(self, reply: dict, error: str, **parameters):
        self.assertEqual(reply, {"error": FOLDERS + error, "parameters": parameters})

    def allow(self, choice: str | None = "always", app: str = READER):
        self.desktop.grant(app, "folders", choice)
        # What the person did has arrived when the page shows it.
        wait_for(lambda: self.granted() == ({app: choice} if choice else {}), "the privacy page knows")

    def joined(self, offer: Client, access: str = "readWrite") -> tuple[Client, Client]:
        """The two ends of a folder that is open: the server's, the client's."""
        opening = self.opening(access=access)
        told = offer.receive()
        self.assertEqual((told["continues"], told["parameters"]["access"]), (True, access))
        server = self.stream(told["parameters"]["stream"], 3)
        client = self.stream(opening.receive()["parameters"]["stream"], 4)
        opening.close()
        client.send_bytes(b"hello")
        self.assertEqual(server.endpoint.recv(5), b"hello")
        return server, client

    def wait_unused(self):
        wait_for(lambda: not self.desktop.uses, "nobody uses it")

    def fill(self, sender: Client) -> int:
        """Send until nothing more is taken, by the kernel and by the broker, which has had its turns; how many bytes that were."""
        caller = self.client(9)
        sender.endpoint.setblocking(False)
        sent, refused = 0, 0
        while refused < 50:
            try:
                sent += sender.endpoint.send(b"x" * 65536)
                refused = 0
            except BlockingIOError:
                self.assertIn("parameters", caller.call("org.varlink.service.GetInfo"))
                refused += 1
        caller.close()
        return sent

    def open_files(self) -> int:
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))


def read(client: Client, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := client.endpoint.recv(size - len(data))):
        data += more
    return data


class Offering(Fixture):
    def test_what_others_see_of_it(self):
        self.assertEqual(self.listed(), [])
        self.offered()
        self.offered("scans", title="Gescanntes – ö", access="readOnly")
        self.assertEqual(self.listed(), [
            {"id": DRIVE, "title": "Shared drive", "app": "Drive", "access": "readWrite"},
            {"id": f"{SERVER}/scans", "title": "Gescanntes – ö", "app": "Drive", "access": "readOnly"}])
        self.offered("mine", 4)
        self.assertEqual(len(self.listed()), 2)  # nobody sees their own

    def test_it_lasts_as_long_as_the_call(self):
        offer = self.offered()
        offer.close()
        wait_for(lambda: self.ids() == [], "it is offered no more")
        self.offered()  # and may be again, of the same name
        self.hypervisor.change(SERVER, state="stopped", cid=None, ended="poweroff")
        wait_for(lambda: self.ids() == [], "it went with its VM")

    def test_what_is_wrong_with_a_folder(self):
        for what, field, fault, limit in (
                ({"name": ""}, "name", "empty", None), ({"name": "x" * 33}, "name", "tooLong", 32),
                ({"name": ".hidden"}, "name", "badCharacter", None), ({"name": "a/b"}, "name", "badCharacter", None),
                ({"name": "Drive"}, "name", "badCharacter", None), ({"name": "ö"}, "name", "badCharacter", None),
                ({"title": ""}, "title", "empty", None), ({"title": "x" * 81}, "title", "tooLong", 80),
                ({"title": "a\nb"}, "title", "badCharacter", None), ({"aname": "drive"}, "aname", "badCharacter", None),
                ({"aname": "/a,uname=root"}, "aname", "badCharacter", None), ({"aname": ""}, "aname", "empty", None),
                ({"aname": "/" + "x" * 128}, "aname", "tooLong", 128), ({"aname": "/a\tb"}, "aname", "badCharacter", None)):
            with self.subTest(what):
                offering = self.offering(**{"name": "drive"} | what)
                self.assert_folder_error(offering.receive(), "InvalidFolder", field=field, fault=fault, limit=limit)
                offering.close()
        self.assertEqual(self.offering(access="writeOnly").receive(),
                         {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": "access"}})
        self.assertEqual(self.client().call(FOLDERS + "Offer", name="drive", title="Drive", access="readOnly"),
                         {"error": "org.varlink.service.ExpectedMore", "parameters": {}})
        self.offered("x" * 32, title="x" * 80, aname="/" + "x" * 127)
        self.assertIn(f"{SERVER} refused: Folders.Offer: name: empty", self.log_text())

    def test_who_wants_many_answers_and_none_wants_nothing(self):
        offer = self.client()
        offer.send({"method": FOLDERS + "Offer", "more": True, "oneway": True,
                    "parameters": {"name": "drive", "title": "Drive", "access": "readOnly"}})
        self.assertTrue(offer.closed())
        self.assertEqual(self.ids(), [])

    def test_a_name_is_offered_once(self):
        self.offered()
        self.assert_folder_error(self.offering().receive(), "AlreadyOffered", name="drive")
        self.offered("drive", 4)  # another app's is another folder

    def test_no_more_than_four(self):
        offers = [self.offered(f"drive{number}") for number in range(OFFERS_MAX)]
        self.assert_folder_error(self.offering("one-more").receive(), "TooManyFolders", limit=OFFERS_MAX)
        offers[0].close()
        wait_for(lambda: len(self.ids()) == OFFERS_MAX - 1, "one is offered no more")
        self.offered("one-more")


class Watching(Fixture):
    def test_what_is_offered_is_told_when_it_changes(self):
        watch = self.client(4)
        self.assertEqual(watch.call(FOLDERS + "Watch", more=True), {"parameters": {"folders": []}, "continues": True})
        offer = self.offered()
        self.assertEqual([folder["id"] for folder in watch.receive()["parameters"]["folders"]], [DRIVE])
        offer.close()
        self.assertEqual(watch.receive()["parameters"]["folders"], [])

    def test_who_does_not_declare_it_sees_nothing(self):
        self.offered()
        for more in (False, True):
            self.assertEqual(self.client(9).call(FOLDERS + "Watch", more=more), DENIED)
        self.assertIn(f"{PLAIN} refused: Folders.Watch: its manifest does not declare it", self.log_text())

    def test_who_does_not_read_misses_what_was_between(self):
        watch = self.client(4)
        watch.call(FOLDERS + "Watch", more=True)
        for number in range(50):  # far more than 16 unread replies
            self.offered(f"drive{number % 2}", title="x" * 80).close()
            wait_for(lambda: not self.ids(), "it is offered no more")
        self.offered("last")
        while [folder["id"] for folder in watch.receive()["parameters"]["folders"]] != [f"{SERVER}/last"]:
            pass


class Asking(Fixture):
    def test_the_person_is_asked_and_then_bytes_flow(self):
        offer = self.offered(aname="/srv/drive")
        opening = self.opening(access="readOnly")
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": READER, "appName": "Reader", "permission": "folders",
                                  "reason": "To show your files."})
        self.assertEqual(select.select([offer.endpoint], [], [], 0.2)[0], [])  # nobody was let in
        self.desktop.choose(dialog, "once")
        told = offer.receive()
        self.assertEqual(told["parameters"]["access"], "readOnly")
        self.assertEqual(select.select([opening.endpoint], [], [], 0.2)[0], [])  # nobody serves it yet
        server = self.stream(told["parameters"]["stream"], 3)
        reply = opening.receive()["parameters"]
        self.assertEqual(reply["aname"], "/srv/drive")
        self.assertNotEqual(reply["stream"], told["parameters"]["stream"])
        client = self.stream(reply["stream"], 4)
        for sender, receiver in ((client, server), (server, client)):
            sender.send_bytes(bytes(range(256)))
            self.assertEqual(read(receiver, 256), bytes(range(256)))

    def test_no_is_no(self):
        offer = self.offered()
        opening = self.opening()
        self.desktop.choose(self.desktop.dialog(), "never")
        self.assertEqual(opening.receive(), DENIED)
        self.assertEqual(self.open(), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertEqual(select.select([offer.endpoint], [], [], 0.2)[0], [])  # nobody was let in

    def test_what_is_not_declared_is_refused_without_a_dialog(self):
        self.offered()
        self.assertEqual(self.open(cid=9), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())

    def test_what_is_not_there_is_refused_without_a_dialog(self):
        self.offered("scans", access="readOnly")
        self.offered("mine", 4)
        for folder in (DRIVE, SERVER, f"{SERVER}/", f"/{SERVER}/scans", f"{SERVER}/scans/", "/", "", "x" * 300 + "/scans",
                       f"{READER}/mine", f"{PLAIN}/scans", "io.example.none/scans"):
            with self.subTest(folder):
                self.assert_folder_error(self.open(folder), "NoSuchFolder", folder=folder)
        self.assert_folder_error(self.open(f"{SERVER}/scans"), "OnlyReadable")
        self.assertEqual(self.open(f"{SERVER}/scans", "all"),
                         {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": "access"}})
        self.assertTrue(self.desktop.dialogs.empty())

    def test_who_wants_no_answer_gets_nothing(self):
        self.offered()
        for _ in range(2):
            opening = self.client(4)
            for _ in range(3):  # each call would be the connection's only one
                opening.send({"method": FOLDERS + "Open", "oneway": True, "parameters": {"folder": DRIVE, "access": "readOnly"}})
            self.assertIn("parameters", opening.call("org.varlink.service.GetInfo"))
            opening.close()
        self.assertEqual(len(self.ids()), 1)
        self.assertTrue(self.desktop.dialogs.empty())

    def test_who_goes_away_takes_the_question_along(self):
        offer = self.offered()
        opening = self.opening()
        dialog = self.desktop.dialog()
        opening.close()
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.assertEqual(select.select([offer.endpoint], [], [], 0.2)[0], [])

    def test_an_offer_that_goes_takes_the_question_along(self):
        offer = self.offered()
        opening = self.opening()
        dialog = self.desktop.dialog()
        offer.close()
        self.assert_folder_error(opening.receive(), "NoSuchFolder", folder=DRIVE)
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})


class Serving(Fixture):
    def test_who_does_not_come_to_serve(self):
        self.allow()
        offer = self.offered()
        begun = time.monotonic()
        opening = self.opening()
        token = offer.receive()["parameters"]["stream"]
        self.assertIn(self.used(), ([], [(READER, "folders")]))
        self.assert_folder_error(opening.receive(), "NotServed")
        self.assertGreater(time.monotonic() - begun, SERVE_SECONDS - 1)
        self.assertTrue(self.stream(token, 3).closed())
        self.wait_unused()

    def test_who_goes_instead_of_serving(self):
        self.allow()
        for goes in (lambda offer: offer.close(),
                     lambda offer: self.hypervisor.change(SERVER, state="stopped", cid=None, ended="panic")):
            offer = self.offered()
            opening = self.opening()
            offer.receive()
            goes(offer)
            reply = opening.receive()
            self.assertIn(reply["error"], (FOLDERS + "NoSuchFolder", FOLDERS + "NotServed"))
        self.wait_unused()

    def test_who_opens_and_does_not_come(self):
        self.allow()
        offer = self.offered()
        begun = time.monotonic()
        opening = self.opening()
        server = self.stream(offer.receive()["parameters"]["stream"], 3)
        self.assertIn("stream", opening.receive()["parameters"])
        self.assertTrue(server.closed())
        self.assertGreater(time.monotonic() - begun, SERVE_SECONDS - 1)
        self.wait_unused()

    def test_who_opens_and_leaves_before_it_is_served(self):
        self.allow()
        offer = self.offered()
        opening = self.opening()
        token = offer.receive()["parameters"]["stream"]
        opening.close()
        self.wait_unused()
        self.assertTrue(self.stream(token, 3).closed())

    def test_who_offers_and_does_not_read(self):
        self.allow()
        offer = self.offered()
        openings = [self.opening() for _ in range(5)]  # connections of the app
        tokens = [offer.receive()["parameters"]["stream"] for _ in openings]
        self.assertEqual(len(set(tokens)), 5)
        servers = [self.stream(token, 3) for token in tokens]
        clients = [self.stream(opening.receive()["parameters"]["stream"], 4) for opening in openings]
        for number, client in enumerate(clients):
            client.send_bytes(bytes([number]))
        self.assertEqual(sorted(server.endpoint.recv(1)[0] for server in servers), [0, 1, 2, 3, 4])

    def test_what_is_open_stays_when_the_offer_goes(self):
        self.allow()
        offer = self.offered()
        server, client = self.joined(offer)
        offer.close()
        wait_for(lambda: self.ids() == [], "it is offered no more")
        server.send_bytes(b"still")
        self.assertEqual(read(client, 5), b"still")

    def test_no_more_than_sixteen_of_an_app(self):
        self.allow()
        offer = self.offered()
        pairs = [self.joined(offer) for _ in range(OPENED_MAX)]
        self.assert_folder_error(self.open(), "TooManyFolders", limit=OPENED_MAX)
        pairs[0][1].close()
        self.assertTrue(pairs[0][0].closed())
        self.joined(offer)


class Changes(Fixture):
    """What the one who offers says to have changed, as the one who has it open hears it."""

    def setUp(self):
        super().setUp()
        self.allow()
        self.offer = self.offered()
        self.server, self.reader = self.joined(self.offer)
        self.owner = self.client(3)

    def change(self, *paths: str, name: str = "drive") -> dict:
        return self.owner.call(FOLDERS + "Changed", name=name, paths=list(paths))

    def listening(self, cid: int = 4) -> Client:
        client = self.client(cid)
        self.assertEqual(client.call(FOLDERS + "Changes", more=True, folder=DRIVE), {"parameters": {"paths": []}, "continues": True})
        return client

    def test_who_has_it_open_hears_what_changes(self):
        listener = self.listening()
        self.assertEqual(self.change("/letters/2026.txt", "/letters"), {"parameters": {}})
        self.assertEqual(listener.receive(), {"parameters": {"paths": ["/letters/2026.txt", "/letters"]}, "continues": True})
        self.change("/")
        self.assertEqual(listener.receive()["parameters"]["paths"], ["/"])
        self.change()  # nothing, which is told as nothing
        self.change("/a")
        while (paths := listener.receive()["parameters"]["paths"]) == []:
            pass
        self.assertEqual(paths, ["/a"])

    def test_only_of_the_folder_that_it_listens_to(self):
        listener = self.listening()
        other = self.offered("other")
        self.change("/secret", name="other")
        self.change("/a")
        self.assertEqual(listener.receive()["parameters"]["paths"], ["/a"])
        self.assertEqual(self.client(4).call(FOLDERS + "Changes", more=True, folder=f"{SERVER}/other"),
                         {"error": FOLDERS + "NotOpen", "parameters": {"folder": f"{SERVER}/other"}})
        other.close()

    def test_who_has_it_not_open_hears_nothing(self):
        for cid in (9, 3):  # one that declares nothing, and the one who offers
            self.assert_folder_error(self.client(cid).call(FOLDERS + "Changes", more=True, folder=DRIVE), "NotOpen", folder=DRIVE)
        self.assert_folder_error(self.client(4).call(FOLDERS + "Changes", more=True, folder="x" * 3000), "NotOpen", folder="x" * 3000)
        self.assertEqual(self.client(4).call(FOLDERS + "Changes", folder=DRIVE),
                         {"error": "org.varlink.service.ExpectedMore", "parameters": {}})

    def test_it_is_over_when_the_stream_is(self):
        listener = self.listening()
        self.reader.close()
        self.assert_folder_error(listener.receive(), "NotOpen", folder=DRIVE)
        self.assertIn("parameters", listener.call("org.varlink.service.GetInfo"))  # the connection is free for another call

    def test_taking_the_permission_back_ends_it(self):
        listener = self.listening()
        self.allow(None)
        self.assert_folder_error(listener.receive(), "NotOpen", folder=DRIVE)

    def test_what_is_wrong_with_a_path(self):
        for path, fault, limit in (("", "empty", None), ("a", "badCharacter", None), ("/a/../b", "badCharacter", None),
                                   ("/a\nb", "badCharacter", None), ("/" + "x" * 1024, "tooLong", 1024)):
            with self.subTest(path[:10]):
                self.assert_folder_error(self.change("/good", path), "InvalidFolder", field="paths", fault=fault, limit=limit)
        self.assert_folder_error(self.change("/a", name="none"), "NotOffered", name="none")
        self.offered("mine", 4)
        self.assert_folder_error(self.change("/a", name="mine"), "NotOffered", name="mine")  # another app's

    def test_who_does_not_read_is_told_once_of_all(self):
        listener = self.listening()
        for number in range(40):
            self.change("/same", f"/{number % 2}" + "x" * 1000)
        self.change("/last")
        told = []
        while "/last" not in told:
            told = listener.receive()["parameters"]["paths"]
            self.assertEqual(len(told), len(set(told)))

    def test_more_than_sixty_four_are_the_whole_folder(self):
        listener = self.listening()
        self.change(*(f"/{number}" for number in range(65)))
        self.assertEqual(listener.receive()["parameters"]["paths"], ["/"])

    def test_a_flood_of_changes_leaves_memory_flat(self):
        listener = self.listening()
        flood = [f"/{number}" + "x" * 1000 for number in range(100)]
        for _ in range(8):
            self.change(*flood)
        before = self.memory_kib()
        for _ in range(20):
            self.change(*flood)
        self.assertLess(self.memory_kib() - before, 1024)
        self.assertEqual(listener.receive()["parameters"]["paths"], ["/"])


class ManyReaders(Fixture):
    apps = Fixture.apps | {PLAIN: wanting(9), **{name: wanting(0) | {"state": "stopped", "cid": None}
                                                 for name in ("io.example.third", "io.example.fourth")}}

    def setUp(self):
        self.enterContext(unittest.mock.patch.object(drive_broker, "CIDS", (*drive_broker.CIDS, 19)))
        super().setUp()

    def test_no_more_than_thirty_two_of_a_server(self):
        for app in (READER, PLAIN, "io.example.third", "io.example.fourth"):
            self.desktop.grant(app, "folders", "always")
        wait_for(lambda: len(self.granted()) == 4, "the privacy page knows")
        offer = self.offered()
        streams = []
        for cid in (4, 9):
            for _ in range(OPENED_MAX):
                opening = self.opening(cid=cid)
                streams.append(self.stream(offer.receive()["parameters"]["stream"], 3))
                streams.append(self.stream(opening.receive()["parameters"]["stream"], cid))
                opening.close()
        self.hypervisor.change("io.example.fourth", state="running", cid=19)
        self.assert_folder_error(self.open(cid=19), "TooManyFolders", limit=SERVED_MAX)
        self.hypervisor.change(PLAIN, state="stopped", cid=None, ended="poweroff")
        for stream in streams[2 * OPENED_MAX:]:
            self.assertTrue(stream.closed())  # what an app that ended had open has ended, and leaves room
        self.hypervisor.change("io.example.third", state="running", cid=9)
        for _ in range(SERVED_MAX - OPENED_MAX):
            opening = self.opening(cid=9)
            streams.append(self.stream(offer.receive()["parameters"]["stream"], 3))
            streams.append(self.stream(opening.receive()["parameters"]["stream"], 9))
            opening.close()


class ManyApps(Fixture):
    apps = {f"io.example.app{cid}": wanting(cid) for cid in range(3, 20)}

    def setUp(self):
        self.enterContext(unittest.mock.patch.object(drive_broker, "CIDS", tuple(range(3, 20))))
        super().setUp()

    def test_no_more_than_256_of_all_apps(self):
        for app in self.apps:
            self.desktop.grant(app, "folders", "always")
        wait_for(lambda: len(self.granted()) == len(self.apps), "the privacy page knows")
        offers = [self.offering(cid=cid) for cid in range(3, 20)]
        wait_for(lambda: len(self.listed(3)) == 16, "all are offered")
        for number in range(OPENED_ALL_MAX):
            client, server = 3 + number // OPENED_MAX, 4 + number // OPENED_MAX  # each opens what the next one offers
            opening = self.opening(f"io.example.app{server}/drive", cid=client)
            self.stream(offers[server - 3].receive()["parameters"]["stream"], server)
            self.stream(opening.receive()["parameters"]["stream"], client)
            opening.close()
        streams = self.clients[-2:]
        self.assert_folder_error(self.open("io.example.app3/drive", cid=19), "TooManyFolders", limit=OPENED_ALL_MAX)
        streams[0].close()
        wait_for(lambda: "stream" in self.opened_again(offers[0]), "there is room again")

    def opened_again(self, offer: Client) -> dict:
        opening = self.opening("io.example.app3/drive", cid=19)
        if select.select([opening.endpoint, offer.endpoint], [], [], PATIENCE)[0] == [offer.endpoint]:
            self.stream(offer.receive()["parameters"]["stream"], 3)
        return opening.receive()["parameters"]


class Flowing(Fixture):
    def setUp(self):
        super().setUp()
        self.allow()
        self.offer = self.offered()

    def test_much_both_ways_at_once(self):
        server, client = self.joined(self.offer)
        data = {server: os.urandom(3 << 20), client: os.urandom(3 << 20)}
        senders = [threading.Thread(target=end.send_bytes, args=(sent,)) for end, sent in data.items()]
        got: dict[Client, bytes] = {}
        receivers = [threading.Thread(target=lambda end=end: got.update({end: read(end, 3 << 20)})) for end in data]
        for thread in senders + receivers:
            thread.start()
        for thread in senders + receivers:
            thread.join(PATIENCE)
        self.assertEqual(hashlib.sha256(got[client]).digest(), hashlib.sha256(data[server]).digest())
        self.assertEqual(hashlib.sha256(got[server]).digest(), hashlib.sha256(data[client]).digest())

    def test_who_does_not_read_stops_who_sends(self):
        server, client = self.joined(self.offer)
        before = self.memory_kib()
        sent = self.fill(server)
        self.assertLess(sent, 2 << 20)
        self.assertLess(self.memory_kib() - before, 1000)
        client.send_bytes(b"the other way goes on")
        server.endpoint.settimeout(PATIENCE)
        self.assertEqual(read(server, 21), b"the other way goes on")
        self.assertEqual(len(read(client, sent)), sent)  # and nothing is lost when it reads again

    def test_a_side_that_dies_ends_the_other_at_once(self):
        for dies in (0, 1):
            with self.subTest("server" if dies == 0 else "client"):
                took = []
                for _ in range(3):
                    pair = self.joined(self.offer)
                    for end in pair:
                        end.send_bytes(b"x" * 1000)  # unread, in mid-transfer
                    begun = time.monotonic()
                    pair[dies].close()
                    # Who dies with something unread resets the connection, and what the broker had not read of it by then is gone.
                    self.assertIn(read(pair[1 - dies], 1000), (b"x" * 1000, b""))
                    self.assertTrue(pair[1 - dies].closed())
                    took.append(time.monotonic() - begun)
                self.assertLess(min(took), 2)
                self.wait_unused()

    def test_a_side_that_dies_behind_much_that_is_not_read(self):
        server, client = self.joined(self.offer)
        sent = self.fill(server)
        processor = self.processor_seconds()
        server.close()
        time.sleep(1)
        self.assertLess(self.processor_seconds() - processor, 0.3)  # it waits, and does not go round and round
        self.assertEqual(len(read(client, sent + 1)), sent)
        self.wait_unused()

    def processor_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_a_dead_side_s_rest_waits_for_so_long_only(self):
        server, client = self.joined(self.offer)
        self.fill(server)  # less would be delivered at once, into what the kernel holds for the client
        wait_for(lambda: self.desktop.uses, "the panel shows it")
        begun = time.monotonic()
        server.close()
        self.wait_unused()
        self.assertGreater(time.monotonic() - begun, LINGER_SECONDS - 1)

    def test_an_end_of_what_one_side_writes_ends_it(self):
        server, client = self.joined(self.offer)
        client.send_bytes(b"the last")
        client.endpoint.shutdown(socket.SHUT_WR)
        self.assertEqual(read(server, 8), b"the last")
        self.assertTrue(server.closed() and client.closed())
        self.wait_unused()

    def test_taking_it_back_ends_it_at_once(self):
        pairs = [self.joined(self.offer) for _ in range(2)]
        wait_for(lambda: self.used() == [(READER, "folders")], "the panel shows it")
        self.desktop.grant(READER, "folders", "never")
        for pair in pairs:
            for end in pair:
                self.assertTrue(end.closed())
        self.assertEqual(self.open(), DENIED)
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")
        self.assertEqual(self.desktop.privacy["uses"][0]["permission"], "folders")

    def test_taking_it_back_while_it_is_being_opened(self):
        opening = self.opening()
        token = self.offer.receive()["parameters"]["stream"]
        self.desktop.grant(READER, "folders", None)
        self.assertEqual(opening.receive(), DENIED)
        self.assertTrue(self.stream(token, 3).closed())

    def test_the_end_of_the_reader_s_vm_ends_it(self):
        server, client = self.joined(self.offer)
        self.hypervisor.change(READER, state="stopped", cid=None, ended="poweroff")
        self.assertTrue(server.closed() and client.closed())
        self.wait_unused()

    def test_calls_go_on_beside_it(self):
        server, client = self.joined(self.offer)
        stop = threading.Event()

        def flow():
            try:
                while not stop.is_set():
                    server.endpoint.sendall(b"x" * 65536)
            except OSError:
                pass

        def drain():
            try:
                while client.endpoint.recv(1 << 20):
                    pass
            except OSError:
                pass

        threads = [threading.Thread(target=run, daemon=True) for run in (flow, drain)]
        for thread in threads:
            thread.start()
        self.assert_answered_soon()
        stop.set()
        client.endpoint.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(PATIENCE)

    def test_what_comes_and_goes_leaves_nothing(self):
        def rounds(count: int):
            for number in range(count):
                server, client = self.joined(self.offer)
                (server, client)[number % 2].close()
                self.assertTrue((client, server)[number % 2].closed())
                server.close(), client.close()
            wait_for(lambda: self.open_files() <= idle, "everything was closed")

        idle = self.open_files()
        rounds(20)
        before = self.memory_kib()
        rounds(100)
        self.assertLess(self.memory_kib() - before, 1500)

    def test_a_broker_that_ends_closes_what_is_open(self):
        server, client = self.joined(self.offer)
        opening = self.opening()
        self.offer.receive()
        self.restart_broker()
        self.assertTrue(server.closed() and client.closed() and opening.closed())


class Drive(Fixture):
    """The server of apps/folders/drive with what it is told of each access, and a client that says a few messages of 9P2000.L."""
    FOLDER = pathlib.Path("/tmp/drive")
    ERROR, EROFS = 7, 30

    def served(self, access: str) -> Client:
        self.FOLDER.mkdir(exist_ok=True)
        self.FOLDER.chmod(0o777)
        self.allow()
        opening, offer = self.opening(access=access), self.offer
        told = offer.receive()["parameters"]
        stream = self.stream(told["stream"], 3).endpoint
        stream.setblocking(True)
        server = subprocess.Popen(["diod", "--foreground", "--rfdno=0", "--wfdno=0", "--config-file",
                                   SOURCE / f"apps/folders/drive/{told['access']}.conf"], stdin=stream, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, PATIENCE)
        self.addCleanup(server.terminate)
        client = self.stream(opening.receive()["parameters"]["stream"], 4)
        self.assertEqual(self.say(client, 100, 0xffff, struct.pack("<I", 65536) + text("9P2000.L"))[0], 101)  # Tversion
        self.assertEqual(self.say(client, 104, 1, struct.pack("<II", 1, 0xffffffff) + text("nobody") + text("/tmp/drive") +
                                  struct.pack("<I", 0xffffffff))[0], 105)  # Tattach
        return client

    def say(self, client: Client, kind: int, tag: int, body: bytes) -> tuple[int, bytes]:
        client.send_bytes(struct.pack("<IBH", 7 + len(body), kind, tag) + body)
        size, kind, _ = struct.unpack("<IBH", read(client, 7))
        return kind, read(client, size - 7)

    def create(self, client: Client) -> tuple[int, bytes]:
        return self.say(client, 14, 1, struct.pack("<I", 1) + text("new") + struct.pack("<III", os.O_CREAT | os.O_RDWR, 0o644, 0))

    def setUp(self):
        super().setUp()
        self.offer = self.offered()

    def test_read_only_is_what_it_says(self):
        client = self.served("readOnly")
        self.assertEqual(self.create(client), (self.ERROR, struct.pack("<I", self.EROFS)))

    def test_read_write_is_what_it_says(self):
        client = self.served("readWrite")
        self.assertEqual(self.create(client)[0], 15)  # Rlcreate
        self.assertEqual(self.say(client, 118, 1, struct.pack("<IQI", 1, 0, 5) + b"hello"), (119, struct.pack("<I", 5)))
        self.assertEqual((self.FOLDER / "new").read_bytes(), b"hello")


def text(value: str) -> bytes:
    """A string as 9P writes it."""
    return struct.pack("<H", len(value)) + value.encode()


def main() -> int:
    # A sanitizer that keeps what was freed would look like a leak.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
