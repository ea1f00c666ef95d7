#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The small app in every language, and once as CBOR: drive_examples.py BROKER SHIM BK-CONNECT HELLO-C HELLO-GO HELLO-RUST [TEST ...]

Each runs as it would in its VM, by the command in its folder; only its vsock leads to a Unix socket (vsock_shim.c). At the
other end is the real broker, or a system that says what a test wants, in the pieces that the test wants.
"""
import json
import os
import pathlib
import queue
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import tap  # noqa: E402
from cbor_peer import CborStream, encode, framed  # noqa: E402
from varlink_peer import PATIENCE, Stream  # noqa: E402

EXAMPLES = HERE.parents[1] / "apps/hello"
TITLES = {"c": "C", "go": "Go", "lua": "Lua", "node": "JavaScript", "perl": "Perl", "python": "Python", "rust": "Rust",
          "shell": "a shell", "cbor": "CBOR"}
SEARCH = {"c", "rust", "shell"}  # these have no JSON parser, and search the text: their comments say what deceives them
LINES_MAX = 99
SHIM = ""
PROGRAMS: dict[str, str] = {}  # of this build, by what an app's image.list calls them, or its folder and that

BUTTONS = [{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}]
LOCATION = "io.bulkhead.Location"
INFO = {"vendor": 'of a "version":"0.0.0" and a \\', "product": "Test System", "version": "1.2.3",
        "url": "https://varlink.org", "interfaces": ["io.bulkhead.Notification", "org.varlink.service"], "later": {"id": []}}
DESCRIPTION = '# The "method" here is no method Not(\ninterface io.bulkhead.Notification\n\n# é: \\"\nmethod Post(\n  id: int\n)' \
              ' -> ()\nmethod Watch() -> ()\n'


def command_of(language: str) -> list[str]:
    """What the VM of the app would run, with the files of this checkout and the programs of this build."""
    folder = EXAMPLES / language
    listed = dict(reversed(line.split("=")) for line in (folder / "image.list").read_text().splitlines() if "=" in line)
    words = (folder / "command").read_text().splitlines()
    made = {word: PROGRAMS.get(source, PROGRAMS.get(f"{language}/{source}", str(folder / source))) for word, source in listed.items()}
    return [made.get(word, word) for word in words]


class App:
    """An example that runs; what it tells is collected."""

    def __init__(self, language: str, system: pathlib.Path):
        self.process = subprocess.Popen(command_of(language), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True,
                                        env={**os.environ, "LD_PRELOAD": SHIM, "BK_TEST_SYSTEM": str(system)})
        self.lines: queue.Queue = queue.Queue()
        self.told: list[str] = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self) -> str | None:
        """The next line; None at the end."""
        line = self.lines.get(timeout=PATIENCE)
        if line is not None:
            self.told.append(line)
        return line

    def ended(self) -> int:
        while self.line() is not None:
            pass
        return self.process.wait(PATIENCE)

    def close(self):
        self.process.kill()
        self.process.wait()


class WithBroker(drive_broker.Fixture):
    language = ""

    def start(self) -> App:
        app = App(self.language, self.folder / "3")
        self.addCleanup(app.close)
        return app

    def introspected(self, app: App):
        self.assertEqual(app.line(), "Bulkhead System API 0.2.0")
        while (line := app.line()).startswith("  "):
            pass
        self.assertIn("  io.bulkhead.Notification", app.told)
        self.assertEqual(line, "methods: Post Withdraw Watch")

    def asked(self, app: App, number: int, body: str) -> int:
        shown = self.desktop.next("Show")
        self.assertEqual({key: shown[key] for key in ("app", "title", "body", "buttons")},
                         {"app": "io.example.one", "title": f"Hello from {TITLES[self.language]}", "body": body,
                          "buttons": BUTTONS})
        self.assertEqual(app.line(), f"posted {number}")
        return shown["id"]

    def located(self, app: App):
        """A system of the time before io.bulkhead.Location has no such thing; to others nothing in the manifest allowed it."""
        has_it = f"  {LOCATION}" in app.told
        self.assertEqual(app.ended(), 0)
        self.assertEqual(app.told[-1], "location: " + ("I may not know" if has_it else "this system has no such thing"))

    def test_again_and_done(self):
        app = self.start()
        self.introspected(app)
        for number, body in ((1, "Shall I ask again?"), (2, 'You pressed "Again".'), (3, 'You pressed "Again".')):
            self.desktop.answer(self.asked(app, number, body), "again" if number < 3 else "done")
            self.assertEqual(app.line(), "pressed again" if number < 3 else "pressed done")
        self.located(app)

    def test_dismissed(self):
        app = self.start()
        self.introspected(app)
        self.desktop.answer(self.asked(app, 1, "Shall I ask again?"), None)
        self.assertEqual(app.line(), "pressed nothing")
        self.located(app)

    def test_the_system_ends(self):
        app = self.start()
        self.introspected(app)
        self.asked(app, 1, "Shall I ask again?")
        self.stop_broker(signal.SIGKILL)
        self.assertNotEqual(app.ended(), 0)
        self.assertIn("lost the system", app.told[-1])
        self.desktop.die()
        self.hypervisor.watching = False
        self.desktop = drive_broker.FakeDesktop(self.folder / "desktop")
        self.start_broker()


class WithFakeSystem(unittest.TestCase):
    language = ""
    suffix = ""  # of the socket that stands for the port
    stream_of = Stream

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        listener = self.enterContext(socket.socket(socket.AF_UNIX))
        listener.bind(str(folder / f"system{self.suffix}"))
        listener.listen()
        listener.settimeout(PATIENCE)
        self.app = App(self.language, folder / "system")
        self.addCleanup(self.app.close)
        self.connection = self.enterContext(listener.accept()[0])
        self.connection.settimeout(PATIENCE)
        self.stream = self.stream_of(self.connection)

    def called(self, method: str, **parameters):
        """The app's next message is that call, and nothing else is in it."""
        call = self.stream.receive()
        self.assertEqual(call.pop("parameters", {}), parameters)
        self.assertEqual(call, {"method": method})

    def posted(self, body: str):
        self.called("io.bulkhead.Notification.Post", title=f"Hello from {TITLES[self.language]}", body=body, buttons=BUTTONS)

    def answer(self, parameters: dict):
        self.stream.send_bytes(self.text({"parameters": parameters}))

    def text(self, message: dict) -> bytes:
        """As the system writes it: without blanks, characters beyond ASCII as they are."""
        return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\0"

    def up_to_the_question(self):
        self.called("org.varlink.service.GetInfo")
        self.answer(INFO)
        self.called("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
        self.answer({"description": DESCRIPTION})
        self.posted("Shall I ask again?")

    def up_to_the_location(self):
        self.up_to_the_question()
        self.answer({"id": 7})
        self.called("io.bulkhead.Notification.Watch")
        self.answer({"id": 7, "answer": "activated", "button": "done"})
        self.called(f"{LOCATION}.Watch", accuracy="coarse")

    def test_the_whole_conversation(self):
        self.up_to_the_location()
        self.answer({"latitude": 5.25e1, "longitude": -1.34e-1, "accuracyMetres": 6000.0, "altitude": None, "time": 1767225600000})
        self.assertEqual(self.app.ended(), 0)
        self.assertEqual(self.app.told, ["Test System 1.2.3", "  io.bulkhead.Notification", "  org.varlink.service",
                                         "methods: Post Watch", "posted 7", "pressed done", "location: 52.50 -0.13"])

    def test_a_byte_at_a_time(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        send, self.stream.send_bytes = self.stream.send_bytes, lambda data: [send(bytes([byte])) for byte in data]
        self.up_to_the_location()
        self.answer({"latitude": 1, "longitude": 2.5})
        self.assertEqual(self.app.ended(), 0)
        self.assertEqual(self.app.told[-3:], ["posted 7", "pressed done", "location: 1.00 2.50"])

    def test_several_messages_at_once(self):
        """Answers that come before they are asked for wait for their turn; so does half of one."""
        answers = b"".join(self.text({"parameters": parameters}) for parameters in (
            INFO, {"description": DESCRIPTION}, {"id": 7}, {"id": 7, "answer": "activated", "button": "again"},
            {"id": 8}, {"id": 8, "answer": "dismissed", "button": None}, {"latitude": 1, "longitude": 2}))
        self.called("org.varlink.service.GetInfo")
        self.connection.sendall(answers[:-9])
        self.called("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
        self.posted("Shall I ask again?")
        self.called("io.bulkhead.Notification.Watch")
        self.posted('You pressed "Again".')
        self.called("io.bulkhead.Notification.Watch")
        self.called(f"{LOCATION}.Watch", accuracy="coarse")
        self.connection.sendall(answers[-9:])
        self.assertEqual(self.app.ended(), 0)
        self.assertEqual(self.app.told[-5:], ["posted 7", "pressed again", "posted 8", "pressed nothing",
                                              "location: 1.00 2.00"])

    def location_refused(self, error: str, words: str):
        self.up_to_the_location()
        self.stream.send_bytes(self.text({"error": error}))
        self.assertEqual(self.app.ended(), 0)
        self.assertEqual(self.app.told[-1], f"location: {words}")

    def test_permission_denied(self):
        self.location_refused("org.varlink.service.PermissionDenied", "I may not know")

    def test_no_source(self):
        self.location_refused(f"{LOCATION}.NoSource", "nobody knows")

    def test_an_error_of_a_later_system(self):
        self.location_refused("io.bulkhead.Location.Sleepy", "io.bulkhead.Location.Sleepy")

    def test_what_is_not_refused_is(self):
        self.up_to_the_question()
        self.stream.send_bytes(self.text({"error": "io.bulkhead.Notification.TooSoon", "parameters": {"milliseconds": 5}}))
        self.assertNotEqual(self.app.ended(), 0)
        self.assertRegex(self.app.told[-1], r"the system refused: .*io\.bulkhead\.Notification\.TooSoon")

    def lost(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()
        self.assertNotEqual(self.app.ended(), 0)
        self.assertIn("lost the system", self.app.told[-1])

    def test_lost_in_the_first_message(self):
        self.called("org.varlink.service.GetInfo")
        self.connection.sendall(self.text({"parameters": INFO})[:-1])
        self.lost()
        self.assertNotIn("Test System 1.2.3", self.app.told)

    def test_lost_in_the_answer(self):
        self.up_to_the_question()
        self.answer({"id": 7})
        self.called("io.bulkhead.Notification.Watch")
        self.connection.sendall(self.text({"parameters": {"id": 7, "answer": "activated", "button": "done"}})[:-6])
        self.lost()
        self.assertEqual(self.app.told[-2], "posted 7")

    def test_lost_before_it_calls(self):
        self.called("org.varlink.service.GetInfo")
        self.connection.sendall(self.text({"parameters": INFO}))
        self.lost()


class WithOtherJson(WithFakeSystem):
    """For those that parse JSON, and do not search it."""

    def test_escapes(self):
        """A backslash before an n is no new line, text may be written in escapes alone, and blanks may stand anywhere."""
        self.called("org.varlink.service.GetInfo")
        self.stream.send_bytes(b'{ "parameters" : {"interfaces":[ ] , "version":"1\\u002e2", "product":"\\u0054\\/\\"\\\\\\u00e9"} }\0')
        self.called("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
        self.answer({"description": "# \\nmethod Not(\\\nmethod Post("})
        self.posted("Shall I ask again?")
        self.lost()
        self.assertEqual(self.app.told[:2], ['T/"\\é 1.2', "methods: Post"])


class WithOtherCbor(WithFakeSystem):
    """For what speaks CBOR."""
    suffix = "-cbor"
    stream_of = CborStream

    def text(self, message: dict) -> bytes:
        return framed(encode(message))

    def test_everything_that_a_system_may_send(self):
        """Numbers, lengths and counts of every size, and each kind of item that JSON has."""
        later = [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, -1, -24, -25, -256, -257, -2**63, 0.0, 1.5, -0.1, 1e300,
                 65504.0, 16777216.0, True, False, None, "", "é" * 12, "x" * 300, "x" * 70000, [], {}, [1] * 30, {str(n): [n] for n in range(300)}]
        self.called("org.varlink.service.GetInfo")
        self.answer(INFO | {"product": "é" * 20, "later": later, "": {"a": later}})
        self.called("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
        self.answer({"later": later, "description": DESCRIPTION})
        self.posted("Shall I ask again?")
        self.answer({"id": 2**40})
        self.called("io.bulkhead.Notification.Watch")
        self.answer({"id": 2**40, "answer": "dismissed", "button": None})
        self.called(f"{LOCATION}.Watch", accuracy="coarse")
        self.answer({"latitude": -33.25, "longitude": 151.2093, "accuracyMetres": 20})
        self.assertEqual(self.app.ended(), 0)
        self.assertEqual(self.app.told[0], "é" * 20 + " 1.2.3")
        self.assertEqual(self.app.told[-4:], ["methods: Post Watch", f"posted {2**40}", "pressed nothing", "location: -33.25 151.21"])


class Alone(unittest.TestCase):
    language = ""

    def test_no_system(self):
        app = App(self.language, pathlib.Path("/nowhere"))
        self.addCleanup(app.close)
        self.assertNotEqual(app.ended(), 0)
        self.assertRegex(app.told[-1], "lost the system|the system is not there")

    def test_its_folder_is_an_app(self):
        folder = EXAMPLES / self.language
        manifest = json.loads((folder / "manifest.json").read_text())
        self.assertEqual(manifest["id"], f"io.bulkhead.hello.{self.language}")
        self.assertRegex(manifest["permissions"]["location"], "^[A-Z].{9,198}[.]$")

    def test_it_is_short(self):
        [source] = (EXAMPLES / self.language).glob("hello.*")
        lines = source.read_text().splitlines()
        self.assertLessEqual(len(lines), LINES_MAX)
        self.assertLessEqual(max(map(len, lines)), 128)


class Connect(unittest.TestCase):
    """bk-connect by itself."""

    def run_it(self, *arguments: str, **environment: str) -> tuple[int, str]:
        answer = subprocess.run([PROGRAMS["BUILD/guest/connect/bk-connect"], *arguments], capture_output=True, text=True,
                                env={**os.environ, "LD_PRELOAD": SHIM, **environment})
        return answer.returncode, answer.stdout + answer.stderr

    def test_arguments(self):
        for arguments in ([], ["--port", "1"], ["--port", "0", "true"], ["--port", "-1", "true"], ["--port", "1x", "true"],
                          ["--port", "4294967295", "true"], ["--speed", "true"], ["--stream", "00"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.run_it(*arguments)[0], 2)
        self.assertRegex(self.run_it("--help")[1], "^bk-connect ")

    def test_connected(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
            path = os.path.join(folder, "system")
            listener.bind(path)
            listener.listen()
            self.assertEqual(self.run_it("sh", "-c", "exit 7", BK_TEST_SYSTEM=path), (7, ""))
            status, said = self.run_it("--port", "9", "true", BK_TEST_SYSTEM=path)
            self.assertEqual(status, 1)
            self.assertIn("the system is not there", said)
            self.assertEqual(self.run_it("/nowhere", BK_TEST_SYSTEM=path)[0], 127)
            self.assertEqual(self.run_it(folder, BK_TEST_SYSTEM=path)[0], 126)
            # Both ways, the program's own options, and no signal for a system that has gone.
            connected = subprocess.Popen([PROGRAMS["BUILD/guest/connect/bk-connect"], "sh", "-c",
                                          "head -n 1 >/dev/null; echo out; read -r gone; echo lost; echo said $? >&2"],
                                         stderr=subprocess.PIPE, text=True,
                                         env={**os.environ, "LD_PRELOAD": SHIM, "BK_TEST_SYSTEM": path})
            for _ in range(4):
                system = listener.accept()[0]
            system.sendall(b"in\n")
            self.assertEqual(system.recv(16), b"out\n")
            system.close()
            said = connected.communicate(timeout=PATIENCE)[1]
            self.assertRegex(said, r"said [1-9]\d*\n$")


    def test_a_stream_begins_with_its_token(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
            system = os.path.join(folder, "system")
            listener.bind(system + "-streams")
            listener.listen()
            token = "0123456789abcdef" * 2
            self.assertEqual(self.run_it("--stream", token, "echo", "raw", BK_TEST_SYSTEM=system), (0, ""))
            with listener.accept()[0] as stream, stream.makefile("rb") as said:
                self.assertEqual(said.read(), token.encode() + b"\nraw\n")
            self.assertEqual(self.run_it("--stream", token * 2, "true", BK_TEST_SYSTEM=system)[0], 1)


for name in TITLES:
    for base in (WithBroker, WithFakeSystem if name in SEARCH else WithOtherCbor if name == "cbor" else WithOtherJson, Alone):
        made = type(f"{base.__name__}_{name}", (base,), {"language": name, "__module__": __name__})
        globals()[made.__name__] = made
del WithBroker, WithFakeSystem, WithOtherJson, WithOtherCbor, Alone, base, made

if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    SHIM = str(pathlib.Path(sys.argv[2]).resolve())
    for place, program in zip(("BUILD/guest/connect/bk-connect", "c/hello", "go/hello", "rust/hello"), sys.argv[3:7]):
        PROGRAMS[place] = str(pathlib.Path(program).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[7:]))
