# SPDX-License-Identifier: Apache-2.0
"""A file tree in memory that becomes a cpio initramfs or an EROFS image, the same bytes for the same input.

Runs in the builder root. Programs are added with the shared libraries that they load, so an image holds what
its programs use and nothing else.
"""
import functools
import glob
import hashlib
import importlib.util
import io
import lzma
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tarfile

STOCK_KERNELS = pathlib.Path("/opt/stock-kernel")
PYTHON = "/usr/lib/python3"  # where its libraries begin
UNREAD = re.compile("^ldd: .*(No such file|read permission|Permission denied)", re.MULTILINE)
LINKS_MAX = 40  # followed, as Linux does
RESOLV_CONF = "/proc/net/pnp"  # where the kernel says who answers names, as its command line has it
BASES = pathlib.Path(__file__).resolve().parents[1] / "guest/base"  # what apps' images have in common


def stock_kernel(flavour: str) -> pathlib.Path:
    """The bzImage of a stock Debian kernel: flavour amd64 or cloud-amd64."""
    return next((STOCK_KERNELS / flavour / "boot").glob("vmlinuz-*"))


@functools.cache
def libraries(program: str) -> tuple[str, ...]:
    """The shared objects that an ELF file loads, its interpreter among them, as absolute paths. It names libraries whose code runs before they are
    all listed (DT_AUDIT): that is its owner's to run, not root's."""
    owner = os.stat(program)
    other = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": ()} if owner.st_uid not in (0, os.geteuid()) else {}
    answer = subprocess.run(["ldd", program], cwd="/", capture_output=True, text=True, **other)
    if UNREAD.search(answer.stderr):
        raise SystemExit(f"bulkhead: what libraries {program} needs is not known: user {owner.st_uid}, whose it is, cannot read it there:\n{answer.stderr}")
    if "not found" in answer.stdout:
        raise SystemExit(f"bulkhead: {program} needs a library that the builder root does not have:\n{answer.stdout}")
    return tuple(sorted(set(re.findall(r"(/\S+) \(0x", answer.stdout))))


def compiled(source: str) -> str | None:
    """What Python has made of a module of its library, which goes in without the source: it compares the dates of the two where both are there,
    finds that an image keeps none, and would compile each module anew at every start."""
    if not source.startswith(PYTHON) or not source.endswith(".py"):
        return None
    made = importlib.util.cache_from_source(source)
    return made if os.path.exists(made) else None


