# SPDX-License-Identifier: Apache-2.0
"""What apps keep: restore points of an app and its data together, and an app that leaves and comes with them."""
import argparse
import hashlib
import os
import pathlib
import select
import socket
import time

import machine
from answer import answer, takes_json
from bundles import STATUSES, BundleError, give_away, printable, size_text
from paths import file_to_make, whole
from refusals import refusal
from software import BLOCK, DATA_HEAD, DATA_MAGIC, DIGEST, PIECE, PIECE_HEAD, SOFTWARE, WAIT_SECONDS, Progress, Runs, app_of, bundle_size, install, open_file, stop
from varlink import VarlinkError

CAUSES = {"kept": "by hand", "update": "before an update", "undo": "before an undo"}


def ask(method: str, id_: str, **parameters) -> dict:
    """A call whose refusal is told to the person."""
    try:
        return machine.debug(WAIT_SECONDS).call(SOFTWARE + method, id=id_, **parameters)
    except VarlinkError as error:
        raise refusal(error, id=id_) from None


class Exported:
    """Follows an exported app as it comes (docs/protocols/export.md): whether it has ended, and is what was sent."""

    def __init__(self):
        self.steps = self._follow()
        self.held, self.digest, self.ended = b"", None, False
        self.wanted, self.holds = next(self.steps)

    def _follow(self):
        """Asks for so many bytes after another, to be held until they are all there, or to be passed over."""
        size = bundle_size((yield BLOCK, True))
        if size is None or size < BLOCK:
            raise BundleError("what came is no app")
        yield size - BLOCK, False
        self.digest = hashlib.sha256()
        head = yield DATA_HEAD, True
        if not head.startswith(DATA_MAGIC):
            raise BundleError("what came behind the app is no data disk")
        disk = int.from_bytes(head[16:24], "little")
        while True:
            piece = yield PIECE_HEAD, True
            offset, size = (int.from_bytes(piece[at:at + 8], "little") for at in (0, 8))
            if size == 0 and offset == disk:
                break
            yield size, False
        digest, self.digest = self.digest, None
        if (yield DIGEST, True) != digest.digest():
            raise BundleError("what came is not what was sent")

    def feed(self, data: bytes):
        while data or self.wanted == 0:
            if self.ended:
                raise BundleError("more came than the app")
            taken, data = data[:self.wanted], data[self.wanted:]
            self.wanted -= len(taken)
            if self.digest is not None:
                self.digest.update(taken)
            if self.holds:
                self.held += taken
            if self.wanted > 0:
                return
            held, self.held = self.held, b""
            try:
                self.wanted, self.holds = self.steps.send(held)
            except StopIteration:
                self.ended, self.wanted = True, -1


def receive(id_: str, path: pathlib.Path, guess: int):
    """Has the machine send an app, and writes it to a file; `guess`: about how many bytes there are."""
    client = machine.debug(WAIT_SECONDS)
    with client.socket, open(path, "wb") as file, socket.socket(socket.AF_UNIX) as line:
        line.connect(str(machine.STATE / "bundle.sock"))
        client.send(SOFTWARE + "Export", id=id_)
        progress, exported, received, answered = Progress(f"exporting {id_}", guess), Exported(), 0, False
        while not (exported.ended and answered):
            ready, _, _ = select.select([line] + ([] if answered else [client.socket]), [], [], WAIT_SECONDS)
            if not ready:
                raise BundleError("the machine stopped sending")
            if client.socket in ready:
                try:
                    client.reply()
                except VarlinkError as error:
                    raise refusal(error, id=id_) from None
                answered = True
            if line in ready:
                data = line.recv(PIECE)
                if not data:
                    raise BundleError("the machine stopped sending")
                exported.feed(data)
                file.write(data)
                received += len(data)
                progress.at(min(received, guess - 1))
        progress.at(guess)
        file.flush()
        os.fsync(file.fileno())


