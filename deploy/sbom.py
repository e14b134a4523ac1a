"""Write the bill of materials (CycloneDX JSON) of what requirements.txt pins, licences included.

    make sbom        writes sbom.json and lists the licences

The same lock gives the same bytes: no time and no serial number stands in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
NOT_HERE = "not for this platform"


def main(target: Path) -> None:
    """Write the bill and print each licence with what is under it."""
    bill = pinned()
    under: dict[str, list[str]] = {}
    for component in bill["components"]:
        licence = licence_of(component["name"])
        under.setdefault(licence, []).append(f"{component['name']} {component['version']}")
        if licence != NOT_HERE:
            component["licenses"] = [{"license": {"name": licence}}]
    target.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", "utf-8")
    for licence, names in sorted(under.items()):
        sys.stdout.write(f"{licence}\n    {', '.join(sorted(names))}\n")


def pinned() -> dict[str, Any]:
    """Return the bill of the lock, hashes included, as cyclonedx-py makes it."""
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", str(LOCK)]
    options = ["--output-reproducible", "--pyproject", str(ROOT / "pyproject.toml")]
    options += ["--index-url", "https://pypi.org/simple"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def licence_of(name: str) -> str:
    """Return the licence a package names of itself, as its installed metadata has it."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return NOT_HERE
    said = [one for one in told.get_all("Classifier") or () if one.startswith("License :: ")]
    named = [one.rpartition(" :: ")[2] for one in said]
    free = (told.get("License") or "").strip()
    # Some paste the whole text there.
    short = free if free and "\n" not in free and len(free) < 80 else ""
    return told.get("License-Expression") or short or " and ".join(named) or "not named"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
