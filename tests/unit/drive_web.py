#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web app against the real broker: drive_web.py BROKER_UNDER_TEST BK_PICKER SHIM BK_KIOSK BK_WEB CAMERA_PLUGIN [TEST ...]

The engine shows tests/unit/web_app in bk-kiosk, whose screen is none; the vsock of both leads to the broker.
"""
import contextlib
import http.server
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_camera  # noqa: E402
import drive_files  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from varlink_peer import wait_for  # noqa: E402

PAGE_SECONDS = 120  # until the engine shows its page, with sanitizers and beside other tests
WEB, CID = drive_files.NOTES, 4
GREY, TITLE = {"format": "GREY", "width": 64, "height": 48, "rate": 15}, "Téléphone on the desk 📷"
SHIM = KIOSK = PROGRAM = PLUGIN = ""


class Fixture(drive_files.Fixture):
    apps = drive_files.Fixture.apps | {WEB: {"state": "running", "cid": CID, "permissions": [{"name": "location", "reason": "To find tea."}]}}
    page = "index.html"
    slow = False  # frames come late in the engine
    plugins: list[str] = []  # of GStreamer's, that it has besides

    def setUp(self):
        super().setUp()
        self.desktop.patience = PAGE_SECONDS
        self.kept = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="bk-web-")))
        self.site = self.kept / "site"
        shutil.copytree(HERE / "web_app", self.site)
        (self.kept / "secret").write_text("not the app's")
        (self.site / "link").symlink_to("../secret")
        (self.kept / "run").mkdir(mode=0o700)
        (self.kept / "plugins").mkdir()
        for plugin in (PLUGIN, *(os.fspath(pathlib.Path(SHIM).with_name(name)) for name in self.plugins)):
            (self.kept / "plugins" / os.path.basename(plugin)).symlink_to(plugin)
        self.addCleanup(self.end_app)
        self.app = None

    def start_broker(self):
        self.settings = self.settings | {"place": f"{drive_location.PLACE[0]},{drive_location.PLACE[1]}"}
        super().start_broker()

    def begin(self, test: str, *arguments: str):
        """The app is started and says what it finds."""
        environment = {"PATH": "/usr/bin", "LANG": "C.UTF-8", "HOME": os.fspath(self.kept), "XDG_RUNTIME_DIR": os.fspath(self.kept / "run"),
                       "TMPDIR": os.fspath(self.kept / "run"), "WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1",
                       "GST_PLUGIN_PATH": os.fspath(self.kept / "plugins"), "BK_TEST_SYSTEM": os.fspath(self.folder / str(CID)),
                       "ASAN_OPTIONS": "detect_leaks=0:verify_asan_link_order=0", "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
        shims = [SHIM, os.fspath(pathlib.Path(SHIM).with_name("slow_shim.so"))] if self.slow else [SHIM]
        command = [*self.within(), KIOSK, "/usr/bin/env", f"LD_PRELOAD={':'.join(shims)}", PROGRAM, *(arguments or ("--start", f"index.html#{test}")), self.site]
        self.app = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                    start_new_session=True)
        self.said: queue.Queue = queue.Queue()
        self.output: list[str] = []
        self.reader = threading.Thread(target=self.read, args=(self.app.stdout,), daemon=True)
        self.reader.start()

    def within(self) -> list:
        """What starts it, where that is something of its own."""
        return []

    def read(self, output):
        for line in output:
            self.output.append(line.rstrip())
            if found := re.search(r"CONSOLE LOG (\w+) (.*)", line):
                self.said.put((found[1], json.loads(found[2])))

    def hear_any(self) -> tuple:
        """What it says next: a name, and what."""
        try:
            return self.said.get(timeout=PAGE_SECONDS)
        except queue.Empty:
            self.fail("the page says nothing:\n" + "\n".join(self.output))

    def hear(self, name: str):
        """What it says next, under this name."""
        heard, what = self.hear_any()
        self.assertEqual(heard, name, what)
        return what

    def end_app(self):
        if self.app is None:
            return
        if self.app.poll() is None:
            os.killpg(self.app.pid, signal.SIGKILL)
        self.app.wait()
        self.reader.join(PAGE_SECONDS)
        self.app.stdout.close()
        self.app = None
        self.assertNotRegex("\n".join(self.output), "AddressSanitizer|runtime error")

    def tearDown(self):
        self.end_app()
        super().tearDown()

    def shown(self) -> dict:
        return self.desktop.next("Show")

    def answer(self, shown: dict, button: str | None):
        """The person presses a button of a notification, or closes it."""
        self.desktop.answer(shown["id"], button)


class Site(Fixture):
    def test_an_origin_of_its_own_with_all_that_the_web_keeps_for_a_secure_one(self):
        self.begin("place")
        found = self.hear("place")
        self.assertEqual(found, {"secure": True, "origin": "app://app", "url": "app://app/index.html#place", "answer": 42, "opened": True,
                                 "kept": "1", "color": "rgb(1, 2, 3)", "json": {"a": 1}})
        self.end_app()
        self.begin("place")
        self.assertEqual(self.hear("place")["kept"], "2")

    def test_files_have_their_types_and_nothing_leads_out(self):
        self.begin("paths")
        found = self.hear("paths")
        self.assertEqual(found["data.json"], [200, "application/json"])
        self.assertEqual(found["/data.json"], [200, "application/json"])
        for page in ("/sub/", "/sub", "/route/of/the/app", "/index.html"):
            self.assertEqual(found[page], [200, "text/html;charset=utf-8"], page)
        self.assertEqual(found["/sub/style.css"], [200, "text/css;charset=utf-8"])
        for path in ("/missing.js",):
            self.assertEqual(found[path][0], 404)
        for path in ("/..%2fsecret", "/%zz", "/%00"):
            self.assertIn(found[path][0], (400, 404), path)
        for path in ("/%2e%2e/secret", "/sub/%2e%2e/%2e%2e/secret", "/link"):  # the engine resolves the dots by itself: a place
            self.assertEqual(found[path], [200, "text/html;charset=utf-8"], path)
        self.assertEqual((found["post"], found["pushed"]), (405, "/route/of/the/app"))


class Notifications(Fixture):
    def test_shown_chosen_and_closed(self):
        self.begin("notify")
        self.assertEqual(self.hear("permission"), ["granted", "granted", "granted", "prompt"])
        first = self.shown()
        self.assertEqual((first["appName"], first["title"], first["body"]), ("Notes", "Tea  is ready", "Two\ncups"))
        self.assertEqual([button["label"] for button in first["buttons"]], ["Open"])
        second = self.shown()
        self.assertEqual((second["title"], second["body"]), ("Notification", "without a title"))
        heard = [self.hear_any() for _ in range(2)]
        self.assertEqual(sorted(heard), [("show", "first"), ("two", "posted")])
        self.answer(first, "open")
        self.assertEqual(self.hear("click"), "first")
        self.assertEqual(self.hear("close"), "first")
        self.answer(second, None)
        self.assertEqual(self.hear("close"), "second")

    def test_more_than_the_system_shows(self):
        """The oldest go, and the newest are there: none is lost without the page hearing of it."""
        self.begin("many")
        titles = {}
        while "Number 20" not in titles.values():
            method, what = self.desktop.events.get(timeout=PAGE_SECONDS)
            if method == "Show":
                titles[what["id"]] = what["title"]
            else:
                del titles[what["id"]]
        self.assertLessEqual(len(titles), 16)
        self.assertEqual(list(titles.values())[-1], "Number 20")
        closed = [self.hear("closed") for _ in range(4)]
        self.assertFalse({f"Number {number}" for number in closed} & set(titles.values()))

    def test_the_page_takes_it_away(self):
        self.begin("taken")
        shown = self.shown()
        self.assertEqual(self.desktop.next("Withdraw")["id"], shown["id"])


class Place(Fixture):
    def test_the_person_is_asked_once_and_the_page_is_told(self):
        self.begin("where")
        dialog = self.desktop.dialog()
        self.assertEqual((dialog["permission"], dialog["reason"]), ("location", "To find tea."))
        self.desktop.choose(dialog, "once")
        self.assertEqual(self.hear("here")[:2], list(drive_location.PLACE))
        wait_for(lambda: self.desktop.uses == [], "the use has ended")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_it_is_coarse_unless_the_page_asks_for_more(self):
        self.begin("about")
        self.desktop.choose(self.desktop.dialog(), "always")
        latitude, longitude, metres = self.hear("about")
        self.assertEqual((latitude, metres), (47.375, 6000))
        self.assertNotEqual(longitude, drive_location.PLACE[1])
        told = sorted(self.hear_any() for _ in range(2))  # the one that asks for more, and the one that watches
        self.assertEqual([(name, what[:2]) for name, what in told], [(name, list(drive_location.PLACE)) for name in ("about", "here")])

    def test_a_no_is_a_no(self):
        self.begin("where")
        self.desktop.choose(self.desktop.dialog(), "never")
        self.assertEqual(self.hear("unknown"), 1)  # PERMISSION_DENIED


class Sound(Fixture):
    def test_what_a_page_plays_and_makes(self):
        self.begin("sound")
        self.assertEqual(self.hear("played"), 0.5)
        self.assertEqual(self.hear("loud"), "running")


class Seeing(Fixture):
    """Another app's camera."""
    apps = Fixture.apps | {WEB: {"state": "running", "cid": CID, "permissions": [{"name": "camera", "reason": "To see tea."}]},
                           drive_camera.PHONE: {"state": "running", "cid": 9}}

    def offer_camera(self, *modes: dict, name: str = "phone"):
        """A connection on which one is offered."""
        phone = self.client(9)
        phone.send({"method": drive_camera.CAMERA + "Offer", "more": True, "parameters": {"name": name, "title": TITLE, "modes": modes}})
        watcher = self.client(CID)
        wait_for(lambda: name in [camera["id"].split("/")[1] for camera in watcher.call(drive_camera.CAMERA + "Watch")["parameters"]["cameras"]],
                 "it is offered")
        watcher.close()
        return phone

    def give(self, phone, level: int = 200) -> dict:
        """Frames, until nobody sees them any more: the mode in which they were wanted."""
        asked = phone.receive()["parameters"]
        stream, number = self.stream(asked.pop("stream"), 9), 0
        try:
            while True:
                stream.send_bytes(drive_camera.frame(number, bytes([level]) * 64 * 48))
                number += 1
                time.sleep(0.05)
        except OSError:
            return asked

    def serve(self, name: str = "phone", level: int = 200):
        """One that gives frames to whoever wants them, until the test or it ends: its connection."""
        def serve():
            with contextlib.suppress(OSError, AssertionError):
                while True:
                    self.give(phone, level)
        phone = self.offer_camera(GREY, name=name)
        threading.Thread(target=serve, daemon=True).start()
        return phone


