# SPDX-License-Identifier: Apache-2.0
"""The bulkhead command: what it understands, and what it has QEMU do at the machine's screen."""
import json
import pathlib
import socket
import struct
import sys
import threading
import wave

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cli"))
import bulkhead  # noqa: E402
import gps  # noqa: E402
import hand  # noqa: E402
import machine  # noqa: E402
import sound_card  # noqa: E402
from qmp import Qmp  # noqa: E402

WIDTH, HEIGHT = 720, 1440


class FakeQemu:
    """Speaks QMP on a Unix socket, to one client at a time, and keeps what it was asked."""

    def __init__(self, path: pathlib.Path, touch: bool = True):
        self.touch = touch
        self.reports: list[list[dict]] = []  # what each input-send-event had
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection, connection.makefile("rw") as stream:
                stream.write('{"QMP": {}}\n')
                stream.flush()
                for line in stream:
                    stream.write(json.dumps(self.answer(json.loads(line))) + "\n")
                    stream.flush()

    def answer(self, call: dict) -> dict:
        arguments = call.get("arguments", {})
        if call["execute"] == "screendump":
            assert arguments["format"] == "ppm"
            pathlib.Path(arguments["filename"]).write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes(64))
        elif call["execute"] == "input-send-event":
            if not self.touch and any(event["type"] == "mtt" for event in arguments["events"]):
                return {"error": {"class": "GenericError", "desc": "Input handler not found for event type mtt"}}
            self.reports.append(arguments["events"])
        return {"return": {}}

    def axes(self, kind: str) -> list[tuple[int, int]]:
        """The places, in the axes' own units."""
        return [tuple(event["data"]["value"] for event in report if event["type"] == kind and
                      event["data"].get("type", "data") == "data")
                for report in self.reports if any(event["type"] == kind and event["data"].get("type", "data") == "data"
                                                  for event in report)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "STATE", tmp_path)
    monkeypatch.setattr(machine, "qemu_pid", lambda: 1)
    return tmp_path


@pytest.fixture
def qemu(folder):
    fake = FakeQemu(folder / "qmp.sock")
    yield fake
    fake.listener.close()


