#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.File, when whoever serves the folder, or bk-picker itself, means ill; and with a server that others wrote:
drive_files_served.py BROKER_UNDER_TEST BK_PICKER [TEST ...]
"""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_files  # noqa: E402
import ninep_peer as ninep  # noqa: E402
import tap  # noqa: E402
from drive_files import ANSWER_SECONDS, DEPTH_MAX, ENTRIES_MAX, FILE, FOLDERS, TEA, Fixture  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

SEEN_MAX, END_SECONDS = 4000, 15


class Hostile(Fixture):
    """The app whose folder it is lies, and the person sees what is wrong."""

    def lie(self, **lies) -> dict:
        """What is shown when a place is entered whose server lies so."""
        self.lies |= lies.pop("lies")
        self.offer()
        self.client_of_test = self.picking()
        self.asked()
        self.choose("Shared drive")
        return self.next_page()

    def assert_still_works(self):
        """Whoever lied harmed their own folder alone: back, and out."""
        self.do("back")
        self.assertEqual(self.names(self.next_page()), ["Shared drive"])
        self.do("close")
        self.assert_file_error(self.client_of_test.receive(), "NotChosen")
        self.wait_pickers(0)

    def test_what_is_no_answer(self):
        def raw(data: bytes):
            def lie(server: ninep.Server, _):
                server.endpoint.sendall(data)
                raise ninep.Stop(False)
            return lie

        head = struct.pack
        version = b"\0\0\1\0" + ninep.string("9P2000.L")
        for lies in ({ninep.VERSION: lambda *_: b"\0\0\1\0" + ninep.string("unknown")},
                     {ninep.VERSION: lambda *_: b"\xff\xff\xff\xff" + ninep.string("9P2000.L")},
                     {ninep.VERSION: lambda *_: b"\1\0\0\0" + ninep.string("9P2000.L")},
                     {ninep.VERSION: lambda *_: b""},
                     {ninep.VERSION: raw(head("<IBH", 7 + len(version), 101, 1) + version)},  # another tag
                     {ninep.ATTACH: raw(head("<IBH", 3, 105, 1))}, {ninep.ATTACH: raw(b"\xff" * 64)},
                     {ninep.ATTACH: raw(head("<IBH", 1 << 24, 105, 1) + bytes(100))},
                     {ninep.ATTACH: raw(head("<IBH", 20, 111, 1) + bytes(13))},  # another question's
                     {ninep.ATTACH: lambda *_: bytes(13)},  # a file
                     {ninep.WALK: lambda *_: struct.pack("<H", 1) + bytes(13)}, {ninep.WALK: lambda *_: b""},
                     {ninep.READDIR: lambda *_: struct.pack("<I", 100) + bytes(24)},
                     {ninep.READDIR: lambda *_: struct.pack("<I", 24) + bytes(22) + b"\xff\xff"},
                     {ninep.GETATTR: lambda *_: bytes(50)}, {ninep.GETATTR: lambda *_: struct.pack("<Q", 0x7ff) + b"\xff" * 160},
                     {ninep.CLUNK: lambda *_: (_ for _ in ()).throw(ninep.Stop(True))}):
            with self.subTest(list(lies)):
                self.lies.clear()
                page = self.lie(lies=lies)
                self.assertEqual((page.get("note"), page["entries"]), ("gone", []))
                self.assert_still_works()
                self.clients.pop().close()
                self.tearDown()
                self.setUp()

    def test_one_that_says_nothing(self):
        self.lies[ninep.ATTACH] = ninep.stop()
        self.offer()
        client = self.picking()
        self.asked()
        begun = time.monotonic()
        self.choose("Shared drive")
        dialogs, self.desktop.dialogs = self.desktop.dialogs, self.desktop.dialogs
        page = wait_for(lambda: not dialogs.empty() and self.next_page(), "the person is told", ANSWER_SECONDS + PATIENCE)
        self.assertEqual(page["note"], "silent")
        self.assertGreater(time.monotonic() - begun, ANSWER_SECONDS - 1)
        self.wait_pickers(0)
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")

    def test_while_one_says_nothing_the_person_goes_back_or_away(self):
        self.lies[ninep.READDIR] = ninep.stop()
        self.offer()
        client = self.picking()
        self.asked()
        self.choose("Shared drive")
        wait_for(lambda: self.servers and self.servers[0].stopped.is_set(), "it stands still")
        begun = time.monotonic()
        self.do("back")
        self.assertEqual(self.names(self.next_page()), ["Shared drive"])
        self.wait_pickers(0)
        self.choose("Shared drive")
        wait_for(lambda: len(self.servers) == 2 and self.servers[1].stopped.is_set(), "it stands still again")
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")
        self.wait_pickers(0)
        self.assertLess(time.monotonic() - begun, ANSWER_SECONDS - 1)

    def test_one_that_does_not_come_to_serve(self):
        client = self.client(3)
        client.send({"method": FOLDERS + "Offer", "more": True, "parameters": {"name": "drive", "title": "Shared drive", "access": "readWrite"}})
        self.heard_by_the_broker()
        self.picking()
        self.asked()
        self.choose("Shared drive")
        client.close()  # or it goes, and then at once
        self.assertEqual(self.next_page()["note"], "silent")

    def test_names_that_lead_elsewhere_or_cannot_be_shown(self):
        names = [".", "..", "a/b", "/etc/passwd", "", "..\0", "tab\t", "line\n", "\x1b[31m", "\u202egpj", " ", ".hidden", "x" * 256]
        raw = [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"half\xc3"]

        def entries(server: ninep.Server, body: ninep.Reader):
            body.number(4)
            data = b"" if body.number(8) else b"".join(ninep.entry(name, b"", 1) for name in [*names, *raw, "good", "x" * 255])
            return struct.pack("<I", len(data)) + data

        page = self.lie(lies={ninep.READDIR: entries, ninep.GETATTR: ninep.refuse(ninep.EACCES), ninep.WALK:
                              lambda server, body: ninep.refuse(ninep.ENOENT)() if body.number(4) + body.number(4) and body.number(2) else None})
        self.assertEqual(self.names(page), ["good", "x" * 255])
        self.assertTrue(all(entry.get("size") is None for entry in page["entries"]))
        self.assert_still_works()

    def test_a_folder_without_end(self):
        def endless(server: ninep.Server, body: ninep.Reader):
            _, offset = body.number(4), body.number(8)
            data = b"".join(ninep.entry(f"file {offset + number}", {}, offset + number + 1) for number in range(50))
            return struct.pack("<I", len(data)) + data

        page = self.lie(lies={ninep.READDIR: endless})
        self.assertEqual((len(page["entries"]), page["more"]), (ENTRIES_MAX, True))
        self.assert_still_works()

    def test_a_folder_without_end_that_has_nothing_to_show(self):
        asked = []

        def endless(server: ninep.Server, body: ninep.Reader):
            asked.append(1)
            data = b"".join(ninep.entry(".", {}, 1) for _ in range(100))
            return struct.pack("<I", len(data)) + data

        page = self.lie(lies={ninep.READDIR: endless})
        self.assertEqual((page["entries"], page["more"]), ([], True))
        self.assertLessEqual(len(asked), SEEN_MAX / 100)
        self.assert_still_works()

    def test_folders_without_end(self):
        self.tree["deep"] = self.tree
        self.lie(lies={})
        for _ in range(DEPTH_MAX):
            self.enter("deep")
        self.choose("deep")
        self.assertEqual(self.next_page()["note"], "deep")
        for _ in range(DEPTH_MAX + 1):
            self.do("back")
            self.next_page()
        self.assertEqual((self.page["place"], self.page["back"]), ("Shared drive", True))
        self.assert_still_works()

    def test_a_folder_that_may_not_be_entered(self):
        def refuse_below(server: ninep.Server, body: ninep.Reader):
            if server.fids[body.number(4)]:
                raise ninep.Refusal(ninep.EACCES)

        self.lie(lies={ninep.READDIR: refuse_below})
        self.choose("Letters")
        self.assertEqual((self.next_page()["note"], self.page["place"]), ("refused", "Shared drive"))
        self.do("back")
        self.assertIn("Letters", self.names(self.next_page()))
        self.choose("Tea.txt")  # and one is where one was
        self.withdrawn()
        self.assertEqual(self.all_of(self.client_of_test.receive()["parameters"]["stream"]), TEA)

    def test_a_file_that_is_none(self):
        self.tree["pipe"] = ninep.Odd()
        self.lie(lies={})
        self.choose("pipe")
        self.assertEqual((self.next_page()["note"], self.page["noteName"]), ("noFile", "pipe"))
        self.do("back")
        self.next_page()
        self.tree.pop("b.png")
        self.choose("b.png")
        self.assertEqual(self.next_page()["note"], "refused")
        self.do("back")
        self.next_page()
        self.choose("Tea.txt")
        self.withdrawn()
        self.assertEqual(self.all_of(self.client_of_test.receive()["parameters"]["stream"]), TEA)

    def test_lies_about_a_size(self):
        def longer(server: ninep.Server, body: ninep.Reader):
            data = server.getattr(body)
            return data[:57 - 8 + 0] + struct.pack("<Q", len(TEA) + 1) + data[57:] if server.fids[int.from_bytes(body.data[:4], "little")] == ["Tea.txt"] else data

        self.lies[ninep.GETATTR] = longer
        self.offer()
        reply = self.picked("Shared drive", "Tea.txt")["parameters"]
        self.assertEqual((reply["size"], self.all_of(reply["stream"])), (len(TEA) + 1, TEA))  # ends early, which shows
        wait_for(lambda: "not all of it came" in self.log_text(), "and stands in the log")
        self.lies.clear()
        reply = self.picked("Shared drive", "Tea.txt")["parameters"]
        self.tree["Tea.txt"] = TEA + b"more"
        self.assertEqual(self.all_of(reply["stream"]), TEA)  # no more than was said

    def test_more_is_read_than_was_asked_for(self):
        self.lies[ninep.READ] = lambda *_: struct.pack("<I", 60000) + bytes(60000)
        self.offer()
        reply = self.picked("Shared drive", "b.png")["parameters"]
        self.assertEqual(self.all_of(reply["stream"]), b"")
        self.wait_pickers(0)

    def test_one_that_dies_or_stalls_in_mid_read(self):
        for die in (True, False):
            reads = []

            def once(server: ninep.Server, body: ninep.Reader):
                reads.append(1)
                return ninep.stop(die)() if len(reads) > 2 else None

            self.lies[ninep.READ] = once
            self.servers.clear()
            if die:
                self.offer()
            reply = self.picked("Shared drive", "Tea.txt")["parameters"]
            stream, data = self.stream(reply["stream"], 4), b""
            stream.endpoint.settimeout(ANSWER_SECONDS + PATIENCE)
            while more := stream.endpoint.recv(65536):
                data += more
            self.assertEqual(data, TEA[:len(data)])
            self.assertGreater(len(data), 0)
            self.assertLess(len(data), len(TEA))
            self.wait_pickers(0)


class Rogue(Fixture):
    """bk-picker itself was taken over by whoever serves a folder: it is believed no more than that app."""

    def setUp(self):
        there, drive_files.PROGRAM = drive_files.PROGRAM, str(pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "picker")
        self.script = pathlib.Path(drive_files.PROGRAM)
        try:
            super().setUp()
        finally:
            drive_files.PROGRAM = there

    def rogue(self, deed: str):
        """From now on it does this when it is asked for the first time."""
        self.script.write_text(f"""#!/usr/bin/env python3
