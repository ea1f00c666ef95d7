# SPDX-License-Identifier: Apache-2.0
"""What the parser of the command knows, as completion in a shell: a command's words, options and choices, files, and the apps of the machine
that runs, which is asked only where nobody is asked for a password."""
import argparse
import dataclasses
import os
import shlex

from answer import answer, takes_json
from reference import Page, pages, root

APPS, FILES = {"app", "vm"}, {"file", "folder", "command"}  # arguments that are an app's id, or a path


@dataclasses.dataclass
class Offer:
    """What completes a word of a command."""
    words: list[str]
    apps: bool
    files: bool
    behind: list[tuple[list[str], list[str]]]  # an option that takes a value, by each of its names, and its choices: those alone, or files


def offer(page: Page) -> Offer:
    found = Offer([below.words[-1] for below in page.below], False, False, [])
    for action in page.parser._actions:
        choices = [] if isinstance(action, argparse._SubParsersAction) else [str(choice) for choice in action.choices or ()]
        found.words += action.option_strings or choices
        if action.option_strings and action.nargs != 0:
            found.behind.append((list(action.option_strings), choices))
        elif not action.option_strings:
            found.apps |= action.dest in APPS
            found.files |= action.dest in FILES
    return found


def typed(page: Page) -> str:
    return " ".join(page.words[1:])


def said(words: list[str], apps: bool, files: bool) -> str:
    return f"offered={shlex.quote(' '.join(words))} apps={'yes' if apps else ''} files={'yes' if files else ''}"


def cases(top: Page) -> str:
    """Of what was typed, and the word before: assignments, as bash and zsh have them."""
    lines = []
    for page in pages(top):
        found = offer(page)
        behind = " ".join(f"{'|'.join(names)}) {said(choices, False, not choices)} ;;" for names, choices in found.behind)
        lines.append(f"    {shlex.quote(typed(page))}) {said(found.words, found.apps, found.files)}{f'; case $before in {behind} esac' if behind else ''} ;;")
    return os.linesep.join(lines)


def decision(top: Page, words: str, before: str) -> str:
    """What is offered behind these words, of which `before` is the last: as bash and zsh both have it."""
    known = "|".join(["", *map(typed, pages(top)[1:]), ""])
    return f"""    local word typed= offered= apps= files= before="{before}" known='{known}'
    for word in "{words}"; do
        case "$known" in *"|${{typed:+$typed }}$word|"*) typed="${{typed:+$typed }}$word" ;; *) break ;; esac
    done
    case "$typed" in
{cases(top)}
    esac"""


def bash(top: Page) -> str:
    return f"""# bash completion for bulkhead; written by bulkhead completion
_bulkhead() {{
{decision(top, "${COMP_WORDS[@]:1:COMP_CWORD-1}", "${COMP_WORDS[COMP_CWORD-1]}")}
    local state="$(dirname "$(readlink -f "$(type -P "$1")")")/out/${{BULKHEAD_MACHINE:-machine}}" # as long as a machine runs
    if [[ $apps && $2 != -* && -S $state/debug.sock ]] && {{ [[ $EUID == 0 ]] || sudo -n true 2>/dev/null; }}; then
        offered+=" $("$1" list 2>/dev/null </dev/null | cut -d ' ' -f 1)"
    fi
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$2"; [[ ! $files || $2 == -* ]] || compgen -f -- "$2")
}}
complete -o filenames -F _bulkhead bulkhead ./bulkhead
"""


def zsh(top: Page) -> str:
    return f"""# zsh completion for bulkhead; written by bulkhead completion
_bulkhead() {{
{decision(top, "${(@)words[2,CURRENT-1]}", "${words[CURRENT-1]}")}
    local program="$(whence -p -- ${{~words[1]}})"
    local state="${{program:A:h}}/out/${{BULKHEAD_MACHINE:-machine}}" # as long as a machine runs
    if [[ -n $apps && $PREFIX != -* && -S $state/debug.sock ]] && {{ [[ $EUID == 0 ]] || sudo -n true 2>/dev/null; }}; then
        offered+=" $("$program" list 2>/dev/null </dev/null | cut -d ' ' -f 1)"
    fi
    compadd -- ${{=offered}}
    [[ -z $files || $PREFIX == -* ]] || _files
}}
(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}
compdef _bulkhead bulkhead
"""


def fish(top: Page) -> str:
    def set_to(words: list[str], apps: bool, files: bool, indent: int) -> list[str]:
        return [f"{' ' * indent}set {name} {value}".rstrip() for name, value in
                (("offered", shlex.join(words)), ("apps", "yes" if apps else ""), ("files", "yes" if files else ""))]

    lines = []
    for page in pages(top):
        found = offer(page)
        lines += [f"        case {shlex.quote(typed(page))}", *set_to(found.words, found.apps, found.files, 12)]
        if found.behind:
            lines.append('            switch "$before"')
            for names, choices in found.behind:
                lines += [f"                case {shlex.join(names)}", *set_to(choices, False, not choices, 20)]
            lines.append("            end")
    return f"""# fish completion for bulkhead; written by bulkhead completion
function __bulkhead_offered
    set -l line (commandline -opc)
    set -l word (commandline -ct)
    set -l before $line[-1]
    set -l typed
    set -l offered
    set -l apps
    set -l files
    for one in $line[2..]
        contains -- (string join -- ' ' $typed $one) {shlex.join(map(typed, pages(top)[1:]))}
        or break
        set typed (string join -- ' ' $typed $one)
    end
    switch "$typed"
{os.linesep.join(lines)}
    end
    string match -q -- '~/*' $line[1]; and set line[1] $HOME/(string sub -s 3 -- $line[1])
    set -l program (command -s -- $line[1]) # none of an alias
    if test -n "$apps" -a -n "$program"; and not string match -q -- '-*' $word
        set -l machine machine
        set -q BULKHEAD_MACHINE; and set machine $BULKHEAD_MACHINE
        set -l socket (dirname (realpath -- $program))/out/$machine/debug.sock # as long as a machine runs
        if test -S "$socket"; and begin; test (id -u) = 0; or sudo -n true 2>/dev/null; end
            set -a offered ($program list 2>/dev/null </dev/null | string split -f 1 ' ')
        end
    end
    string join -- \\n $offered
    test -n "$files"; and not string match -q -- '-*' $word; and __fish_complete_path $word
end
complete -c bulkhead -f -a '(__bulkhead_offered)'
"""


SHELLS = {"bash": bash, "fish": fish, "zsh": zsh}


def add_commands(areas, top: argparse.ArgumentParser):
    def command_completion(arguments):
        text = SHELLS[arguments.shell](root(top))
        answer(arguments, {"shell": arguments.shell, "completion": text}, text.rstrip("\n"))

    added = areas.add_parser("completion", help="print what completes these commands in a shell",
                             description='Prints what completes these commands in bash or zsh: eval "$(./bulkhead completion zsh)"; '
                             "and in fish: ./bulkhead completion fish | source.")
    added.set_defaults(function=command_completion)
    takes_json(added, "the same as a text in an object")
    added.add_argument("shell", nargs="?", choices=tuple(SHELLS), default="bash", help="whose words it is in (default: bash)")
