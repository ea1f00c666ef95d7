# SPDX-License-Identifier: Apache-2.0
"""The displays of App VMs in the System VM, in the rig: tests/rig/scenarios/imports.py."""
import pytest
from conftest import BUILD, IMAGES, Scenario, guest_initrd, run_scenario

# A compositor that ends is started again, as bk-init does it.
ROLE = "while :; do /bin/display_probe || break; done; echo the probe failed"


@pytest.fixture(scope="module")
def imports(workspace):
    guest_initrd(workspace / "import.cpio", extra={"bin/display_probe": BUILD / "tests/guest/display_probe"}, step=ROLE)
    return Scenario(run_scenario("imports", 240, {"/work/guest.cpio": workspace / "import.cpio",
                                                  "/work/notes.erofs": IMAGES / "apps/io.bulkhead.notes/root.erofs"}))


@pytest.mark.parametrize("step", [
    "pixels arrive", "surfaces are mapped write-back", "nothing is written to a surface", "input arrives", "an app that lies is unplugged",
    "an app that is stopped holds nothing up", "a new compositor is told everything", "a new System VM is told everything"])
def test_import(imports, step):
    imports(step)
