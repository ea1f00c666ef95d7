#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Clipboard from apps' side: drive_clipboard.py BROKER_UNDER_TEST [TEST ...]

What the person does is the test's; the real desktop is in drive_clipboard_chain.py.
"""
import pathlib
import random
import re
import socket
import sys
import threading
import time
import types
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

CLIPBOARD = "io.bulkhead.Clipboard."
PLAIN, HTML, PNG, JPEG = "text/plain;charset=utf-8", "text/html", "image/png", "image/jpeg"
TYPES_MAX, SIZE_MAX, COPY_BURST, GESTURE_SECONDS, GESTURE_PASTES, SENDS_MAX, REFUSALS = 32, 32 << 20, 10, 2, 8, 32, 3
STALL_SECONDS, SEND_SECONDS, FETCH_SECONDS = 5, 10, 20
ONE, TWO = 3, 4  # the CIDs of two apps
NAMES = {ONE: "io.example.one", TWO: "io.example.two"}


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


class Clipboard(drive_broker.Fixture):
    def setUp(self):
        super().setUp()
        self.focused = None
        self.focus(ONE)

    def focus(self, cid: int | None):
        for other in (self.focused, cid):
            if other:
                self.desktop.tell(window={"cid": other, "focused": other == cid, "visibility": "shown"})
                wait_for(lambda: self.client(other).call("io.bulkhead.Window.Watch")["parameters"]["focused"] == (other == cid), "the focus")
                self.clients.pop().close()
        self.focused = cid

    def gesture(self, cid: int):
        self.desktop.tell(pasteGesture={"cid": cid})

    def give(self, asked: dict, data: bytes, cid: int = ONE, size: int | None = None) -> Client:
        """Answers what a Copy() asks for."""
        return self.stream(asked["parameters"]["stream"], cid, f"{len(data) if size is None else size}\n".encode() + data)

    def copy(self, data: bytes = b"hello", kind: str = PLAIN, cid: int = ONE):
        asked = self.client(cid).call(CLIPBOARD + "Copy", types=[kind])
        self.assertEqual(asked["parameters"]["type"], kind, asked)
        self.give(asked, data, cid)

    def offer(self, *types: str, cid: int = ONE) -> Client:
        client = self.client(cid)
        client.send({"method": CLIPBOARD + "Copy", "parameters": {"types": types}, "more": True})
        return client

    def asked(self, client: Client, kind: str) -> dict:
        asked = client.receive()
        self.assertEqual((asked.get("continues"), asked.get("parameters", {}).get("type")), (True, kind), asked)
        return asked

    def ask(self, *types: str, cid: int = TWO) -> Client:
        client = self.client(cid)
        client.send({"method": CLIPBOARD + "Paste", "parameters": {"types": types or [PLAIN]}})
        return client

    def paste(self, *types: str, cid: int = TWO) -> dict:
        return self.end(self.ask(*types, cid=cid))

    def end(self, client: Client) -> dict:
        """The answer that it waits for; an app has few connections."""
        answer = client.receive()
        self.clients.remove(client)
        client.close()
        return answer

    def read(self, pasted: dict, cid: int = TWO) -> bytes:
        self.assertIn("stream", pasted.get("parameters", {}), pasted)
        stream = self.stream(pasted["parameters"]["stream"], cid)
        data = bytearray()
        while more := stream.endpoint.recv(1 << 20):
            data += more
        return bytes(data)

    def assert_pasted(self, data: bytes, *types: str, cid: int = TWO, kind: str | None = None):
        """The app with the focus pastes after the person's gesture."""
        self.gesture(cid)
        pasted = self.paste(*types, cid=cid)
        self.assertEqual(self.read(pasted, cid), data)
        self.assertEqual((pasted["parameters"]["type"], pasted["parameters"]["size"]), (kind or (types or [PLAIN])[0], len(data)))

    def assert_refused(self, answer: dict, error: str, **parameters):
        self.assertEqual(answer, {"error": CLIPBOARD + error, "parameters": parameters})

    def watched(self, cid: int = TWO) -> dict:
        client = self.client(cid)
        client.send({"method": CLIPBOARD + "Watch"})
        return self.end(client)["parameters"]


