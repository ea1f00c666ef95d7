# SPDX-License-Identifier: Apache-2.0
"""A Varlink client: JSON messages, each ended by a NUL byte, over a stream (varlink.org)."""
import json
import pathlib
import socket

from answer import CommandError


class VarlinkError(CommandError):
    """The service answered with an error, or is not there."""

    def __init__(self, name: str, parameters: dict | None = None):
        super().__init__(f"{name} {json.dumps(parameters)}" if parameters else name)
        self.name = name
        self.parameters = parameters or {}


class Client:
    """A session on a port of the machine's, at the end of a Unix socket."""

    def __init__(self, path: pathlib.Path, timeout: float = 60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(str(path))
        except OSError as error:
            raise VarlinkError("nothing serves there; is the machine running?") from error
        self.received = b""
        self._begin_session()

    def _begin_session(self):
        """The port outlives its clients: what the one before left behind ends here (io.bulkhead.Hypervisor.varlink)."""
        self.socket.sendall(b"\0\0")
        while b"\0\0" not in self.received:
            self._receive()
        self.received = self.received.partition(b"\0\0")[2]

    def _receive(self):
        try:
            data = self.socket.recv(65536)
        except TimeoutError as error:
            raise VarlinkError("no answer in time") from error
        if not data:
            raise VarlinkError("the service closed the connection")
        self.received += data

    def _message(self) -> dict:
        message = b""
        while not message:  # an empty one is the answer to a session that its client did not wait for
            while b"\0" not in self.received:
                self._receive()
            message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def send(self, method: str, more: bool = False, **parameters):
        request = {"method": method, "parameters": parameters} | ({"more": True} if more else {})
        self.socket.sendall(json.dumps(request).encode() + b"\0")

    def reply(self) -> dict:
        """The next one, to a call that was sent and that answers once."""
        return next(self._replies())

    def call(self, method: str, **parameters) -> dict:
        return next(self.watch(method, False, **parameters))

    def watch(self, method: str, more: bool = True, **parameters):
        """The replies of a call, one by one."""
        self.send(method, more, **parameters)
        yield from self._replies()

    def _replies(self):
        while True:
            reply = self._message()
            if "error" in reply:
                raise VarlinkError(reply["error"], reply.get("parameters"))
            yield reply.get("parameters", {})
            if not reply.get("continues"):
                return
