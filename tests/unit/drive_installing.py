#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the broker has an app installed, and removed: from the person's wish and the file that they choose to what the supervisor gets, which
the test plays as it does the desktop: drive_installing.py BROKER_UNDER_TEST BK_PICKER [TEST ...]
"""
import contextlib
import pathlib
import signal
import socket
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_files  # noqa: E402
import ninep_peer as ninep  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, FakeHypervisor, wait_for  # noqa: E402

SOFTWARE = "io.bulkhead.Software."
DRIVE, NOTES, PAINT, WORDS = drive_files.DRIVE, drive_files.NOTES, "org.example.paint", "org.example.words"
SYSTEM, BUNDLE_TYPE = "io.bulkhead.system", "application/vnd.bulkhead.bundle"
OPEN = "io.bulkhead.Open."
KEY = "3f9a12c488de01b7" * 4
BUNDLE = bytes(range(256)) * 3000  # more than all buffers on its way hold
CANDIDATE = {"id": PAINT, "name": "Paint", "version": "1.0", "key": KEY, "size": len(BUNDLE),
             "permissions": [{"name": "location", "reason": "To know."}], "update": "first"}


class Supervisor(FakeHypervisor):
    """With io.bulkhead.Software, and the other end of the port for bundles, which it reads when one is awaited."""

    def __init__(self, endpoint, apps, port: socket.socket):
        self.port, self.bundle, self.marks = port, None, []
        self.came = b""  # of the bundle that is awaited, its mark first
        self.errors: dict[str, dict] = {}  # what a method answers
        self.software: list[str] = []  # methods called
        self.room = {"free": 7000, "all": 10000}
        self.lingers: set[str] = set()  # apps that do not end at once when they are stopped
        self.lasting: set[str] = set()  # methods that are not answered yet
        super().__init__(endpoint, apps)

    def answer(self, call):
        with contextlib.suppress(BrokenPipeError):  # the broker is gone
            self.answer_software(call)

    def answer_software(self, call):
        interface, _, method = call["method"].rpartition(".")
        if method == "Stop" and call["parameters"]["id"] in self.lingers:
            self.calls.append(call)
            return
        if interface + "." != SOFTWARE:
            super().answer(call)
            if method == "Watch" and self.bundle:
                self.stream.send({"parameters": {"bundle": self.bundle}, "continues": True})
            return
        with self.lock:
            self.software.append(method)
            parameters = call.get("parameters") or {}
            if method in self.lasting:
                return
            if method in self.errors:
                self.stream.send(self.errors[method])
                return
            if method == "Judge":
                self.marks.append((parameters["mark"], parameters["size"]))
                self.bundle, self.came = {"mark": parameters["mark"], "state": "coming"}, b""
                threading.Thread(target=self.take, args=self.marks[-1], daemon=True).start()
            elif method == "Confirm":
                self.bundle = {"mark": parameters["mark"], "state": "ended", "verdict": "installed"}
            elif method == "Drop":
                self.bundle = {"mark": parameters["mark"], "state": "ended", "verdict": "failed", "reason": "it was not wanted"}
            elif method == "Remove":
                if self.apps[parameters["id"]]["state"] != "stopped":
                    self.stream.send({"error": SOFTWARE + "Running", "parameters": parameters})
                    return
                del self.apps[parameters["id"]]
                self.generation += 1
            self.stream.send({"parameters": self.room if method == "Room" else {}})

    def take(self, mark: str, size: int):
        while len(self.came) < len(mark) + size:
            self.came += self.port.recv(65536)

    def tell(self, state: str, **what):
        """What became of the bundle that came last."""
        with self.lock:
            self.bundle = {"mark": self.marks[-1][0], "state": state} | what
            if self.watching:
                self.stream.send({"parameters": {"bundle": self.bundle}, "continues": True})

    def count(self, method: str) -> int:
        return self.software.count(method)


class Fixture(drive_files.Fixture):
    supervisor = Supervisor
    apps = drive_files.Fixture.apps | {PAINT: {"version": "0.9", "key": KEY, "size": 5000, "shell": True,
                                               "permissions": [{"name": "location", "reason": "To know."}]}}

    def make_line(self):
        self.port, self.broker_port = socket.socketpair()
        self.broker_port.setblocking(False)
        return super().make_line()

    def start_broker(self):
        self.settings["bundles"], self.inherited = str(self.broker_port.fileno()), [self.broker_port.fileno()]
        if not isinstance(self.hypervisor, Supervisor):  # the one that setUp() made has said nothing yet
            self.hypervisor_end, self.broker_end = socket.socketpair()
            self.hypervisor = self.supervisor(self.hypervisor_end, {name: dict(app) for name, app in self.apps.items()}, self.port)
            self.tree |= {"paint.bapp": BUNDLE, "empty.bapp": b"", "Letters": {"words.bapp": BUNDLE[:5000]}}
        super().start_broker()

    def want(self, **what):
        self.desktop.tell(software=what)

    def bundle(self) -> dict | None:
        """What the desktop was told of it last."""
        return self.desktop.bundles[-1].get("bundle") if self.desktop.bundles else None

    def wait_state(self, state: str | None) -> dict | None:
        wait_for(lambda: (self.bundle() or {}).get("state") == state, f"the bundle is {state}")
        return self.bundle()

    def chosen(self, *way: str):
        """The person wants to install, and chooses the last of this way."""
        self.want(choose=True)
        self.asked()
        self.enter(*way[:-1])
        self.choose(way[-1])
        self.withdrawn()

    def judged(self) -> str:
        """It is there, and waits: its mark."""
        self.offer()
        self.chosen("Shared drive", "paint.bapp")
        self.wait_state("judging")
        wait_for(lambda: len(self.hypervisor.came) == 32 + len(BUNDLE), "all of it")
        self.hypervisor.tell("judged", candidate=CANDIDATE)
        return self.wait_state("judged")["mark"]

    def two_to_be_judged(self) -> str:
        """The first is not wanted any more, but its answer lasts, and the second's turn is behind that: the first's mark."""
        self.offer()
        self.hypervisor.lasting = {"Judge"}
        self.chosen("Shared drive", "paint.bapp")
        first = self.wait_state("coming")["mark"]
        wait_for(lambda: self.hypervisor.count("Judge") == 1, "the first is to be judged")
        self.want(mark=first, agree=False)
        self.wait_state(None)
        self.wait_pickers(0)
        self.chosen("Shared drive", "paint.bapp")
        wait_for(lambda: (self.bundle() or {}).get("mark") not in (None, first), "the second comes")
        return first

    def ended(self, verdict: str) -> dict:
        wait_for(lambda: (self.bundle() or {}).get("verdict") == verdict, f"the verdict is {verdict}")
        self.assertEqual(self.bundle()["state"], "ended")
        return self.bundle()

    def software(self) -> dict:
        return wait_for(lambda: self.desktop.software, "it is told what is installed")[-1]

    def installed(self) -> set[str]:
        return {app["app"] for app in self.software()["apps"]}


class Installing(Fixture):
    def test_from_the_file_to_the_end(self):
        self.offer()
        self.want(choose=True)
        self.asked()
        self.assertEqual((self.question["app"], self.question["appName"], self.question["endings"]), ("io.bulkhead.system", "System", [".bapp"]))
        self.assertEqual(self.names(self.enter("Shared drive")), ["Letters", "empty.bapp", "paint.bapp"])
        self.choose("paint.bapp")
        self.withdrawn()
        self.wait_state("judging")
        wait_for(lambda: len(self.hypervisor.came) == 32 + len(BUNDLE), "all of it")
        mark, size = self.hypervisor.marks[0]
        self.assertEqual((size, self.hypervisor.came[:32].decode(), self.hypervisor.came[32:]), (len(BUNDLE), mark, BUNDLE))
        states = [told["bundle"]["state"] for told in self.desktop.bundles if told.get("bundle")]
        self.assertIn("coming", states)
        self.assertTrue(all(0 <= told["bundle"].get("part", 0) <= 1 for told in self.desktop.bundles if told.get("bundle")))
        self.hypervisor.tell("judged", candidate=CANDIDATE)
        told = self.wait_state("judged")
        self.assertEqual((told["mark"], told["file"], told["candidate"]), (mark, "paint.bapp", CANDIDATE))
        self.assertEqual(self.hypervisor.count("Confirm"), 0, "not before they agreed")
        rooms = self.hypervisor.count("Room")
        self.want(mark=mark, agree=True)
        self.assertEqual(self.ended("installed")["candidate"]["name"], "Paint")
        wait_for(lambda: self.hypervisor.count("Room") > rooms, "the room was asked for")
        self.want(mark=mark, agree=False)  # they have read it
        self.wait_state(None)
        self.assertEqual(self.hypervisor.count("Drop"), 0)
        self.wait_pickers(0)

    def test_they_do_not_want_it(self):
        mark = self.judged()
        self.want(mark=mark, agree=False)
        self.wait_state(None)
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "it was dropped")
        self.want(mark=mark, agree=True)
        self.heard_by_the_broker()
        self.assertEqual(self.hypervisor.count("Confirm"), 0)

    def test_an_answer_about_another_one_counts_for_nothing(self):
        self.judged()
        self.want(mark="0" * 32, agree=True)
        self.want(mark="0" * 32, agree=False)
        self.heard_by_the_broker()
        self.assertEqual((self.hypervisor.count("Confirm"), self.hypervisor.count("Drop"), self.bundle()["state"]), (0, 0, "judged"))

    def test_they_choose_no_file(self):
        self.offer()
        self.want(choose=True)
        self.asked()
        self.want(choose=True)  # one is enough
        self.do("close")
        self.heard_by_the_broker()
        self.assertIsNone(self.bundle())
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertEqual(self.hypervisor.marks, [])
        self.chosen("Shared drive", "paint.bapp")
        self.wait_state("judging")

    def test_one_at_a_time(self):
        self.judged()
        self.want(choose=True)
        self.heard_by_the_broker()
        self.assertTrue(self.desktop.dialogs.empty())

    def test_an_app_picks_beside_it(self):
        self.judged()
        self.assertEqual(self.all_of(self.picked("Shared drive", "Letters", "words.bapp")["parameters"]["stream"]), BUNDLE[:5000])
        self.assertEqual(self.bundle()["state"], "judged")

    def test_it_is_cancelled_while_it_comes(self):
        self.tree["paint.bapp"] = BUNDLE * 20
        self.hypervisor.take = lambda mark, size: None
        self.offer()
        self.chosen("Shared drive", "paint.bapp")
        mark = self.wait_state("coming")["mark"]
        wait_for(lambda: self.bundle().get("part", 0) > 0, "some of it")
        self.want(mark=mark, agree=False)
        self.wait_state(None)
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "it was dropped")
        self.wait_pickers(0)

    def test_what_the_supervisor_says_ends_it(self):
        self.offer()
        for number, (verdict, reason) in enumerate((("unsigned", "nobody has signed it"), ("older", "version 2 is installed"),
                                                    ("broken", "it is no bundle")), 1):
            self.chosen("Shared drive", "Letters", "words.bapp")
            self.wait_state("judging")
            wait_for(lambda number=number: len(self.hypervisor.marks) == number, "it is awaited")
            self.hypervisor.tell("ended", verdict=verdict, reason=reason)
            self.assertEqual(self.ended(verdict)["reason"], reason)

    def test_it_is_refused_while_it_comes(self):
        self.tree["paint.bapp"] = BUNDLE * 20
        self.hypervisor.take = lambda mark, size: None
        self.offer()
        self.chosen("Shared drive", "paint.bapp")
        self.wait_state("coming")
        wait_for(lambda: self.hypervisor.marks, "it is awaited")
        self.hypervisor.tell("ended", verdict="broken", reason="it is no bundle")
        self.ended("broken")
        self.wait_pickers(0)

    def test_it_cannot_be_judged_now(self):
        self.offer()
        for name, parameters, verdict in (("Busy", {}, "busy"), ("NoDisk", {}, "noDisk"), ("Failed", {"reason": "no room"}, "failed")):
            self.hypervisor.errors["Judge"] = {"error": SOFTWARE + name, "parameters": parameters}
            self.chosen("Shared drive", "paint.bapp")
            self.assertEqual(self.ended(verdict).get("reason"), parameters.get("reason"))
            self.wait_pickers(0)

    def test_the_answer_about_the_one_before(self):
        """It comes when another one is on its way, which it does not end."""
        first = self.two_to_be_judged()
        self.hypervisor.lasting = set()
        self.hypervisor.stream.send({"error": SOFTWARE + "Busy", "parameters": {}})
        wait_for(lambda: self.hypervisor.software[-2:] == ["Drop", "Judge"], "the second is to be judged")
        self.hypervisor.tell("judged", candidate=CANDIDATE)
        self.assertNotEqual(self.wait_state("judged")["mark"], first)

    def test_the_system_ends_before_the_answer(self):
        """The broker's end leaves nothing behind: the sanitizers would say so."""
        self.two_to_be_judged()
        self.assertEqual(self.stop_broker(), 0)

    def test_it_has_waited_for_too_long(self):
        mark = self.judged()
        self.hypervisor.errors["Confirm"] = {"error": SOFTWARE + "NoSuchBundle", "parameters": {}}
        self.want(mark=mark, agree=True)
        self.assertIn("too long", self.ended("failed")["reason"])

    def test_off_waits_for_no_installation(self):
        """A power cut leaves the old or the new; and the person sees that what they have asked for is done."""
        mark = self.judged()
        self.hypervisor.lasting = {"Confirm"}
        self.want(mark=mark, agree=True)
        wait_for(lambda: self.hypervisor.count("Confirm") == 1, "it is being installed")
        self.desktop.tell(power={"off": True})
        wait_for(lambda: self.hypervisor.methods().count("PowerOff") == 1, "the machine is switched off")
        self.assertIn("switched off", self.ended("failed")["reason"])
        rooms = self.hypervisor.count("Room")
        self.want(look=True)
        wait_for(lambda: self.hypervisor.count("Room") > rooms, "the line goes on")
        self.assertEqual((self.hypervisor.count("Confirm"), self.hypervisor.methods().count("PowerOff")), (1, 1), "and nothing is asked twice")

    def test_an_empty_file(self):
        self.offer()
        self.chosen("Shared drive", "empty.bapp")
        self.ended("broken")
        self.assertEqual(self.hypervisor.marks, [])


