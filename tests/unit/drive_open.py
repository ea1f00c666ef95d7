#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Open through the real broker and the real desktop, with apps that the test plays: drive_open.py BROKER_UNDER_TEST DESKTOP_UNDER_TEST SHIM BK-OPEN [TEST ...]

With OPEN_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import tap  # noqa: E402
from desktop_peer import ENTER, ESCAPE, SPACE, TAB, Connection, Desktop, different  # noqa: E402
from display_peer import App, Display  # noqa: E402
from varlink_peer import PATIENCE, Client, FakeHypervisor, wait_for  # noqa: E402

OPEN = "io.bulkhead.Open."
WRITER, BROWSER, READER, OTHER = 10, 11, 12, 13
COPY, SECOND = 14, 15  # of the reader
APPS = {
    "org.example.writer": {"state": "running", "cid": WRITER, "opens": {"schemes": ["org.example.writer"], "types": ["text/plain"]}},
    "org.example.browser": {"state": "running", "cid": BROWSER, "opens": {"schemes": ["https", "http"], "types": []}},
    "org.example.reader": {"state": "stopped", "next_cid": READER, "copy_cids": [COPY, SECOND], "opens": {"schemes": ["https", "org.example.reader"], "types": ["text/*", "image/png"]}},
    "org.example.other": {"state": "running", "cid": OTHER},
}
LINK = "https://example.org/tea?cups=2"
NOTHING = {"link": None, "name": None, "type": None, "size": None, "stream": None}
DONE = {"parameters": {}}
NOT_OPENED = {"error": OPEN + "NotOpened", "parameters": {}}
FRESH = {"https": {"app": "org.example.reader", "fresh": True}}  # a default, as the broker keeps it
LEFTMETA, UP, DOWN, KEY_A = 125, 103, 108, 30
SETTINGS = (31, 18, 20)  # s, e, t
SCREENS = {"desktop": (1280, 800), "phone": (360, 720)}
LIMITS = {"waiting": 8, "streams": 4, "burst": 5, "closed": 3}  # as the interface promises


def read_all(stream: socket.socket) -> bytes:
    data = b""
    while piece := stream.recv(1 << 20):
        data += piece
    return data