class Camera(Seeing):
    """The same, as a page sees it."""
    def see(self):
        """After a no and a yes the page sees it."""
        self.desktop.choose(self.desktop.dialog(), None)
        self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assertEqual(self.hear("seen"), [TITLE, "live", "live"])

    def ended(self):
        heard = [self.hear_any() for _ in range(2)]
        self.assertEqual(sorted(heard), [("copy", [True, "ended"]), ("ended", ["ended", False])])

    def test_it_is_seen_after_the_persons_yes(self):
        phone = self.offer_camera(GREY | {"format": "H264"}, GREY | {"width": 63}, GREY)
        self.begin("camera-once")
        self.assertEqual(self.hear("cameras"), 1)
        dialog = self.desktop.dialog()
        self.assertEqual((dialog["permission"], dialog["reason"]), ("camera", "To see tea."))
        self.desktop.choose(dialog, "once")
        self.assertEqual(self.give(phone), GREY)
        label, width, height, seen = self.hear("sees")
        self.assertEqual((label, width, height), (TITLE, 64, 48))
        self.assertAlmostEqual(seen, 200, delta=30)
        wait_for(lambda: self.desktop.uses == [], "the use has ended")

    def test_it_is_let_go_of_and_opened_again(self):
        self.serve()
        self.begin("lets")
        self.desktop.choose(self.desktop.dialog(), "always")
        for number in range(1, 21):
            self.assertEqual(self.hear("let"), number)

    def test_it_is_let_go_of_while_frames_wait_to_be_drawn(self):
        """The engine stood still then."""
        self.slow = True
        self.serve()
        self.begin("slow")
        self.desktop.choose(self.desktop.dialog(), "always")
        for number in range(1, 4):
            self.assertEqual(self.hear("let"), [number, "ended", False, True])
        self.assertEqual(self.hear("other"), [64, False, True])

    def test_a_no_is_said_and_so_is_what_the_person_takes_back(self):
        self.serve()
        self.begin("asks")
        self.see()
        self.desktop.grant(WEB, "camera", "never")
        self.ended()
        self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.assertTrue(self.desktop.dialogs.empty())

    def test_one_that_is_gone_ends_what_a_frame_sees(self):
        phone = self.serve()
        self.begin("frame-asks")
        self.see()
        phone.close()
        self.ended()

    def test_of_two_with_one_name_that_ends_which_is_gone(self):
        phones = {False: self.serve("dark", 60), True: self.serve("bright")}
        self.begin("pair")
        self.desktop.choose(self.desktop.dialog(), "always")
        self.assertEqual(self.hear("pair"), 2)
        for bright, phone in phones.items():
            phone.close()
            self.assertEqual(self.hear("ended"), bright)

    def test_who_goes_before_the_person_answers_leaves_nothing(self):
        self.desktop.tell(surroundings=AROUND)
        self.serve()
        self.begin("frame-asks")
        dialog = self.desktop.dialog()
        self.desktop.tell(surroundings=AROUND | {"theme": "dark"})
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.assertTrue(self.said.empty())

    def test_more_than_there_may_be(self):
        self.serve()
        self.begin("crowd")
        self.desktop.choose(self.desktop.dialog(), "always")
        self.assertEqual(self.hear("crowd"), [4, ["NotReadableError"]])
        self.assertTrue(self.hear("after"))