class Copying(Clipboard):
    def test_what_is_copied_is_pasted_elsewhere_and_again(self):
        self.copy("Grüße\0\n".encode())
        self.focus(TWO)
        self.assert_pasted("Grüße\0\n".encode())
        self.assertEqual(self.desktop.pastes.get(timeout=PATIENCE),
                         {"from": NAMES[ONE], "fromName": "One", "to": NAMES[TWO], "toName": "Two", "type": PLAIN})
        self.assert_pasted("Grüße\0\n".encode(), PNG, PLAIN, kind=PLAIN)

    def test_nothing_is_something(self):
        self.copy(b"")
        self.focus(TWO)
        self.assert_pasted(b"")

    def test_an_image_byte_for_byte(self):
        image = noise(5_000_000)
        offered = self.offer(PNG, JPEG)
        self.give(self.asked(offered, PNG), image)
        self.focus(TWO)
        self.assert_pasted(image, PNG)

    def test_other_types_come_when_they_are_pasted_and_stay(self):
        offered = self.offer(PLAIN, HTML, PNG)
        self.give(self.asked(offered, PLAIN), b"plain")
        self.focus(TWO)
        self.gesture(TWO)
        waiting = self.ask(HTML)
        self.give(self.asked(offered, HTML), b"<b>bold</b>")
        self.assertEqual(self.read(waiting.receive()), b"<b>bold</b>")
        self.assert_pasted(b"<b>bold</b>", HTML)  # not asked for again
        self.assert_pasted(b"plain")
        offered.close()
        wait_for(lambda: self.watched()["types"] == [PLAIN, HTML], "what was not fetched is there no more")
        self.assert_pasted(b"<b>bold</b>", PNG, HTML, kind=HTML)

    def test_the_first_outlives_its_app(self):
        self.copy(b"to stay")
        self.focus(TWO)
        wait_for(lambda: self.watched()["types"] == [PLAIN], "it is there")
        self.assert_pasted(b"to stay")
        self.hypervisor.change("io.example.one", state="stopped", cid=None, ended="poweroff")
        wait_for(lambda: "io.example.one ended" in self.log_text(), "the VM is gone")
        self.assert_pasted(b"to stay")

    def test_who_pastes_at_once_waits_for_what_is_under_way(self):
        asked = self.client().call(CLIPBOARD + "Copy", types=[PLAIN])
        self.gesture(ONE)
        waiting = [self.ask(cid=ONE) for _ in range(3)]
        self.give(asked, b"late")
        for client in waiting:
            self.assertEqual(self.read(client.receive(), ONE), b"late")

    def test_who_copied_is_told_that_another_did(self):
        offered = self.offer(PLAIN)
        self.give(self.asked(offered, PLAIN), b"first")
        self.copy(b"second")
        self.assert_refused(offered.receive(), "Replaced")
        self.assertIn("parameters", offered.call("org.varlink.service.GetInfo"))
        self.assert_pasted(b"second", cid=ONE)

    def test_cbor(self):
        import cbor_peer
        client = cbor_peer.CborClient(self.folder / f"{ONE}-cbor")
        self.give(client.call(CLIPBOARD + "Copy", types=[PLAIN]), b"compact")
        client.close()
        self.assert_pasted(b"compact", cid=ONE)


