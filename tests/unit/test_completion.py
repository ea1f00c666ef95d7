# SPDX-License-Identifier: Apache-2.0
"""What completes the command in a shell: in each that is here."""
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "cli"))
import bulkhead  # noqa: E402
import completion  # noqa: E402
import reference  # noqa: E402

# What asks each of them for what it offers behind the words of a line: the script, and the words.
ASKED = {
    "bash": lambda script, words: f"""{script}COMP_WORDS=({shlex.join(words)}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_bulkhead {words[0]} "${{COMP_WORDS[COMP_CWORD]}}"; printf "%s\\n" "${{COMPREPLY[@]}}"
""",
    "zsh": lambda script, words: f"""compdef() {{ }}
compadd() {{ shift; [[ $# = 0 ]] || print -rl -- ${{(M)@:#$PREFIX*}} }}
_files() {{ print -rl -- $PREFIX*(N) }}
{script}words=({shlex.join(words)}); CURRENT=$#words; PREFIX=$words[-1]
_bulkhead
""",
    "fish": lambda script, words: f"{script}complete -C {shlex.quote(words[0] + ' ' + shlex.join(words[1:-1]) + ' ' + words[-1])} "
                                  f"| string replace -r '\\t.*' '' | string match -- {shlex.quote(words[-1] + '*')}; true\n",  # it offers what has that within, too
}
LINES = [
    ("ins", {"inspect", "install"}), ("machine scr", {"screenshot"}), ("machine up --f", {"--form", "--fresh"}), ("pack DIR --k", {"--key"}),
    ("machine battery 50 dis", {"discharging"}), ("install a", {"a.bapp"}), ("machine nothing", set()), ("run a", set()), ("pack DIR --key a", {"a.bapp"}),
    ("init DIR --language p", {"perl", "python"}), ("machine up --form ''", {"desktop", "phone"}), ("run org.example.", {"org.example.one", "org.example.two"}),
    ("machine log org.example.o", {"org.example.one"}), ("logs --f", {"--follow"}), ("completion z", {"zsh"})]


@pytest.fixture
def top() -> reference.Page:
    return reference.root(bulkhead.parser())


@pytest.mark.parametrize("shell", sorted(completion.SHELLS))
def test_it_completes(shell, top, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    assert completed(shell, top, tmp_path, "run org.example.") == set()  # no machine is asked that does not run: it would make the builder root first
    with machine_in(tmp_path):
        for line, offered in LINES:
            assert completed(shell, top, tmp_path, line) == offered, line
        (tmp_path / "home").mkdir(exist_ok=True)
        (tmp_path / "home/bulkhead").symlink_to("../bulkhead")
        if shell != "bash":  # that leaves the ~ as it is
            assert completed(shell, top, tmp_path, "run org.example.", "~/bulkhead") == {"org.example.one", "org.example.two"}
        assert completed(shell, top, tmp_path, "run org.example.", "~/no/bulkhead") == set()  # and no complaint


@contextlib.contextmanager
def machine_in(folder):
    (folder / "out/machine").mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as debug:
        debug.bind(str(folder / "out/machine/debug.sock"))
        yield


def completed(shell: str, top: reference.Page, folder: pathlib.Path, line: str, command: str = "./bulkhead") -> set[str]:
    """What is offered behind that."""
    (folder / "a.bapp").touch()
    program = folder / "bulkhead"
    program.write_text("#!/bin/sh\n[ \"$1\" = list ] && printf '%s running 1  by 12  One\\n' org.example.one org.example.two\n")
    program.chmod(0o755)
    script = ASKED[shell](completion.SHELLS[shell](top), [command, *shlex.split(line)])
    known = {name: value for name, value in os.environ.items() if name != "BULKHEAD_MACHINE"} | {"HOME": str(folder / "home")}
    answer = subprocess.run([shell, *(["-u"] if shell == "bash" else ["-f"] if shell == "zsh" else []), "-c", script], cwd=folder, env=known,
                            capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")
    return set(answer.stdout.split())


@pytest.mark.parametrize("shell, said", [("bash", "complete -o filenames -F _bulkhead bulkhead"), ("fish", "complete -c bulkhead -f"),
                                         ("zsh", "compdef _bulkhead bulkhead")])
def test_it_is_printed_for_each_shell(shell, said, top, monkeypatch, capsys):
    """With every command and all that they take, whether the shell is here or not."""
    for words in ([shell], [shell, "--json"]):
        monkeypatch.setattr("sys.argv", ["bulkhead", "completion", *words])
        assert bulkhead.main() == 0
    text, answered = capsys.readouterr().out.rsplit("\n", 2)[:2]
    assert json.loads(answered) == {"shell": shell, "completion": text + "\n"} and said in text
    for page in reference.pages(top):
        assert all(word in text for word in [*completion.typed(page).split(), *completion.offer(page).words])
