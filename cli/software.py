# SPDX-License-Identifier: Apache-2.0
"""What is installed on the machine: install, update, remove, list, run, logs."""
import argparse
import os
import select
import socket
import stat
import sys
import time
import typing

import machine
import shell
from answer import answer, takes_json
from bundles import STATUSES, BundleError, ask, printable, refuse, size_text
from paths import caller_path
from refusals import NO_APP
from varlink import VarlinkError

PIECE = 1 << 18
SOFTWARE, HYPERVISOR = "io.bulkhead.Software.", "io.bulkhead.Hypervisor."
BLOCK = 4096  # of a bundle, whose first one is its header
BUNDLE_MAGIC, DATA_MAGIC = b"\xb5BAPP\r\n\x1a", b"\xb5BDAT\r\n\x1a"
DATA_HEAD, PIECE_HEAD, DIGEST = 32, 16, 32  # bytes of what is around and before the pieces of data
REFUSED = {"broken": 4, "unsigned": 5, "stranger": 6, "theirs": 6, "older": 7}
WAIT_SECONDS = 900  # for the machine to judge a bundle; it gives up itself before


class Runs(BundleError):
    """The app that a bundle would update runs."""

    def __str__(self) -> str:
        return f"{self.args[0]} runs: ./bulkhead update ends it first"


class Progress:
    """Says on a terminal how far long work is."""

    def __init__(self, what: str, size: int):
        self.what, self.size, self.shown = what, size, -1

    def at(self, done: int):
        percent = done * 100 // max(self.size, 1)
        if sys.stderr.isatty() and percent != self.shown:
            self.shown = percent
            print(f"\r==> {self.what}: {percent} %", end="\n" if done == self.size else "", file=sys.stderr, flush=True)


def bundle_size(header: bytes) -> int | None:
    """Of the bundle that begins so, as it says itself; None: it is none."""
    return int.from_bytes(header[16:24], "little") if len(header) == BLOCK and header.startswith(BUNDLE_MAGIC) else None


def has_data(file: typing.BinaryIO, size: int | None) -> bool | None:
    """Whether an app comes with its data, as export writes it, or without, as pack does; None when it is neither."""
    if size is None:
        return None
    if size >= os.fstat(file.fileno()).st_size:
        return False
    return True if os.pread(file.fileno(), len(DATA_MAGIC), size) == DATA_MAGIC else None


def data_is_whole(file: typing.BinaryIO, at: int) -> bool:
    """Whether the data that begin there are all in the file (docs/protocols/export.md)."""
    end, at, size = os.fstat(file.fileno()).st_size, at + DATA_HEAD, None
    while size != 0 and at + PIECE_HEAD <= end:
        size = int.from_bytes(os.pread(file.fileno(), PIECE_HEAD, at)[8:], "little")
        at += PIECE_HEAD + size
    return size == 0 and at + DIGEST <= end


def open_file(arguments) -> tuple[typing.BinaryIO, bool | None]:
    """The file that is to be sent, and whether it has data. The machine does not see where what comes ends, and would wait for
    what a file that was cut, or is being written, does not have; and what is no file may have no end."""
    path = caller_path(arguments.file)
    file = open(path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))
    status = os.fstat(file.fileno())
    size = bundle_size(os.pread(file.fileno(), BLOCK, 0)) if stat.S_ISREG(status.st_mode) else None
    if not stat.S_ISREG(status.st_mode) or status.st_size < max(size or 0, BLOCK):
        file.close()
        found, refused = ask("inspect", path)  # says what is wrong
        if refused == 0:
            raise BundleError(f"{arguments.file} is being written: install it when it is whole")
        refuse(arguments, arguments.file, found, refused)
    data = has_data(file, size)
    if data and not data_is_whole(file, size):
        file.close()
        refuse(arguments, arguments.file, {"reason": "its data are damaged, or end too early"}, REFUSED["broken"])
    return file, data


def send(bundle: typing.BinaryIO, name: str, method: str) -> dict:
    """Hands a bundle to the machine; yields what it says of it. It may say so before it has taken all."""
    client = machine.debug(WAIT_SECONDS)
    size = os.fstat(bundle.fileno()).st_size  # what is written behind it from now on is not the bundle
    # The connection ends with this, whoever holds what was raised: the machine serves one at a time.
    with client.socket, socket.socket(socket.AF_UNIX) as line:
        line.connect(str(machine.STATE / "bundle.sock"))
        line.setblocking(False)
        client.send(SOFTWARE + method)
        progress = Progress(f"sending {name}", size)
        piece, sent = b"", 0
        while True:
            piece = piece or bundle.read(min(PIECE, size - sent))
            if not piece and sent < size:
                raise BundleError(f"{name} became shorter while it was sent")
            answered, writable, _ = select.select([client.socket], [line] if piece else [], [])
            if answered:
                return client.reply()
            if writable:
                taken = line.send(piece)
                piece, sent = piece[taken:], sent + taken
                progress.at(sent)


def app_of(id_: str) -> dict:
    for app in machine.debug().call(HYPERVISOR + "List")["apps"]:
        if app["id"] == id_:
            return app
    raise BundleError(NO_APP.format(id=id_))


