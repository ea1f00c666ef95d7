# SPDX-License-Identifier: Apache-2.0
"""The emulated machine: start it, look at it, act on it, stop it.

What it keeps when it is off is on its data disk, out/machine-data.img, and, of the apps that were installed, out/machine-apps.img. The rest of its state is in out/machine: console.log (what the machine printed, the log of all VMs), emulator.log (what QEMU
says of its processors), the sockets of QEMU (qmp.sock), of the machine's debug port (debug.sock) and of its screen (vnc.sock), and the process numbers.

Who wants more than one machine gives each a name in the environment, BULKHEAD_MACHINE, which then stands for `machine` in these.
"""
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import weakref

import accelerator
import emulator
import emulator_fault
import sound_card
from answer import CommandError
from hand import Hand
from paths import IMAGES, OUT, whole
from qmp import Qmp, QmpError
from varlink import Client, VarlinkError

NAME = os.environ.get("BULKHEAD_MACHINE") or "machine"
STATE = OUT / NAME
DATA = OUT / f"{NAME}-data.img"
DATA_SIZE = 4 << 30  # bytes, of which those that are written take space
APPS = OUT / f"{NAME}-apps.img"
APPS_SIZE = 16 << 30
UP_SECONDS = 240
FIRST_SECONDS = 90  # in which the machine's kernel reaches its first program; emulated and busy it takes 20
DOWN_SECONDS = 40
BATTERY_MARK = 0x54544142  # image/machine/battery.asl
BATTERY_STATES = {"discharging": (1, 0), "charging": (2, 1), "full": (0, 1)}  # what it does, and whether the adapter is plugged in
BATTERY_BYTES = 4096  # of shared memory
NOVNC_PORTS = range(6080, 6100)

held: weakref.WeakSet = weakref.WeakSet()  # what qmp() and debug() opened, as long as somebody has it
started: subprocess.Popen | None = None  # the QEMU that this process started last

# What the console says as the machine comes up, in order, and what to tell the person.
STAGES = [
    ("Linux version", "the machine's kernel"),
    ("bk-supervisor: ", "the hypervisor"),
    ("system| ", "the System VM"),
    ("bk-compositor: first frame", "the desktop"),
]


class MachineError(CommandError):
    pass


@dataclasses.dataclass(frozen=True)
class Form:
    """What a machine is like where nothing else is asked for."""
    size: tuple[int, int]  # of its panel, in pixels
    scale: str | None  # None: as the screen suggests
    touch: bool


FORMS = {"desktop": Form((1280, 800), None, False), "phone": Form((720, 1440), "2", True)}
SCALES = ("1", "1.5", "2")
SIDES = (320, 8192)  # pixels, the least and the most that a panel has


def check_name():
    """The folder of that name is removed when a machine starts."""
    if not re.fullmatch("machine[a-z0-9-]*", NAME):
        raise MachineError(f"BULKHEAD_MACHINE is {NAME!r}; want machine, and small letters, digits and - behind that")


def parse_size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None or not all(SIDES[0] <= int(side) <= SIDES[1] for side in match.groups()):
        raise MachineError(f"{text!r} is no size of a screen: WIDTHxHEIGHT, each from {SIDES[0]} to {SIDES[1]} pixels")
    return int(match[1]), int(match[2])


def qemu_pid() -> int | None:
    """The process number of the machine's QEMU, if it runs."""
    try:
        pid = int((STATE / "qemu.pid").read_text())
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if f"unix:{STATE}/qmp.sock,".encode() in command else None  # not who has the number by now


def console() -> str:
    try:
        return (STATE / "console.log").read_text(errors="replace").replace("\r", "")
    except FileNotFoundError:
        return ""


def is_booting(text: str) -> bool:
    """Whether the console has not said yet that the desktop is up."""
    return STAGES[-1][0] not in text


def qmp() -> Qmp:
    if qemu_pid() is None:
        raise MachineError("the machine is not running; ./bulkhead machine up starts it")
    connected = Qmp(STATE / "qmp.sock")
    held.add(connected)
    return connected


