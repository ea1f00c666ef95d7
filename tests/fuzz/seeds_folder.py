#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_folder: tests/fuzz/seeds_folder.py"""
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus/folder"

SEEDS = {
    "id": b"io.bulkhead.drive/scans",
    "id_long": b"io.bulkhead.drive/" + b"x" * 32,
    "id_too_long": b"io.bulkhead.drive/" + b"x" * 33,
    "id_two_slashes": b"io.bulkhead.drive/scans/old",
    "id_no_app": b"/scans",
    "id_no_name": b"io.bulkhead.drive/",
    "name": b"2026-01_scans.old",
    "name_hidden": b".scans",
    "name_nul": b"sc\0ans",
    "aname": b"/srv/drive",
    "aname_utf8": "/srv/größer".encode(),
    "aname_broken": b"/srv/\xc3",
    "aname_comma": b"/srv,uname=root",
    "aname_longest": b"/" + b"x" * 127,
    "aname_too_long": b"/" + b"x" * 128,
    "access": b"readWrite",
    "path": b"/letters/2026.txt",
    "path_up": b"/a/../b",
    "path_parent": b"/..",
    "path_empty_part": b"/a//b/.",
}

CORPUS.mkdir(parents=True, exist_ok=True)
for name, data in SEEDS.items():
    (CORPUS / name).write_bytes(data)
