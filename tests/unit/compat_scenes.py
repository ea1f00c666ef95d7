# SPDX-License-Identifier: Apache-2.0
"""What has to be there for the example calls of the System API to be answered as their examples say: tests/unit/drive_compat.py.

A scene is a generator: what stands before its first yield is there before the call; what comes then happens while the call
waits; and each further yield gives it an answer of the call's, for what the app or others do next.
"""
import time

import drive_files
import ninep_peer as ninep
from varlink_peer import Client, wait_for

API = "io.bulkhead."
CALLER, DRIVE, PHONE = 4, 3, 9  # who calls, who has the folder, who has the camera; by their CIDs
NAMES = {CALLER: drive_files.NOTES, DRIVE: drive_files.DRIVE, PHONE: "io.example.phone"}
PERMISSIONS = {"Camera": ("camera",), "Folders": ("folders",), "Location": ("location", "locationSource")}  # of each interface
TEXT = "text/plain;charset=utf-8"
MODES = [{"format": "NV12", "width": 1280, "height": 720, "rate": 30}]
ENCODINGS_MAX = 2
PROGRAM = ""  # bk-encoder


def now_ms() -> int:
    return int(time.time() * 1000)


def fix() -> dict:
    return {"latitude": 47.37174, "longitude": 8.54226, "accuracyMetres": 4.5, "altitude": 408.2, "speed": 1.4, "course": 84.4, "time": now_ms()}


def as_of_now(call: dict) -> dict:
    """The call as an app makes it now: a place that is years old, as one in an example is, is refused."""
    parameters = call.get("parameters", {})
    return call | {"parameters": parameters | {"fix": parameters["fix"] | {"time": now_ms()}}} if "fix" in parameters else call


