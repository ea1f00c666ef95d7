# SPDX-License-Identifier: Apache-2.0
"""A thousand connections of one app at once and then a hundred in turn, a flood of another one, and a third one whose calls go on: each in
its VM. The broker is the real one; this script is its hypervisor.
"""
import socket

from flood import Flood, rounds, wait_rounds
from lab import Vm, check, join
from varlink_peer import FakeHypervisor

GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 init=/init role="
CIDS = {"caller": 16, "flood": 17, "crowd": 18}
PATIENCE = 480  # seconds for what takes a guest longest


def start_app(role: str, consoles: dict[str, int] | None = None) -> Vm:
    vm = vms[role] = Vm(*GUEST, "--cmdline", CMDLINE + role, "--vsock", f"app:{CIDS[role]}", name=role, consoles=consoles)
    join(vms["system"], vm, CIDS[role])
    return vm


def crowd_is_refused(caller: Vm):
    start_app("crowd").wait_line("^at once: 8 served, 992 refused", PATIENCE)
    vms["system"].wait_line(r"io\.example\.crowd refused: too many connections", PATIENCE)
    wait_rounds(caller, 1)


def crowd_is_served(caller: Vm):
    vms["crowd"].wait_line("^in turn: 100 served", PATIENCE)
    wait_rounds(caller, 1)


def run():
    flood = Flood(lambda consoles: start_app("flood", consoles))
    caller = start_app("caller")  # a call of its that is not answered ends it: bench/guest/call.c
    wait_rounds(caller, 1)
    flood.set(True)
    check("of a thousand connections at once, those beyond the bound are refused", crowd_is_refused, caller)
    check("a hundred connections in turn are all served", crowd_is_served, caller)
    print("note the caller's calls:", *(f"{median / 1e6:.1f}" for median, _ in rounds(caller)), "ms", flush=True)


vms: dict[str, Vm] = {}
ours, theirs = socket.socketpair()
FakeHypervisor(ours, {f"io.example.{role}": {"state": "running", "cid": cid} for role, cid in CIDS.items()})
vms["system"] = Vm(*GUEST, "--cmdline", CMDLINE + "system", "--vsock", "system", name="system",
                   consoles={"io.bulkhead.Hypervisor": theirs.fileno()})
theirs.close()  # the line ends with the VM
try:
    run()
finally:
    for name, vm in vms.items():
        vm.kill()
        print(*(f"# {name}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
