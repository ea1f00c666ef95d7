# SPDX-License-Identifier: Apache-2.0
"""What each command says to a program: with --json it prints JSON and nothing else, when it is done and when it cannot be. The machine is
played; what the commands do is other tests'."""
import contextlib
import json
import os
import pathlib
import shlex
import struct
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))
import bulkhead  # noqa: E402
import bundles  # noqa: E402
import emulator  # noqa: E402
import keeping  # noqa: E402
import machine  # noqa: E402
import record  # noqa: E402
import reference  # noqa: E402
import refusals  # noqa: E402
import shell  # noqa: E402
import software  # noqa: E402
from varlink import VarlinkError  # noqa: E402

APP = {"id": "org.example.tea", "name": "Tea", "version": "1.0", "key": "3f" * 32, "size": 5000, "state": "stopped", "cid": None}
COPY = APP | {"id": "org.example.tea+1", "copyOf": APP["id"], "state": "running", "cid": 7}
POINT = {"point": 3, "time": 1_796_000_000, "version": "1.0", "cause": "kept", "size": 12}
FOUND = {"id": APP["id"], "name": "Tea", "version": "1.0", "size": 5000, "sections": [], "manifest": {"name": "Tea", "memory": 64}, "key": "ed25519:3f"}
ID = APP["id"]

# Of each command, what it is called with, and what the object has; of those that print lines, each of them.
COMMANDS = {
    "completion": ([], {"shell", "completion"}),
    "export": ([ID, "-o", "tea.bkapp"], {"id", "name", "version", "file", "size"}),
    "import": (["tea.bkapp"], {"id", "name", "version", "update"}),
    "init": (["drinks"], {"id", "folder", "program", "files"}),
    "inspect": (["tea.bapp"], {"id", "manifest"}),
    "install": (["tea.bapp"], {"id", "name", "version", "update"}),
    "keep": ([ID], {"point"}),
    "keygen": (["key"], {"key"}),
    "list": ([], {"id", "state"}),
    "logs": ([ID], {"vm", "line"}),
    "machine battery": (["50"], {"percent", "state"}),
    "machine click": (["1", "2"], {"at", "button"}),
    "machine console": (["system", "panic"], {"vm", "line"}),
    "machine down": ([], {"machine"}),
    "machine drag": (["1", "2", "3", "4"], {"from", "to", "button"}),
    "machine gps": (["1", "2", "--seconds", "0"], {"fixes"}),
    "machine key": (["ctrl-c"], {"keys"}),
    "machine kill": (["system"], {"vm"}),
    "machine log": ([], {"vm", "line"}),
    "machine pause": ([ID], {"vm", "paused"}),
    "machine rotate": (["90"], {"degrees"}),
    "machine screenshot": (["now.png"], {"file"}),
    "machine start": ([ID], {"id", "cid"}),
    "machine status": ([], {"machine", "apps"}),
    "machine stop": ([ID], {"id", "force"}),
    "machine swipe": (["1", "2", "3", "4"], {"from", "to"}),
    "machine tap": (["1", "2"], {"at"}),
    "machine type": (["ab"], {"keys"}),
    "machine up": ([], {"machine", "apps"}),
    "man": (["."], {"files"}),
    "pack": (["drinks"], {"id", "file"}),
    "points": ([ID], {"points", "usage"}),
    "record": ([ID, "-o", "said.jsonl"], {"id", "file", "messages", "lost"}),
    "remove": ([ID], {"id", "name", "version"}),
    "replay": (["said.jsonl", "sh", "-c", "cat >/dev/null"], {"differences", "status"}),
    "run": ([ID], {"id", "started"}),
    "shell": ([ID], {"id", "status", "shown"}),
    "sign": (["tea.bapp", "--key", "key"], {"id", "key"}),
    "undo": ([ID, "3"], {"id", "point", "before"}),
    "update": (["tea.bapp"], {"id", "name", "version", "update"}),
    "verify": (["tea.bapp"], {"id", "key"}),
}
WITHOUT_A_MACHINE = {"completion", "init", "man", "pack", "keygen", "sign", "verify", "inspect", "machine gps", "machine status", "replay"}


