# SPDX-License-Identifier: Apache-2.0
"""A real bk-vmm whose guest runs, as the kernel describes it: test_vmm.py BK_VMM. Prints TAP.

The guest is a few instructions: it says that it runs on COM1 and halts for good. Needs a KVM that runs guests, and says
so where there is none; tests/e2e shows the same of a Linux guest in the rig.
"""
import os
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile

START_SECONDS = 10
UID = 70003
HAND = range(0x70800000, 0x70800000 + (1 << 22) + 1)  # BK_JAIL_UID_HAND

checks = failures = 0


def check(passed: bool, name: str, why: str = ""):
    global checks, failures
    checks += 1
    failures += not passed
    print(f"{'ok' if passed else 'not ok'} {checks} - {name}", flush=True)
    if not passed and why:
        print(f"# {why}", flush=True)


def skip(reason: str):
    global checks
    checks += 1
    print(f"ok {checks} - the jail of a running bk-vmm # SKIP {reason}", flush=True)


def tiny_kernel() -> bytes:
    """An ELF with a PVH entry (Xen's PHYS32_ENTRY note): mov dx, COM1; mov al, '!'; out dx, al; cli; hlt; jmp -3."""
    code = bytes.fromhex("66baf803 b021 ee fa f4 ebfd".replace(" ", ""))
    note = struct.pack("<III4sI", 4, 4, 18, b"Xen\0", 0x100000)
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, 0x100000, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0x1000, 0x100000, 0x100000, len(code), len(code), 0x1000)
    notes = struct.pack("<IIQQQQQQ", 4, 4, 0x200, 0, 0, len(note), len(note), 4)
    return (header + load + notes).ljust(0x200, b"\0") + note.ljust(0xe00, b"\0") + code


def read_status(path: str) -> dict[str, str]:
    with open(path, encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


class Vmm:
    def __init__(self, program: str, kernel: str, *options: str):
        self.process = subprocess.Popen([program, "--kernel", kernel, "--memory", "32", "--cpus", "2", "--serial", "-", *options],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def runs(self) -> bool:
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        return bool(ready) and os.read(self.process.stdout.fileno(), 1) == b"!"

    def end(self) -> str:
        """Kills it, and waits for it only as long as a machine whose KVM works needs."""
        self.process.send_signal(signal.SIGKILL)
        try:
            return self.process.communicate(timeout=START_SECONDS)[1].decode(errors="replace").strip()
        except subprocess.TimeoutExpired:
            return "it does not even end"


def check_threads(pid: int, uids: range):
    tasks = os.listdir(f"/proc/{pid}/task")
    # The kernel starts threads of its own in the name of a process with a VM: they run nothing of ours.
    ours = [task for task in tasks if not read_status(f"/proc/{pid}/task/{task}/status")["Name"].startswith("kvm-")]
    check(len(ours) == 3, "it has an I/O thread and a thread for each vCPU", f"{len(ours)} threads")
    for task in ours:
        status = read_status(f"/proc/{pid}/task/{task}/status")
        for key, wanted in {"Seccomp": "2", "NoNewPrivs": "1", "CapInh": "0" * 16, "CapPrm": "0" * 16, "CapEff": "0" * 16,
                            "CapBnd": "0" * 16, "CapAmb": "0" * 16, "Groups": " "}.items():
            check(status[key].strip() == wanted.strip(), f"thread {ours.index(task)}: {key} is {wanted.strip() or 'empty'}",
                  f"it is {status[key]}")
        for key in ("Uid", "Gid"):
            check(all(int(number) in uids for number in status[key].split()), f"thread {ours.index(task)}: {key} is its own",
                  f"it is {status[key]}")


def check_process(pid: int):
    check(os.listdir(f"/proc/{pid}/root/") == [], "its root directory is empty")
    for space in ("mnt", "net", "ipc", "uts", "cgroup"):
        check(os.readlink(f"/proc/{pid}/ns/{space}") != os.readlink(f"/proc/self/ns/{space}"), f"its {space} namespace is its own")
    with open(f"/proc/{pid}/net/dev", encoding="ascii") as file:
        interfaces = [line.split(":")[0].strip() for line in file if ":" in line]
    check(interfaces == ["lo"], "it has no network interface but a loopback", str(interfaces))
    # KVM's own files aside, what it holds are pipes, events and what it was given.
    held = [os.path.join(f"/proc/{pid}/fd", fd) for fd in os.listdir(f"/proc/{pid}/fd")]
    check(not any(stat.S_ISDIR(os.stat(fd).st_mode) for fd in held), "it holds no directory")
    check(not any(stat.S_ISSOCK(os.stat(fd).st_mode) for fd in held), "it holds no socket that it was not given")
    with open(f"/proc/{pid}/maps", encoding="ascii") as file:
        writable = [line for line in file if line.split()[1].startswith("rwx")]
    check(not writable, "no memory is writable and executable", "".join(writable[:1]))


def main() -> int:
    program = sys.argv[1]
    if os.geteuid() != 0:
        skip("not root")
    elif not os.access("/dev/kvm", os.R_OK | os.W_OK):
        skip("there is no /dev/kvm here")
    else:
        with tempfile.TemporaryDirectory() as folder:
            kernel = os.path.join(folder, "kernel")
            with open(kernel, "wb") as file:
                file.write(tiny_kernel())
            for options, uids in ((["--uid", str(UID), "--gid", str(UID)], range(UID, UID + 1)), ([], HAND)):
                vmm = Vmm(program, kernel, *options)
                try:
                    if not vmm.runs():
                        if vmm.process.poll() is None:
                            skip(f"/dev/kvm here does not run a guest within {START_SECONDS} s")
                        else:
                            check(False, "bk-vmm runs a guest", vmm.end())
                        break
                    check_threads(vmm.process.pid, uids)
                    check_process(vmm.process.pid)
                finally:
                    vmm.end()
    print(f"1..{checks}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
