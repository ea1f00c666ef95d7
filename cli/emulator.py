# SPDX-License-Identifier: Apache-2.0
"""The QEMU that runs the machine."""
import subprocess

from answer import CommandError
from paths import SOURCE


class EmulatorError(CommandError):
    pass


def program() -> str:
    """image/emulator builds it where it is missing."""
    built = subprocess.run([SOURCE / "image/emulator/build"], stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise EmulatorError(f"there is no emulator: image/emulator/build ended with status {built.returncode}")
    return f"{built.stdout.strip()}/qemu-system-x86_64"
