#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bk-supervisor beside a running Linux, with fake_vmm.py for bk-vmm: drive_supervisor.py BK-SUPERVISOR BK-SOUND
BK-CAMERA BK-CODEC

Start, stop, kill, restart and plug, over real Varlink, as the System VM and the debug port ask for it.
"""
import base64
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

FAKE_VMM = pathlib.Path(__file__).with_name("fake_vmm.py")
PATIENCE = 60  # seconds, on a loaded machine
APPS = {"org.example.plain": "", "org.example.deaf": "fake=deaf", "org.example.dies": "fake=dies",
        "org.example.short": "fake=short", "org.example.descriptor": "fake=descriptor",
        "org.example.unknown": "fake=unknown", "org.example.flood": "fake=flood", "org.example.silent": "fake=silent",
        "org.example.window": "", "org.example.sound": "", "org.example.network": "", "org.example.nodisk": ""}
PLAIN = "org.example.plain"
WINDOW = "org.example.window"  # it has a display and an icon
SOUND = "org.example.sound"  # it has a sound card
NETWORK = "org.example.network"  # it has a network card
ICON = b"\x89PNG\r\n\x1a\nand so on"


class Client:
    """A Varlink connection."""

    def __init__(self, path: pathlib.Path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(os.fspath(path))
        self.received = b""

    def send(self, method: str, more: bool = False, **parameters):
        self.socket.sendall(json.dumps({"method": method, "parameters": parameters, "more": more}).encode() + b"\0")

    def reply(self) -> dict:
        while b"\0" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed")
            self.received += data
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def call(self, method: str, **parameters) -> dict:
        self.send(method, **parameters)
        return self.reply()


class Supervisor:
    """One supervisor with its folder and its log."""

    def __init__(self, program: str, sound: str, camera: str, codec: str, folder: pathlib.Path):
        self.folder = folder
        (folder / "system").mkdir()
        (folder / "system/vmlinux").write_text("the kernel")
        (folder / "system/root.erofs").write_text("the system")
        for app, arguments in APPS.items():
            (folder / "apps" / app).mkdir(parents=True)
            (folder / "apps" / app / "root.erofs").write_text("an app")
            manifest = {"id": app, "name": "Example", "memory": 64, "cpus": 1, "autostart": app == PLAIN, "display": app == WINDOW, "sound": app == SOUND,
                        "theirs": "x"}
            if app == NETWORK:
                manifest |= {"network": ["example.org", "*.example.net"], "permissions": {"network": "To talk."}}
            (folder / "apps" / app / "manifest.json").write_text(
                json.dumps(manifest | ({"arguments": arguments} if arguments else {})))
        (folder / "apps" / "org.example.nodisk" / "root.erofs").unlink()
        (folder / "apps" / WINDOW / "icon.png").write_bytes(ICON)
        (folder / "apps" / PLAIN / "icon.png").write_bytes(ICON + bytes(1 << 16))
        (folder / "apps" / "org.example.deaf" / "icon.png").write_bytes(b"GIF89a")
        manifest = folder / "apps" / PLAIN / "manifest.json"
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {
            "permissions": {"location": "To know.", "camera": "To see."}, "opens": {"schemes": ["https", PLAIN], "types": ["image/*"]}}))
        for app, text in {"org.example.bad": "{", "org.example.other": json.dumps({"id": "a.b", "name": "x", "memory": 64}),
                          "org.example.own": json.dumps({"id": "org.example.own", "name": "x", "memory": 64, "guest": "kernel"})}.items():
            (folder / "apps" / app).mkdir()
            (folder / "apps" / app / "manifest.json").write_text(text)
        self.lines: list[str] = []
        self.process = subprocess.Popen([program, "--machine", folder, "--run", folder, "--vmm", FAKE_VMM, "--sound", sound,
                                         "--camera", camera, "--codec", codec, "--debug",
                                         "--form", "phone", "--scale", "1.5", "--reduced-motion", *self.devices()],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
        threading.Thread(target=lambda: self.lines.extend(iter(self.process.stderr.readline, "")), daemon=True).start()

    def devices(self) -> list[str]:
        """What the System VM gets beside its image."""
        self.data = self.folder / "data.img"
        self.data.write_bytes(b"kept from before")
        self.receiver, line = os.openpty()
        self.line = os.ttyname(line)
        os.close(line)
        self.sys = self.folder / "sys"
        (self.sys / "power").mkdir(parents=True)
        (self.sys / "power/state").write_text("freeze mem disk\n")
        self.battery("Discharging", 40)
        return ["--data", os.fspath(self.data), "--gps", self.line, "--place", "47.37,8.54", "--power", os.fspath(self.sys)]

    def battery(self, status: str, percent: int):
        """What the kernel says of the machine's battery, and of its charger."""
        for name, values in (("BAT0", {"TYPE": "Battery", "STATUS": status, "ENERGY_FULL": 50000000, "ENERGY_NOW": percent * 500000,
                                       "POWER_NOW": 10000000, "CAPACITY": percent}),
                             ("AC", {"TYPE": "Mains", "ONLINE": int(status != "Discharging")}),
                             ("hidpp_battery_0", {"TYPE": "Battery", "SCOPE": "Device", "STATUS": "Discharging", "CAPACITY": 7})):
            folder = self.sys / "class/power_supply" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "uevent").write_text("".join(f"POWER_SUPPLY_{key}={value}\n" for key, value in values.items()))

    def wait(self, pattern: str, since: int = 0) -> re.Match:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for line in self.lines[since:]:
                if match := re.search(pattern, line):
                    return match
            time.sleep(0.02)
        raise AssertionError(f"the log has no {pattern!r} after line {since}; it ends:\n" + "".join(self.lines[-12:]))

    def client(self) -> Client:
        return Client(self.folder / "debug.sock")

    def call(self, method: str, **parameters) -> dict:
        answer = self.client().call("io.bulkhead." + method, **parameters)
        return answer

    def app(self, app: str) -> dict:
        return next(found for found in self.call("Hypervisor.List")["parameters"]["apps"] if found["id"] == app)

    def start(self, app: str) -> int:
        answer = self.call("Hypervisor.Start", id=app)
        assert "error" not in answer, answer
        return answer["parameters"]["cid"]

    def send(self, data: bytes):
        """To the System VM's port, from inside."""
        self.call("Debug.Console", vm="system", line="send " + data.hex())

    def port(self, data: bytes, end: bytes = b"\0", having: bytes = b"") -> bytes:
        """Sends to the System VM's port from inside, yields what comes back up to that end, when it has that within."""
        since = len(self.lines)
        self.send(data)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = b"".join(bytes.fromhex(line.split()[2]) for line in self.lines[since:] if line.startswith("system| port "))
            if found.endswith(end) and having in found.replace(b" ", b""):
                return found
            time.sleep(0.02)
        raise AssertionError(f"the port answered {found!r}")