def command(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bulkhead", *words])
    return bulkhead.main()


def run(monkeypatch, *words: str) -> int:
    return command(monkeypatch, "machine", *words)


def refused(monkeypatch, capsys, *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, *words)
    assert ended.value.code == 2
    return capsys.readouterr().err


# How it starts.

@pytest.fixture
def still(monkeypatch, tmp_path):
    """A QEMU whose kernel stands still at its first so many starts, which are written to a file."""
    def make(times: int) -> pathlib.Path:
        starts = tmp_path / "starts"
        program = tmp_path / "qemu-system-x86_64"
        lines = "".join(f"echo '{mark}' >>{tmp_path}/machine/console.log\n" for mark, _ in machine.STAGES)
        program.write_text(f"#!/bin/sh\necho start >>{starts}\n[ $(wc -l <{starts}) -gt {times} ] || sleep 60\n{lines}sleep 60\n")
        program.chmod(0o755)
        (tmp_path / "images").mkdir()
        for name in ("vmlinuz", "machine.cpio", "machine.erofs"):
            (tmp_path / "images" / name).touch()
        monkeypatch.setattr(machine.emulator, "program", lambda: str(program))
        monkeypatch.setattr(machine, "STATE", tmp_path / "machine")
        monkeypatch.setattr(machine, "IMAGES", tmp_path / "images")
        monkeypatch.setattr(machine, "DATA", tmp_path / "data.img")
        monkeypatch.setattr(machine, "FIRST_SECONDS", 3)
        monkeypatch.setattr(machine, "UP_SECONDS", 60)
        return starts
    yield make
    machine.down(force=True)


def test_an_emulated_kernel_that_stands_still_is_started_once_more(still, capsys):
    starts = still(1)
    machine.up(headless=True, chosen="tcg", memory="1G")
    assert starts.read_text() == "start\nstart\n"
    assert "once more" in capsys.readouterr().err


def test_it_is_started_twice_and_no_more(still, monkeypatch):
    starts = still(9)
    monkeypatch.setattr(machine, "UP_SECONDS", 5)
    with pytest.raises(machine.MachineError, match="it came as far as nothing"):
        machine.up(headless=True, chosen="tcg", memory="1G")
    assert starts.read_text() == "start\nstart\n"


def test_a_kernel_that_is_not_emulated_is_not_started_again(still, monkeypatch):
    starts = still(9)
    monkeypatch.setattr(machine, "UP_SECONDS", 5)
    with pytest.raises(machine.MachineError):
        machine.up(headless=True, chosen="kvm", memory="1G")
    assert starts.read_text() == "start\n"


# What it understands.

def test_a_machine_is_a_desktop_unless_it_is_asked_to_be_a_phone(monkeypatch):
    asked = []
    monkeypatch.setattr(machine, "up", lambda *arguments: asked.append(arguments[3:]))
    assert run(monkeypatch, "up") == 0
    assert run(monkeypatch, "up", "--form", "phone", "--scale", "1.5", "--size", "1080x2160", "--reduced-motion") == 0
    assert run(monkeypatch, "up", "--fresh", "--gps", "--place=-33.9,151.2", "--battery", "0") == 0
    assert run(monkeypatch, "up", "--microphone", "/m.wav", "--speaker", "/s.wav", "--camera", "--network", "none") == 0
    assert run(monkeypatch, "up", "--network", "/n.sock") == 0
    assert asked == [("desktop", None, None, None, False, False, None, None, None, None, False, "user"),
                     ("phone", "1.5", (1080, 2160), "reduced_motion", False, False, None, None, None, None, False, "user"),
                     ("desktop", None, None, None, True, True, "-33.9,151.2", None, None, 0, False, "user"),
                     ("desktop", None, None, None, False, False, None, *(bulkhead.caller_path(path) for path in ("/m.wav", "/s.wav")), None, True, "none"),
                     ("desktop", None, None, None, False, False, None, None, None, None, False, str(bulkhead.caller_path("/n.sock")))]


def test_a_network_card_leads_somewhere():
    assert machine.network_arguments("none") == []
    assert machine.network_arguments("user")[:2] == ["-netdev", "user,id=net"] and machine.network_arguments("alone")[1] == "user,id=net,restrict=on"
    assert machine.network_arguments("/n.sock")[1] == "stream,id=net,server=off,addr.type=unix,addr.path=/n.sock"
    assert all("virtio-net-pci,netdev=net" in machine.network_arguments(end)[3] for end in ("user", "alone", "/n.sock"))


def test_wrong_words_are_named(monkeypatch, capsys):
    assert "watch" in refused(monkeypatch, capsys, "up", "--form", "watch")
    assert "'3'" in refused(monkeypatch, capsys, "up", "--scale", "3")
    assert "45" in refused(monkeypatch, capsys, "rotate", "45")
    assert "y2" in refused(monkeypatch, capsys, "swipe", "1", "2", "3").lower()
    assert "'far'" in refused(monkeypatch, capsys, "tap", "far", "2")
    for number in ("-1", "60001", "1.5", "soon"):
        assert "--ms" in refused(monkeypatch, capsys, "swipe", "1", "2", "3", "4", f"--ms={number}")


@pytest.mark.parametrize("text", ["", "1280", "1280x", "x800", "1280x800x2", "1280 x 800", "-1x800", "319x800", "1280x8193",
                                  "99999999x9", "12e2x800"])
def test_wrong_sizes_are_refused(monkeypatch, capsys, text):
    with pytest.raises(machine.MachineError, match="WIDTHxHEIGHT"):
        machine.parse_size(text)


def test_what_the_desktop_is_asked_to_be_like():
    assert machine.desktop_words("desktop", None, None) == "bulkhead.form=desktop"
    assert machine.desktop_words("desktop", "1.5", "reduced_motion") == "bulkhead.form=desktop bulkhead.scale=1.5 bulkhead.reduced_motion"
    assert machine.desktop_words("phone", None, None) == "bulkhead.form=phone bulkhead.scale=2"
    assert machine.desktop_words("phone", "1", "slow_turn") == "bulkhead.form=phone bulkhead.scale=1 bulkhead.slow_turn"
    assert machine.desktop_words("desktop", None, None, 60) == "bulkhead.form=desktop bulkhead.toast_seconds=60"


def test_places_are_degrees(monkeypatch, capsys):
    for wrong in ("here", "47", "47,", "91,0", "0,181", "47,8,9", "4e1,8", "47,8 init=/bin/sh"):
        assert "--place" in refused(monkeypatch, capsys, "up", f"--place={wrong}")
    assert "latitude" in refused(monkeypatch, capsys, "gps", "90.1", "0")
    assert machine.place_words(True, "1,2") == " bulkhead.gps=/dev/ttyS1 bulkhead.place=1,2"
    assert machine.place_words(False, None) == ""


def write_wav(path: pathlib.Path, channels: int, rate: int, frames: bytes) -> pathlib.Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", None))
        file.writeframes(frames)
    return path


def test_a_microphone_hears_a_file(tmp_path):
    assert sound_card.arguments(tmp_path, None, None) == ([], {})
    words, environment = sound_card.arguments(tmp_path, None, "/played.wav")
    assert "hda-output,audiodev=sound" in words and 'file "/played.wav"' in open(environment["ALSA_CONFIG_PATH"]).read()
    for channels, frames in ((1, b"abcd"), (2, b"ababcdcd")):
        words, environment = sound_card.arguments(tmp_path, write_wav(tmp_path / "m.wav", channels, 48000, frames), None)
        assert "hda-micro,audiodev=sound" in words and (tmp_path / "microphone.raw").read_bytes() == b"ababcdcd"
        assert f'infile "{tmp_path}/microphone.raw"' in open(environment["ALSA_CONFIG_PATH"]).read()


def test_what_is_no_sound_is_said(tmp_path):
    for path, why in ((tmp_path / "none.wav", "cannot be read"), (write_wav(tmp_path / "m.wav", 1, 44100, b""), "48000 Hz")):
        with pytest.raises(sound_card.SoundError, match=why):
            sound_card.read_wav(path)
    (tmp_path / "m.wav").write_bytes(b"RIFF")
    with pytest.raises(sound_card.SoundError, match="no WAV file"):
        sound_card.read_wav(tmp_path / "m.wav")


def test_a_battery_is_so_full(monkeypatch, capsys, folder):
    assert "percentage" in refused(monkeypatch, capsys, "battery", "101")
    for wrong in ("101", "-1", "half", "1e1"):
        assert "percentage" in refused(monkeypatch, capsys, "up", f"--battery={wrong}")
    assert "singing" in refused(monkeypatch, capsys, "battery", "5", "singing")
    assert machine.battery_arguments(None) == []
    assert run(monkeypatch, "battery", "40") == 1
    assert "no battery" in capsys.readouterr().err
    assert f"file={machine.IMAGES}/battery.aml" in machine.battery_arguments(0)
    memory = folder / "battery"
    assert memory.stat().st_size == 4096
    assert struct.unpack("<4I", memory.read_bytes()[:16]) == (0x54544142, 0, 1, 0)


def test_a_battery_changes_until_the_machine_has_noticed(monkeypatch, folder):
    (folder / "battery").write_bytes(bytes(4096))

    class Debug:
        def watch(self, method):
            assert method == "io.bulkhead.Hypervisor.Watch"
            yield {"app": {"id": "x"}}
            yield {"power": {"percent": 40, "plugged": False, "charging": False, "suspends": False}}
            assert struct.unpack("<4I", (folder / "battery").read_bytes()[:16]) == (0x54544142, 40, 2, 1)
            yield {"orientation": 0}
            yield {"power": {"percent": 40, "plugged": True, "charging": True, "suspends": False}}
            raise AssertionError("it had noticed")
    monkeypatch.setattr(machine, "debug", Debug)
    assert run(monkeypatch, "battery", "40", "charging") == 0
    assert (folder / "battery").stat().st_size == 4096


def test_the_data_disk_outlives_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "DATA", tmp_path / "data.img")
    assert "virtio-blk-pci,drive=data,serial=bulkhead-data" in machine.data_arguments(fresh=False)
    assert machine.DATA.stat().st_size == machine.DATA_SIZE and machine.DATA.stat().st_blocks == 0
    with open(machine.DATA, "r+b") as disk:
        disk.write(b"kept")
    machine.data_arguments(fresh=False)
    assert open(machine.DATA, "rb").read(4) == b"kept"
    machine.data_arguments(fresh=True)
    assert open(machine.DATA, "rb").read(4) == bytes(4)


