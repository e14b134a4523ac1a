"""The whole audit: every check, and the digest of what was checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from app.audit.activity_checks import activity_checks
from app.audit.adjustment_checks import adjustment_checks
from app.audit.canonical import digest
from app.audit.certificate_checks import certificate_checks
from app.audit.chain_checks import chain_checks
from app.audit.checks import Check, Result, run
from app.audit.dispute_checks import dispute_checks
from app.audit.expiry_checks import expiry_checks
from app.audit.ledger_checks import ledger_checks
from app.audit.merge_checks import merge_checks
from app.audit.naming_checks import naming_checks
from app.audit.opening_checks import opening_checks
from app.audit.ranking_checks import ranking_checks
from app.audit.reading import CannotRead, Reading
from app.audit.reward_checks import reward_checks
from app.audit.schema import check_schema
from app.audit.service_checks import service_checks
from app.audit.tables import TABLES, TABLES_LEFT_OUT
from app.audit.totals_checks import totals_checks
from app.audit.trail_checks import trail_checks
from app.audit.transfer_checks import transfer_checks
from app.audit.tree_checks import tree_checks
from app.audit.words import Words


class Report(NamedTuple):
    """What the audit found; clean when nothing is violated."""

    results: list[Result]
    digest: str

    @property
    def is_clean(self) -> bool:
        return not any(result.violations for result in self.results)

    def as_json(self) -> dict[str, Any]:
        return {
            "clean": self.is_clean,
            "checks": [result._asdict() for result in self.results],
            "digest": self.digest,
        }


def checks_for(words: Words) -> list[Check]:
    """Return every check on rows, by number."""
    found = (
        *ledger_checks(words),
        *chain_checks(words),
        *service_checks(words),
        *totals_checks(words),
        *dispute_checks(words),
        *expiry_checks(words),
        *merge_checks(words),
        *activity_checks(),
        *adjustment_checks(words),
        *opening_checks(words),
        *certificate_checks(words),
        *naming_checks(),
        *ranking_checks(words),
        *reward_checks(words),
        *transfer_checks(),
        *tree_checks(words),
        *trail_checks(words),
    )
    return sorted(found, key=lambda check: check.id)


def check_count() -> int:
    """Return how many results an audit has."""
    return len(checks_for(Words("sqlite"))) + 1


def audit(reading: Reading, told: Callable[[Result], None] = lambda result: None) -> Report:
    """Check everything in one snapshot; `told` hears each result as it comes.

    Raises CannotRead when tables are missing.
    """
    require_tables(reading)
    results = []
    for result in _results(reading):
        told(result)
        results.append(result)
    return Report(results, digest(reading))


def _results(reading: Reading) -> Iterator[Result]:
    yield check_schema(reading)
    for check in checks_for(Words(reading.engine)):
        yield run(check, reading)


def require_tables(reading: Reading) -> None:
    """Refuse a database that is not one of ours; raises CannotRead."""
    if reading.engine == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    found = {row[0] for row in reading.rows(query)}
    missing = sorted(({table.name for table in TABLES} | TABLES_LEFT_OUT) - found)
    if missing:
        raise CannotRead(f"Tables are missing: {', '.join(missing)}.")