def error(answer: dict) -> str:
    return answer.get("error", "").rpartition(".")[2]


def test_system_vm_comes_up(s: Supervisor):
    s.wait(r"^system\| up as system vsock system memory \d+ cpus [12]")
    s.wait(r"^system\| display 1280x800")
    assert s.wait(r"^system\| cmdline (.*)")[1].endswith(
        "init=/sbin/bk-init bulkhead.debug bulkhead.form=phone bulkhead.scale=1.5 bulkhead.reduced_motion "
        "bulkhead.data=/dev/vdb bulkhead.gps bulkhead.camera bulkhead.codec bulkhead.place=47.37,8.54")
    s.wait(r"^system\| kernel the kernel disk the system")
    s.wait(r"^system\| descriptors 10$")  # kernel, disks, console, ports, control: nothing else leaks
    s.wait(r"^system\| data kept from before of \d+ bytes")
    s.wait(rf"^system\| gps {s.line}$")
    assert s.data.read_bytes() == b"written by the System VM"
    s.wait(r"^bk-supervisor: the System VM runs")


def test_bad_manifests_are_named_and_left_out(s: Supervisor):
    s.wait(r"^bk-supervisor: app org\.example\.bad is left out: its manifest is wrong")
    s.wait(r"^bk-supervisor: app org\.example\.other is left out: its manifest names another id")
    s.wait(r"^bk-supervisor: app org\.example\.own is left out: its guest is a kernel of its own")
    assert sorted(APPS) == [app["id"] for app in s.call("Hypervisor.List")["parameters"]["apps"]]