class Watching(Clipboard):
    def watch(self, cid: int) -> Client:
        client = self.client(cid)
        client.send({"method": CLIPBOARD + "Watch", "more": True})
        return client

    def told(self, client: Client) -> tuple[list[str], bool]:
        told = client.receive()
        self.assertTrue(told["continues"])
        return told["parameters"]["types"], told["parameters"]["own"]

    def test_types_are_told_to_who_has_the_keyboard(self):
        one, two = self.watch(ONE), self.watch(TWO)
        self.assertEqual(self.told(one), ([], False))
        self.assertEqual(self.told(two), ([], False))
        self.offer(PLAIN, PNG)
        self.assertEqual(self.told(one), ([PLAIN, PNG], True))
        self.assertEqual(self.told(two), ([], False))  # it has not the keyboard
        self.focus(TWO)
        self.assertEqual(self.told(one), ([], False))
        while (told := self.told(two)) == ([], False):
            pass
        self.assertEqual(told, ([PLAIN, PNG], False))

    def test_in_the_background_nothing_is_told(self):
        self.copy(b"secret")
        self.assertEqual(self.watched(TWO), {"types": [], "own": False})
        self.assertEqual(self.watched(ONE), {"types": [PLAIN], "own": True})
        self.focus(None)
        self.desktop.tell(window={"cid": ONE, "focused": False, "visibility": "shown"})
        wait_for(lambda: self.watched(ONE)["types"] == [], "it lost the keyboard")


class Allowed(Clipboard):
    def test_the_background_gets_an_error_at_once(self):
        self.copy()
        self.assert_refused(self.paste(), "NotFocused")
        self.assert_refused(self.client(TWO).call(CLIPBOARD + "Copy", types=[PLAIN]), "NotFocused")
        self.gesture(ONE)  # another's is none
        self.assert_refused(self.paste(), "NotFocused")
        self.assertTrue(self.desktop.dialogs.empty())
        self.assert_pasted(b"hello", cid=ONE)

    def test_what_is_not_there(self):
        self.gesture(ONE)
        self.assert_refused(self.paste(cid=ONE), "NotThere")
        self.copy()
        self.gesture(ONE)
        self.assert_refused(self.paste(PNG, HTML, cid=ONE), "NotThere")
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertTrue(self.desktop.pastes.empty())

    def test_a_gesture_is_for_some_pastes_of_what_is_there(self):
        self.copy()
        self.gesture(ONE)
        for pasted in [self.paste(cid=ONE) for _ in range(GESTURE_PASTES)]:
            self.assertEqual(self.read(pasted, ONE), b"hello")
        waiting = self.ask(cid=ONE)
        self.desktop.choose(self.desktop.dialog("AskPaste"), None)
        self.assert_refused(waiting.receive(), "Refused")
        self.gesture(ONE)
        self.copy(b"other")
        waiting = self.ask(cid=ONE)
        self.desktop.choose(self.desktop.dialog("AskPaste"), "once")
        self.assertEqual(self.read(waiting.receive(), ONE), b"other")

    def test_a_gesture_is_soon_over(self):
        self.copy()
        self.gesture(ONE)
        time.sleep(GESTURE_SECONDS + 0.1)
        self.ask(cid=ONE)
        self.desktop.dialog("AskPaste")

    def test_without_a_gesture_the_person_is_asked(self):
        self.copy(b"asked for")
        self.focus(TWO)
        waiting = self.ask()
        dialog = self.desktop.dialog("AskPaste")
        self.assertEqual(dialog, {"id": dialog["id"], "from": NAMES[ONE], "fromName": "One", "to": NAMES[TWO], "toName": "Two", "type": PLAIN})
        self.assert_refused(self.paste(), "Refused")  # one at a time
        self.desktop.choose(dialog, "once")
        self.assertEqual(self.read(waiting.receive()), b"asked for")
        self.assertEqual(self.read(self.paste()), b"asked for")  # several types of what was asked about

    def test_no_is_no_and_soon_without_a_question(self):
        self.copy()
        for _ in range(REFUSALS):
            waiting = self.ask(cid=ONE)
            self.desktop.choose(self.desktop.dialog("AskPaste"), None)
            self.assert_refused(waiting.receive(), "Refused")
        self.assert_refused(self.paste(cid=ONE), "Refused")
        self.assertTrue(self.desktop.dialogs.empty())
        self.assert_pasted(b"hello", cid=ONE)  # the person can, as ever

    def test_a_dialog_without_a_place_is_a_no(self):
        self.copy()
        self.desktop.busy = 1
        self.assert_refused(self.paste(cid=ONE), "Refused")

    def test_who_does_not_wait_takes_the_question_along(self):
        self.copy()
        for _ in range(REFUSALS):
            client = self.ask(cid=ONE)
            dialog = self.desktop.dialog("AskPaste")
            client.close()
            self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.assert_refused(self.paste(cid=ONE), "Refused")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_a_question_about_what_was_replaced_is_none(self):
        self.copy()
        waiting = self.ask(cid=ONE)
        dialog = self.desktop.dialog("AskPaste")
        self.copy(b"other")
        self.assert_refused(waiting.receive(), "NotThere")
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.desktop.choose(dialog, "once")  # they crossed
        self.assertIn("parameters", self.client().call("org.varlink.service.GetInfo"))
        self.assertTrue(self.desktop.pastes.empty())

    def test_without_a_desktop_nothing_is_asked(self):
        self.copy()
        waiting = self.ask(cid=ONE)
        self.desktop.dialog("AskPaste")
        self.desktop.die()
        self.assert_refused(waiting.receive(), "Refused")
        self.assert_refused(self.paste(cid=ONE), "NotFocused")


