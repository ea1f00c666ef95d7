# SPDX-License-Identifier: Apache-2.0
"""The tables of the System API's calls: how long one takes, how many bytes it is, and what a flood does to it."""
import json
import os
import pathlib
import statistics
import sys

from common import BUILD, IMAGES, PYTHON, SOURCE, guest, in_rig

sys.path.append(os.fspath(SOURCE / "api"))
import annotations  # noqa: E402
import idl  # noqa: E402
from cbor_peer import encode, framed  # noqa: E402

SORTS = ("json", "cbor", "echo")
TOGETHER = 3  # connections with a call under way on each, in bench/guest/call.c
ROUNDS, CALLS = 24, 50  # a round has so many calls of each sort
FLOOD_PAIRS, FLOOD_CALLS = 6, 100  # of rounds, one without the flood and one beside it
FLOOD_CONNECTIONS = 8  # as many as an app may have
# What the guests do, by the role on their command line: tests/rig/guest_init.sh runs it.
ROLES = f"""
role=$(sed -n 's/.*\\brole=\\([^ ]*\\).*/\\1/p' /proc/cmdline)
line() {{
    until port=$(grep -l "^$1" /sys/class/virtio-ports/*/name); do sleep 0.1; done
    port=${{port%/name}}
    echo /dev/${{port##*/}}
}}
case $role in
calls) bench_call {ROUNDS} {CALLS} json=1 cbor=2 echo=5000 && echo measured; exit ;;
flooded) bench_call {1000 * FLOOD_PAIRS} {FLOOD_CALLS} json=1; exit ;;
flood) bench_flood 1 {FLOOD_CONNECTIONS} $(line io.bulkhead.bench.flood); exit ;;
esac
vsock_stress serve 5000 &
exec bk-broker --hypervisor $(line io.bulkhead.Hypervisor)
"""


def measure(folder: pathlib.Path, what: str) -> str:
    programs = ("system/broker/bk-broker", "tests/guest/vsock_stress", "bench/bench_call", "bench/bench_flood")
    guest(ROLES, *(BUILD / program for program in programs)).write_cpio(folder / "calls.cpio")
    return in_rig({"/work/bk-vmm": BUILD / "hypervisor/vmm/bk-vmm", "/work/vmlinux": IMAGES / "system/vmlinux",
                   "/work/calls.cpio": folder / "calls.cpio", "/work/calls.py": SOURCE / "bench/rig/calls.py",
                   "/work/lab.py": SOURCE / "tests/rig/lab.py", "/work/flood.py": SOURCE / "bench/rig/flood.py",
                   "/work/varlink_peer.py": SOURCE / "tests/unit/varlink_peer.py", **PYTHON},
                  f"python3 -B calls.py {what} 2>&1")


def times(output: str, what: str, sort: str, rounds: int) -> list[tuple[int, int]]:
    """The two numbers of each round, as bench/guest/call.c printed them: mostly the median and the mean."""
    found = [words[2:] for line in output.splitlines() if (words := line.removeprefix("app| ").split())[:2] == [what, sort]]
    if len(found) != rounds:
        raise SystemExit(f"bulkhead: {what} {sort} was not measured {rounds} times:\n{output[-3000:]}")
    return [(int(one), int(other)) for one, other in found]


def milliseconds(values: list[int]) -> str:
    return f"{statistics.median(values) / 1e6:.2f} ms"


def table(folder: pathlib.Path):
    print(f"==> calls: {ROUNDS} times {CALLS} of each sort, from an App VM to the System VM in the rig", file=sys.stderr)
    output = measure(folder, "calls")
    print("\n| from an App VM to the System VM | System API, JSON | System API, CBOR | bare vsock echo | JSON, ratio | CBOR, ratio |")
    print("|---|---|---|---|---|---|")
    for what, name in (("call", "a call over an open connection"), ("connection", "a connection and its first call")):
        medians = [[median for median, _ in times(output, what, sort, ROUNDS)] for sort in SORTS]
        ratios = [statistics.median(one / echo for one, echo in zip(sort, medians[2])) for sort in medians[:2]]
        print(f"| {name} | {' | '.join(map(milliseconds, medians))} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |", flush=True)
    print("\n| calls a second, from one App VM | System API, JSON | System API, CBOR | bare vsock echo |")
    print("|---|---|---|---|")
    print_rates("one after the other, over one connection",
                [[1e9 / mean for _, mean in times(output, "call", sort, ROUNDS)] for sort in SORTS])
    print_rates(f"{TOGETHER} under way, over {TOGETHER} connections",
                [[1e9 * count / spent for count, spent in times(output, "together", sort, ROUNDS)] for sort in SORTS])


def print_rates(name: str, sorts: list[list[float]]):
    print(f"| {name} | {' | '.join(f'{statistics.median(rates):.0f}' for rates in sorts)} |", flush=True)


def bytes_table(_folder: pathlib.Path):
    """Bytes of messages as both ports carry them, all of what marks their ends with them."""
    interfaces = [idl.load(path) for path in sorted((SOURCE / "api").glob("*.varlink"))]
    examples = {method.name: annotations.read(method.comment, method.name).examples for interface in interfaces
                for method in interface.of_kind("method") if interface.name == "io.bulkhead.Notification"}
    everything = [message for interface in interfaces for method in interface.of_kind("method")
                  for _, message in annotations.read(method.comment, method.name).examples]
    window = next(interface for interface in interfaces if interface.name == "io.bulkhead.Window").find("method", "Watch")
    rows = (("a call: Post, with a body and two buttons", [examples["Post"][0][1]]),
            ("its answer", [examples["Post"][1][1]]),
            ("an answer with much in it: Window's Watch", [annotations.read(window.comment, "Watch").examples[1][1]]),
            (f"all {len(everything)} example messages of the System API", everything))
    print("| bytes | JSON | CBOR | ratio |")
    print("|---|---|---|---|")
    for name, messages in rows:
        text = sum(len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()) + 1 for message in messages)
        binary = sum(len(framed(encode(message))) for message in messages)
        print(f"| {name} | {text} | {binary} | {binary / text:.2f} |", flush=True)


def flood_table(folder: pathlib.Path):
    print(f"==> flood: {FLOOD_PAIRS} times {FLOOD_CALLS} calls, and as many beside a flood, in the rig", file=sys.stderr)
    output = measure(folder, f"flood {FLOOD_PAIRS}")
    quiet, flooded = (times(output, what, "json", FLOOD_PAIRS) for what in ("alone", "beside"))
    print(f"\n| a call, while another app calls over {FLOOD_CONNECTIONS} connections as much as it can | without | with | ratio |")
    print("|---|---|---|---|")
    for number, name in enumerate(("median of a round", "mean of a round")):
        without, beside = ([times[number] for times in rounds] for rounds in (quiet, flooded))
        ratio = statistics.median(one / other for one, other in zip(beside, without))
        print(f"| {name} | {milliseconds(without)} | {milliseconds(beside)} | {ratio:.2f} |", flush=True)
    [(answers, spent)] = times(output, "flood", "json", 1)
    print(f"\nOf the flood {1e9 * answers / spent:.0f} calls a second were answered.", flush=True)
