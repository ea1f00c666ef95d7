#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A timer: timer.py [SECONDS]

Tells the person when the time is up, and asks whether to run again; while it runs, the machine does not sleep by itself,
unless power is to be saved. All that it needs of the system goes over vsock connections as JSON messages, each ended by a
NUL byte: docs/api/README.md says how, in ten lines.
"""
import json
import socket
import sys
import time

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
PATIENCE = (0.2, 5)  # seconds between attempts to reach the system: the first pause, and the longest
BUTTONS = [{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}]


class Refused(Exception):
    """The system answered with an error."""


class System:
    """A connection to the system."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_VSOCK)
        self.socket.connect(SYSTEM)

    def call(self, method: str, more: bool = False, **parameters) -> dict:
        message = json.dumps({"method": method, "parameters": parameters} | ({"more": True} if more else {}))
        print("->", message, flush=True)
        self.socket.sendall(message.encode() + b"\0")
        reply = b""
        while not reply.endswith(b"\0"):
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError("the system closed the connection")
            reply += received
        print("<-", reply[:-1].decode(), flush=True)
        reply = json.loads(reply[:-1])
        if "error" in reply:
            raise Refused(reply["error"], reply.get("parameters"))
        return reply["parameters"]


def connect() -> System:
    """Reaches the system, which may be restarting."""
    pause, longest = PATIENCE
    while True:
        try:
            return System()
        except OSError as error:
            print(f"the system is not there: {error}", flush=True)
        time.sleep(pause)
        pause = min(2 * pause, longest)


def stay_awake(reason: str) -> System | None:
    """Keeps the machine awake until the connection is closed; None when power is to be saved, or there is no system."""
    try:
        system = System()
        if not system.call("io.bulkhead.Power.Watch")["lowPower"]:
            system.call("io.bulkhead.Power.Inhibit", more=True, reason=reason)
            return system
        system.socket.close()
    except (OSError, Refused) as error:
        print(f"the machine may sleep: {error}", flush=True)
    return None


def withdraw(system: System, question: int):
    try:
        system.call("io.bulkhead.Notification.Withdraw", id=question)
    except Refused:
        pass  # it went with the system that showed it, or the person has answered it


def ask(body: str) -> str:
    """Shows the question until the person answers it; yields the button's id, "done" when they dismiss it."""
    question = None
    while True:
        system = connect()
        try:
            if question:  # asked before the connection was lost: it may still be there
                withdraw(system, question)
            question = system.call("io.bulkhead.Notification.Post", title="Time is up", body=body, buttons=BUTTONS)["id"]
            answer = system.call("io.bulkhead.Notification.Watch")
            if answer["id"] != question:  # they answered the one before the loss
                withdraw(system, question)
            return answer["button"] or "done"
        except OSError as error:
            print(f"lost the system: {error}", flush=True)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5
    answer = "again"
    while answer == "again":
        print(f"waiting {seconds:g} s", flush=True)
        awake = stay_awake("The timer runs")
        time.sleep(seconds)
        if awake:
            awake.socket.close()
        answer = ask(f"The timer ran for {seconds:g} seconds.")
    print("done", flush=True)


if __name__ == "__main__":
    main()
