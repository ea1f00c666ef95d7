#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who reaches the network, from the person's side, from the hypervisor's and from bk-network's, which is played: drive_reach.py BROKER_UNDER_TEST [TEST ...]"""
import socket
import sys

import drive_broker
import drive_location
import tap
from varlink_peer import FakeService, Stream, wait_for

ONE, TWO, PLAIN = "io.example.one", "io.example.two", "io.example.plain"
HOSTS = ["example.org", "*.example.net"]
MAC = "02:00:5e:00:53:01"


def wanting(cid: int | None, port: int | None, hosts: list[str]) -> dict:
    return {"state": "running" if cid else "stopped", "cid": cid, "network": hosts, "networkPort": port,
            "permissions": [{"name": "network", "reason": "To fetch the news."}, {"name": "location", "reason": "To have those of the place."}]}


class FakeNetwork(FakeService):
    """Serves io.bulkhead.Network on a Unix socket."""

    def __init__(self, path):
        self.calls: list[tuple[str, dict]] = []
        self.watch: Stream | None = None
        self.failing = 0  # so many calls fail from now on
        super().__init__(path)

    def serve(self, stream: Stream):
        try:
            while call := stream.receive():
                method = call["method"].rpartition(".")[2]
                if method == "Watch":
                    self.watch = stream
                    stream.send({"parameters": {}, "continues": True})
                else:
                    self.calls.append((method, call["parameters"]))
                    fails, self.failing = self.failing > 0, max(0, self.failing - 1)
                    stream.send({"error": "io.bulkhead.Network.Failed", "parameters": {"reason": "as told"}} if fails else {"parameters": {}})
        except OSError:
            pass

    def sends(self, port: int):
        self.watch.send({"parameters": {"sends": port}, "continues": True})

    def access(self, port: int) -> str | None:
        """What the port may by now; None: it is not known."""
        access = None
        for method, parameters in list(self.calls):
            if parameters.get("port") == port:
                access = parameters["access"] if method == "SetPort" else None
        return access


