#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installing, updating and removing, with the real bk-supervisor, bk-installer and bk-bundle beside a running Linux, and
fake_vmm.py for bk-vmm: drive_software.py BK-SUPERVISOR BK-INSTALLER BK-BUNDLE
"""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import tap
from drive_supervisor import FAKE_VMM, PATIENCE, Client, error

APP, OTHER, THEIRS = "org.example.paint", "org.example.write", "org.example.machine"
ICON = b"\x89PNG\r\n\x1a\nand so on"
KILLS = 30  # rounds in which the supervisor is killed in the middle


def wait_for(condition, what: str):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.01)


def installer_of(machine) -> int:
    """The process number of its bk-installer."""
    return int(subprocess.run(["pgrep", "-P", str(machine.process.pid), "bk-installer"], check=True, stdout=subprocess.PIPE, text=True).stdout)


class Machine:
    """One supervisor after another, over one folder of apps."""

    def __init__(self, folder: pathlib.Path):
        self.folder, self.apps = folder, folder / "apps-disk"
        (folder / "system").mkdir()
        (folder / "system/vmlinux").write_text("the kernel")
        (folder / "system/root.erofs").write_text("the system")
        (folder / "apps" / THEIRS).mkdir(parents=True)
        (folder / "apps" / THEIRS / "manifest.json").write_text(json.dumps({"id": THEIRS, "name": "Machine's", "memory": 64}))
        (folder / "apps" / THEIRS / "root.erofs").write_text("an app")
        self.apps.mkdir(exist_ok=True)
        for key in ("key", "stranger"):
            self.bundle_program("keygen", folder / key)
        self.start()

    def bundle_program(self, *arguments) -> dict:
        return json.loads(subprocess.run([BUNDLE, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout)

    def pack(self, version: str, id_: str = APP, key: str | None = "key", size: int = 8, kernel_size: int = 0, **manifest) -> pathlib.Path:
        """A bundle with a kernel of its own, and `size` blocks of disk."""
        path = self.folder / f"{id_}-{version}-{key}-{size}.bapp"
        parts = {"manifest": json.dumps({"id": id_, "version": version, "name": "Paint " + version, "memory": 64, "guest": "kernel"} | manifest).encode(),
                 "icon": ICON + version.encode(), "kernel": f"the kernel of {id_} {version}".encode().ljust(kernel_size, b"."), "root": os.urandom(4096) * size}
        for name, content in parts.items():
            (self.folder / name).write_bytes(content)
        given = {name: self.folder / name for name in parts if not (name == "root" and size == 0)}
        self.bundle_program("pack", *(["--key", self.folder / key] if key else []), path, *(f"{name}={file}" for name, file in given.items()))
        return path

    def start(self):
        self.lines: list[str] = []
        self.process = subprocess.Popen([SUPERVISOR, "--machine", self.folder, "--run", self.folder, "--vmm", FAKE_VMM, "--debug", "--apps",
                                         self.apps, "--installer", INSTALLER], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        errors="replace")
        threading.Thread(target=lambda stream: self.lines.extend(iter(stream.readline, "")), args=(self.process.stderr,), daemon=True).start()
        wait_for(lambda: self.logged(r"debugging is on") or self.process.poll() is not None, "the supervisor")

    def end(self, how: int = signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait(PATIENCE)

    def again(self):
        self.end()
        self.start()

    def logged(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines)

    def client(self) -> Client:
        return Client(self.folder / "debug.sock")

    def call(self, method: str, **parameters) -> dict:
        return self.client().call("io.bulkhead." + method, **parameters)

    def line(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(PATIENCE)
        line.connect(os.fspath(self.folder / "bundle.sock"))
        return line

    def send(self, content: bytes, method: str = "Install") -> dict:
        """Installs, or imports, what comes as these bytes, and then the stream's end."""
        client = self.client()
        with self.line() as line:
            client.send(f"io.bulkhead.Software.{method}")
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was refused before all was there
                line.sendall(content)
                line.shutdown(socket.SHUT_WR)
            return client.reply()

    def install(self, bundle: pathlib.Path) -> dict:
        return self.send(bundle.read_bytes())

    def installed(self) -> dict[str, dict]:
        return {app["id"]: app for app in self.call("Hypervisor.List")["parameters"]["apps"] if "version" in app}

    def clean(self):
        for id_, app in self.installed().items():
            if app["state"] != "stopped":
                self.call("Hypervisor.Stop", id=id_, force=True)
            self.call("Software.Remove", id=id_)


