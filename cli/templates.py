# SPDX-License-Identifier: Apache-2.0
"""New apps: `bulkhead init`. The program is the small one of apps/hello in the language asked for; what it prints is seen in a window
with a terminal in it (guest/base/terminal)."""
import json
import pathlib
import re
import shlex
import shutil

import bundles
from answer import answer, takes_json
from makefile import MAKEFILE
from paths import SOURCE, caller_path

HELLO = SOURCE / "apps/hello"
LANGUAGES = {"c": "c", "go": "go", "javascript": "node", "lua": "lua", "perl": "perl", "python": "python", "rust": "rust", "shell": "shell"}  # and the folder of each
WINDOW = ["/usr/bin/bk-kiosk", "/usr/bin/foot", "--hold"]  # it stays when the program has ended
WHOLE = {"include BASE/python": "include BASE/pythonlibrary"}  # the example has what it needs of its language; who begins with it needs more
MEMORY_MIB = 192  # for the window, beside the program


def image_list(folder: pathlib.Path) -> str:
    """The example's, of a folder that may be anywhere, with the window's."""
    lines = (folder / "image.list").read_text().splitlines()
    moved = [re.sub(r"^include (?:\.\./)+guest/base/(\w+)/image\.list$", r"include BASE/\1", line) for line in lines]
    moved = [WHOLE.get(line, line) for line in moved]
    return "\n".join([*(line for line in moved if line.startswith("#")), "include BASE/terminal",
                      *(line for line in moved if not line.startswith("#"))]) + "\n"


def command_init(arguments):
    folder = caller_path(arguments.folder)
    form = bundles.manifest_schema()["id"]
    if arguments.id is not None and (len(arguments.id) > form["maxLength"] or re.fullmatch(form["pattern"], arguments.id) is None):
        raise bundles.BundleError(f"{arguments.id!r} is no id: it is a domain of yours turned around, and a word, such as org.example.hello: small letters, "
                                  f"digits and hyphens, at most {form['maxLength']}")
    source = HELLO / LANGUAGES[arguments.language]
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise bundles.BundleError(f"{arguments.folder} is there already, and not an empty folder")
    there = folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        found = fill(arguments, folder, source)
    except BaseException:  # Control-C, too: an app is there with all its files, or not begun
        for path in folder.iterdir():
            path.unlink()
        if not there:
            folder.rmdir()
        raise
    answer(arguments, found,
           f"{arguments.folder}: {found['program']} is the program, {f'{MAKEFILE} compiles it, ' if MAKEFILE in found['files'] else ''}"
           "manifest.json says what the app is, and image.list what its VM has.\n"
           f"./bulkhead pack {shlex.quote(arguments.folder)} makes a bundle of it.")


def fill(arguments, folder: pathlib.Path, source: pathlib.Path) -> dict:
    example = json.loads((source / "manifest.json").read_text())
    manifest = {"id": arguments.id or bundles.id_of(folder.name), "version": "0.1", "name": arguments.name or folder.name,
                "memory": example["memory"] + MEMORY_MIB, "cpus": 1, "display": True, "permissions": example["permissions"]}
    program = next(source.glob("hello.*"))
    written = {"manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "image.list": image_list(source),
               "command": "\n".join(WINDOW) + "\n" + (source / "command").read_text()}
    for name, content in written.items():
        (folder / name).write_text(content, encoding="utf-8")
    shutil.copyfile(program, folder / program.name)
    if (source / MAKEFILE).exists():
        shutil.copyfile(source / MAKEFILE, folder / MAKEFILE)
    shutil.copyfile(SOURCE / "apps/terminal/icon.png", folder / "icon.png")
    for path in (folder, *folder.iterdir()):
        bundles.give_away(path)
    return {"id": manifest["id"], "folder": arguments.folder, "program": program.name, "files": sorted(path.name for path in folder.iterdir())}


def add_commands(areas):
    added = areas.add_parser("init", help="make the folder of a new app, in the language asked for",
                             description="Makes the folder of a new app: a small program that has a window, notifies, asks where it is, and "
                             "says what came of it.")
    added.set_defaults(function=command_init)
    takes_json(added, "what was made")
    added.add_argument("folder", metavar="DIR")
    added.add_argument("--language", choices=sorted(LANGUAGES), default="python")
    added.add_argument("--id", metavar="ID", help="a domain of yours turned around, and a word (default: org.example. and the folder's name)")
    added.add_argument("--name", help="what people call it (default: the folder's name)")
