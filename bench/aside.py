"""Throwaway environments for tools that Qicai never installs itself: by hash, gone with the run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def environment(folder: Path, requirements: str) -> Path:
    """Install bench/REQUIREMENTS into a new environment and return the folder of its programs."""
    place = folder / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", str(place)], check=True)
    programs = place / ("Scripts" if sys.platform == "win32" else "bin")
    into = [
        "--python",
        str(programs / "python"),
        "--require-hashes",
        "-r",
        str(HERE / requirements),
    ]
    subprocess.run([*uv, "pip", "install", "--quiet", *into], check=True)
    return programs
