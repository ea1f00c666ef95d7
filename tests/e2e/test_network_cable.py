# SPDX-License-Identifier: Apache-2.0
"""Ethernet cables between guests, in the rig: tests/rig/scenarios/network.py."""
import pytest
from conftest import Scenario, guest_initrd, run_scenario

# Each guest's part. Only the System VM's has a VLAN for each port, and it routes nothing.
ROLE = r"""
role=$(sed 's/.*role=\([a-z]*\).*/\1/' /proc/cmdline)
card() { echo "$1: $(cat /sys/class/net/eth0/address) of $(basename "$(readlink /sys/class/net/eth0/device/driver)")$2"; }
reach() { ping -c 1 -W 3 "$1" >/dev/null 2>&1; echo "$2: $?"; }
case $role in
system)
    card trunk
    ip link set eth0 up
    for port in 1 5 6 7; do
        vconfig add eth0 $port >/dev/null
        ip address add 10.200.0.$((port * 4 + 1))/30 dev eth0.$port
        ip link set eth0.$port up
    done
    echo ready
    nc -l -p 9 >/tmp/file; echo "received $(md5sum </tmp/file | cut -c 1-32)"
    while :; do sleep 1; done ;;
other)
    ip address add 10.9.9.2/24 dev eth0
    echo up
    nc -l -p 9 </dev/null && echo heard
    while :; do sleep 1; done ;;
one)
    until ping -c 1 -W 1 10.200.0.21 >/dev/null; do :; done
    card card ", $(ip -o -4 address show dev eth0 | sed 's/.*inet \([^ ]*\).*/\1/') via $(ip route | sed -n 's/^default via \([^ ]*\).*/\1/p')"
    reach 10.200.0.21 gateway
    seq 1 150000 >/tmp/file; echo "sum $(md5sum </tmp/file | cut -c 1-32)"
    nc -w 5 10.200.0.21 9 </tmp/file; echo "sent: $?"
    reach 10.200.0.26 routed
    ip address add 10.9.9.1/24 dev eth0
    reach 10.9.9.2 beside
    own=$(cat /sys/class/net/eth0/address)
    for address in 02:bc:00:00:00:06 $own; do
        ip link set eth0 down; ip link set eth0 address $address; ip link set eth0 up
        [ $address = $own ] && name="as itself" || name=spoofed
        reach 10.200.0.21 "$name"
    done
    vconfig add eth0 6 >/dev/null; ip address add 10.200.0.26/30 dev eth0.6; ip link set eth0.6 up
    reach 10.200.0.25 tagged
    while :; do echo "pings: $(ping -c 10 -i 0.2 10.200.0.21 | grep received)"; done ;;
esac
"""


@pytest.fixture(scope="module")
def network(workspace):
    guest_initrd(workspace / "network.cpio", step=ROLE)
    return Scenario(run_scenario("network", 300, {"/work/guest.cpio": workspace / "network.cpio"}))


@pytest.mark.parametrize("step", [
    "the System VM has a trunk", "an app has a card and its address", "frames go both ways", "whole frames, and many", "apps do not reach each other",
    "another address is dropped", "another port's tag is dropped", "a bk-vmm that was taken over is its own app alone", "the uplink brings anybody",
    "who floods delays nobody for long", "cables come and go"])
def test_network(network, step):
    network(step)
