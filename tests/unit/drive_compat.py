#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every released System API, against this system: drive_compat.py BROKER_UNDER_TEST [TEST ...]

tests/compat/VERSION/ holds the interface files of a release. Each example message in them is sent as it stands, and is
answered as it was: with the same error, or with the same fields or more. A method whose example needs something to be there
has a scene here that puts it there. What is released is never taken out, neither here nor there.
"""
import dataclasses
import hashlib
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
API = HERE.parents[1] / "api"
COMPAT = HERE.parent / "compat"
sys.path[:0] = [str(HERE), str(API)]
import annotations  # noqa: E402
import drive_broker  # noqa: E402
import grown  # noqa: E402
import idl  # noqa: E402
import tap  # noqa: E402

RELEASES = {folder.name: [idl.load(path) for path in sorted(folder.glob("*.varlink"))]
            for folder in sorted(COMPAT.iterdir()) if folder.is_dir()}
SERVICE = "org.varlink.service."


def conversations(method: idl.Member) -> list[tuple[dict, dict]]:
    """The example calls of a method, each with the answer that stands behind it."""
    found = annotations.read(method.comment, method.name).examples
    pairs = list(zip(found[::2], found[1::2], strict=True))
    assert all((call[0], reply[0]) == ("->", "<-") for call, reply in pairs), method.name
    return [(call[1], reply[1]) for call, reply in pairs]


def known_part(interface: idl.Interface, wanted: idl.Type, value):
    """The value without fields that the release does not know."""
    if value is None or wanted.wrappers:
        inner = dataclasses.replace(wanted, wrappers=wanted.wrappers[1:])
        if isinstance(value, list):
            return [known_part(interface, inner, element) for element in value]
        if wanted.wrappers[:1] == ("[string]",) and isinstance(value, dict):
            return {key: known_part(interface, inner, element) for key, element in value.items()}
        return value if value is None else known_part(interface, inner, value)
    if wanted.kind == "name":
        return known_part(interface, interface.find("type", wanted.name).type, value)
    if wanted.kind == "struct" and isinstance(value, dict):
        return {field.name: known_part(interface, field.type, value[field.name]) for field in wanted.fields if field.name in value}
    return value


class Kept(unittest.TestCase):
    def test_there_is_a_release(self):
        self.assertIn("0.1.0", RELEASES)

    def test_no_released_file_was_changed_or_taken_out(self):
        for version in RELEASES:
            with self.subTest(version):
                lines = (COMPAT / version / "SUMS").read_text().splitlines()
                self.assertEqual({line.split()[1] for line in lines}, {path.name for path in (COMPAT / version).glob("*.varlink")})
                for line in lines:
                    digest, name = line.split()
                    self.assertEqual(hashlib.sha256((COMPAT / version / name).read_bytes()).hexdigest(), digest, name)

    def test_interfaces_have_only_grown(self):
        for version, interfaces in RELEASES.items():
            for interface in interfaces:
                with self.subTest(version, interface=interface.name):
                    grown.check(interface, idl.load(API / f"{interface.name}.varlink"))


class Answered(drive_broker.Fixture):
    """One test for each released method: below."""

    def scene(self, call: dict):
        match call["method"]:
            case "io.bulkhead.Notification.Withdraw":
                client = self.client()
                for _ in range(call["parameters"]["id"]):
                    client.post()
            case "io.bulkhead.Notification.Watch":
                self.client().post(buttons=[{"id": "again", "label": "Again"}])
                self.desktop.answer(self.desktop.next("Show")["id"], "again")

    def assert_answered(self, interface: idl.Interface, method: idl.Member):
        for call, reply in conversations(method):
            with self.subTest(call):
                self.scene(call)
                client = self.client()
                client.send(call)
                answer = client.receive()
                client.close()
                self.assertEqual(answer.get("error"), reply.get("error"), answer)
                self.assertEqual(answer.get("continues", False), reply.get("continues", False))
                wanted = interface.find("error", answer["error"].rpartition(".")[2]).type if "error" in answer else method.output
                idl.validate(interface, wanted, known_part(interface, wanted, answer["parameters"]), "the answer")
                self.assertLessEqual(set(reply["parameters"]), set(answer["parameters"]))

    def assert_unknown_parameter_is_told(self, name: str, call: dict):
        parameters = call.get("parameters", {}) | {"unheardOf": 1}
        self.assertEqual(self.client().call(name, **parameters),
                         {"error": SERVICE + "InvalidParameter", "parameters": {"parameter": "unheardOf"}})


class Service(drive_broker.Fixture):
    def test_what_was_released_is_told(self):
        told = self.client().call(SERVICE + "GetInfo")["parameters"]["interfaces"]
        for version, interfaces in RELEASES.items():
            self.assertLessEqual({interface.name for interface in interfaces}, set(told), version)

    def test_what_there_is_not_is_told(self):
        client = self.client()
        for method in ("io.bulkhead.Notification.Explode", "io.bulkhead.Nothing.Do"):
            self.assertEqual(client.call(method)["error"], SERVICE + "MethodNotFound")
        self.assertEqual(client.call(SERVICE + "GetInterfaceDescription", interface="io.bulkhead.Nothing")["error"],
                         SERVICE + "InterfaceNotFound")


def add_tests():
    def test_of(interface: idl.Interface, method: idl.Member):
        def test(self):
            self.assert_answered(interface, method)
            self.assert_unknown_parameter_is_told(f"{interface.name}.{method.name}", conversations(method)[0][0])
        return test

    for version, interfaces in RELEASES.items():
        for interface in interfaces:
            for method in interface.of_kind("method"):
                setattr(Answered, f"test {version} {interface.name}.{method.name}", test_of(interface, method))


def main() -> int:
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    add_tests()
    return tap.run(sys.modules[__name__], sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
