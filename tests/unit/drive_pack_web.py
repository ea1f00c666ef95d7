#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `bulkhead pack --web` makes of a folder: the manifest, the picture, the first page, the files: drive_pack_web.py [TEST ...]"""
import argparse
import io
import json
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cli")]
import jsonschema  # noqa: E402
import tap  # noqa: E402
import web  # noqa: E402
from PIL import Image  # noqa: E402

SCHEMA = json.loads((HERE.parents[1] / "api/manifest.schema.json").read_text())
PAGE = '<!doctype html><html><head><title> Tea\n  time </title>{}</head><body></body></html>'


class Fixture(unittest.TestCase):
    def setUp(self):
        self.around = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder = self.around / "site"
        self.write("index.html", PAGE.format(""))
        self.write("../outside.html", "not the app's")

    def write(self, path: str, content: str | bytes):
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def say(self, place: str = "manifest.webmanifest", **manifest):
        self.write(place, json.dumps(manifest))

    def picture(self, path: str, width: int, height: int, form: str = "PNG"):
        data = io.BytesIO()
        Image.new("RGB", (width, height), (200, 100, 50)).save(data, form)
        self.write(path, data.getvalue())

    def describe(self, **given):
        options = argparse.Namespace(**({"name": None, "id": None, "app_version": "1.0", "start": None, "memory": web.MEMORY_MIB, "storage": web.STORAGE_MIB, "permission": None, "network": None} | given))
        manifest, icon, page = web.describe(self.folder, options, "org.example.site")
        jsonschema.validate(manifest, SCHEMA)
        return manifest, icon, page

    def refused(self, said: str, **given):
        with self.assertRaisesRegex(web.WebError, said):
            self.describe(**given)


class Manifests(Fixture):
    def test_a_folder_without_one(self):
        self.assertEqual(self.describe(), ({"id": "org.example.site", "version": "1.0", "name": "Tea time", "memory": web.MEMORY_MIB, "storage": 64, "cpus": 1,
                                            "display": True, "sound": True}, None, "index.html"))
        self.write("index.html", "<p>no title")
        self.assertEqual(self.describe()[0]["name"], "site")

    def test_what_the_web_s_own_says(self):
        self.say(name="Tea & time", short_name="Tea", start_url="./?from=home#now")
        manifest, _, page = self.describe()
        self.assertEqual((manifest["name"], page), ("Tea & time", "index.html?from=home#now"))
        self.say(name="é" * 60, short_name="Tea")
        self.assertEqual(self.describe()[0]["name"], "Tea")
        self.say(name="é" * 60)
        self.assertEqual(self.describe()[0]["name"], "é" * 32)
        self.say(name="a\u0000b\nc", theme_color="#123456", display="standalone", unknown=[1])
        self.assertEqual(self.describe()[0]["name"], "a b c")

    def test_it_lies_where_the_page_says(self):
        self.write("app/page.html", PAGE.format('<LINK REL="icon manifest" href="../about/site.json">'))
        self.say("about/site.json", name="Elsewhere", start_url="/app/page.html")
        self.assertEqual(self.describe(start="app/page.html")[0]["name"], "Elsewhere")
        self.write("index.html", PAGE.format('<link rel="manifest" href="about/site.json">'))
        self.assertEqual(self.describe()[2], "app/page.html")
        for elsewhere in ("https://example.org/m.json", "../../outside.html", "data:,{}", "missing.json", "%00", "http://[", "//host/x"):
            self.write("index.html", PAGE.format(f'<link rel="manifest" href="{elsewhere}">'))
            self.assertEqual(self.describe()[0]["name"], "Tea time", elsewhere)

    def test_what_is_given_counts_before(self):
        self.say(name="Theirs")
        manifest, _, page = self.describe(name="Mine", id="org.example.mine", app_version="2.1", memory=384, permission=["location=To find tea."])
        self.assertEqual((manifest["name"], manifest["id"], manifest["version"], manifest["memory"], manifest["permissions"]),
                         ("Mine", "org.example.mine", "2.1", 384, {"location": "To find tea."}))
        may = ["network=To fetch the news."]
        self.assertEqual(self.describe(permission=may, network=["example.org", "*.example.net"])[0]["network"], ["example.org", "*.example.net"])
        self.assertEqual(self.describe(permission=may, network=["internet"])[0]["network"], "internet")
        self.write("a b/ü.html", "x")
        self.assertEqual(self.describe(start="a b/ü.html")[2], "a%20b/%C3%BC.html")

    def test_what_is_wrong_is_said(self):
        self.refused("no other.html in that folder", start="other.html")
        self.refused("no ../outside.html", start="../outside.html")
        self.refused("NAME=REASON", permission=["location"])
        self.refused("--permission network=REASON", permission=["location=To find tea."], network=["example.org"])
        for content, said in (("{", "is not JSON"), ("[]", "not a JSON object"), (b"\xff\xfe{}", "not UTF-8"), ("[" * 100000, "is not JSON"),
                              ('{"name": 7}', '"name" that is no text'), ('{"start_url": 7}', '"start_url" that is no text'),
                              ('{"start_url": "gone.html"}', "gone.html', which is not in that folder"),
                              ('{"icons": {}}', '"icons" that are no list'), ('{"icons": ["a.png"]}', '"icons" that are no list'),
                              (" " * (web.MANIFEST_MAX + 1), "larger than")):
            self.write("manifest.webmanifest", content)
            self.refused(said)
        (self.folder / "manifest.webmanifest").unlink()
        (self.folder / "index.html").unlink()
        self.refused("no index.html in that folder: --start")


