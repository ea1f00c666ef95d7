# SPDX-License-Identifier: Apache-2.0
"""The sound device with Linux's own driver and ALSA's own programs, unmodified, in a guest; its far end is played here."""
import hashlib
import time

from lab import Vm, check
from sound import CAPTURE, FRAME, PLAYBACK, RATE, WINDOW, Sound

GUEST = ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "96", "--serial", "none", "--sound", "--cmdline",
         "console=hvc0 loglevel=4 panic=-1 init=/init virtio_snd.pcm_buffer_ms=500"]  # as the supervisor has it
SONG = b"".join(b"%d\n" % number for number in range(1, 60002))  # whole frames; what tests/e2e/test_sound.py lets the guest play
SPEECH = bytes((at * 7 + at // 251) % 256 for at in range(3 * RATE * FRAME))
RECORDED_FRAMES = 48000
began = time.monotonic()


def no_microphone_is_an_error():
    vm.sound = Sound(vm, SPEECH, microphone=False)
    vm.wait_line("^cards: .* of virtio_snd", 60)
    print(f"note the guest has a card after {time.monotonic() - began:.1f} s", flush=True)
    vm.wait_line("read error: Input/output error", 60)
    vm.wait_line("^deaf 1$", 60)
    vm.sound.tell_source(True)


def plays_bit_exactly():
    sound = vm.sound
    vm.wait_line("^played 0$", 60)
    at = next((at for at, (one, other) in enumerate(zip(sound.played, SONG)) if one != other), len(sound.played))
    assert at >= len(SONG), f"other from byte {at} on, of {len(SONG)}: {sound.played[at - 20:at + 20]}; began {sound.begun} times"
    assert not sound.played[len(SONG):].strip(b"\0"), "more than silence after the end"
    assert sound.most <= WINDOW, sound.most


def records_bit_exactly():
    said = vm.wait_line("^recorded ", 60)
    assert said == f"recorded {hashlib.md5(SPEECH[:RECORDED_FRAMES * FRAME]).hexdigest()}", said


def both_at_once():
    vm.wait_line("^both 0 0$", 60)


def any_format():
    vm.wait_line("^converted 0$", 60)


def goes_on_with_a_new_far_end():
    vm.wait_line("^long", 60)
    vm.sound.wait(lambda: vm.sound.runs[PLAYBACK] and vm.sound.runs[CAPTURE], "both run")
    vm.sound.close()
    time.sleep(0.1)  # without any; Linux gives up after 0.55 s, 1.1 times what aplay's buffer holds
    vm.sound = Sound(vm, SPEECH)
    vm.sound.wait(lambda: vm.sound.runs[PLAYBACK] and vm.sound.runs[CAPTURE], "both run again")
    vm.sound.wait(lambda: len(vm.sound.played) > RATE * FRAME // 4, "it plays again")
    vm.wait_line("^long: played 0 recorded 0$", 60)
    vm.sound.wait(lambda: not vm.sound.runs[PLAYBACK] and not vm.sound.runs[CAPTURE], "both ended")


def far_end_that_lies_is_unplugged():
    vm.wait_line("^again", 60)
    for lie in ((16, PLAYBACK, 1, WINDOW + 1), (17, CAPTURE, 1, 1), (99, 0, 0, 0)):
        vm.sound.wait(lambda: vm.sound.runs[PLAYBACK], "it plays")
        with vm.sound.changed:
            run = vm.sound.runs[PLAYBACK]
            vm.sound.socket.send(b"".join(number.to_bytes(4, "little") for number in (*lie[:2], run, lie[3])))
        vm.sound.wait(lambda: vm.sound.ended, "it is unplugged")
        vm.sound = Sound(vm, SPEECH)
    vm.wait_line("^again: 0$", 60)
    assert len([line for line in vm.said if "sound cable" in line]) == 3, vm.said


vm = Vm(*GUEST, name="sound")
STEPS = {
    "no microphone is an error": no_microphone_is_an_error,
    "plays bit-exactly": plays_bit_exactly, "records bit-exactly": records_bit_exactly, "plays and records at once": both_at_once,
    "plays any format": any_format, "goes on with a new far end": goes_on_with_a_new_far_end,
    "a far end that lies is unplugged": far_end_that_lies_is_unplugged,
}
try:
    for name, step in STEPS.items():
        check(name, step)
finally:
    print(f"note all of it took {time.monotonic() - began:.1f} s", flush=True)
    vm.kill()
    print(*(f"# {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
