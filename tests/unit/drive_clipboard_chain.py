#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copying and pasting by the person's keys, through the real broker and the real desktop, and what the person sees of it:
drive_clipboard_chain.py BROKER_UNDER_TEST DESKTOP_UNDER_TEST [TEST ...]

With CLIPBOARD_PICTURES=FOLDER the screens are kept there, for a person to look at.
"""
import base64
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import tap  # noqa: E402
from desktop_peer import DOWN, ENTER, ESCAPE, SHIFT, SPACE, TAB, Desktop, different  # noqa: E402
from display_peer import App, Display  # noqa: E402
from varlink_peer import PATIENCE, Client, FakeHypervisor, wait_for  # noqa: E402

CLIPBOARD = "io.bulkhead.Clipboard."
PLAIN, PNG = "text/plain;charset=utf-8", "image/png"
CONTROL, ALT, INSERT, KEY_C, KEY_F, KEY_V, SUPER, PASTE = 29, 56, 110, 46, 33, 47, 125, 135
RUSSIAN = 23  # how far down the list of layouts
NOTES, EDITOR = 10, 11
APPS = {NOTES: "io.bulkhead.notes", EDITOR: "io.bulkhead.editor"}
NOT_FOCUSED, REFUSED = CLIPBOARD + "NotFocused", CLIPBOARD + "Refused"


class Chain(unittest.TestCase):
    size, form, scale = (1280, 800), "desktop", 1.0

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bk-clipboard-")))
        ours, line = socket.socketpair()
        icons = {cid: base64.b64encode((HERE.parents[1] / f"apps/{app.rpartition('.')[2]}/icon.png").read_bytes()).decode() for cid, app in APPS.items()}
        self.hypervisor = FakeHypervisor(ours, {app: {"state": "running", "cid": cid, "icon": icons[cid]} for cid, app in APPS.items()})
        self.display = Display(str(self.folder / "display"))
        self.desktop = Desktop(DESKTOP, *self.size, form=self.form, scale=self.scale, display_socket=str(self.folder / "display"))
        self.display.accept()
        self.log = open(self.folder / "log", "a")
        self.broker = subprocess.Popen([BROKER, self.desktop.path, str(line.fileno()), f"permissions={self.folder}/permissions.db",
                                        *(f"{cid}={self.folder}/{cid}" for cid in APPS)], pass_fds=[line.fileno()], stderr=self.log)
        self.line = line
        self.clients: list[Client] = []
        self.addCleanup(self.end)
        self.desktop.wait_log("a broker watches")
        wait_for(lambda: all((self.folder / str(cid)).exists() for cid in APPS), "the broker listens")
        self.show(NOTES, (240, 240, 225))

    def show(self, cid: int, color: tuple[int, int, int]):
        """The app's window comes, and the person goes to it."""
        app = App(self.display, cid, color)
        app.follow()
        app.done()
        if cid == EDITOR:
            self.desktop.key(ALT, TAB)
        elif self.form == "phone":
            self.desktop.key(SUPER)
        wait_for(lambda: self.call(cid, "io.bulkhead.Window.Watch")["focused"], "it has the keyboard")
        return app

    def end(self):
        for client in self.clients:
            client.close()
        self.broker.terminate()
        status = self.broker.wait(PATIENCE)
        self.log.close()
        self.assertEqual(status, 0, (self.folder / "log").read_text())
        self.assertEqual(self.desktop.stop(), 0, self.desktop.log())
        self.desktop.folder.cleanup()
        self.display.close()

    def call(self, cid: int, method: str, **parameters):
        """The parameters of the answer, or the error's name."""
        client = Client(self.folder / str(cid))
        answer = client.call(method, **parameters)
        client.close()
        return answer.get("error", answer["parameters"])

    def stream(self, cid: int, token: str, data: bytes = b"") -> socket.socket:
        stream = Client(self.folder / f"{cid}-streams")
        stream.send_bytes(token.encode() + b"\n" + data)
        self.clients.append(stream)
        return stream.endpoint

    def copy(self, data: bytes, kind: str = PLAIN, cid: int = NOTES):
        asked = self.call(cid, CLIPBOARD + "Copy", types=[kind])
        self.stream(cid, asked["stream"], b"%d\n" % len(data) + data)

    def pasting(self, kind: str = PLAIN, cid: int = EDITOR) -> Client:
        self.clients.append(Client(self.folder / str(cid)))
        self.clients[-1].send({"method": CLIPBOARD + "Paste", "parameters": {"types": [kind]}})
        return self.clients[-1]

    def data(self, client: Client, cid: int = EDITOR) -> bytes | str:
        """What a paste brings; or the name of the error."""
        answer = client.receive()
        client.close()  # an app has few
        if "error" in answer:
            return answer["error"]
        stream = self.stream(cid, answer["parameters"]["stream"])
        data = b""
        while more := stream.recv(1 << 20):
            data += more
        return data

    def look(self, name: str):
        picture = self.desktop.screenshot()
        if folder := os.environ.get("CLIPBOARD_PICTURES"):
            picture.save(os.path.join(folder, f"{name}.png"))
        return picture

    def without_hint(self, before):
        """It goes by itself, and leaves what was there."""
        wait_for(lambda: different(before, self.desktop.screenshot()) is None, "the line went")


