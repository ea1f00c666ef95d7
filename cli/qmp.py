# SPDX-License-Identifier: Apache-2.0
"""QEMU's machine protocol, and the keys of the emulated machine; hand.py has its pointer and fingers."""
import json
import pathlib
import socket

from answer import CommandError

# What QEMU calls the keys of a US keyboard (qapi/ui.json, QKeyCode).
PLAIN = {" ": "spc", "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right", ";": "semicolon",
         "'": "apostrophe", "`": "grave_accent", "\\": "backslash", ",": "comma", ".": "dot", "/": "slash",
         "\n": "ret", "\t": "tab"}
SHIFTED = dict(zip('!@#$%^&*()_+{}|:"<>?~', '1234567890-=[]\\;\',./`'))


class QmpError(CommandError):
    """QEMU refused a command, or is not there."""


def keys_of(character: str) -> list[str]:
    """The keys that, held together, type a character on a US keyboard."""
    if character in SHIFTED:
        return ["shift", *keys_of(SHIFTED[character])]
    if character in PLAIN:
        return [PLAIN[character]]
    if character.isascii() and character.isalnum():
        return ["shift", character.lower()] if character.isupper() else [character]
    raise QmpError(f"a US keyboard has no key for {character!r}")


class Qmp:
    def __init__(self, path: pathlib.Path, timeout: float = 30):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
        except OSError as error:
            raise QmpError("the machine is not running") from error
        self.stream = self.socket.makefile("rw")
        self.stream.readline()  # the greeting
        self.run("qmp_capabilities")

    def run(self, command: str, **arguments):
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        for line in self.stream:
            answer = json.loads(line)
            if "error" in answer:
                raise QmpError(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]
        raise QmpError("the machine ended")

    def events(self, *events: dict):
        self.run("input-send-event", events=list(events))

    def press(self, keys: list[str]):
        """All down, and up again, at once: on an emulated machine a VM may stand still for longer than a key is held until it repeats, and
        would take what comes after that for late."""
        for down, order in ((True, keys), (False, keys[::-1])):
            for key in order:
                self.events({"type": "key", "data": {"key": {"type": "qcode", "data": key}, "down": down}})