class Debug:
    """The machine's answers."""

    def __init__(self, timeout: float = 60):
        self.socket = contextlib.nullcontext()

    def call(self, method: str, **parameters) -> dict:
        return {"List": {"apps": [APP, COPY]}, "Start": {"cid": 5}, "StartCopy": {"app": COPY}, "Points": {"points": [POINT]}, "Keep": {"point": 3},
                "Usage": {"quota": 0, "data": 0, "bundle": 5000, "points": 12}, "Restore": {"version": "1.0"}}.get(method.rpartition(".")[2], {})


class Nobody:
    """Takes whatever is done with it."""

    def __getattr__(self, name: str):
        return lambda *arguments, **more: None


class Shell:
    def __init__(self, line):
        pass

    def begin(self) -> bool:
        return True

    def run(self, keys: int, screen: int) -> int:
        os.write(screen, b"tea\r\n")
        return 3


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BULKHEAD_CALLER", str(tmp_path))
    monkeypatch.setenv("BULKHEAD_CALLER_IDS", f"{os.getuid()}:{os.getgid()}")
    bundle = (b"\xb5BAPP\r\n\x1a" + struct.pack("<IIQ", 1, 0, 4096)).ljust(4096, b"\0")
    (tmp_path / "tea.bapp").write_bytes(bundle)
    (tmp_path / "tea.bkapp").write_bytes(bundle + b"\xb5BDAT\r\n\x1a".ljust(32, b"\0") + bytes(16) + bytes(32))  # of a disk of nothing
    (tmp_path / "key").touch()
    (tmp_path / "said.jsonl").write_text('{"time": 0, "connection": 1, "from": "system", "message": {}}\n')
    (tmp_path / "nothing").touch()
    monkeypatch.setattr("sys.stdin", open(tmp_path / "nothing"))
    return tmp_path


@pytest.fixture
def played(folder, monkeypatch):
    """The machine is there."""
    installed = FOUND | {"update": "first"}
    for name, value in {"debug": Debug, "hand": Nobody, "qmp": Nobody, "up": lambda *_: None, "down": lambda _: None, "set_battery": lambda *_: None,
                        "screenshot": lambda _: None, "qemu_pid": lambda: None,
                        "log_lines": lambda _: ["one", "two"], "status": lambda: {"machine": "up", "accelerator": "tcg", "apps": [APP]}}.items():
        monkeypatch.setattr(machine, name, value)
    monkeypatch.setattr(machine, "gps_line", lambda: contextlib.nullcontext(types.SimpleNamespace(sendall=lambda _: None)))
    monkeypatch.setattr(software, "send", lambda *_: installed)
    monkeypatch.setattr(keeping, "receive", lambda id_, path, guess: path.write_bytes(b"all of it"))
    monkeypatch.setattr(shell, "join", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(shell, "Shell", Shell)
    for module in (bundles, software):
        monkeypatch.setattr(module, "ask", lambda *_: (dict(FOUND), 0))
    monkeypatch.setattr(bundles, "parts_of", lambda *_: {})
    monkeypatch.setattr(bundles, "give_away", lambda _: None)
    (folder / "drinks").mkdir()


def leaves() -> dict[str, reference.Page]:
    top = reference.tree(bulkhead.parser(), ["bulkhead"], "all of it")
    return {" ".join(page.words[1:]): page for page in reference.pages(top) if not page.below}


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["bulkhead", *words])
    try:
        return bulkhead.main()
    except SystemExit as ended:
        return int(ended.code or 0)


def lines(said: str) -> list:
    found = [json.loads(line) for line in said.splitlines()]
    return [entry for line in found for entry in (line if isinstance(line, list) else [line])]


def test_all_commands_are_here():
    assert set(leaves()) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_it_says_when_it_is_done(name, played, folder, monkeypatch, capsys):
    arguments, expected = COMMANDS[name]
    if name == "pack":
        (folder / "drinks/manifest.json").write_text('{"id": "org.example.tea"}')
    assert run(monkeypatch, *name.split(), "--json", *arguments) == (3 if name == "shell" else 0), capsys.readouterr().err
    said = lines(capsys.readouterr().out)
    assert said and all(expected <= set(entry) for entry in said), said


