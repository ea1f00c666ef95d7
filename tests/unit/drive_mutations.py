#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every example call of the System API, mutated, at the real broker: drive_mutations.py BROKER_UNDER_TEST [TEST ...]

Which methods there are, what they take and what they may answer is read from api/*.varlink: a new method is tested without
being named here. MUTATIONS=N makes N of each example, SEED=N others than the usual ones.
"""
import os
import pathlib
import random
import select
import socket
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
API = HERE.parents[1] / "api"
sys.path[:0] = [str(HERE), str(API)]
import annotations  # noqa: E402
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import idl  # noqa: E402
import mutate  # noqa: E402
import tap  # noqa: E402
from cbor_peer import CborClient  # noqa: E402
from varlink_peer import Client, wait_for  # noqa: E402

MUTATIONS, SEED = int(os.environ.get("MUTATIONS", "12")), int(os.environ.get("SEED", "1"))
MUTANTS, PHONE, DRIVE = (3, 5), 4, 9  # the apps' CIDs
SERVICE = "org.varlink.service."
GET_INFO = {"method": SERVICE + "GetInfo"}
INTERFACES = {interface.name: interface for interface in map(idl.load, sorted(API.glob("*.varlink")))}
METHODS = {f"{interface.name}.{method.name}": (interface, method) for interface in INTERFACES.values() for method in interface.of_kind("method")}
# Calls that a person or another app has to do something for: they may have no answer yet. All others have theirs at once.
WAITING = {"io.bulkhead.Camera.Offer", "io.bulkhead.Camera.Open", "io.bulkhead.Clipboard.Paste", "io.bulkhead.File.Pick",
           "io.bulkhead.File.Save", "io.bulkhead.Folders.Offer", "io.bulkhead.Folders.Open", "io.bulkhead.Location.Provide",
           "io.bulkhead.Location.Watch", "io.bulkhead.Notification.Watch",
           "io.bulkhead.Open.Link", "io.bulkhead.Open.Send", "io.bulkhead.Open.Watch"}
OF_THE_LIBRARY = "io.systemd.System"  # what sd-varlink says of its own methods to a parameter that stands there twice
GROWTH_KIB = 3000  # half of it is what a sanitizer's allocator does; a leak it tells by itself, when the broker ends
PERMISSIONS = ("camera", "folders", "location", "locationSource", "microphone")


def calls(method: idl.Member) -> list[dict]:
    return [message for direction, message in annotations.read(method.comment, method.name).examples if direction == "->"]


def required(method: idl.Member) -> list[str]:
    return [field.name for field in method.type.fields if field.type.wrappers[:1] != ("?",)]


def app(cid: int) -> dict:
    return {"state": "running", "cid": cid, "permissions": [{"name": name, "reason": "To be tried."} for name in PERMISSIONS]}


class Fixture(drive_location.Fixture):
    """Two apps that may do all that can be declared, with what the examples speak of: a folder, a camera, a place, the focus."""
    apps = {"io.example.mutant": app(MUTANTS[0]), "io.example.other": app(MUTANTS[1]), "io.example.phone": app(PHONE),
            "io.example.drive": app(DRIVE)}

    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        for name in ("io.example.mutant", "io.example.other"):
            for permission in PERMISSIONS:
                self.desktop.grant(name, permission, "always")
        for cid in MUTANTS:
            self.desktop.tell(window={"cid": cid, "focused": cid == MUTANTS[0], "visibility": "visible"})
        wait_for(lambda: len(self.desktop.privacy["grants"]) == 2 * len(PERMISSIONS), "all was allowed")
        self.second = self.client(DRIVE)
        self.offers: list[Client] = []
        self.assert_second_is_answered()

    def offer(self):
        """What the examples open is there, and again: an app that does not read who opens it is cut off."""
        for client in self.offers:
            self.drop(client)
        self.offers.clear()
        for cid, interface, name, what in ((DRIVE, "Folders", "drive", {"access": "readWrite"}),
                                           (PHONE, "Camera", "phone", {"modes": [{"format": "NV12", "width": 1280, "height": 720, "rate": 30}]})):
            client = Client(self.folder / str(cid))
            client.send({"method": f"io.bulkhead.{interface}.Offer", "parameters": {"name": name, "title": name} | what, "more": True})
            self.offers.append(client)
            self.clients.append(client)

    def drop(self, client: Client):
        client.close()
        self.clients.remove(client)

    def assert_second_is_answered(self):
        self.assertIn("vendor", self.second.call(GET_INFO["method"])["parameters"])

    def assert_well_formed(self, answer: dict):
        self.assertLessEqual(set(answer), {"parameters", "error", "continues"}, answer)
        self.assertIsInstance(answer.get("parameters", {}), dict, answer)
        self.assertIsInstance(answer.get("error", ""), str, answer)

    def assert_fits(self, name: str, answer: dict):
        """The answer is one that the interface names."""
        self.assert_well_formed(answer)
        error = answer.get("error")
        if error is None:
            interface, method = METHODS[name]
            idl.validate(interface, method.output, answer["parameters"], "the answer")
            return
        where, _, what = error.rpartition(".")
        if where + "." != SERVICE:
            interface, method = METHODS[name]
            self.assertEqual(where, interface.name)
            self.assertIn(what, annotations.read(method.comment, name).errors)
        idl.validate(INTERFACES[where], INTERFACES[where].find("error", what).type, answer["parameters"], "the error")


class Methods(Fixture):
    """One test for each method: below. What is not its parameter, what is missing and what stands there twice is named."""

    def assert_refused(self, call: dict, parameters: dict, wrong: str):
        client = self.client(MUTANTS[0])
        client.send(call | {"parameters": parameters})
        self.assertEqual(client.receive(), {"error": SERVICE + "InvalidParameter", "parameters": {"parameter": wrong}}, parameters)
        client.close()

    def assert_checked(self, method: idl.Member):
        for call in calls(method):
            parameters = call.get("parameters", {})
            with self.subTest(call):
                self.assert_refused(call, parameters | {"unheardOf": 1}, "unheardOf")
                for name in required(method):
                    self.assert_refused(call, {key: value for key, value in parameters.items() if key != name}, name)
                    self.assert_refused(call, parameters | {name: None}, name)
                for name, value in parameters.items():
                    self.assert_twice_is_refused(call, name, value)

    def assert_twice_is_refused(self, call: dict, name: str, value):
        message = mutate.thaw(call)
        message.get("parameters").append([name, mutate.thaw(value)])
        client = self.client(MUTANTS[0])
        client.send_bytes(mutate.json_bytes(message))
        if call["method"].startswith(SERVICE):
            self.assertEqual(client.receive()["error"], OF_THE_LIBRARY)
        else:
            self.assertEqual(client.receive(), {"error": SERVICE + "InvalidParameter", "parameters": {"parameter": name}}, message)
        client.close()


class Mutated(Fixture):
    """All of them, in an order that the seed makes, so that no method's pace is all that is met."""
    cbor = False

    def connect(self, cid: int) -> Client:
        self.clients.append(CborClient(self.folder / f"{cid}-cbor") if self.cbor else Client(self.folder / str(cid)))
        return self.clients[-1]

    def messages(self) -> list[tuple[mutate.Object, bytes]]:
        found = []
        for _, method in METHODS.values():
            for call in calls(method) * MUTATIONS:
                message = mutate.mutated(self.chance, call)
                try:
                    found.append((message, (mutate.cbor_bytes if self.cbor else mutate.json_bytes)(message)))
                except OverflowError:
                    pass  # CBOR has no such number
        self.chance.shuffle(found)
        return found

    def receive(self, client: Client) -> dict | None:
        try:
            return client.receive()
        except ConnectionError:
            return None

    def say(self, client: Client, data: bytes):
        try:
            client.send_bytes(data)
        except ConnectionError:
            pass  # it was cut off before it had sent all

    def wanted(self, message: mutate.Object, answer: dict):
        """The answer is what this message has to meet."""
        name, parameters, error = message.get("method"), message.get("parameters"), answer.get("error")
        if name not in METHODS:
            self.assertEqual(answer, {"error": SERVICE + "MethodNotFound", "parameters": {"method": name}})
            return
        if name.startswith(SERVICE) and isinstance(parameters, mutate.Object) and parameters.has_twice() and error == OF_THE_LIBRARY:
            return
        self.assert_fits(name, answer)
        interface, method = METHODS[name]
        if error == SERVICE + "ExpectedMore":
            self.assertIsNot(message.get("more"), True)
        elif not mutate.fits(interface, method.type, parameters if isinstance(parameters, mutate.Object) else mutate.Object()):
            self.assertEqual(error, SERVICE + "InvalidParameter")
        self.assertNotEqual(error, SERVICE + "MethodNotFound")

    def meet(self, client: Client, probe: Client, message: mutate.Object, data: bytes) -> bool:
        """True when the connection can be used again."""
        self.say(client, data)
        if mutate.closes(message, self.cbor):
            self.assertIsNone(self.receive(client))
            return False
        if message.get("oneway"):
            client.send(GET_INFO)
            self.assertIn("vendor", client.receive()["parameters"])
            return True
        if message.get("method") in WAITING:
            self.assertIn("vendor", probe.call(GET_INFO["method"])["parameters"])
            if not select.select([client.endpoint], [], [], 0)[0]:
                return False
        answer = self.receive(client)
        self.assertIsNotNone(answer, "the connection was closed")
        self.wanted(message, answer)
        return "continues" not in answer

    def run_all(self):
        connected = {cid: [self.connect(cid) for _ in range(2)] for cid in MUTANTS}  # the second asks what was dealt with
        for number, (message, data) in enumerate(self.messages()):
            client, probe = connected[cid := MUTANTS[number % 2]]
            with self.subTest(number=number, data=data[:1000]):
                again = False
                try:
                    again = self.meet(client, probe, message, data)
                finally:
                    if not again:
                        self.drop(client)
                        connected[cid][0] = self.connect(cid)
            if number % 50 == 0:
                self.assert_second_is_answered()
                self.offer()
        for client in [client for pair in connected.values() for client in pair]:
            self.drop(client)

    def assert_flat_after(self, run):
        """The same again: what it costs is taken when it is met first."""
        run()
        idle, before = self.open_files(), self.memory_kib()
        self.chance.seed(SEED)
        run()
        self.assert_second_is_answered()
        self.assertLess(self.memory_kib() - before, GROWTH_KIB)
        wait_for(lambda: self.open_files() <= idle, "every connection was closed")

    def test_mutated_messages(self):
        self.assert_flat_after(self.run_all)

    def run_bytes(self):
        for number, (_, data) in enumerate(self.messages()):
            client = self.connect(MUTANTS[number % 2])
            data = mutate.mutated_bytes(self.chance, data)
            self.say(client, data)
            with self.subTest(number=number, data=data[:1000]):
                client.endpoint.shutdown(socket.SHUT_WR)
                self.assert_second_is_answered()
                while select.select([client.endpoint], [], [], 0)[0] and (answer := self.receive(client)) is not None:
                    self.assert_well_formed(answer)
            self.drop(client)

    def test_mutated_bytes(self):
        self.assert_flat_after(self.run_bytes)


class MutatedCbor(Mutated):
    cbor = True


class Tokens(Fixture):
    def test_mutated_tokens(self):
        """One that is not whole opens nothing, and spends none."""
        client = self.client(MUTANTS[0])
        client.call(GET_INFO["method"])
        idle = self.open_files()
        for _ in range(10):
            token = client.call("io.bulkhead.Test.Open")["parameters"]["stream"]
            whole = token.encode() + b"\n"
            for _ in range(MUTATIONS):
                data = mutate.mutated_bytes(self.chance, whole)
                if data.startswith(whole):
                    continue
                with self.subTest(data):
                    stream = self.client(f"{MUTANTS[0]}-streams")
                    try:
                        stream.send_bytes(data)
                        stream.endpoint.shutdown(socket.SHUT_WR)
                    except OSError:
                        pass  # it was cut off before
                    self.assertTrue(stream.closed())
                    stream.close()
            stream = self.stream(token, MUTANTS[0])
            self.assertEqual(stream.endpoint.recv(5), b"open\n")
            stream.close()
        self.assert_second_is_answered()
        wait_for(lambda: self.open_files() <= idle, "every stream was closed")


def add_tests():
    def test_of(method: idl.Member):
        return lambda self: self.assert_checked(method)

    for name, (_, method) in METHODS.items():
        setattr(Methods, f"test {name}", test_of(method))


def main() -> int:
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    drive_broker.CIDS = (0, *MUTANTS, PHONE, DRIVE)
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0"  # what it keeps looks like a leak
    add_tests()
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
