# SPDX-License-Identifier: Apache-2.0
"""The checkout's files as the style checks see them."""
import functools
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def files() -> tuple[str, ...]:
    """Every file of the project, relative to its root: what git tracks or would add; sorted."""
    answer = subprocess.run(["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], capture_output=True, text=True)
    if answer.returncode == 0:
        names = set(answer.stdout.split("\0")) - {""}
    else:  # an unpacked archive
        names = {os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, folders, found in os.walk(ROOT) for name in found
                 if not os.path.relpath(folder, ROOT).startswith((".git", "out"))}
    return tuple(sorted(name for name in names if (ROOT / name).is_file() and not (ROOT / name).is_symlink()))


@functools.cache
def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="surrogateescape")


@functools.cache
def is_text(name: str) -> bool:
    with open(ROOT / name, "rb") as file:
        return b"\0" not in file.read(8192)


@functools.cache
def interpreter(name: str) -> str:
    """What the file's first line runs it with: "sh", "python3", "bash", or ""."""
    match = re.match(r"#!\s*(?:/usr/bin/env\s+|/usr/bin/|/bin/)(\w+)", text(name)) if is_text(name) else None
    return match[1] if match else ""


def c_files(*folders: str) -> list[str]:
    """The C sources and headers below the folders; of the whole project without any."""
    return [name for name in files() if name.endswith((".c", ".h"))
            and (not folders or name.startswith(tuple(folder + "/" for folder in folders)))]


def python_files() -> list[str]:
    return [name for name in files() if name.endswith(".py") or interpreter(name).startswith("python")]


def shell_files() -> list[str]:
    return [name for name in files() if name.endswith(".sh") or interpreter(name) in ("sh", "bash")]


_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


@functools.cache
def code(name: str) -> str:
    """C text without comments, and with empty strings; the lines stay where they are."""
    def blank(match: re.Match) -> str:
        token = match[0]
        if token[0] == "/":
            return "\n" * token.count("\n") or " "
        return token[0] * 2
    return _TOKENS.sub(blank, text(name))


def lines_matching(name: str, pattern: str, of_code: bool = True):
    """Yields (line number, match) of each match in a C file."""
    content = code(name) if of_code else text(name)
    for match in re.compile(pattern, re.MULTILINE).finditer(content):
        yield content.count("\n", 0, match.start()) + 1, match


def code_lines(name: str) -> int:
    """Lines that hold code: no blank ones, no comments."""
    return sum(1 for line in code(name).split("\n") if line.strip())