def test_introspection(s: Supervisor):
    text = s.client().call("org.varlink.service.GetInterfaceDescription",
                           interface="io.bulkhead.Hypervisor")["parameters"]["description"]
    assert "method Start" in text and "error AlreadyRunning" in text
    assert error(s.call("Hypervisor.Start")) == "InvalidParameter"
    assert error(s.call("Hypervisor.Watch")) == "ExpectedMore"


def test_start_plug_stop(s: Supervisor):
    cid = s.start(PLAIN)
    assert cid >= 16
    assert s.app(PLAIN) == {"id": PLAIN, "name": "Example", "autostart": True, "permissions": [{"name": "camera", "reason": "To see."},
        {"name": "location", "reason": "To know."}], "opens": {"schemes": ["https", PLAIN], "types": ["image/*"]}, "state": "running",
        "cid": cid, "recording": False, "microphone": False}
    s.wait(rf"^org\.example\.plain\| up as org\.example\.plain vsock app:{cid} memory 64 cpus 1")
    s.wait(r"^org\.example\.plain\| exits when it resets: True, faults: False")
    s.wait(r"^org\.example\.plain\| descriptors 4$")
    s.wait(r"^org\.example\.plain\| plugged 2")
    s.wait(rf"^system\| plugged {cid}")
    s.call("Debug.Console", vm=PLAIN, line="ping")
    s.wait(rf"^system\| cable {cid} says ping")
    s.wait(r"^org\.example\.plain\| cable 2 says pong")
    assert error(s.call("Hypervisor.Start", id=PLAIN)) == "AlreadyRunning"
    since = len(s.lines)
    assert s.call("Hypervisor.Stop", id=PLAIN) == {"parameters": {}}
    assert s.app(PLAIN)["state"] == "stopped" and s.app(PLAIN)["ended"] == "the guest powered off" and "crashed" not in s.app(PLAIN)
    s.wait(rf"^system\| (unplugged {cid}|cable {cid} ended)", since)
    assert error(s.call("Hypervisor.Stop", id=PLAIN)) == "NotRunning"
    assert error(s.call("Hypervisor.Stop", id="org.example.none")) == "NoSuchApp"


def test_cids_are_never_used_again(s: Supervisor):
    first = s.start(PLAIN)
    s.call("Hypervisor.Stop", id=PLAIN, force=True)
    assert s.app(PLAIN)["ended"] == "it was stopped" and not {"cid", "crashed"} & set(s.app(PLAIN))
    assert s.start(PLAIN) > first
    s.call("Hypervisor.Stop", id=PLAIN)


def test_an_app_gets_a_network_card_that_says_so(s: Supervisor):
    s.wait("^system\\| network system$")
    assert s.app(NETWORK)["network"] == ["example.org", "*.example.net"] and "networkPort" not in s.app(NETWORK)
    assert "network" not in s.app(PLAIN)
    ports = []
    for _ in range(2):
        since = len(s.lines)
        s.start(NETWORK)
        ports.append(port := s.app(NETWORK)["networkPort"])
        assert 2 <= port <= 4094
        s.wait(rf"^org\.example\.network\| network app:{port}$", since)
        s.wait(rf"^org\.example\.network\| cmdline .* ip=10\.200\.0\.{4 * port + 2}::10\.200\.0\.{4 * port + 1}:255\.255\.255\.252::eth0:off:"
               rf"10\.200\.0\.{4 * port + 1}$", since)
        s.wait(r"^org\.example\.network\| network plugged 0$", since)
        s.wait(rf"^system\| network plugged {port}$", since)
        s.call("Debug.Console", vm=NETWORK, line="frame 0 0102")
        s.wait(rf"^system\| frame {port} 0102 of 2$", since)
        s.call("Debug.Console", vm="system", line=f"frame {port} 0304")
        s.wait(r"^org\.example\.network\| frame 0 0304 of 2$", since)
        s.call("Hypervisor.Stop", id=NETWORK)
        s.wait(rf"^system\| network {port} ended$", since)
        assert "networkPort" not in s.app(NETWORK)
    assert ports[0] != ports[1]
    s.start(PLAIN)
    assert "networkPort" not in s.app(PLAIN)
    assert not any("plain| network" in line for line in s.lines)
    s.call("Hypervisor.Stop", id=PLAIN)


