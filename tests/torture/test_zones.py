"""The host's zone changes nothing: books, pages, sheets and frozen lists are the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

from tests.databases import Databases
from tests.rounds import rounds
from tests.serving import ROOT

# By zone, how far its clock is from Greenwich's; the suite itself runs in all three.
ZONES = {"Asia/Shanghai": "+0800", "Pacific/Honolulu": "-1000"}
if rounds(1) > 1:
    ZONES["UTC"] = "+0000"


def test_hosts_in_any_zone_tell_one_story(databases: Databases) -> None:
    with ExitStack() as stack:
        running = {}
        for zone in ZONES:
            url = stack.enter_context(databases.migrated())
            named = {**os.environ, "TZ": zone, "DATABASE_URL": url}
            command = [sys.executable, "-m", "tests.torture.zone_story"]
            running[zone] = stack.enter_context(
                subprocess.Popen(
                    command, cwd=ROOT, env=named, stdout=subprocess.PIPE, stderr=subprocess.PIPE
                )
            )
        said = {zone: told_by(process) for zone, process in running.items()}
    assert {zone: each.pop("host") for zone, each in said.items()} == ZONES
    first, *others = said.values()
    broken = {name: told[0] for name, told in first.items() if isinstance(told, list)}
    assert set(broken.values()) == {200}, broken
    for other in others:
        for name, told in first.items():
            assert other[name] == told, name


def told_by(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    out, wrong = process.communicate(timeout=120)
    assert process.returncode == 0, wrong.decode()[-3000:]
    return dict(json.loads(out))
