#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The `bulkhead` command's part about bundles, with the programs of a build folder: drive_bundle_command.py BUILD [TEST ...]"""
import contextlib
import io
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import types
import unittest
import unittest.mock

import tap

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(os.fspath(SOURCE / "cli"))
import bulkhead  # noqa: E402
import bundle_reader  # noqa: E402
import bundles  # noqa: E402
import machine  # noqa: E402
import software  # noqa: E402

PIECE = 4096  # that is sent at a time here
DONE, FAILED, USAGE, BROKEN, UNSIGNED, STRANGER, OLDER = 0, 1, 2, 4, 5, 6, 7
MANIFEST = {"id": "org.example.hello", "version": "1.0", "name": {"en": "Hello", "fr": "Bonjour"}, "memory": 64, "display": True,
            "permissions": {"camera": "To see.", "location": {"en": "To know.", "de": "Um zu wissen."}}, "opens": {"types": ["text/plain"]}}
PROGRAM = b"\x7fELF"  # as far as anybody looks at it here
LISTED = "hello=/app/hello\nhello.txt=/app/hello.txt\ncommand=/etc/bulkhead/command\n"
ICON = (SOURCE / "apps/notes/icon.png").read_bytes()


class Fixture(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        known = unittest.mock.patch.dict(os.environ, BULKHEAD_CALLER=folder.name, BULKHEAD_CALLER_IDS="0:0")  # the folder is root's, whoever called
        known.start()
        self.addCleanup(known.stop)
        app = self.folder / "app"
        app.mkdir()
        (app / "hello.txt").write_text("hello\n")
        (app / "command").write_text("/app/hello\n")
        (app / "hello").write_bytes(PROGRAM)
        (app / "hello").chmod(0o755)
        (app / "image.list").write_text(LISTED)
        (app / "icon.png").write_bytes(ICON)
        self.write_manifest()

    def write_manifest(self, **more):
        (self.folder / "app/manifest.json").write_text(json.dumps(MANIFEST | more))

    def bulkhead(self, status: int, *arguments: str) -> tuple[str, str]:
        """Runs `bulkhead`, which must end so: what it prints, and what it complains of."""
        said, complaint = io.StringIO(), io.StringIO()
        before, sys.argv = sys.argv, ["bulkhead", *map(str, arguments)]
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
                found = bulkhead.main()
        except SystemExit as end:
            found = end.code
        finally:
            sys.argv = before
        self.assertEqual(found or DONE, status, said.getvalue() + complaint.getvalue())
        return said.getvalue(), complaint.getvalue()

    def packed(self, file: str = "a.bapp", **manifest) -> pathlib.Path:
        self.write_manifest(**manifest)
        if not (self.folder / "me.key").exists():
            self.bulkhead(DONE, "keygen", "me.key")
        self.bulkhead(DONE, "pack", "app", "-o", file, "--key", "me.key")
        return self.folder / file


class Commands(Fixture):
    def test_a_pipe_is_no_file(self):
        os.mkfifo(self.folder / "pipe")
        for arguments in (("verify", "pipe"), ("inspect", "pipe"), ("sign", "pipe", "--key", "pipe"), ("pack", "app", "--key", "pipe")):
            with self.subTest(arguments):
                said, complaint = self.bulkhead(FAILED, *arguments)  # and does not wait for who may write there
                self.assertIn("pipe", complaint)

    def test_what_is_made_belongs_to_who_called(self):
        with unittest.mock.patch.dict(os.environ, BULKHEAD_CALLER_IDS="1234:1235"):
            self.packed()
        for file in ("me.key", "a.bapp"):
            found = (self.folder / file).stat()
            self.assertEqual((found.st_uid, found.st_gid), (1234, 1235), file)

    def test_from_a_folder_to_a_bundle(self):
        said, _ = self.bulkhead(DONE, "keygen", "me.key")
        secret = (self.folder / "me.key").read_text().split()[-1]
        self.assertEqual((self.folder / "me.key").stat().st_mode & 0o777, 0o600)
        self.assertNotIn(secret, said)
        said, _ = self.bulkhead(DONE, "pack", "app")
        self.assertIn("Hello (org.example.hello) 1.0: org.example.hello.bapp, ", said)
        self.assertIn("not signed yet", said)
        self.assertIn("org.example.hello.bapp is refused: nobody has signed", self.bulkhead(UNSIGNED, "verify", "org.example.hello.bapp")[1])
        self.bulkhead(DONE, "sign", "org.example.hello.bapp", "--key", "me.key")
        said, _ = self.bulkhead(DONE, "verify", "org.example.hello.bapp")
        data = (self.folder / "org.example.hello.bapp").read_bytes()
        parts = bundle_reader.read(data)
        self.assertEqual(said, f"good: Hello (org.example.hello) 1.0, signed by {parts['key'].hex()}\n")
        self.assertEqual((parts["manifest"], parts["icon"]), ((self.folder / "app/manifest.json").read_bytes(), ICON))
        (self.folder / "root.erofs").write_bytes(parts["root"])
        subprocess.run(["fsck.erofs", f"--extract={self.folder}/root", self.folder / "root.erofs"], check=True, capture_output=True)
        self.assertEqual((self.folder / "root/app/hello.txt").read_text(), "hello\n")
        self.assertTrue(os.access(self.folder / "root/usr/sbin/bk-guest-init", os.X_OK))

    def test_a_new_app_of_each_language(self):
        self.bulkhead(DONE, "keygen", "me.key")
        for language, program in (("python", "hello.py"), ("shell", "hello.sh"), ("lua", "hello.lua"), ("perl", "hello.pl"), ("javascript", "hello.js")):
            with self.subTest(language):
                self.bulkhead(DONE, "init", f"My {language}", "--language", language)
                said, _ = self.bulkhead(DONE, "pack", f"My {language}", "-o", "new.bapp", "--key", "me.key")
                self.assertTrue(said.startswith(f"My {language} (org.example.my-{language}) 0.1: new.bapp, "), said)
                root = self.extracted(self.folder / "new.bapp")
                self.assertEqual((root / "etc/bulkhead/command").read_text().split("\n")[:3], ["/usr/bin/bk-kiosk", "/usr/bin/foot", "--hold"])
                for path in ("usr/bin/foot", "usr/bin/bk-kiosk", "etc/xdg/foot/foot.ini", f"app/{program}"):
                    self.assertTrue((root / path).exists(), path)
                if language == "python":  # with all of its library, and modules of the app's own
                    (root / "app/own.py").write_text("X = 6 * 7")
                    (root / "app/try.py").write_text("import asyncio, csv, ctypes, datetime, decimal, http.server, logging, own, pathlib, random, sqlite3, ssl\n"
                                                     "import subprocess, tempfile, threading, traceback, unittest, urllib.request, uuid, xml.etree.ElementTree, zoneinfo\n"
                                                     "print(own.X, random.__file__)\n")
                    words = (root / "etc/bulkhead/command").read_text().split("\n")
                    answer = subprocess.run(["chroot", root, *words[3:words.index("/app/hello.py")], "/app/try.py"], capture_output=True, text=True)
                    self.assertEqual((answer.stdout, answer.stderr), ("42 /usr/lib/python3.13/random.pyc\n", ""))
        (self.folder / "empty").mkdir()
        self.bulkhead(DONE, "init", "empty", "--id", "com.example.mine", "--name", "Mine")
        self.assertEqual(json.loads((self.folder / "empty/manifest.json").read_text())["id"], "com.example.mine")

    def test_a_new_app_of_a_language_that_is_compiled(self):
        self.bulkhead(DONE, "keygen", "me.key")
        for language, program in (("c", "hello.c"), ("go", "hello.go"), ("rust", "hello.rs")):
            with self.subTest(language):
                found = json.loads(self.bulkhead(DONE, "init", language, "--language", language, "--json")[0])
                self.assertEqual((found["program"], found["files"]), (program, sorted(["Makefile", "command", program, "icon.png", "image.list", "manifest.json"])))
                (self.folder / "elsewhere").mkdir(exist_ok=True)
                shutil.copytree(self.folder / language, self.folder / "elsewhere" / language)
                _, complaint = self.bulkhead(DONE, "pack", language, "-o", "new.bapp", "--key", "me.key")
                self.assertTrue(complaint.startswith(f"==> make in {self.folder / language}\n") and "warning" not in complaint, complaint)
                self.bulkhead(DONE, "verify", "new.bapp")
                first = (self.folder / "new.bapp").read_bytes()
                (self.folder / language / "hello").write_bytes(PROGRAM)  # newer than its source, and of another compiler
                for folder in (language, f"elsewhere/{language}"):
                    self.bulkhead(DONE, "pack", folder, "-o", "new.bapp", "--key", "me.key")
                    self.assertTrue((self.folder / "new.bapp").read_bytes() == first, folder)
                root = self.extracted(self.folder / "new.bapp")
                words = (root / "etc/bulkhead/command").read_text().splitlines()
                self.assertEqual((words[:3], words[-1]), (["/usr/bin/bk-kiosk", "/usr/bin/foot", "--hold"], "/app/hello"))
                answer = subprocess.run(["chroot", root, "/app/hello"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
                self.assertEqual(answer.returncode, 1)
                self.assertIn("lost the system", answer.stderr)
                text = (self.folder / language / program).read_text()
                (self.folder / language / program).write_text(f"{text}\nno {language}\n")
                before = sorted(self.folder.iterdir())
                self.assertIn(f"{program}:{text.count(chr(10)) + 2}:", self.failed_make(language))
                self.assertEqual(sorted(self.folder.iterdir()), before)

    def failed_make(self, folder: str, status: int = 2) -> str:
        """What the Makefile's programs had to say, which a person and a program are told."""
        for words in ([], ["--json"]):
            said, complaint = self.bulkhead(FAILED, "pack", folder, "-o", "failed.bapp", *words)
        error = json.loads(said)
        self.assertEqual(error["error"], f"make in {self.folder / folder} ended with status {status}")
        self.assertEqual(complaint, f"==> make in {self.folder / folder}\n{error['output']}bulkhead: {error['error']}\n")
        return error["output"]

    def makes(self, *lines: str, target: str = "hello"):
        """The app's folder, whose Makefile has these lines of a shell in place of a compiler."""
        (self.folder / "app/Makefile").write_text("\n\t@".join([f"{target}:", *lines]) + "\n")

    def test_what_makes_a_program_is_who_called(self):
        self.makes("echo '#!/sbin/bk-guest-init' >$@", "id -u >>$@", "id -g >>$@", "id -G >>$@", "chmod +x $@", 'touch "$$HOME/cached" && ls -nd "$$HOME" | cut -b 2-10')
        with unittest.mock.patch.dict(os.environ, BULKHEAD_CALLER_IDS="1234:1235"), unittest.mock.patch("makefile.OUT", self.folder / "out"):
            self.folder.chmod(0o755)
            self.assertIn("Permission denied", self.failed_make("app"))  # root could write there
            (self.folder / "app/hello").unlink()
            os.chown(self.folder / "app", 1234, 1235)
            self.assertIn("\nrwx------\n", self.bulkhead(DONE, "pack", "app")[1])
            found = (self.folder / "app/hello").stat()
            self.assertEqual(((self.folder / "app/hello").read_text().split()[1:], found.st_uid, found.st_gid), (["1234", "1235", "1235"], 1234, 1235))
            self.assertEqual([path.name for path in self.folder.glob("out/home/1234/*")], ["cached"])

    def test_the_place_of_what_makes_a_program(self):
        """Its folder, and a home that the caller reaches where root's files are root's alone; a session without a terminal."""
        self.makes("echo at $$PWD $${OLDPWD-none}", "test $$PPID = $$(cut -d ' ' -f 6 /proc/$$$$/stat)", 'touch "$$HOME/cached"')
        out = self.folder / "out"
        self.folder.chmod(0o755)
        self.addCleanup(os.umask, os.umask(0o077))
        known = {"BULKHEAD_CALLER_IDS": "1234:1235", "PWD": "/src", "OLDPWD": "/"}
        with unittest.mock.patch.dict(os.environ, known), unittest.mock.patch("makefile.OUT", out):
            self.assertIn(f"\nat {self.folder}/app none\n", self.bulkhead(DONE, "pack", "app", "-o", "a.bapp")[1])
            self.assertTrue((out / "home/1234/cached").exists())
            shutil.rmtree(out / "home/1234")
            (out / "home/1234").symlink_to(self.folder)
            self.assertIn("out/home/1234 is a link", self.bulkhead(FAILED, "pack", "app")[1])
            self.assertEqual(self.folder.stat().st_uid, os.getuid())

    def test_whose_libraries_are_asked_for(self):
        """Its owner is whom the libraries' code runs as: who cannot read it there is told, though root could."""
        shutil.copy("/usr/bin/true", self.folder / "app/hello")
        os.chown(self.folder / "app/hello", 1234, 1235)
        self.assertRegex(self.bulkhead(FAILED, "pack", "app")[1], r"what libraries /.*/app/hello needs is not known: user 1234, whose it is, cannot read it there")
        self.folder.chmod(0o755)
        self.assertTrue(list(self.extracted(self.packed()).glob("usr/lib/x86_64-linux-gnu/libc.so.6")))

    def test_what_make_leaves_behind(self):
        """It is not waited for, whatever it keeps open, and does not live on."""
        self.makes("sleep 600 & echo $$! >child")
        self.bulkhead(DONE, "pack", "app", "-o", "a.bapp")
        child = pathlib.Path("/proc", (self.folder / "app/child").read_text().strip(), "stat")
        with contextlib.suppress(OSError):
            deadline = time.monotonic() + 60
            while child.read_text().split()[2] != "Z":  # nobody may be there to bury it
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)

    def test_a_makefile_that_fails(self):
        self.makes("echo one; echo two >&2", "kill -9 $$$$", "echo three")
        self.assertRegex(self.failed_make("app"), r"^one\ntwo\nmake: \*\*\* \[Makefile:3: hello\] Killed\n$")
        self.makes("seq 1000; printf '\\377\\n'; exit 7")
        said = json.loads(self.bulkhead(FAILED, "pack", "app", "--json")[0])["output"].splitlines()
        self.assertEqual((len(said), said[-3:-1]), (200, ["1000", "\N{REPLACEMENT CHARACTER}"]))
        self.makes("head -c 1000000 /dev/zero | tr '\\0' x; exit 7")
        said, complaint = self.bulkhead(FAILED, "pack", "app", "--json")
        self.assertEqual(("x" * 1000000 in complaint, len(json.loads(said)["output"])), (True, 1 << 16))
        (self.folder / "app/Makefile").write_text("hello\n")
        self.assertIn("Makefile:1: *** missing separator", self.failed_make("app"))
        self.makes("kill -9 $$PPID", "sleep 600")
        self.assertIn("was ended by signal 9", self.bulkhead(FAILED, "pack", "app")[1])
        self.makes("true")
        (self.folder / "app/hello").unlink()
        self.assertIn("nothing matches hello", self.bulkhead(FAILED, "pack", "app")[1])
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["app"])

    def test_a_makefile_of_what_is_made_elsewhere(self):
        """Of a root archive, a kernel, a web app; and of a folder with a mistake that is found without it."""
        self.makes("touch ../made; false", target="all")
        (self.folder / "app/index.html").write_text("<title>Tea</title>")
        self.bulkhead(DONE, "pack", "--web", "app")
        self.write_manifest(memry=64)
        self.bulkhead(FAILED, "pack", "app")
        self.archived()
        self.packed()
        (self.folder / "app/kernel").write_bytes(bytes(0x202) + b"HdrS")
        self.packed(guest="kernel")
        self.assertFalse((self.folder / "made").exists())

    def test_a_new_app_overwrites_nothing(self):
        before = sorted((self.folder / "app").iterdir())
        for folder, language in (("app", "python"), ("app/manifest.json", "shell")):
            self.assertIn("is there already", self.bulkhead(FAILED, "init", folder, "--language", language)[1])
        self.assertEqual(sorted((self.folder / "app").iterdir()), before)
        self.bulkhead(USAGE, "init", "new", "--language", "cobol")
        for wrong in ("Mine", "com.example.My", "mine", "com.example.", "com.example/x", "a." + "b" * 63):
            self.assertIn("is no id", self.bulkhead(FAILED, "init", "new", "--id", wrong)[1])
        self.assertFalse((self.folder / "new").exists())

    def archived(self, *members: tuple, name: str = "root.tar.gz"):
        """The app's folder, with such an archive in place of its image.list, the program in it: (name, type, content or target, mode, owner) each."""
        (self.folder / "app/image.list").unlink(missing_ok=True)
        with tarfile.open(self.folder / "app" / name, "w:" + name.partition(".tar")[2].lstrip(".")) as tar:
            for path, kind, content, mode, owner in (*members, ("app/hello", tarfile.REGTYPE, PROGRAM, 0o755, 0)):
                info = tarfile.TarInfo(path)
                info.type, info.mode, info.uid, info.mtime = kind, mode, owner, 1234567
                if kind == tarfile.REGTYPE:
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                else:
                    info.linkname = content
                    tar.addfile(info)

    def extracted(self, bundle: pathlib.Path) -> pathlib.Path:
        (self.folder / "root.erofs").write_bytes(bundle_reader.read(bundle.read_bytes())["root"])
        root = self.folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["fsck.erofs", f"--extract={root}", "--preserve", self.folder / "root.erofs"], check=True, capture_output=True)
        return root

    def test_a_root_archive(self):
        members = [("./", tarfile.DIRTYPE, "", 0o755, 0), ("./usr/sbin/", tarfile.DIRTYPE, "", 0o755, 0), ("./sbin", tarfile.SYMTYPE, "usr/sbin", 0o777, 0),
                   ("./etc/motd", tarfile.REGTYPE, b"old", 0o644, 0), ("./etc/motd", tarfile.REGTYPE, b"hello", 0o640, 33), ("./run", tarfile.SYMTYPE, "/var/run", 0o777, 0),
                   ("./etc/resolv.conf", tarfile.REGTYPE, b"nameserver 192.0.2.1", 0o644, 0),
                   ("./etc/issue", tarfile.LNKTYPE, "./etc/motd", 0o640, 33), ("./dev/null", tarfile.CHRTYPE, "", 0o666, 0), ("./usr/bin/su", tarfile.REGTYPE, b"x", 0o4755, 0)]
        for name in ("root.tar", "root.tar.gz", "root.tar.xz"):
            with self.subTest(name):
                self.archived(*members, name=name)
                root = self.extracted(self.packed())
                self.assertEqual(((root / "etc/motd").read_text(), (root / "etc/motd").stat().st_uid), ("hello", 33))
                self.assertEqual((root / "etc/issue").read_text(), "hello")
                self.assertEqual((root / "usr/bin/su").stat().st_mode & 0o7777, 0o4755)
                self.assertEqual((root / "etc/bulkhead/command").read_text(), "/app/hello\n")
                self.assertTrue(os.access(root / "usr/sbin/bk-guest-init", os.X_OK))
                self.assertEqual(os.readlink(root / "sbin"), "usr/sbin")
                self.assertEqual(os.readlink(root / "etc/resolv.conf"), "/proc/net/pnp")  # where the kernel has it of its command line
                self.assertTrue((root / "var/run").is_dir() and (root / "proc").is_dir() and not (root / "dev/null").exists())
                first = (self.folder / "a.bapp").read_bytes()
                os.utime(self.folder / "app" / name, (1, 1))
                self.assertEqual(self.packed().read_bytes(), first)
                (self.folder / "app" / name).unlink()

    def test_what_tar_would_unpack(self):
        """Of links to links, through links to folders, to what another file replaces later, and of names that are none in UTF-8."""
        def file(path: str, content: bytes = b"x", mode: int = 0o644, owner: int = 0):
            return path, tarfile.REGTYPE, content, mode, owner

        def link(path: str, target: str, kind: bytes = tarfile.LNKTYPE):
            return path, kind, target, 0o777, 0

        long = "d/" + "/".join(["n" * 200] * 5)
        self.archived(file("a/z", b"chain"), link("a/m", "a/z"), link("a/b", "./a/m"), file("usr/lib/old", b"old"), link("lib", "usr/lib", tarfile.SYMTYPE),
                      file("lib/new", b"new"), link("a/through", "lib/old"), file("a/first", b"first"), link("a/kept", "/a/first"), file("a/first", b"second"),
                      link("a/first", "a/first"), ("dev/null", tarfile.CHRTYPE, "", 0o666, 0), link("a/null", "dev/null"), link("a/name", "z", tarfile.SYMTYPE),
                      link("a/twice", "a/name"), file(long), file("a/gr\udcfcn", b"latin"), file("nobody", b"", 0o640, 65534), file("late/deep/x"),
                      ("late", tarfile.DIRTYPE, "", 0o700, 7), file("a/.wh.x", b""), link("far", "/proc/self/mounts", tarfile.SYMTYPE), file("as/was", b"file"),
                      file("as/was", b"other"))
        root = self.extracted(self.packed())
        self.assertEqual({path: (root / path).read_text() for path in ("a/z", "a/m", "a/b", "usr/lib/new", "lib/new", "a/through", "a/kept", "a/first", "a/twice", "as/was")},
                         {"a/z": "chain", "a/m": "chain", "a/b": "chain", "usr/lib/new": "new", "lib/new": "new", "a/through": "old", "a/kept": "first", "a/first": "second",
                          "a/twice": "chain", "as/was": "other"})
        self.assertEqual((root / "a/z").stat().st_ino, (root / "a/b").stat().st_ino)
        self.assertEqual((os.readlink(root / "lib"), os.readlink(root / "a/twice"), os.readlink(root / "far")), ("usr/lib", "z", "/proc/self/mounts"))
        self.assertEqual((root / os.fsdecode(b"a/gr\xfcn")).read_text(), "latin")
        self.assertEqual(((root / "nobody").stat().st_uid, (root / "late").stat().st_uid, (root / "late").stat().st_mode & 0o777), (65534, 7, 0o700))
        self.assertEqual(root.stat().st_mode & 0o777, 0o755)
        self.assertTrue((root / long).is_file() and (root / "late/deep/x").is_file())
        self.assertFalse((root / "a/null").exists() or (root / "dev/null").exists())

    def test_an_archive_is_read_in_its_order(self):
        """For each step back in a compressed one all before it is read once more."""
        self.archived(*((f"{letter}/{number}", tarfile.REGTYPE, b"x", 0o644, 0) for number in range(20) for letter in "zyxa"))
        read, places = tarfile.TarFile.extractfile, []

        def noted(archive, member):
            places.append(member.offset)
            return read(archive, member)
        with unittest.mock.patch.object(tarfile.TarFile, "extractfile", noted):
            self.packed()
        self.assertEqual(places[1:], sorted(places[1:]))  # the first one is the program, which is looked at
        self.assertEqual(len(places), 82)

    def test_what_cannot_be_run(self):
        app = self.folder / "app"
        (app / "script").write_text("#!/usr/bin/env lua\n")
        (app / "script").chmod(0o755)
        (app / "image.list").write_text(LISTED + "script=/app/script\n")
        for command, why in (("/app/none\n", "there is no '/app/none', which the file \"command\" names, in the root image"),
                             ("/app/hello -v\n", "/app/hello is: each argument goes on a line of its own"), ("/app/hello\r\n", "there is no '/app/hello\\r'"),
                             ("app/hello\n", "begins with 'app/hello': it is a program's whole path"), ("", "begins with ''"), ("/app\n", "cannot be run"),
                             ("/app/hello.txt\n", "chmod +x"), ("/app/script\n", "there is no '/usr/bin/env', which '/app/script' needs to run"),
                             ("/app/hello\n" * 256, "more than 255 lines")):
            with self.subTest(command[:20]):
                (app / "command").write_text(command)
                self.assertIn(why, self.bulkhead(FAILED, "pack", "app")[1])
        (app / "command").write_text("/app/hello\n")
        (app / "hello").write_text("hello")
        self.assertIn("begin with #!", self.bulkhead(FAILED, "pack", "app")[1])
        (app / "image.list").write_text("hello=/app/hello\n")
        self.assertIn("no line command=/etc/bulkhead/command", self.bulkhead(FAILED, "pack", "app")[1])
        (app / "command").write_text("/bin/run\n")
        self.archived(("usr/bin", tarfile.DIRTYPE, "", 0o755, 0), ("bin", tarfile.SYMTYPE, "/usr/bin", 0o777, 0), ("usr/bin/run", tarfile.SYMTYPE, "true", 0o777, 0),
                      ("usr/bin/true", tarfile.REGTYPE, pathlib.Path("/usr/bin/true").read_bytes(), 0o755, 0))
        self.assertIn("there is no '/lib64/ld-linux-x86-64.so.2', which '/bin/run' needs to run", self.bulkhead(FAILED, "pack", "app")[1])
        self.archived(("bin/run", tarfile.REGTYPE, PROGRAM, 0o644, 0))
        self.assertIn("chmod +x", self.bulkhead(FAILED, "pack", "app")[1])

    def test_root_archives_that_are_none(self):
        good = ("etc/motd", tarfile.REGTYPE, b"hello", 0o644, 0)
        for members, why in (([good, ("../out", tarfile.REGTYPE, b"x", 0o644, 0)], "leads out of it"), ([("sbin", tarfile.SYMTYPE, "sbin", 0o777, 0)], "without an end"),
                             ([good, ("sbin", tarfile.REGTYPE, b"x", 0o644, 0)], "sbin is no folder"),
                             ([("a", tarfile.LNKTYPE, "gone", 0o644, 0)], "'a' in the archive is a hard link to 'gone', which is not there before it"),
                             ([good, ("a", tarfile.DIRTYPE, "", 0o755, 0), ("b", tarfile.LNKTYPE, "a", 0o755, 0)], "a hard link to the folder 'a'"),
                             ([good, ("etc/motd/x", tarfile.REGTYPE, b"x", 0o644, 0)], "is below 'etc/motd', which is no folder there"),
                             ([good, ("etc", tarfile.REGTYPE, b"x", 0o644, 0)], "'etc' in the archive is a folder with something in it, and then something else"),
                             ([("n" * 256, tarfile.REGTYPE, b"x", 0o644, 0)], "a name of more than 255 bytes"),
                             ([("manifest.json", tarfile.REGTYPE, b"[]", 0o644, 0), ("oci-layout", tarfile.REGTYPE, b"{}", 0o644, 0)], "docker export")):
            with self.subTest(why):
                self.archived(*members)
                self.assertIn(why, self.bulkhead(FAILED, "pack", "app")[1])
        self.archived(good)
        (self.folder / "app/root.tar.gz").write_bytes((self.folder / "app/root.tar.gz").read_bytes()[:-20])
        self.assertIn("root.tar.gz cannot be read", self.bulkhead(FAILED, "pack", "app")[1])
        self.archived(good)
        changed = bytearray((self.folder / "app/root.tar.gz").read_bytes())
        changed[-8] ^= 1  # of the checksum
        (self.folder / "app/root.tar.gz").write_bytes(changed)
        self.assertIn("root.tar.gz cannot be read: CRC check failed", self.bulkhead(FAILED, "pack", "app")[1])
        plain = self.folder / "app/root.tar"
        (self.folder / "app/root.tar.gz").unlink()
        self.archived(good, name="root.tar")
        whole = plain.read_bytes()
        for cut in (whole[:1024 + 100], whole[:1024], whole[:1024] + bytes([whole[1024] ^ 1]) + whole[1025:]):  # in the second header, before it, and that is none
            plain.write_bytes(cut)
            self.assertIn("root.tar cannot be read: it is damaged, or ends too early, behind 'etc/motd'", self.bulkhead(FAILED, "pack", "app")[1])
        plain.unlink()
        (self.folder / "app/root.tar.gz").write_text("no archive")
        self.assertIn("root.tar.gz cannot be read", self.bulkhead(FAILED, "pack", "app")[1])
        self.archived(good)
        (self.folder / "app/command").unlink()
        self.assertIn('no file "command"', self.bulkhead(FAILED, "pack", "app")[1])
        (self.folder / "app/image.list").write_text("")
        self.assertIn("both image.list and root.tar.gz in that folder", self.bulkhead(FAILED, "pack", "app")[1])

    def test_a_list_of_debians_packages(self):
        (self.folder / "app/image.list").unlink()
        (self.folder / "app/command").write_text("/usr/bin/hello\n")
        (self.folder / "app/packages").write_text("# what says hello\nhello\n\nlua5.4  # and a language\n")
        root = self.extracted(self.packed())
        self.assertEqual(subprocess.run(["chroot", root, "/usr/bin/hello"], capture_output=True, text=True).stdout, "Hello, world!\n")
        self.assertTrue(os.access(root / "usr/bin/lua5.4", os.X_OK) and os.access(root / "usr/sbin/bk-guest-init", os.X_OK))
        self.assertFalse(list((root / "usr/share/doc").iterdir()) or list((root / "var/cache").glob("apt/archives/*.deb")))
        for listed, why in (("no-such-package\n", "bulkhead: Debian's packages cannot be installed: Unable to locate package no-such-package\n"), ("--include=bash\n", "no name of a Debian package"), ("# none\n", "names no package")):
            with self.subTest(why):
                (self.folder / "app/packages").write_text(listed)
                self.assertIn(why, self.bulkhead(FAILED, "pack", "app")[1])

    def test_a_web_app(self):
        site = self.folder / "tea"
        shutil.copytree(SOURCE / "apps/web/tea", site)
        self.bulkhead(DONE, "keygen", "me.key")
        said, _ = self.bulkhead(DONE, "pack", "--web", "tea", "--permission", "location=To say where you are.", "--key", "me.key", "--json")
        packed = json.loads(said)
        self.assertEqual((packed["id"], packed["name"], packed["file"]), ("org.example.tea", "Tea", "org.example.tea.bapp"))
        found = json.loads(self.bulkhead(DONE, "inspect", "org.example.tea.bapp", "--json")[0])
        self.assertEqual(found["manifest"]["permissions"], {"location": "To say where you are."})
        self.assertEqual([section["name"] for section in found["sections"]], ["manifest", "icon", "root image", "hash tree"])
        (site / "index.html").unlink()
        for status, arguments, said in ((FAILED, ("pack", "--web", "tea"), "there is no index.html"), (FAILED, ("pack", "app", "--name", "X"), "--name goes with --web"),
                                        (FAILED, ("pack", "app", "--memory", "64"), "--memory goes with --web"), (USAGE, ("pack", "--web", "tea", "--memory", "much"), "invalid int")):
            self.assertIn(said, self.bulkhead(status, *arguments)[1])

    def test_the_same_folder_makes_the_same_bytes(self):
        first = self.packed("a.bapp").read_bytes()
        for path in (self.folder / "app").iterdir():
            os.utime(path, (1, 1))
        (self.folder / "app").rename(self.folder / "elsewhere")
        self.bulkhead(DONE, "pack", "elsewhere", "-o", "b.bapp", "--key", "me.key")
        self.assertEqual((self.folder / "b.bapp").read_bytes(), first)

    def test_what_is_inside_is_told(self):
        self.packed()
        said, _ = self.bulkhead(DONE, "inspect", "a.bapp")
        for line in ("name         en: Hello", "name         fr: Bonjour", "guest        linux", "machine      64 MiB, 1 vCPU, display",
                     "may ask for  camera: To see.", "may ask for  location, de: Um zu wissen.", "opens        text/plain"):
            self.assertIn(line, said.splitlines())
        found = json.loads(self.bulkhead(DONE, "inspect", "--json", "a.bapp")[0])
        self.assertEqual((found["manifest"], found["verdict"]), (MANIFEST, "good"))
        self.assertEqual([section["name"] for section in found["sections"]], ["manifest", "icon", "root image", "hash tree"])
        self.packed(name={"en": "Hello \N{RIGHT-TO-LEFT OVERRIDE}x", "fr": "y"})
        self.assertNotIn("\N{RIGHT-TO-LEFT OVERRIDE}", self.bulkhead(DONE, "inspect", "a.bapp")[0])

    def test_what_was_changed_is_refused_and_where_is_said(self):
        bundle = self.packed()
        data = bytearray(bundle.read_bytes())
        data[40000] ^= 1
        bundle.write_bytes(data)
        said, complaint = self.bulkhead(BROKEN, "verify", "a.bapp")
        self.assertEqual(said, "")
        self.assertRegex(complaint, r"^bulkhead: a\.bapp is refused: the root image is not what was signed: block \d+ of it is another, "
                         "bytes 36864 to 40959 of the file\n$")
        found = json.loads(self.bulkhead(BROKEN, "verify", "--json", "a.bapp")[0])
        self.assertEqual((found["verdict"], found["offset"]), ("changed", 36864))
        self.assertIn("is refused", self.bulkhead(BROKEN, "inspect", "a.bapp")[1])
        self.assertIn("is refused", self.bulkhead(BROKEN, "sign", "a.bapp", "--key", "me.key")[1])

    def test_updates(self):
        self.packed("old.bapp", version="1.9")
        self.packed("new.bapp", version="1.10")
        self.assertIn("; an update of what is installed", self.bulkhead(DONE, "verify", "new.bapp", "--installed", "old.bapp")[0])
        self.assertIn("; the version that is installed", self.bulkhead(DONE, "verify", "old.bapp", "--installed", "old.bapp")[0])
        self.assertIn("older", self.bulkhead(OLDER, "verify", "old.bapp", "--installed", "new.bapp")[1])
        self.bulkhead(DONE, "keygen", "other.key")
        self.bulkhead(DONE, "sign", "new.bapp", "--key", "other.key")
        self.assertIn("another key", self.bulkhead(STRANGER, "verify", "new.bapp", "--installed", "old.bapp")[1])
        found = json.loads(self.bulkhead(STRANGER, "verify", "--json", "new.bapp", "--installed", "old.bapp")[0])
        self.assertEqual(found["update"], "otherKey")

    def test_a_kernel_of_its_own(self):
        self.write_manifest(guest="kernel")
        self.assertIn("there is no kernel", self.bulkhead(BROKEN, "pack", "app")[1])
        elf = pathlib.Path("/usr/bin/true").read_bytes()
        for kernel in (b"", b"a kernel", bytes(0x202) + b"HdrT", elf, elf[:100], elf[:32] + b"\xff" * 32 + elf[64:], b"\x7fELF\x02\x01" + os.urandom(4096)):
            (self.folder / "app/kernel").write_bytes(kernel)
            self.assertIn('"kernel" is no kernel that can be booted: neither a bzImage nor', self.bulkhead(FAILED, "pack", "app")[1])
        note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0x100000)
        elf = struct.pack("<6s12xH12xQ14xHH6x", b"\x7fELF\x02\x01", 62, 64, 56, 1) + struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(note), 0, 0) + note
        (self.folder / "app/kernel").write_bytes(elf)
        self.bulkhead(DONE, "pack", "app", "-o", "own.bapp")
        (self.folder / "app/kernel").write_bytes(bytes(0x202) + b"HdrS")
        (self.folder / "app/root.img").write_bytes(bytes(8192))
        self.bulkhead(DONE, "pack", "app", "-o", "own.bapp")
        found = json.loads(self.bulkhead(DONE, "inspect", "--json", "own.bapp")[0])
        self.assertEqual([section["name"] for section in found["sections"]], ["manifest", "icon", "kernel", "root image", "hash tree"])

    def test_mistakes_in_a_folder_are_told(self):
        app = self.folder / "app"
        self.assertIn("nowhere is not a folder", self.bulkhead(FAILED, "pack", "nowhere")[1])
        (app / "image.list").write_text("/no/such/file\n")
        self.assertIn("nothing matches /no/such/file", self.bulkhead(FAILED, "pack", "app")[1])
        (app / "image.list").unlink()
        self.assertIn("one of these in that folder", self.bulkhead(FAILED, "pack", "app")[1])
        (app / "image.list").write_text(LISTED)
        for more, words in (({"permission": {}}, '"permission", which means nothing'), ({"opens": {"links": []}}, '"links" in "opens"'),
                            ({"permissions": {"loction": "To know."}}, 'no permission "loction", which "permissions" has: there are camera, ')):
            self.write_manifest(**more)
            self.assertIn(words, self.bulkhead(FAILED, "pack", "app")[1])
        self.write_manifest(memory=3)
        self.assertIn('"memory" is not an even number of MiB between 32 and 65536', self.bulkhead(BROKEN, "pack", "app")[1])
        for text, words in (("{", "is not JSON"), ("[]", "not a JSON object")):
            (app / "manifest.json").write_text(text)
            self.assertIn(words, self.bulkhead(FAILED, "pack", "app")[1])
        (app / "manifest.json").unlink()
        self.assertIn("no manifest.json", self.bulkhead(FAILED, "pack", "app")[1])
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["app"])

    def test_files_that_cannot_be_used_are_told(self):
        self.packed()
        self.assertIn(f"bulkhead: {self.folder}/me.key: it is there already", self.bulkhead(FAILED, "keygen", "me.key")[1])
        self.assertIn(f"bulkhead: {self.folder}/none: No such file", self.bulkhead(FAILED, "verify", "none")[1])
        (self.folder / "me.key").chmod(0o644)
        self.assertIn("others may read this key", self.bulkhead(FAILED, "sign", "a.bapp", "--key", "me.key")[1])
        self.bulkhead(USAGE, "sign", "a.bapp")
        for command in ("keygen", "pack", "sign", "verify", "inspect"):
            self.assertIn("exit status:", self.bulkhead(DONE, command, "--help")[0])

    def test_programs_that_are_not_compiled_are_told(self):
        before, bundles.BUILD = bundles.BUILD, self.folder
        try:
            self.assertIn("not compiled yet: make image", self.bulkhead(FAILED, "keygen", "me.key")[1])
        finally:
            bundles.BUILD = before