def debug(timeout: float = 60) -> Client:
    if qemu_pid() is None:
        raise MachineError("the machine is not running; ./bulkhead machine up starts it")
    connected = Client(STATE / "debug.sock", timeout)
    held.add(connected)
    return connected


def let_go():
    """Ends the connections of qmp() and debug() that somebody holds still, as a traceback does: QEMU serves one at a time."""
    for connected in list(held):
        try:
            connected.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # QEMU has ended it
        connected.socket.close()
        held.discard(connected)


def screen_size(connected: Qmp | None = None) -> tuple[int, int]:
    """The screen's size now, in pixels: that of a screenshot. QEMU serves one connection at a time; who has one brings it."""
    taken = STATE / "screen.ppm"
    (connected or qmp()).run("screendump", filename=str(taken), format="ppm")
    with open(taken, "rb") as file:
        return tuple(int(word) for word in file.read(32).split()[1:3])


def hand() -> Hand:
    connected = qmp()
    return Hand(connected, *screen_size(connected))


def input_arguments(form: Form) -> list[str]:
    """QEMU gives an event to the device whose driver was ready last among those that take its kind. A touchscreen takes
    buttons too, so the tablet comes after it: then clicks are the tablet's, and fingers alone the touchscreen's."""
    return ["-device", "virtio-keyboard-pci", *(["-device", "virtio-multitouch-pci"] if form.touch else []),
            "-device", "virtio-tablet-pci"]


def desktop_words(form: str, scale: str | None, motion: str | None, toast_seconds: int | None = None) -> str:
    """What the desktop is asked to be like, for the command line of the machine's kernel (ARCHITECTURE.md)."""
    scale = scale or FORMS[form].scale
    return " ".join([f"bulkhead.form={form}", *([f"bulkhead.scale={scale}"] if scale else []),
                     *([f"bulkhead.{motion}"] if motion else []), *([f"bulkhead.toast_seconds={toast_seconds}"] if toast_seconds else [])])


def data_arguments(fresh: bool) -> list[str]:
    """The disk that outlives the machine; the machine's supervisor knows it by its serial number."""
    if fresh:
        DATA.unlink(missing_ok=True)
    if not DATA.exists():
        with open(DATA, "xb") as disk:
            disk.truncate(DATA_SIZE)
    return ["-drive", f"if=none,id=data,file={DATA},format=raw,discard=unmap",
            "-device", "virtio-blk-pci,drive=data,serial=bulkhead-data"]


def apps_arguments(fresh: bool) -> list[str]:
    """The disk of the apps that are installed, an XFS, which the machine's supervisor knows by its serial number."""
    if fresh:
        APPS.unlink(missing_ok=True)
    if not APPS.exists():
        made = APPS.with_suffix(".new")
        with open(made, "wb") as disk:
            disk.truncate(APPS_SIZE)
        answer = subprocess.run(["mkfs.xfs", "-q", "-L", "bulkhead", made], capture_output=True, text=True)
        if answer.returncode != 0:
            made.unlink()
            raise MachineError(f"the disk for apps cannot be made: {answer.stderr.strip() or f'mkfs.xfs ended with status {answer.returncode}'}")
        made.rename(APPS)
    return ["-drive", f"if=none,id=apps,file={APPS},format=raw,discard=unmap",
            "-device", "virtio-blk-pci,drive=apps,serial=bulkhead-apps"]


def gps_arguments(gps: bool) -> list[str]:
    """A serial line, the machine's second, on which gps.py speaks as a receiver does."""
    return ["-chardev", f"socket,id=gps,path={STATE}/gps.sock,server=on,wait=off", "-serial", "chardev:gps"] if gps else []


def battery_memory(percent: int, state: str) -> bytes:
    return struct.pack("<4I", BATTERY_MARK, percent, *BATTERY_STATES[state])


