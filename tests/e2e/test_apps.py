# SPDX-License-Identifier: Apache-2.0
"""Each app with a window, as its image has it, in a VM of its own with a screen of ours: what it shows can be read."""
import json

import pytest
from conftest import FILES, IMAGES, SOURCE, Scenario, run_scenario
from PIL import Image
from screen import text

APPS = ("browser", "editor", "notes", "terminal")
SMALL = (1003, 701)


@pytest.fixture(scope="module")
def apps():
    for picture in FILES.glob("*.png"):
        picture.unlink()
    adds = {}
    for app in APPS:
        manifest = SOURCE / "apps" / app / "manifest.json"
        adds[f"/work/apps/{app}/manifest.json"] = manifest
        adds[f"/work/apps/{app}/root.erofs"] = IMAGES / "apps" / json.loads(manifest.read_text())["id"] / "root.erofs"
    return Scenario(run_scenario("apps", 900, adds))


def picture(name: str) -> Image.Image:
    with Image.open(FILES / f"{name}.png") as opened:
        return opened.convert("RGB")


@pytest.mark.parametrize("app", APPS)
def test_draws_and_follows_its_size(apps, app):
    apps(f"{app} draws")
    apps(f"{app} follows the size")
    assert picture(f"{app}-start").size == (1280, 800)
    small = picture(f"{app}-small")
    assert small.size == SMALL
    for corner in ((SMALL[0] - 1, SMALL[1] - 1), (SMALL[0] - 1, 0), (0, SMALL[1] - 1)):
        assert small.getpixel(corner) != (0, 0, 0), f"nothing is drawn at {corner}"


@pytest.mark.parametrize("app", ("editor", "notes"))
def test_what_is_typed_can_be_read(apps, app):
    apps(f"{app} takes what is typed")
    for name in (f"{app}-typed", f"{app}-small"):
        assert "Bulkhead keeps apps apart" in text(picture(name)), name


def test_the_terminal_runs_what_is_typed(apps):
    apps("terminal takes what is typed")
    for name in ("terminal-typed", "terminal-small"):
        assert "big42wall" in text(picture(name)), name


def test_the_browser_shows_its_page(apps):
    apps("browser draws")
    assert "This page is shown by NetSurf" in text(picture("browser-start"))


@pytest.mark.parametrize("app", APPS)
def test_ends_when_asked(apps, app):
    apps(f"{app} ends when asked")


def test_the_editor_may_ask_first(apps):
    apps("editor ends when asked")
    assert "Save" in text(picture("editor-asks"))
