#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""io.bulkhead.Power, from an app's side and from the person's: drive_power.py BROKER_UNDER_TEST [TEST ...]"""
import os
import pathlib
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]
import drive_broker  # noqa: E402
import tap  # noqa: E402
from varlink_peer import PATIENCE, FakeDesktop, wait_for  # noqa: E402

WATCH, INHIBIT = "io.bulkhead.Power.Watch", "io.bulkhead.Power.Inhibit"
MAINS = {"battery": None, "plugged": True, "charging": False, "lowPower": False, "suspending": None}
ANNOUNCED_MS = 2000
HELD = {"parameters": {}, "continues": True}


class Fixture(drive_broker.Fixture):
    def watch(self, cid: int = 3):
        """A connection that watches, and what it was told first."""
        client = self.client(cid)
        reply = client.call(WATCH, more=True)
        self.assertTrue(reply["continues"])
        return client, reply["parameters"]

    def told(self, client) -> dict:
        reply = client.receive()
        self.assertTrue(reply["continues"])
        return reply["parameters"]

    def told_that(self, client, **wanted) -> dict:
        """What it is told until it hears this."""
        while not wanted.items() <= (told := self.told(client)).items():
            pass
        return told

    def shown(self, condition, what: str) -> dict:
        """What the desktop was told last, once that is so."""
        return wait_for(lambda: self.desktop.power and condition(self.desktop.power[-1]) and self.desktop.power[-1], what)

    def inhibit(self, reason: str = "Recording the meeting", cid: int = 3):
        client = self.client(cid)
        self.assertEqual(client.call(INHIBIT, more=True, reason=reason), HELD)
        return client

    def reasons(self) -> list[tuple[str, str]]:
        return [(entry["appName"], entry["reason"]) for entry in self.desktop.power[-1]["inhibitors"]] if self.desktop.power else []

    def sleep(self, anyway: bool = False):
        self.desktop.tell(power={"sleep": anyway})

    def suspends(self) -> int:
        return self.hypervisor.methods().count("Suspend")

    def refusal(self, **parameters) -> dict:
        client = self.client()
        reply = client.call(INHIBIT, more=True, **parameters)
        client.close()
        return reply


class Watching(Fixture):
    def test_once_and_for_good(self):
        self.assertEqual(self.client().call(WATCH), {"parameters": MAINS})
        client, first = self.watch()
        self.assertEqual(first, MAINS)
        self.hypervisor.set_power(percent=40, plugged=False, seconds=7200)
        self.assertEqual(self.told(client), MAINS | {"battery": 40, "plugged": False})
        self.hypervisor.set_power(plugged=True, charging=True)
        self.assertEqual(self.told(client), MAINS | {"battery": 40, "charging": True})
        other, first = self.watch(4)
        self.assertEqual(first, MAINS | {"battery": 40, "charging": True})

    def test_low_power_by_itself_and_by_the_person(self):
        client, _ = self.watch()
        self.hypervisor.set_power(percent=19, plugged=False)
        self.assertTrue(self.told(client)["lowPower"])
        self.shown(lambda told: told["lowPower"] and told["percent"] == 19, "the desktop is told")
        self.hypervisor.set_power(percent=24)
        self.assertTrue(self.told(client)["lowPower"])
        self.desktop.tell(power={"lowPower": False})
        self.assertFalse(self.told(client)["lowPower"])
        self.hypervisor.set_power(plugged=True)
        self.assertFalse(self.told(client)["lowPower"])
        self.desktop.tell(power={"lowPower": True})
        self.assertTrue(self.told(client)["lowPower"])
        self.shown(lambda told: told["lowPower"] and told["plugged"], "the desktop is told")

    def test_who_does_not_read_is_told_the_newest(self):
        client, _ = self.watch()
        witness, _ = self.watch(4)
        for percent in range(99, 0, -1):  # 8 KiB of what waits to be read are soon full
            self.hypervisor.set_power(percent=percent, plugged=False)
        self.told_that(witness, battery=1)
        self.told_that(client, battery=1)

    def test_a_new_desktop_is_told(self):
        self.hypervisor.set_power(percent=55, plugged=False, seconds=3600)
        self.inhibit()
        self.shown(lambda told: told["inhibitors"] and told["percent"] == 55, "the desktop knows")
        self.desktop.die()
        wait_for(lambda: "lost the desktop" in self.log_text(), "the loss was noticed")
        self.desktop = FakeDesktop(self.folder / "desktop")
        told = self.shown(lambda told: True, "it is told")
        self.assertEqual(told, {"percent": 55, "plugged": False, "charging": False, "seconds": 3600, "lowPower": False, "suspends": True,
                                "suspending": False,
                                "inhibitors": [{"app": "io.example.one", "appName": "One", "reason": "Recording the meeting"}]})

    def test_what_the_hypervisor_says_wrongly_ends_its_session(self):
        for wrong in ({"percent": 101}, {"plugged": "yes"}, {"charging": None}):
            sessions = self.hypervisor.sessions
            with self.hypervisor.lock:
                self.hypervisor.stream.send({"parameters": {"power": self.hypervisor.power | wrong}, "continues": True})
            wait_for(lambda: self.hypervisor.sessions > sessions and self.hypervisor.watching, "the broker begins anew")
        self.assertEqual(self.client().call(WATCH), {"parameters": MAINS})


