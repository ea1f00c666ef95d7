# SPDX-License-Identifier: Apache-2.0
"""A folder of HTML and JavaScript as an app's: `bulkhead pack --web`. What the web's own manifest (W3C, Web Application Manifest) says
of the app is read where there is one; what it does not say has a default or an option."""
import html.parser
import io
import json
import os
import pathlib
import re
import sys
import urllib.parse

from answer import CommandError
from paths import SOURCE

sys.path.append(os.fspath(SOURCE / "image"))
from assemble import BASES, Tree, app_root  # noqa: E402

MEMORY_MIB = 512  # docs/decisions/025-web-apps.md
STORAGE_MIB = 64  # for what its pages keep
NAME_MAX = 64  # bytes, as api/manifest.schema.json has it
ICON_SIDE = 128  # pixels: the desktop draws none larger
ICON_SIDE_MAX = 4096  # of what is made smaller
FILES_MAX = 20000
MANIFEST_MAX = 1 << 20  # bytes
PLACE = "/usr/share/web"
LEFT_OUT = re.compile(r"\.(?!well-known$)|node_modules$")


class WebError(CommandError):
    pass


class Head(html.parser.HTMLParser):
    """What a page says of itself: its title, and where its manifest is."""

    def __init__(self):
        super().__init__()
        self.title, self.manifest, self.within = "", None, False

    def handle_starttag(self, tag, attrs):
        said = {key: value or "" for key, value in attrs}
        self.within = tag == "title"
        if tag == "link" and "manifest" in said.get("rel", "").lower().split() and self.manifest is None:
            self.manifest = said.get("href")

    def handle_endtag(self, tag):
        self.within = False

    def handle_data(self, data):
        if self.within:
            self.title += data


def within(folder: pathlib.Path, base: str, link: str) -> str | None:
    """The path in the folder that a link of the page or manifest at `base` means; None when it leads elsewhere."""
    try:
        url = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://app/{urllib.parse.quote(base)}", link))
        if (url.scheme, url.netloc) != ("http", "app"):
            return None
        path = urllib.parse.unquote(url.path, errors="strict").lstrip("/")
    except ValueError:
        return None
    if "\0" in path or not (folder / path).resolve().is_relative_to(folder.resolve()):
        return None
    return path


