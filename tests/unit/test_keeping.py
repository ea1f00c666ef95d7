# SPDX-License-Identifier: Apache-2.0
"""The bulkhead command: whether what comes as an exported app is all of one, and what it was."""
import hashlib
import pathlib
import random
import struct
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))
import keeping  # noqa: E402
from bundles import BundleError  # noqa: E402
from refusals import refusal  # noqa: E402
from varlink import VarlinkError  # noqa: E402

DISK = 1 << 20
BUNDLE = (b"\xb5BAPP\r\n\x1a" + struct.pack("<IIQ", 1, 0, 3 * 4096)).ljust(3 * 4096, b"b")


def exported(*pieces: tuple[int, bytes], bundle: bytes = BUNDLE) -> bytes:
    body = b"\xb5BDAT\r\n\x1a" + struct.pack("<IIQQ", 1, 0, DISK, 0)
    body += b"".join(struct.pack("<QQ", offset, len(content)) + content for offset, content in pieces) + struct.pack("<QQ", DISK, 0)
    return bundle + body + hashlib.sha256(body).digest()


WHOLE = exported((0, b"x" * 512), (4096, b"y" * 70000))


@pytest.mark.parametrize("most", (1, 7, 4096, 1 << 20))
def test_it_ends_where_it_ends(most):
    chance = random.Random(most)
    follower, rest = keeping.Exported(), WHOLE
    while rest:
        assert not follower.ended
        size = chance.randint(1, most)
        follower.feed(rest[:size])
        rest = rest[size:]
    assert follower.ended


def test_an_app_of_one_block_without_a_disk():
    follower = keeping.Exported()
    follower.feed(exported(bundle=(b"\xb5BAPP\r\n\x1a" + struct.pack("<IIQ", 1, 0, 4096)).ljust(4096, b"b")))
    assert follower.ended


@pytest.mark.parametrize("place", (0, 3 * 4096, 3 * 4096 + 33, 3 * 4096 + 100, len(WHOLE) - 1))
def test_what_was_changed_on_the_way(place):
    changed = bytearray(WHOLE)
    changed[place] ^= 1
    follower = keeping.Exported()
    try:
        follower.feed(bytes(changed))
    except BundleError:
        return
    assert not follower.ended  # it waits for more, as a size is another


def test_more_than_the_app():
    with pytest.raises(BundleError, match="more came"):
        keeping.Exported().feed(WHOLE + b"x")


@pytest.mark.parametrize("name, parameters, said", (
    ("Busy", {}, "try again"), ("NoSuchPoint", {"id": "a.b", "point": 3}, "no such restore point"), ("TooManyPoints", {"id": "a.b", "most": 8}, "8 restore"),
    ("NothingToKeep", {"id": "a.b"}, "kept nothing"), ("Failed", {"reason": "no\x1broom"}, "no\N{REPLACEMENT CHARACTER}room")))
def test_what_a_refusal_is_told_as(name, parameters, said):
    refused = refusal(VarlinkError("io.bulkhead.Software." + name, parameters), id="a.b")
    assert not isinstance(refused, VarlinkError) and said in str(refused)


def test_another_error_stays_what_it_is():
    error = VarlinkError("org.varlink.service.MethodNotFound")
    assert refusal(error, id="a.b") is error
