# SPDX-License-Identifier: Apache-2.0
"""What this machine can run the rig with: its own virtualization, or emulation.

The presence of /dev/kvm proves nothing: it may be refused, may not nest, or may itself be emulated and too slow
for an operating system. So guest kernel code is run for a moment, in two steps: bk-vmm boots the guest kernel
here, and then again inside a virtual machine, which is what the rig will do.
"""
import os
import pathlib
import subprocess

from paths import BUILD, IMAGES, OUT, SOURCE

PROBE_SECONDS = 5
NESTED_PROBE_SECONDS = 25
KERNEL_ARGUMENTS = "console=ttyS0 panic=-1"
REACHED = "VFS: Cannot open root device"  # as far as a guest kernel gets without a disk; then it panics and resets


def vmm_boots() -> bool:
    """Runs the guest kernel on this machine's own KVM for at most PROBE_SECONDS."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        answer = subprocess.run([BUILD / "hypervisor/vmm/bk-vmm", "--kernel", IMAGES / "system/vmlinux", "--memory", "128",
                                 "--serial", "-", "--on-reset", "exit", "--cmdline", KERNEL_ARGUMENTS],
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS)
    except (subprocess.TimeoutExpired, OSError):
        return False
    return REACHED.encode() in answer.stdout


def nests() -> bool:
    """Runs the guest kernel on the KVM of a Linux that itself runs on this machine's KVM."""
    command = (f"./bk-vmm --kernel vmlinux --memory 128 --serial - --on-reset exit --cmdline '{KERNEL_ARGUMENTS}' "
               f"</dev/null | grep -q '{REACHED}'")
    answer = subprocess.run([SOURCE / "tests/rig/run", "--accelerator", "kvm", "--timeout", str(NESTED_PROBE_SECONDS),
                             "--add", BUILD / "hypervisor/vmm/bk-vmm", "--add", IMAGES / "system/vmlinux", "--", command],
                            capture_output=True)
    return answer.returncode == 0


def choose() -> str:
    """"kvm" where the rig can run on this machine's own virtualization, else "tcg". Kept until the next boot."""
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    kept = OUT / "accelerator"
    if kept.exists() and kept.read_text().split()[:1] == [boot]:
        return kept.read_text().split()[1]
    answer = "kvm" if vmm_boots() and nests() else "tcg"
    OUT.mkdir(exist_ok=True)
    kept.write_text(f"{boot} {answer}\n")
    return answer


def kernel_arguments(accelerator: str) -> str:
    """What the machine's kernel must know of it. Where the emulator loses an interrupt, the next tick of a clock that ticks
    by itself brings it (docs/decisions/007)."""
    return "nohz=off highres=off" if accelerator == "tcg" else ""


def qemu_arguments(accelerator: str, parallel: bool = False) -> list[str]:
    """The processor of the emulated machine; it can virtualize in turn. `parallel`: its processors really run at the same time, and may lose guests to
    each other: for measuring."""
    if accelerator == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # What TCG lacks of this model is left out, so that QEMU need not warn of it.
    absent = ("fxsr-opt", "misalignsse", "osvw", "topoext", "perfctr-core", "clzero", "ibpb", "nrip-save", "xsavec", "xsaves")
    threads = "multi" if parallel else "single"
    # One thread for both processors, which lose guests to each other otherwise; the more translated code fits, the later it is thrown away: docs/decisions/007.
    return ["-accel", f"tcg,thread={threads},tb-size=2048", "-cpu", "EPYC-v3,+svm,+npt," + ",".join(f"-{name}" for name in absent)]