class Opening(Fixture):
    """An app hands a bundle to the system."""

    def opened(self, size: int = len(BUNDLE), app: str | None = SYSTEM, cid: int = 4, **answer):
        """It hands one on, and the person chooses: the call, which is answered next."""
        wait_for(lambda: self.desktop.software and self.desktop.software[-1]["installs"], "the room was told")
        client = self.client(cid)
        client.send({"method": OPEN + "Send", "parameters": {"name": "paint.bapp", "type": BUNDLE_TYPE, "size": size}})
        self.question = self.desktop.dialog("AskOpening")
        self.desktop.tell(opened={"id": self.question["id"], "app": app, "always": False, "fresh": False} | answer)
        return client

    def taken(self, size: int = len(BUNDLE)) -> str:
        """The system takes it: the token of the sender's stream."""
        return self.opened(size).receive()["parameters"]["stream"]

    def sent(self, data: bytes = BUNDLE) -> Client:
        return self.stream(self.taken(len(data)), 4, data)

    def test_from_the_call_to_the_end(self):
        shown = self.desktop.pages
        token = self.taken()
        self.assertEqual((self.question["name"], self.question["keep"]), ("paint.bapp", False))
        self.assertEqual(self.question["openers"], [{"app": SYSTEM, "appName": "System", "system": True}])
        wait_for(lambda: self.desktop.pages == shown + 1, "the page comes up")
        self.assertEqual(self.wait_state("coming")["file"], "paint.bapp")
        self.assertEqual(self.hypervisor.marks, [], "nothing is judged that has not come")
        stream = self.stream(token, 4, BUNDLE)
        self.wait_state("judging")
        wait_for(lambda: len(self.hypervisor.came) == 32 + len(BUNDLE), "all of it")
        mark, size = self.hypervisor.marks[0]
        self.assertEqual((size, self.hypervisor.came), (len(BUNDLE), mark.encode() + BUNDLE))
        self.hypervisor.tell("judged", candidate=CANDIDATE)
        self.assertEqual(self.wait_state("judged")["candidate"], CANDIDATE)
        self.assertTrue(stream.closed(), "the sender is told nothing but that all was taken")
        self.assertEqual(self.hypervisor.count("Confirm"), 0, "not before they agreed")
        self.want(mark=mark, agree=True)
        self.ended("installed")

    def test_the_person_does_not_want_it_opened(self):
        self.assertEqual(self.opened(app=None).receive(), {"error": OPEN + "NotOpened", "parameters": {}})
        self.assertEqual((self.bundle(), self.desktop.pages), (None, 0))

    def test_an_app_that_opens_bundles_too(self):
        self.hypervisor.install({"org.example.archive": {"next_cid": 9, "opens": {"schemes": [], "types": ["application/*"]}}})
        wait_for(lambda: self.desktop.app("org.example.archive"), "it is there")
        self.assertIn("stream", self.opened(app="org.example.archive").receive()["parameters"])
        self.assertEqual([(opener["app"], opener.get("system")) for opener in self.question["openers"]], [(SYSTEM, True), ("org.example.archive", None)])
        self.assertEqual((self.bundle(), self.desktop.pages), (None, 0))

    def test_it_is_never_a_default_and_there_is_no_copy_of_the_system(self):
        self.assertIn("stream", self.opened(always=True).receive()["parameters"])
        self.want(mark=self.wait_state("coming")["mark"], agree=False)
        self.wait_state(None)
        self.assertIn("stream", self.opened(fresh=True).receive()["parameters"])  # they were asked again
        self.wait_state("coming")
        self.assertNotIn("StartCopy", self.hypervisor.methods())

    def test_where_nothing_can_be_installed(self):
        self.hypervisor.errors["Room"] = {"error": SOFTWARE + "NoDisk", "parameters": {}}
        self.want(look=True)
        wait_for(lambda: self.desktop.software and not self.desktop.software[-1]["installs"], "nothing can be installed")
        client = self.client(4)
        client.send({"method": OPEN + "Send", "parameters": {"name": "paint.bapp", "type": BUNDLE_TYPE, "size": 5}})
        self.assertEqual(self.desktop.dialog("AskOpening")["openers"], [])

    def test_no_other_data_goes_to_the_system(self):
        wait_for(lambda: self.desktop.software and self.desktop.software[-1]["installs"], "the room was told")
        client = self.client(4)
        client.send({"method": OPEN + "Send", "parameters": {"name": "paint.bapp", "type": "application/zip", "size": 5}})
        question = self.desktop.dialog("AskOpening")
        self.assertEqual((question["openers"], question["keep"]), ([], True))
        self.desktop.tell(opened={"id": question["id"], "app": SYSTEM, "always": False, "fresh": False})
        self.assertEqual(client.receive()["error"], OPEN + "NotOpened")

    def test_a_broken_one(self):
        self.sent(b"no bundle at all")
        self.wait_state("judging")
        wait_for(lambda: self.hypervisor.marks, "it is awaited")
        self.hypervisor.tell("ended", verdict="broken", reason="it is no bundle")
        self.assertEqual(self.ended("broken")["reason"], "it is no bundle")

    def test_an_empty_one(self):
        self.sent(b"")
        self.ended("broken")
        self.assertEqual(self.hypervisor.marks, [])

    def test_no_more_than_was_said(self):
        self.stream(self.taken(1000), 4, BUNDLE[:2000])
        self.wait_state("judging")
        wait_for(lambda: len(self.hypervisor.came) == 32 + 1000, "all of it")
        self.port.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            self.port.recv(1)

    def test_the_sender_ends_in_the_middle(self):
        self.stream(self.taken(), 4, BUNDLE[:1000]).close()
        self.assertEqual(self.ended("failed")["reason"], "the app that it was opened from did not send all of it")
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "it was dropped")

    def test_the_sender_ends_before_it_sends(self):
        self.taken()
        self.wait_state("coming")
        self.hypervisor.change(NOTES, state="stopped", cid=None)
        self.assertEqual(self.ended("failed")["reason"], "the app that it was opened from did not send it")
        self.assertEqual((self.hypervisor.marks, self.hypervisor.count("Drop")), ([], 0))

    def test_it_is_cancelled_before_it_comes(self):
        token = self.taken()
        self.want(mark=self.wait_state("coming")["mark"], agree=False)
        self.wait_state(None)
        self.assertTrue(self.stream(token, 4).closed())
        self.assertEqual((self.hypervisor.marks, self.hypervisor.count("Drop")), ([], 0))
        self.sent()
        self.wait_state("judging")

    def test_while_another_one_comes(self):
        token = self.taken()
        self.assertEqual(self.opened().receive(), {"error": OPEN + "TooMany", "parameters": {"limit": 1}})
        self.assertIn("Another app is being installed", self.desktop.next("Show")["body"])
        self.stream(token, 4, BUNDLE)
        self.wait_state("judging")

    def test_it_takes_the_place_of_one_that_waits_for_the_person(self):
        self.sent()
        self.wait_state("judging")
        self.hypervisor.tell("judged", candidate=CANDIDATE)
        before = self.wait_state("judged")["mark"]
        self.sent(BUNDLE[:5000])
        self.wait_state("judging")
        wait_for(lambda: self.hypervisor.software[-2:] == ["Drop", "Judge"], "it is awaited, and the other is not any more")
        wait_for(lambda: len(self.hypervisor.came) == 32 + 5000, "all of it")
        self.hypervisor.tell("judged", candidate=CANDIDATE | {"name": "Other"})
        told = self.wait_state("judged")
        self.assertEqual((told["candidate"]["name"], told["mark"] != before), ("Other", True))
        self.want(mark=before, agree=True)
        self.heard_by_the_broker()
        self.assertEqual(self.hypervisor.count("Confirm"), 0, "that was about another one")

    def test_the_broker_ends_before_it_comes(self):
        self.taken()
        self.wait_state("coming")
        self.restart_broker(signal.SIGTERM)
        wait_for(lambda: self.desktop.bundles[-1] == {}, "the desktop knows of none")


