# SPDX-License-Identifier: Apache-2.0
"""What cameras see, in an app's VM: the machine's, which is one of the kernel's own making (vivid), and another app's. And an app's
frames become video: bk-encoder finds its jail in the System VM, and the machine's encoder, which is Linux's own too (vicodec), does
it where it can. The machine has three apps, apps/camera/phone, apps/camera/mirror and apps/video/encode. Who dies in the middle, and who is
slow, is tests/unit/drive_camera.py's and drive_encoder.py's."""
import struct

import conftest  # noqa: F401  (finds the modules of cli/)
import machine
import pytest
import screen
from drive import click, count, looked_at, mark, press, rest, rotate, wait_for, wait_log
from own_apps import running, start

PHONE, MIRROR, ENCODER = "io.bulkhead.phone", "io.bulkhead.mirror", "io.bulkhead.encode"


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    with running(tmp_path_factory.mktemp("machine"), {"camera/phone": {}, "camera/mirror": {}, "video/encode": {}},
                 camera=True):
        yield


def test_the_machine_has_a_camera():
    wait_log(r"bk-camera: .*camera 0: vivid", 0)
    wait_log("the machine has a camera: vivid", 0, "system")


def test_the_person_is_asked():
    start(PHONE)
    wait_log("^offers Phone on the desk", 0, PHONE)
    start(MIRROR)
    wait_log("^found vivid of the machine", 0, MIRROR)
    wait_log("^found Phone on the desk of Phone", 0, MIRROR)
    wait_log("question 1 takes an answer", 0, "system")
    always = wait_for(lambda: screen.find(screen.picture(), "Always"), "the answers to choose from")
    words = screen.text(looked_at("camera-question"))
    for word in ("Mirror", "camera", "show"):  # who, what, why
        assert word in words, words
    assert not any(line.startswith("is seen") for line in machine.log_lines(PHONE)), "nobody was let in before"
    click(always)
    rest()


def test_frames_come_of_both():
    wait_log(r"^sees Phone on the desk: GREY 160x120, 19200 bytes a frame, 3 different", 0, MIRROR)
    wait_log(r"^sees vivid: YUYV 320x180, 115200 bytes a frame, 3 different", 0, MIRROR)
    looked_at("camera-in-use")


def test_how_the_machine_is_held_is_told():
    """To the app whose pictures have to be turned with it."""
    wait_log("^the machine is held at 0 degrees", 0, MIRROR)
    rotate(90)
    wait_log("^the machine is held at 90 degrees", 0, MIRROR)
    logged = count(MIRROR)
    rotate(0)
    wait_log("^the machine is held at 0 degrees", logged, MIRROR)


def test_the_end_of_who_sees_is_the_end_for_the_cameras():
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=MIRROR, force=True)
    wait_log("^rests", 0, PHONE)


def test_taking_it_back_ends_what_flows():
    told, rested = count(MIRROR), count(PHONE)
    start(MIRROR)  # the choice was kept: no question this time
    for camera in ("Phone on the desk", "vivid"):
        wait_log(f"^sees {camera}: .* 3 different", told, MIRROR)
    click(wait_for(mark, "the panel's mark"))
    wait_for(lambda: screen.find(screen.picture(), "Stop"), "the list of what is in use")
    click(wait_for(lambda: screen.find(screen.picture(), "settings"), "the way to the settings"))
    click(wait_for(lambda: screen.find(screen.picture(), "Never"), "the privacy page"))
    for camera in ("Phone on the desk", "vivid"):
        wait_log(f"^sees {camera} no more", told, MIRROR)
    wait_log("^rests", rested, PHONE)
    rest()
    wait_for(lambda: mark() is None, "the mark goes out")
    looked_at("camera-taken-back")
    press("esc")


def test_an_app_s_frames_become_video():
    start(ENCODER)
    wait_log("^encoded", 0, ENCODER)
    wait_log(f"{ENCODER} ended", 0, "system")
    kinds = [line for line in machine.log_lines(ENCODER) if line.startswith("encodes")]
    assert kinds == ["encodes fwht hardware", "encodes h264 software"]
    complaints = [line for line in machine.log_lines("system") if f"{ENCODER} refused" in line or "bk-encoder" in line]
    assert not complaints


def units(kind: str) -> list[tuple[int, bytes]]:
    """Of each unit its length, and how it begins."""
    lines = [line.split()[2:] for line in machine.log_lines(ENCODER) if line.startswith(f"{kind} unit ")]
    assert [int(number) for number, _, _ in lines] == list(range(8))
    return [(int(length), bytes.fromhex(start)) for _, length, start in lines]


def test_the_system_makes_h264():
    key, other = bytes.fromhex("0000000167"), bytes.fromhex("0000000161")
    assert [start[:5] for _, start in units("software")] == [key, other, other, other] * 2


def test_the_machine_s_encoder_makes_what_it_makes():
    """The head of a frame of FWHT: struct fwht_cframe_hdr of drivers/media/test-drivers/vicodec/codec-fwht.h, in Linux."""
    keys = []
    for length, start in units("hardware"):
        magic, version, width, height, flags, *_, size = struct.unpack(">Q9I", start)
        assert (magic, version, width, height, size) == (0x4f4f4f4fffffffff, 3, 648, 366, length - len(start))
        keys.append(flags & 1 << 10 != 0)  # V4L2_FWHT_FL_I_FRAME
    assert keys == [True, False, False, False] * 2
    wait_log(r"bk-codec: .*vicodec encodes video, 1 codec", 0)
