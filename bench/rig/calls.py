# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: a System VM that serves the System API and echoes, and an App VM that times both: calls.py WHAT

With "flood" as WHAT, another App VM floods the System API meanwhile: in every other round of the first one's, from the second
on. Prints what bench/guest/call.c does. The System VM's hypervisor is this script: it says which app has which CID.
"""
import signal
import socket
import sys
import time

from lab import Vm, join
from varlink_peer import FakeHypervisor

CID, FLOOD_CID = 16, 17
GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/calls.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 role="
SECONDS = 800  # for the App VM, from its start to its end


def start_app(name: str, cid: int, role: str) -> Vm:
    app = Vm(*GUEST, "--cmdline", CMDLINE + role, "--vsock", f"app:{cid}", "--on-reset", "exit", name=name)
    vms.append(app)
    join(system, app, cid)
    return app


def take_turns(app: Vm, flood: Vm):
    """Lets the flood run in every other round, until there are no more."""
    deadline, seen, runs = time.monotonic() + SECONDS, 0, False
    while app.process.poll() is None:
        with app.changed:
            app.changed.wait(0.2)
            rounds = sum(line == "round" for line in app.lines)
        if rounds == seen:
            assert time.monotonic() < deadline, "the rounds take too long"
            continue
        assert rounds == seen + 1, "a round was missed"
        seen, runs = rounds, not runs
        assert flood.process.poll() is None, "the flood ended"
        flood.process.send_signal(signal.SIGCONT if runs else signal.SIGSTOP)


ours, theirs = socket.socketpair()
FakeHypervisor(ours, {"io.bulkhead.bench": {"state": "running", "cid": CID},
                      "io.bulkhead.flood": {"state": "running", "cid": FLOOD_CID}})
system = Vm(*GUEST, "--cmdline", CMDLINE + "system", "--vsock", "system", name="system",
            consoles={"io.bulkhead.Hypervisor": theirs.fileno()})
theirs.close()  # the line ends with the VM
vms = [system]
try:
    if sys.argv[1] == "flood":
        flood = start_app("flood", FLOOD_CID, "flood")
        flood.wait_line("^flooding", SECONDS)
        flood.process.send_signal(signal.SIGSTOP)
        app = start_app("app", CID, "flooded")
        take_turns(app, flood)
    else:
        app = start_app("app", CID, "calls")
        app.wait(SECONDS)
    app.wait_line("^measured", 5)
finally:
    for vm in vms:
        vm.kill()
    print(*vms[-1].lines, sep="\n")
    print(*(f"# {line}" for vm in vms for line in [*vm.said, *(vm.lines if vm is not vms[-1] else [])]), sep="\n", flush=True)