class Wrong(Clipboard):
    def test_types_that_are_none(self):
        client = self.client()
        for types, fault, index in (([], "empty", None), ([PLAIN, HTML], "tooMany", None), (["text"], "badType", 0), (["text/"], "badType", 0),
                                    (["/plain"], "badType", 0), (["text/plain\n"], "badType", 0), (["text/plain;charset"], "badType", 0),
                                    (["a/" + "b" * 126], "badType", 0), (["téxt/plain"], "badType", 0), (["text/plain "], "badType", 0)):
            with self.subTest(types):
                self.assert_refused(client.call(CLIPBOARD + "Copy", types=types), "InvalidTypes", fault=fault, index=index)
        for types, fault, index in (([PLAIN, "x"], "badType", 1), ([PLAIN, HTML, PLAIN], "duplicate", 2),
                                    ([f"a/{n}" for n in range(TYPES_MAX + 1)], "tooMany", None)):
            for method in ("Copy", "Paste"):
                self.assert_refused(client.call(CLIPBOARD + method, more=method == "Copy", types=types), "InvalidTypes", fault=fault, index=index)
        for types in (None, "text/plain", [1], [None]):
            self.assertEqual(client.call(CLIPBOARD + "Copy", types=types)["error"], "org.varlink.service.InvalidParameter")
        for types in ([f"a/{n}" for n in range(TYPES_MAX)], ["a/" + "b" * 125], ['a.b/c+d;p=q; r="s t"']):
            offered = self.offer(*types)
            self.asked(offered, types[0])

    def test_data_that_are_not_all_there(self):
        self.gesture(ONE)
        for data, size in ((b"half", 9), (b"", 1), (b"", SIZE_MAX + 1), (b"", 10 ** 11), (b"x", ""), (b"x", "five"), (b"x", "-1"), (b"x", "1 "),
                           (b"x", "9" * 13)):
            with self.subTest(size=size):
                offered = self.offer(PLAIN)
                asked = self.asked(offered, PLAIN)
                self.gesture(ONE)
                waiting = self.ask(cid=ONE)
                self.give(asked, data, size=size).close()
                self.assert_refused(self.end(waiting), "SourceFailed")
                again = self.ask(cid=ONE)  # it is asked for again
                self.give(self.asked(offered, PLAIN), b"whole")
                self.assertEqual(self.read(self.end(again), ONE), b"whole")
                offered.close()
                time.sleep(0.2)  # the pace of copies

    def test_a_source_that_ends_in_the_middle(self):
        offered = self.offer(PLAIN, PNG)
        self.give(self.asked(offered, PLAIN), b"text")
        self.focus(TWO)
        self.gesture(TWO)
        waiting = self.ask(PNG)
        self.give(self.asked(offered, PNG), noise(100_000), size=200_000)
        self.hypervisor.change("io.example.one", state="stopped", cid=None, ended="crashed")
        for stream in self.clients:
            if stream is not waiting:
                stream.close()
        self.assert_refused(waiting.receive(), "SourceFailed")
        self.assert_pasted(b"text")
        self.assertEqual(self.watched()["types"], [PLAIN])

    def test_all_that_is_kept_is_bounded(self):
        png, jpeg = noise(20 << 20), noise(15 << 20)
        offered = self.offer(PNG, JPEG)
        self.give(self.asked(offered, PNG), png)
        self.assert_pasted(png, PNG, cid=ONE)
        self.gesture(ONE)
        waiting = self.ask(JPEG, cid=ONE)
        self.give(self.asked(offered, JPEG), jpeg)  # both do not fit: the first goes
        self.assertEqual(self.read(waiting.receive(), ONE), jpeg)
        self.gesture(ONE)
        waiting = self.ask(PNG, cid=ONE)
        self.give(self.asked(offered, PNG), png)  # and comes again
        self.assertEqual(self.read(waiting.receive(), ONE), png)
        offered.close()
        wait_for(lambda: self.watched(ONE)["types"] == [PNG], "the other is gone")

    def test_the_largest_there_may_be(self):
        data = noise(1 << 20) * (SIZE_MAX >> 20)
        self.copy(data, PNG)
        self.assert_pasted(data, PNG, cid=ONE)

    def test_who_answers_nothing_is_asked_for_no_more_than_it_may_have_streams(self):
        types = [f"a/{number}" for number in range(20)]
        offered = self.offer(*types)
        self.asked(offered, types[0])
        files = self.open_files()
        for number, kind in enumerate(types[1:]):
            self.gesture(ONE)
            client = self.ask(kind, cid=ONE)
            if number >= 15:
                self.assert_refused(self.end(client), "SourceFailed")
                continue
            self.asked(offered, kind)
            client.close()
            wait_for(lambda: self.open_files() <= files, "the broker noticed")


