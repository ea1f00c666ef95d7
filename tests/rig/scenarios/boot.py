# SPDX-License-Identifier: Apache-2.0
"""bk-vmm boots kernels, its devices work for a Linux guest, and it ends as it should."""
import fcntl
import glob
import os
import pty
import re
import select
import subprocess
import termios
import threading
import time

from lab import ENDED, POWER_BUTTON, RUNNING, STOP, Vm, check

OURS = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "192", "--serial", "none"]
CMDLINE = "console=hvc0 loglevel=4 panic=-1 init=/init "


def guest(step: str, *arguments: str, **more) -> Vm:
    return Vm(*OURS, "--cmdline", CMDLINE + f"step={step}", *arguments, **more)


def devices():
    with open("/work/read-only.img", "wb") as image:
        image.write(b"read-only\n" * 51200)
    with open("/work/read-write.img", "wb") as image:
        image.truncate(8 << 20)
    vm = guest("devices", "--cpus", "2", "--rng", "--disk", "/work/read-only.img,ro", "--disk", "/work/read-write.img")
    assert vm.receive()[0] == RUNNING
    try:
        for pattern in ("cpus: 2", "vda: read-only", "vda: write refused", "vdb: written", "vdb: discarded", "hwrng: 64"):
            vm.wait_line(pattern)
        assert vm.wait() == 0, "poweroff is exit status 0"
        assert vm.receive() == (ENDED, 0, 0)
    finally:
        vm.kill()
    with open("/work/read-write.img", "rb") as image:
        content = image.read()
    assert content[: 1 << 20] == b"\xa5" * (1 << 20), "what the guest wrote and synced is in the file"
    assert content[4 << 20:5 << 20] == bytes(1 << 20), "what the guest discarded reads as zeroes"


def reboot_in_place():
    vm = guest("reboot", "--cpus", "2", "--on-fault", "exit")  # which this is not
    try:
        vm.wait_line("step: reboot")
        first = len(vm.lines)
        vm.wait_line("step: reboot", since=first)
    finally:
        vm.kill()


def exits_by(option: str, words: str):
    """A guest that does this ends bk-vmm, if it was asked to."""
    vm = guest(words, option, "exit")
    try:
        assert vm.receive()[0] == RUNNING
        assert vm.wait() == 3
        assert vm.receive() == (ENDED, 0, 1)
    finally:
        vm.kill()


def reset_exits():
    exits_by("--on-reset", "reboot")


def fault_exits():
    """A kernel that has no other way to restart, or has crashed for good: a triple fault."""
    exits_by("--on-fault", "reboot reboot=triple")


def panic_exits():
    vm = guest("panic", "--on-reset", "exit")
    try:
        vm.wait_line("Kernel panic")
        assert vm.wait() == 3
    finally:
        vm.kill()


def power_button():
    vm = guest("button")
    try:
        vm.wait_line("step: button")
        pressed = False
        for _ in range(20):  # a press before the guest listens is nobody's
            vm.send(POWER_BUTTON)
            try:
                pressed = bool(vm.wait_line("button pressed", timeout=3))
                break
            except AssertionError:
                continue
        assert pressed, vm.lines[-5:]
        assert vm.wait() == 0
    finally:
        vm.kill()


def jailed():
    """What the kernel says of a bk-vmm whose guest runs."""
    vm = guest("wait", "--uid", "70001", "--gid", "70001")
    try:
        vm.wait_line("step: wait")
        pid = vm.process.pid
        for task in glob.glob(f"/proc/{pid}/task/*/status"):
            with open(task) as opened:
                status = dict(line.split(":\t", 1) for line in opened.read().splitlines() if ":\t" in line)
            assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1", task
            assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == int(status["CapPrm"], 16) == 0
            assert set(status["Uid"].split()) == set(status["Gid"].split()) == {"70001"}
        assert os.listdir(f"/proc/{pid}/root/") == [], "it sees no file"
        for space in ("mnt", "net", "ipc", "uts"):
            assert os.readlink(f"/proc/{pid}/ns/{space}") != os.readlink(f"/proc/self/ns/{space}"), space
    finally:
        vm.kill()


def memory_overhead():
    """Pages of bk-vmm that are not guest RAM; the budget is 3 MiB."""
    vm = guest("wait")
    try:
        vm.wait_line("step: wait")
        total, size = 0, 0
        with open(f"/proc/{vm.process.pid}/smaps") as opened:
            for line in opened:
                if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
                    size = int(head[2], 16) - int(head[1], 16)
                elif line.startswith("Pss:") and size < 100 << 20:
                    total += int(line.split()[1])
        print(f"note memory beyond guest RAM: {total} KiB", flush=True)
        assert 100 < total <= 3072, f"{total} KiB"
    finally:
        vm.kill()


