#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bulkhead command: drives the emulated machine, for people and for tests."""
import argparse
import json
import sys
import time

import machine
from paths import caller_path
from qmp import QmpError, keys_of
from varlink import VarlinkError


def command_up(arguments):
    machine.up(arguments.headless, arguments.accelerator, arguments.memory)
    print("==> the desktop is up; ./bulkhead machine down stops the machine", file=sys.stderr)


def command_down(arguments):
    machine.down(arguments.force)


def command_status(arguments):
    answer = machine.status()
    if arguments.json:
        print(json.dumps(answer))
    else:
        print(f"machine: {answer['machine']}" + (f" ({answer['accelerator']})" if "accelerator" in answer else ""))
        for app in answer.get("apps", []):
            print(f"  {app['id']:32} {app['state']:9} {'cid ' + str(app['cid']) if app.get('cid') else ''}")
        if "problem" in answer:
            print(answer["problem"])
    if answer["machine"] == "down":
        sys.exit(3)


def command_screenshot(arguments):
    machine.screenshot(caller_path(arguments.file))


def command_click(arguments):
    if not (0 <= arguments.x < machine.WIDTH and 0 <= arguments.y < machine.HEIGHT):
        raise machine.MachineError(f"the screen is {machine.WIDTH}x{machine.HEIGHT}")
    machine.qmp().click(arguments.x, arguments.y, machine.WIDTH, machine.HEIGHT, arguments.button)


def command_type(arguments):
    keys = [keys_of(character) for character in arguments.text]
    qmp = machine.qmp()
    for together in keys:
        qmp.press(together)


def command_key(arguments):
    machine.qmp().press(arguments.name.split("-"))


def command_log(arguments):
    shown = 0
    while True:
        lines = machine.log_lines(arguments.vm)
        for line in lines[shown:]:
            print(line, flush=True)
        shown = len(lines)
        if not arguments.follow or machine.qemu_pid() is None:
            return
        time.sleep(0.3)


def command_kill(arguments):
    machine.debug().call("io.bulkhead.Debug.Kill", vm=arguments.vm)


def command_pause(arguments):
    machine.debug().call("io.bulkhead.Debug.Pause", vm=arguments.vm, paused=not arguments.resume)


def command_console(arguments):
    machine.debug().call("io.bulkhead.Debug.Console", vm=arguments.vm, line=arguments.line)


def command_start(arguments):
    answer = machine.debug().call("io.bulkhead.Hypervisor.Start", id=arguments.app)
    print(f"cid {answer['cid']}")


def command_stop(arguments):
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=arguments.app, force=arguments.force)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="bulkhead", description=__doc__)
    areas = top.add_subparsers(required=True, metavar="AREA")
    area = areas.add_parser("machine", help="the emulated machine that Bulkhead runs on here")
    verbs = area.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, function, help_text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        added.set_defaults(function=function)
        return added

    added = verb("up", command_up, "boot the machine; returns when the desktop is up")
    added.add_argument("--headless", action="store_true", help="no window and no noVNC page")
    added.add_argument("--accelerator", choices=("auto", "kvm", "tcg"), default="auto",
                       help="auto: this machine's virtualization where it nests, else emulation")
    added.add_argument("--memory", default="2560M", help="the machine's memory (default 2560M)")
    added = verb("down", command_down, "power the machine off")
    added.add_argument("--force", action="store_true", help="cut the power")
    added = verb("status", command_status, "what runs; exit status 3 when the machine is down")
    added.add_argument("--json", action="store_true")
    added = verb("screenshot", command_screenshot, "write what the screen shows as a PNG")
    added.add_argument("file")
    added = verb("click", command_click, "click at a place of the screen, in pixels from its top left")
    added.add_argument("x", type=int)
    added.add_argument("y", type=int)
    added.add_argument("--button", choices=("left", "middle", "right"), default="left")
    added = verb("type", command_type, "type a text on the machine's keyboard (US layout)")
    added.add_argument("text")
    added = verb("key", command_key, "press a key or several together: ret, esc, tab, meta_l-n, ctrl-alt-t")
    added.add_argument("name")
    added = verb("log", command_log, "the machine's log, or one VM's: system, or an app's id")
    added.add_argument("vm", nargs="?")
    added.add_argument("-f", "--follow", action="store_true", help="go on until the machine ends")
    added = verb("start", command_start, "start an app's VM")
    added.add_argument("app")
    added = verb("stop", command_stop, "stop an app's VM")
    added.add_argument("app")
    added.add_argument("--force", action="store_true", help="without asking its guest")
    added = verb("kill", command_kill, "kill a VM's bk-vmm: system, or an app's id")
    added.add_argument("vm")
    added = verb("pause", command_pause, "stop a VM's bk-vmm in its tracks, as if it hung")
    added.add_argument("vm")
    added.add_argument("--resume", action="store_true", help="let it go on")
    added = verb("console", command_console, "type a line into a VM's console: \"kill NAME\", \"panic\"")
    added.add_argument("vm")
    added.add_argument("line")
    return top


def main() -> int:
    arguments = parser().parse_args()
    try:
        arguments.function(arguments)
    except (machine.MachineError, QmpError, VarlinkError, OSError) as error:
        print(f"bulkhead: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
