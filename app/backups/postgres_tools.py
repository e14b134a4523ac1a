"""Find pg_dump and pg_restore, and run them so that no password is seen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy.engine import URL

from app.backups.refusals import ToolFailed, ToolMissing

# Where Debian, Red Hat and PostgreSQL's own packages put the programs of each version.
USUAL_PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/postgresql*/bin")
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
LINES_SHOWN = 3
MAJOR = 10_000


def find_tool(name: str, folder: str, server_version: int) -> Path:
    """Return the program whose version is nearest to the server's, and not below it."""
    wanted = server_version // MAJOR
    versions = [(version_of(file), file) for file in _candidates(name, folder)]
    fit = [(version, file) for version, file in versions if version and version >= wanted]
    if not fit:
        raise ToolMissing(tool=name, version=wanted)
    return min(fit, key=lambda pair: pair[0])[1]


def version_of(tool: Path) -> int | None:
    """Return the major version a program says it has; None where it says none."""
    try:
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = VERSION.search(said.stdout)
    return int(found[1]) if found else None


def run_tool(tool: Path, arguments: Sequence[str | Path], url: URL | None = None) -> str:
    """Run a program against a database; what it prints is returned, or said in a refusal."""
    place = [] if url is None else ["--no-password", f"--dbname={_unsecret(url)}"]
    done = subprocess.run(
        [tool, *place, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        env=_environment(url),
    )
    if done.returncode != 0:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise ToolFailed(tool=tool.name, error=" / ".join(lines[:LINES_SHOWN]) or done.returncode)
    return done.stdout


def _candidates(name: str, folder: str) -> Iterable[Path]:
    if folder:
        return [Path(folder) / name]
    on_path = shutil.which(name)
    usual = sorted(path for place in USUAL_PLACES for path in Path("/").glob(f"{place[1:]}/{name}"))
    return [*([Path(on_path)] if on_path else []), *usual]


def _unsecret(url: URL) -> str:
    """Return the address as libpq reads it, the password left out: a command line is public."""
    query = {key: value for key, value in url.query.items() if key != "password"}
    # `url.set(password=None)` would leave it as it is.
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return plain.render_as_string(hide_password=False)


def _environment(url: URL | None) -> dict[str, str]:
    # The tools' words are looked at by nobody but whoever runs them; messages stay in English.
    given = {**os.environ, "LC_MESSAGES": "C"}
    password = url.password if url is not None else None
    secret = password or (url.query.get("password") if url is not None else None)
    return {**given, "PGPASSWORD": str(secret)} if secret else given
