"""Posting and balances beside django-hordak, double entry for Django: the same server, one run.

It speaks PostgreSQL and MySQL only. Its environment is made here, by hash, and goes away with
the run.
"""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from app.db import db, transaction
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.queries import balances_of
from app.ledger.rules import Leg
from bench.aside import HERE, environment
from bench.grounds import Ground, on
from bench.hordak_side import BATCH, HISTORY, measured
from bench.verdicts import judge
from tests.service.community import NOW, Community

NAMES = {
    "two": "an entry of two legs, committed alone",
    "four": "an entry of four legs, committed alone",
    "many_twos": f"{BATCH} entries of two legs, one commit",
    "many_fours": f"{BATCH} entries of four legs, one commit",
    "balance": f"a balance after {HISTORY:,} postings",
}


def beside_hordak(ground: Ground, community: Community, *, rounds: int) -> None:
    """Print each measure's median beside theirs, and how many times faster ours is."""
    if ground.engine != "postgresql":
        print(f"{ground.engine}: django-hordak: none, for its migrations do not know SQLite")
        return
    with tempfile.TemporaryDirectory(prefix="qicai-hordak-") as folder:
        python = environment(Path(folder), "hordak-requirements.txt") / "python"
        pairs = [(_ours(ground, community), _theirs(ground, python)) for _ in range(rounds)]
    for key, name in NAMES.items():
        ratios = sorted(theirs[key] / ours[key] for ours, theirs in pairs)
        mine, other = (
            statistics.median(pair[place][key] for pair in pairs) * 1000 for place in (0, 1)
        )
        print(
            f"{ground.engine}, beside django-hordak: {name:40} {mine:7.2f} ms, theirs "
            f"{other:7.2f} ms: {statistics.median(ratios):.1f} times as fast "
            f"({ratios[0]:.1f}–{ratios[-1]:.1f})"
        )
        judge(f"beside django-hordak: {name}", statistics.median(ratios), 1)


def _theirs(ground: Ground, python: Path) -> dict[str, float]:
    url = ground.empty()
    plain = urlunsplit(urlsplit(url)._replace(scheme="postgresql"))
    # -P: this folder has a hordak of its own.
    command = [str(python), "-P", str(HERE / "hordak_side.py"), plain]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    ground.drop(url)
    found: dict[str, float] = json.loads(said.stdout)
    return found


def _ours(ground: Ground, community: Community) -> dict[str, float]:
    url = ground.fresh()
    with on(url):
        found = measured(Books(community))
    ground.drop(url)
    return found


class Books:
    """Our ledger, as bench/hordak_side.py asks for it."""

    def __init__(self, community: Community) -> None:
        self._root_id, self._people = community.root_id, community.volunteers[8:58]
        self._subjects = itertools.count(1)

    def post(self, numbers: Sequence[int], legs: int) -> None:
        """Post an entry to each of these people in one commit."""
        with transaction() as session:
            people = [self._person(number) for number in numbers]
            held = lock_holders(session, sorted(set(people)))
            points, minutes = (
                system_account(session, self._root_id, "opening", unit)
                for unit in ("points", "minutes")
            )
            entries = []
            for person in people:
                pairs = [Leg(held[person].points_id, 100), Leg(points, -100)]
                if legs == 4:
                    pairs += [Leg(held[person].minutes_id, 60), Leg(minutes, -60)]
                entry = NewEntry("opening", "bench", next(self._subjects), tuple(pairs))
                entries.append(entry)
            post(session, entries, reserve(session, len(entries), NOW), actor_id=None)

    def balance(self, number: int) -> None:
        """Look one balance up."""
        balances_of(db.session(), self._person(number))
        db.session.rollback()

    def _person(self, number: int) -> int:
        return self._people[number % len(self._people)]
