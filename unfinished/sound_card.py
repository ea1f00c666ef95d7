# SPDX-License-Identifier: Apache-2.0
"""An emulated machine's sound card: what it plays goes to a file, what it records comes from one.

QEMU can play to a file by itself, but record from none. It can use any device of alsa-lib's, though, and alsa-lib's "file" is
one: over "null", which takes and gives everything at once, it writes and reads raw sound. The card keeps the pace.
"""
import os
import pathlib

CARD = ["-device", "intel-hda", "-device", "hda-duplex,audiodev=sound"]  # as in most PCs
# Signed 16-bit little-endian samples, 48000 frames a second of two: what the hypervisor asks of the card, so that the samples are
# the very ones.
FORMAT = "frequency=48000,channels=2,format=s16"
CONFIGURATION = """pcm.null { type null }
pcm.play { type file; slave.pcm null; file "%s"; format raw; perm 0644 }
pcm.record { type file; slave.pcm null; file /dev/null; infile "%s"; format raw }
"""


def arguments(folder: pathlib.Path, record: str | None, play: str | None) -> tuple[list[str], dict[str, str]]:
    """QEMU's arguments, and what its environment needs; `folder` is for the configuration. Without files nobody hears what is
    played, and what is recorded is silence."""
    if record is None and play is None:
        return [*CARD, "-audiodev", "none,id=sound"], {}
    configuration = folder / "asound.conf"
    configuration.write_text(CONFIGURATION % (play or "/dev/null", record or "/dev/zero"))
    directions = ",".join(f"{way}.{word}" for way, device in (("in", "record"), ("out", "play"))
                          for word in (f"dev={device}", "try-poll=off", *FORMAT.split(",")))
    return [*CARD, "-audiodev", f"alsa,id=sound,{directions}"], {"ALSA_CONFIG_PATH": os.fspath(configuration)}
