# SPDX-License-Identifier: Apache-2.0
"""What the network card of an emulated machine leads to: a network in namespaces of this machine, with names, addresses and pages, and
no way further. The world itself is tests/unit/network_world.py's."""
import contextlib
import pathlib
import selectors
import socket
import sys
import threading

from conftest import SOURCE

sys.path.append(str(SOURCE / "tests/unit"))
import network_world  # noqa: E402
from network_world import GOOD, OTHER, send_whole_frames  # noqa: E402

ETH_ALL = 3
FRAME_MAX = 65536


class Page(network_world.Server):
    """Answers any request with a page whose lines come one by one, for as long as somebody reads."""

    def take(self, selector, one):
        if one is self.listener:
            connection = one.accept()[0]
            self.came += 1
            threading.Thread(target=self.write, args=(connection,), daemon=True).start()

    def write(self, connection: socket.socket):
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            connection.recv(4096)
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            number = 0
            while self.running:
                number += 1
                connection.sendall(f"news {number} of {self.listener.getsockname()[0]}\n".encode())
                self.stop.wait(0.5)

    def __init__(self, *arguments):
        self.stop = threading.Event()
        super().__init__(*arguments)

    def close(self):
        self.stop.set()
        super().close()


class Outside:
    """`path` is what machine.up(network=...) takes."""

    def __init__(self, folder: pathlib.Path):
        self.path = folder / "network.sock"
        self.cable = network_world.Namespace()
        self.world = network_world.World(self.cable, folder / "names", "wire", Page)
        self.cable.run("ip", "link", "set", "wire", "up", "promisc", "on")
        for namespace, name in ((self.cable, "wire"), (self.world.namespace, "router")):
            send_whole_frames(namespace, name)
        with self.cable:
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
            self.wire.bind(("wire", ETH_ALL))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.running = True
        self.thread = threading.Thread(target=self.carry)
        self.thread.start()

    def carry(self):
        """Frames both ways; a machine may come and go."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            selector.register(self.wire, selectors.EVENT_READ)
            machine, received = None, b""
            while self.running:
                for key, _ in selector.select(0.1):
                    if key.fileobj is self.listener:
                        machine, received = self.listener.accept()[0], b""
                        selector.register(machine, selectors.EVENT_READ)
                    elif key.fileobj is self.wire:
                        frame, (_, _, kind, *_) = self.wire.recvfrom(FRAME_MAX)
                        if machine and kind != socket.PACKET_OUTGOING:
                            with contextlib.suppress(OSError):
                                machine.sendall(len(frame).to_bytes(4) + frame)
                    else:
                        received = self.pass_on(selector, machine, received)
            if machine:
                machine.close()

    def pass_on(self, selector, machine: socket.socket, received: bytes) -> bytes:
        try:
            data = machine.recv(FRAME_MAX)
        except OSError:
            data = b""
        if not data:
            selector.unregister(machine)
            return b""
        received += data
        while len(received) >= 4 and len(received) >= (size := int.from_bytes(received[:4]) + 4):
            with contextlib.suppress(OSError):
                self.wire.send(received[4:size])
            received = received[size:]
        return received

    def came(self, address: str) -> int:
        return self.world.servers[address].came

    def close(self):
        self.running = False
        self.thread.join()
        self.wire.close()
        self.listener.close()
        self.world.close()
        self.cable.close()


why_not = network_world.can_be_made
__all__ = ["GOOD", "OTHER", "Outside", "why_not"]
