# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: bk-vmm processes as the supervisor would start them, and how a scenario reports.

A scenario prints "ok NAME" or "not ok NAME: why" for each thing it shows; tests/e2e turns each into a test.
"""
import array
import fcntl
import glob
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import traceback

# hypervisor/protocol/control.h
PLUG_VSOCK, UNPLUG_VSOCK, PLUG_DISPLAY, POWER_BUTTON, STOP, RUNNING, ENDED = 1, 2, 3, 4, 5, 16, 17
CONTROL = struct.Struct("=IIQ")
CABLE_BUFFER = 1 << 20

# A VM that does nothing, for as long as the scenario runs: with the first VM and after the last one the rig's kernel changes its
# own code (preempt_notifier_key), and the emulator may run what was there in between (docs/decisions/007).
KVM_CREATE_VM = 0xAE01
HELD_VM = fcntl.ioctl(os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC), KVM_CREATE_VM, 0) if os.path.exists("/dev/kvm") else -1


class Vm:
    """One bk-vmm. Its first console's lines are collected; so is what it says itself."""

    def __init__(self, *arguments: str, name: str = "test", consoles: dict[str, int] | None = None, stdin=subprocess.DEVNULL):
        self.name = name
        self.lines: list[str] = []
        self.said: list[str] = []
        self.changed = threading.Condition()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        output, console = os.pipe()
        passed = [theirs.fileno(), console, *(consoles or {}).values()]
        command = ["/work/bk-vmm", "--name", name, "--control", f"fd:{theirs.fileno()}", "--console", f"fd:{console}"]
        for port, fd in (consoles or {}).items():
            command += ["--console", f"{port}=fd:{fd}"]
        self.process = subprocess.Popen([*command, *arguments], stdin=stdin, stderr=subprocess.PIPE, pass_fds=passed)
        theirs.close()
        os.close(console)
        for source, target in ((os.fdopen(output, "rb"), self.lines), (self.process.stderr, self.said)):
            threading.Thread(target=self._collect, args=(source, target), daemon=True).start()

    def _collect(self, source, target: list[str]):
        for line in source:
            with self.changed:
                target.append(line.decode(errors="replace").rstrip())
                self.changed.notify_all()

    def wait_line(self, pattern: str, timeout: float = 60, since: int = 0) -> str:
        """The first console line that matches."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if re.search(pattern, line):
                        return line
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and left < timeout - 2):
                    raise AssertionError(f"no line {pattern!r}; console: {self.lines[-12:]}; bk-vmm said: {self.said[-5:]}; "
                                         f"status {self.process.poll()}; {self.pulse()}")
                self.changed.wait(min(left, 0.2))

    def log(self) -> list[str]:
        """All that it and its guest said, as in the machine's log: there cli/emulator_fault.py finds a guest's last words."""
        return [*(f"{self.name}| {line}" for line in self.lines), *self.said]

    def pulse(self) -> str:
        """What its threads and KVM do in half a second: a guest that waits looks otherwise than one that spins, or one that takes faults for good."""
        def read(pattern: str) -> dict[str, int]:
            counts = {}
            for path in glob.glob(pattern):
                try:
                    text = pathlib.Path(path).read_text()
                except OSError:  # it has ended, or is a file of another kind
                    continue
                name, _, stat = text.rpartition(") ")
                if name:  # /proc: user and system time, in hundredths of a second
                    tid, _, program = name.partition(" (")
                    counts[f"{program} {tid}"] = sum(map(int, stat.split()[11:13]))
                elif text.strip().isdigit():
                    counts[os.path.basename(path)] = int(text)
            return counts

        patterns = f"/proc/{self.process.pid}/task/*/stat", f"/sys/kernel/debug/kvm/{self.process.pid}-*/*"
        before = [read(pattern) for pattern in patterns]
        time.sleep(0.5)
        changes = [{name: count - old.get(name, 0) for name, count in read(pattern).items() if count != old.get(name, 0)}
                   for pattern, old in zip(patterns, before)]
        return f"in 0.5 s its threads took {changes[0]} hundredths of a second, and KVM counted {changes[1]}"

    def send(self, kind: int, cid: int = 0, value: int = 0, fd: int = -1):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))] if fd >= 0 else []
        self.control.sendmsg([CONTROL.pack(kind, cid, value)], rights)

    def receive(self, timeout: float = 60) -> tuple[int, int, int]:
        self.control.settimeout(timeout)
        return CONTROL.unpack(self.control.recv(64))

    def wait(self, timeout: float = 60) -> int:
        return self.process.wait(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def cable() -> tuple[int, int]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, 32, CABLE_BUFFER)  # SO_SNDBUFFORCE
    return ends[0].detach(), ends[1].detach()


def join(system: Vm, app: Vm, cid: int):
    """Plugs a vsock cable into the System VM and an App VM."""
    ends = cable()
    system.send(PLUG_VSOCK, cid, fd=ends[0])
    app.send(PLUG_VSOCK, 2, fd=ends[1])
    for end in ends:
        os.close(end)


def check(name: str, function, *arguments):
    """Runs one step and reports it; a failure does not stop the steps after it."""
    try:
        function(*arguments)
    except Exception as error:  # whatever went wrong is this step's result
        frame = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok {name}: {type(error).__name__} in {frame.name}, line {frame.lineno}: {' '.join(str(error).split())}", flush=True)
    else:
        print(f"ok {name}", flush=True)
