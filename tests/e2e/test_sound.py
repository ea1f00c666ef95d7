# SPDX-License-Identifier: Apache-2.0
"""The sound device, in the rig: tests/rig/scenarios/sound.py."""
import pytest
from conftest import SOURCE, Scenario, guest_initrd, run_scenario

# ALSA's own programs and what they open, as in any Debian guest.
ALSA = {"usr/bin/aplay": "/usr/bin/aplay", "usr/bin/arecord": "/usr/bin/aplay", "usr/share/alsa": "/usr/share/alsa"}
# The card itself for what is to arrive bit by bit; the default device, which converts, for what is not.
ROLE = r"""
echo "cards: $(cat /sys/class/sound/card0/id) of $(basename "$(readlink /sys/class/sound/card0/device/driver)")"
dat="-q -t raw -f S16_LE -r 48000 -c 2"
seq 1 60001 >/tmp/song
aplay $dat -D hw:0 /tmp/song; echo "played $?"
echo "recorded $(arecord $dat -D hw:0 --samples=48000 | md5sum | cut -c 1-32)"
arecord $dat -D hw:0 --samples=48000 >/dev/null & recorder=$!
head -c 192000 /dev/zero | aplay $dat -D hw:0; player=$?
wait $recorder; echo "both $player $?"
head -c 88200 /dev/zero | aplay -q -t raw -f U8 -r 44100 -c 1; echo "converted $?"
"""


@pytest.fixture(scope="module")
def sound(workspace):
    guest_initrd(workspace / "sound.cpio", extra=ALSA, step=ROLE)
    return Scenario(run_scenario("sound", 240, {"/work/guest.cpio": workspace / "sound.cpio", "/work/sound.py": SOURCE / "tests/rig/sound.py"}))


@pytest.mark.parametrize("step", [
    "plays bit-exactly", "records bit-exactly", "plays and records at once", "plays any format"])
def test_sound(sound, step):
    sound(step)
