# SPDX-License-Identifier: Apache-2.0
"""Network cards and the trunk with Linux's own driver in three guests: the System VM's, with a VLAN for each port, and two apps'. A third app's bk-vmm
was taken over: its end of the cable is here, and so is the uplink's."""
import re
import select
import socket
import struct
import threading
import time

from lab import Vm, check

PLUG_NETWORK = 7  # hypervisor/protocol/control.h
BUFFER = 512 << 10
UPLINK, ONE, OTHER, HOSTILE = 1, 5, 6, 7
ARP = struct.Struct(">HHBBH6s4s6s4s")
began = time.monotonic()


def mac(port: int) -> bytes:
    return b"\x02\xbc\0\0" + port.to_bytes(2, "big")


def address(port: int, host: int) -> str:
    return f"10.200.{port >> 6}.{(port & 63) * 4 + host}"


def guest(role: str, *words: str) -> list[str]:
    return ["--kernel", "/work/vmlinux", "--initrd", "/work/guest.cpio", "--memory", "96", "--serial", "none", "--cmdline",
            " ".join(["console=hvc0 loglevel=4 panic=-1 init=/init", f"role={role}", *words])]


def app(port: int, name: str, role: str) -> Vm:
    """As the supervisor starts it."""
    gateway = address(port, 1)
    vm = Vm(*guest(role, f"ip={address(port, 2)}::{gateway}:255.255.255.252::eth0:off:{gateway}"), "--network", f"app:{port}", name=name)
    ends = cable()
    system.send(PLUG_NETWORK, port, fd=ends[0].fileno())
    vm.send(PLUG_NETWORK, fd=ends[1].fileno())
    for end in ends:
        end.close()
    return vm


def cable() -> tuple[socket.socket, socket.socket]:
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setsockopt(socket.SOL_SOCKET, 32, BUFFER)  # SO_SNDBUFFORCE
    return ends


def plug(port: int) -> socket.socket:
    ours, theirs = cable()
    system.send(PLUG_NETWORK, port, fd=theirs.fileno())
    theirs.close()
    ours.setblocking(False)
    return ours


def question(source: bytes, port: int, tag: int | None = None) -> bytes:
    """Who is the System VM at this port? From the second address of its network, at this MAC address."""
    pack = [bytes(map(int, address(port, host).split("."))) for host in (2, 1)]
    tagged = b"" if tag is None else struct.pack(">HH", 0x8100, tag)
    return b"\xff" * 6 + source + tagged + b"\x08\x06" + ARP.pack(1, 0x800, 6, 4, 1, source, pack[0], bytes(6), pack[1])


