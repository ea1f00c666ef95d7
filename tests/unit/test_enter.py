# SPDX-License-Identifier: Apache-2.0
"""The way of ./bulkhead into the builder root, where there is none, and none can be made: what a person is told, and a program."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest
from varlink_peer import wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NO_LOG = "the builder root cannot be entered: what went wrong is said above"


@pytest.fixture
def checkout(tmp_path):
    """With the two scripts, and programs of its own before those that there are: `programs`."""
    (tmp_path / "image/builder").mkdir(parents=True)
    for path in ("bulkhead", "image/builder/enter"):
        shutil.copy(SOURCE / path, tmp_path / path)
    (tmp_path / "image/builder/packages").write_text("none\n")
    (tmp_path / "programs").mkdir()
    for name in ("mmdebstrap", "unshare"):
        write(tmp_path / "programs" / name, "exit 0")
    return tmp_path


def write(path: pathlib.Path, script: str):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def bulkhead(checkout: pathlib.Path, *words: str, **environment: str) -> subprocess.CompletedProcess:
    return enter(checkout, ["bulkhead", *words], **environment)


def enter(checkout: pathlib.Path, words: list[str], folder: pathlib.Path | None = None, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([checkout / words[0], *words[1:]], cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, env={
        "PATH": f"{checkout}/programs:{os.environ['PATH']}", "BULKHEAD_CACHE": str(checkout / "cache"), **environment})


def refused(checkout: pathlib.Path, error: str, **environment: str):
    for words in (["list", "--json"], ["machine", "status", "--js"]):
        said = bulkhead(checkout, *words, **environment)
        assert said.returncode == 1, said
        assert json.loads(said.stdout) == {"error": error}, said
        assert said.stderr.endswith(f"bulkhead: {error}\n"), said
    for words in (["list"], ["replay", "said", "--", "tool", "--json"]):
        said = bulkhead(checkout, *words, **environment)
        assert (said.returncode, said.stdout) == (1, ""), said
        assert said.stderr.endswith(f"bulkhead: {error}\n"), said


def make_root(checkout: pathlib.Path):
    """From now on there is a builder root."""
    write(checkout / "image/builder/create", 'mkdir -p "$1/src" "$1/cache" "$1/tmp"')
    write(checkout / "programs/sleep", "exit 0")
    assert bulkhead(checkout, "list").returncode == 0


def test_a_root_that_cannot_be_made(checkout):
    write(checkout / "programs/sleep", "exit 0")
    write(checkout / "image/builder/create", "echo no mirror answers; exit 1")
    said = bulkhead(checkout, "list")
    log, = (checkout / "cache").glob("*.log")
    assert "no mirror answers" in said.stderr
    refused(checkout, f"could not make the builder root; its log is {log}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_root_that_is_being_made_when_it_is_ended(number, checkout):
    """Nothing goes on making it; each of its programs holds the lock."""
    write(checkout / "image/builder/create", f"sh -c 'touch {checkout}/begun; sleep 600; :'; :")
    process = subprocess.Popen([checkout / "bulkhead", "list"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={
        "PATH": f"{checkout}/programs:{os.environ['PATH']}", "BULKHEAD_CACHE": str(checkout / "cache")},
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    wait_for((checkout / "begun").exists, "it is made")
    process.send_signal(number)
    assert process.wait(60) == 130
    assert subprocess.run(["flock", "--timeout", "60", checkout / "cache/builder.lock", "true"]).returncode == 0


def test_a_cache_that_cannot_be_written(checkout):
    (checkout / "file").touch()
    place = f'{checkout}/file/a "b\\'
    refused(checkout, f"cannot write the cache {place}; name another place in BULKHEAD_CACHE", BULKHEAD_CACHE=place)
    (checkout / "cache/builder.lock").mkdir(parents=True)
    refused(checkout, NO_LOG)


def test_a_machine_without_its_tools(checkout):
    for name in ("mmdebstrap", "unshare"):
        (checkout / "programs" / name).unlink()
    for name in ("dirname", "readlink", "id", "sh", "mkdir", "cat", "sha256sum", "cut", "flock", "tr", "sed"):
        (checkout / "programs" / name).symlink_to(shutil.which(name))
    refused(checkout, "this needs mmdebstrap util-linux, and there is no apt-get here to install it with", PATH=f"{checkout}/programs")


def test_who_is_not_root(checkout):
    write(checkout / "programs/id", 'case $1 in -u) echo 1000 ;; *) echo 1001 ;; esac')
    for name in ("dirname", "readlink", "sh", "tr", "sed"):
        (checkout / "programs" / name).symlink_to(shutil.which(name))
    refused(checkout, "building needs root, to make and enter the builder root, and there is no sudo here", PATH=f"{checkout}/programs")
    write(checkout / "programs/sudo", 'echo "$@"')
    said = bulkhead(checkout, "list", "--json", PATH=f"{checkout}/programs").stdout
    assert said.endswith(f"{checkout}/image/builder/enter --host-pids --json --ids=1000:1001 python3 /src/cli list --json\n"), said


def test_namespaces_that_are_refused(checkout):
    make_root(checkout)
    write(checkout / "programs/unshare", "echo 'unshare: unshare failed: Operation not permitted' >&2; exit 1")
    refused(checkout, "the builder root needs namespaces of its own: unshare failed: Operation not permitted")


ENTERED = 'while [ "${1#--}" != "$1" ] && [ "$1" != --propagation ]; do shift; done; shift 2; exec "$@"'  # what unshare does, without namespaces


def test_who_called(checkout):
    """The user that asked for root; and in a shell of root's that sudo began, which says so in each folder, root in those that are root's."""
    make_root(checkout)
    write(checkout / "programs/unshare", ENTERED)
    write(checkout / "programs/mount", 'rm -rf "$BK_ROOT/tmp/.X11-unix"')  # as a new file system there would
    write(checkout / "programs/chroot", "for word; do case $word in BULKHEAD_CALLER_IDS=*) echo ${word#*=} ;; esac; done")
    theirs = checkout / "theirs"
    theirs.mkdir()
    os.chown(theirs, 1234, 1235)
    by_sudo = {"SUDO_UID": "1234", "SUDO_GID": "1236"}
    for folder, options, known, ids in ((checkout, [], {}, "0:0"), (theirs, [], {}, "0:0"), (checkout, [], by_sudo, "0:0"), (theirs, [], by_sudo, "1234:1236"),
                                        (checkout, ["--ids=1237:1238"], by_sudo, "1237:1238")):
        said = enter(checkout, ["image/builder/enter", *options, "true"], folder, **known)
        assert (said.returncode, said.stdout, said.stderr) == (0, f"{ids}\n", ""), (folder, options, known)


def test_what_cannot_be_mounted(checkout):
    make_root(checkout)
    write(checkout / "programs/unshare", ENTERED)
    write(checkout / "programs/mount", 'echo "mount: $3: permission denied." >&2; exit 32')
    refused(checkout, NO_LOG)
    write(checkout / "programs/mount", "exit 0")
    write(checkout / "programs/chroot", "echo entered")
    said = bulkhead(checkout, "list", "--json")
    assert (said.returncode, said.stdout, said.stderr) == (0, "entered\n", "")  # the command takes over: no error of ours beside its own
