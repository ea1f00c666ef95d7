# SPDX-License-Identifier: Apache-2.0
"""The man pages of the command, and its completion in bash."""
import argparse
import contextlib
import os
import pathlib
import socket
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "cli"))
import bulkhead  # noqa: E402
import reference  # noqa: E402


@pytest.fixture
def top() -> reference.Page:
    return reference.tree(bulkhead.parser(), ["bulkhead"], "all of it")


def test_there_is_a_page_for_each_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("BULKHEAD_CALLER", str(tmp_path))
    monkeypatch.setenv("BULKHEAD_CALLER_IDS", "0:0")
    monkeypatch.setattr("sys.argv", ["bulkhead", "man", "."])
    assert bulkhead.main() == 0
    written = {path.name for path in tmp_path.iterdir()}
    assert {"bulkhead.1", "bulkhead-pack.1", "bulkhead-machine.1", "bulkhead-machine-up.1"} <= written
    assert f"{len(written)} pages" in capsys.readouterr().out
    page = (tmp_path / "bulkhead-pack.1").read_text()
    for said in (".TH \"BULKHEAD\\-PACK\" 1\n.SH NAME\n", "\\fB\\-\\-key KEY_FILE\\fR\nsign it at once\n", ".SH EXIT STATUS\n", "  4  refused"):
        assert said in page
    assert "\\fBbulkhead\\-machine\\-up\\fR(1)\nboot the machine" in (tmp_path / "bulkhead-machine.1").read_text()


def test_each_command_says_what_it_is_for(top):
    assert not [page.name for page in reference.pages(top) if not page.about]


def test_what_means_something_to_roff_is_escaped():
    parser = argparse.ArgumentParser(prog="x", description="a \\ b\n.c\n'd -e 5%")
    parser.add_argument("--how", help="100 %% of %(dest)s")
    page = reference.manual(reference.Page(["x"], "-", parser, []))
    assert "a \\e b\n\\&.c\n\\&'d \\-e 5%" in page
    assert "100 % of how" in page


@pytest.mark.parametrize("line, offered", [
    ("ins", {"inspect", "install"}), ("machine scr", {"screenshot"}), ("machine up --f", {"--form", "--fresh"}), ("pack DIR --k", {"--key"}),
    ("machine battery 50 dis", {"discharging"}), ("install a", {"a.bapp"}), ("machine nothing", set()), ("run a", set()), ("pack DIR --key a", {"a.bapp"}),
    ("init DIR --language p", {"perl", "python"}), ("machine up --form ''", {"desktop", "phone"}), ("run org.example.", {"org.example.one", "org.example.two"}),
    ("machine log org.example.o", {"org.example.one"}), ("logs --f", {"--follow"})])
def test_bash_completes(top, tmp_path, line, offered):
    with machine_in(tmp_path):
        assert completed(top, tmp_path, line) == offered


def test_bash_asks_no_machine_that_does_not_run(top, tmp_path):
    """It would make the builder root first."""
    assert completed(top, tmp_path, "run org.example.") == set()


@contextlib.contextmanager
def machine_in(folder):
    (folder / "out/machine").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as debug:
        debug.bind(str(folder / "out/machine/debug.sock"))
        yield


def completed(top, tmp_path, line: str) -> set[str]:
    """What is offered behind that."""
    (tmp_path / "a.bapp").touch()
    program = tmp_path / "bulkhead"
    program.write_text("#!/bin/sh\n[ \"$1\" = list ] && printf '%s running 1  by 12  One\\n' org.example.one org.example.two\n")
    program.chmod(0o755)
    script = reference.completion(top) + f"COMP_WORDS=(bulkhead {line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n" \
        '_bulkhead ./bulkhead "${COMP_WORDS[COMP_CWORD]}"; printf "%s\\n" "${COMPREPLY[@]}"'
    known = {name: value for name, value in os.environ.items() if name != "BULKHEAD_MACHINE"}
    answer = subprocess.run(["bash", "-uc", script], cwd=tmp_path, env=known, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())
