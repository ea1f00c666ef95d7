# SPDX-License-Identifier: Apache-2.0
"""The `bulkhead` command as a developer types it, and an app that they pack with it: apps/notes, under another name."""
import contextlib
import io
import json
import pathlib
import shutil
import sys

import conftest
import bulkhead

PAINT = "org.example.paint"


def command(status: int, *arguments: str) -> tuple[str, str]:
    """Runs `bulkhead`, which must end so: what it prints, and what it complains of."""
    said, complaint = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["bulkhead", *arguments]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            ended = bulkhead.main()
    except SystemExit as end:
        ended = end.code or 0
    finally:
        sys.argv = before
    assert ended == status, said.getvalue() + complaint.getvalue()
    return said.getvalue(), complaint.getvalue()


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
