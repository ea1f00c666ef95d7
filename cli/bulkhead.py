# SPDX-License-Identifier: Apache-2.0
"""The bulkhead command: makes bundles of apps, and drives the emulated machine, for people and for tests."""
import argparse
import json
import os
import re
import sys
import time
from contextlib import nullcontext

import bundles
import completion
import gps
import keeping
import machine
import record
import reference
import software
import templates
from answer import FAILED, INTERRUPTED, CommandError, OutputError, Parser, answer, complain, prints, sentence, takes_json, without_output
from paths import caller_path, file_to_make
from qmp import keys_of
from refusals import refusal
from varlink import VarlinkError

BUTTONS = ("left", "middle", "right")
MILLISECONDS_MAX = 60000
STATUSES = """exit status:
  0    done
  1    it cannot be done; why is said on standard error and, with --json, as an object's "error"
  2    a mistake in the arguments
  130  ended by Control-C
A command that has more says so in its own help.
"""


def network(end: str) -> str:
    return end if end in ("user", "alone", "none") else str(caller_path(end))


def command_up(arguments):
    machine.up(arguments.headless, arguments.accelerator, arguments.memory, arguments.form, arguments.scale,
               machine.parse_size(arguments.size) if arguments.size else None, arguments.motion, arguments.fresh,
               arguments.gps, arguments.place,
               *(path and caller_path(path) for path in (arguments.microphone, arguments.speaker)), arguments.battery,
               arguments.camera, network(arguments.network))
    answer(arguments, machine.status())
    print("==> the desktop is up; ./bulkhead machine down stops the machine", file=sys.stderr)


def command_down(arguments):
    machine.down(arguments.force)
    answer(arguments, {"machine": "down"})


def status_text(found: dict) -> str:
    lines = [f"machine: {found['machine']}" + (f" ({found['accelerator']})" if "accelerator" in found else "")]
    lines += [f"  {app['id']:32} {app['state']:9} {'cid ' + str(app['cid']) if app.get('cid') else ''}" for app in found.get("apps", [])]
    return "\n".join(lines + ([found["problem"]] if "problem" in found else []))


def command_status(arguments):
    found = machine.status()
    answer(arguments, found, status_text(found))
    if found["machine"] == "down":
        sys.exit(3)


def command_screenshot(arguments):
    path = file_to_make(arguments.file)
    machine.screenshot(path)
    bundles.give_away(path)
    answer(arguments, {"file": arguments.file})


def command_click(arguments):
    machine.hand().click((arguments.x, arguments.y), arguments.button)
    answer(arguments, {"at": [arguments.x, arguments.y], "button": arguments.button})


def command_drag(arguments):
    start, end = (arguments.x1, arguments.y1), (arguments.x2, arguments.y2)
    machine.hand().drag(start, end, arguments.ms / 1000, arguments.hold_ms / 1000, arguments.button)
    answer(arguments, {"from": start, "to": end, "button": arguments.button})


def command_tap(arguments):
    machine.hand().tap((arguments.x, arguments.y), arguments.hold_ms / 1000)
    answer(arguments, {"at": [arguments.x, arguments.y]})


def command_swipe(arguments):
    start, end = (arguments.x1, arguments.y1), (arguments.x2, arguments.y2)
    machine.hand().swipe(start, end, arguments.ms / 1000, arguments.hold_ms / 1000)
    answer(arguments, {"from": start, "to": end})


def command_rotate(arguments):
    machine.debug().call("io.bulkhead.Debug.Rotate", degrees=arguments.degrees)
    answer(arguments, {"degrees": arguments.degrees})


def command_gps(arguments):
    said = 0
    with machine.gps_line() as line:
        ends = time.monotonic() + arguments.seconds if arguments.seconds is not None else float("inf")
        while True:
            try:
                line.sendall(gps.fix(arguments.latitude, arguments.longitude, time.time()))
            except BrokenPipeError:
                raise machine.MachineError("the machine has ended") from None
            said += 1
            if time.monotonic() >= ends:
                break
            time.sleep(1)
    answer(arguments, {"fixes": said})


def command_battery(arguments):
    machine.set_battery(arguments.percent, arguments.state)
    answer(arguments, {"percent": arguments.percent, "state": arguments.state})


