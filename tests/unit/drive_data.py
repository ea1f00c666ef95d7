#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What apps keep: data disks, restore points, export and import, with the real bk-supervisor, bk-installer and bk-bundle beside
a running Linux, and fake_vmm.py for bk-vmm: drive_data.py BK-SUPERVISOR BK-INSTALLER BK-BUNDLE

On a file system without references to blocks, as most developers have it, a restore point is a copy; tests/rig/scenarios/power_cuts.py has
an XFS."""
import fcntl
import hashlib
import json
import os
import pathlib
import random
import signal
import struct
import sys
import tempfile
import time

import drive_software
import tap
from drive_software import APP, OTHER, Fixture, Machine, wait_for
from drive_supervisor import error

MIB = 1 << 20
KEEPER = "org.example.keeper"  # came with the machine, and has a data disk
KEPT_MAX, AUTOMATIC_MAX = 8, 4
KILLS = 30


def piece(offset: int, content: bytes) -> bytes:
    return struct.pack("<QQ", offset, len(content)) + content


def data_stream(size: int, *pieces: bytes, magic: bytes = b"\xb5BDAT\r\n\x1a", version: int = 1, end: bytes | None = None) -> bytes:
    """As docs/protocols/export.md has it."""
    body = magic + struct.pack("<IIQQ", version, 0, size, 0) + b"".join(pieces) + (struct.pack("<QQ", size, 0) if end is None else end)
    return body + hashlib.sha256(body).digest()


class DataFixture(Fixture):
    def app(self, version: str = "1.0", storage: int = 16, **more) -> pathlib.Path:
        return self.machine.pack(version, size=0, storage=storage, **more)

    def data(self, id_: str = APP) -> pathlib.Path:
        return self.machine.apps / ("machine" if id_ == KEEPER else "apps") / id_ / "data"

    def started(self, id_: str = APP) -> int:
        """The line of its log that says what its data disk holds."""
        at = len(self.machine.lines)
        self.good(self.machine.call("Hypervisor.Start", id=id_))
        wait_for(lambda: any(f"{id_}| descriptors" in line for line in self.machine.lines[at:]), "its VM")
        return at

    def said(self, at: int, text: str) -> bool:
        return any(text in line for line in self.machine.lines[at:])

    def says(self, at: int, text: str):
        wait_for(lambda: self.said(at, text), text)

    def stop(self, id_: str = APP):
        self.good(self.machine.call("Hypervisor.Stop", id=id_, force=True))

    def tell(self, line: str, answer: str, id_: str = APP):
        at = len(self.machine.lines)
        self.good(self.machine.call("Debug.Console", vm=id_, line=line))
        self.says(at, f"{id_}| {answer}")

    def keep(self, text: str, id_: str = APP):
        """The app starts, keeps a text, and ends."""
        self.started(id_)
        self.tell(f"keep {text}", "kept", id_)
        self.stop(id_)

    def kept(self, id_: str = APP) -> str:
        return self.data(id_).read_bytes()[:64].rstrip(b"\0").decode()

    def points(self, id_: str = APP) -> list[dict]:
        return self.good(self.machine.call("Software.Points", id=id_))["points"]

    def restore(self, point: int, id_: str = APP) -> dict:
        return self.good(self.machine.call("Software.Restore", id=id_, point=point))


class Disk(DataFixture):
    def test_it_is_blank_and_of_its_size(self):
        self.good(self.machine.install(self.app()))
        at = self.started()
        self.says(at, f"{APP}| data  of {16 * MIB} bytes")
        self.assertEqual(self.data().stat().st_size, 16 * MIB)
        self.assertLess(self.data().stat().st_blocks * 512, MIB)
        self.stop()

    def test_an_app_that_asks_for_none_has_none(self):
        self.good(self.machine.install(self.machine.pack("1.0", size=0)))
        at = self.started()
        self.assertFalse(self.said(at, "| data"))
        self.assertFalse(self.data().exists())
        self.stop()
        self.assertEqual(self.good(self.machine.call("Software.Usage", id=APP))["quota"], 0)

    def test_what_is_kept_is_there_again(self):
        self.good(self.machine.install(self.app()))
        self.keep("a note")
        self.machine.again()
        at = self.started()
        self.says(at, f"{APP}| data a note of {16 * MIB} bytes")
        self.stop()

    def test_an_update_keeps_it_and_may_make_it_larger(self):
        self.good(self.machine.install(self.app()))
        self.keep("a note")
        for version, storage, size in (("1.1", 32, 32), ("1.2", 16, 32)):
            self.good(self.machine.install(self.app(version, storage)))
            at = self.started()
            self.says(at, f"{APP}| data a note of {size * MIB} bytes")
            self.stop()
        self.assertEqual(self.good(self.machine.call("Software.Usage", id=APP))["quota"], 32 * MIB)

    def test_it_goes_with_its_app(self):
        self.good(self.machine.install(self.app()))
        self.keep("a note")
        self.good(self.machine.call("Software.Keep", id=APP))
        self.good(self.machine.call("Software.Remove", id=APP))
        self.assertEqual([path for path in self.machine.apps.rglob("*") if APP in path.name or path.parent.name == "removed"], [])
        self.good(self.machine.install(self.app()))
        self.assertEqual(self.points(), [])
        at = self.started()
        self.says(at, f"{APP}| data  of")
        self.stop()

    def test_nobody_writes_beyond_it_or_into_another_s(self):
        for id_ in (APP, OTHER):
            self.good(self.machine.install(self.app(id_=id_)))
            self.started(id_)
        self.tell("keep mine", "kept", OTHER)
        self.tell("fill", f"filled {16 * MIB} bytes")
        self.assertEqual((self.data().stat().st_size, self.kept(OTHER)), (16 * MIB, "mine"))
        self.assertNotEqual(self.data().stat().st_ino, self.data(OTHER).stat().st_ino)
        for id_ in (APP, OTHER):
            self.stop(id_)
        usage = self.good(self.machine.call("Software.Usage", id=APP))
        self.assertTrue(16 * MIB <= usage["data"] < 17 * MIB, usage)

    def test_no_two_have_it(self):
        """Such as a bk-vmm that outlived its supervisor."""
        self.good(self.machine.install(self.app()))
        self.keep("a note")
        with open(self.data(), "r+b") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            answer = self.machine.call("Hypervisor.Start", id=APP)
            self.assertEqual(error(answer), "StartFailed")
            self.assertIn("still used by another VM", answer["parameters"]["reason"])
        self.started()
        self.stop()

    def test_one_that_is_larger_than_all_there_is(self):
        room = self.good(self.machine.call("Software.Room"))
        if room["all"] > MIB << 20:
            self.skipTest("this disk is larger than any data disk")
        self.good(self.machine.install(self.app(storage=1 << 20)))
        self.assertGreaterEqual(self.good(self.machine.call("Software.Room"))["promised"], 1 << 40)
        answer = self.machine.call("Hypervisor.Start", id=APP)
        self.assertEqual(error(answer), "StartFailed")
        self.assertIn("larger than the disk for apps", answer["parameters"]["reason"])

    def test_an_app_that_came_with_the_machine(self):
        self.keep("a note", KEEPER)
        self.machine.again()
        self.assertEqual(self.kept(KEEPER), "a note")
        point = self.good(self.machine.call("Software.Keep", id=KEEPER))["point"]
        self.keep("another", KEEPER)
        self.assertEqual(self.restore(point, KEEPER).get("version"), None)
        self.assertEqual(self.kept(KEEPER), "a note")
        self.assertEqual([found.get("version") for found in self.points(KEEPER)], [None] * len(self.points(KEEPER)))
        self.assertEqual(error(self.machine.call("Software.Remove", id=KEEPER)), "Theirs")


class Copies(DataFixture):
    """Fresh copies of an app, which are gone with their VMs."""
    MOST = 8

    def copy(self, id_: str = APP) -> dict:
        return self.good(self.machine.call("Hypervisor.StartCopy", id=id_))["app"]

    def listed(self) -> dict[str, dict]:
        return {app["id"]: app for app in self.good(self.machine.call("Hypervisor.List"))["apps"]}

    def running(self, copy: str):
        wait_for(lambda: self.listed().get(copy, {}).get("state") == "running", f"{copy} runs")

    def gone(self, copy: str):
        wait_for(lambda: copy not in self.listed(), f"the end of {copy}")

    def files(self) -> set[pathlib.Path]:
        return {path for path in self.machine.apps.rglob("*") if path.is_file()}

    def free(self) -> int:
        return self.good(self.machine.call("Software.Room"))["free"]

    def test_its_disk_is_blank_and_nowhere(self):
        self.good(self.machine.install(self.app()))
        self.keep("a note")
        files, at = self.files(), len(self.machine.lines)
        copy = self.copy()
        self.assertEqual((copy["id"], copy["copyOf"], copy["name"], copy["version"]), (APP + "+1", APP, "Paint 1.0", "1.0"))
        self.running(copy["id"])
        self.says(at, f"{APP}+1| data  of {16 * MIB} bytes")
        self.says(at, f"{APP}+1| kernel the kernel of {APP} 1.0")
        self.tell("keep another", "kept", copy["id"])
        self.tell("fill", f"filled {16 * MIB} bytes", copy["id"])
        self.assertEqual((self.files(), self.kept()), (files, "a note"))
        self.stop(copy["id"])
        self.gone(copy["id"])
        self.assertEqual((self.files(), self.kept()), (files, "a note"))

    def test_beside_its_app_each_with_its_own(self):
        self.good(self.machine.install(self.app()))
        self.started()
        copies = [self.copy()["id"] for _ in range(2)]
        self.assertEqual(copies, [APP + "+1", APP + "+2"])
        for id_ in (APP, *copies):
            self.running(id_)
            self.tell(f"keep of {id_}", "kept", id_)
        found = self.listed()
        self.assertEqual(len({found[id_]["cid"] for id_ in (APP, *copies)}), 3)
        self.assertEqual(self.kept(), f"of {APP}")
        self.stop(copies[0])
        self.gone(copies[0])
        self.assertEqual(self.copy()["id"], copies[0])  # the smallest that is free, …
        self.assertGreater(self.listed()[copies[0]]["cid"], found[copies[1]]["cid"])  # … with a CID that nobody had
        for id_ in (APP, *copies):
            self.stop(id_)

    def test_what_it_took_is_free_again_also_when_the_supervisor_is_killed(self):
        self.good(self.machine.install(self.app(storage=64)))
        for end in (lambda copy: self.stop(copy), lambda copy: self.good(self.machine.call("Debug.Kill", vm=copy)), lambda _: self.machine.again()):
            files = self.files()
            copy = self.copy()["id"]
            self.running(copy)
            before = self.free()
            self.tell("fill", f"filled {64 * MIB} bytes", copy)
            self.assertLess(self.free(), before - 32 * MIB)
            end(copy)
            self.gone(copy)
            wait_for(lambda: self.free() > before - 32 * MIB, "the room")
            self.assertEqual(self.files(), files)

    def test_as_many_as_there_may_be(self):
        self.good(self.machine.install(self.app()))
        copies = [self.copy((APP, KEEPER)[i % 2])["id"] for i in range(self.MOST)]
        self.assertEqual(len(set(copies)), self.MOST)
        answer = self.machine.call("Hypervisor.StartCopy", id=APP)
        self.assertEqual(error(answer), "StartFailed")
        self.assertIn("as many fresh copies", answer["parameters"]["reason"])
        for copy in copies:
            self.running(copy)
            self.stop(copy)
        self.assertEqual([id_ for id_ in self.listed() if "+" in id_], [])

    def test_an_app_that_came_with_the_machine(self):
        self.keep("a note", KEEPER)
        at = len(self.machine.lines)
        copy = self.copy(KEEPER)
        self.assertNotIn("version", copy)
        self.running(copy["id"])
        self.says(at, f"{copy['id']}| data  of")
        self.stop(copy["id"])
        self.assertEqual(self.kept(KEEPER), "a note")

    def test_an_update_changes_nothing_about_one_that_runs(self):
        self.good(self.machine.install(self.app("1.0")))
        first = self.copy()["id"]
        self.running(first)
        self.good(self.machine.install(self.app("1.1")))
        self.assertEqual(self.listed()[first]["version"], "1.0")
        self.tell("keep on", "kept", first)
        self.assertEqual(*(self.good(self.machine.call("Hypervisor.Icon", id=id_)) for id_ in (first, APP)))
        at = len(self.machine.lines)
        second = self.copy()
        self.running(second["id"])
        self.assertEqual(second["version"], "1.1")
        self.says(at, f"kernel the kernel of {APP} 1.1")
        self.restore(self.points()[-1]["point"])
        self.assertEqual((self.listed()[APP]["version"], self.listed()[second["id"]]["version"]), ("1.0", "1.1"))
        for copy in (first, second["id"]):
            self.stop(copy)

    def test_with_its_app_it_is_removed(self):
        self.good(self.machine.install(self.app()))
        self.good(self.machine.install(self.app(id_=OTHER)))
        copies = [self.copy(id_)["id"] for id_ in (APP, APP, OTHER)]
        for copy in copies:
            self.running(copy)
        self.good(self.machine.call("Software.Remove", id=APP))
        for copy in copies[:2]:
            self.gone(copy)
        self.assertEqual(self.listed()[copies[2]]["state"], "running")
        self.assertEqual(error(self.machine.call("Hypervisor.StartCopy", id=APP)), "NoSuchApp")
        self.assertEqual([path for path in self.machine.apps.rglob("*") if APP in path.name], [])
        self.stop(copies[2])

    def test_what_a_copy_is_not(self):
        self.good(self.machine.install(self.app()))
        copy = self.copy()["id"]
        self.running(copy)
        for method in ("Remove", "Keep", "Usage", "Points"):
            self.assertEqual(error(self.machine.call(f"Software.{method}", id=copy)), "NoSuchApp", method)
        self.assertEqual(error(self.machine.call("Hypervisor.StartCopy", id=copy)), "NoSuchApp")
        self.assertEqual(error(self.machine.call("Hypervisor.Start", id=copy)), "AlreadyRunning")
        self.assertEqual(self.good(self.machine.call("Hypervisor.Icon", id=copy)), self.good(self.machine.call("Hypervisor.Icon", id=APP)))
        self.stop(copy)
        self.assertEqual(error(self.machine.call("Hypervisor.Stop", id=copy)), "NoSuchApp")

    def test_who_watches_is_told(self):
        self.good(self.machine.install(self.app()))
        watcher = self.machine.client()
        watcher.send("io.bulkhead.Hypervisor.Watch", more=True)
        generations = [watcher.reply()["parameters"]["generation"]]
        copy = self.copy()["id"]
        self.running(copy)
        self.stop(copy)
        states = []
        while len(generations) == 1:
            told = watcher.reply()["parameters"]
            if told.get("app", {}).get("id") == copy:
                states.append(told["app"]["state"])
            if "generation" in told:
                generations.append(told["generation"])
        self.assertEqual(states, ["starting", "running", "stopping", "stopped"])

    def test_one_that_does_not_start(self):
        self.good(self.machine.install(self.app(storage=1 << 20)))  # larger than the disk
        answer = self.machine.call("Hypervisor.StartCopy", id=APP)
        self.assertEqual((error(answer), answer["parameters"]["reason"]), ("StartFailed", "its data disk would be larger than the disk for apps"))
        self.assertNotIn(APP + "+1", self.listed())
        self.good(self.machine.install(self.app("1.1", arguments="fake=dies", guest="kernel")))
        copy = self.copy()["id"]
        self.gone(copy)


class Points(DataFixture):
    def setUp(self):
        super().setUp()
        self.good(self.machine.install(self.app("1.0")))
        self.keep("older")

    def test_app_and_data_come_back_together(self):
        self.good(self.machine.install(self.app("2.0")))
        self.keep("newer")
        found = self.points()
        self.assertEqual([(point["version"], point["cause"]) for point in found], [("1.0", "update")])
        self.assertLess(abs(found[0]["time"] - time.time()), 60)
        generation = self.machine.call("Hypervisor.List")["parameters"]["generation"]
        self.assertEqual(self.restore(found[0]["point"]), {"version": "1.0"})
        self.assertGreater(self.machine.call("Hypervisor.List")["parameters"]["generation"], generation)
        self.assertEqual((self.machine.installed()[APP]["version"], self.kept()), ("1.0", "older"))
        # And forth again.
        undone = self.points()[-1]
        self.assertEqual((undone["version"], undone["cause"]), ("2.0", "undo"))
        self.restore(undone["point"])
        self.assertEqual((self.machine.installed()[APP]["version"], self.kept()), ("2.0", "newer"))
        self.machine.again()
        self.assertEqual((self.machine.installed()[APP]["version"], self.kept()), ("2.0", "newer"))

    def test_by_hand(self):
        point = self.good(self.machine.call("Software.Keep", id=APP))["point"]
        self.keep("newer")
        self.restore(point)
        self.assertEqual(self.kept(), "older")
        at = self.started()
        self.says(at, f"{APP}| data older of {16 * MIB} bytes")
        self.stop()

    def test_a_point_does_not_change_when_the_app_writes(self):
        self.good(self.machine.call("Software.Keep", id=APP))
        before = hashlib.sha256(next((self.machine.apps / "points" / APP).glob("*/data")).read_bytes()).digest()
        self.started()
        self.tell("fill", "filled")
        self.stop()
        self.assertEqual(hashlib.sha256(next((self.machine.apps / "points" / APP).glob("*/data")).read_bytes()).digest(), before)

    def test_how_many(self):
        for _ in range(KEPT_MAX):
            self.good(self.machine.call("Software.Keep", id=APP))
        answer = self.machine.call("Software.Keep", id=APP)
        self.assertEqual((error(answer), answer["parameters"]["most"]), ("TooManyPoints", KEPT_MAX))
        for number in range(AUTOMATIC_MAX + 2):
            self.good(self.machine.install(self.app(f"1.{number + 1}")))
        found = self.points()
        self.assertEqual([point["cause"] for point in found], ["kept"] * KEPT_MAX + ["update"] * AUTOMATIC_MAX)
        self.assertEqual([point["version"] for point in found[KEPT_MAX:]], ["1.2", "1.3", "1.4", "1.5"])
        # The oldest automatic one is brought back, though what there is takes its place among them.
        self.restore(found[KEPT_MAX]["point"])
        self.assertEqual(self.machine.installed()[APP]["version"], "1.2")
        self.good(self.machine.call("Software.Forget", id=APP, point=found[0]["point"]))
        self.assertNotIn(found[0]["point"], [point["point"] for point in self.points()])
        self.good(self.machine.call("Software.Keep", id=APP))

    def test_what_there_is_not(self):
        for method in ("Restore", "Forget"):
            for point in (0, 1, -1, 1 << 40):
                answer = self.machine.call(f"Software.{method}", id=APP, point=point)
                self.assertEqual((error(answer), answer["parameters"]["point"]), ("NoSuchPoint", point))
        for method in ("Keep", "Points", "Usage", "Export"):
            self.assertEqual(error(self.machine.call(f"Software.{method}", id="org.example.none")), "NoSuchApp")
        self.assertEqual(error(self.machine.call("Software.Keep", id=drive_software.THEIRS)), "NothingToKeep")

    def test_an_app_that_runs(self):
        self.good(self.machine.call("Software.Keep", id=APP))
        self.started()
        self.assertEqual(error(self.machine.call("Software.Keep", id=APP)), "Running")
        self.assertEqual(error(self.machine.call("Software.Restore", id=APP, point=1)), "Running")
        self.stop()

    def test_who_watches_is_told_the_end(self):
        """The System VM cannot wait on its one line: the call answers when it has begun, and Watch() tells what comes of it."""
        watch = self.machine.client()
        watch.send("io.bulkhead.Hypervisor.Watch", more=True)
        numbers = []
        for method, more in (("Keep", {}), ("Restore", {"point": 1})):
            begun = self.good(self.machine.call(f"Software.{method}", id=APP, watched=True, **more))
            self.assertEqual(list(begun), ["work"])
            self.assertEqual(self.told(watch, False, begun["work"]), {"work": begun["work"], "ended": False})
            self.assertEqual(self.told(watch, True, begun["work"]), {"work": begun["work"], "ended": True})
            numbers.append(begun["work"])
        self.assertLess(numbers[0], numbers[1])
        self.assertEqual([point["cause"] for point in self.points()], ["kept", "undo"])
        later = self.machine.client()  # who comes later is told the newest
        later.send("io.bulkhead.Hypervisor.Watch", more=True)
        self.assertEqual(self.told(later, True, numbers[1]), {"work": numbers[1], "ended": True})
        # What prevents it from the first is an error of the call; what it fails of later is told.
        self.assertEqual(error(self.machine.call("Software.Restore", id=APP, point=99, watched=True)), "NoSuchPoint")
        for _ in range(KEPT_MAX - 1):
            self.good(self.machine.call("Software.Keep", id=APP))
        begun = self.good(self.machine.call("Software.Keep", id=APP, watched=True))
        self.assertEqual(self.told(watch, True, begun["work"])["error"], "io.bulkhead.Software.TooManyPoints")

    def told(self, watch, ended: bool, work: int) -> dict:
        while True:
            told = watch.reply().get("parameters", {}).get("work")
            if told and told["work"] == work and told["ended"] == ended:
                return told

    def test_a_point_that_rotted_is_not_brought_back(self):
        point = self.good(self.machine.call("Software.Keep", id=APP))["point"]
        self.good(self.machine.install(self.app("2.0")))
        path = next((self.machine.apps / "points" / APP).glob(f"{point}-*/bundle"))
        content = bytearray(path.read_bytes())
        content[4100] ^= 1
        path.write_bytes(content)
        self.assertEqual(error(self.machine.call("Software.Restore", id=APP, point=point)), "Failed")
        self.assertEqual(self.machine.installed()[APP]["version"], "2.0")
        self.assertNotIn(point, [found["point"] for found in self.points()])

    def test_what_it_takes(self):
        self.started()
        self.tell("fill", "filled")
        self.stop()
        self.good(self.machine.call("Software.Keep", id=APP))
        usage = self.good(self.machine.call("Software.Usage", id=APP))
        self.assertEqual(usage["quota"], 16 * MIB)
        self.assertTrue(16 * MIB <= usage["data"] < 17 * MIB and 0 < usage["bundle"] < MIB, usage)
        shared = usage["points"] < MIB
        if not shared:  # a copy, on a file system without references
            self.assertTrue(16 * MIB <= usage["points"] < 17 * MIB, usage)
        # The bundle is the same file, and what both have counts once.
        self.assertLess(self.points()[-1]["size"], MIB if shared else 17 * MIB)

    def test_killed_in_the_middle(self):
        """At random moments: a version and what it has kept always belong together."""
        chance = random.Random(3)
        self.good(self.machine.call("Software.Keep", id=APP))  # 1.0 and "older"
        self.good(self.machine.install(self.app("2.0")))
        self.keep("newer")
        self.good(self.machine.call("Software.Keep", id=APP))
        began = time.monotonic()
        self.restore(self.points()[-1]["point"])
        took = time.monotonic() - began  # on this machine
        pairs, seen = {"1.0": "older", "2.0": "newer"}, set()
        for _ in range(KILLS):
            choices = [point["point"] for point in self.points() if point["cause"] == "kept"]
            client = self.machine.client()
            client.send("io.bulkhead.Software.Restore", id=APP, point=chance.choice(choices))
            time.sleep(chance.random() * 1.5 * took)
            self.machine.again()
            version = self.machine.installed()[APP]["version"]
            self.assertEqual(self.kept(), pairs[version])
            seen.add(version)
            for point in self.points():
                folder = next((self.machine.apps / "points" / APP).glob(f"{point['point']}-*"))
                self.assertEqual((folder / "data").read_bytes()[:5].decode(), pairs[point["version"]])
            self.assertLessEqual(len(self.points()), 2 + AUTOMATIC_MAX + 1)
            for folder in ("incoming", "keeping", "removed"):
                self.assertEqual(list((self.machine.apps / folder).iterdir()), [])
        self.assertEqual(len(seen), 2)


class Travelling(DataFixture):
    def setUp(self):
        super().setUp()
        self.bundle = self.app("1.0").read_bytes()
        self.good(self.machine.send(self.bundle))
        self.keep("a note")

    def export(self, id_: str = APP) -> bytes:
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Export", id=id_)
            content = b""
            while data := line.recv(1 << 20):
                content += data
        self.good(client.reply())
        return content

    def send_import(self, content: bytes) -> dict:
        return self.machine.send(content, "Import")

    def test_there_and_back(self):
        before = self.data().read_bytes()
        content = self.export()
        self.assertTrue(content.startswith(self.bundle))
        self.assertLess(len(content), len(self.bundle) + MIB)  # not all of the disk
        self.good(self.machine.call("Software.Remove", id=APP))
        self.assertEqual(self.good(self.send_import(content)), {"id": APP, "name": "Paint 1.0", "version": "1.0", "update": "first"})
        self.assertEqual(self.data().read_bytes(), before)
        self.assertLess(self.data().stat().st_blocks * 512, MIB)
        self.machine.again()
        at = self.started()
        self.says(at, f"{APP}| data a note of {16 * MIB} bytes")
        self.stop()

    def test_over_one_that_is_there(self):
        content = self.export()
        self.good(self.machine.install(self.app("1.1")))
        self.keep("newer")
        self.refused(self.send_import(content), "older", "which is older")
        self.assertEqual(self.kept(), "newer")
        content = self.export()
        self.keep("newest")
        self.assertEqual(self.good(self.send_import(content))["update"], "same")
        self.assertEqual((self.kept(), self.machine.installed()[APP]["version"]), ("newer", "1.1"))
        self.restore(self.points()[-1]["point"])
        self.assertEqual(self.kept(), "newest")
        self.started()
        self.assertEqual(error(self.send_import(content)), "Running")
        self.stop()

    def test_an_app_without_data(self):
        self.good(self.machine.install(self.machine.pack("1.0", id_=OTHER, size=0)))
        content = self.export(OTHER)
        self.good(self.machine.call("Software.Remove", id=OTHER))
        self.good(self.send_import(content))
        self.started(OTHER)
        self.stop(OTHER)

    def test_while_it_leaves(self):
        """Nobody reads what comes: until then it cannot be started, changed or removed."""
        self.started()
        self.tell("fill", "filled")
        self.stop()
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Export", id=APP)
            line.recv(1)
            answer = self.machine.call("Hypervisor.Start", id=APP)
            self.assertEqual(error(answer), "StartFailed")
            self.assertIn("kept, brought back or exported", answer["parameters"]["reason"])
            for method, more in (("Keep", {}), ("Remove", {}), ("Restore", {"point": 1}), ("Forget", {"point": 1})):
                self.assertEqual(error(self.machine.call(f"Software.{method}", id=APP, **more)), "Busy", method)
            self.good(self.machine.call("Hypervisor.Start", id=KEEPER))  # others go on
            self.good(self.machine.call("Hypervisor.Stop", id=KEEPER, force=True))
            while line.recv(1 << 20):
                pass
        self.good(client.reply())
        self.started()
        self.stop()

    def test_nobody_reads_on(self):
        self.started()
        self.tell("fill", "filled")
        self.stop()
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Export", id=APP)
            line.recv(1)
        self.assertEqual(error(client.reply()), "Failed")
        self.started()
        self.stop()

    def test_changed_bits(self):
        content = self.export()
        at = len(self.bundle)
        for place in (at, at + 9, at + 17, at + 32, at + 40, at + 50, len(content) - 50, len(content) - 40, len(content) - 1):
            changed = bytearray(content)
            changed[place] ^= 1
            answer = self.send_import(bytes(changed))
            self.assertIn(error(answer), ("Refused", "Failed"), place)
            self.assertEqual(list((self.machine.apps / "incoming").iterdir()), [])
        self.assertEqual(self.kept(), "a note")

    def test_what_is_no_data_disk(self):
        disk = 16 * MIB
        for stream, reason in (
                (data_stream(disk, magic=b"nonsense"), "no data disk"), (data_stream(disk, version=2), "version 2"),
                (data_stream(disk + 1), "whole sectors"), (data_stream(1 << 62), "and there may be"),
                (data_stream(disk, piece(disk, b"x" * 512)), "not where one can be"), (data_stream(disk, piece(disk - 256, b"x" * 512)), "not where"),
                (data_stream(disk, piece(4096, b"x" * 4096), piece(4096, b"y")), "not where"), (data_stream(disk, piece(2 ** 64 - 512, b"x" * 512)), "not where"),
                (data_stream(disk, piece(0, b"")), "not where"), (data_stream(disk, end=struct.pack("<QQ", 0, 2 ** 64 - 1)), "not where"),
                (data_stream(disk)[:-1] + b"x", "changed after it was exported")):
            self.refused(self.send_import(self.bundle + stream), "broken", reason)
        for size in (0, 31, 33, 60):
            self.failed(self.send_import(self.bundle + data_stream(disk, piece(0, b"x" * 512))[:size]), "ended before it was whole")
        self.assertEqual(self.kept(), "a note")
        self.good(self.send_import(self.bundle + data_stream(disk, piece(4096, b"x" * 4096), piece(disk - 512, b"y" * 512))))
        self.assertEqual(self.data().read_bytes(), bytes(4096) + b"x" * 4096 + bytes(disk - 8192 - 512) + b"y" * 512)

    def test_the_installer_dies_between_app_and_data(self):
        client = self.machine.client()
        with self.machine.line() as line:
            client.send("io.bulkhead.Software.Import")
            line.sendall(self.bundle + data_stream(16 * MIB)[:40])
            wait_for(lambda: (self.machine.apps / "incoming/data").exists(), "the data")
            os.kill(drive_software.installer_of(self.machine), signal.SIGKILL)
            self.failed(client.reply(), "bk-installer ended")
        self.assertEqual(self.kept(), "a note")
        self.good(self.machine.install(self.app("1.1")))

    def test_a_stranger_s_is_judged_before_its_data_come(self):
        stranger = self.app("2.0", key="stranger").read_bytes()
        self.refused(self.send_import(stranger + data_stream(16 * MIB)), "stranger", "not by who signed")
        self.good(self.send_import(self.bundle + data_stream(16 * MIB)))  # its stream was let go
        self.assertEqual(self.kept(), "")

    def test_what_came_with_the_machine_stays(self):
        client = self.machine.client()
        with self.machine.line():
            client.send("io.bulkhead.Software.Export", id=KEEPER)
            self.assertEqual(error(client.reply()), "Theirs")


def main() -> int:
    drive_software.SUPERVISOR, drive_software.INSTALLER, drive_software.BUNDLE = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        (folder / "apps" / KEEPER).mkdir(parents=True)
        (folder / "apps" / KEEPER / "manifest.json").write_text(json.dumps({"id": KEEPER, "name": "Keeper", "memory": 64, "storage": 16}))
        (folder / "apps" / KEEPER / "root.erofs").write_text("an app")
        Fixture.machine = Machine(folder)
        try:
            return tap.run(sys.modules[__name__], sys.argv[4:])
        finally:
            Fixture.machine.end()


if __name__ == "__main__":
    sys.exit(main())
