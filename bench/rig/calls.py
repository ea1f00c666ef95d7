# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: a System VM that serves the System API and echoes, and an App VM that times both.

Prints what bench/guest/call.c does. The System VM's hypervisor is this script: it says which app has the App VM's CID.
"""
import socket

from lab import Vm, join
from varlink_peer import FakeHypervisor

CID = 16
GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/calls.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 role="
SECONDS = 600  # for the App VM, from its start to its end

ours, theirs = socket.socketpair()
FakeHypervisor(ours, {"io.bulkhead.bench": {"state": "running", "cid": CID}})
system = Vm(*GUEST, "--cmdline", CMDLINE + "system", "--vsock", "system", name="system",
            consoles={"io.bulkhead.Hypervisor": theirs.fileno()})
theirs.close()  # the line ends with the VM
app = Vm(*GUEST, "--cmdline", CMDLINE + "app", "--vsock", f"app:{CID}", "--on-reset", "exit", name="app")
join(system, app, CID)
try:
    app.wait(SECONDS)
    app.wait_line("^measured", 5)
finally:
    for vm in (system, app):
        vm.kill()
    print(*app.lines, sep="\n")
    print(*(f"# {line}" for line in [*app.said, *system.lines, *system.said]), sep="\n", flush=True)