class Sent(Fixture):
    """Files that are to be sent to the machine, which is played: it answers when it has what it waits for."""

    def setUp(self):
        super().setUp()
        self.asked: list[str] = []
        self.taken, self.wanted = b"", 0
        self.client, self.far = socket.socketpair()
        self.port = socket.socket(socket.AF_UNIX)
        self.port.bind(str(self.folder / "bundle.sock"))
        self.port.listen(1)
        for held in (self.client, self.far, self.port):
            self.addCleanup(held.close)
        debug = types.SimpleNamespace(socket=self.client, send=self.asked.append, reply=lambda: {"id": "org.example.hello", "name": "Hello", "version": "1", "update": "first"})
        for name, value in (("STATE", self.folder), ("debug", lambda _: debug)):
            patch = unittest.mock.patch.object(machine, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def serve(self, wanted: int):
        """Takes so many bytes, or all up to the end, and says so."""
        def take():
            line, _ = self.port.accept()
            with line:
                while len(self.taken) < wanted and (data := line.recv(1 << 16)):
                    self.taken += data
                self.far.send(b"answered")
                while line.recv(1 << 16):
                    pass
        thread = threading.Thread(target=take)
        thread.start()
        self.addCleanup(thread.join)

    def test_what_is_no_whole_bundle_is_refused_before_it_is_sent(self):
        """The machine sees no end of what comes, and would wait."""
        content = self.packed().read_bytes()
        os.mkfifo(self.folder / "pipe")
        for name, part in (("empty", b""), ("header", content[:4096]), ("cut", content[:-1]), ("short", b"not a bundle"), ("most", content[:4095])):
            (self.folder / name).write_bytes(part)
        for command in ("install", "import", "update"):
            for file, status, why in (("empty", BROKEN, "not a bundle"), ("short", BROKEN, "not a bundle"), ("most", BROKEN, "the file ends within the header"), ("header", BROKEN, "the file ends after 4096 of "), ("cut", BROKEN, "the file ends after "),
                                      ("pipe", FAILED, "pipe: "), ("app", FAILED, "app: "), ("/dev/zero", FAILED, "/dev/zero: "), ("nowhere", FAILED, "nowhere: ")):
                with self.subTest(command=command, file=file):
                    said, complaint = self.bulkhead(status, command, file, "--json")
                    self.assertIn(why, complaint)
                    self.assertEqual(json.loads(said)["error"], complaint.strip().removeprefix("bulkhead: "))
        self.assertEqual(self.asked, [])

    def test_an_app_without_its_data_is_told(self):
        self.packed()
        _, complaint = self.bulkhead(FAILED, "import", "a.bapp")
        self.assertIn("bulkhead install", complaint)
        self.assertEqual(self.asked, [])

    def test_a_whole_one_is_sent(self):
        content = self.packed().read_bytes()
        self.serve(len(content))
        self.bulkhead(DONE, "install", "a.bapp")
        self.assertEqual((self.asked, self.taken), (["io.bulkhead.Software.Install"], content))

    def change(self, change):
        """At the first piece of it that is sent."""
        def at(_, done: int):
            at_first = done == PIECE
            if at_first:
                change(self.folder / "a.bapp")
        return unittest.mock.patch.object(software.Progress, "at", at)

    def large(self) -> bytes:
        (self.folder / "app/hello.txt").write_bytes(os.urandom(4 * PIECE))
        return self.packed().read_bytes()

    def test_one_that_becomes_shorter_ends_it(self):
        content = self.large()
        self.serve(len(content))
        with self.change(lambda path: os.truncate(path, 2 * PIECE)), unittest.mock.patch.object(software, "PIECE", PIECE):
            _, complaint = self.bulkhead(FAILED, "install", "a.bapp")
        self.assertIn("a.bapp became shorter while it was sent", complaint)

    def test_one_that_grows_is_sent_as_it_was(self):
        content = self.large()
        self.serve(len(content))
        with self.change(lambda path: open(path, "ab").write(b"more" * PIECE)), unittest.mock.patch.object(software, "PIECE", PIECE):
            self.bulkhead(DONE, "install", "a.bapp")
        self.assertEqual(self.taken, content)


if __name__ == "__main__":
    bundles.BUILD = pathlib.Path(sys.argv[1]).resolve()
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
