# SPDX-License-Identifier: Apache-2.0
"""Sockets between real guests: App VMs connect to the System VM in every way that vsock_stress knows; VMs die and
come back meanwhile."""
from lab import UNPLUG_VSOCK, Vm, check, join

GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 init=/init role="
TESTS = ("wait", "echo", "bulk", "sequence", "many", "hold", "half-close", "refused")


vms: list[Vm] = []  # of the step under way


def start(role: str, *arguments: str) -> Vm:
    vms.append(Vm(*GUEST, "--cmdline", CMDLINE + role, *arguments, name=arguments[1]))
    return vms[-1]


def start_system() -> Vm:
    vm = start("serve", "--vsock", "system")
    vm.wait_line("^serving")
    return vm


def start_app(cid: int, role: str, system: Vm) -> Vm:
    vm = start(role, "--vsock", f"app:{cid}")
    join(system, vm, cid)
    return vm


def finish(vm: Vm, tests, timeout: float = 240):
    """Waits until the guest has powered off and looks at the results it printed."""
    assert vm.wait(timeout) == 0, f"status {vm.process.returncode}"
    for test in tests:
        vm.wait_line(rf"^ok \d+ - {test} ", 5)


def every_way(system: Vm):
    finish(start_app(20, "all", system), TESTS)


def two_at_once(system: Vm):
    for vm in [start_app(cid, "many", system) for cid in (21, 22)]:
        finish(vm, ["many"])


def app_dies(system: Vm):
    bystander = start_app(24, "sequence,300", system)
    for _ in range(3):
        victim = start_app(23, "endless", system)
        victim.wait_line("moving")
        victim.kill()
    finish(bystander, ["sequence"])
    finish(start_app(23, "echo", system), ["echo"])


def app_reboots(system: Vm):
    vm = start_app(25, "reboot", system)
    first = 0
    for _ in range(3):
        vm.wait_line("^ok 1 - echo", 60, first)
        vm.wait_line("booted", 60, first)
        first = len(vm.lines)


def unplugged(system: Vm):
    vm = start_app(26, "endless", system)
    vm.wait_line("moving")
    vm.send(UNPLUG_VSOCK, 2)
    vm.wait_line("^not ok 1 - bulk", 20)
    join(system, vm, 26)
    vm.wait_line("^ok 1 - echo", 60)


def system_dies(system: Vm):
    """The apps' connections end, and they connect again to the new one."""
    apps = {cid: start_app(cid, "endless", system) for cid in (27, 28)}
    for vm in apps.values():
        vm.wait_line("moving")
    system.kill()
    for vm in apps.values():
        vm.wait_line("^not ok 1 - bulk", 20)
    again = start_system()
    for cid, vm in apps.items():
        join(again, vm, cid)
    for vm in apps.values():
        first = next(i for i, line in enumerate(vm.lines) if line.startswith("not ok 1 - bulk"))
        vm.wait_line("^ok 1 - wait", 60, first)
        vm.wait_line("^ok 1 - echo", 60, first)


def run(step):
    try:
        step(start_system())
    finally:
        for vm in vms:
            vm.kill()
            print(*(f"# {vm.process.args[2]}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
        vms.clear()


check("every way to use a connection", run, every_way)
check("two apps at once", run, two_at_once)
check("an app that dies in mid-transfer", run, app_dies)
check("an app's guest that reboots", run, app_reboots)
check("a cable that is unplugged and plugged", run, unplugged)
check("a System VM that dies", run, system_dies)
