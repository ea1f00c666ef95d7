# SPDX-License-Identifier: Apache-2.0
"""Inside a System VM that has a broker and no screen: a desktop that answers notifications by itself.

It presses "again" at the first notification of a title and "done" at those after it, and prints each. What an app asks
for it may have, once.
"""
import json
import pathlib
import threading

from varlink_peer import FakeDesktop

PLACE = pathlib.Path("/run/bulkhead/desktop.sock")


def allow():
    while True:
        what, dialog = desktop.dialogs.get()
        if what == "Ask":
            desktop.choose(dialog, "once")


PLACE.parent.mkdir(parents=True)
desktop = FakeDesktop(PLACE)
threading.Thread(target=allow, daemon=True).start()
print("serving the desktop", flush=True)
met = set()
while True:
    what, shown = desktop.events.get()
    if what != "Show":
        continue
    print("shown", json.dumps({key: shown[key] for key in ("title", "body")}), flush=True)
    desktop.answer(shown["id"], "done" if shown["title"] in met else "again")
    met.add(shown["title"])