def command_export(arguments):
    app = app_of(arguments.app)
    if "version" not in app:
        raise BundleError(f"{arguments.app} came with the machine, and stays")
    path = file_to_make(arguments.output)
    stop(arguments.app)
    with whole(path) as partial:
        receive(arguments.app, partial, app["size"] + ask("Usage", arguments.app)["data"])
    give_away(path)
    found = {"id": app["id"], "name": app["name"], "version": app["version"], "file": arguments.output, "size": path.stat().st_size}
    answer(arguments, found, printable(f"{app['name']} ({app['id']}) {app['version']} and its data: {arguments.output}, {size_text(found['size'])}"))


def command_import(arguments):
    file, data = open_file(arguments)
    with file:
        if data is False:
            raise BundleError(f"{arguments.file} is an app without its data: ./bulkhead install takes it")
    try:
        install(arguments, "Import")
    except Runs as runs:  # the app is judged before it is asked to end
        stop(runs.args[0])
        install(arguments, "Import")


def command_keep(arguments):
    app_of(arguments.app)
    stop(arguments.app)
    found = ask("Keep", arguments.app)
    answer(arguments, found, f"restore point {found['point']} of {arguments.app}; ./bulkhead undo {arguments.app} {found['point']} brings it back")


def point_text(point: dict) -> str:
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(point["time"]))
    return printable(f"{point['point']:5}  {made}  {point.get('version') or '-':10} {size_text(point['size']):>10}  {CAUSES[point['cause']]}")


def command_points(arguments):
    app_of(arguments.app)
    if arguments.forget is not None:
        ask("Forget", arguments.app, point=arguments.forget)
    points, usage = ask("Points", arguments.app)["points"], ask("Usage", arguments.app)
    kept = f"{size_text(usage['data'])} of {size_text(usage['quota'])} of data" if usage["quota"] else "no data"
    answer(arguments, {"points": points, "usage": usage}, "\n".join([*map(point_text, points), (
        f"{arguments.app} takes {size_text(usage['bundle'])}, {kept}, and {size_text(usage['points'])} for its restore points")]))


def command_undo(arguments):
    app = app_of(arguments.app)
    point, points = arguments.point, ask("Points", arguments.app)["points"]
    if point is None:
        made = [one["point"] for one in points if one["cause"] != "undo"]
        if not made:
            raise BundleError(f"{arguments.app} has no restore point")
        point = made[-1]
    elif point not in [one["point"] for one in points]:  # the app goes on running
        raise refusal(VarlinkError(SOFTWARE + "NoSuchPoint", {}), id=arguments.app)
    stop(arguments.app)
    found = ask("Restore", arguments.app, point=point)
    before = max((before["point"] for before in ask("Points", arguments.app)["points"] if before["cause"] == "undo"), default=None)
    version = f" {found['version']}" if found.get("version") else ""
    back = f"; ./bulkhead undo {app['id']} {before} takes that back" if before is not None else ""
    answer(arguments, found | {"id": app["id"], "point": point, "before": before},
           printable(f"{app['name']} ({app['id']}){version} is as it was at restore point {point}{back}"))


def add_commands(areas):
    def command(name: str, function, help_text: str, more: str = "", statuses: str | None = None) -> argparse.ArgumentParser:
        added = areas.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.{more}", epilog=statuses,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(function=function)
        takes_json(added, "it")
        return added

    ends = "\nIt is asked to end first if it runs."
    added = command("points", command_points, "the restore points of an app, and what it takes on the disk")
    added.add_argument("app", metavar="APP")
    added.add_argument("--forget", metavar="POINT", type=int, help="delete this one first")
    added = command("keep", command_keep, "make a restore point: of an app and its data, together", ends)
    added.add_argument("app", metavar="APP")
    added = command("undo", command_undo, "bring a restore point back, the app and its data together", ends + "\nWhat there is becomes a restore point "
                    "itself. Without POINT it is the newest one\nthat was made by hand or before an update.")
    added.add_argument("app", metavar="APP")
    added.add_argument("point", metavar="POINT", type=int, nargs="?")
    added = command("export", command_export, "write an installed app and its data to one file", ends)
    added.add_argument("app", metavar="APP")
    added.add_argument("-o", "--output", metavar="FILE", required=True)
    added = command("import", command_import, "install an app and its data, as bulkhead export has written them",
                    "\nThe app is judged as on install. If it is installed, it is asked to end first, and\nit and its data become a restore point.", STATUSES)
    added.add_argument("file", metavar="FILE")
