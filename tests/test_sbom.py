"""The bill of materials: everything the lock pins, nothing else, each with its licence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from app.config import ROOT

# Their authors name no licence in the package's metadata.
UNNAMED = {"pyrage"}


def test_the_bill_holds_what_the_lock_pins(tmp_path: Path) -> None:
    target = tmp_path / "sbom.json"
    done = subprocess.run(
        [sys.executable, "deploy/sbom.py", str(target)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    bill = json.loads(target.read_text("utf-8"))
    lock = (ROOT / "requirements.txt").read_text("utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock, re.MULTILINE))
    assert {(one["name"], one["version"]) for one in bill["components"]} == pinned
    assert bill["bomFormat"] == "CycloneDX"
    assert "timestamp" not in bill.get("metadata", {})
    assert "serialNumber" not in bill
    unnamed = {
        one["name"]
        for one in bill["components"]
        for licence in one.get("licenses", ())
        if licence["license"]["name"] == "not named"
    }
    assert unnamed <= UNNAMED
    assert "psycopg" in done.stdout
    assert str(Path.home()) not in target.read_text("utf-8")
