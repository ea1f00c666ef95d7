#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every released System API, against this system: drive_compat.py BROKER_UNDER_TEST BK_PICKER BK_ENCODER [TEST ...]

tests/compat/VERSION/ holds the interface files of a release. Each example message in them is sent as it stands, but for the
time of a place, and is answered as it was: with the same error, or with the same fields or more. A method whose example needs
something to be there has a scene in compat_scenes.py that puts it there. What is released is never taken out, neither here
nor there.
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
import compat_scenes  # noqa: E402
import drive_broker  # noqa: E402
import drive_files  # noqa: E402
import grown  # noqa: E402
import idl  # noqa: E402
import tap  # noqa: E402

RELEASES = {folder.name: [idl.load(path) for path in sorted(folder.glob("*.varlink"))]
            for folder in sorted(COMPAT.iterdir()) if folder.is_dir()}
SERVICE = "org.varlink.service."


def conversations(method: idl.Member) -> list[tuple[dict, list[dict]]]:
    """The example calls of a method, each with the answers that stand behind it."""
    found: list[tuple[dict, list[dict]]] = []
    for direction, message in annotations.read(method.comment, method.name).examples:
        if direction == "->":
            found.append((message, []))
        else:
            found[-1][1].append(message)
    assert all(replies for _, replies in found), method.name
    return found


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
        self.assertLessEqual({"0.1.0", "0.2.0"}, set(RELEASES))

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


class Answered(compat_scenes.Fixture):
    """One test for each released method: below."""

    def assert_like(self, wanted, value, where: str):
        """There is as much in it as in the example."""
        if isinstance(wanted, dict):
            self.assertLessEqual(set(wanted), set(value), where)
            for key, element in wanted.items():
                self.assert_like(element, value[key], f"{where}.{key}")
        elif isinstance(wanted, list) and wanted:
            self.assertTrue(value, f"{where} is empty")
            self.assert_like(wanted[0], value[0], f"{where}[0]")

    def assert_fits(self, interface: idl.Interface, method: idl.Member, reply: dict, answer: dict):
        self.assertEqual(answer.get("error"), reply.get("error"), answer)
        self.assertEqual(answer.get("continues", False), reply.get("continues", False), answer)
        wanted = interface.find("error", answer["error"].rpartition(".")[2]).type if "error" in answer else method.output
        idl.validate(interface, wanted, known_part(interface, wanted, answer["parameters"]), "the answer")
        self.assert_like(reply.get("parameters", {}), answer["parameters"], "the answer")

    def assert_answered(self, interface: idl.Interface, method: idl.Member):
        for call, replies in conversations(method):
            with self.subTest(call):
                scene = self.scene(call, replies)
                next(scene)
                client = self.client(compat_scenes.CALLER)
                client.send(compat_scenes.as_of_now(call))
                next(scene, None)
                for reply in replies:
                    answer = client.receive()
                    while "error" in reply and answer.get("continues"):  # it was told something before, as a call with `more` is
                        self.go_on(scene, answer)
                        answer = client.receive()
                    self.assert_fits(interface, method, reply, answer)
                    self.go_on(scene, answer)
                client.close()

    def go_on(self, scene, answer: dict):
        try:
            scene.send(answer)
        except StopIteration:
            pass  # nothing more happens

    def assert_unknown_parameter_is_told(self, call: dict):
        client = self.client(compat_scenes.CALLER)
        client.send(call | {"parameters": call.get("parameters", {}) | {"unheardOf": 1}})
        self.assertEqual(client.receive(), {"error": SERVICE + "InvalidParameter", "parameters": {"parameter": "unheardOf"}})


class Service(drive_broker.Fixture):
    def test_what_was_released_is_told(self):
        told = self.client().call(SERVICE + "GetInfo")["parameters"]
        self.assertEqual(told["version"], max(RELEASES, key=lambda version: [int(part) for part in version.split(".")]))
        for version, interfaces in RELEASES.items():
            self.assertLessEqual({interface.name for interface in interfaces}, set(told["interfaces"]), version)

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
            self.assert_unknown_parameter_is_told(conversations(method)[0][0])
        return test

    for version, interfaces in RELEASES.items():
        for interface in interfaces:
            for method in interface.of_kind("method"):
                setattr(Answered, f"test {version} {interface.name}.{method.name}", test_of(interface, method))


def main() -> int:
    drive_broker.PROGRAM, drive_files.PROGRAM, compat_scenes.PROGRAM = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:4])
    add_tests()
    return tap.run(sys.modules[__name__], sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
