#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetches a page from each host, line by line as it comes, and shows its first line in a notification: headlines.py HOST ...

Nothing here knows of Bulkhead's network but the manifest: it is a network card, with names and an address, as on any computer. Until
the person has allowed it, nothing answers; so it tries again.
"""
import json
import socket
import sys
import time

SYSTEM = (2, 1)  # CID 2 is the system, port 1 its API
PATIENCE = 5  # seconds


def notify(title: str, body: str):
    with socket.socket(socket.AF_VSOCK) as connection:
        connection.connect(SYSTEM)
        parameters = {"title": title, "body": body}
        connection.sendall(json.dumps({"method": "io.bulkhead.Notification.Post", "parameters": parameters}).encode() + b"\0")
        connection.recv(4096)


def lines_of(host: str):
    """The lines of the host's page, without its head."""
    with socket.create_connection((host.encode(), 80), PATIENCE) as connection:
        connection.sendall(f"GET / HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        received, body = b"", False
        while data := connection.recv(65536):
            received += data
            while b"\n" in received:
                line, _, received = received.partition(b"\n")
                if body:
                    yield line.decode(errors="replace").strip()
                body = body or line in (b"", b"\r")


def read(host: str, told: set[str]):
    try:
        for line in lines_of(host):
            print(f"{host} says: {line}", flush=True)
            if host not in told:
                told.add(host)
                notify(host, line)
    except OSError as error:
        print(f"{host} is not reached: {error}", flush=True)


def main():
    told: set[str] = set()
    while True:
        for host in sys.argv[1:]:
            read(host, told)
        time.sleep(1)


main()