def test_a_person_is_told_no_json(played, monkeypatch, capsys):
    """But by a command whose output is that."""
    for name in set(COMMANDS) - {"pack", "record", "machine up"}:
        run(monkeypatch, *name.split(), *COMMANDS[name][0])
        assert not capsys.readouterr().out.startswith(("{", "[")), name


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WITHOUT_A_MACHINE))
def test_what_it_says_when_it_cannot(name, folder, monkeypatch, capsys):
    """No machine runs: it says so on the standard output too, and its status is 1."""
    class NoMachine:
        def __init__(self, *_, **__):
            raise machine.MachineError("no machine runs")

    for what in ("debug", "hand", "qmp", "up", "down", "set_battery", "screenshot", "log_lines"):
        monkeypatch.setattr(machine, what, NoMachine)
    monkeypatch.setattr(software, "ask", lambda *_: (dict(FOUND), 0))
    monkeypatch.setattr(shell, "join", NoMachine)
    assert run(monkeypatch, *name.split(), "--json", *COMMANDS[name][0]) == 1
    assert lines(capsys.readouterr().out) == [{"error": "no machine runs"}]


@pytest.fixture
def bk_bundle(folder, monkeypatch):
    """What it says on its standard output and on its other one, and its status: those of `says`."""
    says = {"out": "", "err": "", "status": 1}
    program = folder / "bk-bundle"

    def made(path: str) -> pathlib.Path:
        program.write_text(f"#!/bin/sh\nprintf %s {shlex.quote(says['out'])}\nprintf %s {shlex.quote(says['err'])} >&2\nexit {says['status']}\n")
        program.chmod(0o755)
        return program

    monkeypatch.setattr(bundles, "made_program", made)
    monkeypatch.setattr(bundles, "parts_of", lambda *_: {})
    (folder / "drinks").mkdir()
    (folder / "drinks/manifest.json").write_text('{"id": "org.example.tea"}')
    return says


@pytest.mark.parametrize("name", ["keygen", "pack", "sign", "verify", "inspect", "update"])
def test_what_it_says_of_a_bundle_that_cannot_be_made_or_read(name, bk_bundle, monkeypatch, capsys):
    bk_bundle |= {"err": "bk-bundle: /host/home/tea.bapp: No such file or directory\n"}
    for json_too in (["--json"], []):
        assert run(monkeypatch, name, *json_too, *COMMANDS[name][0]) == 1
        said = capsys.readouterr()
        assert said.err == "bulkhead: /home/tea.bapp: No such file or directory\n"
        assert lines(said.out) == ([{"error": "/home/tea.bapp: No such file or directory"}] if json_too else [])
    bk_bundle |= {"err": "bk-bundle: usage\n", "status": 2}
    assert run(monkeypatch, name, "--json", *COMMANDS[name][0]) == 2
    assert lines(capsys.readouterr().out) == [{"error": "usage"}]
    bk_bundle |= {"err": "", "status": 0}
    assert run(monkeypatch, name, "--json", *COMMANDS[name][0]) == 1
    assert "said nothing" in lines(capsys.readouterr().out)[0]["error"]


@pytest.mark.parametrize("name", ["pack", "sign", "verify", "inspect"])
def test_what_it_says_of_a_bundle_that_is_refused(name, bk_bundle, monkeypatch, capsys):
    refused = {"verdict": "broken", "reason": "it is none"}
    bk_bundle |= {"out": json.dumps(refused), "status": 4}
    assert run(monkeypatch, name, "--json", *COMMANDS[name][0]) == 4
    error, = lines(capsys.readouterr().out)
    assert error.pop("error").endswith(" is refused: it is none") and error == refused
    assert run(monkeypatch, name, *COMMANDS[name][0]) == 4
    assert "is refused: it is none" in capsys.readouterr().err


@pytest.mark.parametrize("name,content,said", [
    ("manifest.json", b"[" * 200000, "too deep in each other"), ("manifest.json", b"\xff", "is not JSON"), ("manifest.json", b"[]", "not a JSON object"),
    ("image.list", b"/no/such/file\n", "nothing matches /no/such/file"), ("image.list", b"\xff\n", "not UTF-8"),
    ("image.list", b"include image.list\n", "includes itself"), ("image.list", b"include nothing\n", "No such file")])
def test_what_it_says_of_a_folder_that_cannot_be_packed(name, content, said, folder, monkeypatch, capsys):
    (folder / "init").touch()
    monkeypatch.setattr(bundles, "BUILD", folder)
    monkeypatch.setattr(bundles, "made_program", lambda path: folder / "init")
    (folder / "guest/init").mkdir(parents=True)
    (folder / "guest/init/bk-guest-init").touch()
    (folder / "drinks").mkdir()
    (folder / "drinks/manifest.json").write_text('{"id": "org.example.tea"}')
    (folder / "drinks/image.list").touch()
    (folder / "drinks" / name).write_bytes(content)
    assert run(monkeypatch, "pack", "--json", "drinks") == 1
    assert said in lines(capsys.readouterr().out)[0]["error"]


