# SPDX-License-Identifier: Apache-2.0
"""Sockets between real guests: App VMs connect to the System VM in every way that vsock_stress knows; VMs die and
come back meanwhile."""
from lab import UNPLUG_VSOCK, Vm, check, join

GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "128", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 init=/init role="
TESTS = ("wait", "echo", "bulk", "sequence", "many", "hold", "half-close", "refused")


def start_system() -> Vm:
    vm = Vm(*GUEST, "--cmdline", CMDLINE + "serve", "--vsock", "system", name="system")
    vm.wait_line("^serving")
    return vm


def start_app(cid: int, role: str, system: Vm | None, *arguments: str) -> Vm:
    vm = Vm(*GUEST, "--cmdline", CMDLINE + role, "--vsock", f"app:{cid}", *arguments, name=f"app{cid}")
    if system is not None:
        join(system, vm, cid)
    return vm


def finish(vm: Vm, tests, timeout: float = 240):
    """Waits until the guest has powered off and looks at the results it printed."""
    try:
        assert vm.wait(timeout) == 0, f"status {vm.process.returncode}; {vm.lines[-5:]}; {vm.said[-5:]}"
        for test in tests:
            vm.wait_line(rf"^ok \d+ - {test} ", 5)
    finally:
        print(*(f"# {vm.process.args[2]}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
        vm.kill()


def every_way(system: Vm):
    finish(start_app(20, "all", system), TESTS)


def two_at_once(system: Vm):
    vms = [start_app(cid, "all", system) for cid in (21, 22)]
    for vm in vms:
        finish(vm, TESTS)


def app_dies(system: Vm):
    victim, bystander = start_app(23, "endless", system), start_app(24, "sequence", system)
    try:
        for _ in range(3):
            victim.wait_line("moving")
            victim.kill()
            victim = start_app(23, "endless", system)
        finish(bystander, ["sequence"])
    finally:
        victim.kill()
    finish(start_app(23, "echo", system), ["echo"])


def app_reboots(system: Vm):
    vm = start_app(25, "reboot", system)
    try:
        vm.wait_line("booted", 60)
        first = len(vm.lines)
        for _ in range(3):
            vm.wait_line("^ok 1 - echo", 60, first)
            vm.wait_line("booted", 60, first)
            first = len(vm.lines)
    finally:
        vm.kill()


def unplugged(system: Vm):
    vm = start_app(26, "endless", system)
    try:
        vm.wait_line("moving")
        vm.send(UNPLUG_VSOCK, 2)
        vm.wait_line("^not ok 1 - bulk", 20)
        join(system, vm, 26)
        vm.wait_line("^ok 1 - echo", 60)
    finally:
        vm.kill()


def system_dies(system: Vm):
    """The apps' connections end, and they connect again to the new one."""
    apps = {cid: start_app(cid, "endless", system) for cid in (27, 28)}
    try:
        for vm in apps.values():
            vm.wait_line("moving")
        system.kill()
        for vm in apps.values():
            vm.wait_line("^not ok 1 - bulk", 20)
        again = start_system()
        try:
            for cid, vm in apps.items():
                join(again, vm, cid)
            for vm in apps.values():
                vm.wait_line("^ok 1 - wait", 60)
                vm.wait_line("^ok 1 - echo", 60)
        finally:
            again.kill()
    finally:
        for vm in apps.values():
            vm.kill()


def main():
    system = start_system()
    check("every way to use a connection", every_way, system)
    check("two apps at once", two_at_once, system)
    check("an app that dies in mid-transfer", app_dies, system)
    check("an app's guest that reboots", app_reboots, system)
    check("a cable that is unplugged and plugged", unplugged, system)
    print(*(f"# system: {line}" for line in system.said), sep="\n", flush=True)
    check("a System VM that dies", system_dies, system)
    system.kill()


main()