def test_the_receiver_speaks_nmea():
    assert gps.fix(47.37174, -8.54226, 1767225601, 408.2) == (
        b"$GPGGA,000001.00,4722.3044,N,00832.5356,W,1,08,0.9,408.2,M,0.0,M,,*4C\r\n"
        b"$GPRMC,000001.00,A,4722.3044,N,00832.5356,W,0.0,,010126,,,A*6B\r\n")
    assert gps.sentence("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,").endswith(b"*47\r\n")  # a known one
    assert b",8959.9994,S,18000.0000,E," in gps.fix(-89.99999, 179.9999999, 0)


def test_the_receiver_is_at_the_machines_line(monkeypatch, capsys, folder):
    assert run(monkeypatch, "gps", "1", "2") == 1
    assert "no GPS receiver" in capsys.readouterr().err
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "gps.sock"))
    listener.listen()
    assert run(monkeypatch, "gps", "-33.9", "151.2", "--seconds", "1") == 0
    with listener, listener.accept()[0] as line:
        heard = line.recv(1000)
    assert heard.count(b"$GPRMC,") == 2 and heard.count(b",3354.0000,S,15112.0000,E,") == 4


def test_the_receiver_ends_with_its_machine(monkeypatch, capsys, folder):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(folder / "gps.sock"))
    listener.listen()
    threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
    assert run(monkeypatch, "gps", "1", "2") == 1
    assert "the machine has ended" in capsys.readouterr().err
    listener.close()


