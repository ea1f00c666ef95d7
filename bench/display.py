# SPDX-License-Identifier: Apache-2.0
"""The display's tables: how often, how soon and with how many copies a picture that an app draws gets to the screen.

In the rig, beside QEMU's own window: bench/rig/frames.py says what is run there. It is run twice, since the plugin of the
emulator that counts copies slows it down: once for time, where the two ways take turns and what counts is the ratio of
each turn, and once for copies.

A copy of a picture is a store of its bytes somewhere, by whatever instruction. So all bytes of rows are counted that the
machine's processors store, those of its kernel, its programs and its guests (bench/rig/stores.c), while the app shows a
number of pictures, one after the other; less what the app stores to draw them, which is counted as well. That the
machine's own graphics card fetches the picture from memory is not in it: no processor does that.
"""
import pathlib
import re
import statistics
import sys

from common import BUILD, IMAGES, PYTHON, QEMU_FILES, SOURCE, in_rig
from assemble import Tree  # common says where it is

WIDTH, HEIGHT = 1280, 800
PICTURE_BYTES = WIDTH * HEIGHT * 4
SECONDS, ROUNDS, PRESSES = 3, 8, 4
COPIES_FRAMES = 20  # as DRAWINGS in guest/animate.c
WAYS = {"bulkhead": "Bulkhead", "qemu": "QEMU 10, its GTK window"}
ID = "io.bulkhead.animate"
QEMU_MODULES = "/usr/lib/x86_64-linux-gnu/qemu"
CARD = f"virtio-gpu-pci,xres={WIDTH},yres={HEIGHT}"


def make_app(folder: pathlib.Path):
    tree = Tree()
    for name in ("proc", "sys", "dev", "run", "tmp"):
        tree.directory(name)
    tree.file(BUILD / "guest/init/bk-guest-init", "/sbin/bk-guest-init")
    tree.file(BUILD / "bench/bench_animate", "/usr/bin/animate")
    tree.text("etc/bulkhead/command", "/usr/bin/animate\n")
    tree.write_erofs(folder / "animate.erofs", "app")
    (folder / "manifest.json").write_text(
        f'{{"id": "{ID}", "name": "Animation", "memory": 64, "cpus": 1, "display": true, "autostart": true}}\n')


def run(folder: pathlib.Path, command: str, *options: str) -> str:
    machine = "/work/machine"
    adds = {f"{machine}/system/vmlinux": IMAGES / "system/vmlinux", f"{machine}/system/root.erofs": IMAGES / "system/root.erofs",
            f"{machine}/apps/{ID}/root.erofs": folder / "animate.erofs", f"{machine}/apps/{ID}/manifest.json": folder / "manifest.json",
            "/work/watch": BUILD / "bench/bench_watch", "/work/frames.py": SOURCE / "bench/rig/frames.py",
            "/work/lab.py": SOURCE / "tests/rig/lab.py", "/work/display.py": SOURCE / "tests/rig/display.py",
            **{f"/work/{path.name}": path for path in (BUILD / "hypervisor/vmm/bk-vmm", BUILD / "hypervisor/screen/bk-screen",
                                                       BUILD / "hypervisor/supervisor/bk-supervisor")},
            **{f"{QEMU_MODULES}/{name}.so": f"{QEMU_MODULES}/{name}.so" for name in
               ("ui-gtk", "ui-opengl", "hw-display-virtio-gpu", "hw-display-virtio-gpu-pci")},
            **QEMU_FILES, **PYTHON}
    devices = [CARD, CARD, "virtio-keyboard-pci"]
    more = [word for device in devices for word in ("--device", device)]
    more += [word for module in ("virtio_gpu", "virtio_input", "evdev") for word in ("--module", module)]
    return in_rig(adds, f"python3 -B frames.py {command} 2>&1", "--memory", "3G", "--list",
                  str(SOURCE / "guest/base/debian/gtk.list"), *more, *options)


def percentile_90(values: list[float]) -> float:
    return sorted(values)[len(values) * 9 // 10]


def time_tables(output: str):
    rates: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    latencies: dict[str, list[float]] = {way: [] for way in WAYS}
    for line in output.splitlines():
        kind, way, *numbers = [*line.split(), "", ""][:4]
        if kind == "rate" and way in WAYS:
            rates[way].append((float(numbers[0]), float(numbers[1])))
        elif kind == "latency" and way in WAYS:
            latencies[way].append(float(numbers[0]))
    if any(len(rates[way]) != ROUNDS or len(latencies[way]) != ROUNDS * PRESSES for way in WAYS):
        raise SystemExit(f"bulkhead: the display was not measured {ROUNDS} times:\n{output[-3000:]}")
    print(f"\n| a full-window animation at {WIDTH}×{HEIGHT} | frames a second on the screen | ratio | drawn by the app |")
    print("|---|---|---|---|")
    for way, name in WAYS.items():
        ratio = statistics.median(one[0] / other[0] for one, other in zip(rates["bulkhead"], rates[way]))
        shown, drawn = (statistics.median(values) for values in zip(*rates[way]))
        print(f"| {name} | {shown:.1f} | {1 / ratio:.2f}× | {drawn:.1f} |", flush=True)
    refresh_hz = int(re.search(r"bk-screen: the screen is \S+ at ([0-9]+) Hz", output)[1])
    print(f"\n| from a key to the changed screen, of {refresh_hz} Hz | median | 90 of 100 are below |")
    print("|---|---|---|")
    for way, name in WAYS.items():
        cells = [f"{value * refresh_hz / 1000:.1f} frames, {value:.0f} ms"
                 for value in (statistics.median(latencies[way]), percentile_90(latencies[way]))]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def copies_table(output: str, sums: str):
    marks = [int(line) for line in sums.splitlines()]
    scenes: dict[tuple[str, str], float] = {}  # bytes, of one frame
    for line in output.splitlines():
        kind, *words = line.split()[:3] or [""]
        if kind == "copies" and len(words) == 2:
            before, after = [*marks[2 * len(scenes):], 0, 0][:2]
            scenes[words[0], words[1]] = (after - before) / COPIES_FRAMES
    if len(scenes) != (len(WAYS) + 1) * 3 or len(marks) != 2 * len(scenes):
        raise SystemExit(f"bulkhead: the copies were not counted:\n{output[-3000:]}")
    print(f"\n| copies of each changed pixel | all {WIDTH}×{HEIGHT} change | a quarter changes |")
    print("|---|---|---|")
    for way, name in {"cable": "Bulkhead, from the app's guest to the compositor", **WAYS}.items():
        drawing = scenes[way, "draw"]
        whole = (scenes[way, "whole"] - drawing) / PICTURE_BYTES
        quarter = (scenes[way, "quarter"] - drawing / 4) / (PICTURE_BYTES / 4)
        print(f"| {name} | {whole:.2f} | {quarter:.2f} |", flush=True)


def table(folder: pathlib.Path):
    print(f"==> display: {ROUNDS} times {SECONDS} s of an animation and {PRESSES} keys, in Bulkhead and in QEMU in the rig", file=sys.stderr)
    make_app(folder)
    time_tables(run(folder, f"rates {SECONDS} {ROUNDS} {PRESSES}"))
    print(f"==> display: the copies of {COPIES_FRAMES} frames", file=sys.stderr)
    sums = folder / "sums"
    output = run(folder, f"copies {COPIES_FRAMES}", "--plugin", f"{BUILD}/bench/bench_stores.so,out={sums}")
    copies_table(output, sums.read_text())
