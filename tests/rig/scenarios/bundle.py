# SPDX-License-Identifier: Apache-2.0
"""A bundle's root image, used where it lies: the machine's stock kernel checks each block as it is read (loop, dm-verity),
and mounts what is in it."""
import errno
import hashlib
import json
import os
import shutil
import subprocess

from lab import check

BLOCK = 4096
BUNDLE = json.load(open("/work/bundle.json"))
SECTIONS = {section["name"]: section for section in BUNDLE["sections"]}
ROOT, TREE = SECTIONS["root image"], SECTIONS["hash tree"]
LEAVES = -(-ROOT["size"] // BLOCK // 128)


def run(*command: str):
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert answer.returncode == 0, f"{command[0]} ended with {answer.returncode}: {answer.stdout}"


def open_bundle(path: str, number: int) -> str:
    """The device that the image's blocks are read from, as docs/protocols/bundle.md says."""
    loop, name = f"/dev/loop{number}", f"app{number}"
    run("losetup", "-r", "-o", str(ROOT["offset"]), loop, path)
    run("veritysetup", "open", "--no-superblock", "--hash=sha256", "--salt=-", "--data-block-size=4096", "--hash-block-size=4096",
        f"--data-blocks={ROOT['size'] // BLOCK}", f"--hash-offset={TREE['offset'] - ROOT['offset']}", loop, name, loop, ROOT["rootHash"])
    return f"/dev/mapper/{name}"


def changed(offset: int) -> str:
    """The bundle, with one bit of it another."""
    shutil.copyfile("/work/a.bapp", "/work/changed.bapp")
    with open("/work/changed.bapp", "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))
    return "/work/changed.bapp"


def reads(device: str, block: int) -> bool:
    """Whether the kernel lets a block be read, past what it has in memory already."""
    file = os.open(device, os.O_RDONLY)
    try:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
        return len(os.pread(file, BLOCK, block * BLOCK)) == BLOCK
    except OSError as error:
        assert error.errno == errno.EIO, error
        return False
    finally:
        os.close(file)


def kernel_reads_what_was_signed():
    device = open_bundle("/work/a.bapp", 0)
    os.mkdir("/mnt")
    run("mount", "-t", "erofs", "-o", "ro", device, "/mnt")
    with open("/mnt/usr/sbin/bk-guest-init", "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == BUNDLE["guestInit"]
    with open(device, "rb") as file, open("/work/a.bapp", "rb") as bundle:
        bundle.seek(ROOT["offset"])
        assert file.read() == bundle.read(ROOT["size"])


def changed_block_is_not_read():
    device = open_bundle(changed(ROOT["offset"] + 130 * BLOCK + 77), 1)
    assert reads(device, 0), "a block far from the changed one cannot be read"
    assert reads(device, 200), "a block that was not changed cannot be read"
    assert not reads(device, 130), "a changed block can be read"


def changed_hash_is_not_believed():
    # The second leaf of the tree, behind its one block above: it has the digests of blocks 128 to 255.
    device = open_bundle(changed(TREE["offset"] + TREE["size"] - LEAVES * BLOCK + BLOCK + 5), 2)
    assert reads(device, 0), "a block below a good hash cannot be read"
    assert not reads(device, 128), "a block below a changed hash can be read"


assert TREE["size"] // BLOCK == LEAVES + 1 and LEAVES >= 2, "the image is to have a tree of two levels"
check("the kernel reads what was signed", kernel_reads_what_was_signed)
check("a changed block is not read", changed_block_is_not_read)
check("a changed hash is not believed", changed_hash_is_not_believed)
