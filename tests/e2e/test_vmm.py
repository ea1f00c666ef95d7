# SPDX-License-Identifier: Apache-2.0
"""bk-vmm by itself, in the rig: kernels boot, devices work, it ends as it should and runs in its jail."""
import pytest
from conftest import Scenario, guest_initrd, run_scenario, stock_kernel

FLAVOURS = ("amd64", "cloud-amd64")


@pytest.fixture(scope="module")
def boot(workspace):
    guest_initrd(workspace / "guest.cpio")
    adds = {"/work/guest.cpio": workspace / "guest.cpio"}
    for flavour in FLAVOURS:
        guest_initrd(workspace / f"{flavour}.cpio", flavour)
        adds[f"/work/{flavour}.cpio"] = workspace / f"{flavour}.cpio"
        adds[f"/work/vmlinuz-{flavour}"] = stock_kernel(flavour)
    return Scenario(run_scenario("boot", 600, adds))


@pytest.mark.parametrize("step", [
    "devices", "reboot in place", "a reset ends bk-vmm when asked to", "a triple fault ends bk-vmm when asked to", "a panic ends bk-vmm", "a stock kernel reboots", "reboots again and again",
    "told to end", "errors", "terminal", "power button",
    "jailed while the guest runs", "memory beyond guest RAM", *(f"stock kernel {flavour}" for flavour in FLAVOURS)])
def test_boot(boot, step):
    boot(step)
