# SPDX-License-Identifier: Apache-2.0
"""Inside the rig's Linux: an App VM that floods the System API when it shall (bench/guest/flood.c), and how long another one's
calls take beside it (bench/guest/call.c). For bench/run flood and tests/rig/scenarios/crowd.py.

A flooding VM that is merely stopped leaves the broker thousands of its calls to answer. So it is told to end the flood, which
closes its connections, and what is timed is a round of calls that began after that.
"""
import socket
import time

from lab import Vm

PORT = "io.bulkhead.bench.flood"  # the guest's virtio port over which it is told
SECONDS = 480  # for a guest to start, and for two rounds of calls


class Flood:
    def __init__(self, start):
        """`start` starts the VM with these consoles."""
        self.line, theirs = socket.socketpair()
        self.vm: Vm = start({PORT: theirs.fileno()})
        theirs.close()
        self.vm.wait_line("^ready", SECONDS)
        self.began = 0.0
        self.flooded = 0.0  # seconds
        self.answers = 0  # in those

    def set(self, on: bool):
        """It floods, on all its connections; or has none open, and nothing of it waits in the broker."""
        seen = len(self.vm.lines)
        self.line.sendall(b"1" if on else b"0")
        line = self.vm.wait_line("^flooding" if on else "^ended", SECONDS, seen)
        if on:
            self.began = time.monotonic()
        elif self.began:
            self.flooded, self.began = self.flooded + time.monotonic() - self.began, 0.0
            self.answers = int(line.split()[1])

    def timed(self, caller: Vm, on: bool) -> tuple[int, int]:
        """The median and the mean of a round of the caller's that began with the flood on, or off, in nanoseconds."""
        self.set(on)
        number = len(rounds(caller))
        wait_rounds(caller, 2)
        return rounds(caller)[number + 1]


def rounds(caller: Vm) -> list[tuple[int, int]]:
    """The median and the mean of the calls in each round that has ended."""
    lines = list(caller.lines)
    ended = lines[:max((number for number, line in enumerate(lines) if line == "round"), default=0)]
    return [(int(line.split()[2]), int(line.split()[3])) for line in ended if line.startswith("call json ")]


def wait_rounds(caller: Vm, more: int):
    """Until so many more have ended."""
    wanted, deadline = len(rounds(caller)) + more, time.monotonic() + SECONDS
    while len(rounds(caller)) < wanted:
        assert time.monotonic() < deadline and caller.process.poll() is None, f"after {len(rounds(caller))} rounds: {caller.lines[-3:]}"
        with caller.changed:
            caller.changed.wait(0.2)