class Fixture(drive_files.Fixture):
    """Three apps that may do what the example's interface needs. The one that calls has the focus; the others do what the scene says."""
    apps = {name: {"state": "running", "cid": cid, "opens": {"schemes": ["https"], "types": ["text/plain"]},
                   "permissions": [{"name": permission, "reason": "To be tried."} for of_one in PERMISSIONS.values() for permission in of_one]}
            for cid, name in NAMES.items()}

    def setUp(self):
        self.provider: Client | None = None
        super().setUp()

    def start_broker(self):
        self.settings |= {"encoder": PROGRAM}
        super().start_broker()

    def allow(self, permissions: tuple[str, ...]):
        """The person does, for good."""
        for name in NAMES.values():
            for permission in permissions:
                self.desktop.grant(name, permission, "always")
        wait_for(lambda: len(self.desktop.privacy["grants"]) == len(NAMES) * len(permissions), "all was allowed")

    # ---- what other apps do, and the person ----

    def ask(self, cid: int, method: str, **parameters) -> dict:
        """A call over a connection of its own."""
        client = self.client(cid)
        answer = client.call(API + method, **parameters)
        self.clients.remove(client)
        client.close()
        return answer

    def begin(self, cid: int, method: str, more: bool = False, **parameters) -> Client:
        """The same, without waiting for the answer."""
        client = self.client(cid)
        client.send({"method": API + method, "parameters": parameters} | ({"more": True} if more else {}))
        return client

    def passed(self, cid: int):
        """Whatever that app has called before has been dealt with: what comes together may pass in any order, but not what comes later."""
        client = self.client(cid)
        for _ in range(2):
            client.call("org.varlink.service.GetInfo")
        self.clients.remove(client)
        client.close()

    def wait_listed(self, interface: str, key: str, cid: int, wanted: str):
        wait_for(lambda: wanted in [entry["id"] for entry in self.ask(cid, f"{interface}.Watch")["parameters"][key]], f"{wanted} is offered")

    def offer_folder(self, cid: int = DRIVE):
        """A folder, "drive", of an app that serves it; once in a test."""
        if f"{NAMES[cid]}/drive" not in [folder["id"] for folder in self.ask(PHONE, "Folders.Watch")["parameters"]["folders"]]:
            self.offer(cid=cid, aname="/srv/drive")
            self.wait_listed("Folders", "folders", PHONE, f"{NAMES[cid]}/drive")

    def offer_camera(self) -> Client:
        offer = self.begin(PHONE, "Camera.Offer", True, name="phone", title="Phone on the desk", modes=MODES)
        self.wait_listed("Camera", "cameras", CALLER, f"{NAMES[PHONE]}/phone")
        return offer

    def copy(self):
        """The phone copies a text."""
        self.focus(PHONE)
        asked = self.ask(PHONE, "Clipboard.Copy", types=[TEXT])
        self.stream(asked["parameters"]["stream"], PHONE, b"11\nhello world")
        self.focus(CALLER)

    def choose_opener(self, app: str | None):
        """The person chooses which app opens it; None: none."""
        dialog = self.desktop.dialog("AskOpening")
        self.desktop.tell(opened={"id": dialog["id"], "app": app, "always": False, "fresh": False})

    def save_as(self, name: str):
        """The person does."""
        self.asked()
        self.enter("Shared drive")
        self.do("save", name=name)

    # ---- scenes ----

    def scene(self, call: dict, replies: list[dict]):
        """That of an example, by its method and how it is answered in the end."""
        method, end = call["method"].removeprefix(API), replies[-1]
        self.allow(PERMISSIONS.get(method.partition(".")[0], ()))
        match method, end.get("error", "").rpartition(".")[2]:
            case "Camera.Offer", "":
                return self.camera_that_is_opened()
            case "Camera.Watch", "":
                return self.camera_to_know_of()
            case "Camera.Open", "":
                return self.camera_of_the_phone()
            case "Clipboard.Copy", "":
                return self.text_that_is_pasted(call["parameters"]["types"][0])
            case "Clipboard.Paste", "":
                return self.text_to_paste()
            case ("Clipboard.Paste", "NotThere") | ("Clipboard.Watch", ""):
                return self.text_to_know_of()
            case "File.Pick", "":
                return self.file_that_is_chosen()
            case "File.Pick", "NotChosen":
                return self.file_that_is_not_chosen()
            case "File.Save", "":
                return self.file_that_is_stored()
            case "File.Save", "NotStored":
                return self.file_that_finds_no_room()
            case "Folders.Offer", "":
                return self.folder_that_is_opened()
            case "Folders.Watch" | "Folders.Open", "":
                return self.folder_of_the_drive()
            case "Folders.Changed", "":
                return self.folder_of_ones_own()
            case "Folders.Changes", "NotOpen":
                return self.folder_that_changes_and_is_closed()
            case "Location.Watch", "":
                return self.place_that_the_phone_knows()
            case "Location.Watch", "NoSource":
                return self.place_that_nobody_knows()
            case "Location.Provide", "":
                return self.place_that_is_wanted()
            case "Notification.Withdraw", "":
                return self.notifications(call["parameters"]["id"])
            case "Notification.Watch", "":
                return self.notification_that_is(end["parameters"]["answer"])
            case "Open.Link" | "Open.Send", "":
                return self.opening(NAMES[PHONE])
            case "Open.Link", "NotOpened":
                return self.opening(None)
            case "Open.Watch", "":
                return self.something_to_open(end["parameters"]["link"] is not None)
            case "Power.Watch", "":
                return self.battery()
            case "VideoEncoder.Open", "TooManyEncodings":
                return self.encodings()
        return self.nothing()

    def nothing(self):
        yield

    def camera_that_is_opened(self):
        yield
        self.wait_listed("Camera", "cameras", PHONE, f"{NAMES[CALLER]}/phone")
        self.begin(PHONE, "Camera.Open", camera=f"{NAMES[CALLER]}/phone")

    def camera_to_know_of(self):
        self.offer_camera()
        yield

    def camera_of_the_phone(self):
        offer = self.offer_camera()
        yield
        self.stream(offer.receive()["parameters"]["stream"], PHONE)

    def text_that_is_pasted(self, kind: str):
        self.focus(CALLER)
        yield
        self.passed(CALLER)
        self.focus(PHONE)
        self.begin(PHONE, "Clipboard.Paste", types=[kind])
        self.desktop.choose(self.desktop.dialog("AskPaste"), "once")
        answer = yield
        self.stream(answer["parameters"]["stream"], CALLER, b"11\nhello world")

    def text_to_paste(self):
        self.copy()
        yield
        self.desktop.choose(self.desktop.dialog("AskPaste"), "once")

    def text_to_know_of(self):
        self.copy()
        yield

    def file_that_is_chosen(self):
        self.offer_folder()
        yield
        self.asked()
        self.enter("Shared drive")
        self.choose("Tea.txt")
        self.withdrawn()

    def file_that_is_not_chosen(self):
        yield
        self.asked()
        self.do("close")

    def file_that_is_stored(self, name: str = "Greener tea.txt"):
        self.offer_folder()
        yield
        self.save_as(name)
        self.withdrawn()
        answer = yield
        self.stream(answer["parameters"]["stream"], CALLER, bytes(4711))

    def file_that_finds_no_room(self):
        self.lies[ninep.WRITE] = ninep.refuse(ninep.ENOSPC)
        yield from self.file_that_is_stored("Greenest tea.txt")

    def folder_that_is_opened(self):
        yield
        self.wait_listed("Folders", "folders", PHONE, f"{NAMES[CALLER]}/drive")
        self.begin(PHONE, "Folders.Open", folder=f"{NAMES[CALLER]}/drive", access="readOnly")

    def folder_of_the_drive(self):
        self.offer_folder()
        yield

    def folder_of_ones_own(self):
        self.offer_folder(CALLER)
        yield

    def folder_that_changes_and_is_closed(self):
        self.offer_folder()
        opened = self.ask(CALLER, "Folders.Open", folder=f"{NAMES[DRIVE]}/drive", access="readWrite")
        stream = self.stream(opened["parameters"]["stream"], CALLER)
        yield
        yield
        self.ask(DRIVE, "Folders.Changed", name="drive", paths=["/letters/2026.txt", "/letters"])
        yield
        stream.close()

    def place_that_the_phone_knows(self):
        again = self.provider is not None
        if not again:
            self.provider = self.begin(PHONE, "Location.Provide", fix=fix())
            self.passed(PHONE)
        yield
        if again:
            self.provider.receive()  # another is wanted
            self.provider.send({"method": API + "Location.Provide", "parameters": {"fix": fix()}})

    def place_that_nobody_knows(self):
        self.forget_provider()
        yield

    def forget_provider(self):
        if self.provider:
            self.provider.close()
            self.passed(PHONE)

    def place_that_is_wanted(self):
        self.passed(CALLER)  # and it provides no more
        yield
        self.passed(CALLER)
        self.begin(PHONE, "Location.Watch", True, accuracy="exact")

    def notifications(self, count: int):
        for _ in range(count):
            self.ask(CALLER, "Notification.Post", title="Hello")
        yield

    def notification_that_is(self, answer: str):
        self.ask(CALLER, "Notification.Post", title="Hello", buttons=[{"id": "again", "label": "Again"}], **({"reply": "Answer"} if answer == "replied" else {}))
        number = self.desktop.next("Show")["id"]
        yield
        if answer == "replied":
            self.desktop.reply(number, "At six")
        else:
            self.desktop.answer(number, "again" if answer == "activated" else None)

    def opening(self, app: str | None):
        self.begin(PHONE, "Open.Watch", True)
        yield
        self.choose_opener(app)

    def something_to_open(self, link: bool):
        self.focus(PHONE)
        yield
        if link:
            self.begin(PHONE, "Open.Link", link="https://example.org/tea?cups=2")
            self.choose_opener(NAMES[CALLER])
        else:
            sent = self.begin(PHONE, "Open.Send", name="Tea.txt", type="text/plain", size=4711)
            self.choose_opener(NAMES[CALLER])
            self.stream(sent.receive()["parameters"]["stream"], PHONE, bytes(4711))

    def battery(self):
        self.hypervisor.set_power(percent=40, plugged=False)
        yield

    def encodings(self):
        job = {"codec": "h264", "width": 64, "height": 48, "rate": 30, "bitRate": 200000, "pixelFormat": "i420"}
        for _ in range(ENCODINGS_MAX):
            self.ask(CALLER, "VideoEncoder.Open", **job)
        yield
