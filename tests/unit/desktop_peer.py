# SPDX-License-Identifier: Apache-2.0
"""A desktop without a screen, for tests: starts desktop_under_test, speaks to it as the broker and as the person do."""
import base64
import functools
import io
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

from display_peer import App, Display

TAB, ENTER, ESCAPE, SPACE, KEY_N, SUPER, SHIFT, DOWN = 15, 28, 1, 57, 49, 125, 42, 108
WAIT_SECONDS = 60


class VarlinkError(Exception):
    """What a method answered instead of a reply."""


class Late(Exception):
    """What had to be done in time was not: a busy machine takes what it likes. The test has another try."""


def with_tries(test):
    @functools.wraps(test)
    def tries(self):
        for _ in range(10):
            try:
                return test(self)
            except Late as late:
                why = late
                print(f"# {test.__name__} again: {why}")
                self.doCleanups()
                self.setUp()
        self.fail(f"this machine is too slow for the test: {why}")
    return tries


class Connection:
    """One Varlink connection, as small as a client can be."""

    def __init__(self, path: str):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(path)
        self.buffer = b""

    def send(self, method: str, more: bool = False, **parameters):
        message = {"method": method, "parameters": parameters}
        if more:
            message["more"] = True
        self.socket.sendall(json.dumps(message).encode() + b"\0")

    def receive(self) -> dict:
        while b"\0" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("the desktop closed the connection")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        reply = json.loads(message)
        if "error" in reply:
            raise VarlinkError(reply["error"], reply.get("parameters", {}))
        return reply.get("parameters", {})

    def receive_with(self, *names: str) -> dict:
        """The next reply that says one of these, of a watch that tells other things too."""
        while True:
            reply = self.receive()
            if any(reply.get(name) is not None for name in names):
                return reply

    def call(self, method: str, **parameters) -> dict:
        self.send(method, **parameters)
        return self.receive()

    def close(self):
        self.socket.close()


def different(before, after):
    """The box of what changed, or None. Of a whole screen, but for the clock: a minute may end at any time."""
    from PIL import ImageChops
    changes = ImageChops.difference(before, after)
    if changes.width >= 1280 or changes.size in ((360, 720), (720, 360)):
        changes.paste((0, 0, 0), (changes.width - 204, 0, changes.width - 50, 40))
    return changes.getbbox()


def png(color: tuple[int, int, int], side: int = 64) -> bytes:
    """An app's picture, of one color."""
    from PIL import Image
    data = io.BytesIO()
    Image.new("RGB", (side, side), color).save(data, "PNG")
    return data.getvalue()


class Desktop:
    """The desktop and a person in front of it."""

    def __init__(self, program: str, width: int = 1280, height: int = 800, toast_ms: int = 60000, animated: bool = False,
                 form: str = "desktop", display_socket: str | None = None, scale: float = 1, turn_ms: int = 420):
        self.folder = tempfile.TemporaryDirectory(prefix="bk-desktop-")
        self.path = os.path.join(self.folder.name, "desktop.sock")
        probe = os.path.join(self.folder.name, "probe.sock")
        self.log_path = pathlib.Path(self.folder.name) / "log"
        # A sanitized build's leak check: fontconfig keeps what it knows of fonts for the life of the process.
        suppressions = pathlib.Path(self.folder.name) / "suppressions"
        suppressions.write_text("leak:libfontconfig\n")
        environment = {**os.environ, "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0"}
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program, self.path, probe, str(width), str(height), str(scale), str(toast_ms), str(int(animated)), form, str(turn_ms)] +
                ([display_socket] if display_socket else []),
                stderr=log, env=environment)
        self.wait_log("bk-compositor: first frame")
        self.probe = Connection(probe)
        self.eyes = Connection(probe)  # for glimpses, while the other waits for the screen to settle

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_log(self, text: str):
        deadline = time.monotonic() + WAIT_SECONDS
        while text not in self.log():
            assert self.process.poll() is None, f"the desktop ended: {self.log()}"
            assert time.monotonic() < deadline, f"no {text!r} in: {self.log()}"
            time.sleep(0.002)

    def move(self, x: int, y: int):
        self.probe.call("io.bulkhead.DesktopProbe.Move", x=x, y=y)

    def button(self, down: bool):
        self.probe.call("io.bulkhead.DesktopProbe.Button", down=down)

    def click(self, x: int, y: int):
        self.move(x, y)
        self.button(True)
        self.button(False)

    def other_click(self, x: int, y: int):
        """With the right button."""
        self.move(x, y)
        self.other_button(True)
        self.other_button(False)

    def other_button(self, down: bool):
        self.probe.call("io.bulkhead.DesktopProbe.Button", down=down, other=True)

    def scroll(self, steps: int):
        self.probe.call("io.bulkhead.DesktopProbe.Scroll", steps=steps)

    def key(self, *codes: int):
        for code in codes:
            self.probe.call("io.bulkhead.DesktopProbe.Key", code=code, down=True)
        for code in reversed(codes):
            self.probe.call("io.bulkhead.DesktopProbe.Key", code=code, down=False)

    def resize(self, width: int, height: int):
        self.probe.call("io.bulkhead.DesktopProbe.Resize", width=width, height=height)

    def screenshot(self, path: str | os.PathLike | None = None):
        from PIL import Image
        target = os.fspath(path or os.path.join(self.folder.name, "screen.png"))
        self.probe.call("io.bulkhead.DesktopProbe.Screenshot", path=os.path.abspath(target))
        with Image.open(target) as image:
            return image.convert("RGB").copy()

    def record(self):
        """From now on each frame is kept."""
        self.frames_folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder.name))
        self.probe.call("io.bulkhead.DesktopProbe.Record", folder=str(self.frames_folder))

    def frames(self) -> list:
        """The frames since record(), once the screen has settled."""
        from PIL import Image
        self.screenshot()
        found = []
        for path in sorted(self.frames_folder.iterdir()):
            width, height = map(int, path.name.split("-")[1:])
            found.append(Image.frombytes("RGB", (width, height), path.read_bytes(), "raw", "BGRX"))
        return found

    def touch(self, x: int, y: int, finger: int = 0):
        """The finger comes down there, or goes on to there."""
        self.probe.call("io.bulkhead.DesktopProbe.Touch", finger=finger, x=x, y=y)

    def tap(self, x: int, y: int):
        self.touch(x, y)
        self.touch_up()

    def hold(self, x: int, y: int, box: tuple[int, int, int, int], before=None):
        """A finger rests there until something is shown in that box of the screen, which was like `before`, or is now; and stays."""
        before = (before or self.screenshot()).crop(box)
        self.touch(x, y)
        deadline = time.monotonic() + WAIT_SECONDS
        while different(before, self.screenshot().crop(box)) is None:
            assert time.monotonic() < deadline, f"nothing came in {box}"

    def touch_up(self, finger: int = 0):
        self.probe.call("io.bulkhead.DesktopProbe.TouchUp", finger=finger)

    def glimpse(self):
        """What the screen shows right now, in the middle of whatever moves."""
        from PIL import Image
        target = os.path.join(self.folder.name, "glimpse.png")
        self.eyes.call("io.bulkhead.DesktopProbe.Glimpse", path=target)
        with Image.open(target) as image:
            return image.convert("RGB").copy()

    def stop(self) -> int:
        """Ends it as bk-init would; yields its status. The folder with its log stays."""
        self.process.terminate()
        return self.process.wait(WAIT_SECONDS)