class Chain(unittest.TestCase):
    form = "desktop"
    apps = APPS
    unwanted = ["<3>", "refused a call", "lost the desktop: a"]  # in the logs
    waiting = 120000  # milliseconds that something waits for an app

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bk-open-")))
        ours, self.line = socket.socketpair()
        self.hypervisor = FakeHypervisor(ours, json.loads(json.dumps(self.apps)))
        self.clients: list[Client] = []
        self.streams: list[socket.socket] = []
        self.questions = 0
        self.display = Display(str(self.folder / "display"))
        self.desktop = Desktop(DESKTOP, *SCREENS[self.form], form=self.form, display_socket=str(self.folder / "display"))
        self.display.accept()
        self.start_broker()
        self.addCleanup(self.end)
        self.show(BROWSER, (60, 180, 80))
        self.show(WRITER, (200, 60, 60))
        self.front()

    def start_broker(self):
        for path in self.folder.glob("1?*"):
            path.unlink()
        self.hypervisor.watching = False
        self.broker = subprocess.Popen([BROKER, self.desktop.path, str(self.line.fileno()), f"defaults={self.folder}/defaults.json",
                                        f"waiting={self.waiting}", *(f"{cid}={self.folder}/{cid}" for cid in (WRITER, BROWSER, READER, OTHER, COPY, SECOND))],
                                       pass_fds=[self.line.fileno()], stderr=open(self.folder / "log", "a"))
        wait_for(lambda: self.hypervisor.watching, "the broker watches")
        self.desktop.wait_log("a broker watches")

    def restart(self, defaults: str = ""):
        """The broker is another, and finds these defaults."""
        self.broker.send_signal(signal.SIGKILL)
        self.broker.wait(PATIENCE)
        self.desktop.wait_log("the broker is gone")
        if defaults:
            (self.folder / "defaults.json").write_text(defaults)
        self.start_broker()
        self.desktop_call("Present", app="org.example.writer")
        self.desktop.screenshot()  # and the desktop has told that
        self.present("org.example.browser", BROWSER)
        self.front()

    def show(self, cid: int, color):
        """The app's window, drawn."""
        app = App(self.display, cid, color)
        app.follow()
        app.done()

    def present(self, app: str, cid: int):
        """The app comes to the front, and the broker knows."""
        self.desktop_call("Present", app=app)
        self.wait_focus(cid)

    def front(self):
        """The writer again."""
        self.present("org.example.writer", WRITER)

    def focused(self, cid: int) -> bool:
        client = Client(self.folder / str(cid))
        try:
            return client.call("io.bulkhead.Window.Watch")["parameters"]["focused"]
        finally:
            client.close()

    def wait_focus(self, cid: int):
        wait_for(lambda: self.focused(cid), f"{cid} has the focus")

    def end(self):
        for endpoint in [*self.clients, *self.streams]:
            endpoint.close()
        self.broker.terminate()
        self.assertEqual(self.broker.wait(PATIENCE), 0, self.log())
        status, log = self.desktop.stop(), self.desktop.log()
        self.desktop.folder.cleanup()
        self.display.close()
        self.assertEqual(status, 0, log)
        for text in self.unwanted:
            self.assertNotIn(text, log + self.log())

    def desktop_call(self, method: str, **parameters):
        """As the broker would, over a connection of its own."""
        connection = Connection(self.desktop.path)
        connection.call("io.bulkhead.Desktop." + method, **parameters)
        connection.close()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def client(self, cid: int = WRITER) -> Client:
        self.clients.append(Client(self.folder / str(cid)))
        return self.clients[-1]

    def link(self, link: str = LINK, cid: int = WRITER) -> Client:
        """An app that opens a link, and waits for the answer."""
        client = self.client(cid)
        client.send({"method": OPEN + "Link", "parameters": {"link": link}})
        return client

    def send(self, size: int, name: str = "Tea.txt", cid: int = WRITER, **more) -> Client:
        client = self.client(cid)
        client.send({"method": OPEN + "Send", "parameters": {"name": name, "type": "text/plain", "size": size} | more})
        return client

    def leave(self, client: Client):
        """The app closes its connection, and the broker has, too."""
        files = pathlib.Path(f"/proc/{self.broker.pid}/fd")
        before = len(list(files.iterdir()))
        client.close()
        wait_for(lambda: len(list(files.iterdir())) < before, "the broker closed it")

    def watch(self, cid: int, more: bool = True) -> Client:
        client = self.client(cid)
        client.send({"method": OPEN + "Watch", "more": more})
        return client

    def stream(self, cid: int, token: str) -> socket.socket:
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(PATIENCE)
        stream.connect(f"{self.folder}/{cid}-streams")
        stream.sendall(token.encode() + b"\n")
        self.streams.append(stream)
        return stream

    def question(self, name: str = ""):
        """Waits until the next question takes an answer; keeps its picture under this name."""
        self.questions += 1
        self.desktop.wait_log(f"question {self.questions} takes an answer")
        if name:
            self.look(name)

    def look(self, name: str):
        picture = self.desktop.screenshot()
        if folder := os.environ.get("OPEN_PICTURES"):
            picture.save(os.path.join(folder, f"{self.form}-{name}.png"))
        return picture

    def press(self, *keys: int):
        for key in keys:
            self.desktop.key(key)

    def pass_time(self):
        """The app may open as much as at first, for whatever it opened before: its VM is another."""
        self.hypervisor.change("org.example.writer", state="stopped", cid=None)
        self.hypervisor.change("org.example.writer", state="running", cid=WRITER)
        self.present("org.example.browser", BROWSER)
        self.front()


    def open_settings(self):
        self.press(LEFTMETA)
        for code in SETTINGS:
            self.desktop.key(code)
        self.press(ENTER)

    def defaults(self) -> dict:
        return json.loads((self.folder / "defaults.json").read_text())