class Fixture(unittest.TestCase):
    machine: Machine

    def setUp(self):
        self.addCleanup(self.machine.clean)

    def good(self, answer: dict) -> dict:
        self.assertNotIn("error", answer)
        return answer["parameters"]

    def refused(self, answer: dict, verdict: str, reason: str):
        self.assertEqual(error(answer), "Refused")
        self.assertEqual(answer["parameters"]["verdict"], verdict)
        self.assertRegex(answer["parameters"]["reason"], reason)
        self.assertEqual(list((self.machine.apps / "incoming").iterdir()), [])

    def failed(self, answer: dict, reason: str):
        self.assertEqual(error(answer), "Failed")
        self.assertRegex(answer["parameters"]["reason"], reason)


class Installing(Fixture):
    def test_the_first_time(self):
        bundle = self.machine.pack("1.0", permissions={"location": "To know."}, autostart=True)
        watcher = self.machine.client()
        watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
        before = watcher.reply()["parameters"]["generation"]
        self.assertEqual(self.good(self.machine.install(bundle)), {"id": APP, "name": "Paint 1.0", "version": "1.0", "update": "first"})
        while (told := watcher.reply()["parameters"].get("generation", before)) == before:
            pass
        self.assertEqual(self.machine.call("Hypervisor.List")["parameters"]["generation"], told)
        app = self.machine.installed()[APP]
        self.assertEqual((app["name"], app["state"], app["size"], app["permissions"]),
                         ("Paint 1.0", "stopped", bundle.stat().st_size, [{"name": "location", "reason": "To know."}]))
        self.assertEqual(app["key"], self.machine.bundle_program("inspect", bundle)["key"].removeprefix("ed25519:"))
        self.assertIn("icon", self.machine.call("Hypervisor.Icon", id=APP)["parameters"])
        self.assertEqual((self.machine.apps / "apps" / APP / "bundle").read_bytes(), bundle.read_bytes())

    def test_it_is_there_after_a_restart(self):
        self.good(self.machine.install(self.machine.pack("1.0")))
        self.machine.again()
        self.assertEqual(self.machine.installed()[APP]["version"], "1.0")

    def test_it_starts_from_what_its_bundle_has(self):
        self.good(self.machine.install(self.machine.pack("1.0", size=0, arguments="quiet")))
        self.good(self.machine.call("Hypervisor.Start", id=APP))
        wait_for(lambda: self.machine.logged(rf"^{APP}\| kernel the kernel of {APP} 1\.0 disk none"), "its kernel")
        self.assertTrue(self.machine.logged(rf"^{APP}\| cmdline quiet$"))
        wait_for(lambda: self.machine.logged(rf"^{APP}\| exits when it resets: False, faults: True$"), "its own OS may reboot")
        self.machine.call("Hypervisor.Stop", id=APP, force=True)

    def test_many(self):
        for number in range(20):
            self.good(self.machine.install(self.machine.pack("1.0", id_=f"org.example.many{number}")))
        self.assertEqual(len(self.machine.installed()), 20)

    def test_room(self):
        room = self.good(self.machine.call("Software.Room"))
        self.assertTrue(0 < room["free"] <= room["all"])