class Wrong(Fixture):
    """Who serves the folder means ill, or ends; and so do the others."""

    def test_the_file_is_shorter_than_it_was_said_to_be(self):
        self.offer()
        self.lies[ninep.READ] = lambda server, reader: bytes(4) if server.asked.count(ninep.READ) > 2 else None  # no more bytes
        self.chosen("Shared drive", "paint.bapp")
        told = self.wait_state("ended")
        self.assertEqual((told["verdict"], told["reason"]), ("failed", "the app whose folder it is in did not send all of it"))
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "it was dropped")

    def test_the_app_dies_in_the_middle(self):
        self.tree["paint.bapp"] = BUNDLE * 20
        gate = threading.Event()
        real = self.hypervisor.take
        self.hypervisor.take = lambda mark, size: gate.wait(PATIENCE) and real(mark, size)
        self.offer()
        self.chosen("Shared drive", "paint.bapp")
        self.wait_state("coming")
        wait_for(lambda: self.servers, "it serves")
        self.servers[0].endpoint.shutdown(socket.SHUT_RDWR)
        gate.set()
        self.assertIn("did not send all", self.ended("failed")["reason"])
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "it was dropped")
        self.wait_pickers(0)
        self.hypervisor.take = real
        self.tree["paint.bapp"] = BUNDLE
        self.offer("again")
        self.chosen("Shared drive", "paint.bapp")
        self.wait_state("judging")

    def test_the_broker_dies_while_one_waits(self):
        self.judged()
        self.restart_broker(signal.SIGKILL)
        wait_for(lambda: self.hypervisor.count("Drop") == 1, "what nobody asks about any more was dropped")
        wait_for(lambda: self.desktop.bundles[-1] == {}, "the desktop knows of none")

    def test_another_desktop_is_told_all(self):
        mark = self.judged()
        self.new_desktop()
        self.assertEqual(self.wait_state("judged")["candidate"], CANDIDATE)
        wait_for(lambda: self.desktop.software, "it knows what is installed")
        self.want(mark=mark, agree=True)
        self.ended("installed")

    def test_wishes_of_a_wrong_form_cost_the_desktop_its_connection(self):
        for wish in ({}, {"mark": 7, "agree": True}, {"mark": "0" * 32}, {"remove": 7}, {"choose": "yes"}):
            before = self.log_text().count("a wish about software of a wrong form")
            self.lost_over({"software": wish})
            wait_for(lambda: self.log_text().count("a wish about software of a wrong form") > before, str(wish))


