# SPDX-License-Identifier: Apache-2.0
"""A machine that has, of all apps, some alone: those of a folder in apps/, or of a test's own folder, named by its whole path."""
import contextlib
import json
import os
import pathlib

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
from assemble import Tree, app_root
from conftest import BUILD, IMAGES, SOURCE


def make_images(folder: pathlib.Path, apps: dict[str | pathlib.Path, dict[str, str]], linked: list[str]):
    """A disk with the system and the apps, each with files that stand for its own; beside links to the images that are as they are."""
    disk = Tree()
    for path in sorted((IMAGES / "system").iterdir()):
        if path.suffix != ".key":
            disk.file(path, f"/system/{path.name}")
    for place, changed in apps.items():
        source = SOURCE / "apps" / place
        app = json.loads((source / "manifest.json").read_text())["id"]
        root = app_root(source, BUILD)
        for path, content in changed.items():
            root.text(path, content)
        root.write_erofs(folder / f"{source.name}.erofs", "app")
        disk.file(source / "manifest.json", f"/apps/{app}/manifest.json")
        disk.file(folder / f"{source.name}.erofs", f"/apps/{app}/root.erofs")
    disk.write_erofs(folder / "machine.erofs", "bulkhead")
    for name in linked:
        os.symlink(IMAGES / name, folder / name)


@contextlib.contextmanager
def running(folder: pathlib.Path, apps: dict[str | pathlib.Path, dict[str, str]], **options):
    """The machine is up with these apps; `options` are machine.up()'s."""
    images = machine.IMAGES
    machine.down(force=True)
    make_images(folder, apps, ["vmlinuz", "machine.cpio", *(["camera.cpio"] if options.get("camera") else [])])
    machine.IMAGES = folder
    try:
        machine.up(headless=True, chosen="auto", memory="2560M", fresh=True, **options)
        yield
    finally:
        machine.down(force=True)
        machine.IMAGES = images


def start(app: str):
    machine.debug().call("io.bulkhead.Hypervisor.Start", id=app)
