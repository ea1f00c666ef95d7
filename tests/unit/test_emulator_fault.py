# SPDX-License-Identifier: Apache-2.0
"""What counts as the emulator's fault, and what never does: a machine that failed by itself is not run once more."""
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))
from emulator_fault import why  # noqa: E402

RUNS = "CPU Reset (CPU 0)\n"
RESET = "CPU Reset (CPU 0)\nEAX=00000000\nTriple fault\n"
WORDS = "[    1.2] bk-supervisor: 3 apps\n[    4.0] system| bk-compositor: first frame\n"


def test_a_reset_without_a_word():
    assert why(RESET, WORDS, 0) == "the machine was reset, and its kernel had not said a word"


@pytest.mark.parametrize("last", ["Kernel panic - not syncing: Attempted to kill init!", "Oops: general protection fault: 0000 [#1]",
                                  "BUG: kernel NULL pointer dereference", "reboot: Power down"])
def test_a_kernel_that_said_why_failed_by_itself(last):
    assert why(RESET, f"{WORDS}[    9.1] {last}\n", 0) == ""


def test_a_machine_that_ended_as_it_should():
    assert why(RUNS, WORDS, 0) == ""


def test_code_that_was_patched_away():
    assert "int3" in why(RUNS, f"{WORDS}[    9.1] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\nKernel panic - not syncing", 0)


def test_a_stack_of_the_kernels_own_that_is_written_over():
    panic = "Kernel panic - not syncing: corrupted stack end detected inside scheduler"
    assert "stack" in why(RUNS, f"{WORDS}[   29.368974] {panic}\n", 0)
    assert why(RUNS, f"{WORDS}io.example.app| [    9.1] {panic}\n", 0) == "", "that of a VM is its own matter"


@pytest.mark.parametrize("status, lost", [(-signal.SIGSEGV, True), (-signal.SIGABRT, True), (-signal.SIGKILL, False), (-signal.SIGTERM, False),
                                          (1, False), (0, False), (None, False)])
def test_qemu_itself_ends(status, lost):
    assert bool(why("", WORDS, status)) == lost


def test_a_machine_that_runs():
    assert why(RUNS, WORDS, None) == ""


LOST = "bk-vmm[system]: vCPU 0: triple fault\nbk-supervisor: the System VM ended: the guest rebooted or crashed\n"


def test_a_vm_is_reset_without_a_word():
    assert why(RUNS, WORDS + "io.example.app| Oops: of another\n" + LOST, None) == "the VM system was reset, and its kernel had not said a word"


def test_a_vm_whose_kernel_said_why_failed_by_itself():
    assert why(RUNS, WORDS + "system| Kernel panic - not syncing: Attempted to kill init!\n" + LOST, None) == ""
    assert why(RUNS, WORDS + LOST.splitlines()[1], None) == ""


def test_where_nothing_is_emulated_nothing_is_the_emulators():
    assert why("", WORDS + LOST + "Oops: int3: 0000 [#1]\n", None) == ""