def test_a_new_system_vm_gets_the_networks_cables(s: Supervisor):
    s.start(NETWORK)
    port = s.app(NETWORK)["networkPort"]
    since = len(s.lines)
    s.call("Debug.Kill", vm="system")
    s.wait(rf"^system\| network plugged {port}$", since)
    s.wait(r"^org\.example\.network\| network plugged 0$", since)
    assert s.app(NETWORK)["networkPort"] == port
    s.call("Hypervisor.Stop", id=NETWORK)


def test_watch_tells_of_each_change(s: Supervisor):
    watcher = s.client()
    watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
    assert watcher.reply() == {"parameters": {"generation": 0}, "continues": True}
    assert sorted(watcher.reply()["parameters"]["app"]["id"] for _ in APPS) == sorted(APPS)
    assert watcher.reply() == {"parameters": {"orientation": 0}, "continues": True}
    assert "power" in watcher.reply()["parameters"]
    assert watcher.reply()["parameters"] == {"uplink": {}}
    cid = s.start(PLAIN)
    s.call("Debug.Kill", vm=PLAIN)
    seen = [watcher.reply()["parameters"]["app"] for _ in range(3)]
    assert [(app["id"], app["state"], app.get("cid")) for app in seen] == [
        (PLAIN, "starting", cid), (PLAIN, "running", cid), (PLAIN, "stopped", None)]
    assert seen[-1]["ended"] == "it was killed through the debug port"
    assert [app.get("crashed") for app in seen] == [None, None, True]


def process_state(name: str) -> str:
    """Of the stand-in for bk-vmm that runs the VM: T is stopped."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if b"--name" in command and command[command.index(b"--name") + 1] == name.encode():
                return (folder / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
    return ""


def wait_state(name: str, states: str):
    deadline = time.monotonic() + PATIENCE
    while process_state(name) not in states.split():
        assert time.monotonic() < deadline, f"{name} is {process_state(name)}, not {states}"
        time.sleep(0.02)


def test_a_paused_vm_goes_on_or_is_killed(s: Supervisor):
    s.start(PLAIN)
    s.call("Debug.Pause", vm=PLAIN, paused=True)
    wait_state(PLAIN, "T")
    s.call("Debug.Pause", vm=PLAIN, paused=False)
    wait_state(PLAIN, "S R")
    s.call("Debug.Pause", vm=PLAIN, paused=True)
    s.call("Hypervisor.Stop", id=PLAIN, force=True)
    assert process_state(PLAIN) == ""


def test_watch_tells_how_the_machine_is_turned(s: Supervisor):
    watcher = s.client()
    watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
    for _ in range(len(APPS) + 4):
        watcher.reply()
    for degrees in (90, 270):
        assert s.call("Debug.Rotate", degrees=degrees) == {"parameters": {}}
        assert watcher.reply()["parameters"] == {"orientation": degrees}
    s.call("Debug.Rotate", degrees=270)  # as it is
    for wrong in (45, -90, 360):
        assert error(s.call("Debug.Rotate", degrees=wrong)) == "InvalidParameter"
    # The System VM that is the next one hears how it is by then.
    since = len(s.lines)
    s.call("Debug.Kill", vm="system")
    s.wait(r"^bk-supervisor: the System VM runs", since)
    s.port(b"\0\0", end=b"\0\0")
    s.port(b'{"method":"io.bulkhead.Hypervisor.Watch","more":true}\0', having=b'"orientation":270')
    s.port(b"\0\0", end=b"\0\0")
    s.call("Debug.Rotate", degrees=0)
    assert watcher.reply()["parameters"] == {"orientation": 0}


def told_next(watcher: Client, what: str) -> dict:
    """What the watch tells next of an app or of the machine's power, whatever comes before."""
    while what not in (told := watcher.reply()["parameters"]):
        pass
    return told[what]


