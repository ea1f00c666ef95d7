# SPDX-License-Identifier: Apache-2.0
"""An app that is packed for a test: apps/notes, under another name."""
import json
import pathlib
import shutil

import conftest
from commands import command

PAINT = "org.example.paint"


def prepare_paint(folder: pathlib.Path, *keys: str):
    """Its folder in this one, where $BULKHEAD_CALLER is, and keys to sign it with."""
    app = folder / "paint"
    shutil.copytree(conftest.SOURCE / "apps/notes", app)
    (app / "image.list").write_text((app / "image.list").read_text().replace("../..", str(conftest.SOURCE)))
    for key in keys:
        command(0, "keygen", key)


def pack_paint(folder: pathlib.Path, version: str, name: str, key: str, **manifest) -> pathlib.Path:
    """NAME.bapp, of that version."""
    source = json.loads((conftest.SOURCE / "apps/notes/manifest.json").read_text())
    (folder / "paint/manifest.json").write_text(json.dumps(source | {"id": PAINT, "version": version, "name": name} | manifest))
    command(0, "pack", "paint", "--key", key, "-o", f"{name}.bapp")
    return folder / f"{name}.bapp"


def damage(bundle: pathlib.Path, damaged: pathlib.Path):
    """The same with one bit that is another one."""
    changed = bytearray(bundle.read_bytes())
    changed[len(changed) // 2] ^= 1
    damaged.write_bytes(changed)
