# SPDX-License-Identifier: Apache-2.0
"""Bundles, for who makes apps: keygen, pack, sign, verify, inspect. What a bundle is, bk-bundle knows alone; here stands how
a folder becomes one, and what a person is told."""
import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import debian_root
import guest_command
import guest_kernel
import makefile
import root_tar
import web
from answer import CommandError, answer, complain, takes_json
from paths import BUILD, SOURCE, caller_ids, caller_path, file_to_make, partial_of

sys.path.append(os.fspath(SOURCE / "image"))
from assemble import app_root  # noqa: E402

IMAGE_LIST = "image.list"
ROOTS = (IMAGE_LIST, debian_root.LISTED, "root.tar", "root.tar.gz", "root.tar.xz")  # what a root image is made of: one of these
STATUSES = """exit status:
  0  done; the bundle is good
  1  a file cannot be read or written, or what makes the bundle is missing
  2  a mistake in the arguments
  4  refused: no bundle, not as it was signed (changed, cut, grown), or not an app's
  5  refused: nobody has signed it
  6  refused: another app than the one installed, or by another key
  7  refused: older than the one installed
"""


WEB_OPTIONS = (("--name", "name", None), ("--id", "id", None), ("--app-version", "app_version", "1.0"), ("--start", "start", None),
               ("--memory", "memory", web.MEMORY_MIB), ("--storage", "storage", web.STORAGE_MIB), ("--permission", "permission", None),
               ("--network", "network", None))


class BundleError(CommandError):
    pass


def id_of(name: str) -> str:
    """An id for a folder's name; whoever ships the app has a domain of their own to put there."""
    word = re.sub(r"[^a-z0-9-]", "-", name.lower()).strip("-")
    return f"org.example.{word}" if re.fullmatch(r"[a-z][a-z0-9-]*", word) else "org.example.app"


def printable(text: str) -> str:
    """Somebody else's text, for a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def size_text(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"


def made_program(path: str) -> pathlib.Path:
    program = BUILD / path
    if not program.exists():
        raise BundleError(f"{os.path.basename(path)} is not compiled yet: make image")
    return program


def ask(*arguments) -> tuple[dict, int]:
    """What bk-bundle found, and its status. What it complains of instead is an error, with paths as the caller knows them."""
    answered = subprocess.run([made_program("bundle/bk-bundle"), *map(str, arguments)], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    if answered.returncode < 0:
        raise BundleError(f"bk-bundle ended by signal {-answered.returncode}")
    if answered.stderr or not answered.stdout:
        complaint = answered.stderr.strip().removeprefix("bk-bundle: ").removeprefix("/host")
        raise BundleError(complaint or f"bk-bundle ended with status {answered.returncode} and said nothing", answered.returncode or 1)
    return json.loads(answered.stdout), answered.returncode


def give_away(path: pathlib.Path):
    """A file that was made here, as root, belongs to who called."""
    os.chown(path, *caller_ids(), follow_symlinks=False)


def tell(arguments, file: str, found: dict, status: int, text):
    """Prints what was found in a file, as JSON or as `text` has it, or that it is refused, with the status."""
    if status != 0:
        refuse(arguments, file, found, status)
    answer(arguments, found, None if arguments.json else text(found))


def refuse(arguments, file: str, found: dict, status: int):
    complain(f"{file} is refused: {printable(found['reason'])}", arguments.json, **found)
    sys.exit(status)


def title(found: dict) -> str:
    return printable(f"{found['name']} ({found['id']}) {found['version']}")


def signer(found: dict) -> str:
    return f"signed by {found['key']}" if "key" in found else "not signed yet"


def command_keygen(arguments):
    path = caller_path(arguments.file)
    found, status = ask("keygen", path)
    if status == 0:
        give_away(path)
    tell(arguments, arguments.file, found, status, lambda found: f"public key: {found['key']}\nThe secret one is in "
         f"{arguments.file}: who has that file can update your apps, and without it nobody can. Keep it, and keep it to yourself.")


def manifest_schema() -> dict:
    return json.loads((SOURCE / "api/manifest.schema.json").read_text())["properties"]


def check_names(manifest: dict):
    """A reader passes over what it does not know; who writes it made a mistake."""
    schema = manifest_schema()
    found = [f'"{key}"' for key in manifest if key not in schema]
    opens, permissions = manifest.get("opens"), manifest.get("permissions")
    if isinstance(opens, dict):
        found += [f'"{key}" in "opens"' for key in opens if key not in schema["opens"]["properties"]]
    if found:
        raise BundleError(f"manifest.json has {found[0]}, which means nothing: api/manifest.schema.json has what there is")
    names = schema["permissions"]["propertyNames"]["examples"]
    for name in permissions if isinstance(permissions, dict) else ():
        if name not in names:
            raise BundleError(f'there is no permission "{name}", which "permissions" has: there are {", ".join(names)}')


def read_manifest(folder: pathlib.Path) -> dict:
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError("there is no manifest.json in that folder") from None
    except RecursionError:
        raise BundleError("manifest.json has lists or objects too deep in each other") from None
    except ValueError as error:
        raise BundleError(f"manifest.json is not JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise BundleError("manifest.json is not a JSON object")
    check_names(manifest)
    return manifest


@contextlib.contextmanager
def told():
    """What the image's parts say of themselves that is wrong. image/assemble ends a script by it; here it is an error as others are."""
    try:
        yield
    except SystemExit as error:
        raise BundleError(str(error).strip().removeprefix("bulkhead: ")) from None
    except UnicodeDecodeError as error:
        raise BundleError(f"a list in that folder is not UTF-8: {error}") from None
    except RecursionError:
        raise BundleError(f"{IMAGE_LIST} includes itself") from None