def test_watch_tells_of_batteries(s: Supervisor):
    watcher = s.client()
    watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
    assert told_next(watcher, "power") == {"percent": 40, "plugged": False, "charging": False, "seconds": 7200, "suspends": True}
    s.battery("Charging", 41)
    charging = {"percent": 41, "plugged": True, "charging": True, "seconds": 10500, "suspends": True}
    while told_next(watcher, "power") != charging:  # found by itself, and maybe when half of it was written
        pass
    for path in (s.sys / "class/power_supply").iterdir():
        (path / "uevent").write_text("")
    another = s.client()
    another.send("io.bulkhead.Hypervisor.Watch", more=True)  # who begins to watch is told how it is now, and so are the others
    unknown = {"plugged": True, "charging": False, "suspends": True}
    assert told_next(another, "power") == unknown
    while told_next(watcher, "power") != unknown:
        pass
    (s.sys / "class/power_supply/BAT0/uevent").unlink()
    s.battery("Discharging", 40)
    while told_next(watcher, "power").get("percent") != 40:
        pass


def test_suspend(s: Supervisor):
    state = s.sys / "power/state"
    since = len(s.lines)
    assert s.call("Hypervisor.Suspend") == {"parameters": {}}
    assert state.read_text() == "mem"
    s.wait(r"^bk-supervisor: the machine sleeps \(mem\)", since)
    s.wait(r"^bk-supervisor: the machine is awake", since)
    state.write_text("freeze disk\n")
    assert s.call("Hypervisor.Suspend") == {"parameters": {}}
    assert state.read_text() == "freeze"
    # A screen that would not come back: the card is that of a virtio device.
    watcher = s.client()
    watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
    card = s.sys / "class/drm/card0/device"
    card.mkdir(parents=True)
    (s.sys / "class/drm/card0-Virtual-1").mkdir()
    for driver, fine in (("i915", True), ("virtio-pci", False), ("virtio_gpu", False), ("amdgpu", True)):
        (card / "uevent").write_text(f"DRIVER={driver}\nPCI_CLASS=30000\n")
        state.write_text("mem\n")
        assert error(s.call("Hypervisor.Suspend")) == ("" if fine else "NotSupported"), driver
    assert [told_next(watcher, "power")["suspends"] for _ in range(3)] == [True, False, True]
    for nothing in ("disk memory\n", ""):
        state.write_text(nothing)
        assert error(s.call("Hypervisor.Suspend")) == "NotSupported"
        assert state.read_text() == nothing


def test_a_failed_start_says_why(s: Supervisor):
    answer = s.call("Hypervisor.Start", id="org.example.dies")
    assert error(answer) == "StartFailed", answer
    assert answer["parameters"]["reason"] == "its bk-vmm exited with status 3"
    s.wait(r"^bk-vmm\[org\.example\.dies\]: .*something is wrong")


def test_broken_control_messages_end_their_vm_alone(s: Supervisor):
    for way in ("short", "descriptor", "unknown"):
        answer = s.call("Hypervisor.Start", id="org.example." + way)
        assert answer["parameters"]["reason"] == "its bk-vmm broke the control protocol and was killed", (way, answer)


