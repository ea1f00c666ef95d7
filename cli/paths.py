# SPDX-License-Identifier: Apache-2.0
"""Where things stand in the checkout."""
import contextlib
import os
import pathlib

from answer import CommandError

SOURCE = pathlib.Path(__file__).resolve().parents[1]
OUT = SOURCE / "out"
BUILD = OUT / "build/release"
IMAGES = OUT / "images"


def caller_path(path: str) -> pathlib.Path:
    """A path as whoever called the command meant it: relative to their folder, on their file system."""
    if path.startswith("/"):
        return pathlib.Path("/host" + path) if os.path.isdir("/host/proc") else pathlib.Path(path)
    return pathlib.Path(os.environ.get("BULKHEAD_CALLER", "."), path)


def caller_ids() -> tuple[int, int]:
    """Whoever called: their user's and their group's number."""
    user, group = os.environ["BULKHEAD_CALLER_IDS"].split(":")
    return int(user), int(group)


def file_to_make(path: str) -> pathlib.Path:
    """Where a file is to be that is made beside it and then takes its name: what bears that now may be lost if it is a file, and nothing else."""
    made = caller_path(path)
    if not made.parent.is_dir():
        raise CommandError(f"{path} cannot be made: there is no such folder")
    if made.exists() and not made.is_file():
        raise CommandError(f"{path} is there already, and is no file")
    return made


def partial_of(path: pathlib.Path) -> pathlib.Path:
    """What such a file is called as long as it is not whole; by bk-bundle, too."""
    return path.with_name(path.name + ".partial")


@contextlib.contextmanager
def whole(path: pathlib.Path):
    """Where to make it; it is there when it is whole, and what was there before stays until then."""
    partial = partial_of(path)
    try:
        yield partial
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