def read_text(path: pathlib.Path) -> str:
    if path.stat().st_size > MANIFEST_MAX:
        raise WebError(f"{path.name} is larger than {MANIFEST_MAX >> 20} MiB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise WebError(f"{path.name} is not UTF-8") from None


def find_manifest(folder: pathlib.Path, start: str) -> tuple[str, dict, str]:
    """Where the web's manifest lies, what it says, and the start page's title. Without one: nothing."""
    head = Head()
    try:
        head.feed((folder / start).read_bytes()[:MANIFEST_MAX].decode("utf-8", errors="replace"))
    except OSError as error:
        raise WebError(f"{start}: {error.strerror}") from None
    place = within(folder, start, head.manifest) if head.manifest else "manifest.webmanifest"
    title = " ".join(head.title.split())
    if place is None or not (folder / place).is_file():
        return start, {}, title
    try:
        manifest = json.loads(read_text(folder / place))
    except (ValueError, RecursionError) as error:
        raise WebError(f"{place} is not JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise WebError(f"{place} is not a JSON object")
    return place, manifest, title


def text_of(manifest: dict, key: str, place: str) -> str:
    value = manifest.get(key, "")
    if not isinstance(value, str):
        raise WebError(f'{place} has a "{key}" that is no text')
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").strip()


def start_of(folder: pathlib.Path, manifest: dict, place: str, given: str) -> str:
    """The URL of the first page, within the app: the path with what is behind it."""
    link = manifest.get("start_url", "")
    if not isinstance(link, str):
        raise WebError(f'{place} has a "start_url" that is no text')
    path = within(folder, place, link) if link else None
    if path is None:
        return urllib.parse.quote(given)
    if path == "" or (folder / path).is_dir():
        path = os.path.join(path, "index.html").lstrip("/")
    if not (folder / path).is_file():
        raise WebError(f'{place} has the "start_url" {link!r}, which is not in that folder')
    parts = urllib.parse.urlsplit(link)
    return urllib.parse.quote(path) + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")


def sides(icon: dict) -> int:
    """The longest side of the largest size that an entry of "icons" names; 0 when it says none."""
    return max((int(side) for side in re.findall(r"(?<![0-9])([0-9]{1,5})x[0-9]{1,5}", str(icon.get("sizes", "")).lower())), default=0)


def find_icon(folder: pathlib.Path, manifest: dict, place: str) -> bytes | None:
    """The app's picture as the system takes one; None when there is no PNG among the manifest's."""
    icons = manifest.get("icons", [])
    if not isinstance(icons, list) or not all(isinstance(icon, dict) for icon in icons):
        raise WebError(f'{place} has "icons" that are no list of objects')
    found = []
    for icon in icons:
        path = within(folder, place, icon["src"]) if isinstance(icon.get("src"), str) else None
        if path and path.lower().endswith(".png") and (folder / path).is_file() and str(icon.get("purpose", "any")) != "monochrome":
            found.append((abs(sides(icon) - ICON_SIDE), path))
    if not found:
        return None
    return scaled(folder / min(found)[1])


def scaled(path: pathlib.Path) -> bytes:
    from PIL import Image  # in the builder root; nothing else of the command needs it
    try:
        with Image.open(path, formats=("PNG",)) as picture:
            if max(picture.size) > ICON_SIDE_MAX:
                raise WebError(f"{path.name} is larger than {ICON_SIDE_MAX} pixels")
            small = picture.convert("RGBA")
            small.thumbnail((ICON_SIDE, ICON_SIDE))
            square = Image.new("RGBA", (max(small.size),) * 2)
            square.paste(small, tuple((square.width - side) // 2 for side in small.size))
            written = io.BytesIO()
            square.save(written, "PNG")
    except (OSError, ValueError, SyntaxError) as error:
        raise WebError(f"{path.name} is no PNG that can be read: {error}") from None
    return written.getvalue()


def files_of(folder: pathlib.Path) -> list[str]:
    """What goes into the bundle: all but what begins with a dot, and node_modules. Links may not lead out of the folder."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not LEFT_OUT.match(name))
        for name in sorted(files + [name for name in folders if os.path.islink(os.path.join(root, name))]):
            path = pathlib.Path(root, name)
            if LEFT_OUT.match(name):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
                raise WebError(f"{path.relative_to(folder)} is a link that leads out of that folder")
            if path.is_symlink() and path.is_dir():
                raise WebError(f"{path.relative_to(folder)} is a link to a folder: put its files there")
            if not path.is_file():
                raise WebError(f"{path.relative_to(folder)} is no file")
            found.append(os.fspath(path.relative_to(folder)))
            if len(found) > FILES_MAX:
                raise WebError(f"there are more than {FILES_MAX} files in that folder")
    return found


def permission(text: str) -> tuple[str, str]:
    name, sign, reason = text.partition("=")
    if not sign or not reason:
        raise WebError(f"--permission {text!r}: it is NAME=REASON, where the reason is a sentence for the person")
    return name, reason


def describe(folder: pathlib.Path, options, fallback_id: str) -> tuple[dict, bytes | None, str]:
    """The app's manifest, its picture if it has one, and the URL of its first page."""
    start = options.start or "index.html"
    if within(folder, "", urllib.parse.quote(start)) != start or not (folder / start).is_file():
        raise WebError(f"there is no {start} in that folder" + ("" if options.start else ": --start names the first page"))
    place, said, title = find_manifest(folder, start)
    name = options.name or text_of(said, "name", place) or text_of(said, "short_name", place) or title or pathlib.Path(os.path.abspath(folder)).name
    if len(name.encode()) > NAME_MAX and not options.name:
        name = text_of(said, "short_name", place) or name
    manifest = {"id": options.id or fallback_id, "version": options.app_version, "name": name if options.name else cut(name, NAME_MAX),
                "memory": options.memory, "storage": options.storage, "cpus": 1, "display": True, "sound": True}
    if options.permission:
        manifest["permissions"] = dict(permission(text) for text in options.permission)
    if options.network:
        manifest["network"] = "internet" if options.network == ["internet"] else options.network
        if "network" not in manifest.get("permissions", {}):
            raise WebError("--network wants --permission network=REASON, where the reason is a sentence for the person")
    page = urllib.parse.quote(start) if options.start else start_of(folder, said, place, start)
    return manifest, find_icon(folder, said, place), page


def web_root(folder: pathlib.Path, page: str, build: pathlib.Path) -> Tree:
    """The root image: the engine, with what was compiled in `build`, and the folder."""
    tree = app_root(BASES / "web", build)
    for path in files_of(folder):
        tree.text(f"{PLACE}/{path}", (folder / path).read_bytes())
    tree.text("etc/bulkhead/command", f"/usr/bin/bk-kiosk\n/usr/bin/bk-web\n--start\n{page}\n{PLACE}\n")
    return tree
