# SPDX-License-Identifier: Apache-2.0
"""The small app in every language, and once as CBOR, against the real broker in a System VM. What stands for the desktop runs in there too, and
presses "Again" at the first notification of a title and "Done" at the second.

Node.js has a VM with its own image, as it would be installed; the others share one, each with what its image holds as its root.
"""
import json
import socket

from lab import Vm, check, join
from record import Recorder
from varlink_peer import FakeHypervisor

GUEST = ["--kernel", "/work/vmlinux", "--serial", "none", "--rng", "--cpus", "1"]
DISK_CMDLINE = "console=hvc0 quiet loglevel=4 panic=-1 root=/dev/vda ro rootfstype=erofs init="
# An app is a VM: its CID, its memory, its process 1, and the languages in it.
APPS = {"shared": (16, 192, "/init", ("c", "cbor", "go", "lua", "perl", "python", "rust", "shell")),
        "node": (17, 256, "/sbin/bk-guest-init", ("node",))}
with open("/work/titles.json") as file:
    TITLES = json.load(file)  # what each language calls itself
BODIES = ["Shall I ask again?", 'You pressed "Again".']
PATIENCE = 150  # seconds for a VM, from its start to its end


def start(name: str) -> Vm:
    cid, memory, init, _ = APPS[name]
    vm = Vm(*GUEST, "--disk", f"/work/{name}.erofs,ro", "--memory", str(memory), "--vsock", f"app:{cid}", "--on-reset", "exit",
            "--cmdline", DISK_CMDLINE + init, name=name)
    join(system, vm, cid)
    return vm


def told_by(language: str, vm: Vm) -> list[str]:
    """The lines of the console that are the example's."""
    if vm is vms["node"]:
        assert any("the app ended: exit status 0" in line for line in vm.lines), vm.lines
        return [line for line in vm.lines if "bk-guest-init" not in line]
    assert f"end {language} 0" in vm.lines, vm.lines
    return vm.lines[vm.lines.index(f"begin {language}") + 1:vm.lines.index(f"end {language} 0")]


def ends(vm: Vm):
    assert vm.wait(PATIENCE) == 0, f"status {vm.process.returncode}"


def converses(language: str, vm: Vm):
    told = told_by(language, vm)
    assert told[0].startswith("Bulkhead System API "), told
    interfaces = [line.strip() for line in told if line.startswith("  ")]
    assert "io.bulkhead.Notification" in interfaces, told
    rest = told[1 + len(interfaces):]
    first = int(rest[1].removeprefix("posted "))
    where = "I may not know" if "io.bulkhead.Location" in interfaces else "this system has no such thing"
    assert rest == ["methods: Post Withdraw Watch", f"posted {first}", "pressed again", f"posted {first + 1}", "pressed done",
                    f"location: {where}"], told
    shown = [json.loads(line.removeprefix("shown ")) for line in system.lines if line.startswith("shown ")]
    assert [show["body"] for show in shown if show["title"] == f"Hello from {TITLES[language]}"] == BODIES, shown


def is_recorded():
    """The one with Node.js is: the test has the System VM told so."""
    recorder = Recorder()
    entries = [entry for line in system.lines for entry in recorder.feed(line)]
    assert [entry["from"] for entry in entries] == ["app", "system"] * 7, entries
    methods = [entry["message"]["method"].rpartition(".")[2] for entry in entries[::2]]
    assert methods == ["GetInfo", "GetInterfaceDescription", "Post", "Watch", "Post", "Watch", "Watch"]
    assert [entries[number]["message"]["parameters"]["button"] for number in (7, 11)] == ["again", "done"]


ours, theirs = socket.socketpair()
FakeHypervisor(ours, {f"io.bulkhead.hello.{name}": {"state": "running", "cid": app[0]} for name, app in APPS.items()})
system = Vm(*GUEST, "--initrd", "/work/system.cpio", "--memory", "192", "--cmdline",
            "console=hvc0 loglevel=4 panic=-1 bulkhead.debug", "--vsock", "system", name="system",
            consoles={"io.bulkhead.Hypervisor": theirs.fileno()})
theirs.close()  # the line ends with the VM
vms = {"shared": start("shared")}  # it waits for the system; the other boots when that is there
try:
    system.wait_line("serving the System API", PATIENCE)
    vms["node"] = start("node")
    for name, vm in vms.items():
        check(f"{name} ends", ends, vm)
        for language in APPS[name][3]:
            check(f"{language} converses", converses, language, vm)
    check("the recorded one's conversation is in the log", is_recorded)
finally:
    for name, vm in {**vms, "system": system}.items():
        vm.kill()
        print(*(f"# {name}: {line}" for line in vm.lines + vm.said), sep="\n", flush=True)