class Listing(Fixture):
    def test_what_is_installed(self):
        wait_for(lambda: self.software()["installs"], "the room was told")
        told = {app["app"]: app for app in self.software()["apps"]}
        self.assertEqual(told[PAINT], {"app": PAINT, "version": "0.9", "key": KEY, "size": 5000, "shell": True,
                                       "permissions": [{"name": "location", "reason": "To know."}]})
        self.assertEqual(told[DRIVE], {"app": DRIVE, "permissions": []})
        self.assertEqual((self.software()["free"], self.software()["all"]), (7000, 10000))

    def test_apps_come_and_go(self):
        self.hypervisor.install({WORDS: {"version": "3", "key": KEY, "size": 7}}, removed=(PAINT,))
        wait_for(lambda: self.installed() == {*drive_files.Fixture.apps, WORDS}, "the page follows")

    def test_the_room_is_looked_at_again(self):
        wait_for(lambda: self.software()["installs"], "the room was told")
        self.hypervisor.room = {"free": 10, "all": 10000}
        self.want(look=True)
        wait_for(lambda: self.software()["free"] == 10, "it is told")

    def test_without_a_disk(self):
        wait_for(lambda: self.software()["installs"], "the room was told")
        self.hypervisor.errors["Room"] = {"error": SOFTWARE + "NoDisk", "parameters": {}}
        self.want(look=True)
        wait_for(lambda: not self.software()["installs"], "nothing can be installed")
        self.assertNotIn("all", self.software())


