# SPDX-License-Identifier: Apache-2.0
"""The QEMU that runs the machine."""
import subprocess

from paths import SOURCE


def program() -> str:
    """image/emulator builds it where it is missing."""
    folder = subprocess.run([SOURCE / "image/emulator/build"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    return f"{folder}/qemu-system-x86_64"