class News(http.server.BaseHTTPRequestHandler):
    """A host that lets pages of any origin read, and says which one does."""
    def do_GET(self):
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(f"news for {self.headers['Origin']}".encode())

    def log_message(self, *_):
        pass


class Microphone(Seeing):
    """The VM's sound card, as a page hears it, and with it another app's camera."""
    apps = Seeing.apps | {WEB: {"state": "running", "cid": CID, "permissions": [{"name": "microphone", "reason": "To hear tea."},
                                                                               {"name": "camera", "reason": "To see tea."}]}}
    plugins = ["libgsttestmicrophone.so"]

    def test_a_no_is_said_and_a_yes_and_what_is_kept(self):
        self.begin("hears")
        dialog = self.desktop.dialog()
        self.assertEqual((dialog["permission"], dialog["reason"]), ("microphone", "To hear tea."))
        self.assertTrue(self.said.empty())
        self.desktop.choose(dialog, None)
        self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.desktop.choose(self.desktop.dialog(), "always")
        for _ in range(1 + 10):  # and more at once
            self.assertEqual(self.hear("heard"), ["Microphone", "live"])
        wait_for(lambda: self.granted() == {WEB: "always"}, "the privacy page knows")
        self.desktop.grant(WEB, "microphone", "never")
        wait_for(lambda: self.granted() == {WEB: "never"}, "the privacy page knows")
        self.end_app()
        self.begin("hears")
        self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.assertTrue(self.desktop.dialogs.empty())

    def test_a_microphone_and_a_camera_at_once(self):
        """Two questions, the second after a yes to the first: a no to either is the page's."""
        self.serve()
        self.begin("both")
        for permission, choice in (("microphone", None), ("microphone", "always"), ("camera", None), ("camera", "once")):
            dialog = self.desktop.dialog()
            self.assertEqual(dialog["permission"], permission)
            self.desktop.choose(dialog, choice)
            if choice is None:
                self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.assertEqual(self.hear("heard"), ["Microphone", "live", TITLE, "live"])

    def test_a_camera_that_came_since_is_seen(self):
        self.desktop.tell(surroundings=AROUND)
        self.begin("then")
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assertEqual(self.hear("heard"), ["Microphone", "live"])
        self.serve()
        self.desktop.tell(surroundings=AROUND | {"theme": "dark"})
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assertEqual(self.hear("heard"), [TITLE, "live"])

    def test_a_frame_that_the_page_did_not_let_hear_asks_nobody(self):
        self.begin("sealed")
        self.assertEqual(self.hear("sealed"), "NotAllowedError")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_more_than_may_wait_are_told_no(self):
        self.begin("waits")
        self.assertEqual([self.hear("number"), self.hear("more")], [False, False])
        self.desktop.choose(self.desktop.dialog(), "once")
        self.assertEqual(self.hear("waited"), 64 * [True])

    def test_who_goes_before_the_person_answers_leaves_nothing(self):
        self.desktop.tell(surroundings=AROUND)
        self.begin("frame-hears")
        dialog = self.desktop.dialog()
        self.desktop.tell(surroundings=AROUND | {"theme": "dark"})
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.assertTrue(self.said.empty())