def command_type(arguments):
    keys = [keys_of(character) for character in arguments.text]
    qmp = machine.qmp()
    for together in keys:
        qmp.press(together)
    answer(arguments, {"keys": keys})


def command_key(arguments):
    keys = arguments.name.split("-")
    machine.qmp().press(keys)
    answer(arguments, {"keys": [keys]})


def command_log(arguments):
    if arguments.vm not in (None, "system") and not machine.log_lines(arguments.vm) and machine.qemu_pid() is not None and \
            not (arguments.follow and machine.is_booting(machine.console())):
        software.app_of(arguments.vm)  # an error for one that there is not
    shown = 0
    while True:
        lines = machine.log_lines(arguments.vm)
        for line in lines[shown:]:
            answer(arguments, {"vm": arguments.vm, "line": line}, line)
        shown = len(lines)
        if not arguments.follow or machine.qemu_pid() is None:
            return
        time.sleep(0.3)


def command_kill(arguments):
    machine.debug().call("io.bulkhead.Debug.Kill", vm=arguments.vm)
    answer(arguments, {"vm": arguments.vm})


def command_pause(arguments):
    machine.debug().call("io.bulkhead.Debug.Pause", vm=arguments.vm, paused=not arguments.resume)
    answer(arguments, {"vm": arguments.vm, "paused": not arguments.resume})


def command_console(arguments):
    machine.debug().call("io.bulkhead.Debug.Console", vm=arguments.vm, line=arguments.line)
    answer(arguments, {"vm": arguments.vm, "line": arguments.line})


def command_start(arguments):
    cid = machine.debug().call("io.bulkhead.Hypervisor.Start", id=arguments.app)["cid"]
    answer(arguments, {"id": arguments.app, "cid": cid}, f"cid {cid}")


def command_stop(arguments):
    machine.debug().call("io.bulkhead.Hypervisor.Stop", id=arguments.app, force=arguments.force)
    answer(arguments, {"id": arguments.app, "force": arguments.force})


def tell_broker(line: str):
    machine.debug().call("io.bulkhead.Debug.Console", vm="system", line=line)


def command_record(arguments):
    path = file_to_make(arguments.output) if arguments.output else None
    software.app_of(arguments.app)  # an error for one that there is not
    recorder = record.Recorder()
    shown = len(machine.log_lines("system"))
    lost = messages = 0
    try:
        tell_broker(f"record {arguments.app}")
        with open(path, "w", encoding="utf-8") if path else nullcontext(sys.stdout) as output:
            if path:
                bundles.give_away(path)
            print(f"==> recording what {arguments.app} says on the connections that it begins from now on; Control-C ends it",
                  file=sys.stderr)
            while machine.qemu_pid() is not None:
                lines = machine.log_lines("system")
                for line in lines[shown:]:
                    for entry in recorder.feed(line):
                        lost += entry.get("lost", 0)
                        messages += "message" in entry
                        print(json.dumps(entry, ensure_ascii=False), file=output, flush=True)
                shown = len(lines)
                time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        if machine.qemu_pid() is not None:
            tell_broker("record")  # it stops
    found = {"id": arguments.app, "file": arguments.output, "messages": messages, "lost": lost}
    if lost:
        raise record.RecordError(f"the machine's log lost {lost} pieces of the conversation", **found)
    if arguments.output:
        answer(arguments, found)


def command_replay(arguments):
    path, status = caller_path(arguments.file), 0
    if arguments.socket:
        place = caller_path(arguments.socket)
        print(f"==> the recorded system is at {arguments.socket}", file=sys.stderr)
        found = record.replay_on_socket(path, str(place), lambda: bundles.give_away(place))
    elif arguments.command:
        found, status = record.replay_to_command(path, arguments.command)
    else:
        raise record.RecordError("replay needs a command, or --socket PATH")
    said = [*found, *([f"the program ended with status {status}"] if status else [])]
    answer(arguments, {"differences": found, "status": status}, "\n".join(said) or "the app said what was recorded")
    if said:
        sys.exit(1)


