# SPDX-License-Identifier: Apache-2.0
"""The small app in every language, and once as CBOR, in the rig: tests/rig/scenarios/examples.py."""
import json
import pathlib
import shutil

import makefile
import pytest
from assemble import Tree, app_root, guest_root
from conftest import BUILD, SOURCE, Scenario, guest_initrd, run_scenario

TITLES = {"c": "C", "go": "Go", "lua": "Lua", "node": "JavaScript", "perl": "Perl", "python": "Python", "rust": "Rust",
          "shell": "a shell", "cbor": "CBOR"}
# What the System VM does: a broker, which is told to record an app as bk-init would, and what stands for the desktop.
SYSTEM = """
mkdir -p /run; printf io.bulkhead.hello.node >/run/record
until port=$(grep -l '^io.bulkhead.Hypervisor$' /sys/class/virtio-ports/*/name); do sleep 0.1; done
port=${port%/name}
python3 -S -B /test/desktop.py &
bk-broker --hypervisor /dev/${port##*/}
"""
# The process 1 of the VM that several share: runs each in its own root, one after the other, once the system is there.
SHARED = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev 2>/dev/null # unless the kernel has done it
exec </dev/null >/dev/hvc0 2>&1
until /bin/bk-connect $b true 2>/dev/null; do $b sleep 0.2; done
for app in /apps/*; do
    $b mount -o bind /dev $app/dev
    echo "begin ${app##*/}"
    $b env -i PATH=/usr/bin LANG=C.UTF-8 $b chroot $app $($b cat $app/etc/bulkhead/command)
    echo "end ${app##*/} $?"
done
$b poweroff -f
"""


def example(language: str, workspace: pathlib.Path) -> Tree:
    """What its folder makes, as `pack` has it."""
    folder = SOURCE / "apps/hello" / language
    if (folder / makefile.MAKEFILE).exists():
        folder = shutil.copytree(folder, workspace / language)
        makefile.make(folder)
    return app_root(folder, BUILD)


def shared_root(workspace: pathlib.Path) -> Tree:
    tree = guest_root()
    tree.file("/bin/busybox")
    tree.file(BUILD / "guest/connect/bk-connect", "/bin/bk-connect")
    tree.text("init", SHARED, 0o755)
    for language in TITLES:
        if language != "node":
            tree.directory(f"apps/{language}")
            for path, entry in example(language, workspace).entries.items():
                tree.entries[f"apps/{language}/{path}"] = entry
    return tree


@pytest.fixture(scope="module")
def examples(workspace):
    guest_initrd(workspace / "system.cpio", step=SYSTEM, extra={"bin/bk-broker": BUILD / "system/broker/bk-broker"},
                 lists=[SOURCE / "tests/rig/desktop.list"])
    shared_root(workspace).write_erofs(workspace / "shared.erofs", "app")
    example("node", workspace).write_erofs(workspace / "node.erofs", "app")
    adds = {f"/work/{name}": workspace / name for name in ("system.cpio", "shared.erofs", "node.erofs")}
    adds |= {"/work/varlink_peer.py": SOURCE / "tests/unit/varlink_peer.py",
             **{f"/work/{name}.py": SOURCE / "cli" / f"{name}.py" for name in ("record", "answer")}}
    (workspace / "titles").write_text(json.dumps(TITLES))
    return Scenario(run_scenario("examples", 300, adds | {"/work/titles.json": workspace / "titles"}))


@pytest.mark.parametrize("language", TITLES)
def test_an_app_in_any_language(examples, language):
    examples(f"{language} converses")


def test_one_of_them_is_recorded(examples):
    examples("the recorded one's conversation is in the log")
