#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The small app of docs/api/languages.md in Python, with its standard library alone."""
import json
import re
import socket
import sys

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
BUTTONS = [{"id": "again", "label": "Again"}, {"id": "done", "label": "Done"}]
WHY_NOT = {
    "org.varlink.service.PermissionDenied": "I may not know",
    "org.varlink.service.MethodNotFound": "this system has no such thing",
    "io.bulkhead.Location.NoSource": "nobody knows",
}


class Refused(Exception):
    """The system answered with an error."""


class System:
    def __init__(self):
        self.socket = socket.socket(socket.AF_VSOCK)
        self.socket.connect(SYSTEM)
        self.received = b""

    def call(self, method: str, **parameters) -> dict:
        self.socket.sendall(json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
        reply = self.receive()
        if "error" in reply:
            raise Refused(reply["error"])
        return reply.get("parameters", {})

    def receive(self) -> dict:
        """The next message; what came behind it is kept."""
        while b"\0" not in self.received:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("it closed the connection")
            self.received += data
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)


def introspect(system: System):
    info = system.call("org.varlink.service.GetInfo")
    print(info["product"], info["version"])
    for interface in info["interfaces"]:
        print(" ", interface)
    answer = system.call("org.varlink.service.GetInterfaceDescription", interface="io.bulkhead.Notification")
    print("methods:", *re.findall(r"^method (\w+)", answer["description"], re.MULTILINE))


def ask(system: System, body: str) -> str | None:
    """The id of the button that the person pressed; None when they dismissed the notification."""
    posted = system.call("io.bulkhead.Notification.Post", title="Hello from Python", body=body, buttons=BUTTONS)
    print("posted", posted["id"])
    button = system.call("io.bulkhead.Notification.Watch")["button"]
    print("pressed", button or "nothing")
    return button


def locate(system: System):
    try:
        place = system.call("io.bulkhead.Location.Watch", accuracy="coarse")
        print(f"location: {place['latitude']:.2f} {place['longitude']:.2f}")
    except Refused as refused:
        print("location:", WHY_NOT.get(str(refused), refused))


def main():
    sys.stdout.reconfigure(line_buffering=True)
    system = System()
    introspect(system)
    button = ask(system, "Shall I ask again?")
    while button == "again":
        button = ask(system, 'You pressed "Again".')
    locate(system)


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"the system refused: {refused}")
    except OSError as error:
        sys.exit(f"lost the system: {error}")
