# SPDX-License-Identifier: Apache-2.0
"""The table of folders: a 9P mount of another app's folder beside one within a VM, both with diod behind them, in the rig."""
import pathlib
import statistics
import sys

from common import BUILD, IMAGES, PYTHON, SOURCE, guest, in_rig
from assemble import Tree, app_root  # common says where it is

ROUNDS, MIB = 3, 8
# What the System VM does: a broker, and a desktop without a screen, on which everything is allowed.
SYSTEM = """
mkdir -p /run
until port=$(grep -l '^io.bulkhead.Hypervisor$' /sys/class/virtio-ports/*/name); do sleep 0.1; done
port=${port%/name}
python3 -S -B /test/desktop.py &
exec bk-broker --hypervisor /dev/${port##*/}
"""


def system_root() -> Tree:
    tree = guest(SYSTEM, BUILD / "system/broker/bk-broker")
    tree.listed(SOURCE / "tests/rig/desktop.list", BUILD)
    return tree


def reader_root() -> Tree:
    """The app that mounts, with the one that measures in its place and a server of its own."""
    tree = app_root(SOURCE / "apps/folders/backup", BUILD)
    tree.file(SOURCE / "bench/guest/folders.py", "/bench/folders.py")
    tree.file("/usr/sbin/diod")
    for name in ("passwd", "group"):
        tree.file(SOURCE / "apps/folders/drive" / name, f"/etc/{name}")
    tree.text("etc/bulkhead/command", f"/usr/bin/python3\n-I\n-S\n-B\n/bench/folders.py\n{ROUNDS}\n{MIB}\n")
    return tree


def measured(folder: pathlib.Path) -> list[list[str]]:
    system_root().write_cpio(folder / "system.cpio")
    app_root(SOURCE / "apps/folders/drive", BUILD).write_erofs(folder / "drive.erofs", "app")
    reader_root().write_erofs(folder / "reader.erofs", "app")
    adds = {f"/work/{name}": folder / name for name in ("system.cpio", "drive.erofs", "reader.erofs")}
    output = in_rig({"/work/bk-vmm": BUILD / "hypervisor/vmm/bk-vmm", "/work/vmlinux": IMAGES / "system/vmlinux",
                     "/work/folders.py": SOURCE / "bench/rig/folders.py", "/work/lab.py": SOURCE / "tests/rig/lab.py",
                     "/work/varlink_peer.py": SOURCE / "tests/unit/varlink_peer.py", **adds, **PYTHON},
                    "python3 -B folders.py 2>&1", "--memory", "3G")
    lines = [line.removeprefix("reader| ").split() for line in output.splitlines()]
    found = [line for line in lines if len(line) == 4 and line[0].isdigit() and line[1] in ("here", "there")]
    if len(found) != 6 * ROUNDS:
        raise SystemExit(f"bulkhead: folders were not measured {ROUNDS} times:\n{output[-3000:]}")
    return found


def table(folder: pathlib.Path):
    print(f"==> folders: {ROUNDS} times {MIB} MiB written and read, in this VM's folder and another one's, in the rig", file=sys.stderr)
    found = measured(folder)
    print("\n| a 9P mount, diod behind it | within one VM | of another app's folder | ratio |")
    print("|---|---|---|---|")
    for way, name in (("write", "writing"), ("write4", "writing, four at a time"), ("read", "reading")):
        here, there = ([float(line[3]) for line in found if line[1:3] == [where, way]] for where in ("here", "there"))
        ratio = statistics.median(other / one for one, other in zip(here, there))
        print(f"| {name} | {statistics.median(here):.2f} MiB/s | {statistics.median(there):.2f} MiB/s | {ratio:.2f} |", flush=True)
