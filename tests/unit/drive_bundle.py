#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bk-bundle from outside, a second reader beside it, and the example of docs/protocols/bundle.md: drive_bundle.py BK_BUNDLE [TEST ...]"""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import unittest

import jsonschema

import bundle_reader
import tap

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PAGE = SOURCE / "docs/protocols/bundle.md"
PROGRAM = ""
DONE, FAILED, USAGE, BROKEN, UNSIGNED, STRANGER, OLDER = 0, 1, 2, 4, 5, 6, 7

EXAMPLE_SECRET = bytes(range(32))
EXAMPLE = {
    "manifest": b'{"id":"org.example.hello","version":"1.0","name":"Hello","memory":32,"guest":"kernel"}\n',
    "kernel": b"a kernel\n",
    "root": b"a" * 4096 + b"b" * 4096,
}
EROFS = bytes(1024) + b"\xe2\xe1\xf5\xe0"


def hexdump(data: bytes) -> str:
    """As `hexdump -C` prints it."""
    lines, before, starred = [], None, False
    for at in range(0, len(data), 16):
        row = data[at:at + 16]
        if row == before and len(row) == 16:
            if not starred:
                lines.append("*")
            starred = True
            continue
        before, starred = row, False
        text = "".join(chr(byte) if 0x20 <= byte < 0x7f else "." for byte in row)
        octets = " ".join(f"{byte:02x}" for byte in row[:8]) + "  " + " ".join(f"{byte:02x}" for byte in row[8:])
        lines.append(f"{at:08x}  {octets:<48}  |{text}|")
    return "\n".join([*lines, f"{len(data):08x}"])


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def key(self, name: str, secret: bytes) -> pathlib.Path:
        path = self.folder / name
        path.write_text(f"bulkhead-secret-key ed25519 {secret.hex()}\n")
        path.chmod(0o600)
        return path

    def ask(self, status: int, *arguments) -> tuple[dict | None, str]:
        """Runs bk-bundle, which must end so: the object that it prints, and what it has to say beside."""
        answer = subprocess.run([PROGRAM, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        return json.loads(answer.stdout) if answer.stdout else None, answer.stderr

    def pack(self, name: str, parts: dict[str, bytes], key: pathlib.Path | None = None, status: int = DONE) -> pathlib.Path:
        for part, content in parts.items():
            (self.folder / part).write_bytes(content)
        self.said, self.complaint = self.ask(status, "pack", *(["--key", key] if key else []), self.folder / name,
                                             *(f"{part}={self.folder / part}" for part in parts))
        return self.folder / name

    def app(self, name: str, key: pathlib.Path, app: str = "org.example.app", version: str = "1.0") -> pathlib.Path:
        manifest = {"id": app, "version": version, "name": {"en": "An app", "de": "Eine App"}, "memory": 64}
        return self.pack(name, {"manifest": json.dumps(manifest).encode(), "root": EROFS.ljust(5 * 4096, b"x")}, key)


class Format(Case):
    def test_the_example_of_the_page_is_what_is_written(self):
        data = self.pack("hello.bapp", EXAMPLE, self.key("key", EXAMPLE_SECRET)).read_bytes()
        blocks = re.findall(r"```\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
        self.assertEqual(blocks[-1], hexdump(data))

    def test_a_second_reader_reads_the_same(self):
        data = self.pack("hello.bapp", EXAMPLE, self.key("key", EXAMPLE_SECRET)).read_bytes()
        parts = bundle_reader.read(data)
        self.assertEqual({name: parts[name] for name in EXAMPLE}, EXAMPLE)
        self.assertEqual(self.said["key"], parts["key"].hex())
        for changed in (16, 24, 70, 80, 500, 4050, 4096, 4200, 8200, 8300, 12288, 20479, 20480, 24575):
            with self.subTest(changed):
                wrong = bytearray(data)
                wrong[changed] ^= 4
                self.assertRaises(bundle_reader.Refused, bundle_reader.read, bytes(wrong))
                (self.folder / "wrong").write_bytes(wrong)
                self.assertNotEqual(self.ask(BROKEN, "verify", self.folder / "wrong")[0]["verdict"], "good")

    def test_the_tree_is_dm_veritys(self):
        """Trees of no, one, two and three levels: by the page's description and by veritysetup, which has the kernel's format."""
        for blocks in (1, 2, 128, 129, 1000, 128 * 128 + 1):
            with self.subTest(blocks):
                root = b"".join(number.to_bytes(4, "little") * 1024 for number in range(blocks))
                data = self.pack("v.bapp", {**EXAMPLE, "root": root}).read_bytes()
                sections = {section["name"]: section for section in self.ask(DONE, "inspect", self.folder / "v.bapp")[0]["sections"]}
                tree, root_hash = bundle_reader.make_tree(root)
                self.assertEqual(sections["root image"]["rootHash"], root_hash.hex())
                place = sections.get("hash tree", {"offset": 0, "size": 0})
                self.assertEqual(data[place["offset"]:place["offset"] + place["size"]], tree)
                if blocks == 1:
                    continue  # veritysetup wants a tree
                both = self.folder / "both"
                both.write_bytes(data[sections["root image"]["offset"]:])
                verify = ["veritysetup", "verify", "--no-superblock", "--hash=sha256", "--salt=-", "--data-block-size=4096",
                          "--hash-block-size=4096", f"--data-blocks={blocks}", f"--hash-offset={len(root)}", both, both]
                answer = subprocess.run([*verify, root_hash.hex()], capture_output=True, text=True)
                self.assertEqual(answer.returncode, 0, answer.stderr)
                with open(both, "r+b") as file:
                    file.seek((blocks - 1) * 4096)
                    file.write(b"!")
                self.assertNotEqual(subprocess.run([*verify, root_hash.hex()], capture_output=True).returncode, 0)


class Manifest(Case):
    LEAST = {"id": "org.example.app", "version": "1", "name": "x", "memory": 64}
    GOOD = [
        {}, {"version": "0"}, {"version": "1.20.300.999999999"}, {"guest": "linux"}, {"guest": "kernel"}, {"memory": 32}, {"memory": 65536},
        {"cpus": 16}, {"display": True, "sound": True, "autostart": False}, {"arguments": "x" * 512}, {"id": "a.b-c9.d"},
        {"storage": 0}, {"storage": 16}, {"storage": 1048576}, {"id": "a." + "b" * 62}, {"name": "x" * 64}, {"name": {"en": "x", "de": "\u00fc", "zh-Hant": "y", "pt-BR": "z", "ast": "a"}},
        {"permissions": {}}, {"permissions": {"camera": "x" * 200, "theCamera": {"en": "x", "de": "y"}}}, {"opens": {}},
        {"opens": {"schemes": ["https", "web+x-1", "org.example.app"], "types": ["*/*", "image/*", "text/plain", "a/b.c+d"]}},
        *({"network": network, "permissions": {"network": "x"}} for network in (
            "internet", ["example.org"], ["*.example.org", "a.b", "1.xn--p1ai"], ["a" * 63 + ".org"], [f"a{i}.org" for i in range(64)],
            ["a." * 125 + "org"])),
    ]
    WRONG = [
        {"id": "app"}, {"id": "a."}, {"id": "A.b"}, {"id": "a.9"}, {"id": "a.b" + "c" * 62}, {"id": 1}, {"version": ""}, {"version": "1."},
        {"version": "01"}, {"version": "1.2.3.4.5"}, {"version": "1234567890"}, {"version": "1-rc"}, {"version": 1}, {"name": ""},
        {"name": "x" * 65}, {"name": "a\nb"}, {"name": "a\x7f"}, {"name": {}}, {"name": {"de": "x"}}, {"name": {"en": ""}},
        {"name": {"en": "x" * 65}}, {"name": {"en": "x", "german": "y"}}, {"name": {"en": "x", "DE": "y"}}, {"name": {"en": "x", "de-at": "y"}},
        {"name": ["x"]}, {"guest": "bsd"}, {"guest": None}, {"memory": 30}, {"memory": 65}, {"memory": 65538}, {"memory": "64"},
        {"memory": 64.5}, {"cpus": 0}, {"cpus": 17}, {"storage": 15}, {"storage": 1048577}, {"storage": -16}, {"storage": "64"},
        {"storage": 16.5}, {"display": 1}, {"sound": "yes"}, {"autostart": None}, {"arguments": ""},
        {"arguments": "x" * 513}, {"arguments": "\u00fc"}, {"permissions": []}, {"permissions": {"Camera": "x"}},
        {"permissions": {"camera2": "x"}}, {"permissions": {"c" * 33: "x"}}, {"permissions": {"camera": ""}}, {"permissions": {"camera": None}},
        {"permissions": {"camera": "x" * 201}}, {"permissions": {"camera": {"de": "x"}}},
        {"permissions": {"camera": {"en": "x", "de": "y" * 201}}}, {"permissions": {letter * 2: "x" for letter in "abcdefghijklmnopq"}},
        {"opens": []}, {"opens": {"schemes": ["HTTP"]}}, {"opens": {"schemes": ["a", "a"]}},
        {"opens": {"schemes": ["s" * 65]}}, {"opens": {"schemes": list("abcdefghi")}}, {"opens": {"types": ["text"]}},
        {"opens": {"types": ["*/plain"]}}, {"opens": {"types": ["a/b", "a/b"]}}, {"opens": {"types": ["a/" + "b" * 64]}},
        {"opens": {"types": [f"a/{letter}" for letter in "abcdefghijklmnopq"]}},
        {"network": "internet"}, {"network": ["example.org"], "permissions": {"camera": "x"}},
        *({"network": network, "permissions": {"network": "x"}} for network in (
            "", "example.org", None, {}, [], ["*"], [1], ["org"], ["*.org"], ["Example.org"], ["a.b", "a.b"], ["192.0.2.1"], ["a.1b"], ["a..b"],
            [".a.b"], ["a.b."], ["-a.b"], ["a-.b"], ["a.*.b"], ["*a.b"], ["**.a.b"], ["a_b.org"], ["a.b:80"], ["a.b/c"], ["2001:db8::1"], ["a b.org"],
            ["\u00fc.org"], ["a" * 64 + ".org"], ["a." * 126 + "org"], [f"a{i}.org" for i in range(65)])),
    ]
    # What a schema cannot say: a scheme with a dot is the app's own id; a length in bytes.
    READER_ALONE = [{"opens": {"schemes": ["org.example.other"]}}, {"name": "\u00fc" * 33}]

    def schema(self):
        schema = json.loads((SOURCE / "api/manifest.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    def read(self, manifest: dict) -> str:
        """What the reader has against a manifest; nothing when it takes it."""
        parts = {"manifest": json.dumps(manifest).encode()}
        parts |= {"kernel": b"k"} if manifest.get("guest") == "kernel" else {"root": EROFS.ljust(4096, b"\0")}
        for part, content in parts.items():
            (self.folder / part).write_bytes(content)
        answer = subprocess.run([PROGRAM, "pack", self.folder / "a.bapp", *(f"{part}={self.folder / part}" for part in parts)],
                                capture_output=True, text=True)
        self.assertIn(answer.returncode, (DONE, BROKEN), answer.stderr)
        return json.loads(answer.stdout).get("reason", "")

    def test_the_schema_names_the_systems_permissions(self):
        """Who writes a manifest is told of another one; a reader passes over it."""
        table = re.search(r"bk_permission_names\[BK_PERMISSIONS\] = \{(.*?)\};", (SOURCE / "system/broker/permissions/permission.c").read_text(), re.DOTALL)[1]
        names = self.schema().schema["properties"]["permissions"]["propertyNames"]["examples"]
        self.assertEqual(names, sorted(re.findall('"([A-Za-z]+)"', table)))
        told = re.search("^The names that there are: (.*)[.]$", (SOURCE / "docs/api/README.md").read_text(), re.MULTILINE)[1]
        self.assertEqual(names, re.findall("`([A-Za-z]+)`", told))

    def test_reader_and_schema_agree(self):
        schema = self.schema()
        for more in self.GOOD:
            with self.subTest(more):
                manifest = self.LEAST | more
                self.assertEqual([error.message for error in schema.iter_errors(manifest)], [])
                self.assertEqual(self.read(manifest), "")
        for more in self.WRONG:
            with self.subTest(more):
                manifest = self.LEAST | more
                self.assertFalse(schema.is_valid(manifest))
                self.assertIn(f'"{next(iter(more))}"', self.read(manifest))
        for key in self.LEAST:
            manifest = {name: value for name, value in self.LEAST.items() if name != key}
            self.assertFalse(schema.is_valid(manifest))
            self.assertIn(f'"{key}" is missing', self.read(manifest))
        for more in self.READER_ALONE:
            self.assertTrue(schema.is_valid(self.LEAST | more))
            self.assertNotEqual(self.read(self.LEAST | more), "")
        for more in ({"keyOfALaterTime": [1]}, {"opens": {"types": [], "keyOfALaterTime": [1]}}):
            later = self.LEAST | more
            self.assertFalse(schema.is_valid(later))
            self.assertEqual(self.read(later), "")

    def test_every_app_here_is_described_by_the_schema(self):
        schema = self.schema()
        manifests = sorted(SOURCE.glob("apps/**/manifest.json"))
        self.assertGreater(len(manifests), 10)
        for path in manifests:
            with self.subTest(path):
                manifest = json.loads(path.read_text())
                self.assertEqual([error.message for error in schema.iter_errors(manifest)], [])
                self.assertEqual(self.read(manifest), "")


class Commands(Case):
    def test_a_new_key_signs(self):
        path = self.folder / "key"
        made, _ = self.ask(DONE, "keygen", path)
        self.assertEqual(path.stat().st_mode & 0o7777, 0o600)
        secret = path.read_text().split()[-1]
        bundle = self.app("a.bapp", path)
        for command in ("verify", "inspect"):
            found, complaint = self.ask(DONE, command, bundle)
            self.assertEqual((found["verdict"], found["key"], found["id"], found["version"], found["name"]),
                             ("good", made["key"], "org.example.app", "1.0", "An app"))
            self.assertNotIn(secret, json.dumps(found) + complaint)
        self.assertNotIn(secret, json.dumps(made))
        self.assertNotIn(bytes.fromhex(secret), bundle.read_bytes())
        _, complaint = self.ask(FAILED, "keygen", path)
        self.assertIn("there already", complaint)
        self.assertEqual(path.read_text().split()[-1], secret)
        self.assertEqual(self.ask(DONE, "keygen", self.folder / "other")[0].keys(), {"key"})
        self.assertNotEqual((self.folder / "other").read_text(), path.read_text())

    def test_signing_later_is_signing_at_once(self):
        key = self.key("key", b"k" * 32)
        at_once = self.app("a.bapp", key).read_bytes()
        later = self.app("b.bapp", None)
        self.assertNotIn("key", self.said)
        refused, _ = self.ask(UNSIGNED, "verify", later)
        self.assertEqual(refused["verdict"], "unsigned")
        self.assertNotIn("key", self.ask(DONE, "inspect", later)[0])
        self.ask(DONE, "sign", "--key", key, later)
        self.assertEqual(later.read_bytes(), at_once)
        self.ask(DONE, "sign", "--key", self.key("other", b"o" * 32), later)
        self.assertNotEqual(later.read_bytes(), at_once)
        self.assertEqual(later.read_bytes()[4096:], at_once[4096:])

    def test_what_is_broken_is_not_signed(self):
        key = self.key("key", b"k" * 32)
        bundle = self.app("a.bapp", None)
        data = bundle.read_bytes()
        for at in (20, 4100, 4600, len(data) - 1):
            with self.subTest(at):
                bundle.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
                self.ask(BROKEN, "sign", "--key", key, bundle)
                self.assertEqual(bundle.read_bytes()[4032:4096], bytes(64))
        # A header that its key has not signed is not signed by the same key, or another, without a word.
        bundle = self.app("a.bapp", key, version="1")
        signed = bundle.read_bytes()
        forged = signed[:4032] + self.app("a.bapp", key, version="2").read_bytes()[4032:4096] + signed[4096:]
        for command in (["sign", "--key", key], ["inspect"]):
            bundle.write_bytes(forged)
            self.assertEqual(self.ask(BROKEN, *command, bundle)[0]["verdict"], "forged")
            self.assertEqual(bundle.read_bytes(), forged)

    def test_a_key_that_others_can_read_is_not_used(self):
        key = self.key("key", b"k" * 32)
        bundle = self.app("a.bapp", key)
        for mode in (0o640, 0o604, 0o620):
            key.chmod(mode)
            self.assertIn("others may read this key", self.ask(FAILED, "sign", "--key", key, bundle)[1])
        key.chmod(0o600)
        key.write_text("nothing of the kind")
        self.assertIn("no secret key", self.ask(FAILED, "sign", "--key", key, bundle)[1])

    def test_an_update_is_by_the_same_key_and_not_older(self):
        key, other = self.key("key", b"k" * 32), self.key("other", b"o" * 32)
        installed = self.app("installed.bapp", key, version="1.9")
        for status, update, offered in (
                (DONE, "newer", {"version": "1.10"}), (DONE, "same", {"version": "1.9.0"}), (OLDER, "older", {"version": "1.8.9"}),
                (STRANGER, "otherApp", {"app": "org.example.other"})):
            found, _ = self.ask(status, "verify", self.app("offered.bapp", key, **offered), installed)
            self.assertEqual(found["update"], update)
            self.assertEqual("reason" in found, status != DONE)
        found, _ = self.ask(STRANGER, "verify", self.app("offered.bapp", other, version="2"), installed)
        self.assertEqual(found["update"], "otherKey")
        installed.write_bytes(b"x")
        self.assertIn("what is installed", self.ask(FAILED, "verify", self.app("offered.bapp", key), installed)[1])

    def test_no_half_bundle_is_left(self):
        for parts, status in (({"manifest": b"{}"}, BROKEN), ({**EXAMPLE, "root": b"x" * 5000}, FAILED),
                              ({**EXAMPLE, "icon": bytes(70000)}, FAILED), ({**EXAMPLE, "kernel": b""}, FAILED)):
            with self.subTest(parts.keys()):
                self.pack("half.bapp", parts, status=status)
                self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith("half")], [])
        before = self.app("a.bapp", None).read_bytes()
        self.pack("a.bapp", {"manifest": b"{"}, status=BROKEN)
        self.assertIn("the manifest is wrong", self.said["reason"])
        self.assertEqual((self.folder / "a.bapp").read_bytes(), before)

    def test_what_cannot_be_written_is_told(self):
        folder = self.folder / "folder"
        folder.mkdir()
        self.pack("folder", EXAMPLE, status=FAILED)
        self.assertEqual((self.said, self.complaint), (None, f"bk-bundle: {folder}: Is a directory\n"))
        self.assertFalse((self.folder / "folder.partial").exists())
        # A file system that holds no file so large.
        answer = subprocess.run([PROGRAM, "pack", self.folder / "a.bapp", f"manifest={self.folder}/manifest", f"kernel={self.folder}/kernel"],
                                capture_output=True, text=True, restore_signals=False,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        self.assertEqual((answer.returncode, answer.stdout, answer.stderr), (FAILED, "", f"bk-bundle: {self.folder}/a.bapp: File too large\n"))

    def test_what_is_no_file_is_told(self):
        for path in (self.folder, self.folder / "none", "/dev/zero"):
            self.assertIn(f"{path}: ", self.ask(FAILED, "verify", path)[1])
        (self.folder / "empty").write_bytes(b"")
        self.assertEqual(self.ask(BROKEN, "inspect", self.folder / "empty")[0]["verdict"], "notABundle")
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w") as full:
                bundle = self.app("a.bapp", None)
                self.assertEqual(subprocess.run([PROGRAM, "inspect", bundle], stdout=full, stderr=subprocess.DEVNULL).returncode, FAILED)

    def test_arguments(self):
        for wrong in ([], ["verify"], ["verify", "a", "b", "c"], ["sign", "a"], ["keygen", "--key", "a", "b"], ["pack", "a"],
                      ["pack", "a", "icon=b"], ["pack", "a", "manifest=b", "manifest=c"], ["pack", "a", "manifest=b", "tree=c"]):
            with self.subTest(wrong):
                self.assertIn("bk-bundle keygen", self.ask(USAGE, *wrong)[1])
        self.assertEqual(subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).returncode, DONE)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
