# SPDX-License-Identifier: Apache-2.0
"""The house: who may include whom, and which calls stand in which rooms."""
import os
import re

import sources

# Headers that a folder's files may include, beside those of their own folder. The longest folder that fits counts.
VMM = "hypervisor/vmm"
MAY_INCLUDE = {
    "base": [],
    "bundle": ["base"],
    "hypervisor/protocol": ["base"],  # what checks the bytes of a protocol, once for all who receive them
    "hypervisor/jail": ["base"],
    f"{VMM}/core": ["base", "hypervisor/protocol", "hypervisor/jail"],
    f"{VMM}/arch": ["base", f"{VMM}/arch", f"{VMM}/core"],
    f"{VMM}/virtio": ["base", f"{VMM}/core"],
    f"{VMM}/cable": ["base", "hypervisor/protocol", f"{VMM}/core"],
    f"{VMM}/devices": ["base", "hypervisor/protocol", f"{VMM}/core", f"{VMM}/virtio", f"{VMM}/cable"],
    VMM: ["base", "hypervisor/protocol", "hypervisor/jail", VMM],
    "hypervisor/store": ["base", "hypervisor/protocol", "bundle"],
    "hypervisor/supervisor": ["base", "hypervisor/protocol", "hypervisor/jail", "hypervisor/store", "api", "bundle"],
    "hypervisor/installer": ["base", "hypervisor/protocol", "hypervisor/jail", "bundle"],
    "hypervisor/screen": ["base", "hypervisor/protocol", "hypervisor/jail"],
    "hypervisor/sound": ["base", "hypervisor/protocol", "hypervisor/jail"],
    "hypervisor/camera": ["base", "hypervisor/protocol", "hypervisor/jail"],
    "hypervisor/codec": ["base", "hypervisor/protocol", "hypervisor/jail"],
    "hypervisor/uplink": ["base", "hypervisor/protocol", "hypervisor/jail"],
    "system/init": ["base"],
    "system/compositor": ["base", "hypervisor/protocol", "system/protocol", "api"],
    "system/protocol": ["base"],
    "system/encoder": ["base", "hypervisor/protocol", "system/protocol", "hypervisor/jail"],
    "system/picker": ["base", "system/protocol", "hypervisor/jail"],
    "system/broker": ["base", "hypervisor/protocol", "system/protocol", "hypervisor/jail", "api"],
    "system/network": ["base", "api"],
    "guest": ["base", "guest"],
    "apps": ["guest/font", "guest/bare"],
    "bench": ["base"],
}

# What core/ and virtio/ keep to themselves: a device includes none of these.
PRIVATE = re.compile(rf"^{VMM}/(core|virtio)/(arch|vcpu|\w+_state|\w+_table)\.h$")

# base/ uses libc only: no <...> of a library.
LIBRARIES = re.compile(r"^(systemd|wlr|wayland|cairo|pango|glib|pixman|drm|xf86drm|libinput|xkbcommon|seccomp|cmocka|linux/kvm)")

PRIVILEGED = (r"\b(u?mount2?|pivot_root|chroot|unshare|setns|set(?:res|re|e|fs)?[ug]id|(?:set|init)groups|capset|"
                        r"fsopen|fsmount|move_mount|open_tree|SYS_(?:seccomp|capset|pivot_root)|PR_SET_SECCOMP|"
                        r"PR_SET_NO_NEW_PRIVS|PR_CAPBSET_DROP|CLONE_NEW[A-Z]+)\b(?=\s*\(|.*[,;)|])")
PRIVILEGED_ROOMS = ("hypervisor/jail/", "system/init/", "guest/init/", "tests/")
# Files elsewhere, and why they must.
PRIVILEGED_EXCEPTIONS = {
    "guest/mount/main.c": "mounting is what it is for; the right to has an app whose image names it (guest/init/rights.h)",
    "hypervisor/supervisor/machine.c": "as the machine's process 1 it mounts /dev, /proc, /sys and the disk, once, at its start",
}

KVM_ROOMS = (f"{VMM}/core/", f"{VMM}/arch/", "hypervisor/jail/compile_filters.c", "tests/", "bench/")

# Files that look into the map of guest RAM, and why; every other asks bk_memory_at() and its companions.
MEMORY_MAP_FILES = {
    f"{VMM}/core/memory.c": "makes the map",
    f"{VMM}/core/vm.c": "hands the map to KVM as its memory slots",
}

BANNED = (r"\b(strcpy|strcat|sprintf|vsprintf|gets|alloca|strtok|system|popen|rand|srand|atoi|atol|mktemp|tmpnam)\s*\(")


def folder_of(name: str, table) -> str | None:
    folder = os.path.dirname(name)
    while folder and folder not in table:
        folder = os.path.dirname(folder)
    return folder or None


