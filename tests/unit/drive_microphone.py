#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who hears the microphone, from the hypervisor's side and from the person's: drive_microphone.py BROKER_UNDER_TEST [TEST ...]"""
import os
import sys

import drive_broker
import drive_location
import tap
from varlink_peer import wait_for

ONE, TWO, PLAIN = "io.example.one", "io.example.two", "io.example.plain"
REASON = "To record what you say."


def wanting(cid: int) -> dict:
    return {"state": "running", "cid": cid, "recording": False, "microphone": False,
            "permissions": [{"name": "microphone", "reason": REASON}]}


class Microphone(drive_location.Fixture):
    apps = {ONE: wanting(3), TWO: wanting(4), PLAIN: {"state": "running", "cid": 9, "recording": False, "microphone": False}}
    settings = {}

    def record(self, app: str = ONE):
        wait_for(lambda: self.hypervisor.watching, "the broker watches")
        self.hypervisor.change(app, recording=True)

    def rest(self, app: str = ONE):
        """What the supervisor does when a recording ends."""
        wait_for(lambda: self.hypervisor.watching, "the broker watches")
        self.hypervisor.change(app, recording=False, microphone=False)

    def said(self) -> list[tuple[str, bool]]:
        """What the hypervisor was told of who hears."""
        return [(call["parameters"]["id"], call["parameters"]["allowed"]) for call in self.hypervisor.calls
                if call["method"].endswith(".SetMicrophone")]

    def hears(self, *expected: tuple[str, bool]):
        wait_for(lambda: self.said() == list(expected), f"the hypervisor was told {expected}")
        wait_for(lambda: self.hypervisor.watching, "the broker watches again")

    def allowed(self, choice: str | None):
        self.record()
        self.desktop.choose(self.desktop.dialog(), choice)

    def nothing_comes(self):
        """What was under way has been dealt with: a dialog of the other app's has come and gone."""
        before = self.said()
        self.record(TWO)
        self.assertEqual(self.desktop.dialog()["app"], TWO)
        self.rest(TWO)
        self.desktop.dialog("WithdrawAsk")
        self.assertEqual(self.said(), before)

    def test_it_hears_when_the_person_says_so_until_it_ends(self):
        self.record()
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": ONE, "appName": "One", "permission": "microphone", "reason": REASON})
        self.assertEqual(self.said(), [])
        self.desktop.choose(dialog, "once")
        self.hears((ONE, True))
        wait_for(lambda: self.used() == [(ONE, "microphone")], "the panel shows it")
        self.rest()
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")
        wait_for(lambda: not self.desktop.uses, "it goes out")
        self.record()  # once was for one recording
        self.desktop.choose(self.desktop.dialog(), None)
        self.nothing_comes()
        self.assertEqual(self.said(), [(ONE, True)])

    def test_never_is_silence_without_a_dialog(self):
        self.allowed("never")
        wait_for(lambda: self.granted() == {ONE: "never"}, "the privacy page knows")
        self.rest()
        self.record()
        self.nothing_comes()
        self.assertEqual(self.said(), [])

    def test_taking_it_back_is_silence_at_once(self):
        self.allowed("always")
        self.hears((ONE, True))
        self.desktop.grant(ONE, "microphone", "never")
        self.hears((ONE, True), (ONE, False))
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")
        self.desktop.grant(ONE, "microphone", "always")  # it still records
        self.hears((ONE, True), (ONE, False), (ONE, True))
        self.desktop.grant(ONE, "microphone", None)  # the panel's Stop
        self.hears((ONE, True), (ONE, False), (ONE, True), (ONE, False))
        self.nothing_comes()

    def test_only_the_last_word_counts(self):
        """While the hypervisor does not listen, the person changes their mind: the app hears at no time what it may not."""
        self.allowed("never")
        wait_for(lambda: self.granted() == {ONE: "never"}, "the privacy page knows")
        with self.hypervisor.lock:
            for choice in 300 * ["always", "never"]:
                self.desktop.grant(ONE, "microphone", choice)
            wait_for(lambda: self.log_text().count(f"{ONE} may use: microphone") == 601, "all of it was heard")
            self.assertEqual(self.said(), [])
        wait_for(lambda: self.said(), "the hypervisor was told")
        self.assertEqual(set(self.said()), {(ONE, False)})

    def test_while_in_use_is_while_its_window_is_seen(self):
        self.see("shown")
        self.allowed("whileInUse")
        self.hears((ONE, True))
        self.see("minimised")
        self.hears((ONE, True), (ONE, False))
        self.see("shown")
        self.hears((ONE, True), (ONE, False), (ONE, True))
        self.new_desktop()
        self.hears((ONE, True), (ONE, False), (ONE, True), (ONE, False))

    def test_what_is_not_declared_is_silence_without_a_dialog(self):
        self.record(PLAIN)
        wait_for(lambda: f"{PLAIN} refused: it records silence: its manifest does not declare the microphone" in self.log_text(),
                 "the log says it")
        self.nothing_comes()
        self.assertEqual(self.said(), [])

    def test_a_recording_that_ends_takes_its_dialog_along(self):
        for _ in range(3):
            self.record()
            dialog = self.desktop.dialog()
            self.rest()
            self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        self.record()  # who comes and goes is quiet for a while
        self.nothing_comes()
        self.assertEqual(self.said(), [])

    def test_the_end_of_the_vm_ends_it(self):
        self.allowed("once")
        self.hears((ONE, True))
        self.hypervisor.change(ONE, cid=None, state="stopped", recording=False, microphone=False)
        wait_for(lambda: self.desktop.privacy["uses"] and self.desktop.privacy["uses"][0]["seconds"] >= 0, "the log has it")
        self.hypervisor.change(PLAIN, cid=None, state="stopped")
        self.hypervisor.change(ONE, cid=9, state="running", recording=True)
        self.assertEqual(self.desktop.dialog()["app"], ONE)
        self.hypervisor.change(ONE, cid=3)  # another VM still, that records at once
        self.desktop.dialog("WithdrawAsk")
        self.desktop.choose(self.desktop.dialog(), "once")
        self.hears((ONE, True), (ONE, True))

    def test_a_new_broker_takes_back_what_nobody_shows(self):
        self.allowed("once")
        self.hears((ONE, True))
        self.restart_broker(9)
        self.desktop.dialog()  # it records still
        self.hears((ONE, True), (ONE, False))

    def test_a_new_broker_goes_on_with_what_is_kept(self):
        self.allowed("always")
        self.hears((ONE, True))
        wait_for(lambda: self.granted() == {ONE: "always"}, "the privacy page knows")
        self.restart_broker(9)
        wait_for(lambda: self.used() == [(ONE, "microphone")], "the panel shows it")
        self.nothing_comes()
        self.assertEqual(self.said(), [(ONE, True)])


if __name__ == "__main__":
    drive_broker.PROGRAM = os.path.abspath(sys.argv[1])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
