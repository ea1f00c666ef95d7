# SPDX-License-Identifier: Apache-2.0
"""The table of the network: a TCP stream of an App VM to a server outside, through the System VM and bk-uplink, beside other ways there, in the rig."""
import pathlib
import statistics
import sys

from common import BUILD, IMAGES, PYTHON, QEMU_FILES, SOURCE, guest, in_rig
from assemble import Tree  # common says where it is

ROUNDS, MIB = 3, 4
WAYS = {"machine": "a program of the machine's own, through a card like it", "qemu": "a VM of QEMU's, through its user network",
        "system": "the System VM, through `bk-uplink`", "app": "an App VM, through the System VM"}
PASSWD = "root:x:0:0::/:/bin/sh\n"  # who dnsmasq is to be, here and there
# Each guest's part. The System VM has what routes and filters, and what stands for the broker.
STEP = """
what=$(sed 's/.*what=\\([a-z]*\\).*/\\1/' /proc/cmdline)
if [ $what = system ]; then
    mkdir -p /run/network /run/dhcpcd /var/lib
    ip link set lo up
    bk-network &
    python3 -S -B /test/router.py $(sed 's/.*mac=\\([^ ]*\\) port=\\([0-9]*\\).*/\\1 \\2/' /proc/cmdline) &
fi
bench_stream $what 198.18.0.5
"""


def guest_root() -> Tree:
    tree = guest(STEP, BUILD / "system/network/bk-network", BUILD / "bench/bench_stream")
    tree.listed(SOURCE / "tests/rig/desktop.list", BUILD)
    tree.file(SOURCE / "bench/guest/router.py", "/test/router.py")
    tree.file(BUILD / "system/network/bk-lease", "/usr/bin/bk-lease")
    for program in ("/usr/sbin/dnsmasq", "/usr/sbin/dhcpcd"):
        tree.file(program)
    tree.text("etc/passwd", PASSWD)
    return tree


def measured(folder: pathlib.Path) -> list[list[str]]:
    guest_root().write_cpio(folder / "guest.cpio")
    (folder / "passwd").write_text(PASSWD)
    sources = {"rig": SOURCE / "bench/rig/network.py", "lab": SOURCE / "tests/rig/lab.py", "network_world": SOURCE / "tests/unit/network_world.py"}
    programs = {f"/usr/{name}": f"/usr/{name}" for name in ("bin/unshare", "bin/nsenter", "sbin/ip", "sbin/dnsmasq")}
    output = in_rig({"/work/bk-vmm": BUILD / "hypervisor/vmm/bk-vmm", "/work/bk-uplink": BUILD / "hypervisor/uplink/bk-uplink",
                     "/work/vmlinux": IMAGES / "system/vmlinux", "/work/guest.cpio": folder / "guest.cpio", "/work/stream": BUILD / "bench/bench_stream",
                     "/etc/passwd": folder / "passwd", "/work/network.py": sources["rig"], "/work/lab.py": sources["lab"], "/work/network_world.py": sources["network_world"],
                     **programs, **PYTHON, **QEMU_FILES},
                    f"python3 -B network.py {ROUNDS} {MIB} 2>&1", "--memory", "3G", "--module", "veth")
    lines = [line.split() for line in output.splitlines()]
    found = [line for line in lines if len(line) == 4 and line[0].isdigit() and line[1] in WAYS]
    if len(found) != 2 * len(WAYS) * ROUNDS:
        raise SystemExit(f"bulkhead: the network was not measured {ROUNDS} times:\n{output[-3000:]}")
    return found


def table(folder: pathlib.Path):
    print(f"==> network: {ROUNDS} times {MIB} MiB each way, in the rig", file=sys.stderr)
    found = measured(folder)
    rates = {(name, way): [float(line[3]) for line in found if line[1:3] == [name, way]] for name in WAYS for way in ("send", "receive")}
    print("\n| a TCP stream of | sending | receiving |")
    print("|---|---|---|")
    for name, what in WAYS.items():
        cells = []
        for way in ("send", "receive"):
            ratio = statistics.median(one / other for one, other in zip(rates[name, way], rates["qemu", way]))
            cells.append(f"{statistics.median(rates[name, way]):.2f} MiB/s ({ratio:.2f}×)")
        print(f"| {what} | {' | '.join(cells)} |", flush=True)
