# SPDX-License-Identifier: Apache-2.0
"""An app that keeps no rule of the System API, on any of its ports, again and again; it says what came of it."""
import socket

SYSTEM, JSON, CBOR, STREAMS = 2, 1, 2, 3
DEAF = 3  # connections that call and never read
PATIENCE = 30  # seconds in which the system closes what it is to close; half a message may take it 10
BLOCKED = 3  # seconds in which nothing that is sent goes any more
SENT_MAX = 50_000_000  # bytes; who is not read gets rid of far less
GET_INFO = b'{"method": "org.varlink.service.GetInfo"}\0'
DESCRIBE = b'{"method": "org.varlink.service.GetInterfaceDescription", "parameters": {"interface": "io.bulkhead.Window"}}\0'
HALVES = [(JSON, GET_INFO[:-1]), (JSON, b'{"method": "' + b"x" * 200_000), (JSON, b"\xf0\x9f"), (CBOR, b"\0\0"), (CBOR, b"\0\3\0\0\xa1"),
          (STREAMS, b"0123456789abcdef"), (STREAMS, b"\xff"), (STREAMS, b"\n" * 32)]
MALFORMED = {
    JSON: [b"{\0", b"{}{}\0", b"nonsense\0", b"[]\0", b"\0", b"\xff\xfe\0", b'{"method": "a.B\xc3("}\0', b'{"method": "a.B\xed\xa0\x80"}\0',
           b'{"method": "a.B\\ud800"}\0', b'{"method": "a.B", "parameters": {"x": NaN}}\0', b'{"method": "a.B", "method": "a.C"}\0',
           b'{"method": 3}\0', b'{"parameters": ' + b"[" * 100_000, b'{"method": "' + b"a" * 300_000, b"\xff" * 300_000],
    CBOR: [b"\0\0\0\0", b"\xff\xff\xff\xff", GET_INFO, b"\0\0\0\1\xff", b"\0\0\0\2\xa1\x01", b"\0\0\0\x21" + b"\x81" * 33,
           b"\0\0\0\5\x7b\xff\xff\xff\xff", b"\0\0\0\4\xa1\x61\xff\xf6", b"\0\0\0\1\xa0", b"\0\0\0\2\x40\x40"],
    STREAMS: [b"0" * 32 + b"\n", b"\0" * 33, b"\xff" * 1000, b"\n" * 33, GET_INFO, b"f" * 100_000],
}


def connect(port: int) -> socket.socket:
    connection = socket.socket(socket.AF_VSOCK)
    connection.settimeout(PATIENCE)
    connection.connect((SYSTEM, port))
    return connection


def is_closed(connection: socket.socket) -> bool:
    """Whether the system closes it, and says nothing before."""
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def send(connection: socket.socket, data: bytes):
    try:
        connection.sendall(data)
    except ConnectionError:
        pass  # it was closed on the way


def answers() -> bool:
    with connect(JSON) as connection:
        connection.sendall(GET_INFO)
        return b"vendor" in connection.recv(65536)


def malformed(port: int) -> int:
    """How many messages did not end their connection."""
    stayed = 0
    for data in MALFORMED[port]:
        with connect(port) as connection:
            send(connection, data)
            if not is_closed(connection):
                stayed += 1
                print("stayed", port, data[:60], flush=True)
    return stayed


def halves() -> int:
    """How many connections stayed that began something and did not end it."""
    begun = [(connect(port), data) for port, data in HALVES]
    for connection, data in begun:
        send(connection, data)
    return sum(not is_closed(connection) for connection, _ in begun)


def never_read(connection: socket.socket) -> int:
    """Calls, until nothing goes any more: how many bytes went."""
    connection.settimeout(BLOCKED)
    sent = 0
    try:
        while sent < SENT_MAX:
            sent += connection.send(DESCRIBE * 100)
    except (TimeoutError, ConnectionError):
        pass
    return sent


def do_its_worst():
    for name, port in (("JSON", JSON), ("CBOR", CBOR), ("streams", STREAMS)):
        print("malformed", name, len(MALFORMED[port]), "stayed", malformed(port), flush=True)
    print("halves", len(HALVES), "stayed", halves(), flush=True)
    deaf = [connect(JSON) for _ in range(DEAF)]
    print("never read, sent at most", max(map(never_read, deaf)), flush=True)
    print("answered still" if answers() else "answered no more", flush=True)


def main():
    while True:
        do_its_worst()
        print("has done its worst", flush=True)


main()
