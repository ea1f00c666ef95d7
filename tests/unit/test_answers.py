# SPDX-License-Identifier: Apache-2.0
"""What each command says to a program: with --json it prints JSON and nothing else, when it is done and when it cannot be. The machine is
played; what the commands do is other tests'."""
import contextlib
import json
import os
import pathlib
import sys
import types

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))
import bulkhead  # noqa: E402
import bundles  # noqa: E402
import keeping  # noqa: E402
import machine  # noqa: E402
import reference  # noqa: E402
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
    for name in ("tea.bapp", "tea.bkapp"):
        (tmp_path / name).write_bytes(b"\xb5BAPP\r\n\x1a".ljust(4096, b"\0"))
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


def test_that_it_runs_already(played, monkeypatch, capsys):
    def call(self, method: str, **parameters):
        raise VarlinkError("io.bulkhead.Hypervisor.AlreadyRunning", parameters)

    assert run(monkeypatch, "run", "--json", "--disposable", ID) == 0
    assert lines(capsys.readouterr().out) == [{"id": COPY["id"], "copyOf": ID, "started": True}]
    monkeypatch.setattr(Debug, "call", call)
    assert run(monkeypatch, "run", "--json", ID) == 0
    assert lines(capsys.readouterr().out) == [{"id": ID, "started": False}]


def test_a_shell_on_a_terminal_is_for_a_person(played, monkeypatch, capsys):
    ours, theirs = os.openpty()
    monkeypatch.setattr("sys.stdin", open(theirs))
    assert run(monkeypatch, "shell", "--json", ID) == 1
    assert "from a file or a pipe" in lines(capsys.readouterr().out)[0]["error"]
    os.close(ours)