def battery_arguments(percent: int | None) -> list[str]:
    """A battery that gives, as the firmware of a laptop has it (image/machine/battery.asl)."""
    if percent is None:
        return []
    (STATE / "battery").write_bytes(battery_memory(percent, "discharging").ljust(BATTERY_BYTES, b"\0"))
    return ["-acpitable", f"file={IMAGES}/battery.aml",
            "-object", f"memory-backend-file,id=battery,share=on,mem-path={STATE}/battery,size={BATTERY_BYTES}",
            "-device", "ivshmem-plain,memdev=battery,addr=17.0"]


def set_battery(percent: int, state: str) -> None:
    """Returns when the machine has noticed, within a few seconds."""
    if qemu_pid() is None:
        raise MachineError("the machine is not running; ./bulkhead machine up starts it")
    if not (STATE / "battery").exists():
        raise MachineError("this machine has no battery; ./bulkhead machine up --battery PERCENT has one")
    with open(STATE / "battery", "r+b") as memory:
        memory.write(battery_memory(percent, state))
    wanted = {"percent": percent, "plugged": state != "discharging", "charging": state == "charging"}
    for told in debug().watch("io.bulkhead.Hypervisor.Watch"):
        if wanted.items() <= (told.get("power") or {}).items():
            return


def place_words(gps: bool, place: str | None) -> str:
    return (" bulkhead.gps=/dev/ttyS1" if gps else "") + (f" bulkhead.place={place}" if place else "")


def gps_line() -> socket.socket:
    if qemu_pid() is None:
        raise MachineError("the machine is not running; ./bulkhead machine up starts it")
    line = socket.socket(socket.AF_UNIX)
    try:
        line.connect(str(STATE / "gps.sock"))
    except OSError as error:
        raise MachineError("this machine has no GPS receiver; ./bulkhead machine up --gps has one") from error
    return line


def network_arguments(network: os.PathLike | str) -> list[str]:
    """The machine's network card, and what is at its other end: "user", this machine's own network, as one of its programs sees it; "alone",
    nobody but what gives it an address; "none", for no card; or a socket's path, where each frame has its length before it, 4 bytes."""
    ends = {"user": "user,id=net", "alone": "user,id=net,restrict=on"}
    if network == "none":
        return []
    end = ends.get(os.fspath(network), f"stream,id=net,server=off,addr.type=unix,addr.path={os.fspath(network)}")
    return ["-netdev", end, "-device", "virtio-net-pci,netdev=net,romfile="]


def display_arguments(headless: bool) -> list[str]:
    if not headless and os.environ.get("DISPLAY"):
        return ["-display", "sdl,window-close=on"]
    return ["-display", "none", "-vnc", f"unix:{STATE}/vnc.sock"]


