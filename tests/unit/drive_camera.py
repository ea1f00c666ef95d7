#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Camera, from the apps' sides, from the person's, and from that of the machine's cameras:
drive_camera.py BROKER_UNDER_TEST [TEST ...]"""
import os
import pathlib
import pty
import queue
import select
import socket
import struct
import sys
import threading
import time
import tty

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, Client, wait_for  # noqa: E402

CAMERA = "io.bulkhead.Camera."
DENIED = {"error": "org.varlink.service.PermissionDenied", "parameters": {}}
PHONE, CALL, PLAIN = "io.example.phone", "io.example.call", "io.example.plain"
THE_CAMERA = f"{PHONE}/phone"
OFFERS_MAX, CAMERAS_MAX, MODES_MAX, OPENED_MAX, OPENED_ALL_MAX, FRAME_MAX = 4, 64, 32, 4, 12, 4 << 20
SERVE_SECONDS = 10
SMALL = {"format": "YUYV", "width": 64, "height": 48, "rate": 15}
LARGE = {"format": "YUYV", "width": 1280, "height": 720, "rate": 30}
JPEG = {"format": "MJPG", "width": 1920, "height": 1080, "rate": 30}
MODES = [LARGE, SMALL, JPEG]


def wanting(cid: int) -> dict:
    return {"state": "running", "cid": cid, "permissions": [{"name": "camera", "reason": "To be seen."}]}


def frame(number: int, data: bytes = b"pixels") -> bytes:
    return struct.pack("<IIQ", len(data), number, number * 1000) + data


class Fixture(drive_location.Fixture):
    apps = {PHONE: wanting(3), CALL: wanting(4), PLAIN: {"state": "running", "cid": 9}}
    settings: dict[str, str] = {}

    def setUp(self):
        self.viewers: dict[Client, list[Client]] = {}  # of each source
        super().setUp()

    def offering(self, name: str = "phone", cid: int = 3, **what) -> Client:
        """A connection on which a camera is offered."""
        client = self.client(cid)
        client.send({"method": CAMERA + "Offer", "more": True,
                     "parameters": {"name": name, "title": "Phone on the desk", "modes": MODES} | what})
        return client

    def offered(self, name: str = "phone", cid: int = 3, **what) -> Client:
        """The same, when others know it."""
        client = self.offering(name, cid, **what)
        app = PHONE if cid == 3 else CALL
        wait_for(lambda: f"{app}/{name}" in self.ids(4 if cid == 3 else 3), "it is offered")
        return client

    def listed(self, cid: int = 4) -> list[dict]:
        client = self.client(cid)
        reply = client.call(CAMERA + "Watch")
        client.close()
        return reply["parameters"]["cameras"]

    def ids(self, cid: int = 4) -> list[str]:
        return [camera["id"] for camera in self.listed(cid)]

    def opening(self, camera: str = THE_CAMERA, cid: int = 4, **wish) -> Client:
        """A connection on which Open() waits."""
        client = self.client(cid)
        client.send({"method": CAMERA + "Open", "parameters": {"camera": camera} | wish})
        return client

    def open(self, camera: str = THE_CAMERA, cid: int = 4, **wish) -> dict:
        client = self.opening(camera, cid, **wish)
        reply = client.receive()
        client.close()
        return reply

    def assert_camera_error(self, reply: dict, error: str, **parameters):
        self.assertEqual(reply, {"error": CAMERA + error, "parameters": parameters})

    def allow(self, choice: str | None = "always", app: str = CALL):
        self.desktop.grant(app, "camera", choice)
        # What the person did has arrived when the page shows it.
        wait_for(lambda: self.granted().get(app) == choice, "the privacy page knows")

    def seen(self, offer: Client, **wish) -> tuple[Client, Client]:
        """A camera that is seen: the stream on which it gives frames, that of who sees them."""
        opening = self.opening(**wish)
        source = self.stream(offer.receive()["parameters"]["stream"], 3)
        viewer = self.stream(opening.receive()["parameters"]["stream"], 4)
        opening.close()
        self.show(source, viewer)
        return source, viewer

    def another(self, source: Client, cid: int = 4, **wish) -> Client:
        """One more who sees it."""
        viewer = self.stream(self.open(cid=cid, **wish)["parameters"]["stream"], cid)
        self.show(source, viewer)
        return viewer

    def show(self, source: Client, viewer: Client):
        """Frames, until the broker knows the stream and the first one came; and that nobody has one unread."""
        viewers = [each for each in self.viewers.get(source, []) if each.endpoint.fileno() >= 0 and each is not viewer] + [viewer]
        self.viewers[source] = viewers
        show(lambda number: source.send_bytes(frame(number)), viewers)

    def wait_unused(self):
        wait_for(lambda: not self.desktop.uses, "nobody uses it")

    def quiet(self, client: Client):
        self.assertEqual(select.select([client.endpoint], [], [], 0.2)[0], [])


def show(send, viewers: list[Client]):
    """Sends frames, each with a number of its own, until everybody saw the last of them: nothing is under way then."""
    number, seen = 0, dict.fromkeys(viewers, -1)
    send(number)
    while any(last != number for last in seen.values()):
        ready = select.select([viewer.endpoint for viewer in viewers], [], [], 0.05)[0]
        for viewer in viewers:
            if viewer.endpoint in ready:
                seen[viewer] = take(viewer)[1]
        if not ready:
            number += 1
            send(number)  # somebody missed the one before


def read(client: Client, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (more := client.endpoint.recv(size - len(data))):
        data += more
    return bytes(data)


def take(client: Client) -> tuple[bytes, int, int]:
    """The next frame: its bytes, its number, its time."""
    length, number, time_usec = struct.unpack("<IIQ", read(client, 16))
    return read(client, length), number, time_usec


class Offering(Fixture):
    def test_what_others_see_of_it(self):
        self.assertEqual(self.listed(), [])
        self.offered()
        self.offered("door", title="Haustür – ö", modes=[JPEG])
        self.assertEqual(self.listed(), [
            {"id": THE_CAMERA, "title": "Phone on the desk", "app": "Phone", "modes": MODES},
            {"id": f"{PHONE}/door", "title": "Haustür – ö", "app": "Phone", "modes": [JPEG]}])
        self.offered("mine", 4)
        self.assertEqual(len(self.listed()), 2)  # nobody sees their own

    def test_it_lasts_as_long_as_the_call(self):
        offer = self.offered()
        offer.close()
        wait_for(lambda: self.ids() == [], "it is offered no more")
        self.offered()  # and may be again, of the same name
        self.hypervisor.change(PHONE, state="stopped", cid=None, ended="poweroff")
        wait_for(lambda: self.ids() == [], "it went with its VM")

    def test_what_is_wrong_with_a_name_or_a_title(self):
        for what, field, fault, limit in (
                ({"name": ""}, "name", "empty", None), ({"name": "x" * 33}, "name", "tooLong", 32),
                ({"name": "a/b"}, "name", "badCharacter", None), ({"name": "Phone"}, "name", "badCharacter", None),
                ({"name": "ö"}, "name", "badCharacter", None), ({"title": ""}, "title", "empty", None),
                ({"title": "x" * 81}, "title", "tooLong", 80), ({"title": "a\nb"}, "title", "badCharacter", None)):
            with self.subTest(what):
                offering = self.offering(**{"name": "phone"} | what)
                self.assert_camera_error(offering.receive(), "InvalidCamera", field=field, fault=fault, limit=limit)
                offering.close()
        self.offered("x" * 32, title="x" * 80)
        self.assertIn(f"{PHONE} refused: Camera.Offer: name: empty", self.log_text())

    def test_what_is_wrong_with_modes(self):
        for modes in ([], [SMALL] * (MODES_MAX + 1), *([LARGE, SMALL | wrong] for wrong in (
                {"format": ""}, {"format": "YUY"}, {"format": "YUYV2"}, {"format": "Y\nYV"}, {"format": " YUV"}, {"format": "ÖÖ"},
                {"width": 0}, {"width": 8193}, {"height": 0}, {"height": -1}, {"height": 2**32 + 1}, {"rate": 0}, {"rate": 241},
                {"rate": -2**63}))):
            with self.subTest(modes[-1:]):
                offering = self.offering(modes=modes)
                self.assertEqual(offering.receive(), {"error": "org.varlink.service.InvalidParameter",
                                                      "parameters": {"parameter": "modes"}})
                offering.close()
        self.offered(modes=[{"format": "Y8  ", "width": 8192, "height": 8192, "rate": 240}] * MODES_MAX)

    def test_it_needs_many_answers(self):
        self.assertEqual(self.client().call(CAMERA + "Offer", name="phone", title="Phone", modes=MODES),
                         {"error": "org.varlink.service.ExpectedMore", "parameters": {}})

    def test_a_name_is_offered_once(self):
        self.offered()
        self.assert_camera_error(self.offering().receive(), "AlreadyOffered", name="phone")
        self.offered("phone", 4)  # another app's is another camera

    def test_no_more_than_four(self):
        offers = [self.offered(f"phone{number}") for number in range(OFFERS_MAX)]
        self.assert_camera_error(self.offering("one-more").receive(), "TooManyCameras", limit=OFFERS_MAX)
        offers[0].close()
        wait_for(lambda: len(self.ids()) == OFFERS_MAX - 1, "one is offered no more")
        self.offered("one-more")


class Watching(Fixture):
    def test_which_there_are_is_told_when_it_changes(self):
        watch = self.client(4)
        self.assertEqual(watch.call(CAMERA + "Watch", more=True), {"parameters": {"cameras": []}, "continues": True})
        offer = self.offered()
        self.assertEqual([camera["id"] for camera in watch.receive()["parameters"]["cameras"]], [THE_CAMERA])
        offer.close()
        self.assertEqual(watch.receive()["parameters"]["cameras"], [])

    def test_who_does_not_declare_it_sees_nothing(self):
        self.offered()
        for more in (False, True):
            self.assertEqual(self.client(9).call(CAMERA + "Watch", more=more), DENIED)
        self.assertIn(f"{PLAIN} refused: Camera.Watch: its manifest does not declare it", self.log_text())

    def test_who_does_not_read_misses_what_was_between(self):
        watch = self.client(4)
        watch.call(CAMERA + "Watch", more=True)
        for number in range(20):  # more than 16 unread replies
            self.offered(f"phone{number % 2}", title="x" * 80).close()
            wait_for(lambda: not self.ids(), "it is offered no more")
        self.offered("last")
        while [camera["id"] for camera in watch.receive()["parameters"]["cameras"]] != [f"{PHONE}/last"]:
            pass


class Asking(Fixture):
    def test_the_person_is_asked_and_then_frames_flow(self):
        offer = self.offered()
        opening = self.opening(width=80)
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": CALL, "appName": "Call", "permission": "camera",
                                  "reason": "To be seen."})
        self.quiet(offer)  # the camera rests until then
        self.desktop.choose(dialog, "once")
        told = offer.receive()
        self.assertTrue(told["continues"])
        self.assertEqual({name: told["parameters"][name] for name in SMALL}, SMALL)
        self.quiet(opening)  # nothing gives frames yet
        source = self.stream(told["parameters"]["stream"], 3)
        reply = opening.receive()["parameters"]
        self.assertEqual({name: reply[name] for name in SMALL}, SMALL)
        self.assertNotEqual(reply["stream"], told["parameters"]["stream"])
        viewer = self.stream(reply["stream"], 4)
        self.show(source, viewer)
        wait_for(lambda: self.used() == [(CALL, "camera")], "the panel shows it")
        pixels = os.urandom(64 * 48 * 2)
        source.send_bytes(frame(7, pixels))
        self.assertEqual(take(viewer), (pixels, 7, 7000))

    def test_no_is_no(self):
        offer = self.offered()
        opening = self.opening()
        self.desktop.choose(self.desktop.dialog(), "never")
        self.assertEqual(opening.receive(), DENIED)
        self.assertEqual(self.open(), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())
        self.quiet(offer)

    def test_what_is_not_declared_is_refused_without_a_dialog(self):
        self.offered()
        self.assertEqual(self.open(cid=9), DENIED)
        self.assertTrue(self.desktop.dialogs.empty())

    def test_what_is_not_there_is_refused_without_a_dialog(self):
        self.offered("mine", 4)
        self.offered()
        for camera in (f"{PHONE}/door", PHONE, f"{CALL}/mine", f"{PHONE}/phone/", "/", "", "x" * 300, "machine/0"):
            with self.subTest(camera):
                self.assert_camera_error(self.open(camera), "NoSuchCamera", camera=camera)
        self.assert_camera_error(self.open(format="NV12"), "NoSuchFormat", format="NV12")
        for name, wrong in (("format", "N"), ("format", ""), ("width", 0), ("height", 9000), ("rate", -1), ("rate", 1000)):
            self.assertEqual(self.open(**{name: wrong}),
                             {"error": "org.varlink.service.InvalidParameter", "parameters": {"parameter": name}})
        self.assertTrue(self.desktop.dialogs.empty())

    def test_who_wants_no_answer_gets_nothing(self):
        self.offered()
        opening = self.client(4)
        for _ in range(3):  # each call would be the connection's only one
            opening.send({"method": CAMERA + "Open", "oneway": True, "parameters": {"camera": THE_CAMERA}})
        self.assertIn("parameters", opening.call("org.varlink.service.GetInfo"))
        self.assertTrue(self.desktop.dialogs.empty())

    def test_who_goes_away_takes_the_question_along(self):
        for goes in ("asks", "offers"):
            with self.subTest(goes):
                offer = self.offered()
                opening = self.opening()
                dialog = self.desktop.dialog()
                (opening if goes == "asks" else offer).close()
                self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
                if goes == "asks":
                    self.quiet(offer)
                    offer.close()
                    wait_for(lambda: self.ids() == [], "it is offered no more")
                    self.restart_broker()  # one that was closed is not asked again at once
                else:
                    self.assert_camera_error(opening.receive(), "NoSuchCamera", camera=THE_CAMERA)

    def test_the_mode_is_what_comes_nearest(self):
        self.allow()
        offer = self.offered()
        for wish, mode in (({}, LARGE), ({"width": 1, "height": 1}, SMALL), ({"height": 4000}, JPEG), ({"rate": 1}, SMALL),
                           ({"format": "MJPG", "width": 64}, JPEG), ({"format": "YUYV", "width": 1920, "height": 1080}, LARGE)):
            with self.subTest(wish):
                opening = self.opening(**wish)
                told = offer.receive()["parameters"]
                self.assertEqual({name: told[name] for name in mode}, mode)
                opening.close()
                self.wait_unused()


class Serving(Fixture):
    def setUp(self):
        super().setUp()
        self.allow()
        self.offer = self.offered()

    def test_who_does_not_come_to_give_frames(self):
        begun = time.monotonic()
        opening = self.opening()
        token = self.offer.receive()["parameters"]["stream"]
        self.assert_camera_error(opening.receive(), "NotServed")
        self.assertGreater(time.monotonic() - begun, SERVE_SECONDS - 1)
        self.assertTrue(self.stream(token, 3).closed())
        self.wait_unused()
        self.seen(self.offer)  # it may do better the next time

    def test_who_goes_instead_of_giving_frames(self):
        opening = self.opening()
        self.offer.receive()
        self.offer.close()
        self.assert_camera_error(opening.receive(), "NoSuchCamera", camera=THE_CAMERA)
        self.wait_unused()

    def test_who_opens_and_does_not_come(self):
        begun = time.monotonic()
        opening = self.opening()
        source = self.stream(self.offer.receive()["parameters"]["stream"], 3)
        self.assertIn("stream", opening.receive()["parameters"])
        self.assertTrue(source.closed())
        self.assertGreater(time.monotonic() - begun, SERVE_SECONDS - 1)
        self.wait_unused()

    def test_who_opens_and_leaves_before_it_is_served(self):
        opening = self.opening()
        token = self.offer.receive()["parameters"]["stream"]
        opening.close()
        self.wait_unused()
        self.assertTrue(self.stream(token, 3).closed())
        self.seen(self.offer)

    def test_who_is_asked_again_before_it_read_is_told_the_newest(self):
        caller = self.client(9)
        self.assertIn("parameters", caller.call("org.varlink.service.GetInfo"))
        for number in range(20):  # more than 16 unread replies
            idle = self.open_files()
            opening = self.opening(width=64 if number % 2 else 1280)
            wait_for(lambda: drive_broker.unread(opening.endpoint) == 0, "the broker read the call")
            self.assertIn("parameters", caller.call("org.varlink.service.GetInfo"))  # and has dealt with it
            opening.close()
            wait_for(lambda: self.open_files() <= idle, "the broker closed it too")
        opening = self.opening(format="MJPG")
        while (told := self.offer.receive()["parameters"])["format"] != "MJPG":
            pass
        self.stream(told["stream"], 3)
        self.assertIn("stream", opening.receive()["parameters"])

    def test_it_rests_when_nobody_sees_it(self):
        source, viewer = self.seen(self.offer)
        other = self.another(source)
        viewer.close()
        self.show(source, other)
        other.close()
        self.assertTrue(source.closed())
        self.wait_unused()
        self.seen(self.offer)

    def test_several_see_the_same(self):
        source, viewer = self.seen(self.offer)
        viewers = [viewer] + [self.another(source) for _ in range(2)]
        pixels = os.urandom(100000)
        threading.Thread(target=source.send_bytes, args=(frame(9, pixels),), daemon=True).start()
        for viewer in viewers:
            self.assertEqual(take(viewer), (pixels, 9, 9000))

    def test_it_stays_in_the_mode_that_it_is_in(self):
        source, _ = self.seen(self.offer, format="YUYV")
        self.assert_camera_error(self.open(format="MJPG"), "NoSuchFormat", format="MJPG")
        reply = self.open(width=64)["parameters"]
        self.assertEqual({name: reply[name] for name in LARGE}, LARGE)

    def test_no_more_than_four_of_an_app(self):
        source, viewer = self.seen(self.offer)
        viewers = [viewer] + [self.another(source) for _ in range(OPENED_MAX - 1)]
        self.assert_camera_error(self.open(), "TooManyCameras", limit=OPENED_MAX)
        viewers[0].close()
        wait_for(lambda: "stream" in self.open().get("parameters", {}), "there is room again")


class Many(Fixture):
    apps = {f"io.example.app{cid}": wanting(cid) for cid in range(3, 21)}

    def setUp(self):
        cids, drive_broker.CIDS = drive_broker.CIDS, tuple(range(3, 21))
        self.addCleanup(setattr, drive_broker, "CIDS", cids)
        super().setUp()

    def test_no_more_than_sixty_four_cameras(self):
        for number in range(CAMERAS_MAX):
            self.offering(f"camera{number % OFFERS_MAX}", 3 + number // OFFERS_MAX)
        wait_for(lambda: len(self.listed(20)) == CAMERAS_MAX, "all are offered")
        self.assert_camera_error(self.offering(cid=20).receive(), "TooManyCameras", limit=CAMERAS_MAX)

    def test_no_more_than_twelve_see_one_and_what_they_hold_is_bounded(self):
        for cid in range(4, 8):
            self.allow(app=f"io.example.app{cid}")
        offer = self.offering(cid=3)
        wait_for(lambda: len(self.listed(4)) == 1, "it is offered")
        camera, source = "io.example.app3/phone", None
        for number in range(OPENED_ALL_MAX):
            cid = 4 + number // OPENED_MAX
            opening = self.opening(camera, cid)
            source = source or self.stream(offer.receive()["parameters"]["stream"], 3)
            self.stream(opening.receive()["parameters"]["stream"], cid)
            opening.close()
        self.assert_camera_error(self.open(camera, 7), "TooManyCameras", limit=OPENED_ALL_MAX)
        before = self.memory_kib()
        for number in range(40):  # none of them reads: each holds one frame at the most
            source.send_bytes(frame(number, bytes(FRAME_MAX)))
        self.assertLess(self.memory_kib() - before, (OPENED_ALL_MAX + 1) * (FRAME_MAX >> 10) + 2000)


class Flowing(Fixture):
    def setUp(self):
        super().setUp()
        self.allow()
        self.offer = self.offered()
        self.source, self.viewer = self.seen(self.offer)

    def test_who_is_slow_misses_whole_frames_and_slows_nobody(self):
        slow = self.another(self.source)
        pixels = [bytes([number]) * 300000 for number in range(20)]
        for number, sent in enumerate(pixels):
            thread = threading.Thread(target=self.source.send_bytes, args=(frame(number, sent),))
            thread.start()
            self.assertEqual(take(self.viewer)[:2], (sent, number))
            thread.join()
        got = [take(slow)]
        while got[-1][1] != 99:
            if not select.select([slow.endpoint], [], [], 0.1)[0]:
                self.source.send_bytes(frame(99, b"the last"))  # it reads now, so that it gets the next one
            got.append(take(slow))
        self.assertLess(len(got), 20)
        for data, number, _ in got[:-1]:
            self.assertEqual(data, pixels[number])
        self.assertEqual([number for _, number, _ in got], sorted({number for _, number, _ in got}))

    def test_an_app_that_does_not_read_costs_one_frame(self):
        self.viewer.endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        before = self.memory_kib()
        for number in range(100):
            self.source.send_bytes(frame(number, bytes(1 << 20)))
        self.assertLess(self.memory_kib() - before, 3 * 1024 + 500)
        self.assertEqual(take(self.viewer)[0], bytes(1 << 20))

    def test_what_is_no_frame_ends_it(self):
        for length in (0, FRAME_MAX + 1, 2**32 - 1):
            with self.subTest(length):
                self.source.send_bytes(struct.pack("<IIQ", length, 1, 1))
                self.assertTrue(self.source.closed() and self.viewer.closed())
                self.wait_unused()
                self.source, self.viewer = self.seen(self.offer)
        self.assertIn(f"{PHONE} refused: Camera.Offer: a frame of no length that a frame has", self.log_text())

    def test_a_camera_that_dies_in_mid_frame_ends_without_it(self):
        for sent in (frame(3, bytes(1000))[:7], frame(3, bytes(1000))[:500], b""):
            with self.subTest(len(sent)):
                self.source.send_bytes(sent)
                self.source.close()
                self.assertTrue(self.viewer.closed())  # and no byte before that
                self.wait_unused()
                self.source, self.viewer = self.seen(self.offer)

    def test_frames_in_pieces_and_many_at_once(self):
        for byte in frame(5, b"in pieces"):
            self.source.send_bytes(bytes([byte]))
        self.assertEqual(take(self.viewer)[:2], (b"in pieces", 5))
        self.source.send_bytes(b"".join(frame(number) for number in range(50)) + frame(50)[:20])
        self.assertEqual(take(self.viewer)[:2], (b"pixels", 0))  # and which of the others depends
        while select.select([self.viewer.endpoint], [], [], 0.1)[0]:
            self.assertEqual(take(self.viewer)[0], b"pixels")
        self.source.send_bytes(frame(50)[20:])
        number = 0
        while number != 50:
            if not select.select([self.viewer.endpoint], [], [], 0.1)[0]:
                self.source.send_bytes(frame(50))  # it had not taken those before, and missed that one
            data, number, _ = take(self.viewer)
            self.assertEqual(data, b"pixels")

    def test_the_end_of_the_call_ends_the_camera(self):
        self.offer.close()
        self.assertTrue(self.source.closed() and self.viewer.closed())
        self.wait_unused()

    def test_who_sees_and_says_something_is_ended(self):
        self.viewer.send_bytes(b"x")
        self.assertTrue(self.viewer.closed() and self.source.closed())
        self.wait_unused()

    def test_taking_it_back_ends_it_at_once(self):
        stalled = self.another(self.source)
        thread = threading.Thread(target=self.source.send_bytes, args=(frame(1, bytes(FRAME_MAX)),))
        thread.start()
        take(self.viewer)
        thread.join()
        self.desktop.grant(CALL, "camera", "never")
        self.assertTrue(self.viewer.closed() and self.source.closed())
        self.assertLess(len(read(stalled, FRAME_MAX)), FRAME_MAX)  # in the middle of a frame
        self.assertEqual(self.open(), DENIED)
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")
        self.assertEqual((self.desktop.privacy["uses"][0]["app"], self.desktop.privacy["uses"][0]["permission"]), (CALL, "camera"))

    def test_a_use_while_it_is_seen_ends_with_the_window(self):
        self.allow("whileInUse")
        self.see("shown", 4)
        self.source, self.viewer = self.seen(self.offered("second"), camera=f"{PHONE}/second")
        self.see("hidden", 4)
        self.assertTrue(self.viewer.closed() and self.source.closed())
        self.wait_unused()

    def test_the_end_of_either_vm_ends_it(self):
        self.hypervisor.change(CALL, state="stopped", cid=None, ended="poweroff")
        self.assertTrue(self.source.closed() and self.viewer.closed())
        self.wait_unused()
        self.hypervisor.change(CALL, state="running", cid=4)
        self.source, self.viewer = self.seen(self.offer)
        self.hypervisor.change(PHONE, state="stopped", cid=None, ended="panic")
        self.assertTrue(self.source.closed() and self.viewer.closed())
        self.wait_unused()

    def test_calls_go_on_beside_a_flood(self):
        stop = threading.Event()

        def flow():
            try:
                while not stop.is_set():
                    self.source.endpoint.sendall(frame(1, bytes(1 << 20)))
            except OSError:
                pass

        thread = threading.Thread(target=flow, daemon=True)
        thread.start()
        self.assert_answered_soon()
        stop.set()
        self.source.endpoint.shutdown(socket.SHUT_RDWR)
        thread.join()

    def test_what_comes_and_goes_leaves_nothing(self):
        def rounds(count: int):
            for number in range(count):
                source, viewer = self.seen(self.offer)
                (source, viewer)[number % 2].close()
                self.assertTrue((viewer, source)[number % 2].closed())
                source.close(), viewer.close()
            wait_for(lambda: self.open_files() <= idle, "everything was closed")

        self.viewer.close()
        self.assertTrue(self.source.closed())
        self.source.close()
        self.wait_unused()
        idle = self.open_files()
        rounds(5)
        before = self.memory_kib()
        rounds(15)
        self.assertLess(self.memory_kib() - before, 1000)

    def test_a_broker_that_ends_closes_what_is_open(self):
        opening = self.opening()
        self.assertIn("stream", opening.receive()["parameters"])
        self.restart_broker()
        self.assertTrue(self.source.closed() and self.viewer.closed() and opening.closed())


class FakeCameras:
    """bk-camera's side of the port: docs/protocols/camera-port.md."""
    HELLO, START, STOP = 1, 2, 3
    WELCOME, FOUND, GONE, BEGUN, ENDED, FRAME = range(16, 22)

    def __init__(self, endpoint: int):
        self.endpoint = endpoint
        self.commands: queue.Queue = queue.Queue()
        self.stale = b""  # said before an answer to HELLO
        self.modes = [LARGE, SMALL]
        self.title = b"Built in"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        received = b""
        try:
            while data := os.read(self.endpoint, 4096):
                received += data
                while len(received) >= 32:
                    kind, camera, value, _ = struct.unpack("=4I", received[:16])
                    if kind == self.HELLO:
                        self.write(self.stale + received[16:32])
                        self.say(self.WELCOME)
                        self.found(0)
                    self.commands.put((kind, camera, value))
                    received = received[32:]
        except OSError:
            pass

    def write(self, data: bytes):
        while data:
            data = data[os.write(self.endpoint, data):]

    def say(self, kind: int, camera: int = 0, value: int = 0, data: bytes = b"", length: int | None = None):
        self.write(struct.pack("=4I", kind, camera, value, len(data) if length is None else length) + data)

    def found(self, camera: int):
        modes = b"".join(struct.pack("=4s3I", mode["format"].encode(), mode["width"], mode["height"], mode["rate"])
                         for mode in self.modes)
        self.say(self.FOUND, camera, 0, self.title.ljust(80, b"\0") + struct.pack("=I", len(self.modes)) + modes.ljust(512, b"\0"))

    def command(self) -> tuple[int, int, int]:
        return self.commands.get(timeout=PATIENCE)