def stop(id_: str):
    if app_of(id_)["state"] != "stopped":
        print(f"==> {id_} is asked to end", file=sys.stderr)
        machine.debug().call(HYPERVISOR + "Stop", id=id_)


def install(arguments, method: str = "Install") -> None:
    bundle, data = open_file(arguments)
    try:
        with bundle:
            if method == "Install" and data:
                raise BundleError(f"{arguments.file} is an app with its data, which install would leave out: ./bulkhead import takes both")
            found = send(bundle, arguments.file, method)
    except VarlinkError as error:
        if error.name == SOFTWARE + "Running":
            raise Runs(error.parameters["id"]) from None
        if error.name == SOFTWARE + "Failed":
            raise BundleError(f"{arguments.file} is not installed: {printable(error.parameters['reason'])}") from None
        if error.name != SOFTWARE + "Refused":
            raise
        refuse(arguments, arguments.file, error.parameters, REFUSED[error.parameters["verdict"]])
    what = {"first": "is installed", "newer": "is updated", "same": "is installed again"}[found["update"]]
    answer(arguments, found, printable(f"{found['name']} ({found['id']}) {found['version']} {what}; ./bulkhead run {found['id']} starts it"))


def command_update(arguments):
    """The machine judges it before the app is asked to end."""
    found, status = ask("inspect", caller_path(arguments.file))
    if status == 0:
        app_of(found["id"])  # an error for one that is not installed
    try:
        install(arguments)
    except Runs as runs:
        stop(runs.args[0])
        install(arguments)


def command_remove(arguments):
    app = app_of(arguments.app)
    if "version" not in app:
        raise BundleError(f"{arguments.app} came with the machine, and stays")
    stop(arguments.app)
    machine.debug().call(SOFTWARE + "Remove", id=arguments.app)
    answer(arguments, {key: app[key] for key in ("id", "name", "version")},
           f"{printable(app['name'])} ({arguments.app}) is removed, with all that it kept")


def list_line(app: dict) -> str:
    origin = f"{app['version']:10} {size_text(app['size']):>10}  by {app['key'][:16]}" if "version" in app else \
        f"{'-':10} {'':10}  came with the machine"
    return printable(f"{app['id']:36} {app['state']:9} {origin:32}  {app['name']}")


def command_list(arguments):
    apps = machine.debug().call(HYPERVISOR + "List")["apps"]
    answer(arguments, apps, "\n".join(map(list_line, sorted(apps, key=lambda app: app["id"]))) or None)


def await_copy(copy: str):
    """It runs, or it has ended before that."""
    while True:
        state = next((app["state"] for app in machine.debug().call(HYPERVISOR + "List")["apps"] if app["id"] == copy), None)
        if state == "running":
            return
        if state in (None, "stopping"):
            raise BundleError(f"{copy} ended before it ran: ./bulkhead logs {copy} shows what it printed")
        time.sleep(0.1)


def command_run(arguments):
    try:
        if arguments.disposable:
            copy = machine.debug().call(HYPERVISOR + "StartCopy", id=arguments.app)["app"]["id"]
            await_copy(copy)
            answer(arguments, {"id": copy, "copyOf": arguments.app, "started": True}, copy)
        else:
            machine.debug().call(HYPERVISOR + "Start", id=arguments.app)
            answer(arguments, {"id": arguments.app, "started": True}, f"{arguments.app} starts; ./bulkhead logs {arguments.app} shows what it prints")
    except VarlinkError as error:
        if error.name != HYPERVISOR + "AlreadyRunning":
            raise
        answer(arguments, {"id": arguments.app, "started": False}, f"{arguments.app} runs already")


def add_commands(areas, command_log):
    def command(name: str, function, help_text: str, said: str, more: str = "", statuses: str | None = None) -> argparse.ArgumentParser:
        added = areas.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.{more}", epilog=statuses,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(function=function)
        takes_json(added, said)
        return added

    for name, function, help_text, more in (
            ("install", install, "install a bundle on the machine that runs", "\nFirst, or over an older version by the same key, "
             "while it does not run. It is whole or\nnot there, whatever happens meanwhile."),
            ("update", command_update, "install a newer version of an app, which is asked to end first if it runs", "")):
        added = command(name, function, help_text, "what was installed, or why not", more, STATUSES)
        added.add_argument("file", metavar="FILE.bapp")
    added = command("remove", command_remove, "remove an installed app, and all that it kept; it is asked to end first if it runs", "what was removed")
    added.add_argument("app", metavar="APP")
    added = command("list", command_list, "the apps that are installed, and those that came with the machine", "all that is known of them")
    added = command("run", command_run, "start an app", "what runs, and whether it was started")
    added.add_argument("--disposable", action="store_true", help="start a fresh copy of it, with a data disk that is blank and gone when it ends, "
                       "beside the app itself; prints the copy's id, by which logs and machine stop know it")
    added.add_argument("app", metavar="APP")
    shell.add_commands(command)
    added = command("logs", command_log, "what an app's VM has printed", "each line as an object")
    added.add_argument("vm", metavar="APP")
    added.add_argument("-f", "--follow", action="store_true", help="go on until the machine ends")
