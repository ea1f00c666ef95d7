# SPDX-License-Identifier: Apache-2.0
"""A bundle, in the rig: the machine's stock kernel uses its root image where it lies (tests/rig/scenarios/bundle.py)."""
import hashlib
import json
import subprocess

import pytest
from assemble import app_root
from conftest import BUILD, SOURCE, Scenario, run_scenario

MODULES = ("crc32c_generic", "erofs", "loop", "dm-verity")


@pytest.fixture(scope="module")
def bundle(workspace):
    def bk_bundle(*arguments) -> str:
        return subprocess.run([BUILD / "bundle/bk-bundle", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout

    app = SOURCE / "apps/notes"
    app_root(app, BUILD).write_erofs(workspace / "root.erofs", "app")
    bk_bundle("keygen", workspace / "key")
    bk_bundle("pack", "--key", workspace / "key", workspace / "a.bapp", f"manifest={app}/manifest.json", f"icon={app}/icon.png",
              f"root={workspace}/root.erofs")
    found = json.loads(bk_bundle("inspect", workspace / "a.bapp"))
    found["guestInit"] = hashlib.sha256((BUILD / "guest/init/bk-guest-init").read_bytes()).hexdigest()
    (workspace / "bundle.json").write_text(json.dumps(found))
    return Scenario(run_scenario("bundle", 240, {"/work/a.bapp": workspace / "a.bapp", "/work/bundle.json": workspace / "bundle.json",
                                                 "/usr/sbin/veritysetup": "/usr/sbin/veritysetup"},
                                 options=[option for module in MODULES for option in ("--module", module)]))


@pytest.mark.parametrize("step", [
    "the kernel reads what was signed", "a changed block is not read", "a changed hash is not believed"])
def test_bundle(bundle, step):
    bundle(step)