def start_novnc() -> str:
    """Serves the noVNC page on this machine only; yields its address."""
    for port in NOVNC_PORTS:
        log = open(STATE / "novnc.log", "ab")
        process = subprocess.Popen(["websockify", "--web", "/usr/share/novnc", f"--unix-target={STATE}/vnc.sock",
                                    f"127.0.0.1:{port}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   start_new_session=True)
        (STATE / "novnc.pid").write_text(str(process.pid))
        deadline = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < deadline:
            if _listens(port):
                return f"http://localhost:{port}/vnc.html?autoconnect=true&resize=scale"
            time.sleep(0.1)
        process.kill()
    raise MachineError(f"no port between {NOVNC_PORTS[0]} and {NOVNC_PORTS[-1]} is free for the noVNC page")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def initrd(camera: bool) -> pathlib.Path:
    """What the machine's kernel unpacks; with a camera, that of the kernel's own, over the rest."""
    if not camera:
        return IMAGES / "machine.cpio"
    (STATE / "initrd").write_bytes((IMAGES / "machine.cpio").read_bytes() + (IMAGES / "camera.cpio").read_bytes())
    return STATE / "initrd"


def up(headless: bool, chosen: str, memory: str, form: str = "desktop", scale: str | None = None,
       size: tuple[int, int] | None = None, motion: str | None = None, fresh: bool = False, gps: bool = False,
       place: str | None = None, microphone: os.PathLike | None = None, speaker: os.PathLike | None = None,
       battery: int | None = None, camera: bool = False, network: os.PathLike | str = "alone", toast_seconds: int | None = None) -> None:
    check_name()
    if qemu_pid() is not None:
        raise MachineError("the machine is running already; ./bulkhead machine down stops it")
    missing = [name for name in ("vmlinuz", "machine.cpio", "machine.erofs", *(["battery.aml"] if battery is not None else []),
                                  *(["camera.cpio"] if camera else [])) if not (IMAGES / name).exists()]
    if missing:
        raise MachineError(f"there is no machine image ({', '.join(missing)} missing in out/images); make image makes it")
    shutil.rmtree(STATE, ignore_errors=True)
    STATE.mkdir(parents=True)
    if chosen == "auto":
        chosen = accelerator.choose()
    say = {"kvm": "on this machine's hardware virtualization",
           "tcg": "emulated: there is no hardware virtualization here that nests"}[chosen]
    print(f"==> booting the machine, {say}", file=sys.stderr)
    width, height = size or FORMS[form].size
    card, environment = sound_card.arguments(STATE, microphone, speaker)

    command = [
        emulator.program(), "-name", "bulkhead", "-nodefaults", "-no-user-config", "-M", "q35",
        *accelerator.qemu_arguments(chosen), *(emulator_fault.log_arguments(STATE / "emulator.log") if chosen == "tcg" else []), "-smp", "2", "-m", memory, "-no-reboot",
        "-kernel", str(IMAGES / "vmlinuz"), "-initrd", str(initrd(camera)),
        "-append", f"console=ttyS0 quiet loglevel=4 panic=-1 bulkhead.debug {accelerator.kernel_arguments(chosen)} "
                   f"{desktop_words(form, scale, motion, toast_seconds)}{place_words(gps, place)}",
        "-drive", f"if=none,id=disk,file={IMAGES}/machine.erofs,format=raw,readonly=on",
        "-device", "virtio-blk-pci,drive=disk",
        *data_arguments(fresh), *apps_arguments(fresh),
        "-device", f"virtio-gpu-pci,xres={width},yres={height}",
        *input_arguments(FORMS[form]),
        *card,
        "-device", "virtio-serial-pci",
        "-chardev", f"socket,id=debug,path={STATE}/debug.sock,server=on,wait=off",
        "-device", "virtserialport,chardev=debug,name=io.bulkhead.debug",
        "-chardev", f"socket,id=bundle,path={STATE}/bundle.sock,server=on,wait=off",
        "-device", "virtserialport,chardev=bundle,name=io.bulkhead.bundle",
        "-chardev", f"socket,id=shell,path={STATE}/shell.sock,server=on,wait=off",
        "-device", "virtserialport,chardev=shell,name=io.bulkhead.shell",
        "-chardev", f"file,id=console,path={STATE}/console.log", "-serial", "chardev:console",
        *gps_arguments(gps),
        *battery_arguments(battery), *network_arguments(network),
        "-qmp", f"unix:{STATE}/qmp.sock,server=on,wait=off",
        *display_arguments(headless),
    ]
    try:
        _boot(command, environment, chosen, headless)
    except BaseException:  # Control-C, too: no machine is left that runs and is not up
        if started is not None:
            started.kill()  # its number may not be written yet
        down(force=True)
        raise


def _boot(command: list[str], environment: dict[str, str], chosen: str, headless: bool):
    process = _start(command, environment)
    if "-vnc" in command and not headless:
        while not (STATE / "vnc.sock").exists() and process.poll() is None:
            time.sleep(0.05)
        if process.poll() is None:
            print(f"==> watch it at {start_novnc()}", file=sys.stderr)
    if not _await_stages(process, FIRST_SECONDS if chosen == "tcg" else UP_SECONDS):
        # Nothing of ours has run yet: the emulator has lost an interrupt of the machine's own kernel (docs/decisions/007).
        print(f"==> the emulated kernel stood still for {FIRST_SECONDS} s; it is started once more", file=sys.stderr)
        process.kill()
        process.wait()
        _await_stages(_start(command, environment), UP_SECONDS)


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen:
    global started
    (STATE / "console.log").unlink(missing_ok=True)
    with open(STATE / "qemu.log", "wb") as log:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                   env={**os.environ, **environment})
    (STATE / "qemu.pid").write_text(str(started.pid))
    return started


def lost() -> str:
    """How the emulator lost the machine that this process started last, in a sentence; "" when it did not (docs/decisions/007)."""
    if started is None:
        return ""
    return emulator_fault.why(emulator_fault.read(STATE / "emulator.log"), console(), started.poll())


def _await_stages(process: subprocess.Popen, first_seconds: float) -> bool:
    """Waits for the desktop, and says what comes before it. False when the machine's first program does not run in time."""
    began = time.monotonic()
    reached = 0
    while reached < len(STAGES):
        text = console()
        while reached < len(STAGES) and (STAGES[reached][0] in text or
                                         any(mark in text for mark, _ in STAGES[reached + 1:])):
            reached += 1
            if reached > 1:
                print(f"    {time.monotonic() - began:5.1f} s  {STAGES[reached - 1][1]}", file=sys.stderr)
        if process.poll() is not None:
            raise MachineError(f"the machine ended before its desktop was up{_why(text)}")
        if time.monotonic() - began > UP_SECONDS:
            raise MachineError(f"the desktop was not up after {UP_SECONDS} s; it came as far as "
                               f"{STAGES[reached - 1][1] if reached else 'nothing'}{_why(text)}")
        if reached < 2 and time.monotonic() - began > first_seconds:
            return False
        time.sleep(0.1)
    return True


def _why(text: str) -> str:
    last = text.strip().splitlines()[-8:] or (STATE / "qemu.log").read_text(errors="replace").strip().splitlines()[-3:]
    return "; its last words (./bulkhead machine log shows all):\n" + "\n".join("    " + line for line in last)


def down(force: bool = False) -> None:
    pid = qemu_pid()
    if pid is not None:
        if not force:
            try:
                qmp().run("system_powerdown")
            except (QmpError, OSError):
                force = True
        deadline = time.monotonic() + (0 if force else DOWN_SECONDS)
        while qemu_pid() is not None and time.monotonic() < deadline:
            _reap(pid)
            time.sleep(0.1)
        if qemu_pid() is not None:
            os.kill(pid, signal.SIGKILL)
            while qemu_pid() is not None:
                _reap(pid)
                time.sleep(0.05)
            if not force:
                print(f"bulkhead: the machine did not power off within {DOWN_SECONDS} s and was cut off", file=sys.stderr)
    try:
        novnc = int((STATE / "novnc.pid").read_text())
        if b"websockify" in pathlib.Path(f"/proc/{novnc}/cmdline").read_bytes():
            os.kill(novnc, signal.SIGTERM)
        (STATE / "novnc.pid").unlink()
    except (OSError, ValueError):
        pass


def _reap(pid: int):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass  # another process's child: whoever started it reaps it


def status() -> dict:
    """What is running, for people and for machines."""
    pid = qemu_pid()
    if pid is None:
        return {"machine": "down"}
    answer = {"machine": "booting" if is_booting(console()) else "up", "pid": pid,
              "accelerator": "kvm" if b"kvm\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() else "tcg", "apps": []}
    try:
        answer["apps"] = Client(STATE / "debug.sock", timeout=10).call("io.bulkhead.Hypervisor.List")["apps"]
    except VarlinkError as error:
        answer["problem"] = f"the hypervisor does not answer: {error}"
    return answer


def screenshot(target: pathlib.Path) -> None:
    taken = STATE / "screenshot.png"
    qmp().run("screendump", filename=str(taken), format="png")
    with whole(target) as partial:
        shutil.copyfile(taken, partial)


def log_lines(vm: str | None, text: str | None = None) -> list[str]:
    """The machine's log, or the lines of one VM without its name before them."""
    lines = (console() if text is None else text).splitlines()
    if vm is None:
        return lines
    mark = re.compile(rf"^(?:\[[^]]*\] )?{re.escape(vm)}\| ?")
    return [mark.sub("", line) for line in lines if mark.match(line)]
