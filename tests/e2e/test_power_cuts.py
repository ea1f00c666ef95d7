# SPDX-License-Identifier: Apache-2.0
"""Power that fails while apps are installed, updated, kept, brought back and removed, in the rig (tests/rig/scenarios/power_cuts.py). BULKHEAD_TEST_CUTS is how
often."""
import os

import pytest
from conftest import BUILD, SOURCE, Scenario, run_scenario

CUTS = os.environ.get("BULKHEAD_TEST_CUTS", "200")
MODULES = ("crc32c_generic", "xfs", "loop", "dm-log-writes")


UNIT = SOURCE / "tests/unit"
# What a scenario needs that has the real bk-supervisor install apps on an XFS.
PROGRAMS = {"/work/bk-supervisor": BUILD / "hypervisor/supervisor/bk-supervisor", "/work/bk-installer": BUILD / "hypervisor/installer/bk-installer",
            "/work/bk-bundle": BUILD / "bundle/bk-bundle", "/usr/sbin/mkfs.xfs": "/usr/sbin/mkfs.xfs", "/work/disks.py": SOURCE / "tests/rig/disks.py",
            **{f"/work/{name}": UNIT / name for name in ("drive_data.py", "drive_software.py", "drive_supervisor.py", "fake_vmm.py", "tap.py")}}


@pytest.fixture(scope="module")
def cuts():
    return Scenario(run_scenario("power_cuts", 1200, PROGRAMS | {"/usr/sbin/dmsetup": "/usr/sbin/dmsetup"},
                                 options=[option for module in MODULES for option in ("--module", module)], arguments=(CUTS,)))


@pytest.mark.parametrize("step", ["apps are installed, updated, kept, brought back and removed", "power that fails leaves the old or the new"])
def test_power_cuts(cuts, step):
    cuts(step)
