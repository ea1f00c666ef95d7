# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: an app that offers a folder, one that mounts it, and the System VM with the broker between them.

Prints what the second one does, bench/guest/folders.py, behind "reader| ".
"""
import socket

from lab import Vm, join
from varlink_peer import FakeHypervisor

GUEST = ["--kernel", "/work/vmlinux", "--serial", "none", "--rng", "--cpus", "1", "--on-reset", "exit"]
DISK_CMDLINE = "console=hvc0 quiet loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs init=/sbin/bk-guest-init"
SECONDS = 600  # for the measuring app, from its start to its end
WANTS = [{"name": "folders", "reason": "To measure."}]
APPS = {"drive": (16, 384), "reader": (17, 128)}  # CID and memory


def start(name: str) -> Vm:
    cid, memory = APPS[name]
    vm = Vm(*GUEST, "--disk", f"/work/{name}.erofs,ro", "--memory", str(memory), "--vsock", f"app:{cid}",
            "--cmdline", DISK_CMDLINE, name=name)
    join(vms[0], vm, cid)
    vms.append(vm)
    return vm


ours, theirs = socket.socketpair()
FakeHypervisor(ours, {f"io.bulkhead.{name}": {"state": "running", "cid": cid, "permissions": WANTS} for name, (cid, _) in APPS.items()})
vms = [Vm(*GUEST, "--initrd", "/work/system.cpio", "--memory", "192", "--cmdline", "console=hvc0 loglevel=4 panic=-1",
          "--vsock", "system", name="system", consoles={"io.bulkhead.Hypervisor": theirs.fileno()})]
theirs.close()  # the line ends with the VM
try:
    vms[0].wait_line("serving the System API", 120)
    start("drive").wait_line("^offers", 120)
    start("reader").wait_line("^measured", SECONDS)
finally:
    for vm in vms:
        vm.kill()
    print(*(line for vm in vms for line in vm.log()), sep="\n", flush=True)