class Updating(Fixture):
    def setUp(self):
        super().setUp()
        self.good(self.machine.install(self.machine.pack("1.2")))

    def test_a_newer_one_and_the_same(self):
        self.assertEqual(self.good(self.machine.install(self.machine.pack("1.10")))["update"], "newer")
        self.assertEqual(self.good(self.machine.install(self.machine.pack("1.10", size=3)))["update"], "same")
        self.assertEqual(self.machine.installed()[APP]["name"], "Paint 1.10")
        self.machine.again()
        self.assertEqual(self.machine.installed()[APP]["version"], "1.10")

    def test_an_older_one(self):
        self.refused(self.machine.install(self.machine.pack("1.1.9")), "older", "version 1.2 is installed, and this is 1.1.9")

    def test_another_key(self):
        self.refused(self.machine.install(self.machine.pack("2.0", key="stranger")), "stranger", "not by who signed")
        self.assertEqual(self.machine.installed()[APP]["version"], "1.2")
        # Who removes it may have another's.
        self.good(self.machine.call("Software.Remove", id=APP))
        self.assertEqual(self.good(self.machine.install(self.machine.pack("0.1", key="stranger")))["update"], "first")

    def test_what_came_with_the_machine(self):
        self.refused(self.machine.install(self.machine.pack("9.0", id_=THEIRS)), "theirs", "came with the machine")

    def test_what_is_judged_before_whether_it_runs(self):
        self.good(self.machine.install(self.machine.pack("1.2", size=0)))
        self.good(self.machine.call("Hypervisor.Start", id=APP))
        self.refused(self.machine.install(self.machine.pack("1.1")), "older", "older")
        self.refused(self.machine.install(self.machine.pack("2.0", key="stranger")), "stranger", "not by who signed")

    def test_what_cannot_be_used_is_still_its_developer_s(self):
        path = self.machine.apps / "apps" / APP / "bundle"
        self.machine.end()
        content = bytearray(path.read_bytes())
        content[4100] ^= 1  # in the manifest
        path.write_bytes(content)
        self.machine.start()
        self.assertEqual(self.machine.installed(), {})
        self.refused(self.machine.install(self.machine.pack("2.0", key="stranger")), "stranger", "cannot be used")
        self.assertEqual(self.good(self.machine.install(self.machine.pack("1.2")))["update"], "first")

    def test_the_system_s_own_id(self):
        self.refused(self.machine.install(self.machine.pack("1.0", id_="io.bulkhead.system")), "theirs", "the system itself")

    def test_one_that_runs(self):
        self.good(self.machine.install(self.machine.pack("1.2", size=0)))
        self.good(self.machine.call("Hypervisor.Start", id=APP))
        self.assertEqual(self.machine.install(self.machine.pack("1.3")), {"error": "io.bulkhead.Software.Running", "parameters": {"id": APP}})
        self.assertEqual(error(self.machine.call("Software.Remove", id=APP)), "Running")
        self.machine.call("Hypervisor.Stop", id=APP, force=True)
        self.good(self.machine.install(self.machine.pack("1.3")))