class Flood(Clipboard):
    def test_copies_are_few(self):
        client, answers = self.client(), []

        def flood() -> dict | None:
            for _ in range(3 * COPY_BURST):  # at once
                client.send({"method": CLIPBOARD + "Copy", "parameters": {"types": [PLAIN]}})
            answers.extend(client.receive() for _ in range(3 * COPY_BURST))
            return next((answer for answer in answers if "error" in answer), None)

        error = wait_for(flood, "a copy came too soon")
        self.assertGreaterEqual(answers.index(error), COPY_BURST)
        self.assertEqual(error["error"], CLIPBOARD + "TooSoon")
        self.assertTrue(0 < error["parameters"]["milliseconds"] <= 100, error)
        time.sleep(error["parameters"]["milliseconds"] / 1000 + 0.01)
        self.copy(b"again")
        self.assert_pasted(b"again", cid=ONE)

    def test_copies_leave_memory_and_descriptors_flat(self):
        def flood(rounds: int):
            for number in range(rounds):
                client = self.client()
                asked = client.call(CLIPBOARD + "Copy", types=[PLAIN], more=number % 2 == 0)
                if "error" not in asked:
                    try:
                        self.give(asked, b"x" * 1_000_000, size=(1_000_000, 2_000_000)[number % 3 == 0]).close()
                    except (ConnectionError, BlockingIOError):
                        pass
                client.close()
                self.clients.clear()
                time.sleep(0.02)
        flood(30)
        before, files = self.memory_kib(), self.open_files()
        flood(100)
        self.assertLess(self.memory_kib() - before, 3000)
        wait_for(lambda: self.open_files() <= files + 2, "every connection was closed")

    def test_streams_to_who_pastes_are_few(self):
        self.copy(noise(4 << 20), PNG)
        streams = []
        for _ in range(SENDS_MAX + 1):
            self.gesture(ONE)
            streams.append(self.stream(self.paste(PNG, cid=ONE)["parameters"]["stream"], ONE))
            self.assertEqual(len(streams[-1].endpoint.recv(100)), 100)
        self.assertLess(self.drain(streams[0]), 4 << 20)
        self.assertEqual(self.drain(streams[-1]), 4 << 20)
        self.assertEqual(self.drain(streams[1]), 4 << 20)

    def drain(self, stream: Client) -> int:
        size = 100
        while data := stream.endpoint.recv(1 << 20):
            size += len(data)
        return size

    def test_what_was_replaced_twice_is_kept_for_nobody(self):
        self.copy(noise(4 << 20), PNG)
        self.gesture(ONE)
        stream = self.stream(self.paste(PNG, cid=ONE)["parameters"]["stream"], ONE)
        self.assertEqual(len(stream.endpoint.recv(100)), 100)
        self.copy(b"once")
        self.assert_pasted(b"once", cid=ONE)
        self.copy(b"twice")
        self.assertLess(self.drain(stream), 4 << 20)

    def test_streams_that_nobody_opens(self):
        self.copy()
        answers = []
        for _ in range(3 * GESTURE_PASTES):
            self.gesture(ONE)
            answers.append(self.paste(cid=ONE))
        self.assert_refused(answers[-1], "TooManyStreams", limit=16)