def test_the_tablet_is_the_last_of_those_that_take_buttons():
    devices = [word for word in machine.input_arguments(machine.FORMS["phone"]) if word != "-device"]
    assert devices.index("virtio-multitouch-pci") < devices.index("virtio-tablet-pci")
    assert "virtio-multitouch-pci" not in machine.input_arguments(machine.FORMS["desktop"])


def test_rotate_asks_the_machine(monkeypatch):
    asked = []

    class Debug:
        def call(self, method, **parameters):
            asked.append((method, parameters))

    monkeypatch.setattr(machine, "debug", Debug)
    assert run(monkeypatch, "rotate", "270") == 0
    assert asked == [("io.bulkhead.Debug.Rotate", {"degrees": 270})]


def test_record_asks_the_system_and_reads_its_log(monkeypatch, capsys):
    asked, polls = [], iter([1, 1, None])
    log = ["bk-broker: record 1 1 900 opened", "bk-broker: record 2 1 900 app e30A"]  # of a recording before

    class Debug:
        def call(self, method, **parameters):
            asked.append((method.rpartition(".")[2], parameters.get("line")))
            return {"apps": [{"id": "io.example.one"}]}

    def poll():
        log.append(f"bk-broker: record {len(log) + 1} 2 {1000 + len(log)} " + ("opened" if len(log) == 2 else "app eyJhIjoxfQA="))
        return next(polls, None)

    monkeypatch.setattr(machine, "debug", Debug)
    monkeypatch.setattr(machine, "qemu_pid", poll)
    monkeypatch.setattr(machine, "log_lines", lambda vm: list(log) if vm == "system" else [])
    monkeypatch.setattr(bulkhead.time, "sleep", lambda seconds: None)
    assert command(monkeypatch, "record", "io.example.one") == 0
    assert asked == [("List", None), ("Console", "record io.example.one")]
    assert capsys.readouterr().out == '{"time": 0.001, "connection": 1, "from": "app", "message": {"a": 1}}\n'
    assert command(monkeypatch, "record", "io.example.two") == 1
    assert "there is no app io.example.two" in capsys.readouterr().err