class Pictures(Fixture):
    def test_the_best_png_is_made_to_fit(self):
        for side in (16, 192, 512):
            self.picture(f"icons/{side}.png", side, side)
        self.say(icons=[{"src": "icons/512.png", "sizes": "512x512"}, {"src": "icons/192.png", "sizes": "192x192"}, {"src": "icons/16.png", "sizes": "16x16"},
                        {"src": "vector.svg", "sizes": "any"}, {"src": "../outside.html"}, {"src": 7}, {}])
        self.assertEqual(Image.open(io.BytesIO(self.describe()[1])).size, (128, 128))
        self.picture("wide.png", 64, 16)
        self.say(icons=[{"src": "wide.png", "sizes": "64x16"}])
        self.assertEqual(Image.open(io.BytesIO(self.describe()[1])).size, (64, 64))

    def test_what_is_no_picture(self):
        self.say(icons=[{"src": "a.png", "sizes": "192x192"}])
        self.assertIsNone(self.describe()[1])
        self.picture("a.png", 20, 20, "BMP")
        self.refused("no PNG that can be read")
        self.picture("a.png", 5000, 1)
        self.refused("larger than")


class Files(Fixture):
    def test_what_goes_in(self):
        for path in ("js/app.js", ".git/config", ".env", ".well-known/x", "node_modules/a/b.js", "js/node_modules/c.js", "js/.hidden"):
            self.write(path, "x")
        os.symlink("app.js", self.folder / "js/same.js")
        self.assertEqual(web.files_of(self.folder), ["index.html", ".well-known/x", "js/app.js", "js/same.js"])

    def test_links_that_lead_out(self):
        for target, said in (("../outside.html", "leads out"), ("/etc", "leads out"), ("missing", "is no file"), ("js", "link to a folder")):
            self.write("js/app.js", "x")
            os.symlink(target, self.folder / "link")
            with self.assertRaisesRegex(web.WebError, said):
                web.files_of(self.folder)
            (self.folder / "link").unlink()
        os.mkfifo(self.folder / "pipe")
        with self.assertRaisesRegex(web.WebError, "pipe is no file"):
            web.files_of(self.folder)


if __name__ == "__main__":
    sys.exit(tap.run(sys.modules[__name__], sys.argv[1:]))
