# SPDX-License-Identifier: Apache-2.0
"""The root of some Linux, as a tar archive that `docker export`, mmdebstrap or a distribution's own tools write, as the root image of an
app: with what the provided kernel starts first (bk-guest-init), and what that is to run."""
import io
import lzma
import os
import pathlib
import posixpath
import subprocess
import sys
import tarfile
import tempfile
import zlib

from answer import CommandError
from paths import SOURCE

sys.path.append(os.fspath(SOURCE / "image"))
import assemble  # noqa: E402

INIT, COMMAND = "sbin/bk-guest-init", "etc/bulkhead/command"
RESOLV_CONF = "etc/resolv.conf"
MOUNTED = ("proc", "sys", "dev", "run", "tmp", "data")  # what bk-guest-init mounts
KEPT = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)
LINKS_MAX = 40  # followed, as Linux does


class RootError(CommandError):
    pass


def clean(name: str) -> str:
    """A path inside the root, without a leading slash; no archive may lead out of it."""
    path = posixpath.normpath("/" + name).lstrip("/")
    if ".." in name.split("/"):
        raise RootError(f"{name!r} in the archive leads out of it")
    return path


def resolve(path: str, links: dict[str, str]) -> str:
    """Where a path is, in an archive whose folders may be links, as /sbin is in many."""
    for _ in range(LINKS_MAX):
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            folder = "/".join(parts[:depth])
            if folder in links:
                path = clean(posixpath.normpath(posixpath.join("/", posixpath.dirname(folder), links[folder], *parts[depth:])))
                break
        else:
            return path
    raise RootError(f"{path!r} in the archive is behind links without an end")


def read(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """What it holds: of a name that is there twice the last, as tar has it. Devices and pipes the guest makes itself."""
    found: dict[str, tarfile.TarInfo] = {}
    for member in archive:
        path = clean(member.name)
        if member.issparse():
            raise RootError(f"{member.name} is a sparse file in the archive: write it without --sparse")
        if path and member.type in KEPT:
            found[path] = member
    return found


def write_root(source: pathlib.Path, init: pathlib.Path, command: str, target: pathlib.Path):
    """Makes the EROFS. Owners and modes are the archive's, times are none: the same archive makes the same bytes."""
    with tempfile.TemporaryFile() as buffer:
        rewrite(source, init, command, buffer)
        buffer.seek(0)
        answer = subprocess.run(["mkfs.erofs", "--quiet", "-zlz4", "-T0", "-U", "clear", "-L", "app", "--tar=f", target],
                                stdin=buffer, capture_output=True)
    if answer.returncode != 0:
        raise RootError(f"mkfs.erofs failed: {answer.stderr.decode(errors='replace').strip()}")


def rewrite(source: pathlib.Path, init: pathlib.Path, command: str, target):
    try:
        with tarfile.open(source) as archive, tarfile.open(fileobj=target, mode="w", format=tarfile.GNU_FORMAT) as made:
            found = read(archive)
            found.pop(RESOLV_CONF, None)  # it is of where the archive was made
            links = {path: member.linkname for path, member in found.items() if member.issym()}
            for path, member in sorted(found.items(), key=lambda entry: (entry[1].islnk(), entry[0])):  # what is linked to comes first
                member.name, member.mtime, member.uname, member.gname, member.pax_headers = path, 0, "", "", {}
                if member.islnk():
                    member.linkname = clean(member.linkname)
                made.addfile(member, archive.extractfile(member) if member.isreg() else None)
            add(made, found, links, MOUNTED, {INIT: (init.read_bytes(), 0o755), COMMAND: (command.encode(), 0o644)})
            add_link(made, resolve(RESOLV_CONF, links), assemble.RESOLV_CONF)
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise RootError(f"{source.name} cannot be read: {error}") from None


def add_link(made: tarfile.TarFile, path: str, target: str):
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
    made.addfile(info)


def add(made: tarfile.TarFile, found: dict, links: dict[str, str], folders: tuple[str, ...], files: dict[str, tuple[bytes, int]]):
    def folder(path: str):
        if path in found and not found[path].isdir():
            raise RootError(f"{path} is no folder in the archive")
        if path and path not in found:
            folder(os.path.dirname(path))
            info = tarfile.TarInfo(path)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            made.addfile(info)
            found[path] = info

    for path in folders:
        folder(resolve(path, links))
    for path, (content, mode) in files.items():
        path = resolve(path, links)
        folder(os.path.dirname(path))
        info = tarfile.TarInfo(path)
        info.size, info.mode = len(content), mode
        made.addfile(info, io.BytesIO(content))