class Links(Chain):
    def test_the_person_chooses_and_the_app_gets_it(self):
        watcher = self.watch(BROWSER)
        client = self.link()
        self.question("link")
        self.press(TAB, ENTER)  # Browser stands before Reader
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(watcher.receive(), {"parameters": NOTHING | {"link": LINK}, "continues": True})
        self.wait_focus(BROWSER)
        self.assertFalse(self.focused(WRITER))

    def test_the_default_is_kept_over_a_restart_and_asks_no_more(self):
        watcher = self.watch(BROWSER)
        client = self.link()
        self.question()
        self.press(TAB, TAB, TAB, TAB, SPACE)
        self.look("always")
        self.press(UP, UP, UP, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(self.defaults(), {"https": "org.example.browser"})
        self.restart()
        watcher = self.watch(BROWSER)
        self.assertEqual(self.link("https://example.org/again").receive(), DONE)
        self.assertEqual(watcher.receive()["parameters"]["link"], "https://example.org/again")
        self.assertNotIn("question 2", self.desktop.log())

    def test_a_default_is_forgotten_in_the_settings(self):
        self.restart('{"https": "org.example.browser", "text/plain": "org.example.reader"}')
        self.open_settings()
        self.look("settings")
        self.press(*[TAB] * 8, ENTER)  # four pages, then the last of what the first default can be
        wait_for(lambda: self.defaults() == {"text/plain": "org.example.reader"}, "it is forgotten")
        self.press(ESCAPE)
        self.wait_focus(WRITER)
        client = self.link()
        self.question()
        self.press(ESCAPE)
        self.assertEqual(client.receive(), NOT_OPENED)

    def test_as_many_as_there_may_be_are_kept_however_long_they_are(self):
        kinds = [f"a/{'b' * 120}-{number:02}" for number in range(32)]
        self.restart(json.dumps({kind: {"app": "org.example.browser", "fresh": True} for kind in kinds}))
        client = self.link()
        self.question()
        self.press(TAB, TAB, TAB, TAB, SPACE, UP, UP, UP, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(list(self.defaults()), [*kinds[1:], "https"], "the oldest went")
        self.restart()
        self.assertEqual(self.link().receive(), DONE)

    def test_defaults_that_are_damaged_are_left_out(self):
        self.unwanted = []
        for damaged in ("", "{", "[]", '{"https": 1, "": "org.example.browser"}', '{"https": "' + "x" * 65 + '"}', '{"https": "org.example.gone"}',
                        '{"https": "org.example.other"}', '{"https": {"fresh": true}}', '{"https": {"app": 1, "fresh": true}}', '{"https": ["org.example.browser"]}'):
            with self.subTest(damaged=damaged[:40]):
                self.restart(damaged or "{}")
                asked = self.desktop.log().count("question 1 takes an answer")
                client = self.link()
                wait_for(lambda: self.desktop.log().count("question 1 takes an answer") > asked, "the question")
                self.press(ESCAPE)
                self.assertEqual(client.receive(), NOT_OPENED)

    def test_a_link_into_an_app_that_does_not_run(self):
        """Its scheme is its id, so it is the only one to choose; it is started for it, and nobody else hears of it."""
        client = self.link(link := "org.example.reader:page/3?from=tea#cups")
        self.question("into-an-app")
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        self.assertEqual(self.watch(READER).receive(), {"parameters": NOTHING | {"link": link}, "continues": True})
        watcher = self.watch(BROWSER)
        watcher.endpoint.settimeout(0.3)
        self.assertRaises(TimeoutError, watcher.receive)

    def test_a_link_into_an_app_that_runs_and_its_default(self):
        watcher = self.watch(WRITER)
        self.present("org.example.browser", BROWSER)
        client = self.link("org.example.writer:chapter/1", BROWSER)
        self.question()
        self.press(TAB, TAB, TAB, SPACE, UP, UP, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(watcher.receive()["parameters"]["link"], "org.example.writer:chapter/1")
        self.wait_focus(WRITER)
        self.assertEqual(self.defaults(), {"org.example.writer": "org.example.writer"})
        self.present("org.example.browser", BROWSER)
        self.assertEqual(self.link("ORG.Example.writer:Chapter/2", BROWSER).receive(), DONE)
        self.assertEqual(watcher.receive()["parameters"]["link"], "ORG.Example.writer:Chapter/2")
        self.assertNotIn("question 2", self.desktop.log())

    def test_a_link_into_itself_or_into_an_app_that_has_none_is_opened_by_nobody(self):
        for number, link in enumerate(("org.example.writer:chapter/1", "org.example.other:page/3", "org.example.reade:page/3")):
            with self.subTest(link=link):
                client = self.link(link)
                self.question("into-nothing" if number == 1 else "")
                self.press(TAB, ENTER)  # where an app would be
                self.assertEqual(client.receive(), NOT_OPENED)
        self.assertNotIn("Start", self.hypervisor.methods())

    def test_cancel(self):
        for keys in ([ESCAPE], [UP, ENTER]):
            client = self.link()
            self.question()
            self.press(*keys)
            self.assertEqual(client.receive(), NOT_OPENED)
        self.assertNotIn("opens https", self.log())

    def test_pointer(self):
        watcher = self.watch(BROWSER)
        client = self.link()
        self.question()
        box = self.dialog()
        self.desktop.click(box[0] + 100, box[3] - 24 - 40 - 42 - 18 - 48 - 6 - 24)  # the first of two apps, above the marks
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(watcher.receive()["parameters"]["link"], LINK)

    def dialog(self) -> tuple[int, int, int, int]:
        """In the middle of the screen; its lower edge is where its colour ends at its left margin."""
        picture = self.desktop.screenshot()
        left = (picture.width - 440) // 2
        bottom = next(y for y in range(picture.height // 2, picture.height) if picture.getpixel((left + 12, y)) != (0x11, 0x1a, 0x2b))
        return left, picture.height - bottom, left + 440, bottom

    def test_an_app_that_does_not_run_is_started(self):
        client = self.link()
        self.question()
        self.press(TAB, TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        self.show(READER, (60, 60, 200))
        self.wait_focus(READER)
        self.assertEqual(self.watch(READER, more=False).receive(), {"parameters": NOTHING | {"link": LINK}})

    def test_nobody_opens_it(self):
        client = self.link("mailto:anna@example.org")
        self.question("nobody")
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), NOT_OPENED)

    def test_an_app_is_not_offered_its_own(self):
        client = self.link("org.example.writer:page/3")
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), NOT_OPENED)

    def test_only_the_app_with_the_focus(self):
        for cid in (BROWSER, OTHER):
            self.assertEqual(self.link(cid=cid).receive(), {"error": OPEN + "NotInUse", "parameters": {}})
        self.assertEqual(self.send(1, cid=OTHER).receive()["error"], OPEN + "NotInUse")

    def test_hostile_links(self):
        refused = {
            "": "empty", "https://a/" + "b" * 8192: "tooLong", "https://a/\n": "badCharacter", "https://a/\u202eb": "badCharacter",
            "https://b\u00fccher.example/": "badCharacter", "https://a/%zz": "badCharacter", "https://a\\@b/": "badCharacter", "https://a/ b": "badCharacter",
            "javascript:alert(1)": "forbidden", "JavaScript:alert(1)": "forbidden", "file:///etc/passwd": "forbidden", "data:text/html,x": "forbidden",
            "https:example.org": "badForm", "https:///x": "badForm", "https://a@b@c/": "badForm", "https://%65vil/": "badForm", "no link": "badCharacter",
            "nolink": "badForm", "1a:b": "badForm", "x:": "badForm", "https://a:b/": "badForm", "https://[x]/": "badForm", "\x1b[31m:x": "badCharacter"}
        client = self.client()
        for link, fault in refused.items():
            with self.subTest(link=link[:40]):
                reply = client.call(OPEN + "Link", link=link)
                self.assertEqual(reply["error"], OPEN + "InvalidOpen")
                self.assertEqual((reply["parameters"]["field"], reply["parameters"]["fault"]), ("link", fault))
        self.assertNotIn("question", self.desktop.log())

    def test_where_it_leads_is_seen(self):
        names = {"punycode": "https://xn--pple-43d.example/login", "user": "https://bank.example@evil.example:8443/" + "x" * 300,
                 "long": "https://" + "bank.example." * 18 + "evil.example/"}
        pictures = []
        for name, link in names.items():
            client = self.link(link)
            self.question()
            pictures.append(self.look(name))
            self.press(ESCAPE)
            self.assertEqual(client.receive(), NOT_OPENED)
            if name == "user":
                self.pass_time()
        self.assertTrue(all(different(*pair) for pair in zip(pictures, pictures[1:])))

    def test_a_flood_is_one_question(self):
        client = self.link()
        self.question()
        self.assertEqual(self.link().receive(), {"error": OPEN + "TooMany", "parameters": {"limit": 1}})
        self.press(ESCAPE)
        self.assertEqual(client.receive(), NOT_OPENED)
        for _ in range(LIMITS["closed"] - 1):
            client = self.link()
            self.question()
            self.press(ESCAPE)
            self.assertEqual(client.receive(), NOT_OPENED)
        reply = self.link().receive()
        self.assertEqual(reply["error"], OPEN + "TooSoon")
        self.assertTrue(10000 < reply["parameters"]["milliseconds"] <= 60000, reply)

    def test_so_many_wait_for_an_app_and_no_more(self):
        self.restart('{"https": "org.example.browser"}')
        replies = []
        for i in range(LIMITS["waiting"] + 1):
            if i == LIMITS["burst"] - 1:
                self.pass_time()
            self.front()
            replies.append(self.link(f"https://example.org/{i}").receive())
        self.assertEqual(replies, [DONE] * LIMITS["waiting"] + [{"error": OPEN + "TooMany", "parameters": {"limit": LIMITS["waiting"]}}])
        watcher = self.watch(BROWSER)
        for i in range(LIMITS["waiting"]):
            self.assertEqual(watcher.receive()["parameters"]["link"], f"https://example.org/{i}")

    def test_the_app_that_asks_dies(self):
        bare = self.desktop.screenshot()
        client = self.link()
        self.question()
        client.close()
        wait_for(lambda: different(bare, self.desktop.screenshot()) is None, "the question is gone")
        watcher = self.watch(BROWSER)
        client = self.link()
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(watcher.receive()["parameters"]["link"], LINK)

    def test_it_waits_its_turn_behind_another_question(self):
        self.desktop_call("Ask", id=900, app="org.example.other", appName="Other", permission="location", reason="To date your letters.")
        self.desktop.wait_log("question 900 shown")
        client = self.link()
        time.sleep(0.3)  # what must not happen
        self.assertNotIn("question 1", self.desktop.log())
        self.desktop_call("WithdrawAsk", id=900)
        self.desktop.wait_log("(org.example.writer, opening)")
        client.close()

class Early(Chain):
    """A window that is there before the broker has told whose it is: the desktop stood still meanwhile."""

    def come(self):
        self.show(READER, (60, 60, 200))
        self.desktop_call("Present", app="org.example.reader")
        self.desktop.screenshot()
        self.assertTrue(self.focused(WRITER))

    def tell(self):
        self.hypervisor.change("org.example.reader", state="running", cid=READER)

    def test_it_gets_the_focus_once_that_is_known(self):
        self.come()
        self.tell()
        self.wait_focus(READER)

    def test_it_takes_nothing_from_who_types_meanwhile(self):
        self.come()
        self.desktop.key(KEY_A)
        before = self.desktop.screenshot()
        self.tell()
        wait_for(lambda: different(before, self.desktop.screenshot()), "it has a name")
        self.assertTrue(self.focused(WRITER))


class Copies(Chain):
    COPY_OF = "org.example.reader"

    def in_a_copy(self, link: str = LINK) -> Client:
        """Opened in a fresh copy of the reader, the second of the two that open it."""
        client = self.link(link)
        self.question("fresh" if self.questions == 0 else "")
        self.press(TAB, TAB, TAB, SPACE)
        if self.questions == 1:
            self.look("fresh-marked")
        self.press(UP, ENTER)
        return client

    def run_it(self, copy: str, cid: int):
        self.hypervisor.change(copy, state="running")
        self.show(cid, (60, 60, 200))
        self.wait_focus(cid)

    def named(self, name: str):
        wait_for(lambda: any(f"is {name}" in line or name in line for line in self.desktop.log().splitlines()), name)

    def test_a_link_goes_to_the_copy_and_to_nobody_else(self):
        client = self.in_a_copy()
        self.assertEqual(client.receive(), DONE)
        self.assertNotIn("Start", self.hypervisor.methods())
        self.run_it("org.example.reader+1", COPY)
        self.look("copy")
        self.assertEqual(self.watch(COPY).receive(), {"parameters": NOTHING | {"link": LINK}, "continues": True})
        self.assertIn("in a fresh copy", self.desktop.log())
        self.assertFalse((self.folder / "defaults.json").exists())

    def test_its_app_runs_beside_it_and_gets_what_is_opened_with_that(self):
        self.assertEqual(self.in_a_copy().receive(), DONE)
        self.run_it("org.example.reader+1", COPY)
        self.front()
        self.pass_time()
        client = self.link("org.example.reader:page/1")
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "the app itself is started")
        self.assertEqual(self.watch(READER).receive()["parameters"]["link"], "org.example.reader:page/1")
        self.assertEqual(self.watch(COPY).receive()["parameters"]["link"], LINK)

    def test_two_at_once_each_get_their_own(self):
        for number, (cid, link) in enumerate(((COPY, LINK), (SECOND, LINK + "&two")), 1):
            self.assertEqual(self.in_a_copy(link).receive(), DONE)
            self.run_it(f"org.example.reader+{number}", cid)
            self.pass_time()
        self.assertEqual(self.watch(SECOND).receive()["parameters"]["link"], LINK + "&two")
        self.assertEqual(self.watch(COPY).receive()["parameters"]["link"], LINK)

    def test_a_default_of_fresh_copies(self):
        client = self.link()
        self.question()
        self.press(TAB, TAB, TAB, SPACE, TAB, SPACE)
        self.look("fresh-always")
        self.press(UP, UP, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.assertEqual(self.defaults(), FRESH)
        self.run_it("org.example.reader+1", COPY)
        self.assertEqual(self.watch(COPY).receive()["parameters"]["link"], LINK)
        self.restart()
        self.pass_time()
        self.assertEqual(self.link(LINK + "&two").receive(), DONE)
        self.assertEqual(self.link(LINK + "&three").receive(), {"error": OPEN + "TooMany", "parameters": {"limit": 1}})
        self.run_it("org.example.reader+2", SECOND)
        self.assertEqual(self.watch(SECOND).receive()["parameters"]["link"], LINK + "&two")
        self.assertNotIn("question 2", self.desktop.log())
        self.assertNotIn("Start", self.hypervisor.methods())

    def test_data_by_a_default(self):
        self.restart('{"text/plain": {"app": "org.example.reader", "fresh": true}}')
        sending = self.stream(WRITER, self.send(5).receive()["parameters"]["stream"])
        self.run_it("org.example.reader+1", COPY)
        sending.sendall(b"a cup")
        told = self.watch(COPY).receive()["parameters"]
        self.assertEqual(read_all(self.stream(COPY, told["stream"])), b"a cup")

    def test_a_default_whose_copy_cannot_be_started(self):
        self.hypervisor.apps["org.example.reader"]["fails"] = "there are as many fresh copies as there may be: close one first"
        self.restart(json.dumps(FRESH))
        self.assertEqual(self.link().receive(), NOT_OPENED)
        self.desktop.wait_log("notification 1 shown (io.bulkhead.system")

    def test_who_wanted_it_opened_by_a_default_is_gone_and_a_question_of_another_stays(self):
        self.restart(json.dumps(FRESH))
        other = self.send(5)
        self.question()
        with self.hypervisor.lock:  # the machine is slow
            self.present("org.example.browser", BROWSER)
            knocks = self.hypervisor.knocks
            client = self.link(cid=BROWSER)
            wait_for(lambda: self.hypervisor.knocks > knocks, "the copy is to be asked for")
            self.leave(client)
        wait_for(lambda: "Stop" in self.hypervisor.methods(), "the copy ends")
        self.press(ESCAPE)
        self.assertEqual(other.receive(), NOT_OPENED)

    def test_a_default_is_changed_in_the_settings_and_asked_about_once(self):
        self.restart('{"https": "org.example.reader"}')
        self.open_settings()
        self.press(*[TAB] * 6, ENTER)
        wait_for(lambda: self.defaults() == FRESH, "a fresh copy from now on")
        self.desktop.screenshot()
        self.press(TAB, ENTER)
        wait_for(lambda: self.defaults() == {"https": FRESH["https"] | {"once": True}}, "and to be asked")
        self.look("settings-once")
        self.press(ESCAPE)
        self.wait_focus(WRITER)
        self.restart()  # it is not forgotten by that
        client = self.link()
        self.question()
        self.leave(client)  # nor by who goes before they have answered
        self.wait_focus(WRITER)
        client = self.link()
        self.question()
        self.assertEqual(self.defaults(), {"https": FRESH["https"] | {"once": True}})
        self.press(TAB, TAB, ENTER)  # the reader itself, for once
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "the app itself is started")
        self.assertEqual(self.defaults(), FRESH)
        self.front()
        self.pass_time()
        self.assertEqual(self.link().receive(), DONE)
        self.assertIn("org.example.reader+1", self.hypervisor.apps)

    def test_data(self):
        client = self.send(5)
        self.question()
        self.press(TAB, TAB, SPACE, UP, ENTER)
        sending = self.stream(WRITER, client.receive()["parameters"]["stream"])
        self.run_it("org.example.reader+1", COPY)
        sending.sendall(b"a cup")
        told = self.watch(COPY).receive()["parameters"]
        self.assertEqual(read_all(self.stream(COPY, told["stream"])), b"a cup")

    def test_it_ends_before_it_takes_it(self):
        self.assertEqual(self.in_a_copy().receive(), DONE)
        self.hypervisor.end_copy("org.example.reader+1", why="it crashed")
        self.desktop.wait_log("notification 2 shown (io.bulkhead.system")  # that it did not start, and what is lost
        self.assertIn("org.example.reader+1 did not take", self.log())
        wait_for(lambda: "org.example.reader+1 is gone" in self.log(), "it is known no more")
        self.assertNotIn("Start", self.hypervisor.methods())

    def test_its_end_is_missed_but_for_the_number_of_the_list(self):
        self.assertEqual(self.in_a_copy().receive(), DONE)
        self.run_it("org.example.reader+1", COPY)
        self.hypervisor.end_copy("org.example.reader+1", told=False)
        wait_for(lambda: "org.example.reader+1 is gone" in self.log(), "it is known no more")

    def test_it_cannot_be_started(self):
        self.hypervisor.apps["org.example.reader"]["fails"] = "there are as many fresh copies as there may be: close one first"
        self.assertEqual(self.in_a_copy().receive(), NOT_OPENED)
        self.desktop.wait_log("notification 1 shown (io.bulkhead.system")
        self.look("no-copy")

    def test_who_asked_is_gone_before_it_begins(self):
        self.hypervisor.lock.acquire()  # the machine is slow
        knocks = self.hypervisor.knocks
        client = self.in_a_copy()
        wait_for(lambda: "in a fresh copy" in self.desktop.log(), "the answer")
        wait_for(lambda: self.hypervisor.knocks > knocks, "the copy is to be asked for")
        self.leave(client)
        self.hypervisor.lock.release()
        wait_for(lambda: "Stop" in self.hypervisor.methods(), "the copy ends")
        wait_for(lambda: "org.example.reader+1" not in self.hypervisor.apps, "it is gone")

    def test_a_broker_that_comes_later_knows_it(self):
        self.assertEqual(self.in_a_copy().receive(), DONE)
        self.run_it("org.example.reader+1", COPY)
        self.restart()
        self.present("org.example.reader+1", COPY)


class Late(Chain):
    waiting = 300

    def test_what_an_app_does_not_take_the_person_is_told(self):
        client = self.link()
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        self.desktop.wait_log("notification 1 shown (io.bulkhead.system")
        self.look("not-taken")
        self.assertIn("org.example.browser did not take", self.log())
        watcher = self.watch(BROWSER)
        watcher.endpoint.settimeout(0.3)
        self.assertRaises(TimeoutError, watcher.receive)

    def test_an_app_that_ends_instead(self):
        client = self.link()
        self.question()
        self.press(TAB, TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        self.hypervisor.change("org.example.reader", state="stopped", cid=None, ended="it crashed")
        self.desktop.wait_log("notification 1 shown (io.bulkhead.system")
        self.assertEqual(self.hypervisor.methods().count("Start"), 1)


class Data(Chain):
    def hand(self, size: int, name: str = "") -> tuple[socket.socket, dict, Client]:
        """The writer sends so much to the reader: its stream, what the reader is told, and who watches."""
        client = self.send(size)
        self.question(name)
        self.press(TAB, ENTER)
        token = client.receive()["parameters"]["stream"]
        sender = self.stream(WRITER, token)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        watcher = self.watch(READER)
        return sender, watcher.receive()["parameters"], watcher

    def test_five_megabytes_byte_for_byte(self):
        data = os.urandom(5_000_000)
        sender, told, _ = self.hand(len(data), "data")
        self.assertEqual(told, {"link": None, "name": "Tea.txt", "type": "text/plain", "size": len(data), "stream": told["stream"]})
        writing = threading.Thread(target=sender.sendall, args=(data,))
        writing.start()
        received = read_all(self.stream(READER, told["stream"]))
        writing.join()
        self.assertEqual(received, data)

    def test_no_more_than_it_said(self):
        sender, told, _ = self.hand(10)
        sender.sendall(b"x" * 100)
        self.assertEqual(read_all(self.stream(READER, told["stream"])), b"x" * 10)

    def test_nothing_at_all(self):
        _, told, _ = self.hand(0)
        self.assertEqual(read_all(self.stream(READER, told["stream"])), b"")

    def test_the_sender_dies_in_the_middle(self):
        sender, told, _ = self.hand(1000)
        sender.sendall(b"half")
        stream = self.stream(READER, told["stream"])
        self.assertEqual(stream.recv(4), b"half")
        sender.close()
        self.assertEqual(read_all(stream), b"")
        wait_for(lambda: "ended 996 bytes early" in self.log(), "it is logged")

    def test_the_receiver_dies_in_the_middle(self):
        sender, told, _ = self.hand(1 << 30)
        stream = self.stream(READER, told["stream"])
        sender.sendall(b"x" * 1000)
        stream.recv(1000)
        stream.close()
        with self.assertRaises(OSError):
            while True:
                sender.sendall(b"x" * 65536)

    def test_a_receiver_that_does_not_read_stops_the_sender_and_nobody_else(self):
        sender, told, _ = self.hand(1 << 30)
        self.stream(READER, told["stream"])
        sender.settimeout(1)
        sent = 0
        with self.assertRaises(TimeoutError):
            while sent < 1 << 24:
                sent += sender.send(b"x" * 65536)
        self.assertLess(sent, 1 << 22)
        self.assertEqual(self.client(OTHER).call("io.bulkhead.Window.Set", title="fine"), DONE)

    def test_a_receiver_that_does_not_come_for_it(self):
        _, _, watcher = self.hand(5)
        self.hypervisor.change("org.example.reader", state="stopped", cid=None)
        self.desktop.wait_log("notification 1 shown (io.bulkhead.system")
        self.assertTrue(watcher.closed())

    def test_so_many_streams_and_no_more(self):
        self.restart('{"text/plain": "org.example.reader"}')
        replies = [self.send(1).receive() for _ in range(LIMITS["streams"] + 1)]
        self.assertEqual(replies.pop(), {"error": OPEN + "TooMany", "parameters": {"limit": LIMITS["streams"]}})
        self.assertTrue(all("stream" in reply["parameters"] for reply in replies), replies)

    def test_share_asks_whatever_the_default_is(self):
        self.restart('{"text/plain": "org.example.reader"}')
        client = self.send(1, share=True)
        self.question("share")
        self.press(TAB, TAB, TAB, ENTER)  # there is no mark for a default: Cancel is next
        self.assertEqual(client.receive(), NOT_OPENED)

    def test_what_is_wrong_is_refused(self):
        good = {"name": "Tea.txt", "type": "text/plain", "size": 1}
        client = self.client()
        for wrong, fault in (({"name": ""}, "empty"), ({"name": "a/b"}, "badCharacter"), ({"name": ".."}, "badForm"), ({"name": "\u202ecod.exe"}, "badCharacter"),
                             ({"name": "x" * 201}, "tooLong"), ({"type": "text"}, "badForm"), ({"type": "Text/Plain"}, "badForm"), ({"type": "text/*"}, "badForm"),
                             ({"type": ""}, "empty"), ({"type": "a/" + "b" * 200}, "tooLong"), ({"size": -1}, "outOfRange"), ({"size": 1 << 53}, "outOfRange")):
            with self.subTest(wrong=wrong):
                reply = client.call(OPEN + "Send", **good | wrong)
                self.assertEqual(reply["error"], OPEN + "InvalidOpen")
                self.assertEqual((reply["parameters"]["field"], reply["parameters"]["fault"]), (next(iter(wrong)), fault))


class Programs(Chain):
    """bk-open, for programs that know nothing of the system; its vsock leads to the broker's socket (vsock_shim.c)."""

    def bk_open(self, cid: int, *arguments) -> subprocess.Popen:
        program = subprocess.Popen([BK_OPEN, *map(str, arguments)], stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, "LD_PRELOAD": SHIM, "BK_TEST_SYSTEM": f"{self.folder}/{cid}"})
        self.addCleanup(program.stderr.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        return program

    def program(self) -> tuple[pathlib.Path, pathlib.Path]:
        """One that writes down its arguments and goes on until the file is gone; and where it does."""
        program, written = self.folder / "program", self.folder / "written"
        program.write_text(f'#!/bin/sh\necho "$*" >> {written}\nwhile test -e {written}; do sleep 0.05; done\n')
        program.chmod(0o755)
        return program, written

    def test_a_link_by_xdg_open(self):
        opener = self.bk_open(WRITER, LINK)
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(opener.wait(PATIENCE), 0)
        self.assertEqual(self.watch(BROWSER).receive()["parameters"]["link"], LINK)

    def test_a_file_by_xdg_open(self):
        file = self.folder / "Tea time.TXT"
        file.write_bytes(data := os.urandom(300_000))
        opener = self.bk_open(WRITER, file)
        self.question()
        self.press(TAB, ENTER)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        told = self.watch(READER).receive()["parameters"]
        self.assertEqual((told["name"], told["type"], told["size"]), ("Tea time.TXT", "text/plain", len(data)))
        self.assertIsNone(opener.poll())
        self.assertEqual(read_all(self.stream(READER, told["stream"])), data)
        self.assertEqual(opener.wait(PATIENCE), 0)
        self.assertEqual(self.bk_open(WRITER, self.folder).wait(PATIENCE), 2)

    def test_who_takes_a_file_goes_in_the_middle_of_it(self):
        file = self.folder / "tea.txt"
        file.write_bytes(bytes(8 << 20))
        opener = self.bk_open(WRITER, file)
        self.question()
        self.press(TAB, ENTER)
        wait_for(lambda: "Start" in self.hypervisor.methods(), "it is started")
        stream = self.stream(READER, self.watch(READER).receive()["parameters"]["stream"])
        self.assertNotEqual(stream.recv(100), b"")
        stream.close()
        self.assertEqual((opener.wait(PATIENCE), opener.stderr.read()), (4, f"bk-open: {file} was not taken to its end\n"))

    def test_what_is_shared_the_person_is_asked_about_whatever_their_default_is(self):
        self.restart('{"text/plain": "org.example.reader"}')
        file = self.folder / "tea.txt"
        file.write_bytes(b"green")
        opener = self.bk_open(WRITER, "--share", file)
        self.question("share")
        self.press(TAB, TAB, TAB, ENTER)  # there is no mark for a default: Cancel is next
        self.assertEqual((opener.wait(PATIENCE), opener.stderr.read()), (4, "bk-open: NotOpened\n"))
        self.assertEqual(self.bk_open(WRITER, "--share").wait(PATIENCE), 1)

    def test_the_person_cancels_and_what_is_no_link(self):
        opener = self.bk_open(WRITER, LINK)
        self.question()
        self.press(ESCAPE)
        self.assertEqual((opener.wait(PATIENCE), opener.stderr.read()), (4, "bk-open: NotOpened\n"))
        for link, status in (('https://a/"', 1), ("https://a/\\", 1), ("a b", 1), ("nolink", 4), ("x" * 9000, 1), ("--what", 1)):
            self.assertEqual(self.bk_open(WRITER, link).wait(PATIENCE), status, link[:20])

    def test_a_program_runs_with_its_arguments_and_again_with_each_link(self):
        program, written = self.program()
        taker = self.bk_open(BROWSER, "--for", program, "welcome", "page")
        wait_for(lambda: written.exists() and written.read_text() == "welcome page\n", "it runs")
        client = self.link()
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: written.read_text() == f"welcome page\n{LINK}\n", "it runs again")
        self.assertIsNone(taker.poll())
        written.unlink()
        self.assertEqual(taker.wait(PATIENCE), 0)

    def test_what_the_app_was_started_for_comes_instead_of_its_arguments(self):
        client = self.link()
        self.question()
        self.press(TAB, ENTER)
        self.assertEqual(client.receive(), DONE)
        program, written = self.program()
        taker = self.bk_open(BROWSER, "--for", program, "welcome")
        wait_for(lambda: written.exists() and written.read_text() == f"{LINK}\n", "it runs with the link")
        written.unlink()
        self.assertEqual(taker.wait(PATIENCE), 0)


class Many(Chain):
    """More apps than a dialog shows at once."""
    apps = APPS | {f"org.example.app-{letter}": {"state": "stopped", "next_cid": 20 + i, "opens": {"schemes": ["https"], "types": []}}
                   for i, letter in enumerate("abcdefg")}

    def test_the_others_are_a_page_away(self):
        client = self.link()
        self.question("many")
        self.press(*[TAB] * 7, ENTER)
        self.look("more")
        self.press(UP, ENTER)  # Reader, the last by its name
        self.assertEqual(client.receive(), DONE)
        wait_for(lambda: [call["parameters"]["id"] for call in self.hypervisor.calls if call["method"].endswith("Start")] == ["org.example.reader"], "it is started")


class Phone(Chain):
    form = "phone"

    def test_a_finger_chooses(self):
        watcher = self.watch(BROWSER)
        client = self.link("https://xn--pple-43d.example/" + "login/" * 40)
        self.question("link")
        bottom = next(y for y in range(360, 720) if self.desktop.screenshot().getpixel((24, y)) != (0x11, 0x1a, 0x2b))
        self.desktop.tap(100, bottom - 24 - 40 - 42 - 18 - 52 - 6 - 26)
        self.assertEqual(client.receive(), DONE)
        self.assertTrue(watcher.receive()["parameters"]["link"].startswith("https://xn--pple"))
        self.wait_focus(BROWSER)


if __name__ == "__main__":
    BROKER, DESKTOP, SHIM, BK_OPEN = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:5])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[5:]))
