# SPDX-License-Identifier: Apache-2.0
"""Sockets between App VMs and the System VM, in the rig: tests/rig/scenarios/vsock.py."""
import pytest
from conftest import BUILD, Scenario, guest_initrd, run_scenario

# What a guest does by the role on its command line (a test, and perhaps a number after a comma); "endless" is a transfer that only something else ends.
ROLES = """
role=$(sed -n 's/.*\\brole=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
stress() { /bin/vsock_stress 2 5000 "$@"; }
case $role in
serve) /bin/vsock_stress serve 5000 ;;
endless) stress wait; stress bulk 1000000; stress wait; stress echo ;;
reboot) stress wait; stress echo; echo booted; stress hold 5; stress bulk 1000000 | while read -r line; do echo "$line"; reboot -f; done ;;
*) stress $(echo "$role" | tr , " ") ;;
esac
"""


@pytest.fixture(scope="module")
def vsock(workspace):
    guest_initrd(workspace / "vsock.cpio", extra={"bin/vsock_stress": BUILD / "tests/guest/vsock_stress"}, step=ROLES)
    return Scenario(run_scenario("vsock", 900, {"/work/guest.cpio": workspace / "vsock.cpio"}))


@pytest.mark.parametrize("step", [
    "every way to use a connection", "two apps at once", "an app that dies in mid-transfer", "an app's guest that reboots",
    "a cable that is unplugged and plugged", "a System VM that dies"])
def test_vsock(vsock, step):
    vsock(step)
