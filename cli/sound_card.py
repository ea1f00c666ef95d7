# SPDX-License-Identifier: Apache-2.0
"""An emulated machine's sound card: what it plays goes to a file, what its microphone hears comes from one.

QEMU can play to a file by itself, but record from none. It can use any device of alsa-lib's, though, and alsa-lib's "file" is
one: over "null", which takes and gives everything at once, it writes and reads sound. The pace is the card's: Intel's HDA, as
QEMU emulates it, has a clock of its own, which its virtio-snd and its other cards leave to the device behind them. It moves that
clock, though, until its buffer of 8 KiB is half full whenever QEMU serves the device: with QEMU's 10 ms that never is, as "null" takes
all there is, and the card ran 1.4 times as fast as time. TICK is half of that buffer, in both directions.
"""
import os
import pathlib
import wave

from answer import CommandError, caller_name

RATE, CHANNELS, SAMPLE = 48000, 2, 2  # Hz; bytes: what the hypervisor asks of a card, so that nothing converts
TICK = 21000  # microseconds, in which QEMU serves the device once, and which the device holds
CONFIGURATION = """pcm.null { type null }
pcm.play { type file; slave.pcm null; file "%s"; format wav; perm 0644 }
pcm.record { type file; slave.pcm null; file /dev/null; infile "%s"; format raw }
"""


class SoundError(CommandError):
    pass


def read_wav(path: os.PathLike | str) -> bytes:
    """The frames of a WAV file; one channel is made two."""
    try:
        with wave.open(os.fspath(path), "rb") as file:
            channels = file.getnchannels()
            if (file.getframerate(), file.getsampwidth()) != (RATE, SAMPLE) or channels not in (1, CHANNELS):
                raise SoundError(f"{caller_name(path)} is to have {RATE} Hz, 16 bits and one channel or two")
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise SoundError(f"{caller_name(path)} is no WAV file: {error}") from error
    except OSError as error:
        raise SoundError(f"{caller_name(path)} cannot be read: {error.strerror}") from error
    if channels == CHANNELS:
        return frames
    return b"".join(2 * frames[at:at + SAMPLE] for at in range(0, len(frames), SAMPLE))


def arguments(folder: pathlib.Path, microphone: os.PathLike | str | None,
              speaker: os.PathLike | str | None) -> tuple[list[str], dict[str, str]]:
    """QEMU's arguments, and what its environment needs; `folder` keeps what they name. Without a file for it there is no
    microphone, and without any there is no card. The file is heard once, from when somebody first listens; then, silence."""
    if microphone is None and speaker is None:
        return [], {}
    heard, configuration = folder / "microphone.raw", folder / "asound.conf"
    if microphone is not None:
        heard.write_bytes(read_wav(microphone))
    configuration.write_text(CONFIGURATION % (speaker or "/dev/null", heard))
    form = f"frequency={RATE},channels={CHANNELS},format=s16".split(",")
    ways = ",".join(f"{way}.{word}" for way, device in (("in", "record"), ("out", "play"))
                    for word in (f"dev={device}", "try-poll=off", f"buffer-length={TICK}", *form))
    codec = "hda-output" if microphone is None else "hda-micro"
    return (["-device", "intel-hda", "-device", f"{codec},audiodev=sound", "-audiodev", f"alsa,id=sound,timer-period={TICK},{ways}"],
            {"ALSA_CONFIG_PATH": os.fspath(configuration)})
