# SPDX-License-Identifier: Apache-2.0
"""The root of some Linux, as a tar archive that `docker export`, mmdebstrap or a distribution's own tools write, as the root image of an
app: with what the provided kernel starts first (bk-guest-init), and what that is to run."""
import copy
import gzip
import io
import lzma
import os
import pathlib
import posixpath
import stat
import subprocess
import sys
import tarfile
import tempfile
import zlib

import guest_command
from answer import CommandError
from paths import SOURCE

sys.path.append(os.fspath(SOURCE / "image"))
import assemble  # noqa: E402

INIT = "sbin/bk-guest-init"
RESOLV_CONF = "etc/resolv.conf"
MOUNTED = ("proc", "sys", "dev", "run", "tmp", "data")  # what bk-guest-init mounts
KEPT = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE)
LINKS_MAX = 40  # followed, as Linux does
NAME_MAX = 255  # bytes of a name


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
    """What is there when tar has unpacked it, in the order that it was read: of a name that is there twice the last; what is below a link to a
    folder, where that leads; and for a hard link what it was made of, so that several paths may have one member. Devices and pipes the guest
    makes itself."""
    found: dict[str, tarfile.TarInfo] = {}
    links: dict[str, str] = {}
    left_out: set[str] = set()
    filled: set[str] = set()  # folders with something in them

    def place(name: str) -> str:
        folder, last = posixpath.split(clean(name))
        return posixpath.join(resolve(folder, links), last)

    def check(path: str, member: tarfile.TarInfo):
        parts = path.split("/")
        if any(len(os.fsencode(part)) > NAME_MAX for part in parts):
            raise RootError(f"{path!r} in the archive has a name of more than {NAME_MAX} bytes")
        for folder in ("/".join(parts[:depth]) for depth in range(1, len(parts))):
            if folder in found and not found[folder].isdir():
                raise RootError(f"{path!r} in the archive is below {folder!r}, which is no folder there")
            filled.add(folder)
        if path in filled and not member.isdir():
            raise RootError(f"{path!r} in the archive is a folder with something in it, and then something else")

    def linked(path: str, target: str) -> tarfile.TarInfo | None:
        """None: a link to what is left out is left out."""
        if target not in found and target not in left_out:
            raise RootError(f"{path!r} in the archive is a hard link to {target!r}, which is not there before it")
        if target in found and found[target].isdir():
            raise RootError(f"{path!r} in the archive is a hard link to the folder {target!r}")
        return found.get(target)

    for member in archive:
        path = place(member.name)
        if member.issparse():
            raise RootError(f"{member.name!r} is a sparse file in the archive: write it without --sparse")
        if not path:
            continue
        kept = linked(path, place(member.linkname)) if member.islnk() else member if member.type in KEPT else None
        if kept is None:
            left_out.add(path)
        else:
            check(path, kept)
            left_out.discard(path)
        if path not in found or found[path] is not kept:
            found.pop(path, None)
            links.pop(path, None)
            if kept is not None:
                found[path] = kept
        if kept is not None and kept.issym():
            links[path] = kept.linkname
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):  # what it ends with; Python's reader stops at nonsense as well
        raise tarfile.ReadError("it is damaged, or ends too early" + (f", behind {path!r}" if found else ""))
    while archive.fileobj.read(1 << 20):
        pass  # up to what a compressed one says of itself at its end
    return found


def find(path: str, found: dict[str, tarfile.TarInfo], archive: tarfile.TarFile) -> tuple[int, bytes] | None:
    """For guest_command.check()."""
    if path not in found:
        return None
    member = found[path]
    file = archive.extractfile(member) if member.isreg() else None
    return (stat.S_IFREG if file else stat.S_IFDIR) | member.mode, file.read(guest_command.HEAD) if file else b""


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
            if "manifest.json" in found and ("oci-layout" in found or "repositories" in found):
                raise RootError(f"{source.name} is an image in its layers, as docker save writes it: docker export writes the root of a container")
            found.pop(RESOLV_CONF, None)  # it is of where the archive was made
            links = {path: member.linkname for path, member in found.items() if member.issym()}
            guest_command.check(command.encode(), lambda path: find(resolve(posixpath.normpath(f"/{path}").lstrip("/"), links), found, archive))
            top = tarfile.TarInfo("./")  # else anybody could write to it, as far as a program can see
            top.type, top.mode = tarfile.DIRTYPE, 0o755
            made.addfile(top)
            written: dict[int, str] = {}  # where each member is that was written, by its place in the archive
            for path, member in found.items():
                info = copy.copy(member)
                info.name, info.mtime, info.uname, info.gname, info.pax_headers = path, 0, "", "", {}
                if member.isreg():
                    info.type = tarfile.REGTYPE
                    if written.setdefault(member.offset, path) != path:
                        info.type, info.linkname, info.size = tarfile.LNKTYPE, written[member.offset], 0
                made.addfile(info, archive.extractfile(member) if info.isreg() else None)
            add(made, found, links, MOUNTED, {INIT: (init.read_bytes(), 0o755), guest_command.PATH: (command.encode(), 0o644)})
            add_link(made, resolve(RESOLV_CONF, links), assemble.RESOLV_CONF)
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
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