def stock_kernel(flavour: str):
    """A stock Debian kernel, its console the 16550, its virtio drivers modules of its own."""
    vm = subprocess.Popen(["/work/bk-vmm", "--kernel", f"/work/vmlinuz-{flavour}", "--initrd", f"/work/{flavour}.cpio",
                           "--memory", "384", "--cpus", "2", "--rng", "--serial", "-", "--disk", "/work/read-only.img,ro",
                           "--cmdline", "console=ttyS0 loglevel=4 panic=-1 init=/init step=stock"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output = vm.communicate(timeout=150)[0].decode(errors="replace")
    finally:
        vm.kill()
    for wanted in ("cpus: 2", "vda: read-only", "hwrng: 64"):
        assert wanted in output, f"no {wanted!r} in {output[-1500:]}"
    assert vm.returncode == 0, f"status {vm.returncode}"


def stock_kernel_reboots():
    """It knows EFI, and so no reset register where there is no other hardware of ACPI's: it reboots by way of real mode."""
    vm = subprocess.Popen(["/work/bk-vmm", "--kernel", "/work/vmlinuz-amd64", "--initrd", "/work/amd64.cpio", "--memory", "384",
                           "--serial", "-", "--on-fault", "exit", "--cmdline", "console=ttyS0 loglevel=4 panic=-1 init=/init step=reboot"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    late = threading.Timer(60, vm.kill)
    late.start()
    try:
        begun = 0
        while begun < 2:
            line = vm.stdout.readline()
            assert line, f"it began {begun} times"
            begun += b"step: reboot" in line
    finally:
        late.cancel()
        vm.kill()
        vm.wait()


def reboots_again_and_again():
    """Every device, two vCPUs: a reboot leaves nothing behind, neither descriptors nor memory."""
    def descriptors() -> int:
        return len(os.listdir(f"/proc/{vm.process.pid}/fd"))

    vm = guest("reboot", "--cpus", "2", "--rng", "--disk", "/work/read-only.img,ro", "--vsock", "app:16", "--display",
               "640x480")
    try:
        vm.wait_line("step: reboot")
        vm.wait_line("step: reboot", since=len(vm.lines))
        opened = descriptors()
        for _ in range(6):
            vm.wait_line("step: reboot", since=len(vm.lines))
        assert abs(descriptors() - opened) <= 4, f"{opened} descriptors, then {descriptors()}"
    finally:
        vm.kill()


def told_to_end():
    """A signal, the supervisor's order and the supervisor's end each end it, without the guest being asked."""
    for how, status in ((lambda vm: vm.process.terminate(), 2), (lambda vm: vm.send(STOP), 2),
                        (lambda vm: vm.control.close(), None)):
        vm = guest("wait", "--cpus", "2")
        try:
            assert vm.receive()[0] == RUNNING
            vm.wait_line("step: wait")
            how(vm)
            assert vm.wait() == 0
            if status is not None:
                assert vm.receive() == (ENDED, 0, status)
        finally:
            vm.kill()


def errors():
    """One line says what is wrong, and the status that it is."""
    def said(*arguments: str) -> tuple[int, str]:
        ran = subprocess.run(["/work/bk-vmm", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        lines = ran.stderr.splitlines()
        assert len(lines) == 1 and ran.stdout == "", f"{arguments}: {ran.stdout} {ran.stderr}"
        return ran.returncode, lines[0]

    for status, wanted, arguments in (
            (2, "--kernel FILE", ()),
            (2, "--processors: no such option", ("--processors", "1")),
            (1, "/no/such: No such file", ("--kernel", "/no/such")),
            (1, "lab.py: no x86-64 Linux kernel", ("--kernel", "/work/lab.py")),
            (1, "/work: Is a directory", ("--kernel", "/work")),
            (1, "--memory 32: too little", ("--kernel", "/work/vmlinuz-amd64", "--memory", "32")),
            (1, "--disk /no/disk: No such file", ("--kernel", "/work/vmlinux", "--disk", "/no/disk"))):
        result = said(*arguments)
        assert result[0] == status and wanted in result[1], (arguments, result)
    os.rename("/dev/kvm", "/dev/kvm.away")
    try:
        result = said("--kernel", "/work/vmlinux")
        assert result[0] == 1 and "no /dev/kvm" in result[1], result
    finally:
        os.rename("/dev/kvm.away", "/dev/kvm")


def terminal():
    """By hand: keys go to the guest one by one, Ctrl-\\ ends it, the terminal is as before."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    vm = subprocess.Popen(["/work/bk-vmm", *OURS[:6], "--serial", "-", "--cmdline", "console=ttyS0 quiet init=/bin/cat"],
                          stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                          preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    try:
        seen, deadline = b"", time.monotonic() + 60
        while b"typed" not in seen and time.monotonic() < deadline:
            os.write(ours, b"typed\r")
            time.sleep(0.5)
            seen += os.read(ours, 65536) if select.select([ours], [], [], 0)[0] else b""
        assert b"typed" in seen, seen[-200:]
        assert termios.tcgetattr(theirs) != before, "the terminal is raw meanwhile"
        os.write(ours, b"\x1c")
        assert vm.wait(30) == 0
        assert termios.tcgetattr(theirs) == before
    finally:
        vm.kill()
        vm.wait()


check("devices", devices)
check("reboot in place", reboot_in_place)
check("a reset ends bk-vmm when asked to", reset_exits)
check("a triple fault ends bk-vmm when asked to", fault_exits)
check("a panic ends bk-vmm", panic_exits)
check("a stock kernel reboots", stock_kernel_reboots)
check("reboots again and again", reboots_again_and_again)
check("told to end", told_to_end)
check("errors", errors)
check("terminal", terminal)
check("power button", power_button)
check("jailed while the guest runs", jailed)
check("memory beyond guest RAM", memory_overhead)
for kernel in ("cloud-amd64", "amd64"):
    check(f"stock kernel {kernel}", stock_kernel, kernel)
