# SPDX-License-Identifier: Apache-2.0
"""Varlink peers for tests, of the standard library alone: a client, a fake hypervisor, a fake desktop."""
import json
import os
import queue
import socket
import threading
import time

PATIENCE = 60  # seconds that a test waits for what must happen


def wait_for(condition, what: str, seconds: float = PATIENCE):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def assert_left(closing: int, began: float):
    """What io.bulkhead.Window says is left until a window closes: of ten seconds, since then or some later moment."""
    assert 10000 - 1000 * (time.monotonic() - began) - 50 <= closing <= 10000, closing


class Stream:
    """Messages over a socket or a device."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.received = b""

    def send(self, message: dict):
        self.send_bytes(json.dumps(message).encode() + b"\0")

    def send_bytes(self, data: bytes):
        if isinstance(self.endpoint, int):
            os.write(self.endpoint, data)
        else:
            self.endpoint.sendall(data)

    def read_bytes(self) -> bytes:
        return os.read(self.endpoint, 65536) if isinstance(self.endpoint, int) else self.endpoint.recv(65536)

    def receive(self) -> dict | None:
        """The next message; None at the end of the stream."""
        while b"\0" not in self.received:
            data = self.read_bytes()
            if not data:
                return None
            self.received += data
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)


class Client(Stream):
    def __init__(self, path):
        super().__init__(socket.socket(socket.AF_UNIX))
        self.endpoint.settimeout(PATIENCE)
        self.endpoint.connect(str(path))

    def call(self, method: str, more: bool = False, **parameters) -> dict:
        self.send({"method": method, "parameters": parameters} | ({"more": True} if more else {}))
        return self.receive()

    def post(self, title: str = "Hello", **parameters) -> dict:
        return self.call("io.bulkhead.Notification.Post", title=title, **parameters)

    def closed(self) -> bool:
        """True when the other side closes; nothing more may come before that."""
        try:
            return self.endpoint.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.endpoint.close()


class FakeHypervisor:
    """Serves io.bulkhead.Hypervisor, one session after another, over one end of a stream that stays."""

    def __init__(self, endpoint, apps: dict[str, dict]):
        self.stream = Stream(endpoint)
        self.apps = {name: {"id": name, "name": name.rpartition(".")[2].title(), "autostart": False, "state": "stopped",
                            "cid": None, "ended": None} | app for name, app in apps.items()}
        self.generation = 0
        self.orientation = 0
        self.power = {"percent": None, "plugged": True, "charging": False, "seconds": None, "suspends": True}
        self.suspend: dict | None = {"parameters": {}}  # what Suspend() answers; None: the person wakes it with wake()
        self.calls: list[dict] = []
        self.sessions, self.knocks = 0, 0  # knocks: with one that still waits for the lock
        self.watching = False
        self.lock = threading.Lock()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        buffer, last_nul = b"", False
        while True:
            try:
                data = self.stream.read_bytes()
            except OSError:
                return
            if not data:
                return
            for byte in data:
                if byte:
                    buffer, last_nul = buffer + bytes([byte]), False
                elif last_nul:
                    self.knocks += 1
                    with self.lock:
                        self.watching, self.sessions, buffer, last_nul = False, self.sessions + 1, b"", False
                        self.stream.send_bytes(b"\0\0")
                else:
                    message, buffer, last_nul = buffer, b"", True
                    if message:
                        try:
                            call = json.loads(message)
                        except ValueError:
                            continue  # what a dead client left half sent
                        self.answer(call)

    def answer(self, call: dict):
        with self.lock:
            self.calls.append(call)
            method, parameters = call["method"].rpartition(".")[2], call.get("parameters", {})
            if method == "List":
                self.stream.send({"parameters": {"apps": list(self.apps.values()), "generation": self.generation}})
            elif method == "Start":  # oneway, as Stop is
                app = self.apps[parameters["id"]]
                if why := app.get("fails"):
                    app.update(ended=why)
                elif app["state"] == "stopped":
                    app.update(state="running", cid=app.pop("next_cid"))
            elif method == "StartCopy":
                app = self.apps[parameters["id"]]
                if why := app.get("fails"):
                    self.stream.send({"error": "io.bulkhead.Hypervisor.StartFailed", "parameters": {"id": app["id"], "reason": why}})
                    return
                copy = next(name for number in range(1, 9) if (name := f"{app['id']}+{number}") not in self.apps)
                self.apps[copy] = app | {"id": copy, "copyOf": app["id"], "state": "starting", "cid": app["copy_cids"].pop(0), "ended": None}
                self.stream.send({"parameters": {"app": self.apps[copy]}})
            elif method == "SetMicrophone":  # oneway too
                app = self.apps[parameters["id"]]
                if app.get("recording") or not parameters["allowed"]:
                    app.update(microphone=parameters["allowed"])
            elif method == "Stop" and parameters.get("patient"):
                pass  # it takes its time
            elif method == "Stop":
                self.apps[parameters["id"]].update(state="stopped", cid=None, ended="it was stopped")
                if "copyOf" in self.apps[parameters["id"]]:
                    del self.apps[parameters["id"]]
                    self.generation += 1
            elif method == "Icon":
                self.stream.send({"parameters": {"icon": self.apps[parameters["id"]].get("icon")}})
            elif method == "Suspend":
                if self.suspend is not None:
                    self.stream.send(self.suspend)
            elif method == "PowerOff":
                pass  # oneway, and then there is no machine
            elif method != "Watch":
                self.calls.pop()
                self.stream.send({"error": "org.varlink.service.MethodNotFound", "parameters": {"method": call["method"]}})
            else:
                self.watching = True
                self.stream.send({"parameters": {"generation": self.generation}, "continues": True})
                for app in self.apps.values():
                    self.stream.send({"parameters": {"app": app}, "continues": True})
                self.stream.send({"parameters": {"orientation": self.orientation}, "continues": True})
                self.stream.send({"parameters": {"power": self.power}, "continues": True})

    def set_power(self, **what):
        with self.lock:
            self.power = self.power | what
            self.stream.send({"parameters": {"power": self.power}, "continues": True})

    def install(self, apps: dict[str, dict], removed: tuple[str, ...] = ()):
        """Other apps, or other versions, are installed from now on."""
        with self.lock:
            for name, app in apps.items():
                self.apps[name] = {"id": name, "name": name.rpartition(".")[2].title(), "autostart": False, "state": "stopped",
                                   "cid": None, "ended": None} | app
            for name in removed:
                del self.apps[name]
            self.generation += 1
            if self.watching:
                self.stream.send({"parameters": {"generation": self.generation}, "continues": True})

    def end_copy(self, copy: str, told: bool = True, why: str = "the guest powered off", **more):
        """It is gone; or went where nobody was told of it but by the list's number."""
        with self.lock:
            app = self.apps.pop(copy) | {"state": "stopped", "cid": None, "ended": why} | more
            self.generation += 1
            if self.watching and told:
                self.stream.send({"parameters": {"app": app}, "continues": True})
            if self.watching:
                self.stream.send({"parameters": {"generation": self.generation}, "continues": True})

    def wake(self, reply: dict):
        """The machine, which sleeps, is awake: Suspend() answers."""
        with self.lock:
            self.stream.send(reply)

    def turn(self, degrees: int):
        with self.lock:
            self.orientation = degrees
            self.stream.send({"parameters": {"orientation": degrees}, "continues": True})

    def change(self, app: str, **what):
        with self.lock:
            self.apps[app].update(what)
            self.stream.send({"parameters": {"app": self.apps[app]}, "continues": True})

    def methods(self) -> list[str]:
        """What was called, but for the icons."""
        methods = [call["method"].rpartition(".")[2] for call in self.calls]
        return [method for method in methods if method != "Icon"]