class Keys(Chain):
    def test_what_pastes_and_what_does_not(self):
        self.copy(b"by keys")
        app = self.show(EDITOR, (250, 250, 250))
        for keys in ((CONTROL, KEY_V), (CONTROL, SHIFT, KEY_V), (SHIFT, INSERT), (PASTE,)):
            with self.subTest(keys):
                self.desktop.key(*keys)
                self.assertEqual(self.data(self.pasting()), b"by keys")
                app.inputs()
        asked = 0
        for keys in ((KEY_V,), (CONTROL, KEY_C), (CONTROL, ALT, KEY_V), (INSERT,), (CONTROL, INSERT), (SUPER, KEY_V)):
            with self.subTest(keys):
                self.copy(b"by keys", cid=EDITOR)  # no gesture is good for that
                self.desktop.key(*keys)
                waiting = self.pasting()
                asked += 1
                self.desktop.wait_log(f"question {asked} takes an answer")
                for key in (TAB, ENTER):
                    self.desktop.key(key)
                self.assertEqual(self.data(waiting), b"by keys")

    def test_the_app_gets_the_keys_as_ever(self):
        app = self.show(EDITOR, (250, 250, 250))
        app.inputs()
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual([event[2:] for event in app.inputs() if event[1] == 1], [(CONTROL, 1), (KEY_V, 1), (KEY_V, 0), (CONTROL, 0)])

    def test_where_v_is_on_the_keyboard_of_another_script(self):
        self.copy(b"by place")
        self.show(EDITOR, (250, 250, 250))
        self.desktop.key(SUPER, SPACE)  # the list of layouts, the first of which is chosen
        for key in [DOWN] * RUSSIAN + [ENTER]:
            self.desktop.key(key)
        self.desktop.wait_log("keyboard layout ru")
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting()), b"by place")

    def test_a_gesture_in_one_window_is_none_for_another_app(self):
        self.copy(b"secret")
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting(cid=EDITOR)), NOT_FOCUSED)
        self.assertEqual(self.data(self.pasting(cid=NOTES), NOTES), b"secret")

    def test_what_is_typed_to_the_system_is_no_gesture(self):
        self.copy(b"secret")
        self.desktop.key(SUPER)  # the launcher has the keyboard
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting(cid=NOTES)), NOT_FOCUSED)