def parts_of(folder: pathlib.Path, manifest: dict, scratch: pathlib.Path) -> dict[str, pathlib.Path]:
    """The files that become the bundle's sections; the root image is made in `scratch`."""
    parts = {"manifest": folder / "manifest.json"}
    if (folder / "icon.png").exists():
        parts["icon"] = folder / "icon.png"
    if manifest.get("guest", "linux") != "linux":
        parts |= {part: folder / name for part, name in (("kernel", "kernel"), ("initrd", "initrd"), ("root", "root.img"))
                  if (folder / name).exists()}
        if "kernel" in parts and manifest["guest"] == "kernel":
            guest_kernel.check(parts["kernel"], "kernel")
        return parts
    init = made_program("guest/init/bk-guest-init")
    sources = [folder / name for name in ROOTS if (folder / name).exists()]
    if len(sources) > 1:
        raise BundleError(f"both {sources[0].name} and {sources[1].name} in that folder say what the root image holds: one of them is to go")
    if not sources:
        raise BundleError(f"there is to be one of these in that folder, which says what the root image holds: {', '.join(ROOTS)}")
    source = sources[0]
    if source.name == IMAGE_LIST:
        if (folder / makefile.MAKEFILE).exists():
            makefile.make(folder)
        tree = app_root(folder, BUILD)
        command = tree.find(guest_command.PATH)
        if command is None:
            raise BundleError(f"{IMAGE_LIST} has no line command=/{guest_command.PATH}: the file \"command\" says what to run, a program's path, then an "
                              "argument a line")
        guest_command.check(command[1], tree.find)
        tree.write_erofs(scratch / "root.erofs", "app")
    elif not (folder / "command").exists():
        raise BundleError("there is no file \"command\" in that folder, which says what to run: a program's path, then an argument a line")
    else:
        if source.name == debian_root.LISTED:
            debian_root.write_archive(source, scratch / "root.tar")
            source = scratch / "root.tar"
        root_tar.write_root(source, init, (folder / "command").read_text(), scratch / "root.erofs")
    return parts | {"root": scratch / "root.erofs"}