@pytest.mark.parametrize("end", [KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["Control-C", "no room"])
def test_what_was_recorded_is_written_where_it_is_asked_for_until(end, monkeypatch, capsys, tmp_path):
    asked, log, given = [], [], []

    class Debug:
        def call(self, method, **parameters):
            asked.append(parameters.get("line"))
            return {"apps": [{"id": "io.example.one"}]}

    def sleep(seconds):
        if log:
            raise end
        log.extend(["bk-broker: record 1 1 1000 opened", "bk-broker: record 3 1 1001 app eyJhIjoxfQA="])

    monkeypatch.setattr(machine, "debug", Debug)
    monkeypatch.setattr(machine, "qemu_pid", lambda: 1)
    monkeypatch.setattr(machine, "log_lines", lambda vm: list(log))
    monkeypatch.setattr(bulkhead.time, "sleep", sleep)
    monkeypatch.setattr(bulkhead.bundles, "give_away", given.append)
    monkeypatch.setenv("BULKHEAD_CALLER", str(tmp_path))
    file = tmp_path / "one.jsonl"
    assert command(monkeypatch, "record", "io.example.one", "-o", "one.jsonl") == 1
    assert asked == [None, "record io.example.one", "record"] and given == [file]
    assert file.read_text() == '{"lost": 1}\n{"time": 0.001, "connection": 1, "from": "app", "message": {"a": 1}}\n'
    said = capsys.readouterr()
    assert said.out == "" and ("the machine's log lost 1 pieces of the conversation" if isinstance(end, KeyboardInterrupt) else end.strerror) in said.err


def test_a_recording_that_cannot_begin_leaves_the_one_before(monkeypatch, capsys, tmp_path):
    class Debug:
        def call(self, method, **parameters):
            if "line" in parameters:
                raise machine.MachineError("it does not answer")
            return {"apps": [{"id": "io.example.one"}]}

    monkeypatch.setattr(machine, "debug", Debug)
    monkeypatch.setattr(machine, "qemu_pid", lambda: 1)
    monkeypatch.setattr(machine, "log_lines", lambda vm: [])
    monkeypatch.setenv("BULKHEAD_CALLER", str(tmp_path))
    (tmp_path / "one.jsonl").write_text("the one before")
    for name, error in (("one.jsonl", "it does not answer"), (".", "is no file")):
        assert command(monkeypatch, "record", "io.example.one", "-o", name) == 1
        assert error in capsys.readouterr().err
    assert (tmp_path / "one.jsonl").read_text() == "the one before"


@pytest.mark.parametrize("words,asks", [(["system"], False), (["system", "-f"], False), (["io.example.one"], True), (["io.example.one", "-f"], False)])
def test_the_log_of_what_has_not_begun_yet(words, asks, monkeypatch, capsys):
    """While the machine boots; whoever follows waits."""
    asked, slept = [], []
    monkeypatch.setattr(bulkhead.software, "app_of", asked.append)
    monkeypatch.setattr(machine, "console", lambda: machine.STAGES[0][0])
    monkeypatch.setattr(machine, "qemu_pid", lambda: None if slept else 1)
    monkeypatch.setattr(bulkhead.time, "sleep", slept.append)
    assert command(monkeypatch, "logs", *words) == 0
    assert (bool(asked), bool(slept)) == (asks, "-f" in words)
    assert capsys.readouterr().out == ""


def test_there_is_one_way_to_record(monkeypatch, capsys):
    assert "'record'" in refused(monkeypatch, capsys, "record", "io.example.one")


# What QEMU is asked for.

def test_a_click_is_where_the_screenshot_shows_it(monkeypatch, qemu):
    assert run(monkeypatch, "click", "719", "0", "--button", "right") == 0
    assert qemu.reports == [
        [{"type": "abs", "data": {"axis": "x", "value": 0x7fff}}, {"type": "abs", "data": {"axis": "y", "value": 0}}],
        [{"type": "btn", "data": {"button": "right", "down": True}}],
        [{"type": "btn", "data": {"button": "right", "down": False}}]]


def test_a_tap_is_a_finger_that_comes_and_goes(monkeypatch, qemu):
    slept = []  # after how many reports, and for how long
    monkeypatch.setattr(hand.time, "sleep", lambda seconds: slept.append((len(qemu.reports), seconds)))
    assert run(monkeypatch, "tap", "0", "1439") == 0
    assert [after for after, seconds in slept if seconds > 0] == [2], "at once, and then a moment"
    finger = {"slot": 0, "tracking-id": 0}
    assert qemu.reports == [
        [{"type": "mtt", "data": {"type": "begin", "axis": "x", "value": 0} | finger},
         {"type": "mtt", "data": {"type": "data", "axis": "x", "value": 0} | finger},
         {"type": "mtt", "data": {"type": "data", "axis": "y", "value": 0x7fff} | finger}],
        [{"type": "mtt", "data": {"type": "end", "slot": 0, "tracking-id": -1, "axis": "x", "value": 0}}]]


def monotonous(values: list[int]) -> bool:
    return values == sorted(values) or values == sorted(values, reverse=True)


def test_a_swipe_passes_many_places_and_ends_where_it_should(monkeypatch, qemu):
    assert run(monkeypatch, "swipe", "719", "0", "0", "1439", "--ms", "200") == 0
    kinds = [report[0]["data"]["type"] for report in qemu.reports]
    assert kinds == ["begin", *["update"] * 10, "end"]
    places = qemu.axes("mtt")
    assert places[0] == (0x7fff, 0) and places[-1] == (0, 0x7fff)
    assert all(monotonous([place[axis] for place in places]) for axis in (0, 1))
    assert len(set(places)) == len(places)


def test_a_drag_holds_the_button_all_the_way(monkeypatch, qemu):
    assert run(monkeypatch, "drag", "100", "50", "400", "50", "--ms", "100", "--hold-ms", "10") == 0
    kinds = [report[0]["type"] for report in qemu.reports]
    assert kinds == ["abs", "btn", *["abs"] * 5, "btn"]
    assert [report[0]["data"]["down"] for report in qemu.reports if report[0]["type"] == "btn"] == [True, False]
    places = qemu.axes("abs")
    assert places[0][0] < places[1][0] < places[-1][0] and len({y for _, y in places}) == 1


def test_a_movement_takes_its_time(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(hand.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(hand.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    seen = [(clock[0], place) for place in hand.along((0, 0), (100, 10), 0.5)]
    assert len(seen) == 25 and seen[-1] == (pytest.approx(0.5), (100, 10))
    assert [at for at, _ in seen] == pytest.approx([0.02 * number for number in range(1, 26)])
    assert list(hand.along((5, 5), (5, 5), 0.0)) == [(5, 5)] * hand.POINTS_MIN


@pytest.mark.parametrize("words", [("click", "720", "0"), ("click", "0", "1440"), ("tap", "-1", "0"),
                                   ("swipe", "0", "0", "720", "0"), ("drag", "0", "-5", "1", "1")])
def test_nothing_is_done_beside_the_screen(monkeypatch, capsys, qemu, words):
    assert run(monkeypatch, *words) == 1
    assert "not on the screen, which is 720x1440" in capsys.readouterr().err
    assert qemu.reports == []


def test_a_machine_without_a_touchscreen_says_so(monkeypatch, capsys, folder):
    fake = FakeQemu(folder / "qmp.sock", touch=False)
    assert run(monkeypatch, "tap", "1", "1") == 1
    assert "no touchscreen" in capsys.readouterr().err
    fake.listener.close()


def test_a_finger_is_lifted_when_the_swipe_is_broken_off(qemu, folder):
    def broken(*_):
        yield 1, 1
        raise KeyboardInterrupt

    moved = hand.Hand(Qmp(folder / "qmp.sock"), WIDTH, HEIGHT)
    original, hand.along = hand.along, broken
    try:
        with pytest.raises(KeyboardInterrupt):
            moved.swipe((0, 0), (5, 5))
        with pytest.raises(KeyboardInterrupt):
            moved.drag((0, 0), (5, 5))
    finally:
        hand.along = original
    assert [report[-1]["data"] for report in qemu.reports if report[0]["data"].get("type") == "end"]
    assert qemu.reports[-1] == [{"type": "btn", "data": {"button": "left", "down": False}}]


def test_a_machine_that_does_not_run_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(machine, "STATE", tmp_path)
    for words in (("tap", "1", "1"), ("swipe", "1", "1", "2", "2"), ("drag", "1", "1", "2", "2"), ("rotate", "90")):
        assert run(monkeypatch, *words) == 1
        assert "not running" in capsys.readouterr().err


# Who fails.

def test_what_a_failed_test_holds_is_no_hindrance_to_the_next(qemu):
    held = machine.hand()  # as the traceback holds it
    machine.let_go()
    assert machine.screen_size() == held.size