def test_what_it_says_when_the_emulator_or_a_disk_cannot_be_made(folder, monkeypatch, capsys):
    monkeypatch.setattr(machine, "STATE", folder / "machine")
    monkeypatch.setattr(machine, "APPS", folder / "apps.img")
    monkeypatch.setattr(machine, "DATA", folder / "data.img")
    monkeypatch.setattr(machine, "IMAGES", folder)
    monkeypatch.setattr(emulator, "SOURCE", folder)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    (folder / "image/emulator").mkdir(parents=True)
    for name in ("vmlinuz", "machine.cpio", "machine.erofs"):
        (folder / name).touch()
    for path, script in (("image/emulator/build", "exit 1"), ("mkfs.xfs", "echo no room >&2; exit 1")):
        (folder / path).write_text(f"#!/bin/sh\n{script}\n")
        (folder / path).chmod(0o755)
    up = ("machine", "up", "--json", "--accelerator", "tcg")
    assert run(monkeypatch, *up) == 1
    assert lines(capsys.readouterr().out) == [{"error": "there is no emulator: image/emulator/build ended with status 1"}]
    (folder / "image/emulator/build").write_text("#!/bin/sh\necho /nowhere\n")
    assert run(monkeypatch, *up) == 1
    assert lines(capsys.readouterr().out) == [{"error": "the disk for apps cannot be made: no room"}]
    assert not list(folder.glob("apps*"))


@pytest.mark.parametrize("why", [bundles.BundleError("its VM has ended"), ConnectionResetError("the machine is gone")])
def test_what_a_shell_has_shown_when_its_vm_ends(why, played, monkeypatch, capsys):
    class ShellOfAnEndingVm(Shell):
        def run(self, keys: int, screen: int) -> int:
            super().run(keys, screen)
            raise why

    monkeypatch.setattr(shell, "Shell", ShellOfAnEndingVm)
    assert run(monkeypatch, "shell", "--json", ID) == 1
    assert lines(capsys.readouterr().out) == [{"error": str(why), "id": ID, "shown": "tea\r\n"}]


def test_a_recording_that_lost_something_is_one_object_too(played, monkeypatch, capsys):
    running = iter([1, None])
    monkeypatch.setattr(machine, "qemu_pid", lambda: next(running, None))
    said = iter([[], ["a line"]])
    monkeypatch.setattr(machine, "log_lines", lambda _: next(said))
    monkeypatch.setattr(record.Recorder, "feed", lambda *_: [{"lost": 2}])
    assert run(monkeypatch, "record", "--json", ID, "-o", "said.jsonl") == 1
    assert lines(capsys.readouterr().out) == [
        {"error": "the machine's log lost 2 pieces of the conversation", "id": ID, "file": "said.jsonl", "messages": 0, "lost": 2}]


@pytest.mark.parametrize("words", ["--json", "sign --json tea.bapp", "machine click 1 --json", "machine tap one 2 --js", "machine rotate 45 --json", "no-such --json",
                                   "verify tea.bapp --json --whole"])
def test_what_it_says_of_a_mistake_in_the_arguments(words, folder, monkeypatch, capsys):
    assert run(monkeypatch, *words.split()) == 2
    said = capsys.readouterr()
    error, = lines(said.out)
    assert said.err.startswith("usage: ") and said.err.endswith(f"bulkhead: {error['error']}\n")
    assert run(monkeypatch, *(word for word in words.split() if not word.startswith("--j"))) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["machine/../..", "Machine", "..", "machine 2", "machine\n"])
def test_a_name_that_no_machine_may_have(name, folder, monkeypatch, capsys):
    monkeypatch.setattr(machine, "NAME", name)
    for words in (["machine", "status"], ["machine", "up"], ["list"]):
        assert run(monkeypatch, *words, "--json") == 1
        error, = lines(capsys.readouterr().out)
        assert error["error"].startswith(f"BULKHEAD_MACHINE is {name!r}; want machine")
        assert run(monkeypatch, *words) == 1
        said = capsys.readouterr()
        assert (said.out, said.err) == ("", f"bulkhead: {error['error']}\n")
    with pytest.raises(machine.MachineError):  # whoever starts it
        machine.up(True, "tcg", "1G")