class Refusing(Fixture):
    def test_one_that_nobody_signed(self):
        self.refused(self.machine.install(self.machine.pack("1.0", key=None)), "unsigned", "nobody has signed")

    def test_changed_bits(self):
        """One in each section, in the header, in the padding."""
        bundle = self.machine.pack("1.0", size=200).read_bytes()
        for at in (3, 20, 500, 4090, 4100, 4100 + 4096, 4100 + 8192, 9000 + 4096, 40000, len(bundle) - 5):
            changed = bytearray(bundle)
            changed[at] ^= 4
            self.refused(self.machine.send(bytes(changed)), "broken", ".")
        self.assertEqual(self.machine.installed(), {})

    def test_no_bundle_at_all(self):
        self.refused(self.machine.send(b"#!/bin/sh\n" * 1000), "broken", "not")

    def test_one_that_ends_too_early(self):
        bundle = self.machine.pack("1.0", size=50).read_bytes()
        for size in (1, 4095, 4096, 5000, len(bundle) - 1):
            self.failed(self.machine.send(bundle[:size]), "ended before it was whole")

    def test_what_follows_is_nobodys(self):
        bundle = self.machine.pack("1.0").read_bytes()
        self.good(self.machine.send(bundle + b"more"))
        self.good(self.machine.send(bundle))

    def test_nobody_comes(self):
        self.failed(self.machine.call("Software.Install"), "nobody has come")

    def test_a_kernel_that_its_memory_cannot_hold(self):
        with self.assertRaises(subprocess.CalledProcessError):  # bk-bundle does not make one
            self.machine.pack("1.0", memory=16, kernel_size=17 << 20)

    def test_a_file_that_somebody_can_still_write_to_is_not_installed(self):
        """A stand-in for a bk-installer that was taken over: whoever has the file open is as bad."""
        client = self.machine.client()
        bundle = self.machine.pack("1.0", size=50).read_bytes()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Install")
            line.sendall(bundle[:9000])
            wait_for(lambda: (self.machine.apps / "incoming/bundle").exists(), "it to come")
            with open(self.machine.apps / "incoming/bundle", "r+b"):
                line.sendall(bundle[9000:])
                self.failed(client.reply(), "bk-installer ended")
        self.assertEqual(self.machine.installed(), {})
        self.good(self.machine.install(self.machine.pack("1.0")))

    def test_one_at_a_time(self):
        bundle = self.machine.pack("1.0", size=50).read_bytes()
        slow = self.machine.client()
        with self.machine.line() as line:
            slow.send("io.bulkhead.Software.Install")
            line.sendall(bundle[:9000])
            wait_for(lambda: (self.machine.apps / "incoming/bundle").exists(), "the first")
            with self.machine.line():
                self.assertEqual(error(self.machine.call("Software.Install")), "Busy")
            line.sendall(bundle[9000:])
            self.good(slow.reply())

    def test_the_installer_dies(self):
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Install")
            line.sendall(self.machine.pack("1.0", size=50).read_bytes()[:9000])
            wait_for(lambda: (self.machine.apps / "incoming/bundle").exists(), "it to come")
            os.kill(installer_of(self.machine), signal.SIGKILL)
            self.failed(client.reply(), "bk-installer ended")
        self.good(self.machine.install(self.machine.pack("1.0")))

    def test_who_asked_goes_away(self):
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Install")
            bundle = self.machine.pack("1.0").read_bytes()
            line.sendall(bundle[:5000])
            wait_for(lambda: (self.machine.apps / "incoming/bundle").exists(), "it to come")
            client.socket.close()
            line.sendall(bundle[5000:])
            wait_for(lambda: APP in self.machine.installed(), "it to be installed")


