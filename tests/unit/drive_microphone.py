#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who hears the microphone, from the hypervisor's side and from the person's: drive_microphone.py BROKER_UNDER_TEST [TEST ...]"""
import os
import sys
import time

import drive_broker
import drive_location
import tap
from varlink_peer import wait_for

ONE, TWO, PLAIN = "io.example.one", "io.example.two", "io.example.plain"
REASON = "To record what you say."
ASK, DENIED = "io.bulkhead.Microphone.Ask", "org.varlink.service.PermissionDenied"
BEGIN_SECONDS = 20  # from a yes until the recording has begun that it was for


def wanting(cid: int) -> dict:
    return {"state": "running", "cid": cid, "recording": False, "microphone": False,
            "permissions": [{"name": "microphone", "reason": REASON}]}


class Fixture(drive_location.Fixture):
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


class Microphone(Fixture):
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


class Asking(Fixture):
    """By a call, before anything is recorded."""
    def ask(self, cid: int = 3):
        """A call that waits: its connection."""
        client = self.client(cid)
        client.send({"method": ASK})
        return client

    def passed(self):
        """Whatever was called before has been dealt with: what comes together may pass in any order, but not what comes later."""
        client = self.client()
        for _ in range(2):
            client.call("org.varlink.service.GetInfo")
        client.close()

    def yes(self, *clients):
        for client in clients:
            self.assertEqual(client.receive(), {"parameters": {}})

    def no(self, *clients):
        for client in clients:
            self.assertEqual(client.receive(), {"error": DENIED, "parameters": {}})

    def test_a_yes_is_for_the_recording_that_follows(self):
        client = self.ask()
        dialog = self.desktop.dialog()
        self.assertEqual(dialog, {"id": dialog["id"], "app": ONE, "appName": "One", "permission": "microphone", "reason": REASON})
        self.desktop.choose(dialog, "once")
        self.yes(client)
        self.assertEqual((self.said(), self.used()), ([], []))  # nothing is heard, and nothing shown
        self.assertEqual(client.call(ASK), {"parameters": {}})  # it is known already
        client.close()
        self.record()
        self.hears((ONE, True))
        wait_for(lambda: self.used() == [(ONE, "microphone")], "the panel shows it")
        self.yes(self.ask())
        self.assertTrue(self.desktop.dialogs.empty())
        self.rest()
        self.record()  # once was for one recording
        self.desktop.choose(self.desktop.dialog(), None)
        self.nothing_comes()
        self.assertEqual(self.said(), [(ONE, True)])

    def test_a_yes_is_over_when_no_recording_begins(self):
        client = self.ask()
        self.desktop.choose(self.desktop.dialog(), "once")
        self.yes(client)
        time.sleep(BEGIN_SECONDS * 0.6)
        self.assertEqual(client.call(ASK), {"parameters": {}})  # makes it no longer
        time.sleep(BEGIN_SECONDS * 0.4 + 1)
        self.record()
        self.desktop.choose(self.desktop.dialog(), None)
        self.nothing_comes()
        self.assertEqual((self.said(), self.desktop.privacy["uses"]), ([], []))

    def test_a_no_is_said_and_three_are_enough(self):
        client = self.ask()
        for _ in range(3):
            self.desktop.choose(self.desktop.dialog(), None)
            self.no(client)
            client.send({"method": ASK})
        self.no(client)
        self.record()
        self.nothing_comes()
        self.assertEqual(self.said(), [])

    def test_never_is_said_without_a_dialog_and_so_is_what_is_kept(self):
        client = self.ask()
        self.desktop.choose(self.desktop.dialog(), "never")
        self.no(client)
        self.assertEqual(client.call(ASK)["error"], DENIED)
        self.desktop.grant(ONE, "microphone", "always")
        wait_for(lambda: self.granted() == {ONE: "always"}, "the privacy page knows")
        self.assertEqual(client.call(ASK), {"parameters": {}})
        self.desktop.grant(ONE, "microphone", "never")  # before a recording has begun
        wait_for(lambda: self.granted() == {ONE: "never"}, "the privacy page knows")
        self.assertEqual(client.call(ASK)["error"], DENIED)
        self.record()
        self.nothing_comes()
        self.assertEqual(self.said(), [])

    def test_what_is_not_declared_is_refused_without_a_dialog(self):
        self.no(self.ask(9))
        self.assertIn(f"{PLAIN} refused: Microphone.Ask: its manifest does not declare it", self.log_text())
        self.assertEqual(self.client().call(ASK, loudly=True)["error"], "org.varlink.service.InvalidParameter")
        client = self.client()
        client.send({"method": ASK, "oneway": True})  # nobody would hear the answer
        client.call("org.varlink.service.GetInfo")
        self.nothing_comes()

    def test_all_who_ask_are_told_by_one_answer(self):
        clients = [self.ask() for _ in range(6)]
        dialog = self.desktop.dialog()
        other = self.ask(4)
        self.passed()
        self.desktop.choose(dialog, "once")
        self.yes(*clients)
        self.assertEqual(self.desktop.dialog()["app"], TWO)
        other.close()
        self.desktop.dialog("WithdrawAsk")
        self.record()
        self.hears((ONE, True))
        self.assertTrue(self.desktop.dialogs.empty())

    def test_the_question_of_a_recording_is_the_call_s_too(self):
        for choice, told in ((None, self.no), ("once", self.yes)):
            self.record()
            dialog = self.desktop.dialog()
            client = self.ask()
            self.passed()
            self.desktop.choose(dialog, choice)
            told(client)
            client.close()
            if choice:
                self.hears((ONE, True))
            self.rest()
        self.assertTrue(self.desktop.dialogs.empty())

    def test_the_question_of_a_call_is_the_recording_s_too(self):
        client = self.ask()
        dialog = self.desktop.dialog()
        self.record()
        client.close()  # it goes on for the recording
        self.passed()
        self.desktop.choose(dialog, "once")
        self.hears((ONE, True))
        self.assertTrue(self.desktop.dialogs.empty())

    def test_a_recording_that_ends_leaves_the_question_to_the_call(self):
        self.record()
        dialog = self.desktop.dialog()
        client = self.ask()
        self.passed()
        self.rest()
        self.passed()
        self.desktop.choose(dialog, "once")
        self.yes(client)
        self.record()
        self.hears((ONE, True))
        self.assertTrue(self.desktop.dialogs.empty())

    def test_a_silent_recording_hears_after_a_yes(self):
        self.allowed(None)
        client = self.ask()
        self.desktop.choose(self.desktop.dialog(), "once")
        self.yes(client)
        self.hears((ONE, True))

    def test_who_hangs_up_takes_the_question_along_with_the_last_call(self):
        first, second = self.ask(), self.ask()
        dialog = self.desktop.dialog()
        self.passed()
        first.close()
        self.passed()
        self.assertTrue(self.desktop.dialogs.empty())
        second.close()
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        for _ in range(2):
            client = self.ask()
            self.desktop.dialog()
            client.close()
            self.desktop.dialog("WithdrawAsk")
        self.no(self.ask())  # who comes and goes is quiet for a while

    def test_who_hangs_up_takes_the_question_along_unless_the_recording_asks_too(self):
        self.allowed(None)
        self.passed()
        client = self.ask()
        dialog = self.desktop.dialog()
        client.close()  # the recording has had its answer
        self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
        client = self.ask()
        dialog = self.desktop.dialog()
        self.rest()
        self.record()  # another one
        self.passed()
        client.close()
        self.passed()
        self.desktop.choose(dialog, "once")
        self.hears((ONE, True))

    def test_the_end_of_the_vm_ends_what_was_allowed_and_what_was_asked(self):
        for choice in ("once", None):
            client = self.ask()
            dialog = self.desktop.dialog()
            if choice:
                self.desktop.choose(dialog, choice)
                self.yes(client)
            self.hypervisor.change(ONE, cid=None, state="stopped", recording=False, microphone=False)
            if not choice:
                self.assertEqual(self.desktop.dialog("WithdrawAsk"), {"id": dialog["id"]})
            wait_for(lambda: self.log_text().count(f"{ONE} ended") == (1 if choice else 2), "its VM is no more")
            self.hypervisor.change(ONE, cid=3, state="running")
        self.record()
        self.assertEqual(self.desktop.dialog()["app"], ONE)
        self.assertEqual(self.said(), [])

    def test_while_in_use_is_over_with_the_window(self):
        self.see("shown")
        client = self.ask()
        self.desktop.choose(self.desktop.dialog(), "whileInUse")
        self.yes(client)
        self.see("minimised")
        self.passed()
        self.record()
        self.nothing_comes()
        self.no(self.ask())
        self.see("shown")
        self.hears((ONE, True))

    def test_a_new_broker_knows_nothing_of_what_was_allowed_once(self):
        client = self.ask()
        self.desktop.choose(self.desktop.dialog(), "once")
        self.yes(client)
        self.restart_broker(9)
        self.record()
        self.assertEqual(self.desktop.dialog()["app"], ONE)
        self.assertEqual(self.said(), [])


if __name__ == "__main__":
    drive_broker.PROGRAM = os.path.abspath(sys.argv[1])
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
