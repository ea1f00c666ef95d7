#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what is not zero in a new ext4 as a C source: template.py OUTPUT.c

It is the same in every build, UUIDs and times too: a guest sees one such file system, its own. It has the room for the
descriptors of a file system of a TiB, so that the guest's kernel can grow it to the size of any disk."""
import os
import pathlib
import subprocess
import sys
import tempfile

SIZE_MIB, BLOCK = 16, 4096  # the smallest data disk: BK_APP_STORAGE_MIN_MIB
LARGEST_BLOCKS = (1 << 40) // BLOCK
# Large files' 64 bits are not needed below 16 TiB. What is not written the disk has already: it is blank.
OPTIONS = ["-q", "-F", "-L", "data", "-m", "0", "-b", str(BLOCK), "-I", "256", "-N", "4096", "-J", "size=4",
           "-U", "62756c6b-6865-6164-8000-646174610000", "-O", "^64bit,metadata_csum,^orphan_file",
           "-E", f"hash_seed=62756c6b-6865-6164-8000-646174610001,resize={LARGEST_BLOCKS},lazy_itable_init=0,lazy_journal_init=0,nodiscard"]


def make() -> bytes:
    with tempfile.NamedTemporaryFile() as image:
        image.truncate(SIZE_MIB << 20)
        subprocess.run(["/usr/sbin/mkfs.ext4", *OPTIONS, image.name], check=True, env=os.environ | {"E2FSPROGS_FAKE_TIME": "1"})
        return pathlib.Path(image.name).read_bytes()


def pieces(content: bytes) -> list[tuple[int, bytes]]:
    """Of each block that is not all zeros what is between its zeros, and where."""
    found = []
    for at in range(0, len(content), BLOCK):
        block = content[at:at + BLOCK].rstrip(b"\0")
        if piece := block.lstrip(b"\0"):
            found.append((at + len(block) - len(piece), piece))
    return found


def main():
    found = pieces(make())
    lines = ["/* Made by guest/init/template.py. */", '#include "data_disk.h"', ""]
    for number, (_, content) in enumerate(found):
        rows = [", ".join(map(str, content[at:at + 32])) for at in range(0, len(content), 32)]
        lines += [f"static const uint8_t piece{number}[] = {{", *(f"    {row}," for row in rows), "};"]
    lines += ["", "const struct bk_data_piece bk_data_template[] = {",
              *(f"    {{ {at}U, sizeof piece{number}, piece{number} }}," for number, (at, _) in enumerate(found)), "};",
              "const size_t bk_data_template_pieces = sizeof bk_data_template / sizeof bk_data_template[0];", ""]
    pathlib.Path(sys.argv[1]).write_text("\n".join(lines))


main()