def web_parts(folder: pathlib.Path, options, scratch: pathlib.Path) -> tuple[dict, dict[str, pathlib.Path]]:
    """The manifest and the sections of a web app, which need not know of bundles."""
    made_program("guest/init/bk-guest-init")
    made_program("guest/web/bk-web")
    parts = {"manifest": scratch / "manifest.json", "root": scratch / "root.erofs"}
    manifest, icon, page = web.describe(folder, options, id_of(pathlib.Path(os.path.abspath(folder)).name))
    check_names(manifest)
    web.web_root(folder, page, BUILD).write_erofs(parts["root"], "app")
    parts["manifest"].write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    if icon is not None:
        parts["icon"] = scratch / "icon.png"
        parts["icon"].write_bytes(icon)
    return manifest, parts


def command_pack(arguments):
    folder = caller_path(arguments.folder)
    if not folder.is_dir():
        raise BundleError(f"{arguments.folder} is not a folder")
    if not arguments.web and (given := [option for option, name, default in WEB_OPTIONS if getattr(arguments, name) != default]):
        raise BundleError(f"{given[0]} goes with --web; another app's manifest.json says it")
    key = ["--key", caller_path(arguments.key)] if arguments.key else []
    if arguments.output:
        file_to_make(arguments.output)  # a mistake is found before the work
    with tempfile.TemporaryDirectory() as scratch:
        with told():
            if arguments.web:
                manifest, parts = web_parts(folder, arguments, pathlib.Path(scratch))
            else:
                manifest = read_manifest(folder)
                parts = parts_of(folder, manifest, pathlib.Path(scratch))
        output = arguments.output or f"{pathlib.PurePath(str(manifest.get('id'))).name}.bapp"
        made = file_to_make(output)
        try:
            found, status = ask("pack", *key, made, *(f"{part}={path}" for part, path in parts.items()))
        finally:
            partial_of(made).unlink(missing_ok=True)  # bk-bundle leaves it where it is ended
    if status == 0:
        give_away(made)
        found["file"] = output
    tell(arguments, output, found, status, lambda found: f"{title(found)}: {output}, {size_text(found['size'])}, {signer(found)}")


def command_sign(arguments):
    found, status = ask("sign", "--key", caller_path(arguments.key), caller_path(arguments.file))
    tell(arguments, arguments.file, found, status, lambda found: f"{title(found)}: {signer(found)}")


def command_verify(arguments):
    meanings = {"newer": "an update of what is installed", "same": "the version that is installed"}
    installed = [caller_path(arguments.installed)] if arguments.installed else []
    found, status = ask("verify", caller_path(arguments.file), *installed)
    tell(arguments, arguments.file, found, status, lambda found: f"good: {title(found)}, {signer(found)}" +
         (f"; {meanings[found['update']]}" if "update" in found else ""))


def text_lines(key: str, text) -> list[str]:
    """A text of the manifest: one, or one for each language."""
    if isinstance(text, dict):
        return [f"{key:12} {language}: {words}" for language, words in sorted(text.items())]
    return [f"{key:12} {text}"]


def inspected(found: dict) -> str:
    manifest = found["manifest"]
    lines = [f"{'id':12} {found['id']}", f"{'version':12} {found['version']}", *text_lines("name", manifest["name"]),
             f"{'key':12} {found.get('key', 'nobody has signed it')}", f"{'guest':12} {manifest.get('guest', 'linux')}",
             f"{'machine':12} {manifest['memory']} MiB, {manifest.get('cpus', 1)} vCPU" +
             "".join(f", {device}" for device in ("display", "sound") if manifest.get(device))]
    if manifest.get("shell"):
        lines.append(f"{'shell':12} a developer may have one in it")
    for name, reason in sorted(manifest.get("permissions", {}).items()):
        lines += text_lines("may ask for", {f"{name}, {key}": words for key, words in reason.items()}
                            if isinstance(reason, dict) else f"{name}: {reason}")
    if network := manifest.get("network"):
        lines.append(f"{'may reach':12} {'the internet' if network == 'internet' else ' '.join(network)}")
    opens = manifest.get("opens", {})
    if opened := [*opens.get("schemes", []), *opens.get("types", [])]:
        lines.append(f"{'opens':12} {' '.join(opened)}")
    lines.append(f"{'size':12} {size_text(found['size'])}")
    for section in found["sections"]:
        digest = "".join(f"{name}:{section[key]}" for key, name in (("sha256", "sha256"), ("rootHash", "dm-verity")) if key in section)
        lines.append(f"  {section['name']:10} {section['offset']:>12} {section['size']:>12}  {digest}")
    return "\n".join(printable(line).rstrip() for line in lines)