@pytest.mark.parametrize("words", ["machine start", "machine stop", "machine kill", "machine pause", "machine console", "run", "run --disposable"])
def test_an_app_that_there_is_not(words, played, monkeypatch, capsys):
    def call(self, method: str, **parameters):
        interface = method.rpartition(".")[0]
        raise VarlinkError(f"{interface}.NoSuchVm" if interface.endswith("Debug") else f"{interface}.NoSuchApp", parameters)

    monkeypatch.setattr(Debug, "call", call)
    assert run(monkeypatch, *words.split(), "--json", "org.example.no", *(["panic"] if "console" in words else [])) == 1
    said = {"error": "there is no app org.example.no: ./bulkhead list shows those that there are"}
    assert lines(capsys.readouterr().out) == [said]


@pytest.mark.parametrize("words", ["keep", "points", "undo", "export -o tea", "remove", "record", "logs"])
def test_an_app_that_is_not_in_the_list(words, played, monkeypatch, capsys):
    monkeypatch.setattr(machine, "qemu_pid", lambda: 1)
    monkeypatch.setattr(machine, "log_lines", lambda _: [])
    assert run(monkeypatch, *words.split(), "--json", "org.example.no") == 1
    assert lines(capsys.readouterr().out)[0]["error"].startswith("there is no app org.example.no")


def test_an_app_with_its_data_is_not_installed_without(folder, played, monkeypatch, capsys):
    for words, said in (("install tea.bkapp", "./bulkhead import takes both"), ("update tea.bkapp", "./bulkhead import takes both"),
                        ("import tea.bapp", "./bulkhead install takes it")):
        assert run(monkeypatch, *words.split()) == 1
        assert said in capsys.readouterr().err
    assert run(monkeypatch, "import", "tea.bkapp") == run(monkeypatch, "install", "tea.bapp") == 0


@pytest.mark.parametrize("left", [8, 32, 47, 48, 79])
def test_an_app_whose_data_are_not_all_there(left, folder, played, monkeypatch, capsys):
    """The machine would wait for the rest of them."""
    whole = (folder / "tea.bkapp").read_bytes()
    (folder / "cut.bkapp").write_bytes(whole[:4096 + left])
    assert run(monkeypatch, "import", "cut.bkapp") == 4
    assert "cut.bkapp is refused: its data are damaged, or end too early" in capsys.readouterr().err


def test_an_app_goes_on_when_there_is_no_such_point(played, monkeypatch, capsys):
    monkeypatch.setattr(keeping, "stop", lambda _: pytest.fail("it is asked to end"))
    assert run(monkeypatch, "undo", ID, "99") == 1
    assert capsys.readouterr().err == f"bulkhead: {ID} has no such restore point: ./bulkhead points {ID} shows those that there are\n"


def test_the_sentences_are_of_errors_that_there_are():
    described = "".join(f"{name}.{line.split()[1]} " for name in ("Hypervisor", "Debug", "Software") for line in (
        pathlib.Path(__file__).resolve().parents[2] / f"api/internal/io.bulkhead.{name}.varlink").read_text().splitlines() if line.startswith("error "))
    assert set(refusals.SENTENCES) <= set(described.split())


def test_that_it_runs_already(played, monkeypatch, capsys):
    def call(self, method: str, **parameters):
        raise VarlinkError("io.bulkhead.Hypervisor.AlreadyRunning", parameters)

    assert run(monkeypatch, "run", "--json", "--disposable", ID) == 0
    assert lines(capsys.readouterr().out) == [{"id": COPY["id"], "copyOf": ID, "started": True}]
    monkeypatch.setattr(Debug, "call", call)
    assert run(monkeypatch, "run", "--json", ID) == 0
    assert lines(capsys.readouterr().out) == [{"id": ID, "started": False}]
    assert run(monkeypatch, "run", ID) == 0
    assert capsys.readouterr().out == f"{ID} runs already\n"


def test_a_shell_on_a_terminal_is_for_a_person(played, monkeypatch, capsys):
    ours, theirs = os.openpty()
    monkeypatch.setattr("sys.stdin", open(theirs))
    assert run(monkeypatch, "shell", "--json", ID) == 1
    assert "from a file or a pipe" in lines(capsys.readouterr().out)[0]["error"]
    os.close(ours)