class Broker:
    """The broker's side: one connection that watches, one that shows and withdraws."""

    def __init__(self, desktop: Desktop, watch: bool = True):
        self.calls = Connection(desktop.path)
        self.watching = None
        if watch:
            self.watch(desktop)

    def watch(self, desktop: Desktop):
        self.watching = Connection(desktop.path)
        self.watching.send("io.bulkhead.Desktop.Watch", more=True)

    def show(self, number: int, title: str = "Time is up", body: str = "Ten minutes have passed.", app: str = "io.bulkhead.timer",
             name: str = "Timer", buttons=(("again", "Again"), ("done", "Done"))):
        self.calls.call("io.bulkhead.Desktop.Show", id=number, app=app, appName=name, title=title, body=body,
                        buttons=[{"id": identifier, "label": label} for identifier, label in buttons])

    def withdraw(self, number: int):
        self.calls.call("io.bulkhead.Desktop.Withdraw", id=number)

    def tell_app(self, icon: bytes | None = None, app: str = "io.bulkhead.timer", name: str = "Timer"):
        """Tells of one app, and that there is no other."""
        entry = {"id": app, "name": name, "state": "running"}
        if icon is not None:
            entry["icon"] = base64.b64encode(icon).decode()
        self.calls.call("io.bulkhead.Desktop.SetApps", apps=[entry])

    def answer(self) -> dict:
        return self.watching.receive_with("id", "app")

    def close(self):
        self.calls.close()
        if self.watching:
            self.watching.close()


class WithApps(unittest.TestCase):
    """A desktop with a display port and a broker; the apps are the test's. It has to end in order."""
    unwanted = ["<3>"]  # in the desktop's log
    pictures = ""  # the environment variable that names the folder to keep screens in

    def __init_subclass__(cls):
        for name, test in list(vars(cls).items()):
            if name.startswith("test_"):
                setattr(cls, name, with_tries(test))

    def begin(self, program: str, *size: int, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="bk-apps-")
        path = os.path.join(self.folder.name, "display.sock")
        self.display = Display(path)
        self.desktop = Desktop(program, *size, display_socket=path, **options)
        self.addCleanup(self.end)
        self.display.accept()
        self.broker, self.watch = Connection(self.desktop.path), Connection(self.desktop.path)
        self.watch.send("io.bulkhead.Desktop.Watch", more=True)
        self.desktop.wait_log("a broker watches")

    def end(self):
        for connection in (self.broker, self.watch):
            connection.close()
        status, log = self.desktop.stop(), self.desktop.log()
        self.display.close()
        self.desktop.folder.cleanup()
        self.folder.cleanup()
        self.assertEqual(status, 0, log)
        for text in self.unwanted:
            self.assertNotIn(text, log)

    def app(self, cid: int = 10, color=(200, 60, 60)) -> App:
        """An app that has drawn its first frame."""
        app = App(self.display, cid, color)
        app.follow()
        app.done()
        return app

    def look(self, name: str):
        """The screen, kept under this name when pictures are wanted."""
        picture = self.desktop.screenshot()
        if folder := os.environ.get(self.pictures):
            picture.save(os.path.join(folder, f"{name}.png"))
        return picture

    def box(self, color, picture=None) -> tuple[int, int, int, int] | None:
        """Where this colour is on the screen: left, top, right, bottom (exclusive)."""
        from PIL import ImageChops
        picture = (picture or self.desktop.screenshot()).convert("RGB")
        close = [band.point(lambda value, want=want: 255 if abs(value - want) <= 2 else 0) for band, want in zip(picture.split(), color)]
        return ImageChops.multiply(ImageChops.multiply(close[0], close[1]), close[2]).getbbox()
