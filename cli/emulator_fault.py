# SPDX-License-Identifier: Apache-2.0
"""Tells a machine that the emulator lost from one that failed by itself (docs/decisions/007)."""
import os
import pathlib
import re
import signal

STATUS = os.EX_TEMPFAIL  # of a program that could not do its work for such a fault
LOST_AT_MOST = 2  # times that the same work may be lost to it, and is done again
TRIPLE_FAULT = "Triple fault"  # in QEMU's log: of the machine itself; that of a guest inside it is KVM's to handle
# What the machine's kernel prints before it resets itself. One that triple-faults without a word had no chance to.
LAST_WORDS = re.compile(r"Kernel panic|Oops|BUG: |reboot: ")
STACK_LOST = re.compile(r"^\[ *[\d.]+\] Kernel panic - not syncing: corrupted stack end detected inside scheduler", re.MULTILINE)
STALE_CODE = re.compile(r"\bint3: 0000")  # the kernel has put the instruction back; the emulator runs what it translated before
VM_RESET = re.compile(r"bk-vmm\[([\w.+-]+)\]: vCPU \d+: triple fault")
CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE)


def log_arguments(path: pathlib.Path) -> list[str]:
    """QEMU writes there when it resets a processor, and why."""
    return ["-d", "cpu_reset", "-D", str(path)]


def lost_vm(console: str) -> str | None:
    """The VM whose kernel was reset without a word, too."""
    for found in VM_RESET.finditer(console):
        said = "\n".join(line for line in console[:found.start()].splitlines() if line.startswith(f"{found[1]}| "))
        if not LAST_WORDS.search(said):
            return found[1]
    return None


def why(log: str, console: str, status: int | None) -> str:
    """How the emulator lost the machine, or a VM of it, in a sentence; "" when it did not. `log` is QEMU's own, empty where nothing
    is emulated; `console` what the machine printed; `status` that of QEMU's process as subprocess has it, None as long as it
    runs or when nobody knows."""
    if status is not None and -status in CRASHES:
        return f"QEMU crashed ({signal.Signals(-status).name})"
    if not log:
        return ""
    if STALE_CODE.search(console):
        return "the machine's kernel was stopped by an int3 that was not there any more"
    if STACK_LOST.search(console):
        return "the machine's kernel found its own stack written over"
    if TRIPLE_FAULT in log and not LAST_WORDS.search(console):
        return "the machine was reset, and its kernel had not said a word"
    if vm := lost_vm(console):
        return f"the VM {vm} was reset, and its kernel had not said a word"
    return ""


def read(path: pathlib.Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""