class Inhibiting(Fixture):
    def test_it_lasts_as_long_as_its_connection(self):
        first = self.inhibit()
        second = self.inhibit("Burning a disc", 4)
        wait_for(lambda: self.reasons() == [("One", "Recording the meeting"), ("Two", "Burning a disc")], "both are shown")
        first.close()
        wait_for(lambda: self.reasons() == [("Two", "Burning a disc")], "one is left")
        self.hypervisor.change("io.example.two", cid=None, state="stopped")
        wait_for(lambda: self.reasons() == [], "it went with its VM")
        self.assertTrue(second.closed())

    def test_who_says_no_more_holds_it_until_it_has_gone(self):
        """And is not looked at again and again meanwhile. (That it has gone, a vsock says otherwise than a Unix socket:
        tests/e2e/test_desktop.py.)"""
        client = self.inhibit()
        client.endpoint.shutdown(socket.SHUT_WR)
        self.inhibit("Burning a disc", 4)
        wait_for(lambda: self.reasons() == [("One", "Recording the meeting"), ("Two", "Burning a disc")], "both are shown")
        spent = self.processor_seconds()
        time.sleep(0.5)
        self.assertLess(self.processor_seconds() - spent, 0.2)
        self.assertEqual(self.reasons(), [("One", "Recording the meeting"), ("Two", "Burning a disc")])
        client.close()
        wait_for(lambda: self.reasons() == [("Two", "Burning a disc")], "it went")

    def processor_seconds(self) -> float:
        """That the broker has spent."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_reasons_that_break_a_rule(self):
        for reason, fault, limit in (("", "empty", None), (" \u200b", "empty", None), ("x" * 201, "tooLong", 200), ("é" * 101, "tooLong", 200),
                                     ("two\nlines", "badCharacter", None), ("\u202egnihton", "badCharacter", None),
                                     ("\x1b[2J", "badCharacter", None)):
            self.assertEqual(self.refusal(reason=reason), {"error": "io.bulkhead.Power.InvalidReason", "parameters": {
                "field": "reason", "fault": fault, "limit": limit}})
        self.assertEqual(self.client().call(INHIBIT, reason="Once"), {"error": "org.varlink.service.ExpectedMore", "parameters": {}})
        self.assertEqual(self.refusal()["error"], "org.varlink.service.InvalidParameter")
        self.assertEqual(self.refusal(reason=7)["error"], "org.varlink.service.InvalidParameter")
        self.assertEqual(self.reasons(), [])
        self.assertEqual(self.inhibit("é" * 100).endpoint.gettimeout(), PATIENCE)  # and the longest that keeps it

    def test_bytes_that_are_no_text(self):
        self.refused(b'{"method":"' + INHIBIT.encode() + b'","parameters":{"reason":"\xff\xfe"},"more":true}\0', "")
        self.inhibit()

    def test_an_app_holds_so_many(self):
        held = [self.inhibit(f"Reason {number}") for number in range(4)]
        self.assertEqual(self.refusal(reason="One more"), {"error": "io.bulkhead.Power.TooManyInhibitors", "parameters": {"limit": 4}})
        self.inhibit("Not one's", 4)
        held[1].close()
        wait_for(lambda: len(self.reasons()) == 4, "its place is free")
        self.inhibit("The next")
        wait_for(lambda: [reason for _, reason in self.reasons()] == ["Reason 0", "Reason 2", "Reason 3", "Not one's", "The next"], "in order")


class Sleeping(Fixture):
    def test_it_is_announced_and_over(self):
        client, _ = self.watch()
        self.hypervisor.suspend = None
        began = time.monotonic()
        self.sleep()
        left = self.told(client)["suspending"]
        self.assertTrue(ANNOUNCED_MS - 1000 * (time.monotonic() - began) - 50 <= left <= ANNOUNCED_MS, left)
        self.shown(lambda told: told["suspending"], "the desktop is told")
        wait_for(lambda: self.suspends() == 1, "the machine is asked to sleep")
        self.assertGreaterEqual(time.monotonic() - began, ANNOUNCED_MS / 1000 - 0.1)
        self.assertEqual(self.client().call(WATCH)["parameters"]["suspending"], 0)
        self.hypervisor.wake({"parameters": {}})
        self.assertIsNone(self.told(client)["suspending"])
        self.shown(lambda told: not told["suspending"] and "problem" not in told, "the desktop is told")
        wait_for(lambda: self.hypervisor.watching, "the broker watches again")
        self.hypervisor.set_power(percent=30)
        self.assertEqual(self.told(client)["battery"], 30)

    def test_asked_twice_it_sleeps_once(self):
        self.shown(lambda told: told["suspends"], "the broker knows that the machine can sleep")
        for _ in range(3):
            self.sleep()
        wait_for(lambda: "the machine is awake" in self.log_text(), "it slept")
        self.assertEqual(self.suspends(), 1)
        self.sleep()
        wait_for(lambda: self.suspends() == 2, "and sleeps again")

    def test_who_keeps_it_awake_is_asked_about(self):
        self.inhibit()
        self.shown(lambda told: told["inhibitors"], "the desktop knows")
        client, _ = self.watch()
        self.sleep()
        self.hypervisor.set_power(percent=50)
        self.assertIsNone(self.told(client)["suspending"], "nothing came of it")
        self.sleep(anyway=True)
        self.told(client)
        wait_for(lambda: self.suspends() == 1, "it sleeps anyway")
        self.told_that(client, suspending=None)
        self.assertEqual(self.reasons(), [("One", "Recording the meeting")], "and what kept it awake is still there")

    def test_why_it_did_not(self):
        client, _ = self.watch()
        self.hypervisor.suspend = {"error": "io.bulkhead.Hypervisor.SuspendFailed", "parameters": {"reason": "Device or resource busy"}}
        self.sleep()
        self.told_that(client, suspending=None)
        self.shown(lambda told: told.get("problem") == "Device or resource busy", "the person is told why")
        self.hypervisor.suspend = {"parameters": {}}
        self.sleep()
        self.shown(lambda told: told["suspending"] and "problem" not in told, "the next time is another one")

    def test_a_machine_that_does_not_sleep(self):
        client, _ = self.watch()
        self.hypervisor.set_power(suspends=False)
        self.shown(lambda told: not told["suspends"], "the desktop is told")
        self.told(client)
        self.sleep(anyway=True)
        wait_for(lambda: "the person asked for sleep, which this machine does not" in self.log_text(), "the wish arrived")
        self.assertEqual(self.suspends(), 0)
        self.assertIsNone(self.client().call(WATCH)["parameters"]["suspending"])

    def test_off(self):
        self.watch()
        self.desktop.tell(power={"off": True})
        wait_for(lambda: self.hypervisor.methods().count("PowerOff") == 1, "the hypervisor is asked")
        self.desktop.tell(power={"off": False})
        wait_for(lambda: "a wish about power of a wrong form" in self.log_text(), "what says nothing is refused")
        self.assertEqual(self.hypervisor.methods().count("PowerOff"), 1)

    def test_a_line_that_breaks_while_it_sleeps(self):
        client, _ = self.watch()
        self.hypervisor.suspend = None
        self.sleep()
        wait_for(lambda: self.suspends() == 1, "the machine sleeps")
        self.hypervisor.stream.send_bytes(b"no json\0")
        self.told_that(client, suspending=None)
        self.shown(lambda told: not told["suspending"] and told.get("problem"), "the desktop is told")
        wait_for(lambda: self.hypervisor.watching, "the broker watches again")

    def test_wishes_of_a_wrong_form(self):
        for number, wish in enumerate(({}, {"sleep": "now"}, {"lowPower": 1}, 7), 1):
            self.lost_over({"power": wish})
            wait_for(lambda: self.log_text().count("a wish about power of a wrong form") == number, "it was noticed")
        self.assertEqual(self.suspends(), 0)


class Hostile(Fixture):
    def test_who_wants_no_answer_holds_nothing(self):
        for call in ({"method": INHIBIT, "parameters": {"reason": "Mine"}, "oneway": True}, {"method": WATCH, "oneway": True}):
            client = self.client()
            for _ in range(3):
                client.send(call)
            self.assertEqual(client.call(WATCH), {"parameters": MAINS})
            client.close()
        self.assertEqual(self.reasons(), [])
        both = self.client()
        both.send({"method": INHIBIT, "parameters": {"reason": "Mine"}, "oneway": True, "more": True})
        self.assertTrue(both.closed())
        self.assertEqual(self.reasons(), [])

    def test_a_thousand_watchers(self):
        served = []
        for _ in range(1000):
            client = self.client()
            try:
                client.send({"method": WATCH, "more": True})
                if client.receive():
                    served.append(client)
            except ConnectionError:
                client.close()
        self.assertEqual(len(served), 8)
        self.assertEqual(self.client(4).call(WATCH), {"parameters": MAINS})
        self.hypervisor.set_power(percent=70)
        for client in served:
            self.assertEqual(self.told(client)["battery"], 70)

    def test_a_flood_of_reasons_is_few_words_to_the_desktop(self):
        before = len(self.desktop.power)
        began = time.monotonic()
        for number in range(150):
            client = self.client()
            self.assertIn(client.call(INHIBIT, more=True, reason=f"Reason {number}").get("error"), (None, "io.bulkhead.Power.TooManyInhibitors"))
            client.close()
        wait_for(lambda: self.desktop.power and self.reasons() == [], "all are gone")
        self.assertLess(len(self.desktop.power) - before, (time.monotonic() - began) * 10 + 3)
        self.assertEqual(self.client(4).call(WATCH), {"parameters": MAINS})

    def test_memory_stays_flat(self):
        call = b'{"method":"%s","parameters":{"reason":"%s"},"more":true}\0' % (INHIBIT.encode(), b"x" * 200)
        self.assert_flat(call[:-5], [call, call.replace(b'"x', b'"\\u0000x'), b'{"method":"%s","more":true}\0' % WATCH.encode()])
        wait_for(lambda: self.reasons() == [], "nothing is left of it")


if __name__ == "__main__":
    drive_broker.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    sys.exit(tap.run(sys.modules[__name__], sys.argv[2:]))
