# SPDX-License-Identifier: Apache-2.0
"""Where things stand in the checkout."""
import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[1]
OUT = SOURCE / "out"
BUILD = OUT / "build/release"
IMAGES = OUT / "images"


def caller_path(path: str) -> pathlib.Path:
    """A path as whoever called the command meant it: relative to their folder, on their file system."""
    if path.startswith("/"):
        return pathlib.Path("/host" + path) if os.path.isdir("/host/proc") else pathlib.Path(path)
    return pathlib.Path(os.environ.get("BULKHEAD_CALLER", "."), path)