import signal, socket, struct, sys, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
control = socket.socket(fileno=int(sys.argv[1].partition("fd:")[2]))
def say(kind, value=0, size=0, name=b""):
    control.send(struct.pack("=IIQ256s", kind, value, size, name))
control.recv(1000)
{deed}
""")
        self.script.chmod(0o755)

    def test_what_it_says_is_checked_to_the_letter(self):
        self.offer()
        client = self.picking()
        self.asked()
        for deed in ("control.send(b'x' * 10); time.sleep(99)", "say(99)", "say(16, 1, 0, b'a/b')", "say(16, 7, 0, b'a')", "say(18, 0, 5)", "say(20)",
                     "say(19)", "say(21)", "for _ in range(2000): say(16, 1, 0, b'a')", "for _ in range(2000): say(16, 1, 0, b'.hidden')", "pass"):
            with self.subTest(deed):
                self.rogue(deed)
                self.choose("Shared drive")
                self.assertEqual(self.next_page()["note"], "gone")
                self.do("back")
                self.next_page()
                self.wait_pickers(0)
        self.do("close")
        self.assert_file_error(client.receive(), "NotChosen")

    def test_it_names_only_what_was_chosen(self):
        """An answer to another question opens nothing."""
        self.rogue("say(16, 0, 0, b'sub'); say(17); control.recv(1000); say(18, 0, 5)")
        self.offer()
        self.picking()
        self.asked()
        self.enter("Shared drive")
        self.choose("sub")
        self.assertEqual(self.next_page()["note"], "gone")

    def test_one_that_does_not_end_is_killed(self):
        self.rogue("time.sleep(99)")
        self.offer()
        self.picking()
        self.asked()
        self.choose("Shared drive")
        self.wait_pickers(1)
        begun = time.monotonic()
        self.do("close")
        self.wait_pickers(0)
        self.assertGreater(time.monotonic() - begun, END_SECONDS - 1)
        self.assertIn("a file's picker did not end by itself", self.log_text())


class Diod(Fixture):
    """The folder is served by a server that others wrote: Debian's diod."""

    def serve(self, client: Client, cid: int):
        client.endpoint.settimeout(None)
        while told := client.receive():
            stream = socket.socket(socket.AF_UNIX)
            stream.connect(str(self.folder / f"{cid}-streams"))
            stream.sendall(told["parameters"]["stream"].encode() + b"\n")
            config = self.folder / "diod.conf"
            config.write_text(f"exports = {{ \"{self.served}\" }}\nauth_required = 0\nallsquash = 1\n")
            subprocess.Popen(["/usr/sbin/diod", "--foreground", "--rfdno=0", "--wfdno=0", "--config-file", config], stdin=stream,
                             stderr=self.log)
            stream.close()

    def test_both_ways(self):
        self.served = self.folder / "served"
        (self.served / "Letters").mkdir(parents=True)
        (self.served / "Tea.txt").write_bytes(TEA)
        (self.served / "link").symlink_to("/etc/passwd")
        os.mkfifo(self.served / "pipe")
        for path in (self.served, self.served / "Letters"):
            path.chmod(0o777)
        self.folder.chmod(0o755)
        self.offer(aname=str(self.served))
        reply = self.picked("Shared drive", "Tea.txt")["parameters"]
        self.assertEqual(self.all_of(reply["stream"]), TEA)
        client = self.saving("Anna.md", len(TEA))
        self.asked()
        page = self.enter("Shared drive")
        self.assertEqual([(entry["kind"], entry["name"], entry.get("size")) for entry in page["entries"] if entry["name"] != "pipe"],
                         [("folder", "Letters", None), ("file", "Tea.txt", len(TEA))])
        self.enter("Letters")
        self.do("save", name="Bert.md")
        self.withdrawn()
        self.stream(client.receive()["parameters"]["stream"], 4, TEA)
        self.assertEqual(client.receive(), {"parameters": {"stream": None, "name": "Bert.md", "stored": True}})
        self.assertEqual({path.name: path.read_bytes() for path in (self.served / "Letters").iterdir()}, {"Bert.md": TEA})
        client = self.saving("Half.md", 100)
        self.asked()
        self.enter("Shared drive", "Letters")
        self.do("save", name="Half.md")
        self.withdrawn()
        stream = self.stream(client.receive()["parameters"]["stream"], 4, b"half")
        stream.close()
        self.assertEqual(client.receive()["error"], FILE + "NotStored")
        self.wait_pickers(0)
        self.assertEqual([path.name for path in (self.served / "Letters").iterdir()], ["Bert.md"])


if __name__ == "__main__":
    sys.exit(drive_files.main(sys.modules[__name__]))