class Tree:
    """Paths inside the image, without a leading slash, and what stands there."""

    def __init__(self):
        self.entries: dict[str, tuple[int, bytes | str | pathlib.Path]] = {}

    def _parents(self, path: str):
        parent = os.path.dirname(path)
        if parent and parent not in self.entries:
            self.directory(parent)

    def _place(self, path: str) -> str:
        """Where `path` really is: Debian's /lib, /bin and /sbin are links into /usr, and stay so here."""
        path = os.path.normpath(path).lstrip("/")
        for short in ("lib64", "lib", "bin", "sbin"):
            if path.startswith(short + "/"):
                if short not in self.entries:
                    self.directory("usr/" + short)
                    self.entries[short] = (stat.S_IFLNK | 0o777, "usr/" + short)
                return "usr/" + path
        return path

    def directory(self, path: str, mode: int = 0o755):
        path = self._place(path)
        self._parents(path)
        self.entries[path] = (stat.S_IFDIR | mode, b"")

    def symlink(self, path: str, target: str):
        path = self._place(path)
        self._parents(path)
        self.entries[path] = (stat.S_IFLNK | 0o777, target)

    def text(self, path: str, content: str | bytes, mode: int = 0o644):
        path = self._place(path)
        self._parents(path)
        self.entries[path] = (stat.S_IFREG | mode, content.encode() if isinstance(content, str) else content)

    def file(self, source: str | os.PathLike, path: str | None = None):
        """A file or a directory of the builder root with all it holds; programs bring their libraries, and Python's modules are compiled() where
        Python looks for them."""
        source = os.fspath(source)
        path = self._place(path or source)
        if os.path.isdir(source) and not os.path.islink(source):
            self.directory(path)
            for name in sorted(os.listdir(source)):
                if name == "__pycache__" and source.startswith(PYTHON):
                    continue
                self.file(os.path.join(source, name), os.path.join(path, name))
            return
        if path == self._place(source) and (module := compiled(source)):
            self.file(module, f"{path}c")
            return
        real = os.path.realpath(source)
        if os.path.islink(source) and os.path.isdir(real):
            self.symlink(path, os.readlink(source))
            return
        if path in self.entries:
            return
        self._parents(path)
        mode = 0o755 if os.access(real, os.X_OK) else 0o644
        self.entries[path] = (stat.S_IFREG | mode, pathlib.Path(real))
        with open(real, "rb") as opened:
            if opened.read(4) != b"\x7fELF":
                return
        for library in libraries(real):
            self.file(library)

    def find(self, path: str) -> tuple[int, bytes] | None:
        """What a program of the image finds there, through links: its mode, type included, and what is in it."""
        for _ in range(LINKS_MAX):
            parts = os.path.normpath(f"/{path}").strip("/").split("/")
            places = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
            link = next((place for place in places if stat.S_ISLNK(self.entries.get(place, (0, b""))[0])), None)
            if link is None:
                found = self.entries.get(places[-1])
                return found and (found[0], self._content(found[1]))
            path = os.path.join(os.path.dirname(link), str(self.entries[link][1]), places[-1][len(link) + 1:])
        return None

    def listed(self, list_file: str | os.PathLike, build: str | os.PathLike = ""):
        """Adds what an image.list names: a path or glob a line, `source=destination`, `!pattern` to leave out,
        `include LIST` for another list, `include BASE/NAME` for guest/base/NAME/image.list.

        A relative source is relative to the list's own folder; one that begins with BUILD/ is of the folder where our
        programs were compiled.
        """
        folder = os.path.dirname(os.path.abspath(list_file))
        excluded = []
        for line in pathlib.Path(list_file).read_text().splitlines():
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            if line.startswith("include "):
                named = line.removeprefix("include ").strip()
                self.listed(BASES / named.removeprefix("BASE/") / "image.list" if named.startswith("BASE/") else os.path.join(folder, named), build)
                continue
            if line.startswith("!"):
                excluded.append(line[1:].lstrip("/"))
                continue
            source, _, destination = line.partition("=")
            if source.startswith("BUILD/"):
                source = os.path.join(os.path.abspath(build), source.removeprefix("BUILD/"))
            found = sorted(glob.glob(os.path.join(folder, source)))
            if not found:
                raise SystemExit(f"bulkhead: {list_file}: nothing matches {source}")
            for match in found:
                target = destination or match
                if destination.endswith("/"):
                    target = destination + os.path.basename(match)
                self.file(match, target)
        for pattern in excluded:
            for path in [p for p in self.entries if pathlib.PurePath(p).full_match(pattern)
                         or pathlib.PurePath(p).full_match(pattern + "/**")]:
                del self.entries[path]

    def modules(self, flavour: str, names: list[str]) -> list[str]:
        """Adds a stock kernel's modules and those they need, decompressed; yields their paths in load order."""
        root = next((STOCK_KERNELS / flavour / "lib/modules").glob("*"), None) or \
            next((STOCK_KERNELS / flavour / "usr/lib/modules").glob("*"))
        if not (root / "modules.dep").exists():
            subprocess.run(["depmod", "-b", os.fspath(STOCK_KERNELS / flavour / ("usr" if "usr" in root.parts[4:] else "")),
                            root.name], check=True)
        needs = {}
        for line in (root / "modules.dep").read_text().splitlines():
            module, _, rest = line.partition(":")
            needs[pathlib.PurePath(module).name.split(".ko")[0].replace("-", "_")] = [module, *rest.split()]
        builtin = {pathlib.PurePath(line).stem.replace("-", "_")
                   for line in (root / "modules.builtin").read_text().splitlines()}
        order: list[str] = []
        for name in names:
            key = name.replace("-", "_")
            if key not in needs:
                if key in builtin:
                    continue
                raise SystemExit(f"bulkhead: the stock kernel has no module {name}")
            for module in reversed(needs[key]):
                path = "/lib/modules/" + pathlib.PurePath(module).name.removesuffix(".xz")
                if path not in order:
                    order.append(path)
                    content = (root / module).read_bytes()
                    self.text(path, lzma.decompress(content) if module.endswith(".xz") else content)
        return order

    def _content(self, what: bytes | str | pathlib.Path) -> bytes:
        return what.read_bytes() if isinstance(what, pathlib.Path) else what.encode() if isinstance(what, str) else what

    def _made(self, target: str | os.PathLike, form: str) -> tuple[bool, pathlib.Path, str]:
        """Whether `target` was made of just this tree before; the file that says so, and what it has to say.
        Files are known by name, size and time of change, as make knows them."""
        digest = hashlib.sha256(form.encode() + pathlib.Path(__file__).read_bytes())
        for path in sorted(self.entries):
            mode, what = self.entries[path]
            if isinstance(what, pathlib.Path):
                known = what.stat()
                what = f"{what} {known.st_size} {known.st_mtime_ns}"
            digest.update(f"{path} {mode} ".encode() + self._content(what) + b"\0")
        key = pathlib.Path(f"{target}.key")
        made = pathlib.Path(target).exists() and key.exists() and key.read_text() == digest.hexdigest()
        return made, key, digest.hexdigest()

    def write_cpio(self, target: str | os.PathLike):
        """The initramfs format (Linux Documentation/driver-api/early-userspace/buffer-format.rst), uncompressed:
        the kernel copies it faster than it could decompress it."""
        made, key, digest = self._made(target, "cpio")
        if made:
            return
        partial = pathlib.Path(f"{target}.partial")
        with open(partial, "wb") as out:
            def record(number: int, name: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)):
                encoded = name.encode() + b"\0"
                fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
                out.write(b"070701" + b"".join(b"%08X" % field for field in fields) + encoded)
                out.write(b"\0" * (-out.tell() % 4) + data)
                out.write(b"\0" * (-out.tell() % 4))

            record(1, "dev", stat.S_IFDIR | 0o755, b"")
            record(2, "dev/console", stat.S_IFCHR | 0o600, b"", (5, 1))
            for number, path in enumerate(sorted(self.entries), 3):
                mode, what = self.entries[path]
                record(number, path, mode, self._content(what))
            record(0, "TRAILER!!!", 0, b"")
        partial.rename(target)
        key.write_text(digest)

    def write_erofs(self, target: str | os.PathLike, label: str):
        """LZ4 only: what the guest kernel reads; a tar keeps owners and times the same everywhere."""
        made, key, digest = self._made(target, f"erofs {label}")
        if made:
            return
        partial = pathlib.Path(f"{target}.partial")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in sorted(self.entries):
                mode, what = self.entries[path]
                info = tarfile.TarInfo(path)
                info.mode = stat.S_IMODE(mode)
                data = b""
                if stat.S_ISDIR(mode):
                    info.type = tarfile.DIRTYPE
                elif stat.S_ISLNK(mode):
                    info.type, info.linkname = tarfile.SYMTYPE, str(what)
                else:
                    data = self._content(what)
                    info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        answer = subprocess.run(["mkfs.erofs", "--quiet", "-zlz4", "-T0", "-U", "clear", "-L", label, "--tar=f", partial],
                                input=buffer.getbuffer(), capture_output=True)
        if answer.returncode != 0:
            raise SystemExit(f"bulkhead: mkfs.erofs failed: {answer.stderr.decode(errors='replace')}")
        partial.rename(target)
        key.write_text(digest)


def guest_root() -> Tree:
    """What the root of every guest of ours has: the places to mount things on."""
    tree = Tree()
    for name in ("proc", "sys", "dev", "run", "tmp"):
        tree.directory(name)
    return tree


def app_root(folder: pathlib.Path, build: pathlib.Path) -> Tree:
    """The root of an App VM that is made of our parts: of the app's folder, and of what was compiled in `build`."""
    tree = guest_root()
    tree.directory("data")
    tree.file(build / "guest/init/bk-guest-init", "/sbin/bk-guest-init")
    tree.symlink("etc/resolv.conf", RESOLV_CONF)
    tree.listed(folder / "image.list", build)
    return tree


def copy_if_changed(source: str | os.PathLike, target: str | os.PathLike):
    """Copies a file unless the same bytes stand there already."""
    target = pathlib.Path(target)
    if not target.exists() or target.read_bytes() != pathlib.Path(source).read_bytes():
        shutil.copyfile(source, target)