def headers_named(include: str) -> list[str]:
    return [name for name in sources.files() if name.endswith(".h") and ("/" + name).endswith("/" + include)]


def program_files() -> list[str]:
    return [name for name in sources.c_files() if not name.startswith("tests/")]


def includes_are_allowed():
    """Each program uses its own headers, those below it, and never another program's."""
    for name in program_files():
        folder = folder_of(name, MAY_INCLUDE)
        if folder is None:
            yield f"{name}: stands in a folder that the house does not know (tests/style/house.py)"
            continue
        rooms = [folder, *MAY_INCLUDE[folder]]
        for line, match in sources.lines_matching(name, r'^#include "([^"]+)"', of_code=False):
            found = [os.path.normpath(os.path.join(os.path.dirname(name), match[1]))]
            if found[0] not in sources.files():
                found = headers_named(match[1])
            if found and not any(header == room or header.startswith(room + "/") for header in found for room in rooms):
                yield f"{name}:{line}: {folder}/ may not include {found[0]}"


def device_names() -> set[str]:
    """Devices: what has a create function of its own in devices/; gpu_resource is a part of gpu."""
    made = {os.path.basename(name)[:-2] for name in sources.c_files(f"{VMM}/devices") if name.endswith(".h")
            and re.search(r"\bbk_\w+_create\(", sources.code(name))}
    return {device for device in made if not any(device.startswith(other + "_") for other in made)}


def devices_are_apart():
    """A device includes no other device, and nothing that core/ and virtio/ keep to themselves."""
    devices = device_names()
    for name in sources.c_files(f"{VMM}/devices"):
        stem = os.path.basename(name)[:-2]
        own = {device for device in devices if stem == device or stem.startswith(device + "_")}
        for line, match in sources.lines_matching(name, r'^#include "([^"]+)"', of_code=False):
            header = os.path.basename(match[1])[:-2]
            if header in devices - own and stem != "device_table":
                yield f"{name}:{line}: a device includes another, {header}.h"
            if any(PRIVATE.match(found) for found in headers_named(match[1])):
                yield f"{name}:{line}: {match[1]} is not for devices"


def base_uses_libc():
    """base/ includes nothing of a library."""
    for name in sources.c_files("base"):
        for line, match in sources.lines_matching(name, r"^#include <([^>]+)>", of_code=False):
            if LIBRARIES.match(match[1]):
                yield f"{name}:{line}: base/ uses libc only, not <{match[1]}>"


def kvm_stays_in_its_rooms():
    """KVM's requests stand in core/ and arch/ of bk-vmm only."""
    for name in sources.c_files():
        if name.startswith(KVM_ROOMS):
            continue
        for line, match in sources.lines_matching(name, r"\bKVM_[A-Z0-9_]+|^#include <linux/kvm\.h>"):
            yield f"{name}:{line}: {match[0]} outside of core/ and arch/"


def guest_addresses_stay_in_one_file():
    """A guest address becomes a pointer in core/memory.c only."""
    for name in sources.c_files(VMM):
        if name in MEMORY_MAP_FILES:
            continue
        for line, match in sources.lines_matching(name, r"\bregion\w*(?:\[[^\]]*\])?(?:->|\.)host\b"):
            yield f"{name}:{line}: looks into the map of guest RAM; ask bk_memory_at()"


def privilege_stays_in_its_rooms():
    """Mounts, users, namespaces and filters stand in jail/ and the inits only."""
    for name in sources.c_files():
        if name.startswith(PRIVILEGED_ROOMS) or name in PRIVILEGED_EXCEPTIONS:
            continue
        for line, match in sources.lines_matching(name, PRIVILEGED):
            yield f"{name}:{line}: {match[1]} outside of jail/ and init/"


def calls_are_safe():
    """No function that overflows, guesses or starts a shell."""
    for name in program_files():
        for line, match in sources.lines_matching(name, BANNED):
            yield f"{name}:{line}: {match[1]}() is not used here"


# Files whose functions have the names that a compiler expects, which are libc's.
LIBC_NAMES = ("guest/bare/string.c",)


def exported_names_have_a_prefix():
    """A function that is not static is called bk_*."""
    definition = r"^(?!static\b)[A-Za-z_][\w \t*]*?[ *](\w+)\([^;{}]*?\)\s*\n\{"
    for name in program_files():
        if not name.endswith(".c") or name in LIBC_NAMES:
            continue
        for line, match in sources.lines_matching(name, definition):
            if not match[1].startswith(("bk_", "__asan_", "qemu_plugin_")) and match[1] != "main" and "static" not in match[0]:
                yield f"{name}:{line}: {match[1]}() crosses files without the prefix bk_"


RULES = [includes_are_allowed, devices_are_apart, base_uses_libc, kvm_stays_in_its_rooms, guest_addresses_stay_in_one_file,
         privilege_stays_in_its_rooms, calls_are_safe, exported_names_have_a_prefix]
