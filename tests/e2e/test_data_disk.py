# SPDX-License-Identifier: Apache-2.0
"""Data disks and restore points on an XFS, as the machine has one, in the rig (tests/rig/scenarios/data.py)."""
import pytest
from conftest import Scenario, run_scenario
from test_power_cuts import PROGRAMS


@pytest.fixture(scope="module")
def disk():
    modules = [option for module in ("crc32c_generic", "xfs", "loop") for option in ("--module", module)]
    return Scenario(run_scenario("data", 600, PROGRAMS, options=modules))


@pytest.mark.parametrize("step", ["a restore point shares its blocks", "a full disk harms who fills it",
                                  "a disk in many pieces keeps nobody waiting"])
def test_data_disk(disk, step):
    disk(step)
