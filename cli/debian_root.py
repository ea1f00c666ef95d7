# SPDX-License-Identifier: Apache-2.0
"""The root of a Debian that has the packages in a list, as a tar archive for root_tar.py."""
import pathlib
import re
import subprocess
import sys

from answer import CommandError

LISTED = "packages"  # the list's name in an app's folder
SUITE, SOURCES = "trixie", "/etc/apt/sources.list"  # the builder root's own
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
LEFT_OUT = ("/var/cache/apt", "/var/lib/apt/lists", "/var/log")  # what installing leaves behind
SHOWN_LINES = 5


class DebianError(CommandError):
    pass


def read_list(path: pathlib.Path) -> list[str]:
    """A package's name a line; what is behind a # is for people."""
    names = [name for line in path.read_text(encoding="utf-8").splitlines() if (name := line.partition("#")[0].strip())]
    for name in names:
        if re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) is None:
            raise DebianError(f"{name!r} in {LISTED} is no name of a Debian package")
    if not names:
        raise DebianError(f"{LISTED} names no package")
    return names


def why(said: str) -> str:
    """What apt and dpkg have to say of it, as far as mmdebstrap's own words around it can be told from that; else the last lines."""
    lines = [line.strip() for line in said.splitlines()]
    found = [line.removeprefix("E: ") for line in lines if line.startswith("E: ") and re.search(r"mmdebstrap failed|process exited with|^E: setup failed", line) is None]
    unmet = [line for line in lines if " : Depends: " in line or " : Conflicts: " in line or line.startswith(("dpkg: error", "dpkg-deb: error"))]
    return "; ".join(dict.fromkeys([*unmet, *found][:SHOWN_LINES])) or "\n".join(["", *lines[-SHOWN_LINES:]])


def write_archive(packages: pathlib.Path, target: pathlib.Path):
    names = read_list(packages)
    print(f"==> making a Debian {SUITE} with {', '.join(names)} (about a minute)", file=sys.stderr, flush=True)
    answer = subprocess.run(["mmdebstrap", "--mode=root", "--variant=essential", f"--include={','.join(names)}",
                             "--aptopt=APT::Install-Recommends \"false\"", *(f"--dpkgopt=path-exclude={path}" for path in EXCLUDED),
                             *(f'--customize-hook=rm -rf "$1"{path}' for path in LEFT_OUT), SUITE, target, SOURCES],
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if answer.returncode != 0:
        raise DebianError("Debian's packages cannot be installed: " + why(answer.stdout + answer.stderr))