class Machine(Fixture):
    CAMERA = {"id": "machine/0", "title": "Built in", "app": None, "modes": [LARGE, SMALL]}

    def setUp(self):
        self.line, device = pty.openpty()
        tty.setraw(device)
        self.addCleanup(os.close, self.line)
        self.addCleanup(os.close, device)
        self.cameras = FakeCameras(self.line)
        self.settings = {"camera": os.ttyname(device)}
        super().setUp()
        self.assertEqual(self.cameras.command(), (FakeCameras.HELLO, 0, 0))
        wait_for(lambda: self.listed() == [self.CAMERA], "the machine's camera is there")

    def begun(self, mode: int = 0, **wish) -> Client:
        """Who sees the machine's camera, which begins in this mode."""
        self.allow()
        opening = self.opening("machine/0", **wish)
        self.assertEqual(self.cameras.command(), (FakeCameras.START, 0, mode))
        self.cameras.say(FakeCameras.BEGUN, 0, mode)
        viewer = self.stream(opening.receive()["parameters"]["stream"], 4)
        opening.close()
        show(lambda number: self.cameras.say(FakeCameras.FRAME, 0, 0, frame(number)), [viewer])
        return viewer

    def test_frames_come_while_they_are_wanted(self):
        viewer = self.begun(1, width=64)
        pixels = os.urandom(64 * 48 * 2)
        self.cameras.say(FakeCameras.FRAME, 0, 0, frame(5, pixels))
        self.assertEqual(take(viewer), (pixels, 5, 5000))
        viewer.close()
        self.assertEqual(self.cameras.command(), (FakeCameras.STOP, 0, 0))
        self.cameras.say(FakeCameras.FRAME, 0, 0, frame(6))  # that was under way
        self.assertEqual(self.listed(), [self.CAMERA])

    def test_taking_it_back_stops_it(self):
        viewer = self.begun()
        self.desktop.grant(CALL, "camera", "never")
        self.assertTrue(viewer.closed())
        self.assertEqual(self.cameras.command(), (FakeCameras.STOP, 0, 0))

    def test_cameras_come_and_go(self):
        self.cameras.found(2)
        wait_for(lambda: self.ids() == ["machine/0", "machine/2"], "another one is there")
        viewer = self.begun()
        self.cameras.say(FakeCameras.GONE, 0)
        self.assertTrue(viewer.closed())
        wait_for(lambda: self.ids() == ["machine/2"], "it is gone")

    def test_one_that_cannot(self):
        self.allow()
        opening = self.opening("machine/0")
        self.cameras.command()
        self.cameras.say(FakeCameras.ENDED, 0)
        self.assert_camera_error(opening.receive(), "NotServed")

    def test_what_makes_no_sense_begins_anew(self):
        for nonsense in ((99,), (FakeCameras.WELCOME, 4), (FakeCameras.FRAME, 0, 0, frame(0, b"")), (FakeCameras.FOUND, 1, 0, b"x"),
                         (FakeCameras.FRAME, 0, 0, frame(0, b"four")[:-1]), (FakeCameras.FRAME, 0, 0, frame(0) + b"x"),
                         (FakeCameras.FRAME, 0, 0, b"", 2**32 - 1), (FakeCameras.FOUND, 0, 0, bytes(80 + 4 + 512))):
            with self.subTest(nonsense):
                viewer = self.begun()
                self.cameras.say(*nonsense)
                self.assertTrue(viewer.closed())
                self.assertEqual(self.cameras.command(), (FakeCameras.HELLO, 0, 0))
                wait_for(lambda: self.listed() == [self.CAMERA], "it is there again")

    def test_modes_that_no_camera_has_and_titles_that_nobody_can_read(self):
        self.cameras.title = b"\x1b[2J"
        self.cameras.found(1)
        wait_for(lambda: [camera["title"] for camera in self.listed()] == ["Built in", "Camera"], "another one is there")
        self.cameras.modes = [SMALL | {"width": 0}]
        self.cameras.found(2)
        self.assertEqual(self.cameras.command(), (FakeCameras.HELLO, 0, 0))

    def test_one_that_is_silent_begins_anew(self):
        self.allow()
        opening = self.opening("machine/0")
        self.assertEqual(self.cameras.command()[0], FakeCameras.START)
        self.assert_camera_error(opening.receive(), "NoSuchCamera", camera="machine/0")
        self.assertEqual(self.cameras.command(), (FakeCameras.HELLO, 0, 0))
        wait_for(lambda: self.listed() == [self.CAMERA], "it is there again")
        self.begun()

    def test_a_new_broker_throws_away_what_is_old(self):
        self.begun()
        self.cameras.say(FakeCameras.FRAME, 0, 0, b"half a frame", 1000)
        self.cameras.stale = os.urandom(3000)
        self.restart_broker()
        while self.cameras.command() != (FakeCameras.HELLO, 0, 0):
            pass
        wait_for(lambda: self.listed() == [self.CAMERA], "it is there")


def main() -> int:
    # A sanitizer that keeps what was freed would look like a leak.
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
