#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_power_supply: tests/fuzz/seeds_power_supply.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/power_supply"


def supply(**values) -> bytes:
    return b"DEVTYPE=power_supply\n" + b"".join(f"POWER_SUPPLY_{name}={value}\n".encode() for name, value in values.items())


MAINS = supply(NAME="AC", TYPE="Mains", ONLINE=1)
BATTERY = supply(NAME="BAT0", TYPE="Battery", STATUS="Discharging", PRESENT=1, POWER_NOW=10000000, ENERGY_FULL=50000000,
                 ENERGY_NOW=20000000, CAPACITY=40)
PHONE = supply(TYPE="Battery", STATUS="Charging", CURRENT_NOW=-350000, CHARGE_NOW=1500000, CHARGE_FULL=3000000)

SEEDS = {
    "laptop": b"\0".join([MAINS, BATTERY]),
    "phone": b"\0".join([PHONE, supply(TYPE="USB_PD", ONLINE=2)]),
    "both_kinds": b"\0".join([BATTERY, PHONE]),
    "many": b"\0".join([BATTERY] * 20),
    "mouse": supply(TYPE="Battery", SCOPE="Device", CAPACITY=80),
    "none_there": supply(TYPE="Battery", PRESENT=0),
    "wild": b"\0".join([supply(TYPE="Battery", STATUS="Charging", CAPACITY=250, ENERGY_NOW=10 ** 12, ENERGY_FULL=1, POWER_NOW=-1),
                        supply(TYPE="Battery", STATUS="Discharging", ENERGY_NOW=10 ** 30, ENERGY_FULL=0, CHARGE_FULL="", CHARGE_NOW="-")]),
    "plugged_in": b"\0".join([MAINS.replace(b"ONLINE=1", b"ONLINE=0"), supply(TYPE="Wireless", ONLINE=3), BATTERY]),
    "no_lines": b"POWER_SUPPLY_TYPE=Battery",
    "no_values": b"POWER_SUPPLY_TYPE\nPOWER_SUPPLY_=\n=\n\n",
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