def test_oneway_calls_hold_up_nothing(s: Supervisor):
    """One connection, as the broker has it: requests, then Watch(), which shows what came of them."""
    client = s.client()
    for method, app in (("Start", PLAIN), ("Start", "org.example.dies"), ("Start", "org.example.nodisk"),
                        ("Start", "org.example.none"), ("Stop", WINDOW)):
        client.socket.sendall(json.dumps({"method": "io.bulkhead.Hypervisor." + method, "parameters": {"id": app},
                                          "oneway": True}).encode() + b"\0")
    client.send("io.bulkhead.Hypervisor.Watch", more=True)
    seen: dict[str, tuple] = {}
    wanted = {PLAIN: ("running", None), "org.example.dies": ("stopped", "its bk-vmm exited with status 3"),
              "org.example.nodisk": ("stopped", "its disk cannot be opened")}
    while not wanted.items() <= seen.items():
        app = client.reply()["parameters"].get("app")
        if app is None:
            continue  # the orientation
        seen[app["id"]] = (app["state"], app.get("ended") if app["state"] == "stopped" else None)
    answer = s.call("Hypervisor.Start", id="org.example.nodisk")
    assert answer["parameters"]["reason"] == "its disk cannot be opened", answer
    assert s.call("Hypervisor.Stop", id=PLAIN, force=True) == {"parameters": {}}


def test_icons(s: Supervisor):
    assert s.call("Hypervisor.Icon", id=WINDOW) == {"parameters": {"icon": base64.b64encode(ICON).decode()}}
    assert not s.call("Hypervisor.Icon", id="org.example.flood")["parameters"].get("icon")
    for app in (PLAIN, "org.example.deaf"):
        assert not s.call("Hypervisor.Icon", id=app)["parameters"].get("icon")
        s.wait(rf"^bk-supervisor: {app}: its icon cannot be used")
    assert error(s.call("Hypervisor.Icon", id="org.example.none")) == "NoSuchApp"


def test_a_display_is_plugged_and_plugged_again(s: Supervisor):
    s.wait(r"^system\| display 1280x800 and those of apps")
    cid = s.start(WINDOW)
    s.wait(r"^org\.example\.window\| display 1280x800$")
    s.wait(r"^org\.example\.window\| display plugged 0$")
    s.wait(rf"^system\| display plugged {cid}$")
    s.call("Debug.Console", vm=WINDOW, line="show")
    s.wait(rf"^system\| display {cid} says frame")
    since = len(s.lines)
    s.call("Debug.Kill", vm="system")
    s.wait(r"^org\.example\.window\| display 0 ended", since)
    s.wait(r"^org\.example\.window\| display plugged 0$", since)
    s.wait(rf"^system\| display plugged {cid}$", since)
    s.call("Debug.Console", vm=WINDOW, line="show")
    s.wait(rf"^system\| display {cid} says frame", since)
    assert not any(re.search(r"^org\.example\.plain\| display", line) for line in s.lines)
    s.call("Hypervisor.Stop", id=WINDOW)
    s.wait(rf"^system\| display {cid} ended", since)