def milliseconds(text: str) -> int:
    if not text.isdecimal() or int(text) > MILLISECONDS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of milliseconds up to {MILLISECONDS_MAX}")
    return int(text)


def percent(text: str) -> int:
    if not text.isdecimal() or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no percentage")
    return int(text)


def degrees_up_to(most: int):
    def degrees(text: str) -> float:
        if re.fullmatch(r"-?\d{1,3}(\.\d{1,9})?", text) is None or abs(float(text)) > most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number of degrees up to {most}")
        return float(text)
    return degrees


def place(text: str) -> str:
    latitude, comma, longitude = text.partition(",")
    degrees_up_to(90)(latitude)
    degrees_up_to(180)(longitude)
    return text


def parser() -> argparse.ArgumentParser:
    top = Parser(prog="bulkhead", description=__doc__, epilog=STATUSES, formatter_class=argparse.RawDescriptionHelpFormatter)
    areas = top.add_subparsers(required=True, metavar="AREA")
    area = areas.add_parser("machine", help="the emulated machine that Bulkhead runs on here")
    verbs = area.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, function, help_text: str, said: str = "what was done") -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        added.set_defaults(function=function)
        takes_json(added, said)
        return added

    def takes_places(added: argparse.ArgumentParser, *names: str):
        for name in names:
            added.add_argument(name, type=int, metavar=name.upper())

    def takes_time(added: argparse.ArgumentParser, default: int):
        added.add_argument("--ms", type=milliseconds, default=default, metavar="N",
                           help=f"how long the movement takes (default {default})")
        added.add_argument("--hold-ms", type=milliseconds, default=0, metavar="N",
                           help="how long it stays at the end before it lets go (default 0)")

    added = verb("up", command_up, "boot the machine; returns when the desktop is up", "what runs then")
    added.add_argument("--headless", action="store_true", help="no window and no noVNC page")
    added.add_argument("--accelerator", choices=("auto", "kvm", "tcg"), default="auto",
                       help="auto: this machine's virtualization where it nests, else emulation")
    added.add_argument("--memory", default="2560M", help="the machine's memory (default 2560M)")
    added.add_argument("--form", choices=tuple(machine.FORMS), default="desktop",
                       help="phone: an upright panel of 720x1440 with a touchscreen, at scale 2")
    added.add_argument("--scale", choices=machine.SCALES, help="how large the desktop draws (default: as suits the screen)")
    added.add_argument("--size", metavar="WxH", help="the panel's size in pixels")
    motion = added.add_mutually_exclusive_group()
    motion.add_argument("--reduced-motion", dest="motion", action="store_const", const="reduced_motion",
                        help="nothing on the desktop slides or fades")
    motion.add_argument("--slow-turn", dest="motion", action="store_const", const="slow_turn",
                        help="the desktop turns with the machine ten times as slowly, to be looked at")
    added.add_argument("--fresh", action="store_true", help="begin with an empty data disk: forget what earlier machines kept")
    added.add_argument("--gps", action="store_true", help="with a GPS receiver on a serial line; ./bulkhead machine gps speaks for it")
    added.add_argument("--place", type=place, metavar="LAT,LON", help="where the machine is, in degrees, until the person says otherwise in the settings")
    added.add_argument("--microphone", metavar="FILE.wav", help="with a microphone, which hears this: 48000 Hz, 16 bits")
    added.add_argument("--speaker", metavar="FILE.wav", help="with a loudspeaker; what it plays is written there")
    added.add_argument("--camera", action="store_true", help="with a camera, which sees a test pattern, and a video encoder")
    added.add_argument("--network", metavar="END", default="user",
                       help="what its network card leads to: user, this machine's network (the default); alone, nobody; none, no card; or a socket's "
                            "path: frames, each behind its length in 4 bytes")
    added.add_argument("--battery", type=percent, metavar="PERCENT",
                       help="with a battery, so full and with nothing that charges it; ./bulkhead machine battery changes it")
    added = verb("down", command_down, "power the machine off")
    added.add_argument("--force", action="store_true", help="cut the power")
    added = verb("status", command_status, "what runs; exit status 3 when the machine is down", "all that is known of it")
    added = verb("screenshot", command_screenshot, "write what the screen shows as a PNG")
    added.add_argument("file")
    added = verb("click", command_click, "click at a place of the screen, in pixels from its top left")
    takes_places(added, "x", "y")
    added.add_argument("--button", choices=BUTTONS, default="left")
    added = verb("drag", command_drag, "press the pointer's button at one place, move it to another, let go")
    takes_places(added, "x1", "y1", "x2", "y2")
    takes_time(added, 500)
    added.add_argument("--button", choices=BUTTONS, default="left")
    added = verb("tap", command_tap, "tap the touchscreen, at a place as for click")
    takes_places(added, "x", "y")
    added.add_argument("--hold-ms", type=milliseconds, default=0, metavar="N", help="how long the finger stays (default 0)")
    added = verb("swipe", command_swipe, "move a finger over the touchscreen, from one place to another")
    takes_places(added, "x1", "y1", "x2", "y2")
    takes_time(added, 300)
    added = verb("rotate", command_rotate, "hold the machine another way: so many degrees clockwise from upright")
    added.add_argument("degrees", type=int, choices=(0, 90, 180, 270))
    added = verb("gps", command_gps, "be the machine's GPS receiver: say once a second that it is there")
    added.add_argument("latitude", type=degrees_up_to(90))
    added.add_argument("longitude", type=degrees_up_to(180))
    added.add_argument("--seconds", type=int, metavar="N", help="for so long (default: until it is ended)")
    added = verb("battery", command_battery, "be the machine's battery: it is so full, and does that")
    added.add_argument("percent", type=percent)
    added.add_argument("state", nargs="?", choices=tuple(machine.BATTERY_STATES), default="discharging")
    added = verb("type", command_type, "type a text on the machine's keyboard (US layout)")
    added.add_argument("text")
    added = verb("key", command_key, "press a key or several together: ret, esc, tab, meta_l-n, ctrl-alt-t")
    added.add_argument("name")
    added = verb("log", command_log, "the machine's log, or one VM's: system, or an app's id", "each line as an object")
    added.add_argument("vm", nargs="?")
    added.add_argument("-f", "--follow", action="store_true", help="go on until the machine ends")
    added = verb("start", command_start, "start an app's VM", "its CID")
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

    templates.add_commands(areas)
    bundles.add_commands(areas)
    software.add_commands(areas, command_log)
    keeping.add_commands(areas)
    added = areas.add_parser("record", help="write what an app and the system say to each other, as JSON lines",
                             description="Writes what an app on the emulated machine and the system say to each other, as JSON "
                             "lines, until Control-C or the machine's end.")
    added.set_defaults(function=command_record)
    added.add_argument("app")
    added.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    takes_json(added, "how much was said, and lost, when it is written to a file; what it writes is JSON in any case")
    added = areas.add_parser("replay", help="play the system's side of a recording back to an app's program, and compare",
                             description="Plays the system's side of a recording (bulkhead record) back to an app's program. Says "
                             "where the app said something else, with status 1. A command gets the one connection as its standard "
                             "input and output, as from bk-connect; it runs in the builder root.")
    added.set_defaults(function=command_replay)
    takes_json(added, "what was different, and the program's status")
    added.add_argument("--socket", metavar="PATH", help="serve the connections in their order on a Unix socket")
    added.add_argument("file")
    added.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND [ARGUMENT...]")
    reference.add_commands(areas, top)
    completion.add_commands(areas, top)
    return top


def run(arguments) -> int:
    try:
        machine.check_name()
        arguments.function(arguments)
    except VarlinkError as error:
        complain(str(refusal(error)), arguments.json)
        return FAILED
    except CommandError as error:
        complain(str(error), arguments.json, **error.more)
        return error.status
    except OSError as error:
        if isinstance(error, OutputError) or not prints():
            raise
        complain(sentence(error), arguments.json)
        return FAILED
    except KeyboardInterrupt:
        answer(arguments, {"error": "ended by Control-C"})
        return INTERRUPTED
    return 0


def main() -> int:
    if sys.stdout is None:  # it was closed by who called
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
    try:
        return run(parser().parse_args())
    except OSError as error:
        return without_output(error)
    except KeyboardInterrupt:
        return INTERRUPTED
