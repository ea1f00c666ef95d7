# SPDX-License-Identifier: Apache-2.0
"""In the System VM: what bk-broker tells bk-network, of one app that may reach the internet: router.py MAC PORT"""
import sys
import time

from varlink_peer import Client, wait_for

SOCKET, NETWORK = "/run/network/network.sock", "io.bulkhead.Network."


def connected() -> Client | None:
    try:
        return Client(SOCKET)
    except OSError:
        return None


watch = wait_for(connected, "bk-network listens", 60)
watch.call(NETWORK + "Watch", more=True)
calls = Client(SOCKET)
for method, parameters in (("SetUplink", {"mac": sys.argv[1]}), ("SetPort", {"port": int(sys.argv[2]), "access": "internet"})):
    answer = calls.call(NETWORK + method, **parameters)
    print(method, answer, flush=True)
while True:
    time.sleep(60)  # what is allowed ends with the watch
