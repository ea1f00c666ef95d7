# SPDX-License-Identifier: Apache-2.0
"""The text of the files: what each opens with, how long it is, what it may not hold."""
import ast
import os
import re
import subprocess

import sources

LICENCE = "SPDX-License-Identifier: Apache-2.0"
# Files without the licence line, and why.
NO_LICENCE_LINE = {
    "image/builder/create": "is part of the builder root's key: a new line would have everybody make the root again",
    "guest/kernel/build": "is part of the guest kernel's key: a new line would have everybody build it again",
}

LINES_MAX = 1000
# Longer files, and why each is one file all the same.
LONG_FILES: dict[str, str] = {}

VMM_LINES_MAX = 9200  # of code, in bk-vmm with the devices it has so far: docs/decisions/005

# Address hosts that may be named: of specifications, and of nobody.
HOSTS = ("varlink.org", "json-schema.org", "localhost", "127.0.0.1", "bulkhead.invalid", "www.apache.org")

FUZZ_SEEDS_MIN = 10


def code_like() -> list[str]:
    return sorted({*sources.c_files(), *sources.python_files(), *sources.shell_files()})


def licence_line():
    """Every source says its licence in its first lines."""
    for name in code_like():
        if name not in NO_LICENCE_LINE and LICENCE not in "\n".join(sources.text(name).split("\n")[:3]):
            yield f"{name}: no \"{LICENCE}\" in its first lines"


def headers_say_what_they_are():
    """Each header opens with its purpose, where its input comes from, and where it runs."""
    for name in sources.c_files():
        if not name.endswith(".h"):
            continue
        comment = re.match(r"/\* SPDX[^\n]*\*/\n/\*(.*?)\*/", sources.text(name), re.DOTALL)
        if not comment:
            yield f"{name}: does not open with the licence and then a comment"
            continue
        words = comment[1]
        if len(words.split("Input from:")[0].strip(" *\n")) < 20:
            yield f"{name}: does not open with its purpose"
        for key in ("Input from:", "Runs in:"):
            if not re.search(rf"\* {key} \S{{3,}}|\* {key} \S+ \S", words):
                yield f"{name}: does not say \"{key}\""


def guards():
    """Each header has its include guard, BK_*_H."""
    for name in sources.c_files():
        if name.endswith(".h") and not re.search(r"^#ifndef (BK_\w+_H)\n#define \1$", sources.text(name), re.MULTILINE):
            yield f"{name}: no guard BK_..._H"


def lengths():
    """A file of more than a thousand lines is two files."""
    for name in code_like():
        count = sources.text(name).count("\n")
        if count > LINES_MAX and name not in LONG_FILES:
            yield f"{name}: {count} lines, more than {LINES_MAX}"


def vmm_budget():
    """bk-vmm keeps to its budget of lines."""
    count = sum(sources.code_lines(name) for name in sources.c_files("hypervisor/vmm"))
    whole = sum(sources.text(name).count("\n") for name in sources.c_files("hypervisor/vmm"))
    print(f"# bk-vmm: {count} lines of code of {VMM_LINES_MAX}; {whole} with comments and blank lines")
    if count >= VMM_LINES_MAX:
        yield f"hypervisor/vmm: {count} lines of code, not under {VMM_LINES_MAX}"


def no_typedefs():
    """No typedef hides a struct, a union or an enum."""
    for name in sources.c_files():
        for line, _ in sources.lines_matching(name, r"^\s*typedef\s+(?:const\s+)?(?:struct|union|enum)\b"):
            yield f"{name}:{line}: typedef of a struct, union or enum"


def nothing_left_for_later():
    """No note of work that is left to do."""
    marks = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
    for name in sources.files():
        if not sources.is_text(name):
            continue
        for number, line in enumerate(sources.text(name).split("\n"), 1):
            if match := marks.search(line):
                yield f"{name}:{number}: {match[1]}"


def is_nobodys(host: str) -> bool:
    """A name that is for examples (RFC 2606), or that is no whole one."""
    return host == "example.org" or host.endswith(".example") or "." not in host


def no_foreign_hosts():
    """No address of anybody's server: where things come from is the developer's own package manager's matter."""
    address = re.compile(r"\b(?:https?|ftp|git|ssh)://([\w.-]+)")
    for name in sources.files():
        if name == "LICENSE" or not sources.is_text(name):
            continue
        for number, line in enumerate(sources.text(name).split("\n"), 1):
            for match in address.finditer(line):
                if match[1] not in HOSTS and not match[1].startswith("-") and not is_nobodys(match[1]):
                    yield f"{name}:{number}: names the host {match[1]}"


def plain_text():
    """No tabs in C, no blanks at line ends, a newline at the end, no carriage returns."""
    for name in code_like():
        content = sources.text(name)
        if content and not content.endswith("\n"):
            yield f"{name}: no newline at its end"
        for number, line in enumerate(content.split("\n"), 1):
            if line != line.rstrip():
                yield f"{name}:{number}: blanks at the line's end"
            if "\t" in line and name.endswith((".c", ".h", ".py")):
                yield f"{name}:{number}: a tab"


def python_compiles():
    """Every Python program is one, in the language of the builder root."""
    for name in sources.python_files():
        try:
            ast.parse(sources.text(name), name)
        except SyntaxError as error:
            yield f"{name}:{error.lineno}: {error.msg}"


def shell_parses():
    """Every shell script is one."""
    for name in sources.shell_files():
        shell = "bash" if sources.interpreter(name) == "bash" else "sh"
        answer = subprocess.run([shell, "-n", sources.ROOT / name], capture_output=True, text=True)
        if answer.returncode != 0:
            yield f"{name}: {answer.stderr.strip()}"


def tests_are_registered():
    """Each unit test and fuzz target stands in its table, and each target has seeds."""
    for kind, prefix in (("unit", "test_"), ("fuzz", "fuzz_")):
        table = sources.text(f"tests/{kind}/meson.build")
        for name in sources.files():
            folder, base = os.path.split(name)
            if folder != f"tests/{kind}" or not base.startswith(prefix) or not base.endswith(".c"):
                continue
            stem = os.path.splitext(base)[0].removeprefix(prefix)
            if not re.search(rf"\b(?:{prefix})?{stem}\b", table):
                yield f"{name}: not in tests/{kind}/meson.build"
            if kind == "fuzz":
                seeds = [seed for seed in sources.files() if seed.startswith(f"tests/fuzz/corpus/{stem}/")]
                if len(seeds) < FUZZ_SEEDS_MIN:
                    yield f"{name}: {len(seeds)} seeds in tests/fuzz/corpus/{stem}, fewer than {FUZZ_SEEDS_MIN}"


RULES = [licence_line, headers_say_what_they_are, guards, lengths, vmm_budget, no_typedefs, nothing_left_for_later,
         no_foreign_hosts, plain_text, python_compiles, shell_parses, tests_are_registered]
