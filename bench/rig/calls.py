# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: a System VM that serves the System API and echoes, and an App VM that times both: calls.py calls

Prints what bench/guest/call.c does, behind "app| ". With "flood PAIRS" another App VM floods the System API in every other round: prints the
calls of so many as "alone json MEDIAN MEAN" and as "beside json MEDIAN MEAN", and how many of the flood's were answered in which
time, as "flood json CALLS ALL". The System VM's hypervisor is this script: it says which app has which CID.
"""
import socket
import sys

from flood import Flood
from lab import Vm, join
from varlink_peer import FakeHypervisor

CID, FLOOD_CID = 16, 17
GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/calls.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 role="
SECONDS = 800  # for the App VM, from its start to its end


def start_app(name: str, cid: int, role: str, consoles: dict[str, int] | None = None) -> Vm:
    app = Vm(*GUEST, "--cmdline", CMDLINE + role, "--vsock", f"app:{cid}", "--on-reset", "exit", name=name, consoles=consoles)
    vms.append(app)
    join(system, app, cid)
    return app


ours, theirs = socket.socketpair()
FakeHypervisor(ours, {"io.bulkhead.bench": {"state": "running", "cid": CID},
                      "io.bulkhead.flood": {"state": "running", "cid": FLOOD_CID}})
system = Vm(*GUEST, "--cmdline", CMDLINE + "system", "--vsock", "system", name="system",
            consoles={"io.bulkhead.Hypervisor": theirs.fileno()})
theirs.close()  # the line ends with the VM
vms = [system]
try:
    if sys.argv[1] == "flood":
        flood = Flood(lambda consoles: start_app("flood", FLOOD_CID, "flood", consoles))
        app = start_app("app", CID, "flooded")
        app.wait_line("^round", SECONDS)
        for _ in range(int(sys.argv[2])):
            print("alone json {} {}".format(*flood.timed(app, False)), flush=True)
            print("beside json {} {}".format(*flood.timed(app, True)), flush=True)
        flood.set(False)
        print(f"flood json {flood.answers} {flood.flooded * 1e9:.0f}", flush=True)
    else:
        app = start_app("app", CID, "calls")
        app.wait(SECONDS)
        app.wait_line("^measured", 5)
finally:
    for vm in vms:
        vm.kill()
    for vm in vms[::-1]:  # the System VM's last: its broker says why a connection ended
        print(*vm.log(), f"# {vm.name}: status {vm.process.returncode}", sep="\n", flush=True)