def child_of(s: Supervisor, program: str) -> int:
    """The process number of that program of the supervisor's."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes().split(b"\0")[0] != program.encode():
                continue
            if f"PPid:\t{s.process.pid}\n" in (folder / "status").read_text():
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError(f"there is no {program}")


def test_sound_is_plugged_and_recording_is_told(s: Supervisor):
    s.wait(r"^system\| sound plugged")
    assert not any(line.startswith(f"{PLAIN}| sound") for line in s.lines)
    assert error(s.call("Hypervisor.SetMicrophone", id=SOUND, allowed=True)) == "NotRunning"
    assert error(s.call("Hypervisor.SetMicrophone", id="a.b", allowed=True)) == "NoSuchApp"
    s.start(SOUND)
    s.wait(rf"^{SOUND}\| sound card")
    s.wait(rf"^{SOUND}\| sound plugged")
    watcher = s.client()
    watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
    for _ in APPS:
        told_next(watcher, "app")
    assert s.app(SOUND)["recording"] is False
    assert error(s.call("Hypervisor.SetMicrophone", id=SOUND, allowed=True)) == "NotRecording"
    assert s.call("Hypervisor.SetMicrophone", id=SOUND, allowed=False) == {"parameters": {}}
    s.call("Debug.Console", vm=SOUND, line="record")
    s.wait(rf"^{SOUND}\| heard 480 frames of silence")
    told = told_next(watcher, "app")
    assert (told["id"], told["recording"], told["microphone"]) == (SOUND, True, False), told
    for allowed in (True, False, True):
        assert s.call("Hypervisor.SetMicrophone", id=SOUND, allowed=allowed) == {"parameters": {}}
        assert told_next(watcher, "app")["microphone"] is allowed
    s.call("Debug.Console", vm=SOUND, line="rest")
    told = told_next(watcher, "app")
    assert (told["recording"], told["microphone"]) == (False, False), told  # it ended with the recording
    s.call("Debug.Console", vm=SOUND, line="record")
    told = told_next(watcher, "app")
    assert (told["recording"], told["microphone"]) == (True, False), told
    # A bk-sound that ends records nothing for anybody, and the next one is joined to the VMs that go on.
    since = len(s.lines)
    os.kill(child_of(s, sys.argv[2]), signal.SIGKILL)
    assert told_next(watcher, "app")["recording"] is False
    s.wait(rf"^{SOUND}\| sound ended", since)
    s.wait(rf"^{SOUND}\| sound plugged", since)
    s.wait(r"^system\| sound plugged", since)
    s.call("Debug.Console", vm=SOUND, line="record")
    assert told_next(watcher, "app")["recording"] is True
    s.call("Debug.Kill", vm=SOUND)
    while (told := told_next(watcher, "app"))["state"] != "stopped":
        assert told["recording"] is False, told  # its cable may be seen to end before it is
    assert told["recording"] is False, told


def test_stop_of_what_never_ran(s: Supervisor):
    starter = s.client()
    starter.send("io.bulkhead.Hypervisor.Start", id="org.example.silent")
    s.wait(r"^org\.example\.silent\| up as")
    assert s.app("org.example.silent")["state"] == "starting"
    assert s.call("Hypervisor.Stop", id="org.example.silent", force=True) == {"parameters": {}}
    assert error(starter.reply()) == "StartFailed"
    assert s.app("org.example.silent")["ended"] == "it did not stop in time and was killed" and "crashed" not in s.app("org.example.silent")


def test_a_guest_may_take_its_time(s: Supervisor):
    s.start(PLAIN)
    assert s.call("Hypervisor.Stop", id=PLAIN, patient=True) == {"parameters": {}}
    deadline = time.monotonic() + PATIENCE
    while s.app(PLAIN)["state"] != "stopped":
        assert time.monotonic() < deadline
    assert s.app(PLAIN)["ended"] == "the guest powered off"
    assert error(s.call("Hypervisor.Stop", id=PLAIN, patient=True)) == "NotRunning"


def test_a_guest_that_does_not_power_off_is_killed(s: Supervisor):
    s.start("org.example.deaf")
    assert s.call("Hypervisor.Stop", id="org.example.deaf", patient=True) == {"parameters": {}}
    time.sleep(11)  # longer than the deadline that it does not have
    assert s.app("org.example.deaf")["state"] == "running"
    began = time.monotonic()
    assert s.call("Hypervisor.Stop", id="org.example.deaf") == {"parameters": {}}
    assert time.monotonic() - began > 9
    assert s.app("org.example.deaf")["ended"] == "it did not stop in time and was killed"


def test_a_flood_of_log_is_cut_and_harmless(s: Supervisor):
    since = len(s.lines)
    s.start("org.example.flood")
    s.wait(r"^org\.example\.flood\| flood 5001 ", since)
    assert s.call("Hypervisor.Stop", id="org.example.flood", force=True) == {"parameters": {}}
    lines = [line for line in s.lines[since:] if line.startswith("org.example.flood| flood")]
    assert 5000 < len(lines) < 30000, len(lines)
    assert lines[0] == "org.example.flood| flood 0 \\x1b[2J\n", lines[0]


def test_the_system_vm_starts_again_and_apps_go_on(s: Supervisor):
    cid = s.start(PLAIN)
    for how in (lambda: s.call("Debug.Kill", vm="system"), lambda: s.call("Debug.Console", vm="system", line="exit 7")):
        since = len(s.lines)
        how()
        s.wait(r"^bk-supervisor: the System VM ended: (it was killed|its bk-vmm exited with status 7)", since)
        s.wait(r"^bk-supervisor: the System VM runs", since)
        s.wait(rf"^system\| plugged {cid}", since)
        s.wait(r"^org\.example\.plain\| plugged 2", since)
        s.call("Debug.Console", vm=PLAIN, line="ping")
        s.wait(rf"^system\| cable {cid} says ping", since)
        assert s.app(PLAIN)["cid"] == cid and s.app(PLAIN)["state"] == "running"
    s.call("Hypervisor.Stop", id=PLAIN)


LIST = b'{"method":"io.bulkhead.Hypervisor.List","parameters":{}}\0'


def test_the_system_vm_s_port(s: Supervisor):
    assert json.loads(s.port(LIST)[:-1])["parameters"]["apps"]
    # A client that watches and dies, half a message sent; its successor begins a session.
    s.port(b'{"method":"io.bulkhead.Hypervisor.Watch","more":true}\0')
    s.send(b'{"method":')
    s.port(b"\0\0", end=b"\0\0")
    assert json.loads(s.port(LIST)[:-1])["parameters"]["apps"]
    # Two that say nothing else: each is answered once.
    s.port(b"\0\0", end=b"\0\0")
    s.port(b"\0\0", end=b"\0\0")
    assert json.loads(s.port(LIST)[:-1])["parameters"]["apps"]
    # Debug is not for the System VM.
    for call in (b'{"method":"io.bulkhead.Debug.Kill","parameters":{"vm":"system"}}\0',
                 b'{"method":"io.bulkhead.Debug.Rotate","parameters":{"degrees":90}}\0'):
        answer = json.loads(s.port(call)[:-1])
        assert "NotFound" in answer["error"], answer


def test_the_port_is_bounded(s: Supervisor):
    for nasty in (b"[" * 40 + b"\0", b"no json\0", b"{}\0", b'{"method":"io.bulkhead.Hypervisor.List"}{}\0'):
        since = len(s.lines)
        s.send(nasty)
        s.wait(r"the System VM's port: .*; waiting for a new session", since)
        s.send(LIST)  # into the void
        s.port(b"\0\0", end=b"\0\0")
        assert json.loads(s.port(LIST)[:-1])["parameters"]["apps"]


def test_debug_names_what_is_not_there(s: Supervisor):
    assert error(s.call("Debug.Kill", vm="org.example.none")) == "NoSuchVm"
    assert error(s.call("Debug.Console", vm=PLAIN, line="x")) == "NotRunning"
    s.call("Debug.Console", vm="system", line="kill bk-broker")
    s.wait(r"^system\| typed: kill bk-broker")


def test_shut_down_in_order(s: Supervisor):
    s.start(PLAIN)
    since = len(s.lines)
    assert s.call("Hypervisor.PowerOff") == {"parameters": {}}
    s.process.send_signal(signal.SIGTERM)  # nothing comes of saying it twice
    assert s.process.wait(PATIENCE) == 0
    s.wait(r"^bk-supervisor: the System VM ended: the guest powered off", since)
    log = "".join(s.lines[since:])
    assert log.index(PLAIN + " ended") < log.index("the System VM ended")


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory() as folder:
        supervisor = Supervisor(*sys.argv[1:5], pathlib.Path(folder))
        for number, (name, test) in enumerate(tests, 1):
            try:
                test(supervisor)
                print(f"ok {number} - {name}", flush=True)
            except Exception as problem:  # a test that fails in whatever way
                print(f"not ok {number} - {name}")
                for line in [f"{type(problem).__name__}: {problem}", *"".join(supervisor.lines[-12:]).split("\n")]:
                    print("# " + line, flush=True)
        supervisor.process.kill()
        supervisor.process.wait()


if __name__ == "__main__":
    main()
