# SPDX-License-Identifier: Apache-2.0
"""Sound, in the rig: the device of a VM (tests/rig/scenarios/sound.py), and bk-sound with a card (tests/rig/scenarios/card.py)."""
import array
import math
import struct
import wave

import pytest
from conftest import BUILD, SOURCE, Scenario, guest_initrd, run_scenario

# ALSA's own programs and what they open, as in any Debian guest.
ALSA = {"usr/bin/aplay": "/usr/bin/aplay", "usr/bin/arecord": "/usr/bin/aplay", "usr/share/alsa": "/usr/share/alsa"}
# The card itself for what is to arrive bit by bit; the default device, which converts, for what is not.
ROLE = r"""
echo "cards: $(cat /sys/class/sound/card0/id) of $(basename "$(readlink /sys/class/sound/card0/device/driver)")"
dat="-q -t raw -f S16_LE -r 48000 -c 2"
arecord $dat -D hw:0 --samples=480 >/dev/null; echo "deaf $?"
seq 1 60001 >/tmp/song
aplay $dat -D hw:0 /tmp/song; echo "played $?"
echo "recorded $(arecord $dat -D hw:0 --samples=48000 | md5sum | cut -c 1-32)"
arecord $dat -D hw:0 --samples=48000 >/dev/null & recorder=$!
head -c 192000 /dev/zero | aplay $dat -D hw:0; player=$?
wait $recorder; echo "both $player $?"
head -c 88200 /dev/zero | aplay -q -t raw -f U8 -r 44100 -c 1; echo "converted $?"
echo "long"
arecord $dat -D hw:0 --samples=96000 >/dev/null & recorder=$!
head -c 384000 /dev/zero | aplay $dat -D hw:0; player=$?
wait $recorder; echo "long: played $player recorded $?"
echo "again"
head -c 768000 /dev/zero | aplay $dat -D hw:0; echo "again: $?"
"""


@pytest.fixture(scope="module")
def sound(workspace):
    guest_initrd(workspace / "sound.cpio", extra=ALSA, step=ROLE)
    return Scenario(run_scenario("sound", 240, {"/work/guest.cpio": workspace / "sound.cpio", "/work/sound.py": SOURCE / "tests/rig/sound.py"}))


@pytest.mark.parametrize("step", [
    "no microphone is an error", "plays bit-exactly", "records bit-exactly", "plays and records at once", "plays any format", "goes on with a new far end",
    "a far end that lies is unplugged"])
def test_sound(sound, step):
    sound(step)


@pytest.fixture(scope="module")
def card(workspace):
    """The scenario's results, and the samples that its loudspeaker played: left, right, left ..."""
    microphone, speaker = workspace / "microphone.wav", workspace / "speaker.wav"
    period = [round(12000 * math.sin(2 * math.pi * at / 48)) for at in range(48)]  # 1 kHz
    with wave.open(str(microphone), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", None))
        file.writeframes(10000 * struct.pack("<48h", *period))
    results = run_scenario("card", 120, {"/work/bk-sound": BUILD / "hypervisor/sound/bk-sound"}, "1G", [
        "--microphone", microphone, "--speaker", speaker, "--module", "snd_hda_codec_generic", "--module", "snd_hda_intel"])
    played = array.array("h")
    if speaker.exists():
        with wave.open(str(speaker), "rb") as file:
            played.frombytes(file.readframes(1 << 30))
    return Scenario(results), played


@pytest.mark.parametrize("step", ["the machine has a card", "two VMs are heard at once", "the microphone is heard", "others hear silence"])
def test_card(card, step):
    card[0](step)


def test_the_card_played_the_sum(card):
    """Both VMs' ramps, of 5 and of 6 a frame, added up, though one may have begun a few frames before the other; and as loud as
    bk-sound set the card's controls."""
    left, right = card[1][0::2], card[1][1::2]
    both = sum(1 for one, other, first, second in zip(left, left[1:], right, right[1:]) if 7 <= other - one <= 11 and 7 <= first - second <= 11)
    assert both > 24000, f"{both} steps of both, in {len(left)} frames"
