# SPDX-License-Identifier: Apache-2.0
"""A thousand connections of one app beside another's flood, over vsock, in the rig: tests/rig/scenarios/crowd.py."""
import pytest
from conftest import BUILD, SOURCE, Scenario, guest_initrd, run_scenario

# What a guest does by the role on its command line.
ROLES = """
role=$(sed -n 's/.*\\brole=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
port() {
    until path=$(grep -l "^$1\\$" /sys/class/virtio-ports/*/name); do sleep 0.1; done
    path=${path%/name}
    echo /dev/${path##*/}
}
case $role in
caller) bench_call 1000 20 json=1 ;;
flood) bench_flood 1 8 $(port io.bulkhead.bench.flood) ;;
crowd) crowd 1 1000 ;;
system) bk-broker --hypervisor $(port io.bulkhead.Hypervisor) ;;
esac
"""
PROGRAMS = ("system/broker/bk-broker", "bench/bench_call", "bench/bench_flood", "tests/guest/crowd")


@pytest.fixture(scope="module")
def crowd(workspace):
    guest_initrd(workspace / "crowd.cpio", step=ROLES, extra={f"bin/{program.rpartition('/')[2]}": BUILD / program for program in PROGRAMS})
    return Scenario(run_scenario("crowd", 840, {"/work/guest.cpio": workspace / "crowd.cpio", "/work/flood.py": SOURCE / "bench/rig/flood.py",
                                                "/work/varlink_peer.py": SOURCE / "tests/unit/varlink_peer.py"}))


@pytest.mark.parametrize("step", [
    "of a thousand connections at once, those beyond the bound are refused",
    "a hundred connections in turn are all served"])
def test_beside_a_crowd(crowd, step):
    crowd(step)
