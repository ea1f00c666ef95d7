# SPDX-License-Identifier: Apache-2.0
"""The man pages of the command."""
import argparse
import pathlib
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