class FakeService:
    """Listens on a Unix socket, and calls serve() with each connection in a thread of its own."""

    def __init__(self, path):
        self.connections: list[socket.socket] = []
        self.dead, self.lock = False, threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.path = path
        path.unlink(missing_ok=True)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with self.lock:
                if self.dead:
                    connection.close()
                    return
                self.connections.append(connection)
            threading.Thread(target=self.serve, args=(Stream(connection),), daemon=True).start()

    def die(self):
        with self.lock:  # nobody is let in any more
            self.dead = True
        for endpoint in [self.listener, *self.connections]:
            try:
                endpoint.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            endpoint.close()
        self.path.unlink(missing_ok=True)


class FakeDesktop(FakeService):
    """Serves io.bulkhead.Desktop on a Unix socket, to any number of connections."""

    def __init__(self, path):
        self.shown: dict[int, dict] = {}
        self.events: queue.Queue = queue.Queue()  # ("Show" or "Withdraw", parameters)
        self.watchers: list[Stream] = []
        self.told: list[dict[str, dict]] = []  # what each SetApps() said
        self.turned: list[int] = []  # what each SetOrientation() said
        self.windows: queue.Queue = queue.Queue()  # what each SetWindow() said
        self.dialogs: queue.Queue = queue.Queue()  # what each Ask() said, and what WithdrawAsk() did
        self.patience = PATIENCE
        self.busy = 0  # so many times Ask() is refused
        self.uses: list[dict] = []  # what SetUses() said last
        self.all_uses: list[list[dict]] = []
        self.privacy: dict = {"grants": [], "uses": []}  # what SetPrivacy() said last
        self.power: list[dict] = []  # what each SetPower() said
        self.places: list[dict | None] = []  # what each SetPlace() said
        self.software: list[dict] = []  # what each SetSoftware() said
        self.bundles: list[dict] = []  # what each SetBundle() said
        self.pages = 0  # so many times ShowSoftware() was called
        self.storage: list[dict | None] = []  # what each SetStorage() said
        self.pastes: queue.Queue = queue.Queue()  # what each ShowPaste() said
        self.slow = threading.Event()  # cleared: SetApps() is not answered
        self.slow.set()
        super().__init__(path)

    def serve(self, stream: Stream):
        try:
            while call := stream.receive():
                method, parameters = call["method"].rpartition(".")[2], call.get("parameters", {})
                if method == "Watch":
                    self.watchers.append(stream)
                    continue
                if method == "SetOrientation":
                    self.turned.append(parameters["degrees"])
                    stream.send({"parameters": {}})
                    continue
                if method == "SetPower":
                    self.power.append(parameters)
                    stream.send({"parameters": {}})
                    continue
                if method == "SetPlace":
                    self.places.append(parameters.get("place"))
                    stream.send({"parameters": {}})
                    continue
                if method in ("SetSoftware", "SetBundle"):
                    (self.software if method == "SetSoftware" else self.bundles).append(parameters)
                    stream.send({"parameters": {}})
                    continue
                if method == "ShowSoftware":
                    self.pages += 1
                    stream.send({"parameters": {}})
                    continue
                if method == "SetStorage":
                    self.storage.append(parameters.get("storage"))
                    stream.send({"parameters": {}})
                    continue
                if method == "SetApps":
                    self.told.append({app["id"]: app for app in parameters["apps"]})
                    self.slow.wait(PATIENCE)
                    stream.send({"parameters": {}})
                    continue
                if method == "SetWindow":
                    self.windows.put(parameters)
                    stream.send({"parameters": {}})
                    continue
                if method == "ShowPaste":
                    self.pastes.put(parameters)
                    stream.send({"parameters": {}})
                    continue
                if method in ("SetDefaults", "Present"):
                    stream.send({"parameters": {}})
                    continue
                if method in ("Ask", "AskPaste", "AskOpening", "AskFile", "ShowFiles", "WithdrawAsk", "SetUses", "SetPrivacy"):
                    stream.send(self.privately(method, parameters))
                    continue
                if method == "Show":
                    self.shown[parameters["id"]] = parameters
                    stream.send({"parameters": {}})
                elif self.shown.pop(parameters["id"], None):
                    stream.send({"parameters": {}})
                else:
                    stream.send({"error": "io.bulkhead.Desktop.NoSuchNotification", "parameters": parameters})
                    continue
                self.events.put((method, parameters))
        except OSError:
            pass

    def privately(self, method: str, parameters: dict) -> dict:
        """Takes a call about permissions; yields the reply."""
        if method == "SetUses":
            self.uses = parameters["uses"]
            self.all_uses.append(self.uses)
        elif method == "SetPrivacy":
            self.privacy = parameters
        elif method in ("Ask", "AskPaste", "AskOpening", "AskFile") and self.busy > 0:
            self.busy -= 1
            return {"error": "io.bulkhead.Desktop.Busy", "parameters": {}}
        else:
            self.dialogs.put((method, parameters))
        return {"parameters": {}}

    def dialog(self, wanted: str = "Ask") -> dict:
        method, parameters = self.dialogs.get(timeout=self.patience)
        assert method == wanted, f"expected {wanted}, met {method} {parameters}"
        return parameters

    def app(self, name: str) -> dict:
        """What was told last of an app."""
        return self.told[-1].get(name, {}) if self.told else {}

    def choose(self, dialog: dict, choice: str | None):
        """The person answers a dialog; None: closes it."""
        self.tell(asked={"id": dialog["id"], "choice": choice})

    def grant(self, app: str, permission: str, choice: str | None):
        """The person changes on the privacy page what an app may."""
        self.tell(grant={"app": app, "permission": permission, "choice": choice})

    def next(self, wanted: str) -> dict:
        method, parameters = self.events.get(timeout=self.patience)
        assert method == wanted, f"expected {wanted}, met {method} {parameters}"
        return parameters

    def quiet(self) -> bool:
        return self.events.empty()

    def answer(self, notification: int, button: str | None):
        self.shown.pop(notification, None)
        wait_for(lambda: self.watchers, "the broker watched")
        self.watchers[-1].send({"parameters": {"id": notification, "answer": "activated" if button else "dismissed",
                                               "button": button}, "continues": True})

    def reply(self, notification: int, text: str):
        """The person wrote an answer."""
        self.shown.pop(notification, None)
        wait_for(lambda: self.watchers, "the broker watched")
        self.watchers[-1].send({"parameters": {"id": notification, "answer": "replied", "text": text}, "continues": True})

    def request(self, app: str, request: str):
        wait_for(lambda: self.watchers, "the broker watched")
        self.watchers[-1].send({"parameters": {"app": app, "request": request}, "continues": True})

    def tell(self, **what):
        """How a window is seen, or what is around them all."""
        wait_for(lambda: self.watchers, "the broker watched")
        self.watchers[-1].send({"parameters": what, "continues": True})