class Time(Clipboard):
    def test_who_stalls_is_waited_for_no_longer_than_that(self):
        """In one test, since each takes its time."""
        offered = self.offer(PLAIN, HTML, PNG, JPEG)
        begun = time.monotonic()
        self.give(self.asked(offered, PLAIN), b"text" * 1_000_000)
        self.gesture(ONE)
        unread = self.stream(self.paste(cid=ONE)["parameters"]["stream"], ONE)
        never, stalled, trickling = (self.ask(kind, cid=ONE) for kind in (HTML, PNG, JPEG))
        self.asked(offered, HTML)
        self.give(self.asked(offered, PNG), b"half", size=9)
        trickle = self.give(self.asked(offered, JPEG), b"", size=1000)
        threading.Thread(target=self.trickle, args=(trickle,), daemon=True).start()
        self.assert_refused(never.receive(), "SourceFailed")
        self.assert_refused(stalled.receive(), "SourceFailed")
        self.assertGreater(time.monotonic() - begun, STALL_SECONDS - 1)
        self.assert_refused(trickling.receive(), "SourceFailed")
        self.assertGreater(time.monotonic() - begun, FETCH_SECONDS - 1)
        size = 0
        while data := unread.endpoint.recv(1 << 20):
            size += len(data)
        self.assertLess(size, 4_000_000, f"it was cut off after {SEND_SECONDS} seconds")

    def trickle(self, stream: Client):
        try:
            while True:
                stream.send_bytes(b"x")
                time.sleep(1)
        except OSError:
            pass  # it was cut off


def main() -> int:
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


class Documented(Clipboard):
    """What stands in docs/api/README.md does what it says."""

    def test_the_lines_that_copy_and_paste(self):
        page = (HERE.parents[1] / "docs/api/README.md").read_text()
        first, *others = re.findall("```python\n(.*?)```", page, re.DOTALL)
        copying, pasting = next(lines for lines in others if "Clipboard" in lines).split("pasted = ")
        places = {(2, 1): self.folder / str(ONE), (2, 3): self.folder / f"{ONE}-streams"}

        class Vsock(socket.socket):
            def __init__(self, family: int):
                assert family == socket.AF_VSOCK
                super().__init__(socket.AF_UNIX)

            def connect(self, address):
                super().connect(str(places[address]))

        said, names = [], {"print": lambda *words: said.append(words)}
        with mock.patch.dict(sys.modules, {"socket": types.SimpleNamespace(socket=Vsock, AF_VSOCK=socket.AF_VSOCK)}):
            exec(first, names)
            exec(copying, names)
            self.gesture(ONE)
            names["text"] = None
            exec("pasted = " + pasting, names)
        self.addCleanup(names["system"].close)
        self.assertEqual(said, [({"parameters": {"id": 1}},)])
        self.assertEqual(names["text"], "Grüße".encode())
        self.assertEqual(names["pasted"]["size"], len(names["text"]))


if __name__ == "__main__":
    sys.exit(main())
