#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sees through each camera that there is, and says what comes of it, and how the machine is held: so who shows it turns it."""
import json
import os
import socket

SYSTEM, STREAMS = (2, 1), (2, 3)  # CID 2 is the system, port 1 its API, port 3 for streams
SMALL = {"width": 320, "height": 240}


def replies(method: str, more: bool = True, **parameters):
    """The replies to a call."""
    with socket.socket(socket.AF_VSOCK) as connection:
        connection.connect(SYSTEM)
        connection.sendall(json.dumps({"method": method, "parameters": parameters, "more": more}).encode() + b"\0")
        received = b""
        while data := connection.recv(65536):
            received += data
            while b"\0" in received:
                message, _, received = received.partition(b"\0")
                yield json.loads(message)


def receive(stream: socket.socket, size: int) -> bytes:
    """So many bytes; fewer at the end of the stream."""
    data = bytearray()
    while len(data) < size and (more := stream.recv(size - len(data))):
        data += more
    return bytes(data)


def see(title: str, stream: str, format: str, width: int, height: int, rate: int):
    seen, different = 0, set()
    with socket.socket(socket.AF_VSOCK) as camera:
        camera.connect(STREAMS)
        camera.sendall(stream.encode() + b"\n")
        while len(header := receive(camera, 16)) == 16:
            length = int.from_bytes(header[:4], "little")
            pixels = receive(camera, length)
            if len(pixels) < length:
                break
            seen += 1
            different.add(hash(pixels))
            if seen == 3:
                print(f"sees {title}: {format} {width}x{height}, {length} bytes a frame, {len(different)} different", flush=True)
    print(f"sees {title} no more", flush=True)


def look(camera: dict):
    print("found", camera["title"], "of", camera["app"] or "the machine", flush=True)
    reply = next(replies("io.bulkhead.Camera.Open", more=False, camera=camera["id"], **SMALL))
    if "error" in reply:
        print(f"does not see {camera['title']}: {reply['error']}", flush=True)
    else:
        see(camera["title"], **reply["parameters"])


def tell_orientation():
    held = None
    for reply in replies("io.bulkhead.Window.Watch"):
        if reply["parameters"]["orientation"] != held:
            held = reply["parameters"]["orientation"]
            print("the machine is held at", held, "degrees", flush=True)


def main():
    if os.fork() == 0:
        tell_orientation()
        os._exit(0)
    known: set[str] = set()
    processes: list[int] = []  # one for each camera that it looks through
    for reply in replies("io.bulkhead.Camera.Watch"):
        if "error" in reply:
            raise SystemExit(f"the system refused: {reply['error']}")
        processes = [process for process in processes if not os.waitpid(process, os.WNOHANG)[0]]
        cameras = {camera["id"]: camera for camera in reply["parameters"]["cameras"]}
        for name in cameras.keys() - known:
            process = os.fork()
            if process == 0:
                look(cameras[name])
                os._exit(0)
            processes.append(process)
        known = set(cameras)


main()