class Reach(drive_location.Fixture):
    apps = {ONE: wanting(3, 5, HOSTS), TWO: wanting(4, 6, ["*"]), PLAIN: {"state": "running", "cid": 9}}

    def setUp(self):
        # The path is known when the fixture has made its folder, which starts the broker at once.
        self.network = None
        super().setUp()

    def start_broker(self):
        if self.network is None:
            self.network = FakeNetwork(self.folder / "network")
        self.settings = {"network": self.folder / "network", "place": "47.37174,8.54226"}
        super().start_broker()
        wait_for(lambda: self.network.watch and self.network.access(5) and self.network.access(6), "bk-network knows both")

    def tearDown(self):
        super().tearDown()
        self.network.die()

    def is_now(self, port: int, access: str | None):
        wait_for(lambda: self.network.access(port) == access, f"port {port} is {access}")

    def decided(self, choice: str | None, port: int = 5) -> dict:
        self.network.sends(port)
        dialog = self.desktop.dialog()
        self.desktop.choose(dialog, choice)
        return dialog

    def test_nothing_is_asked_before_it_sends_something(self):
        self.assertEqual(self.network.access(5), "waiting")
        self.heard_by_the_broker()
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertNotIn(PLAIN, str(self.network.calls))

    def test_who_is_asked_is_told_the_hosts_and_reaches_them(self):
        dialog = self.decided("once")
        self.assertEqual(dialog, {"id": dialog["id"], "app": ONE, "appName": "One", "permission": "network", "reason": "To fetch the news.",
                                  "network": HOSTS})
        self.is_now(5, "hosts")
        self.assertIn(("SetPort", {"port": 5, "access": "hosts", "hosts": HOSTS}), self.network.calls)
        self.assertEqual(self.network.access(6), "waiting")
        self.assertEqual(self.decided("always", 6)["network"], ["*"])
        self.is_now(6, "internet")

    def test_a_flood_of_packets_is_one_question(self):
        for _ in range(20):
            self.network.sends(5)
        self.desktop.choose(self.desktop.dialog(), None)
        self.is_now(5, "refused")
        self.network.sends(5)
        self.heard_by_the_broker()
        self.assertTrue(self.desktop.dialogs.empty())

    def waits_and_is_not_asked_about(self):
        """One sends something, and the broker has heard of it: of the other, who may, it has heard since."""
        self.network.sends(5)
        self.network.sends(6)
        wait_for(lambda: (TWO, "network") in self.used(), "the other is heard")
        self.assertEqual(self.network.access(5), "waiting")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_who_closed_too_many_dialogs_is_not_asked_and_has_refused_nothing(self):
        self.decided("always", 6)
        self.is_now(6, "internet")
        for _ in range(3):
            client = self.asking()
            self.desktop.choose(self.desktop.dialog(), None)
            self.assertEqual(client.receive(), drive_location.DENIED)
        self.waits_and_is_not_asked_about()
        self.desktop.grant(ONE, "network", "always")
        self.is_now(5, "hosts")

    def test_a_question_that_was_never_seen_is_no_answer(self):
        self.decided("always", 6)
        self.is_now(6, "internet")
        for last in (False, False, True):
            client = self.asking()
            dialog = self.desktop.dialog()
            if last:
                self.waits_and_is_not_asked_about()  # it is next, until …
            self.desktop.choose(dialog, None)
            self.assertEqual(client.receive(), drive_location.DENIED)
        self.heard_by_the_broker()
        self.assertTrue(self.desktop.dialogs.empty())
        self.assertNotIn(("SetPort", {"port": 5, "access": "refused"}), self.network.calls)
        self.assertEqual(self.network.access(5), "waiting")
        self.desktop.grant(ONE, "network", "always")
        self.is_now(5, "hosts")

    def test_an_app_that_asks_for_much_else_is_asked_about_later(self):
        self.decided("always", 6)
        self.is_now(6, "internet")
        waiting = self.fill([self.client() for _ in range(5)])
        dialog = self.desktop.dialog()
        self.waits_and_is_not_asked_about()
        self.desktop.choose(dialog, "never")
        for client in waiting:
            self.assertEqual(client.receive(), drive_location.DENIED)
        self.decided("once")
        self.is_now(5, "hosts")

    def test_never_is_refused_from_the_start_and_can_be_changed(self):
        self.decided("never")
        self.is_now(5, "refused")
        self.desktop.grant(ONE, "network", "always")
        self.is_now(5, "hosts")
        self.desktop.grant(ONE, "network", "never")
        self.is_now(5, "refused")
        self.desktop.grant(ONE, "network", None)
        self.is_now(5, "waiting")
        self.decided("once")
        self.is_now(5, "hosts")

    def test_while_in_use_is_while_its_window_is_seen(self):
        self.see("shown")
        self.decided("whileInUse")
        self.is_now(5, "hosts")
        self.see("covered")
        self.is_now(5, "waiting")
        self.network.sends(5)
        self.see("shown")
        self.is_now(5, "hosts")
        self.assertTrue(self.desktop.dialogs.empty())

    def test_the_panel_shows_it_while_it_sends(self):
        self.decided("always")
        self.is_now(5, "hosts")
        self.assertEqual(self.used(), [])
        self.network.sends(5)
        wait_for(lambda: self.used() == [(ONE, "network")], "the panel shows it")
        wait_for(lambda: self.used() == [], "it goes out")
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["permission"] == "network", "the log has it")

    def test_who_is_silent_goes_out_while_another_sends(self):
        for port, access in ((5, "hosts"), (6, "internet")):
            self.decided("always", port)
            self.is_now(port, access)

        def both() -> bool:
            self.network.sends(5)
            self.network.sends(6)
            return len(self.used()) == 2
        wait_for(both, "the panel shows both")

        def goes_out() -> bool:
            self.network.sends(6)
            return self.used() == [(TWO, "network")]
        wait_for(goes_out, "the silent one goes out")

    def test_what_fails_is_told_again_and_nobody_else_notices(self):
        watch = self.network.watch
        self.network.failing = 1
        self.decided("once")
        told = ("SetPort", {"port": 5, "access": "hosts", "hosts": HOSTS})
        wait_for(lambda: self.network.calls.count(told) == 2, "it is told again")
        self.is_now(5, "hosts")
        self.assertIs(self.network.watch, watch)
        self.assertEqual(self.network.access(6), "waiting")

    def test_what_was_chosen_counts_for_the_next_vm_without_a_packet(self):
        self.decided("always")
        self.is_now(5, "hosts")
        self.hypervisor.change(ONE, state="stopped", cid=None, networkPort=None)
        self.is_now(5, None)
        self.hypervisor.change(ONE, state="running", cid=10, networkPort=7)
        self.is_now(7, "hosts")

    def test_a_new_bk_network_is_told_everything(self):
        self.decided("always")
        self.is_now(5, "hosts")
        self.hypervisor.stream.send({"parameters": {"uplink": {"mac": MAC}}, "continues": True})
        wait_for(lambda: ("SetUplink", {"mac": MAC}) in self.network.calls, "it knows the way out")
        self.network.die()
        self.network = FakeNetwork(self.folder / "network")
        self.is_now(5, "hosts")
        self.is_now(6, "waiting")
        wait_for(lambda: ("SetUplink", {"mac": MAC}) in self.network.calls, "it knows the way out")
        self.hypervisor.stream.send({"parameters": {"uplink": {"mac": None}}, "continues": True})
        wait_for(lambda: self.network.calls[-1][0] == "SetUplink" and self.network.calls[-1][1].get("mac") is None, "it is gone")

    def test_the_software_page_knows_the_hosts(self):
        wait_for(lambda: self.desktop.software and len(self.desktop.software[-1]["apps"]) == 3, "it is told")
        apps = {app["app"]: app for app in self.desktop.software[-1]["apps"]}
        self.assertEqual((apps[ONE]["network"], apps[TWO]["network"]), (HOSTS, ["*"]))
        self.assertIsNone(apps[PLAIN].get("network"))


if __name__ == "__main__":
    drive_broker.PROGRAM = sys.argv[1]
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
