# SPDX-License-Identifier: Apache-2.0
"""What the benchmark's tables share."""
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [os.fspath(SOURCE / folder) for folder in ("image", "cli", "tests/unit")]
import emulator_fault  # noqa: E402
from assemble import Tree  # noqa: E402
from paths import BUILD, IMAGES  # noqa: E402, F401

PYTHON = {"/usr/bin/python3": "/usr/bin/python3", "/usr/lib/python3.13": "/usr/lib/python3.13"}
QEMU_FILES = {f"/usr/{path}": f"/usr/{path}" for path in (
    "bin/qemu-system-x86_64", "share/qemu/qboot.rom", "share/qemu/pvh.bin", "share/qemu/linuxboot_dma.bin",
    "share/qemu/kvmvapic.bin", "share/seabios/bios-256k.bin")}


def guest(step: str, *programs: pathlib.Path) -> Tree:
    """A guest in memory alone: busybox, programs in /bin, and what it does, a shell's lines."""
    tree = Tree()
    for name in ("proc", "sys", "dev", "tmp"):
        tree.directory(name)
    tree.file("/bin/busybox")
    tree.symlink("bin/sh", "busybox")
    tree.file(SOURCE / "tests/rig/guest_init.sh", "/init")
    tree.text("etc/step", step)
    for program in programs:
        tree.file(program, f"/bin/{program.name}")
    return tree


def in_rig(adds: dict[str, object], command: str, *options: str, timeout: int = 900) -> str:
    """Runs a command in the rig, whose processors run at the same time, with files by their path there; yields what it printed. Where the
    emulator lost the machine or a VM of it nothing was measured: it is run again, at most twice, and says so."""
    line = [SOURCE / "tests/rig/run", "--parallel", "--timeout", str(timeout), *options]
    for path, source in adds.items():
        line += ["--add", f"{source}={path}"]
    tries_left = emulator_fault.LOST_AT_MOST
    while (answer := subprocess.run([*line, "--", command], stdout=subprocess.PIPE, text=True)).returncode != 0:
        lost = answer.returncode == emulator_fault.STATUS or emulator_fault.lost_vm(answer.stdout)
        if not lost or tries_left == 0:
            raise SystemExit(f"bulkhead: the rig failed with status {answer.returncode}:\n{answer.stdout[-6000:]}")
        tries_left -= 1
        print("==> the emulator lost the machine or a VM: again", file=sys.stderr)
    return answer.stdout
