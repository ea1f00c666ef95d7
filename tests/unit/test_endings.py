# SPDX-License-Identifier: Apache-2.0
"""How the bulkhead command ends when its output is not read or cannot be written, and at Control-C: without a traceback, with a status that
says so, and with nothing half made. It is a process of its own here."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

CLI = pathlib.Path(__file__).resolve().parents[2] / "cli"
sys.path.insert(0, str(CLI))
import bulkhead  # noqa: E402
import bundles  # noqa: E402
import keeping  # noqa: E402
import machine  # noqa: E402
import templates  # noqa: E402

SAID = '{"time": 0, "connection": 1, "from": "app", "message": {}}\n'
ANSWERED = SAID.replace('"app"', '"system"')
READER = 'head -c 1 >/dev/null; touch "$BULKHEAD_CALLER/begun"; exec sleep 600'  # it is served when it has read something
NO_SPACE = "its output cannot be written: No space left on device"


def begin(folder: pathlib.Path, *words: str, before=lambda: None, **more) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-B", CLI, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
                            env={**os.environ, "BULKHEAD_CALLER": str(folder), "BULKHEAD_MACHINE": "machine-of-nobody"},
                            preexec_fn=lambda: (signal.signal(signal.SIGINT, signal.SIG_DFL), before()), **more)


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    said, complaint = process.communicate(timeout=60)
    return process.returncode, said or "", complaint


OUTPUTS = (["completion"], ["completion", "--json"], ["machine", "status"], ["machine", "status", "--json"], ["--help"], ["verify", "--help"])


@pytest.mark.parametrize("words", OUTPUTS, ids=" ".join)
def test_nobody_reads_what_it_says(words, tmp_path):
    read, write = os.pipe()
    os.close(read)
    process = begin(tmp_path, *words, stdout=write)
    os.close(write)
    assert ended(process) == (-signal.SIGPIPE, "", "")


@pytest.mark.parametrize("words", OUTPUTS, ids=" ".join)
def test_what_it_says_has_no_room(words, tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert ended(begin(tmp_path, *words, stdout=full)) == (1, "", f"bulkhead: {NO_SPACE}\n")


def test_an_error_has_no_room(tmp_path):
    for words, error in ((["list", "--json"], "the machine is not running"), (["no-such", "--json"], "invalid choice")):
        with open("/dev/full", "w", encoding="utf-8") as full:
            status, _, complaint = ended(begin(tmp_path, *words, stdout=full))
        assert status == 1 and error in complaint and complaint.endswith(f"bulkhead: {NO_SPACE}\n") and "Traceback" not in complaint


@pytest.mark.parametrize("words,status", [(["completion"], 0), (["--help"], 0), (["machine", "status", "--json"], 3), (["list", "--json"], 1), (["no"], 2)])
def test_its_output_is_closed(words, status, tmp_path):
    found, _, complaint = ended(begin(tmp_path, *words, before=lambda: os.close(1)))
    assert found == status and "Traceback" not in complaint


@pytest.mark.parametrize("words", [["replay", "--json", "said.jsonl", "sh", "-c", READER], ["replay", "--json", "--socket", "said.sock", "twice.jsonl"]],
                         ids=["a program", "a socket"])
def test_control_c(words, tmp_path):
    (tmp_path / "said.jsonl").write_text(ANSWERED + SAID)
    (tmp_path / "twice.jsonl").write_text(SAID + SAID.replace('"connection": 1', '"connection": 2'))
    process = begin(tmp_path, *words, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not any((tmp_path / name).exists() for name in ("begun", "said.sock")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    child = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(child) == ("sh" in words)
    process.send_signal(signal.SIGINT)  # and not to the program that it runs
    status, said, complaint = ended(process)
    assert (status, json.loads(said)) == (130, {"error": "ended by Control-C"}) and "Traceback" not in complaint
    assert not (tmp_path / "said.sock").exists()
    assert not any(os.path.exists(f"/proc/{pid}") for pid in child)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_while_a_program_is_made(number, tmp_path):
    """All that make has started ends, and what is half made is taken back."""
    (tmp_path / "Makefile").write_text("hello:\n\techo half >$@; (trap '' TERM; exec sleep 600) & echo $$! >child; touch begun; trap '' INT; wait; exec sleep 600\n")
    process = subprocess.Popen([sys.executable, "-B", "-c", "import makefile, pathlib, sys; makefile.make(pathlib.Path(sys.argv[1]))", tmp_path], cwd=CLI,
                               stderr=subprocess.PIPE, text=True, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
                               env={**os.environ, "BULKHEAD_CALLER_IDS": f"{os.getuid()}:{os.getgid()}"})
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    complaint = ended(process)[2].rstrip()
    if number == signal.SIGINT:
        assert process.returncode == -signal.SIGINT and complaint.endswith("KeyboardInterrupt")
    else:
        assert process.returncode == 1 and complaint.endswith(f"MakeError: ended by {number.name} while make ran")
    assert not (tmp_path / "hello").exists()
    while not gone((tmp_path / "child").read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gone(pid: str) -> bool:
    try:
        return pathlib.Path("/proc", pid, "stat").read_text().split()[2] == "Z"  # nobody may be there to bury it
    except OSError:
        return True


def test_control_c_while_its_parts_are_loaded(tmp_path):
    """That is half of what a short command takes."""
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "__main__.py").write_text((CLI / "__main__.py").read_text())
    (parts / "bulkhead.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(600)\n")
    process = subprocess.Popen([sys.executable, "-B", parts], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    assert ended(process) == (-signal.SIGINT, "", "")


# What is half made when it ends. These are within this process.

@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BULKHEAD_CALLER", str(tmp_path))
    monkeypatch.setenv("BULKHEAD_CALLER_IDS", f"{os.getuid()}:{os.getgid()}")
    return tmp_path


def run(monkeypatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["bulkhead", *words])
    try:
        return bulkhead.main()
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture(params=[KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["Control-C", "no room"])
def end(request):
    """What ends it in the middle of its work, and its status then."""
    return request.param, 130 if isinstance(request.param, KeyboardInterrupt) else 1


def listing(folder: pathlib.Path) -> list[str]:
    return sorted(os.path.relpath(path, folder) for path in folder.rglob("*"))


def half(path: pathlib.Path, why: BaseException):
    path.write_bytes(b"half of it")
    raise why


def test_no_half_of_a_new_app(end, folder, monkeypatch):
    monkeypatch.setattr(templates.shutil, "copyfile", lambda source, target: half(target, end[0]))
    (folder / "there").mkdir()
    for name in ("new", "there"):
        assert run(monkeypatch, "init", name) == end[1]
    assert listing(folder) == ["there"]


def test_no_half_of_a_bundle(end, folder, monkeypatch):
    (folder / "app").mkdir()
    (folder / "app/manifest.json").write_text('{"id": "org.example.tea"}')
    (folder / "tea.bapp").write_text("the one before")
    monkeypatch.setattr(bundles, "parts_of", lambda *_: {})
    monkeypatch.setattr(bundles, "ask", lambda *_: half(folder / "tea.bapp.partial", end[0]))
    assert run(monkeypatch, "pack", "app", "-o", "tea.bapp") == end[1]
    assert listing(folder) == ["app", "app/manifest.json", "tea.bapp"]
    assert (folder / "tea.bapp").read_text() == "the one before"


def test_no_half_of_an_export(end, folder, monkeypatch):
    monkeypatch.setattr(keeping, "app_of", lambda id_: {"id": id_, "name": "Tea", "version": "1", "size": 1})
    monkeypatch.setattr(keeping, "stop", lambda _: None)
    monkeypatch.setattr(keeping, "ask", lambda *_: {"data": 1})
    monkeypatch.setattr(keeping, "receive", lambda id_, path, guess: half(path, end[0]))
    (folder / "tea").write_text("the one before")
    assert run(monkeypatch, "export", "org.example.tea", "-o", "tea") == end[1]
    assert listing(folder) == ["tea"] and (folder / "tea").read_text() == "the one before"


def test_no_half_of_a_screenshot_or_a_page(end, folder, monkeypatch):
    monkeypatch.setattr(machine, "qmp", lambda: type("Qmp", (), {"run": lambda *_, **more: None})())
    monkeypatch.setattr(machine.shutil, "copyfile", lambda source, target: half(target, end[0]))
    assert run(monkeypatch, "machine", "screenshot", "now.png") == end[1]
    monkeypatch.setattr(pathlib.Path, "write_text", lambda path, *_, **more: half(path, end[0]))
    assert run(monkeypatch, "man", ".") == end[1]
    assert listing(folder) == []


@pytest.mark.parametrize("words", (["pack", "app", "-o"], ["export", "org.example.tea", "-o"], ["machine", "screenshot"]), ids=lambda words: words[0])
def test_what_is_no_file_is_not_lost_to_one(words, folder, monkeypatch, capsys):
    """A device, a folder: a file that takes their name would be all that is left. And a mistake is found before the app is asked to end."""
    (folder / "app").mkdir()
    (folder / "app/manifest.json").write_text('{"id": "org.example.tea"}')
    monkeypatch.setattr(keeping, "app_of", lambda id_: {"id": id_, "name": "Tea", "version": "1", "size": 1})
    for nothing in ((keeping, "stop"), (bundles, "parts_of"), (machine, "screenshot")):
        monkeypatch.setattr(*nothing, lambda *_: pytest.fail("it went on"))
    os.mkfifo(folder / "pipe")
    for name, error in (("pipe", "pipe is there already, and is no file"), ("app", "app is there already, and is no file"),
                        ("no/such", "no/such cannot be made: there is no such folder")):
        assert run(monkeypatch, *words, name, "--json") == 1
        assert json.loads(capsys.readouterr().out) == {"error": error}
    assert listing(folder) == ["app", "app/manifest.json", "pipe"] and (folder / "pipe").is_fifo()


@pytest.mark.parametrize("why,status", [(KeyboardInterrupt(), 130), (machine.MachineError("no port is free"), 1),
                                        (FileNotFoundError(2, "No such file or directory", "websockify"), 1)], ids=["Control-C", "no port", "no program"])
@pytest.mark.parametrize("early", [True, False], ids=["its number is not written", "it boots"])
def test_a_machine_that_is_not_up_yet_is_cut_off(early, why, status, folder, monkeypatch):
    """Whatever ends `machine up`: none is left that runs."""
    program, images = folder / "qemu", folder / "images"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    images.mkdir()
    for name in ("vmlinuz", "machine.cpio", "machine.erofs"):
        (images / name).touch()
    for name, value in {"STATE": folder / "machine", "IMAGES": images, "DATA": folder / "data.img", "APPS": folder / "apps.img"}.items():
        monkeypatch.setattr(machine, name, value)
    monkeypatch.setattr(machine.emulator, "program", lambda: str(program))
    monkeypatch.setattr(machine, "apps_arguments", lambda fresh: [])

    def fail(*_):
        raise why

    started = []
    run_qemu = subprocess.Popen
    monkeypatch.setattr(machine.subprocess, "Popen", lambda *words, **more: started.append(run_qemu(*words, **more)) or started[-1])
    monkeypatch.setattr(*((pathlib.Path, "write_text") if early else (machine, "_await_stages")), fail)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: started[0].kill())
        assert run(monkeypatch, "machine", "up", "--headless", "--accelerator", "tcg") == status
        process, = started
        assert process.wait(60) is not None and machine.qemu_pid() is None