def command_inspect(arguments):
    found, status = ask("inspect", caller_path(arguments.file))
    tell(arguments, arguments.file, found, status, inspected)


def add_commands(areas):
    """Adds the commands to the parser's."""
    def command(name: str, function, help_text: str, more: str = "") -> argparse.ArgumentParser:
        added = areas.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.{more}", epilog=STATUSES,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
        added.set_defaults(function=function)
        takes_json(added, "what was found, also when it is refused")
        return added

    added = command("keygen", command_keygen, "make a developer's key: a file for the secret, which only you can read",
                    "\nPrints the public key. A file that is there already stays as it is.")
    added.add_argument("file", metavar="KEY_FILE")
    added = command("pack", command_pack, "make a bundle of an app's folder",
                    "\nThe folder holds manifest.json and, if the app has one, icon.png. For the guest \"linux\", image.list says what\n"
                    "the root image holds, and a Makefile beside it is run first: make, in the builder root, as who calls; or it is made\n"
                    "of packages, a list of Debian's, or of a root archive, root.tar (or .gz, .xz),\n"
                    "as docker export and mmdebstrap write one, and the file command says what to run in it. For \"kernel\" there are kernel and, as they are needed, initrd and root.img.\n"
                    "With --web it holds a web app, which need not know of Bulkhead: its pages are shown by an engine that is put into the bundle.\n"
                    "The same folder makes the same bytes, but for a list of packages, which change.")
    added.add_argument("folder", metavar="DIR")
    added.add_argument("-o", "--output", metavar="FILE.bapp", help="where to (default: the app's id, in the working directory)")
    added.add_argument("--key", metavar="KEY_FILE", help="sign it at once")
    added.add_argument("--web", action="store_true", help="the folder holds a web app: index.html, and all that it loads")
    added.add_argument("--name", help="of a web app, for people (default: as its own manifest says, or its title)")
    added.add_argument("--id", help="of a web app (default: org.example. and the folder's name)")
    added.add_argument("--app-version", metavar="VERSION", default="1.0", help="of a web app (default: %(default)s)")
    added.add_argument("--start", metavar="PAGE", help="where a web app begins (default: as its own manifest says, or index.html)")
    added.add_argument("--memory", metavar="MIB", type=int, default=web.MEMORY_MIB, help="of a web app's VM (default: %(default)s)")
    added.add_argument("--storage", metavar="MIB", type=int, default=web.STORAGE_MIB, help="for what a web app's pages keep (default: %(default)s)")
    added.add_argument("--permission", metavar="NAME=REASON", action="append", help="what a web app may ask the person for, and why")
    added.add_argument("--network", metavar="HOST", action="append", help="what a web app may reach: a host's name, *.NAME, or internet")
    added = command("sign", command_sign, "sign a bundle in its place, after a look at all of it")
    added.add_argument("file", metavar="FILE.bapp")
    added.add_argument("--key", metavar="KEY_FILE", required=True)
    added = command("verify", command_verify, "whether a bundle is, to the last bit, what was signed; if not, where")
    added.add_argument("file", metavar="FILE.bapp")
    added.add_argument("--installed", metavar="OLD.bapp", help="and whether it may take the place of this one, which is installed")
    added = command("inspect", command_inspect, "what is in a bundle, after a look at all of it, signed or not")
    added.add_argument("file", metavar="FILE.bapp")
