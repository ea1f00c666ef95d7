# SPDX-License-Identifier: Apache-2.0
"""The file "command" of an app of the provided Linux, held against the root image that it is to run in: what bk-guest-init could not run
is a mistake that its developer is told of when it is packed, not a window that never comes."""
import stat
import struct
from collections.abc import Callable

from answer import CommandError

PATH = "etc/bulkhead/command"
SIZE_MAX, ARGUMENTS_MAX = 64 << 10, 255  # guest/init/command.h
HEAD = 4096  # bytes of a program in which its interpreter is named
ELF_INTERPRETER = 3  # PT_INTERP
INTERPRETERS_MAX = 4  # of interpreters, as Linux has it

Find = Callable[[str], tuple[int, bytes] | None]  # a path, without the leading slash: the mode, type included, and the HEAD of what is there


class ProgramError(CommandError):
    pass


def interpreter(head: bytes) -> str | None:
    """What Linux runs in this program's place, or to load its libraries; None when there is none, or it is named further behind."""
    if head.startswith(b"#!"):
        words = head[2:].partition(b"\n")[0].split()
        return words[0].decode(errors="replace") if words else None
    if not head.startswith(b"\x7fELF\x02\x01"):
        return None
    try:
        table, = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for at in range(table, table + size * count, max(size, 1)):
            if struct.unpack_from("<I", head, at)[0] == ELF_INTERPRETER:
                offset, length = (struct.unpack_from("<Q", head, at + where)[0] for where in (8, 32))
                named = head[offset:offset + length]
                return named.rstrip(b"\0").decode(errors="replace") or None if len(named) == length else None
    except (struct.error, OverflowError):
        pass  # it ends before that
    return None


def check(command: bytes, find: Find):
    """An error that says what is wrong with it, unless it can be run."""
    text = command.decode(errors="replace")
    lines = text.split("\n")
    program = lines[0]
    if not program.startswith("/") or "\0" in text:
        raise ProgramError(f'the file "command" begins with {program!r}: it is a program\'s whole path, such as /usr/bin/python3, then an argument a line')
    if len(command) > SIZE_MAX or len(lines) - (lines[-1] == "") > ARGUMENTS_MAX:
        raise ProgramError(f'the file "command" is longer than {SIZE_MAX >> 10} KiB, or has more than {ARGUMENTS_MAX} lines')
    needed = "which the file \"command\" names"
    for _ in range(INTERPRETERS_MAX + 1):
        found = find(program.lstrip("/"))
        if found is None:
            words = program.split()
            why = f"{words[0]} is: each argument goes on a line of its own" if len(words) > 1 and find(words[0].lstrip("/")) else "nothing puts it there"
            raise ProgramError(f"there is no {program!r}, {needed}, in the root image: {why}")
        mode, head = found
        if not stat.S_ISREG(mode) or not mode & 0o111:
            raise ProgramError(f"{program!r}, {needed}, cannot be run: it is no program, or lacks the right (chmod +x)")
        if not head.startswith((b"#!", b"\x7fELF")):
            raise ProgramError(f"{program!r}, {needed}, cannot be run: it is no ELF program, and no script, which would begin with #!")
        wanted = interpreter(head)
        if wanted is None:
            return
        program, needed = wanted, f"which {program!r} needs to run"
