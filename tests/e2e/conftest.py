# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share. They run in the builder root, on the images that image/build made."""
import base64
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

os.environ["BULKHEAD_CALLER_IDS"] = "0:0"  # the folders of tests are root's, whoever called
SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [os.fspath(SOURCE / "image"), os.fspath(SOURCE / "cli")]
import emulator_fault  # noqa: E402
import machine  # noqa: E402
from assemble import Tree, stock_kernel  # noqa: E402
from paths import BUILD, IMAGES  # noqa: E402

FILES = SOURCE / "out/test/files" / machine.NAME  # what scenarios sent out, and what was on the screen

faults: list[str] = []  # how the emulator lost machines

GUEST_MODULES = ["virtio_pci", "virtio_blk", "virtio_rng", "virtio_console"]


def guest_initrd(target: pathlib.Path, flavour: str | None = None, extra: dict[str, str] | None = None, step: str = "",
                 lists: list[os.PathLike] | None = None):
    """The initramfs of a test guest; with `flavour`, that stock kernel's virtio modules too; with what the lists name."""
    tree = Tree()
    tree.file("/bin/busybox")
    tree.symlink("bin/sh", "busybox")
    for name in ("proc", "sys", "dev", "tmp"):
        tree.directory(name)
    tree.file(SOURCE / "tests/rig/guest_init.sh", "/init")
    tree.text("etc/modules", "\n".join(tree.modules(flavour, GUEST_MODULES)) + "\n" if flavour else "")
    tree.text("etc/step", step)
    for path, source in (extra or {}).items():
        tree.file(source, path)
    for path in lists or []:
        tree.listed(path, BUILD)
    tree.write_cpio(target)


def run_scenario(name: str, timeout: int, adds: dict[str, os.PathLike | str], memory: str = "3G",
                 options: list[os.PathLike | str] | None = None, arguments: tuple[str, ...] = ()) -> dict[str, str]:
    """Runs tests/rig/scenarios/NAME.py in the rig, with these options of its own: each step it reported and why it failed ("" when it did not). What it
    sends out as "file NAME BASE64" is in FILES then."""
    rig = SOURCE / "tests/rig"
    pairs = {BUILD / "hypervisor/vmm/bk-vmm": "/work/bk-vmm", IMAGES / "system/vmlinux": "/work/vmlinux",
             rig / "lab.py": "/work/lab.py", rig / "display.py": "/work/display.py", rig / f"scenarios/{name}.py": "/work/scenario.py",
             "/usr/bin/python3": "/usr/bin/python3", "/usr/lib/python3.13": "/usr/lib/python3.13"}
    command = [rig / "run", "--timeout", str(timeout), "--memory", memory, *(options or [])]
    for source, path in [*pairs.items(), *((source, path) for path, source in adds.items())]:
        command += ["--add", f"{source}={path}"]
    answer = subprocess.run([*command, "--", " ".join(["python3 -B scenario.py", *arguments, "2>&1"])], capture_output=True, text=True)
    results = {}
    FILES.mkdir(parents=True, exist_ok=True)
    for line in answer.stdout.splitlines():
        if line.startswith("file "):
            _, file, content = line.split()
            (FILES / os.path.basename(file)).write_bytes(base64.b64decode(content))
            continue
        print(line)
        if line.startswith("ok "):
            results[line[3:]] = ""
        elif line.startswith("not ok "):
            step, _, why = line[7:].partition(": ")
            results[step] = why or "failed"
    print(answer.stderr)
    if answer.returncode == emulator_fault.STATUS:
        faults.append(answer.stderr.strip())
    if answer.returncode != 0:
        results["the scenario ran to its end"] = f"status {answer.returncode}: {answer.stdout[-1000:]} {answer.stderr[-500:]}"
    return results


class Scenario:
    """The results of one run in the rig, asked for step by step."""

    def __init__(self, results: dict[str, str]):
        self.results = results

    def __call__(self, step: str):
        if step not in self.results:
            pytest.fail("; ".join(f"{name}: {why}" for name, why in self.results.items() if why) or
                        f"the scenario did not report {step!r}, only {list(self.results)}")
        if self.results[step]:
            pytest.fail(self.results[step])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Behind a lost machine every other test would wait in vain."""
    report = yield
    if report.failed and (why := machine.lost()):
        faults.append(why)
        item.session.shouldfail = why
    return report


def pytest_sessionfinish(session, exitstatus):
    """Says to tests/run that the emulator is at fault, not what was tested: these tests are to run once more."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED and faults:
        print(f"\nthe emulator lost the machine: {faults[0]}")
        session.exitstatus = emulator_fault.STATUS


@pytest.fixture(autouse=True)
def let_go():
    """A test that failed has no connection to the machine any more, be it that its traceback has: the next one needs it."""
    yield
    machine.let_go()


@pytest.fixture(scope="session")
def workspace():
    with tempfile.TemporaryDirectory() as folder:
        yield pathlib.Path(folder)
