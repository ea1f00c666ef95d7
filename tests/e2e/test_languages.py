# SPDX-License-Identifier: Apache-2.0
"""The small app in every language (docs/api/languages.md), each as a stranger ships it: a signed bundle, installed on the running machine,
started from the launcher by a click, seen asking the person and hearing the answer, stopped and removed. In C it is what `init` makes,
with a window."""
import os
import shutil

import pytest
from commands import command
from conftest import SOURCE
from journey import Shipped, answer, install_and_start, shop, stop_and_remove

LANGUAGES = ("c", "cbor", "go", "lua", "node", "perl", "python", "rust", "shell")
HELLO = {language: Shipped(f"io.bulkhead.hello.{language}", "Hello", "Hello", "Again", "pressed", "methods" if language == "c" else "") for language in LANGUAGES}


@pytest.fixture(scope="module", autouse=True)
def the_machine(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machine")
    os.environ["BULKHEAD_CALLER"] = str(folder)
    command(0, "init", "c", "--language", "c", "--id", HELLO["c"].app, "--name", "Hello, C")
    for language in LANGUAGES[1:]:
        shutil.copytree(SOURCE / "apps/hello" / language, folder / language)
        listed = folder / language / "image.list"
        listed.write_text(listed.read_text().replace("../../../", f"{SOURCE}/"))
    with shop(folder, [(HELLO[language], language) for language in LANGUAGES]):
        yield


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language(language):
    install_and_start(HELLO[language])
    answer(HELLO[language])
    stop_and_remove(HELLO[language])