class Removing(Fixture):
    def test_one_that_is_stopped(self):
        self.want(remove=PAINT)
        wait_for(lambda: PAINT not in self.installed(), "it is gone")
        wait_for(lambda: self.desktop.app(DRIVE) and not self.desktop.app(PAINT), "and from the launcher")

    def test_one_that_runs_is_ended_first(self):
        self.hypervisor.change(PAINT, state="running", cid=11)
        wait_for(lambda: self.desktop.app(PAINT).get("state") == "running", "it runs")
        self.want(remove=PAINT)
        wait_for(lambda: PAINT not in self.installed(), "it is gone")
        self.assertIn("Stop", self.hypervisor.methods())

    def test_two_that_run_one_after_the_other(self):
        self.hypervisor.install({WORDS: {"version": "3", "key": KEY, "size": 7}})
        self.hypervisor.lingers = {PAINT, WORDS}
        for cid, app in enumerate((PAINT, WORDS), 11):
            self.hypervisor.change(app, state="running", cid=cid)
            wait_for(lambda app=app: self.desktop.app(app).get("state") == "running", "it runs")
            self.want(remove=app)
            wait_for(lambda cid=cid: self.hypervisor.methods().count("Stop") == cid - 10, "it is to end")
        for app in (WORDS, PAINT):
            self.assertIn(app, self.hypervisor.apps)
            self.hypervisor.change(app, state="stopped", cid=None)
            wait_for(lambda app=app: app not in self.installed(), "it is gone")
        self.assertEqual(self.hypervisor.count("Remove"), 2)

    def test_what_came_with_the_system_stays(self):
        self.want(remove=DRIVE)
        self.want(remove="org.example.none")
        self.heard_by_the_broker()
        self.assertEqual(self.hypervisor.count("Remove"), 0)

    def test_it_could_not_be(self):
        self.hypervisor.errors["Remove"] = {"error": SOFTWARE + "Failed", "parameters": {"reason": "the disk is ill"}}
        self.want(remove=PAINT)
        self.assertEqual(self.desktop.next("Show")["body"], "the disk is ill")


if __name__ == "__main__":
    drive_broker.PROGRAM, drive_files.PROGRAM = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[3:]))