class Offering(Fixture):
    """What the System VM offers, and the person is asked about: its port's other end is fake_vmm.py's."""

    def setUp(self):
        super().setUp()
        self.watcher = self.machine.client()
        self.watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
        self.mark = f"{random.getrandbits(128):032x}"

    def offer(self, content: bytes, size: int | None = None, before: bytes = b"") -> dict:
        """Judge()'s answer, and then the bytes are on their way."""
        path = self.machine.folder / "offered"
        path.write_bytes(before + self.mark.encode() + content)
        answer = self.machine.call("Software.Judge", mark=self.mark, size=len(content) if size is None else size)
        self.machine.call("Debug.Console", vm="system", line=f"bundle {path}")
        return answer

    def told(self, mark: str | None = None) -> dict:
        """What Watch() tells next of this bundle but that it comes."""
        while True:
            bundle = self.watcher.reply()["parameters"].get("bundle")
            if bundle and bundle["mark"] == (mark or self.mark) and bundle["state"] != "coming":
                return bundle

    def judged(self, bundle: pathlib.Path) -> dict:
        self.good(self.offer(bundle.read_bytes()))
        told = self.told()
        self.assertEqual(told["state"], "judged", told)
        return told["candidate"]

    def ended(self, verdict: str, reason: str = ""):
        told = self.told()
        self.assertEqual((told["state"], told["verdict"]), ("ended", verdict), told)
        self.assertIn(reason, told.get("reason", ""))
        self.assertEqual(list((self.machine.apps / "incoming").iterdir()) if verdict != "installed" else [], [])

    def wait_first(self, size: int):
        """The first part of it has come."""
        path = self.machine.apps / "incoming/bundle"
        wait_for(lambda: path.exists() and path.stat().st_size == size, "the first part")

    def about(self, method: str) -> dict:
        return self.machine.call("Software." + method, mark=self.mark)

    def next(self):
        self.mark = f"{random.getrandbits(128):032x}"

    def test_it_is_judged_and_then_installed(self):
        bundle = self.machine.pack("1.0", size=300, permissions={"location": "To know.", "network": "To talk."}, network=["example.org"], shell=True)
        inspected = self.machine.bundle_program("inspect", bundle)
        self.assertEqual(self.judged(bundle), {
            "id": APP, "name": "Paint 1.0", "version": "1.0", "key": inspected["key"].removeprefix("ed25519:"), "size": bundle.stat().st_size,
            "permissions": [{"name": "location", "reason": "To know."}, {"name": "network", "reason": "To talk."}],
            "network": ["example.org"], "shell": True, "update": "first"})
        self.assertEqual(self.machine.installed(), {}, "not before somebody agreed")
        self.good(self.about("Confirm"))
        self.ended("installed")
        self.assertEqual((self.machine.apps / "apps" / APP / "bundle").read_bytes(), bundle.read_bytes())
        for version, update in (("1.0", "same"), ("1.1", "newer")):
            self.next()
            self.assertEqual(self.judged(self.machine.pack(version))["update"], update)
            self.good(self.about("Confirm"))
            self.ended("installed")
        self.assertEqual(self.machine.installed()[APP]["version"], "1.1")

    def test_it_is_not_wanted(self):
        self.judged(self.machine.pack("1.0"))
        self.good(self.about("Drop"))
        self.ended("failed", "not wanted")
        self.assertEqual(error(self.about("Confirm")), "NoSuchBundle")
        self.assertEqual(self.machine.installed(), {})

    def test_who_watches_later_is_told(self):
        self.judged(self.machine.pack("1.0"))
        self.watcher = self.machine.client()
        self.watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
        self.assertEqual(self.told()["candidate"]["id"], APP)
        self.good(self.about("Drop"))

    def test_the_mark_says_what_was_agreed_to(self):
        self.judged(self.machine.pack("1.0"))
        seen = self.mark
        self.next()
        self.assertEqual(error(self.about("Confirm")), "NoSuchBundle")
        self.assertEqual(error(self.about("Drop")), "NoSuchBundle")
        self.assertEqual(error(self.machine.call("Software.Judge", mark=self.mark, size=9000)), "Busy")
        self.assertEqual(error(self.machine.install(self.machine.pack("1.0"))), "Busy")
        self.mark = seen
        self.good(self.about("Confirm"))
        self.ended("installed")

    def test_what_is_no_mark_or_no_bundle_is_refused(self):
        for mark, size in (("", 9000), ("0" * 31, 9000), ("0" * 33, 9000), ("A" * 32, 9000), ("g" * 32, 9000), ("0" * 32, 0), ("0" * 32, -1)):
            self.assertEqual(self.machine.call("Software.Judge", mark=mark, size=size)["error"], "org.varlink.service.InvalidParameter")

    def test_each_thing_that_is_wrong(self):
        good = self.machine.pack("1.2", size=50)
        self.judged(good)
        self.good(self.about("Confirm"))
        self.ended("installed")
        changed = bytearray(good.read_bytes())
        changed[len(changed) // 2] ^= 1
        for content, verdict, reason in ((self.machine.pack("1.3", key=None).read_bytes(), "unsigned", "nobody has signed"),
                                         (self.machine.pack("1.1").read_bytes(), "older", "which is older"),
                                         (self.machine.pack("1.3", key="stranger").read_bytes(), "stranger", "not by who signed"),
                                         (self.machine.pack("1.0", id_=THEIRS).read_bytes(), "theirs", "came with the machine"),
                                         (bytes(changed), "broken", ""), (b"#!/bin/sh\n" * 10000, "broken", ""),
                                         (good.read_bytes()[:-1], "failed", "ended before it was whole"),
                                         (good.read_bytes()[:4095], "failed", "ended before it was whole")):
            self.next()
            self.good(self.offer(content))
            self.ended(verdict, reason)
        self.assertEqual(self.machine.installed()[APP]["version"], "1.2")

    def test_what_was_left_of_another_one_is_thrown_away(self):
        """Of one that was refused at its first block, megabytes; and what begins like the mark, and is not."""
        self.good(self.offer(b"no bundle" * 400_000))
        self.ended("broken")
        self.next()
        bundle = self.machine.pack("1.0", size=20)
        self.good(self.offer(bundle.read_bytes(), before=self.mark[:31].encode() + b"-" * 70_000 + self.mark[:20].encode()))
        told = self.told()
        self.assertEqual(told["state"], "judged", told)
        self.assertEqual(told["candidate"]["version"], "1.0")
        self.good(self.about("Confirm"))
        self.ended("installed")

    def test_it_is_dropped_while_it_comes(self):
        content = self.machine.pack("1.0", size=50).read_bytes()
        self.good(self.offer(content[:9000], size=len(content)))
        self.wait_first(9000)
        self.assertEqual(error(self.about("Confirm")), "NoSuchBundle")
        self.good(self.about("Drop"))
        self.ended("failed", "ended before it was whole")
        self.next()
        self.judged(self.machine.pack("1.0"))
        self.good(self.about("Drop"))

    def test_it_is_dropped_when_all_of_it_has_come(self):
        installer = int(subprocess.run(["pgrep", "-P", str(self.machine.process.pid), "bk-installer"], check=True, capture_output=True).stdout)
        since = len(self.machine.lines)
        os.kill(installer, signal.SIGSTOP)
        self.good(self.offer(self.machine.pack("1.0").read_bytes()))
        wait_for(lambda: any("bundle sent" in line for line in self.machine.lines[since:]), "all of it")
        self.good(self.about("Drop"))
        os.kill(installer, signal.SIGCONT)
        self.ended("failed", "not wanted")
        self.next()
        self.judged(self.machine.pack("1.0"))
        self.good(self.about("Drop"))

    def test_more_is_sent_than_was_said(self):
        bundle = self.machine.pack("1.0", size=50).read_bytes()
        self.good(self.offer(bundle, size=len(bundle) - 4096))
        self.ended("failed", "ended before it was whole")

    def test_the_app_runs_when_the_person_agrees(self):
        self.good(self.machine.install(self.machine.pack("1.0", size=0)))
        self.good(self.machine.call("Hypervisor.Start", id=APP))
        self.judged(self.machine.pack("1.1"))
        self.good(self.about("Confirm"))
        self.ended("running", "the app runs")
        self.assertEqual(self.machine.installed()[APP]["version"], "1.0")

    def test_things_have_changed_when_the_person_agrees(self):
        self.good(self.machine.install(self.machine.pack("1.0")))
        self.judged(self.machine.pack("1.1"))
        self.good(self.machine.call("Software.Remove", id=APP))
        self.good(self.about("Confirm"))
        self.ended("installed")
        self.assertEqual(self.machine.installed()[APP]["version"], "1.1")

    def test_the_system_vm_ends(self):
        """While one waits, and while one comes: nobody would answer."""
        for part in (None, 9000):
            content = self.machine.pack("1.0", size=50).read_bytes()
            self.good(self.offer(content[:part], size=len(content)))
            if part is None:
                self.assertEqual(self.told()["state"], "judged")
            else:
                self.wait_first(9000)
            since = len(self.machine.lines)
            self.machine.call("Debug.Kill", vm="system")
            wait_for(lambda: list((self.machine.apps / "incoming").iterdir()) == [], "it to be thrown away")
            wait_for(lambda since=since: any("System VM runs" in line for line in self.machine.lines[since:]), "the next System VM")
            self.next()
        self.judged(self.machine.pack("1.0"))
        self.good(self.about("Confirm"))
        self.ended("installed")

    def test_bk_installer_dies(self):
        self.judged(self.machine.pack("1.0"))
        subprocess.run(["pkill", "-KILL", "-P", str(self.machine.process.pid), "bk-installer"], check=True)
        self.good(self.about("Confirm"))
        self.ended("installed")
        self.next()
        wait_for(lambda: error(self.machine.call("Software.Judge", mark=self.mark, size=9000)) == "", "the next bk-installer")
        self.good(self.about("Drop"))
        self.told()


class Removing(Fixture):
    def test_it_is_gone(self):
        self.good(self.machine.install(self.machine.pack("1.0")))
        self.good(self.machine.install(self.machine.pack("1.0", id_=OTHER)))
        self.good(self.machine.call("Software.Remove", id=APP))
        self.assertEqual(list(self.machine.installed()), [OTHER])
        self.assertFalse((self.machine.apps / "apps" / APP).exists())
        self.assertEqual(list((self.machine.apps / "removed").iterdir()), [])

    def test_what_cannot_be_removed(self):
        self.assertEqual(error(self.machine.call("Software.Remove", id=THEIRS)), "Theirs")
        self.assertEqual(error(self.machine.call("Software.Remove", id="org.example.none")), "NoSuchApp")
        self.assertEqual(error(self.machine.call("Software.Remove", id="../../etc")), "NoSuchApp")


class Cut(Fixture):
    """What ended in the middle, and disks that are not as they were."""

    def test_what_was_left_is_cleared(self):
        self.good(self.machine.install(self.machine.pack("1.0")))
        self.machine.end()
        (self.machine.apps / "incoming/bundle").write_text("half")
        shutil.copytree(self.machine.apps / "apps" / APP, self.machine.apps / "removed" / OTHER)
        self.machine.start()
        self.assertEqual(list(self.machine.installed()), [APP])
        for folder in ("incoming", "removed"):
            self.assertEqual(list((self.machine.apps / folder).iterdir()), [])

    def test_a_bundle_that_rotted_is_left_out(self):
        for id_ in (APP, OTHER):
            self.good(self.machine.install(self.machine.pack("1.0", id_=id_, size=0)))
        self.machine.end()
        path = self.machine.apps / "apps" / APP / "bundle"
        content = bytearray(path.read_bytes())
        content[4100] ^= 1  # in the manifest
        path.write_bytes(content)
        self.machine.start()
        self.assertEqual(list(self.machine.installed()), [OTHER])
        wait_for(lambda: self.machine.logged(rf"app {APP} is left out: the manifest was changed"), "the log says so")
        content[4100] ^= 1
        content[4096 * 3 + 5] ^= 1  # in the kernel
        path.write_bytes(content)
        self.machine.again()
        answer = self.machine.call("Hypervisor.Start", id=APP)
        self.assertEqual(error(answer), "StartFailed")
        self.assertRegex(answer["parameters"]["reason"], "kernel is not as it was signed")

    def test_a_bundle_in_anothers_place_is_left_out(self):
        self.good(self.machine.install(self.machine.pack("1.0")))
        self.machine.end()
        shutil.copytree(self.machine.apps / "apps" / APP, self.machine.apps / "apps" / OTHER)
        (self.machine.apps / "apps/.hidden").mkdir()
        self.machine.start()
        self.assertEqual(list(self.machine.installed()), [APP])
        wait_for(lambda: self.machine.logged(rf"app {OTHER} is left out: its bundle is of another app"), "the log says so")
        shutil.rmtree(self.machine.apps / "apps" / OTHER)

    def test_killed_in_the_middle(self):
        """At random moments: what is installed is the old version or the new one, whole, or nothing."""
        chance = random.Random(1)
        bundles = [self.machine.pack(version, size=400) for version in ("1.0", "1.1")]
        whole = {bundle.read_bytes() for bundle in bundles}
        began = time.monotonic()
        self.good(self.machine.install(bundles[0]))
        took = time.monotonic() - began  # on this machine
        ended = set()
        for _ in range(KILLS):
            wanted = chance.choice(bundles + [None])
            client = self.machine.client()
            with self.machine.line() as line:
                if wanted is None:
                    client.send("io.bulkhead.Software.Remove", id=APP)
                else:
                    client.send("io.bulkhead.Software.Install")
                    content = wanted.read_bytes()
                    line.sendall(content[:chance.choice((5000, 500000, len(content)))])
                time.sleep(chance.random() * 1.5 * took)
                self.machine.again()
            path = self.machine.apps / "apps" / APP / "bundle"
            there = path.read_bytes() if path.exists() else None
            self.assertTrue(there is None or there in whole, "a bundle that is not whole")
            self.assertEqual(APP in self.machine.installed(), there is not None)
            ended.add(there and len(there))
        self.assertGreater(len(ended), 1)


if __name__ == "__main__":
    SUPERVISOR, INSTALLER, BUNDLE = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as temporary:
        Fixture.machine = Machine(pathlib.Path(temporary))
        try:
            status = tap.run(sys.modules[__name__], sys.argv[4:])
        finally:
            Fixture.machine.end()
    sys.exit(status)
