#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Apps that are installed, updated and removed while the broker runs: drive_apps.py BROKER_UNDER_TEST [TEST ...]"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import drive_broker  # noqa: E402
import drive_location  # noqa: E402
import tap  # noqa: E402
from varlink_peer import wait_for  # noqa: E402

NEW, ONE, TWO = "io.example.new", "io.example.one", "io.example.two"
POST = "io.bulkhead.Notification.Post"
MAY_ASK = [{"name": "location", "reason": "To know."}]


class Fixture(drive_location.Fixture):
    apps = drive_broker.Fixture.apps

    def listed(self, condition, what: str):
        """What the desktop was told last, once it was told anything."""
        return wait_for(lambda: self.desktop.told and condition(self.desktop.told[-1]), what)

    def lists(self) -> int:
        return self.hypervisor.methods().count("List")


class Coming(Fixture):
    def test_an_app_that_is_installed_is_on_the_desktop_and_can_be_started_and_served(self):
        self.hypervisor.install({NEW: {"name": "Newest", "icon": "iVBORw==", "next_cid": 9}})
        self.listed(lambda apps: NEW in apps and apps[NEW]["name"] == "Newest", "the app is told")
        wait_for(lambda: any("icon" in told.get(NEW, {}) for told in self.desktop.told), "its icon is told")
        self.desktop.request(NEW, "start")
        self.listed(lambda apps: apps[NEW]["state"] == "running", "it runs")
        self.assertIn("id", self.client(9).call(POST, title="Here")["parameters"])

    def test_those_that_run_go_on(self):
        client = self.client()
        self.assertIn("id", client.call(POST, title="Before")["parameters"])
        self.hypervisor.install({NEW: {}})
        self.listed(lambda apps: NEW in apps, "the app is told")
        self.assertIn("id", client.call(POST, title="After")["parameters"])

    def test_it_is_not_started_for_its_wish_alone(self):
        self.hypervisor.install({NEW: {"autostart": True, "next_cid": 9}})
        self.listed(lambda apps: NEW in apps, "the app is told")
        self.assertNotIn("Start", self.hypervisor.methods())

    def test_a_new_version_has_its_own_name_and_permissions(self):
        self.hypervisor.install({NEW: {"name": "Old", "state": "running", "cid": 9}})
        self.listed(lambda apps: NEW in apps, "the app is told")
        self.assertEqual(self.asking(9).receive(), drive_location.DENIED)
        self.hypervisor.install({NEW: {"name": "New", "permissions": MAY_ASK, "state": "running", "cid": 9}})
        self.listed(lambda apps: apps[NEW]["name"] == "New", "its name is told")
        self.asking(9)
        self.assertEqual(self.desktop.dialog()["reason"], "To know.")

    def test_what_is_missed_between_two_sessions_is_noticed(self):
        self.hypervisor.watching = False  # nobody is told
        self.hypervisor.install({NEW: {}}, removed=(TWO,))
        self.desktop.request(ONE, "close")  # a request: the next session begins
        self.listed(lambda apps: NEW in apps and TWO not in apps, "the apps are told")

    def test_nothing_is_listed_again_without_a_change(self):
        before = self.lists()
        self.hypervisor.change(ONE, ended="something")
        self.desktop.request(TWO, "close")
        self.listed(lambda apps: apps[TWO]["state"] == "stopped", "it is closed")
        self.assertEqual(self.lists(), before)


class Going(Fixture):
    apps = {ONE: {"state": "running", "cid": 3, "permissions": MAY_ASK}, TWO: {"state": "running", "cid": 4}}

    def test_it_is_on_the_desktop_no_more_and_its_connections_are_closed(self):
        client = self.client()
        self.assertIn("id", client.call(POST, title="Here")["parameters"])
        self.hypervisor.install({}, removed=(ONE,))
        self.listed(lambda apps: list(apps) == [TWO], "it is gone")
        self.assertTrue(client.closed())
        wait_for(lambda: not self.desktop.shown, "its notification is withdrawn")
        self.desktop.request(ONE, "start")
        self.heard_by_the_broker()
        self.assertNotIn("Start", self.hypervisor.methods())

    def test_what_was_chosen_for_it_is_forgotten(self):
        self.allowed("always")
        wait_for(lambda: f"{ONE} may use: location: always" in self.log_text(), "it was chosen")
        self.hypervisor.install({}, removed=(ONE,))
        self.listed(lambda apps: ONE not in apps, "it is gone")
        # Another one by its name asks again, be it that the broker was another one meanwhile.
        self.hypervisor.install({ONE: {"permissions": MAY_ASK, "state": "running", "cid": 3}})
        self.restart_broker()
        self.asking()
        self.assertEqual(self.desktop.dialog()["permission"], "location")

    def test_another_developer_s_app_by_the_same_id_asks_anew(self):
        """Be it that the removal of the one before was never told: the broker was another one, or it was too quick."""
        for restarts in (False, True):
            with self.subTest(restarts=restarts):
                self.hypervisor.install({ONE: {"name": "First", "permissions": MAY_ASK, "state": "running", "cid": 3, "key": "a" * 64}})
                self.listed(lambda apps: apps.get(ONE, {}).get("name") == "First", "the first is there")
                before = self.log_text().count("location: always")
                self.allowed("always")
                wait_for(lambda: self.log_text().count("location: always") > before, "it was chosen")
                if restarts:
                    self.stop_broker()
                self.hypervisor.install({ONE: {"name": "Other", "permissions": MAY_ASK, "state": "running", "cid": 3, "key": "b" * 64}})
                if restarts:
                    self.restart_broker()
                self.listed(lambda apps: apps.get(ONE, {}).get("name") == "Other", "the second is there")
                self.asking()
                self.desktop.choose(self.desktop.dialog(), "never")

    def test_the_same_again_and_again(self):
        for _ in range(30):
            self.hypervisor.install({}, removed=(ONE,))
            self.listed(lambda apps: ONE not in apps, "it is gone")
            self.hypervisor.install({ONE: {"state": "running", "cid": 3}})
            self.listed(lambda apps: ONE in apps, "it is back")
        self.assertIn("id", self.client().call(POST, title="Here")["parameters"])


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