class Seen(Chain):
    def test_the_person_sees_what_goes_where_for_a_moment(self):
        self.copy(b"seen")
        self.show(EDITOR, (250, 250, 250))
        before = self.look("before")
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting()), b"seen")
        self.desktop.wait_log("pasted: Notes -> Editor: text/plain")
        left, top, right, bottom = different(before, self.look("text"))
        self.assertTrue(40 <= top and bottom < 140 and 300 < left and right < 980, (left, top, right, bottom))
        self.assertLess(abs((left + right) - self.size[0]), 8)
        self.without_hint(before)

    def test_it_takes_no_input(self):
        self.copy(b"seen")
        app = self.show(EDITOR, (250, 250, 250))
        self.desktop.key(SUPER, KEY_F)
        app.follow()
        app.done()
        before = self.desktop.screenshot()
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting()), b"seen")
        left, top, right, bottom = different(before, self.desktop.screenshot())
        self.desktop.move(640, bottom - 30)
        app.inputs()
        self.desktop.click(640, bottom - 30)
        self.assertIn((1, 1), [(event[1], event[3]) for event in app.inputs()], "the app below got the press")

    def test_each_kind_has_its_words(self):
        self.show(EDITOR, (250, 250, 250))
        pictures = set()
        for kind in (PLAIN, PNG, "text/uri-list", "audio/ogg", "video/mp4", "application/pdf"):
            self.copy(b"x", kind, cid=EDITOR)
            self.desktop.key(CONTROL, KEY_V)
            self.assertEqual(self.data(self.pasting(kind)), b"x")
            pictures.add(self.look(f"own-{kind.replace('/', '-')}").crop((300, 40, 980, 140)).tobytes())
        self.assertEqual(len(pictures), 6)

    def test_over_a_window_in_full_screen(self):
        self.copy(b"seen", PNG)
        app = self.show(EDITOR, (250, 250, 250))
        self.desktop.key(SUPER, KEY_F)
        app.follow()
        app.done()
        before = self.desktop.screenshot()
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting(PNG)), b"seen")
        self.assertIsNotNone(different(before, self.look("full-screen")))
        self.without_hint(before)


class Asked(Chain):
    def test_a_menu_pastes_after_a_question(self):
        self.copy(b"by menu")
        self.show(EDITOR, (250, 250, 250))
        before = self.desktop.screenshot()
        waiting = self.pasting()
        self.desktop.wait_log("question 1 takes an answer")
        self.look("asked")
        for key in (TAB, ENTER):
            self.desktop.key(key)
        self.assertEqual(self.data(waiting), b"by menu")
        self.without_hint(before)

    def test_no_in_each_way(self):
        self.copy(b"by menu")
        for number, keys in enumerate(((TAB, TAB, ENTER), (TAB, TAB, TAB, ENTER), (ESCAPE,)), 1):
            waiting = self.pasting(cid=NOTES)
            self.desktop.wait_log(f"question {number} takes an answer")
            for key in keys:
                self.desktop.key(key)
            self.assertEqual(self.data(waiting), REFUSED)
        self.assertEqual(self.data(self.pasting(cid=NOTES)), REFUSED)
        self.assertNotIn("question 4", self.desktop.log())


class Phone(Chain):
    size, form = (360, 720), "phone"

    def test_a_small_screen(self):
        self.copy(b"seen")
        self.show(EDITOR, (250, 250, 250))
        before = self.desktop.screenshot()
        waiting = self.pasting()
        self.desktop.wait_log("question 1 takes an answer")
        self.look("phone-asked")
        for key in (TAB, ENTER):
            self.desktop.key(key)
        self.assertEqual(self.data(waiting), b"seen")
        left, top, right, bottom = different(before, self.look("phone"))
        self.assertTrue(0 <= left and right <= 360 and bottom < 160, (left, top, right, bottom))
        self.without_hint(before)


class Fine(Chain):
    size, scale = (1920, 1200), 1.5

    def test_a_finer_screen(self):
        self.copy(b"seen")
        self.show(EDITOR, (250, 250, 250))
        before = self.desktop.screenshot()
        self.desktop.key(CONTROL, KEY_V)
        self.assertEqual(self.data(self.pasting()), b"seen")
        self.assertIsNotNone(different(before, self.look("fine")))


if __name__ == "__main__":
    BROKER, DESKTOP = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[3:]))