class Deaf(Fixture):
    """An app whose manifest has no microphone, where there is one."""
    plugins = Microphone.plugins

    def test_a_page_is_told_without_a_question(self):
        self.begin("hears")
        self.assertEqual(self.hear("no"), [True, "NotAllowedError"])
        self.assertTrue(self.desktop.dialogs.empty())


class Network(Fixture):
    """What reaches a host, once the VM has a card: https of whom Debian's authorities vouch for, one of which is the test's own here."""
    vouched = True

    def within(self) -> list:
        authority = self.kept / ("certificate" if self.vouched else "stranger")
        return ["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"', authority]

    def serve(self, secure: bool) -> str:
        """Where it is, as the page takes it."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), News)
        if secure:
            for name in ("certificate", "stranger"):
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                                "-keyout", f"{name}-key", "-out", name, "-addext", "subjectAltName=IP:127.0.0.1"],
                               cwd=self.kept, check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.kept / "certificate", self.kept / "certificate-key")
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # who does not believe it hangs up
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return urllib.parse.quote(f"http{'s' if secure else ''}://127.0.0.1:{server.server_port}/", safe="")

    def test_a_page_fetches_from_a_host_that_lets_its_origin_read(self):
        self.begin(f"fetches-{self.serve(True)}-{self.serve(False)}")
        for _ in range(2):
            self.assertEqual(self.hear("fetched"), "news for app://app")

    def test_whom_nobody_vouches_for_is_not_believed(self):
        self.vouched = False
        self.begin(f"fetches-{self.serve(True)}-{self.serve(False)}")
        self.assertEqual([self.hear("fetched") for _ in range(2)], ["TypeError", "news for app://app"])


class Look(Fixture):
    def test_the_person_s_theme(self):
        self.desktop.tell(surroundings=AROUND | {"theme": "dark", "reducedMotion": True})
        self.begin("look")
        self.assertEqual(self.hear("look"), [True, True])
        self.desktop.tell(surroundings=AROUND | {"theme": "light", "reducedMotion": True})
        self.assertEqual(self.hear("look"), [False, True])

    def test_how_the_machine_is_held(self):
        self.begin("turned")
        frame = "function"
        self.assertEqual(self.hear("turned"), [["landscape-primary", 0], ["landscape-primary", 0], frame])
        self.assertEqual(self.hear("lock"), "NotSupportedError")
        for degrees, held in ((90, ["landscape-secondary", 270]), (270, ["landscape-primary", 90]), (0, ["landscape-primary", 0])):
            self.hypervisor.turn(degrees)
            self.assertEqual(self.hear("turned"), [held, held, frame])

    def test_the_language_is_one(self):
        self.begin("language")
        self.assertEqual(self.hear("language"), ["en-US", ["en-US"], "en-US", "1,234.5"])


class Files(Fixture):
    def test_a_download_is_saved_where_the_person_says(self):
        self.offer()
        self.begin("save")
        self.asked()
        self.assertEqual((self.question["saveAs"], self.question["size"]), ("Shopping list.txt", 80000))
        self.enter("Shared drive")
        self.do("save", name="List.txt")
        self.withdrawn()
        wait_for(lambda: self.tree.get("List.txt") == b"tea and " * 10000, "it is stored")
        wait_for(lambda: not list((self.kept / "run").glob("web-*")), "nothing of it is left in memory")

    def test_what_is_printed_is_saved_as_a_document(self):
        self.offer()
        self.begin("print")
        self.asked()
        self.assertEqual(self.question["saveAs"], "Test page.pdf")
        self.enter("Shared drive")
        self.do("save", name="List.pdf")
        self.withdrawn()
        wait_for(lambda: len(self.tree.get("List.pdf", b"")) == self.question["size"], "it is stored")
        self.assertRegex(self.tree["List.pdf"], rb"(?s)\A%PDF-.*/Type /Page\b.*%%EOF\s*\Z")
        self.assertIsNone(self.hear("printed"))
        wait_for(lambda: not list((self.kept / "run").glob("web-*")), "nothing of it is left in memory")


class Refused(Fixture):
    def test_no_camera_and_no_second_window(self):
        self.begin("denied")
        for name in ("microphone", "camera"):
            self.assertEqual(self.hear(name), "NotAllowedError")  # the manifest has none
        self.assertEqual(self.hear("opened"), "null")

    def test_what_the_engine_cannot_do_here_an_app_does_not_find(self):
        self.begin("absent")
        self.assertEqual(self.hear("absent"), [False] * 4)

    def test_what_cannot_be_shown_is_said(self):
        for arguments, said in ((("--start",), "bk-web \\[--start PAGE\\] FOLDER"), (("/nonexistent",), "/nonexistent: No such file")):
            answer = subprocess.run([KIOSK, PROGRAM, *arguments], capture_output=True, text=True, timeout=PAGE_SECONDS,
                                    env={"PATH": "/usr/bin", "HOME": os.fspath(self.kept), "XDG_RUNTIME_DIR": os.fspath(self.kept / "run"),
                                         "WLR_BACKENDS": "headless", "ASAN_OPTIONS": "detect_leaks=0"})
            self.assertNotEqual(answer.returncode, 0)
            self.assertRegex(answer.stdout + answer.stderr, said)


AROUND = {"scale": 1, "theme": "light", "reducedMotion": False, "keyboardLayout": "us", "keyboardVariant": ""}

if __name__ == "__main__":
    drive_broker.PROGRAM, drive_files.PROGRAM, SHIM, KIOSK, PROGRAM, PLUGIN = (
        str(pathlib.Path(path).resolve()) for path in sys.argv[1:7])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[7:]))