def answers(end: socket.socket, seconds: float) -> list[bytes]:
    """Who answered, within that time, or at once when somebody did."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if select.select([end], [], [], left)[0]:
            frame = end.recv(2000)
            assert len(frame) <= 1514 and frame[12:14] not in (b"\x81\x00", b"\x88\xa8"), frame
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2":
                return [frame[6:12]]
    return []


def the_system_vm_has_a_trunk():
    assert system.wait_line("^trunk: ", 60) == f"trunk: {mac(UPLINK).hex(':')} of virtio_net"
    system.wait_line("^ready", 60)


def an_app_has_a_card_and_its_address():
    said = one.wait_line("^card: ", 60)
    print(f"note the app has its address after {time.monotonic() - began:.1f} s", flush=True)
    assert said == f"card: {mac(ONE).hex(':')} of virtio_net, {address(ONE, 2)}/30 via {address(ONE, 1)}", said


def frames_go_both_ways():
    one.wait_line("^gateway: 0$", 60)


def whole_frames_and_many():
    one.wait_line("^sent: 0$", 90)
    sums = {re.sub(r".* ", "", system.wait_line("^received ", 60)), re.sub(r".* ", "", one.wait_line("^sum ", 10))}
    assert len(sums) == 1, sums


def apps_do_not_reach_each_other():
    other.wait_line("^up$", 60)
    one.wait_line("^routed: 1$", 60)
    one.wait_line("^beside: 1$", 60)
    assert not any("heard" in line for line in other.lines), other.lines


def another_address_is_dropped():
    one.wait_line("^spoofed: 1$", 60)
    one.wait_line("^as itself: 0$", 60)
    assert any("is dropped: it is from an address that is not its own" in line for line in one.said), one.said


def another_port_s_tag_is_dropped():
    one.wait_line("^tagged: 1$", 60)
    assert any("is dropped: it is with a tag" in line for line in one.said), one.said


def a_bk_vmm_that_was_taken_over_is_its_own_app_alone():
    assert answers(hostile, 0.1) == []
    hostile.send(question(mac(HOSTILE), HOSTILE))
    assert answers(hostile, 20) == [mac(UPLINK)]
    for wrong in (question(mac(ONE), HOSTILE), question(mac(ONE), ONE), question(mac(UPLINK), HOSTILE), question(mac(HOSTILE), ONE, ONE),
                  question(mac(ONE), ONE, ONE), question(mac(HOSTILE), HOSTILE)[:13], question(mac(HOSTILE), HOSTILE).ljust(1515, b"\0")):
        hostile.send(wrong)
    hostile.send(b"\xff" * 6 + mac(HOSTILE) + b"\x88\xa8" + bytes(46))
    assert answers(hostile, 2) == []
    hostile.send(question(mac(HOSTILE), HOSTILE))
    assert answers(hostile, 20) == [mac(UPLINK)]
    assert any(f"a frame from port {HOSTILE} is dropped" in line for line in system.said), system.said


def the_uplink_brings_anybody():
    uplink.send(question(b"\x02\0\x5e\0\x53\x01", UPLINK))
    assert answers(uplink, 20) == [mac(UPLINK)]


def who_floods_delays_nobody_for_long():
    """As much as a process can send, beside one app's pings, of which it says how each ten of them went."""
    stop, sent = threading.Event(), 0
    frame = question(mac(HOSTILE), HOSTILE)[:12] + b"\x88\xb5" + bytes(1500)

    def flood():
        nonlocal sent
        while not stop.is_set():
            try:
                sent += hostile.send(frame) > 0
            except BlockingIOError:
                select.select([], [hostile], [], 0.1)

    one.wait_line("^pings: ", 60)
    worker = threading.Thread(target=flood)
    worker.start()
    try:
        since = len(one.lines)
        one.wait_line("^pings: ", 90, since)  # which may have begun before
        said = one.wait_line("^pings: ", 90, len(one.lines))
    finally:
        stop.set()
        worker.join()
    print(f"note {sent} frames of 1514 bytes beside {said}", flush=True)
    assert sent > 1000, sent
    assert "received, 0% packet loss" in said, said


def cables_come_and_go():
    hostile.close()
    uplink.close()
    one.kill()
    again = plug(HOSTILE)
    again.send(question(mac(HOSTILE), HOSTILE))
    assert answers(again, 20) == [mac(UPLINK)]
    assert system.process.poll() is None, system.said


system = Vm(*guest("system"), "--network", "system", name="system")
hostile, uplink = plug(HOSTILE), plug(UPLINK)
other = app(OTHER, "other", "other")
one = app(ONE, "one", "one")
STEPS = {
    "the System VM has a trunk": the_system_vm_has_a_trunk, "an app has a card and its address": an_app_has_a_card_and_its_address,
    "frames go both ways": frames_go_both_ways, "whole frames, and many": whole_frames_and_many,
    "apps do not reach each other": apps_do_not_reach_each_other, "another address is dropped": another_address_is_dropped,
    "another port's tag is dropped": another_port_s_tag_is_dropped,
    "a bk-vmm that was taken over is its own app alone": a_bk_vmm_that_was_taken_over_is_its_own_app_alone,
    "the uplink brings anybody": the_uplink_brings_anybody, "who floods delays nobody for long": who_floods_delays_nobody_for_long,
    "cables come and go": cables_come_and_go,
}
try:
    for name, step in STEPS.items():
        check(name, step)
finally:
    print(f"note all of it took {time.monotonic() - began:.1f} s", flush=True)
    for vm in (system, one, other):
        vm.kill()
        print(*(f"# {vm.process.args[2]}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
